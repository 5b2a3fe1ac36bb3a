"""Cards that tell what a mediator or a term is, at its first use on a page.

The page holds a link to the glossary and nothing more; what a card says lies once for the whole site in ``_assets/terms.js``
and is fetched when a reader points at the first of them (``src/book/facts.js``, which also opens the notes of numbers).
"""

from __future__ import annotations

import json
import re

from bs4 import BeautifulSoup, NavigableString, Tag
from docutils import nodes
from soluble.mediators import Mediator, mediators, plain
from soluble.network import makers
from sphinx import addnodes
from sphinx.application import Sphinx

GLOSSARY = "chapters/glossary"
#: Terms whose word also has an everyday meaning: they get a card only where the author marks them with ``{term}``.
EVERYDAY = {"Calibration", "Clearance", "Fold", "Front", "Interaction", "Normalisation", "Optimism", "Plasma", "Power", "Predictive", "Prior", "Prognostic", "Saddle", "Serum", "Shrinkage", "Antimony", "Dissemination", "Elasticity", "Heterogeneity", "Assurance", "Censored", "Occupancy"}
PROSE = ["p", "li", "dd"]
NOT_IN = ["a", "pre", "code", "table", "figure", "svg", "summary", "label", "legend", "button", "math", "h1", "h2", "h3", "h4"]
NOT_WITHIN = re.compile(r"\b(?:fact|fact-tip|exercise-head|admonition-title|math|highlight|eyebrow|model-sheet)\b")


def mass(mediator: Mediator) -> str:
    """The mass with what it is the mass of; empty where none was found."""
    return f"{mediator.mass['kDa']} kDa, {mediator.mass['of']}" if mediator.mass else ""


def made_by(mediator: Mediator) -> str:
    """The cells that were seen to make it; those seen in mice alone are marked."""
    return ", ".join(f"{cell} (in mice)" if where == "mice" else cell for cell, where, _ in makers(mediator))


def mediator_card(mediator: Mediator, titles: dict[str, str]) -> dict:
    rows = {"Also": ", ".join(mediator.synonyms), "Receptors": ", ".join(mediator.receptors), "Made by": made_by(mediator), "Mass": mass(mediator)}
    page = f"chapters/{mediator.chapter}"
    links = [[f"{GLOSSARY}.html#mediator-{mediator.word}", "In the glossary, with sources"]]
    if page in titles:
        links.insert(0, [f"{page}.html", titles[page]])
    return {"name": f"{mediator.name}: {mediator.long}", "says": mediator.role, "rows": [[k, v] for k, v in rows.items() if v], "links": links}


def glossary(app: Sphinx) -> dict[str, tuple[str, str]]:
    """Each term of the glossary by its anchor: the term and its definition."""
    found = {}
    for part in app.env.get_doctree(GLOSSARY).findall(addnodes.glossary):
        for item in part.findall(nodes.definition_list_item):
            for term in item.findall(nodes.term):
                said = " ".join(next(item.findall(nodes.definition)).astext().split())
                found[term["ids"][0]] = (term.astext(), said)
    return found


def script(app: Sphinx) -> str:
    """The cards as a script that sets ``solubleTerms``: anchor → what the card says."""
    titles = {name: f"Chapter {int(name.rpartition('/')[2][:2])}" for name in app.env.found_docs if re.match(r"chapters/\d\d-", name)}
    cards = {f"mediator-{m.word}": mediator_card(m, titles) for m in mediators()}
    for anchor, (term, said) in glossary(app).items():
        cards[anchor] = {"name": term, "says": said, "rows": [], "links": [[f"{GLOSSARY}.html#{anchor}", "In the glossary"]]}
    return "solubleTerms=" + json.dumps(cards, ensure_ascii=False).replace("<", "\\u003c") + "\n"


class Names:
    """The words that stand for a mediator or a term in prose, and the anchor of each in the glossary."""

    def __init__(self, terms: dict[str, tuple[str, str]]) -> None:
        self.anchors: dict[str, str] = {}
        exact, any_case = [], []
        for mediator in mediators():
            for name in mediator.names:
                self._add(name, f"mediator-{mediator.word}", exact, any_case)
        for anchor, (term, _) in terms.items():
            if term not in EVERYDAY:
                self._add(re.sub(r"\s*\(.*\)$", "", term), anchor, exact, any_case)
        longest = [f"(?:{'|'.join(sorted(some, key=len, reverse=True))})" for some in (exact, any_case)]
        self.pattern = re.compile(rf"(?<![\w-])(?:{longest[0]}|(?i:{longest[1]}))s?(?![\w-]|[\u2010\u2011]\w)")

    def _add(self, name: str, anchor: str, exact: list[str], any_case: list[str]) -> None:
        if self.anchors.setdefault(plain(name), anchor) == anchor:
            loose = r"[\s\-\u2010-\u2014]".join(re.escape(part) for part in re.split(r"[ \-\u2010-\u2014]", name))
            # A short name is what it is by its capitals: MET is a receptor, met is a verb.
            (exact if len(name) <= 8 and re.search(r"[A-Z].*[A-Z0-9]|\d", name) else any_case).append(loose)

    def anchor(self, words: str) -> str:
        said = plain(" ".join(words.split()))
        return self.anchors.get(said) or self.anchors[said.removesuffix("s")]


def mark(soup: BeautifulSoup, names: Names, address: str) -> int:
    """Give the first use of each name in an article its card; the number of cards. ``address`` is that of the glossary."""
    seen: set[str] = set()
    for node in list(soup.select_one("article").descendants):
        if isinstance(node, Tag):
            anchor = node.get("href", "").partition("glossary.html#")[2] if node.name == "a" else ""
            if anchor.startswith("term-") and anchor not in seen:
                seen.add(anchor)
                node["class"] = ["fact-value"]
                node.wrap(soup.new_tag("span", attrs={"class": "fact term"}))
        elif type(node) is NavigableString and names.pattern.search(node) and _prose(node):
            _mark_text(soup, node, names, address, seen)
    return len(seen)


def _prose(text: NavigableString) -> bool:
    return bool(text.find_parent(PROSE)) and not text.find_parent(lambda tag: tag.name in NOT_IN or bool(NOT_WITHIN.search(" ".join(tag.get("class") or []))))


def _mark_text(soup: BeautifulSoup, text: NavigableString, names: Names, address: str, seen: set[str]) -> None:
    parts: list[str | Tag] = []
    end = 0
    for match in names.pattern.finditer(text):
        anchor = names.anchor(match[0])
        if anchor in seen:
            continue
        seen.add(anchor)
        link = soup.new_tag("a", attrs={"class": "fact-value", "href": f"{address}#{anchor}"})
        link.string = match[0]
        card = soup.new_tag("span", attrs={"class": "fact term"})
        card.append(link)
        parts += [str(text[end : match.start()]), card]
        end = match.end()
    if parts:
        text.replace_with(*parts, str(text[end:]))
