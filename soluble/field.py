"""Fields with cells: one declaration of concentrations on a plane and of the cells that make, take up and follow them.

A declaration (``models/fields/<id>.yaml``) is read like that of a model (:mod:`soluble.model`): ``id, title, kind, summary,
source, parameters, derived, scenarios, leaves_out, encoding_notes`` mean what they mean there. Its other keys:

``time``
    ``{unit, end, step}``. Cells move once in a step; the fields take as many substeps as stability asks for.
``space``
    ``{unit, width, height, grid}``: a rectangle, and the distance of the grid's points, of which width and height are
    multiples. A rectangle one grid cell high is a line.
``edges`` (optional)
    ``left, right, bottom, top``: ``closed`` (nothing passes; the default) or ``open`` (the concentration beyond is zero).
``regions``
    Places: ``name, shape`` and for a ``rectangle`` ``x: [from, to], y: [from, to]``, for a ``disk`` ``x, y, radius``. In a
    formula a region is the share of the grid cell that lies inside it.
``fields``
    ``name, unit`` and optionally ``diffusion`` (without it the field stays where it is; it may depend on fields, as where matrix
    holds cells back), ``initial`` (default 0), ``mediator, symbol, note``.
``reactions``
    ``name, rate`` and ``from``, ``to`` or both. With ``to`` alone the rate is what is made (field per time). With ``from`` the
    rate is per time and is multiplied with that field: what leaves it is lost or, with ``to``, goes over without loss.
``cells``
    ``name, number, start`` (a region) and optionally: ``goal`` (a region), ``stops`` (whether who arrives stays there and
    takes part no more; default true), ``after`` (the time at which they begin to move), ``mediator`` (a colour), ``diameter`` (default: the grid's
    distance), ``speed``, ``receptors, occupancy, noise, memory`` (together, for cells that sense), ``threshold``,
    ``desensitises: {loss, recovery}``, ``note``. Instead of sensing, cells may drift: ``follows`` maps fields to sensitivities
    (area per time and unit of the field; the velocity is the sum of sensitivity times gradient), ``spread`` is the diffusion
    coefficient of their random motion, which keeps its direction for ``memory`` (default 0).
    Cells that move may also be the tips of something that grows: ``leaves`` names a field (in unit of 1/length) into which a
    cell lays the way that it has gone, ``branches: {rate, after}`` lets one become two at that rate (per time), not before
    the time ``after`` since its last fork, and ``fuses: true`` ends a cell where its way meets the way of another of its kind.

Names in formulas: parameters everywhere. ``initial`` also knows regions and the place, ``x`` and ``y``. A ``rate`` knows fields,
derived quantities, regions, ``time``, the place, and cells: their id is their density, cells per area of the grid cell. A
``diffusion`` knows the same but cells. At a cell
``speed, occupancy, noise, loss, recovery, spread``, sensitivities and the ``rate`` of branching know fields, derived quantities and
regions where the cell is, and ``time``;
all but ``occupancy`` also ``surface``, the share of its receptors that is at the surface. The other keys of a cell are fixed
by parameters alone.

How a run proceeds is described in :mod:`soluble.field_run`.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import units
from .expression import TIME, Expression, name_latex
from .model import (
    Declaration,
    DeclarationError,
    Problem,
    UnknownNameError,
    _Checker,
    _line,
    _parse_yaml,
    _read_derived,
    _read_parameters,
    _read_scenarios,
    _Reader,
    _shown,
    did_you_mean,
)
from .paths import data_path

if TYPE_CHECKING:
    from .field_run import FieldRun

FOLDER = ("models", "fields")
EDGES = ("left", "right", "bottom", "top")
#: Names that a formula may use without declaring them.
PLACE, SURFACE, SEED = ("x", "y"), "surface", "seed"
#: Section -> required keys, optional keys.
KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "declaration": (
        ("id", "title", "kind", "summary", "time", "space", "regions", "fields", "reactions", "cells", "parameters", "leaves_out"),
        ("source", "edges", "derived", "scenarios", "encoding_notes"),
    ),
    "time": (("unit", "end", "step"), ()),
    "space": (("unit", "width", "height", "grid"), ()),
    "rectangle": (("name", "shape", "x", "y"), ()),
    "disk": (("name", "shape", "x", "y", "radius"), ()),
    "field": (("name", "unit"), ("diffusion", "initial", "mediator", "symbol", "note")),
    "reaction": (("name", "rate"), ("from", "to")),
    "cells": (
        ("name", "number", "start"),
        (
            "goal", "stops", "after", "mediator", "diameter", "speed", "receptors", "occupancy", "noise", "memory", "threshold",
            "desensitises", "follows", "spread", "leaves", "branches", "fuses", "note",
        ),
    ),
    "desensitises": (("loss", "recovery"), ()),
    "branches": (("rate",), ("after",)),
}  # fmt: skip
#: What a cell needs in order to sense a difference.
SENSES = ("receptors", "occupancy", "noise", "memory")
#: A finer grid, or a longer step, would make the slowest machine wait.
MOST_SUBSTEPS, MOST_POINTS, MOST_CELLS = 400, 20_000, 2000


@dataclass(frozen=True)
class Region:
    """A place: a ``rectangle`` with bounds ``x0, x1, y0, y1`` or a ``disk`` with ``x, y, radius``; formulas of parameters."""

    id: str
    name: str
    shape: str
    bounds: Mapping[str, Expression]


@dataclass(frozen=True)
class Field:
    """A concentration on the grid."""

    id: str
    name: str
    unit: str
    diffusion: Expression
    initial: Expression
    mediator: str | None = None
    symbol: str = ""
    note: str = ""

    @property
    def latex(self) -> str:
        """The symbol as LaTeX."""
        return self.symbol or name_latex(self.id)


@dataclass(frozen=True)
class Reaction:
    """What is made (no ``source``), lost (no ``target``), or goes over from one field to another."""

    name: str
    rate: Expression
    source: str | None
    target: str | None


@dataclass(frozen=True)
class Cells:
    """One kind of cell. Formulas that are left out are ``None``; ``branching`` and ``ripens`` are the rate and the time of ``branches``."""

    id: str
    name: str
    number: Expression
    start: str
    goal: str | None
    stops: bool
    after: Expression
    diameter: Expression
    mediator: str | None
    speed: Expression | None = None
    receptors: Expression | None = None
    occupancy: Expression | None = None
    noise: Expression | None = None
    memory: Expression | None = None
    threshold: Expression | None = None
    loss: Expression | None = None
    recovery: Expression | None = None
    follows: Mapping[str, Expression] | None = None
    spread: Expression | None = None
    leaves: str | None = None
    branching: Expression | None = None
    ripens: Expression | None = None
    fuses: bool = False
    note: str = ""

    @property
    def senses(self) -> bool:
        """Whether the cell follows a difference of occupied receptors."""
        return self.occupancy is not None

    @property
    def drifts(self) -> bool:
        """Whether the cell drifts along gradients of fields."""
        return self.follows is not None or self.spread is not None

    @property
    def grows(self) -> bool:
        """Whether the cell is the tip of something: it leaves its way, branches or fuses."""
        return self.leaves is not None or self.branching is not None or self.fuses

    @property
    def latex(self) -> str:
        """The symbol of its density as LaTeX."""
        return name_latex(self.id)


# --- reading ---------------------------------------------------------------------------------------------------------


def list_fields() -> list[str]:
    """The ids of all declared field models, sorted."""
    return sorted(p.stem for p in data_path(*FOLDER).glob("*.yaml"))


def load_field(id_or_path: str | Path) -> FieldModel:
    """Load a declared field model by its id, or any declaration by its path.

    Raises :class:`UnknownNameError` (a ``KeyError``) for an id that is not declared, ``FileNotFoundError`` for a path that
    does not exist, and :class:`DeclarationError` for a declaration that is not valid.
    """
    path = Path(id_or_path)
    if path.suffix not in (".yaml", ".yml"):
        if str(id_or_path) not in list_fields():
            raise UnknownNameError(str(id_or_path), list_fields(), "field model")
        path = data_path(*FOLDER, f"{id_or_path}.yaml")
    model = _load_text(path.read_text(encoding="utf-8"), _shown(path))
    if path.parent == data_path(*FOLDER) and model.id != path.stem:
        raise DeclarationError(_shown(path), [Problem(1, f"the id is {model.id!r}, but the file is called {path.name}", "give both one name")])
    return model


@lru_cache(maxsize=64)
def _load_text(text: str, file: str) -> FieldModel:
    return FieldModel(text, file)


def _keys(r: _Reader, node: Any, section: str, where: str, line: int | None) -> bool:
    return r.known_keys(node, *KEYS[section], where, line)


def _known(r: _Reader, node: Any, key: str, known: Iterable[str], where: str, what: str) -> str | None:
    """The name under ``key`` if it is one of the known ones; what is not is reported."""
    if node.get(key) is None:
        return None
    name = r.text(node, key)
    if name not in known:
        mend = f"known are: {', '.join(known) or 'none'}"
        r.problem(_line(node, key), f"`{key}` of {where} is `{name}`, which is not a {what}{did_you_mean(name, known)}", mend)
        return None
    return name


def _read_regions(r: _Reader, data: Any, taken: dict[str, str]) -> list[Region]:
    out = []
    section = r.section(data, "regions", dict)
    for name, node in section.items():
        r.name(section, name, taken, "region")
        where, line = f"region `{name}`", _line(section, name)
        if not isinstance(node, Mapping) or node.get("shape") not in ("rectangle", "disk"):
            r.problem(line, f"{where} has no shape", "write `shape: rectangle` with x and y as pairs, or `shape: disk` with x, y and radius")
            continue
        if not _keys(r, node, node["shape"], where, line):
            continue
        if node["shape"] == "disk":
            bounds = {key: r.formula(node, key, f"{key} of {where}") for key in ("x", "y", "radius")}
        else:
            pairs = [node[key] for key in PLACE]
            if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
                r.problem(line, f"{where} is not bounded by pairs", "write `x: [from, to]` and `y: [from, to]`")
                continue
            bounds = {f"{key}{i}": r.formula(node[key], i, f"{key} of {where}") for key in PLACE for i in (0, 1)}
        out.append(Region(str(name), r.text(node, "name"), str(node["shape"]), bounds))
    return out


def _read_fields(r: _Reader, data: Any, taken: dict[str, str]) -> list[Field]:
    out = []
    section = r.section(data, "fields", dict)
    for name, node in section.items():
        r.name(section, name, taken, "field")
        where = f"field `{name}`"
        if _keys(r, node, "field", where, _line(section, name)):
            formulas = [r.formula(node, key, f"{key} of {where}", 0) for key in ("diffusion", "initial")]
            words = (r.text(node, "mediator") or None, r.text(node, "symbol"), r.text(node, "note"))
            out.append(Field(str(name), r.text(node, "name"), r.unit(node, where), *formulas, *words))
    return out


def _read_reactions(r: _Reader, data: Any, fields: Iterable[str]) -> list[Reaction]:
    out = []
    section = r.section(data, "reactions", list)
    for i, node in enumerate(section):
        line = _line(section, i)
        if not _keys(r, node, "reaction", f"reaction {i + 1}", line):
            continue
        name = r.text(node, "name")
        where = f"the reaction `{name}`"
        source, target = (_known(r, node, key, fields, where, "field") for key in ("from", "to"))
        if node.get("from") is None and node.get("to") is None:
            r.problem(line, f"{where} neither makes nor takes anything", "add `from: <field>`, `to: <field>` or both")
        if source and source == target:
            r.problem(line, f"{where} goes from `{source}` to itself", "take out one of the two")
        out.append(Reaction(name, r.formula(node, "rate", where), source, target))
    return out


def _flag(r: _Reader, node: Any, key: str, default: bool, where: str) -> bool:
    """What stands under ``key``, true or false."""
    value = node.get(key, default)
    if not isinstance(value, bool):
        r.problem(_line(node, key), f"`{key}` of {where} is neither true nor false", f"write `{key}: {str(not default).lower()}`, or leave it out")
    return bool(value)


def _read_sensing(r: _Reader, node: Any, where: str, line: int | None) -> dict[str, Expression]:
    """What a cell that senses is given by."""
    given = [key for key in SENSES if node.get(key) is not None]
    if given and len(given) < len(SENSES):
        missing = ", ".join(key for key in SENSES if key not in given)
        r.problem(line, f"{where} cannot sense without {missing}", f"give all of {', '.join(SENSES)}, or none")
        given = []
    for key in ("speed", "threshold", "desensitises"):
        if node.get(key) is not None and not given:
            r.problem(_line(node, key), f"{where} has `{key}` but does not sense", f"add {', '.join(SENSES)}")
    formulas = {key: r.formula(node, key, f"{key} of {where}") for key in ("speed", *SENSES, "threshold") if node.get(key) is not None}
    tired = node.get("desensitises")
    if tired is not None and _keys(r, tired, "desensitises", f"`desensitises` of {where}", _line(node, "desensitises")):
        formulas |= {key: r.formula(tired, key, f"{key} of {where}") for key in ("loss", "recovery")}
    return formulas


def _read_drift(r: _Reader, node: Any, fields: Iterable[str], where: str) -> dict[str, Any]:
    """What a cell that drifts is given by."""
    for key in ("speed", "receptors", "occupancy", "noise", "threshold", "desensitises"):
        if node.get(key) is not None:
            r.problem(_line(node, key), f"{where} drifts and has `{key}`", "cells either sense, or drift by `follows` and `spread`")
    out = {key: r.formula(node, key, f"{key} of {where}", 0) for key in ("spread", "memory")}
    follows = node.get("follows", {})
    if not isinstance(follows, Mapping):
        r.problem(_line(node, "follows"), f"`follows` of {where} names no fields", "write `follows: {<field>: <sensitivity>}`")
        follows = {}
    for name in follows:
        if name not in fields:
            r.problem(_line(follows, name), f"{where} follows `{name}`, which is not a field{did_you_mean(name, fields)}", f"known are: {', '.join(fields)}")
    return out | {"follows": {str(name): r.formula(follows, name, f"sensitivity of {where} to `{name}`") for name in follows}}


def _read_growth(r: _Reader, node: Any, fields: Iterable[str], where: str, line: int | None) -> dict[str, Any]:
    """What makes a cell the tip of something that grows."""
    out = {"leaves": _known(r, node, "leaves", fields, where, "field"), "fuses": _flag(r, node, "fuses", False, where)}
    branches = node.get("branches")
    if branches is not None and _keys(r, branches, "branches", f"`branches` of {where}", _line(node, "branches")):
        out |= {"branching": r.formula(branches, "rate", f"rate of branching of {where}"), "ripens": r.formula(branches, "after", f"`after` of branching of {where}", 0)}
    return out


def _read_cells(r: _Reader, data: Any, taken: dict[str, str], regions: Iterable[str], fields: Iterable[str]) -> list[Cells]:
    out = []
    section = r.section(data, "cells", dict)
    for name, node in section.items():
        r.name(section, name, taken, "kind of cell")
        where, line = f"cells `{name}`", _line(section, name)
        if not _keys(r, node, "cells", where, line):
            continue
        start, goal = (_known(r, node, key, regions, where, "region") for key in ("start", "goal"))
        stops = _flag(r, node, "stops", True, where)
        drifts = node.get("follows") is not None or node.get("spread") is not None
        moves = _read_drift(r, node, fields, where) if drifts else _read_sensing(r, node, where, line)
        grows = _read_growth(r, node, fields, where, line)
        if any(grows.values()) and not drifts and node.get("speed") is None:
            r.problem(line, f"{where} grows but does not move", "add `follows` or `spread`, or `speed` to cells that sense")
        number = r.formula(node, "number", f"number of {where}")
        after = r.formula(node, "after", f"`after` of {where}", 0)
        diameter = r.formula(node, "diameter", f"diameter of {where}", float((data.get("space") or {}).get("grid") or 1))
        words = r.text(node, "mediator") or None
        out.append(Cells(str(name), r.text(node, "name"), number, start or "", goal, stops, after, diameter, words, **moves, **grows, note=r.text(node, "note")))
    return out


# --- the model -------------------------------------------------------------------------------------------------------


class FieldModel(Declaration):
    """A validated declaration of fields and cells, and everything that can be made from it.

    ``regions``, ``fields``, ``reactions``, ``cells``, ``derived``, ``scenarios`` are tuples of records in the order of the
    declaration; ``width, height, grid`` and ``step`` are numbers, ``nx`` and ``ny`` those of the grid's points, ``edges`` maps each
    edge to whether it is open.
    """

    def __init__(self, text: str, file: str = "<declaration>") -> None:
        """Read a declaration from its text; raises :class:`DeclarationError` with everything that is wrong in it."""
        self.text, self.file, self.variant = text, file, False
        data = _parse_yaml(text, file)
        r = _Reader(file)
        _keys(r, data, "declaration", "the declaration", 1)
        self._read_identity(r, data)
        self._read_space(r, data)
        taken = dict.fromkeys(PLACE, "a place on the plane") | {SURFACE: "the share of receptors at a cell's surface", SEED: "the seed of a run"}
        self.regions = tuple(_read_regions(r, data, taken))
        self.fields = tuple(_read_fields(r, data, taken))
        self.cells = tuple(_read_cells(r, data, taken, list(data.get("regions") or {}), list(data.get("fields") or {})))
        self.parameters_ = tuple(_read_parameters(r, data, taken))
        self.derived = tuple(_read_derived(r, data, taken))
        self.reactions = tuple(_read_reactions(r, data, list(data.get("fields") or {})))
        self.scenarios = tuple(_read_scenarios(r, data, self.ranges))
        r.finish()
        self._resolved: dict[str, set[str]] = {}
        _FieldChecker(r, self).everything(data)
        r.finish()

    def _read_space(self, r: _Reader, data: Any) -> None:
        self.time_unit, self.t_end, self.step = "minute", 1.0, 1.0
        self.space_unit, self.width, self.height, self.grid = "micrometer", 1.0, 1.0, 1.0
        time, space = data.get("time"), data.get("space")
        if time is not None and _keys(r, time, "time", "`time`", _line(data, "time")):
            self._read_time(r, time)
            self.step = r.number(time, "step", "time")
            if not 0 < self.step <= self.t_end:
                r.problem(_line(time, "step"), "the step is not between 0 and the end of the run", "give a `step` such as 0.5")
        if space is not None and _keys(r, space, "space", "`space`", _line(data, "space")):
            self.space_unit = r.unit(space, "space")
            self.width, self.height, self.grid = (r.number(space, key, "space") for key in ("width", "height", "grid"))
            counts = [v / self.grid if self.grid > 0 else math.nan for v in (self.width, self.height)]
            if not all(n >= 1 and abs(n - round(n)) < 1e-9 for n in counts) or round(counts[0]) < 2:
                r.problem(_line(data, "space"), "width and height are not multiples of `grid`", "choose a distance that divides both, for instance 20")
            elif counts[0] * counts[1] > MOST_POINTS:
                r.problem(_line(space, "grid"), f"the grid has {counts[0] * counts[1]:g} points", f"at most {MOST_POINTS} can be followed: widen `grid`")
        edges = r.section(data, "edges", dict)
        for name in edges:
            if name not in EDGES or edges[name] not in ("closed", "open"):
                r.problem(_line(edges, name), f"the edge `{name}: {edges[name]}` is not known", f"use {', '.join(EDGES)} with `closed` or `open`")
        self.edges = {name: edges.get(name) == "open" for name in EDGES}

    # -- names and numbers --

    @property
    def nx(self) -> int:
        """Points of the grid from left to right."""
        return round(self.width / self.grid)

    @property
    def ny(self) -> int:
        """Points of the grid from bottom to top."""
        return round(self.height / self.grid)

    @property
    def n_steps(self) -> int:
        """Steps of the declared run."""
        return round(self.t_end / self.step)

    @property
    def ranges(self) -> dict[str, tuple[float, float] | None]:
        """The slider's range of every parameter, ``None`` where there is none."""
        return {p.id: p.range for p in self.parameters_}

    @property
    def field_ids(self) -> list[str]:
        """Names of the fields, in declared order."""
        return [f.id for f in self.fields]

    @property
    def region_ids(self) -> list[str]:
        """Names of the regions, in declared order."""
        return [g.id for g in self.regions]

    @property
    def cell_ids(self) -> list[str]:
        """Names of the kinds of cells, in declared order."""
        return [c.id for c in self.cells]

    @property
    def quantity_ids(self) -> list[str]:
        """What a picture can show: the fields, and the derived quantities that a place alone decides."""
        return [*self.field_ids, *(d.id for d in self.derived if self.at_place(d.expression))]

    @property
    def units(self) -> dict[str, str]:
        """The declared unit of every field, parameter and derived quantity, and of what formulas know without declaration."""
        density = f"cell/{self.space_unit}**2"
        known = dict.fromkeys(PLACE, self.space_unit) | {SURFACE: "dimensionless"}
        known |= dict.fromkeys(self.region_ids, "dimensionless") | dict.fromkeys(self.cell_ids, density)
        return known | {f.id: f.unit for f in self.fields} | super().units

    @property
    def symbols(self) -> dict[str, str]:
        """The LaTeX of every name; a region is shown as an indicator of its place, cells as their density."""
        known = {SURFACE: r"s", **{g: rf"\mathbb{{1}}_{{\mathrm{{{g.replace('_', ' ')}}}}}" for g in self.region_ids}}
        known |= {c.id: rf"\rho_{{{c.latex}}}" for c in self.cells}
        return known | {f.id: f.latex for f in self.fields} | super().symbols

    def names_of(self, e: Expression) -> set[str]:
        """The names that a formula rests on, ``time`` included, with derived quantities resolved."""
        if e.text not in self._resolved:
            derived = {d.id: d.expression for d in self.derived}
            timed = any(isinstance(n, ast.Name) and n.id == TIME for n in ast.walk(e.tree))
            parts = [self.names_of(derived[name]) if name in derived else {name} for name in e.names]
            self._resolved[e.text] = set().union({TIME} if timed else (), *parts)
        return self._resolved[e.text]

    def varies(self, f: Field) -> bool:
        """Whether a field's diffusion coefficient differs from place to place, or changes."""
        return bool(self.names_of(f.diffusion) - {*self.parameter_ids})

    def pace(self, e: Expression) -> str:
        """How often a rate is asked for: ``still`` (once in a run), ``slow`` (once in a step), ``fast`` (in each substep)."""
        names = self.names_of(e)
        return "fast" if names & self._changing else "slow" if names & {*self.field_ids, *self.cell_ids, TIME} else "still"

    @cached_property
    def _changing(self) -> set[str]:
        """The fields that diffuse or react, and so change within a step."""
        react = {name for r in self.reactions for name in (r.source, r.target)}
        return {f.id for f in self.fields if f.id in react or f.diffusion.text not in ("0", "0.0")}

    def at_place(self, e: Expression) -> bool:
        """Whether a formula can be read at a point: it asks for no density of cells and no state of a cell."""
        return not self.names_of(e) & {*self.cell_ids, SURFACE}

    def values(self, overrides: Mapping[str, float] | None = None) -> dict[str, float]:
        """All parameters with the overrides put in; errors as :meth:`soluble.model.Model.values`."""
        given = self.finite(overrides or {})
        return {p.id: float(given.get(p.id, p.value)) for p in self.parameters_}

    @cached_property
    def _javascript(self) -> str:
        from . import field_translate

        return field_translate.to_javascript(self)

    # -- what can be made from it --

    def simulate(self, /, seed: int = 1, t_end: float | None = None, every: int | None = None, **overrides: float) -> FieldRun:
        """Run the model; see :func:`soluble.field_run.simulate`."""
        from . import field_run

        return field_run.simulate(self, overrides, seed, t_end, every)

    def to_javascript(self) -> str:
        """The model as one statement of JavaScript; see :func:`soluble.field_translate.to_javascript`."""
        return self._javascript

    def equations(self) -> Any:
        """The equations of the fields and what a cell reads, displayed as MathML or LaTeX; see :class:`soluble.field_sheet.FieldEquations`."""
        from .field_sheet import FieldEquations

        return FieldEquations(self)

    def sheet(self) -> Any:
        """The model sheet; see :class:`soluble.field_sheet.FieldSheet`."""
        from .field_sheet import FieldSheet

        return FieldSheet(self)

    def __reduce__(self) -> tuple:
        return _load_text, (self.text, self.file)

    def __repr__(self) -> str:
        return f"<FieldModel {self.id}: {self.title}; fields {', '.join(self.field_ids)}; cells {', '.join(self.cell_ids) or 'none'}; time in {self.time_unit}>"


class _FieldChecker(_Checker):
    """Checks every formula of a field model: its names are declared and known there, its units fit."""

    model: FieldModel

    def everything(self, data: Any) -> None:
        m = self.model
        constants = list(m.parameter_ids)
        derived: list[str] = []
        place = [*constants, *m.field_ids, *m.region_ids, *PLACE]
        anywhere = [*place, *m.cell_ids]
        for d in m.derived:
            self.formula(d.expression, [*anywhere, *derived], _line(data["derived"][d.id], "expression"), f"derived quantity `{d.id}`", self.vectors[d.id])
            derived.append(d.id)
        if self.r.problems:
            return
        at_place = [*place, *(d.id for d in m.derived if m.at_place(d.expression))]
        self._regions(data, constants)
        self._fields(data, constants, at_place)
        for i, reaction in enumerate(m.reactions):
            per_time = units.times({}, units.vector(m.time_unit), -1)
            wanted = per_time if reaction.source else units.times(self.vectors[reaction.target], per_time)
            where = f"rate of `{reaction.name}`"
            self.fits(reaction.rate, [*anywhere, *derived], _line(data["reactions"][i], "rate"), where, wanted)
            if reaction.source and reaction.target and self.vectors[reaction.source] != self.vectors[reaction.target]:
                self.r.problem(_line(data["reactions"], i), f"`{reaction.name}` goes over between fields of different units", "declare both in one unit")
        for cells in m.cells:
            self._cells(cells, data["cells"][cells.id], constants, at_place)

    def fits(self, e: Expression, known: Iterable[str], line: int | None, where: str, wanted: units.Vector) -> None:
        """A formula in the wanted unit; a bare number is one only where none is needed, or where it is zero."""
        got = self.formula(e, known, line, where, wanted)
        if e.is_number and got is not None and not units.agree(got, wanted):
            self.r.problem(line, f"{where} is a number without a unit", "make the number a parameter with a unit")

    def _regions(self, data: Any, constants: list[str]) -> None:
        length = units.vector(self.model.space_unit)
        for region in self.model.regions:
            for key, e in region.bounds.items():
                self.formula(e, constants, _line(data["regions"][region.id], key[0] if key != "radius" else key), f"{key} of region `{region.id}`", length)

    def _fields(self, data: Any, constants: list[str], at_place: list[str]) -> None:
        m = self.model
        spread = units.times(units.times(units.vector(m.space_unit), units.vector(m.space_unit)), units.vector(m.time_unit), -1)
        for f in m.fields:
            node = data["fields"][f.id]
            self.fits(f.diffusion, at_place, _line(node, "diffusion"), f"diffusion of `{f.id}`", spread)
            self.formula(f.initial, [*constants, *m.region_ids, *PLACE], _line(node, "initial"), f"initial value of `{f.id}`", self.vectors[f.id])

    def _cells(self, cells: Cells, node: Any, constants: list[str], at_place: list[str]) -> None:
        m = self.model
        time, length = units.vector(m.time_unit), units.vector(m.space_unit)
        per_time = units.times({}, time, -1)
        cell = units.vector("cell") if self._of_cells(cells.number, constants) else {}
        at_cell = [*at_place, SURFACE]
        wanted = {
            "number": (cells.number, constants, cell),
            "after": (cells.after, constants, time),
            "diameter": (cells.diameter, constants, length),
            "speed": (cells.speed, at_cell, units.times(length, per_time)),
            "receptors": (cells.receptors, constants, {}),
            "memory": (cells.memory, constants, time),
            "threshold": (cells.threshold, constants, {}),
            "occupancy": (cells.occupancy, at_place, {}),
            "noise": (cells.noise, at_cell, {}),
            "loss": (cells.loss, at_cell, per_time),
            "recovery": (cells.recovery, at_cell, per_time),
            "spread": (cells.spread, at_cell, units.times(units.times(length, length), per_time)),
            "rate": (cells.branching, at_cell, per_time),
        }
        for key, (e, known, unit) in wanted.items():
            if e is not None:
                within = {"loss": "desensitises", "recovery": "desensitises", "rate": "branches"}.get(key)
                self.formula(e, known, _line(node.get(within) if within else node, key), f"{key} of cells `{cells.id}`", unit)
        if cells.ripens is not None:
            self.formula(cells.ripens, constants, _line(node["branches"], "after"), f"`after` of branching of cells `{cells.id}`", time)
        for name, e in (cells.follows or {}).items():
            wanted_unit = units.times(units.times(units.times(length, length), per_time), self.vectors[name], -1)
            self.fits(e, at_cell, _line(node["follows"], name), f"sensitivity of cells `{cells.id}` to `{name}`", wanted_unit)
        if cells.leaves and not units.agree(self.vectors[cells.leaves], units.times({}, length, -1)):
            self.r.problem(_line(node, "leaves"), f"`{cells.leaves}` cannot hold the way of cells `{cells.id}`", f"declare it in 1/{m.space_unit}: length per area")

    def _of_cells(self, e: Expression, constants: list[str]) -> bool:
        """Whether a number of cells is given in cells rather than as a plain number."""
        try:
            return set(e.names) <= set(constants) and units.of_tree(e.tree, self.vectors) == units.vector("cell")
        except units.UnitError:
            return False
