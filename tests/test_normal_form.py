"""The normal form keeps the value of a term: for every length, in every region of the free steps, whatever the term."""

import itertools
from contextlib import suppress

import numpy as np
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st
from network_terms import MODEL, ZERO, C, F, K, R, T, U, V, W, b, m, n, s, t, terms
from network_values import Values, inside, settled_pieces
from sympy import Integer, Rational, Symbol

from symbolic.language import (
    Adjoint,
    Block,
    Concat,
    Diag,
    DiagPart,
    Entry,
    Filled,
    Fun,
    Hadamard,
    Identity,
    Kronecker,
    NormSquared,
    Plus,
    Power,
    Product,
    ProductOver,
    Quotient,
    Relation,
    SumOver,
    Term,
    Total,
    Trace,
    Transpose,
    Unit,
    Var,
    Vec,
    Where,
    exp,
    is_scalar,
    log,
    logsumexp,
    relu,
    shape_of,
    sigmoid,
    softmax,
    softplus,
    sqrt,
    step,
    tanh,
)  # fmt: skip
from symbolic.language.effort import BudgetExceeded
from symbolic.proof.algebra import NeedsPolynomialBasis
from symbolic.proof.convert import Converter
from symbolic.proof.domain import Domain
from symbolic.proof.interpret import OutOfRange
from symbolic.proof.letters import substituted
from symbolic.proof.networks import Budget, Undefined, Unsupported, add, scaled
from symbolic.proof.oracle import world_of

u, v, k, j, r, i = (Symbol(x) for x in "u v k j r i".split())
SIZES = ({"n": 2, "m": 1, "C": 3}, {"n": 1, "m": 3, "C": 2}, {"n": 3, "m": 2, "C": 2}, {"n": 2, "m": 2, "C": 2})
FREE = ((t, Integer(1), T), (s, Integer(1), T))
TOLERANCE = 1e-9
STEPS = 60_000
h, g, a, p, q, x, y = (F[name] for name in "h g a p q x y".split())


def settled(term, model=MODEL, zero=frozenset()):
    """The converter, the polynomial of a term and its normal forms by region; denominators may ask for another basis."""
    polynomial = frozenset()
    while True:
        converter = Converter(model, {}, Budget(STEPS), frozenset(), polynomial)
        try:
            (poly,) = converter.polys([term], ("t", "s"))
            regions = Domain(FREE).regions(model)
            return converter, poly, [p for region in regions for p in settled_pieces(converter, poly, region, "T", zero)]
        except NeedsPolynomialBasis as need:
            polynomial |= {need.head if need.head.startswith("var:") else "*"}


def compared(term, lengths=(1, 2, 3, 4), model=MODEL, zero=frozenset()):
    """Check the polynomial of a term, and its normal form in every region, against the oracle; the number of points."""
    converter, poly, pieces = settled(term, model, zero)
    points = 0
    for length, sizes in zip(lengths, itertools.cycle(SIZES), strict=False):
        world = world_of(model, sizes, length)
        values = Values(converter, world, "T")
        legs = [world.size(leg) for leg in sum(shape_of(term), ())]
        letters = itertools.cycle([{"u": 1, "v": 2}, {"u": 2, "v": 2}, {"u": 2, "v": 1}])
        for now, before in itertools.product(range(1, length + 1), repeat=2):
            chosen = next(letters)
            try:
                true = world.evaluate(term, {t: now, s: before, u: chosen["u"], v: chosen["v"]})
            except OutOfRange:
                continue
            if not np.isfinite(true).all():
                continue
            env = {"t": now, "s": before}
            here = [piece for region, piece in pieces if inside(region, {"": 0, "T": length, **env})]
            assert len(here) == 1, f"{len(here)} regions hold t={now}, s={before}, T={length}"
            for name, one in (("converted", poly), ("settled", here[0])):
                found = values.value(one, legs, env, chosen)
                scale = max(1.0, abs(true).max(initial=0.0))
                apart = abs(found - true).max(initial=0.0) / scale
                assert apart < TOLERANCE, f"{name} at T={length}, {env}, {chosen}, {sizes}: {found} is not {true}"
            points += 1
    return points


UNDECIDED = (Unsupported, BudgetExceeded, Undefined)


@examples("terms")
@given(terms())
def test_random_terms_keep_their_value(term):
    with suppress(UNDECIDED):
        compared(term)


def total(body, index, low, high):
    return SumOver(body, index, Integer(low) if isinstance(low, int) else low, high)


def chain(low, high, order="descending", body=None):
    return ProductOver(body if body is not None else Diag(1 - h[r] ** 2) * W, r, low, high, order)


def dot(left, right):
    return Transpose(left) * right


half = Rational(1, 2)
hg = Hadamard(h[t], g[s])
KEPT = {
    # sums over steps
    "whole range": total(h[k], k, 1, T),
    "shifted up": total(h[k - 1], k, 2, T + 1),
    "shifted down": total(h[k + 1], k, 0, T - 1),
    "split": total(h[k], k, 1, t) + total(h[k], k, t + 1, T),
    "split twice": total(h[k], k, 1, T - 2) + h[T - 1] + h[T],
    "empty at T = 1": total(h[k], k, 2, T),
    "empty": total(h[k], k, t + 1, t),
    "reversed": total(h[k], k, 1, -3),
    "single": total(h[k], k, t, t),
    "few": total(h[k - 1], k, T, T),
    "looser than the ends": total(h[k], k, t, T) - total(h[k], k, t + 1, T),
    "between": total(h[k], k, s, t) + total(h[k], k, t + 2, s - 1),
    "double": total(total(Hadamard(h[k], g[j]), j, 1, k), k, 1, T),
    "double swapped": total(total(Hadamard(h[k], g[j]), k, j, T), j, 1, T),
    "double strict": total(total(Hadamard(h[k], g[j]), j, 1, k - 1), k, 1, T),
    "double offsets": total(total(Hadamard(h[k], g[j]), j, k - 1, k), k, 2, T),
    "triple": total(total(total(dot(h[k], b) * dot(g[j], h[r]), r, j, k), j, 1, k), k, 1, T),
    "same letter twice": total(Hadamard(h[k], total(g[k], k, 1, k)), k, 1, T),
    "product of sums": Hadamard(total(h[k], k, 1, T), total(h[k], k, t, T)),
    "square of a sum": Power(total(dot(h[k], b), k, 1, t), 2),
    "count": total(Integer(1), k, 2, T - 1),
    "count below": total(total(h[k], j, 1, k - 1), k, 1, T),
    "count between": total(total(h[k], j, k + 1, T - 1), k, 1, T),
    "count both": total(total(Integer(1), j, 1, k), k, 1, t),
    "steps as numbers": total(Product(k, h[k - 1]), k, 2, T) + Product(t, h[s]),
    "steps as numbers, shifted": total(Product(k, h[k + 1]), k, 0, T - 1) + total(Quotient(h[k - 1], k), k, 1, 2),
    "square of a step": total(Product(Power(k, 2), h[k]), k, 1, T),
    "mean": Quotient(total(h[k], k, 1, T), T),
    # cases
    "guard": Where(h[t], Relation("=", t, T)),
    "guards": Where(h[t], Relation("<", s, t), Relation("!=", t, T)),
    "guard on a bound step": total(Where(h[k], Relation("<=", k, t)), k, 1, T),
    "guards between bounds": total(total(Where(h[j], Relation("<=", j, t)), j, 1, k), k, 1, t + 1) + Product(
        b, total(total(Where(Integer(1), Relation("<=", j, T + 1)), j, 1, k), k, 1, T + 2)
    ),
    "guard on the length": Where(h[t], Relation("<=", Integer(2), T)),
    "cases of components": Where(Entry(R, u, v), Relation("=", u, v)) + Where(Entry(p[t], u), Relation("!=", u, v)),
    "sum but one": SumOver(Entry(p[t], i), i, 1, C, (u,)),
    "sum but two": SumOver(Entry(p[t], i), i, 1, C, (u, v)),
    "delta": SumOver(SumOver(Where(Entry(R, i, j), Relation("=", i, j)), i, 1, C), j, 1, C),
    "same letter over two sizes": SumOver(Entry(p[t], i), i, 1, C) + SumOver(Entry(h[t], i), i, 1, n),
    "entry by number": Entry(R, 1, 2) + Entry(Identity(C), 1, 2) + Entry(Identity(C), 2, 2),
    "unit": Unit(u, C),
    # ordered products
    "product": chain(s + 1, t),
    "product ascending": chain(s + 1, t, "ascending"),
    "product ended before it begins": chain(t + 2, t),
    "one factor": chain(t, t),
    "peeled": chain(s + 1, t) * Diag(1 - h[s] ** 2) * W,
    "peeled above": Diag(1 - h[t + 1] ** 2) * W * chain(s, t),
    "joined": chain(s + 1, T) * chain(t, s),
    "joined over a trace": Trace(chain(s + 1, T) * chain(t, s)),
    "joined in a sum": total(chain(k + 1, T - 1) * chain(1, k), k, 1, T) + total(chain(k + 1, T) * chain(t + 2, k), k, t, T),
    "not a product": Transpose(DiagPart(chain(s + 1, T))) * chain(1, s),
    "not a factor": Transpose(DiagPart(chain(s + 1, T))) * (Diag(1 - h[s] ** 2) * W),
    "factors that meet": chain(s + 1, T, body=W * Diag(h[r]) * W * Diag(h[r - 1]) * W)
    * (W * Diag(Hadamard(h[s], DiagPart(W), h[s - 1])) * W),
    "a factor with a coefficient": chain(s + 1, T, body=Product(2, Diag(h[r]), W)) * Diag(h[s]) * W,
    "powers of a matrix in a sum": total(chain(k + 1, T, body=W) * h[k + 1], k, 0, T - 1),
    "powers of a matrix": ProductOver(W, r, s, t) - ProductOver(W, r, s + 1, t + 1),
    "product of numbers": ProductOver(dot(h[r], h[r]), r, s + 1, t) * dot(h[s], h[s]),
    "product under a sum": total(Transpose(chain(t + 1, k)) * (Transpose(V) * p[k]), k, t, T),
    "product of fixed length": ProductOver(Filled(1, (n,), (n,)), r, 1, 3),
    "two factors": ProductOver(Diag(h[r - 1]) * W, r, t, t + 1) * g[s],
    "one factor beside a sum": ProductOver(W * Diag(h[r - 1]) * W, r, t, t) * h[t],
    "square of a product": Hadamard(chain(s, t), chain(s, t)),
    "closed form": total(total(Diag(1 - h[k] ** 2) * Transpose(chain(k + 1, j)) * g[j], k, 1, j), j, 1, T),
    # functions
    "slopes": h[t] ** 3 + h[t] ** 4,
    "sigmoid powers": a[t] ** 3,
    "slope by its name": Fun("tanh", 1)(W * h[t - 1] + U * x[t] + b) + Fun("tanh", 1)(h[t]),
    "slope of sigmoid": Fun("sigmoid", 1)(h[s]),
    "folding": tanh(W * h[t - 1] + U * x[t] + b) - h[t],
    "folding with a shift": tanh(W * h[t - 1]) - F["e"][t] + tanh(W * h[s - 1]),
    "folding at a number": tanh(W * h[0] + U * x[1] + b) - h[1],
    "odd": tanh(-h[t]) + sigmoid(-g[t]) + relu(-h[s]) + step(Product(-2, h[t])) + exp(-h[t]) + softplus(-g[t]),
    "scaled": relu(Product(3, h[t])) + step(Product(half, h[t])) + relu(Product(-half, h[s])),
    "at zero": tanh(Filled(0, (n,))) + exp(Filled(0, (n,))) + sigmoid(Filled(0, (n,))),
    "indicator": Hadamard(step(g[t]), g[t]) + step(g[t]) ** 2 + relu(g[t]) + step(relu(h[t])),
    "indicator before the first step": Hadamard(step(g[t - 1]), g[t - 1]),
    "indicator under a sum": total(Hadamard(step(g[k - 1]), g[k - 1]), k, 1, T),
    "indicator of a sum": Hadamard(step(h[t] + g[s]), relu(h[t] + g[s])),
    "softmax sums to one": Total(softmax(V * h[t])) + Total(p[s]) + Total(softmax(h[t])),
    "log softmax": log(softmax(V * h[t])) + log(p[t]),
    "softmax of equal entries": softmax(Filled(2, (n,))),
    "softmax of a unit": softmax(Unit(u, C)),
    "softmax at an entry of its argument": log(Entry(softmax(Product(Entry(p[t], u), p[s])), u)),
    "softmax over the right index": Entry(softmax(Product(Entry(p[t], u), y[t])), v) - Entry(
        softmax(Product(Entry(y[t], v), p[t])), u
    ),
    "sum over the other index of a softmax": SumOver(Entry(softmax(Product(Entry(p[t], i), p[s])), v), i, 1, C),
    "log-sum-exp": logsumexp(V * h[t]) + logsumexp(Filled(1, (C,))),
    "abstract": Fun("f", 1, "elementwise")(hg) + Fun("e", 0, "vector", (n,), (t,))(a[t]) + Fun("e", 1, "scalar")(h[s]),
    "two steps in one function": total(total(Hadamard(tanh(Hadamard(h[k], g[j])), h[k]), j, 1, T), k, 1, T),
    "two steps that meet": total(tanh(Hadamard(h[k], g[t])) + Power(1 + Hadamard(h[k], h[t]), -1), k, 1, T),
    "two steps that meet beside a sum": Total(Hadamard(tanh(Product(h[t], dot(h[s], b))), h[T])),
    "two steps that meet in a softmax": Hadamard(softmax(Hadamard(h[t], h[s])), g[t]) + log(softmax(Hadamard(h[t], g[s]))),
    "function of a transpose": tanh(Transpose(W)) + Transpose(tanh(W)),
    "roots": Power(exp(h[t]), half) + Power(2 + h[t], half) + Power(Power(2 + h[t], half), 2) + Power(exp(h[t]), -half),
    # quotients
    "cancelled": Quotient(Hadamard(h[t], h[t]), h[t]),
    "one linear factor": Quotient(h[t], 2 - h[t]) + Quotient(1, 1 - h[t] ** 2),
    "partial fractions": Quotient(1, Hadamard(a[t], 1 - a[t], 1 - a[t])) + Quotient(a[s], a[s] - 3),
    "powers of a denominator": Quotient(1 - a[t], Hadamard(1 - a[t], a[t], 1 - a[t])),
    "reciprocal of a reciprocal": Quotient(h[t], Quotient(1, h[s] - 2)) + Power(Quotient(1, h[t] + 3), -2),
    "times its denominator": Hadamard(Power(h[t] - 2, 2), Power(h[t] - 2, -3)),
    "by a sum": Quotient(h[t], 2 + dot(h[s], h[s])) + Quotient(1, exp(h[t]) + exp(g[t])),
    "times the sum": Hadamard(Quotient(1, exp(h[t]) + exp(g[t])), exp(h[t])),
    "by an unsymmetric sum": Transpose(Quotient(1, W + Product(2, Transpose(W)))) - Quotient(1, Transpose(W) + Product(2, W)),
    # shapes
    "kronecker": Kronecker(W, U) * Vec(Filled(1, (n,), (m,))),
    "vec": Vec(U, "column"),
    "sizes": Product(Trace(Identity(n)), h[t]) + Product(Total(Filled(1, (n,), (m,))), g[t]),
    "sizes that are numbers": Product(Trace(Identity(Integer(3))), h[t]) + Product(Total(Filled(1, (n + 2,))), g[t]),
    "joined vectors": K * Concat(0, h[t], a[t]) + Block(K, 1, 0, (n, m)) * g[t],
    "joined rows": h[t] * Transpose(Concat(0, h[s], Total(b), a[t])),
    "parts of joined": Block(Concat(0, h[t], Total(b), a[t]), 0, 1, (n, Integer(1), m)) + Total(
        Block(Concat(0, h[t], a[t]), 0, 1, (n, m))
    ),
    "parts of an identity": Block(Identity(n + m), 0, 1, (n, m)) * Concat(0, h[t], a[t]),
    "joined identities": Trace(
        Concat(0, Concat(1, Filled(0, (n,), (n,)), Identity(n)), Concat(1, Identity(n), Filled(0, (n,), (n,))))
        * Kronecker(Concat(0, h[t], g[t]), Transpose(Concat(0, b, h[s])))
    ),
    "functions of joined": Block(tanh(Transpose(K) * h[t]), 0, 1, (n, m)) ** 3,
    "function of a joined unit vector": Block(exp(Concat(0, Unit(u, C), h[t])), 0, 0, (C, n)),
    "quotient by joined": Total(Hadamard(Quotient(1, 3 + Concat(0, h[t], a[t])), Concat(0, Filled(1, (n,)), Filled(0, (m,))))),
    # adjoints
    "adjoint": total(Adjoint(h[k + 1]) * Transpose(h[k]), k, 0, T) + Adjoint(h[t + 1]) * Transpose(h[t]),
    "adjoint of a part": Trace(Adjoint(W) * W),
}


@pytest.mark.parametrize("name", KEPT)
def test_terms_keep_their_value(name):
    assert compared(KEPT[name]) > 0


def shuffled(term, order, names):
    """The term with summands and commuting factors in another order and other letters in its sums and products.

    `order` permutes a list, `names` gives fresh letters.
    """
    if isinstance(term, (SumOver, ProductOver)):
        body, letter, *ends = term.args
        new = next(names)
        return term.func(shuffled(substituted(body, {letter: new}), order, names), new, *ends)
    if not isinstance(term, Term) or isinstance(term, (Var, Adjoint)):
        return term
    args = [shuffled(a, order, names) if isinstance(a, Term) else a for a in term.args]
    if isinstance(term, (Plus, Hadamard)):
        args = order(args)
    if isinstance(term, Product) and any(map(is_scalar, args)):
        matrices = [a for a in args if not is_scalar(a)]
        if len(matrices) == 1:  # numbers scale, wherever they stand
            args = order(args)
    return term.func(*args)


def vanishes(converter, left, right):
    """Whether the difference of two terms has an empty normal form in every region."""
    one, other = converter.polys((left, right), ("t", "s"))
    difference = add([one, scaled(other, -1)])
    return all(
        not piece
        for region in Domain(FREE).regions(MODEL)
        for _, piece in settled_pieces(converter, difference, region, "T")
    )


@given(terms(), st.randoms(use_true_random=False))
def test_order_and_names_do_not_matter(term, random):
    other = shuffled(term, lambda args: random.sample(args, len(args)), (Symbol(f"w{i}") for i in itertools.count()))
    try:
        assert vanishes(Converter(MODEL, {}, Budget(STEPS)), term, other), other
    except (*UNDECIDED, NeedsPolynomialBasis):
        pass


h0, a0 = ZERO.families["h"], ZERO.families["a"]
AT_ZERO = {
    "values": total(h0[k] + a0[k], k, 0, T),
    "squares": h0[t - 1] ** 2 + a0[s - 1] ** 2 + h0[0] ** 2 + a0[0] ** 2,
    "cubes": h0[0] ** 3 + a0[0] ** 3 + Fun("tanh", 1)(h0[0]),
    "products with slopes": Hadamard(1 - h0[0] ** 2, h0[t]) + Hadamard(a0[0], 1 - a0[0], h0[t]),
    "slopes": total(Hadamard(1 - h0[k] ** 2, h0[k + 1]) + Hadamard(a0[k], 1 - a0[k], h0[s]), k, 0, T - 1),
    "denominators": Quotient(1, 2 - h0[0]) + Quotient(a0[t - 1], 3 + a0[0]) + Power(h0[0] - 2, -3),
    "functions": exp(h0[0]) + softplus(h0[0] - 1),
    "indicators": Hadamard(step(1 + h0[0]), h0[0]) + Hadamard(step(1 + h0[0]), h0[t]),
}


@pytest.mark.parametrize("name", AT_ZERO)
def test_values_before_the_first_step_that_are_zero(name):
    assert compared(AT_ZERO[name], model=ZERO, zero=frozenset({"var:h", "var:a"})) > 0


def test_nothing_is_divided_by_a_value_that_is_zero():
    with pytest.raises(Undefined):
        settled(Quotient(1, h0[0]), ZERO, frozenset({"var:h"}))


SAME = {
    "products in products": (
        ProductOver(ProductOver(h[t] * Transpose(h[k]), j, 1, T), k, 1, T),
        ProductOver(ProductOver(h[t] * Transpose(h[r]), k, 1, T), r, 1, T),
    ),
    "functions of two steps": (
        total(total(tanh(h[j] * Transpose(h[k])) * h[k], k, 1, T), j, 1, t),
        total(total(tanh(h[k] * Transpose(h[j])) * h[j], j, 1, T), k, 1, t),
    ),
    "a symmetric function between sums": (
        Transpose(h[t]) * tanh(W * Transpose(W)) * g[s],
        Transpose(g[s]) * tanh(W * Transpose(W)) * h[t],
    ),
    "slopes of two steps": (
        total(Fun("tanh", 1)(h[t] * Transpose(h[k])), k, 1, T),
        total(Fun("tanh", 1)(h[t] * Transpose(h[v])), v, 1, T),
    ),
    "functions of a vector, of two steps": (
        total(softmax(h[t] + h[k]) * logsumexp(h[s] + h[k]), k, 1, T),
        total(softmax(h[v] + h[t]) * logsumexp(h[v] + h[s]), v, 1, T),
    ),
    "a function of a symmetric matrix": (tanh(W * Transpose(W)), Transpose(tanh(W * Transpose(W)))),
    "letters of components in a function": (
        SumOver(SumOver(Entry(R, i, j) * softplus(Entry(p[t], i) * Entry(y[t], j)), i, 1, C), j, 1, C),
        SumOver(SumOver(Entry(R, j, i) * softplus(Entry(y[t], i) * Entry(p[t], j)), i, 1, C), j, 1, C),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_under_other_names(name):
    assert vanishes(Converter(MODEL, {}, Budget(STEPS)), *SAME[name])


@pytest.mark.parametrize("term, given", [
    (sqrt(NormSquared(h[t])), set()), (Quotient(1, sqrt(NormSquared(h[t]))), {"denominator!=0"}),
    (Power(sqrt(NormSquared(h[t])), -3), {"denominator!=0"}), (Quotient(1, sqrt(Transpose(h[t]) * g[t])), {"radicand>=0", "denominator!=0"}),
    (sqrt(Transpose(W) * W), {"radicand>=0"}), (sqrt(exp(h[t])), set()),
])  # fmt: skip
def test_what_is_assumed_of_roots(term, given):
    converter = Converter(MODEL, {}, Budget(STEPS))
    converter.poly(term)
    assert {c.text for c in converter.algebra.conditions} == given


def test_reciprocals_of_roots_are_those_of_their_factors():
    one, other = sqrt(NormSquared(h[t])), sqrt(NormSquared(g[t]))
    assert vanishes(Converter(MODEL, {}, Budget(STEPS)), Power(one * other, -2), Quotient(1, Power(one, 2)) * Quotient(1, Power(other, 2)))
