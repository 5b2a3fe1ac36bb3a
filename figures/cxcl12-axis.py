"""Draw figures/cxcl12-axis.svg: how CXCL12 docks at CXCR4, where ACKR3 takes it away, and what the axis does in three places.

Run with ``python figures/cxcl12-axis.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

from matplotlib.patches import Circle, Ellipse, Rectangle

from drawing import DRUG, HEAD, INK, MUTED, SMALL, arrow, band, block, label, save, sheet
from soluble import style

CXCL12, ACKR3, TUMOUR, IMMUNE, PLACE = (style.colour(n) for n in ("CXCL12", "TGF-beta", "tumour", "immune", "VEGF"))


def cell(ax, x, y, rx, ry, colour, text=""):
    ax.add_patch(Ellipse((x, y), 2 * rx, 2 * ry, facecolor=colour, alpha=0.2, edgecolor="none", zorder=2))
    ax.add_patch(Ellipse((x, y), 2 * rx, 2 * ry, facecolor="none", edgecolor=colour, lw=1.6, zorder=3))
    label(ax, x, y, text, INK, SMALL, zorder=4)


def chemokine(ax, x, y, tail=None):
    """CXCL12: a body, and the end that docks."""
    ax.add_patch(Circle((x, y), 1.5, facecolor=CXCL12, edgecolor="none", zorder=6))
    if tail:
        ax.plot([x, x + tail[0]], [y, y + tail[1]], color=CXCL12, lw=2.6, solid_capstyle="round", zorder=6)


def receptor(ax, x, y, drug=False, docked=False, bound=True):
    """A receptor in a membrane: outer lip, pocket, and what is in it."""
    ax.add_patch(Rectangle((x - 3.6, y - 5), 2.4, 7, facecolor=INK, edgecolor="none", zorder=4))
    ax.add_patch(Rectangle((x + 1.2, y - 5), 2.4, 7, facecolor=INK, edgecolor="none", zorder=4))
    ax.add_patch(Rectangle((x - 3.6, y - 5), 7.2, 2, facecolor=INK, edgecolor="none", zorder=4))
    ax.plot([x - 2.6, x - 4.6], [y + 2, y + 4.6], color=INK, lw=2.4, solid_capstyle="round", zorder=4)
    if drug:
        ax.add_patch(Circle((x, y - 1.2), 1.15, facecolor=DRUG, edgecolor="none", zorder=6))
    if bound:
        chemokine(ax, x - 1.6, y + 5.0, (1.6, -5.6) if docked else (2.9, 1.6))


def docking(ax):
    band(ax, 93, 36, INK, "at the receptor CXCR4")
    ax.plot([6, 94], [102.4, 102.4], color=MUTED, lw=5, alpha=0.35, solid_capstyle="butt", zorder=1)
    for x, kw, words in (
        (17, {}, ("outside", "silent")),
        (50, {"docked": True}, ("docked", "signals")),
        (83, {"drug": True}, ("drug in pocket", "bound, silent")),
    ):
        receptor(ax, x, 104, **kw)
        label(ax, x, 118.2, words[0])
        label(ax, x, 96.4, words[1], CXCL12 if kw.get("docked") else INK, SMALL, weight="bold")
    arrow(ax, (27, 109), (40, 109), MUTED)
    arrow(ax, (40, 106), (27, 106), MUTED)
    block(ax, (73, 107.5), (60, 107.5))


def tumour(ax):
    band(ax, 44, 46, TUMOUR, "tumour")
    cell(ax, 17, 71, 11, 5, MUTED, "fibroblast")
    for x, y in ((31, 73), (35, 69.4), (39.6, 72.2), (44.6, 69.8)):
        chemokine(ax, x, y)
    label(ax, 37.6, 78.4, "CXCL12", CXCL12, HEAD, weight="bold")
    cell(ax, 72, 71, 10.5, 5.6, TUMOUR, "tumour cell")
    label(ax, 72, 79.6, "CXCR4")
    arrow(ax, (60.6, 71), (51, 71), TUMOUR, width=2.2)
    label(ax, 56, 74.6, "climbs", TUMOUR)
    cell(ax, 88, 53, 7.6, 4.4, ACKR3, "ACKR3")
    label(ax, 63, 52.0, "takes it", ACKR3)
    label(ax, 63, 48.0, "away", ACKR3)
    arrow(ax, (47, 67.4), (79.6, 55.0), ACKR3, bend=0.1)
    cell(ax, 15, 52, 8, 5, IMMUNE, "T cell")
    block(ax, (36, 66), (24.2, 54.6), CXCL12, width=1.8)
    label(ax, 35, 52.6, "kept out?", INK, SMALL, weight="bold")


def elsewhere(ax):
    band(ax, 4, 37, PLACE, "marrow, brain and other organs")
    for x, y in ((12, 24), (16, 20), (20.4, 24), (24.6, 20.2)):
        chemokine(ax, x, y)
    label(ax, 18, 29, "CXCL12", CXCL12, HEAD, weight="bold")
    cell(ax, 44, 22, 11.5, 5.6, IMMUNE, "leukocyte")
    label(ax, 44, 30.4, "held by CXCR4")
    arrow(ax, (31.8, 22), (27.6, 22), INK)
    arrow(ax, (54.6, 18.6), (62.6, 11.6), DRUG, bend=-0.15)
    label(ax, 81, 9.2, "blood: counted", INK, SMALL, weight="bold")
    label(ax, 51, 11.6, "drug", DRUG, SMALL, weight="bold")
    cell(ax, 84, 27, 9, 5, TUMOUR, "seed")
    arrow(ax, (84, 43.4), (84, 33.0), TUMOUR, width=2.2)
    label(ax, 84, 18.6, "spread?", INK, SMALL, weight="bold")


def draw():
    fig, ax = sheet(5.6, 7.1, 2.5, 130.5)
    docking(ax)
    tumour(ax)
    elsewhere(ax)
    return save(fig, __file__)


if __name__ == "__main__":
    print(draw())
