"""Values on a tape, and their derivatives by a reverse sweep: exact, modulo several primes.

Few operations suffice, since everything that only moves entries (a transpose, a component, diag, a block) is one `gather`:
entry j of the result is entry index[j] of the operand, or zero.  Its adjoint scatters.  The rules are the ordinary ones of
reverse accumulation (Griewank and Walther, *Evaluating Derivatives*, 2008, chapter 3), written for a batch of cotangents:
a cotangent has the axes (primes, batch, rows, columns).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count

import numpy as np

from .arithmetic import Array, Bound, Field, fitting

Pull = Callable[[Array], Sequence[Array]]
"""A cotangent of the result -> cotangents of the operands."""

_ORDER = count()


ONE, FRESH = Bound(0), Bound(1)
"""Bounds of a number that is 0 or 1, and of one that was drawn."""


@dataclass(frozen=True)
class Slope:
    """How a cotangent's bound grows on its way to one operand: times this bound, in sums of so many terms."""

    bound: Callable[[], Bound] = lambda: ONE
    terms: int = 1


class Node:
    """A value (primes, rows, columns), what it was computed from, and how a cotangent goes back.

    `made`: how, where a logarithm has to know: "mul", "dot", "invert", "copy", "exp", a number, a power or an index of entries.
    """

    __slots__ = ("_bound", "field", "made", "order", "parents", "pull", "slopes", "value")

    def __init__(
        self, field: Field, value: Array, bound: Bound | Callable[[], Bound], parents: Sequence[Node] = (),
        pull: Pull | None = None, slopes: Sequence[Slope] = (), made: object = None,
    ):  # fmt: skip
        self.field, self.value, self.parents, self.pull = field, value, tuple(parents), pull
        self._bound = bound
        self.slopes = tuple(slopes) or (Slope(),) * len(self.parents)
        self.made = made
        self.order = next(_ORDER)

    @property
    def bound(self) -> Bound:
        """What is known of the value's size; worked out on first use, since few values are asked for it."""
        if not isinstance(self._bound, Bound):
            self._bound = self._bound()
        return self._bound

    @property
    def shape(self) -> tuple[int, int]:
        return self.value.shape[1], self.value.shape[2]

    @property
    def size(self) -> int:
        return self.value.shape[1] * self.value.shape[2]


def constant(field: Field, value: Array, bound: Bound = ONE) -> Node:
    """A value that nothing depends on through the tape."""
    return Node(field, value, bound)


def filled(field: Field, number: Fraction | int, rows: int, cols: int) -> Node:
    """The same number in every entry."""
    number = Fraction(number)
    bits = max(number.numerator.bit_length() - 1, 0) + number.denominator.bit_length() - 1
    value = np.repeat(np.repeat(field.number(number), rows, axis=1), cols, axis=2)
    return Node(field, value, Bound(0, float(bits)), made=number)


def add(terms: Sequence[Node]) -> Node:
    value = terms[0].field.reduced(np.sum([t.value for t in terms], axis=0))
    return Node(terms[0].field, value, lambda: _sum([t.bound for t in terms]), terms, lambda c: [c] * len(terms))


def _sum(bounds: Sequence[Bound]) -> Bound:
    result = bounds[0]
    for b in bounds[1:]:
        result = result + b
    return result


def mul(a: Node, b: Node) -> Node:
    """Entry by entry."""
    times = a.field.times
    return Node(
        a.field, times(a.value, b.value), lambda: a.bound * b.bound, (a, b),
        lambda c: (times(c, b.value[:, None]), times(c, a.value[:, None])), _slopes(a, b), "mul",
    )


def _slopes(a: Node, b: Node, one: int = 1, other: int = 1) -> tuple[Slope, Slope]:
    """Of a product: each operand's slope is the other one."""
    return Slope(lambda: b.bound, one), Slope(lambda: a.bound, other)


def dot(a: Node, b: Node) -> Node:
    """The matrix product."""
    fitting(a.shape[0], b.shape[1])
    matmul = a.field.matmul
    return Node(
        a.field, matmul(a.value, b.value), lambda: (a.bound * b.bound).summed(a.shape[1]), (a, b),
        lambda c: (matmul(c, b.value.swapaxes(1, 2)[:, None]), matmul(a.value.swapaxes(1, 2)[:, None], c)),
        _slopes(a, b, b.shape[1], a.shape[0]), "dot",
    )


def gather(a: Node, index: Array) -> Node:
    """Entry j of the result is entry index[j] of `a` in row-major order; -1 stands for zero."""
    flat = a.value.reshape(a.field.count, -1)
    everywhere = bool((index >= 0).all())
    value = flat[:, index] if everywhere else np.where(index >= 0, flat[:, index], a.field.zero)
    rows, cols = a.shape
    terms = int(np.bincount(index[index >= 0]).max(initial=1)) if index.size > 1 else 1

    def pull(c: Array) -> Sequence[Array]:
        source, target = index[index >= 0], np.flatnonzero(index.ravel() >= 0)
        taken = c.reshape(*c.shape[:2], -1)[..., target]
        if terms > 1:
            back = a.field.matmul(taken, a.field.plain(np.eye(rows * cols)[source]))
        else:
            back = a.field.zeros((c.shape[1], rows * cols))
            back[..., source] = taken
        return (back.reshape(*c.shape[:2], rows, cols),)

    return Node(a.field, value, lambda: a.bound, (a,), pull, (Slope(terms=terms),), index if everywhere else None)


def spread(scalar: Node, rows: int, cols: int) -> Node:
    """A scalar in every entry."""
    return gather(scalar, np.zeros((rows, cols), dtype=int))


def scale(scalar: Node, a: Node) -> Node:
    return mul(spread(scalar, *a.shape), a) if a.size > 1 else mul(scalar, a)


def total(a: Node) -> Node:
    """The sum of all entries."""
    row = gather(a, np.arange(a.size).reshape(1, -1))
    return dot(row, filled(a.field, 1, a.size, 1))


def invert(a: Node) -> Node:
    """1/a, entry by entry."""
    field, value = a.field, a.field.inverse(a.value)
    slope = field.reduced(-field.times(value, value))
    result = Node(
        field, value, lambda: a.bound.inverse(a.size), (a,), lambda c: (field.times(c, slope[:, None]),),
        (Slope(lambda: result.bound * result.bound),), "invert",
    )
    return result


def raised(a: Node, exponent: int) -> Node:
    """a^exponent, entry by entry, exponent >= 1."""
    field = a.field
    lower = field.power(a.value, exponent - 1)
    slope = field.times(field.number(Fraction(exponent)), lower)
    return Node(
        field, field.times(lower, a.value), lambda: a.bound.power(exponent), (a,), lambda c: (field.times(c, slope[:, None]),),
        (Slope(lambda: Bound(0, float(exponent.bit_length())) * a.bound.power(exponent - 1)),), ("power", exponent),
    )


def applied(
    a: Node, value: Array, slope: Array, bound: Bound | Callable[[], Bound] = FRESH,
    slope_bound: Callable[[], Bound] = lambda: FRESH, made: object = None,
) -> Node:  # fmt: skip
    """A function entry by entry."""
    return Node(a.field, value, bound, (a,), lambda c: (a.field.times(c, slope[:, None]),), (Slope(slope_bound),), made)


def mapped(a: Node, value: Array, jacobian: Array | None) -> Node:
    """A function of all entries with fresh values; `jacobian` has the axes (primes, entries of the result, entries of a)."""

    def pull(c: Array) -> Sequence[Array]:
        if jacobian is None:
            raise NotDifferentiable("a derivative of an abstract function of several arguments is not differentiated again")
        return (a.field.matmul(c.reshape(*c.shape[:2], -1), jacobian).reshape(*c.shape[:2], *a.shape),)

    return Node(a.field, value, FRESH, (a,), pull, (Slope(lambda: FRESH, value[0].size),))


class NotDifferentiable(ValueError):
    """A second derivative of an abstract function of several arguments, or the like."""


def sweep(root: Node, wanted: Iterable[Node], counting: bool) -> list[tuple[Array, Bound] | None]:
    """Entries of `root` (one per row of the batch) differentiated by each wanted node; None where it does not depend on it.

    `counting`: whether bounds are worked out; else they say nothing.
    """
    asked = list(wanted)
    oldest = min((n.order for n in asked), default=root.order + 1)
    fitting(root.size, root.size)
    seed = root.field.plain(np.eye(root.size).reshape(root.size, *root.shape))
    cotangents: dict[Node, tuple[Array, Bound]] = {root: (seed, ONE)}
    for node in sorted(_reached(root, oldest), key=lambda n: -n.order):
        found = cotangents.get(node)
        if found is None or node.pull is None or node.order < oldest:
            continue
        c, bound = found
        for parent, back, slope in zip(node.parents, node.pull(c), node.slopes, strict=True):
            if parent.order >= oldest:
                grown = (bound * slope.bound()).summed(slope.terms) if counting else ONE
                old = cotangents.get(parent)
                if old is not None:
                    back, grown = root.field.reduced(old[0] + back), old[1] + grown if counting else ONE
                cotangents[parent] = back, grown
    return [cotangents.get(n) for n in asked]


def _reached(root: Node, oldest: int) -> set[Node]:
    seen, stack = {root}, [root]
    while stack:
        for parent in stack.pop().parents:
            if parent not in seen and parent.order >= oldest:
                seen.add(parent)
                stack.append(parent)
    return seen
