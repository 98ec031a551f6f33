"""A gated recurrent unit with a softmax classifier at every step; the reset gate acts after the product with U."""

from symbolic.language import Fun, Hadamard, SumOver, log, sigmoid, softmax, tanh
from symbolic.model import Network
from symbolic.reading import Note, Passage

net = Network("gru", "Gated recurrent unit, reset after the product, a softmax at every step")
d, n, C = net.sizes("d n C")
t = net.time("t", length="T")
T = net.length("T")

x = net.input("x", d, at=t)
y = net.label("y", C, at=t, sums_to_one=True)
h = net.state("h", n, at=t)
r, z = net.state("r", n, at=t), net.state("z", n, at=t)
g = net.state("g", n, at=t, latex=r"\tilde h_t")
W = {s: net.weight(f"W_{s}", n, d) for s in "rzh"}
U = {s: net.weight(f"U_{s}", n, n) for s in "rzh"}
b = {s: net.weight(f"b_{s}", n) for s in "rzh"}
e = {s: net.weight(f"e_{s}", n) for s in "rzh"}
net.define(r[t], sigmoid(W["r"] * x[t] + b["r"] + U["r"] * h[t - 1] + e["r"]))
net.define(z[t], sigmoid(W["z"] * x[t] + b["z"] + U["z"] * h[t - 1] + e["z"]))
net.define(g[t], tanh(W["h"] * x[t] + b["h"] + Hadamard(r[t], U["h"] * h[t - 1] + e["h"])))
net.define(h[t], Hadamard(1 - z[t], g[t]) + Hadamard(z[t], h[t - 1]))

V, a = net.weight("V", C, n), net.weight("a", C)
s, p = net.state("s", C, at=t), net.state("p", C, at=t, latex=r"\hat y_t")
L_t, L = net.state("L_t", at=t), net.state("L")
net.define(s[t], V * h[t] + a)
net.define(p[t], softmax(s[t]))
net.define(L_t[t], -y[t].T * log(p[t]))
net.define(L, SumOver(L_t[t], t, 1, T))

net.function(r"\sigma", Fun("sigmoid"))
net.error_name(r"\delta_t", h[t])

MODEL = net.model(loss=L)

CANDIDATE = r"\delta_t \odot (1 - z_t) \odot (1 - \tilde h_t^2)"
"""The error of the pre-activation of the candidate; δ_t is the adjoint of h_t."""

ERRORS = {
    "r": (rf"{CANDIDATE} \odot (U_h h_{{t-1}} + e_h) \odot r_t \odot (1 - r_t)",) * 2,
    "z": (r"\delta_t \odot (h_{t-1} - \tilde h_t) \odot z_t \odot (1 - z_t)",) * 2,
    "h": (CANDIDATE, rf"{CANDIDATE} \odot r_t"),
}
"""The error of what the input gives to each gate, and of what the last state gives to it."""


def _gradients(line: int, letter: str, from_input: str, from_state: str) -> tuple[Passage, ...]:
    return (
        Passage(line, rf"\frac{{\partial L}}{{\partial W_{letter}}} = \sum_{{t=1}}^T ({from_input}) x_t^\top"),
        Passage(line + 1, rf"\frac{{\partial L}}{{\partial b_{letter}}} = \sum_{{t=1}}^T {from_input}"),
        Passage(line + 2, rf"\frac{{\partial L}}{{\partial U_{letter}}} = \sum_{{t=1}}^T ({from_state}) h_{{t-1}}^\top"),
        Passage(line + 3, rf"\frac{{\partial L}}{{\partial e_{letter}}} = \sum_{{t=1}}^T {from_state}"),
    )


CLAIMS = (
    Passage(10, r"r_t = \sigma(W_r x_t + b_r + U_r h_{t-1} + e_r)"),
    Passage(11, r"z_t = \sigma(W_z x_t + b_z + U_z h_{t-1} + e_z)"),
    Passage(12, r"\tilde h_t = \tanh(W_h x_t + b_h + r_t \odot (U_h h_{t-1} + e_h))"),
    Passage(13, r"h_t = (1 - z_t) \odot \tilde h_t + z_t \odot h_{t-1}"),
    Passage(20, r"\delta_t = \frac{\partial L}{\partial h_t}"),
    Passage(21, r"\frac{\partial L}{\partial V} = \sum_{t=1}^T (\hat y_t - y_t) h_t^\top"),
    Passage(22, r"\frac{\partial L}{\partial a} = \sum_{t=1}^T (\hat y_t - y_t)"),
    *(p for k, (letter, errors) in enumerate(ERRORS.items()) for p in _gradients(30 + 4 * k, letter, *errors)),
)

NOTE = Note(MODEL.name, MODEL.title, (MODEL,), CLAIMS)
