"""The atlas on the site: its figure, the map of gaps, a page a family of mediators where each fact has its address.

The facts travel once, as ``_assets/facts.js``, and only to a reader who asks the atlas something; without scripts the
pages of the families hold every fact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import quote

import pandas as pd
from docutils import nodes
from soluble import atlas, evidence
from soluble.paths import data_path
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from . import icons
from .facts import FACT_PAGES
from .pages import dot, fact_row, raw

FILES = {
    "facts.csv": "Facts (CSV)",
    "facts.json": "Facts (JSON)",
    "references.bib": "Sources (BibTeX)",
    "trials.csv": "Trials (CSV)",
    "disagreements.yaml": "Disagreements (YAML)",
    "network.csv": "Network (CSV)",
    "datapackage.json": "What the columns mean",
}


class Atlas(SphinxDirective):
    """The figure that filters and draws the facts, and the list of pages that hold them."""

    def run(self) -> list[nodes.Node]:
        up = "../" * self.env.docname.count("/")
        references = self.env.app.builder.get_relative_uri(self.env.docname, self.config.soluble_references)
        table = atlas.annotated()
        config = atlas.configuration(table)
        drawn, height = atlas.picture(table, config["first"])
        attributes = f'data-script="facts.js" data-pages="{up}{FACT_PAGES}/" data-references="{escape(references)}"'
        downloads = "".join(f'<li><a href="{up}downloads/evidence/{name}" download>{icons.icon("download")}{text}</a></li>' for name, text in FILES.items())
        pages = "".join(
            f'<li><a href="{up}{FACT_PAGES}/{name}.html">{escape(title)}</a> <span class="small">{(table["family"] == name).sum()}</span></li>'
            for name, (title, _) in atlas.FAMILIES.items()
        )
        return [
            raw(atlas.static_figure(config, drawn, height, attributes)),
            raw(f'<p class="family-head">Every fact, page by page:</p><ul class="families">{pages}</ul><ul class="downloads">{downloads}</ul>'),
        ]


class GapMap(SphinxDirective):
    """Mediators by questions: how many facts, and where there is none in NSCLC."""

    def run(self) -> list[nodes.Node]:
        return [raw(gap_map(atlas.gaps()))]


def gap_map(cells: pd.DataFrame) -> str:
    """The table; each cell is a link that sets the filter of the atlas."""
    held, elsewhere = cells["nsclc"] > 0, (cells["nsclc"] == 0) & (cells["all"] > 0)
    told = (
        f"<p>Of {len(cells)} cells, {held.sum()} hold a fact from patients with NSCLC, {elsewhere.sum()} only facts from elsewhere "
        f"(other cancers, people without cancer, animals, cells, models), and {(cells['all'] == 0).sum()} none.</p>"
    )
    head = "".join(f'<th scope="col"><span title="{escape(asked)}">{word}</span></th>' for word, asked, _ in atlas.QUESTIONS.values())
    rows = []
    for mediator, row in cells.groupby("mediator", sort=False):
        name = dot(mediator)
        rows.append(f'<tr><th scope="row">{name}</th>{"".join(gap_cell(*cell) for cell in row.itertuples(index=False))}</tr>')
    legend = (
        '<p class="gap-legend"><span class="cell has-3">12</span> facts from patients with NSCLC '
        '<span class="cell is-gap">(5)</span> a gap: facts, none from NSCLC <span class="cell is-gap is-empty">–</span> a gap: no fact</p>'
    )
    skip = '<p class="skip-map"><a href="#after-the-map">Skip the map</a></p>'
    return (
        f'{told}{legend}{skip}<div class="table-scroll"><table class="gap-map"><thead><tr><th scope="col">Mediator</th>{head}</tr></thead>'
        f'<tbody>{"".join(rows)}</tbody></table></div><span id="after-the-map"></span>'
    )


def gap_cell(mediator: str, question: str, nsclc: int, total: int) -> str:
    word = atlas.QUESTIONS[question][0].lower()
    place = f"#atlas:mediator={quote(mediator, safe='')}&amp;question={question}"
    if nsclc:
        kind, shown, says = f"has-{1 + (nsclc > 2) + (nsclc > 9)}", str(nsclc), f"{nsclc} from NSCLC, {total} in all"
    elif total:
        kind, shown, says = "is-gap", f"({total})", f"a gap: none from NSCLC, {total} from elsewhere"
    else:
        kind, shown, says = "is-gap is-empty", "–", "a gap: no fact"
    return f'<td><a class="cell {kind}" href="{place}" aria-label="{escape(evidence.greek(mediator))}, {word}: {says}">{shown}</a></td>'


# ---------------------------------------------------------------------------------------------------------------------
# A page a family


def pages() -> list[str]:
    """The names of all pages of facts."""
    return [f"{FACT_PAGES}/{name}" for name in atlas.FAMILIES]


def family_pages(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """The pages of the families (Sphinx asks for pages without a source)."""
    if app.builder.name != "html":
        return
    table, used = atlas.annotated(), chapters_of_facts(app)
    for name, (title, _) in atlas.FAMILIES.items():
        page = f"{FACT_PAGES}/{name}"
        rows = table[table["family"] == name]
        body = family_body(title, rows, used, lambda to, here=page: app.builder.get_relative_uri(here, to), app.config)
        yield page, {"title": f"{title}: the facts", "body": body, "description": f"Every fact of the book's evidence base on {title}, with its source."}, "page.html"


def family_body(title: str, rows: pd.DataFrame, used: dict[str, list[tuple[str, str]]], way, config) -> str:
    """The facts mediator by mediator, question by question; each row is ``#fact-<id>``."""
    home = way(config.soluble_evidence)
    out = [
        f'<p class="eyebrow"><a href="{home}">Evidence</a></p><h1>{escape(title)}</h1>',
        f"<p>{len(rows)} facts from {rows['source'].nunique()} sources, each with an address of its own. "
        f'<a href="{home}">The atlas</a> filters and draws them.</p>',
    ]
    present = [m for m in atlas.mediators() if m in set(rows["mediator"])]
    level = "h2" if len(present) == 1 else "h3"
    for mediator in present:
        mine = rows[rows["mediator"] == mediator]
        if level == "h3":
            out.append(f"<h2>{escape(evidence.greek(mediator))}</h2>")
        for name, (_, asked, _) in atlas.QUESTIONS.items():
            part = mine[mine["question"] == name]
            if part.empty:
                continue
            place = f"{home}#atlas:mediator={quote(mediator, safe='')}&amp;question={name}"
            body = "".join(fact_row(evidence.fact(i), way(config.soluble_references), True, [(way(doc), text) for doc, text in used.get(i, [])]) for i in part.index)
            head = "".join(f'<th scope="col">{text}</th>' for text in ("Mediator", "What was found", "In whom, against what", "Source"))
            out.append(
                f'<{level}>{escape(asked)}</{level}><p class="small"><a href="{place}">{len(part)} in the atlas</a></p>'
                f'<div class="evidence-table table-scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
            )
    return "".join(out)


def chapters_of_facts(app: Sphinx) -> dict[str, list[tuple[str, str]]]:
    """Fact -> the chapters that use it, as document and its number."""
    out: dict[str, list[tuple[str, str]]] = {}
    for docname, ids in sorted(getattr(app.env, "soluble_used", {}).items()):
        if number := re.match(r"(?:.*/)?(\d\d)-", docname):
            for identity in ids:
                out.setdefault(identity, []).append((docname, f"chapter {int(number[1])}"))
    return out


# ---------------------------------------------------------------------------------------------------------------------
# Files


def script() -> str:
    """The facts as a classic script, so that they load from a folder, too."""
    text = json.dumps(atlas.columns_and_rows(), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f"solubleFacts={text}\n"


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """The evidence as files, into ``downloads/evidence/`` of the site."""
    if exception is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir) / "downloads" / "evidence"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("facts.csv", "trials.csv", "network.csv", "datapackage.json", "disagreements.yaml"):
        (folder / name).write_bytes(data_path("evidence", name).read_bytes())
    (folder / "references.bib").write_bytes(data_path("references.bib").read_bytes())
    (folder / "facts.json").write_text(json.dumps(atlas.records(), ensure_ascii=False, indent=1) + "\n", encoding="utf8")


def setup(app: Sphinx) -> None:
    app.add_directive("atlas", Atlas)
    app.add_directive("gap-map", GapMap)
    app.connect("html-collect-pages", family_pages)
    app.connect("build-finished", write_files, priority=610)
