"""Draw figures/virtual-trial-links.svg: the links of the model, the drugs on them, and the way from a tumour to a trial's numbers.

Run with ``python figures/virtual-trial-links.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

from drawing import INK, MUTED, SMALL, TEXT, arrow, band, block, box, label, pill, save, sheet
from soluble import style

IL6, IL8, CXCL12, VEGF, TUMOUR, IMMUNE = (style.colour(n) for n in ("IL-6", "IL-8", "CXCL12", "VEGF", "tumour", "immune"))


def draw():
    fig, ax = sheet(5.6, 6.6, 0, 118, size=TEXT)
    band(ax, 50, 66, TUMOUR, "one virtual patient")
    band(ax, 3, 41, IMMUNE, "a trial of a thousand")

    # T cells: who comes in, what brakes them, what they kill
    box(ax, 49, 84, "T cells", IMMUNE, 22, 8)
    box(ax, 85, 84, "tumour", TUMOUR, 20, 8)
    arrow(ax, (6, 84), (37, 84), IMMUNE)
    label(ax, 30, 87.2, "inflow", IMMUNE, SMALL)
    block(ax, (60.5, 84), (74, 84), IMMUNE)
    label(ax, 67, 87.4, "kill", IMMUNE, SMALL)
    box(ax, 49, 69, "PD-L1", INK, 20, 7)
    arrow(ax, (52, 79.6), (52, 73.2), INK)
    block(ax, (45, 73), (45, 79.4), INK)
    pill(ax, 49, 61.4, "anti-PD-1", 22)

    # what keeps out, what takes strength, what feeds
    box(ax, 17, 98, "CXCL12", CXCL12, 20, 7)
    block(ax, (19, 94), (20, 85.6), CXCL12)
    pill(ax, 17, 105.4, "anti-CXCR4", 25)
    box(ax, 42, 98, "IL-6", IL6, 14, 7)
    block(ax, (42.5, 94), (45, 88.6), IL6)
    pill(ax, 42.5, 105.4, "anti-IL-6", 20)
    box(ax, 68, 98, "IL-8", IL8, 14, 7)
    block(ax, (65, 94), (54, 88.6), IL8)
    label(ax, 66, 91, "neutrophils", IL8, SMALL, ha="left")
    pill(ax, 68, 105.4, "anti-CXCR2", 25)
    box(ax, 17, 70, "VEGF", VEGF, 16, 7)
    block(ax, (19, 74), (20, 82.4), VEGF)
    pill(ax, 17, 62.6, "anti-VEGF", 23)
    arrow(ax, (25.6, 68.5), (85, 79.4), VEGF, bend=0.7)
    label(ax, 82, 60, "feeds growth", VEGF, SMALL)

    # to a trial
    steps = ((15, "diameters\non scan\ndays, with\nerror"), (38.5, "response,\nprogress\nby RECIST"), (61.5, "a coin\nbetween\ntwo arms"), (85, "hazard\nratio,\nrepeated\ntrials"))
    for k, (x, words) in enumerate(steps):
        box(ax, x, 19, "", INK, 19, 22)
        label(ax, x, 19, words, INK, SMALL)
        if k:
            arrow(ax, (steps[k - 1][0] + 9.8, 19), (x - 9.8, 19), INK)
    arrow(ax, (50, 52), (50, 43), INK)
    return fig


if __name__ == "__main__":
    save(draw(), __file__)
