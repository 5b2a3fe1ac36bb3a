/** View `response`: a steady state, a value at a time or a maximum against one parameter; with hysteresis both ways. */
import { bisectCenter } from "d3-array";
import { DASHES } from "../chart.js";
import { measure, number } from "../format.js";
import { reader, resolve, run } from "../run.js";
import { SolverError } from "../solver/error.js";
import { follow, settle } from "../steady.js";
import { against, amount, is, sentence, verb } from "../words.js";

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

  /** Settle for each x on its own, from the declared start. */
  const apart = (xs, overrides) => xs.map((v) => {
    const { p, y } = resolve(model, { ...overrides, [x.name]: v });
    return { p, y: settle(model, p, y, sizeOf(y), config.end) };
  });
  const sizeOf = (y) => {
    const peers = Math.max(...y.map(Math.abs)) || 1;
    return Float64Array.from(y, (v, i) => Math.max(Math.abs(v), ...model.states.map((s, j) => (s.unit === model.states[i].unit ? Math.abs(y[j]) : 0))) || peers);
  };
  /** Settle for the first x, then follow. */
  const along = (xs, overrides) => {
    const sets = xs.map((v) => resolve(model, { ...overrides, [x.name]: v }));
    const ps = sets.map((set) => set.p);
    const states = follow(model, ps, sets[0].y, sizeOf(sets[0].y), config.end);
    return { ps, states };
  };
  const read = (p, y) => (y ? reader(model, p, of)(0, y) : NaN);

  function values(xs, overrides) {
    if (at !== "steady") {
      const ends = at === "max" ? { end: config.end, n: config.n } : { end: at, n: 2 };
      return xs.map((v) => {
        const { columns, even } = run(model, { ...overrides, [x.name]: v }, ends);
        return at === "max" ? Math.max(...even.map((k) => columns[of][k])) : columns[of].at(-1);
      });
    }
    return apart(xs, overrides).map(({ p, y }) => read(p, y));
  }

  return {
    main: [of],
    compute(overrides) {
      const own = overrides[x.name] ?? x.value;
      const xs = [...new Set([...grid, own])].filter((v) => v >= x.min && v <= x.max).sort((a, b) => a - b);
      const mark = xs.indexOf(own);
      if (!hysteresis) {
        const y = values(xs, overrides);
        if (!y.some(Number.isFinite)) throw new SolverError(`${q.label} ${verb(q.label, "settle")} nowhere in this range.`);
        return { own, mark, xs, branches: [y] };
      }
      const up = along(xs, overrides);
      const last = up.states.findLast(Boolean);
      if (!last) throw new SolverError(`${q.label} ${verb(q.label, "settle")} nowhere in this range.`);
      const ps = up.ps.toReversed();
      const down = follow(model, ps, last, sizeOf(last), config.end).reverse();
      return { own, mark, xs, branches: [up.states, down].map((states) => states.map((y, k) => read(up.ps[k], y))) };
    },

    picture(result, ghost) {
      const labels = hysteresis ? [`${x.label} rising`, `${x.label} falling`] : [q.label];
      return {
        x: { title: `${x.label}${x.unit ? ` (${x.unit})` : ""}`, domain: [x.min, x.max], log },
        panels: [
          {
            title: `${q.title} ${when}`,
            unit: q.axisUnit[0],
            log: config.log,
            lines: result.branches.map((y, i) => ({
              label: labels[i],
              colour: q.colour,
              dash: DASHES[i],
              x: result.xs,
              y,
              arrow: hysteresis && { at: i ? 0.35 : 0.65 },
              dots: result.mark >= 0 && Number.isFinite(y[result.mark]) ? [[result.own, y[result.mark]]] : [],
              ghost: ghost && { x: ghost.result.xs, y: ghost.result.branches[i], label: ghost.label },
            })),
          },
        ],
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
      if (jump && back && Math.abs(Math.log(jump / back)) > 0.02) clauses.push(`on the way up it jumps near ${measure(jump, x.unit, 2)}, on the way down near ${measure(back, x.unit, 2)}`);
      else if (jump) clauses.push(`it jumps near ${measure(jump, x.unit, 2)}`);
      else if (back) clauses.push(`it jumps only on the way down, near ${measure(back, x.unit, 2)}`);
      else clauses.push(flat ? `over the whole range it stays near ${told(a)}` : `over the range it goes from ${told(a)} to ${told(b)}`);
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

/** The place of the largest leap between neighbours, if it is one: far steeper than the rest of the branch. */
function leap(xs, y) {
  let [low, high] = [Infinity, -Infinity];
  for (const v of y)
    if (Number.isFinite(v)) [low, high] = [Math.min(low, v), Math.max(high, v)];
  let [most, at] = [0, 0];
  for (let k = 1; k < y.length; k++) {
    const step = Math.abs(y[k] - y[k - 1]);
    if (step > most) [most, at] = [step, k];
  }
  return most > 0.25 * (high - low) && most > 0.05 * Math.max(Math.abs(high), Math.abs(low)) ? Math.sqrt(xs[at] * xs[at - 1]) || xs[at] : 0;
}
