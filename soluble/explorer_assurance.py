"""The assurance explorer: from a phase 2 hazard ratio and a prior to the chance that a phase 3 trial succeeds.

The numbers are those of :mod:`soluble.assurance`; the front end (``web/src/assurance``) computes the same, and the tests hold
one against the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import style
from .assurance import Assurance, assurance
from .explorer import _WIDTH, _number, check_id, svg_element
from .explorer_setting import SettingExplorer
from .model import UnknownNameError

#: Parameter -> label, range, scale, whole number.
PARAMETERS: dict[str, tuple[str, tuple[float, float], str, bool]] = {
    "hr": ("hazard ratio of phase 2", (0.3, 1.2), "log", False),
    "events": ("events in phase 2", (20, 600), "log", True),
    "prior_hr": ("hazard ratio expected before", (0.5, 1.2), "log", False),
    "prior_events": ("events that this prior is worth", (1, 3000), "log", True),
    "events3": ("events in phase 3", (50, 2000), "log", True),
    "alpha": ("one-sided level for success", (0.001, 0.2), "log", False),
}
RATIOS, EVENTS = (0.3, 1.6), (50, 2000)
_HEIGHT, _POINTS = 600, 161
_NAMES = {"naive": "phase 2 taken as true", "flat": "phase 2 alone", "success": "with the prior"}


def configure(
    start: Mapping[str, float], *, controls: Sequence[str], presets: Sequence[Mapping[str, Any]], scenario: str, mediator: str,
    caption: str, title: str, id: str, compare: bool,
) -> dict[str, Any]:  # fmt: skip
    """The configuration of an assurance explorer as plain data (see :func:`explore_assurance`)."""
    default = _numbers(start)
    presets = [{"id": p["id"], "title": p["title"], "says": p["says"], "set": _numbers(p["set"])} for p in presets]
    first = dict(default)
    if scenario:
        if scenario not in [p["id"] for p in presets]:
            raise UnknownNameError(scenario, [p["id"] for p in presets], "scenario")
        first |= next(p["set"] for p in presets if p["id"] == scenario)
    if not controls:
        raise ValueError(f"an explorer needs a control; known: {', '.join(PARAMETERS)}")
    for name in controls:
        if name not in PARAMETERS:
            raise UnknownNameError(name, list(PARAMETERS), "control")
    return {
        "id": check_id(id, "assurance"),
        "view": "assurance",
        "title": title,
        "caption": caption,
        "alt": "Above, what a phase 2 trial, a prior and both together say of the true hazard ratio; below, the chance that phase 3 succeeds against its events.",
        "height": _HEIGHT,
        "controls": [_control(name, first[name], default[name]) for name in controls],
        "scenarios": [p["id"] for p in presets],
        "presets": presets,
        "scenario": scenario,
        "startLabel": "first setting",
        "fixed": {},
        "base": first,
        "ratios": list(RATIOS),
        "events": list(EVENTS),
        "colour": f"med-{style.slug(mediator)}" if mediator else "series-1",
        "compare": bool(compare),
    }


def _control(name: str, value: float, default: float) -> dict[str, Any]:
    label, (low, high), scale, whole = PARAMETERS[name]
    control = {"name": name, "label": label, "symbol": [], "unit": "", "min": low, "max": high, "scale": scale, "default": default, "value": value}
    return control | ({"whole": True} if whole else {})


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Settings as numbers inside their ranges. Raises for a name or a value that cannot be."""
    out = {}
    for name, value in values.items():
        if name not in PARAMETERS:
            raise UnknownNameError(name, list(PARAMETERS), "parameter of this explorer")
        _, (low, high), _, whole = PARAMETERS[name]
        if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
            raise ValueError(f"{name} is {value!r}, not a finite number")
        if not low <= value <= high:
            raise ValueError(f"{name} is {value:g}; it lies between {low:g} and {high:g}")
        out[name] = round(value) if whole else float(value)
    return out


def _share(p: float) -> str:
    return "over 99 %" if p > 0.995 else "under 1 %" if p < 0.005 else f"{math.floor(100 * p + 0.5)} %"


def picture(config: Mapping[str, Any]) -> str:
    """The first state as an SVG element with its description, laid out as ``draw`` in ``web/src/assurance/explorer.js``."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    setting, now = config["base"], assurance(**config["base"])
    colours = {"naive": style.INK, "flat": style.MEDIATORS["MMP"].light, "success": style.css_variables()[config["colour"]].light}
    left, right, height = 44, _WIDTH - 24, config["height"]
    top1, bottom2 = 50, height - 38
    bottom1 = top1 + 0.46 * (bottom2 - top1 - 74)
    top2 = bottom1 + 74
    with mpl.rc_context():
        style.use()
        mpl.rcParams.update({"font.size": 12.5, "figure.constrained_layout.use": False, "axes.grid": False, "svg.hashsalt": config["id"]})
        figure = Figure(figsize=(_WIDTH / 72, height / 72))
        FigureCanvasSVG(figure)

        def panel(top: float, bottom: float) -> Any:
            axes = figure.add_axes((left / _WIDTH, 1 - bottom / height, (right - left) / _WIDTH, (bottom - top) / height))
            axes.spines["left"].set_visible(False)
            axes.tick_params(labelcolor=style.MUTED, pad=4)
            return axes

        def say(x: float, y: float, text: str, **more: Any) -> None:
            figure.text(x / _WIDTH, 1 - y / height, text, **{"color": style.INK, "va": "baseline", **more})

        say(4, 12, "What is believed of the true hazard ratio")
        for k, (name, colour) in enumerate({"phase 2": colours["flat"], "prior": colours["naive"], "both": colours["success"]}.items()):
            say(left + 27 + 90 * k, 32, name, color=colour, weight=700)
            figure.add_artist(mpl.lines.Line2D([(left + 90 * k) / _WIDTH, (left + 90 * k + 22) / _WIDTH], [1 - 28 / height] * 2, color=colour, linestyle=_DASHES[k]))
        _draw_beliefs(panel(top1, bottom1), setting, now, colours)
        say((left + right) / 2, bottom1 + 33, "hazard ratio", ha="center")
        say(4, top2 - 14, "Chance that phase 3 succeeds (%)")
        _draw_chances(panel(top2, bottom2), setting, now, colours, bottom2 - top2)
        say((left + right) / 2, bottom2 + 33, "events in phase 3", ha="center")
        return svg_element(figure, config["alt"], height)


_DASHES = [(0, (3.2, 1.8)), (0, (0.7, 1.8)), "-"]


def _log_axis(axes: Any, limits: Sequence[float], ticks: Sequence[float]) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    axes.set(xscale="log", xlim=limits)
    axes.xaxis.set(major_locator=FixedLocator(ticks), major_formatter=FixedFormatter([_number(t) for t in ticks]), minor_locator=NullLocator())


def _draw_beliefs(axes: Any, setting: Mapping[str, float], now: Assurance, colours: Mapping[str, str]) -> None:
    from scipy.stats import norm

    at = np.geomspace(*RATIOS, _POINTS)
    seen = math.sqrt(4 / setting["events"])
    bells = [(math.log(setting["hr"]), seen), (math.log(setting["prior_hr"]), math.sqrt(4 / setting["prior_events"])), (now.mean, now.sd)]
    predicted = norm.pdf(np.log(at), now.mean, now.predicted_sd)
    axes.fill_between(at, predicted, where=at <= now.needed, color=colours["success"], alpha=0.22, linewidth=0)
    axes.plot(at, predicted, color=colours["success"], linewidth=1.1)
    for (mean, sd), colour, dash in zip(bells, (colours["flat"], colours["naive"], colours["success"]), _DASHES, strict=True):
        axes.plot(at, norm.pdf(np.log(at), mean, sd), color=colour, linestyle=dash)
    top = 1.08 * norm.pdf(0) / now.sd
    axes.axvline(1, color=style.RULE, linewidth=0.7, zorder=0)
    axes.axvline(now.needed, color=style.INK, linewidth=1, linestyle=(0, (2, 3)))
    axes.annotate(f"success: {now.needed:.2f} or less", (now.needed, top), (-5, -4), textcoords="offset points", ha="right", color=style.INK)
    axes.set(ylim=(0, top), yticks=[])
    _log_axis(axes, RATIOS, [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5])


def _draw_chances(axes: Any, setting: Mapping[str, float], now: Assurance, colours: Mapping[str, str], pixels: float) -> None:
    grid = np.geomspace(*EVENTS, _POINTS)
    curves = [assurance(**{**setting, "events3": float(n)}) for n in grid]
    axes.set(ylim=(0, 1), yticks=[0, 0.25, 0.5, 0.75, 1], yticklabels=["0", "25", "50", "75", "100"])
    axes.grid(axis="y")
    axes.tick_params(axis="y", length=0)
    axes.axhline(now.ceiling, color=style.INK, linewidth=1, linestyle=(0, (1, 4)), alpha=0.7)
    axes.axvline(setting["events3"], color=style.INK, linewidth=1, linestyle=(0, (2, 3)))
    tags = []
    for kind, dash in zip(("flat", "naive", "success"), _DASHES, strict=True):
        axes.plot(grid, [getattr(c, kind) for c in curves], color=colours[kind], linestyle=dash, clip_on=False)
        axes.plot(setting["events3"], getattr(now, kind), marker="o", markersize=8, markeredgecolor=style.PAPER_LIGHT, color=colours[kind], clip_on=False)
        tags.append([getattr(now, kind), kind])
    tags.sort(reverse=True)
    step = 15 / pixels
    for k in range(1, len(tags)):
        tags[k][0] = min(tags[k][0], tags[k - 1][0] - step)
    for value, kind in tags:
        words = f"{_NAMES[kind]}: {_share(getattr(now, kind))}"
        axes.annotate(words, (setting["events3"], value), (9, -5), textcoords="offset points", color=colours[kind], weight=700, va="top")
    _log_axis(axes, EVENTS, [50, 100, 200, 500, 1000, 2000])


class AssuranceExplorer(SettingExplorer):
    """An assurance explorer in Jupyter; made by :func:`explore_assurance`.

    ``values`` maps each control to its number and follows the reader's hand; names that are left out keep their value.
    ``scenario`` is the id of the chosen scenario or ``""``; ``summary`` is the sentence below the picture.
    """

    def _numbers(self, values: Mapping[str, Any]) -> dict[str, float]:
        return _numbers(values)

    def _picture(self) -> str:
        return picture(self.config)

    def result(self) -> Assurance:
        """What the present state shows, computed in Python."""
        return assurance(**self.setting)


def explore_assurance(
    *,
    hr: float = 0.7,
    events: float = 100,
    events3: float = 400,
    prior_hr: float = 1.0,
    prior_events: float = 100,
    alpha: float = 0.025,
    controls: Sequence[str] = ("hr", "events", "prior_hr", "prior_events", "events3", "alpha"),
    scenarios: Sequence[Mapping[str, Any]] = (),
    scenario: str = "",
    mediator: str = "",
    caption: str = "",
    title: str = "",
    id: str = "assurance",
    compare: bool = True,
) -> AssuranceExplorer:
    """An interactive chance of success: a phase 2 result, a prior, a planned phase 3 trial, and what each knows of the other.

    Parameters
    ----------
    hr, events, events3, prior_hr, prior_events, alpha : as :func:`soluble.assurance.assurance` takes them
    controls : names of :data:`PARAMETERS` that the reader may change
    scenarios, scenario : named settings as ``{"id", "title", "says", "set"}``, and the one to start with
    mediator : whose colour the result with the prior gets
    caption, title, id : ``id`` names the explorer in the page's address and must be unique on its page
    compare : show the first setting as faint curves

    Raises
    ------
    UnknownNameError
        for a control, parameter or scenario that is not known
    ValueError
        for a value outside its range
    """
    start = {"hr": hr, "events": events, "events3": events3, "prior_hr": prior_hr, "prior_events": prior_events, "alpha": alpha}
    config = configure(start, controls=controls, presets=scenarios, scenario=scenario, mediator=mediator, caption=caption, title=title, id=id, compare=compare)
    return AssuranceExplorer(config)
