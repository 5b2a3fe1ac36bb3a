"""The decision explorer: simulated patients with predicted chances of response, ROC, calibration, and what treating by them is worth.

The numbers are those of :mod:`soluble.prediction`; the front end (``web/src/decision``) computes the same, and the tests hold
one against the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from . import prediction, style
from .explorer import _WIDTH, check_id, svg_element
from .explorer_setting import SettingExplorer
from .model import UnknownNameError

#: Parameter -> label, unit, range, scale, whole number.
PARAMETERS: dict[str, tuple[str, str, tuple[float, float], str, bool]] = {
    "auc": ("discrimination of the marker (AUC)", "", (0.5, 0.95), "linear", False),
    "prevalence": ("patients who respond", "%", (5, 70), "linear", False),
    "threshold": ("chance of response from which to treat", "%", (2, 80), "linear", False),
    "slope": ("calibration slope", "", (0.3, 2), "log", False),
    "odds": ("odds predicted over true odds", "", (0.2, 5), "log", False),
    "n": ("patients", "", (50, 2000), "log", True),
    "seed": ("number of the cohort", "", (1, 200), "linear", True),
}
_HEIGHT, _LAST = 620, 80
#: Thresholds of the decision curve, as probabilities.
THRESHOLDS = np.arange(2, 2 * _LAST + 1) / 200


def configure(
    start: Mapping[str, Any],
    *,
    controls: Sequence[str],
    presets: Sequence[Mapping[str, Any]],
    scenario: str,
    caption: str,
    title: str,
    id: str,
    compare: bool,
) -> dict[str, Any]:
    """The configuration of a decision explorer as plain data (see :func:`explore_decision`)."""
    start = _numbers(start)
    first = dict(start)
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
        "id": check_id(id, "decision"),
        "view": "decision",
        "title": title,
        "caption": caption,
        "alt": "Simulated patients with predicted chances of response: ROC curve, calibration, and net benefit against the threshold to treat.",
        "height": _HEIGHT,
        "controls": [_control(name, first[name], start[name]) for name in controls],
        "scenarios": [p["id"] for p in presets],
        "presets": presets,
        "scenario": scenario,
        "startLabel": "first setting",
        "fixed": {},
        "base": first,
        "last": _LAST,
        "compare": bool(compare),
    }


def _control(name: str, value: float, start: float) -> dict[str, Any]:
    label, unit, (low, high), scale, whole = PARAMETERS[name]
    control = {"name": name, "label": label, "symbol": [], "unit": unit, "min": low, "max": high, "scale": scale, "default": start, "value": value}
    return control | {"whole": True} if whole else control


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Settings as numbers inside their ranges. Raises for a name or a value that cannot be."""
    out = {}
    for name, value in values.items():
        if name not in PARAMETERS:
            raise UnknownNameError(name, list(PARAMETERS), "parameter of simulated predictions")
        _, unit, (low, high), _, whole = PARAMETERS[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"{name} is {value!r}, not a finite number")
        if not low <= value <= high:
            raise ValueError(f"{name} is {value:g}; it lies between {low:g} and {high:g} {unit}".rstrip())
        out[name] = int(value) if whole else float(value)
    return out


@dataclass(frozen=True)
class DecisionAnalysis:
    """What the patients of a setting show: ``area`` and ``calibration`` are None where they cannot be estimated.

    ``roc`` and ``curve`` are tables (see :mod:`soluble.prediction`); ``at`` is the row of the decision curve at the setting's
    threshold; ``expected`` the net benefit at ``THRESHOLDS`` in infinitely many patients and ``expected_at`` that at the threshold.
    """

    patients: pd.DataFrame
    area: prediction.Auc | None
    calibration: prediction.Calibration | None
    roc: pd.DataFrame | None
    curve: pd.DataFrame
    at: pd.Series
    expected: np.ndarray
    expected_at: float


def _shape(setting: Mapping[str, float]) -> dict[str, float]:
    return {"auc": setting["auc"], "prevalence": setting["prevalence"] / 100, "slope": setting["slope"], "odds": setting["odds"]}


def _analysis(setting: Mapping[str, float]) -> DecisionAnalysis:
    shape, threshold = _shape(setting), setting["threshold"] / 100
    patients = prediction.simulate_predictions(int(setting["seed"]), int(setting["n"]), **shape)
    risk, response = patients["risk"], patients["response"]

    def possible(estimate: Any) -> Any:
        try:
            return estimate(risk, response)
        except ValueError:
            return None

    return DecisionAnalysis(
        patients,
        possible(prediction.auc),
        possible(prediction.calibration),
        possible(prediction.roc),
        prediction.net_benefit(risk, response, THRESHOLDS),
        prediction.net_benefit(risk, response, threshold).iloc[0],
        prediction.expected_net_benefit(THRESHOLDS, **shape),
        float(prediction.expected_net_benefit(threshold, **shape)[0]),
    )


def floor(most: float) -> float:
    """How far below zero the picture of net benefit reaches, for a prevalence of ``most``."""
    return -0.3 * most


def picture(config: Mapping[str, Any]) -> str:
    """The first state as an SVG element with its description, laid out as ``draw`` in ``web/src/decision/explorer.js``."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    setting, height = config["base"], config["height"]
    seen, shape, threshold = _analysis(setting), _shape(setting), setting["threshold"] / 100
    model, everyone = style.SERIES[1].light, style.SERIES[0].light
    left, gap, right = 46, 64, _WIDTH - 14
    side = (right - left - gap) / 2
    with mpl.rc_context():
        style.use()
        mpl.rcParams.update({"font.size": 12.5, "figure.constrained_layout.use": False, "axes.grid": False, "svg.hashsalt": config["id"]})
        figure = Figure(figsize=(_WIDTH / 72, height / 72))
        FigureCanvasSVG(figure)

        def panel(x: float, y: float, w: float, h: float) -> Any:
            axes = figure.add_axes((x / _WIDTH, 1 - (y + h) / height, w / _WIDTH, h / height))
            axes.spines["left"].set_visible(False)
            axes.tick_params(labelcolor=style.MUTED)
            axes.tick_params(axis="y", length=0)
            return axes

        def say(x: float, y: float, text: str, **more: Any) -> None:
            figure.text(x / _WIDTH, 1 - y / height, text, **{"color": style.INK, "va": "baseline", **more})

        def square(x: float) -> Any:
            axes = panel(x, 30, side, side)
            axes.set(xlim=(0, 1), ylim=(0, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1], xticklabels=["0", "50", "100"], yticklabels=["0", "50", "100"])
            axes.grid(axis="y")
            axes.plot([0, 1], [0, 1], color=style.MUTED, linewidth=1, linestyle=(0, (2, 3)))
            return axes

        axes = square(left)
        say(4, 14, "ROC" + (f", AUC {seen.area.estimate:.2f} ({seen.area.ci_low:.2f}–{seen.area.ci_high:.2f})" if seen.area else ""))
        z = np.linspace(-5, 5, 121)
        axes.plot(_normal_tail(z), _normal_tail(z - math.sqrt(2) * _quantile(shape["auc"])), color=style.INK, linewidth=1.3)
        if seen.roc is not None:
            axes.plot(seen.roc["false_positive"], seen.roc["sensitivity"], color=model, clip_on=False)
            axes.plot(*_called(seen), marker="o", markersize=8, color=model, markeredgecolor=style.PAPER_LIGHT, markeredgewidth=1.5, clip_on=False)
        say(left + side / 2, 30 + side + 33, "others who are treated (%)", ha="center")
        figure.text(14 / _WIDTH, 1 - (30 + side / 2) / height, "responders treated (%)", rotation=90, ha="center", va="center", color=style.INK)

        x = left + side + gap
        axes = square(x)
        say(x - 42, 14, "Calibration" + (f", slope {seen.calibration.slope:.2f}" if seen.calibration and np.isfinite(seen.calibration.slope) else ""))
        risk = np.linspace(0.002, 0.998, 121)
        axes.plot(risk, _observed(risk, shape), color=style.INK, linewidth=1.3)
        axes.axvline(threshold, color=style.INK, linewidth=1, linestyle=(0, (2, 3)))
        if seen.calibration:
            groups = seen.calibration.groups
            axes.vlines(groups["risk"], groups["low"], groups["high"], color=model, linewidth=1.2)
            axes.plot(groups["risk"], groups["observed"], linestyle="", marker="o", markersize=6, color=model, clip_on=False)
        say(x + side / 2, 30 + side + 33, "predicted to respond (%)", ha="center")
        figure.text((x - 32) / _WIDTH, 1 - (30 + side / 2) / height, "who respond (%)", rotation=90, ha="center", va="center", color=style.INK)

        top = 30 + side + 94
        say(4, top - 32, "Net benefit, in right treatments per 100 patients")
        for start, text, colour, dashes, width in _key(model, everyone):
            figure.lines.append(mpl.lines.Line2D([start / _WIDTH, (start + 22) / _WIDTH], [1 - (top - 14) / height] * 2, color=colour, linestyle=dashes, linewidth=width, transform=figure.transFigure))
            say(start + 27, top - 10, text, color=style.MUTED)
        axes = panel(left, top, right - left, height - 44 - top)
        most = 100 * seen.patients["response"].mean()
        axes.set(xlim=(0, _LAST / 100), ylim=(floor(most), 1.06 * most))
        axes.set_xticks([k / 100 for k in range(0, _LAST + 1, 10)], [str(k) for k in range(0, _LAST + 1, 10)])
        axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(6, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(lambda v, _: f"{v:g}".replace("-", "−"))
        axes.grid(axis="y")
        axes.axhline(0, color=style.MUTED, linewidth=1)
        axes.plot(THRESHOLDS, 100 * seen.curve["all"], color=everyone, linestyle=(0, (3.2, 1.8)))
        axes.plot(THRESHOLDS, 100 * seen.expected, color=style.INK, linewidth=1.3)
        axes.plot(THRESHOLDS, 100 * seen.curve["model"], color=model)
        axes.axvline(threshold, color=style.INK, linewidth=1, linestyle=(0, (2, 3)))
        axes.plot(threshold, 100 * seen.at["model"], marker="o", markersize=8, color=model, markeredgecolor=style.PAPER_LIGHT, markeredgewidth=1.5)
        say((left + right) / 2, height - 10, "chance of response from which to treat (%)", ha="center")
        return svg_element(figure, config["alt"], height)


def _key(model: str, everyone: str) -> list[tuple[float, str, str, Any, float]]:
    return [(46, "by the model", model, "-", 2.2), (166, "treat all", everyone, (0, (3.2, 1.8)), 2.2), (254, "treat none", style.MUTED, "-", 1), (352, "infinitely many patients", style.INK, "-", 1.3)]


def _called(seen: DecisionAnalysis) -> tuple[float, float]:
    """Share of those without and with a response who are treated at the threshold."""
    share = seen.patients["response"].mean()
    return seen.at["false"] / (1 - share), seen.at["true"] / share


def _normal_tail(z: np.ndarray) -> np.ndarray:
    from scipy.stats import norm

    return norm.sf(z)


def _quantile(p: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf(p))


def _observed(risk: np.ndarray, shape: Mapping[str, float]) -> np.ndarray:
    """Probability of a response of patients with a predicted risk, in infinitely many."""
    from scipy.special import expit, logit

    base = logit(shape["prevalence"])
    return expit(base + shape["slope"] * (logit(risk) - base - np.log(shape["odds"])))


class DecisionExplorer(SettingExplorer):
    """A decision explorer in Jupyter; made by :func:`explore_decision`.

    ``values`` maps each control to its number and follows the reader's hand; names that are left out keep their value.
    ``scenario`` is the id of the chosen scenario or ``""``; ``summary`` is the sentence below the picture.
    """

    def _numbers(self, values: Mapping[str, Any]) -> dict[str, float]:
        return _numbers(values)

    def _picture(self) -> str:
        return picture(self.config)

    def result(self) -> DecisionAnalysis:
        """What the present state shows, computed in Python; ``result().patients`` are the simulated patients."""
        return _analysis(self.setting)


def explore_decision(
    *,
    auc: float = 0.7,
    prevalence: float = 20,
    threshold: float = 20,
    slope: float = 1,
    odds: float = 1,
    n: int = 400,
    seed: int = 1,
    controls: Sequence[str] = tuple(PARAMETERS),
    scenarios: Sequence[Mapping[str, Any]] = (),
    scenario: str = "",
    caption: str = "",
    title: str = "",
    id: str = "decision",
    compare: bool = True,
) -> DecisionExplorer:
    """Interactive simulated patients with predicted chances of response: ROC, calibration and decision curve.

    Parameters
    ----------
    auc, slope, odds, n, seed : marker, miscalibration and patients, as :func:`soluble.prediction.simulate_predictions` takes them
    prevalence : patients who respond, in percent
    threshold : predicted chance of response from which one would treat, in percent
    controls : names of :data:`PARAMETERS` that the reader may change
    scenarios, scenario : named settings as ``{"id", "title", "says", "set"}``, and the one to start with
    caption, title, id : ``id`` names the explorer in the page's address and must be unique on its page
    compare : show the first setting as faint curves

    Raises
    ------
    UnknownNameError
        for a control, parameter or scenario that is not known
    ValueError
        for a value outside its range
    """
    start = {"auc": auc, "prevalence": prevalence, "threshold": threshold, "slope": slope, "odds": odds, "n": n, "seed": seed}
    return DecisionExplorer(configure(start, controls=controls, presets=scenarios, scenario=scenario, caption=caption, title=title, id=id, compare=compare))
