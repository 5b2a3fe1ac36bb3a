"""The plane of a model with two states: nullclines, equilibria, the basins of those that attract and their borders, a trajectory.

For the first picture of the phase explorer, and for a figure in a notebook. The browser computes the same by its own means
(``web/src/plane.js``). A model with more states becomes one with two by :meth:`soluble.model.Model.hold`.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from . import simulate, style
from .batch import batched
from .expression import TIME
from .model import Model, UnknownNameError

#: How far beyond the picture, in its sides, equilibria and borders are followed: a border can leave the picture and come back.
MARGIN = 0.5
#: Colours of the basins, by the order of their equilibria along x; no red beside green.
BASINS = [style.SERIES[k].light for k in (2, 0, 3, 4)]


@dataclass(frozen=True)
class Axis:
    """One axis of a plane: a state, the ends in its unit, and whether it is logarithmic."""

    state: str
    low: float
    high: float
    log: bool

    def place(self, values: Any) -> np.ndarray:
        """Values as shares of the axis: 0 at its low end, 1 at its high end."""
        values = np.asarray(values, dtype=float)
        if self.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.log(values / self.low) / np.log(self.high / self.low)
        return (values - self.low) / (self.high - self.low)

    def value(self, shares: Any) -> np.ndarray:
        """Shares of the axis as values."""
        shares = np.asarray(shares, dtype=float)
        return self.low * (self.high / self.low) ** shares if self.log else self.low + shares * (self.high - self.low)

    def slope(self, values: np.ndarray) -> np.ndarray:
        """The derivative of the share by the value."""
        return 1 / (np.asarray(values) * np.log(self.high / self.low)) if self.log else np.full_like(values, 1 / (self.high - self.low))

    @property
    def limits(self) -> tuple[float, float]:
        """Where equilibria are looked for: the axis with its margin, and down to nothing where it has none below."""
        low, high = self.value([-MARGIN, 1 + MARGIN]).tolist()
        return (0.0 if self.log or self.low >= 0 else low), high


class Plane:
    """The plane of a model with two states at one setting, between the ends of two axes."""

    def __init__(self, model: Model, x: Axis, y: Axis, **overrides: float) -> None:
        """Raises ``ValueError`` for a model with more than two states, or one whose equations hold the time."""
        two_states(model)
        for axis in (x, y):
            if axis.state not in model.state_ids:
                raise UnknownNameError(axis.state, model.state_ids, "state")
        self.model, self.axes, self.overrides = model, (x, y), dict(overrides)
        self.p, self.initial = model.values(overrides)
        self._order = [model.state_ids.index(a.state) for a in self.axes]

    def field(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """The speed along both axes, in shares of the axis per time unit, shape (2, ...)."""
        values = [axis.value(w) for axis, w in zip(self.axes, (u, v), strict=True)]
        state = np.empty((2, values[0].size))
        for i, value in zip(self._order, values, strict=True):
            state[i] = value.ravel()
        with np.errstate(all="ignore"):
            rates = batched(self.model).rhs(0.0, state, self.p.tolist())
            return np.array([(rates[i].reshape(v.shape)) * axis.slope(v) for i, axis, v in zip(self._order, self.axes, values, strict=True)])

    @cached_property
    def _found(self) -> pd.DataFrame:
        x, y = self.axes
        found = simulate.equilibria(self.model, self.overrides, {a.state: a.limits for a in self.axes}, x.state)
        return found.sort_values([x.state, y.state], ignore_index=True)

    @cached_property
    def equilibria(self) -> pd.DataFrame:
        """Those that the picture has room for (an empty state stands at the edge of a logarithmic axis), by x and then y.

        Columns: ``name`` (A, B, ...), the two states, ``stability`` and ``eigenvalues`` as :func:`soluble.simulate.equilibria`
        gives them.
        """
        inside = np.ones(len(self._found), dtype=bool)
        for axis in self.axes:
            values = self._found[axis.state]
            inside &= (values >= axis.low) & (values <= axis.high) | ((values == 0) & (axis.log or axis.low <= 0))
        seen = self._found[inside].reset_index(drop=True)
        seen.insert(0, "name", list(string.ascii_uppercase[: len(seen)]))
        return seen[["name", *(a.state for a in self.axes), "stability", "eigenvalues"]]

    def goal(self, x: float, y: float) -> str:
        """Where a trajectory from a point ends: the name of an equilibrium of the picture, or ``""``."""
        start = {f"{a.state}0": value for a, value in zip(self.axes, (x, y), strict=True)}
        try:
            rest = simulate.steady_state(self.model, {**self.overrides, **start})
        except simulate.SimulationError:
            return ""
        for e in self.equilibria.to_dict("records"):
            if all(abs(rest[a.state] - e[a.state]) <= 1e-6 * max(abs(e[a.state]), 1e-6 * a.high) for a in self.axes):
                return e["name"]
        return ""

    @cached_property
    def borders(self) -> list[np.ndarray]:
        """The borders of basins, from each saddle back in time along its stable directions: arrays of shares, shape (points, 2)."""
        out = []
        for e in self._found[self._found["stability"] == "saddle"].to_dict("records"):
            at = np.array([e[a.state] for a in self.axes])
            place = np.array([float(a.place(v)) for a, v in zip(self.axes, at, strict=True)])
            if not np.all(np.isfinite(place)):
                continue
            slopes = np.array([float(a.slope(np.array(v))) for a, v in zip(self.axes, at, strict=True)])
            state = np.empty(2)
            state[self._order] = at
            jacobian = simulate.compiled(self.model).jac(0.0, state, self.p.tolist())[np.ix_(self._order, self._order)]
            values, vectors = np.linalg.eig(jacobian * slopes[:, None] / slopes[None, :])
            direction = np.real(vectors[:, np.argmin(values.real)])
            halves = [self._back(place + way * 1e-5 * direction / np.linalg.norm(direction)) for way in (1, -1)]
            out.append(np.vstack([halves[0][::-1], place, halves[1]]))
        return out

    def _back(self, start: np.ndarray) -> np.ndarray:
        """The orbit into the past, by its length in the picture, until it leaves the margin or meets an equilibrium."""
        from scipy.integrate import RK45

        others = np.array([[float(a.place(e[a.state])) for a in self.axes] for e in self._found.to_dict("records")])
        others = others[np.all(np.isfinite(others), axis=1) & (np.linalg.norm(others - start, axis=1) > 1e-4)]

        def slope(_: float, w: np.ndarray) -> np.ndarray:
            f = self.field(w[:1], w[1:])[:, 0]
            return -f / np.linalg.norm(f)

        solver, line = RK45(slope, 0.0, start, 20.0, rtol=1e-7, atol=1e-8, max_step=0.02), [start]
        for _ in range(1500):
            solver.step()
            if solver.status == "failed" or not np.all(np.isfinite(solver.y)):
                break
            line.append(solver.y.copy())
            away = np.abs(solver.y - 0.5).max() > 0.5 + MARGIN
            if solver.status == "finished" or away or (others.size and np.linalg.norm(others - solver.y, axis=1).min() < 1e-3):
                break
        return np.array(line)

    def basins(self, width: int = 168, height: int = 126) -> np.ndarray:
        """The name of the equilibrium to which each cell of a raster leads, shape (height, width); ``""`` elsewhere and on borders.

        Borders stand as walls; what they enclose leads where its middle leads.
        """
        from scipy import ndimage

        wall = np.zeros((height, width), dtype=bool)
        for line in self.borders:
            for a, b in zip(line, line[1:], strict=False):
                steps = max(1, int(np.ceil(2.5 * np.abs((b - a) * [width, height]).max())))
                i, j = np.floor((a + np.linspace(0, 1, steps + 1)[:, None] * (b - a)) * [width, height]).astype(int).T
                inside = (i >= 0) & (i < width) & (j >= 0) & (j < height)
                wall[j[inside], i[inside]] = True
        parts, count = ndimage.label(~wall)
        names = np.full((height, width), "", dtype=object)
        for part in range(1, count + 1):
            room = ndimage.distance_transform_edt(np.pad(parts == part, 1))[1:-1, 1:-1]
            j, i = np.unravel_index(np.argmax(room), room.shape)
            if room[j, i] >= 2:
                names[parts == part] = self.goal(float(self.axes[0].value((i + 0.5) / width)), float(self.axes[1].value((j + 0.5) / height)))
        return names

    def trajectory(self, t_end: float | None = None, n: int = 401) -> pd.DataFrame:
        """The run from the setting's start; see :func:`soluble.simulate.simulate`."""
        return simulate.simulate(self.model, self.overrides, t_end, n)

    def _drawn(self, t_end: float | None, n: int) -> np.ndarray:
        """The trajectory in shares of the axes, its first step divided so that a quick beginning is smooth."""
        course = self.trajectory(t_end, n)
        first = self.trajectory(float(course.index[1]), 41)
        both = pd.concat([first, course.iloc[2:]])
        return np.array([a.place(both[a.state]) for a in self.axes]).T

    def table(self, t_end: float | None = None, n: int = 401) -> pd.DataFrame:
        """Equilibria and trajectory in one table: ``row`` says which, eigenvalues are per time unit."""
        x, y = (a.state for a in self.axes)
        columns = ["row", "time", x, y, "eigenvalue 1", "its imaginary part", "eigenvalue 2", "and its"]
        rests = [
            (f"{e['name']} {e['stability']}", np.nan, e[x], e[y], *(part for v in e["eigenvalues"] for part in (v.real, v.imag)))
            for e in self.equilibria.to_dict("records")
        ]
        course = self.trajectory(t_end, n)
        run = [("trajectory", t, a, b, *[np.nan] * 4) for t, a, b in zip(course.index, course[x], course[y], strict=True)]
        return pd.DataFrame(rests + run, columns=columns)

    def draw(self, ax: Any, colours: tuple[str, str], t_end: float | None = None, n: int = 401) -> None:
        """Draw the plane into matplotlib axes whose both sides run from 0 to 1 (shares of the two axes)."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        ax.set(xlim=(0, 1), ylim=(0, 1))
        fills = self._fills()
        names = self.basins()
        height, width = names.shape
        u, v = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
        for name, colour in fills.items():
            inside = np.pad((names == name).astype(float), 1, mode="edge")
            if inside.any():
                edges = [np.concatenate([[0.0], w, [1.0]]) for w in (u, v)]
                ax.contourf(*edges, inside, levels=[0.5, 1.5], colors=[colour], alpha=0.14)
        ax.add_patch(PathPatch(Path(*self._arrows()), fill=False, edgecolor=style.MUTED, linewidth=0.7, alpha=0.55))
        w, h = np.linspace(0, 1, 241), np.linspace(0, 1, 181)
        speed = self.field(*np.meshgrid(w, h))
        for k, (colour, dash) in enumerate(zip(colours, ("-", (0, (3.2, 1.8))), strict=True)):
            if np.nanmin(speed[k]) < 0 < np.nanmax(speed[k]):
                ax.contour(w, h, speed[k], levels=[0], colors=[colour], linestyles=[dash], linewidths=2)
        for line in self.borders:
            ax.plot(*line.T, color=style.INK, linewidth=1.4, linestyle=(0, (5, 1.6, 1, 1.6)))
        run = self._drawn(t_end, n)
        ax.plot(*run.T, color=style.INK, linewidth=1.8, solid_capstyle="round")
        ax.plot(*run[0], marker="o", markersize=9, markerfacecolor="none", markeredgecolor=style.INK, markeredgewidth=1.6, clip_on=False)
        self._mark(ax, fills)

    def _fills(self) -> dict[str, str]:
        stable = self.equilibria[self.equilibria["stability"].str.startswith("stable")]
        return {name: BASINS[i % len(BASINS)] for i, name in enumerate(stable["name"])}

    def _mark(self, ax: Any, fills: Mapping[str, str]) -> None:
        for e in self.equilibria.to_dict("records"):
            at = [max(float(a.place(e[a.state])), 0.0) for a in self.axes]
            shape, size = ("D", 7.5) if e["stability"] == "saddle" else ("o", 9)
            face = fills.get(e["name"], style.PAPER_LIGHT)
            ax.plot(*at, marker=shape, markersize=size, markerfacecolor=face, markeredgecolor=style.INK, markeredgewidth=1.4, clip_on=False, zorder=5)
            right, top = at[0] > 0.92, at[1] > 0.92
            ax.annotate(e["name"], at, (-9 if right else 9, -16 if top else 5), textcoords="offset points", ha="right" if right else "left", color=style.INK, weight=700, zorder=5)

    def _arrows(self, across: int = 14, up: int = 10) -> tuple[np.ndarray, list[int]]:
        """Small arrows along the field, all of one length: vertices and codes of one path."""
        u, v = np.meshgrid((np.arange(across) + 0.5) / across, (np.arange(up) + 0.5) / up)
        du, dv = self.field(u, v) * np.array([4.0, 3.0])[:, None, None]
        size = np.hypot(du, dv)
        du, dv = du / size, dv / size
        corners = [(-1, 0), (1, 0), (0.35, 0.45), (1, 0), (0.35, -0.45)]
        points = np.array([(u + 0.012 * (k * du - c * dv), v + 0.016 * (k * dv + c * du)) for k, c in corners])
        vertices = np.moveaxis(points, (0, 1), (-2, -1)).reshape(-1, 2)
        return vertices, [1, 2, 1, 2, 2] * (across * up)


def two_states(model: Model) -> None:
    """Raise ``ValueError`` unless a model has two states, moves by itself and receives no dose."""
    from .expression import symbol

    if len(model.states) != 2:
        raise ValueError(
            f"a phase plane has two states, {model.id} has {len(model.states)} ({', '.join(model.state_ids)}): "
            "say at which values the others are held, for instance held={'" + model.state_ids[-1] + "': 1.0}"
        )
    if any(symbol(TIME) in e.free_symbols for e in model.rhs_sympy):
        raise ValueError(f"the equations of {model.id} hold the time itself: its arrows would turn while one looks")
    if model.doses:
        raise ValueError(f"{model.id} gives doses into {', '.join(d.target for d in model.doses)}: a phase plane shows a model that is left alone; hold that state")
