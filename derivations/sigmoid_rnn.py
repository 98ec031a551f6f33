"""A sigmoid recurrent network with an input layer, an output layer and a softmax classifier at every step."""

from symbolic.language import Fun, SumOver, log, sigmoid, softmax
from symbolic.model import Network
from symbolic.reading import Note, Passage

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

CLAIMS = (
    # forward pass and loss
    Passage(9, (
        r"\begin{aligned} \mathbf{a}_t^{(\text{in})} "
        r"&= \sigma(\mathbf{W}^{(\text{in})} \mathbf{x}_t + \mathbf{b}^{(\text{in})}) \\ "
        r"\mathbf{h}_t &= \sigma(\mathbf{U} \mathbf{a}_t^{(\text{in})} "
        r"+ \mathbf{V} \mathbf{h}_{t-1} + \mathbf{b}_h) \\ "
        r"\mathbf{o}_t &= \sigma(\mathbf{W} \mathbf{h}_t + \mathbf{b}_o) \\ "
        r"\mathbf{h}_t^{(\text{out})} &= \mathbf{W}^{(\text{out})} \mathbf{o}_t + \mathbf{b}^{(\text{out})} \\ "
        r"\hat{\mathbf{r}}_t &= \text{Softmax}(\mathbf{h}_t^{(\text{out})}) \\ "
        r"\mathcal{L} &= \sum_{t=1}^{T_r} \mathcal{L}_t "
        r"= \sum_{t=1}^{T_r} -\mathbf{r}_t^T \log \hat{\mathbf{r}}_t \end{aligned}"
    )),
    # slopes of the sigmoid and of the softmax
    Passage(13, r"\frac{\partial \sigma(x)}{\partial x} = \sigma(x) (1 - \sigma(x))"),
    Passage(17, r"s_k(\mathbf{x}) = \frac{e^{x_k}}{\sum_{c=1}^C e^{x_c}}"),
    Passage(21, (
        r"\frac{\partial s_i(\mathbf{x})}{\partial x_j} = \begin{cases} "
        r"s_i(\mathbf{x}) (1 - s_i(\mathbf{x})), & i = j \\ "
        r"-s_i(\mathbf{x}) s_j(\mathbf{x}), & i \neq j \end{cases}"
    )),
    # output layer, by components
    Passage(25, (
        r"\begin{aligned} \frac{\partial \mathcal{L}}{\partial \mathbf{h}_{t,i}^{(\text{out})}} "
        r"&= \sum_{t=1}^{T_r} \sum_{c=1}^C \frac{\partial \mathcal{L}_t}{\partial \hat{\mathbf{r}}_{t,c}} "
        r"\frac{\partial \hat{\mathbf{r}}_{t,c}}{\partial \mathbf{h}_{t,i}^{(\text{out})}} "
        r"= - \sum_{t=1}^{T_r} \left[\frac{\mathbf{r}_{t,i}}{\hat{\mathbf{r}}_{t,i}} \hat{\mathbf{r}}_{t,i} "
        r"(1 - \hat{\mathbf{r}}_{t,i}) "
        r"- \sum_{j \neq i} \frac{\mathbf{r}_{t,j}}{\hat{\mathbf{r}}_{t,j}} "
        r"\hat{\mathbf{r}}_{t,i} \hat{\mathbf{r}}_{t,j} \right] \\ "
        r"&= - \sum_{t=1}^{T_r} \left(\mathbf{r}_{t,i} - \hat{\mathbf{r}}_{t,i} \sum_{j=1}^C \mathbf{r}_{t,j} \right) "
        r"= \sum_{t=1}^{T_r} (\hat{\mathbf{r}}_{t,i} - \mathbf{r}_{t,i}) \end{aligned}"
    )),
    Passage(29, (
        r"\begin{aligned} \frac{\partial \mathcal{L}}{\partial \mathbf{W}_{i,j}^{(\text{out})}} "
        r"&= \frac{\partial \mathcal{L}}{\partial \mathbf{h}_{t,i}^{(\text{out})}} "
        r"\frac{\partial \mathbf{h}_{t,i}^{(\text{out})}}{\partial \mathbf{W}_{i,j}^{(\text{out})}} "
        r"= \sum_{t=1}^{T_r} (\hat{\mathbf{r}}_{t,i} - \mathbf{r}_{t,i}) \mathbf{o}_{t,j} \\ "
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{b}_i^{(\text{out})}} "
        r"&= \frac{\partial \mathcal{L}}{\partial \mathbf{h}_{t,i}^{(\text{out})}} "
        r"\frac{\partial \mathbf{h}_{t,i}^{(\text{out})}}{\partial \mathbf{b}_i^{(\text{out})}} "
        r"= \sum_{t=1}^{T_r} (\hat{\mathbf{r}}_{t,i} - \mathbf{r}_{t,i}) \end{aligned}"
    )),
    # output layer, as matrices
    Passage(33, (
        r"\begin{aligned}\frac{\partial \mathcal{L}}{\partial \mathbf{h}_t^{(\text{out})}} "
        r"&= \sum_{t=1}^{T_r} (\hat{\mathbf{r}}_t - \mathbf{r}_t) \\ "
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{W}^{(\text{out})}} "
        r"&= \sum_{t=1}^{T_r} (\hat{\mathbf{r}}_t - \mathbf{r}_t) \mathbf{o}_t^T \\ "
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{b}^{(\text{out})}} "
        r"&= \sum_{t=1}^{T_r} (\hat{\mathbf{r}}_t - \mathbf{r}_t) \\ "
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{o}_t} "
        r"&= \sum_{t=1}^{T_r} [\mathbf{W}^{(\text{out})}]^T (\hat{\mathbf{r}}_t - \mathbf{r}_t)\end{aligned}"
    )),
    # layer below the output
    Passage(37, (
        r"\begin{aligned}\frac{\partial \mathcal{L}}{\partial \mathbf{W}} "
        r"&= \sum_{t=1}^{T_r} [\mathbf{W}^{(\text{out})}]^T "
        r"[(\hat{\mathbf{r}}_t - \mathbf{r}_t) \circ \mathbf{o}_t \circ (1 - \mathbf{o}_t)] \mathbf{h}_t^T \\ "
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{b}_o} "
        r"&= \sum_{t=1}^{T_r} [\mathbf{W}^{(\text{out})}]^T "
        r"[(\hat{\mathbf{r}}_t - \mathbf{r}_t) \circ \mathbf{o}_t \circ (1 - \mathbf{o}_t)]\end{aligned}"
    )),
    # adjoint of the hidden state and its recurrence
    Passage(39, r"\delta_t = \frac{\partial \mathcal{L}_t}{\partial \mathbf{h}_t}"),
    Passage(41, (
        r"\begin{aligned}\delta_t &= \frac{\partial \mathcal{L}_t}{\partial \mathbf{h}_t} "
        r"= \left(\frac{\partial \mathbf{o}_t}{\partial \mathbf{h}_t} \right)^T "
        r"\frac{\partial \mathcal{L}_t}{\partial \mathbf{o}_t} "
        r"+ \left(\frac{\partial \mathbf{h}_{t+1}}{\partial \mathbf{h}_t} \right)^T "
        r"\frac{\partial \mathcal{L}_t}{\partial \mathbf{h}_{t+1}} \\ "
        r"&= \mathbf{W}^T [\mathbf{W}^{(\text{out})}]^T "
        r"[(\hat{\mathbf{r}}_t - \mathbf{r}_t) \circ \mathbf{o}_t \circ (1 - \mathbf{o}_t)] "
        r"+ \mathbf{V}^T [\delta_{t+1} \circ \mathbf{h}_{t+1} \circ (1 - \mathbf{h}_{t+1})]\end{aligned}"
    ), given="t < T_r"),
    Passage(45, (
        r"\delta_t = \frac{\partial \mathcal{L}_t}{\partial \mathbf{h}_t} "
        r"= \left(\frac{\partial \mathbf{o}_t}{\partial \mathbf{h}_t} \right)^T "
        r"\frac{\partial \mathcal{L}_t}{\partial \mathbf{o}_t} "
        r"= \mathbf{W}^T [\mathbf{W}^{(\text{out})}]^T "
        r"[(\hat{\mathbf{r}}_t - \mathbf{r}_t) \circ \mathbf{o}_t \circ (1 - \mathbf{o}_t)]"
    ), given="t = T_r"),
    # hidden layer
    Passage(49, (
        r"\begin{aligned}\frac{\partial \mathcal{L}}{\partial \mathbf{U}} "
        r"&= \sum_{t=1}^{T_r} \left(\frac{\partial \mathbf{h}_t}{\partial \mathbf{U}} \right)^T "
        r"\frac{\partial \mathcal{L}_t}{\partial \mathbf{h}_t} "
        r"= \sum_{t=1}^{T_r} [\mathbf{h}_t \circ (1 - \mathbf{h}_t) \circ \delta_t] [\mathbf{a}_t^{(\text{in})}]^T \\ "
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{V}} "
        r"&= \sum_{t=1}^{T_r} \left(\frac{\partial \mathbf{h}_t}{\partial \mathbf{V}} \right)^T "
        r"\frac{\partial \mathcal{L}_t}{\partial \mathbf{h}_t} "
        r"= \sum_{t=1}^{T_r} [\mathbf{h}_t \circ (1 - \mathbf{h}_t) \circ \delta_t] \mathbf{h}_{t-1}^T \\ "
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{b}_h} "
        r"&= \sum_{t=1}^{T_r} \left(\frac{\partial \mathbf{h}_t}{\partial \mathbf{b}_h} \right)^T "
        r"\frac{\partial \mathcal{L}_t}{\partial \mathbf{h}_t} "
        r"= \sum_{t=1}^{T_r} [\mathbf{h}_t \circ (1 - \mathbf{h}_t) \circ \delta_t]\end{aligned}"
    )),
    # input layer
    Passage(53, (
        r"\begin{aligned}\frac{\partial \mathcal{L}}{\partial \mathbf{W}^{(\text{in})}} "
        r"&= \sum_{t=1}^{T_r} \left(\frac{\partial \mathbf{a}_t^{(\text{in})}}{\partial \mathbf{W}^{(\text{in})}} "
        r"\right)^T \frac{\partial \mathcal{L}_t}{\partial \mathbf{a}_t^{(\text{in})}} "
        r"= \sum_{t=1}^{T_r} \mathbf{U}^T [\mathbf{h}_t \circ (1 - \mathbf{h}_t) \circ \delta_t] [\mathbf{x}_t]^T \\ "
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{b}^{(\text{in})}} "
        r"&= \sum_{t=1}^{T_r} \left(\frac{\partial \mathbf{a}_t^{(\text{in})}}{\partial \mathbf{b}^{(\text{in})}} "
        r"\right)^T \frac{\partial \mathcal{L}_t}{\partial \mathbf{a}_t^{(\text{in})}} "
        r"= \sum_{t=1}^{T_r} \mathbf{U}^T [\mathbf{h}_t \circ (1 - \mathbf{h}_t) \circ \delta_t]\end{aligned}"
    )),
    # summary
    Passage(57, (
        r"\begin{aligned}" "\n"
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{W}^{(\text{out})}} "
        r"&= \sum_{t=1}^{T_r} (\hat{\mathbf{r}}_t - \mathbf{r}_t) \mathbf{o}_t^T \\" "\n"
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{b}^{(\text{out})}} "
        r"&= \sum_{t=1}^{T_r} (\hat{\mathbf{r}}_t - \mathbf{r}_t) \\" "\n"
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{W}} "
        r"&= \sum_{t=1}^{T_r} \left[\mathbf{W}^{(\text{out})} \right]^T "
        r"[(\hat{\mathbf{r}}_t - \mathbf{r}_t) \circ \mathbf{o}_t \circ (1 - \mathbf{o}_t)] \mathbf{h}_t^T \\" "\n"
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{b}_o} "
        r"&= \sum_{t=1}^{T_r} \left[\mathbf{W}^{(\text{out})} \right]^T "
        r"[(\hat{\mathbf{r}}_t - \mathbf{r}_t) \circ \mathbf{o}_t \circ (1 - \mathbf{o}_t)] \\" "\n"
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{U}} "
        r"&= \sum_{t=1}^{T_r} [\mathbf{h}_t \circ (1 - \mathbf{h}_t) \circ \delta_t] "
        r"[\mathbf{a}_t^{(\text{in})}]^T \\" "\n"
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{V}} "
        r"&= \sum_{t=1}^{T_r} [\mathbf{h}_t \circ (1 - \mathbf{h}_t) \circ \delta_t] \mathbf{h}_{t-1}^T \\" "\n"
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{b}_h} "
        r"&= \sum_{t=1}^{T_r} [\mathbf{h}_t \circ (1 - \mathbf{h}_t) \circ \delta_t] \\" "\n"
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{W}^{(\text{in})}} "
        r"&= \sum_{t=1}^{T_r} \mathbf{U}^T [\mathbf{h}_t \circ (1 - \mathbf{h}_t) \circ \delta_t] "
        r"[\mathbf{x}_t]^T \\" "\n"
        r"\frac{\partial \mathcal{L}}{\partial \mathbf{b}^{(\text{in})}} "
        r"&= \sum_{t=1}^{T_r} \mathbf{U}^T [\mathbf{h}_t \circ (1 - \mathbf{h}_t) \circ \delta_t]" "\n"
        r"\end{aligned}"
    )),
)

NOTE = Note(MODEL.name, MODEL.title, (MODEL,), CLAIMS)
