"""Many runs at once: ensembles over executors, the solver for many draws, sensitivities against closed forms."""

from __future__ import annotations

import math
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from agreement import random_settings, relative_difference, times_between_doses
from toys import GRAMMAR, PK, plain

import soluble
from soluble import batch
from soluble.model import Model, UnknownNameError
from soluble.simulate import SimulationError

DECLARED = soluble.list_models()


@pytest.fixture(scope="module")
def pk():
    return Model(PK)


def explosive():
    """Ends at time 1/(k x0): fails before the end of the run (10 days) for k above 0.1."""
    return plain({"x": 1}, {"k": (1, "1/day")}, {"x": "k*x*x"})


# --- ensembles -------------------------------------------------------------------------------------------------------


def exact(draws, t):
    """The toy's concentration at a time: superposed exponentials of doses at 0, 12 and 24 hours."""
    given = sum(np.where(t >= at, draws["dose"] * np.exp(-draws["k"] * (t - at)), 0.0) for at in (0, 12, 24))
    return ((given + draws["A0"] * np.exp(-draws["k"] * t)) / draws["V"]).to_numpy()


@pytest.mark.parametrize("pool", [None, ThreadPoolExecutor, ProcessPoolExecutor])
def test_an_ensemble_is_the_exact_solution_in_the_order_of_the_draws(pk, pool):
    draws = pd.DataFrame(random_settings(pk, 70), index=[f"draw {i}" for i in range(70)]).sample(frac=1, random_state=1)
    executor = pool(2) if pool else None
    found = pk.ensemble(draws, executor=executor, of=["A", "C"], at=30)
    if executor:
        executor.shutdown()
    assert found.index.tolist() == draws.index.tolist()
    assert found["C"].to_numpy() == pytest.approx(exact(draws, 30), rel=1e-7)
    assert found.attrs["failures"] == {}


def test_an_ensemble_on_a_dask_cluster(pk, tmp_path):
    """A cluster of two worker processes: the same numbers as here, in the same order; failures told."""
    from dask.distributed import Client, LocalCluster

    draws = pd.DataFrame(random_settings(pk, 40), index=range(100, 140))
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path)) as cluster, Client(cluster) as client:
        assert len(client.scheduler_info()["workers"]) == 2
        found = pk.ensemble(draws, executor=client.get_executor(), of="C", at=30)
        failing = explosive().ensemble(pd.DataFrame({"k": [0.05, 5.0, 0.01]}), executor=client.get_executor())
    pd.testing.assert_frame_equal(found, pk.ensemble(draws, of="C", at=30), check_exact=True)
    assert failing["x"].isna().tolist() == [False, True, False]
    assert "toy: " in failing.attrs["failures"][1]


def test_division_among_workers_does_not_change_a_number():
    """Each draw has its own steps: alone, or among many, it gives the same, to the last bit."""
    m = soluble.load_model("kosinsky-2018")
    draws = pd.DataFrame(random_settings(m, 30))
    together = m.ensemble(draws)
    alone = pd.concat([m.ensemble(draws.iloc[[i]]) for i in range(0, 30, 7)])
    pd.testing.assert_frame_equal(alone, together.iloc[::7], check_exact=True)


def test_an_ensemble_says_what_failed(pk):
    m = explosive()
    found = m.ensemble(pd.DataFrame({"k": [-1.0, 5.0, 0.01]}, index=["a", "b", "c"]))
    assert found["x"].tolist() == pytest.approx([1 / 11, math.nan, 1 / 0.9], nan_ok=True)
    assert list(found.attrs["failures"]) == ["b"]
    assert "about time 0.2" in found.attrs["failures"]["b"]
    with pytest.raises(SimulationError, match=r"draw 'b': toy: .*about time 0\.2"):
        m.ensemble(pd.DataFrame({"k": [-1.0, 5.0]}, index=["a", "b"]), failures="raise")
    growing = plain({"x": 1}, {"k": (1, "1/day")}, {"x": "k*x"}).ensemble(pd.DataFrame({"k": [-1.0, 1.0]}), at="steady")
    assert growing["x"].tolist() == pytest.approx([0, math.nan], nan_ok=True, abs=1e-12)
    assert "reaches no steady state" in growing.attrs["failures"][1]


def test_an_ensemble_of_maxima_and_at_the_start(pk):
    assert pk.ensemble(pd.DataFrame({"dose": [10.0, 20.0], "k": 0.5}), of="A", at="max")["A"].tolist() == pytest.approx(
        [d * (1 + math.exp(-6) + math.exp(-12)) for d in (10, 20)], rel=1e-6
    )
    assert pk.ensemble(pd.DataFrame({"A0": [3.0, 4.0]}), of="A", at=0)["A"].tolist() == [23, 24]


def test_an_ensemble_refuses_what_makes_no_sense(pk):
    one = pd.DataFrame({"k": [0.1]})
    with pytest.raises(UnknownNameError, match="unknown parameter or initial value 'q'"):
        pk.ensemble(pd.DataFrame({"q": [1.0]}))
    with pytest.raises(UnknownNameError, match="'B'"):
        pk.ensemble(one, of="B")
    with pytest.raises(ValueError, match="k is nan, not a finite number"):
        pk.ensemble(pd.DataFrame({"k": [0.1, math.nan]}))
    for at in ("end", -1, math.inf):
        with pytest.raises(ValueError, match="at="):
            pk.ensemble(one, at=at)
    with pytest.raises(ValueError, match="neither 'nan' nor 'raise'"):
        pk.ensemble(one, failures="ignore")


def test_progress_is_shown(pk, capfd):
    pk.ensemble(pd.DataFrame(random_settings(pk, 40)), at="max", of="A", progress=True)
    assert "40/40" in capfd.readouterr().err


@pytest.mark.parametrize("model", [Model(PK), Model(GRAMMAR), *map(soluble.load_model, DECLARED)], ids=lambda m: m.id)
def test_many_draws_at_once_are_the_single_runs(model):
    """Relative 1e-6 at five times, between doses, for the draws that the common solver finishes; stiff ones it leaves to others."""
    settings = [{}, *random_settings(model, 5, seed=4)]
    times = times_between_doses(model, {}, 6)
    states, finished = batch.run(model, [model.values(s) for s in settings], times, rtol=1e-10)
    assert np.all(np.isfinite(states[finished]))
    for setting, got in list(zip(settings, states, strict=True))[:3]:
        if np.isfinite(got).all():
            run = model.simulate(t=times, rtol=1e-10, **model.keywords(setting))
            observed = np.column_stack([got, *batch_observed(model, setting, times, got)])
            assert max(relative_difference(model, observed[1:], run.to_numpy()[1:]).values()) < 1e-6, setting
    assert finished.any() or model.stiff


def batch_observed(model, setting, times, states):
    from soluble.simulate import observe

    return observe(model, model.values(setting)[0], times, states.T).values()


# --- sensitivities ---------------------------------------------------------------------------------------------------


def test_local_sensitivities_of_decay_are_exact(pk):
    """C = (dose + A0) exp(-k t)/V before the second dose: -k t, -1, and the shares of dose and initial value."""
    found = pk.sensitivity(of="C", at=10, A0=5)
    assert found["sensitivity"].to_dict() == pytest.approx({"k": -1.0, "V": -1.0, "dose": 0.8, "A0": 0.2}, rel=1e-7)
    assert found.loc["V", "derivative"] == pytest.approx(-25 * math.exp(-1) / 25, rel=1e-7)
    assert found.index[-1] == "A0"
    assert found.loc["k", "value"] == 0.1


def test_a_local_sensitivity_at_zero_has_a_derivative(pk):
    found = pk.sensitivity(of="C", at=10, parameters=["A0"])
    assert found.loc["A0"].tolist() == pytest.approx([0, math.exp(-1) / 5, 0], rel=1e-6)


def test_local_sensitivities_at_rest_are_those_of_the_closed_form():
    """x = (s/k)^(1/h) of dx/dt = s - k x^h, at rest; an initial value does not matter there."""
    m = plain({"x": 1}, {"s": (2, "1/day"), "k": (3, "1/day"), "h": (2, "dimensionless")}, {"x": "s - k*x**h"})
    found = m.sensitivity(at="steady", parameters=["s", "k", "h", "x0"])["sensitivity"]
    assert found.to_dict() == pytest.approx({"s": 0.5, "k": -0.5, "h": -math.log(2 / 3) / 2, "x0": 0}, rel=1e-6, abs=1e-8)


def test_an_initial_value_that_is_a_formula_moves_with_its_parameter():
    m = plain({"x": "a"}, {"a": (2, "dimensionless"), "k": (0.1, "1/day")}, {"x": "-k*x"})
    assert m.sensitivity(at=3, parameters=["a"])["sensitivity"].tolist() == pytest.approx([1.0])
    assert m.sensitivity(at=3, parameters=["a", "x0"], x0=5)["sensitivity"].to_dict() == pytest.approx({"x0": 1.0, "a": 0.0}, abs=1e-9)


def test_sobol_indices_are_those_of_the_g_function():
    """Sobol's g-function, g = prod (|4 x - 2| + a)/(1 + a) of x even in [0, 1], whose variances are 1/(3 (1 + a)^2)."""
    a = np.array([0.0, 1.0, 9.0])
    g = "*".join(f"(abs(4*x{i + 1} - 2) + {v})/{1 + v}" for i, v in enumerate(a))
    ranges = {f"x{i}": (0.5, "dimensionless", "[0, 1]") for i in (1, 2, 3)}
    m = plain({"y": 0}, {**ranges, "k": (1, "1/day")}, {"y": f"k*{g}"})
    found = m.sensitivity(at=1, kind="sobol", draws=2048)
    part = 1 / (3 * (1 + a) ** 2)
    whole = np.prod(1 + part) - 1
    total = part * [np.prod(1 + np.delete(part, i)) for i in range(3)] / whole
    assert found.index.tolist() == ["x1", "x2", "x3"]
    assert np.all(np.abs(found["first"] - part / whole) < 0.02)
    assert np.all(np.abs(found["total"] - total) < 0.02)
    assert np.all(found["total_conf"] < 0.1)
    again = m.sensitivity(at=1, kind="sobol", draws=2048)
    pd.testing.assert_frame_equal(found, again)


def test_sobol_draws_are_even_on_the_slider_s_own_scale():
    """Of y = log(u v) with u over two decades and v over one, on log scales, the shares are 4/5 and 1/5."""
    spans = {"u": (1, "dimensionless", "[0.1, 10], scale: log"), "v": (1, "dimensionless", "[1, 10], scale: log")}
    m = plain({"y": 0}, {**spans, "k": (1, "1/day")}, {"y": "k*log(u*v)"})
    found = m.sensitivity(at=1, kind="sobol", draws=1024)
    assert found["first"].to_dict() == pytest.approx({"u": 0.8, "v": 0.2}, abs=0.01)
    assert found["total"].to_dict() == pytest.approx({"u": 0.8, "v": 0.2}, abs=0.01)


def test_sensitivities_say_what_they_cannot_do(pk):
    with pytest.raises(ValueError, match="neither 'local' nor 'sobol'"):
        pk.sensitivity(kind="global")
    with pytest.raises(UnknownNameError, match="'q'"):
        pk.sensitivity(parameters=["q"])
    m = plain({"x": 1}, {"k": (0.1, "1/day")}, {"x": "-k*x"})
    with pytest.raises(ValueError, match="no parameter with a range"):
        m.sensitivity()
    with pytest.raises(ValueError, match="need a range for k"):
        m.sensitivity(parameters=["k"], kind="sobol")
    with pytest.raises(SimulationError, match="no sensitivity, for the run with .* fails"):
        explosive().sensitivity(parameters=["k"])
