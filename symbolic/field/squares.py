"""What a root is taken of, as the square of the root: xᵀx as (√xᵀx)² where √xᵀx occurs too.

A root is a random function here (see `functions`), of whose square nothing is known.  The two are the same number, so the
question is the same, and what holds for every such function holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sympy import Integer
from sympy.core.basic import Basic

from .. import language as L
from ..model import Equation, Model

ROOT = "sqrt"


def roots_squared(model: Model, terms: Iterable[Basic]) -> tuple[Model, tuple[Basic, ...]]:
    """The model and the terms with squares of roots in the place of what roots are taken of."""
    terms = tuple(terms)
    squares: dict[Basic, Basic] = {}
    for term in (*(e.right for e in model.equations), *terms):
        for root in term.atoms(L.Apply):
            if _is_root(root):
                squares |= dict.fromkeys(_forms(root.x), L.Power(root, Integer(2)))
    equations = tuple(Equation(e.left, _replaced(e.right, squares)) for e in model.equations)
    return replace(model, equations=equations), tuple(_replaced(t, squares) for t in terms)


def _is_root(term: Basic) -> bool:
    return isinstance(term, L.Apply) and term.fun.name == ROOT and not term.fun.kind and not term.fun.order


def _forms(term: Basic) -> tuple[Basic, ...]:
    """A squared norm as a product, too."""
    if isinstance(term, L.NormSquared) and len(L.shape_of(term.args[0])[0]) == 1 and not L.shape_of(term.args[0])[1]:
        return term, L.Product(L.Transpose(term.args[0]), term.args[0])
    turned = isinstance(term, L.Product) and len(term.args) == 2 and term.args[0] == L.Transpose(term.args[1])
    return (term, L.NormSquared(term.args[1])) if turned and L.is_scalar(term) else (term,)


def _replaced(term: Basic, squares: Mapping[Basic, Basic]) -> Basic:
    """Outside of the roots themselves."""
    if term in squares:
        return squares[term]
    if not isinstance(term, L.Term) or isinstance(term, L.Var) or _is_root(term):
        return term
    args = [_replaced(a, squares) if isinstance(a, L.Term) else a for a in term.args]
    return term if all(a is b for a, b in zip(args, term.args, strict=True)) else term.func(*args)
