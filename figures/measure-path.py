"""Draw figures/measure-path.svg: a cytokine's two ways, to the receptors of a cell and through a tube to a number.

Run with ``python figures/measure-path.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

import math

import numpy as np
from matplotlib.patches import Circle, Ellipse, FancyBboxPatch, Polygon, Rectangle

from drawing import DRUG, INK, MUTED, SMALL, TEXT, arrow, band, label, save, sheet
from soluble import style

CYTOKINE, TUMOUR, RED, PLATELET, CELL = (style.colour(n) for n in ("IL-8", "tumour", "IL-1beta", "VEGF", "immune"))


def dot(ax, x, y, colour=CYTOKINE, r=1.15):
    ax.add_patch(Circle((x, y), r, facecolor=colour, edgecolor="none", zorder=5))


def receptor(ax, x, y, angle, bound=False, blocked=False):
    """A cup on a stalk at a cell's edge; bound holds the cytokine, blocked a square of drug."""
    dx, dy = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    ax.plot([x, x + 1.7 * dx], [y, y + 1.7 * dy], color=INK, lw=2.2, solid_capstyle="butt", zorder=4)
    ax.add_patch(Ellipse((x + 2.2 * dx, y + 2.2 * dy), 3.0, 1.4, angle=angle + 90, facecolor=INK, edgecolor="none", zorder=4))
    if bound:
        dot(ax, x + 4.0 * dx, y + 4.0 * dy)
    if blocked:
        ax.add_patch(Rectangle((x + 4.0 * dx - 1.1, y + 4.0 * dy - 1.1), 2.2, 2.2, facecolor=DRUG, edgecolor="none", zorder=5))


def red_cell(ax, x, y, bound=()):
    ax.add_patch(Ellipse((x, y), 8.6, 4.4, facecolor=RED, alpha=0.28, edgecolor="none", zorder=2))
    ax.add_patch(Ellipse((x, y), 8.6, 4.4, facecolor="none", edgecolor=RED, lw=1.4, zorder=2))
    ax.add_patch(Ellipse((x, y), 3.6, 1.5, facecolor="none", edgecolor=RED, lw=1.0, zorder=2))
    for dx, dy in bound:
        dot(ax, x + dx, y + dy)


def platelet(ax, x, y, full=True):
    """A small spiked cell; full ones still hold their VEGF."""
    turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    radius = np.where(np.arange(16) % 2, 1.5, 2.3)
    ax.add_patch(Polygon(np.c_[x + radius * np.cos(turns), y + radius * np.sin(turns)], facecolor=PLATELET, alpha=0.3, edgecolor=PLATELET, lw=1.1, zorder=3))
    if full:
        dot(ax, x, y, PLATELET, 0.75)


def tube(ax, x, y, cap, height=20.0, width=13.0):
    """A tube with its cap; the lower third holds cells."""
    ax.add_patch(FancyBboxPatch((x - width / 2, y), width, height, boxstyle="round,pad=0,rounding_size=3", facecolor="none", edgecolor=INK, lw=1.6, zorder=4))
    ax.add_patch(Rectangle((x - width / 2 - 0.9, y + height - 1.2), width + 1.8, 3.6, facecolor=cap, edgecolor="none", zorder=5))
    ax.add_patch(FancyBboxPatch((x - width / 2 + 0.7, y + 0.7), width - 1.4, height * 0.3, boxstyle="round,pad=0,rounding_size=2.3", facecolor=RED, alpha=0.35, edgecolor="none", zorder=2))


def draw():
    fig, ax = sheet(5.6, 6.8, 1, 122.4, size=TEXT)
    band(ax, 81, 39, CELL, "heard")
    band(ax, 40, 38.6, RED, "blood")
    label(ax, 71.5, 74.8, "tube", RED, TEXT, weight="bold")
    band(ax, 4, 35, MUTED, "assay")

    # heard: a source, a gradient, a cell with receptors to spare
    ax.add_patch(Ellipse((15, 99), 17, 17, facecolor=TUMOUR, alpha=0.2, edgecolor="none", zorder=2))
    ax.add_patch(Ellipse((15, 99), 17, 17, facecolor="none", edgecolor=TUMOUR, lw=1.6, zorder=2))
    label(ax, 15, 99, "source", TUMOUR, SMALL, weight="bold")
    for x, y in ((26, 102), (27, 97), (30, 105.4), (31, 100), (30.5, 94), (36, 103), (37, 96.4), (43, 100.5), (50, 97)):
        dot(ax, x, y)
    label(ax, 41, 88.2, "a gradient as long as", MUTED, SMALL)
    label(ax, 41, 84.0, "takers are few", MUTED, SMALL)
    ax.add_patch(Circle((73, 99), 10.4, facecolor=CELL, alpha=0.18, edgecolor="none", zorder=2))
    ax.add_patch(Circle((73, 99), 10.4, facecolor="none", edgecolor=CELL, lw=1.6, zorder=3))
    kinds = {180: "bound", 212: "", 148: "", 244: "blocked", 116: "bound", 84: "", 52: "blocked", 20: "", 276: "", 308: "", 340: ""}
    for angle, kind in kinds.items():
        turn = math.radians(angle)
        receptor(ax, 73 + 10.4 * math.cos(turn), 99 + 10.4 * math.sin(turn), angle, kind == "bound", kind == "blocked")
    label(ax, 73, 103.2, "a few", INK, SMALL)
    label(ax, 73, 99, "bound are", INK, SMALL)
    label(ax, 73, 94.8, "enough", INK, SMALL)
    label(ax, 95.5, 115.6, "antagonist", DRUG, SMALL, weight="bold", ha="right")

    # blood: platelets, red cells, the two tubes
    arrow(ax, (18.4, 90.2), (21.4, 68.8), TUMOUR)
    red_cell(ax, 11, 62.6, ((-3.8, 1.6), (0.8, 2.4), (4.3, -0.8)))
    red_cell(ax, 21.5, 57.4, ((-2.8, -2.0), (3.8, 1.6)))
    label(ax, 16, 49.6, "red cells hold", RED, SMALL)
    label(ax, 16, 45.4, "IL-8", RED, SMALL)
    for x, y in ((33.5, 68.4), (39.5, 66.4), (36.6, 63.0)):
        platelet(ax, x, y)
    label(ax, 36.4, 73.4, "platelets", PLATELET, SMALL)
    tube(ax, 61, 47.2, CYTOKINE)
    tube(ax, 84, 47.2, PLATELET)
    for x, y in ((57.6, 55.6), (63.6, 57.0)):
        platelet(ax, x, y)
    dot(ax, 60.0, 62.0)
    for x, y in ((80.4, 54.6), (87.4, 55.4), (84.2, 53.4)):
        platelet(ax, x, y, full=False)
    dot(ax, 82.4, 62.2)
    for x, y in ((80.2, 59.6), (84.8, 58.8), (87.6, 61.4), (86.2, 63.8), (79.8, 63.4), (84.0, 64.6)):
        dot(ax, x, y, PLATELET, 0.9)
    label(ax, 61, 43.6, "plasma", INK, SMALL, weight="bold")
    label(ax, 84, 43.6, "serum", INK, SMALL, weight="bold")
    arrow(ax, (40, 57.2), (51.2, 57.2), INK)

    # assay: capture and detection, a calibration curve with its limit
    arrow(ax, (72.5, 47.0), (72.5, 34.6), INK)
    x0, y0 = 52, 11
    ax.plot([x0, x0, 95], [33.5, y0, y0], color=MUTED, lw=1.4, zorder=2)
    c = np.linspace(0, 1, 80)
    ax.plot(x0 + 1 + 41 * c, y0 + 1.4 + 19.5 / (1 + np.exp(-9 * (c - 0.6))), color=CYTOKINE, lw=2.4, zorder=3)
    ax.plot([67.5, 67.5], [y0, 31], color=INK, lw=1.2, ls=(0, (4, 3)), zorder=3)
    ax.add_patch(Rectangle((x0, y0), 15.5, 20, facecolor=MUTED, alpha=0.16, edgecolor="none", zorder=1))
    label(ax, 66.2, 27.4, "below", INK, SMALL, ha="right")
    label(ax, 66.2, 23.2, "the limit", INK, SMALL, ha="right")
    label(ax, 73.5, 7.2, "concentration", MUTED, SMALL)
    label(ax, 49.4, 22, "signal", MUTED, SMALL, rotation=90)
    ax.plot([8, 42], [12, 12], color=INK, lw=2, zorder=3)
    for i, x in enumerate((13, 25, 37)):
        ax.plot([x, x], [12, 16.2], color=INK, lw=2, zorder=3)
        ax.plot([x - 2, x, x + 2], [18.4, 16.2, 18.4], color=INK, lw=2, zorder=3)
        if i != 1:
            dot(ax, x, 19.4)
            ax.plot([x - 2, x, x + 2], [20.6, 22.8, 20.6], color=DRUG, lw=2, zorder=3)
            ax.plot([x, x], [22.8, 26.4], color=DRUG, lw=2, zorder=3)
            ax.add_patch(Circle((x, 27.6), 1.5, facecolor=DRUG, alpha=0.75, edgecolor="none", zorder=4))
    label(ax, 25, 7.2, "two antibodies", MUTED, SMALL)

    return save(fig, __file__)


if __name__ == "__main__":
    print(draw())
