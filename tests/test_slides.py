"""The slides of each chapter: every slide fits and can be read, the explorers on them work, keys and addresses lead where they say, nothing is given away."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup, NavigableString
from conftest import ROOT, serving
from explorer_page import becomes, changes, until
from test_site import HTML, POLICY, opened, readable, settle

from soluble.leaks import words
from soluble.sphinxext.slide_text import Line, clauses, fitting, grouped, shown
from soluble.teaching import blocks, exercises

pytestmark = [pytest.mark.site]

CHAPTERS = sorted((ROOT / "chapters").glob("[0-9][0-9]-*.md"))
DECKS = [p.stem for p in CHAPTERS]
IL8 = "slides/04-il8.html"
#: What stands below the foot of its slide, beside the sheet, or on top of what is drawn next; and words that are too small, in pixels of a sheet 1280 wide.
LOOK = """() => {
  const wrong = [];
  for (const slide of document.querySelectorAll('.slide')) {
    const sheet = slide.querySelector('.slide-sheet').getBoundingClientRect(), scale = sheet.width / 1280;
    const floor = slide.querySelector('.slide-foot').getBoundingClientRect().top;
    const say = (what, e) => wrong.push(`${slide.id} ${slide.className}: ${what}: ${e.localName}.${e.getAttribute('class') ?? ''} ${e.textContent.trim().slice(0, 50)}`);
    if (sheet.height > slide.getBoundingClientRect().height + 1 || sheet.width > innerWidth + 1) say('is larger than the window', slide);
    for (const e of slide.querySelectorAll('.slide-part, h1, h2, .slide-body *')) {
      if (e.closest('.fact-tip, .visually-hidden, .explorer-offscreen, [hidden]') || (e.closest('math') && e.localName !== 'math')) continue;
      if (e.closest('svg') && !['svg', 'text'].includes(e.localName)) continue;
      const box = e.getBoundingClientRect(), style = getComputedStyle(e);
      if (!box.width || !box.height || style.visibility === 'hidden' || style.clipPath !== 'none') continue;
      if (box.bottom > floor + 1.5 || box.right > sheet.right + 1.5 || box.left < sheet.left - 1.5 || box.top < sheet.top - 1.5) say('does not fit', e);
      if (e.scrollWidth > e.clientWidth + 1 && ['auto', 'scroll'].includes(style.overflowX)) say('scrolls', e);
      const speaks = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
      if (e.localName === 'text' && e.closest('figure.explorer')) {
        const drawn = e.getScreenCTM(), size = parseFloat(style.fontSize) * Math.hypot(drawn.c, drawn.d) / scale;
        if (size < 13.9) say(`is ${size.toFixed(1)} px high in the picture`, e);
      }
      if (speaks && !e.closest('svg, math, sub, sup')) {
        let size = parseFloat(style.fontSize);
        for (let at = e; at !== slide; at = at.parentElement) size *= parseFloat(getComputedStyle(at).zoom) || 1;
        if (size / scale < (e.closest('figure.explorer') ? 13.9 : 19.9)) say(`is ${(size / scale).toFixed(1)} px high`, e);
      }
    }
    const [caption, panel] = ['figcaption', '.explorer-panel'].map((name) => slide.querySelector(`figure.explorer ${name}`)?.getBoundingClientRect());
    if (caption && panel && [...slide.querySelectorAll('.explorer-panel *')].some((e) => e.getBoundingClientRect().bottom > caption.top + 1.5)) say('its controls reach into the caption', slide);
  }
  return wrong;
}"""


def text(*sentences):
    """A paragraph as lines."""
    return [Line([NavigableString(sentence)], number == 0) for number, sentence in enumerate(sentences)]


def test_text_is_parted_evenly_between_paragraphs_and_none_is_lost():
    sentence = "A sentence that is as long as most of those that this book holds, or a little longer."
    lines = text(*[sentence] * 4) + text(*[sentence] * 4) + text(sentence)
    groups = grouped(lines)
    assert [line for group in groups for line in group] == lines and 2 <= len(groups) <= 3
    assert all(group[0].first and fitting(group) for group in groups), "each slide begins with a paragraph"
    one = grouped(text(*[sentence] * 11))
    assert len(one) >= 2 and abs(len(one[0]) - len(one[-1])) <= 1, "a long paragraph is parted evenly, no sentence is left alone"
    assert fitting(text("Short.")) == "huge" and fitting(text(*[sentence] * 4)) in ("large", "middle")


def test_a_long_sentence_is_parted_at_semicolons_outside_of_brackets():
    node = BeautifulSoup(f"<p>{'a long beginning ' * 18}(with this; and that); <em>a second; part</em>; a third.</p>", "html.parser").p
    parts = [shown(part).strip() for part in clauses(list(node.children))]
    assert [part[-22:] for part in parts] == ["g (with this; and that);"[-22:], "a second; part;", "a third."]
    assert len(clauses(text("Short; and whole.")[0].nodes)) == 1


def address(deck):
    return (HTML / "slides" / f"{deck}.html").as_uri()


def soup(deck):
    return BeautifulSoup((HTML / "slides" / f"{deck}.html").read_text(encoding="utf8"), "html.parser")


def number(tab):
    """The slide that fills the window."""
    return tab.evaluate("[...document.querySelectorAll('.slide')].findIndex(s => Math.abs(s.getBoundingClientRect().top) < 2) + 1")


def test_every_chapter_has_a_deck_and_tells_of_it():
    assert sorted(p.stem for p in (HTML / "slides").glob("*.html")) == DECKS and len(DECKS) >= 16
    for deck in DECKS:
        assert BeautifulSoup((HTML / "chapters" / f"{deck}.html").read_text(encoding="utf8"), "html.parser").select(f"ul.downloads a[href='../slides/{deck}.html']")


@pytest.mark.parametrize("deck", DECKS)
def test_a_deck_holds_what_its_chapter_holds(deck):
    """Title with the answer, puzzle, key points, figures, equations; each prediction, explorer and 'what you should have seen' in their order; clinic, question, sources."""
    made = soup(deck)
    slides = made.select(".slide")
    kinds = [s["class"][1] for s in slides]
    assert 12 <= len(slides) <= 40
    assert [s["id"] for s in slides] == [f"/{n}" for n in range(1, len(slides) + 1)]
    assert [s.select_one(".slide-number").get_text() for s in slides] == [f"{n} of {len(slides)}" for n in range(1, len(slides) + 1)]
    assert kinds[0] == "title" and len(slides[0].select_one(".deck-answer").get_text().split()) > 12
    page = BeautifulSoup((HTML / "chapters" / f"{deck}.html").read_text(encoding="utf8"), "html.parser")
    assert ("equations" in kinds) == any(h.get_text().startswith("The model") for h in page.select("article h2"))
    assert {"aims", "words", "points", "figure", "predict", "live", "seen", "picture", "dispute", "clinic", "exercise", "quiz", "sources"} <= set(kinds)
    asked = page.select("div.predict, figure.explorer")
    assert [k for k in kinds if k in ("predict", "live")] == ["live" if "explorer" in a["class"] else "predict" for a in asked]
    assert [f["id"] for f in made.select("figure.explorer")] == [f["id"] for f in page.select("figure.explorer")]
    for at, kind in enumerate(kinds):
        assert kind != "seen" or {"predict", "seen"} & set(kinds[at - 3 : at])
    ids = [e["id"] for e in made.find_all(id=True) if not e.find_parent("svg") and e.name != "svg"]
    assert len(ids) == len(set(ids)), sorted({i for i in ids if ids.count(i) > 1})


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_no_answer_stands_on_a_slide(chapter):
    """No sentence of a solution or hint that the chapter itself does not say elsewhere, no line of its code, no verdict of the quiz."""

    made = soup(chapter.stem)
    text = words(made.get_text(" "))
    body = chapter.read_text(encoding="utf8")
    said = words(re.sub(r"^(:{3,})\{(?:solution|hint)\}.*?^\1\s*$", "", body, flags=re.S | re.M))
    sought = []
    for exercise in exercises(chapter):
        sought += [s for s in re.split(r"(?<=[.?!]) ", words(exercise.solution.split("```python")[0])) if len(s) > 25 and s not in said]
        sought += [line for line in map(words, exercise.solution_code.splitlines()) if len(line) > 12 and line not in said]
    assert len(sought) > 4
    for quiz in (b for b in blocks(body) if b.name == "quiz"):
        sought += [words(why) for why in re.findall(r"^- \[[ x]\] .*\n\n {2}(.+)$", quiz.body, re.M)]
    assert not [s for s in sought if s in text]
    assert not made.select("[data-right], .quiz-why, details.solution, details.hint, .exercise-check")


@pytest.mark.parametrize("deck", DECKS)
def test_links_of_a_deck_lead_somewhere(deck):
    pages = {}
    for link in soup(deck).select("a[href]"):
        target, _, anchor = link["href"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        there = (HTML / "slides" / target).resolve() if target else HTML / "slides" / f"{deck}.html"
        if there not in pages:
            assert there.is_file(), link["href"]
            pages[there] = set(re.findall(r'\sid="([^"]+)"', there.read_text(encoding="utf8")))
        assert not anchor or anchor in pages[there], link["href"]


@pytest.mark.browser
@pytest.mark.parametrize("deck", DECKS)
def test_every_slide_fits_and_can_be_read(browser, deck):
    """From a folder, without a network: at 1280 and at 1920 pixels nothing reaches over a slide or needs scrolling, words are at least 20 pixels high
    (14 in an explorer and its picture), every explorer lives, nothing is complained of; on a phone nothing is wider than it."""
    watch = []
    with opened(browser, address(deck), width=1280, height=720, watch=watch) as tab:
        settle(tab)
        becomes(tab, lambda: tab.evaluate(LOOK), [])
        tab.set_viewport_size({"width": 1920, "height": 1080})
        becomes(tab, lambda: tab.evaluate(LOOK), [])
        tab.set_viewport_size({"width": 360, "height": 740})
        wide = "[...document.querySelectorAll('.slide-body, .slide-body > *, figure.explorer *')].filter(e => !e.closest('svg, .explorer-offscreen, .explorer-findings') && e.getBoundingClientRect().right > 361)"
        becomes(tab, lambda: tab.evaluate(f"{wide}.map(e => e.className)"), [])
    assert not watch, "\n".join(watch)


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("deck", ["01-network", "04-il8", "07-ccl21"])
def test_a_deck_is_accessible_under_the_strict_policy(browser, deck, theme):
    watch = []
    with serving(HTML, policy=POLICY) as site, opened(browser, f"{site}/slides/{deck}.html", theme=theme, width=1280, height=720, watch=watch) as tab:
        settle(tab)
        found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
        assert not found, readable(found)
    assert not watch, "\n".join(watch)


@pytest.mark.browser
def test_keys_turn_the_slides_and_an_address_names_one(browser, site):
    with opened(browser, f"{site}/{IL8}", width=1280, height=720) as tab:
        last = tab.locator(".slide").count()
        for key, there in [("ArrowRight", 2), ("Space", 3), ("PageDown", 4), ("ArrowDown", 5), ("ArrowLeft", 4), ("PageUp", 3), ("Shift+Space", 2), ("ArrowUp", 1), ("ArrowUp", 1), ("End", last), ("ArrowRight", last), ("Home", 1)]:
            tab.keyboard.press(key)
            becomes(tab, lambda: number(tab), there, f"the slide after {key}")
            until(tab, f"location.hash === '#/{there}'")  # the address follows when the slide has come
        tab.keyboard.press("?")
        tab.locator("#deck-keys").wait_for()
        tab.keyboard.press("ArrowRight")
        assert number(tab) == 1, "a list that is open keeps the keys"
        tab.keyboard.press("Escape")
        tab.keyboard.press("Escape")
        tab.locator("#deck-list").wait_for()
        assert tab.locator("#deck-list li").count() == last
        tab.locator("#deck-list a").nth(6).click()
        tab.locator("#deck-list").wait_for(state="hidden")
        becomes(tab, lambda: number(tab), 7)
        tab.locator("[data-deck=on]").click()
        becomes(tab, lambda: number(tab), 8)
        tab.evaluate("location.hash = '#/11'")
        becomes(tab, lambda: number(tab), 11)
        tab.keyboard.press("c")
        tab.wait_for_url("**/chapters/04-il8.html#*")
    with opened(browser, f"{site}/{IL8}#/12", width=1280, height=720) as tab:
        becomes(tab, lambda: number(tab), 12)


@pytest.mark.browser
def test_an_explorer_works_on_its_slide_and_keeps_the_keys_to_itself(browser, site):
    """It wakes when its slide comes near, its slider changes its picture and not the slide, and the address tells both; Escape gives the keys back."""
    with opened(browser, f"{site}/{IL8}", width=1280, height=720) as tab:
        here = tab.evaluate("[...document.querySelectorAll('.slide')].findIndex(s => s.querySelector('#explorer-il8-level')) + 1")
        assert tab.evaluate("Object.keys(window.solubleExplorers ?? {}).length") == 0, "nothing is computed before it is near"
        tab.evaluate(f"location.hash = '#/{here}'")
        until(tab, "document.querySelector('#explorer-il8-level').dataset.state === 'live'")
        stage = tab.locator("#explorer-il8-level .explorer-stage svg")
        before = stage.inner_html()
        slider = tab.locator("#explorer-il8-level input[type=range]").nth(1)
        slider.focus()
        for key in ("PageUp", "ArrowRight", "ArrowRight"):
            slider.press(key)
        changes(tab, stage.inner_html, before)
        assert number(tab) == here
        until(tab, "location.hash.includes('il8-level:')")
        link = tab.evaluate("location.hash")
        assert link.startswith(f"#/{here};il8-level:O_T=")
        wanted = tab.evaluate("solubleExplorers['il8-level'].values.O_T")
        tab.keyboard.press("Escape")
        tab.keyboard.press("ArrowRight")
        becomes(tab, lambda: number(tab), here + 1)
        becomes(tab, lambda: tab.evaluate("location.hash"), link.replace(f"/{here};", f"/{here + 1};"))
    with opened(browser, f"{site}/{IL8}{link}", width=1280, height=720) as tab:
        until(tab, "window.solubleExplorers?.['il8-level']")
        assert tab.evaluate("solubleExplorers['il8-level'].values.O_T") == wanted
        becomes(tab, lambda: number(tab), here)


@pytest.mark.browser
def test_where_the_pointer_is_on_an_enlarged_slide_is_where_the_curve_is_read(browser, site):
    with opened(browser, f"{site}/{IL8}", width=1920, height=1080) as tab:
        here = tab.evaluate("[...document.querySelectorAll('.slide')].findIndex(s => s.querySelector('#explorer-il8-drugs')) + 1")
        tab.evaluate(f"location.hash = '#/{here}'")
        until(tab, "document.querySelector('#explorer-il8-drugs').dataset.state === 'live'")
        box = tab.locator("#explorer-il8-drugs .explorer-cursor").bounding_box()
        at = box["x"] + 0.6 * box["width"]
        tab.mouse.move(at, box["y"] + box["height"] / 2)
        tab.locator("#explorer-il8-drugs .reading line").first.wait_for(state="attached")
        until(tab, f"Math.abs((box => box.x + box.width / 2)(document.querySelector('#explorer-il8-drugs .reading line').getBoundingClientRect()) - {at}) < 3")


@pytest.mark.browser
def test_a_number_on_an_enlarged_slide_tells_its_source_beside_itself(browser, site):
    with opened(browser, f"{site}/{IL8}#/3", width=1920, height=1080) as tab:
        fact = tab.locator(".slide[id='/3'] .fact-value").nth(1)
        fact.hover()
        note = tab.locator(".slide[id='/3'] .fact.is-open [role=tooltip]")
        note.wait_for()
        box, at = note.bounding_box(), fact.bounding_box()
        assert "Source:" in note.inner_text()
        assert 0 <= box["x"] <= at["x"] + 2 and box["x"] + box["width"] <= 1920 and at["x"] < box["x"] + box["width"]
        assert min(abs(box["y"] - at["y"] - at["height"]), abs(box["y"] + box["height"] - at["y"])) < 12
        tab.keyboard.press("Escape")
        note.wait_for(state="hidden")
        assert not tab.locator("#deck-list").is_visible()


@pytest.mark.browser
def test_without_scripts_a_deck_is_a_page_and_printed_a_slide_is_a_page(browser):
    count = len(soup("04-il8").select(".slide"))
    with opened(browser, address("04-il8"), scripts=False, width=1280, height=720) as tab:
        tops = [s.bounding_box()["y"] for s in tab.locator(".slide").all()]
        assert tops == sorted(tops) and len(tops) == count
        assert not tab.locator(".deck-bar").is_visible()
    with opened(browser, address("04-il8"), width=1280, height=720) as tab:
        pages = re.findall(rb"/Type\s*/Page\b(?!s)", tab.pdf(prefer_css_page_size=True, print_background=True))
        assert len(pages) == count


def test_the_list_of_decks_counts_slides_and_explorers():
    page = BeautifulSoup((HTML / "chapters" / "how-to-use.html").read_text(encoding="utf8"), "html.parser")
    items = page.select("ul.slide-decks > li")
    assert len(items) == len(DECKS)
    for item in items:
        made = BeautifulSoup((HTML / "chapters" / item.a["href"]).read_text(encoding="utf8"), "html.parser")
        live = len(made.select("figure.explorer"))
        assert item.get_text().endswith(f" {len(made.select('.slide'))} slides, {live} live explorer{'s' if live > 1 else ''}")
