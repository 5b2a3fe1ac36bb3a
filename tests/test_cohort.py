"""Virtual populations and trials: what is drawn, what scans note, what trials find; against closed forms, lifelines and statsmodels."""

import concurrent.futures
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from soluble import biomarkers, calibrate, evidence, load_population, philox
from soluble.cohort import DAYS, Cohort, describe, log_rank_sums, simulate
from soluble.model import DeclarationError, UnknownNameError
from soluble.population import Population, list_populations

FILE = Path(__file__).resolve().parents[1] / "models" / "populations" / "virtual-trial.yaml"


@pytest.fixture(scope="module")
def population():
    return load_population("virtual-trial")


@pytest.fixture(scope="module")
def cohort(population):
    return simulate(population, ["none", "docetaxel", "pd1", "pd1-il6"], n=400, seed=3)


# --- the declaration ----------------------------------------------------------------------------------------------------


def broken(old, new, count=1):
    text = FILE.read_text(encoding="utf8")
    assert text.count(old) >= 1, old
    with pytest.raises(DeclarationError) as caught:
        Population(text.replace(old, new, count), "mine.yaml")
    return str(caught.value)


def test_every_population_is_valid_and_every_published_number_is_a_fact():
    for name in list_populations():
        for target in load_population(name).targets:
            assert evidence.fact(target.fact).value is not None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("distribution: lognormal, median: 74", "distribution: normal, median: 74", "use one of: lognormal, logitnormal"),
        ("  il8: {distribution", "  il88: {distribution", "has no such parameter"),
        ("sd: 0.514", "sd: -0.514", "give a number above 0"),
        ("median: 74,", "median: 740,", "outside its range 10 to 300"),
        (", assumed: \"relative to its median; the spread is a guess\"", "", "neither a source nor a stated assumption"),
        ("between: [D_0, g]", "between: [D_0, kill]", "is not between two of the spreads"),
        ("value: 0.04,", "value: 1.4,", "a correlation lies between -1 and 1"),
        ("arm: pd1, of: response, used: fit", "arm: pd2, of: response, used: fit", "which is no arm"),
        ("of: free, at: 12, used: fit", "of: free, used: fit", "add `at`"),
        ("among: {marker: il6, side: low}", "among: {marker: il6, side: left}", "names no patients"),
        ("set: {chemo: 1}", "set: {chemo: 2}", "outside its range 0 to 1"),
        ("set: {chemo: 1}", "set: {chemmo: 1}", "did you mean"),
        ("delay: {value: 5", "delay: {value: 50", "would pass each other"),
        ("on_day: {value: 1,", "on_day: {value: 1.5,", "a share lies between 0 and 1"),
        ("on_day: {value: 1,", "on_day: {value: -1,", "cannot be negative"),
        ("size: diameter", "size: diametre", "did you mean"),
        ("title: Patients", "titel: Patients", "unknown key `titel`"),
    ],
)
def test_what_is_wrong_is_said_with_line_and_mend(old, new, said):
    message = broken(old, new)
    assert re.search(r"mine\.yaml:\d+:", message)
    assert said in message


def test_correlations_that_cannot_be_are_refused():
    assert "no patients can have all these correlations" in broken(
        "  - {between: [il6, g], value: 0.2,", "  - {between: [il8, g], value: -0.95, assumed: x}\n  - {between: [il6, g], value: 0.95,"
    )


# --- patients -----------------------------------------------------------------------------------------------------------


def test_a_patient_is_the_same_whatever_the_number_of_patients(population):
    few, many = population.draw(5, seed=9), population.draw(50, seed=9)
    pd.testing.assert_frame_equal(few, many.head(5))
    assert not np.allclose(few, population.draw(5, seed=10))


def test_medians_spreads_and_correlations_are_the_declared_ones(population):
    """20,000 patients: four standard errors of each estimate (correlation: 1/sqrt n; sd: sd/sqrt 2n)."""
    n = 20_000
    drawn = population.draw(n, seed=5)
    normal = pd.DataFrame(index=drawn.index)
    for s in population.spreads.values():
        x = drawn[s.name]
        inside = x.between(*population.model.ranges[s.name], inclusive="neither")
        assert inside.mean() > 0.95, s.name
        z = np.log(x / s.median) if s.distribution == "lognormal" else np.log(x / (1 - x)) - np.log(s.median / (1 - s.median))
        assert abs(np.median(z)) < 4 * 1.2533 * s.sd / np.sqrt(n), s.name
        quartiles = np.subtract(*np.quantile(z, [0.75, 0.25]))  # untouched by the ends of the ranges
        assert quartiles == pytest.approx(2 * stats.norm.ppf(0.75) * s.sd, rel=0.05), s.name
        normal[s.name] = z
    ranks = normal.rank().corr().to_numpy()
    declared = 6 / np.pi * np.arcsin(population.correlation / 2)  # Spearman's of a normal pair
    assert np.abs(ranks - declared).max() < 4 / np.sqrt(n) + 0.003


# --- courses and scans --------------------------------------------------------------------------------------------------


def test_without_a_drug_the_diameter_grows_as_the_logistic_law_says(population, cohort):
    p = cohort.patients
    volume = lambda d: np.pi / 6 * d**3 / 4 / 1000  # two balls, mL
    largest = 10_000
    v0 = volume(p["D_0"].to_numpy())[:, None]
    t = cohort.weeks * 7
    v = largest / (1 + (largest / v0 - 1) * np.exp(-p["g"].to_numpy()[:, None] * t))
    assert np.allclose(cohort.sizes["none"], p["D_0"].to_numpy()[:, None] * (v / v0) ** (1 / 3), rtol=1e-6)


def test_a_course_is_the_models_own_run(population, cohort):
    """The arm's setting and the patient's numbers in simulate(), by another solver: relative 1e-6."""
    for i in (0, 7, 33):
        one = cohort.patients.iloc[i].to_dict() | population.values | dict(population.arms["pd1-il6"].set)
        run = population.model.simulate(t=cohort.weeks * 7.0, **one)
        assert np.allclose(cohort.sizes["pd1-il6"][i], run["diameter"], rtol=1e-6)
        assert np.allclose(cohort.hidden["pd1-il6"][i], run["H"], rtol=1e-6, atol=1e-9)


def same(a, b):
    """Bit for bit: the patients, and their courses under every arm."""
    return a.patients.equals(b.patients) and all(np.array_equal(getattr(a, of)[arm], getattr(b, of)[arm]) for of in ("sizes", "hidden") for arm in a.sizes)


def test_a_process_pool_gives_the_same(population):
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        assert same(simulate(population, ["pd1"], n=97), simulate(population, ["pd1"], n=97, executor=pool))


def test_a_dask_cluster_by_its_address_gives_the_same(population, tmp_path):
    """A scheduler and a worker started as the page "Run it for a class" says, in processes of their own."""
    told = tmp_path / "scheduler.json"
    started = []
    try:
        for command in (["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"], ["worker", "--no-dashboard", "--nthreads", "1", "--local-directory", str(tmp_path)]):
            started.append(subprocess.Popen([sys.executable, "-m", "dask", *command, "--scheduler-file", str(told)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        deadline = time.monotonic() + 60
        while not told.exists():
            assert time.monotonic() < deadline, "no Dask scheduler within 60 s"
            time.sleep(0.2)
        there = simulate(population, ["pd1", "pd1-vegf"], n=97, executor=json.loads(told.read_text())["address"])
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(timeout=30)
    assert same(simulate(population, ["pd1", "pd1-vegf"], n=97), there)


def made(sizes, hidden=None, seed=1, population=None):
    """A cohort with sizes of our own, one row a patient."""
    sizes = np.asarray(sizes, dtype=float)
    weeks = np.arange(sizes.shape[1])
    return Cohort(population, pd.DataFrame(index=range(len(sizes))), seed, 7.0 * weeks[-1], {}, weeks, {"a": sizes}, {"a": np.zeros_like(sizes) if hidden is None else hidden})


EXACT = {"cv": 0, "delay": 0, "first": 42, "every": 42}


def test_response_and_progression_are_those_of_recist(population):
    """Scans every six weeks, without error. By hand: who shrinks by 30 % twice, who grows by 20 % and 5 mm over the smallest."""
    w = np.arange(31)
    at = lambda *scans: np.interp(w, [0, 6, 12, 18, 24, 30], scans)
    rows = [
        at(100, 69, 69, 69, 69, 69),  # a response, never progression
        at(100, 69, 75, 75, 75, 75),  # once is no response
        at(100, 60, 50, 61, 61, 61),  # response, then 11 mm and 22 % over the smallest at week 18
        at(20, 20, 20, 24, 24.5, 25),  # 20 % at week 18, but 5 mm only at week 30
        at(100, 119, 121, 121, 121, 121),  # progression at week 12
    ]
    got = made(rows, population=population).outcomes("a", **EXACT)
    assert got["response"].tolist() == [True, False, True, False, False]
    assert got["event"].tolist() == [False, False, True, True, True]
    assert (got["time"] * DAYS / 7).round(9).tolist() == [30, 30, 18, 30, 12]
    assert got["best"].tolist() == pytest.approx([-31, -31, -50, 0, 19])
    assert got["duration"].iloc[2] * DAYS / 7 == pytest.approx(12)


def test_progression_that_no_diameter_shows_comes_where_its_hazard_reaches_the_bound(population):
    """With a constant hazard the times are exponential: those of the generator's uniform numbers."""
    n, rate = 300, 0.02
    flat = np.full((n, 53), 100.0)
    got = made(flat, hidden=np.broadcast_to(rate * 7 * np.arange(53), flat.shape), population=population).outcomes("a", **EXACT)
    expected = -np.log(philox.uniform(1, 2, 0, np.arange(n))[:, 0]) / rate
    seen = expected <= 364
    assert np.allclose(got["time"] * DAYS, np.where(seen, expected, 364))
    assert (got["how"] == np.where(seen, "hidden", "")).all()


def test_hidden_progressions_can_be_dated_at_the_next_scan(population):
    """With a constant hazard and scans every six weeks: the exponential times themselves, or rounded up to six weeks."""
    n, rate = 400, 0.02
    flat = np.full((n, 53), 100.0)
    there = made(flat, hidden=np.broadcast_to(rate * 7 * np.arange(53), flat.shape), population=population)
    happens = -np.log(philox.uniform(1, 2, 0, np.arange(n))[:, 0]) / rate
    at_scan = 42 * np.ceil(happens / 42)
    got = {share: there.outcomes("a", **EXACT, on_day=share) for share in (0, 0.3, 1)}
    assert np.allclose(got[0]["time"] * DAYS, np.minimum(at_scan, 364))
    assert (got[0]["event"] == (at_scan <= 364)).all(), "the last scan is on day 336: later ones are not seen"
    assert (got[0]["how"] == np.where(got[0]["event"], "hidden", "")).all()
    mixed = got[0.3]["time"] * DAYS
    on_day = np.isclose(mixed, np.minimum(happens, 364))
    assert (on_day | np.isclose(mixed, np.minimum(at_scan, 364))).all()
    assert abs(on_day[happens < 336].mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / n)
    pd.testing.assert_frame_equal(got[1], there.outcomes("a", **EXACT))


def test_another_spread_is_drawn_by_the_same_numbers(population):
    """Of a lognormal number: the logarithm's distance from the median grows with the spread, and nothing else moves."""
    usual, other = population.draw(200, 4), population.with_spread("hazard", median=0.002, sd=0.5).draw(200, 4)
    z = (np.log(usual["hazard"]) - np.log(population.spreads["hazard"].median)) / population.spreads["hazard"].sd
    inside = usual["hazard"].between(*population.model.ranges["hazard"], inclusive="neither")
    assert np.allclose(np.log(other["hazard"])[inside], (np.log(0.002) + 0.5 * z)[inside])
    pd.testing.assert_frame_equal(usual.drop(columns="hazard"), other.drop(columns="hazard"))
    with pytest.raises(UnknownNameError, match="hazard"):
        population.with_spread("hazzard", sd=1)
    with pytest.raises(UnknownNameError, match="median"):
        population.with_spread("hazard", mean=1)
    with pytest.raises(ValueError, match="above 0"):
        population.with_spread("hazard", sd=0)


def test_measurement_error_is_the_declared_one(population):
    """Flat tumours: best changes are minima of ratios of the noise; by the published repeated scans 84 % lie within 10 %."""
    big = made(np.full((4000, 8), 100.0), population=population)
    change = big.outcomes("a", first=42, every=400, delay=0)["best"] / 100
    assert (change.abs() <= 0.1).mean() == pytest.approx(0.84, abs=0.02)


# --- trials -------------------------------------------------------------------------------------------------------------


def test_a_trial_randomises_by_coin_and_compares_by_cox(cohort):
    trial = cohort.trial("docetaxel", "pd1")
    table = trial.table
    assert len(table) == 400
    assert abs((table["arm"] == "pd1").mean() - 0.5) < 4 * 0.5 / 20
    own = table[table["arm"] == "pd1"]
    pd.testing.assert_frame_equal(own.drop(columns="arm"), cohort.outcomes("pd1").loc[own.index])
    ratio = biomarkers.cox(table["time"], table["event"], (table["arm"] == "pd1").astype(float))
    assert trial.hazard_ratio.estimate == ratio.estimate
    assert trial.summary().loc["pd1", "response"] == pytest.approx(100 * own["response"].mean())


def test_the_sums_of_the_log_rank_test_are_those_of_lifelines():
    rng = np.random.default_rng(4)
    time = np.ceil(20 * rng.exponential(1, (12, 60)))  # with ties
    event, group = rng.uniform(size=time.shape) < 0.7, np.arange(60) >= 30
    excess, variance = log_rank_sums(time, event, group)
    for k in range(len(time)):
        assert excess[k] ** 2 / variance[k] == pytest.approx(biomarkers.log_rank(time[k], event[k], group).chi2, rel=1e-9)


def test_equal_arms_are_won_as_often_as_chance_has_it(cohort):
    """One-sided 2.5 %: at most four standard errors of 1,000 trials away."""
    power = cohort.power("pd1", "pd1", per_arm=60, trials=1000)
    assert abs(power.power - 0.025) < 4 * np.sqrt(0.025 * 0.975 / 1000)
    assert np.median(power.hazard_ratios) == pytest.approx(1, abs=0.04)


def test_power_grows_with_patients_and_is_near_that_of_the_normal_approximation(cohort):
    """For a hazard ratio h and d events the log-rank test has power Phi(sqrt(d)/2 |log h| - 1.96), where hazards are in proportion."""
    small, large = (cohort.power("none", "pd1", per_arm=k, trials=400) for k in (20, 60))
    assert small.power < large.power
    whole = cohort.trial("none", "pd1")
    d = 2 * 20 * whole.table["event"].mean()
    expected = stats.norm.cdf(np.sqrt(d) / 2 * abs(np.log(np.median(large.hazard_ratios))) - 1.96)
    assert small.power == pytest.approx(expected, abs=0.12)


def test_who_may_enter(cohort):
    high = cohort.who("pdl1", "high")
    assert np.array_equal(high, ~cohort.who("pdl1", "low"))
    trial = cohort.trial("docetaxel", "pd1", high)
    assert set(trial.table.index) == set(np.flatnonzero(high))
    with pytest.raises(ValueError, match="nobody"):
        cohort.trial("docetaxel", "pd1", np.zeros(400, dtype=bool))


def test_errors_say_what_is_known(cohort, population):
    with pytest.raises(UnknownNameError, match="pd1"):
        simulate(population, ["pd2"], n=3)
    with pytest.raises(ValueError, match="differs between patients"):
        simulate(population, ["pd1"], n=3, settings={"g": 0.01})
    with pytest.raises(UnknownNameError):
        cohort.outcomes("pd1-vegf")
    with pytest.raises(UnknownNameError):
        cohort.outcomes("pd1", first_scan=3)
    with pytest.raises(ValueError, match="at least one patient"):
        population.draw(0)


# --- calibration --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table():
    return calibrate.table("virtual-trial")


def test_what_was_fitted_is_met_and_what_was_not_is_shown_whether_met_or_not(table):
    fitted = table[table["used"] == "fit"]
    assert len(fitted) == 4
    shares = fitted[fitted["unit"] == "%"]
    assert np.allclose(shares["simulated"], shares["published"], atol=3)
    held = table[table["used"] == "held out"]
    assert len(held) > 4 * len(fitted)
    assert ((held["ratio"] < 0.8) | (held["ratio"] > 1.25)).any()  # the misses are in the table


def test_the_fit_moves_little_from_the_declared_numbers(population):
    """The declared numbers are where the search ends: from them few rounds find nothing much better."""
    start = sum(calibrate._distance(simulate(population, ["pd1"], calibrate.PATIENTS, calibrate.SEED), t) ** 2 for t in population.targets if t.used == "fit")
    _, better = calibrate.fit(population, rounds=12)
    assert start - better < 0.05


def test_the_published_column_is_the_evidence(table):
    for row in table.itertuples():
        assert row.published == evidence.fact(row.fact).value


def test_describe_is_kaplan_and_meiers(cohort):
    own = cohort.outcomes("docetaxel")
    said = describe(own)
    assert said["median"] == biomarkers.median_survival(own["time"], own["event"])
    assert said["response"] == 100 * own["response"].mean()
