/**
 * Radau IIA of order 5: implicit, L-stable, adaptive, with the model's analytic Jacobian. For stiff models.
 *
 * Formulas and constants: E. Hairer, G. Wanner, "Solving Ordinary Differential Equations II", section IV.8; the constants
 * are those of SciPy's integrator of the same name, with which the tests compare every run.
 *
 * The method's interpolant is only of third order, too coarse for the 1e-6 that we promise, so steps end on the times
 * that are asked for (on an even grid the step repeats, and with it the factored matrices). With `grid.loose` the
 * interpolant is used: several times faster, and exact to the pixel.
 */
import { firstStep } from "./dop853.js";
import { SolverError } from "./error.js";
import { factor, factorComplex, solve, solveComplex } from "./linear.js";

const S6 = Math.sqrt(6);
const C = [(4 - S6) / 10, (4 + S6) / 10, 1];
const E = [(-13 - 7 * S6) / 3, (-13 + 7 * S6) / 3, -1 / 3];
const MU = 3 + 3 ** (2 / 3) - 3 ** (1 / 3);
const MU_RE = 3 + 0.5 * (3 ** (1 / 3) - 3 ** (2 / 3));
const MU_IM = -0.5 * (3 ** (5 / 6) + 3 ** (7 / 6));
const T = [
  [0.09443876248897524, -0.14125529502095421, 0.03002919410514742],
  [0.25021312296533332, 0.20412935229379994, -0.38294211275726192],
  [1, 1, 0],
];
const TI = [
  [4.17871859155190428, 0.32768282076106237, 0.52337644549944951],
  [-4.17871859155190428, -0.32768282076106237, 0.47662355450055044],
  [0.50287263494578682, -2.57192694985560522, 0.59603920482822492],
];
const P = [
  [13 / 3 + (7 * S6) / 3, -23 / 3 - (22 * S6) / 3, 10 / 3 + 5 * S6],
  [13 / 3 - (7 * S6) / 3, -23 / 3 + (22 * S6) / 3, 10 / 3 - 5 * S6],
  [1 / 3, -8 / 3, 10 / 3],
];
const NEWTON = 6;

const three = (n) => [new Float64Array(n), new Float64Array(n), new Float64Array(n)];

/**
 * Integrate from t0 to t1; the contract is that of `dop853`, with `jac(t, y, J)` filling a row-major n*n Jacobian.
 * `stop(t, y, f)` may end the run early (used to find steady states); returns the time that was reached.
 * @throws {SolverError}
 */
export function radau(rhs, jac, y, t0, t1, { rtol, atol, maxSteps = 20000, stop }, grid) {
  const n = y.length;
  const J = new Float64Array(n * n);
  const real = new Float64Array(n * n), re = new Float64Array(n * n), im = new Float64Array(n * n);
  const pivots = new Int32Array(n), pivotsComplex = new Int32Array(n);
  const Z = three(n), W = three(n), F = three(n), Q = three(n);
  const f = new Float64Array(n), trial = new Float64Array(n), next = new Float64Array(n);
  const scale = new Float64Array(n), error = new Float64Array(n), fr = new Float64Array(n), fi = new Float64Array(n);
  const tolerance = Math.max((10 * 2.2e-16) / rtol, Math.min(0.03, Math.sqrt(rtol)));

  let t = t0;
  rhs(t, y, f);
  let h = firstStep(rhs, t, y, f, t1 - t0, 3, rtol, atol, trial, next);
  jac(t, y, J);
  let fresh = true; // is J that of the present state?
  let factored = 0; // the step for which the matrices are factored; 0: none
  let hOld = 0, errorOld = 0; // of the last accepted step
  let qStep = 0; // step of the stored interpolant; 0: none

  const rms = (v) => {
    let s = 0;
    for (let i = 0; i < n; i++) s += (v[i] / scale[i]) ** 2;
    return Math.sqrt(s / n);
  };
  const refactor = (step) => {
    for (let k = 0; k < n * n; k++) {
      real[k] = re[k] = -J[k];
      im[k] = 0;
    }
    for (let i = 0; i < n; i++) {
      real[i * n + i] += MU / step;
      re[i * n + i] += MU_RE / step;
      im[i * n + i] += MU_IM / step;
    }
    factored = factor(real, n, pivots) && factorComplex(re, im, n, pivotsComplex) ? step : 0;
    return factored > 0;
  };
  /** Newton's iteration on the three stages; the number of iterations, or 0 when it does not converge. */
  let rate = 0;
  const collocate = (step) => {
    if (qStep)
      for (let s = 0; s < 3; s++) {
        const x = 1 + (C[s] * step) / qStep;
        for (let i = 0; i < n; i++) Z[s][i] = x * (Q[0][i] + x * (Q[1][i] + x * Q[2][i])) - (Q[0][i] + Q[1][i] + Q[2][i]);
      }
    else for (const z of Z) z.fill(0);
    for (let r = 0; r < 3; r++) for (let i = 0; i < n; i++) W[r][i] = TI[r][0] * Z[0][i] + TI[r][1] * Z[1][i] + TI[r][2] * Z[2][i];
    let before = 0;
    rate = 0;
    for (let k = 0; k < NEWTON; k++) {
      for (let s = 0; s < 3; s++) {
        for (let i = 0; i < n; i++) trial[i] = y[i] + Z[s][i];
        rhs(t + C[s] * step, trial, F[s]);
      }
      for (let i = 0; i < n; i++) {
        const a = F[0][i], b = F[1][i], c = F[2][i];
        error[i] = TI[0][0] * a + TI[0][1] * b + TI[0][2] * c - (MU / step) * W[0][i];
        fr[i] = TI[1][0] * a + TI[1][1] * b + TI[1][2] * c - (MU_RE * W[1][i] - MU_IM * W[2][i]) / step;
        fi[i] = TI[2][0] * a + TI[2][1] * b + TI[2][2] * c - (MU_RE * W[2][i] + MU_IM * W[1][i]) / step;
      }
      solve(real, pivots, error, n);
      solveComplex(re, im, pivotsComplex, fr, fi, n);
      const size = Math.sqrt((rms(error) ** 2 + rms(fr) ** 2 + rms(fi) ** 2) / 3);
      if (!Number.isFinite(size)) return 0;
      if (k > 0) {
        rate = size / before;
        if (rate >= 1 || (rate ** (NEWTON - k) / (1 - rate)) * size > tolerance) return 0;
      }
      for (let i = 0; i < n; i++) {
        W[0][i] += error[i];
        W[1][i] += fr[i];
        W[2][i] += fi[i];
        for (let s = 0; s < 3; s++) Z[s][i] = T[s][0] * W[0][i] + T[s][1] * W[1][i] + T[s][2] * W[2][i];
      }
      if (size === 0 || (k > 0 && (rate / (1 - rate)) * size < tolerance)) return k + 1;
      before = size;
    }
    return 0;
  };
  const estimate = (slope, step) => {
    for (let i = 0; i < n; i++) error[i] = slope[i] + (E[0] * Z[0][i] + E[1] * Z[1][i] + E[2] * Z[2][i]) / step;
    solve(real, pivots, error, n);
  };
  const predict = (step, e) => Math.min(1, hOld && errorOld && e ? (step / hOld) * (errorOld / e) ** 0.25 : 1) * e ** -0.25;

  for (let steps = 0; t < t1; ) {
    const goal = grid && !grid.loose && grid.next < grid.ts.length ? Math.min(t1, grid.ts[grid.next]) : t1;
    let rejected = false;
    for (;;) {
      if (++steps > maxSteps) throw new SolverError(`the solver needed more than ${maxSteps} steps.`);
      if (h < 1e-14 * Math.max(Math.abs(t), t1 - t0)) throw new SolverError(`the solver's step became too small at time ${t.toPrecision(4)}.`);
      const hits = t + h * 1.0001 >= goal;
      const step = hits ? goal - t : h;
      // Newton's matrix may be that of a slightly different step: the iteration then converges as well.
      if (!(factored && Math.abs(step / factored - 1) < 1e-3) && !refactor(step)) {
        h = step * 0.5;
        continue;
      }
      for (let i = 0; i < n; i++) scale[i] = atol[i] + rtol * Math.abs(y[i]);
      let iterations = collocate(step);
      if (!iterations && !fresh) {
        jac(t, y, J);
        fresh = true;
        iterations = refactor(step) ? collocate(step) : 0;
      }
      if (!iterations) {
        h = step * 0.5;
        factored = 0;
        qStep = 0;
        continue;
      }
      for (let i = 0; i < n; i++) {
        next[i] = y[i] + Z[2][i];
        scale[i] = atol[i] + rtol * Math.max(Math.abs(y[i]), Math.abs(next[i]));
      }
      estimate(f, step);
      let e = rms(error);
      if (rejected && e > 1) {
        for (let i = 0; i < n; i++) trial[i] = y[i] + error[i];
        rhs(t, trial, fr);
        estimate(fr, step);
        e = rms(error);
      }
      const safety = (0.9 * (2 * NEWTON + 1)) / (2 * NEWTON + iterations);
      if (!(e <= 1)) {
        h = step * (Number.isFinite(e) ? Math.max(0.2, safety * predict(step, e)) : 0.2);
        factored = 0;
        rejected = true;
        continue;
      }
      const renew = iterations > 2 && rate > 1e-3;
      let grow = Math.min(10, safety * predict(step, e));
      if (!renew && grow < 1.2) grow = 1;
      // A step cut short to end on a grid time says little about the step that the error would allow: never shrink for it.
      const cut = hits && step < h;
      hOld = step;
      errorOld = e;
      h = cut ? Math.max(h, step * grow) : step * grow;
      for (let i = 0; i < n; i++)
        for (let r = 0; r < 3; r++) Q[r][i] = Z[0][i] * P[0][r] + Z[1][i] * P[1][r] + Z[2][i] * P[2][r];
      qStep = step;
      const tNew = hits ? goal : t + step;
      for (; grid && grid.next < grid.ts.length && grid.ts[grid.next] < tNew; grid.next++) {
        const x = (grid.ts[grid.next] - t) / step;
        for (let i = 0; i < n; i++) grid.rows[grid.next * n + i] = y[i] + x * (Q[0][i] + x * (Q[1][i] + x * Q[2][i]));
      }
      t = tNew;
      y.set(next);
      rhs(t, y, f);
      fresh = false;
      if (renew) {
        jac(t, y, J);
        fresh = true;
        factored = 0;
      }
      break;
    }
    while (grid && grid.next < grid.ts.length && grid.ts[grid.next] <= t) grid.rows.set(y, grid.next++ * n);
    if (stop && stop(t, y, f)) return t;
  }
  return t;
}
