"""How long a simulation takes: every model, and ten thousand draws of one, in SciPy, in libRoadRunner and in the browser's solver.

One run gives all numbers, on one machine, one after the other. A simulation is the declared run at the declared values with 401
points; the shown time is the median of several, after a first one that is not counted (compiling, loading). Relative tolerances:
1e-8 in SciPy, as the book's runs have; 1e-9 in libRoadRunner's CVODE; 1e-9 (implicit) or 1e-11 (explicit) in the browser's solver, as
the explorers have. That one runs here in Node.js, which has the same engine as Chromium, without a page.

The ensemble asks for the last value of every state at 10,000 settings drawn from the slider ranges: in Python by ``Model.ensemble``,
which integrates the draws together (relative 1e-8), in libRoadRunner and in the browser's solver one by one. libRoadRunner runs at two
tolerances: that which gives most draws to a relative 1e-6, and the 1e-6 that it has when nothing is set. The share of draws that
agree with the browser's solver to a relative 1e-6 is printed: speed counts only where the numbers agree.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ENSEMBLE, DRAWS = "kosinsky-2018", 10_000
TIMES = """
const out = {};
for (const key of given) {
  const m = models[key], spent = [];
  run(m, {}, { n: 401 });
  for (let began = performance.now(); spent.length < 3 || (performance.now() - began < 400 && spent.length < 100); ) {
    const from = performance.now();
    run(m, {}, { n: 401 });
    spent.push(performance.now() - from);
  }
  spent.sort((a, b) => a - b);
  out[key] = spent[spent.length >> 1];
}
process.stdout.write(JSON.stringify(out));
"""
MANY = """
const m = models[given.key];
for (const values of given.settings.slice(0, 300)) run(m, values, { n: 2 });
const began = performance.now();
const ends = given.settings.map((values) => [...run(m, values, { n: 2 }).y]);
process.stdout.write(JSON.stringify({ seconds: (performance.now() - began) / 1000, ends }));
"""


def median_ms(simulate) -> float:
    """Milliseconds of a call: the median of at least three, and of as many as fit into half a second."""
    simulate()
    spent: list[float] = []
    began = time.perf_counter()
    while len(spent) < 3 or (time.perf_counter() - began < 0.5 and len(spent) < 100):
        start = time.perf_counter()
        simulate()
        spent.append(time.perf_counter() - start)
    return 1000 * statistics.median(spent)


def roadrunner_at(model, rtol=1e-9, atol=1e-20):
    """libRoadRunner with a model, at the bench's tolerances."""
    from test_independence import roadrunner_of

    runner = roadrunner_of(model, model.to_sbml())
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = rtol, atol
    return runner


def single_runs() -> None:
    from in_node import in_node
    from test_independence import their_run

    import soluble

    models = [soluble.load_model(name) for name in soluble.list_models()]
    with tempfile.TemporaryDirectory() as folder:
        browser = in_node(folder, models, TIMES, [m.key for m in models])
    print("\nOne simulation, milliseconds (median)\n")
    print(f"{'':28} {'states':>6} {'SciPy':>10} {'libRoadRunner':>14} {'browser solver':>15}")
    for model in models:
        times = np.linspace(0, model.t_end, 401)
        runner = roadrunner_at(model)
        scipy = median_ms(model.simulate)
        theirs = median_ms(lambda m=model, r=runner, t=times: their_run(r, m, {}, t))
        print(f"{model.id:28} {len(model.states):6} {scipy:10.1f} {theirs:14.2f} {browser[model.key]:15.2f}", flush=True)


def many_runs() -> None:
    from agreement import random_settings
    from in_node import in_node
    from test_independence import their_run

    import soluble

    model = soluble.load_model(ENSEMBLE)
    settings = random_settings(model, DRAWS, seed=5)
    draws, end = pd.DataFrame(settings), np.array([0.0, model.t_end])
    model.ensemble(draws.head(50))
    began = time.perf_counter()
    ours = model.ensemble(draws)
    seconds = {"Python, together": time.perf_counter() - began}
    answers = {"Python, together": ours.to_numpy()}
    for name, tolerances in {"libRoadRunner, 1e-9": (1e-9, 1e-20), "libRoadRunner, 1e-6": (1e-6, 1e-12)}.items():
        runner = roadrunner_at(model, *tolerances)
        their_run(runner, model, settings[0], end)
        began = time.perf_counter()
        answers[name] = np.array([their_run(runner, model, setting, end)[-1, : len(model.states)] for setting in settings])
        seconds[name] = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        node = in_node(folder, [model], MANY, {"key": model.key, "settings": settings})
    seconds["browser's solver"] = node["seconds"]
    answers["browser's solver"] = exact = np.array(node["ends"])
    scale = np.maximum(np.abs(exact), 1e-6 * np.abs(exact).max(axis=0))
    print(f"\n{DRAWS:,} draws of {model.id}, every state at day {model.t_end:g}\n")
    print(f"{'':22} {'seconds':>8} {'to 1e-6':>10} {'median difference':>20}")
    for name, taken in seconds.items():
        apart = (np.abs(answers[name] - exact) / scale).max(axis=1)
        print(f"{name:22} {taken:8.2f} {100 * np.mean(apart < 1e-6):9.1f}% {np.median(apart):20.1e}")
    fast = seconds["Python, together"]
    print(f"libRoadRunner takes {seconds['libRoadRunner, 1e-9'] / fast:.1f} times as long as Python, at its own tolerance {seconds['libRoadRunner, 1e-6'] / fast:.1f} times.")


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    single_runs()
    many_runs()


if __name__ == "__main__":
    main()
