// Under each result of the search page: what the page is about (Sphinx would fetch every page for it).
export function search() {
  const results = document.getElementById("search-results");
  if (!results) return;
  const field = document.querySelector(".bd-search-container input[type=search]");
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  if (!field.value) field.focus();
  const summaries = globalThis.solubleSummaries ?? {};
  const explain = () => {
    for (const item of results.querySelectorAll("li:not([data-told])")) {
      item.dataset.told = "";
      const link = item.querySelector("a");
      const page = link.getAttribute("href").split("#")[0].replace(/\.html$/, "");
      if (!summaries[page] || link.hash) continue;
      const text = document.createElement("p");
      text.className = "search-excerpt";
      text.textContent = summaries[page];
      item.append(text);
    }
  };
  new MutationObserver(explain).observe(results, { childList: true, subtree: true });
  explain();
}
