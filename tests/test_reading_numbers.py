"""Formulas read, computed, and compared with NumPy written out by hand: an independent check of the reading.

All sizes differ, T = 4, t = 2; gradients come from the oracle (complex step), everything else from the forward values."""

import numpy as np
import pytest
from reading_models import Batch, Deep, Gated, Layers, Recurrent, Row
from sympy import Integer, Symbol

from symbolic.language import Adjoint
from symbolic.proof.oracle import World
from symbolic.reading import Passage, Reading, read_claims

SIZES = {
    Recurrent: {"m": 3, "n": 5, "C": 2},
    Gated: {"d": 3, "n": 4},
    Layers: {"n_0": 3, "n_1": 5, "n_2": 2},
    Deep: {"n": 3},
    Batch: {"N": 6, "D": 3, "H": 5, "C": 2},
    Row: {"p": 3, "n": 5},
}
LENGTH = 4
AT = {Symbol("t"): 2, Symbol("l"): 2, Symbol("i"): 1, Symbol("j"): 2, Symbol("k"): 2}
I, J, K = 0, 1, 1  # the same components, counted from 0


class Values:
    """Numbers of a model: v.h(2) is h_2, v.W a weight, v.d("h", 2) a gradient, by the names of the model."""

    def __init__(self, kind):
        self.kind = kind
        self.world = World(kind.model, SIZES[kind], LENGTH)

    def __getattr__(self, name):
        family = self.kind.model.families[name]
        if not family.indices:
            return self.world.evaluate(family.var)
        return lambda *at: self.world.evaluate(family.at(*at))

    def d(self, name, *at):
        return self.world.evaluate(Adjoint(self.kind.model.families[name].at(*map(Integer, at))))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def slope(x):
    return sigmoid(x) * (1 - sigmoid(x))


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


def steps(first=1, last=LENGTH):
    return range(first, last + 1)


R, G, Y, D, B, W = Recurrent, Gated, Layers, Deep, Batch, Row
FORMULAS = (
    # (model, formula, the same in NumPy)
    (R, r"W_{xh} x_t + W_{hh} h_{t-1} + b_h", lambda v: v.W_xh @ v.x(2) + v.W_hh @ v.h(1) + v.b_h),
    (R, r"\frac{1}{T} \sum_{t=1}^T h_t", lambda v: sum(v.h(s) for s in steps()) / LENGTH),
    (R, r"{\hat y_t - y_t \over T}", lambda v: (v.p(2) - v.y(2)) / LENGTH),
    (R, r"(\hat y_t - y_t) h_t^\top", lambda v: np.outer(v.p(2) - v.y(2), v.h(2))),
    (R, r"(\hat y_t - y_t) * h_t.T", lambda v: np.outer(v.p(2) - v.y(2), v.h(2))),
    (R, r"W_{hy}^{\mathrm T} (\hat y_t - y_t) \odot (1 - h_t^2)", lambda v: (v.W_hy.T @ (v.p(2) - v.y(2))) * (1 - v.h(2) ** 2)),
    (R, r"W_{hh}^T * a_t * h_t * (1 - h_t)", lambda v: (v.W_hh.T @ v.a(2)) * v.h(2) * (1 - v.h(2))),
    (R, r"\mathrm{diag}(1 - h_t^2) W_{hh}", lambda v: np.diag(1 - v.h(2) ** 2) @ v.W_hh),
    (R, r"W_{hh}' \tanh'(a_t)", lambda v: v.W_hh.T @ (1 - np.tanh(v.a(2)) ** 2)),
    (R, r"\sigma'(a_t) \circ h_{t-1}", lambda v: slope(v.a(2)) * v.h(1)),
    (R, r"\tanh^2(a_t) + \tanh a_t", lambda v: np.tanh(v.a(2)) ** 2 + np.tanh(v.a(2))),
    (R, r"\frac{e^{z_{t,i}}}{\sum_j e^{z_{t,j}}}", lambda v: softmax(v.z(2))[I]),
    (R, r"-\sum_k y_{t,k} \ln \hat y_{t,k}", lambda v: -v.y(2) @ np.log(v.p(2))),
    (R, r"\sum_{i,j=1}^n (W_{hh})_{ij} h_{t,j}", lambda v: (v.W_hh @ v.h(2)).sum()),
    (R, r"\sum_{\substack{j=1 \\ j \ne i}}^n W_{hh,ij} h_{t,j}", lambda v: sum(v.W_hh[I, j] * v.h(2)[j] for j in range(5) if j != I)),
    (R, r"(W_{hh} h_{t-1})_i + [W_{xh} x_t]_i", lambda v: (v.W_hh @ v.h(1) + v.W_xh @ v.x(2))[I]),
    (R, r"W_{hh,i,:} h_t", lambda v: v.W_hh[I] @ v.h(2)),
    (R, r"W_{hh,:,j}", lambda v: v.W_hh[:, J]),
    (R, r"\delta_{ij} h_{t,i} + \mathbb{1}[i \ne j] a_{t,j}", lambda v: v.a(2)[J]),
    (R, r"\prod_{k=T}^{t+1} W_{hh} \mathrm{diag}(h_k)", lambda v: v.W_hh @ np.diag(v.h(4)) @ v.W_hh @ np.diag(v.h(3))),
    (R, r"W_{hh} \operatorname{diag}(h_T) \cdots W_{hh} \operatorname{diag}(h_{t+1})", lambda v: v.W_hh @ np.diag(v.h(4)) @ v.W_hh @ np.diag(v.h(3))),
    (R, r"\sum_{t \in \{1, \dots, T\}} \|h_t\|_2^2", lambda v: sum(v.h(s) @ v.h(s) for s in steps())),
    (R, r"\mathrm{Tr}(W_{hh} W_{hh}^T) - \lVert W_{hh} \rVert_F^2 + g^{-1}", lambda v: 1 / v.g),
    (R, r"\mathbf 1^T h_t a_t", lambda v: v.h(2).sum() * v.a(2)),
    (R, r"\max(0, a_t) + [a_t > 0]", lambda v: np.maximum(0, v.a(2)) + (v.a(2) > 0)),
    (R, r"\begin{cases} a_t & a_t > 0 \\ 0 & \text{otherwise} \end{cases}", lambda v: np.where(v.a(2) > 0, v.a(2), 0)),
    (R, r"\begin{cases} a_t & a_t > 0 \\ g a_t & \text{otherwise} \end{cases}", lambda v: np.where(v.a(2) > 0, v.a(2), v.g * v.a(2))),
    (R, r"1[y_t = k]", lambda v: v.y(2)[K]),
    (R, r"I_n \otimes x_t^T", lambda v: np.einsum("ab,c->abc", np.eye(5), v.x(2))),
    (R, r"\underbrace{h_t}_{a} \cdot \overbrace{g}^{b} / 2", lambda v: v.h(2) * v.g / 2),
    (R, r"dz_t - \hat y_t + y_t + 1", lambda v: np.ones(2)),
    (R, r"\sum_t dz_t h_t^T", lambda v: v.d("W_hy")),
    (R, r"W_{hy}^T dz_t + W_{hh}^T da_{t+1}", lambda v: v.d("h", 2)),
    (R, r"(1 - h_t \odot h_t) .* dh_t", lambda v: v.d("a", 2)),
    (R, r"\nabla_{W_{xh}} L", lambda v: sum(np.outer(v.d("a", s), v.x(s)) for s in steps())),
    (R, r"\partial_{b_h} L", lambda v: sum(v.d("a", s) for s in steps())),
    (R, r"\frac{dL}{dW_{hh,ij}}", lambda v: sum(v.d("a", s)[I] * v.h(s - 1)[J] for s in steps())),
    (R, r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}}", lambda v: (1 - v.h(2)[I] ** 2) * v.W_hh[I, J]),
    (G, r"f_t \odot c_{t-1} + i_t \odot k_t", lambda v: v.c(2)),
    (G, r"\sigma(W_f [h_{t-1}, x_t] + b_f)", lambda v: v.f(2)),
    (G, r"\tanh(W_c [h_{t-1}; x_t])_i", lambda v: v.k(2)[I]),
    (G, r"i_{t,i} W_{i,ij}", lambda v: v.i(2)[I] * v.W_i[I, J]),
    (G, r"\delta_t \odot \tanh(c_t)", lambda v: v.d("h", 2) * np.tanh(v.c(2))),
    (Y, r"(a^{[2]} - y) \odot \sigma'(z^{[2]})", lambda v: v.d("z2")),
    (Y, r"W^{[2]T} \delta^{[2]} \odot \sigma'(z^{[1]})", lambda v: v.d("z1")),
    (Y, r"\delta^{[1]} x^T", lambda v: v.d("W1")),
    (Y, r"dz^{[2]} * a^{[1]}.T", lambda v: v.d("W2")),
    (Y, r"\sum_j W^{[2]}_{ji} \delta_j^{[2]}", lambda v: (v.W2.T @ v.d("z2"))[I]),
    (Y, r"\frac{\partial z_i^{[2]}}{\partial a_j^{[1]}}", lambda v: v.W2[I, J]),
    (D, r"(W^{l+1})^T \delta^{l+1} \odot \sigma'(z^l)", lambda v: v.d("z", 2)),
    (D, r"\nabla_{a^L} C \odot \sigma'(z^L)", lambda v: v.d("z", 4)),
    (D, r"\delta^l_j a^{l-1}_k", lambda v: v.d("W", 2)[J, K]),
    (D, r"W^{(l)} a^{(l-1)} + b^{(l)} - a^{1}", lambda v: v.z(2) - v.a(1)),
    (B, r"X W_1 + b_1", lambda v: v.X @ v.W_1 + v.b_1),
    (B, r"A W_2 + b_2", lambda v: v.A @ v.W_2 + v.b_2),
    (B, r"X^\top ((\hat Y - Y) W_2^\top \odot A \odot (1 - A))", lambda v: v.d("W_1")),
    (B, r"\mathbf 1^\top dZ", lambda v: v.d("b_1")),
    (B, r"\sum_i dZ_{i,:}", lambda v: v.d("b_1")),
    (B, r"\frac{1}{N} \sum_{i=1}^N \hat Y_{ij}", lambda v: v.P.mean(axis=0)[J]),
    (W, r"\sigma(x W + b)", lambda v: v.h),
    (W, r"x^T ((h - y) \odot h \odot (1 - h))", lambda v: v.d("W")),
)


@pytest.fixture(scope="module")
def values():
    return {kind: Values(kind) for kind in SIZES}


@pytest.mark.parametrize("kind, latex, expected", FORMULAS, ids=[f"{row[0].__name__}: {row[1]}" for row in FORMULAS])
def test_the_value_of_what_is_read(values, kind, latex, expected):
    (claim,) = read_claims((kind.model,), (Passage(1, f"{latex} = {latex}"),))
    assert not claim.unreadable, claim.unreadable
    right = expected(values[kind])
    for r in claim.readings:
        assert isinstance(r, Reading), r.message
        value = values[kind].world.evaluate(r.right, AT)
        assert value.squeeze().shape == np.squeeze(right).shape
        assert np.allclose(value.squeeze(), np.squeeze(right), rtol=1e-9, atol=1e-12)
