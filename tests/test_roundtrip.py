"""Reading is the inverse of printing: what is printed reads back to a term with the same normal form."""

import importlib
from collections import Counter

import pytest
from conftest import examples
from hypothesis import example, given
from strategies import MODEL, T, d, flattened, h, n, t, terms, x
from sympy import Symbol

import symbolic.reading as reading
from symbolic.derivation.derive import derive
from symbolic.language import (
    Adjoint,
    Entry,
    Hadamard,
    Identity,
    Kronecker,
    Partial,
    Product,
    SumOver,
    Term,
    Transpose,
    Var,
    shape_of,
)
from symbolic.model import variables
from symbolic.proof.prover import Domain, Facts, Prover
from symbolic.reading.applications import BY_COLUMNS
from symbolic.reading.records import Passage, Reading
from symbolic.showing.latex import latex

pytestmark = pytest.mark.skipif(not hasattr(reading, "read_claims"), reason="symbolic.reading reads no claims yet")

DERIVATIONS = ("gradient_flow", "relu_classifier", "sigmoid_rnn", "tanh_rnn")


def read_back(term, model):
    """Every reading of the printed term; it stands on both sides of an '='."""
    printed = latex(term, model)
    if not any(variables(term)):
        return  # "n = n" and "4 = 4" are conditions, no claims
    (claim,) = reading.read_claims((model,), (Passage(1, f"{printed} = {printed}"),), "gradient")
    assert not claim.unreadable, f"{printed}: {claim.unreadable}"
    for r in claim.readings:
        if BY_COLUMNS in r.words:
            continue  # others stack columns; what is printed here stacks rows
        assert isinstance(r, Reading), f"{printed}: {r.message}"
        yield printed, r


def with_adjoints(term, loss):
    """∂L/∂v, read as a derivative still to be worked out, as the adjoint that it is."""
    if isinstance(term, Partial) and term.num == loss and term.mode == "total" and isinstance(term.den, Var):
        return Adjoint(term.den)
    if isinstance(term, Var) or not term.args:
        return term
    return term.func(*(with_adjoints(a, loss) for a in term.args))


def quantities(term):
    """Every occurrence of a named quantity, bound indices set aside."""
    return Counter(v.name for v in variables(term))


def assert_reads_back(term, model):
    """Equal normal forms; where there is none (division by zero or a sum over time), at least the same quantities."""
    prover = Prover(model, Facts())
    reached = prover.equal(term, term, Domain()).proved
    for printed, r in read_back(term, model):
        assert sum(shape_of(r.right), ()) == sum(shape_of(term), ()), f"{printed} changed its shape"
        back = with_adjoints(r.right, model.loss)
        if not reached:
            assert quantities(back) == quantities(term), f"{printed} reads back as {r.right}"
            continue
        outcome = prover.equal(term, back, Domain(r.free, r.conditions))
        assert outcome.proved, f"{printed} reads back as {r.right}: {outcome.reason or outcome.failing}"


i = Symbol("i")


@given(terms())
@example(Product(d, d))  # d x names a gradient, too
@example(Kronecker(Identity(n), Transpose(Product(Hadamard(2, d), x[t]))))
@example(SumOver(Product(Entry(h[t], i), Entry(Adjoint(h[T]), i)), i, 1, n))
def test_terms(term):
    assert_reads_back(term, MODEL)


@examples("terms")
@given(flattened())
def test_terms_with_several_legs(term):
    assert_reads_back(term, MODEL)


MODULES = [importlib.import_module(f"derivations.{name}") for name in DERIVATIONS]
MODELS = [m for module in MODULES for m in (module.MODEL, getattr(module, "SECOND", None)) if m is not None]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.title)
def test_gradients_and_adjoints_of_the_notes(model):
    derivation = derive(model)
    for name in derivation.adjoints:
        if isinstance(derivation.gradient(name), Term):  # the loss differentiated by itself is 1
            assert_reads_back(derivation.gradient(name), model)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.title)
def test_forward_equations_of_the_notes(model):
    for e in model.equations:
        assert_reads_back(e.right, model)
