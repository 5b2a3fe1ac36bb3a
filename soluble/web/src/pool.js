/** Pooling of effect sizes by the conventions of `soluble.evidence.pool`, whose numbers it gives. */
import { chi2Tail, normalQuantile, root, tQuantile } from "./statistics.js";

const total = (list) => list.reduce((a, b) => a + b, 0);

/** Weights, estimate and sums at a given τ². */
function at(y, v, tau2) {
  const w = v.map((x) => 1 / (x + tau2));
  const sum = total(w);
  const estimate = total(w.map((x, i) => x * y[i])) / sum;
  const squares = total(w.map((x, i) => x * x));
  return { w, sum, estimate, squares, q: total(w.map((x, i) => x * (y[i] - estimate) ** 2)), residual: y.map((x) => x - estimate) };
}

function variance(y) {
  const mean = total(y) / y.length;
  return total(y.map((x) => (x - mean) ** 2)) / (y.length - 1);
}

const BETWEEN = {
  fixed: () => 0,
  /** DerSimonian–Laird. */
  dl(y, v) {
    const { sum, squares, q } = at(y, v, 0);
    return Math.max(0, (q - (y.length - 1)) / (sum - squares / sum));
  },
  /** Paule–Mandel: the τ² at which Q, weighted with it, is k − 1. */
  pm(y, v) {
    const lack = (tau2) => y.length - 1 - at(y, v, tau2).q;
    if (lack(0) >= 0) return 0;
    let top = variance(y) + Math.max(...v);
    while (lack(top) < 0) top *= 2;
    return root(lack, 0, top);
  },
  /** Restricted likelihood: a coarse search brackets the highest of its maxima, then its slope is solved. */
  reml(y, v) {
    const height = (tau2) => {
      const { w, sum, q } = at(y, v, tau2);
      return total(w.map(Math.log)) - Math.log(sum) - q;
    };
    const descent = (tau2) => {
      const { w, sum, squares, residual } = at(y, v, tau2);
      return sum - squares / sum - total(w.map((x, i) => (x * residual[i]) ** 2));
    };
    const [from, to] = [1e-6 * Math.min(...v), 10 * (variance(y) + Math.max(...v))];
    const grid = [0, ...Array.from({ length: 200 }, (_, i) => from * (to / from) ** (i / 199))];
    const heights = grid.map(height);
    const best = heights.indexOf(Math.max(...heights));
    const low = grid[Math.max(best - 1, 0)];
    return descent(low) >= 0 ? 0 : root(descent, low, grid[Math.min(best + 1, 200)]);
  },
};

/** Effects `y` with variances `v` on the scale of pooling; two at least. Undefined limits are NaN. */
export function pool(y, v, method, interval, level) {
  const k = y.length;
  const { q, sum: plain, squares } = at(y, v, 0);
  const tau2 = BETWEEN[method](y, v);
  const { w, sum, estimate, q: spread } = at(y, v, tau2);
  const hk = interval === "hk";
  const se = hk ? Math.sqrt(spread / ((k - 1) * sum)) : sum ** -0.5;
  const half = se * (hk ? tQuantile(level, k - 1) : normalQuantile(level));
  const wide = method === "fixed" || k < 3 ? NaN : tQuantile(level, k - 2) * Math.sqrt(tau2 + se * se);
  const typical = ((k - 1) * plain) / (plain * plain - squares);
  const i2 = method !== "fixed" ? tau2 / (tau2 + typical) : q > 0 ? Math.max(0, (q - (k - 1)) / q) : 0;
  return {
    estimate, se, tau2, q, k,
    ci_low: estimate - half,
    ci_high: estimate + half,
    i2: 100 * i2,
    q_p: chi2Tail(q, k - 1),
    prediction_low: estimate - wide,
    prediction_high: estimate + wide,
    weights: w.map((x) => x / sum),
  };
}
