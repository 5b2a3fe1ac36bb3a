/** What the explorers of survival draw alike: curves with those at risk, a row a hazard ratio; and how they word them. */
import { DASHES, path, width } from "../chart.js";
import { s } from "../dom.js";
import { number } from "../format.js";
import { scaleLinear } from "../scales.js";
import { normalQuantile } from "../statistics.js";
import { atRisk } from "./estimate.js";

export const GROUPS = ["low", "high"];
const RATIOS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];
const Z = normalQuantile(0.95);
export const MIDDLE = { "text-anchor": "middle" }, END = { "text-anchor": "end" };

export const chance = (p) => (p < 1e-4 ? "< 0.0001" : `= ${Number(p.toPrecision(2))}`);
/** A hazard ratio with its interval. */
export const printed = (ratio, mid = "to") => {
  const end = (side) => Math.exp(ratio.log + side * Z * ratio.se).toFixed(2);
  return `${Math.exp(ratio.log).toFixed(2)} (${end(-1)}${mid === "–" ? mid : ` ${mid} `}${end(1)})`;
};
export const share = (part, of) => `${Math.round((100 * part) / of)} %`;

/** Elements of a picture, gathered in `nodes`. */
export function createPen() {
  const nodes = [];
  return {
    nodes,
    text: (x, y, what, more) => nodes.push(s("text", { x, y, ...more }, what)),
    line: (x1, y1, x2, y2, more) => nodes.push(s("line", { x1, y1, x2, y2, ...more })),
    add: (tag, attributes) => nodes.push(s(tag, attributes)),
  };
}

/** Kaplan–Meier curves of both groups, `ghost` (other groups or null) behind them, and those at risk below. */
export function drawSurvival(pen, { W, left, right, top, bottom, narrow, horizon, time, groups, ghost, colours, test, bold }) {
  const { text, line, add } = pen;
  const at = scaleLinear([0, horizon], [left, right]);
  const alive = scaleLinear([0, 1], [bottom, top]);
  text(4, top - 10, narrow ? `Alive (%) by ${time.one}; below, at risk` : "Alive (%)", { class: "axis-title" });
  if (test) text(narrow ? W - 4 : right, top - 10, `${narrow ? "" : "log-rank "}p ${chance(test.p)}`, { class: "axis-title", ...END });
  for (const v of [0, 0.25, 0.5, 0.75, 1]) {
    if (narrow && (v === 0.25 || v === 0.75)) continue;
    line(left, alive(v), right, alive(v), { class: "grid" });
    text(left - 7, alive(v) + 4, `${100 * v}`, END);
  }
  line(left, bottom, right, bottom, { class: "base" });
  const ticks = at.ticks(Math.max(3, Math.min(7, (right - left) / 58)));
  for (const t of ticks) {
    line(at(t), bottom, at(t), bottom + 4, { class: "tick" });
    text(at(t), bottom + 16, number(t), MIDDLE);
  }
  const steps = ({ curve }, until) => {
    const points = [];
    curve.time.forEach((t, k) => {
      if (t > until) return;
      if (k) points.push([at(t), alive(curve.survival[k - 1])]);
      points.push([at(t), alive(curve.survival[k])]);
    });
    return path(points);
  };
  if (ghost) for (const name of GROUPS) if (ghost[name].n) add("path", { class: "line ghost", d: steps(ghost[name], horizon), stroke: colours[name] });
  const tags = [];
  GROUPS.forEach((name, i) => {
    const group = groups[name];
    text(4, bottom + (narrow ? 30 : 33) + 14 * i, name, { class: "label", fill: colours[name] });
    atRisk(group.time, ticks).forEach((count, k) => text(at(ticks[k]), bottom + (narrow ? 30 : 33) + 14 * i, `${count}`, MIDDLE));
    if (!group.n) return;
    add("path", { class: "line", d: steps(group, Infinity), stroke: colours[name], "stroke-dasharray": name === "low" ? DASHES[1] : "" });
    const { time: times, survival, censored } = group.curve;
    add("path", { class: "censored", d: times.map((t, k) => (censored[k] ? `M${at(t).toFixed(1)},${(alive(survival[k]) - 3).toFixed(1)}v6` : "")).join(""), stroke: colours[name] });
    tags.push({ name, y: alive(survival[survival.length - 1]), x: at(times[times.length - 1]) });
  });
  if (tags.length === 2 && Math.abs(tags[0].y - tags[1].y) < 14) {
    const [upper, lower] = tags[0].y <= tags[1].y ? tags : [tags[1], tags[0]];
    const centre = Math.min((upper.y + lower.y) / 2, bottom - 11);
    [upper.y, lower.y] = [centre - 7, centre + 7];
  }
  for (const tag of tags) text(Math.min(W - width(tag.name, bold) - 2, tag.x + 5), Math.min(bottom, Math.max(top + 8, tag.y + 4)), tag.name, { class: "label", fill: colours[tag.name] });
  if (!narrow) text((left + right) / 2, bottom + 61, `${time.many} since entry; above, patients at risk`, { class: "axis-title", ...MIDDLE });
}

/**
 * A row a hazard ratio: `{label, ratio, was, fill, none}`; `was` is a hollow square, `none` the word where there is no ratio.
 * `stated` = {log, rows} is a dashed line through the first rows.
 */
export function drawRatios(pen, { W, top, row, rows, title, stated, font }) {
  const { text, line, add } = pen;
  const bottom = top + rows.length * row;
  const numbers = rows.map((r) => (r.ratio ? printed(r.ratio, "–") : r.none ?? "no estimate"));
  const from = 8 + Math.max(...rows.map((r) => width(r.label, font))), to = W - 8 - Math.max(...["0.00 (0.00–0.00)", ...numbers].map((t) => width(t, font)));
  const extent = [stated?.log ?? 0, 0, ...rows.flatMap(({ ratio: r }) => (r ? [r.log - Z * r.se, r.log + Z * r.se] : []))];
  const half = Math.LN2 / 2;
  const domain = [Math.max(-3, half * Math.floor(Math.min(...extent) / half)), Math.min(4, half * Math.ceil(Math.max(...extent, 0.1) / half))];
  const x = scaleLinear(domain, [from + 6, to - 6]).clamp(true);
  text(4, top - 6, title, { class: "axis-title" });
  let last = -Infinity;
  for (const v of RATIOS.filter((v) => Math.log(v) >= domain[0] - 1e-9 && Math.log(v) <= domain[1] + 1e-9)) {
    const at = x(Math.log(v));
    line(at, top, at, bottom, { class: v === 1 ? "base" : "grid" });
    if (at - last < 26 && v !== 1) continue; // no room for its number
    text(at, bottom + 13, number(v), MIDDLE);
    last = at;
  }
  if (stated) line(x(stated.log), top + stated.rows[0] * row, x(stated.log), top + stated.rows[1] * row, { class: "mark" });
  rows.forEach(({ label, ratio: r, was, fill }, i) => {
    const at = top + (i + 0.5) * row;
    text(4, at + 4, label, { class: "study" });
    text(W - 4, at + 4, numbers[i], { class: "study", ...END });
    if (was) add("rect", { class: "line ghost", x: x(was.log) - 4, y: at - 4, width: 8, height: 8, stroke: "var(--x-ink)" });
    if (!r) return;
    line(x(r.log - Z * r.se), at, x(r.log + Z * r.se), at, { stroke: "var(--x-ink)", "stroke-width": 1.5 });
    add("rect", { x: x(r.log) - 4, y: at - 4, width: 8, height: 8, fill: fill ?? "var(--x-ink)" });
  });
}
