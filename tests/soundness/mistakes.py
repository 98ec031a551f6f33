"""Mistakes that people make in formulas: functions from a place in a right formula to what is written there instead."""

from __future__ import annotations

from dataclasses import dataclass

from edits import BINDERS, letters, moved
from sympy import Integer, Rational, Symbol

from symbolic import language as L
from symbolic.model import Model

ONE = Integer(1)


@dataclass(frozen=True)
class Around:
    """What a mistake may look at: the model, the free letters, the binders around the place, the claim itself."""

    model: Model
    claim: object
    binders: tuple = ()

    @property
    def steps(self):
        return [s for s, *_ in self.claim.free]

    @property
    def bound(self):
        return [b.args[1] for b in self.binders]

    @property
    def lengths(self):
        return [i.upper for i in self.model.indices]

    @property
    def sizes(self):
        return {s for f in self.model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols}

    def step(self):
        """A step that exists: a free letter, else the last one."""
        return (*self.steps, *self.lengths)[0] if self.lengths else None


def _is(*heads):
    return lambda x: isinstance(x, heads)


def kept(node):
    return isinstance(node, L.Term)


def _var(node):
    """The quantity at a place, also inside an adjoint, and how to put another one there."""
    if isinstance(node, L.Var):
        return node, lambda v: v
    if isinstance(node, L.Adjoint):
        return node.variable, L.Adjoint
    if isinstance(node, L.Partial) and isinstance(node.den, L.Var):
        return node.den, lambda v: L.Partial(node.num, v, node.mode, node.layout)
    return None, None


def many(head, args):
    return args[0] if len(args) == 1 else head(*args)


def transpose(x, at):
    if isinstance(x, L.Transpose):
        yield x.args[0]
    elif kept(x) and not L.is_scalar(x):
        yield L.Transpose(x)


def swapped_factors(x, at):
    if isinstance(x, L.Product):
        for k in range(len(x.args) - 1):
            yield L.Product(*x.args[:k], x.args[k + 1], x.args[k], *x.args[k + 2 :])


def shifted_step(x, at):
    v, back = _var(x)
    for k in range(len(v.indices) if v is not None else 0):
        for shift in (-1, 1):
            yield back(v.moved(*v.indices[:k], v.indices[k] + shift, *v.indices[k + 1 :]))


def another_step(x, at):
    v, back = _var(x)
    for k in range(len(v.indices) if v is not None else 0):
        for other in (*at.steps, *at.bound, *at.lengths, ONE):
            yield back(v.moved(*v.indices[:k], other, *v.indices[k + 1 :]))


def limits_by_one(x, at):
    if isinstance(x, BINDERS):
        body, index, low, high, *rest = x.args
        for a, b in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1)):
            yield x.func(body, index, low + a, high + b, *rest)


def other_limits(x, at):
    if isinstance(x, BINDERS):
        body, index, low, high, *rest = x.args
        for other in (*at.steps, *at.bound, *at.lengths, ONE):
            if other != index:
                yield x.func(body, index, other, high, *rest)
                yield x.func(body, index, low, other, *rest)


def dropped_factor(x, at):
    if isinstance(x, (L.Product, L.Hadamard)) and len(x.args) > 1:
        for k in range(len(x.args)):
            yield many(x.func, x.args[:k] + x.args[k + 1 :])


def doubled_factor(x, at):
    if isinstance(x, (L.Product, L.Hadamard)):
        for k in range(len(x.args)):
            yield x.func(*x.args[: k + 1], *x.args[k:])
    elif isinstance(x, (L.Var, L.Adjoint)):
        yield L.Hadamard(x, x)


def other_product(x, at):
    if isinstance(x, L.Product) and len(x.args) > 1:
        for k in range(len(x.args) - 1):
            yield many(L.Product, (*x.args[:k], L.Hadamard(x.args[k], x.args[k + 1]), *x.args[k + 2 :]))
    elif isinstance(x, L.Hadamard):
        yield L.Product(*x.args)


def sign(x, at):
    if isinstance(x, L.Plus):
        for k, a in enumerate(x.args):
            yield L.Plus(*x.args[:k], L.negative(a), *x.args[k + 1 :])
    elif kept(x):
        yield L.Product(-1, x)


def coefficient(x, at):
    for number in (2, Rational(1, 2), 3, Rational(1001, 1000), Rational(-2, 3)):
        if L.is_number(x):
            yield x + number
        elif kept(x):
            yield L.Product(number, x)


def other_weight(x, at):
    v, back = _var(x)
    if v is not None and (family := at.model.families.get(v.name)) is not None and family.role == "weight":
        for other in at.model.of_role("weight"):
            if other != family and len(other.indices) == len(family.indices):
                yield back(other.at(*v.indices))
                yield L.Transpose(back(other.at(*v.indices)))


def other_quantity(x, at):
    v, back = _var(x)
    if v is not None and (family := at.model.families.get(v.name)) is not None and family.role != "weight":
        for other in at.model.families.values():
            if other != family and len(other.indices) == len(v.indices) and (other.rows, other.cols) == (family.rows, family.cols):
                yield back(other.at(*v.indices))


def moved_bracket(x, at):
    if isinstance(x, (L.Product, L.Hadamard)):
        for k, a in enumerate(x.args):
            if isinstance(a, L.Plus):  # a (b + c) d -> a b + c d
                yield L.Plus(x.func(*x.args[:k], a.args[0]), x.func(*a.args[1:], *x.args[k + 1 :]))
                yield L.Plus(x.func(*x.args[:k], a.args[0], *x.args[k + 1 :]), *a.args[1:])
            for j, b in enumerate(x.args):
                if j != k and isinstance(b, (L.Product, L.Hadamard)) and b.func != x.func:  # a ∘ (W b) -> W (a ∘ b)
                    rest = [c for i, c in enumerate(x.args) if i not in (j, k)]
                    yield x.func(*rest, b.func(*b.args[:-1], x.func(a, b.args[-1])))
                    yield x.func(*rest, b.func(x.func(a, b.args[0]), *b.args[1:]))
    elif isinstance(x, L.Plus) and len(x.args) > 1:
        for k, a in enumerate(x.args):  # f(a) + b -> f(a + b)
            if isinstance(a, (L.Product, L.Hadamard)):
                rest = x.args[:k] + x.args[k + 1 :]
                yield a.func(*a.args[:-1], L.Plus(a.args[-1], *rest))
                yield a.func(L.Plus(a.args[0], *rest), *a.args[1:])


def dropped_summand(x, at):
    if isinstance(x, L.Plus) and len(x.args) > 1:
        for k in range(len(x.args)):
            yield many(L.Plus, x.args[:k] + x.args[k + 1 :])


def bound_for_free(x, at):
    if isinstance(x, BINDERS):
        body, index, *rest = x.args
        for other in (*at.steps, *at.bound):
            if other != index:
                yield x.func(moved(body, index, other), index, *rest)  # the free letter where the bound one should be
                yield x.func(body.xreplace({other: index}), index, *rest)  # and the other way round
                yield x.func(moved(body, index, Symbol("~")).xreplace({other: index, Symbol("~"): other}), index, *rest)


def captured(x, at):
    """Letters renamed without looking at what is bound inside."""
    if isinstance(x, BINDERS):
        for other in sorted((letters(x) | set(at.steps)) - at.sizes, key=str):
            if other != x.args[1] and other not in at.lengths:
                yield x.xreplace({x.args[1]: other})


def scope_of_a_sum(x, at):
    if isinstance(x, BINDERS):
        body, index, *rest = x.args
        if isinstance(body, L.Plus):
            for k in range(len(body.args)):
                outside = body.args[:k] + body.args[k + 1 :]
                yield L.Plus(x.func(body.args[k], index, *rest), *outside)
        if isinstance(body, (L.Product, L.Hadamard)):
            for k, a in enumerate(body.args):
                others = (*body.args[:k], x.func(a, index, *rest), *body.args[k + 1 :])
                yield body.func(*others)
        yield body
    elif isinstance(x, L.Product) and at.binders:
        (b,) = at.binders[-1:]
        yield b.func(x, *b.args[1:])
