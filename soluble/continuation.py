"""Equilibria followed along a parameter, around folds, and the folds themselves: the thresholds at which a state is lost.

The curve of equilibria is followed by its arc length (a tangent step, then Newton's method across it), in states divided by their
present size and the parameter divided by its span, so that it goes around a fold, where a sweep would jump.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .expression import symbol
from .model import Model, UnknownNameError
from .simulate import SimulationError, compiled, eigenvalues, observe, steady_state

POINTS = 4000
LONGEST, SHORTEST = 0.05, 1e-9
#: The cosine of the largest turn of the tangent in one step.
TURN = 0.98


def branch(
    model: Model, overrides: Mapping[str, float], param: str, between: tuple[float, float], near: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """The curve of equilibria through the steady state at the first value of ``between``, as far as the parameter stays between the two.

    Begins at the steady state that :meth:`Model.steady_state` gives there (``near`` as in that). Returns a DataFrame with a row per
    point in the order of the curve: the parameter, states, derived quantities, ``stable`` and ``fold`` (whether the row is one, set to
    nine digits). A curve that is not connected with that state is not seen. Raises :class:`UnknownNameError`, ``ValueError`` for an
    empty range, and :class:`SimulationError` where no steady state is found, totals are conserved, or the curve cannot be followed.
    """
    if param not in model.parameter_ids:
        raise UnknownNameError(param, model.parameter_ids, "parameter")
    first, last = map(float, between)
    if not (math.isfinite(first) and math.isfinite(last) and first != last):
        raise ValueError(f"between={between!r} is not a pair of different numbers")
    start = steady_state(model, {**model.plain(overrides), param: first}, near)[model.state_ids].to_numpy(dtype=float)
    curve = _Curve(model, overrides, param, first, last, start)
    rows = [_row(model, curve, y, value, fold) for y, value, fold in curve.follow(start)]
    return pd.DataFrame(rows, columns=[param, *model.quantity_ids, "stable", "fold"])


def folds(
    model: Model, overrides: Mapping[str, float], param: str, between: tuple[float, float], near: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """The folds of :func:`branch`, in the order of the curve: at each a stable and an unstable equilibrium meet and vanish.

    Returns a DataFrame with the parameter, states and derived quantities at each fold; empty where the curve has none.
    """
    found = branch(model, overrides, param, between, near)
    return found[found["fold"]].drop(columns=["stable", "fold"]).reset_index(drop=True)


def _row(model: Model, curve: _Curve, y: np.ndarray, value: float, fold: bool) -> dict[str, float | bool]:
    p = curve.parameters(value)
    states = dict(zip(model.state_ids, y.tolist(), strict=True))
    derived = {k: float(v[0]) for k, v in observe(model, p, np.array([curve.time]), y[:, None]).items()}
    leading = eigenvalues(model, p, y)[0].real
    return {curve.param: value, **states, **derived, "stable": bool(leading < 0) and not fold, "fold": fold}


@dataclass
class _Curve:
    """The zero set of the rates over (states, parameter), scaled."""

    model: Model
    overrides: Mapping[str, float]
    param: str
    first: float
    last: float
    start: np.ndarray
    size: np.ndarray = field(init=False)
    largest: np.ndarray = field(init=False)
    slope: Callable = field(init=False)

    def __post_init__(self) -> None:
        import sympy as sp

        model = self.model
        self.time = 1e4 * model.t_end
        self.p = model.values({**model.plain(self.overrides), self.param: self.first})[0]
        self.index = model.parameter_ids.index(self.param)
        self.largest = np.zeros(len(self.start))
        self.resize(self.start)
        kinks = (sp.Abs, sp.Min, sp.Max)
        smooth = [e.replace(lambda x: isinstance(x, kinks), lambda x: x.rewrite(sp.Piecewise)) for e in model.rhs_sympy]
        self.slope = compiled(model)._compile(model, [e.diff(symbol(self.param)) for e in smooth])

    def resize(self, y: np.ndarray) -> np.ndarray:
        """Measure the states by their present size, but none by less than a thousandth of its largest; gives new over old."""
        self.largest = np.maximum(self.largest, np.abs(y))
        before = vars(self).get("size", np.ones(len(y)))
        self.size = np.maximum(np.abs(y), 1e-3 * self.largest)
        self.size[self.size == 0] = float(self.largest.max()) or 1.0
        return self.size / before

    def parameters(self, value: float) -> np.ndarray:
        p = self.p.copy()
        p[self.index] = value
        return p

    def unscaled(self, z: np.ndarray) -> tuple[np.ndarray, float]:
        return z[:-1] * self.size, self.first + float(z[-1]) * (self.last - self.first)

    def system(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rates and their derivatives by the scaled unknowns, each row divided by the size of its terms."""
        f = compiled(self.model)
        y, value = self.unscaled(z)
        p = self.parameters(value)
        jacobian = f.jac(self.time, y, p) * self.size
        by_param = f._call(self.slope, self.time, y, p, f.n) * (self.last - self.first)
        matrix = np.column_stack([jacobian, by_param])
        if not np.all(np.isfinite(matrix)):
            raise SimulationError(f"{self.model.key}: no finite rates at {self.param} = {value:.6g}")
        weight = np.maximum(np.abs(matrix).max(axis=1), 1e-300)
        return f.rhs(self.time, y, p) / weight, matrix / weight[:, None]

    def tangent(self, z: np.ndarray, along: np.ndarray) -> np.ndarray:
        _, singular, right = np.linalg.svd(self.system(z)[1])
        if singular[-1] <= 1e-12 * singular[0]:
            raise SimulationError(f"{self.model.key}: its totals are conserved, or two curves of equilibria cross; a branch cannot be followed there")
        return right[-1] * (1.0 if right[-1] @ along >= 0 else -1.0)

    def corrected(self, guess: np.ndarray, across: np.ndarray) -> np.ndarray | None:
        """The point of the curve in the plane through ``guess`` that ``across`` stands on, or ``None``."""
        z = guess.copy()
        for _ in range(8):
            rates, matrix = self.system(z)
            step = np.linalg.solve(np.vstack([matrix, across]), -np.append(rates, across @ (z - guess)))
            z = z + step
            if np.abs(step).max() <= 1e-12 * max(1.0, np.abs(z).max()):
                return z
            if not np.all(np.isfinite(z)) or np.abs(z - guess).max() > 0.5:
                return None
        return None

    def follow(self, start: np.ndarray) -> list[tuple[np.ndarray, float, bool]]:
        """States and parameter values from ``first`` until the parameter leaves the range, with whether each is a fold."""
        z = np.append(start / self.size, 0.0)
        direction = self.tangent(z, np.append(np.zeros(len(start)), 1.0))
        out, step = [(*self.unscaled(z), False)], LONGEST / 10
        while len(out) < POINTS:
            found = self._next(z, direction, step)
            if found is None:
                step /= 2
                if step < SHORTEST:
                    raise SimulationError(f"{self.model.key}: the branch cannot be followed beyond {self.param} = {self.unscaled(z)[1]:.6g}")
                continue
            after, turned = found
            if direction[-1] * turned[-1] < 0:
                out.append((*self.unscaled(self._fold(z, direction, step)), True))
            z, direction = after, turned
            if not -1e-12 <= z[-1] <= 1:
                return out
            y, value = self.unscaled(z)
            out.append((y, value, False))
            change = self.resize(y)
            z, direction = np.append(y / self.size, z[-1]), np.append(direction[:-1] / change, direction[-1])
            direction /= np.linalg.norm(direction)
            step = min(1.4 * step, LONGEST)
        raise SimulationError(f"{self.model.key}: the branch does not leave the range of {self.param} within {POINTS:,} points")

    def _next(self, z: np.ndarray, direction: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray] | None:
        after = self.corrected(z + step * direction, direction)
        if after is None:
            return None
        turned = self.tangent(after, direction)
        return (after, turned) if turned @ direction >= TURN else None

    def _fold(self, z: np.ndarray, direction: np.ndarray, step: float) -> np.ndarray:
        """The point within a step at which the curve has no component along the parameter."""
        from scipy.optimize import brentq

        def component(s: float) -> float:
            return float(self.tangent(self._at(z, direction, s), direction)[-1])

        return self._at(z, direction, brentq(component, 0.0, step, xtol=1e-13, rtol=1e-12))

    def _at(self, z: np.ndarray, direction: np.ndarray, s: float) -> np.ndarray:
        point = self.corrected(z + s * direction, direction)
        if point is None:
            raise SimulationError(f"{self.model.key}: the fold near {self.param} = {self.unscaled(z)[1]:.6g} cannot be located")
        return point
