"""Mistakes: a row per kind, its name and a function from a place in a right formula to what is written there instead.

Whether a mutant is wrong is for `truth` to say: some of these mistakes change nothing, others only at one length or size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import permutations

from edits import BINDERS, WRONG_SHAPE, free_letters, letters, moved, places, put
from right_claims import everything
from sympy import Integer, Rational, Symbol

from symbolic import language as L
from symbolic.field import route
from symbolic.field.reach import larger, sizes
from symbolic.model import Model, variables

ONE = Integer(1)
NAMES = tuple(row.name for row in L.FUNCTIONS.values() if row.kind == "elementwise")


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


def _kept(node):
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


def _many(head, args):
    return args[0] if len(args) == 1 else head(*args)


def transpose(x, at):
    if isinstance(x, L.Transpose):
        yield x.args[0]
    elif _kept(x) and not L.is_scalar(x):
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
            yield _many(x.func, x.args[:k] + x.args[k + 1 :])


def doubled_factor(x, at):
    if isinstance(x, (L.Product, L.Hadamard)):
        for k in range(len(x.args)):
            yield x.func(*x.args[: k + 1], *x.args[k:])
    elif isinstance(x, (L.Var, L.Adjoint)):
        yield L.Hadamard(x, x)


def other_product(x, at):
    if isinstance(x, L.Product) and len(x.args) > 1:
        for k in range(len(x.args) - 1):
            yield _many(L.Product, (*x.args[:k], L.Hadamard(x.args[k], x.args[k + 1]), *x.args[k + 2 :]))
    elif isinstance(x, L.Hadamard):
        yield L.Product(*x.args)


def sign(x, at):
    if isinstance(x, L.Plus):
        for k, a in enumerate(x.args):
            yield L.Plus(*x.args[:k], L.negative(a), *x.args[k + 1 :])
    elif _kept(x):
        yield L.Product(-1, x)


def coefficient(x, at):
    for number in (2, Rational(1, 2), 3, Rational(1001, 1000), Rational(-2, 3)):
        if L.is_number(x):
            yield x + number
        elif _kept(x):
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
            yield _many(L.Plus, x.args[:k] + x.args[k + 1 :])


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
        if y is None or not _kept(x):
            continue
        yield L.Product(L.Total(y), x)
        yield L.Product(L.Total(L.Hadamard(y, y)), x)
        yield L.Plus(x, L.Product(L.Plus(L.Total(y), -1), x))


def only_from_zero(x, at):
    """True only if the state before the first step is zero."""
    asked = {v.name for e in at.model.equations for v in variables(e.right) if any(L.affine(i)[1] < 0 for i in v.indices)}
    for family in at.model.of_role("state"):
        if len(family.indices) == 1 and _kept(x) and family.name in asked:
            yield L.Plus(x, L.Product(L.Total(family.at(family.indices[0].lower - 1)), x))


def only_for_short(x, at):
    """True up to some length or step."""
    if at.model.time is None or not _kept(x):
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
        e.append(L.Product(Rational(1, j), _many(L.Plus, terms)))
    return e[k]


def only_for_small(x, at):
    """True for small sizes only."""
    if not _kept(x):
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
    """The primes with which the second route meets this claim, those of the first points first."""
    sums, zeros = everything(claim.model)
    question = route.Question(claim.model, claim.left, claim.right, claim.free, claim.conditions, sums, zeros)
    first = sizes(claim.model, (claim.left, claim.right))
    chosen = [(first, 1), (first, 2), (larger(first), 1), (first, 3)]
    return tuple(route._world(question, s, length, False).forward.field.primes for s, length in chosen)


def prime_coefficient(x, at):
    if not _kept(x):
        return
    fields = _primes(at.claim)
    every = [p for primes in fields for p in primes]
    product = 1
    for p in every:
        product *= p
    whole = fields[0]
    one = 1
    for p in whole:
        one *= p
    for number in (whole[0], whole[-1], whole[0] * whole[1], one, product, 2**61 - 1, 2**31 - 1, 2097143, 4194301):
        yield L.Product(1 + number, x)
        yield L.Plus(x, L.Product(number, x))
        yield L.Plus(x, L.Product(Rational(number, 7), x))


def prime_power(x, at):
    if _kept(x):
        (p, *_), *_ = _primes(at.claim)
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
        for other in (*sized, *at.lengths, *at.steps, x + 1):
            yield other
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


ROWS = (
    transpose, swapped_factors, shifted_step, another_step, limits_by_one, other_limits, dropped_factor, doubled_factor,
    other_product, sign, coefficient, other_weight, other_quantity, moved_bracket, dropped_summand, bound_for_free, captured,
    scope_of_a_sum, order_of_product, only_with_labels, only_from_zero, only_for_short, only_for_small, prime_coefficient,
    prime_power, exponent, condition, other_function, without_diag, other_component, other_size, cut_and_joined, scalar_heads,
    over_itself, last_step_only, immediate,
)  # fmt: skip
OPERATORS = {row.__name__.replace("_", " "): row for row in ROWS}
TWICE = "two mistakes"
"""A row of its own: any mistake after any other one."""


def mutants(row, claim):
    """All mutants of a claim by one row: its right side changed at one place, its left side as it was."""
    side = claim.right
    known = free_letters(claim.left) | free_letters(side) | {s for s, *_ in claim.free} | {i.upper for i in claim.model.indices}
    known |= {s for f in claim.model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols}
    found, seen = [], {side}
    for place in places(side):
        try:
            for new in _changes(row, place, Around(claim.model, claim, place.binders)):
                whole = _put(side, place.path, new)
                if whole is not None and whole not in seen and L.shape_of(whole) == L.shape_of(side) and free_letters(whole) <= known:
                    seen.add(whole)
                    found.append(replace(claim, right=whole))
        except WRONG_SHAPE:
            continue
    return found


def _changes(row, place, around):
    changes = row(place.node, around)
    while True:
        try:
            yield next(changes)
        except StopIteration:
            return
        except WRONG_SHAPE:
            return


def _put(side, path, new):
    try:
        return put(side, path, new)
    except WRONG_SHAPE:
        return None


@cache
def _all(name, right):
    return mutants(OPERATORS[name], right.claim)


def random_mutant(name, rights, random):
    """(the right claim, a mutant of it) by a row; the same for the same random numbers."""
    while True:
        right = random.choice(rights)
        if name != TWICE:
            found = _all(name, right)
            if found:
                return right, random.choice(found)
            continue
        first = _all(random.choice(sorted(OPERATORS)), right)
        if first:
            once = random.choice(first)
            second = mutants(OPERATORS[random.choice(sorted(OPERATORS))], once)
            if second:
                return right, random.choice(second)
