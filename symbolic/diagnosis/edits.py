"""An edit of a formula as it is written: a few splices of its text, and how large a person would call it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from ..reading.scripts import name_of
from ..reading.symbols import command
from ..reading.tokens import lex
from ..reading.tree import Big, Letter, Node, Number, Scripted, children
from .style import Style

Splice = tuple[int, int, str]


@dataclass(frozen=True)
class Edit:
    """Pieces of the text replaced by others, in order; `cost` is smaller for edits that a person calls smaller.

    reach  the piece that means something else then, where that is more than what is replaced
    """

    splices: tuple[Splice, ...]
    cost: float
    reach: tuple[int, int] | None = None

    @property
    def start(self) -> int:
        return self.splices[0][0]

    @property
    def end(self) -> int:
        return max(end for _, end, _ in self.splices)

    @property
    def around(self) -> tuple[int, int]:
        low, high = self.reach or (self.start, self.end)
        return min(low, self.start), max(high, self.end)

    def applied(self, text: str, start: int = 0, end: int | None = None) -> str:
        """The text between two offsets after the edit."""
        result, at = [], start
        for low, high, new in self.splices:
            result += [text[at:low], new]
            at = high
        result.append(text[at : len(text) if end is None else end])
        return _spaced(result)


def _spaced(pieces: list[str]) -> str:
    """Pieces joined, with a space where a control word would run into a letter."""
    whole = ""
    for piece in pieces:
        if piece[:1].isalpha() and whole and (word := whole.rpartition("\\")[2]) and "\\" in whole and word.isalpha():
            whole += " "
        whole += piece
    return whole


def edit(cost: float, *splices: Splice, reach: Node | None = None) -> Edit:
    return Edit(tuple(sorted(splices)), cost, None if reach is None else (reach.start, reach.end))


def between(old: str, new: str, cost: float) -> Edit:
    """Two texts as one edit.

    >>> between("a + b", "a - b", 1.0).splices
    ((2, 3, '-'),)
    """
    low = 0
    while low < min(len(old), len(new)) and old[low] == new[low]:
        low += 1
    tail = 0
    while tail < min(len(old), len(new)) - low and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return edit(cost, (low, len(old) - tail, new[low : len(new) - tail]))


def nearly(old: str, new: str) -> Edit | None:
    r"""Two texts as one edit that replaces at most half of both; None if more is different.

    >>> nearly(r"\left(a - y\right)", "(a - y) x^T").splices
    ((18, 18, ' x^T '),)
    >>> nearly("a b", "b a")
    """
    a, b = lex(old).tokens, lex(new).tokens
    same = [(x.kind, x.text) == (y.kind, y.text) for x, y in zip(a, b, strict=False)]
    low = same.index(False) if False in same else len(same)
    most = min(len(a), len(b)) - low
    same = [(x.kind, x.text) == (y.kind, y.text) for x, y in zip(reversed(a), reversed(b), strict=False)][:most]
    tail = same.index(False) if False in same else len(same)
    if any(2 * (len(tokens) - low - tail) > len(tokens) for tokens in (a, b)):
        return None
    start = a[low].start if low < len(a) else a[-1].end
    piece = new[b[low].start : b[len(b) - tail - 1].end] if low < len(b) - tail else ""
    return edit(9.0, (start, a[len(a) - tail - 1].end if low < len(a) - tail else start, f" {piece} "))


@dataclass(frozen=True)
class Written:
    """A side as it is written: its text, its tree, the operands of its products as they were read, the index letters in use.

    letters  names of the indices and lengths that may stand in a script or a bound
    steps    (index, first, last) as LaTeX of the sums over steps that may be missing
    spans    the pieces that stand for something, where that is known
    others   other names that might stand in the place of a name
    loose    letters of entries that only the right side has, so that a sum must bind them
    unsaid   letters of steps that only the right side has
    style    how the note writes
    """

    text: str
    tree: Node
    units: Callable[[Node], list[tuple[int, int]]]
    letters: tuple[str, ...] = ()
    steps: tuple[tuple[str, str, str], ...] = ()
    spans: frozenset[tuple[int, int]] = frozenset()
    others: Callable[[Node], Iterator[str]] = lambda node: iter(())
    loose: tuple[str, ...] = ()
    unsaid: frozenset[str] = frozenset()
    style: Style = field(default_factory=partial(Style, "", ""))


def size(node: Node) -> int:
    """How many names and numbers a piece holds."""
    if isinstance(node, (Letter, Number)) or (isinstance(node, Scripted) and name_of(node) is not None):
        return 1
    return sum(size(c) for c in children(node) if not is_script(node, c))


def size_between(tree: Node, start: int, end: int) -> int:
    """How many names and numbers stand between two offsets."""
    found, stack = 0, [tree]
    while stack:
        node = stack.pop()
        if node.end <= start or end <= node.start:
            continue
        leaf = isinstance(node, (Letter, Number)) or (isinstance(node, Scripted) and name_of(node) is not None)
        found += leaf
        stack += [] if leaf else [c for c in children(node) if not is_script(node, c)]
    return found


CLUMSY = re.compile(
    r"\^1(?!\d)|\^\{1\}|\\frac\{([^{}]*)\}\{\1\}|--|\+-|-\(-|-\\sum(?:_\{[^{}]*\}|\^\{[^{}]*\}|[_^]\\?\w)*-|[+-]0(?!\.)|\(0\)"
    r"|\\(?:circ|odot)1(?!\d)|(?<!\d)1\\(?:circ|odot)"
)
"""What nobody writes: a^1, a/a, two signs that cancel, a zero that is added, a one that multiplies."""

IDLE = re.compile(r"(?:\\circ|\\odot|\*)\(1\)|\(1\)(?:\\circ|\\odot|\*)")
"""A one in brackets that multiplies: what is left of a slope 1 - a."""

DEARER, TURNED, LEFT = 0.4, 0.03, 0.1

ONE_LESS = re.compile(r"\(1-([^()]*|[^()]*\([^()]*\)[^()]*)\)")


def scattered(text: str) -> int:
    r"""How often 1 - a is a factor that does not stand behind a, as it does in a ∘ (1 - a).

    >>> scattered(r"(1 - a) \odot a \odot d"), scattered(r"d \odot a \odot (1 - a)")
    (1, 0)
    """
    dense = "".join(text.replace(r"\left", "").replace(r"\right", "").split())
    for joint in (r"\circ", r"\odot", "*"):
        dense = dense.replace(joint, "∘")
    return sum(1 for m in ONE_LESS.finditer(dense) if not dense[: m.start()].removesuffix("∘").endswith(m[1]))


def clumsy(new: str, old: str) -> float:
    r"""How much dearer a text is that holds more of what nobody writes.

    >>> clumsy(r"-\sum_{k=1}^{n} - a_k^1", "a_k")
    0.8
    >>> clumsy("d * (1)", "d * (1 - a^3)"), clumsy("d * (1)", "d * a * (1)")
    (0.5, 0.1)
    """
    dense, before = "".join(new.split()), "".join(old.split())
    left = sum(1 for _ in IDLE.finditer(dense))
    more = sum(1 for _ in CLUMSY.finditer(dense)) - sum(1 for _ in CLUMSY.finditer(before))
    more = max(0, more) + max(0, left - sum(1 for _ in IDLE.finditer(before)))
    return DEARER * more + LEFT * left + TURNED * scattered(new)


def is_script(node: Node, child: Node) -> bool:
    return isinstance(node, Scripted | Big) and child in (*node.subs, *node.sups)


def spelled(name: str, offset: int) -> str:
    letter = command(name) if name else ""
    return f"{letter}{offset:+d}" if letter and offset else letter or str(offset)


def braced(w: Written, node: Node, new: str) -> str:
    before = w.text[: node.start].rstrip()
    return f"{{{new}}}" if before[-1:] in ("_", "^") and len(new) > 1 else new
