"""The network chapter: it runs from scratch, and what its sentences say of the table and the trials is so.

What is counted is counted here again from the rows of the file, without ``soluble.network``.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from contextlib import redirect_stdout
from math import comb
from urllib.parse import unquote

import numpy as np
import pytest
from chapter import Chapter, Standard

from soluble import evidence, network, teaching

CHAPTER = Chapter("01-network")
TEXT = CHAPTER.text
executed, said, printed = CHAPTER.fixtures()


class TestStandard(Standard):
    chapter, pictures = CHAPTER, 2


with (CHAPTER.path.parents[1] / "evidence" / "network.csv").open(encoding="utf8", newline="") as file:
    ROWS = list(csv.DictReader(file))
ACTS = [r for r in ROWS if r["kind"] == "acts on"]


def test_prediction_stands_before_the_explorer():
    assert TEXT.index(":::{admonition} Predict") < TEXT.index("soluble.explore_network(")
    assert TEXT.count(":::{admonition} Predict") == TEXT.count("**What you should have seen.**") == 2


def test_the_puzzles_numbers_were_looked_up_on_their_pages():
    for identity in ("canopy1-os-hr", "bintrafusp-first-line-os-hr", "cypress1-os-hr", "e4599-os-hr", "kn189-5y-os-hr"):
        assert evidence.fact(identity).checked.startswith("page http"), identity


def test_links_into_the_explorer_name_choices_that_exist():
    """A link that sets the explorer uses names that occur in the table."""
    known = {"mediator": {"all"}, "cell": {r["to"] for r in ACTS}, "evidence": {r["evidence"] for r in ROWS}, "setting": {r["setting"] for r in ROWS}}
    links = re.findall(r'href="#network:([^"]+)"', TEXT)
    assert len(links) == 2
    for link in links:
        for pair in link.split("&amp;"):
            field, name = pair.split("=")
            assert unquote(name) in known[field]


# --- what is counted -------------------------------------------------------------------------------------------------


def in_people(rows):
    return [r for r in rows if r["evidence"] == "patients"]


def in_lung(rows):
    return [r for r in in_people(rows) if r["setting"] == "lung cancer"]


def joined(rows):
    """Routes as sets: maker, mediator, hearer, effect, direction."""
    made = {(r["from"], r["to"]) for r in rows if r["kind"] == "secretes"}
    return {(a, m, r["to"], r["effect"], r["direction"]) for a, m in made for r in rows if r["kind"] == "acts on" and r["from"] == m}


def processes(name):
    return {r["effect"] for r in ACTS if r["from"] == name}


def test_counts_of_findings(said):
    assert said["net-findings"] == len(ROWS) == len({r["id"] for r in ROWS})
    assert said["net-sources"] == len({r["source"] for r in ROWS})
    assert said["net-acts-all"] == len(ACTS)
    assert said["net-acts-patients"] == len(in_people(ACTS))
    assert said["net-acts-lung"] == len(in_lung(ACTS))
    tried = [r for r in in_lung(ACTS) if r["basis"] == "experiment"]
    assert said["net-acts-lung-tried"] == len(tried) == 1
    assert [(r["from"], r["source"]) for r in tried] == [("CCL21", "lee2017")], "as the text says"
    assert said["net-lung-findings"] == len(in_lung(ROWS)) < len(ROWS) / 4, "less than a quarter stays"
    assert said["net-lung-makers"] == sum(r["kind"] == "secretes" for r in in_lung(ROWS))
    makers = Counter(r["from"] for r in ROWS if r["kind"] == "secretes")
    assert makers.most_common(1)[0][0] == "tumour cell"


def test_counts_of_routes(said):
    assert said["net-routes-all"] == len(joined(ROWS))
    assert said["net-routes-patients"] == len(joined(in_people(ROWS)))
    assert said["net-routes-lung"] == len(joined(in_lung(ROWS)))
    assert len(joined(in_people(ROWS))) == 6 and len(joined(ROWS)) == 121, "the solution: six of a hundred and twenty-one"
    assert 1 / 21 < 6 / 121 < 1 / 19, "about one in twenty"


def test_il6(said):
    il6 = [r for r in ACTS if r["from"] == "IL-6"]
    assert said["net-il6-heard"] == len(il6) == max(Counter(r["from"] for r in ACTS).values())
    assert said["net-il6-patients"] == len(in_people(il6)) == 2
    assert {(r["source"], r["basis"], r["effect"]) for r in in_people(il6)} == {("shang2017", "association", e) for e in ("metastasis", "EMT")}
    assert said["net-il6-processes"] == len(processes("IL-6")) == 7
    assert said["net-il6-routes"] == len({(a, c) for a, m, c, *_ in joined(ROWS) if m == "IL-6"})
    others = {m: len(processes(m)) for m in {r["from"] for r in ACTS} - {"IL-6"}}
    assert max(others.values()) < 7
    assert {r["from"] for r in ROWS if r["to"] == "IL-6" and r["kind"] == "induces" and r["direction"] == "raises"} == {"IL-1β", "IL-17"}
    assert min(others["IL-1β"], others["TGF-β"], others["IL-10"]) > others["VEGF"], "they would have come before VEGF"


def test_ranks(said):
    assert said["net-ifng-betweenness-rank"] == 2
    assert said["net-ifng-processes"] == len(processes("IFN-γ")) == 2
    assert not any(r["to"] == "TGF-β" and r["kind"] == "secretes" for r in ROWS), "no row names a maker of TGF-β"
    assert any(r["from"] == "TGF-β" for r in ACTS)


def test_who_else_does_it(said):
    """What IL-6 does to T cells: one effect is its own."""
    ways = defaultdict(set)
    for r in ACTS:
        ways[r["to"], r["effect"], r["direction"]].add(r["from"])
    assert said["net-effects"] == len(ways)
    assert said["net-effects-shared"] == sum(len(who) > 1 for who in ways.values())
    own = [way for way, who in ways.items() if who == {"IL-6"} and "T cell" in way[0]]
    assert own == [("CD4 T cell", "inflammation", "raises")]
    assert {r["from"] for r in ACTS if r["to"] == "CD4 T cell"} == {"IL-6"}
    assert len(ways["regulatory T cell", "immune evasion", "raises"]) == 4, "four mediators strengthen regulatory T cells"
    back = {r["from"] for r in ACTS if r["to"] in ("CD8 T cell", "T cell") and ((r["effect"] == "immune evasion") == (r["direction"] == "raises"))}
    assert said["net-silencers"] == len(back)
    assert set(re.split(r", | and ", said["net-silencer-names"])) == back
    assert ways["neutrophil", "recruitment", "raises"] == {"IL-8", "CXCL1", "IL-1β", "IL-17"}, "the quiz: four mediators"


def distinct(n):
    """Chances of k distinct processes among n findings drawn without returning them: by a generating function, exactly."""
    kinds = Counter(r["effect"] for r in ACTS).values()
    ways = {(0, 0): 1}  # (findings drawn, kinds seen) -> number of ways
    for c in kinds:
        ways = _times(ways, c, n)
    total = comb(len(ACTS), n)
    return {k: w / total for (drawn, k), w in ways.items() if drawn == n}


def _times(ways, c, n):
    out = Counter()
    for (drawn, k), w in ways.items():
        for j in range(min(c, n - drawn) + 1):
            out[drawn + j, k + (j > 0)] += w * comb(c, j)
    return out


def test_shuffles_agree_with_the_exact_distribution(said):
    il6, vegf = distinct(said["net-il6-heard"]), distinct(said["net-vegf-heard"])
    assert sum(il6.values()) == pytest.approx(1)
    assert said["net-il6-shuffled"] == pytest.approx(sum(k * p for k, p in il6.items()), abs=0.03)
    assert said["net-il6-as-many"] == pytest.approx(100 * sum(p for k, p in il6.items() if k >= 7), abs=2)
    assert said["net-vegf-few"] == pytest.approx(100 * sum(p for k, p in vegf.items() if k <= 2), abs=0.6)
    assert said["net-vegf-processes"] == len(processes("VEGF")) == 2
    share = [c / len(ACTS) for c in Counter(r["effect"] for r in ACTS).values()]
    assert said["net-vegf-expected"] == pytest.approx(sum(1 - (1 - q) ** 6 for q in share))
    assert said["net-mediators"] == len({r["from"] for r in ACTS})
    assert said["net-mediators"] * said["net-vegf-few"] / 100 > 0.2, "among so many one such case is no surprise"
    assert said["net-rho"] > 0.7


def test_attention_outside_the_table(said):
    assert 0.4 < said["net-rho-facts"] < 0.9, "the two go together"


# --- the exercises ---------------------------------------------------------------------------------------------------


def solved(identity):
    """The code of a solution, run after the cells it stands on."""
    code = re.search(rf"\{{solution\}} {identity}\n.*?```python\n(.*?)```", TEXT, flags=re.S)[1]
    findings = evidence.network()
    names = {"np": np, "network": network, "findings": findings, "acts": findings[findings["kind"] == "acts on"], "bridges": network.bridging(findings)}
    exec(code, names)
    return names


def test_solutions_solve():
    assert solved("net-strict")["share"] == pytest.approx(6 / 121)
    fair = solved("net-expected")["fair"]
    share = [c / len(ACTS) for c in Counter(r["effect"] for r in ACTS).values()]
    assert sum(r["from"] == "CCL21" for r in ACTS) == 5
    assert fair == pytest.approx(sum(1 - (1 - q) ** 5 for q in share))
    assert 3 < fair < 4 and len(processes("CCL21")) == 4


def test_checks_accept_the_solution_and_explain_the_usual_mistakes(executed):
    """The cells that check, with the right answer and with each mistake that has a hint."""
    names = solved("net-strict") | {"check": teaching.check}
    cell = next(c.source for c in executed[0].cells if c.cell_type == "code" and 'check(\n    "net-strict"' in c.source)
    people = sum(r["evidence"] == "patients" for r in ROWS)
    for share, word in ((6 / 121, "one route in twenty"), (people / len(ROWS), "share of findings"), (121 / 6, "other way round")):
        out = io.StringIO()
        with redirect_stdout(out):
            exec(cell, names | {"share": share})
        assert word in out.getvalue(), (share, out.getvalue())


@pytest.mark.parametrize(
    ("maker", "mediator", "hearer", "made_in", "heard_in"),
    [
        ("tumour cell", "IL-8", "neutrophil", "patients", "patients"),
        ("tumour cell", "CXCL1", "neutrophil", "cells", "mice"),
        ("γδ T cell", "IL-17", "neutrophil", "mice", "mice"),
        ("myeloid cell", "IL-1β", "neutrophil", "mice", "mice"),
        ("tumour cell", "VEGF", "CD8 T cell", None, "mice"),
        ("tumour cell", "CCL2", "CD8 T cell", None, "mice"),
    ],
)
def test_the_routes_of_the_first_solution_stand_in_the_table(maker, mediator, hearer, made_in, heard_in):
    made = {r["evidence"] for r in ROWS if (r["from"], r["to"]) == (maker, mediator)}
    heard = {r["evidence"] for r in ROWS if (r["from"], r["to"]) == (mediator, hearer)}
    assert made_in in made if made_in else made
    assert heard_in in heard


# --- the evidence ----------------------------------------------------------------------------------------------------


def test_the_order_in_the_forest_plot():
    """Below 1 with an interval that excludes it: most drugs against PD-1, and some against VEGF; nothing else."""
    listed = re.search(r"aims = \{(.*?)\n\}", TEXT, flags=re.S)[1]
    aims = dict(re.findall(r'"([\w-]+)": "([^"]+)"', listed))
    assert len(aims) == 15
    below = {aims[i] for i in aims if evidence.fact(i).ci_high < 1}
    assert below == {"VEGF: ramucirumab", "VEGF: nintedanib", "PD-1: with chemotherapy", "PD-1: alone, high PD-L1", "PD-1: after platinum"}
    assert {evidence.fact(i).endpoint for i in aims} == {"overall survival"}
    assert not any(evidence.fact(i).ci_low > 1 for i in aims)


def test_trials(said):
    trials = evidence.trials()
    controlled = trials[trials["outcome"].isin(["positive", "negative", "stopped"])]
    met = controlled[controlled["outcome"] == "positive"]
    assert set(met["axis"]) == {"PD-1/PD-L1", "VEGF", "combination"}
    assert all(re.search("VEGF|bevacizumab", f"{t.mechanism} {t.partner}") for t in met[met["axis"] == "combination"].itertuples())
    assert list(controlled[(controlled["axis"] == "PD-1/PD-L1") & (controlled["outcome"] != "positive")].index) == ["checkmate-026", "bfast-c", "javelin-lung-200", "mystic"], "most"
    aimed = controlled[(controlled["axis"] == "IL-6") & controlled["setting"].str.contains("NSCLC")]
    assert aimed.empty, "no randomised trial in this book blocks IL-6 or its receptor in NSCLC"
    assert {"positive", "negative"} <= set(controlled[controlled["axis"] == "VEGF"]["outcome"])
    greek = {"TGF-beta": "TGF-β", "IL-1beta": "IL-1β", "IFN-gamma": "IFN-γ"}
    assert said["net-tried"] == len({greek.get(a, a) for a in controlled["axis"]} & {r["from"] for r in ACTS}) < said["net-mediators"] / 2
    for name in ("canopy-1", "canopy-2", "canopy-a", "bintrafusp-first-line", "cypress-1"):
        assert trials.loc[name, "outcome"] in ("negative", "stopped")


def test_millions_of_people(said):
    assert said["net-cases"] * 1e6 == evidence.fact("globocan-incidence").value
    assert said["net-deaths"] * 1e6 == evidence.fact("globocan-deaths").value
