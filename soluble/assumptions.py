"""How the results of a virtual trial move with what is assumed, one number at a time and with the same patients throughout.

Nothing is fitted again where a number is moved. Every result is simulated; its Monte Carlo error is that of drawing other patients
from the same spreads, and says nothing of whether an assumption holds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from . import biomarkers
from .cohort import Cohort, simulate
from .expression import symbol
from .model import UnknownNameError
from .population import MEASURES, Population

#: How often the patients are drawn again, with replacement, for the Monte Carlo error of a median.
RESAMPLES = 200


@dataclass(frozen=True)
class Assumption:
    """An assumed number with a lower and a higher one (NaN: there is none).

    ``name`` is that of a spread, whose ``median`` or ``sd`` is meant by ``of``; of a number of the measurement; or of a parameter
    that is the same in all patients.
    """

    what: str
    name: str
    low: float
    high: float = math.nan
    of: str = ""

    def as_set(self, population: Population) -> float:
        """The number that the population has. Raises :class:`UnknownNameError`."""
        if self.name in population.spreads:
            if self.of not in ("median", "sd"):
                raise UnknownNameError(self.of, ["median", "sd"], f"number of the spread {self.name}")
            return getattr(population.spreads[self.name], self.of)
        if self.name in MEASURES:
            return population.measurement[self.name]
        fixed = population.model.plain({}) | {p.id: p.value for p in population.model.parameters_} | population.values
        if self.name not in fixed:
            raise UnknownNameError(self.name, [*fixed, *MEASURES], "assumption")
        return fixed[self.name]


def moved(population: Population, arms: Sequence[str], assumptions: Sequence[Assumption], n: int = 1000, seed: int = 1, cohort: Cohort | None = None) -> pd.DataFrame:
    """Median progression-free survival of the first arm and hazard ratio of the second against it, at each end of each assumption.

    All ends are run with the same patients (``n``, ``seed``, or those of a ``cohort`` that was simulated under both arms), each under
    both arms, and the hazard ratio is Cox's of these twins.

    Returns
    -------
    DataFrame
        The first row is that of all as set (``end`` is ``""``), the others have ``end`` ``"low"`` or ``"high"``: ``what, end, value,
        median`` (months), ``ratio``, and ``median_error`` and ``ratio_error``, standard errors of chance among patients: in the
        first row of the result, in the others of its difference from the first row.
    """
    start = cohort or simulate(population, arms, n, seed)
    first = _Results(start, arms)
    rows = [("all as set", "", math.nan, *first.errors())]
    for a in assumptions:
        a.as_set(population)
        for end, value in (("low", a.low), ("high", a.high)):
            if not math.isnan(value):
                rows.append((a.what, end, value, *_moved(population, arms, a, value, start).errors(first)))
    return pd.DataFrame(rows, columns=["what", "end", "value", "median", "median_error", "ratio", "ratio_error"])


def _moved(population: Population, arms: Sequence[str], a: Assumption, value: float, start: Cohort) -> _Results:
    if a.name in MEASURES:
        return _Results(start, arms, {a.name: value})
    if a.name not in population.spreads:
        return _Results(simulate(population, arms, start.n, start.seed, settings={a.name: value}), arms)
    other = population.with_spread(a.name, **{a.of: value})
    if not _only_scales_hidden(population, a.name):
        return _Results(simulate(other, arms, start.n, start.seed), arms)
    factor = (other.draw(start.n, start.seed)[a.name] / start.patients[a.name]).to_numpy()[:, None]
    return _Results(replace(start, hidden={arm: start.hidden[arm] * factor for arm in arms}), arms)


def _only_scales_hidden(population: Population, name: str) -> bool:
    """Whether a parameter is a factor of the hidden hazard and nothing else, so that the runs stay as they are."""
    model, hidden = population.model, population.hidden
    rest = [*(rate for state, rate in model.rates.items() if state != hidden), *(d.expression for d in model.derived), *(s.initial for s in model.states)]
    x, rate = symbol(name), model.rates[hidden]
    return not {name, hidden} & {used for e in rest for used in e.names} and hidden not in rate.names and not (rate.sympy / x).has(x)


class _Results:
    """Median and hazard ratio of a cohort with what their errors need: medians of resampled patients, and each patient's part in the ratio."""

    def __init__(self, cohort: Cohort, arms: Sequence[str], measurement: Mapping[str, float] | None = None) -> None:
        one, two = (cohort.outcomes(arm, **(measurement or {})) for arm in arms)
        time, event = (np.concatenate([one[c], two[c]]) for c in ("time", "event"))
        group = np.repeat([0.0, 1.0], cohort.n)
        self.median = biomarkers.median_survival(one["time"], one["event"])
        self.ratio = biomarkers.cox(time, event, group).estimate
        # Nobody leaves before the end, so Kaplan and Meier's median is that of the sorted times.
        who = np.random.default_rng(cohort.seed).integers(cohort.n, size=(RESAMPLES, cohort.n))
        self.medians = np.sort(np.where(one["event"], one["time"], np.inf)[who], axis=1)[:, math.ceil(cohort.n / 2) - 1]
        self.parts = self.ratio * influence(time, event, group, math.log(self.ratio)).reshape(2, cohort.n).sum(axis=0)

    def errors(self, first: _Results | None = None) -> tuple[float, float, float, float]:
        """Each result with its standard error: its own, or that of its difference from the first."""
        medians = self.medians - (first.medians if first else 0.0)
        parts = self.parts - (first.parts if first else 0.0)
        return self.median, float(np.std(medians, ddof=1)), self.ratio, float(np.sqrt((parts**2).sum()))


def influence(time: np.ndarray, event: np.ndarray, group: np.ndarray, log_ratio: float) -> np.ndarray:
    """By how much each course moves the logarithm of Cox's hazard ratio: score residuals over the information.

    Summed over the courses of a patient, their squares add to the robust variance, with the patient as a cluster, as lifelines has
    it; it holds where the courses of one patient are alike.
    """
    order = np.argsort(time, kind="stable")
    t, d, g = time[order], event[order].astype(float), group[order]
    risk = np.exp(log_ratio * g)
    begins = np.flatnonzero(np.r_[True, np.diff(t) > 0])
    at_risk, high = (np.cumsum(v[::-1])[::-1][begins] for v in (risk, risk * g))
    died, share = np.add.reduceat(d, begins), high / at_risk
    step = np.repeat(np.arange(len(begins)), np.diff(np.r_[begins, len(t)]))
    hazard, weighed = np.cumsum(died / at_risk), np.cumsum(died * share / at_risk)
    score = d * (g - share[step]) - risk * (g * hazard[step] - weighed[step])
    out = np.empty_like(score)
    out[order] = score / (died * share * (1 - share)).sum()
    return out


def printed(population: Population, assumptions: Sequence[Assumption], found: pd.DataFrame) -> pd.DataFrame:
    """The table for a page: a row for each assumption, results at its low end, as set and at its high end."""
    start, ends = found.iloc[0], found.iloc[1:].set_index(["what", "end"])

    def said(what: str, end: str, of: str, digits: int) -> str:
        if (what, end) not in ends.index:
            return "–"
        value, error = ends.loc[(what, end), of], ends.loc[(what, end), f"{of}_error"]
        return f"{value:.{digits}f}\u00a0±\u00a0{error:.{digits if error else 0}f}"  # in one line

    rows = {}
    for a in assumptions:
        numbers = [a.low, a.as_set(population), a.high]
        row = {("assumed", "low / as set / high"): " / ".join("–" if math.isnan(v) else f"{v:.3g}" for v in numbers)}
        for of, title, digits in (("median", "median, months", 1), ("ratio", "hazard ratio", 2)):
            row[title, "low"] = said(a.what, "low", of, digits)
            row[title, "as set"] = f"{start[of]:.{digits}f}"
            row[title, "high"] = said(a.what, "high", of, digits)
        rows[a.what] = row
    return pd.DataFrame.from_dict(rows, orient="index")
