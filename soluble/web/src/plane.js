/**
 * The plane of a model with two states, in axis coordinates: u and v run from 0 to 1 over the picture, on the scale of their
 * axes. Equilibria, nullclines, the borders of basins and the basins themselves; no drawing, no words.
 */

/** How far beyond the picture equilibria and borders are followed: a border can leave the picture and come back. */
const MARGIN = 0.5;
/** So close to a stable equilibrium (share of the picture) an orbit is taken to have arrived. */
const ARRIVED = 0.004;
/** So far from the picture an orbit that does not come to rest is taken to have run away. */
const GONE = 8;
export const AWAY = -1, UNDECIDED = -2;

/** The model on its axes: `axes` gives, for x and y, {index of the state, low, high, log}. */
export function plane(model, p, axes) {
  const scale = axes.map(({ low, high, log }) => (log ? Math.log(high / low) : high - low));
  const value = (k, u) => (axes[k].log ? axes[k].low * Math.exp(u * scale[k]) : axes[k].low + u * scale[k]);
  const place = (k, v) => (axes[k].log ? Math.log(v / axes[k].low) / scale[k] : (v - axes[k].low) / scale[k]);
  const y = new Float64Array(2), f = new Float64Array(2), J = new Float64Array(4);
  const [a, b] = axes.map((axis) => axis.index);

  /** The rates of both states at a state, [x, y]. */
  function rates(vx, vy, out) {
    y[a] = vx;
    y[b] = vy;
    model.rhs(0, y, p, f);
    out[0] = f[a];
    out[1] = f[b];
  }
  /** The speed along both axes, per time unit. */
  function field(u, v, out) {
    const vx = value(0, u), vy = value(1, v);
    rates(vx, vy, out);
    out[0] /= scale[0] * (axes[0].log ? vx : 1);
    out[1] /= scale[1] * (axes[1].log ? vy : 1);
  }
  /** The Jacobian of the rates at a state, by rows: [xx, xy, yx, yy]. */
  function jacobian(vx, vy) {
    y[a] = vx;
    y[b] = vy;
    model.jac(0, y, p, J);
    return [J[a * 2 + a], J[a * 2 + b], J[b * 2 + a], J[b * 2 + b]];
  }
  return { axes, scale, value, place, rates, field, jacobian };
}

// --- equilibria ------------------------------------------------------------------------------------------------------

/** Both eigenvalues of a 2 x 2 matrix, [real, imaginary] each, the larger real part first. */
export function eigenvalues([xx, xy, yx, yy]) {
  const half = (xx + yy) / 2, det = xx * yy - xy * yx;
  const root = ((xx - yy) / 2) ** 2 + xy * yx;
  if (root < 0) return [[half, Math.sqrt(-root)], [half, -Math.sqrt(-root)]];
  const far = half + (half < 0 ? -1 : 1) * Math.sqrt(root);
  const near = far === 0 ? 0 : det / far;
  return far > near ? [[far, 0], [near, 0]] : [[near, 0], [far, 0]];
}

/** The kind of an equilibrium by its eigenvalues, in the words of `soluble.simulate.stability`. */
export function kind(values) {
  const size = values.map(([re, im]) => Math.hypot(re, im)), most = Math.max(...size);
  const counted = values.filter((_, i) => size[i] > 1e-12 * most);
  if (!counted.length || counted.some(([re, im]) => Math.abs(re) <= 1e-9 * Math.hypot(re, im))) return "neutral";
  const [first, last] = [counted[0][0], counted.at(-1)[0]];
  if (first > 0 && last < 0) return "saddle";
  return `${first < 0 ? "stable" : "unstable"} ${Math.abs(counted[0][1]) > 1e-9 * Math.hypot(...counted[0]) ? "spiral" : "node"}`;
}

/** Newton's method in axis coordinates from (u, v): the equilibrium as [x, y], or null. */
function newton(on, u, v) {
  const f = [0, 0];
  for (let k = 0; k < 40; k++) {
    const vx = on.value(0, u), vy = on.value(1, v);
    on.field(u, v, f);
    const [xx, xy, yx, yy] = on.jacobian(vx, vy);
    const sx = on.axes[0].log ? on.scale[0] * vx : on.scale[0], sy = on.axes[1].log ? on.scale[1] * vy : on.scale[1];
    const m = [xx - (on.axes[0].log ? f[0] * on.scale[0] : 0), (xy * sy) / sx, (yx * sx) / sy, yy - (on.axes[1].log ? f[1] * on.scale[1] : 0)];
    const det = m[0] * m[3] - m[1] * m[2];
    let du = (m[1] * f[1] - m[3] * f[0]) / det, dv = (m[2] * f[0] - m[0] * f[1]) / det;
    const length = Math.hypot(du, dv);
    if (!Number.isFinite(length)) return null;
    if (length > 0.2) {
      du *= 0.2 / length;
      dv *= 0.2 / length;
    }
    u += du;
    v += dv;
    if (length < 1e-12) return [on.value(0, u), on.value(1, v)];
    if (Math.abs(u - 0.5) > 3 || Math.abs(v - 0.5) > 3) return null;
  }
  return null;
}

/** Equilibria with one state at nothing, where nothing stays nothing: [x, y] each. `k` is the axis of that state. */
function faces(on, k) {
  const other = 1 - k, f = [0, 0];
  const at = (w) => {
    const v = on.value(other, w);
    if (k) on.rates(v, 0, f);
    else on.rates(0, v, f);
    return f[other];
  };
  const found = [], n = 96, low = on.axes[other].log ? -MARGIN : 0;
  let before = at(low);
  for (let i = 1; i <= n; i++) {
    const w = low + ((1 + MARGIN - low) * i) / n, now = at(w);
    if (f[k] !== 0) return [];
    if (before === 0 || before * now < 0) {
      const v = on.value(other, before === 0 ? low + ((1 + MARGIN - low) * (i - 1)) / n : crossing(at, low + ((1 + MARGIN - low) * (i - 1)) / n, w, before, now, 1e-15));
      found.push(k ? [v, 0] : [0, v]);
    }
    before = now;
  }
  return found;
}

/** Where a function changes its sign between a and b, by the method of Illinois. */
function crossing(f, a, b, fa, fb, tolerance) {
  for (let k = 0; k < 100 && Math.abs(b - a) > tolerance; k++) {
    const c = (a * fb - b * fa) / (fb - fa), fc = f(c);
    if (fc === 0) return c;
    if (!Number.isFinite(fc)) return NaN;
    if (fc * fb < 0) [a, fa] = [b, fb];
    else fa /= 2;
    if (Math.abs(c - b) < tolerance) return c;
    [b, fb] = [c, fc];
  }
  return b;
}

/** What is known of the state [x, y], if it is an equilibrium that can be judged. */
function judged(on, [vx, vy]) {
  const J = on.jacobian(vx, vy);
  if (!J.every(Number.isFinite)) return null;
  const values = eigenvalues(J), what = kind(values);
  return { at: [vx, vy], u: on.place(0, vx), v: on.place(1, vy), J, eigenvalues: values, kind: what, stable: what.startsWith("stable") };
}

/** All equilibria near the picture, by x: where both nullclines pass, and on the axes where a state is at nothing. */
export function equilibria(on, signs) {
  const starts = [];
  const { n, low, high, cell } = signs;
  for (let j = low[1]; j < high[1]; j++)
    for (let i = low[0]; i < high[0]; i++)
      if (cell(0, i, j) && near(cell, signs, i, j)) for (const du of within(on.axes[0], i)) for (const dv of within(on.axes[1], j)) starts.push([(i + du) / n, (j + dv) / n]);
  const found = [];
  const add = (at) => {
    if (!at || found.some((one) => same(one.at, at, on))) return;
    const one = judged(on, at);
    if (one) found.push(one);
  };
  for (const k of [0, 1]) if (on.axes[k].log || on.axes[k].low === 0) faces(on, k).forEach(add);
  for (const [u, v] of starts) {
    const at = newton(on, u, v);
    if (at && possible(on, at)) add(at);
  }
  return found.sort((p, q) => p.at[0] - q.at[0] || p.at[1] - q.at[1]);
}

/** Where in a cell Newton's method begins: also close to nothing, where a linear axis begins there. */
const within = (axis, i) => (!axis.log && axis.low === 0 && i === 0 ? [0.003, 0.02, 0.1, 0.4, 0.9] : [0.1, 0.9]);

/** Does the nullcline of y pass through a cell or its neighbours? */
function near(cell, { low, high }, i, j) {
  for (let b = Math.max(low[1], j - 1); b <= Math.min(high[1] - 1, j + 1); b++)
    for (let a = Math.max(low[0], i - 1); a <= Math.min(high[0] - 1, i + 1); a++) if (cell(1, a, b)) return true;
  return false;
}

const inside = (u, v, margin) => u >= -margin - 1e-9 && u <= 1 + margin + 1e-9 && v >= -margin - 1e-9 && v <= 1 + margin + 1e-9;
/** Is a state near the picture, and none below nothing where its axis is not? */
const possible = (on, at) => inside(on.place(0, at[0]), on.place(1, at[1]), MARGIN) && on.axes.every((axis, k) => axis.low < 0 || at[k] >= 0);
const same = (p, q, on) => [0, 1].every((k) => Math.abs(p[k] - q[k]) <= 1e-7 * (on.axes[k].log ? Math.max(p[k], q[k]) : on.scale[k]));

// --- nullclines ------------------------------------------------------------------------------------------------------

/** The signs of both rates on a grid of n cells to the picture's side, margin included. */
export function signs(on, n) {
  const edge = (axis) => (axis.log || axis.low < 0 ? -Math.round(MARGIN * n) : 0);
  const low = on.axes.map(edge), high = [0, 1].map(() => n + Math.round(MARGIN * n));
  const [w, h] = [0, 1].map((k) => high[k] - low[k] + 1);
  const grid = [new Float64Array(w * h), new Float64Array(w * h)];
  const xs = Float64Array.from({ length: w }, (_, i) => on.value(0, (low[0] + i) / n)), ys = Float64Array.from({ length: h }, (_, j) => on.value(1, (low[1] + j) / n));
  const f = [0, 0];
  for (let j = 0; j < h; j++)
    for (let i = 0; i < w; i++) {
      on.rates(xs[i], ys[j], f);
      grid[0][j * w + i] = f[0];
      grid[1][j * w + i] = f[1];
    }
  const at = (k, i, j) => grid[k][(j - low[1]) * w + i - low[0]];
  /** Does the nullcline of a state pass through a cell? */
  const cell = (k, i, j) => {
    const s = at(k, i, j) > 0;
    return s !== at(k, i + 1, j) > 0 || s !== at(k, i, j + 1) > 0 || s !== at(k, i + 1, j + 1) > 0;
  };
  return { n, low, high, at, cell };
}

/** The nullcline of a state inside the picture, as polylines of [u, v]: marching squares, each crossing set on the curve. */
export function nullcline(on, { n, at }, k) {
  const f = [0, 0];
  const links = new Map(), points = new Map();
  /** The crossing on the edge from the grid point (i, j) to the right (side 0) or upwards (side 1). */
  const edge = (i, j, side) => {
    const id = 2 * (j * (n + 1) + i) + side;
    if (!points.has(id)) {
      const [fa, fb] = [at(k, i, j), at(k, i + 1 - side, j + side)];
      const along = (w) => {
        on.field(side ? i / n : w, side ? w : j / n, f);
        return f[k];
      };
      const from = (side ? j : i) / n, to = from + 1 / n;
      const w = fa === 0 ? from : crossing(along, from, to, along(from), along(to), 1e-4 / n);
      // A pole changes the sign as well, and no rate vanishes there.
      const small = Math.abs(along(w)) <= Math.max(Math.abs(along(from)), Math.abs(along(to)));
      points.set(id, !small || !Number.isFinite(fa + fb) ? [NaN, NaN] : side ? [i / n, w] : [w, j / n]);
      links.set(id, []);
    }
    return id;
  };
  for (let j = 0; j < n; j++)
    for (let i = 0; i < n; i++) {
      const s = [at(k, i, j) > 0, at(k, i + 1, j) > 0, at(k, i + 1, j + 1) > 0, at(k, i, j + 1) > 0];
      const crossed = [];
      if (s[0] !== s[1]) crossed.push(edge(i, j, 0));
      if (s[1] !== s[2]) crossed.push(edge(i + 1, j, 1));
      if (s[2] !== s[3]) crossed.push(edge(i, j + 1, 0));
      if (s[3] !== s[0]) crossed.push(edge(i, j, 1));
      for (let c = 0; c + 1 < crossed.length; c += 2) {
        links.get(crossed[c]).push(crossed[c + 1]);
        links.get(crossed[c + 1]).push(crossed[c]);
      }
    }
  return joined(links, points);
}

/** Points that are linked in pairs, walked from end to end (and then round, where there is no end). */
function joined(links, points) {
  const lines = [], seen = new Set();
  const walk = (start) => {
    const line = [];
    for (let here = start; here !== undefined; ) {
      seen.add(here);
      line.push(points.get(here));
      here = links.get(here).find((next) => !seen.has(next));
    }
    return line;
  };
  for (const [id, next] of links) if (next.length === 1 && !seen.has(id)) lines.push(walk(id));
  for (const id of links.keys())
    if (!seen.has(id)) {
      const line = walk(id);
      lines.push([...line, line[0]]);
    }
  return lines;
}

// --- orbits ----------------------------------------------------------------------------------------------------------

// Dormand and Prince's pair of orders 5 and 4.
const A = [[1 / 5], [3 / 40, 9 / 40], [44 / 45, -56 / 15, 32 / 9], [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729], [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656], [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84]];
const E = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];

/**
 * An orbit by its length in the picture, not by time, so that it can be followed into the past and comes out smooth: from
 * (u, v), `direction` 1 or -1, until `stop(u, v)` gives something other than null. Gives {line, end}; `end` is null where it
 * did not stop within `most` steps or the rates are not finite.
 */
export function orbit(on, u, v, direction, stop, { most = 1500, longest = 0.02 } = {}) {
  const K = Array.from({ length: 7 }, () => [0, 0]);
  const slope = (x, y, out) => {
    on.field(x, y, out);
    const size = direction * Math.hypot(out[0], out[1]);
    out[0] /= size;
    out[1] /= size;
  };
  const line = [[u, v]];
  let h = longest / 8;
  slope(u, v, K[0]);
  for (let k = 0; k < most; k++) {
    let x, y;
    for (let s = 0; s < 6; s++) {
      x = u;
      y = v;
      for (let j = 0; j <= s; j++) {
        x += h * A[s][j] * K[j][0];
        y += h * A[s][j] * K[j][1];
      }
      slope(x, y, K[s + 1]);
    }
    let ex = 0, ey = 0;
    for (let j = 0; j < 7; j++) {
      ex += E[j] * K[j][0];
      ey += E[j] * K[j][1];
    }
    const error = (h * Math.hypot(ex, ey)) / 1e-7;
    if (!(error <= 1)) {
      h *= Number.isFinite(error) ? Math.max(0.2, 0.9 * error ** -0.2) : 0.2;
      if (h < 1e-10) return { line, end: null };
      continue;
    }
    [u, v] = [x, y];
    K[0][0] = K[6][0];
    K[0][1] = K[6][1];
    line.push([u, v]);
    const end = stop(u, v);
    if (end !== null) return { line, end };
    const outside = Math.max(0, -u, u - 1, -v, v - 1);
    h = Math.min(longest * (1 + 4 * outside), h * Math.min(4, 0.9 * Math.max(error, 1e-8) ** -0.2));
  }
  return { line, end: null };
}

/**
 * The index of the equilibrium at which the orbit from (u, v) comes to rest, or AWAY, or UNDECIDED. In a plane, an orbit that
 * has wound round a stable equilibrium, and round no other, and comes back nearer each time cannot get out again.
 */
export function fate(on, found, u, v) {
  const sinks = [...found.keys()].filter((i) => found[i].stable);
  const seen = found.filter((e) => Number.isFinite(e.u + e.v)).map((e) => ({ e, angle: Math.atan2(v - e.v, u - e.u), turned: 0, rounds: 0, last: Infinity }));
  const stop = (x, y) => {
    for (const i of sinks) {
      const e = found[i];
      // Nothing lies infinitely far down a logarithmic axis.
      const du = Number.isFinite(e.u) ? Math.abs(x - e.u) : x < -1 ? 0 : 1, dv = Number.isFinite(e.v) ? Math.abs(y - e.v) : y < -1 ? 0 : 1;
      if (Math.hypot(du, dv) < ARRIVED) return i;
    }
    for (const s of seen) {
      const angle = Math.atan2(y - s.e.v, x - s.e.u);
      s.turned += ((angle - s.angle + 5 * Math.PI) % (2 * Math.PI)) - Math.PI;
      s.angle = angle;
      if (Math.abs(s.turned) < 2 * Math.PI * (s.rounds + 1)) continue;
      const away = Math.hypot(x - s.e.u, y - s.e.v);
      s.rounds = away < s.last ? s.rounds + 1 : 0;
      if (!s.rounds) s.turned = 0;
      s.last = away;
      if (s.rounds === 3 && s.e.stable && seen.every((o) => o === s || Math.abs(o.turned) < 2 * Math.PI)) return found.indexOf(s.e);
    }
    return inside(x, y, GONE) ? null : AWAY;
  };
  const here = stop(u, v);
  if (here !== null) return here;
  const { line, end } = orbit(on, u, v, 1, stop, { longest: 0.05, most: 1500 });
  return end ?? discovered(on, found, ...line.at(-1));
}

/** An orbit came to rest where no equilibrium is known: one outside the picture, which joins those found, or UNDECIDED. */
function discovered(on, found, u, v) {
  const at = newton(on, u, v), one = at && judged(on, at);
  if (!one?.stable || !(Math.hypot(one.u - u, one.v - v) < 0.1)) return UNDECIDED;
  const known = found.findIndex((e) => same(e.at, at, on));
  return known < 0 ? found.push(one) - 1 : known;
}

/** The borders of basins: from each saddle back along its stable directions. */
export function borders(on, found) {
  const lines = [];
  for (const saddle of found) {
    if (saddle.kind !== "saddle" || !Number.isFinite(saddle.u + saddle.v)) continue;
    const [xx, xy, yx, yy] = saddle.J, rate = saddle.eigenvalues[1][0];
    const s = [0, 1].map((k) => 1 / (on.scale[k] * (on.axes[k].log ? saddle.at[k] : 1)));
    // The rows of J - rate are both at right angles to the eigenvector; the longer one tells it better.
    const [p, q] = Math.hypot(xx - rate, (xy * s[0]) / s[1]) > Math.hypot((yx * s[1]) / s[0], yy - rate) ? [(-xy * s[0]) / s[1], xx - rate] : [rate - yy, (yx * s[1]) / s[0]];
    const size = Math.hypot(p, q);
    const stop = (u, v) => (!inside(u, v, MARGIN) || found.some((e) => e !== saddle && Math.hypot(u - e.u, v - e.v) < ARRIVED / 4) ? true : null);
    const halves = [1, -1].map((way) => orbit(on, saddle.u + (way * 1e-5 * p) / size, saddle.v + (way * 1e-5 * q) / size, -1, stop).line);
    lines.push([...halves[0].reverse(), [saddle.u, saddle.v], ...halves[1]]);
  }
  return lines;
}

// --- basins ----------------------------------------------------------------------------------------------------------

const WALL = -3, OPEN = -4;

/**
 * The basin of each cell of a raster with `width` x `height` cells (rows from below): borders stand as walls, what they
 * enclose is filled, and orbits from inside tell where each part leads. Parts whose orbits disagree stay UNDECIDED.
 */
export function basins(on, found, lines, width, height) {
  const cells = new Int8Array(width * height).fill(OPEN);
  for (const line of lines)
    for (let k = 1; k < line.length; k++) {
      const [a, b] = [line[k - 1], line[k]];
      const parts = Math.ceil(2.5 * Math.max(Math.abs(b[0] - a[0]) * width, Math.abs(b[1] - a[1]) * height)) || 1;
      for (let m = 0; m <= parts; m++) {
        const i = Math.floor((a[0] + ((b[0] - a[0]) * m) / parts) * width), j = Math.floor((a[1] + ((b[1] - a[1]) * m) / parts) * height);
        if (i >= 0 && i < width && j >= 0 && j < height) cells[j * width + i] = WALL;
      }
    }
  const free = (i, j) => i < 0 || j < 0 || i >= width || j >= height || cells[j * width + i] !== WALL;
  for (let start = 0; start < cells.length; start++) {
    if (cells[start] !== OPEN) continue;
    const part = fill(cells, start, width, height);
    const roomy = part.filter((c) => {
      const i = c % width, j = (c - i) / width;
      return free(i - 2, j) && free(i + 2, j) && free(i, j - 2) && free(i, j + 2);
    });
    if (roomy.length < 6) {
      for (const c of part) cells[c] = WALL;
      continue;
    }
    const ends = [0.15, 0.5, 0.85].map((share) => {
      const c = roomy[Math.floor(share * roomy.length)], i = c % width;
      return fate(on, found, (i + 0.5) / width, ((c - i) / width + 0.5) / height);
    });
    const label = ends.every((end) => end === ends[0]) ? ends[0] : UNDECIDED;
    for (const c of part) cells[c] = label;
  }
  return { width, height, cells };
}

/** The cells that hang together with `start`; they are marked as UNDECIDED on the way. */
function fill(cells, start, width, height) {
  const part = [start];
  cells[start] = UNDECIDED;
  for (let k = 0; k < part.length; k++) {
    const c = part[k], i = c % width;
    if (i > 0 && cells[c - 1] === OPEN) (cells[c - 1] = UNDECIDED), part.push(c - 1);
    if (i < width - 1 && cells[c + 1] === OPEN) (cells[c + 1] = UNDECIDED), part.push(c + 1);
    if (c >= width && cells[c - width] === OPEN) (cells[c - width] = UNDECIDED), part.push(c - width);
    if (c < width * (height - 1) && cells[c + width] === OPEN) (cells[c + width] = UNDECIDED), part.push(c + width);
  }
  return part;
}
