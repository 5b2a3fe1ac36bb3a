"""Build the book: ``python -m soluble.sphinxext.build`` in the top folder of the repository.

With ``course`` after it, the edition for a course is built beside it, which holds no solution; it is searched for what it should not hold.

Runs Jupyter Book with warnings as errors, shows its progress, and ends by saying where the site lies. Any warning of
Sphinx, any cell that raises or writes to stderr, any lost citation ends the build with a message and exit status 1.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from soluble import leaks

COMMAND = ["-c", "from jupyter_book.cli.main import main; main()", "build", ".", "-W", "-n", "--keep-going"]


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One build at a time in a folder: a second one waits, and says so."""
    try:
        import fcntl
    except ImportError:  # no such locks on Windows
        yield
        return
    folder.mkdir(exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Another build of this book is running; waiting for it to end.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(top: Path, course: bool = False) -> int:
    """Build the book whose ``_config.yml`` lies in ``top``; returns the exit status.

    The site lies in ``_build/html``, the edition for a course in ``_build/course/_build/html``.
    """
    if not (top / "_config.yml").is_file():
        print(f"No _config.yml in {top}: call this in the top folder of the repository.", file=sys.stderr)
        return 2
    environment = os.environ | {"SOLUBLE_STATIC": "1", "SOLUBLE_EDITION": "course" if course else ""}
    out = top / "_build" / "course" if course else top
    with alone(top / "_build"):
        started = time.monotonic()
        status = subprocess.run([sys.executable, *COMMAND, "--path-output", str(out)], cwd=top, env=environment).returncode
    index = out / "_build" / "html" / "index.html"
    if status or not index.is_file():
        print("\nThe book was not built: look for WARNING or ERROR above.", file=sys.stderr)
        return 1
    print(f"\nThe book is built ({time.monotonic() - started:.0f} s): {index.parent}")
    print(f"Open it without a server:  {index.resolve().as_uri()}")
    if course:
        return leaks.main([str(index.parent)])
    print("Or serve it:               make serve")
    return 0


if __name__ == "__main__":
    sys.exit(build(Path.cwd(), course=sys.argv[1:] == ["course"]))
