"""The third opinion: derived gradients against a forward pass, on every model; a wrong derivation silences the judge."""

from dataclasses import replace

import derivation_models
import prover_models
import pytest

from derivations import NAMES, load
from symbolic import pipeline
from symbolic.derivation import derive
from symbolic.judging import watch, workshop
from symbolic.language import Product

MODELS = {
    **{f"derivation {k}": make for k, make in derivation_models.MODELS.items()},
    **{f"prover {k}": model for k, model in prover_models.MODELS.items()},
    **{f"{name} {k}": m for name in NAMES for k, m in enumerate(load(name).models)},
}


def made(key):
    return MODELS[key]() if callable(MODELS[key]) else MODELS[key]


@pytest.mark.parametrize("key", MODELS)
def test_right_derivations_agree_with_the_forward_pass(key):
    model = made(key)
    assert watch.first_difference(model, derive(model, assume=False)) == ""


@pytest.mark.parametrize("key", [k for k in MODELS if made(k).of_role("weight")])
def test_a_wrong_gradient_is_seen(key):
    model = made(key)
    derivation = derive(model, assume=False)
    for name, gradient in derivation.gradients.items():
        if gradient != 0:
            wrong = replace(derivation, gradients={**derivation.gradients, name: Product(2, gradient)})
            assert f"the derived ∂L/∂{name} differs" in watch.first_difference(model, wrong)


def test_nothing_is_judged_by_a_wrong_derivation(monkeypatch):
    def wrong(model, assume=True):
        derivation = derive(model, assume)
        return replace(derivation, gradients={n: Product(2, g) for n, g in derivation.gradients.items()})

    model = load("tanh_rnn").models[0]
    latex = r"\frac{\partial L}{\partial c} = \sum_{t=1}^{\tau} (\hat y^{(t)} - y^{(t)})"
    assert pipeline.check_formula(model, latex)[0].verdict == "proved"
    monkeypatch.setattr(workshop, "derive_model", wrong)
    other = replace(model, title="another")
    watch._fault_of.cache_clear()
    try:
        entry, *_ = pipeline.check_formula(other, latex)
    finally:
        watch._fault_of.cache_clear()
    assert entry.verdict == "unproved" and "a fault of our own: the derived ∂L/∂" in entry.reason
