"""Sums, products, fractions, roots, cases and matrices -> terms."""

from __future__ import annotations

from dataclasses import replace

from sympy import Rational
from sympy.core.basic import Basic

from ..language import (
    SCALAR,
    Apply,
    Concat,
    Filled,
    Fun,
    Hadamard,
    Plus,
    Product,
    Quotient,
    ShapeError,
    Total,
    Transpose,
    Where,
    is_number,
    is_scalar,
    shape_of,
)
from . import infix
from .applications import units_of
from .batches import ENTRIES
from .binders import whole_sums
from .brackets import is_bare_vector, number_of
from .conditions import read_cases
from .derivatives import derivative, is_derivative, is_partial
from .dotted import in_ranges
from .hyperbolic import over_even
from .reader import Reader, minus
from .scripts import ends_in_identity
from .symbols import Scope
from .tree import (
    Big,
    Dots,
    Fraction,
    Infix,
    Juxtaposed,
    Node,
    Number,
    Root,
    Scripted,
    Sum,
    Table,
)

BROADCAST = "+ repeats a vector for every member of the batch"
EVERY_ENTRY = "a number is added to every entry of a vector"


def read_sum(reader: Reader, node: Node, scope: Scope) -> Basic:
    assert isinstance(node, Sum)
    node = whole_sums(reader, node, scope)
    if not isinstance(node, Sum):
        return reader.term(node, scope)
    read: dict[int, Basic] = {}
    around = reader.beside, reader.square
    for k in sorted(range(len(node.terms)), key=lambda k: _ends_in_ones(node.terms[k]) or ends_in_identity(node.terms[k])):
        part = node.terms[k]
        if isinstance(part, Dots):
            raise reader.error(part, "dots in a sum are not understood; write it with \\sum and bounds")
        shapes = [shape_of(t) for t in read.values()]
        reader.beside = next((s for s in shapes if all(s)), next((s for s in shapes if any(s)), SCALAR))
        reader.square = reader.beside if ends_in_identity(part) else SCALAR
        read[k] = reader.term(part, scope)
        reader.beside, reader.square = around
    terms = [minus(read[k]) if sign == "-" else read[k] for k, sign in enumerate(node.signs)]
    if len(terms) == 1:
        return terms[0]
    try:
        return Plus(*terms)
    except ShapeError:
        repeated, told = _repeated(reader, terms), BROADCAST
        if repeated is None and reader.slope:
            repeated, told = _in_every_entry(terms), EVERY_ENTRY
        if repeated is None:
            raise
        reader.ask("+", (told,))
        return Plus(*repeated)


def _ends_in_ones(node: Node) -> bool:
    """b 1^T and 1 b: how long the vector of ones is, the terms beside it say."""
    if not isinstance(node, Juxtaposed):
        return False
    first, last = node.factors[0], node.factors[-1]
    return (is_bare_vector(first) and not isinstance(first, Scripted)) or (is_bare_vector(last) and isinstance(last, Scripted))


def _repeated(reader: Reader, terms: list[Basic]) -> list[Basic] | None:
    """X W + b in a model of whole batches: the row (or column) b repeated for every row (or column) of the matrix."""
    if not any(f.rows and f.cols for f in reader.table.model.of_role("input", "state")):
        return None
    shapes = {shape_of(t) for t in terms if all(shape_of(t))}
    if len(shapes) != 1:
        return None
    ((rows, cols),) = shapes
    result = []
    for term in terms:
        shape = shape_of(term)
        if shape == ((), cols):
            term = Product(Filled(1, rows), term)
        elif shape == (rows, ()) and (rows != cols or _sums_rows(term)):
            term = Product(term, Filled(1, (), cols))
        elif shape == (cols, ()):
            term = Product(Filled(1, rows), Transpose(term))
        elif shape != (rows, cols) and not is_number(term):
            return None
        result.append(term)
    return result


def _in_every_entry(terms: list[Basic]) -> list[Basic] | None:
    """x - μ, as it is mostly written, for x - μ 1: beside columns of one size, or rows, numbers stand for that many."""
    shapes = {shape_of(t) for t in terms if not is_scalar(t)}
    if len(shapes) != 1 or len(sum(one := next(iter(shapes)), ())) != 1:
        return None
    return [Product(t, Filled(1, *one)) if is_scalar(t) and not is_number(t) else t for t in terms]


def _sums_rows(term: Basic) -> bool:
    """Whether a term is X 1, a column of the sums of rows, and no vector that may be meant as a row."""
    return isinstance(term, Product) and isinstance(term.args[-1], Filled) and any(all(shape_of(a)) for a in term.args)


def read_infix(reader: Reader, node: Node, scope: Scope) -> Basic:
    """a ∘ b ∘ c, a ⊗ b, a * b."""
    assert isinstance(node, Infix)
    return infix.read_infix(reader, node, [reader.term(o, replace(scope, product=True)) for o in node.operands])


def read_product(reader: Reader, node: Node, scope: Scope) -> Basic:
    assert isinstance(node, Juxtaposed)
    units = units_of(reader, node, scope)
    if sum(not isinstance(n, Number) for _, n in units) > 1:
        scope = replace(scope, product=True)
    bare = {k for k, (_, unit) in enumerate(units) if len(units) > 1 and is_bare_vector(unit)}
    parts: list[tuple[str, Basic | Dots]] = []
    for k, (operator, unit) in enumerate(units):
        parts.append((operator, unit if k in bare or isinstance(unit, Dots) else reader.term(unit, scope)))
    for k in sorted(bare):
        parts[k] = (parts[k][0], _fitting(reader, units, parts, k, bare))
    if any(isinstance(p, Dots) for _, p in parts):
        return in_ranges(reader, node, parts, scope)
    return _divided(reader, node, parts)


def _divided(reader: Reader, node: Node, parts: list[tuple[str, Basic]]) -> Basic:
    """The product of the parts; what follows a / divides what stands before it."""
    before: list[Basic] = []
    for k, (operator, term) in enumerate(parts):
        if operator != "/":
            before.append(term)
            continue
        if k + 1 < len(parts) and parts[k + 1][0] == "" and not all(is_number(t) for t in (*before, term)):
            raise reader.error(node, "it is not clear how far / reaches; write a fraction or parentheses")
        before = [quotient(reader, node, before[0] if len(before) == 1 else Product(*before), term)]
    conditions = [t for t in before if _is_of_steps(reader, t)]
    if conditions and len(conditions) < len(before):
        rest = [t for t in before if not _is_of_steps(reader, t)]
        return Where(_juxtaposed(reader, rest), *(r for t in conditions for r in t.args[1:]))
    try:
        return _juxtaposed(reader, before)
    except ShapeError as problem:
        return infix.by_signs(reader, node, parts, problem)


def _is_of_steps(reader: Reader, term: Basic) -> bool:
    """Whether a factor is [t < T]: what is multiplied by it need not exist elsewhere.

    "Very strongly zero": Knuth, *Two notes on notation* (American Mathematical Monthly 99, 1992).
    """
    if not isinstance(term, Where) or term.args[0] != 1:
        return False
    lengths = {i.upper for i in reader.table.model.indices}
    steps = {i.symbol for i in reader.table.model.indices}
    return all(r.free_symbols <= lengths | steps for r in term.args[1:])


def _juxtaposed(reader: Reader, terms: list[Basic]) -> Basic:
    """The matrix product; y log p of two columns, which means nothing as it stands, is yᵀ log p, and that is named."""
    if len(terms) == 1:
        return terms[0]
    try:
        return Product(*terms)
    except ShapeError:
        vectors = [k for k, t in enumerate(terms) if not is_scalar(t)]
        if reader.slope and len({shape_of(terms[k]) for k in vectors}) == 1:
            reader.ask("slope", (BY_ENTRIES,))
            return Product(*(t for t in terms if is_scalar(t)), Hadamard(*(terms[k] for k in vectors)))
        if len(vectors) != 2 or not all(shape_of(terms[k])[0] and not shape_of(terms[k])[1] for k in vectors):
            raise
        first, second = vectors
        logarithm = isinstance(terms[second], Apply) and terms[second].fun.name in ("log", "logsoftmax")
        if not logarithm or shape_of(terms[first]) != shape_of(terms[second]):
            raise
        reader.ask("log", (LOGARITHM,))
        return Product(*terms[:first], Transpose(terms[first]), *terms[first + 1 :])


LOGARITHM = "y log p as yᵀ log p"
BY_ENTRIES = "a formula for a slope, entry by entry"


def _fitting(reader: Reader, units: list[tuple[str, Node]], parts: list, k: int, bare: set[int]) -> Basic:
    """\\mathbf 1 without its size: a column that fits the factor before it, or a row that fits the one behind it."""
    _, node = units[k]
    row = isinstance(node, Scripted)
    order = range(k + 1, len(parts)) if row else range(k - 1, -1, -1)
    for j in order:
        if j in bare or isinstance(parts[j][1], Dots):
            break
        rows, cols = shape_of(parts[j][1])
        if (rows, cols) == SCALAR:
            continue
        legs = rows if row else cols
        if len(legs) != 1:
            break
        column = Filled(number_of(node), legs)
        return Transpose(column) if row else column
    rows, cols = reader.beside
    scaled = k == len(parts) - 1 and all(not isinstance(p, Dots | Node) and is_scalar(p) for _, p in parts[:k])
    if scaled and bool(rows) != bool(cols) and bool(cols) == row:  # (ε/K) 1 beside a column
        column = Filled(number_of(node), rows or cols)
        return Transpose(column) if row else column
    if len(rows) == len(cols) == 1 and k == (len(parts) - 1 if row else 0):
        column = Filled(number_of(node), cols if row else rows)
        return Transpose(column) if row else column
    if not row and k + 1 in bare and isinstance(units[k + 1][1], Scripted):  # 1 1ᵀ x, a square matrix of ones
        return Filled(number_of(node), shape_of(_fitting(reader, units, parts, k + 1, bare))[1])
    raise reader.error(node, f"{reader.text(node)} needs its size, as in \\mathbf{{1}}_{{n}}")


def quotient(reader: Reader, node: Node, top: Basic, bottom: Basic) -> Basic:
    if bottom == 0:
        raise reader.error(node, f"division by zero in {reader.text(node)}")
    if is_number(top) and is_number(bottom):
        return Rational(top) / Rational(bottom)
    return over_even(top, bottom) or Quotient(top, bottom)


# fractions, roots, tables


def read_fraction(reader: Reader, node: Node, scope: Scope) -> Basic:
    assert isinstance(node, Fraction)
    if is_derivative(reader, node):
        if is_partial(reader, node.numerator):
            raise reader.error(node, f"what {reader.text(node)} is taken of must follow")
        return derivative(reader, node, scope)
    top, below = reader.term(node.numerator, scope), node.denominator
    plain = isinstance(below, Big) and below.operator == "sum" and not (below.subs or below.sups) and any(shape_of(top))
    if plain and isinstance(below, Big) and reader.term(below.body, scope) == top:  # exp(z) / Σ exp(z)
        reader.ask("Σ", (ENTRIES,))
        return quotient(reader, node, top, Total(top))
    return quotient(reader, node, top, reader.term(below, scope))


def read_root(reader: Reader, node: Node, scope: Scope) -> Basic:
    assert isinstance(node, Root)
    return Apply(Fun("sqrt"), reader.term(node.body, scope))


def read_table(reader: Reader, node: Node, scope: Scope) -> Basic:
    """Cases become a sum of terms under conditions, matrices blocks."""
    assert isinstance(node, Table)
    if node.environment in ("cases", "dcases"):
        return read_cases(reader, node, scope)
    if node.environment not in ("bmatrix", "pmatrix", "matrix", "array", "smallmatrix", "Bmatrix"):
        raise reader.error(node, f"{node.environment} is not understood; blocks are written in a bmatrix")
    empty = next((c for row in node.rows for c in row if isinstance(c, Dots)), None)
    if empty is not None:
        raise reader.error(empty, "an empty cell or dots in a matrix")
    rows = [[reader.term(cell, scope) for cell in row] for row in node.rows]
    joined = [row[0] if len(row) == 1 else Concat(1, *row) for row in rows]
    return joined[0] if len(joined) == 1 else Concat(0, *joined)


def misplaced(reader: Reader, node: Node, scope: Scope) -> Basic:
    raise reader.error(node, f"{reader.text(node)} is no quantity")
