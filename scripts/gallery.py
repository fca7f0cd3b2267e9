"""The bundled specs → docs/gallery.md, and the pictures of it and of the other pages in docs/images/.

    python scripts/gallery.py         writes all of them anew, and removes pictures of specs that are gone
    python scripts/gallery.py --check says what is not current, and writes nothing; the exit status is then 1

The embedded Graphviz gives the same bytes on every machine.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

import archspec
from archspec.files import bundled

__all__ = ["pages"]

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "gallery.md"
IMAGES = DOCS / "images"

LOOKS: Mapping[str, tuple[str, Mapping[str, Any], str]] = {
    "u-net-symbolic": ("u-net", {"symbolic": True}, "sizes as shares of the input's, where they are exact."),
    "vgg-D-parameters": ("vgg-D", {"heat": "parameters"}, "coloured by where the parameters are."),
    "vgg-D-macs": ("vgg-D", {"heat": "macs"}, "coloured by where the multiply-accumulates are."),
    "densenet-121-dark": ("densenet-121", {"theme": "dark", "heat": "macs"}, "the same, for a dark page."),
    "lenet5-ops": ("lenet5", {"depth": "ops", "theme": "print"}, "every op with its arguments, in greys."),
}
"""Other ways to draw, by the name of the picture: a spec, what `draw` is asked for, and what that shows."""

HEAD = """\
# Gallery

Every spec that comes with archspec, as `archspec draw NAME -o NAME.svg` shows it: families in the order of their
years, each with the picture of the spec that the others of the family vary. A name in a table leads to the
picture of that spec, and a picture to itself in full size. At the end are [other looks](#other-looks).

This page and its pictures are written by `python scripts/gallery.py`.
"""


def pages() -> dict[Path, str]:
    """Return the text of the page and of each picture by its path."""
    nets = {name: archspec.load(path) for name, path in bundled().items()}
    pictures = {IMAGES / "gallery" / f"{name}.svg": net.draw(format="svg") for name, net in nets.items()}
    for name, (spec, asked, _) in LOOKS.items():
        pictures[IMAGES / "looks" / f"{name}.svg"] = nets[spec].draw(format="svg", **asked)
    return {PAGE: page(nets), **pictures}


def page(nets: Mapping[str, archspec.Architecture]) -> str:
    """Return docs/gallery.md as it should be."""
    members: dict[str, list[str]] = {}
    for name in sorted(nets, key=lambda name: (name != family(name), nets[name].num_parameters, name)):
        members.setdefault(family(name), []).append(name)
    order = sorted(members, key=lambda name: (name.startswith("article/"), year(nets[name]), name))
    sections = [part for name in order for part in section(name, members[name], nets)]
    looks = [part for name in LOOKS for part in look(name)]
    return "\n".join([HEAD, *sections, "## Other looks\n", *looks])


def family(name: str) -> str:
    """Return the spec from which all others of a spec's family are made: the last that it extends."""
    path = bundled()[name]
    base = yaml.safe_load(path.read_text(encoding="utf-8")).get("extends")
    known = {path: name for name, path in bundled().items()}
    return family(known[path.parent / base]) if base else name


def year(net: archspec.Architecture) -> str:
    """Return the year that a description gives, or none."""
    found = re.search(r"\b(19|20)\d\d\b", net.description or "")
    return found[0] if found else ""


def section(name: str, members: list[str], nets: Mapping[str, archspec.Architecture]) -> Iterator[str]:
    """Yield what the page says of a family: its first spec, its picture, and a table of all."""
    yield f"## {name}\n"
    source = f" [Source]({nets[name].reference})" if nets[name].reference else ""
    yield f"{nets[name].description}.{source}\n"
    yield shown(f"images/gallery/{name}.svg", f"{name}, drawn by archspec")
    yield "| spec | parameters | MACs | input |\n|---|---:|---:|---|"
    for member in members:
        net = nets[member]
        size = "×".join(map(str, net.layer_graph.model.inputs[0][1].shape))
        yield f"| [{member}](images/gallery/{member}.svg) | {net.num_parameters:,} | {net.macs:,} | {size} |"
    yield ""


def look(name: str) -> Iterator[str]:
    """Yield what the page says of another way to draw."""
    spec, asked, said = LOOKS[name]
    options = " ".join(f"--{key}" if value is True else f"--{key} {value}" for key, value in asked.items())
    yield f"`archspec draw {spec} {options} -o {name}.svg`: {said}\n"
    yield shown(f"images/looks/{name}.svg", f"{spec}, drawn with {options}")


def shown(picture: str, text: str) -> str:
    """Return a picture that leads to itself."""
    return f"[![{text}]({picture})]({picture})\n"


def main() -> int:
    """Write what is not current, or say what it is."""
    parser = argparse.ArgumentParser(description="Write the gallery of the documentation.")
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 if something is not current")
    check = parser.parse_args().check
    found = pages()
    stale = [path for path, text in found.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    gone = sorted(set(IMAGES.rglob("*.svg")) - set(found))
    for path in [*stale, *gone]:
        print(f"{path.relative_to(DOCS)} {'is not current' if check else 'removed' if path in gone else 'written'}")
    if check:
        return 1 if stale or gone else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found[path], encoding="utf-8")
    for path in gone:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
