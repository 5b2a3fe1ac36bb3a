"""The chapter on measurement: it runs from scratch, and what its sentences say of model, simulations and evidence is so."""

from __future__ import annotations

import re

import numpy as np
import pytest
from chapter import Chapter, Standard

import soluble
from soluble import biomarkers, evidence

CHAPTER = Chapter("02-measure")
TEXT = CHAPTER.text
executed, said, printed = CHAPTER.fixtures()


class TestStandard(Standard):
    chapter, pictures = CHAPTER, 3


EXPLORERS = ("soluble.explore(", "soluble.explore_survival(")
K_A, K_B, N_R, K_E = 0.9, 0.049, 38700, 3870


@pytest.fixture(scope="module")
def model():
    return soluble.load_model("receptor-reserve")


def test_simulated_is_called_simulated():
    assert all("simulated" in TEXT[m.start() : m.start() + 3000].lower() for call in EXPLORERS for m in re.finditer(re.escape(call), TEXT))
    assert "The next cell *simulates* 4000 patients" in TEXT and "high against low (simulated)" in TEXT


def test_the_puzzles_numbers_were_looked_up_on_their_pages():
    puzzle = TEXT[TEXT.index("## The puzzle") : TEXT.index("(measure-biology)=")]
    facts = {f.split("|")[0] for f in re.findall(r"\{fact\}`([^`]+)`", puzzle)}
    assert len(facts) >= 6
    for identity in facts | {"yuan-platelets-os-hr", "miles-pfs-hr", "danesh-il6-dilution-4y"}:
        assert re.match(r"page https?://", evidence.fact(identity).checked), identity


# --- hearing: the model against the closed forms ------------------------------------------------------------------------


def closed_form(A, B=0.0, i=0.0, tau=N_R / K_E):
    """The operational model with a competitive (i = 0) or an allosteric, insurmountable antagonist (i = 1)."""
    x, b = A / K_A, B / K_B
    held = x / (1 + x + (1 - i) * b) / (1 + i * b)
    return 100 * tau * held / (1 + tau * held)


def test_every_constant_is_sourced_or_argued(model):
    assert model.kind == "didactic" and model.check_reproduces().ok.all()
    for parameter in model.parameters_:
        assert bool(parameter.source) != bool(parameter.assumed), parameter.id


def test_the_model_rests_where_the_closed_form_is(model):
    rng = np.random.default_rng(5)
    for _ in range(20):
        A, B, left = 10 ** rng.uniform(-3, 2), rng.uniform(0, 2), 10 ** rng.uniform(-2, 0)
        i = float(rng.integers(2))
        got = model.steady_state(A=A, B=B, left=left, insurmountable=i)
        assert got.E == pytest.approx(closed_form(A, B, i, tau=left * N_R / K_E), rel=1e-6)
        assert got.occupancy == pytest.approx(100 * (A / K_A) / (1 + A / K_A + (1 - i) * B / K_B), rel=1e-6)


def test_steepness(model):
    got = model.steady_state(A=K_A, slope=2).E
    assert got == pytest.approx(100 * 5**2 / (1 + 5**2), rel=1e-6), "half occupied, five times K_E at work"


def test_reserve(said):
    assert said["measure-reserve-half"] == pytest.approx(K_A / 11, rel=1e-4)
    assert said["measure-reserve-occupancy"] == pytest.approx(100 / 12, rel=1e-4)
    assert said["measure-loss-half"] == pytest.approx(K_A / 2, rel=1e-4) and said["measure-loss-largest"] == pytest.approx(50, rel=1e-4)
    assert said["measure-none-half"] == pytest.approx(K_A / 1.1, rel=1e-4)
    assert said["measure-competitive-half"] == pytest.approx(11 * said["measure-reserve-half"], rel=1e-4)
    assert said["measure-competitive-largest"] == pytest.approx(said["measure-reserve-largest"], rel=1e-4)
    assert said["measure-insurmountable-largest"] == pytest.approx(100 * (10 / 11) / (1 + 10 / 11), rel=1e-4)
    assert closed_form(1e12, 11 * K_B, 1) == pytest.approx(closed_form(1e12) / 2), "eleven in twelve silenced halve the answer"
    assert said["measure-needed-saturated"] == pytest.approx(100 * 11 / 12)


def test_scenarios_say_the_truth(model):
    at = {s.id: [model.steady_state(A=a, **s.set).E for a in (K_A / 11, 1e6)] for s in model.scenarios}
    assert set(at) == {"reserve", "no-reserve", "loss", "competitive", "insurmountable"}
    assert at["reserve"][0] == pytest.approx(at["reserve"][1] / 2, rel=1e-4)
    assert at["no-reserve"][1] < 10
    assert at["loss"][1] > 0.5 * at["reserve"][1] and (K_A / 2) / (K_A / 11) > 5
    assert at["competitive"][1] == pytest.approx(at["reserve"][1], rel=1e-4)
    assert 0.5 < at["insurmountable"][1] / at["reserve"][1] < 0.55


def test_half_inhibition(said):
    """What halves the response to 0.9 nM, from the closed form, and what halves binding after Cheng and Prusoff."""
    without = closed_form(K_A)
    assert closed_form(K_A, said["measure-halving-competitive"], 0) == pytest.approx(without / 2)
    assert closed_form(K_A, said["measure-halving-insurmountable"], 1) == pytest.approx(without / 2)
    assert said["measure-halving-binding"] == pytest.approx(K_B * (1 + K_A / K_A))
    assert said["measure-halving-competitive"] / said["measure-halving-binding"] == pytest.approx(6), "sixfold"
    assert said["measure-halving-competitive"] == pytest.approx(K_B * (1 + K_A / (K_A / 11))), "right with the half-maximal concentration"


def test_schild(said):
    assert said["measure-slope-competitive"] == pytest.approx(1, abs=1e-6)
    assert said["measure-slope-hidden"] == pytest.approx(1, abs=0.01)
    b, share = np.array([1, 2, 4, 8, 16]), 30 / 70
    ratio = (1 + b) * (10 - share) / (10 - share * (1 + b))  # closed form for an insurmountable antagonist
    slope = np.polyfit(np.log10(b), np.log10(ratio - 1), 1)[0]
    assert said["measure-slope-visible"] == pytest.approx(slope, rel=1e-6) and slope > 1.3


def test_molecules_on_a_cell(said):
    il6, il8 = evidence.fact("said-il6-healthy").value, evidence.fact("pine-il8-controls").value
    pM = evidence.convert(il6, "pg/mL", "pM", molecular_weight=21)
    assert said["measure-bound-few"] == pytest.approx(50 * pM / (pM + 20)) and said["measure-bound-many"] == pytest.approx(300 * pM / (pM + 10))
    assert said["measure-bound-few"] < evidence.fact("hansen-few-molecules").value < said["measure-bound-many"], "where the first answers begin"
    nM = evidence.convert(il8, "pg/mL", "nM", molecular_weight=8.4)
    assert said["measure-bound-share"] == pytest.approx(100 * nM / (nM + K_A))
    assert said["measure-bound-response"] == pytest.approx(closed_form(nM))


def test_reach(said):
    """The square root of diffusion over uptake, with Avogadro's number, in SI units."""
    for key, per_mL in (("sparse", 1e7), ("middle", 1e8), ("dense", 1e9)):
        uptake = per_mL * 1e6 * N_R * 0.0033 / (K_A * 1e-9 * 6.02214076e23 * 1e3)  # 1/s
        assert said[f"measure-reach-{key}"] == pytest.approx(1e6 * np.sqrt(1.59e-10 / uptake), rel=2e-3)
    assert 20 < said["measure-reach-dense"] < 30, "two or three cells"
    assert 240 < said["measure-reach-sparse"] < 280, "a quarter of a millimetre"


# --- measuring: simulated cohorts -----------------------------------------------------------------------------------------


def test_what_a_limit_and_noise_do(said):
    truth = said["measure-perfect"]
    assert said["measure-limit-continuous"] > 1.1 * truth and said["measure-high-continuous"] > 1.4 * truth
    assert said["measure-half-continuous"] == pytest.approx(truth, rel=0.05)
    assert 45 < said["measure-limit-below"] < 55 and said["measure-high-below"] == pytest.approx(600 / 7, abs=2), "half; six in seven"
    assert said["measure-limit-own"] < 0.97 * truth, "per standard deviation of the reported levels it turns round"
    assert said["measure-omit-patients"] < 520
    assert said["measure-omit-low"] < truth < said["measure-omit-high"]
    assert said["measure-limit-groups"] == said["measure-half-groups"] and said["measure-high-groups"] > said["measure-limit-groups"]
    assert said["measure-noise-expected"] == pytest.approx(100 / (1 + np.log(2)))
    assert said["measure-noise-kept"] == pytest.approx(said["measure-noise-expected"], abs=8)


def test_what_a_limit_does_on_average():
    """Over cohorts of other seeds the directions are the same: this is no accident of one."""
    kept = {"limit": [], "half": [], "omit": [], "noise": []}
    settings = {"limit": (20, "limit", 0.1), "half": (20, "half", 0.1), "omit": (20, "omit", 0.1), "noise": (0.5, "half", 1.0)}
    for seed in range(11, 17):
        for name, (limit, below, cv) in settings.items():
            cohort = biomarkers.simulate_cohort(seed, 1000, hr=1.5, level=20, cv=cv)
            kept[name].append(biomarkers.analyse(cohort, limit=limit, below=below, cut=40).kept)
    mean = {name: np.mean(values) for name, values in kept.items()}
    assert mean["limit"] > 1.25 and mean["half"] == pytest.approx(1.02, abs=0.05)
    assert mean["omit"] == pytest.approx(1, abs=0.15) and mean["noise"] == pytest.approx(1 / (1 + np.log(2)), abs=0.06)


def test_the_first_state_is_the_scenario_of_the_text():
    assert 'scenario="limit"' in TEXT and '"set": {"limit": 20, "below": "limit", "cut": 20, "cv": 10}' in TEXT


def test_worlds(said):
    world = {w: {m: said[f"measure-world-{w}-{m}"] for m in ("plasma", "serum", "serum-per-platelet")} for w in ("noise", "count", "carriers")}
    published = {t: evidence.fact(f"hu-vegf-{t}-os-hr") for t in ("serum", "plasma")}
    for w in world.values():
        assert w["plasma"] == pytest.approx(published["plasma"].value, abs=0.08), "about as strongly as published"
    assert world["noise"]["serum"] < published["serum"].ci_low
    assert all(published["serum"].ci_low < world[w]["serum"] < published["serum"].ci_high for w in ("count", "carriers"))
    assert world["count"]["serum-per-platelet"] < 1.1 < 1.25 < world["carriers"]["serum-per-platelet"]
    assert said["measure-world-share"] > 75 and said["measure-world-correlation"] < 0.3
    for other in ("wide", "second"):
        assert world["noise"]["serum"] < said[f"measure-world-{other}"] < published["serum"].value, "a part of the ratio and hardly all of it"


def test_worlds_by_large_numbers():
    """With 100 000 patients and no Cox model: the log-rank estimate of observed over expected events says the same."""
    rng = np.random.default_rng(77)
    n = 100_000
    z, w, c = rng.normal(size=(3, n))
    luck = rng.exponential(size=n)
    plasma, count = 20 * np.exp(0.6 * z), 250 * np.exp(0.3 * w)
    spread = np.sqrt(np.log1p((0.36 / 0.56) ** 2))
    release = 0.56 * np.exp(spread * c - spread**2 / 2)

    def ratio(marker, log_hazard):
        death = luck * 17 / np.exp(log_hazard)
        high, seen = marker > np.median(marker), death < 36
        rate = [seen[g].sum() / np.minimum(death[g], 36).sum() for g in (high, ~high)]
        return rate[0] / rate[1]

    assert ratio(plasma, 0.17 * z) == pytest.approx(1.31, abs=0.03)
    assert ratio(plasma + count * release, 0.17 * z) < 1.1
    second = 76.1 * plasma / plasma.mean() + 173.3 * count * release / (count * release).mean()  # the means of Webb 1998
    assert 1.05 < ratio(second, 0.17 * z) < 1.2
    assert ratio(count, 0.17 * z + 0.27 * w) == pytest.approx(1.54, abs=0.05)
    assert 1.15 < ratio(plasma + count * release, 0.17 * z + 0.27 * w) < 1.35
    assert 1.15 < ratio(plasma + count * release * plasma / 20, 0.17 * z) < 1.35


# --- the evidence ----------------------------------------------------------------------------------------------------


def test_serum_over_plasma(said):
    a, b = evidence.fact("hu-vegf-serum-os-hr"), evidence.fact("hu-vegf-plasma-os-hr")
    se = np.hypot(*(np.log(f.ci_high / f.ci_low) / (2 * 1.959964) for f in (a, b)))
    middle = np.log(a.value / b.value)
    want = np.exp([middle, middle - 1.959964 * se, middle + 1.959964 * se])
    assert [said[f"measure-tubes-{k}"] for k in ("estimate", "ci_low", "ci_high")] == pytest.approx(list(want), rel=1e-6)
    assert a.ci_low > 1.1, "a serum ratio near 1 is excluded"


def test_platelets_stronger_than_vegf():
    assert evidence.fact("yuan-platelets-os-hr").value > max(evidence.fact(f"hu-vegf-{t}-os-hr").value for t in ("serum", "plasma"))


def test_dilution(said):
    assert said["measure-implied"] == pytest.approx(np.log(1.46) / np.log(2.14), rel=1e-6)


def test_exercises(printed):
    """The text of the solutions."""
    pM = evidence.fact("kang-il6-cutoff").value / 21
    assert 300 * pM / (pM + 10) == pytest.approx(18, abs=0.5) and 100 * pM / (pM + 10) == pytest.approx(6, abs=0.2)
    healthy = evidence.fact("said-il6-healthy").value / 21
    assert 300 * pM / (pM + 10) - 300 * healthy / (healthy + 10) == pytest.approx(10, abs=1), "about ten more"
    assert closed_form(1e12, 2 * K_B, 1, tau=1) == pytest.approx(closed_form(1e12, tau=1) / 2), "two thirds with τ = 1"
    assert "slope 1.00" in printed
