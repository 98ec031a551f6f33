"""Route A: is left = right for every size and every length?

The difference of the two sides is brought to normal form.  It is zero in a region of the free times, or the region is cut
where a question is open, or a residual is left.  Where adjoints of recurrent variables are involved, they are tried as atoms
first, then with their recurrence used once on either side, then in closed form, then by induction over time backwards: a
claim about an adjoint holds iff it has the derived value at t = T and satisfies the derived recurrence (its solution is
unique).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from ..language import Adjoint, Relation, Var, affine
from ..model import Model
from .algebra import NeedsPolynomialBasis
from .convert import Converter
from .networks import Budget, BudgetExceeded, Constraint, Edge, Monomial, Poly, Undefined, Unsupported, add, relabelled, scaled
from .regions import INFINITE, Region, Split
from .time import Settler

STEPS = 400_000
"""Budget of one judgement, in steps of the normal form."""

NO_KINK = "z!=0"
"""Listed where a slope of ReLU occurs: no pre-activation is exactly zero."""

DEEPEST = 40
"""Nested case distinctions on the free times; real formulas need a handful."""

Rule = tuple[Var, Basic]
"""An adjoint rule: the variable at its own letters, the term its adjoint equals."""


@dataclass(frozen=True)
class Facts:
    """What the derivation says, as plain terms.

    recurrences  of the adjoints that stay atoms: δ_t by δ_{t+1} (which is 0 beyond the last step)
    eliminated   of all other adjoints, in terms of those
    closed       closed forms without adjoints, where there are
    """

    recurrences: dict[str, Rule] = field(default_factory=dict)
    eliminated: dict[str, Rule] = field(default_factory=dict)
    closed: dict[str, Rule] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """`proved` with its method and assumptions, or the regions in which a difference is left, or why it was not decided."""

    proved: bool
    method: str = "normal-form"
    assumes: tuple[str, ...] = ()
    steps: int = 0
    failing: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Domain:
    """The free times and what is known of them."""

    free: tuple[tuple[Symbol, Expr, Expr], ...] = ()
    conditions: tuple[Relation, ...] = ()

    def regions(self, model: Model) -> list[Region]:
        """The regions that make up the domain, with the free times in a settled order."""
        lengths = frozenset(i.upper.name for i in model.indices)
        base: list[Constraint] = [("", i.upper.name, -i.lower) for i in model.indices]
        for symbol, lower, upper in self.free:
            (low, a), (high, b) = _time(lower), _time(upper)
            base += [(low, symbol.name, -a), (symbol.name, high, b)]
        alternatives: list[list[Constraint]] = [base]
        for condition in self.conditions:
            (p, a), (q, b) = _time(condition.args[1]), _time(condition.args[2])
            below, above = (p, q, b - a), (q, p, a - b)
            choices = {
                "=": [[below, above]], "<=": [[below]], "<": [[(p, q, b - a - 1)]],
                "!=": [[(p, q, b - a - 1)], [(q, p, a - b - 1)]],
            }[condition.op]
            alternatives = [old + new for old in alternatives for new in choices]
        regions = [Region(c, lengths) for c in alternatives]
        names = sorted({s.name for s, _, _ in self.free})
        for i, p in enumerate(names):
            for q in names[i + 1 :]:
                regions = [
                    part
                    for region in regions
                    for part in (
                        region.with_((p, q, -1)), region.with_((p, q, 0), (q, p, 0)), region.with_((q, p, -1))
                    )
                ]
        return [r for r in regions if not r.empty]


def _time(index: Expr) -> tuple[str, int]:
    point, offset = affine(index)
    return ("" if point is None else point.name), offset


class Prover:
    """Proves equalities of one model; `facts` come from the derivation, the prover itself never differentiates."""

    def __init__(self, model: Model, facts: Facts):
        self.model, self.facts = model, facts
        self.converters: dict[tuple[frozenset[str], frozenset[str]], Converter] = {}
        self.length = model.time.upper.name if model.time else ""
        self.lowest = {i.upper.name: i.lower for i in model.indices} | {i.symbol.name: i.lower for i in model.indices}
        self.before = model.time.lower - 1 if model.time else 0

    def equal(self, left: Basic, right: Basic, domain: Domain, need_labels: bool = False) -> Outcome:
        """Whether left = right everywhere in the domain; the fewest assumptions are tried first.

        `need_labels`: it is known to fail without the assumption on labels, which is not tried then.
        """
        budget = Budget(STEPS)
        last = Outcome(False)
        try:
            for labels, zero in self._assumptions():
                if need_labels and not labels:
                    continue
                for method, pairs in self._strategies(left, right, domain):
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

    def _strategies(self, left: Basic, right: Basic, domain: Domain):
        """Pairs to compare and the domain of each, cheapest first."""
        yield "normal-form", [(left, right, domain)]
        unfolded_left, unfolded_right = (_replaced(x, self.facts.recurrences) for x in (left, right))
        if unfolded_left != left:
            yield "normal-form", [(unfolded_left, right, domain)]
        if unfolded_right != right:
            yield "normal-form", [(left, unfolded_right, domain)]
        closed_left, closed_right = (_replaced(x, self.facts.closed) for x in (left, right))
        if (closed_left, closed_right) != (left, right):
            yield "normal-form", [(closed_left, closed_right, domain)]
        yield from self._induction(left, right, domain)

    def _induction(self, left: Basic, right: Basic, domain: Domain):
        """δ_t = C(t): C(T) is the boundary value and C satisfies the recurrence."""
        if not isinstance(left, Adjoint) or left.variable.name not in self.facts.recurrences or len(domain.free) != 1:
            return
        symbol, lower, upper = domain.free[0]
        if left.variable.indices != (symbol,) or domain.conditions:
            return
        own, rule = self.facts.recurrences[left.variable.name]
        rule = rule.xreplace(dict(zip(own.indices, (symbol,), strict=True)))
        following = Adjoint(left.variable.moved(symbol + 1))
        step = rule.xreplace({following: right.xreplace({symbol: symbol + 1})})
        yield "induction", [
            (rule, right, Domain(domain.free, (Relation("=", symbol, upper),))),
            (step, right, Domain(domain.free, (Relation("<", symbol, upper),))),
        ]

    def _try(self, pairs, labels: tuple, zero: frozenset[str], budget: Budget, method: str) -> Outcome:
        polynomial: frozenset[str] = frozenset()
        while True:
            converter = self._converter(frozenset(a.family for a in labels), polynomial, budget)
            converter.begin(*(side for left, right, _ in pairs for side in (left, right)))
            try:
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
        assumes = [a.text for a in labels] + [f"{name}_0=0" for name in sorted(zero)]
        conditions = sorted(converter.algebra.conditions)
        if failing:
            return Outcome(False, method, tuple(assumes + conditions), budget.used, tuple(failing))
        return Outcome(True, method, tuple(assumes + conditions), budget.used)

    def _converter(self, labels: frozenset[str], polynomial: frozenset[str], budget: Budget) -> Converter:
        key = (labels, polynomial)
        converter = self.converters.get(key)
        if converter is None:
            converter = self.converters[key] = Converter(self.model, self.facts.eliminated, budget, labels, polynomial)
        converter.algebra.budget = budget
        return converter

    def _differences(self, c: Converter, left: Basic, right: Basic, domain: Domain, zero: frozenset[str]) -> list[str]:
        left_poly, right_poly = c.poly(left), c.poly(right)
        if any(map(c.algebra.has_indicator, (left_poly, right_poly))):
            c.algebra.conditions.add(NO_KINK)
        difference = add([left_poly, scaled(right_poly, -1)])
        heads = frozenset("var:" + name for name in zero)
        result: list[str] = []
        for region in domain.regions(self.model):
            result += self._in_region(c, difference, region, heads, 0)
        return result

    def _in_region(self, c: Converter, poly: Poly, region: Region, zero: frozenset[str], depth: int) -> list[str]:
        if region.empty:
            return []
        if depth > DEEPEST:
            raise Unsupported("too many cases of the free times")
        cut: Constraint | None = None
        residual: Poly = {}
        try:
            residual = Settler(c.algebra, region, self.length, zero, self.before).settled(poly)
            for rewrite in (exponentials, cleared):
                if residual:
                    changed = rewrite(c, residual)
                    if changed is not None:
                        residual = Settler(c.algebra, region, self.length, zero, self.before).settled(changed)
        except Split as split:
            cut = split.constraint
        if cut is None:
            if not residual:
                return []
            cut = self._end(region)
            if cut is None:
                return [_describe(region, self.lowest)]
        return [
            text for half in region.halves(cut) for text in self._in_region(c, poly, half, zero, depth + 1)
        ]

    def _end(self, region: Region) -> Constraint | None:
        """An undecided question whether a free time stands at an end, where boundary values apply."""
        for p in region.points:
            for q in region.points:
                if p != q and p != "" and (q == "" or q in region.lengths) and p not in region.lengths:
                    constraint = (p, "", 1) if q == "" else (q, p, 0)
                    if region.decides(constraint) is None:
                        return constraint
        return None


def _replaced(term: Basic, rules: dict[str, Rule]) -> Basic:
    """The term with every adjoint that has a rule replaced by its right side, once."""
    mapping = {}
    for atom in term.atoms(Adjoint) if isinstance(term, Basic) else ():
        rule = rules.get(atom.variable.name)
        if rule is not None:
            own, right = rule
            mapping[atom] = right.xreplace(dict(zip(own.indices, atom.variable.indices, strict=True)))
    return term.xreplace(mapping) if mapping else term


def cleared(c: Converter, poly: Poly) -> Poly | None:
    """The polynomial times the denominators B^k that stand at free vertices: zero iff it was, since B is not zero."""
    for _ in range(8):
        found: dict[Edge, Fraction | int] = {}
        for mono in poly:
            bound = {v for v, _ in mono.verts}
            for edge, power in mono.edges:
                if power < 0 and c.algebra.heads.known[edge.head].kind == "base" and not bound.intersection(edge.verts):
                    if not any(p in mono.times for p, _ in edge.times):
                        found[edge] = min(found.get(edge, 0), power)
        if not found:
            return poly
        edge, power = min(found.items())
        if power != int(power):
            return None
        factor: Poly = {Monomial(((edge, -power),)): Fraction(1)}
        poly = c.algebra.multiply(poly, factor)
        if not poly:
            return poly
    return None


def exponentials(c: Converter, poly: Poly) -> Poly | None:
    """softmax(z)_i written as exp(z_i) / Σ_c exp(z_c) where it stands at free vertices, with the denominators cleared."""
    changed: list[Poly] = []
    seen = False
    for mono, coefficient in poly.items():
        found = [(e, p) for e, p in mono.edges if e.head in c.softmax_sizes and p == int(p) and p > 0]
        if not found or mono.verts:
            changed.append({mono: coefficient})
            continue
        seen = True
        part: Poly = {mono._replace(edges=tuple(i for i in mono.edges if i not in found)): coefficient}
        for edge, power in found:
            inner = c.argument_of(edge)
            assert inner is not None
            value = c.algebra.apply("exp", inner[1], 1)
            vertex = c.algebra.fresh_vertex()
            moved = add([{relabelled(m, {edge.verts[0]: vertex}): k} for m, k in value.items()])
            total = c.algebra.multiply(moved, {Monomial(()): Fraction(1)}, ((vertex, c.softmax_sizes[edge.head]),))
            quotient = c.algebra.multiply(value, c.algebra.reciprocal(total))
            part = c.algebra.multiply(part, c.algebra.power(quotient, int(power)))
        changed.append(part)
    return cleared(c, add(changed)) if seen else None


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
