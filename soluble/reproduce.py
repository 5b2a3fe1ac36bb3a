"""Holds a model against its published results: what each entry of ``reproduces`` computes.

The forms of ``compute`` are listed in :mod:`soluble.model`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from .expression import TIME, Expression
from .model import Model, Reproduction
from .simulate import eigenvalues, equilibria, period, simulate, stability, steady_state
from .units import factor_between

_COLUMNS = ["what", "published", "ours", "difference", "tolerance", "relative", "ok", "source", "where", "unit"]
_SAMPLES = 4001
_BISECTIONS = 40


def check_reproduces(model: Model) -> pd.DataFrame:
    """Hold a model against its published results.

    Returns a DataFrame with the columns ``what, published, ours, difference, tolerance, relative`` (whether those two are; they
    are NaN for words), ``ok, source, where, unit``, a row per result.
    """
    return pd.DataFrame([_check(model, r) for r in model.reproduces], columns=_COLUMNS)


def _check(model: Model, r: Reproduction) -> dict[str, Any]:
    ours = compute(model, r.compute)
    unit, relative = r.unit, r.tolerance is not None
    if isinstance(r.published, str):
        difference, tolerance, ok = math.nan, math.nan, ours == r.published
    else:
        own = own_unit(model, r.compute)
        if unit and own:
            ours *= factor_between(own, unit)
        unit = unit or own
        difference = (ours - r.published) / (abs(r.published) if relative and r.published else 1.0)
        tolerance = r.tolerance if relative else r.tolerance_abs
        ok = abs(difference) <= tolerance
    source = ", ".join(r.source) or f"assumed: {r.assumed}"
    return dict(zip(_COLUMNS, [r.what, r.published, ours, difference, tolerance, relative, bool(ok), source, r.where, unit], strict=True))


def own_unit(model: Model, recipe: Mapping[str, Any]) -> str:
    """The unit in which a recipe gives its number, empty where it is a formula of several names."""
    kind = recipe["as"]
    if kind in ("time_of_max", "time_of_min", "time_to", "period", "cycle"):
        return model.time_unit
    if kind == "threshold":
        return model.units.get(str(recipe["parameter"]), "") or model.units[str(recipe["parameter"]).removesuffix("0")]
    return "" if kind == "ratio" else model.units.get(str(recipe.get("of")), "")


def compute(model: Model, recipe: Mapping[str, Any], overrides: Mapping[str, float] | None = None) -> float | str:
    """The number (or word) of a recipe; its own ``with`` goes before ``overrides``."""
    setting = {**(overrides or {}), **{str(k): float(v) for k, v in recipe.get("with", {}).items()}}
    match recipe["as"]:
        case "ratio":
            return compute(model, recipe["of"], setting) / compute(model, recipe["to"], setting)
        case "expression":
            return float(Expression(recipe["of"]).value(_constants(model, setting)))
        case "equilibria":
            found = equilibria(model, setting)["stability"]
            return float(found.str.startswith("stable").sum() if recipe.get("stable") else len(found))
        case "threshold":
            return _threshold(model, recipe, setting)
        case "steady_state" | "stability" | "period" | "eigenvalue_real" | "eigenvalue_imag":
            return _at_rest(model, recipe, setting)
    return _over_run(model, recipe, setting)


def _constants(model: Model, setting: Mapping[str, float]) -> dict[str, float]:
    return dict(zip(model.parameter_ids, map(float, model.values(setting)[0]), strict=True))


def _at_rest(model: Model, recipe: Mapping[str, Any], setting: Mapping[str, float]) -> float | str:
    """At a steady state: a quantity, the kind of the state, its oscillation, its leading eigenvalue."""
    near = {str(k): float(v) for k, v in recipe["near"].items()} if "near" in recipe else None
    state = steady_state(model, setting, near)
    values = eigenvalues(model, model.values(setting)[0], state[model.state_ids].to_numpy(dtype=float))
    match recipe["as"]:
        case "stability":
            return stability(values)
        case "period":
            return period(values)
        case "eigenvalue_real":
            return values[0].real
        case "eigenvalue_imag":
            return abs(values[0].imag)
    return float(Expression(recipe["of"]).value({**_constants(model, setting), **state.to_dict()}))


def _series(model: Model, of: Any, setting: Mapping[str, float], times: np.ndarray) -> np.ndarray:
    """A formula of states, derived quantities and parameters along a run."""
    run = simulate(model, setting, t=times, rtol=1e-9)
    names = {**_constants(model, setting), **{c: run[c].to_numpy() for c in run}, TIME: times}
    return np.broadcast_to(Expression(of).value(names), times.shape)


def _over_run(model: Model, recipe: Mapping[str, Any], setting: Mapping[str, float]) -> float:
    kind = recipe["as"]
    if kind == "value":
        return float(_series(model, recipe["of"], setting, np.array([float(recipe["at"])]))[0])
    times = np.linspace(float(recipe.get("from", 0.0)), float(recipe.get("to", model.t_end)), _SAMPLES)
    y = _series(model, recipe["of"], setting, times)
    reduce: dict[str, Callable[[], float]] = {
        "max": y.max,
        "min": y.min,
        "mean": lambda: np.trapezoid(y, times) / (times[-1] - times[0]),
        "time_of_max": lambda: times[y.argmax()],
        "time_of_min": lambda: times[y.argmin()],
        "time_to": lambda: _crossing(times, y - float(recipe["level"])),
        "cycle": lambda: _cycle(times, y),
    }
    return float(reduce[kind]())


def _crossing(times: np.ndarray, gap: np.ndarray) -> float:
    """The first time at which ``gap`` changes sign, by linear interpolation; NaN where it does not."""
    where = np.nonzero(np.sign(gap[:-1]) * np.sign(gap[1:]) <= 0)[0]
    if not where.size:
        return math.nan
    i = where[0]
    step = gap[i + 1] - gap[i]
    return float(times[i] - gap[i] * (times[i + 1] - times[i]) / step) if step else float(times[i])


def _cycle(times: np.ndarray, y: np.ndarray) -> float:
    """The mean distance of the maxima inside a run, each set by the parabola through three samples; NaN under two maxima."""
    i = np.nonzero((y[1:-1] > y[:-2]) & (y[1:-1] >= y[2:]))[0] + 1
    i = i[y[i] > (y.max() + y.min()) / 2]
    bend = y[i - 1] - 2 * y[i] + y[i + 1]
    peaks = times[i] + 0.5 * (times[1] - times[0]) * (y[i - 1] - y[i + 1]) / bend
    return float((peaks[-1] - peaks[0]) / (len(peaks) - 1)) if len(peaks) > 1 else math.nan


def _threshold(model: Model, recipe: Mapping[str, Any], setting: Mapping[str, float]) -> float:
    """The value of ``parameter`` inside ``between`` at which ``of`` at the time ``at`` passes ``level``, by bisection; NaN if not."""
    low, high = (float(v) for v in recipe["between"])
    name, level, times = str(recipe["parameter"]), float(recipe["level"]), np.array([float(recipe["at"])])

    def above(value: float) -> bool:
        return bool(_series(model, recipe["of"], {**setting, name: value}, times)[0] > level)

    first = above(low)
    if above(high) == first:
        return math.nan
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if above(middle) == first else (low, middle)
        if high - low <= 1e-6 * max(abs(low), abs(high)):
            break
    return (low + high) / 2
