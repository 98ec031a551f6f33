"""Trees -> forms: what of a formula matters for its shape (see `sizes`).

The table of symbols, applications and derivatives are those with which the claims are read later, so that both
understand a formula alike.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Symbol

from ...language import IDENTITY, Fun, kind_of
from ..applications import Applied, positive_part, units_of
from ..calls import output_of
from ..derivatives import is_derivative, is_partial
from ..names import exponent
from ..reader import Reader
from ..scripts import Name, index_name, is_transpose, name_of
from ..symbols import Match, Scope, SymbolTable
from ..tokens import ReadError, Source
from ..tree import (
    Big,
    Compared,
    Dots,
    Fraction,
    Group,
    Infix,
    Items,
    Juxtaposed,
    Letter,
    Marked,
    Node,
    Number,
    Root,
    Scripted,
    Sum,
    Table,
    children,
)
from .names import bounds_of
from .sizes import Form

SCALAR: Form = ("scalar",)
UNKNOWN: Form = ("unknown",)

OF_WORDS = {"diag": "diag", "Diag": "diag", "tr": "trace", "Tr": "trace", "trace": "trace"}
"""Operators with a rule of their own; the others give a number."""


def form_of(table: SymbolTable, source: Source, node: Node, prefer: frozenset[str] = frozenset()) -> Form | None:
    """The form of one side, or None where it cannot be understood with these symbols."""
    reader = Reader(table, source, {}, prefer=prefer)
    try:
        return _form(reader, node, Scope())
    except (ReadError, RecursionError):
        return None


def _form(reader: Reader, node: Node, scope: Scope) -> Form:
    rule = _FORMS.get(type(node))
    return UNKNOWN if rule is None else rule(reader, node, scope)


def _number(reader: Reader, node: Node, scope: Scope) -> Form:
    assert isinstance(node, Number)
    return ("ones",) if "bold" in node.fonts and node.value == 1 else UNKNOWN if "bold" in node.fonts else ("number",)


def _name(reader: Reader, node: Node, scope: Scope) -> Form:
    name = name_of(node)
    if name is None:
        raise reader.error(node, "no name")
    match = reader.table.match(name, scope, reader.prefer)
    if match is None or match.pattern.kind == "function":
        return _special(reader, name, scope)
    if match.pattern.kind not in ("family", "error"):
        return _finished(("unknown",) if match.pattern.legs else SCALAR, match)
    return _finished(("family", match.pattern.target), match)


def _special(reader: Reader, name: Name, scope: Scope) -> Form:
    letter = name.letter.name
    raised = [s for s in name.scripts if s.where == "^" and not s.bracket]
    if letter == "e" and len(raised) == len(name.scripts) == 1:
        return ("apply", "elementwise", _form(reader, raised[0].node, scope), "exp")
    if letter == "I" and name.scripts:
        return UNKNOWN
    if letter == "\\delta" and name.scripts:
        return SCALAR
    text = index_name(name.node)
    if text in (*reader.table.lengths, *scope.symbols, *reader.table.indices, *reader.table.sizes):
        return SCALAR
    if letter == "I" and not name.letter.accents:
        return UNKNOWN
    raise reader.error(name.node, "unknown")


def _finished(form: Form, match: Match) -> Form:
    if match.transposed or match.primes:
        form = ("transpose", form)
    if match.components:
        form = ("entry", form, tuple(_component(c) for c in match.components))
    return ("power", form) if match.powers else form


def _component(index: object) -> str:
    return index.name if isinstance(index, Symbol) else ""


def _scripted(reader: Reader, node: Node, scope: Scope) -> Form:
    assert isinstance(node, Scripted)
    if name_of(node) is not None:
        return _name(reader, node, scope)
    if isinstance(node.base, Number):
        if node.base.fonts and node.base.value == 1 and not node.subs and all(map(is_transpose, node.sups)):
            return ("transpose", ("ones",))
        return _sized_ones(node) if node.subs else ("number",)
    if isinstance(node.base, Group) and node.base.bracket in ("‖", "|"):
        return ("norm", _form(reader, node.base.body, scope))
    return _with_scripts(reader, node, _form(reader, node.base, scope), scope)


def _sized_ones(node: Scripted) -> Form:
    """\\mathbf 1_n and \\mathbf 1_n^T, if n is a name."""
    base, size = node.base, index_name(node.subs[0])
    one = isinstance(base, Number) and base.value == 1 and "bold" in base.fonts
    if not one or not size or len(node.subs) > 1 or node.primes or not all(map(is_transpose, node.sups)):
        return UNKNOWN
    return ("transpose", ("ones", size)) if node.sups else ("ones", size)


def _with_scripts(reader: Reader, node: Scripted, form: Form, scope: Scope) -> Form:
    if node.primes or any(map(is_transpose, node.sups)):
        form = ("transpose", form)
    entries = [n for s in node.subs for n in (s.items if isinstance(s, Items) else (s,))]
    entries = [m for n in entries for m in reader.table.letters(n, scope)]
    if entries:
        form = ("entry", form, tuple(index_name(n) or "" for n in entries))
    for sup in node.sups:
        if not is_transpose(sup):
            if exponent(sup) is None:
                raise reader.error(sup, "no power")
            form = ("power", form)
    return form


def _group(reader: Reader, node: Node, scope: Scope) -> Form:
    assert isinstance(node, Group)
    if node.bracket in ("‖", "|"):
        return ("norm", _form(reader, node.body, scope))
    if isinstance(node.body, Items):
        if node.bracket not in ("[", "("):
            raise reader.error(node, "no quantity")
        return _items(reader, node.body, scope)
    return _form(reader, node.body, scope)


def _items(reader: Reader, node: Items, scope: Scope) -> Form:
    parts = [_items(reader, i, scope) if isinstance(i, Items) else _form(reader, i, scope) for i in node.items]
    return ("blocks", 1 if node.separator == "," else 0, *parts)


def _sum(reader: Reader, node: Node, scope: Scope) -> Form:
    assert isinstance(node, Sum)
    parts = [_form(reader, t, scope) for t in node.terms if not isinstance(t, Dots)]
    return parts[0] if len(parts) == 1 else ("plus", *parts)


def _infix(reader: Reader, node: Node, scope: Scope) -> Form:
    assert isinstance(node, Infix)
    parts = tuple(_form(reader, o, scope) for o in node.operands)
    if "⊗" in node.operators:
        return UNKNOWN
    if "*" in node.operators:
        return ("star", *parts)
    return ("hadamard", *parts)


def _product(reader: Reader, node: Node, scope: Scope) -> Form:
    assert isinstance(node, Juxtaposed)
    form: Form | None = None
    parts: list[Form] = []
    for operator, unit in units_of(reader, node, scope):
        if isinstance(unit, Dots):
            return UNKNOWN
        part = _form(reader, unit, scope)
        if operator == "/":
            form = ("quotient", parts[0] if len(parts) == 1 else ("product", *parts), part)
            parts = [form]
        else:
            parts.append(part)
    return parts[0] if len(parts) == 1 else ("product", *parts)


def _applied(reader: Reader, node: Node, scope: Scope) -> Form:
    assert isinstance(node, Applied)
    head = node.head
    if head.fun is None and head.operator is None:
        if isinstance(node.argument, Compared) and len(node.argument.operands) == 2:
            return ("power", _form(reader, node.argument.operands[0], scope))
        return SCALAR
    argument = positive_part(node)
    output = output_of(reader.table, argument) if head.fun is not None and head.fun.kind == "scalar" else None
    if output is None and isinstance(argument, Items | Compared):
        raise reader.error(node, "one argument")
    x = _form(reader, output or argument, scope)
    if argument is not node.argument:
        x = _application(Fun("relu"), x)
        return x if node.outer is None else _with_scripts(reader, node.outer, x, scope)
    if head.operator is not None:
        name = name_of(head.node)
        word = name.letter.name if name else ""
        form: Form = UNKNOWN if word == "vec" else (OF_WORDS.get(word, "norm"), x)
        form = {"rowsum": ("product", x, ("ones",)), "colsum": ("product", ("transpose", ("ones",)), x)}.get(word, form)
    else:
        assert head.fun is not None
        form = _application(head.fun, x)
        if head.match is not None and head.match.components:
            form = ("entry", form, tuple(_component(c) for c in head.match.components))
        if head.match is not None and head.match.transposed:
            form = ("transpose", form)
    return form if node.outer is None else _with_scripts(reader, node.outer, form, scope)


def _application(fun: Fun, x: Form) -> Form:
    kind = kind_of(fun)
    if fun.name == IDENTITY and not fun.kind:
        return UNKNOWN if fun.order else x
    if fun.order and kind.startswith("abstract"):
        return UNKNOWN
    return ("apply", kind, x, fun.name)


def _fraction(reader: Reader, node: Node, scope: Scope) -> Form:
    assert isinstance(node, Fraction)
    if not is_derivative(reader, node):
        return ("quotient", _form(reader, node.numerator, scope), _form(reader, node.denominator, scope))
    if is_partial(reader, node.numerator):
        raise reader.error(node, "what it is taken of must follow")
    parts = []
    for side in (node.numerator, node.denominator):
        assert isinstance(side, Juxtaposed)
        rest = side.factors[1:]
        inner = rest[0] if len(rest) == 1 else Juxtaposed(rest[0].start, rest[-1].end, side.operators[1:], rest)
        parts.append(_form(reader, inner, scope))
    return ("derivative", *parts)


def _big(reader: Reader, node: Node, scope: Scope) -> Form:
    assert isinstance(node, Big)
    letters = list(bounds_of(node))
    if node.operator == "sum" and not node.subs and not node.sups:
        return ("entries", _form(reader, node.body, scope))
    if not letters:
        raise reader.error(node, "no index")
    for letter, _, _ in letters:
        scope = scope.binding(letter, Symbol(letter))
    body = _form(reader, node.body, scope)
    for letter, _, upper in letters:
        text = index_name(upper) if upper is not None else None
        known = (*reader.table.lengths, *reader.table.indices, *scope.symbols)
        body = ("sum", letter, text if text and text not in known else "", body)
    return body


def _table(reader: Reader, node: Node, scope: Scope) -> Form:
    assert isinstance(node, Table)
    if node.environment in ("cases", "dcases"):
        cells = [row[0].items[0] if isinstance(row[0], Items) else row[0] for row in node.rows]
        return ("plus", *(_form(reader, c, scope) for c in cells))
    rows = [[_form(reader, c, scope) for c in row] for row in node.rows]
    joined = [row[0] if len(row) == 1 else ("blocks", 1, *row) for row in rows]
    return joined[0] if len(joined) == 1 else ("blocks", 0, *joined)


def _misplaced(reader: Reader, node: Node, scope: Scope) -> Form:
    raise reader.error(node, "no quantity")


_FORMS: dict[type, Callable[[Reader, Node, Scope], Form]] = {
    Letter: _name, Number: _number, Scripted: _scripted, Group: _group, Sum: _sum, Infix: _infix,
    Juxtaposed: _product, Applied: _applied, Fraction: _fraction, Big: _big, Table: _table,
    Root: lambda r, n, s: ("power", *(_form(r, c, s) for c in children(n))),
    Items: _misplaced, Compared: _misplaced, Marked: _misplaced, Dots: _misplaced,
}  # fmt: skip
