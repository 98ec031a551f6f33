"""Rational roots of a polynomial in one variable, for partial fractions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import gcd


def rational_roots(coefficients: dict[int, Fraction]) -> list[Fraction] | None:
    """All roots (with multiplicity) of a polynomial if it splits over the rationals, else None."""
    degree = max(coefficients)
    poly = [coefficients.get(i, Fraction(0)) for i in range(degree + 1)]
    roots: list[Fraction] = []
    while len(poly) > 1:
        root = next((r for r in _candidates(poly) if _value(poly, r) == 0), None)
        if root is None:
            return None
        roots.append(root)
        quotient, carry = [], Fraction(0)
        for c in reversed(poly):  # synthetic division
            carry = c + carry * root
            quotient.append(carry)
        poly = list(reversed(quotient[:-1]))
    return roots


def _value(poly: list[Fraction], x: Fraction) -> Fraction:
    total = Fraction(0)
    for c in reversed(poly):
        total = total * x + c
    return total


def _candidates(poly: list[Fraction]) -> Iterator[Fraction]:
    if poly[0] == 0:
        yield Fraction(0)
        return
    scale = 1
    for c in poly:
        scale = scale * c.denominator // gcd(scale, c.denominator)
    first, last = abs(int(poly[0] * scale)), abs(int(poly[-1] * scale))
    if max(first, last) > 10**6:
        return
    for p in (d for d in range(1, first + 1) if first % d == 0):
        for q in (d for d in range(1, last + 1) if last % d == 0):
            yield Fraction(p, q)
            yield Fraction(-p, q)
