"""Directives of the course kit: ``course-notes``, ``question-bank``, ``syllabus``, ``marked-by-hand``; what they show is read by :mod:`soluble.course`.

Notes and questions are for the lecturer: with ``soluble_solutions`` false, as in the edition for a course, neither enters the site.
When the site is written, each setting is held against the explorer that it names.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from soluble import course, editions, teaching
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .pages import filters, raw
from .teaching import box

FILTERS = {"chapter": "Chapter", "difficulty": "Difficulty", "kind": "Kind"}
WITHHELD = "This edition of the site is for students and holds neither the notes nor the questions. The full site, which <code>make book</code> builds, shows them here."


class CoursePage(SphinxDirective):
    """What the directives share: the chapters, their guides, the ways to them, and texts with the book's roles."""

    @cached_property
    def chapters(self) -> Path:
        return Path(self.env.srcdir) / "chapters"

    @cached_property
    def guides(self) -> dict[str, course.Guide]:
        """The guides of the chapters that stand in the book."""
        return {name: guide for name, guide in course.guides(self.chapters).items() if f"chapters/{name}" in self.env.found_docs}

    def file(self, chapter: str) -> Path:
        return self.chapters / f"{chapter}.md"

    def way(self, chapter: str, anchor: str = "") -> str:
        """The address of a chapter, or of a place in it, seen from this page."""
        page = self.env.app.builder.get_relative_uri(self.env.docname, f"chapters/{chapter}")
        return escape(f"{page}#{anchor}" if anchor else page)

    def words(self, text: str) -> list[nodes.Node]:
        """A text of the kit as what stands inside a paragraph."""
        holder = nodes.Element()
        self.state.nested_parse(StringList([text], source=self.env.docname), self.content_offset, holder)
        return [inner for block in holder.children for inner in (block.children if isinstance(block, nodes.paragraph) else [block])]

    def inside(self, before: str, text: str, after: str) -> box:
        return box("", nodes.inline("", "", *self.words(text)), before=before, after=after)

    def section(self, title: str, identity: str, *children: nodes.Node) -> nodes.section:
        made = nodes.section("", nodes.title("", title), *children, ids=[identity], names=[])
        self.state.document.note_explicit_target(made)
        return made

    def setting(self, chapter: str, setting: course.Setting) -> Iterator[nodes.Node]:
        """Links to one setting, in its chapter and on the explorer's own page, and what to point at."""
        title = escape(course.explorers(self.file(chapter))[setting.explorer])
        chosen = "; ".join(f"{name} = {value}" for name, value in setting.state.items())
        own = self.way(chapter).replace(chapter, f"explorer-{setting.explorer}") + (f"#{escape(setting.hash)}" if setting.state else "")
        yield raw(
            f'<li><a class="setting" href="{self.way(chapter, setting.hash)}">{title}</a> <span class="small">{escape(chosen)} · '
            f'<a class="setting" href="{own}">on a page of its own</a></span><br>'
        )
        yield self.inside("", setting.say, "</li>")


class CourseNotes(CoursePage):
    """Chapter by chapter: minutes, where students go wrong, what to ask, what to project."""

    def run(self) -> list[nodes.Node]:
        if not self.config.soluble_solutions:
            return [raw(f"<p>{WITHHELD}</p>")]
        return [self.section(course.title(self.file(name)), f"notes-{name}", *self.chapter(name, guide)) for name, guide in self.guides.items()]

    def chapter(self, name: str, guide: course.Guide) -> Iterator[nodes.Node]:
        minutes = ", ".join(f"{part} {count} min" for part, count in guide.session.items())
        yield self.inside(f'<p><a href="{self.way(name)}">The chapter</a>, <a href="../slides/{name}.html">its slides</a>. In class: {minutes}. ', guide.prepare, "</p>")
        for note in guide.notes:
            yield self.inside(f'<div class="question"><p><a href="{self.way(name, note.at)}"><strong>Where they go wrong.</strong></a> ', note.wrong, "</p>")
            yield self.inside("<p><strong>Ask.</strong> ", note.ask, "</p>")
            yield self.inside("<p><strong>Listen for.</strong> ", note.listen, "</p></div>")
        yield raw("<p><strong>Project.</strong></p><ul>")
        for setting in guide.settings:
            yield from self.setting(name, setting)
        yield raw("</ul>")


class QuestionBank(CoursePage):
    """Every question of the bank, filtered without a server, its answer folded."""

    def run(self) -> list[nodes.Node]:
        if not self.config.soluble_solutions:
            return [raw(f"<p>{WITHHELD}</p>")]
        asked = [(name, question) for name, guide in self.guides.items() for question in guide.questions]
        tools = filters("question-list", len(asked), FILTERS, "questions")
        return [raw(f'{tools}<div id="question-list">'), *(part for name, question in asked for part in self.question(name, question)), raw("</div>")]

    def question(self, name: str, question: course.Question) -> Iterator[nodes.Node]:
        about = {"chapter": course.title(self.file(name)), "difficulty": f"{question.difficulty} {course.DIFFICULTIES[question.difficulty]}", "kind": question.kind}
        data = "".join(f' data-{key}="{escape(value, quote=True)}"' for key, value in about.items())
        told = f"Chapter {about['chapter']}; difficulty {about['difficulty']}; {question.kind}"
        yield raw(f'<div class="question" id="question-{question.id}"{data}><p class="small">{escape(told)}</p>')
        yield self.inside("<p>", question.asks, "</p>")
        if question.choices:
            yield raw('<ol type="A">')
            yield from (self.inside("<li>", choice, "</li>") for choice in question.choices)
            yield raw("</ol>")
        letter = f"{course.LETTERS[question.choices.index(question.answer)]}: " if question.choices else ""
        yield self.inside(f'<details class="folded"><summary>Answer</summary><p><strong>{letter}', course.answer(question), "</strong></p>")
        yield self.inside("<p>", question.because, f' <a href="{self.way(name, question.paragraph)}">The place in the chapter</a>.</p></details></div>')


class Syllabus(CoursePage):
    """One course of ``course/syllabi.yaml``: a table of hours, then its units with objectives, settings and homework."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        known = course.syllabi(self.chapters)
        if self.arguments[0] not in known:
            raise self.error(f"there is no syllabus {self.arguments[0]!r}; known: {', '.join(known)}")
        syllabus = known[self.arguments[0]]
        loads = [course.load(unit, self.chapters, self.guides) for unit in syllabus.units]
        return [self.inside("<p>", syllabus.says, "</p>"), raw(self.table(syllabus, loads)), *(self.unit(syllabus, number) for number in range(len(syllabus.units)))]

    def table(self, syllabus: course.Syllabus, loads: list[course.Load]) -> str:
        head = "".join(f'<th scope="col">{text}</th>' for text in ("Unit", "Chapters", "In class", "At home"))
        rows = "".join(
            f'<tr><th scope="row">{escape(unit.title)}</th><td>{"<br>".join(self.link(name) for name in unit.chapters)}</td>'
            f"<td>{hours(load.class_total)}</td><td>{hours(load.home_total)}</td></tr>"
            for unit, load in zip(syllabus.units, loads, strict=True)
        )
        total = f"<tr><th scope=row>Together</th><td></td><td>{hours(sum(x.class_total for x in loads))}</td><td>{hours(sum(x.home_total for x in loads))}</td></tr>"
        caption = f"{escape(syllabus.title)}: hours and minutes"
        return f'<div class="table-scroll"><table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}{total}</tbody></table></div>'

    def link(self, chapter: str) -> str:
        return f'<a href="{self.way(chapter)}">{escape(course.title(self.file(chapter)))}</a>'

    def unit(self, syllabus: course.Syllabus, number: int) -> nodes.section:
        unit = syllabus.units[number]
        return self.section(unit.title, f"{syllabus.id}-{number + 1}", *self.inner(unit, course.load(unit, self.chapters, self.guides)))

    def inner(self, unit: course.Unit, load: course.Load) -> Iterator[nodes.Node]:
        parts = ", ".join(f"{part} {hours(count)}" for part, count in load.in_class.items())
        yield raw(f"<p>In class {hours(load.class_total)}: {parts}. At home {hours(load.home_total)}: reading {hours(load.reading)}, exercises {hours(load.homework)}.</p>")
        yield raw("<p><strong>Afterwards a student can</strong></p><ul>")
        yield from (self.inside("<li>", objective, "</li>") for objective in unit.objectives)
        yield raw(f"</ul><p><strong>Read before.</strong> {', '.join(self.link(name) for name in unit.chapters)}</p>")
        if self.config.soluble_solutions:
            yield raw("<p><strong>Project.</strong></p><ul>")
            for name in unit.chapters:
                for setting in self.guides[name].settings if name in self.guides else ():
                    yield from self.setting(name, setting)
            yield raw("</ul>")
        if unit.homework:
            yield raw(f"<p><strong>Homework.</strong></p><ul>{''.join(self.homework(unit))}</ul>")
        if unit.also:
            yield self.inside("<p>", unit.also, "</p>")

    def homework(self, unit: course.Unit) -> Iterator[str]:
        for name in unit.chapters:
            for exercise in teaching.exercises(self.file(name)):
                if exercise.id in unit.homework:
                    yield f'<li><a href="{self.way(name, exercise.id)}">{escape(exercise.title)}</a> <span class="small">{exercise.kind}, {exercise.minutes} min</span></li>'


class MarkedByHand(CoursePage):
    """The exercises that no check marks, with the points that they are worth in an assignment."""

    def run(self) -> list[nodes.Node]:
        rows = [
            f'<tr><th scope="row"><a href="{self.way(path.stem, exercise.id)}">{escape(exercise.title)}</a></th><td>{escape(course.title(path))}</td>'
            f"<td>{exercise.kind}</td><td>{editions.points(exercise)}</td></tr>"
            for path in sorted(self.chapters.glob("[0-9][0-9]-*.md"))
            if f"chapters/{path.stem}" in self.env.found_docs
            for exercise in teaching.exercises(path)
            if not exercise.check
        ]
        head = "".join(f'<th scope="col">{text}</th>' for text in ("Exercise", "Chapter", "Kind", "Points"))
        return [raw(f'<div class="table-scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>')]


def hours(minutes: int) -> str:
    """``75`` as ``1 h 15 min``, which does not break."""
    whole, rest = divmod(minutes, 60)
    return "\u00a0".join(part for part in (f"{whole}\u00a0h" if whole else "", f"{rest}\u00a0min" if rest or not whole else "") if part)


def hold_settings(app: Sphinx, exception: Exception | None) -> None:
    """Stop the build where a setting names what its explorer does not have."""
    if exception is not None or app.builder.name != "html":
        return
    found = {name: guide for name, guide in course.guides(Path(app.srcdir) / "chapters").items() if f"chapters/{name}" in app.env.found_docs}
    if wrong := list(course.misfits(Path(app.outdir), found)):
        raise ValueError("\n".join(wrong))


def setup(app: Sphinx) -> None:
    app.add_directive("course-notes", CourseNotes)
    app.add_directive("question-bank", QuestionBank)
    app.add_directive("syllabus", Syllabus)
    app.add_directive("marked-by-hand", MarkedByHand)
    app.connect("build-finished", hold_settings, priority=995)
