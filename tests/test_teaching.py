"""Exercises: the check says what is so, never raises; every chapter's exercises are complete."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document

from soluble import teaching
from soluble.sphinxext.teaching import fold_checks
from soluble.teaching import check, exercises

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = sorted((ROOT / "chapters").glob("[0-9][0-9]-*.md"))


@pytest.mark.parametrize(
    ("got", "expected", "passes"),
    [
        (6.93, 6.931, True),
        (7.5, 6.931, False),
        (np.float64(6.931), 6.931, True),
        ([1.0, 2.0], np.array([1.0, 2.0]), True),
        ([1.0], [1.0, 2.0], False),
        ("IL-6", "il-6", True),
        ("IL-8", "IL-6", False),
        (True, True, True),
        (False, True, False),
        (float("nan"), 1.0, False),
        (float("inf"), float("inf"), False),
        (None, 1.0, False),
        (..., 1.0, False),
        ("seven", 7.0, False),
        ({}, 7.0, False),
        (3, lambda x: x > 2, True),
        (1, lambda x: x > 2, False),
        (1, lambda x: "" if x > 2 else "look at the sign.", False),
        ("a", lambda x: x > 2, False),
    ],
)
def test_check_judges_and_never_raises(got, expected, passes):
    assert check("it", got, expected, rtol=1e-3).passed is passes


def test_check_says_what_is_wrong(capsys):
    hints = {10: "10 h is the mean life.", lambda x: x < 0: "a time is not negative."}
    assert check("t", 10.0, math.log(2) / 0.1, hints=hints).message == "10 h is the mean life."
    assert check("t", -1, math.log(2) / 0.1, hints=hints).message == "a time is not negative."
    assert check("t", "x", 1.0, hints=hints).message.endswith("it should be a number.")
    assert check("t", 1, lambda x: "look at the sign.").message == "look at the sign."
    assert "dots" in check("t", ..., 1.0).message
    said = capsys.readouterr().out
    assert said.count("Not yet: ") == 5


def test_a_verdict_is_kept_and_safe_to_show():
    verdict = check("kept", 1, 1, ok="<b>fine</b>")
    assert teaching.results["kept"] is verdict and verdict
    assert "&lt;b&gt;" in verdict.to_html() and "<b>fine" not in verdict.to_html()


def test_a_sealed_check_that_was_changed_says_so():
    code = teaching.seal("check('t', answer, 7)")
    packed = code.split('"')[1]
    assert "check" not in packed
    assert teaching.unseal(packed) == "check('t', answer, 7)"
    for bad in (packed[:-3], packed[5:] + "aaaaa", "é" + packed, ""):
        with pytest.raises(ValueError, match="was changed"):
            teaching.unseal(bad)


@pytest.mark.site
@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_what_a_check_expects_is_folded_on_the_page(chapter, html):
    page = BeautifulSoup((html / "chapters" / f"{chapter.stem}.html").read_text(encoding="utf8"), "html.parser")
    cells = page.select(".tag_exercise-check")
    assert len(cells) == sum(bool(e.check) for e in exercises(chapter)) >= 1
    for cell in cells:
        fold = cell.select_one("details:not([open])")
        assert " ".join(fold.summary.get_text(" ").split()).startswith("Show the check") and "check(" in fold.pre.get_text()
        assert "Not yet" in cell.get_text() and "Not yet" not in fold.get_text(), "the verdict stands outside of the fold"


def test_a_site_without_solutions_shows_the_verdict_of_a_check_alone():
    page = new_document("page")
    cell = nodes.container(classes=["cell", "tag_exercise-check"])
    cell += [nodes.container("", nodes.literal_block(text="check('t', answer, 7)")), nodes.container("", nodes.paragraph(text="Not yet"))]
    page += cell
    fold_checks(SimpleNamespace(config=SimpleNamespace(soluble_solutions=False)), page)
    assert page.astext() == "Not yet"


CHAPTER = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3, language: python}
---

# A chapter

:::{exercise} Half-life
:id: half-life
:kind: compute
:minutes: 5

What is it?
:::

```{code-cell} ipython3
:tags: [exercise-stub]
:exercise: half-life
answer = ...
```

```{code-cell} ipython3
:tags: [exercise-check]
:exercise: half-life
from soluble.teaching import check
check("half-life", answer, 6.93, rtol=1e-2)
```

:::{hint}
Half is left.
:::

::::{solution} half-life
It is ln 2 over the rate.

```python
import math
answer = math.log(2) / 0.1
```
::::
"""


def test_exercises_are_read_out_of_a_chapter(tmp_path):
    path = tmp_path / "01-x.md"
    path.write_text(CHAPTER, encoding="utf8")
    (found,) = exercises(path)
    assert (found.id, found.title, found.kind, found.minutes) == ("half-life", "Half-life", "compute", 5)
    assert found.text == "What is it?" and found.hints == ["Half is left."]
    assert found.stub == "answer = ..." and "check(" in found.check
    assert found.solution_code == "import math\nanswer = math.log(2) / 0.1"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("{solution} half-life", "{solution} halflife", "halflife"),
        (":id: half-life\n", "", "needs an id"),
        (":exercise: half-life\nanswer", ":exercise: other\nanswer", "other"),
    ],
)
def test_a_lost_exercise_is_named(tmp_path, old, new, what):
    path = tmp_path / "01-x.md"
    path.write_text(CHAPTER.replace(old, new), encoding="utf8")
    with pytest.raises(ValueError, match=what):
        exercises(path)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_each_exercise_is_complete(chapter):
    """Every exercise has a hint and a solution; one that computes has stub, check and code as well."""
    found = exercises(chapter)
    assert len(found) >= 3
    assert {"recall", "compute", "criticise"} <= {e.kind for e in found}
    for exercise in found:
        assert exercise.hints and exercise.solution and exercise.minutes, exercise.id
        if exercise.kind == "compute":
            assert exercise.stub and exercise.check and exercise.solution_code, exercise.id
            assert exercise.solution_code not in exercise.stub
