"""Draw figures/network-tissue.svg: a tumour among the cells around it, and some of the mediators that run between them.

Run with ``python figures/network-tissue.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

import math
from pathlib import Path

from matplotlib.patches import Circle, Ellipse, FancyBboxPatch, Polygon

from drawing import INK, MUTED, arrow, block, label, save, sheet
from soluble import style

TUMOUR, IMMUNE, BLOOD = (style.colour(n) for n in ("tumour", "immune", "IL-1beta"))
SMALL, TEXT = 15, 16


def cell(ax, x, y, w, h, colour, nucleus=True, angle=0.0):
    """An oval cell with its nucleus."""
    for fill in ({"facecolor": colour, "alpha": 0.2, "edgecolor": "none"}, {"facecolor": "none", "edgecolor": colour, "lw": 1.6}):
        ax.add_patch(Ellipse((x, y), w, h, angle=angle, zorder=2, **fill))
    if nucleus:
        ax.add_patch(Ellipse((x, y), 0.42 * w, 0.42 * h, angle=angle, facecolor=colour, alpha=0.55, edgecolor="none", zorder=2))


def neutrophil(ax, x, y, r=4.0):
    """A round cell with a nucleus of three lobes."""
    cell(ax, x, y, 2 * r, 2 * r, INK, nucleus=False)
    for dx, dy in ((-1.4, 0.7), (0.2, -1.2), (1.5, 0.9)):
        ax.add_patch(Circle((x + dx, y + dy), 1.15, facecolor=INK, edgecolor="none", zorder=3))


def spindle(ax, x, y, length, colour):
    """A fibroblast: long, pointed at both ends."""
    points = [(x - length / 2, y), (x, y + 2.6), (x + length / 2, y), (x, y - 2.6)]
    ax.add_patch(Polygon(points, closed=True, facecolor=colour, alpha=0.22, edgecolor="none", joinstyle="round", zorder=2))
    ax.add_patch(Polygon(points, closed=True, facecolor="none", edgecolor=colour, lw=1.6, joinstyle="round", zorder=2))
    ax.add_patch(Ellipse((x, y), 5, 1.9, facecolor=colour, alpha=0.55, edgecolor="none", zorder=2))


def starry(ax, x, y, r, colour, arms=7):
    """A cell with arms: a macrophage or a dendritic cell."""
    points = []
    for i in range(2 * arms):
        reach = r * (1.25 if i % 2 == 0 else 0.72)
        turn = math.pi * i / arms + 0.25
        points.append((x + reach * math.cos(turn), y + reach * math.sin(turn)))
    ax.add_patch(Polygon(points, closed=True, facecolor=colour, alpha=0.2, edgecolor="none", joinstyle="round", zorder=2))
    ax.add_patch(Polygon(points, closed=True, facecolor="none", edgecolor=colour, lw=1.6, joinstyle="round", zorder=2))
    ax.add_patch(Circle((x, y), 0.42 * r, facecolor=colour, alpha=0.55, edgecolor="none", zorder=2))


def vessel(ax, y, height, colour, name, x=5.0):
    """A vessel that runs through the whole picture."""
    ax.add_patch(FancyBboxPatch((2, y), 96, height, boxstyle="round,pad=0,rounding_size=3", facecolor=colour, alpha=0.1, edgecolor="none", zorder=0))
    label(ax, x, y + height / 2, name, colour, TEXT, weight="bold", ha="left")


def draw() -> Path:
    fig, ax = sheet(7.2, 7.3, 3, 102, size=SMALL)
    med = {name: style.colour(name) for name in ("IL-6", "IL-8", "IL-10", "CXCL12", "CCL21", "VEGF", "TGF-beta", "MMP", "CRP")}

    vessel(ax, 89, 12, med["CCL21"], "node-like vessel")
    vessel(ax, 12, 13, BLOOD, "blood")

    # the tumour
    for x, y in ((43, 52), (52, 56), (60, 51), (47, 44), (56, 43.5)):
        cell(ax, x, y, 11, 9.4, TUMOUR)
    label(ax, 51.5, 36.6, "tumour cells", TUMOUR, weight="bold")

    # T cells and dendritic cell, called in or held off
    cell(ax, 44, 95, 6.4, 6.4, IMMUNE)
    label(ax, 52.4, 86.6, "CCL21", med["CCL21"], weight="bold")
    arrow(ax, (44, 91.4), (44, 83.8), med["CCL21"])
    cell(ax, 44, 79.6, 7.6, 7.6, IMMUNE)
    label(ax, 36, 79.6, "T cell", IMMUNE, ha="right", weight="bold")
    arrow(ax, (46, 75.2), (49.6, 63.4), IMMUNE)
    label(ax, 45.6, 70.6, "IFN-γ", IMMUNE, ha="right")
    label(ax, 45.6, 66.4, "raises PD-L1", MUTED, ha="right")
    starry(ax, 82, 79.6, 4.8, IMMUNE)
    label(ax, 82, 72.0, "dendritic cell,", IMMUNE, weight="bold")
    label(ax, 82, 67.8, "macrophage", IMMUNE, weight="bold")
    arrow(ax, (75.4, 79.6), (49.4, 79.6), IMMUNE)
    label(ax, 63, 82.4, "CXCL9, CXCL10", IMMUNE)

    # fibroblasts
    spindle(ax, 14, 60, 22, MUTED)
    spindle(ax, 13, 52.4, 20, MUTED)
    label(ax, 11.6, 46.4, "fibroblasts", MUTED, weight="bold")
    arrow(ax, (25.4, 54), (36.6, 52.4), med["IL-6"])
    label(ax, 30.4, 48.4, "IL-6", med["IL-6"], weight="bold")
    label(ax, 31.4, 44.0, "EMT, growth", MUTED)
    block(ax, (18, 63.4), (38.6, 76.4), med["CXCL12"], bend=-0.14)
    label(ax, 21, 72.6, "CXCL12", med["CXCL12"], weight="bold")

    # cells that hold T cells back
    cell(ax, 88, 57, 7.6, 7.6, MUTED)
    label(ax, 88, 50.4, "regulatory", MUTED, weight="bold")
    label(ax, 88, 46.2, "T cell", MUTED, weight="bold")
    arrow(ax, (66.6, 52.6), (82.2, 55.8), med["IL-10"])
    label(ax, 62.4, 58.6, "IL-10, TGF-β", med["IL-10"], weight="bold", ha="left")
    block(ax, (83.6, 60.8), (49.8, 75.6), MUTED, bend=-0.1)
    starry(ax, 87, 38, 4.6, MUTED)
    label(ax, 87, 30.4, "MDSC", MUTED, weight="bold")
    arrow(ax, (64, 43), (80.4, 38.8), MUTED)
    label(ax, 70.6, 37.2, "CCL2, IL-6", MUTED)

    # blood: neutrophils come, vessels sprout
    neutrophil(ax, 36, 18.5)
    arrow(ax, (47, 33.4), (38.8, 23.4), med["IL-8"])
    label(ax, 37.4, 30.0, "IL-8, CXCL1", med["IL-8"], weight="bold", ha="right")
    arrow(ax, (56.6, 33.4), (62, 25.6), med["VEGF"])
    label(ax, 61.4, 30.6, "VEGF, bFGF", med["VEGF"], weight="bold", ha="left")
    label(ax, 65.6, 18.5, "new vessels", BLOOD)
    arrow(ax, (40.6, 18.5), (55.4, 18.5), med["MMP"])
    label(ax, 48, 21.2, "MMP-9", med["MMP"])

    # what reaches the whole body
    label(ax, 20, 5.6, "liver", med["CRP"], TEXT, weight="bold")
    arrow(ax, (46, 7.6), (25, 5.8), med["IL-6"], bend=0.05)
    label(ax, 52, 8.0, "IL-6", med["IL-6"], weight="bold")
    arrow(ax, (16, 8.4), (12, 14.4), med["CRP"])
    label(ax, 11.4, 9.6, "CRP", med["CRP"], ha="right", weight="bold")

    return save(fig, __file__)


if __name__ == "__main__":
    print(draw())
