"use strict";
// The convolution arithmetic of archspec/arithmetic.py, for the sliders: the same sizes and the same formulas.

/** How many places a window takes along an axis. */
function windowSize(size, w, ceil) {
  const room = size + w.before + w.after - w.dilation * (w.kernel - 1) - 1;
  const count = Math.floor((room + (ceil ? w.stride - 1 : 0)) / w.stride) + 1;
  return ceil && (count - 1) * w.stride >= size + w.before ? count - 1 : count;
}

/** The size that a transposed convolution gives. */
function transposedSize(size, w, extra) {
  return (size - 1) * w.stride - w.before - w.after + w.dilation * (w.kernel - 1) + extra + 1;
}

/** `windowSize` with its numbers. */
function windowText(size, w, ceil) {
  const [left, right] = ceil ? "⌈⌉" : "⌊⌋";
  const padding = w.before === w.after ? `2·${bracketed(w.before)}` : `${bracketed(w.before)} + ${bracketed(w.after)}`;
  const count = windowSize(size, w, ceil);
  const room = size + w.before + w.after - w.dilation * (w.kernel - 1) - 1;
  const dropped = ceil ? Math.ceil(room / w.stride) + 1 - count : 0;
  return (
    `${left}(${size} + ${padding} − ${bracketed(w.dilation)}·(${bare(w.kernel)}−1) − 1)/${bracketed(w.stride)}` +
    `${right} + 1${dropped ? " − 1" : ""} = ${bare(count)}`
  );
}

/** `transposedSize` with its numbers. */
function transposedText(size, w, extra) {
  const padding = w.before === w.after ? `2·${bracketed(w.before)}` : `${bracketed(w.before)} − ${bracketed(w.after)}`;
  return (
    `${bracketed(w.stride)}·(${size}−1) + ${bracketed(w.dilation)}·(${bare(w.kernel)}−1) − ${padding} + ` +
    `${bracketed(extra)} + 1 = ${bare(transposedSize(size, w, extra))}`
  );
}

function bracketed(value) {
  return value < 0 ? `(${bare(value)})` : String(value);
}

function bare(value) {
  return String(value).replace("-", "−");
}

/** The pixels that output `place` reads through each tap of the kernel, null where a tap of a transposed one falls
 * between pixels; those before 0 or beyond the size are padding. */
function reads(place, w, transposed) {
  return Array.from({ length: w.kernel }, (_, tap) => {
    if (!transposed) return place * w.stride - w.before + tap * w.dilation;
    const source = (place + w.before - tap * w.dilation) / w.stride;
    return Number.isInteger(source) ? source : null;
  });
}

/** The pixels that output `place` of an adaptive pool reads: its bin, which may share pixels with its neighbours'. */
function bin(place, { size, result }) {
  return range(Math.floor((place * size) / result), Math.ceil(((place + 1) * size) / result) - 1);
}

/** The pixels that a place of an axis reads, through each tap of the kernel or in its bin. */
function readAlong(axis, place) {
  return axis.bins ? bin(place, axis) : reads(place, axis.window, axis.transposed);
}

/** The first and the last pixel that a place sees of the network's input. */
function sees(view, place) {
  const count = view.spans.length;
  const turn = Math.floor(place / count);
  return view.spans[place - turn * count].map((end) => end + turn * view.advance);
}
