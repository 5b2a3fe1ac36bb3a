/** The field explorer: a run that plays, the plane and the curves that follow it, words, controls. */
import { DASHES, draw, keyRows, width as widthOf } from "../chart.js";
import { debounce, h, s } from "../dom.js";
import { csv, save, svgText } from "../download.js";
import { capital, measure, number } from "../format.js";
import * as address from "../hash.js";
import { scaleLinear } from "../scales.js";
import { button, choice, compareButton, createControls, createShell } from "../shell.js";
import { createState, stateHandle } from "../state.js";
import { setting } from "../words.js";
import { createPlane, depth, FUSED, mark, roundUp } from "./plane.js";
import { createRun, FieldError } from "./run.js";

const LEFT = 40, RIGHT = 14, HEAD = 26, KEY = 20, FOOT = 42, GAP = 14, PANEL = 84, TALL = 124, LINE = 28, WIDE = 600; // pixels
/** Where curves stand beside the plane, its share of the width. */
const SHARE = 0.55;
/** Milliseconds between two drawings of the curves and of the words while the run plays; for steps in one frame. */
const CURVES = 110, WORDS = 500, BUDGET = 9;
/** Every so many steps the scale of the colour looks at the field, while nothing is painted. */
const SAMPLED = 8;
const SPEEDS = [[0.25, "quarter speed"], [0.5, "half speed"], [1, "normal speed"], [2, "double speed"], [4, "four times"]];
const ACROSS = ["profile", "difference"];

export function mountField(root, given, options = {}) {
  const { model } = options;
  const config = structuredClone(given);
  const { id, time, space } = config;
  const state = createState(config, model);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const shadeOf = (q, k) => (q.mediator ? `var(--med-${q.mediator})` : `var(--series-${k + 1})`);
  const shade = shadeOf(config.show, 3);
  const shown = config.cells.map((_, k) => k).filter((k) => config.cells[k].shown);
  const keys = shown.flatMap((k) => [{ k }, ...(model.cells[k].fuses ? [{ k, ring: true }] : [])]);
  const shades = config.cells.map(shadeOf);
  const { front } = config;
  const theoretical = (q) => `theory, ${q.label}`;

  // --- the run ---
  let run = null, failure = "", lastMoved = "";
  let history = [], series = [], fronts = [], top = 0;
  let playing = false, visible = false, speed = config.speed;
  let held = calm.matches; // does the reader, or the reader's system, want it to stand?
  let frame = 0, job = 0, before = 0, due = 0, lastCurves = 0, lastWords = 0;
  let comparing = Boolean(config.compare), kept = null;
  const timings = { solve: 0, paint: 0, draft: false };
  const ended = () => run && run.n >= config.steps;
  const values = new Float64Array(model.space.nx * model.space.ny);

  function begin() {
    const { seed, ...settings } = state.overrides();
    try {
      run = createRun(model, settings, seed);
      failure = "";
    } catch (error) {
      return fail(error);
    }
    history = run.kinds.map(() => []);
    series = run.kinds.map(() => ({ arrived: [], index: [], tips: [], length: [] }));
    fronts = [];
    top = 0;
    plane.clear();
    record();
  }
  function fail(error) {
    if (!(error instanceof FieldError)) throw error;
    run = null;
    failure = `This setting could not be run: ${error.message} Move a control, or reset.`;
  }
  function record() {
    run.kinds.forEach((one, k) => {
      const now = new Float64Array(2 * one.number);
      for (let i = 0; i < one.number; i++) [now[2 * i], now[2 * i + 1]] = [one.x[i], one.y[i]];
      history[k].push(now);
      const { growing, length } = run.growth(one);
      series[k].arrived.push(100 * run.arrived(one));
      series[k].index.push(run.index(one).mean);
      series[k].tips.push(growing);
      series[k].length.push(length * config.length.factor);
    });
    if (front) fronts.push(run.front(front.field, front.level));
    if (run.n % SAMPLED === 0) rescale();
  }
  /** The scale of the colour holds the most that the run has held, painted or not: what fades is seen to fade. */
  function rescale() {
    run.at(config.show.id, values);
    let most = 0;
    for (const v of values) if (v > most) most = v;
    top = Math.max(top, roundUp(most));
  }
  /** The front's mean speed over its last steps, at each step so far. */
  const speeds = () => Float64Array.from(fronts, (at, n) => (n < front.over ? NaN : (at - fronts[n - front.over]) / (front.over * model.time.step)));
  /** Steps until `n`, or until the time is over; says whether it got there. */
  function advance(n, until = Infinity) {
    const began = performance.now();
    while (run && run.n < n) {
      try {
        run.step();
      } catch (error) {
        fail(error);
        break;
      }
      record();
      if (performance.now() > until) break;
    }
    timings.solve = performance.now() - began;
    return !run || run.n >= n;
  }

  // --- words ---
  const hundredths = (v) => v.toFixed(2).replace("-", "−");
  function story(k) {
    const one = run.kinds[k], name = config.cells[k].name;
    const { mean, error, count } = run.index(one);
    const arrived = Math.round(run.arrived(one) * one.number);
    if (!one.number) return "";
    const verb = one.kind.stops ? "have reached" : "are in";
    const there = `${arrived} of ${one.number} ${name} (${number(100 * run.arrived(one), 2)}\u00a0%) ${verb} the ${config.cells[k].goal}`;
    if (!count) return `${there}; none has moved yet`;
    return `${there}; their mean chemotactic index is ${hundredths(mean)}${count > 1 ? `, standard error ${hundredths(error)}` : ""}${against(k, "index", hundredths)}`;
  }
  /** How far a network has grown. */
  function growth(k) {
    const one = run.kinds[k], { name, goal } = config.cells[k];
    const { growing, forks, fusions, arrived, length } = run.growth(one);
    const fates = [`${growing} grow${growing === 1 ? "s" : ""} on`];
    if (goal) fates.push(`${arrived} ${arrived === 1 ? "has" : "have"} reached the ${goal}`);
    if (one.kind.fuses) fates.push(`${fusions} ${fusions === 1 ? "has" : "have"} fused`);
    const parts = fates.length > 1 ? `${fates.slice(0, -1).join(", ")} and ${fates.at(-1)}` : fates[0];
    const begun = `${one.number} ${name}${one.kind.branching ? `, ${forks} of them from forks` : ""}`;
    const long = (v) => measure(v, config.length.unit);
    return `${begun}: ${parts}; the network is ${long(length * config.length.factor)} long${against(k, "length", long)}`;
  }
  function against(k, what, say) {
    const other = ghost();
    const curve = other?.[what][k];
    if (!curve?.length || !ended()) return "";
    return ` (${other.label}: ${say(curve.at(-1))})`;
  }
  /** Where the front is, how fast it has been, and what theory says. */
  function advanceOf() {
    const at = fronts.at(-1), speed = speeds().at(-1);
    if (!Number.isFinite(at)) return `the front of ${front.name} has passed the end`;
    const place = `the front of ${front.name} is at ${measure(at, space.unit)}`;
    if (!Number.isFinite(speed)) return place;
    const other = ended() && ghost()?.front?.at(-1);
    const theory = front.theory.map((q) => `${q.label} ${number(run.constant(q.id), 3)}`);
    return `${place} and has moved ${number(speed, 3)} ${front.unit} of late${Number.isFinite(other) ? ` (${ghost().label}: ${number(other, 3)})` : ""}${theory.length ? `; theory: ${theory.join(", ")}` : ""}`;
  }
  function summary() {
    if (!run) return failure;
    const opening = setting(config, state, lastMoved);
    const told = [front && advanceOf(), ...shown.map((k) => (config.cells[k].grows ? growth(k) : config.cells[k].goal && story(k)))].filter(Boolean);
    const when = `${opening ? `${opening}, ` : ""}after ${number(run.time, 4)} simulated ${time.many}, `;
    return capital(`${when}${told.length ? told.join("; ") : `${config.show.label} is at most ${measure(Math.max(...run.at(config.show.id, values)), config.show.unit)}`}.`);
  }

  // --- picture ---
  const shell = createShell(root, config, options, {
    summary,
    draw: () => show(),
    data: () => run && (run.kinds.length ? tracks() : front ? places() : profile()),
    told,
    hash: () => address.write(id, state),
    image: { text: "Picture SVG", tooltip: "Download the picture", ending: "svg", type: "image/svg+xml", make: () => run && whole() },
  });
  const { stage, svg, content, status } = shell;
  const plane = createPlane(root, model);
  const words = root.querySelector(".explorer-summary");
  const problem = h("p", { class: "explorer-problem", hidden: true });
  let family = "", layout = null;

  /** The run to compare with: `{arrived, index, tips, length, profile, difference, t, x, label}`, as given by Python or kept by the reader. */
  function ghost() {
    if (!comparing) return null;
    if (kept) return kept;
    return state.untouched ? null : config.ghost;
  }
  const grid = Float64Array.from({ length: model.space.nx }, (_, i) => (i + 0.5) * model.space.grid);
  const times = () => Float64Array.from({ length: run.n + 1 }, (_, n) => n * model.time.step);

  /** The curves of a panel, one for each kind of cell that `which` picks; x and y by its place among all. */
  function curves(which, x, y, other, ghostX, ghostY) {
    const chosen = shown.filter((k) => which(config.cells[k]));
    return chosen.map((k, i) => ({
      label: chosen.length > 1 ? config.cells[k].name : "",
      x,
      y: y(k),
      colour: shades[k],
      dash: DASHES[i],
      ghost: other && { x: other[ghostX], y: other[ghostY][k], label: other.label },
    }));
  }
  const across = config.profile;
  const faint = (other) => (other ? ` (faint: ${other.label})` : "");
  const panels = {
    profile: (other) => ({
      title: `${across.length > 1 ? "Along the line" : capital(config.show.label)}${config.show.unit ? `, ${config.show.unit}` : ""}${faint(other)}`,
      lines: across.map((q, k) => ({
        label: across.length > 1 ? q.label : "",
        x: grid,
        y: run.profile(q.id, config.line),
        colour: q.id === config.show.id ? shade : shadeOf(q, k),
        dash: DASHES[k],
        ghost: other && { x: other.x, y: other.profile[k], label: other.label },
      })),
    }),
    front: (other) => ({
      title: `Speed of the front, ${front.unit}${faint(other)}`,
      lines: [
        { label: "simulated", x: times(), y: speeds(), colour: shade, dash: "", ghost: other && { x: other.t, y: other.front, label: other.label } },
        ...front.theory.map((q, k) => ({ label: theoretical(q), x: [0, config.end], y: Array(2).fill(run.constant(q.id)), colour: "var(--muted)", dash: DASHES[k + 1] })),
      ],
    }),
    difference: (other) => ({
      title: `Receptors, front − back${faint(other)}`,
      log: true,
      floor: 1,
      lines: curves((c) => c.senses, grid, (k) => run.difference(run.kinds[k], config.line), other, "x", "difference"),
      level: config.threshold,
    }),
    arrived: (other) => ({ title: `At their goal, % of cells${faint(other)}`, least: 20, most: 100, lines: curves((c) => c.goal, times(), (k) => series[k].arrived, other, "t", "arrived") }),
    index: (other) => ({ title: `Mean chemotactic index${faint(other)}`, least: 0.5, lines: curves((c) => c.goal, times(), (k) => series[k].index, other, "t", "index") }),
    tips: (other) => ({ title: `Growing tips${faint(other)}`, least: 5, lines: curves((c) => c.grows, times(), (k) => series[k].tips, other, "t", "tips") }),
    length: (other) => ({ title: `Length of the network, ${config.length.unit}${faint(other)}`, least: 1, lines: curves((c) => c.grows, times(), (k) => series[k].length, other, "t", "length") }),
  };

  /** Where everything lies in a stage W pixels wide: keys, the plane, curves across it, curves over time, which stand beside the plane where it is wide. */
  function arrange(W) {
    const names = [config.panels.filter((name) => ACROSS.includes(name)), config.panels.filter((name) => !ACROSS.includes(name))];
    const beside = W >= WIDE && names[1].length > 0;
    const wide = beside ? Math.round(W * SHARE) : W, right = wide - RIGHT;
    const high = space.height > space.grid ? ((right - LEFT) * space.height) / space.width : LINE;
    const key = HEAD + KEY * Math.ceil(keys.length / 2);
    let y = key + high + (names[0].length ? 8 : FOOT);
    const groups = names.map((list, i) => {
      const apart = beside && i === 1, width = apart ? W - wide : wide;
      // A panel of several curves has their key above it; where some are compared by their height, all are taller.
      const each = list.includes("front") || (list.includes("profile") && across.length > 1) ? TALL : PANEL;
      const rows = (name) => (labels[name]?.length > 1 ? keyRows(labels[name], width, `600 12.5px ${family}`).length : 0);
      const tall = list.length && list.reduce((sum, name) => sum + HEAD + each + 19 * rows(name), GAP * (list.length - 1) + FOOT);
      const top = apart ? 0 : y;
      if (!apart) y += tall;
      return { names: list, left: apart ? wide : 0, top, width, tall };
    });
    return { right, key, high, groups, tall: Math.max(y, groups[1].top + groups[1].tall) };
  }
  const kindsThat = (which) => shown.filter((k) => config.cells[k][which]).map((k) => ({ label: config.cells[k].name }));
  const labels = { profile: across, front: front && [{ label: "simulated" }, ...front.theory.map((q) => ({ label: theoretical(q) }))] };
  for (const [name, which] of Object.entries({ difference: "senses", arrived: "goal", index: "goal", tips: "grows", length: "grows" })) labels[name] = kindsThat(which);

  const frameOf = s("g", {}), groupsOf = [s("g", {}), s("g", {})];
  content.replaceChildren(frameOf, ...groupsOf);
  function show() {
    const W = stage.clientWidth;
    if (!(W > LEFT + RIGHT)) return; // no room yet: drawn when the stage has it
    family ||= getComputedStyle(svg).fontFamily;
    layout = arrange(W);
    stage.style.height = `${Math.ceil(layout.tall)}px`;
    svg.setAttribute("viewBox", `0 0 ${W} ${Math.ceil(layout.tall)}`);
    plane.place({ left: LEFT, top: layout.key, width: layout.right - LEFT, height: layout.high });
    plane.clear();
    paint();
  }
  /** The plane, and the curves, as the run stands. */
  function paint() {
    problem.hidden = !failure;
    problem.textContent = failure;
    root.toggleAttribute("data-problem", Boolean(failure));
    if (!layout || !run) return;
    paintPlane();
    paintCurves();
  }
  function paintPlane() {
    const began = performance.now();
    rescale();
    plane.paint({ values, top, shade: plane.colour(shade), kinds: run.kinds, history, shades: shades.map(plane.colour) });
    timings.paint = performance.now() - began;
  }
  function paintCurves() {
    lastCurves = performance.now();
    frameOf.replaceChildren(...frameNodes());
    const other = ghost();
    const axes = [{ title: `place (${space.unit})`, domain: [0, space.width] }, { title: `time (${time.many})`, domain: [0, config.end] }];
    layout.groups.forEach(({ names, left, top, width, tall }, i) => {
      if (!names.length) return;
      const group = groupsOf[i], shown = names.map((name) => panels[name](other));
      group.setAttribute("transform", `translate(${left},${top})`);
      const right = width - RIGHT;
      const geometry = draw(group, { x: axes[i], panels: shown, marks: [], keys: true, left: LEFT, right }, width, tall, family);
      shown.forEach(({ level, title }, k) => level && group.append(...levelNodes(level, title, geometry.panels[k], right)));
    });
  }
  /** A level that is drawn across a panel, with its name at the right of the title, and a piece of its line where there is room. */
  function levelNodes(level, title, panel, right) {
    const text = `${number(level)} receptors`, font = `12.5px ${family}`;
    const y = panel.y(level), at = panel.top - panel.head;
    const from = right - widthOf(text, font) - 30;
    return [
      s("line", { class: "mark", x1: LEFT, x2: right, y1: y, y2: y }),
      from > widthOf(title, font) + 10 && s("line", { class: "mark", x1: from, x2: from + 24, y1: at + 10, y2: at + 10 }),
      s("text", { class: "axis-title", x: right, y: at + 14, "text-anchor": "end" }, text),
    ].filter(Boolean);
  }

  /** The axis below the plane, where no curves across it bring their own. */
  function placeNodes(X, bottom, middle) {
    const ticks = scaleLinear([0, space.width], [X(0), X(space.width)]).ticks(5);
    return [
      ...ticks.map((v) => s("line", { class: "tick", x1: X(v), x2: X(v), y1: bottom, y2: bottom + 4 })),
      ...ticks.map((v) => s("text", { x: X(v), y: bottom + 18, "text-anchor": "middle" }, number(v, 4))),
      s("text", { class: "axis-title", x: middle, y: bottom + 36, "text-anchor": "middle" }, `place (${space.unit})`),
    ];
  }
  /** Around the plane: its edge, its regions with their names, the moment, the key of the colour and of the cells. */
  function frameNodes() {
    const { right, key, high, groups } = layout;
    const left = LEFT;
    const font = `12.5px ${family}`;
    const scale = (right - left) / space.width;
    const X = (x) => left + x * scale, Y = (y) => key + high - (y / space.height) * high;
    const nodes = [s("rect", { class: "frame", x: left, y: key, width: right - left, height: high })];
    model.regions.forEach((g, i) => {
      const b = run.bounds[i];
      const [x0, x1, y0, y1] = g.shape === "disk" ? [b[0] - b[2], b[0] + b[2], b[1] - b[2], b[1] + b[2]] : b;
      nodes.push(g.shape === "disk" ? s("circle", { class: "region", cx: X(b[0]), cy: Y(b[1]), r: b[2] * scale }) : s("rect", { class: "region", x: X(x0), y: Y(y1), width: X(x1) - X(x0), height: Y(y0) - Y(y1) }));
      const long = widthOf(g.name, font);
      const [cx, wide, tall] = [(X(x0) + X(x1)) / 2, X(x1) - X(x0), Y(y0) - Y(y1)];
      if (wide < long + 6 && tall > long + 6) nodes.push(s("text", { class: "region-name", "text-anchor": "middle", transform: `translate(${cx + 4},${(Y(y0) + Y(y1)) / 2}) rotate(-90)` }, g.name));
      else nodes.push(s("text", { class: "region-name", "text-anchor": "middle", x: Math.min(right - long / 2 - 4, Math.max(left + long / 2 + 4, cx)), y: Math.max(key + 14, Math.min(key + high - 5, wide < long + 6 ? Y(y0) + 14 : Y(y1) + 15)) }, g.name));
    });
    if (!groups[0].names.length) nodes.push(...placeNodes(X, key + high, (left + right) / 2));
    if (groups[0].names.length) nodes.push(s("line", { class: "along", x1: left, x2: right, y1: Y(config.line), y2: Y(config.line) }));
    const clock = `${number(run.time, 4)} ${time.many}`;
    nodes.push(s("text", { class: "axis-title", x: right, y: 14, "text-anchor": "end" }, clock));
    const name = `${config.show.label}${config.show.unit ? ` (${config.show.unit})` : ""}`;
    const stops = [0, 0.1, 0.25, 0.5, 0.75, 1];
    const ramp = `explorer-${id}-ramp`;
    nodes.push(s("linearGradient", { id: ramp }, stops.map((at) => s("stop", { offset: at, "stop-color": plane.colour(shade), "stop-opacity": depth(at) }))));
    // The key of the colour: 0, a bar as long as the moment leaves room for, the top of the scale.
    nodes.push(s("text", { class: "axis-title", x: 4, y: 14 }, name));
    const at = 12 + widthOf(name, font);
    const zero = widthOf("0", font) + 4;
    const bar = Math.min(56, Math.max(16, right - widthOf(clock, font) - 20 - at - zero - widthOf(number(top), font)));
    nodes.push(
      s("text", { x: at, y: 14 }, "0"),
      s("rect", { class: "ramp", x: at + zero, y: 5, width: bar, height: 10, fill: `url(#${ramp})` }),
      s("text", { x: at + zero + bar + 5, y: 14 }, number(top)),
    );
    keys.forEach(({ k, ring }, i) => {
      const x = left + 5 + ((i % 2) * (right - left)) / 2, y = HEAD + 9 + KEY * Math.floor(i / 2);
      const shape = ring ? s("circle", { class: "fused", cx: x, cy: y - 4, r: 2 * FUSED, stroke: shades[k] }) : s("path", { class: "cell", d: mark(k, x, y - 4, 5), fill: shades[k] });
      nodes.push(shape, s("text", { class: "label", x: x + 11, y, fill: shades[k] }, ring ? "fused" : config.cells[k].name));
    });
    return nodes;
  }

  /** The picture with the plane inside it, as the text of a file. */
  function whole() {
    show();
    const { key, right, high } = layout;
    const image = s("image", { x: LEFT, y: key, width: right - LEFT, height: high, href: plane.canvas.toDataURL("image/png") });
    content.prepend(image);
    svg.style.backgroundColor = "var(--x-paper)"; // on the page the plane lies behind the SVG
    const text = svgText(svg, config.alt, summary());
    svg.style.backgroundColor = "";
    image.remove();
    return text;
  }

  // --- time ---
  function speak() {
    words.setAttribute("aria-live", playing ? "off" : "polite");
    shell.speak();
    lastWords = performance.now();
  }
  function play() {
    if (playing || !run) return;
    clearTimeout(job);
    if (ended()) begin();
    playing = true;
    before = 0;
    words.setAttribute("aria-live", "off"); // what changes all the time is not announced
    label();
    frame = requestAnimationFrame(tick);
  }
  function pause() {
    if (!playing) return;
    playing = false;
    cancelAnimationFrame(frame);
    label();
    paint();
    speak();
  }
  let owed = 0;
  function tick(now) {
    if (!playing) return;
    frame = requestAnimationFrame(tick);
    const began = performance.now();
    owed = Math.min(4 * speed + 1, owed + (before ? Math.min(50, now - before) * 0.06 * speed : speed));
    before = now;
    const steps = Math.floor(owed);
    owed -= steps;
    if (steps) advance(Math.min(config.steps, run.n + steps), began + BUDGET);
    if (!run || ended()) return pause();
    paintPlane();
    if (began - lastCurves > CURVES) paintCurves();
    if (began - lastWords > WORDS) speak();
  }
  /** Go to step n without showing the way there, in slices. */
  let aim = 0;
  function goTo(n) {
    clearTimeout(job);
    aim = n;
    const slice = () => {
      const there = advance(n, performance.now() + 8);
      if (!there) return void (job = setTimeout(slice));
      job = 0;
      paint();
      label();
      speak();
    };
    slice();
  }
  /** The state has changed: begin anew. A run that the reader holds is taken to the moment where it stood. */
  function anew() {
    due = 0;
    const stood = job ? aim : (run?.n ?? 0);
    const was = playing;
    playing = false;
    cancelAnimationFrame(frame);
    clearTimeout(job);
    begin();
    if (!run) {
      paint();
      speak();
    } else if (held) goTo(stood || config.steps);
    else {
      paint();
      speak();
      if (was || visible) play();
    }
    label();
  }
  const refresh = () => (due ||= requestAnimationFrame(anew));
  function flush() {
    if (due) cancelAnimationFrame(due);
    if (due) anew();
  }

  // --- controls ---
  const controls = createControls(config, state);
  const toggle = button("play", "", "", () => {
    held = playing;
    if (playing) pause();
    else play();
  });
  const step = button("step", "Step", "One step on", () => {
    held = true;
    pause();
    if (ended()) begin();
    advance(run.n + 1);
    paint();
    label();
    speak();
  });
  const finish = button("finish", "To the end", "Go to the end without showing the way", () => {
    held = true;
    pause();
    goTo(config.steps);
  });
  const again = button("again", "Start over", "Back to time 0 with this setting", () => {
    pause();
    clearTimeout(job);
    begin();
    paint();
    speak();
    if (!held) play();
    label();
  });
  const reset = button("reset", "Reset", "Back to the first setting", () => {
    kept = null;
    compare.show(comparing);
    status.textContent = "";
    state.assign([], state.initial, "reset");
  });
  const keep = button("keep", "Keep run", "Keep the present curves as faint ones, to compare with", () => {
    flush();
    if (!run) return;
    kept = {
      t: times(),
      x: grid,
      arrived: series.map((one) => one.arrived),
      index: series.map((one) => one.index),
      tips: series.map((one) => one.tips),
      length: series.map((one) => one.length),
      profile: across.map((q) => run.profile(q.id, config.line)),
      front: front && speeds(),
      difference: run.kinds.map((one) => (one.kind.senses ? run.difference(one, config.line) : [])),
      label: "kept run",
    };
    comparing = true;
    compare.show(comparing);
    status.textContent = "Kept. Move a control to compare.";
    paint();
  });
  const compare = compareButton(() => `Show or hide the faint curves of the ${kept ? "kept run" : config.ghost.label}`, () => {
    comparing = !comparing;
    compare.show(comparing);
    paint();
    speak();
  });
  compare.show(comparing);
  const [pace, paceBox] = choice(id, "speed", "Speed", SPEEDS.map(([v, text]) => [String(v), text]), (v) => (speed = Number(v)));
  pace.value = String(speed);
  const profileFile = button("profile", "Profile CSV", "Download the curves across the plane", () => {
    if (run) save(csv(profile(), told()), `${id}-profile.csv`, "text/csv");
    status.textContent = run ? `Saved ${id}-profile.csv.` : "There is nothing to save for this setting.";
  });
  function label() {
    toggle.textContent = playing ? "Pause" : ended() ? "Play again" : "Play";
    toggle.title = playing ? "Hold the run" : "Let the run go on";
    finish.disabled = !run || ended();
    step.disabled = toggle.disabled = again.disabled = !run;
  }

  // --- what a reader takes along ---
  function told() {
    return [`${model.title} (model ${model.key})`, ...controls.told(), `after ${run?.time} ${time.many}`, "simulated"];
  }
  function tracks() {
    const rows = [];
    const every = Math.max(1, Math.ceil(config.steps / 120));
    const grown = run.kinds.some((one) => one.kind.grows);
    run.kinds.forEach((one, k) => {
      const last = history[k].length - 1;
      for (let i = 0; i < one.number; i++) {
        const end = one.joined[i] >= 0 ? "fused" : one.arrived[i] ? "arrived" : "growing";
        const network = grown ? [one.mother[i] < 0 ? "" : one.mother[i], end, one.joined[i] < 0 ? "" : one.joined[i]] : [];
        history[k].forEach((places, n) => {
          if (n >= one.born[i] && (n % every === 0 || n === one.born[i] || n === last)) rows.push([one.kind.id, i, n * model.time.step, places[2 * i], places[2 * i + 1], ...network]);
        });
      }
    });
    const more = grown ? ["forked from", "ends", "fused with"] : [];
    return { columns: ["cells", "cell", "time", "x", "y", ...more], units: ["", "", model.time.unit, space.unit, space.unit, ...more.map(() => "")], rows };
  }
  function places() {
    const speed = speeds();
    return { columns: ["time", "front", "speed"], units: [model.time.unit, space.unit, front.unit], rows: fronts.map((at, n) => [n * model.time.step, at, speed[n]]) };
  }
  function profile() {
    const sensing = run.kinds.filter((one) => one.kind.senses);
    const columns = [...model.quantities.map((q) => run.profile(q.id, config.line)), ...sensing.map((one) => run.difference(one, config.line))];
    return {
      columns: ["x", ...model.quantities.map((q) => q.id), ...sensing.map((one) => `difference_${one.kind.id}`)],
      units: [space.unit, ...model.quantities.map((q) => config.units[q.id]), ...sensing.map(() => "receptors")],
      rows: Array.from(grid, (x, i) => [x, ...columns.map((c) => c[i])]),
    };
  }

  state.subscribe((source) => {
    lastMoved = controls.has(source) ? source : "";
    controls.show(source);
    if (source !== "reset" && status.textContent) status.textContent = "";
    refresh();
    shell.changed(source);
  });
  shell.panel.replaceChildren(
    ...[h("div", { class: "explorer-time" }, shell.buttons(toggle, step, finish, again), paceBox), controls.scenario, controls.group, shell.buttons(reset, keep, compare.element), shell.files(), status, controls.hint].filter(Boolean),
  );
  shell.panel.querySelector(".explorer-files").append(profileFile);
  stage.replaceChildren(plane.canvas, svg, problem);
  controls.show();
  begin();
  show();
  if (held) goTo(config.steps);
  label();
  shell.live();

  // Who is not seen does not run; a page that turns dark is painted anew.
  const seen = new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
    if (visible && !held && !ended()) play();
    else if (!visible) pause();
  }, { threshold: 0.4 });
  seen.observe(stage);
  const recolour = debounce(30, show);
  const theme = new MutationObserver(recolour);
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light"] });
  calm.addEventListener("change", recolour);
  // Paper shows the end, as the first picture does.
  const paper = matchMedia("print");
  const toPaper = () => {
    if (!paper.matches || !run) return;
    held = true;
    pause();
    clearTimeout(job);
    advance(config.steps);
    show();
    label();
  };
  paper.addEventListener("change", toPaper);
  toPaper();

  return {
    __proto__: stateHandle(state, shell),
    set(name, value) {
      const v = state.set(name, value, name);
      flush();
      return v;
    },
    /** A run of its own at any parameters: fields, and places of the cells, after n steps. Throws FieldError. */
    solve(values = {}, n = config.steps) {
      const { seed, ...settings } = { ...state.overrides(), ...values };
      const other = createRun(model, settings, seed);
      while (other.n < n) other.step();
      return {
        time: other.time,
        fields: Object.fromEntries(model.fields.map((f, i) => [f.id, [...other.fields[i]]])),
        cells: Object.fromEntries(
          other.kinds.map((one) => {
            const each = ["x", "y", "path", "surface", "arrived", "mother", "joined", "born"].map((name) => [name, [...one[name].subarray(0, one.number)]]);
            return [one.kind.id, { ...Object.fromEntries(each), index: other.index(one).mean }];
          }),
        ),
      };
    },
    /** Steps done, and whether the run plays; for who drives the explorer from outside. */
    get now() {
      return { n: run?.n ?? 0, playing, ended: Boolean(ended()), busy: Boolean(job || due) };
    },
    play() {
      held = false;
      play();
    },
    pause() {
      held = true;
      pause();
    },
    profile,
    svg: whole,
    get lastTimings() {
      return { ...timings };
    },
    destroy() {
      playing = false;
      cancelAnimationFrame(frame);
      cancelAnimationFrame(due);
      clearTimeout(job);
      seen.disconnect();
      theme.disconnect();
      calm.removeEventListener("change", recolour);
      paper.removeEventListener("change", toPaper);
      shell.destroy();
    },
  };
}
