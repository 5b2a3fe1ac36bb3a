/** Elements without a framework: `h("p", {class: "x", onclick: f}, "text", child)`; `s` does the same in SVG. */
const SVG = "http://www.w3.org/2000/svg";

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style" && typeof value === "object") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    else node.setAttribute(name, value === true ? "" : value);
  }
  // Text always enters as text: nothing that a reader or an address supplies is ever parsed as HTML.
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

export const h = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);
export const s = (tag, attributes, ...children) => build(document.createElementNS(SVG, tag), attributes, children);

/** The element of the given class inside root; made when it is not there (the page brings a skeleton that reserves the space). */
export function part(root, tag, name) {
  let node = root.querySelector(`.explorer-${name}`);
  if (!node) root.append((node = h(tag, { class: `explorer-${name}` })));
  return node;
}

export function debounce(wait, action) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, wait);
  };
}

/** A text whose lines do not break inside a name such as IL-6. */
export const unbroken = (text) =>
  text.split(/([^\s“”,;()]*[^\s\d]-\d[^\s,;.”]*)/).map((piece, i) => (i % 2 ? h("span", { class: "explorer-name" }, piece) : piece));
