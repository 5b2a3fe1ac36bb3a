"""The tables of the page on how the models were checked: what the tests measured, and what was left out and why.

Both are read from ``models/validation/``: ``results.json`` is written by the tests, ``left-out.yaml`` says what no test can.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from soluble.paths import data_path
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FOLDER = ("models", "validation")
CHECKS = {
    "libroadrunner": "Against libRoadRunner",
    "browser": "In the browser",
    "reproduces": "Published numbers",
    "fuzz": "Random settings",
}


def results() -> dict[str, dict[str, Any]]:
    """Model -> check -> what the tests measured."""
    return json.loads(data_path(*FOLDER, "results.json").read_text(encoding="utf8"))


def left_out() -> list[Mapping[str, str]]:
    """What was looked for and is not declared, or not in full."""
    from ruamel.yaml import YAML

    return YAML(typ="safe").load(data_path(*FOLDER, "left-out.yaml").read_text(encoding="utf8"))


def power(bound: float) -> str:
    """``below 2 × 10⁻⁷`` as HTML that does not break."""
    digits, exponent = f"{bound:.0e}".split("e")
    times = "" if digits == "1" else f"{digits}&nbsp;×&nbsp;"
    return f"below&nbsp;{times}10<sup>{int(exponent)}</sup>".replace("-", "−")


def per_cent(share: float) -> str:
    """A relative difference in words: two digits, or that it is smaller than anything a paper prints."""
    if share <= 1e-5:
        return "below 0.001 %"
    return f"{float(f'{100 * share:.2g}'):g} %"


def cells(found: Mapping[str, Any]) -> list[str]:
    """The cells of a model's row, in the order of :data:`CHECKS`."""
    out = []
    for check in CHECKS:
        got = found.get(check)
        if got is None:
            out.append("–")
        elif "below" in got:
            out.append(f'{power(got["below"])}<br><small>{got["settings"]} settings</small>')
        elif check == "reproduces":
            shown = f"{got['given']} of {got['results']}" if got["results"] else "none: the model is ours"
            apart = f'<br><small>furthest apart: {per_cent(got["largest"])}</small>' if got.get("largest") and got["results"] else ""
            out.append(shown + apart)
        else:
            out.append(f"{got['finished']:,} of {got['settings']:,} runs finish")
    return out


def results_table(up: str) -> str:
    import soluble

    found = results()
    rows = []
    for model in sorted(map(soluble.load_model, soluble.list_models()), key=lambda m: m.title):
        name = f'<th scope="row"><a href="{up}models/{model.id}.html">{escape(model.title)}</a><br><small>{model.id}, {model.kind}</small></th>'
        rows.append(f"<tr>{name}{''.join(f'<td>{cell}</td>' for cell in cells(found.get(model.id, {})))}</tr>")
    return _table("How each model was checked", ["Model", *CHECKS.values()], rows)


def left_out_table(up: str, references: str) -> str:
    import soluble
    from soluble import evidence

    rows = []
    for entry in left_out():
        declared = entry.get("declared")
        name = f'<a href="{up}models/{declared}.html">{escape(soluble.load_model(declared).title)}</a>' if declared else "not declared"
        source = f'<a href="{escape(references)}#{entry["source"]}">{escape(evidence.references()[entry["source"]]["label"])}</a>'
        instead = f' <a href="{up}models/{entry["instead"]}.html">{entry["instead"]}</a> {escape(entry["says"])}.' if entry.get("instead") else ""
        rows.append(f'<tr><th scope="row">{source}<br><small>{name}</small></th><td>{escape(entry["what"])}</td><td>{escape(" ".join(entry["why"].split()))}{instead}</td></tr>')
    return _table("What was left out, and why", ["Model", "What is missing", "Why"], rows)


def _table(caption: str, heads: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f'<th scope="col">{h}</th>' for h in heads)
    body = f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'<div class="table-scroll" role="region" tabindex="0" aria-label="{caption}"><table>{body}</table></div>'


class Validation(SphinxDirective):
    """The table of checks, or with the name ``models-left-out`` that of what is missing."""

    def run(self) -> list[nodes.Node]:
        for path in [Path(__file__), *data_path(*FOLDER).iterdir(), *data_path("models").glob("*.yaml")]:
            self.env.note_dependency(str(path))
        up = "../" * self.env.docname.count("/")
        if self.name == "validation":
            return [nodes.raw("", results_table(up), format="html")]
        way = self.env.app.builder.get_relative_uri(self.env.docname, self.config.soluble_references)
        return [nodes.raw("", left_out_table(up, way), format="html")]


def setup(app: Sphinx) -> None:
    app.add_directive("validation", Validation)
    app.add_directive("models-left-out", Validation)
