/**
 * The state of one explorer: the value of each control, and the scenario that it started from. Everything that comes
 * from outside (an address, a typed number, a kernel) passes through `clean`, which clamps or drops it.
 */

/** A finite number, given as one or as plain digits; undefined for anything else. Nothing is ever evaluated. */
export function numeral(value) {
  if (typeof value === "string") {
    const text = value.trim();
    if (text.length > 40 || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
    value = Number(text);
  }
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The same, kept inside the control's range; a whole number where the control counts or chooses. */
export function clean(control, value) {
  const v = numeral(value);
  return v === undefined ? v : Math.min(control.max, Math.max(control.min, control.whole ? Math.round(v) : v));
}

export function createState(config, model) {
  const controls = config.controls;
  const byName = new Map(controls.map((c) => [c.name, c]));
  const scenarios = new Map(config.scenarios.map((id) => [id, model.scenarios.find((x) => x.id === id)]).filter(([, x]) => x));
  const listeners = new Set();
  const known = (id) => id === "" || scenarios.has(id);
  const initial = known(config.scenario) ? config.scenario : "";
  let scenario = initial;
  let values = start(scenario);

  /** Values of the controls where a scenario begins; "" is the declaration itself, unless the explorer starts there. */
  function start(id) {
    const out = Object.create(null);
    for (const c of controls) {
      const set = scenarios.get(id)?.set ?? {};
      const own = id === initial ? c.value : Object.hasOwn(set, c.name) ? set[c.name] : c.default;
      out[c.name] = clean(c, own) ?? c.value;
    }
    return out;
  }
  const changed = (source) => listeners.forEach((f) => f(source));

  return {
    controls,
    scenarios,
    initial,
    start,
    get values() {
      return values;
    },
    get scenario() {
      return scenario;
    },
    /** Does the state equal the first one? */
    get untouched() {
      return scenario === initial && controls.every((c) => values[c.name] === start(initial)[c.name]);
    },
    /** Everything that the run overrides: what the declaration of the explorer and the scenario set, then the controls. */
    overrides(of = values, id = scenario) {
      return { ...(id === initial ? config.fixed : scenarios.get(id)?.set), ...of };
    },
    subscribe: (f) => (listeners.add(f), () => listeners.delete(f)),
    /** Set one control; unknown names and unusable values are ignored. Returns the value that now holds. */
    set(name, value, source) {
      const control = byName.get(name);
      const wanted = control && clean(control, value);
      if (wanted === undefined) return control && values[name];
      if (wanted !== values[name]) {
        values = { ...values, [name]: wanted };
        changed(source);
      }
      return wanted;
    },
    /** Take a whole state at once. Names that are not mentioned go back to where the scenario starts. */
    assign(next, id = initial, source) {
      scenario = known(id) ? id : initial;
      values = start(scenario);
      for (const [name, value] of next) {
        const control = byName.get(name);
        const wanted = control && clean(control, value);
        if (wanted !== undefined) values = { ...values, [name]: wanted };
      }
      changed(source);
    },
  };
}

/** What every explorer with such a state lets others do with it, beside what its shell does. */
export const stateHandle = (state, shell) => ({
  __proto__: shell.handle,
  state,
  get values() {
    return { ...state.values };
  },
  get scenario() {
    return state.scenario;
  },
  /** Take the state that an address holds. */
  adopt(pairs) {
    const scenario = pairs.find(([name]) => name === "scenario")?.[1];
    state.assign(pairs, scenario === "none" ? "" : scenario, "address");
  },
});
