"""A deck of slides for each chapter, ``slides/<chapter>.html``, made from the finished page of the chapter.

What becomes a slide follows from the anatomy that every chapter keeps:

* the title with its answer in one sentence, the aims, the puzzle with its tables, the key points;
* of the sections between the puzzle and the model: each drawn figure with its caption, each subsection;
* of the model: the part in words, the equations, the first sentence of each thing that it leaves out;
* wherever they stand: each *Predict*, each explorer (alive, from the files of its own page), each *What you should have
  seen*, each picture that a cell has drawn with the words that read it;
* each disagreement and each paragraph of the clinic that begins with its subject in bold; the exercise to criticise
  and the first questions of the quiz, none with its answer; the summary; the sources that the slides cite.

A paragraph is shown a sentence a line, as it is written. Where a text is longer than a slide it is parted, or cut at a
sentence. The class ``no-slide`` on a paragraph, list or figure keeps it off the deck; ``on-slide`` on a paragraph that begins
with bold words brings it on, with the list that follows. ``src/deck.js`` turns the pages.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup, NavigableString, Tag
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from . import icons
from .slide_text import Line, clauses, fitting, grouped, shown

if TYPE_CHECKING:
    from .assets import Page

FOLDER = "slides"
BESIDE = 300  # letters that stand with a picture
COLUMN = 18.5  # letters of equations, one above the other
QUESTIONS = 2  # of the quiz
SUBSECTIONS, SUBJECTS = 3, 3  # of a section before the model; of the clinic, and of the disagreements
ROWS = 10  # of a table
SOURCES = 30  # on a slide
MOST = 40  # slides; a deck that has more leaves out subsections before the model

TEMPLATE = """<!DOCTYPE html>
<html lang="en" data-theme="light" data-mode="auto" data-fonts="{fonts}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{count} slides with {live} live explorers, made from the chapter: {title}">
<title>{title} — slides — Soluble Signals</title>
<link rel="icon" href="{root}_static/favicon.svg">
<script>{first}</script>{links}
</head>
<body class="deck"{style}><main class="bd-article"{cards}>
{slides}
</main>
<nav class="deck-bar pst-js-only" aria-label="Slides">
<button type="button" class="tool" data-deck="back" aria-label="Slide before" title="Slide before (←)">{left}</button>
<button type="button" class="tool" data-deck="on" aria-label="Next slide" title="Next slide (→)">{right}</button>
<button type="button" class="tool" data-deck="list" aria-label="All slides" title="All slides (Esc)">{list}</button>
<button type="button" class="tool theme-switch-button" data-action="theme" aria-label="Colours: as the system" title="Light, dark, or as the system"><span data-mode="light">{sun}</span><span data-mode="dark">{moon}</span><span data-mode="auto">{half}</span></button>
<button type="button" class="tool" data-deck="keys" aria-label="Keys" title="Keys (?)">?</button>
</nav>
<dialog id="deck-list" aria-labelledby="deck-list-title"><p id="deck-list-title" class="deck-dialog-title">{title}</p><ol>{contents}</ol></dialog>
<dialog id="deck-keys" aria-labelledby="deck-keys-title"><p id="deck-keys-title" class="deck-dialog-title">Keys</p><dl>{keys}</dl></dialog>
</body></html>
"""
KEYS = {
    "→ ↓ Space Page Down": "next slide",
    "← ↑ Shift+Space Page Up": "slide before",
    "Home End": "first, last slide",
    "Esc": "all slides; in an explorer: leave its control, so that the keys turn slides again",
    "F": "full screen",
    "D": "light, dark, or as the system",
    "C": "the chapter, where this slide comes from",
    "?": "these keys",
}


@dataclass
class Slide:
    """``body`` is what stands below the heading; ``anchor`` is where in the chapter it comes from."""

    kind: str
    part: str
    heading: str
    body: list[Tag]
    anchor: str
    label: str = ""  # what it is called where it has no heading
    of: tuple[int, int] = (1, 1)  # which of the slides that share a heading
    size: str = ""


def is_class(element: Tag, name: str) -> bool:
    return name in element.get("class", [])


class Deck:
    """The slides of one finished page."""

    def __init__(self, page: Page):
        self.page, self.soup = page, page.soup
        self.own = page.name.rpartition("/")[2]
        self.article = self.soup.select_one("article section")
        self.title = self.words(self.article.find("h1"))
        self.eyebrow = self.words(self.article.select_one("p.eyebrow"))
        self.slides: list[Slide] = []
        self.collect()

    # -- what becomes a slide -----------------------------------------------------------------------------------------

    def collect(self) -> None:
        sections = self.article.find_all("section", recursive=False)
        titles = [self.words(section.h2) for section in sections]
        model = next((i for i, title in enumerate(titles) if title.startswith("The model")), 0)
        self.front()
        for number, (section, title) in enumerate(zip(sections, titles, strict=True)):
            if number == 0:
                self.puzzle(section, title)
                self.key_points()
            elif number < model:
                self.background(section, title)
            elif number == model:
                self.model(section, title)
            elif title.startswith("Exercises"):
                self.exercises(section, title)
            elif title.startswith("Summary"):
                self.summary(section, title)
            else:
                self.rest(section, title)
        self.sources()
        spare = [slide for slide in self.slides if slide.kind == "background"]
        while len(self.slides) > MOST and spare:
            self.slides.remove(spare.pop())

    def front(self) -> None:
        answer = self.article.find("p", class_=lambda c: c != "eyebrow", recursive=False)
        lines = [n for n in answer.children if not (isinstance(n, Tag) and n.name == "strong")]
        body = [self.tag("p", "deck-answer", lines)]
        self.add("title", self.eyebrow, self.title, body, "")
        if aims := self.article.select_one("div.aims"):
            body = [copy.copy(aims.ul), *[self.tag("p", "deck-note", list(p.children)) for p in aims.find_all("p", recursive=False)[1:]]]
            self.add("aims", self.eyebrow, self.words(aims.p), body, "")

    def puzzle(self, section: Tag, title: str) -> None:
        """The text of the first section, and its pictures and tables, each after what leads to it."""
        kept = self.paragraphs(section)
        text: list[Tag] = []
        for block in section.find_all(True, recursive=False):
            if any(block is one for one in kept):
                text.append(block)
            elif shown := self.printed(block):
                self.say(section, title, title, text)
                self.add("rows" if is_class(shown, "deck-table") else "picture", title, title, [shown], self.anchor(section))
                text = []
        self.say(section, title, title, text)

    def printed(self, block: Tag) -> Tag | None:
        """The picture or the short table that a cell shows."""
        output = block.select_one(":scope > .cell_output") if is_class(block, "cell") else None
        table = output and output.select_one("table.dataframe")
        if table and len(table.select("tbody tr")) <= ROWS:
            return self.tag("div", "deck-table", [table])
        return self.drawing(output)

    def key_points(self) -> None:
        if points := self.article.select_one("div.key-points"):
            self.add("points", self.eyebrow, self.words(points.p), [copy.copy(points.ul)], "", size=fitting(self.lines([points.ul])))

    def background(self, section: Tag, title: str) -> None:
        for block in self.blocks(section):
            self.live(block, title)
        for part in section.find_all("section", recursive=False)[:SUBSECTIONS]:
            self.say(part, title, self.words(part.h3), self.paragraphs(part), most=1, kind="background")

    def model(self, section: Tag, title: str) -> None:
        words = [s for s in section.find_all("section", recursive=False) if "in words" in self.words(s.h3).lower()]
        intro = [] if words else self.paragraphs(section)
        for part in words or [section]:
            heading = self.words(part.h3) if part.h3 and part is not section else title
            self.say(part, title, title if heading == "In words" else heading, intro or self.paragraphs(part), most=3)
        self.equations(section, title)
        for block in self.blocks(section):
            self.live(block, title)
        for part in section.find_all("section", recursive=False):
            if "leave" in self.words(part.h3) or "cannot tell" in self.words(part.h3):
                self.limits(part, title)

    def limits(self, part: Tag, title: str) -> None:
        """The first sentence of each thing that a model leaves out."""
        self.spread(part, title, self.words(part.h3), [line.opening() for line in self.lines(self.paragraphs(part))], most=1)

    def equations(self, section: Tag, title: str) -> None:
        """The equations of the model, generated or written, on at most two slides."""
        found = section.select("div.model-equations div.math") or section.select("div.math")
        groups: list[list[Tag]] = []
        room = 0.0
        for math in found:
            room -= self.tall(math)
            if room < 0:
                if len(groups) == 2:
                    break
                groups.append([])
                room = COLUMN - self.tall(math)
            groups[-1].append(math)
        left = len(found) - sum(map(len, groups))
        for number, group in enumerate(groups, 1):
            body = [self.tag("div", "deck-math", group)]
            if left and number == len(groups):
                body.append(self.tag("p", "deck-note", [NavigableString(f"{left} more in the chapter.")]))
            slide = self.add("equations", title, "In equations", body, self.anchor(group[0]))
            slide.of = (number, len(groups))

    def tall(self, math: Tag) -> float:
        """About how tall an equation is, in its own letters: by the depth of its fractions and the lines of its cases."""
        markup = self.page.filled(str(math))
        level = depth = 0
        for close in re.findall(r"<(/?)mfrac\b", markup):
            level += -1 if close else 1
            depth = max(depth, level)
        return (1.9, 3.1, 4.4, 9.5)[min(depth, 3)] + (2 if depth < 2 and len(re.sub(r"<[^>]+>|\s", "", markup)) > 40 else 0) + (2 if "<mtr" in markup else 0)

    def rest(self, section: Tag, title: str) -> None:
        """Predictions, explorers, what was to be seen, pictures, and what begins with its subject."""
        room = {"clinic": SUBJECTS, "dispute": SUBJECTS}
        for block in self.blocks(section):
            if self.live(block, title):
                continue
            under = self.words(block.find_previous(["h2", "h3"]))
            kind = "dispute" if "disagree" in under else "clinic" if title.startswith("In the clinic") else ""
            for lead, one in self.subjects(block):
                if lead.startswith("What you should have seen"):
                    self.say(block, under, lead, [one], most=2, kind="seen")
                elif is_class(block, "on-slide"):
                    self.say(block, under, lead, [b for b in (block, block.find_next_sibling()) if b in self.paragraphs(block.parent) and (b is block or b.name == "ul")], most=3)
                elif kind and room[kind]:
                    room[kind] -= 1
                    self.say(block, under, lead, [one], most=1, kind=kind)

    def subjects(self, block: Tag) -> Iterator[tuple[str, Tag]]:
        """A paragraph, or the items of a list, that begin with bold words; with these."""
        items = block.find_all("li", recursive=False) if block.name == "ul" else []
        for one in [block, *(item.find("p", recursive=False) or item for item in items)]:
            if (lead := self.lead(one)) is not None:
                yield lead, one

    def live(self, block: Tag, title: str) -> bool:
        """A prediction, an explorer or a picture becomes a slide."""
        if is_class(block, "predict"):
            subject = block.find_previous(["h2", "h3"])
            self.say(block, self.words(subject), "Predict", block.find_all("p", recursive=False)[1:], kind="predict")
            return True
        if figure := (block if is_class(block, "explorer") else block.select_one("figure.explorer")):
            self.explorer(figure, title)
            return True
        if block.name == "figure" and (drawing := self.drawing(block)):
            caption = self.caption(block)
            self.add("figure", title, title, [drawing, *caption], self.anchor(block))
            return True
        if is_class(block, "cell") and (drawing := self.drawing(block.select_one(":scope > .cell_output"))):
            heading = block.find_previous(["h2", "h3"])
            self.add("picture", title, self.words(heading), [drawing, *self.reading(block)], self.anchor(block))
            return True
        return False

    def explorer(self, figure: Tag, title: str) -> None:
        one = copy.copy(figure)
        config = json.loads(one.select_one("script.explorer-config").string)
        one["data-frame"] = self.away(one["data-frame"])
        one["data-controls"] = str(len(config.get("controls") or []))
        name = config.get("title") or self.title
        self.add("live", title, name, [one], figure["id"])

    def exercises(self, section: Tag, title: str) -> None:
        for one in section.select("section.exercise"):
            kind = self.words(one.select_one(".exercise-kind"))
            if kind != "Criticise":
                continue  # what is computed needs the notebook, and the quiz asks for what is remembered
            about = " · ".join(self.words(p) for p in one.select(".exercise-kind, .exercise-time"))
            self.say(one, f"{title} · {about}", self.words(one.select_one(".exercise-title")), one.find_all(["p", "ul", "ol"], recursive=False), most=1, kind="exercise")
        for form in section.select("form.quiz")[:QUESTIONS]:
            legend = form.legend
            several = legend.small
            lines = [n for n in legend.contents if n is not several]
            body = [self.tag("div", "deck-question", self.inner(lines))]
            answers = self.soup.new_tag("ol", attrs={"class": "deck-answers"})
            for span in form.select(".quiz-answer label > span"):
                answers.append(self.tag("li", "", self.inner(span.contents)))
            self.add("quiz", "Quiz" + (" · several answers are right" if several else ""), "", [*body, answers], "quiz", label=shown(lines).strip())

    def summary(self, section: Tag, title: str) -> None:
        paragraphs = [p for p in self.paragraphs(section) if not (self.lead(p) or "").startswith("Further reading")]
        self.say(section, title, title, paragraphs, most=2)

    def sources(self) -> None:
        """The sources that the slides cite, in the order of the alphabet."""
        from soluble import evidence

        known = evidence.references()
        keys = {a["href"].rpartition("#")[2] for s in self.slides for b in s.body for a in b.select("a[href*='references.html#']")} & set(known)
        rows = sorted(keys, key=lambda key: (known[key]["label"].lower(), key))
        for start in range(0, len(rows), SOURCES):
            items = self.soup.new_tag("ul", attrs={"class": "deck-sources"})
            for key in rows[start : start + SOURCES]:
                link = self.soup.new_tag("a", attrs={"href": f"references.html#{key}"})
                link.string = known[key]["label"]
                item = self.tag("li", "", [link])
                item.append(NavigableString(f" {known[key]['journal']}" if known[key].get("journal") else ""))
                items.append(item)
            self.add("sources", "Sources", "Cited on these slides", [items], "")

    # -- how it becomes one -------------------------------------------------------------------------------------------

    def add(self, kind: str, part: str, heading: str, body: list[Tag], anchor: str, label: str = "", size: str = "") -> Slide:
        slide = Slide(kind, self.eyebrow if part == heading else part, heading, body, anchor, label or heading, size=size)
        self.slides.append(slide)
        return slide

    def say(self, at: Tag, part: str, heading: str, blocks: list[Tag], most: int = 4, kind: str = "words") -> None:
        """Slides of sentences."""
        lead = self.lead(blocks[0]) if blocks else None
        lines = self.lines(blocks, without=lead if lead == heading else None)
        self.spread(at, part, heading, lines, most, kind)

    def spread(self, at: Tag, part: str, heading: str, lines: list[Line], most: int, kind: str = "words") -> None:
        if not fitting(lines):
            lines = [line.opening() for line in lines]
        if not lines:
            return
        groups = grouped(lines)[:most]
        for number, group in enumerate(groups, 1):
            slide = self.add(kind, part, heading, [self.set(group)], self.anchor(at), size=fitting(group))
            slide.of = (number, len(groups))

    def lines(self, blocks: list[Tag], without: str | None = None) -> list[Line]:
        out: list[Line] = []
        for block in blocks:
            if block.name in ("ul", "ol"):
                out += [Line(self.inner(item.contents), True, True) for item in block.find_all("li", recursive=False)]
                continue
            pieces: list[list] = [[]]
            for child in self.inner(block.contents):
                if isinstance(child, NavigableString):
                    first, *others = re.sub(r" (?=%)", "\u00a0", str(child)).split("\n")
                    pieces[-1].append(NavigableString(first))
                    pieces += [[NavigableString(other)] for other in others]
                else:
                    pieces[-1].append(child)
            if without and pieces and pieces[0] and isinstance(pieces[0][0], Tag | NavigableString):
                pieces[0] = [n for i, n in enumerate(pieces[0]) if not (isinstance(n, Tag) and n.name == "strong" and i <= 1)]
            pieces = [part for p in pieces for part in clauses(p) if shown(part).strip()]
            out += [Line(piece, number == 0) for number, piece in enumerate(pieces)]
        return out

    def set(self, lines: list[Line]) -> Tag:
        box = self.soup.new_tag("div", attrs={"class": "deck-lines"})
        holder = box
        for line in lines:
            if line.item:
                if holder.name != "ul":
                    holder = self.soup.new_tag("ul")
                    box.append(holder)
                holder.append(self.tag("li", "", line.nodes))
            else:
                holder = box
                box.append(self.tag("p", "first" if line.first else "", line.nodes))
        return box

    def blocks(self, section: Tag) -> Iterator[Tag]:
        """The blocks of a section and of its subsections, in order."""
        for child in section.find_all(True, recursive=False):
            if child.name == "section" and not is_class(child, "exercise"):
                yield from self.blocks(child)
            elif not is_class(child, "no-slide"):
                yield child

    def paragraphs(self, section: Tag) -> list[Tag]:
        """Paragraphs and lists of a section that say something by themselves: none that only leads to what follows."""
        found = section.find_all(["p", "ul", "ol"], recursive=False)
        return [b for b in found if not is_class(b, "no-slide") and not (b.name == "p" and shown([b]).strip().endswith(":"))]

    def lead(self, block: Tag) -> str | None:
        """The bold words with which a paragraph or an item begins."""
        if block.name not in ("p", "li"):
            return None
        first = next((n for n in block.children if not (isinstance(n, NavigableString) and not n.strip())), None)
        if not isinstance(first, Tag) or first.name != "strong":
            return None
        return re.sub(r"\.$", "", " ".join(shown([first]).split()))

    def drawing(self, holder: Tag | None) -> Tag | None:
        """The picture drawn in a figure or in the output of a cell."""
        for slot in holder.find_all("s-lot") if holder else ():
            drawn = self.page.slots[int(slot["data-slot"])]
            if drawn.startswith("<svg") and not slot.find_parent(["table", "button"]):
                box = re.search(r'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"', drawn)
                upright = bool(box) and float(box[1]) < 1.25 * float(box[2])
                return self.tag("div", "deck-drawing upright" if upright else "deck-drawing", [copy.copy(slot)])
        return None

    def caption(self, figure: Tag) -> list[Tag]:
        text = figure.select_one(".caption-text")
        return [self.tag("p", "deck-note", self.inner(text.contents))] if text else []

    def reading(self, cell: Tag) -> list[Tag]:
        """The sentences that read a picture: the paragraph after it, or else the one before it, as far as there is room."""
        after, before = cell.find_next_sibling(), cell.find_previous_sibling()
        while after is not None and is_class(after, "tag_remove-cell"):
            after = after.find_next_sibling()
        for block in (after, before):
            if block is None or block.name != "p" or shown([block]).strip().endswith(":"):
                continue
            lines, letters = [], 0
            for line in self.lines([block]):
                letters += line.letters
                if lines and letters > BESIDE:
                    break
                lines.append(line)
            return [self.set(lines)]
        return []

    def anchor(self, element: Tag) -> str:
        """The nearest address in the chapter at or above an element."""
        for holder in (element, *element.parents):
            if isinstance(holder, Tag) and holder.name in ("section", "figure") and holder.get("id"):
                named = holder.find("span", id=True, recursive=False)
                return str(named["id"] if named else holder["id"])
        return ""

    def words(self, element: Tag | None) -> str:
        if element is None:
            return ""
        return " ".join(shown(c for c in element.children if not (isinstance(c, Tag) and is_class(c, "headerlink"))).split())

    def inner(self, contents: Iterable) -> list:
        """Copies of what a paragraph or a cell of a list holds."""
        contents = list(contents)
        tags = [c for c in contents if isinstance(c, Tag)]
        if len(tags) == 1 and tags[0].name == "p" and all(isinstance(c, Tag) or not c.strip() for c in contents):
            contents = tags[0].contents
        return [copy.copy(c) for c in contents]

    def tag(self, name: str, classes: str, contents: Iterable) -> Tag:
        element = self.soup.new_tag(name, attrs={"class": classes} if classes else {})
        for node in contents:
            element.append(copy.copy(node) if node.parent is not None else node)
        return element

    # -- the page -----------------------------------------------------------------------------------------------------

    def away(self, address: str) -> str:
        """An address of the chapter's page, seen from the deck."""
        if re.match(r"[a-z]+:|//", address):
            return address
        return f"../chapters/{self.own}{address}" if address.startswith("#") else f"../chapters/{address}"

    def html(self, files: dict[str, str], first_line: str) -> str:
        views = sorted({f"view-{element['data-view']}.js" for element in self.figures()})
        configs = [json.loads(figure.select_one("script.explorer-config").string) for figure in self.figures()]
        keys = dict.fromkeys(config["key"] for config in configs if config.get("key"))
        scripts = ["kit.js", *(f"models/{key}.js" for key in keys), *views, "explorer.js", "deck.js"]
        links = [f'<link rel="stylesheet" href="{self.page.address(name, files)}">' for name in ("book.css", "explorer.css", "deck.css")]
        links += [f'<script defer src="{self.page.address(name, files)}"></script>' for name in scripts if name in files]
        style = self.soup.body.get("style")
        return TEMPLATE.format(
            fonts=self.soup.html.get("data-fonts", ""),
            title=escape(self.title),
            count=len(self.slides),
            live=self.explorers,
            root=self.page.root,
            first=first_line,
            links="".join(links),
            style=f' style="{style}"' if style else "",
            cards=f' data-script="{self.page.address("terms.js", files)}"' if "terms.js" in files else "",
            slides="\n".join(self.slide(number, slide) for number, slide in enumerate(self.slides, 1)),
            contents="".join(f'<li><a href="#/{n}"><span class="deck-kind">{escape(s.part)}</span> {escape(s.label)}</a></li>' for n, s in enumerate(self.slides, 1)),
            keys="".join(f"<div><dt>{' '.join(f'<kbd>{k}</kbd>' for k in self.split_keys(keys))}</dt><dd>{what}</dd></div>" for keys, what in KEYS.items()),
            **{name: icons.icon(name) for name in ("left", "right", "list", "sun", "moon", "half")},
        )

    @staticmethod
    def split_keys(keys: str) -> list[str]:
        return re.findall(r"Page \w+|\S+", keys)

    def figures(self) -> list[Tag]:
        """The explorers on the slides."""
        return [element for slide in self.slides for element in slide.body if is_class(element, "explorer")]

    @property
    def explorers(self) -> int:
        return len(self.figures())

    def slide(self, number: int, slide: Slide) -> str:
        body = BeautifulSoup("".join(str(element) for element in slide.body), "html.parser")
        for link in body.select("a[href]"):
            link["href"] = self.away(link["href"])
        for element in body.select("a.headerlink"):
            element.decompose()
        of = f' <span class="deck-of">{slide.of[0]} of {slide.of[1]}</span>' if slide.of[1] > 1 else ""
        level = "h1" if slide.kind == "title" else "h2"
        heading = f"<{level}>{escape(slide.heading)}{of}</{level}>" if slide.heading else ""
        question = body.select_one(".deck-question")
        if question:
            question.name = "h2"
        number_of = re.search(r"\d+", slide.part) if slide.kind == "title" else None
        large = f'<span class="slide-number-large" aria-hidden="true">{number_of[0]}</span>' if number_of else ""
        where = f"../chapters/{self.own}" + (f"#{slide.anchor}" if slide.anchor else "")
        total = len(self.slides)
        return (
            f'<section class="slide {slide.kind}" id="/{number}" aria-label="Slide {number} of {total}: {escape(slide.label, quote=True)}" tabindex="-1" style="--at:{number / total:.3f}">'
            f'<div class="slide-sheet{f" {slide.size}" if slide.size else ""}">{large}<p class="slide-part">{escape(slide.part)}</p>{heading}<div class="slide-body">{self.page.filled(str(body))}</div>'
            f'<div class="slide-foot"><a href="{where}">In the chapter</a><span class="slide-brand">Soluble Signals</span><span class="slide-number">{number} of {total}</span></div></div></section>'
        )


# ---------------------------------------------------------------------------------------------------------------------
# The decks of the site, and the list of them


def name_of(page: str) -> str:
    """The file of a chapter's deck, by the name of its page."""
    return f"{FOLDER}/{page.rpartition('/')[2].removesuffix('.html')}.html"


class SlideDecks(SphinxDirective):
    """A list of all decks, with the number of their slides and of the explorers on them."""

    def run(self) -> list[nodes.Node]:
        return [nodes.raw("", '<ul class="slide-decks"></ul>', format="html")]


def list_decks(page: Page, decks: dict[str, Deck]) -> None:
    """Fill the lists that ``{slide-decks}`` has left on a page."""
    for holder in page.soup.select("ul.slide-decks"):
        for name, deck in decks.items():
            item, link = page.soup.new_tag("li"), page.soup.new_tag("a", attrs={"href": page.root + name})
            link.string = deck.title
            live = f", {deck.explorers} live explorer{'s' if deck.explorers != 1 else ''}" if deck.explorers else ""
            item.extend([link, NavigableString(f" {len(deck.slides)} slides{live}")])
            holder.append(item)


def setup(app) -> None:
    app.add_directive("slide-decks", SlideDecks)
