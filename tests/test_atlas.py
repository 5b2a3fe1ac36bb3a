"""The evidence from above: each fact has its group, and the map shows a gap where, and only where, the table has none."""

import csv
import json
import re
from collections import Counter

import pandas as pd
import pytest

from soluble import atlas, evidence

FACTS = atlas.annotated()
PEOPLE = dict(zip(("nsclc", "lung", "other", "without", "animals", "cells", "papers"), atlas.POPULATIONS, strict=True))


@pytest.mark.parametrize(
    ("words", "design", "group"),
    [
        ("CANOPY-1: untreated advanced NSCLC", "randomised trial", "nsclc"),
        ("resected lung adenocarcinoma", "cohort", "nsclc"),
        ("NSCLC, subgroup of 28 studies on all cancers", "meta-analysis", "nsclc"),
        ("NSCLC patients (77) and healthy controls (91), Brazil", "cohort", "nsclc"),
        ("lung cancer (NSCLC and SCLC), 12 cohorts, various treatments", "meta-analysis", "lung"),
        ("PLCO screening trial, nested: 532 cases, 595 controls", "case-control", "lung"),
        ("144 lung cancer vs 140 healthy volunteers", "case-control", "lung"),
        ("small-cell lung cancer in remission (not NSCLC)", "randomised trial", "other"),
        ("advanced melanoma, NSCLC and kidney cancer in phase 3 trials", "pooled analysis of trials", "other"),
        ("advanced solid tumours (no NSCLC)", "single-arm trial", "other"),
        ("metastatic pancreatic cancer (not NSCLC)", "single-arm trial", "other"),
        ("PLCO controls without lung cancer", "case-control", "without"),
        ("CANTOS: previous myocardial infarction, hsCRP at least 2 mg/L, free of known cancer", "randomised trial", "without"),
        ("palmoplantar pustulosis (not cancer)", "single-arm trial", "without"),
        ("Lewis lung carcinoma in mice", "animal", "animals"),
        ("NSCLC cell lines", "cell culture", "cells"),
        ("model of NSCLC", "mathematical model", "papers"),
        ("statistical methods", "review", "papers"),
    ],
)
def test_who_was_studied_is_told_from_the_words(words, design, group):
    assert atlas.population(words, design) == PEOPLE[group]


def test_nothing_that_names_another_cancer_alone_counts_as_nsclc():
    mine = FACTS[FACTS["people"] == atlas.NSCLC]
    assert len(mine) >= 300
    for words in mine["population"].unique():
        assert not re.search(r"\b(not|no) NSCLC|mice|mouse|melanoma|small-cell", words), words
    named = FACTS[FACTS["population"].str.contains("NSCLC") & ~FACTS["population"].str.contains("(?:not|no) NSCLC|at most")]
    elsewhere = named[(named["people"] != atlas.NSCLC) & ~named["design"].isin(["cell culture", "animal", "mathematical model"])]
    assert all(re.search(r"melanoma|colorectal|pancreatic|NSCLC and SCLC", words) for words in elsewhere["population"]), set(elsewhere["population"])


def test_each_topic_and_each_mediator_has_one_place():
    fields = {f["name"]: f for f in evidence.schema()["resources"][0]["schema"]["fields"]}
    assert Counter(t for _, _, topics in atlas.QUESTIONS.values() for t in topics) == Counter(fields["topic"]["constraints"]["enum"])
    assert Counter(m for _, members in atlas.FAMILIES.values() for m in members) == Counter(fields["mediator"]["constraints"]["enum"])
    with pytest.raises(KeyError, match="add it to QUESTIONS"):
        atlas.question("astrology")


@pytest.mark.parametrize(
    ("words", "topic", "groups"),
    [
        ("overall survival", "prognosis", ["overall survival"]),
        ("progression-free survival", "treatment", ["progression or recurrence"]),
        ("progression-free and overall survival", "treatment", ["overall survival", "progression or recurrence"]),
        ("disease-free survival, placebo", "treatment", ["progression or recurrence"]),
        ("death within 5 years", "prognosis", ["overall survival"]),
        ("objective response, low IL-6", "prediction", ["response"]),
        ("incident lung cancer", "risk", ["having or getting cancer"]),
        ("treatment-related events of grade 3 or more", "toxicity", ["harm"]),
        ("IL-6, mean", "concentration", [atlas.LEVEL]),
        ("", "binding", [atlas.OTHER_END]),
    ],
)
def test_end_points_are_told_from_the_words(words, topic, groups):
    assert atlas.end_points(words, topic) == groups


def test_the_map_counts_what_the_file_holds():
    """Counted again from the CSV itself, without the library."""
    cells = atlas.gaps().set_index(["mediator", "question"])
    with (evidence.data_folder() / "evidence" / "facts.csv").open(encoding="utf8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert cells["all"].sum() == len(rows)
    assert (cells["nsclc"] <= cells["all"]).all()
    assert cells.loc[("IL-6", "prognosis"), "all"] == sum(r["mediator"] == "IL-6" and r["topic"] == "prognosis" for r in rows)
    assert cells.loc[("IL-8", "risk"), "all"] == sum(r["mediator"] == "IL-8" and r["topic"] in ("risk", "prevention") for r in rows)
    silent = {f["name"]: f for f in evidence.schema()["resources"][0]["schema"]["fields"]}["mediator"]["constraints"]["enum"]
    assert set(silent) == set(cells.index.get_level_values("mediator"))


def test_a_gap_closes_when_a_fact_from_nsclc_comes():
    few = evidence.facts().loc[["pine-il8-prevalent-or", "canopy1-os-hr"]]
    cells = atlas.gaps(few).set_index(["mediator", "question"])
    assert tuple(cells.loc[("IL-8", "risk")]) == (0, 1), "lung cancer of any kind is not NSCLC"
    assert tuple(cells.loc[("IL-1beta", "treatment")]) == (1, 1)
    few.loc["pine-il8-prevalent-or", "population"] = "NSCLC"
    assert tuple(atlas.gaps(few).set_index(["mediator", "question"]).loc[("IL-8", "risk")]) == (1, 1)


def test_the_first_picture_says_what_it_shows():
    drawable = atlas.measures(FACTS)
    first = next(iter(drawable))
    assert first == "hazard ratio" and drawable[first]["log"] and drawable[first]["neutral"] == 1
    drawn, height = atlas.picture(FACTS, first)
    rows = FACTS[(FACTS["quantity"] == "hazard ratio") & FACTS["value"].notna()]
    above, below = (rows["ci_low"] > 1).sum(), (rows["ci_high"] < 1).sum()
    assert f"{above} lie above 1, {below} below" in atlas.summary(FACTS, first)
    assert f"{len(rows)} facts" in drawn and 'role="img"' in drawn and 400 < height < 1200
    assert drawn.count("<use") >= len(rows)


def test_every_measure_can_be_drawn():
    for name, about in atlas.measures(FACTS).items():
        rows = atlas._drawn(FACTS, name)
        low, high = atlas.domain(rows, about["log"], about["neutral"])
        assert low < rows["value"].min() and high > rows["value"].max() and about["count"] == len(rows), name


def test_the_files_hold_every_fact_as_printed():
    data = atlas.columns_and_rows()
    with (evidence.data_folder() / "evidence" / "facts.csv").open(encoding="utf8", newline="") as file:
        header, *rows = csv.reader(file)
    assert data["columns"][: data["printed"]] == header
    assert [row[: data["printed"]] for row in data["rows"]] == [[c.strip() for c in row] for row in rows]
    records = json.loads(json.dumps(atlas.records()))
    assert len(records) == len(rows)
    one = next(r for r in records if r["id"] == "canopy1-os-hr")
    assert (one["value"], one["ci_high"], one["n"], one["people"]) == (0.87, 1.10, 643, "NSCLC") and one["reference"]["doi"]
    assert not any(v in ("", None) or v != v for r in records for v in r.values() if not isinstance(v, (list, dict)))


def test_each_statement_can_stand_alone():
    """A fact has an address of its own: it must not lean on the row above it."""
    leaning = evidence.facts()["statement"].str.contains(r"^(?:The same|It|They|And|Another|Also|This|These|Nor|So)\b|\b(?:in the same (?:trial|cohort|abstract|meta-analysis)|in that|the effect (?:is|stands))\b")
    assert not leaning.any(), list(leaning[leaning].index)


def test_a_median_is_rounded_as_in_the_browser():
    """What ``String(Number(x.toPrecision(3)))`` gave in node; 2.125 is a tie that the two languages round differently."""
    given = {2.125: "2.13", 0.0012345: "0.00123", 1.0: "1", 1234567.0: "1230000", 0.725: "0.725", -2.125: "-2.13", 0.0: "0"}
    assert {x: atlas._number(x) for x in given} == given


def test_the_facts_that_were_compared_again_are_told():
    from soluble.sphinxext.atlas import compared_facts

    drawn, table = next(r for r in evidence.schema()["resources"] if r["name"] == "compared")["drawn"], evidence.compared()
    assert len(table) == 50 and "20261126" in drawn["by"]
    told = compared_facts(table, "#{}".format)
    counts = table["verdict"].value_counts()
    assert counts.sum() == 50 and all(f"{n} " in told for n in counts) and all(f'href="#{i}"' in told for i in table.index)
    # 3 of 48: 6.25 %, Clopper and Pearson 1.3 to 17.2 %.
    assert counts.to_dict() == {"agrees": 43, "corrected": 3, "agrees in part": 2, "not seen again": 2} and "6 % may hold such an error (95 % interval 1 to 17 %)" in told
    # What was seen on a page says on which; a file of a model is no page.
    agreed = evidence.facts().loc[table.index[table["verdict"].isin(["agrees", "corrected"])]]
    assert (agreed["checked"].str.startswith("page ") | (agreed["where_seen"] == "data file")).all()


def test_a_bad_comparison_is_named(tmp_path):
    path = tmp_path / "compared.csv"
    path.write_text("id,verdict,found\nno-such-fact,agrees,\ncanopy1-os-hr,corrected,\ncanopya-os-hr,fine,\n", encoding="utf8")
    with pytest.raises(evidence.EvidenceError) as error:
        evidence.compared(path)
    assert [(p.row, p.column) for p in error.value.problems] == [(2, "id"), (3, "found"), (4, "verdict"), (4, "found")]


def test_a_mediator_is_spelled_as_the_field_does():
    assert [evidence.greek(n) for n in ("TGF-beta", "IL-1beta", "IFN-gamma", "IL-1alpha", "VEGF")] == ["TGF-β", "IL-1β", "IFN-γ", "IL-1α", "VEGF"]


def test_the_map_is_a_table_of_links():
    from bs4 import BeautifulSoup

    from soluble.sphinxext.atlas import gap_map

    cells = atlas.gaps()
    soup = BeautifulSoup(gap_map(cells), "html.parser")
    links = soup.select("td a.cell")
    assert len(links) == len(cells) and all(a["href"].startswith("#atlas:mediator=") and len(a["aria-label"]) > 10 for a in links)
    gaps = [a for a in links if "is-gap" in a["class"]]
    assert len(gaps) == (cells["nsclc"] == 0).sum() and all("gap" in a["aria-label"] for a in gaps)
    shown = pd.Series([int(a.text) for a in links if "is-gap" not in a["class"]])
    assert shown.sum() == cells["nsclc"].sum()
