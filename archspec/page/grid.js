// Grids of cells, which part of an axis they show, and how pixels are told.

const SIDES = { input: 176, kernel: 84, output: 104 }; // pixels, so that the three stand side by side
const CELLS = 18,
  MOST_CELLS = 40;

/** A grid of cells over ends [from, to] of rows and columns. */
function cellGrid(name, ends, kind) {
  const [rows, columns] = ends.map(([from, to]) => range(from, to));
  const side = Math.max(4, Math.min(13, SIDES[name] / Math.max(rows.length, columns.length, 1)));
  const cells = [];
  const element = svg("svg", {
    class: `grid ${name}`,
    width: columns.length * side + 1,
    height: rows.length * side + 1,
    tabindex: name === "output" ? 0 : null,
    role: "img",
    "aria-label": `${name}, ${rows.length} by ${columns.length} cells`,
  });
  rows.forEach((row, down) =>
    columns.forEach((column, right) => {
      const cell = svg("rect", {
        x: right * side + 0.5,
        y: down * side + 0.5,
        width: side,
        height: side,
        class: `cell ${kind([row, column])}`.trim(),
        "data-at": `${row},${column}`,
      });
      cells.push([row, column, cell]);
      element.append(cell);
    }),
  );
  return { element, cells, ends };
}

function cellAt(event) {
  const at = event.target.getAttribute("data-at");
  return at && at.split(",").map(Number);
}

/** Which input and output places of an axis are shown: all of a short one, else its beginning or its end. */
function crop(axis, end) {
  if (axis.bins) return cropBins(axis, end);
  const w = axis.window,
    extent = w.dilation * (w.kernel - 1) + 1;
  const shown = Math.min(MOST_CELLS, Math.max(CELLS, extent + w.stride));
  if (axis.transposed) {
    const output = cutOff(0, axis.result - 1, shown, end);
    const [first, last] = [
      Math.ceil((output[0] + w.before - extent + 1) / w.stride),
      Math.floor((output[1] + w.before) / w.stride),
    ];
    return { output, input: [Math.max(0, first), Math.min(axis.size - 1, last)] };
  }
  const high = Math.max((axis.result - 1) * w.stride - w.before + extent - 1, axis.size - 1 + Math.max(w.after, 0));
  const input = cutOff(Math.min(0, -w.before), high, shown, end);
  const first = Math.max(0, Math.ceil((input[0] + w.before) / w.stride));
  const last = Math.min(axis.result - 1, Math.floor((input[1] + w.before - extent + 1) / w.stride));
  return { input, output: last < first ? [first, Math.min(first, axis.result - 1)] : [first, last] };
}

function cropBins(axis, end) {
  let [from, to] = cutOff(0, axis.result - 1, CELLS, end);
  const input = () => [bin(from, axis)[0], bin(to, axis).at(-1)];
  while (from < to && input()[1] - input()[0] >= MOST_CELLS) end ? from++ : to--;
  return { output: [from, to], input: cutOff(...input(), MOST_CELLS, end) };
}

function cutOff(low, high, shown, end) {
  if (high - low < shown) return [low, high];
  return end ? [high - shown + 1, high] : [low, low + shown - 1];
}

/** The runs of pixels that no output reads, after a slider was moved; not looked for among too many. */
function unread(axis) {
  if (Math.max(axis.size, axis.result) > 100_000) return [];
  const read = new Set(range(0, axis.result - 1).flatMap((one) => readAlong(axis, one)));
  const runs = [];
  for (const pixel of range(0, axis.size - 1)) {
    if (read.has(pixel)) continue;
    if (runs.length && runs.at(-1)[1] === pixel - 1) runs.at(-1)[1] = pixel;
    else runs.push([pixel, pixel]);
  }
  return runs;
}

function range(from, to) {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, number) => from + number);
}

function within(runs, pixel) {
  return runs.some(([first, last]) => first <= pixel && pixel <= last);
}

function alike([one, other]) {
  return one.formula === other.formula;
}

function runText(runs) {
  const texts = runs.slice(0, 6).map(([first, last]) => (first === last ? String(first) : `${first}–${last}`));
  return texts.join(", ") + (runs.length > 6 ? ", …" : "");
}

function pixelText(pixels) {
  if (!pixels.length) return "nothing";
  const [least, most] = [Math.min(...pixels), Math.max(...pixels)];
  const step = pixels.length > 1 ? Math.abs(pixels[1] - pixels[0]) : 1;
  return least === most ? bare(least) : `${bare(least)} … ${bare(most)}${step > 1 ? `, every ${step}` : ""}`;
}
