"""The evidence seen from above: who was studied, which question a fact answers, where nothing was found.

The columns of ``facts.csv`` are words of the sources; here they are sorted into the few groups by which the atlas filters
and counts. Everything is computed from the table, so that a fact that is added finds its place by itself.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from . import evidence, style
from .explorer import config_script, svg_element

#: Facts that are read together on one page: id of the page -> title and mediators.
FAMILIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "il-6": ("IL-6, CRP and STAT3", ("IL-6", "CRP", "STAT3")),
    "il-1": ("IL-1", ("IL-1beta", "IL-1alpha")),
    "il-8": ("IL-8", ("IL-8",)),
    "il-10": ("IL-10", ("IL-10",)),
    "tnf": ("TNF, IFN-γ and IL-17", ("TNF", "IFN-gamma", "IL-17")),
    "cxcl12": ("CXCL12 and its receptors", ("CXCL12", "CXCR7")),
    "ccl21": ("CCL21 and CCL19", ("CCL21", "CCL19")),
    "chemokines": ("Other chemokines", ("CXCL9", "CXCL10", "CXCL13", "CCL2", "CCL5", "chemokines")),
    "vegf": ("VEGF and other growth factors", ("VEGF", "bFGF", "PDGF", "angiopoietin", "HGF", "EGFR")),
    "mmp": ("MMPs, TGF-β and EMT", ("MMP", "TGF-beta", "EMT")),
    "immune-cells": ("Immune cells", ("immune cells", "tertiary lymphoid structures")),
    "blood": ("Blood signatures", ("blood signature", "ctDNA")),
    "pd-1": ("PD-1, PD-L1 and combinations", ("PD-1/PD-L1", "combination")),
    "tumour": ("Tumours, and how they are studied", ("tumour",)),
}

#: The questions of the atlas: id -> one word, the question, the topics of ``facts.csv`` that answer it.
QUESTIONS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "risk": ("Risk", "Who gets lung cancer?", ("risk", "prevention")),
    "diagnosis": ("Diagnosis", "Who has it?", ("diagnosis",)),
    "level": ("Level", "How much is there?", ("concentration", "expression", "measurement", "receptor number")),
    "prognosis": ("Prognosis", "Who lives longer?", ("prognosis",)),
    "prediction": ("Prediction", "Whom does a treatment help?", ("prediction",)),
    "treatment": ("Treatment", "Does a drug against it help?", ("treatment",)),
    "drug": ("Drug", "What does the drug do in the body?", ("pharmacokinetics", "pharmacodynamics", "toxicity")),
    "mechanism": ("Mechanism", "How does it work?", ("mechanism",)),
    "binding": ("Binding", "How does it bind?", ("binding", "kinetics", "structure")),
    "model": ("Model", "Which numbers do models use?", ("model",)),
}

NSCLC = "NSCLC"
#: Who or what was studied, from the nearest to the question of this book to the farthest.
POPULATIONS = (NSCLC, "lung cancer, kinds not told apart", "other or mixed cancers", "people without cancer", "animals", "cells and molecules", "models, methods and reviews")
_LUNG, _CANCER, _HEALTHY, _ANIMALS, _CELLS, _PAPER = POPULATIONS[1:]
_BY_DESIGN = {"mathematical model": _PAPER, "binding assay": _CELLS, "structure": _CELLS, "cell culture": _CELLS, "animal": _ANIMALS}
_NOT_NSCLC = re.compile(r"\((?:[^()]*\b(?:not|no) (?:NSCLC|cancer)|NSCLC at most)[^()]*\)|\bno NSCLC\b")
_OTHER_CANCER = re.compile(r"prostate|colorectal|melanoma|kidney|renal|urothelial|pancrea|solid tumours|other cancers|several cancers|mixed cancers|all cancers|kinds of cancer")
_WITHOUT = re.compile(r"healthy|volunteers|general population|free of known cancer|without (?:lung )?cancer|^humans\b|Crohn|bronchiectasis|pustulosis|cryopyrin|^Castleman")

#: End points in groups: name -> what an end point's words must hold (toxicity is harm, whatever its words).
END_POINTS: dict[str, re.Pattern[str]] = {
    "overall survival": re.compile(r"overall survival|(?<!progression-free )(?<!disease-free )(?<!event-free )(?<!recurrence-free )\bsurvival\b|\bdeath"),
    "progression or recurrence": re.compile(r"progression|recurrence|disease-free|event-free|treatment failure"),
    "response": re.compile(r"response|benefit|reduction of tumour size|stable disease"),
    "having or getting cancer": re.compile(r"incident|lung cancers?\b|malignant nodule|new cancers"),
    "harm": re.compile(r"toxicity|adverse|treatment-related|bleeding"),
}
LEVEL, OTHER_END = "level or count", "no clinical end point"


def family(mediator: str) -> str:
    """The id of the page that holds the facts of a mediator; what no family names stands with the last."""
    return next((name for name, (_, members) in FAMILIES.items() if mediator in members), list(FAMILIES)[-1])


def mediators() -> list[str]:
    """Every mediator of the vocabulary, family by family."""
    known = next(f for f in evidence.schema()["resources"][0]["schema"]["fields"] if f["name"] == "mediator")["constraints"]["enum"]
    order = [m for _, members in FAMILIES.values() for m in members]
    return sorted(known, key=lambda m: order.index(m) if m in order else len(order))


def question(topic: str) -> str:
    """The id of the question that a topic answers. Raises ``KeyError`` for a topic that no question holds."""
    for name, (_, _, topics) in QUESTIONS.items():
        if topic in topics:
            return name
    raise KeyError(f"no question of the atlas holds the topic {topic!r}; add it to QUESTIONS in soluble/atlas.py")


def population(words: str, design: str) -> str:
    """One of :data:`POPULATIONS`, from the words of the column ``population`` and the study's design.

    A study of NSCLC beside other cancers is mixed; small-cell lung cancer is another cancer; what says only *lung cancer*
    does not tell the kinds apart.
    """
    if design in _BY_DESIGN:
        return _BY_DESIGN[design]
    said = _NOT_NSCLC.sub("", words)
    if _OTHER_CANCER.search(said) and not re.match(r"NSCLC, subgroup", said):
        return _CANCER
    if re.search(r"\bNSCLC\b(?! and SCLC)|lung adenocarcinoma|bronchioloalveolar", said) and "(NSCLC and SCLC)" not in said:
        return NSCLC
    if re.search(r"small-cell", said):
        return _CANCER
    if re.search(r"(?<!without )lung cancer|PLCO screening|NLST|NCI-Maryland", said):
        return _LUNG
    if _WITHOUT.search(said):
        return _HEALTHY
    if re.search(r"cancer|tumour|carcinoma|melanoma|effusion|checkpoint inhibitor", said):
        return _CANCER
    return _PAPER


def end_points(endpoint: str, topic: str) -> list[str]:
    """The groups of end points that a fact belongs to; at least one."""
    found = [name for name, words in END_POINTS.items() if words.search(endpoint) or (name == "harm" and topic == "toxicity")]
    if not found and question(topic) == "level":
        found = [LEVEL]
    return found or [OTHER_END]


def annotated(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """The facts with four more columns: ``family``, ``question``, ``people`` (one of POPULATIONS), ``ends`` (a list)."""
    table = evidence.facts() if table is None else table.copy()
    table["family"] = [family(m) for m in table["mediator"]]
    table["question"] = [question(t) for t in table["topic"]]
    table["people"] = [population(p, d) for p, d in zip(table["population"], table["design"], strict=True)]
    table["ends"] = [end_points(e, t) for e, t in zip(table["endpoint"], table["topic"], strict=True)]
    return table


def gaps(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """How many facts each mediator has for each question.

    Returns
    -------
    DataFrame
        One row a mediator and question: ``mediator, question, nsclc, all``. Where ``nsclc`` is 0 the map shows a gap.
    """
    table = annotated(table)
    rows = []
    for mediator in mediators():
        mine = table[table["mediator"] == mediator]
        for name in QUESTIONS:
            cell = mine[mine["question"] == name]
            rows.append((mediator, name, int((cell["people"] == NSCLC).sum()), len(cell)))
    return pd.DataFrame(rows, columns=["mediator", "question", "nsclc", "all"])


# ---------------------------------------------------------------------------------------------------------------------
# What can be drawn


NEUTRAL = {"standardised mean difference": 0.0, "percent change": 0.0, "difference": 0.0, "correlation": 0.0, "log hazard ratio": 0.0}


def measure(quantity: str, unit: str) -> str:
    """What facts must share to stand on one axis: ``hazard ratio``, ``concentration (pg/mL)``."""
    return f"{quantity} ({evidence.printed_unit(unit)})" if unit else quantity


def neutral(quantity: str) -> float | None:
    """The value of no effect, or ``None`` where there is none."""
    return 1.0 if quantity in evidence.RATIOS or quantity == "fold change" else NEUTRAL.get(quantity)


def measures(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Everything that can be drawn, the most frequent first: name -> ``count, log, neutral``."""
    drawn = table[table["value"].notna()]
    out = {}
    for (quantity, unit), rows in sorted(drawn.groupby(["quantity", "unit"], sort=False), key=lambda item: (-len(item[1]), item[0])):
        low, high = rows["value"].min(), rows["value"].max()
        out[measure(quantity, unit)] = {
            "count": len(rows),
            "log": bool(low > 0 and (quantity in evidence.RATIOS or high / low > 30)),
            "neutral": neutral(quantity),
        }
    return out


def summary(table: pd.DataFrame, name: str) -> str:
    """What the picture of this measure shows, in words (``web/src/atlas.js`` says the same)."""
    rows = _drawn(table, name)
    middle = neutral(rows["quantity"].iloc[0])
    text = f"{_count(len(table), 'fact')} from {_count(table['source'].nunique(), 'source')}. Drawn: {name} of {_count(len(rows), 'fact')}, median {_number(rows['value'].median())}."
    if middle is not None:
        with_interval = rows["ci_low"].notna()
        above, below = (with_interval & (rows["ci_low"] > middle)).sum(), (with_interval & (rows["ci_high"] < middle)).sum()
        holds = with_interval.sum() - above - below
        text += f" Of {_count(int(with_interval.sum()), 'interval')}, {above} lie above {middle:g}, {below} below, {holds} hold it."
    return text


def _drawn(table: pd.DataFrame, name: str) -> pd.DataFrame:
    names = [measure(q, u) for q, u in zip(table["quantity"], table["unit"], strict=True)]
    return table[table["value"].notna() & (pd.Series(names, index=table.index) == name)]


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _number(value: float) -> str:
    """Three significant digits, a tie away from zero, as ``toPrecision`` has it in the browser."""
    exact = Decimal(float(value))
    digits = Decimal(1).scaleb(exact.adjusted() - 2)
    return f"{exact.quantize(digits, ROUND_HALF_UP).normalize():f}"


#: Pixels of the picture: its width, above and below the rows, between mediators, least height of a mediator, all rows together.
WIDTH, HEAD, FOOT, GAP, LANE, ROWS = 720, 26, 46, 5, 15, 620


def lanes(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows mediator by mediator, each sorted by value."""
    order = {m: i for i, m in enumerate(mediators())}
    parts = sorted(rows.groupby("mediator"), key=lambda part: order[part[0]])
    return [(name, part.sort_values("value", kind="stable")) for name, part in parts]


def domain(rows: pd.DataFrame, log: bool, middle: float | None) -> tuple[float, float]:
    """The axis: every value, intervals as far as they reach not much farther than the values do."""
    to, back = (math.log, math.exp) if log else (float, float)
    low, high = to(rows["value"].min()), to(rows["value"].max())
    spare = 0.25 * max(high - low, 1e-9 if log else 1e-9 * max(abs(high), 1))
    ends = rows.loc[rows["ci_low"].notna() & ((rows["ci_low"] > 0) | (not log)), ["ci_low", "ci_high"]]
    if len(ends):
        low, high = max(low - spare, min(low, to(ends["ci_low"].min()))), min(high + spare, max(high, to(ends["ci_high"].max())))
    if middle is not None:
        low, high = min(low, to(middle)), max(high, to(middle))
    pad = 0.03 * (high - low) or 0.5
    return back(low - pad), back(high + pad)


def picture(table: pd.DataFrame, name: str, width: int = WIDTH) -> tuple[str, int]:
    """The strip of one measure as an SVG element, and its height in pixels: a line a fact, mediator by mediator."""
    import matplotlib as mpl
    import numpy as np
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    rows = _drawn(table, name)
    about = measures(table)[name]
    parts = lanes(rows)
    pitch = min(20.0, max(1.6, ROWS / len(rows)))
    heights = [max(LANE, len(part) * pitch) for _, part in parts]
    height = round(HEAD + FOOT + sum(heights) + GAP * (len(parts) - 1))
    with mpl.rc_context():
        style.use()
        mpl.rcParams.update({"font.size": 12, "figure.constrained_layout.use": False, "svg.hashsalt": "atlas"})
        figure = Figure(figsize=(width / 72, height / 72))
        FigureCanvasSVG(figure)
        left = 18 + 6.2 * max(len(n) for n, _ in parts)
        axes = figure.add_axes((left / width, FOOT / height, (width - left - 14) / width, (height - HEAD - FOOT) / height))
        top, y_end = 0.0, height - HEAD - FOOT
        low, high = domain(rows, about["log"], about["neutral"])
        for (lane, part), tall in zip(parts, heights, strict=True):
            colour = style.MEDIATORS[lane].light if lane in style.MEDIATORS else style.MUTED
            y = top + (tall - len(part) * pitch) / 2 + pitch * (np.arange(len(part)) + 0.5)
            ends = part[["ci_low", "ci_high"]].to_numpy(float).clip(low, high)
            segments = np.column_stack([ends, np.full(len(part), np.nan)]).ravel()
            axes.plot(segments, np.repeat(y, 3), color=colour, lw=min(1.6, max(0.8, 0.35 * pitch)), alpha=0.55, solid_capstyle="butt")
            axes.plot(part["value"], y, "o", color=colour, ms=2 * min(4.0, max(1.3, 0.45 * pitch)), mew=0)
            axes.annotate(evidence.greek(lane), (-8, top + tall / 2), xycoords=("axes points", "data"), ha="right", va="center", fontsize=12, color=style.INK)
            top += tall + GAP
        axes.set_ylim(y_end, 0)
        if about["log"]:
            axes.set_xscale("log")
        axes.set_xlim(low, high)
        if about["log"] and high / low < 1000:
            evidence._plain_log_ticks(axes)
        if about["neutral"] is not None:
            axes.axvline(about["neutral"], color=style.INK, lw=1, ls=(0, (4, 3)))
        axes.tick_params(axis="x", labeltop=True, length=0)
        axes.set_yticks([])
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(name + (" (logarithmic scale)" if about["log"] else ""))
        drawn = svg_element(figure, f"Strip of {len(rows)} facts, mediator by mediator. {summary(table, name)}", height, width)
    return drawn, height


# ---------------------------------------------------------------------------------------------------------------------
# The facts as data


def records(table: pd.DataFrame | None = None) -> list[dict[str, Any]]:
    """Every fact as a plain dict: its columns (numbers as numbers, empty ones left out), its groups, its reference."""
    table = annotated(table)
    known = evidence.references()
    out = []
    for identity, row in table.iterrows():
        kept = {"id": identity} | {k: v for k, v in row.items() if not (isinstance(v, float) and math.isnan(v)) and v is not pd.NA and v != ""}
        kept["reference"] = {k: known[row["source"]][k] for k in ("authors", "title", "journal", "year", "doi", "pmid", "url") if known[row["source"]][k]}
        out.append({k: (int(v) if k == "n" else v) for k, v in kept.items()})
    return out


def columns_and_rows(table: pd.DataFrame | None = None) -> dict[str, Any]:
    """The facts as the browser takes them: the columns of ``facts.csv`` as printed, then what the atlas adds."""
    table = annotated(table)
    printed = [f["name"] for f in evidence.schema()["resources"][0]["schema"]["fields"]]
    rows = []
    for identity, row in table.iterrows():
        fact = evidence.fact(identity)
        cells = [identity if c == "id" else fact.printed.get(c, "" if getattr(fact, c) is None else str(getattr(fact, c))) for c in printed]
        rows.append([*cells, fact.reference["label"], fact.text("ci") if fact.value is not None or fact.ci_low is not None else "", row["question"], row["people"], row["ends"], measure(row["quantity"], row["unit"])])
    return {"columns": [*printed, "label", "ci", "question", "people", "ends", "measure"], "printed": len(printed), "rows": rows}


def select(values: Iterable[str], labels: dict[str, str] | None = None) -> list[list[str]]:
    """Choices of a filter as ``[value, label]``."""
    return [[v, (labels or {}).get(v, v)] for v in values]


def configuration(table: pd.DataFrame | None = None) -> dict[str, Any]:
    """Everything that the front end needs before the facts themselves are loaded."""
    table = annotated(table)
    drawable = measures(table)
    first = next(iter(drawable))
    present = set(table["mediator"])
    return {
        "id": "atlas",
        "view": "atlas",
        "title": "",
        "caption": "",
        "alt": "Facts of the evidence base, mediator by mediator.",
        "filters": {
            "mediator": ["Mediator", [[m, evidence.greek(m)] for m in mediators() if m in present]],
            "question": ["Question", [[name, f"{word}: {asked}"] for name, (word, asked, _) in QUESTIONS.items()]],
            "people": ["Population", select(POPULATIONS)],
            "ends": ["End point", select([*END_POINTS, LEVEL, OTHER_END])],
            "design": ["Kind of study", select(sorted(set(table["design"])))],
        },
        "measures": drawable,
        "first": first,
        "summary": summary(table, first),
        "families": {m: family(m) for m in present},
        "colours": {m: style.slug(m) for m in present if m in style.MEDIATORS},
        "order": mediators(),
    }


def static_figure(config: dict[str, Any], drawn: str, height: int, attributes: str) -> str:
    """The element that the front end enlivens: room for the filters, the first picture, its words."""
    return (
        f'<figure class="explorer" id="explorer-{config["id"]}" data-view="atlas" {attributes}>'
        f'<div class="explorer-body"><div class="explorer-panel"></div><p class="explorer-summary">{html.escape(config["summary"])}</p>'
        f'<div class="explorer-stage" style="aspect-ratio:{WIDTH}/{height}">{drawn}</div></div>'
        f"{config_script(config)}</figure>"
    )
