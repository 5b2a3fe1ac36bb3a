"""Draw figures/il10-faces.svg: who makes IL-10, whom little of it brakes, whom much of it drives, and the two curves.

Run with ``python figures/il10-faces.py``. Colours are the book's, so that the site can turn them with the theme. The curves are
those of models/il10-two-faces.yaml.
"""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Circle, Ellipse

import soluble
from drawing import DRUG, INK, MUTED, SMALL, TEXT, arrow, band, block, label, pill, save, sheet
from soluble import style

IL10, TUMOUR, IMMUNE = (style.colour(n) for n in ("IL-10", "tumour", "immune"))


def cell(ax, x, y, r, colour, nucleus=True):
    ax.add_patch(Circle((x, y), r, facecolor=colour, alpha=0.2, edgecolor="none", zorder=2))
    ax.add_patch(Circle((x, y), r, facecolor="none", edgecolor=colour, lw=1.6, zorder=3))
    if nucleus:
        ax.add_patch(Circle((x - 0.15 * r, y + 0.1 * r), 0.42 * r, facecolor=colour, alpha=0.45, edgecolor="none", zorder=3))


def branched_cell(ax, x, y, r, colour):
    """A dendritic cell: a body with short arms."""
    for angle in np.linspace(0, 2 * np.pi, 7, endpoint=False):
        ax.plot(x + r * np.cos(angle) * np.array([1.05, 1.55]), y + r * np.sin(angle) * np.array([1.05, 1.55]), color=colour, lw=2.2, solid_capstyle="round", zorder=2)
    ax.add_patch(Circle((x, y), r, facecolor="none", edgecolor=colour, lw=1.6, zorder=3))
    ax.add_patch(Circle((x, y), r, facecolor=colour, alpha=0.2, edgecolor="none", zorder=2))


def dots(ax, places, colour=IL10, r=1.15):
    """IL-10: two round halves side by side."""
    for x, y in places:
        for dx in (-0.75, 0.75):
            ax.add_patch(Circle((x + dx, y), r, facecolor=colour, edgecolor="none", zorder=4))


def curves(fig):
    """Brake and drive against the level of IL-10, from the model's own numbers."""
    p = soluble.load_model("il10-two-faces").parameters()["value"]
    level = np.logspace(-3, 3, 200)
    ax = fig.add_axes((0.135, 0.085, 0.825, 0.205))
    ax.plot(level, 100 * p["s"] * level / (p["I_s"] + level), color=IMMUNE, lw=2.4)
    ax.plot(level, 100 * level / (p["I_c"] + level), color=IL10, lw=2.4)
    ax.set(xscale="log", xlim=(1e-3, 1e3), ylim=(0, 105), yticks=[0, 50, 100])
    ax.set_ylabel("% of largest", fontsize=SMALL)
    ax.set_xlabel("IL-10 (ng/mL)", fontsize=SMALL)
    ax.tick_params(labelsize=SMALL - 1)
    ax.text(0.09, 87, "brake on priming", color=IMMUNE, fontsize=SMALL)
    ax.text(900, 42, "drive of CD8 cells", color=IL10, fontsize=SMALL, ha="right")
    for at, name, y in ((p["I_0"], "serum, NSCLC", 11), (5.38, "20 µg/kg a day,\nnative", 3)):
        ax.axvline(at, color=MUTED, lw=1.1, ls=":")
        ax.text(at * 1.15, y, name, color=MUTED, fontsize=SMALL - 1.5, va="bottom")
    return ax


def draw():
    fig, ax = sheet(5.6, 7.2, 0, 128)

    # who makes it
    band(ax, 99, 27, TUMOUR)
    label(ax, 5, 122.4, "made by", TUMOUR, TEXT, weight="bold", ha="left")
    ax.add_patch(Ellipse((16, 111.8), 23, 10.5, facecolor=TUMOUR, alpha=0.2, edgecolor="none", zorder=2))
    ax.add_patch(Ellipse((16, 111.8), 23, 10.5, facecolor="none", edgecolor=TUMOUR, lw=1.6, zorder=3))
    label(ax, 16, 111.8, "tumour cell", TUMOUR, weight="bold")
    cell(ax, 41, 112.6, 5.6, MUTED)
    label(ax, 40, 104, "macrophage", INK)
    cell(ax, 62, 112.6, 4.6, IMMUNE)
    label(ax, 64, 104, "regulatory T", INK)
    pill(ax, 83, 114.4, "pegylated", 27)
    label(ax, 83, 109.4, "IL-10", DRUG, weight="bold")

    # IL-10 between them, and what takes it away
    dots(ax, ((20, 92.4), (28, 94.6), (35.5, 91.8), (44, 94.8), (52, 92.2), (60, 95), (68, 92.4), (76, 94.6)))
    label(ax, 12.4, 93.4, "IL-10", IL10, TEXT + 1, weight="bold")
    for x in (18, 41, 62):
        arrow(ax, (x, 101.2 if x != 18 else 105.4), (x, 97.2), IL10)
    arrow(ax, (83, 106), (77.5, 97.4), DRUG)
    pill(ax, 87.5, 88.2, "anti-IL-10", 23)
    block(ax, (81, 91.2), (77.4, 93.2), DRUG)

    # whom it acts on
    label(ax, 25, 82, "a little brakes", IMMUNE, TEXT, weight="bold", ha="left")
    label(ax, 69, 82, "a lot drives", IL10, TEXT, weight="bold", ha="left")
    branched_cell(ax, 22, 70.6, 4.6, IMMUNE)
    label(ax, 30.4, 74.6, "dendritic cell,", INK, ha="left")
    label(ax, 30.4, 70.4, "macrophage", INK, ha="left")
    block(ax, (22, 90.6), (22, 78.2), INK)
    arrow(ax, (22, 63.4), (22, 56.6), MUTED)
    label(ax, 20, 60.2, "prime", MUTED, ha="right")
    cell(ax, 22, 50.8, 4.4, IMMUNE)
    label(ax, 28.4, 50.8, "new CD8 cells", INK, ha="left")
    cell(ax, 66, 70.6, 5.2, IMMUNE)
    label(ax, 73.2, 74.6, "CD8 cell", INK, ha="left")
    label(ax, 73.2, 70.4, "in place", INK, ha="left")
    arrow(ax, (66, 89.4), (66, 77.4), IL10, width=2.2)
    arrow(ax, (66, 64.4), (66, 56.2), MUTED)
    label(ax, 68, 62.6, "interferon-γ,", MUTED, ha="left")
    label(ax, 68, 58.6, "granzymes", MUTED, ha="left")
    ax.add_patch(Ellipse((66, 50.6), 24, 9.6, facecolor=TUMOUR, alpha=0.2, edgecolor="none", zorder=2))
    ax.add_patch(Ellipse((66, 50.6), 24, 9.6, facecolor="none", edgecolor=TUMOUR, lw=1.6, zorder=3))
    label(ax, 66, 50.6, "tumour cell", TUMOUR, weight="bold")
    label(ax, 5, 41.2, "the model's two curves", INK, TEXT, weight="bold", ha="left")
    curves(fig)

    return save(fig, __file__)


if __name__ == "__main__":
    print(draw())
