"""Draw figures/il8-circuit.svg: CXCR2 in marrow, blood and tumour, what IL-8 adds to it, and where two drugs act.

Run with ``python figures/il8-circuit.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

import math

from matplotlib.patches import Circle, Ellipse

from drawing import HEAD, INK, MUTED, SMALL, TEXT, arrow, band, block, label, pill, save, sheet
from soluble import style

IL8, TUMOUR, RED, OTHER = (style.colour(n) for n in ("IL-8", "tumour", "IL-1beta", "VEGF"))


def chemokine(ax, x, y, colour=IL8, r=1.25):
    ax.add_patch(Circle((x, y), r, facecolor=colour, edgecolor="none", zorder=4))


def neutrophil(ax, x, y, r=4.2):
    """A round cell with a nucleus of three lobes."""
    ax.add_patch(Circle((x, y), r, facecolor=INK, alpha=0.22, edgecolor="none", zorder=2))
    ax.add_patch(Circle((x, y), r, facecolor="none", edgecolor=INK, lw=1.6, zorder=3))
    for dx, dy in ((-1.4, 0.7), (0.2, -1.2), (1.5, 0.9)):
        ax.add_patch(Circle((x + dx, y + dy), 1.15, facecolor=INK, edgecolor="none", zorder=3))


def receptor(ax, x, y, angle, colour=INK):
    """A cup on a short stalk, standing off a cell's edge at x, y."""
    dx, dy = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    ax.plot([x, x + 1.6 * dx], [y, y + 1.6 * dy], color=colour, lw=2.2, solid_capstyle="butt", zorder=4)
    ax.add_patch(Ellipse((x + 2.1 * dx, y + 2.1 * dy), 3.0, 1.4, angle=angle + 90, facecolor=colour, edgecolor="none", zorder=4))


def red_cell(ax, x, y, bound=()):
    ax.add_patch(Ellipse((x, y), 8.6, 4.4, facecolor=RED, alpha=0.28, edgecolor="none", zorder=2))
    ax.add_patch(Ellipse((x, y), 8.6, 4.4, facecolor="none", edgecolor=RED, lw=1.4, zorder=2))
    ax.add_patch(Ellipse((x, y), 3.6, 1.5, facecolor="none", edgecolor=RED, lw=1.0, zorder=2))
    for dx, dy in bound:
        chemokine(ax, x + dx, y + dy)


def draw():
    fig, ax = sheet(5.6, 6.6, 2.5, 117.5, size=TEXT)
    band(ax, 95, 21, OTHER, "marrow")
    band(ax, 56, 31, RED, "blood")
    band(ax, 4, 44, TUMOUR, "tumour")

    # marrow: CXCR2 and chemokines that are there without a tumour
    neutrophil(ax, 24, 102.5)
    receptor(ax, 28.2, 103.0, 8)
    for x, y in ((33.4, 104.4), (36.4, 101.8), (37.5, 105.6)):
        chemokine(ax, x, y, OTHER)
    label(ax, 41, 105.6, "CXCL1, CXCL2", OTHER, SMALL, ha="left")
    label(ax, 41, 101.2, "of the marrow itself", OTHER, SMALL, ha="left")
    label(ax, 29, 110.6, "CXCR2", INK, SMALL)
    arrow(ax, (24, 97.6), (24, 80.6), INK)
    label(ax, 22, 91.2, "release", INK, SMALL, ha="right")

    # blood: the count that is measured, red cells, dilute IL-8
    neutrophil(ax, 24, 75.6)
    neutrophil(ax, 14.5, 68.4)
    label(ax, 20, 60.6, "neutrophil count", INK, SMALL, weight="bold")
    red_cell(ax, 55, 78.6, ((-4.6, 1.2), (1.2, 2.5), (4.5, -1.0)))
    red_cell(ax, 66.5, 73.4, ((-3.2, -2.0), (3.6, 1.8)))
    label(ax, 72.8, 79.6, "red cells hold", RED, SMALL, ha="left")
    label(ax, 72.8, 75.6, "most of it", RED, SMALL, ha="left")
    for x, y in ((51, 67.4), (57.5, 66.2), (63.8, 67.6)):
        chemokine(ax, x, y)
    label(ax, 57.4, 60.6, "plasma IL-8", INK, SMALL, weight="bold")
    arrow(ax, (57.4, 44.4), (57.4, 57.8), IL8)

    # tumour: two receptors, several chemokines, what neutrophils do
    arrow(ax, (24, 57.4), (24, 39.4), INK)
    label(ax, 22, 51.9, "entry", INK, SMALL, ha="right")
    neutrophil(ax, 24, 33.6, 4.6)
    receptor(ax, 28.5, 35.4, 22)
    receptor(ax, 28.6, 31.9, -16)
    label(ax, 28.9, 40.4, "CXCR1", INK, SMALL, ha="left")
    label(ax, 28.9, 26.6, "CXCR2", INK, SMALL, ha="left")
    for x, y in ((34.6, 36.8), (44.6, 38.4), (49.4, 36.4), (54.0, 38.6), (58.2, 36.6)):
        chemokine(ax, x, y)
    label(ax, 47.6, 42.2, "IL-8", IL8, HEAD, weight="bold")
    for x, y in ((34.8, 30.6), (43.4, 31.8), (48.6, 30.0), (53.6, 31.8)):
        chemokine(ax, x, y, OTHER)
    label(ax, 53.4, 26.4, "CXCL1, 5, 7", OTHER, SMALL)
    ax.add_patch(Ellipse((77, 33.6), 24, 12.4, facecolor=TUMOUR, alpha=0.2, edgecolor="none", zorder=2))
    ax.add_patch(Ellipse((77, 33.6), 24, 12.4, facecolor="none", edgecolor=TUMOUR, lw=1.6, zorder=2))
    label(ax, 77, 33.6, "tumour cells", TUMOUR, SMALL, weight="bold")
    arrow(ax, (65.4, 35.8), (60.6, 37.0), IL8)
    arrow(ax, (65.0, 31.8), (56.2, 31.2), OTHER)
    label(ax, 24, 20.2, "NETs, elastase,", INK, SMALL)
    label(ax, 24, 16.1, "vessels", INK, SMALL)
    arrow(ax, (24, 28.6), (24, 23.0), INK)
    ax.add_patch(Circle((76, 12.6), 5.4, facecolor=MUTED, alpha=0.2, edgecolor="none", zorder=2))
    ax.add_patch(Circle((76, 12.6), 5.4, facecolor="none", edgecolor=MUTED, lw=1.6, zorder=2))
    label(ax, 76, 12.6, "T cell", INK, SMALL)
    block(ax, (76, 18.4), (76, 26.4), MUTED, width=1.8)
    label(ax, 78.6, 22.0, "kills", MUTED, SMALL, ha="left")
    block(ax, (34.5, 14.6), (69.2, 12.6), INK, 0.06, 1.8)
    label(ax, 52, 17.2, "held back?", INK, SMALL, weight="bold")

    # drugs
    pill(ax, 52, 91.2, "CXCR2 antagonist", 39)
    block(ax, (32.2, 91.2), (25.6, 91.2))
    pill(ax, 85, 65.4, "anti-IL-8", 24)
    block(ax, (72.8, 65.8), (67.0, 66.8))
    block(ax, (85, 62.8), (60.2, 40.8), bend=-0.1)
    block(ax, (45, 88.6), (25.8, 52.6), bend=-0.24)

    return save(fig, __file__)


if __name__ == "__main__":
    print(draw())
