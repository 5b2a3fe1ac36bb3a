/** Trials of a cohort: who gets which arm, what the two arms show, and how repeated trials end (`soluble/cohort.py`). */
import { uniform } from "../philox.js";
import { cox, kaplanMeier, medianOf } from "../survival/estimate.js";

const ARM = 5, TRIAL = 6; // streams of the generator

/** Does the coin give patient `index` the second arm? */
export const coin = (seed, index) => uniform(seed, ARM, 0, index)[0] >= 0.5;

/** Outcomes of some patients as columns, with their curve and what is said of them. */
export function describe(outcomes) {
  const time = outcomes.map((o) => o.time), event = outcomes.map((o) => o.event);
  const curve = kaplanMeier(time, event);
  const year = curve.time.findLastIndex((t) => t <= 12);
  return { n: outcomes.length, time, event, curve, median: medianOf(curve), free: curve.survival[year], response: outcomes.reduce((a, o) => a + o.response, 0) / outcomes.length };
}

/** The hazard ratio of `b` against `a` (lists of outcomes), or null where there is no finite estimate. */
export function compare(a, b) {
  if (!a.length || !b.length) return null;
  const both = [...a, ...b];
  const ratio = cox(both.map((o) => o.time), both.map((o) => o.event), both.map((_, i) => (i < a.length ? 0 : 1)));
  return ratio.why ? null : ratio;
}

/** Sums of the log-rank test: events seen less expected in the group, and their variance. */
export function logRankSums(time, event, group) {
  const order = Uint32Array.from(time.keys()).sort((i, j) => time[i] - time[j]);
  let left = time.length, high = 0, excess = 0, variance = 0;
  for (const g of group) high += g;
  for (let i = 0; i < order.length; ) {
    const t = time[order[i]], share = high / left;
    let died = 0, diedHigh = 0, gone = 0, goneHigh = 0;
    for (; i < order.length && time[order[i]] === t; i++, gone++) {
      died += event[order[i]];
      diedHigh += event[order[i]] * group[order[i]];
      goneHigh += group[order[i]];
    }
    excess += diedHigh - died * share;
    variance += (died * share * (1 - share) * (left - died)) / Math.max(left - 1, 1);
    left -= gone;
    high -= goneHigh;
  }
  return [excess, variance];
}

/**
 * One repeated trial: its patients drawn from the pool with replacement, for each arm anew. `a` and `b` are the outcomes of the
 * pool under either arm. Gives `{z, ratio}`: the test, below 0 where `b` is better, and Peto's hazard ratio.
 */
export function repeated(seed, number, perArm, a, b) {
  const n = 2 * perArm, four = new Float64Array(4);
  const time = new Float64Array(n), event = new Uint8Array(n), group = new Uint8Array(n);
  for (let j = 0; j < n; j++) {
    const place = Math.floor(uniform(seed, TRIAL, number, j, four)[0] * a.length);
    group[j] = j >= perArm ? 1 : 0;
    const o = (group[j] ? b : a)[place];
    time[j] = o.time;
    event[j] = o.event;
  }
  const [excess, variance] = logRankSums(time, event, group);
  return variance > 0 ? { z: excess / Math.sqrt(variance), ratio: Math.exp(excess / variance) } : { z: 0, ratio: NaN };
}
