"""The rules, written by hand in the order of their codes."""

from archspec.lint.rule import Rule
from archspec.lint.rules.bias_before_norm import BiasBeforeNorm

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (BiasBeforeNorm(),)
