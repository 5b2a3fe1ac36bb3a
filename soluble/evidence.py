"""Facts of the field: read them, check them, pool them, draw them.

The data lie in ``evidence/`` and ``references.bib``. Their schema (columns, types, vocabularies, which unit belongs to
which quantity) is written once, in ``evidence/datapackage.json``, and everything here reads it from there.

>>> from soluble import evidence
>>> evidence.fact("canopy1-os-hr").text("ci")
'0.87 (95 % CI 0.70–1.10)'
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

from .mediators import mediators

__all__ = [
    "EvidenceError",
    "Fact",
    "Pooled",
    "Problem",
    "compare_subgroups",
    "compared",
    "convert",
    "cumulative",
    "disagreement",
    "disagreements",
    "effects",
    "fact",
    "facts",
    "forest",
    "funnel",
    "greek",
    "interval_check",
    "leave_one_out",
    "network",
    "pool",
    "printed_unit",
    "ratio_of_ratios",
    "references",
    "schema",
    "trial",
    "trial_classes",
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

    The column ``result`` puts the trial's facts behind its ``words``: numbers are stated once, in ``facts.csv``.
    Raises :class:`EvidenceError` as :func:`facts` does.
    """
    path = Path(path) if path else data_folder() / "evidence" / "trials.csv"
    facts_file = data_folder() / "evidence" / "facts.csv"
    return _trials(path, path.stat().st_mtime_ns, facts_file.stat().st_mtime_ns).copy()


@cache
def _trials(path: Path, _changed: int, _facts_changed: int) -> pd.DataFrame:
    table = _typed(_read_table(path, "trials", _check_trial), "trials")
    numbers = [" · ".join(fact(i).text("headline") for i in _ids(cell)) for cell in table["facts"]]
    words = table["words"] = table["result"]
    table["result"] = [f"{w} {f}".strip() if w and f else w or f for w, f in zip(words, numbers, strict=True)]
    return table


def trial(identity: str) -> dict:
    """One row of :func:`trials` as a dict with its ``id``, and ``facts`` as a list of ids.

    Raises ``KeyError`` with near ids when there is none.
    """
    table = trials()
    if identity not in table.index:
        raise KeyError(_unknown("trial", identity, table.index, "trials.csv"))
    row = table.loc[identity]
    return {"id": identity} | row.to_dict() | {"facts": _ids(row["facts"])}


#: What a trial's free text names, by the word under which trials are filtered. A partner may be several of these.
PARTNERS = {
    "PD-1/PD-L1 antibody": r"pembrolizumab|nivolumab|atezolizumab|durvalumab|PD-1|PD-L1",
    "chemotherapy": r"chemotherapy|platin|taxel|pemetrexed|gemcitabine|FOLFOX|doublet",
    "kinase inhibitor": r"erlotinib|gefitinib|osimertinib",
    "VEGF antibody": r"bevacizumab|ramucirumab",
    "radiation": r"radiation|radiotherapy",
}
ENDPOINTS = {
    "overall survival": r"overall (?:and progression-free )?survival|^survival",
    "progression-free survival": r"progression-free",
    "disease- or event-free survival": r"disease-free|event-free",
    "response": r"response",
    "safety": r"safety|tolerability",
}


def trial_classes(trial: Mapping[str, Any]) -> dict[str, list[str]]:
    """A row of :func:`trials` by the classes under which it is filtered: ``partner``, ``endpoint``, ``population``.

    A molecule with two targets is its own partner (``one molecule, two targets``); a trial without partner has ``alone``.
    """

    def named(classes: Mapping[str, str], text: str, otherwise: str) -> list[str]:
        return [name for name, pattern in classes.items() if re.search(pattern, text)] or [otherwise]

    partner = named(PARTNERS, trial["partner"], "other") if trial["partner"] else []
    if re.search(r"fused to|PD-1 and VEGF", trial["mechanism"]):
        partner.append("one molecule, two targets")
    population = "other cancer" if re.search(r"not? NSCLC|hardly any NSCLC", trial["setting"]) else "several cancers" if "solid tumours" in trial["setting"] else "NSCLC"
    return {"partner": partner or ["alone"], "endpoint": named(ENDPOINTS, trial["endpoint"], "other"), "population": [population]}


def _unknown(what: str, identity: str, known: Iterable[str], file: str) -> str:
    """That there is no such thing, with the ids that are near."""
    near = difflib.get_close_matches(identity, list(known), n=3, cutoff=0.5)
    return f"no {what} {identity!r}" + (f"; near: {', '.join(near)}" if near else "") + f" (evidence/{file})"


def network(path: str | Path | None = None) -> pd.DataFrame:
    """Who makes which mediator, who hears it, and which mediator calls up another: one row per finding, indexed by id.

    Parameters
    ----------
    path
        A CSV file with the columns of the schema. Default: ``evidence/network.csv``.

    Returns
    -------
    DataFrame
        ``from`` and ``to`` name cells (those of the schema) or mediators (``evidence/mediators.yaml``); two findings on the
        same pair are two rows. All columns are text.

    Raises
    ------
    EvidenceError
        Lists every error of the file with row, column and the mend.
    """
    path = Path(path) if path else data_folder() / "evidence" / "network.csv"
    return _network(path, path.stat().st_mtime_ns).copy()


@cache
def _network(path: Path, _changed: int) -> pd.DataFrame:
    rows = _read_table(path, "network", _check_edge)
    seen: dict[tuple, str] = {}
    twice = []
    for row in rows:
        finding = tuple(row[c] for c in ("from", "to", "effect", "direction", "evidence", "source"))
        if finding in seen:
            what = f"the finding of row {seen[finding]} stands twice"
            twice.append(Problem(path.name, int(row["_row"]), "id", what, "Keep one, or say in what they differ."))
        seen.setdefault(finding, row["_row"])
    if twice:
        raise EvidenceError(twice)
    return _typed(rows, "network")


def compared(path: str | Path | None = None) -> pd.DataFrame:
    """The facts that were drawn at random and compared again with their pages: ``verdict`` and ``found``, indexed by id.

    How they were drawn stands in the schema, under ``drawn``. Raises :class:`EvidenceError` as :func:`facts` does.
    """
    path = Path(path) if path else data_folder() / "evidence" / "compared.csv"
    return _typed(_read_table(path, "compared", _check_compared), "compared")


def greek(name: str) -> str:
    """A mediator's name as the field writes it: ``TGF-beta`` -> ``TGF-β``."""
    return re.sub(r"-?(alpha|beta|gamma)$", lambda m: ("-" if m[0][0] == "-" else "") + {"alpha": "α", "beta": "β", "gamma": "γ"}[m[1]], name)


def _ids(cell: str) -> list[str]:
    """The ids in a cell that lists them with semicolons."""
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


def _check_compared(path: Path, line: int, row: dict) -> list[Problem]:
    problems = []
    if row.get("id") and row["id"] not in _facts_rows():
        problems.append(Problem(path.name, line, "id", f"{row['id']!r} is no fact", "Name an id of facts.csv."))
    if row.get("verdict", "agrees") != "agrees" and not row.get("found"):
        problems.append(Problem(path.name, line, "found", "is empty although not all agreed", "Say what was found."))
    return problems


def _check_edge(path: Path, line: int, row: dict) -> list[Problem]:
    problems = _check_source(path, line, row)

    def say(column: str, what: str, mend: str) -> None:
        problems.append(Problem(path.name, line, column, what, mend))

    resource = _resource("network")
    cells, known = set(resource["cells"]), {m.name for m in mediators()}
    sort = {}
    for column in ("from", "to"):
        name = row.get(column, "")
        sort[column] = "cell" if name in cells else "mediator" if name in known else ""
        if name and not sort[column]:
            near = difflib.get_close_matches(name, [*cells, *known], n=3, cutoff=0.5)
            hint = f"Near: {', '.join(near)}. " if near else ""
            say(column, f"{name!r} is neither a cell nor a mediator", f"{hint}Cells stand in datapackage.json, mediators in mediators.yaml.")
    kind, effect = row.get("kind", ""), row.get("effect", "")
    ends = resource["kinds"].get(kind)
    if ends and all(sort.values()) and [sort["from"], sort["to"]] != ends:
        say("kind", f"{kind!r} goes from a {ends[0]} to a {ends[1]}, not from a {sort['from']} to a {sort['to']}", "Change the kind or the ends.")
    of_kind = {"secretes": "production", "induces": "induction"}
    if kind and effect and (effect in of_kind.values() or kind in of_kind) and of_kind.get(kind) != effect:
        say("effect", f"{effect!r} is no effect of {kind!r}", f"Use {of_kind.get(kind, 'a process, such as angiogenesis')}.")
    identity = row.get("fact", "")
    if identity and identity not in _facts_rows():
        say("fact", f"{identity!r} is no fact", "Name an id of facts.csv, or empty the cell.")
    elif identity and _facts_rows()[identity]["source"] != row.get("source"):
        say("fact", f"{identity!r} comes from {_facts_rows()[identity]['source']}", "Name a fact of the same source.")
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
        unit = printed_unit(self.unit, number)
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
        """The number as prose has it: a true minus, a power of ten, and from five digits on a narrow space before each three."""
        if re.fullmatch(r"-?\d{5,}", number):
            number = f"{int(number):,}".replace(",", "\u202f")
        number, _, power = number.partition("e")
        number = number.replace("-", "\u2212")
        return f"{number} × 10{str(int(power)).translate(_RAISED)}" if power else number

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
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def printed_unit(unit: str, number: str = "") -> str:
    """The unit as prose has it: ``percent`` -> ``%``, ``1/cell`` -> ``per cell``, ``26 day`` -> ``26 days``, ``cm**2`` -> ``cm²``."""
    if unit in _PLURAL:
        return unit if number in ("1", "1.0") else f"{unit}s"
    unit = re.sub(r"\*\*(\d)", lambda m: m[1].translate(_RAISED), unit).replace("1e6*cell", "million cells")
    above, _, below = unit.partition("/(")
    if below or unit.startswith("1/"):
        above, below = (above, below) if below else ("1", unit[2:])
        return f"{'' if above == '1' else above} per {below.strip('()').replace('*', ' per ')}".strip()
    return unit.replace("percent", "%").replace("ug", "µg").replace("um", "µm").replace("uM", "µM")


def fact(identity: str) -> Fact:
    """The fact with this id. Raises ``KeyError`` with near ids when there is none."""
    rows = _facts_rows()
    if identity not in rows:
        raise KeyError(_unknown("fact", identity, rows, "facts.csv"))
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


def disagreement(identity: str) -> dict:
    """The disagreement with this id. Raises ``KeyError`` with near ids when there is none."""
    known = {entry["id"]: entry for entry in disagreements()}
    if identity not in known:
        raise KeyError(_unknown("disagreement", identity, known, "disagreements.yaml"))
    return known[identity]


# ---------------------------------------------------------------------------------------------------------------------
# Effect sizes


def effects(facts: pd.DataFrame | Iterable[str]) -> pd.DataFrame:
    """Facts as effect sizes that can be pooled.

    Ratios are taken to the log scale; the standard error comes from the printed confidence interval, as its width over
    twice the normal quantile of its own level.

    Parameters
    ----------
    facts
        Rows of :func:`facts`, or ids. All must be one quantity, in one unit, and carry a confidence interval.

    Returns
    -------
    DataFrame
        Indexed by fact id: ``label, yi, se, vi, low, high, n``; ``low`` and ``high`` are the printed interval on the
        scale of pooling. ``attrs`` holds ``scale`` (``log`` or ``identity``),
        ``quantity``, ``unit`` and ``endpoint``.

    Raises
    ------
    ValueError
        When the facts are not comparable: different quantities or units, or no confidence interval.
    """
    table = facts if isinstance(facts, pd.DataFrame) else _all_facts().loc[list(facts)]
    for column in ("quantity", "unit"):
        different = sorted(set(table[column]))
        if len(different) != 1:
            raise ValueError(f"these facts cannot be pooled: {column} is {', '.join(different) or 'unknown'}")
    without = [i for i, kind in table["interval_kind"].items() if not re.fullmatch(r"[\d.]+% CI", kind)]
    if without:
        raise ValueError(f"these facts have no confidence interval: {', '.join(without)}")
    z = np.array([stats.norm.ppf(0.5 + float(k.split("%")[0]) / 200) for k in table["interval_kind"]])
    ratio = table["quantity"].iloc[0] in RATIOS
    to_scale = np.log if ratio else np.asarray
    se = (to_scale(table["ci_high"].to_numpy()) - to_scale(table["ci_low"].to_numpy())) / (2 * z)
    known = references()
    out = pd.DataFrame(
        {
            "label": [known[s]["label"] if s in known else s for s in table["source"]],
            "yi": to_scale(table["value"].to_numpy()),
            "se": se,
            "vi": se**2,
            "low": to_scale(table["ci_low"].to_numpy()),
            "high": to_scale(table["ci_high"].to_numpy()),
            "n": table["n"],
        },
        index=table.index,
    )
    endpoints = set(table["endpoint"])
    out.attrs = {
        "scale": "log" if ratio else "identity",
        "quantity": table["quantity"].iloc[0],
        "unit": table["unit"].iloc[0],
        "endpoint": endpoints.pop() if len(endpoints) == 1 else "",
    }
    return out


def _all_facts() -> pd.DataFrame:
    path = data_folder() / "evidence" / "facts.csv"
    return _facts(path, path.stat().st_mtime_ns)[0]


def interval_check(facts: pd.DataFrame | Iterable[str], tolerance: float = 0.03) -> pd.DataFrame:
    """Is a ratio's printed interval symmetric where it should be, on the log scale?

    Parameters
    ----------
    facts
        Rows of :func:`facts`, or ids; rows that are no ratio with an interval are passed over.
    tolerance
        Skew allowed beyond what rounding of the printed numbers can make.

    Returns
    -------
    DataFrame
        ``log_skew`` and ``linear_skew``: 0 when the estimate lies in the middle of the interval on that scale, ±1 at its
        ends. ``verdict``: ``log`` as it should be; ``linear`` when symmetric only on the linear scale; ``odd`` when on
        neither. Nothing is repaired.
    """
    table = facts if isinstance(facts, pd.DataFrame) else _all_facts().loc[list(facts)]
    table = table[table["quantity"].isin(RATIOS) & table[["value", "ci_low", "ci_high"]].notna().all(axis=1)]
    rows = []
    for identity, row in table.iterrows():
        numbers = (row["ci_low"], row["value"], row["ci_high"])
        rounding = 0.5 * 10.0 ** -_decimals(identity, row)
        skews = {name: _skew(scale, *numbers) for name, scale in (("log", math.log), ("linear", float))}
        slack = {name: _slack(scale, numbers, rounding) for name, scale in (("log", math.log), ("linear", float))}
        fitting = [name for name in skews if abs(skews[name]) <= tolerance + slack[name]]
        rows.append((identity, skews["log"], skews["linear"], fitting[0] if fitting else "odd"))
    return pd.DataFrame(rows, columns=["id", "log_skew", "linear_skew", "verdict"]).set_index("id")


def _slack(scale, numbers: tuple[float, float, float], rounding: float) -> float:
    """How far rounding of the three printed numbers can move the skew."""
    middle, steps = _skew(scale, *numbers), (-rounding, rounding)
    return max(
        abs(_skew(scale, max(numbers[0] + a, 1e-9), numbers[1] + b, numbers[2] + c) - middle)
        for a in steps
        for b in steps
        for c in steps
    )


def _skew(scale, low: float, value: float, high: float) -> float:
    low, value, high = scale(low), scale(value), scale(high)
    return float((value - low - (high - value)) / (high - low)) if high > low else 0.0


def _decimals(identity: str, row: pd.Series) -> int:
    """The number of decimals with which a row was printed; two at least, when only floats are known."""
    printed = _facts_rows().get(identity, {})
    texts = [printed.get(c) or f"{row[c]:g}" for c in ("value", "ci_low", "ci_high")]
    return max(0 if printed else 2, *(len(t.partition(".")[2]) for t in texts))


# ---------------------------------------------------------------------------------------------------------------------
# Pooling


METHODS = {
    "fixed": "fixed effect, inverse variance",
    "dl": "random effects, DerSimonian–Laird",
    "pm": "random effects, Paule–Mandel",
    "reml": "random effects, restricted maximum likelihood",
}
INTERVALS = {"wald": "Wald interval (normal)", "hk": "Hartung–Knapp interval (t with k − 1 degrees of freedom)"}


@dataclass(frozen=True)
class Pooled:
    """The result of :func:`pool`; all numbers stand on the scale on which the studies were pooled.

    ``scale`` is ``log`` for ratios; :meth:`shown` then gives the numbers back as ratios. ``i2`` is in percent,
    ``prediction_low`` and ``prediction_high`` bound where the true effect of one further study is expected (``nan`` for
    a fixed effect or fewer than three studies), ``weights`` add up to one.
    """

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    tau2: float
    i2: float
    q: float
    q_p: float
    k: int
    prediction_low: float
    prediction_high: float
    weights: pd.Series = field(repr=False)
    studies: pd.DataFrame = field(repr=False)
    method: str
    ci: str
    level: float
    scale: str
    quantity: str = ""

    def shown(self) -> dict[str, float]:
        """Estimate, confidence and prediction interval on the scale of the publications: ratios as ratios."""
        back = math.exp if self.scale == "log" else float
        names = ("estimate", "ci_low", "ci_high", "prediction_low", "prediction_high")
        return {name: back(getattr(self, name)) for name in names}

    @property
    def title(self) -> str:
        """Method and interval in words."""
        return f"{METHODS[self.method]}; {INTERVALS[self.ci]}"

    def summary(self) -> str:
        """The result as a sentence or two, for captions and screen readers."""
        s, percent = self.shown(), f"{100 * self.level:g} %"
        quantity = self.quantity or "effect"
        text = (
            f"Pooled {quantity} of {self.k} studies {s['estimate']:.2f} "
            f"({percent} CI {s['ci_low']:.2f} to {s['ci_high']:.2f}); {self.title}. "
            f"Heterogeneity: I² {self.i2:.0f} %, τ² {self.tau2:.3f}, Q {self.q:.1f} (p = {self.q_p:.2g})."
        )
        if not math.isnan(self.prediction_low):
            text += f" {percent} prediction interval {s['prediction_low']:.2f} to {s['prediction_high']:.2f}."
        return text


def pool(
    yi,
    vi=None,
    *,
    method: str = "reml",
    ci: str = "hk",
    level: float = 0.95,
    prediction: str = "t",
    labels=None,
    scale: str | None = None,
) -> Pooled:
    """Pool effect sizes.

    Parameters
    ----------
    yi
        Effects on the scale of pooling (log for ratios) with their variances ``vi``; or a DataFrame of :func:`facts`,
        a list of fact ids, or a DataFrame of :func:`effects`.
    method
        ``fixed``, ``dl``, ``pm`` or ``reml``.
    ci
        ``wald`` or ``hk``.
    level
        Of confidence and prediction interval.
    prediction
        ``t``: t with k − 2 degrees of freedom (Higgins, Thompson and Spiegelhalter); ``z``: normal.
    labels, scale
        Names of the studies, and ``log`` or ``identity``; taken from the facts when facts are given.

    Returns
    -------
    Pooled

    Raises
    ------
    ValueError
        For an unknown method, fewer than two studies, a variance that is not positive, or facts that are not comparable.

    Notes
    -----
    τ² is truncated at zero. Paule–Mandel and REML solve their equations to machine precision; the tests hold all
    methods against statsmodels, whose own Paule–Mandel stops at 1e-5 and can return zero when asked for more.
    I² is τ² over τ² plus the typical within-study variance (Higgins and Thompson 2002), which for DerSimonian–Laird is
    the same as from Q; for a fixed effect it is taken from Q.
    """
    studies = _studies(yi, vi, labels, scale)
    if method not in METHODS:
        raise ValueError(f"no method {method!r}; there are {', '.join(METHODS)}")
    if ci not in INTERVALS:
        raise ValueError(f"no interval {ci!r}; there are {', '.join(INTERVALS)}")
    y, v = studies["yi"].to_numpy(float), studies["vi"].to_numpy(float)
    k = len(y)
    q = _q(y, v)
    tau2 = _tau2(y, v, method)
    w = 1 / (v + tau2)
    estimate, se = float(w @ y / w.sum()), float(w.sum() ** -0.5)
    quantile = stats.norm.ppf(0.5 + level / 2)
    if ci == "hk":
        se = math.sqrt(float(w @ (y - estimate) ** 2) / ((k - 1) * w.sum()))
        quantile = stats.t.ppf(0.5 + level / 2, k - 1)
    low, high = _prediction(estimate, se, tau2, k, level, prediction) if method != "fixed" else (math.nan, math.nan)
    return Pooled(
        estimate=estimate,
        se=se,
        ci_low=float(estimate - quantile * se),
        ci_high=float(estimate + quantile * se),
        tau2=tau2,
        i2=_i2(v, tau2, q, method),
        q=q,
        q_p=float(stats.chi2.sf(q, k - 1)),
        k=k,
        prediction_low=low,
        prediction_high=high,
        weights=pd.Series(w / w.sum(), index=studies.index, name="weight"),
        studies=studies,
        method=method,
        ci=ci,
        level=level,
        scale=studies.attrs["scale"],
        quantity=studies.attrs.get("quantity", ""),
    )


def _studies(yi, vi, labels, scale) -> pd.DataFrame:
    if isinstance(yi, pd.DataFrame) and "yi" in yi:
        studies = yi.copy()
    elif isinstance(yi, pd.DataFrame) or (vi is None and all(isinstance(i, str) for i in yi)):
        studies = effects(yi)
    else:
        if vi is None:
            raise ValueError("give the variances vi with the effects yi")
        y, v = np.asarray(yi, float), np.asarray(vi, float)
        if y.shape != v.shape or y.ndim != 1:
            raise ValueError(f"yi and vi must be two lists of one length, not {y.shape} and {v.shape}")
        studies = pd.DataFrame({"yi": y, "vi": v, "se": np.sqrt(v)})
    if labels is not None:
        studies["label"] = list(labels)
    elif "label" not in studies:
        studies["label"] = [f"study {i}" for i in range(1, len(studies) + 1)]
    studies.attrs.setdefault("scale", "identity")
    if scale is not None:
        studies.attrs["scale"] = scale
    if len(studies) < 2:
        raise ValueError("pooling needs at least two studies")
    if not (np.isfinite(studies["yi"]) & np.isfinite(studies["vi"]) & (studies["vi"] > 0)).all():
        raise ValueError("every study needs a finite effect and a variance above zero")
    return studies


def _q(y: np.ndarray, v: np.ndarray) -> float:
    w = 1 / v
    return float(w @ (y - w @ y / w.sum()) ** 2)


def _tau2(y: np.ndarray, v: np.ndarray, method: str) -> float:
    return {"fixed": lambda *_: 0.0, "dl": _tau2_dl, "pm": _tau2_pm, "reml": _tau2_reml}[method](y, v)


def _tau2_dl(y: np.ndarray, v: np.ndarray) -> float:
    w = 1 / v
    return max(0.0, float((_q(y, v) - (len(y) - 1)) / (w.sum() - (w**2).sum() / w.sum())))


def _tau2_pm(y: np.ndarray, v: np.ndarray) -> float:
    """The τ² at which Q, weighted with it, equals its expectation k − 1; Q falls steadily with τ²."""

    def excess(tau2: float) -> float:
        return _q(y, v + tau2) - (len(y) - 1)

    if excess(0.0) <= 0:
        return 0.0
    top = float(np.var(y, ddof=1)) + v.max()
    while excess(top) > 0:
        top *= 2
    return float(optimize.brentq(excess, 0.0, top, xtol=1e-14, rtol=1e-13))


def _tau2_reml(y: np.ndarray, v: np.ndarray) -> float:
    """The τ² that maximises the restricted likelihood (Viechtbauer 2005), zero when the maximum lies there.

    The likelihood can have more than one maximum, so a coarse search brackets the highest before the score is solved.
    """

    def restricted(tau2: float) -> float:
        w = 1 / (v + tau2)
        return 0.5 * (np.log(w).sum() - math.log(w.sum()) - w @ (y - w @ y / w.sum()) ** 2)

    def score(tau2: float) -> float:
        w = 1 / (v + tau2)
        residual = y - w @ y / w.sum()
        return 0.5 * float(w**2 @ residual**2 - w.sum() + (w**2).sum() / w.sum())

    top = 10 * (np.var(y, ddof=1) + v.max())
    grid = np.concatenate([[0.0], np.geomspace(1e-6 * v.min(), top, 200)])
    best = int(np.argmax([restricted(t) for t in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    if score(low) <= 0:
        return 0.0
    return float(optimize.brentq(score, low, high, xtol=1e-14, rtol=1e-13))


def _i2(v: np.ndarray, tau2: float, q: float, method: str) -> float:
    k, w = len(v), 1 / v
    if method == "fixed":
        return 100 * max(0.0, (q - (k - 1)) / q) if q > 0 else 0.0
    typical = (k - 1) * w.sum() / (w.sum() ** 2 - (w**2).sum())
    return float(100 * tau2 / (tau2 + typical))


def _prediction(estimate: float, se: float, tau2: float, k: int, level: float, kind: str) -> tuple[float, float]:
    if kind not in ("t", "z"):
        raise ValueError(f"no prediction interval {kind!r}; there are t and z")
    if k < 3:
        return math.nan, math.nan
    quantile = stats.t.ppf(0.5 + level / 2, k - 2) if kind == "t" else stats.norm.ppf(0.5 + level / 2)
    half = quantile * math.sqrt(tau2 + se**2)
    return float(estimate - half), float(estimate + half)


def _row(result: Pooled, **extra) -> dict:
    return extra | result.shown() | {"i2": result.i2, "tau2": result.tau2, "k": result.k}


def leave_one_out(yi, vi=None, **options) -> pd.DataFrame:
    """:func:`pool` again and again, each time without one study; one row a study left out, on the shown scale."""
    studies = _studies(yi, vi, options.pop("labels", None), options.pop("scale", None))
    rows = [_row(pool(_without(studies, i), **options), without=studies.loc[i, "label"]) for i in studies.index]
    return pd.DataFrame(rows, index=studies.index)


def _without(studies: pd.DataFrame, identity) -> pd.DataFrame:
    rest = studies.drop(index=identity)
    rest.attrs = dict(studies.attrs)
    return rest


def cumulative(yi, vi=None, *, order=None, **options) -> pd.DataFrame:
    """:func:`pool` of the first study, the first two, ... in the given order (any sortable list, years for instance).

    The first row is the first study alone, with its own interval.
    """
    studies = _studies(yi, vi, options.pop("labels", None), options.pop("scale", None))
    if order is not None:
        studies = studies.iloc[np.argsort(np.asarray(order), kind="stable")]
    rows = []
    for count in range(1, len(studies) + 1):
        part = studies.iloc[:count]
        part.attrs = dict(studies.attrs)
        result = pool(part, **options) if count > 1 else _single(part, options.get("level", 0.95))
        rows.append(_row(result, added=part["label"].iloc[-1]))
    return pd.DataFrame(rows, index=studies.index)


def _single(study: pd.DataFrame, level: float) -> Pooled:
    y, se = float(study["yi"].iloc[0]), float(study["vi"].iloc[0]) ** 0.5
    half = stats.norm.ppf(0.5 + level / 2) * se
    nan, one = math.nan, pd.Series([1.0], index=study.index)
    return Pooled(
        y, se, y - half, y + half, 0.0, 0.0, 0.0, 1.0, 1, nan, nan, one, study, "fixed", "wald", level, study.attrs["scale"]
    )


def compare_subgroups(yi, vi=None, *, groups, **options) -> dict:
    """Pool each subgroup and test whether they differ.

    Parameters
    ----------
    groups
        One label a study.

    Returns
    -------
    dict
        ``groups`` (label -> :class:`Pooled`), ``q`` (between groups), ``df``, ``p``.
    """
    studies = _studies(yi, vi, options.pop("labels", None), options.pop("scale", None))
    groups = pd.Series(list(groups), index=studies.index)
    results = {}
    for name in dict.fromkeys(groups):
        part = studies[groups == name]
        part.attrs = dict(studies.attrs)
        results[name] = pool(part, **options) if len(part) > 1 else _single(part, options.get("level", 0.95))
    q = _q(np.array([r.estimate for r in results.values()]), np.array([r.se**2 for r in results.values()]))
    df = len(results) - 1
    return {"groups": results, "q": q, "df": df, "p": float(stats.chi2.sf(q, df)) if df else math.nan}


def ratio_of_ratios(a: str | Fact, b: str | Fact, level: float = 0.95) -> dict[str, float]:
    """Ratio of two independent ratios, a over b: the test for a difference between arms or subgroups.

    A marker is *predictive* when its hazard ratio differs between treatments, not when it is large in one of them
    (Altman and Bland 2003). Both facts must be ratios of one kind with confidence intervals.

    Returns
    -------
    dict
        ``estimate, ci_low, ci_high, z, p``.
    """
    both = effects([f.id if isinstance(f, Fact) else f for f in (a, b)])
    if both.attrs["scale"] != "log":
        raise ValueError(f"{both.attrs['quantity']} is not a ratio")
    difference = float(both["yi"].iloc[0] - both["yi"].iloc[1])
    se = float(both["vi"].sum() ** 0.5)
    half = stats.norm.ppf(0.5 + level / 2) * se
    z = difference / se
    low, high = math.exp(difference - half), math.exp(difference + half)
    return {"estimate": math.exp(difference), "ci_low": low, "ci_high": high, "z": z, "p": float(2 * stats.norm.sf(abs(z)))}


# ---------------------------------------------------------------------------------------------------------------------
# Units


_MASS = {"pg/mL": 1e-9, "ng/L": 1e-9, "ng/mL": 1e-6, "ug/L": 1e-6, "ug/mL": 1e-3, "mg/L": 1e-3, "mg/dL": 1e-2, "mg/mL": 1.0}
_MOLAR = {"pM": 1e-12, "nM": 1e-9, "uM": 1e-6}


def convert(value: float, unit: str, to: str, molecular_weight: float | None = None) -> float:
    """A concentration in another unit.

    Parameters
    ----------
    value, unit, to
        ``pg/mL, ng/L, ng/mL, ug/L, ug/mL, mg/L, mg/dL, mg/mL`` (mass) or ``pM, nM, uM`` (amount).
    molecular_weight
        In kDa (which is kg/mol); needed between mass and amount. It depends on the form of the protein, glycosylated
        or not, so none is built in.

    >>> round(convert(5.186, "pg/mL", "pM", molecular_weight=21), 3)
    0.247
    """
    for name in (unit, to):
        if name not in _MASS and name not in _MOLAR:
            raise ValueError(f"no concentration unit {name!r}; there are {', '.join([*_MASS, *_MOLAR])}")
    if (unit in _MASS) == (to in _MASS):
        table = _MASS if unit in _MASS else _MOLAR
        return value * table[unit] / table[to]
    if not molecular_weight or molecular_weight <= 0:
        raise ValueError(f"from {unit} to {to} needs the molecular weight in kDa")
    if unit in _MASS:  # kg/m³ (= g/L) over kg/mol gives mol/m³; 1e-3 makes it mol/L
        return value * _MASS[unit] / molecular_weight * 1e-3 / _MOLAR[to]
    return value * _MOLAR[unit] * 1e3 * molecular_weight / _MASS[to]


# ---------------------------------------------------------------------------------------------------------------------
# Pictures


def forest(yi, vi=None, *, ax=None, pooled: Pooled | None = None, order: str = "given", xlabel: str | None = None, **options):
    """Forest plot: a row a study with its numbers, the pooled diamond, the prediction interval as a bar.

    Parameters
    ----------
    yi, vi, options
        As for :func:`pool`.
    pooled
        A result to draw; computed when not given. ``False`` draws the studies alone (when they must not be pooled).
    order
        ``given``, ``estimate`` or ``weight``.
    ax
        Matplotlib axes; new ones, high enough for the rows, when not given.

    Returns
    -------
    Axes
        ``ax.alt`` holds the picture in words, for its alt text.
    """
    import matplotlib.pyplot as plt

    from soluble import style

    studies = _studies(yi, vi, options.pop("labels", None), options.pop("scale", None))
    result = pool(studies, **options) if pooled is None else pooled or None
    studies = _ordered(studies, result, order)
    if ax is None:
        _, ax = plt.subplots(figsize=(5.9, 1.3 + 0.32 * (len(studies) + (2 if result else 0))))
    log = studies.attrs["scale"] == "log"
    back = np.exp if log else np.asarray
    rows = np.arange(len(studies), 0, -1) + (2 if result else 0)
    y, low, high = _printed_intervals(studies)
    size = np.sqrt((1 / studies["vi"]) / (1 / studies["vi"]).max())
    ax.hlines(rows, back(low), back(high), color=style.INK, lw=1.4)
    ax.scatter(back(y), rows, s=20 + 90 * size, marker="s", color=style.colour("IL-6"), zorder=3)
    texts = [f"{a:.2f} ({b:.2f}–{c:.2f})" for a, b, c in zip(back(y), back(low), back(high), strict=True)]
    names = list(studies["label"])
    if result:
        _draw_pooled(ax, result, back)
        s = result.shown()
        rows, names = [*rows, 1, 0], [*names, "Pooled", "Prediction interval"]
        wide = "not defined" if math.isnan(s["prediction_low"]) else f"{s['prediction_low']:.2f}–{s['prediction_high']:.2f}"
        texts += [f"{s['estimate']:.2f} ({s['ci_low']:.2f}–{s['ci_high']:.2f})", wide]
    for row, text in zip(rows, texts, strict=True):
        ax.annotate(text, (1.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=10, annotation_clip=False)
    ax.axvline(1 if log else 0, color=style.MUTED, lw=1, ls=(0, (4, 3)))
    if log:
        ax.set_xscale("log")
        _plain_log_ticks(ax)
    ax.set_yticks(list(rows), names)
    ax.set_ylim(-0.7 if result else 0.3, max(rows) + 0.7)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    quantity = studies.attrs.get("quantity", "effect")
    ax.set_xlabel(xlabel or quantity + (" (logarithmic scale)" if log else ""))
    listed = "; ".join(f"{name} {text}" for name, text in zip(studies["label"], texts, strict=False))
    ax.alt = f"Forest plot of {len(studies)} studies, {quantity} with 95 % interval: {listed}." + (
        f" {result.summary()}" if result else " The studies are not pooled."
    )
    return ax


def _printed_intervals(studies: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effects with the intervals that the sources printed, or 95 % intervals from the variances."""
    y, half = studies["yi"].to_numpy(float), stats.norm.ppf(0.975) * np.sqrt(studies["vi"].to_numpy(float))
    if "low" in studies:
        return y, studies["low"].to_numpy(float), studies["high"].to_numpy(float)
    return y, y - half, y + half


def _ordered(studies: pd.DataFrame, result: Pooled | None, order: str) -> pd.DataFrame:
    if order not in ("given", "estimate", "weight"):
        raise ValueError(f"no order {order!r}; there are given, estimate, weight")
    if order == "given":
        return studies
    column = studies["yi"] if order == "estimate" else -(1 / studies["vi"])
    out = studies.loc[column.sort_values(kind="stable").index]
    out.attrs = dict(studies.attrs)
    return out


def _draw_pooled(ax, result: Pooled, back) -> None:
    from soluble import style

    low, middle, high = back(result.ci_low), back(result.estimate), back(result.ci_high)
    ax.fill([low, middle, high, middle], [1, 1.3, 1, 0.7], color=style.INK, zorder=3)
    if not math.isnan(result.prediction_low):
        ends = back(result.prediction_low), back(result.prediction_high)
        ax.hlines(0, *ends, color=style.MUTED, lw=5, alpha=0.55)


def _plain_log_ticks(ax) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    low, high = ax.get_xlim()
    candidates = [0.05, 0.1, 0.2, 0.33, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 50]
    ticks = [t for t in candidates if low <= t <= high] or [low, high]
    while len(ticks) > 8:
        ticks = [t for i, t in enumerate(ticks) if i % 2 == 0 or t == 1]
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_minor_locator(FixedLocator([]))


def funnel(yi, vi=None, *, ax=None, **options):
    """Funnel plot: effect against standard error, with the 95 % region around the fixed-effect estimate.

    Returns the axes; ``ax.alt`` holds the picture in words.
    """
    import matplotlib.pyplot as plt

    from soluble import style

    studies = _studies(yi, vi, options.pop("labels", None), options.pop("scale", None))
    centre = pool(studies, method="fixed", ci="wald").estimate
    if ax is None:
        _, ax = plt.subplots(figsize=(5.4, 3.8))
    log = studies.attrs["scale"] == "log"
    back = np.exp if log else np.asarray
    se = np.sqrt(studies["vi"].to_numpy(float))
    depth = np.linspace(0, 1.1 * se.max(), 60)
    z = stats.norm.ppf(0.975)
    ax.plot(back(centre - z * depth), depth, back(centre + z * depth), depth, color=style.MUTED, lw=1, ls=(0, (4, 3)))
    ax.axvline(back(centre), color=style.MUTED, lw=1)
    ax.scatter(back(studies["yi"].to_numpy(float)), se, s=36, color=style.colour("IL-6"), zorder=3)
    if log:
        ax.set_xscale("log")
        _plain_log_ticks(ax)
    ax.set_ylim(depth[-1], 0)
    quantity = studies.attrs.get("quantity", "effect")
    ax.set_xlabel(quantity + (" (logarithmic scale)" if log else ""))
    ax.set_ylabel("standard error" + (" of its logarithm" if log else ""))
    outside = int((np.abs(studies["yi"] - centre) > z * se).sum())
    left = int((studies["yi"] < centre).sum())
    ax.alt = (
        f"Funnel plot of {len(studies)} studies around {float(back(centre)):.2f}: {left} lie left of the middle, "
        f"{len(studies) - left} right; {outside} outside the 95 % region."
    )
    return ax
