"""Every way to run a chapter: its notebook outside the repository, on Binder, on a hub, and trials on a cluster."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
import venv
import zipfile
from html import unescape
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, serving
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from soluble import editions, notebooks
from soluble.teaching import exercises, unseal

CHAPTERS = sorted((ROOT / "chapters").glob("[0-9][0-9]-*.md"))
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)


def needed(*requirements: str) -> dict[str, metadata.Distribution]:
    """What pip would install for these, out of what is installed here."""
    found, todo = {}, [(Requirement(r), {""}) for r in requirements]
    while todo:
        wanted, extras = todo.pop()
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": e}) for e in extras):
            distribution = metadata.distribution(wanted.name)
            new = wanted.name not in found
            found[wanted.name] = distribution
            if new or wanted.extras:
                todo += [(Requirement(r), {"", *wanted.extras}) for r in distribution.requires or []]
    return found


@pytest.fixture(scope="session")
def downloads(html):
    """What the site offers to take along."""
    return html / "downloads"


@pytest.fixture(scope="session")
def outside(downloads, tmp_path_factory):
    """``outside(folder, *arguments)`` runs Python in a folder, with the site's package and what it asks for, and nothing else.

    It is the environment that ``pip install`` of the package beside Jupyter makes, without the download: the packages that
    are there are linked, those that the package does not ask for are not. The repository is nowhere on its path.
    """
    home = tmp_path_factory.mktemp("student")
    venv.create(home / "venv", with_pip=False, symlinks=True)
    python = home / "venv" / "bin" / "python"
    (site,) = (home / "venv" / "lib").glob("python3*/site-packages")
    with zipfile.ZipFile(downloads / notebooks.PACKAGE) as package:
        package.extractall(site)
    (own,) = metadata.distributions(path=[str(site)])
    for distribution in needed("ipykernel", "nbclient", "nbformat", *own.requires).values():
        for top in {file.parts[0] for file in distribution.files} - {"..", "__pycache__"}:
            if not (site / top).exists():
                (site / top).symlink_to(distribution.locate_file(top))
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}

    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([str(python), *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=400)

    run(home, "-c", "import matplotlib.font_manager")  # it looks for the fonts of a machine once
    return run


# --- a chapter's notebook ---------------------------------------------------------------------------------------------


@pytest.mark.site
@each_chapter
def test_a_downloaded_notebook_runs_outside_the_repository(outside, downloads, tmp_path, chapter):
    """To its end, with nothing on stderr; only the exercises say that they wait for an answer. With JupyterLab beside it, it keeps
    within the memory that the page "Run it for a class" gives each student."""
    folder = tmp_path / "empty"
    folder.mkdir()
    shutil.copy(downloads / f"{chapter.stem}.ipynb", folder)
    done = outside(folder, "-m", "soluble.notebooks", f"{chapter.stem}.ipynb", "--out", str(tmp_path))
    assert not done.returncode and not done.stderr, done.stderr[-3000:]
    book = nbformat.read(tmp_path / f"{chapter.stem}.ipynb", 4)
    said = [output for cell in book.cells for output in cell.get("outputs", [])]
    assert [output.text for output in said if output.get("name") == "stderr"] == []
    checks = [cell for cell in book.cells if "exercise-check" in cell.metadata.get("tags", [])]
    assert checks and all("Not yet" in json.dumps(cell.outputs) for cell in checks)
    page = (ROOT / "course" / "running.md").read_text(encoding="utf8")
    server, given = int(re.search(r"server held (\d+) MB", page)[1]), int(re.search(r"guarantee: (\d+)M", page)[1])
    assert int(re.search(r"(\d+) MB", done.stdout)[1]) + server <= given


@each_chapter
def test_with_and_without_solutions_a_notebook_runs_the_same_code(chapter):
    def code(book):
        return [cell.source for cell in book.cells if cell.cell_type == "code"]

    whole, sealed = code(notebooks.notebook(chapter)), code(editions.student(chapter))
    packed = [text for text in sealed if "sealed_check(" in text]
    assert [opened(text) if text in packed else text for text in sealed] == whole and len(whole) > 5
    assert len(packed) == sum(bool(e.check) for e in exercises(chapter)) >= 1


def opened(sealed):
    """The code of a check out of a cell that does not show it."""
    call = ast.parse(sealed).body[-1].value
    return unseal(ast.literal_eval(call.args[0]))


def test_the_fresh_environment_is_fresh(outside, tmp_path):
    """It has the package and its data; it has neither the repository nor the book's tools."""
    asked = "import soluble, soluble.paths, importlib.util as u; print(soluble.__file__, soluble.paths.data_root()); print([n for n in ('myst_nb', 'jupytext', 'otter', 'sphinx', 'dask') if u.find_spec(n)])"
    done = outside(tmp_path, "-c", asked)
    where, tools = done.stdout.splitlines()
    assert str(ROOT) not in where and where.endswith("soluble/_data") and tools == "[]", done


@pytest.mark.site
def test_a_student_downloads_runs_changes_an_equation_and_explores(outside, html, tmp_path):
    """The path of the page "How to use this book": a file, one install, a run, an equation of one's own, an explorer that follows."""
    name = "08-immune.ipynb"
    with serving(html) as site, urllib.request.urlopen(f"{site}/downloads/{name}") as file:
        (tmp_path / name).write_bytes(file.read())
    book = nbformat.read(tmp_path / name, 4)
    assert book.cells[0].source.endswith(f"%pip install {notebooks.PACKAGE}")
    shown = re.search(r"```python\n(import soluble\n.*?)```", (ROOT / "chapters" / "how-to-use.md").read_text(encoding="utf8"), re.S)[1]
    explored = """explorer = soluble.explore(mine, controls=["s", "n"])
before = explorer.data()["T"].iloc[-1]
explorer.set_state({"values": {"s": 6e4}})
print("state", explorer.values["s"], explorer.data()["T"].iloc[-1] != before)
print("equation", mine.simulate(t_end=400)["T"].iloc[-1] != m.simulate(t_end=400)["T"].iloc[-1])"""
    book.cells += [nbformat.v4.new_code_cell(code) for code in (shown, explored)]
    nbformat.write(book, tmp_path / name)
    done = outside(tmp_path, "-m", "soluble.notebooks", name, "--out", "run")
    assert not done.returncode and not done.stderr, done.stderr[-3000:]
    told = nbformat.read(tmp_path / "run" / name, 4).cells[-1].outputs[0]["text"]
    assert told == "state 60000.0 True\nequation True\n"


# --- what stands in a notebook ----------------------------------------------------------------------------------------

RESIDUE = re.compile(
    r"\{[\w:.-]+\}`"  # a role
    r"|^\s*(?::{3,}|`{3,})\{"  # a directive
    r"|^\s*:{3,}\s*$"  # its end
    r"|^:[\w-]+: "  # its options
    r"|^\([\w-]+\)=",  # a target
    re.M,
)


def prose(book) -> str:
    return unescape("\n\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown"))


@pytest.mark.site
@each_chapter
def test_a_downloaded_notebook_reads_as_the_page_does(downloads, html, chapter):
    """No mark of the book's own is left in it, and each computed number stands between the words that it has on the page."""
    text = prose(nbformat.read(downloads / f"{chapter.stem}.ipynb", 4))
    assert not RESIDUE.search(text), RESIDUE.search(text)
    names = set(re.findall(r"\{glue:text\}`([\w-]+)", chapter.read_text(encoding="utf8")))
    assert names and not [name for name in names if f"`{name}`" in text]
    page = BeautifulSoup((html / "chapters" / f"{chapter.stem}.html").read_text(encoding="utf8"), "html.parser")
    numbers = page.select(".pasted-text")
    assert len(numbers) >= len(names)
    for number in numbers:
        before = re.findall(r"\w+(?=\W*$)", number.previous_sibling if isinstance(number.previous_sibling, str) else "")
        after = re.findall(r"^\W*(\w+)", number.next_sibling if isinstance(number.next_sibling, str) else "")
        sought = r"\W{0,6}".join(re.escape(part) for part in (*before, number.get_text(), *after))
        assert re.search(sought, text), f"{sought} is on the page of {chapter.stem} and not in its notebook"


def test_a_number_that_is_not_known_stands_as_its_name():
    cell = nbformat.v4.new_markdown_cell("{glue:text}`a-b:.1f` of {glue:text}`c` and {glue:text}`d:,.0f`.")
    book = notebooks.fill(nbformat.v4.new_notebook(cells=[cell]), {"a-b": "2.26", "c": "'IL-6'"})
    assert book.cells[0].source == "2.3 of IL-6 and `d`."


# --- what goes along with it ------------------------------------------------------------------------------------------


@pytest.mark.site
@each_chapter
def test_a_chapters_data_go_along(downloads, chapter):
    """Every fact that its text names, as rows of the table, and the declaration of every model that its code loads."""
    text = chapter.read_text(encoding="utf8")
    with zipfile.ZipFile(downloads / f"{chapter.stem}-data.zip") as archive:
        names, facts = set(archive.namelist()), archive.read("facts.csv").decode()
    rows = {line.split(",", 1)[0] for line in facts.splitlines()}
    assert set(re.findall(r"\{fact\}`([\w.-]+)", text)) <= rows and "id" in rows
    loaded = re.findall(r'load_(?:model|field|population|cohort)\("([\w-]+)"', text)
    assert {Path(name).stem for name in names} >= set(loaded), names


# --- Binder and a hub -------------------------------------------------------------------------------------------------


def test_what_binder_runs_makes_what_its_link_opens(tmp_path):
    """``binder/postBuild`` with a Python that notes what it is asked: settings are laid where JupyterLab reads them, and the notebooks
    that it asks for are those of the links."""
    (tmp_path / "python").write_text('#!/bin/bash\necho "$*" >> "$NB_PYTHON_PREFIX/asked"\n')
    (tmp_path / "python").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "NB_PYTHON_PREFIX": str(tmp_path)}
    subprocess.run([str(ROOT / "binder" / "postBuild")], cwd=ROOT, env=environment, check=True)
    settings = json.loads((tmp_path / "share/jupyter/lab/settings/overrides.json").read_text())
    assert settings["@jupyterlab/docmanager-extension:plugin"]["defaultViewers"]["myst"] == "Jupytext Notebook"
    install, write = (tmp_path / "asked").read_text().splitlines()
    assert install.startswith("-m pip install") and install.endswith(" .")
    module, where, *options = write.removeprefix("-m ").split()
    assert (module, where) == ("soluble.editions", "notebooks")
    assert not subprocess.run([sys.executable, "-m", module, str(tmp_path / where), "03-il6", "--no-run", *options], cwd=ROOT).returncode
    assert (tmp_path / "notebooks" / "student" / "03-il6.ipynb").is_file()


def test_binder_installs_the_pins():
    first, *more = (ROOT / "binder" / "requirements.txt").read_text().split()
    assert first == "-r" and (ROOT / "binder" / more[0]).resolve() == ROOT / "requirements.txt"
    assert all("==" in pin for pin in more[1:])
    version = (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    assert version in SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]["requires-python"])
