"""The IL-8 chapter: it runs from scratch, and what its sentences say of the model and the evidence is so."""

from __future__ import annotations

import re

import numpy as np
import pytest
from chapter import Chapter, Standard

import soluble
from soluble import evidence

CHAPTER = Chapter("04-il8")
TEXT = CHAPTER.text
executed, said, printed = CHAPTER.fixtures()


class TestStandard(Standard):
    chapter, pictures = CHAPTER, 3


@pytest.fixture(scope="module")
def model():
    return soluble.load_model("il8-neutrophils")


def scenario(model, identity, **more):
    return model.simulate(**{**next(s for s in model.scenarios if s.id == identity).set, **more})


def test_the_puzzles_numbers_were_looked_up_on_their_pages():
    for identity in ("navarixin-pembro-orr", "navarixin-neutrophils", "navarixin-pfs", "navarixin-prior-pdl1", "schalper-il8-prognostic", "oak-nlr-atezolizumab-os-hr", "oak-nlr-docetaxel-os-hr"):
        assert evidence.fact(identity).checked.startswith("page https://"), identity


# --- what the reader is told of the model -----------------------------------------------------------------------------


def test_every_constant_is_sourced_or_argued(model):
    assert model.kind == "didactic"
    for parameter in model.parameters_:
        assert bool(parameter.source) != bool(parameter.assumed), parameter.id


def test_starts_where_the_untreated_patient_stands(model):
    """At any setting of the sliders that bear on the start, nothing but the tumour moves without treatment."""
    for setting in ({}, {"q": 100}, {"V_0": 1000, "O_T": 30, "a_0": 2}, {"R": 0, "N_0": 15, "t_N": 24, "t_T": 10, "f": 1}):
        run = model.simulate(t=[0, 1e-6, 5], g=0.002, kill=0, **setting)
        for quantity in ("N_B", "N_T", "plasma_il8"):
            assert run[quantity].iloc[1] == pytest.approx(run[quantity].iloc[0], rel=1e-6)
            assert run[quantity].iloc[2] == pytest.approx(run[quantity].iloc[0], rel=0.02)


def test_agreement_with_what_was_fitted(model, said):
    assert model.check_reproduces().ok.all()
    total = evidence.fact("reinsberg-total-il8")
    assert 0.28 < said["il8-model-total"] / total.value < 0.38, "a third of what was measured in lysed blood"
    assert said["il8-model-total"] < total.ci_low


def test_red_cells_store_and_do_not_lower(model):
    """Without red cells IL-8 in plasma is the same, and follows the antibody's arrival no later."""
    with_store, without = (model.simulate(t=[0, 20, 40], R=R) for R in (15, 0))
    assert np.allclose(with_store.plasma_il8, without.plasma_il8, rtol=2e-3)
    low, high = (model.simulate(t=[0, 1 / 24], q=0.1, R=R, Q0=1) for R in (0, 15))
    assert low.plasma_il8.iloc[1] / low.plasma_il8.iloc[0] < 0.1 < high.plasma_il8.iloc[1] / high.plasma_il8.iloc[0]


def test_the_antagonist_takes_more_from_the_tumour_than_from_blood(said, model):
    published = evidence.fact("navarixin-neutrophils")
    assert published.ci_low <= said["il8-antagonist-blood"] <= published.ci_high
    assert said["il8-antagonist-tumour"] > evidence.fact("azd5069-sputum-fall").value > said["il8-antagonist-blood"]
    assert said["il8-ozone-fall"] > 90
    assert 0 < said["il8-antagonist-diameter"] < said["il8-untreated-diameter"]
    assert said["il8-antagonist-brake"] < said["il8-untreated-brake"]
    bystander, given = scenario(model, "bystander", taken=0), scenario(model, "bystander")
    assert np.allclose(bystander["T"], given["T"]) and given.N_B.iloc[-1] < 0.55 * given.N_B.iloc[0]
    counts = ["N_B", "N_T"]
    assert np.allclose(given[counts], scenario(model, "antagonist")[counts], rtol=1e-3), "the counts do not tell bystanders from a brake"


def test_what_the_antibody_does(said, model):
    assert abs(said["il8-antibody-blood"]) < 0.5
    assert 15 < said["il8-antibody-tumour"] < 30
    assert said["il8-antibody-il8"] > 75 and said["il8-antibody-total"] > 100
    assert said["il8-twentyfold-blood"] < 2 and said["il8-twentyfold-plasma"] > 200
    run = scenario(model, "antibody")
    assert run.tumour_il8.max() < 2, "free IL-8 in the tumour falls nearly to nothing"
    assert run.plasma_il8.max() < 0.25 * model.simulate(t=[0, 1]).plasma_il8.iloc[0]


def test_scenarios_say_the_truth(model):
    assert {s.id for s in model.scenarios} == {"antagonist", "untreated", "antibody", "dual", "bystander", "held-back", "held-back-untreated", "competitive"}
    last = {s.id: scenario(model, s.id).iloc[-1] for s in model.scenarios}
    start = model.simulate(t=[0, 1]).iloc[0]
    assert last["antagonist"].N_T == pytest.approx(0.25 * start.N_T, rel=0.1)
    assert last["dual"].N_T < 0.8 * last["antagonist"].N_T and last["dual"].N_T > 0.5 * last["antagonist"].N_T
    assert last["held-back"].diameter < -30 and abs(last["held-back-untreated"].diameter) < 5
    assert last["held-back-untreated"].brake == pytest.approx(0.8, abs=0.02)
    untreated = scenario(model, "untreated")
    assert untreated.plasma_il8.is_monotonic_increasing and np.ptp(untreated.N_T) < 0.01 * start.N_T
    assert last["competitive"].N_B == pytest.approx(last["antagonist"].N_B, rel=0.01)
    assert last["competitive"].N_T > 2 * last["antagonist"].N_T


def test_levels(said, model):
    assert said["il8-left-navarixin-40"] < 25 and said["il8-left-competitive-40"] > 35
    blood = 100 * scenario(model, "competitive").N_B.iloc[-1] / model.parameters()["value"]["N_0"]
    assert 100 - blood > 0.5 * (100 - said["il8-left-competitive-40"]), "most of the loss comes by way of the blood"
    assert said["il8-left-competitive-1000"] < 20
    floor = [model.simulate(t=[0, 63], taken=1, level=1e4, a_0=a).N_T.iloc[-1] / model.simulate(t=[0, 1], a_0=a).N_T.iloc[0] for a in (0, 0.3, 2)]
    assert floor == sorted(floor) and floor[0] < 0.01
    counts = [model.simulate(t=[0, 63], taken=1, level=level).N_B.iloc[-1] for level in (20, 1e4)]
    assert counts[0] / counts[1] < 1.06, "near the floor from about 20 on"


def test_window(said, model):
    assert said["il8-window-with"] < said["il8-window-without"]
    for kill, responds in ((0.9 * said["il8-window-with"], False), (1.05 * said["il8-window-with"], True)):
        assert (model.simulate(t=[0, 63], taken=1, kill=kill).diameter.iloc[-1] < -30) == responds
    still = [model.simulate(t=[0, 63], taken=taken, s=0, kill=0.05).diameter.iloc[-1] for taken in (0, 1)]
    assert still[0] == pytest.approx(still[1]), "without a brake the window closes"


def test_by_hand_as_in_the_explorer(printed, model):
    run = scenario(model, "antagonist", t=[0, 63])
    share = float(re.search(r"left in the tumour ([\d.]+)%", printed)[1])
    assert share == pytest.approx(100 * run.N_T.iloc[-1] / run.N_T.iloc[0], abs=0.2)
    plasma = float(re.search(r"plasma: .* ([\d.]+)% of sites", printed)[1])
    assert 0.25 < plasma < 0.4, "a third of a percent"


def test_simulated_trials(said):
    assert said["il8-sim-bystanders-docetaxel"] > 1.5 and said["il8-sim-bystanders-checkpoint"] > 1.2
    assert said["il8-sim-brake-docetaxel"] == pytest.approx(said["il8-sim-bystanders-docetaxel"])
    assert said["il8-sim-bystanders-ratio"] < said["il8-sim-brake-ratio"]
    assert said["il8-sim-shift"] < said["il8-detectable"], "a cause and a bystander look alike"


# --- the evidence ----------------------------------------------------------------------------------------------------


def ratio_by_hand(a, b):
    a, b = evidence.fact(a), evidence.fact(b)
    se = np.hypot(*(np.log(f.ci_high / f.ci_low) / (2 * 1.959964) for f in (a, b)))
    middle = np.log(a.value / b.value)
    return np.exp([middle, middle - 1.959964 * se, middle + 1.959964 * se])


@pytest.mark.parametrize(
    ("name", "a", "b"),
    [
        ("nlr", "oak-nlr-atezolizumab-os-hr", "oak-nlr-docetaxel-os-hr"),
        ("lipi", "lipi-ici-os-hr", "lipi-chemo-os-hr"),
        ("lipi-targeted", "lipi-targeted-os-hr", "lipi-targeted-chemo-os-hr"),
    ],
)
def test_ratios_of_hazard_ratios(said, name, a, b):
    got = [said[f"il8-ratio-{name}-{part}"] for part in ("estimate", "ci_low", "ci_high")]
    assert got == pytest.approx(list(ratio_by_hand(a, b)), rel=1e-6)


def test_what_is_said_of_the_ratios(said):
    assert said["il8-ratio-nlr-ci_low"] < 1 < said["il8-ratio-nlr-ci_high"], "predictive not shown"
    assert said["il8-ratio-lipi-ci_high"] < 1, "sharper under checkpoint inhibitors"
    assert said["il8-ratio-lipi-targeted-estimate"] == pytest.approx(said["il8-ratio-lipi-estimate"], abs=0.05), "about the same under targeted drugs"
    assert said["il8-ratio-lipi-targeted-ci_high"] > 1, "if less certain"
    for arm in ("ici", "chemo", "targeted", "targeted-chemo"):
        assert evidence.fact(f"lipi-{arm}-os-hr").ci_high < 1


def test_pooled_cohorts(said):
    assert said["il8-nlr-ci_low"] < said["il8-nlr-estimate"] < said["il8-nlr-ci_high"]
    assert said["il8-nlr-i2"] > 70
    assert said["il8-nlr-prediction_low"] < 0.1 and said["il8-nlr-prediction_high"] > 50


def test_nought_of_twenty_five(said):
    assert said["il8-patients"] == 25
    assert (1 - said["il8-zero-upper"] / 100) ** 25 == pytest.approx(0.05)
    assert 100 / 12 < said["il8-zero-upper"] < 100 / 3, "the quiz: one in twelve is compatible, one in three is not"


def test_the_smaller_control_cohort():
    ratio = evidence.fact("mezquita-chemo-n").value / evidence.fact("mezquita-ici-n").value
    assert ratio == pytest.approx(1 / 3, abs=0.03)
