"""Sums, products, applications, fractions, cases -> terms.

Juxtaposition is application where a function stands before its argument and a product elsewhere.  A function without
parentheses takes the juxtaposed factors up to an operator, a Σ or ∏, or the next function.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Integer, Rational
from sympy.core.basic import Basic

from ..language import (
    FUNCTIONS,
    SPELLINGS,
    Apply,
    Concat,
    Diag,
    DiagPart,
    Entry,
    Fun,
    Hadamard,
    Kronecker,
    Plus,
    Product,
    Quotient,
    Relation,
    ShapeError,
    Total,
    Trace,
    Transpose,
    Vec,
    Where,
    is_number,
    is_scalar,
    shape_of,
)
from .binders import in_ranges, whole_sums
from .derivatives import derivative, is_derivative, is_partial
from .names import raised, read_relations, with_scripts
from .reader import Reader, minus
from .symbols import Match, Scope, name_of
from .tree import Big, Compared, Dots, Fraction, Group, Infix, Items, Juxtaposed, Letter, Node, Number, Root, Scripted, Sum, Table

PLAIN = {row.latex: row.name for row in FUNCTIONS.values()}
"""Names of functions as the table prints them: understood where the model gives the letter no other meaning."""


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
    """* between scalars is a product, between equal vectors entry by entry, between a matrix and what it acts on a product."""
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
        raise reader.error(node, "* between square matrices may be the matrix or the entry by entry product; write \\circ or nothing")
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


# products and applications


@dataclass(frozen=True)
class Head:
    """A function that waits for its argument."""

    node: Node
    apply: object
    match: Match | None = None


def read_product(reader: Reader, node: Node, scope: Scope) -> Basic:
    assert isinstance(node, Juxtaposed)
    units = _units(reader, node, scope)
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


@dataclass(frozen=True)
class Applied(Node):
    """A function with the argument that it takes, made here out of juxtaposed factors."""

    head: Head
    argument: Node
    outer: Scripted | None


def _units(reader: Reader, node: Juxtaposed, scope: Scope) -> list[tuple[str, Node]]:
    """The factors with applications and derivatives put together: (operator before it, node)."""
    factors, operators = node.factors, ("", *node.operators)
    units: list[tuple[str, Node]] = []
    k = 0
    while k < len(factors):
        operator, factor = operators[k], factors[k]
        if is_partial(reader, factor):
            unit, k = _slashed(reader, node, k, scope)
        elif isinstance(factor, Fraction) and is_derivative(reader, factor) and is_partial(reader, factor.numerator):
            if k + 1 >= len(factors) or operators[k + 1]:
                raise reader.error(factor, f"what {reader.text(factor)} is taken of must follow")
            target, k = _application(reader, node, k + 1, scope)
            unit = Fraction(factor.start, target.end, Juxtaposed(factor.start, target.end, ("",), (factor.numerator, target)), factor.denominator)
        else:
            unit, k = _application(reader, node, k, scope)
        units.append((operator, unit))
    return units


def _application(reader: Reader, node: Juxtaposed, k: int, scope: Scope) -> tuple[Node, int]:
    """The factor at k, with its argument if it is a function, and the position after it."""
    factors, operators = node.factors, ("", *node.operators)
    following = factors[k + 1] if k + 1 < len(factors) and operators[k + 1] == "" else None
    head = _head(reader, factors[k], following, scope)
    if head is None:
        return factors[k], k + 1
    if following is None:
        raise reader.error(factors[k], f"the function {reader.text(factors[k])} needs an argument")
    inner = following.base if isinstance(following, Scripted) else following
    if isinstance(inner, Group) and inner.bracket in ("(", "[", "\\{", "{"):
        outer = following if isinstance(following, Scripted) else None
        return Applied(factors[k].start, following.end, head, inner.body, outer), k + 2
    end = k + 1
    while end < len(factors) and operators[end] == "" and not isinstance(factors[end], (Big, Dots)):
        if end > k + 1 and _head(reader, factors[end], None, scope) is not None:
            break
        if end == k + 1 and (nested := _head(reader, factors[end], factors[end + 1] if end + 1 < len(factors) else None, scope)):
            unit, end = _application(reader, node, end, scope)
            return Applied(factors[k].start, unit.end, head, unit, None), end
        end += 1
    if end == k + 1:
        raise reader.error(factors[k], f"the function {reader.text(factors[k])} needs an argument")
    taken = factors[k + 1 : end]
    argument = taken[0] if len(taken) == 1 else Juxtaposed(taken[0].start, taken[-1].end, ("",) * (len(taken) - 1), taken)
    return Applied(factors[k].start, taken[-1].end, head, argument, None), end


def _slashed(reader: Reader, node: Juxtaposed, k: int, scope: Scope) -> tuple[Node, int]:
    """∂y/∂x in one line."""
    factors, operators = node.factors, ("", *node.operators)
    start = factors[k]
    if k + 1 < len(factors) and operators[k + 1] == "":
        top, after = _application(reader, node, k + 1, scope)
        if after + 1 < len(factors) and operators[after] == "/" and is_partial(reader, factors[after]) and operators[after + 1] == "":
            bottom, end = factors[after + 1], after + 2
            numerator = Juxtaposed(start.start, top.end, ("",), (start, top))
            denominator = Juxtaposed(factors[after].start, bottom.end, ("",), (factors[after], bottom))
            return Fraction(start.start, bottom.end, numerator, denominator), end
    raise reader.error(start, "∂ stands alone; a derivative is written \\frac{\\partial y}{\\partial x}")


def _head(reader: Reader, node: Node, following: Node | None, scope: Scope) -> Head | None:
    """The function that a factor is, if it is one."""
    if _is_indicator(node, following):
        return Head(node, _indicator)
    name = name_of(node)
    if name is None:
        return None
    letter = name.letter
    match = reader.table.match(name, scope, reader.prefer)
    if match is not None and match.pattern.kind != "function":
        return None
    if match is not None:
        return Head(node, reader.table.functions[match.pattern.target], match)
    spelled = SPELLINGS.get(letter.name) if letter.word else PLAIN.get(letter.name) or PLAIN.get("\\" + letter.name)
    plain = all(s.where == "^" for s in name.scripts) and not letter.accents
    if spelled and plain and (letter.word or letter.name not in reader.table.patterns):
        return Head(node, Fun(spelled), None)
    if letter.word and letter.name in _OPERATORS and not name.scripts and not name.primes:
        return Head(node, _OPERATORS[letter.name])
    return None


def _is_indicator(node: Node, following: Node | None) -> bool:
    compared = isinstance(following, Group) and isinstance(following.body, Compared)
    if isinstance(node, Number):
        return node.value == 1 and (compared or "blackboard" in node.fonts)
    return isinstance(node, Letter) and node.name in ("I", "1") and ("blackboard" in node.fonts or compared)


def read_applied(reader: Reader, node: Node, scope: Scope) -> Basic:
    """f(x), with the scripts that stand on f or after the parenthesis."""
    assert isinstance(node, Applied)
    head = node.head
    if head.apply is _indicator:
        value = _indicator(reader, node.argument, scope)
        return value if node.outer is None else with_scripts(reader, node.outer, value, scope)
    if isinstance(node.argument, (Items, Compared)):
        raise reader.error(node, f"{reader.text(head.node)} takes one argument")
    x = reader.term(node.argument, scope)
    if not isinstance(head.apply, Fun):
        value = head.apply(x)
        return value if node.outer is None else with_scripts(reader, node.outer, value, scope)
    fun, name = head.apply, name_of(head.node)
    assert name is not None
    for _ in range(name.primes):
        fun = fun.derived()
    value = Apply(fun, x)
    if head.match is not None and head.match.components:
        value = Entry(value, *head.match.components)
    if head.match is not None and head.match.transposed:
        value = Transpose(value)
    powers = head.match.powers if head.match else tuple(s.node for s in name.scripts)
    if node.outer is not None:
        value = with_scripts(reader, node.outer, value, scope)
    for power in powers:
        if reader.text(power) == "-1":
            raise reader.error(power, f"{reader.text(head.node)} may be an inverse function or a power; it is not understood")
        value = raised(reader, value, power, node)
    return value


def _indicator(reader: Reader, node: Node, scope: Scope) -> Basic:
    """𝟙(z > 0) is the step function, 𝟙(i = j) Kronecker's delta."""
    if not isinstance(node, Compared):
        raise reader.error(node, f"an indicator needs a condition such as z > 0, not {reader.text(node)}")
    left, right = node.operands[0], node.operands[-1]
    if len(node.operands) == 2 and node.relations[0] in ("<", ">", "≤", "≥"):
        below = node.relations[0] in ("<", "≤")
        large, small = (right, left) if below else (left, right)
        if isinstance(small, Number) and small.value == 0:
            return Apply(Fun("step"), reader.term(large, scope))
        if isinstance(large, Number) and large.value == 0:
            return Apply(Fun("step"), minus(reader.term(small, scope)))
    relations = read_relations(reader, node, scope)
    return Where(Integer(1), *relations)


def _diag(x: Basic) -> Basic:
    rows, cols = shape_of(x)
    return DiagPart(x) if rows and cols else Diag(x)


def _vec(x: Basic) -> Basic:
    return Vec(x)


_OPERATORS = {"diag": _diag, "Diag": _diag, "vec": _vec, "tr": Trace, "Tr": Trace, "trace": Trace, "sum": Total}


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
    terms, seen = [], []
    for row in node.rows:
        if len(row) != 2:
            raise reader.error(row[0], "each case needs a value and a condition, parted by &")
        value = row[0].items[0] if isinstance(row[0], Items) and len(row[0].items) == 1 else row[0]
        if isinstance(row[1], Dots):  # otherwise
            if len(seen) != 1 or seen[0].op not in _NEGATED:
                raise reader.error(row[0], "otherwise is understood only after one case with one condition")
            relations = (_NEGATED[seen[0].op](*seen[0].args[1:]),)
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
