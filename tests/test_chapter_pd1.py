"""The chapter on predicting response to PD-1 blockade: it runs from scratch, and what its sentences say of models, simulations and evidence is so."""

from __future__ import annotations

import re

import numpy as np
import pytest
from chapter import Chapter, Standard
from scipy import stats

import soluble
from soluble import evidence, prediction

CHAPTER = Chapter("14-pd1")
TEXT = CHAPTER.text
executed, said, printed = CHAPTER.fixtures()


class TestStandard(Standard):
    chapter, pictures = CHAPTER, 3


@pytest.fixture(scope="module")
def model():
    return soluble.load_model("pembrolizumab-albumin")


def test_the_puzzles_numbers_were_looked_up_on_their_pages():
    for identity in ("lipi-ici-os-hr", "schalper-il8-prognostic", "turner-clearance-os-hr", "turner-dose-os-hr", "wangr-clearance-os", "oak-positive-os-hr", "srivastava-validation2-os-hr"):
        assert evidence.fact(identity).checked.startswith("page http"), identity


# --- the models ------------------------------------------------------------------------------------------------------


def test_every_constant_is_sourced_or_argued(model):
    assert model.kind == "didactic"
    for parameter in model.parameters_:
        assert bool(parameter.source) != bool(parameter.assumed), parameter.id
    assert model.check_reproduces().ok.all()


def test_disposition_is_that_of_the_published_model(model):
    """With a steady albumin it is ahamadi-2017 for a patient with NSCLC, at any albumin."""
    for albumin in (25, 39.6, 45):
        ours = model.simulate(t=[0, 10, 100, 250], albumin_0=albumin, albumin_1=albumin)
        theirs = soluble.load_model("ahamadi-2017").simulate(t=[0, 10, 100, 250], albumin=albumin, NSCLC=1, V_albumin=0)
        assert np.allclose(ours["concentration"], theirs["concentration"], rtol=1e-5)


def test_steady_state_by_hand(model):
    """Average concentration at steady state = dose / (interval · clearance)."""
    run = model.simulate(t=np.linspace(231, 251.999, 2101))
    average = np.trapezoid(run.concentration, run.index) / (run.index[-1] - run.index[0])
    assert average == pytest.approx(2 * 76.8 / (21 * 0.22 * 1.145), rel=0.02)


def test_the_dose_over_its_whole_range(said):
    """Per mg/kg, eight of them: the trial's own two arms against docetaxel give the same ratio."""
    assert said["pd1-dose"] == pytest.approx(evidence.fact("kn010-10mg-os-hr").value / evidence.fact("kn010-2mg-os-hr").value, abs=0.02)
    assert said["pd1-dose-low"] == pytest.approx(2 / 3, abs=0.02), "a gain of a third is not excluded"
    assert said["pd1-dose-high"] > 1, "no effect was found"
    dose = evidence.fact("turner-dose-os-hr")
    all_dead = 2 / np.sqrt(345 + 346)  # least standard error of a comparison of the two arms
    assert np.log(dose.ci_high / dose.ci_low) / 3.92 < all_dead / 4, "too narrow for the step from 2 to 10 mg/kg"


def test_what_is_said_of_the_trough(said, model):
    assert said["pd1-wastes-share"] == pytest.approx(50, abs=4), "half of what it would have been"
    started = {s.id: s.set.get("albumin_0", 39.6) for s in model.scenarios}
    assert started["wastes"] == started["wastes-more"] == started["stable"], "but for the wasting the same patient"
    assert said["pd1-stable-engaged"] - said["pd1-wastes-engaged"] == pytest.approx(2.5, abs=0.5)
    assert 3.5 < said["pd1-wastes-more-engaged"] - said["pd1-wastes-engaged"] < 4.8, "the scenario says four points"
    assert said["pd1-little-engaged"] < 20
    assert said["pd1-recovers-trough"] > said["pd1-stable-trough"]
    hand = 100 * said["pd1-wastes-trough"] / (0.535 + said["pd1-wastes-trough"])
    assert said["pd1-wastes-engaged"] == pytest.approx(hand, abs=1e-6)
    assert said["pd1-tumour-stable"] - said["pd1-tumour-wastes"] > 10 and said["pd1-tumour-more"] - said["pd1-tumour-stable"] > 10


def test_scenarios_say_the_truth(model):
    assert {s.id for s in model.scenarios} == {"stable", "recovers", "wastes", "wastes-more", "little"}
    recovers = model.simulate(albumin_0=30, albumin_1=40)
    assert recovers.CL.iloc[-1] / recovers.CL.iloc[0] == pytest.approx(0.77, abs=0.01), "a fall by about a quarter"
    levels = [model.simulate(t=[0, 251], albumin_0=36, albumin_1=24, dose_per_kg=d).concentration.iloc[1] for d in (2, 10)]
    assert levels[1] / levels[0] == pytest.approx(5)


def test_nivolumab_gains_more_than_a_third(said):
    assert 100 / 3 < said["pd1-nivolumab-gain"] < 60, "the last of the three answers offered; the mean gains 1/0.745, a third"


# --- simulations -----------------------------------------------------------------------------------------------------


def test_clearance_that_harms_nobody(said, printed):
    assert said["pd1-sim-control"] > 1.3 and said["pd1-sim-drug"] > 1.3, "parts both arms"
    assert said["pd1-sim-exposure"] < 0.8
    assert said["pd1-sim-dose"] == pytest.approx(1, abs=0.15)
    assert said["pd1-sim-interaction"] > 0.05


def test_noise_that_saves_lives(said):
    assert said["pd1-immortal-naive"] < 0.3
    assert said["pd1-immortal-landmark"] == pytest.approx(1, abs=0.15) and said["pd1-immortal-varying"] == pytest.approx(1, abs=0.15)


def test_twelve_cytokines_of_noise(said):
    best = max(evidence.fact(f"zhao-{score}-auc").value for score in ("lipi", "modified-lipi", "lipi-orr", "modified-lipi-orr"))
    assert said["pd1-panel-apparent"] > best, "better than LIPI or its modification"
    assert 0.6 < said["pd1-panel-low"] < said["pd1-panel-apparent"] < said["pd1-panel-high"] < 0.9, "no lucky draw"
    assert said["pd1-panel-apparent"] - said["pd1-panel-corrected"] > 0.5 * (said["pd1-panel-apparent"] - 0.5), "most of it"
    assert said["pd1-panel-corrected"] > said["pd1-panel-new"] and said["pd1-panel-new"] == pytest.approx(0.5, abs=0.03)


def test_a_score_that_fades(said):
    assert said["pd1-lung-6"] == max(said[f"pd1-lung-{m}"] for m in (3, 6, 12, 18)) and said["pd1-lung-18"] < said["pd1-lung-6"]


def binormal(threshold, auc, prevalence, slope=1.0, odds=1.0):
    """Net benefit per 100 in infinitely many patients, by integrating over the two normal distributions of the marker."""
    d = np.sqrt(2) * stats.norm.ppf(auc)
    z = np.linspace(-9, 9 + d, 400_001)
    learnt = (d * z - d**2 / 2) / slope
    risk = 1 / (1 + np.exp(-(np.log(prevalence / (1 - prevalence)) + np.log(odds) + learnt)))
    treated = risk >= threshold
    right = prevalence * np.trapezoid(stats.norm.pdf(z - d) * treated, z)
    wrong = (1 - prevalence) * np.trapezoid(stats.norm.pdf(z) * treated, z)
    return 100 * (right - wrong * threshold / (1 - threshold))


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("worth-20", {"threshold": 0.2}),
        ("worth-5", {"threshold": 0.05}),
        ("right-40", {"threshold": 0.4}),
        ("extreme-40", {"threshold": 0.4, "slope": 0.5}),
        ("elsewhere-20", {"threshold": 0.2, "odds": 2.5}),
        ("good-20", {"threshold": 0.2, "auc": 0.85}),
    ],
)
def test_worths_by_integration(said, name, setting):
    assert said[f"pd1-{name}"] == pytest.approx(binormal(**{"auc": 0.68, "prevalence": 0.2, **setting}), abs=0.005)


def test_what_is_said_of_the_worths(said):
    assert said["pd1-worth-5"] - said["pd1-all-5"] < 0.1, "hardly any decision"
    assert said["pd1-extreme-40"] < 0 < said["pd1-right-40"], "worse than treating nobody"
    assert said["pd1-elsewhere-20"] < 0.5 * said["pd1-worth-20"], "more than half of the gain"
    assert said["pd1-good-20"] > 2 * said["pd1-worth-20"], "the scenario says more than double"
    assert said["pd1-hundred-low"] < 1 and said["pd1-hundred-high"] > 9


def test_the_first_picture_is_no_lucky_cohort():
    """The cohort that the explorer starts with shows about what infinitely many patients would."""
    patients = prediction.simulate_predictions(35, 400, auc=0.68, prevalence=0.2)
    assert prediction.auc(patients["risk"], patients["response"]).estimate == pytest.approx(0.68, abs=0.015)
    assert prediction.calibration(patients["risk"], patients["response"]).slope == pytest.approx(1, abs=0.1)


# --- the evidence ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "a", "b"), [("lipi", "lipi-ici-os-hr", "lipi-chemo-os-hr"), ("oak", "oak-positive-os-hr", "oak-negative-os-hr"), ("prophet", "prophet-negative-os-hr", "prophet-positive-os-hr")])
def test_ratios_of_hazard_ratios(said, name, a, b):
    a, b = evidence.fact(a), evidence.fact(b)
    se = np.hypot(*(np.log(f.ci_high / f.ci_low) / (2 * 1.959964) for f in (a, b)))
    middle = np.log(a.value / b.value)
    wanted = np.exp([middle, middle - 1.959964 * se, middle + 1.959964 * se])
    assert [said[f"pd1-ratio-{name}-{part}"] for part in ("estimate", "ci_low", "ci_high")] == pytest.approx(list(wanted), rel=1e-6)


def test_what_is_said_of_the_evidence(said):
    assert said["pd1-ratio-oak-ci_low"] < 1 < said["pd1-ratio-oak-ci_high"]
    assert said["pd1-ratio-prophet-ci_high"] < 1 and said["pd1-ratio-lipi-ci_high"] < 1, "LIPI: beyond chance"
    steps = [evidence.fact(f"srivastava-{c}-os-hr").value for c in ("development", "validation1", "validation2")]
    assert steps == sorted(steps), "each step shrinks the effect"
    for a, b in (("development", "validation1"), ("validation1", "validation2")):
        step = evidence.ratio_of_ratios(f"srivastava-{a}-os-hr", f"srivastava-{b}-os-hr")
        assert step["ci_low"] < 1 < step["ci_high"], "either step alone is within chance"
    grows = [evidence.fact(f"kn042-{c}-os-hr").value for c in ("any", "20", "high")]
    assert grows == sorted(grows, reverse=True)
    assert evidence.fact("turner-clearance-os-hr").value > evidence.fact("turner-clearance-adjusted-os-hr").value > 1
    for identity in ("wang2021-ctdna-fall-pfs-hr", "wang2026-ctdna-fall-pfs-hr", "keegan-il6-fall-pfs-hr", "cui-exosomal-rise-pfs-hr"):
        assert evidence.fact(identity).ci_high < 1


def test_exercises_answers():
    assert 0.14 - 0.26 / 3 == pytest.approx(0.0533, abs=1e-4)
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    assert 16 * z**2 / np.log(0.7) ** 2 == pytest.approx(987, abs=2), "about a thousand"
    assert re.search(r"About a thousand deaths against two hundred and fifty", TEXT)
