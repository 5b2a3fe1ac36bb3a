"""Field models: declarations are checked, fields follow their equations, cells follow what their receptors tell them."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from agreement import random_settings
from field_toys import EVERYTHING, SPROUTS, everything, field, invasion, line, plane, sprouts
from scipy import integrate, stats

import soluble
from soluble import evidence, style
from soluble.field import DeclarationError, FieldModel, UnknownNameError
from soluble.field_run import Stepper, coverage, expected_index

DECLARED = soluble.list_fields()


# --- declarations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DECLARED)
def test_declared_field_models_are_whole(name):
    model = soluble.load_field(name)
    assert model.id == name
    assert model.leaves_out and model.scenarios
    assert set(model.sources) <= set(evidence.references())
    named = {q.mediator for q in (*model.fields, *model.derived, *model.cells) if q.mediator}
    assert named <= set(style.MEDIATORS), named - set(style.MEDIATORS)
    assert name in model.sheet().to_markdown() or model.summary in model.sheet().to_markdown()
    assert "<math" in model.sheet().to_html()
    assert all(p.source or p.assumed for p in model.parameters_)


HEAD = "id: toy\ntitle: A toy\nkind: didactic\nsummary: For a test.\nleaves_out: [everything]\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("grid: 15}", "grid: 14}", "width and height are not multiples of `grid`"),
        ("edges: {left: open}", "edges: {left: ajar}", "the edge `left: ajar` is not known"),
        ("shape: disk, x: 80, y: 75, radius: r", "shape: blob, x: 80, y: 75, radius: r", "has no shape"),
        ("radius: r}", "radius: k}", "radius of region `nest`.*dimension 1/time"),
        ("diffusion: D,", "diffusion: k,", "diffusion of `C`.*dimension"),
        ("diffusion: D,", "diffusion: 300,", "diffusion of `C` is a number without a unit"),
        ("from: C, rate: k}", "from: C, rate: q}", "rate of `lost`.*dimension"),
        ("from: C, rate: k}", "rate: k}", "the reaction `lost` neither makes nor takes anything"),
        ("from: C, rate: k}", "from: CC, rate: k}", "`from` of the reaction `lost` is `CC`, which is not a field.*did you mean 'C'"),
        ("from: C, to: B", "from: C, to: C", "goes from `C` to itself"),
        ("start: nest, goal: source", "start: nets, goal: source", "`start` of cells `F` is `nets`, which is not a region.*did you mean 'nest'"),
        ("memory: tau, threshold: h", "threshold: h", "cells `F` cannot sense without memory"),
        ("receptors: N, occupancy: theta, noise: \"sqrt(s**2 + N*surface*theta*(1 - theta)/10)\", memory: tau, ", "", "has `speed` but does not sense"),
        ("occupancy: theta, noise: s + 1", "occupancy: S, noise: s + 1", "occupancy of cells `S` uses `S`, which is not declared"),
        ("occupancy: theta, noise: s + 1", "occupancy: C, noise: s + 1", "occupancy of cells `S`.*dimension"),
        ("number: n,", "number: v,", "number of cells `F`.*dimension"),
        ("stops: false", "stops: never", "`stops` of cells `S` is neither true nor false"),
        ("  k: {name: loss", "  surface: {name: loss", "the name `surface` is taken: it is the share of receptors"),
        ("  k: {name: loss", "  x: {name: loss", "the name `x` is taken: it is a place on the plane"),
        ("  B: {name: bound chemokine, unit: nanomolar}", "  B: {name: bound chemokine, unit: micromolar}", "goes over between fields of different units|scale is off"),
        ("set: {q: 0.2}", "set: {q: 200}", "scenario `quiet`: `q` is 200, outside its range"),
        ("range: [0, 1], assumed: test}\n  q:", "range: [0, 1]}\n  q:", "parameter `k` has neither a source nor a stated assumption"),
        ("step: 0.5}", "step: 90}", "the step is not between 0 and the end"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(old, new, said):
    assert old in EVERYTHING
    with pytest.raises(DeclarationError) as caught:
        FieldModel(HEAD + EVERYTHING.replace(old, new, 1), "everything.yaml")
    assert re.search(said, str(caught.value), re.S), str(caught.value)
    assert re.search(r"everything\.yaml:\d+: .*\n    Mend: \S", str(caught.value))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("follows: {C: chi", "follows: {A: chi", "cells `T` follows `A`, which is not a field"),
        ("follows: {C: chi/(1 + alpha*C)", "follows: {C: chi/(1 + alpha*C)/g", "sensitivity of cells `T` to `C`.*dimension"),
        ("follows: {C: chi/(1 + alpha*C), F: rho}", "follows: {F: 3}", "sensitivity of cells `T` to `F` is a number without a unit"),
        ("spread: D, memory", "spread: tau, memory", "spread of cells `T`.*dimension"),
        ("spread: D, memory", "spread: D, speed: 0.002*chi*g, memory", "cells `T` drifts and has `speed`"),
        ("leaves: V", "leaves: C", "`C` cannot hold the way of cells `T`.*length per area"),
        ("leaves: V", "leaves: X", "`leaves` of cells `T` is `X`, which is not a field"),
        ("branches: {rate: r, after: psi}", "branches: {after: psi}", "`branches` of cells `T`.*rate"),
        ("branches: {rate: r, after: psi}", "branches: {rate: psi, after: psi}", "rate of cells `T`.*dimension"),
        ("branches: {rate: r, after: psi}", "branches: {rate: r, after: r}", "`after` of branching of cells `T`.*dimension"),
        ("after: psi}, fuses: true}", "after: psi}, fuses: 3}", "`fuses` of cells `T` is neither true nor false"),
        ("follows: {C: chi/(1 + alpha*C), F: rho}, spread: D, memory: tau, leaves", "leaves", "cells `T` grows but does not move"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_tip_is_said(old, new, said):
    assert old in SPROUTS
    with pytest.raises(DeclarationError) as caught:
        FieldModel(HEAD + SPROUTS.replace(old, new, 1), "sprouts.yaml")
    assert re.search(said, str(caught.value), re.S), str(caught.value)

def test_unknown_names_list_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"unknown field model 'nowhere'.*known:"):
        soluble.load_field("nowhere")
    model = everything()
    with pytest.raises(UnknownNameError, match=r"unknown parameter or initial value 'secretion'; known: D, k, q"):
        model.simulate(t_end=1, secretion=3)
    with pytest.raises(ValueError, match="a seed is a whole number"):
        model.simulate(t_end=1, seed=1.5)
    with pytest.raises(ValueError, match="at least one step"):
        model.simulate(t_end=0.1)
    run = model.simulate(t_end=1)
    with pytest.raises(UnknownNameError, match="unknown kind of cell 'X'; known: F, S"):
        run.chemotactic_index("X")
    with pytest.raises(UnknownNameError, match="unknown field or derived quantity 'X'; known: C, B, theta"):
        run.profile("X")


def test_a_setting_that_no_machine_should_run_is_refused():
    with pytest.raises(ValueError, match="substeps, more than 400: widen `grid`, shorten `step`"):
        line("[]").simulate(D=1e6)
    with pytest.raises(ValueError, match="from 0 to 2000 can be followed"):
        plane().simulate(t_end=1, n=3000)


# --- fields ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("d", "k"), [(100, 0.25), (400, 0.25), (100, 0.0625), (25, 0.25)])
def test_steady_profile_of_a_source_with_decay(d, k):
    """Outside the source C = (q/k) sinh(a/λ) exp(-x/λ), inside (q/k) (1 - exp(-a/λ) cosh(x/λ)), with λ² = D/k and a = 40 µm."""
    reach = math.sqrt(d / k)
    model = line("[{name: made, to: C, rate: q*source}, {name: lost, from: C, rate: k}]", length=1200, grid=2, d=d, k=k)
    profile = model.simulate(t_end=12 / k).profile("C")
    x = profile.index.to_numpy()
    inside, a = x < 40, 40.0
    exact = np.where(inside, 2 / k * (1 - math.exp(-a / reach) * np.cosh(x / reach)), 2 / k * math.sinh(a / reach) * np.exp(-x / reach))
    near = x < a + 6 * reach
    assert np.allclose(profile[near], exact[near], rtol=5e-3)
    beyond = (x > a + 1 * reach) & (x < a + 5 * reach)
    slope = stats.linregress(x[beyond], np.log(profile[beyond])).slope
    assert -1 / slope == pytest.approx(reach, rel=2e-3)


def test_a_steady_state_does_not_depend_on_the_step():
    """The scheme's fixed point is that of the five-point equation, whatever the step."""
    reactions = "[{name: made, to: C, rate: q*source}, {name: lost, from: C, rate: k}]"
    one, other = (line(reactions, step=step).simulate(t_end=200).profile("C") for step in (0.05, 2.0))
    assert np.allclose(one, other, rtol=1e-9)


def test_an_open_edge_gives_a_straight_line():
    """Without loss, what the source makes flows out at the edge: slope -flux/D, and zero one grid point beyond the edge."""
    model = line("[{name: made, to: C, rate: q*source}]", edges="{right: open}", d=400)
    profile = model.simulate(t_end=3000, every=10_000).profile("C")
    beyond = profile[profile.index > 44]
    fit = stats.linregress(beyond.index, beyond)
    assert fit.slope == pytest.approx(-2 * 40 / 400, rel=1e-6)
    assert fit.intercept + fit.slope * 402 == pytest.approx(0, abs=1e-5)


def test_nothing_is_lost_without_loss():
    """Diffusion and exchange keep the total to rounding; secretion adds exactly what it makes."""
    model = field(
        """
        time: {unit: minute, end: 50, step: 0.5}
        space: {unit: micrometer, width: 200, height: 100, grid: 10}
        regions: {spot: {name: spot, shape: disk, x: 70, y: 40, radius: 33}}
        parameters:
          D: {name: diffusion, value: 200, unit: micrometer**2/minute, assumed: test}
          q: {name: secretion, value: 3, unit: nanomolar/minute, assumed: test}
          a: {name: binding, value: 0.3, unit: 1/(nanomolar*minute), assumed: test}
          M: {name: sites, value: 8, unit: nanomolar, assumed: test}
          b: {name: release, value: 0.02, unit: 1/minute, assumed: test}
          c: {name: start, value: 10, unit: nanomolar, assumed: test}
        fields:
          S: {name: soluble, unit: nanomolar, diffusion: D, initial: c*spot}
          B: {name: bound, unit: nanomolar}
          Q: {name: clipped, unit: nanomolar, diffusion: 0.1*D}
        reactions:
        - {name: bound, from: S, to: B, rate: "a*max(M - B, 0)"}
        - {name: released, from: B, to: S, rate: b}
        - {name: cut, from: B, to: Q, rate: 0.5*b}
        - {name: made, to: S, rate: q*spot}
        cells: {}
        """
    )
    still = model.simulate(q=0)
    total = sum(still.fields.values()).sum(axis=(1, 2))
    assert np.abs(total / total[0] - 1).max() < 1e-13
    assert min(c.min() for c in still.fields.values()) >= 0
    assert still.fields["B"][-1].sum() > 0.1 * total[0], "nothing was bound: the test tests nothing"
    made = model.simulate()
    spot = coverage(model, model.regions[0], made.values).sum()
    assert np.allclose(sum(made.fields.values()).sum(axis=(1, 2)), 10 * spot + 3 * spot * made.t, rtol=1e-12)


def test_a_spot_spreads_as_diffusion_says():
    """The variance of a spot grows by 2 D t in each direction; for five points that is exact until the edges are felt."""
    model = field(
        """
        time: {unit: minute, end: 20, step: 0.5}
        space: {unit: micrometer, width: 1000, height: 1000, grid: 20}
        regions: {spot: {name: spot, shape: rectangle, x: [480, 520], y: [440, 560]}}
        parameters: {D: {name: diffusion, value: 200, unit: micrometer**2/minute, assumed: test}, c: {name: start, value: 1, unit: nanomolar, assumed: test}}
        fields: {C: {name: dye, unit: nanomolar, diffusion: D, initial: c*spot}}
        reactions: []
        cells: {}
        """
    )
    run = model.simulate(every=4)
    at = (np.arange(50) + 0.5) * 20
    for axis in (1, 2):
        weights = run.fields["C"].sum(axis=3 - axis)
        mean = (weights * at).sum(axis=1) / weights.sum(axis=1)
        variance = (weights * (at - mean[:, None]) ** 2).sum(axis=1) / weights.sum(axis=1)
        assert np.allclose(variance - variance[0], 2 * 200 * run.t, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["everything", *DECLARED])
def test_fields_stay_finite_and_above_zero_at_any_setting(name):
    """The maximum principle at the ends of the sliders and in between; without secretion nothing exceeds where it began."""
    model = everything() if name == "everything" else soluble.load_field(name)
    sliders = {p.id: p.range for p in model.parameters_ if p.range}
    rng = np.random.default_rng(3)
    ends = [{n: limits[int(rng.integers(2))] for n, limits in sliders.items()} for _ in range(12)]
    most = {n: limits[1] for n, limits in sliders.items()}
    for setting in [most, *ends, *random_settings(model, 8)]:
        setting = {n: min(v, 60) if model.units[n] == "cell" else v for n, v in setting.items()}
        run = Stepper(model, setting, seed=2)
        for _ in range(25):
            run.step()
            assert np.isfinite(run.fields).all() and run.fields.min() >= 0, setting
        for population in run.populations:
            assert ((population.x >= 0) & (population.x <= model.width) & (population.y >= 0) & (population.y <= model.height)).all()
            assert ((population.surface >= 0) & (population.surface <= 1)).all()


def test_a_front_runs_at_the_speed_of_fisher():
    """dU/dt = D U'' + r U (1 - U): the front's speed tends to 2 sqrt(r D) from below."""
    model = field(
        """
        time: {unit: hour, end: 160, step: 0.25}
        space: {unit: micrometer, width: 4000, height: 10, grid: 10}
        regions: {seedbed: {name: seedbed, shape: rectangle, x: [0, 100], y: [0, 10]}}
        parameters:
          D: {name: spread, value: 400, unit: micrometer**2/hour, assumed: test}
          r: {name: growth, value: 0.25, unit: 1/hour, assumed: test}
        fields: {U: {name: cells, unit: dimensionless, diffusion: D, initial: seedbed}}
        reactions: [{name: growth, to: U, rate: "r*U*max(1 - U, 0)"}]
        cells: {}
        """
    )
    front = model.simulate(every=4).front("U", 0.5)
    speed = stats.linregress(front.index[100:], front.to_numpy()[100:]).slope
    assert 0.95 * 20 < speed < 20


@pytest.mark.parametrize("nu", [0, 1, 8, 18])
def test_a_front_of_cells_that_crowd_each_other_on_runs_at_its_known_speed(nu):
    """dT/dt = (D (1 + nu T) T')' + r T (1 - T) has, up to a scale of x, the fronts of Hadeler and Rothe's cubic.

    Their speed over sqrt(r D) is 2 while nu is at most 2 (pulled), then sqrt(nu/2) + sqrt(2/nu) (pushed). A pulled front comes
    to its speed slowly, 3/(2 t) below it at rate r = 1 (Bramson); a pushed one at once.
    """
    run = invasion(step=0.02, grid=5).simulate(nu=nu, every=50, t_end=100)
    speed = run.front_speed("T", 0.5, over=40).iloc[-1]
    exact = (2 if nu <= 2 else math.sqrt(nu / 2) + math.sqrt(2 / nu)) * math.sqrt(100 * 0.25)
    late = 1.5 * math.log(100 / 60) / 0.25 / 40 * math.sqrt(100 * 0.25) if nu < 2 else 0.0  # the mean over the last 40 days
    assert speed == pytest.approx(exact - late, rel=0.01)


def test_uneven_diffusion_keeps_the_total_and_leaves_what_is_even_alone():
    """In flux form nothing is lost; at equal coefficients the step is that of even diffusion."""
    model = invasion(height=4)
    spread = model.simulate(r=0.1, t_end=20)
    even, uneven = (model.simulate(nu=nu, t_end=20, every=1) for nu in (0, 1e-12))
    assert np.allclose(even.fields["T"], uneven.fields["T"], rtol=1e-9)
    still = FieldModel(model.text.replace('rate: "r*T*max(1 - T, 0)"', 'rate: "0*r*T"'), "still.yaml").simulate(t_end=20, every=1)
    total = still.fields["T"].sum(axis=(1, 2))
    assert np.abs(total / total[0] - 1).max() < 1e-12 and still.fields["T"].min() >= 0
    assert spread.fields["T"].max() <= 1 + 1e-12


def test_uneven_diffusion_against_an_independent_solver():
    """The same line given to SciPy's implicit solver as a system of ordinary equations."""
    model = invasion(edges="{right: open}", step=0.01)
    p, h = model.values(), model.grid
    start = model.simulate(t_end=0.5).fields["T"][0, 0]

    def rhs(_, c):
        d = p["D"] * (1 + p["nu"] * c)
        flux = (d[1:] + d[:-1]) / 2 * np.diff(c) / h**2
        return np.concatenate([flux, [-d[-1] * c[-1] / h**2]]) - np.concatenate([[0], flux]) + p["r"] * c * (1 - c)

    exact = integrate.solve_ivp(rhs, (0, 40), start, method="LSODA", lband=1, uband=1, rtol=1e-8, atol=1e-12).y[:, -1]
    coarse, fine = (invasion(edges="{right: open}", step=step).simulate(t_end=40).fields["T"][-1, 0] for step in (0.04, 0.01))
    assert np.abs(fine - exact).max() < 0.03
    assert np.abs(fine - exact).max() == pytest.approx(np.abs(coarse - exact).max() / 4, rel=0.1), "an error of first order in the step"


def test_the_equation_of_an_uneven_field_says_so():
    rates = invasion().equations().rates()
    assert r"\nabla \cdot" in rates[0] and r"\nabla^2" in rates[1]


def test_regions_cover_their_area():
    model = everything()
    source, nest = (coverage(model, g, model.values()) for g in model.regions)
    assert source.sum() * 15**2 == pytest.approx(45 * 150)
    assert nest.sum() * 15**2 == pytest.approx(math.pi * 40**2, rel=0.01)
    assert set(np.unique(source)) == {0.0, 1.0}


def test_uptake_counts_the_cells_that_are_there():
    """Densities add up to the number of cells; twice the scavengers at one place take twice as much."""
    run = Stepper(everything())
    for _ in range(10):
        run.step()
    d = run.densities()
    assert d["S"].sum() * 15**2 == pytest.approx(12)
    assert d["F"].sum() * 15**2 == pytest.approx(25 - run.populations[0].arrived.sum())


# --- cells -----------------------------------------------------------------------------------------------------------


def test_the_halves_of_a_cell_differ_as_a_sphere_says():
    """Receptors spread evenly over a sphere, in a constant gradient of occupancy: integrated over both halves."""
    g, n, d = 5e-5, 20000, 20.0

    def occupied(low, high):
        # a ring at height z holds dz/d of the receptors
        return integrate.quad(lambda z: n / d * (0.3 + g * z), low, high)[0]

    exact = occupied(0, d / 2) - occupied(-d / 2, 0)
    run = Stepper(plane(occupancy="0.1 + g*x"))
    seen = run.difference(run.model.cells[0], np.array([1000.0, 2000.0]), np.array([500.0, 3000.0]))
    assert np.allclose(seen[0], exact, rtol=1e-12)
    assert np.allclose(seen[1], 0)
    assert exact == pytest.approx(n * d * g / 4)
    assert plane(occupancy="0.1 + g*x").simulate(t_end=1).difference("T").iloc[50] == pytest.approx(exact)


@pytest.mark.parametrize("s", [0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 30.0])
def test_expected_index_is_the_mean_cosine(s):
    """Against the integral over directions of a displaced normal distribution."""

    def density(phi):
        c = s * math.cos(phi)
        return math.exp(-s * s / 2) / (2 * math.pi) + c / math.sqrt(2 * math.pi) * math.exp(-(s * s - c * c) / 2) * stats.norm.cdf(c)

    mean = integrate.quad(lambda phi: math.cos(phi) * density(phi), -math.pi, math.pi)[0]
    assert expected_index(s) == pytest.approx(mean, abs=1e-9)


@pytest.mark.parametrize("s", [2.5, 10, 40])
def test_cells_in_a_constant_gradient_have_the_expected_index(s):
    """Difference 5 receptors, noise s: the mean over 300 cells lies within four standard errors of the closed form.

    At first the memory knows no gradient; after n steps it has taken up the share 1 - exp(-n step/tau) of it.
    """
    run = plane(occupancy="0.1 + g*x").simulate(seed=4, s=s)
    found = run.indices("T")
    exact = np.mean([expected_index(5 / s * (1 - math.exp(-n * 0.5 / 10))) for n in range(1, 401)])
    assert run.difference("T").iloc[50] == pytest.approx(5)
    assert abs(found.mean() - exact) < 4 * found.sem()


def test_without_a_gradient_cells_wander_with_their_memory():
    """No bias; the direction is kept for the memory: memories a time T apart correlate with exp(-T/tau)."""
    run = Stepper(plane(), seed=7)
    memories = []
    for _ in range(400):
        run.step()
        memories.append(run.populations[0].memory.copy())
    m = np.array(memories)[100:]
    for lag in (5, 20, 40):
        correlation = (m[:-lag] * m[lag:]).mean() / (m * m).mean()
        assert correlation == pytest.approx(math.exp(-lag * 0.5 / 10), abs=0.03)
    assert (m * m).mean() == pytest.approx(100, rel=0.05)
    index = plane().simulate(seed=7).indices("T")
    assert abs(index.mean()) < 4 * index.sem()


def test_a_difference_below_the_threshold_is_not_seen():
    model = plane(occupancy="0.1 + g*x", more="h: {name: least, value: 6, unit: dimensionless, assumed: test}", cells=", threshold: h")
    blind, seeing = (model.simulate(seed=1, h=h).indices("T") for h in (5.01, 4.99))
    assert abs(blind.mean()) < 4 * blind.sem()
    assert seeing.mean() > 10 * seeing.sem()
    assert np.array_equal(blind, model.simulate(seed=1, g=0).indices("T"))


def test_receptors_are_taken_in_and_come_back():
    """The share at the surface tends to recovery/(recovery + loss), with the rate recovery + loss."""
    more = "i: {name: loss, value: 0.06, unit: 1/minute, assumed: test}\n          j: {name: return, value: 0.02, unit: 1/minute, assumed: test}"
    model = plane(more=more, cells=", desensitises: {loss: i, recovery: j}", number=2)
    surface = model.simulate(every=1).tracks.query("cell == 0").set_index("time")["surface"]
    exact = 0.25 + 0.75 * np.exp(-0.08 * surface.index.to_numpy())
    assert np.allclose(surface, exact, rtol=0.02)


def test_the_same_seed_gives_the_same_run():
    model = everything()
    a, b, other = model.simulate(seed=3, t_end=20), model.simulate(seed=3, t_end=20), model.simulate(seed=4, t_end=20)
    assert a.tracks.equals(b.tracks) and np.array_equal(a.fields["C"], b.fields["C"])
    assert not np.allclose(a.tracks["x"], other.tracks["x"])
    # A cell's numbers are its own: more cells leave those that were there as they are, where none takes anything up.
    few, many = (plane(number=n).simulate(seed=5, t_end=20).tracks for n in (10, 40))
    assert few.query("cell < 10")["x"].to_list() == many.query("cell < 10")["x"].to_list()


def test_recorded_times_and_tables():
    run = everything().simulate(seed=1, every=7)
    assert run.t[0] == 0 and run.t[-1] == 60 and np.allclose(np.diff(run.t)[:-1], 3.5)
    assert run.fields["C"].shape == (len(run.t), 10, 20)
    assert len(run.tracks) == len(run.t) * (25 + 12)
    moved = run.tracks.query("cells == 'F' and time < 5")
    assert (moved["path"] == 0).all(), "cells moved before their time"
    assert 0 < run.arrived("F") <= 1
    last = run.tracks.query("cells == 'F' and time == 60")
    assert run.chemotactic_index("F") == pytest.approx((last["gained"] / last["path"]).mean())
    assert run.arrivals("F").is_monotonic_increasing


# --- cells that drift, and what grows behind them ------------------------------------------------------------------------

STILL = {"D": 0, "r": 0, "rho": 0, "m": 0}


def test_a_tip_goes_up_a_constant_gradient_as_desensitisation_says():
    """dx/dt = chi g / (1 + alpha g x), so that x + alpha g x**2 / 2 rises by chi g t; nothing goes sideways."""
    run = sprouts().simulate(seed=2, every=10, **STILL)
    for _, one in run.tracks[run.tracks["cells"] == "T"].groupby("cell"):
        x, t = one["x"].to_numpy(), one["time"].to_numpy()
        exact = (np.sqrt(1 + 2 * 0.6 * 0.001 * (200 + 0.6 * 0.001 * 200**2 / 2 + 5000 * 0.001 * t)) - 1) / (0.6 * 0.001)
        assert np.allclose(x, exact, rtol=1e-3)
        assert np.ptp(one["y"]) < 1e-9 and np.allclose(one["path"], x - 200)
    nothing = sprouts().simulate(seed=2, chi=0, **STILL)
    assert nothing.growth("T")["length"].iloc[-1] == 0 and nothing.arrived("T") == 0


@pytest.mark.parametrize("tau", [0.0, 1.0, 10.0])
def test_a_tip_spreads_with_its_coefficient_whatever_its_memory(tau):
    """An Ornstein-Uhlenbeck velocity: variance 2 D (t - tau (1 - exp(-t/tau))) along x and along y; 2 D t without a memory."""
    text = SPROUTS.replace("rectangle, x: [200, 200], y: [100, 700]", "disk, x: 800, y: 400, radius: 0").replace("fuses: true", "fuses: false").replace("range: [0, 40]", "range: [0, 2000]")
    model = FieldModel(HEAD + text, "sprouts.yaml")
    run = model.simulate(seed=3, every=40, n=1500, tau=tau, chi=0, rho=0, r=0, m=0)
    for time, table in run.tracks.groupby("time"):
        exact = 2 * 60 * (time - tau * (1 - math.exp(-time / tau)) if tau else time)
        found = np.r_[table["x"] - 800, table["y"] - 400]
        assert (found**2).mean() == pytest.approx(exact, rel=4 * math.sqrt(2 / 3000) + 0.02)


@pytest.mark.parametrize("psi", [0, 10, 30])
def test_tips_become_as_many_as_branching_says(psi):
    """Against a table of ages: who is old enough becomes two of age 0 with the chance 1 - exp(-r step). Without an age that is
    Yule's process, whose variance, exp(rt)(exp(rt) - 1) a founder, is not exceeded with one.
    """
    text = SPROUTS.replace("fuses: true", "fuses: false").replace("range: [0, 40]", "range: [0, 2000]")
    founders, step, rate, n = 150, 0.5, 0.02, 200
    run = FieldModel(HEAD + text, "sprouts.yaml").simulate(seed=4, n=founders, psi=psi, chi=0, rho=0, m=0, every=n)
    ages = np.zeros(n + 1)
    ages[0] = founders
    for _ in range(n):
        ages = np.r_[0, ages[:-1]]
        parted = np.where(np.arange(n + 1) * step >= psi, ages * -np.expm1(-rate * step), 0)
        ages -= parted
        ages[0] += 2 * parted.sum()
    spread = math.sqrt(founders * math.exp(rate * n * step) * math.expm1(rate * n * step))
    found = len(run.network("T"))
    assert abs(found - ages.sum()) < 3 * spread and found > founders
    if psi == 0:
        assert ages.sum() == pytest.approx(founders * math.exp(rate * n * step), rel=0.03)  # up to the step
    forks = run.network("T").query("mother >= 0")
    assert (forks["mother"] < forks.index).all() and (forks["born"] >= psi).all()
    assert run.growth("T").iloc[-1]["forks"] == found - founders


def test_what_tips_lay_is_kept():
    """The field holds the network's length; the matrix that is made along it is the integral of that length over time."""
    run = sprouts().simulate(seed=5, every=1, gamma=0)
    area = 40**2
    length = run.growth("T")["length"]
    assert run.fields["V"].sum(axis=(1, 2)) * area == pytest.approx(length.to_numpy(), rel=1e-9)
    assert run.fields["W"][-1].sum() * area == pytest.approx(run.network("S")["length"].sum())
    made = (run.fields["F"][-1].sum() - run.fields["F"][0].sum()) * area
    assert made == pytest.approx(0.5 * 0.5 * length.to_numpy()[:-1].sum(), rel=1e-9)


def stretches(run, kind):
    """All stretches of the network: cell, time at the end, and both ends; from recorded tracks alone."""
    table = run.tracks[run.tracks["cells"] == kind].sort_values(["cell", "time"])
    before = table.groupby("cell")[["x", "y"]].shift()
    rows = np.c_[table["cell"], table["time"], before, table[["x", "y"]]]
    return rows[~np.isnan(rows).any(axis=1) & (rows[:, 2:4] != rows[:, 4:6]).any(axis=1)]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_tip_ends_where_it_meets_another_and_nowhere_else(seed):
    """By orientation of triangles over all pairs of stretches: what fused lies on the other's way, and no two ways cross."""
    run = sprouts().simulate(seed=seed, every=1, D=200, n=30, m=0)
    network = run.network("T")
    fused = network.query("joined >= 0")
    all_ = stretches(run, "T")
    assert len(fused) > 5 and set(network["ends"]) >= {"fused", "growing"}
    for cell, end in fused.iterrows():
        a, b = all_[all_[:, 0] == end["joined"]][:, 2:4], all_[all_[:, 0] == end["joined"]][:, 4:6]
        p = end[["x1", "y1"]].to_numpy(float)
        along = np.clip(((p - a) * (b - a)).sum(axis=1) / ((b - a) ** 2).sum(axis=1), 0, 1)
        assert np.hypot(*(a + along[:, None] * (b - a) - p).T).min() < 1e-9, cell

    def side(p, q, r):
        return (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (r[..., 0] - p[..., 0])

    a, b = all_[:, None, 2:4], all_[:, None, 4:6]
    c, d = all_[None, :, 2:4], all_[None, :, 4:6]
    small = 1e-6  # square micrometres: what only touches does not cross
    crossed = (side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)
    crossed &= np.minimum.reduce([np.abs(side(a, b, c)), np.abs(side(a, b, d)), np.abs(side(c, d, a)), np.abs(side(c, d, b))]) > small
    mother, born = network["mother"].to_numpy(), network["born"].to_numpy()
    for i, j in np.argwhere(crossed):
        one, other, when = int(all_[i, 0]), int(all_[j, 0]), max(all_[i, 1], all_[j, 1])
        kin = mother[one] == other or mother[other] == one
        assert one == other or (kin and when - born[max(one, other)] <= 10), (one, other, when)


def test_a_sheet_tells_what_a_tip_does():
    model = sprouts()
    text = model.sheet().to_markdown()
    assert "leaves its way in V, branches at the rate r, not before psi since its last fork, ends where its way meets another's" in text
    equations = " ".join(model.equations().latex())
    assert r"\nabla C" in equations and r"\delta" in equations and r"\lambda_{T} = r" in equations
