import { say } from "./say.js";

// A copy button on each block of code and each citation; whatever can be scrolled sideways can be reached by keyboard.
const SCROLLERS = "article pre, article .math, article .table-scroll, article .cell_output, article .pst-scrollable-table-container, .model-sheet";

function copyButton(block) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  const what = block.dataset.copy ?? "the code";
  button.setAttribute("aria-label", `Copy ${what}`);
  const tell = (text) => {
    button.textContent = text;
    say(`${text}: ${what}`);
    setTimeout(() => (button.textContent = "Copy"), 1600);
  };
  button.addEventListener("click", async () => {
    const pre = block.querySelector("pre");
    try {
      await navigator.clipboard.writeText(pre.textContent);
      tell("Copied");
    } catch {
      const range = document.createRange();
      range.selectNodeContents(pre);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      tell("Selected");
    }
  });
  block.append(button);
}

// Measured together, then changed together: in turns, each change would make the next measure lay out the whole page.
function reachable() {
  const scrolls = new Map();
  for (const element of document.querySelectorAll(SCROLLERS)) {
    if (element.closest("details:not([open])")) continue; // measuring it would lay out what nobody sees
    scrolls.set(element, element.scrollWidth > element.clientWidth && getComputedStyle(element).overflowX !== "visible");
  }
  for (const [element, yes] of scrolls) {
    if (yes && !element.hasAttribute("tabindex")) {
      element.tabIndex = 0;
      element.dataset.scrolls = "";
      if (!element.hasAttribute("role")) element.setAttribute("role", "group");
      if (!element.hasAttribute("aria-label")) element.setAttribute("aria-label", "scrolls sideways");
    } else if (!yes && "scrolls" in element.dataset) {
      for (const name of ["tabindex", "data-scrolls"]) element.removeAttribute(name);
    }
  }
}

export function code() {
  document.querySelectorAll("article .cell_input div.highlight, article div.highlight-python div.highlight, .citing div.highlight").forEach((b) => {
    if (!b.querySelector(".copy")) copyButton(b);
  });
  // After a painted frame the layout is known, and measuring costs nothing.
  const afterPaint = () => requestAnimationFrame(() => setTimeout(reachable));
  const loaded = () => (document.fonts?.ready ?? Promise.resolve()).then(afterPaint);
  if (document.readyState === "complete") loaded();
  else addEventListener("load", loaded, { once: true });
  addEventListener("resize", afterPaint);
  document.addEventListener("toggle", afterPaint, true);
}
