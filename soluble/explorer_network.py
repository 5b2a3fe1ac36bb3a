"""The network explorer: cells that make mediators and cells that hear them, each link with its source and kind of evidence.

Which findings a choice keeps, and where each node stands, is decided in :mod:`soluble.network`; the front end
(``web/src/network.js``) chooses and draws by the same rules, and the tests hold one against the other.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import pandas as pd
import traitlets

from . import evidence, network, style
from .explorer import _WIDTH, ExplorerFigure, check_id, static_figure, svg_element
from .mediators import mediators
from .model import UnknownNameError

#: Pixels of the picture: above the rows (column heads), a row, below them (what the lines mean). As in ``web/src/network.js``.
HEAD, ROW, FOOT = 30, 24, 34
#: What a finding tells, in the order of the file and of the front end.
COLUMNS = ("id", "from", "to", "kind", "effect", "direction", "evidence", "basis", "species", "setting", "statement", "source", "flag")
#: Names of cells where the picture is narrow.
SHORT = {
    "tumour cell": "tumour",
    "myeloid cell": "myeloid",
    "dendritic cell": "DC",
    "CD8 T cell": "CD8 T",
    "CD4 T cell": "CD4 T",
    "γδ T cell": "γδ T",
    "regulatory T cell": "Treg",
    "NK cell": "NK",
    "liver cell": "liver",
    "marrow stroma": "marrow",
    "endothelium": "vessel",
}
#: The strongest kind of evidence of a link gives its line.
LINES = {"patients": "-", "mice": (0, (4, 2)), "cells": (0, (1, 1.8))}


def configure(edges: pd.DataFrame, *, values: Mapping[str, str], caption: str, title: str, id: str) -> dict[str, Any]:
    """The configuration of a network explorer as plain data (see :func:`explore_network`)."""
    network.select(edges, **values)  # raises for a name that is not known
    order, known = network.layout(edges), {m.name: m for m in mediators()}
    colours = {name: style.slug((known[name].colour or name)) for name in order["mediators"]}
    references = evidence.references()
    sources = {key: [references[key]["label"], references[key]["url"]] for key in sorted(set(edges["source"]))}
    config = {
        "id": check_id(id, "network"),
        "view": "network",
        "title": title,
        "caption": caption,
        "cells": [[name, SHORT.get(name, name)] for name in order["cells"]],
        "mediators": [[name, colours[name] if _coloured(name, known) else "", known[name].chapter] for name in order["mediators"]],
        "columns": list(COLUMNS),
        "edges": edges.reset_index()[list(COLUMNS)].to_numpy().tolist(),
        "sources": sources,
        "choices": network.choices(edges),
        "values": {field: values.get(field, "") for field in network.FIELDS},
    }
    rows = max(len(order["cells"]), len(order["mediators"]))
    config["height"] = HEAD + ROW * rows + FOOT
    config["alt"] = (
        f"Cells at the left that make the {len(order['mediators'])} mediators in the middle, and at the right the cells that hear them; "
        f"{len(edges)} findings from {edges['source'].nunique()} papers."
    )
    return config


def _coloured(name: str, known: Mapping[str, Any]) -> bool:
    return (known[name].colour or name) in style.MEDIATORS


# --- the first picture -----------------------------------------------------------------------------------------------


def links(edges: pd.DataFrame) -> list[dict[str, Any]]:
    """One line for each pair of nodes and direction: how many findings, and the strongest kind of evidence."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for a, b, way, kind in zip(edges["from"], edges["to"], edges["direction"], edges["evidence"], strict=True):
        found.setdefault((a, b, way), []).append(kind)
    return [
        {"from": a, "to": b, "direction": way, "findings": len(kinds), "evidence": next(k for k in LINES if k in kinds)}
        for (a, b, way), kinds in found.items()
    ]


def picture(edges: pd.DataFrame, config: Mapping[str, Any]) -> str:
    """The first state as an SVG element: the links of the chosen findings strong, the others faint."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    height = config["height"]
    with mpl.rc_context():
        style.use()
        mpl.rcParams.update({"font.size": 11.5, "figure.constrained_layout.use": False, "svg.hashsalt": config["id"]})
        figure = Figure(figsize=(_WIDTH / 72, height / 72))
        FigureCanvasSVG(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, _WIDTH), ylim=(height, 0))
        axes.set_axis_off()
        _Drawing(axes, edges, config).draw()
        return svg_element(figure, config["alt"], height)


class _Drawing:
    """Draws the nodes and links on axes whose unit is the pixel."""

    def __init__(self, axes: Any, edges: pd.DataFrame, config: Mapping[str, Any]) -> None:
        self.axes = axes
        self.values = config["values"]
        scope = {f: self.values[f] for f in ("effect", "evidence", "setting")}
        self.shown = network.select(edges, **scope)
        self.chosen = network.select(edges, **self.values)
        self.names = {name: slug for name, slug, _ in config["mediators"]}
        makers, hearers = set(edges.loc[edges["kind"] == "secretes", "from"]), set(edges.loc[edges["kind"] == "acts on", "to"])
        inside = config["height"] - HEAD - FOOT
        rows = {name: HEAD + (i + 0.5) * inside / len(config["cells"]) for i, (name, _) in enumerate(config["cells"])}
        self.left = {name: y for name, y in rows.items() if name in makers}
        self.right = {name: y for name, y in rows.items() if name in hearers}
        self.middle = {name: HEAD + (i + 0.5) * inside / len(self.names) for i, name in enumerate(self.names)}
        self.x_left = 16 + 6.1 * max(map(len, self.left), default=0)
        self.x_right = _WIDTH - 16 - 6.1 * max(map(len, self.right), default=0)
        self.half = 9 + 3.3 * max(map(len, self.names))
        self.height = config["height"]

    def colour(self, mediator: str) -> str:
        known = {style.slug(name): c.light for name, c in style.MEDIATORS.items()}
        return known.get(self.names[mediator], style.MUTED)

    def draw(self) -> None:
        marked = bool(self.values["cell"] or self.values["mediator"])
        chosen = {(k["from"], k["to"], k["direction"]): k for k in links(self.chosen)}
        for link in links(self.shown):
            if not marked or (link["from"], link["to"], link["direction"]) not in chosen:
                self.link(link, 0.12 if marked else 0.5)
        for link in chosen.values() if marked else ():
            self.link(link, 1)
        kinds = {kind: self.chosen[self.chosen["kind"] == kind] for kind in ("secretes", "acts on")}
        near = {*self.chosen["from"], *self.chosen["to"]}
        for x, text in ((self.x_left, "makes"), (_WIDTH / 2, "mediator"), (self.x_right, "hears")):
            self.axes.text(x, 13, text, ha="center", va="center", color=style.MUTED)
        for column, x, side, active in (
            (self.left, self.x_left, -1, set(kinds["secretes"]["from"])),
            (self.right, self.x_right, 1, set(kinds["acts on"]["to"])),
        ):
            for name, y in column.items():
                strong = name == self.values["cell"]
                ink = style.INK if name in active else style.MUTED
                self.axes.plot([x], [y], "o", ms=6, color=ink, mew=0, zorder=3)
                self.axes.text(x + 9 * side, y, name, ha="right" if side < 0 else "left", va="center", color=ink, weight="bold" if strong else "normal")
        for name, y in self.middle.items():
            self.pill(name, y, name in near)
        self.key()

    def link(self, link: Mapping[str, Any], alpha: float) -> None:
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        a, b = link["from"], link["to"]
        centre = _WIDTH / 2
        if a in self.names and b in self.names:
            x, y0, y1 = centre + self.half, self.middle[a], self.middle[b]
            bulge = x + 16 + 0.05 * abs(y1 - y0)
            points = [(x, y0), (bulge, y0), (bulge, y1), (x, y1)]
        elif b in self.names:
            points = self._curve(self.x_left, self.left[a], centre - self.half, self.middle[b])
        else:
            points = self._curve(centre + self.half, self.middle[a], self.x_right, self.right[b])
        mediator = a if a in self.names else b
        colour = self.colour(mediator)
        codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
        width = 0.9 + 0.7 * min(link["findings"], 3)
        self.axes.add_patch(PathPatch(Path(points, codes), fill=False, edgecolor=colour, lw=width, ls=LINES[link["evidence"]], alpha=alpha, zorder=2))
        x, y = points[-1]
        between = a in self.names and b in self.names
        if between and link["direction"] == "raises":
            self.axes.fill([x, x + 7, x + 7], [y, y - 4, y + 4], color=colour, alpha=alpha, lw=0, zorder=2)
        if link["direction"] == "lowers":
            x += 6 if between else -8
            self.axes.plot([x, x], [y - 5.5, y + 5.5], color=colour, lw=2, alpha=alpha, solid_capstyle="butt", zorder=2)

    @staticmethod
    def _curve(x0: float, y0: float, x1: float, y1: float) -> list[tuple[float, float]]:
        middle = (x0 + x1) / 2
        return [(x0, y0), (middle, y0), (middle, y1), (x1, y1)]

    def pill(self, name: str, y: float, near: bool) -> None:
        from matplotlib.patches import FancyBboxPatch

        colour, strong = self.colour(name), name == self.values["mediator"]
        box = {"boxstyle": "round,pad=0,rounding_size=9", "zorder": 4}
        place = ((_WIDTH / 2 - self.half, y - 9), 2 * self.half, 18)
        self.axes.add_patch(FancyBboxPatch(*place, facecolor=style.PAPER_LIGHT, lw=0, **box))
        edge = {"fill": False, "edgecolor": colour, "lw": 2.4 if strong else 1.2, "alpha": 1 if near or strong else 0.45}
        self.axes.add_patch(FancyBboxPatch(*place, **edge, **box))
        ink = colour if near else style.MUTED
        self.axes.text(_WIDTH / 2, y, name, ha="center", va="center", color=ink, weight="bold" if strong else "normal", zorder=5)

    def key(self) -> None:
        """What the lines mean, below the picture."""
        y, x = self.height - 12, 8.0
        for kind, line in LINES.items():
            self.axes.plot([x, x + 26], [y, y], color=style.INK, lw=1.6, ls=line)
            self.axes.text(x + 32, y, kind, va="center", color=style.MUTED)
            x += 48 + 6.1 * len(kind)
        self.axes.plot([x, x + 22], [y, y], color=style.INK, lw=1.6)
        self.axes.plot([x + 22, x + 22], [y - 5.5, y + 5.5], color=style.INK, lw=2)
        self.axes.text(x + 32, y, "lowers", va="center", color=style.MUTED)


# --- the findings as a table -----------------------------------------------------------------------------------------


def says(row: Mapping[str, str]) -> str:
    """What the mediator does, in a word or three: ``makes``, ``raises angiogenesis``, ``damps``."""
    if row["kind"] == "secretes":
        return "makes"
    if row["kind"] == "induces":
        return "calls up" if row["direction"] == "raises" else "damps"
    return f"{row['direction']} {row['effect']} at"


def _table(edges: pd.DataFrame, config: Mapping[str, Any]) -> str:
    """The chosen findings for a page without scripts; the front end fills the same table."""
    rows = []
    for row in edges.to_dict("records"):
        label, url = config["sources"][row["source"]]
        flag = f' <span class="explorer-flag">{html.escape(row["flag"])}</span>' if row["flag"] else ""
        how = f"{row['evidence']}, {row['basis']}; {row['setting']}"
        rows.append(
            f'<tr role="row"><td role="cell"><b>{html.escape(row["from"])}</b> {says(row)} <b>{html.escape(row["to"])}</b></td>'
            f'<td role="cell">{html.escape(row["statement"])}{flag}</td><td role="cell">{how}</td>'
            f'<td role="cell"><a href="{html.escape(url)}">{html.escape(label)}</a></td></tr>'
        )
    heads = "".join(f'<th role="columnheader" scope="col">{head}</th>' for head in ("Link", "What was seen", "Evidence", "Source"))
    count = f"{len(edges)} finding{'' if len(edges) == 1 else 's'}"
    return (
        f'<p class="explorer-found">{count}</p><div class="explorer-findings" role="region" aria-label="The findings of this choice" tabindex="0">'
        f'<table role="table"><thead role="rowgroup"><tr role="row">{heads}</tr></thead><tbody role="rowgroup">{"".join(rows)}</tbody></table></div>'
    )


# --- the widget ------------------------------------------------------------------------------------------------------


class NetworkExplorer(ExplorerFigure):
    """A network explorer in Jupyter; made by :func:`explore_network`.

    ``values`` maps ``cell``, ``mediator``, ``effect``, ``evidence`` and ``setting`` to a name, or to ``""`` for all; it follows the
    reader's hand and can be set, and fields that are left out keep their name. ``summary`` is the sentence below the picture.
    """

    def __init__(self, edges: pd.DataFrame, config: dict[str, Any]) -> None:
        self.edges = edges
        super().__init__(config=config, values=dict(config["values"]))

    @traitlets.validate("values")
    def _checked(self, proposal: Any) -> dict[str, str]:
        kept = dict(self._trait_values.get("values") or {})
        for field, name in proposal["value"].items():
            if field not in network.FIELDS:
                raise UnknownNameError(field, list(network.FIELDS), "field of this explorer")
            if name != "" and name not in self.config["choices"][field]:
                raise UnknownNameError(name, self.config["choices"][field], field)
            kept[field] = name
        return kept

    def data(self) -> pd.DataFrame:
        """The findings of the present choice, as :func:`soluble.network.select` gives them."""
        return network.select(self.edges, **self.values)

    def to_html(self) -> str:
        config = self.config
        data, made, heard = self.data(), *(self.data().query("kind == @kind") for kind in ("secretes", "acts on"))
        focus = max(made["from"].nunique(), heard["to"].nunique(), len({*data["from"], *data["to"]} & {m[0] for m in config["mediators"]}))
        attributes = f'style="--explorer-height:{config["height"]};--explorer-focus:{focus}"'
        return static_figure(config, picture(self.edges, config), attributes, below=_table(self.data(), config))


def explore_network(
    edges: pd.DataFrame | None = None,
    *,
    cell: str = "",
    mediator: str = "",
    effect: str = "",
    evidence: str = "",
    setting: str = "",
    caption: str = "",
    title: str = "",
    id: str = "network",
) -> NetworkExplorer:
    """An interactive picture of who makes which mediator and who hears it, with the finding and the source behind each line.

    Parameters
    ----------
    edges : findings as :func:`soluble.evidence.network` gives them (the default), or some of them
    cell, mediator, effect, evidence, setting : the first choice, as :func:`soluble.network.select` takes it
    caption, title, id : ``id`` names the explorer in the page's address and must be unique on its page

    Raises
    ------
    UnknownNameError
        for a name that no finding has in that field
    """
    from . import evidence as book

    edges = book.network() if edges is None else edges
    values = {"cell": cell, "mediator": mediator, "effect": effect, "evidence": evidence, "setting": setting}
    config = configure(edges, values=values, caption=caption, title=title, id=id)
    return NetworkExplorer(edges, config)
