/** From a generated model and a set of values to numbers: time courses with doses, and what is read off them. */
import { dop853 } from "./solver/dop853.js";
import { SolverError } from "./solver/error.js";
import { radau } from "./solver/radau.js";

// Tight enough that a run agrees with SciPy's to a relative 1e-6, also where a separatrix amplifies errors. A draft, which
// only has to be right to the pixel, stands in for a costly run while a control moves.
const EXPLICIT = 1e-11, IMPLICIT = 1e-9, DRAFT = 1e-5;
/** Beyond so many explicit steps the implicit method gets its turn. */
const PATIENCE = 6000;
/** So many time constants of the fastest rate in one run: then the explicit method would only follow its own stability. */
const REACH = 3000;

/** Whether a run needs the implicit solver: as declared, or by the rates at its start. */
function stiff(model, p, y, end) {
  if (model.stiff) return true;
  const n = y.length, J = new Float64Array(n * n);
  model.jac(0, y, p, J);
  let fastest = 0;
  for (let i = 0; i < n; i++) fastest = Math.max(fastest, Math.abs(J[i * n + i]));
  return fastest * end > REACH;
}

/** Parameter array and initial state for the given overrides (parameter ids, and `<state>0` for initial values). */
export function resolve(model, values) {
  const p = Float64Array.from(model.parameters, (q) => values[q.id] ?? q.value);
  const y = Float64Array.from(model.initial(p));
  model.states.forEach((s, i) => {
    const v = values[`${s.id}0`];
    if (v !== undefined) y[i] = v;
  });
  return { p, y };
}

/** The boluses in [0, end], in order: {time, target, amount}. */
function boluses(model, p, end) {
  const list = [];
  for (const d of model.doses ?? []) {
    const count = Math.floor(d.count(p));
    for (let k = 0; k < count; k++) {
      const time = d.start(p) + k * d.interval(p);
      const amount = d.amount(p);
      if (time >= 0 && time <= end && amount !== 0) list.push({ time, target: d.target, amount });
    }
  }
  return list.sort((a, b) => a.time - b.time);
}

/** The time of the last dose, or 0. */
export const lastDose = (model, p) => boluses(model, p, Infinity).at(-1)?.time ?? 0;

/**
 * Absolute tolerances. A state that starts at nothing borrows the size of the states of its unit and of the doses that it
 * receives. Any other is followed until it is a `share` of what it was: a tumour that is all but gone may grow again.
 */
export function absolute(model, y, doses = [], share) {
  const size = model.states.map((s, i) => Math.abs(y[i]));
  for (const d of doses) size[d.target] = Math.max(size[d.target], Math.abs(d.amount));
  return Float64Array.from(size, (own, i) => {
    const peers = size.filter((v, j) => model.states[j].unit === model.states[i].unit);
    return y[i] ? share * own : 1e-12 * (own || Math.max(...peers) || 1);
  });
}

/** One stretch without doses. */
function stretch(model, p, y, a, b, { atol, draft, implicit }, grid) {
  const rhs = (t, x, dx) => model.rhs(t, x, p, dx);
  const jac = (t, x, J) => model.jac(t, x, p, J);
  if (!implicit) {
    const [y0, next] = [Float64Array.from(y), grid.next];
    try {
      return dop853(rhs, y, a, b, { rtol: draft ? DRAFT : EXPLICIT, atol, maxSteps: PATIENCE }, grid);
    } catch (error) {
      if (!(error instanceof SolverError)) throw error;
      y.set(y0);
      grid.next = next;
    }
  }
  radau(rhs, jac, y, a, b, { rtol: draft ? DRAFT : IMPLICIT, atol, maxSteps: draft ? 4000 : 60000 }, Object.assign(grid, { loose: draft }));
}

/**
 * Run the model to `end`. Returns `{t, columns, even, y}`: the times, one Float64Array per state and derived quantity (by
 * id), the indices of the n evenly spaced times, and the last state. Around a dose there are two rows, before and after.
 */
export function run(model, values, { end, n = 401, draft = false } = {}) {
  end ??= model.time.end;
  const { p, y } = resolve(model, values);
  if (!y.every(Number.isFinite)) throw new SolverError("the initial values are not all numbers.");
  const doses = boluses(model, p, end);
  const implicit = stiff(model, p, y, end);
  const options = { atol: absolute(model, y, doses, draft ? 1e-12 : model.stiff ? 1e-15 : 1e-40), draft, implicit };
  const size = model.states.length;

  const t = [], even = [];
  const stops = [...new Set(doses.map((d) => d.time))];
  const cuts = [0, ...stops.filter((s) => s > 0 && s < end), end];
  const step = end / (n - 1);
  const spans = [];
  let k = 0;
  for (let c = 0; c + 1 < cuts.length; c++) {
    const [a, b] = [cuts[c], cuts[c + 1]];
    const first = t.length;
    t.push(a);
    for (; k < n; k++) {
      const time = k === n - 1 ? end : k * step;
      if (time >= b && b !== end) break; // a time that falls on a dose shows the state after it
      even.push(time <= a ? first : t.push(time) - 1);
    }
    if (t[t.length - 1] < b) t.push(b);
    spans.push([first, t.length]);
  }
  const rows = new Float64Array(t.length * size);
  for (const [first, stop] of spans) {
    for (const d of doses) if (d.time === t[first]) y[d.target] += d.amount;
    rows.set(y, first * size);
    const grid = { ts: t.slice(first, stop), rows: rows.subarray(first * size, stop * size), next: 1 };
    stretch(model, p, y, t[first], t[stop - 1], options, grid);
  }
  if (stops.includes(end)) {
    // A dose at the very end: the last row shows the state after it, as everywhere.
    for (const d of doses) if (d.time === end) rows[(t.length - 1) * size + d.target] += d.amount;
  }
  return { t, even, y, columns: columns(model, p, t, rows) };
}

/** Rows of states to one array per quantity, derived ones included. */
function columns(model, p, t, rows) {
  const size = model.states.length;
  const derived = model.derived ?? [];
  const out = Object.create(null);
  for (const q of [...model.states, ...derived]) out[q.id] = new Float64Array(t.length);
  const seen = new Float64Array(derived.length);
  for (let k = 0; k < t.length; k++) {
    const y = rows.subarray(k * size, (k + 1) * size);
    for (let i = 0; i < size; i++) out[model.states[i].id][k] = y[i];
    if (derived.length) {
      model.observe(t[k], y, p, seen);
      for (let i = 0; i < derived.length; i++) out[derived[i].id][k] = seen[i];
    }
  }
  return out;
}

/** One quantity of one state: a state by its index, else a derived quantity. */
export function reader(model, p, id) {
  const i = model.states.findIndex((s) => s.id === id);
  if (i >= 0) return (t, y) => y[i];
  const j = model.derived.findIndex((s) => s.id === id);
  const seen = new Float64Array(model.derived.length);
  return (t, y) => (model.observe(t, y, p, seen), seen[j]);
}
