"""What explorers of named numbers share in Jupyter: survival, decisions, assurance, cohorts. Each brings its picture, words and result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from .explorer import ExplorerFigure, static_figure
from .model import UnknownNameError


class SettingExplorer(ExplorerFigure):
    """An explorer whose state is a number for each control and a scenario.

    ``values`` maps each control to its number and follows the reader's hand; names that are left out keep their value.
    ``scenario`` is the id of the chosen scenario or ``""``; ``summary`` is the sentence below the picture. Both refuse what is
    not known with ``UnknownNameError`` and a number that cannot be with ``TraitError``.
    """

    def __init__(self, config: dict[str, Any], **more: Any) -> None:
        super().__init__(config=config, values={c["name"]: c["value"] for c in config["controls"]}, scenario=config["scenario"], **more)

    def _numbers(self, values: Mapping[str, Any]) -> dict[str, float]:
        """Settings as numbers inside their ranges; ``ValueError`` or ``UnknownNameError`` for what cannot be."""
        raise NotImplementedError

    def _picture(self) -> str:
        """The first state as an SVG element."""
        raise NotImplementedError

    @traitlets.validate("values")
    def _checked(self, proposal: Any) -> dict[str, float]:
        known = [c["name"] for c in self.config["controls"]]
        kept = {c["name"]: c["value"] for c in self.config["controls"]} | dict(self._trait_values.get("values") or {})
        for name in proposal["value"]:
            if name not in known:
                raise UnknownNameError(name, known, "control of this explorer")
        try:
            return kept | self._numbers(proposal["value"])
        except UnknownNameError:
            raise
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None

    @property
    def setting(self) -> dict[str, float]:
        """Every parameter of the present state, those without a control included; choices by their place, shares in percent."""
        chosen = next((p["set"] for p in self.config["presets"] if p["id"] == self.scenario), {})
        return {**self.config["base"], **(chosen if self.scenario != self.config["scenario"] else {}), **self.values}

    def to_html(self) -> str:
        rows = len(self.config["controls"]) + bool(self.config["scenarios"])
        return static_figure(self.config, self._picture(), f'style="--explorer-height:{self.config["height"]};--explorer-controls:{rows}"')
