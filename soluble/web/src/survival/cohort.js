/** A simulated cohort and what an assay reports of it: `simulate_cohort` and `reported` of `soluble/biomarkers.py`, number for number. */
import { normal, uniform } from "../philox.js";

const DAYS = 30.4375; // in a month
const LEVEL = 1, COURSE = 2; // streams of the generator

/** Patients as arrays: time (months, in whole days), event, level (true) and measured (by an assay without a limit). */
export function simulateCohort({ seed, n, hr, level, sd, median, accrual, follow_up, cv }) {
  const out = { time: new Float64Array(n), event: new Uint8Array(n), level: new Float64Array(n), measured: new Float64Array(n) };
  const spread = Math.sqrt(Math.log1p(cv ** 2)), four = new Float64Array(4);
  for (let i = 0; i < n; i++) {
    normal(seed, LEVEL, 0, i, four);
    const [z, noise] = four;
    uniform(seed, COURSE, 0, i, four);
    const death = ((-Math.log(four[0]) * median) / Math.LN2) * hr ** -z, end = follow_up - accrual * four[1];
    out.time[i] = Math.max(1, Math.ceil(Math.min(death, end) * DAYS)) / DAYS;
    out.event[i] = death <= end ? 1 : 0;
    out.level[i] = level * Math.exp(sd * z);
    out.measured[i] = out.level[i] * Math.exp(spread * noise);
  }
  return out;
}

/** What stands in the data: the measured level, or below the limit what the rule says; NaN for patients who are left out. */
export function reported(measured, limit, below) {
  const instead = { half: limit / 2, root: limit / Math.SQRT2, limit, omit: NaN }[below];
  return Float64Array.from(measured, (v) => (v < limit ? instead : v));
}
