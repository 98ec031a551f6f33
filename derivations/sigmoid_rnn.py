"""A sigmoid recurrent network with an input layer, an output layer and a softmax classifier at every step."""

from symbolic.language import SumOver, Fun, log, sigmoid, softmax
from symbolic.model import Network

net = Network("sigmoid_rnn", "Sigmoid network for speech recognition, a softmax at every step")
d, p, n, q, C = net.sizes("d p n q C")
t = net.time("t", length="T_r")
T = net.length("T_r")

x = net.input("x", d, at=t, latex=r"\mathbf{x}_t")
r = net.label("r", C, at=t, latex=r"\mathbf{r}_t", sums_to_one=True)
W_in = net.weight("W_in", p, d, latex=r"\mathbf{W}^{(\text{in})}")
b_in = net.weight("b_in", p, latex=r"\mathbf{b}^{(\text{in})}")
U = net.weight("U", n, p, latex=r"\mathbf{U}")
V = net.weight("V", n, n, latex=r"\mathbf{V}")
b_h = net.weight("b_h", n, latex=r"\mathbf{b}_h")
W = net.weight("W", q, n, latex=r"\mathbf{W}")
b_o = net.weight("b_o", q, latex=r"\mathbf{b}_o")
W_out = net.weight("W_out", C, q, latex=r"\mathbf{W}^{(\text{out})}")
b_out = net.weight("b_out", C, latex=r"\mathbf{b}^{(\text{out})}")
a = net.state("a", p, at=t, latex=r"\mathbf{a}_t^{(\text{in})}")
h = net.state("h", n, at=t, latex=r"\mathbf{h}_t")
o = net.state("o", q, at=t, latex=r"\mathbf{o}_t")
z = net.state("z", C, at=t, latex=r"\mathbf{h}_t^{(\text{out})}")
y = net.state("y", C, at=t, latex=r"\hat{\mathbf{r}}_t")
L_t = net.state("L_t", at=t, latex=r"\mathcal{L}_t")
L = net.state("L", latex=r"\mathcal{L}")

net.define(a[t], sigmoid(W_in * x[t] + b_in))
net.define(h[t], sigmoid(U * a[t] + V * h[t - 1] + b_h))
net.define(o[t], sigmoid(W * h[t] + b_o))
net.define(z[t], W_out * o[t] + b_out)
net.define(y[t], softmax(z[t]))
net.define(L_t[t], -r[t].T * log(y[t]))
net.define(L, SumOver(L_t[t], t, 1, T))

net.function(r"\sigma", Fun("sigmoid"))
net.function("s", Fun("softmax"))
net.error_name(r"\delta_t", h[t])
net.dummy("x")
net.dummy(r"\mathbf{x}", "vector")

MODEL = net.model(loss=L)
