"""Case distinctions over steps taken out of functions, denominators and ordered products.

    f(Where(x, c) + y) = Where(f(x + y), c) + Where(f(y), not c)
    ∏_{t=a}^{b} (Where(M, t <= p) + Where(N, p < t)) = ∏_{t=p+1}^{b} N ∏_{t=a}^{p} M      where a <= p < b; else one of them

It is tried where the normal form does not look into a function of a case distinction.  A condition is decided by all that is
known where it stands: the domain, the ranges of the letters around it, other conditions.  One on a letter that is bound inside
the function stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from ..language import (
    Apply,
    Filled,
    Plus,
    Power,
    Product,
    ProductOver,
    Quotient,
    Relation,
    Term,
    Var,
    Where,
    affine,
    at,
    shape_of,
)
from ..language.indices import IndexError_
from ..model import Model
from .domain import Domain
from .letters import BINDERS
from .networks import Constraint
from .regions import Region

MOST = 64
"""Cases of one formula; each condition doubles those of the function it stands in."""

_OPPOSITE = {"=": ("!=", False), "!=": ("=", False), "<": ("<=", True), "<=": ("<", True)}
"""not (a < b) is b <= a."""


def in_cases(model: Model, left: Basic, right: Basic, domain: Domain) -> tuple[Basic, Basic] | None:
    """Both sides without functions of case distinctions, or None where there are none, or too many."""
    if not any(map(_has_cases, (left, right))):
        return None
    lifting, known = _Lifting(), Known.of(model, domain)
    try:
        return lifting.lifted(simplified(left, known), known), lifting.lifted(simplified(right, known), known)
    except TooManyCases:
        return None


def _has_cases(term: Basic) -> bool:
    """Whether a function, a denominator or the factor of a product holds a case distinction."""
    if not isinstance(term, Term) or isinstance(term, Var):
        return False
    inside = _argument(term)
    return (inside is not None and term.args[inside].has(Where)) or any(map(_has_cases, term.args))


class TooManyCases(ValueError):
    """More case distinctions than are worked out."""


@dataclass(frozen=True)
class Known:
    """What is known about letters: a region, and differences a - b that are not c (with a < b)."""

    region: Region
    apart: frozenset[Constraint] = frozenset()

    @classmethod
    def of(cls, model: Model, domain: Domain) -> Known:
        """Every length is at least 1 (or what the model says), free letters keep to their ranges, the conditions hold."""
        known = cls(Region(("", i.upper.name, -i.lower) for i in model.indices))
        for symbol, lower, upper in domain.free:
            known = known.within(symbol, lower, upper)
        for condition in domain.conditions:
            known = known.with_(condition)
        return known

    def within(self, letter: Symbol, lower: Expr, upper: Expr) -> Known:
        """With a letter that runs over a range; another one of that name is forgotten."""
        rest = self
        if letter.name in self.region.points:
            kept = [p for p in self.region.points if p != letter.name]
            bounds = ((a, b, self.region.bound(a, b)) for a in kept for b in kept if a != b)
            apart = frozenset(k for k in self.apart if letter.name not in k[:2])
            rest = Known(Region(k for k in bounds if k[2] < _OPEN), apart)
        if letter in lower.free_symbols | upper.free_symbols:
            return rest
        return rest.with_(Relation("<=", lower, letter)).with_(Relation("<=", letter, upper))

    def with_(self, relation: Relation) -> Known:
        found = _difference(relation)
        if found is None:
            return self
        a, b, c = found
        if relation.op == "!=":
            return Known(self.region, self.apart | {(a, b, c) if a < b else (b, a, -c)})._sharpened()
        more: dict[str, tuple[Constraint, ...]] = {"<=": ((a, b, c),), "<": ((a, b, c - 1),), "=": ((a, b, c), (b, a, -c))}
        return Known(self.region.with_(*more[relation.op]), self.apart)._sharpened()

    def _sharpened(self) -> Known:
        """a - b <= c and a - b != c make a - b <= c - 1."""
        for a, b, c in sorted(self.apart):
            for constraint in ((a, b, c), (b, a, -c)):
                if self.region.bound(*constraint[:2]) == constraint[2] and not self.region.empty:
                    p, q, k = constraint
                    return Known(self.region.with_((p, q, k - 1)), self.apart)._sharpened()
        return self

    def decides(self, relation: Relation) -> bool | None:
        """Whether a condition holds, None where that is open."""
        found = _difference(relation)
        if found is None:
            return None
        a, b, c = found
        if relation.op in ("<=", "<"):
            return self.region.decides((a, b, c - (relation.op == "<")))
        answers = self.region.decides((a, b, c)), self.region.decides((b, a, -c))
        equal = True if answers == (True, True) else False if False in answers else None
        if ((a, b, c) if a < b else (b, a, -c)) in self.apart:
            equal = False
        return equal if relation.op == "=" or equal is None else not equal


_OPEN = 1 << 39
"""Beyond any bound that is known."""


def _difference(relation: Relation) -> Constraint | None:
    """left <= right as a - b <= c; None where a side is no letter and number."""
    try:
        (p, a), (q, b) = (affine(side) for side in relation.args[1:])
    except IndexError_:
        return None
    return "" if p is None else p.name, "" if q is None else q.name, b - a


class _Lifting:
    """Takes them out of the innermost functions first; `cases` counts them."""

    def __init__(self) -> None:
        self.cases = 0

    def lifted(self, term: Basic, known: Known) -> Basic:
        if not isinstance(term, Term) or isinstance(term, Var):
            return term
        inner = _inside(term, known)
        args = [self.lifted(a, inner) if isinstance(a, Term) else a for a in term.args]
        node = term if all(a is b for a, b in zip(args, term.args, strict=True)) else term.func(*args)
        return self._out_of(node, known)

    def _out_of(self, node: Basic, known: Known) -> Basic:
        inside = _argument(node)
        if inside is None:
            return node
        own = frozenset({node.args[1]}) if isinstance(node, BINDERS) else frozenset[Symbol]()
        condition = next(_conditions(node.args[inside], own), None)
        if condition is None:
            return self._parted(node, known) if isinstance(node, ProductOver) else node
        self._count()
        both = []
        for true in (condition, _opposite(condition)):
            args = list(node.args)
            case = known.with_(true)
            args[inside] = simplified(args[inside], _within(node, case))
            both.append(Where(self._out_of(node.func(*args), case), true))
        return Plus(*both)

    def _parted(self, node: ProductOver, known: Known) -> Basic:
        """A product over t whose factors are told apart by t <= p."""
        body, index, lower, upper, order = node.args
        found = (c for c in _conditions(body, frozenset()) if index in c.free_symbols and _difference(c) is not None)
        condition = next(found, None)
        if condition is None:
            return node
        self._count()
        p = _threshold(condition, index)
        if known.within(index, lower, upper).decides(Relation("<=", index, p)):
            p = _plus(p, -1)  # all that is open is whether t = p
        below, above = Relation("<=", index, p), Relation("<", p, index)

        def part(side: Relation, low: Expr, high: Expr, *conditions: Relation) -> Basic:
            case = known
            for c in conditions:
                case = case.with_(c)
            factor = simplified(body, case.within(index, low, high).with_(side))
            return self._out_of(ProductOver(factor, index, low, high, order), case)

        first, second = (Relation("<", p, upper), Relation("<", p, lower)), (Relation("<", p, upper), Relation("<=", lower, p))
        pair = [part(above, _plus(p, 1), upper, *second), part(below, lower, p, *second)]
        pieces = [
            Where(part(below, lower, upper, Relation("<=", upper, p)), Relation("<=", upper, p)),
            Where(part(above, lower, upper, *first), *first),
            Where(Product(*(pair if node.order == "descending" else pair[::-1])), *second),
        ]
        return simplified(Plus(*pieces), known)

    def _count(self) -> None:
        self.cases += 1
        if self.cases > MOST:
            raise TooManyCases("more case distinctions inside functions than are worked out")


def _threshold(condition: Relation, index: Symbol) -> Expr:
    """p such that t <= p decides the condition, or decides it but for t = p."""
    (left, a), (right, b) = (affine(side) for side in condition.args[1:])
    before = left == index
    other, offset = (right, b - a) if before else (left, a - b)
    if condition.op == ("<" if before else "<="):
        offset -= 1
    return at(other, offset)


def _plus(index: Expr, number: int) -> Expr:
    point, offset = affine(index)
    return at(point, offset + number)


def _argument(node: Basic) -> int | None:
    """Which argument of a head must not be a case distinction."""
    if isinstance(node, (Apply, Quotient)):
        return 1
    if isinstance(node, ProductOver):
        return 0
    if isinstance(node, Power) and not (node.args[1].is_Integer and node.args[1] > 0):
        return 0
    return None


def _conditions(term: Basic, bound: frozenset[Symbol]) -> Iterator[Relation]:
    """The conditions on letters that are free in the term."""
    if isinstance(term, BINDERS):
        bound |= {term.args[1]}
    if isinstance(term, Where):
        yield from (c for c in term.args[1:] if not c.free_symbols & bound)
    for a in term.args:
        if isinstance(a, Term):
            yield from _conditions(a, bound)


def _opposite(condition: Relation) -> Relation:
    op, turned = _OPPOSITE[condition.op]
    left, right = condition.args[1:]
    return Relation(op, right, left) if turned else Relation(op, left, right)


def _inside(term: Basic, known: Known) -> Known:
    """What is known in the first argument of a head."""
    if isinstance(term, Where):
        for c in term.args[1:]:
            known = known.with_(c)
    return _within(term, known)


def _within(term: Basic, known: Known) -> Known:
    return known.within(*term.args[1:4]) if isinstance(term, BINDERS) else known


def simplified(term: Basic, known: Known) -> Basic:
    """The term with the conditions that are known to hold left out, and zero for what stands under one that does not."""
    if not isinstance(term, Term) or isinstance(term, Var) or not term.has(Where):
        return term
    if isinstance(term, Where):
        answers = [known.decides(c) for c in term.args[1:]]
        if False in answers:
            return Filled(0, *shape_of(term))
        body = simplified(term.args[0], _inside(term, known))
        rest = [c for c, answer in zip(term.args[1:], answers, strict=True) if answer is None]
        return Where(body, *rest) if rest else body
    inner = _within(term, known)
    args = [simplified(a, inner) if isinstance(a, Term) else a for a in term.args]
    return term if all(a is b for a, b in zip(args, term.args, strict=True)) else term.func(*args)
