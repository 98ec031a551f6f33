r"""The least upper bound of the entries of a term.

A polynomial in one quantity y whose values fill an interval (the image of its function) takes its largest |p(y)| at an end of
the interval or where p'(y) = 0; these points are found exactly.  So sup |tanh'| = sup {|1 - y²| : -1 < y < 1} = 1, at y = 0.
Where several quantities occur, an entry by entry product is at most the product of their bounds.  The entries of a transpose
stand at other places than those of the matrix itself: M - Mᵀ is no polynomial in one quantity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from sympy import Expr, Integer, Poly, Rational, Symbol, real_roots
from sympy.core.basic import Basic

from ..language import (
    FUNCTIONS,
    Apply,
    Diag,
    Fun,
    Hadamard,
    Plus,
    Power,
    Product,
    Term,
    Transpose,
    Var,
    affine,
    is_number,
    kind_of,
)
from ..language.bounds import Scale, SlopeOf, number, scale
from ..model import Model

Interval = tuple[Fraction | None, Fraction | None]


@dataclass(frozen=True)
class Extreme:
    """sup |p(y)| and a y at which it is taken, None if it is only approached."""

    value: Expr
    at: Expr | None


Y = Symbol("y")


@lru_cache(maxsize=64)
def largest_slope(name: str) -> Extreme | None:
    """sup |f'| of a row of the function table; None if there is none (or none is known).

    >>> largest_slope("sigmoid")
    Extreme(value=1/4, at=1/2)
    """
    row = FUNCTIONS[name]
    if row.slope is None:
        return None
    x, y = Var("x"), Var("y")
    found = _one_quantity(row.slope(x, y))
    if found is None:
        return None
    atom, polynomial = found
    image = (row.image, row.closed) if atom == y else _image(atom, None)
    return _extreme(polynomial, *image) if image else None


def entry_bound(term: Basic, model: Model | None) -> Scale | None:
    """An upper bound of all |entries| of a term; None if none is known."""
    if is_number(term):
        return number(abs(Fraction(int(term.p), int(term.q))))
    found = _one_quantity(term)
    image = _image(found[0], model) if found else None
    if found and image:
        extreme = _extreme(found[1], *image)
        if extreme is not None and isinstance(extreme.value, Rational):
            return number(Fraction(int(extreme.value.p), int(extreme.value.q)))
    rule = _ENTRIES.get(type(term))
    return None if rule is None else rule(term, model)


def _image(atom: Basic, model: Model | None) -> tuple[Interval, tuple[Fraction, ...]] | None:
    """The values that the entries of a function can have, and which ends of the interval they reach."""
    if isinstance(atom, Var) and model is not None:
        equation = model.equation(atom.name)
        before = any(affine(i)[1] < 0 for i in atom.indices)  # h_0 is no value of the function
        return _image(equation.right, model) if equation and isinstance(equation.right, Apply) and not before else None
    if isinstance(atom, Apply) and not atom.fun.kind and not atom.fun.order:
        row = FUNCTIONS[atom.fun.name]
        return row.image, row.closed
    return None


def _one_quantity(term: Basic) -> tuple[Basic, Poly] | None:
    """The one quantity in a term, and the term as a polynomial in it; None if it is no such polynomial."""
    atoms: set[tuple[Basic, bool]] = set()
    written = _polynomial(term, atoms, False)
    return (next(iter(atoms))[0], Poly(written, Y)) if written is not None and len(atoms) == 1 else None


def _polynomial(term: Basic, atoms: set[tuple[Basic, bool]], turned: bool) -> Expr | None:
    """`atoms`: the quantities, each with whether it stands transposed; `turned`: whether the term does."""
    if is_number(term):
        return term
    if isinstance(term, (Var, Apply)):
        atoms.add((term, turned))
        return Y
    rule = _ARITHMETIC.get(type(term))
    if rule is None:
        return None
    turned = turned != isinstance(term, Transpose)
    parts = [_polynomial(a, atoms, turned) for a in term.args if isinstance(a, Term) or is_number(a)]
    known = [p for p in parts if p is not None]
    return rule(known) if len(known) == len(parts) == len(term.args) else None


def _sum(parts: list[Expr]) -> Expr:
    return sum(parts, Integer(0))


def _times(parts: list[Expr]) -> Expr:
    result: Expr = Integer(1)
    for p in parts:
        result = result * p
    return result


def _power(parts: list[Expr]) -> Expr | None:
    base, exponent = parts
    return base**exponent if isinstance(exponent, Integer) and exponent >= 0 else None


def _numbers_times(parts: list[Expr]) -> Expr | None:
    """A matrix product is one entry by entry only where all factors but one are numbers."""
    return _times(parts) if sum(not is_number(p) for p in parts) <= 1 else None


_ARITHMETIC: dict[type, Callable[[list[Expr]], Expr | None]] = {
    Plus: _sum,
    Hadamard: _times,
    Product: _numbers_times,
    Power: _power,
    Transpose: lambda parts: parts[0],
}


def _extreme(polynomial: Poly, image: Interval, closed: tuple[Fraction, ...]) -> Extreme | None:
    """sup |p| on an interval: its ends and the zeros of p' inside it."""
    low, high = (None if end is None else Rational(end.numerator, end.denominator) for end in image)
    if polynomial.degree() <= 0:
        return Extreme(abs(polynomial(0)), Integer(0))
    if low is None or high is None:
        return None
    inside = [r for r in real_roots(polynomial.diff(Y)) if low < r < high]
    reached = [e for e in (low, high) if Fraction(int(e.p), int(e.q)) in closed]
    points = [*inside, *reached, low, high]
    values = [abs(polynomial(p)) for p in points]
    largest = max(values)
    at = next((p for p, v in zip(points, values, strict=True) if v == largest), None)
    return Extreme(largest, at if at in inside or at in reached else None)


def _function(term: Apply, model: Model | None) -> Scale | None:
    fun: Fun = term.fun
    if kind_of(fun) != "elementwise" or fun.order != 1:
        return None
    base = Fun(fun.args[0], 0, fun.args[2], fun.args[3], fun.args[4])
    return slope_bound(base)


def slope_bound(fun: Fun) -> Scale | None:
    """sup |f'|: a number for a row of the function table (None if there is none), γ for an abstract function."""
    if fun.kind:
        return scale([(SlopeOf(fun), 1)])
    found = largest_slope(fun.name)
    known = found is not None and isinstance(found.value, Rational)
    return number(Fraction(int(found.value.p), int(found.value.q))) if found is not None and known else None


def _every(term: Term, model: Model | None) -> Scale | None:
    result = Scale()
    for a in term.args:
        part = entry_bound(a, model)
        if part is None:
            return None
        result = result * part
    return result


_ENTRIES: dict[type, Callable[..., Scale | None]] = {
    Apply: _function,
    Hadamard: _every,
    Transpose: lambda term, model: entry_bound(term.args[0], model),
    Diag: lambda term, model: entry_bound(term.args[0], model),
}
