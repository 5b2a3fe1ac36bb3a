/**
 * The assurance explorer: what a phase 2 trial saw, what was expected before, what follows for the true hazard ratio, and how
 * likely a phase 3 trial of so many events then is to succeed. Python draws the first picture after the same rules
 * (soluble/explorer_assurance.py).
 */
import { DASHES, path, width } from "../chart.js";
import { s } from "../dom.js";
import { number } from "../format.js";
import * as address from "../hash.js";
import { scaleLinear, scaleLog } from "../scales.js";
import { createLife } from "../setting.js";
import { createShell } from "../shell.js";
import { createState } from "../state.js";
import { assurance, density } from "./compute.js";

const POINTS = 161, TICKS = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2], EVENTS = [50, 100, 200, 500, 1000, 2000];
const KINDS = ["naive", "flat", "success"];

export function mountAssurance(root, config, options = {}) {
  const { id } = config;
  const state = createState(config, { scenarios: config.presets });
  const shell = createShell(root, config, options, { summary: () => life.summary(), draw: () => life.draw(), picture: () => void life.current(), data: () => data(), told, hash: () => address.write(id, state) });
  const { stage, svg, content } = shell;
  root.style.setProperty("--explorer-height", config.height);
  const colours = { naive: "var(--x-ink)", flat: "var(--med-mmp, currentColor)", success: `var(--${config.colour}, currentColor)` };

  const grid = Array.from({ length: POINTS }, (_, k) => config.events[0] * (config.events[1] / config.events[0]) ** (k / (POINTS - 1)));
  function compute(values, scenario) {
    const setting = { ...config.base, ...state.overrides(values, scenario) };
    const curves = { naive: [], flat: [], success: [] };
    for (const events3 of grid) {
      const at = assurance({ ...setting, events3 });
      for (const kind of KINDS) curves[kind].push(at[kind]);
    }
    return { setting, curves, ...assurance(setting) };
  }

  // --- words ---
  const ratio = (v) => v.toFixed(2);
  const share = (p) => (p > 0.995 ? "over 99 %" : p < 0.005 ? "under 1 %" : `${Math.round(100 * p)} %`);
  const events = (v) => `${number(v, 4)} ${v === 1 ? "event" : "events"}`;
  function summary(now) {
    const { setting, naive, flat, success, ceiling, needed, mean, published, behind } = now;
    return [
      `Phase 2 found a hazard ratio of ${ratio(setting.hr)} with ${events(setting.events)}.`,
      `A phase 3 trial with ${events(setting.events3)} succeeds if it finds ${ratio(needed)} or less.`,
      `If ${ratio(setting.hr)} were the truth, that would happen with ${share(naive)}; averaged over what phase 2 leaves open, with ${share(flat)};`,
      `with a prior of ${ratio(setting.prior_hr)} worth ${events(setting.prior_events)}, with ${share(success)}, and in the largest trial imaginable with ${share(ceiling)}.`,
      `The true ratio is then expected near ${ratio(Math.exp(mean))}; a trial that succeeds would report ${ratio(published)} on average, with ${ratio(behind)} behind it.`,
    ].join(" ");
  }

  // --- picture ---
  let family = "";
  function draw(now, other) {
    const W = stage.clientWidth, H = stage.clientHeight;
    if (!(W > 0 && H > 0)) return;
    family ||= getComputedStyle(svg).fontFamily;
    const font = `12.5px ${family}`, bold = `600 ${font}`;
    const narrow = W < 430;
    const left = narrow ? 34 : 44, right = W - (narrow ? 14 : 24);
    const gap = 74, top1 = 50, bottom2 = H - 38;
    const height1 = 0.46 * (bottom2 - top1 - gap), bottom1 = top1 + height1, top2 = bottom1 + gap;
    const nodes = [];
    const text = (x, y, what, more) => nodes.push(s("text", { x, y, ...more }, what));
    const line = (x1, y1, x2, y2, more) => nodes.push(s("line", { x1, y1, x2, y2, ...more }));
    const middle = { "text-anchor": "middle" }, end = { "text-anchor": "end" };
    const { setting } = now;

    // what is believed of the true ratio, and what phase 3 may find
    const x = scaleLog(config.ratios, [left, right]).clamp(true);
    const at = Array.from({ length: POINTS }, (_, k) => config.ratios[0] * (config.ratios[1] / config.ratios[0]) ** (k / (POINTS - 1)));
    const bells = [
      ["phase 2", now.seen, Math.sqrt(4 / setting.events), colours.flat, DASHES[1]],
      ["prior", Math.log(setting.prior_hr), Math.sqrt(4 / setting.prior_events), colours.naive, DASHES[2]],
      ["both", now.mean, now.sd, colours.success, ""],
    ];
    const most = Math.max(density(0, 0, now.sd), density(0, 0, Math.sqrt(4 / setting.events)));
    const y = scaleLinear([0, 1.08 * most], [bottom1, top1]).clamp(true);
    const bell = (mean, sd) => path(at.map((v) => [x(v), y(density(Math.log(v), mean, sd))]));
    text(4, 12, "What is believed of the true hazard ratio", { class: "axis-title" });
    const won = at.filter((v) => v < now.needed);
    const edge = [...won, now.needed].map((v) => [x(v), y(density(Math.log(v), now.mean, now.predicted_sd))]);
    if (now.needed > config.ratios[0]) nodes.push(s("path", { class: "won", d: `${path([[x(config.ratios[0]), bottom1], ...edge, [x(now.needed), bottom1]])}Z`, fill: colours.success }));
    nodes.push(s("path", { class: "line thin", d: bell(now.mean, now.predicted_sd), stroke: colours.success }));
    if (other) nodes.push(s("path", { class: "line ghost", d: bell(other.mean, other.sd), stroke: colours.success }));
    for (const [, mean, sd, colour, dash] of bells) nodes.push(s("path", { class: "line", d: bell(mean, sd), stroke: colour, "stroke-dasharray": dash }));
    line(left, bottom1, right, bottom1, { class: "base" });
    line(x(1), top1, x(1), bottom1, { class: "grid" });
    for (const v of TICKS) {
      if (v < config.ratios[0] * 0.999 || v > config.ratios[1] * 1.001 || (narrow && [0.3, 0.5, 0.7, 0.9].includes(v))) continue;
      line(x(v), bottom1, x(v), bottom1 + 4, { class: "tick" });
      text(x(v), bottom1 + 16, number(v), middle);
    }
    line(x(now.needed), top1 - 4, x(now.needed), bottom1, { class: "mark" });
    const needed = `success: ${ratio(now.needed)} or less`;
    const over = x(now.needed) - width(needed, font) - 6 < left;
    text(x(now.needed) + (over ? 5 : -5), top1 + 2, needed, { class: "mark-label", ...(over ? {} : end) });
    // a key, as the bells cross
    let place = left;
    for (const [name, , , colour, dash] of bells) {
      line(place, 28, place + 22, 28, { class: "line", stroke: colour, "stroke-dasharray": dash });
      text(place + 27, 32, name, { class: "label", fill: colour });
      place += 27 + width(name, bold) + 16;
    }
    text((left + right) / 2, bottom1 + 33, "hazard ratio", { class: "axis-title", ...middle });

    // the chance of success against the size of the trial
    const e = scaleLog(config.events, [left, right]).clamp(true);
    const p = scaleLinear([0, 1], [bottom2, top2]);
    text(4, top2 - 14, "Chance that phase 3 succeeds (%)", { class: "axis-title" });
    for (const v of [0, 0.25, 0.5, 0.75, 1]) {
      line(left, p(v), right, p(v), { class: "grid" });
      text(left - 7, p(v) + 4, `${100 * v}`, end);
    }
    line(left, bottom2, right, bottom2, { class: "base" });
    for (const v of EVENTS) {
      if (narrow && v === 1000) continue;
      line(e(v), bottom2, e(v), bottom2 + 4, { class: "tick" });
      text(e(v), bottom2 + 16, number(v), v === EVENTS.at(-1) ? { "text-anchor": "end" } : middle);
    }
    text((left + right) / 2, bottom2 + 33, "events in phase 3", { class: "axis-title", ...middle });
    const curve = (ys) => path(grid.map((v, k) => [e(v), p(ys[k])]));
    if (other) for (const kind of KINDS) nodes.push(s("path", { class: "line ghost", d: curve(other.curves[kind]), stroke: colours[kind] }));
    line(left, p(now.ceiling), right, p(now.ceiling), { class: "mark ceiling" });
    const dashes = { naive: DASHES[2], flat: DASHES[1], success: "" };
    for (const kind of KINDS) nodes.push(s("path", { class: "line", d: curve(now.curves[kind]), stroke: colours[kind], "stroke-dasharray": dashes[kind] }));
    line(e(setting.events3), top2, e(setting.events3), bottom2, { class: "mark" });
    // The curves rise: below them on the right and above them on the left is room for words.
    const long = { naive: "phase 2 taken as true", flat: "phase 2 alone", success: "with the prior" };
    const short = { naive: "as if true", flat: "phase 2 alone", success: "with prior" };
    const said = (names) => (kind) => `${names[kind]}: ${share(now[kind])}`;
    const widest = (names) => Math.max(...KINDS.map((kind) => width(said(names)(kind), bold)));
    const beyond = W - 12 - e(setting.events3), before = e(setting.events3) - 9 - left;
    const names = !narrow && widest(long) < Math.max(beyond, before) ? long : short;
    const words = said(names), after = widest(names) < beyond;
    const tags = KINDS.map((kind) => ({ kind, y: Math.max(top2 + 9, p(now[kind]) + (after ? 16 : -8)) })).sort((a, b) => a.y - b.y);
    for (let k = 1; k < tags.length; k++) tags[k].y = Math.max(tags[k].y, tags[k - 1].y + 15);
    for (let k = tags.length - 1, low = bottom2 - 5; k >= 0; k--, low -= 15) tags[k].y = Math.min(tags[k].y, low);
    for (const { kind, y } of tags) text(e(setting.events3) + (after ? 9 : -9), y, words(kind), { class: "label", fill: colours[kind], ...(after ? {} : end) });
    for (const kind of KINDS) nodes.push(s("circle", { class: "dot", cx: e(setting.events3), cy: p(now[kind]), r: 4.5, fill: colours[kind] }));

    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    content.replaceChildren(...nodes);
  }

  const life = createLife(config, state, shell, { compute, draw, summary });
  life.begin({ ghost: "faint curves" });

  // --- what a reader takes along ---
  function told() {
    return ["Chance that phase 3 succeeds after a phase 2 result", ...life.told(), life.summary(), "computed from normal approximations"];
  }
  /** The curves, and among them the trial that was chosen. */
  function data() {
    const { curves, setting, ...at } = life.current();
    const rows = grid.map((v, k) => [v, ...KINDS.map((kind) => curves[kind][k])]);
    if (!grid.includes(setting.events3)) rows.push([setting.events3, ...KINDS.map((kind) => at[kind])]);
    return { columns: ["events3", ...KINDS], units: ["", "", "", ""], rows: rows.sort((a, b) => a[0] - b[0]) };
  }

  return life.handle;
}
