"""The network explorer: it keeps the findings that Python keeps, and every node, list, address and file does what it says."""

from __future__ import annotations

import itertools
import json
import random
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from explorer_page import POLICY, axe_finds_nothing, fits, in_each_theme, notebook, notes_and_rows, sentence, until, words_of_the_saved_picture, write_page

import soluble
from soluble import evidence, network
from soluble.model import UnknownNameError

FINDINGS = evidence.network()
CHOICES = network.choices(FINDINGS)


def explorer(**options):
    return soluble.explore_network(**{"mediator": "IL-6", "id": "net", "title": "Who hears", "caption": "Choose."} | options)


# --- Python's side ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"mediator": "IL6"}, UnknownNameError, "unknown mediator 'IL6'.*IL-6"),
        ({"cell": "B cell"}, UnknownNameError, "unknown cell 'B cell'.*T cell"),
        ({"effect": "joy"}, UnknownNameError, "unknown effect 'joy'.*angiogenesis"),
        ({"evidence": "rats"}, UnknownNameError, "patients, mice, cells"),
        ({"id": "a b"}, ValueError, "cannot be an explorer's id"),
    ],
)
def test_what_is_wrong_is_said(arguments, error, said):
    with pytest.raises(error, match=said):
        explorer(**arguments)


def test_a_kernel_can_choose_and_cannot_set_nonsense():
    x = explorer()
    x.values = {"evidence": "patients"}
    assert x.values["mediator"] == "IL-6", "what is not mentioned stays"
    assert list(x.data().index) == list(network.select(FINDINGS, mediator="IL-6", evidence="patients").index)
    for wrong in ({"mediator": "IL6"}, {"colour": "red"}):
        with pytest.raises(UnknownNameError):
            x.values = wrong
    assert x.values["evidence"] == "patients"


def test_the_static_figure_shows_the_first_state_and_its_findings(monkeypatch):
    """Without scripts: the picture, and every finding of the choice with its words and a link to its paper."""
    monkeypatch.setenv("SOLUBLE_STATIC", "1")
    text = explorer()._repr_mimebundle_()["text/html"]
    figure = BeautifulSoup(text, "html.parser").figure
    assert figure["data-view"] == "network"
    assert [s["type"] for s in figure.select("script")] == ["application/json"]
    words = figure.select_one(".explorer-stage svg").get_text(" ", strip=True)
    assert all(name in words for name in [*CHOICES["mediator"], *CHOICES["cell"]])
    kept = network.select(FINDINGS, mediator="IL-6")
    rows = figure.select(".explorer-findings tbody tr")
    assert [r.select("td")[1].get_text(" ", strip=True) for r in rows] == [" ".join(f"{s} {f}".split()) for s, f in zip(kept["statement"], kept["flag"], strict=True)]
    sources = evidence.references()
    assert [r.a["href"] for r in rows] == [sources[key]["url"] for key in kept["source"]]
    assert text == explorer()._repr_mimebundle_()["text/html"], "the same every time"


def test_names_cannot_leave_the_page_s_data(monkeypatch):
    monkeypatch.setenv("SOLUBLE_STATIC", "1")
    table = FINDINGS.head(3).copy()
    table["statement"] = "</script><script>x()</script><img src=x>"
    figure = BeautifulSoup(soluble.explore_network(table)._repr_mimebundle_()["text/html"], "html.parser").figure
    assert len(figure.select("script")) == 1
    assert not figure.select("img")
    assert json.loads(figure.script.string)["edges"][0][10].startswith("</script>")


# --- the browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("network")
    write_page(folder, [explorer()])
    with serve(folder, policy=POLICY) as at:
        yield at


def ask(page, what):
    return page.evaluate(f"() => {{ const x = solubleExplorers.net; return {what}; }}")


def said(page):
    return sentence(page, "net")


def kept(**choice):
    return list(network.select(FINDINGS, **choice).index)


def node(page, name, column):
    """The element of a node; ``column`` counts from the left, since a cell can stand at both sides."""
    return page.locator(f"#explorer-net svg .node[data-name='{name}']").nth(column)


@pytest.mark.browser
def test_the_shipped_bundle_keeps_what_python_keeps(opened):
    """Every name alone, every pair of names of two fields, and six hundred choices of all five fields at random."""
    page = opened()
    fields = {field: ["", *names] for field, names in CHOICES.items()}
    wanted = [{field: name} for field, names in fields.items() for name in names]
    for a, b in itertools.combinations(fields, 2):
        wanted += [{a: x, b: y} for x in CHOICES[a] for y in CHOICES[b]]
    rng = random.Random(11)
    wanted += [{field: rng.choice(names) for field, names in fields.items()} for _ in range(600)]
    wanted = [dict.fromkeys(fields, "") | choice for choice in wanted]
    got = page.evaluate("all => all.map(choice => solubleExplorers.net.solve(choice))", wanted)
    expected = [kept(**choice) for choice in wanted]
    assert got == expected
    assert len(wanted) > 1500
    assert sum(map(bool, expected)) > 400, "many of them keep something"


@pytest.mark.browser
def test_mouse_and_lists_choose_and_the_table_follows(opened):
    page = opened()
    rows = page.locator("#explorer-net .explorer-findings tbody tr")
    first = said(page)
    assert rows.count() == len(kept(mediator="IL-6"))
    node(page, "VEGF", 0).click()
    assert ask(page, "x.values.mediator") == "VEGF"
    assert page.locator("#explorer-net select[data-action=mediator]").input_value() == "VEGF"
    assert rows.count() == len(kept(mediator="VEGF"))
    assert said(page).startswith("VEGF: 9 findings from 7 papers.")
    node(page, "VEGF", 0).click()
    assert ask(page, "x.values.mediator") == "", "a second click lets go"
    page.locator("#explorer-net select[data-action=evidence]").select_option("patients")
    page.locator("#explorer-net select[data-action=setting]").select_option("lung cancer")
    assert rows.count() == len(kept(evidence="patients", setting="lung cancer"))
    assert "seen in patients, in lung cancer" in said(page)
    page.locator("#explorer-net select[data-action=effect]").select_option("angiogenesis")
    node(page, "neutrophil", 0).click()
    assert [r.split("\n")[0] for r in rows.locator("td:first-child").all_inner_texts()] == [] or rows.count() == len(
        kept(cell="neutrophil", effect="angiogenesis", evidence="patients", setting="lung cancer")
    )
    page.locator("#explorer-net [data-action=all]").click()
    assert rows.count() == len(FINDINGS)
    assert page.locator("#explorer-net [data-action=all]").is_disabled()
    page.locator("#explorer-net [data-action=reset]").click()
    assert said(page) == first
    assert page.locator("#explorer-net .explorer-summary").get_attribute("aria-live") == "polite" or page.locator("#explorer-net [aria-live]").count()


@pytest.mark.browser
def test_an_empty_choice_says_so(opened):
    page = opened()
    nothing = next(c for c in CHOICES["cell"] if not kept(mediator="CXCL13", cell=c))
    ask(page, f"(x.set('mediator', 'CXCL13'), x.set('cell', '{nothing}'))")
    assert said(page) == f"CXCL13 and {nothing}: no finding in this table fits."
    assert page.locator("#explorer-net .explorer-found").inner_text().startswith("0 findings")


@pytest.mark.browser
def test_the_sentence_counts_as_python_counts(opened):
    page = opened()
    for name in CHOICES["mediator"]:
        own = network.select(FINDINGS, mediator=name)
        text = page.evaluate("name => { const x = solubleExplorers.net; x.set('mediator', name); return x.summary; }", name)
        assert text.startswith(f"{name}: {len(own)} finding{'' if len(own) == 1 else 's'} from {own['source'].nunique()} paper")
        acts = own[own["kind"] == "acts on"]
        people = acts[acts["evidence"] == "patients"]
        if len(acts):
            assert f"Of {len(acts)} finding{'' if len(acts) == 1 else 's'} on what mediators do, {len(people) or 'none'} " in text
        for kind, end, words in (("secretes", "from", "Made by: "), ("acts on", "to", "Heard by: ")):
            named = list(dict.fromkeys(own[own["kind"] == kind][end]))
            assert (words + ", ".join(named) + "." in text) if named else (words not in text)


@pytest.mark.browser
def test_keys_go_through_the_nodes_and_choose(opened):
    """One stop for the Tab key; arrows move within and between the columns; Enter chooses; Escape lets go."""
    page = opened()
    assert page.locator("#explorer-net svg .node[tabindex='0']").count() == 1
    page.locator("#explorer-net svg .node[tabindex='0']").focus()
    here = "document.activeElement.dataset.name"
    assert page.evaluate(here) == "IL-6"
    middle = [m[0] for m in explorer().config["mediators"]]
    page.keyboard.press("ArrowUp")
    assert page.evaluate(here) == middle[middle.index("IL-6") - 1]
    page.keyboard.press("End")
    assert page.evaluate(here) == middle[-1]
    page.keyboard.press("Home")
    assert page.evaluate(here) == middle[0]
    page.keyboard.press("Enter")
    assert ask(page, "x.values.mediator") == middle[0]
    assert page.evaluate(here) == middle[0], "the focus stays where it was"
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    page.keyboard.press("ArrowLeft")
    cell = page.evaluate(here)
    assert cell in CHOICES["cell"]
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == f"{cell}, makes"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").endswith(", hears")
    page.keyboard.press(" ")
    assert ask(page, "x.values.cell") in CHOICES["cell"]
    page.keyboard.press("Escape")
    assert ask(page, "[x.values.cell, x.values.mediator]") == ["", ""]


@pytest.mark.browser
def test_a_finger_finds_the_nodes_of_a_phone(opened):
    """At 360 pixels only what belongs to the choice is drawn, in rows of 34 pixels, and nothing leaves the picture."""
    page = opened(width=360, has_touch=True)
    near = network.select(FINDINGS, mediator="IL-6")
    drawn = set(page.locator("#explorer-net svg .node").evaluate_all("nodes => nodes.map(n => n.dataset.name)"))
    assert drawn == {*near["from"], *near["to"]}
    heights = page.locator("#explorer-net svg .hit").evaluate_all("rects => rects.map(r => r.getBoundingClientRect().height)")
    assert min(heights) >= 24
    texts = page.locator("#explorer-net svg").evaluate("e => [...e.querySelectorAll('text')].map(t => { const b = t.getBBox(); return [b.x, b.x + b.width]; })")
    inside = page.locator("#explorer-net .explorer-stage").evaluate("e => e.clientWidth")
    assert all(a >= -1 and b <= inside + 1 for a, b in texts)
    node(page, "IL-1β", 0).tap()
    assert ask(page, "x.values.mediator") == "IL-1β"
    fits(page)


@pytest.mark.browser
def test_the_address_carries_the_state(opened):
    page = opened()
    ask(page, "(x.set('mediator', ''), x.set('cell', 'γδ T cell'), x.set('evidence', 'mice'))")
    until(page, "location.hash.includes('mice')")
    fragment = page.evaluate("location.hash")
    assert unquote(fragment) == "#net:cell=γδ T cell&mediator=all&evidence=mice"
    other = opened(fragment)
    assert ask(other, "x.values") == ask(page, "x.values")
    assert ask(other, "x.summary") == ask(page, "x.summary")
    page.locator("#explorer-net [data-action=reset]").click()
    until(page, "location.hash === ''")


@pytest.mark.browser
def test_a_link_in_the_text_sets_the_explorer_and_brings_it_into_view(opened):
    page = opened()
    page.evaluate(
        """() => { const a = Object.assign(document.createElement('a'), {href: '#net:mediator=all&cell=CD8%20T%20cell', textContent: 'there'});
           a.style.marginTop = '200vh'; a.style.display = 'block'; document.querySelector('main').append(a); scrollTo(0, 1e6); }"""
    )
    assert page.evaluate("document.querySelector('#explorer-net').getBoundingClientRect().bottom") < 0
    page.get_by_role("link", name="there", exact=True).click()
    until(page, "solubleExplorers.net.values.cell === 'CD8 T cell'")
    assert ask(page, "x.values.mediator") == ""
    assert abs(page.evaluate("document.querySelector('#explorer-net').getBoundingClientRect().top")) < 100


@pytest.mark.browser
def test_a_hostile_address_is_ignored(opened):
    page = opened()
    first = ask(page, "x.values")
    for fragment in [
        "net:mediator=__proto__&cell=constructor&effect=toString",
        "net:__proto__=IL-6&constructor=IL-6&hasOwnProperty=1",
        "net:mediator=<img src=x onerror=window.hacked=1>",
        "net:mediator=%E0%A4%A",
        "net:cell=IL-6&evidence=rats&setting",
        "net:" + "mediator=IL-99&" * 5000,
    ]:
        page.evaluate("location.hash = 'net:mediator=VEGF'")
        until(page, "solubleExplorers.net.values.mediator === 'VEGF'")
        page.evaluate("f => { location.hash = f; }", fragment)
        page.wait_for_timeout(40)
        assert ask(page, "x.values") in (first, first | {"mediator": "VEGF"}), fragment[:60]
    assert page.locator("#explorer-net img").count() == 0
    assert page.evaluate("window.hacked === undefined && Object.keys(Object.prototype).length === 0")


@pytest.mark.browser
def test_the_files(opened):
    page = opened("#net:mediator=VEGF&evidence=patients", permissions=["clipboard-read", "clipboard-write"])
    with page.expect_download() as saved:
        page.locator("#explorer-net [data-action=csv]").click()
    assert saved.value.suggested_filename == "net.csv"
    notes, rows = notes_and_rows(open(saved.value.path(), encoding="utf8").read())
    assert any("VEGF" in line for line in notes)
    assert [r["id"] for r in rows] == kept(mediator="VEGF", evidence="patients")
    for row in rows:
        assert row["statement"] == FINDINGS.loc[row["id"], "statement"]
        assert row["url"] == evidence.references()[row["source"]]["url"]
    assert {"VEGF", "tumour cell", "patients"} <= words_of_the_saved_picture(page)
    page.locator("#explorer-net [data-action=link]").click()
    until(page, "document.querySelector('#explorer-net .explorer-status').textContent")
    assert page.evaluate("navigator.clipboard.readText()").endswith("/#net:mediator=VEGF&evidence=patients")


@pytest.mark.browser
def test_axe_finds_nothing_and_a_phone_holds_it(opened):
    for width in (1280, 360):
        for fragment in ("", "#net:mediator=all", "#net:mediator=all&cell=tumour%20cell"):
            page = opened(fragment, width=width, bypass_csp=True)
            for _ in in_each_theme(page):
                axe_finds_nothing(page)
                fits(page)


@pytest.mark.browser
def test_it_works_in_a_notebook(browser, tmp_path, serve):
    """The module for Jupyter, with a stand-in for the kernel: values go both ways, and papers are linked by their DOI."""
    widget = explorer()
    with notebook(browser, serve, tmp_path, widget) as page:
        assert page.evaluate("kernel.state.summary").startswith(f"IL-6: {len(network.select(FINDINGS, mediator='IL-6'))} findings")
        page.locator("select[data-action=mediator]").select_option("CXCL12")
        until(page, "kernel.state.values.mediator === 'CXCL12'")
        page.evaluate("values => kernel.send(values)", widget.values | {"mediator": "", "cell": "neutrophil"})
        until(page, "document.querySelector('.explorer-summary').textContent.startsWith('neutrophil')")
        assert page.locator(".explorer-findings tbody a").first.get_attribute("href").startswith("https://")
