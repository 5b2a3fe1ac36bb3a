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
export function newton(model, p, guess, reference, iterations = 12) {
  const n = guess.length;
  const y = Float64Array.from(guess), f = new Float64Array(n), J = new Float64Array(n * n);
  for (let k = 0; k < iterations; k++) {
    model.rhs(0, y, p, f);
    model.jac(0, y, p, J);
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
export function stable(model, p, y, reference) {
  const n = y.length;
  const J = new Float64Array(n * n);
  model.jac(0, y, p, J);
  const scale = sizes(model, y, reference);
  let largest = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      J[i * n + j] *= scale[j] / scale[i];
      largest = Math.max(largest, Math.abs(J[i * n + j]));
    }
  if (!(largest > 0)) return true;
  // The geometric mean of the fastest and a slow rate would be ideal; the fastest alone costs a few squarings more.
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

/**
 * Where the model settles from `from`: a long run that ends when nothing moves any more, then Newton's method for the last
 * digits. Null when it does not settle (a cycle, or growth without end).
 */
export function settle(model, p, from, reference, end) {
  const n = from.length;
  const y = Float64Array.from(from);
  const speed = new Float64Array(n);
  let horizon = end, best = null;
  const still = (limit) => (t, x, f) => {
    for (let i = 0; i < n; i++) if (Math.abs(f[i]) * horizon > limit * Math.max(Math.abs(x[i]), 1e-9 * reference[i])) return false;
    return t > 0;
  };
  for (let round = 0; round < 7; round++) {
    // Runs get longer and longer; each looks whether it has arrived where Newton's method would end, too.
    radau(
      (t, x, dx) => model.rhs(t, x, p, dx),
      (t, x, J) => model.jac(t, x, p, J),
      y, 0, horizon,
      { rtol: 1e-6, atol: absolute(model, reference), maxSteps: 5000, stop: still(1e-3) },
    );
    model.rhs(0, y, p, speed);
    best = newton(model, p, y, reference, 8);
    if (best && near(best, y, reference, 0.05) && stable(model, p, best, reference)) return best;
    if (still(1e-9)(1, y, speed)) return y;
    horizon *= 8;
  }
  return null;
}

function near(a, b, reference, share) {
  for (let i = 0; i < a.length; i++) if (Math.abs(a[i] - b[i]) > share * Math.max(Math.abs(a[i]), Math.abs(b[i]), 1e-4 * reference[i])) return false;
  return true;
}

/** Follow the branch that starts at `y` through the parameter sets `ps`; a state, or null, for each. */
export function follow(model, ps, y, reference, end) {
  const out = [];
  let here = y;
  for (const p of ps) {
    let next = out.length ? newton(model, p, here, reference, 6) : null;
    if (!(next && near(next, here, reference, 0.3) && stable(model, p, next, reference))) {
      // A sweep stands for an experiment, and no experiment sits exactly on an unstable state.
      const nudged = Float64Array.from(here, (v, i) => v + 1e-6 * (out.length ? Math.max(v, 1e-3 * reference[i]) : 0));
      try {
        next = settle(model, p, nudged, reference, end);
      } catch (error) {
        if (!(error instanceof SolverError)) throw error;
        next = null;
      }
    }
    out.push(next);
    if (next) here = next;
  }
  return out;
}
