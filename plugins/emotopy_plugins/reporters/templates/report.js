(() => {
"use strict";
// Everything on the page stands there without this script, but for the map of texts. It adds controls, so that none is
// shown that wouldn't work.
const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};
const plural = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
document.documentElement.classList.add("scripted");

// Tables: search, order, rows beyond the first -----------------------------------------------------------------------

const ROWS_FOR_SEARCH = 10;

// A number as the page writes it: a true minus, thousands separated; null where a cell holds none.
const numberOf = (text) => {
  const found = text.replace(/\u2212/g, "-").replace(/,/g, "").match(/^[<>≤≥\s]*([+-]?\d*\.?\d+(?:e[+-]?\d+)?)/i);
  return found ? Number(found[1]) : null;
};
const keyOf = (row, column) => {
  const cell = row.cells[column];
  if (!cell) return { number: null, text: "" };
  const main = cell.querySelector("b");
  const text = (main || cell).textContent.trim();
  return { number: numberOf(text), text };
};
const ABSENT = new Set(["", "–", "-"]);
// Numbers by size, texts by alphabet, numbers before texts; cells without a value last, whatever the direction.
const compare = (a, b, direction) => {
  const [noA, noB] = [ABSENT.has(a.text), ABSENT.has(b.text)];
  if (noA || noB) return noA - noB;
  if (a.number !== null && b.number !== null) return direction * (a.number - b.number);
  if ((a.number === null) !== (b.number === null)) return a.number === null ? 1 : -1;
  return direction * a.text.localeCompare(b.text, "en");
};

const enhanceTable = (table) => {
  const box = table.closest(".scroll");
  const name = (box && box.getAttribute("aria-label")) || "table";
  const bodies = [...table.tBodies];
  const isHead = (row) => row.cells.length === 1 && row.cells[0].colSpan > 1;
  const rows = bodies.flatMap((body) => [...body.rows]).filter((row) => !isHead(row));
  rows.forEach((row, i) => { row.originalPlace = i; });
  const first = Number(table.dataset.first) || rows.length;
  let wanted = "", all = rows.length <= first;
  const tools = make("div", { class: "tools" });
  const found = make("output", { "aria-live": "polite" });
  const more = make("button", { type: "button", "data-more": table.id, "aria-expanded": "false" });

  const show = () => {
    let matching = 0;
    for (const body of bodies) {
      let inBody = 0;
      for (const row of body.rows) {
        if (isHead(row)) continue;
        const matches = !wanted || row.textContent.toLowerCase().includes(wanted);
        matching += matches;
        row.hidden = !matches || (!wanted && !all && matching > first);
        inBody += !row.hidden;
      }
      for (const row of body.rows) if (isHead(row)) row.hidden = inBody === 0;
    }
    found.textContent = wanted ? `${plural(matching, "row")} of ${rows.length.toLocaleString("en")}` : "";
    more.hidden = Boolean(wanted) || rows.length <= first;
    more.textContent = all ? `Show the first ${first} rows` : `Show all ${rows.length.toLocaleString("en")} rows`;
    more.setAttribute("aria-expanded", String(all));
  };

  if (rows.length >= ROWS_FOR_SEARCH) {
    const input = make("input", { type: "search", "data-filters": table.id, "aria-label": `Search: ${name}`, placeholder: "Search" });
    input.addEventListener("input", () => { wanted = input.value.trim().toLowerCase(); show(); });
    tools.append(input, found);
  }
  more.addEventListener("click", () => { all = !all; show(); });
  const heads = table.tHead ? [...table.tHead.rows].at(-1).cells : [];
  if (rows.length > 1) {
    [...heads].forEach((head) => {
      // A head that spans columns, or holds a plot's axis, gives no order.
      if (head.colSpan > 1 || head.classList.contains("plot")) return;
      const column = [...heads].slice(0, head.cellIndex).reduce((n, one) => n + one.colSpan, 0);
      const button = make("button", { type: "button", class: "sort" });
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const next = { none: "descending", descending: "ascending", ascending: "none" }[head.getAttribute("aria-sort")];
        for (const one of heads) if (one.hasAttribute("aria-sort")) one.setAttribute("aria-sort", "none");
        head.setAttribute("aria-sort", next);
        const direction = next === "descending" ? -1 : 1;
        for (const body of bodies) {
          const movable = [...body.rows].filter((row) => !isHead(row));
          const keys = new Map(movable.map((row) => [row, keyOf(row, column)]));
          movable.sort((a, b) => next === "none" ? a.originalPlace - b.originalPlace
            : compare(keys.get(a), keys.get(b), direction) || a.originalPlace - b.originalPlace);
          body.append(...movable);
        }
        show();
      });
    });
  }
  show();
  if (tools.childNodes.length) box.before(tools);
  if (rows.length > first) box.after(more);
};

// Boxes that scroll sideways say so ----------------------------------------------------------------------------------

const watchBox = (box) => {
  const cue = make("p", { class: "cue" }, "Scroll sideways for more columns.");
  box.before(cue);
  const look = () => { cue.hidden = box.scrollWidth <= box.clientWidth + 1; };
  new ResizeObserver(look).observe(box);
  look();
};

// A switch between panels, such as the brains of groups --------------------------------------------------------------

const MOST_OPEN = 2;

const addSwitch = (holder) => {
  const panels = [...holder.querySelectorAll(":scope > [data-panel]")];
  if (panels.length < 2) return;
  const what = holder.dataset.panels;
  const select = make("select", { "data-switch": holder.id, "aria-label": `Show ${what}` });
  select.append(make("option", { value: "" }, `all (${panels.length})`));
  panels.forEach((panel, i) => select.append(make("option", { value: String(i + 1) }, panel.dataset.panel)));
  select.value = panels.length > MOST_OPEN ? "1" : "";
  const show = () => {
    panels.forEach((panel, i) => { panel.hidden = select.value !== "" && select.value !== String(i + 1); });
    holder.classList.toggle("single", select.value !== "");
  };
  select.addEventListener("change", show);
  holder.before(make("p", { class: "tools" }, make("label", {}, `Show ${what} `, select)));
  show();
};

// What a mark says when it is pointed at -----------------------------------------------------------------------------

const tip = make("div", { class: "tip", role: "tooltip", id: "tip" });
tip.hidden = true;
document.body.append(tip);
const showTip = (text, x, y) => {
  tip.textContent = text;
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(x + 12, innerWidth - width - 4))}px`;
  tip.style.top = `${y + 16 + height > innerHeight ? Math.max(4, y - height - 10) : y + 16}px`;
};
const hideTip = () => { tip.hidden = true; };

// Titles of marks become tips at once; those of whole drawings stay for readers of screens.
for (const title of document.querySelectorAll("svg :is(circle, path, rect, g) > title")) {
  title.parentNode.dataset.tip = title.textContent;
  title.remove();
}
const light = (mark, on) => {
  const same = mark.dataset.same;
  const holder = mark.closest("svg");
  const marks = same ? holder.querySelectorAll(`[data-same="${CSS.escape(same)}"]`) : [mark];
  for (const one of marks) one.classList.toggle("lit", on);
};
let lit = null;
const leave = () => { if (lit) light(lit, false); lit = null; hideTip(); };
document.addEventListener("pointermove", (event) => {
  const mark = event.target.closest ? event.target.closest("[data-tip]") : null;
  if (mark !== lit) { leave(); if (mark) { lit = mark; light(mark, true); } }
  if (mark) showTip(mark.dataset.tip, event.clientX, event.clientY);
});
document.addEventListener("pointerdown", (event) => { if (!event.target.closest || !event.target.closest("[data-tip]")) leave(); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") leave(); });
document.addEventListener("scroll", leave, { passive: true, capture: true });

// Texts to copy ------------------------------------------------------------------------------------------------------

const addCopy = (element) => {
  const what = element.dataset.copyable;
  const button = make("button", { type: "button", "data-copy": element.id }, `Copy the ${what}`);
  const said = make("output", { "aria-live": "polite" });
  button.addEventListener("click", async () => {
    const selection = getSelection();
    try {
      await navigator.clipboard.writeText(element.textContent);
      said.textContent = "Copied.";
    } catch {
      selection.selectAllChildren(element);  // the reader copies by hand where the browser won't
      said.textContent = "Selected: press Ctrl+C or ⌘C.";
    }
  });
  element.after(make("p", { class: "tools" }, button, said));
};

for (const table of document.querySelectorAll("table[data-table]")) enhanceTable(table);
for (const box of document.querySelectorAll(".scroll")) watchBox(box);
for (const holder of document.querySelectorAll("[data-panels]")) addSwitch(holder);
for (const element of document.querySelectorAll("[data-copyable]")) addCopy(element);

// Print shows everything: details open, rows and panels that are hidden on the screen by the stylesheet.
// Tables of many columns, wider than paper, are stacked: a row is a paragraph of heads and values.
const MOST_COLUMNS = 30;
const stack = (table) => {
  const heads = table.tHead ? [...table.tHead.rows].at(-1).cells : [];
  if (heads.length <= MOST_COLUMNS) return;
  const names = [...heads].map((head) => (head.querySelector("bdi") || head).textContent.trim());
  table.classList.add("stacked");
  for (const body of table.tBodies) {
    for (const row of body.rows) {
      for (const cell of row.cells) if (cell.localName === "td") cell.dataset.head = names[cell.cellIndex] || "";
    }
  }
};
let closed = [];
addEventListener("beforeprint", () => {
  for (const table of document.querySelectorAll("table[data-table]")) stack(table);
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const one of closed) one.open = true;
});
addEventListener("afterprint", () => { for (const one of closed) one.open = false; });

window.emotopyReport = { make, plural, showTip, hideTip };
})();
