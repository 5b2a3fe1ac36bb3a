/**
 * The state of the explorers of a page in its address: `#kuznetsov:s=1000&scenario=escape;il6:dose=8`.
 * An address is untrusted: what is too long is ignored as a whole, names are looked up among the controls only (in a
 * Map, so that `__proto__` is a name like any other), and values pass `clean`.
 */
const LONGEST = 4000;

const decode = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
};

/** `{id -> [[name, text], ...]}` as a Map; an ordinary anchor gives an empty one. */
export function read(hash) {
  const out = new Map();
  if (hash.length < 3 || hash.length > LONGEST) return out;
  for (const part of hash.replace(/^#/, "").split(";")) {
    const colon = part.indexOf(":");
    if (colon < 1) continue;
    const pairs = part.slice(colon + 1).split("&").slice(0, 60).filter((pair) => pair.includes("="));
    out.set(
      decode(part.slice(0, colon)),
      pairs.map((pair) => [decode(pair.slice(0, pair.indexOf("="))), decode(pair.slice(pair.indexOf("=") + 1))]),
    );
  }
  return out;
}

/** The part of one explorer; empty when it stands where it began. */
export function write(id, state) {
  if (state.untouched) return "";
  const from = state.start(state.scenario);
  const pairs = state.controls.filter((c) => state.values[c.name] !== from[c.name]).map((c) => `${encodeURIComponent(c.name)}=${Number(state.values[c.name].toPrecision(9))}`);
  if (state.scenario !== state.initial) pairs.push(`scenario=${encodeURIComponent(state.scenario || "none")}`);
  return `${encodeURIComponent(id)}:${pairs.join("&")}`;
}

/**
 * Put the given parts into the page's address without a step in its history. An ordinary anchor stays until there is something to say;
 * the number of a slide (`#/7`) stays before them.
 */
export function publish(parts) {
  const slide = /^#(\/\d+)/.exec(location.hash)?.[1];
  const hash = [slide, ...parts].filter(Boolean).join(";");
  if (!hash && !read(location.hash).size) return;
  try {
    history.replaceState(history.state, "", hash ? `#${hash}` : location.pathname + location.search);
  } catch {
    // Some browsers refuse this on file://, or when it comes too often; the explorer works without.
  }
}
