"""What the second route remembers: enough that a longer sequence costs its new steps, not so much that memory grows without end."""

from dataclasses import replace

import pytest
from prover_models import MODELS, H, t
from prover_right import RIGHT

from symbolic.field import memory, route
from symbolic.field.meaning import Nowhere
from symbolic.field.memory import Memory
from symbolic.field.route import Question, _compared, _world
from symbolic.field.sizes import sizes
from symbolic.language import Adjoint, Diag, Partial, Product, ProductOver, SumOver, Transpose, log, tanh
from symbolic.language.effort import Budget

W, T = H.W, H.T
s, r = (t.func(name) for name in "sr")


@pytest.fixture(autouse=True)
def small_generations(monkeypatch):
    monkeypatch.setattr(memory, "GENERATION", 100)
    monkeypatch.setattr(Memory, "young_bytes", 0)


def test_what_is_asked_for_stays_and_the_rest_is_forgotten():
    kept = Memory()
    for number in range(10):
        kept.put(number, number, 60)
        assert kept.get(0) == 0
        Memory.tidy()
    assert kept.get(9) == 9 and kept.get(2) is None


def test_all_memories_share_one_space():
    one, other = Memory(), Memory()
    one.put("a", 1, 60)
    for _ in range(2):
        other.put("b", 2, 101)
        Memory.tidy()
    assert one.get("a") is None and other.get("b") == 2


def spent(question, last):
    purse = Budget(10**9)
    assert _compared(replace(question, purse=purse), range(1, last + 1), False).verdict == "agrees"
    return purse.used


CLOSED, PEELED = "adjoint: closed", "written out: what factors add, summed, the last one peeled"


def asked(name):
    key, left, right, free, *_ = RIGHT[name]
    model = MODELS[key]
    return Question(model, left, right, free, sums=frozenset(a.family for a in model.assumptions))


@pytest.mark.parametrize("name", [CLOSED, PEELED])
def test_a_longer_sequence_costs_its_new_steps(name, monkeypatch):
    """Pairs of steps, so their square; anew at every length it would be the third power."""
    monkeypatch.setattr(route, "GENERATION", 1 << 25)
    assert spent(asked(name), 40) < 5 * spent(asked(name), 20)


def test_a_full_memory_costs_more(monkeypatch):
    monkeypatch.setattr(route, "GENERATION", 1 << 25)
    enough = spent(asked(CLOSED), 10)
    monkeypatch.setattr(route, "GENERATION", 1 << 12)
    assert spent(asked(CLOSED), 10) > 2 * enough


def test_values_are_the_same_however_much_is_forgotten(monkeypatch):
    factor = Product(Diag(1 - H.h[r] ** 2), W)
    term = SumOver(Product(Transpose(ProductOver(factor, r, t + 1, s, "descending")), H.h[s]), s, t, T)
    values = []
    for generation in (1 << 25, 0):
        monkeypatch.setattr(memory, "GENERATION", generation)
        question = Question(MODELS["H"], term, term)
        route._WORLDS.clear()
        worlds = [_world(question, sizes(question.model, (term,)), length, False) for length in (3, 5, 7)]
        values.append([w.evaluate(term, {t: 2}).value.tolist() for w in worlds])
    assert values[0] == values[1]


def test_values_alone_hold_nothing_that_they_were_computed_from():
    """A derivative of the same term has the tape all the same, and so has a logarithm, which asks for factors."""
    term = Product(W, H.h[t])
    world = _world(Question(MODELS["H"], term, term), sizes(MODELS["H"], (term,)), 3, False)
    assert not world.evaluate(term, {t: 2}).parents and world.evaluate(term, {t: 2}, traced=True).parents
    by_h = world.evaluate(Partial(tanh(term), H.h[t], "immediate"), {t: 2}).value
    assert by_h.any() and world.evaluate(Adjoint(H.h[t]), {t: 2}).value.any()
    square = Product(Transpose(H.b), H.b)
    logs = Question(MODELS["H"], log(Product(square, square)), Product(2, log(square)))
    assert _compared(logs, range(1, 2), False).verdict == "agrees"


def test_values_alone_have_the_bounds_of_what_they_were_computed_from():
    """A degree that is lost makes an accident look less likely than it is."""
    for term in (Product(W, W, H.h[t]), ProductOver(W, r, 1, t, "descending"), SumOver(H.h[s] ** 3, s, 1, t)):
        world = _world(Question(MODELS["H"], term, term), sizes(MODELS["H"], (term,)), 5, False)
        one, other = (world.evaluate(term, {t: 4}, traced).bound for traced in (False, True))
        assert one == other and one.total > 1


def test_what_exists_at_a_greater_length_need_not_exist_at_a_smaller_one():
    term = Product(W, H.h[t + 1])
    question = Question(MODELS["H"], term, term)
    longer, shorter = (_world(question, sizes(question.model, (term,)), length, False) for length in (4, 3))
    assert longer.evaluate(term, {t: 3}).value.any()
    with pytest.raises(Nowhere):
        shorter.evaluate(term, {t: 3})
