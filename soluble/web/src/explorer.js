/** One explorer: state, run, picture, words, controls. The same on the static page and in Jupyter. */
import { draw } from "./chart.js";
import { debounce, h, s } from "./dom.js";
import * as address from "./hash.js";
import { button, compareButton, createControls, createShell } from "./shell.js";
import { SolverError } from "./solver/error.js";
import { createState } from "./state.js";
import { response } from "./views/response.js";
import { timecourse } from "./views/timecourse.js";
import { setting } from "./words.js";

/** A run that takes longer (ms) is replaced by a draft while a control moves. */
const COSTLY = 3;
const VIEWS = { timecourse, response };

/** Colours by name: the site, or the widget, defines the variables; a mediator without a colour takes that of its place. */
function colourful(config) {
  let i = 0;
  for (const q of Object.values(config.quantities)) {
    const place = `var(--series-${(i++ % 8) + 1}, currentColor)`;
    q.colour = q.mediator ? `var(--med-${q.mediator}, ${place})` : place;
  }
  return config;
}

/**
 * Bring `root` to life. `options.peers` gives the other parts of the page's address; without it the address is left alone.
 * Returns the handle that stands in `window.solubleExplorers`.
 */
export function mount(root, model, given, options = {}) {
  const config = colourful(structuredClone(given));
  if (!Object.hasOwn(VIEWS, config.view)) throw new Error(`this page's script does not know the view “${config.view}”`);
  const view = VIEWS[config.view](model, config);
  const state = createState(config, model);
  const id = config.id;

  root.style.setProperty("--explorer-height", config.height);

  // --- picture ---
  const shell = createShell(root, config, options, {
    summary: () => summary(),
    draw: () => show(),
    data: () => (compute(), result && view.data(result)),
    told: () => [`${model.title} (model ${model.key})`, ...controls.told(), "simulated"],
    hash: () => address.write(id, state),
    picture: () => (flush(), Boolean(result)),
  });
  const { stage, svg, content, status } = shell;
  const reading = s("g", { class: "reading", "data-reading": "" });
  svg.append(reading);
  const cursor = h("div", { class: "explorer-cursor", role: "slider", tabindex: 0, "aria-label": "Reading line", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0 });
  const tip = h("div", { class: "explorer-tip", hidden: true, "aria-hidden": "true" });
  const problem = h("p", { class: "explorer-problem", hidden: true });

  let result = null, failure = "", geometry = null, lastMoved = "";
  let fullTook = 0; // milliseconds of the last full computation
  let stale = true; // does the state differ from that of `result`?
  let draft = false; // is `result` a draft?
  let kept = null; // the run that the reader keeps for comparison
  let comparing = Boolean(config.compare);
  const timings = { solve: 0, paint: 0, draft: false };

  /** Run a view's steps to their end; a failure of the solver becomes a sentence. */
  const outcome = (values, scenario, rough) => guarded(() => {
    const steps = view.steps(state.overrides(values, scenario), rough);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  });
  function guarded(work) {
    try {
      return { result: work(), failure: "" };
    } catch (error) {
      if (!(error instanceof SolverError)) throw error;
      return { result: null, failure: `This setting could not be computed: ${error.message} Move a control, or reset.` };
    }
  }
  const start = { name: config.startName, label: config.startLabel, scenario: state.initial, values: state.values, result: null, rough: false };

  /** The run to compare with, unless there is none or it is the one shown. */
  function ghost() {
    const other = kept ?? start;
    if (!comparing || !other.result) return null;
    const same = other.scenario === state.scenario && state.controls.every((c) => other.values[c.name] === state.values[c.name]);
    return same ? null : other;
  }

  function take(outcome, rough) {
    ({ result, failure } = outcome);
    draft = timings.draft = rough;
    stale = false;
    if (result && state.untouched && (!start.result || !rough)) Object.assign(start, { result, rough });
  }
  /** Bring `result` up to date: with a draft where the model is heavy and `rough` will do, else in full. */
  function compute(rough = false) {
    if (!stale && (rough || !draft)) return;
    const light = rough && (view.always || model.stiff || fullTook > COSTLY);
    const began = performance.now();
    take(outcome(state.values, state.scenario, light), light);
    timings.solve = performance.now() - began;
    if (!light) fullTook = timings.solve;
  }

  /** The full computation after a draft, in slices, so that a reader who goes on is never kept waiting. */
  let job = 0;
  function inSlices(overrides, then) {
    const steps = view.steps(overrides, false);
    let spent = 0;
    const slice = () => {
      const began = performance.now(), until = began + 8;
      let finished = false;
      const full = guarded(() => {
        for (;;) {
          const { done, value } = steps.next();
          finished = done;
          if (done || performance.now() > until) return value;
        }
      });
      spent += performance.now() - began;
      if (!finished && !full.failure) return void (job = setTimeout(slice));
      fullTook = spent;
      then({ result: full.result ?? null, failure: full.failure });
    };
    job = setTimeout(slice);
  }
  function refine() {
    clearTimeout(job);
    if (stale) return;
    if (draft)
      inSlices(state.overrides(), (full) => {
        take(full, false);
        show();
        refine();
      });
    else if (start.rough)
      inSlices(state.overrides(start.values, start.scenario), (full) => {
        Object.assign(start, { result: full.result ?? start.result, rough: false });
        show();
      });
  }
  const refineSoon = debounce(160, refine);

  const summary = () => {
    compute(true);
    return failure || view.sentence(setting(config, state, lastMoved), result, ghost());
  };

  let family = "";
  function paint() {
    clearTimeout(job);
    compute(true);
    show();
    if (draft || start.rough) refineSoon();
  }
  function show() {
    const began = performance.now();
    problem.hidden = !failure;
    problem.textContent = failure;
    root.toggleAttribute("data-problem", Boolean(failure));
    if (result) {
      const W = stage.clientWidth, H = stage.clientHeight;
      if (W > 0 && H > 0) {
        family ||= getComputedStyle(svg).fontFamily;
        svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
        geometry = draw(content, view.picture(result, ghost()), W, H, family);
        placeCursor(W, H);
      }
    } else content.replaceChildren();
    read(null);
    timings.paint = performance.now() - began;
    shell.speakSoon();
  }

  let due = 0;
  function refresh() {
    stale = true;
    due ||= requestAnimationFrame(() => {
      due = 0;
      paint();
    });
  }
  /** Do now what waits for the next frame. */
  function flush() {
    if (due) cancelAnimationFrame(due);
    due = 0;
    paint();
  }

  // --- reading line ---
  let share = null;
  function placeCursor(W, H) {
    const last = geometry.panels[geometry.panels.length - 1];
    Object.assign(cursor.style, { left: `${(100 * geometry.left) / W}%`, width: `${(100 * (geometry.right - geometry.left)) / W}%`, top: `${(100 * geometry.panels[0].top) / H}%`, height: `${(100 * (last.bottom - geometry.panels[0].top)) / H}%` });
  }
  function read(at) {
    share = at;
    tip.hidden = at === null || !result || !geometry;
    if (tip.hidden) return void reading.replaceChildren();
    const { x, panels, left, right } = geometry;
    const seen = view.reading(result, view.at(at));
    const px = x(seen.x);
    reading.replaceChildren(
      ...panels.map((p) => s("line", { x1: px, x2: px, y1: p.top, y2: p.bottom })),
      ...seen.panels.flatMap((values, i) => values.filter((v) => Number.isFinite(v.y)).map((v) => s("circle", { cx: px, cy: panels[i].y(v.y), r: 4, fill: v.colour }))),
    );
    const values = seen.panels.flat();
    tip.replaceChildren(h("b", {}, seen.head), ...values.map((v) => h("span", { style: { color: v.colour } }, `${v.label}: `, h("span", {}, v.text))));
    const W = stage.clientWidth;
    tip.style.left = tip.style.right = "";
    if (px < (left + right) / 2) tip.style.left = `${px + 12}px`;
    else tip.style.right = `${W - px + 12}px`;
    tip.style.top = `${panels[0].top + 4}px`;
    cursor.setAttribute("aria-valuenow", Math.round(100 * at));
    cursor.setAttribute("aria-valuetext", `${seen.head}: ${values.map((v) => `${v.label} ${v.text}`).join(", ")}`);
  }
  cursor.setAttribute("aria-valuetext", "not set");
  cursor.addEventListener("pointermove", (event) => {
    const box = cursor.getBoundingClientRect();
    read(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
  });
  cursor.addEventListener("pointerleave", () => document.activeElement !== cursor && read(null));
  cursor.addEventListener("blur", () => read(null));
  cursor.addEventListener("focus", () => cursor.matches(":focus-visible") && share === null && read(0.5));
  cursor.addEventListener("keydown", (event) => {
    const big = event.key.startsWith("Page") ? 0.1 : event.shiftKey ? 0.0025 : 0.01;
    const to = { ArrowRight: share + big, ArrowUp: share + big, PageUp: share + big, ArrowLeft: share - big, ArrowDown: share - big, PageDown: share - big, Home: 0, End: 1 }[event.key];
    if (event.key === "Escape") read(null);
    if (to === undefined) return;
    event.preventDefault();
    read(Math.min(1, Math.max(0, to)));
  });

  // --- controls ---
  const controls = createControls(config, state);
  const compare = compareButton(() => `Show or hide the faint curves of ${(kept ?? start).name}`, () => {
    comparing = !comparing;
    compare.show(comparing);
    flush();
  });
  compare.show(comparing);
  const reset = button("reset", "Reset", "Back to the first setting", () => {
    kept = null;
    compare.show(comparing);
    status.textContent = "";
    state.assign([], state.initial, "reset");
  });
  const keep = button("keep", "Keep run", "Keep the present curves as faint ones, to compare with", () => {
    compute();
    if (!result) return;
    kept = { result, values: state.values, scenario: state.scenario, name: "the kept run", label: "kept run" };
    comparing = true;
    compare.show(comparing);
    status.textContent = "Kept. Move a control to compare.";
    flush();
  });

  state.subscribe((source) => {
    lastMoved = controls.has(source) ? source : "";
    controls.show(source);
    if (source !== "reset" && status.textContent) status.textContent = "";
    refresh();
    shell.changed(source);
  });

  shell.panel.replaceChildren(...[controls.scenario, controls.group, shell.buttons(reset, keep, compare.element), shell.files(), status, controls.hint].filter(Boolean));
  stage.replaceChildren(svg, cursor, tip, problem);
  controls.show();
  paint();
  shell.live();

  return {
    __proto__: shell.handle,
    state,
    get values() {
      return { ...state.values };
    },
    get scenario() {
      return state.scenario;
    },
    set(name, value) {
      const v = state.set(name, value, name);
      flush();
      return v;
    },
    /** The table for any parameters and initial values, whether they have a control or not, at `n` times. Throws SolverError. */
    solve(values = {}, n = config.n) {
      const steps = VIEWS[config.view](model, { ...config, n }).steps({ ...state.overrides(), ...values }, false);
      for (;;) {
        const { done, value } = steps.next();
        if (done) return view.data(value);
      }
    },
    get lastTimings() {
      return { ...timings };
    },
    adopt(pairs) {
      const scenario = pairs.find(([name]) => name === "scenario")?.[1];
      state.assign(pairs, scenario === "none" ? "" : scenario, "address");
    },
    destroy() {
      shell.destroy();
      clearTimeout(job);
      if (due) cancelAnimationFrame(due);
    },
  };
}
