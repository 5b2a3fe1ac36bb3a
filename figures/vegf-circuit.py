"""Draw figures/vegf-circuit.svg: where VEGF comes from, what it binds, what it does to vessels and to T cells, and the way round it.

Run with ``python figures/vegf-circuit.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

from matplotlib.patches import Circle, Rectangle

from drawing import DRUG, INK, MUTED, SMALL, TEXT, arrow, block, box, label, save, sheet
from soluble import style

VEGF, BFGF, TUMOUR, IMMUNE, NRP = (style.colour(n) for n in ("VEGF", "bFGF", "tumour", "immune", "IL-10"))


def tumour(ax, x, y):
    """A nodule of cells, the inner ones far from vessels."""
    for dx, dy in ((0, 0), (6, 2.2), (-6, 2.0), (3.4, -4.6), (-3.6, -4.6), (0.2, 5.6), (9, -3.2), (-9.2, -3.0)):
        ax.add_patch(Circle((x + dx, y + dy), 3.3, facecolor=TUMOUR, alpha=0.15, edgecolor="none", zorder=2))
        ax.add_patch(Circle((x + dx, y + dy), 3.3, facecolor="none", edgecolor=TUMOUR, lw=1.4, zorder=3))


def vessel(ax, y):
    """A vessel across the picture, with its endothelial cells."""
    for edge in (y - 4, y + 4):
        ax.plot([2, 98], [edge, edge], color=INK, lw=1.6, zorder=3)
    ax.add_patch(Rectangle((2, y - 4), 96, 8, facecolor=VEGF, alpha=0.12, edgecolor="none", zorder=1))
    label(ax, 50, y - 0.1, "vessel", INK, TEXT, weight="bold", zorder=4)


def receptor(ax, x, y, text, colour):
    ax.plot([x, x], [y, y + 4.4], color=colour, lw=2.6, zorder=4)
    ax.plot([x - 1.9, x, x + 1.9], [y + 6.6, y + 4.4, y + 6.6], color=colour, lw=2.6, zorder=4, solid_joinstyle="round")
    label(ax, x, y + 9.6, text, colour, SMALL, weight="bold")


def draw():
    fig, ax = sheet(5.6, 6.0, 1, 108)

    # the tumour, and what it makes
    tumour(ax, 20, 95)
    label(ax, 34, 102.6, "tumour, short of oxygen", TUMOUR, SMALL, ha="left", weight="bold")
    box(ax, 42, 83, "VEGF", VEGF, 18)
    arrow(ax, (28, 91), (35, 86.6), VEGF)
    box(ax, 14, 75, "bFGF", BFGF, 18)
    arrow(ax, (16, 86.4), (14.6, 78.8), BFGF, line=(0, (3, 2)))
    box(ax, 80, 83, "bevacizumab", DRUG, 33)
    block(ax, (63, 83), (52.2, 83), DRUG)

    # receptors on the vessel
    vessel(ax, 50)
    receptor(ax, 32, 54.2, "VEGFR2", VEGF)
    receptor(ax, 54, 54.2, "neuropilin-1", NRP)
    receptor(ax, 80, 54.2, "VEGFR1", MUTED)
    ax.plot([34.4, 51.6], [60.2, 60.2], color=VEGF, lw=2.2, ls=(0, (1, 1.2)), zorder=4)
    arrow(ax, (38, 79.4), (32.8, 66.4), VEGF)
    arrow(ax, (45, 79.4), (53, 66.4), VEGF)
    arrow(ax, (50, 79.8), (75.6, 66.4), VEGF)
    label(ax, 90.5, 57.6, "decoy", MUTED, SMALL)
    arrow(ax, (13.4, 71.4), (13.4, 54.6), BFGF, line=(0, (3, 2)))
    label(ax, 15.2, 60.4, "the way", BFGF, SMALL, ha="left")
    label(ax, 15.2, 56.4, "round?", BFGF, SMALL, ha="left")

    # what follows
    for x, name, colour in ((17, "growth", TUMOUR), (50, "CD8 cells", IMMUNE), (83, "dendritic cells", IMMUNE)):
        box(ax, x, 21, name, colour, 22 if x < 60 else 32)
    arrow(ax, (17, 45.6), (17, 25), INK)
    block(ax, (44, 45.6), (46, 25), VEGF)
    label(ax, 47.2, 40.2, "by VEGF:", VEGF, SMALL, ha="left")
    label(ax, 47.2, 35.6, "PD-1, TOX,", VEGF, SMALL, ha="left")
    label(ax, 47.2, 31.0, "FasL", VEGF, SMALL, ha="left")
    block(ax, (74, 45.6), (80, 25), VEGF)
    label(ax, 79.4, 38.4, "by VEGF:", VEGF, SMALL, ha="left")
    label(ax, 79.8, 33.8, "immature", VEGF, SMALL, ha="left")
    label(ax, 18.6, 35.6, "food, oxygen,", INK, SMALL, ha="left")
    label(ax, 18.6, 31.2, "way out", INK, SMALL, ha="left")
    label(ax, 50, 9.4, "fewer vessels starve a tumour; better ones feed it,", INK, SMALL)
    label(ax, 50, 4.8, "and let drugs and T cells in", INK, SMALL)

    return save(fig, __file__)


if __name__ == "__main__":
    print(draw())
