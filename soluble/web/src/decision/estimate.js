/**
 * ROC, calibration and net benefit as `soluble/prediction.py` has them. Patients come as arrays of one length: a risk or
 * score, and the outcome (1 seen, 0 not).
 */
import { logit } from "./cohort.js";

const count = (outcome) => outcome.reduce((a, b) => a + b, 0);
const lowestFirst = (values) => Uint32Array.from(values.keys()).sort((a, b) => values[a] - values[b] || a - b);

/** `{sensitivity, falsePositive}`: arrays from (0, 0) to (1, 1), a step at each score from the highest down. */
export function roc(score, outcome) {
  const order = lowestFirst(score).reverse(), all = count(outcome);
  const out = { sensitivity: [0], falsePositive: [0] };
  let found = 0;
  for (let i = 0; i < order.length; ) {
    const here = score[order[i]];
    for (; i < order.length && score[order[i]] === here; i++) found += outcome[order[i]];
    out.sensitivity.push(found / all);
    out.falsePositive.push((i - found) / (order.length - all));
  }
  return out;
}

/** `{estimate, se}` of the area under the curve, the error after DeLong; null where there are fewer than two of a kind. */
export function auc(score, outcome) {
  const n = score.length, m = count(outcome);
  if (m < 2 || n - m < 2) return null;
  const order = lowestFirst(score);
  const sums = [{ sum: 0, squares: 0 }, { sum: 0, squares: 0 }];
  let passed = 0, passedOnes = 0;
  for (let i = 0; i < n; ) {
    const from = i, here = score[order[i]];
    let ones = 0;
    for (; i < n && score[order[i]] === here; i++) ones += outcome[order[i]];
    const zeros = i - from - ones;
    // A patient's share of the other kind on the right side; ties count half.
    const beaten = (passed - passedOnes + zeros / 2) / (n - m), beating = 1 - (passedOnes + ones / 2) / m;
    sums[1].sum += ones * beaten;
    sums[1].squares += ones * beaten ** 2;
    sums[0].sum += zeros * beating;
    sums[0].squares += zeros * beating ** 2;
    passed += ones + zeros;
    passedOnes += ones;
  }
  const error = ({ sum, squares }, of) => Math.max(0, squares - sum ** 2 / of) / (of - 1) / of;
  return { estimate: sums[1].sum / m, se: Math.sqrt(error(sums[1], m) + error(sums[0], n - m)) };
}

/** Newton's method for a logistic regression on `x` (or none) with an offset; `{first, se}`, the first coefficient. */
function logistic(x, outcome, offset) {
  let [a, b] = [0, 0]; // of x, and constant
  for (let round = 0; ; round++) {
    let [ga, gb, haa, hab, hbb] = [0, 0, 0, 0, 0];
    for (let i = 0; i < outcome.length; i++) {
      const v = x ? x[i] : 0, p = 1 / (1 + Math.exp(-(a * v + b + (offset ? offset[i] : 0)))), w = p * (1 - p), r = outcome[i] - p;
      ga += r * v;
      gb += r;
      haa += w * v * v;
      hab += w * v;
      hbb += w;
    }
    const det = x ? haa * hbb - hab * hab : hbb;
    const [da, db] = x ? [(ga * hbb - gb * hab) / det, (gb * haa - ga * hab) / det] : [0, gb / hbb];
    const step = Math.min(1, 4 / Math.max(Math.abs(da), Math.abs(db), 1e-300));
    a += step * da;
    b += step * db;
    if ((step === 1 && Math.abs(da) + Math.abs(db) < 1e-12 * (1 + Math.abs(a) + Math.abs(b))) || round > 200) return x ? { first: a, se: Math.sqrt(hbb / det) } : { first: b, se: 1 / Math.sqrt(hbb) };
  }
}

/**
 * `{large, largeSe, slope, slopeSe, brier, groups}`: calibration in the large, slope (undefined where all have one risk),
 * mean squared difference, and at most `wanted` groups in order of their risk `{n, risk, observed, low, high}` with Wilson's
 * interval for `z` standard errors. Null where all outcomes are the same or the risk parts them completely.
 */
export function calibration(risk, outcome, z, wanted = 10) {
  const n = risk.length, all = count(outcome);
  const odds = Float64Array.from(risk, logit);
  const ends = [[Infinity, -Infinity], [Infinity, -Infinity]];
  let brier = 0;
  for (let i = 0; i < n; i++) {
    const end = ends[outcome[i]];
    end[0] = Math.min(end[0], odds[i]);
    end[1] = Math.max(end[1], odds[i]);
    brier += (risk[i] - outcome[i]) ** 2 / n;
  }
  if (!all || all === n || ends[1][0] > ends[0][1] || ends[1][1] < ends[0][0]) return null;
  const { first: large, se: largeSe } = logistic(null, outcome, odds);
  const spread = Math.max(ends[0][1], ends[1][1]) - Math.min(ends[0][0], ends[1][0]) > 1e-12;
  const { first: slope, se: slopeSe } = spread ? logistic(odds, outcome, null) : {};
  const order = lowestFirst(risk), groups = [], parts = Math.min(wanted, n);
  for (let k = 0, from = 0; k < parts; k++) {
    const size = Math.floor(n / parts) + (k < n % parts ? 1 : 0);
    let [sum, seen] = [0, 0];
    for (let i = from; i < from + size; i++) {
      sum += risk[order[i]];
      seen += outcome[order[i]];
    }
    from += size;
    const share = seen / size, middle = (share + (z * z) / (2 * size)) / (1 + (z * z) / size);
    const half = (z / (1 + (z * z) / size)) * Math.sqrt((share * (1 - share)) / size + (z * z) / (4 * size * size));
    groups.push({ n: size, risk: sum / size, observed: share, low: middle - half, high: middle + half });
  }
  return { large, largeSe, slope, slopeSe, brier, groups };
}

/** Net benefit at each threshold (rising): arrays `treated`, `true`, `false` (shares of all), `model`, `all`. */
export function netBenefit(risk, outcome, thresholds) {
  const n = risk.length, all = count(outcome), order = lowestFirst(risk);
  const out = { treated: [], true: [], false: [], model: [], all: [] };
  let i = 0, below = 0, belowOnes = 0;
  for (const t of thresholds) {
    for (; i < n && risk[order[i]] < t; i++) {
      below++;
      belowOnes += outcome[order[i]];
    }
    const odds = t / (1 - t), right = (all - belowOnes) / n, wrong = (n - below) / n - right;
    out.treated.push((n - below) / n);
    out.true.push(right);
    out.false.push(wrong);
    out.model.push(right - wrong * odds);
    out.all.push(all / n - (1 - all / n) * odds);
  }
  return out;
}
