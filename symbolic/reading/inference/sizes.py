"""Shapes while they are not yet known: sizes that are unified, and the shape of a formula under an assignment.

A side of a shape is 1 (written 0 here, it never unifies with a size), a variable, a name printed in the note, a sum of
sizes (of blocks) or a product of sizes (of a flattened matrix).  A formula is a nested tuple, made once by
`forms`; its shape is a pair of sides, or None as long as a family in it has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Side = Any
"""0, a variable's number (from 1), a name, or ("+" or "×", side, ...)."""

Shape = tuple[Side, Side]
SCALAR: Shape = (0, 0)
LOGARITHMS = ("log", "logsoftmax")
SCALES = ("exp", "log", "sqrt", "reciprocal")
"""Functions whose values scale vectors, as those of a gate do not."""

Form = tuple[Any, ...]


class Misfit(Exception):
    """Sides that do not conform."""


class Sizes:
    """A union of sizes.  `frozen`: nothing may be unified any more, only what is equal already conforms."""

    def __init__(self, parents: dict[int, Side] | None = None, frozen: bool = False):
        self.parents = parents or {}
        self.frozen = frozen
        self.fresh = -1

    def copy(self) -> Sizes:
        return Sizes(dict(self.parents))

    def find(self, side: Side) -> Side:
        while isinstance(side, int) and side in self.parents:
            side = self.parents[side]
        if isinstance(side, tuple):
            return (side[0], *(self.find(s) for s in side[1:]))
        return side

    def unify(self, one: Side, other: Side) -> None:
        """Make two sides equal.  Raises `Misfit`."""
        one, other = self.find(one), self.find(other)
        if one == other:
            return
        if one == 0 or other == 0:
            raise Misfit
        for a, b in ((one, other), (other, one)):
            if isinstance(a, int) and (not self.frozen or a < 0):
                if a in _parts(b):
                    raise Misfit
                self.parents[a] = b
                return
        if isinstance(one, tuple) and isinstance(other, tuple) and one[0] == other[0] and len(one) == len(other):
            for a, b in zip(one[1:], other[1:], strict=True):
                self.unify(a, b)
            return
        raise Misfit

    def new(self) -> int:
        """A size that is free even where all others are frozen."""
        self.fresh -= 1
        return self.fresh


def _parts(side: Side) -> set[Side]:
    return {side} if not isinstance(side, tuple) else set().union(*(_parts(s) for s in side[1:]))


def joined(kind: str, sides: list[Side]) -> Side:
    """The sum ("+") or the product ("×") of sides; 1 is no factor."""
    parts = [s for s in sides if s != 0 or kind == "+"]
    return parts[0] if len(parts) == 1 else (kind, *parts) if parts else 0


class Evaluation:
    """The shape of formulas under one assignment of shapes to families.

    repeated  what + repeats beside a matrix, the members of a batch: "rows" in X W + b, "columns" in W X + b, "" nothing
    matrices  whether softmax may be taken of a matrix, then by rows or by columns
    number    whether the other side of the equation is a number
    """

    def __init__(
        self, shapes: Mapping[str, Shape], sizes: Sizes, layout: str = "gradient", repeated: str = "", matrices: bool = False
    ):
        self.shapes, self.sizes, self.layout, self.repeated, self.matrices = shapes, sizes, layout, repeated, matrices
        self.by_lines = 0
        self.number = False
        self.components: dict[str, Side] = {}
        self.scaled: list[str] = []
        self.repairs = self.repeats = 0

    def same(self, one: Shape, other: Shape) -> None:
        self.sizes.unify(one[0], other[0])
        self.sizes.unify(one[1], other[1])

    def shape(self, form: Form) -> Shape | None:
        """The shape of a formula, or None.  Raises `Misfit`."""
        return _RULES[form[0]](self, form)


def _family(e: Evaluation, form: Form) -> Shape | None:
    return e.shapes.get(form[1])


def _plus(e: Evaluation, form: Form) -> Shape | None:
    shape = None
    for part in form[1:]:
        if part[0] == "number":
            continue
        other = e.shape(part)
        if shape is not None and other is not None:
            e.same(shape, other)
        shape = shape if shape is not None else other
    return SCALAR if all(p[0] == "number" for p in form[1:]) else shape


def _sum_of_terms(e: Evaluation, form: Form) -> Shape | None:
    """A sum; in a batch a row (or a column) beside a matrix stands for every row (column) of it."""
    shapes = [e.shape(p) for p in form[1:] if p[0] != "number"] if e.repeated else []
    side = 0 if e.repeated == "columns" else 1
    vectors = [s for s in shapes if s and s[side] != 0 and s[1 - side] == 0]
    matrix = next((s for s in shapes if s and 0 not in s), None)
    if matrix is None:
        return None if vectors and None in shapes else _plus(e, form)
    for shape in shapes:
        if shape is not None and shape in vectors:
            e.sizes.unify(matrix[side], shape[side])
            e.repeats += 1
        elif shape is not None:
            e.same(matrix, shape)
    return matrix


def _ones(e: Evaluation, form: Form) -> Shape | None:
    return (e.sizes.new(), 0)


def _size_of_ones(e: Evaluation, front: Form, own: Shape | None, other: Shape | None) -> None:
    """1_n bᵀ repeats b n times; 1_k alone may be the k-th unit vector."""
    name = front[1] if front[0] == "ones" and len(front) > 1 else ""
    if name and own and other and other[0] == 0 != other[1] and not e.sizes.frozen:
        e.sizes.unify(own[0], name)


def _product(e: Evaluation, form: Form) -> Shape | None:
    shape: Shape | None = SCALAR
    scalars = []
    shapes = [e.shape(part) for part in form[1:]]
    for front, behind, one, two in zip(form[1:], form[2:], shapes, shapes[1:], strict=False):
        _size_of_ones(e, front, one, two)
        if behind[0] == "transpose":
            _size_of_ones(e, behind[1], two and two[::-1], one and one[::-1])
    for part, other in zip(form[1:], shapes, strict=True):
        if other is None:
            shape = None
        elif other == SCALAR:
            scalars.append(part)
        elif shape == SCALAR:
            shape = other
        elif shape is not None and shape[1] == other[1] == 0 and part[0] == "apply" and part[3] in LOGARITHMS:
            e.sizes.unify(shape[0], other[0])  # y log p of two columns is yᵀ log p
            e.repairs += 1
            shape = SCALAR
        elif shape is not None:
            e.sizes.unify(shape[1], other[0])
            shape = (shape[0], other[1])
    if shape is not None and shape != SCALAR:
        e.scaled += [name for p in scalars for name in _scaling(p)]
    return shape


def _scaling(form: Form) -> tuple[str, ...]:
    """The family that scales a vector by itself or by its activation; "" where an activation does that has no name."""
    if form[0] == "apply" and form[1] == "elementwise" and form[3] not in SCALES:
        form = form[2]
        return (form[1] if form[0] == "family" else "",)
    return (form[1],) if form[0] == "family" else ()


def _star(e: Evaluation, form: Form) -> Shape | None:
    """* between equal vectors is the product entry by entry, else the matrix product."""
    shapes = [e.shape(p) for p in form[1:]]
    if any(s is None for s in shapes):
        return None
    big = [s for s in shapes if s != SCALAR]
    if len(big) > 1 and len({(s[0] == 0, s[1] == 0) for s in big if s}) == 1 and (big[0] or SCALAR)[1] == 0:
        return _plus(e, form)
    if len(big) > 1 and all(s and s[0] == 0 for s in big):
        return _plus(e, form)
    return _product(e, form)


def _apply(e: Evaluation, form: Form) -> Shape | None:
    kind, shape = form[1], e.shape(form[2])
    if shape is None:
        return SCALAR if kind in ("reduce", "abstract-scalar") else None
    if kind in ("vector", "reduce") and (shape[0] == 0) == (shape[1] == 0):
        if shape == SCALAR or not e.matrices:
            raise Misfit
        e.by_lines += 1
        return shape if kind == "vector" else None
    return SCALAR if kind in ("reduce", "abstract-scalar") else shape


def _transpose(e: Evaluation, form: Form) -> Shape | None:
    shape = e.shape(form[1])
    return shape and (shape[1], shape[0])


def _entry(e: Evaluation, form: Form) -> Shape | None:
    shape = e.shape(form[1])
    if shape is None:
        return SCALAR
    legs = [s for s in shape if s != 0]
    if len(legs) != len(form[2]):
        raise Misfit
    for letter, leg in zip(form[2], legs, strict=True):
        if letter in e.components:
            e.sizes.unify(e.components[letter], leg)
        elif letter:
            e.components[letter] = leg
    return SCALAR


def _entries(e: Evaluation, form: Form) -> Shape | None:
    """Σ without an index: of all entries where a number is wanted, else over the members of a batch."""
    e.shape(form[1])
    return SCALAR if e.number else None


def _sum(e: Evaluation, form: Form) -> Shape | None:
    letter, upper, body = form[1:]
    before = e.components.pop(letter, None)
    if upper and not e.sizes.frozen:  # in a claim the name of a size that nothing else uses says nothing
        e.components[letter] = upper
    shape = e.shape(body)
    e.components.pop(letter, None)
    if before is not None:
        e.components[letter] = before
    return shape


def _quotient(e: Evaluation, form: Form) -> Shape | None:
    top, bottom = e.shape(form[1]), e.shape(form[2])
    if bottom == SCALAR or bottom is None:
        return top
    if form[1][0] == "number":
        return bottom
    if top is not None:
        e.same(top, bottom)
    return top


def _power(e: Evaluation, form: Form) -> Shape | None:
    return e.shape(form[1])


def _scalar_of(e: Evaluation, form: Form) -> Shape | None:
    e.shape(form[1])
    return SCALAR


def _trace(e: Evaluation, form: Form) -> Shape | None:
    """A number, of a matrix with as many rows as columns."""
    shape = e.shape(form[1])
    if shape is not None:
        e.sizes.unify(*shape)
    return SCALAR


def _diag(e: Evaluation, form: Form) -> Shape | None:
    shape = e.shape(form[1])
    if shape is None or (shape[0] == 0) == (shape[1] == 0):
        return None if shape != SCALAR else SCALAR
    size = shape[0] or shape[1]
    return size, size


def _blocks(e: Evaluation, form: Form) -> Shape | None:
    """[A, B] and [a; b]; columns side by side are stacked."""
    shapes = [e.shape(p) for p in form[2:]]
    if any(s is None for s in shapes):
        return None
    axis = form[1]
    known = [s for s in shapes if s is not None]
    if axis == 1 and all(s[1] == 0 and s[0] != 0 for s in known):
        axis = 0
    for s in known[1:]:
        e.sizes.unify(known[0][1 - axis], s[1 - axis])
    if any(s == SCALAR for s in known):
        raise Misfit
    total = joined("+", [s[axis] for s in known])
    return (total, known[0][1]) if axis == 0 else (known[0][0], total)


def _kronecker(e: Evaluation, form: Form) -> Shape | None:
    one, other = e.shape(form[1]), e.shape(form[2])
    if one is None or other is None:
        return None
    return joined("×", [one[0], other[0]]), joined("×", [one[1], other[1]])


def _derivative(e: Evaluation, form: Form) -> Shape | None:
    num, den = e.shape(form[1]), e.shape(form[2])
    if num is None or den is None:
        return None
    if num == SCALAR and e.layout == "gradient":
        return den
    return joined("×", list(num)), joined("×", list(den))


_RULES: dict[str, Callable[[Evaluation, Form], Shape | None]] = {
    "family": _family, "number": lambda e, f: SCALAR, "scalar": lambda e, f: SCALAR, "unknown": lambda e, f: None,
    "plus": _sum_of_terms, "hadamard": _plus, "ones": _ones, "product": _product, "star": _star, "apply": _apply,
    "transpose": _transpose,
    "entry": _entry, "entries": _entries, "sum": _sum, "quotient": _quotient, "power": _power, "norm": _scalar_of,
    "trace": _trace, "diag": _diag,
    "blocks": _blocks, "kronecker": _kronecker, "derivative": _derivative,
}  # fmt: skip
