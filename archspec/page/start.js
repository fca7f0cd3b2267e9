// The rest of the page's controls, and what is shown at first.

document.getElementById("name").textContent = data.name;
document.getElementById("said").textContent = data.said.join(" · ");
document.getElementById("fit").addEventListener("click", () => fit(0));
document.getElementById("larger").addEventListener("click", () => zoom(1.25));
document.getElementById("smaller").addEventListener("click", () => zoom(0.8));
document.getElementById("close-all").addEventListener("click", () => {
  open.clear();
  fitted = true;
  redraw();
  closePanel();
});
document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
const there = new Set(data.sheets.flatMap((sheet) => sheet.rows.flatMap((row) => row.boxes.map((box) => box.family))));
document.getElementById("legend").append(
  ...Object.entries(data.families)
    .filter(([word]) => there.has(word))
    .map(([word, name]) =>
      html(
        "li",
        {},
        svg(
          "svg",
          { width: 12, height: 12, class: `of-${word}` },
          svg("rect", { class: "body", width: 12, height: 12, rx: 2 }),
        ),
        name,
      ),
    ),
);
addEventListener("resize", () => {
  if (fitted) fit();
});
redraw();
closePanel();
const first = [...boxes.values()].find(({ box }) =>
  data.mistake ? box.wrong : box.paths.some((path) => layerOf(data, path).axes.some(showable)),
);
if (first) choose(first.key);
stage.focus({ preventScroll: true });
