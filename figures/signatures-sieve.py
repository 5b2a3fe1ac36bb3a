"""Draw figures/signatures-sieve.svg: how a marker in blood comes from tumour and host, and how a paper comes from many markers and cuts.

Run with ``python figures/signatures-sieve.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Circle, Polygon, Rectangle

from drawing import INK, MUTED, SMALL, TEXT, arrow, band, box, label, save, sheet
from soluble import style

TUMOUR, HOST, MARKER, GOOD = (style.colour(n) for n in ("tumour", "IL-6", "IL-8", "immune"))


def steps(ax, x, y, falls, colour, line="-"):
    """A survival curve in little: a staircase that falls at each of ``falls``."""
    xs, ys = [x], [y]
    for dx, dy in falls:
        xs += [xs[-1] + dx, xs[-1] + dx]
        ys += [ys[-1], ys[-1] - dy]
    xs.append(xs[-1] + 3)
    ys.append(ys[-1])
    ax.plot(xs, ys, color=colour, lw=2.2, ls=line, zorder=4)


def draw():
    fig, ax = sheet(5.6, 6.9, 0, 123, size=TEXT)
    band(ax, 78, 43, TUMOUR, "the patient")
    band(ax, 38, 37, MARKER, "the analysis")
    band(ax, 3, 32, MUTED, "the literature")

    # the patient: what makes the marker also shortens life; the arrow from marker to death is the one in doubt
    box(ax, 20, 108, "tumour burden", TUMOUR, 32)
    box(ax, 20, 95.6, "host: illness", HOST, 32)
    label(ax, 21.6, 89.4, "age, infection, weight", MUTED, SMALL)
    box(ax, 61, 108, "marker in blood", MARKER, 34)
    box(ax, 83, 87, "death", INK, 18)
    arrow(ax, (36.6, 108), (43.4, 108), TUMOUR)
    arrow(ax, (36.6, 97.4), (47, 104.2), HOST)
    arrow(ax, (36.6, 94.4), (73.4, 88), HOST)
    arrow(ax, (33, 104.2), (73.6, 90.4), TUMOUR)
    arrow(ax, (72, 104.2), (83, 90.8), MARKER, line=(0, (3, 2.4)))
    label(ax, 82.6, 98.6, "?", MARKER, 20, weight="bold")
    label(ax, 50, 81.6, "prognostic: it goes with death, by whatever way", INK, SMALL)

    # the analysis: many markers, many cuts, one best
    rng = np.random.default_rng(4)
    for i in range(6):
        x = 9 + 7.2 * i
        ax.plot([x, x], [47.5, 66], color=MUTED, lw=1, zorder=2)
        heights = np.sort(48.4 + 17 * rng.random(7))
        for y in heights:
            ax.add_patch(Circle((x, y), 0.85, facecolor=MARKER if i == 3 else MUTED, alpha=1 if i == 3 else 0.55, edgecolor="none", zorder=3))
        for y in (heights[:-1] + heights[1:]) / 2:
            ax.plot([x - 2.3, x + 2.3], [y, y], color=INK, lw=0.9, alpha=0.45, zorder=2)
    ax.plot([9 + 21.6 - 3.4, 9 + 21.6 + 3.4], [59.4, 59.4], color=INK, lw=2.4, zorder=4)
    label(ax, 27, 43.2, "many markers, many cuts", MUTED, SMALL)
    arrow(ax, (51.4, 57), (60, 57), INK)
    label(ax, 55.6, 60.8, "best", INK, SMALL, weight="bold")
    ax.plot([63, 63, 93], [68, 47.5, 47.5], color=MUTED, lw=1.3, zorder=2)
    steps(ax, 63, 67, ((3, 2.6), (4, 3), (3, 3.4), (4, 3.6), (4, 2.6), (3, 2.2)), MARKER)
    steps(ax, 63, 67, ((6, 1.8), (5, 2.2), (6, 2.4), (5, 2)), GOOD, (0, (4, 2)))
    label(ax, 90, 62.4, "low", GOOD, SMALL, weight="bold")
    label(ax, 90, 52.4, "high", MARKER, SMALL, weight="bold")
    label(ax, 78, 43.2, "one pair of curves", MUTED, SMALL)

    # the literature: studies true and untrue, a sieve, and what is read; then other patients
    dots = [(8, 24), (13, 17), (15, 26), (20, 21), (10, 11.5), (22, 13), (17, 9.6), (25, 25.6), (27, 17.4)]
    seen = {1, 3, 7}
    for i, (x, y) in enumerate(dots):
        ax.add_patch(Circle((x, y), 1.9, facecolor=MARKER if i in seen else "none", edgecolor=MARKER if i in seen else MUTED, lw=1.4, zorder=3))
    ax.add_patch(Polygon([(33, 29), (40, 22), (40, 14), (33, 7)], closed=True, facecolor=INK, alpha=0.1, edgecolor="none", zorder=2))
    for y in (9.5, 13.5, 17.5, 21.5, 25.5):
        ax.plot([36.2, 36.2], [y - 0.9, y + 0.9], color=INK, lw=2.4, zorder=3)
    label(ax, 35, 5.2, "p < 0.05", INK, SMALL, weight="bold")
    for y in (21, 18, 15):
        ax.add_patch(Circle((46, y), 1.9, facecolor=MARKER, edgecolor="none", zorder=3))
    label(ax, 47, 25.4, "published", INK, SMALL)
    arrow(ax, (50.4, 18), (58, 18), INK)
    ax.plot([74, 74], [8, 29], color=MUTED, lw=1.2, zorder=2)
    for y, x, half, colour in ((26, 86, 7, MARKER), (19, 81.6, 4.6, MARKER), (12, 77.4, 2.6, GOOD)):
        ax.plot([x - half, x + half], [y, y], color=colour, lw=1.8, zorder=3)
        ax.add_patch(Rectangle((x - 1.1, y - 1.1), 2.2, 2.2, facecolor=colour, edgecolor="none", zorder=4))
    label(ax, 72.6, 26, "found", INK, SMALL, ha="right")
    label(ax, 72.6, 19, "again", INK, SMALL, ha="right")
    label(ax, 72.6, 12, "large, new", INK, SMALL, ha="right")
    label(ax, 84, 5.8, "ratio of hazards", MUTED, SMALL)
    return save(fig, __file__)


if __name__ == "__main__":
    print(draw())
