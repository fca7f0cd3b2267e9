"""Names that a generated file may use: an identifier comes in, one that hides nothing goes out."""

import builtins
import keyword
import re
from collections.abc import Iterable

__all__ = ["FILE", "Names", "camel_case"]

FILE = (
    frozenset(dir(builtins))
    | frozenset(keyword.softkwlist)
    | {"F", "I", "O", "OrderedDict", "l", "math", "nn", "self", "torch"}
)
"""What no local, argument or class may be called: builtins, imports, and letters that look like digits."""


class Names:
    """The names taken in one scope of a generated file."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self._counts: dict[str, int] = {}  # where counting goes on, by the name that is wanted

    def copy(self) -> "Names":
        """Return the same names, to which others can be added apart."""
        made = Names(self.taken)
        made._counts = dict(self._counts)
        return made

    def take(self, name: str) -> None:
        """Count a name as taken."""
        self.taken.add(name)

    def new(self, wanted: str) -> str:
        """Return the name, or one like it, that is not taken yet, and take it.

        Example:
            >>> names = Names({"stride"})
            >>> names.new("stride"), names.new("list"), names.new("3x3")
            ('stride_2', 'list_2', 'n3x3')
        """
        base = re.sub("[^0-9A-Za-z_]", "_", wanted)
        base = f"n{base}" if not base or base[0].isdigit() else base
        name, count = base, self._counts.get(base, 1)
        while name in self.taken or name in FILE or keyword.iskeyword(name):
            count += 1
            name = f"{base}{'_' if base[-1].isdigit() or base[0].islower() else ''}{count}"
        self.taken.add(name)
        self._counts[base] = count
        return name


def camel_case(name: str) -> str:
    """Return a name as a class's: its words capitalised, everything but ASCII letters and digits left out.

    Example:
        >>> camel_case("wide-resnet-50-2"), camel_case("encoder_layer"), camel_case("étude")
        ('WideResnet502', 'EncoderLayer', 'Tude')
    """
    words = re.findall("[0-9A-Za-z]+", name)
    text = "".join(word[0].upper() + word[1:] for word in words)
    return f"Model{text}" if not text or text[0].isdigit() else text
