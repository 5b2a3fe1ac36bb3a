"""Equilibria along a parameter and their folds: against closed forms, against published thresholds, against sweeps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from toys import plain

import soluble
from soluble.model import UnknownNameError
from soluble.simulate import SimulationError


def cubic():
    """dx/dt = r + x - x^3, with folds at r = -+2/(3 sqrt 3), x = +-1/sqrt 3."""
    return plain({"x": -1}, {"r": (0, "1/day"), "k": (1, "1/day")}, {"x": "r + k*x - k*x**3"})


def test_the_folds_of_a_cubic_are_exact():
    found = cubic().folds("r", (-1, 1))
    edge = 2 / (3 * math.sqrt(3))
    assert found["r"].to_numpy() == pytest.approx([edge, -edge], rel=1e-9)
    assert found["x"].to_numpy() == pytest.approx([-1 / math.sqrt(3), 1 / math.sqrt(3)], rel=1e-5)


def test_the_branch_of_a_cubic_is_its_curve():
    """Every point is an equilibrium; stable, unstable, stable again; also when walked the other way."""
    found = cubic().branch("r", (-1, 1))
    assert (found["r"] + found["x"] - found["x"] ** 3).to_numpy() == pytest.approx(np.zeros(len(found)), abs=1e-10)
    assert found["x"].is_monotonic_increasing
    inside = ~found["fold"]
    assert (found["stable"][inside] == (found["x"][inside].abs() > 1 / math.sqrt(3))).all()
    assert (found["r"].iloc[0], found["fold"].sum()) == (-1, 2)
    assert found["r"].iloc[-1] > 0.9
    back = cubic().folds("r", (1, -1), near={"x": 1.3})
    assert back["r"].to_numpy() == pytest.approx(cubic().folds("r", (-1, 1))["r"].to_numpy()[::-1])


def test_the_thresholds_of_the_mir200_zeb_switch():
    """Lu 2013: the four folds are the thresholds that the declaration's published results hold."""
    m = soluble.load_model("lu-2013")
    found = m.folds("SNAIL", (150_000, 260_000))
    published = sorted(r.published for r in m.reproduces if r.compute["as"] == "threshold")
    assert len(published) == 4
    assert sorted(found["SNAIL"]) == pytest.approx(published, rel=1e-3)
    curve = m.branch("SNAIL", (150_000, 260_000))
    kinds = curve["stable"][~curve["fold"]].to_numpy()
    assert np.sum(kinds[1:] != kinds[:-1]) == 4, "stable, unstable, stable, unstable, stable"


def test_the_switches_of_tian_2013():
    """Two thresholds upwards; from the last state the branch leads back to no TGF-beta at all: that switch is irreversible."""
    m = soluble.load_model("tian-2013")
    curve = m.branch("TGF_out", (0.01, 4))
    up = [r.published for r in m.reproduces if r.what.startswith(("first switch", "second switch"))]
    found = curve[curve["fold"]]["TGF_out"].to_list()
    assert [found[0], found[-1]] == pytest.approx(up, rel=1e-3)
    assert curve["TGF_out"].iloc[-1] < 0.1


def test_folds_are_where_a_sweep_jumps():
    m = soluble.load_model("kuznetsov-1994")
    edge = m.folds("s", (3e3, 1e5), near={"E": 3.4e4, "T": 4.9e8})["s"].max()
    sweep = m.sweep("s", [3e3, 0.9 * edge, 0.999 * edge, 1.001 * edge], of="T", hysteresis=True)["up"]
    assert (sweep > 3e8).tolist() == [True, True, True, False]


def test_a_parameter_without_folds_has_none():
    m = plain({"x": 1}, {"s": (1, "1/day"), "k": (1, "1/day")}, {"x": "s - k*x"})
    assert m.folds("s", (0.1, 10)).empty
    assert m.branch("s", (0.1, 10), k=2)["x"].iloc[0] == pytest.approx(0.05)


def test_what_cannot_be_followed_is_said():
    m = plain({"R": 10, "C": 0}, {"a": (2, "1/day"), "b": (1, "1/day")}, {"R": "b*C - a*R", "C": "a*R - b*C"})
    with pytest.raises(SimulationError, match="totals are conserved"):
        m.folds("a", (1, 3))
    with pytest.raises(UnknownNameError, match="'q'"):
        cubic().folds("q", (0, 1))
    with pytest.raises(UnknownNameError, match="'x0'"):
        cubic().folds("x0", (0, 1))
    with pytest.raises(ValueError, match="not a pair of different numbers"):
        cubic().folds("r", (1, 1))
    with pytest.raises(SimulationError, match="reaches no steady state"):
        plain({"x": 1}, {"k": (1, "1/day")}, {"x": "k*x"}).folds("k", (1, 2))
