"""A proof told in full: which sides were compared, in which regions of the free times, and their normal forms there.

The prover is run again on what it has proved and everything it says is kept.  Nothing rests on a transcript: it is what a
certificate is made of, so that a program that shares nothing with this one can check it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from sympy import S, Symbol
from sympy.core.basic import Basic

from ..language.effort import BudgetExceeded
from .algebra import NeedsPolynomialBasis
from .convert import Converter
from .domain import Domain
from .evidence import Grounds
from .networks import Budget, Poly, Undefined, Unsupported, add, scaled
from .prover import DEEPEST, STEPS, Pairs, Prover, _points
from .regions import Region, Split
from .residuals import rewritten
from .time import Settler


@dataclass(frozen=True)
class Part:
    """A region of the free times and the normal forms of both sides in it.

    rewritten  what was done to the difference where the normal forms are not the same as they stand
    """

    region: Region
    left: Poly
    right: Poly
    rewritten: tuple[str, ...] = ()


@dataclass(frozen=True)
class Equality:
    """Two sides that are equal in a domain, part by part; `converter` knows the heads of their normal forms."""

    left: Basic
    right: Basic
    domain: Domain
    converter: Converter
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Transcript:
    """How a formula was proved: one equality, or by induction over time backwards the last step and the step before.

    rule  the recurrence that the induction rests on: what the adjoint, the left side, equals;  letter: the step
    """

    method: str
    equalities: tuple[Equality, ...]
    rule: Basic | None = None
    adjoint: Basic = S.Zero
    letter: Symbol | None = None


class _Fails(Exception):
    """An attempt that proves nothing."""


def transcript(prover: Prover, grounds: Grounds) -> Transcript | None:
    """The proof of a formula under its assumptions; None if it cannot be told."""
    labels = tuple(a for a in prover.model.assumptions if a.text in grounds.assumes)
    zero = frozenset(name for name in prover.model.zero_initial if f"{name}_0=0" in grounds.assumes)
    prover.converters.clear()  # names of heads do not depend on what was asked before
    budget = Budget(STEPS)
    for left, right in prover.ways(*grounds.worked, grounds.domain):
        at_start = prover._from_the_start(left, right, grounds.domain, zero)
        for method, pairs in chain(prover._strategies(left, right, grounds.domain), at_start):
            try:
                told = tuple(_equalities(prover, pairs, frozenset(a.family for a in labels), zero, budget))
            except (_Fails, Unsupported, Undefined):
                continue
            except BudgetExceeded:
                return None
            if method == "induction":
                return Transcript(method, told, pairs[0][0], left, grounds.domain.free[0][0])
            return Transcript(method, told)
    return None


def _equalities(
    prover: Prover, pairs: Pairs, labels: frozenset[str], zero: frozenset[str], budget: Budget
) -> list[Equality]:
    polynomial: frozenset[str] = frozenset()
    while True:
        try:
            c = prover._converter(labels, polynomial, budget)
            return [_equality(prover, c, *pair, zero) for pair in pairs]
        except NeedsPolynomialBasis as need:
            wanted = need.head if need.head.startswith("var:") else "*"
            if wanted in polynomial:
                raise _Fails from None
            polynomial |= {wanted}


def _equality(
    prover: Prover, c: Converter, left: Basic, right: Basic, domain: Domain, zero: frozenset[str]
) -> Equality:
    left_poly, right_poly = c.polys((left, right), {s.name for s, _, _ in domain.free})
    heads = frozenset("var:" + name for name in zero)
    known = _points(add([left_poly, scaled(right_poly, -1)]))
    parts = [p for r in domain.regions(prover.model, known) for p in _parts(prover, c, left_poly, right_poly, r, heads, 0)]
    return Equality(left, right, domain, c, tuple(parts))


def _parts(
    prover: Prover, c: Converter, left: Poly, right: Poly, region: Region, zero: frozenset[str], depth: int
) -> Iterator[Part]:
    """The parts into which a region falls, as the prover cuts it."""
    if region.empty:
        return
    if depth > DEEPEST:
        raise _Fails
    settler = Settler(c.algebra, region, prover.length, zero, prover.before, c.at_last)
    cut = None
    try:
        forms = settler.settled(left), settler.settled(right)
        residual, done = rewritten(c, settler.settled(add([forms[0], scaled(forms[1], -1)])), settler)
        if not residual:
            yield Part(region, *forms, tuple(done))
            return
    except Split as split:
        cut = split.constraint
    cut = cut or prover._end(region)
    if cut is None:
        raise _Fails
    for half in region.halves(cut):
        yield from _parts(prover, c, left, right, half, zero, depth + 1)

