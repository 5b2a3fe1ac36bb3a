"""The atlas on the site: its figure, the map of gaps, a page a family of mediators where each fact has its address.

The facts travel once, as ``_assets/facts.js``, and only to a reader who asks the atlas something; without scripts the
pages of the families hold every fact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from urllib.parse import quote

import pandas as pd
from docutils import nodes
from scipy import stats
from soluble import atlas, evidence
from soluble.paths import data_path
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from . import icons
from .facts import FACT_PAGES, place
from .pages import dot, fact_row, raw

FILES = {
    "facts.csv": "Facts (CSV)",
    "facts.json": "Facts (JSON)",
    "references.bib": "Sources (BibTeX)",
    "trials.csv": "Trials (CSV)",
    "disagreements.yaml": "Disagreements (YAML)",
    "network.csv": "Network (CSV)",
    "compared.csv": "Facts compared again (CSV)",
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


class ComparedFacts(SphinxDirective):
    """Which facts were drawn at random and compared again, and what was found."""

    def run(self) -> list[nodes.Node]:
        builder, here = self.env.app.builder, self.env.docname
        return [raw(compared_facts(evidence.compared(), lambda identity: place(builder, here, "fact", identity)))]


def compared_facts(table: pd.DataFrame, address: Callable[[str], str]) -> str:
    """A sentence with the counts, and the list to open."""
    drawn = next(r for r in evidence.schema()["resources"] if r["name"] == "compared")["drawn"]
    counts = table["verdict"].value_counts()
    said = {
        "agrees": "agreed",
        "agrees in part": "agreed in what the page showed",
        "corrected": "were wrong in a word or a number and are corrected",
        "not seen again": "could not be seen again",
    }
    told = ", ".join(f"{counts[verdict]} {words}" for verdict, words in said.items() if verdict in counts)
    seen, wrong = len(table) - counts.get("not seen again", 0), counts.get("corrected", 0)
    low, high = (100 * end for end in stats.binomtest(int(wrong), int(seen)).proportion_ci(method="exact"))
    share = f"Of all facts, then, {100 * wrong / seen:.0f} % may hold such an error (95 % interval {low:.0f} to {high:.0f} %)."
    rows = "".join(
        f'<tr><td><a href="{escape(address(i))}">{escape(i)}</a></td><td>{escape(row.verdict)}</td><td>{escape(row.found)}</td></tr>' for i, row in table.iterrows()
    )
    head = "".join(f'<th scope="col">{text}</th>' for text in ("Fact", "Verdict", "What was found"))
    return (
        f"<p>{len(table)} facts, drawn at random from {drawn['ids']}, were compared again with pages that show their sources: {told}. {share}</p>"
        f'<details class="folded"><summary>Which facts, and what was found</summary><p class="small">Drawn on {drawn["on"]} by '
        f"<code>{escape(drawn['by'])}</code> from the ids in {escape(drawn['from'])}.</p>"
        f'<div class="table-scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>'
    )


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
    for name in ("facts.csv", "trials.csv", "network.csv", "compared.csv", "datapackage.json", "disagreements.yaml"):
        (folder / name).write_bytes(data_path("evidence", name).read_bytes())
    (folder / "references.bib").write_bytes(data_path("references.bib").read_bytes())
    (folder / "facts.json").write_text(json.dumps(atlas.records(), ensure_ascii=False, indent=1) + "\n", encoding="utf8")


def setup(app: Sphinx) -> None:
    app.add_directive("atlas", Atlas)
    app.add_directive("gap-map", GapMap)
    app.add_directive("compared-facts", ComparedFacts)
    app.connect("html-collect-pages", family_pages)
    app.connect("build-finished", write_files, priority=610)
