"""JupyterLab as ``make lab`` starts it: a chapter opens as a notebook, and an explorer is a widget that talks to Python."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request

import nbformat
import pytest
from conftest import ROOT
from explorer_page import becomes

pytestmark = [pytest.mark.browser]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab started by ``make lab``, over a folder with a chapter and a small notebook in it."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "03-il6.md").write_text((ROOT / "chapters" / "03-il6.md").read_text(encoding="utf8"), encoding="utf8")
    book = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})
    book.cells = [
        nbformat.v4.new_code_cell('import soluble\nwidget = soluble.explore("kuznetsov-1994", controls=["s"], id="in-lab")\nwidget'),
        nbformat.v4.new_code_cell('print("influx is", widget.values["s"])'),
    ]
    nbformat.write(book, folder / "small.ipynb")
    port = free_port()
    own = folder / "own"
    arguments = f"--no-browser --allow-root --port={port} --IdentityProvider.token=t --ServerApp.root_dir={folder}"
    process = subprocess.Popen(
        ["make", "lab", f"LAB_ARGS={arguments}"],
        cwd=ROOT,
        env={**os.environ, "JUPYTER_CONFIG_DIR": str(own), "JUPYTERLAB_WORKSPACES_DIR": str(own), "IPYTHONDIR": str(own)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 90
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/api?token=t", timeout=5).read()
                break
            assert process.poll() is None, process.stderr.read().decode()[-2000:]
            assert time.monotonic() < deadline, "JupyterLab did not answer within 90 s"
            time.sleep(0.5)
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def test_a_chapter_is_a_notebook(lab):
    """The server hands a chapter out as a notebook with its cells."""
    answer = json.load(urllib.request.urlopen(f"{lab}/api/contents/03-il6.md?type=notebook&token=t", timeout=30))
    assert answer["type"] == "notebook"
    assert sum(cell["cell_type"] == "code" for cell in answer["content"]["cells"]) >= 10


def test_a_chapter_opens_as_a_notebook(lab, browser):
    """Opened by its name alone, as a double click does, a chapter is a notebook and not a text."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{lab}/lab/tree/03-il6.md?token=t")
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=90_000)
    page.close()


def test_an_explorer_is_a_widget_that_syncs(lab, browser):
    """A slider moved in the notebook changes the value that Python sees."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    # A workspace of its own: the default one would open the other test's chapter again, in front of this notebook.
    page.goto(f"{lab}/lab/workspaces/widget/tree/small.ipynb?token=t")
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=90_000)
    page.wait_for_selector("text=/ipykernel.*Idle/", timeout=90_000)
    page.locator(".jp-NotebookPanel .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".explorer[data-state=live] input[type=range]", timeout=120_000)

    def told():
        count = page.locator(".jp-NotebookPanel .jp-CodeCell").nth(1).locator(".jp-InputPrompt")
        was = count.inner_text()
        page.locator(".jp-NotebookPanel .jp-CodeCell .cm-content").nth(1).click()
        page.keyboard.press("Control+Enter")
        becomes(page, lambda: count.inner_text() != was and "*" not in count.inner_text(), True, "the cell that is run", 60)
        found = re.findall(r"influx is ([\d.e+]+)", " ".join(page.locator(".jp-OutputArea-output").all_inner_texts()))
        return float(found[-1]) if found else None

    before = told()
    assert before == 13000
    slider = page.locator(".explorer input[type=range]").first
    slider.focus()
    slider.press("PageUp")
    becomes(page, lambda: told() > before, True, "the value in Python", 60)
    page.close()
