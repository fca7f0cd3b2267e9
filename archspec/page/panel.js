// What is told of a layer: the numbers of `archspec explain`, its window, and what it sees of the network's input.

/** The layer, by its path: facts that equal copies share, and what it sees by itself. */
function layerOf(data, path) {
  const found = data.byPath.get(path);
  if (!found) return null;
  const [, facts, seen, before, memory] = found;
  return { path, ...data.facts[facts], seen: data.views[seen], seen_before: data.views[before], memory };
}

/** The panel of one layer. */
function layerPanel(data, one) {
  const map = seenMap(data, one);
  const list = (rows) =>
    html(
      "dl",
      {},
      rows
        .filter(Boolean)
        .flatMap(([name, ...text]) => [
          html("dt", {}, name),
          ...text.filter(Boolean).map((each) => html("dd", { "data-fact": name }, each)),
        ]),
    );
  return [
    html("h2", {}, one.path, html("small", {}, one.kind === "block" ? `block ${one.op}` : one.op)),
    list(written(one)),
    visualiser(one, map),
    html("h3", {}, "Numbers"),
    list([...flowing(one), ...costs(one), ...seeing(one)]),
    map.element,
    movesTable(one),
  ];
}

function written(one) {
  return [
    one.where.text && [
      "written",
      html("code", { class: "entry" }, one.where.text),
      one.where.left_out && `… ${one.where.left_out}`,
      `${file(one.where.file)}:${one.where.line}`,
    ],
    one.torch && ["torch", html("code", {}, one.torch)],
    Object.keys(one.arguments).length && [
      "arguments",
      html(
        "table",
        {},
        Object.entries(one.arguments).map(([name, value]) =>
          html("tr", {}, html("th", {}, name), html("td", {}, valueText(value))),
        ),
      ),
    ],
  ];
}

function flowing(one) {
  const axes = shownAxes(one.axes);
  const name = (axis) => (axes.length > 1 ? ` (${axis.name})` : "");
  return [
    ["shapes", `${one.inputs.map(shape).join(", ")} → ${one.outputs.map(shape).join(", ")}`.trim()],
    ...axes.flatMap((axis) => [
      [
        `size${name(axis)}`,
        axis.formula,
        ...(axis.relationship === null
          ? []
          : [`Relationship ${axis.relationship} of Dumoulin & Visin's guide: ${axis.relationship_text}`]),
      ],
      axis.reads && [`reads${name(axis)}`, `output r reads ${axis.reads}`],
      axis.unread && axis.unread.length && [`never read${name(axis)}`, runText(axis.unread)],
      [
        `same output${name(axis)}`,
        axis.open
          ? `sizes from ${axis.same_sizes[0]} on`
          : axis.same_sizes[0] === axis.same_sizes[1]
            ? `for ${axis.same_sizes[0]} alone`
            : `sizes ${axis.same_sizes.join(" to ")}`,
      ],
    ]),
  ];
}

function costs(one) {
  return [
    [
      "parameters",
      count(one.parameters),
      ...Object.entries(one.weights).map(([name, factors]) => `${name} ${factors.map(count).join("·")}`),
    ],
    [
      "MACs",
      count(one.macs) + (one.macs_product ? ` = ${one.macs_product.map(count).join("·")}` : ""),
      ...(one.macs ? [`FLOPs = 2 × MACs = ${count(one.flops)}`] : []),
    ],
    one.memory !== null && [
      "memory",
      one.memory
        ? `${bytes(one.memory)} for its output (one sample, float32)`
        : "none of its own: it shares what was there",
    ],
  ];
}

function seeing(one) {
  const seen = one.seen.filter(Boolean),
    before = one.seen_before.filter(Boolean);
  if (!seen.length) return [];
  const each = (fields, name) => [...new Set(fields.map((field) => bare(field[name])))].join("×");
  const was = (name) => (before.length ? ` (before it ${each(before, name)})` : "");
  if (seen.every((field) => field.jump === 0))
    return [["sees", `${each(seen, "size")} pixels, wherever a value stands`]];
  return [
    [
      "receptive field",
      `${each(seen, "size")} pixels${was("size")}`,
      ...(seen.every((field) => field.even) ? [] : ["branches of different jumps meet: this is what is seen at most"]),
    ],
    ["jump", `${each(seen, "jump")}${was("jump")}`],
    ["first pixel", `${each(seen, "start")}, which output 0 sees`],
  ];
}

/** The window of a layer that has one, or the bins; none that are too large to be shown as cells. */
function visualiser(one, map) {
  if (!one.axes.length || !one.axes.every(showable)) return null;
  const extra = one.arguments.output_padding ?? 0;
  const options = { ceil: Boolean(one.arguments.ceil_mode), extra: Array.isArray(extra) ? extra[0] : extra };
  return windowView(one.axes, options, map.show);
}

function showable({ window, bins, size, result }) {
  if (bins) return size / result < 1000 && size * result < Number.MAX_SAFE_INTEGER;
  return window !== null && window.kernel <= 1000;
}

/** The network's input with what one place of the layer sees of it. */
function seenMap(data, one) {
  const fields = one.seen.map((field, number) => [field, data.input_axes[number]]).filter(([field]) => field);
  const first = fields.length ? fields[0][1][0] : 0;
  const used = fields.filter(([, axis]) => axis[0] === first).slice(-2);
  if (!used.length) return { element: null, show: () => {} };
  const sizes = used.length > 1 ? used.map(([, axis]) => axis[2]) : [1, used[0][1][2]];
  const box = svg("rect", { class: "sees" }),
    text = html("p", { class: "said" });
  const scale = 150 / Math.max(...sizes);
  const [high, wide] = sizes.map((size) => Math.max(4, size * scale));
  const picture = svg(
    "svg",
    {
      class: "map",
      width: wide + 48,
      height: high + 48,
      role: "img",
      "aria-label": "What the layer sees of the input",
      viewBox: `-24 -24 ${wide + 48} ${high + 48}`,
    },
    svg("rect", { class: "field", width: wide, height: high }),
    box,
  );
  const last = one.outputs[0].slice(-used.length);
  const middle = last.map((size) => Math.floor((size - 1) / 2));
  function show(at) {
    const place = at ? at.slice(-used.length) : middle;
    const spans = used.map(([field], number) => sees(field, field.advance ? (place[number] ?? 0) : 0));
    const [rows, columns] = used.length > 1 ? spans : [[0, 0], spans[0]];
    const wideEnough = used.length > 1 ? scale : high;
    filled(
      box,
      {
        x: columns[0] * scale,
        y: rows[0] * wideEnough,
        width: (columns[1] - columns[0] + 1) * scale,
        height: (rows[1] - rows[0] + 1) * wideEnough,
      },
      [],
    );
    text.textContent =
      `Output (${place.map((one) => one ?? 0).join(", ")}) sees ` +
      spans
        .map(
          (span, number) => `${used.length > 1 ? ["rows", "columns"][number] : "places"} ${span.map(bare).join(" … ")}`,
        )
        .join(", ") +
      ` of the input, ${sizes.slice(-used.length).join("×")}; what lies outside is padding.`;
  }
  show(null);
  return {
    element: html("section", { class: "sight" }, html("h3", {}, "What it sees of the input"), picture, text),
    show,
  };
}

function movesTable(one) {
  if (!one.moves.length) return null;
  const cells = (name, output, parameters, macs) =>
    html("tr", {}, html("th", {}, name), html("td", {}, output), html("td", {}, parameters), html("td", {}, macs));
  return html(
    "section",
    {},
    html("h3", {}, "A step aside"),
    html(
      "table",
      { class: "moves" },
      cells("", "output", "parameters", "MACs"),
      cells("as it is", shape(one.outputs[0]), count(one.parameters), count(one.macs)),
      one.moves.map((move) =>
        move.output
          ? cells(
              `${move.argument} ${valueText(move.value)}`,
              shape(move.output),
              count(move.parameters),
              count(move.macs),
            )
          : html(
              "tr",
              {},
              html("th", {}, `${move.argument} ${valueText(move.value)}`),
              html("td", { colspan: 3, class: "wrong" }, move.refusal),
            ),
      ),
    ),
  );
}

/** The axes, or the first alone where all are alike. */
function shownAxes(axes) {
  const plain = ({ size, result, formula, window }) => JSON.stringify([size, result, formula, window]);
  return axes.every((axis) => plain(axis) === plain(axes[0])) ? axes.slice(0, 1) : axes;
}

function valueText(value) {
  if (Array.isArray(value)) {
    const texts = value.map(valueText);
    return texts.length && new Set(texts).size === 1 ? texts[0] : `[${texts.join(", ")}]`;
  }
  return value === null ? "null" : typeof value === "number" ? bare(value) : String(value);
}

function file(path) {
  return path.split(/[\\/]/).at(-1);
}
