"""A long short-term memory network with a softmax classifier at every step, and the gradients of its gates."""

from symbolic.language import Fun, Hadamard, SumOver, log, sigmoid, softmax, tanh
from symbolic.model import Network
from symbolic.reading import Note, Passage

net = Network("lstm", "Long short-term memory, a softmax at every step")
d, n, C = net.sizes("d n C")
t = net.time("t", length="T")
T = net.length("T")

x = net.input("x", d, at=t)
y = net.label("y", C, at=t, sums_to_one=True)
h, c = net.state("h", n, at=t), net.state("c", n, at=t)
i, f, o = net.state("i", n, at=t), net.state("f", n, at=t), net.state("o", n, at=t)
g = net.state("g", n, at=t, latex=r"\tilde c_t")
for gate, squash in ((i, sigmoid), (f, sigmoid), (g, tanh), (o, sigmoid)):
    letter = "c" if gate is g else gate.name
    W = net.weight(f"W_{gate.name}", n, d, latex=f"W_{letter}")
    U = net.weight(f"U_{gate.name}", n, n, latex=f"U_{letter}")
    b = net.weight(f"b_{gate.name}", n, latex=f"b_{letter}")
    net.define(gate[t], squash(W * x[t] + U * h[t - 1] + b))
net.define(c[t], Hadamard(f[t], c[t - 1]) + Hadamard(i[t], g[t]))
net.define(h[t], Hadamard(o[t], tanh(c[t])))

V, a = net.weight("V", C, n), net.weight("a", C)
z, p = net.state("z", C, at=t), net.state("p", C, at=t, latex=r"\hat y_t")
L_t, L = net.state("L_t", at=t), net.state("L")
net.define(z[t], V * h[t] + a)
net.define(p[t], softmax(z[t]))
net.define(L_t[t], -y[t].T * log(p[t]))
net.define(L, SumOver(L_t[t], t, 1, T))

net.function(r"\sigma", Fun("sigmoid"))
net.error_name(r"\delta_t", h[t])
net.error_name(r"\varepsilon_t", c[t])

MODEL = net.model(loss=L)


def _gradients(line: int, letter: str, error: str) -> tuple[Passage, ...]:
    """The gradients of the weights of a gate whose pre-activation has this error."""
    return (
        Passage(line, rf"\frac{{\partial L}}{{\partial W_{letter}}} = \sum_{{t=1}}^T ({error}) x_t^\top"),
        Passage(line + 1, rf"\frac{{\partial L}}{{\partial U_{letter}}} = \sum_{{t=1}}^T ({error}) h_{{t-1}}^\top"),
        Passage(line + 2, rf"\frac{{\partial L}}{{\partial b_{letter}}} = \sum_{{t=1}}^T {error}"),
    )


ERRORS = {
    "i": r"\varepsilon_t \odot \tilde c_t \odot i_t \odot (1 - i_t)",
    "f": r"\varepsilon_t \odot c_{t-1} \odot f_t \odot (1 - f_t)",
    "c": r"\varepsilon_t \odot i_t \odot (1 - \tilde c_t^2)",
    "o": r"\delta_t \odot \tanh(c_t) \odot o_t \odot (1 - o_t)",
}
"""The error of the pre-activation of each gate; δ_t and ε_t are the adjoints of h_t and c_t."""

CLAIMS = (
    Passage(10, r"i_t = \sigma(W_i x_t + U_i h_{t-1} + b_i)"),
    Passage(11, r"f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)"),
    Passage(12, r"\tilde c_t = \tanh(W_c x_t + U_c h_{t-1} + b_c)"),
    Passage(13, r"o_t = \sigma(W_o x_t + U_o h_{t-1} + b_o)"),
    Passage(14, r"c_t = f_t \odot c_{t-1} + i_t \odot \tilde c_t"),
    Passage(15, r"h_t = o_t \odot \tanh(c_t)"),
    Passage(20, r"\delta_t = \frac{\partial L}{\partial h_t}"),
    Passage(21, r"\varepsilon_t = \frac{\partial L}{\partial c_t}"),
    Passage(30, r"\frac{\partial L}{\partial V} = \sum_{t=1}^T (\hat y_t - y_t) h_t^\top"),
    Passage(31, r"\frac{\partial L}{\partial a} = \sum_{t=1}^T (\hat y_t - y_t)"),
    Passage(33, (
        r"\varepsilon_t = \delta_t \odot o_t \odot (1 - \tanh(c_t)^2) + \varepsilon_{t+1} \odot f_{t+1}"
    ), given="t < T"),
    *(p for k, (letter, error) in enumerate(ERRORS.items()) for p in _gradients(40 + 3 * k, letter, error)),
)

NOTE = Note(MODEL.name, MODEL.title, (MODEL,), CLAIMS)
