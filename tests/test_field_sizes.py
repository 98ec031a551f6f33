"""Sizes of the second route: as many as a formula has index variables, which the networks of the normal form count too."""

from collections import Counter

import pytest
from conftest import examples
from hypothesis import assume, given
from network_terms import MODEL, F, T, V, W, b, n, t, terms
from sympy import Integer

from symbolic.field.sizes import STEPS, OutOfReach, sizes, variables_in
from symbolic.language import (
    Diag,
    DiagPart,
    Filled,
    Hadamard,
    Identity,
    Kronecker,
    NormSquared,
    Plus,
    Power,
    Product,
    ProductOver,
    Quotient,
    Total,
    Trace,
    Transpose,
    Vec,
    shape_of,
    tanh,
)
from symbolic.language.effort import Budget, BudgetExceeded
from symbolic.proof.algebra import NeedsPolynomialBasis
from symbolic.proof.convert import Converter
from symbolic.proof.networks import Undefined, Unsupported

h, g = F["h"], F["g"]
x, y = h[t], g[t]

COUNTED = [
    (b, {"n": 1}),
    (W, {"n": 2}),
    (Product(W, b), {"n": 2}),  # i and the j that is summed
    (Product(W, W, W, b), {"n": 4}),
    (Product(W, Product(W, W), b), {"n": 4}),
    (Product(W, Diag(x), W), {"n": 3}),
    (Product(Transpose(b), W, x), {"n": 2}),
    (Product(Product(Transpose(b), x), Product(Transpose(b), x), b), {"n": 3}),  # numbers have variables of their own
    (Product(V, x), {"C": 1, "n": 1}),
    (Product(Integer(2), b), {"n": 1}),
    (Hadamard(b, x, y), {"n": 1}),
    (Hadamard(Product(W, b), x), {"n": 2}),
    (Hadamard(W, W), {"n": 3}),  # two at least: two legs may be one variable
    (Hadamard(Integer(2), x), {"n": 1}),
    (Power(x, 3), {"n": 1}),
    (Power(Product(W, x), 2), {"n": 3}),
    (Power(Product(W, x), 10**12), {"n": 10**12 + 1}),  # multiplied, not added up
    (Power(Product(Transpose(b), x), 3), {"n": 3}),
    (NormSquared(x), {"n": 1}),
    (NormSquared(Product(W, x)), {"n": 3}),
    (Plus(Product(W, b), x), {"n": 2}),
    (Plus(Integer(1), x), {"n": 1}),
    (Identity(n), {"n": 1}),
    (Filled(Integer(1), (n,), ()), {"n": 1}),
    (Trace(Product(W, W)), {"n": 3}),
    (DiagPart(Product(W, W)), {"n": 3}),
    (Total(x), {"n": 1}),
    (Vec(W), {"n": 2}),
    (Kronecker(W, b), {"n": 3}),
    (ProductOver(Diag(x), t, 1, T), {"n": 2}),
    (tanh(Product(W, b)), {"n": 3}),
    (Quotient(Product(Transpose(b), W, x), Product(Transpose(b), x)), {"n": 6}),  # a denominator moves to the other side
    (Quotient(tanh(x), Product(Transpose(b), x)), {"n": 4}),
    (Quotient(ProductOver(Diag(x), t, 1, T), NormSquared(Product(W, x))), {"n": 5}),
]


@pytest.mark.parametrize("term, expected", COUNTED, ids=[str(row[0]) for row in COUNTED])
def test_index_variables(term, expected):
    assert variables_in(term) == expected


def in_networks(term):
    """The bound vertices of each sort in one network of the normal form, at most, and one for the term's own indices."""
    converter = Converter(MODEL, {}, Budget(60_000), frozenset(), frozenset())
    (poly,) = converter.polys([term], ("t", "s"))
    own = Counter({s.name: 1 for side in shape_of(term) for leg in side for s in leg.free_symbols})
    found = Counter()
    for monomial in poly:
        found |= Counter(size for _, size in monomial.verts) + own
    return found


@examples("terms")
@given(terms())
def test_networks_have_no_more_vertices(term):
    try:
        found = in_networks(term)
    except (NeedsPolynomialBasis, Undefined, Unsupported, BudgetExceeded):
        assume(False)
    counted = variables_in(term)
    assert all(number <= counted[name] for name, number in found.items()), (found, counted)


def test_sizes_are_larger_than_the_variables_of_a_term_and_different():
    chosen = sizes(MODEL, (Product(W, b), Product(V, W, x)))
    assert min(chosen.values()) >= STEPS[0] and len(set(chosen.values())) == len(chosen)
    assert min(sizes(MODEL, (Product(*[W] * 6, b),)).values()) > 7
    with pytest.raises(OutOfReach, match="indices of one sort"):
        sizes(MODEL, (Product(*[W] * 40, b),))
