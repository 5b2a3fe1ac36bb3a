/**
 * The explorer of cut-points: a cohort (simulated, one that comes with the page, or a reader's own file), its marker cut in two,
 * the log-rank test at every cut, and what the choice of the best one does. Python draws the first picture after the same rules
 * (soluble/explorer_survival.py).
 */
import { path, width } from "../chart.js";
import { h } from "../dom.js";
import { measure, number } from "../format.js";
import * as address from "../hash.js";
import { scaleLinear } from "../scales.js";
import { button, createControls, createShell, seedButton } from "../shell.js";
import { createState, stateHandle } from "../state.js";
import { chi2Tail } from "../statistics.js";
import { simulateCohort } from "./cohort.js";
import { cutAt, needed, prepare, shuffler } from "./cuts.js";
import { END, GROUPS, MIDDLE, chance, createPen, drawRatios, drawSurvival, printed, share } from "./panels.js";
import { Problem, checkSize, decode, readCohort } from "./table.js";

const LEVEL = 0.05, SLICE = 10; // of the tests; milliseconds of shuffling at a time
const short = (text, limit) => ([...text].length > limit ? [...text].slice(0, limit - 1).join("") + "…" : text);

export function mountCutpoints(root, config, options = {}) {
  const { id, shuffles } = config;
  const state = createState(config, { scenarios: config.presets });
  const shell = createShell(root, config, options, { summary: () => summary(), draw: () => draw(), picture: () => void current(), data: () => data(), told, hash: () => address.write(id, state) });
  const { stage, svg, content, status } = shell;
  root.style.setProperty("--explorer-height", config.height);
  const colours = { high: "var(--series-1, currentColor)", low: "var(--med-mmp, currentColor)" };
  const timings = { solve: 0, paint: 0, draft: false };
  const place = config.datasets.length; // of the reader's file among the data
  let own = null, files = 0;
  let noise = { key: "", list: [], running: 0 };

  // --- the patients of a setting, and what is seen of them ---
  const sourceOf = (setting) => (setting.data === place && own ? own : config.datasets[setting.data] ?? config.datasets[0]);
  function patientsOf(source, setting) {
    if (source.simulated) {
      const { time, event, level } = simulateCohort({ ...source.simulated, ...setting, cv: 0 });
      return { time, event, marker: level, arm: null };
    }
    const only = source.arms.length && setting.arm ? setting.arm - 1 : null;
    const kept = only === null ? [...source.time.keys()] : [...source.arm.keys()].filter((i) => source.arm[i] === only);
    const [time, event, marker] = [source.time, source.event, source.marker].map((column) => Float64Array.from(kept, (i) => column[i]));
    return { time, event, marker, arm: source.arms.length && only === null ? source.arm : null };
  }
  let made = { key: "" };
  function compute(values, scenario) {
    const setting = { ...config.base, ...state.overrides(values, scenario) };
    const source = sourceOf(setting);
    const key = JSON.stringify([source === own ? `file ${files}` : setting.data, setting.margin, setting.seed, ...(source.simulated ? [setting.hr, setting.n] : [setting.arm])]);
    if (made.key !== key) {
      const patients = patientsOf(source, setting);
      const several = patients.marker.some((v) => v !== patients.marker[0]);
      made = { key, source, patients, ...(several ? prepare(patients, { margin: setting.margin / 100, seed: setting.seed }) : { points: [] }) };
    }
    return { setting, ...made, ...(made.points.length ? cutAt(made.patients, made.points, setting.low / 100) : {}) };
  }
  let now = compute(state.values, state.scenario);
  const shown = () => (noise.key === now.key ? noise.list : []);

  // --- words ---
  const lives = (group) => (group.median === undefined ? "not reached" : measure(group.median, now.source.time_unit, 2));
  function summary() {
    const { source, patients, events, at, groups, test, ratio, arms, best, bestRatio, split, perSd, logarithmic, setting } = now;
    const n = patients.time.length;
    const text = [];
    if (setting.data === place && !own) text.push("This setting was made with a file, and a file stays with its owner: open it to see it.");
    const who = source.arms.length && setting.arm ? ` in the arm ${source.arms[setting.arm - 1]}` : "";
    text.push(`${source.says}: ${n} patients${who}, ${events ?? patients.event.reduce((a, b) => a + b, 0)} ${source.outcome}.`);
    if (!at) return [...text, "All have the same marker, so there is no cut."].join(" ");
    const counts = `${groups.high.n} patients are above ${measure(at.cut, source.unit)} and ${groups.low.n} are not`;
    text.push(test && ratio ? `${counts}; median survival ${lives(groups.high)} against ${lives(groups.low)}, hazard ratio ${printed(ratio)}, log-rank p ${chance(test.p)}.` : `${counts}: nothing to compare.`);
    if (best) text.push(`Of ${best.tested} cuts the best is ${measure(best.cut, source.unit)} with p ${chance(best.p)}${bestRatio ? ` and ${printed(bestRatio)}` : ""}; corrected for the choice, p ${chance(best.corrected)}.`);
    if (split?.trained) text.push(`Chosen in one half of the patients, the best cut gives ${printed(split.trained)} there and ${split.validated ? printed(split.validated) : "nothing to compare"} in the other half.`);
    if (perSd) text.push(`Without a cut, per standard deviation${logarithmic ? " of the logarithm" : ""}: ${printed(perSd)}${source.simulated ? `; ${number(setting.hr)} was stated` : ""}.`);
    if (arms[0] && arms[1]) {
      const gap = { log: arms[1].log - arms[0].log, se: Math.hypot(arms[0].se, arms[1].se) };
      text.push(`At this cut ${source.arms[0]} has ${printed(arms[0])} and ${source.arms[1]} ${printed(arms[1])}; the ratio of the second to the first, which a predictive marker would move from 1, is ${printed(gap)}.`);
    }
    const list = shown();
    if (list.length && best) {
      const few = list.filter((x) => x.p < LEVEL).length, same = list.filter((x) => x.chi2 >= best.chi2 * (1 - 1e-9)).length;
      text.push(`Of ${list.length} shuffles, pure noise, ${share(few, list.length)} had a best cut with p below ${LEVEL}, and ${same ? share(same, list.length) : "none"} one at least as good as this.`);
    }
    return text.join(" ").replace(/\bp ([=<]) /g, "p\u00a0$1\u00a0"); // not parted at the end of a line
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
    const { source, patients, points, at, best, setting } = now;
    const pen = createPen(), { text, line, add } = pen;
    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    if (!at) {
      text(W / 2, H / 2, "All have the same marker: no cut", { class: "axis-title", ...MIDDLE });
      return content.replaceChildren(...pen.nodes);
    }
    const n = patients.time.length;
    const left = Math.max(narrow ? 34 : 44, 14 + width("high", bold) + width(`${n}`, font) / 2), right = W - (narrow ? 36 : 48);
    const labels = narrow ? ["this cut", "best cut", "half → half", "per SD"] : ["this cut", "best cut", "best of a half, in the other", "per standard deviation"];
    const ratios = [now.ratio, now.bestRatio, now.split?.validated, now.perSd];
    if (patients.arm) source.arms.forEach((arm, k) => (labels.push(short(narrow ? arm : `this cut, ${arm}`, narrow ? 9 : 24)), ratios.push(now.arms[k])));
    const rest = H - (narrow ? 164 : 206);
    const row = Math.min(24, Math.max(narrow ? 13 : 16, (0.3 * rest) / labels.length));
    const tall = rest - row * labels.length;

    // p at every cut
    let top = narrow ? 22 : 26, bottom = top + 0.46 * tall;
    const list = shown();
    const smallest = Math.max(1e-12, Math.min(1e-3, ...points.map((c) => (c.inside ? c.p || 1e-12 : 1)), ...list.map((c) => c.p || 1e-12)));
    const decades = Math.ceil(-Math.log10(smallest) - 1e-9);
    const x = scaleLinear([0, 100], [left, right]), y = scaleLinear([0, decades], [bottom, top]).clamp(true);
    const height = (p) => y(-Math.log10(Math.max(p, 1e-300)));
    text(4, 12, narrow ? "Log-rank p by share called low" : "Log-rank p at each cut, by the share of patients called low", { class: "axis-title" });
    for (const [from, to] of [[0, setting.margin], [100 - setting.margin, 100]]) add("rect", { class: "outside", x: x(from), y: top, width: x(to) - x(from), height: bottom - top });
    const every = Math.ceil((14 * decades) / (bottom - top));
    for (let k = 0; k <= decades; k += every) {
      line(left, y(k), right, y(k), { class: "grid" });
      text(left - 7, y(k) + 4, k < (decades > 4 ? 3 : 5) ? `${Number((10 ** -k).toFixed(k))}` : number(10 ** -k), END);
    }
    line(left, bottom, right, bottom, { class: "base" });
    for (const v of [0, 25, 50, 75, 100]) {
      line(x(v), bottom, x(v), bottom + 4, { class: "tick" });
      text(x(v), bottom + 16, `${v} %`, MIDDLE);
    }
    const rule = y(-Math.log10(LEVEL)), strict = height(chi2Tail(needed(LEVEL, setting.margin / 100), 1));
    line(left, rule, right, rule, { class: "mark" });
    line(left, strict, right, strict, { class: "mark" });
    for (const shuffle of list) add("circle", { class: "noise", cx: x((100 * shuffle.low) / n), cy: height(shuffle.p), r: 1.7 });
    const spot = (c) => [x((100 * c.low) / n), height(c.p)];
    add("path", { class: "line ghost", d: path(points.map(spot)), stroke: "var(--x-ink)" });
    add("path", { class: "line scan", d: path(points.filter((c) => c.inside).map(spot)), stroke: "var(--x-ink)" });
    const names = [];
    const tag = (px, py, what, more) => {
      const w = width(what, bold), box = { a: more["text-anchor"] === "end" ? px - w : px, y: py };
      if (names.some((o) => Math.abs(o.y - box.y) < 14 && box.a < o.a + o.w + 4 && o.a < box.a + w + 4)) return;
      names.push({ ...box, w });
      text(px, py, what, { class: "mark-label", ...more });
    };
    const [cx, cy] = spot(at), late = cx > (left + right) / 2;
    line(cx, top, cx, bottom, { class: "mark cut" });
    tag(cx + (late ? -5 : 5), top + 9, `cut ${number(at.cut)}`, late ? END : {});
    const [away, side] = late ? [left + 2, {}] : [right - 2, END]; // where the cut's own label is not
    tag(away, rule - 4, `${LEVEL}`, side);
    tag(away, strict - 4, `${LEVEL} after correction`, side);
    if (best) {
      const [bx, by] = spot(best);
      add("circle", { class: "best", cx: bx, cy: by, r: 6 });
      const after = bx < (left + right) / 2;
      tag(bx + (after ? 9 : -9), Math.max(top + 8, by - 4), "best", after ? {} : END);
    }
    add("circle", { class: "dot", cx, cy, r: 5, fill: colours.high });

    // survival
    top = bottom + (narrow ? 46 : 48);
    bottom = top + 0.54 * tall;
    const horizon = source.simulated ? source.simulated.follow_up : patients.time.reduce((a, b) => Math.max(a, b), 0);
    const unit = source.time_unit;
    drawSurvival(pen, { W, left, right, top, bottom, narrow, horizon, time: { one: unit.replace(/s$/, "") || "time", many: unit || "time" }, groups: now.groups, ghost: null, colours, test: now.test, bold });

    // hazard ratios
    drawRatios(pen, {
      W, top: bottom + (narrow ? 66 : 90), row, font,
      rows: ratios.map((ratio, i) => ({ label: labels[i], ratio, fill: i === 0 ? colours.high : undefined })),
      title: narrow ? "Hazard ratio, high against low" : `Hazard ratio, high against low (95 % CI)${source.simulated ? "; dashed: stated" : ""}`,
      stated: source.simulated && { log: Math.log(setting.hr), rows: [3, 4] },
    });
    content.replaceChildren(...pen.nodes);
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
    if (noise.running && noise.key !== now.key) stop();
    draw();
    fit();
    shell.speakSoon();
  }
  const current = () => {
    if (due) flush();
    return now;
  };

  // --- shuffles: in slices, so that the page stays at hand ---
  const shuffle = button("shuffle", "", "Deal the markers out anew among the patients and look for the best cut each time", () => (noise.running ? stop() : start()));
  const label = () => (shuffle.textContent = noise.running ? "Stop" : `Shuffle ${shuffles} times`);
  function stop() {
    clearTimeout(noise.running);
    noise.running = 0;
    label();
  }
  function start() {
    if (!current().best) {
      status.textContent = "There is no cut to shuffle for.";
      return;
    }
    const { key, patients, setting } = now;
    const next = shuffler(patients.time, patients.event, patients.marker, setting.margin / 100, setting.seed);
    noise = { key, list: [], running: 1 };
    let drawn = 0;
    const slice = () => {
      const until = performance.now() + SLICE;
      while (noise.list.length < shuffles && performance.now() < until) noise.list.push(next(noise.list.length));
      const done = noise.list.length >= shuffles;
      if (done) stop();
      else noise.running = setTimeout(slice, 0);
      if (done || performance.now() > drawn + 150) {
        draw();
        drawn = performance.now();
      }
      if (done) shell.speak();
    };
    label();
    slice();
  }

  // --- a reader's file: read here, kept nowhere ---
  async function open(file) {
    root.querySelector(".explorer-file-problem").textContent = status.textContent = "";
    let cohort;
    try {
      checkSize(file.size);
      cohort = readCohort(decode(new Uint8Array(await file.arrayBuffer())));
    } catch (error) {
      const why = error instanceof Problem ? error.message : "It could not be read; save it again as CSV.";
      root.querySelector(".explorer-file-problem").textContent = `“${short(file.name, 40)}” was not opened. ${why}`;
      return;
    }
    own = { ...cohort, time_unit: cohort.timeUnit, outcome: "events", says: `Your file “${short(file.name, 40)}”` };
    files++;
    const option = chooser.options[place];
    option.textContent = `your file: ${short(file.name, 28)}`;
    option.disabled = option.hidden = false;
    state.assign([["data", place]], "", "file");
    if (due) flush();
    status.textContent = [
      `Opened ${own.time.length} patients; they stay on this machine.`,
      own.arms.length ? "" : "No two arms: a column named arm would let you compare them.",
      own.ignored ? `${own.ignored} other ${own.ignored === 1 ? "column was" : "columns were"} left out.` : "",
    ].filter(Boolean).join(" ");
  }
  const input = h("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv,text/plain", hidden: true, tabindex: -1, "aria-label": "CSV file", onchange: () => {
    const [file] = input.files;
    if (file) open(file).finally(() => (input.value = "")); // so that the same file can be opened again
  } });

  // --- controls ---
  const controls = createControls(config, state);
  const element = (name) => controls.group.querySelector(`[data-name="${name}"]`);
  const chooser = element("data").querySelector("select");
  chooser.options[place].disabled = chooser.options[place].hidden = true;
  /** Only what has an effect on these data is offered. */
  function fit() {
    const { source } = now;
    for (const name of ["hr", "n"]) if (element(name)) element(name).hidden = !source.simulated;
    const arms = element("arm");
    if (!arms) return;
    arms.hidden = !source.arms.length;
    source.arms.forEach((arm, k) => (arms.querySelector("select").options[k + 1].textContent = `only ${short(arm, 24)}`));
  }
  state.subscribe((source) => {
    controls.show(source);
    if (source !== "reset") status.textContent = "";
    refresh();
    shell.changed(source);
  });
  shell.panel.replaceChildren(
    ...[
      controls.scenario,
      controls.group,
      shell.buttons(
        button("best", "Best cut", "Move the cut to where the log-rank p is smallest", () => current().best && state.set("low", (100 * now.best.low) / now.patients.time.length, "best")),
        shuffle,
        seedButton(state, "Another draw", "Other simulated patients, other halves, other shuffles"),
        button("reset", "Reset", "Back to the first setting", () => state.assign([], state.initial, "reset")),
        button("open", "Open a CSV", "Open a file of yours with the columns marker, time, event and arm; it stays on this machine", () => input.click()),
      ),
      input,
      h("p", { class: "explorer-file-problem", role: "alert" }),
      shell.files(),
      status,
      controls.hint,
    ].filter(Boolean),
  );
  label();
  stage.replaceChildren(svg);
  controls.show();
  draw();
  fit();
  shell.live();

  // --- what a reader takes along ---
  function told() {
    return [`Marker and survival: ${now.source.says}`, ...controls.told(), summary(), ...(now.source.simulated ? ["simulated"] : [])];
  }
  function data() {
    const { source, patients, group, points, chosenIn } = current();
    const here = new Map(points.map((c) => [c.cut, c]));
    const named = (i) => (patients.arm ? source.arms[patients.arm[i]] : source.arms[now.setting.arm - 1]);
    const arms = source.arms.length > 0;
    const rows = Array.from(patients.time, (t, i) => [i + 1, patients.marker[i], t, patients.event[i], ...(arms ? [named(i)] : []), group ? GROUPS[group[i]] : "", chosenIn?.has(i) ? 1 : 2, here.get(patients.marker[i])?.p ?? NaN, here.get(patients.marker[i])?.inside ? "yes" : "no"]);
    const more = ["group", "half", "p_with_the_cut_here", "searched"];
    return { columns: ["patient", "marker", "time", "event", ...(arms ? ["arm"] : []), ...more], units: ["", source.unit, source.time_unit, "", ...(arms ? [""] : []), ...more.map(() => "")], rows };
  }

  return {
    __proto__: stateHandle(state, shell),
    get summary() {
      return current(), summary();
    },
    set(name, value) {
      const v = state.set(name, value, name);
      flush();
      return v;
    },
    /** All that is computed at a setting. */
    solve: (values = {}) => compute({ ...state.values, ...values }, state.scenario),
    /** The shuffles that are shown. */
    get noise() {
      return { list: shown(), running: Boolean(noise.running) };
    },
    get lastTimings() {
      return { ...timings };
    },
    destroy() {
      cancelAnimationFrame(due);
      stop();
      shell.destroy();
    },
  };
}
