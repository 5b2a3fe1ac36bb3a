/**
 * The static page: bring every `figure.explorer` to life when the document is there. A classic script, so that it runs from a
 * folder, too. Views of models are part of it; any other view comes as a script of its own (`pages/`), before this one.
 */
import { h } from "./dom.js";
import { mount } from "./explorer.js";
import * as address from "./hash.js";

const live = (window.solubleExplorers ??= Object.create(null));
const peers = () => Object.values(live).map((x) => x.hash());

function enliven(root) {
  try {
    const config = JSON.parse(root.querySelector("script.explorer-config").textContent);
    const own = window.solubleViews?.[config.view];
    const model = config.key && Object.hasOwn(window.solubleModels ?? {}, config.key) ? window.solubleModels[config.key] : null;
    if (config.key && !model) throw new Error(`the model ${config.key} was not loaded`);
    live[config.id] = own ? own(root, config, { peers, model, mount }) : mount(root, model, config, { peers });
    const pairs = address.read(location.hash).get(config.id);
    if (pairs) live[config.id].adopt(pairs);
  } catch (error) {
    // The static picture stays; a sentence says why it is still.
    root.dataset.state = "failed";
    root.querySelector(".explorer-panel")?.remove();
    root.querySelector(".explorer-summary")?.remove();
    root.append(h("p", { class: "explorer-problem" }, `This picture could not be made interactive: ${error.message}.`));
  }
}

/**
 * An explorer wakes when the reader comes near it, each in a task of its own, so that a long chapter answers at once. Those
 * that the address names wake first; printing wakes all.
 */
function boot() {
  const asleep = new Map([...document.querySelectorAll("figure.explorer:not([data-state])")].map((root) => [root.id, root]));
  const wake = (id) => {
    const root = asleep.get(id);
    if (!asleep.delete(id)) return;
    near.unobserve(root);
    enliven(root);
  };
  const near = new IntersectionObserver((seen) => seen.forEach((x) => x.isIntersecting && setTimeout(wake, 0, x.target.id)), { rootMargin: "75% 0%" });
  const named = () => [...address.read(location.hash).keys()].filter((id) => asleep.has(`explorer-${id}`) || Object.hasOwn(live, id));

  /** What an address names is shown, as an anchor is. */
  const show = (id) => document.getElementById(`explorer-${id}`)?.scrollIntoView({ block: "start" });

  const [first, ...others] = named();
  for (const id of [first, ...others]) wake(`explorer-${id}`);
  show(first);
  for (const root of asleep.values()) near.observe(root);
  addEventListener("beforeprint", () => [...asleep.keys()].forEach(wake));
  addEventListener("hashchange", () => {
    const ids = named();
    for (const id of ids) {
      if (Object.hasOwn(live, id)) live[id].adopt(address.read(location.hash).get(id));
      else wake(`explorer-${id}`);
    }
    show(ids[0]);
  });
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", boot);
else boot();
