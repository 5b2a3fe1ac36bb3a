"""The Python side of explorers: what they refuse, what they write into a page, what they sync with Jupyter."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import anywidget
import numpy as np
import pytest
import traitlets
from bs4 import BeautifulSoup

import soluble
from soluble import explorer, style
from soluble.model import UnknownNameError

ID = "kuznetsov-1994"


@pytest.fixture(scope="module")
def model():
    return soluble.load_model(ID)


@pytest.fixture
def static(monkeypatch):
    monkeypatch.setenv("SOLUBLE_STATIC", "1")


def figure_of(widget):
    """The static figure as a parsed element."""
    return BeautifulSoup(widget._repr_mimebundle_()["text/html"], "html.parser").figure


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"view": "timecurse"}, r"unknown view 'timecurse' \(did you mean 'timecourse'\?\); known: timecourse, response"),
        ({"controls": ["s", "sigma"]}, r"unknown control .*'sigma'.*known: s, p, g, m, d, a, b, n, E0, T0"),
        ({"show": ["T", "X"]}, r"unknown quantity to show 'X'; known: E, T"),
        ({"values": {"q": 1}}, r"unknown parameter or initial value 'q'.*known: s, "),
        ({"scenario": "nowhere"}, r"unknown scenario 'nowhere'"),
        ({"scenarios": ["nowhere"]}, r"unknown scenario 'nowhere'"),
        ({"view": "response", "x": "zz"}, r"unknown control .*'zz'.*known: s, p"),
        ({"view": "response", "x": "s", "of": "zz"}, r"unknown quantity 'zz'; known: E, T"),
    ],
)
def test_an_unknown_name_is_an_error_that_lists_the_known_ones(model, arguments, said):
    with pytest.raises(UnknownNameError) as error:
        soluble.explore(model, **arguments)
    assert re.search(said, str(error.value)), str(error.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"view": "response"}, "a response needs x=.*known with a range: s, p"),
        ({"view": "response", "x": "s", "at": "end"}, "at='end': known are 'steady', 'max' and a time above 0"),
        ({"view": "response", "x": "s", "at": -1}, "a time above 0"),
        ({"view": "response", "x": "s", "at": "max", "hysteresis": True}, "hysteresis needs at='steady'"),
        ({"controls": []}, "needs a control"),
        ({"show": []}, "nothing to show; known: E, T"),
        ({"id": "two words"}, "cannot be an explorer's id"),
        ({"id": "<script>"}, "cannot be an explorer's id"),
        ({"values": {"s": float("nan")}}, "not a finite number"),
    ],
)
def test_what_is_incomplete_is_an_error_that_says_what_is_missing(model, arguments, said):
    with pytest.raises(ValueError, match=said):
        soluble.explore(model, **arguments)


def test_a_control_without_a_range_is_named_with_those_that_have_one():
    model = soluble.load_model("nazari-2018")
    unranged = next(p.id for p in model.parameters_ if not p.range)
    with pytest.raises(ValueError, match=f"'{unranged}' has no slider: give it a `range` in the declaration of nazari-2018; those that have one: rho, "):
        soluble.explore(model, controls=[unranged])


# --- the static figure -----------------------------------------------------------------------------------------------


def test_the_static_figure_holds_picture_caption_data_and_model(model, static):
    widget = soluble.explore(model, controls=["s", "T0"], show=["T", "E"], title="A title", caption="A <caption> & more", id="here", scenarios=[])
    figure = figure_of(widget)
    assert figure["id"] == "explorer-here"
    assert (figure["data-view"], figure["data-model"]) == ("timecourse", ID)
    svg = figure.select_one(".explorer-stage svg")
    assert svg["role"] == "img"
    assert "tumour cells and effector cells" in svg["aria-label"].lower()
    assert figure.figcaption.text == "A <caption> & more"
    config = json.loads(figure.select_one("script.explorer-config").string)
    assert [c["name"] for c in config["controls"]] == ["s", "T0"]
    assert config["controls"][0] | {"label": 0} == {
        "name": "s", "label": 0, "symbol": ["s", ""], "unit": "cells/day", "min": 1e3, "max": 1e5, "scale": "log", "default": 1.3e4, "value": 1.3e4,
    }  # fmt: skip
    script = figure.select_one("script[type='application/x-soluble-model']")
    assert script["data-key"] == ID
    assert script.string.startswith("(globalThis.solubleModels ||= {})")
    assert [s["type"] for s in figure.find_all("script")] == ["application/json", "application/x-soluble-model"]
    assert not [a for tag in figure.find_all(True) for a in tag.attrs if a.startswith("on")]


def test_outside_the_book_build_it_is_a_widget(model, monkeypatch):
    monkeypatch.delenv("SOLUBLE_STATIC", raising=False)
    bundle = soluble.explore(model)._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "text/html" not in data


def test_text_cannot_end_the_script_that_holds_it(model, static):
    widget = soluble.explore(model, title="</script><script>alert(1)</script>", caption="<!-- </SCRIPT>", scenarios=[])
    markup = widget._repr_mimebundle_()["text/html"]
    assert len(re.findall("<script", markup)) == 2
    assert len(re.findall("</script", markup, re.I)) == 2
    figure = figure_of(widget)
    assert json.loads(figure.select_one("script.explorer-config").string)["title"] == "</script><script>alert(1)</script>"
    assert figure.figcaption.text == "<!-- </SCRIPT>"


def curve(svg, colour):
    """The points of the longest drawn line of a colour, in pixels from the top left."""
    paths = [p for p in svg.iter("{http://www.w3.org/2000/svg}path") if colour in p.get("style", "") and "fill: none" in p.get("style", "")]
    longest = max(paths, key=lambda p: len(p.get("d")))
    return np.array(re.findall(r"[ML] ([\d.e+-]+) ([\d.e+-]+)", longest.get("d")), dtype=float)


def test_the_static_picture_shows_the_first_state(model, static):
    """Read back from the drawn line: the tumour at its end against its peak is what the simulation says."""
    values = {"s": 2e4, "T0": 1e6}
    widget = soluble.explore(model, controls=["s"], show=["T", "E"], values=values, scenarios=[], id="p")
    svg = ElementTree.fromstring(explorer.picture(model, widget.config))
    points = curve(svg, style.MEDIATORS["tumour"].light)
    run = model.simulate(**values)["T"].to_numpy()
    base = 360 - 42
    height = base - points[:, 1]
    assert height.min() > 0
    assert height[-1] / height.max() == pytest.approx(run[-1] / run.max(), rel=0.01)
    assert height[0] / height.max() == pytest.approx(run[0] / run.max(), abs=0.005)
    words = "".join(svg.itertext())
    assert "tumour cells" in words
    assert "effector cells" in words
    assert "time (days)" in words
    assert "million cells" in words


def test_the_static_picture_uses_only_colours_of_the_palette(model, static):
    """So that the page can turn each into its variable, and the picture follows the reader's theme."""
    known = {c.light for c in style.css_variables().values()}
    for widget in (
        soluble.explore(model, log_y=True, id="a"),
        soluble.explore("il6-trans-signalling", controls=["dose_L"], show=["L_f", "CRP"], id="b"),
    ):
        markup = explorer.picture(widget.model, widget.config)
        used = set(re.findall(r"#[0-9a-fA-F]{6}\b", markup))
        assert used <= known, used - known
        assert "#7d1d3f" in used or "#c2410c" in used


def test_on_a_logarithmic_axis_no_curve_falls_below_the_picture():
    """A quantity that begins at nothing stays on the axis, as the browser draws it."""
    text = r"""
id: toy-log
title: A quantity that begins at nothing
kind: didactic
summary: It is made and lost.
time: {unit: day, end: 10}
states:
  x: {name: quantity, unit: mg, initial: 0, mediator: tumour}
parameters:
  k: {name: rate, value: 1, unit: 1/day, range: [0.1, 10], assumed: toy}
  s: {name: made, value: 1000, unit: mg/day, assumed: toy}
equations:
  x: s - k*x
leaves_out: [everything]
"""
    model = soluble.Model(text, "toy-log.yaml")
    svg = ElementTree.fromstring(explorer.picture(model, soluble.explore(model, controls=["k"], log_y=True, id="log").config))
    height = float(svg.get("viewBox").split()[3])
    lowest = curve(svg, style.MEDIATORS["tumour"].light)[:, 1].max()
    assert lowest <= height, (lowest, height)


def test_the_static_picture_is_the_same_each_time(model):
    config = soluble.explore(model, id="again").config
    assert explorer.picture(model, config) == explorer.picture(model, config)


def test_a_panel_for_each_unit_unless_told_otherwise():
    def panels(show):
        return soluble.explore("nazari-2018", controls=["rho"], show=show).config["panels"]

    assert panels(["tumour", "L", "S"]) == [["tumour", "S"], ["L"]]
    assert panels([["tumour", "S"], ["L"], "phi_S"]) == [["tumour", "S"], ["L"], ["phi_S"]]
    assert panels("L") == [["L"]]


def test_a_response_is_drawn_from_the_sweep_and_says_so(static):
    widget = soluble.explore(ID, "response", x="s", of="T", hysteresis=True, controls=["n"], id="r")
    svg = ElementTree.fromstring(explorer.picture(widget.model, widget.config))
    words = "".join(svg.itertext())
    assert "Tumour cells at steady state" in words
    assert "effector influx (cells/day)" in words
    assert "rising" in words
    assert "falling" in words
    assert "for rising and falling values" in widget.config["alt"]
    table = widget.data()
    points = curve(svg, style.MEDIATORS["tumour"].light)
    height = 318 - points[:, 1]
    drawn = (height[0] - height[-1]) / height[0]
    real = [(table[c].iloc[0] - table[c].iloc[-1]) / table[c].iloc[0] for c in table]
    assert min(abs(drawn - r) for r in real) < 0.01


# --- Jupyter ---------------------------------------------------------------------------------------------------------


def test_the_widget_syncs_what_it_should(model):
    widget = soluble.explore(model, controls=["s", "n"])
    assert isinstance(widget, anywidget.AnyWidget)
    state = widget.get_state()
    assert {"config", "model_code", "values", "scenario", "summary", "_esm", "_css"} <= set(state)
    assert state["values"] == {"s": 1.3e4, "n": pytest.approx(model.values()[0][7])}
    assert "export{" in state["_esm"] or "export default" in state["_esm"]
    assert "--med-il-6" in state["_css"]
    assert ".explorer-stage" in state["_css"]


def test_values_are_kept_inside_the_range_and_names_are_checked(model):
    widget = soluble.explore(model, controls=["s", "n"])
    seen = []
    widget.observe(lambda change: seen.append(change.new["s"]), "values")
    widget.values = {"s": 1e9}
    assert widget.values["s"] == 1e5
    assert set(widget.values) == {"s", "n"}
    assert seen == [1e5]
    with pytest.raises(UnknownNameError, match="known: s, n"):
        widget.values = {"a": 1}
    with pytest.raises(traitlets.TraitError, match="not a finite number"):
        widget.values = {"s": float("inf")}
    assert widget.values["s"] == 1e5


def test_a_message_from_the_page_moves_the_values(model):
    """What the front end sends arrives as values, and the data follow."""
    widget = soluble.explore(model, controls=["s"])
    before = widget.data()["T"].iloc[-1]
    widget.set_state({"values": {"s": 6e4}, "summary": "A sentence."})
    assert widget.values == {"s": 6e4}
    assert widget.summary == "A sentence."
    assert widget.data()["T"].iloc[-1] == pytest.approx(model.simulate(s=6e4)["T"].iloc[-1])
    assert widget.data()["T"].iloc[-1] != pytest.approx(before)


def test_a_scenario_sets_what_it_says():
    model = soluble.load_model("il6-trans-signalling")
    chosen = next(s for s in model.scenarios if s.set)
    name, value = next(iter(chosen.set.items()))
    widget = soluble.explore(model, controls=["k_T"], scenario=chosen.id, id="x")
    assert widget.overrides[name] == value
    assert widget.config["startName"] == "the first setting"
    widget.scenario = ""
    assert name not in widget.overrides or name == "k_T"
    with pytest.raises(UnknownNameError):
        widget.scenario = "nowhere"


def test_it_nests_in_a_box(model):
    import ipywidgets

    box = ipywidgets.HBox([soluble.explore(model), soluble.explore(model)])
    assert len(box.children) == 2


def test_a_changed_equation_is_explored_by_the_same_widget(model):
    other = model.with_equation("T", "a*T*(1 - b*T)")
    widget = soluble.explore(other, controls=["a"], show=["T"])
    assert widget.config["key"] == other.key != model.key
    assert other.key in widget.model_code
    assert widget.data()["T"].iloc[-1] > model.simulate()["T"].iloc[-1]


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("cell/day", "cells/day"),
        ("1/day", "per day"),
        ("1/(cell*day)", "per cell per day"),
        ("1/cell/day", "per cell per day"),
        ("dimensionless", ""),
        ("nmol/L/hour", "nmol/L/hour"),
        ("L/nmol/hour", "L/nmol/hour"),
        ("1/day**2", "per day²"),
        ("day", "days"),
        ("pg*L/mL/nmol", "pg·L/mL/nmol"),
        ("micrometer", "µm"),
    ],
)
def test_units_read_well(unit, said):
    assert explorer.pretty_unit(unit) == said


@pytest.mark.parametrize(
    ("latex", "said"),
    [(r"\gamma_S", ["γ", "S"]), (r"k_{\mathrm{on}}", ["k", "on"]), ("s", ["s", ""]), (r"P^{*}_{\min}", ["P*", "min"]), (r"\frac{a}{b}", [])],
)
def test_symbols_read_well(latex, said):
    assert explorer.pretty_symbol(latex) == said
