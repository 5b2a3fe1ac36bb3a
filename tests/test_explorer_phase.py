"""The phase view: equilibria, their kinds, basins and runs, in Python and in a real browser, against closed forms and long runs."""

from __future__ import annotations

import csv
import io
import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from agreement import random_settings
from explorer_page import POLICY, axe_finds_nothing, fits, in_each_theme, notebook, until, write_page

import soluble
from soluble import explorer, style
from soluble.model import UnknownNameError
from soluble.plane import Axis, Plane

ID = "kuznetsov-1994"
LIMITS = {"T": (1e4, 1e9), "E": (1e4, 1e7)}
HELD = {"S": {"value": 2e4, "range": [1e2, 1e6], "scale": "log"}, "N": 1e6, "C": 0}
SETTINGS = 60
AGREE = 1e-6


def by_hand(model, setting):
    """The equilibria of Kuznetsov's model from the roots of a cubic, with their eigenvalues: independent of our solvers.

    Without a tumour E = s/d. With one, E = a (1 - b T)/n, and T solves a (1 - b T) ((d + m T)(g + T) - p T) = n s (g + T).
    """
    v = dict(zip(model.parameter_ids, model.values(setting)[0], strict=True))
    s, p, g, m, d, a, b, n = (v[k] for k in "spgmdabn")
    size = 1e8
    T = np.polynomial.Polynomial([0, size])
    cubic = a * (1 - b * T) * ((d + m * T) * (g + T) - p * T) - n * s * (g + T)
    roots = [z.real * size for z in cubic.roots() if abs(z.imag) < 1e-9 * abs(z)]
    out = []
    for t, e in [(0.0, s / d), *((t, a * (1 - b * t) / n) for t in roots if t > 0 and b * t < 1)]:
        J = np.array([[p * t / (g + t) - m * t - d, p * e * g / (g + t) ** 2 - m * e], [-n * t, a - 2 * a * b * t - n * e]])
        values = sorted(np.linalg.eigvals(J), key=lambda z: (-z.real, -z.imag))
        out.append((t, e, values))
    return sorted(out, key=lambda one: one[0])


def kind_by_hand(values):
    first, last = values
    if first.real > 0 > last.real:
        return "saddle"
    return f"{'stable' if first.real < 0 else 'unstable'} {'spiral' if abs(first.imag) > 0 else 'node'}"


def inside(t, e):
    return (t == 0 or LIMITS["T"][0] <= t <= LIMITS["T"][1]) and LIMITS["E"][0] <= e <= LIMITS["E"][1]


@pytest.fixture(scope="module")
def model():
    return soluble.load_model(ID)


def plane_of(model, limits=LIMITS, log=True, **overrides):
    return Plane(model, *(Axis(k, *limits[k], log) for k in ("T", "E")), **overrides)


# --- states that stand still -----------------------------------------------------------------------------------------


def test_a_held_state_becomes_a_parameter_and_the_rest_moves_as_before():
    full = soluble.load_model("creemers-2021")
    held = full.hold(HELD)
    assert held.state_ids == ["T", "I"]
    assert held.ranges["S"] == (1e2, 1e6)
    assert not held.doses
    assert held.key != full.key
    from soluble.simulate import compiled

    p, _ = full.values({"xi": 3e-4})
    q, _ = held.values({"xi": 3e-4, "S": 5e4})
    both = compiled(full).rhs(0, np.array([1e5, 1e6, 5e4, 1e6, 0]), p.tolist())[:2]
    assert compiled(held).rhs(0, np.array([1e5, 1e6]), q.tolist()) == pytest.approx(both, rel=1e-12)


def test_holding_is_refused_where_it_makes_no_sense():
    full = soluble.load_model("creemers-2021")
    with pytest.raises(UnknownNameError, match="unknown state 'X'"):
        full.hold({"X": 1})
    with pytest.raises(ValueError, match="with every state held nothing would move"):
        full.hold(dict.fromkeys(full.state_ids, 1.0))
    with pytest.raises(soluble.DeclarationError, match="not a finite number"):
        full.hold({"S": float("inf")})


@pytest.mark.parametrize(
    ("key", "arguments", "said"),
    [
        ("creemers-2021", {}, r"a phase plane has two states, creemers-2021 has 5 \(T, I, S, N, C\): say at which values the others are held"),
        ("creemers-2021", {"held": {"S": 1, "N": 1}}, "has 3"),
        (ID, {"x": "T", "y": "T"}, "both axes show 'T'"),
        (ID, {"limits": {"T": (5, 1)}}, "the axis of 'T' is empty: 5 is not below 1"),
        (ID, {"limits": {"T": (0, 5e8)}}, "the axis of 'T' is logarithmic but begins at 0"),
        (ID, {"limits": {"X": (0, 1)}}, "unknown state 'X'"),
        (ID, {"log": ["X"]}, "unknown state 'X'"),
        (ID, {"x": "s"}, "unknown state 's'"),
        ("one", {}, r"how far shall the axis of 'B' go\? Give limits="),
        ("timed", {}, "hold the time itself"),
        ("dosed", {}, "gives doses into A"),
    ],
)
def test_what_is_incomplete_is_an_error_that_says_what_is_missing(key, arguments, said):
    given = {
        "one": toy("-k*A"),
        "timed": toy("-k*A*time/tau"),
        "dosed": toy("-k*A", "doses: [{id: pill, target: A, amount: 1}]"),
    }.get(key) or soluble.load_model(key)
    with pytest.raises((ValueError, KeyError)) as error:
        soluble.explore(given, "phase", **arguments)
    assert re.search(said, str(error.value)), str(error.value)


def toy(rate, more=""):
    return soluble.Model(
        f"""
id: toy
title: Two things
kind: didactic
summary: Not a model of anything.
time: {{unit: hour, end: 10}}
states:
  A: {{name: thing, unit: mg, initial: 1, range: [0, 10]}}
  B: {{name: other thing, unit: mg, initial: 1}}
parameters:
  k: {{name: rate, value: 1, unit: 1/hour, range: [0.1, 3], assumed: test}}
  tau: {{name: time, value: 1, unit: hour, assumed: test}}
equations: {{A: "{rate}", B: k*(A - B)}}
leaves_out: [everything]
{more}
"""
    )


# --- numbers in Python -----------------------------------------------------------------------------------------------


def test_python_finds_the_equilibria_of_the_closed_form(model):
    for setting in [{}, *random_settings(model, 8, seed=3)]:
        want = [one for one in by_hand(model, setting) if inside(*one[:2])]
        found = plane_of(model, **setting).equilibria
        assert list(found["name"]) == [chr(65 + i) for i in range(len(want))]
        assert found[["T", "E"]].to_numpy() == pytest.approx(np.array([w[:2] for w in want]).reshape(-1, 2), rel=1e-7)
        assert list(found["stability"]) == [kind_by_hand(w[2]) for w in want]


def test_the_border_parts_what_is_held_from_what_escapes(model):
    """Points a thousandth of the picture beside it go to different states, by plain long runs."""
    plane = plane_of(model)
    (line,) = plane.borders
    shown = line[np.all((line > 0.05) & (line < 0.95), axis=1)][::7]
    assert len(shown) > 5
    for u, v in shown:
        ends = set()
        for way in (-0.002, 0.002):
            at = [float(axis.value(w)) for axis, w in zip(plane.axes, (u + way, v - way), strict=True)]
            ends.add(round(np.log10(model.steady_state(T0=at[0], E0=at[1])["T"]), 3))
        assert ends == {round(np.log10(8.1864e6), 3), round(np.log10(4.4703e8), 3)}


def test_basins_are_where_long_runs_go(model):
    plane = plane_of(model)
    names = plane.basins()
    height, width = names.shape
    rng = np.random.default_rng(5)
    for _ in range(12):
        i, j = int(rng.integers(width)), int(rng.integers(height))
        if names[j, i]:
            at = [float(axis.value((k + 0.5) / n)) for axis, k, n in zip(plane.axes, (i, j), (width, height), strict=True)]
            want = plane.equilibria.set_index("name").loc[names[j, i], "T"]
            assert model.steady_state(T0=at[0], E0=at[1])["T"] == pytest.approx(want, rel=1e-6)
    assert {"B", "D"} <= set(names.ravel())


def test_a_tumour_that_runs_away_has_no_basin():
    held = soluble.load_model("creemers-2021").hold(HELD)
    plane = Plane(held, Axis("T", 1, 1e10, True), Axis("I", 1e2, 1e9, True))
    assert list(plane.equilibria["stability"]) == ["stable node", "saddle"]
    assert plane.goal(1e9, 1e4) == ""
    assert plane.goal(10, 1e4) == "A"
    assert "" in plane.basins()[:5, -5:]


# --- the static figure -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def widgets():
    return {
        "kuz": soluble.explore(ID, "phase", x="T", y="E", limits=LIMITS, controls=["s", "n", "a"], id="kuz", title="Held or lost", caption="A plane."),
        "flat": soluble.explore(ID, "phase", x="E", y="T", limits={"T": (0, 6e8), "E": (0, 3e6)}, log=[], controls=["s"], id="flat", scenarios=[]),
        "cre": soluble.explore(
            "creemers-2021", "phase", x="T", y="I", limits={"T": (1, 1e10), "I": (1e2, 1e9)}, log=["T", "I"], held=HELD,
            controls=["S", "xi"], values={"T0": 10, "I0": 1e3}, id="cre", scenarios=[],
        ),  # fmt: skip
    }


def test_the_static_picture_says_what_is_held_and_keeps_to_the_palette(widgets):
    markup = explorer.picture(widgets["cre"].model, widgets["cre"].config)
    words = " ".join("".join(ElementTree.fromstring(markup).itertext()).split())
    assert "Held still: specific T cells in the lymph node as the control says; naive T cells in the lymph node at 1 million" in words
    assert "tumour cells stand still" in words
    assert "border of basins" in words
    used = set(re.findall(r"#[0-9a-fA-F]{6}\b", markup))
    assert used <= {c.light for c in style.css_variables().values()}
    assert explorer.picture(widgets["kuz"].model, widgets["kuz"].config) == explorer.picture(widgets["kuz"].model, widgets["kuz"].config)


def test_starts_are_controls_over_the_axes(widgets):
    controls = {c["name"]: c for c in widgets["kuz"].config["controls"]}
    assert list(controls) == ["s", "n", "a", "T0", "E0"]
    assert (controls["T0"]["min"], controls["T0"]["max"], controls["T0"]["scale"]) == (1e4, 1e9, "log")
    flat = {c["name"]: c for c in widgets["flat"].config["controls"]}
    assert (flat["T0"]["min"], flat["T0"]["scale"]) == (0, "linear")
    assert "S0" not in {c["name"] for c in widgets["cre"].config["controls"]}


def test_the_table_in_python(widgets):
    table = widgets["kuz"].data()
    assert list(table["row"][:4]) == ["A saddle", "B stable spiral", "C saddle", "D stable node"]
    run = table[table["row"] == "trajectory"]
    assert run["T"].iloc[-1] == pytest.approx(soluble.load_model(ID).simulate()["T"].iloc[-1], rel=1e-6)


# --- in the browser --------------------------------------------------------------------------------------------------

browser_test = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve, widgets):
    folder = tmp_path_factory.mktemp("phase")
    write_page(folder, list(widgets.values()))
    with serve(folder, policy=POLICY) as at:
        yield at


def ask(page, what, name="kuz"):
    return page.evaluate(f"() => {{ const x = solubleExplorers[{json.dumps(name)}]; return {what}; }}")


def rows(table):
    """Equilibria (name, kind, x, y, eigenvalues) and the run (time, x, y) of a table as the browser gives it."""
    rests = [(*row[0].split(" ", 1), row[2], row[3], complex(*row[4:6]), complex(*row[6:8])) for row in table["rows"] if row[0] != "trajectory"]
    return rests, np.array([row[1:4] for row in table["rows"] if row[0] == "trajectory"], dtype=float)


@browser_test
def test_equilibria_kinds_and_eigenvalues_are_those_of_the_closed_form(opened, model):
    """At random settings inside the slider ranges, to a relative 1e-6."""
    page = opened()
    settings = [{}, *random_settings(model, SETTINGS)]
    got = page.evaluate("settings => settings.map(values => solubleExplorers.kuz.solve(values, 3))", settings)
    kinds = set()
    for setting, table in zip(settings, got, strict=True):
        want = [one for one in by_hand(model, setting) if inside(*one[:2])]
        rests, _ = rows(table)
        assert [r[0] for r in rests] == [chr(65 + i) for i in range(len(want))], setting
        for (_, kind, t, e, *values), (wt, we, wanted) in zip(rests, want, strict=True):
            assert t == pytest.approx(wt, rel=AGREE)
            assert e == pytest.approx(we, rel=AGREE)
            assert kind == kind_by_hand(wanted), setting
            size = max(map(abs, wanted))
            assert np.allclose([v.real for v in values], [v.real for v in wanted], rtol=AGREE, atol=1e-9 * size)
            assert np.allclose([v.imag for v in values], [v.imag for v in wanted], rtol=AGREE, atol=1e-7 * size)
            kinds.add(kind)
    assert {"saddle", "stable node", "stable spiral"} <= kinds


@browser_test
def test_the_reader_is_told_where_a_long_run_goes(opened, model):
    """The basin that the sentence names, against a run until nothing moves, at random settings and starts."""
    page = opened()
    told = 0
    for setting in random_settings(model, 40, seed=11):
        chosen = {k: setting[k] for k in ("s", "n", "a")} | {"T0": float(np.clip(setting["T0"], *LIMITS["T"])), "E0": float(np.clip(setting["E0"], *LIMITS["E"]))}
        page.evaluate("values => solubleExplorers.kuz.state.assign(Object.entries(values), '')", chosen)
        held = ask(page, "x.values")
        named = re.search(r"lies in the basin of (\w)", ask(page, "x.summary"))
        rests, _ = rows(ask(page, "x.data()"))
        end = model.steady_state(**model.keywords(held))
        near = [r[0] for r in rests if r[1].startswith("stable") and abs(end["T"] - r[2]) <= 1e-5 * max(r[2], 1.0) and abs(end["E"] - r[3]) <= 1e-5 * r[3]]
        if near:
            assert named, f"{held}: {ask(page, 'x.summary')}"
            assert named[1] == near[0], f"{held}: {ask(page, 'x.summary')}"
            told += 1
    assert told >= 30


@browser_test
@pytest.mark.parametrize("name", ["kuz", "cre"])
def test_the_run_is_pythons(opened, widgets, name):
    page = opened()
    widget = widgets[name]
    x, y = (widget.config["phase"][k]["state"] for k in "xy")
    _, run = rows(ask(page, "x.data()", name))
    reference = widget.model.simulate(t_end=widget.config["end"], rtol=1e-11, **widget.model.keywords(widget.overrides))
    assert run[:, 0] == pytest.approx(reference.index.to_numpy())
    assert np.allclose(run[:, 1:], reference[[x, y]].to_numpy(), rtol=1e-6)
    rests, _ = rows(ask(page, "x.data()", name))
    table = widget.data()
    for (letter, kind, *at), (_, row) in zip(rests, table[table["row"] != "trajectory"].iterrows(), strict=True):
        assert row["row"] == f"{letter} {kind}"
        assert at[:2] == pytest.approx([row[x], row[y]], rel=AGREE)


@browser_test
def test_shaded_cells_lead_where_they_say(opened, model):
    """The tip under the pointer and the colour of the plane, at points all over it, against long runs."""
    page = opened()
    page.locator("#explorer-kuz .explorer-pad").scroll_into_view_if_needed()
    box = page.locator("#explorer-kuz .explorer-pad").bounding_box()
    rng = np.random.default_rng(2)
    for u, v in rng.uniform(0.06, 0.94, (10, 2)):
        page.mouse.move(box["x"] + u * box["width"], box["y"] + (1 - v) * box["height"])
        at = {k: LIMITS[k][0] * (LIMITS[k][1] / LIMITS[k][0]) ** w for k, w in (("T", u), ("E", v))}
        end = model.steady_state(T0=at["T"], E0=at["E"])["T"]
        assert page.locator("#explorer-kuz .explorer-tip b").inner_text() == ("leads to B" if end < 1e8 else "leads to D")
    assert page.locator("#explorer-kuz .basin").count() == 2


@browser_test
def test_a_click_and_the_keys_move_the_start(opened):
    page = opened()
    pad = page.locator("#explorer-kuz .explorer-pad")
    pad.scroll_into_view_if_needed()
    run = page.locator("#explorer-kuz path.run:not(.ghost)")
    before = run.get_attribute("d")
    box = pad.bounding_box()
    pad.click(position={"x": 0.9 * box["width"], "y": 0.8 * box["height"]})
    until(page, "solubleExplorers.kuz.values.T0 > 2e8")
    values = ask(page, "x.values")
    assert values["T0"] == pytest.approx(1e4 * 1e5**0.9, rel=0.05)
    assert values["E0"] == pytest.approx(1e4 * 1e3**0.2, rel=0.05)
    assert "lies in the basin of D" in ask(page, "x.summary")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert run.get_attribute("d") != before
    assert page.locator("#explorer-kuz path.run.ghost").count() == 1
    pad.focus()
    for key, name, sign in (("ArrowLeft", "T0", -1), ("ArrowRight", "T0", 1), ("PageUp", "E0", 1), ("ArrowDown", "E0", -1), ("Home", "T0", -1)):
        was = ask(page, f"x.values.{name}")
        page.keyboard.press(key)
        assert sign * (ask(page, f"x.values.{name}") - was) > 0, key
    fine = ask(page, "x.values.T0")
    page.keyboard.press("Shift+ArrowRight")
    assert 0 < np.log(ask(page, "x.values.T0") / fine) < 0.0035 * np.log(1e5)


@browser_test
def test_the_start_stands_in_the_address_and_can_be_typed(opened):
    page = opened("#kuz:T0=2e8&E0=50000")
    assert ask(page, "x.values.T0") == 2e8
    assert "lies in the basin of D" in ask(page, "x.summary")
    typed = page.locator("#explorer-kuz-E0-typed")
    typed.fill("5000000")
    typed.press("Enter")
    until(page, "location.hash.includes('E0=5000000')")
    assert "lies in the basin of B" in ask(page, "x.summary")
    page.evaluate("location.hash = 'kuz:T0=1e99&E0=-4&s=<b>'")
    until(page, "solubleExplorers.kuz.values.T0 === 1e9")
    assert ask(page, "x.values.E0") == 1e4
    page.locator("#explorer-kuz [data-action=reset]").click()
    until(page, "location.hash === ''")


@browser_test
def test_a_slider_moves_the_nullclines_and_the_first_stay_as_ghosts(opened):
    page = opened()
    solid = page.locator("#explorer-kuz .plane path.line:not(.ghost):not(.run):not(.border)")
    first = [solid.nth(i).get_attribute("d") for i in range(solid.count())]
    ask(page, "x.set('s', 30000)")
    assert [solid.nth(i).get_attribute("d") for i in range(solid.count())] != first
    assert page.locator("#explorer-kuz .plane path.line.ghost:not(.run)").count() == len(first)
    page.locator("#explorer-kuz [data-action=ghost]").click()
    assert page.locator("#explorer-kuz .plane path.ghost").count() == 0


@browser_test
def test_the_tipping_point_vanishes_with_a_strong_influx(opened):
    """At the scenario's influx the saddle and the escaped state are gone, and the tumour-free state attracts."""
    page = opened("#kuz:scenario=strong-influx")
    until(page, "solubleExplorers.kuz.values.s === 100000")
    rests, _ = rows(ask(page, "x.data()"))
    assert [r[1] for r in rests] == ["stable node"]
    assert rests[0][2] == 0
    assert "lies in the basin of A" in ask(page, "x.summary")
    assert page.locator("#explorer-kuz .plane path.border").count() == 0


@browser_test
def test_the_files(opened):
    page = opened()
    with page.expect_download() as saved:
        page.locator("#explorer-kuz [data-action=csv]").click()
    text = open(saved.value.path(), encoding="utf8").read()
    table = list(csv.reader(io.StringIO("\n".join(line for line in text.splitlines() if not line.startswith("#")))))
    assert table[0][:4] == ["row", "time [day]", "T [cells]", "E [cells]"]
    assert [row[0] for row in table[1:5]] == ["A saddle", "B stable spiral", "C saddle", "D stable node"]
    assert len(table) == 1 + 4 + 401
    with page.expect_download() as saved:
        page.locator("#explorer-cre [data-action=svg]").click()
    root = ElementTree.fromstring(open(saved.value.path(), encoding="utf8").read())
    words = " ".join(root.itertext())
    assert "Held still: specific T cells" in words
    assert ask(page, "x.summary", "cre") in words
    assert "var(" not in ElementTree.tostring(root, encoding="unicode")


@browser_test
def test_two_hundred_random_moves_break_nothing(opened):
    page = opened()
    rng = np.random.default_rng(7)
    moves = [[str(rng.choice(["kuz", "flat", "cre"])), float(rng.random()), float(rng.random()), float(rng.random())] for _ in range(200)]
    poor = page.evaluate(
        """moves => moves.map(([name, which, share, other]) => {
            const x = solubleExplorers[name], c = x.state.controls[Math.floor(which * x.state.controls.length)];
            const input = document.getElementById(`explorer-${name}-${c.name}`);
            input.value = +input.min + share * (input.max - input.min);
            input.dispatchEvent(new Event('input', {bubbles: true}));
            x.set(c.name, x.values[c.name]);
            const said = x.summary, drawn = document.querySelectorAll(`#explorer-${name} .plane path.run`).length;
            const bad = said.length < 25 || /undefined|NaN|null|Infinity|no number/.test(said) || /NaN/.test(document.querySelector(`#explorer-${name} .explorer-chart`).innerHTML);
            return bad || !drawn ? `${name} ${c.name} ${x.values[c.name]}: ${said}` : null;
        }).filter(Boolean)""",
        moves,
    )
    assert not poor, poor


@browser_test
def test_it_fits_a_phone_and_axe_finds_nothing(opened):
    page = opened("#kuz:s=30000", width=360, height=740)
    fits(page)
    until(page, "document.querySelector('#explorer-kuz .explorer-summary').textContent === solubleExplorers.kuz.summary")
    for _ in in_each_theme(page):
        axe_finds_nothing(page)


@browser_test
def test_it_works_in_jupyter(browser, tmp_path, serve, widgets):
    widget = widgets["kuz"]
    with notebook(browser, serve, tmp_path, widget) as page:
        assert "lies in the basin of B" in page.evaluate("kernel.state.summary")
