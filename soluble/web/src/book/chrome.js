// The theme's controls: colours, the two tables of contents, search box, menus, full screen, print.
const wide = matchMedia("(min-width: 992px)");
const dark = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
const MODES = { auto: "as the system", light: "light", dark: "dark" };

function remember(mode) {
  try {
    localStorage.setItem("mode", mode);
  } catch {
    /* a browser that keeps nothing still switches */
  }
}

function colours(mode) {
  const theme = mode === "auto" ? (dark.matches ? "dark" : "light") : mode;
  // The first line of the page has mostly set them already; setting them again would restyle the whole page.
  if (root.dataset.mode !== mode) root.dataset.mode = mode;
  if (root.dataset.theme !== theme) root.dataset.theme = theme;
  for (const button of document.querySelectorAll("[data-action=theme]"))
    button.setAttribute("aria-label", `Colours: ${MODES[mode]}`);
}

export function nextColours() {
  const order = dark.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
  const mode = order[(order.indexOf(root.dataset.mode) + 1) % 3];
  remember(mode);
  colours(mode);
}

// On a narrow screen a sidebar opens as a dialog, which brings focus handling and the Escape key with it.
function asDialog(sidebar, dialog, label) {
  if (!sidebar || !dialog) return;
  dialog.setAttribute("aria-label", label);
  if (!dialog.hasChildNodes()) {
    const close = document.createElement("button");
    close.type = "button";
    close.className = "tool dialog-close";
    close.setAttribute("aria-label", "Close");
    close.textContent = "×";
    close.addEventListener("click", () => dialog.close());
    dialog.append(close);
  }
  const back = [];
  while (sidebar.firstChild) back.push(dialog.appendChild(sidebar.firstChild));
  const restore = () => sidebar.append(...back);
  dialog.addEventListener("close", restore, { once: true });
  dialog.showModal();
}

/** Closes a dialog when what is beside it, or a link in it, is clicked. */
export function light(dialog) {
  dialog?.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("a[href]")) dialog.close();
  });
}

function openSearch() {
  const dialog = document.getElementById("pst-search-dialog");
  const onPage = document.querySelector(".bd-search-container input[type=search]");
  if (onPage) return onPage.select();
  if (dialog.open) return dialog.close();
  dialog.showModal();
  dialog.querySelector("input").select();
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else root.requestFullscreen?.().catch(() => {});
}

const ACTIONS = {
  theme: nextColours,
  search: openSearch,
  print: () => window.print(),
  fullscreen: fullScreen,
  contents: () => {
    const sidebar = document.getElementById("pst-primary-sidebar");
    if (wide.matches) {
      const hidden = sidebar.classList.toggle("pst-sidebar-hidden");
      for (const b of document.querySelectorAll("[data-action=contents]")) b.setAttribute("aria-expanded", String(!hidden));
    } else asDialog(sidebar, document.getElementById("pst-primary-sidebar-modal"), "Contents of the book");
  },
  "page-contents": () =>
    asDialog(
      document.getElementById("pst-secondary-sidebar"),
      document.getElementById("pst-secondary-sidebar-modal"),
      "On this page",
    ),
};

export const act = (name) => ACTIONS[name]();

function markCurrentSection() {
  const links = new Map();
  for (const a of document.querySelectorAll("#pst-page-toc-nav a[href^='#']")) {
    const target = document.getElementById(decodeURIComponent(a.hash.slice(1)));
    if (target) links.set(target, a);
  }
  if (!links.size || !("IntersectionObserver" in window)) return;
  const seen = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) isIntersecting ? seen.add(target) : seen.delete(target);
      const current = [...links.keys()].filter((t) => seen.has(t)).pop();
      if (!current) return;
      for (const [target, a] of links) {
        if (target === current) a.setAttribute("aria-current", "true");
        else a.removeAttribute("aria-current");
      }
    },
    { rootMargin: "-10% 0px -70% 0px" },
  );
  links.forEach((_, target) => observer.observe(target));
}

/** Light or dark as the reader chose, or as the system is, also when that changes. */
export function colouring() {
  colours(root.dataset.mode in MODES ? root.dataset.mode : "auto");
  dark.addEventListener("change", () => colours(root.dataset.mode));
}

export function chrome() {
  colouring();
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-action]");
    const act = button && !button.closest("figure.explorer") && ACTIONS[button.dataset.action];
    for (const menu of document.querySelectorAll("details.menu[open]"))
      if (!menu.contains(event.target) || act) menu.open = false;
    if (act) act();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openSearch();
    }
    if (event.key === "Escape")
      for (const menu of document.querySelectorAll("details.menu[open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
  });
  for (const id of ["pst-search-dialog", "pst-primary-sidebar-modal", "pst-secondary-sidebar-modal"])
    light(document.getElementById(id));
  for (const key of document.querySelectorAll(".search-button__kbd-shortcut kbd:first-child"))
    if (/Mac|iP/.test(navigator.platform)) key.textContent = "⌘";
  markCurrentSection();
  const scrolled = () => document.body.classList.toggle("scrolled", scrollY > 8);
  addEventListener("scroll", scrolled, { passive: true });
}
