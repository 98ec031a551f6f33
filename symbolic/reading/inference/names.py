"""The names in a tree: where each stands, and what is no name (signs of derivatives, functions of the table, e^x)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ...language import SPELLINGS
from ..notation import OPERATOR_WORDS
from ..scripts import Name, Script, index_name, is_power, is_transpose, name_of
from ..tree import (
    Big,
    Compared,
    Dots,
    Fraction,
    Group,
    Items,
    Juxtaposed,
    Letter,
    Node,
    Number,
    Scripted,
    Sum,
    Table,
    children,
    walk,
)

SIGNS = ("\\partial", "\\nabla")
NAMERS = ("d", "\\Delta", "\\delta")


def names_in(node: Node, place: str = "value", called: bool = False) -> Iterator[tuple[Name, str, bool]]:
    """Every name in a tree, whether it is above or below the line of a derivative, and whether ( follows it."""
    name = name_of(node)
    if name is not None:
        if name.letter.name in SIGNS or is_known_function(name.letter):
            return
        raised = [s for s in name.scripts if s.where == "^" and not s.bracket]
        if name.letter.name == "e" and len(raised) == len(name.scripts) == 1:
            yield from names_in(raised[0].node, place)
            return
        yield name, place, called
        return
    if isinstance(node, Big):
        yield from names_in(node.body, place)
    elif isinstance(node, Fraction):
        derivative = is_derivative(node)
        for part, where in ((node.numerator, "above"), (node.denominator, "below")):
            if not (derivative and is_sign(part)):
                yield from names_in(part, where if derivative else place)
    elif isinstance(node, Juxtaposed):
        yield from _in_product(node, place)
    elif isinstance(node, Scripted):
        yield from names_in(node.base, place)
    elif isinstance(node, Table) and node.environment in ("cases", "dcases"):
        for row in node.rows:
            yield from names_in(row[0], place)
    elif not isinstance(node, Dots | Number):
        for child in children(node):
            yield from names_in(child, place)


def _in_product(node: Juxtaposed, place: str) -> Iterator[tuple[Name, str, bool]]:
    """∂y/∂x in one line, a leading d or ∂, and names before a parenthesis."""
    factors = node.factors
    slash = next((k for k, op in enumerate(node.operators) if op == "/"), None)
    slashed = slash is not None and slash + 1 < len(factors) and is_sign(factors[slash + 1])
    for k, factor in enumerate(factors):
        if is_sign(factor) and (slashed or k == 0):
            continue
        by = subscript_of_sign(factor)
        if by is not None:  # ∇_w L
            yield from names_in(by, "below")
            continue
        where = "above" if k and not node.operators[k - 1] and _waits(factors[k - 1]) else place
        if slashed and slash is not None and k in (slash, slash - 1):
            where = "above"
        elif slashed and slash is not None and k == slash + 2:
            where = "below"
        follows = factors[k + 1] if k + 1 < len(factors) and not node.operators[k] else None
        base = follows.base if isinstance(follows, Scripted) else follows
        gradient = k > 0 and not node.operators[k - 1] and subscript_of_sign(factors[k - 1]) is not None
        called = isinstance(base, Group) and base.bracket in "([" and not gradient  # ∇_x f(x)
        plain = set(_identities(factor)) if not k or node.operators[k - 1] or not _may_be_function(factors[k - 1]) else set()
        yield from (found for found in names_in(factor, where, called) if found[0].node not in plain)


def _identities(factor: Node) -> Iterator[Node]:
    """The I of (I - A) and (A + λ I)^{-1}, factors of a product: the identity matrix."""
    group = factor.base if isinstance(factor, Scripted) else factor
    terms = group.body.terms if isinstance(group, Group) and group.bracket in "([" and isinstance(group.body, Sum) else ()
    ends = [t.factors[-1] if isinstance(t, Juxtaposed) else t for t in terms]
    found = [e for e in ends if isinstance(e, Letter) and e.name == "I" and not e.accents and "blackboard" not in e.fonts]
    if len(found) < len(ends) and all(e in found or _is_matrix(t) for t, e in zip(terms, ends, strict=True)):
        yield from found


def _is_matrix(term: Node) -> bool:
    """Whether a summand looks like a matrix: it ends in a capital or in something transposed, or it is a diag."""
    if isinstance(term, Fraction):
        return _is_matrix(term.numerator)
    factors = term.factors if isinstance(term, Juxtaposed) else (term,)
    if any(isinstance(f, Letter) and f.name in ("diag", "Diag") for f in factors):
        return True
    name = name_of(factors[-1])
    transposed = isinstance(factors[-1], Scripted) and any(map(is_transpose, factors[-1].sups))
    return transposed or (name is not None and name.letter.name.isupper())


def _may_be_function(node: Node) -> bool:
    """Whether a parenthesis behind a factor may be its argument: not behind a capital or a letter with scripts."""
    name = name_of(node)
    return name is not None and (is_known_function(name.letter) or not (name.scripts or name.letter.name.isupper()))


def _waits(node: Node) -> bool:
    """Whether a factor is ∇, ∇_w or ∂/∂w, and what it is taken of follows."""
    if isinstance(node, Fraction):
        return is_derivative(node) and is_sign(node.numerator)
    return subscript_of_sign(node) is not None or (isinstance(node, Letter) and node.name == "\\nabla")


def subscript_of_sign(node: Node) -> Node | None:
    """The w of ∇_w."""
    name = name_of(node)
    below = [s.node for s in name.scripts if s.where == "_"] if name is not None and name.letter.name in SIGNS else []
    return below[0] if len(below) == 1 else None


def names_of_gradients(node: Node) -> Iterator[Name]:
    """The W of dW, ΔW and δW: names right behind such a letter."""
    for product in (n for n in walk(node) if isinstance(n, Juxtaposed)):
        for operator, (front, behind) in zip(product.operators, pairwise(product.factors), strict=True):
            if not operator and isinstance(front, Letter) and front.name in NAMERS and (name := name_of(behind)) is not None:
                yield name


def is_sign(node: Node) -> bool:
    """∂, ∇ or d as the sign of a derivative, with or without scripts."""
    name = name_of(node)
    return name is not None and name.letter.name in (*SIGNS, "d") and not any(s.where == "_" for s in name.scripts)


def is_differential(node: Node) -> bool:
    """∂x or d x."""
    return isinstance(node, Juxtaposed) and is_sign(node.factors[0]) and node.operators[0] == ""


def is_derivative(node: Fraction) -> bool:
    """∂y/∂x; a ∂ below alone is a slip for it, a d below alone is a quantity."""
    if not is_differential(node.denominator):
        return False
    assert isinstance(node.denominator, Juxtaposed)
    sign = name_of(node.denominator.factors[0])
    return (sign is not None and sign.letter.name != "d") or is_differential(node.numerator) or is_sign(node.numerator)


def has_derivative(node: Node, primes: bool = True) -> bool:
    """Whether a derivative of any spelling stands in a tree: ∂, ∇, d over d, or (if asked for) a prime."""
    if isinstance(node, Fraction) and is_derivative(node):
        return True
    if isinstance(node, Big):  # Σ_{h'} w_{h'h} b_{h'}: the prime of an index is none
        return has_derivative(node.body, primes)
    if isinstance(node, Juxtaposed) and primes:
        behind = (*node.factors[1:], None)
        pairs = zip(node.factors, behind, strict=True)
        return any(has_derivative(f, not (_is_transposed(f) and not _is_parenthesis(g))) for f, g in pairs)
    if isinstance(node, Scripted) and node.primes and primes and not isinstance(node.base, Group):
        return True
    name = name_of(node)
    if name is not None:
        return name.letter.name in SIGNS
    return any(has_derivative(c, primes) for c in children(node))


def _is_transposed(node: Node) -> bool:
    """Whether a prime may be a transpose: that of a capital, as in W' h, where no argument follows."""
    return isinstance(node, Scripted) and bool(node.primes) and isinstance(node.base, Letter) and node.base.name.isupper()


def _is_parenthesis(node: Node | None) -> bool:
    inner = node.base if isinstance(node, Scripted) else node
    return isinstance(inner, Group) and inner.bracket in ("(", "[")


def is_known_function(letter: Letter) -> bool:
    """A function of the table or an operator such as diag, written as a word."""
    return letter.word and (letter.name in SPELLINGS or letter.name in OPERATOR_WORDS)


def plain_scripts(name: Name) -> tuple[Script, ...]:
    """The scripts that are neither a transpose nor a power."""
    return tuple(
        s for s in name.scripts
        if not (s.where == "^" and not s.bracket and (is_transpose(s.node) or is_power(s.node)))
    )


def bounds_of(big: Big) -> Iterator[tuple[str, Node | None, Node | None]]:
    """(index, lower bound, upper bound) of everything bound below a Σ or ∏."""
    upper = big.sups[0] if big.sups else None
    for sub in big.subs:
        items = sub.items if isinstance(sub, Items) else (sub,)
        if len(items) == 1 and isinstance(items[0], Juxtaposed) and not any(items[0].operators):
            items = items[0].factors
        for item in items:
            if isinstance(item, Compared):
                position = 1 if len(item.operands) == 3 else 0
                name = index_name(item.operands[position])
                equal = item.relations[0] == "=" and position == 0
                low, high = item.operands[::2] if position else (None, upper)
                if position and item.relations[0] in (">", "≥"):  # T ≥ t > 1
                    low, high = high, low
                if name:
                    yield name, item.operands[1] if equal else low, high
            elif (name := index_name(item)) is not None:
                yield name, None, upper
