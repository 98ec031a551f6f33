"""How arithmetic is printed: numbers, sums, products of both kinds, quotients, powers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sympy import Add, Integer, Pow, Rational, Symbol
from sympy.core.basic import Basic

from ..language import Plus, Product, ProductOver, SumOver, Where, is_number, is_scalar, shape_of
from ..language.shapes import ShapeError
from .printing import ATOM, ELEMENTWISE, FACTOR, PRODUCT, SUM, Notation, Piece, Printer, Row


def number(p: Printer, x: Rational) -> Piece:
    if x < 0:
        return replace(number(p, -x), minus=True)
    if x.q == 1:
        return Piece(str(x.p), ATOM)
    return Piece(p.notation.fraction % (x.p, x.q), p.notation.fraction_levels[2])


def _summands(x: Basic) -> list[Basic]:
    """Summands without nested sums (a + b is the same in any grouping), left to right."""
    if isinstance(x, Add):
        return sorted(x.args, key=lambda a: (isinstance(a, Rational), str(a)))
    result, stack = [], [x]
    while stack:
        node = stack.pop()
        if isinstance(node, Plus) and not _is_cases(node):
            stack.extend(reversed(node.args))
        else:
            result.append(node)
    return result


def signed_summands(p: Printer, x: Basic) -> list[tuple[bool, str]]:
    """(whether a minus stands before it, text) of each summand, in order."""
    terms, result = _summands(x), []
    for position, term in enumerate(terms, 1):
        piece = p.piece(term)
        swallows = bool(piece.open) and any(later.has(*piece.open) for later in terms[position:])
        result.append((piece.minus, p.closed(replace(piece, minus=False), ELEMENTWISE, last=not swallows)))
    return result


def plus(p: Printer, x: Basic) -> Piece:
    if not x.args:
        return Piece("0", ATOM)
    if _is_cases(x):
        template, row, separator = p.notation.cases
        rows = separator.join(row % (p.text(a.args[0]), p.text(a.args[1])) for a in x.args)
        return Piece(template % rows, FACTOR)
    (minus, text), *rest = signed_summands(p, x)
    text = p.notation.minus * minus + text
    for minus, summand in rest:
        text += f" {p.notation.minus if minus else '+'} {summand}"
    return Piece(text, SUM, open=p.piece(x.args[-1]).open)


def _factors(x: Basic) -> tuple[Rational, list[Basic]]:
    """The numbers, multiplied, and the other factors; nested products are opened where grouping does not matter.

    (aᵀ b) C is no a (bᵀ C): once a row meets a column the product so far is a scalar that scales what follows.  So
    products stay grouped when some beginning of the flat product is such a scalar.
    """
    flat: list[Basic] = []
    stack = list(reversed(x.args))
    while stack:
        node = stack.pop()
        if isinstance(node, Product):
            stack.extend(reversed(node.args))
        else:
            flat.append(node)
    if len(flat) > len(x.args) and not _groups_freely(flat):
        flat = list(x.args)
    coefficient = Integer(1)
    for a in flat:
        coefficient = coefficient * a if is_number(a) else coefficient
    return coefficient, [a for a in flat if not is_number(a)]


def _groups_freely(factors: list[Basic]) -> bool:
    tensors = [a for a in factors if not is_scalar(a)]
    try:
        return all(not is_scalar(Product(*tensors[:k])) for k in range(1, len(tensors)))
    except ShapeError:
        return False


SIGNS = ("d", "δ", "Δ", r"\delta", r"\Delta")
"""Letters that in front of another one may be read as a sign: d x names a gradient as well as a product."""


def product(p: Printer, x: Basic) -> Piece:
    coefficient, factors = _factors(x)
    if abs(coefficient) != 1 or not factors:
        factors.insert(0, abs(coefficient))
    first, *rest = (p.piece(a) for a in factors)
    minus = (coefficient < 0) != first.minus
    first = replace(first, minus=False)
    if not rest:
        if minus and first.level < ELEMENTWISE:
            return Piece(p.notation.group(first.text), ATOM, minus)
        return replace(first, minus=minus)
    text, still_open = p.closed(first, PRODUCT), frozenset[Symbol]()
    before = text
    for position, piece in enumerate(rest, 2):
        if position == len(factors) and isinstance(factors[-1], (SumOver, ProductOver)) and not piece.minus:
            factor, still_open = piece.text, piece.open
        else:
            factor = p.closed(piece, FACTOR)
        apart = factor[0].isdigit() or before.split(" ")[-1] in SIGNS
        text += (p.notation.dot if apart else p.notation.juxtapose(factor)) + factor
        before = factor
    return Piece(text, PRODUCT, minus, still_open)


def elementwise(sign: Callable[[Notation], str]) -> Row:
    def row(p: Printer, x: Basic) -> Piece:
        numbers = [a for a in x.args if is_number(a)]
        factors = [a for a in x.args if not is_number(a)]
        coefficient = Rational(1)
        for factor in numbers:
            coefficient *= factor
        if not factors:
            return number(p, coefficient)
        if len(factors) == 1:
            return p.piece(Product(coefficient, factors[0])) if coefficient != 1 else p.piece(factors[0])
        pieces = [p.piece(a) for a in factors]
        minus = (coefficient < 0) != pieces[0].minus
        pieces[0] = replace(pieces[0], minus=False)
        text = sign(p.notation).join(p.closed(piece, FACTOR) for piece in pieces)
        if abs(coefficient) != 1:
            group = p.notation.group(text)
            scaled = p.closed(number(p, abs(coefficient)), FACTOR) + p.notation.juxtapose(group) + group
            return Piece(scaled, PRODUCT, minus)
        return Piece(text, ELEMENTWISE, minus)

    return row


def quotient(p: Printer, x: Basic) -> Piece:
    top, bottom, own = p.notation.fraction_levels
    numerator = p.piece(x.args[0])
    upper = p.closed(replace(numerator, minus=False), top, last=not top)
    return Piece(p.notation.fraction % (upper, inside(p, x.args[1], bottom)), own, numerator.minus)


def inside(p: Printer, x: Basic, level: int = 0) -> str:
    """The term where braces or a call enclose it: no parentheses at level 0."""
    return p.text(x) if not level else p.at(x, level)


def power(p: Printer, x: Basic) -> Piece:
    base, exponent = x.args
    rows, cols = shape_of(base)
    # of a matrix X^2 is X X, and x^{-1} of a vector is no inverse: ∘ says that the power is taken entry by entry
    entrywise = (rows and cols) or ((rows or cols) and exponent < 0)
    spell = p.notation.entrywise_power if entrywise else p.notation.power
    return Piece(spell(p.at(base, ATOM), exponent), FACTOR)


def size_power(p: Printer, x: Pow) -> Piece:
    return Piece(p.notation.power(p.at(x.args[0], ATOM), x.args[1]), FACTOR)


def _is_cases(x: Basic) -> bool:
    """Two complementary cases, i = j and i ≠ j."""
    if len(x.args) != 2 or not all(isinstance(a, Where) and len(a.args) == 2 for a in x.args):
        return False
    first, second = (a.args[1] for a in x.args)
    return (first.op, second.op) == ("=", "!=") and first.args[1:] == second.args[1:]
