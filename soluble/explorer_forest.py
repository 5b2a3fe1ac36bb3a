"""The forest explorer: a meta-analysis whose studies and method the reader chooses.

The first picture and every number follow :mod:`soluble.evidence`; the front end (``web/src/pool.js``) computes the same,
and the tests hold one against the other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import traitlets

from . import evidence, style
from .explorer import _WIDTH, ExplorerFigure, check_id, static_figure, svg_element
from .model import UnknownNameError

#: Rows below the studies: pooled, prediction interval, heterogeneity. Pixels above and below all rows, and of a row.
MORE, _AROUND, _ROW = 3, 70, 28
#: The reader's own studies: how many at most, letters of a name, ranges of a ratio and of any other effect.
MOST, LONGEST, RATIO_RANGE, EFFECT_RANGE = 6, 40, (1e-3, 1e3), (-1e6, 1e6)
RESERVED = ("method", "interval", "own")


def configure(
    studies: pd.DataFrame,
    *,
    method: str,
    ci: str,
    level: float,
    out: Iterable[str],
    xlabel: str,
    caption: str,
    title: str,
    id: str,
    compare: bool,
) -> dict[str, Any]:
    """The configuration of a forest explorer as plain data (see :func:`explore_evidence`)."""
    names = [str(i) if isinstance(i, str) else f"study-{n}" for n, i in enumerate(studies.index, 1)]
    for name in names:
        if not re.fullmatch(r"[A-Za-z][\w.-]*", name) or name in RESERVED or re.fullmatch(r"own-\d+", name):
            raise ValueError(f"{name!r} cannot name a study in an address: use letters, digits, '.', '-' and '_', and none of {', '.join(RESERVED)}")
    if len(set(names)) < len(names):
        raise ValueError(f"a study stands twice: {', '.join(sorted({n for n in names if names.count(n) > 1}))}")
    out = {out} if isinstance(out, str) else set(out)
    for name in out - set(names):
        raise UnknownNameError(name, names, "study")
    if not 0.5 <= level < 1:
        raise ValueError(f"level={level!r}: a confidence level lies between 0.5 and 1, for instance 0.95")
    for value, known, what in ((method, evidence.METHODS, "method"), (ci, evidence.INTERVALS, "interval")):
        if value not in known:
            raise UnknownNameError(value, list(known), what)
    y, low, high = evidence._printed_intervals(studies)
    log, quantity = studies.attrs["scale"] == "log", studies.attrs.get("quantity") or "effect"
    rows = zip(names, studies["label"], y, studies["vi"], low, high, strict=True)
    return {
        "id": check_id(id, "survival"),
        "view": "forest",
        "title": title,
        "caption": caption,
        "alt": f"Forest plot of {len(names)} studies, {quantity}.",
        "studies": [
            {"id": i, "label": str(label), "yi": float(a), "vi": float(v), "low": float(b), "high": float(c), "in": int(i not in out)}
            for i, label, a, v, b, c in rows
        ],
        "log": log,
        "quantity": quantity,
        "xlabel": xlabel or quantity + (" (logarithmic scale)" if log else ""),
        "level": float(level),
        "method": method,
        "interval": ci,
        "methods": dict(evidence.METHODS),
        "intervals": dict(evidence.INTERVALS),
        "compare": bool(compare),
    }


def picture(studies: pd.DataFrame, config: Mapping[str, Any]) -> str:
    """The first state, drawn by :func:`soluble.evidence.forest`, as an SVG element with its description."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    chosen = [s["in"] == 1 for s in config["studies"]]
    shown = studies[chosen]
    shown.attrs = dict(studies.attrs)
    if len(shown) < 2:
        shown = studies
    height = _AROUND + _ROW * (len(config["studies"]) + MORE)
    with mpl.rc_context():
        style.use()
        mpl.rcParams.update({"font.size": 12, "figure.constrained_layout.use": False, "svg.hashsalt": config["id"]})
        figure = Figure(figsize=(_WIDTH / 72, height / 72))
        FigureCanvasSVG(figure)
        axes = figure.add_axes((0.3, 46 / height, 0.4, (height - 56) / height))
        result = evidence.pool(shown, method=config["method"], ci=config["interval"], level=config["level"]) if sum(chosen) > 1 else False
        evidence.forest(shown, ax=axes, pooled=result, xlabel=config["xlabel"])
        axes.set_xlim(*_domain(config))
        if config["log"]:
            evidence._plain_log_ticks(axes)
        left = 14 + 6.2 * max(len(t.get_text()) for t in axes.get_yticklabels())
        right = _WIDTH - 12 - 5.8 * max(len(t.get_text()) for t in axes.texts)
        axes.set_position((left / _WIDTH, 46 / height, max(120.0, right - left) / _WIDTH, (height - 56) / height))
        for text in axes.texts:
            text.set_fontsize(11.5)
        axes.tick_params(labelsize=11.5)
        return svg_element(figure, axes.alt, height)


def _domain(config: Mapping[str, Any]) -> tuple[float, float]:
    """The x axis, as ``draw`` in ``web/src/forest.js`` chooses it: all studies and no effect, a little to spare."""
    ends = [s[side] for s in config["studies"] for side in ("low", "high")]
    spare = 0.06 * (max(ends) - min(ends))
    low, high = min(*ends, 0) - spare, max(*ends, 0) + spare
    return (math.exp(low), math.exp(high)) if config["log"] else (low, high)


class ForestExplorer(ExplorerFigure):
    """A forest explorer in Jupyter; made by :func:`explore_evidence`.

    ``values`` holds 1 or 0 for each study, ``method``, ``interval``, and ``own``, the reader's own studies as a list of
    ``{"label", "estimate", "low", "high"}`` with 95 % limits. It follows the reader's hand and can be set; names that are
    left out keep their value. ``summary`` is the sentence below the picture.
    """

    def __init__(self, studies: pd.DataFrame, config: dict[str, Any]) -> None:
        self.studies = studies
        first = {s["id"]: s["in"] for s in config["studies"]} | {"method": config["method"], "interval": config["interval"], "own": []}
        super().__init__(config=config, values=first)

    @traitlets.validate("values")
    def _checked(self, proposal: Any) -> dict[str, Any]:
        studies = [s["id"] for s in self.config["studies"]]
        kept = dict(self._trait_values.get("values") or {})
        for name, value in proposal["value"].items():
            if name in ("method", "interval"):
                if value not in self.config[f"{name}s"]:
                    raise UnknownNameError(value, list(self.config[f"{name}s"]), name)
            elif name == "own":
                if not isinstance(value, list | tuple) or len(value) > MOST:
                    raise traitlets.TraitError(f"own is a list of at most {MOST} studies")
                value = [self._own(study) for study in value]
            elif name not in studies:
                raise UnknownNameError(name, [*studies, *RESERVED], "study of this explorer")
            elif value not in (0, 1):
                raise traitlets.TraitError(f"{name} is {value!r}; 1 switches a study in, 0 out")
            else:
                value = int(value)
            kept[name] = value
        return kept

    def _own(self, study: Mapping[str, Any]) -> dict[str, Any]:
        try:
            label = str(study["label"]).strip()
            estimate, low, high = (float(study[k]) for k in ("estimate", "low", "high"))
        except (KeyError, TypeError, ValueError):
            raise traitlets.TraitError(f"a study is {{'label', 'estimate', 'low', 'high'}} with three numbers, not {study!r}") from None
        smallest, largest = RATIO_RANGE if self.config["log"] else EFFECT_RANGE
        if not label or len(label) > LONGEST:
            raise traitlets.TraitError(f"a study's label has 1 to {LONGEST} letters, not {label!r}")
        if not smallest <= low <= estimate <= high <= largest or low == high:
            raise traitlets.TraitError(f"{label}: needs {smallest:g} <= low <= estimate <= high <= {largest:g} and low < high, not {low:g}, {estimate:g}, {high:g}")
        return {"label": label, "estimate": estimate, "low": low, "high": high}

    def data(self) -> pd.DataFrame:
        """The studies that are switched in, with the reader's own, as :func:`soluble.evidence.pool` takes them."""
        back = math.log if self.config["log"] else float
        z = 2 * evidence.stats.norm.ppf(0.975)
        rows = [{"id": s["id"], "label": s["label"], **{k: s[k] for k in ("yi", "vi", "low", "high")}} for s in self.config["studies"] if self.values[s["id"]]]
        for n, own in enumerate(self.values["own"], 1):
            low, high = back(own["low"]), back(own["high"])
            rows.append({"id": f"own-{n}", "label": own["label"], "yi": back(own["estimate"]), "vi": ((high - low) / z) ** 2, "low": low, "high": high})
        table = pd.DataFrame(rows, columns=["id", "label", "yi", "vi", "low", "high"]).set_index("id")
        table.attrs = dict(self.studies.attrs)
        return table

    def pooled(self) -> evidence.Pooled:
        """The result at the present state, computed in Python. Raises ``ValueError`` for fewer than two studies."""
        return evidence.pool(self.data(), method=self.values["method"], ci=self.values["interval"], level=self.config["level"])

    def to_html(self) -> str:
        return static_figure(self.config, picture(self.studies, self.config), f'style="--explorer-rows:{len(self.config["studies"]) + MORE}"')


def explore_evidence(
    yi: Any,
    vi: Any = None,
    *,
    method: str = "reml",
    ci: str = "hk",
    level: float = 0.95,
    labels: Sequence[str] | None = None,
    scale: str | None = None,
    out: Iterable[str] = (),
    xlabel: str = "",
    caption: str = "",
    title: str = "",
    id: str = "forest",
    compare: bool = True,
) -> ForestExplorer:
    """An interactive forest plot: studies in and out, four methods, two intervals, studies of the reader's own.

    Parameters
    ----------
    yi, vi, labels, scale : the studies, as :func:`soluble.evidence.pool` takes them: ids of facts, a table of facts or
        effects, or effects with their variances
    method, ci, level : of the first state: ``fixed``, ``dl``, ``pm`` or ``reml``; ``wald`` or ``hk``; the confidence level
    out : ids of studies that are switched out at first (``study-1``, ``study-2``, ... where effects are given as numbers)
    xlabel, caption, title, id : ``id`` names the explorer in the page's address and must be unique on its page
    compare : show the first result as a faint diamond beside the present one

    Raises
    ------
    UnknownNameError
        for a method, interval or study that is not known
    ValueError
        for fewer than two studies, or facts that cannot be pooled
    """
    studies = evidence._studies(yi, vi, labels, scale)
    config = configure(studies, method=method, ci=ci, level=level, out=out, xlabel=xlabel, caption=caption, title=title, id=id, compare=compare)
    return ForestExplorer(studies, config)
