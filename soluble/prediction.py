"""How well a marker or a model tells who will respond: ROC, calibration, optimism, net benefit, interaction with treatment.

Cox models are lifelines', logistic ones statsmodels'; this module says what a prediction is (a score or a probability and
what became of the patient) and puts errors into words. The browser computes the same (``web/src/decision``), and tests hold
both against scikit-learn, scikit-survival and closed forms.

A cohort made here is simulated: its patients are numbers drawn by the book's generator (:mod:`soluble.philox`), the same from
the same seed in Python and in the browser.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit, logit

from . import philox
from .biomarkers import HazardRatio

_PATIENT = 3  # stream of the generator


def _columns(outcome: Any, *values: Any) -> tuple[np.ndarray, ...]:
    """The outcome as booleans and the values as numbers, of one length. Raises ``ValueError`` for what cannot be used."""
    outcome = np.asarray(outcome)
    columns = (outcome.astype(bool), *(np.asarray(v, dtype=float) for v in values))
    if any(c.shape != outcome.shape or c.ndim != 1 for c in columns):
        raise ValueError(f"outcome and prediction need one number a patient each; their shapes are {', '.join(str(c.shape) for c in columns)}")
    if not len(outcome):
        raise ValueError("there is no patient")
    if not np.isin(outcome, (0, 1)).all():
        raise ValueError("the outcome is 1 where it was seen and 0 where it was not; nothing else")
    if not all(np.isfinite(c).all() for c in columns[1:]):
        raise ValueError("no prediction may be missing or infinite; leave such patients out first")
    return columns


def _both(outcome: np.ndarray) -> None:
    if outcome.all() or not outcome.any():
        raise ValueError("all patients have the same outcome; two kinds are needed to tell them apart")


def _risks(outcome: Any, risk: Any) -> tuple[np.ndarray, np.ndarray]:
    outcome, risk = _columns(outcome, risk)
    if not ((risk > 0) & (risk < 1)).all():
        raise ValueError("a risk is a probability above 0 and below 1; is it a score, or in percent?")
    return outcome, risk


# ---------------------------------------------------------------------------------------------------------------------
# Discrimination


def roc(score: Any, outcome: Any) -> pd.DataFrame:
    """The ROC curve: what each cut of the score finds and what it falsely calls.

    Parameters
    ----------
    score : one number a patient; higher means the outcome is likelier
    outcome : 1 where it was seen (a response, say), 0 where not

    Returns
    -------
    DataFrame
        ``cut`` (patients at or above it are called positive; falling from infinity), ``sensitivity`` (share of those with the
        outcome who are called) and ``false_positive`` (share of the others), from (0, 0) to (1, 1)

    Raises ``ValueError`` where all have the same outcome.
    """
    outcome, score = _columns(outcome, score)
    _both(outcome)
    cuts, place = np.unique(-score, return_inverse=True)
    with_it = np.bincount(place, weights=outcome).cumsum() / outcome.sum()
    without = np.bincount(place, weights=~outcome).cumsum() / (~outcome).sum()
    return pd.DataFrame({"cut": np.r_[np.inf, -cuts], "sensitivity": np.r_[0, with_it], "false_positive": np.r_[0, without]})


@dataclass(frozen=True)
class Auc:
    """An area under the ROC curve with its standard error; ``n`` patients, ``events`` of them with the outcome."""

    estimate: float
    se: float
    n: int
    events: int
    level: float = 0.95

    @property
    def ci_low(self) -> float:
        return max(0.0, self.estimate - stats.norm.ppf((1 + self.level) / 2) * self.se)

    @property
    def ci_high(self) -> float:
        return min(1.0, self.estimate + stats.norm.ppf((1 + self.level) / 2) * self.se)

    def __str__(self) -> str:
        return f"{self.estimate:.2f} ({100 * self.level:g} % CI {self.ci_low:.2f} to {self.ci_high:.2f})"


def auc(score: Any, outcome: Any, *, level: float = 0.95) -> Auc:
    """The area under the ROC curve: how often a patient with the outcome scores higher than one without (ties count half).

    The standard error is that of DeLong, DeLong and Clarke-Pearson, Biometrics 1988;44:837-845, from ranks as in Sun and Xu,
    IEEE Signal Process Lett 2014;21:1389-1393. Raises ``ValueError`` where fewer than two patients are of a kind.
    """
    outcome, score = _columns(outcome, score)
    _both(outcome)
    m, n = int(outcome.sum()), int((~outcome).sum())
    if min(m, n) < 2:
        raise ValueError("an interval needs two patients with and two without the outcome")
    ranks = stats.rankdata(score)
    beaten = (ranks[outcome] - stats.rankdata(score[outcome])) / n  # for each with: the share of those without below it
    above = 1 - (ranks[~outcome] - stats.rankdata(score[~outcome])) / m  # for each without: the share of those with above it
    return Auc(float(beaten.mean()), float(np.sqrt(beaten.var(ddof=1) / m + above.var(ddof=1) / n)), m + n, m, level)


def time_dependent_auc(marker: Any, time: Any, event: Any, at: Any) -> np.ndarray:
    """The area under the ROC curve of a marker for an event by each of the times ``at``, in censored data.

    Patients whose event came by then are set against those still observed without it after that time; an event counts with
    the inverse of the probability of having been observed until just before it (Uno, Cai, Tian and Wei, J Am Stat Assoc
    2007;102:527-537; cumulative cases and dynamic controls). NaN where there is nobody on one side.
    """
    event, marker, time = _columns(event, marker, time)
    times, place = np.unique(time, return_inverse=True)
    censored, died = np.bincount(place, weights=~event), np.bincount(place, weights=event)
    watched = len(time) - np.r_[0, np.cumsum(censored + died)[:-1]] - died  # who could be lost at that time
    kept = np.cumprod(1 - np.divide(censored, watched, out=np.zeros_like(watched), where=watched > 0))
    weight = 1 / np.r_[1, kept[:-1]][place]
    out = []
    for t in np.atleast_1d(np.asarray(at, dtype=float)):
        case, control = event & (time <= t), time > t
        if not case.any() or not control.any():
            out.append(np.nan)
            continue
        ordered = np.sort(marker[control])
        below = (np.searchsorted(ordered, marker[case], "left") + np.searchsorted(ordered, marker[case], "right")) / 2
        out.append(np.average(below / len(ordered), weights=weight[case]))
    return np.array(out)


# ---------------------------------------------------------------------------------------------------------------------
# Calibration


@dataclass(frozen=True)
class Calibration:
    """How predicted risks stand to what happened.

    ``large`` is calibration in the large: what must be added to the log odds predicted so that the mean is right (0 is right,
    below 0: predictions too high). ``slope`` is by what the log odds must be multiplied (1 is right; below 1: too extreme).
    ``large_se, slope_se`` are standard errors; ``slope`` is NaN where all have one risk. ``brier`` is the mean squared
    difference. ``groups`` holds patients in order of their risk: ``n``, mean ``risk``, share ``observed`` and its Wilson
    interval ``low, high``.
    """

    large: float
    large_se: float
    slope: float
    slope_se: float
    brier: float
    groups: pd.DataFrame


def calibration(risk: Any, outcome: Any, *, groups: int = 10, level: float = 0.95) -> Calibration:
    """Calibration of predicted risks (probabilities) against the outcome, by logistic recalibration and in groups.

    Raises ``ValueError`` for risks outside 0 to 1, where all have the same outcome, or where the risk parts the two outcomes
    completely so that the slope is infinite. Source: Cox, Biometrika 1958;45:562-565, by statsmodels.
    """
    from statsmodels.stats.proportion import proportion_confint

    outcome, risk = _risks(outcome, risk)
    _both(outcome)
    odds = logit(risk)
    if odds[outcome].min() > odds[~outcome].max() or odds[outcome].max() < odds[~outcome].min():
        raise ValueError("the risk parts the two outcomes completely, so the calibration slope is infinite")
    ones = np.ones((len(odds), 1))
    large, large_se = _logistic(ones, outcome, odds)
    slope = slope_se = np.nan
    if np.ptp(odds) > 1e-12:
        slope, slope_se = _logistic(np.column_stack([odds, ones]), outcome, None)
    rows = []
    for place in np.array_split(np.argsort(risk, kind="stable"), min(groups, len(risk))):
        seen = int(outcome[place].sum())
        low, high = proportion_confint(seen, len(place), 1 - level, "wilson")
        rows.append((len(place), risk[place].mean(), seen / len(place), low, high))
    table = pd.DataFrame(rows, columns=["n", "risk", "observed", "low", "high"])
    return Calibration(large, large_se, slope, slope_se, float(np.mean((risk - outcome) ** 2)), table)


def _logistic(x: np.ndarray, outcome: np.ndarray, offset: np.ndarray | None) -> tuple[float, float]:
    """First coefficient of a logistic regression and its standard error."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    fit = GLM(outcome.astype(float), x, family=Binomial(), offset=offset).fit(tol=1e-12, tol_criterion="params", maxiter=200)
    return float(fit.params[0]), float(fit.bse[0])


# ---------------------------------------------------------------------------------------------------------------------
# Net benefit


def net_benefit(risk: Any, outcome: Any, thresholds: Any) -> pd.DataFrame:
    """The decision curve: what treating by a predicted risk is worth, in right treatments per patient.

    Parameters
    ----------
    risk : predicted probability of the outcome that treatment is meant for
    outcome : 1 where it was seen
    thresholds : probabilities at or above which a patient would be treated; one stands for how the harm of treating in vain
        weighs against the gain of treating rightly: as its odds

    Returns
    -------
    DataFrame
        by threshold: ``treated`` (share of all), ``true`` and ``false`` (shares of all, treated with and without the outcome),
        net benefit by the ``model`` and of treating ``all``; that of treating none is 0

    Source: Vickers and Elkin, Med Decis Making 2006;26:565-574.
    """
    outcome, risk = _risks(outcome, risk)
    thresholds = np.atleast_1d(np.asarray(thresholds, dtype=float))
    if not ((thresholds > 0) & (thresholds < 1)).all():
        raise ValueError("a threshold is a probability above 0 and below 1; is it in percent?")
    called = risk >= thresholds[:, None]
    true, false = (called & outcome).mean(axis=1), (called & ~outcome).mean(axis=1)
    odds = thresholds / (1 - thresholds)
    return pd.DataFrame(
        {"treated": true + false, "true": true, "false": false, "model": true - false * odds, "all": outcome.mean() - (1 - outcome.mean()) * odds},
        index=pd.Index(thresholds, name="threshold"),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Optimism


@dataclass(frozen=True)
class Optimism:
    """A measure in the patients a model was made from (``apparent``), how much of it is flattery, and what is left."""

    apparent: float
    optimism: float

    @property
    def corrected(self) -> float:
        return self.apparent - self.optimism


def linear_score(x: np.ndarray, outcome: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """A weighted sum of markers that parts the outcomes best in these patients (Fisher's discriminant, by least squares)."""
    centre = x.mean(axis=0)
    weights = np.linalg.lstsq(x - centre, outcome - outcome.mean(), rcond=None)[0]
    return lambda new: (new - centre) @ weights


def optimism(
    x: Any,
    outcome: Any,
    *,
    fit: Callable[[np.ndarray, np.ndarray], Callable[[np.ndarray], np.ndarray]] = linear_score,
    measure: Callable[[np.ndarray, np.ndarray], float] = lambda score, outcome: auc(score, outcome).estimate,
    draws: int = 200,
    seed: int = 1,
) -> Optimism:
    """How much a panel flatters itself: the measure corrected by the bootstrap.

    Each draw takes as many patients with replacement, makes the model anew (every step that looked at the outcome belongs
    into ``fit``), and compares it there with how it does in all patients.

    Parameters
    ----------
    x : markers, a row a patient
    outcome : 1 where it was seen
    fit : ``fit(x, outcome)`` gives a function from markers to scores
    measure : ``measure(score, outcome)``, the area under the ROC curve unless stated

    With few patients a marker it takes off too little (the drawn patients are among those it is tested on): only new patients
    show the rest.

    Source: Harrell, Lee and Mark, Stat Med 1996;15:361-387.
    """
    x = np.asarray(x, dtype=float)
    outcome = _columns(outcome)[0]
    if x.ndim != 2 or len(x) != len(outcome):
        raise ValueError(f"x needs a row a patient and a column a marker; its shape is {x.shape} for {len(outcome)} outcomes")
    _both(outcome)
    rng = np.random.default_rng(seed)
    flattery = []
    while len(flattery) < draws:
        drawn = rng.integers(len(x), size=len(x))
        if not 2 <= outcome[drawn].sum() <= len(x) - 2:
            continue
        score = fit(x[drawn], outcome[drawn])
        flattery.append(measure(score(x[drawn]), outcome[drawn]) - measure(score(x), outcome))
    return Optimism(float(measure(fit(x, outcome)(x), outcome)), float(np.mean(flattery)))


# ---------------------------------------------------------------------------------------------------------------------
# Prognostic against predictive


@dataclass(frozen=True)
class Interaction:
    """Hazard ratios of a marker under ``control`` and under ``treated``, and their ``ratio``: 1 where treatment changes nothing."""

    control: HazardRatio
    treated: HazardRatio
    ratio: HazardRatio


def interaction(time: Any, event: Any, marker: Any, arm: Any, *, level: float = 0.95) -> Interaction:
    """Is the marker predictive? A Cox model with marker, arm (1 treated, 0 control) and their product.

    The hazard ratios are per unit of the marker; the p value of ``ratio`` is the test for interaction (Wald).
    Raises ``ValueError`` where an arm or the marker has one value for all, or no event was seen. By lifelines.
    """
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError, ConvergenceWarning

    event, time, marker, arm = _columns(event, time, marker, arm)
    if not event.any():
        raise ValueError("no event was seen, so there is no hazard ratio")
    for name, column in (("arm", arm), ("marker", marker)):
        if np.ptp(column) == 0:
            raise ValueError(f"the {name} has one value for all; an interaction needs two")
    table = pd.DataFrame({"time": time, "event": event, "marker": marker, "arm": arm, "product": marker * arm})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            fit = CoxPHFitter().fit(table, "time", "event", fit_options={"precision": 1e-12, "r_precision": 1e-14})
    except (ConvergenceError, ConvergenceWarning) as error:
        raise ValueError("the Cox model did not converge; is a group without events?") from error
    cov = fit.variance_matrix_
    size = len(time), int(event.sum()), level

    def ratio(*names: str) -> HazardRatio:
        return HazardRatio(float(sum(fit.params_[n] for n in names)), float(np.sqrt(cov.loc[list(names), list(names)].to_numpy().sum())), *size)

    return Interaction(ratio("marker"), ratio("marker", "product"), ratio("product"))


# ---------------------------------------------------------------------------------------------------------------------
# A simulated cohort with predictions


def simulate_predictions(seed: int = 1, n: int = 400, *, auc: float = 0.7, prevalence: float = 0.2, slope: float = 1.0, odds: float = 1.0) -> pd.DataFrame:
    """Simulated patients, whether they respond, and the risk that a model predicts for them.

    The marker is normal with standard deviation 1, around 0 in patients who do not respond and around √2 Φ⁻¹(auc) in those
    who do. The true probability given the marker follows by Bayes; the predicted one is bent away from it as stated.

    Parameters
    ----------
    seed : of the book's generator; patient ``i`` is the same whatever ``n``
    n : patients
    auc : area under the ROC curve of the marker in all patients
    prevalence : probability of a response
    slope : calibration slope of the predictions (below 1: too extreme)
    odds : predicted over true odds of a patient whose marker says nothing (above 1: too high)

    Returns
    -------
    DataFrame
        ``response`` (1 or 0), ``marker``, ``risk`` as predicted and ``true_risk``

    Raises ``ValueError`` for settings that cannot be.
    """
    _settings(auc, prevalence, slope, odds)
    if not n >= 4:
        raise ValueError(f"n is {n!r}; it must be at least 4")
    patients = np.arange(n)
    response = philox.uniform(seed, _PATIENT, 0, patients)[:, 0] < prevalence
    d = np.sqrt(2) * stats.norm.ppf(auc)
    marker = philox.normal(seed, _PATIENT, 1, patients)[:, 0] + d * response
    learnt = d * marker - d**2 / 2
    return pd.DataFrame(
        {
            "response": response.astype(int),
            "marker": marker,
            "risk": expit(logit(prevalence) + np.log(odds) + learnt / slope),
            "true_risk": expit(logit(prevalence) + learnt),
        }
    )


def expected_net_benefit(thresholds: Any, *, auc: float, prevalence: float, slope: float = 1.0, odds: float = 1.0) -> np.ndarray:
    """Net benefit of the predictions of :func:`simulate_predictions` in infinitely many patients, at each threshold."""
    _settings(auc, prevalence, slope, odds)
    t = np.atleast_1d(np.asarray(thresholds, dtype=float))
    d = np.sqrt(2) * stats.norm.ppf(auc)
    wanted = slope * (logit(t) - logit(prevalence) - np.log(odds))  # the log odds that the marker must add
    if d < 1e-12:
        called = with_it = (wanted <= 0).astype(float)
    else:
        cut = wanted / d + d / 2
        with_it, called = stats.norm.sf(cut - d), stats.norm.sf(cut)
    return prevalence * with_it - (1 - prevalence) * called * t / (1 - t)


def _settings(auc: float, prevalence: float, slope: float, odds: float) -> None:
    for name, value, low, high in (("auc", auc, 0.5, 0.9999), ("prevalence", prevalence, 1e-4, 0.9999), ("slope", slope, 0.01, 100), ("odds", odds, 1e-4, 1e4)):
        if not low <= value <= high:
            raise ValueError(f"{name} is {value!r}; it lies between {low:g} and {high:g}")
