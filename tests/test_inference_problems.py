"""What inference decides, what declarations override, and what it leaves open rather than guess."""

from __future__ import annotations

import pytest

from symbolic.pipeline import check_document
from symbolic.reading import Passage
from symbolic.reading.document.read import read_document
from symbolic.reading.inference.infer import Inferred, infer_models
from symbolic.reading.inference.scopes import MOST_NETWORKS


def inferred(text: str, declarations: tuple[tuple[str, str], ...] = ()) -> Inferred:
    return infer_models([Passage(k + 1, line) for k, line in enumerate(text.strip().splitlines())], declarations)


def shapes(text: str, declarations: tuple[tuple[str, str], ...] = ()) -> dict[str, tuple[int, int]]:
    """The number of row and column legs of each family."""
    (model,) = inferred(text, declarations).models
    return {f.name: (len(f.rows), len(f.cols)) for f in model.families.values()}


RNN = r"""
h_t = \tanh(W h_{t-1} + U x_t + b)
y_t = V h_t
L = \sum_{t=1}^{T} \frac12 \|y_t - d_t\|^2
\frac{\partial L}{\partial V} = \sum_{t=1}^{T} (y_t - d_t) h_t^T
"""

ROLES = {"W": "weight", "U": "weight", "b": "weight", "V": "weight", "x": "input", "d": "label", "h": "state", "y": "state"}


def test_roles_and_shapes_of_a_recurrent_network() -> None:
    (model,) = inferred(RNN).models
    assert {n: f.role for n, f in model.families.items()} == {**ROLES, "L": "loss"}
    assert shapes(RNN) == dict.fromkeys("WUV", (1, 1)) | dict.fromkeys("hybxd", (1, 0)) | {"L": (0, 0)}
    assert [e.left.name for e in model.equations] == ["h", "y", "L"]


def test_every_family_has_sizes_of_its_own_unless_an_equation_makes_them_equal() -> None:
    (model,) = inferred(RNN).models
    f = model.families
    assert f["W"].rows == f["W"].cols == f["h"].rows != f["x"].rows
    assert f["V"].rows == f["y"].rows == f["d"].rows != f["h"].rows


DECLARED = {
    "a set": ((("V", "in R^{1 x n}"),), "y", (0, 0)),
    "a set with two names": ((("W", r"\in \mathbb{R}^{n \times n}"),), "h", (1, 0)),
    "a kind": ((("y_t", "scalar"), ("V", "row")), "V", (0, 1)),
}


@pytest.mark.parametrize("case", DECLARED)
def test_declarations_fix_shapes(case: str) -> None:
    lines, name, expected = DECLARED[case]
    assert shapes(RNN, lines)[name] == expected


def test_a_set_in_the_note_names_the_sizes() -> None:
    (model,) = inferred(RNN + "\nh_t \\in \\mathbb{R}^n, \\quad V \\in \\mathbb{R}^{m \\times n}").models
    assert (str(model.families["V"].rows[0]), str(model.families["V"].cols[0])) == ("m", "n")


def test_other_lines_of_the_block() -> None:
    lines = (("x_t", "given"), ("sigma", "= tanh"), ("e_t", "= dL/dh_t"))
    (model,) = inferred(RNN.replace(r"\tanh", r"\sigma"), lines).models
    assert model.families["x"].role == "given"
    assert model.functions[r"\sigma"].name == "tanh"
    assert model.error_names == {"e_t": "h"}


def test_a_line_that_is_not_understood_is_said() -> None:
    assert "not understood" in " ".join(inferred(RNN, (("W", "wobbly"),)).problems)


FUNCTIONS = {
    "its derivative": (r"\sigma'(z) = \sigma(z)(1 - \sigma(z))", "sigmoid"),
    "its formula": (r"\sigma(z) = \frac{1}{1 + e^{-z}}", "sigmoid"),
    "another derivative": (r"\frac{d\sigma(z)}{dz} = 1 - \sigma(z)^2", "tanh"),
    "a claim says nothing": (r"\frac{\partial L}{\partial b} = \sum_{t=1}^T (1-h_t^2) \odot \frac{\partial L}{\partial h_t}", ""),
    "nothing": (r"a = b", ""),
}


@pytest.mark.parametrize("case", FUNCTIONS)
def test_a_function_is_what_the_note_says_of_it(case: str) -> None:
    line, expected = FUNCTIONS[case]
    (model,) = inferred(RNN.replace(r"\tanh", r"\sigma") + line).models
    fun = model.functions[r"\sigma"]
    assert (fun.name if not fun.kind else "") == expected


# left open rather than guessed

OPEN = {
    "no equations": (r"\frac{\partial L}{\partial V} = 1", "no forward equations"),
    "nothing conforms": (RNN.replace("V h_t", "V h_t + W"), "conform"),
    "numbers for matrices": (
        "c_t = f_t \\cdot c_{t-1} + W x_t\nf_t = \\tanh(U c_{t-1})\nL = \\sum_{t=1}^T \\|c_t\\|^2\n"
        "\\frac{\\partial L}{\\partial U} = 0", "only if U is a number; declare that (U: scalar)",
    ),
    "an equation that is not understood": (RNN.replace("V h_t", r"\max(V h_t)"), "not understood"),
}  # fmt: skip


@pytest.mark.parametrize("case", OPEN)
def test_what_cannot_be_determined_makes_no_model(case: str) -> None:
    text, reason = OPEN[case]
    result = inferred(text)
    assert not result.models
    assert any(reason in p for p in result.problems), result.problems


WAYS = {"a column or a row": r"\sum_i \mathrm{softmax}(A)_i^2", "row by row or column by column": r"\|\mathrm{softmax}(A)\|^2"}


@pytest.mark.parametrize("ways", WAYS)
def test_two_ways_as_good_as_each_other_are_both_named(ways) -> None:
    text = f"L = {WAYS[ways]}\n\\frac{{\\partial L}}{{\\partial A}} = A"
    result = inferred(text)
    assert not result.models
    assert any(ways in p for p in result.problems), result.problems
    assert inferred(text, (("A", "column"),)).models


def test_the_loss_is_what_nothing_is_differentiated_by() -> None:
    """ŷ stands above ∂ more often than L, but below it, too."""
    text = "y = V h\nh = \\tanh(W x)\nL = \\frac12 \\|y - d\\|^2\n\\frac{\\partial L}{\\partial y} = y - d\n"
    text += "".join(f"\\frac{{\\partial y}}{{\\partial {q}}} = 1\n" for q in ("h", "x", "V"))
    (model,) = inferred(text).models
    assert model.loss.name == "L"


def test_a_derivative_that_is_an_input_makes_it_no_error_name() -> None:
    text = "z = w x + b\nL = \\frac12 (z - y)^2\n\\frac{\\partial z}{\\partial w} = x\n\\frac{\\partial L}{\\partial z} = e"
    (model,) = inferred(text).models
    assert model.families["x"].role == "input" and model.error_names == {"e": "z"}


def test_a_jacobian_with_a_name_is_no_adjoint() -> None:
    (model,) = inferred(RNN + "\nD_t = \\frac{\\partial y_t}{\\partial h_t}\ng_t = \\frac{\\partial L}{\\partial h_t}").models
    assert model.error_names == {"g_t": "h"}


def test_a_shifted_component_is_no_time() -> None:
    """x_{t,i-1} stands beside a time; i counts components."""
    text = RNN + "\n\\frac{\\partial L}{\\partial x_{t,i-1}} = x_{t,i-1} + h_{t,i}"
    (model,) = inferred(text).models
    assert [str(i.symbol) for i in model.indices] == ["t"]


def test_a_loss_that_nothing_defines_leaves_its_gradient_unreadable_and_the_rest_judged() -> None:
    text = (
        "$h_t = \\tanh(W h_{t-1} + U x_t)$ and $y_t = V h_t$\n"
        "$$\\frac{\\partial E}{\\partial V} = \\sum_{t=1}^T (y_t - d_t) h_t^T$$\n"
        "$$\\frac{\\partial h_t}{\\partial h_{t-1}} = \\mathrm{diag}(1 - h_t^2) W$$\n"
        "$$\\frac{\\partial h_t}{\\partial h_{t-1}} = W \\mathrm{diag}(1 - h_t^2)$$\n"
    )
    checked = check_document(read_document(text, "markdown"))
    verdicts = {e.id: e.verdict for e in checked.entries}
    assert verdicts["L2:1"] == "unreadable"
    assert (verdicts["L3:1"], verdicts["L4:1"]) == ("proved", "refuted")
    assert any("what E is" in p for p in checked.problems)


def test_a_name_for_an_argument_that_the_forward_pass_spells_out() -> None:
    """∂L/∂a_t is meant through h_t = tanh(a_t), though h_t is written without a_t."""
    text = RNN + "\na_t = W h_{t-1} + U x_t + b\n\\frac{\\partial L}{\\partial a_t} = 1"
    (model,) = inferred(text).models
    equation = next(e for e in model.equations if e.left.name == "h")
    assert "a[t]" in str(equation.right)


def test_decisions_are_explained() -> None:
    found = {(d.subject, d.choice): d for d in inferred(RNN).explanations}
    assert {("W", "weight"), ("x_t", "input"), ("h_t", "state"), ("W", "matrix, n_h×n_h")} <= set(found)
    assert found["h_t", "state"].line == 1


def test_a_note_of_more_networks_than_one_understands():
    """Each network is understood in the light of all formulas; those beyond the limit are not judged by an earlier one."""
    lines = [rf"z^{{{k}}}_j = \sum_i w_{{ji}} x_i, q_j = \sum_i {chr(97 + k % 26)}_{{ji}} y_i" for k in range(MOST_NETWORKS + 8)]
    found = inferred("\n".join(lines))
    assert len(found.models) <= MOST_NETWORKS and any("networks in one note" in p for p in found.problems)
    assert found.assignment[-1] == -1
