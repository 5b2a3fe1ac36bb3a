/** One explorer: state, run, picture, words, controls. The same on the static page and in Jupyter. */
import { draw } from "./chart.js";
import { debounce, h, s } from "./dom.js";
import * as address from "./hash.js";
import { readingLine } from "./reading.js";
import { resolve, run } from "./run.js";
import { button, compareButton, createControls, createShell } from "./shell.js";
import { SolverError } from "./solver/error.js";
import { createState, stateHandle } from "./state.js";
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
 * `options.make` makes a view that is not among those above, from the model, the configuration and the solver; such a view
 * may bring its own `draw` and its own `pointer` in place of the chart and the reading line.
 * Returns the handle that stands in `window.solubleExplorers`.
 */
export function mount(root, model, given, options = {}) {
  const config = colourful(structuredClone(given));
  const make = options.make ?? (Object.hasOwn(VIEWS, config.view) && VIEWS[config.view]);
  if (!make) throw new Error(`this page's script does not know the view “${config.view}”`);
  const solver = { resolve, run };
  const view = make(model, config, solver);
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
  const problem = h("p", { class: "explorer-problem", hidden: true });

  let result = null, failure = "", geometry = null, lastMoved = "";
  let fullTook = 0; // milliseconds of the last full computation
  let stale = true; // does the state differ from that of `result`?
  let draft = false; // is `result` a draft?
  let kept = null; // the run that the reader keeps for comparison
  let comparing = Boolean(config.compare);
  const timings = { solve: 0, paint: 0, draft: false };
  const pointer = (view.pointer ?? readingLine)({ view, state, stage, reading, id, seen: () => (result && geometry ? { result, geometry } : null) });

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
        geometry = (view.draw ?? draw)(content, view.picture(result, ghost()), W, H, family);
        pointer.place(geometry, W, H);
      }
    } else content.replaceChildren();
    pointer.clear();
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
  stage.replaceChildren(svg, ...pointer.elements, problem);
  controls.show();
  paint();
  shell.live();

  return {
    __proto__: stateHandle(state, shell),
    set(name, value) {
      const v = state.set(name, value, name);
      flush();
      return v;
    },
    /** The table for any parameters and initial values, whether they have a control or not, at `n` times. Throws SolverError. */
    solve(values = {}, n = config.n) {
      const steps = make(model, { ...config, n }, solver).steps({ ...state.overrides(), ...values }, false);
      for (;;) {
        const { done, value } = steps.next();
        if (done) return view.data(value);
      }
    },
    get lastTimings() {
      return { ...timings };
    },
    destroy() {
      shell.destroy();
      clearTimeout(job);
      if (due) cancelAnimationFrame(due);
    },
  };
}
