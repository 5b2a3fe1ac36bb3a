"""Build the book: ``python -m soluble.sphinxext.build`` in the top folder of the repository.

Runs Jupyter Book with warnings as errors, shows its progress, and ends by saying where the site lies. Any warning of
Sphinx, any cell that raises or writes to stderr, any lost citation ends the build with a message and exit status 1.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import subprocess


def build(top: Path) -> int:
    """Build the book whose ``_config.yml`` lies in ``top``; returns the exit status."""
    if not (top / "_config.yml").is_file():
        print(f"No _config.yml in {top}: call this in the top folder of the repository.", file=sys.stderr)
        return 2
    started = time.monotonic()
    environment = os.environ | {"SOLUBLE_STATIC": "1", "PYTHONWARNINGS": "default::DeprecationWarning:soluble"}
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", ".", "-W", "-n", "--keep-going"]
    status = subprocess.run(command, cwd=top, env=environment).returncode
    if status:
        print("\nThe book was not built: look for WARNING or ERROR above.", file=sys.stderr)
        return 1
    index = top / "_build" / "html" / "index.html"
    if not index.is_file():
        print(f"\nThe book was not built: {index} is missing.", file=sys.stderr)
        return 1
    print(f"\nThe book is built ({time.monotonic() - started:.0f} s): {index.parent}")
    print(f"Open it without a server:  {index.resolve().as_uri()}")
    print("Or serve it:               make serve")
    return 0


if __name__ == "__main__":
    sys.exit(build(Path.cwd()))
