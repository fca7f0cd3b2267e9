// Keys: arrows, Enter, Escape, zoom.

function parentOf(key) {
  const cut = key.lastIndexOf("/");
  return key.slice(0, cut);
}

/** The nearest box in a direction, among those that can be seen and hold no other; from an open box, its first. */
function nearest(direction) {
  const from = boxes.get(chosen)?.element.getBoundingClientRect();
  const leaves = [...boxes.values()].filter(({ key, box }) => !open.has(key) && tellable(box));
  if (!from) return leaves[0]?.key;
  if (open.has(chosen)) return leaves.find(({ key }) => key.startsWith(`${chosen}/`))?.key;
  const [dx, dy] = direction,
    x = (from.left + from.right) / 2,
    y = (from.top + from.bottom) / 2;
  let best = null,
    least = Infinity;
  for (const { key, element } of leaves) {
    const to = element.getBoundingClientRect();
    const [right, down] = [(to.left + to.right) / 2 - x, (to.top + to.bottom) / 2 - y];
    const along = right * dx + down * dy,
      aside = Math.abs(right * dy) + Math.abs(down * dx);
    if (key !== chosen && along > 2 && along + 3 * aside < least) [best, least] = [key, along + 3 * aside];
  }
  return best ?? (dx ? leaves[Math.max(0, leaves.findIndex(({ key }) => key === chosen) + dx)]?.key : null);
}

stage.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const does = {
    Enter: () => chosen && toggle(chosen),
    "+": () => zoom(1.25),
    "=": () => zoom(1.25),
    "-": () => zoom(0.8),
    0: () => fit(0),
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
