"""Draw figures/ccl21-paths.svg: three kinds of cells with CCR7, the two sources of CCL21 that they may follow, and how a cell reads a slope.

Run with ``python figures/ccl21-paths.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

import math

import numpy as np
from matplotlib.patches import Circle, Ellipse

from drawing import DRUG, INK, MUTED, TEXT, arrow, band, label, save, sheet
from soluble import style

CCL21, IMMUNE, TUMOUR, BLOOD = (style.colour(n) for n in ("CCL21", "immune", "tumour", "IL-1beta"))


def cell(ax, x, y, r, colour):
    ax.add_patch(Circle((x, y), r, facecolor=colour, alpha=0.22, edgecolor="none", zorder=2))
    ax.add_patch(Circle((x, y), r, facecolor="none", edgecolor=colour, lw=1.6, zorder=3))


def dendritic(ax, x, y, colour=IMMUNE, r=2.5):
    """A cell with arms."""
    for k in range(7):
        a = 2 * math.pi * k / 7 + 0.3
        ax.plot([x + 0.8 * r * math.cos(a), x + 1.9 * r * math.cos(a + 0.15)], [y + 0.8 * r * math.sin(a), y + 1.9 * r * math.sin(a + 0.15)], color=colour, lw=2.4, solid_capstyle="round", zorder=2)
    cell(ax, x, y, r, colour)


def tumour_cell(ax, x, y, r=3.6):
    cell(ax, x, y, r, TUMOUR)
    ax.add_patch(Ellipse((x + 0.4, y - 0.2), 1.0 * r, 0.8 * r, facecolor=TUMOUR, alpha=0.7, edgecolor="none", zorder=3))


def molecule(ax, x, y, colour=CCL21, r=0.85):
    ax.add_patch(Circle((x, y), r, facecolor=colour, edgecolor="none", zorder=4))


def fibre(ax, x, y, length, angle):
    """A strand of matrix."""
    t = np.linspace(-0.5, 0.5, 40)
    u, v = length * t, 0.7 * np.sin(3 * math.pi * t)
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    ax.plot(x + c * u - s * v, y + s * u + c * v, color=MUTED, lw=1.4, alpha=0.8, zorder=1)
    return lambda share: (x + c * length * share, y + s * length * share)


def draw():
    fig, ax = sheet(5.6, 6.6, 1.5, 119)
    band(ax, 101, 16.5, BLOOD, "blood vessel")
    band(ax, 60, 38, TUMOUR, "tumour nest")
    band(ax, 4, 20, MUTED, "lymphatic vessel", drop=6.2)

    # T cells from blood
    for x, y in ((48, 109.6), (57, 106.6), (66, 110.4)):
        cell(ax, x, y, 2.7, INK)
    label(ax, 72, 109.4, "T cells", INK, weight="bold", ha="left")
    arrow(ax, (57, 103.0), (57, 89.0), INK, line=(0, (4, 2)))
    label(ax, 59.5, 95.2, "in, to a source inside", INK, ha="left")

    # the nest
    for x, y in ((12, 83.4), (21, 86), (16, 75.6), (25, 78)):
        tumour_cell(ax, x, y, 4)
    label(ax, 18.5, 67.4, "tumour cells", TUMOUR, weight="bold")
    dendritic(ax, 45, 78, r=3)
    label(ax, 46, 67.4, "dendritic cell", IMMUNE, weight="bold")
    dendritic(ax, 81, 82, DRUG, 3)
    for x, y in ((72.5, 86), (73, 79.6), (76, 90), (82.6, 91), (89.5, 87.6), (90.4, 79.4), (67.6, 82.6), (65, 87), (63.6, 79.4)):
        molecule(ax, x, y, r=1.0)
    label(ax, 81, 71.6, "vaccine: injected", DRUG, weight="bold")
    label(ax, 81, 67.4, "cell with CCL21", DRUG, weight="bold")

    # the stroma: bound on fibres, soluble between
    for x, y, length, angle, bound in ((12, 33, 16, 12, (-0.3, -0.05, 0.25)), (34, 31, 20, -6, (-0.4, -0.2, 0.05, 0.3)), (62, 32, 22, 8, (-0.4, -0.2, 0.05, 0.3)), (88, 33, 16, -8, (-0.3, 0, 0.3)), (31, 43, 14, -10, (0.1,)), (60, 40.5, 16, 6, (-0.1,)), (12, 51, 14, 6, ()), (33, 53.5, 14, -4, ())):
        at = fibre(ax, x, y, length, angle)
        for share in bound:
            molecule(ax, *at(share), r=1.0)
    for x, y in ((7, 27.4), (15, 28.4), (24, 26.6), (32, 36), (38, 26.4), (53, 26.8), (55, 36.6), (67, 27), (75, 27.6), (77, 35), (84, 27), (93, 27.4), (8, 40.4)):
        molecule(ax, x, y, r=0.65)
    arrow(ax, (19, 63.4), (19, 25.4), TUMOUR)
    arrow(ax, (46, 63.4), (46, 25.4), IMMUNE)
    label(ax, 48.5, 58.2, "with antigen", IMMUNE, ha="left")

    # how a cell reads a slope
    x, y, r = 75, 48, 6
    cell(ax, x, y, r, INK)
    ax.plot([x - r - 2, x + r + 2], [y, y], color=INK, lw=1.2, ls=(0, (2, 2)), zorder=4)
    for k in range(12):
        a = 2 * math.pi * (k + 0.5) / 12
        ax.add_patch(Circle((x + r * math.cos(a), y + r * math.sin(a)), 1.2, facecolor=CCL21 if 6 <= k <= 10 or k == 2 else "none", edgecolor=CCL21, lw=1.4, zorder=5))
    label(ax, 85, 51.8, "fewer", CCL21, ha="left")
    label(ax, 85, 44.4, "more", CCL21, ha="left")
    label(ax, 66.6, 51.6, "CCR7", INK, ha="right")
    label(ax, 66.6, 47.4, "occupied", INK, ha="right")

    # the vessel
    for x in np.linspace(7, 93, 15):
        molecule(ax, x, 22.4, r=1.0)
    label(ax, 5, 8.2, "makes CCL21", CCL21, ha="left", weight="bold")
    tumour_cell(ax, 43, 11.6, 3.6)
    dendritic(ax, 57, 11.6, r=2.6)
    arrow(ax, (65, 11.6), (75, 11.6), INK)
    label(ax, 86, 13.6, "lymph", INK, TEXT, weight="bold")
    label(ax, 86, 9.2, "node", INK, TEXT, weight="bold")

    return save(fig, __file__)


if __name__ == "__main__":
    print(draw())
