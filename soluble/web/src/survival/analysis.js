/** What a cohort shows of a marker that an assay reported and an analyst cut in two: `analyse` of `soluble/biomarkers.py`. */
import { reported } from "./cohort.js";
import { cox, kaplanMeier, logRank, medianOf } from "./estimate.js";

const GROUPS = ["low", "high"];
/** The estimate, or null where there is none. */
const finite = (ratio) => (ratio.why ? null : ratio);

/** For the low (0) and the high (1) patients: how many, events, their times, curve and median. */
export function groupsOf(time, event, group) {
  const groups = {};
  GROUPS.forEach((name, wanted) => {
    const own = [...group.keys()].filter((i) => group[i] === wanted);
    const [t, e] = [own.map((i) => time[i]), own.map((i) => event[i])];
    const curve = kaplanMeier(t, e);
    groups[name] = { n: own.length, events: e.reduce((a, b) => a + b, 0), time: t, curve, median: medianOf(curve) };
  });
  return groups;
}

/**
 * `patients` = {time, event, measured, level} (level: the true one). Gives the patients that count as arrays, with what was
 * reported and the group (1 high, 0 low); how many were below the limit; for each group its size, curve and median;
 * the log-rank test; and the hazard ratios of high against low, per `sd` of the log level as reported, and with a perfect assay.
 */
export function analyse(patients, { limit, below, cut, sd }) {
  const values = reported(patients.measured, limit, below);
  const kept = [...values.keys()].filter((i) => values[i] === values[i]);
  const pick = (column) => Float64Array.from(kept, (i) => column[i]);
  const [time, event, level] = [pick(patients.time), pick(patients.event), pick(values)];
  const group = Float64Array.from(level, (v) => (v > cut ? 1 : 0));
  const logs = (column) => Float64Array.from(column, (v) => Math.log(v) / sd);
  return {
    kept,
    time,
    event,
    reported: level,
    group,
    groups: groupsOf(time, event, group),
    below: patients.measured.reduce((sum, v) => sum + (v < limit), 0),
    test: logRank(time, event, group),
    twoGroups: finite(cox(time, event, group)),
    asReported: finite(cox(time, event, logs(level))),
    perfect: finite(cox(patients.time, patients.event, logs(patients.level))),
  };
}
