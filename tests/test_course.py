"""The course kit: its files say what is wrong in them, and hold what a lecturer is promised."""

from __future__ import annotations

import contextlib
import csv
import io
import math
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from bs4 import BeautifulSoup
from test_teaching import CHAPTERS

import soluble
from soluble import course, evidence
from soluble.model import DeclarationError
from soluble.notebooks import plain

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


WRITTEN = re.findall(r"file: chapters/(\d\d-[\w-]+)", (ROOT / "_toc.yml").read_text(encoding="utf8"))


@pytest.mark.parametrize("chapter", WRITTEN)
def test_every_chapter_has_its_part(chapter):
    guide = GUIDES.get(chapter)
    assert guide, f"write course/notes/{chapter}.yaml; the head of soluble/course.py says what belongs there"
    assert 60 <= sum(guide.session.values()) <= 120, "a session is an hour to two"


def test_the_long_course_takes_every_chapter_once_and_the_short_one_some():
    courses = course.syllabi(ROOT / "chapters")
    taken = {name: [chapter for unit in syllabus.units for chapter in unit.chapters] for name, syllabus in courses.items()}
    assert taken["eight-weeks"] == list(GUIDES)
    assert set(taken["two-days"]) < set(GUIDES) and len(courses["eight-weeks"].units) == 8 and len(courses["two-days"].units) == 8


def test_hours_are_sums_of_what_chapters_and_exercises_state():
    """Added up here from the texts themselves."""
    unit = next(u for u in course.syllabi(ROOT / "chapters")["eight-weeks"].units if "04-il8" in u.chapters)
    texts = [(ROOT / "chapters" / f"{name}.md").read_text(encoding="utf8") for name in unit.chapters]
    reading = sum(int(re.search(r"(\d+) minutes to read", text)[1]) for text in texts)
    homework = sum(int(re.search(rf":id: {name}\n:kind: \w+\n:minutes: (\d+)", "\n".join(texts))[1]) for name in unit.homework)
    lines = [(course.notes_folder(ROOT / "chapters") / f"{name}.yaml").read_text(encoding="utf8") for name in unit.chapters]
    minutes = [sum(map(int, re.findall(r"(?:lecture|explorers|exercises): (\d+)", line))) for line in lines]
    load = course.load(unit, ROOT / "chapters", GUIDES)
    assert (load.reading, load.homework, load.class_total) == (reading, homework, sum(minutes))
    assert load.home_total == reading + homework > 60


def test_a_syllabus_says_what_is_wrong_in_it(toy, tmp_path):
    toy()
    file = tmp_path / "course" / "syllabi.yaml"
    text = "syllabi:\n- id: one\n  title: One\n  says: Short.\n  units:\n  - title: Day\n    chapters: [01-tides]\n    objectives: [count]\n    homework: [count]\n"
    file.write_text(text, encoding="utf8")
    assert course.syllabi(tmp_path / "chapters")["one"].units[0].homework == ("count",)
    for old, new, line, says in (("[01-tides]", "[01-tide]", 7, "did you mean '01-tides'"), ("homework: [count]", "homework: [cound]", 9, "did you mean 'count'"), ("title: Day", "name: Day", 6, "a unit has no `title`")):
        file.write_text(text.replace(old, new), encoding="utf8")
        with pytest.raises(DeclarationError) as problem:
            course.syllabi(tmp_path / "chapters")
        assert f"syllabi.yaml:{line}:" in str(problem.value) and says in str(problem.value), str(problem.value)


# ---------------------------------------------------------------------------------------------------------------------
# The bank as files


@pytest.fixture
def files(tmp_path):
    """The bank's table, as rows, and its XML, as a tree."""
    table, tree = course.write_questions(tmp_path / "questions", CHAPTERS)
    with table.open(encoding="utf8", newline="") as file:
        return list(csv.DictReader(file)), ElementTree.parse(tree).getroot()


def text_of(node, path):
    return node.findtext(f"{path}/text")


def test_the_table_holds_every_question_with_its_answer(files):
    rows = {row["id"]: row for row in files[0]}
    assert list(rows) == [question.id for _, question in QUESTIONS]
    for chapter, question in QUESTIONS:
        row = rows[question.id]
        assert row["chapter"] == chapter and "{fact}" not in "".join(row.values())
        if question.kind == "choice":
            assert row[f"choice {row['answer']}"] == plain(question.answer)
        else:
            assert plain(str(question.answer))[:60] in row["answer"] or f"{question.answer:g}" in row["answer"]


def test_a_learning_platform_can_import_the_bank(files):
    """By the rules of Moodle's importer: a name, a text, one choice that is worth all, a number with its tolerance."""
    quiz = files[1]
    nodes = {text_of(node, "name"): node for node in quiz if node.get("type") != "category"}
    assert quiz.tag == "quiz" and list(nodes) == [question.id for _, question in QUESTIONS]
    assert [text_of(node, "category").split("/")[2].split(" ")[0] for node in quiz if node.get("type") == "category"] == [str(int(name[:2])) for name in GUIDES]
    for chapter, question in QUESTIONS:
        node = nodes[question.id]
        assert text_of(node, "questiontext").startswith(plain(question.asks)) and node.find("questiontext").get("format") == "markdown"
        assert {tag.findtext("text") for tag in node.find("tags")} == {chapter, f"difficulty {question.difficulty}: {course.DIFFICULTIES[question.difficulty]}"}
        answers = {text_of(node, f"answer[{n}]"): float(a.get("fraction")) for n, a in enumerate(node.findall("answer"), 1)}
        if question.kind == "choice":
            assert node.get("type") == "multichoice" and answers == {plain(c): 100.0 * (c == question.answer) for c in question.choices}
        elif question.kind == "number":
            assert node.get("type") == "numerical" and list(answers.values()) == [100.0]
            assert float(next(iter(answers))) == question.answer and float(node.findtext("answer/tolerance")) == question.tolerance
        else:
            assert node.get("type") == "essay" and text_of(node, "graderinfo") == plain(question.answer) and not answers


def test_signs_that_mean_something_in_xml_survive(toy, tmp_path):
    toy("How many?", "'Is p < 0.05 & \"q\" > ]]> one?'")
    _, path = course.write_questions(tmp_path / "out", [tmp_path / "chapters" / "01-tides.md"])
    assert text_of(ElementTree.parse(path).getroot().findall("question")[1], "questiontext") == 'Is p < 0.05 & "q" > ]]> one?'


# ---------------------------------------------------------------------------------------------------------------------
# On the site

PAGE = "# Kit\n\n```{course-notes}\n```\n\n```{question-bank}\n```\n\n```{syllabus} one\n```\n"


def kit_through_sphinx(folder, **more):
    """The pages of a small book with a course kit: what was written, as one text, and the warnings."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    (folder / "course" / "syllabi.yaml").write_text(
        "syllabi:\n- id: one\n  title: One\n  says: Short.\n  units:\n  - {title: Day, chapters: [01-tides], objectives: [count], homework: [count]}\n", encoding="utf8"
    )
    chapter = folder / "chapters" / "01-tides.md"
    chapter.write_text(chapter.read_text(encoding="utf8").replace("# Tides\n", "# Tides\n\n*Time:* 5 minutes to read, 5 to explore, 5 for the exercises.\n").replace(":kind: recall\n", ":kind: recall\n:minutes: 5\n"), encoding="utf8")
    (folder / "index.md").write_text("# Book\n\n```{toctree}\nchapters/01-tides\ncourse/index\n```\n", encoding="utf8")
    (folder / "course" / "index.md").write_text(PAGE, encoding="utf8")
    warnings = io.StringIO()
    settings = {
        "extensions": ["myst_parser", "soluble.sphinxext.facts", "soluble.sphinxext.teaching", "soluble.sphinxext.course"],
        "myst_enable_extensions": ["colon_fence"],
        "html_theme": "basic",
        "html_copy_source": False,
        "suppress_warnings": ["misc.highlighting_failure"],
    }
    with docutils_namespace():
        app = Sphinx(folder, None, folder / "out", folder / "trees", "html", confoverrides=settings | more, status=None, warning=warnings)
        app.disconnect(next(l.id for ls in app.events.listeners.values() for l in ls if l.handler.__name__ == "hold_settings"))
        app.build()
    return "".join(p.read_text(encoding="utf8", errors="ignore") for p in (folder / "out").rglob("*") if p.suffix in (".html", ".js", ".txt", ".md", ".yaml")), warnings.getvalue()


def test_the_full_site_shows_notes_questions_and_links_to_settings(toy, tmp_path):
    toy()
    text, warnings = kit_through_sphinx(tmp_path)
    assert "Which side?" in text and "Two bulges." in text and "It pulls." in text, warnings
    assert 'href="../chapters/01-tides.html#tides:a=0.25&amp;scenario=spring"' in text
    assert 'href="../chapters/explorer-tides.html#tides:a=0.25&amp;scenario=spring"' in text
    assert "In class 20 min: lecture 10 min, explorers 5 min, exercises 5 min. At home 10 min: reading 5 min, exercises 5 min." in text.replace("\u00a0", " ")


def test_the_site_for_students_holds_neither_notes_nor_answers(toy, tmp_path):
    toy()
    text, warnings = kit_through_sphinx(tmp_path, soluble_solutions=False)
    assert "In class 20\u00a0min" in text and "for students" in text, warnings
    for secret in ("Which side?", "Two bulges", "It pulls", "The two bulges", "bulg", "pull"):
        assert secret not in text


@pytest.mark.site
@pytest.mark.parametrize("chapter", GUIDES)
def test_places_are_on_the_page(html, chapter):
    """Each note and each question leads to something on its chapter's page."""
    ids = set(re.findall(r'\bid="([^"]+)"', (html / "chapters" / f"{chapter}.html").read_text(encoding="utf8")))
    named = {note.at for note in GUIDES[chapter].notes} | {question.paragraph for question in GUIDES[chapter].questions}
    assert named <= ids, sorted(named - ids)


@pytest.mark.site
@pytest.mark.browser
@pytest.mark.parametrize("chapter", GUIDES)
def test_a_link_opens_the_explorer_with_exactly_that_setting(browser, site, html, chapter):
    """Followed from the page of notes, as a lecturer does: what the link names is set, and all else is as the scenario begins."""
    page = BeautifulSoup((html / "course" / "notes.html").read_text(encoding="utf8"), "html.parser")
    own = [a["href"] for a in page.select(f"#notes-{chapter} a.setting") if "/explorer-" in a["href"]]
    assert len(own) == len(GUIDES[chapter].settings)
    with contextlib.closing(browser.new_context()) as context:
        for setting, href in zip(GUIDES[chapter].settings, own, strict=True):
            scenario = setting.state.get("scenario")
            start = f"{href.partition('#')[0]}#{setting.explorer}:scenario={scenario}" if scenario else href.partition("#")[0]
            now, begins = (state_of(context, f"{site}/course/{address}", setting.explorer) for address in (href, start))
            assert scenario is None or now["scenario"] == scenario
            for name, value in now["values"].items():
                wanted = setting.state.get(name, begins["values"][name])
                assert value == (pytest.approx(wanted, rel=1e-6) if not isinstance(wanted, str) else "" if wanted == "all" else wanted), name


def state_of(context, address, explorer):
    """Scenario and values of an explorer where an address opens it."""
    tab = context.new_page()
    tab.goto(address)
    tab.wait_for_selector("figure[data-state=live]")
    found = tab.evaluate(f"({{scenario: solubleExplorers['{explorer}'].scenario, values: {{...solubleExplorers['{explorer}'].values}}}})")
    tab.close()
    return found


def test_a_setting_that_no_explorer_has_is_named_with_its_file(toy, tmp_path):
    """What the build stops with."""
    guide = toy()
    (tmp_path / "chapters").joinpath("explorer-tides.html").write_text(
        '<script class="explorer-config" type="application/json">{"controls": [{"name": "a", "min": 0, "max": 0.2}], "scenarios": ["spring"]}</script>', encoding="utf8"
    )
    assert list(course.misfits(tmp_path, {"01-tides": guide})) == ["course/notes/01-tides.yaml: the setting of `tides`: `a` is `0.25`; it goes from 0 to 0.2"]
    (tmp_path / "chapters" / "explorer-tides.html").unlink()
    assert "the site has no page of it" in next(course.misfits(tmp_path, {"01-tides": guide}))


@pytest.mark.site
@pytest.mark.browser
def test_the_bank_is_filtered_and_answers_open_on_demand(browser, site):
    with contextlib.closing(browser.new_context()) as context:
        tab = context.new_page()
        tab.goto(f"{site}/course/questions.html")
        every, mine = len(QUESTIONS), GUIDES["04-il8"].questions
        assert tab.locator("[data-count]").inner_text() == f"All {every} questions"
        tab.get_by_label("Chapter").select_option("4 · IL-8")
        assert tab.locator("[data-count]").inner_text() == f"{len(mine)} of {every} questions"
        tab.get_by_label("Difficulty").select_option("1 recall")
        assert tab.locator(".question:visible").count() == sum(q.difficulty == 1 for q in mine) > 0
        answer = tab.locator(".question:visible details").first
        assert not answer.locator("p").first.is_visible()
        answer.locator("summary").click()
        assert answer.locator("p").first.is_visible() and answer.locator("a").last.is_visible()


@pytest.mark.site
@pytest.mark.browser
@pytest.mark.parametrize("page", ["index", "syllabi", "rubric", "projects", "running"])
def test_the_tables_of_the_kit_are_read_on_a_phone_without_scrolling_sideways(browser, site, page):
    """On a phone each cell of three or more columns is a line that begins with its head, and no table scrolls; who listens hears a table still,
    and on paper it is one."""
    with contextlib.closing(browser.new_context(viewport={"width": 360, "height": 740})) as context:
        tab = context.new_page()
        tab.goto(f"{site}/course/{page}.html")
        boxes = tab.locator("article :is(.table-scroll, .pst-scrollable-table-container)")
        assert boxes.count() > 0 and not boxes.evaluate_all("all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.textContent)")
        for table in tab.locator("article table").all():
            heads, *rows = table.evaluate("t => [...t.rows].map(r => [...r.cells].map(c => c.textContent.trim()))")
            if len(heads) > 2:
                shown = table.evaluate("t => [...t.tBodies[0].rows].map(r => [...r.cells].map(c => getComputedStyle(c, '::before').content.split('\"')[1] ?? ''))")
                assert shown == [["", *(head if cell else "" for head, cell in zip(heads[1:], row[1:], strict=True))] for row in rows]
                lefts = table.evaluate("t => [...t.tBodies[0].rows].map(r => new Set([...r.cells].map(c => c.getBoundingClientRect().left)).size)")
                assert set(lefts) == {1}, "cells stand beside each other"
                heard = table.aria_snapshot()
                assert [len(re.findall(f"- '?{role} ", heard)) for role in ("row", "rowheader")] == [len(rows) + 1, len(rows)]
        tab.emulate_media(media="print")
        assert set(tab.locator("article table td").evaluate_all("all => all.map(c => getComputedStyle(c).display)")) == {"table-cell"}
