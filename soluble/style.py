"""One plotting style for the whole book, and the one place where its colours are written.

A mediator keeps its colour in every chapter. Each colour has a light and a dark form; Python draws with the light
one, and the site replaces it by the CSS variable of the same name, so that a picture follows the reader's theme.
The light forms stand at 4.5:1 or more against ``PAPER_LIGHT``, the dark ones against ``PAPER_DARK``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

INK = "#1d2733"
MUTED = "#5a6673"
RULE = "#d5d9de"
PAPER_LIGHT = "#fffefb"
PAPER_DARK = "#12171d"


@dataclass(frozen=True)
class Colour:
    """A colour in its two forms: on light and on dark ground (``#rrggbb``)."""

    light: str
    dark: str


MEDIATORS: dict[str, Colour] = {
    "IL-6": Colour("#c2410c", "#ff9a62"),
    "IL-8": Colour("#0b63a5", "#72bbf7"),
    "IL-10": Colour("#0a7457", "#52d3a8"),
    "CXCL12": Colour("#6b3fa0", "#bd9cf5"),
    "CCL21": Colour("#a8326f", "#f58fc2"),
    "VEGF": Colour("#8a5a00", "#f2b632"),
    "bFGF": Colour("#5d6b00", "#c3d14a"),
    "MMP": Colour("#4b5a68", "#aebbc8"),
    "TGF-beta": Colour("#0f7285", "#62d2e8"),
    "IL-1beta": Colour("#9c2a2a", "#ff8f8f"),
    "CRP": Colour("#7a4b2a", "#dca98a"),
    "tumour": Colour("#7d1d3f", "#ff8fae"),
    "immune": Colour("#155fa0", "#7fc0ff"),
    "vessel": Colour("#b0123a", "#ff8a9a"),
    "drug": Colour("#2f5d2f", "#8fd08f"),
}

SERIES = [MEDIATORS[k] for k in ("IL-6", "IL-8", "IL-10", "CXCL12", "VEGF", "CCL21", "TGF-beta", "MMP")]


def slug(name: str) -> str:
    """The name as CSS and ids spell it: ``TGF-beta`` -> ``tgf-beta``."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def css_variables() -> dict[str, Colour]:
    """Every colour of the book by the name of its CSS variable, without the leading dashes."""
    out = {
        "ink": Colour(INK, "#e6eaee"),
        "muted": Colour(MUTED, "#a3afbb"),
        "rule": Colour(RULE, "#35404b"),
        "paper": Colour(PAPER_LIGHT, PAPER_DARK),
    }
    out |= {f"med-{slug(name)}": colour for name, colour in MEDIATORS.items()}
    out |= {f"series-{i}": colour for i, colour in enumerate(SERIES, 1)}
    return out


def colour(mediator: str | None, i: int = 0) -> str:
    """The light form of a mediator's colour, or of the i-th series where there is no mediator."""
    return (MEDIATORS.get(mediator or "") or SERIES[i % len(SERIES)]).light


def use() -> None:
    """Switch matplotlib to the book's style: vector output, text kept as text, no box around the axes."""
    import matplotlib as mpl
    from cycler import cycler

    mpl.rcParams.update(
        {
            "figure.figsize": (5.4, 3.4),
            "figure.constrained_layout.use": True,
            "figure.facecolor": "none",
            "savefig.facecolor": "none",
            "savefig.transparent": True,
            "axes.facecolor": "none",
            "svg.fonttype": "none",
            "svg.hashsalt": "soluble-signals",
            "font.family": "sans-serif",
            "font.sans-serif": ["Source Sans 3", "Segoe UI", "Helvetica Neue", "Arial", "DejaVu Sans"],
            "font.size": 11,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": MUTED,
            "axes.titlecolor": INK,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.titlesize": 12,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.prop_cycle": cycler(color=[c.light for c in SERIES]),
            "grid.color": RULE,
            "grid.linewidth": 0.7,
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "lines.linewidth": 2.2,
            "legend.frameon": False,
        }
    )
