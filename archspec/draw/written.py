"""A place in a spec → what is written there."""

from archspec.report import Where
from archspec.source import Tree

__all__ = ["written"]


def written(where: Where) -> Tree | None:
    """Return the values at a place, None where nothing is."""
    tree: Tree | None = where.source.root
    for key in where.key:
        if isinstance(tree, dict) and isinstance(key, str):
            tree = tree.get(key)
        elif isinstance(tree, list) and isinstance(key, int) and 0 <= key < len(tree):
            tree = tree[key]
        else:
            return None
    return tree
