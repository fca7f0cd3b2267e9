// The page: what is open, what is chosen, where the view stands; pointer, keys and search change it.

const data = JSON.parse(document.getElementById("data").textContent);
data.byPath = new Map(data.layers.map((layer) => [layer[0], layer]));
const [stage, picture, world, panel, search, found] =
  ["stage", "picture", "world", "panel", "search", "found"].map((id) => document.getElementById(id));
const open = new Set();
const boxes = new Map(); // by key, the boxes that are on the picture, in the order of the network
let chosen = null, view = { x: 0, y: 0, scale: 1 }, size = { wide: 1, high: 1 }, fitted = true;

function redraw() {
  boxes.clear();
  const laid = laidOut(data, open, 0, "m", "");
  size = laid;
  world.replaceChildren(shown(laid, (each, element) => boxes.set(each.key, { ...each, element })));
  if (fitted) fit();
  mark();
}

function place(next) {
  view = next;
  world.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
}

/** Shows the whole, if it can be read then, and else its beginning; never larger than it was drawn for. */
function fit(least = 0.55) {
  const { clientWidth: wide, clientHeight: high } = stage;
  const scale = Math.max(least, Math.min(1.35, (wide - 32) / size.wide, (high - 64) / size.high));
  const x = Math.max(16, (wide - size.wide * scale) / 2), y = Math.max(16, (high - 40 - size.high * scale) / 3);
  place({ x, y, scale });
  fitted = true;
}

function zoom(factor, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
  const scale = Math.min(8, Math.max(0.05, view.scale * factor));
  const real = scale / view.scale;
  place({ x: x - (x - view.x) * real, y: y - (y - view.y) * real, scale });
  fitted = false;
}

/** Shows a box, as large as it can be read well; its beginning where it is too large for that. */
function focusOn(key) {
  const each = boxes.get(key);
  if (!each) return fit();
  const { clientWidth: wide, clientHeight: high } = stage;
  const scale = Math.max(0.8, Math.min(1.2, (wide - 48) / each.wide, (high - 110) / each.high));
  const corner = each.element.getBoundingClientRect(), room = stage.getBoundingClientRect();
  const x = (corner.left - room.left - view.x) / view.scale, y = (corner.top - room.top - view.y) / view.scale;
  place({ scale, x: Math.max(24, (wide - each.wide * scale) / 2) - x * scale,
    y: Math.max(24, (high - 60 - each.high * scale) / 2) - y * scale });
  fitted = false;
}

/** Moves the view as little as needed to show a box. */
function reveal(key) {
  const box = boxes.get(key)?.element.getBoundingClientRect(), room = stage.getBoundingClientRect();
  if (!box) return;
  const shift = (low, high, from, to) => low < from + 20 ? from + 20 - low : high > to - 20
    ? Math.max(to - 20 - high, from + 20 - low) : 0;
  const [x, y] = [shift(box.left, box.right, room.left, room.right), shift(box.top, box.bottom, room.top, room.bottom - 24)];
  if (x || y) {
    place({ ...view, x: view.x + x, y: view.y + y });
    fitted = false;
  }
}

function mark() {
  for (const [key, { element }] of boxes) element.classList.toggle("chosen", key === chosen);
}

/** Chooses a box and tells of it: of one layer, or of the layers that it stands for; a port stands for none. */
function choose(key, path = null) {
  const { box, prefix } = boxes.get(key);
  if (!box.paths.length) return;
  chosen = key;
  mark();
  reveal(key);
  const paths = box.paths.map((each) => joined(prefix, each));
  const one = layerOf(data, path ?? (paths.find((each) => isLead(box, each)) ?? paths[0]));
  const others = paths.length > 1 ? [html("nav", { class: "parts", "aria-label": "Layers of the box" }, paths.map((each) =>
    html("button", { type: "button", "aria-pressed": String(each === one.path), onclick: () => choose(key, each) },
      each.split(".").slice(prefix ? prefix.split(".").length : 0).join(".") || each)))] : [];
  const opens = box.opens === null ? [] : [html("button", { type: "button", class: "opens", onclick: () => toggle(key) },
    open.has(key) ? "Close in the picture" : "Open in the picture")];
  const told = box.copies > 1 ? [html("p", { class: "copies" }, `${box.copies} of them, one after the other; ${box.tip}`)] : [];
  panel.replaceChildren(...others, ...told, ...layerPanel(data, one).filter(Boolean), ...opens);
  panel.scrollTop = 0;
}

/** Whether a layer gives its box the name. */
function isLead(box, path) {
  return box.kind === "op" && box.lines.some(([text]) => text.startsWith(layerOf(data, path)?.op ?? "\n"));
}

function toggle(key) {
  const each = boxes.get(key);
  if (!each || each.box.opens === null) return;
  if (open.has(key)) {
    for (const other of [...open]) if (other === key || other.startsWith(`${key}/`)) open.delete(other);
  } else open.add(key);
  redraw();
  focusOn(open.has(key) ? key : parentOf(key));
  choose(key);
}

/** Opens what hides a layer, and chooses it. */
function goTo(path) {
  let rest = "m";
  for (let depth = 0; depth < 12; depth++) {
    const here = [...boxes.values()].filter((each) => each.key.startsWith(`${rest}/`) && !each.key.slice(rest.length + 1).includes("/"));
    const at = here.find(({ box, prefix }) => box.paths.some((each) => {
      const whole = joined(prefix, each);
      return path === whole || path.startsWith(`${whole}.`);
    }));
    if (!at) return;
    const exact = at.box.paths.length === 1 && joined(at.prefix, at.box.paths[0]) === path;
    const within = at.box.kind === "op" && at.box.copies === 1;
    if (exact || within) {
      focusOn(rest);
      return choose(at.key, exact ? null : path);
    }
    open.add(at.key);
    redraw();
    rest = at.key;
  }
}

// Keys

function parentOf(key) {
  const cut = key.lastIndexOf("/");
  return key.slice(0, cut);
}

/** The nearest box in a direction, among those that can be seen and hold no other; from an open box, its first. */
function nearest(direction) {
  const from = boxes.get(chosen)?.element.getBoundingClientRect();
  const leaves = [...boxes.values()].filter(({ key, box }) => !open.has(key) && box.paths.length);
  if (!from) return leaves[0]?.key;
  if (open.has(chosen)) return leaves.find(({ key }) => key.startsWith(`${chosen}/`))?.key;
  const [dx, dy] = direction, x = (from.left + from.right) / 2, y = (from.top + from.bottom) / 2;
  let best = null, least = Infinity;
  for (const { key, element } of leaves) {
    const to = element.getBoundingClientRect();
    const [right, down] = [(to.left + to.right) / 2 - x, (to.top + to.bottom) / 2 - y];
    const along = right * dx + down * dy, aside = Math.abs(right * dy) + Math.abs(down * dx);
    if (key !== chosen && along > 2 && along + 3 * aside < least) [best, least] = [key, along + 3 * aside];
  }
  return best ?? (dx ? leaves[Math.max(0, leaves.findIndex(({ key }) => key === chosen) + dx)]?.key : null);
}

stage.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const does = {
    Enter: () => chosen && toggle(chosen), "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: () => fit(0),
    Escape: () => {
      if (!chosen) return;
      const parent = parentOf(chosen);
      if (open.has(chosen)) toggle(chosen);
      else if (boxes.has(parent)) toggle(parent);
      else closePanel();
    },
  }[event.key];
  if (!direction && !does) return;
  event.preventDefault();
  if (does) return does();
  const next = nearest(direction);
  if (next) choose(next);
});

function closePanel() {
  chosen = null;
  mark();
  panel.replaceChildren(html("p", { class: "hint" }, "Choose a layer: its arithmetic stands here."), ...overview());
}

function overview() {
  return [html("h2", {}, data.name), html("ul", {}, data.said.map((text) => html("li", {}, text)))];
}

// Pointer

let dragged = null;
stage.addEventListener("pointerdown", (event) => {
  if (event.button === 0) dragged = { x: event.clientX, y: event.clientY, from: { ...view }, moved: false };
});
stage.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  const [x, y] = [event.clientX - dragged.x, event.clientY - dragged.y];
  if (!dragged.moved && Math.hypot(x, y) < 4) return;
  if (!dragged.moved) stage.setPointerCapture(event.pointerId);
  dragged.moved = true;
  place({ ...view, x: dragged.from.x + x, y: dragged.from.y + y });
  fitted = false;
});
const dropped = () => { dragged = null; };
stage.addEventListener("pointerup", (event) => {
  const box = !dragged?.moved && event.target.closest?.(".box");
  if (box) {
    if (event.target.matches(".more, .title, .head")) toggle(box.dataset.key);
    else choose(box.dataset.key);
  }
  dropped();
});
stage.addEventListener("pointercancel", dropped);
stage.addEventListener("dblclick", (event) => {
  const box = event.target.closest?.(".box");
  if (box && !event.target.matches(".more, .title, .head")) toggle(box.dataset.key);
});
stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  const room = stage.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.03 : 0.0015)), event.clientX - room.left, event.clientY - room.top);
}, { passive: false });

// Search

let hits = [], hit = 0;
function listed() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  hits = words.length ? data.layers.filter(([path, facts]) =>
    words.every((word) => path.toLowerCase().includes(word) || data.facts[facts].op.toLowerCase().includes(word))).slice(0, 60) : [];
  hit = 0;
  found.replaceChildren(...hits.map(([path, facts], number) => html("li", { role: "option", id: `hit${number}`,
    "aria-selected": String(number === hit), onpointerdown: (event) => { event.preventDefault(); taken(number); } },
    path, html("small", {}, data.facts[facts].op))));
  if (words.length && !hits.length) found.replaceChildren(html("li", { class: "none" }, "no such layer"));
  found.hidden = !words.length;
  search.setAttribute("aria-expanded", String(!found.hidden));
}

function taken(number) {
  const path = hits[number]?.[0];
  if (!path) return;
  search.value = "";
  listed();
  goTo(path);
  stage.focus();
}

search.addEventListener("input", listed);
search.addEventListener("blur", () => { found.hidden = true; });
search.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Enter") taken(hit);
  else if (event.key === "Escape") {
    search.value = "";
    listed();
    stage.focus();
  } else if (step && hits.length) {
    event.preventDefault();
    hit = (hit + step + hits.length) % hits.length;
    [...found.children].forEach((each, number) => each.setAttribute("aria-selected", String(number === hit)));
    found.children[hit].scrollIntoView({ block: "nearest" });
  } else return;
  event.stopPropagation();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.matches("input")) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});

// The rest

document.getElementById("name").textContent = data.name;
document.getElementById("said").textContent = data.said.join(" · ");
document.getElementById("fit").addEventListener("click", () => fit(0));
document.getElementById("larger").addEventListener("click", () => zoom(1.25));
document.getElementById("smaller").addEventListener("click", () => zoom(0.8));
document.getElementById("close-all").addEventListener("click", () => {
  open.clear();
  fitted = true;
  redraw();
  closePanel();
});
document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
const there = new Set(data.sheets.flatMap((sheet) => sheet.rows.flatMap((row) => row.boxes.map((box) => box.family))));
document.getElementById("legend").append(...Object.entries(data.families).filter(([word]) => there.has(word)).map(([word, name]) =>
  html("li", {}, svg("svg", { width: 12, height: 12, class: `of-${word}` }, svg("rect", { class: "body", width: 12, height: 12, rx: 2 })), name)));
addEventListener("resize", () => { if (fitted) fit(); });
redraw();
closePanel();
const first = [...boxes.values()].find(({ box }) => box.paths.some((path) => layerOf(data, path).axes[0]?.window));
if (first) choose(first.key);
stage.focus({ preventScroll: true });
