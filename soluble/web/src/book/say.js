/** Says something to who listens, without showing it. */
let region;

export function say(text) {
  if (!region) {
    region = Object.assign(document.createElement("p"), { className: "visually-hidden" });
    region.setAttribute("role", "status");
    document.body.append(region);
  }
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 50); // the same words twice are news the second time, too
}
