"""What a reader sees of a field model: its equations and its sheet, made as those of a model (:mod:`soluble.sheet`)."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from html import escape
from typing import Any

from .expression import Expression
from .field import Cells, Field, FieldModel, Reaction
from .sheet import (
    Equations,
    Sheet,
    _list_html,
    _list_markdown,
    _math,
    _parameters_html,
    _parameters_markdown,
    _reference,
    cite_html,
    latex_of,
    mathml,
    table_html,
    table_markdown,
    unit_html,
)


class FieldEquations(Equations):
    """The equations of a field model: one for each field, the derived quantities, and how each kind of cell goes."""

    model: FieldModel

    def rates(self) -> list[str]:
        """The equations of the fields."""
        return [rf"\frac{{\partial {f.latex}}}{{\partial t}} = {self._terms(f)}" for f in self.model.fields]

    def _terms(self, f: Field) -> str:
        m = self.model
        terms = [] if f.diffusion.text in ("0", "0.0") else ["", self._spread(f)]
        for r in m.reactions:
            if f.id in (r.source, r.target):
                terms += ["+" if r.target == f.id else "-", self._flux(r)]
        terms += [rf"+ \sum_{{{c.latex}}} \left|\dot{{\boldsymbol{{x}}}}_{{{c.latex}}}\right| \delta\!\left(\boldsymbol{{x}} - \boldsymbol{{x}}_{{{c.latex}}}\right)" for c in m.cells if c.leaves == f.id]
        out = " ".join(terms).strip()
        return out.removeprefix("+").strip() or "0"

    def _spread(self, f: Field) -> str:
        factor = self._factor(f.diffusion)
        if self.model.varies(f):
            return rf"\nabla \cdot \left({factor} \, \nabla {f.latex}\right)"
        return rf"{factor} \, \nabla^2 {f.latex}"

    def _flux(self, r: Reaction) -> str:
        if r.source is None:
            return latex_of(self.model, r.rate)
        source = next(f for f in self.model.fields if f.id == r.source)
        return rf"{self._factor(r.rate)} \, {source.latex}"

    def _factor(self, e: Expression) -> str:
        """A formula as a factor: a sum stands in brackets."""
        shown = latex_of(self.model, e)
        return rf"\left({shown}\right)" if isinstance(e.tree, ast.BinOp) and isinstance(e.tree.op, ast.Add | ast.Sub) else shown

    def movement(self) -> list[str]:
        """How a cell of each kind reads, remembers and goes; ``x`` is its place, ``m`` its memory, ``W`` a Wiener process."""
        return [line for c in self.model.cells for line in (self._cell(c) if c.senses else self._drift(c) if c.drifts else [])]

    def _drift(self, c: Cells) -> list[str]:
        m = self.model
        own, wander = rf"\boldsymbol{{x}}_{{{c.latex}}}", rf"\boldsymbol{{w}}_{{{c.latex}}}"
        pulls = " + ".join(rf"{self._factor(e)} \, \nabla {m.symbols[name]}" for name, e in c.follows.items()) or "0"
        noise = rf"\sqrt{{2 \, {self._factor(c.spread)}}} \, \mathrm{{d}}\boldsymbol{{W}}"
        if c.memory.text in ("0", "0.0"):
            lines = [rf"\mathrm{{d}}{own} = \left({pulls}\right) \mathrm{{d}}t + {noise}"]
        else:
            lines = [rf"\frac{{\mathrm{{d}}{own}}}{{\mathrm{{d}}t}} = {pulls} + {wander}", rf"{self._factor(c.memory)} \, \mathrm{{d}}{wander} = -{wander} \, \mathrm{{d}}t + {noise}"]
        if c.branching is not None:
            lines.append(rf"\lambda_{{{c.latex}}} = {latex_of(m, c.branching)}")
        return lines

    def _cell(self, c: Cells) -> list[str]:
        m = self.model
        own = c.latex
        at = rf"\boldsymbol{{\Delta}}_{{{own}}}"
        surface = r"s \, " if c.loss is not None else ""
        lines = [rf"{at} = {surface}\frac{{{self._factor(c.receptors)}}}{{2}} \cdot \frac{{{self._factor(c.diameter)}}}{{2}} \, \nabla \left({latex_of(m, c.occupancy)}\right)"]
        memory = rf"\boldsymbol{{m}}_{{{own}}}"
        lines.append(
            rf"\mathrm{{d}}{memory} = \frac{{{at} - {memory}}}{{{latex_of(m, c.memory)}}} \, \mathrm{{d}}t"
            rf" + {self._factor(c.noise)} \, \sqrt{{\frac{{2}}{{{latex_of(m, c.memory)}}}}} \, \mathrm{{d}}\boldsymbol{{W}}"
        )
        if c.loss is not None:
            lines.append(rf"\frac{{\mathrm{{d}} s}}{{\mathrm{{d}} t}} = {self._factor(c.recovery)} \left(1 - s\right) - {self._factor(c.loss)} \, s")
        if c.speed is not None:
            lines.append(rf"\frac{{\mathrm{{d}} \boldsymbol{{x}}_{{{own}}}}}{{\mathrm{{d}} t}} = {self._factor(c.speed)} \, \frac{{{memory}}}{{\left|{memory}\right|}}")
        return lines

    def latex(self) -> list[str]:
        """All equations."""
        return self.rates() + self.definitions() + self.movement()

    def _repr_html_(self) -> str:
        moving = self.movement()
        return super()._repr_html_() + (f"<p>and how a cell goes:</p>{self._html(moving)}" if moving else "")

    def _repr_markdown_(self) -> str:
        moving = self.movement()
        return super()._repr_markdown_() + (f"\n\nand how a cell goes:\n\n{self._markdown(moving)}" if moving else "")

    def __repr__(self) -> str:
        lines = [f"{r.name}: {r.source or '-'} -> {r.target or '-'}, rate {r.rate.text}" for r in self.model.reactions]
        return "\n".join([*lines, *(f"{d.id} = {d.expression.text}" for d in self.model.derived)])


class FieldSheet(Sheet):
    """All that a reader should know of a field model, in one place."""

    model: FieldModel

    def to_html(self) -> str:
        """The sheet as HTML, with headings of level 3."""
        m = self.model
        parts = [f"<p>{escape(m.summary)}</p>", f"<p>{self._origin_html()}</p>"]
        parts += ["<h3>Equations</h3>", m.equations()._repr_html_(), "<h3>Fields, cells and places</h3>"]
        parts += [table_html(f"What {escape(m.title)} is made of", _HEAD, ([mathml(a) + f" <code>{b}</code>", escape(c), unit_html(d), escape(e)] for a, b, c, d, e in self._rows()), "states")]
        parts += ["<h3>Parameters</h3>", _parameters_html(m)]
        parts += ["<h3>What this model leaves out</h3>", _list_html(m.leaves_out)]
        if m.encoding_notes:
            parts += ["<h3>Notes on the encoding</h3>", _list_html(m.encoding_notes)]
        return "\n".join(parts)

    def to_markdown(self) -> str:
        """The sheet as Markdown, with headings of level 3."""
        m = self.model
        parts = [m.summary, self._origin_markdown(), "### Equations", m.equations()._repr_markdown_(), "### Fields, cells and places"]
        parts += [table_markdown(_HEAD, ([_math(a), c, d, e] for a, _, c, d, e in self._rows()))]
        parts += ["### Parameters", _parameters_markdown(m), "### What this model leaves out", _list_markdown(m.leaves_out)]
        if m.encoding_notes:
            parts += ["### Notes on the encoding", _list_markdown(m.encoding_notes)]
        return "\n\n".join(parts) + "\n"

    def _origin(self) -> str:
        m = self.model
        kind = {"published": "A published model", "reduced": "Reduced from a published model", "didactic": "A model of this book"}[m.kind]
        size = f"{m.width:g} by {m.height:g}" if m.ny > 1 else f"{m.width:g}"
        open_ = [name for name, is_open in m.edges.items() if is_open]
        edges = f"{', '.join(open_)} {'edges are' if len(open_) > 1 else 'edge is'} open" if open_ else "nothing passes the edges"
        return f"{kind}; {size} {m.space_unit}, points {m.grid:g} apart, {edges}; steps of {m.step:g} {m.time_unit} up to {m.t_end:g}."

    def _origin_html(self) -> str:
        m = self.model
        return escape(self._origin()) + (f" Source: {', '.join(map(cite_html, m.source))}." if m.source else "")

    def _origin_markdown(self) -> str:
        m = self.model
        return self._origin() + (f" Source: {', '.join(_reference(k)[0] for k in m.source)}." if m.source else "")

    def _rows(self) -> Iterable[tuple[Any, ...]]:
        """Symbol, name in formulas, meaning, unit, and what it is, of fields, derived quantities, cells and regions."""
        m = self.model
        for f in m.fields:
            yield f.latex, f.id, _noted(f.name, f.note), f.unit, f"field; at the start {f.initial.text}"
        for d in m.derived:
            yield d.latex, d.id, _noted(d.name, d.note), d.unit, "derived"
        for c in m.cells:
            goal = f", bound for the {self._region(c.goal)}" if c.goal else ""
            after = "" if c.after.text in ("0", "0.0") else f", moving from {c.after.text} on"
            yield m.symbols[c.id], c.id, _noted(f"density of {c.name}", c.note), m.units[c.id], f"{c.number.text} of them, at first in the {self._region(c.start)}{goal}{after}{_growth(c)}"
        for g in m.regions:
            bounds = ", ".join(f"{key} {e.text}" for key, e in g.bounds.items())
            yield m.symbols[g.id], g.id, g.name, "dimensionless", f"{g.shape}: {bounds}"

    def _region(self, name: str | None) -> str:
        return next(g.name for g in self.model.regions if g.id == name)


_HEAD = ("Symbol", "Meaning", "Unit", "Kind")


def _growth(c: Cells) -> str:
    """What a cell that grows does, in words."""
    words = f", leaves its way in {c.leaves}" if c.leaves else ""
    if c.branching is not None:
        ripe = "" if c.ripens.text in ("0", "0.0") else f", not before {c.ripens.text} since its last fork"
        words += f", branches at the rate {c.branching.text}{ripe}"
    return words + (", ends where its way meets another's" if c.fuses else "")


def _noted(name: str, note: str) -> str:
    return f"{name} ({note})" if note else name
