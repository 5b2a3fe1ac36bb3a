/** The reading line: values under the pointer, or where the keys have put the line, at one place of the x axis. */
import { h, s } from "./dom.js";

/** A box beside a point of the picture, with a heading and lines. */
export function createTip(stage) {
  const element = h("div", { class: "explorer-tip", hidden: true, "aria-hidden": "true" });
  return {
    element,
    hide: () => (element.hidden = true),
    show(px, top, toTheRight, head, lines) {
      element.hidden = false;
      element.replaceChildren(h("b", {}, head), ...lines.map(({ colour, name, text }) => h("span", { style: { color: colour } }, name && `${name}: `, h("span", {}, text))));
      element.style.left = element.style.right = "";
      if (toTheRight) element.style.left = `${px + 12}px`;
      else element.style.right = `${stage.clientWidth - px + 12}px`;
      element.style.top = `${top}px`;
    },
  };
}

/** Lay an element over the panels of a picture. */
export function cover(element, { panels, left, right }, W, H) {
  const [top, bottom] = [panels[0].top, panels.at(-1).bottom];
  Object.assign(element.style, { left: `${(100 * left) / W}%`, width: `${(100 * (right - left)) / W}%`, top: `${(100 * top) / H}%`, height: `${(100 * (bottom - top)) / H}%` });
}

/** The pointer of an explorer whose view says what stands at an x: `view.at(share)`, `view.reading(result, x)`. */
export function readingLine({ view, stage, reading, seen }) {
  const cursor = h("div", { class: "explorer-cursor", role: "slider", tabindex: 0, "aria-label": "Reading line", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0, "aria-valuetext": "not set" });
  const tip = createTip(stage);
  let share = null;
  function read(at) {
    share = at;
    const now = at === null ? null : seen();
    if (!now) {
      tip.hide();
      return void reading.replaceChildren();
    }
    const { x, panels, left, right } = now.geometry;
    const told = view.reading(now.result, view.at(at));
    const px = x(told.x);
    reading.replaceChildren(
      ...panels.map((p) => s("line", { x1: px, x2: px, y1: p.top, y2: p.bottom })),
      ...told.panels.flatMap((values, i) => values.filter((v) => Number.isFinite(v.y)).map((v) => s("circle", { cx: px, cy: panels[i].y(v.y), r: 4, fill: v.colour }))),
    );
    const values = told.panels.flat();
    tip.show(px, panels[0].top + 4, px < (left + right) / 2, told.head, values.map((v) => ({ colour: v.colour, name: v.label, text: v.text })));
    cursor.setAttribute("aria-valuenow", Math.round(100 * at));
    cursor.setAttribute("aria-valuetext", `${told.head}: ${values.map((v) => `${v.label} ${v.text}`).join(", ")}`);
  }
  cursor.addEventListener("pointermove", (event) => {
    const box = cursor.getBoundingClientRect();
    read(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
  });
  cursor.addEventListener("pointerleave", () => document.activeElement !== cursor && read(null));
  cursor.addEventListener("blur", () => read(null));
  cursor.addEventListener("focus", () => cursor.matches(":focus-visible") && share === null && read(0.5));
  cursor.addEventListener("keydown", (event) => {
    const big = event.key.startsWith("Page") ? 0.1 : event.shiftKey ? 0.0025 : 0.01;
    const to = { ArrowRight: share + big, ArrowUp: share + big, PageUp: share + big, ArrowLeft: share - big, ArrowDown: share - big, PageDown: share - big, Home: 0, End: 1 }[event.key];
    if (event.key === "Escape") read(null);
    if (to === undefined) return;
    event.preventDefault();
    read(Math.min(1, Math.max(0, to)));
  });
  return { elements: [cursor, tip.element], place: (geometry, W, H) => cover(cursor, geometry, W, H), clear: () => read(null) };
}
