"""The chapter on EMT: it runs from scratch, and what its sentences say of the models and the evidence is so."""

from __future__ import annotations

import ast
import os
import re
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import norm

import soluble
from soluble import evidence, teaching

ROOT = Path(__file__).resolve().parents[1]
CHAPTER = ROOT / "chapters" / "09-emt.md"
TEXT = CHAPTER.read_text(encoding="utf8")


@pytest.fixture(scope="module")
def executed():
    """The chapter's notebook after one run in a fresh kernel, with the seconds that it took."""
    import jupytext
    from nbclient import NotebookClient

    book = jupytext.reads(TEXT, fmt="md:myst")
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    os.environ["SOLUBLE_STATIC"] = "1"
    start = time.perf_counter()
    try:
        NotebookClient(book, timeout=120, resources={"metadata": {"path": str(CHAPTER.parent)}}).execute()
    finally:
        del os.environ["SOLUBLE_STATIC"]
    return book, time.perf_counter() - start


@pytest.fixture(scope="module")
def said(executed):
    """Every computed number that the text shows, by its name."""
    found = {}
    for cell in executed[0].cells:
        for output in cell.get("outputs", []):
            if name := output.get("metadata", {}).get("scrapbook", {}).get("name"):
                found[name] = ast.literal_eval(next(iter(output["data"].values())))
    return found


@pytest.fixture(scope="module")
def lu():
    return soluble.load_model("lu-2013")


@pytest.fixture(scope="module")
def tian():
    return soluble.load_model("tian-2013")


# --- independent of the library: the rates of Tian 2013, typed again ---------------------------------------------------

STATES = ("TGF", "mSNAIL", "SNAIL", "miR34", "mZEB", "ZEB", "miR200")
RESTING = [0.158, 0.00988, 0.00437, 0.377, 0.0333, 0.00987, 0.348]


def rates(_, y, outside, own):
    def hill(amount, half):
        return (amount / half) ** 2

    tgf, msnail, snail, mir34, mzeb, zeb, mir200 = y
    signal = hill(tgf + outside, 1.6)
    helped = hill(snail, 3.5)
    return [
        0.06 + own / (1 + hill(mir200, 0.06)) - 0.6 * tgf,
        0.0006 + 0.03 * signal / (1 + signal) - 0.09 * msnail,
        17 * msnail / (1 + hill(mir34, 0.08)) - 1.66 * snail,
        0.0012 + 0.012 / (1 + hill(snail, 0.15) + hill(zeb, 0.36)) - 0.035 * mir34,
        0.003 + 0.06 * helped / (1 + helped) - 0.09 * mzeb,
        17 * mzeb / (1 + hill(mir200, 0.06)) - 1.66 * zeb,
        0.0002 + 0.012 / (1 + hill(snail, 5) + hill(zeb, 0.2)) - 0.035 * mir200,
    ]


def rest(y, outside, own=1.2, hours=1e5):
    """Where the cell rests, by SciPy alone."""
    return dict(zip(STATES, settled(y, outside, own, hours), strict=True))


def settled(y, outside, own=1.2, hours=1e5):
    return solve_ivp(rates, (0, hours), y, args=(outside, own), method="LSODA", rtol=1e-9, atol=1e-12).y[:, -1]


# --- the notebook ----------------------------------------------------------------------------------------------------


def test_runs_without_a_word_on_stderr(executed):
    book, seconds = executed
    errors = [o["text"] for c in book.cells for o in c.get("outputs", []) if o["output_type"] == "stream" and o["name"] == "stderr"]
    assert not errors
    assert seconds < 60, f"{seconds:.0f} s; a chapter should take less than 20 on an idle machine"


def test_every_number_in_a_sentence_is_computed(said):
    used = set(re.findall(r"\{glue:text\}`([\w-]+)", TEXT))
    assert used and used <= set(said)


def test_every_picture_says_what_it_shows(executed):
    drawn = [c for c in executed[0].cells if c.cell_type == "code" and "plt.show()" in c.source]
    assert len(drawn) == 2
    for cell in drawn:
        assert len(cell.metadata["mystnb"]["image"]["alt"]) > 80


# --- the standard ----------------------------------------------------------------------------------------------------


def prose() -> str:
    text = re.sub(r"\A---.*?^---$", "", TEXT, count=1, flags=re.S | re.M)
    text = re.sub(r"```(?:\{code-cell\}|python).*?```", "", text, flags=re.S)
    return re.sub(r"^:[\w-]+:.*$|^[:`]{3,}.*$", "", text, flags=re.M)


def test_length_sources_facts_explorers_exercises():
    words = re.sub(r"\{[\w:]+\}`[^`]*`", "x", prose()).split()
    assert 2000 <= len(words) <= 4000, len(words)
    cited = {key.strip() for keys in re.findall(r"\{cite:[tp]\}`([^`]+)`", TEXT) for key in keys.split(",")}
    assert len(cited) >= 20 and cited <= set(evidence.references())
    facts = {f.split("|")[0] for f in re.findall(r"\{fact\}`([^`]+)`", TEXT)}
    assert facts <= set(evidence.facts().index)
    assert 1 <= TEXT.count("soluble.explore(") <= 3
    assert {"recall", "compute", "criticise"} <= {e.kind for e in teaching.exercises(CHAPTER)}
    assert TEXT.count(":::{quiz}") >= 4


def test_no_statistic_is_typed():
    """Intervals and hazard ratios stand in sentences only through facts or computed numbers; the one P value is of a quoted line."""
    bare = re.sub(r"\{[\w:]+\}`[^`]*`", "", prose())
    assert not re.search(r"\d+ ?% CI|p ?[=<] ?0\.\d|(?:hazard|odds|risk) ratio (?:of|was) \d|HR \d", bare)


def test_prediction_stands_before_each_explorer():
    assert TEXT.count(":::{admonition} Predict") == TEXT.count("soluble.explore(")
    assert all(TEXT.rindex("Predict", 0, m.start()) > TEXT.rfind("soluble.explore(", 0, m.start()) for m in re.finditer(r"soluble\.explore\(", TEXT))


def test_the_puzzles_numbers_were_looked_up_on_their_pages():
    for identity in ("ye-vimentin-os-hr", "ye-vimentin-os-adjusted-hr", "emprou-partial-emt-nodes", "fischer-emt-not-required", "thompson-combined-auc"):
        assert evidence.fact(identity).checked.startswith("page https://"), identity


# --- what the reader is told of the models -----------------------------------------------------------------------------


def test_thresholds_stand_beside_the_published_ones(said, lu, tian):
    """The table's computed column: the published thresholds, within two per mille."""
    known = {m.id: sorted(r.published for r in m.reproduces if r.compute["as"] == "threshold") for m in (lu, tian)}
    snail = [1e3 * said[f"emt-{n}"] for n in ("m-lost", "h-lost-down", "e-lost", "h-lost-up")]
    tgf = [said[f"emt-{n}"] for n in ("p-lost", "first", "second")]
    assert snail == pytest.approx(known["lu-2013"], rel=2e-3)
    assert tgf == pytest.approx(known["tian-2013"], rel=2e-3)


def test_a_partial_cell_goes_back_where_an_independent_run_says():
    """Lowered step by step, SciPy's own run of the rates loses the partial state between 0.6510 and 0.6520."""
    y = settled(RESTING, 1.5)
    y = settled(y, 0.66)
    y = settled(y, 0.652)
    assert y[2] > 0.35
    assert settled(y, 0.651)[2] < 0.1


def test_one_signal_three_cells(said, lu):
    assert sum(lu.equilibria(SNAIL=200_000)["stability"] == "stable node") == 3
    assert said["emt-zeb-epithelial"] < 10 < said["emt-zeb-hybrid"] < 100 < said["emt-zeb-mesenchymal"]
    for scenario in lu.scenarios:
        if scenario.id in ("epithelial", "hybrid", "mesenchymal"):
            run = lu.simulate(**scenario.set)
            assert run.ZEB.iloc[-1] == pytest.approx(1e3 * said[f"emt-zeb-{scenario.id}"], rel=0.01)


def test_a_push_stops_halfway(lu):
    run = {s.id: lu.simulate(**s.set) for s in lu.scenarios}
    pushed = run["pushed"]
    assert pushed.miR200.iloc[-1] == pytest.approx(0.5 * pushed.miR200.iloc[0], rel=0.05)
    assert 10 < pushed.ZEB.iloc[-1] / pushed.ZEB.iloc[0] < 20
    assert run["pushed-hard"].ZEB.iloc[-1] > 500_000


def test_the_way_up_has_two_jumps_and_the_way_down_one(lu):
    values = np.linspace(150_000, 250_000, 61)
    sweep = lu.sweep("SNAIL", values, of="ZEB", hysteresis=True)

    def jumps(column):
        ratio = np.abs(np.diff(np.log(sweep[column].to_numpy())))
        return int((ratio > 1).sum())

    assert (jumps("up"), jumps("down")) == (2, 1)
    assert not sweep["down"].between(20_000, 200_000).any(), "the way down passes no hybrid state"
    assert sweep["up"].between(20_000, 200_000).any()


def test_skipping_the_middle_is_no_law(said, lu):
    assert said["emt-wide-low"] > 1.5 * said["emt-wide"]
    assert 0 < said["emt-h-lost-low"] - said["emt-m-lost-low"] < 1
    default, more = (sorted(lu.folds("SNAIL", (150_000, 260_000), g_miR=g)["SNAIL"]) for g in (2100, 2300))
    assert all(b > a for a, b in zip(default, more, strict=True)), "the transcription of miR-200 moves all thresholds together"


def test_recall_up_and_back(lu):
    """Of three cells at 200 thousand, a passing rise to 215 thousand changes the epithelial one; at 180 thousand all end epithelial."""
    starts = {s.id: s.set for s in lu.scenarios if s.id in ("epithelial", "hybrid", "mesenchymal")}
    ends, fallen = {}, {}
    for name, setting in starts.items():
        up = lu.simulate(t=[0, 5000], **(setting | {"SNAIL": 215_000})).iloc[-1]
        initial = {f"{s}0": float(up[s]) for s in lu.state_ids}
        ends[name] = lu.simulate(t=[0, 5000], SNAIL=200_000, **initial).ZEB.iloc[-1]
        fallen[name] = lu.simulate(t=[0, 5000], SNAIL=180_000, **initial).ZEB.iloc[-1]
    assert 40_000 < ends["epithelial"] < 60_000 and ends["hybrid"] == pytest.approx(ends["epithelial"], rel=0.01)
    assert ends["mesenchymal"] > 500_000
    assert max(fallen.values()) < 10_000


def test_the_first_switch_comes_back_and_the_second_does_not(said):
    """E-cadherin as the text gives it, against a run by SciPy alone."""

    def ecad(y):
        return (1 / (1 + (y["SNAIL"] / 0.2) ** 2) + 0.6 / (1 + (y["ZEB"] / 0.5) ** 2)) / 0.5

    start = rest(RESTING, 0)
    partial, full = settled(RESTING, 1.5), settled(RESTING, 3)
    assert said["emt-ecad-start"] == pytest.approx(ecad(start), rel=1e-3)
    assert said["emt-ecad-partial"] == pytest.approx(ecad(rest(RESTING, 1.5)), rel=1e-3)
    assert said["emt-ecad-partial-gone"] == pytest.approx(ecad(rest(partial, 0)), rel=1e-3) == pytest.approx(ecad(start), rel=1e-3)
    assert said["emt-ecad-gone"] == pytest.approx(ecad(rest(full, 0)), rel=1e-3)
    assert said["emt-ecad-gone"] < 0.05 * said["emt-ecad-start"]
    half = settled(settled(RESTING, 3, own=0.6), 0, own=0.6)
    assert said["emt-ecad-reversible"] == pytest.approx(ecad(dict(zip(STATES, half, strict=True))), rel=1e-3)


def test_a_third_less_of_its_own_frees_the_cell(said):
    """The threshold of the cell's own production, from both sides, by SciPy alone."""
    held = settled(settled(RESTING, 3), 0)
    assert 100 / 4 < said["emt-kt-less"] < 100 / 2.5
    assert rest(held, 0, own=1.01 * said["emt-kt"])["ZEB"] > 0.5
    assert rest(held, 0, own=0.99 * said["emt-kt"])["ZEB"] < 0.05


def test_how_long_the_signal_must_last(said):
    """A tenth fewer or more days than the text says decide, in an independent run; near the threshold it takes longer."""
    for name, outside in (("3", 3), ("4", 4)):
        days = said[f"emt-days-{name}"]
        for factor, kept in ((0.95, False), (1.05, True)):
            given = settled(RESTING, outside, hours=24 * factor * days)
            assert (rest(given, 0)["ZEB"] > 1) == kept
    assert said["emt-days-2-1"] > 2 * said["emt-days-3"] > 2 * said["emt-days-4"]
    assert said["emt-days-4"] > 3, "two or three days would miss the memory"


# --- the evidence ----------------------------------------------------------------------------------------------------


def test_what_adjustment_leaves(said):
    assert said["emt-vimentin-left"] == pytest.approx(100 * np.log(1.266) / np.log(1.831))
    assert said["emt-ecadherin-left"] == pytest.approx(100 * np.log(0.68) / np.log(0.55))
    for identity in ("ye-vimentin-os-adjusted-hr", "qiu-ecadherin-os-adjusted-hr"):
        f = evidence.fact(identity)
        assert f.ci_low < 1 < f.ci_high, "both intervals hold 1"


def test_the_misprint():
    """Of the five intervals of vimentin and E-cadherin the one that is odd is the one with a remark."""
    ids = ["ye-vimentin-os-hr", "ye-vimentin-os-adjusted-hr", "ye-vimentin-dfs-hr", "ye-vimentin-dfs-adjusted-hr", "qiu-ecadherin-os-hr"]
    verdict = evidence.interval_check(ids)["verdict"]
    assert list(verdict[verdict == "odd"].index) == ["ye-vimentin-dfs-adjusted-hr"]
    f = evidence.fact("ye-vimentin-dfs-adjusted-hr")
    assert f.flag
    z = np.log(1.254) / (np.log(1.596 / 0.985) / (2 * 1.959964))
    assert 2 * norm.sf(z) == pytest.approx(0.067, abs=0.002), "1.596 gives the printed P value"


def test_two_scores_together(said):
    """The area of the best sum: against simulated patients."""
    rng = np.random.default_rng(9)
    n = 200_000
    shift = np.array([norm.ppf(a) * 2**0.5 for a in (0.70, 0.69)])
    for r, expected in ((-0.5, said["emt-auc-poor"]), (0, said["emt-auc-none"]), (said["emt-r-needed"], evidence.fact("thompson-combined-auc").value)):
        cov = np.array([[1, -r], [-r, 1]])  # the first score is epithelial, so its sign turns
        a, b = rng.multivariate_normal(shift, cov, n), rng.multivariate_normal([0, 0], cov, n)
        weights = np.linalg.solve(cov, shift)
        assert np.mean(a @ weights > b @ weights) == pytest.approx(expected, abs=0.004)
    assert 0.4 < said["emt-r-low"] < said["emt-r-needed"] < 0.8


def test_trials_of_the_axis():
    rows = evidence.trials()
    assert {"sapphire", "encore-401"} <= set(rows.index[rows["axis"] == "EMT"])
    assert sum(rows["axis"] == "TGF-beta") >= 3
