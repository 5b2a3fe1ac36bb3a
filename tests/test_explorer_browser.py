"""The shipped explorers in a real browser, on a page of their own: numbers, controls, words, addresses, files, policy."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from urllib.parse import quote
from xml.etree import ElementTree

import numpy as np
import pytest
from agreement import random_settings, relative_difference
from explorer_page import POLICY, axe_finds_nothing, changes, fits, frames, in_each_theme, notebook, until, write_page
from validation import hold

import soluble
from soluble import explorer
from soluble.simulate import SimulationError, simulate, sweep

pytestmark = [pytest.mark.browser]

SETTINGS = 50
AGREE = 1e-6
#: Blows up in finite time once the growth is large enough: a run that no solver can finish.
EXPLODING = """
id: exploding
title: A quantity that feeds on itself
kind: didactic
summary: Grows without bound in finite time when the rate is high.
time: {unit: day, end: 10}
states:
  X: {name: some thing, unit: dimensionless, initial: 1}
parameters:
  r: {name: growth rate, value: 0.01, unit: 1/day, range: [0.001, 10], scale: log, assumed: for a test}
equations: {X: r*X**2}
leaves_out: [everything]
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    """Three explorers on a page served under the strict policy."""
    folder = tmp_path_factory.mktemp("explorers")
    exploding = soluble.model.Model(EXPLODING)
    scenarios = ["dormant"] if "dormant" in [s.id for s in soluble.load_model("kuznetsov-1994").scenarios] else None
    write_page(
        folder,
        [
            soluble.explore("kuznetsov-1994", controls=["s", "a", "T0"], show=["T", "E"], id="kuz", title="Held or lost", caption="Two curves.", scenarios=scenarios),
            soluble.explore("kuznetsov-1994", "response", x="s", of="T", hysteresis=True, controls=["n", "s"], id="loop", scenarios=[]),
            soluble.explore("kuznetsov-1994", "response", x="a", of="T", at=200, controls=["s", "a"], id="later", scenarios=[], log_y=True),
            soluble.explore("kuznetsov-1994", "response", x="n", of="E", controls=["d"], id="rest", scenarios=[]),
            soluble.explore(exploding, controls=["r"], id="boom"),
        ],
    )
    with serve(folder, policy=POLICY) as at:
        yield at


def ask(page, what, name="kuz"):
    """An expression of the explorer ``x``, evaluated."""
    return page.evaluate(f"() => {{ const x = solubleExplorers[{json.dumps(name)}]; return {what}; }}")


def picture(page, name="kuz"):
    return page.locator(f"#explorer-{name} .explorer-chart").inner_html()


def slider(page, control, name="kuz"):
    return page.locator(f"#explorer-{name}-{control}")


def rested(page):
    """Wait for the frame after a change, and for the sentence on the page, which follows when the hand rests."""
    frames(page)
    until(
        page,
        "Object.entries(solubleExplorers).every(([id, x]) => document.querySelector(`#explorer-${id} .explorer-summary`).textContent === x.summary && !x.lastTimings.draft)"
    )


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", soluble.list_models())
def test_the_browser_gives_scipys_numbers(browser, tmp_path, serve, key):
    """The shipped bundle against SciPy at 50 random settings inside the slider ranges, relative 1e-6 at each of 17 times."""
    model = soluble.load_model(key)
    names = [n for n, limits in model.ranges.items() if limits]
    write_page(tmp_path, [soluble.explore(model, controls=names[:1], show=model.state_ids[:1], id="m", scenarios=[])])
    settings = random_settings(model, SETTINGS)
    with serve(tmp_path, policy=POLICY) as at:
        page = browser.new_page()
        page.goto(at)
        until(page, "window.solubleExplorers?.m")
        got = page.evaluate(
            """settings => settings.map(values => { try { return solubleExplorers.m.solve(values, 17); } catch (e) { return {failed: e.message}; } })""",
            settings,
        )
        page.close()
    times = np.linspace(0, model.t_end, 17)
    compared, worst = 0, 0.0
    for setting, table in zip(settings, got, strict=True):
        try:
            reference = simulate(model, setting, t=times, rtol=1e-12 if model.stiff else 1e-11, atol=tight(model, setting))
        except SimulationError:
            continue  # where SciPy itself cannot finish, there is nothing to compare with
        assert "failed" not in table, f"{key}: {table['failed']} at {setting}"
        assert table["columns"] == ["time", *model.quantity_ids]
        rows = np.array(table["rows"], dtype=float)
        assert np.array_equal(rows[:, 0], times)
        difference = relative_difference(model, rows[1:, 1:], reference.to_numpy()[1:])
        name = max(difference, key=difference.get)
        assert difference[name] < AGREE, f"{key}: {name} differs by {difference[name]:.2g} at {setting}"
        compared, worst = compared + 1, max(worst, difference[name])
    assert compared >= 0.9 * SETTINGS
    hold(key, "browser", settings=compared, below=worst)


def tight(model, setting):
    """Absolute tolerances of the reference: a state that has nearly died out and grows again is followed all the way down."""
    size = np.abs(model.values(setting)[1])
    if model.stiff:
        return 1e-15 * np.maximum(size, 1e-6)
    return np.where(size > 0, 1e-25 * size, 1e-14 * max(size.max(), 1e-6))


def test_the_default_run_is_pythons(opened):
    """At every row that a reader can download, with doses or without."""
    page = opened()
    data = ask(page, "x.data()")
    model = soluble.load_model("kuznetsov-1994")
    run = model.simulate(rtol=1e-11)
    assert data["columns"] == ["time", "E", "T"]
    rows = np.array(data["rows"])
    assert np.array_equal(rows[:, 0], run.index)
    assert np.allclose(rows[:, 1:], run.to_numpy(), rtol=1e-6, atol=0)


def test_a_sweep_up_and_down_is_pythons(opened):
    """Steady states with hysteresis: both branches, jumps included, equal SciPy's continuation."""
    page = opened()
    data = ask(page, "x.data()", "loop")
    rows = np.array(data["rows"], dtype=float)
    assert data["columns"] == ["s", "T rising", "T falling"]
    few = rows[::6]
    table = sweep(soluble.load_model("kuznetsov-1994"), {}, "s", rows[:, 0][::6], "T", "steady", True)
    size = np.abs(rows[:, 1:]).max()
    assert np.allclose(few[:, 1:], table.to_numpy(), rtol=1e-6, atol=1e-9 * size)
    gap = np.abs(rows[:, 1] - rows[:, 2]) / size
    assert gap.max() > 0.5, "the branches must differ where the model has two stable states"
    assert gap.min() < 1e-6, "and be one where it has one"


def test_steady_states_from_the_declared_start_are_pythons(opened):
    """The full computation at rest, and the draft while a control moves, which goes another way."""
    page = opened()
    model = soluble.load_model("kuznetsov-1994")
    for value in (0.0412, 0.06):
        ask(page, f"x.set('d', {value})", "rest")
        drawn = ask(page, "x.lastTimings.draft", "rest")
        assert drawn, "a sweep is drafted first"
        rows = np.array(ask(page, "x.data()", "rest")["rows"], dtype=float)[::10]
        table = sweep(model, {"d": value}, "n", rows[:, 0], "E", "steady")
        assert np.allclose(rows[:, 1], table["E"], rtol=1e-6, atol=1e-9 * table["E"].max())
        rested(page)


def test_a_response_at_a_time_is_pythons(opened):
    data = ask(opened(), "x.data()", "later")
    rows = np.array(data["rows"])
    some = rows[[0, 13, 30, -1]]
    table = sweep(soluble.load_model("kuznetsov-1994"), {}, "a", some[:, 0], "T", 200)
    assert np.allclose(some[:, 1], table["T"], rtol=1e-5)


# --- controls --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "control"), [("kuz", "s"), ("kuz", "a"), ("kuz", "T0"), ("loop", "n"), ("loop", "s"), ("later", "s"), ("later", "a"), ("rest", "d")])
def test_each_control_changes_picture_words_and_data_and_reset_brings_them_back(opened, name, control):
    page = opened()
    rested(page)
    see = lambda: (picture(page, name), page.locator(f"#explorer-{name} .explorer-summary").inner_text(), json.dumps(ask(page, "x.data()", name)))  # noqa: E731
    before = see()
    slider(page, control, name).focus()
    page.keyboard.press("PageUp")
    rested(page)
    after = see()
    assert [a == b for a, b in zip(before, after, strict=True)] == [False, False, False]
    page.locator(f"#explorer-{name} [data-action=reset]").click()
    rested(page)
    again = see()
    assert again[1:] == before[1:]
    assert ask(page, "x.values", name) == ask(opened(), "x.values", name)


def test_the_sentence_says_the_numbers(opened):
    """The sentence's last number is the last value of the run; the change and its ratio to the default are said."""
    page = opened()
    ask(page, "x.set('a', 0.3)")
    rested(page)
    said = page.locator("#explorer-kuz .explorer-summary").inner_text()
    last = ask(page, "x.data()")["rows"][-1]
    default = soluble.load_model("kuznetsov-1994").simulate()["T"].iloc[-1]
    assert said.startswith("With ")
    assert "0.3 per day" in said
    spoken = re.search(r"(?:are at|to|reach) ([\d.]+) (million|billion)[^;]*?, ([\d.]+) (times|% more than|% less than|% of) the default", said)
    assert spoken, said
    assert float(spoken[1]) * {"million": 1e6, "billion": 1e9}[spoken[2]] == pytest.approx(last[2], rel=0.006)
    ratio = last[2] / default
    told = float(spoken[3]) / (1 if spoken[4] == "times" else 100)
    told = {"times": told, "% more than": 1 + told, "% less than": 1 - told, "% of": told}[spoken[4]]
    assert told == pytest.approx(ratio, rel=0.03)


def test_keyboard_has_three_step_sizes(opened):
    """Arrow, Shift with arrow, Page Up: shares of the slider's way of 1/100, 1/500 and 1/10, on its logarithmic scale."""
    page = opened()
    low, high = np.log10(1e3), np.log10(1e5)

    def moved(keys):
        page.locator("#explorer-kuz [data-action=reset]").click()
        before = ask(page, "x.values.s")
        slider(page, "s").focus()
        page.keyboard.press(keys)
        return (np.log10(ask(page, "x.values.s")) - np.log10(before)) / (high - low)

    assert moved("ArrowRight") == pytest.approx(0.01, rel=0.1)
    assert moved("ArrowDown") == pytest.approx(-0.01, rel=0.1)
    assert moved("Shift+ArrowRight") == pytest.approx(0.002, rel=0.15)
    assert moved("PageUp") == pytest.approx(0.1, rel=0.02)
    assert moved("PageDown") == pytest.approx(-0.1, rel=0.02)
    slider(page, "s").press("Home")
    assert ask(page, "x.values.s") == 1e3
    slider(page, "s").press("End")
    assert ask(page, "x.values.s") == 1e5
    hint = page.locator("#" + slider(page, "s").get_attribute("aria-describedby")).text_content()
    assert all(word in hint for word in ("arrows", "Shift", "Page Up"))


def test_a_slider_is_named_and_tells_its_value_with_unit(opened):
    page = opened()
    s = slider(page, "s")
    assert page.locator(f"label[for='{s.get_attribute('id')}']").inner_text().startswith("effector influx")
    assert s.get_attribute("aria-valuetext") == "13,000 cells/day"
    page.get_by_label("effector influx", exact=False).first.focus()
    page.keyboard.press("PageUp")
    assert re.fullmatch(r"20,\d00 cells/day", s.get_attribute("aria-valuetext"))
    position = (np.log10(ask(page, "x.values.s")) - 3) / 2
    assert float(s.input_value()) == pytest.approx(3 + 2 * position, abs=1e-3), "a logarithmic slider stands at the logarithm"


def test_a_typed_number_is_taken_and_clamped(opened):
    page = opened()
    typed = page.locator("#explorer-kuz-s-typed")
    note = page.locator("#explorer-kuz [data-name=s] .explorer-note")
    for text, value in (("25000", 25000), ("3.5e4", 35000), ("1e9", 1e5), ("-4", 1e3)):
        typed.fill(text)
        typed.press("Enter")
        typed.blur()
        assert ask(page, "x.values.s") == value
    assert "kept between 1,000 cells/day and 100,000 cells/day" in note.inner_text()
    assert typed.input_value() == "1000"
    typed.fill("")
    typed.blur()
    assert ask(page, "x.values.s") == 1000
    assert typed.input_value() == "1000"


def test_dragging_moves_the_run(opened):
    page = opened()
    box = slider(page, "a").bounding_box()
    before = ask(page, "x.values.a")
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    assert ask(page, "x.values.a") > before + 0.1
    assert len(str(ask(page, "x.values.a"))) <= 6, "a dragged value has few digits"


def test_a_scenario_sets_its_values(opened):
    page = opened()
    model = soluble.load_model("kuznetsov-1994")
    select = page.locator("#explorer-kuz select[data-action=scenario]")
    for scenario in [s for s in model.scenarios if s.id in select.evaluate("e => [...e.options].map(o => o.value)")]:
        select.select_option(scenario.id)
        rested(page)
        run = simulate(model, dict(scenario.set), rtol=1e-11)
        assert np.array(ask(page, "x.data().rows"))[-1, 1:] == pytest.approx(run.iloc[-1].to_numpy(), rel=1e-6)
        assert page.locator("#explorer-kuz .explorer-says").inner_text().split() == scenario.says.split()
        assert f"scenario={scenario.id}" in page.evaluate("location.hash")


def test_the_ghost_is_the_default_until_a_run_is_kept(opened):
    page = opened()
    ghosts = page.locator("#explorer-kuz .explorer-chart .ghost")
    assert ghosts.count() == 0, "nothing to compare with before anything has changed"
    ask(page, "x.set('s', 40000)")
    assert ghosts.count() == 2
    default = ghosts.first.get_attribute("d")
    page.locator("#explorer-kuz [data-action=ghost]").click()
    assert ghosts.count() == 0
    page.locator("#explorer-kuz [data-action=ghost]").click()
    page.locator("#explorer-kuz [data-action=keep]").click()
    ask(page, "x.set('s', 60000)")
    assert ghosts.count() == 2
    assert ghosts.first.get_attribute("d") != default
    assert "the kept run" in ask(page, "x.summary")


def test_the_reading_line_tells_values_by_mouse_and_keyboard(opened):
    page = opened()
    cursor = page.locator("#explorer-kuz .explorer-cursor")
    cursor.hover(position={"x": 40, "y": 40})
    tip = page.locator("#explorer-kuz .explorer-tip")
    assert tip.is_visible()
    assert re.search(r"day \d+.*tumour cells: ", tip.inner_text(), re.S)
    page.mouse.move(1, 1)
    assert not tip.is_visible()
    cursor.focus()
    page.keyboard.press("End")
    value = ask(page, "x.data()")["rows"][-1][2]
    told = cursor.get_attribute("aria-valuetext")
    assert told.startswith("day 400: tumour cells ")
    assert float(told.split("tumour cells ")[1].split(" ")[0]) * 1e6 == pytest.approx(value, rel=0.006)
    page.keyboard.press("Escape")
    assert not tip.is_visible()


# --- the address -----------------------------------------------------------------------------------------------------


def test_the_address_carries_the_state_of_each_explorer(opened):
    page = opened()
    ask(page, "x.set('s', 2500)")
    ask(page, "x.set('n', 2e-7)", "loop")
    until(page, "location.hash.includes('loop')")
    fragment = page.evaluate("location.hash")
    assert fragment == "#kuz:s=2500;loop:n=2e-7"
    other = opened(fragment)
    assert ask(other, "x.values.s") == 2500
    assert ask(other, "x.values.n", "loop") == pytest.approx(2e-7)
    assert ask(other, "x.summary") == ask(page, "x.summary")
    other.evaluate("location.hash = '#kuz:s=7000'")
    until(other, "solubleExplorers.kuz.values.s === 7000")
    page.locator("#explorer-kuz [data-action=reset]").click()
    page.locator("#explorer-loop [data-action=reset]").click()
    until(page, "location.hash === ''")


HOSTILE = [
    ("kuz:s=1e9", 1e5),
    ("kuz:s=-5", 1e3),
    ("kuz:s=1e999", 1.3e4),
    ("kuz:s=NaN", 1.3e4),
    ("kuz:s=Infinity", 1.3e4),
    ("kuz:s=0x10", 1.3e4),
    ("kuz:s=alert(1)", 1.3e4),
    ("kuz:s=<script>window.hacked=1</script>", 1.3e4),
    ("kuz:s=" + quote("<img src=x onerror=window.hacked=1>"), 1.3e4),
    ("kuz:__proto__=5&constructor=6&toString=7&s=2000", 2e3),
    ("__proto__:s=5;constructor:s=6;kuz:s=2000", 2e3),
    ("kuz:scenario=__proto__&s=2000", 2e3),
    ("kuz:scenario=constructor", 1.3e4),
    ("kuz:s=" + "9" * 100_000, 1.3e4),
    ("a" * 100_000, 1.3e4),
    ("kuz:" + "&".join(f"x{i}=1" for i in range(500)), 1.3e4),
    ("kuz:s=%E0%A4%A", 1.3e4),
    ("kuz:s", 1.3e4),
    (";;;:::&&&===", 1.3e4),
    ("nowhere:s=5", 1.3e4),
    ("kuz:s=3000;kuz:s=4000", 4e3),
]


def unharmed(page, s):
    """The explorer stands at ``s``, still speaks, and nothing of the address was run, parsed or put into a prototype."""
    assert ask(page, "x.values.s") == s
    assert page.evaluate("window.hacked === undefined && !('s' in {}) && ({}).constructor === Object && Object.keys(Object.prototype).length === 0")
    said = ask(page, "x.summary")
    assert len(said) > 20
    assert "<" not in said
    assert page.locator("#explorer-kuz script, #explorer-kuz img").count() == 1, "only the inert configuration"


@pytest.mark.parametrize(("fragment", "s"), HOSTILE[:2] + HOSTILE[7:9] + HOSTILE[12:14])
def test_a_page_opened_at_a_hostile_address_is_unharmed(opened, fragment, s):
    unharmed(opened("#" + fragment), s)


def test_a_hostile_address_is_clamped_or_ignored(opened):
    """Each in turn, entered while the page is open."""
    page = opened()
    for fragment, s in HOSTILE:
        page.evaluate("() => { location.hash = 'kuz:s=13000'; }")
        until(page, "solubleExplorers.kuz.values.s === 13000")
        page.evaluate("f => { location.hash = f; }", fragment)
        page.wait_for_timeout(30)
        unharmed(page, s)


# --- files -----------------------------------------------------------------------------------------------------------


def test_the_csv_is_the_data(opened):
    page = opened("#kuz:s=2500")
    with page.expect_download() as saved:
        page.locator("#explorer-kuz [data-action=csv]").click()
    assert saved.value.suggested_filename == "kuz.csv"
    text = open(saved.value.path(), encoding="utf8").read()
    notes = [line for line in text.splitlines() if line.startswith("#")]
    assert any("s = 2500 cells/day" in line for line in notes)
    assert any("simulated" in line for line in notes)
    rows = list(csv.reader(io.StringIO("\n".join(line for line in text.splitlines() if not line.startswith("#")))))
    data = ask(page, "x.data()")
    assert rows[0] == ["time [day]", "E [cells]", "T [cells]"]
    assert [[float(v) for v in row] for row in rows[1:]] == data["rows"]
    import pandas as pd

    assert pd.read_csv(io.StringIO(text), comment="#").shape == (401, 3)


def test_the_svg_stands_alone(opened):
    """Well-formed, with title and description, and without a variable or class that only the page could resolve."""
    page = opened("#kuz:s=2500")
    with page.expect_download() as saved:
        page.locator("#explorer-kuz [data-action=svg]").click()
    text = open(saved.value.path(), encoding="utf8").read()
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert float(root.get("width")) > 200
    assert "var(" not in text
    assert "class=" not in text
    words = list(root.itertext())
    assert "tumour cells" in words
    assert ask(page, "x.summary") in words
    strokes = {e.get("stroke") for e in root.iter("{http://www.w3.org/2000/svg}path")}
    assert len(strokes - {None, "none"}) >= 2


def test_a_link_to_the_setting_can_be_copied(opened):
    page = opened("#kuz:s=2500", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#explorer-kuz [data-action=link]").click()
    until(page, "document.querySelector('#explorer-kuz .explorer-status').textContent")
    assert page.locator("#explorer-kuz .explorer-status").inner_text() == "Link copied."
    assert page.evaluate("navigator.clipboard.readText()").endswith("/#kuz:s=2500")


# --- when things go wrong --------------------------------------------------------------------------------------------


def test_a_run_that_fails_is_said_in_words(opened):
    page = opened()
    assert "some thing" in ask(page, "x.summary", "boom").lower()
    ask(page, "x.set('r', 5)", "boom")
    rested(page)
    shown = page.locator("#explorer-boom .explorer-stage .explorer-problem")
    assert shown.is_visible()
    assert shown.inner_text().startswith("This setting could not be computed: the solver")
    assert page.locator("#explorer-boom .explorer-summary").inner_text() == shown.inner_text()
    assert ask(page, "x.data().rows.length", "boom") == 0
    page.locator("#explorer-boom [data-action=csv]").click()
    assert "nothing to save" in page.locator("#explorer-boom .explorer-status").inner_text()
    page.locator("#explorer-boom [data-action=reset]").click()
    rested(page)
    assert not shown.is_visible()
    assert ask(page, "x.data().rows.length", "boom") == 401


def test_without_its_model_the_picture_stays_and_says_why(browser, tmp_path, serve):
    widget = soluble.explore("kuznetsov-1994", id="alone", caption="Words.")
    write_page(tmp_path, [widget])
    (tmp_path / "kuznetsov-1994.js").unlink()
    with serve(tmp_path) as at:
        page = browser.new_page()
        page.goto(at)
        figure = page.locator("#explorer-alone")
        until(page, "document.querySelector('#explorer-alone').dataset.state")
        assert figure.get_attribute("data-state") == "failed"
        assert figure.locator(".explorer-stage svg").is_visible()
        assert "could not be made interactive: the model kuznetsov-1994 was not loaded" in figure.inner_text()
        page.close()


def test_two_hundred_random_settings_break_nothing(opened):
    """Random values on every explorer: nothing throws, every sentence says something, every picture has lines."""
    page = opened()
    rng = random.Random(7)
    moves = []
    for _ in range(200):
        name = rng.choice(["kuz", "kuz", "loop", "later", "rest", "boom"])
        control = rng.choice({"kuz": ["s", "a", "T0"], "loop": ["n", "s"], "later": ["s", "a"], "rest": ["d"], "boom": ["r"]}[name])
        moves.append([name, control, rng.random()])
    poor = page.evaluate(
        """moves => moves.map(([name, control, share]) => {
            const x = solubleExplorers[name], input = document.getElementById(`explorer-${name}-${control}`);
            input.value = +input.min + share * (input.max - input.min);
            input.dispatchEvent(new Event('input', {bubbles: true}));
            x.set(control, x.values[control]);
            const said = x.summary;
            const bad = said.length < 25 || /undefined|NaN|null|Infinity|no number/.test(said);
            const drawn = document.querySelectorAll(`#explorer-${name} .explorer-chart path.line`).length;
            return bad || (drawn === 0 && !/could not be computed/.test(said)) ? `${name} ${control} ${x.values[control]}: ${said}` : null;
        }).filter(Boolean)""",
        moves,
    )
    assert not poor, poor


# --- where it is read ------------------------------------------------------------------------------------------------


def test_it_fits_a_phone_and_the_picture_stays_in_view(opened):
    page = opened(width=360, height=740)
    fits(page)
    stage = page.locator("#explorer-kuz .explorer-stage")
    last = slider(page, "T0")
    last.scroll_into_view_if_needed()
    page.evaluate("document.querySelector('#explorer-kuz-T0').scrollIntoView({block: 'end'})")
    s, c = stage.bounding_box(), last.bounding_box()
    assert s["y"] >= -1
    assert s["y"] + s["height"] <= c["y"] + 1, "the picture covers the control"
    assert c["y"] + c["height"] <= 741
    small = page.evaluate(
        """[...document.querySelectorAll('#explorer-kuz :is(button, select, input)')].map(e => [e.id || e.dataset.action, e.getBoundingClientRect()])
           .filter(([, b]) => b.height < 24 || b.width < 24).map(([n]) => n)"""
    )
    assert not small, small


def test_on_a_wide_page_controls_stand_beside_the_picture(opened):
    page = opened()
    stage, control = page.locator("#explorer-kuz .explorer-stage").bounding_box(), slider(page, "s").bounding_box()
    assert control["x"] >= stage["x"] + stage["width"]
    assert control["y"] < stage["y"] + stage["height"]


@pytest.mark.parametrize("width", [360, 1280])
def test_coming_alive_moves_nothing(browser, address, width):
    """Layout shift while the static figures turn live, as browsers measure it."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(l => l.getEntries().forEach(e => window.shift += e.value)).observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(address)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    until(page, "[...document.querySelectorAll('figure.explorer')].every(f => f.dataset.state === 'live')")
    page.wait_for_timeout(400)
    shift = page.evaluate("window.shift")
    page.close()
    assert shift < 0.1, shift


def test_axe_finds_nothing_in_light_and_dark(opened):
    page = opened("#kuz:s=40000")
    rested(page)
    for _ in in_each_theme(page):
        axe_finds_nothing(page)


def test_it_follows_the_theme(opened):
    page = opened()
    colour = lambda: page.locator("#explorer-kuz .explorer-chart path.line").first.evaluate("e => getComputedStyle(e).stroke")  # noqa: E731
    light = colour()
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert (light, colour()) == ("rgb(125, 29, 63)", "rgb(255, 143, 174)")


def test_it_opens_from_a_folder(browser, tmp_path):
    write_page(tmp_path, [soluble.explore("kuznetsov-1994", controls=["s"], id="here")])
    page = browser.new_page()
    page.goto((tmp_path / "index.html").as_uri() + "#here:s=5000")
    until(page, "document.querySelector('#explorer-here').dataset.state === 'live'")
    assert page.evaluate("solubleExplorers.here.values.s") == 5000
    page.close()


def test_the_jupyter_module_syncs_both_ways(browser, tmp_path, serve):
    """The module that anywidget loads, driven by a stand-in for its model object."""
    widget = soluble.explore("kuznetsov-1994", controls=["s", "a"], show=["T"], id="nb", caption="In a notebook.")
    with notebook(browser, serve, tmp_path, widget) as page:
        assert page.evaluate("kernel.state.summary").startswith("Tumour cells")
        assert "In a notebook." in page.locator("figcaption").inner_text()
        slider(page, "s", "nb").focus()
        page.keyboard.press("PageUp")
        until(page, "kernel.state.values.s > 20000")
        widget.set_state({"values": page.evaluate("kernel.state.values")})
        assert widget.values["s"] > 2e4
        before = page.locator(".explorer-chart").inner_html()
        page.evaluate("kernel.send({s: 3000, a: 0.2})")
        changes(page, page.locator(".explorer-chart").inner_html, before)
        assert slider(page, "s", "nb").get_attribute("aria-valuetext") == "3,000 cells/day"
        page.evaluate("kernel.end()")


def test_the_palette_of_the_widget_has_both_themes():
    css = explorer.palette_css()
    assert css.count("--med-il-6:#c2410c") == 1
    assert css.count("--med-il-6:#ff9a62") == 2
