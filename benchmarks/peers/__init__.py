"""archspec beside tools that also make a torch module of a text, each measured in an environment of its own."""

from benchmarks.peers.table import table

__all__ = ["table"]
