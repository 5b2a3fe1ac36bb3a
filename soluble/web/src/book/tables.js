// Filters of what stands in a table or a list and says in data attributes what it is about; without scripts all of it shows.
function options(select, rows, key) {
  const values = new Set(rows.flatMap((row) => (row.dataset[key] ?? "").split("|").filter(Boolean)));
  for (const value of [...values].sort((a, b) => a.localeCompare(b, "en", { numeric: true })))
    select.append(new Option(value, value));
}

function bring(tools) {
  const list = document.getElementById(tools.dataset.for);
  const rows = [...(list.tBodies?.[0].rows ?? list.children)];
  const things = tools.dataset.things;
  const texts = new Map();
  const text = (row) => texts.get(row) ?? texts.set(row, row.textContent.toLowerCase()).get(row);
  const count = tools.querySelector("[data-count]");
  const selects = [...tools.querySelectorAll("select")];
  const words = tools.querySelector("input[type=search]");
  selects.forEach((select) => options(select, rows, select.dataset.key));
  let first = Number(tools.dataset.first) || Infinity;
  const more = document.createElement("button");
  more.type = "button";
  more.className = "more-rows";
  if (first < rows.length) list.parentElement.after(more);
  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const asked = wanted.length > 0 || selects.some((s) => s.value);
    let fitting = 0;
    let shown = 0;
    for (const row of rows) {
      const fits =
        wanted.every((word) => text(row).includes(word)) &&
        selects.every((s) => !s.value || (row.dataset[s.dataset.key] ?? "").split("|").includes(s.value));
      fitting += fits;
      row.hidden = !fits || (!asked && fitting > first);
      shown += !row.hidden;
    }
    more.hidden = asked || shown === rows.length;
    more.textContent = `Show all ${rows.length} ${things}`;
    count.textContent = shown === rows.length ? `All ${shown} ${things}` : `${shown} of ${rows.length} ${things}`;
  };
  more.addEventListener("click", () => {
    first = Infinity;
    filter();
    rows[Number(tools.dataset.first)].querySelector("a")?.focus();
  });
  const clear = () => {
    words.value = "";
    selects.forEach((s) => (s.value = ""));
    first = Infinity;
    filter();
  };
  tools.addEventListener("input", filter);
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.querySelector("[data-clear]").addEventListener("click", () => {
    clear();
    words.focus();
  });
  // The row that the address names is shown, and opened where it folds.
  const target = () => {
    const row = rows.find((r) => r.id && r.id === location.hash.slice(1));
    if (!row) return;
    const away = row.hidden || row.open === false;
    if (row.hidden) clear();
    if (row.open === false) row.open = true;
    if (away) row.scrollIntoView();
  };
  addEventListener("hashchange", target);
  tools.hidden = false;
  filter();
  target();
}

export function tables() {
  document.querySelectorAll("form.table-tools").forEach(bring);
}
