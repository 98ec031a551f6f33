"""Case distinctions over steps taken out of functions, denominators and ordered products.

    f(Where(x, c) + y) = Where(f(x + y), c) + Where(f(y), not c)

It is tried where the normal form does not look into a function of a case distinction.  A condition on a letter that is bound
inside the function stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Symbol
from sympy.core.basic import Basic

from ..language import Apply, Filled, Plus, Power, ProductOver, Quotient, Relation, Term, Var, Where, shape_of
from ..model import Model
from .letters import BINDERS

MOST = 64
"""Cases of one formula; each condition doubles those of the function it stands in."""

_OPPOSITE = {"=": ("!=", False), "!=": ("=", False), "<": ("<=", True), "<=": ("<", True)}
"""not (a < b) is b <= a."""


def in_cases(model: Model, left: Basic, right: Basic) -> tuple[Basic, Basic] | None:
    """Both sides without functions of case distinctions, or None where there are none, or too many."""
    lifting = _Lifting()
    try:
        found = lifting.lifted(left), lifting.lifted(right)
    except TooManyCases:
        return None
    return found if lifting.cases else None


class TooManyCases(ValueError):
    """More case distinctions than are worked out."""


class _Lifting:
    """Takes them out of the innermost functions first; `cases` counts them."""

    def __init__(self) -> None:
        self.cases = 0

    def lifted(self, term: Basic) -> Basic:
        if not isinstance(term, Term) or isinstance(term, Var):
            return term
        args = [self.lifted(a) for a in term.args]
        node = term if all(a is b for a, b in zip(args, term.args, strict=True)) else term.func(*args)
        return self._out_of(node)

    def _out_of(self, node: Basic) -> Basic:
        inside = _argument(node)
        own = frozenset({node.args[1]}) if isinstance(node, BINDERS) else frozenset[Symbol]()
        condition = next(_conditions(node.args[inside], own), None) if inside is not None else None
        if condition is None or inside is None:
            return node
        self.cases += 1
        if self.cases > MOST:
            raise TooManyCases("more case distinctions inside functions than are worked out")
        other = _opposite(condition)
        both = []
        for true, false in ((condition, other), (other, condition)):
            args = list(node.args)
            args[inside] = _decided(args[inside], true, false)
            both.append(Where(self._out_of(node.func(*args)), true))
        return Plus(*both)


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


def _decided(term: Basic, true: Relation, false: Relation) -> Basic:
    """The term where one condition is known to hold, and its opposite not to."""
    if not isinstance(term, Term) or isinstance(term, Var):
        return term
    if isinstance(term, BINDERS) and term.args[1] in true.free_symbols:
        return term
    if isinstance(term, Where) and false in term.args[1:]:
        return Filled(0, *shape_of(term))
    args = [_decided(a, true, false) if isinstance(a, Term) else a for a in term.args]
    if isinstance(term, Where):
        rest = [c for c in args[1:] if c != true]
        return Where(args[0], *rest) if rest else args[0]
    return term if all(a is b for a, b in zip(args, term.args, strict=True)) else term.func(*args)
