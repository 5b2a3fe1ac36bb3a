"""The interactive figure: a widget in Jupyter, a figure that needs no server on the static page.

Both run the same front end (``soluble/web``) on the same generated model. The first picture is drawn here by matplotlib, after
the rules of ``web/src/chart.js``, so that print, a page without scripts and the first paint show what the explorer shows.
"""

from __future__ import annotations

import html
import io
import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from . import simulate, style
from .model import Model, UnknownNameError, load_model
from .plane import Axis, Plane, two_states

VIEWS = ("timecourse", "response", "phase")
#: Points of a time course; points of a response curve.
N_TIMES, N_RESPONSE = 401, 61
_DIST = Path(__file__).resolve().parent / "web" / "dist"


# --- words and units -------------------------------------------------------------------------------------------------

_SHORT = {
    "dimensionless": "",
    "nanomolar": "nM",
    "micromolar": "µM",
    "picomolar": "pM",
    "micrometer": "µm",
    "millimeter": "mm",
    "arbitrary_unit": "a.u.",
    "percent": "%",
    "ug": "µg",
    "um": "µm",
    "uL": "µL",
    "umol": "µmol",
}
_COUNTED = {"cell", "molecule", "second", "minute", "hour", "day", "week", "month", "year", "dose", "patient"}
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi omega "
        "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split(),
        "αβγδεζηθικλμνξπρστφχψωΓΔΘΛΞΠΣΦΨΩ",
        strict=True,
    )
)


def pretty_unit(unit: str) -> str:
    """A declared unit as a reader says it: ``cell/day`` -> ``cells/day``, ``1/(cell*day)`` -> ``per cell per day``."""
    text = unit.replace(" ", "").replace("^", "**")
    above, below = [], []
    into, depth, opened = above, 0, None
    for token in re.findall(r"\*\*[\d.+-]+|[*/()]|[^*/()]+", text):
        if token == "(":
            depth, opened = depth + 1, into
        elif token == ")":
            depth, into = depth - 1, above
        elif token in "*/":
            into = opened if depth else (below if token == "/" else into)
        elif token.startswith("**"):
            into[-1] += token[2:].translate(_RAISED)
        elif token != "1":
            into.append(_SHORT.get(token, token))
    above, below = [a for a in above if a], [b for b in below if b]
    if above and above[-1] in _COUNTED:
        above[-1] += "s"
    if not above and below:
        return " ".join(f"per {b}" for b in below)
    return "·".join(above) + "".join(f"/{b}" for b in below)


def pretty_symbol(latex: str) -> list[str]:
    """A LaTeX symbol as plain text and its subscript: ``\\gamma_S`` -> ``["γ", "S"]``; whatever is more is left out."""
    plain = re.sub(r"\\(?:mathrm|text|mathit)\{([^{}]*)\}", r"\1", latex)
    plain = re.sub(r"\\([A-Za-z]+)", lambda m: _GREEK.get(m[1], m[1]), plain).replace("'", "′")
    found = re.fullmatch(r"([^_^{}]+)(?:\^\{?([*′]+)\}?)?(?:_\{?([^{}]+)\}?)?", plain.replace(" ", ""))
    return [found[1] + (found[2] or ""), found[3] or ""] if found else []


def capital(text: str) -> str:
    """A sentence's first letter, unless it is part of a symbol such as sIL-6R."""
    return text[:1].upper() + text[1:] if re.match(r"[a-z]+(?:[\s,;.-]|$)", text) else text


def _number(v: float) -> str:
    """A tick label: 3 digits, thousands grouped, powers of ten for what is very large or small."""
    if v == 0:
        return "0"
    a = float(f"{abs(v):.3g}")
    sign = "−" if v < 0 else ""
    if a >= 1e6 or a < 1e-3:
        mantissa, exponent = f"{a:e}".split("e")
        head = f"{float(mantissa):g}"
        return sign + ("" if head == "1" else f"{head} × ") + "10" + str(int(exponent)).translate(_RAISED)
    return sign + (f"{a:,.0f}" if a >= 1000 else f"{a:g}")


def _said(v: float) -> str:
    """A number in words where it is large: ``number`` in ``web/src/format.js``."""
    size, word = _magnitude(abs(float(f"{v:.3g}")))
    return f"{_number(float(f'{v:.3g}') / size)} {word}" if size >= 1e6 else _number(v)


def _magnitude(largest: float) -> tuple[float, str]:
    """Divisor and word of an axis, as ``magnitude`` in ``web/src/format.js``."""
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if largest >= size:
            return size, word
    if largest >= 1e5:
        return 1e3, "thousand"
    if 0 < largest < 0.01:
        power = 3 * math.floor(math.log10(largest) / 3 + 1e-9)
        return 10.0**power, "10" + str(power).translate(_RAISED)
    return 1.0, ""


def _decades(ticks: Sequence[float]) -> list[str]:
    """Labels of a logarithmic axis, as ``decades`` in ``web/src/format.js``."""
    raised = any(v > 9.9e3 or v < 1.1e-3 for v in ticks)
    out = []
    for v in ticks:
        power = round(math.log10(v))
        whole = abs(math.log10(v) - power) <= 1e-9
        if raised and whole and power not in (0, 1):
            out.append("10" + str(power).translate(_RAISED))
        else:
            out.append("" if raised and not whole else _number(v))
    return out


# --- what an explorer is ---------------------------------------------------------------------------------------------


class _Configuration:
    """Turns what an author asks for into the dictionary that the front end reads, or says what is wrong with it."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.sliders = {p.id: p for p in model.parameters_} | {f"{s.id}0": s for s in model.states}

    def label(self, name: str) -> str:
        slider = self.sliders[name]
        return slider.name if name in self.model.parameter_ids else f"{slider.name} at the start"

    def known(self, name: object, names: Sequence[str], what: str) -> Any:
        if name not in names:
            raise UnknownNameError(name, names, what)
        return name

    def slider(self, name: str, defaults: Mapping[str, float], start: Mapping[str, float], axis: Axis | None = None) -> dict[str, Any]:
        """One control, over its declared range or an axis; raises ``UnknownNameError`` for an unknown name, ``ValueError`` for one without a range."""
        self.known(name, list(self.sliders), "control (a parameter, or <state>0 for an initial value)")
        declared = self.sliders[name]
        limits, scale = ((axis.low, axis.high), "log" if axis.log else "linear") if axis else (declared.range, declared.scale)
        if limits is None:
            ranged = [n for n, s in self.sliders.items() if s.range]
            raise ValueError(f"{name!r} has no slider: give it a `range` in the declaration of {self.model.id}; those that have one: {', '.join(ranged)}")
        low, high = limits
        return {
            "name": name,
            "label": self.label(name),
            "symbol": pretty_symbol(declared.latex) if name in self.model.parameter_ids else [],
            "unit": pretty_unit(declared.unit),
            "min": low,
            "max": high,
            "scale": scale,
            "default": min(max(defaults[name], low), high),
            "value": min(max(start[name], low), high),
        }

    def axis(self, state: str, limits: Mapping[str, Any], log: bool | None) -> Axis:
        """One axis of a phase plane: as given, or over the declared range of the state's initial value."""
        declared = next(q for q in self.model.states if q.id == self.known(state, self.model.state_ids, "state"))
        low, high = limits.get(state) or declared.range or (None, None)
        if low is None:
            raise ValueError(f"how far shall the axis of {state!r} go? Give limits={{{state!r}: (low, high)}}, or a `range` in the declaration of {self.model.id}")
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"the axis of {state!r} is empty: {low!r} is not below {high!r}")
        log = declared.scale == "log" if log is None else log
        if log and low <= 0:
            raise ValueError(f"the axis of {state!r} is logarithmic but begins at {low:g}; begin above 0, or leave {state!r} out of log=")
        return Axis(state, float(low), float(high), log)

    def plane(self, x: str | None, y: str | None, limits: Mapping[str, Any], log: Sequence[str] | None) -> tuple[Axis, Axis]:
        """Both axes of a phase plane; raises ``ValueError`` for a model that has none."""
        two_states(self.model)
        for name in [*limits, *(log or ())]:
            self.known(name, self.model.state_ids, "state")
        x = x or next(s for s in self.model.state_ids if s != y)
        y = y or next(s for s in self.model.state_ids if s != x)
        if x == y:
            raise ValueError(f"both axes show {x!r}; give x= and y= the two states {' and '.join(self.model.state_ids)}")
        return self.axis(x, limits, None if log is None else x in log), self.axis(y, limits, None if log is None else y in log)

    def held_note(self, held: Mapping[str, Any], controls: Sequence[str]) -> str:
        """What stands still in a phase plane, in words."""
        told = []
        for name in held:
            q = next(p for p in self.model.parameters_ if p.id == name)
            unit = pretty_unit(q.unit)
            told.append(f"{q.name} " + ("as the control says" if name in controls else f"at {_said(q.value)} {'' if unit and unit in q.name else unit}".rstrip()))
        return f"Held still: {'; '.join(told)}." if told else ""

    def panels(self, show: Sequence[Any] | None) -> list[list[str]]:
        """Quantities in panels: as given (a list of lists), or one panel per unit."""
        if show is None:
            show = self.model.state_ids[:3]
        if isinstance(show, str):
            show = [show]
        for name in [n for entry in show for n in ([entry] if isinstance(entry, str) else entry)]:
            self.known(name, self.model.quantity_ids, "quantity to show")
        if not show:
            raise ValueError(f"nothing to show; known: {', '.join(self.model.quantity_ids)}")
        if any(not isinstance(entry, str) for entry in show):
            return [[entry] if isinstance(entry, str) else list(entry) for entry in show]
        by_unit: dict[str, list[str]] = {}
        for name in show:
            by_unit.setdefault(self.model.units[name], []).append(name)
        return list(by_unit.values())

    def quantity(self, name: str) -> dict[str, Any]:
        declared = next(q for q in (*self.model.states, *self.model.derived) if q.id == name)
        label = re.sub(r"\s*\([^()]*\)", "", declared.name)
        unit = pretty_unit(declared.unit)
        return {
            "label": label,
            "title": capital(label),
            "unit": unit,
            "axisUnit": ["" if unit and unit.lower() in label.lower() else unit, unit],
            "mediator": style.slug(declared.mediator) if declared.mediator in style.MEDIATORS else "",
        }

    def panel_title(self, panel: Sequence[str]) -> str:
        """The name of a panel's only curve, or the words with which the names of its curves begin alike."""
        titles = [self.quantity(q)["title"].split() for q in panel]
        alike = []
        for words in zip(*titles, strict=False):
            if len(set(words)) > 1:
                break
            alike.append(words[0])
        while len(panel) > 1 and alike and alike[-1] in {"in", "of", "on", "the", "a", "by", "per", "and", "with", "at", "free", "Free"}:
            alike.pop()
        return " ".join(alike)

    def start(self, scenario: str, values: Mapping[str, float]) -> dict[str, float]:
        """All overrides of the first state: of the scenario, then of ``values``."""
        ids = [s.id for s in self.model.scenarios]
        if scenario:
            self.known(scenario, ids, "scenario")
        for name in values:
            self.known(name, self.model.override_names, "parameter or initial value")
        return dict(next((s.set for s in self.model.scenarios if s.id == scenario), {})) | {k: float(v) for k, v in values.items()}


def configure(
    model: Model,
    view: str = "timecourse",
    *,
    controls: Sequence[str] | None = None,
    show: Sequence[Any] | None = None,
    compare: bool = True,
    x: str | None = None,
    of: str | None = None,
    at: str | float = "steady",
    hysteresis: bool = False,
    scenarios: Sequence[str] | None = None,
    scenario: str = "",
    values: Mapping[str, float] | None = None,
    caption: str = "",
    title: str = "",
    id: str | None = None,
    log_y: bool = False,
    t_end: float | None = None,
    y: str | None = None,
    limits: Mapping[str, tuple[float, float]] | None = None,
    log: Sequence[str] | None = None,
    held: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The configuration of an explorer as plain data (see :func:`explore` for the arguments and the errors)."""
    make = _Configuration(model)
    make.known(view, VIEWS, "view")
    name = check_id(id or f"{model.key}-{view}", f"{model.id}-doses")
    overrides = make.start(scenario, values or {})
    p, y0 = model.values()
    defaults = dict(zip(model.override_names, [*p, *y0], strict=True))
    p, y0 = model.values(overrides)
    start = dict(zip(model.override_names, [*map(float, p), *map(float, y0)], strict=True))
    if controls is None:
        controls = [q.id for q in model.parameters_ if q.range and q.id != x][:4]
    if isinstance(controls, str):
        controls = [controls]
    axes = make.plane(x, y, limits or {}, log) if view == "phase" else ()
    starts = {f"{a.state}0": a for a in axes}
    sliders = [make.slider(c, defaults, start, starts.get(c)) for c in [*(c for c in controls if c not in starts), *starts]]
    if not sliders:
        raise ValueError("an explorer needs a control; give one of those with a range: " + ", ".join(n for n, s in make.sliders.items() if s.range))
    shown_scenarios = [s.id for s in model.scenarios] if scenarios is None else [make.known(s, [s.id for s in model.scenarios], "scenario") for s in scenarios]
    if scenario and scenario not in shown_scenarios:
        shown_scenarios.insert(0, scenario)

    response = phase = None
    if view == "phase":
        phase = {
            **{k: vars(a) | {"index": model.state_ids.index(a.state)} for k, a in zip("xy", axes, strict=True)},
            "note": make.held_note(held or {}, controls),
        }
        panels = [[a.state] for a in axes]
    elif view == "response":
        if x is None:
            raise ValueError(f"a response needs x=, the parameter on its axis; known with a range: {', '.join(n for n, s in make.sliders.items() if s.range)}")
        of = of or (show[0] if show else model.state_ids[0])
        make.known(of, model.quantity_ids, "quantity")
        if not (at in ("steady", "max") or isinstance(at, int | float) and not isinstance(at, bool) and at > 0):
            raise ValueError(f"at={at!r}: known are 'steady', 'max' and a time above 0")
        if hysteresis and at != "steady":
            raise ValueError(f"hysteresis needs at='steady', not {at!r}: only a steady state remembers where it comes from")
        axis = make.slider(x, defaults, start)
        response = {"x": axis, "of": of, "at": at, "hysteresis": bool(hysteresis), "n": N_RESPONSE}
        panels = [[of]]
    else:
        panels = make.panels(show)

    quantities = [q for panel in panels for q in panel]
    unit = model.time_unit
    config = {
        "id": name,
        "key": model.key,
        "view": view,
        "title": title,
        "caption": caption,
        "height": 460 if phase else 360 if len(panels) == 1 else 110 + 190 * len(panels),
        "controls": sliders,
        "panels": panels,
        "panelTitles": [make.panel_title(panel) for panel in panels],
        "quantities": {q: make.quantity(q) for q in quantities},
        "units": {q: pretty_unit(u) for q, u in model.units.items()} | {f"{s.id}0": pretty_unit(s.unit) for s in model.states},
        "log": bool(log_y),
        "end": float(t_end or model.t_end),
        "n": N_TIMES,
        "time": {"one": unit, "many": pretty_unit(unit)},
        "compare": bool(compare),
        "scenarios": shown_scenarios,
        "scenario": scenario,
        "fixed": {k: v for k, v in overrides.items() if k not in {c["name"] for c in sliders}},
        "startName": "the first setting" if overrides else "the default",
        "startLabel": "first setting" if overrides else "default",
        "response": response,
    } | ({"phase": phase} if phase else {})
    config["alt"] = _alt(config)
    return config


def _alt(config: Mapping[str, Any]) -> str:
    """What the picture shows, in a sentence."""
    names = [config["quantities"][q]["label"] for panel in config["panels"] for q in panel]
    listed = ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
    if config["view"] == "phase":
        return f"Phase plane of {listed}, simulated: where each stands still, the steady states, what leads to which, and a trajectory."
    if config["view"] == "response":
        r = config["response"]
        where = {"steady": "at steady state", "max": "at most"}.get(r["at"], f"on {config['time']['one']} {r['at']}")
        ways = ", for rising and falling values" if r["hysteresis"] else ""
        return capital(f"{listed} {where} against {r['x']['label']} from {_number(r['x']['min'])} to {_number(r['x']['max'])} {r['x']['unit']}".rstrip() + f"{ways}.")
    return capital(f"curves of {listed} from {config['time']['one']} 0 to {_number(config['end'])}, simulated.")


# --- the first picture -----------------------------------------------------------------------------------------------

_WIDTH, _LEFT, _FOOT, _HEAD, _GAP = 560, 50, 42, 26, 14
_DASHES: list[Any] = ["-", (0, (3.2, 1.8)), (0, (0.7, 1.8)), (0, (4.5, 1.8, 0.9, 1.8)), (0, (1.8, 1.4)), (0, (5.4, 1.4))]


def _lines(model: Model, config: Mapping[str, Any]) -> tuple[list[list[dict[str, Any]]], dict[str, Any]]:
    """The lines of each panel, and the x axis: the same description of a picture that the front end's views give."""
    overrides = config["fixed"] | {c["name"]: c["value"] for c in config["controls"]}
    colours = {}
    for i, q in enumerate(config["quantities"]):
        mediator = next(s.mediator for s in (*model.states, *model.derived) if s.id == q)
        colours[q] = style.colour(mediator, i)
    if config["view"] == "timecourse":
        run = simulate.simulate(model, overrides, t_end=config["end"], n=config["n"])
        panels = [
            [
                {"label": config["quantities"][q]["label"] if len(panel) > 1 else _said(run[q].iloc[-1]), "x": run.index.to_numpy(), "y": run[q].to_numpy(), "colour": colours[q], "dash": _DASHES[i % 6]}
                for i, q in enumerate(panel)
            ]
            for panel in config["panels"]
        ]
        return panels, {"title": f"time ({config['time']['many']})", "domain": (0, config["end"]), "log": False}
    r = config["response"]
    x, of = r["x"], r["of"]
    import numpy as np

    log = x["scale"] == "log"
    values = np.geomspace(x["min"], x["max"], r["n"]) if log else np.linspace(x["min"], x["max"], r["n"])
    overrides.pop(x["name"], None)
    table = simulate.sweep(model, overrides, x["name"], values, of, r["at"], r["hysteresis"])
    lines = [
        {"label": "", "x": table.index.to_numpy(dtype=float), "y": table[column].to_numpy(dtype=float), "colour": colours[of], "dash": dash}
        for column, dash in zip(table.columns, _DASHES, strict=False)
    ]
    if r["hysteresis"]:
        _name_ways(lines)
    unit = f" ({x['unit']})" if x["unit"] else ""
    return [lines], {"title": x["label"] + unit, "domain": (x["min"], x["max"]), "log": log, "mark": x["value"]}


def _name_ways(lines: list[dict[str, Any]]) -> None:
    """Mark both branches of a sweep in the middle of the stretch where they differ; nowhere if they are one."""
    import numpy as np

    gaps = np.nan_to_num(np.abs(lines[0]["y"] - lines[1]["y"]))
    if gaps.max() > 0.02 * np.nanmax(np.abs(lines[0]["y"])):
        wide = np.flatnonzero(gaps > 0.5 * gaps.max())
        k = int(wide[len(wide) // 2])
        for i, (line, word) in enumerate(zip(lines, ("rising", "falling"), strict=True)):
            line["way"] = {"at": k, "text": word, "above": bool(line["y"][k] > lines[1 - i]["y"][k]), "marker": "><"[i]}


def _between(x: Mapping[str, Any], line: Mapping[str, Any]) -> float:
    """A line's height at the marked x."""
    import numpy as np

    place = np.log if x["log"] else np.asarray
    return float(np.interp(place(x["mark"]), place(line["x"]), line["y"]))


def _log_ticks(low: float, high: float, wanted: float) -> list[float]:
    powers = [10.0**k for k in range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)]
    if len(powers) < 3 and math.log10(high / low) < 2.2:
        more = {m * p for p in [*powers, powers[0] / 10] for m in (1, 2, 5)} if powers else set()
        return sorted(v for v in more if low * 0.999 <= v <= high * 1.001)
    return powers[:: max(1, math.ceil(len(powers) / wanted))]


def _wrapped(text: str, limit: float) -> list[str]:
    """A label in lines of at most ``limit`` pixels; 6.4 px is the mean width of a letter at this size."""
    lines: list[str] = []
    for word in text.split():
        if lines and 6.4 * len(f"{lines[-1]} {word}") <= limit:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _spread(labels: list[dict[str, Any]], top: float, bottom: float) -> None:
    """Move labels apart as little as possible (pixels from the top)."""
    labels.sort(key=lambda b: b["y"])
    for _ in range(60):
        for a, b in zip(labels, labels[1:], strict=False):
            overlap = (a["size"] + b["size"]) / 2 - (b["y"] - a["y"])
            if overlap > 0:
                a["y"] -= overlap / 2
                b["y"] += overlap / 2
        for b in labels:
            b["y"] = min(max(b["y"], top + b["size"] / 2), bottom - b["size"] / 2)


def picture(model: Model, config: Mapping[str, Any]) -> str:
    """The explorer's first state as an SVG element with its description. Colours are those of :mod:`soluble.style`."""
    if config["view"] == "phase":
        return _plane_picture(model, config)
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    panels, x = _lines(model, config)
    height = config["height"]
    each = (height - _FOOT - (_HEAD * len(panels)) - _GAP * (len(panels) - 1)) / len(panels)
    label_limit = max(96.0, max((6.4 * len(w) for lines in panels for line in lines for w in line["label"].split()), default=40))
    widest = max(min(6.4 * len(line["label"]), label_limit) for lines in panels for line in lines)
    if config["view"] == "response":
        widest = 76.0 if config["compare"] else 0.0
    elif all(len(lines) == 1 for lines in panels):
        widest = 84.0
    right = _WIDTH - (min(0.32 * _WIDTH, widest + 18) if widest else 14)
    with mpl.rc_context():
        style.use()
        mpl.rcParams.update({"font.size": 12.5, "figure.constrained_layout.use": False, "axes.grid": False, "svg.hashsalt": config["id"]})
        figure = Figure(figsize=(_WIDTH / 72, height / 72))
        FigureCanvasSVG(figure)
        for i, lines in enumerate(panels):
            top = _HEAD + i * (each + _HEAD + _GAP)
            axes = figure.add_axes((_LEFT / _WIDTH, 1 - (top + each) / height, (right - _LEFT) / _WIDTH, each / height))
            _draw_panel(axes, lines, x, config, i, each, last=i == len(panels) - 1)
            _label_lines(figure, axes, lines, right, top, each, height)
            head = _heading(config, i, axes)
            figure.text(4 / _WIDTH, 1 - (top - _HEAD + 14) / height, head, color=style.INK, va="baseline")
        figure.text((_LEFT + right) / 2 / _WIDTH, 6 / height, x["title"], color=style.INK, ha="center", va="baseline")
        return svg_element(figure, config["alt"], height)


def _plane_of(model: Model, config: Mapping[str, Any], overrides: Mapping[str, float]) -> Plane:
    x, y = ({k: v for k, v in config["phase"][k].items() if k != "index"} for k in "xy")
    return Plane(model, Axis(**x), Axis(**y), **overrides)


def _plane_picture(model: Model, config: Mapping[str, Any]) -> str:
    """The first state of a phase plane as an SVG element, laid out as ``web/src/plane-chart.js`` does."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    plane = _plane_of(model, config, config["fixed"] | {c["name"]: c["value"] for c in config["controls"]})
    quantities = [config["quantities"][a.state] for a in plane.axes]
    colours = [style.colour(next(s.mediator for s in model.states if s.id == a.state), i) for i, a in enumerate(plane.axes)]
    note = _wrapped(config["phase"]["note"], _WIDTH - 12)
    rows = _key(quantities, colours, plane)
    top, foot, height = 26 + 19 * len(rows), _FOOT + 16 * len(note), config["height"]
    ticks = [_plane_ticks(a, n) for a, n in zip(plane.axes, ((_WIDTH - _LEFT) / 60, (height - top - foot) / 34), strict=True)]
    left = max(48, 12 * math.ceil((14 + max(6.4 * len(text) for text in ticks[1][1])) / 12))
    with mpl.rc_context():
        style.use()
        mpl.rcParams.update({"font.size": 12.5, "figure.constrained_layout.use": False, "axes.grid": False, "svg.hashsalt": config["id"]})
        figure = Figure(figsize=(_WIDTH / 72, height / 72))
        FigureCanvasSVG(figure)
        axes = figure.add_axes((left / _WIDTH, foot / height, (_WIDTH - 14 - left) / _WIDTH, (height - top - foot) / height))
        plane.draw(axes, tuple(colours), config["end"], config["n"])
        titles = []
        for axis, (places, labels, word), quantity in zip((axes.xaxis, axes.yaxis), ticks, quantities, strict=True):
            axis.set_ticks(places, labels)
            unit = " ".join(filter(None, [word, quantity["axisUnit"][0]]))
            titles.append(f"{quantity['title']} ({unit})" if unit else quantity["title"])
        axes.tick_params(length=4, pad=4, labelcolor=style.MUTED)
        write = lambda x, y, text, **how: figure.text(x / _WIDTH, 1 - y / height, text, **({"color": style.INK, "va": "baseline"} | how))  # noqa: E731
        write(4, 14, titles[1])
        write((left + _WIDTH - 14) / 2, height - foot + 36, titles[0], ha="center")
        for k, text in enumerate(note):
            write(4, height - foot + 54 + 16 * k, text, color=style.MUTED)
        for r, row in enumerate(rows):
            for entry in row:
                at = 1 - (31 + 19 * r - 4) / height
                share = [(4 + entry["x"] + dx) / _WIDTH for dx in ((0, 24) if "line" in entry else (14,))]
                figure.add_artist(mpl.lines.Line2D(share, [at] * len(share), **entry.get("line", entry.get("mark"))))
                write(4 + entry["x"] + 30, 31 + 19 * r, entry["text"], color=entry["colour"], weight=700)
        return svg_element(figure, config["alt"], height)


def _plane_ticks(axis: Axis, wanted: float) -> tuple[list[float], list[str], str]:
    """Places (shares of the axis), labels, and the word that is left out of them."""
    from matplotlib.ticker import MaxNLocator

    if axis.log:
        values = _log_ticks(axis.low, axis.high, max(3.0, wanted))
        return axis.place(values).tolist(), _decades(values), ""
    values = [v for v in MaxNLocator(nbins=max(3, min(7, round(wanted))), steps=[1, 2, 5, 10]).tick_values(axis.low, axis.high) if axis.low <= v <= axis.high]
    divisor, word = _magnitude(axis.high)
    return axis.place(values).tolist(), [_number(v / divisor) for v in values], word


def _key(quantities: Sequence[Mapping[str, Any]], colours: Sequence[str], plane: Plane) -> list[list[dict[str, Any]]]:
    """The key of a plane's picture in rows that fit."""
    ink, kinds = style.INK, set(plane.equilibria["stability"])
    entries: list[dict[str, Any]] = [
        {"text": f"{q['label']} {'stand' if q['label'].endswith('s') or 's ' in q['label'] else 'stands'} still", "colour": c, "line": {"color": c, "linewidth": 2.2, "linestyle": dash}}
        for q, c, dash in zip(quantities, colours, ("-", (0, (3.2, 1.8))), strict=True)
    ]
    if any(((line > 0) & (line < 1)).all(axis=1).any() for line in plane.borders):
        entries.append({"text": "border of basins", "colour": ink, "line": {"color": ink, "linewidth": 1.4, "linestyle": (0, (5, 1.6, 1, 1.6))}})
    for word, face, shape in (("stable", ink, "o"), ("saddle", style.PAPER_LIGHT, "D"), ("unstable", style.PAPER_LIGHT, "o")):
        if any(k.startswith(word) for k in kinds):
            entries.append({"text": word, "colour": ink, "mark": {"color": ink, "marker": shape, "markersize": 8, "markerfacecolor": face}})
    entries.append({"text": "start: click", "colour": ink, "mark": {"color": ink, "marker": "o", "markersize": 9, "markerfacecolor": "none"}})
    rows: list[list[dict[str, Any]]] = [[]]
    used = 0.0
    for entry in entries:
        width = 46 + 6.9 * len(entry["text"])
        if used and used + width > _WIDTH - 8:
            rows.append([])
            used = 0.0
        rows[-1].append(entry | {"x": used})
        used += width
    return rows


def svg_element(figure: Any, alt: str, height: float, width: float = _WIDTH) -> str:
    """A figure as an SVG element that may stand in a page, named by ``alt``."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = out.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text[text.index("<svg") :], flags=re.S)
    opening = f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{html.escape(alt)}" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    return re.sub(r"<svg[^>]*>", lambda _: opening, text, count=1).strip()


def _heading(config: Mapping[str, Any], i: int, axes: Any) -> str:
    panel = config["panels"][i]
    quantity = config["quantities"][panel[0]]
    word = "" if config["log"] else _magnitude(max(map(abs, axes.get_ylim())))[1]
    unit = " ".join(filter(None, [word, quantity["axisUnit"][0 if len(panel) == 1 else 1]]))
    title = config["panelTitles"][i]
    if config["view"] == "response":
        at = config["response"]["at"]
        title += " " + {"steady": "at steady state", "max": "at most"}.get(at, f"on {config['time']['one']} {at}")
    return f"{title} ({unit})" if title and unit else title or unit


def _draw_panel(axes: Any, lines: list[dict[str, Any]], x: Mapping[str, Any], config: Mapping[str, Any], i: int, each: float, *, last: bool) -> None:
    import numpy as np
    from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullFormatter, NullLocator

    y = np.concatenate([line["y"] for line in lines])
    y = y[np.isfinite(y) & ((y > 0) | (not config["log"]))]
    low, high = (float(y.min()), float(y.max())) if len(y) else (0.1, 1.0)
    if config["log"]:
        low = max(low, high * 1e-9)
        if high / low < 10:
            low, high = low / math.sqrt(10), high * math.sqrt(10)
        low, high = 10.0 ** math.floor(math.log10(low) + 1e-9), 10.0 ** math.ceil(math.log10(high) - 1e-9)
        ticks = _log_ticks(low, high, each / 26)
        axes.set_yscale("log")
        labels = _decades(ticks)
    else:
        low = min(low, 0.0)
        high = high if high > low else low + 1
        ticks = list(MaxNLocator(nbins=max(3, min(6, round(each / 45))), steps=[1, 2, 5, 10]).tick_values(low, high + 0.02 * (high - low)))
        low, high = ticks[0], ticks[-1]
        divisor = _magnitude(max(abs(low), abs(high)))[0]
        labels = [_number(v / divisor) for v in ticks]
    if x["log"]:
        axes.set_xscale("log")
    axes.set_xlim(*x["domain"])
    axes.set_ylim(low, high)
    for line in lines:
        shown = np.maximum(line["y"], low) if config["log"] else line["y"]  # what lies below the decades that are shown stays on the axis
        axes.plot(line["x"], shown, color=line["colour"], linestyle=line["dash"], clip_on=False, solid_capstyle="round", dash_capstyle="round")
        if "way" in line:
            way = line["way"]
            at = (line["x"][way["at"]], line["y"][way["at"]])
            axes.plot(*at, marker=way["marker"], markersize=9, color=line["colour"], clip_on=False)
            low_down = axes.transAxes.inverted().transform(axes.transData.transform(at))[1] * each < 22
            axes.annotate(way["text"], at, (0, 9 if way["above"] or low_down else -19), textcoords="offset points", ha="center", color=line["colour"], weight=700)
    if x["log"]:
        x_ticks = _log_ticks(*x["domain"], 6)
        x_labels = _decades(x_ticks)
    else:
        x_ticks = [v for v in MaxNLocator(nbins=6, steps=[1, 2, 5, 10]).tick_values(*x["domain"]) if x["domain"][0] <= v <= x["domain"][1]]
        x_labels = [_number(v) for v in x_ticks]
    if x.get("mark") is not None:
        axes.axvline(x["mark"], color=style.INK, linewidth=1, linestyle=(0, (2, 3)))
        for line in lines:
            axes.plot(x["mark"], _between(x, line), marker="o", markersize=9, color=line["colour"], markeredgecolor=style.PAPER_LIGHT, markeredgewidth=1.8, clip_on=False)
    axes.xaxis.set(major_locator=FixedLocator(x_ticks), major_formatter=FixedFormatter(x_labels) if last else NullFormatter(), minor_locator=NullLocator())
    axes.yaxis.set(major_locator=FixedLocator(ticks), major_formatter=FixedFormatter(labels), minor_locator=NullLocator())
    axes.tick_params(axis="y", length=0, pad=8, labelcolor=style.MUTED)
    axes.tick_params(axis="x", length=4, pad=4, labelcolor=style.MUTED)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y")


def _label_lines(figure: Any, axes: Any, lines: list[dict[str, Any]], right: float, top: float, each: float, height: float) -> None:
    """Direct labels at the ends of the lines, without overlap."""
    import numpy as np

    labels = []
    for line in lines:
        good = np.flatnonzero(np.isfinite(line["y"]))
        if not len(good) or not line["label"]:
            continue
        last = line["y"][good[-1]]
        share = float(axes.transAxes.inverted().transform(axes.transData.transform((line["x"][good[-1]], max(last, axes.get_ylim()[0]))))[1])
        text = _wrapped(line["label"], _WIDTH - right - 14)
        labels.append({"y": top + each * (1 - share), "size": 15 * len(text), "text": text, "colour": line["colour"]})
    _spread(labels, top - 6, top + each + 8)
    for b in labels:
        for k, text in enumerate(b["text"]):
            at = b["y"] + 4 + 15 * (k - (len(b["text"]) - 1) / 2)
            figure.text((right + 10) / _WIDTH, 1 - at / height, text, color=b["colour"], weight=700, va="baseline")


# --- the widget ------------------------------------------------------------------------------------------------------


def palette_css(scope: str = ".explorer") -> str:
    """The book's colours as CSS variables for places without the book's own stylesheet, such as Jupyter: light and dark."""
    colours = style.css_variables()
    light = "".join(f"--{n}:{c.light};" for n, c in colours.items())
    dark = "".join(f"--{n}:{c.dark};" for n, c in colours.items())
    paper = f"--paper:var(--jp-layout-color0,{style.PAPER_LIGHT});"
    paper_dark = f"--paper:var(--jp-layout-color0,{style.PAPER_DARK});"
    return (
        f"{scope}{{{light}{paper}color-scheme:light}}"
        f"html[data-theme=dark] {scope},body[data-jp-theme-light=false] {scope}{{{dark}{paper_dark}color-scheme:dark}}"
        f"@media (prefers-color-scheme:dark){{html:not([data-theme]) body:not([data-jp-theme-light]) {scope}{{{dark}{paper_dark}color-scheme:dark}}}}"
    )


@cache
def _asset(name: str) -> str:
    return (_DIST / name).read_text(encoding="utf8")


class ExplorerFigure(anywidget.AnyWidget):
    """What every explorer is: a widget in Jupyter, a figure on a page that needs no kernel.

    ``config`` is all that the front end needs to know, ``values`` the state by name, ``scenario`` the id of the chosen scenario or
    ``""``, ``summary`` the sentence below the picture. An explorer brings what its values may be, and :meth:`to_html`.
    """

    _esm = _asset("explorer.mjs")
    _css = palette_css() + _asset("explorer.css")
    config = traitlets.Dict().tag(sync=True)
    model_code = traitlets.Unicode().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    scenario = traitlets.Unicode().tag(sync=True)
    summary = traitlets.Unicode().tag(sync=True)

    @traitlets.validate("scenario")
    def _known_scenario(self, proposal: Any) -> str:
        if proposal["value"] not in ("", *self.config.get("scenarios", ())):
            raise UnknownNameError(proposal["value"], list(self.config.get("scenarios", ())), "scenario of this explorer")
        return proposal["value"]

    def to_html(self) -> str:
        """The static figure: picture, caption, and data that the front end reads. It holds no script that a browser runs."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if os.environ.get("SOLUBLE_STATIC") == "1":
            return {"text/html": self.to_html(), "text/plain": f"Explorer: {config_title(self.config)}"}
        return super()._repr_mimebundle_(**kwargs)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.config['id']}: {self.config['alt']}>"


class Explorer(ExplorerFigure):
    """An explorer in Jupyter; made by :func:`explore`.

    ``values`` maps each control to its number and follows the reader's hand; setting it moves the sliders (names that are
    left out keep their value, numbers are kept inside the range). ``scenario`` is the id of the chosen scenario or ``""``;
    ``summary`` the sentence below the picture.
    """

    def __init__(self, model: Model, config: dict[str, Any]) -> None:
        self.model = model
        self._ranges = {c["name"]: (c["min"], c["max"]) for c in config["controls"]}
        super().__init__(
            config=config,
            model_code=model.to_javascript(),
            values={c["name"]: c["value"] for c in config["controls"]},
            scenario=config["scenario"],
        )

    @traitlets.validate("values")
    def _inside(self, proposal: Any) -> dict[str, float]:
        kept = {c["name"]: c["value"] for c in self.config["controls"]} | dict(self._trait_values.get("values") or {})
        for name, value in proposal["value"].items():
            if name not in self._ranges:
                raise UnknownNameError(name, list(self._ranges), "control of this explorer")
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise traitlets.TraitError(f"{name} is {value!r}, not a finite number")
            low, high = self._ranges[name]
            kept[name] = min(max(float(value), low), high)
        return kept

    @property
    def overrides(self) -> dict[str, float]:
        """Everything in which the present state differs from the declaration, as :meth:`Model.simulate` takes it."""
        chosen = next((dict(s.set) for s in self.model.scenarios if s.id == self.scenario), {})
        base = self.config["fixed"] if self.scenario == self.config["scenario"] else chosen
        return {**base, **self.values}

    def data(self) -> Any:
        """The numbers behind the picture, computed in Python: a time course, a response, or the steady states and the run of a plane."""
        if self.config["view"] == "phase":
            return _plane_of(self.model, self.config, self.overrides).table(self.config["end"], self.config["n"])
        if self.config["view"] == "timecourse":
            return simulate.simulate(self.model, self.overrides, t_end=self.config["end"], n=self.config["n"])
        import numpy as np

        r = self.config["response"]
        x = r["x"]
        between = np.geomspace if x["scale"] == "log" else np.linspace
        others = {k: v for k, v in self.overrides.items() if k != x["name"]}
        return simulate.sweep(self.model, others, x["name"], between(x["min"], x["max"], r["n"]), r["of"], r["at"], r["hysteresis"])

    def to_html(self) -> str:
        config = self.config
        rows = len(config["controls"]) + bool(config["scenarios"])
        return static_figure(
            config,
            picture(self.model, config),
            f'data-model="{config["key"]}" style="--explorer-height:{config["height"]};--explorer-controls:{rows}"',
            f'<script type="application/x-soluble-model" data-key="{config["key"]}">{_inert(self.model_code)}</script>\n',
        )


def static_figure(config: Mapping[str, Any], drawn: str, attributes: str, model: str = "", below: str = "") -> str:
    """The element that the front end enlivens: title, picture, room for sentence and controls, what stands below, caption, data."""
    title = f'<p class="explorer-title">{_unbroken(config["title"])}</p>' if config["title"] else ""
    return (
        f'<figure class="explorer" id="explorer-{config["id"]}" data-view="{config["view"]}" {attributes}>\n'
        f'<div class="explorer-body">{title}<div class="explorer-stage">{drawn}</div>'
        f'<p class="explorer-summary"></p><div class="explorer-panel"></div>{below}</div>\n'
        f"<figcaption>{_unbroken(config['caption'])}</figcaption>\n"
        f"{config_script(config)}\n{model}</figure>"
    )


def config_script(config: Mapping[str, Any]) -> str:
    """The configuration as data that the front end reads; no browser runs it."""
    data = json.dumps(config, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f'<script type="application/json" class="explorer-config">{_inert(data)}</script>'


def check_id(name: str, example: str) -> str:
    """The name of an explorer in the page's address; raises ``ValueError`` for one that cannot stand there."""
    if not re.fullmatch(r"[A-Za-z][\w-]*", name):
        raise ValueError(f"{name!r} cannot be an explorer's id: use letters, digits, '-' and '_', for instance {example}")
    return name


def config_title(config: Mapping[str, Any]) -> str:
    """The title, or what the picture shows where there is none."""
    return config["title"] or config["alt"]


def _unbroken(text: str) -> str:
    """Escaped text whose lines do not break inside a name such as IL-6."""
    return re.sub(r"[^\s“”,;()&]*[^\s\d]-\d[^\s,;.”&]*", r'<span class="explorer-name">\g<0></span>', html.escape(text))


def _inert(text: str) -> str:
    """Text that cannot end the script element it stands in. ``<`` is the same character in JSON and in a JavaScript string."""
    return re.sub(r"<(?=/|!--|script)", r"\\u003c", text, flags=re.I)


def explore(
    model: Model | str,
    view: str = "timecourse",
    *,
    controls: Sequence[str] | None = None,
    show: Sequence[Any] | None = None,
    compare: bool = True,
    x: str | None = None,
    of: str | None = None,
    at: str | float = "steady",
    hysteresis: bool = False,
    scenarios: Sequence[str] | None = None,
    scenario: str = "",
    values: Mapping[str, float] | None = None,
    caption: str = "",
    title: str = "",
    id: str | None = None,
    log_y: bool = False,
    t_end: float | None = None,
    y: str | None = None,
    limits: Mapping[str, tuple[float, float]] | None = None,
    log: Sequence[str] | None = None,
    held: Mapping[str, Any] | None = None,
) -> Explorer:
    """An interactive figure of a model.

    Parameters
    ----------
    model : a :class:`Model`, or the id of a declared one
    view : ``"timecourse"``, ``"response"``: a quantity against a parameter, or ``"phase"``: the plane of two states
    controls : parameters, or ``<state>0`` for initial values, that get a slider; each needs a ``range`` in the declaration
    show : states and derived quantities; one panel per unit, or a list of lists to choose the panels
    compare : show the first run as faint curves beside the present one
    x, of, at, hysteresis : of a response: the parameter on the axis, the quantity, and ``"steady"``, ``"max"`` or a time;
        with hysteresis the parameter is swept up and down and both branches are drawn
    scenarios : ids of the scenarios to offer (default: all of the declaration)
    scenario, values : the first state: a scenario, then parameters and initial values on top of it
    caption, title, id : ``id`` names the explorer in the page's address and must be unique on its page
    log_y : logarithmic y axis
    t_end : end of the run, in the model's unit of time
    x, y, limits, log : of a phase plane: the states on its axes (default: in declared order), (low, high) of each (default: the
        ranges of their initial values), and those on a logarithmic axis (default: as declared); their initial values get controls
    held : of a phase plane: the states that stand still in it, each with its value or as :meth:`Model.hold` takes it; such a
        state can be a control. The picture says what is held

    Raises
    ------
    UnknownNameError
        for a view, control, quantity or scenario that is not known; the message lists those that are
    ValueError
        for a control without a range, and for a response or a plane that is not fully described
    """
    if not isinstance(model, Model):
        model = load_model(model)
    if held:
        model = model.hold(held)
    config = configure(
        model, view, controls=controls, show=show, compare=compare, x=x, of=of, at=at, hysteresis=hysteresis, scenarios=scenarios,
        scenario=scenario, values=values, caption=caption, title=title, id=id, log_y=log_y, t_end=t_end,
        y=y, limits=limits, log=log, held=held,
    )  # fmt: skip
    return Explorer(model, config)
