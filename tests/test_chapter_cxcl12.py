"""The CXCL12 chapter: it runs from scratch, and what its sentences say of models and evidence is so."""

from __future__ import annotations

import re

import numpy as np
import pytest
from chapter import Chapter, Standard
from scipy import stats
from scipy.optimize import brentq

import soluble
from soluble import evidence

CHAPTER = Chapter("06-cxcl12")
TEXT = CHAPTER.text
executed, said, printed = CHAPTER.fixtures()


class TestStandard(Standard):
    chapter, pictures = CHAPTER, 2


@pytest.fixture(scope="module")
def receptor():
    return soluble.load_model("receptor-desensitisation")


def test_the_puzzles_numbers_were_looked_up_on_their_pages():
    for identity in ("ly2510924-phase1-orr", "ly2510924-cd34-fold", "ly2510924-stable", "qiu-cxcr4-cytoplasm-os-hr", "qiu-cxcr4-membrane-os-hr", "spano-nuclear-survival"):
        assert evidence.fact(identity).checked.startswith("page http"), identity


# --- the pocket ------------------------------------------------------------------------------------------------------


def balance(L, D, kappa, p):
    """Signalling and chemokine-bearing share of a receptor that cannot tire, from the weights of its six forms."""
    a, x, o = L * p["k_f"] / p["k_r"], D / p["K_pocket"], D / p["K_outer"]
    bare, outside, docked, drugged = (1 + x) * (1 + o), a / (1 + kappa), a * kappa / (1 + kappa), a * x / (1 + kappa)
    total = bare + outside + docked + drugged
    return docked * (1 + kappa) / kappa / total, (total - bare) / total


@pytest.mark.parametrize("kappa", [0.05, 0.5, 5, 500])
@pytest.mark.parametrize("L", [0.1, 17.6, 200])
@pytest.mark.parametrize("D", [1, 100, 1e4])
def test_the_wiring_gives_the_balance_of_docked_and_drugged_receptors(receptor, kappa, L, D):
    p = receptor.parameters()["value"]
    run = receptor.simulate(t=[0, 2000], k_des=0, kappa=kappa, L_first=L, D_dose=D, K_outer=p["K_outer"]).iloc[-1]
    signal, bound = balance(L, D, kappa, p)
    assert run.active == pytest.approx(signal, rel=1e-5)
    assert run.occupied == pytest.approx(bound, rel=1e-5)


def test_without_a_drug_it_is_the_receptor_that_tires(receptor):
    """kappa must not matter without a drug; the lasting share is the closed form of the four-state cycle."""
    p = receptor.parameters()["value"]
    lasting = 1 / (1 + (p["k_r"] + p["k_des"]) / (p["k_f"] * p["L_first"]) + p["k_des"] / p["k_i"] + p["k_des"] / p["k_up"])
    for kappa in (0.01, 1000):
        assert receptor.simulate(t=[0, 20000], D_dose=0, kappa=kappa).active.iloc[-1] == pytest.approx(lasting, rel=1e-6)


def test_silencer_competitor_and_late(said):
    assert said["cxcl12-silencer-peak"] < 0.1 * said["cxcl12-tiring-peak"] and said["cxcl12-silencer-bound"] > 70
    assert said["cxcl12-competitor-peak"] > 2 * said["cxcl12-silencer-peak"] and said["cxcl12-competitor-bound"] < said["cxcl12-silencer-bound"]
    assert said["cxcl12-late-drop"] > 90 and 60 < said["cxcl12-late-regained"] < 75


def test_scenarios_of_the_receptor_say_the_truth(receptor):
    t = np.r_[np.linspace(0, 60, 601), np.linspace(61, 1800, 300)]
    peak = {s.id: receptor.simulate(t=t, **s.set).active.max() for s in receptor.scenarios}
    assert peak["tiring"] / peak["silencer"] == pytest.approx(14, abs=0.5)
    assert peak["tiring"] / peak["competitor"] == pytest.approx(5, abs=0.6)


def test_half_effects(said, printed, receptor):
    p = receptor.parameters()["value"]
    K_D = p["k_r"] / p["k_f"]
    a = p["L_first"] / K_D
    assert said["cxcl12-competitor-binding"] == pytest.approx(p["K_pocket"], rel=0.01)
    assert said["cxcl12-competitor-function"] == pytest.approx(p["K_pocket"] * (1 + a), rel=0.01), "Cheng and Prusoff"
    assert said["cxcl12-function"] == pytest.approx(p["K_pocket"] * (1 + a) / (1 + a / 1.5), rel=0.01)
    displaced = brentq(lambda d: balance(0.001, d, 0.5, p)[1] / balance(0.001, 0, 0.5, p)[1] - 0.5, 1e3, 1e5)
    assert said["cxcl12-displaced"] == pytest.approx(displaced / 1000, rel=0.01) and round(said["cxcl12-displaced"]) == 15
    assert said["cxcl12-displaced"] * 1000 / said["cxcl12-function"] > 1000
    assert said["cxcl12-lasting-half"] / said["cxcl12-function"] == pytest.approx(30, abs=2)
    assert "competitor: binding 5.0, function 24.9 nM" in printed


def test_a_pocket_that_does_not_hold_the_chemokine_never_displaces_half(receptor):
    """The largest fall of affinity that a full pocket can bring is 1 + kappa."""
    for kappa in (0.05, 0.5, 0.9):
        kept = [receptor.simulate(t=[0, 300], L_first=0.001, k_des=0, kappa=kappa, K_outer=1e6, D_dose=d).occupied.iloc[-1] for d in (0.01, 3000)]
        assert kept[1] / kept[0] == pytest.approx(1 / (1 + kappa), rel=0.01)


# --- the pair --------------------------------------------------------------------------------------------------------


def test_what_the_second_receptor_takes(said):
    assert said["cxcl12-rise-alone"] > 1.4 and said["cxcl12-rise-arrestin"] > 1.5
    assert said["cxcl12-rise-ligand"] < 0.1, "its grip on CXCL12 does not matter"
    assert said["cxcl12-plenty-left"] > 95 and said["cxcl12-scarce-left"] < 0.01 and said["cxcl12-scarce-rise"] < 0.4
    assert said["cxcl12-plenty-nM"] * 1000 > 100 * evidence.fact("coggins-cxcr4-kd").value, "far above both affinities"


# --- the field -------------------------------------------------------------------------------------------------------


def test_where_the_sink_stands(said):
    assert said["cxcl12-index-rear"] > said["cxcl12-index-source"] > said["cxcl12-index-vessel"] > 0.3
    assert abs(said["cxcl12-index-even"]) < 0.05 < said["cxcl12-index-self-made"] and said["cxcl12-index-sink"] > 0.2


def test_a_competitor_helps_in_a_flood(said):
    assert said["cxcl12-index-flood"] < 0.8 * said["cxcl12-index-source"]
    assert said["cxcl12-index-flood-competitor"] == pytest.approx(said["cxcl12-index-source"], abs=0.03)
    assert said["cxcl12-index-silenced"] < 0.1 and said["cxcl12-index-flood-silencer"] < 0.15


def test_the_field_without_cells_is_the_closed_form():
    """A source at the right of a line with first-order loss: cosh to its left."""
    field = soluble.load_field("cxcl12-gradient")
    p = field.parameters()["value"]
    run = field.simulate(seed=1, n_T=1)
    profile = run.profile("C")
    left = profile[profile.index < 850]
    length = np.sqrt(p["D_C"] / p["k"])
    assert np.allclose(left / left.iloc[0], np.cosh(left.index / length) / np.cosh(left.index[0] / length), rtol=0.02)


def test_more_seeds_say_the_same():
    """What the text says of one seed holds for the mean of three others."""
    field = soluble.load_field("cxcl12-gradient")
    index = {
        s.id: np.mean([field.simulate(seed=seed, **s.set).chemotactic_index("T") for seed in (2, 3, 4)])
        for s in field.scenarios
        if s.id in ("source", "rear", "vessel", "flood", "flood-competitor")
    }
    assert index["rear"] > index["source"] > index["vessel"]
    assert index["flood-competitor"] > index["flood"] + 0.08


def test_index_by_hand_as_in_the_explorer(printed, said):
    by_hand, library = map(float, re.search(r"index ([\d.]+), by the library ([\d.]+)", printed).groups())
    assert by_hand == library == pytest.approx(said["cxcl12-index-source"], abs=0.001)


# --- the evidence ----------------------------------------------------------------------------------------------------


def test_odds_ratio_from_printed_percentages(said):
    assert (said["cxcl12-nuclear-events"], said["cxcl12-other-events"]) == (4, 15)
    assert [round(100 * 4 / 17, 1), round(100 * 15 / 44, 1)] == [evidence.fact(f"spano-{n}-metastasis").value for n in ("nuclear", "no-nuclear")]
    from statsmodels.stats.contingency_tables import Table2x2

    table = Table2x2([[4, 13], [15, 29]])
    low, high = table.oddsratio_confint()
    assert said["cxcl12-nuclear-or"] == pytest.approx(table.oddsratio) and [said["cxcl12-nuclear-low"], said["cxcl12-nuclear-high"]] == pytest.approx([low, high], rel=1e-3)


def test_the_ratio_of_opposite_readings(said):
    se = np.hypot(np.log(said["cxcl12-nuclear-high"] / said["cxcl12-nuclear-low"]) / 3.92, np.log(8.69 / 1.53) / 3.92)
    middle = np.log(3.65 / said["cxcl12-nuclear-or"])
    got = [said["cxcl12-opposite"], said["cxcl12-opposite-low"], said["cxcl12-opposite-high"]]
    assert got == pytest.approx(list(np.exp([middle, middle - 1.96 * se, middle + 1.96 * se])), rel=1e-3)
    assert said["cxcl12-opposite-low"] > 1, "more than chance would easily do"


def test_cytoplasm_and_membrane_do_not_differ(said):
    assert said["cxcl12-places-ci_low"] < 1 < said["cxcl12-places-ci_high"]
    assert said["cxcl12-places-estimate"] == pytest.approx(2.10 / 1.74)


def test_brain_against_other_organs():
    """The exercise's expected values, and the printed p value, from independent implementations."""
    from statsmodels.stats.contingency_tables import Table2x2

    table = Table2x2([[31, 3], [27, 10]])
    low, high = table.oddsratio_confint()
    assert [table.oddsratio, low, high] == pytest.approx([3.827, 0.953, 15.36], rel=1e-3)
    assert stats.chi2_contingency([[31, 3], [27, 10]], correction=False).pvalue == pytest.approx(0.048, abs=0.003)
    shares = [100 * 31 / 34, 100 * 27 / 37]
    assert shares == pytest.approx([evidence.fact(f"wang-cxcr4-{n}").value for n in ("brain", "other-organs")], abs=0.06)
