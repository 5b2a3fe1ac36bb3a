/**
 * The survival explorer: a simulated cohort, what an assay reports of its marker, a cut, and what survival shows of it.
 * Python draws the first picture after the same rules (soluble/explorer_survival.py).
 */
import { DASHES, logTicks, path, width } from "../chart.js";
import { s } from "../dom.js";
import { capital, measure, number } from "../format.js";
import * as address from "../hash.js";
import { scaleLinear, scaleLog } from "../scales.js";
import { button, compareButton, createControls, createShell } from "../shell.js";
import { createState } from "../state.js";
import { normalQuantile } from "../statistics.js";
import { analyse } from "./analysis.js";
import { simulateCohort } from "./cohort.js";
import { atRisk } from "./estimate.js";

const BINS = 30, SPREAD = 3.6; // bars; their range to either side of the median, in standard deviations
const RATIOS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];
const Z = normalQuantile(0.95);
const GROUPS = ["low", "high"];

export function mountSurvival(root, config, options = {}) {
  const { id, marker, unit } = config;
  const state = createState(config, { scenarios: config.presets });
  const shell = createShell(root, config, options, { summary: () => summary(), draw: () => draw(), picture: () => void current(), data: () => data(), told, hash: () => address.write(id, state) });
  const { stage, svg, content, status } = shell;
  root.style.setProperty("--explorer-height", config.height);
  const colours = { high: `var(--${config.colour}, currentColor)`, low: "var(--med-mmp, currentColor)" };
  const timings = { solve: 0, paint: 0, draft: false };
  let comparing = Boolean(config.compare);

  /** The patients of a setting and what is seen of them. */
  function compute(values, scenario) {
    const setting = { ...config.base, ...state.overrides(values, scenario) };
    const patients = simulateCohort({ ...setting, cv: setting.cv / 100 });
    return { setting, patients, ...analyse(patients, { ...setting, below: config.rules[setting.below] }) };
  }
  const first = compute(state.values, state.scenario);
  let now = first;
  const ghost = () => (comparing && !state.untouched ? first : null);

  // --- words ---
  const fold = number(Math.exp(config.base.sd), 2);
  const chance = (p) => (p < 1e-4 ? "< 0.0001" : `= ${Number(p.toPrecision(2))}`);
  const printed = (ratio, mid = "to") => {
    const end = (side) => Math.exp(ratio.log + side * Z * ratio.se).toFixed(2);
    return `${Math.exp(ratio.log).toFixed(2)} (${end(-1)}${mid === "–" ? mid : ` ${mid} `}${end(1)})`;
  };
  const lives = (group) => (group.median === undefined ? "not reached" : `${number(group.median, 2)} months`);
  const share = (part, of) => `${Math.round((100 * part) / of)} %`;
  function summary() {
    const { setting, groups, below, kept, patients, test, twoGroups, asReported, perfect } = now;
    const n = patients.time.length, rule = config.words[setting.below];
    const events = patients.event.reduce((a, b) => a + b, 0);
    const text = [`Simulated: ${n} patients, ${events} deaths.`];
    text.push(
      below
        ? `${share(below, n)} were measured below the limit of ${measure(setting.limit, unit)}; ${setting.below === config.rules.indexOf("omit") ? `they are left out, so ${kept.length} count` : `they are given ${rule}`}.`
        : `Nobody was measured below the limit of ${measure(setting.limit, unit)}.`,
    );
    text.push(
      twoGroups && test
        ? `Above the cut of ${measure(setting.cut, unit)} are ${groups.high.n}, median survival ${lives(groups.high)}, against ${groups.low.n} with ${lives(groups.low)}: hazard ratio ${printed(twoGroups)}, log-rank p ${chance(test.p)}.`
        : `The cut of ${measure(setting.cut, unit)} leaves ${groups.high.n} high and ${groups.low.n} low, and nothing to compare.`,
    );
    if (asReported && perfect) {
      const left = asReported.log / perfect.log;
      text.push(`Per ${fold}-fold level the stated hazard ratio is ${number(setting.hr)}; a perfect assay finds ${printed(perfect)} in these patients, this one ${printed(asReported)}${left > 0 && left < 10 && Math.abs(perfect.log) > perfect.se ? `, ${Math.round(100 * left)} % of its logarithm` : ""}.`);
    }
    return text.join(" ");
  }

  // --- picture ---
  let family = "";
  function draw() {
    const began = performance.now();
    const W = stage.clientWidth, H = stage.clientHeight;
    if (!(W > 0 && H > 0)) return;
    family ||= getComputedStyle(svg).fontFamily;
    const font = `12.5px ${family}`, bold = `600 ${font}`;
    const narrow = W < 430;
    const labels = narrow ? ["perfect assay", "as reported", "high : low"] : [`per ${fold}-fold, perfect assay`, `per ${fold}-fold, as reported`, "high against low"];
    const left = Math.max(narrow ? 34 : 44, 14 + width("high", bold) + width(`${now.patients.time.length}`, font) / 2), right = W - (narrow ? 36 : 48);
    const rest = H - (narrow ? 150 : 190); // what texts and gaps leave
    const row = Math.max(16, (0.26 * rest) / 3);
    const high = [0.26 * rest, rest - 0.26 * rest - 3 * row];
    const nodes = [];
    const text = (x, y, what, more) => nodes.push(s("text", { x, y, ...more }, what));
    const line = (x1, y1, x2, y2, more) => nodes.push(s("line", { x1, y1, x2, y2, ...more }));
    const middle = { "text-anchor": "middle" }, end = { "text-anchor": "end" };
    const other = ghost();

    // levels
    const { setting } = now;
    const ends = [-1, 1].map((side) => config.base.level * Math.exp(side * SPREAD * config.base.sd));
    const x = scaleLog(ends, [left, right]).clamp(true);
    const bin = (v) => Math.min(BINS - 1, Math.max(0, Math.floor((BINS * Math.log(v / ends[0])) / Math.log(ends[1] / ends[0]))));
    const edge = (k) => left + ((right - left) * k) / BINS;
    const bars = { low: new Float64Array(BINS), high: new Float64Array(BINS) }, truth = new Float64Array(BINS);
    now.reported.forEach((v, i) => bars[GROUPS[now.group[i]]][bin(v)]++);
    now.patients.level.forEach((v) => truth[bin(v)]++);
    let top = narrow ? 30 : 34, bottom = top + high[0];
    text(4, 12, narrow ? `Patients by level (${unit})` : `Patients by reported level of the ${marker} (${unit}); line: true levels`, { class: "axis-title" });
    const most = 1.3 * Math.max(...truth);
    const y = scaleLinear([0, most], [bottom, top]).clamp(true);
    for (let k = 0; k < BINS; k++) {
      const [low, both] = [bars.low[k], bars.low[k] + bars.high[k]];
      const bar = (from, to, name) => to > from && nodes.push(s("rect", { class: "bar", x: edge(k) + 0.5, y: y(to), width: edge(k + 1) - edge(k) - 1, height: y(from) - y(to), fill: colours[name] }));
      bar(0, low, "low");
      bar(low, both, "high");
      if (both > most) text((edge(k) + edge(k + 1)) / 2, top - 3, `${both}`, { class: "mark-label", ...middle });
    }
    nodes.push(s("path", { class: "line truth", d: path([...truth].flatMap((v, k) => [[edge(k), y(v)], [edge(k + 1), y(v)]])), stroke: "var(--x-ink)" }));
    const levels = logTicks(x, (right - left) / 60);
    line(left, bottom, right, bottom, { class: "base" });
    for (const v of levels) {
      line(x(v), bottom, x(v), bottom + 4, { class: "tick" });
      text(x(v), bottom + 16, number(v), middle);
    }
    const marks = [["limit", setting.limit], ["cut", setting.cut]].filter(([, v]) => v >= ends[0] && v <= ends[1]).sort((a, b) => a[1] - b[1]);
    marks.forEach(([name, v], i) => {
      line(x(v), top, x(v), bottom, { class: name === "cut" ? "mark cut" : "mark" });
      const w = width(name, bold) + 5, before = marks.length > 1 ? i === 0 : x(v) + w > right;
      text(x(v) + (before ? -4 : 4), top + 9, name, { class: "mark-label", ...(before ? end : {}) });
    });

    // survival
    top = bottom + (narrow ? 38 : 48);
    bottom = top + high[1];
    const months = scaleLinear([0, setting.follow_up], [left, right]);
    const alive = scaleLinear([0, 1], [bottom, top]);
    text(4, top - 10, narrow ? "Alive (%) by month; below, at risk" : "Alive (%)", { class: "axis-title" });
    if (now.test) text(narrow ? W - 4 : right, top - 10, `${narrow ? "" : "log-rank "}p ${chance(now.test.p)}`, { class: "axis-title", ...end });
    for (const v of [0, 0.25, 0.5, 0.75, 1]) {
      if (narrow && (v === 0.25 || v === 0.75)) continue;
      line(left, alive(v), right, alive(v), { class: "grid" });
      text(left - 7, alive(v) + 4, `${100 * v}`, end);
    }
    line(left, bottom, right, bottom, { class: "base" });
    const ticks = months.ticks(Math.max(3, Math.min(7, (right - left) / 58)));
    for (const t of ticks) {
      line(months(t), bottom, months(t), bottom + 4, { class: "tick" });
      text(months(t), bottom + 16, number(t), middle);
    }
    const steps = ({ curve }, until) => {
      const points = [];
      curve.time.forEach((t, k) => {
        if (t > until) return;
        if (k) points.push([months(t), alive(curve.survival[k - 1])]);
        points.push([months(t), alive(curve.survival[k])]);
      });
      return path(points);
    };
    if (other) for (const name of GROUPS) if (other.groups[name].n) nodes.push(s("path", { class: "line ghost", d: steps(other.groups[name], setting.follow_up), stroke: colours[name] }));
    const tags = [];
    GROUPS.forEach((name, i) => {
      const group = now.groups[name];
      text(4, bottom + (narrow ? 30 : 33) + 14 * i, name, { class: "label", fill: colours[name] });
      atRisk(group.time, ticks).forEach((count, k) => text(months(ticks[k]), bottom + (narrow ? 30 : 33) + 14 * i, `${count}`, middle));
      if (!group.n) return;
      nodes.push(s("path", { class: "line", d: steps(group, Infinity), stroke: colours[name], "stroke-dasharray": name === "low" ? DASHES[1] : "" }));
      const { time, survival, censored } = group.curve;
      nodes.push(s("path", { class: "censored", d: time.map((t, k) => (censored[k] ? `M${months(t).toFixed(1)},${(alive(survival[k]) - 3).toFixed(1)}v6` : "")).join(""), stroke: colours[name] }));
      tags.push({ name, y: alive(survival[survival.length - 1]), x: months(time[time.length - 1]) });
    });
    if (tags.length === 2 && Math.abs(tags[0].y - tags[1].y) < 14) {
      const [upper, lower] = tags[0].y <= tags[1].y ? tags : [tags[1], tags[0]];
      const centre = (upper.y + lower.y) / 2;
      [upper.y, lower.y] = [centre - 7, centre + 7];
    }
    for (const tag of tags) text(Math.min(W - width(tag.name, bold) - 2, tag.x + 5), Math.min(bottom, Math.max(top + 8, tag.y + 4)), tag.name, { class: "label", fill: colours[tag.name] });
    if (!narrow) text((left + right) / 2, bottom + 61, "months since entry; above, patients at risk", { class: "axis-title", ...middle });

    // hazard ratios
    top = bottom + (narrow ? 66 : 90);
    bottom = top + 3 * row;
    const ratios = [now.perfect, now.asReported, now.twoGroups], before = other ? [other.perfect, other.asReported, other.twoGroups] : [];
    const numbers = ratios.map((r) => (r ? printed(r, "–") : "no estimate"));
    const from = 8 + Math.max(...labels.map((t) => width(t, font))), to = W - 8 - Math.max(...["0.00 (0.00–0.00)", ...numbers].map((t) => width(t, font)));
    const extent = [Math.log(setting.hr), 0, ...ratios.filter(Boolean).flatMap((r) => [r.log - Z * r.se, r.log + Z * r.se])];
    const half = Math.LN2 / 2;
    const domain = [Math.max(-3, half * Math.floor(Math.min(...extent) / half)), Math.min(4, half * Math.ceil(Math.max(...extent, 0.1) / half))];
    const ratio = scaleLinear(domain, [from + 6, to - 6]).clamp(true);
    text(4, top - 6, narrow ? `Hazard ratio per ${fold}-fold; dashed: stated` : `Hazard ratio (95 % CI); dashed: stated per ${fold}-fold`, { class: "axis-title" });
    const shown = RATIOS.filter((v) => Math.log(v) >= domain[0] - 1e-9 && Math.log(v) <= domain[1] + 1e-9);
    for (const v of shown) {
      line(ratio(Math.log(v)), top, ratio(Math.log(v)), bottom, { class: v === 1 ? "base" : "grid" });
      text(ratio(Math.log(v)), bottom + 13, number(v), middle);
    }
    line(ratio(Math.log(setting.hr)), top, ratio(Math.log(setting.hr)), top + 2 * row, { class: "mark" });
    ratios.forEach((r, i) => {
      const at = top + (i + 0.5) * row;
      text(4, at + 4, labels[i], { class: "study" });
      text(W - 4, at + 4, numbers[i], { class: "study", ...end });
      const was = before[i];
      if (was) nodes.push(s("rect", { class: "line ghost", x: ratio(was.log) - 4, y: at - 4, width: 8, height: 8, stroke: "var(--x-ink)" }));
      if (!r) return;
      line(ratio(r.log - Z * r.se), at, ratio(r.log + Z * r.se), at, { stroke: "var(--x-ink)", "stroke-width": 1.5 });
      nodes.push(s("rect", { x: ratio(r.log) - 4, y: at - 4, width: 8, height: 8, fill: i === 2 ? colours.high : "var(--x-ink)" }));
    });
    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    content.replaceChildren(...nodes);
    timings.paint = performance.now() - began;
  }

  let due = 0;
  function refresh() {
    due ||= requestAnimationFrame(flush);
  }
  /** Do now what waits for the next frame. */
  function flush() {
    cancelAnimationFrame(due);
    due = 0;
    const began = performance.now();
    now = compute(state.values, state.scenario);
    timings.solve = performance.now() - began;
    draw();
    shell.speakSoon();
  }
  const current = () => {
    if (due) flush();
    return now;
  };

  // --- controls ---
  const controls = createControls(config, state);
  const compare = compareButton(() => "Show or hide the first setting as faint curves and hollow squares", () => {
    comparing = !comparing;
    compare.show(comparing);
    draw();
  });
  compare.show(comparing);
  state.subscribe((source) => {
    controls.show(source);
    if (source !== "reset") status.textContent = "";
    refresh();
    shell.changed(source);
  });
  const seed = state.controls.find((c) => c.name === "seed");
  shell.panel.replaceChildren(
    ...[
      controls.scenario,
      controls.group,
      shell.buttons(
        button("reset", "Reset", "Back to the first setting", () => {
          status.textContent = "";
          state.assign([], state.initial, "reset");
        }),
        seed && button("another", "Other patients", "Draw another cohort from the same setting", () => state.set("seed", state.values.seed < seed.max ? state.values.seed + 1 : seed.min, "seed")),
        compare.element,
      ),
      shell.files(),
      status,
      controls.hint,
    ].filter(Boolean),
  );
  stage.replaceChildren(svg);
  controls.show();
  draw();
  shell.live();

  // --- what a reader takes along ---
  function told() {
    return [`${capital(marker)} and survival in a simulated cohort`, ...controls.told(), summary(), "simulated"];
  }
  function data() {
    const { patients, kept, reported, group } = current();
    const place = new Map(kept.map((i, k) => [i, k]));
    const rows = Array.from(patients.time, (t, i) => {
      const k = place.get(i);
      return [i + 1, t, patients.event[i], patients.level[i], patients.measured[i], k === undefined ? NaN : reported[k], k === undefined ? "left out" : GROUPS[group[k]]];
    });
    return { columns: ["patient", "time", "event", "level_true", "measured", "reported", "group"], units: ["", "months", "", unit, unit, unit, ""], rows };
  }

  return {
    __proto__: shell.handle,
    state,
    get scenario() {
      return state.scenario;
    },
    get values() {
      return { ...state.values };
    },
    get summary() {
      return current(), summary();
    },
    set(name, value) {
      const v = state.set(name, value, name);
      flush();
      return v;
    },
    /** All that is computed at a setting (parameters by name, `below` by its place). */
    solve: (values = {}) => compute({ ...state.values, ...values }, state.scenario),
    get lastTimings() {
      return { ...timings };
    },
    adopt(pairs) {
      const scenario = pairs.find(([name]) => name === "scenario")?.[1];
      state.assign(pairs, scenario === "none" ? "" : scenario, "address");
    },
    destroy() {
      cancelAnimationFrame(due);
      shell.destroy();
    },
  };
}
