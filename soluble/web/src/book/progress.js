// Ticks for what was read and done, at the chapter's end, at each exercise, in the side bar and on the overview.
import { CHANGED, all, has, isOn, keeps, set, turn } from "./kept.js";

const WHERE = "Kept in this browser alone";
const make = (tag, name, text = "") => Object.assign(document.createElement(tag), { className: name, textContent: text });

/** A box to tick for one mark, with the words after it; returns what sets it right. */
function tick(place, mark, words, name = "") {
  const label = make("label", "tick");
  const box = Object.assign(document.createElement("input"), { type: "checkbox" });
  label.append(box, ` ${words}`);
  if (name) box.setAttribute("aria-label", `${words}: ${name}`);
  box.addEventListener("change", () => set(mark, box.checked));
  place.append(label);
  return () => {
    label.hidden = !isOn();
    box.checked = has(mark);
  };
}

function parts(chapter) {
  const marks = [...document.querySelectorAll(".exercise[id], form.quiz[id]")].map((part) => [part, `${chapter}#${part.id}`]);
  return marks.map(([part, mark]) => {
    if (part.matches(".exercise"))
      return tick(part.querySelector(".exercise-head"), mark, "Done", part.querySelector(".exercise-title").textContent);
    const note = part.querySelector(".quiz-foot").appendChild(make("span", "quiz-done", "✓ Answered"));
    part.addEventListener("solved", () => set(mark, true));
    return () => (note.hidden = !has(mark));
  });
}

const done = (chapter, kind) => all().filter((mark) => mark.startsWith(`${chapter}#`) && mark.includes("#quiz-") === (kind === "quiz")).length;

function atTheEnd(end, chapter) {
  const box = end.querySelector(".chapter-progress");
  const show = tick(box, chapter, "I have read this chapter");
  const line = box.appendChild(make("p", "small"));
  const count = line.appendChild(document.createElement("span"));
  const way = Object.assign(document.createElement("a"), { href: "how-to-use.html#progress", textContent: "overview and off switch" });
  line.append(` ${WHERE}: `, way, ".");
  const of = { exercise: document.querySelectorAll(".exercise[id]").length, quiz: document.querySelectorAll("form.quiz[id]").length };
  return () => {
    box.hidden = !isOn();
    show();
    count.textContent = `${done(chapter, "exercise")} of ${of.exercise} exercises, ${done(chapter, "quiz")} of ${of.quiz} questions.`;
  };
}

/** Who comes to the summary has read the chapter; a tick that was taken away stays away while the page is open. */
function onReachingTheSummary(chapter) {
  const heading = document.querySelector("#summary > h2");
  if (!heading || !("IntersectionObserver" in window)) return;
  const observer = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) return;
    observer.disconnect();
    set(chapter, true);
  });
  observer.observe(heading);
}

function sideBar(here) {
  const links = new Map();
  for (const link of document.querySelectorAll("#pst-primary-sidebar nav li > a")) {
    const chapter = link.getAttribute("href") === "#" ? here : link.pathname.match(/\/(\d\d-[\w-]+)\.html$/)?.[1];
    if (chapter) links.set(chapter, link.appendChild(make("span", "read-mark", "")));
  }
  if (!links.size) return () => {};
  const any = document.querySelector("#pst-primary-sidebar nav a[href$='how-to-use.html'], #pst-primary-sidebar nav a[href='#']");
  const line = any.closest("nav").appendChild(make("p", "nav-progress small"));
  const way = line.appendChild(Object.assign(document.createElement("a"), { href: `${any.getAttribute("href").replace("#", "")}#progress` }));
  return () => {
    let read = 0;
    for (const [chapter, note] of links) {
      const yes = has(chapter);
      read += yes;
      note.replaceChildren(...(yes ? [" ✓", make("span", "visually-hidden", " read")] : []));
    }
    line.hidden = !read;
    way.textContent = `${read} of ${links.size} chapters read`;
  };
}

function overview(root) {
  const state = root.querySelector(".progress-state");
  const button = root.querySelector("[data-progress-switch]");
  button.addEventListener("click", () => turn(!isOn()));
  return () => {
    const marks = all();
    for (const row of root.querySelectorAll("tr[data-chapter]")) {
      const { chapter } = row.dataset;
      row.querySelector("[data-read]").textContent = has(chapter) ? "✓ read" : "–";
      for (const [key, kind] of [["exercises", "exercise"], ["questions", "quiz"]]) {
        const cell = row.querySelector(`[data-${key}]`);
        const most = Number(cell.dataset[key]);
        cell.textContent = `${Math.min(most, done(chapter, kind))} of ${most}`;
      }
    }
    root.querySelector("table").hidden = !isOn();
    button.textContent = isOn() ? "Switch off and delete" : "Switch on";
    state.textContent = !isOn()
      ? "Progress is off. What was kept is deleted, and nothing more is kept but that it is off."
      : keeps()
        ? `${WHERE}, in its local storage under “soluble-progress”: ${marks.length || "no"} mark${marks.length === 1 ? "" : "s"}. Nothing is sent anywhere.`
        : "Your browser keeps nothing for this site: marks last until you leave the page.";
  };
}

export function progress() {
  const end = document.querySelector(".chapter-end[data-chapter]");
  const chapter = end?.dataset.chapter;
  const table = document.getElementById("progress-overview");
  const shows = [sideBar(chapter)];
  if (end) shows.push(...parts(chapter), atTheEnd(end, chapter));
  if (table) shows.push(overview(table));
  const show = () => shows.forEach((draw) => draw());
  document.addEventListener(CHANGED, show);
  show();
  if (end) onReachingTheSummary(chapter);
}
