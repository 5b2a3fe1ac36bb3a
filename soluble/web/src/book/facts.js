// A number tells where it comes from, a term what it is: the note opens on hover, focus and tap, closes on Escape, and stays on screen.
import { write } from "./terms.js";

const ROOM = 8;

function place(fact, note) {
  note.style.left = note.style.top = note.style.maxHeight = "";
  if (matchMedia("(max-width: 600px)").matches) return; // there the style sheet docks it to the lower edge
  const at = fact.getClientRects()[0] ?? fact.getBoundingClientRect();
  const size = note.getBoundingClientRect();
  const left = Math.max(ROOM, Math.min(at.left, document.documentElement.clientWidth - size.width - ROOM));
  // Below, where it fits there or has more room than above; a note that fits nowhere scrolls.
  const room = { below: innerHeight - at.bottom - ROOM, above: at.top - ROOM };
  const above = size.height > room.below && room.above > room.below;
  const height = Math.min(size.height, above ? room.above : room.below);
  const zoom = note.currentCSSZoom || 1; // on a slide
  note.style.left = `${left / zoom}px`;
  note.style.top = `${(above ? at.top - height - 2 : at.bottom + 2) / zoom}px`;
  if (height < size.height) note.style.maxHeight = `${height / zoom}px`;
}

export function facts() {
  let open = null;
  let wanted = null;
  let timer = 0;
  const close = () => {
    clearTimeout(timer);
    open?.classList.remove("is-open");
    open = wanted = null;
  };
  /** False where there is no note to show. */
  const show = async (fact) => {
    clearTimeout(timer);
    if (open === fact) return true;
    close();
    wanted = fact;
    if (!fact.querySelector("[role=tooltip]") && !(await write(fact))) return false;
    if (wanted !== fact) return true;
    open = fact;
    fact.classList.add("is-open");
    place(fact, fact.querySelector("[role=tooltip]"));
    return true;
  };
  const leave = () => {
    clearTimeout(timer);
    timer = setTimeout(close, 150);
  };
  for (const fact of document.querySelectorAll(".fact")) {
    const value = fact.querySelector(".fact-value");
    let byTouch = false;
    fact.addEventListener("pointerenter", (e) => e.pointerType !== "touch" && show(fact));
    fact.addEventListener("pointerleave", (e) => e.pointerType !== "touch" && leave());
    fact.addEventListener("focusin", () => show(fact));
    fact.addEventListener("focusout", (e) => !fact.contains(e.relatedTarget) && leave());
    value.addEventListener("pointerdown", (e) => (byTouch = e.pointerType === "touch"));
    value.addEventListener("click", async (e) => {
      if (!byTouch) return;
      e.preventDefault(); // the first tap reads the note; the note holds the link
      if (!(await show(fact))) location.assign(value.href);
    });
  }
  document.addEventListener("keydown", (e) => e.key === "Escape" && close());
  document.addEventListener("pointerdown", (e) => open && !open.contains(e.target) && close());
  addEventListener("scroll", () => open && !open.contains(document.activeElement) && !open.matches(":hover") && close(), { passive: true });
  addEventListener("resize", close);
}
