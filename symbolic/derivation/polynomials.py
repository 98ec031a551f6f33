"""Sums: equal summands collected, fractions cleared, signs turned."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sympy import Integer, Rational
from sympy.core.basic import Basic

from ..language import SCALAR, Filled, Plus, Product, Shape, SumOver, Transpose, Where, is_number, shape_of
from .monomial import Monomial, cancel, filled, written

Nonzero = Callable[[Basic], bool]


def coefficient(term: Basic) -> tuple[Rational, Basic]:
    """A term as (number, rest).

    >>> from sympy import Symbol
    >>> coefficient(Product(Integer(-2), Symbol("n")))
    (-2, n)
    """
    if isinstance(term, Product) and is_number(term.args[0]):
        rest = term.args[1:]
        return term.args[0], rest[0] if len(rest) == 1 else Product(*rest)
    return Integer(1), term


def scaled(number: Rational, term: Basic) -> Basic:
    """number · term, for a term without a number of its own."""
    if number == 1:
        return term
    if isinstance(term, Where):
        inner, rest = coefficient(term.args[0])
        return Where(scaled(number * inner, rest), *term.args[1:])
    return Product(number, *term.args) if isinstance(term, Product) else Product(number, term)


def is_negative(term: Basic) -> bool:
    return bool((term if is_number(term) else coefficient(term)[0]) < 0)


def _flat(terms: Iterable[Basic], factor: Rational) -> Iterable[tuple[Rational, Basic]]:
    for term in terms:
        number, rest = coefficient(term)
        if isinstance(rest, Plus):
            yield from _flat(rest.args, factor * number)
        else:
            yield factor * number, rest


def collected(terms: Iterable[Basic]) -> Basic:
    """The sum: flat, numbers together, equal summands together, zeros gone, a positive summand first."""
    terms = tuple(terms)
    shape = next((shape_of(a) for a in terms if not is_number(a)), SCALAR)
    counts: dict[Basic, Rational] = {}
    for number, rest in _flat(terms, Integer(1)):
        if is_number(rest) or (isinstance(rest, Filled) and is_number(rest.args[0])):
            number, rest = number * (rest if is_number(rest) else rest.args[0]), Integer(1)
        counts[rest] = counts.get(rest, Integer(0)) + number
    return _sum(_merged([scaled(n, a) if a != 1 else n for a, n in counts.items() if n != 0]), shape)


def _sum(parts: list[Basic], shape: Shape) -> Basic:
    if not parts:
        return filled(Integer(0), shape)
    if len(parts) == 1:
        return filled(parts[0], shape) if is_number(parts[0]) else parts[0]
    if is_negative(parts[0]):
        first = next((i for i, a in enumerate(parts) if not is_negative(a)), 0)
        parts = [parts[first], *parts[:first], *parts[first + 1 :]]
    return Plus(*parts)


def _merged(parts: list[Basic]) -> list[Basic]:
    """Sums over the same range as one sum, cases under the same conditions as one case."""
    groups: dict[tuple, list[Basic]] = {}
    for a in parts:
        groups.setdefault(_range(a), []).append(a)
    if len(groups) == len(parts):
        return parts
    result: list[Basic] = []
    for key, group in groups.items():
        if len(group) == 1 or key[0] is None:
            result.extend(group)
        elif key[0] is Where:
            body = collected(a.args[0] for a in group)
            result.append(Where(body, *group[0].args[1:]))
        else:
            result.append(SumOver(collected(a.args[0] for a in group), *group[0].args[1:]))
    return result


def _range(term: Basic) -> tuple:
    if isinstance(term, Where):
        return (Where, term.args[1:])
    if isinstance(term, SumOver):
        body, letter, lower, upper, excluded = term.args
        return (SumOver, lower, upper, excluded, shape_of(body), letter)
    return (None, term)


def opposite(term: Basic) -> Basic | None:
    """-x where it is easier to read than x: b - a for a - b, looked for in the factors of a chain; else None."""
    if isinstance(term, Plus):
        if any(map(is_number, term.args)) or 2 * sum(map(is_negative, term.args)) < len(term.args):
            return None
        return collected(scaled(-coefficient(a)[0], coefficient(a)[1]) for a in term.args)
    if isinstance(term, Transpose):
        inner = opposite(term.args[0])
        return None if inner is None else Transpose(inner)
    if isinstance(term, Product):
        for i, a in enumerate(term.args):
            flipped = opposite(a)
            if flipped is not None:
                return Product(*term.args[:i], flipped, *term.args[i + 1 :])
    return None


def as_monomial(term: Basic, shape: Shape) -> Monomial:
    m = Monomial(shape)
    m.times(term)
    return m


def cleared(m: Monomial, scalar: bool, nonzero: Nonzero) -> bool:
    """Multiply a sum by the divisors of its summands where they stand beside it as factors; whether that was done.

    p (1 - p) (-y/p + (1 - y)/(1 - p)) = -(1 - p) y + p (1 - y) = p - y, multiplied out where that is not longer.
    """
    top, _ = m.parts(scalar)
    for atom in [a for a, n in top.items() if n == 1 and isinstance(a, Plus)]:
        summands = [as_monomial(a, shape_of(atom)) for a in atom.args]
        divisors: dict[Basic, int] = {}
        for s in summands:
            for d, n in s.parts(scalar)[1].items():
                divisors[d] = max(n, divisors.get(d, 0))
        if not divisors or any(d == atom or top.get(d, 0) < n or not nonzero(d) for d, n in divisors.items()):
            continue
        for s in summands:
            for d, n in divisors.items():
                s.times(d, n)
            cancel(s, nonzero)
        for d, n in (*divisors.items(), (atom, 1)):
            top[d] -= n
            if not top[d]:
                del top[d]
        m.times(_shorter(summands, scalar, shape_of(atom)))
        return True
    return False


def _shorter(summands: list[Monomial], scalar: bool, shape: Shape) -> Basic:
    expanded: dict[frozenset, Monomial] = {}
    for s in summands:
        for e in _multiplied_out(s, scalar):
            if e.key in expanded:
                expanded[e.key].coefficient += e.coefficient
            else:
                expanded[e.key] = e
    left = [e for e in expanded.values() if e.coefficient != 0]
    terms = [written(e) for e in (left if len(left) <= len(summands) else summands)]
    return collected(terms) if terms else filled(Integer(0), shape)


def _multiplied_out(m: Monomial, scalar: bool) -> Iterable[Monomial]:
    top, _ = m.parts(scalar)
    atom = next((a for a, n in top.items() if n == 1 and isinstance(a, Plus)), None)
    if atom is None:
        yield m
        return
    for a in atom.args:
        part = m.copy()
        del part.parts(scalar)[0][atom]
        part.times(a)
        yield from _multiplied_out(part, scalar)
