"""Right and wrong equalities in which the right side of an equation stands written out beside other factors."""

from prover_models import LSTM, D, F, H, L, dh, t, total
from sympy import Integer

from symbolic.language import Adjoint, Hadamard, Relation, Total, Where, sigmoid, tanh


def before(step):
    """What the adjoint of c of an LSTM is, before the last step."""
    return Hadamard(Adjoint(LSTM.h[step]), LSTM.o[step], 1 - tanh(LSTM.c[step]) ** 2) + Hadamard(Adjoint(LSTM.c[step + 1]), LSTM.f[step + 1])


def decayed(step):
    """What the adjoint of h of decaying units is."""
    return D.h[step] + D.W.T * Hadamard(1 - D.h[step + 1] ** 2, dh(step + 1, D))


def sensed(step, outputs):
    """What the adjoint of h of tanh units is, by their outputs."""
    return H.V.T * (outputs - H.y[step]) + H.W.T * Hadamard(1 - H.h[step + 1] ** 2, dh(step + 1))


def up_to_the_last(step):
    """The adjoint of c of an LSTM, written out before the last step."""
    written, itself = before(step), Adjoint(LSTM.c[step])
    return Where(written, Relation("<", step, LSTM.T)) + Where(itself, Relation("<=", LSTM.T, step))


def forgets(old, new):
    """f_t ∘ (1 - f_t) times the adjoint, summed over the steps, the first one apart, with h_{t-1} written out by these cells."""
    h = {LSTM.h[t - 1]: Hadamard(LSTM.o[t - 1], tanh(new))}
    at = {LSTM.h[t - 1]: LSTM.h[0], LSTM.x[t]: LSTM.x[1]}
    gate = sigmoid(LSTM.W_f * LSTM.h[t - 1] + LSTM.U_f * LSTM.x[t] + LSTM.b_f)
    first = Hadamard(up_to_the_last(Integer(1)), LSTM.c[0], gate.xreplace(at), 1 - LSTM.f[1]) * LSTM.x[1].T
    return first + total(Hadamard(up_to_the_last(t), old, gate.xreplace(h), 1 - LSTM.f[t]) * LSTM.x[t].T, t, 2, LSTM.T)


GATED = total(Hadamard(Adjoint(LSTM.c[t]), LSTM.c[t - 1], LSTM.f[t], 1 - LSTM.f[t]) * LSTM.x[t].T, t, 1, LSTM.T)

RIGHT_FOLDED = {
    "adjoint written out three times": ("LSTM", total(Hadamard(Adjoint(LSTM.c[t]), LSTM.g[t]), t, 1, LSTM.T - 3), total(Hadamard(
        before(t).xreplace({Adjoint(LSTM.c[t + 1]): before(t + 1).xreplace({Adjoint(LSTM.c[t + 2]): before(t + 2)})}), LSTM.g[t]), t, 1,
        LSTM.T - 3), (), ()),
    "adjoints written out just before the last step": ("LSTM", Hadamard(Adjoint(LSTM.c[LSTM.T - 1]), Adjoint(LSTM.c[LSTM.T - 1]), Adjoint(
        LSTM.c[LSTM.T - 2])), Hadamard(Adjoint(LSTM.c[LSTM.T - 1]), before(LSTM.T - 1), before(LSTM.T - 2)), (), (), (Relation("<=",
        Integer(3), LSTM.T),)),
    "adjoint written out beside itself": ("D", total(dh(t, D) * dh(t, D).T, t, 1, D.T - 1), total(decayed(t) * dh(t, D).T, t, 1, D.T - 1),
        (), ()),
    "adjoint written out by outputs": ("H", total(dh(t) * H.b.T, t, 1, H.T - 1), total(sensed(t, Total(H.y[t]) * H.y_hat[t]) * H.b.T, t, 1,
        H.T - 1), (), ()),
    "state written out beside itself": ("L", total(L.h[t] * L.h[t].T, t, 1, L.T), total((L.W * L.h[t - 1] + L.U * L.x[t]) * L.h[t].T, t, 1,
        L.T), (), ()),
}  # fmt: skip

WRONG_FOLDED = {
    "adjoint written out up to the last step, with another state": ("LSTM", GATED, forgets(LSTM.c[t - 1], LSTM.c[t]), ()),
    "adjoint written out beside itself, one step early": ("D", total(dh(t, D) * dh(t, D).T, t, 0, D.T - 1), total(decayed(t) * dh(t, D).T, t, 0,
        D.T - 1), ()),
    "the first adjoint written out by labels times outputs": ("H", dh(Integer(1)), sensed(Integer(1), Hadamard(H.y[1], H.y_hat[1])), (), (
        Relation("<=", Integer(2), H.T),)),
    "adjoint written out by labels times outputs": ("H", total(dh(t) * H.b.T, t, 1, H.T - 1), total(sensed(t, Hadamard(H.y[t], H.y_hat[t]))
        * H.b.T, t, 1, H.T - 1), ()),
    "value written out beside itself, before the first step": ("F", total(Hadamard(F.z[t - 1], F.z[t - 1]), t, 1, F.T), total(Hadamard(F.W
        * F.x[t - 1], F.z[t - 1]), t, 1, F.T), ()),
    "state written out beside itself, a weight transposed": ("L", total(L.h[t] * L.h[t].T, t, 1, L.T), total((L.W.T * L.h[t - 1] + L.U
        * L.x[t]) * L.h[t].T, t, 1, L.T), ()),
}  # fmt: skip

def by_its_definition(step):
    """c of an LSTM where it has one, and itself elsewhere, as a case distinction."""
    within = Relation("<=", Integer(1), step), Relation("<=", step, LSTM.T)
    outside = Where(LSTM.c[step], Relation("<", step, Integer(1))) + Where(LSTM.c[step], Relation("<", LSTM.T, step))
    return Where(Hadamard(LSTM.f[step], LSTM.c[step - 1]) + Hadamard(LSTM.i[step], LSTM.g[step]), *within) + outside


def cell_with(hidden):
    """What c_t of an LSTM is, with g_t written out by what h_{t-1} is."""
    return Hadamard(LSTM.f[t], LSTM.c[t - 1]) + Hadamard(LSTM.i[t], tanh(LSTM.W_g * hidden + LSTM.U_g * LSTM.x[t] + LSTM.b_g))


FROM_2 = ((t, Integer(2), LSTM.T),)
ONCE_OPEN = {
    "adjoint written out up to the last step, the first apart": ("LSTM", GATED, forgets(LSTM.c[t - 1], LSTM.c[t - 1]), (), ()),
    "adjoints written out, a cell in them by cases": ("LSTM", Hadamard(Adjoint(LSTM.c[LSTM.T - 1]), Adjoint(LSTM.c[LSTM.T - 1]), Adjoint(
        LSTM.c[LSTM.T - 2])), Hadamard(Adjoint(LSTM.c[LSTM.T - 1]), before(LSTM.T - 1), before(LSTM.T - 2).xreplace({LSTM.c[LSTM.T - 2]:
        by_its_definition(LSTM.T - 2)})), (), (), (Relation("<=", Integer(3), LSTM.T),)),
    "three arguments within each other written out": ("LSTM", tanh(LSTM.c[t]), tanh(cell_with(Hadamard(LSTM.o[t - 1], tanh(
        by_its_definition(t - 1))))), FROM_2, ()),
}
"""What a rewriting came to and was left open once."""
