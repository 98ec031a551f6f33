"""The second route: arithmetic in a prime field is exact, its functions keep their relations, right formulas agree, wrong ones do not."""

from fractions import Fraction
from math import prod

import numpy as np
import pytest
from prover_models import MODELS, ONE, H, R, steps, t
from prover_right import REWRITTEN, RIGHT
from prover_wrong import WRONG
from sympy import Integer, Symbol, isprime

from symbolic.field import route
from symbolic.field.arithmetic import LONGEST_SUM, PRIMES, Bound, Field, TooLarge, ZeroDivisor
from symbolic.field.reach import LENGTHS, indicators, longest
from symbolic.field.route import SHORT, Agreement, Question, _compared, _with_bits, _world, agreement
from symbolic.field.sizes import counts_sizes, larger, sizes
from symbolic.field.tape import add, constant, dot, filled, gather, invert, mul, raised, sweep, total
from symbolic.language import (
    Concat,
    Entry,
    Hadamard,
    Identity,
    Kronecker,
    Partial,
    Plus,
    Power,
    Product,
    Quotient,
    Relation,
    SumOver,
    Total,
    Transpose,
    Var,
    Where,
    exp,
    log,
    step,
    tanh,
)

FIELD = Field(b"tests")
random = np.random.default_rng(7)


def residues(rows, cols):
    return constant(FIELD, np.stack([random.integers(1, p, (rows, cols)).astype(float) for p in FIELD.primes]))


def exact(x):
    """The residues as whole numbers."""
    return [[[int(v) for v in row] for row in layer] for layer in x]


def test_primes_are_primes_and_depend_on_the_key():
    assert all(isprime(p) and 2**21 < p < 2**22 for p in FIELD.primes) and len(set(FIELD.primes)) == PRIMES
    assert Field(b"other").primes != FIELD.primes and Field(b"tests").primes == FIELD.primes


@pytest.mark.parametrize("inner", [1, 7, LONGEST_SUM, LONGEST_SUM + 1, 3 * LONGEST_SUM])
def test_products_of_the_largest_residues_are_exact(inner):
    a = np.stack([np.full((3, inner), p - 1.0) for p in FIELD.primes])
    expected = [inner * (p - 1) ** 2 % p for p in FIELD.primes]
    assert [layer[0][0] for layer in exact(FIELD.matmul(a, a.swapaxes(1, 2)))] == expected


@pytest.mark.parametrize("near", [-1, 0, 1])
def test_residues_at_the_edges_of_multiples(near):
    x = np.stack([np.array([[float(k * p + near) for k in (1, 2, p - 1, p, 63 * p)]]) for p in FIELD.primes])
    assert (FIELD.reduced(x) == np.stack([np.full((1, 5), near % p) for p in FIELD.primes])).all()


def test_inverses_are_inverses_and_zero_has_none():
    a = residues(3, 4)
    assert (FIELD.times(FIELD.inverse(a.value), a.value) == 1).all()
    a.value[0, 1, 2] = 0  # zero modulo one prime is enough
    with pytest.raises(ZeroDivisor):
        invert(a)


def test_numbers_that_primes_divide():
    with pytest.raises(ZeroDivisor):
        FIELD.number(Fraction(1, FIELD.primes[3]))
    assert int((FIELD.number(FIELD.primes[3]) == 0).sum()) == 1


def test_derivatives_of_every_operation():
    """∂(Σ entries)/∂x from the sweep against the difference quotient of a polynomial along a line, which is exact."""
    a, b = residues(2, 3), residues(3, 2)

    def polynomial(x):
        y = mul(dot(x, b), add([gather(dot(x, b), np.array([[3, 2], [1, 0]])), filled(FIELD, 5, 2, 2)]))
        return total(mul(y, raised(gather(x, np.array([[0, -1], [4, 4]])), 2)))

    (found,) = sweep(polynomial(a), [a], True)
    direction = residues(2, 3).value
    # a polynomial of degree 4 along a line: five values give its derivative at 0 by Lagrange
    values = [polynomial(constant(FIELD, FIELD.reduced(a.value + k * direction))).value[:, 0, 0] for k in range(-2, 3)]
    weights = (Fraction(1, 12), Fraction(-2, 3), Fraction(0), Fraction(2, 3), Fraction(-1, 12))
    slope = sum(FIELD.number(w)[:, 0, 0] * v % FIELD.moduli[:, 0, 0] for w, v in zip(weights, values, strict=True))
    along = FIELD.reduced(FIELD.times(found[0][:, 0], direction).sum(axis=(1, 2))[:, None, None])
    assert (FIELD.reduced(slope[:, None, None]) == along).all()


def test_what_must_not_vanish_is_counted():
    x = Bound(1)
    assert (x + x * x).degree == 2 and (x * x.inverse(3)).total == 1 + 2 + 3
    with pytest.raises(TooLarge):
        x.power(1 << 20)
    assert FIELD.error_bits(1000, 1000, 500) > 60 > FIELD.error_bits(1 << 19, 1000, 500)


def asked(claim, assumes=()):
    key, left, right, free, *conditions = claim
    model = MODELS[key]
    sums = frozenset(a.family for a in model.assumptions if a.text in assumes)
    zeros = frozenset(name for name in model.families if f"{name}_0=0" in assumes)
    return Question(model, left, right, tuple(free), tuple(conditions[0] if conditions else ()), sums, zeros)


ROOTS = {name for table in (RIGHT, WRONG) for name in table if "root" in name}
"""Square roots have no meaning in a prime field: undecided, never agreed."""


@pytest.mark.parametrize("name", [n for n in WRONG if n not in ROOTS])
def test_wrong_formulas_differ(name):
    assert agreement(asked(WRONG[name])).verdict == "differs"


@pytest.mark.parametrize("name", [n for n in RIGHT | REWRITTEN if n not in ROOTS])
def test_right_formulas_agree_at_short_lengths(name):
    key, left, right, free, assumes, *conditions = (RIGHT | REWRITTEN)[name]
    question = asked((key, left, right, free, *conditions), assumes)
    found = _compared(question, range(1, SHORT + 1), False)
    count = indicators(question.model, (question.left, question.right))
    assert found.verdict != "differs" or (count and _with_bits(question, count, SHORT))
    assert found.points
    assert found.bits > 0 or found.verdict == "differs"  # degrees were counted at a length that the conditions admit


LONG = ("adjoint: lstm cell", "gradient: W by both sums", "time: count twice", "algebra: indicator twice", "gradient: relu b, closed")


@pytest.mark.parametrize("name", LONG)
def test_right_formulas_agree_with_certainty(name):
    key, left, right, free, assumes, *conditions = RIGHT[name]
    found = agreement(asked((key, left, right, free, *conditions), assumes))
    assert found.verdict == "agrees" and found.bits >= 60


@pytest.mark.parametrize("name", sorted(ROOTS))
def test_roots_are_left_open(name):
    claim = RIGHT[name] if name in RIGHT else WRONG[name]
    key, left, right, free, *_ = claim
    assert agreement(asked((key, left, right, free))).verdict == "undecided"


b, W, C = H.b, H.W, H.size.C
HOSTILE = {
    "a prime as coefficient": (Product(4194301, b), Product(0, b)),
    "a product of many primes as coefficient": (Product(Integer(2) ** 400, b), Product(Integer(2) ** 400 + 1, b)),
    "an exponent that is a prime": (Power(b, 4194301), b),
    "0/0": (Quotient(b - b, b - b), b),
    "a size as a number": (Product(C, b), Product(4, b)),
    "the true value plus 1/(h - h)": (b, Plus(b, Quotient(ONE, b - b))),
    "nowhere defined but at T = 1": (Quotient(b, Where(ONE, Relation("<=", H.T, ONE))), b),
    "a logarithm of a sum": (log(Plus(exp(b), exp(H.h[1]))), b),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_formulas_made_to_vanish_do_not_agree(name):
    left, right = HOSTILE[name]
    assert agreement(Question(MODELS["H"], left, right)).verdict != "agrees"


def test_no_formula_can_be_made_for_the_points_of_its_model():
    """(b_1 - N)(b_1 - M) is zero in both worlds in which the formulas of this model are compared; it has points of its own."""
    entry, numbers = Entry(b, 1), []
    product = Product(Plus(entry, Integer(-2)), Plus(entry, Integer(-3)))
    first = sizes(MODELS["H"], (product,))
    for chosen in (first, larger(first)):
        world = _world(Question(MODELS["H"], product, Integer(0), arithmetic="numpy"), chosen, 1, False, True)
        primes, values = world.field.primes, map(int, world.evaluate(entry, {}).value.ravel())
        whole = prod(primes)
        rests = (v * (whole // p) * pow(whole // p, -1, p) for v, p in zip(values, primes, strict=True))
        numbers.append(sum(rests) % whole)
    made = Product(*(Plus(entry, Integer(-n)) for n in numbers))
    question = Question(MODELS["H"], made, Integer(0), arithmetic="numpy")
    assert _compared(question, range(1, 2), False).verdict == "agrees" and agreement(question).verdict == "differs"
    later = Where(made, Relation("<=", Integer(4), H.T))  # nor one that is wrong from some length on
    assert agreement(Question(MODELS["H"], later, Integer(0), arithmetic="numpy")).verdict == "differs"
    names = sizes(MODELS["H"], (product,))
    whole = prod(_world(Question(MODELS["H"], product, Integer(0), arithmetic="numpy"), names, 1, False, True).field.primes)
    alone = Where(Product(Integer(whole), entry), Relation("<=", Integer(4), H.T))  # there one world is enough for it
    assert agreement(Question(MODELS["H"], alone, Integer(0), arithmetic="numpy")).verdict == "differs"


def test_an_indicator_of_zero_is_zero():
    nothing = Where(R.h[R.T], Relation("<", R.T, R.T))
    assert agreement(Question(MODELS["R"], step(-nothing), nothing)).verdict == "agrees"
    assert agreement(Question(MODELS["R"], step(R.h[1] - R.h[1]), R.h[1] - R.h[1])).verdict == "agrees"
    assert agreement(Question(MODELS["R"], step(-R.h[1]), R.h[1] - R.h[1])).verdict == "agrees"  # -ReLU(z) is never positive
    assert agreement(Question(MODELS["R"], step(-R.b), R.b - R.b)).verdict == "differs"


NEEDY = ("adjoint: logits", "gradient: V", "gradient: relu W from t = 2")


@pytest.mark.parametrize("name", NEEDY)
def test_what_needs_an_assumption_differs_without_it(name):
    key, left, right, free, assumes, *conditions = RIGHT[name]
    assert agreement(asked((key, left, right, free, *conditions), assumes)).verdict == "agrees"
    assert agreement(asked((key, left, right, free, *conditions))).verdict == "differs"


def test_an_immediate_derivative_holds_the_steps_before():
    right, free = Product(1 - H.h[t] ** 2, Transpose(H.h[t - 1])), ((t, ONE, H.T),)
    for mode, verdict in (("immediate", "agrees"), ("total", "differs")):
        assert agreement(Question(MODELS["H"], Partial(Total(H.h[t]), W, mode), right, free)).verdict == verdict


def test_what_may_agree_by_accident_is_left_open():
    """I¹² = I for indicators that are bits; but what is wrong for units that are all on is found too seldom."""
    on = step(R.h[1])
    found = agreement(Question(MODELS["R"], Hadamard(*[on] * 12), on))
    assert found.verdict == "undecided" and 0 < found.bits < 60


def test_more_points_make_an_accident_unlikely_enough():
    """Many entries in a denominator: one set of points leaves 2^-30, three leave less than 2^-60."""
    outer = Product(H.h[t], Transpose(b))
    odd = Product(-1, Product(tanh(Product(-1, outer)), b))
    found = agreement(Question(MODELS["H"], Product(tanh(outer), b), odd, (steps("H"),)))
    assert found.verdict == "agrees" and found.bits > 60


def test_a_denominator_may_vanish_by_accident(monkeypatch):
    """It is asked at other points then; what vanishes everywhere vanishes there too."""
    asked_at, own = [], route._compared

    def compared(q, *more):
        asked_at.append(q.salt)
        return own(q, *more) if q.salt else Agreement("undecided", reason="division by zero")

    monkeypatch.setattr(route, "_compared", compared)
    assert agreement(Question(MODELS["H"], Plus(b, b), Product(2, b))).verdict == "agrees" and asked_at == [b"", b"elsewhere"]
    monkeypatch.undo()
    nothing = Quotient(b, Plus(b, Product(-1, b)))
    assert agreement(Question(MODELS["H"], nothing, nothing)).reason.startswith("nowhere defined")


n, (m,) = H.size.n, H.x[1].shape[0]
WIDE = Identity(n)
for _ in range(4):
    WIDE = Kronecker(WIDE, H.W)
OUT_OF_REACH = {
    "a matrix that memory does not hold": (Total(WIDE), "at most 1000000 entries"),
    "an index that runs to a sum of sizes": (SumOver(Entry(Concat(0, b, H.x[1]), t), t, 1, n + m), "not a symbol plus a whole number"),
}


@pytest.mark.parametrize("name", OUT_OF_REACH)
def test_what_is_out_of_reach_is_left_open_and_says_why(name):
    term, reason = OUT_OF_REACH[name]
    found = agreement(Question(MODELS["H"], term, term))
    assert found.verdict == "undecided" and reason in found.reason


def test_identities_change_nothing_and_cost_nothing():
    """Neither sizes nor degrees: a product with an identity is the product without it, unless that has another shape."""
    W, x = H.W, Var("q", (), (n,))
    plain = agreement(Question(MODELS["H"], tanh(Product(W, x)), tanh(Product(W, x))))
    one = Identity(n)
    found = agreement(Question(MODELS["H"], tanh(Product(one, W, one, one, x)), tanh(Product(W, x))))
    assert found.verdict == "agrees" and found.bits == plain.bits
    scaled = Product(x.T, x, one)
    assert agreement(Question(MODELS["H"], scaled, Product(x.T, x))).verdict != "agrees"
    assert agreement(Question(MODELS["H"], Product(scaled, x), Product(x.T, x, x))).verdict == "agrees"


def test_no_length_and_no_point_is_left_out():
    """What is wrong from a great length on only, and at one pair of steps only, is seen; what needs more is left open."""
    i, j = t, Symbol("j")
    guarded = Plus(b, Where(b, Relation("<=", Integer(20), H.T)))
    nested = SumOver(SumOver(Where(b, Relation("<=", i, j)), i, 1, H.T), j, 1, H.T)
    assert agreement(Question(MODELS["H"], Plus(nested, guarded), Plus(nested, b))).verdict == "differs"
    letters = [Symbol(f"k_{n}") for n in range(10)]
    deep = b
    for letter in letters:
        deep = SumOver(deep, letter, 1, H.T)
    assert agreement(Question(MODELS["H"], deep, deep)).verdict == "undecided"
    key, left, right, free, _, *conditions = RIGHT["time: joined"]
    found = agreement(asked((key, left, right, free, *conditions)))
    assert found.verdict == "agrees" and found.points == 4082  # pairs for T = 1 .. 28, again up to T = 3, twice more there


def test_a_shape_is_not_a_value():
    assert agreement(Question(MODELS["H"], Product(W, W), Product(Transpose(W), W))).verdict == "differs"
    assert agreement(Question(MODELS["H"], Hadamard(W, W), Power(W, 2))).verdict == "agrees"


def test_sizes_and_lengths_cover_the_indices_of_a_term():
    term = Product(*[W] * 5)
    assert min(sizes(MODELS["H"], (term,)).values()) >= 8
    delta = RIGHT["gradient: W"][2]
    assert longest(MODELS["H"], (b, W), ()) == LENGTHS[0] < longest(MODELS["H"], (delta,), ()) < longest(
        MODELS["H"], (RIGHT["gradient: W by both sums"][2],), ()
    )
    assert indicators(MODELS["R"], (Hadamard(R.h[t], R.h[t]),)) == 2


def test_lengths_know_what_a_sum_is():
    def reach(term, *conditions):
        ends = Relation("<=", Integer(1), t), Relation("<=", t, H.T)
        return longest(MODELS["H"], (term,), (t,), (*conditions, *ends))

    k, last = Symbol("k"), H.T
    plain = SumOver(Hadamard(H.h[k], H.h[k - 1]), k, 1, last)
    assert reach(plain) == reach(SumOver(Hadamard(H.h[k + 4], H.h[k + 3]), k, -3, last - 4))  # the same sum
    far = SumOver(Hadamard(H.h[k + 1], H.h[k - 2]), k, 2, last - 1)  # offsets that no shift takes away
    assert reach(far) > reach(plain)
    ahead = SumOver(Hadamard(H.h[k], H.h[t + 4]), k, 1, last)  # at t from 1 on it is that with h_t at t from 5 on
    assert reach(plain) < reach(ahead) < reach(Hadamard(ahead, H.h[t]))
    assert reach(Where(plain, Relation("<=", t + 2, last - 3))) == reach(plain, Relation("<", t, last - 4)) > reach(plain)
    assert reach(SumOver(Hadamard(H.h[k], H.b), k, 1, last, (t + 3,))) > reach(plain)
    entries = SumOver(Product(Entry(H.b, k), plain.xreplace({k: Symbol("r")})), k, 1, H.size.n)
    assert reach(entries) == reach(plain) < reach(SumOver(plain.xreplace({k: Symbol("r")}), k, 1, last))


def test_equal_subterms_are_evaluated_and_paid_once():
    k, free = Symbol("k"), ((t, Integer(1), H.T),)

    def partial_sum():
        return SumOver(Hadamard(H.h[k], H.h[k]), k, 1, t)

    def asked(right):
        question = Question(MODELS["H"], Plus(*[partial_sum() for _ in range(16)]), right, free)
        return agreement(question).verdict, question.purse.used

    same, other = Product(16, partial_sum()), Product(16, SumOver(Hadamard(H.h[k], H.h[k]), k, 1, t - 1))
    alone = Question(MODELS["H"], partial_sum(), partial_sum(), free)
    assert agreement(alone).verdict == asked(same)[0] == "agrees" and asked(other)[0] == "differs"
    assert asked(same)[1] < 2 * alone.purse.used


def test_only_sums_over_entries_count_sizes():
    k = Symbol("k")
    assert counts_sizes((Plus(H.b, SumOver(H.b, k, 1, H.size.n)),), ("n",))
    assert not counts_sizes((SumOver(H.h[k], k, 1, H.T),), ("n", "d"))
