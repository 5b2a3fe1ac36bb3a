/** Jupyter, through anywidget: the same explorer; its values, scenario and summary are traits of the Python object. */
import { mountAssurance } from "./assurance/explorer.js";
import { mountDecision } from "./decision/explorer.js";
import { patients } from "./cohort/simulate.js";
import { mountCohort } from "./cohort/view.js";
import { h } from "./dom.js";
import { mount } from "./explorer.js";
import { mountField } from "./field/view.js";
import { mountForest } from "./forest.js";
import { mountNetwork } from "./network.js";
import { mountCutpoints } from "./survival/cutpoints.js";
import { mountSurvival } from "./survival/explorer.js";
import { mountPhase } from "./views/phase.js";

/** Views with a mount of their own; the page gets each as a script (`pages/`). All others are views of a model. */
const VIEWS = { assurance: mountAssurance, cohort: mountCohort, cutpoints: mountCutpoints, decision: mountDecision, field: mountField, forest: mountForest, network: mountNetwork, phase: mountPhase, survival: mountSurvival };

/** The model's code is a classic script that Python generated; importing it as a module runs it without eval. */
async function load(code, key) {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    await import(/* @vite-ignore */ url);
  } finally {
    URL.revokeObjectURL(url);
  }
  return globalThis.solubleModels[key];
}

async function render({ model, el }) {
  const config = model.get("config");
  const root = h("figure", { class: "explorer" });
  el.append(root);
  let handle;
  try {
    const declared = config.key ? await load(model.get("model_code"), config.key) : null;
    handle = Object.hasOwn(VIEWS, config.view) ? VIEWS[config.view](root, config, { model: declared, mount, patients }) : mount(root, declared, config);
  } catch (error) {
    root.textContent = `The explorer could not start: ${error.message}.`;
    return;
  }
  if (config.caption) root.append(h("figcaption", {}, config.caption));
  const push = () => {
    model.set({ values: handle.values, scenario: handle.scenario, summary: handle.summary });
    model.save_changes();
  };
  let timer;
  handle.state.subscribe((source) => {
    if (source === "kernel") return;
    clearTimeout(timer);
    timer = setTimeout(push, 60);
  });
  const pull = () => handle.state.assign(Object.entries(model.get("values")), model.get("scenario"), "kernel");
  if (JSON.stringify(model.get("values")) !== JSON.stringify(handle.values) || model.get("scenario") !== handle.scenario) pull();
  model.on("change:values change:scenario", pull);
  model.set("summary", handle.summary);
  model.save_changes();
  return () => {
    model.off("change:values change:scenario", pull);
    clearTimeout(timer);
    handle.destroy();
  };
}

export default { render };
