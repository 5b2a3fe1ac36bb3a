"""Many runs of one model at once: the explicit method of order 8 (DOP853) over all draws together, with NumPy.

Each draw has its own time, step and error estimate, so that its numbers do not depend on those beside it, to the last
bit; only the work is shared. The formulas and constants are SciPy's. A draw that asks for too many steps (its setting is stiff) or leaves the finite
numbers is given back as unfinished: :mod:`soluble.ensemble` runs it alone, with the solvers of :mod:`soluble.simulate`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .expression import TIME, symbol
from .model import Model
from .simulate import absolute_tolerance, dose_times

#: Steps in one draw, and the time constants of the fastest rate in one run, beyond which the draw is left to others.
PATIENCE = 1200
REACH = 3000.0
_STAGES = 12


class Batched:
    """Right-hand side of a model over many draws: ``rhs(t, y, p)`` of arrays of shape (draws,), (n, draws) and a list."""

    def __init__(self, model: Model) -> None:
        """Compile a model's SymPy form for NumPy."""
        self.n = len(model.states)
        self._rhs = _compile(model, model.rhs_sympy)
        self._rates = _compile(model, [model.jacobian_sympy[i, i] for i in range(self.n)])

    def rhs(self, t: np.ndarray, y: np.ndarray, p: list) -> np.ndarray:
        """The derivatives, shape (n, draws)."""
        return _stack(self._rhs(t, y, p), y)

    def rates(self, t: np.ndarray, y: np.ndarray, p: list) -> np.ndarray:
        """The diagonal of the Jacobian, shape (n, draws): how fast each state alone would change."""
        return _stack(self._rates(t, y, p), y)


def _stack(rows: Sequence[Any], y: np.ndarray) -> np.ndarray:
    out = np.empty_like(y)
    for i, row in enumerate(rows):
        out[i] = row
    return out


def _compile(model: Model, expressions: Sequence[Any]) -> Callable:
    import sympy as sp
    from sympy.printing.numpy import NumPyPrinter

    class Printer(NumPyPrinter):
        """Functions of two arguments, which broadcast: a parameter may be one number for all draws."""

        def _nest(self, name: str, parts: Sequence[str]) -> str:
            head, *rest = parts
            return f"{name}({head}, {self._nest(name, rest)})" if rest else head

        def _print_Max(self, e: Any) -> str:
            return self._nest("numpy.maximum", [self._print(a) for a in e.args])

        def _print_Min(self, e: Any) -> str:
            return self._nest("numpy.minimum", [self._print(a) for a in e.args])

        def _print_And(self, e: Any) -> str:
            return self._nest("numpy.logical_and", [self._print(a) for a in e.args])

        def _print_Or(self, e: Any) -> str:
            return self._nest("numpy.logical_or", [self._print(a) for a in e.args])

        def _print_Piecewise(self, e: Any) -> str:
            out = "numpy.nan"
            for value, condition in reversed(e.args):
                shown = self._print(value)
                out = shown if condition == True else f"numpy.where({self._print(condition)}, {shown}, {out})"  # noqa: E712
            return out

        def _print_Pow(self, e: Any, rational: bool = False) -> str:
            small = e.exp.is_Integer and 2 <= int(e.exp) <= 4 and e.base.is_Symbol
            return f"({'*'.join([self._print(e.base)] * int(e.exp))})" if small else super()._print_Pow(e, rational)

    printer = Printer({"fully_qualified_modules": True, "inline": True, "allow_unknown_functions": True})
    # Names of our own, for any name of a declaration. SymPy's dummies would be numbered by what was compiled before, and the terms
    # of a sum are ordered, and so rounded, by such names.
    given = [TIME, *model.state_ids, *model.parameter_ids]
    own = dict(zip(map(symbol, given), sp.symbols(f"q:{len(given)}", real=True), strict=True))
    t, *names = own.values()
    arguments = [t, names[: len(model.states)], names[len(model.states) :]]
    return sp.lambdify(arguments, [e.xreplace(own) for e in expressions], modules=[{"numpy": np}, "numpy"], printer=printer, cse=True)


def batched(model: Model) -> Batched:
    """The compiled form of a model for many draws, made once."""
    if "_batched" not in vars(model):
        model._batched = Batched(model)
    return model._batched


@np.errstate(all="ignore")
def run(model: Model, settings: Sequence[tuple[np.ndarray, np.ndarray]], times: np.ndarray, rtol: float = 1e-8) -> tuple[np.ndarray, np.ndarray]:
    """The states of each setting at ``times``: an array of shape (settings, times, states), and which of them were finished.

    A setting is the parameters and the initial values that :meth:`soluble.model.Model.values` gives.

    Raises ``ValueError`` as :func:`soluble.simulate.dose_times` does, for a schedule of doses that makes no sense.
    """
    p = np.array([s[0] for s in settings]).T
    y = np.array([s[1] for s in settings]).T
    doses = [dose_times(model, q) for q, _ in settings]
    atol = np.array([absolute_tolerance(model, y0, d, rtol) for (_, y0), d in zip(settings, doses, strict=True)]).T
    problem = _Problem(batched(model), p, y, rtol, atol, _Stops(doses, times, len(y)))
    return problem.solve()


class _Stops:
    """For each draw the times at which its run pauses: doses (applied first) and the times asked for, padded with infinity."""

    def __init__(self, doses: Sequence[Sequence[tuple[float, int, float]]], times: np.ndarray, n: int) -> None:
        end = times[-1]
        asked = [(t, i, -1, 0.0) for i, t in enumerate(times)]
        undosed = np.array(asked).T  # the plan of a draw without doses, which is most often that of all
        plans = []
        for given in doses:
            plan = [(at, -1, target, amount) for at, target, amount in given if at <= end]
            plans.append(np.array(sorted([*plan, *asked], key=lambda s: (s[0], s[1] >= 0))).T if plan else undosed)
        size = max(plan.shape[1] for plan in plans) + 1
        self.time = np.full((size, len(plans)), np.inf)
        self.slot = np.full((size, len(plans)), -1)
        self.target = np.full((size, len(plans)), -1)
        self.amount = np.zeros((size, len(plans)))
        for j, (at, slot, target, amount) in enumerate(plans):
            self.time[: len(at), j], self.slot[: len(at), j] = at, slot
            self.target[: len(at), j], self.amount[: len(at), j] = target, amount
        self.times = len(times)


class _Problem:
    """The draws that are still under way, as arrays whose last axis runs over them."""

    def __init__(self, f: Batched, p: np.ndarray, y: np.ndarray, rtol: float, atol: np.ndarray, stops: _Stops) -> None:
        from scipy.integrate import DOP853

        self.f, self.rtol, self.stops = f, rtol, stops
        self.table = DOP853
        draws = y.shape[1]
        self.who = np.arange(draws)
        self.same = [bool(np.all(row == row[0])) for row in p]
        self.p, self.y, self.atol = p, y.copy(), atol
        self.t, self.h = np.zeros(draws), np.zeros(draws)
        self.next = np.zeros(draws, dtype=int)
        self.slope = np.zeros_like(y)
        self.rejected = np.zeros(draws, dtype=bool)
        self.steps = np.zeros(draws, dtype=int)
        self.out = np.full((draws, stops.times, len(y)), np.nan)
        self.done = np.zeros(draws, dtype=bool)

    def parameters(self, among: np.ndarray | slice = slice(None)) -> list:
        """A number where all draws share the value, else an array."""
        return [row[0] if same else row[among] for row, same in zip(self.p, self.same, strict=True)]

    def solve(self) -> tuple[np.ndarray, np.ndarray]:
        self._pause(np.ones(len(self.who), dtype=bool), first=True)
        rates = np.abs(self.f.rates(self.t, self.y, self.parameters())).max(axis=0)
        self._keep(~self.done[self.who] & (rates * (self.stops.time[np.isfinite(self.stops.time)].max()) <= REACH))
        while len(self.who):
            self._step()
        return self.out, self.done

    def _keep(self, staying: np.ndarray) -> None:
        if np.all(staying):
            return
        for name in ("who", "t", "h", "next", "rejected", "steps"):
            setattr(self, name, getattr(self, name)[staying])
        for name in ("p", "y", "atol", "slope"):
            setattr(self, name, np.ascontiguousarray(getattr(self, name)[:, staying]))

    def _due(self) -> np.ndarray:
        return self.stops.time[self.next, self.who]

    def _pause(self, arrived: np.ndarray, first: bool = False) -> None:
        """Give doses and note states at the stops that have been reached; a run begins anew after a dose."""
        anew = arrived.copy() if first else np.zeros(len(self.who), dtype=bool)
        here = arrived & (self._due() <= self.t)
        while np.any(here):
            at = np.nonzero(here)[0]
            step, who = self.next[at], self.who[at]
            slot, target = self.stops.slot[step, who], self.stops.target[step, who]
            dosed = target >= 0
            self.y[target[dosed], at[dosed]] += self.stops.amount[step[dosed], who[dosed]]
            anew[at[dosed]] = True
            asked = slot >= 0
            self.out[who[asked], slot[asked]] = self.y[:, at[asked]].T
            self.done[who[asked & (slot == self.stops.times - 1)]] = True
            self.next[at] += 1
            here &= self._due() <= self.t
        anew &= ~self.done[self.who]
        if np.any(anew):
            self._begin(np.nonzero(anew)[0])

    def _begin(self, at: np.ndarray) -> None:
        """Slopes and a first step, small enough for the tolerances (as in SciPy)."""
        y, t, p = self.y[:, at], self.t[at], self.parameters(at)
        span = self.stops.time[self.next[at], self.who[at]] - t
        scale = self.atol[:, at] + self.rtol * np.abs(y)
        slope = self.f.rhs(t, y, p)
        d0, d1 = _rms(y / scale), _rms(slope / scale)
        h0 = np.minimum(np.where((d0 < 1e-5) | (d1 < 1e-5), 1e-6, 0.01 * d0 / d1), span)
        d2 = _rms((self.f.rhs(t + h0, y + h0 * slope, p) - slope) / scale) / h0
        steepest = np.maximum(d1, d2)
        h1 = np.where(steepest <= 1e-15, np.maximum(1e-6, h0 * 1e-3), (0.01 / steepest) ** (1 / 8))
        self.slope[:, at], self.rejected[at] = slope, False
        self.h[at] = np.minimum(np.minimum(100 * h0, h1), span)

    def _step(self) -> None:
        """One trial step of every draw."""
        table, n, draws = self.table, self.f.n, len(self.who)
        due, p = self._due(), self.parameters()
        last = self.t + self.h * (1 + 1e-12) >= due
        h = np.where(last, due - self.t, self.h)
        K = np.empty((_STAGES + 1, n, draws))
        K[0] = self.slope
        for s in range(1, _STAGES):
            K[s] = self.f.rhs(self.t + table.C[s] * h, self.y + h * _combined(table.A[s, :s], K), p)
        new = self.y + h * _combined(table.B, K)
        t = np.where(last, due, self.t + h)
        K[_STAGES] = self.f.rhs(t, new, p)
        scale = self.atol + self.rtol * np.maximum(np.abs(self.y), np.abs(new))
        e5 = ((_combined(table.E5, K) / scale) ** 2).sum(axis=0)
        e3 = ((_combined(table.E3, K) / scale) ** 2).sum(axis=0)
        error = np.where((e5 == 0) & (e3 == 0), 0.0, h * e5 / np.sqrt((e5 + 0.01 * e3) * n))
        good = error < 1
        factor = np.where(error == 0, 10.0, np.minimum(10.0, 0.9 * error**-0.125))
        grown = h * np.where(self.rejected, np.minimum(1.0, factor), factor)
        # A step cut short to end on a stop says little about the step that the error allows.
        grown = np.where(last, np.maximum(grown, self.h), grown)
        shrunk = h * np.where(np.isfinite(error), np.maximum(0.2, 0.9 * error**-0.125), 0.1)
        self.h = np.where(good, grown, shrunk)
        self.rejected = ~good
        self.t = np.where(good, t, self.t)
        self.y = np.where(good, new, self.y)
        self.slope = np.where(good, K[_STAGES], self.slope)
        self.steps += 1
        self._pause(good & last)
        lost = (self.steps > PATIENCE) | ~(self.h >= 1e-14 * np.maximum(self.t, due))
        self._keep(~self.done[self.who] & ~lost)


def _combined(weights: np.ndarray, stages: np.ndarray) -> np.ndarray:
    """The weighted sum of the stages, term by term: a product of matrices is rounded by how many draws stand side by side."""
    used = np.flatnonzero(weights)
    total = weights[used[0]] * stages[used[0]]
    for i in used[1:]:
        total += weights[i] * stages[i]
    return total


def _rms(x: np.ndarray) -> np.ndarray:
    return np.sqrt((x**2).mean(axis=0))
