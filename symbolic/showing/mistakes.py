"""The kinds of mistakes that a verdict names: a paragraph and an example for each; `gradproof explain` shows them.

Every example speaks of one small network; a test judges both formulas of each row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

NETWORK = (
    r"h_t = \tanh(W h_{t-1} + U x_t + b)",
    r"o_t = V h_t",
    r"L = \sum_{t=1}^{T} \tfrac{1}{2} \|o_t - y_t\|^2",
    r"\delta_t = \frac{\partial L}{\partial h_t}",
)
"""The forward equations of the examples, and the name of an adjoint."""

WIDTH = 88


@dataclass(frozen=True)
class Mistake:
    """What goes wrong, and two formulas with the same left side: the wrong right side and the right one."""

    words: str
    left: str = ""
    wrong: str = ""
    right: str = ""


DW, DV, DB = (rf"\frac{{\partial L}}{{\partial {name}}}" for name in "WVb")
DO, STEP = r"\frac{\partial L}{\partial o_t}", r"\frac{\partial h_t}{\partial h_{t-1}}"
BACK = r"V^{\top} (o_t - y_t) + W^{\top} ((1 - h_{t+1}^2) \circ \delta_{t+1})"

MISTAKES: dict[str, Mistake] = {
    "shape": Mistake(
        "The operands do not conform: two vectors are multiplied like matrices, or a sum joins a row and a column. Write the "
        "size of every factor below it; neighbours must agree. A column times a row gives a matrix, a row times a column a "
        "number. It is also said for which equal sizes the formula would mean something, and whether it would then be right.",
        DV, r"\sum_{t=1}^{T} (o_t - y_t) h_t", r"\sum_{t=1}^{T} (o_t - y_t) h_t^{\top}",
    ),
    "missing-factor": Mistake(
        "A factor of the chain rule is left out. Most often it is the slope of an activation: from the error of h_t to that of "
        "its argument there is one more link, tanh' = 1 - tanh², or s(1 - s) for a sigmoid. Such a formula has the right "
        "shape, so that no check of sizes shows it.",
        DW, r"\sum_{t=1}^{T} \delta_t h_{t-1}^{\top}", r"\sum_{t=1}^{T} ((1 - h_t^2) \circ \delta_t) h_{t-1}^{\top}",
    ),
    "spurious-factor": Mistake(
        "A factor too many: a derivative is taken twice, or that of a function which is not there. An output without an "
        "activation has slope 1, and the error of softmax or of a sigmoid under cross-entropy already holds its slope.",
        DO, r"o_t \circ (o_t - y_t)", r"o_t - y_t",
    ),
    "missing-term": Mistake(
        "A path is left out. A quantity that is used in several places gets a summand from each of them; the hidden state is "
        "used by the output and by the next step, so that its error has two summands.",
        r"\delta_t", r"V^{\top} (o_t - y_t)", BACK,
    ),
    "spurious-term": Mistake(
        "A summand too many: a path that does not exist, or one that another summand already holds.",
        r"\delta_t", rf"{BACK} + \delta_{{t+1}}", BACK,
    ),
    "missing-sum": Mistake(
        "The formula is that of one step. A weight is used at every step, so that its gradient is the sum over all of them; "
        "an index that is free on the right and not on the left is the sign of it.",
        DV, r"(o_t - y_t) h_t^{\top}", r"\sum_{t=1}^{T} (o_t - y_t) h_t^{\top}",
    ),
    "spurious-sum": Mistake(
        "A sum where there is none: the quantity on the left belongs to one step and gets the error of that step alone. An "
        "index that stands free on the left and is bound by the sum on the right is the sign of it.",
        DO, r"\sum_{t=1}^{T} (o_t - y_t)", r"o_t - y_t",
    ),
    "order": Mistake(
        "Factors are swapped. Matrices do not commute, and with square matrices the sizes do not show it. A Jacobian holds the "
        "outer derivative first: diag(f') stands to the left of W, and in a product over steps the latest one stands leftmost.",
        STEP, r"W \operatorname{diag}(1 - h_t^2)", r"\operatorname{diag}(1 - h_t^2) W",
    ),
    "index": Mistake(
        "A quantity of the wrong step. W multiplies the state of the step before, so that its gradient holds h_{t-1}; going "
        "back from step t + 1, the slope and the error are those of step t + 1.",
        DW, r"\sum_{t=1}^{T} ((1 - h_t^2) \circ \delta_t) h_t^{\top}",
        r"\sum_{t=1}^{T} ((1 - h_t^2) \circ \delta_t) h_{t-1}^{\top}",
    ),
    "transpose": Mistake(
        "A transpose is missing or too many. Errors go back through the transposed matrix: y = W x gives Wᵀ times the error of "
        "y. With a square W the sizes do not show it. The same is said of a gradient that is right up to its layout, where the "
        "rest of the note uses the other one.",
        r"\delta_t", r"V^{\top} (o_t - y_t) + W ((1 - h_{t+1}^2) \circ \delta_{t+1})", BACK,
    ),
    "sign": Mistake(
        "A sign is turned: the error is output minus label where the loss is a squared distance or a negative logarithm.",
        DO, r"y_t - o_t", r"o_t - y_t",
    ),
    "parenthesis": Mistake(
        "A bracket stands in the wrong place or is missing, so that a product, a sum or a power holds too much or too little.",
        DW, r"\sum_{t=1}^{T} (1 - h_t^2 \circ \delta_t) h_{t-1}^{\top}",
        r"\sum_{t=1}^{T} ((1 - h_t^2) \circ \delta_t) h_{t-1}^{\top}",
    ),
    "wrong-variable": Mistake(
        "One quantity stands in the place of another one of the same shape, so that no check of sizes shows it.",
        DB, r"\sum_{t=1}^{T} (1 - h_t^2) \circ h_t", r"\sum_{t=1}^{T} (1 - h_t^2) \circ \delta_t",
    ),
    "other": Mistake(
        "None of the other kinds: another product is meant, ∘ multiplies entry by entry and not as matrices do, or so much is "
        "wrong that no small change mends it. Then the right formula is shown and, where it is short, what is missing.",
        STEP, r"\operatorname{diag}(1 - h_t^2) \circ W", r"\operatorname{diag}(1 - h_t^2) W",
    ),
}  # fmt: skip
"""By the name of the cause, in the order in which they are listed."""


def listed() -> Iterator[str]:
    """One line for each kind."""
    column = max(map(len, MISTAKES))
    for name, m in MISTAKES.items():
        yield f"{name:<{column}}  {m.words.partition(': ')[0].partition('. ')[0].partition(', so')[0].rstrip('.')}"


def explained(cause: str) -> Iterator[str]:
    """The paragraph and the example of one kind."""
    mistake = MISTAKES[cause]
    yield from (cause, "", *wrap(mistake.words, WIDTH), "", "For the network", "")
    yield from (f"    {equation}" for equation in NETWORK)
    yield from ("", "wrong", "", f"    {mistake.left} = {mistake.wrong}", "", "right", "")
    yield f"    {mistake.left} = {mistake.right}"
