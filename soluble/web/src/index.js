/**
 * The static page: bring every `figure.explorer` to life when the document is there. A classic script, so that it runs from a
 * folder, too. Views of models are part of it; any other view comes as a script of its own (`pages/`), before this one.
 */
import { h } from "./dom.js";
import { mount } from "./explorer.js";
import * as address from "./hash.js";

const live = (window.solubleExplorers ??= Object.create(null));
const peers = () => Object.values(live).map((x) => x.hash());

function enliven(root, wanted) {
  try {
    const config = JSON.parse(root.querySelector("script.explorer-config").textContent);
    const own = window.solubleViews?.[config.view];
    const model = config.key && Object.hasOwn(window.solubleModels ?? {}, config.key) ? window.solubleModels[config.key] : null;
    if (config.key && !model) throw new Error(`the model ${config.key} was not loaded`);
    live[config.id] = own ? own(root, config, { peers, model }) : mount(root, model, config, { peers });
    if (wanted.has(config.id)) live[config.id].adopt(wanted.get(config.id));
  } catch (error) {
    // The static picture stays; a sentence says why it is still.
    root.dataset.state = "failed";
    root.querySelector(".explorer-panel")?.remove();
    root.querySelector(".explorer-summary")?.remove();
    root.append(h("p", { class: "explorer-problem" }, `This picture could not be made interactive: ${error.message}.`));
  }
}

/** The parts of the address that name explorers of this page; each takes its own. */
function adopt() {
  for (const [id, pairs] of address.read(location.hash)) if (Object.hasOwn(live, id)) live[id].adopt(pairs);
}

/** Each explorer in a task of its own, so that the page answers in between. */
function boot() {
  const waiting = [...document.querySelectorAll("figure.explorer:not([data-state])")];
  const wanted = address.read(location.hash);
  const next = () => {
    const root = waiting.shift();
    if (root) {
      enliven(root, wanted);
      setTimeout(next);
    } else {
      const first = [...wanted.keys()].find((id) => Object.hasOwn(live, id));
      if (first) document.getElementById(`explorer-${first}`)?.scrollIntoView({ block: "start" });
      addEventListener("hashchange", adopt);
    }
  };
  next();
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", boot);
else boot();
