"""The cohort explorer: a virtual population under two arms, a randomised trial of it, and what repeated trials would find.

The numbers are those of :mod:`soluble.cohort`; the front end (``web/src/cohort``) computes the same in the reader's browser, away from
the page's own thread, and the tests hold one against the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import biomarkers, style
from .cohort import DAYS, WEEK, Cohort, Power, Trial, simulate
from .explorer import _WIDTH, _inert, check_id, pretty_symbol, pretty_unit, static_figure, svg_element
from .explorer_setting import SettingExplorer
from .model import UnknownNameError
from .population import Population, load_population

#: Control -> label, unit, range, scale, whole number. The strengths of links are parameters of the model.
PARAMETERS: dict[str, tuple[str, str, tuple[float, float], str, bool]] = {
    "n": ("virtual patients", "", (100, 1000), "log", True),
    "perArm": ("patients per arm in repeated trials", "", (20, 500), "log", True),
    "seed": ("number of the cohort", "", (1, 200), "linear", True),
}
ENTRY = ("all patients", "only marker high", "only marker low")
_HEIGHT, TRIALS, SPIDERS = 940, 200, 40


def configure(
    population: Population,
    *,
    arms: Sequence[str],
    start: Mapping[str, Any],
    controls: Sequence[str],
    links: Sequence[str],
    presets: Sequence[Mapping[str, Any]],
    scenario: str,
    caption: str,
    title: str,
    id: str,
    compare: bool,
) -> dict[str, Any]:
    """The configuration of a cohort explorer as plain data (see :func:`explore_cohort`)."""
    model = population.model
    if unknown := [a for a in arms if a not in population.arms]:
        raise UnknownNameError(unknown[0], list(population.arms), "arm")
    for name in links:
        if name not in model.parameter_ids or name in population.spreads or not model.ranges.get(name):
            raise UnknownNameError(name, [p for p in model.parameter_ids if p not in population.spreads and model.ranges.get(p)], "parameter that is the same in all patients and has a range")
    made = _Controls(population, list(arms), list(links))
    first = made.numbers(start)
    base = made.base() | first
    presets = [{"id": p["id"], "title": p["title"], "says": p["says"], "set": made.numbers(p["set"])} for p in presets]
    if scenario:
        if scenario not in [p["id"] for p in presets]:
            raise UnknownNameError(scenario, [p["id"] for p in presets], "scenario")
        base |= next(p["set"] for p in presets if p["id"] == scenario)
    if unknown := [name for name in controls if name not in made.names]:
        raise UnknownNameError(unknown[0], made.names, "control of a cohort explorer")
    shown = [made.control(name, base[name], (made.base() | first)[name]) for name in controls]
    weeks = math.ceil(model.t_end / WEEK) + 1
    return {
        "id": check_id(id, "trial"),
        "key": model.key,
        "view": "cohort",
        "title": title,
        "caption": caption,
        "alt": "A simulated randomised trial of two arms: best change of each patient's tumour, courses over time, progression-free survival, and hazard ratios.",
        "height": _HEIGHT,
        "controls": shown,
        "scenarios": [p["id"] for p in presets],
        "presets": presets,
        "scenario": scenario,
        "startLabel": "first setting",
        "fixed": {},
        "base": base,
        "links": list(links),
        "compare": bool(compare),
        "population": {
            "id": population.id,
            "spreads": [
                {"name": s.name, "distribution": s.distribution, "median": s.median, "sd": s.sd, "min": model.ranges[s.name][0], "max": model.ranges[s.name][1]}
                for s in population.spreads.values()
            ],
            "mixing": [[float(v) for v in row[: i + 1]] for i, row in enumerate(population.mixing)],
            "values": population.values,
            "measurement": population.measurement,
            "markers": [{"id": m.id, "name": m.name, "of": m.of, "unit": m.unit, "cut": m.cut} for m in population.markers.values()],
            "arms": [{"id": a, "title": population.arms[a].title, "set": dict(population.arms[a].set)} for a in arms],
            "size": population.size,
            "hidden": population.hidden,
            "weeks": weeks,
            "days": model.t_end,
        },
    }


class _Controls:
    """The explorer's controls: arms, marker and entry are choices, given as words and kept as places."""

    def __init__(self, population: Population, arms: list[str], links: list[str]) -> None:
        self.population, self.arms, self.links = population, arms, links
        self.choices = {"armA": arms, "armB": arms, "marker": list(population.markers), "entry": ["all", "high", "low"]}
        self.words = {
            "armA": ("First arm", [population.arms[a].title for a in arms]),
            "armB": ("Second arm", [population.arms[a].title for a in arms]),
            "marker": ("Marker", [m.name for m in population.markers.values()]),
            "entry": ("Who may enter", list(ENTRY)),
        }

    @property
    def names(self) -> list[str]:
        return [*self.choices, *PARAMETERS, *self.links]

    def base(self) -> dict[str, float]:
        defaults = {p.id: p.value for p in self.population.model.parameters_}
        out = {"armA": 0, "armB": min(1, len(self.arms) - 1), "marker": 0, "entry": 0, "n": 1000, "perArm": 150, "seed": 1}
        return out | {name: self.population.values.get(name, defaults[name]) for name in self.links}

    def limits(self, name: str) -> tuple[float, float]:
        if name in self.choices:
            return 0, len(self.choices[name]) - 1
        return PARAMETERS[name][2] if name in PARAMETERS else self.population.model.ranges[name]

    def numbers(self, values: Mapping[str, Any]) -> dict[str, float]:
        """Settings as numbers inside their ranges. Raises for a name or a value that cannot be."""
        out = {}
        for name, value in values.items():
            if name not in self.names:
                raise UnknownNameError(name, self.names, "control of a cohort explorer")
            if name in self.choices and isinstance(value, str):
                if value not in self.choices[name]:
                    raise UnknownNameError(value, self.choices[name], {"armA": "arm", "armB": "arm", "marker": "marker", "entry": "way to enter"}[name])
                value = self.choices[name].index(value)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"{name} is {value!r}, not a finite number")
            low, high = self.limits(name)
            if not low <= value <= high:
                raise ValueError(f"{name} is {value:g}; it lies between {low:g} and {high:g}")
            out[name] = int(value) if name in self.choices or name in PARAMETERS else float(value)
        return out

    def control(self, name: str, value: float, default: float) -> dict[str, Any]:
        low, high = self.limits(name)
        out: dict[str, Any] = {"name": name, "symbol": [], "unit": "", "min": low, "max": high, "scale": "linear", "default": default, "value": value}
        if name in self.choices:
            label, words = self.words[name]
            return out | {"label": label, "whole": True, "choices": words}
        if name in PARAMETERS:
            label, unit, _, scale, whole = PARAMETERS[name]
            return out | {"label": label, "unit": unit, "scale": scale} | ({"whole": True} if whole else {})
        p = next(p for p in self.population.model.parameters_ if p.id == name)
        return out | {"label": p.name, "symbol": pretty_symbol(p.latex), "unit": pretty_unit(p.unit), "scale": p.scale}


# --- the first picture -----------------------------------------------------------------------------------------------


def _printed(ratio: biomarkers.HazardRatio) -> str:
    return f"{ratio.estimate:.2f} ({ratio.ci_low:.2f}–{ratio.ci_high:.2f})"


def picture(config: Mapping[str, Any], cohort: Cohort, trial: Trial, strata: Sequence[tuple[str, Trial]], power: Power) -> str:
    """The first state as an SVG element with its description, laid out as ``draw`` in ``web/src/cohort/view.js``."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    palette = style.css_variables()
    colours = [palette["series-2"].light, palette["series-1"].light]
    titles = [cohort.population.arms[a].title for a in (trial.a, trial.b)]
    left, right, height, head, row = 44, _WIDTH - 16, config["height"], 20, 19
    foot, rows = 64, [("all", trial), *strata]
    rest = height - (head + row * (len(rows) + 1) + 18) - foot - 4 * head - 78
    tall = [0.24 * rest, 0.28 * rest, 0.48 * rest]
    gap = 26
    half = (right - left - gap) / 2
    spans = [(left, left + half), (left + half + gap, right)]
    with mpl.rc_context():
        style.use()
        mpl.rcParams.update({"font.size": 12.5, "figure.constrained_layout.use": False, "axes.grid": False, "svg.hashsalt": config["id"]})
        figure = Figure(figsize=(_WIDTH / 72, height / 72))
        FigureCanvasSVG(figure)

        def panel(top: float, bottom: float, span: tuple[float, float]) -> Any:
            axes = figure.add_axes((span[0] / _WIDTH, 1 - bottom / height, (span[1] - span[0]) / _WIDTH, (bottom - top) / height))
            axes.spines[["left", "bottom"]].set_visible(False)
            axes.tick_params(length=0, labelcolor=style.MUTED)
            return axes

        def say(x: float, y: float, text: str, **more: Any) -> None:
            figure.text(x / _WIDTH, 1 - y / height, text, **{"color": style.INK, "va": "baseline", **more})

        x = 4.0
        for title, colour in zip(titles, colours, strict=True):
            say(x, 13, f"— {title}", color=colour, weight=700)
            x += 7.2 * len(title) + 40
        top = head + 24
        bottom = top + tall[0]
        say(4, top - 11, "Best change of the measured sum of diameters (%), patient by patient")
        for k, (arm, span) in enumerate(zip((trial.a, trial.b), spans, strict=True)):
            axes = panel(top, bottom, span)
            best = np.sort(trial.arm(arm)["best"].dropna())[::-1]
            axes.fill_between(np.arange(len(best) + 1), np.r_[best, best[-1:]].clip(-100, 100), step="post", color=colours[k], alpha=0.85, linewidth=0)
            _scale(axes, len(best), first=k == 0)
        top = bottom + head + 16
        bottom = top + tall[1]
        say(4, top - 11, f"Change of the true sum (%) over months to progression, {SPIDERS} patients of each arm")
        for k, (arm, span) in enumerate(zip((trial.a, trial.b), spans, strict=True)):
            axes = panel(top, bottom, span)
            _draw_spider(axes, cohort, trial, arm, colours[k])
            _scale(axes, cohort.days / DAYS, first=k == 0, months=True)
        top = bottom + 2 * head + 16
        bottom = top + tall[2]
        say(4, top - 11, "Free of progression (%), and patients at risk below")
        axes = panel(top, bottom, (left, right))
        axes.set(xlim=(0, cohort.days / DAYS), ylim=(0, 1), yticks=[0, 0.25, 0.5, 0.75, 1], yticklabels=["0", "25", "50", "75", "100"], xticks=[0, 5, 10, 15, 20])
        axes.grid(axis="y")
        for k, arm in enumerate((trial.a, trial.b)):
            own = trial.arm(arm)
            curve = biomarkers.kaplan_meier(own["time"], own["event"])
            axes.step(curve.index, curve["survival"], where="post", color=colours[k], linestyle="-" if k else (0, (3.2, 1.8)), clip_on=False)
            for t in (0, 5, 10, 15, 20):
                say(left + (right - left) * t * DAYS / cohort.days, bottom + 33 + 15 * k, str(biomarkers.at_risk(own["time"], t)[0]), color=colours[k], ha="center")
        say((left + right) / 2, bottom + 63, "months since the start of treatment", ha="center")
        top = bottom + foot + 22 + head
        say(4, top - 7, f"Hazard ratio for progression, {titles[1]} against {titles[0]} (95 % CI)")
        _draw_ratios(panel(top, top + row * (len(rows) + 1), (150, _WIDTH - 128)), figure, rows, power, colours[1], top, row, height)
        return svg_element(figure, config["alt"], height)


def _scale(axes: Any, right: float, *, first: bool, months: bool = False) -> None:
    axes.set(xlim=(0, right), ylim=(-100, 100), yticks=[-100, -30, 20, 100], yticklabels=["−100", "−30", "20", "100"] if first else [""] * 4)
    axes.set_xticks([0, 5, 10, 15, 20] if months else [])
    axes.axhline(0, color=style.MUTED, linewidth=1)
    for level in (-30, 20):
        axes.axhline(level, color=style.INK, linewidth=0.9, linestyle=(0, (2, 3)))


def _draw_spider(axes: Any, cohort: Cohort, trial: Trial, arm: str, colour: str) -> None:
    own = trial.arm(arm).head(SPIDERS)
    months = cohort.weeks * WEEK / DAYS
    sizes = cohort.sizes[arm][own.index]
    for one, until in zip(sizes, own["time"], strict=True):
        seen = months <= until
        axes.plot(months[seen], (100 * (one[seen] / one[0] - 1)).clip(-100, 100), color=colour, linewidth=0.9, alpha=0.75)


def _draw_ratios(axes: Any, figure: Any, rows: Sequence[tuple[str, Trial]], power: Power, colour: str, top: float, row: float, height: float) -> None:
    low, middle, high = np.nanquantile(power.hazard_ratios, [0.025, 0.5, 0.975])
    ratios = [_ratio(trial) for _, trial in rows]
    ends = [1.0, low, high, *(v for r in ratios if r for v in (r.ci_low, r.ci_high))]
    half = math.log(2) / 2
    domain = [math.exp(max(-3, half * math.floor(min(-half, *map(math.log, ends)) / half))), math.exp(min(3, half * math.ceil(max(half, *map(math.log, ends)) / half)))]
    axes.set(xscale="log", xlim=domain, ylim=(len(rows) + 1, 0), yticks=[])
    ticks = [v for v in (0.1, 0.2, 0.5, 1, 2, 5, 10) if domain[0] * 0.999 <= v <= domain[1] * 1.001]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.set_xticks([], minor=True)
    axes.grid(axis="x")
    axes.axvline(1, color=style.MUTED, linewidth=1)
    for i, ((name, trial), ratio) in enumerate(zip(rows, ratios, strict=True)):
        y = 1 - (top + (i + 0.5) * row + 4) / height
        figure.text(4 / _WIDTH, y, f"{name} ({len(trial.table)})", color=style.INK, va="baseline")
        figure.text(1 - 4 / _WIDTH, y, _printed(ratio) if ratio else "no estimate", color=style.INK, va="baseline", ha="right")
        if ratio:
            axes.plot([ratio.ci_low, ratio.ci_high], [i + 0.5] * 2, color=style.INK, linewidth=1.5)
            axes.plot(ratio.estimate, i + 0.5, marker="s", markersize=8, color=style.INK if i else colour)
    at = len(rows) + 0.5
    y = 1 - (top + at * row + 4) / height
    figure.text(4 / _WIDTH, y, f"trials of 2 × {power.per_arm}", color=style.INK, va="baseline")
    figure.text(1 - 4 / _WIDTH, y, f"{100 * power.power:.0f} % won", color=style.INK, va="baseline", ha="right")
    axes.plot([low, high], [at] * 2, color=colour, linewidth=8, alpha=0.35, solid_capstyle="butt")
    axes.plot([middle] * 2, [at - 0.3, at + 0.3], color=style.INK, linewidth=1.6)


def _ratio(trial: Trial) -> biomarkers.HazardRatio | None:
    try:
        return trial.hazard_ratio
    except ValueError:
        return None


class CohortExplorer(SettingExplorer):
    """A cohort explorer in Jupyter; made by :func:`explore_cohort`.

    ``values`` maps each control to its number (choices may be given as words) and follows the reader's hand; names that are left out
    keep their value. ``scenario`` is the id of the chosen scenario or ``""``; ``summary`` is the sentence below the picture.
    """

    def __init__(self, population: Population, config: dict[str, Any]) -> None:
        self.population = population
        self._made = _Controls(population, [a["id"] for a in config["population"]["arms"]], config["links"])
        super().__init__(config, model_code=population.model.to_javascript())

    def _numbers(self, values: Mapping[str, Any]) -> dict[str, float]:
        return self._made.numbers(values)

    @property
    def arms(self) -> tuple[str, str]:
        """The ids of the two arms."""
        return self._made.arms[self.setting["armA"]], self._made.arms[self.setting["armB"]]

    def cohort(self, executor: Any = None) -> Cohort:
        """The patients of the present state under both arms, computed in Python."""
        setting = self.setting
        months = self.population.model.t_end / DAYS
        return simulate(self.population, self.arms, setting["n"], setting["seed"], months=months, settings={k: setting[k] for k in self.config["links"]}, executor=executor)

    def among(self, cohort: Cohort) -> np.ndarray:
        """Who of the cohort may enter the trial."""
        setting = self.setting
        marker = self._made.choices["marker"][setting["marker"]]
        return np.ones(cohort.n, dtype=bool) if setting["entry"] == 0 else cohort.who(marker, ("", "high", "low")[setting["entry"]])

    def result(self, cohort: Cohort | None = None) -> tuple[Trial, Power]:
        """The trial of the present state and its repetitions, computed in Python."""
        cohort = cohort or self.cohort()
        a, b = self.arms
        return cohort.trial(a, b, self.among(cohort)), cohort.power(a, b, self.setting["perArm"], TRIALS, self.among(cohort))

    def _strata(self, cohort: Cohort) -> list[tuple[str, Trial]]:
        marker = list(self.population.markers.values())[self.setting["marker"]]
        if self.setting["entry"]:
            return []
        return [(f"{marker.name} {side}", cohort.trial(*self.arms, cohort.who(marker.id, side))) for side in ("low", "high")]

    def to_html(self) -> str:
        cohort = self.cohort()
        trial, power = self.result(cohort)
        drawn = picture(self.config, cohort, trial, self._strata(cohort), power)
        rows = len(self.config["controls"]) + bool(self.config["scenarios"]) + 1
        model = f'<script type="application/x-soluble-model" data-key="{self.config["key"]}">{_inert(self.model_code)}</script>'
        attributes = f'data-script="work-cohort.js" style="--explorer-height:{self.config["height"]};--explorer-controls:{rows}"'
        return static_figure(self.config, drawn, attributes, model)


def explore_cohort(
    population: Population | str,
    *,
    arms: Sequence[str] | None = None,
    armA: str | None = None,
    armB: str | None = None,
    marker: str | None = None,
    entry: str = "all",
    n: int = 1000,
    per_arm: int = 150,
    seed: int = 1,
    links: Sequence[str] = (),
    values: Mapping[str, float] | None = None,
    controls: Sequence[str] | None = None,
    scenarios: Sequence[Mapping[str, Any]] = (),
    scenario: str = "",
    caption: str = "",
    title: str = "",
    id: str = "trial",
    compare: bool = True,
) -> CohortExplorer:
    """An interactive virtual trial: patients, two arms, waterfall, courses, Kaplan–Meier, hazard ratios, repeated trials.

    Parameters
    ----------
    population : a declared population or its id
    arms : ids of the arms that may be chosen (default: all); ``armA`` and ``armB`` those of the first state
    marker, entry : the marker that parts patients, and who may enter: ``"all"``, ``"high"`` or ``"low"``
    n, per_arm, seed : virtual patients, patients per arm of the repeated trials, and the seed
    links : parameters of the model that the reader may change; they are the same in all patients
    values : their numbers in the first state, where they are not the declared ones
    controls : names of :data:`PARAMETERS`, ``armA``, ``armB``, ``marker``, ``entry`` or of ``links`` (default: all but the seed)
    scenarios, scenario : named settings as ``{"id", "title", "says", "set"}``, and the one to start with
    caption, title, id : ``id`` names the explorer in the page's address and must be unique on its page
    compare : keep the first trial as faint curves

    Raises
    ------
    UnknownNameError
        for an arm, marker, parameter, control or scenario that is not known
    ValueError
        for a value outside its range
    """
    population = load_population(population) if isinstance(population, str) else population
    arms = list(arms or population.arms)
    start: dict[str, Any] = {"entry": entry, "n": n, "perArm": per_arm, "seed": seed, **(values or {})}
    start |= {key: value for key, value in (("armA", armA), ("armB", armB), ("marker", marker)) if value is not None}
    controls = list(controls or ["armA", "armB", "marker", "entry", "n", "perArm", *links])
    config = configure(
        population, arms=arms, start=start, controls=controls, links=links, presets=scenarios, scenario=scenario, caption=caption, title=title, id=id,
        compare=compare,
    )  # fmt: skip
    return CohortExplorer(population, config)
