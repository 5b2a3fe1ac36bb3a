/**
 * The survival explorer: a simulated cohort, what an assay reports of its marker, a cut, and what survival shows of it.
 * Python draws the first picture after the same rules (soluble/explorer_survival.py).
 */
import { logTicks, path, width } from "../chart.js";
import { capital, measure, number } from "../format.js";
import * as address from "../hash.js";
import { scaleLinear, scaleLog } from "../scales.js";
import { createLife } from "../setting.js";
import { createShell } from "../shell.js";
import { createState } from "../state.js";
import { analyse } from "./analysis.js";
import { simulateCohort } from "./cohort.js";
import { END, GROUPS, MIDDLE, chance, createPen, drawRatios, drawSurvival, printed, share } from "./panels.js";

const BINS = 30, SPREAD = 3.6; // bars; their range to either side of the median, in standard deviations

export function mountSurvival(root, config, options = {}) {
  const { id, marker, unit } = config;
  const state = createState(config, { scenarios: config.presets });
  const shell = createShell(root, config, options, { summary: () => life.summary(), draw: () => life.draw(), picture: () => void life.current(), data: () => data(), told, hash: () => address.write(id, state) });
  const { stage, svg, content } = shell;
  root.style.setProperty("--explorer-height", config.height);
  const colours = { high: `var(--${config.colour}, currentColor)`, low: "var(--med-mmp, currentColor)" };

  /** The patients of a setting and what is seen of them. */
  function compute(values, scenario) {
    const setting = { ...config.base, ...state.overrides(values, scenario) };
    const patients = simulateCohort({ ...setting, cv: setting.cv / 100 });
    return { setting, patients, ...analyse(patients, { ...setting, below: config.rules[setting.below] }) };
  }

  // --- words ---
  const fold = number(Math.exp(config.base.sd), 2);
  const lives = (group) => (group.median === undefined ? "not reached" : `${number(group.median, 2)} months`);
  function summary(now) {
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
  function draw(now, other) {
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
    const pen = createPen(), { text, line, add } = pen;

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
      const bar = (from, to, name) => to > from && add("rect", { class: "bar", x: edge(k) + 0.5, y: y(to), width: edge(k + 1) - edge(k) - 1, height: y(from) - y(to), fill: colours[name] });
      bar(0, low, "low");
      bar(low, both, "high");
      if (both > most) text((edge(k) + edge(k + 1)) / 2, top - 3, `${both}`, { class: "mark-label", ...MIDDLE });
    }
    add("path", { class: "line truth", d: path([...truth].flatMap((v, k) => [[edge(k), y(v)], [edge(k + 1), y(v)]])), stroke: "var(--x-ink)" });
    const levels = logTicks(x, (right - left) / 60);
    line(left, bottom, right, bottom, { class: "base" });
    for (const v of levels) {
      line(x(v), bottom, x(v), bottom + 4, { class: "tick" });
      text(x(v), bottom + 16, number(v), MIDDLE);
    }
    const marks = [["limit", setting.limit], ["cut", setting.cut]].filter(([, v]) => v >= ends[0] && v <= ends[1]).sort((a, b) => a[1] - b[1]);
    marks.forEach(([name, v], i) => {
      line(x(v), top, x(v), bottom, { class: name === "cut" ? "mark cut" : "mark" });
      const w = width(name, bold) + 5, before = marks.length > 1 ? i === 0 : x(v) + w > right;
      text(x(v) + (before ? -4 : 4), top + 9, name, { class: "mark-label", ...(before ? END : {}) });
    });

    // survival
    top = bottom + (narrow ? 38 : 48);
    bottom = top + high[1];
    drawSurvival(pen, { W, left, right, top, bottom, narrow, horizon: setting.follow_up, time: { one: "month", many: "months" }, groups: now.groups, ghost: other?.groups, colours, test: now.test, bold });

    // hazard ratios
    top = bottom + (narrow ? 66 : 90);
    const kinds = ["perfect", "asReported", "twoGroups"];
    drawRatios(pen, {
      W, top, row, font,
      rows: kinds.map((kind, i) => ({ label: labels[i], ratio: now[kind], was: other?.[kind], fill: kind === "twoGroups" ? colours.high : undefined })),
      title: narrow ? `Hazard ratio per ${fold}-fold; dashed: stated` : `Hazard ratio (95 % CI); dashed: stated per ${fold}-fold`,
      stated: { log: Math.log(setting.hr), rows: [0, 2] },
    });
    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    content.replaceChildren(...pen.nodes);
  }

  const life = createLife(config, state, shell, { compute, draw, summary });
  life.begin({ ghost: "faint curves and hollow squares", another: "Draw another cohort from the same setting" });

  // --- what a reader takes along ---
  function told() {
    return [`${capital(marker)} and survival in a simulated cohort`, ...life.told(), life.summary(), "simulated"];
  }
  function data() {
    const { patients, kept, reported, group } = life.current();
    const place = new Map(kept.map((i, k) => [i, k]));
    const rows = Array.from(patients.time, (t, i) => {
      const k = place.get(i);
      return [i + 1, t, patients.event[i], patients.level[i], patients.measured[i], k === undefined ? NaN : reported[k], k === undefined ? "left out" : GROUPS[group[k]]];
    });
    return { columns: ["patient", "time", "event", "level_true", "measured", "reported", "group"], units: ["", "months", "", unit, unit, unit, ""], rows };
  }

  return life.handle;
}
