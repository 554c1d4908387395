/* What unfolds in the theme's sidebar has no name that a screen reader could say: it gets that of the page beside it. */
document.addEventListener("DOMContentLoaded", () => {
  for (const one of document.querySelectorAll(".bd-sidebar-primary summary:not([aria-label])")) {
    const link = one.closest("li")?.querySelector("a");
    one.setAttribute("aria-label", `Pages below ${link ? link.textContent.trim() : "this"}`);
  }
});
/* A formula that is wider than the window scrolls; it can then be reached by keyboard. */
document.addEventListener("DOMContentLoaded", () => {
  for (const one of document.querySelectorAll("div.math")) {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
  }
});

/* Sphinx's search lists pages that hold every word, by their best word alone, so that a whole question finds nothing and
   a page about something else may come first. Here a page counts by all of its words; those of its title, and those
   that `sections.py` gives it, count most. Where fewer than ENOUGH pages hold all words, pages that hold some of them
   follow, and a rare word counts more there than a common one. A result leads to the section whose heading and keywords
   hold most of the words, so that the first screen answers on long pages, too. */
document.addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "undefined" || !document.getElementById("search-results")) return;
  const ENOUGH = 3, AFTER_ALL = 60, OF_THE_PAGE = 24;
  const stemmer = new Stemmer();
  const stems = (text) => new Set(splitQuery(text.toLowerCase()).map((word) => stemmer.stemWord(word)));
  const keywords = new Map(); // of pages, with the words of their sections, and of sections
  for (const [place, words] of Object.entries(window.siteKeywords || {}))
    for (const one of new Set([place, place.split("#")[0]]))
      keywords.set(one, new Set([...(keywords.get(one) || []), ...stems(words)]));
  const headings = () => {
    const found = new Map();
    for (const [heading, places] of Object.entries(Search._index.alltitles))
      for (const [page, id] of places) if (id) found.set(page, [...(found.get(page) || []), [heading, id]]);
    return found;
  };
  const searchTerms = Search.performTermsSearch;
  Search.performTermsSearch = (words, excluded) => {
    const pages = new Map();
    const rarities = new Map();
    for (const word of words) {
      const found = searchTerms(new Set([word]), excluded);
      rarities.set(word, Math.log((Search._index.docnames.length + 1) / (found.length + 1)));
      for (const result of found) {
        const [page, title] = result;
        const isOfThePage = stems(title).has(word) || keywords.get(page)?.has(word);
        if (!pages.has(page)) pages.set(page, { result, scores: new Map() });
        pages.get(page).scores.set(word, isOfThePage ? OF_THE_PAGE : result[4]);
      }
    }
    const long = [...words].filter((word) => word.length > 2);
    const needed = long.length ? long : [...words];
    const total = needed.reduce((sum, word) => sum + rarities.get(word), 0) || 1;
    const all = [], some = [], sections = headings();
    const numbers = new Map(Search._index.docnames.map((page, number) => [page, number]));
    const weightOf = (heading, place) => {
      const held = new Set([...stems(heading), ...(keywords.get(place) || [])]);
      return needed.reduce((sum, word) => sum + (held.has(word) ? rarities.get(word) : 0), 0);
    };
    const sectionOf = ([page, title]) => {
      let [found, most] = [["", title], weightOf(title)]; // the top of the page, if no section holds more than its title
      for (const [heading, id] of sections.get(numbers.get(page)) || []) {
        const weight = weightOf(heading, `${page}#${id}`);
        if (weight > most) [found, most] = [[`#${id}`, `${title} > ${heading}`], weight];
      }
      return found;
    };
    for (const { result, scores } of pages.values()) {
      const held = needed.filter((word) => scores.has(word));
      const isWhole = held.length === needed.length;
      const score = isWhole
        ? held.reduce((sum, word) => sum + scores.get(word), 0) / needed.length
        : held.reduce((sum, word) => sum + scores.get(word) * rarities.get(word), 0) / total - AFTER_ALL;
      const [anchor, title] = sectionOf(result);
      (isWhole ? all : some).push([result[0], title, anchor, result[3], score, ...result.slice(5)]);
    }
    return all.length < ENOUGH ? [...all, ...some] : all;
  };
});
