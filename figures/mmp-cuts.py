"""Draw figures/mmp-cuts.svg: what MMPs cut at a tumour's rim, what follows for cells and vessels, and what an inhibitor stops.

Run with ``python figures/mmp-cuts.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Circle, Rectangle

from drawing import DRUG, INK, MUTED, SMALL, TEXT, arrow, block, box, label, pill, save, sheet
from soluble import style

MMP, VEGF, TUMOUR, IMMUNE = (style.colour(n) for n in ("MMP", "VEGF", "tumour", "immune"))


def cells(ax, places):
    for x, y in places:
        ax.add_patch(Circle((x, y), 3.4, facecolor=TUMOUR, alpha=0.15, edgecolor="none", zorder=2))
        ax.add_patch(Circle((x, y), 3.4, facecolor="none", edgecolor=TUMOUR, lw=1.4, zorder=3))


def matrix(ax, left, right, low, high, every):
    """Fibres across a place."""
    for k, y in enumerate(np.arange(low, high, every)):
        x = np.linspace(left, right, 40)
        ax.plot(x, y + 0.9 * np.sin(x / 3.1 + 1.7 * k), color=MUTED, lw=1.1, zorder=1)


def vessel(ax, y):
    for edge in (y - 3.6, y + 3.6):
        ax.plot([34, 98], [edge, edge], color=INK, lw=1.6, zorder=3)
    ax.add_patch(Rectangle((34, y - 3.6), 64, 7.2, facecolor=VEGF, alpha=0.12, edgecolor="none", zorder=1))
    label(ax, 66, y - 0.1, "vessel", INK, TEXT, weight="bold", zorder=4)


def draw():
    fig, ax = sheet(5.6, 6.1, 0, 108)

    # who makes them, who stops them
    cells(ax, [(9, 98), (16, 100.5), (12.5, 92.4), (20, 94.4)])
    label(ax, 25.5, 103.6, "tumour cells", TUMOUR, SMALL, ha="left", weight="bold")
    label(ax, 25.5, 98.6, "and the stroma that they call", INK, SMALL, ha="left")
    box(ax, 50, 84, "MMPs", MMP, 20, 7.4)
    arrow(ax, (24, 93.2), (39.4, 86.6), MMP)
    box(ax, 84, 90.5, "TIMP", INK, 18)
    block(ax, (74.6, 89.4), (61.6, 86), INK)
    pill(ax, 84, 79, "inhibitor", 26)
    block(ax, (70.6, 79.8), (61.6, 82.2))

    # what they cut
    for x, head, first, second in (
        (17, "a way", "matrix that", "stands in it"),
        (50, "VEGF", "bound to matrix,", "set free"),
        (83, "fragments", "of collagen and", "plasminogen"),
    ):
        colour = {"VEGF": VEGF, "fragments": IMMUNE}.get(head, TUMOUR)
        arrow(ax, (50 + (x - 50) * 0.2, 79.6), (50 + (x - 50) * 0.86, 68.6), MMP)
        label(ax, x, 64.4, head, colour, TEXT, weight="bold")
        label(ax, x, 59.2, first, INK, SMALL)
        label(ax, x, 54.8, second, INK, SMALL)

    # what follows
    matrix(ax, 3, 10.6, 16, 47, 3.4)
    matrix(ax, 21, 31, 16, 47, 3.4)
    cells(ax, [(15.8, 44), (15.8, 35.6), (15.8, 27.2)])
    arrow(ax, (15.8, 22.6), (15.8, 13.4), TUMOUR)
    cells(ax, [(27, 40)])
    arrow(ax, (27.4, 35.8), (25.8, 14), TUMOUR, bend=-0.25, line=(0, (3, 2)))
    label(ax, 17, 8.6, "cleared, or through", INK, SMALL)
    label(ax, 17, 4.2, "gaps without MMP", INK, SMALL)
    vessel(ax, 24)
    arrow(ax, (50, 51), (50, 29), VEGF, width=2.2)
    block(ax, (83, 51), (83, 29.2), IMMUNE, width=2.4)
    label(ax, 52.4, 42.6, "grows", VEGF, SMALL, ha="left", weight="bold")
    label(ax, 80.6, 35.6, "held back", IMMUNE, SMALL, ha="right", weight="bold")
    label(ax, 66, 12.6, "an inhibitor takes away both,", INK, SMALL)
    label(ax, 66, 8.0, "not at the same dose", INK, SMALL)
    return save(fig, __file__)


if __name__ == "__main__":
    print(draw())
