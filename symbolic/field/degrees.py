"""How high powers of sizes, lengths and steps stand in formulas as numbers, so that it is known how many values of them to try.

Two polynomials in n of degree D that agree at D + 1 values of n are the same: (n - 6)(n - 9) b vanishes at two sizes, n - m - 2
on a whole line of them.  Denominators are cleared, so that each different one adds its degree; so does each argument of a
function, since f(n x) and f(6 x) are the same at n = 6 alone.  What is summed over nothing, as 1ᵀ1, is a size as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from sympy import Add, Expr, Pow, Symbol
from sympy.core.basic import Basic

from .. import language as L
from ..model import Model
from .sizes import BINDERS

Part = tuple[str, Basic | None]
"""A letter, and where its power stands: None for above the fraction bar, else the denominator or argument."""

Degrees = Counter[Part]


class Counted:
    """Degrees of formulas about a model; `of` is remembered for each term.

    written     whether numbers that are written out are counted, or what stands in the model and sums over nothing
    """

    def __init__(self, model: Model, written: bool):
        self.written = written
        self.states = {e.left.name for e in model.equations}
        self.known: dict[Basic, Degrees] = {}
        self.deep: Degrees = Counter()
        if not written:
            own = Counted(model, True)
            self.deep = _sum(own.of(e.right) for e in model.equations)

    def of(self, term: Basic) -> Degrees:
        found = self.known.get(term)
        if found is None:
            found = self.known[term] = _RULES.get(type(term), _inside)(self, term)
        return found

    def loops(self, *legs: Expr) -> Degrees:
        """One for each leg that may be summed over nothing."""
        return Counter() if self.written else Counter((s.name, None) for leg in legs for s in leg.free_symbols)


def _sum(found: Iterable[Degrees]) -> Degrees:
    total: Degrees = Counter()
    for degrees in found:
        total.update(degrees)
    return total


def _most(found: Iterable[Degrees]) -> Degrees:
    total: Degrees = Counter()
    for degrees in found:
        total |= degrees
    return total


def _times(degrees: Degrees, times: int) -> Degrees:
    return Counter({part: number * times for part, number in degrees.items()})


def _apart(degrees: Degrees, where: Basic) -> Degrees:
    """All of them as those of one denominator or argument."""
    total: Degrees = Counter()
    for (letter, _), number in degrees.items():
        total[letter, where] += number
    return total


def _inside(counted: Counted, term: Basic) -> Degrees:
    """Factors, and what stands in other heads."""
    return _sum(counted.of(a) for a in term.args if isinstance(a, (L.Term, Expr)))


def _first(counted: Counted, term: Basic) -> Degrees:
    """What follows the first are indices and legs, which are no numbers."""
    return counted.of(term.args[0])


def _added(counted: Counted, term: Basic) -> Degrees:
    return _most(counted.of(a) for a in term.args if isinstance(a, (L.Term, Expr)))


def _plus(counted: Counted, term: Basic) -> Degrees:
    own = _constant(counted, term) if any(L.is_number(a) for a in term.args) else Counter()
    return _added(counted, term) + own


def _quotient(counted: Counted, term: Basic) -> Degrees:
    above, below = term.args
    return counted.of(above) + _apart(counted.of(below), below)


def _power(counted: Counted, term: Basic) -> Degrees:
    base, exponent = term.args
    times = max(1, abs(int(exponent))) if exponent.is_Rational else 1
    own = _times(counted.of(base), times)
    return own if exponent.is_Integer and exponent > 0 else _apart(own, base)


def _letter(counted: Counted, term: Basic) -> Degrees:
    assert isinstance(term, Symbol)
    return Counter({(term.name, None): 1}) if counted.written else Counter()


def _quantity(counted: Counted, term: Basic) -> Degrees:
    return counted.deep if not isinstance(term, L.Var) or term.name in counted.states else Counter()


def _filled(counted: Counted, term: Basic) -> Degrees:
    return counted.of(term.args[0]) + _constant(counted, term)


def _constant(counted: Counted, term: Basic) -> Degrees:
    return counted.loops(*sum(L.shape_of(term), ()))


def _bound(counted: Counted, term: Basic) -> Degrees:
    """What depends on the letter itself, as k in Σ_k k b_k, becomes a number of what the range ends with."""
    inner, ends = counted.of(term.args[0]), {s.name for end in term.args[2:4] for s in end.free_symbols}
    letter = term.args[1].name
    own: Degrees = Counter()
    for (name, where), number in inner.items():
        for each in ends if name == letter else (name,):
            own[each, where] += number
    return own + counted.loops(*term.args[2:4])


_RULES: dict[type, Callable[[Counted, Basic], Degrees]] = {
    **dict.fromkeys((L.Var, L.Adjoint, L.Partial), _quantity),
    **dict.fromkeys((L.Identity, L.Commute), _constant),
    **dict.fromkeys((L.Entry, L.Block, L.Reshape), _first),
    **dict.fromkeys((L.Power, Pow), _power),
    **dict.fromkeys(BINDERS, _bound),
    Symbol: _letter,
    Add: _added,
    L.Concat: lambda counted, term: _most(map(counted.of, term.args[1:])),
    L.Unit: lambda counted, term: Counter(),
    L.Plus: _plus,
    L.Quotient: _quotient,
    L.NormSquared: lambda counted, term: _times(counted.of(term.args[0]), 2),
    L.Apply: lambda counted, term: _apart(counted.of(term.x), term),
    L.Filled: _filled,
}
"""How heads count; in the others all that stands in them counts."""


def degrees(model: Model, terms: Iterable[Basic], written: bool = True) -> Counter[str]:
    """The degree in each letter of what is left when the denominators of all are cleared."""
    counted = Counted(model, written)
    total: Counter[str] = Counter()
    for (letter, _), number in _most(map(counted.of, terms)).items():
        total[letter] += number
    return total


def of_steps(model: Model, terms: Iterable[Basic]) -> int:
    """The degree in all letters that are not sizes: lengths and steps."""
    sizes = {s.name for f in model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols}
    lengths = {i.upper.name for i in model.indices}
    return sum(number for letter, number in degrees(model, terms).items() if letter not in sizes - lengths)
