/** View `timecourse`: quantities against time, one panel per unit. */
import { bisectCenter } from "d3-array";
import { DASHES } from "../chart.js";
import { number } from "../format.js";
import { run } from "../run.js";
import { against, amount, is, sentence, verb } from "../words.js";

export function timecourse(model, config) {
  const { quantities, time } = config;
  const moment = (t) => `${time.one} ${number(t)}`;
  const main = config.panels.flat();
  const ids = [...model.states, ...model.derived].map((q) => q.id);

  /** The course of one quantity in words. */
  function story(id, result, ghost) {
    const q = quantities[id], name = q.label, y = result.columns[id], t = result.t;
    const [first, last, k] = [y[0], y[y.length - 1], y.length - 1];
    let [top, low] = [0, 0];
    for (let i = 0; i <= k; i++) {
      if (y[i] > y[top]) top = i;
      if (y[i] < y[low]) low = i;
    }
    const span = y[top] - y[low], size = Math.max(Math.abs(y[top]), Math.abs(y[low]));
    const told = (v) => amount(v, q);
    const than = ghost ? against(last, ghost.result.columns[id].at(-1), ghost.name) : "";
    if (!(span > 0.01 * size)) return `${name} ${verb(name, "stay")} at ${told(last)}${than}`;
    const waves = turns(y, 0.15 * span);
    if (waves >= 6) return `${name} ${verb(name, "swing")} between ${told(y[low])} and ${told(y[top])} and ${is(name)} at ${told(last)} on ${moment(t[k])}${than}`;
    const edge = 0.06 * span;
    if (y[top] - Math.max(first, last) > edge) return `${name} ${verb(name, "peak")} at ${told(y[top])} on ${moment(t[top])} and ${is(name)} at ${told(last)} on ${moment(t[k])}${than}`;
    if (Math.min(first, last) - y[low] > edge) return `${name} ${verb(name, "fall")} to ${told(y[low])} on ${moment(t[low])} and ${verb(name, "reach")} ${told(last)} on ${moment(t[k])}${than}`;
    return `${name} ${verb(name, last > first ? "rise" : "fall")} from ${number(first)} to ${told(last)} by ${moment(t[k])}${than}`;
  }

  const ending = (result, id) => number(result.columns[id].at(-1));

  return {
    main,
    always: false,
    *steps(overrides, draft) {
      return run(model, overrides, { end: config.end, n: config.n, draft });
    },

    picture(result, ghost) {
      return {
        x: { title: `time (${time.many})`, domain: [0, config.end] },
        panels: config.panels.map((panel, i) => ({
          title: config.panelTitles[i],
          unit: quantities[panel[0]].axisUnit[panel.length === 1 ? 0 : 1],
          log: config.log,
          // A panel of one curve is named by its title; its curves are labelled with where they end.
          lines: panel.map((id, k) => ({
            label: panel.length > 1 ? quantities[id].label : ending(result, id),
            colour: quantities[id].colour,
            dash: DASHES[k % DASHES.length],
            x: result.t,
            y: result.columns[id],
            ghost: ghost && { x: ghost.result.t, y: ghost.result.columns[id], label: panel.length > 1 ? ghost.label : `${ghost.label} ${ending(ghost.result, id)}` },
          })),
        })),
        marks: [],
        room: config.panels.every((panel) => panel.length === 1) ? 84 : 0,
      };
    },

    sentence: (opening, result, ghost) => sentence(opening, main.slice(0, 2).map((id) => story(id, result, ghost))),

    data(result) {
      const { t, even, columns } = result;
      return {
        columns: ["time", ...ids],
        units: [model.time.unit, ...ids.map((id) => config.units[id])],
        rows: even.map((k) => [t[k], ...ids.map((id) => columns[id][k])]),
      };
    },

    /** Under the reading line at x: where it snaps to, a heading and the values. */
    reading(result, x) {
      const k = bisectCenter(result.t, x);
      return {
        x: result.t[k],
        head: moment(result.t[k]),
        panels: config.panels.map((panel) => panel.map((id) => ({ label: quantities[id].label, colour: quantities[id].colour, y: result.columns[id][k], text: amount(result.columns[id][k], quantities[id]) }))),
      };
    },
    at: (share) => share * config.end,
  };
}

/** How often the curve turns round by more than `least`. */
function turns(y, least) {
  let count = 0, up = 0, extreme = y[0];
  for (const v of y) {
    if (up >= 0 && v > extreme) extreme = v;
    else if (up <= 0 && v < extreme) extreme = v;
    if (Math.abs(v - extreme) > least) {
      const direction = Math.sign(v - extreme);
      if (up && direction !== up) count++;
      up = direction;
      extreme = v;
    }
  }
  return count;
}
