"""What is missing of a formula in closed form: the derived right side minus the claimed one, as far as they cancel.

Both are multiplied out into summands, (a + b) c = a c + b c under sums, transposes and both products.  Summands whose values
are in a fixed ratio at all points are one summand: those of the truth and of the claim that are the same cancel.  What is
left over is only shown after "claim + what is left over" was proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np
from sympy import Integer, Rational
from sympy.core.basic import Basic

from ..language import SCALAR, Hadamard, Plus, Product, SumOver, Term, Transpose, is_number, negative, shape_of
from ..proof.interpret import Array
from .points import TOLERANCE, Point

MOST, MOST_LEFT, LARGEST_RATIO = 24, 4, 8
"""Summands of one side, of what is left over, and the numerator and denominator of a ratio."""


@dataclass(frozen=True)
class Summand:
    """A number times a term; the term None stands for the number alone, in a product of entries."""

    times: Rational
    term: Basic | None


def residual(true: Basic, claimed: Basic, points: Sequence[Point]) -> Term | None:
    """true - claimed in few summands; None where it is not that simple."""
    left: list[tuple[Summand, Array]] = []
    for side, sign in ((true, 1), (claimed, -1)):
        for summand in _summands(side):
            value = _value(summand, points)
            if value is None or len(left) > MOST:
                return None
            if value.any():
                _add(left, Summand(sign * summand.times, summand.term), sign * value)
    if not 0 < len(left) <= MOST_LEFT:
        return None
    terms = _gathered([s for s, _ in left])
    return terms[0] if len(terms) == 1 else Plus(*terms)


def _gathered(left: Sequence[Summand]) -> list[Basic]:
    """The summands as terms, those under the same sum together."""
    sums: dict[tuple[Basic, ...], list[Basic]] = {}
    for s in left:
        if isinstance(s.term, SumOver):
            sums.setdefault(s.term.args[1:], []).append(_rebuilt(Summand(s.times, s.term.args[0])))
    together: list[Basic] = [SumOver(t[0] if len(t) == 1 else Plus(*t), *over) for over, t in sums.items()]
    return together + [_rebuilt(s) for s in left if not isinstance(s.term, SumOver)]


def _add(left: list[tuple[Summand, Array]], new: Summand, value: Array) -> None:
    """One summand more, put together with one that is in a fixed ratio to it."""
    for k, (old, known) in enumerate(left):
        ratio = _ratio(value, known)
        if ratio is not None:
            left.pop(k)
            if ratio != -1:
                left.insert(k, (Summand(old.times * (1 + ratio), old.term), known * (1 + float(ratio))))
            return
    left.append((new, value))


def _ratio(value: Array, known: Array) -> Rational | None:
    """The number by which a value is larger than another."""
    size = float(known @ known)
    if size == 0:
        return None
    found = Fraction(float(value @ known) / size).limit_denominator(LARGEST_RATIO)
    fits = abs(value - float(found) * known).max() <= TOLERANCE * (abs(value).max() + abs(known).max())
    return Rational(found.numerator, found.denominator) if fits and 0 < abs(found) <= LARGEST_RATIO else None


def _value(summand: Summand, points: Sequence[Point]) -> Array | None:
    values = [p.value(summand.term) for p in points] if summand.term is not None else []
    known = [v for v in values if v is not None]
    return float(summand.times) * np.concatenate(known) if values and len(known) == len(values) else None


def _rebuilt(summand: Summand) -> Basic:
    term, times = summand.term, summand.times
    if term is None or times == 1:
        return times if term is None else term
    return negative(term) if times == -1 else Product(times, term)


# multiplying out


def _summands(term: Basic) -> list[Summand]:
    """The summands of a term; the term itself where it cannot be multiplied out."""
    row = ROWS.get(type(term))
    found = list(row(term)) if row is not None else []
    return found if 0 < len(found) <= MOST else [Summand(Integer(1), term)]


def _plus(term: Basic) -> Iterator[Summand]:
    if shape_of(term) == SCALAR or not any(map(is_number, term.args)):  # 1 - h: the 1 is a vector of ones
        yield from (s for a in term.args for s in _summands(a))


def _entries(term: Basic) -> list[Summand]:
    """The summands of a factor of a ∘ b, where 1 stands for ones."""
    parts = term.args if isinstance(term, Plus) else (term,)
    return [s for a in parts for s in ([Summand(a, None)] if is_number(a) else _summands(a))]


def _times(head: Callable[..., Basic], factors: Sequence[Sequence[Summand]]) -> Iterator[Summand]:
    if np.prod([len(f) for f in factors]) > MOST:
        return
    for chosen in product(*factors):
        times: Rational = Integer(1)
        terms: list[Basic] = []
        for s in chosen:
            times *= s.times
            if s.term is not None:
                terms += s.term.args if s.term.func is head else (s.term,)
        yield Summand(times, None if not terms else terms[0] if len(terms) == 1 else head(*terms))


def _product(term: Basic) -> Iterator[Summand]:
    return _times(Product, [[Summand(a, None)] if is_number(a) else _summands(a) for a in term.args])


def _hadamard(term: Basic) -> Iterator[Summand]:
    return _times(Hadamard, [_entries(a) for a in term.args])


def _each(make: Callable[[Basic, Basic], Basic]) -> Callable[[Basic], Iterator[Summand]]:
    """Under a head that is linear in its first argument."""

    def row(term: Basic) -> Iterator[Summand]:
        for s in _summands(term.args[0]):
            if s.term is not None:
                yield Summand(s.times, make(term, s.term))

    return row


ROWS: dict[type, Callable[[Basic], Iterator[Summand]]] = {
    Plus: _plus,
    Product: _product,
    Hadamard: _hadamard,
    Transpose: _each(lambda term, inner: Transpose(inner)),
    SumOver: _each(lambda term, inner: SumOver(inner, *term.args[1:])),
}
"""Head -> its summands."""
