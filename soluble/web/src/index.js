/** The static page: bring every `figure.explorer` to life when the document is there. A classic script, so that it runs from a folder, too. */
import { h } from "./dom.js";
import { mount } from "./explorer.js";
import { mountForest } from "./forest.js";
import * as address from "./hash.js";

function boot() {
  const live = (window.solubleExplorers ??= Object.create(null));
  const parts = () => Object.values(live).map((x) => x.hash());
  for (const root of document.querySelectorAll("figure.explorer:not([data-state])")) {
    try {
      const config = JSON.parse(root.querySelector("script.explorer-config").textContent);
      if (config.view === "forest") {
        live[config.id] = mountForest(root, config, { peers: parts });
        continue;
      }
      const model = Object.hasOwn(window.solubleModels ?? {}, config.key) ? window.solubleModels[config.key] : null;
      if (!model) throw new Error(`the model ${config.key} was not loaded`);
      live[config.id] = mount(root, model, config, { peers: parts });
    } catch (error) {
      // The static picture stays; a sentence says why it is still.
      root.dataset.state = "failed";
      root.querySelector(".explorer-panel")?.remove();
      root.querySelector(".explorer-summary")?.remove();
      root.append(h("p", { class: "explorer-problem" }, `This picture could not be made interactive: ${error.message}.`));
    }
  }
  const follow = (scroll) => {
    const wanted = address.read(location.hash);
    for (const [id, pairs] of wanted)
      if (Object.hasOwn(live, id)) {
        live[id].adopt(pairs);
        if (scroll) document.getElementById(`explorer-${id}`)?.scrollIntoView({ block: "start" });
        scroll = false;
      }
  };
  follow(true);
  addEventListener("hashchange", () => follow(false));
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", boot);
else boot();
