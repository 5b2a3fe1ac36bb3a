"""The chapter on virtual trials: it runs from scratch, and what its sentences say of the simulated trials is so."""

from __future__ import annotations

import re

import numpy as np
import pytest
from chapter import Chapter, Standard
from scipy import stats

import soluble
from soluble import evidence

CHAPTER = Chapter("16-virtual-trial")
TEXT = CHAPTER.text
executed, said, printed = CHAPTER.fixtures()


class TestStandard(Standard):
    chapter, pictures = CHAPTER, 2


def test_the_curves_cross_in_the_simulation_as_in_the_trial(said):
    published = {k: evidence.fact(k).value for k in ("cm057-pfs-nivolumab", "cm057-pfs-docetaxel", "cm057-1y-pfs-nivolumab", "cm057-1y-pfs-docetaxel")}
    assert published["cm057-pfs-nivolumab"] < published["cm057-pfs-docetaxel"]
    assert published["cm057-1y-pfs-nivolumab"] > published["cm057-1y-pfs-docetaxel"]
    assert said["trial-pd1-median"] < said["trial-docetaxel-median"]
    assert said["trial-pd1-free"] > said["trial-docetaxel-free"]
    assert said["trial-first-ci_low"] < 1 < said["trial-first-ci_high"]
    assert said["trial-docetaxel-shrunk"] > said["trial-pd1-shrunk"] > 50
    assert said["trial-hidden"] > 50, "'Why most progress'"


def test_early_progressions_fall_on_the_first_scan_and_on_the_hidden_hazard():
    """'More than half' of those that diameters show in four months, and 'most who do not respond' by then."""
    from soluble.cohort import simulate

    cohort = simulate("virtual-trial", ["docetaxel", "pd1"], n=1000)
    first = (63 + 5) / 30.4375  # the latest day of the first scan
    for arm in cohort.sizes:
        seen = cohort.outcomes(arm)
        early = seen.loc[(seen["how"] == "scan") & (seen["time"] < 4), "time"]
        assert (early <= first + 0.01).mean() > 0.5
    others = seen[~seen["response"]]
    assert (others["event"] & (others["time"] <= first + 0.01)).mean() > 0.5


def test_a_link_of_nought_can_be_hidden_by_a_lower_inflow():
    """'Put the strength of IL-6 to 0 and the inflow lower by a sixth, and the four fitted numbers come out as before.'"""
    from soluble.cohort import describe, simulate

    population = soluble.load_population("virtual-trial")
    fitted = population.fitted
    without = population.with_fitted({**fitted, "inflow": fitted["inflow"] * 5 / 6})
    usual, other = simulate(population, ["pd1"], n=600), simulate(without, ["pd1"], n=600, settings={"s_6": 0})
    one, two = (describe(c.outcomes("pd1")) for c in (usual, other))
    assert two["response"] == pytest.approx(one["response"], abs=1.5)
    assert two["free at 12"] == pytest.approx(one["free at 12"], abs=1.5)
    assert two["median"] == pytest.approx(one["median"], abs=0.2)
    assert 100 * other.who("pdl1", "high").mean() == pytest.approx(100 * usual.who("pdl1", "high").mean(), abs=2)


def test_pd_l1_parts_the_simulated_patients(said):
    assert said["trial-pdl1-high-ci_high"] < 1 < said["trial-pdl1-low-ci_low"]
    assert 5 < said["trial-only-pd1"] < 20


def test_a_true_weak_link_mostly_goes_unseen(said):
    """'Nine times in ten', 'a few hundredths', and more with more patients or a stronger link."""
    assert 0.9 < said["trial-pd1-il6-hr"] < 0.97
    assert said["trial-pd1-il6-power"] <= 15 < said["trial-pd1-vegf-power"]
    assert said["trial-pd1-il6-power"] < said["trial-pd1-il6-power-400"] < 35
    assert said["trial-strong-power"] > 60 > 2 * said["trial-pd1-il6-power"]
    assert said["trial-strong-response"] < 0.75 * evidence.fact("cm057-orr").value, "'does worse than in CheckMate 057'"
    assert said["trial-il6-high-hr"] < said["trial-il6-low-hr"]
    assert said["trial-il6-high-power"] > said["trial-il6-low-power"]
    assert said["trial-pdl1-low-il6-hr"] < said["trial-pdl1-high-il6-hr"]


def test_power_by_hand_is_that_of_repeated_trials(printed):
    """'The two agree within chance': 400 trials, and the formula from Phi(|log h| sqrt(d) / 2 - 1.96)."""
    pairs = re.findall(r"(\d+) events, ([\d.]+) by formula\n +([\d.]+) of 400", printed)
    assert len(pairs) == 3
    for _, formula, found in pairs:
        assert float(found) == pytest.approx(float(formula), abs=0.1)


def test_the_combination_exceeds_the_better_of_two(said):
    assert said["trial-both-median"] > said["trial-better-median"] > said["trial-docetaxel-median"]
    assert said["trial-both-response"] > said["trial-either"]


def test_what_is_said_of_the_calibration(said):
    assert said["trial-at-oak-pfs-hr"] == pytest.approx(evidence.fact("oak-pfs-hr").value, rel=0.1)
    revel = evidence.fact("revel-pfs-hr")
    assert revel.ci_low < said["trial-at-revel-pfs-hr"] < revel.ci_high
    assert said["trial-at-cm057-orr-docetaxel"] > 1.3 * evidence.fact("cm057-orr-docetaxel").value
    assert said["trial-at-cm017-pfs-hr"] > evidence.fact("cm017-pfs-hr").ci_high, "a miss that the text names"
    assert said["trial-at-harmoni2-pfs-hr"] > evidence.fact("harmoni2-pfs-hr").ci_high, "another"
    assert said["trial-at-kang-il6-low-orr"] - said["trial-at-kang-il6-high-orr"] < 15 < evidence.fact("kang-il6-low-orr").value - evidence.fact("kang-il6-high-orr").value
    assert said["trial-held"] > 20
    assert 0 < said["trial-inside"] < said["trial-intervals"] / 2, "'most were missed'"
    assert said["trial-at-cm057-1y-pfs-docetaxel"] > 1.3 * evidence.fact("cm057-1y-pfs-docetaxel").value
    assert said["trial-at-kang-il6-low-pfs"] < evidence.fact("kang-il6-low-pfs").value / 2
    share = said["trial-at-navarixin-pembro-orr"] / 100
    assert (1 - share) ** evidence.fact("navarixin-pembro-orr").n > 0.05, "within chance of none of 25"


def test_which_assumptions_decide(said):
    """'The links that the added drug blocks decide ..., and after them the hidden hazard; those of the others hardly more than chance'."""
    start, ratio = said["trial-as-set-ratio"], lambda name, end: said[f"trial-moved-{name}-{end}-ratio"]
    width = {name: abs(ratio(name, "high") - ratio(name, "low")) for name in ("w_v", "n_v", "hazard", "spread", "s_6", "s_8")}
    assert width["w_v"] > width["n_v"] > width["hazard"] > max(width["spread"], width["s_6"], width["s_8"])
    assert ratio("w_v", "low") > start > ratio("w_v", "high")
    for name in ("s_6", "s_8"):
        for end in ("low", "high"):
            assert abs(ratio(name, end) - start) < 2 * said[f"trial-moved-{name}-{end}-ratio-error"]
    for end in ("low", "high"):
        assert said[f"trial-moved-w_v-{end}-median"] == said["trial-as-set-median"], "'to the last digit'"
        assert said[f"trial-moved-hazard-{end}-ratio-error"] < said["trial-as-set-ratio-error"]
    assert said["trial-moved-hazard-low-median"] > said["trial-as-set-median"] > said["trial-moved-hazard-high-median"]


def test_at_the_next_scan_the_median_leaps_and_the_hazard_ratios_hardly_move(said):
    """Between the latest day of the first scan and the earliest of the second, 68 and 100, nobody can be seen to progress."""
    first, second = (63 + 5) / 30.4375, (105 - 5) / 30.4375
    published = evidence.fact("cm057-pfs-nivolumab").value
    assert first < published < second
    assert said["trial-on-day-median"] < second <= said["trial-on-scan-median"]
    assert 50 < said["trial-on-day-free"] < said["trial-on-scan-free"] < 55
    for b in ("pd1-vegf", "pd1"):
        assert abs(said[f"trial-on-scan-{b}-hr"] - said[f"trial-on-day-{b}-hr"]) < 0.02


def test_twice_the_guess_would_have_missed_revel():
    """The VEGF links at 0.6 instead of 0.3."""
    from soluble import biomarkers
    from soluble.cohort import simulate

    cohort = simulate("virtual-trial", ["docetaxel", "docetaxel-vegf"], n=600, settings={"n_v": 0.6, "w_v": 0.6})
    both = [cohort.outcomes(arm) for arm in ("docetaxel", "docetaxel-vegf")]
    time, event = (np.concatenate([o[c] for o in both]) for c in ("time", "event"))
    ratio = biomarkers.cox(time, event, np.repeat([0.0, 1.0], 600))
    assert ratio.estimate < evidence.fact("revel-pfs-hr").ci_low


def test_the_five_strengths_are_equal_and_assumed():
    model = soluble.load_model("virtual-trial")
    strengths = [p for p in model.parameters_ if p.id in ("s_6", "s_8", "e_4", "n_v", "w_v")]
    assert {p.value for p in strengths} == {0.3} and all(p.assumed for p in strengths)
    assert model.kind == "didactic"


def test_the_events_that_the_exercise_asks_for():
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    assert 4 * z**2 / np.log(0.83) ** 2 == pytest.approx(904, abs=2)
    assert "About 900." in TEXT
