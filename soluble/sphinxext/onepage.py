"""The built site as one document for paper: cover, contents, every page in the order of the book, and as appendices the model
sheets and the facts, so that each link of a chapter has a place to lead to, and last the course kit, which is for lecturers and holds answers.

What only a screen can use is left out (controls, notes that open, forms, downloads), and so is code that the site folds away, which
is in the notebooks. What else it folds is shown; solutions and the answers of quizzes go to the end of their chapter, and a model's
sheet stands once, in its appendix.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag

from .assets import Page, PageError

LANDING = "index.html"
#: Lists of pages that the contents do not name: title of the appendix, the page that lists them, its links to them.
APPENDICES = (
    ("Appendix A · Model sheets", "chapters/models.html", ".models-table td:first-child > a[href]"),
    ("Appendix B · The facts", "chapters/evidence.html", ".families a[href]"),
)
KIT = "Appendix C · Course kit, for lecturers"
#: What only a screen can use.
SCREEN_ONLY = (
    "script, button, [hidden], .pst-js-only, dialog, details.above-input, .headerlink, .fact-tip, .table-tools, .downloads, .explorer-panel, .explorer-summary:empty, .explorer-list, .skip-map, "
    ".tag_exercise-check, .toctree-wrapper, a.address, .quiz-foot, #progress-overview"
)
REFERRING = ("id", "for", "headers", "aria-labelledby", "aria-describedby", "aria-controls")
LETTERS = "ABCDEFGHIJ"


@dataclass
class Part:
    """A part of the book: its caption and the names of its pages, as the site's contents list them."""

    caption: str
    pages: list[str] = field(default_factory=list)


def order(site: Path) -> list[Part]:
    """The parts of the built site in the order of its contents, the appendices last."""
    landing = _soup(site / LANDING)
    parts: list[Part] = []
    for element in landing.select(".bd-docs-nav :is(p.caption, li > a[href])"):
        if element.name == "p":
            parts.append(Part(_words(element)))
        elif not parts:
            raise PageError(f"{LANDING}: the contents begin with a page that belongs to no part: {element['href']}")
        else:
            parts[-1].pages.append(element["href"])
    if not parts:
        raise PageError(f"{site / LANDING} lists no pages: is this a built site?")
    written = {page for part in parts for page in part.pages}
    for caption, listing, links in APPENDICES:
        if listing in written:
            found = [_target(listing, a["href"])[0] for a in _soup(site / listing).select(links)]
            parts.append(Part(caption, [name for name in dict.fromkeys(found) if name not in written]))
    kit = [page for part in parts for page in part.pages if page.startswith("course/")]
    for part in parts:
        part.pages = [page for page in part.pages if page not in kit]
    return [part for part in [*parts, Part(KIT, kit)] if part.pages]


def _soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf8"), "html.parser")


def _words(element: Tag) -> str:
    return " ".join(element.get_text().split())


def _target(page: str, address: str) -> tuple[str, str]:
    """An address on ``page`` as the file of the site that it names, and the place in that file."""
    path, _, place = address.partition("#")
    name = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(path.partition("?")[0]))) if path else page
    return name, unquote(place)


def slug(page: str) -> str:
    """What the ids of a page begin with."""
    return page.removesuffix(".html").replace("/", "-")


def place(page: str, identity: str = "") -> str:
    """The id in the one document of an id of a page, or of the page itself."""
    return f"{slug(page)}--{identity}" if identity else slug(page)


class Leaf(Page):
    """A page of the site on its way into the document."""

    def __init__(self, name: str, out: Path):
        super().__init__(name, out)
        article = self.soup.select_one("article.bd-article")
        if article is None:
            self.fail("has no article")
        self.article: Tag = article
        self.accent = self.soup.body.get("style", "")
        heading = article.select_one("h1")
        if heading is None:
            self.fail("has no title")
        for link in article.select(".headerlink"):
            link.decompose()
        self.title = _words(heading)
        chapter = re.match(r"Chapter (\d+)", _words(article.select_one(".eyebrow") or heading))
        self.number = chapter[1] if chapter else ""

    def shorten(self, titles: dict[str, str]) -> None:
        """Leave out what is of no use on paper, and move what belongs at the end. ``titles`` are those of all pages, by name."""
        for sheet in self.article.select(".model-sheet[data-model]"):
            page = f"models/{sheet['data-model']}.html"
            if page in titles:
                self._refer_to_sheet(sheet, page, titles[page])
        for element in self.article.select(f"br:has(+ a.address), {SCREEN_ONLY}"):
            element.decompose()
        for heading in self.article.select("h2, h3"):  # of a section that held nothing but downloads
            if heading.parent.name == "section" and _words(heading.parent) == _words(heading):
                heading.parent.decompose()
        for heading in self.article.select("h2 + section > h3"):  # Chromium parts a heading from a section, not from the heading beside it
            if above := heading.parent.find_previous_sibling("h2"):
                heading.insert_before(above)
        self._end_matter()
        for details in self.article.select("details.hide"):
            details.summary.decompose()
            details.name, details["class"] = "div", "shown"
        for details in self.article.select("details"):
            summary, details.name = details.summary, "div"
            summary.name, summary["class"] = "div", "summary"

    def _refer_to_sheet(self, sheet: Tag, page: str, title: str) -> None:
        line, link = self.soup.new_tag("p"), self.soup.new_tag("a", attrs={"href": posixpath.relpath(page, posixpath.dirname(self.name))})
        link.string = title
        line.extend(["The sheet of this model stands in the appendix: ", link, "."])
        sheet.replace_with(line)

    def _end_matter(self) -> None:
        """Solutions and the answers of quizzes at the end of the page, each under the title of what it answers."""
        solutions, answers = list(self._solutions()), list(self._answers())
        for title, name, entries in (("Solutions", "solutions", solutions), ("Answers to the quiz", "answers", answers)):
            if not entries:
                continue
            section = self.soup.new_tag("section", attrs={"class": "end-matter", "id": f"paper-{name}"})
            heading = self.soup.new_tag("h2")
            heading.string = title
            section.extend([heading, *entries])
            self.article.append(section)

    def _solutions(self) -> Iterator[Tag]:
        for number, details in enumerate(self.article.select("details.solution"), 1):
            exercise = details.find_previous("section", class_="exercise")
            entry = self.soup.new_tag("section", attrs={"class": "solved", "id": f"paper-solution-{number}"})
            heading = self.soup.new_tag("h3")
            back = self.soup.new_tag("a", attrs={"href": f"#{exercise['id']}"})
            back.string = _words(exercise.select_one(".exercise-title"))
            heading.append(back)
            details.summary.decompose()
            entry.extend([heading, *list(details.contents)])
            line = self.soup.new_tag("p", attrs={"class": "way"})
            way = self.soup.new_tag("a", attrs={"href": f"#paper-solution-{number}"})
            way.string = "Solution at the end of the chapter"
            line.append(way)
            details.replace_with(line)
            yield entry

    def _answers(self) -> Iterator[Tag]:
        for number, quiz in enumerate(self.article.select("form.quiz"), 1):
            quiz.name = "div"
            for wrapper in quiz.select("fieldset"):
                wrapper.unwrap()
            question = quiz.select_one("legend")
            question.name, question["class"] = "div", "quiz-question"
            label = self.soup.new_tag("span", attrs={"class": "quiz-number"})
            label.string = f"Question {number}. "
            (question.p or question).insert(0, label)
            entry = self.soup.new_tag("section", attrs={"class": "solved"})
            back = self.soup.new_tag("a", attrs={"href": f"#{quiz['id']}"})
            back.string = f"Question {number}"
            heading = self.soup.new_tag("h3")
            heading.append(back)
            entry.append(heading)
            for letter, answer in zip(LETTERS, quiz.select(".quiz-answer"), strict=False):
                said = answer.details.select_one(".quiz-why")
                said["class"] = "quiz-said"
                mark = self.soup.new_tag("b")
                mark.string = f"{letter}. "
                said.insert(0, mark)
                entry.append(said.extract())
                text = answer.label.span
                text["class"] = "quiz-text"
                answer.clear()
                shown = self.soup.new_tag("b", attrs={"class": "quiz-letter"})
                shown.string = letter
                answer.extend([shown, text])
                del answer["data-right"]
            yield entry

    def lead(self, pages: set[str]) -> None:
        """Links to pages of the document lead into it; what lies elsewhere in the site is not on paper, so its words stay without a link."""
        for link in self.article.select("a[href]"):
            if re.match(r"[a-z]+:|//", link["href"]):
                continue
            name, anchor = _target(self.name, link["href"])
            anchor = re.sub(r"^([^:=]+):.*", r"explorer-\1", anchor)  # a setting of an explorer
            if name == "chapters/index.html":
                name = LANDING
            if name in pages:
                link["href"] = f"#{place(name, anchor)}"
            else:
                link.name, link.attrs = "span", {}

    def own_ids(self) -> None:
        """Ids that no other page has, in the text and in what was kept aside of it."""
        for attribute in REFERRING:
            for element in self.article.find_all(attrs={attribute: True}):
                element[attribute] = " ".join(place(self.name, word) for word in str(element[attribute]).split())
        self.slots = [_own(markup, f"{slug(self.name)}--{number}-") for number, markup in enumerate(self.slots)]

    def nest(self, by: int) -> None:
        """Headings ``by`` levels lower, for who reads the structure; they look as before."""
        for heading in self.article.select("h1, h2, h3, h4, [role=heading][aria-level]"):
            level = int(heading.get("aria-level") or heading.name[1])
            heading["aria-level"] = str(level + by)

    def markup(self) -> str:
        return self.filled("".join(str(child) for child in self.article.contents))


def _own(drawing: str, prefix: str) -> str:
    """A drawing whose ids begin with ``prefix``; those that nothing in it asks for are left out."""
    asked = set(re.findall(r"(?:url\(|href=\"|<style[^>]*>)#([\w.-]+)", drawing))
    drawing = re.sub(r"\sid=\"([^\"]*)\"", lambda m: f' id="{prefix}{m[1]}"' if m[1] in asked else "", drawing)
    return re.sub(r"(url\(|href=\"|<style[^>]*>)#", rf"\1#{prefix}", drawing)


def document(site: Path) -> str:
    """The document. It asks for the site's style sheets as from the top of the site, and for ``paper.css`` beside them; who prints
    it writes the numbers of the pages into the contents (``.contents .at``)."""
    parts = order(site)
    landing = Leaf(LANDING, site)
    leaves = {name: Leaf(name, site) for part in parts for name in part.pages}
    everything = {LANDING: landing, **leaves}
    cover, contents, rules = _cover(landing), _contents(parts, leaves), []
    titles = {name: leaf.title for name, leaf in leaves.items()}
    for leaf in everything.values():
        leaf.shorten(titles)
        leaf.lead(set(everything))
        leaf.own_ids()
        leaf.nest(0 if leaf is landing else 1)
    body = [cover, f'<section class="leaf opening" id="{place(LANDING)}"><div class="bd-article">{landing.markup()}</div></section>', contents]
    for part in parts:
        for name in part.pages:
            leaf = leaves[name]
            caption = f'<p class="part" role="heading" aria-level="1">{escape(part.caption)}</p>' if name == part.pages[0] else ""
            style = f"page:{slug(name)};{leaf.accent}"
            body.append(f'<section class="leaf" id="{place(name)}" style="{escape(style)}"><div class="bd-article">{caption}{leaf.markup()}</div></section>')
            rules.append(_running_head(leaf))
    text = "\n".join(body)
    _check(text)
    links = "".join(f'<link rel="stylesheet" href="{link["href"]}">' for link in _styles(site))
    return (
        '<!DOCTYPE html>\n<html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">'
        f"<title>{escape(landing.title)}</title>{links}"
        f'<link rel="stylesheet" href="paper.css"><style>{"".join(rules)}</style></head><body class="paper">{text}</body></html>\n'
    )


def _styles(site: Path) -> Iterator[Tag]:
    """The style sheets of the landing page, which has an explorer and so asks for all."""
    yield from _soup(site / LANDING).select("head link[rel=stylesheet]")


def _cover(landing: Leaf) -> str:
    """The cover, with title and picture of the landing page, which are taken away there as its doors and its explorer are."""
    heading = landing.article.select_one("h1")
    words = heading.find_next_sibling("p")
    art = landing.article.select_one("p > s-lot")
    cover = (
        f'<section class="cover"><div class="cover-art">{landing.filled(str(art))}</div><h1 aria-level="1">{escape(landing.title)}</h1>'
        f"<p>{escape(_words(words).partition('. ')[0])}.</p></section>"
    )
    for element in (heading, words, art.parent, *landing.article.select("figure.explorer, .doors")):
        element.decompose()
    return cover


def _contents(parts: list[Part], leaves: dict[str, Leaf]) -> str:
    lines = []
    for part in parts:
        rows = "".join(
            f'<li><a href="#{place(name)}"><span class="number">{leaves[name].number}</span><span class="words">{escape(leaves[name].title)}</span>'
            f'<span class="dots"></span><span class="at">000</span></a></li>'
            for name in part.pages
        )
        lines.append(f'<div class="contents-part"><p class="caption">{escape(part.caption)}</p><ul>{rows}</ul></div>')
    return f'<section class="contents" id="contents"><h1 aria-level="1">Contents</h1>{"".join(lines)}</section>'


def _running_head(leaf: Leaf) -> str:
    words = (f"{leaf.number} · " if leaf.number else "") + leaf.title
    quoted = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'@page {slug(leaf.name)}{{@top-left{{content:"{quoted}"}}}}'


def _check(text: str) -> None:
    """Every id once, every link within the document to one of them."""
    text = re.sub(r"<pre\b.*?</pre>", "", text, flags=re.S)
    ids = re.findall(r"<[^<>]*?\sid=\"([^\"]+)\"", text)
    if twice := sorted(name for name, count in Counter(ids).items() if count > 1):
        raise PageError(f"ids that stand twice in the one document: {', '.join(twice[:10])}")
    lost = sorted(set(re.findall(r"<a\b[^<>]*?\shref=\"#([^\"]+)\"", text)) - set(ids))
    if lost:
        raise PageError(f"links to places that the one document does not have: {', '.join(lost[:10])}")
