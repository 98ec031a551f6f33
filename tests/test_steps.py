"""The derivation in steps: every '=' that is told is proved by both routes and agrees with a real forward pass."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from derivation_models import MODELS
from sympy import Integer

from derivations import NAMES, load
from symbolic import cli
from symbolic.derivation import expand, told
from symbolic.judging.workshop import workshop
from symbolic.language import NormSquared, softmax
from symbolic.model import Model, Network
from symbolic.pipeline import derive, models_of
from symbolic.proof.judge import Case, Sides
from symbolic.proof.prover import Domain
from symbolic.reading.document.read import read_document
from symbolic.showing.steps_report import in_words
from symbolic.showing.text import text

NOTES = Path(__file__).parent / "notes"
OF_NOTES = ("batch_mean", "components", "gru", "jordan", "layers_in_brackets", "row_vectors", "scalar_net", "softmax_cases")


@cache
def every() -> dict[str, Model]:
    found = {f"{name}:{n}": m for name in NAMES for n, m in enumerate(load(name).models)}
    for name in OF_NOTES:
        models, _ = models_of(read_document((NOTES / f"{name}.md").read_text(), "markdown"))
        found |= {f"{name}:{n}": m for n, m in enumerate(models)}
    return found


@pytest.mark.parametrize("name", [f"{n}:0" for n in (*NAMES, *OF_NOTES)] + ["gradient_flow:1"])
def test_every_equality_is_proved(name):
    model = every()[name]
    judge, plain = workshop(model)
    for chain in told(derive(model), fine=True):
        free = tuple((i.symbol, Integer(i.lower), i.upper) for i in model.families[chain.left.variable.name].indices)
        ranges = {letter: (lower, upper) for letter, lower, upper in free}
        left = chain.left
        for link in chain.links:
            worked = Sides(expand(left, plain, ranges), expand(link.right, plain, ranges))
            judgement = judge.judge([Case((), Sides(left, link.right), worked, Domain(free))])
            assert judgement.verdict == "proved", f"{text(left, model)} = {text(link.right, model)}: {judgement.reason}"
            left = link.right


@pytest.mark.parametrize("name", sorted(MODELS))
def test_chains_end_in_what_was_derived(name):
    d = derive(MODELS[name]())
    short, fine = {c.left: c.links for c in told(d)}, {c.left: c.links for c in told(d, fine=True)}
    assert set(short) <= set(fine)
    for left, links in fine.items():
        assert links[-1].right == d.gradient(left.variable.name)
        assert len({k.right for k in links}) == len(links)
    for left, links in short.items():
        assert links[-1].right == fine[left][-1].right and len(links) <= len(fine[left]) and len(links) <= 3
        assert {k.right for k in links} <= {k.right for k in fine[left]}


def rules(name: str, of: str, fine: bool = False) -> list[str]:
    model = load(name).models[0]
    chain = next(c for c in told(derive(model), fine) if c.left.variable.name == of)
    return [in_words(link.rules, model) for link in chain.links]


NAMED = (
    ("tanh_rnn", "o", False, ["chain rule through softmax", "∂L/∂ŷ^(t) from above", "softmax and cross-entropy together; labels sum to one"]),
    ("tanh_rnn", "h", False, ["sum over the uses of h^(t): o^(t) and h^(t+1); chain rule through tanh", "∂L/∂o^(t) from above"]),
    ("tanh_rnn", "h", True, ["sum over the uses of h^(t): o^(t) and h^(t+1)", "chain rule through tanh", "the slope of tanh", "∂L/∂o^(t) from above"]),
    ("tanh_rnn", "W", False, ["sum over the steps at which W is used: h^(t); chain rule through tanh"]),
    ("relu_classifier", "V", False, ["chain rule through sigmoid", "∂L/∂y_{pred} from above; fractions cancel"]),
    ("gradient_flow", "h", False, ["sum over the uses of h_t: y_t and h_{t+1}; chain rule through g; chain rule through σ", "∂E/∂y_t from above"]),
    ("sigmoid_rnn", "a", False, ["chain rule through sigmoid"]),
)


@pytest.mark.parametrize("name, of, fine, expected", NAMED)
def test_rules_have_the_names_that_people_use(name, of, fine, expected):
    assert rules(name, of, fine) == expected


def test_softmax_is_not_called_cross_entropy_where_there_is_none():
    net = Network("brier", "A squared distance behind a softmax")
    n, d = net.sizes("n d")
    W, x, y, p, loss = net.weight("W", n, d), net.input("x", d), net.label("y", n), net.state("p", n), net.state("L")
    net.define(p, softmax(W * x))
    net.define(loss, NormSquared(p - y))
    model = net.model(loss=loss)
    said = " ".join(in_words(k.rules, model) for c in told(derive(model)) for k in c.links)
    assert "softmax" in said and "cross-entropy" not in said


@pytest.mark.parametrize("words, lines", [
    (["--steps"], ["δ^(t) = Vᵀ(∂L/∂o^(t)) + Wᵀ([1 − (h^(t+1))²] ∘ δ^(t+1))"]),
    (["--steps", "all"], ["δ^(t) = (∂⁺o^(t)/∂h^(t))ᵀ(∂L/∂o^(t)) + (∂⁺h^(t+1)/∂h^(t))ᵀ δ^(t+1)"]),
    (["--steps=all", "--wrt", "c"], ["∂L/∂c = Σ_{t=1}^τ (∂⁺o^(t)/∂c)ᵀ(∂L/∂o^(t))"]),
    (["--steps", "--format", "markdown"], [r"   - $= \hat y^{(t)} - y^{(t)}$ (softmax and cross-entropy together; labels sum to one)"]),
    (["--steps", "--format", "latex"], [r"&\qquad \text{\small (sum over the uses of $h^{(t)}$: $o^{(t)}$ and $h^{(t+1)}$; chain rule through tanh)} \\"]),
])  # fmt: skip
def test_the_command_tells_them(words, lines, capsys):
    assert cli.main(["derive", *words, "tanh_rnn"] if words[-1] != "all" else ["derive", "tanh_rnn", *words]) == 0
    shown = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert {line.strip() for line in lines} <= set(shown)


def test_only_what_is_asked_for_and_what_it_rests_on(capsys):
    assert cli.main(["derive", "tanh_rnn", "--steps", "--wrt", "V"]) == 0
    told_ = capsys.readouterr().out.partition("\nSteps\n")[2]
    assert "∂L/∂V =" in told_ and "∂L/∂o^(t) =" in told_ and "∂L/∂W" not in told_ and "δ^(t)" not in told_


def test_another_word_gets_the_legal_ones(capsys):
    assert cli.main(["derive", "tanh_rnn", "--steps=some"]) == 2
    assert "--steps all" in capsys.readouterr().err
