"""Draw figures/outlook-mark-or-lever.svg: a mediator on which nothing depends and one that growth needs, and why a blood draw sees the same.

Run with ``python figures/outlook-mark-or-lever.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

from matplotlib.patches import Rectangle

from drawing import INK, MUTED, SMALL, TEXT, arrow, block, box, label, pill, save, sheet
from soluble import style

TUMOUR, MEDIATOR, BLOOD = (style.colour(n) for n in ("tumour", "IL-6", "IL-8"))


def panel(ax, x: float, title: str, grows: str, lever: bool) -> None:
    """Tumour, mediator, blood draw and drug around ``x``; with ``lever`` the mediator feeds the tumour's growth."""
    ax.add_patch(Rectangle((x - 24, 20), 48, 80, facecolor=MEDIATOR if lever else BLOOD, alpha=0.07, edgecolor="none", zorder=0))
    label(ax, x, 95, title, INK, TEXT, weight="bold")
    box(ax, x, 83, "tumour", TUMOUR, 26)
    box(ax, x, 56, "mediator", MEDIATOR, 26)
    box(ax, x, 30, "blood draw", BLOOD, 28)
    arrow(ax, (x - 5, 79.4), (x - 5, 59.8), TUMOUR)
    label(ax, x - 14.5, 69.5, "makes", MUTED, SMALL)
    arrow(ax, (x, 52.4), (x, 33.8), MEDIATOR)
    if lever:
        arrow(ax, (x + 6, 59.8), (x + 6, 79.4), MEDIATOR, width=2.6)
        label(ax, x + 14.8, 69.5, "feeds", INK, SMALL, weight="bold")
    pill(ax, x + 14, 42, "drug", 14)
    block(ax, (x + 11.5, 44.6), (x + 9, 52.0))
    label(ax, x, 13, grows, INK, SMALL)


def draw():
    fig, ax = sheet(5.6, 5.2, 3, 103)
    panel(ax, 25, "a mark", "level falls, tumour grows on", lever=False)
    panel(ax, 75, "a lever", "level falls, tumour slows", lever=True)
    label(ax, 50, 6.5, "without the drug, blood draws see the same in both", MUTED, SMALL)
    return save(fig, __file__)


if __name__ == "__main__":
    print(draw())
