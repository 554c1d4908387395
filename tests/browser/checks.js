// What a browser shows, measured in the page. Each check returns a list of faults; a fault names its element.
(() => {
  const MOST_LOOKS = 40;
  const SLACK = 1.5;  // CSS pixels; layout rounds

  const name = (element) => {
    const one = (e) => e.localName + (e.id ? "#" + e.id : "") +
      (typeof e.className === "string" && e.className.trim() ? "." + e.className.trim().split(/\s+/).join(".") : "");
    const path = [];
    for (let e = element; e && e !== document.body && path.length < 3; e = e.parentElement) path.unshift(one(e));
    const text = (element.textContent || "").trim().replace(/\s+/g, " ");
    return path.join(" > ") + (text ? ` “${text.length > 50 ? text.slice(0, 50) + "…" : text}”` : "");
  };

  const all = (selector = "*") => [...document.body.querySelectorAll(selector)];
  const style = (element, pseudo) => getComputedStyle(element, pseudo);

  // Hidden for the eye on purpose, and read out: a box of a pixel or so, with its content clipped.
  const isForTheEar = (element) => {
    for (let e = element; e && e !== document.body; e = e.parentElement) {
      const s = style(e), box = e.getBoundingClientRect();
      if (s.position === "absolute" && box.width <= 2 && box.height <= 2 && s.overflow !== "visible") return true;
      if (/inset\((50|100)%/.test(s.clipPath)) return true;
    }
    return false;
  };
  const isSeen = (element) => {
    if (!element.checkVisibility({opacityProperty: true, visibilityProperty: true})) return false;
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && !isForTheEar(element);
  };

  const clips = (value) => value !== "visible";
  const scrolls = (value) => value === "auto" || value === "scroll";

  // The part of an element's box that the boxes around it let through.
  const clipped = (box, element) => {
    let {left, right, top, bottom} = box;
    for (let e = element.parentElement; e && e !== document.documentElement; e = e.parentElement) {
      const s = style(e);
      if (e === document.body || s.display === "inline" || s.display === "contents") continue;
      const outer = e.getBoundingClientRect();
      if (clips(s.overflowX)) { left = Math.max(left, outer.left); right = Math.min(right, outer.right); }
      if (clips(s.overflowY)) { top = Math.max(top, outer.top); bottom = Math.min(bottom, outer.bottom); }
    }
    return {left, right, top, bottom, width: right - left, height: bottom - top};
  };

  const scrollBox = (element) => {
    for (let e = element.parentElement; e && e !== document.body; e = e.parentElement)
      if (scrolls(style(e).overflowX)) return e;
    return null;
  };

  // Text as it is set: a node's lines, as polygons of four corners (texts of SVG may be turned).
  const lines = () => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.data.trim(), parent = node.parentElement;
      if (!text || /^(script|style|title|desc|option|noscript|textarea)$/.test(parent.localName)) continue;
      if (!isSeen(parent)) continue;
      if (parent instanceof SVGTextContentElement) {
        const turn = parent.getScreenCTM(), box = parent.getBBox();
        const at = (x, y) => ({x: turn.a * x + turn.c * y + turn.e, y: turn.b * x + turn.d * y + turn.f});
        const corners = [at(box.x, box.y), at(box.x + box.width, box.y),
          at(box.x + box.width, box.y + box.height), at(box.x, box.y + box.height)];
        const size = parseFloat(style(parent).fontSize) * Math.hypot(turn.a, turn.b);
        found.push({node, parent, text, corners, size, isDrawn: true});
        continue;
      }
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) {
        const box = clipped(rect, {parentElement: parent});
        if (box.width <= 1 || box.height <= 1) continue;
        const corners = [{x: box.left, y: box.top}, {x: box.right, y: box.top},
          {x: box.right, y: box.bottom}, {x: box.left, y: box.bottom}];
        found.push({node, parent, text, corners, size: parseFloat(style(parent).fontSize), isDrawn: false});
      }
    }
    return found;
  };

  // Text boxes are taller than letters: two of them may touch.
  const shrunk = (corners) => {
    const [a, b, , d] = corners;
    const width = Math.hypot(b.x - a.x, b.y - a.y), height = Math.hypot(d.x - a.x, d.y - a.y);
    const across = width > 4 ? (width - 3) / width : 0.3, down = height > 0 ? 0.6 : 1;
    const cx = corners.reduce((sum, p) => sum + p.x, 0) / 4, cy = corners.reduce((sum, p) => sum + p.y, 0) / 4;
    const u = {x: (b.x - a.x) / 2 * across, y: (b.y - a.y) / 2 * across};
    const v = {x: (d.x - a.x) / 2 * down, y: (d.y - a.y) / 2 * down};
    return [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([i, j]) => ({x: cx + i * u.x + j * v.x, y: cy + i * u.y + j * v.y}));
  };
  const meet = (first, second) => {  // two convex polygons, by the axes that could part them
    for (const polygon of [first, second]) {
      for (let i = 0; i < polygon.length; i += 1) {
        const p = polygon[i], q = polygon[(i + 1) % polygon.length];
        const axis = {x: q.y - p.y, y: p.x - q.x};
        const span = (points) => points.map((o) => o.x * axis.x + o.y * axis.y);
        const one = span(first), two = span(second);
        if (Math.max(...one) <= Math.min(...two) || Math.max(...two) <= Math.min(...one)) return false;
      }
    }
    return true;
  };

  // Rows of values; a row whose only cell spans the table is a heading among them.
  const isHeading = (row) => row.cells.length === 1 && row.cells[0].colSpan > 1;
  const rowsOf = (table) => [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !isHeading(row));

  const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, " +
    "[tabindex]:not([tabindex='-1']), [role=button]";
  const kind = (e) => {
    if (e.localName === "summary") return "summary";
    if (e.localName === "a") return e.getAttribute("href").startsWith("#") ? "jump" : "link";
    if (e.matches("th button.sort, th[aria-sort] button")) return "sort";
    if (e.matches("button[data-more]")) return "more";
    if (e.matches("input[data-filters]")) return "filter";
    if (e.localName === "select") return "select";
    if (e.matches("input[type=radio], input[type=checkbox]")) return "tick";
    if (e.matches("input[type=range]")) return "range";
    if (e.matches("input, textarea")) return "field";
    if (e.matches("[data-tip]")) return "tip";
    if (e.localName === "button" || e.getAttribute("role") === "button") return "button";
    if (scrolls(style(e).overflowX)) return "scroll";
    return "other";
  };

  // How a table stands by the column of a button: the direction it says, whether that's so, its rows.
  const order = (button) => {
    const head = button.closest("th"), table = head.closest("table");
    const column = [...head.parentElement.cells].slice(0, head.cellIndex).reduce((sum, cell) => sum + cell.colSpan, 0);
    const sign = {ascending: 1, descending: -1}[head.ariaSort] ?? 0;
    const read = (row) => (row.cells[column]?.querySelector("b") ?? row.cells[column])?.textContent.trim() ?? "";
    const number = (text) => {
      const plain = text.replace(/\u2212/g, "-").replace(/,/g, "").match(/^[<>≤≥\s]*([+-]?\d*\.?\d+(e[+-]?\d+)?)/i);
      return plain ? Number(plain[1]) : NaN;
    };
    const wrong = (one, two) => {  // numbers come before words, cells without a value last
      const without = [one, two].map((text) => /^[–—-]?$/.test(text)), values = [number(one), number(two)];
      if (without.includes(true)) return without[0] && !without[1];
      if (values.some(Number.isNaN)) return values.every(Number.isNaN)
        ? one.localeCompare(two, "en") * sign > 0 : Number.isNaN(values[0]);
      return (values[0] - values[1]) * sign > 0;
    };
    const bodies = [...table.tBodies].map((body) => rowsOf(table).filter((row) => row.parentElement === body));
    const sorted = bodies.every((rows) => rows.every((row, i) => !i || !wrong(read(rows[i - 1]), read(row))));
    const rows = rowsOf(table), shown = rows.map((row) => row.checkVisibility());
    const gaps = shown.some((one, i) => one && shown.slice(0, i).includes(false));
    return {sign, sorted, gaps, rows: rows.map((row) => row.textContent).sort()};
  };

  return {
    name: (element) => name(element),

    // The document is no wider than the window.
    wide() {
      const page = document.scrollingElement, width = document.documentElement.clientWidth;
      if (page.scrollWidth <= width + SLACK) return [];
      const causes = all().filter((e) => isSeen(e) && !scrollBox(e) && e.getBoundingClientRect().right > width + SLACK);
      const outermost = causes.filter((e) => !causes.some((other) => other !== e && other.contains(e)));
      const texts = lines().filter((line) => !scrollBox(line.parent) && line.corners[1].x > width + SLACK).map((line) => line.parent);
      const named = [...new Set([...outermost, ...texts])].slice(0, 5);
      return (named.length ? named.map(name) : ["the document"]).map(
        (who) => `the document is ${page.scrollWidth} px wide in a window of ${width}: ${who}`);
    },

    // Nothing stands outside the window, but in a box that scrolls, is marked, and shows that it does.
    outside() {
      const width = document.documentElement.clientWidth, faults = [];
      for (const e of all()) {
        if (!isSeen(e) || scrollBox(e) || e.closest("svg") !== null && e.localName !== "svg") continue;
        const box = clipped(e.getBoundingClientRect(), e);
        if (box.width > 0 && (box.left < -SLACK || box.right > width + SLACK)) faults.push(`outside the window: ${name(e)}`);
      }
      return faults;
    },
    boxes() {
      const faults = [];
      for (const e of all()) {
        const s = style(e);
        if (!isSeen(e) || /^(select|textarea|input|option|iframe)$/.test(e.localName)) continue;
        if (scrolls(s.overflowY) && e.scrollHeight > e.clientHeight + SLACK)
          faults.push(`${e.scrollHeight - e.clientHeight} px are hidden in a box of limited height: ${name(e)}`);
        if (!scrolls(s.overflowX) || e.scrollWidth <= e.clientWidth + SLACK) continue;
        if (!e.matches(".scroll")) faults.push(`scrolls sideways and isn't marked .scroll: ${name(e)}`);
        if (e.tabIndex < 0) faults.push(`scrolls sideways, but not by the keyboard (tabindex): ${name(e)}`);
        const cue = [s.backgroundImage, s.maskImage, s.boxShadow].some((value) => value && value !== "none") ||
          ["::before", "::after"].some((pseudo) => !/^(none|normal)$/.test(style(e, pseudo).content)) ||
          [...e.parentElement.querySelectorAll(":scope > .cue")].some((one) => isSeen(one) && one.textContent.trim());
        if (!cue) faults.push(`scrolls sideways without a cue: ${name(e)}`);
      }
      return faults;
    },

    // No text is cut off.
    cut() {
      const faults = [];
      for (const e of all()) {
        if (e.closest("svg") || !e.textContent.trim() || !isSeen(e)) continue;
        if (/^(select|textarea|input|script|style|iframe|option)$/.test(e.localName)) continue;
        const s = style(e), hides = (value) => value === "hidden" || value === "clip";
        const beyond = (hides(s.overflowX) && e.scrollWidth > e.clientWidth + SLACK) ||
          (hides(s.overflowY) && e.scrollHeight > e.clientHeight + SLACK);
        if (beyond && s.display !== "inline") faults.push(`text is cut: ${name(e)}`);
      }
      for (const svg of all("svg")) {
        if (!isSeen(svg) || !clips(style(svg).overflow)) continue;
        const frame = svg.getBoundingClientRect();
        for (const text of svg.querySelectorAll("text")) {
          if (!isSeen(text)) continue;
          const box = text.getBoundingClientRect(), slack = 0.2 * box.height;
          if (box.left < frame.left - SLACK || box.right > frame.right + SLACK || box.top < frame.top - slack ||
              box.bottom > frame.bottom + slack) faults.push(`text is cut by its picture's edge: ${name(text)}`);
        }
      }
      return faults;
    },

    // No text lies over another.
    overlap() {
      const set = lines().map((line) => {
        const corners = shrunk(line.corners), xs = corners.map((p) => p.x), ys = corners.map((p) => p.y);
        return {...line, corners, left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys)};
      }).sort((a, b) => a.left - b.left);
      const faults = new Set();
      set.forEach((one, i) => {
        for (let j = i + 1; j < set.length && set[j].left < one.right; j += 1) {
          const two = set[j];
          if (one.node === two.node || two.top >= one.bottom || one.top >= two.bottom) continue;
          if (one.isDrawn && one.text === two.text) continue;  // a text and its halo
          if (meet(one.corners, two.corners)) faults.add(`text over text: ${name(one.parent)} / ${name(two.parent)}`);
        }
      });
      return [...faults];
    },

    // Letters are at least so many pixels high as they are set (font size, after the picture's scale).
    small(least) {
      const faults = new Set();
      for (const line of lines())
        if (line.size < least) faults.add(`letters of ${line.size.toFixed(1)} px: ${name(line.parent)}`);
      return [...faults];
    },

    // Every row is shown, or a button says how many more there are.
    rows() {
      const faults = [];
      for (const table of all("table")) {
        const rows = rowsOf(table), hidden = rows.filter((row) => !row.checkVisibility());
        if (!table.checkVisibility() || !hidden.length) continue;
        const button = table.id && document.querySelector(`[data-more="${CSS.escape(table.id)}"]`);
        const told = button && isSeen(button) && button.textContent.replace(/[\s,.\u202f]/g, "").includes(String(rows.length));
        if (!told) faults.push(`${hidden.length} of ${rows.length} rows are hidden, and no button says so: ${name(table)}`);
      }
      return faults;
    },

    // Nothing waits for a script (or, with `folds`, for a click): every row, panel and picture is there.
    folded(folds) {
      const faults = [];
      for (const e of all("tr, [data-panel], table, svg, figure, details > :not(summary, .tools, .cue, button)"))
        // Heads of a stacked table stand before each of its cells instead.
        if (!e.checkVisibility() && !e.closest("defs, symbol, template, .stacked thead") && (folds || !e.closest("details:not([open])")))
          faults.push(`isn't shown: ${name(e)}`);
      return faults;
    },
    controls(printed) {  // on paper a head that sorts is a head
      return all("button, select, input, textarea").filter((e) => isSeen(e) && !(printed && e.closest("th")))
        .map((e) => `a control that does nothing here: ${name(e)}`);
    },

    // On paper: no row may break, and nothing that can't break is longer than a page.
    breaks(height) {
      const faults = [];
      for (const e of all()) {
        if (!e.checkVisibility()) continue;
        const s = style(e), box = e.getBoundingClientRect();
        if (e.localName === "tr" && box.height <= height && !/^avoid/.test(s.breakInside))
          faults.push(`a row may break between pages: ${name(e)}`);
        if (e.closest("svg") && e.localName !== "svg" || isForTheEar(e)) continue;
        const whole = /^(svg|img|canvas|iframe)$/.test(e.localName) ||
          e !== document.body && (clips(s.overflowX) || clips(s.overflowY)) && e.textContent.trim();
        if (whole && box.height > height) faults.push(`is cut at the end of a page, ${Math.round(box.height)} px high: ${name(e)}`);
      }
      return faults;
    },
    labels() {  // the first cell of every row, to be looked for on paper
      // A PDF holds letters in the order in which they are painted: names that run from right to left are looked at elsewhere.
      const turned = /[\u0590-\u08ff\u202a-\u202e\u2066-\u2069]/;
      return all("tbody > tr > :first-child").map((e) => e.textContent.trim().replace(/\s+/g, ""))
        .filter((text) => text && !turned.test(text));
    },
    margins() {  // of `@page`, in CSS pixels: top, right, bottom, left
      const ruler = document.body.appendChild(document.createElement("div"));
      ruler.style.position = "absolute";
      let found = null;
      const look = (rule) => {
        if (rule instanceof CSSMediaRule) [...rule.cssRules].forEach(look);
        if (rule instanceof CSSPageRule)
          found = ["Top", "Right", "Bottom", "Left"].map((side) => {
            ruler.style.width = rule.style[`margin${side}`] || "0";
            return ruler.getBoundingClientRect().width;
          });
      };
      for (const sheet of document.styleSheets) [...sheet.cssRules].forEach(look);
      ruler.remove();
      return found;
    },

    // Controls ----------------------------------------------------------------------------------------------------
    next() {  // the next one that is shown and wasn't used
      const used = window.usedByTests ??= new WeakSet();
      const found = all(CONTROLS).find((e) => !used.has(e) && !e.disabled && isSeen(e));
      if (found) used.add(found);
      return found ?? null;
    },
    about(e) {
      return {kind: kind(e), name: name(e)};
    },
    others(most) {  // use the buttons of each table's heads beyond the first ones, all at once
      const used = window.usedByTests ??= new WeakSet(), faults = [];
      let n = 0;
      for (const table of all("table"))
        for (const button of [...table.querySelectorAll("th button")].filter((e) => kind(e) === "sort").slice(most)) {
          if (used.has(button) || !isSeen(button)) continue;
          used.add(button);
          button.click();
          const said = button.closest("th").ariaSort, isLook = n < MOST_LOOKS;  // to look takes longer than to sort
          n += 1;
          if (!/cending$/.test(said) || isLook && !order(button).sorted) faults.push(`sort: rows aren't sorted as aria-sort says: ${name(button)}`);
        }
      return faults;
    },
    unused() {
      const used = window.usedByTests ??= new WeakSet();
      return all(CONTROLS).filter((e) => !used.has(e) && !e.closest("template")).map(name);
    },
    reached() {  // note what has the focus, and whether that shows; false when it was there before
      const seen = window.reachedByTests ??= new Map(), e = document.activeElement;
      if (seen.has(e)) return false;
      const s = style(e), t = style(e, "::after");
      const ring = (o) => o.outlineStyle !== "none" && parseFloat(o.outlineWidth) > 0;
      seen.set(e, ring(s) || ring(t) || s.boxShadow !== "none");
      return true;
    },
    unreached() {
      const seen = window.reachedByTests ?? new Map(), faults = [];
      const groups = new Set([...seen.keys()].filter((e) => e.type === "radio").map((e) => e.name));
      for (const e of all(CONTROLS)) {
        if (!isSeen(e) || e.disabled || e.tabIndex < 0 || e.type === "radio" && groups.has(e.name)) continue;
        if (!seen.has(e)) faults.push(`the Tab key doesn't reach it: ${name(e)}`);
        else if (!seen.get(e)) faults.push(`no ring shows that it has the focus: ${name(e)}`);
      }
      return faults;
    },
    home: (e) => all("svg, table, figure").indexOf(e.closest("svg, table, figure")),
    tipless() {
      return all("[data-tip]").filter((e) => !e.dataset.tip.trim()).map((e) => `an empty tip: ${name(e)}`);
    },
    order,
    filtered(field) {  // rows that a table shows, those that hold what is searched, and what is said beside the field
      const table = document.getElementById(field.dataset.filters), rows = rowsOf(table);
      const wanted = field.value.trim().toLowerCase();
      const said = [...document.querySelectorAll("output")].filter((o) =>
        o.htmlFor?.contains?.(field.id) || field.parentElement.contains(o) || field.parentElement.parentElement.contains(o));
      return {
        shown: rows.filter((row) => row.checkVisibility()).length,
        holding: rows.filter((row) => row.textContent.toLowerCase().includes(wanted)).length,
        all: rows.length,
        said: said.map((o) => o.textContent).join(" "),
        word: (rows.at(-1)?.cells[0]?.textContent.trim().split(/\s+/)[0] ?? ""),
      };
    },
    panels(control) {  // of a switch: how many of its panels show, of how many
      const home = control.dataset.switch && document.getElementById(control.dataset.switch);
      const panels = home ? [...home.querySelectorAll(":scope > [data-panel]")] : [];
      return home ? [panels.filter((e) => e.checkVisibility()).length, panels.length] : null;
    },
    point(mark) {  // where the pointer meets a mark that is in the window; null where others lie over all of it
      const box = mark.getBoundingClientRect();
      for (const fx of [0.5, 0.25, 0.75, 0.02, 0.98])
        for (const fy of [0.5, 0.25, 0.75, 0.02, 0.98]) {
          const x = box.left + fx * box.width, y = box.top + fy * box.height;
          if (document.elementFromPoint(x, y)?.closest("[data-tip]") === mark) return {x, y};
        }
      return null;
    },
    lively(canvas) {  // where a canvas shows a tip: few points may lie on it, so it is searched in small steps
      const box = canvas.getBoundingClientRect(), step = 5;
      for (let y = box.top + step; y < Math.min(box.bottom, innerHeight); y += step)
        for (let x = box.left + step; x < Math.min(box.right, innerWidth); x += step) {
          canvas.dispatchEvent(new PointerEvent("pointermove", {clientX: x, clientY: y, bubbles: true}));
          if (all("[role=tooltip]").some((e) => !e.hidden && isSeen(e))) return {x, y};
        }
      return null;
    },
    tip() {
      return all("[role=tooltip]").filter(isSeen).map((e) => e.textContent.trim()).join(" ");
    },

    // All that a control may change beside its own value: to be compared before and after it is used.
    state() {
      const pictures = [...document.querySelectorAll("canvas")].map((e) => {
        try { return e.width && e.height ? e.toDataURL() : ""; } catch { return ""; }
      });
      const shown = all().map((e) => e.checkVisibility() ? "1" : "0").join("");
      const text = JSON.stringify([document.body.innerHTML, shown, pictures, location.hash]);
      let sum = 5381;
      for (let i = 0; i < text.length; i += 1) sum = (sum * 33 ^ text.charCodeAt(i)) >>> 0;
      return sum;
    },
  };
})()
