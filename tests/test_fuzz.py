"""A thousand random settings of each model in the browser's solver: every run finishes, or says in the known words why not."""

from __future__ import annotations

import re

import pytest
from agreement import random_settings
from in_node import in_node
from validation import hold

import soluble

MODELS = [soluble.load_model(name) for name in soluble.list_models()]
SETTINGS = 1000
#: How far below zero a state may fall, beside the largest state of its unit: in a draft (which is exact to the pixel, and which a
#: reader sees while a slider moves) a third of a pixel, in the full run that follows it rounding.
DRAFT, FULL = 1e-3, 1e-6
#: What :class:`SolverError` says; a page shows these sentences.
WORDS = r"the solver needed more than \d+ steps\.|the solver's step became too small at time \S+\.|the model's equations give no finite slope at the start\."
FUZZ = """
const lowest = (m, columns) => {
  const size = {};
  for (const s of m.states) size[s.unit] = Math.max(size[s.unit] ?? 1e-300, ...columns[s.id].map(Math.abs));
  return Math.min(0, ...m.states.map((s) => Math.min(...columns[s.id]) / size[s.unit]));
};
const out = {};
for (const [key, settings] of Object.entries(given.settings)) {
  const m = models[key];
  const told = { refused: {}, again: [], notFinite: [], negative: [] };
  settings.forEach((values, k) => {
    for (const draft of [true, false]) {
      let got;
      try {
        got = run(m, values, { n: 17, draft });
      } catch (error) {
        if (!(error instanceof SolverError)) throw error;
        (told.refused[error.message] ??= []).push(k);
        return;
      }
      for (const [id, column] of Object.entries(got.columns)) if (!column.every(Number.isFinite)) told.notFinite.push([k, id]);
      const least = lowest(m, got.columns);
      if (least < -given[draft ? "draft" : "full"]) told.negative.push([k, draft, least]);
      if (least >= -given.full) return;
      if (draft) told.again.push(k);
    }
  });
  out[key] = told;
}
process.stdout.write(JSON.stringify(out));
"""


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    """All models in one process, with the tolerance of a draft (1e-5); where that falls below zero, the full run as well."""
    settings = {m.key: random_settings(m, SETTINGS, seed=3) for m in MODELS}
    return settings, in_node(tmp_path_factory.mktemp("fuzz"), MODELS, FUZZ, {"settings": settings, "draft": DRAFT, "full": FULL})


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.id)
def test_every_run_finishes_or_says_why_not(model, fuzzed):
    """Finite numbers, none below zero beyond the tolerance; a run that is given up on says so in the documented words, and is rare."""
    settings, told = fuzzed[0][model.key], fuzzed[1][model.key]
    assert not told["notFinite"], (told["notFinite"][0], settings[told["notFinite"][0][0]])
    assert not told["negative"], (told["negative"][0], settings[told["negative"][0][0]])
    assert all(re.fullmatch(WORDS, sentence) for sentence in told["refused"]), list(told["refused"])
    refused = sum(map(len, told["refused"].values()))
    assert refused <= SETTINGS / 100, told["refused"].keys()
    hold(model.id, "fuzz", settings=SETTINGS, finished=SETTINGS - refused)
