/** What scans would show of a virtual patient, by RECIST 1.1: `Cohort.outcomes` of `soluble/cohort.py`, number for number. */
import { normal, uniform } from "../philox.js";

const LUCK = 2, NOISE = 3, DELAY = 4; // streams of the generator
const WEEK = 7;
export const DAYS = 30.4375; // in a month
const RESPONSE = 0.7, PROGRESSION = 1.2, MILLIMETRES = 5;

/** All that is left to chance for one patient: days of the scans, measured over true for each (the first: before treatment), the bound of the hidden hazard, and whether what it brings is dated at once. */
export function chances(seed, index, { first, every, delay, cv, on_day }, days) {
  const planned = [];
  for (let t = first; t <= days + 1e-9; t += every) planned.push(t);
  const four = new Float64Array(4);
  const drawn = (kind, stream, count) => {
    const out = new Float64Array(4 * Math.ceil(count / 4));
    for (let k = 0; 4 * k < count; k++) out.set(kind(seed, stream, k, index, four), 4 * k);
    return out;
  };
  const late = drawn(uniform, DELAY, planned.length), noise = drawn(normal, NOISE, planned.length + 1);
  const [lot, kind] = uniform(seed, LUCK, 0, index, four);
  return {
    days: planned.map((t, k) => Math.min(t + Math.floor((2 * late[k] - 1) * delay + 0.5), days)),
    noise: Float64Array.from({ length: planned.length + 1 }, (_, k) => Math.max(0, 1 + cv * noise[k])),
    bound: -Math.log(lot),
    atOnce: kind < on_day,
  };
}

/** `{best, response, time, event, how, duration}` of one patient with weekly `sizes` and `hidden`; times in months, best in per cent. */
export function outcome(sizes, hidden, chance, days) {
  const { days: at, noise, bound, atOnce } = chance;
  const base = sizes[0] * noise[0], last = sizes.length - 1;
  let luck = Infinity;
  for (let k = 0; k < last; k++)
    if (hidden[k + 1] >= bound) {
      luck = WEEK * (k + (bound - hidden[k]) / (hidden[k + 1] - hidden[k]));
      break;
    }
  if (!atOnce) luck = at.find((t) => t >= luck) ?? Infinity;
  let smallest = base, scan = Infinity, best = Infinity, before = false, began = NaN;
  for (let k = 0; k < at.length; k++) {
    const place = at[k] / WEEK, week = Math.min(Math.floor(place), last - 1), share = place - week;
    const measured = Math.exp(Math.log(sizes[week]) * (1 - share) + Math.log(sizes[week + 1]) * share) * noise[k + 1];
    const grown = measured >= PROGRESSION * smallest && measured - smallest >= MILLIMETRES;
    if (grown) scan = Math.min(scan, at[k]);
    const first = Math.min(scan, luck);
    if (at[k] <= first) best = Math.min(best, measured / base - 1);
    const shrunk = measured <= RESPONSE * base && at[k] < first;
    if (shrunk && before && began !== began) began = at[k - 1];
    before = shrunk;
    smallest = Math.min(smallest, measured);
  }
  const first = Math.min(scan, luck), time = Math.min(first, days), response = began === began;
  return {
    best: best === Infinity ? NaN : 100 * best,
    response,
    time: time / DAYS,
    event: first <= days ? 1 : 0,
    how: first <= days ? (scan <= luck ? "scan" : "hidden") : "",
    duration: response ? (time - began) / DAYS : NaN,
  };
}
