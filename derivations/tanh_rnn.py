"""A recurrent network with tanh units and a softmax classifier at every step."""

from symbolic.language import Fun, SumOver, log, softmax, tanh
from symbolic.model import Network
from symbolic.reading import Note, Passage

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

CLAIMS = (
    # forward pass (two formulas stand twice in their line)
    Passage(37, r"h^{(t)}=\sigma(Ux^{(t)}+Wh^{(t)}+b)"),
    Passage(43, r"o^{(t)}=Vh^{(t)}+co^{(t)}=Vh^{(t)}+c"),
    Passage(47, r"y^{(t)}=\sigma(o^{(t)})y^{(t)}=\sigma(o^{(t)})", where={r"\sigma": "softmax"}),
    Passage(59, r"L=\sum_{t=1}^\tau L^{(t)}"),
    # slopes of the activations
    Passage(61, r"f'(x)=f(x)(1-f(x))", where={"f": "sigmoid"}),
    Passage(62, r"f'(x)=1-f(x)*f(x)", where={"f": "tanh"}),
    # output layer
    Passage(66, (
        r"\frac{\partial L}{\partial c}=\sum_{t=1}^\tau \frac{\partial L^{(t)}}{\partial c}"
        r"=\sum_{t=1}^\tau \frac{\partial L^{(t)}}{\partial o^{(o)}}\frac{\partial o^{(o)}}{\partial c}"
        r"=\sum_{t=1}^\tau \hat y^{(t)}-y^{(t)}"
    )),
    Passage(68, (
        r"\frac{\partial L}{\partial V}=\sum_{t=1}^\tau \frac{\partial L^{(t)}}{\partial V}"
        r"=\sum_{t=1}^\tau \frac{\partial L^{(t)}}{\partial o^{(o)}}\frac{\partial o^{(o)}}{\partial V}"
        r"=\sum_{t=1}^\tau (\hat y^{(t)}-y^{(t)})(h^{(t)})^T"
    )),
    # adjoint of the hidden state
    Passage(72, r"\delta^{(t)}=\frac{\partial L}{\partial h^{(t)}}"),
    Passage(76, r"\delta^{(t)}=\frac{\partial L}{\partial h^{(t)}}=V^T(\hat y^{(t)}-y^{(t)})"),
    # weights of the recurrence
    Passage(78, (
        r"\frac{\partial L}{\partial W}"
        r"=\sum_{t=1}^\tau \frac{\partial L}{\partial h^{(t)}}\frac{\partial h^{(t)}}{\partial W}"
        r"=\sum_{t=1}^\tau diag(1-(h^{(t)})^2)\delta^{(t)}(h^{(t-1)})^T"
    )),
    Passage(80, (
        r"\frac{\partial L}{\partial b}"
        r"=\sum_{t=1}^\tau \frac{\partial L}{\partial h^{(t)}}\frac{\partial h^{(t)}}{\partial b}"
        r"=\sum_{t=1}^\tau diag(1-(h^{(t)})^2)\delta^{(t)}"
    )),
    Passage(82, (
        r"\frac{\partial L}{\partial U}"
        r"=\sum_{t=1}^\tau \frac{\partial L}{\partial h^{(t)}}\frac{\partial h^{(t)}}{\partial U}"
        r"=\sum_{t=1}^\tau diag(1-(h^{(t)})^2)\delta^{(t)}(x^{(t)})^T"
    )),
)

NOTE = Note(MODEL.name, MODEL.title, (MODEL,), CLAIMS)
