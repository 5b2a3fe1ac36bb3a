"""Facts of the field: read them, check them, pool them, draw them.

The data lie in ``evidence/`` and ``references.bib``. Their schema (columns, types, vocabularies, which unit belongs to
which quantity) is written once, in ``evidence/datapackage.json``, and everything here reads it from there.

>>> from soluble import evidence
>>> evidence.fact("canopy1-os-hr").text("ci")
'0.87 (95 % CI 0.70–1.10)'
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pandas as pd

__all__ = [
    "EvidenceError",
    "Fact",
    "Problem",
    "disagreements",
    "fact",
    "facts",
    "references",
    "schema",
    "trials",
]

RATIOS = {"hazard ratio", "odds ratio", "risk ratio", "rate ratio"}
TEXT_STYLES = ("value", "number", "interval", "ci", "n", "source", "statement", "full")


# ---------------------------------------------------------------------------------------------------------------------
# Where the data lie


def data_folder() -> Path:
    """The folder that holds ``evidence/`` and ``references.bib``: inside the wheel, or the repository's top."""
    packaged = Path(__file__).parent / "_data"
    return packaged if (packaged / "evidence").is_dir() else Path(__file__).parent.parent


@cache
def schema() -> dict:
    """``evidence/datapackage.json`` as it stands (Frictionless Data Package)."""
    return json.loads((data_folder() / "evidence" / "datapackage.json").read_text(encoding="utf-8"))


def _resource(name: str) -> dict:
    return next(r for r in schema()["resources"] if r["name"] == name)


# ---------------------------------------------------------------------------------------------------------------------
# Errors for the reader


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where it stands, what it is, what would be right."""

    file: str
    row: int | None
    column: str | None
    what: str
    mend: str

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column:
            place += f", column {self.column}"
        return f"{place}: {self.what}. {self.mend}"


class EvidenceError(ValueError):
    """The evidence files hold errors; all of them are listed, each with file, row, column and the mend.

    Rows are counted as an editor counts lines: the header is row 1.
    """

    def __init__(self, problems: Iterable[Problem]):
        self.problems = list(problems)
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the evidence:"
        super().__init__("\n".join([head, *(f"  {p}" for p in self.problems)]))


# ---------------------------------------------------------------------------------------------------------------------
# References


_ENTRY = re.compile(r"@(\w+)\s*\{\s*([^,\s]+)\s*,")
_FIELD = re.compile(r"^\s*(\w+)\s*=\s*\{(.*)\}\s*,?\s*$")
_NEEDED = ("title", "author", "year", "journal")


def references(path: str | Path | None = None) -> dict[str, dict]:
    """Every entry of the bibliography by its key.

    Parameters
    ----------
    path
        A ``.bib`` file with one field a line, ``name = {text},``. Default: the book's ``references.bib``.

    Returns
    -------
    dict
        key -> dict with ``title, authors, author_list, year, journal, volume, pages, doi, pmid, pmcid, url, label``.
        ``authors`` is the line to print, ``label`` is the short form (``Garon et al. 2024``).

    Raises
    ------
    EvidenceError
        When an entry lacks title, author, year, journal, or both DOI and PMID; when a key stands twice; when one paper
        (the same DOI or PMID) stands under two keys.
    """
    path = Path(path) if path else data_folder() / "references.bib"
    return {key: dict(entry) for key, entry in _references(path, path.stat().st_mtime_ns).items()}


@cache
def _references(path: Path, _changed: int) -> dict[str, dict]:
    problems: list[Problem] = []
    entries = _read_bib(path, problems)
    problems += _duplicates(path, entries)
    if problems:
        raise EvidenceError(problems)
    return entries


def _read_bib(path: Path, problems: list[Problem]) -> dict[str, dict]:
    entries: dict[str, dict] = {}
    current: dict | None = None
    for row, line in enumerate(_decode(path, problems).splitlines(), 1):
        text = line.strip()
        if match := _ENTRY.match(text):
            current = {"key": match[2], "kind": match[1].lower(), "row": row}
            if match[2] in entries:
                first = entries[match[2]]["row"]
                problems.append(
                    Problem(path.name, row, None, f"the key {match[2]!r} is already used in row {first}", "Rename one.")
                )
            entries[match[2]] = current
        elif current is not None and (match := _FIELD.match(line)):
            current[match[1].lower()] = _plain(match[2])
        elif text and text != "}" and not text.startswith("%"):
            problems.append(
                Problem(path.name, row, None, f"not understood: {text[:60]!r}", "Write one field a line, name = {text},")
            )
    for entry in entries.values():
        _complete(path, entry, problems)
    return entries


def _plain(text: str) -> str:
    """BibTeX text as a reader sees it: outer braces and the escapes of special characters gone."""
    return re.sub(r"\\([&%#_$])", r"\1", text.replace("{", "").replace("}", "")).strip()


def _complete(path: Path, entry: dict, problems: list[Problem]) -> None:
    def say(column: str, what: str, mend: str) -> None:
        problems.append(Problem(path.name, entry["row"], column, f"{entry['key']}: {what}", mend))

    for column in _NEEDED:
        if not entry.get(column):
            say(column, "is missing", "Complete it from a page that shows it, or leave the source out.")
    if not (entry.get("doi") or entry.get("pmid")):
        say("doi", "has neither DOI nor PMID", "Add the one that a page shows, or leave the source out.")
    if entry.get("doi") and not re.fullmatch(r"10\.\d{4,9}/\S+", entry["doi"]):
        say("doi", f"{entry['doi']!r} is not a DOI", "Write it without a prefix, as 10.1000/xyz.")
    if entry.get("pmid") and not re.fullmatch(r"\d{4,9}", entry["pmid"]):
        say("pmid", f"{entry['pmid']!r} is not a PMID", "Write its digits only.")
    if entry.get("year") and not re.fullmatch(r"(19|20)\d\d", entry["year"]):
        say("year", f"{entry['year']!r} is not a year", "Write four digits.")
    names = [n.strip() for n in entry.get("author", "").split(" and ") if n.strip()]
    entry["pages"] = entry.get("pages", "").replace("--", "–")
    listed = [_printed_name(n) for n in names if n != "others"]
    more = "others" in names
    entry["author_list"] = listed
    entry["authors"] = ", ".join(listed) + (", et al." if more else "")
    entry["label"] = f"{_short(names, more)} {entry.get('year', '')}".strip()
    for column in ("doi", "pmid", "pmcid", "volume", "url"):
        entry.setdefault(column, "")
    if entry["doi"]:
        entry["url"] = f"https://doi.org/{entry['doi']}"
    elif entry["pmid"]:
        entry["url"] = f"https://pubmed.ncbi.nlm.nih.gov/{entry['pmid']}/"


def _printed_name(name: str) -> str:
    """``Garon, E. B.`` -> ``Garon EB``; a group's name stays."""
    family, _, given = name.partition(",")
    initials = re.sub(r"[^\w-]", "", given)
    return f"{family.strip()} {initials}".strip()


def _short(names: list[str], more: bool) -> str:
    families = [n.partition(",")[0].strip() for n in names if n != "others"]
    if not families:
        return ""
    if len(families) == 1 and not more:
        return families[0]
    if len(families) == 2 and not more:
        return " & ".join(families)
    return f"{families[0]} et al."


def _duplicates(path: Path, entries: dict[str, dict]) -> list[Problem]:
    problems = []
    for column in ("doi", "pmid"):
        seen: dict[str, str] = {}
        for key, entry in entries.items():
            number = entry.get(column, "").lower()
            if number and number in seen:
                what = f"{key} and {seen[number]} are one paper ({column.upper()} {number})"
                problems.append(Problem(path.name, entry["row"], column, what, "Keep one key."))
            seen.setdefault(number, key)
    return problems


def _decode(path: Path, problems: list[Problem]) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        problems.append(
            Problem(path.name, row, None, f"byte 0x{data[error.start]:02x} is not UTF-8", "Save the file as UTF-8.")
        )
        return data.decode("utf-8", errors="replace")


# ---------------------------------------------------------------------------------------------------------------------
# Tables


def facts(path: str | Path | None = None) -> pd.DataFrame:
    """Every fact, validated, indexed by its id.

    Parameters
    ----------
    path
        A CSV file with the columns of the schema. Default: ``evidence/facts.csv``.

    Returns
    -------
    DataFrame
        ``value``, ``ci_low`` and ``ci_high`` are floats in the row's ``unit`` (empty unit: dimensionless), ``n`` is a
        nullable integer, all other columns are text; an empty cell is an empty string.

    Raises
    ------
    EvidenceError
        Lists every error of the file with row, column and the mend.
    """
    path = Path(path) if path else data_folder() / "evidence" / "facts.csv"
    return _facts(path, path.stat().st_mtime_ns)[0].copy()


@cache
def _facts(path: Path, _changed: int) -> tuple[pd.DataFrame, dict[str, dict[str, str]]]:
    rows = _read_table(path, "facts", _check_fact)
    return _typed(rows, "facts"), {row["id"]: row for row in rows}


def trials(path: str | Path | None = None) -> pd.DataFrame:
    """Trials of drugs that target the network, indexed by id.

    The column ``result`` puts the trial's facts behind its words: numbers are stated once, in ``facts.csv``.
    Raises :class:`EvidenceError` as :func:`facts` does.
    """
    path = Path(path) if path else data_folder() / "evidence" / "trials.csv"
    table = _typed(_read_table(path, "trials", _check_trial), "trials")
    numbers = [" · ".join(fact(i).text("headline") for i in _ids(cell)) for cell in table["facts"]]
    words = table["result"]
    table["result"] = [f"{w} {f}".strip() if w and f else w or f for w, f in zip(words, numbers, strict=True)]
    return table


def _ids(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def _read_table(path: Path, name: str, check_row) -> list[dict[str, str]]:
    """The rows of a CSV as text, each validated against the schema; raises with all problems at once."""
    problems: list[Problem] = []
    columns = {f["name"]: f for f in _resource(name)["schema"]["fields"]}
    reader = csv.reader(io.StringIO(_decode(path, problems), newline=""), strict=True)
    rows: list[dict[str, str]] = []
    try:
        header = next(reader, [])
        _check_header(path, header, columns, problems)
        for cells in reader:
            line = reader.line_num
            if not any(cells):
                continue
            if len(cells) != len(header):
                what = f"{len(cells)} cells where the header has {len(header)}"
                problems.append(Problem(path.name, line, None, what, "Quote cells that hold a comma or a line break."))
                continue
            row = dict(zip(header, (c.strip() for c in cells), strict=True))
            row["_row"] = str(line)
            rows.append(row)
    except csv.Error as error:
        problems.append(Problem(path.name, reader.line_num, None, f"not readable as CSV: {error}", "Close the quote."))
    seen: dict[str, int] = {}
    for row in rows:
        line = int(row["_row"])
        for column, rule in columns.items():
            if column in row:
                problems += _check_cell(path, line, column, row[column], rule)
        identity = row.get("id", "")
        if identity and identity in seen:
            what = f"the id {identity!r} is already used in row {seen[identity]}"
            problems.append(Problem(path.name, line, "id", what, "Give each row its own id."))
        seen.setdefault(identity, line)
        problems += check_row(path, line, row)
    if problems:
        raise EvidenceError(sorted(problems, key=lambda p: p.row or 0))
    return rows


def _check_header(path: Path, header: list[str], columns: dict[str, dict], problems: list[Problem]) -> None:
    for column in columns:
        if column not in header:
            problems.append(Problem(path.name, 1, column, "the column is missing", "Add it to the header, even if empty."))
    for column in header:
        if column not in columns:
            problems.append(Problem(path.name, 1, column, "the column is unknown", f"Known: {', '.join(columns)}."))


def _check_cell(path: Path, row: int, column: str, text: str, rule: dict) -> list[Problem]:
    limits = rule.get("constraints", {})

    def problem(what: str, mend: str) -> list[Problem]:
        return [Problem(path.name, row, column, what, mend)]

    if not text:
        return problem("is empty", rule.get("description", "Fill it in.")) if limits.get("required") else []
    if rule["type"] in ("number", "integer") and _number(text, rule["type"]) is None:
        kind = "a whole number" if rule["type"] == "integer" else "a number"
        return problem(f"{text!r} is not {kind}", "Write digits with a decimal point, and the unit in its own column.")
    if "enum" in limits and text not in limits["enum"]:
        return problem(f"{text!r} is not in the vocabulary", f"Use one of: {', '.join(limits['enum'])}.")
    if "pattern" in limits and not re.fullmatch(limits["pattern"], text):
        return problem(f"{text!r} has not the form of this column", rule.get("description", limits["pattern"]))
    return []


def _number(text: str, kind: str = "number") -> float | int | None:
    pattern = r"\d+" if kind == "integer" else r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"
    if not re.fullmatch(pattern, text):
        return None
    return int(text) if kind == "integer" else float(text)


def _check_source(path: Path, line: int, row: dict) -> list[Problem]:
    key = row.get("source", "")
    if key and key not in references():
        return [Problem(path.name, line, "source", f"{key!r} is not in references.bib", "Add the complete source first.")]
    return []


def _check_fact(path: Path, line: int, row: dict) -> list[Problem]:
    problems = _check_source(path, line, row)

    def say(column: str, what: str, mend: str) -> None:
        problems.append(Problem(path.name, line, column, what, mend))

    quantity, unit = row.get("quantity", ""), row.get("unit", "")
    units = _resource("facts")["quantities"].get(quantity)
    if units is not None and unit not in units:
        allowed = ", ".join(u or "(empty)" for u in units)
        say("unit", f"{unit!r} is no unit of a {quantity}", f"Use one of: {allowed}.")
    value, low, high = (_number(row.get(c, "")) for c in ("value", "ci_low", "ci_high"))
    if quantity == "finding" and value is not None:
        say("value", "a finding in words has no value", "Name the quantity, or empty the cell.")
    if quantity and quantity != "finding" and not row.get("value") and not row.get("ci_low"):
        say("value", "is empty", "Give the value, or call the quantity a finding.")
    if bool(row.get("ci_low")) != bool(row.get("ci_high")):
        say("ci_low", "only one end of the interval is given", "Give both ends or none.")
    if (row.get("ci_low") or row.get("ci_high")) and not row.get("interval_kind"):
        say("interval_kind", "is empty although an interval is given", "Say what it is: 95% CI, IQR, range, SD ...")
    if low is not None and high is not None:
        if low > high:
            say("ci_low", f"the interval is upside down ({low:g} > {high:g})", "Swap the ends.")
        elif value is not None and not low <= value <= high and not row.get("flag"):
            what = f"the interval {low:g} to {high:g} does not hold its estimate {value:g}"
            say("value", what, "Correct it from the source, or give the reason in the column flag.")
    if quantity in RATIOS and any(x is not None and x <= 0 for x in (value, low, high)):
        say("value", f"a {quantity} is above zero", "Correct it from the source, or change the quantity.")
    return problems


def _check_trial(path: Path, line: int, row: dict) -> list[Problem]:
    known = _facts_rows()
    problems = _check_source(path, line, row)
    for identity in _ids(row.get("facts", "")):
        if identity not in known:
            what = f"{identity!r} is no fact"
            problems.append(Problem(path.name, line, "facts", what, "Name ids of facts.csv, separated by semicolons."))
    return problems


def _typed(rows: list[dict[str, str]], name: str) -> pd.DataFrame:
    fields = _resource(name)["schema"]["fields"]
    table = pd.DataFrame(rows, columns=[f["name"] for f in fields], dtype=object)
    for rule in fields:
        column = rule["name"]
        if rule["type"] == "number":
            table[column] = [math.nan if not t else float(t) for t in table[column]]
        elif rule["type"] == "integer":
            table[column] = pd.array([pd.NA if not t else int(t) for t in table[column]], dtype="Int64")
    return table.set_index("id")


def _facts_rows() -> dict[str, dict[str, str]]:
    path = data_folder() / "evidence" / "facts.csv"
    return _facts(path, path.stat().st_mtime_ns)[1]


# ---------------------------------------------------------------------------------------------------------------------
# One fact


@dataclass(frozen=True)
class Fact:
    """One published number (or one finding in words) with everything that belongs to it.

    ``value``, ``ci_low`` and ``ci_high`` are floats (``None`` when not given); ``printed`` keeps them as the source
    printed them, so that 0.70 stays 0.70.
    """

    id: str
    source: str
    mediator: str
    topic: str
    statement: str
    quantity: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    interval_kind: str
    unit: str
    n: int | None
    population: str
    stage: str
    treatment: str
    comparison: str
    cutoff: str
    sample: str
    assay: str
    endpoint: str
    adjusted: str
    design: str
    where_seen: str
    checked: str
    flag: str
    printed: dict = field(repr=False, compare=False, default_factory=dict)

    @property
    def reference(self) -> dict:
        """The entry of the bibliography that this fact comes from."""
        return references()[self.source]

    def text(self, style: str = "value") -> str:
        """The fact as it is put into prose.

        Styles
        ------
        value
            The number with its unit: ``0.87``, ``26 days``, ``64 %``; the statement, when there is no number.
        number
            The number alone.
        interval
            ``95 % CI 0.70–1.10``; empty when the source gives none.
        ci
            Value and interval: ``0.87 (95 % CI 0.70–1.10)``.
        n
            ``n = 643``.
        source
            ``Tan et al. 2024``.
        statement
            The finding in words.
        headline
            End point, quantity, value and interval: ``overall survival: hazard ratio 0.87 (95 % CI 0.70–1.10)``.
        full
            Headline, comparison, population, n and source.
        """
        number = self._signed(self.printed.get("value", ""))
        unit = _printed_unit(self.unit, number)
        if style == "number":
            return number
        if style == "value":
            return f"{number} {unit}".strip() if number else self._without_value(unit)
        if style == "interval":
            return self._interval()
        if style == "ci":
            value, interval = self.text("value"), self._interval()
            return f"{value} ({interval})" if number and interval else value
        if style == "n":
            return f"n = {self.n:,}".replace(",", "\u202f") if self.n is not None else ""
        if style == "source":
            return self.reference["label"]
        if style == "statement":
            return self.statement
        if style == "headline":
            if self.quantity == "finding":
                return self.statement
            what = f"{self.endpoint}: {self.quantity}" if self.endpoint else self.quantity
            return f"{what} {self.text('ci')}"
        if style == "full":
            parts = [self.text("headline"), self.comparison, self.population, self.text("n"), self.text("source")]
            return "; ".join(p.rstrip(".") for p in parts if p)
        raise ValueError(f"no style {style!r}; there are {', '.join(TEXT_STYLES)} and headline")

    @staticmethod
    def _signed(number: str) -> str:
        return number.replace("-", "\u2212") if number.startswith("-") else number

    def _interval(self) -> str:
        if self.ci_low is None:
            return ""
        low, high = (self._signed(self.printed[c]) for c in ("ci_low", "ci_high"))
        dash = " to " if "\u2212" in low + high else "–"
        return f"{self.interval_kind.replace('%', ' %')} {low}{dash}{high}"

    def _without_value(self, unit: str) -> str:
        if self.ci_low is None:
            return self.statement
        low, high = (self._signed(self.printed[c]) for c in ("ci_low", "ci_high"))
        return f"{low}–{high} {unit}".strip()


_PLURAL = {"second", "minute", "hour", "day", "week", "month", "year"}


def _printed_unit(unit: str, number: str = "") -> str:
    """The unit as prose has it: ``percent`` -> ``%``, ``1/cell`` -> ``per cell``, ``26 day`` -> ``26 days``."""
    if unit in _PLURAL:
        return unit if number in ("1", "1.0") else f"{unit}s"
    if unit.startswith("1/"):
        return "per " + unit[2:].strip("()").replace("*", " per ")
    return unit.replace("percent", "%").replace("ug", "µg").replace("um", "µm").replace("uM", "µM").replace("**", "^")


def fact(identity: str) -> Fact:
    """The fact with this id. Raises ``KeyError`` with near ids when there is none."""
    rows = _facts_rows()
    if identity not in rows:
        import difflib

        near = difflib.get_close_matches(identity, rows, n=3)
        raise KeyError(f"no fact {identity!r}" + (f"; near: {', '.join(near)}" if near else "") + " (evidence/facts.csv)")
    row = {k: v for k, v in rows[identity].items() if k != "_row"}
    printed = {c: row[c] for c in ("value", "ci_low", "ci_high")}
    typed = {c: _number(row[c]) for c in printed}
    return Fact(**(row | typed | {"n": _number(row["n"], "integer"), "printed": printed}))


# ---------------------------------------------------------------------------------------------------------------------
# Disagreements


def disagreements(path: str | Path | None = None) -> list[dict]:
    """Contradictions of the field: ``id, mediator, claim, side_a, side_b, explanations, would_decide``.

    A side has ``says`` (words) and ``facts`` (ids). Raises :class:`EvidenceError`.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    path = Path(path) if path else data_folder() / "evidence" / "disagreements.yaml"
    problems: list[Problem] = []
    try:
        entries = YAML(typ="rt").load(_decode(path, problems)) or []
    except MarkedYAMLError as error:
        mark = error.problem_mark
        raise EvidenceError([Problem(path.name, mark.line + 1, None, str(error.problem), "Mend the YAML.")]) from None
    needed = ("id", "mediator", "claim", "side_a", "side_b", "explanations", "would_decide")
    seen: set[str] = set()
    for entry in entries:
        line = entry.lc.line + 1
        for column in needed:
            if not entry.get(column):
                problems.append(Problem(path.name, line, column, "is missing", "Every disagreement needs it."))
        if entry.get("id") in seen:
            problems.append(Problem(path.name, line, "id", f"{entry['id']!r} is used twice", "Give each its own id."))
        seen.add(entry.get("id"))
        for side in ("side_a", "side_b"):
            for identity in (entry.get(side) or {}).get("facts", []):
                if identity not in _facts_rows():
                    problems.append(Problem(path.name, line, side, f"{identity!r} is no fact", "Name an id of facts.csv."))
    if problems:
        raise EvidenceError(problems)
    return json.loads(json.dumps(entries))
