"""The tree of a formula: it says how the signs hang together and knows no symbol.

Whether `a(b)` is an application or a product, `^` a power or a script, a fraction a derivative, is decided by the
meaning stage.  Every node carries its offsets in the source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from fractions import Fraction as Rational
from typing import Any


@dataclass(frozen=True)
class Node:
    start: int
    end: int


@dataclass(frozen=True)
class Letter(Node):
    """A letter or a word: its canonical name (`h`, `\\sigma`, `Softmax`), accents (hat, bar) and fonts (bold)."""

    name: str
    accents: tuple[str, ...] = ()
    fonts: tuple[str, ...] = ()
    word: bool = False


@dataclass(frozen=True)
class Number(Node):
    value: Rational
    fonts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scripted(Node):
    """A base with its subscripts and superscripts, each in the order written, and its number of primes."""

    base: Node
    subs: tuple[Node, ...]
    sups: tuple[Node, ...]
    primes: int = 0


@dataclass(frozen=True)
class Marked(Node):
    """A script that begins with an operator, as in x^{\\circ 2} or x^{*}: the operator and what follows it."""

    mark: str
    content: Node | None


@dataclass(frozen=True)
class Group(Node):
    """Something in brackets; `bracket` is the opening one, "{" for mere grouping, ‖ and | for norms and bars."""

    bracket: str
    body: Node


@dataclass(frozen=True)
class Items(Node):
    """Things separated by commas (`separator` ",") or by semicolons."""

    separator: str
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Compared(Node):
    """a < b ≤ c: the operands and the relations between them."""

    relations: tuple[str, ...]
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Sum(Node):
    """± a ± b ...: one sign (+ or -) per term."""

    signs: tuple[str, ...]
    terms: tuple[Node, ...]


@dataclass(frozen=True)
class Infix(Node):
    """a ∘ b ⊗ c ...: operators that bind looser than juxtaposition."""

    operators: tuple[str, ...]
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Juxtaposed(Node):
    """a b · c / d ...: `operators` stand between neighbours, "" for mere juxtaposition."""

    operators: tuple[str, ...]
    factors: tuple[Node, ...]


@dataclass(frozen=True)
class Fraction(Node):
    numerator: Node
    denominator: Node


@dataclass(frozen=True)
class Root(Node):
    body: Node


@dataclass(frozen=True)
class Big(Node):
    """Σ or ∏ ("sum", "prod") with bounds and body; `direction` is that of an arrow above it ("", "right", "left")."""

    operator: str
    direction: str
    subs: tuple[Node, ...]
    sups: tuple[Node, ...]
    body: Node


@dataclass(frozen=True)
class Dots(Node):
    pass


@dataclass(frozen=True)
class Table(Node):
    """Cases or a matrix: rows of cells."""

    environment: str
    rows: tuple[tuple[Node, ...], ...]


def children(node: Node) -> Iterator[Node]:
    """The nodes right below one, left to right."""
    for f in fields(node):
        value = getattr(node, f.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Node):
                yield item
            elif isinstance(item, tuple):
                yield from (n for n in item if isinstance(n, Node))


def walk(node: Node) -> Iterator[Node]:
    """All nodes, a node before what is below it."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(reversed(list(children(top))))


def outline(node: Node | None) -> str:
    """The tree on one line, for tests and messages: every node as its kind's mark and its parts.

    >>> outline(Juxtaposed(0, 2, ("",), (Letter(0, 1, "a"), Letter(1, 2, "b"))))
    '(a b)'
    """
    if node is None:
        return ""
    of_kind: Callable[[Any], str] = _OUTLINES[type(node)]
    return of_kind(node)


def _scripts(node: Scripted | Big) -> str:
    shown = [("_", s) for s in node.subs] + [("^", s) for s in node.sups]
    simple = (Letter, Number, Group, Sum, Marked)
    return "".join(mark + (outline(s) if isinstance(s, simple) else f"{{{outline(s)}}}") for mark, s in shown)


def _between(operators: tuple[str, ...], parts: tuple[Node, ...]) -> str:
    text = outline(parts[0])
    for operator, part in zip(operators, parts[1:], strict=True):
        text += f" {operator} " if operator else " "
        text += outline(part)
    return f"({text})"


def _signed(node: Sum) -> str:
    return " ".join(sign + outline(term) for sign, term in zip(node.signs, node.terms, strict=True))


_CLOSING = {"(": ")", "[": "]", "⟨": "⟩", "{": "}", "\\{": "\\}"}
_ARROWS = {"": "", "right": ">", "left": "<"}
_OUTLINES: dict[type, Callable[[Any], str]] = {
    Letter: lambda n: ".".join((n.name, *n.accents, *n.fonts)),
    Number: lambda n: ".".join((str(n.value), *n.fonts)),
    Scripted: lambda n: outline(n.base) + "'" * n.primes + _scripts(n),
    Marked: lambda n: f"<{n.mark}{outline(n.content)}>",
    Group: lambda n: n.bracket + outline(n.body) + _CLOSING.get(n.bracket, n.bracket),
    Items: lambda n: f"{n.separator} ".join(map(outline, n.items)),
    Compared: lambda n: _between(n.relations, n.operands),
    Sum: lambda n: f"({_signed(n).removeprefix('+')})",
    Infix: lambda n: _between(n.operators, n.operands),
    Juxtaposed: lambda n: _between(n.operators, n.factors),
    Fraction: lambda n: f"frac({outline(n.numerator)}, {outline(n.denominator)})",
    Root: lambda n: f"sqrt({outline(n.body)})",
    Big: lambda n: f"{n.operator}{_ARROWS[n.direction]}{_scripts(n)}({outline(n.body)})",
    Dots: lambda n: "...",
    Table: lambda n: f"{n.environment}[" + "; ".join(" & ".join(map(outline, row)) for row in n.rows) + "]",
}
