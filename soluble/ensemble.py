"""Many runs: ensembles of parameter draws over any executor, and sensitivities, local and over the sliders' ranges (Sobol).

Draws that ask for values at a time are integrated together (:mod:`soluble.batch`); what that leaves, and maxima and steady
states, run one by one with the solvers of :mod:`soluble.simulate`. Neither depends on how the draws are divided among workers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from . import batch
from .expression import TIME
from .model import Model, UnknownNameError
from .simulate import SimulationError, simulate, steady_state

#: Draws that are integrated together: enough to share the work of NumPy's calls, few enough for a processor's cache.
TOGETHER = 2500
#: Pieces in which draws go to an executor; small ones keep all workers busy to the end.
PIECES = 32

#: Values of one run (a list for each time, where several were asked for), and why it failed.
Result = tuple[list, str]


def ensemble(
    model: Model,
    draws: pd.DataFrame,
    executor: Executor | str | None = None,
    of: str | Sequence[str] | None = None,
    at: str | float | Sequence[float] | None = None,
    progress: bool = False,
    failures: str = "nan",
    rtol: float = 1e-8,
) -> pd.DataFrame:
    """One run for each row of ``draws``, whose columns are parameters or initial values (``<state>0``).

    ``of`` is a quantity or several (default: all states); ``at`` is a time (default: the end of the run), several times in
    order, ``"max"`` (over the declared run) or ``"steady"``. ``executor`` is anything with ``map`` like
    ``concurrent.futures.Executor``: a process pool, or MPI's; or the address of a Dask cluster's scheduler, such as
    ``"tcp://host:8786"``. ``progress`` shows a bar (tqdm, of the extra ``soluble[ensemble]``).

    Returns a DataFrame with the index of ``draws``, in its order (and below it the times, if there are several), and a column per
    quantity. A run that fails gives a row of NaN,
    and ``.attrs["failures"]`` maps its index to the reason; with ``failures="raise"`` the first of them, in the order of the draws,
    is raised as :class:`SimulationError`. Values that are not finite numbers, and schedules of doses that make no sense, raise
    ``ValueError``; unknown names raise :class:`UnknownNameError`.
    """
    if failures not in ("nan", "raise"):
        raise ValueError(f"failures={failures!r} is neither 'nan' nor 'raise'")
    wanted = [_known(model, q) for q in ([of] if isinstance(of, str) else of or model.state_ids)]
    model.values({str(c): 1.0 for c in draws.columns})
    rows = draws.astype(float).rename(columns=str).to_dict("records")
    when = _when(model, at)
    with _workers(executor) as workers:
        results = _results(model, rows, wanted, when, rtol, workers, progress)
    failed = {key: reason for key, (_, reason) in zip(draws.index, results, strict=True) if reason}
    if failed and failures == "raise":
        key, reason = next(iter(failed.items()))
        raise SimulationError(f"draw {key!r}: {reason}")
    if isinstance(when, tuple):
        index = pd.MultiIndex.from_product([draws.index, when], names=[draws.index.name, "time"])
        values = np.array([values for values, _ in results], dtype=float).reshape(len(index), len(wanted))
        out = pd.DataFrame(values, index=index, columns=wanted)
    else:
        out = pd.DataFrame([values for values, _ in results], index=draws.index, columns=wanted, dtype=float)
    out.attrs["failures"] = failed
    return out


def _known(model: Model, quantity: str) -> str:
    if quantity not in model.quantity_ids:
        raise UnknownNameError(quantity, model.quantity_ids, "state or derived quantity")
    return quantity


@contextmanager
def _workers(executor: Executor | str | None) -> Iterator[Executor | None]:
    """The executor itself, or one of the Dask cluster whose scheduler has this address."""
    if not isinstance(executor, str):
        yield executor
        return
    try:
        from dask.distributed import Client
    except ImportError as error:
        raise ImportError("a cluster by address needs Dask: pip install 'soluble[ensemble]'") from error
    with Client(executor) as client:
        yield client.get_executor()


def _when(model: Model, at: str | float | Sequence[float] | None) -> str | float | tuple[float, ...]:
    if isinstance(at, str):
        if at not in ("max", "steady"):
            raise ValueError(f"at={at!r} is neither 'steady' nor 'max' nor a time")
        return at
    if isinstance(at, Sequence | np.ndarray):
        times = tuple(float(t) for t in at)
        if not times or not all(map(math.isfinite, times)) or times[0] < 0 or any(b <= a for a, b in zip(times, times[1:], strict=False)):
            raise ValueError("several times must be finite, 0 or later, and each later than the one before")
        return times
    time = model.t_end if at is None else float(at)
    if not (math.isfinite(time) and time >= 0):
        raise ValueError(f"at={at!r} is not a time of 0 or later")
    return time


def _results(
    model: Model, rows: list[dict[str, float]], wanted: list[str], at: str | float | tuple[float, ...], rtol: float, executor: Executor | None, progress: bool
) -> list[Result]:
    share = math.ceil(len(rows) / PIECES)
    size = max(1, min(TOGETHER, len(rows) if executor is None and not isinstance(at, str) else share))
    pieces = [(model, rows[i : i + size], wanted, at, rtol) for i in range(0, len(rows), size)]
    done = (executor.map if executor else map)(_members, pieces)
    return [result for piece in _shown(done, len(rows), progress) for result in piece]


def _shown(pieces: Iterable[list[Result]], total: int, progress: bool) -> Iterable[list[Result]]:
    """The pieces as they come, with a bar when one is asked for."""
    if not progress:
        yield from pieces
        return
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("a progress bar needs tqdm: pip install 'soluble[ensemble]'") from error
    with tqdm(total=total, unit="run") as bar:
        for piece in pieces:
            bar.update(len(piece))
            yield piece


def _members(piece: tuple[Model, list[dict[str, float]], list[str], str | float | tuple[float, ...], float]) -> list[Result]:
    model, rows, wanted, at, rtol = piece
    if isinstance(at, str):
        return [_member(model, row, wanted, at, rtol) for row in rows]
    times = np.atleast_1d(at)
    settings = [model.values(row) for row in rows]
    states, finished = batch.run(model, settings, times, rtol)
    p = np.array([q for q, _ in settings]).T
    columns = np.array([_observed(model, p, wanted, t, states[:, k].T) for k, t in enumerate(times)])
    if not isinstance(at, tuple):
        columns = columns[0]
    values = np.ascontiguousarray(np.moveaxis(columns, -1, 0)).tolist()
    return [(values[i], "") if finished[i] else _member(model, row, wanted, at, rtol) for i, row in enumerate(rows)]


def _observed(model: Model, p: np.ndarray, wanted: list[str], at: float, y: np.ndarray) -> np.ndarray:
    """The wanted quantities, shape (quantities, draws), of parameters and states of the shape (names, draws)."""
    draws = p.shape[1]
    names: dict[str, Any] = {TIME: np.full(draws, at), **dict(zip(model.parameter_ids, p, strict=True)), **dict(zip(model.state_ids, y, strict=True))}
    with np.errstate(all="ignore"):
        for d in model.derived:
            names[d.id] = d.expression.value(names)
    return np.array([np.broadcast_to(names[q], draws) for q in wanted], dtype=float)


def _member(model: Model, overrides: dict[str, float], wanted: list[str], at: str | float | tuple[float, ...], rtol: float) -> Result:
    try:
        if isinstance(at, tuple):
            return simulate(model, overrides, t=at, rtol=rtol)[wanted].to_numpy().tolist(), ""
        if at == "steady":
            found = steady_state(model, overrides)
        elif at == "max":
            found = simulate(model, overrides, rtol=rtol).max()
        else:
            found = simulate(model, overrides, t=[at], rtol=rtol).iloc[0]
    except SimulationError as error:
        nothing = [math.nan] * len(wanted)
        return [nothing] * len(at) if isinstance(at, tuple) else nothing, str(error)
    return [float(found[q]) for q in wanted], ""


# --- sensitivities ---------------------------------------------------------------------------------------------------


def sensitivity(
    model: Model,
    overrides: Mapping[str, float],
    of: str | None = None,
    at: str | float | None = None,
    parameters: Sequence[str] | None = None,
    kind: str = "local",
    draws: int = 512,
    seed: int = 0,
    executor: Executor | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """How a quantity (default: the first state) answers to parameters or initial values (default: those with a slider).

    ``at`` is as in :func:`ensemble`; ``overrides`` is the setting around which, or beside which, the parameters are moved.

    ``kind="local"``: derivatives by central differences of fourth order (steps of a thousandth; forward where the value is 0).
    Columns ``value``, ``derivative`` and ``sensitivity``, the derivative times the value over the quantity: the percentage by
    which the quantity changes when the parameter changes by one per cent.

    ``kind="sobol"``: shares of the variance over the sliders' ranges, each even on its own scale, by SALib (of the extra
    ``soluble[ensemble]``): columns ``first, first_conf, total, total_conf`` (95 % confidence), from ``draws`` (a power of 2) times the
    number of parameters plus two runs.

    Returns a DataFrame indexed by name, the most sensitive first. Raises :class:`UnknownNameError`, ``ValueError`` for a parameter
    without a range (Sobol), and :class:`SimulationError` where a run fails.
    """
    of = _known(model, of or model.state_ids[0])
    setting = model.plain(overrides)
    ranged = [name for name, limits in model.ranges.items() if limits]
    names = list(model.plain(dict.fromkeys(ranged if parameters is None else parameters, 1.0)))
    if not names:
        raise ValueError(f"{model.key} has no parameter with a range; name the parameters")

    time = _when(model, at)

    def outcome(rows: list[dict[str, float]]) -> np.ndarray:
        results = _results(model, [{**setting, **row} for row in rows], [of], time, 1e-11, executor, progress)
        for row, (_, reason) in zip(rows, results, strict=True):
            if reason:
                raise SimulationError(f"no sensitivity, for the run with {row} fails: {reason}")
        return np.array([values[0] for values, _ in results])

    if kind == "local":
        return _local(model, setting, names, outcome)
    if kind == "sobol":
        return _sobol(model, names, outcome, draws, seed)
    raise ValueError(f"kind={kind!r} is neither 'local' nor 'sobol'")


_CENTRAL = {-2: 1 / 12, -1: -2 / 3, 1: 2 / 3, 2: -1 / 12}
_FORWARD = {0: -25 / 12, 1: 4, 2: -3, 3: 4 / 3, 4: -1 / 4}


def _local(model: Model, setting: dict[str, float], names: list[str], outcome: Callable) -> pd.DataFrame:
    here = dict(zip(model.override_names, np.concatenate(model.values(setting)).tolist(), strict=True))
    plan = []
    for name in names:
        value, limits = here[name], model.ranges[name]
        step = 1e-3 * (abs(value) or (limits[1] - limits[0] if limits else 1.0))
        plan += [(name, weight / step, value + k * step) for k, weight in (_CENTRAL if value else _FORWARD).items()]
    base, *moved = outcome([{}, *({name: value} for name, _, value in plan)])
    derivative = dict.fromkeys(names, 0.0)
    for (name, weight, _), result in zip(plan, moved, strict=True):
        derivative[name] += weight * float(result)
    rows = [(here[n], derivative[n], derivative[n] * here[n] / base if base else math.nan) for n in names]
    out = pd.DataFrame(rows, index=pd.Index(names, name="parameter"), columns=["value", "derivative", "sensitivity"])
    return out.sort_values("sensitivity", key=abs, ascending=False, kind="stable")


def _sobol(model: Model, names: list[str], outcome: Callable, draws: int, seed: int) -> pd.DataFrame:
    try:
        from SALib.analyze import sobol as analysis
        from SALib.sample import sobol as sampling
    except ImportError as error:
        raise ImportError("Sobol indices need SALib: pip install 'soluble[ensemble]'") from error
    sliders = {p.id: p for p in model.parameters_} | {f"{s.id}0": s for s in model.states}
    unbounded = [name for name in names if not sliders[name].range]
    if unbounded:
        raise ValueError(f"Sobol indices need a range for {', '.join(unbounded)}; declare one, or name other parameters")
    bounds = [[math.log(v) if sliders[n].scale == "log" else v for v in sliders[n].range] for n in names]
    problem = {"num_vars": len(names), "names": names, "bounds": bounds}
    # SALib takes a seed of 0 for none.
    points = sampling.sample(problem, draws, calc_second_order=False, seed=seed + 1)
    for j, name in enumerate(names):
        if sliders[name].scale == "log":
            points[:, j] = np.clip(np.exp(points[:, j]), *sliders[name].range)
    found = analysis.analyze(problem, outcome([dict(zip(names, row, strict=True)) for row in points.tolist()]), calc_second_order=False, seed=seed + 1)
    columns = {"first": found["S1"], "first_conf": found["S1_conf"], "total": found["ST"], "total_conf": found["ST_conf"]}
    out = pd.DataFrame(columns, index=pd.Index(names, name="parameter"))
    return out.sort_values("total", ascending=False, kind="stable")
