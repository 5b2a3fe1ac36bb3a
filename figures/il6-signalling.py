"""Draw figures/il6-signalling.svg: how IL-6 reaches a cell in two ways, and where each drug acts.

Run with ``python figures/il6-signalling.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle

from drawing import HEAD, INK, MUTED, SMALL, TEXT, arrow, block, label, pill, save, sheet
from soluble import style

IL6, RECEPTOR = (style.colour(n) for n in ("IL-6", "immune"))
TUMOUR, LIVER, IL1B = (style.colour(name) for name in ("tumour", "CRP", "IL-1beta"))


def cytokine(ax, x, y, r=1.7):
    ax.add_patch(Circle((x, y), r, facecolor=IL6, edgecolor="none", zorder=4))


def receptor(ax, x, y, height=6.5, soluble=False):
    """IL-6R: a cup on a stalk; without its stalk when it is shed."""
    if not soluble:
        ax.add_patch(Rectangle((x - 0.5, y - height), 1.0, height, facecolor=RECEPTOR, edgecolor="none", zorder=3))
    ax.add_patch(FancyBboxPatch((x - 1.9, y - 0.4), 3.8, 1.9, boxstyle="round,pad=0,rounding_size=0.9", facecolor=RECEPTOR, edgecolor="none", zorder=3))


def gp130(ax, x, y, height=9.0, colour=INK):
    """gp130: a tall bar with three beads."""
    ax.add_patch(Rectangle((x - 0.55, y - height), 1.1, height, facecolor=colour, edgecolor="none", zorder=3))
    for k in range(3):
        ax.add_patch(Circle((x, y - 0.8 - 2.1 * k), 1.15, facecolor=colour, edgecolor="none", zorder=3))


def cell(ax, x, width, colour, name):
    ax.add_patch(FancyBboxPatch((x, 2), width, 39, boxstyle="round,pad=0,rounding_size=3.5", facecolor=colour, alpha=0.08, edgecolor="none", zorder=0))
    ax.add_patch(Rectangle((x, 40.2), width, 1.6, facecolor=colour, alpha=0.75, edgecolor="none", zorder=1))
    label(ax, x + width / 2, 5.4, name, colour, TEXT, weight="bold")


def inside(ax, x, outcome):
    """JAK, STAT3, SOCS3 and what comes of it."""
    label(ax, x, 30.3, "JAK1", size=TEXT)
    arrow(ax, (x, 28.0), (x, 24.2))
    label(ax, x, 22.0, "pSTAT3", size=TEXT, weight="bold")
    arrow(ax, (x, 19.6), (x, 16.6))
    label(ax, x, 11.9, outcome, size=SMALL, linespacing=1.25)


def draw():
    fig, ax = sheet(5.6, 6.3, 1, 112.5, size=TEXT)

    # above: where IL-6 comes from
    label(ax, 18, 107, "IL-1β", IL1B, TEXT, weight="bold")
    arrow(ax, (25.5, 107), (35.5, 107), IL1B)
    label(ax, 53, 109.2, "tumour, fibroblasts,", size=SMALL)
    label(ax, 53, 104.8, "myeloid cells", size=SMALL)
    arrow(ax, (53, 102), (53, 95.2), IL6)
    pill(ax, 18, 97.2, "canakinumab", 33)
    block(ax, (18, 99.7), (18, 103.9))
    for x, y in ((49, 91.5), (53, 92.6), (57, 91.2)):
        cytokine(ax, x, y)
    label(ax, 62, 92, "IL-6", IL6, HEAD, weight="bold", ha="left")
    pill(ax, 85, 97.2, "anti-IL-6", 26)
    block(ax, (78.5, 94.6), (73.5, 93.1))

    # the two roads
    label(ax, 24, 81.5, "classic", INK, HEAD, weight="bold")
    label(ax, 76, 81.5, "trans", INK, HEAD, weight="bold")
    arrow(ax, (47, 88.3), (21.6, 57.6), IL6, bend=0.22)
    arrow(ax, (57.5, 88.3), (64.2, 74.4), IL6, bend=-0.1)

    # plasma: the soluble complex and its decoy
    receptor(ax, 65, 69.3, soluble=True)
    cytokine(ax, 65, 72.2)
    label(ax, 69.6, 71, "sIL-6R", RECEPTOR, SMALL, ha="left")
    arrow(ax, (66.6, 67.4), (76.6, 57.4), IL6, bend=-0.06)
    arrow(ax, (61.6, 68.6), (53.2, 65.3), IL6)
    receptor(ax, 49, 62.7, soluble=True)
    cytokine(ax, 49, 65.6)
    gp130(ax, 45.6, 67.3, height=6.3, colour=MUTED)
    label(ax, 47.4, 58, "sgp130", MUTED, SMALL)
    pill(ax, 87, 64.6, "sgp130Fc", 24)
    block(ax, (75.4, 64.2), (72.6, 63.2))
    pill(ax, 48.6, 77.4, "anti-IL-6R", 26)
    block(ax, (57.5, 75.1), (61.3, 73.2))
    block(ax, (42, 75.1), (26.6, 58.6))

    # the cells
    cell(ax, 2, 45, LIVER, "liver cell")
    cell(ax, 53, 45, TUMOUR, "tumour cell")
    for x, own in ((22, True), (78, False)):
        gp130(ax, x + 3.6, 54.3, height=20.3)
        gp130(ax, x - 4.4, 54.3, height=20.3)
        receptor(ax, x, 51.2, height=12.5, soluble=not own)
        cytokine(ax, x, 54.1)
    label(ax, 16.2, 46.3, "IL-6R", RECEPTOR, SMALL, ha="right")
    label(ax, 29.2, 46.3, "gp130", INK, SMALL, ha="left")
    label(ax, 85.2, 46.3, "gp130", INK, SMALL, ha="left")
    inside(ax, 22, "CRP and other acute-\nphase proteins")
    inside(ax, 78, "survival, EMT, PD-L1,\nmyeloid recruitment")

    # feedback, and the drug inside
    for x in (22, 78):
        side = 1 if x < 50 else -1
        label(ax, x + side * 17.2, 22.0, "SOCS3", MUTED, SMALL)
        arrow(ax, (x + side * 7.4, 22.0), (x + side * 11.2, 22.0), MUTED, width=1.3)
        ax.add_patch(FancyArrowPatch((x + side * 17.2, 24.2), (x + side * 6.0, 28.9), arrowstyle="|-|,widthA=0,widthB=0.35", mutation_scale=9, lw=1.3, color=MUTED, connectionstyle=f"arc3,rad={side * 0.35}", shrinkA=0, shrinkB=0, zorder=5))
    pill(ax, 50, 35.8, "JAK inhibitor", 33)
    block(ax, (35, 33.5), (28.4, 32.3))
    block(ax, (65, 33.5), (71.6, 32.3))

    return save(fig, __file__)


if __name__ == "__main__":
    print(draw())
