"""Functions in a prime field keep their relations, and equal numbers have equal logarithms."""

from fractions import Fraction

import numpy as np
import pytest
from prover_models import MODELS, H
from sympy import Rational

from symbolic.field.arithmetic import PRIMES, Field
from symbolic.field.functions import Functions
from symbolic.field.route import Question, agreement
from symbolic.field.tape import add, constant, dot, filled, gather, invert, mul, raised
from symbolic.language import Filled, Hadamard, NormSquared, Power, Product, Quotient, Transpose, Var, log, softmax, sqrt

FIELD = Field(b"tests")
random = np.random.default_rng(7)



def residues(rows, cols):
    return constant(FIELD, np.stack([random.integers(1, p, (rows, cols)).astype(float) for p in FIELD.primes]))


RELATIONS = {
    "σ(-x) = 1 - σ(x)": lambda f, x, n: (f.apply("sigmoid", 0, mul(n(-1), x)), add([n(1), mul(n(-1), f.apply("sigmoid", 0, x))])),
    "tanh x = 2σ(2x) - 1": lambda f, x, n: (
        f.apply("tanh", 0, x), add([mul(n(2), f.apply("sigmoid", 0, mul(n(2), x))), n(-1)]),
    ),
    "tanh x = (eˣ - e⁻ˣ)/(eˣ + e⁻ˣ)": lambda f, x, n: (
        f.apply("tanh", 0, x),
        mul(
            add([f.exp(x), mul(n(-1), f.exp(mul(n(-1), x)))]), invert(add([f.exp(x), f.exp(mul(n(-1), x))])),
        ),
    ),
    "e(2x) = e(x)²": lambda f, x, n: (raised(f.exp(x), 2), f.exp(mul(n(2), x))),
    "e(-2x)e(x)² = 1": lambda f, x, n: (mul(raised(f.exp(x), 2), f.exp(mul(n(-2), x))), n(1)),
    "e(x/2)² = e(x)": lambda f, x, n: (f.exp(x), raised(f.exp(mul(n(Fraction(1, 2)), x)), 2)),
    "e(-x/2)²e(x) = 1": lambda f, x, n: (mul(f.exp(x), raised(f.exp(mul(n(Fraction(-1, 2)), x)), 2)), n(1)),
    "softplus(x) - softplus(-x) = x": lambda f, x, n: (
        add([f.apply("softplus", 0, x), mul(n(-1), f.apply("softplus", 0, mul(n(-1), x)))]), x,
    ),
    "log e(x)σ(x) = x + log σ(x)": lambda f, x, n: (
        f.apply("log", 0, mul(f.exp(x), f.apply("sigmoid", 0, x))), add([x, f.apply("log", 0, f.apply("sigmoid", 0, x))]),
    ),
    "log x³/x² = log x": lambda f, x, n: (f.apply("log", 0, mul(raised(x, 3), invert(raised(x, 2)))), f.apply("log", 0, x)),
    "log diag(x) e(x) = x + log x": lambda f, x, n: (
        f.apply("log", 0, dot(gather(x, np.where(np.eye(4) == 1, np.arange(4), -1)), f.exp(x))), add([x, f.apply("log", 0, x)]),
    ),
    "log (e(x) + 3 - 3) = x": lambda f, x, n: (f.apply("log", 0, add([f.exp(x), n(3), n(-3)])), x),
    "log (0 + I e(x)) = x": lambda f, x, n: (
        f.apply("log", 0, add([n(0), dot(constant(FIELD, FIELD.plain(np.eye(4))), f.exp(x))])), x,
    ),
    "I(ReLU(x)) = I(x)": lambda f, x, n: (f.apply("step", 0, f.apply("relu", 0, x)), f.apply("step", 0, x)),
    "I(I(x)x) = I(x)": lambda f, x, n: (f.apply("step", 0, mul(f.apply("step", 0, x), x)), f.apply("step", 0, x)),
    "I(-x) = 1 - I(x)": lambda f, x, n: (f.apply("step", 0, mul(n(-1), x)), add([n(1), mul(n(-1), f.apply("step", 0, x))])),
}  # fmt: skip


@pytest.mark.parametrize("name", RELATIONS)
def test_functions_keep_their_relations(name):
    x = residues(4, 1)
    left, right = RELATIONS[name](Functions(FIELD), x, lambda k: filled(FIELD, k, 4, 1))
    assert (left.value == right.value).all()


def test_logarithms_of_other_values_are_others():
    functions, x = Functions(FIELD), residues(4, 1)
    others = [x, add([x, filled(FIELD, 1, 4, 1)]), raised(x, 2), functions.exp(x), add([x, functions.exp(x)]), invert(x)]
    values = [functions.apply("log", 0, y).value for y in others]
    assert not any((a == b).any() for k, a in enumerate(values) for b in values[:k])


def test_what_equals_a_product_modulo_one_prime_has_another_logarithm():
    x, more = residues(1, 1), constant(FIELD, np.ones((PRIMES, 1, 1)))
    more.value[0] = 0
    squared = mul(x, x)
    logarithms = [Functions(FIELD).apply("log", 0, y).value for y in (squared, add([squared, more]))]
    assert (logarithms[0] != logarithms[1]).any()


p, q, o = (Var(name, (), (H.size.n,)) for name in "pqo")
LOGARITHMS = {
    "of a factor taken out": (log(Hadamard(p, q) + Hadamard(p, o)), log(Hadamard(p, q + o)), {"agrees"}),
    "of another factor taken out": (log(Hadamard(p, q) + Hadamard(p, o)), log(Hadamard(q, q + o)), {"differs", "undecided"}),
    "of a half of two": (log(softmax(p)), log(Product(Rational(1, 2), softmax(p) + softmax(p))), {"agrees"}),
    "of a sum that is a product nowhere": (log(Hadamard(p, q) + Hadamard(p, o)), log(p) + log(q + o), {"agrees", "undecided"}),
    "of products": (log(Hadamard(p, q)), log(p) + log(q), {"agrees"}),
    "of others": (log(p), log(q), {"differs"}),
    "of a product of numbers": (log(Filled(6)), log(Filled(2)) + log(Filled(3)), {"agrees"}),
    "of a number divided by another": (log(Filled(Rational(4, 9))), Product(2, log(Filled(2))) - Product(2, log(Filled(3))), {"agrees"}),
    "of two signs": (log(Quotient(Product(-3, Product(-1, p)), 3)), log(p), {"agrees"}),
    "of another number": (log(Product(3, p)), log(Product(2, p)), {"differs"}),
    "of a number and its square": (log(Product(9, p)), log(Product(3, p)), {"differs"}),
    "of a product with one": (log(Hadamard(p, q - q + 1)), log(p), {"agrees"}),
}


@pytest.mark.parametrize("name", LOGARITHMS)
def test_equal_numbers_have_equal_logarithms(name):
    left, right, verdicts = LOGARITHMS[name]
    assert agreement(Question(MODELS["H"], left, right)).verdict in verdicts


NORM, SQUARE = sqrt(NormSquared(p)), Product(Transpose(p), p)
ROOTS = {
    "squared": (Power(NORM, 2), NormSquared(p), {"agrees"}),
    "of xᵀx": (Power(NORM, 2), SQUARE, {"agrees"}),
    "of a product, squared": (Power(sqrt(SQUARE), 2), NormSquared(p), {"agrees"}),
    "to the third": (Power(NORM, 3), Product(SQUARE, NORM), {"agrees"}),
    "entry by entry": (Hadamard(sqrt(p), sqrt(p)), p, {"agrees"}),
    "below": (Quotient(NormSquared(p), NORM), NORM, {"agrees"}),
    "inside of another": (Power(sqrt(NORM + 1), 2), sqrt(SQUARE) + 1, {"agrees", "undecided"}),
    "not squared": (NORM, NormSquared(p), {"undecided"}),
    "of others": (NORM, sqrt(NormSquared(q)), {"undecided"}),
    "doubled": (Power(NORM, 2), Product(2, NormSquared(p)), {"undecided"}),
    "of a sum": (sqrt(p + q), sqrt(p) + sqrt(q), {"undecided"}),
}


@pytest.mark.parametrize("name", ROOTS)
def test_roots_have_slopes_and_squares_and_nothing_else(name):
    """Nothing differs for certain, since that √p + √q is no √(p + q) is not known here."""
    left, right, verdicts = ROOTS[name]
    assert agreement(Question(MODELS["H"], left, right)).verdict in verdicts


def test_the_slope_of_a_root_is_its_derivative():
    functions, x = Functions(FIELD), residues(4, 1)
    root, slope, curve = (functions.apply("sqrt", order, x) for order in range(3))
    two = filled(FIELD, 2, 4, 1)
    assert (mul(two, mul(root, slope)).value == 1).all()
    (pulled,) = root.pull(np.ones((PRIMES, 1, 4, 1)))
    assert (pulled[:, 0] == slope.value).all()
    assert (add([mul(two, mul(root, curve)), mul(two, raised(slope, 2))]).value == 0).all()  # (2 r r')' = 0
