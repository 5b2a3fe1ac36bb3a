"""Draw figures/emt-circuit.svg: signals, the switch of miR-200 and ZEB, and the three states that it gives.

Run with ``python figures/emt-circuit.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

from matplotlib.patches import Circle, Ellipse, Polygon, Rectangle

from drawing import INK, MUTED, SMALL, TEXT, arrow, block, box, label, save, sheet
from soluble import style

TGF, IL6, IL8, CXCL12, TUMOUR, MIR, IMMUNE = (style.colour(n) for n in ("TGF-beta", "IL-6", "IL-8", "CXCL12", "tumour", "IL-10", "immune"))


def nucleus(ax, x, y, r=1.5):
    ax.add_patch(Circle((x, y), r, facecolor=TUMOUR, edgecolor="none", alpha=0.75, zorder=4))


def body(ax, patch):
    """A cell: filled faintly, with its edge."""
    ax.add_patch(patch)
    patch.set(facecolor=TUMOUR, alpha=0.16, edgecolor="none", zorder=2)


def epithelial(ax, x, y):
    """Three boxes in a row, held together."""
    for k in (-1, 0, 1):
        left = x + 6.6 * k - 3.3
        body(ax, Rectangle((left, y - 4.6), 6.6, 9.2))
        ax.add_patch(Rectangle((left, y - 4.6), 6.6, 9.2, facecolor="none", edgecolor=TUMOUR, lw=1.6, zorder=3))
        nucleus(ax, x + 6.6 * k, y - 0.6)
    for k in (-0.5, 0.5):
        for dy in (-2.6, 0, 2.6):
            ax.plot([x + 6.6 * k - 0.9, x + 6.6 * k + 0.9], [y + dy, y + dy], color=MIR, lw=2.4, zorder=5)


def hybrid(ax, x, y):
    """Three longer cells that move together, still touching."""
    for dx, dy in ((-5.0, -2.2), (0.6, 2.4), (5.4, -2.0)):
        cell = {"width": 9.6, "height": 6.2, "angle": 14}
        body(ax, Ellipse((x + dx, y + dy), **cell))
        ax.add_patch(Ellipse((x + dx, y + dy), facecolor="none", edgecolor=TUMOUR, lw=1.6, zorder=3, **cell))
        nucleus(ax, x + dx, y + dy, 1.4)
    for a, b in (((-2.6, 0.5), (-1.4, -0.9)), ((3.4, -0.2), (2.4, 0.9))):
        ax.plot([x + a[0], x + b[0]], [y + a[1], y + b[1]], color=MIR, lw=2.4, zorder=5)
    arrow(ax, (x + 11.4, y + 0.6), (x + 14.6, y + 1.6), MUTED, width=1.5)


def mesenchymal(ax, x, y):
    """One spindle, alone."""
    shape = [(-11.5, -3.4), (-4.6, 0.4), (-1.2, 3.2), (2.4, 2.6), (6.0, 2.0), (12.2, 4.6), (5.4, -0.8), (1.2, -3.0), (-3.0, -2.4)]
    points = [(x + a, y + b) for a, b in shape]
    body(ax, Polygon(points, closed=True, joinstyle="round"))
    ax.add_patch(Polygon(points, closed=True, facecolor="none", edgecolor=TUMOUR, lw=1.6, joinstyle="round", zorder=3))
    nucleus(ax, x + 0.6, y, 1.6)


def levels(ax, x, y, mir, zeb):
    """Two bars: how much miR-200 and ZEB the state holds."""
    for dy, name, share, colour in ((0, "miR-200", mir, MIR), (-4.6, "ZEB", zeb, TUMOUR)):
        label(ax, x - 1.2, y + dy, name, colour, SMALL, ha="right")
        ax.add_patch(Rectangle((x, y + dy - 1.1), 11, 2.2, facecolor="none", edgecolor=MUTED, lw=0.9, zorder=2))
        ax.add_patch(Rectangle((x, y + dy - 1.1), 11 * share, 2.2, facecolor=colour, edgecolor="none", zorder=3))


def draw():
    fig, ax = sheet(5.6, 6.2, 1, 111.7)

    # signals
    box(ax, 21, 105, "TGF-β", TGF, 20)
    box(ax, 44, 105, "IL-6", IL6, 15)
    box(ax, 64, 105, "IL-8", IL8, 15)
    box(ax, 86, 105, "CXCL12", CXCL12, 21)
    box(ax, 44, 85.5, "SNAIL", INK, 20)
    arrow(ax, (24, 101.4), (38.5, 89.2), TGF)
    arrow(ax, (44, 101.4), (44, 89.4), IL6)
    arrow(ax, (62, 101.4), (50.2, 89.4), IL8, line=(0, (3, 2)))
    arrow(ax, (82, 101.4), (54.6, 87.8), CXCL12, line=(0, (3, 2)))
    label(ax, 68.6, 92.0, "?", CXCL12, TEXT, weight="bold")
    label(ax, 59.6, 96.6, "?", IL8, TEXT, weight="bold")

    # the switch
    box(ax, 22, 65, "miR-200", MIR, 22)
    box(ax, 66, 65, "ZEB", TUMOUR, 16)
    block(ax, (37, 82.0), (26, 68.9), INK)
    arrow(ax, (50, 82.0), (62, 68.9), INK)
    block(ax, (33.6, 66.6), (57.2, 66.6), MIR)
    block(ax, (57.4, 63.2), (34.0, 63.2), TUMOUR)
    arrow(ax, (74.4, 66.4), (70.0, 61.6), TUMOUR, bend=-1.5)
    label(ax, 79.0, 64.0, "itself", TUMOUR, SMALL, ha="left")
    block(ax, (14, 68.9), (16.4, 101.0), MIR, bend=-0.14)
    label(ax, 15.2, 87.4, "the cell's", TGF, SMALL, ha="left")
    label(ax, 15.2, 82.8, "own", TGF, SMALL, ha="left")
    box(ax, 88, 77.5, "PD-L1", IMMUNE, 17)
    block(ax, (31, 68.9), (79, 77.6), MIR, bend=-0.1)

    # three states
    for x, name in ((16, "epithelial"), (50, "hybrid"), (84, "mesenchymal")):
        label(ax, x, 51.2, name, INK, TEXT, weight="bold")
    epithelial(ax, 16, 41)
    hybrid(ax, 48.5, 41)
    mesenchymal(ax, 84.5, 41)
    levels(ax, 17.6, 30, 0.92, 0.08)
    levels(ax, 51.0, 30, 0.52, 0.42)
    levels(ax, 85.4, 30, 0.08, 0.92)
    arrow(ax, (27.6, 51.4), (39.6, 51.4), INK)
    arrow(ax, (59.6, 51.4), (69.0, 51.4), INK)
    arrow(ax, (84, 21.6), (16, 21.6), INK, bend=-0.16)
    label(ax, 50, 12.6, "the way back", INK, SMALL, weight="bold")
    label(ax, 50, 7.4, "at a lower signal, not through the middle, or not at all", INK, SMALL)

    return save(fig, __file__)


if __name__ == "__main__":
    print(draw())
