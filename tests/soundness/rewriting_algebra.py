"""Rules of algebra that keep the meaning of a term: functions from a place to what may stand there instead."""

from __future__ import annotations

from edits import fresh, letters
from sympy import Integer, Symbol

from symbolic import language as L

ONE = Integer(1)


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
