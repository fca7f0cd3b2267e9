"""A plan → SVG: its panels laid out by Graphviz, row under row or in columns, then the blocks and the legend."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from archspec.draw.dot import Direction, skeleton
from archspec.draw.engine import Engine, laid_out
from archspec.draw.legend import Legend, legend
from archspec.draw.metrics import width
from archspec.draw.paint import Painter
from archspec.draw.placing import placed
from archspec.draw.plan import Panel, Plan
from archspec.draw.rows import rows
from archspec.draw.stack import Stack, stacked
from archspec.draw.theme import Theme
from archspec.draw.type import LINE, NAME

__all__ = ["WIDEST", "svg"]

WIDEST = 1300.0
"""Units of a picture's width: pixels, unless it is set in another size."""

_HIGHEST = 1100.0
"""Units of a column's height, where it can be cut, so that a page holds it with what stands above and below."""

_MARGIN, _BETWEEN, _ASPECT, _TITLE = 14.0, 18.0, 6.0, 15.0
_TRIES = 10
_PAD, _HEAD = 8.0, 18.0  # around a block's panel, and for its title


def svg(plan: Plan, theme: Theme, direction: Direction = "right", engine: Engine = "embedded") -> str:
    """Return the picture: no wider than `WIDEST`, and no more than six times as wide as high.

    Raises:
        ArchspecError: the engine is not there, takes too long, or gives up.
    """
    limit = 0.9 * _HIGHEST if direction == "down" else WIDEST - 2 * _MARGIN
    for _ in range(_TRIES):
        page = _page(plan, theme, direction, engine, limit)
        shorter = _lower(page, limit) if direction == "down" else _narrower(page, limit)
        if shorter is None:
            break
        limit = shorter
    return _painted(page, plan, theme)


def _narrower(page: "_Page", limit: float) -> float | None:
    """Return a limit of rows to try instead, where the page is too wide for itself or at all."""
    if page.wide > WIDEST:
        return limit * min(0.94, WIDEST / page.wide)  # a row was wider than was estimated
    return 0.8 * (page.wide - 2 * _MARGIN) if page.wide > _ASPECT * page.high else None


def _lower(page: "_Page", limit: float) -> float | None:
    """Return a limit of columns to try instead, where one was higher than was estimated."""
    highest = max(column.high for _, _, column in page.main.rows)
    return limit * min(0.94, _HIGHEST / highest) if highest > _HIGHEST else None


@dataclass(frozen=True, slots=True)
class _Page:
    """The main panel, the blocks on shelves, and the legend, with the size of the whole."""

    title: tuple[tuple[str, float, bool], ...]  # lines of text, their size of type, and whether they are bold
    main: Stack
    shelves: tuple[tuple[tuple[Panel, Stack], ...], ...]
    legend: Legend
    wide: float
    high: float


def _page(plan: Plan, theme: Theme, direction: Direction, engine: Engine, limit: float) -> _Page:
    room = WIDEST - 2 * _MARGIN if direction == "down" else limit
    inner = limit - 2 * _PAD
    cut = [rows(panel, limit if panel is plan.main else inner, direction) for panel in plan.panels]
    drawn = iter(laid_out([skeleton(row, direction) for each in cut for row in each], engine))
    stacks = [
        stacked([placed(row, svg) for row, svg in zip(each, islice(drawn, len(each)), strict=True)], direction, room)
        for each in cut
    ]
    shelves = _shelves(list(zip(plan.insets, stacks[1:], strict=True)), room)
    title = _title(plan, room)
    wide = max(stacks[0].wide, *(_long(shelf) for shelf in shelves), *(width(text, size, bold=bold)
               for text, size, bold in title))  # fmt: skip
    told = legend(plan, theme, wide)
    high = sum(size * 1.35 for _, size, _ in title) + 10 + stacks[0].high
    high += sum(_BETWEEN + max(_high(stack) for _, stack in shelf) for shelf in shelves) + _BETWEEN + told.high
    return _Page(title, stacks[0], shelves, told, wide + 2 * _MARGIN, high + 2 * _MARGIN)


def _title(plan: Plan, limit: float) -> tuple[tuple[str, float, bool], ...]:
    facts, lines = list(plan.facts), []
    while facts:
        line = facts.pop(0)
        while facts and width(f"{line} · {facts[0]}", NAME) < limit:
            line += f"  ·  {facts.pop(0)}"
        lines.append((line, NAME, False))
    return ((plan.name, _TITLE, True), *lines)


def _high(stack: Stack) -> float:
    return stack.high + 2 * _PAD + _HEAD


def _long(shelf: Sequence[tuple[Panel, Stack]]) -> float:
    return sum(_wide(panel, stack) for panel, stack in shelf) + _BETWEEN * (len(shelf) - 1)


def _wide(panel: Panel, stack: Stack) -> float:
    return max(stack.wide, width(panel.title, LINE, bold=True)) + 2 * _PAD


def _shelves(insets: list[tuple[Panel, Stack]], limit: float) -> tuple[tuple[tuple[Panel, Stack], ...], ...]:
    """Return the blocks side by side as far as the width goes."""
    shelves: list[list[tuple[Panel, Stack]]] = []
    for inset in insets:
        if shelves and _long([*shelves[-1], inset]) <= limit:
            shelves[-1].append(inset)
        else:
            shelves.append([inset])
    return tuple(map(tuple, shelves))


def _painted(page: _Page, plan: Plan, theme: Theme) -> str:
    painter = Painter(theme, plan)
    down = _MARGIN
    for text, size, bold in page.title:
        painter.text(text, page.wide / 2, down + size, size, theme.ink, bold=bold)
        down += size * 1.35
    down += 10
    painter.stack(page.main, (page.wide - page.main.wide) / 2, down)
    down += page.main.high
    for shelf in page.shelves:
        down += _BETWEEN
        right = (page.wide - _long(shelf)) / 2
        for panel, stack in shelf:
            painter.frame(panel.title, right, down, _wide(panel, stack), _high(stack))
            painter.stack(stack, right + (_wide(panel, stack) - stack.wide) / 2, down + _HEAD + _PAD)
            right += _wide(panel, stack) + _BETWEEN
        down += max(_high(stack) for _, stack in shelf)
    painter.legend(page.legend, (page.wide - page.legend.wide) / 2, down + _BETWEEN)
    return painter.svg(page.wide, page.high)
