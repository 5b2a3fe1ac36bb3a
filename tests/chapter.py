"""What the tests of the chapters share: one run in a fresh kernel, what it shows, and the standard that every chapter keeps.

A chapter's test module takes both::

    CHAPTER = Chapter("04-il8")
    executed, said, printed = CHAPTER.fixtures()

    class TestStandard(Standard):
        chapter, pictures = CHAPTER, 3
"""

from __future__ import annotations

import ast
import os
import re
import time
from pathlib import Path

import pytest

from soluble import evidence, notebooks, teaching

CHAPTERS = Path(__file__).resolve().parents[1] / "chapters"


class Chapter:
    """A chapter by the name of its file."""

    def __init__(self, name: str) -> None:
        self.path = CHAPTERS / f"{name}.md"
        self.text = self.path.read_text(encoding="utf8")

    def prose(self) -> str:
        """The text without front matter, code, equations and the lines of directives."""
        text = re.sub(r"\A---.*?^---$", "", self.text, count=1, flags=re.S | re.M)
        text = re.sub(r"```(?:\{code-cell\}|python).*?```", "", text, flags=re.S)
        text = re.sub(r"\$\$.*?\$\$", "", text, flags=re.S)
        return re.sub(r"^:[\w-]+:.*$|^[:`]{3,}.*$", "", text, flags=re.M)

    def words(self) -> int:
        return len(re.sub(r"\{[\w:]+\}`[^`]*`", "x", self.prose()).split())

    def cited(self) -> set[str]:
        return {key.strip() for keys in re.findall(r"\{cite:[tp]\}`([^`]+)`", self.text) for key in keys.split(",")}

    def facts(self) -> set[str]:
        return {fact.split("|")[0] for fact in re.findall(r"\{fact\}`([^`]+)`", self.text)}

    def explorers(self) -> list[int]:
        """Where the explorers of models, fields, cohorts and networks stand; forests of published studies do not count."""
        return [m.start() for m in re.finditer(r"soluble\.explore(?:_(?!evidence)\w+)?\(", self.text)]

    def run(self):
        """The notebook after one run in a fresh kernel, and the seconds that it took."""
        import jupytext

        book = jupytext.reads(self.text, fmt="md:myst")
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        os.environ["SOLUBLE_STATIC"] = "1"
        start = time.perf_counter()
        try:
            notebooks.execute(book, CHAPTERS)
        finally:
            del os.environ["SOLUBLE_STATIC"]
        return book, time.perf_counter() - start

    def fixtures(self):
        """``executed``: notebook and seconds. ``said``: every computed number of the text by its name. ``printed``: what the cells print."""

        @pytest.fixture(scope="module")
        def executed():
            return self.run()

        @pytest.fixture(scope="module")
        def said(executed):
            found = {}
            for cell in executed[0].cells:
                for output in cell.get("outputs", []):
                    if name := output.get("metadata", {}).get("scrapbook", {}).get("name"):
                        found[name] = ast.literal_eval(next(iter(output["data"].values())))
            return found

        @pytest.fixture(scope="module")
        def printed(executed):
            return "".join(_stream(executed[0], "stdout"))

        return executed, said, printed


def _stream(book, name: str) -> list[str]:
    return [o["text"] for c in book.cells for o in c.get("outputs", []) if o["output_type"] == "stream" and o["name"] == name]


class Standard:
    """What ``chapter-standard`` asks of every chapter and a machine can see."""

    chapter: Chapter
    pictures: int

    def test_runs_without_a_word_on_stderr(self, executed):
        book, seconds = executed
        assert not _stream(book, "stderr")
        assert seconds < 120, f"{seconds:.0f} s; a chapter should take less than 20 on an idle machine"

    def test_every_number_in_a_sentence_is_computed(self, said):
        used = set(re.findall(r"\{glue:text\}`([\w-]+)", self.chapter.text))
        assert used and used <= set(said)

    def test_every_picture_says_what_it_shows(self, executed):
        drawn = [c for c in executed[0].cells if c.cell_type == "code" and "plt.show()" in c.source]
        assert len(drawn) == self.pictures
        assert all(len(cell.metadata["mystnb"]["image"]["alt"]) > 80 for cell in drawn)

    def test_length_sources_facts_explorers_exercises(self):
        assert 2000 <= self.chapter.words() <= 4000, self.chapter.words()
        assert len(self.chapter.cited()) >= 20 and self.chapter.cited() <= set(evidence.references())
        assert self.chapter.facts() <= set(evidence.facts().index)
        assert 1 <= len(self.chapter.explorers()) <= 3
        assert {"recall", "compute", "criticise"} <= {e.kind for e in teaching.exercises(self.chapter.path)}
        assert self.chapter.text.count(":::{quiz}") >= 4

    def test_no_statistic_is_typed(self):
        """Intervals, p values and hazard ratios stand in sentences only through facts or computed numbers."""
        bare = re.sub(r"\{[\w:]+\}`[^`]*`", "", self.chapter.prose())
        assert not re.search(r"\d+ ?% CI|p ?[=<] ?0\.\d|(?:hazard|odds|risk) ratio (?:of|was) \d|HR \d", bare)

    def test_a_prediction_stands_before_each_explorer(self):
        before = 0
        for at in self.chapter.explorers():
            assert ":::{admonition} Predict" in self.chapter.text[before:at]
            before = at
