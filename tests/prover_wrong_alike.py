"""Wrong equalities beside the rules for equal arguments, for adjoints taken forward and for what factors add up to."""

from prover_models import LSTM, F, L, P, Q, R, cell, dh, jump, more, r, s, share, steps, t, total
from sympy import Integer

from symbolic.language import (
    Adjoint,
    Fun,
    Hadamard,
    Identity,
    Product,
    ProductOver,
    Relation,
    Transpose,
    sigmoid,
    softmax,
    step,
    tanh,
)

ALIKE = {
    "another argument written out": ("LSTM", tanh(LSTM.c[t]), tanh(Hadamard(LSTM.f[t], LSTM.c[t]) + Hadamard(LSTM.i[t], LSTM.g[t])),
        (steps("LSTM"),)),
    "an argument written out, transposed": ("L", tanh(L.h[t] * L.b.T), tanh(L.b * Transpose(L.W * L.h[t - 1] + L.U * L.x[t])),
        (steps("L"),)),
    "a value before the first step": ("F", total(F.o[t], t, 0, F.T), total(tanh(F.V * F.h[t]), t, 0, F.T), ()),
    "indicator of another argument written out": ("R", step(R.h[t]), step(R.U * R.x[t] + R.W * Hadamard(step(R.h[t]), R.W * R.h[t - 2]
        + R.U * R.x[t - 1] + R.b) + R.b), (steps("R", low=Integer(2)),)),
    "adjoint written out, without the last step": ("LSTM", total(Hadamard(Adjoint(LSTM.c[t]), LSTM.g[t]), t, 1, LSTM.T), total(Hadamard(
        Hadamard(Adjoint(LSTM.h[t]), LSTM.o[t], 1 - tanh(LSTM.c[t]) ** 2) + Hadamard(Adjoint(LSTM.c[t + 1]), LSTM.f[t + 1]), LSTM.g[t]), t,
        1, LSTM.T - 1), ()),
    "adjoint written out before the first step": ("L", total(Hadamard(dh(t, L), L.U * L.x[t + 1]), t, 0, L.T - 1), total(Hadamard(
        L.W.T * dh(t + 1, L) + Product(2, L.b), L.U * L.x[t + 1]), t, 0, L.T - 1), ()),
    "what factors add, from the next step": ("P", ProductOver(jump, r, t, P.T), Identity(P.size.n) + total(more * ProductOver(jump, r, t,
        s - 1), s, t + 1, P.T), (steps("P"),)),
    "what factors add, at the other end": ("P", ProductOver(jump, r, t, P.T), Identity(P.size.n) + total(ProductOver(jump, r, t, s - 1)
        * more, s, t, P.T), (steps("P"),)),
    "what factors add to half": ("P", ProductOver(Identity(P.size.n) + jump, r, t, P.T), Identity(P.size.n) + total(more * ProductOver(
        Identity(P.size.n) + jump, r, t, s - 1), s, t, P.T), (steps("P"),)),
    "an argument of another function": ("LSTM", sigmoid(LSTM.c[t]), tanh(cell(t)), (steps("LSTM"),)),
    "an argument of the step before": ("LSTM", tanh(LSTM.c[t]), tanh(cell(t - 1)), (steps("LSTM", low=Integer(2)),)),
    "a value of the step before": ("LSTM", total(LSTM.i[t], t, 2, LSTM.T), total(sigmoid(LSTM.W_i * Hadamard(LSTM.o[t], tanh(LSTM.c[t]))
        + LSTM.U_i * LSTM.x[t] + LSTM.b_i), t, 2, LSTM.T), ()),
    "slope of an argument written out, doubled": ("LSTM", Fun("tanh", 1)(LSTM.c[t]), 1 - Product(2, tanh(cell(t)) ** 2), (steps("LSTM"),)),
    "a softmax before the first step written out": ("F", total(F.p[t], t, 0, F.T), total(softmax(F.V * F.h[t]), t, 0, F.T), ()),
    "what factors add, up to the product itself": ("P", ProductOver(jump, r, t, P.T), Identity(P.size.n) + total(more * ProductOver(jump, r,
        t, s), s, t, P.T), (steps("P"),)),
    "a sum that is a definition, squared term by term": ("Q", Hadamard(Q.z[2], Q.z[2]), Hadamard(Q.W * Q.x[1], Q.W * Q.x[1]) + Hadamard(Q.W
        * Q.x[2], Q.W * Q.x[2]), (), (Relation("<=", Integer(2), Q.T),)),
    "the last adjoint, a sum, squared term by term": ("Q", dh(Q.T, Q) * dh(Q.T, Q).T, share(1) * share(1).T + share(2) * share(2).T, (),
        (Relation("=", Q.T, Integer(2)),)),
    "adjoint written out by another gate": ("LSTM", total(Hadamard(Adjoint(LSTM.c[t]), LSTM.g[t]), t, 1, LSTM.T), total(Hadamard(Hadamard(
        Adjoint(LSTM.h[t]), LSTM.o[t], 1 - tanh(LSTM.c[t]) ** 2) + Hadamard(Adjoint(LSTM.c[t + 1]), LSTM.i[t + 1]), LSTM.g[t]), t, 1,
        LSTM.T - 1) + Hadamard(Adjoint(LSTM.c[LSTM.T]), LSTM.g[LSTM.T]), ()),
}  # fmt: skip
