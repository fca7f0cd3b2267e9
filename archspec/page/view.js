// Where the view stands, and how the pointer moves it.

function place(next) {
  view = next;
  world.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
}

/** Shows the whole, if it can be read then, and else its beginning; never larger than it was drawn for. */
function fit(least = 0.55) {
  const { clientWidth: wide, clientHeight: high } = stage;
  const scale = Math.max(least, Math.min(1.35, (wide - 32) / size.wide, (high - 64) / size.high));
  const x = Math.max(16, (wide - size.wide * scale) / 2),
    y = Math.max(16, (high - 40 - size.high * scale) / 3);
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
  const corner = each.element.getBoundingClientRect(),
    room = stage.getBoundingClientRect();
  const x = (corner.left - room.left - view.x) / view.scale,
    y = (corner.top - room.top - view.y) / view.scale;
  place({
    scale,
    x: Math.max(24, (wide - each.wide * scale) / 2) - x * scale,
    y: Math.max(24, (high - 60 - each.high * scale) / 2) - y * scale,
  });
  fitted = false;
}

/** Moves the view as little as needed to show a box. */
function reveal(key) {
  const box = boxes.get(key)?.element.getBoundingClientRect(),
    room = stage.getBoundingClientRect();
  if (!box) return;
  const shift = (low, high, from, to) =>
    low < from + 20 ? from + 20 - low : high > to - 20 ? Math.max(to - 20 - high, from + 20 - low) : 0;
  const [x, y] = [
    shift(box.left, box.right, room.left, room.right),
    shift(box.top, box.bottom, room.top, room.bottom - 24),
  ];
  if (x || y) {
    place({ ...view, x: view.x + x, y: view.y + y });
    fitted = false;
  }
}

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
const dropped = () => {
  dragged = null;
};
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
stage.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const room = stage.getBoundingClientRect();
    zoom(
      Math.exp(-event.deltaY * (event.deltaMode ? 0.03 : 0.0015)),
      event.clientX - room.left,
      event.clientY - room.top,
    );
  },
  { passive: false },
);
