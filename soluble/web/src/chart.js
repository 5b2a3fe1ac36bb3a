/**
 * Draws a picture: panels one above the other on one x axis, lines with direct labels, marks. The views say what is in a
 * picture; this file only knows how it looks. Python draws the static picture after the same rules (soluble/explorer.py).
 */
import { extent } from "d3-array";
import { scaleLinear, scaleLog } from "./scales.js";
import { s } from "./dom.js";
import { decades, magnitude, number } from "./format.js";

/** Besides its colour each line of a panel has its dashes, so that no reader depends on colour. */
export const DASHES = ["", "7 4", "1.5 4", "10 4 2 4", "4 3", "12 3"];

let context;
export function width(text, font) {
  context ??= document.createElement("canvas").getContext("2d");
  context.font = font;
  return context.measureText(text).width;
}

/** Break a label into lines of at most `limit` pixels, at spaces. */
export function wrap(text, limit, font) {
  const lines = [];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (last && width(`${last} ${word}`, font) <= limit) lines[lines.length - 1] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The rows of a key: what is in `entries` (with a `label`) one after the other, `{entry, x}`, as long as a row has room. */
export function keyRows(entries, W, font) {
  const rows = [[]];
  let used = 0;
  for (const entry of entries) {
    const w = 30 + width(entry.label, font) + 14;
    if (used && used + w > W - 16) {
      rows.push([]);
      used = 0;
    }
    rows[rows.length - 1].push({ entry, x: 4 + used });
    used += w;
  }
  return rows.filter((row) => row.length);
}

/** Move boxes (centre `y`, height `size`) apart as little as possible inside [top, bottom]. */
function spread(boxes, top, bottom) {
  boxes.sort((a, b) => a.y - b.y);
  for (let round = 0; round < 60; round++) {
    let moved = false;
    for (let i = 0; i + 1 < boxes.length; i++) {
      const [a, b] = [boxes[i], boxes[i + 1]];
      const overlap = (a.size + b.size) / 2 - (b.y - a.y);
      if (overlap > 0.25) {
        a.y -= overlap / 2;
        b.y += overlap / 2;
        moved = true;
      }
    }
    for (const b of boxes) b.y = Math.max(top + b.size / 2, Math.min(bottom - b.size / 2, b.y));
    if (!moved) break;
  }
}

const to2 = (v) => Math.round(100 * v) / 100;

/** Straight lines through the points, in hundredths of a pixel; broken where a point is not finite. A point alone is a dot. */
export function path(points) {
  let out = "", run = 0;
  for (const [a, b] of [...points, [NaN, NaN]]) {
    const good = Number.isFinite(a) && Number.isFinite(b);
    if (!good && run === 1) out += "Z";
    run = good ? run + 1 : 0;
    if (good) out += `${run > 1 ? "L" : "M"}${to2(a)},${to2(b)}`;
  }
  return out;
}

function yScale(panel, top, bottom) {
  const values = panel.lines.flatMap((l) => [l.y, l.ghost?.y]).filter(Boolean);
  let [low, high] = [Infinity, -Infinity];
  for (const array of values)
    for (const v of array)
      if (Number.isFinite(v) && (!panel.log || v > 0)) {
        if (v < low) low = v;
        if (v > high) high = v;
      }
  if (panel.log) {
    if (!(high > 0)) [low, high] = [0.1, 1];
    if (panel.floor) [low, high] = [panel.floor, Math.max(high, 10 * panel.floor)];
    low = Math.max(low, high * 1e-9);
    if (high / low < 10) [low, high] = [low / Math.sqrt(10), high * Math.sqrt(10)];
    const decades = [10 ** Math.floor(Math.log10(low) + 1e-9), 10 ** Math.ceil(Math.log10(high) - 1e-9)];
    return scaleLog(decades, [bottom, top]).clamp(true);
  }
  if (!Number.isFinite(low)) [low, high] = [0, 1];
  // Amounts and concentrations are read from zero; only a quantity that goes below it, or hardly moves far above it, is not.
  if (low > 0) low = 0;
  high = Math.max(high, panel.least ?? high);
  if (low === high) high = low + 1;
  const scale = scaleLinear([low, high + 0.02 * (high - low)], [bottom, top]).nice(5);
  const [start, end] = scale.domain();
  return scale.domain([start, Math.min(end, panel.most ?? end)]);
}

/** Ticks of a logarithmic axis: each power of ten, thinned where many, with 2 and 5 where few. */
export function logTicks(scale, wanted) {
  const [low, high] = extent(scale.domain());
  const powers = [];
  for (let k = Math.ceil(Math.log10(low) - 1e-9); k <= Math.log10(high) + 1e-9; k++) powers.push(10 ** k);
  if (powers.length < 3 && Math.log10(high / low) < 2.2)
    return [...powers, ...powers.flatMap((v) => [2 * v, 5 * v]), powers[0] / 2, powers[0] / 5].filter((v) => v >= low * 0.999 && v <= high * 1.001).sort((a, b) => a - b);
  const every = Math.ceil(powers.length / wanted);
  return powers.filter((_, i) => i % every === 0);
}

/**
 * Fill `svg` with the picture. `picture` is {x: {title, domain, log}, panels: [{title, unit, log, lines: [{label, x, y,
 * colour, dash, ghost?: {x, y, label}, dots?, way?}]}], marks: [{x, label}],
 * room: width to keep for labels on the right, where it should not depend on them; left, right: where the axes begin and
 * end, if something else lies above them; keys: whether labels stand above a panel instead of beside it}. `least` of a
 * panel is how far its y axis reaches at least, `most` how far at most, `floor` where a logarithmic one begins.
 * Returns what the reading line needs: {x, panels: [{y, top, bottom}], left, right}.
 */
export function draw(svg, picture, W, H, family) {
  const font = `12.5px ${family}`, bold = `600 12.5px ${family}`;
  const narrow = picture.keys ?? W < 430;
  const all = picture.panels.flatMap((p) => p.lines).filter((l) => l.label);
  const widest = picture.room || Math.max(0, ...all.map((l) => Math.min(width(l.label, bold), Math.max(96, ...l.label.split(" ").map((w) => width(w, bold))))));
  const ghosted = picture.panels.some((p) => p.lines.some((l) => l.ghost));
  const right = picture.right ?? W - (narrow || !widest ? 14 : Math.min(W * 0.32, widest + 18)), foot = 42;

  // On a narrow picture the labels stand in a key above each panel.
  const keys = picture.panels.map((panel) => {
    const entries = panel.lines.filter((l) => l.label);
    return narrow && entries.length > 1 ? keyRows(entries, W, bold) : [];
  });

  const count = picture.panels.length;
  const heads = keys.map((rows) => 26 + 19 * rows.length);
  const each = (H - foot - heads.reduce((a, b) => a + b, 0) - 14 * (count - 1)) / count;
  // Scales first: the widest tick label decides where the axes begin (in coarse steps, so that they do not tremble).
  let at = 0;
  const axes = picture.panels.map((panel, i) => {
    const top = at + heads[i], bottom = top + each;
    at = bottom + 14;
    const y = yScale(panel, top, bottom);
    const [divisor, word] = panel.log ? [1, ""] : magnitude(Math.max(...y.domain().map(Math.abs)));
    const ticks = panel.log ? logTicks(y, each / 26) : y.ticks(Math.max(3, Math.min(6, each / 36)));
    return { top, bottom, y, word, ticks, labels: panel.log ? decades(ticks) : ticks.map((v) => number(v / divisor)) };
  });
  const left = picture.left ?? Math.max(narrow ? 36 : 48, 12 * Math.ceil((14 + Math.max(...axes.flatMap((a) => a.labels.map((text) => width(text, font))))) / 12));
  const x = (picture.x.log ? scaleLog : scaleLinear)(picture.x.domain, [left, right]);
  const nodes = [];
  const geometry = [];

  const xTicks = picture.x.log ? logTicks(x, Math.max(3, (right - left) / 60)) : x.ticks(Math.max(3, Math.min(8, (right - left) / 62)));
  const xLabels = picture.x.log ? decades(xTicks) : xTicks.map((v) => number(v));
  picture.panels.forEach((panel, i) => {
    const { top, bottom, y, word, ticks, labels: tickLabels } = axes[i];
    const unit = [word, panel.unit].filter(Boolean).join(" ");
    const head = [panel.title, panel.title && unit ? `(${unit})` : unit].filter(Boolean).join(" ");
    nodes.push(s("text", { class: "axis-title", x: 4, y: top - heads[i] + 14 }, head));
    keys[i].forEach((row, r) =>
      row.forEach(({ entry, x }) => {
        const ky = top - heads[i] + 31 + 19 * r;
        nodes.push(
          s("path", { class: "line", d: `M${x},${ky - 4}h24`, stroke: entry.colour, "stroke-dasharray": entry.dash }),
          s("text", { class: "label", x: x + 30, y: ky, fill: entry.colour }, entry.label),
        );
      }),
    );
    nodes.push(
      s(
        "g",
        { class: "axis" },
        ticks.map((v, k) => [
          s("line", { class: "grid", x1: left, x2: right, y1: y(v), y2: y(v) }),
          s("text", { x: left - 8, y: y(v) + 4, "text-anchor": "end" }, tickLabels[k]),
        ]),
        xTicks.map((v) => s("line", { class: "tick", x1: x(v), x2: x(v), y1: bottom, y2: bottom + 4 })),
        s("line", { class: "base", x1: left, x2: right, y1: bottom, y2: bottom }),
        i === count - 1 &&
          xTicks.map((v, k) => s("text", { x: Math.min(x(v), W - width(xLabels[k], font) / 2 - 1), y: bottom + 18, "text-anchor": "middle" }, xLabels[k])),
      ),
    );

    for (const mark of picture.marks ?? []) nodes.push(s("line", { class: mark.class ?? "mark", x1: x(mark.x), x2: x(mark.x), y1: top, y2: bottom }));

    const trace = (l) => path(Array.from(l.y, (v, k) => [x(l.x[k]), y(v)]));
    const labels = [];
    let ghostEnd = null;
    for (const l of panel.lines)
      if (l.ghost) {
        nodes.push(s("path", { class: "line ghost", d: trace(l.ghost), stroke: l.colour, "stroke-dasharray": l.dash }));
        const end = y(l.ghost.y[l.ghost.y.length - 1]);
        const own = y(l.y[l.y.length - 1]);
        if (!narrow && !ghostEnd && Number.isFinite(end) && !(Math.abs(end - own) < 9)) ghostEnd = { y: end, aim: end, text: wrap(l.ghost.label, W - right - 14, font), class: "label quiet", colour: l.colour };
        if (ghostEnd) ghostEnd.size = 15 * ghostEnd.text.length;
      }
    for (const l of panel.lines) {
      nodes.push(s("path", { class: "line", d: trace(l), stroke: l.colour, "stroke-dasharray": l.dash }));
      let last = l.y.length - 1;
      while (last > 0 && !Number.isFinite(l.y[last])) last--;
      const end = y(l.y[last]);
      if (!narrow && l.label && Number.isFinite(end)) {
        const text = wrap(l.label, W - right - 14, bold);
        labels.push({ y: end, aim: end, size: 15 * text.length, text, class: "label", colour: l.colour, from: x(l.x[last]) });
      }
      for (const dot of l.dots ?? []) nodes.push(s("circle", { class: "dot", cx: x(dot[0]), cy: y(dot[1]), r: 4.5, fill: l.colour }));
      if (l.way) nodes.push(...(way(l, x, y, bottom) ?? []));
    }
    if (ghostEnd) labels.push(ghostEnd);
    spread(labels, top - 6, bottom + 8);
    for (const b of labels) {
      if (Math.abs(b.y - b.aim) > 3 || (b.from ?? right) < right - 2)
        nodes.push(s("path", { class: "leader", d: `M${b.from ?? right},${b.aim}L${right + 8},${b.y}`, stroke: b.colour }));
      b.text.forEach((text, k) =>
        nodes.push(s("text", { class: b.class, x: right + 10, y: b.y + 4 + 15 * (k - (b.text.length - 1) / 2), fill: b.colour }, text)),
      );
    }
    geometry.push({ y, top, bottom, head: heads[i] });
  });
  for (const mark of picture.marks ?? [])
    if (mark.label) {
      const mx = x(mark.x), w = width(mark.label, font) / 2;
      nodes.push(s("text", { class: "mark-label", x: Math.max(left + w, Math.min(right - w, mx)), y: geometry[0].top + 9, "text-anchor": "middle" }, mark.label));
    }
  nodes.push(s("text", { class: "axis-title", x: (left + right) / 2, y: H - 6, "text-anchor": "middle" }, picture.x.title));
  svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
  svg.replaceChildren(...nodes);
  return { x, panels: geometry, left, right };
}

/** An arrow head on a line, with a word beside it: the direction in which a sweep went. */
function way(l, x, y, bottom) {
  const { at: k, text, above, back } = l.way;
  const [a, b] = [Math.max(0, k - 1), Math.min(l.y.length - 1, k + 1)];
  if (![l.y[a], l.y[k], l.y[b]].every(Number.isFinite)) return null;
  const angle = (Math.atan2(y(l.y[b]) - y(l.y[a]), x(l.x[b]) - x(l.x[a])) * 180) / Math.PI + (back ? 180 : 0);
  const [px, py] = [x(l.x[k]), y(l.y[k])];
  return [
    s("path", { class: "arrow", d: "M-6,-5L6,0L-6,5Z", fill: l.colour, transform: `translate(${px},${py}) rotate(${angle})` }),
    s("text", { class: "label", x: px, y: above || py + 22 > bottom ? py - 10 : py + 19, fill: l.colour, "text-anchor": "middle" }, text),
  ];
}
