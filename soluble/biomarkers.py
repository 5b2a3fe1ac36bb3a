"""Survival and a marker: Kaplan–Meier, log-rank, Cox, cut-points, what an assay reports, and cohorts to learn them on.

The estimators are lifelines'; this module says what a patient is (a time, whether the event was seen, a marker) and puts
errors into words. The browser computes the same (``web/src/survival``), and tests hold one against the other.

A cohort made by :func:`simulate_cohort` is simulated: its patients are numbers drawn from a stated hazard ratio by the book's
generator (:mod:`soluble.philox`), the same from the same seed in Python and in the browser. :func:`load_cohort` reads two
public cohorts of real patients with lung cancer, who had no cytokine measured.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from . import philox
from .paths import data_path

#: Days in a month, for survival times that are recorded in whole days.
DAYS = 30.4375
#: What a data analyst may do with a value below the limit of detection.
BELOW = {
    "half": "half the limit",
    "root": "the limit over √2",
    "limit": "the limit itself",
    "omit": "left out",
}
#: Real patients that come with the book, in ``evidence/cohorts``.
COHORTS = ("ncctg-lung", "veterans-lung")
_LEVEL, _COURSE, _SHUFFLE, _HALF = 1, 2, 3, 4  # streams of the generator: a patient's marker and time; shuffles; halves


def _patients(time: Any, event: Any, *marker: Any) -> tuple[np.ndarray, ...]:
    """The columns as arrays of one length. Raises ``ValueError`` for what is missing, negative or of another length."""
    time, event = np.asarray(time, dtype=float), np.asarray(event)
    columns = (time, event.astype(bool), *(np.asarray(m, dtype=float) for m in marker))
    if any(c.shape != time.shape or c.ndim != 1 for c in columns):
        raise ValueError(f"time, event and marker need one number a patient each; their shapes are {', '.join(str(c.shape) for c in columns)}")
    if not len(time):
        raise ValueError("there is no patient")
    if not np.isin(event, (0, 1)).all():
        raise ValueError("event is 1 where it was seen and 0 where it was not; nothing else")
    if not (np.isfinite(time) & (time >= 0)).all() or not all(np.isfinite(m).all() for m in columns[2:]):
        raise ValueError("times must be 0 or more, and no time or marker may be missing; leave such patients out first")
    return columns


def kaplan_meier(time: Any, event: Any) -> pd.DataFrame:
    """The Kaplan–Meier estimate.

    Parameters
    ----------
    time : times from entry to event or end of observation, one a patient
    event : 1 where the event was seen, 0 where observation ended before it

    Returns
    -------
    DataFrame
        a row for time 0 and for each time in the data: ``at_risk`` before that time, ``events``, ``censored``, and
        ``survival`` after it. The curve is a step function that falls at the times with events.

    Source: Kaplan and Meier, J Am Stat Assoc 1958;53:457-481, by lifelines.
    """
    from lifelines import KaplanMeierFitter

    time, event = _patients(time, event)
    fit = KaplanMeierFitter().fit(time, event)
    table = fit.event_table
    out = pd.DataFrame(
        {"at_risk": table["at_risk"], "events": table["observed"], "censored": table["censored"]},
        index=table.index.rename("time"),
    ).astype(int)
    out["survival"] = fit.survival_function_.iloc[:, 0]
    return out


def at_risk(time: Any, at: Any) -> np.ndarray:
    """How many patients are still observed at each of the times ``at``: the row of numbers below a survival curve."""
    return (np.asarray(time, dtype=float)[:, None] >= np.atleast_1d(np.asarray(at, dtype=float))).sum(axis=0)


@dataclass(frozen=True)
class LogRank:
    """The log-rank test of two groups: chi-square with one degree of freedom, and its p value."""

    chi2: float
    p: float


def log_rank(time: Any, event: Any, group: Any) -> LogRank:
    """The log-rank test of the patients in ``group`` (1 or true) against the others.

    Raises ``ValueError`` where a group is empty or no event was seen. Source: Mantel, Cancer Chemother Rep 1966;50:163-170,
    by lifelines.
    """
    from lifelines.statistics import logrank_test

    time, event, group = _patients(time, event, group)
    high = group > 0
    if high.all() or not high.any():
        raise ValueError("all patients are in one group; the log-rank test needs two")
    if not event.any():
        raise ValueError("no event was seen, so there is nothing to compare")
    result = logrank_test(time[high], time[~high], event[high], event[~high])
    return LogRank(float(result.test_statistic), float(result.p_value))


@dataclass(frozen=True)
class HazardRatio:
    """A hazard ratio from a Cox model with one covariate: its logarithm ``log``, the standard error of that, patients and events."""

    log: float
    se: float
    n: int
    events: int
    level: float = 0.95

    @property
    def estimate(self) -> float:
        return float(np.exp(self.log))

    @property
    def ci_low(self) -> float:
        return float(np.exp(self.log - stats.norm.ppf((1 + self.level) / 2) * self.se))

    @property
    def ci_high(self) -> float:
        return float(np.exp(self.log + stats.norm.ppf((1 + self.level) / 2) * self.se))

    @property
    def p(self) -> float:
        """Wald's test of a ratio of 1."""
        return float(2 * stats.norm.sf(abs(self.log / self.se)))

    def __str__(self) -> str:
        return f"{self.estimate:.2f} ({100 * self.level:g} % CI {self.ci_low:.2f} to {self.ci_high:.2f})"


def cox(time: Any, event: Any, marker: Any, *, level: float = 0.95) -> HazardRatio:
    """The hazard ratio per unit of ``marker`` (of a group of 0 and 1: of 1 against 0), ties after Efron.

    Raises
    ------
    ValueError
        where the ratio cannot be estimated: no event, one marker value for all, or every event at the highest (or at the
        lowest) marker among those at risk, so that the estimate is infinite

    Source: Cox, J R Stat Soc B 1972;34:187-220; Efron, J Am Stat Assoc 1977;72:557-565, by lifelines.
    """
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError, ConvergenceWarning

    time, event, marker = _patients(time, event, marker)
    if not event.any():
        raise ValueError("no event was seen, so there is no hazard ratio")
    if np.ptp(marker) == 0:
        raise ValueError("the marker has one value for all, so there is no hazard ratio")
    order = np.argsort(-time, kind="stable")
    highest, lowest = np.maximum.accumulate(marker[order]), np.minimum.accumulate(marker[order])
    last = len(time) - 1 - np.searchsorted(np.sort(time), time[order], side="left")  # the last row still at risk
    seen = event[order]
    if (marker[order] == highest[last])[seen].all() or (marker[order] == lowest[last])[seen].all():
        raise ValueError("every event falls on the highest or on the lowest marker among those at risk, so the hazard ratio has no finite estimate")
    table = pd.DataFrame({"time": time, "event": event, "marker": marker})
    for step in (0.95, 0.3, 0.05):  # a very unequal group lets a long first step overshoot
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                warnings.filterwarnings("error", "Newton-Raphson failed", ConvergenceWarning)
                fit = CoxPHFitter().fit(table, "time", "event", fit_options={"precision": 1e-12, "r_precision": 1e-14, "step_size": step})
        except (ConvergenceError, ConvergenceWarning):
            continue
        return HazardRatio(float(fit.params_["marker"]), float(fit.standard_errors_["marker"]), len(time), int(event.sum()), level)
    raise ValueError("the Cox model did not converge; is one group very small, or the marker far from its logarithm?")


def simulate_cohort(
    seed: int = 1,
    n: int = 300,
    *,
    hr: float = 1.5,
    level: float = 20.0,
    sd: float = 1.0,
    median: float = 12.0,
    accrual: float = 12.0,
    follow_up: float = 24.0,
    cv: float = 0.1,
) -> pd.DataFrame:
    """A simulated cohort: patients whose hazard rises with a marker by a stated ratio, and what an assay says of the marker.

    Parameters
    ----------
    seed : of the book's generator; patient ``i`` is the same whatever ``n``
    n : patients
    hr : hazard ratio for a rise of the logarithm of the level by one standard deviation
    level, sd : median of the level, and standard deviation of its natural logarithm (so one standard deviation is
        ``exp(sd)``-fold)
    median : median survival in months of a patient with the median level; hazards are constant in time
    accrual, follow_up : patients enter evenly over ``accrual`` months, and observation ends for all ``follow_up`` months after
        the first may have entered
    cv : coefficient of variation of one measurement; measured over true level is log-normal around 1

    Returns
    -------
    DataFrame
        ``time`` in months (recorded in whole days), ``event``, ``level`` (true) and ``measured`` (by an assay without a limit)

    Raises ``ValueError`` for settings that cannot be.
    """
    for name, value, lowest in (("n", n, 2), ("hr", hr, 1e-3), ("level", level, 1e-12), ("sd", sd, 1e-6), ("median", median, 1e-3), ("accrual", accrual, 0), ("cv", cv, 0)):
        if not value >= lowest:
            raise ValueError(f"{name} is {value!r}; it must be at least {lowest:g}")
    if not follow_up >= accrual or not follow_up > 0:
        raise ValueError(f"follow_up is {follow_up!r} months; it must be above 0 and at least the {accrual:g} of accrual, or some would leave before they enter")
    patients = np.arange(n)
    z, noise = philox.normal(seed, _LEVEL, 0, patients)[:, :2].T
    luck, entry = philox.uniform(seed, _COURSE, 0, patients)[:, :2].T
    true = level * np.exp(sd * z)
    death = -np.log(luck) * median / np.log(2) * hr**-z
    end = follow_up - accrual * entry
    days = np.maximum(1, np.ceil(np.minimum(death, end) * DAYS))
    measured = true * np.exp(np.sqrt(np.log1p(cv**2)) * noise)
    return pd.DataFrame({"time": days / DAYS, "event": (death <= end).astype(int), "level": true, "measured": measured})


def reported(measured: Any, limit: float, below: str = "half") -> np.ndarray:
    """What stands in the data: the measured level, or below the limit of detection what ``below`` says (see ``BELOW``).

    ``"omit"`` gives NaN for the patients to leave out. Raises ``ValueError`` for another word.
    """
    if below not in BELOW:
        raise ValueError(f"below={below!r}; known: {', '.join(BELOW)}")
    measured = np.asarray(measured, dtype=float)
    instead = {"half": limit / 2, "root": limit / np.sqrt(2), "limit": limit, "omit": np.nan}[below]
    return np.where(measured < limit, instead, measured)


@dataclass(frozen=True)
class MarkerAnalysis:
    """What a cohort shows of a marker that an assay reported and an analyst cut in two; see :func:`analyse`.

    ``table`` holds the patients that count, with ``reported`` and ``group`` (``"high"`` or ``"low"``); ``below`` is how many
    of all were measured below the limit. ``medians`` are the median survival times of the two groups, NaN where more than
    half are alive at the end. ``test``, ``two_groups``, ``as_reported`` and ``perfect`` are None where nothing can be
    estimated.
    """

    table: pd.DataFrame
    below: int
    medians: dict[str, float]
    test: LogRank | None
    two_groups: HazardRatio | None
    as_reported: HazardRatio | None
    perfect: HazardRatio | None

    @property
    def kept(self) -> float:
        """Share of the logarithm of the perfect assay's hazard ratio that the reported level gives."""
        return self.as_reported.log / self.perfect.log if self.as_reported and self.perfect else np.nan


def analyse(cohort: pd.DataFrame, *, limit: float, below: str, cut: float, sd: float = 1.0) -> MarkerAnalysis:
    """A cohort with ``time, event, measured`` and the true ``level``, as its analyst and as a perfect assay would see it.

    Parameters
    ----------
    limit, below : the assay's limit of detection, and what is reported below it (see :func:`reported`)
    cut : patients with a reported level above it are high, all others low
    sd : unit of the continuous hazard ratios, as a difference of natural logarithms: ``as_reported`` with the reported level,
        ``perfect`` with the true level of all patients, measured or not
    """
    table = cohort.assign(reported=reported(cohort["measured"], limit, below)).dropna(subset=["reported"])
    high = table["reported"] > cut
    table["group"] = np.where(high, "high", "low")
    time, event = table["time"], table["event"]
    return MarkerAnalysis(
        table,
        int((cohort["measured"] < limit).sum()),
        {name: median_survival(time[high == wanted], event[high == wanted]) for name, wanted in (("high", True), ("low", False))},
        _or_none(log_rank, time, event, high),
        _or_none(cox, time, event, high),
        _or_none(cox, time, event, np.log(table["reported"]) / sd),
        _or_none(cox, cohort["time"], cohort["event"], np.log(cohort["level"]) / sd),
    )


def _or_none(estimate: Any, *arguments: Any) -> Any:
    try:
        return estimate(*arguments)
    except ValueError:
        return None


def median_survival(time: Any, event: Any) -> float:
    """The first time by which half of the patients have had the event by Kaplan and Meier; NaN where there is none."""
    if not len(time):
        return np.nan
    curve = kaplan_meier(time, event)["survival"]
    half = curve[curve <= 0.5 + 1e-9]  # a product of shares that is one half may come out a little above
    return float(half.index[0]) if len(half) else np.nan


# --- cut-points ------------------------------------------------------------------------------------------------------


def load_cohort(name: str) -> pd.DataFrame:
    """A cohort of real patients by its name in ``COHORTS``: ``time`` in days, ``event`` (1 death), and what was noted at entry.

    The head of each file in ``evidence/cohorts`` says where its patients come from. Raises ``ValueError`` for another name.
    """
    if name not in COHORTS:
        raise ValueError(f"there is no cohort {name!r}; known: {', '.join(COHORTS)}")
    return pd.read_csv(data_path("evidence", "cohorts", f"{name}.csv"), comment="#")


class _Scan:
    """The log-rank test of the first k patients of an order against the others, for every k at once."""

    def __init__(self, time: np.ndarray, event: np.ndarray) -> None:
        times = np.unique(time[event])
        self.event = event.astype(float)
        self.there = time[:, None] >= times  # patient, time with events
        self.at_risk = self.there.sum(axis=0)
        self.died = (time[event][:, None] == times).sum(axis=0)
        self.weight = self.died * (self.at_risk - self.died) / np.maximum(self.at_risk - 1, 1)

    def __call__(self, order: np.ndarray) -> np.ndarray:
        """Chi-square for the first 1, 2, … n − 1 patients of ``order``."""
        share = np.cumsum(self.there[order[:-1]], axis=0) / self.at_risk
        excess = np.cumsum(self.event[order[:-1]]) - share @ self.died
        variance = (share * (1 - share)) @ self.weight
        return np.divide(excess**2, variance, out=np.zeros_like(excess), where=variance > 1e-12)


def _places(marker: np.ndarray, margin: float) -> np.ndarray:
    """How many patients are high at each possible cut, from the lowest cut up: two groups of ``margin`` of all at least."""
    if not 0 < margin < 0.5:
        raise ValueError(f"margin is {margin!r}; it is the share of patients in the smaller group, above 0 and below 0.5")
    n = len(marker)
    high = n - np.cumsum(np.unique(marker, return_counts=True)[1])[:-1]
    least = max(1.0, margin * n - 1e-9)
    return high[(high >= least) & (n - high >= least)]


def cut_points(time: Any, event: Any, marker: Any, *, margin: float = 0.1) -> pd.DataFrame:
    """The log-rank test at every cut of a marker.

    Parameters
    ----------
    time, event, marker : one number a patient
    margin : share of patients that the smaller group must have

    Returns
    -------
    DataFrame
        a row for each cut between two values that occur, indexed by the lower one (patients above it are high), with ``low``
        and ``high`` (patients), ``chi2`` and ``p``

    Raises ``ValueError`` where no cut leaves two groups of that size, or no event was seen. Source: as :func:`log_rank`.
    """
    time, event, marker = _patients(time, event, marker)
    if not event.any():
        raise ValueError("no event was seen, so there is nothing to compare")
    high = _places(marker, margin)
    if not len(high):
        raise ValueError(f"no cut leaves two groups of at least {100 * margin:g} % of the patients; are most markers the same?")
    order = np.argsort(-marker, kind="stable")
    chi2 = _Scan(time, event)(order)[high - 1]
    table = pd.DataFrame({"low": len(marker) - high, "high": high, "chi2": chi2, "p": stats.chi2.sf(chi2, 1)})
    return table.set_index(pd.Index(marker[order[high]], name="cut"))


@dataclass(frozen=True)
class BestCut:
    """The cut with the smallest p of ``tested`` cuts: patients above ``cut`` are high. ``corrected`` is p corrected for the choice."""

    cut: float
    low: int
    high: int
    chi2: float
    p: float
    corrected: float
    tested: int


def best_cut(time: Any, event: Any, marker: Any, *, margin: float = 0.1) -> BestCut:
    """The "optimal" cut-point, that of the smallest log-rank p; the lowest where several tie. Arguments as :func:`cut_points`."""
    table = cut_points(time, event, marker, margin=margin)
    best = table.loc[table["chi2"].idxmax()]
    return BestCut(float(best.name), int(best["low"]), int(best["high"]), float(best["chi2"]), float(best["p"]), corrected_p(best["chi2"], margin), len(table))


def corrected_p(chi2: float, margin: float = 0.1) -> float:
    """The chance that the largest chi-square of all cuts reaches ``chi2`` where the marker means nothing.

    An approximation for many patients and a continuous marker: with few cuts it is larger than the truth. Source: Miller and
    Siegmund, Biometrics 1982;38:1011-1016, in the form of Lausen and Schumacher, Biometrics 1992;48:73-85.
    """
    z = float(np.sqrt(chi2))
    if z <= 1:  # the approximation is for the tail
        return 1.0
    return float(min(1.0, stats.norm.pdf(z) * (4 / z + (z - 1 / z) * 2 * np.log((1 - margin) / margin))))


def shuffled_cuts(time: Any, event: Any, marker: Any, *, margin: float = 0.1, shuffles: int = 500, seed: int = 1) -> pd.DataFrame:
    """The best cut after the markers were dealt out anew among the patients, ``shuffles`` times: what pure noise gives.

    Returns a row a shuffle with ``low`` (patients below the best cut), ``chi2`` and ``p``. The share of rows with a ``p`` at
    most that of :func:`best_cut` is a permutation test of the marker. Shuffles are the browser's, from the same seed.
    """
    time, event, marker = _patients(time, event, marker)
    high = _places(marker, margin)
    if not len(high) or not event.any():
        raise ValueError("there is no cut to test, or no event was seen")
    n, scan = len(marker), _Scan(time, event)
    dealt = philox.uniform(seed, _SHUFFLE, np.arange(-(-shuffles // 4))[:, None], np.arange(n))  # block, patient, 4
    orders = np.argsort(np.moveaxis(dealt, -1, 1).reshape(-1, n)[:shuffles], axis=-1, kind="stable")
    chi2 = np.array([scan(order)[high - 1] for order in orders])
    best = chi2.argmax(axis=1)
    top = chi2[np.arange(shuffles), best]
    return pd.DataFrame({"low": n - high[best], "chi2": top, "p": stats.chi2.sf(top, 1)})


def halves(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The places of ``n`` patients dealt into two halves at random, each in ascending order; the first may be one smaller."""
    order = np.argsort(philox.uniform(seed, _HALF, 0, np.arange(n))[:, 0], kind="stable")
    return np.sort(order[: n // 2]), np.sort(order[n // 2 :])


@dataclass(frozen=True)
class SplitCut:
    """The best cut of one half of the patients (``found``), its hazard ratio there, and its test and ratio in the other half.

    ``validated`` and ``test`` are None where the cut leaves the other half nothing to compare.
    """

    found: BestCut
    trained: HazardRatio | None
    validated: HazardRatio | None
    test: LogRank | None


def split_cut(time: Any, event: Any, marker: Any, *, margin: float = 0.1, seed: int = 1) -> SplitCut:
    """Choose the cut in one half of the patients and test it in the other. Arguments as :func:`shuffled_cuts`."""
    time, event, marker = _patients(time, event, marker)
    one, other = halves(len(time), seed)
    found = best_cut(time[one], event[one], marker[one], margin=margin)
    trained, validated = (_or_none(cox, time[half], event[half], marker[half] > found.cut) for half in (one, other))
    return SplitCut(found, trained, validated, _or_none(log_rank, time[other], event[other], marker[other] > found.cut))


def standard_scores(marker: Any) -> tuple[np.ndarray, bool]:
    """A marker in standard deviations from its mean, and whether of its logarithm: where all values are positive and span twenty-fold."""
    marker = np.asarray(marker, dtype=float)
    logarithmic = bool(marker.min() > 0 and marker.max() >= 20 * marker.min())
    values = np.log(marker) if logarithmic else marker
    return (values - values.mean()) / values.std(ddof=1), logarithmic


@dataclass(frozen=True)
class CutAnalysis:
    """A cohort cut at a share of its patients, and what the choice of the cut does; see :func:`analyse_cut`.

    ``table`` holds the patients with ``group``; ``medians`` and ``test`` compare the groups at ``cut``, ``ratio`` is high against
    low there, ``arms`` the same in each arm; ``best`` and ``best_ratio`` are those of the best cut, ``split`` that of one half;
    ``per_sd`` is the ratio per standard deviation, of the logarithm if ``logarithmic``. None where nothing can be estimated.
    """

    table: pd.DataFrame
    cut: float
    medians: dict[str, float]
    test: LogRank | None
    ratio: HazardRatio | None
    arms: dict[str, HazardRatio | None]
    best: BestCut | None
    best_ratio: HazardRatio | None
    split: SplitCut | None
    per_sd: HazardRatio | None
    logarithmic: bool


def analyse_cut(cohort: pd.DataFrame, *, low: float, margin: float = 0.1, seed: int = 1) -> CutAnalysis:
    """A cohort with ``time, event, marker`` and perhaps ``arm``, cut where the share ``low`` of its patients is nearest below.

    Patients with a marker above the cut are high. ``margin`` bounds the search for the best cut, ``seed`` deals out the halves.
    Raises ``ValueError`` where the marker has one value for all.
    """
    time, event, marker = _patients(cohort["time"], cohort["event"], cohort["marker"])
    values, counts = np.unique(marker, return_counts=True)
    if len(values) < 2:
        raise ValueError("the marker has one value for all, so there is no cut")
    cut = float(values[np.abs(np.cumsum(counts)[:-1] / len(marker) - low).argmin()])
    high = marker > cut
    best = _or_none(lambda: best_cut(time, event, marker, margin=margin))
    scores, logarithmic = standard_scores(marker)
    arms = sorted(set(cohort["arm"])) if "arm" in cohort else []
    inside = {name: (cohort["arm"] == name).to_numpy() for name in arms}
    return CutAnalysis(
        cohort.assign(group=np.where(high, "high", "low")),
        cut,
        {name: median_survival(time[high == wanted], event[high == wanted]) for name, wanted in (("high", True), ("low", False))},
        _or_none(log_rank, time, event, high),
        _or_none(cox, time, event, high),
        {name: _or_none(cox, time[own], event[own], high[own]) for name, own in inside.items()},
        best,
        _or_none(cox, time, event, marker > best.cut) if best else None,
        _or_none(lambda: split_cut(time, event, marker, margin=margin, seed=seed)),
        _or_none(cox, time, event, scores),
        logarithmic,
    )
