"""A layer graph → the text of its page: data, style and scripts in one file that a browser opens without a network."""

import base64
import json
import re
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from archspec.diagnostic import printable
from archspec.draw.engine import Engine
from archspec.draw.facts import facts as title_facts
from archspec.draw.refused import Refused, known
from archspec.draw.theme import THEMES, ThemeName
from archspec.graph import Graph
from archspec.measure import axes
from archspec.page.facts import facts
from archspec.page.sheets import sheets, word

__all__ = ["document"]

_SCRIPTS = ["arithmetic", "elements", "sheet", "grid", "window", "panel", "page", "view", "keys", "search", "start"]
"""In the order in which they are read; the last begins."""


def document(graph: Graph, engine: Engine = "embedded", refused: Refused | None = None) -> str:
    """Return the page as HTML.

    What the spec says is in it as JSON, in which `<` is escaped, and as escaped text; the Content-Security-Policy lets
    the page run its own script and style, by their hashes, and fetch nothing.

    Raises:
        ArchspecError: there are too many boxes, or what lays them out is not installed.
    """
    name = printable(graph.name) or "network"
    data = {
        "name": name,
        "said": list(title_facts(graph)) if refused is None else [known(refused)],
        "mistake": None if refused is None else {"message": refused.message, "told": refused.told},
        "inputs": [[given, list(tensor.shape)] for given, tensor in graph.model.inputs],
        "input_axes": [[axis.input, axis.axis, axis.size] for axis in axes(graph)],
        "families": {word(family): family for family in THEMES["light"].fills if family and family != "other"},
        "sheets": sheets(graph, engine, refused),
        **facts(graph),
    }
    style = _colours() + _read("page.css")
    script = "\n".join(_read(f"{script}.js") for script in _SCRIPTS)
    pieces = {
        "policy": f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        "title": escape(name),
        "style": style,
        "data": _json(data),
        "script": script,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda mark: pieces[mark[1]], _read("page.html"))


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _json(data: dict[str, Any]) -> str:
    """Return JSON in which nothing ends or begins an element."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def _colours() -> str:
    """Return the colours of the pictures' themes, light and dark, as properties of the style."""
    light, dark = _properties("light"), _properties("dark")
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media(prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
    )


def _properties(name: ThemeName) -> str:
    theme = THEMES[name]
    found = {"paper": theme.paper, "ink": theme.ink, "faint": theme.faint, "wrong": theme.wrong}
    for family, fill in theme.fills.items():
        found |= {f"fill-{word(family)}": fill, f"on-{word(family)}": theme.on(fill)}
    return "".join(f"--{key}:{colour};" for key, colour in found.items())
