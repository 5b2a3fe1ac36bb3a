"""Runs of a field model in NumPy; the browser's ``web/src/field/run.js`` follows the same steps with the same numbers.

**Fields.** On a grid of spacing h, diffusion is explicit (five points), what is made is explicit, what is lost or goes over is
implicit with the rates of the present moment: ``(1 + dt L) c' = c + dt (D lap c + made)``. The step of the run is cut into
substeps with ``D dt / h**2 <= LARGEST / dimensions``, so that every new value is an average, with positive weights, of old
ones plus what is made: no field becomes negative or grows by itself, whatever the rates (maximum principle). A diffusion
coefficient that depends on fields keeps the values that it has at the beginning of a step; between two points it is their mean.
Without loss the total is kept to rounding; a steady state is exactly that of the five-point equation. What goes over from one field to
another leaves the one and enters the other in the same linear system, so that their sum is kept as well.

**Cells.** Each is a disk whose receptors, N, are spread over a sphere of diameter d. The means of its two halves lie d/2
apart, so in a gradient of occupancy the halves differ by ``N/2 * d/2 * gradient`` occupied receptors, along x and along y.
The gradient is read over one grid distance to each side. A cell keeps a memory of that difference, renewed over ``memory``,
in which ``noise`` is the standard deviation of each component, and goes where the memory points::

    m' = e m + (1 - e) difference + sqrt(1 - e**2) noise xi,   e = exp(-step / memory)

So the noise that misleads a cell in a gradient is also what makes it persist and turn in an even field. In a constant gradient
the mean cosine between its way and the gradient has a closed form, :func:`expected_index`.

**Cells that drift** go with the velocity ``sum of sensitivity * gradient + w``, the gradients read over one grid distance to each
side. The random part w keeps its direction for ``memory``, and its size is such that the cell spreads with the coefficient
``spread`` in the long run, whatever the step::

    w' = e w + sqrt(1 - e**2) sqrt(2 spread / step * (1 - e) / (1 + e)) xi,   e = exp(-step / memory)

Without a memory this is the random walk whose density n obeys ``dn/dt = spread lap n - div(n sensitivity grad field)``.

**Cells that grow** are tips, and the way of a tip is a branch of the network. When all tips have gone their step, one after the other is looked at
in order: where its step crosses an earlier stretch of the way of another tip of its kind, the step ends there, and the tip has
fused and rests (a tip's own way is no obstacle, nor is that of the one it forked from or of its own fork until the younger has reached
the time of ``branches: after``). The length that it went is laid into the field under ``leaves``, so that the field's total is
the network's length. Then a tip whose last fork is long enough ago branches with the probability ``1 - exp(-rate step)``: a
tip is put where it is, whose random velocity (or memory) is its own mirrored in its heading, so that the two part.

**Order of a step.** Densities from where cells are; fields; then each cell reads, remembers and goes, is held up by what it meets, and branches.
Random numbers are those of :mod:`soluble.philox`: for the k-th kind of cells stream 2k holds where and how a cell starts, stream
2k + 1 its noise, stream ``FORKS + k`` whether it branches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from . import philox
from .expression import TIME, Expression, evaluate
from .field import MOST_CELLS, MOST_SUBSTEPS, SURFACE, Cells, FieldModel, Region
from .model import UnknownNameError

#: Diffusion number of a substep, over all dimensions together; the limit of stability is 1/2.
LARGEST = 0.4
#: First of the streams of random numbers that decide on branching.
FORKS = 2**16
#: Recorded times of a run, where the caller does not say.
RECORDS = 120


def expected_index(s: float) -> float:
    """Mean cosine to a constant gradient of a cell whose memory is ``difference + noise xi``, with s = difference / noise.

    The direction of a bivariate normal vector of mean (s, 0) and unit variances: sqrt(pi/8) s exp(-s²/4) (I0 + I1)(s²/4).
    """
    from scipy.special import ive

    return float(math.sqrt(math.pi / 8) * s * (ive(0, s * s / 4) + ive(1, s * s / 4)))


# --- places ----------------------------------------------------------------------------------------------------------


def bounds(region: Region, p: Mapping[str, float]) -> dict[str, float]:
    """The numbers of a region at given parameters."""
    return {key: float(e.value(p)) for key, e in region.bounds.items()}


def distance(region: Region, p: Mapping[str, float], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Distance of points to a region, 0 inside."""
    b = bounds(region, p)
    if region.shape == "disk":
        return np.maximum(np.hypot(x - b["x"], y - b["y"]) - b["radius"], 0.0)
    return np.hypot(np.maximum(np.maximum(b["x0"] - x, x - b["x1"]), 0.0), np.maximum(np.maximum(b["y0"] - y, y - b["y1"]), 0.0))


#: A grid cell that a disk's rim crosses is sampled at so many points each way.
SAMPLES = 8


def coverage(model: FieldModel, region: Region, p: Mapping[str, float]) -> np.ndarray:
    """The share of each grid cell that lies inside a region, of shape (ny, nx)."""
    b, h = bounds(region, p), model.grid
    if region.shape == "rectangle":
        along_x, along_y = (_overlap(b[f"{key}0"], b[f"{key}1"], h, n) for key, n in (("x", model.nx), ("y", model.ny)))
        return along_y[:, None] * along_x[None, :]
    inside = (np.arange(SAMPLES) + 0.5) / SAMPLES
    x = ((np.arange(model.nx)[:, None] + inside) * h).ravel()
    y = ((np.arange(model.ny)[:, None] + inside) * h).ravel()
    hit = (x[None, :] - b["x"]) ** 2 + (y[:, None] - b["y"]) ** 2 <= b["radius"] ** 2
    return hit.reshape(model.ny, SAMPLES, model.nx, SAMPLES).sum(axis=(1, 3)) / SAMPLES**2


def _overlap(low: float, high: float, h: float, n: int) -> np.ndarray:
    left = np.arange(n) * h
    return np.clip(np.minimum(high, left + h) - np.maximum(low, left), 0.0, None) / h


class _Points:
    """Where points lie between the grid's points: indices and weights, for reading and for spreading."""

    def __init__(self, model: FieldModel, x: np.ndarray, y: np.ndarray) -> None:
        gx = np.clip(x / model.grid - 0.5, 0, model.nx - 1)
        gy = np.clip(y / model.grid - 0.5, 0, model.ny - 1)
        self.i = np.minimum(gx.astype(int), max(model.nx - 2, 0))
        self.j = np.minimum(gy.astype(int), max(model.ny - 2, 0))
        self.a, self.b = gx - self.i, gy - self.j
        self.i1, self.j1 = np.minimum(self.i + 1, model.nx - 1), np.minimum(self.j + 1, model.ny - 1)

    def read(self, values: np.ndarray) -> np.ndarray:
        """Values on the grid, bilinear between its points."""
        a, b = self.a, self.b
        low = (1 - a) * values[self.j, self.i] + a * values[self.j, self.i1]
        high = (1 - a) * values[self.j1, self.i] + a * values[self.j1, self.i1]
        return (1 - b) * low + b * high

    def spread(self, out: np.ndarray, amount: Any) -> None:
        """Add an amount per point to the grid, with the same weights."""
        a, b = self.a, self.b
        for j, i, share in ((self.j, self.i, (1 - a) * (1 - b)), (self.j, self.i1, a * (1 - b)), (self.j1, self.i, (1 - a) * b), (self.j1, self.i1, a * b)):
            np.add.at(out, (j, i), amount * share)


# --- one run ---------------------------------------------------------------------------------------------------------


@dataclass
class _Population:
    """The cells of one kind: arrays whose last axis has one entry per cell."""

    kind: Cells
    x: np.ndarray
    y: np.ndarray
    memory: np.ndarray  # (2, cells): receptors or, of cells that drift, the random velocity
    heading: np.ndarray  # (2, cells): unit vectors
    surface: np.ndarray
    path: np.ndarray
    arrived: np.ndarray
    first: np.ndarray  # distance to the goal at the start
    mother: np.ndarray  # the cell from which it forked, or -1
    joined: np.ndarray  # the cell whose way ended it, or -1
    born: np.ndarray  # the step
    forked: np.ndarray  # the step of its last fork, or of its birth
    origin: np.ndarray  # (2, cells): where it was born
    fixed: dict[str, float] = field(default_factory=dict)
    ways: _Ways | None = None

    @property
    def going(self) -> np.ndarray:
        """Which cells have neither fused nor arrived to stay."""
        return (self.joined < 0) & (~self.arrived if self.kind.stops else True)

    def fork(self, mothers: np.ndarray, step: int) -> None:
        """Add a cell beside each of ``mothers``; the two part to both sides of the way that they came."""
        along = (self.memory * self.heading).sum(axis=0)
        self.forked[mothers] = step
        new = {"memory": 2 * along * self.heading - self.memory, "origin": np.stack([self.x, self.y])}
        new |= {"path": np.zeros_like(self.path), "mother": np.arange(len(self.x)), "born": np.full(len(self.x), step)}
        for name in ("x", "y", "memory", "heading", "surface", "path", "arrived", "first", "mother", "joined", "born", "forked", "origin"):
            own = getattr(self, name)
            setattr(self, name, np.concatenate([own, new.get(name, own)[..., mothers]], axis=-1))


class _Ways:
    """The ways of tips as straight stretches, kept by the squares of side ``size`` that they touch."""

    def __init__(self, size: float) -> None:
        self.size = size
        self.squares: dict[tuple[int, int], list[tuple[int, float, float, float, float]]] = {}

    def _touched(self, x0: float, y0: float, x1: float, y1: float) -> list[tuple[int, int]]:
        i0, i1 = sorted((math.floor(x0 / self.size), math.floor(x1 / self.size)))
        j0, j1 = sorted((math.floor(y0 / self.size), math.floor(y1 / self.size)))
        return [(i, j) for i in range(i0, i1 + 1) for j in range(j0, j1 + 1)]

    def add(self, cell: int, x0: float, y0: float, x1: float, y1: float) -> None:
        """Lay a stretch of the way of a cell."""
        for square in self._touched(x0, y0, x1, y1):
            self.squares.setdefault(square, []).append((cell, x0, y0, x1, y1))

    def meets(self, x0: float, y0: float, x1: float, y1: float, ignored: Callable[[int], bool]) -> tuple[float, int]:
        """The share of a step that can be gone before it crosses another's way, and whose that is; (1, -1) where it meets none."""
        share, whose = 1.0, -1
        for square in self._touched(x0, y0, x1, y1):
            for cell, *stretch in self.squares.get(square, ()):
                if not ignored(cell) and (at := crossing(x0, y0, x1, y1, *stretch)) < share:
                    share, whose = at, cell
        return share, whose


def crossing(x0: float, y0: float, x1: float, y1: float, u0: float, v0: float, u1: float, v1: float) -> float:
    """The share of the step from (x0, y0) to (x1, y1) at which it crosses the stretch from (u0, v0) to (u1, v1); infinite where it does not."""
    dx, dy, du, dv = x1 - x0, y1 - y0, u1 - u0, v1 - v0
    area = dx * dv - dy * du
    if area == 0:
        return math.inf
    share = ((u0 - x0) * dv - (v0 - y0) * du) / area
    other = ((u0 - x0) * dy - (v0 - y0) * dx) / area
    return share if 0 <= share < 1 and 0 <= other < 1 else math.inf


class Stepper:
    """A run, step by step: ``fields`` of shape (fields, ny, nx), ``populations``, ``n`` steps done; :meth:`step` does one more.

    Raises ``ValueError`` for settings that cannot be run (more cells or substeps than any machine should be asked for).
    """

    def __init__(self, model: FieldModel, overrides: Mapping[str, float] | None = None, seed: int = 1) -> None:
        """Put fields and cells where they start."""
        if isinstance(seed, bool) or seed != int(seed) or not 0 <= seed < 2**32:
            raise ValueError(f"seed is {seed!r}; a seed is a whole number from 0 to 2**32 - 1")
        self.model, self.seed, self.n = model, int(seed), 0
        self.p = model.values(overrides)
        h = model.grid
        x, y = (np.arange(model.nx) + 0.5) * h, (np.arange(model.ny) + 0.5) * h
        self.place = {"x": np.broadcast_to(x, (model.ny, model.nx)), "y": np.broadcast_to(y[:, None], (model.ny, model.nx))}
        self.regions = {g.id: coverage(model, g, self.p) for g in model.regions}
        start = self.p | self.regions | self.place
        self.fields = np.stack([np.broadcast_to(np.asarray(f.initial.value(start), dtype=float), (model.ny, model.nx)) for f in model.fields])
        self._derived = {d.id: d.expression for d in model.derived}
        self._spread()
        self._still = self._rates("still", self._names({}))
        self._region = {g.id: g for g in model.regions}
        self.populations = [self._settle(k, kind) for k, kind in enumerate(model.cells)]

    @property
    def time(self) -> float:
        """The time that the run has reached, in the model's unit."""
        return self.n * self.model.step

    # -- formulas --

    def value(self, e: Expression, names: Mapping[str, Any]) -> Any:
        """A formula with derived quantities resolved; ``names`` gives everything else."""
        if self._derived.keys() & set(e.names):
            names = dict(names)
            self._resolve(e, names)
        return evaluate(e.tree, names)

    def _resolve(self, e: Expression, names: dict[str, Any]) -> None:
        for name in e.names:
            if name in self._derived and name not in names:
                self._resolve(self._derived[name], names)
                names[name] = evaluate(self._derived[name].tree, names)

    def at(self, x: np.ndarray, y: np.ndarray, e: Expression, **more: Any) -> Any:
        """A formula of fields and regions at points; ``more`` holds what else it knows."""
        points = _Points(self.model, x, y)
        wanted = self.model.names_of(e)
        names = self.p | {"x": x, "y": y, TIME: self.time} | more
        names |= {f.id: points.read(c) for f, c in zip(self.model.fields, self.fields, strict=True) if f.id in wanted}
        names |= {g: points.read(c) for g, c in self.regions.items() if g in wanted}
        return np.broadcast_to(self.value(e, names), np.shape(x))

    # -- fields --

    def densities(self) -> dict[str, np.ndarray]:
        """Cells per area on the grid, by kind. A cell that has fused, or arrived and stays there, takes part no more."""
        out = {}
        for population in self.populations:
            out[population.kind.id] = grid = np.zeros((self.model.ny, self.model.nx))
            here = population.going
            _Points(self.model, population.x[here], population.y[here]).spread(grid, 1 / self.model.grid**2)
        return out

    def _spread(self) -> None:
        """Take the diffusion coefficients of this moment (numbers, or arrays where they vary), and the substeps that they ask for."""
        m = self.model
        names = self._names({}) | dict(zip(m.field_ids, self.fields, strict=True))
        self.diffusion = [
            np.broadcast_to(self.value(f.diffusion, names), (m.ny, m.nx)) if m.varies(f) else float(f.diffusion.value(self.p)) for f in m.fields
        ]
        if min((np.min(d) for d in self.diffusion), default=0.0) < 0:
            raise ValueError(f"{m.id}: a diffusion coefficient is negative")
        dimensions = 2 if m.ny > 1 else 1
        most = max((float(np.max(d)) for d in self.diffusion), default=0.0)
        self.substeps = max(1, math.ceil(most * m.step * dimensions / (LARGEST * m.grid**2) - 1e-9))
        if self.substeps > MOST_SUBSTEPS:
            raise ValueError(f"{m.id}: a step would take {self.substeps} substeps, more than {MOST_SUBSTEPS}: widen `grid`, shorten `step` or lower the diffusion")

    def _diffuse(self, c: np.ndarray, number: Any) -> np.ndarray:
        """``c`` plus ``number``, one for all or one for each point, times the sum of differences to the neighbours."""
        out = c.copy()
        number = np.broadcast_to(number, c.shape)
        for axis, edges in ((1, ("left", "right")), (0, ("bottom", "top"))):
            if c.shape[axis] == 1:
                continue
            above, below = (np.s_[:, 1:], np.s_[:, :-1]) if axis == 1 else (np.s_[1:], np.s_[:-1])
            flux = (number[above] + number[below]) / 2 * (c[above] - c[below])
            out[below] += flux
            out[above] -= flux
            for edge, place in zip(edges, (0, -1), strict=True):
                if self.model.edges[edge]:
                    line = np.s_[:, place] if axis == 1 else np.s_[place]
                    out[line] -= number[line] * c[line]
        return out

    def _names(self, densities: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """What a rate may ask for."""
        return self.p | self.regions | self.place | dict(densities) | dict(zip(self.model.field_ids, self.fields, strict=True)) | {TIME: self.time}

    def _react(self, dt: float, names: Mapping[str, Any], known: Mapping[int, Any]) -> None:
        """One substep of all fields; ``known`` holds the rates that keep their value during the step, by reaction."""
        m, c = self.model, self.fields
        place = {name: i for i, name in enumerate(m.field_ids)}
        new = [self._diffuse(c[i], d * dt / m.grid**2) if np.any(d) else c[i].copy() for i, d in enumerate(self.diffusion)]
        own = [1.0] * len(c)
        over: dict[tuple[int, int], Any] = {}
        now = dict(names) | dict(zip(m.field_ids, c, strict=True))
        for r, reaction in enumerate(m.reactions):
            amount = dt * (known[r] if r in known else self.value(reaction.rate, now))
            if reaction.source is None:
                new[place[reaction.target]] += amount
                continue
            a = place[reaction.source]
            own[a] = own[a] + amount
            if reaction.target is not None:
                key = (place[reaction.target], a)
                over[key] = over.get(key, 0.0) + amount
        self.fields = _solve(new, own, over)

    def _rates(self, pace: str, names: Mapping[str, Any]) -> dict[int, Any]:
        """The rates of one pace (:meth:`FieldModel.pace`), by reaction."""
        return {r: self.value(x.rate, names) for r, x in enumerate(self.model.reactions) if self.model.pace(x.rate) == pace}

    def _react_all(self) -> None:
        """One step of all fields."""
        names = self._names(self.densities())
        known = self._still | self._rates("slow", names)
        if any(map(self.model.varies, self.model.fields)):
            self._spread()
        for _ in range(self.substeps):
            self._react(self.model.step / self.substeps, names, known)

    # -- cells --

    def _settle(self, k: int, kind: Cells) -> _Population:
        """Cells of one kind where they start."""
        number = math.floor(float(kind.number.value(self.p)) + 0.5)
        if not 0 <= number <= MOST_CELLS:
            raise ValueError(f"{number} {kind.name}: from 0 to {MOST_CELLS} can be followed")
        index = np.arange(number)
        u = philox.uniform(self.seed, 2 * k, 0, index)
        b = bounds(self._region[kind.start], self.p)
        if self._region[kind.start].shape == "disk":
            radius, angle = b["radius"] * np.sqrt(u[:, 0]), 2 * math.pi * u[:, 1]
            x, y = b["x"] + radius * np.cos(angle), b["y"] + radius * np.sin(angle)
        else:
            x, y = b["x0"] + u[:, 0] * (b["x1"] - b["x0"]), b["y0"] + u[:, 1] * (b["y1"] - b["y0"])
        x, y = np.clip(x, 0, self.model.width), np.clip(y, 0, self.model.height)
        xi = philox.normal(self.seed, 2 * k, 1, index)[:, :2].T.copy()
        if self.model.ny == 1:
            xi[1] = 0.0
        surface = np.ones(number)
        fixed = {key: float(e.value(self.p)) for key in ("diameter", "receptors", "memory", "threshold", "after", "ripens") if (e := getattr(kind, key)) is not None}
        noise = self.at(x, y, kind.noise, **{SURFACE: surface}) if kind.senses else self._wander(kind, x, y, surface, fixed["memory"]) if kind.drifts else 0.0
        first = distance(self._region[kind.goal], self.p, x, y) if kind.goal else np.full(number, np.nan)
        whole = {name: np.full(number, value) for name, value in (("mother", -1), ("joined", -1), ("born", 0), ("forked", 0))}
        moved = (noise * xi, xi / np.hypot(*xi), surface, np.zeros(number), first == 0, first)
        return _Population(kind, x, y, *moved, **whole, origin=np.stack([x, y]), fixed=fixed, ways=_Ways(self.model.grid) if kind.fuses else None)

    def _slope(self, x: np.ndarray, y: np.ndarray, e: Expression) -> np.ndarray:
        """The gradient of a formula at points, read over one grid distance to each side: shape (2, ...)."""
        h = self.model.grid
        sides = self.at(np.stack([x + h, x - h, x, x]), np.stack([y, y, y + h, y - h]), e)
        return np.stack([sides[0] - sides[1], sides[2] - sides[3] if self.model.ny > 1 else 0.0 * sides[2]]) / (2 * h)

    def difference(self, kind: Cells, x: np.ndarray, y: np.ndarray, surface: Any = 1.0) -> np.ndarray:
        """Occupied receptors by which the halves of a cell at (x, y) differ, along x and y: shape (2, ...).

        ``surface`` is the share of its receptors at the surface.
        """
        return surface * float(kind.receptors.value(self.p)) / 2 * float(kind.diameter.value(self.p)) / 2 * self._slope(x, y, kind.occupancy)

    def _wander(self, kind: Cells, x: np.ndarray, y: np.ndarray, surface: np.ndarray, memory: float) -> np.ndarray:
        """Standard deviation of each component of the random velocity of cells that drift."""
        kept = math.exp(-self.model.step / memory) if memory > 0 else 0.0
        return np.sqrt(2 * self.at(x, y, kind.spread, **{SURFACE: surface}) / self.model.step * (1 - kept) / (1 + kept))

    def _sense(self, population: _Population, xi: np.ndarray, kept: float) -> np.ndarray:
        """The steps that cells which sense would go: shape (2, cells)."""
        kind, dt = population.kind, self.model.step
        x, y, surface = population.x, population.y, population.surface
        seen = self.difference(kind, x, y, surface)
        if kind.threshold is not None:
            seen = np.where(np.hypot(*seen) < population.fixed["threshold"], 0.0, seen)
        noise = self.at(x, y, kind.noise, **{SURFACE: surface})
        population.memory = kept * population.memory + (1 - kept) * seen + math.sqrt(1 - kept * kept) * noise * xi
        if kind.loss is not None:
            loss, recovery = (self.at(x, y, e, **{SURFACE: surface}) for e in (kind.loss, kind.recovery))
            population.surface = (surface + dt * recovery) / (1 + dt * (recovery + loss))
        size = np.hypot(*population.memory)
        turned = size > 0
        population.heading = np.where(turned, population.memory / np.where(turned, size, 1.0), population.heading)
        speed = 0.0 if kind.speed is None else self.at(x, y, kind.speed, **{SURFACE: surface})
        return dt * speed * population.heading

    def _drift(self, population: _Population, xi: np.ndarray, kept: float) -> np.ndarray:
        """The steps that cells which drift would go: shape (2, cells)."""
        kind = population.kind
        x, y, surface = population.x, population.y, population.surface
        wander = self._wander(kind, x, y, surface, population.fixed["memory"])
        population.memory = kept * population.memory + math.sqrt(1 - kept * kept) * wander * xi
        velocity = population.memory
        for name, strength in kind.follows.items():
            velocity = velocity + self.at(x, y, strength, **{SURFACE: surface}) * self._slope(x, y, Expression(name))
        size = np.hypot(*velocity)
        population.heading = np.where(size > 0, velocity / np.where(size > 0, size, 1.0), population.heading)
        return self.model.step * velocity

    def _move(self, k: int, population: _Population) -> None:
        """One step of the cells of one kind."""
        kind, m = population.kind, self.model
        if not len(population.x) or not (kind.senses or kind.drifts):
            return
        xi = philox.normal(self.seed, 2 * k + 1, self.n, np.arange(len(population.x)))[:, :2].T.copy()
        if m.ny == 1:
            xi[1] = 0.0
        kept = math.exp(-m.step / population.fixed["memory"]) if population.fixed["memory"] > 0 else 0.0
        stride = (self._sense if kind.senses else self._drift)(population, xi, kept)
        if self.time < population.fixed["after"] or (kind.senses and kind.speed is None):
            return
        going = population.going
        x, y = population.x, population.y
        to_x, to_y = (np.where(going, np.clip(at + d, 0, most), at) for at, d, most in ((x, stride[0], m.width), (y, stride[1], m.height)))
        if kind.fuses:
            self._fuse(population, np.flatnonzero(going), to_x, to_y)
        population.x, population.y = to_x, to_y
        gone = np.hypot(to_x - x, to_y - y)
        population.path = population.path + gone
        if kind.leaves:
            trail = self.fields[m.field_ids.index(kind.leaves)]
            _Points(m, (x + to_x) / 2, (y + to_y) / 2).spread(trail, gone / m.grid**2)
        if kind.goal:
            inside = distance(self._region[kind.goal], self.p, to_x, to_y) == 0
            population.arrived = inside | population.arrived if kind.stops else inside
        if kind.branching is not None:
            self._branch(k, population)

    def _fuse(self, population: _Population, going: np.ndarray, to_x: np.ndarray, to_y: np.ndarray) -> None:
        """Shorten the steps that meet the way of another cell, and lay them, in the order of the cells."""
        young = max(population.fixed.get("ripens", 0.0), self.model.step)  # a fork's two ways begin at one point
        mother, born = population.mother.tolist(), population.born.tolist()
        for i in going.tolist():

            def ignored(other: int, i: int = i) -> bool:
                kin = mother[other] == i or mother[i] == other
                return other == i or (kin and (self.n + 1 - born[max(i, other)]) * self.model.step <= young)

            step = (float(population.x[i]), float(population.y[i]), float(to_x[i]), float(to_y[i]))
            share, whose = population.ways.meets(*step, ignored)
            if whose >= 0:
                population.joined[i] = whose
                to_x[i], to_y[i] = step[0] + share * (step[2] - step[0]), step[1] + share * (step[3] - step[1])
            population.ways.add(i, step[0], step[1], float(to_x[i]), float(to_y[i]))

    def _branch(self, k: int, population: _Population) -> None:
        """Let cells become two."""
        index = np.arange(len(population.x))
        ripe = population.going & ((self.n + 1 - population.forked) * self.model.step >= population.fixed["ripens"])
        rate = self.at(population.x, population.y, population.kind.branching, **{SURFACE: population.surface})
        chance = philox.uniform(self.seed, FORKS + k, self.n, index)[:, 0]
        mothers = index[ripe & (chance < 1 - np.exp(-rate * self.model.step))]
        population.fork(mothers[: MOST_CELLS - len(index)], self.n + 1)

    def step(self) -> None:
        """Fields, then cells, one step on."""
        self._react_all()
        for k, population in enumerate(self.populations):
            self._move(k, population)
        self.n += 1


def _solve(new: list[np.ndarray], own: list[Any], over: Mapping[tuple[int, int], Any]) -> np.ndarray:
    """Fields after loss and exchange: ``own[i] c[i] - sum over[i, a] c[a] = new[i]`` at each point.

    The columns of the matrix are dominated by their diagonal, so that elimination without pivoting is safe.
    """
    n = len(new)
    matrix = {(i, i): own[i] for i in range(n)} | {key: -1.0 * rate for key, rate in over.items()}
    right = [*new]
    for k in range(n):
        for i in range(k + 1, n):
            if (i, k) in matrix:
                factor = matrix[i, k] / matrix[k, k]
                right[i] = right[i] - factor * right[k]
                for j in range(k + 1, n):
                    if (k, j) in matrix:
                        matrix[i, j] = matrix.get((i, j), 0.0) - factor * matrix[k, j]
    for k in reversed(range(n)):
        for j in range(k + 1, n):
            if (k, j) in matrix:
                right[k] = right[k] - matrix[k, j] * right[j]
        right[k] = right[k] / matrix[k, k]
    return np.stack(right)


# --- what a run gives ------------------------------------------------------------------------------------------------


class FieldRun:
    """The record of a run.

    ``t`` the recorded times; ``fields[name]`` an array (times, ny, nx), row 0 at the bottom; ``tracks`` a table with a row per
    cell and recorded time: ``cells, cell, time, x, y, path, gained, surface, arrived, mother, joined``, where ``gained`` is by how
    much the distance to the goal has fallen, of cells that do not stop those have ``arrived`` that are in their goal now, and
    ``mother`` and ``joined`` are the cells from which one forked and with whose way it fused, -1 for none. ``values`` are the
    parameters, ``seed`` the seed, ``last`` the :class:`Stepper` at the end.
    """

    def __init__(self, last: Stepper, t: list[float], fields: list[np.ndarray], tracks: pd.DataFrame) -> None:
        self.model, self.seed, self.values, self.last = last.model, last.seed, last.p, last
        self.t = np.array(t)
        self.fields = {name: np.stack([c[i] for c in fields]) for i, name in enumerate(last.model.field_ids)}
        self.tracks = tracks

    def _kind(self, cells: str | None) -> Cells:
        """The named kind of cells; without a name the first that has a goal, else the first."""
        kinds = {c.id: c for c in self.model.cells}
        if cells is None and kinds:
            return next((c for c in kinds.values() if c.goal), next(iter(kinds.values())))
        if cells not in kinds:
            raise UnknownNameError(cells, list(kinds), "kind of cell")
        return kinds[cells]

    def _of(self, cells: str | None) -> pd.DataFrame:
        kind = self._kind(cells)
        if kind.goal is None:
            raise ValueError(f"{kind.name} have no goal: name a region under `goal` in {self.model.id}")
        return self.tracks[self.tracks["cells"] == kind.id]

    def indices(self, cells: str | None = None, at: float | None = None) -> pd.Series:
        """Each cell's chemotactic index up to a recorded time (default: the last): distance to the goal gained over path.

        A cell that has not moved has none. Raises ``ValueError`` for cells without a goal, :class:`UnknownNameError` for
        cells that are not declared.
        """
        table = self._of(cells)
        when = self.t[-1] if at is None else self.t[np.abs(self.t - at).argmin()]
        now = table[table["time"] == when].set_index("cell")
        return (now["gained"] / now["path"].where(now["path"] > 0)).dropna().rename("index")

    def chemotactic_index(self, cells: str | None = None, at: float | None = None) -> float:
        """The mean of :meth:`indices`; NaN where no cell has moved. 1 is straight to the goal, 0 aimless."""
        return float(self.indices(cells, at).mean())

    def arrivals(self, cells: str | None = None) -> pd.Series:
        """The share of cells that have arrived, over time (of cells that do not stop: that are in their goal)."""
        return self._of(cells).groupby("time")["arrived"].mean().rename("arrived")

    def arrived(self, cells: str | None = None) -> float:
        """The share of cells that have arrived at the end; NaN where there are none."""
        share = self.arrivals(cells)
        return float(share.iloc[-1]) if len(share) else math.nan

    def network(self, cells: str | None = None) -> pd.DataFrame:
        """The branches at the end, a row for each cell: ``mother, joined`` (-1 for none), ``born`` (time), from ``x0, y0`` to ``x1, y1``,
        ``length``, and ``ends``: growing, arrived or fused. Without a name of the first kind that grows, else as elsewhere.
        """
        grows = next((c.id for c in self.model.cells if c.grows), None)
        kind = self._kind(cells or grows)
        last = next(one for one in self.last.populations if one.kind.id == kind.id)
        ends = np.select([last.joined >= 0, last.arrived], ["fused", "arrived"], "growing")
        columns = {"mother": last.mother, "joined": last.joined, "born": last.born * self.model.step}
        columns |= {"x0": last.origin[0], "y0": last.origin[1], "x1": last.x, "y1": last.y, "length": last.path, "ends": ends}
        return pd.DataFrame(columns, index=pd.Index(range(len(last.x)), name="cell"))

    def growth(self, cells: str | None = None) -> pd.DataFrame:
        """How the network grows, a row for each recorded time: ``growing`` tips, ``forks``, ``fusions``, ``arrived`` tips, ``length``."""
        grows = next((c.id for c in self.model.cells if c.grows), None)
        table = self.tracks[self.tracks["cells"] == self._kind(cells or grows).id]
        fused, arrived = table["joined"] >= 0, table["arrived"].astype(bool)
        counted = table.assign(growing=~(fused | arrived), forks=table["mother"] >= 0, fusions=fused, arrived=arrived & ~fused, length=table["path"])
        return counted.groupby("time")[["growing", "forks", "fusions", "arrived", "length"]].sum()

    def quantity(self, name: str) -> np.ndarray:
        """A field or a derived quantity on the grid at the last time, (ny, nx)."""
        if name not in self.model.quantity_ids:
            raise UnknownNameError(name, self.model.quantity_ids, "field or derived quantity")
        return self.last.at(*self._grid(), Expression(name))

    def _grid(self) -> tuple[np.ndarray, np.ndarray]:
        return self.last.place["x"], self.last.place["y"]

    def profile(self, name: str, y: float | None = None) -> pd.Series:
        """A field or a derived quantity along a horizontal line at the last time (default: half-way up)."""
        x = (np.arange(self.model.nx) + 0.5) * self.model.grid
        if name not in self.model.quantity_ids:
            raise UnknownNameError(name, self.model.quantity_ids, "field or derived quantity")
        values = self.last.at(x, np.full(x.shape, self.model.height / 2 if y is None else y), Expression(name))
        return pd.Series(values, index=pd.Index(x, name="x"), name=name)

    def difference(self, cells: str | None = None, y: float | None = None) -> pd.Series:
        """Occupied receptors by which the halves of a cell would differ, along a horizontal line at the last time."""
        kind = self._kind(cells)
        if not kind.senses:
            raise ValueError(f"{kind.name} do not sense")
        x = (np.arange(self.model.nx) + 0.5) * self.model.grid
        size = np.hypot(*self.last.difference(kind, x, np.full(x.shape, self.model.height / 2 if y is None else y)))
        return pd.Series(size, index=pd.Index(x, name="x"), name=kind.id)

    def front(self, name: str, level: float) -> pd.Series:
        """Where a field first falls below a level, going right along the middle, at each recorded time (between grid points)."""
        x = (np.arange(self.model.nx) + 0.5) * self.model.grid
        rows = self.fields[name][:, self.model.ny // 2, :]
        return pd.Series([_crossing(x, row, level) for row in rows], index=pd.Index(self.t, name="time"), name=name)

    def front_speed(self, name: str, level: float, over: float) -> pd.Series:
        """The front's mean speed over the last ``over`` of time, at each recorded time; NaN before that."""
        front = self.front(name, level)
        before = np.interp(self.t - over, self.t, front, left=math.nan)
        return ((front - before) / over).rename(name)

    def __repr__(self) -> str:
        return f"<FieldRun of {self.model.id}: seed {self.seed}, {len(self.t)} times to {self.t[-1]:g} {self.model.time_unit}>"


def _crossing(x: np.ndarray, row: np.ndarray, level: float) -> float:
    below = np.flatnonzero(row < level)
    if not len(below):
        return math.nan
    k = int(below[0])
    return float(x[0]) if k == 0 else float(x[k - 1] + (row[k - 1] - level) / (row[k - 1] - row[k]) * (x[k] - x[k - 1]))


def simulate(model: FieldModel, overrides: Mapping[str, float] | None = None, seed: int = 1, t_end: float | None = None, every: int | None = None) -> FieldRun:
    """Run a field model.

    Parameters
    ----------
    overrides : parameters by name
    seed : a whole number from 0 to 2**32 - 1; the same seed gives the same run, here and in the browser
    t_end : end of the run in the model's unit of time (default: as declared), rounded to whole steps
    every : record each so many steps (default: about 120 times in the run); start and end are always recorded

    Raises
    ------
    UnknownNameError
        for a parameter that is not declared
    ValueError
        for a seed, a time or a setting that cannot be run
    """
    steps = model.n_steps if t_end is None else round(t_end / model.step)
    if steps < 1:
        raise ValueError(f"t_end={t_end!r}: a run has at least one step of {model.step:g} {model.time_unit}")
    every = every or max(1, math.ceil(steps / RECORDS))
    run = Stepper(model, overrides, seed)
    t, fields, tracks = [], [], []
    for n in range(steps + 1):
        if n:
            run.step()
        if n % every == 0 or n == steps:
            t.append(run.time)
            fields.append(run.fields.copy())
            tracks += [_row(run, population) for population in run.populations]
    return FieldRun(run, t, fields, pd.concat(tracks, ignore_index=True) if tracks else _empty())


def _empty() -> pd.DataFrame:
    return pd.DataFrame(columns=["cells", "cell", "time", "x", "y", "path", "gained", "surface", "arrived", "mother", "joined"])


def _row(run: Stepper, population: _Population) -> pd.DataFrame:
    kind = population.kind
    gained = population.first - distance(run._region[kind.goal], run.p, population.x, population.y) if kind.goal else math.nan
    columns = {
        "cells": kind.id,
        "cell": np.arange(len(population.x)),
        "time": run.time,
        "x": population.x,
        "y": population.y,
        "path": population.path,
        "gained": gained,
        "surface": population.surface,
        "arrived": population.arrived,
        "mother": population.mother,
        "joined": population.joined,
    }
    return pd.DataFrame(columns)
