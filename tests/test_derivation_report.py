"""What `gradproof derive` prints: cases at the last step, formulas that fit the page, well-formed documents."""

import re

import pytest

from derivations import NAMES, load
from symbolic import cli
from symbolic.derivation import derive
from symbolic.language import SumOver, tanh
from symbolic.model import Network
from symbolic.showing.derivation_report import (
    DERIVATION_FORMATS,
    FURTHER,
    LINE,
    Row,
    WrtError,
    as_text,
    escaped,
    latex_lines,
    visible_width,
)


@pytest.fixture(scope="module")
def derivations():
    return {name: [derive(model) for model in load(name).models] for name in NAMES}


TOLD = [
    ("tanh_rnn", "  δ^(t) = ∂L/∂h^(t) = Vᵀ(ŷ^(t) − y^(t)) + Wᵀ([1 − (h^(t+1))²] ∘ δ^(t+1))    (t < τ)"),
    ("tanh_rnn", "  δ^(τ) = Vᵀ(ŷ^(τ) − y^(τ))"),
    ("tanh_rnn", "  ∂L/∂W = Σ_{t=1}^τ ([1 − (h^(t))²] ∘ δ^(t))(h^(t−1))ᵀ"),
    ("tanh_rnn", "  δ^(0) = Wᵀ([1 − (h^(1))²] ∘ δ^(1))"),
    ("sigmoid_rnn", "  ∂L/∂W^(out) = Σ_{t=1}^{T_r} (r̂_t − r_t) o_tᵀ"),
    ("relu_classifier", "  ∂L/∂h_t = Wᵀ[𝟙(h_{t+1} > 0) ∘ (∂L/∂h_{t+1})]    (t < l)"),
    ("relu_classifier", "  ∂L/∂h_l = (y_{pred} − y_{gt}) Vᵀ"),
    ("gradient_flow", "  ∂E/∂b_t = σ'(W_{rec} h_{t−1} + W_{in} x_t + b_t) ∘ (∂E/∂h_t)    (t = 1, …, T)"),
]


@pytest.mark.parametrize("name, line", TOLD, ids=[f"{n}-{k}" for k, (n, _) in enumerate(TOLD)])
def test_lines_of_the_notes(derivations, name, line):
    assert line in as_text(derivations[name]).splitlines()


def test_conventions_are_named(derivations):
    told = "(gradient layout: ∂L/∂W has the shape of W; δ^(τ+1) = 0 beyond the last step; assuming sum(y)=1)"
    assert told in as_text(derivations["tanh_rnn"])


def test_wrt_keeps_the_adjoints_that_its_formulas_speak_of(derivations):
    told = as_text(derivations["tanh_rnn"], ("W",))
    assert "∂L/∂W =" in told and "δ^(τ) =" in told and "∂L/∂U =" not in told and "∂L/∂o" not in told
    assert "δ^(τ)" not in as_text(derivations["tanh_rnn"], ("c",))
    spelled = as_text(derivations["sigmoid_rnn"], (r"\mathbf{b}_o",))
    assert "∂L/∂b_o =" in spelled and "∂L/∂V =" not in spelled
    with pytest.raises(WrtError, match="--wrt Q: the loss of tanh_rnn is differentiated by x, y, U, W"):
        as_text(derivations["tanh_rnn"], ("Q",))


@pytest.mark.parametrize("name", NAMES)
def test_the_document_is_well_formed(derivations, name):
    document = DERIVATION_FORMATS["latex"](derivations[name], (), "all")
    assert document.startswith("\\documentclass") and document.endswith("\\end{document}\n")
    begun, ended = (re.findall(rf"\\{word}{{([a-z*]+)}}", document) for word in ("begin", "end"))
    assert sorted(begun) == sorted(ended)
    assert document.replace(r"\{", "").count("{") == document.replace(r"\}", "").count("}")
    assert not re.search(r"\n\s*\n\s*\\end{align", document) and document.isascii()


def test_long_sums_are_broken_before_a_sign(derivations):
    for ds in derivations.values():
        for d in ds:
            for name in d.gradients:
                for line in latex_lines(Row(d.model.families[name].var, d.gradient(name)), d.model):
                    assert visible_width(line) < LINE + 40
    (d,) = derivations["sigmoid_rnn"]
    first, second = latex_lines(Row(d.model.families["h"].var, d.adjoint("h")), d.model)
    assert second.startswith(r"&\quad + \mathbf{V}^{\top}") and " &= " in first


def test_markdown_shows_one_display_per_row(derivations):
    told = DERIVATION_FORMATS["markdown"](derivations["tanh_rnn"], ("c",), "")
    assert "## Gradients\n\n$$\n\\begin{aligned}\n\\frac{\\partial L}{\\partial c} &=" in told
    assert told.count("$$") % 2 == 0


def test_steps_are_listed(derivations):
    told = as_text(derivations["tanh_rnn"], (), "short")
    assert "\nSteps\n" in told and "sum over the uses of h^(t): o^(t) and h^(t+1); chain rule through tanh" in told


def test_a_loss_without_time():
    net = Network("flat", "No time at all")
    (n,) = net.sizes("n")
    w, x, L = net.weight("w", 1, n), net.input("x", n), net.state("L")
    net.define(L, tanh(w * x))
    told = as_text([derive(net.model(loss=L))])
    assert "  ∂L/∂w = (1 − L²) xᵀ" in told and "beyond the last step" not in told


def test_two_indices_of_time_in_one_adjoint():
    net = Network("two", "A state that also looks two steps back")
    (n,) = net.sizes("n")
    t = net.time("t", length="T")
    W, h, L = net.weight("W", n, n), net.state("h", n, at=t), net.state("L")
    net.define(h[t], tanh(W * h[t - 1] + h[t - 2]))
    net.define(L, SumOver(h[t].T * h[t], t, 1, net.length("T")))
    told = as_text([derive(net.model(loss=L))])
    assert "(t < T)" in told and "∂L/∂h_T = 2 h_T" in told


def test_words_are_escaped():
    assert escaped("a_b & 50% \\ ~") == r"a\_b \& 50\% \textbackslash{} \textasciitilde{}"


def test_the_commands(tmp_path, capsys):
    assert cli.main(["list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(NAMES)
    for name in NAMES:
        target = tmp_path / f"{name}.tex"
        assert cli.main(["derive", name, "--format", "latex", "-o", str(target)]) == 0
        assert "\\begin{align*}" in target.read_text()
    target = tmp_path / "kernel.py"
    assert cli.main(["kernel", "tanh_rnn", "-o", str(target)]) == 0
    compile(target.read_text(), str(target), "exec")
    assert cli.main(["derive", "gradient_flow:2", "--wrt", "W_s"]) == 0
    assert "softmax" in capsys.readouterr().out


FORMULAS = [
    (r"\frac{\partial L}{\partial c} = \sum_{t=1}^{\tau} (\hat y^{(t)} - y^{(t)})", "proved", 0),
    (r"\frac{\partial L}{\partial c} = \sum_{t=1}^{\tau} (y^{(t)} - \hat y^{(t)})", "refuted", 1),
    (r"-\frac{\partial L}{\partial c} = \sum_{t=1}^{\tau} (y^{(t)} - \hat y^{(t)})", "proved", 0),
]


@pytest.mark.parametrize("formula, verdict, status", FORMULAS, ids=["right", "wrong sign", "leading minus"])
def test_one_formula(formula, verdict, status, capsys):
    assert cli.main(["check", "--model", "tanh_rnn", "-e", formula]) == status
    assert f"-e:1:{formula.index('=') + 3}: {verdict}" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["rows", "forward"])
@pytest.mark.parametrize("name", sorted(DERIVATION_FORMATS))
def test_further_displays_come_on_request_only(name, option):
    title = FURTHER[option][0]
    derivation = derive(load("tanh_rnn").models[0])
    assert title in DERIVATION_FORMATS[name]([derivation], (), False, (option,))
    assert title not in DERIVATION_FORMATS[name]([derivation], (), False, ())
