"""Virtual populations: how patients of a model differ, what is measured of them, and the published arms they are held against.

A population is one file, ``models/populations/<id>.yaml``. Its keys:

``id, title, model, size, hidden``
    ``model`` is the id of a declared model; ``size`` a quantity of it in mm, the sum of diameters that scans measure;
    ``hidden`` a state that gathers the hazard of progression which no diameter shows.
``spreads``
    a parameter of the model: ``distribution`` (``lognormal`` or ``logitnormal``), ``median`` and ``sd``, of the logarithm or of
    the logit; draws beyond the parameter's declared range are put to its end.
``correlations``
    ``between: [a, b], value``: of the normal numbers behind two spreads.
``values``
    a parameter of the model: ``value``, the same in all patients.
``measurement``
    ``cv`` (coefficient of variation of one measured sum of diameters), ``delay`` (days by which a scan is early or late at
    most), ``first`` and ``every`` (days of the scans), ``on_day`` (share of the progressions without a diameter that are dated on
    the day they happen, as deaths are; the others, as new lesions, at the next scan), each with a ``value``.
``markers``
    ``name, of, unit, cut``: a quantity of the model before treatment; patients above the cut are high.
``arms``
    ``title, says, set``: names of parameters and their numbers.
``targets``
    published numbers: ``trial, fact`` (its id), ``arm, of`` (one of :data:`OUTCOMES`) and optionally ``at`` (months), ``against``
    (an arm), ``among`` (``{marker, side}``, or ``{progressed: arm}``: those who progressed on it without a response), ``used: fit`` (default: held out) and ``differs``.
``leaves_out``
    a list of sentences.

Spreads, correlations, values and measurement carry ``source`` (with ``where``) or ``assumed``; ``fitted: [median]`` (or
``fitted: true`` of a value) marks what :mod:`soluble.calibrate` fits. Whatever is wrong is reported at once by
:class:`soluble.model.DeclarationError`, with line and mend.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from . import philox
from .model import DeclarationError, Model, Problem, UnknownNameError, _inside, _line, _parse_yaml, _read_settings, _Reader, _shown, _sourced, did_you_mean, list_models, load_model
from .paths import data_path

FOLDER = ("models", "populations")
DISTRIBUTIONS = ("lognormal", "logitnormal")
#: What a published number may be of: per cent with a response, median months to progression, per cent free of it at a time,
#: median months of a response, ratio of two arms' hazards, per cent of patients that a marker picks.
OUTCOMES = ("response", "median", "free", "duration", "hazard ratio", "share")
MEASURES = ("cv", "delay", "first", "every", "on_day")
#: Streams of the generator: what makes a patient; when progression that no diameter shows comes; measured over true; when a scan
#: is taken; the arm; a repeated trial.
PATIENT, LUCK, NOISE, DELAY, ARM, TRIAL = range(1, 7)
_ORIGIN = ("source", "where", "assumed")
_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "population": (("id", "title", "model", "size", "hidden", "spreads", "measurement", "arms"), ("correlations", "values", "markers", "targets", "leaves_out")),
    "spread": (("distribution", "median", "sd"), ("fitted", *_ORIGIN)),
    "correlation": (("between", "value"), _ORIGIN),
    "value": (("value",), ("fitted", *_ORIGIN)),
    "marker": (("name", "of", "cut"), ("unit", *_ORIGIN)),
    "arm": (("title", "set", "says"), ("source", "where")),
    "target": (("trial", "fact", "arm", "of"), ("at", "against", "among", "used", "differs")),
}


@dataclass(frozen=True)
class Spread:
    """How one parameter differs between patients."""

    name: str
    distribution: str
    median: float
    sd: float
    origin: str
    fitted: bool = False

    def at(self, z: np.ndarray) -> np.ndarray:
        """The parameter where the standard normal number is ``z``."""
        if self.distribution == "lognormal":
            return self.median * np.exp(self.sd * z)
        return 1 / (1 + (1 / self.median - 1) * np.exp(-self.sd * z))


@dataclass(frozen=True)
class Marker:
    """A quantity before treatment that parts patients in high and low."""

    id: str
    name: str
    of: str
    unit: str
    cut: float


@dataclass(frozen=True)
class Arm:
    """A treatment: settings of the model."""

    id: str
    title: str
    says: str
    set: Mapping[str, float]


@dataclass(frozen=True)
class Target:
    """A published number that the population is fitted to or held against."""

    trial: str
    fact: str
    arm: str
    of: str
    at: float = math.nan
    against: str = ""
    among: Mapping[str, str] = field(default_factory=dict)
    used: str = "held out"
    differs: str = ""


def list_populations() -> list[str]:
    """The ids of all declared populations, sorted."""
    return sorted(p.stem for p in data_path(*FOLDER).glob("*.yaml"))


def load_population(id_or_path: str | Path) -> Population:
    """Load a declared population by its id, or any by its path; raises as :func:`soluble.load_model` does."""
    path = Path(id_or_path)
    if path.suffix not in (".yaml", ".yml"):
        if str(id_or_path) not in list_populations():
            raise UnknownNameError(str(id_or_path), list_populations(), "population")
        path = data_path(*FOLDER, f"{id_or_path}.yaml")
    population = _load_text(path.read_text(encoding="utf-8"), _shown(path))
    if path.parent == data_path(*FOLDER) and population.id != path.stem:
        raise DeclarationError(_shown(path), [Problem(1, f"the id is {population.id!r}, but the file is called {path.name}", "give both one name")])
    return population


@lru_cache(maxsize=16)
def _load_text(text: str, file: str) -> Population:
    return Population(text, file)


class Population:
    """A virtual population; see the module's docstring. ``model`` is the declared model that its patients are settings of."""

    def __init__(self, text: str, file: str = "<population>") -> None:
        """Read and check a declaration; raises :class:`soluble.model.DeclarationError` with all that is wrong."""
        r, data = _Reader(file), _parse_yaml(text, file)
        r.known_keys(data, *_KEYS["population"], "the population", 1)
        self.id, self.title, key = (r.text(data, k) for k in ("id", "title", "model"))
        if key not in list_models():
            r.problem(_line(data, "model"), f"`model` is `{key}`{did_you_mean(key, list_models())}", f"known are: {', '.join(list_models())}")
            r.finish()
        self.model: Model = load_model(key)
        self.size = _name(r, data, "size", [d.id for d in self.model.derived] + self.model.state_ids, "the population", "quantity of the model")
        self.hidden = _name(r, data, "hidden", self.model.state_ids, "the population", "state of the model")
        self.spreads = self._read_spreads(r, data)
        self.values = self._read_values(r, data)
        self.measurement = self._read_measurement(r, data)
        self.correlation = self._read_correlations(r, data)
        self.markers = self._read_markers(r, data)
        self.arms = self._read_arms(r, data)
        self.targets = self._read_targets(r, data)
        self.leaves_out = r.texts(data, "leaves_out")
        r.finish()

    # -- reading ---------------------------------------------------------------------------------------------------------

    def _each(self, r: _Reader, data: Any, key: str, section: str) -> Any:
        """Name, node, words for it and line of each entry of a mapping that has the keys that it should have."""
        entries = r.section(data, key, dict)
        for name, node in entries.items():
            where, line = f"{section} `{name}`", _line(entries, name)
            if r.known_keys(node, *_KEYS[section], where, line):
                yield str(name), node, where, line

    def _parameter(self, r: _Reader, name: str, where: str, line: int | None) -> tuple[float, float] | None:
        """The range of the model's parameter of this name."""
        if name not in self.model.parameter_ids:
            known = self.model.parameter_ids
            r.problem(line, f"{where}: {self.model.id} has no such parameter{did_you_mean(name, known)}", f"known are: {', '.join(known)}")
        return self.model.ranges.get(name)

    def _read_spreads(self, r: _Reader, data: Any) -> dict[str, Spread]:
        out = {}
        for name, node, where, line in self._each(r, data, "spreads", "spread"):
            limits = self._parameter(r, name, where, line)
            kind = r.choice(node, "distribution", DISTRIBUTIONS)
            median, sd = (r.number(node, k, where) for k in ("median", "sd"))
            _inside(r, median, limits, _line(node, "median"), f"the median of {where}")
            if not limits:
                r.problem(line, f"{where}: the model gives no range for it", f"declare one in {self.model.id}, so that no patient lies outside it")
            if not sd > 0:
                r.problem(_line(node, "sd"), f"the standard deviation of {where} is {sd:g}", "give a number above 0")
            if median <= 0 or (kind == "logitnormal" and median >= 1):
                r.problem(_line(node, "median"), f"the median of {where} is {median:g}", f"a {kind} number is above 0{' and below 1' if kind == 'logitnormal' else ''}")
            if node.get("fitted") not in (None, ["median"]):
                r.problem(_line(node, "fitted"), f"`fitted` of {where} is `{node['fitted']}`", "write `fitted: [median]`, or leave it out")
            out[name] = Spread(name, kind, median, sd, _origin(r, node, where, line), node.get("fitted") is not None)
        return out

    def _read_values(self, r: _Reader, data: Any) -> dict[str, float]:
        out: dict[str, float] = {}
        self.fitted_values: list[str] = []
        for name, node, where, line in self._each(r, data, "values", "value"):
            limits = self._parameter(r, name, where, line)
            out[name] = r.number(node, "value", where)
            _inside(r, out[name], limits, _line(node, "value"), where)
            _origin(r, node, where, line)
            if name in self.spreads:
                r.problem(line, f"{where} has a spread as well", "keep one of the two")
            if node.get("fitted"):
                self.fitted_values.append(name)
        return out

    def _read_measurement(self, r: _Reader, data: Any) -> dict[str, float]:
        section = r.section(data, "measurement", dict)
        r.known_keys(section, MEASURES, (), "`measurement`", _line(data, "measurement"))
        out = dict.fromkeys(MEASURES, 1.0)
        for name in MEASURES:
            where, line = f"`{name}` of the measurement", _line(section, name)
            if name in section and r.known_keys(section[name], *_KEYS["value"], where, line):
                out[name] = r.number(section[name], "value", where)
                _origin(r, section[name], where, line)
                if not out[name] >= (1 if name in ("first", "every") else 0):
                    r.problem(line, f"{where} is {out[name]:g}", "it cannot be negative; scans are at least a day apart")
        if out["on_day"] > 1:
            r.problem(_line(section, "on_day"), f"the share that is dated on the day is {out['on_day']:g}", "a share lies between 0 and 1")
        if out["delay"] >= min(out["every"] / 2, out["first"]):
            r.problem(_line(section, "delay"), f"scans may be {out['delay']:g} days early or late and would pass each other", "make `delay` less than half of `every`")
        return out

    def _read_correlations(self, r: _Reader, data: Any) -> np.ndarray:
        names = list(self.spreads)
        out = np.eye(len(names))
        nodes = r.section(data, "correlations", list)
        for i, node in enumerate(nodes):
            where, line = f"correlation {i + 1}", _line(nodes, i)
            if not r.known_keys(node, *_KEYS["correlation"], where, line):
                continue
            pair, value = node["between"], r.number(node, "value", where)
            if not isinstance(pair, list) or len(pair) != 2 or pair[0] == pair[1] or not set(pair) <= set(names):
                r.problem(_line(node, "between"), f"{where} is not between two of the spreads", f"write `between: [a, b]` with two of: {', '.join(names)}")
                continue
            if not -1 < value < 1:
                r.problem(_line(node, "value"), f"{where} is {value:g}", "a correlation lies between -1 and 1")
                continue
            a, b = (names.index(p) for p in pair)
            out[a, b] = out[b, a] = value
            _origin(r, node, where, line)
        if np.linalg.eigvalsh(out).min() <= 1e-9:
            r.problem(_line(data, "correlations"), "no patients can have all these correlations at once", "bring some of them nearer to 0")
            return np.eye(len(names))
        return out

    def _read_markers(self, r: _Reader, data: Any) -> dict[str, Marker]:
        known = [*self.model.quantity_ids, *self.model.parameter_ids]
        out = {}
        for name, node, where, line in self._each(r, data, "markers", "marker"):
            _origin(r, node, where, line)
            out[name] = Marker(name, r.text(node, "name"), _name(r, node, "of", known, where, "quantity or parameter of the model"), r.text(node, "unit"), r.number(node, "cut", where))
        return out

    def _read_arms(self, r: _Reader, data: Any) -> dict[str, Arm]:
        out = {}
        for name, node, where, _ in self._each(r, data, "arms", "arm"):
            setting = _read_settings(r, node, "set", {p: self.model.ranges[p] for p in self.model.parameter_ids}, where)
            out[name] = Arm(name, r.text(node, "title"), r.text(node, "says"), setting)
        return out

    def _read_targets(self, r: _Reader, data: Any) -> list[Target]:
        out = []
        nodes = r.section(data, "targets", list)
        for i, node in enumerate(nodes):
            where, line = f"target {i + 1}", _line(nodes, i)
            if not r.known_keys(node, *_KEYS["target"], where, line):
                continue
            of = r.choice(node, "of", OUTCOMES)
            among = {str(k): str(v) for k, v in r.section(node, "among", dict).items()}
            if among and not (set(among) == {"marker", "side"} and among["marker"] in self.markers and among["side"] in ("high", "low") or list(among) == ["progressed"] and among["progressed"] in self.arms):
                r.problem(_line(node, "among"), f"`among` of {where} names no patients", "write {marker: <marker>, side: high} (or low), or {progressed: <arm>}")
                continue
            for key, needed in (("at", of == "free"), ("against", of == "hazard ratio")):
                if needed != (node.get(key) is not None):
                    r.problem(line, f"{where} is of `{of}` and has {'no' if needed else 'a'} `{key}`", f"{'add' if needed else 'take out'} `{key}`")
            arms = {key: _name(r, node, key, self.arms, where, "arm") for key in ("arm", "against") if node.get(key) is not None}
            at = r.number(node, "at", where) if node.get("at") is not None else math.nan
            used = r.choice(node, "used", ("fit", "held out"), "held out")
            out.append(Target(r.text(node, "trial"), r.text(node, "fact"), arms["arm"], of, at, arms.get("against", ""), among, used, r.text(node, "differs")))
        return out

    # -- patients --------------------------------------------------------------------------------------------------------

    @cached_property
    def mixing(self) -> np.ndarray:
        """The lower triangle that gives independent normal numbers the declared correlations."""
        return np.linalg.cholesky(self.correlation)

    def draw(self, n: int, seed: int = 1) -> pd.DataFrame:
        """The parameters in which patients differ, a row for each of ``n``; patient i is the same whatever ``n``.

        Raises ``ValueError`` for a number of patients below 1.
        """
        if not n >= 1:
            raise ValueError(f"n={n!r}: a cohort has at least one patient")
        patients = np.arange(n)
        steps = math.ceil(len(self.spreads) / 4)
        z = np.concatenate([philox.normal(seed, PATIENT, k, patients) for k in range(steps)], axis=1)[:, : len(self.spreads)]
        mixed = z @ self.mixing.T
        columns = {s.name: np.clip(s.at(mixed[:, i]), *self.model.ranges[s.name]) for i, s in enumerate(self.spreads.values())}
        return pd.DataFrame(columns, index=pd.RangeIndex(n, name="patient"))

    def with_fitted(self, numbers: Mapping[str, float]) -> Population:
        """The same population with other numbers for what is fitted (see :attr:`fitted`)."""
        if unknown := [name for name in numbers if name not in self.fitted]:
            raise UnknownNameError(unknown[0], list(self.fitted), "fitted number")
        spreads = {k: replace(s, median=float(numbers.get(k, s.median))) for k, s in self.spreads.items()}
        return self._with(spreads, {k: float(numbers.get(k, v)) for k, v in self.values.items()})

    def with_spread(self, name: str, **numbers: float) -> Population:
        """The same population with another ``median`` or ``sd`` of one spread; its patients are drawn by the same numbers.

        Raises :class:`UnknownNameError`, and ``ValueError`` for a number that is not above 0.
        """
        if name not in self.spreads:
            raise UnknownNameError(name, list(self.spreads), "spread")
        if unknown := set(numbers) - {"median", "sd"}:
            raise UnknownNameError(sorted(unknown)[0], ["median", "sd"], "number of a spread")
        for key, value in numbers.items():
            if not value > 0:
                raise ValueError(f"{key} of {name} is {value!r}; give a number above 0")
        return self._with(self.spreads | {name: replace(self.spreads[name], **numbers)}, self.values)

    def _with(self, spreads: dict[str, Spread], values: dict[str, float]) -> Population:
        other = object.__new__(Population)
        other.__dict__ |= self.__dict__ | {"spreads": spreads, "values": values}
        return other

    @property
    def fitted(self) -> dict[str, float]:
        """What is fitted: medians of spreads, and values; parameter to number."""
        return {k: s.median for k, s in self.spreads.items() if s.fitted} | {k: self.values[k] for k in self.fitted_values}

    def sheet(self) -> pd.DataFrame:
        """How patients differ, as a table: parameter, median, and the middle 90 % of patients, unit and origin."""
        from soluble import evidence

        known, rows = evidence.references(), []
        for s in self.spreads.values():
            origin = "; ".join(", ".join(known.get(k, {}).get("label", k) for k in part.split(", ")) for part in s.origin.split("; "))
            p = next(p for p in self.model.parameters_ if p.id == s.name)
            low, high = (float(np.clip(s.at(np.array(z)), *self.model.ranges[s.name])) for z in (-1.6449, 1.6449))
            rows.append((p.name, s.median, low, high, p.unit if p.unit != "dimensionless" else "", origin + (" (median fitted)" if s.fitted else "")))
        return pd.DataFrame(rows, index=pd.Index(list(self.spreads), name="parameter"), columns=["what", "median", "5 %", "95 %", "unit", "origin"])

    def __repr__(self) -> str:
        return f"<Population {self.id}: {len(self.spreads)} spreads, {len(self.arms)} arms, model {self.model.id}>"


def _origin(r: _Reader, node: Any, where: str, line: int | None) -> str:
    """Where a number comes from, in words; a number without an origin is reported."""
    source, assumed = r.texts(node, "source"), r.text(node, "assumed")
    _sourced(r, source, assumed, where, line)
    return "; ".join(filter(None, [", ".join(source), r.text(node, "where"), f"assumed: {assumed}" if assumed else ""]))


def _name(r: _Reader, node: Any, key: str, known: Any, where: str, what: str) -> str:
    """The name under a key when it is one of the known ones; what is not is reported."""
    name = r.text(node, key)
    if name not in known:
        r.problem(_line(node, key), f"`{key}` of {where} is `{name}`, which is no {what}{did_you_mean(name, known)}", f"known are: {', '.join(known)}")
    return name
