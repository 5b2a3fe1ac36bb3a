/**
 * The atlas of the evidence: facts by mediator, question, population, end point and kind of study, drawn and listed. The
 * first picture and its words come with the page (soluble/atlas.py draws by the same rules); the facts themselves are
 * fetched, as a classic script of the site's own, when the reader comes to the picture or asks something.
 */
import { width } from "./chart.js";
import { h, part, s, unbroken } from "./dom.js";
import { copy, csv, save, svgText } from "./download.js";
import { number } from "./format.js";
import { scaleLinear, scaleLog } from "./scales.js";
import { button, choice, createShell } from "./shell.js";

const LONGEST = 60; // letters of the words that are searched for
const PAGE = 20; // facts that the list shows before it is asked for more
const HEAD = 26, FOOT = 46, GAP = 5, LANE = 15, ROWS = 620; // pixels, as in soluble/atlas.py
const LABELLED = 38; // facts that still get a line of their own with words
const TICKS = [1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.33, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000];

const count = (n, thing) => `${n} ${thing}${n === 1 ? "" : "s"}`;
const short = (v) => String(Number(v.toPrecision(3)));
const greek = (name) => name.replace(/(alpha|beta|gamma)$/, (letter) => ({ alpha: "α", beta: "β", gamma: "γ" })[letter]);

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Rows of the data as objects; numbers beside their printed form. */
function read({ columns, rows }) {
  return rows.map((row) => {
    const fact = Object.fromEntries(columns.map((name, i) => [name, row[i]]));
    const numeric = (name) => (fact[name] === "" ? NaN : Number(fact[name]));
    return Object.assign(fact, { y: numeric("value"), low: numeric("ci_low"), high: numeric("ci_high"), cells: row });
  });
}

export function mountAtlas(root, config, options = {}) {
  const names = Object.keys(config.filters);
  const known = new Map(names.map((name) => [name, new Set(config.filters[name][1].map(([value]) => value))]));
  const order = new Map(config.order.map((m, i) => [m, i]));
  const start = () => ({ ...Object.fromEntries(names.map((name) => [name, ""])), words: "", draw: "", interval: 0 });
  let values = start();
  let facts = null, shown = PAGE, chosen = "";
  let now = { fitting: [], measure: config.first, counts: new Map(), lanes: [], drawn: 0 };

  const shell = createShell(root, config, options, { summary: () => summary(), draw: () => draw(), data: () => data(), told: () => [], hash });
  const { body, stage, panel, svg, content, status } = shell;
  const list = part(body, "div", "list");
  const tip = h("div", { class: "explorer-tip", hidden: true, "aria-hidden": "true" });

  // --- the facts ---
  let loading;
  function load() {
    return (loading ??= new Promise((resolve, reject) => {
      document.head.append(h("script", { src: root.dataset.script, onload: resolve, onerror: () => reject(new Error("the facts could not be loaded")) }));
    })
      .then(() => {
        facts = read(window.solubleFacts);
        stage.replaceChildren(svg, tip);
        refresh();
      })
      .catch((error) => {
        loading = undefined;
        status.textContent = `${error.message}. The lists below hold them all.`;
      }));
  }

  const has = (fact, name, value) => (name === "ends" ? fact.ends.includes(value) : fact[name] === value);
  const text = (fact) => (fact.text ??= fact.cells.slice(0, window.solubleFacts.printed).concat(fact.label).join(" ").toLowerCase());
  /** Does the fact pass all filters (but one)? */
  function passes(fact, wanted, but) {
    return (
      names.every((name) => name === but || !values[name] || has(fact, name, values[name])) &&
      (!values.interval || Number.isFinite(fact.low)) &&
      wanted.every((word) => text(fact).includes(word))
    );
  }

  function compute() {
    const wanted = values.words.toLowerCase().split(/\s+/).filter(Boolean);
    const fitting = facts.filter((fact) => passes(fact, wanted));
    const counts = new Map();
    for (const fact of fitting) if (Number.isFinite(fact.y)) counts.set(fact.measure, (counts.get(fact.measure) ?? 0) + 1);
    const measure = counts.has(values.draw) ? values.draw : [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0];
    const rank = (fact) => order.get(fact.mediator) * 2 + (fact.measure === measure && Number.isFinite(fact.y) ? 0 : 1);
    fitting.sort((a, b) => rank(a) - rank(b) || (rank(a) % 2 ? 0 : a.y - b.y));
    const lanes = [];
    for (const fact of fitting)
      if (fact.measure === measure && Number.isFinite(fact.y)) {
        if (lanes.at(-1)?.name !== fact.mediator) lanes.push({ name: fact.mediator, rows: [] });
        lanes.at(-1).rows.push(fact);
      }
    now = { wanted, fitting, measure, counts, lanes, drawn: lanes.reduce((n, lane) => n + lane.rows.length, 0) };
  }

  // --- words ---
  function summary() {
    if (!facts) return config.summary;
    const { fitting, measure, lanes } = now;
    if (!fitting.length) return "No fact of the collection fits: here it has a gap, which the field need not have.";
    const rows = lanes.flatMap((lane) => lane.rows);
    let out = `${count(fitting.length, "fact")} from ${count(new Set(fitting.map((f) => f.source)).size, "source")}.`;
    if (!rows.length) return `${out} None of them is a number that could be drawn.`;
    out += ` Drawn: ${measure} of ${count(rows.length, "fact")}, median ${short(median(rows.map((f) => f.y)))}.`;
    const middle = config.measures[measure].neutral;
    if (middle === null) return out;
    const ends = rows.filter((f) => Number.isFinite(f.low));
    const above = ends.filter((f) => f.low > middle).length, below = ends.filter((f) => f.high < middle).length;
    return `${out} Of ${count(ends.length, "interval")}, ${above} lie above ${middle}, ${below} below, ${ends.length - above - below} hold it.`;
  }

  // --- picture ---
  const ink = (mediator) => (config.colours[mediator] ? `var(--med-${config.colours[mediator]})` : "var(--muted)");
  let places = [], family = "";

  /** The axis: every value, intervals as far as they reach not much farther than the values do. */
  function domain(rows, { log, neutral }) {
    const to = log ? Math.log : (v) => v, back = log ? Math.exp : (v) => v;
    let low = to(Math.min(...rows.map((f) => f.y))), high = to(Math.max(...rows.map((f) => f.y)));
    const spare = 0.25 * Math.max(high - low, log ? 1e-9 : 1e-9 * Math.max(Math.abs(high), 1));
    const reach = rows.length <= LABELLED ? Infinity : spare;
    const ends = rows.filter((f) => Number.isFinite(f.low) && (!log || f.low > 0));
    if (ends.length) {
      const [first, last] = [to(Math.min(...ends.map((f) => f.low))), to(Math.max(...ends.map((f) => f.high)))];
      [low, high] = [Math.max(low - reach, Math.min(low, first)), Math.min(high + reach, Math.max(high, last))];
    }
    if (neutral !== null) [low, high] = [Math.min(low, to(neutral)), Math.max(high, to(neutral))];
    const pad = 0.03 * (high - low) || 0.5;
    return [back(low - pad), back(high + pad)];
  }

  function draw() {
    if (!facts) return;
    const W = stage.clientWidth;
    if (!W) return;
    family ||= getComputedStyle(svg).fontFamily;
    const font = `12.5px ${family}`;
    const rows = now.lanes.flatMap((lane) => lane.rows);
    places = [];
    tip.hidden = true;
    if (!rows.length) {
      Object.assign(stage.style, { aspectRatio: "auto", height: "90px" });
      svg.setAttribute("viewBox", `0 0 ${W} 90`);
      content.replaceChildren(s("text", { x: W / 2, y: 50, "text-anchor": "middle" }, now.fitting.length ? "These facts are words, not numbers." : "A gap: no fact fits."));
      return svg.replaceChildren(svg.firstChild, content);
    }
    const labelled = rows.length <= LABELLED, narrow = W < 520;
    const pitch = labelled ? (narrow ? 38 : 22) : Math.min(20, Math.max(1.6, ROWS / rows.length));
    const heads = labelled && now.lanes.length > 1 ? 22 : 0;
    const names = rows.map((f) => [f.label, f.endpoint].filter(Boolean).join(" · "));
    const widest = (texts) => Math.max(...texts.map((t) => width(t, font)));
    const cut = (label, room) => {
      while (width(label, font) > room && label.length > 6) label = `${label.replace(/…$/, "").slice(0, -1)}…`;
      return label;
    };
    const left = !labelled ? Math.min(widest(now.lanes.map((lane) => greek(lane.name))), narrow ? 0.26 * W : W) + 18 : narrow ? 8 : Math.min(widest(names), 0.44 * W) + 14;
    const right = W - (labelled && !narrow ? widest(rows.map((f) => f.ci)) + 16 : 14);
    const about = config.measures[now.measure];
    const [low, high] = domain(rows, about);
    const x = (about.log ? scaleLog : scaleLinear)([low, high], [left, right]);
    const px = (v) => x(Math.min(high, Math.max(low, v)));
    const dot = Math.min(4, Math.max(1.3, 0.45 * pitch));
    const nodes = [];
    let top = HEAD;
    now.lanes.forEach((lane, i) => {
      const tall = labelled ? heads + lane.rows.length * pitch : Math.max(LANE, lane.rows.length * pitch);
      const first = labelled ? top + heads : top + (tall - lane.rows.length * pitch) / 2;
      if (heads) nodes.push(s("text", { class: "label", x: 4, y: top + 15, fill: ink(lane.name) }, greek(lane.name)));
      if (!labelled) nodes.push(s("text", { class: "axis-title", x: left - 9, y: top + tall / 2 + 4, "text-anchor": "end" }, cut(greek(lane.name), left - 12)));
      let path = "";
      lane.rows.forEach((fact, k) => {
        const base = first + pitch * k;
        const y = base + (labelled && narrow ? 27 : pitch / 2);
        places.push({ fact, x: px(fact.y), y });
        if (Number.isFinite(fact.low)) path += `M${px(fact.low).toFixed(1)},${y.toFixed(1)}H${px(fact.high).toFixed(1)}`;
        if (labelled && fact.high > high) path += `M${right - 5},${y - 3}l5,3l-5,3`;
        if (labelled && fact.low < low) path += `M${left + 5},${y - 3}l-5,3l5,3`;
        if (!labelled) return;
        const label = cut([fact.label, fact.endpoint].filter(Boolean).join(" · "), narrow ? W - width(fact.ci, font) - 24 : left - 14);
        const line = narrow ? base + 14 : y + 4;
        nodes.push(s("text", { class: "study", x: 4, y: line }, label), s("text", { class: "study", x: W - 4, y: line, "text-anchor": "end" }, fact.ci));
      });
      nodes.push(s("path", { class: "interval", d: path, stroke: ink(lane.name), "stroke-width": labelled ? 1.6 : Math.min(1.6, Math.max(0.8, 0.35 * pitch)) }));
      top += tall + (i < now.lanes.length - 1 ? GAP : 0);
    });
    for (const p of places) nodes.push(s("circle", { cx: p.x, cy: p.y, r: dot, fill: ink(p.fact.mediator) }));
    const H = Math.round(top + FOOT), foot = top + 4;
    let ticks = about.log ? TICKS.filter((t) => t >= low && t <= high) : x.ticks(6);
    if (about.log && ticks.length < 3) ticks = x.ticks(6);
    for (let round = 0; ticks.length > 3 && round < 6 && ticks.some((t, i) => i && x(t) - x(ticks[i - 1]) < 36); round++) {
      const keep = Math.max(0, ticks.indexOf(1)) % 2;
      ticks = ticks.filter((_, i) => i % 2 === keep);
    }
    const title = now.measure + (about.log ? " (logarithmic scale)" : "");
    const half = width(title, font) / 2;
    const axis = [
      ticks.map((t) => s("line", { class: "grid", x1: x(t), x2: x(t), y1: HEAD - 6, y2: foot })),
      s("line", { class: "base", x1: left, x2: right, y1: foot, y2: foot }),
      ticks.flatMap((t) => [HEAD - 12, foot + 17].map((y) => s("text", { x: x(t), y, "text-anchor": "middle" }, number(t)))),
      about.neutral === null ? [] : s("line", { class: "mark", x1: x(about.neutral), x2: x(about.neutral), y1: HEAD - 6, y2: foot }),
      s("text", { class: "axis-title", x: Math.max(half + 4, Math.min(W - half - 4, (left + right) / 2)), y: H - 6, "text-anchor": "middle" }, title),
      s("circle", { class: "reading", r: dot + 3, visibility: "hidden" }),
    ];
    content.replaceChildren(...axis.flat(), ...nodes);
    svg.replaceChildren(svg.firstChild, content);
    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    Object.assign(stage.style, { aspectRatio: "auto", height: `${H}px` });
  }

  /** The fact under the pointer tells itself; a click finds it in the list. */
  function point(event) {
    const box = svg.getBoundingClientRect();
    const at = event.clientY - box.top;
    const best = places.reduce((near, p) => (!near || Math.abs(p.y - at) < Math.abs(near.y - at) ? p : near), null);
    const ring = content.querySelector(".reading");
    if (!best || Math.abs(best.y - at) > 26 || event.type === "pointerleave") {
      tip.hidden = true;
      ring?.setAttribute("visibility", "hidden");
      return null;
    }
    for (const [name, value] of [["cx", best.x], ["cy", best.y], ["visibility", "visible"]]) ring.setAttribute(name, value);
    tip.replaceChildren(h("b", {}, `${greek(best.fact.mediator)} · ${best.fact.ci}`), h("span", {}, best.fact.statement), h("span", {}, `${best.fact.population}. ${best.fact.label}`));
    tip.hidden = false;
    tip.style.left = `${Math.max(0, Math.min(box.width - tip.offsetWidth, best.x - tip.offsetWidth / 2))}px`;
    tip.style.top = `${best.y + 14 + tip.offsetHeight > box.height && best.y > tip.offsetHeight + 14 ? best.y - tip.offsetHeight - 12 : best.y + 12}px`;
    return best.fact;
  }
  for (const kind of ["pointermove", "pointerdown", "pointerleave"]) svg.addEventListener(kind, point);
  svg.addEventListener("click", (event) => {
    const fact = point(event);
    if (!fact) return;
    chosen = fact.id;
    shown = Math.max(shown, now.fitting.indexOf(fact) + 1);
    showList();
    list.querySelector("tr.is-chosen")?.scrollIntoView({ block: "center" });
  });

  // --- list ---
  const small = (...texts) => texts.filter(Boolean).map((t) => [h("br"), h("span", { class: "small" }, unbroken(t))]);
  function row(fact) {
    const who = [fact.population, fact.stage && `stage ${fact.stage}`, fact.treatment].filter(Boolean).join("; ");
    const against = [fact.comparison, fact.cutoff && `cut-off ${fact.cutoff}`, fact.endpoint].filter(Boolean).join("; ");
    const page = `${root.dataset.pages}${config.families[fact.mediator]}.html#fact-${fact.id}`;
    return h(
      "tr",
      { class: fact.id === chosen && "is-chosen" },
      h("td", {}, h("span", { class: "med" }, h("span", { class: "dot", style: { "--dot": ink(fact.mediator) } }), greek(fact.mediator))),
      h("td", {}, fact.ci && [h("span", { class: "estimate" }, `${fact.quantity} ${fact.ci}`), h("br")], unbroken(fact.statement), fact.flag && [h("br"), h("span", { class: "small fact-flagged" }, fact.flag)]),
      h("td", {}, unbroken(who), small(against, [fact.sample, fact.assay].filter(Boolean).join(", "), fact.n && `n = ${fact.n}`)),
      h("td", {}, h("a", { href: `${root.dataset.references}#${fact.source}` }, fact.label), small(`seen in: ${fact.where_seen}, ${fact.design}`), h("br"), h("a", { class: "address", href: page, "aria-label": `Link to this fact: ${fact.id}` }, "link to this fact")),
    );
  }
  const head = h("thead", {}, h("tr", {}, ["Mediator", "What was found", "In whom, against what", "Source"].map((t) => h("th", { scope: "col" }, t))));
  const rows = h("tbody");
  const more = h("button", { type: "button", class: "more-rows", onclick: () => {
    const from = shown;
    shown += 2 * PAGE;
    showList();
    rows.rows[from]?.querySelector("a")?.focus();
  } });
  function showList() {
    const part = now.fitting.slice(0, shown);
    rows.replaceChildren(...part.map(row));
    rows.parentElement.hidden = part.length === 0;
    more.hidden = part.length === now.fitting.length;
    more.textContent = `Show ${Math.min(2 * PAGE, now.fitting.length - part.length)} more of ${now.fitting.length} facts`;
  }

  // --- controls ---
  const id = (name) => `explorer-${config.id}-${name}`;
  const selects = new Map(names.map((name) => [name, choice(config.id, name, config.filters[name][0], [["", "all"], ...config.filters[name][1]], (v) => set(name, v))]));
  const [drawSelect, drawBox] = choice(config.id, "draw", "Draw", [["", "most frequent"], ...Object.keys(config.measures).map((m) => [m, m])], (v) => set("draw", v));
  const words = h("input", { type: "search", id: id("words"), autocomplete: "off", maxlength: LONGEST, oninput: () => set("words", words.value) });
  const interval = h("input", { type: "checkbox", id: id("interval"), onchange: () => set("interval", Number(interval.checked)) });
  const field = (input, title) => h("div", { class: "explorer-scenario" }, h("label", { for: input.id }, title), input);
  const files = [
    button("csv", "These facts as CSV", "Download the facts that fit, with every column", () =>
      load().then(() => {
        save(csv(data()), "facts-selected.csv", "text/csv");
        status.textContent = `Saved ${count(now.fitting.length, "fact")}.`;
      })),
    button("svg", "Picture SVG", "Download the picture", () =>
      load().then(() => {
        save(svgText(svg, config.alt, summary()), "facts.svg", "image/svg+xml");
        status.textContent = "Saved facts.svg.";
      })),
    button("link", "Copy link", "Copy the address of this choice", async () => {
      const url = `${location.href.split("#")[0]}#${hash() || root.id}`;
      status.textContent = (await copy(url)) ? "Link copied." : url;
    }),
  ];
  panel.replaceChildren(
    h("div", { class: "atlas-filters" }, [...selects.values()].map(([, box]) => box), field(words, "Words"), drawBox, h("div", { class: "explorer-controls" }, h("div", { class: "explorer-check" }, interval, h("label", { for: interval.id }, "Only with an interval")))),
    h("div", { class: "atlas-buttons" }, button("reset", "Show all", "Clear every filter", () => assign({}, "reset")), h("div", { class: "explorer-files" }, files)),
    status,
  );

  /** How many facts each choice would leave, told beside it. */
  function showCounts() {
    for (const [name, [select]] of selects) {
      const fits = facts.filter((fact) => passes(fact, now.wanted, name));
      for (const option of select.options) {
        const [, label] = config.filters[name][1].find(([value]) => value === option.value) ?? ["", "all"];
        option.textContent = `${label} (${option.value ? fits.filter((fact) => has(fact, name, option.value)).length : fits.length})`;
      }
    }
    for (const option of drawSelect.options) if (option.value) option.textContent = `${option.value} (${now.counts.get(option.value) ?? 0})`;
  }

  function refresh() {
    for (const [name, [select]] of selects) select.value = values[name];
    drawSelect.value = values.draw;
    interval.checked = values.interval === 1;
    if (words.value !== values.words) words.value = values.words;
    if (!facts) return;
    compute();
    draw();
    showList();
    showCounts();
    shell.speakSoon();
  }

  /** What comes from outside is looked up or cut; the rest is dropped. */
  function clean(name, value) {
    if (known.has(name)) return value === "" || known.get(name).has(value) ? value : undefined;
    if (name === "draw") return value === "" || Object.hasOwn(config.measures, value) ? value : undefined;
    if (name === "words") return String(value).replace(/\p{C}/gu, " ").slice(0, LONGEST);
    if (name === "interval") return /^[01]$/.test(String(value)) ? Number(value) : undefined;
    return undefined;
  }
  function assign(wanted, source) {
    values = start();
    for (const [name, value] of Object.entries(wanted)) if (Object.hasOwn(values, name)) values[name] = clean(name, value) ?? values[name];
    [shown, chosen] = [PAGE, ""];
    status.textContent = "";
    refresh();
    shell.changed(source);
    return load();
  }
  const set = (name, value) => assign({ ...values, [name]: value }, name);

  const data = () => facts && { columns: window.solubleFacts.columns.slice(0, window.solubleFacts.printed), units: [], rows: now.fitting.map((f) => f.cells.slice(0, window.solubleFacts.printed)) };
  function hash() {
    const pairs = Object.entries(values).filter(([name, value]) => value !== start()[name]);
    return pairs.length ? `${config.id}:${pairs.map((pair) => pair.map(encodeURIComponent).join("=")).join("&")}` : "";
  }

  list.replaceChildren(h("div", { class: "evidence-table table-scroll" }, h("table", {}, head, rows)), more);
  list.hidden = true;
  const open = () => load().then(() => facts && (list.hidden = false));
  root.addEventListener("focusin", open, { once: true });
  root.addEventListener("pointerdown", open, { once: true });
  const seen = new IntersectionObserver(([entry]) => entry.isIntersecting && (seen.disconnect(), open()), { threshold: 0.15 });
  seen.observe(stage);
  // A cell of the map sets the filter through the address; the eye and the keyboard follow, also to what is set already.
  function come() {
    const words = body.querySelector(".explorer-summary");
    words.tabIndex = -1;
    open().then(() => {
      root.scrollIntoView({ block: "start" });
      words.focus({ preventScroll: true });
    });
  }
  document.addEventListener("click", (event) => event.target.closest?.(`a[href^="#${config.id}:"]`) && come());
  refresh();
  shell.live();

  return {
    ...shell.handle,
    get summary() {
      return summary();
    },
    get values() {
      return { ...values };
    },
    /** Resolves when the facts are there. */
    load,
    csv: () => facts && csv(data()),
    data: () => data() ?? { columns: [], units: [], rows: [] },
    set,
    adopt(pairs) {
      assign(Object.fromEntries(pairs), "address");
      come();
    },
    destroy() {
      seen.disconnect();
      shell.destroy();
    },
  };
}
