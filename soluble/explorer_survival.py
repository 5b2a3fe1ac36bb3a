"""The explorers of survival: a simulated cohort behind an assay; and any cohort, also a reader's own, at every cut-point.

The numbers are those of :mod:`soluble.biomarkers`; the front end (``web/src/survival``) computes the same, and the tests
hold one against the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import biomarkers, style
from .explorer import _WIDTH, _number, check_id, svg_element
from .explorer_setting import SettingExplorer
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
#: The same for the explorer of cut-points; ``data`` and ``arm`` are places in lists of words.
CUT_PARAMETERS: dict[str, tuple[str, str, tuple[float, float], str, bool]] = {
    "data": ("Patients", "", (0, 9), "linear", True),
    "arm": ("Arm", "", (0, 2), "linear", True),
    "low": ("patients called low", "%", (2, 98), "linear", False),
    "margin": ("smallest group in the search", "%", (2, 40), "linear", False),
    "hr": ("stated hazard ratio per standard deviation", "", (1, 3), "log", False),
    "n": ("patients", "", (50, 1000), "log", True),
    "seed": ("number of the draw", "", (1, 200), "linear", True),
}
RULES = list(biomarkers.BELOW)
SHUFFLES = 500
_HEIGHT, _BINS, _SPREAD = 620, 30, 3.6
_CUT_HEIGHT, _LEVEL = 680, 0.05
_COLOURS = {"high": style.css_variables()["series-1"].light, "low": style.MEDIATORS["MMP"].light}


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
    first, presets = _begin(start, presets, scenario, controls, PARAMETERS)
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


def _begin(start: Mapping[str, Any], presets: Sequence[Mapping[str, Any]], scenario: str, controls: Sequence[str], parameters: Mapping[str, Any]) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """The numbers of the first state and the named settings, or an error that says what cannot be."""
    first = _numbers(start, parameters)
    presets = [{"id": p["id"], "title": p["title"], "says": p["says"], "set": _numbers(p["set"], parameters)} for p in presets]
    if scenario:
        if scenario not in [p["id"] for p in presets]:
            raise UnknownNameError(scenario, [p["id"] for p in presets], "scenario")
        first |= next(p["set"] for p in presets if p["id"] == scenario)
    if not controls:
        raise ValueError(f"an explorer needs a control; known: {', '.join(parameters)}")
    for name in controls:
        if name not in parameters:
            raise UnknownNameError(name, list(parameters), "control")
    return first, presets


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


def _numbers(values: Mapping[str, Any], parameters: Mapping[str, Any] = PARAMETERS) -> dict[str, float]:
    """Settings as numbers inside their ranges; ``below`` may be a word. Raises for a name or a value that cannot be."""
    out = {}
    for name, value in values.items():
        if name not in parameters:
            raise UnknownNameError(name, list(parameters), "parameter of a simulated cohort")
        _, unit, (low, high), _, whole = parameters[name]
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
        _draw_survival(axes, setting["follow_up"], seen.table, colours)
        _say_at_risk(say, axes, seen.table, setting["follow_up"], left, right, bottom, colours)
        say((left + right) / 2, bottom + 61, "months since entry; above, patients at risk", ha="center")
        top = bottom + 90
        fold = f"per {math.exp(setting['sd']):.2g}-fold"
        say(4, top - 6, f"Hazard ratio (95 % CI); dashed: stated {fold}")
        rows = [(f"{fold}, perfect assay", seen.perfect), (f"{fold}, as reported", seen.as_reported), ("high against low", seen.two_groups)]
        _draw_ratios(panel(top, top + 3 * row, 186, _WIDTH - 128), figure, rows, (setting["hr"], 0, 2), {2: colours["high"]}, top, row, height)
        return svg_element(figure, config["alt"], height)


def _say_at_risk(say: Any, axes: Any, table: Any, horizon: float, left: float, right: float, bottom: float, colours: Mapping[str, str]) -> None:
    times = axes.get_xticks()
    for i, name in enumerate(("low", "high")):
        say(4, bottom + 33 + 14 * i, name, color=colours[name], weight=700)
        for t, count in zip(times, biomarkers.at_risk(table["time"][table["group"] == name], times), strict=True):
            say(left + (right - left) * t / horizon, bottom + 33 + 14 * i, str(count), ha="center", color=style.MUTED)


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


def _draw_survival(axes: Any, horizon: float, table: Any, colours: Mapping[str, str]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set(xlim=(0, horizon), ylim=(0, 1), yticks=[0, 0.25, 0.5, 0.75, 1], yticklabels=["0", "25", "50", "75", "100"])
    axes.set_xticks([t for t in MaxNLocator(7, steps=[1, 2, 5, 10]).tick_values(0, horizon) if t <= horizon])
    axes.grid(axis="y")
    axes.tick_params(axis="y", length=0)
    ends = {}
    for name, dash in (("low", (0, (3.2, 1.8))), ("high", "-")):
        own = table[table["group"] == name]
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


def _draw_ratios(axes: Any, figure: Any, rows: Sequence[tuple[str, Any]], stated: tuple[float, int, int] | None, colours: Mapping[int, str], top: float, row: float, height: float) -> None:
    """A row a hazard ratio; ``stated`` is a dashed line at a ratio through the rows from … to, ``colours`` that of some squares."""
    ends = [stated[0] if stated else 1.0, 1.0, *(v for _, r in rows if r for v in (r.ci_low, r.ci_high))]
    half = math.log(2) / 2
    domain = [math.exp(max(-3, half * math.floor(math.log(min(ends)) / half))), math.exp(min(4, half * math.ceil(max(math.log(max(ends)), 0.1) / half)))]
    axes.set(xscale="log", xlim=domain, ylim=(len(rows), 0))
    ticks = [v for v in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if domain[0] * 0.999 <= v <= domain[1] * 1.001]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.set_xticks([], minor=True)
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="x", length=0, pad=2)
    axes.grid(axis="x")
    axes.axvline(1, color=style.MUTED, linewidth=1)
    if stated:
        axes.plot([stated[0]] * 2, stated[1:], color=style.INK, linewidth=1, linestyle=(0, (2, 3)))
    for i, (label, ratio) in enumerate(rows):
        y = 1 - (top + (i + 0.5) * row + 4) / height
        figure.text(4 / _WIDTH, y, label, color=style.INK, va="baseline")
        text = f"{ratio.estimate:.2f} ({ratio.ci_low:.2f}–{ratio.ci_high:.2f})" if ratio else "no estimate"
        figure.text(1 - 4 / _WIDTH, y, text, color=style.INK, va="baseline", ha="right")
        if ratio:
            axes.plot([ratio.ci_low, ratio.ci_high], [i + 0.5] * 2, color=style.INK, linewidth=1.5)
            axes.plot(ratio.estimate, i + 0.5, marker="s", markersize=8, color=colours.get(i, style.INK))


class SurvivalExplorer(SettingExplorer):
    """A survival explorer in Jupyter; made by :func:`explore_survival`.

    ``values`` maps each control to its number (``below`` may be given as a word) and follows the reader's hand; names that are
    left out keep their value. ``scenario`` is the id of the chosen scenario or ``""``; ``summary`` is the sentence below the
    picture.
    """

    _parameters = PARAMETERS

    def _numbers(self, values: Mapping[str, Any]) -> dict[str, float]:
        return _numbers(values, self._parameters)

    def _picture(self) -> str:
        return picture(self.config)

    def cohort(self) -> Any:
        """The simulated patients of the present state, computed in Python: ``time, event, level, measured``."""
        return _cohort(self.setting)

    def result(self) -> biomarkers.MarkerAnalysis:
        """What the present state shows, computed in Python."""
        return _analysis(self.setting)


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


# --- cut-points ------------------------------------------------------------------------------------------------------


class CutpointExplorer(SurvivalExplorer):
    """An explorer of cut-points in Jupyter; made by :func:`explore_cutpoints`. Traits as in :class:`SurvivalExplorer`.

    A file that a reader opens stays in the browser; Python then shows the first of the cohorts in its place.
    """

    _parameters = CUT_PARAMETERS

    def cohort(self) -> Any:
        """The patients of the present state: ``time, event, marker`` and, where all arms are shown, ``arm``."""
        return _cut_cohort(self.config, self.setting)

    def result(self) -> biomarkers.CutAnalysis:
        """What the present state shows, computed in Python."""
        return _cut_analysis(self.config, self.setting)

    def shuffles(self) -> Any:
        """What the button computes in the present state, in Python (see :func:`soluble.biomarkers.shuffled_cuts`)."""
        patients, setting = self.cohort(), self.setting
        return biomarkers.shuffled_cuts(
            patients["time"], patients["event"], patients["marker"], margin=setting["margin"] / 100, shuffles=self.config["shuffles"], seed=setting["seed"]
        )

    def _picture(self) -> str:
        return cut_picture(self.config)


def _dataset(given: Mapping[str, Any]) -> dict[str, Any]:
    """A cohort for the front end: columns as lists, arms by their place. Raises ``ValueError`` for what cannot be shown."""
    if "simulated" in given:
        return {"outcome": "deaths", "arms": [], **given}
    table = given["table"]
    if table[["time", "event", "marker"]].isna().any().any():
        raise ValueError(f"{given['title']}: a time, event or marker is missing; leave such patients out first")
    arms = sorted(set(table["arm"])) if "arm" in table else []
    if len(arms) > 2:
        raise ValueError(f"{given['title']}: there are {len(arms)} arms; two at most can be compared")
    columns = {name: [float(v) if v % 1 else int(v) for v in table[name]] for name in ("time", "event", "marker")}
    out = {"outcome": "deaths", **{k: v for k, v in given.items() if k != "table"}, **columns, "arms": arms}
    if arms:
        out["arm"] = [arms.index(arm) for arm in table["arm"]]
    return out


def _cut_cohort(config: Mapping[str, Any], setting: Mapping[str, Any]) -> Any:
    import pandas as pd

    place = int(setting["data"])
    data = config["datasets"][place if place < len(config["datasets"]) else 0]
    if "simulated" in data:
        fixed = data["simulated"]
        cohort = biomarkers.simulate_cohort(setting["seed"], setting["n"], hr=setting["hr"], cv=0, **fixed)
        return cohort[["time", "event"]].assign(marker=cohort["level"])
    cohort = pd.DataFrame({name: data[name] for name in ("time", "event", "marker")})
    if data["arms"]:
        cohort["arm"] = [data["arms"][k] for k in data["arm"]]
        if setting["arm"]:
            cohort = cohort[cohort["arm"] == data["arms"][int(setting["arm"]) - 1]].drop(columns="arm").reset_index(drop=True)
    return cohort


def _cut_analysis(config: Mapping[str, Any], setting: Mapping[str, Any]) -> biomarkers.CutAnalysis:
    return biomarkers.analyse_cut(_cut_cohort(config, setting), low=setting["low"] / 100, margin=setting["margin"] / 100, seed=setting["seed"])


def cut_picture(config: Mapping[str, Any]) -> str:
    """The first state of an explorer of cut-points as an SVG element, laid out as ``draw`` in ``web/src/survival/cutpoints.js``."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    setting = config["base"]
    data = config["datasets"][int(setting["data"])]
    seen = _cut_analysis(config, setting)
    labels = ["this cut", "best cut", "best of a half, in the other", "per standard deviation", *(f"this cut, {arm}" for arm in seen.arms)]
    ratios = [seen.ratio, seen.best_ratio, seen.split.validated if seen.split else None, seen.per_sd, *seen.arms.values()]
    left, right, height = 58, _WIDTH - 48, config["height"]
    rest = height - 206
    row = min(24, max(16, 0.3 * rest / len(labels)))
    tall = rest - row * len(labels)
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

        top, bottom = 26, 26 + 0.46 * tall
        say(4, 12, "Log-rank p at each cut, by the share of patients called low")
        _draw_scan(panel(top, bottom), seen, setting)
        top, bottom = bottom + 48, bottom + 48 + 0.54 * tall
        say(4, top - 10, "Alive (%)")
        if seen.test:
            say(right, top - 10, f"log-rank p {_chance(seen.test.p)}", ha="right")
        horizon = data["simulated"]["follow_up"] if "simulated" in data else max(seen.table["time"])
        axes = panel(top, bottom)
        _draw_survival(axes, horizon, seen.table, _COLOURS)
        _say_at_risk(say, axes, seen.table, horizon, left, right, bottom, _COLOURS)
        say((left + right) / 2, bottom + 61, f"{data['time_unit']} since entry; above, patients at risk", ha="center")
        top = bottom + 90
        stated = (setting["hr"], 3, 4) if "simulated" in data else None
        say(4, top - 6, f"Hazard ratio, high against low (95 % CI){'; dashed: stated' if stated else ''}")
        rows = list(zip(labels, ratios, strict=True))
        _draw_ratios(panel(top, top + len(rows) * row, 196, _WIDTH - 128), figure, rows, stated, {0: _COLOURS["high"]}, top, row, height)
        return svg_element(figure, config["alt"], height)


def _draw_scan(axes: Any, seen: biomarkers.CutAnalysis, setting: Mapping[str, float]) -> None:
    from scipy.optimize import brentq
    from scipy.stats import chi2

    table, margin = seen.table, setting["margin"] / 100
    every = biomarkers.cut_points(table["time"], table["event"], table["marker"], margin=1e-9)
    n = len(table)
    inside = every[every[["low", "high"]].min(axis=1) >= max(1, margin * n - 1e-9)]
    decades = math.ceil(-math.log10(max(1e-12, min([1e-3, *inside["p"]]))) - 1e-9)
    axes.set(xlim=(0, 100), ylim=(0, decades))
    for ends in ((0, setting["margin"]), (100 - setting["margin"], 100)):
        axes.axvspan(*ends, color=style.INK, alpha=0.06, linewidth=0)
    step = math.ceil(decades / 8)
    axes.set_yticks(range(0, decades + 1, step), [f"{10.0**-k:.{k}f}" if k < (3 if decades > 4 else 5) else f"$10^{{-{k}}}$" for k in range(0, decades + 1, step)])
    axes.set_xticks([0, 25, 50, 75, 100], [f"{v} %" for v in (0, 25, 50, 75, 100)])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y")
    strict = chi2.sf(brentq(lambda x: biomarkers.corrected_p(x, margin) - _LEVEL, 1.0001, 100), 1)
    at = every.loc[seen.cut]
    late = at["low"] > n / 2
    for p, text in ((_LEVEL, f"{_LEVEL}"), (strict, f"{_LEVEL} after correction")):
        axes.axhline(-math.log10(p), color=style.INK, linewidth=1, linestyle=(0, (2, 3)))
        axes.annotate(text, (0 if late else 100, -math.log10(p)), (2 if late else -2, 4), textcoords="offset points", ha="left" if late else "right", color=style.INK)
    height = [-np.log10(np.maximum(t["p"], 1e-300)).clip(upper=decades) for t in (every, inside)]
    axes.plot(100 * every["low"] / n, height[0], color=style.INK, linewidth=1, alpha=0.45)
    axes.plot(100 * inside["low"] / n, height[1], color=style.INK, linewidth=1.7)
    axes.axvline(100 * at["low"] / n, color=style.INK, linewidth=1.6)
    axes.annotate(f"cut {_number(float(f'{seen.cut:.3g}'))}", (100 * at["low"] / n, decades), (-5 if late else 5, -9), textcoords="offset points", ha="right" if late else "left", color=style.INK)
    if seen.best:
        spot = (100 * seen.best.low / n, min(decades, -math.log10(max(seen.best.p, 1e-300))))
        axes.plot(*spot, marker="o", markersize=11, markerfacecolor="none", markeredgecolor=style.INK, markeredgewidth=1.6, clip_on=False)
        late = spot[0] > 50
        axes.annotate("best", spot, (-9 if late else 9, 2), textcoords="offset points", ha="right" if late else "left", color=style.INK)
    axes.plot(100 * at["low"] / n, min(decades, -math.log10(max(at["p"], 1e-300))), marker="o", markersize=9, color=_COLOURS["high"], markeredgecolor=style.PAPER_LIGHT, clip_on=False)


def explore_cutpoints(
    datasets: Sequence[Mapping[str, Any]],
    *,
    data: int = 0,
    arm: int = 0,
    low: float = 50,
    margin: float = 10,
    hr: float = 1,
    n: int = 200,
    seed: int = 1,
    controls: Sequence[str] = ("data", "arm", "low", "margin", "hr", "n", "seed"),
    scenarios: Sequence[Mapping[str, Any]] = (),
    scenario: str = "",
    caption: str = "",
    title: str = "",
    id: str = "cutpoints",
) -> CutpointExplorer:
    """An interactive cut-point: Kaplan–Meier, log-rank and hazard ratio at a cut, the p value at every cut, shuffles, a reader's file.

    Parameters
    ----------
    datasets : cohorts to choose from, as mappings. All have ``title`` (in the list), ``says`` (how the sentence begins), ``unit``
        (of the marker) and ``time_unit``. A simulated one has ``simulated``, the parameters ``level, sd, median, accrual,
        follow_up`` of :func:`soluble.biomarkers.simulate_cohort` that stay fixed; another a ``table`` with ``time, event,
        marker`` and perhaps ``arm`` (two names). After them the reader may open a file.
    data, arm : which cohort, and which arm of it (0: all, 1 and 2: the first and second by name)
    low : percent of the patients below the cut
    margin : percent of the patients that the smaller group must have in the search for the best cut
    hr, n : stated hazard ratio per standard deviation, and patients, of a simulated cohort
    seed : of simulated patients, halves and shuffles
    controls : names of :data:`CUT_PARAMETERS` that the reader may change; ``data`` is needed
    scenarios, scenario, caption, title, id : as in :func:`explore_survival`

    Raises ``UnknownNameError`` and ``ValueError`` as :func:`explore_survival`.
    """
    start = {"data": data, "arm": arm, "low": low, "margin": margin, "hr": hr, "n": n, "seed": seed}
    first, presets = _begin(start, scenarios, scenario, controls, CUT_PARAMETERS)
    if "data" not in controls:
        raise ValueError("controls need 'data', by which a reader comes to the own file")
    sets = [_dataset(given) for given in datasets]
    if not sets or not all(0 <= setting.get("data", 0) < len(sets) for setting in (first, *(p["set"] for p in presets))):
        raise ValueError(f"data is the place of a cohort, from 0 to {len(sets) - 1}; there are {len(sets)}")
    choices = {"data": [*(given["title"] for given in sets), "your file"], "arm": ["all arms", "first arm", "second arm"]}

    def control(name: str) -> dict[str, Any]:
        label, unit, (least, most), scale, whole = CUT_PARAMETERS[name]
        out = {"name": name, "label": label, "symbol": [], "unit": unit, "min": least, "max": most, "scale": scale, "default": start[name], "value": first[name]}
        if whole:
            out["whole"] = True
        if name in choices:
            out |= {"choices": choices[name], "max": len(choices[name]) - 1}
        return out

    config = {
        "id": check_id(id, "cutpoints"), "view": "cutpoints", "title": title, "caption": caption,
        "alt": "A cohort cut in two by a marker: the log-rank p at every cut, survival of high and low, and hazard ratios.",
        "height": _CUT_HEIGHT, "controls": [control(name) for name in controls], "scenarios": [p["id"] for p in presets], "presets": presets,
        "scenario": scenario, "startLabel": "first setting", "fixed": {}, "base": first, "datasets": sets, "shuffles": SHUFFLES,
    }  # fmt: skip
    return CutpointExplorer(config)
