"""The promises of the repository itself: layout, pins, reasons, and no trace of a machine."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest
from conftest import ROOT
from packaging.requirements import Requirement


def declared(*extras):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
    lists = [project["dependencies"], *(project["optional-dependencies"][e] for e in extras)]
    return [Requirement(r) for entries in lists for r in entries]


def pins(file):
    lines = (ROOT / file).read_text(encoding="utf8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith(("#", " ", "-"))]
    loose = [str(r) for r in found if [s.operator for s in r.specifier] != ["=="]]
    assert not loose, f"{file} must pin each package: {loose}"
    return found


@pytest.mark.parametrize(("file", "extras"), [("requirements.txt", ["book"]), ("requirements-test.txt", ["book", "ensemble", "grade", "test"])])
def test_pins_are_what_the_declaration_asks_for(file, extras):
    """requirements*.txt hold a pin for each declared dependency, inside its declared range."""
    by_name = {}
    for pin in pins(file):
        by_name.setdefault(pin.name.lower().replace("_", "-").replace(".", "-"), []).append(pin)
    for want in declared(*extras):
        got = by_name.get(want.name.lower().replace("_", "-").replace(".", "-"))
        assert got, f"{want} is declared in pyproject.toml but not pinned in {file}: run 'make requirements'"
        for pin in got:
            version = next(iter(pin.specifier)).version
            assert want.specifier.contains(version, prereleases=True), f"{pin} is outside {want}: run 'make requirements'"


def test_every_dependency_has_its_reason():
    """CONTRIBUTING.md gives each declared dependency a reason."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf8")
    table = text[text.index("## Dependencies") :]
    missing = [r.name for r in declared("book", "ensemble", "grade", "test") if not re.search(rf"(?<![\w.-]){re.escape(r.name)}(?![\w-])", table)]
    assert not missing, missing


def test_the_layout_that_was_asked_for():
    for name in ("_config.yml", "_toc.yml", "chapters", "figures", "requirements.txt", "tests", "LICENSE", "LICENSE-CONTENT", "CITATION.cff"):
        assert (ROOT / name).exists(), name


def tracked():
    out = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / f for f in out.split("\0") if f]


def test_no_machine_path_and_no_large_file():
    """Nothing tracked names a home or work folder of a machine, and nothing is larger than 1 MB."""
    marks = re.compile(r"/(?:work|root|home/\w+)/(?:main|shared|notes|\.)|file:///(?!\W)")
    bad = []
    for file in tracked():
        if not file.is_file():
            continue
        assert file.stat().st_size < 1_000_000, f"{file} is too large to be source"
        if file.suffix in {".py", ".md", ".yml", ".yaml", ".toml", ".json", ".js", ".mjs", ".css", ".csv", ".bib", ".cff", ".txt", ""}:
            text = file.read_text(encoding="utf8", errors="ignore")
            bad += [f"{file.name}: {m.group(0)}" for m in marks.finditer(text) if file.name != "test_repository.py"]
    assert not bad, bad
