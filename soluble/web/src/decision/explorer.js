/**
 * The decision explorer: simulated patients with predicted chances of response, the ROC curve, calibration, and what
 * treating by the prediction is worth. Python draws the first picture after the same rules (soluble/explorer_decision.py).
 */
import { DASHES, path, width } from "../chart.js";
import { s } from "../dom.js";
import { number } from "../format.js";
import * as address from "../hash.js";
import { scaleLinear } from "../scales.js";
import { createLife } from "../setting.js";
import { createShell } from "../shell.js";
import { createState } from "../state.js";
import { normalQuantile } from "../statistics.js";
import { above, expectedNetBenefit, expectedObserved, separation, simulatePredictions } from "./cohort.js";
import { auc, calibration, netBenefit, roc } from "./estimate.js";

const Z = normalQuantile(0.95);
const SMOOTH = Array.from({ length: 121 }, (_, k) => k / 120);
const HALVES = [0, 0.5, 1];
const KEYS = [["by the model", "treat all", "treat none", "infinitely many patients"], ["model", "all", "none", "infinitely many"]];
const MODEL = "var(--series-2, currentColor)", ALL = "var(--series-1, currentColor)", INK = "var(--x-ink)";

/** The points of a curve as far as they stay at or above `low`, with the crossing itself. */
function above0(points, low) {
  const out = [];
  points.forEach(([x, y], i) => {
    const before = points[i - 1];
    if (before && before[1] < low !== y < low) {
      const part = (low - before[1]) / (y - before[1]);
      const crossing = [before[0] + part * (x - before[0]), low];
      out.push(...(y < low ? [crossing, [NaN, NaN]] : [[NaN, NaN], crossing]));
    }
    if (y >= low) out.push([x, y]);
  });
  return out;
}

export function mountDecision(root, config, options = {}) {
  const { id, last } = config;
  const grid = Array.from({ length: 2 * last - 1 }, (_, k) => (k + 2) / 200);
  const state = createState(config, { scenarios: config.presets });
  const shell = createShell(root, config, options, { summary: () => life.summary(), draw: () => life.draw(), picture: () => void life.current(), data: () => data(), told, hash: () => address.write(id, state) });
  const { stage, svg, content } = shell;
  root.style.setProperty("--explorer-height", config.height);

  /** The patients of a setting and what they show. */
  function compute(values, scenario) {
    const setting = { ...config.base, ...state.overrides(values, scenario) };
    const shape = { ...setting, prevalence: setting.prevalence / 100 };
    const patients = simulatePredictions(shape);
    const { risk, response } = patients, threshold = setting.threshold / 100;
    const responders = response.reduce((a, b) => a + b, 0);
    const both = responders > 0 && responders < response.length;
    const at = netBenefit(risk, response, [threshold]);
    return {
      setting,
      shape,
      patients,
      threshold,
      responders,
      area: auc(risk, response),
      calibration: calibration(risk, response, Z),
      roc: both ? roc(risk, response) : null,
      curve: netBenefit(risk, response, grid),
      at: Object.fromEntries(Object.entries(at).map(([name, [v]]) => [name, v])),
      expected: grid.map((t) => expectedNetBenefit(t, shape)),
      expectedAt: expectedNetBenefit(threshold, shape),
    };
  }

  // --- words ---
  const interval = (v, se, mid, [low, high] = [-Infinity, Infinity]) => `${v.toFixed(2)} (${Math.max(low, v - Z * se).toFixed(2)}${mid}${Math.min(high, v + Z * se).toFixed(2)})`;
  const percent = (share) => `${Math.round(100 * share)}\u00a0%`;
  const worth = (v) => number(Math.abs(v) < 5e-5 ? 0 : Math.round(1000 * v) / 10, 3); // right treatments per 100 patients
  function summary(now) {
    const { setting, patients, responders, at, area, calibration, expectedAt } = now;
    const n = patients.risk.length, count = (share) => Math.round(share * n);
    const text = [`Simulated: ${n} patients, ${responders} of whom respond (${percent(responders / n)}).`];
    if (area) {
      const fitted = calibration?.slope === undefined ? "" : `, the calibration slope ${interval(calibration.slope, calibration.slopeSe, " to ")}`;
      text.push(`The area under the ROC curve is ${interval(area.estimate, area.se, " to ", [0, 1])}${fitted}; ${percent(patients.risk.reduce((a, b) => a + b, 0) / n)} are predicted to respond.`);
    }
    text.push(`Treating from a predicted chance of ${number(setting.threshold)}\u00a0% treats ${percent(at.treated)}: ${count(at.true)} of the ${responders} who respond and ${count(at.false)} of the ${n - responders} who do not.`);
    const best = Math.max(at.model, at.all, 0), close = (v) => best - v < 1e-12;
    const verdict = close(at.all) && close(at.model) ? "it does as treating all" : close(at.model) && close(0) ? "it does as treating none" : close(at.model) ? "here the model is best" : close(at.all) ? "here treating all is better" : "here treating none is better";
    text.push(`Net benefit per 100 patients is ${worth(at.model)} by the model (${worth(expectedAt)} expected in infinitely many), ${worth(at.all)} for treating all and 0 for treating none: ${verdict}.`);
    return text.join(" ");
  }

  // --- picture ---
  let family = "";
  function draw(now, other) {
    const W = stage.clientWidth, H = stage.clientHeight;
    if (!(W > 0 && H > 0)) return;
    family ||= getComputedStyle(svg).fontFamily;
    const font = `12.5px ${family}`;
    const narrow = W < 430;
    const [left, gap, right] = narrow ? [30, 38, W - 16] : [46, 64, W - 14];
    const head = narrow ? 20 : 30, foot = narrow ? 34 : 44;
    const side = Math.min((right - left - gap) / 2, (H - head - foot) * (narrow ? 0.42 : 0.46));
    const nodes = [];
    const text = (x, y, what, more) => nodes.push(s("text", { x, y, ...more }, what));
    const line = (x1, y1, x2, y2, more) => nodes.push(s("line", { x1, y1, x2, y2, ...more }));
    const middle = { "text-anchor": "middle" }, end = { "text-anchor": "end" };
    const upright = (x, y, what) => text(x, y, what, { class: "axis-title", ...middle, transform: `rotate(-90 ${x} ${y})` });
    const curve = (points, more) => nodes.push(s("path", { class: "line", d: path(points), ...more }));
    const bottom = head + side;

    /** Axes of a square from 0 to 100 %; gives the two scales. */
    function square(from, below) {
      const x = scaleLinear([0, 1], [from, from + side]), y = scaleLinear([0, 1], [bottom, head]);
      for (const v of HALVES) {
        if (v) line(from, y(v), from + side, y(v), { class: "grid" });
        if (!narrow || v !== 0.5) text(from - 6, y(v) + 4, `${100 * v}`, end);
        line(x(v), bottom, x(v), bottom + 4, { class: "tick" });
        text(x(v), bottom + 15, `${100 * v}`, middle);
      }
      line(from, bottom, from + side, bottom, { class: "base" });
      line(x(0), y(0), x(1), y(1), { class: "mark even" });
      if (!narrow) text(from + side / 2, bottom + 33, below, { class: "axis-title", ...middle });
      return [x, y];
    }

    // ROC
    const { area, setting, threshold } = now;
    let [x, y] = square(left, "others who are treated (%)");
    const heading = area ? `, AUC ${narrow ? area.estimate.toFixed(2) : interval(area.estimate, area.se, "–", [0, 1])}` : "";
    text(narrow ? left - 20 : 4, narrow ? 12 : 14, `ROC${heading}`, { class: "axis-title" });
    if (!narrow) upright(14, head + side / 2, "responders treated (%)");
    const d = separation(setting.auc);
    const points = (found) => found.roc.sensitivity.map((v, i) => [x(found.roc.falsePositive[i]), y(v)]);
    if (other?.roc) curve(points(other), { class: "line ghost", stroke: MODEL });
    curve(SMOOTH.map((u) => [x(above(10 * u - 5)), y(above(10 * u - 5 - d))]), { class: "line truth", stroke: INK });
    const dot = (cx, cy, r = 5) => nodes.push(s("circle", { class: "dot", cx, cy, r, fill: MODEL }));
    if (now.roc) {
      curve(points(now), { stroke: MODEL });
      const share = now.responders / now.patients.risk.length;
      dot(x(now.at.false / (1 - share)), y(now.at.true / share));
    }

    // calibration
    const second = left + side + gap;
    [x, y] = square(second, "predicted to respond (%)");
    const fitted = now.calibration?.slope === undefined ? "" : `, slope ${now.calibration.slope.toFixed(2)}`;
    text(narrow ? second - 24 : second - 42, narrow ? 12 : 14, narrow && width(`Calibration${fitted}`, font) > side + 24 ? `Slope ${fitted.slice(8)}` : `Calibration${fitted}`, { class: "axis-title" });
    if (!narrow) upright(second - 32, head + side / 2, "who respond (%)");
    line(x(threshold), head, x(threshold), bottom, { class: "mark" });
    const bent = (shape) => SMOOTH.map((u) => [x(0.002 + 0.996 * u), y(expectedObserved(0.002 + 0.996 * u, shape))]);
    if (other) curve(bent(other.shape), { class: "line ghost", stroke: INK });
    curve(bent(now.shape), { class: "line truth", stroke: INK });
    for (const group of now.calibration?.groups ?? []) {
      line(x(group.risk), y(group.low), x(group.risk), y(group.high), { stroke: MODEL, "stroke-width": 1.2 });
      nodes.push(s("circle", { cx: x(group.risk), cy: y(group.observed), r: 3, fill: MODEL }));
    }

    // net benefit
    const top = bottom + (narrow ? 64 : 94), low = H - foot;
    text(narrow ? left - 20 : 4, top - 32, narrow ? "Net benefit per 100 patients" : "Net benefit, in right treatments per 100 patients", { class: "axis-title" });
    const looks = [{ stroke: MODEL }, { stroke: ALL, "stroke-dasharray": DASHES[1] }, { class: "base" }, { class: "line truth", stroke: INK }];
    const dash = narrow ? 14 : 22, begin = narrow ? left - 20 : left;
    const room = (names) => (right - begin - names.reduce((sum, name) => sum + dash + 5 + width(name, font), 0)) / 3;
    const names = room(KEYS[0]) > 10 ? KEYS[0] : KEYS[1];
    let at = begin;
    names.forEach((name, i) => {
      line(at, top - 14, at + dash, top - 14, { class: "line", ...looks[i] });
      text(at + dash + 5, top - 10, name);
      at += dash + 5 + width(name, font) + Math.min(18, room(names));
    });
    const most = (100 * now.responders) / now.patients.risk.length || 1, least = -0.3 * most;
    x = scaleLinear([0, last / 100], [left, right]);
    y = scaleLinear([least, 1.06 * most], [low, top]);
    for (const v of y.ticks(narrow ? 4 : 6)) {
      line(left, y(v), right, y(v), { class: v === 0 ? "base" : "grid" });
      text(left - 6, y(v) + 4, number(v), end);
    }
    line(left, low, right, low, { class: "base" });
    for (let t = 0; t <= last; t += narrow ? 20 : 10) {
      line(x(t / 100), low, x(t / 100), low + 4, { class: "tick" });
      text(x(t / 100), low + 16, `${t}`, middle);
    }
    text((left + right) / 2, H - (narrow ? 2 : 10), narrow ? "chance from which to treat (%)" : "chance of response from which to treat (%)", { class: "axis-title", ...middle });
    const drawn = (values) => above0(values.map((v, i) => [grid[i], 100 * v]), least).map(([a, b]) => [x(a), y(b)]);
    line(x(threshold), top, x(threshold), low, { class: "mark" });
    if (other) curve(drawn(other.curve.model), { class: "line ghost", stroke: MODEL });
    curve(drawn(now.curve.all), { stroke: ALL, "stroke-dasharray": DASHES[1] });
    curve(drawn(now.expected), { class: "line truth", stroke: INK });
    curve(drawn(now.curve.model), { stroke: MODEL });
    if (100 * now.at.model >= least) dot(x(threshold), y(100 * now.at.model));
    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    content.replaceChildren(...nodes);
  }

  const life = createLife(config, state, shell, { compute, draw, summary });
  life.begin({ ghost: "faint curves", another: "Draw other patients from the same setting" });

  // --- what a reader takes along ---
  function told() {
    return ["Predicted chances of response in a simulated cohort", ...life.told(), life.summary(), "simulated"];
  }
  function data() {
    const { patients, threshold } = life.current();
    const rows = Array.from(patients.risk, (risk, i) => [i + 1, patients.response[i], patients.marker[i], risk, patients.trueRisk[i], risk >= threshold ? 1 : 0]);
    return { columns: ["patient", "response", "marker", "risk_predicted", "risk_true", "treated"], units: ["", "", "", "", "", ""], rows };
  }

  return life.handle;
}
