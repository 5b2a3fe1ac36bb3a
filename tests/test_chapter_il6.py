"""The IL-6 chapter: it runs from scratch, and what its sentences say of the models is what the models do."""

from __future__ import annotations

import numpy as np
import pytest
from chapter import Chapter, Standard

import soluble
from soluble import evidence

CHAPTER = Chapter("03-il6")
TEXT = CHAPTER.text
executed, said, printed = CHAPTER.fixtures()


class TestStandard(Standard):
    chapter, pictures = CHAPTER, 3


HEALTHY = 0.0017


@pytest.fixture(scope="module")
def model():
    return soluble.load_model("il6-trans-signalling")


@pytest.fixture(scope="module")
def growth():
    return soluble.load_model("nazari-2018")


# --- what the reader is told of the reduced model ---------------------------------------------------------------------


def test_agreement_with_the_full_model(model, said):
    rows = model.check_reproduces()
    assert rows.ok.all()
    assert said["il6-check-median"] < 3
    worst = rows.loc[rows.difference.abs().idxmax()]
    assert worst.what == "Crohn: CRP, 300 mg anti-IL-6R, hour 668" and said["il6-check-worst"] < 45
    assert 5 < said["il6-check-hv"] < 15, "the text says that CRP of the healthy volunteer is too high"


def test_the_cut_upstream_does_little_on_the_plateau_and_much_on_the_slope(said):
    assert 40 < said["il6-high-43-plasma_il6"] < 50
    assert said["il6-high-43-crp"] < 2 and said["il6-high-43-stat3_tumour"] < 5
    assert abs(said["il6-low-43-plasma_il6"] - said["il6-high-43-plasma_il6"]) < 6
    assert said["il6-low-43-crp"] > 50 and said["il6-low-43-stat3_tumour"] > 50


def test_what_the_drugs_do(said, model):
    assert said["il6-L300-day56"] > 75 and said["il6-L100-day56"] < 25
    assert 30 < said["il6-R300-day14"] < 45 and said["il6-R300-day28"] < 2
    assert said["il6-G300-day14"] < 10
    for drug in ("dose_L", "dose_R", "dose_G"):
        run = model.simulate(**{drug: 300}).loc[28:]
        assert np.corrcoef(run.crp, run.stat3_tumour)[0, 1] > 0.95, "CRP and tumour pSTAT3 fall together"


def test_scenarios_say_the_truth(model):
    def run(identity):
        return model.simulate(n=1121, **next(s for s in model.scenarios if s.id == identity).set)

    def left(frame, name, day):
        return frame[name].asof(day) / frame[name].iloc[0]

    assert {s.id for s in model.scenarios} == {"upstream", "untreated", "upstream-low", "anti-il6", "anti-il6r", "sgp130fc", "crohn"}
    upstream = run("upstream")
    assert 0.5 < left(upstream, "plasma_il6", 112) < 0.6 and left(upstream, "crp", 112) > 0.98 and left(upstream, "stat3_tumour", 112) > 0.97
    assert evidence.fact("kang-il6-cutoff").text() == evidence.fact("kang-il6-low-orr").cutoff == "13.1 pg/mL", "the default was set to it"
    still = run("untreated")
    assert still.plasma_il6.iloc[-1] == pytest.approx(13.1, abs=0.05) and still.stat3_tumour.min() > 0.95
    assert np.ptp(still.crp) < 1e-3 * still.crp.mean()
    low = run("upstream-low")
    assert left(low, "crp", 27) == pytest.approx(1, abs=1e-3) and left(low, "crp", 112) < 0.5 and left(low, "stat3_tumour", 112) < 0.5
    anti = run("anti-il6")
    assert 0.17 < left(anti, "crp", 83.9) < 0.23 and left(anti, "stat3_tumour", 83.9) < 0.2
    receptor = run("anti-il6r")
    assert left(receptor, "crp", 42) < 0.67 and left(receptor, "crp", 55.9) > 0.95
    assert run("sgp130fc").crp.min() > 0.9 * still.crp.iloc[0]
    assert run("crohn").CRP.iloc[-1] == pytest.approx(221, abs=1)


def test_shape_of_the_switch(model):
    rates = np.geomspace(1e-3, 0.3, 31)
    crp = np.array([model.steady_state(k_T=k)["crp"] for k in rates])
    steepest = np.sqrt(rates[1:] * rates[:-1])[np.argmax(np.diff(crp))]
    assert HEALTHY <= steepest <= 4 * HEALTHY
    assert model.steady_state(k_T=10 * HEALTHY)["crp"] > 0.9 * crp[-1]
    left_end = model.steady_state(k_T=1e-3)["crp"]
    assert model.steady_state(k_T=1e-3, k_L=0.01)["crp"] > 2 * left_end
    assert model.steady_state(k_T=1e-3, k_R=6.85)["crp"] > 2 * left_end
    assert model.steady_state(k_T=HEALTHY, sgp130=0.1)["crp"] < 0.6 * model.steady_state(k_T=HEALTHY)["crp"]


def test_what_the_reduction_inherits(model):
    for setting in ({"k_T": HEALTHY}, {}):
        state = model.steady_state(**setting)
        assert state["classic_share"] < 0.1, "more than nine tenths of the liver's signal comes by the trans road"
        assert state["g"] / (1 + state["g"]) > 0.95, "nearly all of the pair is held by sgp130"


def test_against_cantos(said):
    il6, crp = evidence.fact("cantos-il6-reduction"), evidence.fact("cantos-crp-reduction")
    assert said["il6-cantos-il6-low"] == pytest.approx(il6.ci_low, abs=1) and said["il6-cantos-il6-high"] == pytest.approx(il6.ci_high, abs=1)
    assert said["il6-cantos-low"] > crp.ci_low and said["il6-cantos-high"] > crp.ci_high, "too steep at the lower set point"
    assert said["il6-high-43-crp"] < crp.ci_low, "too flat at the upper"
    assert 2 < said["il6-alike-fold"] < 3, "uncertain by a factor of two or three"
    assert said["il6-alike-crp"] > 2 * evidence.fact("cantos-baseline-crp-cases").value, "far above CANTOS"
    controls, cases = evidence.fact("cantos-baseline-crp-controls").value, evidence.fact("cantos-baseline-crp-cases").value
    assert controls < said["il6-low-crp"] < cases


def test_growth_with_and_without_il6(said):
    assert 60 < said["il6-growth-blocked"] < 70
    assert said["il6-growth-nine"] > 95
    assert said["il6-growth-fast"] - said["il6-growth-blocked"] < 5, "almost all that IL-6 had added is gone"


def test_growth_conserves_receptors(growth):
    """Free and bound receptors change only by division and death of the cells that carry them: none gets lost on the way."""
    run = growth.simulate(t=np.linspace(20, 200, 19))
    for kind, per_cell in (("S", growth.parameters().value["R_TS"]), ("E", run.R_T.iloc[0]), ("D", run.R_T.iloc[0])):
        excess = run[f"R_{kind}"] + run[f"C_{kind}"] - per_cell * run[kind]
        assert excess.iloc[0] > 0 and excess.iloc[-1] == pytest.approx(excess.iloc[0], rel=0.25), "only the file's surplus at the start remains"


# --- the evidence ----------------------------------------------------------------------------------------------------


def test_pooled_survival_by_hand(said):
    facts = [evidence.fact(i) for i in ("canopy1-os-hr", "canopy2-os-hr", "canopya-os-hr")]
    y = np.log([f.value for f in facts])
    se = np.log([f.ci_high / f.ci_low for f in facts]) / (2 * 1.959964)
    w = se**-2
    q = (w * (y - (w * y).sum() / w.sum()) ** 2).sum()
    assert q < 2 + 1e-9 or q / 2 < 1.2  # little heterogeneity, so the fixed effect stands for the estimate
    assert said["il6-pool-estimate"] == pytest.approx(np.exp((w * y).sum() / w.sum()), rel=0.01)
    assert said["il6-pool-ci_low"] < 1 < said["il6-pool-ci_high"]
    assert said["il6-pool-prediction_low"] < said["il6-pool-ci_low"] and said["il6-pool-prediction_high"] > said["il6-pool-ci_high"]


def test_quarters_of_crp_show_no_difference(said):
    facts = [evidence.fact(f"canopy1-pfs-crp-q{k}-hr") for k in (1, 2, 3, 4)]
    assert all(f.ci_low < 1 < f.ci_high for f in facts)
    assert facts[0].value < 1 < facts[1].value, "the second quarter points the other way"
    assert said["il6-quarters-p"] > 0.1 and said["il6-quarters-i2"] < 1
