"""The survival explorer: a simulated cohort, an assay with noise and a limit of detection, a cut-point, and what is left.

The numbers are those of :mod:`soluble.biomarkers`; the front end (``web/src/survival``) computes the same, and the tests
hold one against the other.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import anywidget
import numpy as np
import traitlets

from . import biomarkers, style
from .explorer import _WIDTH, _asset, _number, check_id, palette_css, static_figure, svg_element
from .model import UnknownNameError

#: Parameter -> label, unit, range, scale, whole number.
PARAMETERS: dict[str, tuple[str, str, tuple[float, float], str, bool]] = {
    "n": ("patients", "", (50, 1000), "log", True),
    "hr": ("stated hazard ratio per standard deviation", "", (1, 3), "log", False),
    "median": ("median survival at the median level", "months", (3, 48), "log", False),
    "follow_up": ("end of the study after its start", "months", (12, 60), "linear", False),
    "cv": ("noise of one measurement (CV)", "%", (0, 150), "linear", False),
    "limit": ("limit of detection", "", (0.5, 200), "log", False),
    "below": ("Below the limit", "", (0, len(biomarkers.BELOW) - 1), "linear", True),
    "cut": ("cut between low and high", "", (1, 300), "log", False),
    "seed": ("number of the cohort", "", (1, 200), "linear", True),
}
RULES = list(biomarkers.BELOW)
_HEIGHT, _BINS, _SPREAD = 620, 30, 3.6


def configure(
    start: Mapping[str, Any],
    *,
    level: float,
    sd: float,
    accrual: float,
    marker: str,
    unit: str,
    mediator: str,
    controls: Sequence[str],
    presets: Sequence[Mapping[str, Any]],
    scenario: str,
    caption: str,
    title: str,
    id: str,
    compare: bool,
) -> dict[str, Any]:
    """The configuration of a survival explorer as plain data (see :func:`explore_survival`)."""
    first = _numbers(start)
    presets = [{"id": p["id"], "title": p["title"], "says": p["says"], "set": _numbers(p["set"])} for p in presets]
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
        "id": check_id(id, "survival"),
        "view": "survival",
        "title": title,
        "caption": caption,
        "alt": f"A simulated cohort: patients by level of the {marker} with limit and cut, survival of those above and below the cut, and hazard ratios.",
        "height": _HEIGHT,
        "controls": [_control(name, first[name], start=_numbers(start)[name], unit=unit) for name in controls],
        "scenarios": [p["id"] for p in presets],
        "presets": presets,
        "scenario": scenario,
        "startLabel": "first setting",
        "fixed": {},
        "base": {**first, "level": float(level), "sd": float(sd), "accrual": float(accrual)},
        "rules": RULES,
        "words": list(biomarkers.BELOW.values()),
        "marker": marker,
        "unit": unit,
        "colour": f"med-{style.slug(mediator)}" if mediator else "series-1",
        "compare": bool(compare),
    }


def _control(name: str, value: float, start: float, unit: str) -> dict[str, Any]:
    label, own, (low, high), scale, whole = PARAMETERS[name]
    control = {
        "name": name, "label": label, "symbol": [], "unit": unit if name in ("limit", "cut") else own, "min": low, "max": high,
        "scale": scale, "default": start, "value": value,
    }  # fmt: skip
    if whole:
        control["whole"] = True
    if name == "below":
        control["choices"] = list(biomarkers.BELOW.values())
    return control


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Settings as numbers inside their ranges; ``below`` may be a word. Raises for a name or a value that cannot be."""
    out = {}
    for name, value in values.items():
        if name not in PARAMETERS:
            raise UnknownNameError(name, list(PARAMETERS), "parameter of a simulated cohort")
        _, unit, (low, high), _, whole = PARAMETERS[name]
        if name == "below" and isinstance(value, str):
            if value not in RULES:
                raise UnknownNameError(value, RULES, "rule for values below the limit")
            value = RULES.index(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"{name} is {value!r}, not a finite number")
        if not low <= value <= high:
            raise ValueError(f"{name} is {value:g}; it lies between {low:g} and {high:g} {unit}".rstrip())
        out[name] = int(value) if whole else float(value)
    return out


def _cohort(setting: Mapping[str, float]) -> Any:
    names = ("seed", "n", "hr", "level", "sd", "median", "accrual", "follow_up")
    return biomarkers.simulate_cohort(**{name: setting[name] for name in names}, cv=setting["cv"] / 100)


def _analysis(setting: Mapping[str, float]) -> biomarkers.MarkerAnalysis:
    return biomarkers.analyse(_cohort(setting), limit=setting["limit"], below=RULES[int(setting["below"])], cut=setting["cut"], sd=setting["sd"])


def picture(config: Mapping[str, Any]) -> str:
    """The first state as an SVG element with its description, laid out as ``draw`` in ``web/src/survival/explorer.js``."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    setting = config["base"]
    cohort, seen = _cohort(setting), _analysis(setting)
    colours = {"high": style.css_variables()[config["colour"]].light, "low": style.MEDIATORS["MMP"].light}
    left, right, height = 58, _WIDTH - 48, config["height"]
    rest = height - 190
    row = max(16, 0.26 * rest / 3)
    with mpl.rc_context():
        style.use()
        mpl.rcParams.update({"font.size": 12.5, "figure.constrained_layout.use": False, "axes.grid": False, "svg.hashsalt": config["id"]})
        figure = Figure(figsize=(_WIDTH / 72, height / 72))
        FigureCanvasSVG(figure)

        def panel(top: float, bottom: float, start: float = left, stop: float = right) -> Any:
            axes = figure.add_axes((start / _WIDTH, 1 - bottom / height, (stop - start) / _WIDTH, (bottom - top) / height))
            axes.spines["left"].set_visible(False)
            axes.tick_params(labelcolor=style.MUTED)
            return axes

        def say(x: float, y: float, text: str, **more: Any) -> None:
            figure.text(x / _WIDTH, 1 - y / height, text, **{"color": style.INK, "va": "baseline", **more})

        top, bottom = 34, 34 + 0.26 * rest
        say(4, 12, f"Patients by reported level of the {config['marker']} ({config['unit']}); line: true levels")
        _draw_levels(panel(top, bottom), config, cohort, seen, colours)
        top, bottom = bottom + 48, bottom + 48 + rest - 0.26 * rest - 3 * row
        say(4, top - 10, "Alive (%)")
        if seen.test:
            say(right, top - 10, f"log-rank p {_chance(seen.test.p)}", ha="right")
        axes = panel(top, bottom)
        _draw_survival(axes, setting, seen, colours)
        for i, name in enumerate(("low", "high")):
            say(4, bottom + 33 + 14 * i, name, color=colours[name], weight=700)
            times = axes.get_xticks()
            for t, count in zip(times, biomarkers.at_risk(seen.table["time"][seen.table["group"] == name], times), strict=True):
                say(left + (right - left) * t / setting["follow_up"], bottom + 33 + 14 * i, str(count), ha="center", color=style.MUTED)
        say((left + right) / 2, bottom + 61, "months since entry; above, patients at risk", ha="center")
        top = bottom + 90
        say(4, top - 6, f"Hazard ratio (95 % CI); dashed: stated per {math.exp(setting['sd']):.2g}-fold")
        _draw_ratios(panel(top, top + 3 * row, 186, _WIDTH - 128), figure, setting, seen, colours["high"], top, row, height)
        return svg_element(figure, config["alt"], height)


def _chance(p: float) -> str:
    return "< 0.0001" if p < 1e-4 else f"= {float(f'{p:.2g}'):g}"


def _draw_levels(axes: Any, config: Mapping[str, Any], cohort: Any, seen: Any, colours: Mapping[str, str]) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    setting = config["base"]
    low, high = (setting["level"] * math.exp(side * _SPREAD * setting["sd"]) for side in (-1, 1))
    edges = np.geomspace(low, high, _BINS + 1)
    truth = np.histogram(cohort["level"].clip(low, high * (1 - 1e-12)), edges)[0]
    base = np.zeros(_BINS)
    for name in ("low", "high"):
        counts = np.histogram(seen.table["reported"][seen.table["group"] == name].clip(low, high * (1 - 1e-12)), edges)[0]
        axes.bar(edges[:-1], counts, np.diff(edges), base, align="edge", color=colours[name], edgecolor=style.PAPER_LIGHT, linewidth=0.8)
        base += counts
    most = 1.3 * truth.max()
    axes.stairs(truth, edges, color=style.INK, linewidth=1.3)
    axes.set(xscale="log", xlim=(low, high), ylim=(0, most))
    for k in np.flatnonzero(base > most):
        axes.annotate(f"{base[k]:.0f}", (math.sqrt(edges[k] * edges[k + 1]), most), (0, 3), textcoords="offset points", ha="center", color=style.INK)
    marks = sorted((name for name in ("limit", "cut") if low <= setting[name] <= high), key=setting.get)
    for i, name in enumerate(marks):
        value = setting[name]
        axes.axvline(value, color=style.INK, linewidth=1.6 if name == "cut" else 1, linestyle="-" if name == "cut" else (0, (2, 3)))
        before = len(marks) > 1 and i == 0
        axes.annotate(name, (value, most), (-4 if before else 4, -9), textcoords="offset points", ha="right" if before else "left", color=style.INK)
    ticks = [10.0**k for k in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]
    axes.xaxis.set(major_locator=FixedLocator(ticks), major_formatter=FixedFormatter([_number(t) for t in ticks]), minor_locator=NullLocator())
    axes.yaxis.set(major_locator=NullLocator())


def _draw_survival(axes: Any, setting: Mapping[str, float], seen: Any, colours: Mapping[str, str]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set(xlim=(0, setting["follow_up"]), ylim=(0, 1), yticks=[0, 0.25, 0.5, 0.75, 1], yticklabels=["0", "25", "50", "75", "100"])
    axes.set_xticks([t for t in MaxNLocator(7, steps=[1, 2, 5, 10]).tick_values(0, setting["follow_up"]) if t <= setting["follow_up"]])
    axes.grid(axis="y")
    axes.tick_params(axis="y", length=0)
    ends = {}
    for name, dash in (("low", (0, (3.2, 1.8))), ("high", "-")):
        own = seen.table[seen.table["group"] == name]
        if len(own):
            curve = biomarkers.kaplan_meier(own["time"], own["event"])
            axes.step(curve.index, curve["survival"], where="post", color=colours[name], linestyle=dash, clip_on=False)
            lost = curve[curve["censored"] > 0]
            axes.plot(lost.index, lost["survival"], linestyle="", marker="|", markersize=6, markeredgewidth=0.9, color=colours[name], clip_on=False)
            ends[name] = (curve.index[-1], curve["survival"].iloc[-1])
    for name, (x, y) in ends.items():
        apart = [y - other for key, (_, other) in ends.items() if key != name]
        shift = math.copysign(7, apart[0]) if apart and abs(apart[0]) < 0.08 else 0
        axes.annotate(name, (x, y), (5, shift - 4), textcoords="offset points", color=colours[name], weight=700)


def _draw_ratios(axes: Any, figure: Any, setting: Mapping[str, float], seen: Any, colour: str, top: float, row: float, height: float) -> None:
    fold = f"per {math.exp(setting['sd']):.2g}-fold"
    rows = [(f"{fold}, perfect assay", seen.perfect), (f"{fold}, as reported", seen.as_reported), ("high against low", seen.two_groups)]
    ends = [setting["hr"], 1.0, *(v for _, r in rows if r for v in (r.ci_low, r.ci_high))]
    half = math.log(2) / 2
    domain = [math.exp(max(-3, half * math.floor(math.log(min(ends)) / half))), math.exp(min(4, half * math.ceil(max(math.log(max(ends)), 0.1) / half)))]
    axes.set(xscale="log", xlim=domain, ylim=(3, 0))
    ticks = [v for v in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if domain[0] * 0.999 <= v <= domain[1] * 1.001]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.set_xticks([], minor=True)
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="x", length=0, pad=2)
    axes.grid(axis="x")
    axes.axvline(1, color=style.MUTED, linewidth=1)
    axes.plot([setting["hr"]] * 2, [0, 2], color=style.INK, linewidth=1, linestyle=(0, (2, 3)))
    for i, (label, ratio) in enumerate(rows):
        y = 1 - (top + (i + 0.5) * row + 4) / height
        figure.text(4 / _WIDTH, y, label, color=style.INK, va="baseline")
        text = f"{ratio.estimate:.2f} ({ratio.ci_low:.2f}–{ratio.ci_high:.2f})" if ratio else "no estimate"
        figure.text(1 - 4 / _WIDTH, y, text, color=style.INK, va="baseline", ha="right")
        if ratio:
            axes.plot([ratio.ci_low, ratio.ci_high], [i + 0.5] * 2, color=style.INK, linewidth=1.5)
            axes.plot(ratio.estimate, i + 0.5, marker="s", markersize=8, color=colour if i == 2 else style.INK)


class SurvivalExplorer(anywidget.AnyWidget):
    """A survival explorer in Jupyter; made by :func:`explore_survival`.

    ``values`` maps each control to its number (``below`` may be given as a word) and follows the reader's hand; names that are
    left out keep their value. ``scenario`` is the id of the chosen scenario or ``""``; ``summary`` is the sentence below the
    picture.
    """

    _esm = _asset("explorer.mjs")
    _css = palette_css() + _asset("explorer.css")
    config = traitlets.Dict().tag(sync=True)
    model_code = traitlets.Unicode().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    scenario = traitlets.Unicode().tag(sync=True)
    summary = traitlets.Unicode().tag(sync=True)

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config=config, values={c["name"]: c["value"] for c in config["controls"]}, scenario=config["scenario"])

    @traitlets.validate("values")
    def _checked(self, proposal: Any) -> dict[str, float]:
        known = [c["name"] for c in self.config["controls"]]
        kept = {c["name"]: c["value"] for c in self.config["controls"]} | dict(self._trait_values.get("values") or {})
        for name in proposal["value"]:
            if name not in known:
                raise UnknownNameError(name, known, "control of this explorer")
        try:
            return kept | _numbers(proposal["value"])
        except UnknownNameError:
            raise
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None

    @traitlets.validate("scenario")
    def _known_scenario(self, proposal: Any) -> str:
        if proposal["value"] not in ("", *self.config["scenarios"]):
            raise UnknownNameError(proposal["value"], self.config["scenarios"], "scenario of this explorer")
        return proposal["value"]

    @property
    def setting(self) -> dict[str, float]:
        """Every parameter of the present state; ``below`` as its place in ``config["rules"]``, ``cv`` in percent."""
        chosen = next((p["set"] for p in self.config["presets"] if p["id"] == self.scenario), {})
        return {**self.config["base"], **(chosen if self.scenario != self.config["scenario"] else {}), **self.values}

    def cohort(self) -> Any:
        """The simulated patients of the present state, computed in Python: ``time, event, level, measured``."""
        return _cohort(self.setting)

    def result(self) -> biomarkers.MarkerAnalysis:
        """What the present state shows, computed in Python."""
        return _analysis(self.setting)

    def to_html(self) -> str:
        """The static figure: picture, caption and configuration as data. It holds no script that a browser runs."""
        rows = len(self.config["controls"]) + bool(self.config["scenarios"])
        return static_figure(self.config, picture(self.config), f'style="--explorer-height:{self.config["height"]};--explorer-controls:{rows}"')

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if os.environ.get("SOLUBLE_STATIC") == "1":
            return {"text/html": self.to_html(), "text/plain": f"Explorer: {self.config['title'] or self.config['alt']}"}
        return super()._repr_mimebundle_(**kwargs)

    def __repr__(self) -> str:
        return f"<SurvivalExplorer {self.config['id']}: {self.config['alt']}>"


def explore_survival(
    *,
    n: int = 300,
    hr: float = 1.5,
    median: float = 12,
    follow_up: float = 24,
    cv: float = 10,
    limit: float = 1,
    below: str = "half",
    cut: float = 20,
    seed: int = 1,
    level: float = 20,
    sd: float = 1,
    accrual: float = 12,
    marker: str = "cytokine",
    unit: str = "pg/mL",
    mediator: str = "",
    controls: Sequence[str] = ("limit", "below", "cv", "cut", "hr", "n"),
    scenarios: Sequence[Mapping[str, Any]] = (),
    scenario: str = "",
    caption: str = "",
    title: str = "",
    id: str = "survival",
    compare: bool = True,
) -> SurvivalExplorer:
    """An interactive simulated cohort: a marker, an assay, a cut-point, Kaplan–Meier, log-rank, and what of the hazard ratio is left.

    Parameters
    ----------
    n, hr, median, follow_up, seed, level, sd, accrual : the cohort, as :func:`soluble.biomarkers.simulate_cohort` takes them
    cv : coefficient of variation of one measurement, in percent
    limit, below : limit of detection, and what is reported below it: ``"half"``, ``"root"``, ``"limit"`` or ``"omit"``
    cut : patients with a reported level above it are high
    marker, unit, mediator : words for the marker, its unit, and the mediator whose colour the high group gets
    controls : names of :data:`PARAMETERS` that the reader may change
    scenarios, scenario : named settings as ``{"id", "title", "says", "set"}``, and the one to start with
    caption, title, id : ``id`` names the explorer in the page's address and must be unique on its page
    compare : show the first setting as faint curves and hollow squares

    Raises
    ------
    UnknownNameError
        for a control, parameter, rule or scenario that is not known
    ValueError
        for a value outside its range
    """
    start = {"n": n, "hr": hr, "median": median, "follow_up": follow_up, "cv": cv, "limit": limit, "below": below, "cut": cut, "seed": seed}
    config = configure(
        start, level=level, sd=sd, accrual=accrual, marker=marker, unit=unit, mediator=mediator, controls=controls, presets=scenarios,
        scenario=scenario, caption=caption, title=title, id=id, compare=compare,
    )  # fmt: skip
    return SurvivalExplorer(config)
