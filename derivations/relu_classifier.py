"""A ReLU recurrent network whose last state decides between two classes."""

from sympy import Symbol

from symbolic.language import Partial, ProductOver, log, relu, sigmoid
from symbolic.language.bounds import All, AtMost, Explodes, Greater, Implies, Less, Not, Statement, Vanishes, norm
from symbolic.model import Network
from symbolic.reading import Note, Passage

net = Network("relu_classifier", "ReLU network, one logistic output after the last step", layout="jacobian")
(n,) = net.sizes("n")
t = net.time("t", length="l")
l = net.length("l")  # noqa: E741 (the note's own letter)

x = net.input("x", n, at=t, latex=r"\mathbf{x}_t")
y = net.label("y_gt", latex=r"y_{\text{gt}}")
b, U = net.weight("b", n, latex=r"\mathbf{b}"), net.weight("U", n, n, latex=r"\mathbf{U}")
W = net.weight("W", n, n, latex=r"\mathbf{W}")
V, d = net.weight("V", 1, n, latex=r"\mathbf{V}"), net.weight("d")
h = net.state("h", n, at=t, latex=r"\mathbf{h}_t")
p = net.state("y_pred", latex=r"y_{\text{pred}}")
L = net.state("L", latex=r"\mathcal{L}")

net.define(h[t], relu(b + W * h[t - 1] + U * x[t]), zero_before=True)
net.define(p, sigmoid(V * h[l] + d))
net.define(L, -(y * log(p) + (1 - y) * log(1 - p)))

MODEL = net.model(loss=L)

CLAIMS = (
    # forward pass and loss
    Passage(9, r"\mathbf{h}_0 = \mathbf{0} \in \mathbb{R}^n"),
    Passage(13, (
        r"\mathbf{h}_t = \text{ReLU}"
        r"(\mathbf{b} + \mathbf{W}\mathbf{h}_{t-1} + \mathbf{U}\mathbf{x}_t) \in \mathbb{R}^n, t = 1, 2, \dots, l"
    )),
    Passage(15, r"y_{\text{pred}} = \text{Sigmoid}(\mathbf{V}\mathbf{h}_l + d) \in \mathbb{R},"),
    Passage(19, (
        r"\mathcal{L}(y_{\text{pred}}, y_{\text{gt}}) "
        r"= -(y_{\text{gt}} \log(y_{\text{pred}}) + (1 - y_{\text{gt}}) \log(1 - y_{\text{pred}}))"
    )),
    # output
    Passage(27, (
        r"\frac{\partial \mathcal{L}}{\partial y_{\text{pred}}} "
        r"= -\left(\frac{y_{\text{gt}}}{y_{\text{pred}}} - \frac{1 - y_{\text{gt}}}{1 - y_{\text{pred}}}\right) "
        r"= \frac{y_{\text{pred}} - y_{\text{gt}}}{y_{\text{pred}}(1 - y_{\text{pred}})}"
    )),
    Passage(29, (
        r"\frac{\partial \mathcal{L}}{\partial d} "
        r"= \frac{\partial \mathcal{L}}{\partial y_{\text{pred}}} \frac{\partial y_{\text{pred}}}{\partial d} "
        r"= \frac{\partial \mathcal{L}}{\partial y_{\text{pred}}} y_{\text{pred}}(1 - y_{\text{pred}})1 "
        r"= y_{\text{pred}} - y_{\text{gt}}"
    )),
    Passage(31, (
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{V}} "
        r"= \frac{\partial \mathcal{L}}{\partial y_{\text{pred}}} "
        r"\frac{\partial y_{\text{pred}}}{\partial \mathbf{V}} "
        r"= \frac{\partial \mathcal{L}}{\partial y_{\text{pred}}} y_{\text{pred}}(1 - y_{\text{pred}}) "
        r"\mathbf{h}_l^\top = (y_{\text{pred}} - y_{\text{gt}}) \mathbf{h}_l^\top"
    )),
    # hidden state, as a product of Jacobians
    Passage(33, (
        r"\begin{aligned} \frac{\partial \mathcal{L}}{\partial \mathbf{h}_t} "
        r"&= \frac{\partial \mathcal{L}}{\partial y_{\text{pred}}} \frac{y_{\text{pred}}}{\partial \mathbf{h}_l} "
        r"\frac{\partial \mathbf{h}_l}{\partial \mathbf{h}_{l-1}} \cdots "
        r"\frac{\partial \mathbf{h}_{t+1}}{\partial \mathbf{h}_t} \\ "
        r"&= \left(\frac{y_{\text{pred}} - y_{\text{gt}}}{y_{\text{pred}}(1 - y_{\text{pred}})}\right) "
        r"(y_{\text{pred}}(1 - y_{\text{pred}}) \mathbf{V}) "
        r"(\text{diag}(\mathbb{I}(\mathbf{h}_l > 0)) \mathbf{W}) \cdots "
        r"(\text{diag}(\mathbb{I}(\mathbf{h}_{t+1} > 0)) \mathbf{W}) \\ "
        r"&= (y_{\text{pred}} - y_{\text{gt}}) \mathbf{V} \prod_{i=t+1}^l "
        r"(\text{diag}(\mathbb{I}(\mathbf{h}_i > 0)) \mathbf{W}) \end{aligned}"
    )),
    Passage(35, (
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{h}_l} = (y_{\text{pred}} - y_{\text{gt}}) \mathbf{V}"
    ), earlier=1),
    # weights of the recurrence, W flattened row by row
    Passage(37, (
        r"\begin{aligned}" "\n"
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{W}} "
        r"&= \sum_{t=1}^l \frac{\partial \mathcal{L}}{\partial \mathbf{h}_t} "
        r"\frac{\partial \mathbf{h}_t}{\partial \mathbf{W}} \\" "\n"
        r"&= \sum_{t=1}^l \frac{\partial \mathcal{L}}{\partial \mathbf{h}_t} \text{diag}"
        r"(\mathbb{I}(\mathbf{h}_t > 0)) \left(\mathbf{I}_n \otimes \mathbf{h}_{t-1}^\top \right) \\" "\n"
        r"&= \sum_{t=1}^{l-1} \left[(y_{\text{pred}} - y_{\text{gt}}) \mathbf{V} "
        r"\left(\prod_{i=t+1}^l \text{diag}(\mathbb{I}(\mathbf{h}_i > 0)) \mathbf{W} \right) \text{diag}"
        r"(\mathbb{I}(\mathbf{h}_t > 0)) \left(\mathbf{I}_n \otimes \mathbf{h}_{t-1}^\top \right) \right] \\" "\n"
        r"&\quad + (y_{\text{pred}} - y_{\text{gt}}) \mathbf{V} \text{diag}(\mathbb{I}(\mathbf{h}_l > 0)) "
        r"\left(\mathbf{I}_n \otimes \mathbf{h}_{l-1}^\top \right)" "\n"
        r"\end{aligned}"
    )),
)

i = Symbol("i")
h, W = MODEL.families["h"], MODEL.families["W"].var
chain = ProductOver(Partial(h.at(i), h.at(i - 1)), i, t + 1, MODEL.families["h"].indices[0].upper)

STATEMENTS = (
    Statement(
        33, "a", "the product of Jacobians is bounded by ‖W‖^(l-t): below 1 it vanishes, and only above 1 can it explode",
        All((
            AtMost(chain, norm(W) ** (chain.args[3] - t)),
            Implies(Less(norm(W)), Vanishes(chain)),
            Implies(Explodes(chain), Greater(norm(W))),
            Not(Implies(Greater(norm(W)), Explodes(chain))),
        )),
    ),
)
"""What the product in line 33 says about the flow of gradients."""

NOTE = Note(MODEL.name, MODEL.title, (MODEL,), CLAIMS, STATEMENTS)
