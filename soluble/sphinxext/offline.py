"""The built site as one zip to take along: ``python -m soluble.sphinxext.offline dist/soluble-signals-offline.zip`` in the top
folder of a built book. Unpacked anywhere it opens by a double click on ``index.html``, with everything alive and without a network.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

SITE = Path("_build/html")
FOLDER = "soluble-signals"
#: What Sphinx and a host need, and a reader does not.
LEFT_OUT = {".buildinfo", "_headers", "objects.inv"}
WHEN = (2026, 1, 1, 0, 0, 0)  # the same for every file, so that the same site gives the same zip
READ_ME = """\
Soluble Signals
===============

Unpack the zip first; then open index.html with a double click. Any current browser shows it: no server,
no installation and no network are needed. The figures with sliders, the atlas of the evidence and the search work.

index.html              the book
downloads/              each chapter as a notebook and its references, each model as files, the evidence as tables

Text and figures: CC BY 4.0. Code: MIT. The book teaches; it does not advise patients.
"""


def built(site: Path) -> Path:
    """``site``; raises ``FileNotFoundError`` where no site was built."""
    if not (site / "index.html").is_file():
        raise FileNotFoundError(f"{site} holds no built site: run 'make book' first.")
    return site


def files(site: Path) -> list[Path]:
    """What of the built site goes into the zip, sorted by name."""
    return sorted((p for p in site.rglob("*") if p.is_file() and p.relative_to(site).as_posix() not in LEFT_OUT), key=lambda p: p.relative_to(site).as_posix())


def pack(site: Path, out: Path) -> Path:
    """Write the zip; the same site gives the same bytes."""
    found = files(site)
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w") as archive:
        _add(archive, "READ-ME.txt", READ_ME.replace("\n", "\r\n").encode())  # read with an editor of any system
        for path in found:
            _add(archive, path.relative_to(site).as_posix(), path.read_bytes())
    return out


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(f"{FOLDER}/{name}", WHEN)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)


def main(arguments: list[str]) -> int:
    """The command line; returns the exit status."""
    if not 1 <= len(arguments) <= 2:
        print(f"Usage: python -m soluble.sphinxext.offline FILE.zip [SITE]; SITE is {SITE} unless it is said", file=sys.stderr)
        return 2
    try:
        out = pack(built(Path(arguments[1]) if len(arguments) > 1 else SITE), Path(arguments[0]))
    except FileNotFoundError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"The book to take along ({out.stat().st_size / 1e6:.1f} MB): {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
