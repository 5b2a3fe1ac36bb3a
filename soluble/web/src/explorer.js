/** One explorer: state, run, picture, words, controls. The same on the static page and in Jupyter. */
import { draw } from "./chart.js";
import { HINT, slider } from "./controls.js";
import { debounce, h, part, s, unbroken } from "./dom.js";
import { copy, csv, save, svgText } from "./download.js";
import * as address from "./hash.js";
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

  const body = part(root, "div", "body");
  if (config.title) part(body, "p", "title").replaceChildren(...unbroken(config.title));
  const stage = part(body, "div", "stage");
  const words = part(body, "p", "summary");
  const panel = part(body, "div", "panel");
  root.style.setProperty("--explorer-height", config.height);
  words.setAttribute("aria-live", "polite");

  // --- picture ---
  const chartTitle = s("title", { id: `explorer-${id}-name` });
  const content = s("g", {});
  const reading = s("g", { class: "reading", "data-reading": "" });
  const svg = s("svg", { class: "explorer-chart", role: "img", "aria-labelledby": `explorer-${id}-name` }, chartTitle, content, reading);
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
    speakSoon();
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

  // A sentence for every pixel of a drag would drown a listener: it follows when the hand rests.
  const speak = () => {
    const text = summary();
    if (words.textContent !== text) words.replaceChildren(...unbroken(text));
    chartTitle.textContent = `${config.alt} ${text}`;
  };
  const speakSoon = debounce(180, speak);

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
  const hint = `explorer-${id}-hint`;
  const sliders = new Map(
    state.controls.map((c) => {
      const one = slider(c, `explorer-${id}-${c.name}`, hint, (v) => {
        const before = state.values[c.name];
        const now = state.set(c.name, v, c.name);
        if (now === before) one.show(now, true);
      });
      return [c.name, one];
    }),
  );
  const select = h("select", { id: `explorer-${id}-scenario`, "data-action": "scenario" });
  const entry = (value, text) => h("option", { value }, text);
  if (state.scenarios.size) {
    select.append(entry("", state.initial ? "default values" : config.startLabel === "default" ? "default values" : "first setting"));
    for (const [value, scenario] of state.scenarios) select.append(entry(value, scenario.title));
  }
  const says = h("p", { class: "explorer-says" });
  select.addEventListener("change", () => state.assign([], select.value, "scenario"));

  const button = (action, text, tooltip, act) => h("button", { type: "button", "data-action": action, title: tooltip, onclick: act }, text);
  const status = h("p", { class: "explorer-status", role: "status" });
  const fileName = (ending) => `${id}.${ending}`;
  const told = () => {
    const chosen = state.controls.map((c) => `${c.name} = ${state.values[c.name]}${c.unit ? " " + c.unit : ""}`).join("; ");
    const scene = state.scenarios.get(state.scenario)?.title;
    return [`${model.title} (model ${model.key})`, ...(scene ? [`scenario: ${scene}`] : []), `with ${chosen}`, "simulated"];
  };
  const compareButton = button("ghost", "", "", () => {
    comparing = !comparing;
    labelCompare();
    flush();
  });
  function labelCompare() {
    compareButton.textContent = "Compare";
    compareButton.setAttribute("aria-pressed", comparing);
    compareButton.title = `Show or hide the faint curves of ${(kept ?? start).name}`;
  }
  labelCompare();
  const buttons = [
    button("reset", "Reset", "Back to the first setting", () => {
      kept = null;
      labelCompare();
      status.textContent = "";
      state.assign([], state.initial, "reset");
    }),
    button("keep", "Keep run", "Keep the present curves as faint ones, to compare with", () => {
      compute();
      if (result) {
        kept = { result, values: state.values, scenario: state.scenario, name: "the kept run", label: "kept run" };
        comparing = true;
        labelCompare();
        status.textContent = "Kept. Move a control to compare.";
        flush();
      }
    }),
    compareButton,
  ];
  const files = [
    button("csv", "Data CSV", "Download the numbers behind the picture", () => {
      compute();
      if (result) save(csv(view.data(result), told()), fileName("csv"), "text/csv");
      status.textContent = result ? `Saved ${fileName("csv")}.` : "There is nothing to save for this setting.";
    }),
    button("svg", "Picture SVG", "Download the picture", () => {
      flush();
      if (result) save(svgText(svg, config.alt, summary()), fileName("svg"), "image/svg+xml");
      status.textContent = result ? `Saved ${fileName("svg")}.` : "There is nothing to save for this setting.";
    }),
    options.peers &&
      button("link", "Copy link", "Copy the address of this setting", async () => {
        const url = `${location.href.split("#")[0]}#${address.write(id, state) || `explorer-${id}`}`;
        status.textContent = (await copy(url)) ? "Link copied." : url;
      }),
  ];

  function showState(source) {
    for (const c of state.controls) sliders.get(c.name).show(state.values[c.name], source === c.name);
    select.value = state.scenario;
    says.replaceChildren(...unbroken(state.scenarios.get(state.scenario)?.says ?? ""));
  }

  const publish = debounce(250, () => address.publish(options.peers()));
  state.subscribe((source) => {
    lastMoved = sliders.has(source) ? source : "";
    showState(source);
    if (source !== "reset" && status.textContent) status.textContent = "";
    refresh();
    if (options.peers && source !== "address") publish();
  });

  panel.replaceChildren(
    ...(state.scenarios.size ? [h("div", { class: "explorer-scenario" }, h("label", { for: select.id }, "Scenario"), select, says)] : []),
    h("div", { class: "explorer-controls", role: "group", "aria-label": `Controls${config.title ? ": " + config.title : ""}` }, ...state.controls.map((c) => sliders.get(c.name).element)),
    h("div", { class: "explorer-buttons" }, buttons),
    h("div", { class: "explorer-files" }, files),
    status,
    h("p", { class: "explorer-hint", id: hint }, HINT),
  );
  stage.replaceChildren(svg, cursor, tip, problem);
  showState();
  paint();
  speak();
  root.dataset.state = "live";

  const observer = new ResizeObserver(() => {
    if (stage.clientWidth) show();
  });
  observer.observe(stage);
  document.fonts?.ready.then(() => root.isConnected && show());

  return {
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
    get summary() {
      return summary();
    },
    data() {
      compute();
      return result ? view.data(result) : { columns: [], units: [], rows: [] };
    },
    csv: () => (compute(), csv(view.data(result), told())),
    svg: () => (flush(), svgText(svg, config.alt, summary())),
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
    hash: () => address.write(id, state),
    adopt(pairs) {
      const scenario = pairs.find(([name]) => name === "scenario")?.[1];
      state.assign(pairs, scenario === "none" ? "" : scenario, "address");
    },
    destroy() {
      observer.disconnect();
      clearTimeout(job);
      if (due) cancelAnimationFrame(due);
    },
  };
}
