"""The editions for a course: the student's holds no solution, the instructor's holds all, and an assignment is handed out, collected and graded."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import nbformat
import pytest
from test_teaching import CHAPTER, CHAPTERS

from soluble import course, editions, notebooks
from soluble.leaks import words
from soluble.notebooks import plain
from soluble.teaching import exercises

TOY = CHAPTER.replace(
    "::::{solution} half-life\nIt is",
    ":::{exercise} Why so long?\n:id: why\n:kind: criticise\n:minutes: 10\n\nSay why.\n:::\n\n::::{solution} why\nNobody measured it.\n::::\n\n::::{solution} half-life\nIt is",
).replace('check("half-life", answer, 6.93, rtol=1e-2)', 'check("half-life", answer, 6.93, rtol=1e-2, hints={10: "that is the mean life."})')


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    path = tmp_path_factory.mktemp("toy") / "01-toy.md"
    path.write_text(TOY, encoding="utf8")
    return path


@pytest.fixture(scope="module")
def made(toy):
    """The folder with the three editions of the toy, run."""
    out = toy.parent / "editions"
    assert [p.relative_to(out).as_posix() for p in editions.write(out, [toy])] == ["student/01-toy.ipynb", "instructor/01-toy.ipynb", "assignments/01-toy"]
    return out


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_no_solution_is_in_what_a_student_gets(chapter):
    """Searched for: each sentence of each solution, and each line of its code that neither the stub nor the chapter before it shows."""
    book = editions.student(chapter)
    found = words("\n".join(f"{c.source} {json.dumps(c.metadata, ensure_ascii=False)}" for c in book.cells))
    taught = words("\n".join(c.source for c in book.cells if "exercise-check" not in c.metadata.get("tags", [])))
    for exercise in exercises(chapter):
        lines = [line for line in map(words, exercise.check.splitlines()) if len(line) > 20 and exercise.id not in line and line not in taught]
        assert not [line for line in lines if line in found], f"{exercise.id}: the check shows what it expects"
        shown = found[: found.index(words(f"### Exercise: {exercise.title}"))] + words(exercise.stub)
        sought = [s for s in re.split(r"(?<=[.?!]) ", words(exercise.solution.split("```python")[0])) if len(s) > 25]
        sought += [line for line in map(words, exercise.solution_code.splitlines()) if len(line) > 12 and line not in shown]
        assert not [s for s in sought if s in found], exercise.id


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_no_note_and_no_answer_of_the_bank_is_in_what_a_student_gets(chapter):
    """Neither in the notebook nor in the assignment, whose master holds nothing of them either."""
    guide = course.guide_of(chapter)
    sought = [note.listen for note in guide.notes] + [question.because for question in guide.questions] + [setting.say for setting in guide.settings]
    sought += [question.answer for question in guide.questions if question.kind == "short"]
    for book in (editions.student(chapter), editions.assignment(chapter)):
        found = words("\n".join(f"{c.source} {json.dumps(c.metadata, ensure_ascii=False)}" for c in book.cells))
        assert not [text for text in sought if words(plain(text)) in found]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_an_instructor_has_the_notes_of_the_kit_at_the_top(chapter):
    guide = course.guide_of(chapter)
    top = editions.instructor(chapter).cells[1].source
    for note in guide.notes:
        assert plain(note.wrong) in top and plain(note.ask) in top and plain(note.listen) in top
    assert all(f"chapters/{chapter.stem}.html#{setting.hash}" in top for setting in guide.settings)
    assert all(f"{part} {count} min" in top for part, count in guide.session.items())


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_an_instructor_has_every_solution_and_its_minutes(chapter):
    text = "\n".join(c.source for c in editions.instructor(chapter).cells)
    for exercise in exercises(chapter):
        assert f"**Solution of *{exercise.title}*** ({exercise.minutes} min)" in text
        assert exercise.solution_code in text
        for _, said in editions.wrong_answers(exercise.check):
            assert said in text
    assert f"| together | | {sum(e.minutes for e in exercises(chapter))} |" in text


@pytest.mark.site
@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_each_stub_fails_each_solution_passes_and_the_numbers_are_the_pages(chapter, html):
    """In the instructor's notebook as it is made and run; the computed numbers in its sentences are those of the site's notebook."""
    book = editions.instructor(chapter)
    notebooks.execute(book, chapter.parent)
    for exercise in exercises(chapter):
        said = [str(cell.outputs) for cell in book.cells if exercise.check and cell.source == exercise.check]
        assert len(said) == (2 if exercise.check else 0), exercise.id
        for text, right, wrong in zip(said, ("Not yet: ", "Correct: "), ("Correct: ", "Not yet: "), strict=False):
            assert right in text and wrong not in text, exercise.id
    mine = notebooks.fill(editions.student(chapter), notebooks.numbers(book))
    site = nbformat.read(html / "downloads" / f"{chapter.stem}.ipynb", 4)
    lines, sites = ({line for cell in made.cells if cell.cell_type == "markdown" for line in cell.source.splitlines()} for made in (mine, site))
    assert lines <= sites, lines - sites


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_an_assignment_asks_every_exercise_in_order(chapter):
    """Those that compute have a hidden check; the others are marked by hand; together they are worth their minutes."""
    book = editions.assignment(chapter)
    heads = [c.source for c in book.cells if c.cell_type == "raw" and c.source.startswith("# BEGIN QUESTION")]
    asked = exercises(chapter)
    assert [re.search(r"name: (\w+)", h)[1] for h in heads] == [e.id.replace("-", "_") for e in asked]
    assert ["manual: true" in h for h in heads] == [not e.check for e in asked]
    hidden = [c.source for c in book.cells if "hidden: true" in c.source]
    assert len(hidden) == sum(bool(e.check) for e in asked)


def test_the_instructors_checks_fail_first_and_then_pass(made):
    book = nbformat.read(made / "instructor" / "01-toy.ipynb", 4)
    said = [o["text/plain"] for c in book.cells if c.cell_type == "code" for o in (x.get("data", {}) for x in c.outputs) if "text/plain" in o]
    assert [s.split(":")[0] for s in said] == ["Not yet", "Correct"]
    text = "\n".join(c.source for c in book.cells)
    assert "- `10`: that is the mean life." in text and "Nobody measured it." in text


@pytest.mark.parametrize(("answer", "said"), [("...", "Not yet: write your answer"), ("10", "Not yet: that is the mean life."), ("6.931", "Correct: half-life")])
def test_a_sealed_check_judges_as_the_open_one(toy, answer, said):
    book = editions.student(toy)
    assert "6.93" not in "".join(c.source for c in book.cells) and "mean life" not in "".join(c.source for c in book.cells)
    for cell in book.cells:
        cell.source = cell.source.replace("answer = ...", f"answer = {answer}")
    notebooks.execute(book, toy.parent)
    (shown,) = [o["data"]["text/plain"] for c in book.cells if c.cell_type == "code" for o in c.outputs]
    assert shown.startswith(said)


def test_what_is_handed_out_holds_neither_solution_nor_check(made):
    folder = made / "assignments" / "01-toy" / "student"
    everything = "".join(p.read_text(encoding="utf8", errors="replace") for p in folder.rglob("*") if p.is_file())
    for secret in ("math.log(2)", "6.93", "Nobody measured", "mean life"):
        assert secret not in everything
    assert "Half is left" not in everything, "hints stay with the chapter"
    assert "Say why." in everything and "answer = ..." in everything


def submission(made, folder, name, answer):
    """A student's notebook with this text in place of the dots."""
    text = (made / "assignments" / "01-toy" / "student" / "01-toy.ipynb").read_text(encoding="utf8")
    assert text.count("answer = ...") == 1
    (folder / name).write_text(text.replace("answer = ...", answer), encoding="utf8")


def test_submissions_are_collected_and_graded(made, tmp_path, capfd):
    folder = tmp_path / "submissions"
    folder.mkdir()
    submission(made, folder, "a-perfect.ipynb", "answer = 6.931")
    submission(made, folder, "b-wrong.ipynb", "answer = 10")
    submission(made, folder, "c-empty.ipynb", "answer = ...")
    submission(made, folder, "d-raises.ipynb", "answer = 1 / 0")
    (folder / "e-broken.ipynb").write_text("{ this is no notebook", encoding="utf8")
    table = tmp_path / "marks.csv"
    assert editions.main(["grade", str(made / "assignments" / "01-toy"), str(folder), str(table)]) == 0
    rows = {r["submission"]: r for r in csv.DictReader(table.open(encoding="utf8"))}
    assert list(rows) == ["a-perfect.ipynb", "b-wrong.ipynb", "c-empty.ipynb", "d-raises.ipynb", "e-broken.ipynb"]
    computed = {name: float(row["points"]) for name, row in rows.items()}
    assert computed == {"a-perfect.ipynb": 1, "b-wrong.ipynb": 0, "c-empty.ipynb": 0, "d-raises.ipynb": 0, "e-broken.ipynb": 0}
    assert "half_life" in rows["b-wrong.ipynb"]["wrong"] and not rows["a-perfect.ipynb"]["wrong"]
    assert rows["e-broken.ipynb"]["problem"] and not rows["d-raises.ipynb"]["problem"]
    told = capfd.readouterr()
    assert "a-perfect.ipynb: 1 of 1 points" in told.out and not told.err, "a line a submission, and no word of the kernels"


def test_a_wrong_name_is_said(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(Path(__file__).resolve().parents[1])
    assert editions.main([str(tmp_path), "99-none"]) == 2
    assert "No chapter 99-none" in capsys.readouterr().err
    grade = ["grade", str(tmp_path), str(tmp_path), str(tmp_path / "x.csv")]
    assert editions.main(grade) == 1 and "holds no autograder/*.zip" in capsys.readouterr().err
    (tmp_path / "autograder").mkdir()
    (tmp_path / "autograder" / "a.zip").touch()
    assert editions.main(grade) == 1 and "holds no notebook to grade" in capsys.readouterr().err
    assert not (tmp_path / "x.csv").exists(), "no table that would look like marks"
