/** Draws the picture of a plane: basins, arrows, nullclines, borders, equilibria and a trajectory. `views/phase.js` says what is in it. */
import { logTicks, path, width, wrap } from "./chart.js";
import { s } from "./dom.js";
import { decades, magnitude, number } from "./format.js";
import { scaleLinear, scaleLog } from "./scales.js";

const MARKS = { stable: "M-5,0A5,5 0 1 1 5,0A5,5 0 1 1 -5,0Z", saddle: "M-6,0L0,-6L6,0L0,6Z" };
const START = "M-5.5,0A5.5,5.5 0 1 1 5.5,0A5.5,5.5 0 1 1 -5.5,0Z";

/** Ticks of an axis with their labels, and the word that is left out of them. */
function ticksOf({ low, high, log }, range, every) {
  const scale = (log ? scaleLog : scaleLinear)([low, high], range);
  const wanted = Math.abs(range[1] - range[0]) / every;
  const ticks = log ? logTicks(scale, Math.max(3, wanted)) : scale.ticks(Math.max(3, Math.min(7, wanted)));
  const [divisor, word] = log ? [1, ""] : magnitude(high);
  return { scale, ticks, labels: log ? decades(ticks) : ticks.map((v) => number(v / divisor)), word };
}

/** Entries of a key in rows that fit. */
function rows(entries, room, font) {
  const out = [[]];
  let used = 0;
  for (const entry of entries) {
    const w = 30 + width(entry.text, font) + 16;
    if (used && used + w > room) {
      out.push([]);
      used = 0;
    }
    out.at(-1).push({ ...entry, x: used });
    used += w;
  }
  return out;
}

/** The cells of one basin as one shape: a bar for each run of a row. */
function shape({ width: w, height: h, cells }, label, X, Y) {
  let out = "";
  for (let j = 0; j < h; j++)
    for (let i = 0; i < w; ) {
      const from = i;
      while (i < w && cells[j * w + i] === label) i++;
      if (i > from) out += `M${X(from / w)},${Y((j + 1) / h)}H${X(i / w)}V${Y(j / h)}H${X(from / w)}Z`;
      else i++;
    }
  return out;
}

/** Small arrows along the field, all of one length: the direction is what counts. */
function arrows(list, X, Y) {
  let out = "";
  for (const [u, v, du, dv] of list) {
    const [dx, dy] = [X(u + du) - X(u), Y(v + dv) - Y(v)], size = Math.hypot(dx, dy);
    if (!(size > 0)) continue;
    const [cx, cy, ex, ey] = [X(u), Y(v), (6 * dx) / size, (6 * dy) / size];
    const at = (k, across) => `${(cx + k * ex - across * ey).toFixed(1)},${(cy + k * ey + across * ex).toFixed(1)}`;
    out += `M${at(-1, 0)}L${at(1, 0)}M${at(0.35, 0.45)}L${at(1, 0)}L${at(0.35, -0.45)}`;
  }
  return out;
}

/** Where on a line, in pixels, a share of its length is reached, and its direction there in degrees. */
function along(points, share) {
  const lengths = [0];
  for (let k = 1; k < points.length; k++) lengths.push(lengths[k - 1] + Math.hypot(points[k][0] - points[k - 1][0], points[k][1] - points[k - 1][1]));
  const total = lengths.at(-1);
  if (!(total > 30)) return null;
  const k = Math.max(1, lengths.findIndex((l) => l >= share * total));
  const [a, b] = [points[k - 1], points[k]];
  return { x: b[0], y: b[1], angle: (Math.atan2(b[1] - a[1], b[0] - a[0]) * 180) / Math.PI };
}

/** `picture` as `views/phase.js` gives it. Returns where the plane lies: {panels: [{top, bottom}], left, right}. */
export function drawPlane(svg, picture, W, H, family) {
  const font = `12.5px ${family}`, bold = `600 12.5px ${family}`;
  const narrow = W < 430;
  const note = picture.note ? wrap(picture.note, W - 12, font) : [];
  const foot = 42 + 16 * note.length;
  const key = rows(picture.key, W - 8, bold);
  const top = 26 + 19 * key.length, bottom = H - foot, right = W - 14;
  const y = ticksOf(picture.y, [bottom, top], 34);
  const left = Math.max(narrow ? 36 : 48, 12 * Math.ceil((14 + Math.max(...y.labels.map((text) => width(text, font)))) / 12));
  const x = ticksOf(picture.x, [left, right], 60);
  const X = (u) => left + u * (right - left), Y = (v) => bottom - v * (bottom - top);
  const px = (line) => line.map(([u, v]) => [X(u), Y(v)]);
  const title = ({ title, unit }, word) => [title, unit || word ? `(${[word, unit].filter(Boolean).join(" ")})` : ""].filter(Boolean).join(" ");
  const clip = `${picture.id}-plane`;
  const nodes = [
    s("clipPath", { id: clip }, s("rect", { x: left, y: top - 1, width: right - left + 1, height: bottom - top + 2 })),
    s("text", { class: "axis-title", x: 4, y: 14 }, title(picture.y, y.word)),
  ];
  key.forEach((row, r) =>
    row.forEach((entry) => {
      const ky = 31 + 19 * r - 4, kx = 4 + entry.x;
      nodes.push(
        entry.mark
          ? s("path", { class: entry.class, d: entry.mark === "start" ? START : MARKS[entry.mark], transform: `translate(${kx + 14},${ky})`, fill: entry.fill, stroke: entry.stroke })
          : s("path", { class: entry.class, d: `M${kx},${ky}h24`, stroke: entry.colour, "stroke-dasharray": entry.dash }),
        s("text", { class: "label", x: kx + 30, y: ky + 4, fill: entry.colour ?? "currentColor" }, entry.text),
      );
    }),
  );
  for (const { label, colour } of picture.basins.list) nodes.push(s("path", { class: "basin", d: shape(picture.basins, label, X, Y), fill: colour, "shape-rendering": "crispEdges" }));
  nodes.push(
    s(
      "g",
      { class: "axis" },
      y.ticks.map((v, k) => s("text", { x: left - 8, y: y.scale(v) + 4, "text-anchor": "end" }, y.labels[k])),
      y.ticks.map((v) => s("line", { class: "tick", x1: left - 4, x2: left, y1: y.scale(v), y2: y.scale(v) })),
      x.ticks.map((v) => s("line", { class: "tick", x1: x.scale(v), x2: x.scale(v), y1: bottom, y2: bottom + 4 })),
      x.ticks.map((v, k) => s("text", { x: Math.min(x.scale(v), W - width(x.labels[k], font) / 2 - 1), y: bottom + 18, "text-anchor": "middle" }, x.labels[k])),
      s("path", { class: "base", d: `M${left},${top}V${bottom}H${right}`, fill: "none" }),
    ),
    s("text", { class: "axis-title", x: (left + right) / 2, y: bottom + 36, "text-anchor": "middle" }, title(picture.x, x.word)),
    ...note.map((text, k) => s("text", { class: "note", x: 4, y: bottom + 54 + 16 * k }, text)),
  );
  const plane = s("g", { class: "plane", "clip-path": `url(#${clip})` }, s("path", { class: "field", d: arrows(picture.arrows, X, Y) }));
  for (const { line, colour, dash, ghost } of picture.lines) plane.append(s("path", { class: ghost ? "line ghost" : "line", d: path(px(line)), stroke: colour, "stroke-dasharray": dash }));
  for (const line of picture.borders) plane.append(s("path", { class: "line border", d: path(px(line)) }));
  for (const { line, ghost } of picture.runs) {
    const points = px(line);
    plane.append(s("path", { class: ghost ? "line run ghost" : "line run", d: path(points) }));
    for (const share of ghost ? [] : [0.2, 0.55]) {
      const at = along(points, share);
      if (at) plane.append(s("path", { class: "arrow", d: "M-6,-5L6,0L-6,5Z", transform: `translate(${at.x},${at.y}) rotate(${at.angle})` }));
    }
  }
  nodes.push(plane);
  for (const mark of picture.marks) {
    const [mx, my] = [X(mark.u), Y(mark.v)];
    nodes.push(s("path", { class: mark.class, d: mark.shape === "start" ? START : MARKS[mark.shape], transform: `translate(${mx},${my})`, fill: mark.fill, stroke: mark.stroke }));
    if (mark.label) nodes.push(s("text", { class: "label", x: mx + (mx > right - 30 ? -9 : 9), y: my + (my < top + 22 ? 18 : -8), "text-anchor": mx > right - 30 ? "end" : "start", fill: "currentColor" }, mark.label));
  }
  svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
  svg.replaceChildren(...nodes);
  return { panels: [{ top, bottom }], left, right };
}
