"""Functions of x yᵀ inside products, functions and denominators: their normal form does not hang on the names of the steps."""

import pytest
from network_terms import MODEL, T, s, t
from sympy import Symbol
from test_normal_form import STEPS, vanishes

from symbolic.language import Hadamard, Product, ProductOver, Quotient, SumOver, Total, Transpose, exp, sigmoid, tanh
from symbolic.language.effort import Budget
from symbolic.proof.convert import Converter

h = MODEL.families["h"]

SYMMETRIC = {
    "in a product": lambda k: ProductOver(tanh(Product(h[t], Transpose(h[k]))), k, 1, T),
    "in a product, the other way": lambda k: ProductOver(tanh(Product(h[k], Transpose(h[t]))), k, 1, T),
    "in a function": lambda k: SumOver(tanh(sigmoid(Product(h[t], Transpose(h[k]))) + 1), k, 1, T),
    "in two": lambda k: SumOver(exp(Hadamard(tanh(Product(h[t], Transpose(h[k]))), tanh(Product(h[k], Transpose(h[s]))))), k, 1, T),
    "in a denominator": lambda k: SumOver(Quotient(1, Total(tanh(Product(h[t], Transpose(h[k])))) + 2), k, 1, T),
}
"""tanh(x yᵀ) is tanh(y xᵀ)ᵀ; which of the two stands in a body must not hang on the names of the steps."""


@pytest.mark.parametrize("name", SYMMETRIC)
@pytest.mark.parametrize("letter", ["a", "w", "z9"])
def test_names_do_not_matter_inside_symmetric_functions(name, letter):
    term = SYMMETRIC[name]
    assert vanishes(Converter(MODEL, {}, Budget(STEPS)), term(Symbol("k")), term(Symbol(letter)))
