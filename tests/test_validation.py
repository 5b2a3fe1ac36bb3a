"""The page on how the models were checked: whole, and no other than what the tests measured."""

from __future__ import annotations

import json

import pytest
import validation as record
from bs4 import BeautifulSoup

import soluble
from soluble import evidence
from soluble.sphinxext import validation as page


def test_every_model_has_every_check_and_nothing_else_is_recorded():
    results = page.results()
    assert sorted(results) == soluble.list_models()
    assert {frozenset(found) for found in results.values()} == {frozenset(page.CHECKS)}


def test_what_the_record_says_is_what_was_asked_for():
    """Fifty settings against libRoadRunner within 1e-6, the browser likewise, every published number, a thousand settings."""
    for name, found in page.results().items():
        assert found["libroadrunner"]["settings"] == 50, name
        assert found["browser"]["settings"] >= 45, name
        assert max(found["libroadrunner"]["below"], found["browser"]["below"]) <= 1e-6, name
        assert found["reproduces"]["given"] == found["reproduces"]["results"], name
        assert found["fuzz"]["settings"] == 1000, name
        if soluble.load_model(name).kind == "published":
            assert found["reproduces"]["results"] > 0, name


@pytest.mark.parametrize(("measured", "kept"), [(0, 1e-8), (4e-10, 1e-8), (1e-8, 5e-8), (2.5e-8, 1e-7), (4e-8, 2e-7), (6.5e-7, 1e-6), (9e-7, 1e-6), (1.1e-6, 5e-6)])
def test_a_difference_is_kept_as_a_bound_with_room(measured, kept):
    assert record.bound(measured) == pytest.approx(kept)


def test_the_record_notices_what_has_changed(tmp_path, monkeypatch):
    """Written, then held: the same passes; another count, a larger difference, one far smaller or a missing check do not."""
    monkeypatch.setattr(record, "RESULTS", tmp_path / "results.json")
    monkeypatch.setenv("SOLUBLE_VALIDATION", "write")
    record.hold("m", "browser", settings=50, below=1.2e-7)
    record.hold("m", "reproduces", results=4, given=4, largest=0.0123)
    monkeypatch.delenv("SOLUBLE_VALIDATION")
    assert json.loads(record.RESULTS.read_text())["m"]["browser"] == {"settings": 50, "below": 5e-7}
    record.hold("m", "browser", settings=50, below=4.9e-7)
    record.hold("m", "reproduces", results=4, given=4, largest=0.01231)
    for check, outcome in [
        ("browser", {"settings": 49, "below": 1.2e-7}),
        ("browser", {"settings": 50, "below": 6e-7}),
        ("browser", {"settings": 50, "below": 1e-10}),
        ("reproduces", {"results": 4, "given": 4, "largest": 0.014}),
        ("fuzz", {"settings": 1000}),
    ]:
        with pytest.raises(AssertionError, match="make validation"):
            record.hold("m", check, **outcome)


def test_the_page_shows_the_record():
    table = BeautifulSoup(page.results_table("../"), "html.parser")
    assert table.caption.text == "How each model was checked"
    rows = table.tbody.find_all("tr")
    shown = {row.a["href"].removeprefix("../models/").removesuffix(".html"): [c.get_text(" ") for c in row.find_all("td")] for row in rows}
    assert sorted(shown) == soluble.list_models()
    found = page.results()["kosinsky-2018"]
    count = found["reproduces"]["results"]
    assert shown["kosinsky-2018"][2].startswith(f"{count} of {count}")
    assert "50 settings" in shown["kosinsky-2018"][0]
    assert "1,000 of 1,000 runs finish" in shown["kosinsky-2018"][3]
    assert all(cell not in ("", "–") for cells in shown.values() for cell in cells)


def test_numbers_in_words():
    assert [page.power(v) for v in (1e-9, 2e-7)] == ["below&nbsp;10<sup>−9</sup>", "below&nbsp;2&nbsp;×&nbsp;10<sup>−7</sup>"]
    assert [page.per_cent(v) for v in (0.0, 0.00044, 0.0123)] == ["below 0.001 %", "0.044 %", "1.2 %"]


def test_what_was_left_out_names_its_source_and_what_stands_instead():
    entries = page.left_out()
    assert len(entries) >= 4
    for entry in entries:
        assert set(entry) <= {"model", "source", "declared", "what", "why", "instead", "says"}
        assert entry["source"] in evidence.references(), entry["model"]
        assert (entry["model"] in soluble.list_models()) == ("declared" in entry)
        assert all(entry[key] in soluble.list_models() for key in ("declared", "instead") if key in entry)
    table = BeautifulSoup(page.left_out_table("../", "references.html"), "html.parser")
    assert len(table.tbody.find_all("tr")) == len(entries)
    assert {a["href"] for a in table.find_all("a")} >= {"references.html#wu2011", "../models/lu-2013.html", "../models/receptor-desensitisation.html"}
