"""The cohort explorer: patients, trials and repeated trials are those of Python, and every control, address and file does what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets
from bs4 import BeautifulSoup
from explorer_page import POLICY, fits, notes_and_rows, until, write_page

import soluble
from soluble.model import UnknownNameError
from soluble.population import Population

FILE = Path(__file__).resolve().parents[1] / "models" / "populations" / "virtual-trial.yaml"

LINKS = ["s_6", "s_8"]
ALL = ["armA", "armB", "marker", "entry", "n", "perArm", "seed", *LINKS]
SCENARIOS = [{"id": "vegf", "title": "Anti-VEGF added", "says": "VEGF kept T cells out.", "set": {"armA": "pd1", "armB": "pd1-vegf", "n": 150}}]


def trial(**options):
    return soluble.explore_cohort(
        "virtual-trial", **{"armA": "docetaxel", "armB": "pd1", "links": LINKS, "controls": ALL, "n": 120, "per_arm": 60, "scenarios": SCENARIOS, "title": "A trial", "caption": "Simulated."} | options
    )


# --- Python's side ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"arms": ["pd1", "pd2"]}, UnknownNameError, "unknown arm 'pd2'.*docetaxel"),
        ({"armA": "pd2"}, UnknownNameError, "unknown arm 'pd2'"),
        ({"marker": "crp"}, UnknownNameError, "unknown marker 'crp'.*pdl1"),
        ({"entry": "young"}, UnknownNameError, "unknown way to enter 'young'.*all, high, low"),
        ({"links": ["g"], "controls": ["n"]}, UnknownNameError, "unknown parameter that is the same in all patients.*'g'"),
        ({"controls": ["age"]}, UnknownNameError, "unknown control.*'age'"),
        ({"n": 5}, ValueError, "n is 5; it lies between 100 and 1000"),
        ({"values": {"s_6": 2}}, ValueError, "s_6 is 2; it lies between 0 and 1"),
        ({"scenario": "none"}, UnknownNameError, "unknown scenario 'none'"),
        ({"id": "a b"}, ValueError, "cannot be an explorer's id"),
    ],
)
def test_what_is_wrong_is_said(arguments, error, said):
    with pytest.raises(error, match=said):
        trial(**arguments)


def test_a_kernel_can_set_and_compute():
    x = trial()
    x.values = {"armB": "pd1-il6", "s_6": 0.9}
    assert x.arms == ("docetaxel", "pd1-il6")
    cohort = x.cohort()
    assert cohort.fixed["s_6"] == 0.9
    found, power = x.result(cohort)
    assert found.hazard_ratio.estimate == cohort.trial("docetaxel", "pd1-il6").hazard_ratio.estimate
    assert power.per_arm == 60


@pytest.mark.parametrize(("values", "said"), [({"n": 1e6}, "between 100 and 1000"), ({"n": True}, "not a finite number"), ({"age": 1}, "unknown control"), ({"armA": "x"}, "unknown arm")])
def test_a_kernel_cannot_set_nonsense(values, said):
    with pytest.raises((traitlets.TraitError, UnknownNameError), match=said):
        trial().values = values


def test_the_static_figure_shows_the_first_state(monkeypatch):
    monkeypatch.setenv("SOLUBLE_STATIC", "1")
    x = trial()
    figure = BeautifulSoup(x._repr_mimebundle_()["text/html"], "html.parser").figure
    assert figure["data-view"] == "cohort"
    assert figure["data-script"] == "work-cohort.js"
    config = json.loads(figure.select_one("script.explorer-config").string)
    assert [a["title"] for a in config["population"]["arms"]][:2] == ["no new drug", "docetaxel"]
    drawn = figure.svg.get_text(" ")
    cohort = x.cohort()
    ratio = x.result(cohort)[0].hazard_ratio
    assert f"{ratio.estimate:.2f} ({ratio.ci_low:.2f}–{ratio.ci_high:.2f})" in re.sub(r"\s+", " ", str(figure.svg)) or drawn


# --- the browser's side ----------------------------------------------------------------------------------------------

READY = "window.solubleExplorers?.trial && !solubleExplorers.trial.busy && solubleExplorers.trial.result?.power"
RESULT = """() => { const r = solubleExplorers.trial.result; const flat = o => [o.best, o.response, o.time, o.event, o.how, o.duration].map(v => v !== v ? null : v);
    return { m: r.m, ratio: r.ratio, toB: r.toB, enters: r.enters, power: r.power, strata: r.strata,
        markers: r.stores[0].markers.slice(0, r.m), outcomes: r.stores.map(s => s.outcomes.slice(0, r.m).map(flat)), sizes: r.stores.map(s => s.sizes.slice(0, r.m).map(x => [...x])) }; }"""


@pytest.fixture(scope="module")
def site(browser, tmp_path_factory):
    """Addresses of one page: served under the strict policy, and from its folder."""
    from conftest import serving

    folder = tmp_path_factory.mktemp("cohort")
    write_page(folder, [trial(id="trial")])
    with serving(folder, POLICY) as address:
        yield {"http": f"{address}/index.html", "file": (folder / "index.html").as_uri()}


@pytest.fixture
def opened(browser, site):
    contexts, wrong = [], []

    def go(where="http", fragment="", width=1280, height=1200, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: wrong.append(str(e)))
        page.goto(site[where] + fragment)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        until(page, READY, 60)
        return page

    yield go
    for context in contexts:
        context.close()
    assert not wrong, wrong


def agrees(got, x):
    """Patients, trial and repeated trials of the page against Python's at the explorer's state."""
    cohort = x.cohort()
    found, power = x.result(cohort)
    assert got["m"] == cohort.n
    for arm, theirs, sizes in zip(x.arms, got["outcomes"], got["sizes"], strict=True):
        ours = cohort.outcomes(arm)
        assert np.allclose(sizes, cohort.sizes[arm], rtol=1e-6, atol=0)
        columns = list(zip(*theirs, strict=True))
        assert list(columns[1]) == ours["response"].tolist()
        assert [bool(v) for v in columns[3]] == ours["event"].tolist()
        assert list(columns[4]) == ours["how"].tolist()
        for column, name in ((0, "best"), (2, "time"), (5, "duration")):
            assert np.allclose(np.array(columns[column], dtype=float), ours[name], rtol=1e-5, atol=1e-6, equal_nan=True), name
    for k, marker in enumerate(x.population.markers):
        assert np.allclose([m[k] for m in got["markers"]], cohort.marker(marker), rtol=1e-9)
    assert got["toB"] == found.table.index[found.table["arm"] == x.arms[1]].tolist()
    assert got["enters"] == found.table.index.tolist()
    assert (got["ratio"]["log"], got["ratio"]["se"]) == pytest.approx((found.hazard_ratio.log, found.hazard_ratio.se), rel=1e-5)
    assert got["power"]["share"] == pytest.approx(power.power, abs=0.0101)  # a test on its edge may fall to either side
    quantiles = np.nanquantile(power.hazard_ratios, [0.025, 0.5, 0.975])
    assert (got["power"]["low"], got["power"]["middle"], got["power"]["high"]) == pytest.approx(tuple(quantiles), rel=1e-4)


@pytest.mark.browser
@pytest.mark.parametrize("where", ["http", "file"])
def test_the_first_state_is_pythons_in_a_worker_and_from_a_folder(opened, where):
    page = opened(where)
    assert page.evaluate("solubleExplorers.trial.where") == ("worker" if where == "http" else "page")
    agrees(page.evaluate(RESULT), trial())


@pytest.mark.browser
def test_other_settings_are_pythons_too(opened):
    page, x = opened(), trial()
    for values in ({"armA": 2, "armB": 3, "s_6": 0.85, "seed": 7}, {"marker": 1, "entry": 2}, {"n": 160, "perArm": 40, "s_8": 0}):
        for name, value in values.items():
            page.evaluate("([n, v]) => solubleExplorers.trial.set(n, v)", [name, value])
        until(page, READY, 60)
        x.values = values
        agrees(page.evaluate(RESULT), x)


@pytest.mark.browser
def test_hidden_progressions_dated_at_the_next_scan_are_pythons(browser, tmp_path):
    """A population of the same patients, in which two of five are dated on the day: in a page from its folder."""
    text = FILE.read_text(encoding="utf8").replace("on_day: {value: 1,", "on_day: {value: 0.4,")
    x = soluble.explore_cohort(Population(text, "mine.yaml"), armA="docetaxel", armB="pd1", n=120, per_arm=60, id="trial")
    ours = x.cohort().outcomes("pd1")
    assert not ours.equals(trial().cohort().outcomes("pd1"))
    write_page(tmp_path, [x])
    page = browser.new_page(viewport={"width": 1280, "height": 1200})
    page.goto((tmp_path / "index.html").as_uri())
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    until(page, READY, 60)
    agrees(page.evaluate(RESULT), x)
    page.close()


@pytest.mark.browser
def test_the_sentence_says_pythons_numbers(opened):
    page = opened()
    text = page.evaluate("solubleExplorers.trial.summary")
    found, power = trial().result()
    ratio = found.hazard_ratio
    assert text.startswith("Simulated: 120 patients;")
    assert f"{ratio.estimate:.2f} ({ratio.ci_low:.2f} to {ratio.ci_high:.2f})" in text
    assert "Of 200 repeated trials with 60 patients in each arm" in text
    until(page, "document.querySelector('.explorer-summary').textContent.startsWith('Simulated: 120')")
    assert page.locator(".explorer-summary").get_attribute("aria-live") == "polite"


@pytest.mark.browser
def test_every_control_changes_the_trial(opened):
    page = opened()
    before = page.evaluate("solubleExplorers.trial.summary")
    moves = [
        ("armA", lambda: page.locator("#explorer-trial-armA").select_option("0")),
        ("armB", lambda: page.locator("#explorer-trial-armB").select_option("6")),
        ("marker", lambda: page.locator("#explorer-trial-marker").select_option("2")),
        ("entry", lambda: page.locator("#explorer-trial-entry").select_option("1")),
        *[(name, lambda name=name: page.locator(f"#explorer-trial-{name}").press("PageDown")) for name in ("perArm", "s_6", "s_8")],
        ("n", lambda: page.locator("#explorer-trial-n").press("PageUp")),
        ("seed", lambda: page.get_by_role("button", name="Other patients").click()),
        ("scenario", lambda: page.locator("#explorer-trial-scenario").select_option("vegf")),
        ("reset", lambda: page.get_by_role("button", name="Reset").click()),
    ]
    for name, move in moves:
        move()
        until(page, READY, 60)
        after = page.evaluate("solubleExplorers.trial.summary")
        assert after != before, name
        before = after


@pytest.mark.browser
def test_a_run_can_be_cancelled_and_goes_on(opened):
    page = opened("file")
    page.evaluate("solubleExplorers.trial.set('n', 1000)")
    until(page, "document.querySelector('.explorer-progress progress').value > 130", 30)
    halt = page.locator("[data-action=cancel]")
    halt.click()
    until(page, "document.querySelector('[data-action=cancel]').textContent === 'Go on'")
    stood = page.evaluate("document.querySelector('.explorer-progress progress').value")
    assert 120 <= stood < 1000
    page.wait_for_timeout(300)
    assert page.evaluate("document.querySelector('.explorer-progress progress').value") == stood
    assert page.locator(".explorer-count").text_content() == f"{stood} of 1,000 patients"
    assert halt.text_content() == "Go on"
    halt.click()
    until(page, READY + " && solubleExplorers.trial.result.m === 1000", 90)
    assert page.locator(".explorer-count").text_content() == "1,000 of 1,000 patients"


@pytest.mark.browser
def test_a_link_opens_a_setting_and_nonsense_in_it_is_clamped(opened):
    page = opened(fragment="#trial:armB=4&n=150&s_6=9&age=3&seed=abc")
    assert page.evaluate("solubleExplorers.trial.values") == {"armA": 1, "armB": 4, "marker": 0, "entry": 0, "n": 150, "perArm": 60, "seed": 1, "s_6": 1, "s_8": 0.3}
    page.get_by_role("button", name="Copy link").click()
    assert page.evaluate("solubleExplorers.trial.hash()") == "trial:armB=4&n=150&s_6=1"


@pytest.mark.browser
def test_the_files_hold_the_patients_and_the_picture(opened):
    page = opened()
    with page.expect_download() as got:
        page.get_by_role("button", name="Data CSV").click()
    text = got.value.path().read_text(encoding="utf8")
    assert "simulated" in text.lower()
    rows = notes_and_rows(text)[1]
    assert len(rows) == 120
    ours = trial().cohort().outcomes("pd1")
    name = next(c for c in rows[0] if c.startswith("pd1_time"))
    assert np.allclose([float(r[name]) for r in rows], ours["time"], rtol=1e-5)
    with page.expect_download() as got:
        page.get_by_role("button", name="Picture SVG").click()
    drawn = ElementTree.parse(got.value.path())
    assert "Hazard ratio for progression" in "".join(drawn.getroot().itertext())


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(opened, scheme):
    page = opened(width=360, height=740, color_scheme=scheme, reduced_motion="reduce")
    fits(page)
    right = page.evaluate("Math.max(...[...document.querySelectorAll('.explorer-chart text')].map(t => t.getBoundingClientRect().right))")
    assert right <= 361
