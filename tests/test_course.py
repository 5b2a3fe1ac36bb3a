"""The course kit: its files say what is wrong in them, and hold what a lecturer is promised."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from test_teaching import CHAPTERS

import soluble
from soluble import course, evidence
from soluble.model import DeclarationError

ROOT = Path(__file__).resolve().parents[1]
GUIDES = course.guides(ROOT / "chapters")
QUESTIONS = [(name, question) for name, guide in GUIDES.items() for question in guide.questions]

CHAPTER = """# Tides

(moon)=
## Why twice a day?

Because of the Moon.

:::{exercise} Count
:id: count
:kind: recall

How many?
:::

```{code-cell} ipython3
---
tags: [hide-input]
---
soluble.explore(model, id="tides", controls=["a"])
```
"""
GUIDE = """chapter: 01-tides
session: {lecture: 10, explorers: 5, exercises: 5}
prepare: Read it.
notes:
- {at: moon, wrong: One a day., ask: Which side?, listen: Both.}
- {at: why-twice-a-day, wrong: One a day., ask: Which side?, listen: Both.}
- {at: explorer-tides, wrong: One a day., ask: Which side?, listen: Both.}
settings:
- explorer: tides
  state: {a: 0.25, scenario: spring}
  say: The two bulges.
questions:
- {id: one, kind: choice, difficulty: 1, asks: How many?, choices: [one, two, four], answer: 2, because: Two bulges., paragraph: moon}
- {id: two, kind: number, difficulty: 2, asks: How many?, answer: 2, tolerance: 0.1, computed: 1 + 1, because: Two., paragraph: count}
- {id: three, kind: short, difficulty: 3, asks: Why?, answer: The Moon., because: It pulls., paragraph: moon}
- {id: four, kind: short, difficulty: 3, asks: Why?, answer: The Moon., because: It pulls., paragraph: moon}
- {id: five, kind: short, difficulty: 3, asks: Why?, answer: The Moon., because: It pulls., paragraph: moon}
"""


@pytest.fixture
def toy(tmp_path):
    """``toy(old, new)`` reads the file of a small chapter with one text in it replaced."""
    chapters = tmp_path / "chapters"
    (tmp_path / "course" / "notes").mkdir(parents=True)
    chapters.mkdir()
    (chapters / "01-tides.md").write_text(CHAPTER, encoding="utf8")
    path = course.notes_folder(chapters) / "01-tides.yaml"

    def read(old="", new=""):
        assert old in GUIDE
        path.write_text(GUIDE.replace(old, new, 1) if old else GUIDE, encoding="utf8")
        return course.guides(chapters)["01-tides"]

    return read


def test_a_file_is_read(toy):
    guide = toy()
    assert guide.session == {"lecture": 10, "explorers": 5, "exercises": 5}
    assert guide.questions[0].answer == "two" and guide.questions[1].answer == 2.0
    assert guide.settings[0].hash == "tides:a=0.25&scenario=spring"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("chapter: 01-tides", "chapter: 02-tides", 1, "write `chapter: 01-tides`"),
        ("lecture: 10", "lecture: ten", 2, "`lecture` of `session` is `ten`, not a finite number"),
        ("lecture: 10", "lecture: -1", 2, "write whole minutes"),
        ("at: moon", "at: mon", 5, "01-tides.md has no place `mon` (did you mean 'moon'?)"),
        ("explorer: tides", "explorer: tide", 9, "`explorer` is `tide` (did you mean 'tides'?)"),
        ("a: 0.25", "a: true", 10, "write a number, or the word"),
        ("ask: Which", "asks: Which", 5, "unknown key `asks` in note 1 (did you mean 'ask'?)"),
        ("answer: 2, because", "answer: 0, because", 13, "write the place of the right choice, from 1 to 3"),
        ("[one, two, four]", "[one, two, two]", 13, "has 2 different choices"),
        ("difficulty: 2", "difficulty: 4", 14, "use one of: 1 (recall), 2 (apply), 3 (judge)"),
        ("kind: number", "kind: numbers", 14, "write `kind:` and one of: choice, short, number"),
        ("tolerance: 0.1", "tolerance: 0", 14, "how far an answer may be off"),
        ("1 + 1", "1 +", 14, "is no expression"),
        (", computed: 1 + 1", "", 14, "question `two` has no `computed`"),
        ("How many?", "'How {glue:text}`many`?'", 13, "the role `{glue:text}` has no meaning outside its page"),
        ("Two bulges.", "'{fact}`canopy1-os-hrr`'", 13, "canopy1-os-hrr"),
        ("Two bulges.", "'{fact}`canopy1-os-hr|colour`'", 13, "no style 'colour'"),
        ("id: two", "id: one", 12, "the question 'one' stands twice"),
        ("- {id: five, kind: short, difficulty: 3, asks: Why?, answer: The Moon., because: It pulls., paragraph: moon}\n", "", 12, "`questions` has 4 of the 5"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(toy, old, new, line, says):
    with pytest.raises(DeclarationError) as problem:
        toy(old, new)
    assert f"01-tides.yaml:{line}:" in str(problem.value) and says in str(problem.value), str(problem.value)


def test_a_file_without_its_chapter_and_an_id_used_twice_are_said(toy, tmp_path):
    toy()
    notes = tmp_path / "course" / "notes"
    (tmp_path / "chapters" / "02-ebb.md").write_text(CHAPTER, encoding="utf8")
    (notes / "02-ebb.yaml").write_text(GUIDE.replace("01-tides", "02-ebb"), encoding="utf8")
    with pytest.raises(DeclarationError, match=r"'one' stands in 01-tides\.yaml already"):
        course.guides(tmp_path / "chapters")
    (notes / "02-ebb.yaml").rename(notes / "02-eb.yaml")
    with pytest.raises(DeclarationError, match=r"there is no chapter '02-eb' \(did you mean '02-ebb'\?\)"):
        course.guides(tmp_path / "chapters")


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"a": 2, "scenario": "spring"}, ""),
        ({"a": 7}, "`a` is `7`; it goes from 0 to 5"),
        ({"b": 1}, "there is no control `b`; known: a, evidence"),
        ({"scenario": "sprung"}, "did you mean 'spring'"),
        ({"evidence": "patients"}, ""),
        ({"evidence": "patient"}, "did you mean 'patients'"),
    ],
)
def test_a_setting_is_held_against_its_explorer(state, says):
    config = {"controls": [{"name": "a", "min": 0, "max": 5}], "scenarios": ["spring"], "choices": {"evidence": ["patients", "mice"]}}
    wrong = course.misfit(course.Setting("tides", state, ""), config)
    assert says in wrong and bool(says) == bool(wrong)


# ---------------------------------------------------------------------------------------------------------------------
# What the kit holds


@pytest.mark.parametrize(("chapter", "question"), QUESTIONS, ids=[q.id for _, q in QUESTIONS])
def test_a_question_can_be_answered(chapter, question):
    """A number is what the library computes; no statistic is typed."""
    if question.kind == "number":
        names = {"fact": evidence.fact, "model": soluble.load_model, "evidence": evidence, "soluble": soluble, "math": math, "np": np}
        assert float(eval(question.computed, names)) == pytest.approx(question.answer, abs=question.tolerance)
    typed = re.sub(r"\{[\w:]+\}`[^`]*`", "", " ".join([question.asks, str(question.answer), question.because, *question.choices]))
    assert not re.search(r"\d+ ?% CI|p ?[=<] ?0\.\d|(?:hazard|odds|risk) ratio (?:of|was) \d|HR \d", typed)


@pytest.mark.parametrize("guide", GUIDES.values(), ids=list(GUIDES))
def test_difficulties_and_places_of_right_choices_are_mixed(guide):
    assert len({q.difficulty for q in guide.questions}) >= 2
    places = [q.choices.index(q.answer) for q in guide.questions if q.kind == "choice"]
    assert len(places) < 3 or len(set(places)) > 1
