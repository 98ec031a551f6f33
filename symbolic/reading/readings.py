"""One '=' -> every consistent reading of it, the plainest first.

The head's derivative is total and in the note's layout.  Derivatives on the right may be in either layout: the first
in which the right side conforms with the head is taken.  Where none conforms the sizes are unified step by step, to
say which equalities would be needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..language import (
    SCALAR,
    Filled,
    Partial,
    Relation,
    ShapeError,
    SumOver,
    describe,
    is_number,
    shape_of,
    speaks_beyond,
)
from ..language.shapes import mismatch
from .chosen import with_chosen
from .layers import inside
from .meaning import HANDLERS, distinct, free_indices, later_first, read
from .oriented import TURNED, turned
from .reader import PlacedShapeError, Reader, dummy_size
from .records import Illshaped, Reading
from .symbols import SymbolTable
from .tokens import ReadError, Source
from .tree import Node, Number

LAYOUTS = {"gradient": ("gradient", "jacobian"), "jacobian": ("jacobian", "gradient"), "denominator": ("denominator",)}
MAX_EQUALITIES = 6
MAX_READINGS = 64

Choices = Mapping[str, str]
Sizes = Mapping[Symbol, Expr]

ONLY_A_PART = "+= to a quantity of one step is only a part of it"


@dataclass(frozen=True)
class Side:
    """One tree read in one way: the term or why there is none, what was asked for, and the error names used."""

    result: Basic | ValueError
    asked: dict[str, tuple[str, ...]]
    chosen: dict[str, str]
    error_uses: tuple[str, ...]


Memo = dict[tuple[object, ...], list[Side]]
"""What was read before: a side is the right of one '=' and the left of the next, and few choices bear on it."""


@dataclass(frozen=True)
class Claimed:
    """The trees of one '=' and all that bears on how they are read."""

    table: SymbolTable
    source: Source
    head: Node
    right: Node
    previous: Node | None
    layout: str
    prefer: frozenset[str] = frozenset()
    given: tuple[Relation, ...] = ()
    loss_open: bool = False
    accumulates: bool = False
    update: bool = False
    slope: bool = False
    layer: Expr | None = None
    memo: Memo = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Built:
    """One reading before it is wrapped: the terms, or the sizes that do not conform."""

    head: Basic
    right: Basic | None
    previous: Basic | None
    problem: ShapeError | None
    asked: dict[str, tuple[str, ...]]
    previous_asked: dict[str, tuple[str, ...]]
    error_uses: tuple[str, ...]


@dataclass
class Outcome:
    """The readings of one '=', the head in its plainest reading, and the names whose adjoint the right side uses."""

    readings: list[Reading | Illshaped] = field(default_factory=list)
    head: Basic | None = None
    error_uses: tuple[str, ...] = ()


def read_side(
    claimed: Claimed, node: Node, choices: Choices, layout: str, unified: Sizes | None = None, is_head: bool = False,
    number: bool = False, given: tuple[Relation, ...] = (),
) -> Side:
    """A tree read under the given choices; the same reading is not made twice."""
    unified = unified or {}
    told = claimed.loss_open, claimed.slope, claimed.layer, claimed.prefer
    given = (*claimed.given, *given)
    key = (id(node), layout, is_head, number, given, *told, *sorted(unified.items(), key=str))
    before = claimed.memo.setdefault(key, [])
    for side in before:
        if all(choices.get(n, ways[0]) == side.chosen[n] for n, ways in side.asked.items()):
            return side
    reader = Reader(
        claimed.table, claimed.source, HANDLERS, choices, layout, unified, claimed.prefer, claimed.loss_open, is_head,
        claimed.slope, layer=claimed.layer, number=number, given=given,
    )
    try:
        result: Basic | ValueError = read(reader, node)
    except (ReadError, ShapeError) as error:
        result = error
    chosen = {n: choices.get(n, ways[0]) for n, ways in reader.asked.items()}
    side = Side(result, reader.asked, chosen, tuple(reader.error_uses))
    before.append(side)
    return side


def read_all(claimed: Claimed) -> Outcome:
    """Every consistent reading.  Raises `ReadError` where no reading can be built."""
    outcome, failure = Outcome(), None
    found: dict[tuple[object, ...], Reading | Illshaped] = {}
    for choices, built in _explore(claimed):
        if isinstance(built, ReadError):
            failure = failure or built
            continue
        if outcome.head is None:
            outcome.head, outcome.error_uses = built.head, built.error_uses
        try:
            reading = _wrap(claimed, choices, built)
        except ReadError as error:  # an index of two kinds: not a consistent reading
            failure = failure or error
            continue
        key = reading.words, reading.instance
        first = found.setdefault(key, reading)
        if isinstance(first, Reading) and isinstance(reading, Reading):
            found[key] = _with_previous(first, reading.previous)
        if len(found) > MAX_READINGS:
            many = f"more than {MAX_READINGS} ways to understand this formula"
            raise ReadError(many, claimed.right.start, claimed.right.end)
    if failure and not found:
        raise failure
    sound = {r.instance for r in found.values() if isinstance(r, Reading)}
    outcome.readings = [r for r in found.values() if isinstance(r, Reading) or r.instance not in sound]
    return outcome


def ways(claimed: Claimed) -> Iterator[tuple[Choices, Reading | Illshaped]]:
    """Every combination of choices with the reading that it makes, the plainest first."""
    for choices, built in _explore(claimed):
        if not isinstance(built, ReadError):
            with suppress(ReadError):
                yield choices, _wrap(claimed, choices, built)


def _with_previous(reading: Reading, previous: Basic | None) -> Reading:
    if previous is None or previous in (reading.previous, *reading.others):
        return reading
    return replace(reading, others=(*reading.others, previous))


def _explore(claimed: Claimed) -> Iterator[tuple[Choices, Built | ReadError]]:
    """Every combination of the choices that are asked for, depth first, so that the plainest come first."""
    stack: list[dict[str, str]] = [{}]
    while stack:
        choices = stack.pop()
        try:
            built: Built | ReadError = build(claimed, choices)
        except ReadError as error:
            built = error
        asked = {} if isinstance(built, ReadError) else {**built.asked, **built.previous_asked}
        name = next((n for n in asked if n not in choices), None)
        if name is None:
            yield choices, built
        else:
            stack += [{**choices, name: way} for way in reversed(asked[name])]


def build(claimed: Claimed, choices: Choices, unified: Sizes | None = None) -> Built:
    """Head, right side and the expression before under the given choices.  Raises `ReadError`."""
    head_side = read_side(claimed, claimed.head, choices, claimed.layout, unified, is_head=True)
    if isinstance(head_side.result, ValueError):
        raise _unreadable(head_side.result, claimed.head)
    head = head_side.result
    right, asked, uses = _conforming(claimed, choices, unified, claimed.right, head)
    previous: Basic | None = None
    previous_asked: dict[str, tuple[str, ...]] = {}
    if claimed.previous is not None:
        try:
            found, previous_asked, _ = _conforming(claimed, choices, unified, claimed.previous, head)
            previous = None if isinstance(found, ShapeError) else found
        except ReadError:
            previous = None
    problem = right if isinstance(right, ShapeError) else None
    term = None if isinstance(right, ShapeError) else right
    return Built(head, term, previous, problem, {**head_side.asked, **asked}, previous_asked, uses)


def _unreadable(error: ValueError, node: Node) -> ReadError:
    if isinstance(error, ReadError):
        return error
    message = str(error)  # a PlacedShapeError names its place first
    return ReadError(message.split(": ", 1)[1] if isinstance(error, PlacedShapeError) else message, node.start, node.end)


def _conforming(
    claimed: Claimed, choices: Choices, unified: Sizes | None, node: Node, head: Basic
) -> tuple[Basic | ShapeError, dict[str, tuple[str, ...]], tuple[str, ...]]:
    """A side in the first layout in which it conforms with the head, else the mildest problem; what was asked for."""
    problems: list[ShapeError] = []
    asked: dict[str, tuple[str, ...]] = {}
    uses: tuple[str, ...] = ()
    given = tuple(later_first(head, {i.upper: i.lower for i in claimed.table.model.indices}))
    for layout in LAYOUTS[claimed.layout]:
        side = read_side(claimed, node, choices, layout, unified, number=shape_of(head) == SCALAR, given=given)
        asked |= side.asked
        uses = uses or side.error_uses
        if isinstance(side.result, ShapeError):
            problems.append(side.result)
            continue
        if isinstance(side.result, ValueError):
            raise side.result
        term = side.result
        if claimed.accumulates:
            term, convention = _accumulated(claimed, node, term, head)
            asked["+="] = (convention,)
        term = _filled(term, node, head)
        loose = term.has(Partial)
        if shape_of(term) == shape_of(head) or (loose and _legs(term) == _legs(head)):
            return term, asked, side.error_uses
        if (other := turned(claimed.table.model, head, term)) is not None:
            return other, {**asked, "direction": (TURNED,)}, side.error_uses
        if not loose and isinstance(head, Partial) and all(map(all, (shape_of(head.num), shape_of(head.den)))):
            raise ReadError(BY_MATRIX, node.start, node.end)
        problems.append(_misfit(term, head, loose))
        if not loose:
            break
    return min(problems, key=lambda p: (len(p.equalities) == 0, len(p.equalities))), asked, uses


def _accumulated(claimed: Claimed, node: Node, term: Basic, head: Basic) -> tuple[Basic, str]:
    """dW += a_t b_tᵀ at every step: the sum over the steps that stand free on the right."""
    own = {i.symbol: i for i in claimed.table.model.indices}
    standing = {s for kind, s in free_indices(head) if kind == "time"}
    if standing & own.keys():
        raise ReadError(f"{ONLY_A_PART}; write the whole sum", node.start, node.end)
    steps = [own[s] for s in dict.fromkeys(s for kind, s in free_indices(term) if kind == "time") if s in own]
    if not steps:
        raise ReadError("+= adds something at every step, but no step stands on the right", node.start, node.end)
    for index in steps:
        term = SumOver(term, index.symbol, index.lower, index.upper)
    return term, f"+= at every step: the sum over {', '.join(str(i.symbol) for i in steps)}"


def _legs(term: Basic) -> tuple:
    rows, cols = shape_of(term)
    return rows + cols


def _filled(term: Basic, node: Node, head: Basic) -> Basic:
    """0 (or a bold number, or any beside the slope of f(x) = x) as a whole side has the shape of the head."""
    if (
        is_number(term)
        and shape_of(head) != SCALAR
        and (term == 0 or isinstance(head, Filled) or (isinstance(node, Number) and "bold" in node.fonts))
    ):
        return Filled(term, *shape_of(head))
    return term


BY_MATRIX = "the derivative of a matrix by a matrix is the Jacobian of both flattened; a matrix in its place is not understood"


def _misfit(term: Basic, head: Basic, loose: bool) -> ShapeError:
    """Why a right side that is sound in itself is not of the head's shape."""
    left, right = shape_of(head), shape_of(term)
    if loose:
        pairs = mismatch(left[0] + left[1], right[0] + right[1])
    else:
        pairs = mismatch(left[0], right[0]) + mismatch(left[1], right[1])
    return ShapeError(
        f"the left side is {describe(left)}, the right side {describe(right)}", tuple(dict.fromkeys(pairs))
    )


def _wrap(claimed: Claimed, choices: Choices, built: Built) -> Reading | Illshaped:
    words, instance = _words(claimed, choices, built)
    if built.right is not None:
        return _reading(claimed, words, instance, built)
    equalities, rescued = _unify(claimed, choices, built.problem)
    reading = _reading(claimed, words, instance, rescued) if rescued is not None else None
    return Illshaped(words, instance, str(built.problem), equalities, reading)


def _words(claimed: Claimed, choices: Choices, built: Built) -> tuple[tuple[str, ...], str]:
    """The choices that bear on head or right side, in words, and the weight that a name stands for."""
    instance = ""
    words = []
    for name, way in choices.items():
        if name.endswith(" ="):
            instance = f"{name} {way}"
        elif way and name in built.asked and len(built.asked[name]) > 1:
            words.append(way)
    return tuple(words), instance


def _conventions(built: Built) -> tuple[str, ...]:
    """What was asked for with one way only: not printed, but without an alternative."""
    return tuple(ways[0] for name, ways in built.asked.items() if len(ways) == 1 and ways[0] and not name.endswith(" ="))


def _unify(
    claimed: Claimed, choices: Choices, problem: ShapeError | None
) -> tuple[tuple[tuple[Expr, Expr], ...], Built | None]:
    """Sizes made equal, one problem after the other, until the formula conforms or nothing would help."""
    unified: dict[Symbol, Expr] = {}
    equalities: list[tuple[Expr, Expr]] = []
    for _ in range(MAX_EQUALITIES):
        if problem is None or not problem.equalities:
            break
        for pair in problem.equalities:
            a, b = (e.xreplace(unified) for e in pair)
            if a == b:
                continue
            old, new = (b, a) if isinstance(b, Symbol) else (a, b)
            if not isinstance(old, Symbol) or old in new.free_symbols:
                return (), None
            equalities.append((new, old))
            unified = {**{k: v.xreplace({old: new}) for k, v in unified.items()}, old: new}
        try:
            built = build(claimed, choices, unified)
        except ReadError:
            return tuple(equalities), None
        if built.right is not None:
            return tuple(equalities), built
        problem = built.problem
    return (), None


def _reading(claimed: Claimed, words: tuple[str, ...], instance: str, built: Built) -> Reading:
    assert built.right is not None
    head, right, previous = with_chosen(claimed.table.model, built.head, built.right, built.previous)
    sides = [t for t in (head, right, previous) if t is not None]
    avoid = {s for t in sides for _, s in free_indices(t)}
    head, right = distinct(head, avoid), distinct(right, avoid)
    previous = None if previous is None else distinct(previous, avoid)
    sides = [t for t in (head, right, previous) if t is not None]
    known = {*claimed.table.sizes.values(), *(i.upper for i in claimed.table.model.indices), dummy_size(claimed.table)}
    standing = [pair for t in sides for pair in free_indices(t) if pair[1] not in known]
    components = {s for kind, s in standing if kind == "component"}
    own = {i.symbol for i in claimed.table.model.indices} - components
    free = dict.fromkeys(s for kind, s in standing if kind == "time" or (kind == "condition" and s in own))
    time = claimed.table.model.time
    ranges = []
    for symbol in free:
        index = claimed.table.indices.get(symbol.name, time)
        if index is None:
            timeless = f"{symbol} would count time steps, but this model has none"
            raise ReadError(timeless, claimed.right.start, claimed.right.end)
        ranges.append((symbol, Integer(index.lower), index.upper))
    both = next((s for s in free if s in components), None)
    if both is not None:
        mixed = f"{both} counts steps in one place and components in another"
        raise ReadError(mixed, claimed.head.start, claimed.right.end)
    lengths = {i.upper: i.lower for i in claimed.table.model.indices}
    meant = [r for side in sides for r in later_first(side, lengths) if r.free_symbols <= free.keys()]
    meant += [r for side in sides for r in inside(claimed.table.model, side) if r.free_symbols & free.keys()]
    meant = [r for r in meant if not speaks_beyond(sides, r, lengths)]
    of_length = [r for r in claimed.given if r.free_symbols and r.free_symbols <= lengths.keys()]
    one_step = [r for r in claimed.given if r.op == "=" and r.free_symbols & free.keys()]
    given = [r for r in claimed.given if r in of_length or r.free_symbols & (free.keys() | components)]
    anywhere = known.union(*(t.atoms(Symbol) for t in sides))
    pairs = [r for r in given if r.op in ("=", "!=") and len(r.free_symbols) == 2]
    given = [r for r in given if r not in pairs or r.free_symbols <= anywhere]  # i != j may be said of another formula
    strange = next((s for r in given for s in sorted(r.free_symbols, key=str) if s not in {*free, *components, *known}), None)
    if strange is not None:
        where = f"a condition names {strange}, which is no length of the model and stands nowhere else in the formula"
        raise ReadError(where, claimed.head.start, claimed.right.end)
    conditions = tuple(dict.fromkeys(given + meant))
    loose = right.has(Partial)
    return Reading(
        words, instance, head, right, previous, conditions, tuple(ranges), loose,
        conventions=(*_conventions(built), *(f"only for {r.args[1]} {r.op} {r.args[2]}" for r in (*of_length, *one_step))),
    )
