"""The field explorer: fields and cells on a plane, a run that plays, in Jupyter and on the static page.

The first picture is drawn here from the same declaration and the same seed, after the rules of ``web/src/field/view.js``. What the
browser shows at a setting, a seed and a step is what ``model.simulate(seed=..., **setting)`` gives.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullFormatter, NullLocator

from . import field_run, style
from .explorer import (
    _DASHES,
    _WIDTH,
    ExplorerFigure,
    _Configuration,
    _inert,
    _number,
    capital,
    check_id,
    pretty_unit,
    static_figure,
    svg_element,
)
from .expression import Expression
from .field import Cells, FieldModel, load_field
from .model import UnknownNameError

ACROSS, OVER = ("profile", "difference"), ("front", "arrived", "index", "tips", "length")
PANELS = (*ACROSS, *OVER)
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)
SEEDS = (1, 99)
#: Points of the curves that are kept for comparison; of each cell's way in the first picture, and where it is what grows.
KEPT, WAYS, TRAILS = 60, 30, 60
#: Pixels of ``arrange`` in ``web/src/field/view.js``, and the depth of the colour.
_LEFT, _RIGHT, _HEAD, _KEY, _FOOT, _GAP, _PANEL, _TALL, _LINE = 40, 14, 26, 20, 42, 14, 84, 124, 28
_DEPTH = 0.6


class _FieldConfiguration(_Configuration):
    """The same for a field model: its sliders are its parameters, and the seed."""

    def __init__(self, model: FieldModel) -> None:
        self.model = model
        self.sliders = {p.id: p for p in model.parameters_}
        counts = {e.text for c in model.cells if (e := c.number)}
        self.whole = counts & set(model.parameter_ids)

    def slider(self, name: str, defaults: Mapping[str, float], start: Mapping[str, float]) -> dict[str, Any]:
        return super().slider(name, defaults, start) | ({"whole": True} if name in self.whole else {})

    def quantity(self, name: str) -> dict[str, Any]:
        declared = next(q for q in (*self.model.fields, *self.model.derived) if q.id == name)
        known = declared.mediator in style.MEDIATORS
        return {"id": name, "label": declared.name, "unit": pretty_unit(declared.unit), "mediator": style.slug(declared.mediator) if known else ""}


def _seed(value: Any) -> dict[str, Any]:
    if isinstance(value, bool) or not isinstance(value, int) or not SEEDS[0] <= value <= SEEDS[1]:
        raise ValueError(f"seed={value!r}: an explorer's seed is a whole number from {SEEDS[0]} to {SEEDS[1]}")
    return {"name": "seed", "label": "seed of the random numbers", "symbol": [], "unit": "", "min": SEEDS[0], "max": SEEDS[1], "scale": "linear", "default": value, "value": value, "whole": True}


def configure(
    model: FieldModel,
    *,
    controls: Sequence[str] | None,
    show: str | None,
    profile: Sequence[str] | None,
    front: tuple[str, float] | None,
    theory: Mapping[str, str] | None,
    panels: Sequence[str] | None,
    line: float | None,
    threshold: float | None,
    scenarios: Sequence[str] | None,
    scenario: str,
    values: Mapping[str, float] | None,
    seed: int,
    t_end: float | None,
    speed: float,
    caption: str,
    title: str,
    id: str | None,
    compare: bool,
) -> tuple[dict[str, Any], field_run.FieldRun]:
    """The configuration of a field explorer as plain data, and the run that it shows first (see :func:`explore_field`)."""
    make = _FieldConfiguration(model)
    name = check_id(id or f"{model.id}-field", f"{model.id}-run")
    overrides = make.start(scenario, values or {})
    defaults = model.values()
    start = model.values(overrides)
    if controls is None:
        controls = [p.id for p in model.parameters_ if p.range][:5]
    sliders = [make.slider(c, defaults, start) for c in ([controls] if isinstance(controls, str) else controls)]
    known = [s.id for s in model.scenarios]
    shown_scenarios = known if scenarios is None else [make.known(s, known, "scenario") for s in scenarios]
    if scenario and scenario not in shown_scenarios:
        shown_scenarios = [scenario, *shown_scenarios]
    show = make.known(show or model.field_ids[0], model.quantity_ids, "field or derived quantity")
    across = [make.quantity(make.known(name, model.quantity_ids, "field or derived quantity")) for name in profile or [show]]
    if len({q["unit"] for q in across}) > 1:
        raise ValueError(f"profile={list(profile or [])!r}: curves of one panel have one unit; these have {', '.join(q['unit'] or 'none' for q in across)}")
    goals = [c for c in model.cells if c.goal]
    senses = [c for c in model.cells if c.senses]
    grows = [c for c in model.cells if c.grows]
    if panels is None:
        usual = [*(["difference"] if senses else ["profile"]), *(["front"] if front else []), *(["arrived"] if goals else [])]
        panels = ["tips", "length"] if grows else usual
    needs = dict.fromkeys(("arrived", "index"), ("cells that have a goal", goals)) | dict.fromkeys(("tips", "length"), ("cells that grow", grows))
    needs |= {"difference": ("cells that sense", senses), "front": ("front=(field, level)", front)}
    for panel in panels:
        make.known(panel, PANELS, "panel")
        what, given = needs.get(panel, ("", True))
        if not given:
            raise ValueError(f"the panel {panel!r} needs {what}; {model.id} has none")
    if speed not in SPEEDS:
        raise ValueError(f"speed={speed!r}: known are {', '.join(map(str, SPEEDS))} steps in a frame")
    line = model.height / 2 if line is None else float(line)
    if not 0 <= line <= model.height:
        raise ValueError(f"line={line!r} lies outside the plane, which is {model.height:g} {model.space_unit} high")
    first = model.simulate(seed=seed, t_end=t_end, **overrides)
    steps = first.last.n
    region = {g.id: g.name for g in model.regions}
    quantity = make.quantity(show)
    config = {
        "id": name,
        "key": model.key,
        "view": "field",
        "title": title,
        "caption": caption,
        "controls": [*sliders, *([_seed(seed)] if model.cells else [])],  # without cells nothing is drawn by lot
        "fixed": {k: v for k, v in overrides.items() if k not in [c["name"] for c in sliders]},
        "scenarios": shown_scenarios,
        "scenario": scenario,
        "startName": "the first setting" if overrides else "the default",
        "startLabel": "first setting" if overrides else "default",
        "compare": bool(compare),
        "show": quantity,
        "profile": across,
        "front": _front(model, make, front, theory or {}, steps),
        "units": {q: pretty_unit(u) for q, u in model.units.items()},
        "cells": [
            {
                "id": c.id,
                "name": c.name,
                "mediator": style.slug(c.mediator) if c.mediator in style.MEDIATORS else "",
                "goal": region[c.goal] if c.goal else "",
                "senses": c.senses,
                "grows": c.grows,
                "fuses": c.fuses,
                "shown": _shown(model, c, first, sliders, shown_scenarios),
            }
            for c in model.cells
        ],
        "panels": list(panels),
        "line": line,
        "threshold": threshold,
        "time": {"one": model.time_unit, "many": pretty_unit(model.time_unit)},
        "space": {"unit": pretty_unit(model.space_unit), "width": model.width, "height": model.height, "grid": model.grid},
        "length": {"unit": "mm", "factor": 1e-3} if model.space_unit == "micrometer" else {"unit": pretty_unit(model.space_unit), "factor": 1},
        "steps": steps,
        "end": steps * model.step,
        "speed": speed,
    }
    config["ghost"] = _ghost(model, first, config)
    config["alt"] = _alt(model, config)
    return config, first


def _front(model: FieldModel, make: _FieldConfiguration, front: tuple[str, float] | None, theory: Mapping[str, str], steps: int) -> dict[str, Any] | None:
    """The front that is followed: its field and level, over how many steps its speed is taken, and what theory says."""
    if front is None:
        return None
    name = make.known(front[0], model.field_ids, "field")
    derived = {d.id: d.expression for d in model.derived}
    for id_ in theory:
        make.known(id_, list(derived), "derived quantity")
        if model.names_of(derived[id_]) - {*model.parameter_ids}:
            raise ValueError(f"theory={id_!r}: what theory says of a front is decided by parameters alone")
    return {
        "field": model.field_ids.index(name),
        "name": next(f.name for f in model.fields if f.id == name),
        "level": float(front[1]),
        "over": max(1, round(steps / 10)),
        "unit": pretty_unit(f"{model.space_unit}/{model.time_unit}"),
        "theory": [{"id": id_, "label": label} for id_, label in theory.items()],
    }


def _speeds(model: FieldModel, run: field_run.FieldRun, config: Mapping[str, Any]) -> np.ndarray:
    front = config["front"]
    return run.front_speed(model.field_ids[front["field"]], front["level"], front["over"] * model.step).to_numpy()


def _shown(model: FieldModel, kind: Cells, first: field_run.FieldRun, sliders: list[dict[str, Any]], scenarios: list[str]) -> bool:
    """Whether there are, or can be, cells of a kind in this explorer: then they have a place in its keys."""
    k = model.cell_ids.index(kind.id)
    movable = {c["name"] for c in sliders} | {name for s in model.scenarios if s.id in scenarios for name in s.set}
    return len(first.last.populations[k].x) > 0 or bool(movable & set(kind.number.names))


def _rounded(values: Any) -> list[float | None]:
    """Numbers for the page: four digits; what is not a number is left out."""
    return [float(f"{v:.4g}") if math.isfinite(v) else None for v in np.asarray(values, dtype=float)]


def _ghost(model: FieldModel, run: field_run.FieldRun, config: Mapping[str, Any]) -> dict[str, Any]:
    """The curves of the first run, for comparison with later ones."""
    every = max(1, math.ceil(len(run.t) / KEPT))
    times = np.unique([*range(0, len(run.t), every), len(run.t) - 1])

    def over(c: Any, what: str) -> list[float | None]:
        if not c.goal or run.arrivals(c.id).empty:
            return []
        if what == "arrived":
            return _rounded(100 * run.arrivals(c.id).to_numpy()[times])
        return _rounded([run.chemotactic_index(c.id, at=t) for t in run.t[times]])

    return {
        "label": config["startLabel"],
        "t": _rounded(run.t[times]),
        "x": _rounded(run.profile(config["show"]["id"]).index),
        "profile": [_rounded(run.profile(q["id"], config["line"])) for q in config["profile"]],
        "front": _rounded(_speeds(model, run, config)[times]) if config["front"] else None,
        "difference": [_rounded(run.difference(c.id, config["line"])) if c.senses else [] for c in model.cells],
        "arrived": [over(c, "arrived") for c in model.cells],
        "index": [over(c, "index") for c in model.cells],
        "tips": [_rounded(_grown(run, c, "tips", config).to_numpy()[times]) if c.grows else [] for c in model.cells],
        "length": [_rounded(_grown(run, c, "length", config).to_numpy()[times]) if c.grows else [] for c in model.cells],
    }


def _grown(run: field_run.FieldRun, kind: Cells, name: str, config: Mapping[str, Any]) -> Any:
    """Growing tips, or the length of the network in the explorer's unit, over time."""
    grown = run.growth(kind.id).reindex(run.t, fill_value=0)
    return grown["growing"] if name == "tips" else grown["length"] * config["length"]["factor"]


def _alt(model: FieldModel, config: Mapping[str, Any]) -> str:
    """What the picture shows, in a sentence."""
    names = [c["name"] for c in config["cells"]]
    moving = any(c.speed is not None or c.drifts for c in model.cells)
    cells = f" with {' and '.join(names)} moving in it" if moving else ""
    where = f"{_number(model.width)} by {_number(model.height)} {config['space']['unit']}" if model.ny > 1 else f"{_number(model.width)} {config['space']['unit']}"
    return capital(f"{config['show']['label']} on {where}{cells}, simulated, after {_number(config['end'])} {config['time']['many']}.")


# --- the first picture -----------------------------------------------------------------------------------------------


def _high(config: Mapping[str, Any], wide: float) -> float:
    """Pixels of the plane from bottom to top, when it is ``wide`` pixels wide."""
    space = config["space"]
    return wide * space["height"] / space["width"] if space["height"] > space["grid"] else _LINE


def _top(config: Mapping[str, Any]) -> int:
    """Pixels above the plane: the keys of the colour and of the cells."""
    return _HEAD + _KEY * math.ceil(len(_keys(config)) / 2)


def _keys(config: Mapping[str, Any]) -> list[tuple[int, bool]]:
    """The entries of the key of the cells: places of the kinds, and whether it is the ring where two have fused."""
    return [(k, ring) for k, c in enumerate(config["cells"]) if c["shown"] for ring in (False, True) if not ring or c["fuses"]]


#: What a kind of cells must have for a curve in a panel.
_WHO = {"difference": "senses", "arrived": "goal", "index": "goal", "tips": "grows", "length": "grows"}


def _labels(config: Mapping[str, Any], name: str) -> list[str]:
    """What the curves of a panel are called."""
    if name == "profile":
        return [q["label"] for q in config["profile"]]
    if name == "front":
        return ["simulated", *(f"theory, {q['label']}" for q in config["front"]["theory"])]
    return [c["name"] for c in config["cells"] if c["shown"] and c[_WHO[name]]]


def _key_rows(labels: Sequence[str]) -> list[tuple[float, int]]:
    """Where the entries of a panel's key stand: pixels from the left, and row. 6.6 px is a generous mean width of a letter."""
    out, at, row = [], 4.0, 0
    for label in labels:
        wide = 44 + 6.6 * len(label)
        if at > 4 and at + wide > _WIDTH - 12:
            at, row = 4.0, row + 1
        out.append((at, row))
        at += wide
    return out


def _panel_head(config: Mapping[str, Any], name: str) -> int:
    """Pixels above a panel: its title and, of several curves, their key."""
    labels = _labels(config, name)
    return _HEAD + (19 * (1 + _key_rows(labels)[-1][1]) if len(labels) > 1 else 0)


def _panel_high(config: Mapping[str, Any], names: Sequence[str]) -> int:
    """Pixels of each panel of a group; where curves are compared by their height, more."""
    return _TALL if "front" in names or "profile" in names and len(config["profile"]) > 1 else _PANEL


def _rest(config: Mapping[str, Any]) -> int:
    """Pixels above and below the plane."""
    groups = [[name for name in config["panels"] if name in group] for group in (ACROSS, OVER)]
    tall = [sum(_panel_head(config, name) + _panel_high(config, names) for name in names) + _GAP * (len(names) - 1) + _FOOT for names in groups if names]
    return _top(config) + (8 if groups[0] else _FOOT) + sum(tall)


def round_up(v: float) -> float:
    """The least of 1, 2, 5, 10, ... that is not below v."""
    if not v > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(v) + 1e-9)
    return next(m * power for m in (1, 2, 5, 10) if m * power >= v * (1 - 1e-9))


def picture(model: FieldModel, config: Mapping[str, Any], run: field_run.FieldRun) -> str:
    """The end of the first run as an SVG element with its description."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    wide = _WIDTH - _LEFT - _RIGHT
    high = _high(config, wide)
    height = high + _rest(config)
    values = run.quantity(config["show"]["id"])
    most = round_up(float(values.max()))
    colour = _shade(config)
    with mpl.rc_context():
        style.use()
        mpl.rcParams.update({"font.size": 12.5, "figure.constrained_layout.use": False, "axes.grid": False, "svg.hashsalt": config["id"]})
        figure = Figure(figsize=(_WIDTH / 72, height / 72))
        FigureCanvasSVG(figure)
        top = _top(config)
        axes = figure.add_axes((_LEFT / _WIDTH, 1 - (top + high) / height, wide / _WIDTH, high / height))
        _draw_plane(axes, model, config, run, wide / model.width)
        _draw_keys(figure, config, run, most, height)
        groups = [[name for name in config["panels"] if name in group] for group in (ACROSS, OVER)]
        _bottom_ticks(axes, model.width, config["space"]["unit"], shown=not groups[0])
        y = top + high + (8 if groups[0] else _FOOT)
        for names in groups:
            high_ = _panel_high(config, names)
            for name in names:
                head = _panel_head(config, name)
                axes = figure.add_axes((_LEFT / _WIDTH, 1 - (y + head + high_) / height, wide / _WIDTH, high_ / height))
                _draw_curves(figure, axes, model, config, run, name, (y, height))
                end, said, word = (model.width, config["space"]["unit"], "place") if name in ACROSS else (config["end"], config["time"]["many"], "time")
                _bottom_ticks(axes, end, said, shown=name == names[-1], word=word)
                y += head + high_ + (_FOOT if name == names[-1] else _GAP)
        drawn = svg_element(figure, config["alt"], height)
    box = (_LEFT, top, wide, high)
    shaded = _plane_image(values / most, colour, config["id"], box) + _ramp(config, colour) + _ways(model, config, run, box)
    head, rest = drawn.split(">", 1)
    return f"{head}>{shaded}{rest}"


def _shade(config: Mapping[str, Any]) -> str:
    by_slug = {style.slug(name): name for name in style.MEDIATORS}
    return style.colour(by_slug.get(config["show"]["mediator"]), 3)


def _plane_image(share: np.ndarray, colour: str, name: str, box: tuple[float, float, float, float]) -> str:
    """The concentration as depth of one colour: a small picture that masks a rectangle, so that the colour follows the theme."""
    from PIL import Image

    depth = np.clip(share, 0, 1)[::-1] ** _DEPTH
    out = io.BytesIO()
    Image.fromarray(np.round(255 * depth).astype(np.uint8)).save(out, format="PNG", optimize=True)
    data = base64.b64encode(out.getvalue()).decode()
    x, y, wide, high = box
    place = f'x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}"'
    mask = f"explorer-{name}-mask"
    # The browser smooths between the pixels; linear light keeps a value what it is.
    return (
        f'<mask id="{mask}" style="color-interpolation:sRGB;mask-type:luminance"><image {place} preserveAspectRatio="none" href="data:image/png;base64,{data}"/></mask>'
        f'<rect {place} fill="{colour}" mask="url(#{mask})"/>'
    )


def _ways(model: FieldModel, config: Mapping[str, Any], run: field_run.FieldRun, box: tuple[float, float, float, float]) -> str:
    """Where the cells went: a path for each kind, in steps of whole pixels, which weigh a fifth of matplotlib's."""
    left, top, wide, high = box
    out = []
    for k, (c, colour) in enumerate(zip(model.cells, _cell_colours(config), strict=True)):
        times = np.unique([*run.t[:: max(1, len(run.t) // (TRAILS if c.grows else WAYS))], run.t[-1]])
        table = run.tracks[(run.tracks["cells"] == c.id) & run.tracks["time"].isin(times)]
        if (c.speed is None and not c.drifts) or not len(table):
            continue
        ways = []
        origin = run.last.populations[k].origin
        for i, one in table.groupby("cell"):
            x, y = (np.r_[origin[axis][i], one[name]] for axis, name in enumerate(("x", "y")))
            points = np.round([left + x * wide / model.width, top + high - y * high / model.height]).astype(int).T
            steps = np.diff(points, axis=0)
            if steps.any():
                ways.append(f"M{points[0][0]} {points[0][1]}l" + " ".join(f"{dx} {dy}" for dx, dy in steps[steps.any(axis=1)]))
        path = f'd="{"".join(ways)}" fill="none" stroke-linejoin="round"'
        if c.grows:  # a network stands off from the colour below it by a seam of paper
            name = f"explorer-{config['id']}-ways-{k}"
            drawn = "".join(f'<use href="#{name}" stroke="{c}" stroke-width="{w}"/>' for c, w in ((style.PAPER_LIGHT, 3.6), (colour, 2)))
            out.append(f'<defs><path id="{name}" {path}/></defs>{drawn}')
        else:
            out.append(f'<path {path} stroke="{colour}" stroke-opacity="0.5" stroke-width="0.8"/>')
    return "".join(out)


def _key_place(config: Mapping[str, Any]) -> float:
    """Where the bar of the colour's key begins; 7 px is a generous mean width of a letter."""
    return 12 + 7 * len(_key_name(config)) + 18


def _key_name(config: Mapping[str, Any]) -> str:
    unit = config["show"]["unit"]
    return config["show"]["label"] + (f" ({unit})" if unit else "")


def _ramp(config: Mapping[str, Any], colour: str) -> str:
    """The bar of the colour's key."""
    name = f"explorer-{config['id']}-first-ramp"
    stops = "".join(f'<stop offset="{at}" stop-color="{colour}" stop-opacity="{at**_DEPTH:.3f}"/>' for at in (0, 0.1, 0.25, 0.5, 0.75, 1))
    return f'<linearGradient id="{name}">{stops}</linearGradient><rect x="{_key_place(config):g}" y="5" width="56" height="10" fill="url(#{name})"/>'


def _cell_colours(config: Mapping[str, Any]) -> list[str]:
    by_slug = {style.slug(name): name for name in style.MEDIATORS}
    return [style.colour(by_slug.get(c["mediator"]), k) for k, c in enumerate(config["cells"])]


_MARKS = ("o", "D", "^")
#: Radius of the ring where two have fused.
_FUSED = 2.1


def _draw_plane(axes: Any, model: FieldModel, config: Mapping[str, Any], run: field_run.FieldRun, scale: float) -> None:
    """Regions and cells; one unit of place is ``scale`` pixels."""
    from matplotlib.patches import Circle, Rectangle

    axes.set(xlim=(0, model.width), ylim=(0, model.height), yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color=style.RULE, linewidth=1)
    for region in model.regions:
        b = field_run.bounds(region, run.values)
        look = {"fill": False, "edgecolor": style.MUTED, "linewidth": 1, "linestyle": (0, (4, 3))}
        if region.shape == "disk":
            axes.add_patch(Circle((b["x"], b["y"]), b["radius"], **look))
            x0, x1, y0, y1 = b["x"] - b["radius"], b["x"] + b["radius"], b["y"] - b["radius"], b["y"] + b["radius"]
        else:
            x0, x1, y0, y1 = b["x0"], b["x1"], b["y0"], b["y1"]
            axes.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, **look))
        _name_region(axes, region.name, (x0, x1, y0, y1), scale, model)
    for k, (c, colour) in enumerate(zip(model.cells, _cell_colours(config), strict=True)):
        last = run.last.populations[k]
        size = 2 * max(2.4, last.fixed["diameter"] / 2 * scale)
        for which, mark, look in (
            (last.joined >= 0, "o", {"markersize": 2 * _FUSED, "color": style.PAPER_LIGHT, "markeredgecolor": colour}),
            (last.joined < 0, _MARKS[k % 3], {"markersize": size, "color": colour, "markeredgecolor": style.PAPER_LIGHT}),
        ):
            if which.any():
                axes.plot(last.x[which], last.y[which], mark, markeredgewidth=0.8, linestyle="none", **look)
    if any(name in ACROSS for name in config["panels"]):
        axes.axhline(config["line"], color=style.MUTED, linewidth=0.8, linestyle=(0, (1, 4)))


def _name_region(axes: Any, name: str, box: tuple[float, float, float, float], scale: float, model: FieldModel) -> None:
    """A region's name inside it, upright where it fits, else along it, else below."""
    x0, x1, y0, y1 = box
    long = 6.4 * len(name) / scale
    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
    look = {"color": style.INK, "ha": "center", "fontsize": 11.5}
    if x1 - x0 < long and y1 - y0 > long:
        axes.text(*middle, name, rotation=90, va="center", **look)
    else:
        x = min(model.width - long / 2, max(long / 2, middle[0]))
        y = y1 - 4 / scale if x1 - x0 >= long else y0 - 3 / scale
        axes.text(x, min(model.height - 4 / scale, max(16 / scale, y)), name, va="top", **look)


def _draw_keys(figure: Any, config: Mapping[str, Any], run: field_run.FieldRun, top: float, height: float) -> None:
    """The moment, the key of the colour, the key of the cells."""

    def put(x: float, y: float, text: str, **look: Any) -> None:
        figure.text(x / _WIDTH, 1 - y / height, text, va="baseline", **look)

    at = _key_place(config)
    put(4, 14, _key_name(config), color=style.INK)
    put(at - 5, 14, "0", color=style.MUTED, ha="right")
    put(at + 61, 14, _number(top), color=style.MUTED)
    put(_WIDTH - _RIGHT, 14, f"{_number(run.t[-1])} {config['time']['many']}", color=style.INK, ha="right")
    colours = _cell_colours(config)
    for i, (k, ring) in enumerate(_keys(config)):
        colour = colours[k]
        x, y = _LEFT + 5 + i % 2 * (_WIDTH - _RIGHT - _LEFT) / 2, _HEAD + 9 + _KEY * (i // 2)
        look = {"marker": _MARKS[k % 3], "markersize": 9, "color": colour, "markeredgecolor": style.PAPER_LIGHT}
        if ring:
            look = {"marker": "o", "markersize": 4 * _FUSED, "color": style.PAPER_LIGHT, "markeredgecolor": colour}
        figure.add_artist(Line2D([x / _WIDTH], [1 - (y - 4) / height], linestyle="none", **look))
        put(x + 11, y, "fused" if ring else config["cells"][k]["name"], color=colour, weight=700)


#: How far a panel's axis reaches at least; that of receptors is logarithmic and begins at one.
_LEAST = {"arrived": 20.0, "index": 0.5, "profile": 0.0, "difference": 10.0, "front": 0.0, "tips": 5.0, "length": 1.0}


def _draw_curves(figure: Any, axes: Any, model: FieldModel, config: Mapping[str, Any], run: field_run.FieldRun, name: str, place: tuple[float, float]) -> None:
    """One panel of curves with its title and keys; ``place``: pixels from the top, of all."""
    colours = _cell_colours(config)
    unit = config["show"]["unit"]
    title = {
        "profile": (capital(config["show"]["label"]) if len(config["profile"]) == 1 else "Along the line") + (f", {unit}" if unit else ""),
        "front": f"Speed of the front, {config['front']['unit']}" if config["front"] else "",
        "difference": "Receptors, front − back",
        "arrived": "At their goal, % of cells",
        "index": "Mean chemotactic index",
        "tips": "Growing tips",
        "length": f"Length of the network, {config['length']['unit']}",
    }[name]
    if name == "profile":
        lines = [_profile(run, config, q, k) for k, q in enumerate(config["profile"])]
    elif name == "front":
        lines = [(run.t, _speeds(model, run, config), _shade(config), "simulated")]
        for q in config["front"]["theory"]:
            lines.append(([0, config["end"]], [float(run.last.value(Expression(q["id"]), run.values))] * 2, style.MUTED, f"theory, {q['label']}"))
    else:
        chosen = [(k, c) for k, c in enumerate(model.cells) if config["cells"][k]["shown"] and config["cells"][k][_WHO[name]]]
        there = [(k, c) for k, c in chosen if name == "difference" or len(run.last.populations[k].x)]
        lines = [(*_curve(run, c, name, config), colours[k], c.name) for k, c in there]
    level = config["threshold"] if name == "difference" else None
    _plot(axes, lines, model.width if name in ACROSS else config["end"], _LEAST[name], 100.0 if name == "arrived" else math.inf, log=name == "difference")
    if level:
        axes.axhline(level, color=style.INK, linewidth=1, linestyle=(0, (2, 3)))
    y, height = place
    if level:
        said = f"{_number(level)} receptors"
        at = _WIDTH - _RIGHT - 6.6 * len(said) - 30
        figure.add_artist(Line2D([at / _WIDTH, (at + 24) / _WIDTH], [1 - (y + 10) / height] * 2, color=style.INK, linewidth=1, linestyle=(0, (2, 3))))
        figure.text((_WIDTH - _RIGHT) / _WIDTH, 1 - (y + 14) / height, said, color=style.INK, ha="right", va="baseline")
    figure.text(4 / _WIDTH, 1 - (y + 14) / height, title, color=style.INK, va="baseline")
    places = _key_rows([label for *_, label in lines]) if len(lines) > 1 else []
    for i, ((_, _, colour, label), (at, row)) in enumerate(zip(lines, places, strict=False)):
        low = y + 31 + 19 * row
        figure.add_artist(Line2D([at / _WIDTH, (at + 24) / _WIDTH], [1 - (low - 4) / height] * 2, color=colour, linestyle=_DASHES[i % 6], linewidth=2))
        figure.text((at + 30) / _WIDTH, 1 - low / height, label, color=colour, weight=700, va="baseline")


def _profile(run: field_run.FieldRun, config: Mapping[str, Any], q: Mapping[str, Any], k: int) -> tuple[Any, Any, str, str]:
    """A curve along the line; what the plane shows has the plane's colour."""
    by_slug = {style.slug(name): name for name in style.MEDIATORS}
    seen = run.profile(q["id"], config["line"])
    return seen.index, seen, _shade(config) if q["id"] == config["show"]["id"] else style.colour(by_slug.get(q["mediator"]), k), q["label"]


def _curve(run: field_run.FieldRun, kind: Cells, name: str, config: Mapping[str, Any]) -> tuple[Any, Any]:
    """What a panel shows of one kind of cells."""
    if name == "difference":
        seen = run.difference(kind.id, config["line"])
        return seen.index, seen
    if name in ("tips", "length"):
        return run.t, _grown(run, kind, name, config)
    return run.t, 100 * run.arrivals(kind.id) if name == "arrived" else [run.chemotactic_index(kind.id, at=t) for t in run.t]


def _plot(axes: Any, lines: list[tuple[Any, Any, str, str]], end: float, least: float, most: float, *, log: bool) -> None:
    for i, (x, y, colour, _) in enumerate(lines):
        axes.plot(x, np.maximum(y, 1) if log else y, color=colour, linestyle=_DASHES[i % 6], linewidth=2, clip_on=False)
    finite = [float(v) for _, y, *_ in lines for v in np.asarray(y, dtype=float) if math.isfinite(v)]
    low, high = min([0.0, *finite]), max([*finite, least]) or 1.0
    if log:
        ticks = [10.0**k for k in range(math.ceil(math.log10(high) - 1e-9) + 1)]
        axes.set_yscale("log")
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        ticks = [v for v in MaxNLocator(nbins=3, steps=[1, 2, 5, 10]).tick_values(low, high * 1.02) if v <= most]
    axes.set(xlim=(0, end), ylim=(ticks[0], ticks[-1]))
    axes.yaxis.set(major_locator=FixedLocator(ticks), major_formatter=FixedFormatter([_number(v) for v in ticks]))
    axes.tick_params(axis="y", length=0, pad=8, labelcolor=style.MUTED)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y")


def _bottom_ticks(axes: Any, end: float, unit: str, *, shown: bool, word: str = "place") -> None:
    ticks = [v for v in MaxNLocator(nbins=6, steps=[1, 2, 5, 10]).tick_values(0, end) if 0 <= v <= end]
    axes.xaxis.set(major_locator=FixedLocator(ticks), major_formatter=FixedFormatter([_number(v) for v in ticks]) if shown else NullFormatter())
    axes.tick_params(axis="x", length=4 if shown else 0, pad=4, labelcolor=style.MUTED)
    if shown:
        axes.set_xlabel(f"{word} ({unit})", color=style.INK)


# --- the widget ------------------------------------------------------------------------------------------------------


class FieldExplorer(ExplorerFigure):
    """A field explorer in Jupyter; made by :func:`explore_field`.

    ``values`` maps each control, and ``seed``, to its number and follows the reader's hand; setting it begins the run anew (names
    that are left out keep their value, numbers are kept inside the range). ``scenario`` is the id of the chosen scenario or
    ``""``; ``summary`` the sentence below the picture.
    """

    def __init__(self, model: FieldModel, config: dict[str, Any], first: field_run.FieldRun) -> None:
        self.model, self._first = model, first
        self._controls = {c["name"]: c for c in config["controls"]}
        super().__init__(config=config, model_code=model.to_javascript(), values={c["name"]: c["value"] for c in config["controls"]}, scenario=config["scenario"])

    @traitlets.validate("values")
    def _inside(self, proposal: Any) -> dict[str, float]:
        kept = {name: c["value"] for name, c in self._controls.items()} | dict(self._trait_values.get("values") or {})
        for name, value in proposal["value"].items():
            if name not in self._controls:
                raise UnknownNameError(name, list(self._controls), "control of this explorer")
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise traitlets.TraitError(f"{name} is {value!r}, not a finite number")
            control = self._controls[name]
            inside = min(max(float(value), control["min"]), control["max"])
            kept[name] = math.floor(inside + 0.5) if control.get("whole") else inside
        return kept

    @property
    def overrides(self) -> dict[str, float]:
        """Everything in which the present state differs from the declaration, the seed left out."""
        chosen = next((dict(s.set) for s in self.model.scenarios if s.id == self.scenario), {})
        base = self.config["fixed"] if self.scenario == self.config["scenario"] else chosen
        return {**base, **{k: v for k, v in self.values.items() if k != "seed"}}

    def run(self) -> field_run.FieldRun:
        """The run at the present state, computed in Python."""
        return self.model.simulate(seed=int(self.values.get("seed", 1)), t_end=self.config["end"], **self.overrides)

    def to_html(self) -> str:
        c = self.config
        rows = len(c["controls"]) + bool(c["scenarios"])
        space = c["space"]
        ratio = space["height"] / space["width"] if space["height"] > space["grid"] else 0
        sizes = f"--explorer-ratio:{ratio:.5g};--explorer-rest:{_rest(c) + (0 if ratio else _LINE)};--explorer-controls:{rows + 3}"
        code = f'<script type="application/x-soluble-model" data-key="{c["key"]}">{_inert(self.model_code)}</script>\n'
        return static_figure(c, picture(self.model, c, self._first), f'data-model="{c["key"]}" style="{sizes}"', code)


def explore_field(
    model: FieldModel | str,
    *,
    controls: Sequence[str] | None = None,
    show: str | None = None,
    profile: Sequence[str] | None = None,
    front: tuple[str, float] | None = None,
    theory: Mapping[str, str] | None = None,
    panels: Sequence[str] | None = None,
    line: float | None = None,
    threshold: float | None = None,
    scenarios: Sequence[str] | None = None,
    scenario: str = "",
    values: Mapping[str, float] | None = None,
    seed: int = 1,
    t_end: float | None = None,
    speed: float = 1.0,
    caption: str = "",
    title: str = "",
    id: str | None = None,
    compare: bool = True,
) -> FieldExplorer:
    """An interactive run of a field model.

    Parameters
    ----------
    model : a :class:`FieldModel`, or the id of a declared one
    controls : parameters that get a slider; each needs a ``range`` in the declaration. Where there are cells the seed has one always
    show : the field, or derived quantity, whose depth of colour the plane shows (default: the first field)
    profile : the curves of the panel ``"profile"``, if they are others than what is shown; all in one unit
    front : a field and a level: the place where it falls below it is followed, and its speed is told
    theory : what theory says of that speed: derived quantities that parameters alone decide, each with its label
    panels : curves below the plane, of ``"profile"`` (what is shown) and ``"difference"`` (occupied receptors by which the halves of
        a cell would differ), both along a horizontal line, and over time ``"front"`` (its speed), ``"arrived"``, ``"index"`` (chemotactic
        index) and, of cells that grow, ``"tips"`` (how many still do) and ``"length"`` (of all their ways)
    line : the height of that line (default: half-way up)
    threshold : receptors; drawn as a level in the panel ``"difference"``
    scenarios : ids of the scenarios to offer (default: all of the declaration)
    scenario, values, seed : the first state: a scenario, then parameters on top of it; the seed is from 1 to 99
    t_end : end of the run (default: as declared); the first picture shows this moment
    speed : steps in a frame of the screen, sixty a second: one of 0.25, 0.5, 1, 2, 4
    caption, title, id : ``id`` names the explorer in the page's address and must be unique on its page
    compare : show the first run's curves as faint ones beside the present ones

    Raises
    ------
    UnknownNameError
        for a control, field, panel or scenario that is not known; the message lists those that are
    ValueError
        for a control without a range, a panel that the cells cannot fill, or a setting that cannot be run
    """
    if not isinstance(model, FieldModel):
        model = load_field(model)
    config, first = configure(
        model, controls=controls, show=show, profile=profile, front=front, theory=theory, panels=panels, line=line, threshold=threshold, scenarios=scenarios, scenario=scenario,
        values=values, seed=seed, t_end=t_end, speed=speed, caption=caption, title=title, id=id, compare=compare,
    )  # fmt: skip
    return FieldExplorer(model, config, first)
