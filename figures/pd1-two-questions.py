"""Draw figures/pd1-two-questions.svg: what a marker in blood can tell, how ill the patient is or what PD-1 blockade would change.

Run with ``python figures/pd1-two-questions.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

from matplotlib.patches import Rectangle

from drawing import INK, MUTED, SMALL, TEXT, arrow, block, box, label, save, sheet
from soluble import style

CRP, IL8, TUMOUR, IMMUNE, DRUG, PDL1 = (style.colour(n) for n in ("CRP", "IL-8", "tumour", "immune", "drug", "CXCL12"))


def draw():
    fig, ax = sheet(5.6, 5.7, 3, 103)

    # the two halves
    ax.add_patch(Rectangle((0.5, 22), 58, 80, facecolor=CRP, alpha=0.07, edgecolor="none", zorder=0))
    ax.add_patch(Rectangle((60.5, 22), 39, 80, facecolor=IMMUNE, alpha=0.07, edgecolor="none", zorder=0))
    label(ax, 29.5, 98, "how ill is the patient?", INK, TEXT, weight="bold")
    label(ax, 80, 98, "will the drug help?", INK, TEXT, weight="bold")

    # prognosis
    box(ax, 31.5, 88, "tumour and inflammation", TUMOUR, 50)
    box(ax, 17.5, 70, "IL-6, CRP, IL-8", IL8, 30)
    box(ax, 17.5, 59, "NLR and LDH", IL8, 30)
    label(ax, 17.5, 52.4, "LIPI counts these", MUTED, SMALL)
    box(ax, 45.5, 70, "wasting", CRP, 22)
    box(ax, 45.5, 57, "albumin falls", CRP, 25)
    box(ax, 43.5, 42, "clearance rises", DRUG, 29)
    arrow(ax, (24, 84.2), (18, 74.0), TUMOUR)
    arrow(ax, (40, 84.2), (45, 74.0), TUMOUR)
    arrow(ax, (45.5, 66.2), (45.5, 61.0), CRP)
    arrow(ax, (45.5, 53.2), (44.3, 46.0), CRP)

    # prediction
    box(ax, 80, 88, "T cells in tumour", IMMUNE, 36)
    box(ax, 70, 70, "PD-L1", PDL1, 17)
    box(ax, 90.5, 70, "PD-1", IMMUNE, 15)
    arrow(ax, (77, 84.2), (71.5, 74.0), IMMUNE)
    arrow(ax, (84, 84.2), (89.5, 74.0), IMMUNE)
    arrow(ax, (78.7, 70), (82.6, 70), PDL1)
    box(ax, 71.5, 56, "antibody", DRUG, 20)
    block(ax, (80, 59.4), (84.6, 66.0), DRUG)
    block(ax, (91, 66.2), (86, 46.4), IMMUNE)
    box(ax, 80, 42, "killing", IMMUNE, 22)

    # what is seen
    box(ax, 52, 12, "survival", INK, 22)
    arrow(ax, (7, 86.4), (40.8, 12.6), TUMOUR, bend=0.5)
    arrow(ax, (80, 38.2), (63.4, 13.4), IMMUNE, bend=-0.25)
    arrow(ax, (45, 38.2), (50.5, 16.0), DRUG, line=(0, (3, 2)))
    label(ax, 52.4, 28.0, "?", DRUG, TEXT, weight="bold")
    label(ax, 14, 8, "in every arm", INK, SMALL, weight="bold")
    label(ax, 87, 8, "in one arm", INK, SMALL, weight="bold")

    return save(fig, __file__)


if __name__ == "__main__":
    print(draw())
