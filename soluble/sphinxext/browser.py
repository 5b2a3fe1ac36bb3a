"""Find a Chrome or Chromium to print the book and to test it in, or get one; never go on without.

Order: the variable ``SOLUBLE_CHROME``; an installed Chrome or Chromium; the one that playwright has or can download;
the system's package manager, when it may be used without a password.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "chrome", "microsoft-edge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
]


class BrowserMissing(RuntimeError):
    """No browser is there and none could be had; the message says what was tried."""


def installed() -> str | None:
    """The path of a Chrome or Chromium that is already on this machine."""
    named = os.environ.get("SOLUBLE_CHROME")
    if named:
        if not Path(named).exists():
            raise BrowserMissing(f"SOLUBLE_CHROME names {named}, which does not exist.")
        return named
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or next((p for p in PLACES if Path(p).exists()), None)


def playwrights_own() -> str | None:
    """The path of playwright's Chromium, if it has been downloaded."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        path = p.chromium.executable_path
    return path if Path(path).exists() else None


def _run(*command: str) -> bool:
    print("no browser found: trying", " ".join(command), file=sys.stderr, flush=True)
    try:
        return subprocess.run(command, capture_output=True, timeout=900).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def from_system() -> str | None:
    """Install Chromium with apt-get, dnf or apk where this needs no password."""
    if sys.platform != "linux":
        return None
    may = [] if os.geteuid() == 0 else ["sudo", "-n"]
    for tool, steps in {
        "apt-get": [["update"], ["install", "-y", "--no-install-recommends", "chromium"]],
        "dnf": [["install", "-y", "chromium"]],
        "apk": [["add", "chromium"]],
    }.items():
        if shutil.which(tool) and all([_run(*may, tool, *step) for step in steps]):
            return installed()
    return None


def find() -> str:
    """The path of a browser that can be driven.

    Raises ``BrowserMissing`` with what was tried and what to do when there is none.
    """
    found = installed() or playwrights_own()
    if not found and _run(sys.executable, "-m", "playwright", "install", "chromium"):
        found = playwrights_own()
    found = found or from_system()
    if not found:
        raise BrowserMissing(
            "Printing and the browser tests need Chrome or Chromium. None is installed, playwright could not download one, and the "
            "system's package manager could not be used. Install Chrome or Chromium, or set SOLUBLE_CHROME to its path."
        )
    return found


if __name__ == "__main__":
    print(find())
