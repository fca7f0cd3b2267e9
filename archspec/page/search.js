// The search: a list of layers that fit, of which one is gone to.

let hits = [],
  hit = 0;
function listed() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  hits = words.length
    ? data.layers
        .filter(([path, facts]) =>
          words.every((word) => path.toLowerCase().includes(word) || data.facts[facts].op.toLowerCase().includes(word)),
        )
        .slice(0, 60)
    : [];
  hit = 0;
  found.replaceChildren(
    ...hits.map(([path, facts], number) =>
      html(
        "li",
        {
          role: "option",
          id: `hit${number}`,
          "aria-selected": String(number === hit),
          onpointerdown: (event) => {
            event.preventDefault();
            taken(number);
          },
        },
        path,
        html("small", {}, data.facts[facts].op),
      ),
    ),
  );
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
search.addEventListener("blur", () => {
  found.hidden = true;
});
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
