/**
 * A deck of slides. The browser does the paging: each slide is as high as the window and scrolling snaps to it, so that touch, find and
 * scrollbars work by themselves, and an explorer wakes when its slide comes near (index.js). Here: the size of the sheets, keys,
 * buttons, and the number of the slide in the address, which the settings of explorers follow: `#/7;il8-drugs:q=40`.
 */
import { colouring, nextColours } from "./book/chrome.js";
import { facts } from "./book/facts.js";

const WIDE = 1280, HIGH = 720;
const slides = [...document.querySelectorAll(".slide")];
const root = document.documentElement;
const lists = { list: document.getElementById("deck-list"), keys: document.getElementById("deck-keys") };
let current = 0;

const named = () => Number(/^#\/(\d+)/.exec(location.hash)?.[1]) || 0;

function fit() {
  root.style.setProperty("--s", Math.min(innerWidth / WIDE, innerHeight / HIGH));
  slides[current].scrollIntoView({ behavior: "instant" });
}

/** Note which slide is shown. */
function arrived(number) {
  if (number === current) return;
  current = number;
  tell();
}
function tell() {
  const others = location.hash.slice(1).split(";").filter((part) => part.includes(":"));
  try {
    history.replaceState(history.state, "", `#${[`/${current + 1}`, ...others].join(";")}`);
  } catch {
    // Some browsers refuse this on file://, or when it comes too often; the deck works without.
  }
  document.querySelector("[data-deck=back]").disabled = current === 0;
  document.querySelector("[data-deck=on]").disabled = current === slides.length - 1;
  for (const [number, link] of [...lists.list.querySelectorAll("a")].entries()) link.toggleAttribute("aria-current", number === current);
}

function go(number) {
  const to = Math.max(0, Math.min(slides.length - 1, number));
  slides[to].scrollIntoView({ behavior: "instant" });
  slides[to].focus({ preventScroll: true });
  arrived(to);
}

function open(name) {
  lists[name].showModal();
  lists[name].querySelector("[aria-current]")?.focus();
}

const ACTIONS = {
  back: () => go(current - 1),
  on: () => go(current + 1),
  list: () => open("list"),
  keys: () => open("keys"),
};
const KEYS = {
  ArrowRight: ACTIONS.on,
  ArrowDown: ACTIONS.on,
  PageDown: ACTIONS.on,
  ArrowLeft: ACTIONS.back,
  ArrowUp: ACTIONS.back,
  PageUp: ACTIONS.back,
  Home: () => go(0),
  End: () => go(slides.length - 1),
  Escape: ACTIONS.list,
  "?": ACTIONS.keys,
  f: () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen?.().catch(() => {})),
  d: nextColours,
  c: () => slides[current].querySelector(".slide-foot a").click(),
};
/** Where a key belongs to what has the focus: a control of an explorer, a button, a list. */
const TAKES = "input, select, textarea, button, summary, [role=button], [role=slider], .explorer-cursor, .explorer-findings";

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && document.querySelector(".fact.is-open")) return; // it closes the note
  const held = event.target.closest?.(TAKES);
  if (held && event.key === "Escape") return held.blur();
  const key = event.key === " " ? (event.shiftKey ? "PageUp" : "PageDown") : event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (held || !Object.hasOwn(KEYS, key)) return;
  event.preventDefault();
  KEYS[key]();
}

function start() {
  colouring();
  document.addEventListener("keydown", pressed);
  facts();
  current = Math.max(0, Math.min(slides.length, named()) - 1);
  fit();
  tell();
  // The slide that holds the middle of the window is the one that is shown, also where a slide is longer than the window.
  const middle = new IntersectionObserver((seen) => seen.forEach((x) => x.isIntersecting && arrived(slides.indexOf(x.target))), { rootMargin: "-50% 0px -50% 0px" });
  for (const slide of slides) middle.observe(slide);
  addEventListener("resize", fit);
  addEventListener("hashchange", () => named() && go(named() - 1));
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-deck]");
    if (button) ACTIONS[button.dataset.deck]();
    else if (event.target.closest?.("[data-action=theme]")) nextColours();
    const dialog = event.target.closest?.("dialog");
    if (dialog && (event.target === dialog || event.target.closest("a"))) dialog.close();
  });
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
