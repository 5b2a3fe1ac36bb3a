"""The course kit: for each chapter where students go wrong, what to ask, what to project, and a question bank.

A chapter's part is one file, ``course/notes/NN-name.yaml``, named as the chapter. Its keys:

``chapter, session, prepare``
    ``session: {lecture, explorers, exercises}``: minutes in class, a suggestion; ``prepare``: what students have read or done before.
``notes``
    where students go wrong: ``at`` (an id on the chapter's page), ``wrong`` (what they think or do), ``ask`` (the question to put to
    them), ``listen`` (what a good answer holds). At least three.
``settings``
    what to project: ``explorer`` (its id), ``state`` (its controls by name with their numbers, and ``scenario: id``; what is left
    out stays as the explorer or the scenario begins), ``say`` (what to point at). At least one.
``questions``
    the question bank, beyond the chapter's own quiz, at least five: ``id``, ``kind``, ``difficulty`` (1 recall, 2 apply, 3 judge),
    ``asks``, ``because`` (why, in a sentence or two of the chapter's sense), ``paragraph`` (the id on the chapter's page that answers it), and

    * of ``kind: choice``: ``choices`` (three to five texts) and ``answer``, the place of the right one, counted from 1
    * of ``kind: short``: ``answer``, a model answer
    * of ``kind: number``: ``answer``, ``tolerance`` (absolute), ``computed`` and optionally ``unit``. ``computed`` is a Python expression
      of ``fact("id")``, ``model("id")``, ``math`` and ``np`` that gives the answer; the tests hold the one to the other.

Ids on a page are those of labels ``(so)=``, headings (``the-puzzle``), figures (``:name:``), exercises, and explorers
(``explorer-<id>``). Texts are a line or two of the book's markdown; a published number comes through ``{fact}``. Whatever is wrong
is reported at once by :class:`soluble.model.DeclarationError`, with line and mend. ``python -m soluble.course`` checks every file,
and its settings against the explorers of the built site where there is one.
"""

from __future__ import annotations

import ast
import csv
import json
import math
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from . import evidence
from .model import DeclarationError, Problem, _line, _parse_yaml, _Reader, _shown, did_you_mean
from .notebooks import plain
from .teaching import blocks, exercises

MINUTES = ("lecture", "explorers", "exercises")
KINDS = ("choice", "short", "number")
LETTERS = "ABCDE"
DIFFICULTIES = {1: "recall", 2: "apply", 3: "judge"}
#: How many there are at least, and what a text may be asked for in each section: required keys, optional keys.
FEWEST = {"notes": 3, "settings": 1, "questions": 5}
_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "guide": (("chapter", "session", "prepare", "notes", "settings", "questions"), ()),
    "session": (MINUTES, ()),
    "note": (("at", "wrong", "ask", "listen"), ()),
    "setting": (("explorer", "state", "say"), ()),
    "syllabus": (("id", "title", "says", "units"), ()),
    "unit": (("title", "chapters", "objectives"), ("homework", "also")),
}
_ASKED = ("id", "kind", "difficulty", "asks", "answer", "because", "paragraph")
_QUESTION = {"choice": ((*_ASKED, "choices"), ()), "short": (_ASKED, ()), "number": ((*_ASKED, "tolerance", "computed"), ("unit",))}
LABEL = re.compile(r"^\(([\w-]+)\)=\s*$", re.M)
HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.M)
FACT = re.compile(r"\{fact\}`([^`]+)`")
ROLE = re.compile(r"\{([\w:]+)\}`")
TIME = re.compile(r"^\*Time:\* (?P<read>\d+) minutes to read, (?P<explore>\d+) to explore, (?P<exercises>\d+) for the exercises\.$", re.M)
#: What a text of the kit may use of the book's roles: those that a notebook and a file of questions can show as words.
ROLES = ("fact", "trial", "disagree", "term", "cite:p", "cite:t", "ref")


@dataclass(frozen=True)
class Note:
    """Where students go wrong, and what helps."""

    at: str
    wrong: str
    ask: str
    listen: str


@dataclass(frozen=True)
class Setting:
    """A state of an explorer that is worth projecting."""

    explorer: str
    state: Mapping[str, float | str]
    say: str

    @property
    def hash(self) -> str:
        """The part of an address that opens it, as ``src/hash.js`` reads it."""
        if not self.state:
            return f"explorer-{self.explorer}"
        pairs = (f"{_encoded(name)}={_encoded(_digits(value))}" for name, value in self.state.items())
        return f"{_encoded(self.explorer)}:{'&'.join(pairs)}"


@dataclass(frozen=True)
class Question:
    """A question of the bank. ``answer`` is a text, of ``kind`` number a number; ``choices`` are empty but for ``choice``."""

    id: str
    kind: str
    difficulty: int
    asks: str
    answer: str | float
    because: str
    paragraph: str
    choices: tuple[str, ...] = ()
    tolerance: float = 0.0
    unit: str = ""
    computed: str = ""


@dataclass(frozen=True)
class Guide:
    """What the kit says of one chapter."""

    chapter: str
    session: Mapping[str, int]
    prepare: str
    notes: tuple[Note, ...]
    settings: tuple[Setting, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Unit:
    """A week or a session of a syllabus. ``homework`` holds the ids of exercises; ``also`` says what else happens."""

    title: str
    chapters: tuple[str, ...]
    objectives: tuple[str, ...]
    homework: tuple[str, ...]
    also: str


@dataclass(frozen=True)
class Syllabus:
    """A course in units."""

    id: str
    title: str
    says: str
    units: tuple[Unit, ...]


def _encoded(text: str) -> str:
    return quote(text, safe="-_.!~*'()")


def _digits(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.9g}"


# ---------------------------------------------------------------------------------------------------------------------
# What a chapter's page holds


def title(chapter: Path) -> str:
    """The number of a chapter and the first words of its title: ``4 · IL-8``."""
    words = re.search(r"^# (.+)$", chapter.read_text(encoding="utf8"), re.M)[1]
    return f"{int(chapter.stem[:2])} · {words.partition(':')[0]}"


def stated_minutes(chapter: Path) -> dict[str, int]:
    """What the chapter says it takes: minutes to ``read``, to ``explore``, for the ``exercises``. Raises ``ValueError`` where it says nothing."""
    found = TIME.search(chapter.read_text(encoding="utf8"))
    if not found:
        raise ValueError(f"{chapter.name} states no time; write '*Time:* 25 minutes to read, 15 to explore, 45 for the exercises.'")
    return {part: int(count) for part, count in found.groupdict().items()}


def explorers(chapter: Path) -> dict[str, str]:
    """The ids of a chapter's explorers with their titles, in order."""
    found = {}
    for block in re.findall(r"^```\{code-cell\}[^\n]*\n(.*?)^```", chapter.read_text(encoding="utf8"), re.M | re.S):
        code = re.sub(r"\A(?:---\n.*?\n---\n|(?::[\w-]+:[^\n]*\n)+)", "", block, flags=re.S)
        calls = (n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Call) and ast.unparse(n.func).startswith("soluble.explore"))
        given = ({k.arg: k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)} for call in calls)
        found |= {each["id"]: each.get("title", each["id"]) for each in given if "id" in each}
    return found


def anchors(chapter: Path) -> list[str]:
    """The ids on a chapter's page that a note or a question may name."""
    from docutils.nodes import make_id

    text = chapter.read_text(encoding="utf8")
    prose = re.sub(r"^```\{code-cell\}.*?^```", "", text, flags=re.M | re.S)
    directives = blocks(text)
    found = [*LABEL.findall(prose), *(make_id(heading) for heading in HEADING.findall(prose))]
    found += [block.options["name"] for block in directives if block.options.get("name")]
    found += [block.options["id"] for block in directives if block.name == "exercise" and block.options.get("id")]
    return [*dict.fromkeys(found), *(f"explorer-{name}" for name in explorers(chapter))]


# ---------------------------------------------------------------------------------------------------------------------
# Reading


def notes_folder(chapters: Path) -> Path:
    """Where the kit's files lie, beside the folder of the chapters."""
    return chapters.parent / "course" / "notes"


def guides(chapters: Path) -> dict[str, Guide]:
    """Chapter -> what the kit says of it, in the order of the chapters; those without a file are left out.

    Raises :class:`soluble.model.DeclarationError` for a file that is not valid, and where two questions share an id.
    """
    found: dict[str, Guide] = {}
    home: dict[str, str] = {}
    for path in sorted(notes_folder(chapters).glob("*.yaml")):
        found[path.stem] = guide = load_guide(path, chapters)
        for question in guide.questions:
            if question.id in home:
                problem = Problem(None, f"the question {question.id!r} stands in {home[question.id]} already", "give each question an id of its own")
                raise DeclarationError(_shown(path), [problem])
            home[question.id] = path.name
    return found


def guide_of(chapter: Path) -> Guide | None:
    """What the kit says of one chapter; None where it has no file. Raises :class:`soluble.model.DeclarationError`."""
    path = notes_folder(chapter.parent) / f"{chapter.stem}.yaml"
    return load_guide(path, chapter.parent) if path.is_file() else None


def load_guide(path: Path, chapters: Path) -> Guide:
    """Read one file; ``chapters`` is the folder of the chapters. Raises :class:`soluble.model.DeclarationError`."""
    file = _shown(path)
    chapter = chapters / f"{path.stem}.md"
    if not chapter.is_file():
        known = [p.stem for p in sorted(chapters.glob("[0-9][0-9]-*.md"))]
        raise DeclarationError(file, [Problem(1, f"there is no chapter {path.stem!r}{did_you_mean(path.stem, known)}", "name the file as its chapter")])
    return _GuideReader(file, chapter).read(path.read_text(encoding="utf8"))


class _GuideReader(_Reader):
    """Reads a file of the kit, and collects what is wrong in it."""

    def __init__(self, file: str, chapter: Path) -> None:
        super().__init__(file)
        self.chapter = chapter
        self.anchors, self.explorers = anchors(chapter), explorers(chapter)

    def read(self, text: str) -> Guide:
        data = _parse_yaml(text, self.file)
        self.known_keys(data, *_KEYS["guide"], "the file", 1)
        if data.get("chapter") != self.chapter.stem:
            self.problem(_line(data, "chapter"), f"`chapter` is `{data.get('chapter')}`", f"write `chapter: {self.chapter.stem}`, as the file is called")
        guide = Guide(
            chapter=self.chapter.stem,
            session=self.session(data),
            prepare=self.words(data, "prepare"),
            notes=tuple(self.each(data, "notes", self.note)),
            settings=tuple(self.each(data, "settings", self.setting)),
            questions=tuple(self.each(data, "questions", self.question)),
        )
        ids = [q.id for q in guide.questions]
        for twice in sorted({i for i in ids if ids.count(i) > 1}):
            self.problem(_line(data, "questions"), f"the question {twice!r} stands twice", "give each question an id of its own")
        self.finish()
        return guide

    def session(self, data: Any) -> dict[str, int]:
        node = self.section(data, "session", dict)
        if not node or not self.known_keys(node, *_KEYS["session"], "`session`", _line(data, "session")):
            return dict.fromkeys(MINUTES, 0)
        minutes = {part: self.number(node, part, "`session`") for part in MINUTES}
        for part, count in minutes.items():
            if not (count.is_integer() and count >= 0) and not math.isnan(count):
                self.problem(_line(node, part), f"`{part}` is {count:g} minutes", "write whole minutes")
        return {part: 0 if math.isnan(count) else int(count) for part, count in minutes.items()}

    def each(self, data: Any, key: str, read: Any) -> Iterator[Any]:
        """What ``read`` makes of each entry of a list; entries that are not whole are reported and left out."""
        entries = self.section(data, key, list)
        if data.get(key) is not None and len(entries) < FEWEST[key]:
            self.problem(_line(data, key), f"`{key}` has {len(entries)} of the {FEWEST[key]} that a chapter needs at least", "add what is missing")
        for number, entry in enumerate(entries):
            line = _line(entries, number)
            if (made := read(entry, f"{key[:-1]} {number + 1}", line)) is not None:
                yield made

    def note(self, node: Any, where: str, line: int | None) -> Note | None:
        if not self.known_keys(node, *_KEYS["note"], where, line):
            return None
        return Note(self.anchor(node, "at"), *(self.words(node, key) for key in ("wrong", "ask", "listen")))

    def setting(self, node: Any, where: str, line: int | None) -> Setting | None:
        if not self.known_keys(node, *_KEYS["setting"], where, line):
            return None
        state = self.section(node, "state", dict)
        for name, value in state.items():
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                self.problem(_line(state, name), f"`{name}` of {where} is `{value}`", "write a number, or the word that the explorer offers")
        return Setting(self.choice(node, "explorer", list(self.explorers)), dict(state), self.words(node, "say"))

    def question(self, node: Any, where: str, line: int | None) -> Question | None:
        kind = node.get("kind") if isinstance(node, Mapping) else None
        if kind not in KINDS:
            self.problem(line, f"{where} has the kind `{kind}`", f"write `kind:` and one of: {', '.join(KINDS)}")
            return None
        identity = str(node.get("id", ""))
        where = f"question `{identity}`"
        if not self.known_keys(node, *_QUESTION[kind], where, line):
            return None
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", identity):
            self.problem(line, f"the id of {where} has other letters", "use lower-case letters, digits and dashes")
        if node["difficulty"] not in DIFFICULTIES:
            meanings = ", ".join(f"{number} ({word})" for number, word in DIFFICULTIES.items())
            self.problem(_line(node, "difficulty"), f"`difficulty` of {where} is `{node['difficulty']}`", f"use one of: {meanings}")
        more = {"choice": self.chosen, "short": self.written, "number": self.computed}[kind](node, where)
        return Question(identity, kind, node["difficulty"], self.words(node, "asks"), because=self.words(node, "because"), paragraph=self.anchor(node, "paragraph"), **more)

    def chosen(self, node: Any, where: str) -> dict[str, Any]:
        choices = tuple(self.marked_up(text, _line(node, "choices")) for text in self.texts(node, "choices"))
        if not 3 <= len(choices) <= 5 or len(set(choices)) < len(choices):
            self.problem(_line(node, "choices"), f"{where} has {len(set(choices))} different choices", "write three to five, each another")
        answer = node["answer"]
        if isinstance(answer, bool) or not isinstance(answer, int) or not 1 <= answer <= len(choices):
            self.problem(_line(node, "answer"), f"`answer` of {where} is `{answer}`", f"write the place of the right choice, from 1 to {len(choices)}")
            answer = 1
        return {"choices": choices, "answer": choices[answer - 1] if choices else ""}

    def written(self, node: Any, where: str) -> dict[str, Any]:
        return {"answer": self.words(node, "answer")}

    def computed(self, node: Any, where: str) -> dict[str, Any]:
        answer, tolerance = self.number(node, "answer", where), self.number(node, "tolerance", where)
        if not tolerance > 0:
            self.problem(_line(node, "tolerance"), f"`tolerance` of {where} is {tolerance:g}", "say how far an answer may be off, in the unit of the answer")
        expression = self.text(node, "computed")
        try:
            ast.parse(expression, mode="eval")
        except SyntaxError as error:
            self.problem(_line(node, "computed"), f"`computed` of {where} is no expression: {error.msg}", 'write one such as `fact("some-id").value / 2`')
        return {"answer": answer, "tolerance": tolerance, "unit": self.text(node, "unit"), "computed": expression}

    def anchor(self, node: Any, key: str) -> str:
        name = self.text(node, key)
        if name not in self.anchors:
            near = did_you_mean(name, self.anchors)
            self.problem(_line(node, key), f"{self.chapter.name} has no place `{name}`{near}", f"name a label, heading, figure, exercise or explorer: {', '.join(self.anchors)}")
        return name

    def words(self, node: Any, key: str) -> str:
        return self.marked_up(self.text(node, key), _line(node, key))

    def marked_up(self, text: str, line: int | None) -> str:
        """The text, when the roles in it can be shown and its facts are there."""
        for role in ROLE.findall(text):
            if role not in ROLES:
                self.problem(line, f"the role `{{{role}}}` has no meaning outside its page", f"use one of: {', '.join(ROLES)}; or words")
        for named in FACT.findall(text):
            identity, _, style = (part.strip() for part in named.partition("|"))
            try:
                shown = evidence.fact(identity).text(style or "value")
            except (KeyError, ValueError) as problem:
                self.problem(line, str(problem.args[0]).rstrip("."), "name an id of evidence/facts.csv, and a style that it has")
                continue
            if not shown:
                self.problem(line, f"the fact {identity!r} has nothing to show as {style or 'value'}", "use another style, such as `|statement`")
        return text


# ---------------------------------------------------------------------------------------------------------------------
# Syllabi


def syllabi(chapters: Path) -> dict[str, Syllabus]:
    """The courses of ``course/syllabi.yaml`` by their ids; raises :class:`soluble.model.DeclarationError`."""
    path = chapters.parent / "course" / "syllabi.yaml"
    return {syllabus.id: syllabus for syllabus in _SyllabusReader(_shown(path), chapters).read(path.read_text(encoding="utf8"))}


class _SyllabusReader(_Reader):
    """Reads ``course/syllabi.yaml``: ``syllabi``, a list of ``id, title, says, units``; a unit has ``title, chapters, objectives`` and
    optionally ``homework`` (ids of exercises of its chapters) and ``also``."""

    def __init__(self, file: str, chapters: Path) -> None:
        super().__init__(file)
        self.exercises = {path.stem: [e.id for e in exercises(path)] for path in sorted(chapters.glob("[0-9][0-9]-*.md"))}

    def read(self, text: str) -> list[Syllabus]:
        data = _parse_yaml(text, self.file)
        found = [self.syllabus(node, _line(data, "syllabi")) for node in self.section(data, "syllabi", list)]
        self.finish()
        return found

    def syllabus(self, node: Any, line: int | None) -> Syllabus | None:
        if not self.known_keys(node, *_KEYS["syllabus"], "a syllabus", line):
            return None
        units = self.section(node, "units", list)
        return Syllabus(*(self.text(node, key) for key in ("id", "title", "says")), tuple(self.unit(unit, _line(units, n)) for n, unit in enumerate(units)))

    def unit(self, node: Any, line: int | None) -> Unit | None:
        if not self.known_keys(node, *_KEYS["unit"], "a unit", line):
            return None
        chapters, homework = self.texts(node, "chapters"), self.texts(node, "homework")
        for name in chapters:
            if name not in self.exercises:
                self.problem(_line(node, "chapters"), f"there is no chapter `{name}`{did_you_mean(name, self.exercises)}", "name chapters as their files")
        known = [identity for name in chapters for identity in self.exercises.get(name, ())]
        for identity in homework:
            if identity not in known:
                self.problem(_line(node, "homework"), f"no chapter of the unit has an exercise `{identity}`{did_you_mean(identity, known)}", f"use one of: {', '.join(known)}")
        return Unit(self.text(node, "title"), chapters, self.texts(node, "objectives"), homework, self.text(node, "also"))


@dataclass(frozen=True)
class Load:
    """Minutes of a unit: in class by :data:`MINUTES`, and at home for reading and homework."""

    in_class: Mapping[str, int]
    reading: int
    homework: int

    @property
    def class_total(self) -> int:
        return sum(self.in_class.values())

    @property
    def home_total(self) -> int:
        return self.reading + self.homework


def load(unit: Unit, chapters: Path, found: Mapping[str, Guide]) -> Load:
    """What a unit takes: sessions as the guides of its chapters suggest, reading and exercises as the chapters state."""
    sessions = [found[name].session for name in unit.chapters if name in found]
    asked = [e for name in unit.chapters for e in exercises(chapters / f"{name}.md") if e.id in unit.homework]
    return Load(
        in_class={part: sum(session[part] for session in sessions) for part in MINUTES},
        reading=sum(stated_minutes(chapters / f"{name}.md")["read"] for name in unit.chapters),
        homework=sum(e.minutes or 0 for e in asked),
    )


# ---------------------------------------------------------------------------------------------------------------------
# The question bank as files


def answer(question: Question) -> str:
    """The right answer as a text of the book's markdown; of a number with its unit and how far an answer may be off."""
    if question.kind != "number":
        return str(question.answer)
    return f"{question.answer:g} {question.unit}".strip() + f" (± {question.tolerance:g})"


def write_questions(folder: Path, chapters: Iterable[Path]) -> Iterator[Path]:
    """Write the questions of these chapters as ``questions.csv`` and, for learning platforms, as Moodle XML; gives each file when it is written."""
    found = {chapter: made for chapter in chapters if (made := guide_of(chapter))}
    if not found:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "questions.csv").open("w", newline="", encoding="utf8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "chapter", "kind", "difficulty", "asks", *(f"choice {letter}" for letter in LETTERS), "answer", "because", "place"])
        writer.writerows(_row(chapter.stem, question) for chapter, made in found.items() for question in made.questions)
    yield folder / "questions.csv"
    (folder / "questions.xml").write_bytes(moodle(found))
    yield folder / "questions.xml"


def _row(chapter: str, question: Question) -> list[str]:
    choices = [plain(choice) for choice in question.choices]
    right = LETTERS[question.choices.index(question.answer)] if choices else plain(answer(question))
    asked = [question.id, chapter, question.kind, str(question.difficulty), plain(question.asks)]
    return [*asked, *choices, *[""] * (len(LETTERS) - len(choices)), right, plain(question.because), f"chapters/{chapter}.html#{question.paragraph}"]


def moodle(found: Mapping[Path, Guide]) -> bytes:
    """The questions as Moodle XML (https://docs.moodle.org/en/Moodle_XML_format), a category a chapter; other platforms read it, too."""
    quiz = ElementTree.Element("quiz")
    for chapter, made in found.items():
        head = ElementTree.SubElement(quiz, "question", type="category")
        _text(head, "category", f"$course$/Soluble Signals/{title(chapter)}", "")
        for question in made.questions:
            quiz.append(_moodle_question(question, chapter.stem))
    ElementTree.indent(quiz)
    return ElementTree.tostring(quiz, encoding="utf-8", xml_declaration=True)


def _moodle_question(question: Question, chapter: str) -> ElementTree.Element:
    node = ElementTree.Element("question", type={"choice": "multichoice", "short": "essay", "number": "numerical"}[question.kind])
    unit = f" (in {question.unit})" if question.unit else ""
    _text(node, "name", question.id, "")
    _text(node, "questiontext", plain(question.asks) + unit)
    _text(node, "generalfeedback", f"{plain(question.because)} (chapters/{chapter}.html#{question.paragraph})")
    ElementTree.SubElement(node, "defaultgrade").text = "1"
    ElementTree.SubElement(node, "idnumber").text = question.id
    if question.kind == "choice":
        for key, value in {"single": "true", "shuffleanswers": "true", "answernumbering": "abc"}.items():
            ElementTree.SubElement(node, key).text = value
        for choice in question.choices:
            _text(node, "answer", plain(choice), fraction="100" if choice == question.answer else "0")
    elif question.kind == "number":
        given = _text(node, "answer", f"{question.answer:.12g}", "", fraction="100")
        ElementTree.SubElement(given, "tolerance").text = f"{question.tolerance:.12g}"
    else:
        for key, value in {"responseformat": "editor", "responserequired": "1", "responsefieldlines": "10", "attachments": "0"}.items():
            ElementTree.SubElement(node, key).text = value
        _text(node, "graderinfo", plain(answer(question)))
        _text(node, "responsetemplate", "")
    tags = ElementTree.SubElement(node, "tags")
    for tag in (chapter, f"difficulty {question.difficulty}: {DIFFICULTIES[question.difficulty]}"):
        _text(tags, "tag", tag, "")
    return node


def _text(parent: ElementTree.Element, name: str, text: str, form: str = "markdown", **attributes: str) -> ElementTree.Element:
    """An element that holds a text, as Moodle has it; ``form`` says how the text is marked up."""
    made = ElementTree.SubElement(parent, name, attributes | ({"format": form} if form else {}))
    ElementTree.SubElement(made, "text").text = text
    return made


# ---------------------------------------------------------------------------------------------------------------------
# Settings against the explorers of a built site


def configuration(site: Path, explorer: str) -> Mapping[str, Any]:
    """What the page of an explorer holds of it, out of a built site. Raises ``FileNotFoundError`` where there is no such page."""
    from bs4 import BeautifulSoup

    page = BeautifulSoup((site / "chapters" / f"explorer-{explorer}.html").read_text(encoding="utf8"), "html.parser")
    return json.loads(page.select_one("script.explorer-config").string)


def misfit(setting: Setting, config: Mapping[str, Any]) -> str:
    """What of a setting its explorer does not have, in words; empty when it fits."""
    controls = {c["name"]: c for c in config.get("controls", [])}
    words: Mapping[str, Collection[str]] = config.get("choices") or {}
    for name, value in setting.state.items():
        if name in words:
            if value != "all" and value not in words[name]:
                return f"`{name}` cannot be `{value}`{did_you_mean(value, words[name])}"
        elif name == "scenario":
            if value not in ("none", *config["scenarios"]):
                return f"there is no scenario `{value}`{did_you_mean(value, config['scenarios'])}; known: {', '.join(config['scenarios'])}"
        elif name not in controls:
            known = [*controls, *words]
            return f"there is no control `{name}`{did_you_mean(name, known)}; known: {', '.join(known)}"
        elif not isinstance(value, int | float) or not controls[name]["min"] <= value <= controls[name]["max"]:
            return f"`{name}` is `{value}`; it goes from {controls[name]['min']:g} to {controls[name]['max']:g}"
    return ""


def misfits(site: Path, found: Mapping[str, Guide]) -> Iterator[str]:
    """Every setting that the built site cannot show, in words."""
    for chapter, guide in found.items():
        for setting in guide.settings:
            try:
                wrong = misfit(setting, configuration(site, setting.explorer))
            except FileNotFoundError:
                wrong = "the site has no page of it"
            if wrong:
                yield f"course/notes/{chapter}.yaml: the setting of `{setting.explorer}`: {wrong}"


def main() -> int:
    """Check every file of the kit; returns the exit status."""
    chapters, site = Path("chapters"), Path("_build/html")
    try:
        found = guides(chapters)
    except DeclarationError as error:
        print(error, file=sys.stderr)
        return 1
    built = {name: guide for name, guide in found.items() if (site / "chapters" / f"{name}.html").is_file()}
    wrong = list(misfits(site, built))
    print("\n".join(wrong) if wrong else f"{len(found)} chapters, {sum(len(g.questions) for g in found.values())} questions; settings checked for {len(built)}.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
