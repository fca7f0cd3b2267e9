"""The page: its data are what explain says, every layer can be reached, and nothing of a spec becomes markup."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import archspec
from archspec.cli import commands
from archspec.diagnostic import ArchspecError

HOSTILE = """\
archspec: 1
name: "</script><script>window.pwned = 1</script>{{script}}<img src=x onerror=pwned=1>"
input: [1, 7, 8]
layers:
  a: {op: Conv2d, out_channels: 2, kernel_size: 3}  # </script><script>window.pwned = 2</script> <!-- &lt;
  b: {op: ReLU}
"""


class Reader(HTMLParser):
    """The elements of a page, and the text of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.texts:
            self.texts[-1] += data

    def text(self, tag: str, **attributes: str) -> str:
        return next(
            text
            for (name, found), text in zip(self.elements, self.texts, strict=True)
            if name == tag and attributes.items() <= found.items()
        )


def page_of(net: archspec.Architecture, tmp_path: Path) -> str:
    net.draw(tmp_path / "net.html")
    return (tmp_path / "net.html").read_text(encoding="utf-8")


def data_of(net: archspec.Architecture, tmp_path: Path) -> Any:
    return json.loads(Reader(page_of(net, tmp_path)).text("script", id="data"))


@pytest.mark.parametrize("name", ["lenet5", "u-net", "resnet-18", "googlenet"])
def test_the_data_are_what_explain_says(name: str, tmp_path: Path) -> None:
    net = archspec.load(name)
    data = data_of(net, tmp_path)
    for path, facts, seen, before, _ in data["layers"][:: max(1, len(data["layers"]) // 12)]:
        said = json.loads(net.explain(path, "json"))
        told = {"path": path, **data["facts"][facts]}
        for view, place in (("seen", seen), ("seen_before", before)):
            told[view] = [
                field and {key: field[key] for key in ("size", "jump", "start", "even")}
                for field in data["views"][place]
            ]
        del said["input_axes"]
        for axis in said["axes"]:
            del axis["strip"]
        assert told == said


def shown_paths(data: Any, index: int = 0, prefix: str = "") -> Iterator[str]:
    """Yield the layers that boxes stand for, as far as they open."""
    for row in data["sheets"][index]["rows"]:
        for box in row["boxes"]:
            yield from (prefix + path for path in box["paths"])
            if box["opens"] is not None:
                yield from shown_paths(data, box["opens"], f"{prefix}{box['paths'][0]}." if box["enters"] else prefix)


@pytest.mark.parametrize("name", ["lenet5", "u-net", "resnet-50", "densenet-121", "mobilenet-v2", "vit-b-16"])
def test_every_layer_stands_in_the_picture(name: str, tmp_path: Path) -> None:
    net = archspec.load(name)
    data = data_of(net, tmp_path)
    found = set(shown_paths(data))
    assert found >= {".".join(path) for path in net.layer_graph.nodes}
    assert found <= {layer[0] for layer in data["layers"]}, "a box has a layer of which nothing is told"


def test_equal_blocks_share_what_they_have(tmp_path: Path) -> None:
    text = page_of(archspec.load("resnet-152"), tmp_path)
    assert len(text) < 500_000
    assert text == page_of(archspec.load("resnet-152"), tmp_path)


def test_nothing_of_a_spec_becomes_markup(tmp_path: Path) -> None:
    net = archspec.loads(HOSTILE)
    read = Reader(page_of(net, tmp_path))
    plain = Reader(page_of(archspec.load("lenet5"), tmp_path))
    assert [tag for tag, _ in read.elements] == [tag for tag, _ in plain.elements]
    data = json.loads(read.text("script", id="data"))
    assert data["name"] == net.name
    assert "window.pwned = 2" in data["facts"][0]["where"]["text"]
    assert not any(name.startswith("on") for _, attributes in read.elements for name in attributes)


def test_the_page_names_no_other_place(tmp_path: Path) -> None:
    read = Reader(page_of(archspec.load("lenet5"), tmp_path))
    policy = next(found["content"] for tag, found in read.elements if found.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    addresses = [found[key] for _, found in read.elements for key in ("src", "href") if key in found]
    assert addresses == ["data:,"]


@pytest.mark.parametrize(("arguments", "status", "said"), [
    (("-o", "net.html"), 0, "wrote net.html"),
    (("--format", "html"), 0, "<!doctype html>"),
    (("-o", "net.html", "--depth", "ops"), 2, "depth is for a picture"),
    (("-o", "net.html", "--scale", "2"), 2, "--scale is for a PNG, and html is asked for"),
])  # fmt: skip
def test_the_command(
    arguments: tuple[str, ...], status: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(commands, ["draw", "lenet5", *arguments], prog_name="archspec")
    assert result.exit_code == status
    assert said in result.output
    assert Path("net.html").exists() == (status == 0 and "-o" in arguments)


@pytest.mark.parametrize("arguments", [("-o", "net.html"), ("--format", "html")])
def test_a_spec_with_a_mistake_has_a_page_up_to_it(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line that is refused stands in the place of the output, with what is said of it, and nothing after it."""
    monkeypatch.chdir(tmp_path)
    lines = "  a: {op: Conv2d, out_channels: 2, kernel_size: 3}\n  b: {op: MaxPool2d, kernel_size: 99}\n  c: ReLU\n"
    Path("net.yaml").write_text(f"archspec: 1\nname: net\ninput: [1, 8, 8]\nlayers:\n{lines}")
    result = CliRunner().invoke(commands, ["draw", "net.yaml", *arguments], prog_name="archspec")
    assert result.exit_code == 1
    text = Path("net.html").read_text(encoding="utf-8") if "-o" in arguments else result.stdout
    data = json.loads(Reader(text).text("script", id="data"))
    assert data["mistake"]["told"] in result.stderr
    assert [layer[0] for layer in data["layers"]] == ["a"]
    (row,) = data["sheets"][0]["rows"]
    assert [(box["name"], box["wrong"]) for box in row["boxes"]] == [("input", False), ("a", False), ("b", True)]
    assert [(edge["text"], edge["wrong"]) for edge in row["edges"]] == [("1×8²", False), ("2×6×6", True)]


def test_a_page_has_no_depth(tmp_path: Path) -> None:
    with pytest.raises(ArchspecError, match="theme is for a picture"):
        archspec.load("lenet5").draw(tmp_path / "net.html", theme="dark")
    assert not (tmp_path / "net.html").exists()
