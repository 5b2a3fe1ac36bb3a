/** The forest explorer: studies in and out, the method, studies of the reader's own; the pooled result follows. */
import { scaleLinear, scaleLog } from "./scales.js";
import { DASHES, width } from "./chart.js";
import { h, s, unbroken } from "./dom.js";
import { capital, number } from "./format.js";
import { pool } from "./pool.js";
import { numeral } from "./state.js";
import { button, choice, compareButton, createShell } from "./shell.js";
import { normalQuantile } from "./statistics.js";

const MOST = 6; // studies of one's own
const LONGEST = 40; // letters of a label
const HEAD = 26, FOOT = 44, MORE = 3; // pixels above and below the rows; rows below the studies
const TICKS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.33, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000];

/** A label that can stand in a picture, a file and a spreadsheet: no control signs, no formula. */
const cleanLabel = (text) =>
  String(text ?? "")
    .replace(/[\p{C}|<>"]/gu, " ")
    .replace(/\s+/g, " ")
    .replace(/^[\s=+@-]+/, "")
    .slice(0, LONGEST)
    .trim();

/** A study of the reader's own as {label, estimate, low, high}, or {error, field}: what to mend, and where. */
export function checked(given, log, quantity) {
  const study = { label: cleanLabel(given?.label) };
  if (!study.label) return { error: "Give the study a name.", field: "label" };
  const names = { estimate: "estimate", low: "lower limit", high: "upper limit" };
  for (const [field, name] of Object.entries(names)) {
    const v = (study[field] = numeral(given[field]));
    if (v === undefined) return { error: `The ${name} must be a number with a decimal point, such as 0.87.`, field };
    if (log && v <= 0) return { error: `The ${name} of a ${quantity} lies above zero.`, field };
    if (log ? v < 1e-3 || v > 1e3 : Math.abs(v) > 1e6) return { error: `The ${name} must lie between ${log ? "0.001 and 1,000" : "−1 million and 1 million"}.`, field };
  }
  const { estimate, low, high } = study;
  if (low >= high) return { error: "The lower limit must lie below the upper one.", field: "low" };
  if (estimate < low || estimate > high) return { error: "The estimate must lie between its limits.", field: "estimate" };
  if (log ? high / low < 1.001 : high - low < 1e-6 * Math.max(1, Math.abs(estimate))) return { error: "The limits lie too close together.", field: "high" };
  return { study };
}

/** The state: each study 1 or 0, `method`, `interval`, and `own`, a list. All that comes from outside is looked up or checked. */
function createState(config) {
  const start = () => Object.assign(Object.create(null), Object.fromEntries(config.studies.map((x) => [x.id, x.in])), { method: config.method, interval: config.interval, own: [] });
  const listeners = new Set();
  let values = start();
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  function cleaned(name, value) {
    if (name === "own") return (Array.isArray(value) ? value : []).slice(0, MOST).map((x) => checked(x, config.log, config.quantity).study).filter(Boolean);
    const choices = { method: config.methods, interval: config.intervals };
    if (Object.hasOwn(choices, name)) return Object.hasOwn(choices[name], value) ? value : undefined;
    const text = String(value);
    return Object.hasOwn(values, name) && /^(0|1|true|false)$/.test(text) ? Number(text === "1" || text === "true") : undefined;
  }
  return {
    start,
    get values() {
      return values;
    },
    get untouched() {
      return same(values, start());
    },
    subscribe: (f) => (listeners.add(f), () => listeners.delete(f)),
    set(name, value, source) {
      const wanted = cleaned(name, value);
      if (wanted !== undefined && !same(wanted, values[name])) {
        values = Object.assign(Object.create(null), values, { [name]: wanted });
        listeners.forEach((f) => f(source));
      }
      return values[name];
    },
    /** Take a whole state at once; names that are not mentioned go back to where they began. */
    assign(pairs, _, source) {
      values = start();
      const own = [];
      for (const [name, value] of pairs) {
        if (name !== "own") values[name] = cleaned(name, value) ?? values[name];
        else if (Array.isArray(value)) own.push(...value);
        else {
          const [label, estimate, low, high] = String(value).split("|");
          own.push({ label, estimate, low, high });
        }
        if (!Object.hasOwn(start(), name)) delete values[name];
      }
      values.own = cleaned("own", own);
      listeners.forEach((f) => f(source));
    },
  };
}

export function mountForest(root, config, options = {}) {
  const { id, log, quantity, level } = config;
  const state = createState(config);
  const to = log ? Math.log : (v) => v, back = log ? Math.exp : (v) => v;
  const percent = `${number(100 * level)} %`;

  const shell = createShell(root, config, options, { summary: () => summary(), draw: () => draw(), data: () => data(), told: () => told(), hash });
  const { stage, svg, content, status } = shell;
  const timings = { solve: 0, paint: 0, draft: false };
  let comparing = Boolean(config.compare);

  /** All studies with their place in the pool, and the result: null for fewer than two studies. */
  function compute(values) {
    const z = 2 * normalQuantile(0.95);
    const own = values.own.map((x, i) => ({ id: `own-${i + 1}`, label: x.label, own: true, yi: to(x.estimate), low: to(x.low), high: to(x.high), vi: ((to(x.high) - to(x.low)) / z) ** 2, on: true }));
    const studies = [...config.studies.map((x) => ({ ...x, on: values[x.id] === 1 })), ...own];
    const inside = studies.filter((x) => x.on);
    const result = inside.length < 2 ? null : pool(inside.map((x) => x.yi), inside.map((x) => x.vi), values.method, values.interval, level);
    inside.forEach((x, i) => (x.weight = result?.weights[i]));
    return { studies, result };
  }
  let now = compute(state.values);
  const first = now.result;

  // --- words ---
  const fixed = (v) => back(v).toFixed(2);
  const range = (low, high) => `${fixed(low)}${log ? "–" : " to "}${fixed(high)}`;
  const chance = (p) => (p < 1e-4 ? "< 0.0001" : `= ${Number(p.toPrecision(2))}`);
  const heterogeneity = (r) => `I² ${r.i2.toFixed(0)} %, τ² ${r.tau2.toFixed(3)}, Q ${r.q.toFixed(1)} (p ${chance(r.q_p)})`;
  const ghost = () => (comparing && first && now.result && first.estimate + first.ci_low !== now.result.estimate + now.result.ci_low ? first : null);
  function summary() {
    const { studies, result: r } = now;
    const off = studies.filter((x) => !x.on).map((x) => x.label), own = studies.filter((x) => x.own).map((x) => x.label);
    const text = [];
    if (r) {
      text.push(
        `Pooled ${quantity} of ${r.k} studies ${fixed(r.estimate)} (${percent} CI ${fixed(r.ci_low)} to ${fixed(r.ci_high)}); ${config.methods[state.values.method]}; ${config.intervals[state.values.interval]}.`,
        `Heterogeneity: ${heterogeneity(r)}.`,
      );
      if (r.prediction_low === r.prediction_low) text.push(`${percent} prediction interval ${fixed(r.prediction_low)} to ${fixed(r.prediction_high)}.`);
    } else text.push(`${off.length === studies.length ? "No study is" : "One study alone is"} switched on: pooling needs at least two.`);
    if (off.length) text.push(`Left out: ${off.join(", ")}.`);
    if (own.length) text.push(`Your own: ${own.join(", ")}.`);
    if (ghost()) text.push(`At first it was ${fixed(first.estimate)} (${fixed(first.ci_low)} to ${fixed(first.ci_high)}).`);
    return text.join(" ");
  }

  // --- picture ---
  let family = "";
  function draw() {
    const began = performance.now();
    const { studies, result: r } = now;
    root.style.setProperty("--explorer-rows", studies.length + MORE);
    root.toggleAttribute("data-tall", studies.length > 6); // too high to stay in view on a phone
    const W = stage.clientWidth, H = stage.clientHeight;
    if (!(W > 0 && H > 0)) return;
    family ||= getComputedStyle(svg).fontFamily;
    const font = `12.5px ${family}`;
    const narrow = W < 440;
    const each = (H - HEAD - FOOT) / (studies.length + MORE);
    const share = (v) => `${(100 * v).toFixed(v < 0.0995 ? 1 : 0)} %`;
    const numbers = (y, low, high) => `${fixed(y)} (${range(low, high)})`.replaceAll("-", "−");
    const rows = studies.map((x) => ({ ...x, text: numbers(x.yi, x.low, x.high), extra: x.weight ? share(x.weight) : x.on ? "" : "out" }));
    const texts = r ? [numbers(r.estimate, r.ci_low, r.ci_high), r.prediction_low === r.prediction_low ? range(r.prediction_low, r.prediction_high).replaceAll("-", "−") : "not defined"] : ["", ""];
    const lower = ["Pooled", "Prediction interval"];
    const widest = (list) => Math.max(...list.map((t) => width(t, font)));
    const weights = narrow ? 0 : widest(["weight", ...rows.map((x) => x.extra)]) + 14;
    const numbersWidth = widest([...rows.map((x) => x.text), ...texts]);
    const label = Math.min(widest([...lower, ...rows.map((x) => x.label)]), narrow ? W - numbersWidth - 62 : 0.32 * W);
    const left = narrow ? 14 : label + 22, right = narrow ? W - 14 : W - weights - numbersWidth - 18;

    const ends = studies.flatMap((x) => [x.low, x.high]);
    const spare = 0.06 * (Math.max(...ends) - Math.min(...ends));
    const domain = [Math.min(...ends, 0) - spare, Math.max(...ends, 0) + spare];
    const x = (log ? scaleLog : scaleLinear)(domain.map(back), [left, right]);
    const px = (v) => x(back(v));
    const inside = (v) => Math.min(right, Math.max(left, px(v)));
    let ticks = log ? TICKS.filter((t) => Math.log(t) >= domain[0] && Math.log(t) <= domain[1]) : x.ticks(5);
    const crowded = () => ticks.some((t, i) => i && x(t) - x(ticks[i - 1]) < 34);
    while (ticks.length > 3 && crowded()) ticks = ticks.filter((t, i) => i % 2 === ticks.indexOf(1) % 2 || (i % 2 === 0 && !ticks.includes(1)));
    const bottom = H - FOOT + 4;
    const text = (tx, ty, what, more) => s("text", { x: tx, y: ty, ...more }, what);
    const end = { "text-anchor": "end" };
    const nodes = [
      s("g", { class: "axis" }, ticks.map((t) => s("line", { class: "grid", x1: x(t), x2: x(t), y1: HEAD, y2: bottom })), s("line", { class: "base", x1: left, x2: right, y1: bottom, y2: bottom }), ticks.map((t) => [s("line", { class: "tick", x1: x(t), x2: x(t), y1: bottom, y2: bottom + 4 }), text(x(t), bottom + 18, number(t), { "text-anchor": "middle" })])),
      s("line", { class: "mark", x1: px(0), x2: px(0), y1: HEAD, y2: bottom }),
      text((left + right) / 2, H - 6, "", { class: "axis-title", "text-anchor": "middle" }),
      text(4, 14, "Study"),
      text(W - weights - 4, 14, `${narrow ? "weight, " : ""}estimate (${percent} CI)`, end),
      !narrow && text(W - 4, 14, "weight", end),
    ];
    // A title that is longer than the axis is set in the middle of the picture.
    const title = nodes[2], half = width(config.xlabel, font) / 2;
    title.textContent = config.xlabel;
    title.setAttribute("x", Math.max(half + 4, Math.min(W - half - 4, (left + right) / 2)));

    /** Labels and numbers of the row i; gives the height at which it is drawn. */
    const row = (i, what, printed, extra, kind) => {
      const top = HEAD + i * each;
      const base = narrow ? top + 14 : top + each / 2 + 4;
      let shown = what;
      while (width(shown, font) > label && shown.length > 4) shown = `${shown.replace(/…$/, "").slice(0, -1)}…`;
      nodes.push(
        text(4, base, shown, { class: kind }),
        text(W - weights - 4, base, narrow && extra ? `${extra}, ${printed}` : printed, { class: kind, ...end }),
        !narrow && text(W - 4, base, extra, { class: kind, ...end }),
      );
      return narrow ? top + each / 2 + 8 : top + each / 2;
    };
    const line = (low, high, y, more) => {
      const [a, b] = [inside(low), inside(high)];
      nodes.push(
        s("path", { d: `M${a},${y}H${b}`, fill: "none", ...more }),
        px(low) < left - 1 && s("path", { d: `M${left},${y}l7,-5v10z`, fill: more.stroke, class: more.class }),
        px(high) > right + 1 && s("path", { d: `M${right},${y}l-7,-5v10z`, fill: more.stroke, class: more.class }),
      );
    };
    const most = Math.max(...rows.map((q) => q.weight ?? 0)) || 1;
    rows.forEach((q, i) => {
      const kind = q.on ? "study" : "study out";
      const y = row(i, q.label, q.text, q.extra, kind);
      const colour = `var(--series-${q.own ? 2 : 1}, currentColor)`, side = q.on ? 5 + 8 * Math.sqrt((q.weight ?? most / 2) / most) : 7;
      line(q.low, q.high, y, { class: q.on ? "" : "out", stroke: "currentColor", "stroke-width": 1.5, ...(q.on ? {} : { "stroke-dasharray": "3 3" }) });
      nodes.push(s("rect", { class: q.on ? "" : "out", x: px(q.yi) - side / 2, y: y - side / 2, width: side, height: side, stroke: colour, "stroke-width": 1.5, fill: q.on ? colour : "var(--x-paper)", ...(q.own ? { transform: `rotate(45 ${px(q.yi)} ${y})` } : {}) }));
    });
    const n = rows.length;
    nodes.push(s("line", { class: "grid", x1: 0, x2: W, y1: HEAD + n * each, y2: HEAD + n * each }));
    if (r) {
      // Where it goes on beyond the axis the diamond is cut, not squeezed.
      const diamond = (p, y) => {
        const middle = px(p.estimate);
        const side = (v) => [inside(v), px(v) === middle ? 0 : (8 * (px(v) - inside(v))) / (px(v) - middle)];
        const [[a, cutLeft], [b, cutRight]] = [side(p.ci_low), side(p.ci_high)];
        return `M${a},${y - cutLeft}L${middle},${y - 8}L${b},${y - cutRight}V${y + cutRight}L${middle},${y + 8}L${a},${y + cutLeft}Z`;
      };
      let y = row(n, lower[0], texts[0], narrow ? "" : "100 %", "study pooled");
      nodes.push(s("path", { class: "diamond", d: diamond(r, y), fill: "currentColor" }));
      if (ghost()) nodes.push(s("path", { class: "line ghost", d: diamond(first, y), stroke: "var(--series-1, currentColor)", "stroke-dasharray": DASHES[4] }));
      y = row(n + 1, lower[1], texts[1], "", "study");
      if (texts[1] !== "not defined") line(r.prediction_low, r.prediction_high, y, { class: "prediction", stroke: "var(--x-muted)", "stroke-width": 5 });
      nodes.push(text(4, HEAD + (n + 2.5) * each + 4, heterogeneity(r), { class: "study" }));
    } else nodes.push(text(4, HEAD + (n + 0.5) * each + 4, "Pooling needs at least two studies.", { class: "study" }));
    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    content.replaceChildren(...nodes.filter(Boolean));
    timings.paint = performance.now() - began;
  }

  function refresh() {
    const began = performance.now();
    now = compute(state.values);
    timings.solve = performance.now() - began;
    draw();
    shell.speakSoon();
  }

  // --- controls ---
  const select = (field, title, choices) =>
    choice(id, field, title, Object.entries(choices).map(([value, text]) => [value, capital(text.replace(/^random effects, |,? \(.*|, inverse.*/g, ""))]), (value) => state.set(field, value, field));
  const [method, methodBox] = select("method", "Method", config.methods), [interval, intervalBox] = select("interval", "Confidence interval", config.intervals);
  const boxes = config.studies.map((x) => {
    const box = h("input", { type: "checkbox", id: `explorer-${id}-${x.id}`, "data-name": x.id, onchange: () => state.set(x.id, box.checked, x.id) });
    return box;
  });
  const ownList = h("div", {});
  const fields = [
    ["label", "Name", { maxlength: LONGEST }],
    ["estimate", capital(quantity), { inputmode: "decimal" }],
    ["low", "95 % CI, from", { inputmode: "decimal" }],
    ["high", "to", { inputmode: "decimal" }],
  ].map(([field, title, more]) => {
    const input = h("input", { type: "text", id: `explorer-${id}-own-${field}`, "data-own": field, autocomplete: "off", "aria-describedby": `explorer-${id}-wrong`, ...more });
    return { field, input, box: h("div", { class: `own-${field}` }, h("label", { for: input.id }, title), input) };
  });
  const wrong = h("p", { class: "explorer-note", id: `explorer-${id}-wrong`, role: "alert" });
  const form = h(
    "form",
    {
      class: "explorer-own",
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        const given = Object.fromEntries(fields.map((f) => [f.field, f.input.value]));
        const { study, error, field } = state.values.own.length < MOST ? checked(given, log, quantity) : { error: `There is room for ${MOST} studies of your own: remove one first.` };
        wrong.textContent = error ?? "";
        for (const f of fields) {
          if (error && f.field === field) f.input.focus();
          f.input.toggleAttribute("aria-invalid", Boolean(error) && f.field === field);
          if (!error) f.input.value = "";
        }
        if (error) return;
        state.set("own", [...state.values.own, study], "own");
        status.textContent = `Added ${study.label}.`;
        fields[0].input.focus();
      },
    },
    fields.map((f) => f.box),
    wrong,
    h("button", { type: "submit", "data-action": "add" }, "Add"),
  );
  const compare = compareButton(() => "Show or hide the first result as a faint diamond", () => {
    comparing = !comparing;
    showState();
    refresh();
  });

  function showState() {
    const { values } = state;
    boxes.forEach((box) => (box.checked = values[box.dataset.name] === 1));
    method.value = values.method;
    interval.value = values.interval;
    compare.show(comparing);
    ownList.replaceChildren(
      ...values.own.map((x, i) =>
        h("div", { class: "explorer-check" }, h("span", {}, x.label), button("remove", "Remove", `Remove ${x.label}`, () => {
          state.set("own", values.own.filter((_, k) => k !== i), "own");
          status.textContent = `Removed ${x.label}.`;
          fields[0].input.focus();
        })),
      ),
    );
    for (const b of ownList.querySelectorAll("button")) b.setAttribute("aria-label", b.title);
  }
  shell.panel.replaceChildren(
    methodBox,
    intervalBox,
    h(
      "fieldset",
      { class: "explorer-controls" },
      h("legend", {}, "Studies in the pool"),
      boxes.map((box, i) => h("div", { class: "explorer-check" }, box, h("label", { for: box.id }, unbroken(config.studies[i].label)))),
      ownList,
    ),
    h("details", {}, h("summary", {}, "Add a study of your own"), form),
    shell.buttons(
      button("reset", "Reset", "Back to the first setting", () => {
        wrong.textContent = status.textContent = "";
        state.assign([], "", "reset");
      }),
      compare.element,
    ),
    shell.files(),
    status,
  );

  // --- what a reader takes along ---
  function data(of = now) {
    const { studies, result: r } = of;
    const rows = studies.map((x) => [x.id, x.label, back(x.yi), back(x.low), back(x.high), x.on ? 1 : 0, x.weight ?? NaN, x.yi, x.vi]);
    if (r) {
      rows.push(["pooled", "Pooled", back(r.estimate), back(r.ci_low), back(r.ci_high), NaN, 1, r.estimate, r.se ** 2]);
      rows.push(["prediction", "Prediction interval", NaN, back(r.prediction_low), back(r.prediction_high), NaN, NaN, NaN, NaN]);
    }
    return { columns: ["id", "study", "estimate", "ci_low", "ci_high", "included", "weight", "yi", "vi"], units: [], rows };
  }
  const told = () => [config.alt, summary(), ...(log ? ["yi is the natural logarithm of the estimate, vi its variance"] : [])];
  function hash() {
    if (state.untouched) return "";
    const from = state.start(), { own, ...rest } = state.values;
    const pairs = Object.keys(rest).filter((k) => rest[k] !== from[k]).map((k) => [k, rest[k]]);
    for (const x of own) pairs.push(["own", [x.label, x.estimate, x.low, x.high].join("|")]);
    return `${encodeURIComponent(id)}:${pairs.map((pair) => pair.map(encodeURIComponent).join("=")).join("&")}`;
  }

  state.subscribe((source) => {
    showState();
    if (source !== "reset") status.textContent = "";
    refresh();
    shell.changed(source);
  });
  stage.replaceChildren(svg);
  showState();
  refresh();
  shell.live();

  return {
    __proto__: shell.handle,
    state,
    scenario: "",
    get values() {
      return { ...state.values };
    },
    set: (field, value) => state.set(field, value, field),
    /** The pooled result at a setting, on the scale of pooling; null for fewer than two studies. */
    solve: (values = {}) => compute({ ...state.values, ...values }).result,
    get lastTimings() {
      return { ...timings };
    },
    adopt: (pairs) => state.assign(pairs, "", "address"),
    destroy: shell.destroy,
  };
}
