"""Numbers from a model, with SciPy: time courses with doses, steady states, equilibria, sweeps.

Time is in the model's time unit and every quantity in its declared unit. The right-hand sides and the analytic Jacobian
are compiled once per model from its SymPy form. The methods of :class:`soluble.model.Model` are the public face of these
functions; ``overrides`` maps parameters and initial values (``<state>0``) to numbers.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .expression import TIME, symbol
from .model import Model, UnknownNameError

if TYPE_CHECKING:
    import sympy as sp

METHODS = ("DOP853", "RK45", "RK23", "LSODA", "Radau", "BDF")
#: Which solvers are tried when none is asked for: the second when the first fails or needs too many evaluations (LSODA can
#: take a stiff model for a non-stiff one and crawl; a slider can make a non-stiff model stiff).
DEFAULTS = {False: ("DOP853", "LSODA"), True: ("LSODA", "Radau")}
PATIENCE = 60_000
MAX_EVALUATIONS = 2_000_000
#: Evaluations for a second attempt, and for each stretch on the way to a steady state.
ENDURANCE = 300_000
#: How many declared runs after 0 an equilibrium is looked at, where an equation holds the time itself.
LATE = 1e4


class SimulationError(RuntimeError):
    """A run could not be completed, or a steady state does not exist; the message says at which time and why."""


# --- compiled models -------------------------------------------------------------------------------------------------


def _quiet(f: Callable[[float], float], overflow: float = math.nan) -> Callable[[float], float]:
    """A function of ``math`` that gives NaN instead of raising, as NumPy and JavaScript do."""

    def quiet(x: float) -> float:
        try:
            return f(x)
        except ValueError:
            return math.nan
        except OverflowError:
            return overflow

    return quiet


_FUNCTIONS = {
    "exp": _quiet(math.exp, math.inf),
    "log": lambda x: math.log(x) if x > 0 else -math.inf if x == 0 else math.nan,
    "sqrt": _quiet(math.sqrt),
}


class Compiled:
    """Right-hand side and Jacobian of a model as plain Python functions of ``(t, y, p)``."""

    def __init__(self, model: Model) -> None:
        """Compile a model's SymPy form."""
        self.n = len(model.states)
        self._rhs = self._compile(model, model.rhs_sympy)
        self._jac = self._compile(model, list(model.jacobian_sympy))

    @staticmethod
    def _compile(model: Model, expressions: Sequence[sp.Expr]) -> Callable[[float, list, list], list]:
        import sympy as sp

        arguments = [symbol(TIME), [symbol(s) for s in model.state_ids], [symbol(p) for p in model.parameter_ids]]
        return sp.lambdify(arguments, list(expressions), modules=[_FUNCTIONS, "math"], cse=True, dummify=True)

    def rhs(self, t: float, y: np.ndarray, p: Sequence[float]) -> np.ndarray:
        """The derivatives, shape (n,); NaN where a formula has no real value."""
        return self._call(self._rhs, t, y, p, self.n)

    def jac(self, t: float, y: np.ndarray, p: Sequence[float]) -> np.ndarray:
        """The derivatives of the right-hand sides by the states, shape (n, n)."""
        return self._call(self._jac, t, y, p, self.n**2).reshape(self.n, self.n)

    @staticmethod
    def _call(f: Callable, t: float, y: np.ndarray, p: Sequence[float], size: int) -> np.ndarray:
        try:
            return np.array(f(t, np.asarray(y, dtype=float).tolist(), list(p)), dtype=float)
        except (ZeroDivisionError, OverflowError, ValueError, TypeError):  # TypeError: a complex root of a negative number
            return np.full(size, np.nan)


def compiled(model: Model) -> Compiled:
    """The compiled form of a model, made once."""
    if "_compiled" not in vars(model):
        model._compiled = Compiled(model)
    return model._compiled


# --- time courses ----------------------------------------------------------------------------------------------------


def simulate(
    model: Model,
    overrides: Mapping[str, float],
    t_end: float | None = None,
    n: int = 401,
    t: Sequence[float] | None = None,
    method: str | None = None,
    rtol: float = 1e-8,
    atol: float | np.ndarray | None = None,
) -> pd.DataFrame:
    """Run a model from time 0.

    Shows ``n`` even times up to ``t_end`` (default: the declaration's), or the increasing times ``t``. Parameters and
    initial values (``<state>0``) are overridden by keyword. ``method`` is one of SciPy's; by default DOP853, or LSODA with
    the analytic Jacobian for a model that is declared stiff, and a sturdier one where that fails. ``atol`` defaults to a small part of ``rtol`` times the size of
    the states that share a unit.

    Returns a DataFrame indexed by ``time`` with a column per state and derived quantity, in their units; at the time of
    a dose it shows the value after it. Raises :class:`UnknownNameError` for an unknown name, ``ValueError`` for times that
    do not increase from 0 on, :class:`SimulationError` when the solver fails.
    """
    p, y0 = model.values(overrides)
    times = _times(model, t_end, n, t)
    y = _run(model, p, y0, times, method, rtol, atol)
    return _frame(model, p, times, y)


def _times(model: Model, t_end: float | None, n: int, t: Sequence[float] | None) -> np.ndarray:
    if t is None:
        end = model.t_end if t_end is None else float(t_end)
        if not (math.isfinite(end) and end > 0 and n >= 2):
            raise ValueError(f"a run needs t_end above 0 and n of at least 2, not t_end={end} and n={n}")
        return np.linspace(0.0, end, n)
    times = np.asarray(t, dtype=float)
    if times.ndim != 1 or not times.size or times[0] < 0 or not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
        raise ValueError("t must be a list of increasing times, none of them below 0")
    return times


def _frame(model: Model, p: np.ndarray, times: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    columns = dict(zip(model.state_ids, y, strict=True))
    columns |= {k: v for k, v in observe(model, p, times, y).items()}
    return pd.DataFrame(columns, index=pd.Index(times, name="time"))


def _at(model: Model, p: np.ndarray, y: np.ndarray) -> pd.Series:
    """States and derived quantities of an equilibrium."""
    return _frame(model, p, np.array([LATE * model.t_end]), y[:, None]).iloc[0]


def observe(model: Model, p: np.ndarray, times: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """The derived quantities along a run: each an array like ``times``. ``y`` has the shape (states, times)."""
    names = {TIME: times, **dict(zip(model.parameter_ids, p, strict=True)), **dict(zip(model.state_ids, y, strict=True))}
    out = {}
    with np.errstate(all="ignore"):
        for d in model.derived:
            out[d.id] = names[d.id] = np.broadcast_to(d.expression.value(names), times.shape)
    return out


def dose_times(model: Model, p: np.ndarray) -> list[tuple[float, int, float]]:
    """All doses as (time, index of the target state, amount), by time; the count is rounded down.

    Raises ``ValueError`` for a first dose before time 0 and for repeated doses without an interval above 0.
    """
    names = dict(zip(model.parameter_ids, map(float, p), strict=True))
    out = []
    for dose in model.doses:
        amount, start, interval, count = (e.value(names) for e in (dose.amount, dose.start, dose.interval, dose.count))
        if count >= 2 and interval <= 0:
            raise ValueError(f"the dose {dose.id!r} is repeated {count:g} times with an interval of {interval:g}; it must be above 0")
        if start < 0:
            raise ValueError(f"the dose {dose.id!r} begins at {start:g}; a run begins at 0, so no dose can be earlier")
        out += [(start + k * interval, model.state_ids.index(dose.target), amount) for k in range(math.floor(count))]
    return sorted(out)


def _run(
    model: Model, p: np.ndarray, y0: np.ndarray, times: np.ndarray, method: str | None, rtol: float, atol: float | np.ndarray | None
) -> np.ndarray:
    """States at ``times``, shape (states, times); the integration begins anew at each dose."""
    doses = dose_times(model, p)
    tolerance = absolute_tolerance(model, y0, doses, rtol) if atol is None else atol
    solve = _solver(model, p, method, rtol, tolerance)
    out = np.empty((len(y0), len(times)))
    y, start = y0.copy(), 0.0
    for stop in [*sorted({d[0] for d in doses if d[0] <= times[-1]}), math.inf]:
        inside = (times >= start) & (times < stop)
        end = min(stop, times[-1])
        if end > start:
            out[:, inside], y = solve(start, end, y, times[inside])
        else:
            out[:, inside] = y[:, None]
        for at, target, amount in doses:
            if at == stop:
                y[target] += amount
        start = stop
    return out


def absolute_tolerance(model: Model, y0: np.ndarray, doses: list[tuple[float, int, float]], rtol: float) -> np.ndarray:
    """Absolute tolerances: 1e-4 of ``rtol`` times the largest initial value or dose among the states of one unit."""
    size: dict[str, float] = {}
    for i, value in [*enumerate(y0), *((target, amount) for _, target, amount in doses)]:
        unit = model.states[i].unit
        size[unit] = max(size.get(unit, 0.0), abs(value))
    return np.array([1e-4 * rtol * (size[s.unit] or 1.0) for s in model.states])


def _solver(model: Model, p: np.ndarray, method: str | None, rtol: float, atol: Any) -> Callable:
    """A function ``(start, end, y, times)`` that gives the states at ``times`` and at the end."""
    if method is not None:
        if method not in METHODS:
            raise UnknownNameError(method, METHODS, "method")
        return _one_solver(model, p, method, rtol, atol, MAX_EVALUATIONS)
    quick, sturdy = DEFAULTS[bool(model.stiff)]
    first = _one_solver(model, p, quick, rtol, atol, PATIENCE)
    second = _one_solver(model, p, sturdy, rtol, atol, ENDURANCE)

    def solve(start: float, end: float, y: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        try:
            return first(start, end, y, at)
        except SimulationError as error:
            try:
                return second(start, end, y, at)
            except SimulationError as again:
                raise SimulationError(f"{error}; then {again}") from error

    return solve


def _one_solver(model: Model, p: np.ndarray, method: str, rtol: float, atol: Any, patience: int) -> Callable:
    from scipy.integrate import solve_ivp

    f, parameters = compiled(model), p.tolist()
    extra = {"jac": lambda t, y: f.jac(t, y, parameters)} if method in ("LSODA", "Radau", "BDF") else {}

    def solve(start: float, end: float, y: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        calls, reached = 0, start

        def rhs(t: float, y: np.ndarray) -> np.ndarray:
            nonlocal calls, reached
            calls, reached = calls + 1, t
            if calls > patience:
                mend = "try method='Radau', a larger rtol, or other values"
                raise SimulationError(f"{model.key}: {method} given up at time {t:.6g} after {patience:,} evaluations; {mend}")
            return f.rhs(t, y, parameters)

        _require_finite(model, rhs(start, y), start)
        grid = np.append(at, end) if not at.size or at[-1] < end else at
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # LSODA also says in words what it raises here
            run = solve_ivp(rhs, (start, end), y, method=method, t_eval=grid, rtol=rtol, atol=atol, **extra)
        if not run.success or np.shape(run.y)[-1] != len(grid):
            raise SimulationError(f"{model.key}: {method} failed at about time {reached:.6g}: {run.message.rstrip('.')}")
        _require_finite(model, run.y[:, -1], end)
        return run.y[:, : len(at)], run.y[:, -1].copy()

    return solve


def _require_finite(model: Model, values: np.ndarray, t: float) -> None:
    bad = [s for s, v in zip(model.state_ids, values, strict=True) if not math.isfinite(v)]
    if bad:
        raise SimulationError(
            f"{model.key}: no finite derivative of {', '.join(bad)} at time {t:.6g}; is there a quotient by zero, or a root, "
            "a logarithm or a fractional power of a quantity that falls below zero (write max(x, 0)**h)?"
        )


# --- steady states ---------------------------------------------------------------------------------------------------


def steady_state(model: Model, overrides: Mapping[str, float], near: Mapping[str, float] | None = None) -> pd.Series:
    """A steady state, with the derived quantities.

    Without ``near``: the one that the run from the initial state tends to, after the last dose. The run is lengthened
    tenfold until Newton's method, with the analytic Jacobian, ends close to where it stands. With ``near`` (a value for
    some states, the rest from the initial state): the one that Newton's method reaches from there, stable or not.
    Conserved sums, the zero directions of the Jacobian, keep their value.

    An equation may hold the time itself, if it fades: it is taken at the end of the run (with ``near``: at :data:`LATE`
    declared runs). Raises :class:`SimulationError` where no steady state is reached: a run that goes on oscillating, growing
    or following the time.
    """
    p, y0 = model.values(overrides)
    if near is not None:
        y = newton(model, p, _start(model, y0, near))
        if y is None:
            raise SimulationError(f"{model.key}: Newton's method finds no steady state from {dict(near)}")
    else:
        y = _settle(model, p, y0)
    return _at(model, p, y).rename("steady state")


def _start(model: Model, y0: np.ndarray, near: Mapping[str, float]) -> np.ndarray:
    for name in near:
        if name not in model.state_ids:
            raise UnknownNameError(name, model.state_ids, "state")
    return np.array([float(near.get(s, y)) for s, y in zip(model.state_ids, y0, strict=True)])


def _settle(model: Model, p: np.ndarray, y0: np.ndarray) -> np.ndarray:
    """Where the run ends: integrate ever longer, polish by Newton, and accept a point that is close and does not repel.

    A point that repels is accepted where the run has stayed on it all the same: an empty population stays empty.
    """
    doses = dose_times(model, p)
    time = max([d[0] for d in doses], default=0.0)
    y = _run(model, p, y0, np.array([time]), None, 1e-9, None)[:, -1]
    tolerance = absolute_tolerance(model, y0, doses, 1e-9)
    size = np.maximum(np.abs(y), 1e13 * tolerance)
    solve = _one_solver(model, p, "LSODA", 1e-9, tolerance, ENDURANCE)
    for chunk in (1, 10, 100, 1e3, 1e4):
        end = time + chunk * model.t_end
        try:
            y = solve(time, end, y, np.array([]))[1]
        except SimulationError as error:
            raise SimulationError(f"{model.key}: the run reaches no steady state ({error})") from error
        time, size = end, np.maximum(size, np.abs(y))
        polished = newton(model, p, y, time)
        if polished is None:
            continue
        gap = np.max(np.abs(polished - y) / np.maximum(np.abs(polished), 1e-3 * size))
        rests = gap <= 1e-3 and (_repels_not(compiled(model), p, polished, time) or (gap <= 1e-8 and chunk >= 100))
        if rests and _lasts(compiled(model), p, polished, time):
            return polished
    raise SimulationError(f"{model.key}: the run reaches no steady state; it goes on oscillating, growing or drifting")


def _repels_not(f: Compiled, p: np.ndarray, y: np.ndarray, time: float) -> bool:
    """Whether no eigenvalue at ``y`` points outwards, within rounding."""
    values = np.linalg.eigvals(f.jac(time, y, p))
    return bool(values.real.max() <= 1e-9 * np.abs(values).max())


def _lasts(f: Compiled, p: np.ndarray, y: np.ndarray, time: float) -> bool:
    """Whether the derivatives stay zero at later times, beside the size that the terms of the Jacobian give them."""
    size = np.abs(f.jac(time, y, p)) @ np.abs(y) + 1e-300
    return all(bool(np.all(np.abs(f.rhs(later * time, y, p)) <= 1e-7 * size)) for later in (1.37, 7.9, 61.0))


@np.errstate(all="ignore")
def newton(model: Model, p: np.ndarray, start: np.ndarray, time: float | None = None, steps: int = 60) -> np.ndarray | None:
    """A zero of the right-hand sides near ``start``, or ``None``; ``time`` is put in where an equation holds it.

    Damped Newton steps in scaled variables. The left null vectors of the Jacobian are conserved sums: they are added as
    equations, so that a step does not leave the surface on which the start lies.
    """
    f, parameters, time = compiled(model), p.tolist(), LATE * model.t_end if time is None else time
    y = start.astype(float)
    size = np.maximum(np.abs(y), 1e-6 * max(np.abs(y).max(), 1e-300))
    residual = f.rhs(time, y, parameters)
    for _ in range(steps):
        scale = np.maximum(np.abs(y), 1e-9 * size)
        jacobian = f.jac(time, y, parameters)
        if not (np.all(np.isfinite(jacobian)) and np.all(np.isfinite(residual))):
            return None
        step = _newton_step(jacobian, residual, scale)
        y, residual, length = _damped(lambda x: f.rhs(time, x, parameters), y, residual, step, np.abs(jacobian) @ scale)
        if length == 0:
            return None
        if length == 1 and np.all(np.abs(step) <= 1e-11 * np.maximum(np.abs(y), 1e-6 * size)):
            return np.where(np.abs(y) <= 1e-12 * size, 0.0, y)
    return None


def _newton_step(jacobian: np.ndarray, residual: np.ndarray, scale: np.ndarray) -> np.ndarray:
    rows = np.abs(jacobian * scale).max(axis=1)
    rows[rows == 0] = 1.0
    scaled = jacobian * scale / rows[:, None]
    left, singular, _ = np.linalg.svd(scaled)
    null = left[:, singular <= 1e-13 * max(singular[0], 1e-300)].T
    conserved = (null / rows) * scale
    system = np.vstack([scaled, conserved / np.maximum(np.abs(conserved).max(axis=1, keepdims=True), 1e-300)]) if len(null) else scaled
    right = np.concatenate([-residual / rows, np.zeros(len(null))])
    return np.linalg.lstsq(system, right, rcond=None)[0] * scale


def _damped(
    rhs: Callable[[np.ndarray], np.ndarray], y: np.ndarray, residual: np.ndarray, step: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """The longest of the halved steps that brings the weighted residual down; at rounding level the full step is taken."""
    weight = weight + 1e-300
    before = np.abs(residual / weight).max()
    length = 1.0
    while length > 1e-6:
        tried = y + length * step
        after = rhs(tried)
        if np.all(np.isfinite(after)) and np.abs(after / weight).max() < max(before, 1e-13):
            return tried, after, length
        length /= 2
    return y, residual, 0.0


def stability(values: Iterable[complex]) -> str:
    """The kind of an equilibrium with these eigenvalues: ``stable`` or ``unstable`` ``node`` or ``spiral``, ``saddle``, or ``neutral``.

    It is a spiral when the eigenvalue of the largest real part is complex. Zero eigenvalues (conserved sums) do not
    count.
    """
    values = np.asarray(list(values), dtype=complex)
    values = values[np.abs(values) > 1e-12 * max(np.abs(values).max(initial=0.0), 1e-300)]
    if not values.size or np.any(np.abs(values.real) <= 1e-9 * np.abs(values)):
        return "neutral"
    if values.real.max() > 0 > values.real.min():
        return "saddle"
    leading = values[values.real.argmax()]
    shape = "spiral" if abs(leading.imag) > 1e-9 * abs(leading) else "node"
    return f"{'stable' if values.real.max() < 0 else 'unstable'} {shape}"


def eigenvalues(model: Model, p: np.ndarray, y: np.ndarray) -> tuple[complex, ...]:
    """Eigenvalues of the Jacobian at an equilibrium, per time unit, those of the largest real part first."""
    values = np.linalg.eigvals(compiled(model).jac(LATE * model.t_end, y, p))
    return tuple(complex(v) for v in sorted(values, key=lambda v: (-v.real, -v.imag)))


def period(values: Sequence[complex]) -> float:
    """From eigenvalues: the period of the oscillation of the slowest fading complex pair, NaN where there is none."""
    pair = [v for v in values if v.imag > 1e-9 * abs(v)]
    return 2 * math.pi / pair[0].imag if pair else math.nan


def equilibria(
    model: Model, overrides: Mapping[str, float], box: Mapping[str, tuple[float, float]] | None = None, sort: str | None = None
) -> pd.DataFrame:
    """All equilibria found in a box of the state space, stable or not.

    Newton's method from some hundred starts, even on both a linear and a log scale and on the faces where states are zero;
    that finds every equilibrium of a small model as a rule, it proves nothing. ``box`` gives (low, high) for states; by
    default from 0 to ten times the largest value in the declared range, the initial state and the default run.

    Returns a DataFrame, sorted by the state ``sort`` (default: the last declared): states, derived quantities,
    ``stability`` (see :func:`stability`), ``eigenvalues`` (a tuple, per time unit) and ``period`` of the oscillation.
    """
    p, y0 = model.values(overrides)
    for name in [*(box or {}), *([sort] if sort else [])]:
        if name not in model.state_ids:
            raise UnknownNameError(name, model.state_ids, "state")
    low, high = _box(model, p, y0, box or {})
    found: list[np.ndarray] = []
    for start in _starts(low, high):
        y = newton(model, p, start)
        if y is not None and np.all(y >= low - 1e-9 * high) and np.all(y <= high * (1 + 1e-9)) and _new(y, found, high):
            found.append(y)
    rows = []
    for y in found:
        values = eigenvalues(model, p, y)
        row = _at(model, p, y).to_dict()
        rows.append(row | {"stability": stability(values), "eigenvalues": values, "period": period(values)})
    columns = [*model.quantity_ids, "stability", "eigenvalues", "period"]
    return pd.DataFrame(rows, columns=columns).sort_values(sort or model.state_ids[-1], ignore_index=True)


def _box(model: Model, p: np.ndarray, y0: np.ndarray, box: Mapping[str, tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    try:
        run = np.abs(_run(model, p, y0, np.linspace(0, model.t_end, 201), "LSODA", 1e-6, None)).max(axis=1)
    except SimulationError:
        run = np.abs(y0)
    size = np.maximum(run, np.array([s.range[1] if s.range else 0.0 for s in model.states]))
    size[size == 0] = size.max() or 1.0
    limits = [box.get(s.id, (0.0, 10 * h)) for s, h in zip(model.states, size, strict=True)]
    return np.array([a for a, _ in limits], dtype=float), np.array([b for _, b in limits], dtype=float)


def _starts(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Starting points inside the box: a Sobol set stretched linearly and logarithmically, and its faces at zero."""
    from itertools import combinations

    from scipy.stats import qmc

    n = len(low)
    unit = qmc.Sobol(n, scramble=True, rng=np.random.default_rng(0)).random(128)
    span = high - low
    starts = [low + unit * span, low + span * 10 ** (-6 * unit)]
    if np.all(low <= 0):
        few = starts[1][:24]
        for k in range(1, min(n, 3) + 1):
            for zeros in combinations(range(n), k):
                face = few.copy()
                face[:, zeros] = 0.0
                starts.append(face)
    return np.vstack(starts)


def _new(y: np.ndarray, found: list[np.ndarray], high: np.ndarray) -> bool:
    return not any(np.all(np.abs(y - other) <= 1e-6 * np.maximum(np.abs(other), 1e-6 * high)) for other in found)


# --- sweeps --------------------------------------------------------------------------------------------------------


def sweep(
    model: Model,
    overrides: Mapping[str, float],
    param: str,
    values: Sequence[float],
    of: str | None = None,
    at: str | float = "steady",
    hysteresis: bool = False,
) -> pd.DataFrame:
    """A quantity (default: the first state) against the values of a parameter or initial value.

    ``at`` is ``"steady"``, ``"max"`` (over the declared run) or a time. With ``hysteresis`` the values are walked up and
    down, each steady state the start of the next (nudged up by a millionth of the initial state, so that none is held
    on an unstable point), and the columns are ``up`` and ``down``; else there is one column, named as the quantity.
    Returns a DataFrame indexed by the values (increasing with ``hysteresis``); NaN where no steady state is reached.
    """
    of = _quantity(model, of)
    model.values({**overrides, param: 1.0})
    grid = np.asarray(values, dtype=float)
    if not hysteresis:
        column = [_outcome(model, of, at, {**overrides, param: v}) for v in grid]
        return pd.DataFrame({of: column}, index=pd.Index(grid, name=param))
    if at != "steady" or param not in model.parameter_ids:
        raise ValueError("hysteresis needs at='steady' and a parameter to walk along")
    grid = np.sort(grid)
    up = _walk(model, param, grid, of, overrides)
    down = _walk(model, param, grid[::-1], of, overrides)[::-1]
    return pd.DataFrame({"up": up, "down": down}, index=pd.Index(grid, name=param))


def _quantity(model: Model, of: str | None) -> str:
    of = of or model.state_ids[0]
    if of not in model.quantity_ids:
        raise UnknownNameError(of, model.quantity_ids, "state or derived quantity")
    return of


def _outcome(model: Model, of: str, at: str | float, overrides: Mapping[str, float]) -> float:
    """One quantity of one run: its steady value (NaN where there is none), its maximum, or its value at a time."""
    if at == "steady":
        try:
            return float(steady_state(model, overrides)[of])
        except SimulationError:
            return math.nan
    if at == "max":
        return float(simulate(model, overrides)[of].max())
    if isinstance(at, str):
        raise ValueError(f"at={at!r} is neither 'steady' nor 'max' nor a time")
    return float(simulate(model, overrides, t=[at])[of].iloc[0])


def _walk(model: Model, param: str, grid: np.ndarray, of: str, overrides: Mapping[str, float]) -> list[float]:
    out, start = [], {}
    nudge = 1e-6 * np.abs(model.values(overrides)[1])
    for value in grid:
        setting = {**overrides, param: float(value), **start}
        try:
            state = steady_state(model, setting)
        except SimulationError:
            out.append(math.nan)
            continue
        out.append(float(state[of]))
        start = {f"{s}0": float(state[s] + extra) for s, extra in zip(model.state_ids, nudge, strict=True)}
    return out
