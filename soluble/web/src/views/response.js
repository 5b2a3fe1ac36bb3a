/** View `response`: a steady state, a value at a time or a maximum against one parameter; with hysteresis both ways. */
import { bisectCenter } from "d3-array";
import { DASHES } from "../chart.js";
import { measure, number } from "../format.js";
import { lastDose, reader, resolve, run } from "../run.js";
import { SolverError } from "../solver/error.js";
import { LATE, newton, stable, step, tryToSettle } from "../steady.js";
import { against, amount, is, sentence, verb } from "../words.js";

/** Milliseconds that a draft may take before it is drawn with the points that it has. */
const PART_OF_A_FRAME = 7;

export function response(model, config) {
  const { x, of, at, hysteresis, n } = config.response;
  const q = config.quantities[of];
  const log = x.scale === "log";
  const grid = Array.from({ length: n }, (_, k) => {
    const share = k / (n - 1);
    if (k === n - 1) return x.max;
    return log ? 10 ** (Math.log10(x.min) + share * (Math.log10(x.max) - Math.log10(x.min))) : x.min + share * (x.max - x.min);
  });
  const when = at === "steady" ? "at steady state" : at === "max" ? "at most" : `on ${config.time.one} ${number(at)}`;

  /** The largest value among the states of the same unit: what "small" is measured against. */
  const sizes = (y) => {
    const largest = Math.max(...y.map(Math.abs)) || 1;
    return y.map((v, i) => Math.max(...model.states.map((s, j) => (s.unit === model.states[i].unit ? Math.abs(y[j]) : 0))) || largest);
  };
  /** Parameters, and the state and time after the last dose. */
  function begin(v, overrides) {
    const values = { ...overrides, [x.name]: v };
    const { p, y } = resolve(model, values);
    const time = lastDose(model, p);
    return { p, time, size: sizes(y), y: time > 0 ? run(model, values, { end: time, n: 2, draft: true }).y : y };
  }
  const seen = (p, y) => (y ? reader(model, p, of)(LATE * config.end, y) : NaN);

  /** Where the run from the declared start, with its doses, comes to rest. */
  function arrive(v, overrides) {
    const { p, y, size, time } = begin(v, overrides);
    return tryToSettle(model, p, y, size, time, config.end);
  }
  /** For drafts: the steady states found last, from which Newton's method is quickly at those of a slightly other setting. */
  const known = new Map();
  const place = log ? Math.log : (v) => v;
  function nearest(v) {
    let best;
    for (const u of known.keys()) if (best === undefined || Math.abs(place(u) - place(v)) < Math.abs(place(best) - place(v))) best = u;
    return known.get(best);
  }
  function shift(v, overrides, from) {
    const { p } = resolve(model, { ...overrides, [x.name]: v });
    const size = sizes(from);
    const state = newton(model, p, from, size, LATE * config.end);
    return state && stable(model, p, state, size, LATE * config.end) ? state : null;
  }

  function alone(v, overrides, draft) {
    if (at === "steady") {
      const near = draft ? nearest(v) : undefined;
      const state = (near ? shift(v, overrides, near) : null) ?? arrive(v, overrides);
      if (state) known.set(v, state);
      return seen(resolve(model, { ...overrides, [x.name]: v }).p, state);
    }
    const { columns, even } = run(model, { ...overrides, [x.name]: v }, at === "max" ? { end: config.end, n: config.n, draft } : { end: at, n: 2, draft });
    return at === "max" ? Math.max(...even.map((k) => columns[of][k])) : columns[of].at(-1);
  }

  function finish(result) {
    if (!result.branches.some((y) => y.some(Number.isFinite))) throw new SolverError(`${q.label} ${verb(q.label, "settle")} nowhere in this range.`);
    return { ...result, mark: result.xs.indexOf(result.own) };
  }

  return {
    main: [of],
    always: true, // a draft is always worth while

    /**
     * Computes point by point and yields after each, so that a page can do other things between them. A draft takes as
     * many points as fit a part of a frame, spread evenly: each round halves the gaps.
     */
    *steps(overrides, draft) {
      const own = overrides[x.name] ?? x.value;
      const xs = [...new Set([...grid, own])].filter((v) => v >= x.min && v <= x.max).sort((a, b) => a - b);
      const mark = xs.indexOf(own);
      const branches = [Float64Array.from(xs, () => NaN)];
      const deadline = performance.now() + PART_OF_A_FRAME;
      const least = 5;
      let done = 0;
      if (!hysteresis) {
        const ready = new Set();
        const order = draft ? [mark, ...halving(xs.length)].filter((k) => k >= 0) : xs.keys();
        for (const k of order) {
          if (ready.has(k)) continue;
          if (draft && done >= least && performance.now() > deadline) break;
          branches[0][k] = alone(xs[k], overrides, draft);
          ready.add(k);
          done++;
          yield;
        }
        const kept = [...xs.keys()].filter((k) => ready.has(k));
        return finish({ own, xs: kept.map((k) => xs[k]), branches: [Float64Array.from(kept, (k) => branches[0][k])] });
      }
      branches.push(Float64Array.from(xs, () => NaN));
      let here = null;
      const first = begin(xs[0], overrides);
      for (const [branch, order] of [[branches[0], [...xs.keys()]], [branches[1], [...xs.keys()].reverse()]])
        for (const k of order) {
          const { p } = resolve(model, { ...overrides, [x.name]: xs[k] });
          const next = here ? step(model, p, here, first.size, first.time, config.end) : tryToSettle(model, p, begin(xs[k], overrides).y, first.size, first.time, config.end);
          branch[k] = seen(p, next);
          here = next ?? here;
          yield;
        }
      return finish({ own, xs, branches });
    },

    picture(result, ghost) {
      const apart = hysteresis ? farthest(...result.branches) : -1;
      const ways = (i) => {
        if (apart < 0) return undefined;
        const above = result.branches[i][apart] > result.branches[1 - i][apart];
        return { at: apart, text: i ? "falling" : "rising", above, back: i === 1 };
      };
      return {
        x: { title: `${x.label}${x.unit ? ` (${x.unit})` : ""}`, domain: [x.min, x.max], log },
        panels: [
          {
            title: `${q.title} ${when}`,
            unit: q.axisUnit[0],
            log: config.log,
            lines: result.branches.map((y, i) => ({
              label: "",
              colour: q.colour,
              dash: DASHES[i],
              x: result.xs,
              y,
              way: ways(i),
              dots: result.mark >= 0 && Number.isFinite(y[result.mark]) ? [[result.own, y[result.mark]]] : [],
              ghost: ghost && { x: ghost.result.xs, y: ghost.result.branches[i], label: ghost.label },
            })),
          },
        ],
        room: config.compare ? 76 : 0,
        marks: result.mark >= 0 ? [{ x: result.own, label: measure(result.own, x.unit) }] : [],
      };
    },

    sentence(opening, result, ghost) {
      const [up, down] = result.branches;
      const { xs, mark } = result;
      const here = `${x.label} of ${measure(result.own, x.unit)}`;
      const clauses = [];
      const told = (v) => (Number.isFinite(v) ? amount(v, q) : "not settled");
      if (mark >= 0) {
        const split = down && Math.abs(up[mark] - down[mark]) > 0.01 * Math.max(Math.abs(up[mark]), Math.abs(down[mark]));
        const then = ghost && ghost.result.mark >= 0 ? against(up[mark], ghost.result.branches[0][ghost.result.mark], ghost.name) : "";
        clauses.push(
          split
            ? `at ${here}, ${q.label} ${is(q.label)} ${told(up[mark])} ${when} if it was raised to there and ${told(down[mark])} if it was lowered to there`
            : `at ${here}, ${q.label} ${is(q.label)} ${told(up[mark])} ${when}${then}`,
        );
      }
      const edges = up.filter(Number.isFinite);
      const [a, b] = [edges[0], edges.at(-1)];
      const flat = !(Math.abs(a - b) > 0.01 * Math.max(Math.abs(a), Math.abs(b)));
      const jump = leap(xs, up), back = down && leap(xs, down);
      const bend = turn(xs, up);
      if (jump && back && Math.abs(Math.log(jump / back)) > 0.02) clauses.push(`on the way up it jumps near ${measure(jump, x.unit, 2)}, on the way down near ${measure(back, x.unit, 2)}`);
      else if (jump) clauses.push(`it jumps near ${measure(jump, x.unit, 2)}`);
      else if (back) clauses.push(`it jumps only on the way down, near ${measure(back, x.unit, 2)}`);
      else if (bend) clauses.push(`over the range it ${bend.y < a ? "falls" : "rises"} from ${number(a)} to ${number(bend.y)} near ${measure(bend.x, x.unit, 2)} and ends at ${told(b)}`);
      else clauses.push(flat ? `over the whole range it stays near ${told(a)}` : `over the range it goes from ${number(a)} to ${told(b)}`);
      return sentence(opening, clauses);
    },

    data(result) {
      const names = hysteresis ? [`${of} rising`, `${of} falling`] : [of];
      return {
        columns: [x.name, ...names],
        units: [config.units[x.name], ...names.map(() => config.units[of])],
        rows: result.xs.map((v, k) => [v, ...result.branches.map((y) => y[k])]),
      };
    },

    reading(result, at) {
      const k = bisectCenter(result.xs, at);
      const names = hysteresis ? ["rising", "falling"] : [q.label];
      return {
        x: result.xs[k],
        head: `${x.label} ${measure(result.xs[k], x.unit)}`,
        panels: [result.branches.map((y, i) => ({ label: names[i], colour: q.colour, y: y[k], text: Number.isFinite(y[k]) ? amount(y[k], q) : "not settled" }))],
      };
    },
    at: (share) => (log ? 10 ** (Math.log10(x.min) + share * Math.log10(x.max / x.min)) : x.min + share * (x.max - x.min)),
  };
}

/** The middle of the stretch where two branches differ; -1 where they are one. */
function farthest(a, b) {
  const gaps = Array.from(a, (v, k) => Math.abs(v - b[k])).map((gap) => (Number.isFinite(gap) ? gap : 0));
  const most = Math.max(...gaps);
  if (!(most > 0.02 * Math.max(...a.filter(Number.isFinite).map(Math.abs)))) return -1;
  const wide = [...gaps.keys()].filter((k) => gaps[k] > 0.5 * most);
  return wide[Math.floor(wide.length / 2)];
}

/** 0 ... n-1 so that any first part of the list is spread evenly: ends, middle, quarters, ... */
function* halving(n) {
  yield 0;
  yield n - 1;
  for (let gap = 1; gap < n; gap *= 2) for (let k = 1; k < 2 * gap; k += 2) yield Math.round(((n - 1) * k) / (2 * gap));
}

/** The lowest or highest point of a curve, if it lies inside the range and clearly beyond both ends: what a look at the ends would miss. */
function turn(xs, y) {
  const points = xs.map((v, k) => ({ x: v, y: y[k] })).filter((point) => Number.isFinite(point.y));
  if (points.length < 3) return null;
  const ends = [points[0].y, points.at(-1).y].sort((a, b) => a - b);
  const beyond = ({ y: v }) => Math.max(ends[0] - v, v - ends[1]);
  const farthest = points.reduce((best, point) => (beyond(point) > beyond(best) ? point : best));
  return beyond(farthest) > 0.02 * Math.max(...points.map((point) => Math.abs(point.y))) ? farthest : null;
}

/** The place of the largest leap between neighbours, if it is one: far steeper than the rest of the branch, and than the steps beside it. */
function leap(xs, y) {
  let [low, high] = [Infinity, -Infinity];
  for (const v of y)
    if (Number.isFinite(v)) [low, high] = [Math.min(low, v), Math.max(high, v)];
  let [most, at] = [0, 0];
  for (let k = 1; k < y.length; k++) {
    const step = Math.abs(y[k] - y[k - 1]);
    if (step > most) [most, at] = [step, k];
  }
  const beside = [y[at - 1] - y[at - 2], y[at + 1] - y[at]].filter(Number.isFinite).map(Math.abs);
  if (!(most > 2 * Math.max(0, ...beside))) return 0;
  return most > 0.25 * (high - low) && most > 0.05 * Math.max(Math.abs(high), Math.abs(low)) ? Math.sqrt(xs[at] * xs[at - 1]) || xs[at] : 0;
}
