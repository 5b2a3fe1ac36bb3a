"""Draw figures/combinations-patients.svg: a hundred patients on two drugs, in four ways in which the combination could come to its response rate.

Run with ``python figures/combinations-patients.py``. Colours are the book's, so that the site can turn them with the theme.
"""

from __future__ import annotations

from drawing import HEAD, INK, MUTED, SMALL, label, save, sheet
from soluble import style

A, B, BOTH, TOGETHER = (style.colour(n) for n in ("immune", "drug", "VEGF", "IL-6"))
STANDARD, ADDED = 19, 23  # of a hundred: the shares with which the chapter's model begins

# title, what it says, and how many respond to A alone, to B alone, to either, only to the two together
WAYS = [
    ("the same patients", "no more than the better drug", 0, ADDED - STANDARD, STANDARD, 0),
    ("others, by chance", "independent action", STANDARD - 4, ADDED - 4, 4, 0),
    ("always others", "the sum of the two", STANDARD, ADDED, 0, 0),
    ("synergy", "B, inactive alone, wakes A", ADDED, 0, 0, 13),
]


def patients(ax, left, bottom, only_a, only_b, both, together):
    """Ten by ten patients, those who respond first, by what helps them."""
    helped = only_a + both + only_b + together
    kinds = [A] * only_a + [BOTH] * both + [B] * only_b + [TOGETHER] * together + [None] * (100 - helped)
    for colour in dict.fromkeys(kinds):
        dots(ax, [(left + 3.9 * (k % 10), bottom + 3.9 * (9 - k // 10)) for k in range(100) if kinds[k] == colour], colour)


def dots(ax, places, colour):
    """Patients as marks, hollow without a colour: a mark is drawn once in the file and used at each place."""
    ax.plot(*zip(*places, strict=True), "o", ms=12.1, mfc=colour or "none", mec=colour or MUTED, mew=0.9, zorder=3)


def draw():
    fig, ax = sheet(5.6, 7.4, 0, 132)
    for k, (title, says, *counts) in enumerate(WAYS):
        left, bottom = (6 if k % 2 == 0 else 57), (76 if k < 2 else 15)
        label(ax, left - 2, bottom + 50.6, title, INK, HEAD, weight="bold", ha="left")
        label(ax, left - 2, bottom + 45.8, f"{sum(counts)} of 100 respond", INK, SMALL, ha="left")
        label(ax, left - 2, bottom + 41.4, says, MUTED, SMALL - 1, ha="left")
        patients(ax, left, bottom, *counts)
    for k, (colour, words) in enumerate(((A, "drug A helps"), (BOTH, "either would help"), (B, "drug B helps"), (TOGETHER, "only both together help"))):
        x, y = (6 if k % 2 == 0 else 45), (8 if k < 2 else 3)
        dots(ax, [(x, y)], colour)
        label(ax, x + 2.8, y - 0.1, words, colour, SMALL, ha="left")
    return save(fig, __file__)


if __name__ == "__main__":
    print(draw())
