"""How heavy is a page: ``python -m soluble.sphinxext.weight _build/html/chapters/03-il6.html``.

Sums what a first visit loads (page, style sheets, their fonts, scripts, pictures), text with gzip at level 6, fonts and
pictures as they are.
"""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path

from bs4 import BeautifulSoup

PACKED = {".woff2", ".png", ".jpg", ".webp", ".gif"}


def size(path: Path) -> int:
    data = path.read_bytes()
    return len(data) if path.suffix in PACKED else len(gzip.compress(data, 6, mtime=0))


def weigh(page: Path) -> dict[Path, int]:
    """The files that a page loads and the bytes that each costs; FileNotFoundError where one is missing."""
    soup = BeautifulSoup(page.read_text(encoding="utf8"), "html.parser")
    asked = [e["src"] for e in soup.select("script[src], img[src]")]
    asked += [e["href"] for e in soup.select("link[rel~=stylesheet], link[rel~=icon]")]
    files = [page, *((page.parent / address.split("?")[0]).resolve() for address in dict.fromkeys(asked) if ":" not in address)]
    for sheet in [f for f in files if f.suffix == ".css"]:
        fonts = re.findall(r"url\([\"']?([^\"')?]+)", sheet.read_text(encoding="utf8"))
        files += [(sheet.parent / name).resolve() for name in dict.fromkeys(fonts) if not name.startswith("data:")]
    return {file: size(file) for file in dict.fromkeys(files)}


def main(pages: list[str]) -> None:
    for page in pages:
        weights = weigh(Path(page))
        for file, count in sorted(weights.items(), key=lambda item: -item[1]):
            print(f"{count:9,d}  {file.name}")
        print(f"{sum(weights.values()):9,d}  bytes for {page} (all fonts counted; a browser loads those that it needs)\n")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
