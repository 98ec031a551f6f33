"""Names, numbers, brackets and scripts -> terms."""

from __future__ import annotations

from sympy import Add, Expr, Integer, Rational
from sympy.core.basic import Basic

from ..language import (
    SCALAR,
    Adjoint,
    Apply,
    Concat,
    Entry,
    Filled,
    Fun,
    Identity,
    NormSquared,
    Power,
    Product,
    Relation,
    Transpose,
    Var,
    Where,
    is_number,
    legs,
    shape_of,
)
from .reader import DUMMY_SIZE, Reader
from .scripts import Name, index_name, is_transpose, name_of
from .symbols import Match, Scope
from .tokens import ReadError
from .tree import Compared, Group, Items, Juxtaposed, Marked, Node, Number, Scripted, Sum

MAX_EXPONENT = 64
MAX_MATRIX_POWER = 8
RELATION_OPS = {"=": "=", "≠": "!=", "<": "<", "≤": "<=", ">": "<", "≥": "<="}


def read_letter(reader: Reader, node: Node, scope: Scope) -> Basic:
    name = name_of(node)
    if name is None:
        raise reader.error(node, f"{reader.text(node)} is no name")
    return read_name(reader, name, scope)


def read_name(reader: Reader, name: Name, scope: Scope) -> Basic:
    """The term of a symbol with its scripts."""
    match = reader.table.match(name, scope, reader.prefer)
    if match is None or match.pattern.kind == "function":
        special = _SPECIAL.get(name.letter.name)
        term = special(reader, name, scope) if special else None
        term = _size(reader, name) if term is None else term
        if term is not None:
            return term
    if match is None:
        raise _complaint(reader, name, scope)
    if match.pattern.kind == "error" and (delta := _either_delta(reader, name, scope)) is not None:
        return delta
    base = _BASES[match.pattern.kind](reader, name, match)
    return _finish(reader, name.node, base, match)


def _complaint(reader: Reader, name: Name, scope: Scope) -> ReadError:
    text = reader.text(name.node)
    bare = index_name(name.node)
    if bare in scope.symbols or bare in reader.table.indices:
        return reader.error(name.node, f"the index {text} stands where a quantity is expected")
    if name.letter.name in ("\\partial", "\\nabla"):
        return reader.error(
            name.node, f"{text} stands alone; a derivative is written \\frac{{\\partial y}}{{\\partial x}}"
        )
    return reader.table.complaint(name, text, scope)


def _family(reader: Reader, name: Name, match: Match) -> Basic:
    return reader.variable(reader.table.model.families[match.pattern.target], match.indices)


def _error(reader: Reader, name: Name, match: Match) -> Basic:
    if match.pattern.target not in reader.error_uses:
        reader.error_uses.append(match.pattern.target)
    return Adjoint(reader.variable(reader.table.model.families[match.pattern.target], match.indices))


def _stands(reader: Reader, name: Name, match: Match) -> Basic:
    latex = match.pattern.target
    weights = reader.table.model.stands_for[latex]
    chosen = reader.ask(f"{latex} =", weights)
    return reader.variable(reader.table.model.families[chosen], ())


def _dummy(reader: Reader, name: Name, match: Match) -> Basic:
    return dummy(reader, match.pattern.target)


def dummy(reader: Reader, latex: str) -> Var:
    """The argument of an identity; its name is its LaTeX, in braces where the model has a family of that name."""
    model = reader.table.model
    sizes = (reader.size(DUMMY_SIZE),) if model.dummies[latex] == "vector" else ()
    return Var(f"{{{latex}}}" if latex in model.families else latex, (), legs(*sizes))


def _function(reader: Reader, name: Name, match: Match) -> Basic:
    raise reader.error(name.node, f"the function {reader.text(name.node)} needs an argument in parentheses")


_BASES = {"family": _family, "error": _error, "stands": _stands, "dummy": _dummy, "function": _function}


def _finish(reader: Reader, node: Node, base: Basic, match: Match) -> Basic:
    """Prime and transpose first, then components, then powers: W_{ij}^T is an entry of the transpose."""
    if match.primes > 1 or (match.primes and match.transposed):
        raise reader.error(node, f"what the primes of {reader.text(node)} mean is not clear")
    if match.transposed or match.primes:
        base = Transpose(base)
    if match.components:
        base = Entry(base, *match.components)
    for power in match.powers:
        base = raised(reader, base, power, node)
    return base


def _exponential(reader: Reader, name: Name, scope: Scope) -> Basic | None:
    node = name.node
    if (
        name.primes
        or not isinstance(node, Scripted)
        or node.subs
        or len(node.sups) != 1
        or node.base is not name.letter
    ):
        return None
    return Apply(Fun("exp"), reader.term(node.sups[0], scope))


def _identity(reader: Reader, name: Name, scope: Scope) -> Basic | None:
    if name.letter.accents or "blackboard" in name.letter.fonts or name.primes:
        return None
    below = [s for s in name.scripts if s.where == "_"]
    if len(below) != 1:
        raise reader.error(name.node, "the identity needs its size, as in I_{n}")
    term: Basic = Identity(*legs(read_size(reader, below[0].node)))
    for script in (s.node for s in name.scripts if s.where == "^"):
        term = Transpose(term) if is_transpose(script) else raised(reader, term, script, name.node)
    return term


def _kronecker(reader: Reader, name: Name, scope: Scope) -> Basic | None:
    entries = [n for s in name.scripts if s.where == "_" and not s.bracket for n in reader.table.letters(s.node, scope)]
    if len(entries) != 2 or len([s for s in name.scripts if s.where == "^"]) or name.primes:
        return None
    first, second = (reader.table.index(n, scope, False) for n in entries)
    return None if first is None or second is None else Where(Integer(1), Relation("=", first, second))


def _either_delta(reader: Reader, name: Name, scope: Scope) -> Basic | None:
    """δ_{ij} in a note whose error terms are called δ: Kronecker's delta where that is what is chosen."""
    delta = _kronecker(reader, name, scope) if name.letter.name == "\\delta" else None
    own = {i.symbol for i in reader.table.model.indices}
    if delta is None or delta.free_symbols & own or len(delta.free_symbols) < 2:
        return None
    return delta if reader.ask("δ", ("δ of Kronecker", "δ an error term")) == "δ of Kronecker" else None


_SPECIAL = {"e": _exponential, "I": _identity, "\\delta": _kronecker}
"""Letters with a meaning of their own where the model gives them none."""


def _size(reader: Reader, name: Name) -> Basic | None:
    """A size or a length as a number: the T in 1/T, or a power of one."""
    text = index_name(name.node)
    if text is None and isinstance(name.node, Scripted) and not name.node.subs and not name.primes:
        plain = _size(reader, Name(name.node.base, name.letter, (), 0))
        if plain is not None and len(name.node.sups) == 1 and exponent(name.node.sups[0]) is not None:
            return raised(reader, plain, name.node.sups[0], name.node)
    if text in reader.table.sizes:
        return reader.size(reader.table.sizes[text])
    return reader.table.lengths[text].upper if text in reader.table.lengths else None


def read_size(reader: Reader, node: Node) -> Expr:
    """A size: a symbol of the model, a whole number, or a sum of them."""
    if isinstance(node, Number) and node.value.denominator == 1:
        return Integer(int(node.value))
    if isinstance(node, Sum) and set(node.signs) == {"+"}:
        return Add(*(read_size(reader, t) for t in node.terms))
    text = index_name(node)
    if text is not None and (text in reader.table.sizes or text == DUMMY_SIZE.name):
        return reader.size(reader.table.sizes.get(text, DUMMY_SIZE))
    known = ", ".join(reader.table.sizes)
    raise reader.error(node, f"{reader.text(node)} is no size; the sizes are {known}")


def read_number(reader: Reader, node: Node, scope: Scope) -> Basic:
    assert isinstance(node, Number)
    return Rational(node.value.numerator, node.value.denominator)


def read_group(reader: Reader, node: Node, scope: Scope) -> Basic:
    """Brackets: mere grouping, or a matrix of blocks [A, B], [a; b]."""
    assert isinstance(node, Group)
    body = node.body
    if node.bracket in ("‖", "|", "⟨"):
        raise reader.error(node, f"{reader.text(node)} is understood only as a squared norm \\lVert x \\rVert^2")
    if isinstance(body, Items):
        if node.bracket != "[":
            raise reader.error(node, f"{reader.text(node)} is no quantity; blocks are written [A, B] or [a; b]")
        return blocks(reader, body, scope)
    return reader.term(body, scope)


def blocks(reader: Reader, node: Items, scope: Scope) -> Basic:
    parts = [blocks(reader, i, scope) if isinstance(i, Items) else reader.term(i, scope) for i in node.items]
    columns = all(shape_of(p)[0] and not shape_of(p)[1] for p in parts)
    return Concat(1 if node.separator == "," and not columns else 0, *parts)  # columns with a comma are stacked


def read_scripted(reader: Reader, node: Node, scope: Scope) -> Basic:
    """A name with scripts, or a bracket with ^T, a power or components."""
    assert isinstance(node, Scripted)
    name = name_of(node)
    if name is not None:
        return read_name(reader, name, scope)
    if isinstance(node.base, Number):
        return _number_with_scripts(reader, node, scope)
    if isinstance(node.base, Group) and node.base.bracket == "‖":
        return _norm(reader, node, scope)
    return with_scripts(reader, node, reader.term(node.base, scope), scope)


def with_scripts(reader: Reader, node: Scripted, base: Basic, scope: Scope) -> Basic:
    """The scripts of a bracket or of a function's value."""
    if node.primes > 1:
        raise reader.error(node, f"what the primes of {reader.text(node)} mean is not clear")
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
        base = Entry(base, *indices)
    for sup in node.sups:
        if sup not in transposed:
            base = raised(reader, base, sup, node)
    return base


def _norm(reader: Reader, node: Scripted, scope: Scope) -> Basic:
    assert isinstance(node.base, Group)
    squared = len(node.sups) == 1 and isinstance(node.sups[0], Number) and node.sups[0].value == 2
    kinds = [reader.text(s) for s in node.subs]
    if not squared or kinds not in ([], ["2"], ["F"]) or node.primes:
        raise reader.error(node, "only the squared norm \\lVert x \\rVert^2 (Euclid, Frobenius) is understood")
    return NormSquared(reader.term(node.base.body, scope))


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


def exponent(node: Node) -> Rational | None:
    """The rational number that a script raises to, or None."""
    if isinstance(node, Number):
        return Rational(node.value.numerator, node.value.denominator)
    if isinstance(node, Group) and node.bracket in "{(":
        return exponent(node.body)
    if isinstance(node, Marked) and node.content is not None:
        return exponent(node.content)
    if isinstance(node, Sum) and len(node.terms) == 1:
        value = exponent(node.terms[0])
        return None if value is None else -value if node.signs[0] == "-" else value
    if isinstance(node, Juxtaposed) and node.operators == ("/",):
        top, bottom = (exponent(f) for f in node.factors)
        return None if top is None or not bottom else top / bottom
    return None


def raised(reader: Reader, base: Basic, node: Node, whole: Node) -> Basic:
    """A power: of numbers, scalars and vectors entry by entry, of a square matrix by products, ^{∘k} by entries."""
    k = exponent(node)
    if k is None:
        raise reader.error(
            node, f"{reader.text(node)} in {reader.text(whole)} is neither a number, a transpose nor an index"
        )
    if abs(k) > MAX_EXPONENT or k.q > MAX_EXPONENT:
        raise reader.error(node, f"the exponent {k} is too large; at most {MAX_EXPONENT} is read")
    if is_number(base):
        if (base == 0 and k <= 0) or (base < 0 and k.q != 1):
            raise reader.error(whole, f"{reader.text(whole)} is no number")
        return base**k if k.q == 1 else Power(base, k)
    rows, cols = shape_of(base)
    if isinstance(node, Marked) or (rows, cols) == SCALAR or (len(rows) + len(cols) == 1 and not (rows and cols)):
        if k < 0 and not isinstance(node, Marked) and (rows, cols) != SCALAR:
            raise reader.error(whole, "a negative power of a vector is written ^{\\circ -1} or as a fraction")
        return Power(base, k)
    if rows == cols and k.q == 1 and 1 <= k <= MAX_MATRIX_POWER:
        return base if k == 1 else Product(*[base] * int(k))
    raise reader.error(
        whole, f"the power {k} of a matrix; understood are 1 to {MAX_MATRIX_POWER} of a square one, and ^{{\\circ k}}"
    )


def read_relations(reader: Reader, node: Node, scope: Scope) -> tuple[Relation, ...]:
    """The conditions of i = j, k < t ≤ T, t = 1, 2, ..., l; raises `ReadError` if one is not between indices."""
    if isinstance(node, Items):
        return tuple(r for item in node.items for r in read_relations(reader, item, scope))
    if not isinstance(node, Compared):
        raise reader.error(node, f"{reader.text(node)} is no condition")
    ends = [reader.table.index(o, scope, False) for o in node.operands]
    wrong = next((o for o, e in zip(node.operands, ends, strict=True) if e is None), None)
    if wrong is not None:
        raise reader.error(wrong, f"{reader.text(wrong)} is no index")
    result = []
    for relation, left, right in zip(node.relations, ends, ends[1:], strict=False):
        if relation not in RELATION_OPS:
            raise reader.error(node, f"{relation} is no condition between indices")
        pair = (right, left) if relation in (">", "≥") else (left, right)
        result.append(Relation(RELATION_OPS[relation], *pair))
    return tuple(result)
