"""What a reader takes along: the zip for offline, the PDF of the book, and a page of the site on paper."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections import defaultdict
from io import BytesIO
from types import SimpleNamespace
from urllib.parse import unquote

import numpy as np
import pikepdf
import pypdfium2
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT
from explorer_page import changes, frames, until
from test_site import opened, settle

from soluble.sphinxext import browser as browsers
from soluble.sphinxext import offline, onepage, pdf
from soluble.sphinxext.build import alone

pytestmark = [pytest.mark.site]
A4, MM = (595.92, 842.88), 72 / 25.4
FOLDER = "Ein Ordner für Ümläute"


# ---------------------------------------------------------------------------------------------------------------------
# The zip


@pytest.fixture(scope="module")
def archive(html, tmp_path_factory):
    return zipfile.ZipFile(offline.pack(html, tmp_path_factory.mktemp("offline") / "book.zip"))


@pytest.fixture(scope="module")
def unpacked(archive, tmp_path_factory):
    folder = tmp_path_factory.mktemp("taken along") / FOLDER
    archive.extractall(folder)
    return folder / "soluble-signals"


def test_the_same_site_gives_the_same_zip(archive, html, tmp_path):
    again = offline.pack(html, tmp_path / "again.zip")
    assert again.read_bytes() == open(archive.filename, "rb").read()
    names = archive.namelist()
    assert names[0] == "soluble-signals/READ-ME.txt" and names[1:] == sorted(names[1:])


def test_the_zip_says_what_to_open_and_holds_nothing_of_the_build(archive):
    assert "open index.html" in archive.read("soluble-signals/READ-ME.txt").decode()
    names = archive.namelist()
    assert "soluble-signals/index.html" in names
    assert not [n for n in names if re.search(r"doctree|\.pickle|\.buildinfo|_sources|\.lock|_headers|jupyter_execute|__pycache__", n)]
    own = [str(ROOT), "file:///"]
    assert not [n for n in names if not n.endswith((".woff2", ".omex")) and any(mark in archive.read(n).decode("utf8", "replace") for mark in own)]


def test_no_page_of_the_zip_links_to_what_is_not_in_it(unpacked):
    lost = []
    for page in sorted(unpacked.rglob("*.html")):
        for address in re.findall(r"\s(?:href|src|action)=\"([^\"#]+)", re.sub(r"<pre\b.*?</pre>", "", page.read_text(encoding="utf8"), flags=re.S)):
            if not re.match(r"[a-z]+:|//|data:", address) and not (page.parent / unquote(address.partition("?")[0])).exists():
                lost.append(f"{page.relative_to(unpacked)}: {address}")
    assert not lost, "\n".join(lost[:20])


@pytest.mark.browser
def test_unpacked_anywhere_the_book_is_alive(browser, unpacked):
    """By double click, in a folder with a space and an umlaut in its name, without a network: pages, an explorer, a worker, the atlas."""
    watch = []
    for page in ("index.html", "chapters/04-il8.html", "chapters/16-virtual-trial.html", "chapters/evidence.html", "models/kuznetsov-1994.html"):
        with opened(browser, (unpacked / page).as_uri(), watch=watch) as tab:
            settle(tab)
            if page == "index.html":
                figure = tab.locator("#explorer-landing")
                before = figure.locator(".explorer-stage svg").inner_html()
                figure.locator("input[type=range]").first.press("PageDown")
                changes(tab, figure.locator(".explorer-stage svg").inner_html, before)
            if page == "chapters/evidence.html":
                tab.locator("#explorer-atlas .explorer-stage").scroll_into_view_if_needed()
                tab.locator("#explorer-atlas .explorer-list tbody tr").first.wait_for(timeout=10_000)
    assert not watch, "\n".join(watch)


@pytest.mark.browser
def test_the_search_of_the_zip_finds(browser, unpacked):
    watch = []
    with opened(browser, (unpacked / "search.html").as_uri() + "?q=neutrophils", watch=watch) as tab:
        first = tab.locator("#search-results li a").first
        first.wait_for(timeout=10_000)
        assert tab.locator("#search-results li").count() >= 3
        first.click()
        tab.wait_for_load_state()
        assert "neutrophil" in tab.locator("article").inner_text().lower()
    assert not watch, "\n".join(watch)


def test_without_a_site_neither_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for module in (offline, pdf):
        for arguments in ([], ["elsewhere"]):
            assert module.main([str(tmp_path / "x"), *arguments]) == 1
            assert "run 'make book' first" in capsys.readouterr().err and not (tmp_path / "x").exists()


# ---------------------------------------------------------------------------------------------------------------------
# The PDF


@pytest.fixture(scope="module")
def printed(html, tmp_path_factory, worker_id):
    """The PDF of the book as bytes: printed once, whatever the number of workers."""
    folder = tmp_path_factory.getbasetemp().parent if worker_id != "master" else tmp_path_factory.getbasetemp()
    file = folder / "book.pdf"
    with alone(folder):
        if not file.exists():
            made = subprocess.run([sys.executable, "-m", "soluble.sphinxext.pdf", str(file)], cwd=ROOT, capture_output=True, text=True)
            assert made.returncode == 0, made.stderr
    return file.read_bytes()


@pytest.fixture(scope="module")
def book(printed):
    """What a reader of the PDF sees and uses: ``texts`` and the ``boxes`` that they fill, a page each; ``outline``, as title, page and height
    on it; ``places`` that links lead to; links that lead ``inside`` and ``outside``."""
    with pikepdf.open(BytesIO(printed)) as file:
        pages = {page.objgen: number for number, page in enumerate(file.pages)}
        places = {str(name)[1:]: pages[place[0].objgen] for name, place in file.Root.Dests.items()}
        notes = [note for page in file.pages for note in page.get("/Annots", [])]
        with file.open_outline() as outline:
            titles = [(e.title, pages[e.destination[0].objgen], float(e.destination[3])) for e in pdf.entries(outline.root)]
        inside = [str(note.Dest)[1:] for note in notes if "/Dest" in note]
        outside = {str(note.A.URI) for note in notes if "/A" in note and "/URI" in note.A}
    document = pypdfium2.PdfDocument(printed)
    layers = [page.get_textpage() for page in document]
    texts = [layer.get_text_bounded() for layer in layers]
    boxes = [[layer.get_rect(i) for i in range(layer.count_rects())] for layer in layers]
    return SimpleNamespace(document=document, texts=texts, boxes=boxes, outline=titles, places=places, inside=inside, outside=outside)


def plain(text: str) -> str:
    """A text without what a line break may change."""
    return re.sub(r"[\s\u00ad\ufffe-]+", "", text)


@pytest.fixture(scope="module")
def articles(html):
    """Each page of the book, by name, as its article on the site, without drawings, formulas and what is not meant for paper."""
    names = ["index.html", *(name for part in onepage.order(html) for name in part.pages)]
    texts = {name: re.sub(r"<(svg|math)\b.*?</\1>", "", (html / name).read_text(encoding="utf8"), flags=re.S) for name in names}
    found = {name: BeautifulSoup(text, "html.parser").select_one("article.bd-article") for name, text in texts.items()}
    for article in found.values():
        for unseen in article.select("script, .fact-tip, details.above-input, .tag_exercise-check"):
            unseen.decompose()
    return found


@pytest.mark.browser
def test_the_pdf_holds_every_page_of_the_site_where_contents_and_outline_say(book, html):
    parts = onepage.order(html)
    assert {f"chapters/{p.stem}.html" for p in (html / "chapters").glob("[0-9][0-9]-*.html")} <= {n for part in parts for n in part.pages}
    assert {"chapters/references.html", "chapters/glossary.html"} <= {n for part in parts for n in part.pages}
    assert 400 < len(book.texts) < 1500
    where = defaultdict(set)
    for title, page, _ in book.outline:
        where[title].add(page)
    contents = [plain(line) for text in book.texts[: book.places[onepage.place(parts[0].pages[0])]] for line in text.splitlines()]
    for part in parts:
        assert part.caption in where
        for name in part.pages:
            title, page = onepage.Leaf(name, html).title, book.places[onepage.place(name)]
            assert page in where[title], title
            assert plain(title) in plain(book.texts[page]), title
            assert any(line.endswith(plain(f"{title}{page + 1}")) for line in contents), title
            assert f"Soluble Signals {page + 1}" in book.texts[page].splitlines(), f"{title}: the page does not show its number"


@pytest.mark.browser
def test_the_links_of_the_pdf_lead_where_those_of_the_site_do(book, articles):
    assert len(book.inside) > 5000 and not set(book.inside) - set(book.places)
    wanted = {a["href"] for article in articles.values() for a in article.select("a[href^='http'], a[href^='mailto:']")}

    def same(address):
        return unquote(address).rstrip("/")

    assert {same(a) for a in book.outside} == {same(a) for a in wanted}


@pytest.mark.browser
def test_every_font_of_the_pdf_is_in_it_and_no_letter_is_missing(printed, book, articles):
    missing = set()
    with pikepdf.open(BytesIO(printed)) as file:
        for item in file.objects:
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font" and item.Subtype != "/Type3":
                for font in item.get("/DescendantFonts", [item]):
                    if "/FontDescriptor" in font or item.Subtype != "/Type0":
                        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(font.FontDescriptor.keys()), item.get("/BaseFont")
        for number, page in enumerate(file.pages, 1):
            if empty_glyphs(page.obj):
                missing.add(number)
    assert not missing, f"a letter that no font has, on pages {sorted(missing)}"
    text = "".join(book.texts)
    assert "\ufffd" not in text
    shown = set("".join(article.get_text() for name, article in articles.items() if re.match(r"chapters/\d\d-", name)))
    letters = {c for c in shown if c in "αβγδεκλμνρστφχψω→←↑↓−≥≤≈×·–’°²³±" and c not in text}
    assert {"α", "β", "γ", "−", "→", "≥", "–"} <= shown and not letters, letters


def empty_glyphs(drawn) -> bool:
    """Whether a page, or a drawing in it, shows the glyph that stands for a letter which the font does not have."""
    resources = drawn.get("/Resources", {})
    fonts = {}
    for name, font in resources.get("/Font", {}).items():
        if font.Subtype == "/Type3":
            code, empty = 0, set()
            for glyph in font.Encoding.Differences:
                code = code + 1 if isinstance(glyph, pikepdf.Name) else int(glyph)
                if glyph == "/g0":
                    empty.add(f"{code - 1:02X}")
            fonts[name.lstrip("/")] = (2, empty)
        else:
            fonts[name.lstrip("/")] = (4, {"0000"})
    streams = drawn.read_bytes() if isinstance(drawn, pikepdf.Stream) else pikepdf.Page(drawn).Contents.read_bytes()
    now = (4, set())
    for font, shown in re.findall(r"/(\w+) [\d.]+ Tf|<([0-9A-Fa-f]+)> Tj", streams.decode("latin1")):
        if font:
            now = fonts.get(font, now)
        elif {shown[i : i + now[0]].upper() for i in range(0, len(shown), now[0])} & now[1]:
            return True
    return any(empty_glyphs(x) for x in resources.get("/XObject", {}).values() if x.get("/Subtype") == "/Form")


@pytest.mark.browser
def test_nothing_in_the_pdf_is_cut_at_an_edge(book):
    """All text stands between the margins, and nothing is drawn at the edges of the paper, but for the cover."""
    wide, inked = [], []
    for number, page in enumerate(book.document, 1):
        assert abs(page.get_width() - A4[0]) < 2 and abs(page.get_height() - A4[1]) < 2
        if number == 1:
            continue
        boxes = book.boxes[number - 1]
        if any(left < 17 * MM or right > A4[0] - 17 * MM or bottom < 8 * MM or top > A4[1] - 8 * MM for left, bottom, right, top in boxes):
            wide.append(number)
        grey = page.render(scale=0.25, grayscale=True).to_numpy()
        edge = int(12 * MM * 0.25)
        if np.concatenate([grey[:, :edge].ravel(), grey[:, -edge:].ravel()]).min() < 200:
            inked.append(number)
    assert not wide, f"text outside the margins on pages {wide}"
    assert not inked, f"something reaches the edge of the paper on pages {inked}"


@pytest.mark.browser
def test_no_heading_of_the_pdf_stands_alone_at_the_foot(book):
    foot = [f"{title} (page {page + 1})" for title, page, top in book.outline if page and not any(18 * MM < low < top - 20 for _, low, _, _ in book.boxes[page])]
    assert not foot


@pytest.mark.browser
def test_solutions_and_answers_stand_at_the_end_of_their_chapter(book, articles):
    """After the last exercise, under its title; the question shows no answer."""
    chapter = "chapters/04-il8.html"
    article = articles[chapter]
    last = article.select(".exercise")[-1]["id"]
    begin, end = book.places[onepage.place(chapter)], book.places[onepage.place("chapters/05-il10.html")]
    solutions = [page for name, page in book.places.items() if name.startswith(onepage.place(chapter, "paper-solution-"))]
    assert len(solutions) == len(article.select("details.solution"))
    exercise = next(i for i in range(begin, end) if plain(article.select(".exercise-title")[-1].get_text()) in plain(book.texts[i]))
    assert last and all(exercise < page < end for page in solutions)
    answers = "".join(book.texts[min(solutions) : end])
    assert "Answers to the quiz" in answers and "A. Not so." in answers and "Right." in answers
    asked = "".join(book.texts[begin : min(solutions)])
    assert "Question 1." in asked and "Not so." not in asked and "Is this right?" not in asked


def test_the_kit_with_its_answers_stands_last(html):
    """A reader meets nothing of the course kit before the last appendix, whose title says for whom it is."""
    *others, last = onepage.order(html)
    kit = {f"course/{p.name}" for p in (html / "course").glob("*.html")}
    assert set(last.pages) == kit and "lecturers" in last.caption and len(kit) > 5
    assert not kit & {name for part in others for name in part.pages}


def test_the_one_document_leaves_no_control_and_tells_ids_apart(html, monkeypatch):
    """What only a screen can do is gone, each explorer has its picture, and ids that two chapters share differ."""
    monkeypatch.setattr(onepage, "order", lambda site: [onepage.Part("Two chapters", ["chapters/04-il8.html", "chapters/05-il10.html"])])
    soup = BeautifulSoup(onepage.document(html), "html.parser")
    assert not soup.select("script, button, input, select, form, details, .fact-tip, .explorer-panel")
    explorers = soup.select("figure.explorer")
    assert len(explorers) >= 6 and all(f.select_one(".explorer-stage svg") and f.figcaption for f in explorers)
    ids = [e["id"] for e in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert {"chapters-04-il8--exercises", "chapters-05-il10--exercises"} <= set(ids)


def test_without_a_browser_the_pdf_says_so(monkeypatch, capsys, tmp_path):
    def none():
        raise browsers.BrowserMissing("Printing and the browser tests need Chrome or Chromium.")

    monkeypatch.setattr(browsers, "find", none)
    monkeypatch.setattr(pdf, "built", lambda site: site)
    assert pdf.main([str(tmp_path / "x.pdf")]) == 1
    assert "need Chrome or Chromium" in capsys.readouterr().err and not (tmp_path / "x.pdf").exists()


# ---------------------------------------------------------------------------------------------------------------------
# A page of the site on paper

SHOWN = "e => { const b = e.getBoundingClientRect(); return b.width > 0 && b.height > 0 && getComputedStyle(e).visibility === 'visible'; }"
PAPER = 673  # px between the margins of A4


@pytest.mark.browser
@pytest.mark.parametrize("page", ["chapters/04-il8.html", "chapters/16-virtual-trial.html", "chapters/evidence.html"])
def test_a_page_prints_as_text_and_pictures(browser, site, page):
    """From a dark screen: light, without bars, buttons and sliders; pictures, captions, summaries and tables stay, and fit the paper."""
    with opened(browser, f"{site}/{page}", theme="dark", width=PAPER) as tab:
        settle(tab)
        tab.emulate_media(media="print", color_scheme="dark")
        frames(tab)
        for gone in (".bd-sidebar-primary", ".bd-sidebar-secondary", ".bd-header-article", ".prev-next-footer", "article button", "article input[type=range]", "article select", ".downloads", ".headerlink"):
            assert not any(e.evaluate(SHOWN) for e in tab.locator(gone).all()), gone
        for figure in tab.locator("figure.explorer").all():
            box = figure.locator(".explorer-stage").bounding_box()
            assert box["width"] > 300 and box["height"] > 100
        for kept in ("figure.explorer figcaption", "figure.explorer .explorer-summary", "article h2"):
            assert all(e.evaluate(SHOWN) for e in tab.locator(kept).all()), kept
        colours = tab.evaluate("[getComputedStyle(document.body).backgroundColor, ...[...document.querySelectorAll('article :is(p, td, pre, pre span)')].map(e => getComputedStyle(e).color)]")
        assert colours[0] == "rgb(255, 255, 255)"
        assert all(luminance(c) < 0.3 for c in set(colours[1:])), sorted(set(colours[1:]))
        wide = tab.evaluate("w => [...document.querySelectorAll('article :is(table, figure, pre, .exercise, .admonition)')].filter(e => e.getBoundingClientRect().right > w + 1).map(e => e.outerHTML.slice(0, 120))", PAPER)
        assert not wide, wide


def luminance(colour: str) -> float:
    """The relative luminance of an ``rgb(…)`` or ``color(srgb …)``, 0 for black."""
    numbers = [float(x) for x in re.findall(r"[\d.]+", colour.removeprefix("color(srgb"))][:3]
    channels = [x / 255 if colour.startswith("rgb") else x for x in numbers]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.browser
def test_what_is_folded_stays_away_from_paper_but_for_the_equations(browser, site):
    with opened(browser, f"{site}/chapters/04-il8.html") as tab:
        tab.emulate_media(media="print")
        assert not any(e.evaluate(SHOWN) for e in tab.locator("details.solution, details.hint, details.above-input").all())
        equations = tab.locator("details.below-input .model-equations").first
        assert equations.bounding_box()["height"] > 200
        tab.locator("details.hint").first.evaluate("e => e.open = true")
        assert tab.locator("details.hint p").first.evaluate(SHOWN), "what the reader opened is printed"


@pytest.mark.browser
@pytest.mark.parametrize("page", [f"chapters/{name}.html" for name in ("01-network", "03-il6", "07-ccl21", "11-mmp")])
def test_a_printed_chapter_has_no_empty_page(browser, site, page):
    with opened(browser, f"{site}/{page}") as tab:
        settle(tab)
        tab.emulate_media(media="print")  # as the preview does: pictures take their size on paper before pages are counted
        fills = "(stage) => Math.abs(stage.querySelector('svg').getBoundingClientRect().width - stage.clientWidth) < 2"
        until(tab, f"[...document.querySelectorAll('.explorer-stage')].every({fills})")
        document = pypdfium2.PdfDocument(tab.pdf(format="A4"))
    bare = [n for n, sheet in enumerate(document, 1) if (sheet.render(scale=0.25, grayscale=True).to_numpy() < 200).sum() < 60]
    assert 8 < len(document) < 45 and not bare, bare


@pytest.mark.browser
@pytest.mark.parametrize("page", ["models/coggins-2014.html", "chapters/10-angiogenesis.html"])
def test_no_printed_equation_is_wider_than_the_paper(browser, site, page):
    """What a screen scrolls goes on in a next line on paper."""
    lines = "e => [...e.querySelectorAll('mrow > *')].map(c => c.getBoundingClientRect()).filter(b => b.width)"
    with opened(browser, f"{site}/{page}", width=PAPER) as tab:
        equations = tab.locator(".model-equations div.math > math")
        if page.startswith("chapters"):
            settle(tab)
        tab.emulate_media(media="print")
        ends = [(max(b["right"] for b in boxes), min(b["left"] for b in boxes)) for e in equations.all() if (boxes := e.evaluate(lines))]
        assert len(ends) > 5 and max(right for right, _ in ends) <= PAPER and min(left for _, left in ends) >= 0
