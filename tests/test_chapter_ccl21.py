"""The CCL21 chapter: it runs from scratch, and what its sentences say of the model and the evidence is so."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from chapter import Chapter, Standard

import soluble
from soluble import evidence

CHAPTER = Chapter("07-ccl21")
EDGE = 444
executed, said, printed = CHAPTER.fixtures()


class TestStandard(Standard):
    chapter, pictures = CHAPTER, 2


@pytest.fixture(scope="module")
def model():
    return soluble.load_field("ccl21-lymphatic")


@pytest.fixture(scope="module")
def p(model):
    return model.parameters()["value"]


def test_the_puzzles_numbers_were_looked_up_on_their_pages():
    for identity in ("lee-dc-cd8-share", "ccl21-dc-cd8", "ccl21-dc-os", "ccl21-dc-stable", "lee-dc-elispot", "zu-ccr7-os-hr", "ccr7-t1n0-favourable", "shields-ccl21-tolerance", "weber-reach", "wang-occupancy-threshold"):
        assert evidence.fact(identity).checked.startswith("page https://"), identity


# --- what the reader is told of the model -----------------------------------------------------------------------------


def test_every_constant_is_sourced_or_argued(model):
    assert model.kind == "didactic"
    for parameter in model.parameters_:
        assert bool(parameter.source) != bool(parameter.assumed), parameter.id


def test_what_was_published_is_what_the_model_holds(p):
    assert p["K"] == evidence.fact("yoshida-ccl21-ic50").value
    assert p["N_min"] == evidence.fact("wang-occupancy-threshold").value
    assert 100 * p["i_19"] == pytest.approx(evidence.fact("byers-ccl19-internalised").value)
    assert 100 * p["i_21"] == pytest.approx(evidence.fact("byers-ccl21-internalised").value)


def test_receptors_are_taken_in_as_published(model, p):
    """At full occupancy the share of CCR7 that is left is one less the published share, for either chemokine."""
    for c_19, share in ((0, p["i_21"]), (1, p["i_19"])):
        run = model.simulate(n_D=1, n_T=0, q=4, c_19=c_19, every=480)
        theta, taken = run.quantity("theta").max(), run.quantity("taken").max()
        assert theta > 0.95
        assert p["k_r"] / (p["k_r"] + taken) == pytest.approx(1 - share, abs=0.02)


def test_reach(said, p):
    """Fitted for dendritic cells; for tumour cells it follows from the exponential tail."""
    assert said["ccl21-reach-D"] == pytest.approx(evidence.fact("weber-reach").value, abs=2)
    lost = p["ell"] * math.log(p["N_D"] * p["d_D"] / (p["N_T"] * p["d_T"]))
    assert said["ccl21-reach-T"] == pytest.approx(said["ccl21-reach-D"] - lost, abs=1.5)
    assert said["ccl21-reach-T"] == pytest.approx(60, abs=2), "one of the three answers of the prediction"


def tail(model, **setting):
    """Length over which the difference falls e-fold, and the difference 80 µm from the vessel."""
    seen = model.simulate(n_D=1, n_T=0, every=480, **setting).difference("D_c")
    x = seen.index[(seen.index > EDGE - 110) & (seen.index < EDGE - 60)]
    return 1 / np.polyfit(x, np.log(seen.loc[x]), 1)[0], float(np.interp(EDGE - 80, seen.index, seen))


def test_the_gradient_falls_over_the_length_that_is_named(model, p):
    length, _ = tail(model)
    assert length == pytest.approx(p["ell"], rel=0.06)
    assert tail(model, ell=20)[0] == pytest.approx(20, rel=0.06)


def test_binding_adds_five_times_as_much(model, p):
    run = model.simulate(n_D=1, n_T=0, every=480)
    soluble_, bound = run.profile("S"), run.profile("B")
    at = EDGE - 88.0  # far from saturation
    assert bound[at] / soluble_[at] == pytest.approx(p["k_on"] * p["M"] / (p["k_off"] + p["k_b"]), rel=0.05)
    assert 4 < bound[at] / soluble_[at] < 6, "five times as much"
    without = model.simulate(n_D=1, n_T=0, M=0, every=480).profile("S")
    assert soluble_[at] == pytest.approx(without[at], rel=0.15), "soluble CCL21 is nearly the same"


def test_what_is_left_when_the_vessel_falls_silent(model):
    def reach(t_end, **setting):
        seen = model.simulate(t_end=t_end, n_D=1, n_T=0, t_off=60, every=480, **setting).difference("D_c")
        seen = seen[seen.index < EDGE]
        return EDGE - seen[seen > 10].index.min() if (seen > 10).any() else 0

    assert reach(60 + 120) > 30 and reach(60 + 180) == 0, "two hours more"
    assert reach(60, M=0) > 50 and reach(60 + 15, M=0) == 0, "a quarter of an hour"


def test_arrivals(said):
    assert said["ccl21-vessel-D"] - said["ccl21-nothing-D"] == pytest.approx(30, abs=5), "some thirty in a hundred"
    assert said["ccl21-vessel-T"] < 10 and said["ccl21-nothing-T"] < 1
    assert said["ccl21-fast-tumour-T"] > said["ccl21-vessel-D"], "more than dendritic cells"
    assert said["ccl21-fast-tumour-T"] - said["ccl21-fast-nothing-T"] < 10, "hardly chemotaxis"
    assert said["ccl21-rich-tumour-T"] > 3 * said["ccl21-vessel-T"]
    assert abs(said["ccl21-swamped-D"] - said["ccl21-nothing-D"]) < 5, "near chance"
    assert abs(said["ccl21-silent-unbound-D"] - said["ccl21-nothing-D"]) < 5 < said["ccl21-silent-D"] - said["ccl21-silent-unbound-D"]
    assert said["ccl21-nothing-D"] < said["ccl21-ccl19-D"] < said["ccl21-vessel-D"]
    assert 0 < said["ccl21-index-nothing-D"] < said["ccl21-index-D"], "not nought without chemokine"


def test_rich_tumour_cells_gain_by_guidance_alone(model):
    """Slow cells with many receptors do not arrive without chemokine."""
    run = model.simulate(seed=1, n_D=0, n_T=120, N_T=30000, t_off=0, every=480)
    assert run.arrived("T_c") < 0.02


def test_vaccine(said):
    assert said["ccl21-vaccine-L"] > 90 > 20 > said["ccl21-nothing-L"] > said["ccl21-vessel-L"]
    assert said["ccl21-nothing-L"] == pytest.approx(100 * math.pi * 84**2 / (480 * 240), abs=8), "by chance: the nest's share of the plane"
    assert said["ccl21-vaccine-D"] < 5 and said["ccl21-vaccine-T"] < 2
    assert said["ccl21-faint-L"] > 75, "a fortieth of the source still calls most"
    assert said["ccl21-effector-L"] == pytest.approx(said["ccl21-nothing-L"], abs=9), "as by chance"


def test_the_vaccines_dose(said):
    """8.5 ng of 12 kDa are 0.708 pmol; in a millilitre 0.708 nM, made in 1440 minutes."""
    assert said["ccl21-dose"] == pytest.approx(0.708 / 1440, rel=0.01)
    assert 30 < said["ccl21-dose-L"] < said["ccl21-faint-L"] and said["ccl21-dose-D"] < 5
    assert said["ccl21-less-L"] < 20 and said["ccl21-less-D"] > 30, "near an edge"


def test_the_lymphatic_vessel_draws_t_cells_too(model):
    tracks = model.simulate(seed=1, n_D=0, n_T=0, n_L=120, every=480).tracks
    last = tracks[tracks["time"] == tracks["time"].max()]
    assert 0.35 < (last["x"] >= EDGE).mean() < 0.65, "about half"


def test_another_seed_tells_the_same(model):
    """The sentences do not hang on the seed."""
    def arrived(kind, **setting):
        return 100 * model.simulate(seed=7, n_D=120, n_T=120, every=480, **setting).arrived(kind)

    assert arrived("D_c") - arrived("D_c", t_off=0) > 15
    assert arrived("T_c") < 12
    assert arrived("T_c", v_T=4) - arrived("T_c", v_T=4, t_off=0) < 20


def test_scenarios_of_the_explorers_are_there(model):
    offered = {s for block in re.findall(r"scenarios=\[([^\]]+)\]", CHAPTER.text) for s in re.findall(r'"([\w-]+)"', block)}
    assert offered == {s.id for s in model.scenarios}


# --- computed by hand ---------------------------------------------------------------------------------------------------


def test_difference_by_hand(printed):
    rows = re.findall(r"(\d+) µm +([\d.]+)% +([\d.]+) +([\d.]+) +([\d.]+)\n", printed)
    assert len(rows) == 3
    for _, share, by_hand, library, noise in rows:
        share, by_hand, library, noise = float(share) / 100, float(by_hand), float(library), float(noise)
        assert by_hand == pytest.approx(library, abs=0.1)
        assert noise == pytest.approx(math.sqrt(30000 * share * (1 - share)), rel=0.05)
    assert by_hand / 2 < noise < by_hand, "more than half of the difference"


def test_noise_at_the_threshold_does_not_depend_on_the_receptors(said, model, p):
    assert said["ccl21-noise-at-ten"] == pytest.approx(math.sqrt(40 * p["ell"] / p["d_D"]))
    for N in (10000, 30000, 100000):
        run = model.simulate(n_D=1, n_T=0, N_D=N, every=480)
        seen, theta = run.difference("D_c"), run.profile("theta")
        far = seen.index < EDGE - 50
        share = np.interp(10, seen[far], theta[far])
        assert math.sqrt(N * share * (1 - share)) == pytest.approx(said["ccl21-noise-at-ten"], rel=0.06)


def test_reach_by_hand(printed, said):
    for kind in "DT":
        by_hand, curve = map(float, re.search(rf"{kind}_c: (\d+) µm by hand, (\d+) µm off the curve", printed).groups())
        assert by_hand == pytest.approx(curve, abs=2)
        assert curve == pytest.approx(said[f"ccl21-reach-{kind}"], abs=0.6)


def test_index_by_hand_as_in_the_explorer(printed, model):
    run = model.simulate(seed=1)
    for kind, name in (("D_c", "dendritic cells"), ("T_c", "tumour cells")):
        by_hand, library = map(float, re.search(rf"{name}: (-?[\d.]+), by the library (-?[\d.]+)", printed).groups())
        assert by_hand == library == pytest.approx(run.chemotactic_index(kind), abs=0.006)


def test_straight_within_reach_and_blind_beyond(model):
    """The steps of cells, sorted by distance, against the closed form of a cell in a steady gradient."""
    run = model.simulate(seed=1, n_D=120, n_T=0)
    steps = run.tracks.sort_values(["cell", "time"])
    ahead = steps.groupby("cell")[["x", "path"]].diff().shift(-1)
    share = (ahead.x / ahead.path)[(ahead.path > 0) & (steps.time >= 120)]
    gap = EDGE - steps.x[share.index]
    assert share[gap < 70].mean() > 0.95
    assert abs(share[(gap > 130) & (gap < 250)].mean()) < 0.12


# --- the evidence ----------------------------------------------------------------------------------------------------


def test_the_four_sides_of_the_axis():
    for identity, harm in (("zu-ccr7-os-hr", True), ("wang-lymph-vessels-os-hr", True), ("soo-dc-os-hr", False), ("ma-tls-os-hr", False)):
        fact = evidence.fact(identity)
        assert fact.design == "meta-analysis" and fact.endpoint == "overall survival"
        assert fact.ci_low > 1 if harm else fact.ci_high < 1
    assert 1 < evidence.fact("xu-lvd-hr").ci_low and evidence.fact("xu-lvd-hr").value < evidence.fact("wang-lymph-vessels-os-hr").value, "less so in a later one"
    for identity in ("zu-ccr7-dfs-hr", "zu-ccr7-rfs-hr"):
        fact = evidence.fact(identity)
        assert fact.ci_low < 1 < fact.ci_high, "they include 1"


def test_seven_of_thirteen_is_a_coin():
    share = evidence.fact("lee-dc-cd8-share")
    assert share.n == 13 and round(7 / 13 * 100) == share.value
    assert sum(math.comb(13, k) for k in range(7, 14)) / 2**13 == 0.5
    assert evidence.fact("lee-dc-elispot").value == pytest.approx(100 * 6 / 16)
