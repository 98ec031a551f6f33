"""Terms as operations of a program: every quantity at its own step, nothing in an order yet.

A term becomes a value; what is no operation entry by entry (a product with a matrix, a sum over a row, over steps) is
computed into a buffer of its own, and so is what such an operation takes.  A part whose quantities stand at t + 1 is
computed at t and read at t + 1.  The same part is computed once, wherever it occurs: U x_t + W h_{t-1} forward, the
error of the pre-activations in the recurrence of the adjoints and in every gradient.

`NotLowered` is raised for what a program does not express; the text printer may still do it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from sympy import Expr, Rational, Symbol
from sympy.core.basic import Basic

from .. import language as L
from ..language.functions import FUNCTIONS
from . import algebra as A
from .declarations import Declarations
from .formula import formula
from .program import Assign, Buffer, Call, Const, Leg, Load, Product, Row, Simple, Total, Value, axes, loads, mapped
from .schedule import EVERY, KernelError, Piece, Steps, pieces, restricted
from .terms import outer_boundary, split, under_logarithm


class NotLowered(KernelError):
    """Something that a program does not express; the message names it."""


@dataclass
class Lowering:
    """What has been lowered so far.

    made        names and axes of what the kernel takes and keeps
    held        quantities and adjoints -> their buffers
    inverse     y -> (function, argument) where y is softmax or sigmoid of the argument
    operations  in no order; several with the same out are summands
    ones        data whose entries sum to one
    single      the one step for which a summand is lowered, or EVERY
    timed       whether there is a step at all
    """

    made: Declarations
    held: dict[tuple[str, str], str]
    inverse: Mapping[str, tuple[str, Basic]]
    buffers: dict[str, Buffer]
    operations: list[Simple] = field(default_factory=list)
    cache: dict[tuple[Simple, bool, bool], str] = field(default_factory=dict)
    ones: frozenset[str] = frozenset()
    single: Steps = EVERY
    timed: bool = True

    def __post_init__(self) -> None:
        time = self.made.model.time
        self.letter: Symbol | None = time.symbol if time else None
        self.length: Symbol | None = time.upper if time else None
        self.lower: int = time.lower if time else 1

    def at(self, steps: Steps) -> Lowering:
        """The same for the steps of a summand."""
        return replace(self, single=steps if steps.at else EVERY, timed=True)

    def without_steps(self) -> Lowering:
        return replace(self, single=EVERY, timed=False)

    # Buffers.

    def axes(self, value: Value) -> tuple[bool, bool, tuple[Leg, ...]]:
        return axes(value, self.buffers)

    def defined(self, operation: Simple, time: bool, batch: bool, legs: tuple[Leg, ...], told: str = "") -> str:
        """The buffer into which an operation (without out) is computed, made once."""
        key = (operation, time, batch)
        if key not in self.cache:
            name = self.made.names.new("a", "")
            self.cache[key] = name
            self.buffers[name] = Buffer(name, "work", time, batch, legs, told=told)
            self.operations.append(replace(operation, out=name))
        return self.cache[key]

    def canonical(self, value: Value) -> tuple[Value, int]:
        """The value moved so that its last step is t, and how far it stood later; `NotLowered` without a first one."""
        shifts = [r.shift for r in loads(value) if self._moves(r)]
        later = max(0, *shifts) if shifts else 0
        for r in loads(value):
            if self._moves(r) and r.shift - later + self.buffers[r.buffer].before < 0:
                raise NotLowered(f"{r.buffer} has no value {later - r.shift} steps before the first")
        return (mapped(value, lambda r: replace(r, shift=r.shift - later) if self._moves(r) else r) if later else value), later

    def _moves(self, r: Load) -> bool:
        return self.buffers[r.buffer].time and not r.end

    def load(self, value: Value, told: str = "") -> Load:
        """A buffer with the value."""
        if isinstance(value, Load):
            return value
        moved, later = self.canonical(value)
        return Load(self.defined(Assign("", moved), *self.axes(moved), told), later)

    def row(self, fun: Literal["sum", "max", "logsumexp", "shifted"], value: Value, told: str = "") -> Value:
        """A function of the last axis."""
        if fun == "sum" and isinstance(value, Load) and value.buffer in self.ones:
            return A.ONE
        moved, later = self.canonical(value)
        time, batch, legs = self.axes(moved)
        if not legs:
            raise NotLowered(f"the {fun} of a number over its entries")
        return Load(self.defined(Row("", fun, moved), time, batch, legs if fun == "shifted" else legs[:-1], told), later)

    def product(self, matrix: Value, vector: Value, flip: bool, told: str = "") -> Value:
        """M v, with `flip` Mᵀ v."""
        m = self.load(matrix)
        if self.buffers[m.buffer].time or self.buffers[m.buffer].batch:
            raise NotLowered("a matrix for every step or sample")
        v, later = self.canonical(self.load(vector))
        assert isinstance(v, Load)
        time, batch, legs = self.axes(v)
        new = (*legs[:-1], self.buffers[m.buffer].legs[1 if flip else 0])
        return Load(self.defined(Product("", v, m, flip), time, batch, new, told), later)

    # Terms.

    def value(self, term: Basic) -> Value:
        rule = RULES.get(type(term))
        if rule is not None:
            return rule(self, term)
        if isinstance(term, Rational):
            return Const(Fraction(term.p, term.q))
        raise NotLowered(f"{type(term).__name__} in {formula(term)}")

    def read(self, kind: str, name: str, indices: Sequence[Expr]) -> Value:
        """A quantity at its indices."""
        buffer = self.held.get((kind, name))
        if buffer is None:
            raise KernelError(f"{kind} of {name} is needed but nothing computes it")
        if not self.buffers[buffer].time:
            return Load(buffer)
        point, offset = L.affine(indices[0])
        if point == self.length and point is not None:
            return Load(buffer, offset, "last")
        if point is None:
            return Load(buffer, offset - self.lower, "first")
        if point != self.letter or not self.timed:
            raise KernelError(f"{name} at {indices[0]} is not at a step that the code is for")
        if self.single.at:
            return Load(buffer, offset + self.single.shift, "last" if self.single.at == "last" else "first")
        return Load(buffer, offset)

    def matvec(self, matrix: Basic, v: Value, flip: bool = False) -> Value:
        """M v (with `flip` Mᵀ v) for each sample."""
        if isinstance(matrix, L.Transpose):
            return self.matvec(matrix.args[0], v, not flip)
        if isinstance(matrix, L.Identity):
            return v
        if isinstance(matrix, L.Diag):
            return A.multiplied(self.value(matrix.args[0]), v)
        if isinstance(matrix, L.Product):
            scalars, chain = split(matrix)
            cut = outer_boundary(chain)
            inner = v
            if cut is not None:  # (a bᵀ) v = a (bᵀ v)
                column, row = self.chain(chain[:cut]), self.chain(chain[cut:])
                left, right = (row, column) if flip else (column, row)
                inner = A.multiplied(self.row("sum", A.multiplied(right, v)), left)
            else:
                for factor in chain if flip else reversed(chain):
                    inner = self.matvec(factor, inner, flip)
            return A.multiplied(*(self.value(s) for s in scalars), inner)
        if isinstance(matrix, L.Plus) and not any(L.is_number(a) for a in matrix.args):
            return A.added(*(self.matvec(a, v, flip) for a in matrix.args))
        return self.product(self.value(matrix), v, flip)

    def chain(self, chain: Sequence[Basic]) -> Value:
        """The product of a chain that conforms, no factor a scalar."""
        if len(chain) == 1:
            return self.value(chain[0])
        cut = outer_boundary(chain)
        if cut is not None:
            left, right = chain[:cut], chain[cut:]
            if not L.shape_of(right[-1])[1]:  # a (bᵀ c)
                return A.multiplied(self.chain(right), self.chain(left))
            raise NotLowered("a column times a row for each sample")
        first, last = chain[0], chain[-1]
        if L.shape_of(last)[1] and L.shape_of(first)[0]:
            result = self.value(first)
            for m in chain[1:]:
                result = self._matrices(result, m)
            return result
        if L.shape_of(last)[1]:
            v = self.value(first)
            for m in chain[1:]:
                v = self.matvec(m, v, True)
            return v
        v = self.value(last)
        for m in reversed(chain[1:-1] if not L.shape_of(first)[0] else chain[:-1]):
            v = self.matvec(m, v)
        return v if L.shape_of(first)[0] else self.row("sum", A.multiplied(self.value(first), v))

    def _matrices(self, left: Value, right: Basic) -> Value:
        """A B for matrices that all samples share."""
        flip = not isinstance(right, L.Transpose)
        return self.product(self.value(right if flip else right.args[0]), left, flip)

    def over_steps(self, term: Basic) -> list[tuple[Lowering, Piece]]:
        """The summands of a sum over the steps."""
        body, index, lower, upper, excluded = term.args
        if excluded or self.letter is None or self.timed:
            raise NotLowered(f"{formula(term)} is no sum over a range of steps")
        conditions = (L.Relation("<=", lower, self.letter), L.Relation("<=", self.letter, upper))
        moved = body.xreplace({index: self.letter})
        steps = restricted(EVERY, conditions, self.letter, self.lower, self.length)
        by_steps: dict[Steps, list[Basic]] = {}
        for p in pieces(moved, self.letter, self.lower, self.length, steps):
            by_steps.setdefault(p.steps, []).append(p.term)
        return [(self.at(s), Piece(L.Plus(*t) if len(t) > 1 else t[0], s)) for s, t in by_steps.items()]

    def total(self, value: Value, steps: Steps, batch: bool, told: str = "", time: bool = True) -> Value:
        """The sum over the steps and, unless `batch`, over the samples."""
        has_time, has_batch, legs = self.axes(value)
        if not (has_time and time) and not (has_batch and not batch):
            return value
        kept = has_time and not time
        moved = value if steps != EVERY else self.canonical(value)[0]
        if moved is not value:
            raise NotLowered("a sum over steps that stand later")
        return Load(self.defined(Total("", value, steps if has_time else EVERY), kept, has_batch and batch, legs, told))


Rule = Callable[[Lowering, Basic], Value]


def _rank(term: Basic) -> int:
    rows, cols = L.shape_of(term)
    if len(rows) > 1 or len(cols) > 1:
        raise NotLowered(f"{formula(term)} has a flattened side")
    return len(rows) + len(cols)


def _product(k: Lowering, term: Basic) -> Value:
    scalars, chain = split(term)
    if not chain and len(scalars) == 1 and isinstance(scalars[0], L.Product):
        return k.chain(scalars[0].args)
    values = [k.value(s) for s in scalars]
    return A.multiplied(*values, k.chain(chain)) if chain else A.multiplied(*values)


def _transpose(k: Lowering, term: Basic) -> Value:
    if _rank(term) > 1:
        raise NotLowered(f"the matrix {formula(term)} turned")
    return k.value(term.args[0])


def _power(k: Lowering, term: Basic) -> Value:
    base, exponent = term.args
    if not isinstance(exponent, Rational):
        raise NotLowered(f"the exponent {exponent}")
    return A.powered(k.value(base), Fraction(exponent.p, exponent.q))


def _sum_over(k: Lowering, term: Basic) -> Value:
    parts = []
    for inner, piece in k.over_steps(term):
        value = inner.value(piece.term)
        if not piece.steps.at and not k.axes(value)[0]:
            raise NotLowered(f"{formula(term)} has no step")
        parts.append(k.total(value, piece.steps, batch=True, told=formula(term)))
    return A.added(*parts)


def _summed(square: bool) -> Rule:
    def rule(k: Lowering, term: Basic) -> Value:
        x = k.value(term.args[0])
        v = A.powered(x, Fraction(2)) if square else x
        time, batch, legs = k.axes(v)
        if len(legs) != _rank(term.args[0]) or (len(legs) == 2 and (time or batch)):
            raise NotLowered(f"the sum of {formula(term.args[0])}")
        if len(legs) == 2:
            return Load(k.defined(Total("", v), False, False, (), formula(term)))
        return k.row("sum", v, formula(term)) if legs else v

    return rule


def _filled(k: Lowering, term: Basic) -> Value:
    return k.value(term.args[0])


def _apply(k: Lowering, term: Basic) -> Value:
    fun = term.fun
    if fun.kind or fun.order:
        raise NotLowered(f"the function {fun.name} that the caller gives")
    if fun.name == "log":
        stable = _stable_log(k, term.x)
        if stable is not None:
            return stable
    x = k.value(term.x)
    if fun.name in ("softmax", "logsoftmax", "logsumexp") and len(k.axes(x)[2]) != 1:
        raise NotLowered(f"{fun.name} of a matrix or a number")
    if fun.name == "softmax":
        return softmax(k, x)
    if fun.name == "logsoftmax":
        return log_softmax(k, x)
    if fun.name == "logsumexp":
        return k.row("logsumexp", x, formula(term))
    if FUNCTIONS[fun.name].kind != "elementwise":
        raise NotLowered(f"the function {fun.name}")
    return A.powered(x, Fraction(-1)) if fun.name == "reciprocal" else Call(fun.name, (x,))


def softmax(k: Lowering, z: Value) -> Value:
    """exp(z - r) / Σ exp(z - r)."""
    e = Call("exp", (k.row("shifted", z),))
    return A.divided(e, k.row("sum", e))


def log_softmax(k: Lowering, z: Value) -> Value:
    """(z - r) - log Σ exp(z - r)."""
    shifted = k.row("shifted", z)
    return A.minus(shifted, Call("log", (k.row("sum", Call("exp", (shifted,))),)))


def _stable_log(k: Lowering, x: Basic) -> Value | None:
    """log softmax(z), log σ(z) and log(1 - σ(z)) from z, without overflow."""
    found = under_logarithm(x, k.inverse, k.letter)
    if found is None or found[:2] not in _LOG_OF:
        return None
    fun, flipped, argument = found
    return _LOG_OF[fun, flipped](k, k.value(argument))


_LOG_OF: dict[tuple[str, bool], Callable[[Lowering, Value], Value]] = {
    ("softmax", False): log_softmax,
    ("sigmoid", False): lambda k, z: A.negative(Call("softplus", (A.negative(z),))),
    ("sigmoid", True): lambda k, z: A.negative(Call("softplus", (z,))),  # 1 - σ(z) = σ(-z)
}

RULES: dict[type, Rule] = {
    L.Var: lambda k, term: k.read("value", term.name, term.indices),
    L.Adjoint: lambda k, term: k.read("adjoint", term.variable.name, term.variable.indices),
    L.Plus: lambda k, term: A.added(*(k.value(a) for a in term.args)),
    L.Product: _product,
    L.Hadamard: lambda k, term: A.multiplied(*(k.value(a) for a in term.args)),
    L.Quotient: lambda k, term: A.divided(*(k.value(a) for a in term.args)),
    L.Power: _power,
    L.Transpose: _transpose,
    L.Total: _summed(False),
    L.NormSquared: _summed(True),
    L.Filled: _filled,
    L.Apply: _apply,
    L.SumOver: _sum_over,
}
