"""Names, numbers, sizes, powers and conditions -> terms."""

from __future__ import annotations

from sympy import Add, Expr, Integer, Rational, Symbol
from sympy.core.basic import Basic

from ..language import (
    FUNCTIONS,
    SCALAR,
    Adjoint,
    Apply,
    Entry,
    Fun,
    Identity,
    Power,
    Product,
    ProductOver,
    Relation,
    SumOver,
    Transpose,
    Unit,
    Var,
    Where,
    is_number,
    is_scalar,
    legs,
    shape_of,
)
from .notation import CONTROL_FUNCTIONS
from .reader import Reader, dummy_size
from .scripts import Name, index_name, is_inverted, is_power, is_transpose, name_of
from .symbols import SLICE, Match, Scope
from .tokens import ReadError
from .tree import Group, Juxtaposed, Marked, Node, Number, Scripted, Sum

EVERYWHERE = Scope()
MAX_EXPONENT = 64
MAX_MATRIX_POWER = 8


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
    base = quantity(reader, name, match)
    return finish(reader, name.node, base, match, scope)


def quantity(reader: Reader, name: Name, match: Match) -> Basic:
    """What a name denotes, before its scripts."""
    return _BASES[match.pattern.kind](reader, name, match)


def _complaint(reader: Reader, name: Name, scope: Scope) -> ReadError:
    text = reader.text(name.node)
    bare = index_name(name.node)
    if bare in scope.symbols or bare in reader.table.indices:
        return reader.error(name.node, f"the index {text} stands where a quantity is expected")
    if (what := _OPERATIONS.get(name.letter.name)) and "blackboard" in name.letter.fonts:
        return reader.error(name.node, f"{what} is not understood")
    if name.letter.name == "\\nabla" and any(s.where == "^" and is_power(s.node) for s in name.scripts):
        return reader.error(name.node, f"{text}: derivatives of derivatives are not understood")
    if name.letter.name == "\\nabla" and not name.scripts:
        return reader.error(name.node, f"{text} stands alone; say what the derivative is taken by, as in \\nabla_W L")
    if name.letter.name in ("\\partial", "\\nabla"):
        return reader.error(
            name.node, f"{text} stands alone; a derivative is written \\frac{{\\partial y}}{{\\partial x}}"
        )
    if name.letter.word and name.letter.name in CONTROL_FUNCTIONS:
        return reader.error(name.node, f"the function {text} is not known here; known are {', '.join(FUNCTIONS)}")
    return reader.table.complaint(name, text, scope)


def _family(reader: Reader, name: Name, match: Match) -> Basic:
    return reader.variable(reader.table.model.families[match.pattern.target], match.indices)


def _error(reader: Reader, name: Name, match: Match) -> Basic:
    if match.pattern.target not in reader.error_uses:
        reader.error_uses.append(match.pattern.target)
    return Adjoint(reader.variable(reader.table.model.families[match.pattern.target], match.indices))


def _shorthand(reader: Reader, name: Name, match: Match) -> Basic:
    """The term that a name is short for, at the indices that it has here."""
    short = reader.table.model.shorthands[match.pattern.target]
    if reader.unified:
        raise reader.error(name.node, f"{reader.text(name.node)} is short for a term whose sizes are fixed")
    bound = {node.args[1] for node in short.term.atoms(SumOver, ProductOver)}
    arriving = {s for index in match.indices for s in index.free_symbols}
    renamed = {s: Symbol(f"{s.name}'") for s in bound & arriving}
    term = short.term.xreplace({**renamed, **dict(zip(short.letters, match.indices, strict=True))})
    for adjoint in short.term.atoms(Adjoint):
        if adjoint.variable.name not in reader.error_uses:
            reader.error_uses.append(adjoint.variable.name)
    return term


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
    sizes = (reader.size(dummy_size(reader.table)),) if model.dummies[latex] == "vector" else ()
    return Var(f"{{{latex}}}" if latex in model.families else latex, (), legs(*sizes))


def _function(reader: Reader, name: Name, match: Match) -> Basic:
    raise reader.error(name.node, f"the function {reader.text(name.node)} needs an argument in parentheses")


_OPERATIONS = {"E": "an expectation", "P": "a probability", "V": "a variance", "R": "a set"}

_BASES = {
    "family": _family, "error": _error, "stands": _stands, "shorthand": _shorthand, "dummy": _dummy, "function": _function,
}  # fmt: skip


def finish(reader: Reader, node: Node, base: Basic, match: Match, scope: Scope = EVERYWHERE) -> Basic:
    """Prime and transpose first, then components, then powers: W_{ij}^T is an entry of the transpose."""
    if match.primes > 1 or (match.primes and match.transposed):
        raise reader.error(node, f"what the primes of {reader.text(node)} mean is not clear")
    if match.transposed or match.primes:
        base = Transpose(base)
    if match.components:
        base = component(base, match.components)
    for power in match.powers:
        base = raised(reader, base, power, node, scope)
    return base


def _repeated(reader: Reader, base: Basic, steps: tuple[Expr, Expr], node: Node, scope: Scope) -> Basic:
    """W^{T-t}: as many factors as there are steps from t + 1 to T; (W^T)^{T-t} is its transpose."""
    if isinstance(base, Transpose):
        return Transpose(_repeated(reader, base.args[0], steps, node, scope))
    rows, cols = shape_of(base)
    if rows != cols:
        raise reader.error(node, f"{reader.text(node)} is a power of what is no square matrix")
    taken = base.free_symbols | {s for e in steps for s in e.free_symbols} | set(scope.symbols.values())
    index = next(s for s in map(Symbol, "ijskuvqr") if s not in taken)
    return ProductOver(base, index, *steps)


def component(base: Basic, indices: tuple[Expr, ...]) -> Basic:
    """A component, or with a colon for an index the row e_iᵀ W or the column W e_j."""
    if SLICE not in indices:
        return Entry(base, *indices)
    rows, cols = shape_of(base)
    if len(indices) != 2 or len(rows) != 1 or len(cols) != 1:
        raise ValueError("a colon for an index needs a matrix, as in W_{i,:}")
    first, second = indices
    if first != SLICE:
        return Product(Transpose(Unit(first, rows[0])), base)
    return base if second == SLICE else Product(base, Unit(second, cols[0]))


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
    rows, cols = reader.square
    if not name.scripts and rows == cols and len(rows) == 1:
        return Identity(*rows)
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
    steps = sum(index_name(n) in reader.table.indices for n in entries)
    if steps == 1 and any(_is_quantity(reader, n, scope) for n in entries):
        return None  # δ_{z_t}, where z_t is a quantity
    first, second = (reader.table.index(n, scope, False) for n in entries)
    return None if first is None or second is None else Where(Integer(1), Relation("=", first, second))


def _is_quantity(reader: Reader, node: Node, scope: Scope) -> bool:
    letter = index_name(node) or ""
    patterns = (*reader.table.patterns.get(letter, ()), *reader.table.patterns.get("\\" + letter, ()))
    return letter not in scope.symbols and any(p.kind == "family" for p in patterns)


def _either_delta(reader: Reader, name: Name, scope: Scope) -> Basic | None:
    """δ_{ij} in a note whose error terms are called δ: Kronecker's delta where that is what is chosen."""
    delta = _kronecker(reader, name, scope) if name.letter.name == "\\delta" else None
    own = {s for i in reader.table.model.indices for s in (i.symbol, i.upper)}
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
    if text is not None and (text in reader.table.sizes or text == dummy_size(reader.table).name):
        return reader.size(reader.table.sizes.get(text, dummy_size(reader.table)))
    known = ", ".join(reader.table.sizes)
    raise reader.error(node, f"{reader.text(node)} is no size; the sizes are {known}")


def read_number(reader: Reader, node: Node, scope: Scope) -> Basic:
    assert isinstance(node, Number)
    return Rational(node.value.numerator, node.value.denominator)


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


BY_ENTRIES = "a power of a matrix that is not square, entry by entry"


def raised(reader: Reader, base: Basic, node: Node, whole: Node, scope: Scope = EVERYWHERE) -> Basic:
    """A power: of numbers, scalars and vectors entry by entry, of a square matrix by products, ^{∘k} by entries."""
    if (steps := reader.table.steps(node, scope)) is not None:
        return _repeated(reader, base, steps, whole, scope)
    k = Integer(-1) if is_inverted(node) and is_scalar(base) else exponent(node)
    if (is_inverted(node) and k is None) or (k == -1 and not isinstance(node, Marked) and not is_scalar(base)):
        raise reader.error(
            whole,
            f"{reader.text(whole)} is an inverse; understood is the reciprocal of a scalar, "
            "and entry by entry a fraction or ^{\\circ -1}",
        )
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
            raise reader.error(whole, f"{reader.text(whole)} is written with ^{{\\circ {k}}} or as a fraction")
        return Power(base, k)
    if rows == cols and k.q == 1 and 1 <= k <= MAX_MATRIX_POWER:
        return base if k == 1 else Product(*[base] * int(k))
    if rows != cols and k.q == 1 and k >= 1:  # no product of the matrix with itself
        reader.ask("power", (BY_ENTRIES,))
        return Power(base, k)
    raise reader.error(
        whole, f"the power {k} of a matrix; understood are 1 to {MAX_MATRIX_POWER} of a square one, and ^{{\\circ k}}"
    )
