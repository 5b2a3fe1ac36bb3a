/**
 * The network explorer: cells that make mediators at the left, cells that hear them at the right, each link with its findings.
 * Which findings a choice keeps is decided as in soluble/network.py; the picture follows soluble/explorer_network.py.
 */
import { width } from "./chart.js";
import { h, part, s } from "./dom.js";
import { button, choice, createShell } from "./shell.js";

const FIELDS = ["cell", "mediator", "effect", "evidence", "setting"];
const HEAD = 30, ROW = 24, FOOT = 34; // pixels: heads of the columns, a row, what the lines mean
const TOUCH = 34; // a row where the picture is narrow
const NARROW = 440;
const KINDS = { patients: "", mice: "6 3", cells: "1.5 3" }; // the strongest first; the dashes of its line
const TITLES = { cell: "Cell", mediator: "Mediator", effect: "What it changes", evidence: "Seen in", setting: "Disease" };
const ALL = { cell: "all cells", mediator: "all mediators", effect: "all", evidence: "all", setting: "any, or none" };

/** The findings that fit; an empty name leaves a field open (`select` in soluble/network.py). */
export function select(edges, { cell = "", mediator = "", effect = "", evidence = "", setting = "" }) {
  let kept = edges.filter((e) => (!evidence || e.evidence === evidence) && (!setting || e.setting === setting));
  if (effect) {
    const shows = (e) => e.kind === "acts on" && e.effect === effect;
    const theirs = new Set(kept.filter(shows).map((e) => e.from));
    kept = kept.filter((e) => shows(e) || theirs.has(e.to));
  }
  for (const name of [mediator, cell]) if (name) kept = kept.filter((e) => e.from === name || e.to === name);
  return kept;
}

/** One line for each pair of nodes and direction: how many findings, and the strongest kind of evidence. */
function links(edges) {
  const found = new Map();
  for (const e of edges) {
    const key = [e.from, e.to, e.direction].join("|");
    const link = found.get(key) ?? { key, from: e.from, to: e.to, kind: e.kind, direction: e.direction, kinds: [] };
    link.kinds.push(e.evidence);
    found.set(key, link);
  }
  for (const link of found.values()) link.evidence = Object.keys(KINDS).find((k) => link.kinds.includes(k));
  return found;
}

/** The state: for each field a name among its choices, or "". What comes from outside is looked up. */
function createState(config) {
  const start = () => ({ ...config.values });
  const listeners = new Set();
  let values = start();
  const known = (field, name) => FIELDS.includes(field) && (name === "" || config.choices[field].includes(name));
  return {
    start,
    get values() {
      return values;
    },
    get untouched() {
      return FIELDS.every((field) => values[field] === config.values[field]);
    },
    subscribe: (f) => (listeners.add(f), () => listeners.delete(f)),
    set(field, name, source) {
      if (known(field, name) && values[field] !== name) {
        values = { ...values, [field]: name };
        listeners.forEach((f) => f(source));
      }
      return values[field];
    },
    /** Take a whole choice at once; fields that are not mentioned go back to where they began. */
    assign(pairs, _, source) {
      values = start();
      for (const [field, name] of pairs) {
        const wanted = name === "all" ? "" : name;
        if (known(field, wanted)) values[field] = wanted;
      }
      listeners.forEach((f) => f(source));
    },
  };
}

const counted = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
const unique = (list) => [...new Set(list)];
const says = (e) => (e.kind === "secretes" ? "makes" : e.kind === "induces" ? (e.direction === "raises" ? "calls up" : "damps") : `${e.direction} ${e.effect} at`);

export function mountNetwork(root, config, options = {}) {
  const { id } = config;
  const edges = config.edges.map((row) => Object.fromEntries(config.columns.map((column, i) => [column, row[i]])));
  const colours = new Map(config.mediators.map(([name, colour]) => [name, colour ? `var(--med-${colour}, currentColor)` : "var(--x-muted)"]));
  const chapters = new Map(config.mediators.map(([name, , chapter]) => [name, chapter]));
  const short = new Map(config.cells);
  const makers = new Set(edges.filter((e) => e.kind === "secretes").map((e) => e.from));
  const hearers = new Set(edges.filter((e) => e.kind === "acts on").map((e) => e.to));
  const state = createState(config);
  const shell = createShell(root, config, options, { summary: () => summary(), draw: () => draw(), data: () => data(), told: () => told(), hash });
  const { body, stage, svg, content, status } = shell;
  svg.setAttribute("role", "group");
  const timings = { solve: 0, paint: 0, draft: false };
  let shown, chosen;

  function choose() {
    const { effect, evidence, setting } = state.values;
    shown = select(edges, { effect, evidence, setting });
    chosen = select(edges, state.values);
  }
  choose();
  const marked = () => Boolean(state.values.cell || state.values.mediator);

  // --- words ---
  const scope = () => {
    const { effect, evidence, setting } = state.values;
    return [effect && `on ${effect}`, evidence && `seen in ${evidence}`, setting && (setting === "no cancer" ? "without cancer" : `in ${setting}`)].filter(Boolean);
  };
  function summary() {
    const { cell, mediator } = state.values;
    const what = [[mediator, cell].filter(Boolean).join(" and ") || "The whole network", ...scope()].join(", ");
    if (!chosen.length) return `${what}: no finding in this table fits.`;
    const text = [`${what}: ${counted(chosen.length, "finding")} from ${counted(unique(chosen.map((e) => e.source)).length, "paper")}.`];
    const ends = (kind, end) => unique(chosen.filter((e) => e.kind === kind).map((e) => e[end]));
    if (mediator && !cell) {
      const [made, heard, calls, called] = [ends("secretes", "from"), ends("acts on", "to"), chosen.filter((e) => e.kind === "induces" && e.from === mediator), chosen.filter((e) => e.kind === "induces" && e.to === mediator)];
      text.push(made.length ? `Made by: ${made.join(", ")}.` : "No row tells who makes it.");
      text.push(heard.length ? `Heard by: ${heard.join(", ")}.` : "No row tells who hears it.");
      if (calls.length) text.push(`Changes: ${unique(calls.map((e) => e.to)).join(", ")}.`);
      if (called.length) text.push(`Changed by: ${unique(called.map((e) => e.from)).join(", ")}.`);
    } else if (cell && !mediator) {
      const [made, heard] = [ends("secretes", "to"), ends("acts on", "from")];
      text.push(made.length ? `Makes: ${made.join(", ")}.` : "No row tells what it makes.");
      text.push(heard.length ? `Hears: ${heard.join(", ")}.` : "No row tells what it hears.");
    }
    const acts = chosen.filter((e) => e.kind === "acts on"), none = (list) => list.length || "none", tried = (list) => list.filter((e) => e.basis === "experiment");
    if (acts.length && state.values.evidence) text.push(`${acts.length} tell what mediators do, ${none(tried(acts))} of them by experiment.`);
    else if (acts.length) {
      const people = acts.filter((e) => e.evidence === "patients");
      text.push(`Of ${counted(acts.length, "finding")} on what mediators do, ${none(people)} ${people.length > 1 ? "were" : "was"} made in patients${people.length ? `, ${none(tried(people))} by experiment` : ""}.`);
    }
    return text.join(" ");
  }

  // --- picture ---
  let family = "", nodes = [], focus = "";
  /** Where each node stands. Narrow: only the nodes of the chosen links, in rows that a finger finds. */
  function place(W, narrow) {
    const ends = new Set(chosen.flatMap((e) => [e.from, e.to]));
    const left = config.cells.map(([name]) => name).filter((name) => makers.has(name)), right = config.cells.map(([name]) => name).filter((name) => hearers.has(name));
    const all = config.mediators.map(([name]) => name);
    if (!narrow || !marked()) return { left, middle: all, right, focused: false };
    const of = (kind, end) => new Set(chosen.filter((e) => e.kind === kind).map((e) => e[end]));
    const [from, to] = [of("secretes", "from"), of("acts on", "to")];
    return { left: left.filter((n) => from.has(n)), middle: all.filter((n) => ends.has(n) || n === state.values.mediator), right: right.filter((n) => to.has(n)), focused: true };
  }
  const tall = (columns) => HEAD + TOUCH * Math.max(columns.left.length, columns.middle.length, columns.right.length, 3) + FOOT;

  function draw() {
    const began = performance.now();
    const W = stage.clientWidth, narrow = W < NARROW;
    if (!W) return;
    const columns = place(W, narrow);
    if (narrow) stage.style.setProperty("height", `${columns.focused ? tall(columns) : config.height}px`);
    else stage.style.removeProperty("height");
    const H = stage.clientHeight;
    if (!H) return;
    family ||= getComputedStyle(svg).fontFamily;
    const font = `${narrow ? 12.5 : 13}px ${family}`;
    const label = (name) => (narrow && short.get(name)) || name;
    const widest = (names) => Math.max(0, ...names.map((name) => width(label(name), `600 ${font}`)));
    const inside = H - HEAD - FOOT;
    // Cells keep one order at both sides; where all are shown a cell stands at one height.
    const rows = (names) => {
      const cells = columns.focused ? names : config.cells.map(([name]) => name);
      return new Map(names.map((name) => [name, HEAD + ((cells.indexOf(name) + 0.5) * inside) / cells.length]));
    };
    const left = rows(columns.left), right = rows(columns.right);
    const middle = new Map(columns.middle.map((name, i) => [name, HEAD + ((i + 0.5) * inside) / columns.middle.length]));
    const half = widest(columns.focused ? columns.middle : config.mediators.map(([name]) => name)) / 2 + 9;
    const x0 = widest(columns.focused ? columns.left : [...makers]) + 13, x1 = W - widest(columns.focused ? columns.right : [...hearers]) - 13;
    const centre = columns.focused ? (x0 + x1) / 2 : W / 2;
    const strong = links(chosen), colour = (link) => colours.get(link.from) ?? colours.get(link.to);

    const line = (link, kind) => {
      const between = link.kind === "induces";
      const [a, b] = [link.kind === "secretes" ? left.get(link.from) : middle.get(link.from), link.kind === "acts on" ? right.get(link.to) : middle.get(link.to)];
      if (a === undefined || b === undefined) return null;
      const [from, to] = link.kind === "secretes" ? [x0, centre - half] : [centre + half, between ? centre + half : x1];
      const bend = between ? from + 16 + 0.05 * Math.abs(b - a) : (from + to) / 2;
      const stroke = colour(link), end = between ? to + 6 : to - 8;
      return s(
        "g",
        { class: `link ${kind}` },
        s("path", { d: `M${from},${a}C${bend},${a} ${bend},${b} ${to},${b}`, fill: "none", stroke, "stroke-width": 0.9 + 0.7 * Math.min(link.kinds.length, 3), "stroke-dasharray": KINDS[link.evidence] || null, "stroke-linecap": link.evidence === "cells" ? "round" : "butt" }),
        link.direction === "lowers" ? s("path", { d: `M${end},${b - 5.5}v11`, stroke, "stroke-width": 2.2 }) : between ? s("path", { d: `M${to},${b}l7,-4v8z`, fill: stroke }) : null,
      );
    };
    const faint = marked() ? "faint" : "plain";
    const lines = columns.focused ? [] : [...links(shown).values()].filter((link) => !marked() || !strong.has(link.key)).map((link) => line(link, faint));
    if (marked()) lines.push(...[...strong.values()].map((link) => line(link, "strong")));

    const active = (kind, end) => new Set(chosen.filter((e) => e.kind === kind).map((e) => e[end]));
    const [making, hearing, near] = [active("secretes", "from"), active("acts on", "to"), new Set(chosen.flatMap((e) => [e.from, e.to]))];
    nodes = [];
    const node = (column, field, name, y, box, lit, drawn, spoken) => {
      const on = state.values[field] === name;
      const element = s(
        "g",
        { class: `node${lit ? " lit" : ""}${on ? " on" : ""}`, role: "button", tabindex: -1, "aria-pressed": String(on), "aria-label": spoken, "data-field": field, "data-name": name, onclick: () => toggle(field, name, column) },
        s("rect", { class: "hit", x: box.x, y: y - Math.min(17, inside / columns.middle.length / 2), width: box.width, height: Math.min(34, inside / columns.middle.length), rx: 5 }),
        drawn,
      );
      nodes.push({ element, column, field, name, y });
      return element;
    };
    const cell = (column, names, x, side, lit, verb) =>
      [...names].map(([name, y]) =>
        node(column, "cell", name, y, side < 0 ? { x: 0, width: x + 8 } : { x: x - 8, width: W - x + 8 }, lit.has(name), [
          s("circle", { cx: x, cy: y, r: 3.5 }),
          s("text", { x: x + 9 * side, y: y + 4.5, "text-anchor": side < 0 ? "end" : "start" }, label(name)),
        ], `${name}, ${verb}`),
      );
    const heads = s("g", { class: "heads" }, [[x0, "makes", "end"], [centre, "mediator", "middle"], [x1, "hears", "start"]].map(([x, text, anchor]) => s("text", { x: x + (anchor === "end" ? 3 : anchor === "start" ? -3 : 0), y: 17, "text-anchor": anchor }, text)));
    const pills = [...middle].map(([name, y]) =>
      node("middle", "mediator", name, y, { x: centre - half, width: 2 * half }, near.has(name), [
        s("rect", { class: "pill", x: centre - half, y: y - 9.5, width: 2 * half, height: 19, rx: 9.5, stroke: colours.get(name) }),
        s("text", { x: centre, y: y + 4.5, "text-anchor": "middle", style: near.has(name) ? { fill: colours.get(name) } : null }, name),
      ], `${name}, mediator, ${counted(edges.filter((e) => e.from === name || e.to === name).length, "finding")}`),
    );
    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    svg.style.fontSize = narrow ? "12.5px" : "13px";
    const held = content.contains(document.activeElement);
    content.replaceChildren(heads, s("g", {}, lines.filter(Boolean)), s("g", {}, cell("left", left, x0, -1, making, "makes"), pills, cell("right", right, x1, 1, hearing, "hears")), key(H, narrow));
    stop(held);
    timings.paint = performance.now() - began;
  }

  /** What the lines mean, below the picture. */
  function key(H, narrow) {
    let x = narrow ? 2 : 8;
    const y = H - 12, parts = [], long = narrow ? 18 : 26;
    for (const [kind, dash] of Object.entries(KINDS)) {
      parts.push(s("path", { d: `M${x},${y}h${long}`, "stroke-dasharray": dash || null }), s("text", { x: x + long + 5, y: y + 4 }, kind));
      x += long + 5 + width(kind, `12.5px ${family}`) + (narrow ? 9 : 16);
    }
    return s("g", { class: "key" }, parts, s("path", { d: `M${x},${y}h${long - 2}m0,-5.5v11` }), s("text", { x: x + long + 5, y: y + 4 }, "lowers"));
  }

  // --- the picture under mouse, finger and keys ---
  function toggle(field, name, column) {
    focus = `${column}|${name}`;
    state.set(field, state.values[field] === name ? "" : name, field);
  }
  /** One node at a time can be reached with the Tab key; the arrows go on from there. */
  function stop(take) {
    const at = nodes.find((n) => `${n.column}|${n.name}` === focus) ?? nodes.find((n) => n.name === state.values.mediator || n.name === state.values.cell) ?? nodes[0];
    for (const n of nodes) n.element.setAttribute("tabindex", n === at ? 0 : -1);
    if (at && take) at.element.focus({ preventScroll: true });
  }
  const COLUMNS = ["left", "middle", "right"];
  content.addEventListener("keydown", (event) => {
    const here = nodes.find((n) => n.element === event.target);
    if (!here) return;
    const column = nodes.filter((n) => n.column === here.column), i = column.indexOf(here);
    const beside = (step) => {
      const other = nodes.filter((n) => n.column === COLUMNS[COLUMNS.indexOf(here.column) + step]);
      return other.sort((a, b) => Math.abs(a.y - here.y) - Math.abs(b.y - here.y))[0];
    };
    const moves = { ArrowUp: () => column[i - 1], ArrowDown: () => column[i + 1], Home: () => column[0], End: () => column[column.length - 1], ArrowLeft: () => beside(-1), ArrowRight: () => beside(1) };
    if (event.key === "Enter" || event.key === " ") toggle(here.field, here.name, here.column);
    else if (event.key === "Escape" && marked()) state.assign(Object.entries({ ...state.values, cell: "all", mediator: "all" }).map(([f, n]) => [f, n || "all"]), "", "escape");
    else if (Object.hasOwn(moves, event.key)) {
      const next = moves[event.key]();
      if (next) {
        focus = `${next.column}|${next.name}`;
        stop(true);
      }
    } else return;
    event.preventDefault();
  });

  // --- the findings ---
  const findings = root.querySelector(".explorer-findings") ?? h("div", { class: "explorer-findings", role: "region", "aria-label": "The findings of this choice", tabindex: 0 });
  const found = part(body, "p", "found");
  body.append(found, findings);
  /** The page's own links tell where the references and the written chapters stand; elsewhere there are none. */
  const address = (name) => options.peers && [...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href")).find((href) => href.split("#")[0].split("/").pop() === `${name}.html`)?.split("#")[0];
  const references = address("references");
  const cellOf = (...content) => h("td", { role: "cell" }, content);
  const made = new Map(); // each row is made once, when it is first shown
  function rowOf(e) {
    if (made.has(e.id)) return made.get(e.id);
    const [label, url] = config.sources[e.source];
    const row = h(
      "tr",
      { role: "row" },
      cellOf(h("b", {}, e.from), ` ${says(e)} `, h("b", {}, e.to)),
      cellOf(e.statement, e.flag && h("span", { class: "explorer-flag" }, ` ${e.flag}`)),
      cellOf(`${e.evidence}, ${e.basis}; ${e.setting}`),
      cellOf(h("a", { href: references ? `${references}#${e.source}` : url }, label)),
    );
    made.set(e.id, row);
    return row;
  }
  const heads = ["Link", "What was seen", "Evidence", "Source"].map((head) => h("th", { role: "columnheader", scope: "col" }, head));
  const rows = h("tbody", { role: "rowgroup" });
  findings.replaceChildren(h("table", { role: "table" }, h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)), rows));
  function list() {
    const chapter = chapters.get(state.values.mediator), href = chapter && address(chapter);
    found.replaceChildren(counted(chosen.length, "finding"), ...(href && !location.pathname.endsWith(`/${chapter}.html`) ? [h("a", { href, class: "explorer-chapter" }, `Read the chapter on ${state.values.mediator}`)] : []));
    rows.replaceChildren(...chosen.map(rowOf));
  }

  // --- controls ---
  const selects = new Map();
  const boxes = FIELDS.map((field) => {
    const [element, box] = choice(id, field, TITLES[field], [["", ALL[field]], ...config.choices[field].map((name) => [name, name])], (name) => state.set(field, name, field));
    selects.set(field, element);
    return box;
  });
  const everything = button("all", "Show all", "Leave every choice open", () => {
    status.textContent = "";
    state.assign(FIELDS.map((field) => [field, "all"]), "", "all");
  });
  function showState() {
    for (const [field, element] of selects) element.value = state.values[field];
    everything.disabled = FIELDS.every((field) => state.values[field] === "");
  }
  shell.panel.replaceChildren(
    h("div", { class: "explorer-choices", role: "group", "aria-label": `Choices${config.title ? ": " + config.title : ""}` }, boxes),
    shell.buttons(
      button("reset", "Reset", "Back to the first choice", () => {
        status.textContent = "";
        state.assign([], "", "reset");
      }),
      everything,
    ),
    shell.files(),
    status,
    h("p", { class: "explorer-hint" }, "Click a cell or a mediator, or go through them with the arrow keys."),
  );

  // --- what a reader takes along ---
  const columns = config.columns;
  const data = () => ({ columns: [...columns, "reference", "url"], units: [], rows: chosen.map((e) => [...columns.map((column) => e[column]), ...config.sources[e.source]]) });
  const told = () => [config.alt, summary()];
  function hash() {
    if (state.untouched) return "";
    const pairs = FIELDS.filter((field) => state.values[field] !== config.values[field]).map((field) => [field, state.values[field] || "all"]);
    return `${encodeURIComponent(id)}:${pairs.map((pair) => pair.map(encodeURIComponent).join("=")).join("&")}`;
  }

  function refresh() {
    const began = performance.now();
    if (findings.scrollTop) findings.scrollTop = 0;
    choose();
    timings.solve = performance.now() - began;
    draw();
    list();
  }
  state.subscribe((source) => {
    showState();
    if (source !== "reset" && source !== "all") status.textContent = "";
    refresh();
    shell.speakSoon();
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
    set: (field, name) => state.set(field, name, field),
    /** The ids of the findings that a choice keeps. */
    solve: (values = {}) => select(edges, { ...state.values, ...values }).map((e) => e.id),
    get lastTimings() {
      return { ...timings };
    },
    adopt: (pairs) => state.assign(pairs.filter(([, name]) => name), "", "address"),
    destroy: shell.destroy,
  };
}
