"""Models: one YAML declaration read, validated and held as symbols and units.

A declaration (``models/<id>.yaml``) is the only place where a model is written. Its keys:

``id, title, kind, summary, source, biomodels, time, stiff``
    ``kind`` is ``published``, ``reduced`` (of a published one) or ``didactic``; ``source`` is a key of ``references.bib``
    or a list of them (a didactic model needs none); ``time: {unit, end}``; ``stiff: true`` picks implicit solvers.
``states``
    ``name, unit, initial`` (number or formula of parameters) and optionally ``mediator, range, scale, symbol, note``. The
    range and the scale (``linear`` or ``log``) belong to the slider of the initial value, which is called ``<state>0``.
``parameters``
    ``name, value, unit`` and either ``source`` (with ``where``) or ``assumed: why``; optionally ``range, scale, symbol,
    note``. ``symbol`` is LaTeX.
``derived``
    ``name, unit, expression`` and optionally ``mediator, symbol, note``; in order, each may use those before it.
``equations``
    One formula per state: its derivative. The grammar is described in :mod:`soluble.expression`.
``doses``
    ``id, target, amount, start, interval, count`` and optionally ``name``: a bolus of ``amount`` (in the state's unit) at
    ``start``, ``start + interval``, ... Each may be a formula of parameters. At the time of a dose a run shows the value
    after it.
``scenarios``
    ``id, title, says, set``: names of parameters or initial values with their numbers, inside the slider's range.
``leaves_out, encoding_notes``
    Lists of sentences.
``reproduces``
    ``what, published, tolerance`` (relative) or ``tolerance_abs``, ``source`` or ``assumed``, ``where, unit, compute``. With
    ``unit`` the published number stands in that unit and ours is converted. ``compute`` is one of

    * ``{as: value, of, at}``: a quantity at a time
    * ``{as: max | min | mean | time_of_max | time_of_min, of, from, to}``: over a run
    * ``{as: time_to, of, level}``: the first time at which the quantity crosses the level
    * ``{as: cycle, of, from, to}``: the mean distance of the maxima in a run
    * ``{as: steady_state, of, near}``: at a steady state (``near``: a state to start Newton's method from)
    * ``{as: stability, near}``: a word, such as ``saddle``, see :func:`soluble.simulate.stability`
    * ``{as: period, near}``: of the oscillation around a steady state
    * ``{as: eigenvalue_real | eigenvalue_imag, near}``: of the eigenvalue with the largest real part
    * ``{as: equilibria, stable}``: how many there are (``stable: true``: of the stable ones)
    * ``{as: threshold, of, parameter, between, level, at}``: the value of a parameter (or initial value) inside
      ``between: [low, high]`` at which the quantity at the time ``at`` passes the level
    * ``{as: expression, of}``: a formula of parameters
    * ``{as: ratio, of: {...}, to: {...}}``: of two of these

    ``of`` may be a formula of states, derived quantities and parameters; ``with: {...}`` overrides parameters and initial
    values as in :meth:`Model.simulate`.

Units are checked by dimension and scale in every equation, derived quantity, initial value, dose and reproduced result
(:mod:`soluble.units`). Whatever is wrong is reported at once by :class:`DeclarationError`, with line and mend.
"""

from __future__ import annotations

import difflib
import hashlib
import io
import keyword
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import units
from .expression import FUNCTIONS, TIME, Expression, ExpressionError, name_latex
from .paths import data_path

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy as np
    import pandas as pd
    import sympy as sp

KINDS = ("published", "reduced", "didactic")
SCALES = ("linear", "log")
#: Section -> required keys, optional keys.
KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "model": (
        ("id", "title", "kind", "summary", "time", "states", "parameters", "equations", "leaves_out"),
        ("source", "biomodels", "stiff", "derived", "doses", "scenarios", "encoding_notes", "reproduces"),
    ),
    "time": (("unit", "end"), ()),
    "state": (("name", "unit", "initial"), ("mediator", "range", "scale", "symbol", "note")),
    "parameter": (("name", "value", "unit"), ("range", "scale", "source", "where", "assumed", "symbol", "note")),
    "derived": (("name", "unit", "expression"), ("mediator", "symbol", "note")),
    "dose": (("id", "target", "amount"), ("name", "start", "interval", "count")),
    "scenario": (("id", "title", "says", "set"), ()),
    "reproduces": (
        ("what", "published", "compute"),
        ("tolerance", "tolerance_abs", "source", "assumed", "where", "unit", "note"),
    ),
}
#: ``as`` of a reproduced result -> required keys, optional keys (``with`` is always allowed).
COMPUTE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "value": (("of", "at"), ()),
    **{kind: (("of",), ("from", "to")) for kind in ("max", "min", "mean", "time_of_max", "time_of_min")},
    "time_to": (("of", "level"), ("from", "to")),
    "cycle": (("of",), ("from", "to")),
    "steady_state": (("of",), ("near",)),
    **{kind: ((), ("near",)) for kind in ("stability", "period", "eigenvalue_real", "eigenvalue_imag")},
    "equilibria": ((), ("stable",)),
    "threshold": (("of", "parameter", "between", "level", "at"), ()),
    "expression": (("of",), ()),
    "ratio": (("of", "to"), ()),
}
_TIMES = ("time_of_max", "time_of_min", "time_to", "period", "cycle")
#: Names that SBML's and Antimony's formulas keep for themselves.
RESERVED = {TIME, *FUNCTIONS} | set(
    "pi e exponentiale avogadro inf infinity nan notanumber true false not and or xor ln log10 root power pow sqr floor ceil "
    "factorial delay rateOf quotient rem implies sin cos tan sec csc cot sinh cosh coth arcsin arccos arctan asin acos atan "
    "model module function end at is in has var const species compartment reaction event unit import delete ext gene "
    "operator formula DNA substanceOnly after priority persistent fromTrigger t0 maximize minimize identical constraint "
    "assert second metre mole gram litre dimensionless item substance volume area length extent".split()
)


#: Names of arguments of the methods of :class:`Model`. A parameter of such a name is overridden with an underscore
#: behind it (``n_=1e-7``), as any other may be.
KEYWORDS = frozenset("t_end n t method rtol atol near box sort param values of at hysteresis between parameters kind draws seed executor progress".split())


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a declaration: the line (1-based, where known), what is wrong, and the mend."""

    line: int | None
    what: str
    mend: str


class DeclarationError(ValueError):
    """A declaration is not valid. ``file``, ``problems`` and, of the first problem, ``line``."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = sorted(problems, key=lambda p: p.line or 0)
        self.line = self.problems[0].line
        super().__init__("\n".join(f"{file}:{p.line or '?'}: {p.what}.\n    Mend: {p.mend}." for p in self.problems))

    def __reduce__(self) -> tuple:
        return type(self), (self.file, self.problems)


class UnknownNameError(KeyError):
    """A model, parameter, state or quantity is not known; the message lists those that are."""

    def __init__(self, name: object, known: Iterable[str], what: str = "name") -> None:
        super().__init__(name)
        self.name, self.known, self.what = name, list(known), what

    def __str__(self) -> str:
        return f"unknown {self.what} {self.name!r}{did_you_mean(self.name, self.known)}; known: {', '.join(self.known)}"

    def __reduce__(self) -> tuple:
        return type(self), (self.name, self.known, self.what)


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """``" (did you mean 'sigma'?)"``, or nothing where no known name is close."""
    close = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""


@dataclass(frozen=True)
class Slider:
    """What the state and the parameter share: a quantity with a unit and, for its slider, a range and a scale."""

    id: str
    name: str
    unit: str
    range: tuple[float, float] | None = None
    scale: str = "linear"
    symbol: str = ""
    note: str = ""

    @property
    def latex(self) -> str:
        """The symbol as LaTeX."""
        return self.symbol or name_latex(self.id)


@dataclass(frozen=True)
class State(Slider):
    """A state: its initial value is a formula of parameters or a number."""

    initial: Expression = field(default_factory=lambda: Expression("0"))
    mediator: str | None = None


@dataclass(frozen=True)
class Parameter(Slider):
    """A parameter with its value and where that comes from."""

    value: float = math.nan
    source: tuple[str, ...] = ()
    where: str = ""
    assumed: str = ""


@dataclass(frozen=True)
class Derived:
    """An algebraic quantity."""

    id: str
    name: str
    unit: str
    expression: Expression
    mediator: str | None = None
    symbol: str = ""
    note: str = ""

    @property
    def latex(self) -> str:
        """The symbol as LaTeX."""
        return self.symbol or name_latex(self.id)


@dataclass(frozen=True)
class Dose:
    """A repeated bolus into a state; each part is a formula of parameters."""

    id: str
    name: str
    target: str
    amount: Expression
    start: Expression
    interval: Expression
    count: Expression


@dataclass(frozen=True)
class Scenario:
    """A named setting: ``set`` maps parameters and initial values to numbers."""

    id: str
    title: str
    says: str
    set: Mapping[str, float]


@dataclass(frozen=True)
class Reproduction:
    """A published result that the model must give."""

    what: str
    published: float | str
    compute: Mapping[str, Any]
    tolerance: float | None
    tolerance_abs: float | None
    source: tuple[str, ...]
    assumed: str
    where: str
    unit: str


# --- reading ---------------------------------------------------------------------------------------------------------


def list_models() -> list[str]:
    """The ids of all declared models, sorted."""
    return sorted(p.stem for p in data_path("models").glob("*.yaml"))


def load_model(id_or_path: str | Path) -> Model:
    """Load a declared model by its id, or any declaration by its path.

    Raises :class:`UnknownNameError` (a ``KeyError``) for an id that is not declared, ``FileNotFoundError`` for a path that
    does not exist, and :class:`DeclarationError` for a declaration that is not valid.
    """
    path = Path(id_or_path)
    if path.suffix not in (".yaml", ".yml"):
        if str(id_or_path) not in list_models():
            raise UnknownNameError(str(id_or_path), list_models(), "model")
        path = data_path("models", f"{id_or_path}.yaml")
    model = _load_text(path.read_text(encoding="utf-8"), _shown(path))
    if path.parent == data_path("models") and model.id != path.stem:
        raise DeclarationError(_shown(path), [Problem(1, f"the id is {model.id!r}, but the file is called {path.name}", "give both one name")])
    return model


@lru_cache(maxsize=64)
def _load_text(text: str, file: str, variant: bool = False) -> Model:
    return Model(text, file, variant=variant)


def _shown(path: Path) -> str:
    """The path as a reader would write it: relative where it lies below the working directory."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def _yaml() -> Any:
    from ruamel.yaml import YAML

    return YAML(typ="rt")


def _parse_yaml(text: str, file: str) -> Any:
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import MarkedYAMLError

    try:
        data = _yaml().load(text)
    except DuplicateKeyError as error:
        key = re.search(r'found duplicate key "([^"]*)"', str(error))
        shown = f"the key `{key[1]}` stands twice" if key else "a key stands twice"
        raise DeclarationError(file, [Problem(_mark(error), shown, "keep one of the two, or give one another name")]) from None
    except MarkedYAMLError as error:
        what = f"this is not YAML: {error.problem or error.context}"
        mend = "check indentation, brackets and colons here and in the line above; quote a text that holds `: ` or `#`"
        raise DeclarationError(file, [Problem(_mark(error), what, mend)]) from None
    if not isinstance(data, Mapping):
        raise DeclarationError(file, [Problem(1, "a declaration is a mapping of keys", "start with `id: my-model`")])
    return data


def _mark(error: Any) -> int | None:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else None


def _line(node: Any, key: Any = None) -> int | None:
    """The 1-based line of a key (or an item) of a node that ruamel.yaml read, else of the node itself."""
    lc = getattr(node, "lc", None)
    if lc is None:
        return None
    place = (lc.data or {}).get(key) if key is not None else None
    return (place[0] if place else lc.line) + 1


class _Reader:
    """Turns the YAML tree into records, and collects what is wrong instead of stopping at the first."""

    def __init__(self, file: str) -> None:
        self.file, self.problems = file, []

    def problem(self, line: int | None, what: str, mend: str) -> None:
        self.problems.append(Problem(line, what, mend))

    def finish(self) -> None:
        if self.problems:
            raise DeclarationError(self.file, self.problems)

    def keys(self, node: Any, section: str, where: str, line: int | None) -> bool:
        """Check that a node is a mapping with the section's keys and no others."""
        required, optional = KEYS[section]
        return self.known_keys(node, required, optional, where, line)

    def known_keys(self, node: Any, required: Iterable[str], optional: Iterable[str], where: str, line: int | None) -> bool:
        if not isinstance(node, Mapping):
            self.problem(line, f"{where} is not a mapping", f"write keys and values: {', '.join(required)}")
            return False
        known = [*required, *optional]
        for key in node:
            if key not in known:
                mend = f"take it out, or use one of: {', '.join(known)}"
                self.problem(_line(node, key), f"unknown key `{key}` in {where}{did_you_mean(key, known)}", mend)
        missing = [k for k in required if node.get(k) is None]
        for key in missing:
            self.problem(line, f"{where} has no `{key}`", f"add `{key}: ...`")
        return not missing

    def section(self, data: Any, key: str, kind: type) -> Any:
        """A section of the declaration, empty where it is missing or of the wrong kind (which is reported)."""
        node = data.get(key)
        if node is None:
            return kind()
        if not isinstance(node, Mapping if kind is dict else list):
            form = "a mapping (`name: {...}`)" if kind is dict else "a list (`- ...`)"
            self.problem(_line(data, key), f"`{key}` has the wrong form", f"write it as {form}")
            return kind()
        return node

    def text(self, node: Any, key: str, default: str = "") -> str:
        value = node.get(key)
        if value is None:
            return default
        if isinstance(value, Mapping | list | bool):
            self.problem(_line(node, key), f"`{key}` is not a text", f"write `{key}: some words`")
            return default
        return " ".join(str(value).split())

    def texts(self, node: Any, key: str) -> tuple[str, ...]:
        """A text or a list of texts."""
        value = node.get(key)
        return tuple(" ".join(str(v).split()) for v in (value if isinstance(value, list) else [] if value is None else [value]))

    def number(self, node: Any, key: Any, where: str, line: int | None = None) -> float:
        value = node[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.problem(line or _line(node, key), f"`{key}` of {where} is `{value}`, not a finite number", "write a number such as 3.2e5")
            return math.nan
        return float(value)

    def choice(self, node: Any, key: str, options: Sequence[str], default: str | None = None) -> str:
        value = node.get(key, default)
        if value not in options:
            self.problem(_line(node, key), f"`{key}` is `{value}`{did_you_mean(value, options)}", f"use one of: {', '.join(options)}")
            return options[0]
        return str(value)

    def unit(self, node: Any, where: str) -> str:
        text = self.text(node, "unit")
        try:
            units.base_units(text)
        except units.UnitError as error:
            self.problem(_line(node, "unit"), f"{where}: {error.what}", error.mend)
            return "dimensionless"
        return text

    def formula(self, node: Any, key: Any, where: str, default: float | None = None) -> Expression:
        value = node.get(key, default) if isinstance(node, Mapping) else node[key]
        try:
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise ExpressionError(f"`{value}` is not a formula", "write a number or a formula")
            return Expression(float(value) if isinstance(value, float) else int(value) if isinstance(value, int) else value)
        except ExpressionError as error:
            self.problem(_line(node, key), f"{where}: {error.what}", error.mend)
            return Expression("0")

    def name(self, node: Any, name: Any, taken: dict[str, str], what: str) -> None:
        """Check that a name can be used in every target and is free."""
        line = _line(node, name)
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            self.problem(line, f"`{name}` cannot be the name of a {what}", "use letters, digits and `_`, beginning with a letter")
        elif name in RESERVED or name.lower() in ("true", "false") or keyword.iskeyword(name):
            self.problem(line, f"`{name}` is reserved and cannot be the name of a {what}", f"choose another, for instance `{name}_`")
        elif name in taken:
            self.problem(line, f"the name `{name}` is taken: it is {taken[name]}", "give one of the two another name")
        taken[str(name)] = f"a {what}"


def _read_range(r: _Reader, node: Any, where: str) -> tuple[tuple[float, float] | None, str]:
    scale = r.choice(node, "scale", SCALES, "linear")
    if node.get("range") is None:
        return None, scale
    limits, line = node["range"], _line(node, "range")
    if not isinstance(limits, list) or len(limits) != 2:
        r.problem(line, f"the range of {where} is not a pair", "write `range: [low, high]`")
        return None, scale
    low, high = (r.number(limits, i, f"the range of {where}", line) for i in (0, 1))
    if not low < high:
        r.problem(line, f"the range of {where} is empty: {low:g} is not below {high:g}", "write the smaller number first")
    elif scale == "log" and low <= 0:
        r.problem(line, f"the range of {where} is on a log scale but begins at {low:g}", "begin above 0, or use `scale: linear`")
    return (low, high), scale


def _inside(r: _Reader, value: float, limits: tuple[float, float] | None, line: int | None, where: str) -> None:
    if limits and not math.isnan(value) and not limits[0] <= value <= limits[1]:
        mend = "widen the range or correct the value"
        r.problem(line, f"{where} is {value:g}, outside its range {limits[0]:g} to {limits[1]:g}", mend)


def _read_states(r: _Reader, data: Any, taken: dict[str, str]) -> list[State]:
    out = []
    section = r.section(data, "states", dict)
    for name, node in section.items():
        r.name(section, name, taken, "state")
        where = f"state `{name}`"
        if not r.keys(node, "state", where, _line(section, name)):
            continue
        limits, scale = _read_range(r, node, f"the initial value of {where}")
        initial = r.formula(node, "initial", f"initial value of {where}")
        if initial.is_number:
            _inside(r, initial.value(), limits, _line(node, "initial"), f"the initial value of {where}")
        common = (str(name), r.text(node, "name"), r.unit(node, where), limits, scale, r.text(node, "symbol"), r.text(node, "note"))
        out.append(State(*common, initial=initial, mediator=r.text(node, "mediator") or None))
    return out


def _read_parameters(r: _Reader, data: Any, taken: dict[str, str]) -> list[Parameter]:
    out = []
    section = r.section(data, "parameters", dict)
    for name, node in section.items():
        r.name(section, name, taken, "parameter")
        where, line = f"parameter `{name}`", _line(section, name)
        if not r.keys(node, "parameter", where, line):
            continue
        limits, scale = _read_range(r, node, where)
        value = r.number(node, "value", where)
        _inside(r, value, limits, _line(node, "value"), where)
        source, assumed = r.texts(node, "source"), r.text(node, "assumed")
        _sourced(r, source, assumed, where, line)
        common = (str(name), r.text(node, "name"), r.unit(node, where), limits, scale, r.text(node, "symbol"), r.text(node, "note"))
        out.append(Parameter(*common, value=value, source=source, where=r.text(node, "where"), assumed=assumed))
    return out


def _sourced(r: _Reader, source: tuple[str, ...], assumed: str, where: str, line: int | None) -> None:
    if not source and not assumed:
        mend = "add `source: <key of references.bib>`, or `assumed: <why this value>`"
        r.problem(line, f"{where} has neither a source nor a stated assumption", mend)


def _read_derived(r: _Reader, data: Any, taken: dict[str, str]) -> list[Derived]:
    out = []
    section = r.section(data, "derived", dict)
    for name, node in section.items():
        r.name(section, name, taken, "derived quantity")
        where = f"derived quantity `{name}`"
        if r.keys(node, "derived", where, _line(section, name)):
            expression = r.formula(node, "expression", where)
            words = (r.text(node, "mediator") or None, r.text(node, "symbol"), r.text(node, "note"))
            out.append(Derived(str(name), r.text(node, "name"), r.unit(node, where), expression, *words))
    return out


def _read_equations(r: _Reader, data: Any, states: Iterable[str]) -> dict[str, Expression]:
    section = r.section(data, "equations", dict)
    out = {}
    for name in section:
        if name not in states:
            mend = f"declare it under `states`, or use one of: {', '.join(states)}"
            r.problem(_line(section, name), f"an equation for `{name}`, which is not a state{did_you_mean(name, states)}", mend)
        else:
            out[name] = r.formula(section, name, f"equation of `{name}`")
    for name in states:
        if name not in section:
            r.problem(_line(data, "equations"), f"the state `{name}` has no equation", f"add `{name}: <its derivative>`, or 0")
    return out


def _read_doses(r: _Reader, data: Any, taken: dict[str, str], states: Iterable[str]) -> list[Dose]:
    out = []
    section = r.section(data, "doses", list)
    for i, node in enumerate(section):
        if not r.keys(node, "dose", f"dose {i + 1}", _line(section, i)):
            continue
        name = r.text(node, "id")
        where = f"dose `{name}`"
        if f"dose {name}" in taken or name in taken or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            r.problem(_line(node, "id"), f"the dose id `{name}` is taken or not a name", "use another: letters, digits and `_`")
        taken[f"dose {name}"] = "dose"
        target = r.text(node, "target")
        if target not in states:
            r.problem(_line(node, "target"), f"{where} goes into `{target}`, which is not a state{did_you_mean(target, states)}", "name a state")
        parts = {"amount": None, "start": 0, "interval": 0, "count": 1}
        formulas = [r.formula(node, key, f"{key} of {where}", default) for key, default in parts.items()]
        if formulas[1].is_number and formulas[1].value() < 0:
            r.problem(_line(node, "start"), f"{where} begins before time 0", "begin at 0 or later")
        if formulas[2].is_number and formulas[2].value() <= 0 and not (formulas[3].is_number and formulas[3].value() <= 1):
            r.problem(_line(node, "interval"), f"{where} is repeated without an interval", "add `interval: ...` above 0")
        out.append(Dose(name, r.text(node, "name", name), target, *formulas))
    return out


def _read_settings(r: _Reader, node: Any, key: str, known: Mapping[str, tuple[float, float] | None] | Iterable[str], where: str) -> dict[str, float]:
    """A mapping of known names to numbers; where ``known`` gives ranges, the numbers lie inside."""
    section = r.section(node, key, dict)
    out = {}
    for name in section:
        if name not in known:
            mend = f"known are: {', '.join(known)}"
            r.problem(_line(section, name) or _line(node, key), f"{where}: unknown name `{name}`{did_you_mean(name, known)}", mend)
            continue
        out[str(name)] = r.number(section, name, where)
        if isinstance(known, Mapping):
            _inside(r, out[name], known[name], _line(section, name), f"{where}: `{name}`")
    return out


def _read_scenarios(r: _Reader, data: Any, ranges: Mapping[str, tuple[float, float] | None]) -> list[Scenario]:
    out: list[Scenario] = []
    section = r.section(data, "scenarios", list)
    for i, node in enumerate(section):
        if not r.keys(node, "scenario", f"scenario {i + 1}", _line(section, i)):
            continue
        name = r.text(node, "id")
        if name in [s.id for s in out] or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
            r.problem(_line(node, "id"), f"the scenario id `{name}` is taken or not fit for a link", "use small letters, digits and `-`, once")
        settings = _read_settings(r, node, "set", ranges, f"scenario `{name}`")
        out.append(Scenario(name, r.text(node, "title"), r.text(node, "says"), settings))
    return out


def _read_reproduces(r: _Reader, data: Any) -> list[Reproduction]:
    out = []
    section = r.section(data, "reproduces", list)
    for i, node in enumerate(section):
        line = _line(section, i)
        if not r.keys(node, "reproduces", f"reproduced result {i + 1}", line):
            continue
        what = r.text(node, "what")
        where = f"reproduced result `{what}`"
        words = isinstance(node["published"], str)
        published = r.text(node, "published") if words else r.number(node, "published", where)
        given = [k for k in ("tolerance", "tolerance_abs") if node.get(k) is not None]
        if not words and len(given) != 1:
            r.problem(line, f"{where} needs one tolerance", "add `tolerance: 0.01` (relative) or `tolerance_abs: ...`")
        limits = {k: r.number(node, k, where) for k in given}
        source, assumed = r.texts(node, "source"), r.text(node, "assumed")
        _sourced(r, source, assumed, where, line)
        unit = r.unit(node, where) if node.get("unit") is not None else ""
        out.append(
            Reproduction(what, published, node["compute"], limits.get("tolerance"), limits.get("tolerance_abs"), source, assumed, r.text(node, "where"), unit)
        )
    return out


# --- checking names and units ----------------------------------------------------------------------------------------


class _Checker:
    """Checks every formula of a model: its names are declared, its units fit."""

    def __init__(self, r: _Reader, model: Model) -> None:
        self.r, self.model = r, model
        self.vectors = units.environment(model.units, model.time_unit)

    def formula(self, e: Expression, known: Iterable[str], line: int | None, where: str, unit: units.Vector | None = None) -> units.Vector | None:
        """Check a formula; ``unit`` is what it must come out in (a plain number always does)."""
        unknown = [n for n in e.names if n not in known]
        for name in unknown:
            mend = f"declare it under `parameters`, or use one of: {', '.join(known)}"
            self.r.problem(line, f"{where} uses `{name}`, which is not declared{did_you_mean(name, known)}", mend)
        if unknown:
            return None
        try:
            got = units.of_tree(e.tree, self.vectors)
            if unit is not None and not e.is_number:
                units.require(got, unit, f"`{e.text}`")
            return got
        except units.UnitError as error:
            self.r.problem(line, f"{where}: {error.what}", error.mend)
        return None

    def all(self, data: Any) -> None:
        m = self.model
        constants = list(m.parameter_ids)
        time = units.vector(m.time_unit)
        for s in m.states:
            self.formula(s.initial, constants, _line(data["states"][s.id], "initial"), f"initial value of `{s.id}`", self.vectors[s.id])
        known = [*m.state_ids, *constants]
        for d in m.derived:
            self.formula(d.expression, known, _line(data["derived"][d.id], "expression"), f"derived quantity `{d.id}`", self.vectors[d.id])
            known.append(d.id)
        for name, e in m.rates.items():
            wanted = units.times(self.vectors[name], time, -1)
            got = self.formula(e, known, _line(data["equations"], name), f"equation of `{name}`", wanted)
            if e.is_number and got not in (None, wanted):
                mend = "make the number a parameter with a unit"
                self.r.problem(_line(data["equations"], name), f"equation of `{name}` is a number without a unit", mend)
        for i, dose in enumerate(m.doses):
            parts = {"amount": self.vectors[dose.target], "start": time, "interval": time, "count": {}}
            for key, wanted in parts.items():
                line = _line(data["doses"][i], key)
                self.formula(getattr(dose, key), constants, line, f"{key} of dose `{dose.id}`", wanted)
        for i, result in enumerate(m.reproduces):
            line = _line(data["reproduces"][i], "compute")
            got = self.compute(result.compute, line, f"reproduced result `{result.what}`")
            if result.unit and got is not None and not self._convertible(got, result.unit):
                what = f"reproduced result `{result.what}` has the dimension {units.describe(got)}, not that of `{result.unit}`"
                self.r.problem(_line(data["reproduces"][i], "unit"), what, "correct the unit or the computation")

    @staticmethod
    def _convertible(v: units.Vector, unit: str) -> bool:
        gap = units.times(v, units.vector(unit), -1)
        return set(gap) <= {""}

    def compute(self, node: Any, line: int | None, where: str) -> units.Vector | None:
        """Check the recipe of a reproduced result and give its unit (``None`` where it has none or is wrong)."""
        r, m = self.r, self.model
        kind = node.get("as") if isinstance(node, Mapping) else None
        if kind not in COMPUTE:
            r.problem(line, f"{where}: `as` is `{kind}`{did_you_mean(kind, COMPUTE)}", f"use one of: {', '.join(COMPUTE)}")
            return None
        required, optional = COMPUTE[kind]
        if not r.known_keys(node, ["as", *required], [*optional, "with"], where, line):
            return None
        _read_settings(r, node, "with", m.override_names, where)
        _read_settings(r, node, "near", m.state_ids, where)
        for key in ("at", "from", "to", "level"):
            if key in node and kind != "ratio":
                r.number(node, key, where)
        if kind == "ratio":
            return units.times(self.compute(node["of"], line, where), self.compute(node["to"], line, where), -1)
        got = None
        if "of" in node:
            known = m.parameter_ids if kind == "expression" else [*m.quantity_ids, *m.parameter_ids]
            got = self.formula(r.formula(node, "of", where), known, line, where)
        if kind == "threshold":
            return self.threshold(node, line, where)
        time = units.vector(m.time_unit)
        fixed = dict.fromkeys(_TIMES, time) | dict.fromkeys(("eigenvalue_real", "eigenvalue_imag"), units.times({}, time, -1))
        return None if kind == "stability" else {} if kind == "equilibria" else fixed.get(kind, got)

    def threshold(self, node: Any, line: int | None, where: str) -> units.Vector | None:
        """Check the parameter of a threshold and give its unit."""
        name, known = str(node["parameter"]), self.model.override_names
        if name not in known:
            mend = f"known are: {', '.join(known)}"
            self.r.problem(line, f"{where}: unknown name `{name}`{did_you_mean(name, known)}", mend)
            return None
        if not isinstance(node["between"], list) or len(node["between"]) != 2:
            self.r.problem(line, f"{where}: `between` is not a pair", "write `between: [low, high]`")
        return self.vectors[name if name in self.vectors else name.removesuffix("0")]


def _joined_powers(e: sp.Expr) -> sp.Expr:
    """``x**h / x`` as ``x**(h - 1)``, which has a value at ``x = 0``."""
    import sympy as sp

    symbolic = any(not power.exp.is_number for power in e.atoms(sp.Pow))
    return sp.powsimp(e, deep=True, combine="exp") if symbolic else e


# --- the model -------------------------------------------------------------------------------------------------------


class Declaration:
    """What every declared model has: its text, who it is, parameters with sources, derived quantities, scenarios."""

    text: str
    file: str
    variant: bool
    id: str
    title: str
    summary: str
    kind: str
    source: tuple[str, ...]
    time_unit: str
    t_end: float
    parameters_: tuple[Parameter, ...]
    derived: tuple[Derived, ...]
    scenarios: tuple[Scenario, ...]
    leaves_out: tuple[str, ...]
    encoding_notes: tuple[str, ...]

    def _read_identity(self, r: _Reader, data: Any) -> None:
        """Id, words, kind and source."""
        self.id = r.text(data, "id")
        if self.id and not re.fullmatch(r"[a-z0-9][a-z0-9-]*", self.id):
            r.problem(_line(data, "id"), f"`{self.id}` cannot be an id", "use small letters, digits and `-`, for instance kuznetsov-1994")
        self.title, self.summary = r.text(data, "title"), r.text(data, "summary")
        self.kind = r.choice(data, "kind", KINDS) if "kind" in data else KINDS[0]
        self.source = r.texts(data, "source")
        if self.kind != "didactic" and not data.get("source"):
            mend = "add `source`, or say `kind: didactic` and argue every choice"
            r.problem(_line(data, "kind"), f"a {self.kind} model has no `source`", mend)
        self.leaves_out, self.encoding_notes = r.texts(data, "leaves_out"), r.texts(data, "encoding_notes")

    def _read_time(self, r: _Reader, time: Any) -> None:
        """Unit and end of a run."""
        self.time_unit, self.t_end = r.unit(time, "time"), r.number(time, "end", "time")
        if self.t_end <= 0:
            r.problem(_line(time, "end"), "the run ends before it begins", "give `end` above 0")

    @property
    def parameter_ids(self) -> list[str]:
        """Names of the parameters, in declared order."""
        return [p.id for p in self.parameters_]

    @property
    def override_names(self) -> list[str]:
        """Every name that a run can override."""
        return self.parameter_ids

    @property
    def units(self) -> dict[str, str]:
        """The declared unit of every parameter and derived quantity."""
        return {q.id: q.unit for q in (*self.parameters_, *self.derived)}

    @property
    def symbols(self) -> dict[str, str]:
        """The LaTeX of every parameter and derived quantity."""
        return {q.id: q.latex for q in (*self.parameters_, *self.derived)}

    @property
    def sources(self) -> list[str]:
        """Every bibliography key that the declaration cites, sorted."""
        return sorted({key for keys in (self.source, *(p.source for p in self.parameters_)) for key in keys})

    @cached_property
    def key(self) -> str:
        """The id; of a model with a changed equation the id and a short hash of its declaration."""
        return f"{self.id}-{hashlib.sha1(self.text.encode()).hexdigest()[:6]}" if self.variant else self.id

    @cached_property
    def derived_sympy(self) -> dict[str, sp.Expr]:
        """Every derived quantity as SymPy, with the earlier ones put in."""
        from .expression import symbol

        out: dict[str, sp.Expr] = {}
        for d in self.derived:
            out[d.id] = d.expression.sympy.xreplace({symbol(k): v for k, v in out.items()})
        return out

    def plain(self, overrides: Mapping[str, float]) -> dict[str, float]:
        """The overrides under their declared names: a trailing underscore is taken off, unknown names are an error."""
        known = set(self.override_names)
        out = {}
        for name, value in overrides.items():
            declared = name if name in known else name.removesuffix("_")
            if declared not in known:
                raise UnknownNameError(name, self.override_names, "parameter or initial value")
            out[declared] = value
        return out

    def finite(self, overrides: Mapping[str, float]) -> dict[str, float]:
        """The same, with numbers only: raises ``ValueError`` for a value that is not a finite number."""
        import numpy as np

        out = self.plain(overrides)
        for name, value in out.items():
            if np.ndim(value) or not math.isfinite(value):
                raise ValueError(f"{name} is {value!r}, not a finite number")
        return out

    def keywords(self, settings: Mapping[str, float]) -> dict[str, float]:
        """Settings (of a scenario, say) as keywords: ``m.simulate(**m.keywords(settings))``; see :data:`KEYWORDS`."""
        return {f"{k}_" if k in KEYWORDS else k: v for k, v in settings.items()}

    def parameters(self) -> pd.DataFrame:
        """The parameters as a table that also displays well; see :func:`soluble.sheet.parameter_table`."""
        from .sheet import parameter_table

        return parameter_table(self)


class Model(Declaration):
    """A validated declaration, with its symbols, and everything that can be made from it.

    ``states``, ``parameters``, ``derived``, ``doses``, ``scenarios`` and ``reproduces`` are tuples of records, in the
    order of the declaration; ``rates`` maps each state to its formula. A model is immutable:
    :meth:`with_equation` gives a new one.
    """

    def __init__(self, text: str, file: str = "<declaration>", *, variant: bool = False) -> None:
        """Read a declaration from its text; ``variant`` marks one whose equations a reader has changed."""
        self.text, self.file, self.variant = text, file, variant
        data = _parse_yaml(text, file)
        r = _Reader(file)
        self._read_head(r, data)
        self._read_body(r, data)
        r.finish()
        _Checker(r, self).all(data)
        r.finish()

    def _read_head(self, r: _Reader, data: Any) -> None:
        r.keys(data, "model", "the declaration", 1)
        self._read_identity(r, data)
        self.biomodels = r.text(data, "biomodels")
        self.stiff = data.get("stiff", False)
        if not isinstance(self.stiff, bool):
            r.problem(_line(data, "stiff"), "`stiff` is neither true nor false", "write `stiff: true`")
        if self.kind != "didactic" and not data.get("reproduces"):
            mend = "add `reproduces`, or say `kind: didactic` and argue every choice"
            r.problem(_line(data, "kind"), f"a {self.kind} model has no `reproduces`", mend)
        time = data.get("time")
        self.time_unit, self.t_end = "dimensionless", math.nan
        if time is not None and r.keys(time, "time", "`time`", _line(data, "time")):
            self._read_time(r, time)

    def _read_body(self, r: _Reader, data: Any) -> None:
        taken: dict[str, str] = {}
        self.states = tuple(_read_states(r, data, taken))
        for s in self.states:
            taken.setdefault(f"{s.id}0", f"the initial value of the state `{s.id}`")
        self.parameters_ = tuple(_read_parameters(r, data, taken))
        self.derived = tuple(_read_derived(r, data, taken))
        self.rates = _read_equations(r, data, list(data.get("states") or {}))
        self.doses = tuple(_read_doses(r, data, taken, list(data.get("states") or {})))
        self.scenarios = tuple(_read_scenarios(r, data, self.ranges))
        self.reproduces = tuple(_read_reproduces(r, data))

    # -- names --

    @property
    def state_ids(self) -> list[str]:
        """Names of the states, in declared order."""
        return [s.id for s in self.states]

    @property
    def quantity_ids(self) -> list[str]:
        """Names of the states and derived quantities: what a run can show."""
        return [*self.state_ids, *(d.id for d in self.derived)]

    @property
    def override_names(self) -> list[str]:
        """Every name that a run can override: parameters, and the initial values ``<state>0``."""
        return [*self.parameter_ids, *(f"{s}0" for s in self.state_ids)]

    @property
    def ranges(self) -> dict[str, tuple[float, float] | None]:
        """The slider's range of every name that can be overridden, ``None`` where there is none."""
        return {p.id: p.range for p in self.parameters_} | {f"{s.id}0": s.range for s in self.states}

    @property
    def units(self) -> dict[str, str]:
        """The declared unit of every state, parameter and derived quantity."""
        return {q.id: q.unit for q in (*self.states, *self.parameters_, *self.derived)}

    @property
    def symbols(self) -> dict[str, str]:
        """The LaTeX of every state, parameter and derived quantity."""
        return {q.id: q.latex for q in (*self.states, *self.parameters_, *self.derived)}

    @property
    def sources(self) -> list[str]:
        """Every bibliography key that the declaration cites, sorted."""
        return sorted({*super().sources, *(key for x in self.reproduces for key in x.source)})

    # -- symbols --

    @cached_property
    def rhs_sympy(self) -> list[sp.Expr]:
        """The right-hand sides as SymPy, one per state, with the derived quantities put in."""
        from .expression import symbol

        known = {symbol(k): v for k, v in self.derived_sympy.items()}
        return [self.rates[s].sympy.xreplace(known) for s in self.state_ids]

    @cached_property
    def jacobian_sympy(self) -> sp.Matrix:
        """The n-by-n matrix of derivatives of the right-hand sides by the states (min, max and abs as cases)."""
        import sympy as sp

        from .expression import symbol

        kinks = (sp.Abs, sp.Min, sp.Max)
        smooth = [e.replace(lambda x: isinstance(x, kinks), lambda x: x.rewrite(sp.Piecewise)) for e in self.rhs_sympy]
        jacobian = sp.Matrix(smooth).jacobian([symbol(s) for s in self.state_ids])
        return jacobian.applyfunc(_joined_powers)

    # -- numbers --

    def values(self, overrides: Mapping[str, float] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Parameters (declared order) and initial state as arrays, with the overrides put in.

        Raises :class:`UnknownNameError` for a name that is neither a parameter nor ``<state>0``, ``ValueError`` for a value
        that is not a finite number.
        """
        import numpy as np

        overrides = self.finite(overrides or {})
        p = {q.id: float(overrides.get(q.id, q.value)) for q in self.parameters_}
        y0 = [float(overrides.get(f"{s.id}0", s.initial.value(p))) for s in self.states]
        return np.array(list(p.values()), dtype=float), np.array(y0, dtype=float)

    # -- simulation: see soluble.simulate --

    def simulate(
        self,
        /,
        t_end: float | None = None,
        n: int = 401,
        t: Sequence[float] | None = None,
        method: str | None = None,
        rtol: float = 1e-8,
        atol: float | np.ndarray | None = None,
        **overrides: float,
    ) -> pd.DataFrame:
        """Run the model; see :func:`soluble.simulate.simulate`. A parameter that is called ``n`` is overridden as ``n_``."""
        from . import simulate

        return simulate.simulate(self, overrides, t_end, n, t, method, rtol, atol)

    def steady_state(self, /, near: Mapping[str, float] | None = None, **overrides: float) -> pd.Series:
        """A steady state; see :func:`soluble.simulate.steady_state`."""
        from . import simulate

        return simulate.steady_state(self, overrides, near)

    def equilibria(
        self, /, box: Mapping[str, tuple[float, float]] | None = None, sort: str | None = None, **overrides: float
    ) -> pd.DataFrame:
        """All equilibria in a box; see :func:`soluble.simulate.equilibria`."""
        from . import simulate

        return simulate.equilibria(self, overrides, box, sort)

    def sweep(
        self,
        /,
        param: str,
        values: Sequence[float],
        of: str | None = None,
        at: str | float = "steady",
        hysteresis: bool = False,
        **overrides: float,
    ) -> pd.DataFrame:
        """A quantity against a parameter; see :func:`soluble.simulate.sweep`."""
        from . import simulate

        return simulate.sweep(self, overrides, param, values, of, at, hysteresis)

    def branch(
        self, /, param: str, between: tuple[float, float], near: Mapping[str, float] | None = None, **overrides: float
    ) -> pd.DataFrame:
        """Equilibria, stable or not, along a parameter and around folds; see :func:`soluble.continuation.branch`."""
        from . import continuation

        return continuation.branch(self, overrides, param, between, near)

    def folds(
        self, /, param: str, between: tuple[float, float], near: Mapping[str, float] | None = None, **overrides: float
    ) -> pd.DataFrame:
        """The thresholds at which a steady state is lost along a parameter; see :func:`soluble.continuation.folds`."""
        from . import continuation

        return continuation.folds(self, overrides, param, between, near)

    def ensemble(
        self,
        draws: pd.DataFrame,
        executor: Executor | str | None = None,
        of: str | Sequence[str] | None = None,
        at: str | float | Sequence[float] | None = None,
        progress: bool = False,
        failures: str = "nan",
    ) -> pd.DataFrame:
        """One run per row of draws; see :func:`soluble.ensemble.ensemble`."""
        from . import ensemble

        return ensemble.ensemble(self, draws, executor, of, at, progress, failures)

    def sensitivity(
        self,
        /,
        of: str | None = None,
        at: str | float | None = None,
        parameters: Sequence[str] | None = None,
        kind: str = "local",
        draws: int = 512,
        seed: int = 0,
        executor: Executor | None = None,
        progress: bool = False,
        **overrides: float,
    ) -> pd.DataFrame:
        """How a quantity answers to parameters, locally or over their ranges; see :func:`soluble.ensemble.sensitivity`."""
        from . import ensemble

        return ensemble.sensitivity(self, overrides, of, at, parameters, kind, draws, seed, executor, progress)

    def check_reproduces(self) -> pd.DataFrame:
        """Hold the model against its published results; see :func:`soluble.reproduce.check_reproduces`."""
        from .reproduce import check_reproduces

        return check_reproduces(self)

    # -- translation: see soluble.translate and soluble.sheet --

    def to_javascript(self) -> str:
        """The model as one statement of JavaScript; see :func:`soluble.translate.to_javascript`."""
        from . import translate

        return translate.to_javascript(self)

    def to_antimony(self) -> str:
        """The model as Antimony text; see :func:`soluble.translate.to_antimony`."""
        from . import translate

        return translate.to_antimony(self)

    def to_sbml(self) -> str:
        """The model as SBML level 3 version 2; see :func:`soluble.translate.to_sbml`."""
        from . import translate

        return translate.to_sbml(self)

    def to_archive(self) -> bytes:
        """The model and its scenarios as a COMBINE archive (SBML and SED-ML); see :func:`soluble.archive.to_archive`."""
        from . import archive

        return archive.to_archive(self)

    def equations(self) -> Any:
        """The equations, displayed as MathML or LaTeX; see :class:`soluble.sheet.Equations`."""
        from .sheet import Equations

        return Equations(self)

    def sheet(self) -> Any:
        """The model sheet: all that a reader should know; see :class:`soluble.sheet.Sheet`."""
        from .sheet import Sheet

        return Sheet(self)

    # -- variants --

    def with_equation(self, state: str, expression: str, parameters: Mapping[str, Mapping[str, Any]] | None = None) -> Model:
        """A new model with another equation for one state.

        ``parameters`` declares new ones, for instance ``{"k": {"value": 0.1, "unit": "1/day"}}``. The id stays, the
        :attr:`key` changes; results that were reproduced are no longer claimed. Raises :class:`UnknownNameError` for an
        unknown state and :class:`DeclarationError` where the formula does not fit.
        """
        if state not in self.state_ids:
            raise UnknownNameError(state, self.state_ids, "state")
        data = _yaml().load(self.text)
        data["equations"][state] = expression
        for name, given in (parameters or {}).items():
            data["parameters"][name] = {"name": name, "assumed": "set by the reader", **given}
        data["kind"] = "didactic"
        data.pop("reproduces", None)
        text = io.StringIO()
        _yaml().dump(data, text)
        return _load_text(text.getvalue(), f"{self.file}, with another equation for {state}", variant=True)

    def hold(self, values: Mapping[str, float | Mapping[str, Any]]) -> Model:
        """A new model in which some states stand still: each becomes a parameter of the same name.

        ``values`` gives each its value, or a mapping with ``value`` and, for a slider, ``range`` and ``scale``. Doses into such
        a state go, and with them what they did. The id stays, the :attr:`key` changes; results that were reproduced are no
        longer claimed. Raises :class:`UnknownNameError` for an unknown state, ``ValueError`` where none would be left to move,
        and :class:`DeclarationError` for a value that is not a finite number.
        """
        for name in values:
            if name not in self.state_ids:
                raise UnknownNameError(name, self.state_ids, "state")
        if len(values) == len(self.states):
            raise ValueError(f"{self.id}: with every state held nothing would move")
        data = _yaml().load(self.text)
        for name, given in values.items():
            state = data["states"].pop(name)
            given = given if isinstance(given, Mapping) else {"value": given}
            kept = {k: state[k] for k in ("name", "unit", "symbol", "range", "scale") if k in state}
            if "range" in kept and not kept["range"][0] <= given["value"] <= kept["range"][1]:  # it was that of the initial value
                del kept["range"]
            data["parameters"][name] = {**kept, "assumed": "held at this value", **given}
            del data["equations"][name]
        data["doses"] = [dose for dose in data.get("doses") or [] if dose["target"] not in values]
        for scenario in data.get("scenarios") or []:
            scenario["set"] = {k[:-1] if k[:-1] in values and k.endswith("0") else k: v for k, v in scenario["set"].items()}
        data["kind"] = "didactic"
        data["stiff"] = False  # whether what is left is stiff, the solvers see for themselves
        data.pop("reproduces", None)
        text = io.StringIO()
        _yaml().dump(data, text)
        return _load_text(text.getvalue(), f"{self.file}, with {', '.join(values)} held", variant=True)

    def __reduce__(self) -> tuple:
        return _load_text, (self.text, self.file, self.variant)

    def __repr__(self) -> str:
        states = ", ".join(self.state_ids)
        return f"<Model {self.key}: {self.title}; states {states}; {len(self.parameters_)} parameters; time in {self.time_unit}>"
