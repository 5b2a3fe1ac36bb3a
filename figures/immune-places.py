"""Draw figures/immune-places.svg: where immune cells stand in a lung tumour, which mediator brings which cell, and which cell's count means what where.

Run with ``python figures/immune-places.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Circle, Ellipse, FancyArrowPatch, FancyBboxPatch

from drawing import INK, MUTED, label, save, sheet
from soluble import style

TUMOUR, TCELL, NEUTROPHIL, TREG, MACROPHAGE, BCELL, HOLD = (
    style.colour(n) for n in ("tumour", "immune", "MMP", "CXCL12", "VEGF", "IL-10", "TGF-beta")
)
SMALL, TEXT = 12.5, 14


def islet(ax, x, y, width, height):
    """Tumour cells that stand together in the stroma."""
    ax.add_patch(Ellipse((x, y), width, height, facecolor=TUMOUR, alpha=0.20, edgecolor="none", zorder=2))
    ax.add_patch(Ellipse((x, y), width, height, facecolor="none", edgecolor=TUMOUR, lw=1.5, zorder=2))


def cell(ax, x, y, colour=TCELL, r=1.15):
    ax.add_patch(Circle((x, y), r, facecolor=colour, edgecolor="none", zorder=4))


def pattern(ax, x, name, share, inside, around, rng):
    """One pattern: two islets in the stroma, T cells inside them or around them."""
    ax.add_patch(FancyBboxPatch((x, 82), 29, 25, boxstyle="round,pad=0,rounding_size=2.5", facecolor=HOLD, alpha=0.10, edgecolor="none", zorder=0))
    centres = ((x + 9, 98, 13, 9), (x + 19.5, 89.5, 14, 9))
    for cx, cy, w, h in centres:
        islet(ax, cx, cy, w, h)
        for angle in np.linspace(0, 2 * np.pi, inside, endpoint=False) + rng.uniform(0, 1):
            k = rng.uniform(0.35, 0.75)
            cell(ax, cx + k * w / 2 * np.cos(angle), cy + k * h / 2 * np.sin(angle))
        for angle in np.linspace(0, 2 * np.pi, around, endpoint=False) + rng.uniform(0, 1):
            cell(ax, cx + 1.28 * w / 2 * np.cos(angle), cy + 1.34 * h / 2 * np.sin(angle))
    label(ax, x + 14.5, 112.4, name, INK, TEXT, weight="bold")
    label(ax, x + 14.5, 77.6, share, INK, 12)


def row(ax, y, colour, name, mediators, receptor, role):
    """What calls a cell: mediators, the receptor, the cell, and what it does."""
    label(ax, 3, y, mediators, colour, SMALL, ha="left", weight="bold")
    ax.add_patch(FancyArrowPatch((33.5, y), (39, y), arrowstyle="-|>", mutation_scale=12, lw=1.6, color=colour, shrinkA=0, shrinkB=0))
    label(ax, 40.5, y, receptor, MUTED, SMALL, ha="left")
    cell(ax, 59.5, y, colour, 1.7)
    label(ax, 63, y, name, INK, SMALL, ha="left", weight="bold")
    label(ax, 63, y - 3.9, role, MUTED, 12, ha="left")


def draw():
    fig, ax = sheet(5.6, 6.6, -1, 117, size=SMALL)
    rng = np.random.default_rng(3)
    pattern(ax, 3, "inflamed", "T cells among\ntumour cells", 6, 0, rng)
    pattern(ax, 35.5, "excluded", "T cells held in\nthe stroma", 0, 9, rng)
    pattern(ax, 68, "desert", "hardly any\nT cells", 0, 0, rng)
    label(ax, 3, 70.2, "what calls", MUTED, 12, ha="left")
    label(ax, 40.5, 70.2, "receptor", MUTED, 12, ha="left")
    label(ax, 63, 70.2, "whom", MUTED, 12, ha="left")
    row(ax, 64.6, TCELL, "CD8 T cell", "CXCL9, CXCL10", "CXCR3", "kills tumour cells")
    row(ax, 54.2, TREG, "regulatory T cell", "CCL22", "CCR4", "holds T cells back")
    row(ax, 43.8, MACROPHAGE, "macrophage", "CCL2, CSF-1", "CCR2,\nCSF-1R", "kind and place decide")
    row(ax, 33.4, NEUTROPHIL, "neutrophil, MDSC", "IL-8, CXCL1, 5", "CXCR2", "kind and stage decide")
    row(ax, 23.0, BCELL, "B cell", "CXCL13", "CXCR5", "lymphoid structures")
    ax.add_patch(FancyBboxPatch((2.5, 3.0), 95, 11.6, boxstyle="round,pad=0,rounding_size=2.5", facecolor=HOLD, alpha=0.10, edgecolor="none", zorder=0))
    label(ax, 5, 10.9, "CXCL12, TGF-β", HOLD, SMALL, ha="left", weight="bold")
    label(ax, 5, 6.5, "of fibroblasts: hold T cells in the stroma (mice, other cancers)", INK, 12, ha="left")
    return save(fig, __file__)


if __name__ == "__main__":
    print(draw())
