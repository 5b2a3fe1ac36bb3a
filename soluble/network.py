"""The soluble network: cells that make mediators, mediators that change cells, and what can be counted on such a graph.

The findings lie in ``evidence/network.csv`` (:func:`soluble.evidence.network`). A *process* is what a mediator changes in or
through a cell, such as angiogenesis. Everything here counts findings, and so what was studied.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from . import evidence
from .evidence import schema
from .mediators import Mediator, mediators
from .model import UnknownNameError

#: Effects of ``acts on``, in the order in which the book names them.
PROCESSES = ("immune evasion", "anti-tumour immunity", "angiogenesis", "EMT", "metastasis", "recruitment", "growth", "inflammation")
#: What a choice of findings may name; ``""`` leaves it open.
FIELDS = ("cell", "mediator", "effect", "evidence", "setting")


def cells() -> list[str]:
    """The cells that the schema knows."""
    return list(next(r for r in schema()["resources"] if r["name"] == "network")["cells"])


def select(
    edges: pd.DataFrame, cell: str = "", mediator: str = "", effect: str = "", evidence: str = "", setting: str = ""
) -> pd.DataFrame:
    """The findings that fit; an empty name leaves a field open.

    ``cell`` and ``mediator`` keep what begins or ends there. ``effect`` keeps the mediators that were seen to change this
    process: the findings that show it, and what makes or calls up these mediators. ``select`` in ``web/src/network.js``
    does the same.

    Raises
    ------
    UnknownNameError
        for a name that no finding has in that field
    """
    wanted = {"cell": cell, "mediator": mediator, "effect": effect, "evidence": evidence, "setting": setting}
    known = choices(edges)
    for field, name in wanted.items():
        if name and name not in known[field]:
            raise UnknownNameError(name, known[field], field)
    for field in ("evidence", "setting"):
        if wanted[field]:
            edges = edges[edges[field] == wanted[field]]
    if effect:
        shown = (edges["kind"] == "acts on") & (edges["effect"] == effect)
        theirs = edges["to"].isin(edges.loc[shown, "from"])
        edges = edges[shown | theirs]
    for name in (mediator, cell):
        if name:
            edges = edges[(edges["from"] == name) | (edges["to"] == name)]
    return edges


def choices(edges: pd.DataFrame) -> dict[str, list[str]]:
    """For each field of :func:`select` the names that occur: cells and mediators as the schema orders them."""
    named = {*edges["from"], *edges["to"]}
    seen = cells()
    return {
        "cell": [c for c in seen if c in named],
        "mediator": [m.name for m in mediators() if m.name in named],
        "effect": [p for p in PROCESSES if p in set(edges["effect"])],
        "evidence": [e for e in ("patients", "mice", "cells") if e in set(edges["evidence"])],
        "setting": [s for s in ("lung cancer", "other cancer", "no cancer") if s in set(edges["setting"])],
    }


def makers(mediator: Mediator) -> list[tuple[str, str, list[str]]]:
    """The cells that were seen to make a mediator, each with where at best it was seen and its sources.

    ``patients`` stands before ``cells`` (in culture), ``mice``, and what is ``stated`` without any. The findings of the network
    say it; where they are silent, the mediator's own entry does.
    """
    order = ("patients", "cells", "mice", "stated")
    known = evidence.network()
    rows = known[(known["kind"] == "secretes") & (known["to"] == mediator.name)]
    seen = [(r["from"], r["evidence"], r["source"]) for _, r in rows.iterrows()] + [(m["cell"], m["evidence"], m["source"]) for m in mediator.made_by]
    found = []
    for cell in dict.fromkeys(cell for cell, _, _ in seen):
        own = [(where, source) for maker, where, source in seen if maker == cell]
        found.append((cell, min((where for where, _ in own), key=order.index), list(dict.fromkeys(source for _, source in own))))
    return sorted(found, key=lambda item: order.index(item[1]))


# ---------------------------------------------------------------------------------------------------------------------
# What can be counted


def routes(edges: pd.DataFrame) -> pd.DataFrame:
    """Every way of two steps from a cell to a cell: ``maker, mediator, hearer, effect, direction``, each once.

    The two steps need not have been seen in one study, one species or one tumour.
    """
    made = edges[edges["kind"] == "secretes"][["from", "to"]].set_axis(["maker", "mediator"], axis=1)
    heard = edges[edges["kind"] == "acts on"][["from", "to", "effect", "direction"]].set_axis(["mediator", "hearer", "effect", "direction"], axis=1)
    found = made.merge(heard, on="mediator").drop_duplicates()
    return found.sort_values(list(found)).reset_index(drop=True)


def bridging(edges: pd.DataFrame) -> pd.DataFrame:
    """What each mediator connects, most processes first.

    Columns: ``findings`` and ``sources`` (rows and papers that name the mediator), ``heard`` (rows of ``acts on``),
    ``makers``, ``hearers``, ``processes`` (distinct effects on cells), ``routes`` (pairs of maker and hearer that it joins),
    ``betweenness`` (:func:`betweenness`).
    """
    way, between = routes(edges), betweenness(edges)
    rows = []
    for name in choices(edges)["mediator"]:
        own = edges[(edges["from"] == name) | (edges["to"] == name)]
        heard = own[(own["kind"] == "acts on") & (own["from"] == name)]
        pairs = way[way["mediator"] == name][["maker", "hearer"]].drop_duplicates()
        rows.append(
            {
                "mediator": name,
                "findings": len(own),
                "sources": own["source"].nunique(),
                "heard": len(heard),
                "makers": own[own["kind"] == "secretes"]["from"].nunique(),
                "hearers": heard["to"].nunique(),
                "processes": heard["effect"].nunique(),
                "routes": len(pairs),
                "betweenness": between[name],
            }
        )
    table = pd.DataFrame(rows).set_index("mediator")
    return table.sort_values(["processes", "routes", "betweenness"], ascending=False, kind="stable")


def betweenness(edges: pd.DataFrame) -> pd.Series:
    """Betweenness of every node, directed, each pair of nodes linked at most once, each step of length one.

    The share of shortest paths between two other nodes that run through this one, summed over all pairs (Freeman's
    definition, unscaled), accumulated from each source in one breadth-first search (Brandes' algorithm).
    """
    onward: dict[str, list[str]] = {node: [] for node in sorted({*edges["from"], *edges["to"]})}
    for a, b in sorted(set(zip(edges["from"], edges["to"], strict=True))):
        onward[a].append(b)
    score = dict.fromkeys(onward, 0.0)
    for source in onward:
        paths, distance, before, order = {source: 1}, {source: 0}, {source: []}, []
        queue = deque([source])
        while queue:
            here = queue.popleft()
            order.append(here)
            for there in onward[here]:
                if there not in distance:
                    distance[there], paths[there], before[there] = distance[here] + 1, 0, []
                    queue.append(there)
                if distance[there] == distance[here] + 1:
                    paths[there] += paths[here]
                    before[there].append(here)
        through = dict.fromkeys(order, 0.0)
        for there in reversed(order):
            for here in before[there]:
                through[here] += paths[here] / paths[there] * (1 + through[there])
            if there != source:
                score[there] += through[there]
    return pd.Series(score, name="betweenness")


def expected_kinds(shares: Sequence[float], n: float | np.ndarray) -> np.ndarray:
    """How many distinct kinds ``n`` findings show on average, when each is drawn with these shares and none knows another.

    The sum over kinds of the chance that at least one of ``n`` draws is of that kind.
    """
    shares = np.asarray(shares, dtype=float)
    return (1 - (1 - shares) ** np.asarray(n, dtype=float)[..., None]).sum(axis=-1)


# ---------------------------------------------------------------------------------------------------------------------
# Where each node stands in the picture


def layout(edges: pd.DataFrame) -> dict[str, list[str]]:
    """One order of the cells and one of the mediators, chosen so that few lines cross; the same data give the same order.

    Cells stand left (as makers) and right (as hearers) of the mediators in one and the same order. Both orders start as the
    schema has them, are sorted by the mean place of their neighbours, and then improved by moving one name at a time as long as
    fewer lines cross.
    """
    known = choices(edges)
    left, right = _pairs(edges, "secretes"), _pairs(edges, "acts on")
    order = {"cells": known["cell"], "mediators": known["mediator"]}
    for _ in range(12):
        for mine, others in (("mediators", "cells"), ("cells", "mediators")):
            place = {name: i / len(order[others]) for i, name in enumerate(order[others])}
            near = {name: [place[o] for o in _neighbours(name, left, right)] for name in order[mine]}
            order[mine] = sorted(order[mine], key=lambda name: np.mean(near[name]) if near[name] else 0.5)
    best = crossings(order, left, right)
    improved = True
    while improved:
        improved = False
        for side in ("mediators", "cells"):
            for name in list(order[side]):
                rest = [other for other in order[side] if other != name]
                tried = [(crossings(order | {side: [*rest[:i], name, *rest[i:]]}, left, right), i) for i in range(len(rest) + 1)]
                fewest, i = min(tried)
                if fewest < best:
                    order[side], best, improved = [*rest[:i], name, *rest[i:]], fewest, True
    return order


def _pairs(edges: pd.DataFrame, kind: str) -> list[tuple[str, str]]:
    """Cell and mediator of each distinct link of a kind."""
    some = edges[edges["kind"] == kind]
    ends = ("from", "to") if kind == "secretes" else ("to", "from")
    return sorted(set(zip(some[ends[0]], some[ends[1]], strict=True)))


def _neighbours(name: str, *pairs: list[tuple[str, str]]) -> list[str]:
    return [b if a == name else a for some in pairs for a, b in some if name in (a, b)]


def crossings(order: Mapping[str, Sequence[str]], *sides: Sequence[tuple[str, str]]) -> int:
    """How many pairs of lines cross when cells and mediators stand in this order, summed over both sides."""
    cell = {name: i for i, name in enumerate(order["cells"])}
    mediator = {name: i for i, name in enumerate(order["mediators"])}
    total = 0
    for pairs in sides:
        ends = np.array([(cell[a], mediator[b]) for a, b in pairs if a in cell and b in mediator])
        if len(ends) > 1:
            steps = ends[:, None, :] - ends[None, :, :]
            total += int((steps[..., 0] * steps[..., 1] < 0).sum()) // 2
    return total
