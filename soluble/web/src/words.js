/** What both views' sentences share. */
import { capital, compared, measure, plural } from "./format.js";

export const is = (name) => (plural(name) ? "are" : "is");
export const verb = (name, stem) => (plural(name) ? stem : /(?:sh|ch|s|x)$/.test(stem) ? `${stem}es` : `${stem}s`);

/** A value of a quantity; "cells" is not said twice for "tumour cells". */
export function amount(v, quantity) {
  return measure(v, quantity.unit && quantity.label.toLowerCase().includes(quantity.unit.toLowerCase()) ? "" : quantity.unit);
}

/** "With effector influx at 20,000 cells/day," - what the reader changed, the control last moved first. Empty at the start. */
export function setting(config, state, lastMoved) {
  const from = state.start(state.scenario);
  const moved = state.controls.filter((c) => state.values[c.name] !== from[c.name]);
  moved.sort((a, b) => (b.name === lastMoved) - (a.name === lastMoved));
  const told = moved.slice(0, moved.length > 2 ? 1 : 2).map((c) => `${c.label} at ${measure(state.values[c.name], c.unit, 4)}`);
  if (moved.length > 2) told.push(`${moved.length - 1} other changes`);
  const title = state.scenarios.get(state.scenario)?.title;
  const scene = title && state.scenario !== state.initial ? `in the scenario “${title}”` : state.scenario === "" && state.initial ? "with the default values" : "";
  return [scene, told.length ? `with ${told.join(" and ")}` : ""].filter(Boolean).join(", ");
}

export const sentence = (opening, clauses) => capital(`${opening ? opening + ", " : ""}${clauses.join("; ")}.`);

/** ", 12 times the default": how a value compares with that of the run that is kept for comparison. */
export function against(now, then, label) {
  const words = compared(now, then);
  return words ? `, ${words} ${label}` : "";
}
