"""The mediators by all their names, and the chapter that treats each: ``evidence/mediators.yaml``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from .paths import data_path


@dataclass(frozen=True)
class Mediator:
    """One mediator: the name that the book uses, its other names, what it is, and where it is treated.

    ``made_by`` holds cells where no finding of the network tells; ``mass`` tells ``kDa`` and ``of`` what. A ``source`` is a key
    of ``references.bib`` or the address of the page where it was seen.
    """

    name: str
    long: str
    synonyms: tuple[str, ...] = ()
    receptors: tuple[str, ...] = ()
    role: str = ""
    chapter: str = ""
    colour: str = ""
    drugs: tuple[str, ...] = field(default=())
    made_by: tuple[dict[str, str], ...] = ()
    mass: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, self.long, *self.synonyms)

    @property
    def word(self) -> str:
        """The one word that stands for all names in the search index."""
        return re.sub(r"[^a-z0-9]", "", plain(self.name))


@cache
def mediators(path: Path | None = None) -> tuple[Mediator, ...]:
    """All mediators, in the order of the file. ValueError where two share a name."""
    rows = YAML(typ="safe").load((path or data_path("evidence", "mediators.yaml")).read_text(encoding="utf8"))
    found = tuple(Mediator(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}) for row in rows)
    seen: dict[str, str] = {}
    for mediator in found:
        for name in mediator.names:
            if seen.setdefault(plain(name), mediator.name) != mediator.name:
                raise ValueError(f"evidence/mediators.yaml: {name!r} names both {seen[plain(name)]} and {mediator.name}")
    return found


def plain(name: str) -> str:
    """A name in small letters, Greek letters spelled out, gaps and dashes of any kind as hyphens."""
    name = name.lower().replace("α", "alpha").replace("β", "beta").replace("γ", "gamma")
    return re.sub(r"[\s\u2010-\u2014-]+", "-", name)
