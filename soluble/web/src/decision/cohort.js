/** Simulated patients with predicted risks, and what infinitely many of them would show: `soluble/prediction.py`, number for number. */
import { normal, uniform } from "../philox.js";
import { normalQuantile, normalTail } from "../statistics.js";

const PATIENT = 3; // stream of the generator

export const logit = (p) => Math.log(p / (1 - p));
export const expit = (x) => 1 / (1 + Math.exp(-x));
/** The area of the normal distribution above any z. */
export const above = (z) => (z < 0 ? 1 - normalTail(-z) : normalTail(z));
/** How far apart the marker's means stand, in standard deviations, for an area under the curve. */
export const separation = (auc) => (auc > 0.5 ? Math.SQRT2 * normalQuantile(2 * auc - 1) : 0);

/** Patients as arrays: response (1, 0), marker, risk as predicted, trueRisk. */
export function simulatePredictions({ seed, n, auc, prevalence, slope, odds }) {
  const out = { response: new Uint8Array(n), marker: new Float64Array(n), risk: new Float64Array(n), trueRisk: new Float64Array(n) };
  const d = separation(auc), base = logit(prevalence), four = new Float64Array(4);
  for (let i = 0; i < n; i++) {
    uniform(seed, PATIENT, 0, i, four);
    out.response[i] = four[0] < prevalence ? 1 : 0;
    normal(seed, PATIENT, 1, i, four);
    out.marker[i] = four[0] + d * out.response[i];
    const learnt = d * out.marker[i] - (d * d) / 2;
    out.risk[i] = expit(base + Math.log(odds) + learnt / slope);
    out.trueRisk[i] = expit(base + learnt);
  }
  return out;
}

/** Shares of those with and without a response whose predicted risk reaches the threshold, in infinitely many patients. */
export function expectedCalls(threshold, { auc, prevalence, slope, odds }) {
  const d = separation(auc);
  const wanted = slope * (logit(threshold) - logit(prevalence) - Math.log(odds));
  if (d < 1e-12) return wanted <= 0 ? { sensitivity: 1, falsePositive: 1 } : { sensitivity: 0, falsePositive: 0 };
  const cut = wanted / d + d / 2;
  return { sensitivity: above(cut - d), falsePositive: above(cut) };
}

export function expectedNetBenefit(threshold, setting) {
  const { sensitivity, falsePositive } = expectedCalls(threshold, setting);
  return setting.prevalence * sensitivity - ((1 - setting.prevalence) * falsePositive * threshold) / (1 - threshold);
}

/** Probability of a response of patients with a predicted risk, in infinitely many. */
export const expectedObserved = (risk, { prevalence, slope, odds }) => expit(logit(prevalence) + slope * (logit(risk) - logit(prevalence) - Math.log(odds)));
