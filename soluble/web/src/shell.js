/**
 * What every explorer has around its picture: title, stage, the sentence that is spoken, panel, buttons, files, its part
 * of the page's address. A view brings the picture, the words and the data (`me`), and keeps its own state.
 */
import { chooser, slider, HINT } from "./controls.js";
import { debounce, h, part, s, unbroken } from "./dom.js";
import { copy, csv, save, svgText } from "./download.js";
import * as address from "./hash.js";

export const button = (action, text, tooltip, act) => h("button", { type: "button", "data-action": action, title: tooltip, onclick: act }, text);

/**
 * The frame around a view. `options.peers` gives all parts of the page's address; without it (in Jupyter) the address is
 * left alone.
 *
 * `me` = { summary() → text, data() → {columns, units, rows} or null, told() → lines above the CSV, hash() → this
 * explorer's part of the address, picture() → what it needs before its SVG is saved; false: there is none,
 * image? → {text, tooltip, ending, type, make() → Blob or text, or null} in place of the SVG }
 */
export function createShell(root, config, options, me) {
  const { id } = config;
  root.dataset.view = config.view;
  const body = part(root, "div", "body");
  if (config.title) part(body, "p", "title").replaceChildren(...unbroken(config.title));
  const stage = part(body, "div", "stage"), words = part(body, "p", "summary"), panel = part(body, "div", "panel");
  words.setAttribute("aria-live", "polite");
  const name = s("title", { id: `explorer-${id}-name` });
  const content = s("g", {});
  const svg = s("svg", { class: "explorer-chart", role: "img", "aria-labelledby": name.id }, name, content);
  const status = h("p", { class: "explorer-status", role: "status" });

  // A sentence for every pixel of a drag would drown a listener: it follows when the hand rests.
  const speak = () => {
    const text = me.summary();
    if (words.textContent !== text) words.replaceChildren(...unbroken(text));
    name.textContent = `${config.alt} ${text}`;
  };

  const image = me.image ?? {
    text: "Picture SVG",
    tooltip: "Download the picture",
    ending: "svg",
    type: "image/svg+xml",
    make: () => (me.picture?.() === false ? null : svgText(svg, config.alt, me.summary())),
  };
  async function keep(ending, type, content) {
    content = await content;
    if (content) save(content, `${id}.${ending}`, type);
    status.textContent = content ? `Saved ${id}.${ending}.` : "There is nothing to save for this setting.";
  }
  const table = () => {
    const data = me.data();
    return data && csv(data, me.told());
  };
  const files = [
    button("csv", "Data CSV", "Download the numbers behind the picture", () => keep("csv", "text/csv", table())),
    button(image.ending, image.text, image.tooltip, () => keep(image.ending, image.type, image.make())),
    options.peers &&
      button("link", "Copy link", "Copy the address of this setting", async () => {
        const url = `${location.href.split("#")[0]}#${me.hash() || `explorer-${id}`}`;
        status.textContent = (await copy(url)) ? "Link copied." : url;
      }),
    options.peers &&
      root.dataset.frame &&
      button("embed", "Embed", "Copy the lines that show this setting in another page", async () => {
        const url = new URL(root.dataset.frame, location.href.split("#")[0]).href + (me.hash() ? `#${me.hash()}` : "");
        const height = Math.ceil(root.getBoundingClientRect().height) + 60;
        const lines = `<iframe src="${url}" title="${(config.title ?? id).replaceAll('"', "&quot;")}" width="100%" height="${height}" style="border:0" loading="lazy"></iframe>`;
        status.textContent = (await copy(lines)) ? "Lines copied." : lines;
      }),
  ];

  const publish = debounce(250, () => address.publish(options.peers()));
  const observer = new ResizeObserver(() => stage.clientWidth && me.draw());
  return {
    body,
    stage,
    panel,
    svg,
    content,
    status,
    speak,
    speakSoon: debounce(180, speak),
    buttons: (...list) => h("div", { class: "explorer-buttons" }, list),
    files: () => h("div", { class: "explorer-files" }, files),
    /** After a change of the state: the address follows, unless the change came from there. */
    changed(source) {
      if (options.peers && source !== "address") publish();
    },
    /** The view stands: say it, and draw again when its room or its letters change. */
    live() {
      speak();
      root.dataset.state = "live";
      observer.observe(stage);
      document.fonts?.ready.then(() => root.isConnected && me.draw());
    },
    /** The part of the handle in `window.solubleExplorers` that is the same for all. */
    handle: {
      get summary() {
        return me.summary();
      },
      data: () => me.data() ?? { columns: [], units: [], rows: [] },
      csv: table,
      svg: () => (me.picture?.(), svgText(svg, config.alt, me.summary())),
      hash: me.hash,
    },
    destroy: () => observer.disconnect(),
  };
}

/** A button that stays pressed while the view compares; `title()` says with what. */
export function compareButton(title, act) {
  const element = button("ghost", "Compare", "", act);
  return {
    element,
    show(on) {
      element.setAttribute("aria-pressed", on);
      element.title = title();
    },
  };
}

/** A choice among named things: `[select, box with its label]`. */
export function choice(id, action, title, entries, act) {
  const select = h("select", { id: `explorer-${id}-${action}`, "data-action": action, onchange: () => act(select.value) }, entries.map(([value, text]) => h("option", { value }, text)));
  return [select, h("div", { class: "explorer-scenario" }, h("label", { for: select.id }, title), select)];
}

/** A button that moves the control of the seed on by one, and round to its first after its last; nothing where there is none. */
export function seedButton(state, label, title) {
  const seed = state.controls.find((c) => c.name === "seed");
  return seed && button("another", label, title, () => state.set("seed", state.values.seed < seed.max ? state.values.seed + 1 : seed.min, "seed"));
}

/** Sliders, choices and scenarios of a state made by `createState`. */
export function createControls(config, state) {
  const hint = `explorer-${config.id}-hint`;
  const sliders = new Map(
    state.controls.map((c) => {
      const name = `explorer-${config.id}-${c.name}`;
      const moved = (v) => {
        const before = state.values[c.name];
        const now = state.set(c.name, v, c.name);
        if (now === before) one.show(now, true);
      };
      const one = c.choices ? chooser(c, name, moved) : slider(c, name, hint, moved);
      return [c.name, one];
    }),
  );
  const begin = state.initial === "" && config.startLabel !== "default" ? "first setting" : "default values";
  const [select, box] = choice(config.id, "scenario", "Scenario", [["", begin], ...[...state.scenarios].map(([id, x]) => [id, x.title])], (id) => state.assign([], id, "scenario"));
  const says = h("p", { class: "explorer-says" });
  box.append(says);
  return {
    scenario: state.scenarios.size > 0 && box,
    group: h("div", { class: "explorer-controls", role: "group", "aria-label": `Controls${config.title ? ": " + config.title : ""}` }, ...state.controls.map((c) => sliders.get(c.name).element)),
    hint: h("p", { class: "explorer-hint", id: hint }, HINT),
    has: (name) => sliders.has(name),
    show(source) {
      for (const c of state.controls) sliders.get(c.name).show(state.values[c.name], source === c.name);
      select.value = state.scenario;
      says.replaceChildren(...unbroken(state.scenarios.get(state.scenario)?.says ?? ""));
    },
    /** The setting in words, for the head of a file. */
    told() {
      const scene = state.scenarios.get(state.scenario)?.title;
      const chosen = state.controls.map((c) => `${c.name} = ${c.choices?.[state.values[c.name]] ?? state.values[c.name]}${c.unit ? " " + c.unit : ""}`).join("; ");
      return [...(scene ? [`scenario: ${scene}`] : []), `with ${chosen}`];
    },
  };
}
