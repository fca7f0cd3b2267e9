// The page: what is open, what is chosen, where the view stands.

const data = JSON.parse(document.getElementById("data").textContent);
data.byPath = new Map(data.layers.map((layer) => [layer[0], layer]));
const [stage, picture, world, panel, search, found] = ["stage", "picture", "world", "panel", "search", "found"].map(
  (id) => document.getElementById(id),
);
const open = new Set();
const boxes = new Map(); // by key, the boxes that are on the picture, in the order of the network
let chosen = null,
  view = { x: 0, y: 0, scale: 1 },
  size = { wide: 1, high: 1 },
  fitted = true;

function redraw() {
  boxes.clear();
  const laid = laidOut(data, open, 0, "m", "");
  size = laid;
  world.replaceChildren(shown(laid, (each, element) => boxes.set(each.key, { ...each, element })));
  if (fitted) fit();
  mark();
}

function mark() {
  for (const [key, { element }] of boxes) element.classList.toggle("chosen", key === chosen);
}

/** Chooses a box and tells of it: of one layer, of the layers that it stands for, or why it is refused; a port stands
 * for none. */
function choose(key, path = null) {
  const { box, prefix } = boxes.get(key);
  if (!tellable(box)) return;
  chosen = key;
  mark();
  reveal(key);
  if (box.wrong) return panel.replaceChildren(...mistake());
  const paths = box.paths.map((each) => joined(prefix, each));
  const one = layerOf(data, path ?? paths.find((each) => isLead(box, each)) ?? paths[0]);
  const others =
    paths.length > 1
      ? [
          html(
            "nav",
            { class: "parts", "aria-label": "Layers of the box" },
            paths.map((each) =>
              html(
                "button",
                { type: "button", "aria-pressed": String(each === one.path), onclick: () => choose(key, each) },
                each
                  .split(".")
                  .slice(prefix ? prefix.split(".").length : 0)
                  .join(".") || each,
              ),
            ),
          ),
        ]
      : [];
  const opens =
    box.opens === null
      ? []
      : [
          html(
            "button",
            { type: "button", class: "opens", onclick: () => toggle(key) },
            open.has(key) ? "Close in the picture" : "Open in the picture",
          ),
        ];
  const told =
    box.copies > 1 ? [html("p", { class: "copies" }, `${box.copies} of them, one after the other; ${box.tip}`)] : [];
  panel.replaceChildren(...others, ...told, ...layerPanel(data, one).filter(Boolean), ...opens);
  panel.scrollTop = 0;
}

/** Whether there is something to tell of a box. */
function tellable(box) {
  return box.paths.length > 0 || box.wrong;
}

/** What is wrong with the spec, as the linter tells it. */
function mistake() {
  return [
    html("h2", { class: "wrong" }, data.mistake.message),
    html("pre", { class: "mistake" }, data.mistake.told),
    html("p", { class: "hint" }, "The network is drawn as far as it is known."),
  ];
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
    const here = [...boxes.values()].filter(
      (each) => each.key.startsWith(`${rest}/`) && !each.key.slice(rest.length + 1).includes("/"),
    );
    const at = here.find(({ box, prefix }) =>
      box.paths.some((each) => {
        const whole = joined(prefix, each);
        return path === whole || path.startsWith(`${whole}.`);
      }),
    );
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

function closePanel() {
  chosen = null;
  mark();
  panel.replaceChildren(html("p", { class: "hint" }, "Choose a layer: its arithmetic stands here."), ...overview());
}

function overview() {
  return [
    html("h2", {}, data.name),
    html(
      "ul",
      {},
      data.said.map((text) => html("li", {}, text)),
    ),
  ];
}
