"""Values built with the rules of arithmetic: sums and products are flat, numbers are collected, common factors stand outside.

a + (b + c) = a + b + c        2 x + 3 x = 5 x          a x + b x = (a + b) x
2 x + 2 y = 2 (x + y)
log(1 + exp(z)) - log(1 + exp(-z)) = z
(1 - z) a + z b = a + z (b - a)      one product less, and b - a is what the slope by z needs
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .program import Call, Const, Value

ZERO, ONE, MINUS = Const(Fraction(0)), Const(Fraction(1)), Const(Fraction(-1))


def number(p: int, q: int = 1) -> Const:
    return Const(Fraction(p, q))


def coefficient(value: Value) -> tuple[Fraction, tuple[Value, ...]]:
    """c and the factors of c · a · b."""
    if isinstance(value, Const):
        return value.value, ()
    if isinstance(value, Call) and value.fun == "*":
        first, *rest = value.args
        return (first.value, tuple(rest)) if isinstance(first, Const) else (Fraction(1), value.args)
    return Fraction(1), (value,)


def multiplied(*values: Value) -> Value:
    """The product.

    >>> from symbolic.kernels.program import Load
    >>> multiplied(number(2), Load("x"), multiplied(number(3), Load("y")))
    Call(fun='*', args=(Const(value=Fraction(6, 1)), Load(buffer='x', shift=0, end=''), Load(buffer='y', shift=0, end='')))
    """
    number_ = Fraction(1)
    factors: list[Value] = []
    for v in values:
        c, parts = coefficient(v)
        number_ *= c
        factors += parts
    return _product(number_, factors)


def _product(c: Fraction, factors: Sequence[Value]) -> Value:
    if c == 0:
        return ZERO
    parts = [*([] if c == 1 and factors else [Const(c)]), *factors]
    return parts[0] if len(parts) == 1 else Call("*", tuple(parts))


def added(*values: Value) -> Value:
    """The sum."""
    constant = Fraction(0)
    collected: dict[tuple[Value, ...], Fraction] = {}
    for v in values:
        for term in v.args if isinstance(v, Call) and v.fun == "+" else (v,):
            c, factors = coefficient(term)
            if factors:
                collected[factors] = collected.get(factors, Fraction(0)) + c
            else:
                constant += c
    terms = [(c, f) for f, c in collected.items() if c]
    terms = _logistic(terms)
    if not constant:
        terms = _blended(terms)
        common = _common([f for _, f in terms])
        if common is not None:
            rest = added(*(_product(c, _without(f, common)) for c, f in terms))
            return multiplied(common, rest)
        if len(terms) > 1 and len({c for c, _ in terms}) == 1 and terms[0][0] != 1:
            return multiplied(Const(terms[0][0]), Call("+", tuple(_product(Fraction(1), f) for _, f in terms)))
    parts = [*([Const(constant)] if constant or not terms else []), *(_product(c, f) for c, f in terms)]
    return parts[0] if len(parts) == 1 else Call("+", tuple(parts))


def negative(value: Value) -> Value:
    return multiplied(MINUS, value)


def minus(a: Value, b: Value) -> Value:
    return added(a, negative(b))


def complement(value: Value) -> Value:
    """1 - v."""
    return minus(ONE, value)


def _without(factors: tuple[Value, ...], one: Value) -> tuple[Value, ...]:
    at = factors.index(one)
    return factors[:at] + factors[at + 1 :]


def _common(terms: Sequence[tuple[Value, ...]]) -> Value | None:
    """A factor that all terms have."""
    if len(terms) < 2:
        return None
    return next((f for f in terms[0] if all(f in other for other in terms[1:])), None)


def _logistic(terms: list[tuple[Fraction, tuple[Value, ...]]]) -> list[tuple[Fraction, tuple[Value, ...]]]:
    """log(1 + exp(z)) - log(1 + exp(-z)) = z."""
    for c, factors in terms:
        one = factors[0]
        if len(factors) == 1 and isinstance(one, Call) and one.fun == "softplus" and coefficient(one.args[0])[0] > 0:
            other = (-c, (Call("softplus", (negative(one.args[0]),)),))
            if other in terms:
                d, rest = coefficient(multiplied(Const(c), one.args[0]))
                return [*(t for t in terms if t not in ((c, factors), other)), (d, rest)]
    return terms


def _blended(terms: list[tuple[Fraction, tuple[Value, ...]]]) -> list[tuple[Fraction, tuple[Value, ...]]]:
    """(1 - z) a + z b as a + z (b - a)."""
    if len(terms) != 2:
        return terms
    for (c, first), (d, second) in (terms, terms[::-1]):
        for z in second:
            rest = complement(z) if not isinstance(z, Const) else None
            if rest in first and c == d:
                a, b = _product(c, _without(first, rest)), _product(d, _without(second, z))
                return [coefficient(a), coefficient(multiplied(z, minus(b, a)))]
    return terms


def called(fun: str, *args: Value) -> Value:
    return Call(fun, args)


def powered(base: Value, exponent: Fraction) -> Value:
    if exponent == 1:
        return base
    if exponent == Fraction(1, 2):
        return Call("sqrt", (base,))
    return Call("pow", (base, Const(exponent)))


def divided(a: Value, b: Value) -> Value:
    if isinstance(b, Const):
        return multiplied(Const(1 / b.value), a)
    return Call("/", (a, b))


def column(value: Value) -> Value:
    """The vector as every column of a matrix, numbers outside."""
    c, rest = coefficient(value)
    return multiplied(Const(c), Call("column", (multiplied(*rest),))) if rest else Call("column", (value,))
