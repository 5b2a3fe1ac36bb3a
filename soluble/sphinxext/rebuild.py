"""Which pages are read and run again: those whose text, code, model or fact has changed.

Sphinx sees only that a page's own file has changed. Here each page has a digest of what it rests on: the library (if it
runs code), the models and facts that it names, the data behind a generated table, and this extension. A page with a new
digest is read again, and reading a notebook runs it (``nb_execution_mode: force``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from soluble.paths import data_root
from sphinx.application import Sphinx

PACKAGE = Path(__file__).resolve().parent.parent
READING = ("facts", "teaching", "pages", "atlas", "mediators", "cite", "progress")  # the rest of the extension works when pages are written
RUNS = re.compile(r"^`{3,}\{code-cell\}", re.M)
FACT = re.compile(r"\{fact\}`\s*([\w.-]+)|\bfact\(\s*[\"']([\w.-]+)")
TRIAL, DISAGREE = (re.compile(rf"\{{{role}\}}`(?:[^`<]*<)?\s*([\w.-]+)") for role in ("trial", "disagree"))
TABLES = re.compile(
    r"\{(?:evidence-table|trials-table|disagreements|atlas|gap-map|compared-facts|chapter-downloads)\}|\bevidence\.(?:facts?|trials|network|pool|forest|disagreements)\("
    r"|import [^\n]*\bevidence\b|\bexplore_(?:evidence|network)\("
)
COURSE = re.compile(r"\{(?:course-notes|question-bank|syllabus|marked-by-hand)\}")
SHEETS = re.compile(r"\{model-sheets\}|list_models\(")


def rests_on(text: str, root: Path, package: Path = PACKAGE) -> Iterator[Path | str]:
    """The files, and the rows and entries of the evidence, that a page with this source depends on."""
    yield from (package / "sphinxext" / f"{module}.py" for module in READING)
    yield package / "teaching.py"
    if RUNS.search(text):
        yield from sorted(package.glob("*.py"))
    yield from (m for m in declarations(root) if m.stem in text or SHEETS.search(text))
    if SHEETS.search(text):
        yield from sorted(package.glob("*.py"))
    if TABLES.search(text):
        yield from sorted((root / "evidence").iterdir())
        yield root / "references.bib"
    about = [*_rows(root / "evidence" / "trials.csv", TRIAL.findall(text)), *_entries(root, DISAGREE.findall(text))]
    yield from about
    # The ids of facts are words of those rows and entries; a word that is no id matches no row.
    named = {word for item in about for word in re.findall(r"[\w.-]+", item)}
    yield from _rows(root / "evidence" / "facts.csv", named | {a or b for a, b in FACT.findall(text)})
    if COURSE.search(text):
        yield from (package / "course.py", package / "sphinxext" / "course.py")
        yield from sorted((root / "course").rglob("*.yaml"))
        yield from sorted((root / "chapters").glob("[0-9][0-9]-*.md"))
        yield root / "evidence" / "facts.csv"
    if "{mediators}" in text:
        yield from (root / "evidence" / name for name in ("mediators.yaml", "network.csv"))
        yield from (package / name for name in ("mediators.py", "network.py", "sphinxext/terms.py"))


def declarations(root: Path) -> list[Path]:
    """The files of all models, fields and populations."""
    return sorted(path for folder in ("models", "models/fields", "models/populations") for path in (root / folder).glob("*.yaml"))


def _rows(path: Path, wanted: Collection[str]) -> list[str]:
    """The rows of a CSV whose id is wanted."""
    if not wanted or not path.exists():
        return []
    return [row for row in path.read_text(encoding="utf8").splitlines() if row.split(",", 1)[0] in wanted]


def _entries(root: Path, wanted: Collection[str]) -> list[str]:
    """The disagreements whose id is wanted, as they stand in their file."""
    path = root / "evidence" / "disagreements.yaml"
    if not wanted or not path.exists():
        return []
    entries = re.split(r"^- (?=id:)", path.read_text(encoding="utf8"), flags=re.M)
    return [entry for entry in entries if entry.startswith("id:") and entry.split()[1] in wanted]


def digest(text: str, root: Path, package: Path = PACKAGE) -> str:
    """One digest for everything that a page rests on."""
    sum_ = hashlib.sha256()
    for item in rests_on(text, root, package):
        sum_.update(item.read_bytes() if isinstance(item, Path) and item.is_file() else str(item).encode())
    return sum_.hexdigest()


def outdated(app: Sphinx, env, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Sphinx asks which further documents to read (event ``env-get-outdated``)."""
    before = getattr(env, "soluble_digests", {})
    now = {name: digest(Path(env.doc2path(name)).read_text(encoding="utf8"), data_root()) for name in env.found_docs}
    env.soluble_digests = now
    return [name for name in now if before.get(name) not in (None, now[name])]


def rewrite(app: Sphinx, env) -> list[str]:
    """Every page is written again (not run again): all of them link the same hashed style sheet."""
    return sorted(env.found_docs)


def setup(app: Sphinx) -> None:
    app.connect("env-get-outdated", outdated)
    app.connect("env-updated", rewrite)
