"""The bounds within which a spec is read, expanded and counted; no spec can raise them."""

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a spec may cost. The unit of each bound stands in its comment."""

    file_size: int = 1 << 20  # bytes
    total_size: int = 8 << 20  # bytes of all files of an `extends` chain
    extends: int = 16  # files in an `extends` chain
    nesting: int = 64  # YAML collections, one inside the other
    nodes: int = 100_000  # YAML scalars and collections
    scalar: int = 64 << 10  # characters
    key: int = 128  # characters
    repeat: int = 1_000  # copies
    block_depth: int = 16  # blocks, one inside the other
    layers: int = 20_000  # after expansion
    edges: int = 100_000  # after expansion
    parameters: int = 10**12  # weights, counted
    steps: int = 1_000_000  # evaluated expression nodes of a whole spec
    messages: int = 50  # shown for one file
    all_messages: int = 1_000  # shown for one run
