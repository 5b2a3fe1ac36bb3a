// A copy button on each block of code; whatever can be scrolled sideways can be reached by keyboard.
const SCROLLERS = "article pre, article .math, article .table-scroll, article .cell_output, article .pst-scrollable-table-container, .model-sheet";

function copyButton(block) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy the code");
  const say = (text) => {
    button.textContent = text;
    setTimeout(() => (button.textContent = "Copy"), 1600);
  };
  button.addEventListener("click", async () => {
    const text = block.querySelector("pre").textContent;
    try {
      await navigator.clipboard.writeText(text);
      say("Copied");
    } catch {
      const range = document.createRange();
      range.selectNodeContents(block.querySelector("pre"));
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      say("Selected");
    }
  });
  block.append(button);
}

function reachable() {
  for (const element of document.querySelectorAll(SCROLLERS)) {
    const scrolls = element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== "visible";
    if (scrolls && !element.hasAttribute("tabindex")) {
      element.tabIndex = 0;
      element.dataset.scrolls = "";
      if (!element.hasAttribute("role")) element.setAttribute("role", "group");
      if (!element.hasAttribute("aria-label")) element.setAttribute("aria-label", "scrolls sideways");
    } else if (!scrolls && "scrolls" in element.dataset) {
      for (const name of ["tabindex", "data-scrolls"]) element.removeAttribute(name);
    }
  }
}

export function code() {
  document.querySelectorAll("article .cell_input div.highlight, article div.highlight-python div.highlight").forEach((b) => {
    if (!b.querySelector(".copy")) copyButton(b);
  });
  reachable();
  document.fonts?.ready.then(reachable);
  addEventListener("resize", reachable);
  document.addEventListener("toggle", reachable, true);
}
