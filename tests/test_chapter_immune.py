"""The chapter on immune cells: it runs from scratch, and what its sentences say of the models and the evidence is so."""

from __future__ import annotations

import re

import numpy as np
import pytest
from chapter import Chapter, Standard

import soluble
from soluble import evidence

CHAPTER = Chapter("08-immune")
TEXT = CHAPTER.text
executed, said, printed = CHAPTER.fixtures()


class TestStandard(Standard):
    chapter, pictures = CHAPTER, 2


@pytest.fixture(scope="module")
def border():
    return soluble.load_model("kuznetsov-1994")


@pytest.fixture(scope="module")
def race():
    return soluble.load_model("creemers-2021")


def test_the_puzzles_numbers_were_looked_up_on_their_pages():
    for identity in ("welsh-islet-high-5y", "welsh-islet-low-5y", "welsh-stroma", "soo-macrophage-nest-os-hr", "soo-m2-stroma-os-hr", "rakaee-neutrophils-adeno", "rakaee-neutrophils-squamous"):
        assert evidence.fact(identity).checked.startswith("page http"), identity


# --- the border ------------------------------------------------------------------------------------------------------


def test_the_published_steady_states_are_given(border):
    agreement = border.check_reproduces().set_index("what")
    assert agreement.loc["effectors without a tumour":"effectors after escape", "ok"].all()
    assert len(agreement.loc["effectors without a tumour":"effectors after escape"]) == 7


def test_a_hundred_million_escape_where_five_are_held(border):
    assert border.steady_state(T0=5e6)["T"] < 1e7
    assert border.steady_state(T0=1e8)["T"] > 4e8


def test_where_the_escaped_state_vanishes_follows_from_the_cubic(border, said):
    """The threshold of the influx from the closed form: s n = the largest value of a (1 - b T) ((d + m T)(g + T) - p T)/(g + T) beyond the first branch."""
    p, g, m, d, a, b, n = (border.parameters()["value"][k] for k in "pgmdabn")
    T = np.linspace(1e8, 4.99e8, 2_000_001)
    needed = a * (1 - b * T) * ((d + m * T) * (g + T) - p * T) / ((g + T) * n)
    assert said["immune-fold-s"] == pytest.approx(needed.max(), rel=1e-6)
    assert said["immune-fold-n-times"] == pytest.approx(said["immune-fold-s-times"], rel=1e-6), "only the product s n enters"


def test_the_size_that_is_held_is_that_of_the_border(border, said):
    """By bisection in the chapter; here by crossing the border that was followed back from the saddle."""
    from soluble.plane import Axis, Plane

    x, y = Axis("T", 1e4, 1e9, True), Axis("E", 1e4, 1e7, True)
    (line,) = Plane(border, x, y).borders
    u, v = line[(line[:, 0] > 0.2) & (line[:, 0] < 0.95)].T
    order = np.argsort(v)
    at = np.interp(float(y.place(3.2e5)), v[order], u[order])
    assert said["immune-largest"] == pytest.approx(float(x.value(at)) / 1e6, rel=0.005)


def test_recruitment_decides_between_all_and_nothing(border, said):
    """A fifth more p, or less m, takes the escaped state away; a fifth less p leaves no size that is held; other rates move the border."""
    for name, times in (("p", 1.2), ("m", 0.8)):
        found = border.equilibria(**{name: times * border.parameters()["value"][name]})
        assert found["T"].max() < 1e8, name
    for T0 in (1e4, 1e6, 1e8):
        assert border.steady_state(T0=T0, E0=3.2e5, p=0.8 * 0.1245)["T"] > 3e8
    assert said["immune-moved-a"] < said["immune-largest"] < said["immune-moved-s"] < said["immune-moved-n"] < 900
    assert said["immune-fold-p-more"] < 20 < said["immune-fold-a-less"]


def test_late_effectors_follow_the_outcome(said):
    assert said["immune-dormant-E"] > 5 * said["immune-escaped-E"]


def test_both_coordinates_beat_either(border, said):
    """The areas against Mann and Whitney's U, the fates of the tumours beside the border by long runs instead of the picture."""
    from scipy.stats import mannwhitneyu

    from soluble.plane import Axis, Plane

    x, y = Axis("T", 1e4, 1e9, True), Axis("E", 1e4, 1e7, True)
    names = Plane(border, x, y).basins()
    rng = np.random.default_rng(8)
    T, E = 10 ** rng.uniform(6, 8.7, 4000), 10 ** rng.uniform(4.5, 6.5, 4000)
    fate = names[(y.place(E) * names.shape[0]).astype(int), (x.place(T) * names.shape[1]).astype(int)]
    held = fate == "B"
    for i in np.flatnonzero(fate == ""):
        held[i] = border.steady_state(T0=T[i], E0=E[i])["T"] < 1e8
    for i in range(0, 4000, 100):
        assert (border.steady_state(T0=T[i], E0=E[i])["T"] < 1e8) == held[i]

    def area(marker, among=slice(None)):
        many, few = marker[among][held[among]], marker[among][~held[among]]
        return mannwhitneyu(many, few).statistic / (len(many) * len(few))

    whole = {"effectors": area(E), "tumour": area(-T), "both": area(E / T**0.6)}
    for name, value in whole.items():
        assert value < said[f"immune-auc-{name}"] < value + 0.01, "without the tumours on the border a little better"
    assert whole["tumour"] < 0.9 and whole["effectors"] < 0.9 and whole["both"] > 0.98
    assert area(E, T > 1e7) > whole["effectors"] + 0.05, "among large tumours effector cells alone do better"


# --- the race --------------------------------------------------------------------------------------------------------


def test_the_fifth_power_is_the_models(race):
    """The held tumour of the plane with many T cells against the formula of the text."""
    for xi in (5e-4, 4e-4, 3e-4):
        plane = race.hold({"S": 1e6, "N": 1e6, "C": 0})
        held = plane.steady_state(xi=xi, T0=10, I0=1e7)["T"]
        assert held == pytest.approx((1 / (571 * xi)) ** 5, rel=0.01)


def test_the_tumours_curve_does_not_hold_the_output_of_the_node(race):
    tumour = race.rhs_sympy[0]
    assert "S" not in {str(s) for s in tumour.free_symbols}


def test_at_half_the_killing_the_explorers_start_runs_away(race):
    """What the caption of the second explorer invites to see."""
    from soluble.plane import Axis, Plane

    held = race.hold({"S": 2e4, "N": 1e6, "C": 0})
    x, y = Axis("T", 1, 1e10, True), Axis("I", 1e2, 1e9, True)
    assert Plane(held, x, y).goal(1e6, 1e4) == "A"
    assert Plane(held, x, y, xi=2.5e-4).goal(1e6, 1e4) == ""


def test_the_threshold_of_killing(race, said):
    tip = 1e-4 * said["immune-tip"]
    assert race.simulate(t=[0, 1825], xi=0.99 * tip)["T"].iloc[-1] > 1e10
    assert race.simulate(t=[0, 1825], xi=1.01 * tip)["T"].iloc[-1] < 1e5
    assert said["immune-tip-growth"] > 3 * said["immune-tip-death"]


def test_treatment_near_and_far(race, said):
    """As the authors' own settings say: cured near the threshold, delayed further off."""
    assert said["immune-near-untreated"] == pytest.approx(1513, abs=1)
    assert said["immune-near-cleared"] < 275
    assert (said["immune-far-untreated"], said["immune-far-treated"]) == (pytest.approx(1386, abs=1), pytest.approx(1650, abs=1))


# --- the macrophages -------------------------------------------------------------------------------------------------


def test_as_many_macrophages_and_twice_the_tumour(said):
    assert said["immune-published-all"] == pytest.approx(said["immune-exchanged-all"], rel=0.06)
    assert said["immune-published-tumour"] == pytest.approx(2.0 * said["immune-exchanged-tumour"], rel=0.05)
    assert said["immune-published-share"] > 99
    assert said["immune-exchanged-share"] < 0.01


def test_no_tipping_point_between_the_kinds():
    """For a fixed tumour one mixture attracts, at either order of the two rates."""
    from soluble.plane import Axis, Plane

    kinds = soluble.load_model("den-breems-2016")
    for Ts, Tn in ((1e6, 1e3), (1e7, 1e8), (1e8, 1e7), (1e5, 1e9)):
        for k_12, k_21 in ((5e-5, 4e-5), (4e-5, 5e-5)):
            held = kinds.hold({"Ts": Ts, "Tn": Tn, "Th1": 1e5, "Th2": 1e5})
            plane = Plane(held, Axis("M1", 0, 1.1e5, False), Axis("M2", 0, 1.1e5, False), k_12=k_12, k_21=k_21)
            assert plane.equilibria["stability"].str.startswith("stable").sum() == 1


# --- the evidence ----------------------------------------------------------------------------------------------------


def test_the_forest_lists_what_the_alt_text_says():
    alt = re.search(r'alt: "(Forest plot of pooled.*?)"', TEXT)[1]
    block = re.search(r"cells = \{(.*?)\}", TEXT, re.S)[1]
    values = [evidence.fact(i).value for i in re.findall(r'"([\w-]+-hr)":', block)]
    assert len(values) == 12
    assert values == sorted(values)
    for value in values:
        assert f"{value:.2f}" in alt


def test_the_interval_of_the_exercise_is_on_the_wrong_scale():
    f = evidence.fact("zhao-foxp3-os-hr")
    geometric, arithmetic = np.sqrt(f.ci_low * f.ci_high), (f.ci_low + f.ci_high) / 2
    assert abs(arithmetic - f.value) < abs(geometric - f.value)
    assert (round(geometric, 2), round(arithmetic, 2)) == (3.64, pytest.approx(3.93, abs=0.011))
