"""Right and wrong equalities about ordered products of diagonal factors: every entry is a product of numbers."""

from prover_models import LSTM, P, i, j, s, steps, t, total
from prover_states import carried
from sympy import Integer

from symbolic.language import (
    Diag,
    DiagPart,
    Entry,
    Filled,
    Hadamard,
    Identity,
    Product,
    ProductOver,
    Relation,
    SumOver,
    Total,
    Trace,
    Where,
)

n = LSTM.size.n
I = Identity(n)
f, o, c = LSTM.f, LSTM.o, LSTM.c
FROM_1, FROM_2 = (steps("LSTM"),), (steps("LSTM", low=Integer(2)),)
BOTH = (steps("LSTM"), steps("LSTM", s))
IN_P = (steps("P"), steps("P", s))
ORDERED, STRICTLY = (Relation("<=", s, t),), (Relation("<", s, t),)


def forget(low, high=t, gate=f):
    return carried(Diag(gate[i]), low, high)


def kept(low=1, high=t):
    """What is kept of c_0."""
    return forget(low, high) * c[0]


def summed(factor, bound=t):
    return forget(1) * c[0] + total(factor * Hadamard(LSTM.i[s], LSTM.g[s]), s, 1, bound)


def carried_on(low, high=t):
    """∏ diag(1 + f_i)."""
    return carried(I + Diag(f[i]), low, high)


def inputs(low, high=t):
    """Inputs multiplied entry by entry."""
    return carried(Diag(P.x[i]), low, high) * Filled(1, (P.size.n,))


def mixed(low, high=t):
    """∏ of W g_i entry by entry."""
    return DiagPart(carried(Diag(P.W * P.g[i]), low, high))


def entries(low, high=t):
    """One entry of it."""
    return ProductOver(Entry(P.W * P.g[i], j), i, low, high)


def between(step):
    """A factor with two sums in it."""
    return P.W * Diag(P.g[step]) * P.W


weighed = P.b.T * P.x[i]
number = LSTM.i[i].T * LSTM.g[i]
last = Diag(f[t]) * forget(s + 1, t - 1)
first = forget(s + 2) * Diag(f[s + 1])
nothing = Where(I, Relation("<", t, s + 1))
numbers = ProductOver(number, i, 1, t)

RIGHT_DIAGONAL = {
    "the last gate apart": ("LSTM", c[t], summed(Where(last, Relation("<=", s + 1, t)) + nothing), FROM_1, ()),
    "the first gate apart": ("LSTM", c[t], summed(Where(first, Relation("<=", s + 1, t)) + nothing), FROM_1, ()),
    "the last gate apart, its step of its own": ("LSTM", c[t], summed(last, t - 1) + Hadamard(LSTM.i[t], LSTM.g[t]), FROM_1, ()),
    "a gate beside its product": ("LSTM", Hadamard(f[t], kept(high=t - 1)), kept(), FROM_1, ()),
    "squares": ("LSTM", Hadamard(f[t], f[t], kept(high=t - 1), kept(high=t - 1)), kept() ** 2, FROM_1, ()),
    "squares without their first gate": ("LSTM", kept() ** 2, Hadamard(f[1], f[1], (forget(2) * c[0]) ** 2), FROM_1, ()),
    "squares at either end": ("LSTM", Hadamard(f[1], f[1], (forget(2) * c[0]) ** 2), Hadamard(f[t], f[t], kept(high=t - 1) ** 2),
        FROM_1, ()),
    "a product beside one that is taken up": ("LSTM", Hadamard(f[t], kept(high=t - 1), kept()), kept() ** 2, FROM_1, ()),
    "numbers beside one that is taken up": ("LSTM", ProductOver(number, i, 1, t - 1) * number.xreplace({i: t}) * numbers,
        numbers ** 2, FROM_1, ()),
    "two gates": ("LSTM", carried(Diag(Hadamard(f[i], o[i])), 1), forget(1) * forget(1, gate=o), FROM_1, ()),
    "two parts": ("LSTM", forget(s + 1) * forget(1, s), forget(1), BOTH, (), ORDERED),
    "the other order": ("LSTM", ProductOver(Diag(f[i]), i, 1, t, "ascending"), forget(1), FROM_1, ()),
    "a number times I": ("LSTM", carried(Product(number, I), 1), Product(numbers, I), FROM_1, ()),
    "a number beside gates": ("LSTM", carried(Product(2, Diag(f[i])), 1), Product(ProductOver(Integer(2), i, 1, t), forget(1)),
        FROM_1, ()),
    "one and a gate, summed up": ("LSTM", carried_on(1), I + total(Diag(f[s]) * carried_on(1, s - 1), s, 1, t), FROM_1, ()),
    "one and a gate, the last apart": ("LSTM", carried_on(1), carried_on(1, t - 1) + Diag(f[t]) * carried_on(1, t - 1), FROM_1, ()),
    "no gate": ("LSTM", forget(t + 1), I, FROM_1, ()),
    "zero": ("LSTM", carried(Product(0, Diag(f[i])), 1), Filled(0, (n,), (n,)), FROM_1, ()),
}

WRONG_DIAGONAL = {
    "a product twice": ("LSTM", Hadamard(f[t], kept(high=t - 1), kept()), Hadamard(kept(), c[0]), FROM_1),
    "numbers twice": ("LSTM", ProductOver(number, i, 1, t - 1) * number.xreplace({i: t}) * numbers, numbers, FROM_1),
    "numbers twice and another": ("LSTM", ProductOver(number, i, 1, t - 1) * number.xreplace({i: t}) * numbers * kept(),
        numbers * kept(), FROM_1),
    "squares of the gate alone": ("LSTM", Hadamard(f[t], f[t], kept(high=t - 1), c[0]), Hadamard(kept(), kept()), FROM_1),
    "a square and one beside it, one less": ("LSTM", Hadamard(f[1], f[1], forget(2) * c[0], forget(2) * c[0], kept(2, t - 1)),
        Hadamard(f[t], f[t], kept(high=t - 1), kept(high=t - 1)), FROM_2),
    "squares at either end, one of the gates": ("LSTM", Hadamard(f[1], (forget(2) * c[0]) ** 2), Hadamard(f[t],
        kept(high=t - 1) ** 2), FROM_2),
    "one gate for two": ("LSTM", Hadamard(f[t], kept(high=t - 1), kept(high=t - 1)), kept() ** 2, FROM_2),
    "the last gate where there is none": ("LSTM", c[t], summed(last), FROM_1),
    "another gate": ("LSTM", Hadamard(o[t], kept(high=t - 1)), kept(), FROM_1),
    "the gate of another step": ("LSTM", Hadamard(f[t - 1], kept(high=t - 1)), kept(), FROM_2),
    "the sum of products for the product of sums": ("LSTM", Trace(forget(1)), ProductOver(Trace(Diag(f[i])), i, 1, t), FROM_2),
    "squares in a number": ("LSTM", ProductOver(number, i, 1, t) ** 2, ProductOver(Hadamard(LSTM.i[i], LSTM.i[i]).T
        * Hadamard(LSTM.g[i], LSTM.g[i]), i, 1, t), FROM_1),
    "the square of a sum for the sum of squares": ("P", carried(weighed, 1, t - 1) ** 2 * Hadamard(P.b, P.b).T * Hadamard(P.x[t],
        P.x[t]), carried(weighed, 1) ** 2, (steps("P", low=Integer(2)),)),
    "the later part squared": ("P", Hadamard(inputs(s + 1), inputs(s + 1), inputs(1, s)), inputs(1) ** 2, IN_P, STRICTLY),
    "the earlier part squared": ("P", Hadamard(inputs(s + 1), inputs(1, s), inputs(1, s)), inputs(1), IN_P, STRICTLY),
    "what is summed in a factor, summed outside": ("P", Total(Hadamard(mixed(1, t - 1), DiagPart(P.W), P.g[t])), Total(Hadamard(mixed(2),
        DiagPart(P.W), P.g[1])), (steps("P"),)),
    "the same with a letter": ("P", SumOver(Product(entries(1, t - 1), Entry(P.W, j, j), Entry(P.g[t], j)), j, 1, P.size.n),
        SumOver(Product(entries(2), Entry(P.W, j, j), Entry(P.g[1], j)), j, 1, P.size.n), (steps("P"),)),
    "what is summed in a factor, at the other leg": ("P", P.W * Diag(P.g[t]) * DiagPart(P.W * between(t - 1) * carried(between(i), 1,
        t - 2)), between(t) * P.W * Diag(P.g[t - 1]) * DiagPart(P.W * carried(between(i), 1, t - 2)), (steps("P", low=Integer(3)),)),
    "zero, which is I where it is empty": ("LSTM", carried(Product(0, Diag(f[i])), s, t - 2), Filled(0, (n,), (n,)), BOTH,
        STRICTLY),
    "a gap": ("LSTM", forget(s + 1) * forget(1, s - 1), forget(1), BOTH, ORDERED),
    "an overlap": ("LSTM", forget(s) * forget(1, s), forget(1), BOTH, ORDERED),
    "two parts in the wrong order": ("LSTM", forget(s + 1) * forget(1, s), forget(1), BOTH),
    "one and a gate, the last left out": ("LSTM", carried_on(1), I + total(Diag(f[s]) * carried_on(1, s - 1), s, 1, t - 1), FROM_1),
    "no diagonal factor": ("P", carried(Diag(P.b) * P.W, 1), carried(P.W * Diag(P.b), 1), (steps("P"),)),
    "one summand on the diagonal": ("P", carried(Diag(P.b) + P.W, 1), carried(Diag(P.b), 1) + carried(P.W, 1), (steps("P"),)),
}
