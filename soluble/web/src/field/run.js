/**
 * A run of a field model, step by step: the numbers of `soluble/field_run.py`, which says what is done and why. The
 * model is the object that Python generated (`soluble/field_translate.py`).
 */
import { normal, uniform } from "../philox.js";

/** Diffusion number of a substep over all dimensions; points each way in a grid cell that a disk's rim crosses. */
const LARGEST = 0.4, SAMPLES = 8;
const MOST_SUBSTEPS = 400, MOST_CELLS = 2000;
/** First of the streams of random numbers that decide on branching. */
const FORKS = 2 ** 16;
const clamp = (v, low, high) => Math.min(high, Math.max(low, v));

/** A setting that cannot be run; the message is for the reader. */
export class FieldError extends Error {}

/** The share of each grid cell that lies inside a region. */
function coverage({ shape }, b, { nx, ny, grid: h }) {
  const out = new Float64Array(nx * ny);
  if (shape === "rectangle") {
    const overlap = (low, high, i) => Math.max(0, Math.min(high, (i + 1) * h) - Math.max(low, i * h)) / h;
    for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++) out[j * nx + i] = overlap(b[0], b[1], i) * overlap(b[2], b[3], j);
    return out;
  }
  for (let j = 0; j < ny * SAMPLES; j++)
    for (let i = 0; i < nx * SAMPLES; i++) {
      const x = (Math.floor(i / SAMPLES) + ((i % SAMPLES) + 0.5) / SAMPLES) * h, y = (Math.floor(j / SAMPLES) + ((j % SAMPLES) + 0.5) / SAMPLES) * h;
      if ((x - b[0]) ** 2 + (y - b[1]) ** 2 <= b[2] ** 2) out[Math.floor(j / SAMPLES) * nx + Math.floor(i / SAMPLES)] += 1 / SAMPLES ** 2;
    }
  return out;
}

/** Distance of a point to a region, 0 inside. */
export function distance({ shape }, b, x, y) {
  if (shape === "disk") return Math.max(Math.hypot(x - b[0], y - b[1]) - b[2], 0);
  return Math.hypot(Math.max(b[0] - x, x - b[1], 0), Math.max(b[2] - y, y - b[3], 0));
}

/** Fields that go over into each other, in groups; a field that does not is a group of its own. */
function together(n, exchanges) {
  const group = Array.from({ length: n }, (_, f) => f);
  for (const { from, to } of exchanges) {
    const [a, b] = [group[from], group[to]];
    group.forEach((g, f) => g === b && (group[f] = a));
  }
  return [...new Set(group)].map((g) => group.map((other, f) => (other === g ? f : -1)).filter((f) => f >= 0));
}

/** The share of the step from (x0, y0) to (x1, y1) at which it crosses the stretch from (u0, v0) to (u1, v1). */
function crossing(x0, y0, x1, y1, u0, v0, u1, v1) {
  const dx = x1 - x0, dy = y1 - y0, du = u1 - u0, dv = v1 - v0;
  const area = dx * dv - dy * du;
  if (area === 0) return Infinity;
  const share = ((u0 - x0) * dv - (v0 - y0) * du) / area, other = ((u0 - x0) * dy - (v0 - y0) * dx) / area;
  return share >= 0 && share < 1 && other >= 0 && other < 1 ? share : Infinity;
}

/** The ways of tips as straight stretches, kept by the squares of side `size` that they touch. */
function createWays(size) {
  const squares = new Map();
  function touched(x0, y0, x1, y1, use) {
    const [i0, i1] = [Math.floor(Math.min(x0, x1) / size), Math.floor(Math.max(x0, x1) / size)];
    const [j0, j1] = [Math.floor(Math.min(y0, y1) / size), Math.floor(Math.max(y0, y1) / size)];
    for (let i = i0; i <= i1; i++) for (let j = j0; j <= j1; j++) use(i * 65536 + j);
  }
  return {
    add(cell, x0, y0, x1, y1) {
      touched(x0, y0, x1, y1, (square) => {
        if (!squares.has(square)) squares.set(square, []);
        squares.get(square).push([cell, x0, y0, x1, y1]);
      });
    },
    /** The share of a step that can be gone before it crosses another's way, and whose that is (-1: it meets none). */
    meets(x0, y0, x1, y1, ignored) {
      let share = 1, whose = -1;
      touched(x0, y0, x1, y1, (square) => {
        for (const [cell, ...stretch] of squares.get(square) ?? []) {
          if (ignored(cell)) continue;
          const at = crossing(x0, y0, x1, y1, ...stretch);
          if (at < share) [share, whose] = [at, cell];
        }
      });
      return [share, whose];
    },
  };
}

/** The parameters in declared order, with the given ones put in. */
const resolve = (model, values) => Float64Array.from(model.parameters, (q) => values[q.id] ?? q.value);

/**
 * A run at its start. `step()` goes one step on. To read: `n`, `time`, `fields` (arrays over the grid, row 0 at the bottom),
 * `kinds` (per kind of cell `{number, x, y, path, arrived, first, mother, joined, born}`), `at(name)`, `profile`, `difference`,
 * `index`, `arrived`, `growth`.
 */
export function createRun(model, values = {}, seed = 1) {
  const { space, time } = model;
  const { nx, ny, grid: h, width, height, open } = space;
  const size = nx * ny, dt = time.step;
  const p = resolve(model, values);
  const bounds = model.regions.map((g) => g.bounds(p));
  const regions = model.regions.map((g, k) => coverage(g, bounds[k], space));
  // A number for each field, or an array over the grid where it varies.
  const diffusion = model.fields.map((f) => (f.varies ? new Float64Array(size) : f.diffusion(null, p)));
  let substeps = 1;

  const xs = new Float64Array(size), ys = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    xs[k] = ((k % nx) + 0.5) * h;
    ys[k] = (Math.floor(k / nx) + 0.5) * h;
  }
  const nf = model.fields.length;
  const values_ = new Float64Array(nf + regions.length); // at one point: fields, then regions
  let fields = model.fields.map((f) =>
    Float64Array.from({ length: size }, (_, k) => {
      regions.forEach((g, i) => (values_[nf + i] = g[k]));
      return f.initial(p, values_, xs[k], ys[k]);
    }),
  );
  let next = fields.map(() => new Float64Array(size));
  const rates = model.reactions.map(() => new Float64Array(size));
  model.still(size, regions, p, xs, ys, rates);
  const own = fields.map(() => new Float64Array(size));
  const exchanges = model.reactions.map((r, k) => ({ ...r, k })).filter((r) => r.from >= 0 && r.to >= 0);
  const groups = together(nf, exchanges);
  let n = 0;

  // --- reading between the grid's points ---
  let i0 = 0, i1 = 0, j0 = 0, j1 = 0, a = 0, b = 0;
  function locate(x, y) {
    const gx = clamp(x / h - 0.5, 0, nx - 1), gy = clamp(y / h - 0.5, 0, ny - 1);
    i0 = Math.min(Math.floor(gx), Math.max(nx - 2, 0));
    j0 = Math.min(Math.floor(gy), Math.max(ny - 2, 0));
    a = gx - i0;
    b = gy - j0;
    i1 = Math.min(i0 + 1, nx - 1);
    j1 = Math.min(j0 + 1, ny - 1);
  }
  const between = (c) => (1 - b) * ((1 - a) * c[j0 * nx + i0] + a * c[j0 * nx + i1]) + b * ((1 - a) * c[j1 * nx + i0] + a * c[j1 * nx + i1]);
  /** Add an amount to the grid at the place that was located last. */
  function lay(grid, amount) {
    grid[j0 * nx + i0] += amount * (1 - a) * (1 - b);
    grid[j0 * nx + i1] += amount * a * (1 - b);
    grid[j1 * nx + i0] += amount * (1 - a) * b;
    grid[j1 * nx + i1] += amount * a * b;
  }
  /** All values at a point, in `values_`. */
  function read(x, y) {
    locate(x, y);
    for (let k = 0; k < nf; k++) values_[k] = between(fields[k]);
    for (let k = 0; k < regions.length; k++) values_[nf + k] = between(regions[k]);
    return values_;
  }
  const now = () => n * dt;
  /** All values at a point of the grid, in `values_`. */
  function readAt(k) {
    for (let f = 0; f < nf; f++) values_[f] = fields[f][k];
    for (let g = 0; g < regions.length; g++) values_[nf + g] = regions[g][k];
    return values_;
  }
  /** Take the diffusion coefficients of this moment, and the substeps that they ask for. */
  function spread() {
    let most = 0, least = 0;
    model.fields.forEach((f, i) => {
      const d = diffusion[i];
      if (f.varies) for (let k = 0; k < size; k++) d[k] = f.diffusion(readAt(k), p, xs[k], ys[k], now());
      for (const v of f.varies ? d : [d]) {
        if (v > most) most = v;
        if (!(v >= least)) least = v;
      }
    });
    if (!(least >= 0)) throw new FieldError("a diffusion coefficient is negative.");
    substeps = Math.max(1, Math.ceil((most * dt * (ny > 1 ? 2 : 1)) / (LARGEST * h * h) - 1e-9));
    if (substeps > MOST_SUBSTEPS) throw new FieldError(`a step would take ${substeps} substeps.`);
  }
  spread();
  const uneven = model.fields.some((f) => f.varies);

  // --- cells ---
  const four = new Float64Array(4);
  /** Neither fused nor arrived to stay. */
  const going = (one, i) => one.joined[i] < 0 && !(one.kind.stops && one.arrived[i]);
  const kept = (one) => (one.memory > 0 ? Math.exp(-dt / one.memory) : 0);
  /** Standard deviation of the random velocity of a cell that drifts; what is where it is stands in `values_`. */
  const wander = (one, i, t) => Math.sqrt(((2 * one.kind.spread(values_, p, one.x[i], one.y[i], t, one.surface[i])) / dt) * (1 - kept(one)) / (1 + kept(one)));
  const kinds = model.cells.map((kind, k) => {
    const number = Math.floor(kind.number(p) + 0.5);
    if (!(number >= 0 && number <= MOST_CELLS)) throw new FieldError(`there would be ${number} ${kind.name}.`);
    const room = kind.branching ? MOST_CELLS : number; // cells that branch become more
    const list = () => new Float64Array(room), whole = () => new Int32Array(room);
    const one = { kind, k, number, x: list(), y: list(), mx: list(), my: list(), hx: list(), hy: list(), surface: list().fill(1), path: list(), arrived: new Uint8Array(room), first: list().fill(NaN) };
    // Who forked from whom and met whose way (-1: none), when it was born and forked last, in steps.
    Object.assign(one, { mother: whole().fill(-1), joined: whole().fill(-1), born: whole(), forked: whole(), ways: kind.fuses ? createWays(h) : null });
    Object.assign(one, { diameter: kind.diameter(p), after: kind.after(p), memory: kind.memory?.(p) ?? 0, ripens: kind.ripens?.(p) ?? 0 });
    if (kind.senses) Object.assign(one, { receptors: kind.receptors(p), threshold: kind.threshold?.(p) ?? 0 });
    const where = bounds[kind.start], disk = model.regions[kind.start].shape === "disk";
    for (let i = 0; i < number; i++) {
      uniform(seed, 2 * k, 0, i, four);
      const [u, w] = four;
      const radius = disk ? where[2] * Math.sqrt(u) : 0, angle = 2 * Math.PI * w;
      one.x[i] = clamp(disk ? where[0] + radius * Math.cos(angle) : where[0] + u * (where[1] - where[0]), 0, width);
      one.y[i] = clamp(disk ? where[1] + radius * Math.sin(angle) : where[2] + w * (where[3] - where[2]), 0, height);
      normal(seed, 2 * k, 1, i, four);
      if (ny === 1) four[1] = 0;
      const long = Math.hypot(four[0], four[1]);
      one.hx[i] = four[0] / long;
      one.hy[i] = four[1] / long;
      read(one.x[i], one.y[i]);
      const noise = kind.senses ? kind.noise(values_, p, one.x[i], one.y[i], 0, 1) : kind.drifts ? wander(one, i, 0) : 0;
      one.mx[i] = noise * four[0];
      one.my[i] = noise * four[1];
      if (kind.goal >= 0) {
        one.first[i] = distance(model.regions[kind.goal], bounds[kind.goal], one.x[i], one.y[i]);
        one.arrived[i] = one.first[i] === 0 ? 1 : 0;
      }
    }
    return one;
  });
  const densities = kinds.map(() => new Float64Array(size));

  function count() {
    kinds.forEach((one, k) => {
      const grid = densities[k].fill(0), amount = 1 / (h * h);
      for (let i = 0; i < one.number; i++) {
        if (!going(one, i)) continue;
        locate(one.x[i], one.y[i]);
        lay(grid, amount);
      }
    });
  }

  // --- fields ---
  /** `out` = c + number times the sum of differences to the neighbours. */
  function diffuse(c, out, number) {
    if (number === 0) return void out.set(c);
    const [left, right, bottom, top] = open.map(Number);
    for (let j = 0; j < ny; j++) {
      const first = j * nx, last = first + nx - 1;
      for (let k = first + 1; k < last; k++) out[k] = c[k] + number * (c[k - 1] + c[k + 1] - 2 * c[k]);
      out[first] = c[first] + number * (c[first + 1] - c[first] - left * c[first]);
      out[last] = c[last] + number * (c[last - 1] - c[last] - right * c[last]);
    }
    if (ny === 1) return;
    for (let j = 1; j < ny - 1; j++) for (let k = j * nx; k < (j + 1) * nx; k++) out[k] += number * (c[k - nx] + c[k + nx] - 2 * c[k]);
    for (let k = 0; k < nx; k++) out[k] += number * (c[k + nx] - c[k] - bottom * c[k]);
    for (let k = size - nx; k < size; k++) out[k] += number * (c[k - nx] - c[k] - top * c[k]);
  }

  /** The same with a coefficient `d` that varies; between two points it is their mean. */
  function diffuseUneven(c, out, d, number) {
    out.set(c);
    const pass = (k, l) => {
      const flux = ((number * (d[k] + d[l])) / 2) * (c[l] - c[k]);
      out[k] += flux;
      out[l] -= flux;
    };
    const leak = (is, k) => is && (out[k] -= number * d[k] * c[k]);
    const [left, right, bottom, top] = open;
    for (let j = 0; j < ny; j++) {
      for (let k = j * nx; k < (j + 1) * nx - 1; k++) pass(k, k + 1);
      leak(left, j * nx);
      leak(right, (j + 1) * nx - 1);
    }
    if (ny === 1) return;
    for (let k = 0; k < size - nx; k++) pass(k, k + nx);
    for (let k = 0; k < nx; k++) {
      leak(bottom, k);
      leak(top, size - nx + k);
    }
  }

  function react(step) {
    model.fast(size, fields, regions, densities, p, xs, ys, now(), rates);
    for (let f = 0; f < nf; f++) {
      if (model.fields[f].varies) diffuseUneven(fields[f], next[f], diffusion[f], step / (h * h));
      else diffuse(fields[f], next[f], (diffusion[f] * step) / (h * h));
      own[f].fill(1);
    }
    model.reactions.forEach(({ from, to }, k) => {
      const rate = rates[k], out = from < 0 ? next[to] : own[from];
      for (let i = 0; i < size; i++) out[i] += step * rate[i];
    });
    for (const group of groups) {
      if (group.length === 1) divide(next[group[0]], own[group[0]]);
      else for (let i = 0; i < size; i++) solve(group, i, step);
    }
    [fields, next] = [next, fields];
  }
  function divide(out, by) {
    for (let i = 0; i < size; i++) out[i] /= by[i];
  }

  const matrix = new Float64Array(nf * nf);
  /** Loss and exchange of fields that go over into each other, at one point: elimination without pivoting, as in Python. */
  function solve(group, i, step) {
    matrix.fill(0);
    for (const f of group) matrix[f * nf + f] = own[f][i];
    for (const { from, to, k } of exchanges) matrix[to * nf + from] -= step * rates[k][i];
    for (let a = 0; a < group.length; a++) {
      const k = group[a];
      for (let b = a + 1; b < group.length; b++) {
        const r = group[b], factor = matrix[r * nf + k] / matrix[k * nf + k];
        next[r][i] -= factor * next[k][i];
        for (let d = a + 1; d < group.length; d++) matrix[r * nf + group[d]] -= factor * matrix[k * nf + group[d]];
      }
    }
    for (let a = group.length - 1; a >= 0; a--) {
      const k = group[a];
      let right = next[k][i];
      for (let d = a + 1; d < group.length; d++) right -= matrix[k * nf + group[d]] * next[group[d]][i];
      next[k][i] = right / matrix[k * nf + k];
    }
  }

  // --- movement ---
  const seen = [0, 0];
  /** Occupied receptors by which the halves of a cell differ, along x and y, in `seen`. */
  function look(one, x, y, surface) {
    const { kind } = one, t = now();
    const scale = (surface * one.receptors * one.diameter) / 4 / (2 * h);
    const occupied = (u, w) => kind.occupancy(read(u, w), p, u, w, t);
    seen[0] = scale * (occupied(x + h, y) - occupied(x - h, y));
    seen[1] = ny > 1 ? scale * (occupied(x, y + h) - occupied(x, y - h)) : 0;
    return seen;
  }

  /** The step that a cell which senses would go, in `stride`. */
  const stride = [0, 0];
  function sense(one, i, t) {
    const { kind } = one, x = one.x[i], y = one.y[i], s = one.surface[i], e = kept(one), fresh = Math.sqrt(1 - e * e);
    look(one, x, y, s);
    if (Math.hypot(seen[0], seen[1]) < one.threshold) seen[0] = seen[1] = 0;
    read(x, y);
    const noise = kind.noise(values_, p, x, y, t, s);
    one.mx[i] = e * one.mx[i] + (1 - e) * seen[0] + fresh * noise * four[0];
    one.my[i] = ny > 1 ? e * one.my[i] + (1 - e) * seen[1] + fresh * noise * four[1] : 0;
    if (kind.loss) {
      const loss = kind.loss(values_, p, x, y, t, s), recovery = kind.recovery(values_, p, x, y, t, s);
      one.surface[i] = (s + dt * recovery) / (1 + dt * (recovery + loss));
    }
    turn(one, i, one.mx[i], one.my[i]);
    const speed = kind.speed ? kind.speed(values_, p, x, y, t, s) : 0;
    stride[0] = dt * speed * one.hx[i];
    stride[1] = dt * speed * one.hy[i];
  }
  /** The same of a cell that drifts. */
  function drift(one, i, t) {
    const { kind } = one, x = one.x[i], y = one.y[i], e = kept(one), fresh = Math.sqrt(1 - e * e);
    read(x, y);
    const size = wander(one, i, t);
    one.mx[i] = e * one.mx[i] + fresh * size * four[0];
    one.my[i] = ny > 1 ? e * one.my[i] + fresh * size * four[1] : 0;
    let u = one.mx[i], w = one.my[i];
    for (const { field, strength } of kind.follows) {
      const pull = strength(read(x, y), p, x, y, t, one.surface[i]), c = fields[field];
      const at = (a, b) => (locate(a, b), between(c));
      u += (pull * (at(x + h, y) - at(x - h, y))) / (2 * h);
      if (ny > 1) w += (pull * (at(x, y + h) - at(x, y - h))) / (2 * h);
    }
    turn(one, i, u, w);
    stride[0] = dt * u;
    stride[1] = dt * w;
  }
  function turn(one, i, u, w) {
    const long = Math.hypot(u, w);
    if (!(long > 0)) return;
    one.hx[i] = u / long;
    one.hy[i] = w / long;
  }

  function move(one) {
    const { kind, k } = one, t = now();
    if (!kind.senses && !kind.drifts) return;
    const goes = t >= one.after && (kind.drifts || kind.speed);
    const tx = Float64Array.from(one.x.subarray(0, one.number)), ty = Float64Array.from(one.y.subarray(0, one.number));
    for (let i = 0; i < one.number; i++) {
      normal(seed, 2 * k + 1, n, i, four);
      (kind.senses ? sense : drift)(one, i, t);
      if (!goes || !going(one, i)) continue;
      tx[i] = clamp(one.x[i] + stride[0], 0, width);
      ty[i] = clamp(one.y[i] + stride[1], 0, height);
    }
    if (!goes) return;
    if (kind.fuses) fuse(one, tx, ty);
    for (let i = 0; i < one.number; i++) {
      const x = one.x[i], y = one.y[i], gone = Math.hypot(tx[i] - x, ty[i] - y);
      one.x[i] = tx[i];
      one.y[i] = ty[i];
      one.path[i] += gone;
      if (kind.leaves >= 0) {
        locate((x + tx[i]) / 2, (y + ty[i]) / 2);
        lay(fields[kind.leaves], gone / (h * h));
      }
      if (kind.goal < 0) continue;
      const inside = distance(model.regions[kind.goal], bounds[kind.goal], one.x[i], one.y[i]) === 0;
      one.arrived[i] = inside || (kind.stops && one.arrived[i]) ? 1 : 0;
    }
    if (kind.branching) branch(one, t);
  }

  /** Shorten the steps that meet the way of another cell, and lay them, in the order of the cells. */
  function fuse(one, tx, ty) {
    const { mother, born, ways } = one, young = Math.max(one.ripens, dt); // a fork's two ways begin at one point
    for (let i = 0; i < one.number; i++) {
      if (!going(one, i)) continue;
      const ignored = (other) => other === i || ((mother[other] === i || mother[i] === other) && (n + 1 - born[Math.max(i, other)]) * dt <= young);
      const x = one.x[i], y = one.y[i];
      const [share, whose] = ways.meets(x, y, tx[i], ty[i], ignored);
      if (whose >= 0) {
        one.joined[i] = whose;
        tx[i] = x + share * (tx[i] - x);
        ty[i] = y + share * (ty[i] - y);
      }
      ways.add(i, x, y, tx[i], ty[i]);
    }
  }

  /** Let cells become two, which part to both sides of the way that they came. */
  function branch(one, t) {
    const { kind, k, number } = one;
    for (let i = 0; i < number && one.number < MOST_CELLS; i++) {
      if (!going(one, i) || (n + 1 - one.forked[i]) * dt < one.ripens) continue;
      const rate = kind.branching(read(one.x[i], one.y[i]), p, one.x[i], one.y[i], t, one.surface[i]);
      uniform(seed, FORKS + k, n, i, four);
      if (!(four[0] < 1 - Math.exp(-rate * dt))) continue;
      const j = one.number++, along = one.mx[i] * one.hx[i] + one.my[i] * one.hy[i];
      for (const name of ["x", "y", "hx", "hy", "surface", "arrived", "first", "joined"]) one[name][j] = one[name][i];
      one.mx[j] = 2 * along * one.hx[i] - one.mx[i];
      one.my[j] = 2 * along * one.hy[i] - one.my[i];
      one.mother[j] = i;
      one.born[j] = one.forked[j] = one.forked[i] = n + 1;
    }
  }

  const quantity = (id) => model.quantities.find((q) => q.id === id);
  return {
    model,
    p,
    bounds,
    kinds,
    get n() {
      return n;
    },
    get time() {
      return now();
    },
    get fields() {
      return fields;
    },
    step() {
      count();
      model.slow(size, fields, regions, densities, p, xs, ys, now(), rates);
      if (uneven) spread();
      for (let k = 0; k < substeps; k++) react(dt / substeps);
      for (const one of kinds) move(one);
      n++;
    },
    /** A field or derived quantity at every point of the grid, into `out`. */
    at(id, out = new Float64Array(size)) {
      const { value } = quantity(id), t = now();
      for (let k = 0; k < size; k++) out[k] = value(readAt(k), p, xs[k], ys[k], t);
      return out;
    },
    /** A quantity that parameters alone decide. */
    constant: (id) => quantity(id).value(null, p),
    /** Where a field first falls below a level, going right along the middle, between the grid's points; NaN where it does not. */
    front(field, level) {
      const c = fields[field], first = Math.floor(ny / 2) * nx;
      for (let i = 0; i < nx; i++) {
        const k = first + i;
        if (c[k] < level) return i === 0 ? xs[k] : xs[k - 1] + ((c[k - 1] - level) / (c[k - 1] - c[k])) * h;
      }
      return NaN;
    },
    /** The same along a horizontal line, at the grid's x. */
    profile(id, y = height / 2) {
      const { value } = quantity(id), t = now();
      return Float64Array.from({ length: nx }, (_, i) => value(read(xs[i], y), p, xs[i], y, t));
    },
    /** The difference that a cell of a kind would see along that line, in receptors. */
    difference: (one, y = height / 2) => Float64Array.from({ length: nx }, (_, i) => Math.hypot(...look(one, xs[i], y, 1))),
    /** Distance to the goal gained, of one cell. */
    gained: (one, i) => one.first[i] - distance(model.regions[one.kind.goal], bounds[one.kind.goal], one.x[i], one.y[i]),
    /** Mean chemotactic index of a kind of cells with its standard error, and how many have moved. */
    index(one) {
      let count = 0, sum = 0, squares = 0;
      for (let i = 0; i < one.number; i++) {
        if (!(one.path[i] > 0)) continue;
        const v = this.gained(one, i) / one.path[i];
        count++;
        sum += v;
        squares += v * v;
      }
      const mean = sum / count;
      return { mean, error: count > 1 ? Math.sqrt(Math.max(0, squares / count - mean * mean) / (count - 1)) : NaN, count };
    },
    /** Of a kind of cells: tips that grow, forks, fusions, tips that have arrived, and the length of all ways. */
    growth(one) {
      const now = { growing: 0, forks: 0, fusions: 0, arrived: 0, length: 0 };
      for (let i = 0; i < one.number; i++) {
        now.length += one.path[i];
        now.forks += one.mother[i] >= 0;
        now[one.joined[i] >= 0 ? "fusions" : one.arrived[i] ? "arrived" : "growing"]++;
      }
      return now;
    },
    /** The share of a kind of cells that has arrived. */
    arrived(one) {
      let count = 0;
      for (let i = 0; i < one.number; i++) count += one.arrived[i];
      return one.number ? count / one.number : NaN;
    },
  };
}
