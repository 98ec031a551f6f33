"""Products with a sign: a ∘ b, a * b, a ⊗ b, a ⊘ b, and a · b or a × b where the plain product does not conform.

What * means depends on the shapes: entry by entry between equal ones, else the matrix product.  Every way to bracket
a row of such signs in which all shapes conform is a candidate, those that go from left to right before all others;
where several give different terms the reader asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sympy.core.basic import Basic

from ..language import Hadamard, Kronecker, Product, Quotient, ShapeError, Transpose, is_scalar, shape_of
from .reader import Reader
from .tree import Infix, Node

MAX_OPERANDS = 7
MAX_WAYS = 6

Head = Callable[[Basic, Basic], Basic]


def _flat(head: type) -> Head:
    """a ∘ (b ∘ c) as one node: the order of brackets makes no difference."""

    def joined(a: Basic, b: Basic) -> Basic:
        parts = [p for x in (a, b) for p in (x.args if isinstance(x, head) else (x,))]  # type: ignore[attr-defined]
        return head(*parts)

    return joined


def _inner(a: Basic, b: Basic) -> Basic:
    """aᵀ b of two columns."""
    if any(shape_of(x)[1] or len(shape_of(x)[0]) != 1 for x in (a, b)):
        raise ShapeError("an inner product needs two columns")
    return Product(Transpose(a), b)


def _outer(a: Basic, b: Basic) -> Basic:
    """a bᵀ of two columns."""
    if any(shape_of(x)[1] or len(shape_of(x)[0]) != 1 for x in (a, b)):
        raise ShapeError("an outer product needs two columns")
    return Product(a, Transpose(b))


def _entrywise(a: Basic, b: Basic) -> Basic:
    """a ∘ b where neither is a number times the other."""
    if is_scalar(a) or is_scalar(b):
        raise ShapeError("entry by entry products are between vectors or matrices")
    return _flat(Hadamard)(a, b)


_MATRIX, _ENTRYWISE = ("matrix product", _flat(Product)), ("entry by entry", _entrywise)
_WAYS: dict[str, tuple[tuple[str, Head], ...]] = {
    "∘": (("entry by entry", _flat(Hadamard)),),
    "*": (_ENTRYWISE, _MATRIX),
    "·": (_MATRIX, ("inner product", _inner), _ENTRYWISE),
    "×": (_MATRIX, _ENTRYWISE),
    "⊗": (("Kronecker", Kronecker), ("outer product", _outer), _ENTRYWISE),
    "⊘": (("divided entry by entry", Quotient),),
    "": (_MATRIX,),
}
"""Sign -> what it may mean, the plainest first."""


@dataclass(frozen=True)
class Way:
    """One way to understand a row of signs: the meaning of each sign, left to right, and the term."""

    meanings: tuple[str, ...]
    term: Basic


def read_row(reader: Reader, node: Node, operators: Sequence[str], terms: Sequence[Basic]) -> Basic:
    """The term of a row of operands with signs between them.  Raises `ShapeError` where no way conforms."""
    if len(terms) > MAX_OPERANDS:
        raise reader.error(node, f"more than {MAX_OPERANDS} operands in a row of {', '.join(sorted(set(operators)))}")
    ways = _from_the_left(operators, terms) or _distinct(_ways(operators, terms, 0, len(terms)))
    if not ways:
        _complain(operators, terms)
    if len(ways) > MAX_WAYS:
        raise reader.error(node, f"{reader.text(node)} can be bracketed in too many ways; parentheses are needed")
    if len(ways) == 1:
        return ways[0].term
    names = [_named(reader, node, operators, ways, k) for k in range(len(ways))]
    name = f"{reader.text(node)}@{node.start}"
    return ways[names.index(reader.ask(name, tuple(names)))].term


def _from_the_left(operators: Sequence[str], terms: Sequence[Basic]) -> list[Way]:
    """All ways that work the signs out from left to right, as they are mostly meant."""
    ways = [Way((), terms[0])]
    for operator, term in zip(operators, terms[1:], strict=True):
        ways = _distinct([w for left in ways for w in _joined(operator, left, Way((), term))])
    return ways


def _ways(operators: Sequence[str], terms: Sequence[Basic], low: int, high: int) -> list[Way]:
    """All ways for the operands from `low` to `high`; the last sign to be worked out splits them."""
    if high - low == 1:
        return [Way((), terms[low])]
    found: list[Way] = []
    for split in range(high - 1, low, -1):  # from the left, as the plainest
        for left in _ways(operators, terms, low, split):
            for right in _ways(operators, terms, split, high):
                found += _joined(operators[split - 1], left, right)
    return _distinct(found)


def _joined(operator: str, left: Way, right: Way) -> Iterator[Way]:
    if operator == "*" and (is_scalar(left.term) or is_scalar(right.term)):
        yield Way((*left.meanings, "scaled", *right.meanings), _MATRIX[1](left.term, right.term))
        return
    for meaning, head in _WAYS[operator]:
        try:
            yield Way((*left.meanings, meaning, *right.meanings), head(left.term, right.term))
        except ShapeError:
            continue


def _distinct(ways: Sequence[Way]) -> list[Way]:
    seen: dict[Basic, Way] = {}
    for way in ways:
        seen.setdefault(way.term, way)
    return list(seen.values())


def _named(reader: Reader, node: Node, operators: Sequence[str], ways: Sequence[Way], k: int) -> str:
    meanings = ways[k].meanings
    pairs = dict.fromkeys(f"{o} {m}" for o, m in zip(operators, meanings, strict=True) if len(_WAYS[o]) > 1)
    text = ", ".join(pairs)
    same = [w for w in ways if w.meanings == meanings]
    return text if len(same) == 1 else f"{text} (bracketed as {same.index(ways[k]) + 1} of {len(same)})"


def _complain(operators: Sequence[str], terms: Sequence[Basic]) -> None:
    """Raise the shape error of the plainest way, from left to right."""
    result, problem = terms[0], None
    for operator, term in zip(operators, terms[1:], strict=True):
        for _, head in reversed(_WAYS[operator]):
            try:
                result, problem = head(result, term), None
                break
            except ShapeError as error:
                problem = error
        if problem is not None:
            raise problem
    raise ShapeError("the operands do not conform in any order")


def read_infix(reader: Reader, node: Infix, terms: list[Basic]) -> Basic:
    """a ∘ b * c; ⊗ beside another sign needs parentheses."""
    signs = set(node.operators)
    if len(signs) > 1 and signs & {"⊗", "⊘"}:
        raise reader.error(node, f"{' and '.join(sorted(signs))} side by side; parentheses are needed")
    if signs == {"∘"}:
        return _entry_by_entry(reader, terms)
    if signs == {"*"} and sum(not is_scalar(t) for t in terms) <= 1:
        return Product(*terms)
    if signs == {"⊗"} and not (len(terms) == 2 and _columns_or_equal(terms)):
        result = terms[0]
        for t in terms[1:]:
            result = Kronecker(result, t)
        return result
    return read_row(reader, node, node.operators, terms)


FROM_THE_LEFT = "∘ before the product behind it"


def _entry_by_entry(reader: Reader, terms: list[Basic]) -> Basic:
    """a ∘ b; a ∘ b xᵀ is (a ∘ b) xᵀ, worked out from the left, where a ∘ (b xᵀ) does not conform."""
    try:
        return Hadamard(*terms)
    except ShapeError as problem:
        *front, last = terms
        factors = last.args if isinstance(last, Product) else ()
        for k in range(len(factors) - 1, 0, -1):
            try:
                term = Product(Hadamard(*front, Product(*factors[:k])), *factors[k:])
            except ShapeError:
                continue
            reader.ask("∘", (FROM_THE_LEFT,))
            return term
        turned = _as_the_first(terms) if reader.slope else None
        if turned is None:
            raise problem
        reader.ask("∘ of both", (ROWS_AND_COLUMNS,))
        return turned


ROWS_AND_COLUMNS = "rows and columns are multiplied entry by entry"


def _as_the_first(terms: Sequence[Basic]) -> Basic | None:
    """δᵀ ∘ h ∘ (1 - h), a row times columns, as a row: each in the shape of the first; None where they differ in length."""
    shapes = [shape_of(t) for t in terms]
    if {len(rows) + len(cols) for rows, cols in shapes} != {1} or len({rows + cols for rows, cols in shapes}) != 1:
        return None
    return Hadamard(*(t if shape == shapes[0] else Transpose(t) for t, shape in zip(terms, shapes, strict=True)))


def _columns_or_equal(terms: Sequence[Basic]) -> bool:
    shapes = [shape_of(t) for t in terms]
    return all(len(rows) == 1 and not cols for rows, cols in shapes) or (shapes[0] == shapes[1] and not is_scalar(terms[0]))


def by_signs(reader: Reader, node: Node, parts: Sequence[tuple[str, Basic]], problem: ShapeError) -> Basic:
    """A product whose factors do not conform from left to right: · and × taken as looser than juxtaposition."""
    operators: list[str] = []
    groups: list[list[Basic]] = []
    for operator, term in parts:
        if operator == "/":
            raise problem
        if groups and operator:
            operators.append(operator)
            groups.append([term])
        elif groups:
            groups[-1].append(term)
        else:
            groups.append([term])
    if not operators or len(groups) > MAX_OPERANDS:
        raise problem
    try:
        return read_row(reader, node, operators, [g[0] if len(g) == 1 else Product(*g) for g in groups])
    except ShapeError:
        raise problem from None
