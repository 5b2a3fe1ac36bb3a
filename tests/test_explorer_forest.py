"""The forest explorer: its numbers are those of Python, and every control, address and file does what it says."""

from __future__ import annotations

import json
import math
import re
from urllib.parse import quote
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets
from bs4 import BeautifulSoup
from explorer_page import POLICY, axe_finds_nothing, fits, in_each_theme, notebook, notes_and_rows, sentence, until, words_stand_free, write_page
from test_evidence_pooling import SETS

import soluble
from soluble import evidence, explorer_forest
from soluble.evidence import pool
from soluble.model import UnknownNameError

CANOPY = ["canopy1-os-hr", "canopy2-os-hr", "canopya-os-hr"]
LABELS = ["CANOPY-1", "CANOPY-2", "CANOPY-A"]
NUMBERS = ("estimate", "se", "ci_low", "ci_high", "tau2", "i2", "q", "q_p", "prediction_low", "prediction_high")
MINE = {"label": "Mine", "estimate": 0.8, "low": 0.6, "high": 1.05}


def canopy(**options):
    return soluble.explore_evidence(CANOPY, labels=LABELS, id="canopy", title="Survival", caption="Three trials.", **options)


# --- Python's side ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"method": "bayes"}, UnknownNameError, "unknown method 'bayes'.*fixed, dl, pm, reml"),
        ({"ci": "exact"}, UnknownNameError, "unknown interval 'exact'.*wald, hk"),
        ({"out": ["canopy3"]}, UnknownNameError, "unknown study 'canopy3'.*canopy1-os-hr"),
        ({"id": "a b"}, ValueError, "cannot be an explorer's id"),
        ({"level": 95}, ValueError, "between 0.5 and 1"),
    ],
)
def test_what_is_wrong_is_said(arguments, error, said):
    with pytest.raises(error, match=said):
        soluble.explore_evidence(CANOPY, **arguments)


def test_studies_need_names_of_their_own():
    table = evidence.effects(CANOPY)
    with pytest.raises(ValueError, match="stands twice: canopy1-os-hr"):
        soluble.explore_evidence(CANOPY[:1] * 2)
    with pytest.raises(ValueError, match="'method' cannot name a study"):
        soluble.explore_evidence(table.rename(index={"canopy1-os-hr": "method"}))
    with pytest.raises(ValueError, match="at least two"):
        soluble.explore_evidence(CANOPY[:1])
    with pytest.raises(ValueError, match="cannot be pooled"):
        soluble.explore_evidence([CANOPY[0], "navarixin-pembro-orr"])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"canopy1-os-hr": 2}, "1 switches a study in"),
        ({"own": [{"label": "x"}]}, "three numbers"),
        ({"own": [MINE | {"low": 0.9}]}, "low <= estimate"),
        ({"own": [MINE | {"low": -1}]}, "0.001 <= low"),
        ({"own": [MINE | {"label": " "}]}, "1 to 40 letters"),
        ({"own": [MINE] * 7}, "at most 6"),
        ({"method": "x"}, "unknown method"),
        ({"nobody": 1}, "unknown study"),
    ],
)
def test_a_kernel_cannot_set_nonsense(values, said):
    with pytest.raises((traitlets.TraitError, UnknownNameError), match=said):
        canopy().values = values


def test_a_kernel_can_set_and_pool():
    x = canopy()
    assert x.pooled().summary() == pool(CANOPY).summary()
    x.values = {"canopy2-os-hr": 0, "method": "dl", "interval": "wald", "own": [MINE]}
    assert x.values["canopy1-os-hr"] == 1
    assert list(x.data()["label"]) == ["CANOPY-1", "CANOPY-A", "Mine"]
    assert x.pooled().k == 3
    assert x.pooled().method == "dl"


def test_the_static_figure_shows_the_first_state(monkeypatch):
    monkeypatch.setenv("SOLUBLE_STATIC", "1")
    text = canopy(out=["canopy2-os-hr"])._repr_mimebundle_()["text/html"]
    figure = BeautifulSoup(text, "html.parser").figure
    assert figure["data-view"] == "forest"
    assert [s["type"] for s in figure.select("script")] == ["application/json"]
    drawing = figure.select_one(".explorer-stage svg")
    assert drawing["aria-label"].startswith("Forest plot of 2 studies, hazard ratio")
    words = drawing.get_text(" ", strip=True)
    assert "CANOPY-A" in words and "Prediction interval" in words and "CANOPY-2" not in words
    assert text == canopy(out=["canopy2-os-hr"])._repr_mimebundle_()["text/html"], "the same every time"


def test_names_cannot_leave_the_page_s_data(monkeypatch):
    monkeypatch.setenv("SOLUBLE_STATIC", "1")
    text = soluble.explore_evidence([0.1, 0.2], [1, 1], labels=["</script><script>x()</script>", "b"])._repr_mimebundle_()["text/html"]
    figure = BeautifulSoup(text, "html.parser").figure
    assert len(figure.select("script")) == 1
    assert json.loads(figure.script.string)["studies"][0]["label"].startswith("</script>")


# --- the browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("forest")
    widgets = [canopy()] + [soluble.explore_evidence(*data, id=f"set{i}", level=0.9 if name == "stay" else 0.95) for i, (name, data) in enumerate(SETS.items())]
    write_page(folder, widgets)
    with serve(folder, policy=POLICY) as at:
        yield at


def ask(page, what, name="canopy"):
    return page.evaluate(f"() => {{ const x = solubleExplorers[{json.dumps(name)}]; return {what}; }}")


def said(page):
    return sentence(page, "canopy")


def same(got, result, where):
    for name in NUMBERS:
        theirs, ours = got[name], getattr(result, name)
        if math.isnan(ours):
            assert theirs is None or math.isnan(theirs), (where, name)
        else:
            assert theirs == pytest.approx(ours, rel=1e-9, abs=1e-12), (where, name)
    assert got["weights"] == pytest.approx(list(result.weights), rel=1e-9), where


@pytest.mark.browser
def test_the_shipped_bundle_pools_as_python_does(opened):
    """All published data sets, all methods and intervals: 1e-9. And with each study left out in turn."""
    page = opened()
    compared = 0
    for i, (name, (y, v)) in enumerate(SETS.items()):
        level = 0.9 if name == "stay" else 0.95
        for method in evidence.METHODS:
            for ci in evidence.INTERVALS:
                got = ask(page, f"x.solve({{method: '{method}', interval: '{ci}'}})", f"set{i}")
                same(got, pool(y, v, method=method, ci=ci, level=level), (name, method, ci))
                compared += 1
            table = page.evaluate(
                "([i, method, n]) => Array.from({length: n}, (_, k) => solubleExplorers[`set${i}`].solve({method, [`study-${k + 1}`]: 0}))", [i, method, len(y)]
            )
            for k, got in enumerate(table):
                ci = ask(page, "x.values.interval", f"set{i}")
                same(got, pool(np.delete(y, k), np.delete(v, k), method=method, ci=ci, level=level), (name, method, "without", k))
    assert compared == 64


@pytest.mark.browser
def test_any_number_of_studies_pools_as_python_does(opened):
    """From two studies to nineteen: every number of degrees of freedom on the way."""
    page = opened()
    name = list(SETS).index("teachers")
    y, v = SETS["teachers"]
    for k in range(2, len(y) + 1):
        off = {f"study-{i + 1}": 0 for i in range(k, len(y))}
        same(ask(page, f"x.solve({json.dumps(off)})", f"set{name}"), pool(y[:k], v[:k]), k)


@pytest.mark.browser
def test_studies_switch_by_mouse_and_keyboard_and_reset_brings_them_back(opened):
    page = opened()
    first = said(page)
    assert first == pool(CANOPY).summary()
    boxes = page.locator("#explorer-canopy .explorer-controls input")
    assert boxes.count() == 3
    boxes.nth(1).focus()
    page.keyboard.press("Space")
    assert said(page).startswith(pool([CANOPY[0], CANOPY[2]]).summary())
    assert "Left out: CANOPY-2." in said(page)
    assert "At first it was 0.89" in said(page)
    assert page.locator("#explorer-canopy .ghost").count() == 1
    page.locator("#explorer-canopy [data-action=ghost]").click()
    assert page.locator("#explorer-canopy .ghost").count() == 0
    boxes.nth(0).uncheck()
    assert "One study alone is switched on: pooling needs at least two." in said(page)
    assert page.locator("#explorer-canopy .diamond").count() == 0
    boxes.nth(2).uncheck()
    assert "No study is switched on" in said(page)
    page.locator("#explorer-canopy [data-action=reset]").click()
    assert said(page) == first
    assert boxes.nth(0).is_checked()


@pytest.mark.browser
def test_the_selects_choose_method_and_interval(opened):
    page = opened()
    for method in evidence.METHODS:
        for ci in evidence.INTERVALS:
            page.locator("#explorer-canopy select[data-action=method]").select_option(method)
            page.locator("#explorer-canopy select[data-action=interval]").select_option(ci)
            assert ask(page, "x.summary").startswith(pool(CANOPY, method=method, ci=ci).summary())


@pytest.mark.browser
def test_a_study_of_ones_own(opened):
    """Each mistake has its sentence; a good one counts as Python counts it, and can be taken away."""
    page = opened()
    page.locator("#explorer-canopy details > summary").click()

    def enter(*cells):
        for field, cell in zip(("label", "estimate", "low", "high"), cells, strict=True):
            page.locator(f"#explorer-canopy [data-own={field}]").fill(cell)
        page.keyboard.press("Enter")
        return page.locator("#explorer-canopy .explorer-own .explorer-note").inner_text()

    assert enter("", "0.8", "0.6", "1.05") == "Give the study a name."
    assert enter("A", "0,8", "0.6", "1.05") == "The estimate must be a number with a decimal point, such as 0.87."
    assert page.locator("#explorer-canopy [aria-invalid]").get_attribute("data-own") == "estimate"
    assert enter("A", "0.8", "", "1.05") == "The lower limit must be a number with a decimal point, such as 0.87."
    assert enter("A", "0.8", "-0.6", "1.05") == "The lower limit of a hazard ratio lies above zero."
    assert enter("A", "0.8", "0.6", "1e9") == "The upper limit must lie between 0.001 and 1,000."
    assert enter("A", "0.8", "1.05", "0.6") == "The lower limit must lie below the upper one."
    assert enter("A", "0.5", "0.6", "1.05") == "The estimate must lie between its limits."
    assert enter("A", "0.8", "0.8", "0.8000001") == "The limits lie too close together."
    assert ask(page, "x.values.own.length") == 0
    assert enter("=Mine <b>", "0.8", "0.6", "1.05") == ""
    python = canopy()
    python.values = {"own": [MINE]}
    same(ask(page, "x.solve()"), python.pooled(), "own")
    assert "Your own: Mine b." in said(page)
    for i in range(5):
        enter(f"N{i}", "0.8", "0.6", "1.05")
    assert enter("N6", "0.8", "0.6", "1.05").startswith("There is room for 6 studies")
    assert ask(page, "x.values.own.length") == explorer_forest.MOST
    page.get_by_role("button", name="Remove Mine b").click()
    assert ask(page, "x.values.own.length") == 5


@pytest.mark.browser
def test_the_address_carries_the_state(opened):
    page = opened()
    ask(page, "x.set('canopy2-os-hr', 0)")
    ask(page, "x.set('method', 'dl')")
    ask(page, "x.set('interval', 'wald')")
    ask(page, f"x.set('own', [{json.dumps(MINE | {'label': 'A & B; 1:2=3'})}])")
    until(page, "location.hash.includes('own')")
    fragment = page.evaluate("location.hash")
    assert fragment.startswith("#canopy:canopy2-os-hr=0&method=dl&interval=wald&own=")
    other = opened(fragment)
    assert ask(other, "x.values") == ask(page, "x.values")
    assert ask(other, "x.summary") == ask(page, "x.summary")
    page.locator("#explorer-canopy [data-action=reset]").click()
    until(page, "location.hash === ''")


@pytest.mark.browser
def test_a_hostile_address_is_clamped_or_ignored(opened):
    page = opened()
    first = ask(page, "x.values")
    own = lambda text: "canopy:own=" + quote(text)  # noqa: E731
    for fragment in [
        "canopy:canopy1-os-hr=2&method=eval&interval=__proto__",
        "canopy:canopy1-os-hr=constructor&method=constructor&interval=toString",
        "canopy:__proto__=1&constructor=0&hasOwnProperty=1",
        own("x|0.8|0.6|Infinity"),
        own("x|0.8|0.6"),
        own("|0.8|0.6|1"),
        own("x|alert(1)|0.6|1"),
        own("x|0.8|1|0.6"),
        own("x|1e-9|1e-10|1"),
        "canopy:own=%E0%A4%A",
        "canopy:own",
        "a" * 100_000,
    ]:
        page.evaluate("location.hash = 'canopy:method=pm'")
        until(page, "solubleExplorers.canopy.values.method === 'pm'")
        page.evaluate("f => { location.hash = f; }", fragment)
        page.wait_for_timeout(40)
        now = ask(page, "x.values")
        assert now in (first, first | {"method": "pm"}), fragment[:60]
    page.evaluate("f => { location.hash = f; }", own("<img src=x onerror=window.hacked=1>|0.8|0.6|1.05") + "".join("&" + own(f"n{i}|0.8|0.6|1")[7:] for i in range(20)))
    until(page, "solubleExplorers.canopy.values.own.length")
    assert ask(page, "x.values.own.length") == explorer_forest.MOST
    assert page.locator("#explorer-canopy img").count() == 0
    assert page.evaluate("window.hacked === undefined && Object.keys(Object.prototype).length === 0")
    assert "<" not in ask(page, "x.summary")


@pytest.mark.browser
def test_the_files(opened):
    page = opened("#canopy:canopy2-os-hr=0", permissions=["clipboard-read", "clipboard-write"])
    with page.expect_download() as saved:
        page.locator("#explorer-canopy [data-action=csv]").click()
    assert saved.value.suggested_filename == "canopy.csv"
    notes, rows = notes_and_rows(open(saved.value.path(), encoding="utf8").read())
    assert any("Left out: CANOPY-2." in line for line in notes)
    result = pool([CANOPY[0], CANOPY[2]])
    assert [r["included"] for r in rows] == ["1", "0", "1", "", ""]
    assert float(rows[0]["weight"]) == pytest.approx(result.weights.iloc[0])
    assert rows[1]["weight"] == ""
    assert float(rows[3]["ci_high"]) == pytest.approx(result.shown()["ci_high"], rel=1e-9)
    with page.expect_download() as saved:
        page.locator("#explorer-canopy [data-action=svg]").click()
    text = open(saved.value.path(), encoding="utf8").read()
    root = ElementTree.fromstring(text)
    assert "var(" not in text
    assert "class=" not in text
    assert {"CANOPY-1", "Pooled"} <= set(root.itertext())
    page.locator("#explorer-canopy [data-action=link]").click()
    until(page, "document.querySelector('#explorer-canopy .explorer-status').textContent")
    assert page.evaluate("navigator.clipboard.readText()").endswith("/#canopy:canopy2-os-hr=0")


@pytest.mark.browser
def test_axe_finds_nothing_and_a_phone_holds_it(opened):
    for width in (1280, 360):
        page = opened("#canopy:canopy2-os-hr=0&own=Mine%7C0.8%7C0.6%7C1.05", width=width, bypass_csp=True)
        page.locator("#explorer-canopy details > summary").click()
        page.locator("#explorer-canopy [data-action=add]").click()
        for _ in in_each_theme(page):
            axe_finds_nothing(page)
            fits(page)
            words_stand_free(page, "canopy")


@pytest.mark.browser
def test_it_works_in_a_notebook(browser, tmp_path, serve):
    """The module for Jupyter, with a stand-in for the kernel: values go both ways."""
    widget = canopy()
    with notebook(browser, serve, tmp_path, widget) as page:
        assert page.evaluate("kernel.state.summary") == pool(CANOPY).summary()
        page.locator(".explorer-controls input").nth(1).uncheck()
        until(page, "kernel.state.values['canopy2-os-hr'] === 0")
        page.evaluate("values => kernel.send(values)", {**widget.values, "method": "dl", "own": [MINE]})
        until(page, "document.querySelector('.explorer-summary').textContent.includes('Mine')")
        assert re.search("DerSimonian", page.locator(".explorer-summary").inner_text())
