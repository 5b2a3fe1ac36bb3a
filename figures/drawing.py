"""What the drawn figures share: the sheet, words, arrows, places and names in the book's style. Each figure is a script beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from soluble import style

INK, MUTED, DRUG = style.INK, style.MUTED, style.colour("drug")
SMALL, TEXT, HEAD = 13, 14, 15.5  # points, at the size in which a page shows the figure


def sheet(width: float, height: float, low: float, high: float, size: float = SMALL) -> tuple[Figure, Axes]:
    """An empty sheet of ``width`` by ``height`` inches, from 0 to 100 across and ``low`` to ``high`` upwards; words are ``size`` points high."""
    style.use()
    plt.rcParams |= {"figure.constrained_layout.use": False, "font.size": size}
    figure = plt.figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 100), ylim=(low, high))
    axes.axis("off")
    return figure, axes


def save(figure: Figure, script: str) -> Path:
    """Write the figure beside its script, under its name; without a date, so that the same drawing is the same file."""
    path = Path(script).with_suffix(".svg")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return path


def label(ax: Axes, x: float, y: float, text: str, colour: str = INK, size: float | None = None, **more: Any) -> None:
    """Words centred at a place, in the size of the sheet unless another is given."""
    ax.text(x, y, text, color=colour, fontsize=size, **({"ha": "center", "va": "center"} | more))


def arrow(ax: Axes, a: tuple, b: tuple, colour: str = INK, bend: float = 0.0, width: float = 1.7, line: Any = "-", head: str = "-|>") -> None:
    """From a to b: what leads to, calls or becomes."""
    bent = f"arc3,rad={bend}"
    ax.add_patch(FancyArrowPatch(a, b, arrowstyle=head, mutation_scale=13, lw=width, ls=line, color=colour, connectionstyle=bent, shrinkA=0, shrinkB=0, zorder=5))


def block(ax: Axes, a: tuple, b: tuple, colour: str = DRUG, bend: float = 0.0, width: float = 2.2) -> None:
    """From a to b with a bar at the end: what holds back."""
    bar, bent = "|-|,widthA=0,widthB=0.42", f"arc3,rad={bend}"
    ax.add_patch(FancyArrowPatch(a, b, arrowstyle=bar, mutation_scale=9, lw=width, color=colour, connectionstyle=bent, shrinkA=0, shrinkB=0, zorder=6))


def band(ax: Axes, y: float, height: float, colour: str, name: str = "", drop: float = 3.6) -> None:
    """A place across the sheet, its name at the upper left, ``drop`` below the upper edge."""
    ax.add_patch(FancyBboxPatch((2, y), 96, height, boxstyle="round,pad=0,rounding_size=3", facecolor=colour, alpha=0.08, edgecolor="none", zorder=0))
    label(ax, 5, y + height - drop, name, colour, TEXT, weight="bold", ha="left")


def box(ax: Axes, x: float, y: float, text: str, colour: str, width: float, height: float = 6.4) -> None:
    """A molecule or a cell by its name."""
    for paint in ({"facecolor": colour, "alpha": 0.13, "edgecolor": "none", "zorder": 2}, {"facecolor": "none", "edgecolor": colour, "lw": 1.6, "zorder": 3}):
        ax.add_patch(FancyBboxPatch((x - width / 2, y - height / 2), width, height, boxstyle="round,pad=0,rounding_size=3", **paint))
    label(ax, x, y - 0.1, text, colour, TEXT, weight="bold", zorder=4)


def pill(ax: Axes, x: float, y: float, text: str, width: float, colour: str = DRUG, size: float = SMALL) -> None:
    """The name of a drug."""
    ax.add_patch(FancyBboxPatch((x - width / 2, y - 2.4), width, 4.8, boxstyle="round,pad=0,rounding_size=2.4", facecolor="none", edgecolor=colour, lw=1.6, zorder=6))
    label(ax, x, y - 0.1, text, colour, size, weight="bold", zorder=7)
