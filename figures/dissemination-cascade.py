"""Draw figures/dissemination-cascade.svg: the way of a tumour cell from the lung to a metastasis, by blood and by nodes, and the axes said to change each step.

Run with ``python figures/dissemination-cascade.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.colors import to_rgba
from matplotlib.patches import Circle, Ellipse, FancyArrowPatch, FancyBboxPatch

from soluble import style

INK, MUTED = style.INK, style.MUTED
TUMOUR, BLOOD, CXCL12, CCL21, IL6, VEGF, IMMUNE, TGF = (style.colour(n) for n in ("tumour", "IL-1beta", "CXCL12", "CCL21", "IL-6", "VEGF", "immune", "TGF-beta"))
SMALL, TEXT = 13, 14


def label(ax, x, y, text, colour=INK, size=SMALL, **kw):
    kw = {"ha": "center", "va": "center"} | kw
    ax.text(x, y, text, color=colour, fontsize=size, **kw)


def band(ax, y, height, colour, name):
    """A place, its name at the upper left."""
    ax.add_patch(FancyBboxPatch((2, y), 96, height, boxstyle="round,pad=0,rounding_size=3", facecolor=colour, alpha=0.08, edgecolor="none", zorder=0))
    label(ax, 5, y + height - 3.8, name, colour, TEXT, weight="bold", ha="left")


def cell(ax, x, y, r=2.6, colour=TUMOUR, dead=False):
    style_of = {"ls": (0, (1.5, 1.5))} if dead else {}
    ax.add_patch(Circle((x, y), r, facecolor=to_rgba(colour, 0.07 if dead else 0.2), edgecolor=colour, lw=1.5, zorder=3, **style_of))
    if not dead:
        ax.add_patch(Circle((x, y), 0.42 * r, facecolor=colour, alpha=0.75, edgecolor="none", zorder=3))


def colony(ax, x, y, rings, r=2.4):
    """Cells packed around a middle one."""
    cell(ax, x, y, r)
    for ring in range(1, rings + 1):
        for k in range(6 * ring):
            side, along = divmod(k, ring)
            corner = [(1, 0), (0.5, 0.866), (-0.5, 0.866), (-1, 0), (-0.5, -0.866), (0.5, -0.866)]
            (ax0, ay0), (ax1, ay1) = corner[side], corner[(side + 1) % 6]
            u, v = ax0 + (ax1 - ax0) * along / ring, ay0 + (ay1 - ay0) * along / ring
            cell(ax, x + 1.75 * r * ring * u, y + 1.75 * r * ring * v, r)


def arrow(ax, a, b, colour=INK, bend=0.0, dashed=False):
    line = (0, (3, 2)) if dashed else "-"
    ax.add_patch(FancyArrowPatch(a, b, arrowstyle="-|>", mutation_scale=14, lw=1.8, ls=line, color=colour, connectionstyle=f"arc3,rad={bend}", shrinkA=0, shrinkB=0, zorder=5))


def draw():
    style.use()
    plt.rcParams["figure.constrained_layout.use"] = False
    fig = plt.figure(figsize=(5.6, 6.9))
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, 100), ylim=(1, 124))
    ax.axis("off")
    band(ax, 91, 31, TUMOUR, "lung and nodes")
    band(ax, 57, 19, BLOOD, "blood")
    band(ax, 3, 39, MUTED, "another organ")

    # the lung and its nodes
    colony(ax, 21, 106, 2, 2.15)
    label(ax, 21, 92.9, "primary tumour", TUMOUR, weight="bold")
    ax.add_patch(Ellipse((80, 104), 25, 17, facecolor=CCL21, alpha=0.12, edgecolor=CCL21, lw=1.6, zorder=1))
    colony(ax, 80, 104.6, 1, 2.2)
    label(ax, 80, 92.9, "lymph node", CCL21, weight="bold")
    arrow(ax, (34, 106), (66, 106), CCL21, dashed=True)
    label(ax, 50, 113.6, "lymph:", INK)
    label(ax, 50, 109.4, "CCL21–CCR7?", CCL21)

    # into blood
    arrow(ax, (21, 89.6), (21, 77.6), INK)
    label(ax, 23.4, 85.6, "1  shedding", INK, ha="left", weight="bold")
    label(ax, 23.4, 81.2, "EMT, TGF-β?", TGF, ha="left")
    arrow(ax, (80, 89.6), (80, 77.6), INK, dashed=True)
    label(ax, 77.6, 85.6, "less than a fifth", INK, ha="right")
    label(ax, 77.6, 81.2, "of relapses", INK, ha="right")

    # in blood
    for x, y in ((21, 65.4), (32, 69.6), (36.4, 66.8), (33, 64.6)):
        cell(ax, x, y, 2.4)
    cell(ax, 56, 66, 2.4, dead=True)
    cell(ax, 66, 66, 3.0, IMMUNE)
    arrow(ax, (63, 66), (59.2, 66), IMMUNE)
    label(ax, 66, 60.2, "NK cell", IMMUNE, weight="bold")
    label(ax, 84, 68.6, "in mice half", INK)
    label(ax, 84, 64.2, "go in minutes", INK)
    label(ax, 34, 59.8, "cluster", TUMOUR)

    # out of blood
    arrow(ax, (21, 55.6), (21, 43.6), INK)
    label(ax, 23.4, 51.8, "2  exit", INK, ha="left", weight="bold")
    label(ax, 23.4, 47.4, "CXCL12–CXCR4", CXCL12, ha="left")

    # in the organ
    cell(ax, 14, 24, 3.0)
    label(ax, 17.4, 28.6, "z", MUTED, 13, style="italic")
    label(ax, 19.8, 31.2, "z", MUTED, 16, style="italic")
    label(ax, 14, 16.6, "solitary,", TUMOUR, weight="bold")
    label(ax, 14, 12.4, "asleep", TUMOUR, weight="bold")
    colony(ax, 49, 24, 1, 2.3)
    label(ax, 49, 16.6, "small", TUMOUR, weight="bold")
    label(ax, 49, 12.4, "colony", TUMOUR, weight="bold")
    colony(ax, 85, 25.6, 2, 2.15)
    label(ax, 85, 12.4, "metastasis", TUMOUR, weight="bold")
    arrow(ax, (20, 24), (41, 24), INK)
    label(ax, 31, 28.4, "3  waking", INK, weight="bold")
    label(ax, 32, 20.6, "IL-6?", IL6)
    arrow(ax, (57, 24), (73, 24), INK)
    label(ax, 64.5, 34.6, "4  outgrowth", INK, weight="bold")
    label(ax, 65, 20.6, "VEGF?", VEGF)
    for x in (14, 49):
        arrow(ax, (x, 10.4), (x, 6.4), MUTED)
    label(ax, 17, 7.2, "most die", MUTED, ha="left")
    label(ax, 52, 7.2, "most perish", MUTED, ha="left")

    path = Path(__file__).with_suffix(".svg")
    fig.savefig(path, metadata={"Date": None})
    plt.close(fig)
    return path


if __name__ == "__main__":
    print(draw())
