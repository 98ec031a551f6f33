"""Right and wrong equalities about states that are linear in their own past, written out from the first step on."""

from prover_models import LSTM, L, i, s, steps, t, total

from symbolic.language import Adjoint, Diag, Hadamard, Product, ProductOver


def carried(factor, low, high=t):
    return ProductOver(factor, i, low, high)


def linear(to=t, first=1, start=1, order=True):
    """What h of the linear network is at a step."""
    factors = (L.W, L.U * L.x[s]) if order else (L.W.T, L.U * L.x[s])
    return carried(L.W, start, to) * L.h[0] + total(carried(factors[0], s + 1, to) * factors[1], s, first, to)


def cell(low=s + 1, start=True):
    """What c of an LSTM is, with the c before the first step or without."""
    forget = Diag(LSTM.f[i])
    added = total(carried(forget, low) * Hadamard(LSTM.i[s], LSTM.g[s]), s, 1, t)
    return carried(forget, 1) * LSTM.c[0] + added if start else added


RIGHT_STATES = {
    "linear": ("L", L.h[t], linear(), (steps("L"),), ()),
    "linear, a step before": ("L", L.h[t - 1], linear(t - 1), (steps("L"),), ()),
    "linear, its output": ("L", L.e[t], Product(2, linear()), (steps("L"),), ()),
    "linear, in a gradient": ("L", Adjoint(L.b), total(Product(2, linear()), t, 1, L.T), (), ()),
    "cell": ("LSTM", LSTM.c[t], cell(), (steps("LSTM"),), ()),
    "cell, entry by entry with its sum": ("LSTM", Hadamard(LSTM.c[t], LSTM.o[t]), Hadamard(LSTM.o[t], cell()), (steps("LSTM"),), ()),
}

WRONG_STATES = {
    "linear, without the start": ("L", L.h[t], linear() - carried(L.W, 1) * L.h[0], (steps("L"),)),
    "linear, a factor too few at the start": ("L", L.h[t], linear(start=2), (steps("L"),)),
    "linear, the first step left out": ("L", L.h[t], linear(first=2), (steps("L"),)),
    "linear, transposed": ("L", L.h[t], linear(order=False), (steps("L"),)),
    "linear, a step later": ("L", L.h[t], linear(t - 1), (steps("L"),)),
    "linear, in a gradient, to the step before": ("L", Adjoint(L.b), total(Product(2, linear(t - 1)), t, 1, L.T), ()),
    "cell, a gate too many": ("LSTM", LSTM.c[t], cell(s), (steps("LSTM"),)),
    "cell, without the start": ("LSTM", LSTM.c[t], cell(start=False), (steps("LSTM"),)),
}
