"""Products entry by entry as monomials: c · s^a · ... · v^b ∘ ..., so that factors merge and fractions cancel.

A factor x and a divisor x cancel only where x is never zero (`Facts.nonzero`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sympy import Integer, Rational, S
from sympy.core.basic import Basic

from ..language import (
    SCALAR,
    Filled,
    Hadamard,
    Power,
    Product,
    Quotient,
    Shape,
    is_number,
    shape_of,
)

Powers = dict[Basic, int]


@dataclass
class Monomial:
    """c · scalars ∘ entries of one shape; exponents are whole numbers, negative ones are divisors.

    A factor that is both multiplied and divided by, without being known to differ from zero, stands in both `entries`
    (or `scalars`) and `divisors` (or `scalar_divisors`), whose exponents are positive.
    """

    shape: Shape
    coefficient: Rational = S.One
    scalars: Powers = field(default_factory=dict)
    scalar_divisors: Powers = field(default_factory=dict)
    entries: Powers = field(default_factory=dict)
    divisors: Powers = field(default_factory=dict)

    def parts(self, scalar: bool) -> tuple[Powers, Powers]:
        return (self.scalars, self.scalar_divisors) if scalar else (self.entries, self.divisors)

    def copy(self) -> Monomial:
        parts = (self.scalars, self.scalar_divisors, self.entries, self.divisors)
        return Monomial(self.shape, self.coefficient, *map(dict, parts))

    @property
    def key(self) -> frozenset:
        """Equal for equal monomials up to the coefficient and the order of factors."""
        parts = (self.scalars, self.scalar_divisors, self.entries, self.divisors)
        return frozenset((i, a, n) for i, p in enumerate(parts) for a, n in p.items())

    def times(self, factor: Basic, exponent: int = 1) -> None:
        """Multiply by a tidied factor."""
        rule = _TAKE.get(type(factor))
        if is_number(factor) and (factor != 0 or exponent > 0):
            self.coefficient = self.coefficient * factor**exponent
        elif rule is None or not rule(self, factor, exponent):
            top, bottom = self.parts(shape_of(factor) == SCALAR)
            powers = top if exponent > 0 else bottom
            powers[factor] = powers.get(factor, 0) + abs(exponent)


def _take_all(m: Monomial, factor: Basic, exponent: int) -> bool:
    for a in factor.args:
        m.times(a, exponent)
    return True


def _take_product(m: Monomial, factor: Product, exponent: int) -> bool:
    """A product whose matrix part is one factor; a chain of several is one factor of its own."""
    scalars = [a for a in factor.args if shape_of(a) == SCALAR]
    chain = [a for a in factor.args if shape_of(a) != SCALAR]
    if len(chain) > 1 and not scalars:
        return False
    for a in scalars:
        m.times(a, exponent)
    if chain:
        m.times(chain[0] if len(chain) == 1 else Product(*chain), exponent)
    return True


def _take_quotient(m: Monomial, factor: Quotient, exponent: int) -> bool:
    m.times(factor.args[0], exponent)
    m.times(factor.args[1], -exponent)
    return True


def _take_power(m: Monomial, factor: Power, exponent: int) -> bool:
    base, power = factor.args
    if not isinstance(power, Integer):
        return False
    if power != 0:
        m.times(base, int(power) * exponent)
    return True


def _take_filled(m: Monomial, factor: Filled, exponent: int) -> bool:
    m.times(factor.args[0], exponent)
    return True


_TAKE: dict[type, Callable[[Monomial, Basic, int], bool]] = {
    Hadamard: _take_all,
    Product: _take_product,
    Quotient: _take_quotient,
    Power: _take_power,
    Filled: _take_filled,
}


def cancel(m: Monomial, nonzero: Callable[[Basic], bool]) -> bool:
    """Cancel factors against equal divisors where they are never zero; whether anything cancelled."""
    changed = False
    for top, bottom in (m.parts(True), m.parts(False)):
        for atom in [a for a in top if a in bottom and nonzero(a)]:
            n = min(top[atom], bottom[atom])
            for powers in (top, bottom):
                powers[atom] -= n
                if not powers[atom]:
                    del powers[atom]
            changed = True
    return changed


def _power(atom: Basic, exponent: int) -> Basic:
    return atom if exponent == 1 else Power(atom, Integer(exponent))


def _joined(head: type, factors: Iterable[Basic]) -> Basic | None:
    factors = list(factors)
    return None if not factors else factors[0] if len(factors) == 1 else head(*factors)


def _fraction(head: type, top: Powers, bottom: Powers) -> list[Basic]:
    above, below = (_joined(head, (_power(a, n) for a, n in p.items())) for p in (top, bottom))
    if below is not None:
        return [Quotient(Integer(1) if above is None else above, below)]
    if head is Product:
        return [_power(a, n) for a, n in top.items()]
    return [] if above is None else [above]


def written(m: Monomial) -> Basic:
    """The monomial as a term: number, scalars, then the vector or matrix."""
    if m.coefficient == 0:
        return filled(Integer(0), m.shape)
    scalars = _fraction(Product, m.scalars, m.scalar_divisors)
    entries = _fraction(Hadamard, m.entries, m.divisors)
    if m.shape != SCALAR and not entries:
        if not scalars:
            return filled(m.coefficient, m.shape)
        entries = [filled(Integer(1), m.shape)]
    number = [m.coefficient] if m.coefficient != 1 else []
    if len(entries) == 1 and type(entries[0]) is Product and (scalars or number):
        entries = list(entries[0].args)
    factors = [*number, *scalars, *entries]
    return Integer(1) if not factors else factors[0] if len(factors) == 1 else Product(*factors)


def filled(number: Basic, shape: Shape) -> Basic:
    """A constant of the shape: a plain number for scalars."""
    return number if shape == SCALAR else Filled(number, *shape)
