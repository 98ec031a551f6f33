"""Right and wrong equalities about factors that a product takes up, and about arguments that are written out."""

from prover_models import LSTM, P, R, jump, more, r, s, steps, t, total
from sympy import Integer

from symbolic.language import (
    Diag,
    Hadamard,
    Identity,
    Plus,
    Product,
    ProductOver,
    Relation,
    Where,
    relu,
    sigmoid,
    step,
    tanh,
)

I = Identity(P.size.n)
TWO = Integer(2)
FROM_2 = {key: (steps(key, low=TWO),) for key in ("LSTM", "R", "P", "F")}
LAST = P.T - 1


def adds(place):
    """What a factor adds to I."""
    return more.xreplace({s: place})


def times(low, high, body=jump, order="descending"):
    return ProductOver(body, r, low, high, order)


doubled = Product(2, I) + Product(3, adds(r))
tripled = I + Product(3, adds(r))
without = adds(r) + P.W
thrice = I + adds(r) + P.W
gated = I + Diag(P.g[r])
number = 1 + Product(2, P.b.T * P.g[r])
peeled = Where(jump.xreplace({r: LAST}) * times(t, P.T - 2), Relation("<=", t, LAST)) + Where(I, Relation("<", LAST, t))


def gate(hidden):
    """The argument of the gate i of an LSTM."""
    return LSTM.W_i * hidden + LSTM.U_i * LSTM.x[t] + LSTM.b_i


def z(hidden):
    """The argument of a ReLU unit."""
    return R.W * hidden + R.U * R.x[t] + R.b


def zed(place):
    return R.W * R.h[place - 1] + R.U * R.x[place] + R.b


def cells(place, count):
    """What c of an LSTM is, written out so often."""
    if not count:
        return LSTM.c[place]
    return Hadamard(LSTM.f[place], cells(place - 1, count - 1)) + Hadamard(LSTM.i[place], LSTM.g[place])


out = Hadamard(LSTM.o[t - 1], tanh(LSTM.c[t - 1]))
active = Hadamard(step(R.h[t - 1]), zed(t - 1))
twice = Product(2, LSTM.h[t - 1]) - out
twice_active = Product(2, R.h[t - 1]) - active
gate_g = LSTM.W_g * out + LSTM.U_g * LSTM.x[t] + LSTM.b_g
inner = P.h[t - 2] + P.g[t - 1]

RIGHT_WRITTEN_OUT = {
    "what factors add, summed, the last one peeled": ("P", times(t, P.T), I + total(adds(s) * times(t, s - 1), s, t, LAST) + adds(P.T)
        * peeled, (steps("P"),), ()),
    "what factors add, summed, peeled under the sum": ("P", times(t, P.T), I + total(Plus(Where(jump.xreplace({r: P.T}) * times(s + 1,
        LAST), Relation("<", s, P.T)), Where(I, Relation("=", s, P.T))) * more, s, t, P.T), (steps("P"),), ()),
    "a factor of numbers taken up": ("P", Product(2, P.b.T * P.g[P.T]) * times(t, LAST, number), times(t, P.T, number) - times(t, LAST,
        number), (steps("P"),), ()),
    "a factor of two summands taken up": ("P", adds(P.T) * times(t, LAST, without), times(t, P.T, without) - P.W * times(t, LAST, without),
        (steps("P"),), ()),
    "a factor of three summands, summed": ("P", times(t, P.T, thrice), I + total(Plus(more, P.W) * times(t, s - 1, thrice), s, t, P.T),
        (steps("P"),), ()),
    "a factor with numbers taken up": ("P", Product(3, adds(P.T) * times(t, LAST, doubled)), times(t, P.T, doubled) - Product(2, times(t, LAST,
        doubled)), (steps("P"),), ()),
    "what factors with a number add, summed": ("P", times(t, P.T, tripled), I + Product(3, total(more * times(t, s - 1, tripled), s, t, P.T)),
        (steps("P"),), ()),
    "a diagonal factor taken up": ("P", Diag(P.g[P.T]) * times(t, LAST, gated), times(t, P.T, gated) - times(t, LAST, gated), (steps("P"),),
        ()),
    "a factor taken up below": ("P", times(t + 1, P.T) * adds(t), times(t, P.T) - times(t + 1, P.T), (steps("P"),), ()),
    "a factor taken up, ascending": ("P", times(t, LAST, jump, "ascending") * adds(P.T), times(t, P.T, jump, "ascending") - times(t, LAST, jump,
        "ascending"), (steps("P"),), ()),
    "a factor taken up where the product may be empty": ("P", total(adds(P.T) * times(s + 1, LAST), s, 1, LAST), total(times(s + 1, P.T)
        - times(s + 1, LAST), s, 1, LAST), (), ()),
    "a factor with its argument written out": ("P", times(t, P.T), times(t + 1, P.T) * (I + Diag(1 - tanh(P.W * inner + P.x[t]) ** 2) * P.W),
        FROM_2["P"], ()),
    "an argument in an argument written out": ("LSTM", tanh(LSTM.c[t]), tanh(Hadamard(LSTM.f[t], LSTM.c[t - 1]) + Hadamard(LSTM.i[t], tanh(
        gate_g))), FROM_2["LSTM"], ()),
    "an argument written out and turned": ("LSTM", LSTM.i[t], sigmoid(gate(twice)), FROM_2["LSTM"], ()),
    "an argument written out, doubled": ("R", R.h[t], relu(z(twice_active)), FROM_2["R"], ("z!=0",)),
    "ReLU by the indicator of an argument written out": ("R", R.h[t], Hadamard(step(z(active)), z(R.h[t - 1])), FROM_2["R"], ("z!=0",)),
    "an argument that agrees from the fourth step on": ("LSTM", total(LSTM.i[t], t, 4, LSTM.T), total(sigmoid(gate(Hadamard(LSTM.o[t - 1],
        tanh(cells(t - 1, 3))))), t, 4, LSTM.T), (), ()),
}  # fmt: skip

WRONG_WRITTEN_OUT = {
    "a factor taken up by a product of length -1": ("P", total(adds(P.T) * times(s + 1, LAST), s, 1, P.T), total(times(s + 1, P.T) - times(s
        + 1, LAST), s, 1, P.T), ()),
    "a factor with numbers taken up as if it had none": ("P", Product(3, adds(P.T) * times(t, LAST, doubled)), times(t, P.T, doubled) - times(t,
        LAST, doubled), (steps("P"),)),
    "a factor taken up at the other end": ("P", times(t, LAST) * adds(P.T), times(t, P.T) - times(t, LAST), (steps("P"),)),
    "a factor of the last step taken up twice": ("P", adds(P.T) * times(t, P.T), times(t, P.T) - times(t, LAST), (steps("P"),)),
    "a factor of two summands taken up as one": ("P", adds(P.T) * times(t, LAST, without), times(t, P.T, without), (steps("P"),)),
    "a factor taken up past something else": ("P", adds(P.T) * Diag(P.b) * times(t, LAST), Diag(P.b) * (times(t, P.T) - times(t, LAST)),
        (steps("P"),)),
    "an argument written out and turned, without the turn": ("LSTM", LSTM.i[t], 1 - sigmoid(gate(twice)), FROM_2["LSTM"]),
    "an argument written out, doubled outside": ("R", R.h[t], Product(2, relu(z(twice_active))), FROM_2["R"]),
    "ReLU by the indicator of another argument": ("R", R.h[t], Hadamard(step(z(active) + R.b), z(R.h[t - 1])), FROM_2["R"]),
    "an argument in another argument written out": ("LSTM", tanh(LSTM.c[t]), tanh(Hadamard(LSTM.f[t], LSTM.c[t - 1]) + Hadamard(LSTM.i[t],
        sigmoid(gate_g))), FROM_2["LSTM"]),
}  # fmt: skip
