"""How results move with what is assumed: against reruns by another way with lifelines' estimators, order that holds patient by patient, and other seeds."""

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter

from soluble import load_population
from soluble.assumptions import Assumption, moved, printed
from soluble.cohort import simulate
from soluble.model import UnknownNameError

ARMS, N = ["pd1", "pd1-vegf"], 300
ASSUMED = [
    Assumption("hidden", "hazard", 0.00204, 0.00816, "median"),
    Assumption("spread", "hazard", 0.75, 2.25, "sd"),
    Assumption("scans", "on_day", 0),
    Assumption("exclusion", "e_4", 0, 0.6),
    Assumption("entry", "n_v", 0, 0.6),
    Assumption("growth", "w_v", 0, 0.6),
]


@pytest.fixture(scope="module")
def population():
    return load_population("virtual-trial")


@pytest.fixture(scope="module")
def found(population):
    table = moved(population, ARMS, ASSUMED, n=N)
    return table.set_index(["what", "end"])


@pytest.fixture(scope="module")
def start(population):
    return simulate(population, ARMS, N, 1)


def by_lifelines(cohort, **measurement):
    """Median of the first arm, and Cox's hazard ratio of the second, each patient in both arms."""
    one, two = (cohort.outcomes(arm, **measurement)[["time", "event"]] for arm in ARMS)
    median = KaplanMeierFitter().fit(one["time"], one["event"]).median_survival_time_
    both = pd.concat([one.assign(group=0), two.assign(group=1)])
    return median, float(np.exp(CoxPHFitter().fit(both, "time", "event").params_["group"]))


def test_all_as_set_is_that_of_lifelines(found, start):
    row = found.loc[("all as set", "")]
    assert (row["median"], row["ratio"]) == pytest.approx(by_lifelines(start), rel=1e-5)


@pytest.mark.parametrize(("what", "number", "ends"), [("hidden", "median", (0.00204, 0.00816)), ("spread", "sd", (0.75, 2.25))])
def test_another_hidden_hazard_is_that_of_another_run(population, found, what, number, ends):
    """The table scales what was gathered; here all is run again."""
    for end, value in zip(("low", "high"), ends, strict=True):
        again = simulate(population.with_spread("hazard", **{number: value}), ARMS, N, 1)
        row = found.loc[(what, end)]
        assert (row["median"], row["ratio"]) == pytest.approx(by_lifelines(again), rel=1e-4)


def test_another_spread_that_moves_tumours_is_run_again(population):
    table = moved(population, ARMS, [Assumption("growth", "g", 1.3, of="sd")], n=100)
    again = simulate(population.with_spread("g", sd=1.3), ARMS, 100, 1)
    assert tuple(table.iloc[1][["median", "ratio"]]) == pytest.approx(by_lifelines(again), rel=1e-5)


def test_the_error_of_the_ratio_is_the_robust_one(found, start):
    """Of lifelines, with the two courses of a patient as one cluster."""
    one, two = (start.outcomes(arm)[["time", "event"]].assign(patient=range(N)) for arm in ARMS)
    fitted = CoxPHFitter().fit(pd.concat([one.assign(group=0), two.assign(group=1)]), "time", "event", cluster_col="patient", robust=True)
    row = found.loc[("all as set", "")]
    assert row["ratio_error"] / row["ratio"] == pytest.approx(fitted.standard_errors_["group"], rel=0.02)


def test_scans_are_the_other_way_of_dating(found, start):
    row = found.loc[("scans", "low")]
    assert (row["median"], row["ratio"]) == pytest.approx(by_lifelines(start, on_day=0), rel=1e-5)


def test_a_link_that_neither_arm_touches_moves_nothing(found):
    """CXCL12's acts where its receptor is blocked, VEGF's on growth where VEGF is blocked: to the last digit."""
    first = found.loc[("all as set", "")]
    for end in ("low", "high"):
        untouched = found.loc[("exclusion", end)]
        assert (untouched[["median", "ratio"]] == first[["median", "ratio"]]).all()
        assert (untouched[["median_error", "ratio_error"]] == 0).all()
        assert found.loc[("growth", end), "median"] == first["median"]


def test_directions_that_hold_patient_by_patient(population, found, start):
    """More hazard: nobody progresses later. At the next scan: nobody earlier. A blocked link that was stronger: no tumour larger."""
    first = found.loc[("all as set", "")]
    assert found.loc[("hidden", "low"), "median"] > first["median"] > found.loc[("hidden", "high"), "median"]
    at_scan = start.outcomes("pd1", on_day=0)["time"]
    assert (at_scan >= start.outcomes("pd1")["time"] - 1e-12).all()
    strong = simulate(population, ["pd1-vegf"], N, 1, settings={"w_v": 0.6})
    assert (strong.sizes["pd1-vegf"] <= start.sizes["pd1-vegf"] * (1 + 1e-6)).all()
    for link in ("entry", "growth"):
        assert found.loc[(link, "low"), "ratio"] > first["ratio"] > found.loc[(link, "high"), "ratio"]


def test_without_both_links_of_vegf_its_block_does_nothing(population):
    """Then the two arms are one, patient by patient."""
    both = simulate(population, ARMS, 50, 1, settings={"n_v": 0, "w_v": 0})
    one, two = (both.outcomes(arm) for arm in ARMS)
    assert np.allclose(one["time"], two["time"], rtol=1e-5)
    assert (one["event"] == two["event"]).all()


def test_errors_are_those_that_other_seeds_show(population):
    """24 cohorts of 150: the spread of their results, which is known to a seventh, against the errors that each of them states."""
    hazard = [Assumption("hidden", "hazard", 0.00204, of="median")]
    tables = [moved(population, ARMS, hazard, n=150, seed=seed) for seed in range(1, 25)]
    for column in ("median", "ratio"):
        own = np.array([t[column].iloc[0] for t in tables])
        change = np.array([t[column].iloc[1] - t[column].iloc[0] for t in tables])
        for values, row in ((own, 0), (change, 1)):
            stated = np.sqrt(np.mean([t[f"{column}_error"].iloc[row] ** 2 for t in tables]))
            assert 0.5 < stated / values.std(ddof=1) < 2, (column, row, stated, values.std(ddof=1))


def test_the_page_shows_numbers_with_their_errors(population, found):
    shown = printed(population, ASSUMED, found.reset_index())
    assert shown.loc["hidden", ("assumed", "low / as set / high")] == "0.00204 / 0.00408 / 0.00816"
    row = found.loc[("growth", "high")]
    assert shown.loc["growth", ("hazard ratio", "high")] == f"{row['ratio']:.2f}\u00a0±\u00a0{row['ratio_error']:.2f}"
    assert shown.loc["exclusion", ("hazard ratio", "high")].endswith("±\u00a00"), "what is exact is shown so"
    assert shown.loc["scans", ("hazard ratio", "high")] == "–"
    assert shown[("median, months", "as set")].nunique() == 1


def test_unknown_names_are_said(population):
    with pytest.raises(UnknownNameError, match="s_6"):
        Assumption("IL-6", "s6", 0, 1).as_set(population)
    with pytest.raises(UnknownNameError, match="median"):
        Assumption("hidden", "hazard", 1, 2).as_set(population)
