"""How two runs of one model are compared, and the random settings on which they are compared.

The measure is pointwise: the largest ``|a - b| / max(|b|, floor)`` over all times, separately for each quantity. The floor
keeps a value that has died away from being held against rounding; it is 1e-6 of the largest value that the quantity takes
in the run, and at least 1e-8 of the largest that any quantity of the same unit takes (for drugs that were not given, say).
"""

from __future__ import annotations

import zlib

import numpy as np


def relative_difference(model, ours, theirs):
    """Largest relative difference per quantity; both arrays have a row per time and a column per ``model.quantity_ids``."""
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    assert ours.shape == theirs.shape
    assert np.all(np.isfinite(ours))
    assert np.all(np.isfinite(theirs))
    top = np.abs(theirs).max(axis=0)
    units = [model.units[q] for q in model.quantity_ids]
    mates = np.array([max(t for t, u in zip(top, units, strict=True) if u == unit) for unit in units])
    floor = np.maximum(np.maximum(1e-6 * top, 1e-8 * mates), 1e-300)
    worst = (np.abs(ours - theirs) / np.maximum(np.abs(theirs), floor)).max(axis=0)
    return dict(zip(model.quantity_ids, worst.tolist(), strict=True))


def random_settings(model, n, seed=0):
    """``n`` settings inside the slider ranges, even on each slider's own scale; the same on every machine."""
    rng = np.random.default_rng([seed, zlib.crc32(model.id.encode())])
    states = getattr(model, "states", ())  # a field model has none
    sliders = {q.id: q for q in model.parameters_ if q.range} | {f"{s.id}0": s for s in states if s.range}
    return [{name: _draw(rng, q) for name, q in sliders.items()} for _ in range(n)]


def _draw(rng, slider):
    low, high = slider.range
    if slider.scale == "log":
        return float(np.clip(np.exp(rng.uniform(np.log(low), np.log(high))), low, high))
    return float(rng.uniform(low, high))


def times_between_doses(model, setting, n=13):
    """0 and then times up to the end of the declared run that keep off the doses, where a run jumps."""
    from soluble.simulate import dose_times

    doses = np.array([d[0] for d in dose_times(model, model.values(setting)[0])])
    times = model.t_end * (np.arange(1, n) - 0.377) / (n - 1.377)
    near = [doses.size and np.abs(doses - t).min() < 1e-4 * model.t_end for t in times]
    return np.concatenate([[0.0], np.where(near, times - 3.1e-4 * model.t_end, times)])
