"""Rules that keep the meaning of a term: a row per rule, its name and a function from a place to what may stand there instead."""

from __future__ import annotations

from edits import BINDERS, WRONG_SHAPE, fresh, letters, moved, places, put
from mutants import Around
from sympy import Integer, Symbol

from symbolic import language as L
from symbolic.judging.workshop import workshop

ONE = Integer(1)
LE = "<="


def many(head, args):
    args = tuple(args)
    return args[0] if len(args) == 1 else head(*args)


def filled(number, x):
    return L.Filled(number, *L.shape_of(x))


def shaped(x):
    return isinstance(x, L.Term) and not L.is_scalar(x)


def is_column(x):
    rows, cols = L.shape_of(x)
    return bool(rows) and not cols


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


# --- algebra -----------------------------------------------------------------------------------------------------------------


def commuted_summands(x, at):
    if isinstance(x, L.Plus):
        yield L.Plus(*reversed(x.args))
        yield L.Plus(*x.args[1:], x.args[0])


def commuted_entries(x, at):
    if isinstance(x, L.Hadamard):
        yield L.Hadamard(*reversed(x.args))
        yield L.Hadamard(*x.args[1:], x.args[0])


def grouped(x, at):
    if isinstance(x, (L.Plus, L.Product, L.Hadamard)) and len(x.args) > 2:
        for k in range(len(x.args) - 1):
            yield x.func(*x.args[:k], x.func(*x.args[k : k + 2]), *x.args[k + 2 :])


def ungrouped(x, at):
    if isinstance(x, (L.Plus, L.Hadamard)):
        for k, a in enumerate(x.args):
            if isinstance(a, x.func) and L.shape_of(a) == L.shape_of(x):
                yield x.func(*x.args[:k], *a.args, *x.args[k + 1 :])


def transposed_product(x, at):
    if isinstance(x, L.Product) and shaped(x):
        yield L.Transpose(L.Product(*(L.Transpose(a) if shaped(a) else a for a in reversed(x.args))))
    elif isinstance(x, L.Transpose) and isinstance(x.args[0], L.Product):
        yield L.Product(*(L.Transpose(a) if shaped(a) else a for a in reversed(x.args[0].args)))


def transposed_twice(x, at):
    if shaped(x):
        yield L.Transpose(L.Transpose(x))
    if isinstance(x, L.Transpose) and isinstance(x.args[0], L.Transpose):
        yield x.args[0].args[0]


def transposed_entries(x, at):
    if isinstance(x, L.Transpose) and isinstance(x.args[0], (L.Plus, L.Hadamard)):
        yield x.args[0].func(*(L.Transpose(a) if shaped(a) else a for a in x.args[0].args))
    elif isinstance(x, (L.Plus, L.Hadamard)) and shaped(x):
        yield L.Transpose(x.func(*(L.Transpose(a) if shaped(a) else a for a in x.args)))


def diag_for_entries(x, at):
    if isinstance(x, L.Hadamard) and is_column(x) and len(x.args) > 1 and is_column(x.args[0]):
        yield L.Product(L.Diag(x.args[0]), many(L.Hadamard, (x.args[1:])))
    elif isinstance(x, L.Product) and len(x.args) == 2 and isinstance(x.args[0], L.Diag):
        v, y = x.args[0].args[0], x.args[1]
        if is_column(v) and is_column(y):
            yield L.Hadamard(v, y)
        elif is_column(v) and shaped(y):
            yield L.Hadamard(L.Product(v, L.Filled(1, (), L.shape_of(y)[1])), y)


def identity_inserted(x, at):
    rows, cols = L.shape_of(x)
    if shaped(x):
        if rows:
            yield L.Product(L.Identity(*rows), x)
        if cols:
            yield L.Product(x, L.Identity(*cols))


def zero_added(x, at):
    if isinstance(x, L.Term):
        yield L.Plus(x, filled(0, x))
        yield L.Plus(x, filled(3, x), filled(-3, x))
    if isinstance(x, (L.Var, L.Adjoint)):
        yield L.Plus(x, x, L.negative(x))


def one_multiplied(x, at):
    if isinstance(x, L.Term):
        yield L.Hadamard(filled(1, x), x)
        yield L.Product(1, x)
        yield L.Product(L.Product(2, x), Integer(1) / 2)
        yield L.Quotient(L.Product(3, x), 3)


def number_moved(x, at):
    if isinstance(x, L.Product) and L.is_number(x.args[0]) and len(x.args) > 1:
        yield L.Product(*x.args[1:], x.args[0])
        yield L.Hadamard(x.args[0], many(L.Product, x.args[1:]))
        yield L.Product(-x.args[0], *x.args[1:-1], L.negative(x.args[-1]))
    elif isinstance(x, L.Hadamard) and L.is_number(x.args[0]) and len(x.args) > 1:
        yield L.Product(x.args[0], many(L.Hadamard, x.args[1:]))


def distributed(x, at):
    if isinstance(x, (L.Product, L.Hadamard)):
        for k, a in enumerate(x.args):
            if isinstance(a, L.Plus):
                whole = [filled(b, a) if L.is_number(b) and shaped(a) else b for b in a.args]
                yield L.Plus(*(x.func(*x.args[:k], b, *x.args[k + 1 :]) for b in whole))
    elif isinstance(x, (L.Transpose, L.Trace, L.Total, L.Diag)) and isinstance(x.args[0], L.Plus) and shaped(x.args[0]):
        whole = [filled(b, x.args[0]) if L.is_number(b) else b for b in x.args[0].args]
        yield L.Plus(*(x.func(b) for b in whole))


def factored(x, at):
    if isinstance(x, L.Plus) and len(x.args) == 2:
        a, b = x.args
        if type(a) is type(b) and isinstance(a, (L.Product, L.Hadamard)) and len(a.args) > 1 and len(b.args) > 1:
            if a.args[0] == b.args[0]:
                yield a.func(a.args[0], L.Plus(*(many(a.func, c.args[1:]) for c in (a, b))))
            if a.args[-1] == b.args[-1]:
                yield a.func(L.Plus(*(many(a.func, c.args[:-1]) for c in (a, b))), a.args[-1])


def squares(x, at):
    if isinstance(x, L.Power) and x.args[1] == 2:
        yield L.Hadamard(x.args[0], x.args[0])
    elif isinstance(x, L.Power) and x.args[1] == 3:
        yield L.Hadamard(x.args[0], L.Power(x.args[0], 2))
    elif isinstance(x, L.Hadamard) and len(x.args) == 2 and x.args[0] == x.args[1]:
        yield L.Power(x.args[0], 2)
    elif isinstance(x, L.Plus) and len(x.args) == 2 and x.args[0] == 1 and isinstance(x.args[1], L.Product):
        minus = x.args[1].args
        if minus[0] == -1 and len(minus) == 2 and isinstance(minus[1], L.Power) and minus[1].args[1] == 2:  # 1 - h²
            yield L.Hadamard(L.Plus(1, minus[1].args[0]), L.Plus(1, L.negative(minus[1].args[0])))


def quotients(x, at):
    if isinstance(x, L.Quotient):
        top, below = x.args
        if L.shape_of(top) == L.shape_of(below):
            yield L.Hadamard(top, L.Quotient(1, below))
            yield L.Hadamard(top, L.Power(below, -1))
        if isinstance(top, L.Hadamard) and L.shape_of(top) == L.shape_of(below) == L.shape_of(top.args[-1]):
            yield L.Hadamard(*top.args[:-1], L.Quotient(top.args[-1], below))
        if isinstance(top, L.Plus) and not any(map(L.is_number, top.args)):
            yield L.Plus(*(L.Quotient(a, below) for a in top.args))


# --- numbers made of vectors and matrices ------------------------------------------------------------------------------------


def inner_products(x, at):
    if isinstance(x, L.Product) and L.is_scalar(x) and len(x.args) == 2 and all(map(shaped, x.args)):
        row, column = x.args
        yield L.Product(L.Transpose(column), L.Transpose(row))
        yield L.Total(L.Hadamard(L.Transpose(row), column))
        yield L.Trace(L.Product(column, row))
    if isinstance(x, L.Product) and L.is_scalar(x) and shaped(x.args[0]) and len(x.args) > 2:
        yield L.Trace(L.Product(*x.args[1:], x.args[0]))


def traces(x, at):
    if isinstance(x, L.Trace):
        (a,) = x.args
        yield L.Trace(L.Transpose(a))
        yield L.Total(L.DiagPart(a))
        if isinstance(a, L.Product) and len(a.args) > 1 and all(map(shaped, a.args)):
            yield L.Trace(L.Product(*a.args[1:], a.args[0]))
            yield L.Total(L.Hadamard(L.Transpose(a.args[0]), many(L.Product, a.args[1:])))


def totals(x, at):
    if isinstance(x, L.NormSquared):
        yield L.Total(L.Hadamard(x.args[0], x.args[0]))
        yield L.Trace(L.Product(L.Transpose(x.args[0]), x.args[0]))
    elif isinstance(x, L.Total) and shaped(x.args[0]):
        rows, cols = L.shape_of(x.args[0])
        yield L.Product(L.Filled(1, (), rows), x.args[0], L.Filled(1, cols))
        yield L.Total(L.Transpose(x.args[0]))


def outer_products(x, at):
    if isinstance(x, L.Product) and len(x.args) == 2 and all(map(shaped, x.args)):
        a, b = x.args
        if not L.shape_of(a)[1] and not L.shape_of(b)[0]:
            yield L.Kronecker(a, b)
    elif isinstance(x, L.Kronecker) and not L.shape_of(x.args[0])[1] and not L.shape_of(x.args[1])[0] and all(map(shaped, x.args)):
        yield L.Product(*x.args)


def kronecker_products(x, at):
    if isinstance(x, L.Product):
        for k in range(len(x.args) - 1):
            p, q = x.args[k : k + 2]
            if isinstance(p, L.Kronecker) and isinstance(q, L.Kronecker):
                both = L.Kronecker(*(L.Product(a, b) for a, b in zip(p.args, q.args, strict=True)))
                yield many(L.Product, (*x.args[:k], both, *x.args[k + 2 :]))
    elif isinstance(x, L.Kronecker):
        a, b = x.args
        if all(isinstance(y, L.Product) and len(y.args) > 1 and all(map(shaped, y.args)) for y in (a, b)):
            yield L.Product(L.Kronecker(a.args[0], b.args[0]), L.Kronecker(*(many(L.Product, y.args[1:]) for y in (a, b))))
        (rows, cols), (more, other) = map(L.shape_of, (a, b))
        if rows and cols and more and other:
            yield L.Product(L.Kronecker(a, L.Identity(*more)), L.Kronecker(L.Identity(*cols), b))
            yield L.Product(L.Commute(more, rows), L.Kronecker(b, a), L.Commute(cols, other))
        yield L.Transpose(L.Kronecker(*(L.Transpose(y) if shaped(y) else y for y in x.args)))


def vectorised(x, at):
    rows, cols = L.shape_of(x)
    if isinstance(x, L.Vec) and x.args[1].name == "row" and isinstance(x.args[0], L.Product):
        factors = x.args[0].args
        if len(factors) == 3 and all(map(shaped, factors)) and not any(() in L.shape_of(a) for a in factors):
            yield L.Product(L.Kronecker(factors[0], L.Transpose(factors[2])), L.Vec(factors[1]))
        if len(factors) == 2 and all(map(shaped, factors)) and not any(() in L.shape_of(a) for a in factors):
            yield L.Product(L.Kronecker(factors[0], L.Identity(*L.shape_of(factors[1])[1])), L.Vec(factors[1]))
    if isinstance(x, L.Vec) and all(L.shape_of(x.args[0])):
        inner, order = x.args[0], x.args[1].name
        yield L.Vec(L.Transpose(inner), "column" if order == "row" else "row")
        if order == "row":
            yield L.Product(L.Commute(*reversed(L.shape_of(inner))), L.Vec(L.Transpose(inner)))
    elif rows and cols and len(rows) == len(cols) == 1 and isinstance(x, (L.Var, L.Product)):
        yield L.Reshape(L.Vec(x), rows, cols)


def components(x, at):
    if not isinstance(x, L.Entry):
        return
    a, *index = x.args
    if isinstance(a, L.Transpose) and len(index) == 2:
        yield L.Entry(a.args[0], *reversed(index))
    elif isinstance(a, (L.Plus, L.Hadamard)):
        yield a.func(*(b if L.is_number(b) else L.Entry(b, *index) for b in a.args))
    elif isinstance(a, L.Product) and len(a.args) == 2 and all(map(shaped, a.args)):
        left, right = a.args
        inner = L.shape_of(left)[1]
        if len(inner) == 1 and len(L.shape_of(left)[0]) == 1 and len(L.shape_of(right)[1]) == len(index) - 1:
            k = fresh(Symbol("k"), letters(x) | {i for b in at.binders for i in letters(b)} | set(at.steps))
            yield L.SumOver(L.Product(L.Entry(left, index[0], k), L.Entry(right, k, *index[1:])), k, 1, inner[0])
    elif isinstance(a, L.Var) and len(index) == 1 and is_column(a) and isinstance(index[0], Symbol):
        yield L.Product(L.Transpose(L.Unit(index[0], *L.shape_of(a)[0])), a)


def joined(x, at):
    if isinstance(x, L.Product) and len(x.args) == 2:
        a, b = x.args
        if isinstance(b, L.Concat) and int(b.args[0]) == 0 and isinstance(a, L.Var):
            parts = [L.shape_of(y)[0] for y in b.args[1:]]
            if all(len(p) < 2 for p in parts):
                sizes = [p[0] if p else ONE for p in parts]
                cut = (L.Block(a, 1, k, sizes) for k in range(len(parts)))
                yield L.Plus(*(L.Product(c, y) for c, y in zip(cut, b.args[1:], strict=True)))
        elif is_column(b) and L.shape_of(a)[0] and shaped(a):  # A b + A b = [A A] [b; b]
            both = L.Product(L.Concat(1, a, a), L.Concat(0, b, b))
            yield L.Product(Integer(1) / 2, both)
    if isinstance(x, L.Var) and is_column(x) and len(L.shape_of(x)[0]) == 1:
        (n,) = L.shape_of(x)[0]
        yield L.Block(L.Concat(0, x, L.Product(2, x)), 0, 0, (n, n))


# --- sums and products over steps -----------------------------------------------------------------------------------------------


def letter_renamed(x, at):
    if isinstance(x, BINDERS):
        body, index, *rest = x.args
        taken = letters(x) | {i for b in at.binders for i in letters(b)} | set(at.steps)
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


# --- definitions ----------------------------------------------------------------------------------------------------------------


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
            if _known_step(x.variable, at) and not {i for i in x.variable.indices} & {b.args[1] for b in at.binders}:
                yield right
            elif (guarded := _used(x.variable, right, x, at.model.families[x.variable.name])) is not None:
                yield guarded


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


ROWS = (
    commuted_summands, commuted_entries, grouped, ungrouped, transposed_product, transposed_twice, transposed_entries,
    diag_for_entries, identity_inserted, zero_added, one_multiplied, number_moved, distributed, factored, squares, quotients,
    inner_products, traces, totals, outer_products, kronecker_products, vectorised, components, joined, letter_renamed,
    index_shifted, last_apart, split_at_a_step, sums_swapped, sum_of_a_sum, factor_into_a_sum, product_transposed,
    product_peeled, by_cases, definition, recurrence, slopes, turned_functions, written_out,
)  # fmt: skip
RULES = {row.__name__.replace("_", " "): row for row in ROWS}


def rewritten(claim, side, rule, random):
    """The term with a rule applied at one place, or None where it applies nowhere."""
    spots = list(places(side))
    random.shuffle(spots)
    for place in spots:
        try:
            options = list(RULES[rule](place.node, Around(claim.model, claim, place.binders)))
        except WRONG_SHAPE:
            continue
        random.shuffle(options)
        for new in options:
            try:
                whole = put(side, place.path, new)
            except WRONG_SHAPE:
                continue
            if whole != side and L.shape_of(whole) == L.shape_of(side):
                return whole
    return None


def chain(claim, side, length, random, rules=tuple(RULES)):
    """(the term after so many rules, their names)."""
    names = []
    for _ in range(20 * length):
        if len(names) == length:
            break
        rule = random.choice(rules)
        found = rewritten(claim, side, rule, random)
        if found is not None:
            side, names = found, [*names, rule]
    return side, tuple(names)
