"""A ReLU recurrent network whose last state decides between two classes."""

from symbolic.language import Fun, Plus, Product, log, negative, relu, sigmoid
from symbolic.model import Network

net = Network("relu_classifier", "ReLU network, one logistic output after the last step")
(n,) = net.sizes("n")
t = net.time("t", length="l")
l = net.length("l")  # noqa: E741 (the note's own letter)

x = net.input("x", n, at=t, latex=r"\mathbf{x}_t")
y = net.label("y_gt", latex=r"y_{\text{gt}}")
b, W, U = net.weight("b", n, latex=r"\mathbf{b}"), net.weight("W", n, n, latex=r"\mathbf{W}"), net.weight("U", n, n, latex=r"\mathbf{U}")
V, d = net.weight("V", 1, n, latex=r"\mathbf{V}"), net.weight("d")
h = net.state("h", n, at=t, latex=r"\mathbf{h}_t")
p = net.state("y_pred", latex=r"y_{\text{pred}}")
L = net.state("L", latex=r"\mathcal{L}")

net.define(h[t], relu(b + W * h[t - 1] + U * x[t]), zero_before=True)
net.define(p, sigmoid(V * h[l] + d))
net.define(L, -(y * log(p) + (1 - y) * log(1 - p)))

MODEL = net.model(loss=L)
