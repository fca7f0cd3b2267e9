// Sheets → where everything stands with some boxes opened in place, and the elements that show it.

const HEAD = 22,
  ROOM = 10,
  BETWEEN = 22,
  CHANNEL = 12,
  LEADING = 12.5;

/** Places a sheet with its rows; `key` names this copy of it, `prefix` is the path of the block that it is of. */
function laidOut(data, open, index, key, prefix) {
  const sheet = data.sheets[index];
  const rows = sheet.rows.map((row, number) => stretched(data, open, row, `${key}/${number}`, prefix));
  const side = rows.length > 1 ? CHANNEL : 0;
  const wide = Math.max(...rows.map((row) => row.wide)) + 2 * side;
  let down = 0;
  for (const row of rows) {
    [row.x, row.y] = [side, down];
    down += row.high + BETWEEN;
  }
  const lines = rows
    .slice(1)
    .map((row, number) => turn(rows[number], row, wide))
    .filter(Boolean);
  return { rows, lines, wide, high: down - BETWEEN };
}

/** Places a row: where a box is opened, the row is stretched under it, so that nothing meets. */
function stretched(data, open, row, base, prefix) {
  const boxes = row.boxes.map((box, number) => {
    const key = `${base}.${number}`;
    const inner =
      box.opens !== null && open.has(key)
        ? laidOut(data, open, box.opens, key, box.enters ? joined(prefix, box.paths[0]) : prefix)
        : null;
    return { box, key, prefix, inner };
  });
  const right = stretch(boxes.map(({ box, inner }) => [box.at[0], box.at[2], inner ? inner.wide + 2 * ROOM : 0]));
  const down = stretch(boxes.map(({ box, inner }) => [box.at[1], box.at[3], inner ? inner.high + HEAD + ROOM : 0]));
  for (const each of boxes) {
    const [x, y, wide, high] = each.box.at;
    Object.assign(each, { x: right(x), y: down(y), wide: right(x + wide) - right(x), high: down(y + high) - down(y) });
  }
  const moved = ([x, y]) => [right(x), down(y)];
  const edges = row.edges.map((edge) => ({
    ...edge,
    path: edge.path.replace(/(-?[\d.]+),(-?[\d.]+)/g, (_, x, y) =>
      moved([+x, +y])
        .map((n) => +n.toFixed(1))
        .join(","),
    ),
    at: edge.at && moved(edge.at),
  }));
  const turns = Object.fromEntries(Object.entries(row.turns).map(([end, point]) => [end, moved(point)]));
  return { boxes, edges, turns, dashed: row.dashed, wide: right(row.wide), high: down(row.high) };
}

/** The monotone map under which each span gets the room that it needs: [start, length, needed]. */
function stretch(spans) {
  const growing = spans.filter(([, length, needed]) => needed > length);
  const ends = [...new Set(growing.flatMap(([start, length]) => [start, start + length]))].sort((a, b) => a - b);
  const pieces = ends.slice(1).map((end, number) => {
    const start = ends[number];
    const over = growing.filter(([from, length]) => from <= start && start < from + length);
    return [start, end, Math.max(0, ...over.map(([, length, needed]) => (needed - length) / length))];
  });
  return (place) =>
    place + pieces.reduce((more, [start, end, rate]) => more + rate * Math.max(0, Math.min(place, end) - start), 0);
}

/** The line from where a row ends around to where the next begins. */
function turn(one, other, wide) {
  const out = one.turns.out,
    into = other.turns.in;
  if (!out || !into) return null;
  const r = 6,
    middle = one.y + one.high + BETWEEN / 2,
    right = wide - CHANNEL / 2,
    left = CHANNEL / 2;
  const path =
    `M${one.x + out[0]},${one.y + out[1]}H${right - r}q${r},0 ${r},${r}V${middle - r}q0,${r} -${r},${r}` +
    `H${left + r}q-${r},0 -${r},${r}V${other.y + into[1] - r}q0,${r} ${r},${r}H${other.x + into[0]}`;
  return { path, dashed: other.dashed };
}

function joined(prefix, path) {
  return prefix && path ? `${prefix}.${path}` : prefix || path;
}

/** The elements of what is laid out; every box is told to `seen` with its element. */
function shown(laid, seen, x = 0, y = 0) {
  const group = svg("g", { transform: `translate(${x} ${y})` });
  for (const line of laid.lines) group.append(edgeLine(line));
  for (const row of laid.rows) {
    const inside = svg("g", { transform: `translate(${row.x} ${row.y})` });
    for (const edge of row.edges) {
      inside.append(edgeLine(edge));
      if (edge.at)
        inside.append(svg("text", { x: edge.at[0], y: edge.at[1], class: "shape", ...fixed(edge.long) }, edge.text));
    }
    for (const each of row.boxes) inside.append(boxElement(each, seen));
    group.append(inside);
  }
  return group;
}

function edgeLine({ path, arrow, dashed, wrong }) {
  const classes = ["edge", dashed ? "dashed" : "", wrong ? "wrong" : ""].filter(Boolean);
  return svg("path", { d: path, class: classes.join(" "), "marker-end": arrow ? "url(#tip)" : null });
}

function boxElement(each, seen) {
  const { box, inner, wide, high } = each;
  const classes = [
    "box",
    box.kind,
    `of-${box.family}`,
    inner ? "open" : "",
    box.dashed ? "dashed" : "",
    box.wrong ? "wrong" : "",
    box.opens === null ? "" : "opens",
  ];
  const group = svg("g", {
    class: classes.filter(Boolean).join(" "),
    transform: `translate(${each.x} ${each.y})`,
    "data-key": each.key,
    "data-paths": box.paths.map((path) => joined(each.prefix, path)).join(" "),
  });
  if (box.tip && !inner) group.append(svg("title", {}, box.tip));
  const round = ["port", "merge", "tab"].includes(box.kind) ? Math.min(high / 2, 11) : 5;
  if (box.copies > 1 && !inner) group.append(svg("rect", { x: 3, y: -3, width: wide, height: high, rx: 5 }));
  group.append(svg("rect", { width: wide, height: high, rx: round, class: "body" }));
  if (inner) {
    group.append(svg("rect", { width: wide, height: HEAD - 4, rx: 5, class: "head" }));
    group.append(svg("text", { x: 8, y: 13, class: "title" }, `▾ ${heading(box)}`));
    const left = (wide - inner.wide) / 2;
    group.append(shown(inner, seen, left, HEAD));
  } else {
    const top = high / 2 - (LEADING * box.lines.length) / 2;
    box.lines.forEach(([text, size, bold, long], number) =>
      group.append(
        svg(
          "text",
          {
            x: wide / 2,
            y: top + LEADING * (number + 0.5) + size * 0.36,
            "font-size": size,
            class: bold ? "bold" : null,
            ...fixed(long),
          },
          text,
        ),
      ),
    );
    if (box.opens !== null) group.append(svg("path", { d: `M${wide - 9},${high - 2}h7v-7z`, class: "more" }));
  }
  seen(each, group);
  return group;
}

/** Text as wide as it was laid out for, whichever font the browser has. */
function fixed(long) {
  return long ? { textLength: long, lengthAdjust: "spacingAndGlyphs" } : {};
}

/** An opened box in one line: its name, and what it is. */
function heading(box) {
  return [box.name, box.lines.slice(1).map(([text]) => text)[0]].filter(Boolean).join("  ");
}
