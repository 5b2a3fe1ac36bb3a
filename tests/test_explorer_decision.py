"""The decision explorer: patients and estimates are those of Python, and every control, address and file does what it says."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
import traitlets
from bs4 import BeautifulSoup
from explorer_page import POLICY, axe_finds_nothing, fits, in_each_theme, notes_and_rows, sentence, until, words_of_the_saved_picture, words_stand_free, write_page

import soluble
from soluble import explorer_decision, prediction
from soluble.model import UnknownNameError

SCENARIOS = [
    {"id": "extreme", "title": "Too extreme", "says": "Predictions say too much.", "set": {"slope": 0.5, "threshold": 45}},
    {"id": "coin", "title": "A coin", "says": "The marker says nothing.", "set": {"auc": 0.5}},
]


def decision(**options):
    return soluble.explore_decision(**{"id": "cohort", "title": "Decision", "caption": "Simulated.", "scenarios": SCENARIOS, "seed": 3} | options)


# --- Python's side ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"controls": ["age"]}, UnknownNameError, "unknown control 'age'.*threshold"),
        ({"controls": []}, ValueError, "needs a control"),
        ({"auc": 0.2}, ValueError, "auc is 0.2; it lies between 0.5 and 0.95"),
        ({"threshold": 0.2}, ValueError, "threshold is 0.2; it lies between 2 and 80 %"),
        ({"slope": float("nan")}, ValueError, "slope is nan, not a finite number"),
        ({"scenario": "none"}, UnknownNameError, "unknown scenario 'none'.*extreme, coin"),
        ({"scenarios": [{"id": "x", "title": "x", "says": "x", "set": {"ages": 1}}]}, UnknownNameError, "unknown parameter.*'ages'"),
        ({"id": "a b"}, ValueError, "cannot be an explorer's id"),
    ],
)
def test_what_is_wrong_is_said(arguments, error, said):
    with pytest.raises(error, match=said):
        decision(**arguments)


def test_a_kernel_can_set_and_compute():
    x = decision()
    x.values = {"threshold": 35}
    assert x.values["threshold"] == 35 and x.values["n"] == 400
    patients = prediction.simulate_predictions(3, 400, auc=0.7, prevalence=0.2)
    assert x.result().patients.equals(patients)
    assert x.result().at["model"] == prediction.net_benefit(patients["risk"], patients["response"], [0.35])["model"].iloc[0]
    x.scenario = "extreme"
    assert x.setting["threshold"] == 35, "what the reader set stays"


@pytest.mark.parametrize(("values", "said"), [({"odds": 1e6}, "between 0.2 and 5"), ({"n": True}, "not a finite number"), ({"age": 1}, "unknown control")])
def test_a_kernel_cannot_set_nonsense(values, said):
    with pytest.raises((traitlets.TraitError, UnknownNameError), match=said):
        decision().values = values


def test_the_static_figure_shows_the_first_state(monkeypatch):
    monkeypatch.setenv("SOLUBLE_STATIC", "1")
    text = decision()._repr_mimebundle_()["text/html"]
    figure = BeautifulSoup(text, "html.parser").figure
    assert [s["type"] for s in figure.select("script")] == ["application/json"]
    words = figure.select_one(".explorer-stage svg").get_text(" ", strip=True)
    seen = decision().result()
    assert f"AUC {seen.area.estimate:.2f} ({seen.area.ci_low:.2f}–{seen.area.ci_high:.2f})" in words
    assert f"slope {seen.calibration.slope:.2f}" in words
    assert "treat all" in words
    assert text == decision()._repr_mimebundle_()["text/html"], "the same every time"


# --- the browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("decision")
    write_page(folder, [decision()])
    with serve(folder, policy=POLICY) as at:
        yield at


def ask(page, what):
    return page.evaluate(f"() => {{ const x = solubleExplorers.cohort; return {what}; }}")


def said(page):
    return sentence(page, "cohort")


def drawn(rng):
    """A setting anywhere in the sliders' ranges."""
    out = {}
    for name, (_, _, (low, high), scale, whole) in explorer_decision.PARAMETERS.items():
        value = low * (high / low) ** rng.random() if scale == "log" else low + (high - low) * rng.random()
        out[name] = round(value) if whole else value
    return out


SOLVE = """settings => settings.map(v => {
  const r = solubleExplorers.cohort.solve(v), plain = a => Array.from(a);
  return { response: plain(r.patients.response), risk: plain(r.patients.risk), area: r.area, cal: r.calibration, roc: r.roc, curve: r.curve, at: r.at, expected: r.expected, expectedAt: r.expectedAt };
})"""


@pytest.mark.browser
def test_patients_and_estimates_are_those_of_python_at_random_settings(opened):
    """The shipped bundle in a real browser against soluble.prediction at a hundred settings: 1e-6."""
    rng = random.Random(12)
    settings = [drawn(rng) for _ in range(100)]
    compared = {"area": 0, "slope": 0}
    for setting, got in zip(settings, opened().evaluate(SOLVE, settings), strict=True):
        ours = decision(**setting).result()
        assert got["response"] == ours.patients["response"].tolist()
        assert np.allclose(got["risk"], ours.patients["risk"], rtol=1e-9, atol=0)
        assert (got["area"] is None) == (ours.area is None)
        if ours.area:
            assert (got["area"]["estimate"], got["area"]["se"]) == pytest.approx((ours.area.estimate, ours.area.se), abs=1e-9)
            compared["area"] += 1
        assert (got["cal"] is None) == (ours.calibration is None)
        if ours.calibration:
            assert (got["cal"]["slope"], got["cal"]["slopeSe"], got["cal"]["large"]) == pytest.approx((ours.calibration.slope, ours.calibration.slope_se, ours.calibration.large), rel=1e-6, abs=1e-8)
            assert np.allclose([g["observed"] for g in got["cal"]["groups"]], ours.calibration.groups["observed"], rtol=1e-9)
            compared["slope"] += 1
        if ours.roc is not None:
            assert np.allclose(got["roc"]["sensitivity"], ours.roc["sensitivity"], rtol=1e-9)
        for name in ("treated", "model", "all"):
            assert np.allclose(got["curve"][name], ours.curve[name], rtol=1e-9, atol=1e-12)
            assert got["at"][name] == pytest.approx(ours.at[name], abs=1e-12)
        assert np.allclose(got["expected"], ours.expected, atol=1e-9)
        assert got["expectedAt"] == pytest.approx(ours.expected_at, abs=1e-9)
    assert min(compared.values()) >= 95, compared


@pytest.mark.browser
def test_the_sentence_says_pythons_numbers(opened):
    page = opened()
    seen, text = decision().result(), said(page)
    responders = int(seen.patients["response"].sum())
    assert text.startswith(f"Simulated: 400 patients, {responders} of whom respond")
    assert f"curve is {seen.area.estimate:.2f} ({seen.area.ci_low:.2f} to {seen.area.ci_high:.2f})" in text
    assert f"treats {100 * seen.at['treated']:.0f} %: {400 * seen.at['true']:.0f} of the {responders} who respond and {400 * seen.at['false']:.0f} of the {400 - responders}" in text
    assert f"Net benefit per 100 patients is {100 * seen.at['model']:.1f} by the model ({100 * seen.expected_at:.1f} expected" in text
    for fragment, verdict in (("threshold=80&slope=0.3", "treating none is better"), ("threshold=3&odds=0.2", "treating all is better"), ("threshold=25", "the model is best"), ("auc=0.5&threshold=10", "as treating all"), ("auc=0.5&threshold=40", "as treating none")):
        page.evaluate("f => { location.hash = f; }", f"cohort:{fragment}")
        assert verdict in said(page), fragment


@pytest.mark.browser
def test_scenarios_reset_ghost_and_other_patients(opened):
    page = opened()
    first = said(page)
    assert page.locator("#explorer-cohort .ghost").count() == 0
    page.locator("#explorer-cohort-scenario").select_option("extreme")
    assert ask(page, "x.values.slope") == 0.5
    assert page.locator("#explorer-cohort .explorer-says").inner_text() == "Predictions say too much."
    ask(page, "x.summary")  # draws what waits for the next frame
    assert page.locator("#explorer-cohort .ghost").count() == 3
    page.locator("[data-action=ghost]").click()
    assert page.locator("#explorer-cohort .ghost").count() == 0
    page.locator("[data-action=another]").click()
    assert ask(page, "x.values.seed") == 4
    page.locator("[data-action=reset]").click()
    assert said(page) == first
    slider = page.locator("#explorer-cohort-threshold")
    slider.focus()
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowRight")
    assert ask(page, "x.values.threshold") > 25 and said(page) != first


@pytest.mark.browser
def test_the_address_carries_the_state_and_is_not_trusted(opened):
    page = opened()
    page.locator("#explorer-cohort-scenario").select_option("extreme")
    ask(page, "x.set('odds', 2)")
    until(page, "location.hash.includes('odds')")
    fragment = page.evaluate("location.hash")
    assert fragment == "#cohort:odds=2&scenario=extreme"
    other = opened(fragment)
    assert ask(other, "x.values") == ask(page, "x.values") and ask(other, "x.summary") == ask(page, "x.summary")
    for hostile in ["cohort:n=1e9&auc=99&seed=-3.7", "cohort:slope=__proto__&n=NaN", "cohort:scenario=constructor&odds=1e999", "cohort:__proto__=1&auc=<b>"]:
        page.evaluate("f => { location.hash = f; }", hostile)
        page.wait_for_timeout(60)
        values = ask(page, "x.values")
        for name, (_, _, (low, high), _, whole) in explorer_decision.PARAMETERS.items():
            assert low <= values[name] <= high
            assert not whole or values[name] == int(values[name])
        assert ask(page, "x.summary").startswith("Simulated: ")


@pytest.mark.browser
def test_the_files(opened):
    page = opened("#cohort:threshold=30&n=120")
    with page.expect_download() as saved:
        page.locator("[data-action=csv]").click()
    notes, rows = notes_and_rows(open(saved.value.path(), encoding="utf8").read())
    assert notes[-1] == "# simulated"
    patients = prediction.simulate_predictions(3, 120, auc=0.7, prevalence=0.2)
    assert np.allclose([float(r["risk_predicted"]) for r in rows], patients["risk"], rtol=1e-9)
    assert [r["treated"] == "1" for r in rows] == (patients["risk"] >= 0.3).tolist()
    assert "who respond (%)" in words_of_the_saved_picture(page)


@pytest.mark.browser
def test_axe_finds_nothing_and_a_phone_holds_it(opened):
    for width in (1280, 360):
        page = opened("#cohort:slope=0.4&threshold=33", width=width, bypass_csp=True)
        for _ in in_each_theme(page):
            axe_finds_nothing(page)
            fits(page)
            words_stand_free(page, "cohort")


def test_configuration_is_data():
    assert json.loads(json.dumps(decision().config))["view"] == "decision"
