"""Checked text → a tree of values and a tree of their places: one loop over the YAML parser's events.

The loop has a stack of its own, so that no nesting can exhaust Python's stack or C's, and every bound is
checked while the events arrive.
"""

from collections.abc import Callable
from typing import Any, NoReturn

import yaml

from archspec.diagnostic import Diagnostic, Edit, Fix, Label, SpecError
from archspec.limits import Limits
from archspec.source import checks
from archspec.source.complaint import Complaint
from archspec.source.encoding import Lines
from archspec.source.mistake import Mistake
from archspec.source.scalar import Scalar
from archspec.source.yaml_errors import explain

__all__ = ["Place", "Reader", "Tree"]

Tree = Scalar | dict[str, "Tree"] | list["Tree"]

# Where libyaml is missing, PyYAML's own parser gives the same events, far slower.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Place:
    """Where a value and its key stand, as offsets into the text, and the places below it."""

    __slots__ = ("children", "end", "name", "start")

    def __init__(self, start: int, end: int, name: tuple[int, int] | None = None, children: Any = None) -> None:
        self.start = start
        self.end = end
        self.name = name
        self.children: dict[str, Place] | list[Place] | None = children


class _Frame:
    """A collection that is being read. Of a mapping, `key` is the key whose value comes next, or None."""

    __slots__ = ("flat", "flow", "keep", "key", "name", "place", "tree")

    def __init__(self, tree: Any, place: Place, *, flow: bool) -> None:
        self.tree = tree
        self.place = place
        self.flow = flow
        self.key: str | None = "" if type(tree) is list else None
        self.name: tuple[int, int] | None = None  # the key's place
        self.keep = True  # whether the key's value counts
        self.flat = False  # whether keys of a layer stand beside its name, which is told


class Reader:
    """Reads one text. What is wrong, and lets the reader go on all the same, is in `found`."""

    def __init__(self, text: str, file: str, limits: Limits) -> None:
        self.text = text
        self.file = file
        self.limits = limits
        self.found: list[Diagnostic] = []
        self._frame = _Frame([], Place(0, 0, None, []), flow=False)  # holds the root
        self._frames = [self._frame]
        self._words: dict[str, Scalar] = {}  # values that were checked: the same word is the same value
        self._names: set[str] = set()  # keys that were checked
        self._last: Any = None  # the event of the scalar read last
        self._nodes = 0
        self._short = min(limits.key, limits.scalar)
        self._refused = 0
        self._mended = 0  # where what the fix of a refused text would replace ends: what is wrong in it is told
        self._lines: Lines | None = None

    def read(self) -> tuple[Tree, Place]:
        """Return the tree and its places. Raises SpecError with all that was found."""
        handlers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._mapping,
            yaml.SequenceStartEvent: self._sequence,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        try:
            for event in iter(_LOADER(self.text).get_event, None):
                if handle := handlers.get(type(event)):
                    handle(event)
        except yaml.MarkedYAMLError as error:
            self._stop(explain(self._complaint(error)))
        root, place = self._root()
        if self._refused:
            raise SpecError(tuple(self.found))
        return root, place

    def _root(self) -> tuple[Tree, Place]:
        roots, places = self._frames[0].tree, self._frames[0].place.children
        if not roots:
            self._stop(checks.not_a_mapping(self.text, type(None), 0, 0))
        root, place = roots[0], places[0]  # type: ignore[index]
        if not isinstance(root, dict) and not self._refused:
            self._stop(checks.not_a_mapping(self.text, type(root), place.start, place.end))
        return root, place

    # Events

    def _scalar(self, event: Any) -> None:
        self._last = event
        start, end, text, style = event.start_mark.index, event.end_mark.index, event.value, event.style
        self._nodes += 1
        if self._nodes > self.limits.nodes:
            self._too_many(start, end)
        if event.anchor is not None or event.tag is not None:
            self._report(checks.property_(self.text, start))
        frame = self._frame
        if frame.key is None:
            self._key(frame, text, start, end, quoted=bool(style))
        elif style:
            self._report(checks.text(text, style, start, end))
            self._attach(Scalar(text, quoted=True), Place(start, end, frame.name))
        else:
            scalar = self._words.get(text) or self._plain(frame, text, start, end)
            self._attach(scalar, Place(start, end, frame.name))
        if len(text) > self._short:
            self._long(frame, text, start, end)

    def _mapping(self, event: Any) -> None:
        self._open(event, {}, {})

    def _sequence(self, event: Any) -> None:
        self._open(event, [], [])

    def _open(self, event: Any, tree: Any, children: Any) -> None:
        start, end, frame = event.start_mark.index, event.end_mark.index, self._frame
        self._nodes += 1
        if self._nodes > self.limits.nodes:
            self._too_many(start, end)
        if event.anchor is not None or event.tag is not None:
            self._report(checks.property_(self.text, start))
        if frame.key is None:
            self._stop(checks.complex_key(self.text, type(tree), start, end))
        if len(self._frames) > self.limits.nesting:
            self._exceed("nesting", f"this is nested {len(self._frames)} deep", len(self._frames), start, end)
            raise SpecError(tuple(self.found))
        place = Place(start, end, frame.name, children)
        self._attach(tree, place)
        self._frame = _Frame(tree, place, flow=event.flow_style)
        self._frames.append(self._frame)

    def _close(self, event: Any) -> None:
        self._frame.place.end = event.end_mark.index
        self._frames.pop()
        self._frame = self._frames[-1]

    def _alias(self, event: Any) -> None:
        start, end, frame = event.start_mark.index, event.end_mark.index, self._frame
        self._report(checks.alias(self.text, start, end))
        if frame.key is None:
            frame.key, frame.keep = "", False
        else:
            self._attach(Scalar(""), Place(start, end))

    def _document(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if self._frame.tree:
            self._stop(checks.second_document(self.text, start, end))
        self._report(checks.directive(self.text, end))

    # Keys and values

    def _key(self, frame: _Frame, text: str, start: int, end: int, *, quoted: bool) -> None:
        frame.key, frame.name, frame.keep = text, (start, end), text not in frame.tree
        if not quoted and text not in self._names and start >= self._mended:
            mistake = checks.key(self.text, text, start, end)
            self._report(mistake)
            if mistake is None:
                self._names.add(text)
        if text in checks.KINDS and not frame.flat and (layer := self._layer_above(frame)):
            frame.flat = True
            self._report(checks.beside(self.text, start, end, layer))
        if not frame.keep and not frame.flat:
            first: Place = frame.place.children[text]  # type: ignore[index, call-overload]
            self._report(checks.duplicate(self.text, start, end, first.name or (start, end)))

    def _layer_above(self, frame: _Frame) -> tuple[int, int] | None:
        """Return the place of the key above in the lines of `layers`, if nothing follows it."""
        scope = self._frames[-2].name
        places: dict[str, Place] = frame.place.children  # type: ignore[assignment]
        if frame.flow or not places or scope is None or self.text[slice(*scope)] != "layers":
            return None
        above = places[next(reversed(places))]
        return above.name if above.start == above.end else None

    def _plain(self, frame: _Frame, text: str, start: int, end: int) -> Scalar:
        """Check an unquoted value; what is right wherever it stands need not be checked again."""
        scalar = Scalar(text)
        if len(self._frames) > 1:  # the root is judged as a whole
            mistake = checks.plain(self.text, text, start, end, flow=frame.flow, listed=type(frame.tree) is list)
            self._report(mistake)
            if mistake is None and ":" not in text and "(" not in text:
                self._words[text] = scalar
        return scalar

    def _attach(self, tree: Tree, place: Place) -> None:
        frame = self._frame
        if type(frame.tree) is list:
            frame.tree.append(tree)
            frame.place.children.append(place)  # type: ignore[union-attr]
            return
        if frame.keep:
            frame.tree[frame.key] = tree
            frame.place.children[frame.key] = place  # type: ignore[index, call-overload]
        frame.key = None

    # What is wrong

    def _too_many(self, start: int, end: int) -> NoReturn:
        self._exceed("nodes", "the file holds too many values", 2 * self.limits.nodes, start, end)
        raise SpecError(tuple(self.found))

    def _long(self, frame: _Frame, text: str, start: int, end: int) -> None:
        limit, what = ("key", "key") if frame.name == (start, end) else ("scalar", "text")
        if len(text) > getattr(self.limits, limit):
            self._exceed(limit, f"this {what} has {len(text)} characters", len(text), start, end)

    def _exceed(self, limit: str, found: str, needed: int, start: int, end: int) -> None:
        message = f"{found}; at most {getattr(self.limits, limit)} are allowed"
        self._report(Mistake("AS009", message, start, end, f"`--limit {limit}={needed}` raises the limit"))

    def _stop(self, mistake: Mistake) -> NoReturn:
        self._report(mistake)
        raise SpecError(tuple(self.found))

    def _report(self, mistake: Mistake | None) -> None:
        """Keep a mistake; give up after as many as are shown of those that leave no tree.

        Warnings that no run would show are not kept: a hostile file could hold a hundred thousand.
        """
        if mistake is None or mistake.start < self._mended:
            return
        if mistake.code == "AS301" and len(self.found) >= self.limits.all_messages:
            return
        lines = self._lines = self._lines or Lines(self.text)
        span = lines.span(self.file, mistake.start, min(mistake.end, len(self.text)))
        labels: tuple[Label, ...] = ()
        if mistake.label:
            start, end, text = mistake.label
            labels = (Label(lines.span(self.file, start, end), text),)
        self.found.append(
            Diagnostic(
                mistake.code,
                mistake.message,
                span,
                "warning" if mistake.code == "AS301" else "error",
                labels,
                help=mistake.help,
                fixes=(Fix(mistake.fix[0], (Edit(span, mistake.fix[1]),), safe=True),) if mistake.fix else (),
            )
        )
        self._refused += mistake.refused
        if mistake.refused and mistake.fix:
            self._mended = mistake.end
        if self._refused > self.limits.messages:
            raise SpecError(tuple(self.found))

    def _complaint(self, error: yaml.MarkedYAMLError) -> Complaint:
        at = error.problem_mark.index if error.problem_mark else len(self.text)
        begun = error.context_mark.index if error.context_mark else at
        brackets = [frame.place.start for frame in self._frames if frame.flow]
        last = self._last
        in_quotes = last is not None and last.style in ("'", '"')
        quoted = (last.start_mark.index, last.end_mark.index) if in_quotes else None
        problem, context = error.problem or "", error.context or ""
        return Complaint(self.text, problem, context, at, begun, brackets[-1] if brackets else None, quoted)
