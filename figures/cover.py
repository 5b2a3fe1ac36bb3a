"""Draw the cover, the mark and the favicon of the book.

The cover is a field of tissue: tumour cells and immune cells, and ligands that source cells release. Each ligand spreads
and is lost on the way, so that its dots thin out with distance as exp(-r/L), L being how far it gets. The drawing is
made of the book's colours only and is the same at every run.

    python figures/cover.py
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from soluble import style

HERE = Path(__file__).parent
WIDTH, HEIGHT = 960, 400
LIGANDS = [  # mediator, where its source lies (fraction of the field), how far it gets, dots
    ("IL-6", (0.20, 0.42), 78, 230),
    ("VEGF", (0.44, 0.74), 62, 150),
    ("IL-8", (0.62, 0.26), 70, 190),
    ("CXCL12", (0.86, 0.64), 74, 170),
    ("IL-10", (0.40, 0.16), 48, 90),
    ("CCL21", (0.975, 0.14), 66, 100),
]


def scattered(random: np.random.Generator, gap: float, tries: int = 6000) -> np.ndarray:
    """Points of the field that keep at least ``gap`` from each other (dart throwing)."""
    points: list[np.ndarray] = []
    for candidate in random.uniform((-20, -20), (WIDTH + 20, HEIGHT + 20), (tries, 2)):
        if all(np.hypot(*(candidate - p)) > gap for p in points):
            points.append(candidate)
    return np.array(points)


def outline(random: np.random.Generator, centre: np.ndarray, radius: float) -> str:
    """A cell's outline: a closed smooth curve through eight points at about one radius."""
    angles = np.arange(8) * math.pi / 4 + random.uniform(0, math.pi / 4)
    radii = radius * random.normal(1, 0.075, 8)
    corners = centre + radii[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    middles = (corners + np.roll(corners, -1, axis=0)) / 2
    path = f"M{middles[-1][0]:.0f} {middles[-1][1]:.0f}"
    for corner, middle in zip(corners, middles, strict=True):
        path += f"Q{corner[0]:.0f} {corner[1]:.0f} {middle[0]:.0f} {middle[1]:.0f}"
    return path + "z"


def cloud(random: np.random.Generator, source: np.ndarray, reach: float, count: int, cells: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Places of a ligand's molecules: ever fewer with distance, none inside a cell, none on another."""
    places: list[np.ndarray] = []
    for _ in range(count * 40):
        if len(places) == count:
            break
        r, angle = random.exponential(reach) + 18, random.uniform(0, 2 * math.pi)
        place = source + r * np.array([math.cos(angle), math.sin(angle)])
        free = np.hypot(*(cells - place).T) > radii * 1.04 + 3
        apart = all(np.hypot(*(place - p)) > 6.5 for p in places)
        if free.all() and apart and 3 < place[0] < WIDTH - 3 and 3 < place[1] < HEIGHT - 3:
            places.append(place)
    return np.array(places)


def dots(places: np.ndarray, size: float, colour: str) -> str:
    """Dots as one path of round caps: small in the file, sharp at any size."""
    path = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in places)
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{size}" stroke-linecap="round"/>'


def cover(seed: int = 31) -> str:
    """The cover as SVG text."""
    random = np.random.default_rng(seed)
    sources = np.array([(x * WIDTH, y * HEIGHT) for _, (x, y), _, _ in LIGANDS])
    field = scattered(random, 72)
    field = np.vstack([sources, field[[np.hypot(*(sources - p).T).min() > 62 for p in field]]])
    radii = random.uniform(19, 27, len(field))
    # The tumour is a mass around two thirds of the field's left half; elsewhere tissue and immune cells.
    mass = np.hypot((field[:, 0] - 300) / 1.5, field[:, 1] - 230)
    parts = []
    for number, (centre, radius) in enumerate(zip(field, radii, strict=True)):
        tumour = mass[number] < 190
        ink = style.MEDIATORS["tumour" if tumour else "immune"].light
        immune = not tumour and random.random() < 0.55
        radius = radius if tumour or not immune else radius * 0.72
        radii[number] = radius
        colour = ink if tumour or immune else style.MUTED
        shape = outline(random, centre, radius)
        parts.append(f'<path d="{shape}" fill="{colour}" fill-opacity=".07" stroke="{colour}" stroke-opacity=".55" stroke-width="1.3"/>')
        nucleus = outline(random, centre + random.normal(0, 2, 2), radius * (0.42 if tumour else 0.5))
        parts.append(f'<path d="{nucleus}" fill="{colour}" fill-opacity=".22"/>')
    for (name, _, reach, count), source in zip(LIGANDS, sources, strict=True):
        colour = style.MEDIATORS[name].light
        places = cloud(random, source, reach, count, field, radii)
        near = np.hypot(*(places - source).T) < reach * 1.1
        parts += [dots(places[near], 4.6, colour), dots(places[~near], 3.4, colour)]
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="xMidYMid slice">{"".join(parts)}</svg>\n'


def mark(ink: str, *colours: str, extra: str = "") -> str:
    """The mark: a cell open to one side, its nucleus, and three ligands of three mediators that reach it."""
    ligands = zip(((26.5, 20, 3.4), (34, 12, 2.8), (35, 26, 2.3)), colours, strict=True)
    circles = "".join(f'<circle cx="{x}" cy="{y}" r="{r}" fill="{c}"/>' for (x, y, r), c in ligands)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">{extra}<path class="ink" d="M26 33.5A15 15 0 1 1 26 6.5" fill="none" '
        f'stroke="{ink}" stroke-width="3.2" stroke-linecap="round"/><circle cx="15.5" cy="22" r="5" fill="{ink}"/>{circles}</svg>\n'
    )


def main() -> None:
    light = [style.MEDIATORS[name].light for name in ("IL-6", "IL-8", "VEGF")]
    middle = [style.MEDIATORS[name].dark for name in ("IL-6", "IL-8", "VEGF")]
    (HERE / "cover.svg").write_text(cover(), encoding="utf8")
    (HERE / "logo.svg").write_text(mark(style.INK, *light), encoding="utf8")
    plate = f'<rect width="40" height="40" rx="8" fill="{style.PAPER_DARK}"/><g transform="translate(3 3) scale(.85)">'
    favicon = mark(style.PAPER_LIGHT, *middle, extra=plate).replace("</svg>", "</g></svg>")
    (HERE / "favicon.svg").write_text(favicon, encoding="utf8")


if __name__ == "__main__":
    main()
