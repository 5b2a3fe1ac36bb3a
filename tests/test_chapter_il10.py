"""The IL-10 chapter: it runs from scratch, and what its sentences say of the models, the trials and the markers is so."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from chapter import Chapter, Standard

import soluble
from soluble import evidence

CHAPTER = Chapter("05-il10")
TEXT = CHAPTER.text
executed, said, printed = CHAPTER.fixtures()


class TestStandard(Standard):
    chapter, pictures = CHAPTER, 3


@pytest.fixture(scope="module")
def model():
    return soluble.load_model("il10-two-faces")


@pytest.fixture(scope="module")
def published():
    return soluble.load_model("robertson-tessi-2012")


def scenario(model, identity, **more):
    return model.simulate(**{**next(s for s in model.scenarios if s.id == identity).set, **more})


def test_the_puzzles_numbers_were_looked_up_on_their_pages():
    trials = ["ivy-nsclc-orr", "ivy-nsclc-responders", "ivy-nsclc-enrolled", "sequoia-os-hr", "sequoia-pfs-hr", "sequoia-orr"]
    for number in (1, 2):
        trials += [f"cypress{number}-{end}" for end in ("orr-combination", "orr-control", "orr-or", "pfs-hr", "os-hr")]
    for identity in trials:
        assert evidence.fact(identity).checked.startswith("page https://"), identity


def test_what_could_not_be_cited_is_said_to_be_so():
    """The lung group of IVY hangs on the paper of the later trials, in the rows and in the text."""
    for identity in ("ivy-nsclc-orr", "ivy-nsclc-responders", "ivy-nsclc-enrolled"):
        fact = evidence.fact(identity)
        assert fact.source == "spigel2021" and "Naing" in fact.flag and fact.where_seen == "news report"
    assert "no page that we saw shows the paper's identifier" in TEXT


# --- what the reader is told of the models ----------------------------------------------------------------------------


def test_every_constant_is_sourced_or_argued(model):
    assert model.kind == "didactic" and model.leaves_out
    for parameter in model.parameters_:
        assert bool(parameter.source) != bool(parameter.assumed), parameter.id


def test_agreement_with_what_was_fitted(model):
    assert model.check_reproduces().ok.all()


def test_constants_are_those_of_the_facts(model):
    p = model.parameters()["value"]
    assert p["I_s"] == evidence.fact("radwanski-il10-ic50").value
    assert 100 * p["s"] == evidence.fact("radwanski-il10-imax").value
    assert 100 * p["F"] == evidence.fact("radwanski-il10-bioavailability").value
    assert p["I_b"] == pytest.approx(evidence.fact("devita-il10-nsclc").value / 1000, abs=5e-4)
    native = evidence.fact("radwanski-il10-clearance").value * 24 / 1000
    assert next(s for s in model.scenarios if s.id == "native").set["CL"] == pytest.approx(native)


def by_hand(I, p, w=0.5):  # noqa: E741
    """Killing in the tumour at rest, from the formulas of the text."""
    prime = (1 - p["s"] * I / (p["I_s"] + I)) / (1 - p["s"] * p["I_0"] / (p["I_s"] + p["I_0"]))
    drive = (1 + p["b"] * I / (p["I_c"] + I)) / (1 + p["b"] * p["I_0"] / (p["I_c"] + p["I_0"]))
    return (1 - w + w * prime) * drive


def test_scenarios_say_the_truth(model, said):
    assert {s.id for s in model.scenarios} == {"hoped", "control", "kept-out", "low", "native", "resident", "all-primed", "antibody"}
    p = model.parameters()["value"]
    assert said["il10-hoped-tumour"] == pytest.approx(by_hand(0.018 + 0.1 * 168, p), rel=1e-3)
    assert 1.9 < said["il10-hoped-tumour"] < 2.1 and 3.6 < said["il10-hoped-blood"] < 4
    assert abs(said["il10-hoped-diameter"]) < 5, "the tumour stands still"
    assert said["il10-control-tumour"] == pytest.approx(1) and said["il10-control-blood"] == pytest.approx(1)
    assert said["il10-kept-out-blood"] == pytest.approx(said["il10-hoped-blood"], rel=1e-6), "blood cannot tell"
    assert said["il10-kept-out-tumour"] < 0.85
    assert said["il10-kept-out-diameter"] > said["il10-control-diameter"] > 15
    assert said["il10-kept-out-felt"] > 10 * p["I_s"] and said["il10-kept-out-felt"] < 0.1 * p["I_c"], "enough for the brake, too little for the drive"
    assert abs(said["il10-native-tumour"] - said["il10-kept-out-tumour"]) < 0.06, "the same harm"
    assert said["il10-low-tumour"] < 0.8 and said["il10-resident-tumour"] > 2.5
    assert 1 < said["il10-antibody-tumour"] < 1.5, "and taking it away helps as well"


def test_the_firm_statement(model, said):
    """Below the stated drive no dose helps; above it a high one does."""
    for w, need in ((0.5, said["il10-need"]), (1, said["il10-need-all"])):
        for b, helps in ((0.97 * need, False), (1.1 * need, True)):
            best = max(model.simulate(t=[0, 200], w=w, b=b, dose=dose, pen=1, CL=0.01).C.iloc[-1] for dose in np.logspace(-2, 2, 9))
            start = model.simulate(t=[0, 1], w=w, b=b).C.iloc[0]
            assert start == pytest.approx(1)
            assert (best > 1.001) == helps, (w, b, best)


def test_a_range_of_doses_is_worse_than_none(model, said):
    def killing(dose, **more):
        return model.simulate(t=[0, 63], dose=dose, **more).C.iloc[-1]

    assert killing(said["il10-dip-dose"]) == pytest.approx(1 - said["il10-dip"] / 100, rel=1e-3)
    assert killing(said["il10-even"]) == pytest.approx(1, abs=1e-3)
    assert all(killing(d) < 1 for d in np.geomspace(0.02, 0.95 * said["il10-even"], 8))
    assert all(killing(d) > 1 for d in np.geomspace(1.05 * said["il10-even"], 100, 6))
    assert said["il10-even-out"] > evidence.fact("naing16-dose").ci_high, "above the highest dose tried"
    deep, shallow = (min(killing(d, I_0=level) for d in np.logspace(-2, 1, 20)) for level in (0.018, 1))
    assert deep < 0.8 < 0.95 < shallow, "much IL-10 of the tumour's own makes the dip shallow"


def test_il10_is_a_passenger_in_the_published_model(published, said):
    assert 5 < said["il10-rt-more"] < 20 and said["il10-rt-none"] < 0.5 and said["il10-rt-tgfb"] > 50
    assert said["il10-rt-level"] < 0.01 * said["il10-rt-half"]
    assert len(published.reproduces) == 9 and all("libRoadRunner" in r.where for r in published.reproduces), "as the text says of the sheet"


def test_escape_and_control(published, said):
    """The border moves with growth and hardly with IL-10; at the fastest growth there is a best antigenicity."""

    def size(**setting):
        return published.simulate(t=[0, 1000], **setting)["T"].iloc[-1]

    assert size(alpha=1e-5, growth_rate=100) > 1e9 > 1e6 > size(alpha=1e-3, growth_rate=100)
    assert size(alpha=1e-3, growth_rate=600) > 1e10
    for growth in (100, 333, 600):
        for alpha in (1e-5, 1e-3):
            more = size(alpha=alpha, growth_rate=growth, p4=1.3e-7) / size(alpha=alpha, growth_rate=growth)
            assert more < 3
    assert said["il10-rt-optimum"] > 20
    low, high = (published.simulate(t=[0, 1000], growth_rate=600, alpha=a).iloc[-1] for a in (0.03, 1.0))
    assert high.R / low.R > 2 * high.E / low.E, "Treg rise more than effectors"


def test_more_effectors_need_not_shrink_the_tumour(published):
    """The exercise: with the drive added, effectors more than double and the tumour is two percent smaller."""
    roadrunner = pytest.importorskip("roadrunner")
    driven = published.with_equation(
        "E",
        "(1 + b*IL10/(I_c + IL10))*alpha2*A_E*IL2/((1 + TGFb/S2)*(C1 + IL2)) - delta_E*E",
        {"b": {"value": 3, "unit": "dimensionless"}, "I_c": {"value": 5, "unit": "ng/mL"}},
    )
    ends = []
    for m in (driven, published):
        r = roadrunner.RoadRunner(m.to_sbml())
        r.integrator.relative_tolerance, r.integrator.absolute_tolerance = 1e-9, 1e-12
        r.setValue("p4", 1.3e-7)
        r.selections = ["time", "E", "T"]
        ends.append(r.simulate(0, 1000, 201)[-1])
    assert ends[0][1] / ends[1][1] == pytest.approx(2.63, rel=0.01)
    assert ends[0][2] / ends[1][2] == pytest.approx(0.983, rel=0.01)


# --- from 43 % to the randomised result -------------------------------------------------------------------------------


def tail(k, n, rate):
    """P(at least k of n), summed with whole numbers."""
    r = Fraction(rate).limit_denominator(10**9)
    return float(sum(math.comb(n, i) * r**i * (1 - r) ** (n - i) for i in range(k, n + 1)))


def test_exact_intervals(printed):
    from statsmodels.stats.proportion import proportion_confint

    for n in (28, 34):
        low, high = (100 * x for x in proportion_confint(12, n, method="beta"))
        assert f"12 of {n}: {1200 / n:.0f} % ({low:.0f} to {high:.0f})" in printed


def test_base_rates_are_the_published_counts(said, printed):
    counts = {"cm063-responders": (17, 117), "cm017-responders": (27, 135), "cm057-responders": (56, 292), "kn001-responders-previous-irrc": (102, 449)}
    for identity, (k, n) in counts.items():
        fact = evidence.fact(identity)
        assert (fact.value, fact.n) == (k, n)
    assert said["il10-base"] == pytest.approx(100 * 202 / 993)
    assert said["il10-ruler"] == pytest.approx(100 * 102 / 449)
    assert round(100 * 102 / 449) == evidence.fact("kn001-orr-previous-irrc").value
    assert round(100 * 17 / 117) == evidence.fact("cm063-orr").value
    assert "202 of 993: 20.3%" in printed


def test_what_chance_can_do(said):
    assert said["il10-chance-seen"] == pytest.approx(100 * tail(12, 28, 202 / 993), rel=1e-6)
    like = tail(12, 34, 102 / 449)
    assert said["il10-chance-like"] == pytest.approx(100 * like, rel=1e-6)
    assert said["il10-chance-best"] == pytest.approx(100 * (1 - (1 - like) ** 3), rel=1e-6)
    rng = np.random.default_rng(10)
    best = rng.binomial(34, 102 / 449, (200_000, 3)).max(1).mean() / 34
    assert said["il10-expected-best"] == pytest.approx(100 * best, abs=0.1)
    assert said["il10-chance-seen"] < 1 < 5 < said["il10-chance-like"] < 10 < said["il10-chance-best"]


def test_shrinkage(said):
    """The weight is the one that lets the rate fall by as much as in the chemotherapy trials."""
    from scipy import integrate

    base, M = 202 / 993, said["il10-weight"]
    assert (M * base + 12) / (M + 28) == pytest.approx(12 / 28 - 0.129)
    assert said["il10-shrunk"] == pytest.approx(100 * (12 / 28 - 0.129))
    a, b = M * base + 12, M * (1 - base) + 16
    norm = integrate.quad(lambda r: r ** (a - 1) * (1 - r) ** (b - 1), 0, 1)[0]
    few = integrate.quad(lambda r: r ** (a - 1) * (1 - r) ** (b - 1) * (1 - tail(5, 27, r)), 0, 1, limit=200)[0] / norm
    assert said["il10-four"] == pytest.approx(100 * few, rel=1e-3)
    assert said["il10-four-naive"] == pytest.approx(100 * (1 - tail(5, 27, 12 / 28)), rel=1e-6)
    assert said["il10-four-naive"] < 0.5 < 5 < said["il10-four"]
    assert said["il10-shrunk-low"] < said["il10-base"] < said["il10-shrunk-high"] < 43


def test_counts_reconstructed_for_cypress():
    """They give the printed rates and, rounded, odds ratios within a tenth of the printed ones."""
    arms = {"cypress1": ((24, 51), (22, 50)), "cypress2": ((4, 27), (3, 25))}
    for trial, ((a, n), (b, m)) in arms.items():
        assert round(100 * a / n) == evidence.fact(f"{trial}-orr-combination").value
        assert round(100 * b / m) == evidence.fact(f"{trial}-orr-control").value
        assert n + m == evidence.fact(f"{trial}-orr-or").n
        ours, theirs = (a / (n - a)) / (b / (m - b)), evidence.fact(f"{trial}-orr-or").value
        assert theirs <= ours <= theirs + 0.1, "the text: a little above"


# --- the evidence ----------------------------------------------------------------------------------------------------


def pooled_by_hand(ids):
    logs = [(math.log(f.value), math.log(f.ci_high / f.ci_low) / (2 * 1.959964)) for f in map(evidence.fact, ids)]
    weights = [1 / se**2 for _, se in logs]
    middle = sum(w * y for w, (y, _) in zip(weights, logs)) / sum(weights)
    half = 1.959964 / math.sqrt(sum(weights))
    return [math.exp(x) for x in (middle, middle - half, middle + half)]


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("lung-os", ["cypress1-os-hr", "cypress2-os-hr"]),
        ("pfs", ["cypress1-pfs-hr", "cypress2-pfs-hr", "sequoia-pfs-hr"]),
        ("orr", ["cypress1-orr-or", "cypress2-orr-or"]),
    ],
)
def test_pooled_trials(said, name, ids):
    got = [said[f"il10-{name}-{part}"] for part in ("estimate", "ci_low", "ci_high")]
    assert got == pytest.approx(pooled_by_hand(ids), rel=5e-3)


def test_what_is_said_of_the_pooled_trials(said):
    assert 0.9 < said["il10-lung-os-ci_low"] < 1 < said["il10-lung-os-ci_high"], "harm not shown, a benefit that would matter hardly compatible"
    assert said["il10-lung-os-hk-ci_low"] < 0.5 and said["il10-lung-os-hk-ci_high"] > 5
    assert said["il10-pfs-ci_low"] < said["il10-pfs-hk-ci_low"] and said["il10-pfs-hk-ci_high"] < said["il10-pfs-ci_high"], "narrower than chance allows"
    for trial in ("cypress1", "cypress2"):
        assert evidence.fact(f"{trial}-os-hr").value > 1 and evidence.fact(f"{trial}-os-hr").ci_low < 1
    assert evidence.fact("cypress1-toxicity").value / 19 > 3 and evidence.fact("cypress2-toxicity").value / 16.7 > 3


def test_signs_of_the_marker():
    """Death, progression and adverse events, each with an interval above 1, and pooled definitions of Treg with one around it."""
    for identity in ("zhao-il10-1y-or", "liu-il10-pfs-hr", "wanghw-il10-irae-or", "zhao-foxp3-os-hr", "soo-treg-rfs-hr", "li-tgfb-os-hr"):
        assert evidence.fact(identity).ci_low > 1, identity
    treg = evidence.fact("zhao-treg-os-hr")
    assert treg.ci_low < 1 < treg.ci_high


def test_the_dose_of_cypress_on_the_model_s_scale():
    """0.8 mg up to 80 kg and 1.6 mg above: 10 to 20 µg/kg for everybody between 40 and 160 kg."""
    dose = evidence.fact("cypress-dose")
    for weight in (40, 60, 80, 81, 120, 160):
        per_kg = 1000 * (dose.ci_low if weight <= 80 else dose.ci_high) / weight
        assert 10 <= per_kg <= 20
    assert "between 10 and 20 µg/kg for nearly everybody" in TEXT


def test_what_speaks_against_a_drug_kept_out_of_the_tumour_is_said():
    """CD8 cells were active in tumours of patients (Naing 2018), and blood cells were braked for hours (Fuchs 1996)."""
    assert "activated in tumours" in evidence.fact("naing18-activation").statement
    against = TEXT[TEXT.index("### What speaks for it, and what against") : TEXT.index("(il10-limits)=")]
    assert "naing2018" in against and "active in tumours" in against and "fuchs1996" in against
