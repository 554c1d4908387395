// The viewer of slices: brainsprite draws, this paints its two pictures in the colours of the page and steers it.
(() => {
  "use strict";
  const root = document.querySelector(".slices");
  if (!root || typeof brainsprite !== "function") return;
  const byId = (name) => document.getElementById(`slices-${name}`);
  const data = JSON.parse(root.querySelector(".slices-data").textContent);
  const ground = root.querySelector(".slices-ground");
  const overlays = [...root.querySelectorAll(".slices-values")];
  const [group, place, opacity] = ["group", "place", "opacity"].map(byId);
  const [background, overlay, canvas, at] = ["background", "overlay", "canvas", "at"].map(byId);
  const axes = ["x", "y", "z"].map(byId);
  const letters = ["X", "Y", "Z"];
  const size = letters.map((axis) => data.params.nbSlice[axis]);
  const minus = (value) => String(value).replace("-", "\u2212");
  const chosen = () => (group ? Number(group.value) : 0);
  let brain = null;

  // Labels of voxels: 0 outside of every region, else 1 + the number of the region or node.
  const labels = new Uint16Array(size[0] * size[1] * size[2]);
  for (let i = 0, end = 0; i < data.runs.length; i += 3) {
    const start = end + data.runs[i];
    end = start + data.runs[i + 1];
    labels.fill(data.runs[i + 2], start, end);
  }

  // A picture's pixels whose colour is a key take the colour that stands there; no other changes.
  const key = (red, green, blue) => (red << 16) | (green << 8) | blue;
  function paint(target, image, colours) {
    target.width = image.naturalWidth;
    target.height = image.naturalHeight;
    const context = target.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    if (!colours.size) return;
    const pixels = context.getImageData(0, 0, target.width, target.height);
    const bytes = pixels.data;
    for (let i = 0; i < bytes.length; i += 4) {
      const colour = bytes[i + 3] && colours.get(key(bytes[i], bytes[i + 1], bytes[i + 2]));
      if (colour) bytes.set(colour, i);
    }
    context.putImageData(pixels, 0, 0);
  }

  // The colours of the page as they are now; on paper those of the pictures, which are the light ones.
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  function variable(name, otherwise) {
    probe.fillStyle = otherwise;
    probe.fillStyle = getComputedStyle(root).getPropertyValue(name).trim() || otherwise;
    probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3);
  }
  const css = (colour) => `rgb(${colour.join(",")})`;
  function theme(onPaper) {
    const paper = onPaper ? [255, 255, 255] : variable("--card", "#ffffff");
    const ink = onPaper ? [0, 0, 0] : variable("--ink", "#000000");
    const steps = new Map();
    for (const [name, light] of data.colours) {
      const now = onPaper ? light : variable(name, css(light));
      if (key(...now) !== key(...light)) steps.set(key(...light), now);
    }
    const isWhite = key(...paper) === key(255, 255, 255);
    paint(background, ground, isWhite ? new Map() : new Map([[key(255, 255, 255), paper]]));
    paint(overlay, overlays[chosen()], steps);
    return { colorBackground: css(paper), colorFont: css(ink), colorCrosshair: css(ink) };
  }

  function tell() {
    const voxel = letters.map((axis) => brain.numSlice[axis]);
    const mm = voxel.map((index, axis) => data.origin_mm[axis] + data.step_mm[axis] * index);
    const label = labels[voxel[0] + size[0] * (voxel[1] + size[1] * voxel[2])];
    const where = mm.map((value, axis) => `${"xyz"[axis]} ${minus(value)}`).join(", ");
    const what = label ? `${data.targets[label - 1]}: ${data.values[chosen()][label - 1]}` : "no region";
    at.textContent = `${data.groups[chosen()]} · ${where} mm · ${what}`;
    axes.forEach((input, axis) => {
      input.value = mm[axis];
      input.setAttribute("aria-valuetext", `${minus(mm[axis])} mm`);
    });
  }
  function redraw() {
    brain.init();
    brain.drawAll();
    tell();
  }
  function repaint(onPaper) {
    Object.assign(brain, theme(onPaper === true));
    redraw();
  }
  function go(voxel) {
    letters.forEach((axis, i) => { brain.numSlice[axis] = voxel[i]; });
    redraw();
  }

  async function start() {
    await Promise.all([ground, ...overlays].map((image) => image.decode()));
    const colours = theme(false);
    root.classList.add("is-on");
    brain = brainsprite({
      ...data.params,
      ...colours,
      canvas: "slices-canvas",
      sprite: "slices-background",
      overlay: { sprite: "slices-overlay", nbSlice: data.params.nbSlice, opacity: 1 },
      numSlice: { X: data.start[0], Y: data.start[1], Z: data.start[2] },
      crosshair: true,
      flagCoordinates: true,
      flagValue: false,
      title: false,
      onclick: () => { place.value = ""; tell(); },
    });
    tell();
    group?.addEventListener("change", () => repaint());
    place.addEventListener("change", () => { if (place.value) go(data.places[Number(place.value)]); });
    axes.forEach((input) => input.addEventListener("input", () => {
      place.value = "";
      go(axes.map((one, i) => Math.round((Number(one.value) - data.origin_mm[i]) / data.step_mm[i])));
    }));
    opacity.addEventListener("input", () => {
      opacity.setAttribute("aria-valuetext", `${opacity.value} %`);
      brain.overlay.opacity = opacity.value / 100;
      redraw();
    });
    document.addEventListener("mouseup", () => canvas.removeEventListener("mousemove", brain.clickBrain, false));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => repaint());
    addEventListener("beforeprint", () => repaint(true));
    addEventListener("afterprint", () => repaint());
    new ResizeObserver(() => { if (brain.resize()) redraw(); }).observe(canvas.parentElement);
  }
  start().catch(() => root.classList.remove("is-on"));
})();
