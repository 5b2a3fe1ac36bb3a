"""The network of findings: what a choice keeps, what is counted on it, and where its nodes stand."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import shortest_path

from soluble import evidence, network
from soluble.model import UnknownNameError


@pytest.fixture(scope="module")
def findings():
    return evidence.network()


def table(*rows):
    """Findings from ``(from, to, kind, effect)``; what is left out does not matter to the test."""
    rest = {"direction": "raises", "evidence": "mice", "setting": "lung cancer", "source": "a"}
    return pd.DataFrame([dict(zip(("from", "to", "kind", "effect"), row, strict=True)) | rest for row in rows])


SMALL = table(
    ("tumour cell", "IL-6", "secretes", "production"),
    ("fibroblast", "IL-6", "secretes", "production"),
    ("fibroblast", "IL-6", "secretes", "production"),
    ("tumour cell", "VEGF", "secretes", "production"),
    ("IL-6", "tumour cell", "acts on", "growth"),
    ("IL-6", "tumour cell", "acts on", "EMT"),
    ("IL-6", "macrophage", "acts on", "recruitment"),
    ("VEGF", "endothelium", "acts on", "angiogenesis"),
    ("IL-1β", "IL-6", "induces", "induction"),
)


# --- a choice --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        ({}, range(9)),
        ({"cell": "tumour cell"}, [0, 3, 4, 5]),
        ({"mediator": "VEGF"}, [3, 7]),
        ({"mediator": "IL-1β"}, [8]),
        ({"cell": "macrophage", "mediator": "IL-6"}, [6]),
        ({"cell": "macrophage", "mediator": "VEGF"}, []),
        ({"effect": "angiogenesis"}, [3, 7]),
        ({"effect": "EMT"}, [0, 1, 2, 5, 8]),
        ({"effect": "EMT", "cell": "tumour cell"}, [0, 5]),
        ({"evidence": "mice", "setting": "lung cancer", "effect": "recruitment"}, [0, 1, 2, 6, 8]),
    ],
)
def test_a_choice_keeps_what_fits(choice, kept):
    assert list(network.select(SMALL, **choice).index) == list(kept)


def test_a_name_without_findings_is_refused_with_those_that_have_some():
    with pytest.raises(UnknownNameError, match="unknown mediator 'CXCL1'.*IL-6"):
        network.select(SMALL, mediator="CXCL1")
    with pytest.raises(UnknownNameError, match="unknown evidence 'rats'"):
        network.select(SMALL, evidence="rats")


def test_choices_are_what_occurs(findings):
    known = network.choices(findings)
    assert set(known["cell"]) | set(known["mediator"]) == {*findings["from"], *findings["to"]}
    assert not set(known["cell"]) & set(known["mediator"])
    assert set(known["effect"]) == set(findings[findings["kind"] == "acts on"]["effect"])
    for field in ("evidence", "setting"):
        assert sorted(known[field]) == sorted(set(findings[field]))


# --- what is counted -------------------------------------------------------------------------------------------------


def test_a_route_is_maker_mediator_hearer():
    got = {(r.maker, r.mediator, r.hearer, r.effect) for r in network.routes(SMALL).itertuples()}
    assert got == {
        *itertools.product(("tumour cell", "fibroblast"), ("IL-6",), ("tumour cell",), ("growth", "EMT")),
        *itertools.product(("tumour cell", "fibroblast"), ("IL-6",), ("macrophage",), ("recruitment",)),
        ("tumour cell", "VEGF", "endothelium", "angiogenesis"),
    }
    assert len(network.routes(SMALL)) == 7, "each once, though fibroblasts make IL-6 in two findings"


def test_bridging_counts():
    got = network.bridging(SMALL)
    il6 = got.loc["IL-6"]
    assert list(got.index) == ["IL-6", "VEGF", "IL-1β"]
    assert (il6["findings"], il6["heard"], il6["makers"], il6["hearers"], il6["processes"], il6["routes"]) == (7, 3, 2, 2, 3, 4)
    assert (got.loc["IL-1β", "heard"], got.loc["IL-1β", "processes"], got.loc["IL-1β", "routes"]) == (0, 0, 0)


def arrows(*pairs):
    return pd.DataFrame(pairs, columns=["from", "to"])


@pytest.mark.parametrize("n", [2, 3, 5, 9])
def test_betweenness_of_a_path_and_a_star(n):
    """On a path the k-th of n nodes stands between (k-1)(n-k) pairs; in a star the centre between each maker and each hearer."""
    path = network.betweenness(arrows(*[(f"n{k}", f"n{k + 1}") for k in range(1, n)]))
    assert [path[f"n{k}"] for k in range(1, n + 1)] == [(k - 1) * (n - k) for k in range(1, n + 1)]
    star = network.betweenness(arrows(*[(f"a{i}", "c") for i in range(n)], *[("c", f"b{i}") for i in range(n + 1)]))
    assert star["c"] == n * (n + 1)
    assert star.drop("c").eq(0).all()


def test_betweenness_is_shared_by_equal_roads():
    """From a to z by m equal roads: each stands on a share of 1/m."""
    roads = network.betweenness(arrows(*[("a", f"m{i}") for i in range(4)], *[(f"m{i}", "z") for i in range(4)]))
    assert roads[[f"m{i}" for i in range(4)]].tolist() == [0.25] * 4


def freeman(edges):
    """Betweenness straight from its definition: shortest paths counted by powers of the adjacency matrix."""
    names = sorted({*edges["from"], *edges["to"]})
    at = {name: i for i, name in enumerate(names)}
    links = np.zeros((len(names),) * 2)
    for a, b in zip(edges["from"], edges["to"], strict=True):
        links[at[a], at[b]] = 1
    far = shortest_path(csr_matrix(links), unweighted=True)
    power, paths = np.eye(len(names)), np.zeros_like(links)
    for d in range(len(names)):
        paths[far == d] = power[far == d]
        power = power @ links
    score = np.zeros(len(names))
    for v, s, t in itertools.permutations(range(len(names)), 3):
        if np.isfinite(far[s, t]) and far[s, v] + far[v, t] == far[s, t]:
            score[v] += paths[s, v] * paths[v, t] / paths[s, t]
    return pd.Series(score, names)


def test_betweenness_is_freemans(findings):
    rng = random.Random(4)
    for size in (4, 7, 12):
        for _ in range(20):
            pairs = [(f"n{a}", f"n{b}") for a, b in itertools.permutations(range(size), 2) if rng.random() < 1.6 / size]
            if pairs:
                got, expected = network.betweenness(arrows(*pairs)), freeman(arrows(*pairs))
                assert got[expected.index].tolist() == pytest.approx(expected.tolist(), rel=1e-9, abs=1e-9)
    got, expected = network.betweenness(findings), freeman(findings)
    assert got[expected.index].tolist() == pytest.approx(expected.tolist(), rel=1e-9, abs=1e-9)


def test_expected_kinds_is_what_drawing_gives():
    """Closed forms, and thirty thousand draws."""
    assert network.expected_kinds([1.0], 5) == 1
    assert network.expected_kinds([0.25] * 4, 1) == 1
    assert network.expected_kinds([0.5, 0.5], 3) == pytest.approx(2 * (1 - 1 / 8))
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    n = np.array([1, 2, 6])
    drawn = [np.mean([len(set(row)) for row in np.random.default_rng(k).choice(4, (30_000, k), p=shares)]) for k in n]
    assert network.expected_kinds(shares, n) == pytest.approx(drawn, abs=0.02)


# --- where the nodes stand -------------------------------------------------------------------------------------------


def segments_cross(order, edges):
    """Crossings counted another way: by the sign of each pair of lines, over plain lists."""
    total = 0
    for kind, cell, mediator in (("secretes", "from", "to"), ("acts on", "to", "from")):
        some = edges[edges["kind"] == kind]
        lines = sorted({(order["cells"].index(a), order["mediators"].index(b)) for a, b in zip(some[cell], some[mediator], strict=True)})
        total += sum((a < c and b > d) or (a > c and b < d) for (a, b), (c, d) in itertools.combinations(lines, 2))
    return total


def test_the_same_data_stand_in_the_same_places(findings):
    first = network.layout(findings)
    assert first == network.layout(findings.sample(frac=1, random_state=3)), "the order of the rows does not matter"
    known = network.choices(findings)
    assert sorted(first["cells"]) == sorted(known["cell"])
    assert sorted(first["mediators"]) == sorted(known["mediator"])


def test_no_single_move_uncrosses_lines(findings):
    order = network.layout(findings)
    fewest = segments_cross(order, findings)
    known = network.choices(findings)
    assert fewest < 0.7 * segments_cross({"cells": known["cell"], "mediators": known["mediator"]}, findings)
    for side in order:
        for name in order[side]:
            rest = [n for n in order[side] if n != name]
            for i in range(len(order[side])):
                assert segments_cross(order | {side: [*rest[:i], name, *rest[i:]]}, findings) >= fewest
