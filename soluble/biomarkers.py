"""Survival and a marker: Kaplan–Meier, log-rank, Cox, what an assay reports, and simulated cohorts to learn them on.

The estimators are lifelines'; this module says what a patient is (a time, whether the event was seen, a marker) and puts
errors into words. The browser computes the same (``web/src/survival``), and tests hold one against the other.

A cohort made here is simulated: its patients are numbers drawn from a stated hazard ratio by the book's generator
(:mod:`soluble.philox`), the same from the same seed in Python and in the browser.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from . import philox

#: Days in a month, for survival times that are recorded in whole days.
DAYS = 30.4375
#: What a data analyst may do with a value below the limit of detection.
BELOW = {
    "half": "half the limit",
    "root": "the limit over √2",
    "limit": "the limit itself",
    "omit": "left out",
}
_LEVEL, _COURSE = 1, 2  # streams of the generator: a patient's marker, a patient's time


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
