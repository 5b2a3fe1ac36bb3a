/** From a generated model and a set of values to numbers: time courses with doses, and what is read off them. */
import { dop853 } from "./solver/dop853.js";
import { SolverError } from "./solver/error.js";
import { radau } from "./solver/radau.js";

// Tight enough that a run agrees with SciPy's to a relative 1e-6, also where a separatrix amplifies errors.
const RTOL = 1e-9;

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

/** The boluses in [0, end), in order: {time, target, amount}. */
function boluses(model, p, end) {
  const list = [];
  for (const d of model.doses ?? []) {
    const count = Math.round(d.count(p));
    for (let k = 0; k < count; k++) {
      const time = d.start(p) + k * d.interval(p);
      if (time >= 0 && time < end) list.push({ time, target: d.target, amount: d.amount(p) });
    }
  }
  return list.sort((a, b) => a.time - b.time);
}

/**
 * Absolute tolerances: far below the size of each state, so that small values keep their digits too. A state that starts
 * at nothing borrows the size of the states of its unit, and of the doses that it receives.
 */
export function absolute(model, y, doses = []) {
  const size = model.states.map((s, i) => Math.abs(y[i]));
  for (const d of doses) size[d.target] = Math.max(size[d.target], Math.abs(d.amount));
  return Float64Array.from(size, (own, i) => {
    const peers = size.filter((v, j) => model.states[j].unit === model.states[i].unit);
    return 1e-12 * (own || Math.max(...peers) || 1);
  });
}

/** One stretch without doses. A model that proves too stiff for the explicit method is handed to the implicit one. */
function stretch(model, p, y, a, b, options, grid) {
  const rhs = (t, x, dx) => model.rhs(t, x, p, dx);
  const jac = (t, x, J) => model.jac(t, x, p, J);
  if (!model.stiff) {
    const [y0, next] = [Float64Array.from(y), grid?.next];
    try {
      return dop853(rhs, y, a, b, { ...options, maxSteps: 4000 }, grid);
    } catch (error) {
      if (!(error instanceof SolverError)) throw error;
      y.set(y0);
      if (grid) grid.next = next;
    }
  }
  return radau(rhs, jac, y, a, b, options, grid);
}

/**
 * Run the model to `end`. Returns `{t, columns, even}`: the times, one Float64Array per state and derived quantity (by
 * id), and the indices of the n evenly spaced times. Around a dose there are two rows, before and after.
 */
export function run(model, values, { end, n = 401, rtol = RTOL } = {}) {
  end ??= model.time.end;
  const { p, y } = resolve(model, values);
  if (!y.every(Number.isFinite)) throw new SolverError("the initial values are not all numbers.");
  const doses = boluses(model, p, end);
  const options = { rtol, atol: absolute(model, y, doses) };
  const size = model.states.length;

  const t = [], even = [];
  const stops = [...new Set(doses.map((d) => d.time))];
  const cuts = [0, ...stops.filter((s) => s > 0), end];
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
  return { t, even, columns: columns(model, p, t, rows) };
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
