"""The chapter on MMPs: it runs from scratch, and what its sentences say of the models and the evidence is so."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from chapter import Chapter, Standard
from scipy import integrate, optimize

import soluble
from soluble import evidence

CHAPTER = Chapter("11-mmp")
TEXT = CHAPTER.text
executed, said, printed = CHAPTER.fixtures()


class TestStandard(Standard):
    chapter, pictures = CHAPTER, 2


@pytest.fixture(scope="module")
def front():
    return soluble.load_field("mmp-front")


@pytest.fixture(scope="module")
def release():
    return soluble.load_model("mmp-release")


def scenario(model, identity):
    return dict(next(s for s in model.scenarios if s.id == identity).set)


def test_the_puzzles_numbers_were_looked_up_on_their_pages():
    for identity in ("marimastat-os", "marimastat-os-placebo", "marimastat-toxicity", "bms275291-os", "bms275291-os-placebo", "bissett-stage-iv", "gong-mmp9-tissue-rr", "zhu-timp2-os-hr", "mmi270-exposure", "andecaliximab-os-hr", "marimastat-pancreas-os"):
        assert evidence.fact(identity).checked.startswith(("page https://", "page http://")), identity


# --- the front --------------------------------------------------------------------------------------------------------


def lines_of(p, *, h=20.0, width=3600.0, days=400):
    """The front by the method of lines: SciPy's LSODA on the same equations, written here once more. Days and places of the front."""
    n = round(width / h)
    x = (np.arange(n) + 0.5) * h
    tumour = (x < 400).astype(float)
    start = np.stack([tumour, 1 - tumour, 0 * x, p["B_0"] * (1 - tumour), 0 * x], axis=1)
    even = np.full(n, p["ell"] ** 2 * p["k"])
    timp, K = p["q_I"] / p["k"], p["K_T"]

    def spread(c, d):
        flux = (d[1:] + d[:-1]) / 2 * np.diff(c) / h**2
        return np.concatenate([flux, [0]]) - np.concatenate([[0], flux])

    def rhs(t, y):
        T, M, P, B, V = y.reshape(n, 5).T
        pairs = (P + timp + K - np.sqrt((P + timp + K) ** 2 - 4 * P * timp)) / 2  # MMP and TIMP bound to each other
        active = (P - pairs) / (1 + p["u"] * (t >= p["t_on"]))
        out = [
            spread(T, p["D_0"] * (1 - p["b"] * M)) + p["r"] * T * (1 - T),
            -p["k_M"] * active * M,
            spread(P, even) + p["q_P"] * T - p["k"] * P,
            -p["k_V"] * active * B,
            spread(V, even) + p["q_V"] * T + p["k_V"] * active * B - p["k"] * V,
        ]
        return np.stack(out, axis=1).ravel()

    t = np.arange(0, days + 1, 40)
    y = integrate.solve_ivp(rhs, (0, days), start.ravel(), method="LSODA", lband=9, uband=9, t_eval=t, rtol=1e-6, atol=1e-9).y
    cells = y.reshape(n, 5, len(t))[:, 0]
    return t, np.array([np.interp(-0.5, -c[c > 1e-6], x[c > 1e-6]) for c in cells.T])


@pytest.mark.parametrize(("identity", "name"), [("open", "mmp-speed-open"), ("all", "mmp-speed-all"), ("timp", "mmp-speed-timp")])
def test_the_speeds_are_those_of_an_independent_solver(front, said, identity, name):
    """Within 2 % on the same grid, and on one twice as fine, where theory's foot of 45 µm is better resolved."""
    setting = front.values() | scenario(front, identity)
    t, places = lines_of(setting)
    assert (places[-1] - places[-2]) / 40 == pytest.approx(said[name], rel=0.02)
    _, fine = lines_of(setting, h=10.0)
    assert (fine[-1] - fine[-2]) / 40 == pytest.approx(said[name], rel=0.02)


def test_the_speeds_of_theory(said, printed, front):
    """The least speed over all exponential feet, by an independent minimiser, and the slow approach of a pulled front."""
    p = front.values()
    for name, hold in (("intact", p["b"]), ("clear", 0)):
        D = p["D_0"] * (1 - hold)
        least = optimize.minimize_scalar(lambda s, D=D: D * math.exp(s) + p["r"] / math.exp(s), bounds=(-9, 0), method="bounded").fun
        assert said[f"mmp-theory-{name}"] == pytest.approx(least, rel=1e-6)
        assert f"{least:.3f} µm/day" in printed
    assert said["mmp-theory-intact"] < said["mmp-speed-open"] < said["mmp-theory-clear"], "pushed, between the two"
    assert said["mmp-measured"] == pytest.approx(said["mmp-theory-now"], rel=0.02), "pulled, as far as it has come"
    assert said["mmp-measured"] < said["mmp-theory-intact"]
    assert 1 - said["mmp-theory-intact"] / said["mmp-theory-clear"] == pytest.approx(2 / 3, abs=0.02), "nine tenths of the spread, two thirds of the speed"


def test_a_rim_without_matrix_is_fishers(front):
    """Scenario ``none``: the speed of Fisher's equation at this time, 2 sqrt(rD) - 3/(2 t) sqrt(D/r), within 2 %."""
    p = front.values()
    run = front.simulate(every=1, **scenario(front, "none"))
    now = 2 * math.sqrt(p["D_0"] * p["r"]) - 1.5 * math.log(400 / 360) / 40 * math.sqrt(p["D_0"] / p["r"])
    assert run.front_speed("T", 0.5, 40).iloc[-1] == pytest.approx(now, rel=0.02)


def test_what_an_inhibitor_and_timp_do(said):
    assert 20 < said["mmp-lost-most"] < 30, "a quarter"
    assert said["mmp-speed-timp"] < said["mmp-speed-most"]
    total, timp, K = 5 / 0.3, 2.5 / 0.3, 0.1  # deep inside, in nM: what is free is the root of f² + (timp - total + K) f = K total
    assert said["mmp-free-timp"] == pytest.approx(100 * max(np.roots([1, timp - total + K, -K * total])) / total, rel=0.01)
    assert said["mmp-speed-loose"] > 2 * said["mmp-speed-all"]
    assert 0 < said["mmp-late-after"] < said["mmp-late-before"]
    assert said["mmp-held-all"] > 99
    assert said["mmp-crest"] > 1.3 * said["mmp-crest-inside"]
    assert said["mmp-tenth"] > said["mmp-hundredth"] > 0.5 and said["mmp-speed-most"] - said["mmp-hundredth"] < 1.05 * said["mmp-speed-all"], "then the bound is reached"


def test_the_crest_of_vegf_runs_ahead_of_the_rim(front):
    run = front.simulate(every=10)
    crest, inside = run.profile("occupied"), front.values()["q_V"] / front.values()["k"]
    assert 0 < crest.idxmax() - run.front("T", 0.5).iloc[-1] < 300
    assert crest.iloc[5] == pytest.approx(inside / (inside + 0.1), rel=0.02), "deep inside what is made is lost"


def test_what_a_scan_would_see(said):
    """A ball of 2 cm: the volume doubles when the radius has grown by the cube root of 2."""
    for name in ("open", "all"):
        days = 10_000 * (2 ** (1 / 3) - 1) / said[f"mmp-speed-{name}"]
        assert said[f"mmp-doubling-{name}"] == pytest.approx(days, rel=1e-6)
    placebo = re.search(r"against ([\d.]+) months with placebo", evidence.fact("prinomastat-pfs").statement)
    assert float(placebo[1]) == 5.5, "the five and a half months of the text"
    assert said["mmp-gain-mm"] == pytest.approx((said["mmp-speed-open"] - said["mmp-speed-all"]) * 5.5 * 30.4 / 1000, rel=1e-6)


# --- the tissue -------------------------------------------------------------------------------------------------------


def steady(q, dose, s=1.0, w=0.0):
    """Bound and free VEGF, fragments and drive at rest, by hand."""
    a, cut = (q["P_0"] / (1 + q["I_0"] / q["K_I"] + u) for u in (dose, dose / s))
    B = q["q_B"] / (q["k_t"] + q["k_V"] * a)
    V = (q["q_V"] + q["k_V"] * a * B) / q["k_c"] + w * B
    A = (q["a_0"] + q["k_A"] * cut) / q["k_a"]
    return 100 * V / (V + q["K_V"]) / (1 + A / q["K_A"])


def test_the_drive_rises_before_it_falls(said, release):
    """Against the state of rest by hand; on day 110 the store of the highest doses is not quite full yet."""
    q = release.parameters()["value"]
    assert said["mmp-drive-start"] == pytest.approx(steady(q, 0.01), rel=1e-3)
    top = optimize.minimize_scalar(lambda s: -steady(q, math.exp(s)), bounds=(-4, 9), method="bounded")
    assert said["mmp-drive-most"] == pytest.approx(-top.fun, rel=0.01)
    assert said["mmp-drive-most-dose"] == pytest.approx(math.exp(top.x), rel=0.3), "on a grid of doses"
    back = optimize.brentq(lambda u: steady(q, u) - steady(q, 0.01), 20, 10_000)
    assert said["mmp-drive-back-dose"] == pytest.approx(back, rel=0.35)
    weak = {**q, "K_A": 10}
    assert said["mmp-drive-weak-start"] == pytest.approx(steady(weak, 0.01), rel=1e-3)
    assert said["mmp-drive-weak-most"] == pytest.approx(max(steady(weak, u) for u in np.geomspace(0.01, 100, 200)), rel=2e-3)
    assert said["mmp-drive-weak-most"] < 1.05 * said["mmp-drive-weak-start"], "hardly a rise"
    assert said["mmp-drive-selective"] < 0.65 * said["mmp-drive-start"]
    curve = [steady(q, u, s=1000) for u in (0.01, 0.1, 1, 10)]
    assert curve == sorted(curve, reverse=True), "from the first dose on"
    assert min(steady(q, u, w=1) for u in np.geomspace(0.01, 1e4, 50)) >= steady(q, 0.01, w=1) * 0.999, "no dose brings it below its start"


def test_the_two_doses(printed, release):
    """The dose that halves the release of VEGF is 1 + x times the one that halves the making of fragments, for any x."""
    assert "making of fragments 2" in printed and re.search(r"release of VEGF +42\b", printed)
    for k_V in (0.02, 0.2, 1.0):
        x = k_V * 5 / 0.05
        at = {u: release.simulate(t=[0, 400], dose=u, t_off=410, k_V=k_V).iloc[-1] for u in (1e-9, 2, 2 * (1 + x))}
        assert at[2 * (1 + x)].freed == pytest.approx(at[1e-9].freed / 2, rel=1e-3)
        assert at[2].cutting == pytest.approx(at[1e-9].cutting / 2, rel=1e-6)


def test_what_begins_and_ends(said, release):
    q = release.parameters()["value"]
    start = steady(q, 0.0)
    assert said["mmp-v-start"] == pytest.approx((1 + 3 * 20 / 21) / 24, rel=1e-3)
    assert said["mmp-v-broad-early"] < 0.85 * said["mmp-v-start"] and said["mmp-v-broad-late"] > 0.9 * said["mmp-v-start"], "a success of the first week"
    filled = said["mmp-b-strong"] * 3 / 1.05
    most = (1 + 0.2 * 5 * filled) / 24
    assert 0.8 * most < said["mmp-v-overshoot"] * said["mmp-v-start"] <= most, "all MMP at once on the full store, which empties"
    after = release.simulate(t=[0, 62], **scenario(release, "strong"))
    assert after.V.iloc[-1] > 2 * said["mmp-v-start"] and after.drive.iloc[-1] > start, "for days"
    assert said["mmp-active-reflex"] > 1.5 * said["mmp-active-broad"]


def test_scenarios_say_the_truth(release, front):
    assert {s.id for s in front.scenarios} == {"open", "most", "all", "timp", "late", "loose", "none"}
    assert {s.id for s in release.scenarios} == {"broad", "strong", "selective", "wrong", "bound", "reflex"}
    start = release.simulate(t=[0, 1], dose=0.01).iloc[0]
    at = {s.id: release.simulate(t=[0, 30, 59.9, 61], **s.set) for s in release.scenarios}
    assert at["broad"].drive.iloc[2] > 1.2 * start.drive
    assert at["strong"].V.iloc[2] < 0.4 * start.V and at["strong"].drive.iloc[2] < start.drive < at["strong"].drive.iloc[3]
    assert at["selective"].drive.iloc[2] < 0.7 * start.drive and at["selective"].A.iloc[2] > 0.8 * start.A
    assert at["wrong"].drive.iloc[2] > 1.5 * start.drive and at["wrong"].V.iloc[2] > 0.9 * start.V
    assert at["bound"].drive.iloc[2] > 1.5 * release.simulate(t=[0, 1], dose=0.01, w=1).drive.iloc[0]
    assert at["reflex"].active.iloc[2] > 1.5 * at["broad"].active.iloc[2]


# --- the evidence -----------------------------------------------------------------------------------------------------


def test_the_medians(printed):
    """Drug minus placebo, as the abstracts print them."""
    differences = [float(v) for v in re.findall(r"([+-]\d\.\d) months", printed)]
    assert differences == pytest.approx([11.5 - 10.8, 8.6 - 9.2, 9.3 - 9.7, 1.5 / 30.4, 22 / 30.4, 12.5 - 11.8], abs=0.051)
    assert max(map(abs, differences)) < 1
    assert "Six randomised trials" in TEXT and len(re.findall(r"placebo\b", TEXT)) > 5


def test_the_smallest_effect_that_could_be_seen():
    """Schoenfeld: 4/d is the variance of the log hazard ratio between equal arms; d cannot exceed the patients."""
    n = evidence.fact("prinomastat-os").n
    assert n == 362 and math.exp(-1.959964 * 2 / math.sqrt(n)) == pytest.approx(0.81, abs=0.005)
    assert math.exp(-(1.959964 + 0.841621) * 2 / math.sqrt(n)) == pytest.approx(0.75, abs=0.006), "a power of four fifths"
