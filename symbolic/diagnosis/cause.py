"""What kind of mistake it was: the difference between a formula and its repair, whatever edit found it.

Both trees are followed down to the smallest parts that differ; then the first row that fits names the cause:

    missing-sum, spurious-sum      one has a Σ more           missing-term, spurious-term     one has a summand more
    sign                           only + and - differ        transpose                       only ᵀ differs
    parenthesis                    only brackets differ       order                           the quantities in another order
    other                          another product: a b for a ∘ b
    missing-factor, spurious-factor  one has quantities more, or the same one to a higher power
    index                          the same letters at other indices
    wrong-variable                 another quantity
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

from ..reading.scripts import is_transpose, name_of, split_index
from ..reading.tree import Big, Group, Infix, Letter, Marked, Node, Number, Scripted, Sum, children, outline


@dataclass(frozen=True)
class Difference:
    """The smallest parts of a formula (`old`) and of its repair (`new`) that differ, and the kind of mistake."""

    cause: str
    old: Node
    new: Node


def difference(old: Node, new: Node, layered: Callable[[Node], bool] = lambda name: False) -> Difference:
    """The difference of two trees that are not the same; `layered`: whether the number above a name is no power, as in a^2."""
    old, new = _smallest(old, new)
    a, b = bare(old), bare(new)
    cause = next((name for name, fits in ROWS if fits(a, b)), "other")
    if names(a) == names(b) and power(a) != power(b) and any(layered(x) for x in (*leaves(a), *leaves(b)) if power(x)):
        cause = "index"
    return Difference(cause, old, new)


def _smallest(old: Node, new: Node) -> tuple[Node, Node]:
    while type(old) is type(new) and _frame(old) == _frame(new):
        pairs = list(zip(children(old), children(new), strict=False))
        if len(pairs) != len(list(children(old))) or len(pairs) != len(list(children(new))):
            break
        apart = [(a, b) for a, b in pairs if outline(a) != outline(b)]
        named = isinstance(old, Scripted) and name_of(old) is not None
        if len(apart) != 1 or named or (isinstance(old, Scripted | Big) and apart[0][0] in (*old.subs, *old.sups)):
            break
        old, new = apart[0]
    return old, new


def _frame(node: Node) -> tuple[object, ...]:
    """What a node is beside its parts."""
    kept = []
    for f in fields(node):
        value = getattr(node, f.name)
        if f.name not in ("start", "end") and not isinstance(value, Node):
            plain = not isinstance(value, tuple) or not any(isinstance(v, (Node, tuple)) for v in value)
            kept.append(value if plain else len(value))
    return tuple(kept)


def bare(node: Node) -> Node:
    while isinstance(node, Group):
        node = node.body
    return node


# what a part holds


def leaves(node: Node) -> Iterator[Node]:
    """The names and numbers of a part, from left to right."""
    if isinstance(node, (Letter, Number)) or (isinstance(node, Scripted) and name_of(node) is not None):
        yield node
        return
    skipped: tuple[Node, ...] = ()
    if isinstance(node, Scripted):
        skipped = tuple(s for s in node.sups if _is_transpose(s) or exponent(s))
    elif isinstance(node, Big):
        skipped = (*node.subs, *node.sups)
    for child in children(node):
        if child not in skipped:
            yield from leaves(child)


def _is_transpose(node: Node) -> bool:
    return is_transpose(bare(node))


def exponent(node: Node) -> int:
    """What is written above a name or a bracket if it is a power: 2 or more."""
    inner = node.content if isinstance(node, Marked) and node.content is not None else node
    inner = bare(inner)
    return int(inner.value) if isinstance(inner, Number) and inner.value >= 2 and inner.value.denominator == 1 else 0


def power(node: Node) -> int:
    """How many factors are written as powers, in all."""
    own = [s for s in node.sups if exponent(s)] if isinstance(node, Scripted) else []
    return sum(exponent(s) - 1 for s in own) + sum(power(c) for c in children(node) if c not in own)


def name(node: Node) -> str:
    """A name without its transpose and its power."""
    found = name_of(node)
    if found is None:
        return outline(node)
    powers = [s for s in found.scripts if s.where == "^" and not s.bracket and exponent(s.node)]
    scripts = [s for s in found.scripts if not is_transpose(s.node) and s not in powers]
    return "".join((outline(found.letter), *(f"{s.where}{s.bracket}{outline(s.node)}" for s in scripts), "'" * found.primes))


def letter(node: Node) -> str:
    """A name without its transpose and its indices."""
    found = name_of(node)
    if found is None:
        return outline(node)
    scripts = [s for s in found.scripts if split_index(s.node) is None]
    return "".join((outline(found.letter), *(f"{s.where}{outline(s.node)}" for s in scripts)))


def names(node: Node) -> Counter[str]:
    return Counter(map(name, leaves(node)))


def _transposes(node: Node) -> int:
    if isinstance(node, Scripted):
        found = name_of(node)
        if found is not None:
            return sum(is_transpose(s.node) for s in found.scripts)
        return sum(map(_is_transpose, node.sups)) + _transposes(node.base)
    return sum(map(_transposes, children(node)))


def _bigs(node: Node) -> Counter[str]:
    found = Counter([node.operator]) if isinstance(node, Big) else Counter()
    return sum((_bigs(c) for c in children(node)), found)


def _bounds(node: Node) -> list[str]:
    found = ["".join(map(outline, (*node.subs, *node.sups)))] if isinstance(node, Big) else []
    return found + [b for c in children(node) for b in _bounds(c)]


def _summands(node: Node) -> Counter[str]:
    body = bare(node)
    if isinstance(body, Sum):
        return Counter(s + outline(bare(t)) for s, t in zip(body.signs, body.terms, strict=True))
    return Counter(["+" + outline(body)])


def _unsigned(node: Node) -> Counter[str]:
    return Counter(k[1:] for k in _summands(node).elements())


def _is_sum(node: Node) -> bool:
    return isinstance(node, Sum) and len(node.terms) > 1


def _signless(node: Node) -> str:
    return "".join(c for c in outline(node) if c not in "+-() ")


def _minuses(node: Node) -> int:
    return outline(node).count("-")


def _turned(a: Node, b: Node) -> bool:
    """b - a for a - b."""
    flipped = Counter(("-" if k[0] == "+" else "+") + k[1:] for k in _summands(a).elements())
    return _is_sum(a) and flipped == _summands(b)


def _joints(node: Node) -> Counter[str]:
    """The products that are not plain ones: a ∘ b, a ⊗ b."""
    own = Counter(o for o in node.operators if o not in ("", "·")) if isinstance(node, Infix) else Counter()
    return sum((_joints(c) for c in children(node)), own)


def _within(a: Counter[str], b: Counter[str]) -> bool:
    return a != b and not a - b


Fits = Callable[[Node, Node], bool]
ROWS: tuple[tuple[str, Fits], ...] = (
    ("missing-sum", lambda a, b: _within(_bigs(a), _bigs(b)) and not _within(names(a), names(b))),
    ("spurious-sum", lambda a, b: _within(_bigs(b), _bigs(a)) and not _within(names(b), names(a))),
    ("sign", lambda a, b: names(a) == names(b) and _signless(a) == _signless(b) and _minuses(a) != _minuses(b)),
    ("sign", _turned),
    ("missing-term", lambda a, b: _is_sum(b) and _within(_unsigned(a), _unsigned(b))),
    ("spurious-term", lambda a, b: _is_sum(a) and _within(_unsigned(b), _unsigned(a))),
    ("transpose", lambda a, b: names(a) == names(b) and _transposes(a) != _transposes(b)),
    ("index", lambda a, b: names(a) == names(b) and _bounds(a) != _bounds(b)),
    ("order", lambda a, b: names(a) == names(b) and list(map(name, leaves(a))) != list(map(name, leaves(b)))),
    ("missing-factor", lambda a, b: names(a) == names(b) and power(a) < power(b)),
    ("spurious-factor", lambda a, b: names(a) == names(b) and power(a) > power(b)),
    ("other", lambda a, b: names(a) == names(b) and _joints(a) != _joints(b)),
    ("parenthesis", lambda a, b: names(a) == names(b)),
    ("missing-factor", lambda a, b: _within(names(a), names(b))),
    ("spurious-factor", lambda a, b: _within(names(b), names(a))),
    ("index", lambda a, b: Counter(map(letter, leaves(a))) == Counter(map(letter, leaves(b)))),
    ("wrong-variable", lambda a, b: True),
)
"""Cause and whether it fits, the first that does is taken."""
