"""A recurrent network with tanh units and a softmax classifier at every step."""

from symbolic.language import Fun, SumOver, log, softmax, tanh
from symbolic.model import Network

net = Network("tanh_rnn", "Recurrent network with tanh, a softmax at every step")
d, n, C = net.sizes("d n C")
t = net.time("t", length="tau")
tau = net.length("tau")

x = net.input("x", d, at=t, latex="x^{(t)}")
y = net.label("y", C, at=t, latex="y^{(t)}", sums_to_one=True)
U, W, b = net.weight("U", n, d), net.weight("W", n, n), net.weight("b", n)
V, c = net.weight("V", C, n), net.weight("c", C)
h = net.state("h", n, at=t, latex="h^{(t)}")
o = net.state("o", C, at=t, latex="o^{(t)}")
y_hat = net.state("y_hat", C, at=t, latex=r"\hat y^{(t)}")
L_t = net.state("L_t", at=t, latex="L^{(t)}")
L = net.state("L")

net.define(h[t], tanh(U * x[t] + W * h[t - 1] + b))
net.define(o[t], V * h[t] + c)
net.define(y_hat[t], softmax(o[t]))
net.define(L_t[t], -y[t].T * log(y_hat[t]))
net.define(L, SumOver(L_t[t], t, 1, tau))

net.function(r"\sigma", Fun("tanh"))
net.error_name(r"\delta^{(t)}", h[t])
net.dummy("x")

MODEL = net.model(loss=L)
