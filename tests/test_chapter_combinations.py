"""The chapter on combinations: it runs from scratch, and what its sentences say of trials, chances and response rates is so."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
from chapter import Chapter, Standard
from scipy import integrate, stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.proportion import proportion_confint

import soluble
from soluble import evidence
from soluble.assurance import assurance

CHAPTER = Chapter("15-combinations")
TEXT = CHAPTER.text
executed, said, printed = CHAPTER.fixtures()


class TestStandard(Standard):
    chapter, pictures = CHAPTER, 2


@pytest.fixture(scope="module")
def model():
    return soluble.load_model("independent-action")


# --- the table and its counts -----------------------------------------------------------------------------------------


def test_the_counts_are_those_of_the_table(said):
    """Counted again from the CSV, with plain words in place of the chapter's code."""
    table = pd.read_csv(evidence.data_folder() / "evidence" / "trials.csv", keep_default_na=False)
    done = table[table["phase"].isin(["3", "randomised"]) & table["outcome"].isin(["positive", "negative", "stopped"])]
    done = done[~done["setting"].str.contains("not NSCLC")]
    pd1 = (done["axis"] == "PD-1/PD-L1") | (done["agent"] == "atezolizumab")
    deaths = done["endpoint"].str.contains("overall survival|overall and progression|progression-free and overall")
    for key, rows in {"sol-os": done[~pd1 & deaths], "sol-other": done[~pd1 & ~deaths], "pd1-os": done[pd1 & deaths]}.items():
        won = int((rows["outcome"] == "positive").sum())
        assert (said[f"combo-{key}-won"], said[f"combo-{key}-all"]) == (won, len(rows)), key
        low, high = proportion_confint(won, len(rows), method="beta")
        assert said[f"combo-{key}-low"] == pytest.approx(100 * low) and said[f"combo-{key}-high"] == pytest.approx(100 * high)
    assert said["combo-sol-os-all"] >= 16 and said["combo-sol-os-won"] / said["combo-sol-os-all"] < 0.2, "few succeeded"
    assert said["combo-sol-other-won"] / said["combo-sol-other-all"] > 0.5, "those that counted progression mostly did"


def test_the_steps_are_few_and_said_to_be(said):
    assert (said["combo-steps-won"], said["combo-steps-all"]) == (0, 6)
    assert (said["combo-steps-pd1"], said["combo-steps-pd1-all"]) == (3, 3)
    assert said["combo-steps-high"] == pytest.approx(100 * (1 - 0.025 ** (1 / 6))), "Clopper and Pearson, nought of six"
    assert "This is a handful" in TEXT and "it is selected" in TEXT


def test_classes_of_trials_cover_what_the_filters_offer():
    seen = {"partner": set(), "endpoint": set(), "population": set()}
    for identity in evidence.trials().index:
        for key, values in evidence.trial_classes(evidence.trial(identity)).items():
            assert values
            seen[key] |= set(values)
    assert set(evidence.PARTNERS) | {"alone", "one molecule, two targets"} <= seen["partner"]
    assert set(evidence.ENDPOINTS) <= seen["endpoint"]
    assert seen["population"] == {"NSCLC", "several cancers", "other cancer"}
    assert evidence.trial_classes(evidence.trial("harmoni-a"))["partner"] == ["chemotherapy", "one molecule, two targets"]
    assert evidence.trial_classes(evidence.trial("sequoia"))["population"] == ["other cancer"]


# --- from phase 2 to phase 3 ------------------------------------------------------------------------------------------


def test_the_prior_is_the_pool_of_the_trials_named(said):
    """REML and its prediction against statsmodels' iterated estimate of the same studies, found again in the table."""
    table = pd.read_csv(evidence.data_folder() / "evidence" / "trials.csv", keep_default_na=False)
    ids = []
    for _, row in table.iterrows():
        counts = row["phase"] in ("3", "randomised") and row["outcome"] in ("positive", "negative", "stopped") and "not NSCLC" not in row["setting"]
        if counts and row["axis"] != "PD-1/PD-L1" and row["agent"] != "atezolizumab" and row["id"] != "relay":
            found = [f for f in map(evidence.fact, filter(None, row["facts"].split("; "))) if f.quantity == "hazard ratio" and f.endpoint == "overall survival" and f.ci_low]
            ids += [f.id for f in found[:1]]
    facts = [evidence.fact(i) for i in ids]
    assert said["combo-prior-k"] == len(ids) >= 15 and {"e4599-os-hr", "revel-os-hr", "canopy1-os-hr", "leap007-os-hr"} <= set(ids)
    assert {f.id for f in facts if f.ci_high < 1} == {"e4599-os-hr", "revel-os-hr", "anlotinib-os-hr"}, "as the picture's words say"
    yi = np.log([f.value for f in facts])
    se = np.array([math.log(f.ci_high / f.ci_low) / (2 * stats.norm.ppf(0.975)) for f in facts])
    assert round(said["combo-prior-estimate"], 2) == 0.93
    assert round(said["combo-prior-prediction_low"], 1) == 0.8 and round(said["combo-prior-prediction_high"], 1) == 1.1
    theirs = combine_effects(yi, se**2, method_re="iterated")
    assert math.log(said["combo-prior-estimate"]) == pytest.approx(theirs.mean_effect_re, abs=0.005)
    assert said["combo-prior-hr"] == said["combo-prior-estimate"]
    assert said["combo-prior-prediction_low"] < said["combo-prior-ci_low"] < said["combo-prior-ci_high"] < said["combo-prior-prediction_high"]


def by_integration(hr, events, events3, prior_hr, prior_events):
    """The chance of success by Bayes' rule and SciPy's integration."""
    grid = np.linspace(-2.5, 1.5, 80001)
    weight = stats.norm.pdf(grid, math.log(prior_hr), 2 / math.sqrt(prior_events)) * stats.norm.pdf(math.log(hr), grid, 2 / math.sqrt(events))
    power = stats.norm.cdf(stats.norm.ppf(0.025) - grid * math.sqrt(events3) / 2)
    return 100 * integrate.simpson(weight * power, x=grid) / integrate.simpson(weight, x=grid)


def test_what_s1800a_was_worth(said, printed):
    events, prior = said["combo-s1800a-events"], (said["combo-prior-hr"], said["combo-prior-events"])
    half = 1.2815516 * 2 / math.sqrt(events)
    assert math.log(0.92 / 0.51) == pytest.approx(2 * half, rel=1e-6), "an 80 % interval"
    p = stats.norm.cdf(math.log(0.69) * math.sqrt(events) / 2)
    assert p == pytest.approx(0.05, abs=0.01), "as the one-sided P of the trial"
    assert said["combo-s1800a-success"] == pytest.approx(by_integration(0.69, events, 370, *prior), abs=1e-4)
    assert said["combo-light-success"] == pytest.approx(by_integration(0.69, events, 370, prior[0], 100), abs=1e-4)
    assert said["combo-huge-success"] == pytest.approx(by_integration(0.69, events, 2000, *prior), abs=1e-4)
    assert 90 < said["combo-s1800a-naive"] < 97, "near certainty"
    assert 8 < said["combo-s1800a-success"] < 20, "failure is the likelier end"
    assert 40 < said["combo-light-success"] < 55, "near a half"
    assert said["combo-s1800a-success"] < said["combo-huge-success"] < 60
    assert said["combo-s1800a-needed"] < said["combo-s1800a-expected"] < 1
    assert said["combo-s1800a-published"] < said["combo-s1800a-behind"] < said["combo-s1800a-expected"]
    for kind in ("naive", "flat", "success"):
        assert f"success {said[f'combo-s1800a-{kind}']:.0f}%" in printed, "by hand as in the explorer"
    assert 9 <= said["combo-early-k"] < said["combo-prior-k"] and 10 < said["combo-early-success"] < 30, "hindsight changes it little"


def test_the_control_succeeds_in_its_own_class_only(said):
    assert said["combo-poplar-naive"] == said["combo-own-naive"] > 90
    assert said["combo-poplar-success"] < 30 and said["combo-own-success"] > 95
    assert 0.65 < said["combo-own-hr"] < 0.75
    poplar = evidence.fact("poplar-os-hr")
    assert (round(1 / 1.37, 2), round(1 / 1.89, 2), round(1 / 1.01, 2)) == (poplar.value, poplar.ci_low, poplar.ci_high), "turned round"


def test_the_news_is_told_as_news(said):
    assert (said["combo-news-hr"], said["combo-news-low"], said["combo-news-high"], said["combo-news-deaths"]) == (0.99, 0.81, 1.22, 370)
    assert "news" in TEXT and "no paper that we could cite" in TEXT
    half = 1.96 * 2 / math.sqrt(370)
    assert math.log(1.22 / 0.81) == pytest.approx(2 * half, rel=0.02), "its interval is that of 370 deaths in equal arms"


def test_later_trials_move_the_prior(said, printed):
    """Deaths that are not in the table: a pool with them lies lower and is worth less."""
    assert all(line in printed for line in ("HARMONi-6 0.66 (0.50 to 0.87)", "HARMONi   0.79 (0.62 to 1.01)", "LEAP-006  1.05 (0.88 to 1.26)"))
    for hr, low, high in ((0.66, 0.50, 0.87), (0.79, 0.62, 1.01), (1.05, 0.88, 1.26)):
        assert math.sqrt(low * high) == pytest.approx(hr, abs=0.005), "the interval is centred on the ratio"
    assert said["combo-late-prior-hr"] < said["combo-prior-hr"] and said["combo-late-prior-events"] < said["combo-prior-events"]
    given = (said["combo-late-prior-hr"], said["combo-late-prior-events"])
    assert said["combo-late-success"] == pytest.approx(by_integration(0.69, said["combo-s1800a-events"], 370, *given), abs=1e-4)
    assert said["combo-s1800a-success"] < said["combo-late-success"] < 50, "failure is still the likelier end"


# --- two drugs --------------------------------------------------------------------------------------------------------


def test_the_model_is_what_the_text_says(model, said):
    assert model.kind == "didactic" and model.check_reproduces().ok.all()
    assert said["combo-chance-response"] == pytest.approx(100 * (0.19 + 0.23 - 0.19 * 0.23))
    assert said["combo-same-response"] == pytest.approx(23), "no more than to B alone"
    assert said["combo-inactive-ratio-0"] == said["combo-inactive-ratio-12"] == pytest.approx(1)
    assert said["combo-chance-ratio-12"] < said["combo-chance-ratio-6"] < said["combo-chance-ratio-0"] < 1
    closed = 100 * (0.0437 * 2 ** (-12 / 14) + 0.1463 * 2 ** (-12 / 7) + 0.1863 * 2 ** (-12 / 14) + 0.6237 * 2 ** (-12 / 3))
    assert said["combo-chance-C-12"] == pytest.approx(closed, rel=1e-6)
    assert said["combo-chance-A-12"] == pytest.approx(100 * (0.19 * 2 ** (-12 / 7) + 0.81 * 2**-4), rel=1e-6)
    assert abs(said["combo-synergy-response"] - said["combo-chance-response"]) < 3, "the curves look like those of independence"


@pytest.mark.parametrize("overlap", [-1, -0.4, 0, 0.6, 1])
def test_overlap_stays_between_what_two_shares_allow(model, overlap):
    for a, b in ((0.19, 0.23), (0.7, 0.6), (0, 0.5), (0.8, 0.8)):
        start = model.simulate(t=[0, 1], f_A=a, f_B=b, o=overlap, g=0.3).iloc[0]
        parts = start[["C_11", "C_10", "C_01", "C_00", "C_g"]]
        assert parts.min() > -1e-12 and parts.sum() == pytest.approx(1)
        assert max(0, a + b - 1) - 1e-12 <= start.p_11 <= min(a, b) + 1e-12
        assert start.S_A == start.S_B == pytest.approx(100)


def test_scenarios_say_the_truth(model):
    runs = {s.id: model.simulate(t=[0, 12], **s.set) for s in model.scenarios}
    assert set(runs) == {"chance", "same", "inactive", "synergy"}
    assert np.allclose(runs["inactive"].S_C, runs["inactive"].S_A, rtol=1e-6)
    assert runs["synergy"].S_B.iloc[1] == pytest.approx(100 * 2**-4, rel=1e-6), "B helps nobody alone"
    gained = runs["synergy"].response.iloc[0] - 23
    assert gained / 77 == pytest.approx(1 / 6, rel=0.05), "a sixth of those whom A alone does not help"


def test_response_rates_against_what_single_drugs_allow(said):
    for key, (seen, a, b) in {"189": (0.476, 0.189, 0.23), "407": (0.579, 0.384, 0.23), "021": (0.58, 0.33, 0.23), "frei": (0.59, 0.47, 0.29)}.items():
        assert said[f"combo-orr-{key}-seen"] == pytest.approx(100 * seen)
        assert said[f"combo-orr-{key}-expected"] == pytest.approx(100 * (1 - (1 - a) * (1 - b)))
        assert said[f"combo-orr-{key}-most"] == pytest.approx(100 * (a + b))
    assert said["combo-orr-189-seen"] > said["combo-orr-189-most"], "beyond the sum"
    assert said["combo-orr-with-central"] < said["combo-orr-189-seen"] < said["combo-orr-with-irrc"], "what was seen lies between"
    half = 1.959964 * math.hypot(math.sqrt(0.189 * 0.811 / 206), math.sqrt(0.23 * 0.77 / 52))
    assert said["combo-orr-189-most-half"] == pytest.approx(100 * half, rel=1e-3) and 100 * half > 10
    assert said["combo-orr-189-borrowed"] == pytest.approx(100 * (1 - 0.67 * 0.77)), "with the chemotherapy arm of KEYNOTE-021"
    assert abs(said["combo-orr-189-borrowed"] - said["combo-orr-189-seen"]) < 1, "what was seen"
    for key in ("frei", "407"):
        assert abs(said[f"combo-orr-{key}-seen"] - said[f"combo-orr-{key}-expected"]) < 6


def test_the_criticised_rate_in_numbers():
    once = stats.binom.sf(6, 21, 0.18)
    assert once == pytest.approx(0.07, abs=0.005)
    assert 1 - (1 - once) ** 6 == pytest.approx(1 / 3, abs=0.03), "one of six cohorts"
    assert stats.binom.sf(6, 21, evidence.fact("kn001-orr-previous-irrc").value / 100) == pytest.approx(0.19, abs=0.005)
    low, high = proportion_confint(7, 21, method="beta")
    assert (round(100 * low), round(100 * high)) == (15, 57)


def test_the_flat_prior_exercise():
    found = assurance(0.75, 120, 450)
    assert (round(100 * found.naive), round(100 * found.flat)) == (86, 69)
    assert re.search(r"About 86 % and 69 %", TEXT)
