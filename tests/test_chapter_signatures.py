"""The chapter on blood signatures: it runs from scratch, and what its sentences say of cut-points, cohorts and printed numbers is so."""

from __future__ import annotations

import re

import numpy as np
import pytest
from chapter import Chapter, Standard
from scipy import stats
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import survdiff

from soluble import biomarkers, evidence

CHAPTER = Chapter("13-signatures")
TEXT = CHAPTER.text
executed, said, printed = CHAPTER.fixtures()


class TestStandard(Standard):
    chapter, pictures = CHAPTER, 4


def test_the_puzzles_numbers_shrink_as_said(said):
    ratios = [evidence.fact(f"srivastava-{s}-os-hr") for s in ("development", "validation1", "validation2")]
    assert [f.value for f in ratios] == sorted(f.value for f in ratios) and all(f.ci_high < 1 for f in ratios)
    assert said["signatures-kept"] == pytest.approx(100 * np.log(0.52) / np.log(0.23))
    assert said["signatures-kept"] < 50
    z = np.log(0.52 / 0.23) / np.hypot(np.log(0.44 / 0.12), np.log(0.66 / 0.41)) * 3.92
    assert said["signatures-step-p"] == pytest.approx(2 * stats.norm.sf(z), rel=1e-6) and said["signatures-step-p"] < 0.05
    z = np.log(0.52 / 0.32) / np.hypot(np.log(0.51 / 0.21), np.log(0.66 / 0.41)) * 3.92
    assert said["signatures-second-step-p"] == pytest.approx(2 * stats.norm.sf(z), rel=1e-6)
    assert said["signatures-second-step-p"] < said["signatures-first-step-p"], "the larger step came after the choice"


# --- noise ------------------------------------------------------------------------------------------------------------


def test_noise_passes_almost_half_of_the_time_whatever_the_size(said):
    for n in (100, 200):
        assert 38 < said[f"signatures-best-{n}"] < 55, "almost half of all cohorts"
        assert said[f"signatures-inner-{n}"] < said[f"signatures-best-{n}"] - 10
        assert 1 < said[f"signatures-median-{n}"] < 9 and 1 < said[f"signatures-corrected-{n}"] < 9, "one in twenty"
    assert abs(said["signatures-best-100"] - said["signatures-best-200"]) < 8, "more patients do not help"


def test_the_false_positive_rate_is_what_theory_gives(said):
    """How often a normalised Brownian bridge leaves ±1.96 between 10 and 90 %, drawn as the stationary process that it is."""
    rng = np.random.default_rng(5)
    steps, paths = 160, 20_000  # as coarse as the cuts of 200 patients
    rho = np.exp(-np.log(9) / steps * 2 / 2)
    x = rng.normal(size=paths)
    most = np.abs(x)
    for _ in range(steps):
        x = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=paths)
        most = np.maximum(most, np.abs(x))
    theory = 100 * (most > 1.96).mean()
    assert said["signatures-best-200"] == pytest.approx(theory, abs=3 * 100 * np.sqrt(0.25 / 300))


def test_the_cohort_of_noise_that_passes(said):
    assert said["signatures-lucky-p"] < 0.05 < said["signatures-lucky-corrected"]
    assert said["signatures-lucky-half"] > 1.5 and abs(np.log(said["signatures-lucky-other"])) < 0.15
    cohort = biomarkers.simulate_cohort(33, 200, hr=1, cv=0, level=5, follow_up=36)
    ps = [survdiff(cohort["time"], cohort["event"], cohort["level"] > c)[1] for c in np.sort(cohort["level"])[19:180]]
    assert said["signatures-lucky-p"] == pytest.approx(min(ps), rel=1e-6)
    assert '"seed": 33' in TEXT and 38 < said["signatures-shuffled"] < 55


def test_what_a_best_cut_must_reach(said):
    assert said["signatures-bar-2"] < said["signatures-bar-10"] < said["signatures-bar-40"] < 0.05
    for margin in (2, 10, 40):
        chi2 = stats.chi2.isf(said[f"signatures-bar-{margin}"], 1)
        assert biomarkers.corrected_p(chi2, margin / 100) == pytest.approx(0.05, rel=1e-4)


# --- real patients ----------------------------------------------------------------------------------------------------


def test_age_was_significant_and_vanished(said):
    lung = biomarkers.load_cohort("ncctg-lung")
    assert said["signatures-age-n"] == len(lung) == 228
    older = lung["age"] > said["signatures-age-cut"]
    assert survdiff(lung["time"], lung["event"], older)[1] == pytest.approx(said["signatures-age-p"], rel=1e-6)
    fit = PHReg(lung["time"].to_numpy(float), older.to_numpy(float), lung["event"].to_numpy(), ties="efron").fit(disp=0)
    assert said["signatures-age-hr"] == pytest.approx(np.exp(fit.params[0]), rel=1e-5)
    assert said["signatures-age-p"] < 0.05 < 0.1 < said["signatures-age-permuted"] / 100 < said["signatures-age-corrected"]
    assert said["signatures-age-half"] > 1.4 and abs(said["signatures-age-other"] - 1) < 0.1
    assert said["signatures-age-sd"] > 1.1 and said["signatures-age-holds"] < 12, "no more often than noise"


def test_a_strong_marker_stays(said):
    assert said["signatures-rating-permuted"] < 1 and said["signatures-rating-corrected"] < 0.05
    assert said["signatures-rating-half"] == pytest.approx(said["signatures-rating-other"], abs=0.1)
    assert said["signatures-calories-half"] < 0.6 and abs(said["signatures-calories-other"] - 1) < 0.15
    assert "Four possible cuts" in TEXT
    assert said["signatures-rating-holds"] > 50 > 12 > said["signatures-calories-holds"]


def test_two_arms(said):
    men = biomarkers.load_cohort("veterans-lung")
    logs, errors = [], []
    for arm in ("standard", "test"):
        own = men[men["arm"] == arm]
        fit = PHReg(own["time"].to_numpy(float), (own["karnofsky"] > 60).to_numpy(float), own["event"].to_numpy(), ties="efron").fit(disp=0)
        logs.append(fit.params[0])
        errors.append(fit.bse[0])
        assert said[f"signatures-{arm}"] == pytest.approx(np.exp(fit.params[0]), rel=1e-4) and fit.params[0] < 0
        assert (fit.conf_int()[0][1] > 0) == (arm == "standard"), "the interval of the standard arm includes 1"
    gap, se = logs[1] - logs[0], np.hypot(*errors)
    for name, z in (("ratio", 0), ("ratio-low", -1.96), ("ratio-high", 1.96)):
        assert said[f"signatures-{name}"] == pytest.approx(np.exp(gap + z * se), rel=1e-3)
    assert said["signatures-ratio-low"] < 1 < said["signatures-ratio-high"], "predictive is not shown"
    assert said["signatures-fifty-high"] < 1 < said["signatures-uncut-high"], "but another cut would have said so"
    for name, marker in (("fifty", men["karnofsky"] > 50), ("uncut", men["karnofsky"] / 10)):
        arms = (men["arm"] == "test").to_numpy(int)
        columns = np.column_stack([marker, marker * arms]).astype(float)
        fit = PHReg(men["time"].to_numpy(float), columns, men["event"].to_numpy(), strata=arms, ties="efron").fit(disp=0)
        assert said[f"signatures-{name}"] == pytest.approx(np.exp(fit.params[1]), rel=1e-3)
        assert said[f"signatures-{name}-high"] == pytest.approx(np.exp(fit.conf_int()[1][1]), rel=2e-3)


def test_halves_of_a_normal_distribution():
    z = stats.norm.ppf((np.arange(100_000) + 0.5) / 100_000)
    assert z[50_000:].mean() - z[:50_000].mean() == pytest.approx(1.6, abs=0.01)


# --- published numbers -------------------------------------------------------------------------------------------------


def test_a_search_makes_a_true_ratio_larger(said):
    truth = evidence.fact("belluomini-il8-os-hr").value
    assert said["signatures-split"] == pytest.approx(truth, abs=0.1)
    assert said["signatures-passed-first"] > 1.4 * said["signatures-split"]
    assert said["signatures-passed-second"] == pytest.approx(said["signatures-split"], rel=0.15)
    assert said["signatures-power"] > 80, "nearly all studies pass"


def test_scales_of_printed_intervals(printed):
    rows = {m[1].strip(): (float(m[2]), float(m[3])) for m in re.finditer(r"^(.{20}) upper over lower: log ([\d.]+), linear ([\d.]+)$", printed, re.M)}
    assert rows["VEGF, operable"][1] == pytest.approx(1, abs=0.02) and rows["VEGF, operable"][0] < 0.7
    for name in ("IL-8, lung cancer", "IL-6, drawn before"):
        assert rows[name][0] == pytest.approx(1, abs=0.02) and rows[name][1] > 1.2


def test_what_adjustment_takes(said):
    assert said["signatures-adjusted-il6"] == pytest.approx(100 * np.log(2.21) / np.log(2.53))
    assert said["signatures-adjusted-vimentin"] == pytest.approx(100 * np.log(1.266) / np.log(1.831))


def test_selective_reporting_shrinks_step_by_step():
    steps = [evidence.fact(f"kyzas-tp53-{s}-rr") for s in ("own-definitions", "one-definition", "not-indexed", "unpublished")]
    assert [f.value for f in steps] == sorted((f.value for f in steps), reverse=True)
    assert steps[-1].ci_low < 1 < steps[-2].ci_low


def test_the_exercises_expectations():
    z = stats.norm.isf(0.005)
    by_hand = stats.norm.pdf(z) * (4 / z + (z - 1 / z) * np.log(81))
    assert by_hand == pytest.approx(0.1615, rel=0.01) and biomarkers.corrected_p(z**2, 0.1) == pytest.approx(by_hand)
    p = 2 * stats.norm.sf(-np.log(0.71) / (np.log(0.99 / 0.45) / 3.92))
    assert p == pytest.approx(0.0888, rel=0.02) and p > 2 * 0.044, "twice the printed one"
    assert np.sqrt(0.45 * 0.99) == pytest.approx(0.67, abs=0.005)
    assert 2 * stats.norm.sf(-np.log(0.6675) / (np.log(0.99 / 0.45) / 3.92)) == pytest.approx(0.044, abs=0.001), "the middle gives the printed p"
    assert np.sqrt(0.455 * 0.995) < 0.705, "rounding does not reach the printed ratio"


def test_remark_table_has_eleven_rows():
    table = TEXT[TEXT.index("| REMARK asks for") : TEXT.index("Four of the eleven")]
    assert len([line for line in table.splitlines() if line.startswith("|")]) == 11 + 2
