(() => {
"use strict";
// The map of texts. Colours are those of Okabe and Ito, which colour-blind readers tell apart; the most frequent labels
// have one, the others are grey until they are highlighted.
const { make, plural, showTip, hideTip } = window.emotopyReport;
const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a7a00", "#6a5acd"];
const OTHERS = "#8c9097";
// Labels that say that there is nothing: grey, and without a colour of the others'.
const NOTHING = new Set(["no cluster", "no emotion word", "none"]);
const FULL = 65535, MOST_HITS = 20, NEAR = 14;

const unpack = (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Uint16Array(bytes.buffer);
};
const field = (name, control) => make("label", {}, `${name} `, control);

const draw = (frame) => {
  const data = JSON.parse(frame.querySelector("script").textContent);
  const x = unpack(data.x), y = unpack(data.y);
  const codes = data.colourings.map((one) => unpack(one.codes));
  const lower = data.ids.map((id, i) => `${id} ${data.texts ? data.texts[i] : ""}`.toLowerCase());
  const canvas = make("canvas", { tabindex: "0", role: "img", "aria-label":
    `Map of ${plural(data.n, "text")}. Arrow keys go from text to text; the search below lists texts.` });
  const by = make("select", { "data-colour": "" });
  data.colourings.forEach((one, i) => by.append(make("option", { value: String(i) }, one.name)));
  const only = make("select", { "data-highlight": "" });
  const search = make("input", { type: "search", "data-map-search": "" });
  const found = make("output", { "aria-live": "polite" });
  const key = make("ul", { class: "key" });
  const hits = make("ul", { class: "hits" });
  let matches = null, chosen = -1, at = -1, places = [];

  const colouring = () => data.colourings[Number(by.value)];
  // The colour of each label, by its number: the most frequent ones have one.
  const colours = data.colourings.map((one) => {
    let next = 0;
    return one.labels.map((label) => (NOTHING.has(label) || next >= COLOURS.length ? OTHERS : COLOURS[next++]));
  });
  const colourOf = (code) => colours[Number(by.value)][code] || OTHERS;
  const labelOf = (i, which) => data.colourings[which].labels[codes[which][i]] || "others";
  const isOn = (i) => (chosen < 0 || codes[Number(by.value)][i] === chosen) && (!matches || matches.has(i));

  const fillKey = () => {
    const { labels, counts } = colouring();
    const keyed = labels.map((_, i) => i).filter((i) => colourOf(i) !== OTHERS || NOTHING.has(labels[i]));
    key.replaceChildren(...keyed.map((i) => {
      const dot = make("span", { class: "dot", "aria-hidden": "true" });
      dot.style.background = colourOf(i);
      return make("li", {}, dot, make("bdi", {}, labels[i]), ` ${counts[i].toLocaleString("en")}`);
    }));
    if (labels.length > keyed.length) key.append(make("li", {}, `${labels.length - keyed.length} more in grey`));
    only.replaceChildren(make("option", { value: "-1" }, "all"));
    labels.forEach((label, i) => only.append(make("option", { value: String(i) }, `${label} (${counts[i].toLocaleString("en")})`)));
    chosen = -1;
  };

  const paint = () => {
    const width = canvas.clientWidth;
    if (!width) return;
    const margin = 12;
    const ratio = data.width > 0 ? Math.min(Math.max(data.height / data.width, 0.35), 0.8) : 0.6;
    const height = Math.round(Math.min(width * ratio, 620)) + 2 * margin;
    const dense = window.devicePixelRatio || 1;
    canvas.width = width * dense;
    canvas.height = height * dense;
    canvas.style.height = `${height}px`;
    const pen = canvas.getContext("2d");
    pen.scale(dense, dense);
    const scale = Math.min((width - 2 * margin) / (data.width || 1), (height - 2 * margin) / (data.height || 1)) / FULL;
    const left = (width - data.width * FULL * scale) / 2, bottom = (height + data.height * FULL * scale) / 2;
    const radius = data.n > 5000 ? 1.6 : data.n > 800 ? 2.4 : 3.6;
    const code = codes[Number(by.value)];
    places = Array.from(x, (value, i) => [left + value * scale, bottom - y[i] * scale]);
    for (const on of [false, true]) {
      pen.globalAlpha = on ? 0.8 : 0.12;
      for (let i = 0; i < data.n; i += 1) {
        if (isOn(i) !== on) continue;
        pen.fillStyle = chosen >= 0 && on && colourOf(code[i]) === OTHERS ? COLOURS[0] : colourOf(code[i]);
        pen.beginPath();
        pen.arc(places[i][0], places[i][1], on && (matches || chosen >= 0) ? radius + 0.8 : radius, 0, 7);
        pen.fill();
      }
    }
    if (at >= 0) {
      pen.globalAlpha = 1;
      pen.lineWidth = 2;
      pen.strokeStyle = getComputedStyle(frame).color;
      pen.beginPath();
      pen.arc(places[at][0], places[at][1], radius + 4, 0, 7);
      pen.stroke();
    }
  };

  const describe = (i) => {
    const labels = data.colourings.map((one, k) => `${one.name}: ${labelOf(i, k)}`).join("; ");
    return `${data.ids[i]}${data.texts && data.texts[i] ? `: “${data.texts[i]}”` : ""} (${labels})`;
  };
  const point = (i, fromKeys = false) => {
    if (i === at) return;
    at = i;
    paint();
    if (i < 0) { hideTip(); return; }
    const box = canvas.getBoundingClientRect();
    showTip(describe(i), box.left + places[i][0], box.top + places[i][1]);
    if (fromKeys) canvas.setAttribute("aria-label", describe(i));
  };
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    let best = -1, least = NEAR * NEAR;
    for (let i = 0; i < data.n; i += 1) {
      if (!isOn(i)) continue;
      const distance = (places[i][0] - px) ** 2 + (places[i][1] - py) ** 2;
      if (distance < least) { best = i; least = distance; }
    }
    point(best);
  });
  canvas.addEventListener("pointerleave", () => point(-1));
  canvas.addEventListener("blur", () => point(-1));
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    for (let k = 1; k <= data.n; k += 1) {
      const i = (at + step * k + (at < 0 && step < 0 ? 1 : 0) + 2 * data.n) % data.n;
      if (isOn(i)) { point(i, true); return; }
    }
  });

  by.addEventListener("change", () => { fillKey(); paint(); });
  only.addEventListener("change", () => { chosen = Number(only.value); paint(); });
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    matches = wanted ? new Set(lower.flatMap((text, i) => (text.includes(wanted) ? [i] : []))) : null;
    found.textContent = matches ? `${plural(matches.size, "text")}` : "";
    const first = matches ? [...matches].slice(0, MOST_HITS) : [];
    hits.replaceChildren(...first.map((i) => make("li", {}, make("bdi", {}, describe(i)))));
    if (matches && matches.size > MOST_HITS) hits.append(make("li", {}, `and ${plural(matches.size - MOST_HITS, "more text")}`));
    paint();
  });

  const tools = make("p", { class: "tools" }, ...(data.colourings.length > 1 ? [field("Colour by", by)] : []), field("Highlight", only), field(data.texts ? "Search ids and texts" : "Search ids", search), found);
  frame.append(tools, canvas, key, hits);
  fillKey();
  new ResizeObserver(paint).observe(frame);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
};

for (const frame of document.querySelectorAll("[data-map]")) draw(frame);
})();
