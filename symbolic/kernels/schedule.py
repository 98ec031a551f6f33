"""What is computed when: which quantities need a loop over the steps, and what can leave it.

A quantity is *recurrent* if it needs itself at another step, directly or through others; recurrent quantities that need
each other share one loop (a strongly connected component of the graph of needs).  Everything else, forward and
backward, is computed for all steps at once: projections of the inputs before the loop, outputs and losses after it.
Inside a loop, the parts of an equation that do not need the loop's own quantities are computed before it as well.

Forward equations and rules for adjoints have the same form, a target that is a sum of pieces, each for some of the
steps, so one schedule serves both.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from .. import language as L

Target = tuple[str, str]
"""("value", "h") or ("adjoint", "h")."""


class KernelError(ValueError):
    """Something that cannot be computed for all samples and steps at once; the message names it."""


class NotWritten(KernelError):
    """Something that the printer of a back end does not write; a plainer form of the program may do without it."""


@dataclass(frozen=True)
class Steps:
    """The steps t = first + `skip` .. last - `stop`; with `at` only the one `shift` from the "last" or "first"."""

    skip: int = 0
    stop: int = 0
    at: str = ""
    shift: int = 0

    @property
    def whole(self) -> bool:
        return self == Steps()

    @property
    def shortest(self) -> int:
        """The length from which on there is such a step, for a single step."""
        return 1 + {"": 0, "last": self.skip - self.shift, "first": self.shift + self.stop}[self.at]

    @property
    def never(self) -> bool:
        """Whether no length has such a step."""
        return (self.at == "last" and self.stop > -self.shift) or (self.at == "first" and self.skip > self.shift)

    def single(self, at: str, shift: int) -> Steps:
        """Only one of these steps."""
        if self.at and (self.at, self.shift) != (at, shift):
            raise KernelError("a summand at two steps at once, such as t = 1 and t = T, is not supported")
        return Steps(self.skip, self.stop, at, shift)


EVERY = Steps()


@dataclass(frozen=True)
class Piece:
    """One summand of a target and the steps at which it counts."""

    term: Basic
    steps: Steps = EVERY


@dataclass(frozen=True)
class Rule:
    """`target` = the sum of the pieces; `timed`: one value for each step."""

    target: Target
    pieces: tuple[Piece, ...]
    timed: bool


@dataclass(frozen=True)
class Stage:
    """One rule for all steps at once, or (`direction` 1 or -1) the rules of a loop in the order of one step."""

    rules: tuple[Rule, ...]
    direction: int = 0


def needs(term: Basic) -> Iterator[tuple[Target, tuple[Expr, ...]]]:
    """Every quantity and adjoint that a term needs, with its indices."""
    stack = [term]
    while stack:
        node = stack.pop()
        if isinstance(node, L.Adjoint):
            yield ("adjoint", node.variable.name), node.variable.indices
        elif isinstance(node, L.Var):
            yield ("value", node.name), node.indices
        else:
            stack.extend(reversed([a for a in node.args if isinstance(a, Basic)]))


def pieces(term: Basic, letter: Symbol | None, lower: int, length: Symbol | None, steps: Steps = EVERY) -> Iterator[Piece]:
    """The summands of a term, conditions on the step turned into ranges of steps."""
    if isinstance(term, L.Plus) and not any(L.is_number(a) for a in term.args):
        for a in term.args:
            yield from pieces(a, letter, lower, length, steps)
    elif isinstance(term, L.Where):
        yield from pieces(term.args[0], letter, lower, length, restricted(steps, term.args[1:], letter, lower, length))
    elif isinstance(term, L.Product) and any(isinstance(a, L.Where) for a in term.args):
        conditions = [c for a in term.args if isinstance(a, L.Where) for c in a.args[1:]]
        bare = L.Product(*(a.args[0] if isinstance(a, L.Where) else a for a in term.args))
        yield from pieces(bare, letter, lower, length, restricted(steps, conditions, letter, lower, length))
    elif not steps.never:
        yield Piece(term, steps)


def restricted(
    steps: Steps, conditions: Iterable[L.Relation], letter: Symbol | None, lower: int, length: Symbol | None
) -> Steps:
    """The steps at which conditions such as t < T or t = T hold too; `KernelError` for any other condition."""
    for c in conditions:
        (left, a), (right, b) = L.affine(c.args[1]), L.affine(c.args[2])
        if c.op in ("=", "!=") and right == letter:
            (left, a), (right, b) = (right, b), (left, a)
        strict = int(c.op == "<")
        if c.op in ("<", "<=") and left == letter and right == length:  # t + a < T + b
            steps = replace(steps, stop=max(steps.stop, a - b + strict))
        elif c.op in ("<", "<=") and left is None and right == letter:  # a < t + b
            steps = replace(steps, skip=max(steps.skip, a + strict - b - lower))
        elif c.op == "=" and left == letter and right == length and b <= a:  # t + a = T + b
            steps = steps.single("last", b - a)
        elif c.op == "=" and left == letter and right is None and b - a >= lower:  # t + a = b
            steps = steps.single("first", b - a - lower)
        elif c.op == "!=" and left == letter and right == length and a == b:
            steps = replace(steps, stop=max(steps.stop, 1))
        else:
            raise KernelError(f"a condition must bound the step {letter}, not {c.args[1]} {c.op} {c.args[2]}")
    return steps


def schedule(rules: Sequence[Rule], letter: Symbol | None) -> list[Stage]:
    """The rules in computing order, loops where a target needs itself; `KernelError` if a loop has no direction."""
    by_target = {r.target: r for r in rules}
    graph = {r.target: [t for p in r.pieces for t, _ in needs(p.term) if t in by_target] for r in rules}
    return [_stage([by_target[t] for t in part], graph, letter) for part in components(graph)]


def _stage(rules: list[Rule], graph: Mapping[Target, list[Target]], letter: Symbol | None) -> Stage:
    inside = {r.target for r in rules}
    if len(rules) == 1 and rules[0].target not in graph[rules[0].target]:
        return Stage(tuple(rules))
    names = ", ".join(name for _, name in inside)
    if not all(r.timed for r in rules):
        raise KernelError(f"{names} need each other, but not all of them have a step")
    same: dict[Target, list[Target]] = {t: [] for t in inside}
    offsets: set[int] = set()
    for r in rules:
        for target, indices in ((t, i) for p in r.pieces for t, i in needs(p.term) if t in inside):
            point, offset = L.affine(indices[0])
            if point != letter:
                raise KernelError(f"{names} need each other at a fixed step, {indices[0]}")
            offsets.add(offset)
            if offset == 0:
                same[r.target].append(target)
    signs = {(o > 0) - (o < 0) for o in offsets} - {0}
    if len(signs) != 1:
        raise KernelError(f"{names} need each other both at earlier and at later steps")
    order = [t for part in components(same) for t in part]
    by_target = {r.target: r for r in rules}
    return Stage(tuple(by_target[t] for t in order), -signs.pop())


Node = TypeVar("Node", bound=Hashable)


def components(graph: Mapping[Node, Sequence[Node]]) -> list[list[Node]]:
    """Strongly connected components in order of need (Tarjan, SIAM Journal on Computing 1, 1972), without recursion."""
    number: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: list[Node] = []
    open_: set[Node] = set()
    parts: list[list[Node]] = []
    for root in graph:
        work = [(root, iter(graph[root]))] if root not in number else []
        while work:
            node, rest = work[-1]
            if node not in number:
                number[node] = low[node] = len(number)
                stack.append(node)
                open_.add(node)
            following = next((n for n in rest if n not in number or n in open_), None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    cut = stack.index(node)
                    parts.append(stack[cut:])
                    open_.difference_update(stack[cut:])
                    del stack[cut:]
            elif following in number:
                low[node] = min(low[node], number[following])
            else:
                work.append((following, iter(graph[following])))
    return parts
