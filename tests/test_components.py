"""Notes by components: what a single formula says of functions, of index letters, and of the class that a label marks."""

from __future__ import annotations

import pytest

from symbolic.pipeline import read_note

FORWARD = r"$a = w^\top x + b$, $y = \sigma(a)$, $E = \frac{1}{2}(y - t)^2$. "
CLASSES = r"$q_j = \frac{e^{s_j}}{\sum_{k} e^{s_k}}$ and $C = -\sum_{k} y_k \log q_k$. "

LAST = (
    # (what the note says, verdict on its last '=')
    (FORWARD + r"Here $\sigma(u) = \frac{1}{1 + e^{-u}}$ and $\sigma'(u) = \sigma(u)(1 + \sigma(u))$.", "refuted"),
    (FORWARD + r"Here $y = \sigma(a) = \frac{1}{1 + e^{-a}}$.", "proved"),
    (FORWARD + r"Here $f(u) = \sigma(u) = \frac{1}{1 + e^{-u}}$ and $f'(u) = \sigma(u)(1 - \sigma(u))$.", "proved"),
    (r"$a = W x + b$, $y = \sigma(a)$, $E = \| y - t \|^2$. Now $g'(a) = 1 - \tanh^2(a)$.", "proved"),
    (r"$a = W x + b$, $y = \sigma(a)$, $E = \| y - t \|^2$. Now $g'(a) = 3 - \tanh^2(a)$.", "unreadable"),
    (r"$a = W x + b$, $y = \sigma(a)$, $E = \| y - t \|^2$. So $\frac{\partial E}{\partial W} = \delta x^\top$.", "unreadable"),
    (CLASSES + r"Then $\frac{\partial q_j}{\partial s_i} = -q_i q_j, \quad i \neq j$.", "proved"),
    (CLASSES + r"Then $\frac{\partial q_j}{\partial s_i} = q_i (1 - q_i), \quad i = j$.", "proved"),
    (CLASSES + r"Then $\frac{\partial q_j}{\partial s_i} = q_i (1 - q_i), \quad i \neq j$.", "refuted"),
    (CLASSES + r"By the quotient rule (case $i = j$ and $i \ne j$ separately): $\frac{\partial q_i}{\partial s_j} = q_i(\delta_{ij} - q_j)$.", "proved"),
    (r"For $z = [z_1, z_2, \dots, z_K]$ let $a_i = \text{Softmax}(z)_i$. Then $\frac{\partial a_i}{\partial z_j} = a_i(\delta_{ij} - a_j)$.", "proved"),
    (CLASSES + r"Then $\frac{\partial C}{\partial s_i} = q_i - y_i$.", "proved"),
    (CLASSES + r"The right class $c$ has $y_c = 1$. Hence $C = -\log q_c$.", "unreadable"),
)  # fmt: skip


@pytest.mark.parametrize(("note", "verdict"), LAST)
def test_the_last_equation(note: str, verdict: str) -> None:
    entry = read_note(note, "markdown").entries[-1]
    assert entry.verdict == verdict, entry.reason


def test_a_stated_value_says_which_function_it_is_though_its_slope_is_wrong() -> None:
    (model,) = read_note(LAST[0][0], "markdown").models
    assert model.functions[r"\sigma"].name == "sigmoid"


def test_letters_of_two_layers_are_told_apart_by_their_index_only_if_one_rests_on_the_other() -> None:
    (model,) = read_note(CLASSES + r"With $q_i = \frac{e^{s_i}}{\sum_{j} e^{s_j}}$ too.", "markdown").models
    assert not model.apart and "q" in model.families
