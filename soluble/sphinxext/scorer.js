// How search orders what it finds: the chapter that treats what was asked for, pages whose title names it, chapters, other
// pages, and parts of pages last. Sphinx asks Scorer.score for each result; solubleHomes comes from soluble/sphinxext/mediators.py.
const solubleStems = (text) => {
  const stemmer = new Stemmer();
  const words = splitQuery(text.toLowerCase().trim()).filter((word) => !stopwords.includes(word) && !/^\d+$/.test(word));
  return words.map((word) => stemmer.stemWord(word));
};
const solubleAsked = (() => {
  let asked;
  return () => {
    if (asked) return asked;
    const query = new URLSearchParams(location.search).get("q") ?? "";
    const stems = solubleStems(query);
    const line = ` ${stems.join(" ")} `;
    const named = (globalThis.solubleHomes ?? []).filter(([phrase]) => line.includes(` ${solubleStems(phrase).join(" ")} `));
    return (asked = { query: query.toLowerCase().trim(), stems, homes: new Set(named.map(([, page]) => page)) });
  };
})();
var Scorer = {
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
  score([page, title, anchor, , score]) {
    const { query, stems, homes } = solubleAsked();
    const chapter = /(^|\/)\d\d-[\w-]+$/.test(page);
    if (anchor) return score + (title.toLowerCase() === query ? 20 : 0) - 100;
    const inTitle = new Set(solubleStems(title));
    const titled = stems.length > 0 && stems.every((stem) => inTitle.has(stem));
    return score + (homes.has(page) ? 300 : 0) + (titled ? 200 : 0) + (chapter ? 100 : 0);
  },
};
