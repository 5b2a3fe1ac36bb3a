"""The roles ``{fact}``, ``{trial}`` and ``{disagree}``: what the evidence holds, one hover, focus or tap away.

``{fact}`canopy1-os-hr` `` gives the value, ``{fact}`canopy1-os-hr|ci` `` value and interval; the styles are those of
:meth:`soluble.evidence.Fact.text`. ``{trial}`canopy-1` `` gives a trial's name, ``{disagree}`il8-dynamics` `` the word
*disputed*; both take other words as ``words <id>``. An unknown id or style is a warning, and so stops the build.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from docutils import nodes
from soluble.notebooks import words_and_id
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

LOG = logging.getLogger(__name__)
FACT_PAGES = "evidence"  # folder of the pages that hold the facts, one a family of mediators
SHORT = 34  # characters that a text may have and still be kept on one line


class noted(nodes.inline):  # noqa: N801 — docutils names its nodes in lower case
    """A text with a note. ``kind`` is fact, trial or disagreement; ``identity`` its id; ``record`` holds what the note
    shows; ``facts`` and ``sources`` are the ids and keys that it rests on."""


class NotedRole(SphinxRole):
    """Reads the id, finds what it names, and puts a :class:`noted` text into the page."""

    kind = ""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            return [self.found(self.text)], []
        except (KeyError, ValueError) as problem:
            LOG.warning("%s", problem.args[0], location=self.get_location(), type="soluble", subtype=self.kind)
            return [nodes.problematic(self.rawtext, self.rawtext)], []

    def found(self, text: str) -> noted:
        """The node. Raises ``KeyError`` for an unknown id, ``ValueError`` for what cannot be shown."""
        raise NotImplementedError

    def node(self, text: str, identity: str, record: dict[str, str], facts: Iterable[str], sources: Iterable[str]) -> noted:
        return noted(self.rawtext, text, kind=self.kind, identity=identity, record=record, facts=list(facts), sources=list(sources))


class FactRole(NotedRole):
    """``id`` or ``id|style``."""

    kind = "fact"

    def found(self, text: str) -> noted:
        from soluble import evidence

        identity, _, style = (part.strip() for part in text.partition("|"))
        fact = evidence.fact(identity)
        try:
            shown = fact.text(style or "value")
        except ValueError as problem:
            raise ValueError(f"fact {identity!r}: {problem}") from None
        if not shown:
            raise ValueError(f"fact {identity!r} has nothing to show in the style {style or 'value'!r}")
        return self.node(shown, identity, fact_record(fact), [identity], [fact.source])


class TrialRole(NotedRole):
    """``id`` or ``words <id>``; the words are the trial's name when none are given."""

    kind = "trial"

    def found(self, text: str) -> noted:
        from soluble import evidence

        words, identity = words_and_id(text)
        trial = evidence.trial(identity)
        return self.node(words or trial["name"], identity, trial_record(trial), trial["facts"], [trial["source"]])


class DisagreeRole(NotedRole):
    """``id`` or ``words <id>``."""

    kind = "disagreement"

    def found(self, text: str) -> noted:
        from soluble import evidence

        words, identity = words_and_id(text)
        found = evidence.disagreement(identity)
        facts = [*found["side_a"]["facts"], *found["side_b"]["facts"]]
        sources = dict.fromkeys(evidence.fact(i).source for i in facts)
        return self.node(words or "disputed", identity, disagreement_record(found), facts, sources)


# ---------------------------------------------------------------------------------------------------------------------
# What a note shows, in its order. Entries that begin with a capital (and n) are rows; empty ones are left out.


def fact_record(found) -> dict[str, str]:
    population = "; ".join(p.rstrip(".") for p in (found.population, found.stage, found.treatment) if p)
    return filled(
        {
            "number": f"{found.quantity} {found.text('value')}" if found.value is not None else "",
            "says": found.statement,
            "Interval": found.text("interval"),
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
    )


def trial_record(trial: dict) -> dict[str, str]:
    from soluble import evidence

    given = trial["agent"] + (f" with {trial['partner']}" if trial["partner"] else "")
    return filled(
        {
            "number": trial["name"],
            "Axis": evidence.greek(trial["axis"]),
            "Drug": f"{given}: {trial['mechanism']}",
            "Against": trial["comparator"],
            "Setting": trial["setting"],
            "Phase": trial["phase"],
            "n": f"{trial['n']:,}".replace(",", "\u202f") if str(trial["n"]).isdigit() else "",
            "End point": trial["endpoint"],
            "Result": trial["result"],
            "Outcome": trial["outcome"],
            "Lesson": trial["lesson"],
            "source": evidence.references()[trial["source"]]["label"],
        }
    )


def disagreement_record(found: dict) -> dict[str, str]:
    return filled(
        {
            "number": "The evidence disagrees",
            "says": f"“{found['claim'].rstrip('.')}.”",
            "One side": side_in_words(found["side_a"]),
            "The other": side_in_words(found["side_b"]),
            "To decide": found["would_decide"],
        }
    )


def side_in_words(side: dict) -> str:
    """What a side says, with its numbers behind it."""
    from soluble import evidence

    facts = [evidence.fact(identity) for identity in side["facts"]]
    numbers = "; ".join(fact.text("headline") for fact in facts if fact.quantity != "finding")
    return f"{side['says']} {numbers}".strip()


def filled(rows: dict[str, str]) -> dict[str, str]:
    return {key: str(value) for key, value in rows.items() if value and str(value) != "nan"}


def note(data: dict[str, str], number: str, links: str) -> str:
    """The note as HTML of inline elements, so that it may stand inside a paragraph."""
    out = [f'<span class="fact-tip" role="tooltip" id="{number}">']
    if "number" in data:
        out.append(f'<span class="fact-number">{escape(data["number"])}</span>')
    if "says" in data:
        out.append(f'<span class="fact-says">{escape(data["says"])}</span>')
    for key, value in data.items():
        if key[0].isupper() or key == "n":
            out.append(f'<span class="fact-row"><b>{key}</b><i>{escape(value)}</i></span>')
    if "flag" in data:
        out.append(f'<span class="fact-flag">{escape(data["flag"])}</span>')
    out.append(f'<span class="fact-links">{links}</span></span>')
    return "".join(out)


def place(builder, here: str, kind: str, identity: str) -> str:
    """Where a fact, trial or disagreement stands, as an address seen from the page ``here``."""
    from soluble import atlas, evidence

    page = f"{FACT_PAGES}/{atlas.family(evidence.fact(identity).mediator)}" if kind == "fact" else builder.config.soluble_evidence
    return f"{builder.get_relative_uri(here, page)}#{kind}-{identity}"


def source_place(builder, here: str, key: str) -> str:
    """Where a source stands in the list of references, seen from the page ``here``."""
    return f"{builder.get_relative_uri(here, builder.config.soluble_references)}#{key}"


TABLES = {"fact": "beside others", "trial": "in the table of trials", "disagreement": "Both sides, fact by fact"}


def visit_html(self, node: noted) -> None:
    here = self.builder.current_docname
    data = node["record"]
    address = escape(place(self.builder, here, node["kind"], node["identity"]))
    links = f'<a href="{address}">{TABLES[node["kind"]]}</a>'
    if "source" in data:
        source = source_place(self.builder, here, node["sources"][0])
        links = f'Source: <a href="{escape(source)}">{escape(data["source"])}</a> · {links}'
    self.fact_count = getattr(self, "fact_count", 0) + 1
    number = f"fact-note-{self.fact_count}"
    text = node.astext()
    kind = "fact fact-short" if len(text) <= SHORT else "fact"
    self.body.append(
        f'<span class="{kind}"><a class="fact-value" href="{address}" aria-describedby="{number}">{escape(text)}</a>'
        + note(data, number, links)
        + "</span>"
    )
    raise nodes.SkipNode


def _plain(self, node: noted) -> None:
    """Other builders show the text alone."""


def setup(app: Sphinx) -> None:
    app.add_config_value("soluble_references", "chapters/references", "html")
    app.add_config_value("soluble_evidence", "chapters/evidence", "html")
    app.add_node(noted, html=(visit_html, None), latex=(_plain, _plain), text=(_plain, _plain))
    for name, role in {"fact": FactRole, "trial": TrialRole, "disagree": DisagreeRole}.items():
        app.add_role(name, role())
