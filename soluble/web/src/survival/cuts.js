/**
 * The cut-point of a marker: the log-rank test at every cut, the best of them, its correction, shuffles, and the best cut of one
 * half in the other. The numbers are those of `soluble/biomarkers.py`.
 */
import { uniform } from "../philox.js";
import { chi2Tail } from "../statistics.js";
import { groupsOf } from "./analysis.js";
import { cox, logRank } from "./estimate.js";

const SHUFFLE = 3, HALF = 4; // streams of the generator
const finite = (ratio) => (ratio.why ? null : ratio);

/**
 * The log-rank chi-square of the first 1, 2, … n − 1 patients of an order against the others, put into `out` by the function that
 * is returned. A patient who becomes high adds one to those at risk at each time until the own, so that the sums over times need
 * only two running totals (binary indexed trees) over the patients who are high already.
 */
export function scanner(time, event) {
  const times = [...new Set(time.filter((_, i) => event[i]))].sort((a, b) => a - b);
  const m = times.length;
  const until = Uint32Array.from(time, (t) => { // how many times with events the patient lives to see
    let low = 0, high = m;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= t) low = middle + 1;
      else high = middle;
    }
    return low;
  });
  const there = new Float64Array(m + 1), died = new Float64Array(m + 1); // those at risk at, and dying at, the k-th time
  until.forEach((k, i) => {
    there[k]++;
    if (event[i]) died[k]++;
  });
  for (let k = m - 1; k > 0; k--) there[k] += there[k + 1];
  const expected = new Float64Array(m + 1), first = new Float64Array(m + 1), second = new Float64Array(m + 1);
  for (let k = 1; k <= m; k++) {
    const n = there[k], weight = n > 1 ? (died[k] * (n - died[k])) / (n - 1) : 0;
    expected[k] = expected[k - 1] + died[k] / n;
    first[k] = first[k - 1] + weight / n;
    second[k] = second[k - 1] + weight / n ** 2;
  }
  const counts = new Float64Array(m + 2), sums = new Float64Array(m + 2);
  return (order, out) => {
    counts.fill(0);
    sums.fill(0);
    let excess = 0, variance = 0;
    for (let i = 0; i < order.length - 1; i++) {
      const k = until[order[i]], own = second[k];
      let fewer = 0, below = 0; // of the high: how many live no longer, and their sum
      for (let j = k + 1; j > 0; j -= j & -j) {
        fewer += counts[j];
        below += sums[j];
      }
      excess += event[order[i]] - expected[k];
      variance += first[k] - own - 2 * (below + own * (i - fewer));
      for (let j = k + 1; j <= m + 1; j += j & -j) {
        counts[j]++;
        sums[j] += own;
      }
      out[i] = variance > 1e-12 ? excess ** 2 / variance : 0;
    }
    return out;
  };
}

/** The patients' places from the highest marker to the lowest. */
const highestFirst = (marker) => Uint32Array.from(marker.keys()).sort((a, b) => marker[b] - marker[a] || a - b);

/** Every cut of the marker from the lowest up: `{cut, high}`, patients above `cut` being high. */
function cutsOf(marker, order) {
  const out = [];
  for (let k = order.length - 1; k > 0; k--) if (marker[order[k]] < marker[order[k - 1]]) out.push({ cut: marker[order[k]], high: k });
  return out;
}
const within = (n, margin) => ({ high }) => Math.min(high, n - high) >= Math.max(1, margin * n - 1e-9);

/** The test at every cut, `{cut, low, high, chi2, p, inside}`; inside: both groups have the share `margin` of the patients. */
export function cutPoints(time, event, marker, margin) {
  const n = time.length, order = highestFirst(marker);
  const chi2 = scanner(time, event)(order, new Float64Array(n - 1));
  const fits = within(n, margin);
  return cutsOf(marker, order).map((c) => ({ ...c, low: n - c.high, chi2: chi2[c.high - 1], p: chi2Tail(chi2[c.high - 1], 1), inside: fits(c) }));
}

/** The best of these cuts, with its corrected p and how many were tested; null where none fits or no event was seen. */
export function bestOf(points, margin) {
  const tested = points.filter((c) => c.inside);
  if (!tested.length) return null;
  const best = tested.reduce((a, b) => (b.chi2 > a.chi2 ? b : a));
  return { ...best, corrected: corrected(best.chi2, margin), tested: tested.length };
}

/** Miller and Siegmund's approximation of the p value of a best cut. */
export function corrected(chi2, margin) {
  const z = Math.sqrt(chi2);
  if (z <= 1) return 1;
  return Math.min(1, (Math.exp(-chi2 / 2) / Math.sqrt(2 * Math.PI)) * (4 / z + (z - 1 / z) * 2 * Math.log((1 - margin) / margin)));
}

/** The chi-square that a best cut must reach for a corrected p of `level`. */
export function needed(level, margin) {
  let low = 1, high = 100;
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (corrected(middle, margin) > level) low = middle;
    else high = middle;
  }
  return high;
}

/** Deals the markers out anew; the function that is returned gives the best cut `{low, chi2, p}` of the s-th shuffle. */
export function shuffler(time, event, marker, margin, seed) {
  const n = time.length, scan = scanner(time, event), out = new Float64Array(n - 1), four = new Float64Array(4);
  const high = cutsOf(marker, highestFirst(marker)).filter(within(n, margin)).map((c) => c.high);
  const keys = [0, 1, 2, 3].map(() => new Float64Array(n)), order = new Uint32Array(n);
  let block = -1;
  return (s) => {
    if (s >> 2 !== block) {
      block = s >> 2;
      for (let i = 0; i < n; i++) {
        uniform(seed, SHUFFLE, block, i, four);
        for (let j = 0; j < 4; j++) keys[j][i] = four[j];
      }
    }
    const key = keys[s & 3];
    for (let i = 0; i < n; i++) order[i] = i;
    order.sort((a, b) => key[a] - key[b] || a - b);
    scan(order, out);
    let best = high[0];
    for (const k of high) if (out[k - 1] > out[best - 1]) best = k;
    return { low: n - best, chi2: out[best - 1], p: chi2Tail(out[best - 1], 1) };
  };
}

/** The places of n patients in two halves, dealt at random. */
export function halves(n, seed) {
  const key = Float64Array.from({ length: n }, (_, i) => uniform(seed, HALF, 0, i)[0]);
  const order = Uint32Array.from(key.keys()).sort((a, b) => key[a] - key[b] || a - b);
  return [order.slice(0, n >> 1).sort(), order.slice(n >> 1).sort()];
}

/** A marker in standard deviations; of its logarithm where all values are positive and span twenty-fold. */
export function standardScores(marker) {
  const [low, high] = marker.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  const logarithmic = low > 0 && high >= 20 * low;
  const values = logarithmic ? marker.map(Math.log) : marker;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1));
  return { scores: Float64Array.from(values, (v) => (v - mean) / sd), logarithmic };
}

const part = (column, places) => Float64Array.from(places, (i) => column[i]);
const above = (marker, cut) => Float64Array.from(marker, (v) => (v > cut ? 1 : 0));

/**
 * All that does not depend on the reader's cut: `patients` = {time, event, marker} as arrays, `arm` (0 or 1 each) where there
 * are arms. Needs two values of the marker.
 */
export function prepare(patients, { margin, seed }) {
  const { time, event, marker } = patients;
  const points = cutPoints(time, event, marker, margin);
  const events = event.reduce((a, b) => a + b, 0);
  const best = events ? bestOf(points, margin) : null;
  const { scores, logarithmic } = standardScores(marker);
  const places = halves(time.length, seed);
  const [one, other] = places.map((h) => ({ time: part(time, h), event: part(event, h), marker: part(marker, h) }));
  const found = one.event.some(Boolean) ? bestOf(cutPoints(one.time, one.event, one.marker, margin), margin) : null;
  const split = found && {
    found,
    trained: finite(cox(one.time, one.event, above(one.marker, found.cut))),
    validated: finite(cox(other.time, other.event, above(other.marker, found.cut))),
    test: logRank(other.time, other.event, above(other.marker, found.cut)),
  };
  return { points, events, best, bestRatio: best && finite(cox(time, event, above(marker, best.cut))), perSd: finite(cox(time, event, scores)), logarithmic, split, chosenIn: new Set(places[0]) };
}

/** The groups at the cut below which the share of patients is nearest to `low`. */
export function cutAt(patients, points, low) {
  const { time, event, marker, arm } = patients;
  const n = time.length;
  const at = points.reduce((a, b) => (Math.abs(b.low / n - low) < Math.abs(a.low / n - low) ? b : a));
  const group = above(marker, at.cut);
  const inArm = (k) => {
    const own = [...arm.keys()].filter((i) => arm[i] === k);
    return finite(cox(part(time, own), part(event, own), part(group, own)));
  };
  return { at, group, groups: groupsOf(time, event, group), test: logRank(time, event, group), ratio: finite(cox(time, event, group)), arms: arm ? [inArm(0), inArm(1)] : [] };
}
