r"""Formulas by cases, as δ_t = {h_T - y if t = T, Wᵀ D_{t+1} δ_{t+1} if t < T}: every step is judged, and none is left out.

In the rows ? stands for the formula.  p proved, r refuted, u unreadable or unproved; a wrong case beside a right one is in most of them,
since a rule that takes a formula to be meant for some steps only must not hide it.
"""

import pytest
from sympy import Symbol

from symbolic.language import Entry, Hadamard, Partial, Plus, ProductOver, Relation, SumOver, Var, Where
from symbolic.language.conditions import follows, speaks_beyond, standing
from symbolic.pipeline import read_note

LAST = r"$h_t = \tanh(W h_{t-1} + U x_t)$, $L = \frac12 \|h_T - y\|^2$, $\delta_t = \frac{\partial L}{\partial h_t}$."
BACK = r"W^\top ((1 - h_{t+1}^2) \odot \delta_{t+1})"
LINEAR = r"$h_t = W h_{t-1} + U x_t$, $L = \frac12 \|h_T - y\|^2$, $\delta_t = \frac{\partial L}{\partial h_t}$."
LAYERS = (r"$z^{(l)} = W^{(l)} a^{(l-1)}$, $a^{(l)} = \tanh(z^{(l)})$, $a^{(0)} = x$, $J = \frac12 \|a^{(L)} - y\|^2$ with $l = 1, \dots, L$, "
    r"$\delta^{(l)} = \frac{\partial J}{\partial z^{(l)}}$.")
ABOVE = r"(W^{(l+1)})^\top \delta^{(l+1)} \odot (1 - (a^{(l)})^2)"
TOP = r"(a^{(L)} - y) \odot (1 - (a^{(L)})^2)"
JACOBIAN = r"$h_t = \tanh(W h_{t-1} + U x_t)$, $L = \sum_{t=1}^T \frac12 \|h_t - y_t\|^2$."
BY_H = r"\frac{\partial L}{\partial h_t} = "
FORWARD = r"$h_t = \begin{cases} \tanh(U x_t) & t = 1 \\ \tanh(W h_{t-1} + U x_t) & t > 1 \end{cases}$, $L = \frac12 \|h_T - y\|^2$."
OUTPUT = (r"$z^{(l)} = W^{(l)} a^{(l-1)}$, $a^{(l)} = \begin{cases} \tanh(z^{(l)}) & l < L \\ z^{(l)} & l = L \end{cases}$, "
    r"$J = \frac12 \|a^{(L)} - y\|^2$, $a^{(0)} = x$, $\delta^{(l)} = \frac{\partial J}{\partial z^{(l)}}$.")
RAMP = r"$z = W x$, $h = \max(0, z)$, $L = \frac12 \|h - y\|^2$, $g = \frac{\partial L}{\partial h}$."
BY_Z = r"\frac{\partial L}{\partial z} = "
GATE = r"$p = \mathrm{softmax}(z)$, $L = -y^\top \log p$."


def cases(*rows):
    return r"\begin{cases} " + r" \\ ".join(f"{value} & {condition}" for value, condition in rows) + r" \end{cases}"


def both(last, before, *conditions):
    return cases(*zip((last, before), conditions or ("t = T", "t < T"), strict=True))


def layers(last, before, *conditions):
    return cases(*zip((last, before), conditions or ("l = L", "l < L"), strict=True))


def of_jacobian(*rows):
    return r"\frac{\partial h_t}{\partial h_k} = " + cases(*rows)


DELTA, DELTA_L = r"\delta_t = ", r"\delta^{(l)} = "
ONWARDS = r"\mathrm{diag}(1 - h_t^2) W \frac{\partial h_{t-1}}{\partial h_k}"
ARRAY = r"\left\{ \begin{array}{ll} ? & t = T \\ " + BACK + r" & \text{otherwise} \end{array} \right."

JUDGED = (
    # (network, formula, verdict, words of the reason)
    # the last step apart
    (LAST, DELTA + both("h_T - y", BACK), "p", "equal for every length and every size"),
    (LAST, DELTA + both("2 (h_T - y)", BACK), "r", ""),
    (LAST, DELTA + both("y - h_T", BACK), "r", ""),
    (LAST, DELTA + both("h_T - y", "2 " + BACK), "r", ""),
    (LAST, DELTA + both("h_T - y", BACK, "t = T", "t \\neq T"), "p", ""),
    (LAST, DELTA + both("2 (h_T - y)", BACK, "t = T", "t \\neq T"), "r", ""),
    (LAST, DELTA + both("h_T - y", BACK, r"\text{if } t = T", r"\text{otherwise}"), "p", ""),
    (LAST, DELTA + both("2 (h_T - y)", BACK, r"\text{if } t = T", r"\text{otherwise}"), "r", ""),
    (LAST, DELTA + both("h_T - y", BACK, "t = T", r"1 \le t < T"), "p", ""),
    (LAST, DELTA + both("h_T - y,", BACK + ",", r"\text{for } t = T,", r"\text{for } t = 1, \dots, T-1."), "p", ""),
    (LAST, DELTA + both("2 (h_T - y)", BACK, "t = T", r"t = T-1, T-2, \dots, 1"), "r", ""),
    (LAST, DELTA + both("h_T - y", BACK, "t = T", r"t \in \{1, \dots, T-1\}"), "p", ""),
    (LAST, DELTA + both("h_T - y", BACK, r"\text{if $t = T$}", r"\text{if $t < T$}"), "p", ""),
    (LAST, DELTA + both("2 (h_T - y)", BACK, r"\text{if $t = T$}", r"\text{if $t < T$}"), "r", ""),
    (LAST, DELTA + both("h_T - y", BACK, "(t = T)", "(t < T)"), "p", ""),
    (LAST, DELTA + both("2 (h_T - y)", BACK, r"\text{falls } t = T", r"\text{sonst}"), "r", ""),
    (LAST, DELTA + both("h_T - y", BACK, r"\text{for the last step}", r"\text{otherwise}"), "u", "otherwise is understood only"),
    (LAST, DELTA + ARRAY.replace("?", "h_T - y"), "p", ""),
    (LAST, DELTA + ARRAY.replace("?", "2 (h_T - y)"), "r", ""),
    (LAST, DELTA + r"[t = T] (h_T - y) + [t < T] " + BACK, "p", ""),
    (LAST, DELTA + r"[t = T] 2 (h_T - y) + [t < T] " + BACK, "r", ""),
    (LAST, DELTA + r"\mathbb{1}[t = T] (h_T - y) + " + BACK, "p", "every size"),  # δ_{T+1} = 0
    (LAST, DELTA + r"\mathbb{1}[t = T] 2 (h_T - y) + " + BACK, "u", "a difference is left"),  # there is no h_{T+1}
    (LAST, DELTA + BACK, "p", "if t<=T-1"),  # no case is of the last step
    (LINEAR, DELTA + r"\mathbb{1}[t = T] 2 (h_T - y) + W^\top \delta_{t+1}", "r", ""),
    (LINEAR, DELTA + both("2 (h_T - y)", r"W^\top \delta_{t+1}"), "r", ""),
    (LINEAR, DELTA + both("0", r"W^\top \delta_{t+1}"), "r", ""),  # 0 is the zero vector
    (LINEAR, DELTA + both("0", r"W^\top \delta_{t+1}", "t > T", r"t < T"), "u", "none of these cases speaks of T = 1, t = 1"),
    (LINEAR, DELTA + r"W^\top \delta_{t+1}", "p", "if t<=T-1"),
    (LINEAR, r"\frac{\partial L}{\partial x_t} = " + both(r"U^\top (h_T - y)", r"U^\top W^\top \delta_{t+1}"), "p", ""),
    (LINEAR, DELTA + r"[t < T] W^\top \delta_{t+1}", "r", ""),  # it says 0 at the last step
    # layers
    (LAYERS, DELTA_L + "[l < L] " + ABOVE, "r", ""),
    (LAYERS, DELTA_L + layers(TOP, ABOVE), "p", "equal"),
    (LAYERS, DELTA_L + layers("2 " + TOP, ABOVE), "r", ""),
    (LAYERS, DELTA_L + layers("a^{(L)} - y", ABOVE), "r", ""),
    (LAYERS, DELTA_L + layers(TOP, ABOVE, "l = L", r"\text{otherwise}"), "p", ""),
    (LAYERS, DELTA_L + layers("2 " + TOP, ABOVE, "l = L", r"\text{otherwise}"), "r", ""),
    (LAYERS, DELTA_L + layers(TOP, ABOVE, "l = L", r"l = 1, \dots, L - 1"), "p", ""),
    (LAYERS, DELTA_L + layers(TOP, ABOVE, "l = L", r"l = 1, 2, \dots, L - 1"), "p", ""),
    (LAYERS, DELTA_L + layers(TOP, ABOVE, "l = L", r"l = 1, 3, \dots, L - 1"), "u", "3 is no next step in a range from 1 to L - 1"),
    (LAYERS, DELTA_L + layers(TOP, ABOVE, "l = L", r"l = L - 1, \dots, 1"), "p", ""),
    (LAYERS, DELTA_L + layers(TOP, ABOVE, "l = L", r"l \le L"), "u", "more than one of these cases speaks of L = 1, l = 1"),
    (LAYERS, DELTA_L + layers(TOP, ABOVE, "l = L", r"l < L - 1"), "u", "none of these cases speaks of L = 2, l = 1"),
    (LAYERS, DELTA_L + ABOVE, "p", "equal"),  # meant for the layers that have one above
    # pairs of steps
    (JACOBIAN, of_jacobian(("I", "k = t"), (ONWARDS, "k < t")), "p", ""),  # k <= t is meant
    (JACOBIAN, of_jacobian(("2 I", "k = t"), (ONWARDS, "k < t")), "r", ""),
    (JACOBIAN, of_jacobian(("I", "k = t"), (ONWARDS, "k < t"), ("0", "k > t")), "p", ""),
    (JACOBIAN, of_jacobian(("I", "k = t"), (ONWARDS, "k < t"), ("W", "k > t")), "r", ""),
    (JACOBIAN, of_jacobian(("I", "k = t"), ("0", "k > t"), (ONWARDS, r"\text{otherwise}")), "p", ""),
    (JACOBIAN, of_jacobian(("I", "k = t"), (ONWARDS, "k < t - 1")), "u", "none of these cases speaks of"),
    # components
    (GATE, r"\frac{\partial p_i}{\partial z_j} = " + cases(("p_i (1 - p_i)", "i = j"), ("-p_i p_j", r"i \ne j")), "p", ""),
    (GATE, r"\frac{\partial p_i}{\partial z_j} = " + cases(("p_i (1 - p_i)", "i = j"), ("p_i p_j", r"i \ne j")), "r", ""),
    (GATE, r"\frac{\partial p_i}{\partial z_j} = " + cases(("p_i (1 - p_i)", "i = j"), ("-p_i p_j", "i < j")), "u", "speaks of i = 2, j = 1"),
    # by the sign of a quantity
    (RAMP, BY_Z + cases(("g", "z > 0"), ("0", r"z \le 0")), "p", "z!=0"),
    (RAMP, BY_Z + cases(("g", "z > 0"), ("0", r"\text{otherwise}")), "p", "z!=0"),
    (RAMP, BY_Z + cases(("g", "z > 0"), ("g", r"z \le 0")), "r", ""),
    (RAMP, BY_Z + cases(("g", "z > 0"), ("0", r"z \ge 0")), "u", "may overlap"),
    (RAMP, BY_Z + cases(("g", "z > 0"), ("0", r"z < 0"), ("0", "z < 1")), "u", "may overlap"),
    (RAMP, BY_Z + cases(("g", "z > 0"), ("0", r"z < -1")), "u", "may overlap"),
    # equations of a network
    (FORWARD, r"\frac{\partial L}{\partial W} = \sum_{t=2}^T ((1 - h_t^2) \odot \frac{\partial L}{\partial h_t}) h_{t-1}^\top", "p", ""),
    (FORWARD, r"\frac{\partial L}{\partial W} = \sum_{t=1}^T ((1 - h_t^2) \odot \frac{\partial L}{\partial h_t}) h_{t-1}^\top", "r", ""),
    (OUTPUT, DELTA_L + layers("a^{(L)} - y", ABOVE), "p", "equal"),
    (OUTPUT, DELTA_L + layers(TOP, ABOVE), "r", ""),
    (OUTPUT, r"\frac{\partial J}{\partial W^{(l)}} = \delta^{(l)} (a^{(l-1)})^\top", "p", ""),
)


@pytest.mark.parametrize(("network", "formula", "verdict", "said"), JUDGED)
def test_every_case_is_judged(network, formula, verdict, said):
    entry = read_note(f"{network}\n\n$${formula}$$", "markdown").entries[-1]
    found = "u" if entry.verdict in ("unproved", "unreadable") else entry.verdict[0]
    assert (found, said in entry.reason) == (verdict, True), (entry.verdict, entry.reason)


REPAIRED = (
    # (network, wrong formula, its repair, words of the reason)
    (LAST, DELTA + both("2 (h_T - y)", BACK), both("(h_T - y)", BACK), "the factor 2 should not be there"),
    (LAST, DELTA + both("y - h_T", BACK), both("h_T - y", BACK), "a sign is wrong"),
    (LINEAR, DELTA + both("0", r"W^\top \delta_{t+1}"), r"\mathbb{1}(t = T) (h_T - y) + W^\top \delta_{t+1}",
        r"the right side minus what is written is \mathbb{1}(t = T) (h_T - y);"),
    (JACOBIAN, BY_H + both("h_T - y_T", r"W^\top \frac{\partial L}{\partial h_{t+1}}"),
        r"h_t - y_t + W^\top \left[ (1 - h_{t+1}^2) \circ \frac{\partial L}{\partial h_{t+1}} \right]", "what is derived"),  # no ∂L/∂h_t
)


@pytest.mark.parametrize(("network", "formula", "repair", "said"), REPAIRED)
def test_a_repair_of_a_case_says_something(network, formula, repair, said):
    entry = read_note(f"{network}\n\n$${formula}$$", "markdown", repairs=True).entries[-1]
    assert (entry.repair, said in entry.reason) == (repair, True), entry.reason


s, t, k, T = (Symbol(n) for n in "stkT")
"""Steps, and the length T of t."""


def at(op, a, b):
    return Relation(op, a, b)


FOLLOWING = (
    # (condition, what is given, whether it follows)
    (at("<=", t + 1, T), [at("<", t, T)], True),
    (at("<=", t + 1, T), [at("<=", t + 2, T)], True),
    (at("<=", t + 1, T), [at("<=", t, T)], False),
    (at("<=", t + 1, T), [at("=", t, T - 1)], True),
    (at("<=", t + 1, T), [at("=", T, t + 1)], True),
    (at("<=", t + 1, T), [at("=", t, T)], False),
    (at("<=", t + 1, T), [at("!=", t, T)], True),
    (at("<=", t + 1, T), [at("!=", T, t)], True),
    (at("<=", t + 2, T), [at("!=", T, t)], False),
    (at("<=", t + 1, T), [at("!=", s, t)], False),
    (at("<=", 2, t), [at("!=", t, 1)], True),
    (at("<=", 2, t), [at("<", 1, t)], True),
    (at("<=", 2, t), [at("<", s, t)], False),
    (at("<=", 2, t), [], False),
    (at("<=", 2, t), [at("<", s, t), at("<", 1, t)], True),
)


@pytest.mark.parametrize(("condition", "given", "expected"), FOLLOWING)
def test_what_follows(condition, given, expected):
    assert follows(condition, given, {T: 1}) is expected


def test_standing_tells_the_conditions_and_the_letters_around():
    h, g = Var("h", (t + 1,), (), ()), Var("g", (k,), (), ())
    term = Plus(Where(h, at("<", t, T)), SumOver(Where(g, at("<", k, t)), k, 1, t - 1), ProductOver(g, k, t, T))
    assert list(standing(term, (Var,))) == [
        (h, (at("<", t, T),), frozenset()),
        (g, (at("<=", 1, t - 1), at("<", k, t)), {k}),
        (g, (at("<=", t, T),), {k}),
    ]
    shadowed = SumOver(Where(SumOver(h, t, 1, T), at("<", t, T)), k, t, T)
    assert [given for _, given, _ in standing(shadowed, (Var,))] == [(at("<=", 1, T),)]


def test_a_case_beyond():
    h = Var("h", (t,), (), ())
    assert speaks_beyond([Hadamard(h, Where(h, at("=", t, T)))], at("<=", t + 1, T))
    assert speaks_beyond([h, Entry(Where(h, at("<", k, t)))], at("<=", t, k))
    assert not speaks_beyond([Where(h, at("<", t, T)), Partial(h, h)], at("<=", t + 1, T))
