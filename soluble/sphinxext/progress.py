"""The page where a reader sees what has been read and done: a row a chapter, filled by ``src/book/progress.js``.

Nothing of it leaves the reader's browser, and without scripts nothing is kept; then the table says what there is to do.
"""

from __future__ import annotations

from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .context import CHAPTER
from .teaching import box


class progress_table(nodes.General, nodes.Element):  # noqa: N801
    """Filled in when the page is written: only then every chapter has been read."""


class Progress(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        return [progress_table()]


def to_do(app: Sphinx, docname: str) -> tuple[int, int]:
    """How many exercises and how many questions of a quiz a chapter has."""
    starts = [node["before"] for node in app.env.get_doctree(docname).findall(box)]
    return sum('class="exercise"' in start for start in starts), sum('class="quiz"' in start for start in starts)


def table(app: Sphinx, docname: str) -> str:
    rows = []
    for name in sorted(filter(CHAPTER.match, app.env.found_docs)):
        exercises, questions = to_do(app, name)
        stem = name.rpartition("/")[2]
        title = f"{int(stem[:2])} · {app.env.titles[name].astext()}"
        rows.append(
            f'<tr data-chapter="{stem}"><td><a href="{app.builder.get_relative_uri(docname, name)}">{escape(title)}</a></td><td data-read>–</td>'
            f'<td data-exercises="{exercises}">{exercises}</td><td data-questions="{questions}">{questions}</td></tr>'
        )
    head = "<tr><th scope=col>Chapter</th><th scope=col>Read</th><th scope=col>Exercises</th><th scope=col>Quiz</th></tr>"
    return (
        '<div id="progress-overview"><p class="progress-state" role="status">Without scripts nothing is kept.</p>'
        f'<div class="table-scroll"><table class="progress-table"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table></div>'
        '<p class="pst-js-only"><button type="button" class="button" data-progress-switch>Switch off and delete</button></p></div>'
    )


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(progress_table)):
        node.replace_self(nodes.raw("", table(app, docname), format="html"))


def setup(app: Sphinx) -> None:
    app.add_node(progress_table)
    app.add_directive("progress", Progress)
    app.connect("doctree-resolved", fill)
