/**
 * View `phase`: the plane of a model with two states. Nullclines, equilibria by their kind, the basins of those that attract
 * with their borders, and one trajectory, whose start a reader sets by a click, by keys or in the controls.
 */
import { scaleOf } from "../controls.js";
import { h, s } from "../dom.js";
import { measure, number } from "../format.js";
import { AWAY, basins, borders, equilibria, fate, nullcline, plane, signs } from "../plane.js";
import { drawPlane } from "../plane-chart.js";
import { cover, createTip } from "../reading.js";
import { against, amount, sentence, verb } from "../words.js";

/** Cells to the picture's side: the grid of signs, and the raster of basins; for drafts and in full. */
const GRID = [30, 60], RASTER = [[80, 60], [168, 126]];
/** Times within the first step of the run, so that a quick beginning is smooth. */
const EARLY = 41;
/** The colour of each basin, by the order of its equilibrium along x; no red beside green. */
const BASINS = [3, 1, 4, 5].map((k) => `var(--series-${k}, currentColor)`);

export const mountPhase = (root, config, { mount, model, ...options }) => mount(root, model, config, { ...options, make: phase });

export function phase(model, config, { resolve, run }) {
  const { x, y } = config.phase;
  const axes = [x, y];
  const quantities = axes.map(({ state }) => config.quantities[state]);
  /** "5 million tumour cells", or "IL-6 20 pg/mL" where the name does not hold the unit. */
  const told = (v, q) => (amount(v, q) === number(v) ? `${number(v)} ${q.label}` : `${q.label} ${amount(v, q)}`);
  const both = (at) => `${told(at[0], quantities[0])} and ${told(at[1], quantities[1])}`;
  const short = (at) => at.map((v) => number(v)).join(", ");
  const kindOf = (e) => (e.stable ? "stable" : e.kind === "saddle" ? "saddle" : "unstable");
  const shown = (e) => e.name !== "";
  /** Nothing lies infinitely far down a logarithmic axis: such an equilibrium is drawn at the edge. */
  const edge = (u) => (u < 0 ? 0 : u);

  /** Letters for the equilibria that the picture has room for, along x. */
  function named(found, on) {
    const visible = (e) => [0, 1].every((k) => (e.at[k] === 0 ? on.axes[k].log || on.axes[k].low <= 0 : e.at[k] >= axes[k].low && e.at[k] <= axes[k].high));
    const order = found.filter(visible).sort((a, b) => a.at[0] - b.at[0] || a.at[1] - b.at[1]);
    for (const e of found) e.name = order.includes(e) ? String.fromCharCode(65 + order.indexOf(e)) : "";
  }

  function* steps(overrides, draft) {
    const { p, y: start } = resolve(model, overrides);
    const on = plane(model, p, axes);
    const grid = signs(on, GRID[draft ? 0 : 1]);
    yield;
    const found = equilibria(on, grid);
    const lines = [0, 1].map((k) => nullcline(on, grid, k));
    yield;
    const first = run(model, overrides, { end: config.end / (config.n - 1), n: EARLY, draft });
    const course = run(model, overrides, { end: config.end, n: config.n, draft });
    const at = axes.map((axis) => start[axis.index]);
    const goal = fate(on, found, on.place(0, at[0]), on.place(1, at[1]));
    yield;
    const between = borders(on, found);
    const parts = basins(on, found, between, ...RASTER[draft ? 0 : 1]);
    named(found, on);
    const points = [first, course].flatMap(({ columns: c }, i) => Array.from({ length: i ? config.n - 1 : EARLY }, (_, k) => axes.map((axis, j) => on.place(j, c[axis.state][k + i]))));
    return { on, found, lines, borders: between, basins: parts, start: at, goal: found[goal] ?? null, away: goal === AWAY, course, points };
  }

  function arrows(on) {
    const out = [], f = [0, 0], [w, hgt] = [14, 10];
    for (let i = 0; i < w; i++)
      for (let j = 0; j < hgt; j++) {
        const [u, v] = [(i + 0.5) / w, (j + 0.5) / hgt];
        on.field(u, v, f);
        const size = 1e3 * Math.hypot(f[0], f[1]);
        out.push([u, v, f[0] / size, f[1] / size]);
      }
    return out;
  }
  const ink = "currentColor", paper = "var(--x-paper)";
  const sinks = (result) => result.found.filter((e) => e.stable).sort((a, b) => a.at[0] - b.at[0]);
  const colourOf = (result, e) => BASINS[sinks(result).indexOf(e) % BASINS.length];
  const last = ({ course }) => axes.map(({ state }) => course.columns[state].at(-1));

  /** Which way the start goes, in words. */
  function destiny({ goal, away, on }) {
    if (away) return "runs out of the picture for good";
    if (!goal) return "comes to rest nowhere";
    if (shown(goal)) return `lies in the basin of ${goal.name}`;
    return `goes to a ${goal.kind} outside the picture, at ${both(goal.at)}`;
  }
  const counted = (found) => found.filter(shown).sort((a, b) => (a.name < b.name ? -1 : 1));

  return {
    always: false,
    steps,
    draw: drawPlane,

    picture(result, ghost) {
      const marks = [], list = sinks(result);
      const mark = (e, ghostly) => {
        const stable = e.stable, colour = stable ? colourOf(ghostly ? ghost.result : result, e) : paper;
        marks.push({ class: `equilibrium${ghostly ? " ghost" : ""}`, shape: e.kind === "saddle" ? "saddle" : "stable", u: edge(e.u), v: edge(e.v), fill: colour, stroke: ink, label: ghostly ? "" : e.name });
      };
      if (ghost) counted(ghost.result.found).forEach((e) => mark(e, true));
      counted(result.found).forEach((e) => mark(e, false));
      const on = result.on;
      marks.push({ class: "start", shape: "start", u: on.place(0, result.start[0]), v: on.place(1, result.start[1]), fill: "none", stroke: ink, label: "" });
      const kinds = new Set(counted(result.found).map(kindOf));
      const nullclines = ({ lines }, ghostly) => lines.flatMap((some, k) => some.map((line) => ({ line, colour: quantities[k].colour, dash: k ? "7 4" : "", ghost: ghostly })));
      return {
        id: config.id,
        x: { ...x, title: quantities[0].title, unit: quantities[0].axisUnit[0] },
        y: { ...y, title: quantities[1].title, unit: quantities[1].axisUnit[0] },
        note: config.phase.note,
        key: [
          ...quantities.map((q, k) => ({ class: "line", colour: q.colour, dash: k ? "7 4" : "", text: `${q.label} ${verb(q.label, "stand")} still` })),
          ...(result.borders.some((line) => line.some(([u, v]) => u > 0 && u < 1 && v > 0 && v < 1)) ? [{ class: "line border", text: "border of basins" }] : []),
          ...(kinds.has("stable") ? [{ class: "equilibrium", mark: "stable", fill: ink, stroke: ink, text: "stable" }] : []),
          ...(kinds.has("saddle") ? [{ class: "equilibrium", mark: "saddle", fill: paper, stroke: ink, text: "saddle" }] : []),
          ...(kinds.has("unstable") ? [{ class: "equilibrium", mark: "stable", fill: paper, stroke: ink, text: "unstable" }] : []),
          { class: "start", mark: "start", fill: "none", stroke: ink, text: "start: click" },
        ],
        basins: { ...result.basins, list: list.map((e) => ({ label: result.found.indexOf(e), colour: colourOf(result, e) })) },
        arrows: arrows(on),
        lines: [...(ghost ? nullclines(ghost.result, true) : []), ...nullclines(result, false)],
        borders: result.borders,
        runs: [...(ghost ? [{ line: ghost.result.points, ghost: true }] : []), { line: result.points }],
        marks,
      };
    },

    sentence(opening, result, ghost) {
      const seen = counted(result.found);
      const names = seen.map((e, k) => `${e.name} (${k ? short(e.at) : both(e.at)}) ${k ? "" : "is "}a ${e.kind}`);
      const listed = names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0] ?? "the picture holds no steady state";
      const end = last(result);
      const than = ghost ? against(end[0], last(ghost.result)[0], ghost.name) : "";
      return sentence(opening, [listed, `the start (${short(result.start)}) ${destiny(result)}`, `on ${config.time.one} ${number(config.end)} the run is at ${both(end)}${than}`]);
    },

    data(result) {
      const { course, found } = result;
      const gaps = ["", "", "", ""];
      return {
        columns: ["row", "time", x.state, y.state, "eigenvalue 1", "its imaginary part", "eigenvalue 2", "and its"],
        units: ["", model.time.unit, ...axes.map(({ state }) => config.units[state]), ...gaps.map(() => `1/${model.time.unit}`)],
        rows: [
          ...counted(found).map((e) => [`${e.name} ${e.kind}`, "", ...e.at, ...e.eigenvalues.flat()]),
          ...course.even.map((k) => ["trajectory", course.t[k], ...axes.map(({ state }) => course.columns[state][k]), ...gaps]),
        ],
      };
    },

    /** In place of the reading line: what lies under the pointer, and the start of the trajectory where one clicks. */
    pointer({ state, stage, reading, id, seen }) {
      const pad = h("div", { class: "explorer-cursor explorer-pad", role: "application", tabindex: 0, "aria-label": `Start of the trajectory: arrow keys move it through the plane of ${quantities[0].label} (left and right) and ${quantities[1].label} (up and down)`, "aria-describedby": `explorer-${id}-hint` });
      const tip = createTip(stage);
      const starts = axes.map((axis) => state.controls.find((c) => c.name === `${axis.state}0`));
      const scales = starts.map(scaleOf);
      function begin(shares) {
        const values = shares.map((u, k) => [starts[k].name, scales[k].from(scales[k].low + Math.min(1, Math.max(0, u)) * (scales[k].high - scales[k].low))]);
        state.assign([...Object.entries(state.values), ...values], state.scenario, "pointer");
      }
      const under = (event) => {
        const box = pad.getBoundingClientRect();
        return [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
      };
      const clear = () => {
        tip.hide();
        reading.replaceChildren();
      };
      function read([u, v]) {
        const now = seen();
        if (!now || u < 0 || u > 1 || v < 0 || v > 1) return clear();
        const { geometry: g, result } = now, { on, found } = result, { top, bottom } = g.panels[0];
        const [px, py] = [g.left + u * (g.right - g.left), bottom - v * (bottom - top)];
        const goal = found[fate(on, [...found], u, v)];
        reading.replaceChildren(s("line", { x1: px, x2: px, y1: top, y2: bottom }), s("line", { x1: g.left, x2: g.right, y1: py, y2: py }));
        tip.show(px, Math.min(py + 12, bottom - 76), u < 0.5, goal?.name ? `leads to ${goal.name}` : "leads out of the picture", [u, v].map((w, k) => ({ colour: quantities[k].colour, name: quantities[k].label, text: measure(on.value(k, w), quantities[k].unit) })));
      }
      let dragging = false;
      pad.addEventListener("pointerdown", (event) => {
        if (event.button) return;
        dragging = event.pointerType !== "touch";
        if (dragging) pad.setPointerCapture(event.pointerId);
        clear();
        if (dragging) begin(under(event));
      });
      pad.addEventListener("pointermove", (event) => (dragging ? begin(under(event)) : event.pointerType !== "touch" && read(under(event))));
      pad.addEventListener("pointerup", () => (dragging = false));
      pad.addEventListener("click", (event) => begin(under(event)));
      pad.addEventListener("pointerleave", clear);
      pad.addEventListener("keydown", (event) => {
        const big = event.shiftKey ? 0.0025 : 0.01;
        const move = { ArrowRight: [big, 0], ArrowLeft: [-big, 0], ArrowUp: [0, big], ArrowDown: [0, -big], PageUp: [0, 0.1], PageDown: [0, -0.1], Home: [-0.1, 0], End: [0.1, 0] }[event.key];
        if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        begin(starts.map((c, k) => (scales[k].to(state.values[c.name]) - scales[k].low) / (scales[k].high - scales[k].low) + move[k]));
      });
      return { elements: [pad, tip.element], place: (geometry, W, H) => cover(pad, geometry, W, H), clear };
    },
  };
}
