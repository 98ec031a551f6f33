"""The arithmetics of the second route: each agrees with whole numbers in Python, and claims get the same answer from all of them."""

import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from importlib.util import find_spec

import numpy as np
import pytest
from prover_models import MODELS, H
from prover_right import RIGHT
from prover_wrong import WRONG
from sympy import Integer, isprime
from test_field import ROOTS, asked

from symbolic.field import choice
from symbolic.field.arithmetic import PRIMES, Field, ZeroDivisor, _pool
from symbolic.field.choice import KINDS, NoSuchField, default, kind
from symbolic.field.route import SHORT, Question, _compared, agreement
from symbolic.language import Plus, Product

needs_flint = pytest.mark.skipif(find_spec("flint") is None, reason="python-flint is not installed (gradproof[fast])")


@pytest.fixture(scope="module", params=[pytest.param(name, marks=[needs_flint] * (name == "flint")) for name in KINDS])
def field(request):
    return kind(request.param)(b"tests")


def whole(x):
    """Residues as nested lists of whole numbers."""
    return [int(v) for v in x] if x.ndim == 1 else [whole(layer) for layer in x]


def drawn(field, *shape, name=b"x"):
    """Random residues, with the largest ones and zeros among them."""
    size = int(np.prod(shape))
    x = field.drawn(name + repr(shape).encode(), 1, size).reshape(field.count, size)
    x[:, ::5] = field.reduced(-field.plain(np.ones((1, 1))))[:, 0]
    if size > 3:
        x[:, 3] = field.zero[:, 0, 0]
    return x.reshape(field.count, *shape)


def test_primes_are_of_their_kind_and_depend_on_the_key(field):
    low = 1 << field.bits
    assert len(set(field.primes)) == len(field.primes) == field.count
    assert all(isprime(p) and low < p < 2 * low for p in field.primes)
    assert type(field)(b"tests").primes == field.primes
    assert not set(type(field)(b"other").primes) & set(field.primes)


@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (2, 3, 1), (3, 5, 2)])
def test_sums_and_products_of_entries(field, shape):
    a, b = drawn(field, *shape), drawn(field, *shape, name=b"y")
    flat = [[whole(x.reshape(field.count, -1)) for x in (a, b)][k] for k in (0, 1)]
    found = {
        "times": field.times(a, b), "plus": field.reduced(a + b), "minus": field.reduced(a - b), "negative": field.reduced(-a),
        "same": field.reduced(np.sum([a, a, b], axis=0)),
    }  # fmt: skip
    rules = {
        "times": lambda x, y: x * y, "plus": lambda x, y: x + y, "minus": lambda x, y: x - y, "negative": lambda x, y: -x,
        "same": lambda x, y: 2 * x + y,
    }  # fmt: skip
    for name, rule in rules.items():
        expected = [[rule(x, y) % p for x, y in zip(*rows, strict=True)] for *rows, p in zip(*flat, field.primes, strict=True)]
        assert whole(found[name].reshape(field.count, -1)) == expected, name


SHAPES = (
    ((2, 3), (3, 4)), ((1, 1), (1, 1)), ((3, 1), (1, 4)), ((1, 200), (200, 2)), ((2, 64), (64, 1)), ((2, 65), (65, 1)),
    ((5, 2, 3), (1, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((5, 2, 1), (1, 1, 3)), ((1, 3, 2), (4, 2, 1)), ((1, 2, 3), (1, 3, 2)),
)  # fmt: skip
"""Shapes of matrices, some of them in a batch, which is the first axis."""


@pytest.mark.parametrize(("one", "other"), SHAPES)
def test_products_of_matrices(field, one, other):
    a, b = drawn(field, *one), drawn(field, *other, name=b"y")
    exact = [(np.array(x, dtype=object) @ np.array(y, dtype=object)) % p for x, y, p in _layers(field, a, b)]
    assert whole(field.matmul(a, b)) == [whole(layer) for layer in exact]
    transposed = field.matmul(b.swapaxes(-1, -2), a.swapaxes(-1, -2))  # not in one piece of memory
    assert whole(transposed.swapaxes(-1, -2)) == [whole(layer) for layer in exact]


def _layers(field, a, b):
    return zip(whole(a), whole(b), field.primes, strict=True)


@pytest.mark.parametrize("exponent", [0, 1, 2, 5, 1 << 19, 4194301])
def test_powers(field, exponent):
    a = drawn(field, 2, 3)
    assert whole(field.power(a, exponent)) == [[[pow(v, exponent, p) for v in row] for row in x] for x, _, p in _layers(field, a, a)]


def test_inverses(field):
    a = field.drawn(b"x", 2, 3)
    assert whole(field.times(field.inverse(a), a)) == [[[1] * 3] * 2] * field.count
    for prime in range(field.count):
        zero = a.copy()
        zero[prime, 1, 2] = field.zero[prime, 0, 0]  # zero modulo one prime is enough
        with pytest.raises(ZeroDivisor):
            field.inverse(zero)


@pytest.mark.parametrize("number", [0, 1, -1, 7, Fraction(1, 2), Fraction(-22, 7), Fraction(10**40, 3**50)])
def test_numbers(field, number):
    q = Fraction(number)
    assert whole(field.number(number)) == [[[q.numerator * pow(q.denominator, -1, p) % p]] for p in field.primes]


def test_numbers_that_primes_divide(field):
    p = field.primes[1]
    with pytest.raises(ZeroDivisor):
        field.number(Fraction(1, p))
    assert sum(v == [[0]] for v in whole(field.number(p))) == 1


def test_small_numbers_and_zeros(field):
    assert whole(field.plain(np.eye(2))) == [[[1, 0], [0, 1]]] * field.count
    assert whole(field.zeros((2, 1))) == [[[0], [0]]] * field.count
    assert whole(field.zero) == [[[0]]] * field.count


def test_what_is_drawn_and_hashed(field):
    other = type(field)(b"tests")
    other.key = b"other"
    for x, again, apart, elsewhere in (
        (field.drawn(b"x", 2, 3), field.drawn(b"x", 2, 3), field.drawn(b"y", 2, 3), other.drawn(b"x", 2, 3)),
        *[[f.hashed(e) for f, e in ((field, [b"a", b"b"]), (field, [b"a", b"b"]), (field, [b"b", b"a"]), (other, [b"a", b"b"]))]],
    ):  # fmt: skip
        assert whole(x) == whole(again)
        assert all(0 < v < p for layer, p in zip(x, field.primes, strict=True) for v in whole(layer.ravel()))
        for y in (apart, elsewhere):
            assert not (x == y).any()
    for many in (field.drawn(b"x", 1, 64)[:, 0], field.hashed([b"%d" % n for n in range(64)])):
        for layer, p in zip(whole(many), field.primes, strict=True):  # all over the residues
            assert {4 * v // p for v in layer} == {0, 1, 2, 3} and len(set(layer)) == 64


def test_keys_for_memory(field):
    x = drawn(field, 1, 6)
    flat = x.reshape(field.count, -1)
    names = field.columns(flat)
    for j in range(6):
        same = field.times(field.number(Fraction(1, 3)), field.times(field.number(3), x[:, :, j : j + 1]))
        assert field.packed(same) == field.packed(x[:, :, j : j + 1]) == names[j]
        equal = [whole(flat[:, j]) == whole(flat[:, i]) for i in range(6)]
        assert [names[j] == n for n in names] == equal
    assert field.packed(field.reduced(-field.zero)) == field.packed(field.zero)
    minus = field.reduced(-x)
    assert (field.smaller(x, minus) == ~field.smaller(minus, x)).tolist() == [[True, True, True, False, True, True]]


def test_indicators_are_bits(field):
    many = type(field)(b"tests", bits=True)
    assert many.count == PRIMES
    rows = [whole(many.indicators(many.hashed([b"%d" % n])[:, 0])) for n in range(64)]
    assert all(set(row) == {0, 1} for row in rows)
    assert all(10 < sum(column) < 54 for column in zip(*rows, strict=True))
    assert any(whole(many.indicators(many.number(2)[:, 0, 0])))  # all even, but no ReLU is zero modulo every prime


def test_what_an_accident_needs(field):
    assert field.error_bits(1000, 1000, 500) > 60
    assert field.error_bits(1, 0, 0) == pytest.approx(field.count * field.bits)
    assert field.error_bits(1 << 10, 0, 0) == pytest.approx(field.count * (field.bits - 10))
    assert field.error_bits(1 << 30, 1e30, 0) == 0


def test_the_primes_to_draw_from_are_counted():
    assert len(_pool()) == Field.pool


@needs_flint
def test_every_prime_has_a_word_of_its_own():
    words = kind("flint")(b"tests", bits=True)._words(b"entry")
    assert len(set(words)) == PRIMES and min(words) > 1 << 100


@needs_flint
def test_nothing_that_is_not_exact_gets_into_large_primes():
    large = kind("flint")(b"tests")
    x = large.drawn(b"x", 2, 2)
    for wrong in (np.ones((2, 2, 2)), x[::-1]):
        with pytest.raises((TypeError, ValueError)):
            large.times(x, wrong)
        with pytest.raises((TypeError, ValueError)):
            large.matmul(x, wrong)
    with pytest.raises(TypeError):
        large.reduced(np.full((2, 1, 1), 0.5, dtype=object))


@pytest.mark.parametrize("name", [n for n in WRONG if n not in ROOTS])
@needs_flint
def test_wrong_formulas_differ_at_the_same_place(name):
    one, other = (agreement(replace(asked(WRONG[name]), arithmetic=a)) for a in KINDS)
    assert (one.verdict, one.points, one.where) == (other.verdict, other.points, other.where) and other.verdict == "differs"


@pytest.mark.parametrize("name", [n for n in RIGHT if n not in ROOTS])
@needs_flint
def test_right_formulas_get_the_same_answer(name):
    key, left, right, free, assumes, *conditions = RIGHT[name]
    question = asked((key, left, right, free, *conditions), assumes)
    one, other = (_compared(replace(question, arithmetic=a), range(1, SHORT + 1), False) for a in KINDS)
    assert (one.verdict, one.points, one.where) == (other.verdict, other.points, other.where)


@needs_flint
def test_right_formulas_agree_with_certainty():
    key, left, right, free, assumes, *conditions = RIGHT["adjoint: lstm cell"]
    found = agreement(replace(asked((key, left, right, free, *conditions), assumes), arithmetic="flint"))
    assert found.verdict == "agrees" and found.bits >= 60


@needs_flint
def test_indicators_that_are_bits_get_the_same_answer():
    key, left, right, free, assumes, *conditions = RIGHT["algebra: indicator twice"]
    question = asked((key, left, right, free, *conditions), assumes)
    one, other = (_compared(replace(question, arithmetic=a), range(1, SHORT + 1), True) for a in KINDS)
    assert one == other and one.verdict == "agrees"


@needs_flint
@pytest.mark.parametrize("number", [2**61 - 1, 2**61 + 15])
def test_no_prime_is_known_beforehand(number):
    question = Question(MODELS["H"], Plus(H.b, Product(Integer(number), H.b)), H.b, arithmetic="flint")
    assert agreement(question).verdict == "differs"


def test_the_environment_chooses(monkeypatch):
    monkeypatch.delenv(choice.VARIABLE, raising=False)
    assert default() == "numpy" and kind(default()) is Field
    monkeypatch.setenv(choice.VARIABLE, "flint")
    assert Question(MODELS["H"], H.b, H.b).arithmetic == "flint"


def test_an_arithmetic_that_there_is_not(monkeypatch):
    with pytest.raises(NoSuchField, match="there are numpy and flint"):
        kind("flit")
    monkeypatch.setattr(choice, "import_module", _missing)
    with pytest.raises(NoSuchField, match="pip install"):
        kind("flint")
    found = agreement(Question(MODELS["H"], H.b, H.b, arithmetic="flint"))
    assert found.verdict == "undecided" and "pip install" in found.reason


def _missing(name, package):
    raise ModuleNotFoundError("No module named 'flint'", name="flint")


def test_python_flint_is_not_loaded_unasked():
    code = "import sys, symbolic.pipeline, symbolic.field.route; sys.exit('flint' in sys.modules)"
    environment = {k: v for k, v in os.environ.items() if k != choice.VARIABLE}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0
