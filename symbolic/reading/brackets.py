"""Brackets, norms and what stands on them -> terms: (a + b)^T, [W x]_i, [a; x], ‖x‖², \\mathbf{1}_n, [i = j]."""

from __future__ import annotations

from sympy import Rational
from sympy.core.basic import Basic

from ..language import Apply, Concat, Filled, Fun, NormSquared, Transpose, legs, shape_of
from .conditions import indicator
from .names import component, raised, read_name, read_number, read_size
from .reader import Reader
from .scripts import is_transpose, name_of
from .symbols import Scope
from .tree import Compared, Group, Items, Juxtaposed, Letter, Node, Number, Scripted

BESIDE, STACKED = "[a, b] side by side", "[a, b] as one column"


def read_group(reader: Reader, node: Node, scope: Scope) -> Basic:
    """Brackets: mere grouping, or a matrix of blocks [A, B], [a; b]."""
    assert isinstance(node, Group)
    body = node.body
    if node.bracket == "[" and isinstance(body, Compared):
        return indicator(reader, body, scope)
    if node.bracket == "‖":
        return _norm(reader, Scripted(node.start, node.end, node, (), ()), scope)
    if node.bracket in ("|", "⟨"):
        raise reader.error(node, f"{reader.text(node)} is understood only as a squared norm \\lVert x \\rVert^2")
    if isinstance(body, Items):
        if node.bracket != "[":
            raise reader.error(node, f"{reader.text(node)} is no quantity; blocks are written [A, B] or [a; b]")
        return blocks(reader, body, scope)
    return reader.term(body, scope)


def blocks(reader: Reader, node: Items, scope: Scope) -> Basic:
    """[A, B] side by side, [a; b] on top of each other; [h, x] of two columns is mostly meant so, too."""
    parts = [blocks(reader, i, scope) if isinstance(i, Items) else reader.term(i, scope) for i in node.items]
    if node.separator == ";":
        return Concat(0, *parts)
    if any(shape_of(p)[1] for p in parts) or not all(shape_of(p)[0] for p in parts):
        return Concat(1, *parts)
    ways = (STACKED, BESIDE) if len({shape_of(p) for p in parts}) == 1 else (STACKED,)
    return Concat(1 if reader.ask(f"blocks {reader.text(node)}", ways) == BESIDE else 0, *parts)


def read_scripted(reader: Reader, node: Node, scope: Scope) -> Basic:
    """A name with scripts, or a bracket with ^T, a power or components."""
    assert isinstance(node, Scripted)
    condition = _condition_below(node)
    if condition is not None:
        return indicator(reader, condition, scope)
    name = name_of(node)
    if name is not None:
        return read_name(reader, name, scope)
    if isinstance(node.base, Number):
        return _number_with_scripts(reader, node, scope)
    if isinstance(node.base, Group) and node.base.bracket == "‖":
        return _norm(reader, node, scope)
    if isinstance(node.base, Group) and node.base.bracket == "|" and not node.subs and not node.primes:
        return _squared(reader, node, scope)
    return with_scripts(reader, node, reader.term(node.base, scope), scope)


def _condition_below(node: Scripted) -> Node | None:
    """The condition of an indicator that carries it as its subscript, as in 1_{i = j}."""
    sign = node.base
    one = isinstance(sign, Number) and sign.value == 1
    if not one and not (isinstance(sign, Letter) and sign.name == "I" and "blackboard" in sign.fonts):
        return None
    if len(node.subs) != 1 or node.sups or node.primes:
        return None
    below = node.subs[0]
    while isinstance(below, Group):
        below = below.body
    return below if isinstance(below, Compared) else None


def with_scripts(reader: Reader, node: Scripted, base: Basic, scope: Scope) -> Basic:
    """The scripts of a bracket or of a function's value."""
    if node.primes > 1:
        raise reader.error(node, f"what the primes of {reader.text(node)} mean is not clear")
    if node.primes and isinstance(base, Apply):
        raise reader.error(node, f"the prime of {reader.text(node)} may mean a slope or a transpose")
    transposed = [s for s in node.sups if is_transpose(s)]
    if transposed or node.primes:
        base = Transpose(base)
    entries = [n for s in node.subs for n in (s.items if isinstance(s, Items) else (s,))]
    entries = [m for n in entries for m in reader.table.letters(n, scope)]
    if entries:
        indices = [reader.table.index(n, scope, False) for n in entries]
        wrong = next((n for n, i in zip(entries, indices, strict=True) if i is None), None)
        if wrong is not None:
            raise reader.error(wrong, f"{reader.text(wrong)} is no component index")
        base = component(base, tuple(i for i in indices if i is not None))
    for sup in node.sups:
        if sup not in transposed:
            base = raised(reader, base, sup, node, scope)
    return base


def _norm(reader: Reader, node: Scripted, scope: Scope) -> Basic:
    """A squared norm (Euclid, Frobenius), or the root of one: of a matrix only with F, since ‖W‖ is mostly another norm."""
    assert isinstance(node.base, Group)
    inner, kinds = reader.term(node.base.body, scope), [reader.text(s) for s in node.subs]
    if kinds not in ([], ["2"], ["F"]) or node.primes or len(node.sups) > 1:
        raise reader.error(node, "only the norms \\lVert x \\rVert, with _2 or _F, and their powers are understood")
    if node.sups and isinstance(node.sups[0], Number) and node.sups[0].value == 2:
        return NormSquared(inner)
    if len(sum(shape_of(inner), ())) > 1 and kinds != ["F"]:
        raise reader.error(node, f"{reader.text(node)} of a matrix is understood as a squared norm, or with _F")
    root = Apply(Fun("sqrt"), NormSquared(inner))
    return raised(reader, root, node.sups[0], node, scope) if node.sups else root


def _squared(reader: Reader, node: Scripted, scope: Scope) -> Basic:
    """|x|², the squared norm of a vector or the square of a number; of a matrix bars may mean its determinant."""
    assert isinstance(node.base, Group)
    inner = reader.term(node.base.body, scope)
    two = len(node.sups) == 1 and isinstance(node.sups[0], Number) and node.sups[0].value == 2
    if not two or len(sum(shape_of(inner), ())) > 1:
        raise reader.error(node, f"{reader.text(node)} is understood only as a squared norm \\lVert x \\rVert^2")
    return NormSquared(inner)


def _number_with_scripts(reader: Reader, node: Scripted, scope: Scope) -> Basic:
    """A power of a number, or a matrix with the same number everywhere such as \\mathbf{1}_{n}."""
    assert isinstance(node.base, Number)
    value = read_number(reader, node.base, scope)
    if not node.subs:
        if node.primes or len(node.sups) != 1 or "bold" in node.base.fonts:
            raise reader.error(node, f"{reader.text(node)} needs its size, as in \\mathbf{{1}}_{{n}}")
        return raised(reader, value, node.sups[0], node)
    sub = node.subs[0]
    sizes: tuple[Node, ...] = (sub,)
    if isinstance(sub, Items):
        sizes = sub.items
    elif isinstance(sub, Juxtaposed) and set(sub.operators) == {"×"}:
        sizes = sub.factors
    if len(sizes) > 2:
        raise reader.error(node, f"{reader.text(node)} has more than two sizes")
    sides = [legs(read_size(reader, s)) for s in sizes]
    plain = Scripted(node.start, node.end, node.base, (), node.sups, node.primes)
    return with_scripts(reader, plain, Filled(value, *sides), scope)


def is_bare_vector(node: Node) -> bool:
    """Whether a node is \\mathbf 1 or \\mathbf 1^T, without a size."""
    if isinstance(node, Scripted):
        return not node.subs and len(node.sups) == 1 and is_transpose(node.sups[0]) and is_bare_vector(node.base)
    if isinstance(node, Group) and node.bracket == "{":
        return is_bare_vector(node.body)
    return isinstance(node, Number) and "bold" in node.fonts


def number_of(node: Node) -> Rational:
    """The number in a bare vector."""
    while not isinstance(node, Number):
        node = node.base if isinstance(node, Scripted) else node.body  # type: ignore[attr-defined]
    return Rational(node.value.numerator, node.value.denominator)
