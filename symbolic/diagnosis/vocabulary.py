"""The small terms of a model by shape and value: what a missing or a wrong piece may be.

    quantities    weights, states, inputs, labels at the steps before, at and after each index in use, adjoints, transposes
    slopes        s ∘ (1 - s), 1 - h², 1(h > 0), f'(z), also as diagonal matrices
    truth         the pieces of the derived adjoints and gradients
    products      a matrix times a vector

A vocabulary belongs to a model and to the index letters in use.  Terms are spelled only when they are wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from sympy import Expr, Integer, Rational, Symbol, preorder_traversal
from sympy.core.basic import Basic

from ..derivation import Derivation, UnsupportedError
from ..derivation.moving import letters as letters_of
from ..derivation.moving import moved
from ..language import (
    SCALAR,
    Adjoint,
    Apply,
    Diag,
    Filled,
    Fun,
    Hadamard,
    Plus,
    Power,
    Product,
    Quotient,
    ShapeError,
    SumOver,
    Term,
    Total,
    Transpose,
    Var,
    Where,
    is_number,
    negative,
    shape_of,
)
from ..model import Family, Model
from ..proof.interpret import Array
from ..proof.oracle import World
from .points import UNDEFINED, Env

MOST = 1400
LARGEST = 12
"""Heads in a piece of the derived truth that counts as small."""


@dataclass(frozen=True)
class Item:
    """A term and how large it is: the number of quantities in it.  `latex`: how it is written, where it is not printed."""

    term: Basic
    size: float
    latex: str = ""


Pieces = Callable[..., list[Item]]
"""More items for some index letters, and some letters of components."""


@dataclass
class Shelf:
    """The items of one shape, and their values as rows, by the values of the index letters."""

    items: list[Item]
    world: World
    letters: tuple[Expr, ...]
    values: dict[tuple[int, ...], Array] = field(default_factory=dict)

    def key(self, env: Env) -> tuple[int, ...]:
        return tuple(env.get(letter, 0) for letter in self.letters)

    def at(self, env: Env) -> Array:
        """One row per item with its entries in row-major order, nan where it has no value."""
        key = self.key(env)
        if key not in self.values:
            here = {letter: n for letter, n in zip(self.letters, key, strict=True) if letter in env}
            self.values[key] = np.array([_entries(self.world, item.term, here) for item in self.items])
        return self.values[key]


def _entries(world: World, term: Basic, env: Env) -> Array:
    try:
        return world.evaluate(term, env).ravel()
    except UNDEFINED:
        rows, cols = shape_of(term)
        return np.full(int(np.prod([world.size(leg) for leg in rows + cols], dtype=int)), np.nan)


class Vocabulary:
    """The items of a model for some index letters, by the lengths of their two sides."""

    def __init__(self, items: Iterable[Item], world: World, letters: tuple[Expr, ...]):
        self.world, self.letters = world, letters
        self.shelves: dict[tuple[int, int], Shelf] = {}
        for item in items:
            try:
                shape = self._lengths(item.term)
            except UNDEFINED:
                continue
            self.shelves.setdefault(shape, Shelf([], world, letters)).items.append(item)

    def _lengths(self, term: Basic) -> tuple[int, int]:
        rows, cols = shape_of(term)
        sides = [int(np.prod([self.world.size(leg) for leg in side], dtype=int)) if side else 1 for side in (rows, cols)]
        return sides[0], sides[1]

    @property
    def count(self) -> int:
        return sum(len(shelf.items) for shelf in self.shelves.values())

    def shelf(self, shape: tuple[int, int]) -> Shelf | None:
        return self.shelves.get(shape)


class _Same:
    """Something compared by identity, and kept alive."""

    def __init__(self, *held: object):
        self.held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and all(a is b for a, b in zip(self.held, other.held, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(map(id, self.held)))


@lru_cache(maxsize=32)
def _vocabulary(same: _Same, letters: tuple[Expr, ...]) -> Vocabulary:
    derivation, world = same.held
    return Vocabulary(_distinct(_items(derivation, letters)), world, letters)  # type: ignore[arg-type]


def vocabulary(derivation: Derivation, world: World, letters: Sequence[Expr]) -> Vocabulary:
    """The vocabulary, made once."""
    return _vocabulary(_Same(derivation, world), tuple(letters))


def _distinct(items: Iterator[Item]) -> list[Item]:
    found: dict[Basic, Item] = {}
    for item in items:
        if len(found) >= MOST:
            break
        if item.term not in found or found[item.term].size > item.size:
            found[item.term] = item
    return list(found.values())


def _items(derivation: Derivation, letters: tuple[Expr, ...]) -> Iterator[Item]:
    model = derivation.model
    for number in (2, Rational(1, 2), 3, 4):
        yield Item(Integer(number) if isinstance(number, int) else number, 1.0)
    yield from (Item(term, 1.0) for term in _scales(derivation))
    quantities = list(_quantities(derivation, letters))
    for term in quantities:
        yield Item(term, 1.0)
        if shape_of(term) != SCALAR:
            yield Item(Transpose(term), 1.1)
    for term in (s for family in model.of_role("state") for s in slopes(model, family, letters)):
        yield Item(term, 1.5)
        if shape_of(term)[0] and not shape_of(term)[1]:
            yield Item(Diag(term), 1.5)
    truths = list(_truths(derivation, letters))
    vectors = [q for q in quantities if shape_of(q)[0] and not shape_of(q)[1]]
    vectors += [t for t in truths if shape_of(t)[0] and not shape_of(t)[1]]
    for term in truths:
        yield Item(term, 1.0 + 0.5 * _names(term))
        if shape_of(term) != SCALAR:
            yield Item(Transpose(term), 1.1 + 0.5 * _names(term))
    for matrix in (f.var for f in model.of_role("weight") if f.rows and f.cols and not f.indices):
        for m in (matrix, Transpose(matrix)):
            for v in vectors:
                if shape_of(m)[1] == shape_of(v)[0]:
                    yield Item(Product(m, v), 1.5 + 0.5 * _names(v))


def _names(term: Basic) -> int:
    if isinstance(term, (Var, Adjoint)):
        return 1
    return sum(_names(a) for a in term.args if isinstance(a, Basic))


def _placed(family: Family, model: Model, letters: tuple[Expr, ...]) -> Iterator[Var]:
    """A family at the steps in use."""
    if len(family.indices) != 1:
        if not family.indices:
            yield family.var
        return
    own = family.indices[0]
    at: list[Expr] = [x for letter in letters for x in (letter, letter - 1, letter + 1)]
    yield from (family.at(x) for x in dict.fromkeys((*at, own.upper)))


def _quantities(derivation: Derivation, letters: tuple[Expr, ...]) -> Iterator[Term]:
    model = derivation.model
    adjoints = set(derivation.basis) | {name for name in model.error_names.values() if name in derivation.adjoints}
    for family in model.families.values():
        for variable in _placed(family, model, letters):
            yield variable
            if family.name in adjoints:
                yield Adjoint(variable)


def slopes(model: Model, family: Family, letters: tuple[Expr, ...]) -> Iterator[Term]:
    """The slope of the function that makes a state, in terms of the state and of its argument."""
    equation = model.equation(family.name)
    if equation is None or not isinstance(equation.right, Apply) or equation.right.fun.kind not in ("", "elementwise"):
        return
    fun = equation.right.fun
    for variable in _placed(family, model, letters):
        mapping = dict(zip((i.symbol for i in family.indices), variable.indices, strict=True))
        argument = moved(equation.right.x, mapping)
        for make in OF_THE_VALUE.get(fun.name, ()):
            yield make(variable)
        if isinstance(argument, Var) or fun.kind:
            with suppress(TypeError, ValueError):  # softmax has no slope
                yield Apply(fun.derived(), argument)


def _one_minus(x: Term) -> Term:
    return Plus(Integer(1), negative(x))


OF_THE_VALUE: dict[str, tuple[Callable[[Term], Term], ...]] = {
    "sigmoid": (lambda s: Hadamard(s, _one_minus(s)) if shape_of(s) != SCALAR else Product(s, _one_minus(s)), _one_minus),
    "tanh": (lambda h: _one_minus(Power(h, Integer(2))), _one_minus),
    "relu": (lambda h: Apply(Fun("step"), h),),
    "softmax": (_one_minus,),
}
"""Function -> its slope in terms of its value, and pieces of it."""


def _truths(derivation: Derivation, letters: tuple[Expr, ...]) -> Iterator[Term]:
    """Pieces of the derived formulas, at the index letters in use."""
    seen: set[Basic] = set()
    for root, own in _formulas(derivation):
        for piece in _pieces(root):
            if piece in seen or not isinstance(piece, Term) or isinstance(piece, (Var, Adjoint)) or piece.has(Filled, Total):
                continue
            if isinstance(piece, Product) and is_number(piece.args[0]):
                continue
            seen.add(piece)
            free = [s for s in own if s in letters_of(piece)]
            if len(free) > 1:
                continue
            for letter in letters if free else (None,):
                for offset in (0, 1, -1) if free else (0,):
                    mapping = {} if letter is None else {free[0]: letter + offset}
                    try:
                        yield moved(piece, mapping)
                    except (ShapeError, TypeError, ValueError):
                        continue


def _scales(derivation: Derivation) -> Iterator[Term]:
    """2/n where a formula has 2 · 1/n."""
    for root, _ in _formulas(derivation):
        for product in (p for p in preorder_traversal(root) if isinstance(p, Product)):
            first, *rest = product.args
            ones = [a.args[1] for a in rest if isinstance(a, Quotient) and a.args[0] == 1]
            below = next((b for b in ones if isinstance(b, (Symbol, Var))), None)
            if is_number(first) and below is not None:
                yield Quotient(abs(first), below)


def _formulas(derivation: Derivation) -> Iterator[tuple[Basic, tuple[Symbol, ...]]]:
    own = tuple(i.symbol for i in derivation.model.indices)
    for name in derivation.adjoints:
        for contribution in derivation.adjoints[name].contributions:
            yield contribution.term, own
    for gradient in derivation.gradients.values():
        yield gradient, own


def _pieces(term: Basic) -> Iterator[Basic]:
    """A term and its parts that are not too large; what stands under a sum speaks of its own letter."""
    stack = [term]
    while stack:
        node = stack.pop()
        if not isinstance(node, Term) or is_number(node):
            continue
        if isinstance(node, (SumOver, Where)):
            stack.append(node.args[0])
            continue
        if _heads(node) <= 3 * LARGEST:
            yield node
        if not isinstance(node, (Var, Adjoint)):
            stack.extend(a for a in node.args if isinstance(a, Basic))
        if isinstance(node, (Product, Hadamard)) and len(node.args) > 2:
            stack += [node.func(*node.args[:k]) for k in range(2, len(node.args))]
            stack += [node.func(*node.args[k:]) for k in range(1, len(node.args) - 1)]


def _heads(term: Basic) -> int:
    if isinstance(term, (Var, Adjoint)) or not term.args:
        return 1
    return 1 + sum(_heads(a) for a in term.args if isinstance(a, Basic))


__all__ = ["Item", "Shelf", "UnsupportedError", "Vocabulary", "vocabulary"]
