/**
 * The cohort explorer: virtual patients under two arms, a randomised trial of them, and what repeated trials would find. Patients are
 * computed away from the page's thread (`runner.js`) and shown as they come. Python draws the first picture after the same rules
 * (soluble/explorer_cohort.py).
 */
import { DASHES, path, width } from "../chart.js";
import { h, s } from "../dom.js";
import { number } from "../format.js";
import * as address from "../hash.js";
import { scaleLinear } from "../scales.js";
import { button, compareButton, createControls, createShell, seedButton } from "../shell.js";
import { createState, stateHandle } from "../state.js";
import { normalQuantile } from "../statistics.js";
import { atRisk } from "../survival/estimate.js";
import { DAYS } from "./recist.js";
import { createRunner } from "./runner.js";
import { coin, compare, describe, repeated } from "./trial.js";

const Z = normalQuantile(0.95);
const TRIALS = 200, SPIDERS = 40, FIRST = 25, PAUSE = 160; // repeated trials; lines in an arm; patients and ms between pictures
const FLOOR = -100, CEILING = 100; // of the change that is drawn, per cent
const RATIOS = [0.1, 0.2, 0.5, 1, 2, 5, 10];
const ENTRY = ["all", "high", "low"];

export function mountCohort(root, config, options = {}) {
  const { id, population } = config, { model } = options;
  const state = createState(config, { scenarios: config.presets });
  const shell = createShell(root, config, options, {
    summary: () => summary(),
    draw: () => draw(),
    picture: () => (now ? undefined : false),
    data: () => (now ? data() : null),
    told,
    hash: () => address.write(id, state),
  });
  const { stage, svg, content, status } = shell;
  root.style.setProperty("--explorer-height", config.height);
  const place = [...document.scripts].find((x) => x.src && new URL(x.src).pathname.endsWith(`/${config.key}.js`));
  const runner = createRunner(model, { script: root.dataset.script, source: place?.src, patients: options.patients });
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const timings = { first: 0, all: 0, paint: 0 };
  let comparing = Boolean(config.compare);
  let now = null, first = null, power = null, running = false, failure = "";

  // --- the setting ---
  const setting = (values = state.values, scenario = state.scenario) => ({ ...config.base, ...state.overrides(values, scenario) });
  const arm = (index) => population.arms[index];
  function wanted() {
    const all = setting();
    const links = Object.fromEntries(config.links.map((name) => [name, all[name]]));
    const fixed = { ...population.values, ...links };
    const arms = [all.armA, all.armB];
    return { ...all, arms, fixed, keys: arms.map((a) => JSON.stringify([all.seed, links, arm(a).set])) };
  }

  // --- patients: kept by what makes them, so that another arm or more patients cost only what is new ---
  const kept = new Map();
  function store(key) {
    const found = kept.get(key) ?? { sizes: [], outcomes: [], markers: [] };
    kept.delete(key);
    kept.set(key, found);
    while (kept.size > 6) kept.delete(kept.keys().next().value);
    return found;
  }

  /** The trial of those patients that both arms have. */
  function analyse(want) {
    const [a, b] = want.keys.map(store);
    const m = Math.min(a.outcomes.length, b.outcomes.length, want.n);
    const marker = population.markers[want.marker];
    const enters = [], high = [];
    for (let i = 0; i < m; i++) {
      high[i] = (a.markers[i] ?? b.markers[i])[want.marker] > marker.cut;
      if (want.entry === 0 || high[i] === (want.entry === 1)) enters.push(i);
    }
    const toB = enters.filter((i) => coin(want.seed, i)), toA = enters.filter((i) => !coin(want.seed, i));
    const of = (list, from) => list.map((i) => from.outcomes[i]);
    const sides = want.entry === 0 ? [false, true] : [want.entry === 1];
    const strata = sides.map((side) => ({ side, n: enters.filter((i) => high[i] === side).length, ratio: compare(of(toA.filter((i) => high[i] === side), a), of(toB.filter((i) => high[i] === side), b)) }));
    const twins = { a: 0, b: 0, both: 0 };
    for (const i of enters) {
      const [ra, rb] = [a.outcomes[i].response, b.outcomes[i].response];
      if (ra && rb) twins.both++;
      else if (ra) twins.a++;
      else if (rb) twins.b++;
    }
    return {
      want, m, marker, enters, high, toA, toB, strata, twins, stores: [a, b],
      groups: [describe(of(toA, a)), describe(of(toB, b))],
      ratio: compare(of(toA, a), of(toB, b)),
    };
  }

  /** Bring the patients of the setting; those that are there already are not computed again. */
  let began = 0, painted = 0, goal = null;
  function run() {
    runner.stop();
    failure = "";
    goal = wanted();
    const want = goal;
    const stores = want.keys.map(store);
    const lacking = [...new Set(want.keys.map((_, k) => k).filter((k) => want.keys.indexOf(want.keys[k]) === k && stores[k].outcomes.length < want.n))];
    power = null;
    began = performance.now();
    painted = 0;
    timings.first = timings.all = 0;
    if (!lacking.length) return finish(want);
    running = true;
    const from = Math.min(...lacking.map((k) => stores[k].outcomes.length));
    progress(from);
    const job = { population, fixed: want.fixed, seed: want.seed, from, n: want.n, arms: lacking.map((k) => arm(want.arms[k]).set) };
    runner.run(job, {
      some(came) {
        for (const { index, sizes, outcomes, markers } of came)
          lacking.forEach((k, place) => {
            stores[k].sizes[index] = sizes[place];
            stores[k].outcomes[index] = outcomes[place];
            stores[k].markers[index] = markers;
          });
        const done = Math.min(...stores.map((x) => x.outcomes.length), want.n);
        progress(done);
        const since = performance.now();
        if (done >= Math.min(FIRST, want.n) && since - painted > PAUSE && !calm.matches) {
          painted = since;
          show(want);
        }
      },
      done: () => finish(want),
      failed(message) {
        running = false;
        failure = message;
        progress(0);
        shell.speakSoon();
      },
    });
  }
  /** The numbers in this task, the picture in the next frame: neither is long enough to be felt. */
  let frame = 0;
  function show(want) {
    now = analyse(want);
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
      timings.first ||= performance.now() - began;
    });
  }
  function finish(want) {
    running = false;
    show(want);
    first ??= now;
    timings.all = performance.now() - began;
    progress(want.n);
    setTimeout(() => {
      if (goal !== want || running) return;
      repeatTrials(want);
      show(want);
      shell.speakSoon();
    });
  }
  /** The repeated trials of the present cohort. */
  function repeatTrials(want) {
    const [a, b] = now.stores.map((x) => now.enters.map((i) => x.outcomes[i]));
    if (!a.length) return;
    const found = Array.from({ length: TRIALS }, (_, k) => repeated(want.seed, k, want.perArm, a, b));
    const ratios = found.map((x) => x.ratio).filter((x) => x === x).sort((x, y) => x - y);
    const quantile = (q) => {
      const at = q * (ratios.length - 1), k = Math.floor(at);
      return ratios[k] + (at - k) * ((ratios[k + 1] ?? ratios[k]) - ratios[k]);
    };
    power = { share: found.filter((x) => x.z < -Z).length / TRIALS, perArm: want.perArm, low: quantile(0.025), middle: quantile(0.5), high: quantile(0.975) };
  }

  // --- progress ---
  const bar = h("progress", { max: 1, "aria-label": "Patients simulated" });
  const count = h("span", { class: "explorer-count" });
  const halt = button("cancel", "Cancel", "Stop simulating", () => {
    if (running) {
      runner.stop();
      running = false;
      progress(now?.m ?? 0);
      if (now) {
        repeatTrials(now.want);
        draw();
      }
      shell.speakSoon();
    } else run();
  });
  function progress(done) {
    const want = goal?.n ?? 0;
    bar.max = want || 1;
    bar.value = done;
    count.textContent = failure ? "" : `${number(done, 4)} of ${number(want, 4)} patients`;
    const whole = !running && done >= want;
    halt.textContent = running || whole ? "Cancel" : "Go on";
    halt.style.visibility = whole ? "hidden" : "";
    halt.title = running ? "Stop simulating; what is there stays" : "Simulate the patients that are missing";
    root.toggleAttribute("data-running", running);
  }

  // --- words ---
  const percent = (x) => `${Math.round(100 * x)} %`;
  const months = (x) => (x === undefined ? "not reached" : `${number(x, 2)} months`);
  const printed = (ratio, mid = " to ") => [0, -1, 1].map((side) => Math.exp(ratio.log + side * Z * ratio.se).toFixed(2)).reduce((text, v, k) => (k === 0 ? `${v} (` : k === 1 ? text + v + mid : `${text + v})`), "");
  const sideOf = (side) => `${now.marker.name} ${side ? "high" : "low"}`;
  function summary() {
    if (failure) return `The simulation stopped: ${failure}`;
    if (!now) return "Simulated patients are being computed.";
    const { want, m, toA, toB, groups, ratio, strata, twins, enters } = now;
    const titles = want.arms.map((a) => arm(a).title);
    const text = [`Simulated${m < want.n ? " so far" : ""}: ${number(m, 4)} patients${want.entry ? `, ${enters.length} of them with ${sideOf(want.entry === 1)}` : ""}; a coin gives ${toA.length} ${titles[0]} and ${toB.length} ${titles[1]}.`];
    if (!toA.length || !toB.length) return text.join(" ");
    text.push(`Responses ${percent(groups[0].response)} and ${percent(groups[1].response)}; median progression-free survival ${months(groups[0].median)} and ${months(groups[1].median)}; hazard ratio of the second against the first ${ratio ? printed(ratio) : "without an estimate"}.`);
    if (!want.entry) text.push(`${strata.map((x) => `${sideOf(x.side)}: ${x.ratio ? printed(x.ratio) : "no estimate"}`).join("; ")}.`);
    if (power) text.push(`Of ${TRIALS} repeated trials with ${power.perArm} patients in each arm ${percent(power.share)} are won by ${titles[1]}.`);
    text.push(`Of all who entered, ${percent(twins.b / enters.length)} would respond under the second arm only, ${percent(twins.a / enters.length)} under the first only, ${percent(twins.both / enters.length)} under both: no real trial can see this.`);
    return text.join(" ");
  }

  // --- picture ---
  const colours = ["var(--series-2, currentColor)", "var(--series-1, currentColor)"];
  let family = "";
  function draw() {
    const before = performance.now();
    const W = stage.clientWidth, H = stage.clientHeight;
    if (!now || !(W > 0 && H > 0)) return;
    family ||= getComputedStyle(svg).fontFamily;
    const font = `12.5px ${family}`;
    const narrow = W < 430;
    const { want, groups, toA, toB, strata, ratio, stores } = now;
    const names = want.arms.map((a) => arm(a).title);
    const nodes = [];
    const text = (x, y, what, more) => nodes.push(s("text", { x, y, ...more }, what));
    const line = (x1, y1, x2, y2, more) => nodes.push(s("line", { x1, y1, x2, y2, ...more }));
    const end = { "text-anchor": "end" }, middle = { "text-anchor": "middle" };
    const left = 44, right = W - (narrow ? 10 : 16);
    const rows = [["all", ratio, groups[0].n + groups[1].n], ...(want.entry ? [] : strata.map((x) => [sideOf(x.side), x.ratio, x.n]))];
    const row = 19, foot = 17 * 2 + (narrow ? 16 : 30), head = 20;
    const forest = head + row * (rows.length + 1) + 18;
    const rest = H - forest - foot - 4 * head - 78;
    const low = H < 600; // a phone: there the courses over time give their room to the others
    const room = low ? rest + 2 * head : rest;
    const tall = low ? [0.36 * room, 0, 0.64 * room] : [0.24 * rest, 0.28 * rest, 0.48 * rest];
    const gap = narrow ? 14 : 26, half = (right - left - gap) / 2;
    const spans = [[left, left + half], [left + half + gap, right]];
    const lists = [toA, toB];

    // who is who
    let x = 4;
    names.forEach((name, k) => {
      const label = narrow ? name.replace("antagonist", "").trim() : name;
      nodes.push(s("path", { class: "line", d: `M${x},9H${x + 22}`, stroke: colours[k], "stroke-dasharray": k ? "" : DASHES[1] }));
      text(x + 27, 13, label, { class: "label", fill: colours[k] });
      x += 27 + width(label, `600 ${font}`) + 18;
    });

    const long = population.days / DAYS;

    // waterfall
    let top = head + 24, bottom = top + tall[0];
    const change = scaleLinear([FLOOR, CEILING], [bottom, top]).clamp(true);
    text(4, top - 11, narrow ? "Best change of the sum (%)" : "Best change of the measured sum of diameters (%), patient by patient", { class: "axis-title" });
    const frame = (scale, span, bounds, ticks) => {
      for (const v of ticks) {
        line(span[0], scale(v), span[1], scale(v), { class: v === 0 ? "base" : v === -30 || v === 20 ? "mark" : "grid" });
        if (span === spans[0]) text(left - 6, scale(v) + 4, `${v}`.replace("-", "−"), end);
      }
    };
    spans.forEach((span, k) => {
      frame(change, span, [top, bottom], [-100, -30, 20, 100]);
      line(span[0], change(0), span[1], change(0), { class: "base" });
      const best = lists[k].map((i) => stores[k].outcomes[i].best).filter((v) => v === v).sort((u, v) => v - u);
      if (!best.length) return;
      const each = (span[1] - span[0]) / best.length;
      nodes.push(s("path", { class: "fall", d: `${path(best.flatMap((v, i) => [[span[0] + i * each, change(v)], [span[0] + (i + 1) * each, change(v)]]))}V${change(0)}H${span[0]}Z`, fill: colours[k] }));
    });

    // spider
    if (!low) {
      top = bottom + head + 16;
      bottom = top + tall[1];
      const spider = scaleLinear([FLOOR, CEILING], [bottom, top]).clamp(true);
      text(4, top - 11, narrow ? "Change over months (%)" : `Change of the true sum (%) over months to progression, ${SPIDERS} patients of each arm`, { class: "axis-title" });
      spans.forEach((span, k) => {
        frame(spider, span, [top, bottom], [-100, -30, 20, 100]);
        const time = scaleLinear([0, long], span);
        for (const t of time.ticks(narrow ? 2 : 4)) text(time(t), bottom + 15, number(t), middle);
        for (const i of lists[k].slice(0, SPIDERS)) {
          const sizes = stores[k].sizes[i], { time: until, event } = stores[k].outcomes[i];
          const points = [];
          for (let w = 0; w < sizes.length && (w * 7) / DAYS <= until; w += w < 8 ? 1 : 3) points.push([time((w * 7) / DAYS), spider(100 * (sizes[w] / sizes[0] - 1))]);
          nodes.push(s("path", { class: "spider", d: path(points), stroke: colours[k] }));
          if (!event) nodes.push(s("path", { class: "spider", d: `M${points.at(-1)[0] - 4},${points.at(-1)[1] - 3}l4,3l-4,3`, stroke: colours[k] }));
        }
      });
    }

    // progression-free survival
    top = bottom + (low ? head : 2 * head) + 16;
    bottom = top + tall[2];
    const time = scaleLinear([0, long], [left, right]), free = scaleLinear([0, 1], [bottom, top]);
    text(4, top - 11, narrow ? "Free of progression (%)" : "Free of progression (%), and patients at risk below", { class: "axis-title" });
    for (const v of [0, 0.25, 0.5, 0.75, 1]) {
      if (narrow && (v === 0.25 || v === 0.75)) continue;
      line(left, free(v), right, free(v), { class: v ? "grid" : "base" });
      text(left - 6, free(v) + 4, `${100 * v}`, end);
    }
    const ticks = time.ticks(narrow ? 4 : 7);
    for (const t of ticks) {
      line(time(t), bottom, time(t), bottom + 4, { class: "tick" });
      text(time(t), bottom + 16, number(t), middle);
    }
    const steps = ({ curve }) => path(curve.time.flatMap((t, k) => (k ? [[time(t), free(curve.survival[k - 1])]] : []).concat([[time(t), free(curve.survival[k])]])));
    const other = comparing && first && first !== now ? first : null;
    if (other) other.groups.forEach((group, k) => group.n && nodes.push(s("path", { class: "line ghost", d: steps(group), stroke: colours[k], "stroke-dasharray": k ? "" : DASHES[1] })));
    groups.forEach((group, k) => {
      const y = bottom + (narrow ? 31 : 33) + 15 * k;
      nodes.push(s("path", { class: "line", d: `M4,${y - 4}H24`, stroke: colours[k], "stroke-dasharray": k ? "" : DASHES[1] }));
      if (!group.n) return;
      nodes.push(s("path", { class: "line", d: steps(group), stroke: colours[k], "stroke-dasharray": k ? "" : DASHES[1] }));
      atRisk(group.time, ticks).forEach((n, j) => text(time(ticks[j]), y, `${n}`, { ...middle, fill: colours[k] }));
    });
    if (!narrow) text((left + right) / 2, bottom + 63, "months since the start of treatment", { class: "axis-title", ...middle });

    // hazard ratios
    top = bottom + foot + 22 + head;
    bottom = top + row * (rows.length + 1);
    const labels = [...rows.map(([name, , n]) => `${name} (${n})`), narrow ? `2 × ${want.perArm}` : `trials of 2 × ${want.perArm}`];
    const numbers = [...rows.map(([, r]) => (r ? printed(r, "–") : "no estimate")), power ? `${percent(power.share)} won` : "…"];
    const from = 10 + Math.max(...labels.map((t) => width(t, font))), to = W - 10 - Math.max(...["0.00 (0.00–0.00)", ...numbers].map((t) => width(t, font)));
    const edges = [0, ...rows.flatMap(([, r]) => (r ? [r.log - Z * r.se, r.log + Z * r.se] : [])), ...(power ? [Math.log(power.low), Math.log(power.high)] : [])];
    const step = Math.LN2 / 2;
    const domain = [Math.max(-3, step * Math.floor(Math.min(-step, ...edges) / step)), Math.min(3, step * Math.ceil(Math.max(step, ...edges) / step))];
    const scale = scaleLinear(domain, [from + 6, to - 6]).clamp(true);
    text(4, top - 7, narrow ? "Hazard ratio, second : first" : `Hazard ratio for progression, ${names[1]} against ${names[0]} (95 % CI)`, { class: "axis-title" });
    for (const v of RATIOS.filter((v) => Math.log(v) >= domain[0] - 1e-9 && Math.log(v) <= domain[1] + 1e-9)) {
      line(scale(Math.log(v)), top, scale(Math.log(v)), bottom, { class: v === 1 ? "base" : "grid" });
      text(scale(Math.log(v)), bottom + 14, number(v), middle);
    }
    labels.forEach((label, i) => {
      const y = top + (i + 0.5) * row;
      text(4, y + 4, label, { class: "study" });
      text(W - 4, y + 4, numbers[i], { class: "study", ...end });
      if (i === rows.length) {
        if (power) {
          nodes.push(s("rect", { class: "repeats", x: scale(Math.log(power.low)), y: y - 4, width: Math.max(1, scale(Math.log(power.high)) - scale(Math.log(power.low))), height: 8, fill: colours[1] }));
          line(scale(Math.log(power.middle)), y - 6, scale(Math.log(power.middle)), y + 6, { stroke: "var(--x-ink)", "stroke-width": 1.6 });
        }
        return;
      }
      const r = rows[i][1];
      if (other?.ratio && i === 0) nodes.push(s("rect", { class: "line ghost", x: scale(other.ratio.log) - 4, y: y - 4, width: 8, height: 8, stroke: "var(--x-ink)" }));
      if (!r) return;
      line(scale(r.log - Z * r.se), y, scale(r.log + Z * r.se), y, { stroke: "var(--x-ink)", "stroke-width": 1.5 });
      nodes.push(s("rect", { x: scale(r.log) - 4, y: y - 4, width: 8, height: 8, fill: i ? "var(--x-ink)" : colours[1] }));
    });
    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    content.replaceChildren(...nodes);
    if (!svg.isConnected) stage.replaceChildren(svg);
    timings.paint = performance.now() - before;
  }

  // --- controls ---
  const controls = createControls(config, state);
  const compareRuns = compareButton(() => "Show or hide the first setting as faint curves and a hollow square", () => {
    comparing = !comparing;
    compareRuns.show(comparing);
    draw();
  });
  compareRuns.show(comparing);
  let due = 0;
  const again = () => {
    clearTimeout(due);
    due = setTimeout(() => (due = 0, run()), 120);
  };
  state.subscribe((source) => {
    controls.show(source);
    if (source !== "reset") status.textContent = "";
    again();
    shell.changed(source);
  });
  shell.panel.replaceChildren(
    ...[
      h("div", { class: "explorer-progress" }, bar, count, halt),
      controls.scenario,
      controls.group,
      shell.buttons(
        button("reset", "Reset", "Back to the first setting", () => {
          status.textContent = "";
          state.assign([], state.initial, "reset");
        }),
        seedButton(state, "Other patients", "Draw other patients from the same population"),
        compareRuns.element,
      ),
      shell.files(),
      status,
      controls.hint,
    ].filter(Boolean),
  );
  controls.show();
  run();
  shell.live();

  // --- what a reader takes along ---
  function told() {
    return [`Virtual trial: ${config.title || config.alt}`, ...controls.told(), summary(), "simulated"];
  }
  function data() {
    const { want, stores, enters, toB, m } = now;
    const inside = new Set(enters), second = new Set(toB);
    const columns = ["patient", "enters", "arm", ...population.markers.map((x) => `marker_${x.id}`)], units = ["", "", "", ...population.markers.map((x) => x.unit)];
    for (const k of [0, 1]) {
      columns.push(...["best", "response", "time", "event", "how"].map((x) => `${population.arms[want.arms[k]].id}_${x}`));
      units.push("%", "", "months", "", "");
    }
    const rows = Array.from({ length: m }, (_, i) => [
      i + 1,
      inside.has(i) ? 1 : 0,
      inside.has(i) ? population.arms[want.arms[second.has(i) ? 1 : 0]].id : "",
      ...(stores[0].markers[i] ?? stores[1].markers[i]),
      ...[0, 1].flatMap((k) => {
        const o = stores[k].outcomes[i];
        return [o.best, o.response ? 1 : 0, o.time, o.event, o.how];
      }),
    ]);
    return { columns, units, rows };
  }

  return {
    __proto__: stateHandle(state, shell),
    set: (name, value) => state.set(name, value, name),
    /** The trial that is shown, its patients by arm (`stores`), and the repeated trials. */
    get result() {
      return now && { ...now, power };
    },
    /** Whether patients are being computed or will be at once, and where. */
    get busy() {
      return running || Boolean(due) || Boolean(frame) || (goal && !power && !failure && now?.m >= goal.n && now.enters.length > 0);
    },
    get where() {
      return runner.where;
    },
    get lastTimings() {
      return { ...timings };
    },
    destroy() {
      clearTimeout(due);
      cancelAnimationFrame(frame);
      runner.destroy();
      shell.destroy();
    },
  };
}
