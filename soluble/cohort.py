"""Virtual trials: a population under arms of treatment, what scans would show, and how trials of it would end.

Patients are settings of a declared model, drawn by the book's generator (:mod:`soluble.population`); everything else that is left
to chance (when a scan is taken, what it reads, when progression comes that no diameter shows, who gets which arm) is drawn by it,
too. The browser does the same (``web/src/cohort``), number for number. Every number here is simulated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from . import biomarkers, philox
from .model import UnknownNameError
from .population import ARM, DELAY, LUCK, MEASURES, NOISE, TRIAL, Population, load_population

WEEK = 7.0
#: Days in a month, as in :mod:`soluble.biomarkers`.
DAYS = biomarkers.DAYS
#: RECIST 1.1: a response is a fall to this share of the sum before treatment, progression a rise to this multiple of the smallest
#: sum, by so many millimetres at least.
RESPONSE, PROGRESSION, MILLIMETRES = 0.7, 1.2, 5.0


def simulate(
    population: Population | str,
    arms: Sequence[str] = ("pd1", "pd1-vegf"),
    n: int = 1000,
    seed: int = 1,
    *,
    months: float = 24,
    settings: Mapping[str, float] | None = None,
    executor: Executor | str | None = None,
    progress: bool = False,
) -> Cohort:
    """Every patient under every arm: the twins that no real trial has.

    Parameters
    ----------
    population : a declared population or its id
    arms : ids of its arms
    n, seed : patients, and the seed of all that is drawn; patient i is the same whatever ``n``
    months : how long each is followed
    settings : parameters of the model that are put to another value in all patients and arms
    executor, progress : as in :func:`soluble.ensemble.ensemble`: a process pool, or the address of a Dask cluster

    Raises
    ------
    UnknownNameError
        for an arm or a parameter that is not known
    ValueError
        for a parameter in which patients differ, or a number that makes no sense
    SimulationError
        where a run fails
    """
    population = load_population(population) if isinstance(population, str) else population
    if unknown := [a for a in arms if a not in population.arms]:
        raise UnknownNameError(unknown[0], list(population.arms), "arm")
    if not 0 < months <= population.model.t_end / DAYS + 0.1:
        raise ValueError(f"months={months!r}: the model runs for {population.model.t_end / DAYS:.0f} months")
    fixed = {**population.values, **population.model.plain(settings or {})}
    if taken := set(fixed) & set(population.spreads):
        raise ValueError(f"{sorted(taken)[0]} differs between patients; change its spread instead")
    patients = population.draw(n, seed)
    weeks = np.arange(math.ceil(min(months * DAYS, population.model.t_end) / WEEK) + 1)
    wanted = [population.size, population.hidden]
    # What one arm sets stands as declared in the others, so that all run together.
    given = {name for arm in arms for name in population.arms[arm].set}
    usual = {p.id: p.value for p in population.model.parameters_ if p.id in given and p.id not in population.spreads} | fixed
    draws = pd.concat([patients.assign(**(usual | population.arms[arm].set)) for arm in arms], ignore_index=True)
    run = population.model.ensemble(draws, executor, of=wanted, at=list(weeks * WEEK), progress=progress, failures="raise")
    sizes, hidden = (dict(zip(arms, run[q].to_numpy().reshape(len(arms), n, len(weeks)), strict=True)) for q in wanted)
    return Cohort(population, patients, seed, min(months * DAYS, population.model.t_end), fixed, weeks, sizes, hidden)


@dataclass(frozen=True)
class Cohort:
    """Virtual patients and their courses under each arm; made by :func:`simulate`.

    ``patients`` holds the parameters in which they differ, ``weeks`` the weeks from 0, and ``sizes`` and ``hidden``, for each arm, an
    array (patients, weeks) of the true sum of diameters in mm and of the gathered hazard of progression that no diameter shows.
    """

    population: Population
    patients: pd.DataFrame
    seed: int
    days: float
    fixed: dict[str, float]
    weeks: np.ndarray
    sizes: dict[str, np.ndarray]
    hidden: dict[str, np.ndarray]

    @property
    def n(self) -> int:
        """How many patients."""
        return len(self.patients)

    def marker(self, name: str) -> np.ndarray:
        """A marker of each patient before treatment. Raises :class:`UnknownNameError`."""
        if name not in self.population.markers:
            raise UnknownNameError(name, list(self.population.markers), "marker")
        of = self.population.markers[name].of
        if of in self.patients:
            return self.patients[of].to_numpy()
        return self.population.model.ensemble(self.patients.assign(**self.fixed), of=of, at=0.0)[of].to_numpy()

    def who(self, marker: str, side: str) -> np.ndarray:
        """Which patients lie above (``side="high"``) or at most at (``"low"``) a marker's cut."""
        high = self.marker(marker) > self.population.markers[marker].cut
        return high if side == "high" else ~high

    def outcomes(self, arm: str, **measurement: float) -> pd.DataFrame:
        """What a trial would note of each patient under one arm, by RECIST 1.1 (Eisenhauer and colleagues, Eur J Cancer 2009).

        Parameters
        ----------
        arm : one of the simulated arms
        measurement : other numbers than the population's for ``cv``, ``delay``, ``first``, ``every`` or ``on_day``

        Returns
        -------
        DataFrame
            ``best`` (change of the measured sum at its smallest before or at progression, per cent; NaN without a scan),
            ``response`` (a fall by 30 % at two scans in a row), ``time`` (months to progression, death or the end), ``event``
            (progression or death was seen), ``how`` (``"scan"``, ``"hidden"`` or ``""``) and ``duration`` (months from response
            to progression or the end, NaN without one)
        """
        if arm not in self.sizes:
            raise UnknownNameError(arm, list(self.sizes), "simulated arm")
        if unknown := [k for k in measurement if k not in MEASURES]:
            raise UnknownNameError(unknown[0], list(MEASURES), "number of the measurement")
        m = {**self.population.measurement, **measurement}
        days, measured, base = self._scans(arm, m)
        smallest = np.minimum.accumulate(np.column_stack([base, measured]), axis=1)[:, :-1]
        grown = (measured >= PROGRESSION * smallest) & (measured - smallest >= MILLIMETRES)
        rows = np.arange(self.n)
        by_scan = np.where(grown.any(1), days[rows, grown.argmax(1)], np.inf)
        by_luck = self._noted(self._luck(arm), days, m["on_day"])
        first = np.minimum(by_scan, by_luck)
        time = np.minimum(first, self.days)
        change = np.where(days <= first[:, None], measured / base[:, None] - 1, np.inf).min(axis=1, initial=np.inf)
        shrunk = (measured <= RESPONSE * base[:, None]) & (days < first[:, None])
        twice = shrunk[:, :-1] & shrunk[:, 1:]
        response = twice.any(1)
        began = days[rows, twice.argmax(1)] if twice.shape[1] else np.zeros(self.n)
        event = first <= self.days
        return pd.DataFrame(
            {
                "best": np.where(np.isfinite(change), 100 * change, np.nan),
                "response": response,
                "time": time / DAYS,
                "event": event,
                "how": np.where(event, np.where(by_scan <= by_luck, "scan", "hidden"), ""),
                "duration": np.where(response, (time - began) / DAYS, np.nan),
            },
            index=self.patients.index,
        )

    def _scans(self, arm: str, m: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Day and measured sum of each scan, shape (patients, scans), and the measured sum before treatment."""
        planned = np.arange(m["first"], self.days + 1e-9, m["every"])
        late = self._drawn(DELAY, len(planned), philox.uniform)
        days = np.minimum(planned + np.floor((2 * late - 1) * m["delay"] + 0.5), self.days)
        noise = np.maximum(0, 1 + m["cv"] * self._drawn(NOISE, len(planned) + 1, philox.normal))
        at = days / WEEK
        week = np.minimum(at.astype(int), len(self.weeks) - 2)
        size = np.log(self.sizes[arm])
        true = np.exp(np.take_along_axis(size, week, 1) * (1 - (at - week)) + np.take_along_axis(size, week + 1, 1) * (at - week))
        return days, true * noise[:, 1:], self.sizes[arm][:, 0] * noise[:, 0]

    def _drawn(self, stream: int, columns: int, kind: Any) -> np.ndarray:
        patients = np.arange(self.n)
        return np.concatenate([kind(self.seed, stream, k, patients) for k in range(math.ceil(columns / 4))], axis=1)[:, :columns]

    def _luck(self, arm: str) -> np.ndarray:
        """The day on which progression comes that no diameter shows; infinite where none comes."""
        bound = -np.log(philox.uniform(self.seed, LUCK, 0, np.arange(self.n))[:, 0])
        gathered = self.hidden[arm]
        week = (gathered < bound[:, None]).sum(axis=1) - 1  # the last one below
        rows, there = np.arange(self.n), week + 1 < len(self.weeks)
        upper = np.minimum(week + 1, len(self.weeks) - 1)
        low, high = gathered[rows, week], gathered[rows, upper]
        with np.errstate(divide="ignore", invalid="ignore"):
            days = WEEK * (week + (bound - low) / (high - low))
        return np.where(there, days, np.inf)

    def _noted(self, luck: np.ndarray, days: np.ndarray, on_day: float) -> np.ndarray:
        """The day on which a trial notes such a progression: the share ``on_day`` at once, the others at the next scan, if there is one."""
        at_once = philox.uniform(self.seed, LUCK, 0, np.arange(self.n))[:, 1] < on_day
        seen = days >= luck[:, None]
        at_scan = np.where(seen.any(1), days[np.arange(self.n), seen.argmax(1)], np.inf)
        return np.where(at_once, luck, at_scan)

    def trial(self, a: str, b: str, among: np.ndarray | None = None, **measurement: float) -> Trial:
        """A randomised trial of the cohort: a coin for each patient decides between the arms ``a`` and ``b``.

        ``among`` says who may enter (a boolean for each patient; default: all). Raises ``ValueError`` where nobody is left.
        """
        chance = philox.uniform(self.seed, ARM, 0, np.arange(self.n))[:, 0]
        enters = np.ones(self.n, dtype=bool) if among is None else np.asarray(among, dtype=bool)
        to_b = (chance >= 0.5)[enters]
        outcomes = {arm: self.outcomes(arm, **measurement)[enters] for arm in (a, b)}
        if not len(to_b):
            raise ValueError("nobody may enter the trial")
        table = pd.concat([outcomes[a][~to_b].assign(arm=a), outcomes[b][to_b].assign(arm=b)]).sort_index()
        return Trial(a, b, table)

    def power(self, a: str, b: str, per_arm: int, trials: int = 200, among: np.ndarray | None = None, level: float = 0.05, **measurement: float) -> Power:
        """How often trials of the size ``per_arm`` would end in favour of ``b``, by the log-rank test at ``level`` (two-sided).

        Each trial draws its patients from the cohort, with replacement, for each arm anew. Raises ``ValueError`` for numbers that
        make no sense.
        """
        if not per_arm >= 2 or not trials >= 1:
            raise ValueError(f"per_arm={per_arm!r}, trials={trials!r}: a trial has two patients in each arm at least")
        pool = np.arange(self.n) if among is None else np.flatnonzero(among)
        if not len(pool):
            raise ValueError("nobody may enter the trial")
        u = philox.uniform(self.seed, TRIAL, np.arange(trials)[:, None], np.arange(2 * per_arm))[..., 0]
        who = pool[np.floor(u * len(pool)).astype(int)]
        group = np.arange(2 * per_arm) >= per_arm
        columns = [np.where(group, *(self.outcomes(arm, **measurement)[c].to_numpy()[who] for arm in (b, a))) for c in ("time", "event")]
        excess, variance = log_rank_sums(*columns, group)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(variance > 0, excess / np.sqrt(variance), 0.0)
            ratio = np.where(variance > 0, np.exp(excess / variance), np.nan)
        return Power(float((z < -stats.norm.ppf(1 - level / 2)).mean()), trials, per_arm, ratio)


def log_rank_sums(time: np.ndarray, event: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The log-rank test's sums over many trials at once: events seen less expected in the group, and their variance.

    ``time`` and ``event`` have the shape (trials, patients), ``group`` (patients,). The square of the first over the second is the
    test's chi-square, and the exponential of their quotient Peto's estimate of the hazard ratio (Yusuf and colleagues, 1985).
    """
    order = np.argsort(time, axis=1, kind="stable")
    time, event = np.take_along_axis(time, order, 1), np.take_along_axis(event, order, 1).astype(float)
    group = np.broadcast_to(group, time.shape)
    group = np.take_along_axis(group, order, 1).astype(float)
    n = time.shape[1]
    excess, variance = np.zeros(len(time)), np.zeros(len(time))
    for k in range(len(time)):
        start = np.flatnonzero(np.r_[True, np.diff(time[k]) > 0])
        at_risk, high = n - start, np.cumsum(group[k][::-1])[::-1][start]
        died, died_high = np.add.reduceat(event[k], start), np.add.reduceat(event[k] * group[k], start)
        share = high / at_risk
        excess[k] = (died_high - died * share).sum()
        variance[k] = (died * share * (1 - share) * (at_risk - died) / np.maximum(at_risk - 1, 1)).sum()
    return excess, variance


@dataclass(frozen=True)
class Power:
    """Repeated trials: the share that ended in favour of the second arm, and Peto's hazard ratio of each."""

    power: float
    trials: int
    per_arm: int
    hazard_ratios: np.ndarray

    def __str__(self) -> str:
        low, middle, high = np.nanquantile(self.hazard_ratios, [0.025, 0.5, 0.975])
        return f"{100 * self.power:.0f} % of {self.trials} simulated trials of 2 × {self.per_arm} patients were won; hazard ratios {low:.2f} to {high:.2f} around {middle:.2f}"


@dataclass(frozen=True)
class Trial:
    """A simulated randomised trial; made by :meth:`Cohort.trial`. ``table`` holds the outcome and ``arm`` of each patient."""

    a: str
    b: str
    table: pd.DataFrame

    def arm(self, name: str) -> pd.DataFrame:
        """The patients of one arm."""
        return self.table[self.table["arm"] == name]

    @cached_property
    def hazard_ratio(self) -> biomarkers.HazardRatio:
        """Of the second arm against the first, by Cox. Raises ``ValueError`` where there is no finite estimate."""
        return biomarkers.cox(self.table["time"], self.table["event"], (self.table["arm"] == self.b).astype(float))

    @cached_property
    def test(self) -> biomarkers.LogRank:
        """The log-rank test."""
        return biomarkers.log_rank(self.table["time"], self.table["event"], self.table["arm"] == self.b)

    def summary(self) -> pd.DataFrame:
        """For each arm: patients, per cent with a response, median months to progression, per cent free of it at 12 months."""
        rows = {}
        for name in (self.a, self.b):
            own = self.arm(name)
            rows[name] = describe(own)
        return pd.DataFrame(rows).T


def describe(outcomes: pd.DataFrame) -> dict[str, float]:
    """Patients, response rate and its size, median and one-year progression-free survival, median duration of response."""
    curve = biomarkers.kaplan_meier(outcomes["time"], outcomes["event"])["survival"]
    responders = outcomes[outcomes["response"]]
    return {
        "patients": len(outcomes),
        "response": 100 * outcomes["response"].mean(),
        "median": biomarkers.median_survival(outcomes["time"], outcomes["event"]),
        "free at 12": 100 * float(curve[curve.index <= 12].iloc[-1]),
        "duration": biomarkers.median_survival(responders["duration"], responders["event"]) if len(responders) else math.nan,
    }
