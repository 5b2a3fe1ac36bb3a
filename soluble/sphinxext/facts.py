"""The role ``{fact}``: a published number in prose, with everything that belongs to it one hover, focus or tap away.

``{fact}`canopy1-os-hr` `` gives the value, ``{fact}`canopy1-os-hr|ci` `` value and interval; the styles are those of
:meth:`soluble.evidence.Fact.text`. An unknown id or style is a warning, and so stops the build.
"""

from __future__ import annotations

import difflib
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

LOG = logging.getLogger(__name__)
SHORT = 34  # characters that a fact may have and still be kept on one line


class fact(nodes.inline):  # noqa: N801 — docutils names its nodes in lower case
    """A fact in the text; ``record`` holds what its note shows."""


class FactRole(SphinxRole):
    """Reads ``id`` or ``id|style`` and puts the fact's text into the page."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        from soluble import evidence

        identity, _, style = (part.strip() for part in self.text.partition("|"))
        known = evidence.facts().index
        if identity not in known:
            near = difflib.get_close_matches(identity, list(known), n=3, cutoff=0.5)
            hint = f" Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
            return self._lost(f"no fact has the id {identity!r}.{hint}")
        found = evidence.fact(identity)
        try:
            text = found.text(style or "value")
        except ValueError as problem:
            return self._lost(f"fact {identity!r}: {problem}")
        if not text:
            return self._lost(f"fact {identity!r} has nothing to show in the style {style or 'value'!r}")
        node = fact(self.rawtext, text, record=record(found), identity=identity, source=found.source)
        return [node], []

    def _lost(self, what: str) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        LOG.warning("%s", what, location=self.get_location(), type="soluble", subtype="fact")
        return [nodes.problematic(self.rawtext, self.rawtext)], []


def record(found) -> dict[str, str]:
    """What the note of a fact shows, in its order; empty entries are left out."""
    interval = found.text("interval")
    population = "; ".join(p.rstrip(".") for p in (found.population, found.stage, found.treatment) if p)
    rows = {
        "number": f"{found.quantity} {found.text('value')}" if found.value is not None else "",
        "says": found.statement,
        "Interval": interval,
        "n": found.text("n").removeprefix("n = "),
        "Population": population,
        "Comparison": "; ".join(p for p in (found.comparison, found.cutoff and f"cut-off {found.cutoff}") if p),
        "End point": found.endpoint,
        "Adjusted": found.adjusted,
        "Design": found.design,
        "Seen in": found.where_seen,
        "flag": found.flag,
        "source": found.reference.get("label") or found.source,
    }
    return {key: str(value) for key, value in rows.items() if value and str(value) != "nan"}


def note(data: dict[str, str], number: str, source: str, evidence: str) -> str:
    """The note as HTML of inline elements, so that it may stand inside a paragraph."""
    out = [f'<span class="fact-tip" role="tooltip" id="{number}">']
    if "number" in data:
        out.append(f'<span class="fact-number">{escape(data["number"])}</span>')
    out.append(f'<span class="fact-says">{escape(data.get("says", ""))}</span>')
    for key, value in data.items():
        if key[0].isupper() or key == "n":
            out.append(f'<span class="fact-row"><b>{key}</b><i>{escape(value)}</i></span>')
    if "flag" in data:
        out.append(f'<span class="fact-flag">{escape(data["flag"])}</span>')
    out.append(
        f'<span class="fact-links">Source: <a href="{escape(source)}">{escape(data["source"])}</a> · '
        f'<a href="{escape(evidence)}">in the evidence table</a></span></span>'
    )
    return "".join(out)


def visit_html(self, node: fact) -> None:
    here = self.builder.current_docname
    config = self.builder.config
    source = f"{self.builder.get_relative_uri(here, config.soluble_references)}#{node['source']}"
    evidence = f"{self.builder.get_relative_uri(here, config.soluble_evidence)}#fact-{node['identity']}"
    self.fact_count = getattr(self, "fact_count", 0) + 1
    number = f"fact-note-{self.fact_count}"
    text = node.astext()
    kind = "fact fact-short" if len(text) <= SHORT else "fact"
    self.body.append(
        f'<span class="{kind}"><a class="fact-value" href="{escape(evidence)}" aria-describedby="{number}">{escape(text)}</a>'
        + note(node["record"], number, source, evidence)
        + "</span>"
    )
    raise nodes.SkipNode


def _plain(self, node: fact) -> None:
    """Other builders show the fact's text alone."""


def setup(app: Sphinx) -> None:
    app.add_config_value("soluble_references", "chapters/references", "html")
    app.add_config_value("soluble_evidence", "chapters/evidence", "html")
    app.add_node(fact, html=(visit_html, None), latex=(_plain, _plain), text=(_plain, _plain))
    app.add_role("fact", FactRole())
