"""What the tests found, for the page "How the models were checked": held against the committed record, or written to it.

``models/validation/results.json`` is written by the tests themselves (``make validation``) and by nobody else. In every other run
they compare: what they measure must be what the page says. A largest difference is recorded as a bound with room for another
machine's rounding: one of 1, 2, 5 times a power of ten, at least three times what was measured, never below 1e-8, and not above 1e-6
where the tests demand that.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[1] / "models" / "validation" / "results.json"
FINEST, DEMANDED = 1e-8, 1e-6


def bound(difference):
    """The recorded bound of a measured difference."""
    wanted = max(3 * difference, FINEST)
    if difference <= DEMANDED < wanted:
        return DEMANDED
    exponent = math.floor(math.log10(wanted))
    return next(float(f"{m}e{exponent}") for m in (1, 2, 5, 10) if m * 10.0**exponent >= wanted * (1 - 1e-12))


def rounded(value):
    """Two significant digits."""
    return float(f"{value:.1e}")


def recorded():
    return json.loads(RESULTS.read_text(encoding="utf8")) if RESULTS.exists() else {}


def hold(model, check, *, below=None, largest=None, **counts):
    """Hold a check's outcome against the record: ``below`` a measured difference (kept as its bound), ``largest`` a difference from
    published numbers (kept to two digits), and counts, which must be equal."""
    if os.environ.get("SOLUBLE_VALIDATION") == "write":
        results = recorded()
        outcome = dict(counts)
        outcome |= {} if below is None else {"below": bound(below)}
        outcome |= {} if largest is None else {"largest": rounded(largest)}
        results.setdefault(model, {})[check] = outcome
        RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf8")
        return
    mend = f"{model}, {check}: not what models/validation/results.json says; look why, then run 'make validation'"
    outcome = recorded().get(model, {}).get(check)
    assert outcome is not None, mend
    assert {k: v for k, v in outcome.items() if k not in ("below", "largest")} == counts, mend
    if below is not None:
        assert below <= outcome["below"] <= 10 * bound(below), (mend, below)
    if largest is not None:
        assert abs(largest - outcome["largest"]) <= 2e-5 + 0.06 * outcome["largest"], (mend, largest)
