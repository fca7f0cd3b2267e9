// The convolution visualiser: input, kernel and output of one layer as grids, what reads what, and sliders.

const LINES = { height: "rows", width: "columns", depth: "slices", length: "places" };
const ALONE = {
  name: "",
  size: 1,
  result: 1,
  unread: [],
  unread_padding: 0,
  transposed: false,
  bins: false,
  window: { kernel: 1, stride: 1, dilation: 1, before: 0, after: 0 },
};

/** The visualiser of a layer's axes, the last two if there are more; `placed` is told the output place in question,
 * null while the sliders are off the layer's own values. */
function windowView(axes, options, placed) {
  const own = [ALONE, ...axes].slice(-2).map((axis) => ({ ...axis, ...options }));
  const bins = own.at(-1).bins; // of an adaptive pool: there is no kernel, and its output's size is what is chosen
  let now = own,
    end = false,
    place = null;
  const grids = html("div", { class: "grids" }),
    said = html("p", { class: "said", role: "status" });
  const formula = html("p", { class: "formula", "data-formula": true }),
    sliders = html("div", { class: "sliders" });

  function drawn() {
    const cut = now.map((axis) => crop(axis, end));
    const missing = now.map((axis, number) => (axis === own[number] ? (axis.unread ?? []) : unread(axis)));
    const fits = now.every((axis) => axis.result > 0);
    const input = cellGrid(
      "input",
      cut.map((each) => each.input),
      (at) => {
        if (at.some((pixel, number) => pixel < 0 || pixel >= now[number].size)) return "padding";
        return at.some((pixel, number) => within(missing[number], pixel)) ? "unread" : "";
      },
    );
    const kernel = bins
      ? null
      : cellGrid(
          "kernel",
          now.map((axis) => [0, Math.min(axis.window.kernel, MOST_CELLS) - 1]),
          () => "",
        );
    const output = cellGrid(
      "output",
      cut.map((each) => (fits ? each.output : [0, -1])),
      () => "",
    );
    const parts = bins ? { input, output } : { input, kernel, output };
    input.element.addEventListener("pointermove", (event) => told(parts, readers(parts, cellAt(event))));
    output.element.addEventListener("pointermove", (event) => told(parts, reading(cellAt(event))));
    output.element.addEventListener("keydown", (event) => moved(event, parts, cut));
    grids.replaceChildren(
      ...[
        ["input", now.map((axis) => axis.size), input],
        ...(bins ? [] : [["kernel", now.map((axis) => axis.window.kernel), kernel]]),
        ["output", now.map((axis) => axis.result), output],
      ].map(([name, sizes, each]) =>
        html(
          "figure",
          {},
          html("figcaption", {}, `${name} ${sizes.slice(-axes.length).map(bare).join("×")}`),
          each.element,
        ),
      ),
    );
    formula.replaceChildren(
      ...(alike(now) ? now.slice(1) : now.slice(-axes.length)).map((axis) =>
        html("span", { class: fits ? null : "wrong" }, axis.formula),
      ),
    );
    if (!fits) said.textContent = "No output: the kernel does not fit.";
    else
      told(parts, reading(place ?? cut.map((each) => each.output[0] + Math.min(1, each.output[1] - each.output[0]))));
    said.append(
      ...missing.flatMap((runs, number) =>
        runs.length && now[number].name
          ? [
              html(
                "span",
                { class: "never" },
                ` Never read: ${LINES[now[number].name] ?? now[number].name} ${runText(runs)}.`,
              ),
            ]
          : [],
      ),
    );
  }

  /** What an output reads. */
  function reading(at) {
    if (!at) return null;
    const rows = at.map((one, number) => readAlong(now[number], one));
    const taps = rows.map((each, number) =>
      each
        .map((pixel, tap) => [pixel, tap])
        .filter(([pixel]) => pixel !== null && (!now[number].transposed || (pixel >= 0 && pixel < now[number].size))),
    );
    const text = taps.map(
      (each, number) => `${LINES[now[number].name] ?? now[number].name} ${pixelText(each.map(([pixel]) => pixel))}`,
    );
    return {
      output: [[at[0]], [at[1]]],
      input: taps.map((each) => each.map(([pixel]) => pixel)),
      kernel: taps.map((each) => each.map(([, tap]) => tap)),
      at,
      text: `Output (${at.slice(-axes.length).join(", ")}) reads ${text.slice(-axes.length).join(", ")}.`,
    };
  }

  /** Which of the outputs that are shown read a pixel. */
  function readers({ output }, at) {
    if (!at) return null;
    const found = at.map((pixel, number) =>
      range(...output.ends[number])
        .map((one) => [one, readAlong(now[number], one).indexOf(pixel)])
        .filter(([, tap]) => tap >= 0),
    );
    const total = found[0].length * found[1].length;
    return {
      input: [[at[0]], [at[1]]],
      output: found.map((each) => each.map(([one]) => one)),
      at: null,
      kernel: found.map((each) => each.map(([, tap]) => tap)),
      text:
        `Pixel (${at.slice(-axes.length).map(bare).join(", ")}) is read by ` +
        `${total ? `${total} of the outputs shown` : "none of the outputs shown"}.`,
    };
  }

  function told(parts, what) {
    if (!what) return;
    for (const [name, part] of Object.entries(parts)) {
      const [rows, columns] = what[name].map((each) => new Set(each));
      for (const [row, column, cell] of part.cells) cell.classList.toggle("on", rows.has(row) && columns.has(column));
    }
    if (what.at) place = what.at;
    const never = [...said.querySelectorAll(".never")];
    said.replaceChildren(what.text, ...never);
    placed(what.at && now === own ? what.at : null);
  }

  function moved(event, parts, cut) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const from = place ?? cut.map((each) => each.output[0]);
    told(
      parts,
      reading(
        from.map((one, number) =>
          Math.min(parts.output.ends[number][1], Math.max(parts.output.ends[number][0], one + step[number])),
        ),
      ),
    );
  }

  function changed(name, value) {
    now = now.map((axis, number) => {
      if (own[number].name === "") return axis;
      if (bins) return { ...axis, result: value, formula: `${axis.size} → ${value}` };
      const window = { ...axis.window, ...(name === "padding" ? { before: value, after: value } : { [name]: value }) };
      const size = axis.transposed
        ? transposedSize(axis.size, window, axis.extra)
        : windowSize(axis.size, window, axis.ceil);
      const text = axis.transposed
        ? transposedText(axis.size, window, axis.extra)
        : windowText(axis.size, window, axis.ceil);
      return { ...axis, window, result: size, formula: text };
    });
    place = null;
    drawn();
  }

  function reset() {
    now = own;
    place = null;
    sliders.replaceChildren(
      ...(bins ? ["output"] : ["kernel", "stride", "padding", "dilation"]).map((name) => slider(own.at(-1), name, changed)),
      html("button", { type: "button", onclick: reset }, "As it is"),
      html(
        "button",
        {
          type: "button",
          "aria-pressed": String(end),
          onclick: () => {
            end = !end;
            place = null;
            reset();
          },
        },
        end ? "Show the beginning" : "Show the end",
      ),
    );
    drawn();
  }

  reset();
  return html(
    "section",
    { class: "window", "aria-label": "The window" },
    html("h3", {}, "What reads what"),
    formula,
    grids,
    said,
    sliders,
  );
}

function slider(axis, name, changed) {
  const value = { padding: axis.window?.before, output: axis.result }[name] ?? axis.window[name];
  const least = name === "padding" ? Math.min(0, value) : 1;
  const output = html("output", {}, bare(value));
  const input = html("input", {
    type: "range",
    min: least,
    max: Math.max(name === "kernel" ? 11 : 6, value + 3),
    value,
    "data-slider": name,
    "aria-label": name,
    oninput: () => {
      output.textContent = bare(input.value);
      changed(name, Number(input.value));
    },
  });
  return html("label", {}, html("span", {}, name), input, output);
}
