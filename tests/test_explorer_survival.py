"""The survival explorer: patients and estimates are those of Python and lifelines, and every control, address and file does what it says."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
import traitlets
from bs4 import BeautifulSoup
from explorer_page import POLICY, axe_finds_nothing, fits, in_each_theme, notebook, notes_and_rows, sentence, until, words_of_the_saved_picture, words_stand_free, write_page

import soluble
from soluble import biomarkers, explorer_survival
from soluble.model import UnknownNameError

ALL = list(explorer_survival.PARAMETERS)
SCENARIOS = [
    {"id": "perfect", "title": "A perfect assay", "says": "Nothing is lost.", "set": {"limit": 0.5, "cv": 0}},
    {"id": "blind", "title": "Half below the limit", "says": "They are left out.", "set": {"limit": 20, "below": "omit"}},
]


def cohort(**options):
    return soluble.explore_survival(**{"id": "cohort", "title": "Survival", "caption": "Simulated.", "limit": 15, "cv": 30, "controls": ALL, "scenarios": SCENARIOS} | options)


# --- Python's side ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"controls": ["age"]}, UnknownNameError, "unknown control 'age'.*limit"),
        ({"controls": []}, ValueError, "needs a control"),
        ({"below": "zero"}, UnknownNameError, "unknown rule.*'zero'.*half, root, limit, omit"),
        ({"hr": 30}, ValueError, "hr is 30; it lies between 1 and 3"),
        ({"cut": float("nan")}, ValueError, "cut is nan, not a finite number"),
        ({"scenario": "none"}, UnknownNameError, "unknown scenario 'none'.*perfect, blind"),
        ({"scenarios": [{"id": "x", "title": "x", "says": "x", "set": {"ages": 1}}]}, UnknownNameError, "unknown parameter.*'ages'"),
        ({"id": "a b"}, ValueError, "cannot be an explorer's id"),
    ],
)
def test_what_is_wrong_is_said(arguments, error, said):
    with pytest.raises(error, match=said):
        cohort(**arguments)


def test_a_kernel_can_set_and_compute():
    x = cohort()
    x.values = {"below": "omit", "limit": 20}
    assert x.values["below"] == 3
    assert x.values["n"] == 300
    assert x.result().below + len(x.result().table) == 300
    ours = biomarkers.simulate_cohort(1, 300, cv=0.3)
    assert x.cohort().equals(ours)
    x.scenario = "perfect"
    assert x.setting["limit"] == 20, "what the reader set stays"


@pytest.mark.parametrize(("values", "said"), [({"limit": 1e6}, "between 0.5 and 200"), ({"n": True}, "not a finite number"), ({"age": 1}, "unknown control"), ({"below": "x"}, "unknown rule")])
def test_a_kernel_cannot_set_nonsense(values, said):
    with pytest.raises((traitlets.TraitError, UnknownNameError), match=said):
        cohort().values = values


def test_the_static_figure_shows_the_first_state(monkeypatch):
    monkeypatch.setenv("SOLUBLE_STATIC", "1")
    text = cohort()._repr_mimebundle_()["text/html"]
    figure = BeautifulSoup(text, "html.parser").figure
    assert [s["type"] for s in figure.select("script")] == ["application/json"]
    drawing = figure.select_one(".explorer-stage svg")
    words = drawing.get_text(" ", strip=True)
    result = cohort().result()
    for ratio in (result.two_groups, result.as_reported, result.perfect):
        assert f"{ratio.estimate:.2f} ({ratio.ci_low:.2f}–{ratio.ci_high:.2f})" in words
    assert str(len(result.table.query("group == 'high'"))) in words.split()
    assert text == cohort()._repr_mimebundle_()["text/html"], "the same every time"


def test_words_cannot_leave_the_page_s_data(monkeypatch):
    monkeypatch.setenv("SOLUBLE_STATIC", "1")
    text = cohort(marker="</script><script>x()</script>")._repr_mimebundle_()["text/html"]
    figure = BeautifulSoup(text, "html.parser").figure
    assert len(figure.select("script")) == 1
    assert json.loads(figure.script.string)["marker"].startswith("</script>")


# --- the browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("survival")
    write_page(folder, [cohort()])
    with serve(folder, policy=POLICY) as at:
        yield at


def ask(page, what):
    return page.evaluate(f"() => {{ const x = solubleExplorers.cohort; return {what}; }}")


def said(page):
    return sentence(page, "cohort")


def drawn(rng):
    """A setting anywhere in the sliders' ranges."""
    out = {}
    for name, (_, _, (low, high), scale, whole) in explorer_survival.PARAMETERS.items():
        value = low * (high / low) ** rng.random() if scale == "log" else low + (high - low) * rng.random()
        out[name] = round(value) if whole else value
    return out


SOLVE = """settings => settings.map(v => {
  const r = solubleExplorers.cohort.solve(v), plain = a => Array.from(a);
  return {
    time: plain(r.patients.time), event: plain(r.patients.event), measured: plain(r.patients.measured), level: plain(r.patients.level),
    reported: plain(r.reported), group: plain(r.group), below: r.below, test: r.test, two: r.twoGroups, as: r.asReported, perfect: r.perfect,
    groups: ["low", "high"].map(g => ({n: r.groups[g].n, median: r.groups[g].median ?? null, curve: r.groups[g].curve})),
  };
})"""


@pytest.mark.browser
def test_patients_and_estimates_are_those_of_python_at_random_settings(opened):
    """The shipped bundle in a real browser against simulate_cohort and lifelines, at a hundred settings: 1e-6."""
    rng = random.Random(11)
    settings = [drawn(rng) for _ in range(100)]
    compared = {"test": 0, "two": 0, "as": 0, "perfect": 0, "medians": 0}
    for setting, got in zip(settings, opened().evaluate(SOLVE, settings), strict=True):
        x = cohort(**{**setting, "below": explorer_survival.RULES[setting["below"]]})
        patients, ours = x.cohort(), x.result()
        assert got["event"] == patients["event"].tolist()
        for column in ("time", "level", "measured"):
            assert np.allclose(got[column], patients[column], rtol=1e-12, atol=0)
        assert np.allclose(got["reported"], ours.table["reported"], rtol=1e-12)
        assert got["group"] == (ours.table["group"] == "high").astype(int).tolist()
        assert got["below"] == ours.below
        for group, (name, theirs) in zip(("low", "high"), enumerate(got["groups"]), strict=True):
            own = ours.table[ours.table["group"] == group]
            assert theirs["n"] == len(own), name
            if len(own):
                curve = biomarkers.kaplan_meier(own["time"], own["event"])
                assert np.allclose(theirs["curve"]["time"], curve.index, rtol=1e-12)
                assert np.allclose(theirs["curve"]["survival"], curve["survival"], rtol=1e-9)
            median = ours.medians[group]
            assert theirs["median"] == (None if np.isnan(median) else pytest.approx(median, rel=1e-12))
            compared["medians"] += not np.isnan(median)
        assert (got["test"] is None) == (ours.test is None)
        if ours.test:
            assert got["test"]["chi2"] == pytest.approx(ours.test.chi2, rel=1e-6, abs=1e-9)
            assert got["test"]["p"] == pytest.approx(ours.test.p, rel=1e-6, abs=1e-15)
            compared["test"] += 1
        for key, ratio in (("two", ours.two_groups), ("as", ours.as_reported), ("perfect", ours.perfect)):
            assert (got[key] is None) == (ratio is None), (key, setting)
            if ratio:
                assert (got[key]["log"], got[key]["se"]) == pytest.approx((ratio.log, ratio.se), rel=1e-6, abs=1e-9)
                compared[key] += 1
    assert compared["perfect"] == 100 and min(compared.values()) >= 55, compared


@pytest.mark.browser
def test_the_sentence_says_pythons_numbers(opened):
    page = opened()
    result = cohort().result()
    text = said(page)
    assert text.startswith(f"Simulated: 300 patients, {int(result.table['event'].sum())} deaths. {100 * result.below / 300:.0f} % were measured below the limit of 15 pg/mL")
    for ratio in (result.two_groups, result.as_reported, result.perfect):
        assert f"{ratio.estimate:.2f} ({ratio.ci_low:.2f} to {ratio.ci_high:.2f})" in text
    assert f"{100 * result.kept:.0f} % of its logarithm" in text
    ask(page, "x.set('cut', 300)")
    ask(page, "x.set('seed', 9)")
    assert "nothing to compare" in said(page) or "Above the cut of 300" in said(page)


@pytest.mark.browser
def test_counts_stay_whole_and_choices_are_words(opened):
    page = opened()
    n = page.locator("#explorer-cohort-n")
    n.focus()
    before = ask(page, "x.values.n")
    for key in ("ArrowRight", "Shift+ArrowRight", "PageUp", "ArrowLeft"):
        page.keyboard.press(key)
        assert ask(page, "Number.isInteger(x.values.n)")
    assert ask(page, "x.values.n") > before
    seed = page.locator("#explorer-cohort-seed")
    seed.focus()
    page.keyboard.press("Shift+ArrowRight")
    assert ask(page, "x.values.seed") == 2, "a fine step of a count is one"
    page.locator("#explorer-cohort-seed-typed").fill("7.6")
    page.keyboard.press("Enter")
    assert ask(page, "x.values.seed") == 8
    assert page.locator("#explorer-cohort-seed-typed").input_value() == "8"
    choice = page.locator("#explorer-cohort-below")
    assert choice.locator("option").all_inner_texts() == list(biomarkers.BELOW.values())
    choice.select_option("3")
    assert "they are left out" in said(page)
    page.locator("[data-action=another]").click()
    assert ask(page, "x.values.seed") == 9
    ask(page, "x.set('seed', 200)")
    page.locator("[data-action=another]").click()
    assert ask(page, "x.values.seed") == 1


@pytest.mark.browser
def test_scenarios_reset_and_ghost(opened):
    page = opened()
    first = said(page)
    assert page.locator("#explorer-cohort .ghost").count() == 0
    page.locator("#explorer-cohort-scenario").select_option("perfect")
    assert "Nobody was measured below the limit" in said(page)
    assert page.locator("#explorer-cohort .explorer-says").inner_text() == "Nothing is lost."
    assert ask(page, "x.solve().kept.length") == 300
    assert page.locator("#explorer-cohort .ghost").count() == 5, "two curves, three hollow squares"
    page.locator("[data-action=ghost]").click()
    assert page.locator("#explorer-cohort .ghost").count() == 0
    page.locator("[data-action=reset]").click()
    assert said(page) == first


@pytest.mark.browser
def test_the_address_carries_the_state(opened):
    page = opened()
    page.locator("#explorer-cohort-scenario").select_option("blind")
    ask(page, "x.set('cut', 35)")
    until(page, "location.hash.includes('cut')")
    fragment = page.evaluate("location.hash")
    assert fragment == "#cohort:cut=35&scenario=blind"
    other = opened(fragment)
    assert ask(other, "x.values") == ask(page, "x.values")
    assert ask(other, "x.summary") == ask(page, "x.summary")


@pytest.mark.browser
def test_a_hostile_address_is_clamped_or_ignored(opened):
    page = opened()
    for fragment in ["cohort:n=1e9&below=99&seed=-3.7", "cohort:below=__proto__&n=NaN", "cohort:scenario=constructor&cut=1e999", "cohort:__proto__=1&hr=<b>"]:
        page.evaluate("f => { location.hash = f; }", fragment)
        page.wait_for_timeout(60)
        values = ask(page, "x.values")
        for name, (_, _, (low, high), _, whole) in explorer_survival.PARAMETERS.items():
            assert low <= values[name] <= high
            assert not whole or values[name] == int(values[name])
        assert ask(page, "x.summary").startswith("Simulated: ")
    assert page.evaluate("Object.keys(Object.prototype).length === 0")


@pytest.mark.browser
def test_the_files(opened):
    page = opened("#cohort:below=3&limit=20")
    with page.expect_download() as saved:
        page.locator("[data-action=csv]").click()
    notes, rows = notes_and_rows(open(saved.value.path(), encoding="utf8").read())
    assert notes[-1] == "# simulated" and any("below = left out" in line for line in notes)
    patients = biomarkers.simulate_cohort(1, 300, cv=0.3)
    assert len(rows) == 300
    assert np.allclose([float(r["level_true [pg/mL]"]) for r in rows], patients["level"], rtol=1e-12)
    assert [r["group"] == "left out" for r in rows] == (patients["measured"] < 20).tolist()
    assert all((r["reported [pg/mL]"] == "") == (r["group"] == "left out") for r in rows)
    assert {"Alive (%)", "high against low"} <= words_of_the_saved_picture(page)


@pytest.mark.browser
def test_axe_finds_nothing_and_a_phone_holds_it(opened):
    for width in (1280, 360):
        page = opened("#cohort:limit=8", width=width, bypass_csp=True)
        for _ in in_each_theme(page):
            axe_finds_nothing(page)
            fits(page)
            words_stand_free(page, "cohort")
        if width == 360:
            page.locator("#explorer-cohort-seed").scroll_into_view_if_needed()
            assert page.locator("#explorer-cohort .explorer-stage").bounding_box()["y"] >= -1, "the picture stays in view"


@pytest.mark.browser
def test_it_opens_from_a_folder(browser, tmp_path):
    write_page(tmp_path, [cohort()])
    page = browser.new_page()
    page.goto((tmp_path / "index.html").as_uri())
    until(page, "document.querySelector('figure.explorer').dataset.state === 'live'")
    assert page.evaluate("solubleExplorers.cohort.summary").startswith("Simulated: 300 patients")
    page.close()


@pytest.mark.browser
def test_it_works_in_a_notebook(browser, tmp_path, serve):
    """The module for Jupyter, with a stand-in for the kernel: values and scenario go both ways."""
    widget = cohort()
    with notebook(browser, serve, tmp_path, widget) as page:
        assert page.evaluate("kernel.state.summary").startswith("Simulated: 300 patients")
        page.locator("#explorer-cohort-below").select_option("2")
        until(page, "kernel.state.values.below === 2")
        page.evaluate("values => kernel.send(values)", {**widget.values, "n": 77})
        until(page, "document.querySelector('.explorer-summary').textContent.includes('77 patients')")
