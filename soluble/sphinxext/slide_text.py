"""Text on slides: sentences as lines, how much room they take, and how they are parted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import ceil, inf

from bs4 import NavigableString

#: How many letters a line holds and how many lines a slide, from the largest type to the smallest.
SIZES = {"huge": (46, 4.3), "large": (58, 8.2), "middle": (74, 10.3), "small": (90, 12.5)}
LONG = 300  # letters of a sentence that is parted at its semicolons


@dataclass
class Line:
    """A sentence, or an item of a list."""

    nodes: list
    first: bool  # of its paragraph
    item: bool = False

    @property
    def letters(self) -> int:
        return len(shown(self.nodes))

    def opening(self) -> Line:
        """An item up to the end of its first sentence, bold words at its head not counted; a sentence as it is."""
        if not self.item:
            return self
        out: list = []
        for node in self.nodes:
            if isinstance(node, NavigableString) and (end := re.search(r"[.;?](?=\s|$)", str(node))):
                return Line([*out, NavigableString(str(node)[: end.start()] + ".")], self.first, True)
            out.append(node)
        return self

    def height(self, width: int) -> float:
        """How many lines of ``width`` letters it takes, with the space above it."""
        return ceil((self.letters + (4 if self.item else 0)) / width) + (0.7 if self.first or self.item else 0.3)


def shown(elements: Iterable) -> str:
    """What is read of these elements: notes are left out, an equation or drawing counts as some letters."""
    out = []
    for element in elements:
        if isinstance(element, NavigableString):
            out.append(str(element))
        elif "fact-tip" in element.get("class", []):
            continue
        else:
            out.append("eight…" if element.name == "s-lot" else shown(element.children))
    return re.sub(r"\s+", " ", "".join(out))


def clauses(sentence: list) -> list[list]:
    """A sentence, or, if it is longer than is read at a glance, its parts between semicolons."""
    if len(shown(sentence)) <= LONG:
        return [sentence]
    parts: list[list] = [[]]
    inside = 0  # of how many brackets
    for node in sentence:
        pieces = re.split(r"(?<=;) ", str(node)) if isinstance(node, NavigableString) else [node]
        for number, piece in enumerate(pieces):
            if number and not inside:
                parts.append([])
            text = str(piece) if isinstance(node, NavigableString) else shown([piece])
            parts[-1].append(NavigableString((" " if number and inside else "") + text) if isinstance(node, NavigableString) else piece)
            inside += text.count("(") - text.count(")")
    return parts


def fitting(lines: list[Line]) -> str:
    """The largest type in which the lines fit on a slide; nothing when they do not."""
    return next((size for size, (width, rows) in SIZES.items() if sum(line.height(width) for line in lines) <= rows), "")


def grouped(lines: list[Line]) -> list[list[Line]]:
    """Lines as slides: few, even, and parted between paragraphs where that costs no more than one slide."""
    width, rows = SIZES["middle"]
    heights = [line.height(width) for line in lines]
    if fitting(lines):
        return [lines]
    least = ceil(sum(heights) / rows)
    best: tuple[float, list[list[Line]]] = (inf, [[line] for line in lines])
    for count in range(least, min(least + 3, len(lines) + 1)):
        for cuts in combinations(range(1, len(lines)), count - 1):
            ends = [0, *cuts, len(lines)]
            talls = [sum(heights[i:j]) for i, j in pairwise(ends)]
            if max(talls) <= rows:
                even = sum((count * tall / sum(heights) - 1) ** 2 for tall in talls)
                cost = count + even + 1.5 * sum(not lines[cut].first for cut in cuts)
                best = min(best, (cost, [lines[i:j] for i, j in pairwise(ends)]), key=lambda x: x[0])
    return best[1]
