/** The plane of a field explorer on a canvas: the concentration as depth of one colour, the ways of the cells, the cells. */
import { h } from "../dom.js";

/** A low concentration is lifted, so that the foot of a gradient can be seen; the key is drawn by the same rule. */
export const DEPTH = 0.6;
export const depth = (share) => Math.min(1, Math.max(0, share)) ** DEPTH;

/** The ring where two have fused, in pixels. */
export const FUSED = 2.1;

/** The least of 1, 2, 5, 10, ... that is not below v. */
export function roundUp(v) {
  if (!(v > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(v) + 1e-9);
  return [1, 2, 5, 10].map((m) => m * power).find((w) => w >= v * (1 - 1e-9));
}

/** `createPlane(root, model)`: `place(box)` says where in the stage it lies, `paint(what)` draws. */
export function createPlane(root, model) {
  const { nx, ny, width, height } = model.space;
  const canvas = h("canvas", { class: "explorer-plane", "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  const [grid, ways] = [document.createElement("canvas"), document.createElement("canvas")];
  Object.assign(grid, { width: nx, height: ny });
  const pixels = grid.getContext("2d").createImageData(nx, ny);
  let box = { left: 0, top: 0, width: 0, height: 0 }, ratio = 1;
  let drawn = []; // per kind of cells, how many steps of its ways are drawn

  const X = (x) => (x / width) * box.width, Y = (y) => (1 - y / height) * box.height;
  /** A colour of the page as #rrggbb. */
  function colour(value) {
    const name = /^var\((--[\w-]+)/.exec(value)?.[1];
    const style = getComputedStyle(root);
    context.fillStyle = style.color;
    context.fillStyle = (name ? style.getPropertyValue(name).trim() : value) || style.color;
    return context.fillStyle;
  }

  function paintField(values, top, shade) {
    const [red, green, blue] = [1, 3, 5].map((i) => parseInt(shade.slice(i, i + 2), 16));
    for (let j = 0, k = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, k++) {
        const at = 4 * ((ny - 1 - j) * nx + i);
        pixels.data[at] = red;
        pixels.data[at + 1] = green;
        pixels.data[at + 2] = blue;
        pixels.data[at + 3] = 255 * depth(values[k] / top);
      }
    grid.getContext("2d").putImageData(pixels, 0, 0);
    context.imageSmoothingEnabled = true;
    context.drawImage(grid, 0, 0, box.width, box.height);
  }

  /** The ways are kept on a canvas of their own, to which each frame adds what is new. */
  function paintWays(kinds, history, shades, paper) {
    const brush = ways.getContext("2d");
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    brush.lineJoin = "round";
    kinds.forEach((one, k) => {
      brush.globalAlpha = one.kind.grows ? 1 : 0.55; // what is left behind stays there; where others went is only remembered
      const steps = history[k];
      const from = drawn[k] ?? 0;
      if (!(one.kind.speed || one.kind.drifts) || steps.length - 1 <= from) return;
      brush.beginPath();
      for (let i = 0; 2 * i < steps.at(-1).length; i++) {
        let n = from;
        while (2 * i >= steps[n].length) n++; // not born yet
        brush.moveTo(X(steps[n][2 * i]), Y(steps[n][2 * i + 1]));
        for (n++; n < steps.length; n++) brush.lineTo(X(steps[n][2 * i]), Y(steps[n][2 * i + 1]));
      }
      // A network stands off from the colour below it by a seam of paper.
      for (const [stroke, width, cap] of one.kind.grows ? [[paper, 3.6, "butt"], [shades[k], 2, "round"]] : [[shades[k], 0.8, "butt"]]) {
        Object.assign(brush, { strokeStyle: stroke, lineWidth: width, lineCap: cap });
        brush.stroke();
      }
      drawn[k] = steps.length - 1;
    });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(ways, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  function paintCells(kinds, shades, paper) {
    const scale = box.width / width;
    context.lineWidth = 1;
    kinds.forEach((one, k) => {
      const r = Math.max(2.4, (one.diameter / 2) * scale);
      // First where one has fused, as a small ring; then the cells.
      for (const [fill, stroke, size, which] of [[paper, shades[k], FUSED, (i) => one.joined[i] >= 0], [shades[k], paper, r, (i) => one.joined[i] < 0]]) {
        context.beginPath();
        for (let i = 0; i < one.number; i++) if (which(i)) outline(context, size === FUSED ? 0 : k, X(one.x[i]), Y(one.y[i]), size);
        context.fillStyle = fill;
        context.strokeStyle = stroke;
        context.fill();
        context.stroke();
      }
    });
  }

  return {
    canvas,
    /** Where the plane lies in the stage, in pixels; the ways are drawn anew. */
    place(wanted) {
      const sharp = Math.min(2, devicePixelRatio || 1);
      if (wanted.left === box.left && wanted.top === box.top && wanted.width === box.width && wanted.height === box.height && sharp === ratio) return;
      [box, ratio] = [wanted, sharp];
      Object.assign(canvas.style, { left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px`, height: `${box.height}px` });
      for (const one of [canvas, ways]) Object.assign(one, { width: Math.round(box.width * ratio), height: Math.round(box.height * ratio) });
      drawn = [];
    },
    /** Forget the ways: the run began anew, or the page changed its colours. */
    clear() {
      ways.width = ways.width; // empties it
      drawn = [];
    },
    paint({ values, top, shade, kinds, history, shades }) {
      if (!box.width) return;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, box.width, box.height);
      paintField(values, top, shade);
      const paper = colour("var(--paper");
      paintWays(kinds, history, shades, paper);
      paintCells(kinds, shades, paper);
    },
    colour,
  };
}

/** The mark of the k-th kind of cells: a disk, a diamond, a triangle. */
export function outline(context, k, x, y, r) {
  if (k % 3 === 0) {
    context.moveTo(x + r, y);
    context.arc(x, y, r, 0, 2 * Math.PI);
    return;
  }
  const points = k % 3 === 1 ? [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]] : [[0, -1.3], [1.2, 0.9], [-1.2, 0.9]];
  points.forEach(([a, b], i) => (i ? context.lineTo(x + a * r, y + b * r) : context.moveTo(x + a * r, y + b * r)));
  context.closePath();
}

/** The same mark as the path of an SVG. */
export function mark(k, x, y, r) {
  let d = "";
  const pen = {
    moveTo: (a, b) => (d += `M${a},${b}`),
    lineTo: (a, b) => (d += `L${a},${b}`),
    arc: (a, b, q) => (d += `A${q},${q} 0 1 1 ${a - q},${b}A${q},${q} 0 1 1 ${a + q},${b}`),
    closePath: () => (d += "Z"),
  };
  outline(pen, k, x, y, r);
  return d;
}
