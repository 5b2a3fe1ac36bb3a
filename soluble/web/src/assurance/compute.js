/** From a phase 2 result to the chance that phase 3 succeeds, as `soluble.assurance.assurance` computes it. */
import { normalQuantile, normalTail } from "../statistics.js";

/** The area of the normal distribution below z. */
export const below = (z) => (z < 0 ? normalTail(-z) : 1 - normalTail(z));

export const density = (x, mean, sd) => Math.exp(-(((x - mean) / sd) ** 2) / 2) / (sd * Math.sqrt(2 * Math.PI));

/** `{hr, events, events3, prior_hr, prior_events, alpha}` → the numbers of `soluble.assurance.Assurance`, logarithms of ratios in `seen` and `line`. */
export function assurance({ hr, events, events3, prior_hr, prior_events, alpha }) {
  const seen = Math.log(hr), total = events + prior_events;
  const mean = (events * seen + prior_events * Math.log(prior_hr)) / total;
  const variance = 4 / total, noise = 4 / events3;
  const line = -normalQuantile(1 - 2 * alpha) * Math.sqrt(noise);
  const spread = Math.sqrt(variance + noise);
  const z = (line - mean) / spread;
  const success = below(z);
  const pull = density(z, 0, 1) / success;
  return {
    seen,
    line,
    naive: below((line - seen) / Math.sqrt(noise)),
    flat: below((line - seen) / Math.sqrt(4 / events + noise)),
    success,
    ceiling: below(-mean / Math.sqrt(variance)),
    needed: Math.exp(line),
    mean,
    sd: Math.sqrt(variance),
    predicted_sd: spread,
    published: Math.exp(mean - spread * pull),
    behind: Math.exp(mean - (variance / spread) * pull),
  };
}
