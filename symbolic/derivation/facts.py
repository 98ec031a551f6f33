"""What a model tells the simplifier: names for right sides, factors that are never zero, entries that sum to one.

Names: where h_t = tanh(z_t) is an equation, tanh(z_t) is written h_t, and for h_t = ReLU(z_t) the indicator
1(z_t > 0) is written 1(h_t > 0), which is the same since ReLU(z) > 0 exactly where z > 0.
Never zero: what the function table calls so, and 1 - v where the values of v stay below 1.
Sums to one: softmax by itself; a label only where the model offers the assumption and it is made.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..language import (
    FUNCTIONS,
    Apply,
    Fun,
    Hadamard,
    Plus,
    Power,
    Product,
    Quotient,
    Transpose,
    Var,
    affine,
    at,
    is_number,
    kind_of,
    step,
)
from ..model import Model, variables
from .moving import moved


class Facts:
    """The facts of one model (none of them without a model).  `used` collects the assumptions that were needed."""

    def __init__(self, model: Model | None = None, assume: bool = True):
        self.used: set[str] = set()
        self._right: dict[str, Basic] = {e.left.name: e.right for e in model.equations} if model else {}
        self._names: dict[Basic, Basic] = {}
        self._patterns: dict[Fun, list[tuple[Apply, Basic, Symbol]]] = {}
        for e in model.equations if model else ():
            self.add_name(e.right, e.left)
        offered = model.assumptions if model and assume else ()
        self._assumed = {a.family: a.text for a in offered if a.kind == "sum_to_one"}

    def add_name(self, right: Basic, left: Var) -> None:
        """Another way in which a right side is written."""
        for pattern, name in _names_of(right, left).items():
            self._names[pattern] = name
            if len(left.indices) == 1:
                self._patterns.setdefault(pattern.fun, []).append((pattern, name, left.indices[0]))

    def name(self, node: Apply) -> Basic:
        """The name under which the value of a function is known, or the node itself."""
        known = self._names.get(node)
        if known is None:
            known = self._names[node] = self._name_elsewhere(node)
        return known

    def _name_elsewhere(self, node: Apply) -> Basic:
        """The name at another index: tanh(z_s) is h_s where tanh(z_t) is h_t."""
        for pattern, name, letter in self._patterns.get(node.fun, ()):
            index = _index_of(pattern, node, letter)
            if index is not None and moved(pattern, {letter: index}) == node:
                return moved(name, {letter: index})
        return node

    def definition(self, variable: Var) -> Basic | None:
        return self._right.get(variable.name)

    def sums_to_one(self, x: Basic) -> str | None:
        """Why the entries of a vector sum to one: "" by itself, the text of an assumption, or None if they need not."""
        if isinstance(x, Transpose):
            return self.sums_to_one(x.args[0])
        if isinstance(x, Apply):
            return "" if x.fun.name == "softmax" and not x.fun.kind else None
        if isinstance(x, Var):
            if x.name in self._assumed:
                return self._assumed[x.name]
            right = self._right.get(x.name)
            return None if right is None or isinstance(right, Var) else self.sums_to_one(right)
        return None

    def nonzero(self, x: Basic) -> bool:
        """Whether no entry of x is ever zero."""
        if is_number(x):
            return x != 0
        rule = _NONZERO.get(type(x))
        return rule is not None and rule(self, x)

    def below_one(self, x: Basic) -> bool:
        """Whether every entry of x is below 1."""
        if isinstance(x, Var):
            right = self._right.get(x.name)
            return right is not None and not isinstance(right, Var) and self.below_one(right)
        if isinstance(x, Apply) and kind_of(x.fun) == "elementwise" and not x.fun.kind and not x.fun.order:
            row = FUNCTIONS[x.fun.name]
            return row.image[1] == Fraction(1) and Fraction(1) not in row.closed
        return False


def _names_of(right: Basic, left: Var) -> dict[Basic, Basic]:
    if not isinstance(right, Apply):
        return {}
    return {right: left, step(right.x): step(left)} if right.fun == Fun("relu") else {right: left}


def _index_of(pattern: Basic, node: Basic, letter: Symbol) -> Expr | None:
    """The index that `letter` must become for the pattern to be the node, by the first quantities that hold it."""
    for a, b in zip(variables(pattern), variables(node), strict=False):
        for i, e in zip(a.indices, b.indices, strict=False):
            if affine(i)[0] == letter:
                point, offset = affine(e)
                return at(point, offset - affine(i)[1])
    return None


def _nonzero_sum(facts: Facts, x: Plus) -> bool:
    """1 - v with v < 1."""
    if len(x.args) != 2 or x.args[0] != 1:
        return False
    second = x.args[1]
    subtracted = isinstance(second, Product) and second.args[0] == Integer(-1) and len(second.args) == 2
    return subtracted and facts.below_one(second.args[1])


def _nonzero_name(facts: Facts, x: Var) -> bool:
    right = facts.definition(x)
    return right is not None and not isinstance(right, Var) and facts.nonzero(right)


_NONZERO: dict[type, Callable[[Facts, Basic], bool]] = {
    Var: _nonzero_name,
    Apply: lambda facts, x: not x.fun.kind and not x.fun.order and FUNCTIONS[x.fun.name].nonzero == "always",
    Plus: _nonzero_sum,
    Hadamard: lambda facts, x: all(map(facts.nonzero, x.args)),
    Quotient: lambda facts, x: facts.nonzero(x.args[0]),
    Power: lambda facts, x: facts.nonzero(x.args[0]),
    Transpose: lambda facts, x: facts.nonzero(x.args[0]),
}
