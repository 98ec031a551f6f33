"""Rules about sums and products over steps, definitions and functions that keep the meaning of a term."""

from __future__ import annotations

from edits import BINDERS, fresh, letters, moved
from rewriting_algebra import filled, many, shaped
from sympy import Integer, Symbol

from symbolic import language as L
from symbolic.judging.workshop import workshop

LE = "<="


def over_components(x):
    """Whether a sum runs over components, or over both."""
    index = x.args[1]
    found = []
    stack = [x.args[0]]
    while stack:
        node = stack.pop()
        if isinstance(node, (L.Entry, L.Unit)):
            found += [i for i in (node.args[1:] if isinstance(node, L.Entry) else node.args[:1]) if index in i.free_symbols]
        stack.extend(node.args)
    return bool(found) or bool(x.args[4] if isinstance(x, L.SumOver) else ())


def over_time(x):
    return isinstance(x, BINDERS) and not over_components(x)


def at_step(x, number):
    """The body of a sum or product at one value of its letter."""
    return moved(x.args[0], x.args[1], number)


def letter_renamed(x, at):
    if isinstance(x, BINDERS):
        body, index, *rest = x.args
        taken = letters(x) | {i for b in at.binders for i in letters(b)} | {*at.steps, *at.sizes, *at.lengths}
        for name in ("q", "j"):
            other = fresh(Symbol(name), taken)
            yield x.func(moved(body, index, other), other, *rest)


def index_shifted(x, at):
    if over_time(x):
        body, index, low, high, *rest = x.args
        for k in (-1, 1, 2):
            yield x.func(moved(body, index, index + k), index, low - k, high - k, *rest)


def last_apart(x, at):
    if over_time(x) and isinstance(x, L.SumOver):
        body, index, low, high, *rest = x.args
        yield L.Plus(L.SumOver(body, index, low, high - 1, *rest), L.Where(at_step(x, high), L.Relation(LE, low, high)))
        yield L.Plus(L.Where(at_step(x, low), L.Relation(LE, low, high)), L.SumOver(body, index, low + 1, high, *rest))


def split_at_a_step(x, at):
    if over_time(x) and isinstance(x, L.SumOver):
        body, index, low, high, *rest = x.args
        for s, first, last in at.claim.free:
            if (first, last) == (low, high):
                yield L.Plus(L.SumOver(body, index, low, s, *rest), L.SumOver(body, index, s + 1, high, *rest))
                yield L.Plus(L.SumOver(body, index, low, s - 1, *rest), at_step(x, s), L.SumOver(body, index, s + 1, high, *rest))


def sums_swapped(x, at):
    if over_time(x) and isinstance(x, L.SumOver) and isinstance(x.args[0], L.SumOver) and over_time(x.args[0]):
        (inner, s, a, b, *_), (r, low, high) = x.args[0].args, x.args[1:4]
        if s == r:
            return
        if r not in a.free_symbols | b.free_symbols:
            yield L.SumOver(L.SumOver(inner, r, low, high), s, a, b)
        elif r not in a.free_symbols and b == r and low == a:  # 1 <= s <= r <= T
            yield L.SumOver(L.SumOver(inner, r, s, high), s, a, high)
        elif r not in b.free_symbols and a == r and high == b:
            yield L.SumOver(L.SumOver(inner, r, low, s), s, low, b)


def sum_of_a_sum(x, at):
    if isinstance(x, L.SumOver):
        body, index, *rest = x.args
        if isinstance(body, L.Plus) and not any(map(L.is_number, body.args)):
            yield L.Plus(*(L.SumOver(a, index, *rest) for a in body.args))
        if isinstance(body, (L.Product, L.Hadamard)) and len(body.args) > 1:
            first, *others = body.args
            if index not in letters(first):
                yield body.func(first, L.SumOver(many(body.func, others), index, *rest))
            *others, last = body.args
            if index not in letters(last):
                yield body.func(L.SumOver(many(body.func, others), index, *rest), last)
    if isinstance(x, L.Plus) and len(x.args) == 2 and all(isinstance(a, L.SumOver) for a in x.args):
        a, b = x.args
        if a.args[2:] == b.args[2:] and L.shape_of(a) == L.shape_of(b) and over_components(a) == over_components(b):
            yield L.SumOver(L.Plus(a.args[0], moved(b.args[0], b.args[1], a.args[1])), *a.args[1:]) if (
                a.args[1] not in letters(b.args[0]) or a.args[1] == b.args[1]
            ) else x


def factor_into_a_sum(x, at):
    if isinstance(x, (L.Product, L.Hadamard)):
        for k, a in enumerate(x.args):
            if isinstance(a, L.SumOver):
                outside = {s for j, b in enumerate(x.args) if j != k for s in letters(b)}
                index = fresh(a.args[1], outside) if a.args[1] in outside else a.args[1]
                body = moved(a.args[0], a.args[1], index)
                yield L.SumOver(x.func(*x.args[:k], body, *x.args[k + 1 :]), index, *a.args[2:])
    elif isinstance(x, (L.Transpose, L.Trace, L.Total, L.Diag)) and isinstance(x.args[0], L.SumOver):
        a = x.args[0]
        yield L.SumOver(x.func(a.args[0]), *a.args[1:])


def product_transposed(x, at):
    other = {"descending": "ascending", "ascending": "descending"}
    if isinstance(x, L.ProductOver) and shaped(x):
        yield L.Transpose(L.ProductOver(L.Transpose(x.args[0]), *x.args[1:4], other[x.order]))


def product_peeled(x, at):
    if isinstance(x, L.ProductOver) and shaped(x):
        body, index, low, high, order = x.args
        there, empty = L.Relation(LE, low, high), L.Where(L.Identity(*L.shape_of(x)[0]), L.Relation("<", high, low))
        for end, rest in ((high, (low, high - 1)), (low, (low + 1, high))):
            pair = (at_step(x, end), L.ProductOver(body, index, *rest, order))
            pair = pair if (end == high) == (x.order == "descending") else pair[::-1]
            yield L.Plus(L.Where(L.Product(*pair), there), empty)


def by_cases(x, at):
    if isinstance(x, L.Term) and at.model.time is not None:
        last, low = at.model.time.upper, at.model.time.lower
        for a, b in ((last, Integer(low + 1)), *((s, last - 1) for s in at.steps)):
            yield L.Plus(L.Where(x, L.Relation(LE, a, b)), L.Where(x, L.Relation("<", b, a)))
            yield L.Plus(L.Where(x, L.Relation("=", a, b)), L.Where(x, L.Relation("!=", a, b)))


def _used(variable, term, atom, family):
    """A rule at the steps of the model, the quantity itself before them; beyond them there is nothing."""
    inside, before = [], []
    for place, index in zip(variable.indices, family.indices, strict=True):
        inside += [L.Relation(LE, Integer(index.lower), place), L.Relation(LE, place, index.upper)]
        before += [L.Relation("<", place, Integer(index.lower))]
    if not inside:
        return term
    return L.Plus(L.Where(term, *inside), L.Where(atom, *before)) if len(before) == 1 else None


def _known_step(variable, at):
    """Whether the indices are letters that run inside the model's range."""
    inside = {s for s, low, high in at.claim.free if low.is_Integer and low >= 1 and high in at.lengths}
    inside |= {b.args[1] for b in at.binders if b.args[2].is_Integer and b.args[2] >= 1 and b.args[3] in at.lengths}
    return all(i in inside for i in variable.indices)


def definition(x, at):
    family = at.model.families.get(x.name) if isinstance(x, L.Var) else None
    equation = at.model.equation(x.name) if family is not None else None
    if equation is not None and len(x.indices) == len(family.indices):
        right = equation.right
        for letter, index in zip(equation.left.indices, x.indices, strict=True):
            right = moved(right, letter, index)
        if _known_step(x, at):
            yield right
        elif (guarded := _used(x, right, x, family)) is not None and all(i.is_Integer or not i.is_Symbol for i in x.indices):
            beyond = [L.Relation("<", i.upper, place) for place, i in zip(x.indices, family.indices, strict=True)]
            yield L.Plus(guarded, *(L.Where(x, b) for b in beyond))


def recurrence(x, at):
    if isinstance(x, L.Adjoint) and not any(isinstance(b, L.Adjoint) for b in at.binders):
        derivation = workshop(at.model)[1]
        rule = derivation.adjoints.get(x.variable.name)
        if rule is not None:
            right = derivation.adjoint(x.variable.name)
            for letter, index in zip(rule.variable.indices, x.variable.indices, strict=True):
                right = moved(right, letter, index)
            if _known_step(x.variable, at) and not at.binders:
                yield right
            elif len(x.variable.indices) == 1:  # before the last step, for there is no quantity after it
                (step,), (index,) = x.variable.indices, at.model.families[x.variable.name].indices
                before, last = L.Relation("<", step, Integer(index.lower)), L.Relation(LE, index.upper, step)
                inside = L.Relation(LE, Integer(index.lower), step), L.Relation("<", step, index.upper)
                yield L.Plus(L.Where(right, *inside), L.Where(x, before), L.Where(x, last, L.Relation(LE, Integer(index.lower), step)))


def slopes(x, at):
    if isinstance(x, L.Apply) and not x.fun.kind and x.fun.order == 1 and x.fun.name in ("tanh", "sigmoid", "softplus", "exp"):
        base = L.Fun(x.fun.name)
        yield L.slope(base, x.x, base(x.x))
    elif isinstance(x, L.Plus) and len(x.args) == 2 and x.args[0] == 1:
        y = x.args[1]
        if isinstance(y, L.Product) and y.args[0] == -1 and len(y.args) == 2 and isinstance(y.args[1], L.Power):
            base, k = y.args[1].args
            if k == 2 and isinstance(base, L.Apply) and base.fun == L.Fun("tanh"):
                yield L.Apply(L.Fun("tanh", 1), base.x)


def turned_functions(x, at):
    if isinstance(x, L.Apply) and not x.fun.kind and x.fun.order == 0:
        minus = L.Apply(x.fun, L.negative(x.x))
        row = {
            "tanh": lambda: L.negative(minus), "sigmoid": lambda: L.Plus(1, L.negative(minus)),
            "exp": lambda: L.Quotient(1, minus), "relu": lambda: L.Plus(minus, x.x), "softplus": lambda: L.Plus(minus, x.x),
        }.get(x.fun.name)  # fmt: skip
        if row is not None:
            yield row()


def written_out(x, at):
    """Functions by others: ReLU(z) = 1(z > 0) z, log softmax."""
    if isinstance(x, L.Apply) and not x.fun.kind and x.fun.order == 0:
        if x.fun.name == "relu":
            yield L.Hadamard(L.step(x.x), x.x)
        if x.fun.name == "log" and isinstance(x.x, L.Apply) and x.x.fun == L.Fun("softmax"):
            yield L.logsoftmax(x.x.x)
        if x.fun.name == "logsoftmax":
            yield L.Plus(x.x, L.negative(L.Product(L.logsumexp(x.x), filled(1, x))))
