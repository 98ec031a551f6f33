"""Places in terms: every subterm with the letters that are bound around it, and the term with something else put there.

A place is the positions of arguments on the way down.  Leaves are quantities, derivatives and numbers; index expressions and
shapes are no places of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sympy import Expr, Symbol

from symbolic import language as L

FIRST = (0,)
OPERANDS = {
    L.Power: FIRST, L.Entry: FIRST, L.Where: FIRST, L.SumOver: FIRST, L.ProductOver: FIRST, L.Vec: FIRST, L.Reshape: FIRST,
    L.Block: FIRST, L.Apply: (1,),
    L.Var: (), L.Adjoint: (), L.Partial: (), L.Identity: (), L.Filled: (), L.Unit: (), L.Commute: (),
}  # fmt: skip
"""Which arguments of a head are operands; of the others all are, but the axis of a Concat."""

BINDERS = (L.SumOver, L.ProductOver)
WRONG_SHAPE = L.ShapeError, L.NotApplicable
"""What a term says that does not conform, or a derivative that no row knows; any other error is a fault of the row that made it, or of the language."""


def operands(term):
    if not isinstance(term, L.Term):
        return ()
    if isinstance(term, L.Concat):
        return range(1, len(term.args))
    return OPERANDS.get(type(term), range(len(term.args)))


@dataclass(frozen=True)
class Place:
    """A subterm, the way to it, and the binders around it (outermost first)."""

    path: tuple[int, ...]
    node: Expr
    binders: tuple[Expr, ...]


def places(term, path=(), binders=()):
    """All places of a term, from the outside to the inside."""
    yield Place(path, term, binders)
    inner = (*binders, term) if isinstance(term, BINDERS) else binders
    for k in operands(term):
        yield from places(term.args[k], (*path, k), inner)


def put(term, path, new):
    """The term with another one at a place; raises WRONG_SHAPE where it does not fit."""
    if not path:
        return new
    args = list(term.args)
    args[path[0]] = put(args[path[0]], path[1:], new)
    return term.func(*args)


@lru_cache(1 << 16)
def free_letters(term):
    """The letters of a term that no binder binds, sizes among them."""
    if isinstance(term, Symbol):
        return frozenset({term})
    if isinstance(term, BINDERS):
        body, index, *others = term.args
        return (free_letters(body) - {index}).union(*map(free_letters, others))
    return frozenset().union(*map(free_letters, term.args))


def letters(term):
    """All letters of a term, the bound ones too."""
    return term.atoms(Symbol)


def moved(term, letter, to):
    """A term with an index expression for one of its free letters; bound letters in the way get other names."""
    if isinstance(term, BINDERS):
        body, index, *bounds = term.args
        bounds = [moved(b, letter, to) for b in bounds]
        if index == letter:
            return term.func(body, index, *bounds)
        if index in to.free_symbols:
            other = fresh(index, letters(term) | to.free_symbols)
            body, index = moved(body, index, other), other
        return term.func(moved(body, letter, to), index, *bounds)
    if term == letter:
        return to
    if not term.args:
        return term
    args = [moved(a, letter, to) for a in term.args]
    return term if all(a is b for a, b in zip(args, term.args, strict=True)) else term.func(*args)


def fresh(letter, taken):
    """A letter like this one that is not taken yet."""
    name = letter.name
    while Symbol(name) in taken:
        name += "'"
    return Symbol(name)


def scaled(number, x):
    """number · x."""
    return L.Product(number, x)
