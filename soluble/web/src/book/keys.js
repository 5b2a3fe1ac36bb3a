// Single keys, and the list that shows them. They can be switched off, and do nothing while something is typed.
import { act, light } from "./chrome.js";

const NAME = "soluble-keys";
const go = (rel) => document.querySelector(`.prev-next-area a[rel=${rel}]`);
const SITE = [
  ["?", "This list", () => true, () => open()],
  ["/", "Search", () => true, () => act("search")],
  ["n", "Next page", () => go("next"), () => go("next").click()],
  ["p", "Page before", () => go("prev"), () => go("prev").click()],
  ["c", "Contents of the book", () => document.getElementById("pst-primary-sidebar"), () => act("contents")],
  ["d", "Light, dark, or as the system", () => true, () => act("theme")],
];
const ALWAYS = [
  ["Ctrl K", "Search"],
  ["Esc", "Close a note, a menu or a list"],
];
const EXPLORERS = [
  ["← → ↑ ↓", "A step of the slider that has the focus; with Shift a small one", ".explorer:not([data-view=atlas])"],
  ["Page\u00a0Up, Page\u00a0Down", "A large step of it", ".explorer:not([data-view=atlas])"],
  ["Home, End", "To its ends", ".explorer:not([data-view=atlas])"],
  ["← →", "Read a picture that has the focus at one place after the other; Esc ends it", ".explorer:not([data-view=atlas])"],
  ["← → ↑ ↓", "In the plane of two states: move the start of a run", ".explorer[data-view=phase]"],
  ["← → ↑ ↓, Enter", "In the network: go from node to node, choose one; Esc lets go", ".explorer[data-view=network]"],
];

let on = true; // as far as this page knows, where the browser keeps nothing

function isOn() {
  try {
    return localStorage.getItem(NAME) !== "off";
  } catch {
    return on;
  }
}

function turn(yes) {
  on = yes;
  try {
    if (yes) localStorage.removeItem(NAME);
    else localStorage.setItem(NAME, "off");
  } catch {
    /* holds until the page is left */
  }
}

const make = (tag, properties, ...inside) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...inside);
  return element;
};

function list(title, rows) {
  const cells = rows.flatMap(([keys, what]) => [make("dt", {}, ...keys.split(", ").flatMap((part, i) => [i ? ", " : "", ...part.split(" ").flatMap((k, j) => [j ? " " : "", make("kbd", {}, k)])])), make("dd", {}, what)]);
  return [make("h3", {}, title), make("dl", {}, ...cells)];
}

function written() {
  const close = make("button", { type: "button", className: "tool dialog-close", textContent: "×" });
  close.setAttribute("aria-label", "Close");
  const box = make("input", { type: "checkbox", checked: isOn() });
  box.addEventListener("change", () => turn(box.checked));
  const here = EXPLORERS.filter(([, , where]) => document.querySelector(where));
  const dialog = make(
    "dialog",
    { id: "keys-dialog" },
    make("h2", { id: "keys-title" }, "Keyboard shortcuts"),
    close,
    ...list("Anywhere", [...SITE.filter(([, , there]) => there()), ...ALWAYS]),
    ...(here.length ? list("In an explorer", here) : []),
    make("p", {}, make("label", { className: "tick" }, box, " Single keys work (off: only Ctrl K, Esc and the keys of explorers)")),
  );
  dialog.setAttribute("aria-labelledby", "keys-title");
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  light(dialog);
  return dialog;
}

function open() {
  if (document.querySelector("dialog[open]")) return;
  const dialog = document.body.appendChild(written());
  dialog.showModal();
}

export function keys() {
  for (const button of document.querySelectorAll("button[data-action=keys]")) button.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest?.("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]")) return;
    const key = SITE.find(([name, , there]) => name === event.key && there());
    if (!key || !isOn() || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    key[3]();
  });
}
