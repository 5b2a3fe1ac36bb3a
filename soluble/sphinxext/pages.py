"""What generated pages show: tables of facts and trials, disagreements, model sheets, the mediators, downloads, the state of the build."""

from __future__ import annotations

import csv
import hashlib
import io
import platform
import re
import zipfile
from datetime import UTC, datetime
from html import escape
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.ext.glue.crossref import read_glue_cache
from soluble import evidence, notebooks, style
from soluble.mediators import Mediator, mediators
from soluble.network import makers
from soluble.paths import data_path, data_root
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from . import icons, slides
from .facts import noted, place, source_place
from .rebuild import declarations

SEEN_IN = {"patients": "patients", "cells": "in culture", "mice": "mice", "stated": "stated"}
FIRST = 8  # rows that a table inside a chapter shows before it is asked for all
CHAPTER = re.compile(r"(?:.*/)?\d\d-[\w-]+$")
PACKAGES = ("jupyter-book", "sphinx", "sphinx-book-theme", "myst-nb", "numpy", "scipy", "sympy", "pandas", "matplotlib", "python-libsbml", "latex2mathml", "anywidget")


def raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")


def dot(name: str) -> str:
    """A mediator's name with its colour."""
    known = name if name in style.MEDIATORS else name.replace("β", "beta")
    paint = f' style="--dot:var(--med-{style.slug(known)})"' if known in style.MEDIATORS else ""
    return f'<span class="med"><span class="dot"{paint}></span>{escape(evidence.greek(name))}</span>'


# ---------------------------------------------------------------------------------------------------------------------
# Facts


class EvidenceTable(SphinxDirective):
    """The facts of one ``:mediator:`` or with these ``:ids:``, with filters that need no server."""

    option_spec = {"mediator": directives.unchanged, "ids": directives.unchanged, "no-filter": directives.flag}

    def run(self) -> list[nodes.Node]:
        table = evidence.facts()
        if wanted := self.options.get("mediator"):
            table = table[table["mediator"].isin([m.strip() for m in wanted.split(",")])]
        if ids := self.options.get("ids"):
            table = table.loc[[i.strip() for i in ids.split(",")]]
        if table.empty:
            raise self.error("no fact fits this table")
        use(self.env, self.env.docname, table.index)
        references = self.env.app.builder.get_relative_uri(self.env.docname, self.config.soluble_references)
        name = f"evidence-{self.env.new_serialno('evidence-table') + 1}"
        return [raw(fact_table(name, list(table.index), references, filtered="no-filter" not in self.options))]


def use(env, docname: str, ids) -> None:
    """Remember that a page shows these facts."""
    env.soluble_used = getattr(env, "soluble_used", {})
    env.soluble_used.setdefault(docname, set()).update(ids)


def forget(app: Sphinx, env, docname: str) -> None:
    getattr(env, "soluble_used", {}).pop(docname, None)


def note_code(app: Sphinx, doctree: nodes.document) -> None:
    """Facts that the prose and the code of a page name."""
    ids = {identity for node in doctree.findall(noted) for identity in node["facts"]}
    for block in doctree.findall(nodes.literal_block):
        ids |= set(re.findall(r"[\"']([\w.-]+)[\"']", block.astext())) & set(evidence.facts().index)
    use(app.env, app.env.docname, ids)


def fact_table(name: str, ids: list[str], references: str, filtered: bool) -> str:
    rows = "".join(fact_row(evidence.fact(i), references) for i in ids)
    tools = filters(name, len(ids), FACT_FILTERS, "rows", first=FIRST) if filtered else ""
    head = "<tr><th scope=col>Mediator</th><th scope=col>What was found</th><th scope=col>In whom, against what</th><th scope=col>Source</th></tr>"
    return f'{tools}<div class="evidence-table table-scroll"><table id="{name}"><thead>{head}</thead><tbody>{rows}</tbody></table></div>'


FACT_FILTERS = {"mediator": "Mediator", "endpoint": "End point", "population": "Population", "design": "Design"}


def filters(table: str, count: int, keys: dict[str, str], things: str, first: int = 0) -> str:
    """The form that filters what stands in the element of this id; ``keys`` are the data attributes that it offers."""
    selects = "".join(f'<label>{label}<select data-key="{key}"><option value="">all</option></select></label>' for key, label in keys.items())
    return (
        f'<form class="table-tools" data-for="{table}" data-first="{first}" data-things="{things}" hidden role="search" aria-label="Filter the {things}">'
        f'<label>Words<input type="search" autocomplete="off"></label>{selects}<button type="button" data-clear>Show all</button>'
        f'<p data-count aria-live="polite">All {count} {things}</p></form>'
    )


def fact_row(found, references: str, anchored: bool = False, used: list[tuple[str, str]] = ()) -> str:
    """A row of a table of facts. On the page where the fact is at home it has its address, and tells who uses it."""

    def data(key: str, value: str) -> str:
        return f' data-{key}="{escape(value, quote=True)}"' if value else ""

    estimate = found.text("ci") if found.value is not None or found.ci_low is not None else ""
    quantity = found.quantity if found.quantity != "finding" else ""
    who = "; ".join(p.rstrip(".") for p in (found.population, found.stage and f"stage {found.stage}", found.treatment) if p)
    against = "; ".join(p for p in (found.comparison, found.cutoff and f"cut-off {found.cutoff}", found.endpoint) if p)
    measured = ", ".join(p for p in (found.sample, found.assay) if p)
    small = "".join(f'<br><span class="small">{escape(text)}</span>' for text in (against, measured, found.text("n")) if text)
    reference = found.reference
    flag = f'<br><span class="small fact-flagged">{escape(found.flag)}</span>' if found.flag else ""
    anchor = f' id="fact-{escape(found.id)}"' if anchored else ""
    number = f'<span class="estimate">{escape(quantity)} {escape(estimate)}</span><br>' if estimate else ""
    seen = ", ".join(p for p in (found.where_seen, found.design) if p)
    home = ""
    if anchored:
        paper = f'<br><a href="{escape(reference["url"])}" aria-label="The paper: {escape(reference["label"])}">the paper</a>' if reference["url"] else ""
        home = f'{paper}<br><a class="address" href="#fact-{escape(found.id)}" aria-label="Link to this fact: {escape(found.id)}">link to this fact</a>'
        home += "".join(f'<br><span class="small">used in <a href="{escape(way)}">{text}</a></span>' for way, text in used)
    return (
        f"<tr{anchor}{data('mediator', evidence.greek(found.mediator))}{data('endpoint', found.endpoint)}{data('population', found.population)}{data('design', found.design)}>"
        f"<td>{dot(found.mediator)}</td><td>{number}{escape(found.statement)}{flag}</td><td>{escape(who)}{small}</td>"
        f'<td><a href="{escape(references)}#{escape(found.source)}">{escape(reference.get("label") or found.source)}</a>'
        f'<br><span class="small">seen in: {escape(seen)}</span>{home}</td></tr>'
    )


TRIAL_FILTERS = {"axis": "Axis", "partner": "Partner", "phase": "Phase", "population": "Population", "endpoint": "End point", "outcome": "Outcome"}


class TrialsTable(SphinxDirective):
    """The trials of drugs that target the network, of one ``axis``, those with these ``ids``, or the ``combinations`` alone; with
    ``filter`` the table has filters. On the evidence page each row is ``#trial-<id>`` and the table always has them."""

    option_spec = {"axis": directives.unchanged, "ids": directives.unchanged, "combinations": directives.flag, "filter": directives.flag}

    def run(self) -> list[nodes.Node]:
        table = evidence.trials()
        if axis := self.options.get("axis"):
            table = table[table["axis"] == axis]
        if ids := self.options.get("ids"):
            table = table.loc[[i.strip() for i in ids.split(",")]]
        trials = [evidence.trial(identity) for identity in table.index]
        if "combinations" in self.options:
            trials = [trial for trial in trials if evidence.trial_classes(trial)["partner"] != ["alone"]]
        if not trials:
            raise self.error("no trial fits this table")
        home = self.env.docname == self.config.soluble_evidence
        filtered = home or "filter" in self.options
        name = "all-trials" if home else f"trials-{self.env.new_serialno('trials-table') + 1}"
        use(self.env, self.env.docname, [i for trial in trials for i in trial["facts"]])
        rows = "".join(trial_row(trial, self.env.app.builder, self.env.docname, anchored=home, filtered=filtered) for trial in trials)
        tools = filters(name, len(trials), TRIAL_FILTERS, "trials", first=0 if home else FIRST) if filtered else ""
        head = "<tr><th scope=col>Trial</th><th scope=col>Drug</th><th scope=col>Result, and what it taught</th><th scope=col>Source</th></tr>"
        return [raw(f'{tools}<div class="evidence-table trials-table table-scroll"><table id="{name}"><thead>{head}</thead><tbody>{rows}</tbody></table></div>')]


def trial_row(trial: dict, builder, docname: str, anchored: bool, filtered: bool) -> str:
    source = f'<a href="{escape(source_place(builder, docname, trial["source"]))}">{escape(evidence.references()[trial["source"]]["label"])}</a>'
    registry = f"<br><span class=small>{escape(trial['registry'])}</span>" if trial["registry"] else ""
    what = "; ".join(p for p in (trial["agent"], trial["mechanism"], trial["partner"] and f"with {trial['partner']}") if p)
    number = f"n = {trial['n']}" if str(trial["n"]).isdigit() else ""
    where = "; ".join(p for p in (f"phase {trial['phase']}" if trial["phase"][0].isdigit() else trial["phase"], trial["setting"], number) if p)
    result = " ".join(p for p in (escape(trial["words"]), fact_links(trial["facts"], builder, docname)) if p)
    data = f' id="trial-{trial["id"]}"' if anchored else ""
    if filtered:
        classes = {**evidence.trial_classes(trial), "axis": [evidence.greek(trial["axis"])], "outcome": [trial["outcome"]], "phase": [trial["phase"]]}
        data += "".join(f' data-{key}="{escape("|".join(classes[key]))}"' for key in TRIAL_FILTERS)
    return (
        f"<tr{data}><td><strong>{escape(trial['name'])}</strong><br><span class=small>{escape(where)}</span></td><td>{escape(what)}"
        f"<br><span class=small>against {escape(trial['comparator'])}</span></td><td>{result}<br><span class=outcome>{trial['outcome']}</span>"
        f" <span class=small>{escape(trial['lesson'])}</span></td><td>{source}{registry}</td></tr>"
    )


def fact_links(ids: list[str], builder, docname: str) -> str:
    """Each fact in a few words, as a link to its place."""
    return " · ".join(f'<a class="plain" href="{escape(place(builder, docname, "fact", i))}">{escape(evidence.fact(i).text("headline"))}</a>' for i in ids)


class Disagreements(SphinxDirective):
    """The contradictions of the field, both sides with their facts; each is ``#disagreement-<id>``."""

    def run(self) -> list[nodes.Node]:
        found = evidence.disagreements()
        use(self.env, self.env.docname, [i for entry in found for side in ("side_a", "side_b") for i in entry[side]["facts"]])
        entries = "".join(disagreement_entry(entry, self.env.app.builder, self.env.docname) for entry in found)
        tools = filters("disagreements", len(found), {"mediator": "Mediator"}, "disagreements")
        return [raw(f'{tools}<div id="disagreements" class="disagreements">{entries}</div>')]


def disagreement_entry(entry: dict, builder, docname: str) -> str:
    sides = "".join(
        f'<div class="side"><p><strong>{title}.</strong> {escape(side["says"])}</p><ul>{"".join(fact_item(i, builder, docname) for i in side["facts"])}</ul></div>'
        for title, side in (("One side", entry["side_a"]), ("The other", entry["side_b"]))
    )
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in entry["explanations"])
    name = f"disagreement-{entry['id']}"
    return (
        f'<details class="disagreement" id="{name}" data-mediator="{escape(evidence.greek(entry["mediator"]))}"><summary>{dot(entry["mediator"])} '
        f'<span class="claim">{escape(entry["claim"])}</span></summary><div class="sides">{sides}</div>'
        f"<p><strong>What could explain it:</strong></p><ul>{reasons}</ul><p><strong>What would decide:</strong> {escape(entry['would_decide'])} "
        f'<a class="address" href="#{name}">Link to this disagreement</a></p></details>'
    )


def fact_item(identity: str, builder, docname: str) -> str:
    found = evidence.fact(identity)
    who = "; ".join(p.rstrip(".") for p in (found.comparison, found.population, found.text("n")) if p)
    return (
        f'<li><a href="{escape(place(builder, docname, "fact", identity))}">{escape(found.text("headline"))}</a> <span class="small">{escape(who)}; '
        f'<a href="{escape(source_place(builder, docname, found.source))}">{escape(found.text("source"))}</a></span></li>'
    )


# ---------------------------------------------------------------------------------------------------------------------
# Models


class ModelSheets(SphinxDirective):
    """The list of all models; each has a page of its own with its sheet."""

    def run(self) -> list[nodes.Node]:

        up = "../" * self.env.docname.count("/")
        models = sorted(all_models(), key=lambda m: m.title)
        rows = "".join(
            f'<tr id="model-{m.id}" data-kind="{m.kind}"><td><a href="{up}models/{m.id}.html"><strong>{escape(m.title)}</strong></a>'
            f'<br><code>{m.id}</code></td><td>{escape(m.summary)}</td><td>{m.kind}<br><span class=small>{size(m)}, '
            f"{counted(len(m.parameter_ids), 'parameter')}</span></td></tr>"
            for m in models
        )
        head = "<tr><th scope=col>Model</th><th scope=col>What it holds</th><th scope=col>Kind and size</th></tr>"
        return [raw(f'<div class="evidence-table models-table table-scroll"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>')]


def all_models() -> list:
    """Every declared model: those of equations in time, and those of fields with cells."""
    import soluble

    return [*map(soluble.load_model, soluble.list_models()), *map(soluble.load_field, soluble.list_fields())]


def size(model) -> str:
    """How large a model is: its states, or its fields and kinds of cells."""
    if hasattr(model, "states"):
        return counted(len(model.states), "state")
    return f"{counted(len(model.fields), 'field')}, {counted(len(model.cells), 'kind')} of cells"


def counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def model_pages(app: Sphinx):
    """A page for each model: its sheet, and its files for other tools (Sphinx asks for pages without a source)."""
    import soluble

    if app.builder.name != "html":
        return
    for model in all_models():
        identity = model.id
        in_space = identity in soluble.list_fields()  # no format that other tools read holds cells that move in fields
        files = () if in_space else ((".xml", "SBML"), (".ant", "Antimony"), (".omex", "COMBINE archive"))
        links = "".join(
            f'<li><a href="../downloads/models/{identity}{ending}" download>{icons.icon("download")}{text}</a></li>' for ending, text in (*files, (".yaml", "Declaration"))
        )
        back = f'<p class="eyebrow"><a href="../chapters/models.html#model-{identity}">Models</a></p>'
        call = f'load_field("{identity}")\nmodel.simulate(seed=1)' if in_space else f'load_model("{identity}")\nmodel.simulate()'
        code = f'<div class="highlight"><pre>import soluble\n\nmodel = soluble.{call}</pre></div>'
        sheet = re.sub(r"<(/?)h3\b", r"<\1h2", sheet_html(model, Path(app.doctreedir) / "sheets"))
        body = f'{back}<h1>{escape(model.title)}</h1><ul class="downloads">{links}</ul>{code}{sheet}'
        yield f"models/{identity}", {"title": model.title, "body": body, "description": model.summary}, "page.html"


def sheet_html(model, folder: Path) -> str:
    """A model's sheet; kept, because it runs every published result, until the declaration or the library changes."""
    package = Path(__file__).resolve().parent.parent
    sum_ = hashlib.sha256(model.text.encode())
    for file in sorted(package.glob("*.py")):
        sum_.update(file.read_bytes())
    sum_.update(str([evidence.references().get(source) for source in model.sources]).encode())
    kept = folder / f"{model.id}-{sum_.hexdigest()[:16]}.html"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        kept.write_text(model.sheet().to_html(), encoding="utf8")
    return kept.read_text(encoding="utf8")


def write_models(folder: Path) -> None:
    """Each model as its declaration and, where equations in time are all of it, as SBML, Antimony and COMBINE archive."""
    import soluble

    folder.mkdir(parents=True, exist_ok=True)
    for identity in soluble.list_models():
        model = soluble.load_model(identity)
        (folder / f"{identity}.xml").write_text(model.to_sbml(), encoding="utf8")
        (folder / f"{identity}.ant").write_text(model.to_antimony(), encoding="utf8")
        (folder / f"{identity}.omex").write_bytes(model.to_archive())
    for model in all_models():
        (folder / f"{model.id}.yaml").write_text(model.text, encoding="utf8")


# ---------------------------------------------------------------------------------------------------------------------
# Mediators


class Mediators(SphinxDirective):
    """The mediators by all their names: receptors, the cells that make them, mass and chapter; each is ``#mediator-<word>``."""

    def run(self) -> list[nodes.Node]:
        rows = "".join(self.row(m) for m in mediators())
        titles = ("Mediator", "Receptors", "Made by", "Mass, kDa", "In one line")
        head = "".join(f"<th scope=col>{title}</th>" for title in titles)
        return [raw(f'<div class="evidence-table mediators-table table-scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>')]

    def row(self, m: Mediator) -> str:
        written = m.chapter and f"chapters/{m.chapter}" in self.env.found_docs
        where = f'<a href="{escape(m.chapter)}.html">Chapter {int(m.chapter[:2])}</a>' if written else ""
        names = ", ".join([m.long, *m.synonyms])
        return (
            f'<tr id="mediator-{m.word}"><td>{dot(m.colour or m.name)}<br><span class=small>{escape(names)}</span></td><td>{escape(", ".join(m.receptors)) or "–"}</td>'
            f"<td>{self.cells(m) or '–'}</td><td>{self.mass(m) or '–'}</td><td>{escape(m.role)} {where}</td></tr>"
        )

    def cells(self, m: Mediator) -> str:
        return "<br>".join(
            f"{escape(cell)} <span class=small>{SEEN_IN[where]}; {', '.join(self.source(key) for key in sources)}</span>" for cell, where, sources in makers(m)
        )

    def mass(self, m: Mediator) -> str:
        if not m.mass:
            return ""
        return f'{escape(str(m.mass["kDa"]))}<br><span class=small>{escape(m.mass["of"])}; {self.source(m.mass["source"])}</span>'

    def source(self, key: str) -> str:
        """A source in the list of references, or a page by its host; KeyError for a key that is not there."""
        if "://" in key:
            return f'<a href="{escape(key)}">{escape(urlsplit(key).netloc.removeprefix("www."))}</a>'
        return f'<a href="{escape(source_place(self.env.app.builder, self.env.docname, key))}">{escape(evidence.references()[key]["label"])}</a>'


# ---------------------------------------------------------------------------------------------------------------------
# Downloads of a chapter


class ChapterDownloads(SphinxDirective):
    """Links to the chapter as a notebook and to its references."""

    def run(self) -> list[nodes.Node]:
        up = "../" * self.env.docname.count("/")
        items = "".join(
            f'<li><a href="{up}{item["file"]}"{item.get("how", " download")}>{icons.icon(item["icon"])}{item["text"]}</a></li>' for item in offered(self.env.docname)
        )
        return [raw(f'<ul class="downloads">{items}</ul>')]


def offered(docname: str) -> list[dict[str, str]]:
    """The files that go with a chapter; ``how`` is empty for one that is opened and not saved."""
    name = docname.rpartition("/")[2]
    return [
        {"file": slides.name_of(name), "icon": "slides", "text": "Slides", "how": ""},
        {"file": f"downloads/{name}.ipynb", "icon": "notebook", "text": "Notebook (.ipynb)"},
        {"file": f"downloads/{notebooks.PACKAGE.removeprefix('./')}", "icon": "file", "text": "The package that it needs (.whl)"},
        {"file": f"downloads/{name}-data.zip", "icon": "download", "text": "Facts and models (.zip)"},
        {"file": f"downloads/{name}.bib", "icon": "quote", "text": "References (BibTeX)"},
    ]


def announce(app: Sphinx, env) -> None:
    env.soluble_downloads = {name: offered(name) for name in env.found_docs if CHAPTER.match(name)}


def write_downloads(app: Sphinx, exception: Exception | None) -> None:
    """The notebooks and what they need, each chapter's data and references, and the models, into ``downloads/`` of the site."""
    if exception is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir) / "downloads"
    folder.mkdir(exist_ok=True)
    address = (app.config.html_theme_options.get("repository_url") or "").rstrip("/")
    package = f'"soluble @ git+{address}"' if address else notebooks.PACKAGE
    without = () if app.config.soluble_solutions else {"solution"}
    for name in app.env.soluble_downloads:
        stem, source = name.rpartition("/")[2], Path(app.env.doc2path(name))
        book = notebooks.fill(notebooks.notebook(source, package, without), numbers(app, name))
        nbformat.write(book, folder / f"{stem}.ipynb")
        (folder / f"{stem}.bib").write_text(notebooks.bibtex(sources(app, name), data_path("references.bib")), encoding="utf8")
        write_data(folder / f"{stem}-data.zip", source.read_text(encoding="utf8"), app.env.soluble_used.get(name, set()))
    notebooks.wheel(folder)
    write_models(folder / "models")


def numbers(app: Sphinx, docname: str) -> dict[str, str]:
    """The computed numbers of a page by their names, as the build kept them."""
    kept = read_glue_cache(app.env.mystnb_config.output_folder, docname)
    return {name: output["data"]["text/plain"] for name, output in kept.items()}


def write_data(path: Path, text: str, facts: set[str]) -> None:
    """A chapter's data as one archive: the rows of these facts, and the models, populations and cohorts that its text names."""
    table = io.StringIO(newline="")
    with data_path("evidence", "facts.csv").open(encoding="utf8", newline="") as source:
        rows = csv.reader(source)
        csv.writer(table, lineterminator="\n").writerows([next(rows), *(row for row in rows if row[0] in facts)])
    files = {"facts.csv": table.getvalue().encode()}
    for file in (*declarations(data_root()), *sorted(data_path("evidence", "cohorts").glob("*.csv"))):
        if file.stem in text:
            files[file.relative_to(data_root()).as_posix()] = file.read_bytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def sources(app: Sphinx, docname: str) -> set[str]:
    """The keys that a page cites, in its text and through its facts."""
    references = app.env.get_domain("cite").citation_refs
    cited = {target.key for ref in references if ref.docname == docname for target in ref.targets}
    return cited | {key for node in app.env.get_doctree(docname).findall(noted) for key in node["sources"]}


# ---------------------------------------------------------------------------------------------------------------------
# The state of the build


class build_status(nodes.General, nodes.Element):  # noqa: N801
    """Filled in when the page is written: only then is known how long each notebook ran."""


class BuildStatus(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        return [build_status()]


def fill_status(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(build_status)):
        node.replace_self(raw(status_html(app, docname)))


def status_html(app: Sphinx, docname: str) -> str:
    from myst_nb.sphinx_ import NbMetadataCollector

    rows = []
    for name in sorted(app.env.found_docs):
        run = NbMetadataCollector.get_exec_data(app.env, name)
        if run:
            when = datetime.fromtimestamp(run["mtime"], UTC).strftime("%Y-%m-%d %H:%M UTC")
            title = escape(app.env.titles[name].astext())
            way = app.builder.get_relative_uri(docname, name)
            rows.append(f'<tr><td><a href="{way}">{title}</a></td><td>{run["runtime"]:.1f} s</td><td>{when}</td><td>{"ran to the end" if run["succeeded"] else "failed"}</td></tr>')
    pages = "<tr><th scope=col>Page</th><th scope=col>Ran for</th><th scope=col>On</th><th scope=col>Result</th></tr>"
    versions = "".join(f"<tr><td>{name}</td><td>{metadata.version(name)}</td></tr>" for name in PACKAGES)
    return (
        f'<h2 id="execution">Execution</h2><div class="table-scroll"><table><thead>{pages}</thead><tbody>{"".join(rows)}</tbody></table></div>'
        f'<h2 id="versions">Versions</h2><p>Built on {datetime.now(UTC):%d %B %Y} with Python {platform.python_version()}.</p>'
        f'<div class="table-scroll"><table><thead><tr><th scope=col>Package</th><th scope=col>Version</th></tr></thead><tbody>{versions}</tbody></table></div>'
    )


def setup(app: Sphinx) -> None:
    app.add_node(build_status)
    for name, directive in {
        "evidence-table": EvidenceTable,
        "trials-table": TrialsTable,
        "disagreements": Disagreements,
        "model-sheets": ModelSheets,
        "mediators": Mediators,
        "chapter-downloads": ChapterDownloads,
        "build-status": BuildStatus,
    }.items():
        app.add_directive(name, directive)
    app.connect("env-updated", announce)
    app.connect("doctree-read", note_code)
    app.connect("env-purge-doc", forget)
    app.connect("doctree-resolved", fill_status)
    app.connect("html-collect-pages", model_pages)
    app.connect("build-finished", write_downloads, priority=600)
