"""The closing chapter: it runs from scratch, and what it counts and concludes is so.

What is counted is counted here again from the rows of the files, without the cells of the chapter.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from math import comb, exp, log, sqrt

import numpy as np
import pytest
from chapter import CHAPTERS, Chapter, Standard
from statsmodels.stats.meta_analysis import combine_effects

from soluble import evidence

CHAPTER = Chapter("17-outlook")
TEXT = CHAPTER.text
executed, said, printed = CHAPTER.fixtures()


class TestStandard(Standard):
    chapter, pictures = CHAPTER, 3


def rows(name: str) -> list[dict[str, str]]:
    with (CHAPTERS.parent / "evidence" / f"{name}.csv").open(encoding="utf8", newline="") as file:
        return list(csv.DictReader(file))


def test_links_to_other_chapters_find_their_place():
    """What another chapter is said to earn stands where the link leads."""
    labels = {label for path in CHAPTERS.glob("*.md") for label in re.findall(r"^\(([\w-]+)\)=$", path.read_text(encoding="utf8"), re.M)}
    linked = set(re.findall(r"\]\(#([\w-]+)\)", TEXT))
    assert linked <= labels, linked - labels
    others = {name.split("-")[0] for name in linked} - {"outlook"}
    assert len(others) >= 12, "a closing chapter speaks of most of the others"


# --- the puzzle --------------------------------------------------------------------------------------------------------


def test_every_mark_of_the_puzzle_excludes_one_and_the_weakest_is_vegf():
    marks = [evidence.fact(i) for i in ("tong-crp-ici-os-hr", "belluomini-il8-os-hr", "qiu-cxcr4-nsclc-os-hr", "li-tgfb-os-hr", "hu-vegf-plasma-os-hr")]
    assert all(f.ci_low > 1 for f in marks)
    assert min(marks, key=lambda f: f.value).mediator == "VEGF"
    below = {i for i in ("canopy1-os-hr", "canopy2-os-hr", "bintrafusp-first-line-os-hr", "e4599-os-hr", "revel-os-hr", "avail-15-os-hr", "vital-os-hr") if evidence.fact(i).ci_high < 1}
    assert below == {"e4599-os-hr", "revel-os-hr"}


# --- the evidence from above --------------------------------------------------------------------------------------------


def test_facts_sources_and_how_they_were_seen(said):
    facts = rows("facts")
    assert said["outlook-facts"] == len(facts)
    assert said["outlook-sources"] == len({r["source"] for r in facts})
    how = Counter(r["checked"].split()[0] for r in facts)
    assert (said["outlook-pages"], said["outlook-excerpts"]) == (how["page"], how["excerpt"])
    assert said["outlook-abstracts"] == pytest.approx(100 * sum(r["where_seen"] == "abstract" for r in facts) / len(facts))
    assert said["outlook-abstracts"] > 50


def test_treatment_is_mostly_pd1_and_vegf_and_prediction_mostly_cohorts(said):
    from soluble import atlas

    facts = atlas.annotated()
    treated = facts[(facts["people"] == atlas.NSCLC) & (facts["question"] == "treatment")]["mediator"]
    assert treated.isin(["PD-1/PD-L1", "VEGF"]).mean() > 0.5
    assert said["outlook-prediction-cohorts"] > said["outlook-nsclc-prediction"] / 2
    assert said["outlook-nsclc-prognosis"] > said["outlook-nsclc-prediction"] > said["outlook-nsclc-mechanism"]


def test_the_map_is_mostly_empty(said):
    assert said["outlook-empty"] > said["outlook-cells"] / 2
    assert said["outlook-three"] < said["outlook-mediators"] / 2
    assert said["outlook-three-names"] == "IL-6, IL-8, IL-10 and VEGF"


def test_only_vegf_and_pd1_have_a_trial_that_met_survival(said):
    """Counted from the file: controlled, positive, in NSCLC, with overall survival among its end points."""
    met = [
        r
        for r in rows("trials")
        if r["outcome"] == "positive" and r["axis"] != "combination" and "NSCLC" in r["setting"] and "not NSCLC" not in r["setting"] and re.search("overall survival|overall and", r["endpoint"])
    ]
    assert {r["axis"] for r in met} == {"VEGF", "PD-1/PD-L1"}
    assert said["outlook-moved"] == 2
    assert {r["id"] for r in met if r["axis"] == "VEGF"} == {"ecog-4599", "revel", "alter-0303"}
    assert said["outlook-vegf-met"] == 3
    assert said["outlook-moved"] + said["outlook-tried"] + said["outlook-untried"] == said["outlook-families"]
    outcomes = Counter(r["outcome"] for r in rows("trials"))
    assert said["outlook-trials"] == sum(outcomes.values())
    assert all(said[f"outlook-trials-{o}"] == outcomes[o] for o in ("positive", "negative", "uncontrolled", "stopped"))


def test_what_the_network_shows_of_patients_with_lung_cancer(said):
    seen = [r for r in rows("network") if r["evidence"] == "patients" and r["setting"] == "lung cancer"]
    assert said["outlook-seen"] == len(seen)
    assert said["outlook-experiments"] == sum(r["basis"] == "experiment" for r in seen)
    named = {r[c] for r in seen for c in ("from", "to")}
    assert not {"VEGF", "MMP"} & named and {"IL-6", "IL-8", "IL-10", "CXCL12", "CCL21"} <= named
    assert "CXCL12" not in {r["from"] for r in seen}
    assert (said["outlook-silent"], said["outlook-made"]) == ("VEGF and MMP", "CXCL12")
    vegf = [r for r in rows("network") if "VEGF" in (r["from"], r["to"])]
    assert said["outlook-vegf-elsewhere"] == len(vegf)
    assert all(r["evidence"] != "patients" or r["setting"] == "other cancer" for r in vegf)


# --- how many numbers are wrong ------------------------------------------------------------------------------------------


def test_share_that_was_corrected_and_its_exact_interval(said):
    verdicts = Counter(r["verdict"] for r in rows("compared"))
    n, wrong = sum(verdicts.values()), verdicts["corrected"]
    assert (said["outlook-compared"], said["outlook-corrected"]) == (n, wrong) == (50, 3), "the key point and the quiz say three of fifty"

    def at_most(k, p):
        return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))

    low, high = said["outlook-error-low"] / 100, said["outlook-error-high"] / 100
    assert at_most(wrong, high) == pytest.approx(0.025, rel=1e-4), "Clopper and Pearson's upper end"
    assert 1 - at_most(wrong - 1, low) == pytest.approx(0.025, rel=1e-4), "and lower end"
    assert (round(100 * low), round(100 * high)) == (1, 17), "the quiz says so"
    read, faulty = n - verdicts["not seen again"], n - verdicts["agrees"]
    assert said["outlook-read"] == read
    assert said["outlook-value-high"] == pytest.approx(100 * (1 - 0.025 ** (1 / read))), "none of so many"
    low, high = said["outlook-worst-low"] / 100, said["outlook-worst-high"] / 100
    assert at_most(faulty, high) == pytest.approx(0.025, rel=1e-4) and 1 - at_most(faulty - 1, low) == pytest.approx(0.025, rel=1e-4)


# --- what established looks like -----------------------------------------------------------------------------------------


def test_five_trials_pooled_by_hand(said):
    """τ² is nought, so random effects are the fixed effect, here from the printed intervals."""
    z = {"95% CI": 1.959964, "96% CI": 2.053749}
    y, w = [], []
    for i in ("cm017-os-hr", "cm057-os-hr", "kn010-any-os-hr", "poplar-os-hr", "oak-os-hr"):
        f = evidence.fact(i)
        y.append(log(f.value))
        w.append((log(f.ci_high / f.ci_low) / (2 * z[f.interval_kind])) ** -2)
    mean = sum(a * b for a, b in zip(y, w, strict=True)) / sum(w)
    q = sum(b * (a - mean) ** 2 for a, b in zip(y, w, strict=True))
    assert q < len(y) - 1, "no more scatter than chance"
    assert said["outlook-pool-estimate"] == pytest.approx(exp(mean), rel=1e-3)
    hk = sqrt(q / (len(y) - 1) / sum(w))
    assert said["outlook-pool-ci_high"] == pytest.approx(exp(mean + 2.776445 * hk), rel=2e-3), "Hartung and Knapp, 4 degrees of freedom"
    assert said["outlook-pool-prediction_high"] < 1, "the alternative text says so"
    assert said["outlook-pool-i2"] == pytest.approx(0, abs=0.5)
    four = exp(sum(a * b for a, b in zip(y[:4], w[:4], strict=True)) / sum(w[:4]))
    half = [1.96 * sum(part) ** -0.5 for part in (w[:4], w)]
    assert (round(four, 2), round(exp(mean), 2)) == (0.70, 0.71)
    assert [round(h, 3) for h in half] == [0.099, 0.085]


def test_the_sixth_trial_is_pooled_too(printed):
    """REML by statsmodels, with avelumab's standard error from its ratio and one-sided P."""
    z = {"95% CI": 1.959964, "96% CI": 2.053749}
    facts = [evidence.fact(i) for i in ("cm017-os-hr", "cm057-os-hr", "kn010-any-os-hr", "poplar-os-hr", "oak-os-hr")]
    sixth = evidence.fact("javelin200-os-hr")
    assert "one-sided P was 0.16" in sixth.statement and "norm.ppf(0.16)" in TEXT
    se = [*(log(f.ci_high / f.ci_low) / (2 * z[f.interval_kind]) for f in facts), -log(sixth.value) / 0.994458]
    theirs = combine_effects(np.log([f.value for f in [*facts, sixth]]), np.square(se), method_re="iterated")
    ours = re.search(r"(0\.\d\d) \((0\.\d\d) to (0\.\d\d)\), I² (\d+) %", printed)
    assert float(ours[1]) == pytest.approx(exp(theirs.mean_effect_re), abs=0.01)
    assert float(ours[3]) < 0.85 and int(ours[4]) < 25, "little changes"


def test_disputes_are_counted_by_where_each_side_was_seen(said):
    assert said["outlook-disputes"] == len(evidence.disagreements())
    assert said["outlook-disputes-nsclc"] > said["outlook-disputes-neither"] > 0
    assert said["outlook-disputes-nsclc"] + said["outlook-disputes-neither"] + said["outlook-disputes-mixed"] <= said["outlook-disputes"]


# --- to add a study, to add a model ----------------------------------------------------------------------------------------


def test_the_spoilt_row_gets_three_complaints_and_the_mended_one_is_read(printed):
    printed = " ".join(printed.split())
    assert "3 problems in the evidence" in printed
    for said_of_it in ("'0,73' is not a number", "'rittmeyer2016' is not in references.bib", "the interval is upside down"):
        assert said_of_it in printed
    assert "my-study-os-hr" in printed


def test_the_spoilt_equation_is_named_with_its_line(printed):
    assert re.search(r"mark-or-lever\.yaml:\d+: equation of `M`", printed)


def test_mark_and_lever_follow_their_closed_form(said):
    """T = T_0 exp(g t (1 − λ D / (1 + D))); M solves a linear equation that T drives."""
    T0, g, D, q, k = 10, 0.01, 4, 5, 5
    for name, share in (("mark", 0), ("lever", 1)):
        r = g * (1 - share * D / (1 + D))
        assert said[f"outlook-{name}"] == pytest.approx(T0 * exp(r * 180), rel=1e-4)
        c = k * (1 + D)
        level = q * T0 / (c + r) * (exp(r * 7) - exp(-c * 7)) + q * T0 / k * exp(-c * 7)
        assert said[f"outlook-{name}-week"] == pytest.approx(100 * level / (q * T0 / k), rel=1e-3)
    assert said["outlook-mark-week"] - said["outlook-lever-week"] < 2, "blood hardly tells"
    assert said["outlook-same"] < 1e-3
