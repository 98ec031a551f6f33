"""Mistakes that are hard to see: true for some lengths, sizes, data or points, or false where a checker may not look."""

from __future__ import annotations

from functools import cache
from itertools import permutations
from math import prod

from mistakes import ONE, kept, many
from right_claims import everything
from sympy import Integer, Rational, Symbol

from symbolic import language as L
from symbolic.field import route
from symbolic.field.sizes import OutOfReach, larger, sizes
from symbolic.model import variables

NAMES = tuple(row.name for row in L.FUNCTIONS.values() if row.kind == "elementwise")


def order_of_product(x, at):
    if isinstance(x, L.ProductOver):
        other = {"descending": "ascending", "ascending": "descending"}[x.order]
        yield L.ProductOver(*x.args[:4], other)
        yield L.ProductOver(L.Transpose(x.args[0]), *x.args[1:])
        yield L.Transpose(x)
        if isinstance(x.args[0], L.Product):
            yield L.ProductOver(L.Product(*reversed(x.args[0].args)), *x.args[1:])


def only_with_labels(x, at):
    """True only if the labels sum to one, or if they are one-hot."""
    for family in at.model.of_role("label"):
        y = family.at(*(at.step() for _ in family.indices)) if not family.indices or at.step() is not None else None
        if y is None or not kept(x):
            continue
        yield L.Product(L.Total(y), x)
        yield L.Product(L.Total(L.Hadamard(y, y)), x)
        yield L.Plus(x, L.Product(L.Plus(L.Total(y), -1), x))


def only_from_zero(x, at):
    """True only if the state before the first step is zero."""
    asked = {v.name for e in at.model.equations for v in variables(e.right) if any(L.affine(i)[1] < 0 for i in v.indices)}
    for family in at.model.of_role("state"):
        if len(family.indices) == 1 and kept(x) and family.name in asked:
            yield L.Plus(x, L.Product(L.Total(family.at(family.indices[0].lower - 1)), x))


def only_for_short(x, at):
    """True up to some length or step."""
    if at.model.time is None or not kept(x):
        return
    last, low = at.model.time.upper, at.model.time.lower
    for k in (1, 2, 3, 5, 8):
        yield L.Where(x, L.Relation("<=", last, Integer(low - 1 + k)))
        yield L.Plus(x, L.Where(x, L.Relation("=", last, Integer(low - 1 + k))))
        yield L.Where(x, L.Relation("<", Integer(k), last))
        for s in at.steps:
            yield L.Where(x, L.Relation("<=", s, Integer(k)))
            yield L.Where(x, L.Relation("<=", s, last - k))
        t = Symbol("q")
        yield L.Product(L.SumOver(ONE, t, Integer(low + k), last), x)
        yield L.Plus(x, L.Product(L.SumOver(ONE, t, Integer(low), last - k), x))


def _elementary(w, k):
    """e_k of the eigenvalues of a matrix, by Newton's identities: zero where the matrix is smaller than k×k."""
    power = [None, w]
    for _ in range(k - 1):
        power.append(L.Product(power[-1], w))
    e = [ONE]
    for j in range(1, k + 1):
        terms = [L.Product((-1) ** (i - 1), e[j - i], L.Trace(power[i])) for i in range(1, j + 1)]
        e.append(L.Product(Rational(1, j), many(L.Plus, terms)))
    return e[k]


def only_for_small(x, at):
    """True for small sizes only."""
    if not kept(x):
        return
    squares = [f.var for f in at.model.of_role("weight") if f.rows == f.cols and f.rows and not f.indices]
    for w in squares[:1]:
        for k in (2, 3):
            yield L.Plus(x, L.Product(_elementary(w, k), x))
    sized = sorted(at.sizes, key=str)
    for n in sized[:3]:
        for k in (1, 2, 3):
            yield L.Product(L.Plus(1, L.Product(*(L.Plus(n, -j) for j in range(1, k + 1)))), x)


@cache
def _primes(claim):
    """The primes with which the second route meets this claim, those of the first points first; () where it meets none."""
    sums, zeros = everything(claim.model)
    question = route.Question(claim.model, claim.left, claim.right, claim.free, claim.conditions, sums, zeros)
    try:
        first = sizes(claim.model, (claim.left, claim.right))
    except OutOfReach:  # a power of many indices, of an earlier mistake
        return ()
    chosen = [(first, 1), (first, 2), (larger(first), 1), (first, 3)]
    return tuple(route._world(question, s, length, False).forward.field.primes for s, length in chosen)


def prime_coefficient(x, at):
    fields = _primes(at.claim) if kept(x) else ()
    if not fields:
        return
    whole, several = fields[0], [p for primes in fields[:3] for p in primes]
    for number in (whole[0], whole[-1], whole[0] * whole[1], prod(whole), prod(several), 2**61 - 1, 2**31 - 1, 2097143, 4194301):
        yield L.Product(1 + number, x)
        yield L.Plus(x, L.Product(number, x))
        yield L.Plus(x, L.Product(Rational(number, 7), x))


def prime_power(x, at):
    for p, *_ in _primes(at.claim)[:1] if kept(x) else ():
        yield L.Power(x, p)
        yield L.Power(x, p - 1)
        yield L.Plus(x, L.Power(x, p), L.negative(x))
        yield L.Power(x, 1 << 20)


def exponent(x, at):
    if isinstance(x, L.Power):
        yield x.args[0]
        for k in (-1, 1):
            yield L.Power(x.args[0], x.args[1] + k)
        yield L.Power(x.args[0], Rational(1, 2))
    elif isinstance(x, (L.Var, L.Apply)):
        yield L.Power(x, 2)
        yield L.Power(x, Rational(1, 2))


def condition(x, at):
    if not isinstance(x, L.Where):
        return
    body, *given = x.args
    yield body
    for k, c in enumerate(given):
        for op in ("=", "!=", "<", "<="):
            yield L.Where(body, *given[:k], L.Relation(op, *c.args[1:]), *given[k + 1 :])
        yield L.Where(body, *given[:k], L.Relation(c.op, c.args[1] + 1, c.args[2]), *given[k + 1 :])


def other_function(x, at):
    if not isinstance(x, L.Apply):
        return
    fun = x.fun
    for name in NAMES if not fun.kind and fun.name in NAMES else ():
        yield L.Apply(L.Fun(name, fun.order), x.x)
    if fun.kind or L.kind_of(fun) == "elementwise":  # softmax has no slope entry by entry
        yield L.Apply(fun.derived(), x.x)
    yield L.Apply(fun, L.negative(x.x))
    yield L.negative(L.Apply(fun, L.negative(x.x)))
    yield L.Apply(fun, L.Product(2, x.x))
    yield x.x


def without_diag(x, at):
    if isinstance(x, L.Diag):
        yield L.Identity(*L.shape_of(x)[0])
        yield L.Product(x.args[0], L.Transpose(x.args[0]))
    elif isinstance(x, L.DiagPart):
        yield L.Product(x.args[0], L.Filled(1, *L.shape_of(x)))


def other_component(x, at):
    if isinstance(x, L.Entry):
        inner, *index = x.args
        for order in permutations(index):
            yield L.Entry(inner, *order)
        for k in range(len(index)):
            for other in (ONE, *index):
                yield L.Entry(inner, *index[:k], other, *index[k + 1 :])
    elif isinstance(x, L.SumOver) and x.args[4]:
        yield L.SumOver(*x.args[:4])
    elif isinstance(x, L.Unit):
        yield L.Unit(ONE, x.args[1])


def other_size(x, at):
    sized = sorted(at.sizes, key=str)
    if isinstance(x, Symbol):
        yield from (*sized, *at.lengths, *at.steps, x + 1)
    elif isinstance(x, L.Filled):
        yield L.Filled(x.args[0] + 1, *x.args[1:])
        yield L.Filled(0, *x.args[1:])
    elif isinstance(x, L.Identity):
        yield L.Filled(1, x.args, x.args)


def cut_and_joined(x, at):
    if isinstance(x, L.Block):
        inner, axis, _, parts = x.args
        for place in range(len(parts)):
            yield L.Block(inner, axis, place, parts)
    elif isinstance(x, L.Concat):
        yield L.Concat(x.args[0], *reversed(x.args[1:]))
    elif isinstance(x, L.Vec):
        yield L.Vec(x.args[0], "column" if x.args[1].name == "row" else "row")
    elif isinstance(x, L.Kronecker):
        yield L.Kronecker(*reversed(x.args))
    elif isinstance(x, L.Commute):
        yield L.Identity(*x.args[0], *x.args[1])
        yield L.Commute(x.args[1], x.args[0])


def scalar_heads(x, at):
    """Trace, total and norm for each other."""
    if isinstance(x, (L.Trace, L.Total, L.NormSquared)):
        for head in (L.Trace, L.Total, L.NormSquared):
            yield head(x.args[0])
        yield L.Power(L.Total(x.args[0]), 2)


def over_itself(x, at):
    """x/x, which is 1 only where x is not zero, and (x - x)/(x - x)."""
    if isinstance(x, (L.Var, L.Adjoint, L.Apply, L.Hadamard)):
        yield L.Hadamard(x, L.Quotient(x, x))
        yield L.Plus(x, L.Quotient(1, x - x))
        yield L.Hadamard(x, L.Quotient(x - x, x - x))
        yield L.Plus(x, L.Product(0, L.Quotient(1, x)))


def last_step_only(x, at):
    """A boundary value in place of the recurrence, or the recurrence without its boundary."""
    if isinstance(x, L.Adjoint) and at.model.time is not None and len(x.variable.indices) == 1:
        last = at.model.time.upper
        yield L.Adjoint(x.variable.moved(last))
        yield L.Where(x, L.Relation("<", x.variable.indices[0], last))
        yield L.Where(x, L.Relation("<=", x.variable.indices[0] + 1, last))
        yield L.Where(x, L.Relation("!=", x.variable.indices[0], Integer(at.model.time.lower + 1)))


def immediate(x, at):
    """The other kind of derivative, or another layout."""
    if isinstance(x, L.Partial):
        yield L.Partial(x.num, x.den, "immediate" if x.mode == "total" else "total", x.layout)
        for layout in L.LAYOUTS:
            yield L.Partial(x.num, x.den, x.mode, layout)
