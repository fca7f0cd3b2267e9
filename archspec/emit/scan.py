"""A graph → the unit of every body in it, with the units of the groups that are no plain chains."""

from collections import Counter
from collections.abc import Container, Iterator, Mapping

from archspec.emit.inplace import overwriting
from archspec.emit.unit import INPUT, Chain, Item, Key, Leaf, Part, Read, Unit, is_parameter
from archspec.graph import Body, Call, Graph, Group, Layer, Node, Path, Ref
from archspec.ops.base import Spelling, Tensor
from archspec.report import Where

__all__ = ["units"]


def units(graph: Graph) -> dict[int, Unit]:
    """Return the unit of every body of the graph by the body's id, what is inside of others first."""
    made: dict[int, Unit] = {}
    for body in _bodies(graph.model):
        made[id(body)] = _Scan(body, made).unit()
    return made


def _bodies(model: Body) -> Iterator[Body]:
    """Yield the distinct bodies, each after those that it calls."""
    seen: set[int] = set()
    stack: list[tuple[Body, bool]] = [(model, False)]
    while stack:
        body, done = stack.pop()
        if done:
            yield body
        elif id(body) not in seen:
            seen.add(id(body))
            stack.append((body, True))
            stack.extend((layer.body, False) for layer in body.leaves() if isinstance(layer, Call))


class _Scan:
    """Turns one body into its unit and the units of its groups."""

    def __init__(self, body: Body, made: Mapping[int, Unit]) -> None:
        self.body = body
        self.made = made
        self.entering: dict[Path, dict[Ref, None]] = {}  # what a group reads from outside
        self.leaving: dict[Path, dict[Ref, None]] = {}  # what is read of a group from outside
        self.training: set[Path] = set()  # the groups that run in training only
        self.overwriting = overwriting(body)
        self.spellings: dict[Path, Spelling] = {}
        self.tensors: dict[Ref, Tensor] = {Ref((), i): tensor for i, (_, tensor) in enumerate(body.inputs)}
        for path, layer in body.paths():
            outputs = layer.outputs if isinstance(layer, Node) else layer.body.tensors
            self.tensors.update((Ref(path, i), tensor) for i, tensor in enumerate(outputs))
        self._follow_all()
        self.places = {ref: place for place, ref in enumerate(self.tensors)}

    def _follow_all(self) -> None:
        """Follow every value that is read on the way to an output; then those in groups that lead to none."""
        live = {ref.path for _, ref in self.body.outputs}
        dead: list[tuple[Path, tuple[Ref, ...]]] = []
        for _, ref in self.body.outputs:
            self._follow(ref, ())
        reads: list[tuple[Path, tuple[Ref, ...]]] = []
        for path, layer in reversed(list(self.body.paths())):
            if path in live:
                live.update(ref.path for ref in layer.inputs)
            (reads if path in live else dead).append((path, layer.inputs))
        for path, inputs in reversed(reads):
            for ref in inputs:
                self._follow(ref, path)
        used = set(self.entering)
        for path, inputs in reversed(dead):
            for ref in inputs:
                self._follow(ref, path, used)

    def _follow(self, ref: Ref, reader: Path, used: Container[Path] = ()) -> None:
        """Note which groups a value leaves and enters on its way to a reader, but for those in `used`."""
        common = 0
        for one, other in zip(ref.path[:-1], reader[:-1], strict=False):
            if one != other:
                break
            common += 1
        for depth in range(common + 1, len(ref.path)):
            if ref.path[:depth] in used:
                continue
            self.leaving.setdefault(ref.path[:depth], {})[ref] = None
        for depth in range(common + 1, len(reader)):
            if reader[:depth] not in used:
                self.entering.setdefault(reader[:depth], {})[ref] = None

    def unit(self) -> Unit:
        """Return the body as a unit."""
        body = self.body
        inputs = tuple(Ref((), index) for index in range(len(body.inputs)))
        listed = bool(body.children) and body.children[0].name.isdecimal()
        names = tuple(name for name, _ in body.inputs)
        return self._unit(
            (*_place(body.where), "body"), body.block, (), body.children, inputs, names, body.outputs, listed=listed
        )

    def _group(self, path: Path, group: Group) -> Unit:
        inputs = tuple(self.entering.get(path, {}))
        name = _word(path, "part")
        outputs = tuple((_word(ref.path[len(path) :]), ref) for ref in self._outputs(path, group))
        names = tuple(_word(ref.path) if ref.path else self.body.inputs[ref.index][0] for ref in inputs)
        site = (*_place(group.where), "repeat" if group.repeat else "group")  # copies stand where their repeat does
        return self._unit(site, name, path, group.children, inputs, names, outputs, listed=group.listed)

    def _outputs(self, path: Path, group: Group) -> tuple[Ref, ...]:
        """Return what is read of a group: its output first, then what else is read of its inside."""
        leaving = sorted(self.leaving.get(path, {}), key=self.places.__getitem__)
        return tuple(sorted(leaving, key=lambda ref: ref != group.output))

    def _unit(
        self,
        site: object,
        name: str,
        path: Path,
        children: tuple[Layer, ...],
        inputs: tuple[Ref, ...],
        names: tuple[str, ...],
        outputs: tuple[tuple[str, Ref], ...],
        *,
        listed: bool,
    ) -> Unit:
        local = {ref: Read(INPUT, index) for index, ref in enumerate(inputs)}
        items = tuple(self._item(key, (*path, child.name), child, local) for key, child in _keyed(children))
        return Unit(
            site=site,
            name=name,
            body=self.body,
            path=path,
            listed=listed,
            chained=not self._named(path) and self._chained(path, children, inputs, tuple(ref for _, ref in outputs)),
            inputs=tuple(zip(names, (self.tensors[ref] for ref in inputs), strict=True)),
            items=items,
            outputs=tuple((name, local[ref]) for name, ref in outputs),
            absent={gone[-1]: why for gone, why in self.body.absent.items() if gone[:-1] == path},
        )

    def _named(self, path: Path) -> bool:
        """Whether these are the model's layers, and it gives its outputs by name."""
        return not path and not self.body.block and bool(self.body.outputs[0][0])

    def _item(self, key: Key, path: Path, layer: Layer, local: dict[Ref, Read] | None) -> Item:
        """Return the layer as an item of a unit, or of a chain where `local` is None."""
        inputs, outputs = self._ends(path, layer)
        if isinstance(layer, Group) and layer.training:
            self.training.add(path)
        if isinstance(layer, Call):
            content: Leaf | Part | Chain = Part(self.made[id(layer.body)], layer.expressions)
        elif isinstance(layer, Node):
            content = Leaf(layer, self._spelling(path, layer))
        elif _is_empty(layer) or self._chained(path, layer.children, inputs, outputs):
            children = ((k, (*path, child.name), child) for k, child in _keyed(layer.children))
            content = Chain(tuple(self._item(*child, None) for child in children), layer.listed)
        else:
            content = Part(self._group(path, layer))
        reads: tuple[Read, ...] = ()
        if local is not None:
            reads = tuple(local[ref] for ref in inputs if ref in local)
            local.update((ref, Read(key, index)) for index, ref in enumerate(outputs))
        tensors = tuple(self.tensors[ref] for ref in outputs)
        training = layer.training and path[:-1] not in self.training
        return Item(key, layer.name, content, reads, tensors, layer.when, training)

    def _ends(self, path: Path, layer: Layer) -> tuple[tuple[Ref, ...], tuple[Ref, ...]]:
        """Return what the layer reads and what it gives."""
        if isinstance(layer, Group):
            return tuple(self.entering.get(path, {})), self._outputs(path, layer)
        count = len(layer.outputs) if isinstance(layer, Node) else len(layer.body.tensors)
        return layer.inputs, tuple(Ref(path, index) for index in range(count))

    def _chained(
        self, path: Path, children: tuple[Layer, ...], inputs: tuple[Ref, ...], outputs: tuple[Ref, ...]
    ) -> bool:
        """Whether each layer reads the one before and nothing else, and only the last is read."""
        before = inputs
        for child in children:
            below = (*path, child.name)
            if _is_empty(child):
                continue
            reads, gives = self._ends(below, child)
            if reads != before or len(reads) != 1 or len(gives) > 1 or not self._stands(below, child):
                return False
            before = gives
        return len(inputs) == 1 and outputs in ((), before)

    def _stands(self, path: Path, layer: Layer) -> bool:
        """Whether the layer can stand in an `nn.Sequential`: a module of one input and one output."""
        if layer.training and path[:-1] not in self.training:
            return False
        if not isinstance(layer, Node):
            return True
        spelling = self._spelling(path, layer)
        plain = "{self}" not in spelling.call or spelling.call in ("{self}({inputs})", "{self}({0})")
        return spelling.constructor is not None and plain and not is_parameter(layer)

    def _spelling(self, path: Path, node: Node) -> Spelling:
        if path not in self.spellings:
            op = node.op.model_copy(update={"inplace": False}) if path in self.overwriting else node.op
            self.spellings[path] = op.spelling(*node.tensors)
        return self.spellings[path]


def _word(path: Path, otherwise: str = "") -> str:
    """Return the last name of a path that is no number, or else its last number."""
    return next((part for part in reversed(path) if not part.isdecimal()), otherwise or path[-1])


def _is_empty(layer: Layer) -> bool:
    """Whether the layer is a group without a layer."""
    return isinstance(layer, Group) and all(map(_is_empty, layer.children))


def _keyed(children: tuple[Layer, ...]) -> Iterator[tuple[Key, Layer]]:
    """Yield the layers with what names them in every instance of the scope."""
    lines: Counter[Key] = Counter()
    for child in children:
        if child.name.isdecimal():
            place = _place(child.where)
            yield (*place, lines[place]), child
            lines[place] += 1
        else:
            yield (child.name,), child


def _place(where: Where) -> Key:
    """Return where something is written as a value: a file may be read more than once."""
    return (where.source.file, where.key)
