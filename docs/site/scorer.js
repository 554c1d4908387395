/* Order of search results: pages for users first, then what they ask about in the reference; names of code match
   as before, lists of changes and decisions come last. */
var Scorer = {
  objNameMatch: 11, objPartialMatch: 6, objPrio: { 0: 15, 1: 5, 2: -5 }, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,
  score: ([page, , , , score, , kind]) => {
    if (kind === "object") return score - 8;
    if (/^(guides\/|faq$|start$)/.test(page)) return score + 6;
    if (/^(changelog|decisions|forms|find-your-room|architecture|files\/)/.test(page)) return score - 6;
    if (/^(roles|reference\/api)\/|^(hooks|conformance|option-types)$/.test(page)) return score - 3;
    return score;
  },
};
