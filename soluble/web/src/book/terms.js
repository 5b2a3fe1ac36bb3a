// What a mediator or a term is: the cards lie in one file for the whole site, fetched when the first of them is asked for.
let asked;

function load(source) {
  asked ??= new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: source });
    script.addEventListener("load", () => resolve(globalThis.solubleTerms ?? {}));
    script.addEventListener("error", () => {
      asked = undefined; // a network may come back
      reject(new Error("the cards could not be loaded"));
    });
    document.head.append(script);
  });
  return asked;
}

const span = (name, ...inside) => {
  const element = document.createElement("span");
  element.className = name;
  element.append(...inside);
  return element;
};

let count = 0;

/** Writes the note of a term into the page, once; false where there is none. */
export async function write(fact) {
  const source = fact.closest("[data-script]")?.dataset.script;
  const link = fact.querySelector("a.fact-value");
  const card = source && (await load(source).catch(() => null))?.[decodeURIComponent(link.hash.slice(1))];
  if (!card) return false;
  if (fact.querySelector("[role=tooltip]")) return true;
  const root = source.split("_assets/")[0];
  const rows = card.rows.map(([name, value]) => {
    const row = span("fact-row");
    row.append(Object.assign(document.createElement("b"), { textContent: name }), Object.assign(document.createElement("i"), { textContent: value }));
    return row;
  });
  const links = card.links
    .map(([way, words]) => Object.assign(document.createElement("a"), { href: root + way, textContent: words }))
    .filter((a) => a.hash || a.pathname !== location.pathname);
  const note = span("fact-tip", span("fact-number", card.name), span("fact-says", card.says), ...rows, span("fact-links", ...links.flatMap((a, i) => (i ? [" · ", a] : [a]))));
  note.setAttribute("role", "tooltip");
  note.id = `term-note-${++count}`;
  fact.append(note);
  link.setAttribute("aria-describedby", note.id);
  return true;
}
