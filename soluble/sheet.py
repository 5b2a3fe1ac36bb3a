"""What a reader sees of a model: its equations, its parameters, its sheet.

Each display has an HTML form (MathML, tables with captions and scopes; a source is ``<a class="cite" data-cite="key">``, which
the site turns into a link to its references) and a Markdown form for print and PDF.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import pandas as pd

from .expression import TIME, Expression, name_latex, number_latex, to_latex
from .model import Declaration, Dose, Model

# --- words and numbers -----------------------------------------------------------------------------------------------


def latex_of(model: Declaration, e: Expression) -> str:
    """A formula of a model as LaTeX, in the author's order, with the declared symbols."""
    symbols = model.symbols
    return to_latex(e.tree, lambda name: "t" if name == TIME else symbols.get(name) or name_latex(name))


def mathml(latex: str, display: str = "inline") -> str:
    """LaTeX as one ``<math>`` element."""
    from latex2mathml import converter

    return converter.convert(latex, display=display)


def number_html(value: float) -> str:
    """A number for reading: ``1.3 × 10<sup>4</sup>``, with a true minus sign."""
    text = re.sub(r"(?: ?\\times ?)?10\^\{(-?\d+)\}", lambda m: f" × 10<sup>{m[1]}</sup>", number_latex(value))
    return text.removeprefix(" × ").replace("-", "−")


def unit_html(unit: str) -> str:
    """A unit for reading: ``1/(cell·day)``; a dimensionless one is a dash."""
    if unit in ("", "1", "dimensionless"):
        return "–"
    text = escape(unit).replace("**", "^")
    return re.sub(r"\^(-?\d+)", r"<sup>\1</sup>", text).replace("*", "·")


def _value_html(value: Any, unit: str = "") -> str:
    if not isinstance(value, float | int):
        return escape(str(value))
    if math.isnan(value):
        return "–"
    return number_html(value) + (f" {unit_html(unit)}" if unit not in ("", "1", "dimensionless") else "")


def _reference(key: str) -> tuple[str, str]:
    """How a source is called (``Garon et al. 2024``) and its address, from the bibliography; else the key alone."""
    from .evidence import references

    entry = references().get(key, {"label": key, "url": ""})
    return entry["label"], entry["url"]


def cite_html(key: str) -> str:
    """A link to a source. The site leads it to its references page by ``data-cite``; elsewhere it goes to the DOI."""
    words, address = _reference(key)
    href = f' href="{escape(address, quote=True)}"' if address else ""
    return f'<a class="cite" data-cite="{escape(key, quote=True)}"{href}>{escape(words)}</a>'


def _origin_html(source: Iterable[str], assumed: str, where: str) -> str:
    cited = ", ".join(map(cite_html, source))
    parts = [cited + (f" ({escape(where)})" if where and cited else "")] if cited else []
    return "; ".join(parts + ([f"assumed: {escape(assumed)}"] if assumed else []))


def table_html(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], name: str) -> str:
    """An accessible table: caption, column and row headers; the cells are HTML. It scrolls by itself where it is too wide."""
    columns = "".join(f'<th scope="col">{h}</th>' for h in head)
    body = "".join(f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in rows)
    label = escape(re.sub(r"<[^>]+>", "", caption), quote=True)
    return (
        f'<div class="table-scroll" role="region" aria-label="{label}" tabindex="0"><table class="{name}">'
        f"<caption>{caption}</caption><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def table_markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The same as a Markdown table; bars inside cells are escaped."""
    lines = [list(head), ["---"] * len(head), *([str(c).replace("|", "\\|") for c in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _math(latex: str) -> str:
    return f"${latex}$"


def _value_markdown(value: Any, unit: str = "") -> str:
    if not isinstance(value, float | int):
        return str(value)
    if math.isnan(value):
        return "–"
    return _math(number_latex(value)) + (f" {unit}" if unit not in ("", "1", "dimensionless") else "")


# --- equations -------------------------------------------------------------------------------------------------------


class Equations:
    """The equations of a model: ``str()`` gives plain text, :meth:`latex` a list of LaTeX equations."""

    def __init__(self, model: Model) -> None:
        """Show the equations of ``model``."""
        self.model = model

    def latex(self) -> list[str]:
        """One LaTeX equation per state, then one per derived quantity."""
        return self.rates() + self.definitions()

    def rates(self) -> list[str]:
        """The differential equations."""
        m = self.model
        left = {s.id: rf"\frac{{\mathrm{{d}} {s.latex}}}{{\mathrm{{d}} t}}" for s in m.states}
        return [f"{left[s]} = {latex_of(m, m.rates[s])}" for s in m.state_ids]

    def definitions(self) -> list[str]:
        """The derived quantities."""
        return [f"{d.latex} = {latex_of(self.model, d.expression)}" for d in self.model.derived]

    def _repr_html_(self) -> str:
        return self._html(self.rates()) + ("<p>with</p>" + self._html(self.definitions()) if self.model.derived else "")

    @staticmethod
    def _html(equations: Iterable[str]) -> str:
        each = "".join(f'<div class="math" tabindex="0" role="group" aria-label="equation">{mathml(e, "block")}</div>' for e in equations)
        return f'<div class="model-equations">{each}</div>'

    def _repr_markdown_(self) -> str:
        parts = [self._markdown(self.rates())] + (["with", self._markdown(self.definitions())] if self.model.derived else [])
        return "\n\n".join(parts)

    @staticmethod
    def _markdown(equations: Iterable[str]) -> str:
        return "\n\n".join(f"$$\n{e}\n$$" for e in equations)

    def _repr_latex_(self) -> str:
        aligned = r" \\ ".join(e.replace(" = ", " &= ", 1) for e in self.latex())
        return rf"$\displaystyle \begin{{aligned}} {aligned} \end{{aligned}}$"

    def __repr__(self) -> str:
        m = self.model
        lines = [f"d{s}/dt = {m.rates[s].text}" for s in m.state_ids] + [f"{d.id} = {d.expression.text}" for d in m.derived]
        return "\n".join(lines)


# --- parameters ------------------------------------------------------------------------------------------------------


class ParameterTable(pd.DataFrame):
    """The parameters as a DataFrame that displays with symbols, units and linked sources."""

    _metadata = ["_model"]

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    def _repr_html_(self) -> str:
        return _parameters_html(self._model)

    def _repr_markdown_(self) -> str:
        return _parameters_markdown(self._model)


def parameter_table(model: Declaration) -> ParameterTable:
    """A row per parameter, indexed by its id: ``name, value, unit, low, high, scale, source, where, assumed``."""
    rows = {
        p.id: {
            "name": p.name,
            "value": p.value,
            "unit": p.unit,
            "low": p.range[0] if p.range else math.nan,
            "high": p.range[1] if p.range else math.nan,
            "scale": p.scale,
            "source": ", ".join(p.source),
            "where": p.where,
            "assumed": p.assumed,
        }
        for p in model.parameters_
    }
    table = ParameterTable(pd.DataFrame.from_dict(rows, orient="index").rename_axis("parameter"))
    table._model = model
    return table


_PARAMETER_HEAD = ("Symbol", "Meaning", "Value", "Unit", "Slider", "Source")


def _parameters_html(model: Declaration) -> str:
    rows = []
    for p in model.parameters_:
        slider = f"{number_html(p.range[0])} to {number_html(p.range[1])}" if p.range else "–"
        meaning = escape(p.name) + (f" <small>{escape(p.note)}</small>" if p.note else "")
        symbol = f"{mathml(p.latex)} <code>{p.id}</code>"
        rows.append([symbol, meaning, number_html(p.value), unit_html(p.unit), slider, _origin_html(p.source, p.assumed, p.where)])
    return table_html(f"Parameters of {escape(model.title)}", _PARAMETER_HEAD, rows, "parameters")


def _origin_markdown(source: Iterable[str], assumed: str, where: str) -> str:
    cited = ", ".join(_reference(key)[0] for key in source)
    parts = [cited + (f" ({where})" if where and cited else "")] if cited else []
    return "; ".join(parts + ([f"assumed: {assumed}"] if assumed else []))


def _parameters_markdown(model: Declaration) -> str:
    rows = []
    for p in model.parameters_:
        slider = f"{_math(number_latex(p.range[0]))} to {_math(number_latex(p.range[1]))}" if p.range else "–"
        origin = _origin_markdown(p.source, p.assumed, p.where)
        rows.append([_math(p.latex), p.name, _math(number_latex(p.value)), p.unit, slider, origin])
    return table_markdown(_PARAMETER_HEAD, rows)


# --- the sheet -------------------------------------------------------------------------------------------------------


class Sheet:
    """All that a reader should know of a model, in one place: :meth:`to_html` and :meth:`to_markdown`."""

    def __init__(self, model: Model) -> None:
        """Make the sheet of ``model``; its published results are computed when it is shown."""
        self.model = model

    def to_html(self) -> str:
        """The sheet as HTML, with headings of level 3."""
        m = self.model
        parts = [f"<p>{escape(m.summary)}</p>", f"<p>{self._origin_html()}</p>"]
        parts += ["<h3>Equations</h3>", m.equations()._repr_html_()]
        parts += ["<h3>Quantities</h3>", self._states_html()]
        if m.doses:
            parts += ["<h3>Doses</h3>", _list_html(map(self._dose_words, m.doses))]
        parts += ["<h3>Parameters</h3>", _parameters_html(m)]
        parts += ["<h3>What this model leaves out</h3>", _list_html(m.leaves_out)]
        if m.encoding_notes:
            parts += ["<h3>Notes on the encoding</h3>", _list_html(m.encoding_notes)]
        if m.reproduces:
            parts += ["<h3>Published results that it gives</h3>", self._reproduces_html()]
        return "\n".join(parts)

    def to_markdown(self) -> str:
        """The sheet as Markdown, with headings of level 3."""
        m = self.model
        parts = [m.summary, self._origin_markdown()]
        parts += ["### Equations", m.equations()._repr_markdown_()]
        parts += ["### Quantities", self._states_markdown()]
        if m.doses:
            parts += ["### Doses", _list_markdown(map(self._dose_words, m.doses))]
        parts += ["### Parameters", _parameters_markdown(m)]
        parts += ["### What this model leaves out", _list_markdown(m.leaves_out)]
        if m.encoding_notes:
            parts += ["### Notes on the encoding", _list_markdown(m.encoding_notes)]
        if m.reproduces:
            parts += ["### Published results that it gives", self._reproduces_markdown()]
        return "\n\n".join(parts) + "\n"

    def _repr_html_(self) -> str:
        own = "" if self.model.variant else f' data-model="{escape(self.model.id)}"'
        return f'<div class="model-sheet"{own}>{self.to_html()}</div>'

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def __repr__(self) -> str:
        return f"<Sheet of {self.model.key}>"

    # -- parts --

    def _origin(self) -> str:
        m = self.model
        kind = {"published": "A published model", "reduced": "Reduced from a published model", "didactic": "A model of this book"}[m.kind]
        changed = ", with an equation changed by the reader" if m.variant else ""
        return f"{kind}{changed}; time in units of {m.time_unit}, shown up to {m.t_end:g}; {'an implicit' if m.stiff else 'an explicit'} solver."

    def _origin_html(self) -> str:
        m = self.model
        cited = f" Source: {', '.join(map(cite_html, m.source))}." if m.source else ""
        return escape(self._origin()) + cited + (f" Curated encoding: {escape(m.biomodels)}." if m.biomodels else "")

    def _origin_markdown(self) -> str:
        m = self.model
        cited = f" Source: {', '.join(_reference(k)[0] for k in m.source)}." if m.source else ""
        return self._origin() + cited + (f" Curated encoding: {m.biomodels}." if m.biomodels else "")

    def _dose_words(self, dose: Dose) -> str:
        amount, start, interval, count = (e.text for e in (dose.amount, dose.start, dose.interval, dose.count))
        often = "" if count == "1" else f", {count} times, every {interval}"
        return f"{dose.name}: {amount} into {dose.target}, first at {start}{often} ({self.model.time_unit})"

    def _states_html(self) -> str:
        m = self.model
        rows = [[f"{mathml(s.latex)} <code>{s.id}</code>", escape(s.name), unit_html(s.unit), f"starts at {self._initial(s, number_html)}"] for s in m.states]
        rows += [[f"{mathml(d.latex)} <code>{d.id}</code>", escape(d.name), unit_html(d.unit), "derived"] for d in m.derived]
        return table_html(f"Quantities of {escape(m.title)}", ("Symbol", "Meaning", "Unit", "Kind"), rows, "states")

    def _states_markdown(self) -> str:
        m = self.model
        rows = [[_math(s.latex), s.name, s.unit, f"starts at {self._initial(s, lambda v: _math(number_latex(v)))}"] for s in m.states]
        rows += [[_math(d.latex), d.name, d.unit, "derived"] for d in m.derived]
        return table_markdown(("Symbol", "Meaning", "Unit", "Kind"), rows)

    @staticmethod
    def _initial(state: Any, number: Any) -> str:
        return number(state.initial.value()) if state.initial.is_number else state.initial.text

    def _reproduces_html(self) -> str:
        rows = [
            [escape(c["what"]), _value_html(c["published"], c["unit"]), _value_html(_rounded(c["ours"]), c["unit"]), _difference(c), _verdict(c), origin]
            for c, origin in self._checks(lambda r: _origin_html(r.source, r.assumed, r.where))
        ]
        return table_html(f"Published results and those of {escape(self.model.title)}", _RESULT_HEAD, rows, "reproduces")

    def _reproduces_markdown(self) -> str:
        rows = [
            [c["what"], _value_markdown(c["published"], c["unit"]), _value_markdown(_rounded(c["ours"]), c["unit"]), _difference(c), _verdict(c), origin]
            for c, origin in self._checks(lambda r: _origin_markdown(r.source, r.assumed, r.where))
        ]
        return table_markdown(_RESULT_HEAD, rows)

    def _checks(self, origin: Any) -> Iterable[tuple[dict[str, Any], str]]:
        records = _checked(self.model).to_dict("records")
        return [(c, origin(r)) for c, r in zip(records, self.model.reproduces, strict=True)]


_RESULT_HEAD = ("Result", "Published", "This model", "Difference", "Holds", "Source")


def _checked(model: Model) -> pd.DataFrame:
    """The published results held against the model, computed once for both forms of the sheet."""
    if "_checks" not in vars(model):
        model._checks = model.check_reproduces()
    return model._checks


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float | int) else value


def _difference(check: dict[str, Any]) -> str:
    """The difference and what is allowed: ``−0.04 % (allowed 0.2 %)``, or in the result's unit."""
    if math.isnan(check["difference"]):
        return "–"
    relative = check["relative"]
    shown, allowed = (f"{100 * v:.2g} %" if relative else f"{v:.2g}" for v in (check["difference"], check["tolerance"]))
    return f"{shown} (allowed {allowed})".replace("-", "−")


def _verdict(check: dict[str, Any]) -> str:
    return "yes" if check["ok"] else "no"


def _list_html(items: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(x)}</li>" for x in items) + "</ul>"


def _list_markdown(items: Iterable[str]) -> str:
    return "\n".join(f"- {x}" for x in items)
