"""The assurance explorer: the browser's numbers are Python's, and every control, address and file does what it says."""

from __future__ import annotations

import dataclasses
import json
import random

import pytest
import traitlets
from bs4 import BeautifulSoup
from explorer_page import POLICY, fits, notes_and_rows, until, words_stand_free, write_page

import soluble
from soluble import explorer_assurance
from soluble.assurance import assurance
from soluble.model import UnknownNameError

ALL = list(explorer_assurance.PARAMETERS)
SCENARIOS = [{"id": "large", "title": "A large phase 2 trial", "says": "It leaves less open.", "set": {"hr": 0.73, "events": 160}}]


def chance(**options):
    return soluble.explore_assurance(**{"id": "chance", "title": "Chance", "caption": "Computed.", "hr": 0.69, "events": 76, "scenarios": SCENARIOS} | options)


# --- Python's side ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"controls": ["age"]}, UnknownNameError, "unknown control 'age'.*events3"),
        ({"controls": []}, ValueError, "needs a control"),
        ({"hr": 3}, ValueError, "hr is 3; it lies between 0.3 and 1.2"),
        ({"alpha": float("nan")}, ValueError, "alpha is nan, not a finite number"),
        ({"scenario": "none"}, UnknownNameError, "unknown scenario 'none'.*large"),
        ({"scenarios": [{"id": "x", "title": "x", "says": "x", "set": {"power": 1}}]}, UnknownNameError, "unknown parameter.*'power'"),
        ({"id": "a b"}, ValueError, "cannot be an explorer's id"),
    ],
)
def test_what_is_wrong_is_said(arguments, error, said):
    with pytest.raises(error, match=said):
        chance(**arguments)


def test_a_kernel_can_set_and_compute():
    x = chance(scenario="large")
    assert x.setting["events"] == 160
    x.values = {"events3": 700}
    assert x.result() == assurance(0.73, 160, 700, prior_hr=1.0, prior_events=100)
    for wrong, said in [({"hr": 9}, "between 0.3"), ({"hr": True}, "not a finite number"), ({"age": 1}, "unknown control")]:
        with pytest.raises((traitlets.TraitError, UnknownNameError), match=said):
            x.values = wrong


def test_the_static_figure_shows_the_first_state(monkeypatch):
    monkeypatch.setenv("SOLUBLE_STATIC", "1")
    text = chance(title="</script><script>x()</script>")._repr_mimebundle_()["text/html"]
    figure = BeautifulSoup(text, "html.parser").figure
    assert [s["type"] for s in figure.select("script")] == ["application/json"]
    words = figure.select_one(".explorer-stage svg").get_text(" ", strip=True)
    result = chance().result()
    assert f"with the prior: {100 * result.success:.0f} %" in words
    assert f"success: {result.needed:.2f} or less" in words
    assert text == chance(title="</script><script>x()</script>")._repr_mimebundle_()["text/html"], "the same every time"


# --- the browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("assurance")
    write_page(folder, [chance()])
    with serve(folder, policy=POLICY) as at:
        yield at


def ask(page, what):
    return page.evaluate(f"() => {{ const x = solubleExplorers.chance; return {what}; }}")


def test_the_browser_computes_what_python_computes(opened):
    page = opened()
    rng = random.Random(2026)
    names = [f.name for f in dataclasses.fields(explorer_assurance.Assurance)]
    for _ in range(200):
        setting = {}
        for name, (_, (low, high), _, whole) in explorer_assurance.PARAMETERS.items():
            value = low * (high / low) ** rng.random()
            setting[name] = round(value) if whole else value
        ours = assurance(**setting)
        theirs = ask(page, f"x.solve({json.dumps(setting)})")
        for name in names:
            assert theirs[name] == pytest.approx(getattr(ours, name), rel=1e-9, abs=1e-12), (name, setting)
        k = rng.randrange(161)
        events3 = 50 * 40 ** (k / 160)
        assert theirs["curves"]["success"][k] == pytest.approx(assurance(**{**setting, "events3": events3}).success, rel=1e-9, abs=1e-12)


def test_every_control_changes_picture_sentence_and_data(opened):
    page = opened()
    state = "[x.svg(), x.summary, x.csv()]"
    before = ask(page, state)
    for name in ALL:
        slider = page.locator(f"[data-name={name}] input[type=range]")
        slider.focus()
        page.keyboard.press("PageUp")
        after = ask(page, state)
        assert all(a != b for a, b in zip(before, after, strict=True)), name
        before = after


def test_address_reset_scenario_and_files(opened):
    page = opened("#chance:hr=0.8&events3=900&junk=1&alpha=99")
    values = ask(page, "x.values")
    assert (values["hr"], values["events3"], values["alpha"]) == (0.8, 900, 0.2), "an address is clamped"
    page.click("[data-action=reset]")
    assert ask(page, "x.values.hr") == 0.69
    page.select_option("[data-action=scenario]", "large")
    assert ask(page, "x.values.events") == 160
    until(page, "location.hash.includes('scenario=large')")
    rows = notes_and_rows(ask(page, "x.csv()"))[1]
    assert next(iter(rows[0])).startswith("events3") and len(rows) == 162, "161 points of the curves and the trial chosen"
    said = ask(page, "x.summary")
    result = assurance(0.73, 160, 400, prior_hr=1, prior_events=100)
    assert f"with a prior of 1.00 worth 100 events, with {100 * result.success:.0f} %" in said


@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_leaves_the_picture(opened, width):
    page = opened(width=width)
    for setting in [{}, {"hr": 0.3, "events": 600, "prior_events": 3000}, {"hr": 1.2, "events3": 2000}, {"events3": 50, "alpha": 0.001}]:
        page.evaluate("(setting) => { for (const [k, v] of Object.entries(setting)) solubleExplorers.chance.set(k, v); }", setting)
        words_stand_free(page, "chance")
    fits(page)
