"""The evidence: every row is valid, every source is complete, and a bad file is answered with a list of all its errors."""

import csv
import json
import re

import pytest

from soluble import evidence
from soluble.evidence import EvidenceError, fact, facts, references

FOLDER = evidence.data_folder()
COLUMNS = [f["name"] for f in evidence.schema()["resources"][0]["schema"]["fields"]]
GOOD = {
    "id": "a-hr",
    "source": "garon2024",
    "mediator": "IL-1beta",
    "topic": "treatment",
    "statement": "What was found.",
    "quantity": "hazard ratio",
    "value": "0.94",
    "ci_low": "0.78",
    "ci_high": "1.14",
    "interval_kind": "95% CI",
    "n": "1382",
    "population": "resected NSCLC",
    "design": "randomised trial",
    "where_seen": "abstract",
    "checked": "excerpt",
}


@pytest.fixture
def table(tmp_path):
    def write(*rows, columns=COLUMNS, encoding="utf-8"):
        path = tmp_path / "facts.csv"
        with path.open("w", newline="", encoding=encoding) as file:
            writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
            writer.writeheader()
            writer.writerows(GOOD | row for row in rows)
        return path

    return write


# ------------------------------------------------------------------------------------------------ what the book states


def test_every_fact_is_valid_and_has_a_complete_source():
    table, sources = facts(), references()
    assert len(table) >= 500 and table["source"].nunique() >= 220
    assert table.index.is_unique
    for key in table["source"]:
        entry = sources[key]
        assert entry["title"] and entry["author_list"] and entry["journal"] and entry["year"]
        assert entry["doi"] or entry["pmid"], key


def test_every_interval_holds_its_estimate_or_says_why_not():
    table = facts()
    known = table.dropna(subset=["value", "ci_low", "ci_high"])
    outside = known[(known["value"] < known["ci_low"]) | (known["value"] > known["ci_high"])]
    assert all(outside["flag"]), list(outside.index)


def test_intervals_that_are_not_symmetric_on_the_log_scale_are_flagged():
    verdicts = evidence.interval_check(facts())["verdict"]
    odd = verdicts[verdicts != "log"].index
    assert all(facts().loc[odd, "flag"]), [i for i in odd if not fact(i).flag]


def test_each_reference_is_read_alike_by_an_independent_reader():
    from pybtex.database import parse_file

    ours, theirs = references(), parse_file(str(FOLDER / "references.bib")).entries
    assert set(ours) == set(theirs)
    for key, entry in ours.items():
        assert len(theirs[key].persons["author"]) == len(entry["author_list"]) + entry["authors"].endswith("et al.")
        assert re.sub(r"[{}\\]", "", theirs[key].fields["title"]) == entry["title"]


def test_papers_under_investigation_are_not_cited():
    text = (FOLDER / "references.bib").read_text(encoding="utf-8")
    assert "oncotarget.6570" not in text


def test_trials_and_disagreements_resolve():
    trials = evidence.trials()
    assert len(trials) >= 60 and trials["axis"].nunique() >= 15
    assert set(trials.index[trials["result"] == ""]) <= set(trials.index[trials["outcome"] == "pending"])
    found = evidence.disagreements()
    assert len(found) >= 30
    for entry in found:
        assert entry["side_a"]["says"] and entry["side_b"]["says"]
        assert entry["side_a"]["facts"] and entry["side_b"]["facts"], entry["id"]


def test_every_unit_is_one_that_pint_knows():
    import pint

    registry = pint.UnitRegistry()
    registry.define("cell = [cells]")
    units = {u for allowed in evidence.schema()["resources"][0]["quantities"].values() for u in allowed if u}
    for unit in units:
        registry.parse_expression(unit)


def test_a_wheel_carries_what_the_reader_needs():
    resources = evidence.schema()["resources"]
    for resource in resources:
        assert (FOLDER / "evidence" / resource["path"]).is_file()
        assert resource["licenses"]
    described = {f["name"] for f in resources[0]["schema"]["fields"]}
    with (FOLDER / "evidence" / "facts.csv").open(encoding="utf-8") as file:
        assert next(csv.reader(file)) == [f["name"] for f in resources[0]["schema"]["fields"]]
    assert {"id", "source", "population", "comparison", "checked", "flag"} <= described
    assert "non-systematic" in evidence.schema()["description"]


# --------------------------------------------------------------------------------------------------------- one fact


def test_a_fact_is_printed_as_its_source_printed_it():
    assert fact("canopy1-os-hr").text() == "0.87"
    assert fact("canopy1-os-hr").text("ci") == "0.87 (95 % CI 0.70–1.10)"
    assert fact("canopy1-os-hr").text("n") == "n = 643"
    assert fact("canopy1-os-hr").text("source") == "Tan et al. 2024"
    assert fact("cantos-il6-reduction").text() == "25–43 %"
    assert fact("canakinumab-half-life").text() == "26 days"
    assert fact("canopya-biomarkers").text() == fact("canopya-biomarkers").statement
    full = fact("canopy1-os-hr").text("full")
    for part in ("overall survival", "placebo", "643", "Tan et al. 2024"):
        assert part in full


def test_every_fact_can_be_printed_in_every_style():
    for identity in facts().index:
        for style in (*evidence.TEXT_STYLES, "headline"):
            assert isinstance(fact(identity).text(style), str)


def test_an_unknown_fact_names_near_ones():
    with pytest.raises(KeyError, match="canopy1-os-hr"):
        fact("canopy1-os")


def test_an_unknown_style_names_the_known_ones():
    with pytest.raises(ValueError, match="statement"):
        fact("canopy1-os-hr").text("loud")


# --------------------------------------------------------------------------------------------------------- bad input


def problems(path):
    with pytest.raises(EvidenceError) as error:
        facts(path)
    return error.value.problems


@pytest.mark.parametrize(
    ("row", "column", "what"),
    [
        ({"value": "about one"}, "value", "not a number"),
        ({"n": "12.5"}, "n", "whole number"),
        ({"source": "nobody1900"}, "source", "not in references.bib"),
        ({"ci_low": "1.14", "ci_high": "0.78"}, "ci_low", "upside down"),
        ({"value": "1.94"}, "value", "does not hold its estimate"),
        ({"unit": "month"}, "unit", "no unit of a hazard ratio"),
        ({"unit": "furlong"}, "unit", "not in the vocabulary"),
        ({"mediator": "IL-99"}, "mediator", "not in the vocabulary"),
        ({"population": ""}, "population", "is empty"),
        ({"interval_kind": ""}, "interval_kind", "is empty although"),
        ({"ci_high": ""}, "ci_low", "only one end"),
        ({"value": "-0.9", "ci_low": "", "ci_high": "", "interval_kind": ""}, "value", "above zero"),
        ({"id": "Upper Case"}, "id", "has not the form"),
        ({"checked": "trust me"}, "checked", "has not the form"),
        ({"quantity": "finding"}, "value", "has no value"),
        ({"value": "", "ci_low": "", "ci_high": "", "interval_kind": ""}, "value", "is empty"),
    ],
)
def test_each_error_is_named_with_row_and_column(table, row, column, what):
    found = problems(table({"id": "fine-hr"}, row))
    assert [(p.row, p.column) for p in found if what in p.what] == [(3, column)], [str(p) for p in found]


def test_an_interval_beside_its_estimate_is_allowed_with_a_reason(table):
    assert len(facts(table({"value": "1.94", "flag": "Printed so; probably a misprint."}))) == 1


def test_all_errors_of_a_file_come_at_once(table):
    found = problems(table({"value": "x", "source": "nobody1900"}, {"id": "b", "unit": "month"}, {"id": "b"}))
    assert {(p.row, p.column) for p in found} == {(2, "value"), (2, "source"), (3, "unit"), (4, "id")}
    with pytest.raises(EvidenceError, match="problems in the evidence") as error:
        facts(table({"value": "x"}, {"id": "b", "unit": "month"}))
    assert "row 2, column value" in str(error.value) and "row 3, column unit" in str(error.value)


def test_a_missing_and_an_unknown_column_are_named(table):
    found = problems(table({}, columns=[c for c in COLUMNS if c != "population"] + ["colour"]))
    assert {(p.row, p.column) for p in found} >= {(1, "population"), (1, "colour")}


def test_bytes_that_are_not_utf8_are_named_with_their_row(table):
    path = table({"statement": "naïve T cells"}, encoding="latin-1")
    found = problems(path)
    assert [(p.row, "not UTF-8" in p.what) for p in found] == [(2, True)]


def test_a_row_with_too_many_cells_is_named(table):
    path = table({})
    path.write_text(path.read_text() + "b-hr,garon2024,IL-6\n")
    assert "3 cells" in problems(path)[0].what


def entry(key, **fields):
    standard = {"title": "{A title}", "author": "Doe, J.", "year": "2020", "journal": "A Journal", "doi": f"10.1000/{key}"}
    body = "".join(f"  {name} = {{{text}}},\n" for name, text in (standard | fields).items() if text)
    return f"@article{{{key},\n{body}}}\n"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (entry("a", title=""), "is missing"),
        (entry("a", author=""), "is missing"),
        (entry("a", doi=""), "neither DOI nor PMID"),
        (entry("a", doi="https://doi.org/10.1000/a"), "is not a DOI"),
        (entry("a", pmid="PMC1"), "is not a PMID"),
        (entry("a", year="20"), "is not a year"),
        (entry("a") + entry("a", doi="10.1000/b"), "already used"),
        (entry("a") + entry("b", doi="10.1000/A"), "are one paper (DOI"),
        (entry("a", pmid="123456") + entry("b", pmid="123456"), "are one paper (PMID"),
        (entry("a") + "stray words\n", "not understood"),
    ],
)
def test_a_bad_reference_is_named(tmp_path, text, what):
    path = tmp_path / "references.bib"
    path.write_text(text)
    with pytest.raises(EvidenceError, match=re.escape(what)):
        references(path)


def test_a_disagreement_that_names_no_fact_is_an_error(tmp_path):
    path = tmp_path / "disagreements.yaml"
    entry = {
        "id": "x",
        "mediator": "IL-6",
        "claim": "c",
        "side_a": {"says": "s", "facts": ["no-such-fact"]},
        "side_b": {"says": "s", "facts": []},
        "explanations": ["e"],
        "would_decide": "d",
    }
    path.write_text(json.dumps([entry]))
    with pytest.raises(EvidenceError, match="no-such-fact"):
        evidence.disagreements(path)


# ------------------------------------------------------------------------------------------------------- the network


EDGE = {
    "id": "il6-a",
    "from": "IL-6",
    "to": "tumour cell",
    "kind": "acts on",
    "effect": "growth",
    "direction": "raises",
    "evidence": "mice",
    "basis": "experiment",
    "species": "mouse",
    "setting": "lung cancer",
    "statement": "Without it tumours grew less.",
    "source": "caetano2016",
    "where_seen": "abstract",
    "checked": "page https://example.org/a",
}


@pytest.fixture
def edges(tmp_path):
    columns = [f["name"] for f in next(r for r in evidence.schema()["resources"] if r["name"] == "network")["schema"]["fields"]]

    def write(*rows):
        path = tmp_path / "network.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(EDGE | row for row in rows)
        return path

    return write


def test_every_finding_of_the_network_is_valid_and_has_a_complete_source():
    table, sources = evidence.network(), references()
    assert len(table) >= 80 and table["source"].nunique() >= 50
    for key in table["source"]:
        entry = sources[key]
        assert entry["title"] and entry["author_list"] and entry["journal"] and entry["year"]
        assert entry["doi"] or entry["pmid"], key
    by_experiment = table[(table["kind"] == "acts on") & (table["evidence"] != "patients")]["basis"].eq("experiment").mean()
    assert by_experiment > 0.8, "what is told of mice and cells is seldom an association"


@pytest.mark.parametrize(
    ("row", "column", "what", "mend"),
    [
        ({"from": "IL6"}, "from", "'IL6' is neither a cell nor a mediator", "Near: IL-6"),
        ({"to": "tumor cell"}, "to", "neither a cell nor a mediator", "Near: tumour cell"),
        ({"kind": "secretes", "effect": "production"}, "kind", "goes from a cell to a mediator, not from a mediator to a cell", "Change the kind"),
        ({"from": "fibroblast"}, "kind", "goes from a mediator to a cell, not from a cell to a cell", "Change the kind"),
        ({"effect": "production"}, "effect", "no effect of 'acts on'", "a process"),
        ({"to": "IL-8", "kind": "induces"}, "effect", "'growth' is no effect of 'induces'", "Use induction"),
        ({"effect": "happiness"}, "effect", "not in the vocabulary", "angiogenesis"),
        ({"evidence": "rats"}, "evidence", "not in the vocabulary", "patients, mice, cells"),
        ({"source": "nobody1900"}, "source", "not in references.bib", "Add the complete source"),
        ({"fact": "no-such-fact"}, "fact", "is no fact", "facts.csv"),
        ({"fact": "canopy1-os-hr"}, "fact", "comes from tan2024", "same source"),
        ({"statement": ""}, "statement", "is empty", "own words"),
        ({"checked": "excerpt"}, "checked", "has not the form", "page"),
        ({"id": "b", "statement": "The same again."}, "id", "the finding of row 2 stands twice", "Keep one"),
    ],
)
def test_each_error_of_a_finding_is_named_with_its_mend(edges, row, column, what, mend):
    """The second row is wrong; the first is fine and differs from it unless the error is to be its double."""
    first = {} if row.get("id") == "b" else {"direction": "lowers"}
    with pytest.raises(EvidenceError) as error:
        evidence.network(edges(first, {"id": "other"} | row))
    found = error.value.problems
    assert [(p.row, p.column) for p in found if what in p.what and mend in p.mend] == [(3, column)], [str(p) for p in found]


def test_a_second_paper_may_find_the_same(edges):
    assert len(evidence.network(edges({}, {"id": "b", "source": "gao2007"}, {"id": "c", "evidence": "cells"}))) == 3


def test_thousands_are_set_apart():
    assert fact("globocan-incidence").text() == "2\u202f500\u202f000"
    assert fact("cui-cytokines").text() == "86"
    assert fact("howlader-mortality-men").text() == "\u22126.3 %"
