/** Sliders with typed entry. The slider moves on the scale that suits the quantity; values keep a readable number of digits. */
import { h, unbroken } from "./dom.js";
import { measure, plain } from "./format.js";

/** Share of the slider's way for one step: Shift + arrow, arrow, Page Up or Down. */
const FINE = 1 / 500, NORMAL = 1 / 100, COARSE = 1 / 10;
const KEYS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 1, PageDown: -1 };

export const HINT = "Keys on a slider: arrows for a step, Shift + arrow for a fine one, Page Up and Page Down for a coarse one.";

/** Position on the slider (its native value) and back. A logarithmic slider's position is the decimal logarithm. */
export const scaleOf = (control) => {
  const log = control.scale === "log";
  const to = log ? Math.log10 : (v) => v;
  const [low, high] = [to(control.min), to(control.max)];
  return {
    low,
    high,
    to,
    /** The value at a position, rounded to the digits that a fine step there can tell apart. */
    from(position) {
      const inside = Math.min(high, Math.max(low, position));
      const v = log ? 10 ** inside : inside;
      const fine = (high - low) * FINE * (log ? Math.LN10 * v : 1);
      const grain = control.whole ? 1 : 10 ** Math.floor(Math.log10(fine / 4));
      const rounded = grain >= 1 ? Math.round(v / grain) * grain : Number(v.toFixed(Math.min(100, Math.round(-Math.log10(grain)))));
      return Math.min(control.max, Math.max(control.min, rounded));
    },
  };
};

/** One control as an element with `show(value)`. `change(value)` is called with a number, or with what was typed. */
export function slider(control, id, hint, change) {
  const scale = scaleOf(control);
  const told = (v) => measure(v, control.unit, 4);
  const range = h("input", { type: "range", id, min: scale.low, max: scale.high, step: "any", "aria-describedby": hint });
  const typed = h("input", { type: "number", id: `${id}-typed`, step: "any", min: control.min, max: control.max, inputmode: "decimal", autocomplete: "off", "aria-label": `${control.label}, typed value${control.unit ? ` in ${control.unit}` : ""}` });
  const note = h("span", { class: "explorer-note", role: "status" });
  let value = control.value;

  const step = (event) => {
    const direction = KEYS[event.key];
    if (!direction || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target === typed && /Left|Right/.test(event.key)) return; // these move the text cursor
    event.preventDefault();
    const share = event.key.startsWith("Page") ? COARSE : event.shiftKey ? FINE : NORMAL;
    const next = scale.from(scale.to(value) + direction * share * (scale.high - scale.low));
    change(control.whole && next === value ? value + direction : next);
  };
  range.addEventListener("keydown", step);
  typed.addEventListener("keydown", step);
  range.addEventListener("input", () => change(scale.from(Number(range.value))));
  typed.addEventListener("change", () => {
    const wanted = Number(typed.value);
    const unusable = typed.value.trim() === "" || !Number.isFinite(wanted);
    note.textContent = unusable
      ? "a number is needed"
      : wanted < control.min || wanted > control.max
        ? `kept between ${told(control.min)} and ${told(control.max)}`
        : "";
    if (unusable) typed.value = plain(value);
    else change(wanted);
  });

  const element = h(
    "div",
    { class: "explorer-control", "data-name": control.name },
    h("label", { for: id }, unbroken(control.label), " ", control.symbol.length > 0 && h("i", {}, control.symbol[0], h("sub", {}, control.symbol[1]))),
    h("span", { class: "explorer-value" }, typed, control.unit && h("span", { class: "explorer-unit", "aria-hidden": "true" }, control.unit)),
    h("span", { class: "explorer-range", style: { "--start": (scale.to(control.value) - scale.low) / (scale.high - scale.low) } }, range),
    note,
  );
  return {
    element,
    show(v, moved) {
      value = v;
      const position = scale.to(v);
      // While the reader drags, the thumb stays where the hand is, not where the rounded value would put it.
      if (!(moved && Math.abs(scale.from(Number(range.value)) - v) <= 1e-9 * Math.abs(v))) range.value = position;
      range.setAttribute("aria-valuetext", told(v));
      range.style.setProperty("--at", (position - scale.low) / (scale.high - scale.low));
      typed.value = plain(v);
      typed.style.width = `${Math.max(3, typed.value.length) + 1.6}ch`;
      if (v > control.min && v < control.max) note.textContent = "";
    },
  };
}

/** A control whose values are the places of a list of words, as an element with `show(value)`. */
export function chooser(control, id, change) {
  const select = h("select", { id, onchange: () => change(Number(select.value)) }, control.choices.map((text, value) => h("option", { value }, text)));
  return {
    element: h("div", { class: "explorer-scenario", "data-name": control.name }, h("label", { for: id }, unbroken(control.label)), select),
    show(v) {
      select.value = v;
    },
  };
}
