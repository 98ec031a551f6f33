"""Right equalities: model, left side, right side, free steps, the assumptions that are needed, conditions."""

from prover_diagonal import RIGHT_DIAGONAL
from prover_folded import ONCE_OPEN, RIGHT_FOLDED
from prover_models import G2, LSTM, ONE, D, F, G, H, L, P, Q, R, S, cell, i, j, jump, k, more, r, s, share, steps, t, total
from prover_states import RIGHT_STATES
from prover_written_out import RIGHT_WRITTEN_OUT
from prover_wrong import (
    AT_T,
    SAME,
    A,
    B,
    C,
    I,
    J,
    O,
    T,
    U,
    V,
    W,
    a1,
    a2,
    ab,
    b,
    closed,
    d,
    d1,
    dh,
    dot,
    err,
    grad,
    h,
    half,
    later,
    n,
    ones,
    outer,
    prod,
    w,
    x,
    y,
    yh,
)  # fmt: skip
from sympy import Integer, Symbol

from symbolic.language import (
    Adjoint,
    Block,
    Commute,
    Concat,
    Diag,
    DiagPart,
    Entry,
    Filled,
    Fun,
    Hadamard,
    Identity,
    Kronecker,
    NormSquared,
    Plus,
    Power,
    Product,
    ProductOver,
    Quotient,
    Relation,
    Reshape,
    SumOver,
    Total,
    Trace,
    Transpose,
    Unit,
    Var,
    Vec,
    Where,
    exp,
    log,
    logsoftmax,
    logsumexp,
    relu,
    sigmoid,
    softmax,
    step,
    tanh,
)  # fmt: skip

LABELS = ("sum(y)=1",)
NO_KINK = ("z!=0",)
at_end = Relation("=", t, T)
sum_y = {"S": ("sum(r)=1",), "LSTM": LABELS}


def sig(step, model=S, name="h"):
    value = getattr(model, name)[step]
    return Hadamard(value, 1 - value)


below = S.W.T * Hadamard(sig(t, S, "o"), S.W_out.T * (S.y[t] - S.r[t]))
backward = S.V.T * Hadamard(sig(t + 1), dh(t + 1, S)) + below
slope = Fun("sigma", 1, "elementwise")
indicator = Diag(step(R.h[r])) * R.W
z_g2 = G2.W_hh * G2.h[t - 1] + G2.W_hx * G2.x[t]
J_s = Diag(sig(r)) * S.V

Q2 = Var("Q", (), (C,), (n + d,))

ADJOINTS = {
    "last one, a sum, squared": ("Q", dh(Q.T, Q) * dh(Q.T, Q).T, (share(1) + share(2)) * (share(1) + share(2)).T, (), (),
        (Relation("=", Q.T, Integer(2)),)),
    "recurrence": ("H", dh(t), V.T * err(t) + later(t), AT_T, LABELS),
    "recurrence with diag": ("H", dh(t), V.T * err(t) + W.T * Diag(d1(t + 1)) * dh(t + 1), AT_T, LABELS),
    "recurrence by the slope": ("H", dh(t), W.T * Hadamard(Fun("tanh", 1)(W * h[t] + U * x[t + 1] + b), dh(t + 1)) + V.T
        * err(t), AT_T, LABELS),
    "recurrence as a row": ("H", Transpose(dh(t)), Transpose(err(t)) * V + Transpose(dh(t + 1)) * J(t + 1), AT_T, LABELS),
    "recurrence in components": ("H", Entry(dh(t), i), SumOver(Entry(V, j, i) * (Entry(yh[t], j) - Entry(y[t], j)), j, 1, C)
        + SumOver(Product(Entry(W, j, i), 1 - Entry(h[t + 1], j) ** 2, Entry(dh(t + 1), j)), j, 1, n), AT_T, LABELS),
    "recurrence, labels as they are": ("H", dh(t), V.T * (Product(Total(y[t]), yh[t]) - y[t]) + later(t), AT_T, ()),
    "last step": ("H", dh(T), V.T * err(T), (), LABELS),
    "last step by a condition": ("H", dh(t), V.T * err(t), AT_T, LABELS, (at_end,)),
    "last step apart": ("H", dh(t), Where(V.T * err(T), at_end) + Where(V.T * err(t) + later(t), Relation("<", t, T)), AT_T,
        LABELS),
    "beyond the last step": ("H", dh(T + 1), Filled(0, (n,)), (), ()),
    "closed": ("H", dh(t), closed(), AT_T, LABELS),
    "closed, transposed factors": ("H", dh(t), closed(inner=Transpose(ProductOver(Transpose(J(r)), r, t + 1, s, "ascending"))),
        AT_T, LABELS),
    "closed, first term apart": ("H", dh(t), V.T * err(t) + closed(low=t + 1), AT_T, LABELS),
    "closed, first factor apart": ("H", dh(t), V.T * err(t) + W.T * Hadamard(d1(t + 1), total(Transpose(prod(t + 2, s)) * V.T
        * err(s), s, t + 1, T)), AT_T, LABELS),
    "closed by Kronecker": ("H", dh(t), total(Transpose(prod(t + 1, s)) * Reshape(Kronecker(Transpose(err(s)), Identity(n))
        * Vec(V.T, "column"), (n,)), s, t, T), AT_T, LABELS),
    "logits": ("H", Adjoint(H.o[t]), err(t), AT_T, LABELS),
    "logits by the Jacobian": ("H", Adjoint(H.o[t]), (Diag(yh[t]) - yh[t] * yh[t].T) * Product(-1, Quotient(y[t], yh[t])),
        AT_T, ()),
    "output": ("H", Adjoint(yh[t]), -Quotient(y[t], yh[t]), AT_T, ()),
    "sigmoid recurrence": ("S", dh(t, S), backward, (steps("S"),), sum_y["S"]),
    "sigmoid recurrence, order of Hadamard factors": ("S", dh(t, S), below + S.V.T * Hadamard(1 - S.h[t + 1], dh(t + 1, S),
        S.h[t + 1]), (steps("S"),), sum_y["S"]),
    "sigmoid closed": ("S", dh(t, S), total(Transpose(ProductOver(J_s, r, t + 1, s)) * below.xreplace({t: s}), s, t, S.T),
        (steps("S"),), sum_y["S"]),
    "sigmoid, input layer": ("S", Adjoint(S.a[t]), S.U.T * Hadamard(sig(t), dh(t, S)), (steps("S"),), ()),
    "abstract recurrence": ("G2", dh(t, G2), G2.W_hh.T * Hadamard(slope(G2.W_hh * G2.h[t] + G2.W_hx * G2.x[t + 1]), dh(t + 1,
        G2)) + G2.W_s.T * (Diag(G2.y[t]) - G2.y[t] * G2.y[t].T) * Fun("ell", 1, "scalar", (), (t,))(G2.y[t]), (steps("G2"),),
        ()),
    "relu recurrence": ("R", dh(t, R), R.W.T * Hadamard(step(R.h[t + 1]), dh(t + 1, R)), (steps("R", high=R.T - 1),), NO_KINK),
    "relu at the end": ("R", dh(R.T, R), (R.y_pred - R.y_gt) * R.V.T, (), ()),
    "relu closed": ("R", dh(t, R), Transpose((R.y_pred - R.y_gt) * R.V * ProductOver(indicator, r, t + 1, R.T)), (steps("R"),),
        NO_KINK),
    "relu closed, columns": ("R", dh(t, R), (R.y_pred - R.y_gt) * ProductOver(R.W.T * Diag(step(R.h[r])), r, t + 1, R.T,
        "ascending") * R.V.T, (steps("R"),), NO_KINK),
    "relu closed, indicator of the argument": ("R", dh(t, R), Transpose((R.y_pred - R.y_gt) * R.V * ProductOver(Diag(step(
        R.b + R.W * R.h[r - 1] + R.U * R.x[r])) * R.W, r, t + 1, R.T)), (steps("R"),), NO_KINK),
    "lstm cell": ("LSTM", Adjoint(LSTM.c[t]), Hadamard(dh(t, LSTM), LSTM.o[t], 1 - tanh(LSTM.c[t]) ** 2) + Hadamard(Adjoint(
        LSTM.c[t + 1]), LSTM.f[t + 1]), (steps("LSTM"),), ()),
    "linear, the next step": ("L", dh(t + 1, L), Where(Product(2, L.b) + L.W.T * dh(t + 2, L), Relation("<", t, L.T)),
        (steps("L"),), ()),
    "linear, powers of W": ("L", dh(t, L), total(Transpose(ProductOver(L.W, r, t + 1, s)) * Product(2, L.b), s, t, L.T),
        (steps("L"),), ()),
    "used late": ("F", Adjoint(F.z[t]), Product(2, F.z[t]) + Hadamard(1 - F.h[t + 1] ** 2, dh(t + 1, F)), (steps("F"),), ()),
    "output fed back": ("F", Adjoint(F.o[t]), Product(2, F.o[t]) + F.R.T * Hadamard(1 - F.h[t + 1] ** 2, dh(t + 1, F)),
        (steps("F"),), ()),
    "added, closed": ("P", dh(t, P), total(Transpose(ProductOver(jump, r, t + 1, s)) * P.b, s, t, P.T), (steps("P"),), ()),
    "added, first factor apart": ("P", dh(t, P), P.b + Transpose(jump.xreplace({r: t + 1})) * total(Transpose(ProductOver(jump,
        r, t + 2, s)) * P.b, s, t + 1, P.T), (steps("P"),), ()),
    "quadratic loss": ("D", dh(t, D), D.h[t] + D.W.T * Hadamard(1 - D.h[t + 1] ** 2, dh(t + 1, D)), (steps("D"),), ()),
}  # fmt: skip
GRADIENTS = {
    "W": ("H", Adjoint(W), grad(outer), (), ()),
    "W with diag": ("H", Adjoint(W), grad(Diag(d1(t)) * dh(t) * h[t - 1].T), (), ()),
    "W, shifted": ("H", Adjoint(W), grad(Diag(d1(t + 1)) * dh(t + 1) * h[t].T, 0, T - 1), (), ()),
    "W, first step apart": ("H", Adjoint(W), Hadamard(d1(ONE), dh(ONE)) * h[0].T + grad(outer, 2), (), ()),
    "W, last step apart": ("H", Adjoint(W), grad(outer, 1, T - 1) + Hadamard(d1(T), V.T * err(T)) * h[T - 1].T, (), LABELS),
    "W, split": ("H", Adjoint(W), grad(outer, 1, s) + grad(outer, s + 1), (steps("H", s),), ()),
    "W by both sums": ("H", Adjoint(W), total(total(Diag(d1(t)) * Transpose(prod(t + 1, s)) * V.T * err(s) * h[t - 1].T, t, 1,
        s), s, 1, T), (), LABELS),
    "W by both sums, swapped": ("H", Adjoint(W), total(total(Diag(d1(t)) * Transpose(prod(t + 1, s)) * V.T * err(s)
        * h[t - 1].T, s, t, T), t, 1, T), (), LABELS),
    "W flattened": ("H", Transpose(Vec(Adjoint(W))), grad(Transpose(Hadamard(d1(t), dh(t))) * Kronecker(Identity(n),
        h[t - 1].T)), (), ()),
    "W as a Kronecker product": ("H", Vec(Adjoint(W)), grad(Kronecker(Hadamard(d1(t), dh(t)), h[t - 1])), (), ()),
    "W in components": ("H", Entry(Adjoint(W), i, j), grad(Product(Entry(Hadamard(d1(t), dh(t)), i), Entry(h[t - 1], j))), (),
        ()),
    "U": ("H", Adjoint(U), grad(Hadamard(dh(t), d1(t)) * x[t].T), (), ()),
    "V": ("H", Adjoint(V), grad(err(t) * h[t].T), (), LABELS),
    "V from zero": ("H", Adjoint(V), grad(err(t + 1) * h[t + 1].T, 0, T - 1), (), LABELS),
    "c": ("H", Adjoint(H.c), grad(yh[t]) - grad(y[t]), (), LABELS),
    "b": ("H", Adjoint(b), grad(Hadamard(Fun("tanh", 1)(W * h[t - 1] + U * x[t] + b), dh(t))), (), ()),
    "sigmoid V": ("S", Adjoint(S.V), total(Hadamard(sig(t), dh(t, S)) * S.h[t - 1].T, t, 1, S.T), (), ()),
    "sigmoid W_in": ("S", Adjoint(S.W_in), total(Hadamard(sig(t, S, "a"), S.U.T * Hadamard(sig(t), dh(t, S))) * S.x[t].T, t, 1,
        S.T), (), ()),
    "sigmoid W_out": ("S", Adjoint(S.W_out), total((S.y[t] - S.r[t]) * S.o[t].T, t, 1, S.T), (), sum_y["S"]),
    "relu W": ("R", Adjoint(R.W), total(Hadamard(step(R.h[t]), dh(t, R)) * R.h[t - 1].T, t, 1, R.T), (), NO_KINK),
    "relu W from t = 2": ("R", Adjoint(R.W), total(Hadamard(step(R.h[t]), dh(t, R)) * R.h[t - 1].T, t, 2, R.T), (),
        ("h_0=0", *NO_KINK)),
    "relu V": ("R", Adjoint(R.V), (R.y_pred - R.y_gt) * R.h[R.T].T, (), ()),
    "relu b, closed": ("R", Adjoint(R.b), total(Diag(step(R.h[t])) * Transpose((R.y_pred - R.y_gt) * R.V * ProductOver(
        indicator, r, t + 1, R.T)), t, 1, R.T), (), NO_KINK),
    "abstract W_rec": ("G", Adjoint(G.W_rec), total(Hadamard(slope(G.W_rec * G.h[t - 1] + G.W_in * G.x[t] + G.b[t]), dh(t, G))
        * G.h[t - 1].T, t, 1, G.T), (), ()),
    "abstract b_t": ("G", Adjoint(G.b[t]), Hadamard(dh(t, G), slope(G.b[t] + G.W_in * G.x[t] + G.W_rec * G.h[t - 1])),
        (steps("G"),), ()),
    "linear W": ("L", Adjoint(L.W), total(dh(t, L) * L.h[t - 1].T, t, 1, L.T), (), ()),
    "lstm U_i": ("LSTM", Adjoint(LSTM.U_i), total(Hadamard(Adjoint(LSTM.c[t]), LSTM.g[t], LSTM.i[t], 1 - LSTM.i[t])
        * LSTM.x[t].T, t, 1, LSTM.T), (), ()),
}  # fmt: skip
OVER_TIME = {
    "split range": ("H", total(h[k], k, 1, T), total(h[k], k, 1, T - 1) + h[T], (), ()),
    "split at both ends": ("H", total(h[k], k, 0, T), h[0] + total(h[k], k, 1, T - 1) + h[T], (), ()),
    "split in guards": ("H", total(h[k], k, 1, T), total(h[k], k, 1, T - 2) + h[T] + Where(h[T - 1], Relation("<=", Integer(2),
        T)), (), ()),
    "split at any step": ("H", total(h[k], k, 1, T), total(h[k], k, 1, t) + total(h[k], k, t + 1, T), AT_T, ()),
    "shifted": ("H", total(h[k], k, 1, T), total(h[k + 1], k, 0, T - 1), (), ()),
    "reversed range": ("H", total(h[k], k, 1, -3), Filled(0, (n,)), (), ()),
    "nothing after the end": ("H", total(h[k], k, t + 1, t), Filled(0, (n,)), AT_T, ()),
    "triangle": ("H", total(total(Hadamard(h[k], h[j - 1]), j, 1, k), k, 1, T), total(total(Hadamard(h[k], h[j - 1]), k, j, T),
        j, 1, T), (), ()),
    "square": ("H", Hadamard(total(h[t], t, 1, T), total(h[t], t, 1, T)), total(total(Hadamard(h[t], h[s]), t, 1, T), s, 1, T),
        (), ()),
    "square by triangles": ("H", Hadamard(total(h[t], t, 1, T), total(h[t], t, 1, T)), total(Hadamard(h[t], h[t]), t, 1, T)
        + Product(2, total(total(Hadamard(h[t], h[s]), s, 1, t - 1), t, 1, T)), (), ()),
    "captured letter": ("H", total(total(h[t], t, 1, t), t, 1, T), total(Product(Plus(T, Product(-1, s), 1), h[s]), s,
        1, T), (), ()),
    "count": ("H", total(ONE, k, t, T), Plus(T, Product(-1, t), 1), AT_T, ()),
    "count twice": ("H", total(total(h[k], j, 1, k), k, 1, T), total(Product(k, h[k]), k, 1, T), (), ()),
    "mean": ("H", Quotient(total(h[k], k, 1, T), T), total(Quotient(h[k], T), k, 1, T), (), ()),
    "a definition in a sum": ("L", total(L.c[s], s, 1, L.T), total(total(L.W * L.h[k], k, 1, s), s, 1, L.T), (), ()),
    "definition of a recurrent quantity": ("LSTM", LSTM.c[t], Hadamard(LSTM.f[t], LSTM.c[t - 1]) + Hadamard(LSTM.i[t],
        LSTM.g[t]), (steps("LSTM"),), ()),
    "definition of what is used late": ("F", F.z[t], F.W * F.x[t], (steps("F"),), ()),
    "definition in a row": ("L", Transpose(L.h[t]), L.x[t].T * L.U.T + L.h[t - 1].T * L.W.T, (steps("L"),), ()),
    "peeled": ("H", prod(t + 1, T), prod(t + 2, T) * J(t + 1), (steps("H", high=T - 1),), ()),
    "peeled above": ("H", prod(t, T), J(T) * prod(t, T - 1), AT_T, ()),
    "peeled, a sum": ("P", ProductOver(jump, r, t, P.T), ProductOver(jump, r, t + 1, P.T) * jump.xreplace({r: t}),
        (steps("P"),), ()),
    "joined": ("H", prod(k, T), prod(t, T) * prod(k, t - 1), SAME, ()),
    "empty": ("H", prod(t + 1, t), Identity(n), AT_T, ()),
    "transposed product": ("H", Transpose(prod(1, T)), ProductOver(Transpose(J(r)), r, 1, T, "ascending"), (), ()),
    "trace of a product, turned": ("H", Trace(prod(t + 1, T) * prod(1, t)), Trace(prod(1, t) * prod(t + 1, T)), AT_T, ()),
    "powers": ("H", ProductOver(W, r, t + 1, T), ProductOver(W, r, t, T - 1), AT_T, ()),
    "product of numbers": ("H", ProductOver(dot(h[r], h[r]), r, 1, T), dot(h[T], h[T]) * ProductOver(dot(h[r], h[r]), r, 1,
        T - 1), (), ()),
    "product in two parts": ("H", ProductOver(Where(J(r), Relation("<=", r, t)) + Where(W, Relation("<", t, r)), r, 1, T),
        prod(t + 1, T, W) * prod(1, t), AT_T, ()),
    "product with one other factor": ("H", ProductOver(Where(J(r), Relation("=", r, t)) + Where(W, Relation("!=", r, t)), r, 1,
        T, "ascending"), prod(1, t - 1, W, "ascending") * J(t) * prod(t + 1, T, W, "ascending"), AT_T, ()),
    "product that starts at one": ("H", ProductOver(Where(J(r), Relation("<", ONE, r)) + Where(W, Relation("<=", r, ONE)), r, 2,
        T), prod(2, T), (), ()),
    "product of nothing": ("H", ProductOver(ONE, r, t, s) * ProductOver(Identity(n), r, s, t), Identity(n), (steps("H"), steps(
        "H", s)), ()),
    "two written out at the last step": ("L", total(dh(t, L) * Transpose(L.h[t - 1]), t, 1, L.T), total(dh(t, L) * Transpose(
        L.h[t - 1]), t, 1, L.T - 1) + Product(2, L.b) * Transpose(Where(L.W * L.h[L.T - 2] + L.U * L.x[L.T - 1], Relation("<=", Integer(2),
        L.T)) + Where(L.h[0], Relation("=", L.T, ONE))), (), ()),
    "a step as a number, shifted": ("H", total(total(h[k], k, 1, s), s, 1, T), total(Product(Plus(T, Product(-1, k - 1), 1),
        h[k - 1]), k, 2, T + 1), (), ()),
    "ReLU by its indicator": ("R", R.h[t], Hadamard(step(R.W * R.h[t - 1] + R.U * R.x[t] + R.b), R.W * R.h[t - 1] + R.U * R.x[t]
        + R.b), (steps("R"),), ("z!=0",)),
    "ReLU by its indicator in a sum": ("F", total(F.g[t - 1], t, 2, F.T), total(Hadamard(step(F.g[t - 1]), F.W * F.g[t - 2]
        + F.x[t - 1]), t, 2, F.T), (), ("z!=0",)),
    "indicator of an indicator times its argument": ("H", step(Hadamard(step(h[t] + b), h[t] + b)), step(h[t] + b), AT_T, ("z!=0",)),
    "letters renamed in a function": ("H", total(total(Hadamard(tanh(Hadamard(h[k], h[j - 1])), h[k]), j, 1, T), k, 1, T), total(total(Hadamard(
        tanh(Hadamard(h[j], h[k - 1])), h[j]), k, 1, T), j, 1, T), (), ()),
    "an argument written out": ("LSTM", tanh(LSTM.c[t]), tanh(cell(t)), (steps("LSTM"),), ()),
    "slope of an argument written out": ("LSTM", Fun("tanh", 1)(LSTM.c[t]), 1 - tanh(cell(t)) ** 2, (steps("LSTM"),), ()),
    "an argument written out in a function": ("LSTM", tanh(LSTM.W_i * LSTM.h[t]), tanh(LSTM.W_i * Hadamard(LSTM.o[t], tanh(cell(t)))), (steps("LSTM"),), ()),
    "an argument written out in a sum": ("LSTM", total(LSTM.i[t], t, 2, LSTM.T), total(sigmoid(LSTM.W_i * Hadamard(LSTM.o[t - 1],
        tanh(LSTM.c[t - 1])) + LSTM.U_i * LSTM.x[t] + LSTM.b_i), t, 2, LSTM.T), (), ()),
    "an argument written out, turned": ("L", tanh(L.h[t] * L.b.T), tanh((L.W * L.h[t - 1] + L.U * L.x[t]) * L.b.T), (steps("L"),), ()),
    "a value that stands before the first step": ("F", total(Hadamard(F.o[t], F.o[t]), t, 1, F.T), total(Hadamard(F.o[t], tanh(
        F.V * F.h[t])), t, 1, F.T), (), ()),
    "a softmax that stands before the first step": ("F", total(F.p[t], t, 0, F.T), F.p[0] + total(softmax(F.V * F.h[t]), t, 1, F.T),
        (), ()),
    "indicator of an argument written out": ("R", step(R.h[t]), step(R.U * R.x[t] + R.W * Hadamard(step(R.h[t - 1]), R.W * R.h[t - 2]
        + R.U * R.x[t - 1] + R.b) + R.b), (steps("R", low=Integer(2)),), ("z!=0",)),
    "adjoint written out in a sum": ("LSTM", total(Hadamard(Adjoint(LSTM.c[t]), LSTM.g[t]), t, 1, LSTM.T), total(Hadamard(Hadamard(
        Adjoint(LSTM.h[t]), LSTM.o[t], 1 - tanh(LSTM.c[t]) ** 2) + Hadamard(Adjoint(LSTM.c[t + 1]), LSTM.f[t + 1]), LSTM.g[t]), t, 1,
        LSTM.T - 1) + Hadamard(Adjoint(LSTM.c[LSTM.T]), LSTM.g[LSTM.T]), (), ()),
    "what factors add, summed": ("P", ProductOver(jump, r, t, P.T), Identity(P.size.n) + total(more * ProductOver(jump, r, t, s - 1), s,
        t, P.T), (steps("P"),), ()),
    "what factors add, summed below": ("P", ProductOver(jump, r, t, P.T), Identity(P.size.n) + total(ProductOver(jump, r, s + 1, P.T)
        * more, s, t, P.T), (steps("P"),), ()),
    "steps that meet in a function": ("H", total(Where(tanh(Hadamard(h[k], h[t])), Relation("=", k, t)), k, 1, T), tanh(
        h[t] ** 2), AT_T, ()),
}  # fmt: skip
ALGEBRA = {
    "swapped summands": ("H", V.T * err(t) + later(t), later(t) - V.T * y[t] + V.T * yh[t], AT_T, ()),
    "trace, turned": ("H", Trace(W * U * U.T), Trace(U.T * W * U), (), ()),
    "trace of squares": ("H", Trace(W * W.T), Total(Hadamard(W, W)), (), ()),
    "norm": ("H", NormSquared(h[t]), dot(h[t], h[t]), AT_T, ()),
    "norm of a matrix": ("H", NormSquared(U), Trace(U.T * U), (), ()),
    "quadratic form": ("H", dot(b, W * b), Trace(W * b * b.T), (), ()),
    "diag for Hadamard": ("H", Diag(b) * W * Diag(h[t]), Hadamard(b * h[t].T, W), AT_T, ()),
    "diagonal of a product": ("H", DiagPart(W * W.T), Hadamard(W, W) * ones, (), ()),
    "transposed product": ("H", Transpose(W * U), U.T * W.T, (), ()),
    "kronecker of products": ("H", Kronecker(W, V) * Kronecker(U, W), Kronecker(W * U, V * W), (), ()),
    "vec of a product": ("H", Vec(W * U), Kronecker(W, Identity(d)) * Vec(U), (), ()),
    "vec of a triple product": ("H", Vec(V * W * U), Kronecker(V, U.T) * Vec(W), (), ()),
    "commutation": ("H", Commute((n,), (d,)) * Vec(U), Vec(U.T), (), ()),
    "commutation, twice": ("H", Commute((d,), (n,)) * Commute((n,), (d,)), Identity(n, d), (), ()),
    "commuted Kronecker product": ("H", Commute((C,), (n,)) * Kronecker(V, W) * Commute((n,), (n,)), Kronecker(W, V), (), ()),
    "columns": ("H", Vec(U, "column"), Vec(U.T), (), ()),
    "trace of the identity": ("H", Trace(Identity(n)), n, (), ()),
    "size of a matrix": ("H", Total(Filled(1, (n,), (d,))), Product(n, d), (), ()),
    "sigmoid by exponentials": ("H", sigmoid(b), Quotient(1, Plus(1, exp(Product(-1, b)))), (), ()),
    "tanh by exponentials": ("H", tanh(b), Quotient(Plus(exp(b), Product(-1, exp(Product(-1, b)))), Plus(exp(b), exp(Product(
        -1, b)))), (), ()),
    "tanh by squares": ("H", tanh(b), Quotient(Plus(1, Product(-1, exp(Product(-2, b)))), Plus(1, exp(Product(-2, b)))), (), ()),
    "tanh by sigmoid": ("H", tanh(b), Plus(Product(2, sigmoid(Product(2, b))), -1), (), ()),
    "slope by exponentials": ("H", Fun("sigmoid", 1)(b), Quotient(exp(Product(-1, b)), Power(Plus(1, exp(Product(-1, b))), 2)),
        (), ()),
    "unit vectors": ("H", Entry(U, i, j), Transpose(Unit(i, n)) * U * Unit(j, d), (), ()),
    "components of a product": ("H", Entry(W * b, i), SumOver(Entry(W, i, k) * Entry(b, k), k, 1, n), (), ()),
    "cases": ("H", Entry(Diag(yh[t]) - yh[t] * yh[t].T, i, j), Where(Entry(yh[t], i) * (1 - Entry(yh[t], i)), Relation("=", i,
        j)) + Where(-Product(Entry(yh[t], i), Entry(yh[t], j)), Relation("!=", i, j)), AT_T, ()),
    "entries of the identity": ("H", Entry(Identity(n), 1, 2), Integer(0), (), ()),
    "delta": ("H", SumOver(Where(Entry(W, i, j), Relation("=", i, j)), j, 1, n), Entry(W, i, i), (), ()),
    "sum but one": ("H", SumOver(Entry(b, k), k, 1, n, (i,)), SumOver(Entry(b, k), k, 1, n) - Entry(b, i), (), ()),
    "sum but one, by cases": ("H", Entry(b, i) + SumOver(Entry(b, k), k, 1, n, (i,)), Entry(b, i) + SumOver(Where(Entry(b, k),
        Relation("!=", k, i)), k, 1, n), (), ()),
    "the same letter over two sizes": ("H", SumOver(Entry(b, i), i, 1, n) * SumOver(Entry(H.c, i), i, 1, C), Total(b) * Total(
        H.c), (), ()),
    # functions
    "unfolded state": ("H", h[t], tanh(b + U * x[t] + W * h[t - 1]), AT_T, ()),
    "unfolded state at a number": ("H", h[1], tanh(b + U * x[1] + W * h[0]), (), ()),
    "unfolded output": ("H", yh[t], softmax(V * tanh(b + U * x[t] + W * h[t - 1]) + H.c), AT_T, ()),
    "unfolded loss": ("H", H.L, -total(dot(y[t], log(yh[t])), t, 1, T), (), ()),
    "log softmax": ("H", log(yh[t]), H.o[t] - Product(Filled(1, (C,)), logsumexp(H.o[t])), AT_T, ()),
    "log softmax by its name": ("H", log(yh[t]), logsoftmax(V * h[t] + H.c), AT_T, ()),
    "softmax sums to one": ("H", Total(yh[t]), ONE, AT_T, ()),
    "softmax by exponentials": ("H", Entry(yh[t], i), Quotient(exp(Entry(H.o[t], i)), SumOver(exp(Entry(H.o[t], k)), k, 1, C)),
        AT_T, ()),
    "labels sum to one": ("H", Total(y[t]), ONE, AT_T, LABELS),
    "abstract state": ("G2", G2.h[t], Fun("sigma", kind="elementwise")(z_g2), (steps("G2"),), ()),
    "abstract output": ("G", G.y[t], Fun("g", kind="vector", out=(G.size.C,))(G.h[t]), (steps("G"),), ()),
    "abstract loss": ("G", G.E, total(Fun("ell", 0, "scalar", (), (t,))(G.y[t]), t, 1, G.T), (), ()),
    "slope of the sigmoid": ("S", Fun("sigmoid", 1)(S.b_h), Hadamard(sigmoid(S.b_h), 1 - sigmoid(S.b_h)), (), ()),
    "slope of the sigmoid, turned": ("S", Fun("sigmoid", 1)(S.b_h), Hadamard(sigmoid(S.b_h), sigmoid(-S.b_h)), (), ()),
    "slope of tanh": ("H", Fun("tanh", 1)(b), 1 - Hadamard(tanh(b), tanh(b)), (), ()),
    "second slope of tanh": ("H", Hadamard(-2, h[t], d1(t)), Product(-2, h[t]) + Product(2, h[t] ** 3), AT_T, ()),
    "odd tanh": ("H", tanh(-b), -tanh(b), (), ()),
    "ReLU by its parts": ("H", relu(b) - relu(-b), b, (), ()),
    "indicator twice": ("R", step(R.h[t]) ** 2, step(R.b + R.W * R.h[t - 1] + R.U * R.x[t]), (steps("R"),), NO_KINK),
    "indicator on either side": ("H", step(b) + step(-b), ones, (), NO_KINK),
    "indicator from the first step on": ("F", Hadamard(step(F.g[t]), F.g[t]), F.g[t], (steps("F"),), NO_KINK),
    "indicator in a sum from the second step on": ("F", total(Hadamard(step(F.g[t - 1]), F.g[t - 1]), t, 2, F.T), total(F.g[t],
        t, 1, F.T - 1), (), NO_KINK),
    "softmax from the first step on": ("F", Total(F.p[t]), ONE, (steps("F"),), ()),
    "function of a transpose": ("H", tanh(W.T), Transpose(tanh(W)), (), ()),
    "logarithm of an exponential": ("H", log(exp(-b)), -b, (), ()),
    "square of a root of anything": ("H", Power(Power(b, half), 2), b, (), ("b>=0",)),
    "square of a root": ("H", Power(Power(exp(b), half), 2), exp(b), (), ()),
    # quotients
    "h over h": ("H", Quotient(h[t], h[t]), ones, AT_T, ("h!=0",)),
    "ReLU over itself": ("R", Quotient(R.h[t], R.h[t]), Filled(1, (R.size.n,)), (steps("R"),), ("h!=0",)),
    "labels over themselves": ("H", Quotient(y[t], y[t]), Filled(1, (C,)), AT_T, ("y!=0",)),
    "partial fractions": ("S", Quotient(1, Hadamard(S.h[t], 1 - S.h[t])), Quotient(1, S.h[t]) + Quotient(1, 1 - S.h[t]),
        (steps("S"),), ()),
    "powers of denominators": ("S", Quotient(1 - S.h[t], Hadamard(1 - S.h[t], S.h[t], 1 - S.h[t])), Quotient(1, Hadamard(
        S.h[t], 1 - S.h[t])), (steps("S"),), ()),
    "cleared slope": ("H", Quotient(Hadamard(d1(t), dh(t)), 1 - h[t]), Hadamard(1 + h[t], dh(t)), AT_T, ()),
    "slope over its value": ("S", Quotient(Hadamard(sig(t), dh(t, S)), S.h[t]), Hadamard(1 - S.h[t], dh(t, S)), (steps("S"),),
        ()),
    "a denominator under a sum over the letter that is free": ("D", D.h[t] + total(Quotient(1 - D.h[t], 1 - D.h[t]), t, 0, D.T), D.h[t]
        + total(Filled(1, (D.size.n,)), s, 0, D.T), (steps("D"),), ("h!=1",)),
    "common denominator": ("H", Quotient(b, 2 + b) + Quotient(2, 2 + b), ones, (), ("b!=-2",)),
    "scalar denominator": ("H", Quotient(W * b, 1 + dot(b, b)), W * Quotient(b, 1 + dot(b, b)), (), ("denominator!=0",)),
    # joined vectors
    "joined state": ("H", Concat(1, A, B) * Concat(0, h[t], b), A * h[t] + B * b, AT_T, ()),
    "joined outer product": ("H", b * Transpose(Concat(0, h[t], x[t])), Concat(1, b * h[t].T, b * x[t].T), AT_T, ()),
    "parts of a weight": ("H", Var("Q", (), (C,), (n + d,)) * Concat(0, h[t], x[t]), Block(Var("Q", (), (C,), (n + d,)), 1, 0,
        (n, d)) * h[t] + Block(Var("Q", (), (C,), (n + d,)), 1, 1, (n, d)) * x[t], AT_T, ()),
    "part of joined": ("H", Block(ab, 0, 1, (w, w)), a2, (), ()),
    "joined with a number": ("H", Var("Q", (), (C,), (n + 1,)) * Concat(0, h[t], Filled(1)), Block(Var(
        "Q", (), (C,), (n + 1,)), 1, 0, (n, ONE)) * h[t] + Block(Var("Q", (), (C,), (n + 1,)), 1, 1, (n, ONE)), AT_T, ()),
    "identity in blocks": ("H", Concat(0, Concat(1, I, O), Concat(1, O, I)) * ab, ab, (), ()),
    "swap in blocks": ("H", Concat(0, Concat(1, O, I), Concat(1, I, O)) * ab, Concat(0, a2, a1), (), ()),
    "parts put together": ("H", Concat(1, *(Block(Q2, 1, p, (n, d)) for p in (0, 1))), Q2, (), ()),
    "product of joined weights": ("H", Q2 * Q2.T, Plus(*(Block(Q2, 1, p, (n, d)) * Transpose(Block(Q2, 1, p, (n, d))) for p
        in (0, 1))), (), ()),
    "ones put together": ("H", Concat(0, ones, Filled(1, (d,))), Filled(1, (n + d,)), (), ()),
    "identity put together": ("H", Concat(0, Concat(1, I, O), Concat(1, O, I)), Identity(2 * w), (), ()),
    "function of joined": ("H", tanh(Concat(0, b, x[t])), Concat(0, tanh(b), tanh(x[t])), AT_T, ()),
    "function of joined and more": ("H", sigmoid(1 - Concat(0, b, x[t]) + Q2.T * H.c), Concat(0, sigmoid(1 - b + Block(Q2, 1,
        0, (n, d)).T * H.c), sigmoid(1 - x[t] + Block(Q2, 1, 1, (n, d)).T * H.c)), AT_T, ()),
    "reciprocal of joined": ("H", Quotient(1, Concat(0, exp(b), exp(x[t]))), Concat(0, exp(-b), exp(-x[t])), AT_T, ()),
    "part of the identity": ("H", Block(Identity(2 * w), 0, 1, (w, w)) * ab, a2, (), ()),
    "norm of joined": ("H", NormSquared(ab), NormSquared(a1) + NormSquared(a2), (), ()),
}  # fmt: skip
RIGHT = {f"{group}: {name}": claim for group, table in (
    ("adjoint", ADJOINTS), ("gradient", GRADIENTS), ("time", OVER_TIME), ("algebra", ALGEBRA), ("written out", RIGHT_WRITTEN_OUT),
    ("folded", RIGHT_FOLDED), ("state", RIGHT_STATES), ("diagonal", RIGHT_DIAGONAL),
) for name, claim in table.items()}  # fmt: skip

own = Var("own", (), (Symbol("N"),))
REWRITTEN = {
    "ones up to a size of its own": ("H", Quotient(Total(own), total(ONE, k, 1, Symbol("N"))), Quotient(Total(own), Total(Filled(1,
        own.rows))), (), ()),
    **ONCE_OPEN,
}  # fmt: skip
"""What rewritings came to and was left open once; no rewriting starts from these."""
