"""Sums, products, fractions, roots, cases and matrices -> terms."""

from __future__ import annotations

from dataclasses import replace

from sympy import Rational
from sympy.core.basic import Basic

from ..language import (
    Apply,
    Concat,
    Fun,
    Hadamard,
    Kronecker,
    Plus,
    Product,
    Quotient,
    Relation,
    ShapeError,
    Transpose,
    Where,
    is_number,
    is_scalar,
    shape_of,
)
from .applications import units_of
from .binders import whole_sums
from .derivatives import derivative, is_derivative, is_partial
from .dotted import in_ranges
from .names import read_relations
from .reader import Reader, minus
from .symbols import Scope
from .tree import (
    Dots,
    Fraction,
    Infix,
    Items,
    Juxtaposed,
    Node,
    Number,
    Root,
    Sum,
    Table,
)


def read_sum(reader: Reader, node: Node, scope: Scope) -> Basic:
    assert isinstance(node, Sum)
    node = whole_sums(reader, node, scope)
    if not isinstance(node, Sum):
        return reader.term(node, scope)
    terms = []
    for sign, part in zip(node.signs, node.terms, strict=True):
        if isinstance(part, Dots):
            raise reader.error(part, "dots in a sum are not understood; write it with \\sum and bounds")
        term = reader.term(part, scope)
        terms.append(minus(term) if sign == "-" else term)
    return terms[0] if len(terms) == 1 else Plus(*terms)


def read_infix(reader: Reader, node: Node, scope: Scope) -> Basic:
    """a ∘ b ∘ c, a ⊗ b, a * b."""
    assert isinstance(node, Infix)
    if len(set(node.operators)) > 1:
        raise reader.error(node, f"{' and '.join(sorted(set(node.operators)))} side by side; parentheses are needed")
    terms = [reader.term(o, replace(scope, product=True)) for o in node.operands]
    return _INFIX[node.operators[0]](reader, node, terms)


def _star(reader: Reader, node: Node, terms: list[Basic]) -> Basic:
    """* is a product of scalars, entry by entry between equal vectors, else the matrix product if it conforms."""
    if sum(not is_scalar(t) for t in terms) <= 1:
        return Product(*terms)
    ways = []
    for head in (Hadamard, Product):
        try:
            ways.append(head(*terms))
        except ShapeError as error:
            problem = error
    if not ways:
        raise problem
    if len(ways) > 1:
        raise reader.error(
            node, "* between square matrices may be the matrix or the entry by entry product; write \\circ or nothing"
        )
    return ways[0]


def _kronecker(reader: Reader, node: Node, terms: list[Basic]) -> Basic:
    """⊗ is Kronecker's product; of two columns it may also be the outer product."""
    columns = all(len(shape_of(t)[0]) == 1 and not shape_of(t)[1] for t in terms)
    if columns and len(terms) == 2 and reader.ask("⊗", ("⊗ Kronecker", "⊗ outer product")) == "⊗ outer product":
        return Product(terms[0], Transpose(terms[1]))
    result = terms[0]
    for t in terms[1:]:
        result = Kronecker(result, t)
    return result


_INFIX = {
    "∘": lambda reader, node, terms: Hadamard(*terms),
    "*": _star,
    "⊗": _kronecker,
}


def read_product(reader: Reader, node: Node, scope: Scope) -> Basic:
    assert isinstance(node, Juxtaposed)
    units = units_of(reader, node, scope)
    if sum(not isinstance(n, Number) for _, n in units) > 1:
        scope = replace(scope, product=True)
    parts: list[tuple[str, Basic | Dots]] = []
    for operator, unit in units:
        parts.append((operator, unit if isinstance(unit, Dots) else reader.term(unit, scope)))
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
    return before[0] if len(before) == 1 else Product(*before)


def quotient(reader: Reader, node: Node, top: Basic, bottom: Basic) -> Basic:
    if bottom == 0:
        raise reader.error(node, f"division by zero in {reader.text(node)}")
    if is_number(top) and is_number(bottom):
        return Rational(top) / Rational(bottom)
    return Quotient(top, bottom)


# fractions, roots, tables


def read_fraction(reader: Reader, node: Node, scope: Scope) -> Basic:
    assert isinstance(node, Fraction)
    if is_derivative(reader, node):
        if is_partial(reader, node.numerator):
            raise reader.error(node, f"what {reader.text(node)} is taken of must follow")
        return derivative(reader, node, scope)
    return quotient(reader, node, reader.term(node.numerator, scope), reader.term(node.denominator, scope))


def read_root(reader: Reader, node: Node, scope: Scope) -> Basic:
    assert isinstance(node, Root)
    return Apply(Fun("sqrt"), reader.term(node.body, scope))


def read_table(reader: Reader, node: Node, scope: Scope) -> Basic:
    """Cases become a sum of terms under conditions, matrices blocks."""
    assert isinstance(node, Table)
    if node.environment in ("cases", "dcases"):
        return _cases(reader, node, scope)
    if node.environment not in ("bmatrix", "pmatrix", "matrix", "array", "smallmatrix", "Bmatrix"):
        raise reader.error(node, f"{node.environment} is not understood; blocks are written in a bmatrix")
    empty = next((c for row in node.rows for c in row if isinstance(c, Dots)), None)
    if empty is not None:
        raise reader.error(empty, "an empty cell or dots in a matrix")
    rows = [[reader.term(cell, scope) for cell in row] for row in node.rows]
    joined = [row[0] if len(row) == 1 else Concat(1, *row) for row in rows]
    return joined[0] if len(joined) == 1 else Concat(0, *joined)


def _cases(reader: Reader, node: Table, scope: Scope) -> Basic:
    terms: list[Basic] = []
    seen: list[Relation] = []
    for row in node.rows:
        if len(row) != 2:
            raise reader.error(row[0], "each case needs a value and a condition, parted by &")
        value = row[0].items[0] if isinstance(row[0], Items) and len(row[0].items) == 1 else row[0]
        if isinstance(row[1], Dots):  # otherwise
            if len(seen) != 1 or seen[0].op not in _NEGATED:
                raise reader.error(row[0], "otherwise is understood only after one case with one condition")
            relations: tuple[Relation, ...] = (_NEGATED[seen[0].op](*seen[0].args[1:]),)
        else:
            relations = read_relations(reader, row[1], scope)
        seen += relations
        terms.append(Where(reader.term(value, scope), *relations))
    return terms[0] if len(terms) == 1 else Plus(*terms)


_NEGATED = {
    "=": lambda a, b: Relation("!=", a, b), "!=": lambda a, b: Relation("=", a, b),
    "<": lambda a, b: Relation("<=", b, a), "<=": lambda a, b: Relation("<", b, a),
}  # fmt: skip


def misplaced(reader: Reader, node: Node, scope: Scope) -> Basic:
    raise reader.error(node, f"{reader.text(node)} is no quantity")
