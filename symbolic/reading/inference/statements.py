"""What a note states of a function: f(A) = … anywhere in a chain, for any argument A.

    z = σ(a^{(2)}) = \\frac{1}{1 + e^{-a^{(2)}}}        f(x) = σ(x) = \\frac{1}{1 + e^{-x}}

The argument A is read as a bare letter, wherever it stands in the other expression.  An expression that holds anything
else, apart from numbers and known functions, states nothing of f alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from ..scripts import name_of
from ..tree import Group, Items, Juxtaposed, Letter, Node, Number
from .families import Families, function_of
from .functions import shape
from .names import has_derivative
from .records import Formula
from .scan import is_known_name

ARGUMENT = "\\xi"
"""The letter that stands for the argument; in braces, so that it is none of the note's own."""


@dataclass(frozen=True)
class Statement:
    """f(ξ) = right, and the formula where it stands."""

    letter: str
    right: Node
    formula: Formula


def statements(families: Families) -> Iterator[Statement]:
    """The values that a note states: the head of a chain and what stands beside f(A) in it."""
    chain: object = None
    before: Node | None = None
    for formula in families.scan.formulas:
        if formula.link.problem:
            continue
        if chain != (key := (formula.passage, formula.link.head)):
            chain, before = key, None
        sides = {id(n): n for n in (formula.head, before) if n is not None}
        for other in sides.values() if formula.right is not None else ():
            assert formula.right is not None
            yield from _stated(families, other, formula.right, formula)
            yield from _stated(families, formula.right, other, formula)
        before = formula.right


def _stated(families: Families, call: Node, other: Node, formula: Formula) -> Iterator[Statement]:
    if not isinstance(call, Juxtaposed) or len(call.factors) != 2 or call.operators != ("",):
        return
    front, behind = call.factors
    name = name_of(front)
    stem = function_of(families, families.parsed(name).key) if name is not None else None
    if name is None or stem is None or name.primes or is_known_name(front):
        return
    if not isinstance(behind, Group) or behind.bracket != "(" or isinstance(behind.body, Items | Number):
        return
    if not has_derivative(other):
        argument = Letter(behind.start, behind.end, ARGUMENT)
        yield Statement(stem[0], _with(other, shape(behind.body), argument), formula)


def _with(node: Node, argument: Any, letter: Letter) -> Node:
    """The tree with a letter in place of every argument."""
    if shape(node) == argument:
        return letter
    return replace(node, **{f.name: _each(getattr(node, f.name), argument, letter) for f in fields(node)})


def _each(value: Any, argument: Any, letter: Letter) -> Any:
    if isinstance(value, Node):
        return _with(value, argument, letter)
    return tuple(_each(v, argument, letter) for v in value) if isinstance(value, tuple) else value
