"""Route A: is left = right for every size and every length?

The difference of the two sides is brought to normal form.  It is zero in a region of the free times, or the region is cut
where a question is open, or a residual is left.  Where adjoints of recurrent variables are involved, they are tried as atoms
first, then with their recurrence used once on either side, then taken forward to one step (those on the left, then all), then
in closed form, with states that are linear in their own past written out, then by induction over time backwards: a claim about
an adjoint holds iff it has the derived value at t = T and satisfies the derived recurrence (its solution is unique).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from sympy.core.basic import Basic

from ..language import (
    Adjoint,
    Relation,
    describe,
    is_number,
    shape_of,
)
from ..language.effort import BudgetExceeded
from ..model import Model
from .adjoint_rules import LEVELS, Rule, levelled, replaced
from .algebra import NeedsPolynomialBasis
from .cases import in_cases
from .convert import Converter
from .definitions import Definitions, earliest
from .domain import Domain
from .first_step import from_the_start
from .letters import free_symbols, substituted
from .networks import (
    Budget,
    Condition,
    Constraint,
    Poly,
    Undefined,
    Unsupported,
    add,
    scaled,
    times_of,
)
from .regions import INFINITE, Region, Split
from .residuals import rewritten
from .time import Settler
from .written_out import by_exponentials

STEPS, STEP = 400_000, 4
"""Budget of one proof, in steps of the normal form; what a step costs beside an evaluation (see `language.effort`)."""

NO_KINK = Condition("z!=0")
"""Listed where a slope of ReLU occurs: no pre-activation is exactly zero."""

DEEPEST = 40
"""Nested case distinctions on the free times; real formulas need a handful."""

Pairs = list[tuple[Basic, Basic, Domain]]
"""Equalities that must all hold, each in its domain."""


@dataclass(frozen=True)
class Facts:
    """What the derivation says, as plain terms.

    recurrences  of the adjoints that stay atoms: δ_t by δ_{t+1} (which is 0 beyond the last step)
    eliminated   of all other adjoints, in terms of those
    closed       closed forms without adjoints, where there are
    unrolled     states that are linear in their own past, without it
    """

    recurrences: dict[str, Rule] = field(default_factory=dict)
    eliminated: dict[str, Rule] = field(default_factory=dict)
    closed: dict[str, Rule] = field(default_factory=dict)
    unrolled: dict[str, Rule] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """`proved` with its method and assumptions, or the regions in which a difference is left, or why it was not decided."""

    proved: bool
    method: str = "normal-form"
    assumes: tuple[str, ...] = ()
    steps: int = 0
    failing: tuple[str, ...] = ()
    reason: str = ""


class Prover:
    """Proves equalities of one model; `facts` come from the derivation, the prover itself never differentiates."""

    def __init__(self, model: Model, facts: Facts):
        self.model, self.facts = model, facts
        self.definitions = Definitions(model, facts.unrolled)
        self.unused: dict[tuple[frozenset[str], frozenset[str]], Converter] = {}
        self.converters: dict[tuple[frozenset[str], frozenset[str]], Converter] = {}
        self.length = model.time.upper.name if model.time else ""
        self.lowest = {i.upper.name: i.lower for i in model.indices} | {i.symbol.name: i.lower for i in model.indices}
        self.before = model.time.lower - 1 if model.time else 0

    def equal(
        self, left: Basic, right: Basic, domain: Domain, need_labels: bool = False, purse: Budget | None = None
    ) -> Outcome:
        """Whether left = right everywhere in the domain; the fewest assumptions are tried first.

        `need_labels`: it is known to fail without the assumption on labels, which is not tried then.  `purse` pays for it.
        """
        if not _comparable(left, right):
            return Outcome(False, reason=f"a side is {describe(shape_of(left))}, the other {describe(shape_of(right))}")
        if not domain.regions(self.model):
            return Outcome(False, reason="no step satisfies the conditions")
        budget = Budget(STEPS if purse is None else min(STEPS, purse.left // STEP))
        self.converters.clear()  # what is proved, and in how many steps, does not depend on what was asked before
        last = Outcome(False)
        for sides in self.ways(left, right, domain):
            tried = self._equal(*sides, domain, need_labels, budget)
            last = tried if tried.proved or (not last.reason and not last.failing) else last
            if last.proved or budget.left <= 0:
                break
        if purse is not None:
            purse.spend(min(budget.used * STEP, purse.left))
        return last

    def ways(self, left: Basic, right: Basic, domain: Domain) -> Iterator[tuple[Basic, Basic]]:
        """The sides without case distinctions in functions, as they stand, and with curves written out."""
        cased = in_cases(self.model, left, right, domain)
        if cased is not None:
            yield cased
        yield left, right
        written = by_exponentials(self.model, *(cased or (left, right)), domain)
        if written is not None:
            yield written

    def _equal(self, left: Basic, right: Basic, domain: Domain, need_labels: bool, budget: Budget) -> Outcome:
        last = Outcome(False)
        try:
            for labels, zero in self._assumptions():
                if need_labels and not labels:
                    continue
                at_start = self._from_the_start(left, right, domain, zero)
                for method, pairs in chain(self._strategies(left, right, domain), at_start):
                    outcome = self._try(pairs, labels, zero, budget, method)
                    if outcome.proved:
                        return outcome
                    last = outcome if outcome.failing or not last.failing else last
        except BudgetExceeded:
            return Outcome(False, steps=budget.used, reason="budget used up")
        except Undefined as error:
            return Outcome(False, steps=budget.used, reason=str(error))
        return last

    def _assumptions(self) -> Iterable[tuple[tuple, frozenset[str]]]:
        """Subsets of what may be assumed, smallest first: sums of labels, then zero initial values."""
        labels = tuple(a for a in self.model.assumptions if a.kind == "sum_to_one")
        zero = self.model.zero_initial
        yield (), frozenset()
        if labels:
            yield labels, frozenset()
        if zero:
            yield (), zero
        if labels and zero:
            yield labels, zero

    def _strategies(self, left: Basic, right: Basic, domain: Domain) -> Iterator[tuple[str, Pairs]]:
        """Pairs to compare and the domain of each, cheapest first."""
        yield "normal-form", [(left, right, domain)]
        left, right = (self._replaced(x, self.facts.eliminated) for x in (left, right))
        unfolded_left, unfolded_right = (self._replaced(x, self.facts.recurrences) for x in (left, right))
        if unfolded_left != left:
            yield "normal-form", [(unfolded_left, right, domain)]
        own = {a.variable.name for a in left.atoms(Adjoint)}
        of_left = {name: rule for name, rule in self.facts.recurrences.items() if name in own}
        forward = levelled(self.model, left, right, of_left)
        if forward not in ((left, right), (unfolded_left, right), (left, unfolded_right)):  # others stay as they are
            yield "normal-form", [(*forward, domain)]
        if unfolded_right != right:
            yield "normal-form", [(left, unfolded_right, domain)]
        level = levelled(self.model, left, right, self.facts.recurrences)
        if level not in ((left, right), (unfolded_left, right), (left, unfolded_right), forward):
            yield "normal-form", [(*level, domain)]
        closed_left, closed_right = (self._replaced(x, self.facts.closed) for x in (left, right))
        if (closed_left, closed_right) != (left, right):
            yield "normal-form", [(closed_left, closed_right, domain)]
        defined = self.definitions.once
        for old, sides in ((left, (defined(left), right)), (right, (left, defined(right)))):
            if old not in sides:
                yield "normal-form", [(*sides, domain)]
        both = defined(level[0]), defined(level[1])
        if level[0] != both[0] and level[1] != both[1]:
            yield "normal-form", [(*both, domain)]
        back = level
        for _ in range(LEVELS):
            first = earliest(back, self.definitions.rules)
            back = defined(back[0], first), defined(back[1], first)
        if back != level:
            yield "normal-form", [(*back, domain)]
        for sides in dict.fromkeys(((left, right), (closed_left, closed_right))):
            written = self.definitions.unrolled(sides[0]), self.definitions.unrolled(sides[1])
            if written != sides:
                yield "normal-form", [(*written, domain)]
        yield from self._induction(left, right, domain)

    def _from_the_start(self, left: Basic, right: Basic, domain: Domain, zero: frozenset[str]) -> Iterator[tuple[str, Pairs]]:
        """Values at the first step by their equations, where those before it are assumed to be zero."""
        sides = (from_the_start(self.model, left, zero), from_the_start(self.model, right, zero)) if zero else (left, right)
        if sides != (left, right):
            yield "normal-form", [(*sides, domain)]

    def _induction(self, left: Basic, right: Basic, domain: Domain) -> Iterator[tuple[str, Pairs]]:
        """δ_t = C(t): C(T) is the boundary value and C satisfies the recurrence."""
        if not isinstance(left, Adjoint) or left.variable.name not in self.facts.recurrences or len(domain.free) != 1:
            return
        symbol, lower, upper = domain.free[0]
        if left.variable.indices != (symbol,) or domain.conditions:
            return
        if symbol in free_symbols(upper) | free_symbols(lower):
            return
        rule = self._replaced(left, self.facts.recurrences)
        following = Adjoint(left.variable.moved(symbol + 1))
        step = rule.xreplace({following: substituted(right, {symbol: symbol + 1})})
        yield (
            "induction",
            [
                (rule, right, Domain(domain.free, (Relation("=", symbol, upper),))),
                (step, right, Domain(domain.free, (Relation("<", symbol, upper),))),
            ],
        )

    def _replaced(self, term: Basic, rules: dict[str, Rule]) -> Basic:
        """The term with every adjoint that has a rule replaced by its right side, once."""
        return replaced(self.model, term, rules)

    def _try(self, pairs: Pairs, labels: tuple, zero: frozenset[str], budget: Budget, method: str) -> Outcome:
        polynomial: frozenset[str] = frozenset()
        while True:
            try:
                converter = self._converter(frozenset(a.family for a in labels), polynomial, budget)
                converter.algebra.conditions = set()
                failing: list[str] = []
                for left, right, domain in pairs:
                    failing += self._differences(converter, left, right, domain, zero)
                break
            except NeedsPolynomialBasis as need:
                # names of anonymous heads hold in one converter only; all leave the slope basis then
                wanted = need.head if need.head.startswith("var:") else "*"
                if wanted in polynomial:
                    return Outcome(False, method, reason="a denominator that cannot be factored")
                polynomial |= {wanted}
            except Unsupported as error:
                return Outcome(False, method, steps=budget.used, reason=str(error))
        if any(
            c.head in {"var:" + name for name in zero} and self._may_be_zero(c, pairs) for c in converter.algebra.conditions
        ):
            return Outcome(False, method, steps=budget.used, reason="division by a value before the first step, which is zero")
        assumes = [a.text for a in labels] + [f"{name}_0=0" for name in sorted(zero)]
        regions = [region for *_, domain in pairs for region in domain.regions(self.model)]
        conditions = sorted({c.text for c in converter.algebra.conditions if not _idle(c, regions)})
        if failing:
            return Outcome(False, method, tuple(assumes + conditions), budget.used, tuple(failing))
        return Outcome(True, method, tuple(assumes + conditions), budget.used)

    def _may_be_zero(self, condition: Condition, pairs: Pairs) -> bool:
        """Whether the value that must not vanish may stand before the first step."""
        assert condition.time is not None
        point, offset = condition.time
        if point == "":
            return offset <= self.before
        regions = [region for *_, domain in pairs for region in domain.regions(self.model)]
        return not all(region.bound("", point) <= offset - self.before - 1 for region in regions)

    def _converter(self, labels: frozenset[str], polynomial: frozenset[str], budget: Budget) -> Converter:
        key = (labels, polynomial)
        converter = self.converters.get(key)
        if converter is None:
            if key not in self.unused:
                eliminated, recurrences = self.facts.eliminated, self.facts.recurrences
                self.unused[key] = Converter(self.model, eliminated, Budget(STEPS), labels, polynomial, recurrences)
            converter = self.converters[key] = self.unused[key].twin()
        converter.algebra.budget = budget
        return converter

    def _differences(self, c: Converter, left: Basic, right: Basic, domain: Domain, zero: frozenset[str]) -> list[str]:
        left_poly, right_poly = c.polys((left, right), {s.name for s, _, _ in domain.free})
        if any(map(c.algebra.has_indicator, (left_poly, right_poly))):
            c.algebra.conditions.add(NO_KINK)
        difference = add([left_poly, scaled(right_poly, -1)])
        heads = frozenset("var:" + name for name in zero)
        result: list[str] = []
        for region in domain.regions(self.model, _points(difference)):
            result += self._in_region(c, difference, region, heads, 0)
        return result

    def _in_region(self, c: Converter, poly: Poly, region: Region, zero: frozenset[str], depth: int) -> list[str]:
        if region.empty:
            return []
        if depth > DEEPEST:
            raise Unsupported("too many cases of the free times")
        cut: Constraint | None = None
        residual: Poly = {}
        settler = Settler(c.algebra, region, self.length, zero, self.before, c.at_last)
        try:
            residual, _ = rewritten(c, settler.settled(poly), settler)
        except Split as split:
            cut = split.constraint
        if cut is None:
            if not residual:
                return []
            cut = self._end(region)
            if cut is None:
                return [_describe(region, self.lowest)]
        return [text for half in region.halves(cut) for text in self._in_region(c, poly, half, zero, depth + 1)]

    def _end(self, region: Region) -> Constraint | None:
        """An undecided question whether a free time stands at an end, where boundary values apply."""
        for p in region.points:
            for q in region.points:
                if p != q and p != "" and (q == "" or q in region.lengths) and p not in region.lengths:
                    constraint = (p, "", 1) if q == "" else (q, p, 0)
                    if region.decides(constraint) is None:
                        return constraint
        return None


def _comparable(left: Basic, right: Basic) -> bool:
    """Whether the sides have the same entries, in row-major order, or one is a number that stands in every entry."""
    legs = [sum(shape_of(side), ()) for side in (left, right)]
    return legs[0] == legs[1] or is_number(left) or is_number(right)


def _idle(condition: Condition, regions: Iterable[Region]) -> bool:
    """Whether a condition concerns steps that do not occur in the regions."""
    point, low, high = condition.point, condition.low, condition.high
    if point is None:
        return False
    if point == "":
        return (high is not None and high < 0) or (low is not None and low > 0)
    return all(
        (high is not None and -r.bound("", point) > high) or (low is not None and r.bound(point, "") < low) for r in regions
    )


def _points(poly: Poly) -> set[str]:
    """The free time points of a polynomial."""
    found: set[str] = set()
    for mono in poly:
        found |= {p for p, _ in times_of(mono)}.union(*(c[:2] for c in mono.constraints)) - set(mono.times)
    return found - {""}


def _describe(region: Region, lowest: dict[str, int]) -> str:
    """What sets a region apart, in words, such as "T = 1" or "t <= T - 1"; that T is at least `lowest` goes without saying."""
    words = []
    for a in region.points:
        for b in region.points:
            if a >= b:
                continue
            high, low = region.bound(b, a), -region.bound(a, b)  # low <= b - a <= high
            if high == low:
                words.append(f"{b} = {_plus(a, high)}")
            elif a == "" and lowest.get(b) != low and low > -INFINITE:
                words.append(f"{b} >= {_plus(a, low)}")
            elif a == "" and high < INFINITE:
                words.append(f"{b} <= {_plus(a, high)}")
    return ", ".join(dict.fromkeys(words)) or "any length"


def _plus(point: str, number: int) -> str:
    if not point:
        return str(number)
    return point if not number else f"{point} {'+' if number > 0 else '-'} {abs(number)}"
