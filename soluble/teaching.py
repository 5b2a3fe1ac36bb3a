"""Exercises: check an answer in a notebook, and read the exercises out of a chapter.

>>> from soluble.teaching import check
>>> check("half-life", got=0.7, expected=0.693, rtol=0.02).passed
Correct: half-life.
True
"""

from __future__ import annotations

import base64
import contextlib
import html
import math
import numbers
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Exercise", "Verdict", "check", "exercises", "quietly", "results", "seal", "sealed_check", "unseal"]

#: The last verdict for each exercise of this session, by name.
results: dict[str, Verdict] = {}


@dataclass(frozen=True)
class Verdict:
    """What a check found. ``passed`` says it as a bool, ``message`` in words."""

    name: str
    passed: bool
    message: str

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        return f"{'Correct' if self.passed else 'Not yet'}: {self.message}"

    def _ipython_display_(self) -> None:
        """Shown once already, by :func:`check`."""

    def to_html(self) -> str:
        head, kind = ("Correct", "right") if self.passed else ("Not yet", "wrong")
        return f'<p class="verdict is-{kind}"><b>{head}:</b> {html.escape(self.message)}</p>'


def check(
    name: str,
    got: Any,
    expected: Any,
    rtol: float = 1e-6,
    atol: float = 0.0,
    ok: str = "",
    hints: Mapping[Any, str] | None = None,
) -> Verdict:
    """Compare an answer with what is expected, say the result, and go on: a wrong answer never raises.

    Parameters
    ----------
    name
        The id of the exercise.
    got
        The reader's answer: a number, an array, a text, a bool. ``None`` and ``...`` mean "not answered".
    expected
        The right value, or a function of the answer that returns whether it is right, or a text that says what is
        wrong with it (an empty text means that it is right).
    rtol, atol
        Relative and absolute tolerance for numbers.
    ok
        What to say when it is right.
    hints
        What to say for a typical wrong answer: keys are wrong values, or functions that recognise one.

    Returns
    -------
    Verdict
        Also kept in :data:`results` under ``name``.
    """
    passed, message = _judge(got, expected, rtol, atol, hints or {})
    verdict = Verdict(name, passed, (ok or name) if passed else message)
    results[name] = verdict
    _show(verdict)
    return verdict


def _judge(got: Any, expected: Any, rtol: float, atol: float, hints: Mapping[Any, str]) -> tuple[bool, str]:
    if got is None or got is ...:
        return False, "write your answer in place of the dots, then run the cell again."
    try:
        if callable(expected):
            answer = expected(got)
            passed, message = (not answer, answer) if isinstance(answer, str) else (bool(answer), "")
        else:
            passed, message = _close(got, expected, rtol, atol), ""
    except Exception as problem:  # an answer of the wrong kind is a wrong answer, not a failure of the page
        return False, f"the answer could not be compared ({type(problem).__name__}: {problem}); it should be {_kind(expected)}."
    if passed:
        return True, ""
    for wrong, hint in hints.items():
        try:
            if wrong(got) if callable(wrong) else _close(got, wrong, max(rtol, 1e-3), atol):
                return False, hint
        except Exception:  # a hint that does not fit this kind of answer is not the one to give
            continue
    return False, message or f"{_shown(got)} is not it."


def _close(got: Any, expected: Any, rtol: float, atol: float) -> bool:
    if isinstance(expected, str):
        return isinstance(got, str) and got.strip().casefold() == expected.strip().casefold()
    if isinstance(expected, bool):
        return isinstance(got, (bool, numbers.Integral)) and bool(got) == expected
    import numpy as np

    mine, right = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    if mine.shape != right.shape:
        raise ValueError(f"its shape is {mine.shape}, not {right.shape}")
    return bool(np.all(np.isfinite(mine)) and np.allclose(mine, right, rtol=rtol, atol=atol))


def _kind(expected: Any) -> str:
    if callable(expected):
        return "what the question asks for"
    if isinstance(expected, numbers.Number) and not isinstance(expected, bool):
        return "a number"
    return {"str": "a text", "bool": "True or False"}.get(type(expected).__name__, f"like {type(expected).__name__}")


def _shown(got: Any) -> str:
    if isinstance(got, float) and math.isfinite(got):
        return f"{got:.4g}"
    text = repr(got)
    return text if len(text) < 60 else text[:57] + "…"


_loud = True


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Within it a check keeps its verdict in :data:`results` and shows nothing: for graders."""
    global _loud
    before, _loud = _loud, False
    try:
        yield
    finally:
        _loud = before


def _show(verdict: Verdict) -> None:
    if not _loud:
        return
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        print(verdict)
        return
    if get_ipython() is None:
        print(verdict)
    else:
        display({"text/html": verdict.to_html(), "text/plain": str(verdict)}, raw=True)


# ---------------------------------------------------------------------------------------------------------------------
# Checks that do not show what they expect


def seal(code: str) -> str:
    """A cell that runs the code of a check without showing it: what a check expects is half of the answer.

    The code is packed, no more; whoever wants to read it uses :func:`unseal`. Marks are given by hidden checks (:mod:`soluble.editions`).
    """
    packed = base64.b85encode(zlib.compress(code.encode(), 9)).decode()
    lines = "\n".join(f'    "{packed[at : at + 100]}"' for at in range(0, len(packed), 100))
    return f"""from soluble.teaching import sealed_check

# The check of this exercise. It is packed, so that it does not give the answer away: run the cell.
sealed_check(
{lines},
    globals(),
)"""


def unseal(packed: str) -> str:
    """The code of a check out of the text in its cell. Raises ``ValueError`` where the text is no such code."""
    try:
        return zlib.decompress(base64.b85decode(packed)).decode()
    except (ValueError, zlib.error) as error:
        raise ValueError("The text of this check was changed. Take the cell again from the notebook that you were given.") from error


def sealed_check(packed: str, names: dict[str, Any]) -> None:
    """Run the check of a cell that :func:`seal` made, among the names of its notebook; it shows its :class:`Verdict`."""
    exec(compile(unseal(packed), "<the check of this exercise>", "exec"), names)


# ---------------------------------------------------------------------------------------------------------------------
# Reading the exercises of a chapter


@dataclass
class Exercise:
    """An exercise of a chapter: text, the code that the reader completes, its check, its hints and solution."""

    id: str
    title: str
    kind: str
    minutes: int | None
    text: str
    stub: str = ""
    check: str = ""
    hints: list[str] = field(default_factory=list)
    solution: str = ""

    @property
    def solution_code(self) -> str:
        """The ``python`` blocks of the solution, joined: what takes the stub's place."""
        return "\n".join(m[1].rstrip() for m in re.finditer(r"```python\n(.*?)```", self.solution, re.S))


FENCE = re.compile(r"^(?P<fence>:{3,}|`{3,})\{(?P<name>[\w-]+)\}[ \t]*(?P<argument>.*)$")
OPTION = re.compile(r"^:(?P<key>[\w-]+):[ \t]*(?P<value>.*)$")


@dataclass
class Block:
    """A directive in the text of a chapter."""

    name: str
    argument: str
    options: dict[str, str]
    body: str


def blocks(text: str) -> list[Block]:
    """The directives of a markdown text, in order, inner ones after the one that holds them."""
    lines = text.splitlines()
    found: list[Block] = []
    number = 0
    while number < len(lines):
        start = FENCE.match(lines[number])
        number += 1
        if not start:
            continue
        fence = start["fence"]
        end = number
        while end < len(lines) and not re.fullmatch(rf"{re.escape(fence[0])}{{{len(fence)},}}\s*", lines[end]):
            end += 1
        inside, options = lines[number:end], {}
        while inside and (option := OPTION.match(inside[0])):
            options[option["key"]] = option["value"].strip()
            inside = inside[1:]
        body = "\n".join(inside).strip("\n")
        found.append(Block(start["name"], start["argument"].strip(), options, body))
        found += blocks(body)
        number = end + 1
    return found


def exercises(path: str | Path) -> list[Exercise]:
    """The exercises of a chapter (a MyST notebook), in their order.

    A hint belongs to the exercise before it; a solution names its exercise. Raises ``ValueError`` where a stub, a check
    or a solution belongs to no exercise, or two exercises share an id.
    """
    import jupytext

    path = Path(path)
    found: dict[str, Exercise] = {}
    last: Exercise | None = None

    def of(identity: str, what: str) -> Exercise:
        if identity not in found:
            raise ValueError(f"{path.name}: {what} names the exercise {identity!r}, which does not stand before it")
        return found[identity]

    for cell in jupytext.reads(path.read_text(encoding="utf8"), fmt="md:myst").cells:
        if cell.cell_type == "code":
            tags, identity = cell.metadata.get("tags", []), cell.metadata.get("exercise", "")
            if "exercise-stub" in tags:
                of(identity, "a stub").stub = cell.source
            if "exercise-check" in tags:
                of(identity or (last.id if last else ""), "a check").check = cell.source
            continue
        for block in blocks(cell.source):
            if block.name == "exercise":
                identity = block.options.get("id", "")
                if not identity or identity in found:
                    raise ValueError(f"{path.name}: the exercise {block.argument!r} needs an id of its own")
                minutes = block.options.get("minutes", "")
                last = found[identity] = Exercise(
                    identity, block.argument, block.options.get("kind", ""), int(minutes) if minutes.isdigit() else None, block.body
                )
            elif block.name == "hint" and last:
                last.hints.append(block.body)
            elif block.name == "solution":
                of(block.argument, "a solution").solution = block.body
    return list(found.values())
