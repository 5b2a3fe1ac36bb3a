/**
 * Virtual patients and their courses: `Population.draw` of `soluble/population.py` and `simulate` of `soluble/cohort.py`, number for
 * number. `population` is the plain data that Python puts into the explorer's configuration.
 */
import { normal } from "../philox.js";
import { dop853 } from "../solver/dop853.js";
import { chances, outcome } from "./recist.js";

const PATIENT = 1; // stream of the generator
const WEEK = 7;
// Sizes agree with Python's to a relative 1e-6; a step of at most a week keeps the interpolant as exact as the steps.
const RTOL = 1e-8;

/** The parameters of one patient by name: the same whatever the number of patients. */
export function drawPatient(population, seed, index) {
  const { spreads, mixing } = population;
  const z = new Float64Array(4 * Math.ceil(spreads.length / 4)), four = new Float64Array(4);
  for (let k = 0; 4 * k < spreads.length; k++) z.set(normal(seed, PATIENT, k, index, four), 4 * k);
  const out = {};
  spreads.forEach(({ name, distribution, median, sd, min, max }, i) => {
    let mixed = 0;
    for (let j = 0; j <= i; j++) mixed += mixing[i][j] * z[j];
    const v = distribution === "lognormal" ? median * Math.exp(sd * mixed) : 1 / (1 + (1 / median - 1) * Math.exp(-sd * mixed));
    out[name] = Math.min(max, Math.max(min, v));
  });
  return out;
}

/**
 * A function of a patient's parameters and an arm's setting that runs the model: it fills `sizes` and `hiddens` (one number a week,
 * from week 0). `fixed` are parameters that are the same in all patients.
 * @throws {SolverError}
 */
export function courses(model, population, fixed) {
  const { weeks } = population;
  const size = model.states.length, end = (weeks - 1) * WEEK;
  const hidden = model.states.findIndex((s) => s.id === population.hidden);
  const place = model.derived.findIndex((d) => d.id === population.size);
  const ts = Float64Array.from({ length: weeks }, (_, k) => k * WEEK);
  const rows = new Float64Array(weeks * size), seen = new Float64Array(model.derived.length);
  const mates = model.states.map((s) => model.states.flatMap((o, i) => (o.unit === s.unit ? [i] : [])));

  return (patient, setting, sizes, hiddens) => {
    const p = Float64Array.from(model.parameters, (q) => setting[q.id] ?? patient[q.id] ?? fixed[q.id] ?? q.value);
    const y = Float64Array.from(model.initial(p));
    const atol = mates.map((list) => 1e-4 * RTOL * (Math.max(...list.map((i) => Math.abs(y[i]))) || 1));
    rows.set(y);
    dop853((t, x, dx) => model.rhs(t, x, p, dx), y, 0, end, { rtol: RTOL, atol, maxStep: WEEK }, { ts, rows, next: 1 });
    for (let k = 0; k < weeks; k++) {
      const row = rows.subarray(k * size, (k + 1) * size);
      model.observe(ts[k], row, p, seen);
      sizes[k] = place < 0 ? row[model.states.findIndex((s) => s.id === population.size)] : seen[place];
      hiddens[k] = row[hidden];
    }
  };
}

/** A function that gives a marker of a patient before treatment. */
export function markers(model, population, fixed) {
  const seen = new Float64Array(model.derived.length);
  return (patient) => {
    const p = Float64Array.from(model.parameters, (q) => patient[q.id] ?? fixed[q.id] ?? q.value);
    const y = Float64Array.from(model.initial(p));
    model.observe(0, y, p, seen);
    return population.markers.map(({ of }) => {
      const [a, b, c] = [model.parameters, model.states, model.derived].map((list) => list.findIndex((q) => q.id === of));
      return a >= 0 ? p[a] : b >= 0 ? y[b] : seen[c];
    });
  };
}

/**
 * The work of a cohort in small parts: one patient at a time, `{index, markers, sizes, outcomes}`, the last two for each arm that is
 * asked for. `job` = {population, fixed, seed, from, n, arms: [setting, ...]}.
 */
export function* patients(model, job) {
  const { population, fixed, seed, arms } = job;
  const run = courses(model, population, fixed), marker = markers(model, population, fixed);
  const hidden = new Float64Array(population.weeks);
  for (let index = job.from; index < job.n; index++) {
    const patient = drawPatient(population, seed, index), chance = chances(seed, index, population.measurement, population.days);
    const sizes = [], outcomes = [];
    for (const setting of arms) {
      const own = new Float64Array(population.weeks);
      run(patient, setting, own, hidden);
      sizes.push(own);
      outcomes.push(outcome(own, hidden, chance, population.days));
    }
    yield { index, sizes, outcomes, markers: marker(patient) };
  }
}
