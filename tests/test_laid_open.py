r"""Equations in frames, braces and systems: each is read and judged, and none is lost.

In a row ? stands for a right formula and ! for a wrong one.
"""

import pytest

from symbolic.pipeline import read_note

NETWORK = r"$h_t = \tanh(W h_{t-1} + U x_t)$, $y_t = V h_t$, $L = \sum_t \frac12 \|y_t - d_t\|^2$."
RIGHT, WRONG = r"\frac{\partial L}{\partial y_t} = y_t - d_t", r"\frac{\partial L}{\partial y_t} = y_t + d_t"
ALIGNED = r"\frac{\partial L}{\partial y_t} &= y_t - d_t"

READ = (
    # (formula, verdicts)
    (r"\boxed{?}", "p"), (r"\boxed{!}", "r"), (r"\boxed{?}\quad \boxed{!}", "pr"), (r"\textcolor{blue}{?}", "p"), (r"\color{red}{!}", "r"),
    (r"\mathbf{?}", "p"), (r"\boldsymbol{!}", "r"), (r"\left(?\right)", "p"), (r"[!]", "r"), (r"\begin{flalign} A \end{flalign}", "p"),
    (r"\begin{subequations} \begin{align} A \end{align} \end{subequations}", "p"),
    (r"\begin{IEEEeqnarray}{rCl} \frac{\partial L}{\partial y_t} &=& y_t - d_t \end{IEEEeqnarray}", "p"),
    (r"{\small ?}", "p"), (r"{?}", "p"), (r"{{?}}", "p"), (r"\underbrace{?}_{(*)}", "p"), (r"\text{Hence } ?", "p"),
    (r"\text{Finally, } ?", "p"), (r"\require{cancel} ?", "p"), (r"? \qquad (1)", "p"), (r"? \quad (2.3a)", "p"), (r"(4) \quad !", "r"),
    (r"? \square", "p"), (r"?. \blacksquare", "p"), (r"? \qed", "p"), (r"y_t \square = d_t", "u"),
    (r"\begin{cases} ? \\ ! \end{cases}", "pr"), (r"\begin{cases} ?, \\ !. \end{cases}", "pr"), (r"\begin{array}{l} ? \\ ! \end{array}", "pr"),
    (r"\left\{ \begin{array}{l} ? \\ ! \end{array} \right.", "pr"), (r"\left\{ \begin{aligned} ? \\ ! \end{aligned} \right.", "pr"),
    (r"\left\{ \begin{aligned} A \\ A \end{aligned} \right.", "pp"), (r"\begin{cases} A \\ A \end{cases}", "pp"),
    (r"\begin{cases} ? & t < T \\ ! & t = T \end{cases}", "pr"), (r"\begin{cases} ? & \text{if } t = 1, \dots, T \\ ! \end{cases}", "pr"),
    (r"\begin{array}{rcl} \frac{\partial L}{\partial y_t} & = & y_t - d_t \\ \frac{\partial L}{\partial y_t} & = & y_t \end{array}", "pr"),
    (r"\begin{array}{rclr} \frac{\partial L}{\partial y_t} & = & y_t - d_t & (1) \\ \frac{\partial L}{\partial y_t} & = & d_t & (2) \end{array}", "pr"),
    (r"? \newline !", "pr"), (r"? \cr !", "pr"), ("?\n!", "uu"), ("\n?\n", "p"), ("\n!\n", "r"), ("?,\n!", "pr"), ("?\n+ 1 = 0", "rr"),
    ("\\frac{\\partial L}{\\partial y_t} = \\begin{cases}\ny_t + d_t & t = T \\\\\ny_t - d_t & t < T\n\\end{cases}", "r"),
    ("\\begin{aligned}\n? \\\\ % right\n! \\\\[2pt]\n?\n\\end{aligned}", "prp"),
    (r"\begin{multline} \frac{\partial L}{\partial y_t} = \\ y_t - d_t \end{multline}", "p"),
    (r"\frac{\partial L}{\partial y_t} = {y_t - d_t}", "p"), (r"\frac{\partial L}{\partial y_t} = \boxed{y_t - d_t}", "p"),
    (r"\frac{\partial L}{\partial y_{t}} = \sum_{i = 1}^{1} (y_t - d_t)", "p"),
)  # fmt: skip


@pytest.mark.parametrize(("formula", "verdicts"), READ)
def test_equations_are_laid_open(formula, verdicts):
    text = formula.replace("?", RIGHT).replace("!", WRONG).replace("A ", f"{ALIGNED} ")
    entries = [e for e in read_note(f"{NETWORK}\n\n$${text}$$", "markdown").entries if e.line > 1]
    found = "".join("u" if e.verdict in ("unreadable", "unproved") else e.verdict[0] for e in entries)
    assert found == verdicts, [(e.latex, e.verdict, e.reason) for e in entries]


NEVER_LOST = (
    r"\overline{?}", r"\{?\}", r"\bbox[yellow]{?}", r"\colorbox{yellow}{$?$}", r"\begin{pmatrix} ? \end{pmatrix}",
    r"\class{x}{?}", r"\overset{*}{?}", r"\cancel{?}", r"\foo{?}", r"\foo{3}{?}", r"\parbox{3cm}{$?$}", r"\underline{?}", r"f(?)",
    r"\begin{empheq}[box=\fbox]{align} ? \end{empheq}", r"2 (?)",
)  # fmt: skip


@pytest.mark.parametrize("around", NEVER_LOST)
def test_an_equation_in_something_else_is_told_of(around):
    entries = [e for e in read_note(f"{NETWORK}\n\n$${around.replace('?', RIGHT)}$$", "markdown").entries if e.line > 1]
    assert [e.verdict for e in entries] == ["unreadable"]


SYSTEMS = (
    r"$$\begin{cases} h_t = \tanh(W h_{t-1} + U x_t) \\ y_t = V h_t \end{cases}$$",
    r"$$\left\{ \begin{aligned} h_t &= \tanh(W h_{t-1} + U x_t) \\ y_t &= V h_t \end{aligned} \right.$$",
    r"$$\begin{cases} h_t = \tanh(W h_{t-1} + U x_t) & t = 1, \dots, T \\ y_t = V h_t & t = 1, \dots, T \end{cases}$$",
    r"$$\left\{ \begin{array}{l} h_t = \tanh(W h_{t-1} + U x_t), \\ y_t = V h_t. \end{array} \right.$$",
    r"$$\boxed{h_t = \tanh(W h_{t-1} + U x_t)}, \quad \boxed{y_t = V h_t}$$",
)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_network_may_be_a_system(system):
    note = f"{system}\n\n$L = \\sum_t \\frac12 \\|y_t - d_t\\|^2$\n\n$${RIGHT}$$\n\n$${WRONG}$$"
    assert "".join(e.verdict[0] for e in read_note(note, "markdown").entries) == "ppppr"


def test_a_font_around_an_equation_is_that_of_its_letters():
    note = r"$h_t = \mathbf{W} h_{t-1} + W x_t$, $L = \sum_t \frac12 \|h_t - d_t\|^2$." + "\n\n" + r"""
$$\frac{\partial L}{\partial x_t} = W^\top \frac{\partial L}{\partial h_t}$$
$$\mathbf{\frac{\partial L}{\partial x_t} = W^\top \frac{\partial L}{\partial h_t}}$$"""
    assert [e.verdict for e in read_note(note, "markdown").entries[-2:]] == ["proved", "refuted"]  # the bold W is another matrix
