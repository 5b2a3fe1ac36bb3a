// What the reader has read and done, in this browser alone. A mark is a chapter ("03-il6") or a part of it ("03-il6#quiz-1").
// What the browser gives back is not trusted; one that keeps nothing forgets when the page is left.
const NAME = "soluble-progress";
const MARK = /^[\w-]{1,60}(#[\w-]{1,60})?$/;
const MOST = 2000;
export const CHANGED = "soluble:progress";
let held;

function found() {
  try {
    return JSON.parse(localStorage.getItem(NAME)) ?? {};
  } catch {
    return {};
  }
}

function read() {
  const { on, marks } = found();
  const usable = (Array.isArray(marks) ? marks : []).filter((mark) => typeof mark === "string" && MARK.test(mark));
  return { on: on !== false, marks: new Set(on === false ? [] : usable.slice(0, MOST)) };
}

function write() {
  try {
    const text = JSON.stringify(held.on ? { on: true, marks: [...held.marks] } : { on: false });
    localStorage.setItem(NAME, text);
  } catch {
    /* told by keeps() */
  }
  document.dispatchEvent(new Event(CHANGED));
}

const state = () => (held ??= read());

export const isOn = () => state().on;
export const has = (mark) => state().marks.has(mark);
export const all = () => [...state().marks];

export function set(mark, yes) {
  if (!isOn() || has(mark) === yes) return;
  if (yes) state().marks.add(mark);
  else state().marks.delete(mark);
  write();
}

/** Off deletes everything but the word that it is off. */
export function turn(on) {
  held = { on, marks: new Set() };
  write();
}

export function keeps() {
  try {
    localStorage.setItem(`${NAME}-test`, "1");
    localStorage.removeItem(`${NAME}-test`);
    return true;
  } catch {
    return false;
  }
}

addEventListener("storage", (event) => {
  if (event.key !== NAME && event.key !== null) return;
  held = undefined;
  document.dispatchEvent(new Event(CHANGED));
});
