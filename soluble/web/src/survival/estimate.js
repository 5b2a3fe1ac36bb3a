/**
 * Kaplan–Meier, log-rank and Cox for one covariate, as `soluble/biomarkers.py` has them from lifelines. Patients come as
 * arrays of one length: time, event (1 seen, 0 not), and a marker or group (1, 0).
 */
import { chi2Tail } from "../statistics.js";

/** The patients' places from the longest time to the shortest; those with events first among equals. */
const longestFirst = (time, event) => Uint32Array.from(time.keys()).sort((a, b) => time[b] - time[a] || event[b] - event[a]);

/** Steps of the estimate: `{time, at_risk, events, censored, survival}`, each an array that begins at time 0. */
export function kaplanMeier(time, event) {
  const order = longestFirst(time, event).reverse();
  const out = { time: [0], at_risk: [time.length], events: [0], censored: [0], survival: [1] };
  let left = time.length, alive = 1;
  for (let i = 0; i < order.length; ) {
    const t = time[order[i]], there = left;
    let died = 0;
    for (; i < order.length && time[order[i]] === t; i++, left--) died += event[order[i]];
    alive *= 1 - died / there;
    out.time.push(t);
    out.at_risk.push(there);
    out.events.push(died);
    out.censored.push(there - left - died);
    out.survival.push(alive);
  }
  return out;
}

/** How many are still observed at each of the times `at`. */
export const atRisk = (time, at) => at.map((t) => time.reduce((sum, v) => sum + (v >= t), 0));

/** The first time by which half have had the event (rounding aside); undefined where the curve stays above. */
export const medianOf = (curve) => curve.time[curve.survival.findIndex((v) => v <= 0.5 + 1e-9)];

/** `{chi2, p}` of the group against the others, or null where a group is empty or no event was seen. */
export function logRank(time, event, group) {
  const order = longestFirst(time, event);
  let all = 0, high = 0, excess = 0, variance = 0, seen = 0;
  for (let i = 0; i < order.length; ) {
    const t = time[order[i]];
    let died = 0, diedHigh = 0;
    for (; i < order.length && time[order[i]] === t; i++) {
      all++;
      high += group[order[i]];
      died += event[order[i]];
      diedHigh += event[order[i]] * group[order[i]];
    }
    const share = high / all;
    seen += died;
    excess += diedHigh - died * share;
    if (all > 1) variance += (died * share * (1 - share) * (all - died)) / (all - 1);
  }
  if (!seen || high === 0 || high === all) return null;
  const chi2 = variance > 0 ? excess ** 2 / variance : 0;
  return { chi2, p: chi2Tail(chi2, 1) };
}

/**
 * `{log, se, n, events}`: the logarithm of the hazard ratio per unit of the marker and its standard error, ties after
 * Efron; or `{why}`, a clause, where it has no finite estimate.
 */
export function cox(time, event, marker) {
  const n = time.length;
  const order = longestFirst(time, event);
  const events = event.reduce((a, b) => a + b, 0);
  if (!events) return { why: "no event was seen" };
  // The likelihood has a top unless every event has the highest, or the lowest, marker among those at risk.
  let highest = -Infinity, lowest = Infinity, below = false, above = false, mean = 0;
  for (let i = 0; i < n; ) {
    const t = time[order[i]], from = i;
    for (; i < n && time[order[i]] === t; i++) {
      highest = Math.max(highest, marker[order[i]]);
      lowest = Math.min(lowest, marker[order[i]]);
      mean += marker[order[i]] / n;
    }
    for (let k = from; k < i && event[order[k]]; k++) {
      below ||= marker[order[k]] < highest;
      above ||= marker[order[k]] > lowest;
    }
  }
  if (highest === lowest) return { why: "the marker has one value for all" };
  if (!below || !above) return { why: "every event falls on one end of the markers among those at risk" };

  const x = Float64Array.from(marker, (v) => v - mean);
  /** Log-likelihood, its slope and its curvature (positive) at b. */
  function at(b) {
    let s0 = 0, s1 = 0, s2 = 0, value = 0, slope = 0, bend = 0;
    for (let i = 0; i < n; ) {
      const t = time[order[i]];
      let died = 0, d0 = 0, d1 = 0, d2 = 0, sum = 0;
      for (; i < n && time[order[i]] === t; i++) {
        const v = x[order[i]], w = Math.exp(b * v);
        s0 += w;
        s1 += w * v;
        s2 += w * v * v;
        if (event[order[i]]) {
          died++;
          sum += v;
          d0 += w;
          d1 += w * v;
          d2 += w * v * v;
        }
      }
      value += b * sum;
      slope += sum;
      for (let k = 0; k < died; k++) {
        const share = k / died, a0 = s0 - share * d0, m = (s1 - share * d1) / a0;
        value -= Math.log(a0);
        slope -= m;
        bend += (s2 - share * d2) / a0 - m * m;
      }
    }
    return { value, slope, bend };
  }
  let b = 0, here = at(0);
  for (let round = 0; round < 60; round++) {
    let step = here.slope / here.bend, next = at(b + step);
    for (let half = 0; half < 40 && !(next.value >= here.value - 1e-12 * Math.abs(here.value)); half++) next = at(b + (step /= 2));
    b += step;
    here = next;
    if (Math.abs(step) < 1e-11 * (1 + Math.abs(b))) break;
  }
  return { log: b, se: 1 / Math.sqrt(here.bend), n, events };
}
