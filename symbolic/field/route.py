"""The second route: both sides of a formula evaluated exactly in a prime field, at the sizes and lengths that decide it.

What is compared is the formula *as written*, its derivatives taken by reverse sweeps through a forward pass in the field; the
derivation, the normal form and the induction of the first route have no part in it.  The probability that formulas that differ
agree at a point by accident is bounded (see `arithmetic`); below 2^-60 agreement counts as proof for the sizes and lengths
compared.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import islice, product
from math import log2, prod

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from .. import language as L
from ..language.effort import MOST, Budget, effort, evaluations
from ..language.indices import IndexError_
from ..model import Model
from .arithmetic import PRIMES, TooLarge, ZeroDivisor
from .choice import NoSuchField, default, kind
from .chosen import SHORT, choices
from .functions import Logs, Unknown
from .meaning import Env, Nowhere, holds
from .memory import GENERATION
from .reach import LENGTHS, LOGARITHMS, ROOTS, indicators, longest, scaled, told, values_of
from .sizes import OutOfReach, components, counts_sizes, highest, is_ordered
from .squares import roots_squared
from .tape import Node, NotDifferentiable
from .world import NODE, Ground, World

ENOUGH = 60.0
"""-log2 of the largest probability of an accidental agreement that counts as proof."""

AGAIN = 3
"""How often formulas that agree are compared at other points."""

TRIALS, LONG_TRIALS = 64, 4
"""How often bits are drawn for the indicators, anew for each prime, where an identity needs I² = I; the few at all lengths."""

Range = tuple[Symbol, Expr, Expr]

Chosen = tuple[tuple[str, int], ...]
"""Sizes and their numbers."""

Points = tuple[int, int]
"""How many values an index has at most, and how many points there are."""

Name = tuple[int, Chosen, frozenset[str], frozenset[str], bytes, bool, str]
"""What tells a ground: the model, the sizes, the assumptions, the salt, whether indicators are bits, the arithmetic."""


@dataclass(frozen=True)
class Agreement:
    """What the second route found.

    verdict   "agrees", "differs" (at `where`) or "undecided" (for the `reason`)
    points    how many points were compared;  bits: -log2 of the probability that they agree by accident
    """

    verdict: str
    points: int = 0
    bits: float = 0.0
    where: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Question:
    """Two formulas and where they are compared.

    free    time indices that occur free, with their bounds; every value that satisfies `conditions` is tried
    sums    label families whose entries are taken to sum to 1;  zeros: families that are 0 before the first step
    salt    what the random numbers depend on besides the model;  purse: pays for the points
    arithmetic   which one (see `choice`);  products: for each choice of sizes the numbers whose
                 logarithm is that of their factors (see `functions`)
    """

    model: Model
    left: Basic
    right: Basic
    free: tuple[Range, ...] = ()
    conditions: tuple[L.Relation, ...] = ()
    sums: frozenset[str] = frozenset()
    zeros: frozenset[str] = frozenset()
    salt: bytes = b""
    purse: Budget = field(default_factory=Budget, compare=False, repr=False)
    arithmetic: str = field(default_factory=default)
    products: Mapping[Chosen, Mapping[bytes, Logs]] = field(default_factory=dict, compare=False, repr=False)


def agreement(question: Question) -> Agreement:
    """Whether two formulas agree in a prime field.  Raises `BudgetExceeded`."""
    try:
        q = _with_points_of_its_own(_shared(question))
        last = longest(q.model, (q.left, q.right), [s for s, *_ in q.free], (*q.conditions, *_in_ranges(q.free)))
        found = _compared(q, range(1, last + 1), False)
        if found.verdict == "undecided" and not found.points:  # what is divided by may vanish there by accident
            q = replace(q, salt=q.salt + b"elsewhere")
            found = _compared(q, range(1, last + 1), False)
        found = _repeated(q, found, last)
        count = indicators(q.model, (q.left, q.right)) if found.verdict == "differs" else 0
        found = _with_bits(q, count, last) or found if count else found
        if found.verdict == "differs" and values_of(LOGARITHMS, q.model, (q.left, q.right)):
            found = _with_products(q, found, last)
        if found.verdict == "differs" and values_of(ROOTS, q.model, (q.left, q.right), derivatives=True):
            found = _with_squares(q, last)
        if found.verdict == "differs" and scaled((q.left, q.right)):
            return Agreement("undecided", found.points, reason="which multiples of an argument have its sign is not known")
        return found
    except (Unknown, NotDifferentiable, OutOfReach, TooLarge, NoSuchField, L.ShapeError, IndexError_) as error:
        return Agreement("undecided", reason=str(error))


def _repeated(q: Question, found: Agreement, last: int) -> Agreement:
    """At other points too, which make an accident less likely, where a few of them can make it unlikely enough."""
    for turn in range(AGAIN):
        if found.verdict != "undecided" or not found.points or found.bits * (1 + AGAIN) < ENOUGH:
            break
        again = _compared(replace(q, salt=q.salt + b"again%d" % turn), range(1, last + 1), False)
        if again.verdict == "differs" or again.points != found.points:
            break
        found = _judged(found.points, found.bits + again.bits, "")
    return found


def _in_ranges(free: Sequence[Range]) -> Iterator[L.Relation]:
    for letter, lower, upper in free:
        yield from (L.Relation("<=", lower, letter), L.Relation("<=", letter, upper))


def _shared(q: Question) -> Question:
    """The question with equal subterms made one, so that each is evaluated once: values are remembered by identity.

    Products without their identities: what they add to sizes and degrees says nothing.
    """
    known: dict[Basic, Basic] = {}

    def one(term: Basic) -> Basic:
        if not isinstance(term, L.Term):
            return term
        found = known.get(term)
        if found is None:
            args = tuple(map(one, term.args))
            same = all(a is b for a, b in zip(args, term.args, strict=True))
            short = _without_identities(term if same else term.func(*args))
            found = known[term] = known.setdefault(short, short)
        return found

    return replace(q, left=one(q.left), right=one(q.right))


def _without_identities(term: Basic) -> Basic:
    """A product without the identity matrices that change nothing, not even its shape."""
    for factor in term.args if isinstance(term, L.Product) else ():
        rest = [a for a in term.args if a is not factor]
        if isinstance(factor, L.Identity) and rest:
            shorter = L.Product(*rest) if len(rest) > 1 else rest[0]
            if L.shape_of(shorter) == L.shape_of(term):
                return _without_identities(shorter)
    return term


def _with_points_of_its_own(q: Question) -> Question:
    """A formula of many bits can be made to vanish at the points of its model, and is asked at points that depend on it."""
    if told((q.left, q.right)) <= kind(q.arithmetic).told:
        return q
    return replace(q, salt=q.salt + blake2b(f"{q.left} = {q.right}".encode()).digest())


def _with_products(q: Question, found: Agreement, last: int) -> Agreement:
    """Once more where logarithms differ: a number that is a product somewhere in the formulas is one everywhere.

    That log(ab + ac) is log a + log(b + c) shows only where a(b + c) was met.  What other sums are products of is not known.
    """
    again = replace(q, salt=q.salt + b"products")
    _forget(again)
    _compared(again, range(1, last + 1), False, whole=True)
    products = {chosen: ground.functions.found for chosen, ground in _forget(again).items()}
    known = replace(again, products=products)
    second = _compared(known, range(1, last + 1), False)
    sums = sum(ground.functions.sums for ground in _forget(known).values())
    if second.verdict == "differs" and sums:
        return Agreement("undecided", found.points, reason="of which products a sum in a logarithm is one is not known")
    return second if second.verdict == "agrees" else found


def _with_squares(q: Question, last: int) -> Agreement:
    """Once more with what roots are taken of as the squares of the roots; where that differs, too, nothing is known."""
    model, (left, right) = roots_squared(q.model, (q.left, q.right))
    found = _compared(replace(q, model=model, left=left, right=right, salt=q.salt + b"squares"), range(1, last + 1), False)
    if found.verdict == "differs":
        return Agreement("undecided", found.points, reason="roots have no more than slopes and squares in a prime field here")
    return found


def _forget(q: Question) -> dict[Chosen, Ground]:
    """The grounds with the points of a question by their sizes; they are not to be used again."""
    names = [name for name in _WORLDS if name[0] == id(q.model) and name[4] == q.salt]
    return {name[1]: _WORLDS.pop(name)[0] for name in names}


def _with_bits(q: Question, count: int, last: int) -> Agreement | None:
    """Agreement for indicators that are bits, each trial missing a difference with a probability of at most 1 - 2^-count.

    What shows only at a greater length is looked for in the first trials.
    """
    points = 0
    for trial in range(TRIALS):
        lengths = range(1, (last if trial < LONG_TRIALS else min(last, SHORT)) + 1)
        found = _compared(replace(q, salt=q.salt + b"bits%d" % trial), lengths, True)
        if found.verdict == "differs":
            return None
        if found.points and found.reason:
            return found
        points += found.points
    bits = -TRIALS * PRIMES * log2(1 - 2.0**-count)
    return _judged(points, bits, "")


def _judged(points: int, bits: float, undefined: str) -> Agreement:
    if not points:
        return Agreement("undecided", reason=f"nowhere defined: {undefined}")
    if bits < ENOUGH:
        return Agreement("undecided", points, bits, reason=f"agreement by accident is as likely as 2^-{bits:.0f}")
    return Agreement("agrees", points, bits)


def _compared(q: Question, lengths: range, with_bits: bool, whole: bool = False) -> Agreement:
    """Both sides at all points; `whole`: whether or not they agree there."""
    tried = choices(q.model, (q.left, q.right), lengths[-1])
    first = tried.first
    known = (*(s for s, *_ in q.free), *(i.upper for i in q.model.indices))
    parts = components((q.left, q.right), known)
    forward = [e.right for e in q.model.equations]
    ordered = is_ordered((q.left, q.right)) or any(is_ordered((e,)) for e in forward)
    numbers = max(first.values(), default=0) if ordered else highest((q.left, q.right, *forward))
    counting, traced = counts_sizes((q.left, q.right), first), values_of(LOGARITHMS, q.model, (q.left, q.right))
    points, bits, undefined, lost = 0, float("inf"), "", ""
    reached = counted = 0
    equal: dict[tuple[int, int], tuple[Node, Node]] = {}
    asked: dict[Chosen, Points] = {}
    for length in lengths:
        before, nowhere = points, ""
        for chosen in tried.at(length, alone=with_bits):
            world = _world(q, chosen, length, with_bits, length in LENGTHS or length == lengths[-1])
            widest = max(length, numbers + len(parts), *(chosen.values() if counting else ()), 1)
            price = effort(q.left, widest) + effort(q.right, widest)
            few = sum(1 for _ in islice(_points(q, world, parts, numbers), FEW))
            own = tuple(sorted(chosen.items()))
            now = widest, few if few < FEW else MOST
            left_over = _together(q, world, parts, now, asked.get(own, (0, 0)))
            asked[own] = now
            for env in _points(q, world, parts, numbers):
                spent = min(price, left_over)
                q.purse.spend(spent)
                left_over -= spent - 1  # a point that costs nothing else is still one
                try:
                    one, other = (world.evaluate(side, env, traced) for side in (q.left, q.right))
                except (Nowhere, ZeroDivisor) as error:
                    if with_bits and isinstance(error, ZeroDivisor):  # what is left says nothing of the units that are on
                        return Agreement("undecided", points + 1, reason=str(error))
                    undefined, nowhere = undefined or str(error), str(error)
                    continue
                points += 1
                if not whole and equal.get((id(one), id(other))) != (one, other) and not _equal(one, other):
                    return Agreement("differs", points, where=_place(world, length, env))
                if world.ground.lasts(q.left) and world.ground.lasts(q.right):
                    equal[id(one), id(other)] = one, other  # the same nodes at the next length
                reached = length
                if world.counting:  # degrees grow with the length, so that the last one tells for all
                    counted = length
                    bound = one.bound + other.bound
                    bits = min(bits, world.field.error_bits(bound.total, bound.bits, world.functions.arguments))
        if nowhere and points == before and length > 1:
            lost = lost or f"nowhere defined at T = {length}: {nowhere}"
        elif points > before:
            lost = ""
    if lost:
        return Agreement("undecided", reason=lost)
    if counted < reached and not with_bits:  # the conditions leave the longest one that was counted without points
        bits = min(bits, _compared(q, range(reached, reached + 1), False).bits)
    return _judged(points, ENOUGH if with_bits else bits if bits < float("inf") else 0.0, undefined)


def _together(q: Question, world: World, parts: Iterable[Symbol], now: Points, before: Points) -> int:
    """What all points of one length cost together, since values are remembered as far as the memory goes.

    What goes on is known from the length before, where that is not too much to be remembered.  Where the memory is full, what
    the other points ask for, too, is evaluated again, and this point.
    """
    letters, sides = frozenset({*(s for s, *_ in q.free), *parts}), (q.left, q.right)
    fresh = fresh_bytes = cost = kept = again = 0
    for e in evaluations(sides, letters):
        times = e.times(*now)
        new = max(0, times - e.times(*before)) if world.ground.goes_on(e.term) else times
        weight = (1 + e.derivative * len(world.model.families)) * (NODE + BYTES * _entries(world, e.term))
        fresh, fresh_bytes = fresh + e.weight * new, fresh_bytes + weight * new
        cost, kept = cost + e.weight * times, kept + weight * times
        again += e.weight * (e.times(now[0], 1) if e.free == len(letters) and not e.derivative else times)
    if fresh_bytes <= GENERATION:
        return EVALUATION * min(fresh, MOST)
    return EVALUATION * (min(cost, MOST) + again * (kept // GENERATION))


def _entries(world: World, term: Basic) -> int:
    """How many entries the value of a term has."""
    return prod(world.size(leg) for side in L.shape_of(term) for leg in side)


EVALUATION, BYTES = 6, 8 * PRIMES
"""What one costs that is not counted for each point anew; of one entry of a value."""


def _equal(one: Node, other: Node) -> bool:
    """Entry by entry in row-major order; a number stands for that number in every entry."""
    if one.size != other.size and 1 not in (one.size, other.size):
        raise Unknown(f"{one.size} entries cannot be compared with {other.size}")
    a, b = (x.value.reshape(len(x.value), -1) for x in (one, other))
    return not one.field.reduced((a - b)[:, :, None]).any()


def _place(world: World, length: int, env: Env) -> str:
    sizes = ", ".join(f"{k} = {v}" for k, v in world.sizes.items())
    indices = ", ".join(f"{k} = {v}" for k, v in env.items())
    return "; ".join(filter(None, (f"T = {length}" if world.lengths else "", sizes, indices)))


def _points(q: Question, world: World, parts: dict[Symbol, Expr], numbers: int) -> Iterator[Env]:
    """All values of the free letters at which the conditions hold."""
    for env in _assignments(world, q.free, parts, numbers):
        if all(holds(world.forward, c, env) for c in q.conditions):
            yield env


FEW = 5_000
"""More points of one length are not counted before they are asked."""


def _assignments(world: World, free: Sequence[Range], parts: dict[Symbol, Expr], numbers: int = 0) -> Iterator[Env]:
    """All values of the free times; of the components every pattern of equal and different ones, numbers among them."""
    for env in _times(world, tuple(free), {}):
        ranges = [range(1, min(world.size(leg), numbers + len(parts)) + 1) for leg in parts.values()]
        for at in product(*ranges):
            yield {**env, **dict(zip(parts, at, strict=True))}


def _times(world: World, free: tuple[Range, ...], env: Env) -> Iterator[Env]:
    if not free:
        yield env
        return
    for i, (symbol, lower, upper) in enumerate(free):
        rest = free[:i] + free[i + 1 :]
        if not ({s for s, *_ in rest} & (lower.free_symbols | upper.free_symbols)):
            for n in range(world.index(lower, env), world.index(upper, env) + 1):
                yield from _times(world, rest, {**env, symbol: n})
            return
    raise Unknown("the bounds of the free indices depend on each other in a circle")


def _world(q: Question, chosen: dict[str, int], length: int, with_bits: bool, counting: bool = True) -> World:
    """A world from a small cache: the formulas of a note are compared in the same ones."""
    name: Name = (id(q.model), tuple(sorted(chosen.items())), q.sums, q.zeros, q.salt, with_bits, q.arithmetic)
    worlds = _WORLDS.pop(name, None)
    if worlds is None:
        parts = (q.salt, [str(e) for e in q.model.equations], name[1], sorted(q.sums), sorted(q.zeros))
        key = blake2b(repr(parts).encode(), digest_size=32).digest()
        worlds = Ground(q.model, chosen, key, q.sums, q.zeros, with_bits, kind(q.arithmetic), q.products.get(name[1])), {}
    _WORLDS[name] = worlds  # the ground holds its model, so the id stays its own
    while len(_WORLDS) > MOST_GROUNDS:
        _WORLDS.popitem(last=False)
    ground, lengths = worlds
    if (length, counting) not in lengths:
        lengths[length, counting] = World(ground, length, counting)
    return lengths[length, counting]


_WORLDS: OrderedDict[Name, tuple[Ground, dict[tuple[int, bool], World]]] = OrderedDict()
MOST_GROUNDS = 16
