/** What a reader takes along: the data as CSV, the picture as SVG, the address of a setting. */
import { h, s } from "./dom.js";

const cell = (v) => {
  const text = typeof v === "number" ? (Number.isFinite(v) ? String(v) : "") : String(v);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** The table as CSV: comment lines that say where it comes from, a header with units, full precision. */
export function csv({ columns, units, rows }, comments = []) {
  const header = columns.map((name, i) => (units[i] ? `${name} [${units[i]}]` : name));
  return [...comments.map((line) => `# ${line.replace(/\s+/g, " ")}`), header.map(cell).join(","), ...rows.map((row) => row.map(cell).join(","))].join("\n") + "\n";
}

const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "stroke-opacity", "opacity", "font-family", "font-size", "font-weight", "text-anchor"];

/** The picture as a file of its own: colours and fonts, which the page gives through CSS, are written into it. */
export function svgText(svg, title, description) {
  const copy = svg.cloneNode(true);
  const [from, to] = [svg.querySelectorAll("*"), copy.querySelectorAll("*")];
  from.forEach((node, i) => {
    const style = getComputedStyle(node);
    for (const name of KEPT) {
      const value = style.getPropertyValue(name);
      if (value) to[i].setAttribute(name, value);
    }
    for (const name of ["class", "style", "role", "tabindex", "aria-pressed"]) to[i].removeAttribute(name); // what is left of them is for the page
  });
  for (const node of copy.querySelectorAll("title, desc, [data-reading]")) node.remove();
  const [, , W, H] = svg.getAttribute("viewBox").split(" ");
  const paper = getComputedStyle(svg).getPropertyValue("background-color");
  copy.prepend(s("title", {}, title), s("desc", {}, description), s("rect", { width: W, height: H, fill: paper === "rgba(0, 0, 0, 0)" ? "white" : paper }));
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", W);
  copy.setAttribute("height", H);
  for (const name of ["class", "aria-labelledby", "aria-hidden", "style"]) copy.removeAttribute(name);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}\n`;
}

export function save(text, name, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = h("a", { href: url, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** Copy a text; resolves to whether it worked (a page opened from a folder may not use the clipboard). */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = h("textarea", { class: "explorer-offscreen", "aria-hidden": "true" });
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand?.("copy") ?? false;
    field.remove();
    return done;
  }
}
