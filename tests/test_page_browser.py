"""The page as a person has it: in a real Chromium, from a file, without a network. Run with `pytest -m browser`."""

import json
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import archspec
from archspec.arithmetic import Window, transposed, transposed_text, window, window_text
from archspec.cli import commands

pytestmark = pytest.mark.browser

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--window-size=1440,900",
         "--host-resolver-rules=MAP * ~NOTFOUND"]  # fmt: skip


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    program = shutil.which("chromedriver")
    assert program, "Chromium's driver is not on the path"
    made = webdriver.Chrome(options, webdriver.ChromeService(program))
    yield made
    made.quit()


class Page:
    """A page that is open, by what a person does."""

    def __init__(self, driver: Any, net: archspec.Architecture | None, folder: Path) -> None:
        """Draw the network and open its page; without one, open the page that is there."""
        self.driver, self.net = driver, net
        self.file = folder / "net.html"
        if net is not None:
            net.draw(self.file)
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        for log in ("performance", "browser"):
            driver.get_log(log)
        driver.get(self.file.as_uri())

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(f"return {script}", *arguments)

    def find(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def press(self, *keys: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def search(self, text: str) -> None:
        self.press("/")
        self.press(text)
        self.press("\ue007")

    def hover(self, selector: str) -> None:
        from selenium.webdriver import ActionChains

        element = self.find(selector)
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        ActionChains(self.driver).move_to_element(element).perform()

    def on(self, grid: str) -> set[tuple[int, int]]:
        places = self.run(f"[...document.querySelectorAll('.{grid} .cell.on')].map(each => each.dataset.at)")
        return {(int(row), int(column)) for row, column in (place.split(",") for place in places)}

    @property
    def chosen(self) -> str:
        return str(self.run("document.querySelector('.box.chosen')?.dataset.paths ?? ''"))

    @property
    def told(self) -> str:
        return str(self.run("document.getElementById('panel').innerText"))

    def box(self, path: str) -> Any:
        return self.find(f'.box[data-paths~="{path}"]')


@pytest.fixture
def opened(driver: Any, tmp_path: Path) -> Any:
    return lambda net: Page(driver, net if isinstance(net, archspec.Architecture) else archspec.load(net), tmp_path)


HOSTILE = """\
archspec: 1
name: "</script><script>window.pwned = 1</script>{{script}}<img src=x onerror=pwned=1>"
input: [1, 7, 8]
layers:
  a: {op: Conv2d, out_channels: 2, kernel_size: 3}  # <img src=http://127.0.0.1/x onerror=pwned=2>
  b: {op: ReLU}
"""


def test_no_request_leaves_and_nothing_of_a_spec_runs(opened: Any) -> None:
    page = opened(archspec.loads(HOSTILE))
    assert page.find("#name").text == page.net.name
    assert "onerror=pwned=2" in page.told
    assert page.run("window.pwned") is None
    events = [json.loads(entry["message"])["message"] for entry in page.driver.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert set(asked) <= {page.file.as_uri(), "data:,"}
    assert page.driver.get_log("browser") == []
    refused = "fetch('http://127.0.0.1:9/').then(() => 'left', error => String(error))"
    assert page.run(refused) == "TypeError: Failed to fetch"
    assert any("Content Security Policy" in entry["message"] for entry in page.driver.get_log("browser"))


@pytest.mark.parametrize("name", ["lenet5", "resnet-50", "u-net"])
def test_its_numbers_are_those_of_explain(opened: Any, name: str) -> None:
    page = opened(name)
    paths = list(page.net.layer_graph.nodes)
    for path in map(".".join, paths[:: max(1, len(paths) // 10)]):
        page.search(path)
        said, told = json.loads(page.net.explain(path, "json")), page.told
        assert told.splitlines()[0].startswith(path) or f"\n{path}" in told
        facts = [said["where"]["text"], said["torch"], f"{said['parameters']:,}", f"{said['macs']:,}"]
        facts += [axis["formula"] for axis in said["axes"][:1]]
        facts += [f"{field['size']} pixels" for field in said["seen"][:1] if field]
        assert [fact for fact in facts if " ".join(fact.split()) not in " ".join(told.split())] == []


BROKEN = """\
archspec: 1
name: broken
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 16, kernel_size: 3, padding: 1}
  pool: {op: MaxPool2d, kernel_size: 2}
  sum: {op: Add, from: [pool, conv]}  # </script><script>window.pwned = 1</script>
  fc: {op: Linear, out_features: 10}
"""


def test_a_spec_with_a_mistake_has_a_page_up_to_it(driver: Any, tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(BROKEN)
    command = ["draw", str(spec), "-o", str(tmp_path / "net.html")]
    result = CliRunner().invoke(commands, command, prog_name="archspec")
    assert result.exit_code == 1
    page = Page(driver, None, tmp_path)
    assert page.find("#said").text == "as far as it is known: AS203 in line 7"
    shown = page.run("document.querySelector('#panel .mistake').innerText")
    assert shown in result.stderr
    assert f"{spec}:7:31: error[AS203]" in shown
    assert "Add cannot join 16×16×16 and 16×32×32" in page.told
    assert page.run("window.pwned") is None
    assert page.run("document.querySelectorAll('.box.wrong').length") == 1
    assert page.run("[...document.querySelectorAll('.edge.wrong')].length") == 2
    red = page.run("getComputedStyle(document.querySelector('.box.wrong > .body')).stroke")
    assert red == page.run("getComputedStyle(document.querySelector('.edge.wrong')).stroke") == "rgb(196, 0, 29)"
    page.search("pool")
    assert "16×16×16" in page.told
    page.find(".box.wrong").click()
    assert page.run("document.querySelector('#panel .mistake').innerText") == shown
    assert "fc" not in page.run("document.querySelector('#world').textContent")


def test_an_entry_stands_there_as_it_is_written(opened: Any) -> None:
    entry = "a:  # first\n  op: Conv2d\n  out_channels: 1\n  kernel_size: 3"
    lines = "\n".join(f"  {line}" for line in entry.splitlines())
    page = opened(archspec.loads(f"archspec: 1\nname: net\ninput: [1, 8, 9]\nlayers:\n{lines}\n"))
    assert page.run("document.querySelector('#panel .entry').innerText") == entry


def test_boxes_open_in_place(opened: Any) -> None:
    page = opened("resnet-50")
    page.box("layer2.0").click()
    assert "4 of them" in page.told
    page.find("#panel button.opens").click()
    page.box("layer2.1").click()
    assert page.told.splitlines()[0].startswith("layer2.1")
    page.find("#panel button.opens").click()
    page.box("layer2.1.conv2").click()
    assert "layer2.1.conv2" in page.told
    meeting = page.run("""(() => {
      const found = [...document.querySelectorAll('.box')].map(each =>
        [each, each.querySelector('.body').getBoundingClientRect()]);
      const apart = (a, b) => a.right <= b.left + .5 || b.right <= a.left + .5
        || a.bottom <= b.top + .5 || b.bottom <= a.top + .5;
      return found.flatMap(([one, a]) => found.filter(([other, b]) => one !== other && !one.contains(other)
        && !other.contains(one) && !apart(a, b)).map(([other]) => [one.dataset.paths, other.dataset.paths]));
    })()""")
    assert meeting == []
    outside = page.run("""[...document.querySelectorAll('.box .box > .body')].filter(each => {
      const a = each.getBoundingClientRect(), b = each.parentNode.parentNode.closest('.box').getBoundingClientRect();
      return a.left < b.left - .5 || a.right > b.right + .5 || a.top < b.top - .5 || a.bottom > b.bottom + .5;
    }).length""")
    assert outside == 0
    page.find("#close-all").click()
    assert page.run("document.querySelectorAll('.box.open').length") == 0


WINDOWS = {
    "plain": "Conv2d, out_channels: 1, kernel_size: 3",
    "strided": "Conv2d, out_channels: 1, kernel_size: [3, 2], stride: [2, 3], padding: [1, 0]",
    "dilated": "Conv2d, out_channels: 1, kernel_size: 3, padding: 2, dilation: 2",
    "transposed": "ConvTranspose2d, out_channels: 1, kernel_size: 3, stride: 2, padding: 1, output_padding: 1",
    "pooled": "AvgPool2d, kernel_size: 2, stride: 3",
    "adaptive": "AdaptiveAvgPool2d, output_size: [3, 5]",
    "larger": "AdaptiveAvgPool2d, output_size: [11, 9]",
}


@pytest.mark.parametrize("name", WINDOWS)
def test_hovering_shows_what_torch_reads(opened: Any, name: str) -> None:
    import torch

    net = archspec.loads(f"archspec: 1\nname: net\ninput: [1, 8, 9]\nlayers:\n  a: {{op: {WINDOWS[name]}}}\n")
    module = net.build()
    for tensor in module.parameters():
        torch.nn.init.ones_(tensor)
    x = torch.zeros(1, 1, 8, 9, requires_grad=True)
    y = module(x)
    rows, columns = y.shape[2:]
    page = opened(net)
    gradients = {
        place: torch.autograd.grad(y[0, 0][place], x, retain_graph=True)[0][0, 0]
        for place in product(range(rows), range(columns))
    }
    for place in [(0, 0), (1, 2), (rows - 1, columns - 1)]:
        page.hover(f'.output .cell[data-at="{place[0]},{place[1]}"]')
        inside = {(row, column) for row, column in page.on("input") if 0 <= row < 8 and 0 <= column < 9}
        assert inside == {tuple(map(int, pixel)) for pixel in gradients[place].nonzero()}
        assert page.on("output") == {place}
    for pixel in [(0, 0), (3, 4), (7, 8)]:
        page.hover(f'.input .cell[data-at="{pixel[0]},{pixel[1]}"]')
        assert page.on("output") == {place for place, read in gradients.items() if read[pixel]}
    read = sum(gradients.values())
    unread = page.run("[...document.querySelectorAll('.input .cell.unread')].map(each => each.dataset.at)")
    assert set(unread) == {f"{int(row)},{int(column)}" for row, column in (read == 0).nonzero()}


def test_the_bins_of_an_adaptive_pool_are_those_of_explain(opened: Any) -> None:
    """Where they are cropped, too: each output that is shown reads what explain tells of it."""
    page = opened(archspec.loads("""\
archspec: 1
name: net
input: [1, 50, 230]
layers:
  a: {op: AdaptiveAvgPool2d, output_size: [7, 100]}
"""))  # fmt: skip
    said = json.loads(page.net.explain("a", "json"))["axes"]
    found = page.run("""arguments[0].map((axis) => axis.examples.map(([place]) => {
        const pixels = readAlong(axis, place); return [place, pixels[0], pixels.at(-1)]; }))""", said)  # fmt: skip
    assert found == [axis["examples"] for axis in said]
    assert page.find("[data-formula]").text.split("\n") == [axis["formula"] for axis in said]
    assert [axis["reads"] for axis in said if f"output r reads {axis['reads']}" not in page.told] == []
    page.hover('.output .cell[data-at="1,2"]')
    assert page.find(".window .said").text == "Output (1, 2) reads rows 7 … 14, columns 4 … 6."
    page.find(".sliders button[aria-pressed]").click()
    page.hover('.output .cell[data-at="6,99"]')
    assert page.find(".window .said").text == "Output (6, 99) reads rows 42 … 49, columns 227 … 229."


def test_the_size_that_an_adaptive_pool_gives_is_tried_out(opened: Any) -> None:
    import torch

    page = opened(
        archspec.loads("archspec: 1\nname: n\ninput: [1, 8, 9]\nlayers: [{op: AdaptiveAvgPool2d, output_size: 3}]\n")
    )
    page.run("""(() => { const input = document.querySelector('[data-slider=output]');
      input.value = 4; input.dispatchEvent(new Event('input')); })()""")
    assert "output 4×4" in page.find(".grids").text
    x = torch.zeros(1, 1, 8, 9, requires_grad=True)
    (gradient,) = torch.autograd.grad(torch.nn.AdaptiveAvgPool2d(4)(x)[0, 0, 2, 1], x)
    page.hover('.output .cell[data-at="2,1"]')
    assert page.on("input") == {tuple(map(int, pixel)) for pixel in gradient[0, 0].nonzero()}


def test_sliders_recompute(opened: Any) -> None:
    import torch

    page = opened("lenet5")
    page.search("conv.conv1")
    slide = """(() => { const input = document.querySelector(`[data-slider=${arguments[0]}]`);
      input.value = arguments[1]; input.dispatchEvent(new Event('input')); })()"""
    given = {"kernel": 4, "stride": 3, "padding": 2, "dilation": 2}
    for name, value in given.items():
        page.run(slide, name, value)
    layer = torch.nn.Conv2d(1, 1, 4, stride=3, padding=2, dilation=2)
    rows, columns = layer(torch.zeros(1, 1, 32, 32)).shape[2:]
    assert f"output {rows}×{columns}" in page.find(".grids").text
    assert page.find("[data-formula]").text == window_text(32, 4, 3, 2, 2, 2)
    page.run(slide, "kernel", 11)
    page.run(slide, "dilation", 6)
    assert "No output" in page.find(".window .said").text
    page.find(".sliders button").click()
    assert "output 28×28" in page.find(".grids").text


def test_a_long_axis_keeps_nobody_waiting(opened: Any) -> None:
    page = opened(archspec.loads("""\
archspec: 1
input: [1, 9000000]
layers:
  a: {op: Conv1d, out_channels: 1, kernel_size: 5, stride: 2}
  b: {op: MaxPool1d, kernel_size: 3000000}
"""))  # fmt: skip
    slide = """(() => { const input = document.querySelector('[data-slider=stride]');
      input.value = 3; input.dispatchEvent(new Event('input')); })()"""
    page.run(slide)
    assert "output 2999999" in page.find(".grids").text
    page.search("b")
    assert "3000000" in page.told
    assert page.run("document.querySelector('.window')") is None


def test_the_arithmetic_is_that_of_the_compiler(opened: Any) -> None:
    page = opened("lenet5")
    cases = list(product((1, 7, 32), (1, 3, 4), (1, 2, 3), (1, 2), (-1, 0, 1, 3), (0, 2)))
    found = page.run(
        """arguments[0].map(([size, kernel, stride, dilation, before, after]) => {
        const w = {kernel, stride, dilation, before, after};
        return [windowSize(size, w, false), windowText(size, w, false), windowSize(size, w, true),
          windowText(size, w, true), transposedSize(size, w, 1), transposedText(size, w, 1)]; })""",
        cases,
    )
    expected = [
        [window(*case), window_text(*case), window(*case, ceil=True), window_text(*case, ceil=True),
         transposed(*case, 1), transposed_text(*case, 1)]
        for case in cases
    ]  # fmt: skip
    assert found == expected
    spans = page.run("reads(2, {kernel: 3, stride: 2, dilation: 2, before: 1, after: 1}, false)")
    assert spans == [place * 2 + 3 for place in range(Window(3, 2, 2, 1, 1).kernel)]


def test_the_receptive_field_of_a_place(opened: Any) -> None:
    from archspec.measure import receptive_fields

    page = opened("vgg-D")
    page.search("features.40")
    field = receptive_fields(page.net.layer_graph)["features", "40"][0][0]
    assert field is not None
    first, last = (str(end).replace("-", "−") for end in field.at(1))
    assert f"sees rows {first} … {last}" in page.find(".sight .said").text
    page.hover('.output .cell[data-at="2,3"]')
    first, last = (str(end).replace("-", "−") for end in field.at(2))
    assert f"Output (2, 3) sees rows {first} … {last}" in page.find(".sight .said").text


def test_the_keyboard(opened: Any) -> None:
    right, down, enter, escape = "\ue014", "\ue015", "\ue007", "\ue00c"
    page = opened("resnet-50")
    assert page.chosen == "conv1 bn1 relu"
    page.press(right)
    assert page.chosen == "maxpool"
    page.press(right)
    assert page.chosen.startswith("layer1.0 ")
    page.press(enter)
    page.press(right)
    assert page.chosen == "layer1.0"
    page.press(enter)
    page.press(right)
    assert page.chosen.startswith("layer1.0.")
    page.press(escape)
    assert page.chosen == "layer1.0"
    page.press(escape)
    assert page.chosen.startswith("layer1.0 layer1.1")
    assert page.run("document.querySelectorAll('.box.open').length") == 0
    page.press("/")
    assert page.run("document.activeElement.id") == "search"
    page.press("linear")
    assert page.run("document.querySelectorAll('#found [role=option]').length") == 1
    page.press(escape)
    assert page.run("document.activeElement.id") == "stage"
    page.press(down)
    assert page.chosen == "fc"


def test_light_and_dark(opened: Any) -> None:
    page = opened("lenet5")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.run(paper)
    page.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    dark = page.run(paper)
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(21, 21, 21)")
    page.find("#theme").click()
    assert page.run(paper) == light


def test_drag_and_wheel_move_the_picture(opened: Any) -> None:
    from selenium.webdriver import ActionChains

    page = opened("lenet5")
    where = "(({x, y, width}) => [x, y, width])(document.querySelector('#world').getBoundingClientRect())"
    before = page.run(where)
    stage = page.find("#stage")
    ActionChains(page.driver).move_to_element_with_offset(stage, 0, 150).click_and_hold().move_by_offset(
        60, 40
    ).release().perform()
    moved = page.run(where)
    assert [round(b - a) for a, b in zip(before, moved, strict=True)] == [60, 40, 0]
    page.press("+")
    assert page.run(where)[2] > moved[2] * 1.2
    page.press("0")
    assert page.run(where)[2] == pytest.approx(before[2], rel=0.01)
