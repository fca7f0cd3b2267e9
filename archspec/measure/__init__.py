"""A layer graph → what can be told of it without running it: what layers see, what memory takes."""

from archspec.measure.field import Field
from archspec.measure.kept import DTYPES, ITEM_SIZES, Units
from archspec.measure.memory import Memory, memory
from archspec.measure.receptive import Axis, View, axes, receptive_fields

__all__ = ["DTYPES", "ITEM_SIZES", "Axis", "Field", "Memory", "Units", "View", "axes", "memory", "receptive_fields"]
