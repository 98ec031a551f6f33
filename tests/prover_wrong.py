"""Wrong equalities: model, left side, right side, free steps, conditions.  Each is wrong somewhere for a real forward pass."""

from prover_diagonal import WRONG_DIAGONAL
from prover_folded import WRONG_FOLDED
from prover_models import G2, LSTM, ONE, D, F, G, H, L, P, R, S, Z, dh, i, j, k, r, s, steps, t, total
from prover_states import WRONG_STATES
from prover_written_out import WRONG_WRITTEN_OUT
from prover_wrong_alike import ALIKE
from sympy import Integer, Rational, Symbol

from symbolic.language import (
    Adjoint,
    Block,
    Concat,
    Diag,
    DiagPart,
    Entry,
    Filled,
    Fun,
    Hadamard,
    Identity,
    Kronecker,
    Plus,
    Power,
    Product,
    ProductOver,
    Quotient,
    Relation,
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
    logsumexp,
    relu,
    sigmoid,
    softmax,
    softplus,
    step,
    tanh,
)  # fmt: skip

n, d, C, w = H.size.n, H.size.d, H.size.C, Symbol("w")
half = Rational(1, 2)
AT_T, SAME = (steps("H"),), ((k, ONE, H.T), (t, k, H.T))
h, x, y, yh, W, U, V, b, T = H.h, H.x, H.y, H.y_hat, H.W, H.U, H.V, H.b, H.T


def d1(step):
    return 1 - h[step] ** 2


def err(step):
    return yh[step] - y[step]


def J(step):
    return Diag(d1(step)) * W


def prod(low, high, body=None, order="descending", letter=r):
    return ProductOver(body if body is not None else J(letter), letter, low, high, order)


def later(step):
    return Transpose(W) * Hadamard(d1(step + 1), dh(step + 1))


def grad(body, low=1, high=T):
    """Σ_t of a term in t."""
    return total(body, t, low, high)


def closed(low=t, high=T, inner=None):
    return total(Transpose(inner if inner is not None else prod(t + 1, s)) * V.T * err(s), s, low, high)


def dot(a, c):
    return Transpose(a) * c


outer = Hadamard(d1(t), dh(t)) * Transpose(h[t - 1])
v2, a1, a2, o1, z1 = Var("v2", (), (2 * w,)), Var("a1", (), (w,)), Var("a2", (), (w,)), Filled(1, (w,)), Filled(0, (w,))
ab = Concat(0, a1, a2)
O, I = Filled(0, (w,), (w,)), Identity(w)
A, B, E = (Var(name, (), (n,), (n,)) for name in "ABE")
ones = Filled(1, (n,))

STEP = Identity(P.size.n) + Diag(P.h[r - 1]) * P.W

ADJOINTS = {
    "lost transpose": ("H", dh(t), V.T * err(t) + W * Hadamard(d1(t + 1), dh(t + 1)), AT_T),
    "lost factor": ("H", dh(t), V.T * err(t) + W.T * dh(t + 1), AT_T),
    "wrong sign": ("H", dh(t), V.T * err(t) - later(t), AT_T),
    "slope one step early": ("H", dh(t), V.T * err(t) + W.T * Hadamard(d1(t), dh(t + 1)), AT_T),
    "adjoint one step early": ("H", dh(t), V.T * err(t) + W.T * Hadamard(d1(t + 1), dh(t)), AT_T),
    "lost recurrence": ("H", dh(t), V.T * err(t), AT_T),
    "lost output": ("H", dh(t), later(t), AT_T),
    "slope outside": ("H", dh(t), V.T * err(t) + Hadamard(d1(t + 1), W.T * dh(t + 1)), AT_T),
    "last step everywhere": ("H", dh(t), V.T * err(H.T), AT_T),
    "output at the wrong step": ("H", dh(t), V.T * err(t - 1) + later(t), (steps("H", low=Integer(2)),)),
    "closed: factors swapped": ("H", dh(t), closed(inner=prod(t + 1, s, W * Diag(d1(r)))), AT_T),
    "closed: ascending": ("H", dh(t), closed(inner=prod(t + 1, s, order="ascending")), AT_T),
    "closed: one factor too many": ("H", dh(t), closed(inner=prod(t, s)), AT_T),
    "closed: one factor too few": ("H", dh(t), closed(inner=prod(t + 2, s)), AT_T),
    "closed: sum starts late": ("H", dh(t), closed(low=t + 1), AT_T),
    "closed: sum ends early": ("H", dh(t), closed(high=H.T - 1), AT_T),
    "closed: sum starts at 1": ("H", dh(t), closed(low=ONE), AT_T),
    "closed: product to T": ("H", dh(t), closed(inner=prod(t + 1, T)), AT_T),
    "closed: no product": ("H", dh(s), total(V.T * err(k), k, s, T), ((s, ONE, T),)),
    "closed under a sum": ("H", total(dh(s), s, 1, T), total(total(V.T * err(k), k, s, T), s, 1, T), ()),
    "sigmoid without slopes": ("S", dh(t, S), S.V.T * dh(t + 1, S) + S.W.T * Hadamard(
        S.o[t], 1 - S.o[t], S.W_out.T * (S.y[t] - S.r[t])), (steps("S"),)),
    "sigmoid: no slope of the output layer": ("S", dh(t, S), S.V.T * Hadamard(S.h[t + 1], 1 - S.h[t + 1], dh(t + 1, S))
        + S.W.T * S.W_out.T * (S.y[t] - S.r[t]), (steps("S"),)),
    "sigmoid at T: lost slope": ("S", dh(S.T, S), S.W.T * S.W_out.T * (S.y[S.T] - S.r[S.T]), ()),
    "relu: ascending": ("R", dh(t, R), Transpose((R.y_pred - R.y_gt) * R.V * ProductOver(
        Diag(step(R.h[r])) * R.W, r, t + 1, R.T, "ascending")), (steps("R"),)),
    "relu: one factor too few": ("R", dh(t, R), Transpose((R.y_pred - R.y_gt) * R.V * ProductOver(
        Diag(step(R.h[r])) * R.W, r, t + 2, R.T)), (steps("R"),)),
    "relu: lost indicator": ("R", dh(t, R), R.W.T * dh(t + 1, R) + Where(R.V.T * (R.y_pred - R.y_gt), Relation("=", t, R.T)),
        (steps("R"),)),
    "relu: output at every step": ("R", dh(t, R), R.W.T * Hadamard(step(R.h[t + 1]), dh(t + 1, R)) + R.V.T
        * (R.y_pred - R.y_gt), (steps("R"),)),
    "relu: label minus output": ("R", dh(R.T, R), R.V.T * (R.y_gt - R.y_pred), ()),
    "abstract: slope at the wrong step": ("G", Adjoint(G.W_in), total(Hadamard(Fun("sigma", 1, "elementwise")(
        G.W_rec * G.h[t] + G.W_in * G.x[t] + G.b[t]), dh(t, G)) * G.x[t].T, t, 1, G.T), ()),
    "abstract: no slope": ("G2", Adjoint(G2.W_hh), total(dh(t, G2) * G2.h[t - 1].T, t, 1, G2.T), ()),
    "the rule beyond the last step": ("L", dh(t + 1, L), Product(2, L.b) + L.W.T * dh(t + 2, L), (steps("L"),)),
    "the rule right after the last step": ("L", dh(L.T + 1, L), Product(2, L.b) + L.W.T * dh(L.T + 2, L), ()),
    "another rule beyond the last step": ("L", Adjoint(L.e[t + 1]), L.b, (steps("L"),)),
    "beyond the last step in a sum": ("L", total(Adjoint(L.e[t + 1]), t, 1, L.T), Product(L.T, L.b), ()),
    "the rule before the first step": ("D", dh(Integer(0), D), D.h[0] + D.W.T * Hadamard(1 - D.h[1] ** 2, dh(ONE, D)), ()),
    "a rule used one step early": ("F", Adjoint(F.o[t - 1]), Product(2, F.o[t - 1]) + F.R.T * Hadamard(1 - F.h[t] ** 2,
        dh(t, F)), (steps("F"),)),
    "an eliminated rule used one step early": ("F", Adjoint(F.z[t - 1]), Product(2, F.z[t - 1]) + Hadamard(1 - F.h[t] ** 2,
        dh(t, F)), (steps("F"),)),
    "no eliminated adjoint before the first step": ("F", Adjoint(F.z[0]), Filled(0, (F.size.n,)), ()),
    "no adjoint before the first step": ("F", Adjoint(F.o[0]), Filled(0, (F.size.m,)), ()),
    "the rule from t = 0 on": ("D", dh(t, D), D.h[t] + D.W.T * Hadamard(1 - D.h[t + 1] ** 2, dh(t + 1, D)),
        (steps("D", low=Integer(0)),)),
    "lstm: cell without forget gate": ("LSTM", Adjoint(LSTM.c[t]), Hadamard(LSTM.o[t], 1 - Fun("tanh")(LSTM.c[t]) ** 2,
        dh(t, LSTM)), (steps("LSTM"),)),
}  # fmt: skip
GRADIENTS = {
    "lost slope": ("H", Adjoint(W), grad(dh(t) * h[t - 1].T), ()),
    "slope twice": ("H", Adjoint(W), grad(Hadamard(d1(t), d1(t), dh(t)) * h[t - 1].T), ()),
    "from t = 2": ("H", Adjoint(W), grad(outer, 2), ()),
    "inputs from t = 2": ("R", Adjoint(R.U), total(Hadamard(step(R.h[t]), dh(t, R)) * R.x[t].T, t, 2, R.T), ()),
    "to T - 1": ("H", Adjoint(W), grad(outer, 1, T - 1), ()),
    "h_t for h_{t-1}": ("H", Adjoint(W), grad(Hadamard(d1(t), dh(t)) * h[t].T), ()),
    "transposed": ("H", Adjoint(W), grad(h[t - 1] * Hadamard(d1(t), dh(t)).T), ()),
    "missing sum": ("H", Adjoint(W), outer.xreplace({t: T}), ()),
    "missing sum, free": ("H", Adjoint(H.b), Hadamard(d1(t), dh(t)), AT_T),
    "double sum": ("H", Adjoint(H.b), grad(total(Hadamard(d1(s), dh(s)), s, 1, t)), ()),
    "twice": ("H", Adjoint(W), Product(2, grad(outer)), ()),
    "half": ("H", Adjoint(V), Product(half, grad(err(t) * h[t].T)), ()),
    "a large prime more": ("H", Adjoint(W), grad(outer) + Product(2**61 - 1, h[T] * h[0].T), ()),
    "a little more": ("H", Adjoint(W), Product(Rational(10001, 10000), grad(outer)), ()),
    "mean": ("H", Adjoint(H.c), Quotient(grad(err(t)), T), ()),
    "label minus output": ("H", Adjoint(H.c), grad(y[t] - yh[t]), ()),
    "logits' gradient without labels": ("H", Adjoint(H.o[t]), yh[t], AT_T),
    "past the own step": ("H", Adjoint(W), total(total(Diag(d1(t)) * Transpose(prod(t + 1, s)) * V.T * err(s)
        * h[t - 1].T, t, 1, s - 1), s, 1, T), ()),
    "closed, swapped": ("H", Adjoint(W), total(total(Diag(d1(t)) * Transpose(prod(t + 1, s, W * Diag(d1(r)))) * V.T * err(s)
        * h[t - 1].T, t, 1, s), s, 1, T), ()),
    "a column for a matrix": ("H", Adjoint(U), Adjoint(H.b) * x[1].T, ()),
    "inputs of the step before": ("H", Adjoint(U), grad(Hadamard(d1(t), dh(t)) * x[t - 1].T, 2), ()),
    "flattened by columns": ("H", Vec(Adjoint(W)), Vec(Adjoint(W), "column"), ()),
}  # fmt: skip
OVER_TIME = {
    "split at T = 1": ("H", total(h[k], k, 1, T), total(h[k], k, 1, T - 2) + h[T - 1] + h[T], ()),
    "first and last": ("H", total(h[k], k, 1, T), h[1] + total(h[k], k, 2, T - 1) + h[T], ()),
    "holds up to T = 2": ("H", total(h[k], k, 1, T), h[1] + Where(h[2], Relation("<=", Integer(2), T)), ()),
    "holds from T = 2 on": ("H", total(h[k], k, 1, T), h[0] + h[1] + total(h[k], k, 2, T) - Where(h[0], Relation("<=",
        Integer(2), T)), ()),
    "tail from t = 4": ("H", total(h[k], k, 1, T), total(h[k], k, 1, T) + total(h[k], k, 4, T), ()),
    "indicators from t = 4 on": ("R", total(Hadamard(step(R.h[t]), step(R.h[t])), t, 1, R.T), total(step(R.h[t]), t, 1, R.T)
        + total(step(R.h[t]), t, 4, R.T), ()),
    "one letter for steps and entries": ("H", Entry(y[1], w), total(Product(Entry(Identity(C), w, k), Entry(y[k], k)), k, 1, C), ()),
    "a condition between a step and an entry": ("H", Product(Entry(b, w), total(Where(h[t], Relation("=", t, w)), t, 1, T)),
        Product(Entry(b, w), h[1]), ()),
    "entries up to one of them": ("H", total(Entry(b, k), k, 1, w), Entry(b, w), ()),
    "the number of an entry": ("H", Product(Entry(b, w), w), Entry(b, w), ()),
    "an entry but for the third": ("H", Where(Entry(b, w), Relation("!=", w, Integer(3))), Entry(b, w), ()),
    "2T - 1": ("H", total(k, k, 1, T), Product(2, T) - 1, ()),
    "sum of steps": ("H", total(k, k, 1, T), Quotient(Product(T, T), 2), ()),
    "one too few": ("H", total(ONE, k, t, T), Plus(T, Product(-1, t)), AT_T),
    "overlap": ("H", total(h[k], k, 1, T), total(h[k], k, 1, t) + total(h[k], k, t, T), AT_T),
    "gap": ("H", total(h[k], k, 1, T), total(h[k], k, 1, t - 1) + total(h[k], k, t + 1, T), AT_T),
    "shifted body alone": ("H", total(h[k], k, 1, T), total(h[k - 1], k, 1, T), ()),
    "shifted range alone": ("H", total(h[k], k, 1, T), total(h[k], k, 0, T - 1), ()),
    "reversed range": ("H", total(h[k], k, 1, -3), Product(-3, h[0]), ()),
    "triangle": ("H", total(total(Hadamard(h[k], h[j - 1]), j, 1, k), k, 1, T), total(total(Hadamard(h[k], h[j - 1]), j, 1,
        k - 1), k, 1, T), ()),
    "triangle turned": ("H", total(total(Hadamard(h[k], h[j - 1]), j, 1, k), k, 1, T), total(total(Hadamard(h[j], h[k - 1]),
        j, 1, k), k, 1, T), ()),
    "all for the triangle": ("H", total(total(Hadamard(h[k], h[j]), j, 1, k), k, 1, T), Product(half, total(total(Hadamard(
        h[k], h[j]), j, 1, T), k, 1, T)), ()),
    "a band without its diagonal": ("H", total(total(Hadamard(h[s], h[t]), s, t - 2, t), t, 2, T), total(Hadamard(h[t - 2]
        + h[t - 1], h[t]), t, 2, T), ()),
    "a band without its second diagonal": ("H", total(total(Hadamard(h[s], h[t]), s, t - 2, t), t, 2, T), total(Hadamard(h[t - 2]
        + h[t], h[t]), t, 2, T), ()),
    "the same letter twice": ("H", total(Hadamard(h[k], total(h[k], k, 1, T)), k, 1, T), Product(T, total(
        Hadamard(h[k], h[k]), k, 1, T)), ()),
    "captured letter": ("H", total(total(h[t], t, 1, t), t, 1, T), total(Product(t, h[t]), t, 1, T), ()),
    "a bound length, captured": ("H", total(dh(t), T, 1, 2), total(closed(), T, 1, 2), AT_T),
    "a bound length": ("H", total(total(h[s], s, 1, T),
        T, 1, 3), Product(3, total(h[s], s, 1, T)), ()),
    "captured in a definition": ("L", total(L.c[s], s, 1, L.T), total(Product(s, L.W * L.h[s]), s, 1, L.T), ()),
    "product of sums": ("H", Hadamard(total(h[t], t, 1, T), total(h[t], t, 1, T)), total(Hadamard(h[t], h[t]), t, 1, T), ()),
    "letters in a guard": ("H", total(total(Where(Product(dot(h[t], h[1]), dot(h[s], b)), Relation("=", t, ONE)), t, 1, T), s, 1,
        T), total(total(Where(Product(dot(h[s], h[1]), dot(h[t], b)), Relation("=", t, ONE)), t, 1, T), s, 1, T), ()),
    "a number and a step in one guard": ("H", Product(Entry(b, 1), total(total(Where(Product(dot(h[t], h[1]), dot(h[s], b)),
        Relation("=", t, ONE)), t, 1, T), s, 1, T)), Product(Entry(b, 1), total(total(Where(Product(dot(h[s], h[1]),
        dot(h[t], b)), Relation("=", t, ONE)), t, 1, T), s, 1, T)), ()),
    "guard lost on the way": ("H", Where(Where(b, Relation("!=", t, s)), Relation("=", t, s)), Product(-1, Where(b, Relation(
        "=", t, s))), (steps("H"), steps("H", s))),
    "other steps for later ones": ("H", total(Where(h[k], Relation("!=", k, t)), k, 1, T), total(h[k], k, t + 1, T), AT_T),
    "other steps for earlier ones": ("H", total(Where(h[k], Relation("!=", k, t)), k, 1, T), total(h[k], k, 1, t - 1), AT_T),
    "guard in a function": ("H", total(total(Hadamard(tanh(Where(b, Relation("=", t, ONE))), h[s]), s, 1, T), t, 1, T),
        total(total(Hadamard(tanh(Where(b, Relation("=", t, ONE))), h[t]), s, 1, T), t, 1, T), ()),
    "opposite of a bound in a function": ("H", sigmoid(Where(b, Relation("<=", t, s))), Where(sigmoid(b), Relation("<=", t, s))
        + Where(sigmoid(b), Relation("<", t, s)), (steps("H"), steps("H", s))),
    "opposite of a strict bound in a function": ("H", sigmoid(Where(b, Relation("<", t, s))), Where(sigmoid(b), Relation("<",
        t, s)) + Where(sigmoid(Filled(0, (n,))), Relation("<", s, t)), (steps("H"), steps("H", s))),
    "product in two parts, swapped": ("H", ProductOver(Where(J(r), Relation("<=", r, t)) + Where(W, Relation("<", t, r)), r, ONE,
        T), prod(ONE, t) * prod(t + 1, T, W), AT_T),
    "ascending product in two parts, swapped": ("H", ProductOver(Where(J(r), Relation("<=", r, t)) + Where(W, Relation("<", t, r)),
        r, ONE, T, "ascending"), prod(t + 1, T, W, "ascending") * prod(ONE, t, order="ascending"), AT_T),
    "product in two parts, one later": ("H", ProductOver(Where(J(r), Relation("<=", r, t)) + Where(W, Relation("<", t, r)), r,
        ONE, T), prod(t, T, W) * prod(ONE, t - 1), AT_T),
    "product with another factor where it is empty": ("H", ProductOver(Where(J(r), Relation("=", r, t)) + Where(W, Relation("!=",
        r, t)), r, t + 1, T), prod(t + 1, T, W) * W, AT_T),
    "product over a letter that is free as well": ("H", ProductOver(Where(J(t), Relation("<=", t, s)) + Where(W, Relation("<", s,
        t)), t, ONE, T), prod(ONE, T), (steps("H"), steps("H", s)), (Relation("<=", t, s),)),
    "ReLU by another indicator": ("R", R.h[t], Hadamard(step(R.W * R.h[t - 1] + R.U * R.x[t]), R.W * R.h[t - 1] + R.U * R.x[t]
        + R.b), (steps("R"),)),
    "ReLU by its indicator before the first step": ("F", total(F.g[t], t, 0, F.T), F.g[0] + F.g[0] + total(Hadamard(step(F.g[t]),
        F.W * F.g[t - 1] + F.x[t]), t, 1, F.T), ()),
    "ReLU of a product": ("H", relu(Hadamard(b, h[t])), Hadamard(b, relu(h[t])), AT_T),
    "guard in a denominator": ("H", Quotient(1, 1 + Where(h[t], Relation("=", t, ONE))), Quotient(1, 1 + h[t]), AT_T),
    "guard under a root": ("H", Power(1 + Where(h[t] ** 2, Relation("=", t, ONE)), half), Power(1 + h[t] ** 2, half), AT_T),
    "root of a step": ("H", Power(t, half), ONE, AT_T, (Relation("=", t, Integer(2)),)),
    "root of a moved step": ("H", total(Product(Power(t, half), h[t - 1]), t, 1, T), total(Product(t, h[t - 1]), t, 1, T), ()),
    "peeled at t = T": ("H", prod(t + 1, T, W), prod(t + 2, T, W) * W, AT_T),
    "peeled at the wrong end": ("H", prod(t, T), prod(t, T - 1) * J(T), AT_T),
    "joined with a gap": ("H", prod(1, T), prod(t + 1, T) * prod(1, t - 1), AT_T),
    "joined with a gap inside": ("H", prod(1, T), prod(t + 1, T) * prod(1, t - 1), ((t, Integer(2), T - 1),)),
    "joined, swapped": ("H", prod(1, T), prod(1, t) * prod(t + 1, T), AT_T),
    "half of a factor taken up": ("H", prod(t + 1, T, Product(2, J(r))) * J(t), prod(t, T, Product(2, J(r))), (steps("H",
        high=T - 1),)),
    "a factor of another step taken up": ("H", prod(t + 2, T) * J(t), prod(t + 1, T), (steps("H", high=T - 2),)),
    "something between two products": ("H", prod(t + 1, T) * Diag(b) * prod(1, t), prod(s + 1, T) * Diag(b) * prod(1, s), (steps(
        "H", high=T - 1), steps("H", s, high=T - 1))),
    "order of a product": ("H", prod(1, T), prod(1, T, order="ascending"), ()),
    "transpose of a product": ("H", Transpose(prod(1, T)), prod(1, T, Transpose(J(r))), ()),
    "not a product": ("H", dot(DiagPart(prod(k + 1, t)), prod(1, k)), dot(DiagPart(prod(j + 1, t)), prod(1, j)),
        (*SAME, (j, k, t))),
    "not a factor": ("H", dot(DiagPart(prod(k + 1, t)), J(k)), dot(DiagPart(prod(j + 1, t)), J(j)), (*SAME, (j, k, t))),
    "factors that meet": ("H", prod(k + 1, t, A * Diag(h[r]) * B * Diag(h[r - 1]) * E) * A * Diag(Hadamard(h[k], DiagPart(B),
        h[k - 1])) * E, prod(k, t, A * Diag(h[r]) * B * Diag(h[r - 1]) * E), SAME),
    "peeled where it may be empty": ("P", total(prod(t + 2, s, STEP) * P.h[s], s, t + 1, P.T), total(prod(t + 3, s, STEP)
        * STEP.xreplace({r: t + 2}) * P.h[s], s, t + 1, P.T), (steps("P"),)),
    "peeled at t = T, a sum": ("P", prod(t + 1, P.T, P.W + Identity(P.size.n)), prod(t + 2, P.T, P.W + Identity(P.size.n))
        * (P.W + Identity(P.size.n)), (steps("P"),)),
    "sizes of two products": ("H", Entry(prod(1, 2, Filled(1, (n,), (n,))), 1, 1), Plus(d, Product(0, Entry(prod(1, 2, Filled(
        1, (d,), (d,))), 1, 1))), ()),
    "sizes of a product": ("H", Total(prod(1, 2, Filled(1, (n,), (n,)))), Total(prod(1, 2, Filled(1, (d,), (d,)))), ()),
}  # fmt: skip
ALGEBRA = {
    "sigmoid mirrored": ("H", sigmoid(b), Quotient(1, Plus(1, exp(b))), ()),
    "tanh by sigmoid, not doubled": ("H", tanh(b), Plus(Product(2, sigmoid(b)), -1), ()),
    "slope by exponentials, no square": ("H", sigmoid(b), Quotient(exp(Product(-1, b)), Plus(1, exp(Product(-1, b)))), ()),
    "W WT for WT W": ("H", W * W.T, W.T * W, ()),
    "commuting factors": ("H", W * Diag(b), Diag(b) * W, ()),
    "symmetric W": ("H", W * b, W.T * b, ()),
    "entry by entry for the product": ("H", W * W, Hadamard(W, W), ()),
    "outer for inner": ("H", b * h[t].T * h[s], Hadamard(b, h[t], h[s]), (steps("H"), steps("H", s))),
    "inner products swapped": ("H", dot(b, h[t]) * h[s], dot(b, h[s]) * h[t], (steps("H"), steps("H", s))),
    "trace for the total": ("H", Trace(W), Total(W), ()),
    "trace of W squared": ("H", Trace(W * W), Total(Hadamard(W, W)), ()),
    "trace, commuted": ("H", Trace(W * Diag(b) * W.T * Diag(h[t])), Trace(Diag(b) * W * W.T * Diag(h[t])), AT_T),
    "trace of a product": ("H", Trace(W * W.T), Product(Trace(W), Trace(W)), ()),
    "trace of the identity": ("H", Trace(Identity(n)), ONE, ()),
    "one size for another": ("H", Total(Filled(1, (n,), (d,))), Product(n, n), ()),
    "sides of different sizes": ("H", Total(Filled(1, (n,))), Total(Filled(1, (d,))), ()),
    "diagonal of a product": ("H", DiagPart(W * W), Hadamard(DiagPart(W), DiagPart(W)), ()),
    "kronecker, swapped": ("H", Kronecker(b, h[t]), Kronecker(h[t], b), AT_T),
    "kronecker as columns": ("H", Kronecker(Identity(n), b.T) * Vec(W), W.T * b, ()),
    "row-major for column-major": ("H", Vec(W), Vec(W, "column"), ()),
    "deltas and a size": ("H", Product(*[SumOver(SumOver(Where(ONE, Relation("=", i, j)), i, 1, n), j, 1, n)] * 2), Product(
        n, n, SumOver(SumOver(Where(ONE, Relation("=", i, j)), i, 1, n), j, 1, n)), ()),
    "both diagonals": ("H", Where(Entry(W, i, j), Relation("=", i, j)), Entry(W, i, j), ()),
    "other cases": ("H", Entry(Diag(yh[t]) - yh[t] * yh[t].T, i, j), Where(Entry(yh[t], i) * (1 - Entry(yh[t], i)), Relation(
        "=", i, j)) + Where(Product(Entry(yh[t], i), Entry(yh[t], j)), Relation("!=", i, j)), AT_T),
    "sum but two that may be one": ("H", SumOver(Entry(b, k), k, 1, n, (i, j)), SumOver(Entry(b, k), k, 1, n) - Entry(b, i)
        - Entry(b, j), ()),
    "a letter as a number": ("H", SumOver(SumOver(Product(i, Entry(h[1], i), Entry(b, j)), i, 1, n), j, 1, n), SumOver(SumOver(
        Product(i, Entry(h[1], j), Entry(b, i)), i, 1, n), j, 1, n), ()),
    "a number for a component": ("H", SumOver(SumOver(Product(i, Entry(h[1], i), Entry(b, j)), i, 1, n), j, 1, n), SumOver(SumOver(Product(j, Entry(
            h[1], i), Entry(b, j)), i, 1, n), j, 1, n), ()),
    "a unit vector is not zero": ("H", Entry(Unit(Integer(2), n), i), Integer(0), ()),
    "one entry for another": ("H", Entry(b, 1), Entry(h[1], 1), ()),
    "the same letter over two sizes": ("H", SumOver(Entry(b, i), i, 1, n) * SumOver(Entry(H.c, i), i, 1, C), SumOver(
        Entry(b, i), i, 1, n) * SumOver(Entry(b, i), i, 1, n), ()),
    # functions
    "softmax as an entry by entry function": ("H", Entry(yh[t], i), Quotient(exp(Entry(H.o[t], i)), 1 + exp(Entry(H.o[t], i))),
        AT_T),
    "softmax without the sum": ("H", Entry(yh[t], i), exp(Entry(H.o[t], i)), AT_T),
    "softmax over the wrong index": ("H", Entry(softmax(Product(Entry(b, i), h[t])), j), Entry(softmax(Product(Entry(h[t], j),
        b)), i), AT_T),
    "softmax summed over another index": ("H", SumOver(Entry(softmax(Product(Entry(b, i), H.c)), j), i, 1, n), ONE, ()),
    "softmax of equal entries": ("H", Entry(softmax(H.c), i), Entry(softmax(Product(Entry(H.c, i), Filled(1, (C,)))), j), ()),
    "log softmax at an entry of its argument": ("H", log(Entry(softmax(Product(Entry(b, i), b)), i)), Entry(b, i) ** 2
        - logsumexp(Hadamard(b, b)), ()),
    "log-sum-exp over another size": ("H", logsumexp(Filled(1, (n,))), logsumexp(Filled(1, (d,))), ()),
    "softmax over another size": ("H", Entry(softmax(Filled(1, (n,))), 1), Entry(softmax(Filled(1, (d,))), 1), ()),
    "unit of another size": ("H", logsumexp(Unit(ONE, n)), logsumexp(Unit(ONE, d)), ()),
    "states sum to one": ("H", Total(h[t]), ONE, AT_T),
    "labels sum to two": ("H", Total(y[t]), Integer(2), AT_T),
    "one-hot labels": ("H", Hadamard(y[t], y[t]), y[t], AT_T),
    "one-hot labels, squared": ("H", dot(y[t], y[t]), ONE, AT_T),
    "slope of the sigmoid": ("S", Fun("sigmoid", 1)(S.b_h), 1 - sigmoid(S.b_h) ** 2, ()),
    "slope of tanh": ("H", Fun("tanh", 1)(b), Hadamard(tanh(b), 1 - tanh(b)), ()),
    "slope in the wrong argument": ("H", Fun("tanh", 1)(h[t]), d1(t), AT_T),
    "softplus mirrored": ("H", softplus(-b), softplus(b) + b, ()),
    "sigmoid of zero": ("H", sigmoid(Filled(0, (n,))), Filled(0, (n,)), ()),
    "an abstract function and its slope": ("H", Fun("phi", 1, "elementwise")(b), Fun("phi", 0, "elementwise")(b), ()),
    "log softmax beside its index": ("H", log(SumOver(Product(Entry(softmax(Product(Entry(b, i), b)), j), Unit(i, n)), i, 1, n)),
        Product(Entry(b, j), b) - Product(logsumexp(Hadamard(b, b)), Filled(1, (n,))), ()),
    "even tanh": ("H", tanh(-b), tanh(b), ()),
    "odd sigmoid": ("H", sigmoid(-b), -sigmoid(b), ()),
    "linear tanh": ("H", tanh(Product(2, b)), Product(2, tanh(b)), ()),
    "ReLU of a negative number": ("H", relu(Product(-2, b)), Product(-2, relu(b)), ()),
    "ReLU twice": ("R", Hadamard(step(R.h[t]), R.x[t]), R.x[t], (steps("R"),)),
    "state at the step before": ("H", h[t], tanh(W * h[t] + U * x[t] + b), AT_T),
    "output at another step": ("R", R.y_pred, sigmoid(R.V * R.h[t] + R.d), (steps("R"),)),
    "state with W transposed": ("H", h[t], tanh(W.T * h[t - 1] + U * x[t] + b), AT_T),
    "a function of two steps, swapped": ("H", tanh(Hadamard(b, h[t]) + h[s]), tanh(Hadamard(b, h[s]) + h[t]), (steps("H"),
        steps("H", s))),
    "a function of the transpose": ("H", tanh(W.T), tanh(W), ()),
    "state of the step of its inputs": ("Z", Z.h[t - 1], tanh(Z.W * Z.h[t - 1] + Z.x[t - 1]), (steps("Z", low=Integer(2)),)),
    "state of the next step": ("H", h[t], tanh(W * h[t] + U * x[t + 1] + b), (steps("H", high=T - 1),)),
    "an abstract function called tanh": ("H", Power(Fun("tanh", 0, "elementwise")(b), 2), 1 - Fun("tanh", 1, "elementwise")(b),
        ()),
    "a definition before the first step": ("F", F.o[t - 1], tanh(F.V * F.h[t - 1]), (steps("F"),)),
    "a linear definition before the first step": ("F", F.z[t - 1], F.W * F.x[t - 1], (steps("F"),)),
    "an affine definition before the first step": ("F", total(F.e[t - 1], t, 1, F.T), total(Hadamard(F.h[t - 1], F.x[t - 1])
        + F.g[t - 1], t, 2, F.T) + F.g[0], ()),
    "indicator of minus a ReLU": ("R", step(R.h[t]) + step(-R.h[t]), Filled(1, (R.size.n,)), (steps("R"),)),
    "an indicator before the first step": ("F", Hadamard(step(F.g[t - 1]), F.g[t - 1]), F.g[t - 1], (steps("F"),)),
    "an indicator before the first step, in a sum": ("F", total(Hadamard(step(F.g[t - 1]), F.g[t - 1]), t, 1, F.T), total(
        F.g[t - 1], t, 1, F.T), ()),
    "inputs before the first step are not zero": ("Z", total(Z.x[t - 1], t, 1, Z.T), total(Z.x[t - 1], t, 2, Z.T), ()),
    "a softmax before the first step": ("F", Total(F.p[t - 1]), ONE, (steps("F"),)),
    # quotients
    "distributed quotient": ("H", Quotient(1, b + h[t]), Quotient(1, b) + Quotient(1, h[t]), AT_T),
    "partial fractions": ("H", Quotient(1, Hadamard(h[t], 2 - h[t])), Quotient(1, h[t]) + Quotient(1, 2 - h[t]), AT_T),
    "partial fractions, swapped": ("H", Quotient(1, Hadamard(h[t] - 2, h[t] - 3)), Quotient(1, h[t] - 2) - Quotient(1, h[t] - 3),
        AT_T),
    "one over h - 2": ("H", Quotient(h[t], h[t] - 2), Quotient(1, (h[t] - 2) ** 2) + Quotient(2, h[t] - 2), AT_T),
    "quotient of sums": ("H", Quotient(Total(b), Total(h[t])), Total(Quotient(b, h[t])), AT_T),
    "root of a square": ("H", Power(b**2, half), b, ()),
    "root of a sum": ("H", Power(1 + b**2, half), 1 + Power(b**2, half), ()),
    # joined vectors
    "parts swapped": ("H", Var("Q", (), (n,), (2 * w,)) * ab, Var("Q", (), (n,), (2 * w,)) * Concat(0, a2, a1), ()),
    "joined numbers swapped": ("H", Var("Q", (), (n,), (Integer(2),)) * Concat(0, Var("q1"), Var("q2")), Var("Q", (), (n,), (
        Integer(2),)) * Concat(0, Var("q2"), Var("q1")), ()),
    "wrong part": ("H", Block(ab, 0, 0, (w, w)), a2, ()),
    "part of the identity": ("H", Block(Identity(2 * w), 0, 0, (w, w)) * v2, Block(Identity(2 * w), 0, 1, (w, w)) * v2, ()),
    "swapped blocks": ("H", Concat(0, Concat(1, O, I), Concat(1, I, O)), Filled(0, (2 * w,), (2 * w,)), ()),
    "sum over a part of a quotient": ("H", Total(Hadamard(Quotient(1, 3 + ab), Concat(0, o1, z1))), Total(Hadamard(Quotient(
        1, 3 + ab), Concat(0, z1, o1))), ()),
    "part of a logarithm": ("H", log(Block(softmax(v2), 0, 0, (w, w))), log(Block(softmax(v2), 0, 1, (w, w))), ()),
    "function of joined, swapped": ("H", tanh(Concat(0, a1, a2)), Concat(0, tanh(a2), tanh(a1)), ()),
    "function of joined, one part": ("H", tanh(Concat(0, a1, a2)), Concat(0, tanh(a1), a2), ()),
    "parts put together, swapped": ("H", Concat(1, *(Block(Var("Q", (), (n,), (2 * w,)), 1, p, (w, w)) for p in (1, 0))), Var(
        "Q", (), (n,), (2 * w,)), ()),
    "size of a diagonal of parts": ("H", Total(Diag(Concat(0, Filled(1, (n,)), Filled(1, (d,))))), Plus(n, d, n, d), ()),
}  # fmt: skip
WRONG = {f"{group}: {name}": claim for group, table in (
    ("adjoint", ADJOINTS), ("gradient", GRADIENTS), ("time", OVER_TIME), ("algebra", ALGEBRA), ("alike", ALIKE),
    ("written out", WRONG_WRITTEN_OUT), ("folded", WRONG_FOLDED), ("state", WRONG_STATES),
    ("diagonal", WRONG_DIAGONAL),
) for name, claim in table.items()}  # fmt: skip
