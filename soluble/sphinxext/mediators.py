"""The mediators by all their names: for the glossary, for the search, for the colour of a chapter.

``evidence/mediators.yaml`` lists them; search finds a page by any name because every name becomes one and the same
word, both where Sphinx collects the words of a page and where the reader's query is split.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML
from soluble import style
from soluble.mediators import mediators, plain
from soluble.paths import data_path
from sphinx import search
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish


def accent(chapter: str) -> str:
    """The slug of the colour of the mediator that a chapter treats, or nothing."""
    for mediator in mediators():
        if mediator.chapter == chapter:
            return style.slug(mediator.colour or mediator.name)
    return ""


@cache
def _pattern() -> tuple[re.Pattern, dict[str, str]]:
    words = {plain(name): m.word for m in mediators() for name in m.names}
    longest_first = sorted(words, key=len, reverse=True)
    parts = "|".join(re.escape(name).replace(r"\-", r"[\s-]?") for name in longest_first)
    return re.compile(rf"(?<![a-z0-9])(?:{parts})(?![a-z0-9])"), {re.sub(r"-", "", k): v for k, v in words.items()}


def words_of(text: str) -> list[str]:
    """The mediators that a text names, each as its one word, and the text without those names."""
    pattern, table = _pattern()
    found: list[str] = []

    def take(match: re.Match) -> str:
        found.append(table[re.sub(r"[\s-]", "", match[0])])
        return " "

    rest = pattern.sub(take, re.sub(r"[\u2010-\u2014]", "-", text.lower()).replace("α", "alpha").replace("β", "beta").replace("γ", "gamma"))
    return [*found, *re.findall(r"\w+", rest)]


def homes(pages: Collection[str]) -> str:
    """A script that tells search which chapter treats what: mediators, their receptors and drugs, and ``evidence/topics.yaml``.

    ValueError for a topic of a chapter that is not in ``pages``.
    """
    found = [(word, m.chapter) for m in mediators() if m.chapter for word in (m.name, *m.receptors, *m.drugs)]
    topics = YAML(typ="safe").load(data_path("evidence", "topics.yaml").read_text(encoding="utf8"))
    found += [(word, chapter) for chapter, words in topics.items() for word in words]
    lost = sorted({chapter for _, chapter in found if f"chapters/{chapter}" not in pages})
    if lost:
        raise ValueError(f"evidence/topics.yaml or mediators.yaml names a chapter that is not in chapters/: {', '.join(lost)}")
    return "solubleHomes=" + json.dumps([[word, f"chapters/{chapter}"] for word, chapter in found], ensure_ascii=False) + "\n"


class SearchBook(SearchEnglish):
    """English, with every name of a mediator as one word."""

    @property
    def js_splitter_code(self) -> str:  # type: ignore[override]
        pattern, table = _pattern()
        return (
            "var splitQuery=function(q){var found=[],names=" + json.dumps(table) + ";"
            "q=q.toLowerCase().replace(/[\\u2010-\\u2014]/g,'-').replace(/α/g,'alpha').replace(/β/g,'beta').replace(/γ/g,'gamma')"
            ".replace(new RegExp(" + json.dumps(pattern.pattern) + ",'g'),"
            "function(n){found.push(names[n.replace(/[\\s-]/g,'')]);return' '});"
            "return found.concat(q.split(/[^\\p{Letter}\\p{Number}_]+/gu).filter(Boolean))};"
        )

    def split(self, input: str) -> list[str]:
        return [*self._word_re.findall(input), *words_of(input)]


def setup(app: Sphinx) -> None:
    search.languages["en"] = SearchBook
    app.config.html_search_scorer = str(Path(__file__).with_name("scorer.js"))
