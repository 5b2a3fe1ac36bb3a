"""Editions of the chapters for a course: a student's, an instructor's, and assignments for otter-grader.

All three are made from the chapters, so that nothing is written twice::

    python -m soluble.editions dist/editions            # every chapter, what `make editions` does
    python -m soluble.editions dist/editions 04-il8     # one chapter
    python -m soluble.editions grade dist/editions/assignments/04-il8 submissions marks.csv

* ``student/``: stubs, checks that do not show what they expect, and hints; no solution. The package that the notebooks need lies beside them.
* ``instructor/``: the same with the notes of the course kit at its top, the solutions in place, each check passed, minutes, and what goes wrong.
* ``assignments/<chapter>/student/``: what is handed out, with the full checks left out of it;
  ``assignments/<chapter>/autograder/``: what grades it. Both are made by otter-grader from one master notebook.
* ``questions/``: the question bank of the chapters, as a table and as Moodle XML.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import csv
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from textwrap import indent
from typing import Any

from soluble import course
from soluble.notebooks import PACKAGE, execute, fill, notebook, numbers, plain, wheel
from soluble.teaching import Exercise, exercises

#: An exercise in the markdown of a notebook: its heading, and its text up to the next heading.
ASKED = re.compile(r"^### Exercise: (?P<title>.+)\n(?:(?!^#{2,3} ).*\n?)*", re.M)
KINDS = ("student", "instructor", "assignments", "questions")


def student(chapter: Path, package: str = PACKAGE) -> Any:
    """The chapter as an ``nbformat`` notebook with stubs, sealed checks and hints, and without any solution."""
    return notebook(chapter, package, without={"solution"})


def instructor(chapter: Path, package: str = PACKAGE) -> Any:
    """The student's notebook with the notes of the course kit at its top and each solution, as text and as a cell that runs, its check once more.

    The cells are not run here; run, the first check of an exercise fails and the second passes.
    """
    from nbformat import v4

    book, known = student(chapter, package), {e.id: e for e in exercises(chapter)}
    for cell in book.cells:
        if "exercise-check" in cell.metadata.get("tags", []):
            cell.source = known[cell.metadata["exercise"]].check
    added = {name: [v4.new_markdown_cell(_solution(exercise))] for name, exercise in known.items()}
    for name, exercise in known.items():
        if exercise.solution_code:
            added[name] += [v4.new_code_cell(exercise.solution_code), v4.new_code_cell(exercise.check)]
    cells = [v4.new_markdown_cell(_overview(known.values()))]
    if guide := course.guide_of(chapter):
        cells.append(v4.new_markdown_cell(_guide(guide)))
    after = _last_cells(book.cells, known)
    for number, cell in enumerate(book.cells):
        cells.append(cell)
        for name in after.get(number, ()):
            cells += added[name]
    book.cells = cells
    return _numbered(book)


def assignment(chapter: Path, package: str = PACKAGE) -> Any:
    """The master notebook from which otter-grader makes what is handed out and what grades it.

    An exercise that computes is graded by its check, which students do not see; before that they see whether anything
    stands in place of the dots. The other exercises are answered in words and marked by hand. A point is five minutes.
    """
    from nbformat import v4

    known = {e.title: e for e in exercises(chapter)}
    computed = {e.id: e for e in known.values() if e.check}
    book = notebook(chapter, package, without={"solution", "hint", "quiz"})
    cells = [v4.new_raw_cell(f"# ASSIGNMENT CONFIG\nname: {chapter.stem}\nexport_cell: false")]
    for cell in book.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            for title, text in _parts(cell.source):
                if not title:
                    cells += [v4.new_markdown_cell(text)] if text not in ("", "### Quiz", "### Data and notebook") else []
                elif known[title].id not in computed:
                    cells += _in_words(known[title])
        elif "exercise-check" in tags:
            cells += _computed(computed[cell.metadata["exercise"]])
        elif "exercise-stub" not in tags:
            cells.append(cell)
    book.cells = cells
    return _numbered(book)


def _parts(markdown: str) -> Iterator[tuple[str, str]]:
    """A cell's markdown as (title, text): the exercises with their titles, and what stands between them without."""
    end = 0
    for asked in ASKED.finditer(markdown):
        yield "", markdown[end : asked.start()].strip()
        yield asked["title"], asked[0]
        end = asked.end()
    yield "", markdown[end:].strip()


def _numbered(book: Any) -> Any:
    for number, cell in enumerate(book.cells):
        cell["id"] = f"cell-{number:03d}"
    return book


def _last_cells(cells: list[Any], known: dict[str, Exercise]) -> dict[int, list[str]]:
    """After which cell an exercise ends: its check, or the text that asks it."""
    at: dict[str, int] = {}
    for number, cell in enumerate(cells):
        for name, exercise in known.items():
            asks = cell.cell_type == "markdown" and f"### Exercise: {exercise.title}" in cell.source
            checks = cell.cell_type == "code" and cell.metadata.get("exercise") == name
            if asks or checks:
                at[name] = number
    found: dict[int, list[str]] = {}
    for name, number in at.items():
        found.setdefault(number, []).append(name)
    return found


def _overview(known: Iterable[Exercise]) -> str:
    rows = [f"| {e.title} | {e.kind} | {e.minutes or ''} |" for e in known]
    total = sum(e.minutes or 0 for e in known)
    return "\n".join(
        ["# For the instructor", "", "Solutions stand below their exercises, with the check once more. Do not hand this notebook out.", ""]
        + ["| exercise | kind | minutes |", "|---|---|---|", *rows, f"| together | | {total} |"]
    )


def _guide(guide: course.Guide) -> str:
    """What the course kit says of a chapter, as markdown for a notebook."""
    minutes = " · ".join(f"{part} {count} min" for part, count in guide.session.items())
    out = ["## Notes for the instructor", "", f"*In class: {minutes}.* {plain(guide.prepare)}", "", "### Where students go wrong"]
    for note in guide.notes:
        out += ["", f"- **{plain(note.wrong)}**", f"  - *Ask:* {plain(note.ask)}", f"  - *Listen for:* {plain(note.listen)}"]
    out += ["", "### What to project", "", "Addresses are those of the built site.", ""]
    out += [f"- `chapters/{guide.chapter}.html#{setting.hash}`: {plain(setting.say)}" for setting in guide.settings]
    return "\n".join(out)


def _solution(exercise: Exercise) -> str:
    wrong = wrong_answers(exercise.check)
    lines = [f"**Solution of *{exercise.title}*** ({exercise.minutes} min)", "", plain(exercise.solution).split("```python")[0].strip()]
    if wrong:
        lines += ["", "Wrong answers that the check knows:", "", *(f"- `{shown}`: {said}" for shown, said in wrong)]
    return "\n".join(lines)


def wrong_answers(check: str) -> list[tuple[str, str]]:
    """The typical wrong answers of a check's ``hints``: how each is recognised, as code, and what is said to it."""
    found = []
    for node in ast.walk(ast.parse(check)) if check else ():
        if isinstance(node, ast.keyword) and node.arg == "hints" and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                said = value.value if isinstance(value, ast.Constant) else ast.unparse(value)
                found.append((ast.unparse(key), str(said)))
    return found


# ---------------------------------------------------------------------------------------------------------------------
# Assignments


def _name(exercise: Exercise) -> str:
    return exercise.id.replace("-", "_")


def points(exercise: Exercise) -> int:
    return max(1, round((exercise.minutes or 5) / 5))


def _question(exercise: Exercise, settings: str, inside: Iterable[Any]) -> list[Any]:
    from nbformat import v4

    ask = f"### Exercise: {exercise.title}\n\n*{exercise.kind} · {exercise.minutes} min*\n\n{plain(exercise.text)}"
    head = f"# BEGIN QUESTION\nname: {_name(exercise)}\n{settings}"
    return [v4.new_raw_cell(head), v4.new_markdown_cell(ask), *inside, v4.new_raw_cell("# END QUESTION")]


def _in_words(exercise: Exercise) -> list[Any]:
    from nbformat import v4

    answer = [v4.new_raw_cell("# BEGIN SOLUTION"), v4.new_markdown_cell(plain(exercise.solution)), v4.new_raw_cell("# END SOLUTION")]
    return _question(exercise, f"points: {points(exercise)}\nmanual: true", answer)


def _computed(exercise: Exercise) -> list[Any]:
    from nbformat import v4

    solution = f'# BEGIN SOLUTION NO PROMPT\n{exercise.solution_code}\n# END SOLUTION\n""" # BEGIN PROMPT\n{exercise.stub}\n"""; # END PROMPT'
    answered = [
        v4.new_code_cell(f'""" # BEGIN TEST CONFIG\nname: {name} is answered\npoints: 0\n""" # END TEST CONFIG\nassert {name} is not ..., "Write your answer in place of the dots."\n')
        for name in unanswered(exercise.stub)
    ]
    full = f"from soluble import teaching\nwith teaching.quietly():\n{indent(_silent(exercise.check), '    ')}\n\nassert teaching.results[{exercise.id!r}], teaching.results[{exercise.id!r}].message"
    return _question(
        exercise,
        "",
        [
            v4.new_raw_cell("# BEGIN SOLUTION"),
            v4.new_code_cell(solution),
            v4.new_raw_cell("# END SOLUTION"),
            v4.new_raw_cell("# BEGIN TESTS"),
            *answered,
            v4.new_code_cell(f'""" # BEGIN TEST CONFIG\nname: right\nhidden: true\npoints: {points(exercise)}\n""" # END TEST CONFIG\n{full}'),
            v4.new_raw_cell("# END TESTS"),
        ],
    )


def _silent(check: str) -> str:
    """The check's code with every value kept: a doctest, which otter makes of it, would print them."""
    tree = ast.parse(check)
    for node in ast.walk(tree):
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                kept = [ast.Assign([ast.Name("_", ast.Store())], n.value) if isinstance(n, ast.Expr) else n for n in block]
                setattr(node, name, kept)
    return ast.unparse(ast.fix_missing_locations(tree))


def unanswered(stub: str) -> list[str]:
    """The names that a stub gives dots instead of a value."""
    found: list[str] = []
    for node in ast.parse(stub).body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = zip(target.elts, node.value.elts, strict=False) if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple) else [(target, node.value)]
                found += [t.id for t, v in pairs if isinstance(t, ast.Name) and isinstance(v, ast.Constant) and v.value is ...]
    return found


# ---------------------------------------------------------------------------------------------------------------------
# Writing and grading


def write(out: Path, chapters: Sequence[Path], package: str = PACKAGE, run: bool = True, kinds: Iterable[str] = KINDS) -> Iterator[Path]:
    """Write the editions of ``chapters`` below ``out``; gives each file or folder when it is written.

    With ``run`` each chapter is executed once, as the instructor's notebook, so that the expected results stand in that and the
    computed numbers in the sentences of all, and otter-grader proves each solution by its own check.
    """
    import nbformat

    for kind in kinds:
        (out / kind).mkdir(parents=True, exist_ok=True)
    if "questions" in kinds:
        yield from course.write_questions(out / "questions", chapters)
    for chapter in chapters:
        books = {"student": student(chapter, package), "instructor": instructor(chapter, package)}
        if run and set(kinds) - {"questions"}:
            execute(books["instructor"])
        known = numbers(books["instructor"])
        for kind in books:
            if kind in kinds:
                path = out / kind / f"{chapter.stem}.ipynb"
                nbformat.write(fill(books[kind], known), path)
                yield path
        if "assignments" in kinds:
            yield _assign(fill(assignment(chapter, package), known), out / "assignments" / chapter.stem, chapter.stem, run)


def _assign(master: Any, folder: Path, name: str, run: bool) -> Path:
    """Otter's two folders from the master, which itself is not kept."""
    import nbformat
    from otter.assign import main as otter_assign

    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / f"{name}.ipynb"
        nbformat.write(master, source)
        with _quiet():
            otter_assign(str(source), str(folder), no_run_tests=not run, no_pdfs=True)
    return folder


def grade(assignment_folder: Path, submissions: Path, table: Path) -> list[dict[str, Any]]:
    """Grade every notebook in a folder; write and return a row for each: its name, points, points possible, and what was wrong.

    Raises ``FileNotFoundError`` where the assignment has no grader, or nothing was handed in.
    A submission that cannot be graded (not a notebook, a cell that never ends) has a row that says so, and no points;
    the others are graded all the same.
    """
    from otter.run import main as otter_run

    graders = sorted((assignment_folder / "autograder").glob("*.zip"))
    if not graders:
        raise FileNotFoundError(f"{assignment_folder} holds no autograder/*.zip: make it with 'python -m soluble.editions'")
    handed_in = sorted(submissions.glob("*.ipynb"))
    if not handed_in:
        raise FileNotFoundError(f"{submissions} holds no notebook to grade: collect the students' .ipynb files in it")
    rows = []
    for path in handed_in:
        row: dict[str, Any] = {"submission": path.name, "points": 0.0, "possible": "", "wrong": "", "problem": ""}
        try:
            with _quiet(), tempfile.TemporaryDirectory() as log:
                found = otter_run(str(path.resolve()), autograder=str(graders[0].resolve()), output_dir=log, no_logo=True)
            row |= {"points": found.total, "possible": found.possible}
            row["wrong"] = "; ".join(name for name, result in found.results.items() if result.score < result.possible)
        except Exception as problem:  # whatever a submission does, the next one is graded
            row["problem"] = f"{type(problem).__name__}: {str(problem).splitlines()[0] if str(problem) else 'no message'}"
        rows.append(row)
    with table.open("w", newline="", encoding="utf8") as file:
        writer = csv.DictWriter(file, ["submission", "points", "possible", "wrong", "problem"])
        writer.writeheader()
        writer.writerows(rows)
    return rows


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Otter tells of each step, and its kernels warn of their sockets past Python; here only what goes wrong is of interest, and that is raised."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        terminal = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["grade"]:
        parser = argparse.ArgumentParser(prog="python -m soluble.editions grade", description="Grade a folder of notebooks.")
        for name, what in (("assignment", "the folder assignments/<chapter>"), ("submissions", "a folder of .ipynb files"), ("table", "the CSV to write")):
            parser.add_argument(name, type=Path, help=what)
        found = parser.parse_args(given[1:])
        try:
            rows = grade(found.assignment, found.submissions, found.table)
        except FileNotFoundError as missing:
            print(missing, file=sys.stderr)
            return 1
        for row in rows:
            print(f"{row['submission']}: {row['problem'] or '{points:g} of {possible:g} points'.format_map(row)}")
        print(f"Written: {found.table}")
        return 0
    parser = argparse.ArgumentParser(prog="python -m soluble.editions", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path, help="the folder to write into")
    parser.add_argument("chapters", nargs="*", help="chapters by name, such as 04-il8 (default: all)")
    parser.add_argument("--no-run", action="store_true", help="do not execute anything: quick, without expected results, proofs and the computed numbers of the text")
    parser.add_argument("--only", choices=KINDS, help="one of the editions (default: all)")
    found = parser.parse_args(given)
    folder = Path("chapters")
    known = {p.stem: p for p in sorted(folder.glob("[0-9][0-9]-*.md"))}
    unknown = set(found.chapters) - set(known)
    if unknown or not known:
        print(f"No chapter {', '.join(sorted(unknown)) or 'at all'} in {folder.resolve()}; known: {', '.join(known) or 'none'}.", file=sys.stderr)
        return 2
    kinds = [found.only] if found.only else KINDS
    for path in write(found.out, [known[name] for name in found.chapters or known], run=not found.no_run, kinds=kinds):
        print(path, flush=True)
    if "student" in kinds:
        wheel(found.out / "student")  # which says itself where it lies
    return 0


if __name__ == "__main__":
    sys.exit(main())
