"""The whole book as one PDF: ``python -m soluble.sphinxext.pdf dist/soluble-signals.pdf`` in the top folder of a built book.

Chromium prints the one document of :mod:`.onepage`. That print tells on which page each chapter begins; the pages before the
first chapter are printed again with these numbers in the contents, and take the place of the first ones. Nothing is asked of a network.
"""

from __future__ import annotations

import io
import mimetypes
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from . import browser, onepage
from .offline import SITE, built

ADDRESS = "http://book.invalid/"
STYLE = Path(__file__).resolve().parent.parent / "web" / "src" / "book" / "paper.css"
WIDTH = 658  # of a line of text in px: A4 less the margins of paper.css

#: An equation that is wider than the paper is broken before its terms, or its factors where it has but one; what is still too wide, a table or a picture
#: as well, becomes as small as it must.
FIT = """() => {
  const room = (e) => e.closest(".bd-article").getBoundingClientRect().right - e.getBoundingClientRect().left;
  const width = (e) => Math.max(e.getBoundingClientRect().width, e.scrollWidth);
  const sign = (e) => e.tagName === "mo" && "+\u2212".includes(e.textContent);
  const fenced = (e) => e.firstElementChild?.getAttribute("fence") === "true";
  const parts = (row, most) => [...row.children].flatMap((e) => (e.tagName === "mrow" && width(e) > most ? parts(e, most) : [e]));
  for (const math of document.querySelectorAll(".leaf .math > math")) {
    const most = math.closest(".math").getBoundingClientRect().width;
    if (width(math) <= most) continue;
    const lines = document.createElement("span");
    lines.className = "broken";
    let piece = null;
    const all = parts(math.firstElementChild, most);
    const begins = all.some(sign) ? sign : fenced;
    for (const e of all) {
      if (!piece || (begins(e) && piece.children.length > 1)) {
        piece = document.createElementNS(math.namespaceURI, "mrow");
        const line = document.createElementNS(math.namespaceURI, "math");
        line.setAttribute("displaystyle", "true");
        line.append(piece);
        lines.append(line, " ");
        if (sign(e)) e.setAttribute("form", "infix");
      }
      piece.append(e);
    }
    math.replaceWith(lines);
  }
  for (const e of document.querySelectorAll(".leaf :is(table, .math > math, .broken > math, .drawn, .explorer-stage > svg)")) {
    const share = room(e) / width(e);
    if (share < 1) e.style.zoom = Math.floor(share * 100) / 100;
  }
}"""
#: What stands before the first chapter, with the numbers of the pages in the contents.
FRONT = """numbers => {
  for (const chapter of document.querySelectorAll(".contents ~ .leaf")) chapter.remove();
  for (const link of document.querySelectorAll(".contents a")) link.querySelector(".at").textContent = numbers[link.hash.slice(1)];
}"""
HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, [role=heading]")].filter((e) => e.getClientRects().length).map((e) => e.textContent.trim().replace(/\\s+/g, " "))"""
HOW = {"outline": True, "tagged": True, "prefer_css_page_size": True, "print_background": True}


def make(site: Path) -> bytes:
    """The PDF of the book whose built site lies in ``site``.

    Raises :class:`.browser.BrowserMissing` where no Chromium can be had, :class:`.assets.PageError` for a site that cannot be gathered.
    """
    from playwright.sync_api import sync_playwright

    chromium = browser.find()
    text = onepage.document(site)
    with sync_playwright() as p:
        running = p.chromium.launch(executable_path=chromium, args=browser.FLAGS)
        page = running.new_page(viewport={"width": WIDTH, "height": 900})
        page.route("**/*", lambda route: _answer(route, site, text))
        page.goto(ADDRESS, wait_until="load", timeout=300_000)
        page.emulate_media(media="print")
        page.evaluate("document.fonts.ready.then(() => null)")
        page.evaluate(FIT)
        headings = page.evaluate(HEADINGS)
        printed = page.pdf(**HOW)
        page.evaluate(FRONT, beginnings(printed))
        front = page.pdf(**HOW)
        running.close()
    return bound(printed, front, headings)


def _answer(route, site: Path, text: str) -> None:
    """Give the browser the document, its style, and files of the site; nothing else can be reached."""
    path = unquote(urlsplit(route.request.url).path).lstrip("/")
    file = STYLE if path == STYLE.name else site / path
    if not route.request.url.startswith(ADDRESS):
        route.abort()
    elif not path:
        route.fulfill(body=text, content_type="text/html; charset=utf-8")
    elif file.is_file():
        route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream")
    else:
        route.fulfill(status=404)


def beginnings(printed: bytes) -> dict[str, int]:
    """The page of each id that a link leads to, counted from 1."""
    import pikepdf

    with pikepdf.open(io.BytesIO(printed)) as book:
        pages = {page.objgen: number for number, page in enumerate(book.pages, 1)}
        return {name.lstrip("/"): pages[place[0].objgen] for name, place in book.Root.Dests.items()}


def bound(printed: bytes, front: bytes, headings: list[str]) -> bytes:
    """``printed`` with what is drawn on the pages of ``front`` in place of its first pages; links and outline stay. Packed as small as it goes.

    ``headings`` are the texts of the outline: Chromium leaves out the space where a heading is broken into lines.
    """
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(printed)) as book, pikepdf.open(io.BytesIO(front)) as first:
        for old, new in zip(book.pages, first.pages, strict=False):
            for what in ("/Contents", "/Resources"):
                old.obj[what] = book.copy_foreign(first.make_indirect(new.obj[what]))
        with book.open_outline() as outline:
            for entry, heading in zip(entries(outline.root), headings, strict=True):
                entry.title = heading
        book.Root.PageMode = pikepdf.Name.UseOutlines
        book.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        book.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return out.getvalue()


def entries(outline: Iterable) -> Iterator:
    """The entries of an outline in the order of the book."""
    for entry in outline:
        yield entry
        yield from entries(entry.children)


def main(arguments: list[str]) -> int:
    """The command line; returns the exit status."""
    if not 1 <= len(arguments) <= 2:
        print(f"Usage: python -m soluble.sphinxext.pdf FILE.pdf [SITE]; SITE is {SITE} unless it is said", file=sys.stderr)
        return 2
    started, out = time.monotonic(), Path(arguments[0])
    try:
        printed = make(built(Path(arguments[1]) if len(arguments) > 1 else SITE))
    except (browser.BrowserMissing, FileNotFoundError) as problem:
        print(problem, file=sys.stderr)
        return 1
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(printed)
    print(f"The book as a PDF ({len(printed) / 1e6:.1f} MB, {time.monotonic() - started:.0f} s): {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
