"""The reader's aids: progress, citations, keys, cards of terms, the glossary's table of mediators, the order of search."""

from __future__ import annotations

import contextlib
import json
import re
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from conftest import ROOT, serving
from playwright.sync_api import expect
from test_site import CHAPTERS, HTML, IL6, POLICY, opened, readable, soup_of

from soluble import evidence
from soluble.mediators import mediators
from soluble.network import makers
from soluble.sphinxext import browser as browsers
from soluble.sphinxext import cite, terms
from soluble.sphinxext.mediators import homes

HOW = "chapters/how-to-use.html"
GLOSSARY = "chapters/glossary.html"
KEPT = "JSON.parse(localStorage.getItem('soluble-progress'))"
REFUSED = "for (const name of ['getItem', 'setItem', 'removeItem']) Storage.prototype[name] = () => { throw new DOMException('refused', 'SecurityError'); };"


# --- citations --------------------------------------------------------------------------------------------------------


@pytest.fixture
def cff(tmp_path):
    path = tmp_path / "CITATION.cff"
    path.write_text('title: "A book & its parts"\nversion: 1.2.0\ndate-released: 2026-03-04\nauthors:\n  - name: "The authors"\n  - {family-names: Doe, given-names: Jane}\n')
    return path


def test_a_citation_says_what_the_citation_file_says(cff):
    whole = cite.book(cff)
    assert whole.words == "The authors; Doe, Jane (2026). A book & its parts. Version 1.2.0, 4 March 2026."
    assert "http" not in whole.words + whole.bibtex + whole.ris
    assert cite.book(cff, "https://example.org/").words.endswith("4 March 2026. https://example.org/")


def test_the_bibtex_of_a_chapter_is_read_by_others(cff):
    from pybtex.database import parse_string

    whole = cite.book(cff)
    part = cite.Work("key-03", whole.authors, whole.book, whole.version, whole.released, "IL-6: why 5 % of it?", "3", "https://example.org/03_il6.html")
    (entry,) = parse_string(part.bibtex, "bibtex").entries.values()
    assert entry.type == "incollection" and entry.fields["booktitle"] == r"{A book \& its parts}" and entry.fields["title"] == r"{IL-6: why 5 \% of it?}"
    assert [str(p) for p in entry.persons["author"]] == ["{The authors}", "Doe, Jane"] and entry.fields["url"] == part.address
    assert "doi" not in entry.fields
    rows = dict(line.split("  - ", 1) for line in part.ris.splitlines())
    assert "AU  - The authors,\nAU  - Doe, Jane\n" in part.ris
    assert list(rows)[0] == "TY" and list(rows)[-1] == "ER" and rows["TY"] == "CHAP" and rows["T2"] == whole.book and rows["DA"] == "2026/03/04"
    assert "IL-6: why 5 % of it? Chapter 3 in: A book" in part.words


def test_the_book_is_cited_by_its_own_file():
    found = cite.book(ROOT / "CITATION.cff")
    assert isinstance(found.released, date) and found.version in found.words and found.book.startswith("Soluble Signals")


@pytest.mark.site
def test_each_chapter_ends_with_its_citation():
    for page in CHAPTERS:
        soup = soup_of(page)
        title = re.sub(r"\s*#$", "", " ".join(soup.h1.get_text().split()))
        said = [pre.get_text() for pre in soup.select(".chapter-end .citing pre")]
        assert len(said) == 6 and all(title in " ".join(text.split()) for text in said[:3]), page
        assert not any("doi" in text.lower() for text in said)


@pytest.mark.site
@pytest.mark.browser
def test_a_citation_is_copied_and_it_is_said(browser, site):
    with opened(browser, f"{site}/{IL6}") as tab:
        tab.evaluate("navigator.clipboard.writeText = async text => { window.copied = text; }")
        tab.locator(".chapter-end summary").click()
        tab.get_by_role("button", name="Copy This chapter as RIS").click()
        expect(tab.locator("body > [role=status]")).to_contain_text("Copied: This chapter as RIS")
        assert tab.evaluate("window.copied").startswith("TY  - CHAP\n")


# --- cards of terms ---------------------------------------------------------------------------------------------------

TERMS = {"term-MDSC": ("MDSC", "d"), "term-Hazard-ratio": ("Hazard ratio", "d"), "term-Fold": ("Fold", "d"), "term-Kaplan": ("Kaplan–Meier curve", "d")}


def marked(html):
    soup = BeautifulSoup(f"<article>{html}</article>", "html.parser")
    terms.mark(soup, terms.Names(TERMS), "g/glossary.html")
    return soup, [(a.get_text(), a["href"].partition("#")[2]) for a in soup.select(".term > a.fact-value")]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>IL-6 and again IL-6, or interleukin-6.</p>", [("IL-6", "mediator-il6")]),
        ("<p>CXCL8</p><p>IL‑8</p>", [("CXCL8", "mediator-il8")]),
        ("<p>IL-6R and anti-IL-60</p>", []),
        ("<h2>IL-6</h2><pre>IL-6</pre><table><tr><td><p>IL-6</p></td></tr></table><p><a href='x'>IL-6</a> <code>IL-6</code></p>", []),
        ("<p><span class='fact'><a href='x'>1</a><span class='fact-tip'>IL-6</span></span></p>", []),
        ("<p>Hazard ratios; a hazard ratio; MDSCs</p>", [("Hazard ratios", "term-Hazard-ratio"), ("MDSCs", "term-MDSC")]),
        ("<p>a two-fold rise; the fold</p>", []),
        ("<p>the <a href='g/glossary.html#term-Fold'>fold</a>, a <a href='g/glossary.html#term-Fold'>fold</a></p>", [("fold", "term-Fold")]),
        ("<p>a Kaplan-Meier curve</p>", [("Kaplan-Meier curve", "term-Kaplan")]),
        ("<p>KC is a mediator, kc is not; we mig, MIG</p>", [("KC", "mediator-cxcl1"), ("MIG", "mediator-cxcl9")]),
    ],
)
def test_the_first_use_in_prose_gets_a_card(html, expected):
    soup, found = marked(html)
    assert found == expected
    assert soup.get_text() == BeautifulSoup(html, "html.parser").get_text(), "no word is lost"


@pytest.mark.site
@pytest.mark.parametrize("page", CHAPTERS)
def test_each_card_of_a_page_is_written(page):
    cards = json.loads((HTML / "_assets" / "terms.js").read_text(encoding="utf8").removeprefix("solubleTerms="))
    anchors = [a["href"].partition("#")[2] for a in soup_of(page).select(".term > a")]
    assert len(anchors) > 5 and len(set(anchors)) == len(anchors) and set(anchors) <= set(cards)
    for card in cards.values():
        assert card["name"] and len(card["says"]) > 8 and card["links"]
        for way, _ in card["links"]:
            file, _, anchor = way.partition("#")
            assert (HTML / file).is_file(), way
            assert not anchor or f'id="{anchor}"' in (HTML / file).read_text(encoding="utf8"), way


def asked_for(tab):
    names = []
    tab.on("request", lambda request: names.append(request.url.partition("?")[0].rpartition("/")[2]))
    return names


@pytest.mark.site
@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_term_tells_what_it_is(browser, site, theme):
    """By mouse and keyboard; Escape closes it; it can be pointed at itself; what it says is fetched when it is asked for."""
    watch = []
    with opened(browser, f"{site}/{IL6}", theme=theme, watch=watch) as tab:
        loaded = tab.evaluate("performance.getEntriesByType('resource').map(e => e.name).join(' ')")
        assert "terms.js" not in loaded
        names = asked_for(tab)
        first = tab.locator(".term:has(> a[href$='mediator-il1beta'])")
        first.scroll_into_view_if_needed()
        first.hover()
        tip = first.get_by_role("tooltip", include_hidden=True)
        tip.wait_for(state="visible")
        assert names.count("terms.js") == 1
        words = tip.inner_text()
        for part in ("IL-1β: interleukin-1 beta", "IL1B", "IL-1R1", "myeloid cell (in mice)", "kDa"):
            assert part in words, part
        box = tip.bounding_box()
        tab.mouse.move(box["x"] + 20, box["y"] + 20)
        tab.wait_for_timeout(400)
        assert tip.is_visible(), "the card stays while it is pointed at"
        found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
        assert not found, readable(found)
        tab.keyboard.press("Escape")
        tip.wait_for(state="hidden")
        tab.mouse.move(2, 2)
        link = first.locator("> a")
        link.focus()
        tip.wait_for(state="visible")
        assert link.get_attribute("aria-describedby") == tip.get_attribute("id")
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.closest('[role=tooltip]') !== null"), "the links of the card follow"
        tab.keyboard.press("Escape")
        tip.wait_for(state="hidden")
        assert names.count("terms.js") == 1
    assert not watch, "\n".join(watch)


@pytest.mark.site
@pytest.mark.browser
def test_a_term_can_be_tapped_on_a_phone_from_a_folder(browser):
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    tab = context.new_page()
    errors = []
    tab.on("pageerror", lambda e: errors.append(str(e)))
    address = (HTML / IL6).as_uri()
    tab.goto(address)
    first = tab.locator(".term > a").first
    first.scroll_into_view_if_needed()
    first.tap()
    tip = tab.locator(".term [role=tooltip]").first
    tip.wait_for(state="visible")
    box = tip.bounding_box()
    assert tab.url == address and box["x"] >= 0 and box["x"] + box["width"] <= 360 and box["y"] + box["height"] <= 740
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    tip.locator("a").last.tap()
    tab.wait_for_url(re.compile("glossary"))
    context.close()
    assert not errors


# --- mediators --------------------------------------------------------------------------------------------------------


def test_each_mass_and_cell_has_its_source():
    known = evidence.references()
    for m in mediators():
        assert not m.mass or set(m.mass) == {"kDa", "of", "source"}, m.name
        keys = [m.mass["source"]] if m.mass else []
        keys += [key for _, _, sources in makers(m) for key in sources]
        assert all(key in known or key.startswith("http") for key in keys), (m.name, keys)
    assert sum(bool(m.mass) for m in mediators()) >= 15 and sum(bool(makers(m)) for m in mediators()) >= 20


def test_a_cell_seen_in_patients_stands_before_one_seen_in_mice():
    (cxcl12,) = (m for m in mediators() if m.name == "CXCL12")
    assert [(cell, where) for cell, where, _ in makers(cxcl12)] == [("tumour cell", "patients"), ("fibroblast", "mice")]


@pytest.mark.site
def test_the_glossary_lists_every_mediator():
    soup = soup_of(GLOSSARY)
    for m in mediators():
        cells = soup.find(id=f"mediator-{m.word}").find_all("td")
        assert len(cells) == 5 and all(cell.get_text(strip=True) for cell in cells), m.name
        assert m.long in cells[0].get_text() and all(name in cells[0].get_text() for name in m.synonyms)
        assert not m.mass or cells[3].find("a"), m.name
        assert not m.chapter or cells[4].find("a", href=f"{m.chapter}.html"), m.name


# --- search -----------------------------------------------------------------------------------------------------------

FIRST = {
    "IL-8": "04-il8",
    "CXCL8": "04-il8",
    "interleukin-8": "04-il8",
    "CXCR2": "04-il8",
    "IL-6": "03-il6",
    "tocilizumab": "03-il6",
    "IL-10": "05-il10",
    "SDF-1": "06-cxcl12",
    "CXCR4": "06-cxcl12",
    "CCR7": "07-ccl21",
    "bFGF": "10-angiogenesis",
    "FGF2": "10-angiogenesis",
    "VEGF-A": "10-angiogenesis",
    "angiogenesis": "10-angiogenesis",
    "bevacizumab": "10-angiogenesis",
    "MMP-9": "11-mmp",
    "TGF-beta": "09-emt",
    "EMT": "09-emt",
    "metastasis": "12-dissemination",
    "regulatory T cells": "08-immune",
    "PD-1": "14-pd1",
    "PD-L1": "14-pd1",
    "checkpoint": "14-pd1",
    "checkpoint inhibitors": "14-pd1",
    "independent action": "15-combinations",
    "virtual patients": "16-virtual-trial",
    "prognostic": "13-signatures",
    "glossary": "glossary",
}


def results(tab, query):
    tab.goto(f"{tab.url.partition('/search')[0]}/search.html?q={query}")
    expect(tab.locator(".search-summary")).to_contain_text("Search finished", timeout=15_000)
    return tab.locator("#search-results li > a").evaluate_all("links => links.map(a => a.getAttribute('href'))")


@pytest.mark.site
@pytest.mark.browser
def test_search_gives_the_chapter_on_it_first(browser, site):
    wrong = []
    with opened(browser, f"{site}/search.html") as tab:
        for query, first in FIRST.items():
            found = results(tab, query)
            if not found[0].partition("#")[0].endswith(f"/{first}.html"):
                wrong.append(f"{query}: {found[:3]}, not {first}")
            places = [bool(re.search(r"#", way)) for way in found]
            assert places == sorted(places), f"{query}: a part of a page stands before a page"
            assert not any("explorer-" in way or "slides/" in way for way in found), query
    assert not wrong, "\n".join(wrong)


def test_a_topic_of_no_chapter_is_an_error():
    with pytest.raises(ValueError, match="not in chapters"):
        homes({"chapters/03-il6"})


@pytest.mark.site
def test_titles_of_the_side_bar_are_short():
    links = soup_of(IL6).select("#pst-primary-sidebar nav li > a")
    assert len(links) > 15
    assert all(": " not in a.get_text() and len(a.get_text()) < 42 for a in links), [a.get_text() for a in links]


# --- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.site
@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_list_of_keys_opens_closes_and_gives_the_focus_back(browser, site, theme):
    watch = []
    with opened(browser, f"{site}/{IL6}", theme=theme, watch=watch) as tab:
        button = tab.get_by_role("button", name="Keyboard shortcuts")
        button.focus()
        tab.keyboard.press("Enter")
        dialog = tab.get_by_role("dialog", name="Keyboard shortcuts")
        dialog.wait_for()
        shown = dialog.locator("dt").all_inner_texts()
        assert {"?", "/", "n", "p", "c", "d"} <= set(shown) and "In an explorer" in dialog.inner_text()
        found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
        assert not found, readable(found)
        tab.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
        expect(button).to_be_focused()
        tab.keyboard.press("?")
        dialog.wait_for()
        tab.keyboard.press("n")
        assert tab.url.endswith(IL6), "keys of the page rest while a dialog is open"
    assert not watch, "\n".join(watch)


@pytest.mark.site
@pytest.mark.browser
def test_each_key_does_what_the_list_says(browser, site):
    with opened(browser, f"{site}/{IL6}") as tab:
        tab.keyboard.press("d")
        assert tab.evaluate("document.documentElement.dataset.mode") != "light"
        tab.keyboard.press("c")
        expect(tab.locator("#pst-primary-sidebar")).to_be_hidden()
        tab.keyboard.press("/")
        field = tab.locator("#pst-search-dialog input")
        expect(field).to_be_focused()
        tab.keyboard.type("np?cd")
        assert field.input_value() == "np?cd" and tab.url.endswith(IL6), "typing is typing"
        tab.keyboard.press("Escape")  # empties the field
        tab.keyboard.press("Escape")
        tab.locator("#pst-search-dialog").wait_for(state="hidden")
        tab.keyboard.press("n")
        tab.wait_for_url("**/04-il8.html")
        tab.keyboard.press("p")
        tab.wait_for_url("**/03-il6.html")
        tab.keyboard.press("Control+n")
        assert tab.url.endswith(IL6)


@pytest.mark.site
@pytest.mark.browser
@pytest.mark.parametrize("refused", [False, True])
def test_single_keys_can_be_switched_off(browser, site, refused):
    with opened(browser, "about:blank") as tab:
        tab.context.unroute("**/*")
        if refused:
            tab.add_init_script(REFUSED)
        tab.goto(f"{site}/{IL6}")
        tab.keyboard.press("?")
        tab.get_by_label("Single keys work").uncheck()
        tab.keyboard.press("Escape")
        tab.keyboard.press("n")
        tab.keyboard.press("?")
        tab.wait_for_timeout(300)
        assert tab.url.endswith(IL6) and not tab.locator("dialog[open]").count()
        if not refused:
            tab.reload()
            tab.keyboard.press("n")
            tab.wait_for_timeout(300)
            assert tab.url.endswith(IL6), "the choice is kept"
        tab.get_by_role("button", name="Keyboard shortcuts").click()
        expect(tab.get_by_label("Single keys work")).not_to_be_checked()


# --- progress ---------------------------------------------------------------------------------------------------------


def solve(tab):
    quiz = tab.locator("form.quiz").first
    quiz.locator(".quiz-answer[data-right=true] input").first.check()
    quiz.get_by_role("button", name="Check").click()
    return quiz


@contextlib.contextmanager
def at_home(browser, url, watch, profile):
    """A page in a profile of its own, as readers have one: in a private window Chromium may lose what a page of a folder keeps."""
    context = browser.browser_type.launch_persistent_context(profile, executable_path=browsers.find(), args=browsers.FLAGS)
    page = context.new_page()
    page.on("console", lambda m: watch.append(f"console {m.type}: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda e: watch.append(f"script error: {e}"))
    page.goto(url)
    yield page
    context.close()


@pytest.mark.site
@pytest.mark.browser
@pytest.mark.parametrize("folder", [False, True], ids=["served", "folder"])
def test_what_was_read_and_done_is_kept_here_and_can_be_deleted(browser, site, folder, tmp_path):
    base = HTML.as_uri() if folder else site
    watch = []
    with at_home(browser, f"{base}/{IL6}", watch, tmp_path) if folder else opened(browser, f"{base}/{IL6}", watch=watch) as tab:
        assert tab.evaluate(KEPT) is None, "nothing is kept of who has only opened a page"
        quiz = solve(tab)
        expect(quiz.get_by_text("Answered")).to_be_visible()
        tab.get_by_role("checkbox", name="Done: Five drugs, two roads").check()
        assert sorted(tab.evaluate(KEPT)["marks"]) == ["03-il6#il6-recall", "03-il6#quiz-1"]
        tab.locator("#summary > h2").scroll_into_view_if_needed()
        read = tab.get_by_label("I have read this chapter")
        expect(read).to_be_checked()
        assert re.search(r"1 of \d exercises, 1 of \d questions", tab.locator(".chapter-progress").inner_text())
        assert " ".join(tab.locator("#pst-primary-sidebar a.current").inner_text().split()) == "IL-6 ✓ read"
        read.uncheck()
        assert "03-il6" not in tab.evaluate(KEPT)["marks"]
        read.check()
        tab.reload()
        expect(tab.get_by_role("checkbox", name="Done: Five drugs, two roads")).to_be_checked()
        tab.locator(".chapter-progress a").click()
        tab.wait_for_url("**/how-to-use.html#progress")
        row = tab.locator("tr[data-chapter='03-il6']")
        expect(row).to_contain_text(re.compile(r"read\s+1 of \d\s+1 of \d"), use_inner_text=True)
        assert "this browser alone" in tab.locator(".progress-state").inner_text()
        assert tab.locator(".nav-progress").inner_text() == f"1 of {len(CHAPTERS)} chapters read"
        if not folder:  # axe reads the style sheets again, which a browser refuses there
            found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
            assert not found, readable(found)
        tab.get_by_role("button", name="Switch off and delete").click()
        expect(row).to_be_hidden()
        assert tab.evaluate("Object.entries(localStorage).filter(([k]) => k.startsWith('soluble'))") == [["soluble-progress", '{"on":false}']]
        assert not tab.locator(".nav-progress").is_visible() and "Progress is off" in tab.locator(".progress-state").inner_text()
        tab.goto(f"{base}/{IL6}")
        solve(tab)
        assert not tab.get_by_text("Answered").first.is_visible()
        tab.locator("#summary > h2").scroll_into_view_if_needed()
        tab.wait_for_timeout(300)
        assert tab.evaluate(KEPT) == {"on": False} and not tab.locator(".tick:visible").count()
        tab.goto(f"{base}/{HOW}")
        tab.get_by_role("button", name="Switch on").click()
        expect(row).to_contain_text("0 of")
    assert not watch, "\n".join(watch)


@pytest.mark.site
@pytest.mark.browser
def test_where_nothing_can_be_kept_the_page_says_so_and_works(browser, site):
    errors = []
    context = browser.new_context()
    context.add_init_script(REFUSED)
    tab = context.new_page()
    tab.on("pageerror", lambda e: errors.append(str(e)))
    tab.goto(f"{site}/{IL6}")
    solve(tab)
    expect(tab.get_by_text("Answered").first).to_be_visible()
    tab.goto(f"{site}/{HOW}")
    assert "keeps nothing" in tab.locator(".progress-state").inner_text()
    context.close()
    assert not errors


CORRUPT = ["", "{", "null", "7", '"x"', "[]", '{"marks": 3}', '{"marks": [1, null, {}, "<img src=x onerror=window.hacked=1>", "03-il6", "../x#y#z"]}', '{"on": "off", "marks": {"length": 9}}', json.dumps({"marks": [f"a{i}" for i in range(5000)]}), '{"__proto__": {"marks": ["03-il6"]}}']


@pytest.mark.site
@pytest.mark.browser
@pytest.mark.parametrize("kept", CORRUPT, ids=range(len(CORRUPT)))
def test_what_the_browser_gives_back_is_not_trusted(browser, site, kept):
    watch = []
    with opened(browser, f"{site}/{HOW}", watch=watch) as tab:
        tab.evaluate("text => localStorage.setItem('soluble-progress', text)", kept)
        tab.reload()
        assert tab.locator("tr[data-chapter]").count() == len(CHAPTERS)
        assert tab.locator("tr[data-chapter='03-il6'] [data-read]").inner_text() == ("✓ read" if '"03-il6", ' in kept else "–")
        assert tab.evaluate("window.hacked === undefined")
        tab.goto(f"{site}/{IL6}")
        tab.get_by_role("checkbox", name="Done: Five drugs, two roads").check()
        marks = tab.evaluate(KEPT)["marks"]
        assert "03-il6#il6-recall" in marks and len(marks) <= 2001 and all(re.fullmatch(r"[\w-]+(#[\w-]+)?", mark) for mark in marks)
    assert not watch, "\n".join(watch)


@pytest.mark.site
@pytest.mark.browser
@pytest.mark.parametrize("page", [IL6, HOW, GLOSSARY])
def test_a_phone_shows_it_all(browser, site, page):
    watch = []
    with serving(HTML, policy=POLICY) as address, opened(browser, f"{address}/{page}", width=360, height=740, watch=watch) as tab:
        tab.keyboard.press("?")
        tab.locator("#keys-dialog").wait_for()
        box = tab.locator("#keys-dialog").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360
        tab.keyboard.press("Escape")
        for fold in tab.locator(".chapter-end summary").all():
            fold.click()
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360
        for box in tab.locator(".tick:visible").all():
            assert box.bounding_box()["height"] >= 24
    assert not watch, "\n".join(watch)


@pytest.mark.site
def test_without_scripts_the_overview_says_what_there_is_to_do():
    rows = soup_of(HOW).select("tr[data-chapter]")
    assert len(rows) == len(CHAPTERS)
    for row in rows:
        soup = soup_of(f"chapters/{row['data-chapter']}.html")
        assert int(row.select_one("[data-exercises]")["data-exercises"]) == len(soup.select(".exercise[id]")) >= 3
        assert int(row.select_one("[data-questions]")["data-questions"]) == len(soup.select("form.quiz[id]")) >= 4
    assert "nothing is kept" in Path(HTML / HOW).read_text(encoding="utf8")
