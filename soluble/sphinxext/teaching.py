"""Directives for teaching: ``exercise``, ``hint``, ``solution``, ``quiz``.

Hints, solutions and the answers of a quiz are folded in ``<details>``, so they open without any script; with scripts a
quiz judges what was chosen and announces it. With ``soluble_solutions`` false, as in the edition for a course, no solution
enters the site at all.
"""

from __future__ import annotations

import re
from html import escape

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

LOG = logging.getLogger(__name__)
KINDS = {"recall": "Recall", "compute": "Compute", "criticise": "Criticise"}
MARK = re.compile(r"^\[( |x|X)\]\s+")


class box(nodes.General, nodes.Element):  # noqa: N801 — docutils names its nodes in lower case
    """HTML around other nodes: ``before`` and ``after`` are written as they are."""


def _box(before: str, after: str, *children: nodes.Node, **attributes) -> box:
    return box("", *children, before=before, after=after, **attributes)


class Exercise(SphinxDirective):
    """A question with an id, a kind and a time; the stub and check cells follow it."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {
        "id": directives.unchanged_required,
        "kind": lambda value: directives.choice(value, tuple(KINDS)),
        "minutes": directives.positive_int,
    }

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        identity = self.options.get("id")
        if not identity or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", identity):
            raise self.error("an exercise needs an ':id:' of lower-case letters, digits and dashes")
        seen = getattr(self.env, "soluble_exercises", {})
        self.env.soluble_exercises = seen
        if seen.get(identity, self.env.docname) != self.env.docname:
            raise self.error(f"the exercise {identity!r} stands in {seen[identity]} already")
        seen[identity] = self.env.docname
        minutes = self.options.get("minutes")
        head = (
            f'<section class="exercise" id="{identity}" aria-labelledby="{identity}-title"><div class="exercise-head">'
            f'<p class="exercise-title" id="{identity}-title" role="heading" aria-level="3">{escape(self.arguments[0])}</p>'
            f'<p class="exercise-kind">{KINDS.get(self.options.get("kind", ""), "Exercise")}</p>'
            + (f'<p class="exercise-time">{minutes} min</p>' if minutes else "")
            + "</div>\n"
        )
        node = _box(head, "</section>\n")
        node["ids"] = [identity]
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class Folded(SphinxDirective):
    """Something to open by choice."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    word = ""

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        node = _box(
            f'<details class="folded {self.name}"><summary>{escape(self.title())}</summary>\n',
            "</details>\n",
        )
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]

    def title(self) -> str:
        return self.arguments[0] if self.arguments else self.word


class Hint(Folded):
    word = "Hint"


class Solution(Folded):
    """The solution of the exercise that its argument names."""

    required_arguments = 1
    optional_arguments = 0

    def run(self) -> list[nodes.Node]:
        if self.arguments[0] not in getattr(self.env, "soluble_exercises", {}):
            raise self.error(f"there is no exercise {self.arguments[0]!r} before this solution")
        return super().run() if self.config.soluble_solutions else []

    def title(self) -> str:
        return "Solution"


class Quiz(SphinxDirective):
    """A question and a list of answers, ``- [x]`` right and ``- [ ]`` wrong, each with its feedback beneath."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        content = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, content)
        lists = [child for child in content.children if isinstance(child, nodes.bullet_list)]
        if not lists:
            raise self.error("a quiz needs a list of answers: '- [x] right' and '- [ ] wrong'")
        answers = [self._answer(item) for item in lists[-1].children]
        right = sum(a[0] for a in answers)
        if not right or right == len(answers):
            raise self.error("a quiz needs at least one right and one wrong answer")
        question = content.children[: content.index(lists[-1])]
        if not question:
            raise self.error("a quiz needs a question before its answers")
        number = self.env.new_serialno("quiz") + 1
        return [self._form(f"quiz-{number}", "checkbox" if right > 1 else "radio", question, answers)]

    def _answer(self, item: nodes.list_item) -> tuple[bool, list[nodes.Node], list[nodes.Node]]:
        first = item.children[0]
        text = next(iter(first.findall(nodes.Text)), None)
        mark = MARK.match(text) if text is not None else None
        if not mark:
            raise self.error("each answer of a quiz begins with [x] (right) or [ ] (wrong)")
        text.parent.replace(text, nodes.Text(text[mark.end() :]))
        why = item.children[1:]
        if not why:
            raise self.error(f"the answer {first.astext()!r} has no feedback beneath it")
        return mark[1] != " ", list(first.children), list(why)

    def _form(self, name: str, kind: str, question: list[nodes.Node], answers: list) -> box:
        several = " <small>(several are right)</small>" if kind == "checkbox" else ""
        form = _box(f'<form class="quiz" id="{name}"><fieldset>', "</form>\n")
        form += _box("<legend>", f"{several}</legend>\n", *question)
        for number, (right, answer, why) in enumerate(answers):
            one = _box(f'<div class="quiz-answer" data-right="{str(right).lower()}">', "</div>\n")
            one += _box(f'<label><input type="{kind}" name="{name}" value="{number}"><span>', "</span></label>", *answer)
            verdict = "Right. " if right else "Not so. "
            one += _box(
                f'<details><summary>Is this right?</summary><div class="quiz-why"><strong class="quiz-verdict">{verdict}</strong>',
                "</div></details>",
                *why,
            )
            form += one
        form += _box(
            '</fieldset><div class="quiz-foot"><button type="submit" class="quiz-check pst-js-only">Check</button>'
            '<p class="quiz-status" role="status" aria-live="polite">',
            "</p></div>\n",
        )
        return form


def visit_box(self, node: box) -> None:
    self.body.append(node["before"])


def depart_box(self, node: box) -> None:
    self.body.append(node["after"])


def _plain(self, node: box) -> None:
    """Other builders show the content alone."""


def _forget(app: Sphinx, env, docname: str) -> None:
    for identity, doc in list(getattr(env, "soluble_exercises", {}).items()):
        if doc == docname:
            del env.soluble_exercises[identity]


def fold_checks(app: Sphinx, doctree: nodes.document) -> None:
    """What a check expects is half of the answer: its code is folded, and where there are no solutions left out."""
    for cell in doctree.findall(lambda node: isinstance(node, nodes.container) and "tag_exercise-check" in node["classes"]):
        cell["hide_mode"], cell["prompt_show"], cell["prompt_hide"] = "input", "Show the check", "Hide the check"
        if not app.config.soluble_solutions:
            cell.remove(cell.children[0])


def setup(app: Sphinx) -> None:
    app.add_node(box, html=(visit_box, depart_box), latex=(_plain, _plain), text=(_plain, _plain))
    app.add_config_value("soluble_solutions", True, "env", bool)
    app.add_directive("exercise", Exercise)
    app.add_directive("hint", Hint, override=True)
    app.add_directive("solution", Solution)
    app.add_directive("quiz", Quiz)
    app.connect("env-purge-doc", _forget)
    app.connect("doctree-read", fold_checks)
