"""The committed front end is what its source gives, small, and free of what a strict policy forbids."""

from __future__ import annotations

import gzip
import re
import shutil
import sys

import pytest
from conftest import ROOT

WEB = ROOT / "soluble" / "web"
DIST = WEB / "dist"
sys.path.insert(0, str(WEB))
import build as front  # noqa: E402


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    """A build from scratch, with the virtual environment's own Node.js and the parts that the lock file pins."""
    web = tmp_path_factory.mktemp("web")
    for name in ("package.json", "package-lock.json", ".npmrc", "build.mjs"):
        shutil.copy(WEB / name, web)
    shutil.copytree(WEB / "src", web / "src")
    front.install(web)
    return {p.name: p.read_bytes() for p in front.build(web / "dist", web)}


def test_the_committed_files_are_what_the_source_gives(rebuilt):
    """Byte for byte. Where it fails: 'make web', and commit dist with src."""
    committed = {p.name: p.read_bytes() for p in DIST.iterdir() if p.suffix in {".js", ".mjs", ".css"}}
    assert sorted(committed) == sorted(rebuilt)
    assert {"kit.js", "explorer.js", "explorer.mjs", "explorer.css"} <= set(rebuilt)
    stale = [name for name in rebuilt if committed[name] != rebuilt[name]]
    assert not stale, f"{stale} differ from what the source gives: run 'make web' and commit soluble/web/dist"


def test_the_explorers_are_light():
    """At most 40 kB over gzip for the explorers of models, charts and solvers included; 12 kB more for any other view, 13.5 kB for the
    one that also reads a reader's file, and 14.5 for that of fields, which holds its own solver: diffusion, walkers, and networks that grow.
    """

    def size(name):
        return len(gzip.compress((DIST / name).read_bytes(), 9))

    assert size("kit.js") + size("explorer.js") <= 40_000
    most = {"view-cutpoints.js": 13_500, "view-field.js": 14_500}
    assert {p.name: size(p.name) for p in DIST.glob("view-*.js") if size(p.name) > most.get(p.name, 12_000)} == {}


SCRIPTS = sorted(p.name for p in DIST.glob("*js") if p.name != "book.js")


@pytest.mark.parametrize("name", SCRIPTS)
def test_nothing_in_it_needs_a_loose_policy(name):
    """No eval, no Function constructor, no HTML from text, no address of another host."""
    text = (DIST / name).read_text(encoding="utf8")
    for pattern in (r"\beval\s*\(", r"new Function\b|[^\w.]Function\(", r"\.innerHTML\s*=", r"insertAdjacentHTML", r"document\.write"):
        assert not re.search(pattern, text), pattern
    hosts = set(re.findall(r"https?://([\w.-]+)", text))
    assert hosts <= {"www.w3.org"}, hosts  # the names of XML's SVG and XHTML


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name.endswith(".js")])
def test_a_classic_script_is_one(name):
    """It runs from a folder: no module syntax, nothing left in the global scope but what the explorers share."""
    text = (DIST / name).read_text(encoding="utf8")
    assert text.startswith(('"use strict";(()=>{', "(()=>{"))
    assert not re.search(r"^(?:import|export)\b", text, re.M)


def test_the_lock_file_pins_and_names_no_host():
    """Every part has an exact version and a checksum; no registry's address is written down."""
    lock = (WEB / "package-lock.json").read_text(encoding="utf8")
    assert "http" not in lock
    assert '"resolved"' not in lock
    assert '"integrity": "sha512-' in lock
    declared = re.findall(r'"(?:d3-[a-z]+|esbuild)": "([^"]+)"', (WEB / "package.json").read_text(encoding="utf8"))
    assert len(declared) >= 3
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", v) for v in declared), declared
