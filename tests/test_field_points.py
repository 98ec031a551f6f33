"""The second route is asked at enough sizes and lengths: formulas made to vanish at the first ones are told apart."""

from math import prod

import pytest
from prover_models import MODELS, H
from sympy import Integer, Symbol

from symbolic.field.chosen import MOST, choices
from symbolic.field.degrees import degrees, of_steps
from symbolic.field.route import Question, agreement
from symbolic.field.sizes import fewest, sizes
from symbolic.language import (
    Adjoint,
    Entry,
    Filled,
    Hadamard,
    NormSquared,
    Plus,
    Power,
    Product,
    Quotient,
    Relation,
    SumOver,
    Total,
    Where,
    tanh,
)
from symbolic.model import Network

a, k, t, u, n, C, T, b = *map(Symbol, "aktu"), H.size.n, H.size.C, H.T, H.b
NOTHING, ones = Product(0, b), Filled(1, (n,), ())
FIRST = sizes(MODELS["H"], (b,))


def minus(x, y):
    return Plus(x, Product(-1, y))


def verdict(left, right, model=MODELS["H"]):
    free = ((t, Integer(1), T),) if t in left.free_symbols | right.free_symbols else ()
    return agreement(Question(model, left, right, free)).verdict


VANISHING = [
    Product(n - FIRST["n"], n - FIRST["n"] - 3, b),  # at the first two sizes
    Product(prod(n - j for j in range(4, 30)), b),
    Product(n - C - (FIRST["n"] - FIRST["C"]), b),  # wherever both are larger by the same number
    Product(Plus(Total(ones), -8), Plus(Total(ones), -11), b),
    Product(*(T - j for j in range(1, 7)), H.h[t]),
    Product(*(t - j for j in range(1, 7)), H.h[t]),
    Product(prod(T - j for j in range(1, 11)), SumOver(H.h[k], k, 1, T)),
    Product(T - 3, n - FIRST["n"], H.h[t]),
    Product(T - 1, T - 2, T - 3, n - FIRST["n"], H.h[t]),
    Hadamard(minus(tanh(Product(n, b)), tanh(Product(6, b))), minus(tanh(Product(n, b)), tanh(Product(9, b)))),
]


@pytest.mark.parametrize("term", VANISHING, ids=str)
def test_what_vanishes_at_some_sizes_is_not_nothing(term):
    assert verdict(term, Product(0, b)) == "differs"


SAME = [
    (SumOver(Product(a, b), a, 1, n), Product(n * (n + 1) / 2, b)),
    (SumOver(Product(a**2, b), a, 1, n), Product(n * (n + 1) * (2 * n + 1) / 6, b)),
    (Quotient(b, n), Product(1 / n, b)),
    (Quotient(Quotient(b, n), C), Product(1 / (n * C), b)),
    (Total(minus(ones, Power(b, 2))), minus(n, NormSquared(b))),
    (Product(T - t, H.h[t]), minus(Product(T, H.h[t]), Product(t, H.h[t]))),
]


@pytest.mark.parametrize("left, right", SAME, ids=str)
def test_numbers_of_sizes_and_steps_agree(left, right):
    assert verdict(left, right) == "agrees"


FEW = [(SumOver(1, a, 1, n - 2), n - 2), (SumOver(b, a, 3, n), Product(n - 2, b)), (SumOver(Where(1, Relation("<", 2, a)), a, 1, n), n - 2)]


@pytest.mark.parametrize("left, right", FEW, ids=str)
def test_what_is_right_but_for_the_smallest_size_differs(left, right):
    assert verdict(left, right) == "differs"


DEGREES = [
    (Product(n, b), {"n": 1}, {}),
    (Product(n, n, C, b), {"n": 2, "C": 1}, {}),
    (Product(n**2 * (C + 1), b), {"n": 2, "C": 1}, {}),
    (Quotient(b, n + C), {"n": 1, "C": 1}, {}),
    (Plus(Quotient(b, n), Quotient(b, n)), {"n": 1}, {}),  # one denominator
    (Plus(Quotient(b, n), Quotient(b, n + 1)), {"n": 2}, {}),  # two
    (Product(1 / n, 1 / n, b), {"n": 2}, {}),
    (Power(Product(n, b), 3), {"n": 3}, {}),
    (Hadamard(tanh(Product(n, b)), tanh(Product(n, n, b))), {"n": 3}, {}),
    (SumOver(Product(a, b), a, 1, n), {"n": 1}, {"n": 1}),
    (Total(ones), {}, {"n": 1}),
    (Total(Plus(1, b)), {}, {"n": 1}),
    (Plus(b, Hadamard(b, b)), {}, {}),
    (Entry(b, a + 3), {}, {}),  # an index is no number
    (Product(T - t, H.h[t]), {T.name: 1, "t": 1}, {}),
]


@pytest.mark.parametrize("term, written, unwritten", DEGREES, ids=str)
def test_degrees(term, written, unwritten):
    assert degrees(MODELS["H"], (term,)) == written and degrees(MODELS["H"], (term,), written=False) == unwritten


def test_choices_are_as_many_as_the_degrees_ask_for():
    tried = choices(MODELS["H"], (Product(n, n, C, T, b),), 10)
    assert len(tried.powers) + 1 == 3 * 2 and len(tried.at_powers) == 1 + of_steps(MODELS["H"], (Product(T, b),)) == 2
    assert len({tuple(chosen.items()) for chosen in (tried.first, *tried.powers)}) == 6
    assert all(chosen[name] >= least for chosen in tried.powers for name, least in fewest(MODELS["H"], (Product(n, b),)).items())
    assert verdict(Product(prod(n - j for j in range(50, 50 + MOST)), b), NOTHING) == "undecided"


# --- what a model sets apart --------------------------------------------------------------------------------------------------


def network(loss, extra=lambda b, t: 0):
    """tanh units with a loss of their states: (h, sizes, length, other length) -> loss."""
    net = Network("late")
    (n,) = net.sizes("n")
    t, j = net.time("t", length="T"), net.time("j", length="S")
    x, g, W, b = net.input("x", n, at=t), net.input("g", n, at=j), net.weight("W", n, n), net.weight("b", n)
    h, L = net.state("h", n, at=t), net.state("L")
    more = extra(b, t)
    net.define(h[t], tanh(Plus(W * h[t - 1] + x[t], *([more] if more else []))))
    net.define(L, loss(h, g, net.length("T"), net.length("S")))
    return net.model(loss=L), h, g, W, b


def late(h, first, last):
    return SumOver(NormSquared(h[t]), t, first, last)


LATE = [
    (lambda h, g, T, S: late(h, 9, T), None),
    (lambda h, g, T, S: late(h, 1, T - 12), None),
    (lambda h, g, T, S: late(h, 1, T), lambda b, t: Where(b, Relation("<=", Integer(30), t))),
]


@pytest.mark.parametrize("loss, extra", LATE)
def test_a_loss_that_begins_late_is_reached(loss, extra):
    model, _, _, W, b = network(loss, extra or (lambda b, t: 0))
    of = b if extra else W
    assert verdict(Adjoint(of), Product(0, of), model) == "differs"


PARTIAL = [(lambda h, n: SumOver(Entry(h, k), k, 1, n - 1), 1), (lambda h, n: SumOver(Entry(h, k), k, 1, n - 12), 0),
           (lambda h, n: SumOver(Entry(h, k), k, 3, n), 1), (lambda h, n: Entry(h, 3), 0)]  # fmt: skip


@pytest.mark.parametrize("loss, claimed", PARTIAL)
def test_entries_that_the_loss_leaves_out_are_seen(loss, claimed):
    model, h, *_ = network(lambda h, g, T, S: loss(h[T], n))
    last = model.indices[0].upper
    assert verdict(Entry(Adjoint(h[last]), u), Integer(claimed), model) == "differs"


def test_lengths_of_a_model_are_not_the_same():
    j = Symbol("j")
    model, h, g, _, b = network(lambda h, g, T, S: Plus(SumOver(Product(g[j].T, h[T]), j, 1, S), late(h, 1, T)))
    T, S = (i.upper for i in model.indices)

    def claimed(length, at):
        return Plus(SumOver(g[k], k, 1, length), Product(2, h[at]))

    right = {(length, at): verdict(Adjoint(h[T]), claimed(length, at), model) for length, at in ((S, T), (T, T), (S, S))}
    assert right == {(S, T): "agrees", (T, T): "differs", (S, S): "differs"}
    assert verdict(Product(T - S, b), Product(0, b), model) == "differs"


def test_a_size_with_the_name_of_a_length_changes_no_length():
    net = Network("leg")
    (m,) = net.sizes("m")
    t, T = net.time("t", length="T"), net.length("T")
    x, c, h, L = net.input("x", m, at=t), net.weight("c", T), net.state("h", m, at=t), net.state("L")
    net.define(h[t], tanh(h[t - 1] + x[t]))
    net.define(L, late(h, 1, T))
    late_ones = Product(Total(c), SumOver(h[k], k, 9, T))
    assert verdict(late_ones, Product(0, h[T]), net.model(loss=L)) == "differs"
    found = agreement(Question(net.model(loss=L), late_ones, Product(0, h[T])))
    assert found.where.startswith("T = 9;")
