"""Numbers: time courses, doses, steady states, equilibria, sweeps, published results."""

from __future__ import annotations

import numpy as np
import pytest
from agreement import random_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import GRAMMAR, PK, linear, plain
from validation import hold

import soluble
from soluble.model import Model, UnknownNameError
from soluble.simulate import SimulationError, stability

DECLARED = soluble.list_models()


@pytest.fixture(scope="module")
def kuznetsov():
    return soluble.load_model("kuznetsov-1994")


@pytest.fixture(scope="module")
def pk():
    return Model(PK)


# --- time courses ----------------------------------------------------------------------------------------------------


def exact_pk(t, k, V, dose):
    """Superposed exponentials; at the time of a dose the value after it."""
    return sum(np.where(t >= at, dose * np.exp(-k * (t - at)), 0.0) for at in (0, 12, 24)) / V


def test_a_run_without_arguments_is_the_declared_one(kuznetsov):
    run = kuznetsov.simulate()
    assert list(run.columns) == ["E", "T"]
    assert run.index.name == "time"
    assert (len(run), run.index[0], run.index[-1]) == (401, 0.0, 400.0)
    assert run.iloc[0].tolist() == [3.2e5, 5.0e6]


@pytest.mark.parametrize("method", ["DOP853", "RK45", "LSODA", "Radau", "BDF"])
def test_doses_against_the_exact_solution(pk, method):
    """Three boluses into one compartment, every solver: superposed exponentials, jumps included."""
    run = pk.simulate(method=method, rtol=1e-9)
    assert run["C"].to_numpy() == pytest.approx(exact_pk(run.index.to_numpy(), 0.1, 5, 20), rel=2e-6)
    assert run.loc[12.0, "A"] == pytest.approx(20 + 20 * np.exp(-1.2), rel=1e-7)


@settings(max_examples=40, deadline=None)
@given(dose=st.floats(0.01, 100), factor=st.floats(0.1, 10), k=st.floats(0.01, 1))
def test_twice_the_dose_is_twice_the_concentration(dose, factor, k):
    """A linear model scales with its dose, and never falls below zero."""
    m = Model(PK)
    one, other = m.simulate(n=25, dose=dose, k=k), m.simulate(n=25, dose=factor * dose, k=k)
    assert np.allclose(other["C"], factor * one["C"], rtol=1e-6, atol=1e-9 * dose)
    assert (one["A"] >= 0).all()


@settings(max_examples=25, deadline=None)
@given(start=st.floats(0, 40), interval=st.floats(0.5, 20), count=st.floats(0, 6))
def test_any_schedule_gives_the_exact_solution(start, interval, count):
    """Doses at any time, also on the last point and beyond the run; the count is rounded down."""
    text = PK.replace("start: 0, interval: 12, count: 3", "start: t_1, interval: tau, count: n_doses").replace(
        "  dose: {",
        "  t_1: {name: first, value: 0, unit: hour, assumed: test}\n  tau: {name: between, value: 1, unit: hour, assumed: test}\n"
        "  n_doses: {name: doses, value: 1, unit: dimensionless, assumed: test}\n  dose: {",
    )
    m = Model(text)
    run = m.simulate(n=49, t_1=start, tau=interval, n_doses=count)
    t = run.index.to_numpy()
    exact = sum((np.where(t >= start + i * interval, 20 * np.exp(-0.1 * (t - start - i * interval)), 0.0) for i in range(int(count))), np.zeros_like(t))
    assert np.allclose(run["A"], exact, rtol=1e-6, atol=1e-9)


def test_schedules_that_make_no_sense_are_refused():
    text = PK.replace("start: 0, interval: 12", "start: t_1, interval: tau").replace(
        "  dose: {", "  t_1: {name: first, value: 0, unit: hour, assumed: test}\n  tau: {name: between, value: 1, unit: hour, assumed: test}\n  dose: {"
    )
    with pytest.raises(ValueError, match="'tablet' begins at -1"):
        Model(text).simulate(t_1=-1)
    with pytest.raises(ValueError, match="repeated 3 times with an interval of 0"):
        Model(text).simulate(tau=0)


def test_times_are_those_asked_for(pk):
    assert pk.simulate(t=[0, 0.5, 30]).index.tolist() == [0, 0.5, 30]
    assert pk.simulate(t=[12.0])["A"].iloc[0] == pytest.approx(20 + 20 * np.exp(-1.2))
    for wrong in ([1, 1], [2, 1], [-1, 1], [], [[1, 2]], [0, float("nan")]):
        with pytest.raises(ValueError, match="increasing"):
            pk.simulate(t=wrong)
    with pytest.raises(ValueError, match="t_end above 0"):
        pk.simulate(t_end=0)
    with pytest.raises(UnknownNameError, match="unknown method 'RK4'"):
        pk.simulate(method="RK4")


def test_the_error_shrinks_with_the_tolerance(kuznetsov):
    """Convergence: each hundredth of the tolerance brings the run closer to a run of very small tolerance."""
    best = kuznetsov.simulate(rtol=1e-13, n=41)
    errors = [np.abs(kuznetsov.simulate(rtol=r, n=41) / best - 1).to_numpy().max() for r in (1e-4, 1e-6, 1e-8, 1e-10)]
    assert all(b < a for a, b in zip(errors, errors[1:], strict=False))
    assert errors[-1] < 1e-7


def test_solvers_agree(kuznetsov):
    runs = [kuznetsov.simulate(method=m, rtol=1e-9, n=41) for m in ("DOP853", "LSODA", "Radau")]
    for run in runs[1:]:
        assert np.allclose(run, runs[0], rtol=1e-5)


def test_a_stiff_model_goes_through():
    """Robertson's reactions, the classic stiff test: the concentrations at t = 40 from the literature on stiff solvers are met by
    two independent implicit methods, and mass is conserved."""
    text = (
        "states:\n  A: {name: a, unit: dimensionless, initial: 1}\n  B: {name: b, unit: dimensionless, initial: 0}\n"
        "  C: {name: c, unit: dimensionless, initial: 0}\nparameters:\n  r1: {name: r, unit: 1/day, value: 0.04, assumed: test}\n"
        "  r2: {name: r, unit: 1/day, value: 3e7, assumed: test}\n  r3: {name: r, unit: 1/day, value: 1e4, assumed: test}\n"
        "equations:\n  A: -r1*A + r3*B*C\n  B: r1*A - r3*B*C - r2*B**2\n  C: r2*B**2\nstiff: true\n"
    )
    m = linear(text)
    run, other = m.simulate(t_end=40), m.simulate(t_end=40, method="Radau")
    assert run.sum(axis=1).to_numpy() == pytest.approx(np.ones(401), abs=1e-9)
    assert run.iloc[-1].to_numpy() == pytest.approx(other.iloc[-1].to_numpy(), rel=1e-5)


def test_blowing_up_is_an_error_that_says_when():
    m = plain({"x": 1}, {"k": (1, "1/day")}, {"x": "k*x*x"})
    with pytest.raises(SimulationError, match=r"toy: .*about time 1: "):
        m.simulate()
    m = plain({"x": 1}, {"k": (1, "1/day")}, {"x": "-k*sqrt(x - 2)"})
    with pytest.raises(SimulationError, match=r"derivative of x at time 0.*max\(x, 0\)"):
        m.simulate()


# --- rest ------------------------------------------------------------------------------------------------------------


def test_the_four_equilibria_of_kuznetsov(kuznetsov):
    """Tumour-free saddle, dormant spiral, saddle, escaped node, in this order, with their eigenvalues."""
    found = kuznetsov.equilibria()
    assert found["stability"].tolist() == ["saddle", "stable spiral", "saddle", "stable node"]
    assert found["T"].to_numpy() == pytest.approx([0, 8.186e6, 2.680e8, 4.470e8], rel=1e-3)
    assert found["E"].to_numpy() == pytest.approx([3.155e5, 1.608e6, 7.585e5, 1.732e5], rel=1e-3)
    leading = found["eigenvalues"][1][0]
    assert (leading.real, leading.imag) == pytest.approx((-0.0055, 0.0634), rel=5e-3)
    assert found["period"][1] == pytest.approx(99, rel=5e-3)


def test_where_a_run_ends_depends_on_where_it_begins(kuznetsov):
    assert kuznetsov.steady_state()["T"] == pytest.approx(8.186e6, rel=1e-3)
    assert kuznetsov.steady_state(E0=1e4)["T"] == pytest.approx(4.470e8, rel=1e-3)
    assert kuznetsov.steady_state(near={"E": 7.6e5, "T": 2.7e8})["T"] == pytest.approx(2.680e8, rel=1e-3)
    assert kuznetsov.steady_state(T0=0)["T"] == 0


def test_a_steady_state_is_one(kuznetsov):
    """At each equilibrium the derivative is zero beside its terms."""
    from soluble.simulate import compiled

    p = kuznetsov.values()[0]
    for _, row in kuznetsov.equilibria().iterrows():
        y = row[["E", "T"]].to_numpy(dtype=float)
        assert np.abs(compiled(kuznetsov).rhs(0, y, p)) == pytest.approx(np.zeros(2), abs=1e-9 * max(p[0], y.max()))


def test_conserved_sums_are_kept():
    """Binding, whose Jacobian is singular: the steady state has the totals of the start."""
    m = plain(
        {"R": 10, "L": 4, "C": 0},
        {"kon": (2, "1/day"), "koff": (1, "1/day")},
        {"R": "-kon*R*L + koff*C", "L": "-kon*R*L + koff*C", "C": "kon*R*L - koff*C"},
    )
    rest = m.steady_state()
    assert (rest["R"] + rest["C"], rest["L"] + rest["C"]) == pytest.approx((10, 4))
    assert 2 * rest["R"] * rest["L"] == pytest.approx(rest["C"])


def test_a_steady_state_after_doses_and_after_a_passing_signal():
    assert Model(PK).steady_state()["A"] == pytest.approx(0, abs=1e-12)
    fading = plain({"x": 0}, {"k": (1, "1/day"), "day": (1, "day")}, {"x": "k*(1 + exp(-time/day)) - k*x"})
    assert fading.steady_state()["x"] == pytest.approx(1)


@pytest.mark.parametrize(
    "equations",
    [{"x": "k*y", "y": "-k*x"}, {"x": "k*x", "y": "k - k*y"}, {"x": "k", "y": "0"}, {"x": "k*(2 + tanh(2*exp(0*k*day)*time/day) - x)", "y": "k*time/day"}],
    ids=["oscillates", "grows", "drifts", "follows-time"],
)
def test_no_steady_state_is_said(equations):
    m = plain({"x": 1, "y": 0}, {"k": (1, "1/day"), "day": (1, "day")}, equations)
    with pytest.raises(SimulationError, match="reaches no steady state"):
        m.steady_state()


@pytest.mark.parametrize(
    ("values", "kind"),
    [((-1, -2), "stable node"), ((1, -2), "saddle"), ((1, 2), "unstable node"), ((-1 + 1j, -1 - 1j), "stable spiral"), ((1 + 1j, 1 - 1j), "unstable spiral"),
     ((1j, -1j), "neutral"), ((0, -1), "stable node"), ((0, 0), "neutral"), ((-1, -2 + 1j, -2 - 1j), "stable node")],
)  # fmt: skip
def test_kinds_of_equilibria(values, kind):
    assert stability(values) == kind


# --- sweeps ------------------------------------------------------------------------------------------------------------


def test_a_sweep_with_hysteresis(kuznetsov):
    """More influx ends escape near 30,000 a day; less influx does not bring it back."""
    found = kuznetsov.sweep("s", [3e3, 1e4, 2e4, 4e4], of="T", hysteresis=True)
    assert list(found.columns) == ["up", "down"]
    assert found.index.name == "s"
    assert (found["up"] > 3e8).tolist() == [True, True, True, False]
    assert (found["down"] < 2e7).all()


def test_sweeps_at_a_time_and_at_the_maximum(pk):
    at = pk.sweep("dose", [10, 20], of="C", at=5)
    assert at["C"].to_numpy() == pytest.approx(np.array([10, 20]) * np.exp(-0.5) / 5, rel=1e-6)
    assert pk.sweep("k", [0.05, 1e-3], of="A", at="max")["A"].is_monotonic_increasing
    assert pk.sweep("A0", [1, 2], of="A", at=5)["A"].is_monotonic_increasing
    with pytest.raises(UnknownNameError, match="state or derived quantity 'B'"):
        pk.sweep("k", [1], of="B")
    with pytest.raises(UnknownNameError, match="'q'"):
        pk.sweep("q", [1], of="A")
    with pytest.raises(ValueError, match="neither 'steady' nor 'max'"):
        pk.sweep("k", [1], of="A", at="end")
    with pytest.raises(ValueError, match="hysteresis needs"):
        pk.sweep("A0", [1, 2], of="A", hysteresis=True)


def test_a_sweep_without_a_steady_state_is_empty_there():
    m = plain({"x": 1}, {"k": (1, "1/day")}, {"x": "k*x"})
    assert m.sweep("k", [-1, 1], of="x")["x"].isna().tolist() == [False, True]


# --- published results, and every declared model ---------------------------------------------------------------------


def check(recipe, model, published=0):
    text = f"reproduces:\n- {{what: x, published: {published}, tolerance: 0.01, assumed: test, compute: {recipe}}}\n"
    return Model(model.text + text).check_reproduces().iloc[0]


@pytest.mark.parametrize(
    ("recipe", "value"),
    [
        ("{as: value, of: A/V, at: 6}", 4 * np.exp(-0.6)),
        ("{as: max, of: C, with: {dose: 40}}", 8 * (1 + np.exp(-1.2) + np.exp(-2.4))),
        ("{as: min, of: A, from: 1, to: 11}", 20 * np.exp(-1.1)),
        ("{as: mean, of: A, from: 0, to: 11}", 20 * (1 - np.exp(-1.1)) / 1.1),
        ("{as: time_of_max, of: A}", 24),
        ("{as: time_to, of: A, level: 10, to: 11}", np.log(2) / 0.1),
        ("{as: expression, of: dose/V}", 4),
        ("{as: eigenvalue_real}", -0.1),
        ("{as: equilibria, stable: true}", 1),
        ("{as: threshold, of: C, parameter: dose, between: [1, 80], level: 2, at: 6}", 10 * np.exp(0.6)),
        ("{as: ratio, of: {as: value, of: A, at: 5}, to: {as: value, of: A, at: 6}, with: {k: 0.2}}", np.exp(0.2)),
    ],
)
def test_each_form_of_a_published_result(pk, recipe, value):
    assert check(recipe, pk)["ours"] == pytest.approx(value, rel=2e-3 if "mean" in recipe or "time_of" in recipe else 1e-5)


def test_the_cycle_of_an_oscillator():
    m = plain({"x": 1, "y": 0}, {"w": (2, "1/day")}, {"x": "w*y", "y": "-w*x"})
    assert check("{as: cycle, of: x}", m)["ours"] == pytest.approx(np.pi, rel=1e-4)
    assert check("{as: period, near: {x: 0.1}}", m)["ours"] == pytest.approx(np.pi, rel=1e-6)


def test_a_result_in_another_unit_is_converted(pk):
    text = "reproduces:\n- {what: x, published: 0.2888, unit: day, tolerance: 0.01, assumed: t, compute: {as: time_to, of: A, level: 10, to: 11}}\n"
    found = Model(pk.text + text).check_reproduces().iloc[0]
    assert found["ours"] == pytest.approx(np.log(2) / 0.1 / 24, rel=1e-4)
    assert (found["ok"], found["unit"]) == (True, "day")


def test_a_result_that_is_missed_is_not_ok(pk):
    found = check("{as: value, of: A, at: 6}", pk, published=12)
    assert not found["ok"]
    assert found["difference"] == pytest.approx(20 * np.exp(-0.6) / 12 - 1, rel=1e-5)


@pytest.fixture(params=DECLARED)
def declared(request):
    return soluble.load_model(request.param)


def test_declared_models_give_their_published_results(declared):
    found = declared.check_reproduces()
    missed = found[~found["ok"].astype(bool)]
    assert missed.empty, missed.to_string()
    printed = found[~found["source"].str.startswith("assumed")]
    pairs = zip(printed["published"], printed["ours"], strict=True)
    apart = [abs(ours / published - 1) for published, ours in pairs if not isinstance(published, str) and published]
    hold(declared.id, "reproduces", results=len(printed), given=int(printed["ok"].sum()), largest=max(apart, default=0.0))


def test_declared_models_stay_non_negative(declared):
    """The default run, each scenario and five random settings: no state that begins at zero or above falls below, beyond rounding."""
    for setting in [{}, *(s.set for s in declared.scenarios), *random_settings(declared, 5, seed=1)]:
        run = declared.simulate(n=101, **declared.keywords(setting))[declared.state_ids]
        sizes = {u: run[[s.id for s in declared.states if s.unit == u]].abs().to_numpy().max() for u in {s.unit for s in declared.states}}
        for s in declared.states:
            assert run[s.id].min() >= -1e-6 * max(sizes[s.unit], 1e-300), (s.id, setting)


def test_what_the_scenarios_of_kuznetsov_say_is_true(kuznetsov):
    run = {s.id: kuznetsov.simulate(n=801, **kuznetsov.keywords(s.set))["T"] for s in kuznetsov.scenarios}
    rest = {s.id: kuznetsov.steady_state(**kuznetsov.keywords(s.set))["T"] for s in kuznetsov.scenarios}
    assert 0.9e8 < run["dormant"].max() < 1e8
    assert 28 < run["dormant"].idxmax() < 35
    assert run["dormant"].loc[34:].min() == pytest.approx(run["dormant"].max() / 100, rel=0.05)
    assert [rest["dormant"], rest["single-cell"]] == pytest.approx([8e6, 8e6], rel=0.05)
    assert [rest[s] > 4.4e8 for s in ("escape", "large-graft", "weak-recruitment")] == [True] * 3
    assert run["escape"].iloc[-1] == pytest.approx(4.5e8, rel=0.02)
    assert run["single-cell"].loc[:90].max() < 1e6
    assert run["single-cell"].max() == pytest.approx(86e6, rel=0.01)
    assert 120 < run["single-cell"].idxmax() < 150
    assert "stable spiral" in kuznetsov.equilibria(p=0.08)["stability"].tolist()
    assert run["strong-influx"].loc[182:].max() < 1
    assert kuznetsov.equilibria(s=1e5)["T"].tolist() == [0]


def test_the_whole_grammar_runs():
    m = Model(GRAMMAR)
    run = m.simulate()
    assert np.isfinite(run.to_numpy()).all()
    assert np.allclose(run, m.simulate(method="Radau", rtol=1e-9), rtol=1e-5, atol=1e-6)
