r"""Formulas as they are written: the places of a right side, its pieces with their offsets, and the pool of a note.

    >>> p = next(places(r"W^T \mathrm{diag}(1 - h_t^2) \delta_t"))
    >>> [p.of(u) for u in p.units]
    ['W^T', '\\mathrm{diag}(1 - h_t^2)', '\\delta_t']
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from formulas import formulas

from symbolic.reading.scripts import is_transpose
from symbolic.reading.syntax import parse
from symbolic.reading.tokens import ReadError, lex
from symbolic.reading.tree import (
    Big,
    Fraction,
    Group,
    Infix,
    Items,
    Juxtaposed,
    Letter,
    Node,
    Number,
    Scripted,
    Sum,
    children,
    walk,
)


def tree(text: str) -> Node:
    return parse(lex(text).tokens)


def put(text: str, start: int, end: int, new: str) -> str:
    return f"{text[:start]} {new} {text[end:]}"


def tight(text: str, start: int, end: int, new: str) -> str:
    """In a script, where braces may have to be added."""
    return text[:start] + (new if text[start - 1] not in "_^" else f"{{{new}}}") + text[end:]


def shifted(index: str, by: int) -> str:
    """An index by one later or earlier: t -> t + 1, t - 1 -> t, 1 -> 2."""
    index = index.strip()
    if index.isdigit():
        return str(int(index) + by)
    found = re.fullmatch(r"(.*\S)\s*([+-])\s*(\d+)", index)
    base, number = (found[1], int(found[2] + found[3])) if found else (index, 0)
    number += by
    return base if number == 0 else f"{base}{number:+d}"


@dataclass(frozen=True)
class Unit:
    start: int
    end: int


@dataclass(frozen=True)
class Place:
    """A node of a right side that stands for a value; of a product its factors (a function with its argument is one)."""

    text: str
    node: Node
    parent: Node | None
    units: tuple[Unit, ...]
    joints: tuple[str, ...]

    @classmethod
    def at(cls, text: str, node: Node, parent: Node | None) -> Place:
        return cls(text, node, parent, *_units(node))

    def of(self, u: Unit) -> str:
        return self.text[u.start : u.end]

    @property
    def inner(self) -> str:
        return self.text[self.node.start : self.node.end]

    def plain(self, k: int) -> bool:
        return "/" not in self.joints[max(k - 1, 0) : k + 1]

    @property
    def is_factor(self) -> bool:
        return isinstance(self.node, (Letter, Scripted, Group)) and not (isinstance(self.node, Letter) and self.node.word)

    def transposes(self) -> Iterator[tuple[int, int]]:
        """Where the transposes of this very node are written, with their hats."""
        if isinstance(self.node, Scripted):
            for sup in self.node.sups:
                if is_transpose(_bare(sup)):
                    hat = self.text.rfind("^", 0, sup.start)
                    end = sup.end + (1 if self.text[sup.end : sup.end + 1] == "}" and "{" in self.text[hat : sup.start] else 0)
                    yield hat, end

    def without_transpose(self) -> int:
        """Where the node ends without its last transpose."""
        return next((low for low, high in self.transposes() if high == self.node.end), self.node.end)

    @property
    def letter(self) -> str | None:
        """The bare letter of a name, or None where this is none."""
        base = self.node.base if isinstance(self.node, Scripted) else self.node
        if not isinstance(base, Letter) or base.word or "bb" in base.fonts:
            return None
        return ".".join((base.name, *base.accents))

    def indices(self, counters: frozenset[str]) -> Iterator[Node]:
        """The index expressions of a name or of a derivative."""
        if not isinstance(self.node, (Scripted, Fraction)):
            return
        for node in walk(self.node):
            if isinstance(node, Scripted) and (node is self.node or isinstance(self.node, Fraction)):
                for script in (*node.subs, *node.sups):
                    bare = _bare(script)
                    for item in bare.items if isinstance(bare, Items) else (bare,):
                        if not is_transpose(item) and _counts(item, counters):
                            yield item

    def brackets(self) -> Iterator[tuple[int, int, Group]]:
        """The brackets among the factors (also those of a function's argument), and this node's own if it has no factors."""
        nodes = children(self.node) if self.units else (self.node,) if self.parent is None else ()
        for node in nodes:
            if isinstance(node, Group) and node.bracket in "([" and node.body is not None:
                yield node.start, node.end, node


def _counts(node: Node, counters: frozenset[str]) -> bool:
    """Whether a script is an index such as t + 1, not an exponent such as z_t + 1."""
    below = list(walk(node))
    return all(isinstance(n, (Letter, Number, Sum)) for n in below) and any(
        isinstance(n, Letter) and n.name in counters for n in below
    )


def _bare(node: Node) -> Node:
    while isinstance(node, Group):
        node = node.body
    return node


def _is_function(node: Node) -> bool:
    if isinstance(node, Scripted):
        return bool(node.primes) and not node.subs and not node.sups
    return isinstance(node, Letter) and (node.word or "bb" in node.fonts or node.name in FUNCTIONS)


FUNCTIONS = ("f", "g", "F", "\\sigma", "\\phi", "\\varphi", "\\psi", "\\rho")


def _units(node: Node) -> tuple[tuple[Unit, ...], tuple[str, ...]]:
    if isinstance(node, Infix):
        return tuple(Unit(n.start, n.end) for n in node.operands), node.operators
    if not isinstance(node, Juxtaposed):
        return (), ()
    units, joints, k = [], [], 0
    while k < len(node.factors):
        first = last = node.factors[k]
        if k + 1 < len(node.factors) and not node.operators[k] and _are_one(first, node.factors[k + 1]):
            k += 1
            last = node.factors[k]
        units.append(Unit(first.start, last.end))
        if k < len(node.operators):
            joints.append(node.operators[k])
        k += 1
    return tuple(units), tuple(joints)


def _are_one(node: Node, after: Node) -> bool:
    """A function with its argument, and d with what it stands before: dz is the name of a gradient."""
    if isinstance(node, Letter) and node.name == "d" and not node.accents:
        return isinstance(after, (Letter, Scripted)) and node.end == after.start
    return _is_function(node) and _called(after)


def _called(node: Node) -> bool:
    node = node.base if isinstance(node, Scripted) else node
    return isinstance(node, Group) and node.bracket in "(["


def places(text: str) -> Iterator[Place]:
    """All places of a right side.  Raises `ReadError`."""
    stack: list[tuple[Node, Node | None]] = [(tree(text), None)]
    while stack:
        node, parent = stack.pop()
        yield Place.at(text, node, parent)
        stack.extend((n, node) for n in reversed(_values(node)))


def _values(node: Node) -> list[Node]:
    """The nodes below one that stand for values: no scripts, no limits, nothing inside a derivative."""
    if isinstance(node, Scripted):
        return [node.base] if isinstance(node.base, Group) else []
    if isinstance(node, Big):
        return [node.body]
    if isinstance(node, Fraction):
        top = next((n for n in walk(node.numerator) if isinstance(n, Letter)), None)
        return [] if top is not None and top.name in ("\\partial", "∂", "d", "\\nabla") else [node.numerator, node.denominator]
    if isinstance(node, Juxtaposed):
        heads = [k for k in range(len(node.factors) - 1) if _are_one(node.factors[k], node.factors[k + 1])]
        return [n for k, n in enumerate(node.factors) if k not in heads]
    return list(children(node))


def joined_without(p: Place, low: int, high: int) -> str:
    """A product without some of its neighbours and one sign between them."""
    if high < len(p.units):
        return put(p.text, p.units[low].start, p.units[high].start, "")
    return put(p.text, p.units[low - 1].end if low else p.node.start, p.units[high - 1].end, "")


@dataclass(frozen=True)
class Pool:
    """What the formulas of a note are written with.

    names, letters  names with their indices, without transposes;  terms: summands;  sums: the Σ with their limits
    """

    names: tuple[str, ...]
    letters: tuple[tuple[str, str], ...]
    terms: tuple[str, ...]
    sums: tuple[str, ...]
    counters: frozenset[str]
    transpose: str
    hadamard: str


@cache
def pool_of(note: str) -> Pool:
    names: dict[str, str] = {}
    terms: dict[str, None] = {}
    sums: dict[str, None] = {}
    counters, transpose, hadamard = set(), "^T", r"\odot"
    for f in formulas(note):
        counters |= {str(i.symbol) for m in f.models for i in m.indices}
        hadamard = next((h for h in (r"\circ", r"\odot", r"\ast") if h in f.right), hadamard)
        try:
            every = list(places(f.right))
        except ReadError:
            continue
        for p in every:
            if p.letter is not None:
                names[p.text[p.node.start : p.without_transpose()].strip()] = p.letter
            transpose = next((p.text[a:b] for a, b in p.transposes()), transpose)
            if isinstance(p.node, Sum):
                terms |= {p.text[t.start : t.end]: None for t in p.node.terms}
            if isinstance(p.node, Big) and p.node.operator == "sum":
                sums[p.text[p.node.start : p.node.body.start].strip()] = None
                counters |= {n.name for s in p.node.subs for n in walk(s) if isinstance(n, Letter)}
    short = tuple(t for t in terms if len(t) <= 60)
    return Pool(tuple(names), tuple(names.items()), short, tuple(sums), frozenset(counters), transpose, hadamard)
