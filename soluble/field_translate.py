"""A field model as JavaScript: its numbers and words, and its formulas as functions, from the one declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .expression import TIME, Expression, symbol
from .field import EDGES, SURFACE, Cells, FieldModel
from .translate import js_json, js_printer, js_statements

if TYPE_CHECKING:
    import sympy as sp

#: Keys of a cell that parameters alone decide, and those that are read where it is.
OF_PARAMETERS = ("number", "after", "diameter", "receptors", "memory", "threshold", "ripens")
AT_CELL = ("speed", "occupancy", "noise", "loss", "recovery", "spread", "branching")


def to_javascript(model: FieldModel) -> str:
    """The model as exactly one statement of a classic script, which sets ``globalThis.solubleModels[id]``.

    ``p`` are the parameters in declared order; ``c``, ``g`` and ``d`` hold an array over the grid for each field, region
    and kind of cell; ``v`` the values at one point, fields first, then regions. Beside words and numbers the object holds

    * ``regions[i].bounds(p)``: x0, x1, y0, y1 of a rectangle, x, y, radius of a disk
    * ``fields[i].diffusion(v, p, x, y, t)``, ``fields[i].varies``: whether it does so with place or time; ``fields[i].initial(p, v, x, y)``
    * ``still(n, g, p, x, y, out)``, ``slow(n, c, g, d, p, x, y, t, out)`` and ``fast(...)``: the rates of the reactions at all n points, in
      ``out[reaction]``: those that nothing changes, those that keep their value in a step, and those that fields change
    * ``cells[i].number(p)`` and so on, ``cells[i].speed(v, p, x, y, t, s)`` and so on, with ``s`` the share of receptors at the surface,
      and ``cells[i].follows``: places of fields with ``strength(v, p, x, y, t, s)``
    * ``quantities[i].value(v, p, x, y, t)``: what a picture can show
    """
    fields = {
        "key": model.key,
        "id": model.id,
        "title": model.title,
        "kind": model.kind,
        "time": {"unit": model.time_unit, "end": model.t_end, "step": model.step},
        "space": {"unit": model.space_unit, "width": model.width, "height": model.height, "grid": model.grid, "nx": model.nx, "ny": model.ny}
        | {"open": [model.edges[e] for e in EDGES]},
        "parameters": [{"id": p.id, "name": p.name, "unit": p.unit, "value": p.value, "range": p.range, "scale": p.scale} for p in model.parameters_],
        "scenarios": [{"id": s.id, "title": s.title, "says": s.says, "set": dict(s.set)} for s in model.scenarios],
        "reactions": [_reaction(model, i) for i in range(len(model.reactions))],
    }
    parts = [f"{name}: {js_json(value)}" for name, value in fields.items()]
    parts.append(f"regions: [{', '.join(_region(model, i) for i in range(len(model.regions)))}]")
    parts.append(f"fields: [{', '.join(_field(model, i) for i in range(len(model.fields)))}]")
    parts.append(f"cells: [{', '.join(_cells(model, c) for c in model.cells)}]")
    parts.append(f"quantities: [{', '.join(_quantity(model, name) for name in model.quantity_ids)}]")
    parts += [_on_grid(model, pace) for pace in ("still", "slow", "fast")]
    body = ",\n  ".join(parts)
    return f"(globalThis.solubleModels ||= {{}})[{js_json(model.key)}] = {{\n  {body}\n}};\n"


def _expression(model: FieldModel, e: Expression) -> sp.Expr:
    """A formula in SymPy with derived quantities put in."""
    return e.sympy.xreplace({symbol(name): value for name, value in model.derived_sympy.items()})


def _printer(model: FieldModel) -> Any:
    """The printer for formulas at a point."""
    places = {p: f"p[{i}]" for i, p in enumerate(model.parameter_ids)}
    places |= {name: f"v[{i}]" for i, name in enumerate([*model.field_ids, *model.region_ids])}
    return js_printer(places | {TIME: "t", SURFACE: "s"})


def _reaction(model: FieldModel, i: int) -> dict[str, Any]:
    r = model.reactions[i]
    place = {None: -1, **{name: k for k, name in enumerate(model.field_ids)}}
    return {"name": r.name, "from": place[r.source], "to": place[r.target]}


def _function(model: FieldModel, name: str, arguments: str, e: Expression) -> str:
    return f"{name}({arguments}) {{ return {_printer(model).doprint(_expression(model, e))}; }}"


def _region(model: FieldModel, i: int) -> str:
    g = model.regions[i]
    printer = _printer(model)
    bounds = ", ".join(printer.doprint(_expression(model, e)) for e in g.bounds.values())
    return f"{{ id: {js_json(g.id)}, name: {js_json(g.name)}, shape: {js_json(g.shape)}, bounds(p) {{ return [{bounds}]; }} }}"


def _field(model: FieldModel, i: int) -> str:
    f = model.fields[i]
    parts = [f"id: {js_json(f.id)}", f"varies: {js_json(model.varies(f))}"]
    parts += [_function(model, "diffusion", "v, p, x, y, t", f.diffusion), _function(model, "initial", "p, v, x, y", f.initial)]
    return f"{{ {', '.join(parts)} }}"


def _cells(model: FieldModel, kind: Cells) -> str:
    place = {None: -1, **{name: k for k, name in enumerate(model.region_ids)}}
    fields = {None: -1, **{name: k for k, name in enumerate(model.field_ids)}}
    words = {"id": kind.id, "name": kind.name, "start": place[kind.start], "goal": place[kind.goal], "stops": kind.stops, "senses": kind.senses}
    words |= {"drifts": kind.drifts, "grows": kind.grows, "leaves": fields[kind.leaves], "fuses": kind.fuses}
    parts = [f"{name}: {js_json(value)}" for name, value in words.items()]
    parts += [_function(model, key, "p", e) for key in OF_PARAMETERS if (e := getattr(kind, key)) is not None]
    parts += [_function(model, key, "v, p, x, y, t, s", e) for key in AT_CELL if (e := getattr(kind, key)) is not None]
    follows = (f"{{ field: {fields[name]}, {_function(model, 'strength', 'v, p, x, y, t, s', e)} }}" for name, e in (kind.follows or {}).items())
    parts.append(f"follows: [{', '.join(follows)}]")
    return f"{{ {', '.join(parts)} }}"


def _quantity(model: FieldModel, name: str) -> str:
    return f"{{ id: {js_json(name)}, {_function(model, 'value', 'v, p, x, y, t', Expression(name))} }}"


def _on_grid(model: FieldModel, pace: str) -> str:
    """The rates of the reactions of one pace at every point of the grid."""
    chosen = [i for i in range(len(model.reactions)) if model.pace(model.reactions[i].rate) == pace]
    places = {p: f"p[{i}]" for i, p in enumerate(model.parameter_ids)} | {TIME: "t", "x": "x[i]", "y": "y[i]"}
    arrays = {n: f"g[{i}]" for i, n in enumerate(model.region_ids)}
    arguments = "n, g, p, x, y, out"
    if pace != "still":
        arrays |= {n: f"c[{i}]" for i, n in enumerate(model.field_ids)} | {n: f"d[{i}]" for i, n in enumerate(model.cell_ids)}
        arguments = "n, c, g, d, p, x, y, t, out"
    used: set[str] = set().union(*(model.names_of(model.reactions[i].rate) for i in chosen)) if chosen else set()
    heads = [f"const {_array(n)} = {where};" for n, where in arrays.items() if n in used]
    heads += [f"const out{i} = out[{i}];" for i in chosen]
    printer = js_printer(places | {n: f"{_array(n)}[i]" for n in arrays})
    expressions: Sequence[sp.Expr] = [_expression(model, model.reactions[i].rate) for i in chosen]
    lines = js_statements(printer, [f"out{i}[i]" for i in chosen], expressions)
    loop = f"for (let i = 0; i < n; i++) {{ {lines} }}" if chosen else ""
    return f"{pace}({arguments}) {{ {' '.join([*heads, loop]).strip()} }}"


def _array(name: str) -> str:
    """A variable for the array of a name; the prefix keeps it apart from arguments."""
    return f"of_{name}"
