"""The field explorer: its runs are Python's, and every control, address and file does what it says."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets
from agreement import random_settings
from explorer_page import POLICY, axe_finds_nothing, fits, notes_and_rows, until, write_page
from field_toys import everything, invasion, line, sprouts

import soluble
from soluble.field import FieldModel
from soluble.model import UnknownNameError

#: What is promised: fields to a relative 1e-6 (of each value, above a millionth of the largest), places of cells to a millionth of a
#: micrometre. Both keep to about 1e-12; formulas that are rounded differently may never drift so far that a reader could see it.
FIELDS, PLACES = 1e-6, 1e-6
SETTINGS, SEEDS = 6, (1, 2, 77)
#: Small models; of uneven diffusion one on a line, one on a plane whose edges let pass.
TOYS = {"everything": everything, "sprouts": sprouts, "invasion": invasion, "invasion-plane": lambda: invasion(height=6, edges="{left: open, top: open}")}


def toy(**options):
    usual = {"id": "toy", "controls": ["q", "N", "n", "D"], "threshold": 10, "title": "Cells that follow", "caption": "Simulated."}
    return soluble.explore_field(everything(), **(usual | options))


# --- Python's side ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"controls": ["Q"]}, UnknownNameError, "unknown control.*'Q'.*known: D, k, q"),
        ({"show": "oxygen"}, UnknownNameError, "unknown field or derived quantity 'oxygen'; known: C, B, theta"),
        ({"panels": ["speed"]}, UnknownNameError, "unknown panel 'speed'.*known: profile, difference, front, arrived, index"),
        ({"scenario": "loud"}, UnknownNameError, "unknown scenario 'loud'"),
        ({"speed": 3}, ValueError, "speed=3: known are 0.25, 0.5, 1.0, 2.0, 4.0"),
        ({"seed": 0}, ValueError, "a whole number from 1 to 99"),
        ({"line": 400}, ValueError, "lies outside the plane, which is 150 micrometer high"),
        ({"id": "my run"}, ValueError, "cannot be an explorer's id"),
    ],
)
def test_what_cannot_be_explored_is_said(arguments, error, said):
    with pytest.raises(error) as caught:
        toy(**arguments)
    assert re.search(said, str(caught.value))


def test_a_model_without_cells_has_its_profile():
    model = line("[{name: made, to: C, rate: q*source}, {name: lost, from: C, rate: k}]")
    config = soluble.explore_field(model, id="line", controls=["q"]).config
    assert config["panels"] == ["profile"]
    with pytest.raises(ValueError, match="the panel 'arrived' needs cells that have a goal"):
        soluble.explore_field(model, panels=["arrived"], controls=["q"])


def front(**options):
    """An explorer of a front on a line, with what theory says of it."""
    usual = {"id": "front", "controls": ["D", "nu", "r"], "front": ("T", 0.5), "theory": {"pulled": "pulled"}, "profile": ["T", "crowd"], "t_end": 80}
    return soluble.explore_field(invasion(), **(usual | options))


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"front": ("X", 0.5)}, UnknownNameError, "unknown field 'X'; known: T, S"),
        ({"theory": {"speed": "theory"}}, UnknownNameError, "unknown derived quantity 'speed'; known: crowd, pulled"),
        ({"theory": {"crowd": "theory"}}, ValueError, "decided by parameters alone"),
        ({"profile": ["T", "pulled"]}, ValueError, "curves of one panel have one unit; these have none, µm/day"),
        ({"front": None, "panels": ["front"]}, ValueError, r"needs front=\(field, level\)"),
    ],
)
def test_what_cannot_be_said_of_a_front_is_said(arguments, error, said):
    with pytest.raises(error, match=said):
        front(**arguments)


def test_the_first_picture_of_a_front_tells_theory_beside_it():
    w = front()
    assert w.config["panels"] == ["profile", "front"]
    assert [c["name"] for c in w.config["controls"]] == ["D", "nu", "r"], "nothing is drawn by lot: a seed would do nothing"
    assert w.run().t[-1] == 80
    words = " ".join(ElementTree.fromstring(re.search(r"<svg.*?</svg>", w.to_html(), re.S)[0]).itertext())
    for said in ("Along the line", "spread of a crowd", "Speed of the front, µm/day", "simulated", "theory, pulled"):
        assert said in words, said


def test_the_widget_follows_its_values():
    w = toy(scenario="blind", seed=5)
    assert w.values == {"q": 2.0, "N": 500.0, "n": 25.0, "D": 300.0, "seed": 5}
    assert w.overrides["N"] == 500
    w.values = {"q": 100, "n": 12.6, "seed": 7.2}
    assert w.values == {"q": 20.0, "N": 500.0, "n": 13, "D": 300.0, "seed": 7}
    run = w.run()
    assert run.seed == 7 and len(run.last.populations[0].x) == 13 and run.values["N"] == 500
    with pytest.raises(UnknownNameError, match="unknown control of this explorer 'k'"):
        w.values = {"k": 1}
    with pytest.raises(traitlets.TraitError, match="not a finite number"):
        w.values = {"q": float("nan")}
    with pytest.raises(UnknownNameError, match="unknown scenario"):
        w.scenario = "loud"


def test_the_first_picture_is_drawn_by_python():
    """Without scripts the figure shows the end of the first run: field, regions, ways, cells, keys; and says so."""
    figure = toy().to_html()
    svg = ElementTree.fromstring(re.search(r"<svg.*?</svg>", figure, re.S)[0])
    space = "{http://www.w3.org/2000/svg}"
    assert len(svg.findall(f".//{space}mask/{space}image")) == 1
    words = " ".join(t for t in svg.itertext())
    for said in ("60 minutes", "source", "nest", "followers", "scavengers", "soluble chemokine (nM)", "10 receptors", "At their goal, % of cells"):
        assert said in words, said
    alt = svg.get("aria-label")
    assert "soluble chemokine on 300 by 150 µm with followers and scavengers moving in it, simulated, after 60 minutes" in alt[0].lower() + alt[1:]
    assert len(figure) < 150_000


# --- in the browser --------------------------------------------------------------------------------------------------

pytest_browser = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("fields")
    write_page(folder, [toy(), soluble.explore_field(everything(), id="second", controls=["q"], panels=["profile", "index"], show="theta", scenarios=[]), front()])
    with serve(folder, policy=POLICY) as at:
        yield at


@pytest.fixture
def opened(opened):
    """With less motion, unless a test asks for more: a run is at its end at once."""
    return lambda *fragment, **options: opened(*fragment, **({"height": 1000, "reduced_motion": "reduce"} | options))


def ask(page, what, name="toy"):
    return page.evaluate(f"() => {{ const x = solubleExplorers[{json.dumps(name)}]; return {what}; }}")


def stands(page, name="toy"):
    """Wait until a run that is taken somewhere has got there."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    until(page, f"!solubleExplorers.{name}.now.busy")


def click(page, action, name="toy"):
    page.locator(f"#explorer-{name} [data-action={action}]").click()


def apart(ours, theirs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    return (np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-6 * max(np.abs(theirs).max(), 1e-300))).max()


@pytest_browser
@pytest.mark.parametrize("name", [*TOYS, *soluble.list_fields()])
def test_the_browser_runs_as_python_does(browser, tmp_path, serve, name):
    """Fields to 1e-6, places of all cells to a millionth of a micrometre, forks and fusions the same: whole runs of three seeds, and drawn settings."""
    model = TOYS[name]() if name in TOYS else soluble.load_field(name)
    settings = [{k: min(v, 40) if model.units[k] == "cell" else v for k, v in s.items()} for s in random_settings(model, SETTINGS)]
    cases = [({}, seed, model.n_steps) for seed in SEEDS] + [(s, 10 + i, min(model.n_steps, 60)) for i, s in enumerate(settings)]
    cases += [(dict(s.set), 5, min(model.n_steps, 60)) for s in model.scenarios]
    control = next(p.id for p in model.parameters_ if p.range)
    write_page(tmp_path, [soluble.explore_field(model, id="m", controls=[control], scenarios=[], t_end=model.step)])
    with serve(tmp_path, policy=POLICY) as at:
        page = browser.new_page(reduced_motion="reduce")
        page.goto(at)
        until(page, "window.solubleExplorers?.m")
        got = [page.evaluate("([values, seed, n]) => solubleExplorers.m.solve({...values, seed}, n)", list(case)) for case in cases]
        page.close()
    for (setting, seed, n), theirs in zip(cases, got, strict=True):
        run = model.simulate(seed=seed, t_end=n * model.step, every=n, **setting)
        assert theirs["time"] == pytest.approx(run.t[-1])
        for f, values in theirs["fields"].items():
            assert apart(values, run.fields[f][-1].ravel()) < FIELDS, (f, setting, seed)
        for population in run.last.populations:
            cells = theirs["cells"][population.kind.id]
            for ours, at_ in ((population.x, "x"), (population.y, "y"), (population.path, "path")):
                assert np.abs(np.array(cells[at_]) - ours).max(initial=0) < PLACES, (population.kind.id, at_, setting, seed)
            assert cells["arrived"] == population.arrived.astype(int).tolist()
            for event in ("mother", "joined", "born"):
                assert cells[event] == getattr(population, event).tolist(), (event, setting, seed)
            if population.kind.goal and (population.path > 0).any():
                assert cells["index"] == pytest.approx(run.chemotactic_index(population.kind.id), abs=1e-9)


@pytest_browser
def test_it_plays_holds_steps_and_begins_again(opened):
    page = opened(reduced_motion="no-preference")
    until(page, "solubleExplorers.toy.now.n > 5")
    assert ask(page, "x.now.playing")
    assert ask(page, "!solubleExplorers.second.now.playing"), "an explorer that is not in view runs"
    toggle = page.locator("#explorer-toy [data-action=play]")
    assert toggle.inner_text() == "Pause"
    toggle.click()
    held = ask(page, "x.now.n")
    page.wait_for_timeout(300)
    assert ask(page, "x.now.n") == held and toggle.inner_text() == "Play"
    click(page, "step")
    assert ask(page, "x.now.n") == held + 1
    click(page, "finish")
    stands(page)
    assert ask(page, "[x.now.n, x.now.ended]") == [120, True] and toggle.inner_text() == "Play again"
    assert page.locator("#explorer-toy [data-action=finish]").is_disabled()
    click(page, "again")
    assert ask(page, "x.now.n") == 0
    page.locator("#explorer-toy-speed").select_option("4")
    toggle.click()
    until(page, "solubleExplorers.toy.now.ended", 20)
    assert not ask(page, "x.now.playing")
    toggle.click()
    until(page, "solubleExplorers.toy.now.n > 0 && solubleExplorers.toy.now.n < 120")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    until(page, "!solubleExplorers.toy.now.playing")


@pytest_browser
def test_who_wants_no_motion_gets_the_end(opened):
    """With reduced motion nothing moves by itself: the first picture is the end of the run, as Python drew it."""
    page = opened()
    stands(page)
    assert ask(page, "x.now") == {"n": 120, "playing": False, "ended": True, "busy": False}
    run = everything().simulate(seed=1)
    said = ask(page, "x.summary")
    arrived = round(25 * run.arrived("F"))
    index = run.chemotactic_index("F")
    assert f"After 60 simulated minutes, {arrived} of 25 followers" in said and "have reached the source" in said
    assert f"chemotactic index is {index:.2f}" in said
    assert f"{round(12 * run.arrived('S'))} of 12 scavengers" in said and "are in the nest" in said
    until(page, "document.querySelector('#explorer-toy .explorer-summary').textContent === solubleExplorers.toy.summary")
    page.wait_for_timeout(400)
    assert ask(page, "x.now.n") == 120


@pytest_browser
def test_a_control_begins_the_run_anew(opened):
    """Held: the run is taken to where it stood, with the new setting; what is shown is Python's run."""
    page = opened()
    stands(page)
    before = ask(page, "[x.summary, x.csv(), document.querySelector('#explorer-toy .explorer-chart').innerHTML]")
    page.locator("#explorer-toy-q").press("End")
    stands(page)
    after = ask(page, "[x.summary, x.csv(), document.querySelector('#explorer-toy .explorer-chart').innerHTML]")
    assert all(a != b for a, b in zip(after, before, strict=True))
    run = everything().simulate(seed=1, q=20)
    assert ask(page, "x.now.n") == 120
    assert f"{run.chemotactic_index('F'):.2f}" in after[0] and "secretion at 20 nM/minute" in after[0]
    # A count and the seed go in whole steps, with keys too.
    for control, keys, value in (("n", "ArrowRight", 26), ("seed", "ArrowRight", 2), ("seed", "Shift+ArrowRight", 3), ("seed", "ArrowLeft", 2)):
        page.locator(f"#explorer-toy-{control}").press(keys)
        assert ask(page, f"x.values.{control}") == value
    stands(page)
    assert f"{round(26 * everything().simulate(seed=2, q=20, n=26).arrived('F'))} of 26 followers" in ask(page, "x.summary")
    click(page, "reset")
    stands(page)
    assert ask(page, "[x.summary, x.csv()]") == before[:2]


@pytest_browser
def test_the_setting_is_in_the_address(opened):
    page = opened()
    stands(page)
    page.locator("#explorer-toy-scenario").select_option("blind")
    page.locator("#explorer-toy-seed-typed").fill("9")
    page.locator("#explorer-toy-seed-typed").press("Enter")
    page.locator("#explorer-toy-q-typed").fill("5")
    page.locator("#explorer-toy-q-typed").press("Enter")
    stands(page)
    until(page, "location.hash.includes('seed=9') && location.hash.includes('q=5')")
    fragment = page.evaluate("location.hash")
    assert "q=5" in fragment and "scenario=blind" in fragment
    said = ask(page, "x.summary")
    other = opened(fragment)
    stands(other)
    assert ask(other, "x.summary") == said and ask(other, "[x.values.N, x.values.seed]") == [500, 9]
    hostile = opened("#toy:seed=1e9&n=-5&q=NaN&D=<script>&scenario=__proto__&speed=999")
    stands(hostile)
    assert ask(hostile, "x.values") == {"q": 2, "N": 20000, "n": 0, "D": 300, "seed": 99}
    assert "of 0 followers" not in ask(hostile, "x.summary") and "NaN" not in ask(hostile, "x.summary")


@pytest_browser
def test_files_hold_what_is_shown(opened, tmp_path):
    page = opened("#toy:seed=3")
    stands(page)
    run = everything().simulate(seed=3, every=1)

    def saved(action):
        with page.expect_download() as loading:
            click(page, action)
        return loading.value.suggested_filename, open(loading.value.path(), encoding="utf8").read()

    name, text = saved("csv")
    assert name == "toy.csv" and "# A toy (model toy)" in text and "seed = 3" in text and "# simulated" in text
    rows = notes_and_rows(text)[1]
    assert list(rows[0]) == ["cells", "cell", "time [minute]", "x [µm]", "y [µm]"]
    tracks = run.tracks.set_index(["cells", "cell", "time"])
    assert len(rows) == (25 + 12) * 121
    for row in rows[:: len(rows) // 50]:
        ours = tracks.loc[(row["cells"], int(row["cell"]), float(row["time [minute]"]))]
        assert float(row["x [µm]"]) == pytest.approx(ours["x"], abs=PLACES) and float(row["y [µm]"]) == pytest.approx(ours["y"], abs=PLACES)
    name, text = saved("profile")
    assert name == "toy-profile.csv"
    rows = notes_and_rows(text)[1]
    assert [float(r["x [µm]"]) for r in rows] == run.profile("C").index.to_list()
    assert apart([float(r["C [nM]"]) for r in rows], run.profile("C")) < FIELDS
    assert apart([float(r["difference_F [receptors]"]) for r in rows], run.difference("F")) < FIELDS
    name, text = saved("svg")
    assert name == "toy.svg"
    drawn = ElementTree.fromstring(text)
    image = drawn.find(".//{http://www.w3.org/2000/svg}image")
    assert image is not None and image.get("href").startswith("data:image/png;base64,")
    assert "var(--" not in text.replace("url(", "")
    assert page.locator("#explorer-toy image").count() == 0


@pytest_browser
def test_a_listener_is_told_and_not_flooded(opened):
    """While the run plays its words are not announced; when it is held or ends they are, once."""
    page = opened(reduced_motion="no-preference")
    until(page, "solubleExplorers.toy.now.n > 3")
    live = "document.querySelector('#explorer-toy .explorer-summary').getAttribute('aria-live')"
    assert page.evaluate(live) == "off"
    page.evaluate("window.changes = 0; new MutationObserver(() => window.changes++).observe(document.querySelector('#explorer-toy .explorer-summary'), {childList: true})")
    page.wait_for_timeout(1000)
    assert page.evaluate("window.changes") <= 3
    click(page, "play")
    assert page.evaluate(live) == "polite"
    assert page.locator("#explorer-toy .explorer-chart").get_attribute("role") == "img"
    assert ask(page, "x.summary") in page.locator("#explorer-toy .explorer-chart title").text_content()


@pytest_browser
def test_a_front_is_followed_and_compared_with_theory(opened):
    """Place, speed and theory as Python has them, in words, curves and the file; the speed's own curve beside a level."""
    page = opened("#front:nu=18")
    stands(page, "front")
    run = invasion().simulate(nu=18, every=1, t_end=80)
    place, speed = run.front("T", 0.5).iloc[-1], run.front_speed("T", 0.5, over=8).iloc[-1]
    said = ask(page, "x.summary", "front")
    place_said, speed_said, theory = (float(v.replace(",", "")) for v in re.search(r"at ([\d.,]+) µm and has moved ([\d.]+) µm/day of late \(default: [\d.]+\); theory: pulled ([\d.]+)", said).groups())
    assert place_said == pytest.approx(place, rel=5e-3) and speed_said == pytest.approx(speed, rel=5e-3) and theory == 10
    assert page.locator("#explorer-front path.line:not(.ghost)").count() == 2 + 2 + 2 + 2, "two curves and two curves, each with its key"
    with page.expect_download() as loading:
        click(page, "csv", "front")
    rows = [li for li in open(loading.value.path(), encoding="utf8").read().splitlines() if not li.startswith("#")]
    assert rows[0] == "time [day],front [µm],speed [µm/day]" and len(rows) == 162
    assert [float(v) for v in rows[-1].split(",")] == pytest.approx([80, place, speed], rel=1e-6)
    away = opened("#front:nu=40&D=200&r=0.5")
    stands(away, "front")
    assert "the front of cells has passed the end" in ask(away, "x.summary", "front") and "NaN" not in ask(away, "x.summary", "front")
    narrow = opened("#front:nu=18", width=360)
    stands(narrow, "front")
    fits(narrow)


@pytest_browser
def test_a_setting_that_fails_under_way_is_said(browser, tmp_path):
    """A coefficient may turn out too large only as the run goes on: the page says so, and lives when a control is moved."""
    model = FieldModel(invasion().text.replace("D*crowd", "D*exp(r*time)"), "growing.yaml")
    with pytest.raises(ValueError, match="a step would take 4\\d\\d substeps, more than 400"):
        model.simulate(t_end=40)
    write_page(tmp_path, [soluble.explore_field(model, id="m", controls=["r"], values={"r": 0.1}, t_end=40)])
    page = browser.new_page(reduced_motion="reduce")
    page.goto((tmp_path / "index.html").as_uri())
    until(page, "window.solubleExplorers?.m")
    stands(page, "m")
    assert page.locator(".explorer-problem").is_hidden()
    page.evaluate("solubleExplorers.m.set('r', 0.25)")
    stands(page, "m")
    assert "a step would take" in page.locator(".explorer-problem").inner_text() and "could not be run" in ask(page, "x.summary", "m")
    page.evaluate("solubleExplorers.m.set('r', 0.1)")
    stands(page, "m")
    assert page.locator(".explorer-problem").is_hidden() and ask(page, "x.now.ended", "m")
    page.close()


@pytest_browser
def test_paper_shows_the_end(opened):
    page = opened(reduced_motion="no-preference")
    page.emulate_media(media="print")
    until(page, "solubleExplorers.toy.now.ended && solubleExplorers.second.now.ended")


@pytest_browser
def test_compare_and_keep(opened):
    """The first run's curves stand beside another setting's; a kept run takes their place."""
    page = opened()
    stands(page)
    faint = "document.querySelectorAll('#explorer-toy .ghost').length"
    assert page.evaluate(faint) == 0
    page.locator("#explorer-toy-N").press("Home")
    stands(page)
    assert page.evaluate(faint) == 4 and "faint: default" in page.locator("#explorer-toy .explorer-chart").text_content()
    first = everything().simulate(seed=1).chemotactic_index("F")
    assert f"(default: {first:.2f})" in ask(page, "x.summary")
    click(page, "ghost")
    assert page.evaluate(faint) == 0
    click(page, "keep")
    page.locator("#explorer-toy-N").press("End")
    stands(page)
    assert "faint: kept run" in page.locator("#explorer-toy .explorer-chart").text_content()
    assert page.locator("#explorer-toy [data-action=ghost]").get_attribute("title") == "Show or hide the faint curves of the kept run"


@pytest_browser
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_and_axe_finds_nothing(opened, width, theme):
    page = opened(width=width, color_scheme=theme)
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    stands(page)
    page.wait_for_timeout(150)
    fits(page)
    axe_finds_nothing(page)
    stage, words = (page.locator(f"#explorer-toy .explorer-{part}").bounding_box() for part in ("stage", "summary"))
    assert stage["y"] + stage["height"] <= words["y"] + 1, "the picture runs into the words"
    # The plane is painted, and follows the theme.
    ground = page.evaluate("""() => { const c = document.querySelector('#explorer-toy canvas'); const d = c.getContext('2d').getImageData(c.width - 12, c.height / 2, 1, 1).data; return [...d]; }""")
    assert ground[3] > 50, "the source is not shown"


@pytest_browser
def test_it_works_from_a_folder_without_motion_control(browser, tmp_path):
    write_page(tmp_path, [toy()])
    page = browser.new_page(reduced_motion="no-preference")
    page.goto((tmp_path / "index.html").as_uri())
    until(page, "window.solubleExplorers?.toy?.now.n > 3")
    page.close()


@pytest_browser
def test_what_fades_is_seen_to_fade(browser, tmp_path):
    """The colour's scale holds the most that the run has held, though nothing was painted on the way to the end."""
    model = line("[{name: made, to: C, rate: q*source*exp(-2*k*time)}, {name: lost, from: C, rate: k}]")
    write_page(tmp_path, [soluble.explore_field(model, id="fading", controls=["q"], panels=["profile"], show="C")])
    page = browser.new_page(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
    page.goto((tmp_path / "index.html").as_uri())
    until(page, "window.solubleExplorers?.fading?.now.ended")
    page.locator("#explorer-fading-q").press("End")
    stands(page, "fading")
    top = float(page.locator("#explorer-fading .ramp + text").text_content())
    page.close()
    highest = max(model.simulate(q=10, t_end=t).profile("C").max() for t in range(1, 10))
    assert model.simulate(q=10).profile("C").max() < 1e-6 < 1 < 0.9 * highest <= top <= 2.5 * highest


@pytest_browser
def test_a_network_is_told_shown_and_taken_along(browser, tmp_path, serve):
    """Python's network in words, curves, picture and file; a control changes all four."""
    model = sprouts()
    write_page(tmp_path, [soluble.explore_field(model, id="net", controls=["chi", "r"], values={"m": 0}, title="Tips", caption="Simulated.")])
    with serve(tmp_path, policy=POLICY) as at:
        page = browser.new_page(reduced_motion="reduce")
        page.goto(at)
        until(page, "window.solubleExplorers?.net && !solubleExplorers.net.now.busy && solubleExplorers.net.now.ended")

        def seen():
            state = page.evaluate("() => { const x = solubleExplorers.net; return [x.summary, x.csv(), document.querySelector('#explorer-net .explorer-chart').innerHTML, document.querySelector('#explorer-net canvas').toDataURL()]; }")
            return dict(zip(("words", "file", "curves", "picture"), state, strict=True))

        first = seen()
        run = model.simulate(seed=1, m=0, every=1)
        last, network = run.growth("T").iloc[-1], run.network("T")
        assert f"{len(network)} tips, {last['forks']:.0f} of them from forks: {last['growing']:.0f} grow on, {last['arrived']:.0f} ha" in first["words"]
        assert f"{last['fusions']:.0f} have fused; the network is {last['length'] / 1000:.3g} mm long" in first["words"]
        assert "Growing tips" in first["curves"] and "Length of the network, mm" in first["curves"] and "fused" in first["curves"]
        rows = notes_and_rows(first["file"])[1]
        assert list(rows[0]) == ["cells", "cell", "time [hour]", "x [µm]", "y [µm]", "forked from", "ends", "fused with"]
        for cell, one in network.iterrows():
            mine = [r for r in rows if int(r["cell"]) == cell]
            assert float(mine[0]["time [hour]"]) == one["born"] and mine[0]["ends"] == one["ends"]
            assert (mine[0]["forked from"], mine[0]["fused with"]) == tuple("" if v < 0 else str(v) for v in (one["mother"], one["joined"]))
            assert float(mine[0]["x [µm]"]) == pytest.approx(one["x0"], abs=PLACES) and float(mine[-1]["x [µm]"]) == pytest.approx(one["x1"], abs=PLACES)
        for control in ("chi", "r", "seed"):
            before = seen()
            page.locator(f"#explorer-net-{control}").press("Home" if control != "seed" else "ArrowRight")
            stands(page, "net")
            now = seen()
            assert all(now[part] != before[part] for part in now), control
        page.close()
