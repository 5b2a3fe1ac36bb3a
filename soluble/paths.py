"""Where the declarations, the facts and the references lie: beside a checkout's package, or inside an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_root() -> Path:
    """The folder that holds ``models/``, ``evidence/`` and ``references.bib``.

    An installed wheel carries them in ``soluble/_data``; a checkout has them beside the package.
    """
    carried = _PACKAGE / "_data"
    return carried if carried.is_dir() else _PACKAGE.parent


def data_path(*parts: str) -> Path:
    """A path below :func:`data_root`, for instance ``data_path("models", "kuznetsov-1994.yaml")``."""
    return data_root().joinpath(*parts)
