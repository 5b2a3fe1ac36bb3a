"""A virtual population against published arms: the table of what was published and simulated, and the fit of what is fitted.

``python -m soluble.calibrate virtual-trial`` prints the table; with ``--fit`` it fits first and prints the numbers that belong in
the population's file.
"""

from __future__ import annotations

import argparse
from concurrent.futures import Executor

import numpy as np
import pandas as pd
from scipy import optimize

from . import biomarkers, evidence
from .cohort import Cohort, describe, simulate
from .population import Population, Target, load_population

#: Patients and seed of the fit and of the table.
PATIENTS, SEED = 1000, 1
UNITS = {"response": "%", "median": "months", "free": "%", "duration": "months", "hazard ratio": "", "share": "%"}
_WHAT = {
    "response": "response rate",
    "median": "median progression-free survival",
    "free": "progression-free at {at:g} months",
    "duration": "median duration of response",
    "hazard ratio": "hazard ratio for progression",
    "share": "share of patients",
}


def run(population: Population, n: int = PATIENTS, seed: int = SEED, executor: Executor | str | None = None, arms: list[str] | None = None) -> Cohort:
    """The cohort that the targets are read from: every arm that one of them names."""
    named = {a for t in population.targets for a in (t.arm, t.against, t.among.get("progressed", "")) if a}
    return simulate(population, arms or [a for a in population.arms if a in named], n, seed, executor=executor)


def simulated(cohort: Cohort, target: Target) -> tuple[float, int]:
    """What the cohort gives for a target, and how many of its patients count."""
    who = np.ones(cohort.n, dtype=bool)
    if "marker" in target.among:
        who = cohort.who(target.among["marker"], target.among["side"])
    if "progressed" in target.among:
        before = cohort.outcomes(target.among["progressed"])
        who = (before["event"] & ~before["response"]).to_numpy()
    if target.of == "share":
        return 100 * float(who.mean()), cohort.n
    if not who.any():
        return np.nan, 0
    outcomes = cohort.outcomes(target.arm)[who]
    if target.of == "hazard ratio":
        both = pd.concat([cohort.outcomes(target.against)[who].assign(group=0.0), outcomes.assign(group=1.0)])
        return biomarkers.cox(both["time"], both["event"], both["group"]).estimate, int(who.sum())
    if target.of == "free":
        return _free(outcomes, target.at), int(who.sum())
    return describe(outcomes)[target.of], int(who.sum())


def _free(outcomes: pd.DataFrame, at: float) -> float:
    curve = biomarkers.kaplan_meier(outcomes["time"], outcomes["event"])["survival"]
    return 100 * float(curve[curve.index <= at].iloc[-1])


def table(population: Population | str, cohort: Cohort | None = None) -> pd.DataFrame:
    """What was published and what is simulated, a row for each target, generated from the population's file and the evidence.

    Columns ``trial, what, arm, published, low, high, simulated, ratio, unit, used, differs, fact``; ``ratio`` is simulated over
    published (NaN where that is 0), ``low`` and ``high`` the published interval where there is one.
    """
    population = load_population(population) if isinstance(population, str) else population
    cohort = cohort or run(population)
    rows = []
    for t in population.targets:
        fact = evidence.fact(t.fact)
        value, _ = simulated(cohort, t)
        # An interquartile range is no interval of the median.
        low, high = (fact.ci_low, fact.ci_high) if fact.interval_kind.endswith("CI") else (np.nan, np.nan)
        arm = population.arms[t.arm].title + (f" against {population.arms[t.against].title}" if t.against else "")
        ratio = value / fact.value if fact.value else np.nan
        rows.append((t.trial, _words(population, t), arm, fact.value, low, high, value, ratio, UNITS[t.of], t.used, t.differs, t.fact))
    columns = ["trial", "what", "arm", "published", "low", "high", "simulated", "ratio", "unit", "used", "differs", "fact"]
    return pd.DataFrame(rows, columns=columns).astype({c: float for c in ("published", "low", "high", "simulated", "ratio")})


def _words(population: Population, target: Target) -> str:
    words = _WHAT[target.of].format(at=target.at)
    if "marker" in target.among:
        words += f", {population.markers[target.among['marker']].name} {target.among['side']}"
    if "progressed" in target.among:
        words += f", after progression on {population.arms[target.among['progressed']].title}"
    return words


def fit(population: Population | str, n: int = PATIENTS, seed: int = SEED, executor: Executor | str | None = None, rounds: int = 90) -> tuple[Population, float]:
    """The population with its fitted numbers where the targets that are ``used: fit`` are met best, and the misfit there.

    The misfit is a sum of squares: of differences of logits for shares, and for a median of the logit of the share that is free
    of progression at the published median, so that the steps between scans do not stop the search. By Nelder and Mead's method on
    the logarithms of the numbers.
    """
    population = load_population(population) if isinstance(population, str) else population
    targets = [t for t in population.targets if t.used == "fit"]
    start = population.fitted
    arms = sorted({t.arm for t in targets})

    def misfit(logs: np.ndarray) -> float:
        trial = population.with_fitted(dict(zip(start, np.exp(logs), strict=True)))
        cohort = simulate(trial, arms, n, seed, executor=executor)
        return sum(_distance(cohort, t) ** 2 for t in targets)

    x = np.log(list(start.values()))
    simplex = np.vstack([x, x + 0.3 * np.eye(len(x))])
    best = optimize.minimize(misfit, x, method="Nelder-Mead", options={"maxfev": rounds, "initial_simplex": simplex, "xatol": 2e-3, "fatol": 1e-6})
    return population.with_fitted(dict(zip(start, np.exp(best.x), strict=True))), float(best.fun)


def _distance(cohort: Cohort, target: Target) -> float:
    fact = evidence.fact(target.fact).value
    if target.of == "median":
        return _logit(_free(cohort.outcomes(target.arm), fact))
    return _logit(simulated(cohort, target)[0]) - _logit(fact)


def _logit(percent: float) -> float:
    share = min(max(percent / 100, 1e-3), 1 - 1e-3)
    return float(np.log(share / (1 - share)))


def printed(found: pd.DataFrame) -> pd.DataFrame:
    """The table with its numbers as text, for a page."""

    def said(value: float, unit: str) -> str:
        return "–" if np.isnan(value) else f"{value:.2f}" if unit == "" else f"{value:.0f} %" if unit == "%" else f"{value:.1f} {unit}"

    out = found.assign(
        published=[said(r.published, r.unit) + ("" if np.isnan(r.low) else f" ({r.low:g}–{r.high:g})") for r in found.itertuples()],
        simulated=[said(r.simulated, r.unit) for r in found.itertuples()],
        over=["–" if np.isnan(r.ratio) else f"{r.ratio:.2f}" for r in found.itertuples()],
    )
    return out[["trial", "what", "arm", "published", "simulated", "over", "used", "differs"]].rename(columns={"over": "simulated over published"})


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m soluble.calibrate", description="Hold a virtual population against published arms.")
    parser.add_argument("population", help="id of a population, such as virtual-trial")
    parser.add_argument("--fit", action="store_true", help="fit first what its file marks as fitted")
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("--cluster", default=None, help="address of a Dask cluster's scheduler")
    wanted = parser.parse_args(arguments)
    population = load_population(wanted.population)
    if wanted.fit:
        population, misfit = fit(population, wanted.patients, executor=wanted.cluster)
        print(f"misfit {misfit:.4f} at", {k: _digits(v) for k, v in population.fitted.items()})
    print(printed(table(population, run(population, wanted.patients, executor=wanted.cluster))).to_string(index=False))


def _digits(value: float) -> float:
    return float(f"{value:.3g}")


if __name__ == "__main__":
    main()
