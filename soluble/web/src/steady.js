/**
 * Steady states. A sweep follows one branch: Newton's method from the neighbouring point, accepted only while it stays
 * close and the state is stable; otherwise the model itself decides where it goes, by a long run from a slightly
 * perturbed neighbour. So a branch ends where its state loses stability, as it would in an experiment.
 */
import { absolute } from "./run.js";
import { SolverError } from "./solver/error.js";
import { factor, solve } from "./solver/linear.js";
import { radau } from "./solver/radau.js";

/** Sizes of the states, to weigh a change of one against a change of another. */
const sizes = (model, y, reference) => y.map((v, i) => Math.max(Math.abs(v), 1e-9 * reference[i]));

/**
 * Newton's method on the right-hand side; the root that it converges to, or null.
 * A state that ends a rounding error below nothing is nothing.
 */
export function newton(model, p, guess, reference, time, iterations = 12) {
  const n = guess.length;
  const y = Float64Array.from(guess), f = new Float64Array(n), J = new Float64Array(n * n);
  for (let k = 0; k < iterations; k++) {
    model.rhs(time, y, p, f);
    model.jac(time, y, p, J);
    const pivots = factor(J, n);
    if (!pivots) return null;
    solve(J, pivots, f, n);
    let change = 0;
    const scale = sizes(model, y, reference);
    for (let i = 0; i < n; i++) {
      y[i] -= f[i];
      change = Math.max(change, Math.abs(f[i]) / scale[i]);
    }
    if (!Number.isFinite(change)) return null;
    if (change < 1e-10) {
      for (let i = 0; i < n; i++) {
        if (y[i] < -1e-9 * reference[i]) return null;
        if (y[i] < 0) y[i] = 0;
      }
      return y;
    }
  }
  return null;
}

/**
 * Do small disturbances die out? The Cayley transform maps the left half plane into the unit disc, and repeated squaring
 * then shows whether its powers vanish: the same answer as the eigenvalues', without computing them.
 */
export function stable(model, p, y, reference, time) {
  const n = y.length;
  const J = new Float64Array(n * n);
  model.jac(time, y, p, J);
  const scale = sizes(model, y, reference);
  let largest = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      J[i * n + j] *= scale[j] / scale[i];
      largest = Math.max(largest, Math.abs(J[i * n + j]));
    }
  if (!(largest > 0)) return true;
  const step = 1 / largest;
  const left = new Float64Array(n * n);
  for (let k = 0; k < n * n; k++) left[k] = -step * J[k];
  for (let i = 0; i < n; i++) left[i * n + i] += 1;
  const pivots = factor(left, n);
  if (!pivots) return false;
  let M = new Float64Array(n * n), squared = new Float64Array(n * n);
  const column = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) column[i] = step * J[i * n + j] + (i === j ? 1 : 0);
    solve(left, pivots, column, n);
    for (let i = 0; i < n; i++) M[i * n + j] = column[i];
  }
  for (let round = 0; round < 60; round++) {
    let size = 0;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += M[i * n + k] * M[k * n + j];
        squared[i * n + j] = sum;
        size = Math.max(size, Math.abs(sum));
      }
    [M, squared] = [squared, M];
    if (size < 1e-4) return true;
    if (!(size < 1e8)) return false;
  }
  return true; // neither grows nor dies: a conserved total
}

/** Where equations hold the time itself, steady means: when all that fades has faded. As in Python. */
export const LATE = 1e4;

/**
 * Where the model settles from the state `from` at `time`: runs that get longer and longer, each of which looks whether
 * Newton's method ends close to where it stands. Null when it does not settle (a cycle, or growth without end).
 */
export function settle(model, p, from, reference, time, end) {
  const n = from.length;
  const y = Float64Array.from(from);
  const atol = absolute(model, reference, [], 1e-12);
  const speed = new Float64Array(n);
  let horizon = end;
  const still = (t, x, f) => {
    for (let i = 0; i < n; i++) if (Math.abs(f[i]) * horizon > 1e-3 * Math.max(Math.abs(x[i]), 1e-9 * reference[i])) return false;
    return t > 0;
  };
  for (let round = 0; round < 6; round++, horizon *= 10) {
    const begin = time;
    time += radau(
      (t, x, dx) => model.rhs(begin + t, x, p, dx),
      (t, x, J) => model.jac(begin + t, x, p, J),
      y, 0, horizon,
      { rtol: 1e-5, atol, maxSteps: 4000, stop: still },
    );
    const size = Float64Array.from(reference, (v, i) => Math.max(v, Math.abs(y[i])));
    const rest = newton(model, p, y, size, LATE * end, 10);
    if (rest && near(rest, y, size, 0.02) && stable(model, p, rest, size, LATE * end)) return rest;
    // A conserved total leaves Newton's method without an answer; then a state in which nothing moves any more is one.
    model.rhs(time, y, p, speed);
    if (!rest && y.every((v, i) => Math.abs(speed[i]) * horizon <= 1e-8 * Math.max(Math.abs(v), 1e-9 * size[i]))) return y;
  }
  return null;
}

function near(a, b, reference, share) {
  for (let i = 0; i < a.length; i++) if (Math.abs(a[i] - b[i]) > share * Math.max(Math.abs(a[i]), Math.abs(b[i]), 1e-4 * reference[i])) return false;
  return true;
}

/** The same, with null where the solver fails as well. */
export function tryToSettle(...given) {
  try {
    return settle(...given);
  } catch (error) {
    if (!(error instanceof SolverError)) throw error;
    return null;
  }
}

/**
 * The next point of a branch: from the steady state `here` of a neighbouring parameter set to that of `p`. `reference`
 * gives the size of the declared initial state, a millionth of which nudges a state off a point that has become unstable:
 * a sweep stands for an experiment, and no experiment sits exactly on an unstable state.
 */
export function step(model, p, here, reference, time, end) {
  const next = newton(model, p, here, reference, LATE * end, 6);
  if (next && near(next, here, reference, 0.3) && stable(model, p, next, reference, LATE * end)) return next;
  return tryToSettle(model, p, Float64Array.from(here, (v, i) => v + 1e-6 * reference[i]), reference, time, end);
}
