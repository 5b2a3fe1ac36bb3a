// Filters of a table whose rows say in data attributes what they are about; without scripts the whole table shows.
function options(select, rows, key) {
  const values = new Set(rows.flatMap((row) => (row.dataset[key] ?? "").split("|").filter(Boolean)));
  for (const value of [...values].sort((a, b) => a.localeCompare(b, "en", { numeric: true })))
    select.append(new Option(value, value));
}

function bring(tools) {
  const table = document.getElementById(tools.dataset.for);
  const rows = [...table.tBodies[0].rows];
  const texts = new Map();
  const text = (row) => texts.get(row) ?? texts.set(row, row.textContent.toLowerCase()).get(row);
  const count = tools.querySelector("[data-count]");
  const selects = [...tools.querySelectorAll("select")];
  const words = tools.querySelector("input[type=search]");
  selects.forEach((select) => options(select, rows, select.dataset.key));
  const more = document.createElement("button");
  more.type = "button";
  more.className = "more-rows";
  table.parentElement.after(more);
  let first = Number(tools.dataset.first) || Infinity;
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
    more.textContent = `Show all ${rows.length} rows`;
    count.textContent = shown === rows.length ? `All ${shown} rows` : `${shown} of ${rows.length} rows`;
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
  const target = () => {
    const row = rows.find((r) => r.id && r.id === location.hash.slice(1));
    if (row?.hidden) {
      clear();
      row.scrollIntoView();
    }
  };
  addEventListener("hashchange", target);
  tools.hidden = false;
  filter();
}

export function tables() {
  document.querySelectorAll("form.table-tools").forEach(bring);
}
