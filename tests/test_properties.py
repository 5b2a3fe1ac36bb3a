"""What must hold at any setting: nothing below zero, conserved totals, doses that scale. Settings are drawn by hypothesis."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import soluble
from soluble.expression import Expression
from soluble.simulate import SimulationError, compiled

MODELS = {name: soluble.load_model(name) for name in soluble.list_models()}
#: What each model keeps constant between doses, as formulas of its states and parameters.
CONSERVED = {
    "coggins-2014": [
        "R7 + C7 + R7Be + R7Bp + C7Be + C7Bp + R7Bei + R7Bpi + R7Beii + R7Bpii + C7Bei + C7Bpi + C7Beii + C7Bpii",
        "Be + R4Be + R7Be + C4Be + C7Be + R7Bei + C4Bei + C7Bei + C7Beii",
        "Bp + R4Bp + R7Bp + C4Bp + C7Bp + R7Bpi + C4Bpi + C7Bpi + C7Bpii",
    ],
    "creemers-2021": ["S + N"],
    "dwivedi-2014": ["STAT3_liver + pSTAT3_liver", "STAT3_gut + pSTAT3_gut"],
    "nazari-2018": ["R_S + C_S - R_TS*S", "R_E + C_E - R_T*E", "R_D + C_D - R_T*D"],
    "receptor-desensitisation": ["R + LR + LRd + LRi"],
    "sobotta-2017": ["volumes*(STAT3 + tpSTAT3) + nSTAT3"],
}
#: Linear in the dose, whatever the covariates: model -> parameters that are doses.
LINEAR = {"ahamadi-2017": ("dose_per_kg", "flat_dose"), "bajaj-2017": ("dose_per_kg", "flat_dose")}

few = settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
more = settings(few, max_examples=15)


def sliders(model):
    """A strategy: any setting inside the slider ranges, on each slider's own scale, ends included."""
    quantities = {q.id: q for q in model.parameters_ if q.range} | {f"{s.id}0": s for s in model.states if s.range}

    def value(q):
        low, high = q.range
        if q.scale == "linear":
            return st.floats(low, high, allow_subnormal=False)
        return st.floats(float(np.log(low)), float(np.log(high))).map(lambda x: float(np.clip(np.exp(x), low, high)))

    return st.fixed_dictionaries({name: value(q) for name, q in quantities.items()})


def check_nothing_below_zero(model, setting):
    """Beside the largest state of the same unit, or where that is next to nothing (a dose of almost nought) beside a millionth of what
    the default run has of it, which is finer than the solver looks. A run that is given up on has said so."""
    usual = model.simulate(n=41)[model.state_ids].abs().max()
    try:
        run = model.simulate(n=41, **model.keywords(setting))[model.state_ids]
    except SimulationError:
        return
    for unit in {s.unit for s in model.states}:
        names = [s.id for s in model.states if s.unit == unit]
        mates = run[names].to_numpy()
        assert mates.min() >= -1e-6 * max(np.abs(mates).max(), 1e-6 * usual[names].max(), 1e-300), unit


@pytest.mark.parametrize("name", MODELS)
def test_nothing_falls_below_zero(name):
    model = MODELS[name]
    effort = few if len(model.states) > 15 else more
    effort(given(setting=sliders(model))(lambda setting: check_nothing_below_zero(model, setting)))()


def points(model, n, seed=0):
    """Random positive states around a run's size."""
    size = model.simulate(n=21)[model.state_ids].abs().max().to_numpy(copy=True)
    size[size == 0] = 1.0
    return size * np.random.default_rng(seed).uniform(0.1, 2, (n, len(size)))


@pytest.mark.parametrize("name", CONSERVED)
def test_a_conserved_total_stays_as_it_was(name):
    """Along runs of random settings, relative to the size of the sum's terms."""
    model = MODELS[name]

    @settings(few, max_examples=3 if len(model.states) > 15 else 8)
    @given(setting=sliders(model))
    def check(setting):
        run = model.simulate(n=13, rtol=1e-9, **model.keywords(setting))
        values = dict(zip(model.parameter_ids, model.values(setting)[0].tolist(), strict=True)) | {q: run[q].to_numpy() for q in model.quantity_ids}
        for total in CONSERVED[name]:
            kept = Expression(total).value(values)
            size = Expression(total.replace("-", "+")).value(values)
            assert np.abs(kept - kept[0]).max() <= 1e-6 * size.max(), total

    check()


@pytest.mark.parametrize("name", MODELS)
def test_the_conserved_totals_are_all_that_there_are(name):
    """The rates at random states span all directions but as many as the table above has totals (states that never move aside)."""
    model = MODELS[name]
    p = model.values()[0]
    rates = np.array([compiled(model).rhs(0.3 * model.t_end, y, p) for y in points(model, 4 * len(model.states) + 20)]).T
    size = np.abs(rates).max(axis=1)
    rates = rates[size > 0] / size[size > 0, None]
    singular = np.linalg.svd(rates, compute_uv=False)
    assert np.sum(singular < 1e-10 * singular[0]) == len(CONSERVED.get(name, []))


@pytest.mark.parametrize("name", LINEAR)
def test_a_linear_model_scales_with_its_dose(name):
    """At any covariates: twice the dose is twice the concentration, and two drugs at once are the sum of each alone."""
    model = MODELS[name]

    @settings(few, max_examples=10)
    @given(setting=sliders(model), factor=st.floats(0.1, 10))
    def check(setting, factor):
        def concentration(by_weight, flat):
            return model.simulate(n=21, **{**setting, "dose_per_kg": by_weight, "flat_dose": flat})["concentration"].to_numpy()

        one, other = concentration(2, 0), concentration(0, 240)
        assert np.allclose(concentration(2 * factor, 0), factor * one, rtol=1e-6, atol=1e-9 * factor * one.max())
        assert np.allclose(concentration(2, 240), one + other, rtol=1e-6, atol=1e-9 * (one + other).max())
        assert one.max() > 0
        assert (np.sign(model.values(setting)[1]) == 0).all()

    assert set(LINEAR[name]) <= set(model.parameter_ids)
    check()
