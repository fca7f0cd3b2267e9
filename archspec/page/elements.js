// Elements: made by name, with attributes and children; text goes in as text, never as markup.

function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function count(value) {
  return value.toLocaleString("en-US");
}

function bytes(value) {
  for (const unit of ["bytes", "KiB", "MiB"]) {
    if (value < 1024) return `${unit === "bytes" ? value : value.toFixed(1)} ${unit}`;
    value /= 1024;
  }
  return `${value.toFixed(1)} GiB`;
}

function shape(sizes) {
  return sizes.length ? sizes.join("×") : "a number";
}
