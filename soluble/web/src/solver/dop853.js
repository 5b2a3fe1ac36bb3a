/**
 * DOP853: explicit, order 8, adaptive, with the seventh-order interpolant. For models that are not stiff.
 *
 * Why this one: the pictures and the downloaded data must agree with SciPy to a relative 1e-6, and at such tolerances a
 * method of order 8 takes several times fewer steps than one of order 5, so a slider step stays inside a frame.
 */
import { A, C, D, E3, E5 } from "./dop853-table.js";
import { SolverError } from "./error.js";

const STAGES = 12;
const NEW = 12; // row of the new slope
const EXTENDED = 16;

/** A first step that is small enough for the tolerances (Hairer, Norsett, Wanner I, section II.4). */
export function firstStep(rhs, t, y, f, span, order, rtol, atol, scratch, slope) {
  const n = y.length;
  let d0 = 0, d1 = 0;
  for (let i = 0; i < n; i++) {
    const scale = atol[i] + rtol * Math.abs(y[i]);
    d0 += (y[i] / scale) ** 2;
    d1 += (f[i] / scale) ** 2;
  }
  d0 = Math.sqrt(d0 / n);
  d1 = Math.sqrt(d1 / n);
  const h0 = Math.min(span, d0 < 1e-5 || d1 < 1e-5 ? 1e-6 * span : (0.01 * d0) / d1);
  for (let i = 0; i < n; i++) scratch[i] = y[i] + h0 * f[i];
  rhs(t + h0, scratch, slope);
  let d2 = 0;
  for (let i = 0; i < n; i++) d2 += ((slope[i] - f[i]) / (atol[i] + rtol * Math.abs(y[i]))) ** 2;
  d2 = Math.sqrt(d2 / n) / h0;
  const steepest = Math.max(d1, d2);
  const h1 = steepest <= 1e-15 ? Math.max(1e-6 * span, h0 * 1e-3) : (0.01 / steepest) ** (1 / (order + 1));
  // Never so small that no step can be taken: a state that starts at nothing beside a strong inflow asks for that.
  const h = Math.max(Math.min(100 * h0, h1, span), 1e-11 * span);
  if (!(h > 0)) throw new SolverError("the model's equations give no finite slope at the start.");
  return h;
}

/**
 * Integrate from t0 to t1. `y` holds the state at t0 and is left holding the state at t1.
 * Rows of `grid` ({ts, rows, next}) whose time lies in (t0, t1] are filled from the interpolant. `maxStep` bounds the step where
 * the interpolant of long ones would not do.
 * @throws {SolverError} when the state leaves the finite numbers, or the step or the number of steps its bounds.
 */
export function dop853(rhs, y, t0, t1, { rtol, atol, maxSteps = 20000, maxStep = Infinity }, grid) {
  const n = y.length;
  const K = Array.from({ length: EXTENDED }, () => new Float64Array(n));
  const next = new Float64Array(n);
  const stage = new Float64Array(n);
  const F = Array.from({ length: 7 }, () => new Float64Array(n));
  let t = t0;
  rhs(t, y, K[0]);
  let h = firstStep(rhs, t, y, K[0], t1 - t0, 7, rtol, atol, stage, K[1]);
  let rejected = false;

  const combine = (weights, count, into, hh) => {
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < count; j++) sum += weights[j] * K[j][i];
      into[i] = y[i] + hh * sum;
    }
  };

  for (let steps = 0; t < t1; ) {
    if (++steps > maxSteps) throw new SolverError(`the solver needed more than ${maxSteps} steps.`);
    if (h < 1e-14 * Math.max(Math.abs(t), t1 - t0)) throw new SolverError(`the solver's step became too small at time ${t.toPrecision(4)}.`);
    h = Math.min(h, maxStep);
    const last = t + h * (1 + 1e-12) >= t1;
    if (last) h = t1 - t;
    for (let s = 1; s < STAGES; s++) {
      combine(A[s], s, stage, h);
      rhs(t + C[s] * h, stage, K[s]);
    }
    combine(A[NEW], STAGES, next, h);
    const tNew = last ? t1 : t + h;
    rhs(tNew, next, K[NEW]);

    let e5 = 0, e3 = 0;
    for (let i = 0; i < n; i++) {
      const scale = atol[i] + rtol * Math.max(Math.abs(y[i]), Math.abs(next[i]));
      let a = 0, b = 0;
      for (let j = 0; j <= NEW; j++) {
        a += E5[j] * K[j][i];
        b += E3[j] * K[j][i];
      }
      e5 += (a / scale) ** 2;
      e3 += (b / scale) ** 2;
    }
    const error = e5 === 0 && e3 === 0 ? 0 : (h * e5) / Math.sqrt((e5 + 0.01 * e3) * n);
    if (!(error < 1)) {
      // NaN lands here too: a smaller step may stay inside the equations' domain.
      h *= Number.isFinite(error) ? Math.max(0.2, 0.9 * error ** -0.125) : 0.1;
      rejected = true;
      continue;
    }

    if (grid && grid.next < grid.ts.length && grid.ts[grid.next] <= tNew) {
      for (let s = NEW + 1; s < EXTENDED; s++) {
        combine(A[s], s, stage, h);
        rhs(t + C[s] * h, stage, K[s]);
      }
      for (let i = 0; i < n; i++) {
        const delta = next[i] - y[i];
        F[0][i] = delta;
        F[1][i] = h * K[0][i] - delta;
        F[2][i] = 2 * delta - h * (K[NEW][i] + K[0][i]);
        for (let r = 0; r < 4; r++) {
          let sum = 0;
          for (let j = 0; j < EXTENDED; j++) sum += D[r][j] * K[j][i];
          F[3 + r][i] = h * sum;
        }
      }
      while (grid.next < grid.ts.length && grid.ts[grid.next] <= tNew) {
        const x = (grid.ts[grid.next] - t) / h;
        const at = grid.next * n;
        for (let i = 0; i < n; i++) {
          let v = 0;
          for (let r = 6; r >= 0; r--) v = (v + F[r][i]) * (r % 2 ? 1 - x : x);
          grid.rows[at + i] = x === 1 ? next[i] : v + y[i];
        }
        grid.next++;
      }
    }

    y.set(next);
    K[0].set(K[NEW]);
    t = tNew;
    const factor = error === 0 ? 10 : Math.min(10, 0.9 * error ** -0.125);
    h *= rejected ? Math.min(1, factor) : factor;
    rejected = false;
  }
}
