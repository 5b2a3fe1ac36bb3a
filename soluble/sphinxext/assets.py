"""What a page loads: after Sphinx has written the site, every page is stripped to what it uses and stands on its own.

* Stylesheets of the theme are merged with the book's, without what no page uses; scripts of the theme are replaced by
  ``_assets/book.js``; nothing comes from elsewhere, nothing needs ``eval``, and the one inline line is hashed in
  ``_assets/csp.txt``.
* Pictures drawn as SVG become part of the page, so that they follow the reader's colours.
* The code of an explorer's model moves into ``_assets/models/``; the explorer's bundle loads only where one stands.
* An icon, a script or an inline handler that is not known here stops the build: no control is left without a function.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from bs4 import BeautifulSoup, NavigableString, Tag
from soluble import evidence
from sphinx.util import logging
from sphinx.util.display import status_iterator

from . import frames, icons, slides, styles, svg, terms

LOG = logging.getLogger(__name__)
WEB = Path(__file__).resolve().parent.parent / "web"
FONTS = WEB / "src" / "book" / "fonts"
TEMPLATES = Path(__file__).parent / "templates"

# The only script inside a page: sets light or dark before the first paint, says that scripts run, and asks early for the two fonts
# that every page is set in, so that the text does not move when they come (a <link> would be an error on file://).
FIRST_LINE = (
    '(function(d){var m="auto";try{m=localStorage.getItem("mode")||m}catch(e){}d.classList.add("js");d.dataset.mode=m;'
    'd.dataset.theme=m=="auto"?matchMedia("(prefers-color-scheme:dark)").matches?"dark":"light":m;'
    'if(location.protocol!="file:")d.dataset.fonts.split(" ").forEach(function(f){var l=document.createElement("link");l.rel="preload";'
    'l.as="font";l.type="font/woff2";l.crossOrigin="";l.href=f;document.head.append(l)})})(document.documentElement)'
)
SEARCH_SCRIPTS = [
    "_static/documentation_options.js",
    "_static/doctools.js",
    "_static/sphinx_highlight.js",
    "_static/language_data.js",
    "_static/searchtools.js",
    "searchindex.js",
]
THEME_SHEETS = [
    "_static/styles/theme.css",
    "_static/styles/pydata-sphinx-theme.css",
    "_static/pygments.css",
    "_static/styles/sphinx-book-theme.css",
    "_static/sphinx-design.min.css",
]
# A name such as IL-6 or PD-1 is not broken at its hyphen.
NAME = re.compile(r"\b(?:s?[A-Z][A-Za-z]{0,4}\d?-(?:[αβγκ]|[A-Z]?\d+)[A-Za-zαβγ]{0,2})\b")
MODEL = "script[type='application/x-soluble-model']"
ROLES = {"thead, tbody": "rowgroup", "tr": "row", "thead th": "columnheader", "tbody th": "rowheader", "td": "cell"}
EXECUTABLE = {None, "", "text/javascript", "application/javascript", "module"}


class PageError(RuntimeError):
    """A page holds something that the site would not serve; the message names page and element."""


def policy() -> str:
    """The content security policy that the site keeps."""
    digest = base64.b64encode(hashlib.sha256(FIRST_LINE.encode()).digest()).decode()
    return (
        f"default-src 'self'; script-src 'self' 'sha256-{digest}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'"
    )


@dataclass
class Page:
    """One HTML file of the site on its way to what is served."""

    name: str
    out: Path
    soup: BeautifulSoup = field(init=False)
    slots: list[str] = field(default_factory=list)
    models: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.read((self.out / self.name).read_text(encoding="utf8"))

    @property
    def root(self) -> str:
        """The way from this page to the top of the site."""
        return "../" * self.name.count("/")

    @property
    def has_explorer(self) -> bool:
        return self.soup.select_one("figure.explorer") is not None

    def read(self, text: str) -> None:
        """Parse the page; drawings and equations are kept aside as they are: the parser is slow and lowers their names."""
        text = re.sub(r"<!--icon:(\w+)-->", lambda m: icons.icon(m[1]), text)
        text = re.sub(r"<(svg|math)\b.*?</\1>", self._aside, text, flags=re.S)
        self.soup = BeautifulSoup(text, "html.parser")

    def _aside(self, match: re.Match) -> str:
        self.slots.append(match[0])
        return f'<s-lot data-slot="{len(self.slots) - 1}"></s-lot>'

    def slot(self, markup: str) -> Tag:
        """A stand-in for ``markup``, to be placed in the tree."""
        element = self.soup.new_tag("s-lot")
        self.slots.append(markup)
        element["data-slot"] = str(len(self.slots) - 1)
        return element

    def filled(self, text: str) -> str:
        """Markup of this page with what was kept aside put back."""
        return re.sub(r'<s-lot data-slot="(\d+)"></s-lot>', lambda m: self.slots[int(m[1])], text)

    def text(self) -> str:
        text = self.filled(str(self.soup))
        text = re.sub(r"(<math\b[^>]*?) xmlns=\"[^\"]*\"", r"\1", text)  # HTML knows it without
        parts = re.split(r"(<pre\b.*?</pre>)", text, flags=re.S)  # code keeps its empty lines
        return "".join(part if part.startswith("<pre") else re.sub(r"\n\s*\n+", "\n", part) for part in parts)

    def fail(self, what: str) -> None:
        raise PageError(f"{self.name}: {what}")

    # -- the steps, in order -----------------------------------------------------------------------------------------

    def strip(self) -> None:
        """Scripts, handlers and leftovers of the theme."""
        html = self.soup.html
        if html is None:
            self.fail("is no HTML page")
        for script in self.soup.select("script"):
            if script.get("type") not in EXECUTABLE:
                continue
            if script.get("src", "").startswith(("http:", "https:", "//")):
                self.fail(f"asks for a script from elsewhere: {script['src']}")
            if not script.get("src") and script.find_parent("article"):
                self.fail(f"an inline script in the text is not run on the site: {script.get_text()[:80]!r}")
            script.decompose()
        for element in self.soup.find_all(lambda tag: any(name.startswith("on") for name in tag.attrs)):
            handler = next(name for name in element.attrs if name.startswith("on"))
            self.fail(f"an inline handler is not run on the site: <{element.name} {handler}={element[handler]!r}>")
        for selector in ("link[rel~=stylesheet]", "link[rel~=preload]", "#ethical-ad-placement", ".pst-async-banner-revealer"):
            for element in self.soup.select(selector):
                element.decompose()
        if not self.soup.select_one("#pst-secondary-sidebar"):
            for element in self.soup.select(".secondary-toggle"):
                element.decompose()
        for meta in self.soup.select("meta[name=viewport]")[1:]:
            meta.decompose()
        for empty in self.soup.select(".sidebar-primary-items__end, .sidebar-header-items, .footer-item, .header-article-item"):
            if not empty.get_text(strip=True) and not empty.find(["s-lot", "img", "button", "input"]):
                empty.decompose()
        for summary in self.soup.select("summary[aria-label]"):
            del summary["aria-label"]  # it would hide the words that the summary shows
        for name in ("data-bs-toggle", "data-bs-placement", "data-bs-title", "data-cfasync"):
            for element in self.soup.find_all(attrs={name: True}):
                del element[name]

    def draw_icons(self) -> None:
        for element in self.soup.select("i[class*=fa-], span[class*=fa-]"):
            try:
                element.replace_with(self.slot(icons.theme_icon(element.get("class", []))))
            except KeyError as missing:
                self.fail(f"the theme shows an icon that soluble/sphinxext/icons.py does not have: {missing.args[0]}")

    def draw_pictures(self) -> None:
        """Each SVG file that the text shows becomes part of the page."""
        for number, image in enumerate(self.soup.select("article img[src$='.svg']"), 1):
            file = (self.out / self.name).parent / image["src"]
            if not file.is_file():
                self.fail(f"shows {image['src']}, which is not there")
            label = image.get("alt", "")
            if not label or label == image["src"] or "/" in label:
                self.fail(f"a picture says nothing to who cannot see it: give {file.name} an alt text")
            drawn = svg.inlined(file.read_text(encoding="utf8"), f"drawn-{number}", label)
            if extra := " ".join(image.get("class", [])):
                drawn = drawn.replace('class="drawn"', f'class="drawn {extra}"', 1)
            parent = image.parent
            image.replace_with(self.slot(drawn))
            if parent.name == "a" and parent.get("href", "").endswith(".svg"):
                parent.unwrap()

    def theme_explorers(self) -> None:
        """The static pictures of explorers follow the reader's colours; their models become files."""
        for figure in self.soup.select("figure.explorer"):
            label = " ".join(figure.figcaption.get_text(" ").split()) if figure.figcaption else ""
            for element in figure.find_all("s-lot"):
                slot = int(element["data-slot"])
                if not self.slots[slot].startswith("<svg"):
                    continue
                drawn = svg.themed(self.slots[slot])
                head, rest = drawn.split(">", 1)
                if "aria-label" not in head and "aria-hidden" not in head:
                    drawn = f'{head} role="img" aria-label="{label[:300]}">{rest}'.replace('role="img" role="img"', 'role="img"')
                self.slots[slot] = drawn
        for script in self.soup.select(MODEL):
            key = script.get("data-key", "")
            if not re.fullmatch(r"[\w.+-]+", key):
                self.fail(f"an explorer's model has no usable key: {key!r}")
            self.models[key] = script.get_text()
            script.decompose()

    def mend_tables(self) -> None:
        """Tables of pandas: one row of heads, each head with a text; a wide table scrolls by itself."""
        for table in self.soup.select("article table"):
            rows = table.select("thead > tr")
            if len(rows) == 2 and not any(cell.get_text(strip=True) for cell in rows[1].select("th")[1:]):
                first = rows[0].find("th")
                if first and not first.get_text(strip=True):
                    first.string = rows[1].find("th").get_text(strip=True)
                    rows[1].decompose()
            for cell in table.select("th"):
                if not cell.get_text(strip=True) and not cell.find("s-lot"):
                    cell.name = "td"
            if "dataframe" in table.get("class", []):
                del table["border"]
                for element in table.select("[style]"):
                    del element["style"]
                for cell in table.select("tbody th"):
                    cell["scope"] = "row"
                for sheet in table.parent.select("style"):
                    sheet.decompose()
            if not table.find_parent(class_=["table-scroll", "pst-scrollable-table-container"]):
                table.wrap(self.soup.new_tag("div", attrs={"class": "table-scroll"}))

    def fold_tables(self) -> None:
        """Tables of words that become blocks on a phone: each cell is told what it is in the table, which not every browser knows of a cell that is
        laid out as a block, and the head that the style shows before it. A table of two columns has room as it is."""
        for table in self.soup.select("article :is(.table-scroll, .pst-scrollable-table-container) > :is(table.table, table:not([class]))"):
            heads = [cell.get_text(" ", strip=True) for cell in table.select("thead > tr > *")]
            if len(heads) < 3 or table.find_parent("figure"):
                continue
            if not table.find_parent(class_="evidence-table"):  # whose cells say what they hold
                table["class"] = [*table.get("class", []), "folding"]
                for row in table.select("tbody > tr"):
                    first, *others = row.find_all(["th", "td"], recursive=False)
                    if not heads[0]:
                        first.name, first["scope"] = "th", "row"
                    for head, cell in zip(heads[1:], others, strict=True):
                        cell["data-label"] = head
            for selector, role in ROLES.items():
                for element in table.select(selector):
                    element["role"] = role
            table["role"] = "table"

    def hold_names(self) -> None:
        for text in self.soup.select_one("article").find_all(string=NAME):
            if text.find_parent(["pre", "code", "script", "style", "table", "option"]) or type(text) is not NavigableString:
                continue
            parts: list[str | Tag] = []
            end = 0
            for match in NAME.finditer(text):
                name = self.soup.new_tag("span", attrs={"class": "nb"})
                name.string = match[0]
                parts += [str(text[end : match.start()]), name]
                end = match.end()
            text.replace_with(*parts, str(text[end:]))

    def dress(self, chapter: dict[str, str] | None, references: str) -> None:
        """Sources that lead to the references page and out to the paper, the line above a chapter's title."""
        for link in self.soup.select("a.cite[data-cite]"):
            link["href"] = f"{self.root}{references}.html#{link['data-cite']}"
            del link["data-cite"]
        for extra in self.soup.select("main[role=main]"):
            del extra["role"]
        for entry in self.soup.select("[role=doc-biblioentry], .citation-list[role=list], .backrefs[role]"):
            del entry["role"]  # deprecated, and not allowed on these elements
        for entry in self.soup.select("div.citation[id]"):
            address = evidence.references().get(entry["id"], {}).get("url")
            if address and not entry.select_one("a[href^=http]"):  # the style prints a DOI, and no PMID
                way_out = self.soup.new_tag("a", attrs={"class": "reference external", "href": address})
                way_out.string = "PubMed"
                entry.select_one("p").extend([" ", way_out, "."])
        for sidebar in self.soup.select("#pst-primary-sidebar"):
            sidebar["role"], sidebar["aria-label"] = "region", "The book"
        for link in self.soup.select("#pst-primary-sidebar nav li > a"):
            link.string = link.get_text().partition(": ")[0]  # what a title promises after its colon has no room there
        heading = self.soup.select_one("article h1")
        if chapter and heading:
            line = self.soup.new_tag("p", attrs={"class": "eyebrow"})
            line.string = chapter["eyebrow"]
            heading.insert_before(line)
        if chapter and chapter.get("accent"):
            self.soup.body["style"] = f"--accent:var(--med-{chapter['accent']})"

    def explain(self, names: terms.Names) -> None:
        """The first use of each mediator and term tells what it is."""
        if terms.mark(self.soup, names, f"{self.root}{terms.GLOSSARY}.html"):
            self.soup.select_one("article")["data-script"] = "terms.js"

    def address(self, name: str, files: dict[str, str]) -> str:
        """Where this page finds a file of ``_assets``; a new content has a new address."""
        return f"{self.root}_assets/{name}?v={files[name]}"

    def load(self, files: dict[str, str]) -> None:
        """Link what the page needs; ``files`` maps a file of ``_assets`` to its digest."""
        head = self.soup.head
        self.soup.html["data-theme"], self.soup.html["data-mode"] = "light", "auto"

        def address(name: str) -> str:
            return self.address(name, files)

        self.soup.html["data-fonts"] = " ".join(address(name) for name in ("fonts/sans-latin.woff2", "fonts/serif-latin.woff2") if name in files)
        first = self.soup.new_tag("script")
        first.string = FIRST_LINE
        head.append(first)
        sheets = ["book.css"] + (["explorer.css"] if self.has_explorer and "explorer.css" in files else [])
        for name in sheets:
            head.append(self.soup.new_tag("link", attrs={"rel": "stylesheet", "href": address(name)}))
        scripts = [address("book.js")]
        if self.has_explorer:
            views = sorted({f"view-{figure.get('data-view')}.js" for figure in self.soup.select("figure.explorer")} & set(files))
            scripts += [address(name) for name in ["kit.js", *(f"models/{key}.js" for key in self.models), *views, "explorer.js"]]
        if self.name == "search.html":
            found = [address("homes.js"), *(f"{self.root}{name}" for name in SEARCH_SCRIPTS), address("summaries.js")]  # it searches as it loads
            scripts = found + scripts
        for element in self.soup.select("[data-script]"):  # a script that the page fetches when it is asked for
            element["data-script"] = address(element["data-script"])
        for source in scripts:
            head.append(self.soup.new_tag("script", attrs={"defer": "", "src": source}))

    def note(self, used: styles.Used) -> None:
        """Tell what the style sheet has to serve."""
        for element in self.soup.find_all(True):
            used.tags.add(element.name)
            used.words.update(element.get("class") or [])
            if element.get("id"):
                used.ids.add(element["id"])
        for name, value in re.findall(r'(class|id)="([^"]*)"', " ".join(self.slots)):
            (used.words if name == "class" else used.ids).update(value.split())
        used.tags.update(name.lower() for name in set(re.findall(r"<(\w+)", " ".join(self.slots))))


class Site:
    """The written site and the steps that finish it."""

    def __init__(self, out: Path, chapters: dict[str, dict[str, str]], summaries: dict[str, str], landing: str, references: str, extra: list[str], data: dict[str, str], names: terms.Names):
        self.out, self.chapters, self.summaries, self.names = out, chapters, summaries, names
        self.landing, self.references, self.extra, self.data = landing, references, extra, data
        self.assets = out / "_assets"
        self.files: dict[str, str] = {}

    def put(self, name: str, content: str | bytes) -> None:
        path = self.assets / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(data)
        self.files[name] = hashlib.sha256(data).hexdigest()[:10]

    def finish(self) -> None:
        sheets = [text for pattern in THEME_SHEETS for text in self._sheet(pattern)]
        self._copy_front()
        names = sorted(f"{name}.html" for name in [*self.summaries, *self.extra, "search"])
        for stale in {p.relative_to(self.out).as_posix() for p in self.out.rglob("*.html")} - set(names):
            (self.out / stale).unlink()
        pages, used = [], styles.Used()
        for name in status_iterator(names, "finishing pages... ", "brown", len(names)):
            page = Page(name, self.out)
            page.strip()
            page.draw_icons()
            page.draw_pictures()
            page.theme_explorers()
            page.mend_tables()
            page.fold_tables()
            if name.removesuffix(".html") in self.chapters:
                page.explain(self.names)
            page.hold_names()
            page.dress(self.chapters.get(name.removesuffix(".html")), self.references)
            frames.announce(page)
            page.note(used)
            for key, code in page.models.items():
                self.put(f"models/{key}.js", code.strip() + "\n")
            pages.append(page)
        for name in self.files:
            if name.endswith(".js"):
                used.add_script((self.assets / name).read_text(encoding="utf8"))
        used.words.add("framed")
        self._style(sheets, used)
        for name, content in {"summaries.js": "solubleSummaries=" + _json(self.summaries) + "\n", **self.data}.items():
            self.put(name, content)
        for page in pages:
            page.load(self.files)
        decks = self._decks(pages)
        for page in pages:
            slides.list_decks(page, decks)
            (self.out / page.name).write_text(page.text(), encoding="utf8")
        self._frames(pages)
        self._front_page()
        self.put("csp.txt", policy() + "\n")
        (self.out / "_headers").write_text(f"/*\n  Content-Security-Policy: {policy()}\n", encoding="utf8")
        self._tidy()

    def _sheet(self, pattern: str) -> list[str]:
        files = sorted(self.out.glob(pattern))
        if not files:
            raise PageError(f"the theme's style sheet {pattern} is not there: has the theme changed?")
        return [files[-1].read_text(encoding="utf8")]

    def _copy_front(self) -> None:
        if self.assets.exists():
            shutil.rmtree(self.assets)
        for built in sorted((WEB / "dist").glob("*.js")):
            self.put(built.name, built.read_bytes())
        if "book.js" not in self.files:
            raise PageError("soluble/web/dist/book.js is not there: run 'make web'")
        for font in sorted(FONTS.glob("*.woff2")):
            self.put(f"fonts/{font.name}", font.read_bytes())

    def _style(self, sheets: list[str], used: styles.Used) -> None:
        fonts = re.sub(r"url\(([\w.-]+)\)", lambda m: f"url(fonts/{m[1]}?v={self.files['fonts/' + m[1]]})", (FONTS / "fonts.css").read_text("utf8"))
        own = (FONTS.parent / "book.css").read_text(encoding="utf8")
        theme = "@layer theme{" + "\n".join(sheets) + "}"  # in a layer, so that the book's own rules win whatever their weight
        self.put("book.css", styles.squeeze([fonts, theme, styles.palette(), own], used))
        for built in ("explorer.css", "deck.css"):
            self.put(built, (WEB / "dist" / built).read_bytes())

    def _frames(self, pages: list[Page]) -> None:
        """Each explorer on a page of its own."""
        taken: dict[str, str] = {}
        for page in pages:
            for name, text in frames.made(page, self.files, FIRST_LINE).items():
                if name in taken:
                    page.fail(f"an explorer has the id of one in {taken[name]}: {name}")
                taken[name] = page.name
                (self.out / name).write_text(text, encoding="utf8")

    def _decks(self, pages: list[Page]) -> dict[str, slides.Deck]:
        """The slides of each chapter; gives the decks by their names in the site."""
        decks = {slides.name_of(page.name): slides.Deck(page) for page in pages if page.name.removesuffix(".html") in self.chapters}
        (self.out / slides.FOLDER).mkdir(exist_ok=True)
        for name, deck in decks.items():
            (self.out / name).write_text(deck.html(self.files, FIRST_LINE), encoding="utf8")
        return decks

    def _front_page(self) -> None:
        """``index.html`` at the top is the landing page itself, with its addresses seen from there."""
        folder = self.landing.rpartition("/")[0]
        page = Page(self.landing, self.out)
        up = "../" * (folder.count("/") + 1) if folder else ""
        for name in ("href", "src", "action"):
            for element in page.soup.find_all(attrs={name: True}):
                address = element[name]
                if not re.match(r"[a-z]+:|//|#", address):
                    element[name] = address[len(up) :] if up and address.startswith(up) else f"{folder}/{address}"
        page.soup.html["data-content_root"] = "./"
        page.soup.html["data-fonts"] = page.soup.html["data-fonts"].replace(up, "") if up else page.soup.html["data-fonts"]
        (self.out / "index.html").write_text(page.text(), encoding="utf8")

    def _tidy(self) -> None:
        """Take away what no page asks for."""
        keep = {name.removeprefix("_static/") for name in SEARCH_SCRIPTS}
        text = "".join(p.read_text(encoding="utf8") for p in self.out.rglob("*.html") if "_static" not in p.parts)
        for path in sorted((self.out / "_static").rglob("*"), reverse=True):
            name = path.relative_to(self.out / "_static").as_posix()
            if path.is_dir():
                if not any(path.iterdir()):
                    path.rmdir()
            elif name not in keep and f"_static/{name}" not in text:
                path.unlink()
        for path in (self.out / "_images").glob("*"):
            if path.name not in text:
                path.unlink()
        shutil.rmtree(self.out / "_sources", ignore_errors=True)


def _json(data: object) -> str:
    import json

    return json.dumps(data, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")
