"""The search for what only the lecturer should have: it finds each secret wherever it is published, and nothing that the chapter says itself."""

from __future__ import annotations

import json
import zipfile

import pytest
from test_teaching import CHAPTER, CHAPTERS

from soluble import leaks

SENTENCE = "The rate is *one tenth* per hour, so it is ln 2 over the rate."
LINE = "answer = math.log(2) / rate_of_decay"
CHECK = 'check("half-life", answer, 6.931471805599453, rtol=1e-2)'
PLACES = {
    "page.html": "<p>The rate is <em>one tenth</em> per hour, so it is\nln&nbsp;2 over the rate.</p>".replace("&nbsp;", " "),
    "code.html": "<pre>answer <span>=</span> math<span>.</span>log(<span>2</span>) / rate_of_decay</pre>",
    "_sources/page.md": CHAPTER,
    "searchindex.js": json.dumps({"text": f"before\n{SENTENCE}"}),
    "downloads/page.ipynb": json.dumps({"cells": [{"source": ["answer = math.log(2)", " / rate_of_decay"], "metadata": {}}]}),
    "downloads/meta.ipynb": json.dumps({"cells": [{"source": "", "metadata": {"note": SENTENCE}}]}),
    "check.ipynb": json.dumps({"cells": [{"source": CHECK, "metadata": {}}]}),
}


@pytest.fixture
def chapter(tmp_path):
    path = tmp_path / "chapters" / "01-toy.md"
    path.parent.mkdir()
    text = CHAPTER.replace("It is ln 2 over the rate.", SENTENCE).replace("answer = math.log(2) / 0.1", LINE)
    path.write_text(text.replace('check("half-life", answer, 6.93, rtol=1e-2)', CHECK), encoding="utf8")
    return path


def put(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf8")


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("packed", [False, True], ids=["file", "archive"])
def test_a_secret_is_found_wherever_it_is(chapter, tmp_path, name, packed):
    site = tmp_path / "site"
    put(site, "index.html", "<p>What is it? Half is left.</p>")
    content = chapter.read_text(encoding="utf8") if name.endswith(".md") else PLACES[name]
    if packed:
        with zipfile.ZipFile(site / "all.zip", "w") as archive:
            archive.writestr(name, content)
    else:
        put(site, name, content)
    found, sought, texts = leaks.leaks(site, [chapter])
    assert sought == 3 and texts == 2
    assert {file for _, _, file in found} == {f"all.zip/{name}" if packed else name}


def test_what_the_chapter_says_is_no_secret(chapter, tmp_path):
    chapter.write_text(chapter.read_text(encoding="utf8").replace("# A chapter", f"# A chapter\n\n{SENTENCE}"), encoding="utf8")
    put(tmp_path / "site", "index.html", SENTENCE)
    assert leaks.leaks(tmp_path / "site", [chapter]) == ([], 2, 1)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_each_chapter_has_secrets(chapter):
    assert len(leaks.secrets(chapter)) > 15


def test_the_search_says_where_and_stops_the_build(chapter, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert leaks.main(["site"]) == 2 and "No site in site" in capsys.readouterr().err
    put(tmp_path / "site", "index.html", "clean")
    assert leaks.main(["site"]) == 0 and capsys.readouterr().out == "Searched 1 texts for 3 sentences and lines of solutions, checks and answers: 0 found.\n"
    put(tmp_path / "site", "told.html", PLACES["page.html"])
    assert leaks.main(["site"]) == 1
    assert "told.html tells of 01-toy: The rate is one tenth per hour" in capsys.readouterr().err
