"""One '=' -> every consistent reading of it, the plainest first.

The head's derivative is total and in the note's layout.  Derivatives on the right may be in either layout: the first in
which the right side conforms with the head is taken.  Where none conforms the sizes are unified step by step, to say which
equalities would be needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..language import (
    SCALAR,
    Adjoint,
    Concat,
    Entry,
    Filled,
    Partial,
    Relation,
    ShapeError,
    Var,
    affine,
    describe,
    is_number,
    shape_of,
)
from ..language.shapes import mismatch
from .derivatives import is_step_loss
from .meaning import HANDLERS, distinct, free_indices, later_first, read
from .reader import DUMMY_SIZE, Reader
from .records import Illshaped, Reading
from .symbols import Scope, SymbolTable, name_of
from .tokens import ReadError, Source
from .tree import Node, Number, children

LAYOUTS = {"gradient": ("gradient", "jacobian"), "jacobian": ("jacobian", "gradient"), "denominator": ("denominator",)}
MAX_EQUALITIES = 6
MAX_READINGS = 64


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


def reader_for(claimed: Claimed, choices: dict[str, str], **options) -> Reader:
    return Reader(
        claimed.table, claimed.source, HANDLERS, choices, prefer=claimed.prefer, loss_open=claimed.loss_open, **options
    )


def read_all(claimed: Claimed) -> Outcome:
    """Every consistent reading.  Raises `ReadError` where no reading can be built."""
    outcome, failure = Outcome(), None
    found: dict[tuple, Reading | Illshaped] = {}
    for choices, built in _explore(claimed):
        if isinstance(built, ReadError):
            failure = failure or built
            continue
        if outcome.head is None:
            outcome.head, outcome.error_uses = built.head, built.error_uses
        reading = _wrap(claimed, choices, built)
        key = reading.words, reading.instance
        first = found.setdefault(key, reading)
        if isinstance(first, Reading) and isinstance(reading, Reading) and reading.previous not in (None, first.previous, *first.others):
            found[key] = replace(first, others=(*first.others, reading.previous))
        if len(found) > MAX_READINGS:
            raise ReadError(f"more than {MAX_READINGS} ways to understand this formula", claimed.right.start, claimed.right.end)
    if failure and not found:
        raise failure
    sound = {r.instance for r in found.values() if isinstance(r, Reading)}
    outcome.readings = [r for r in found.values() if isinstance(r, Reading) or r.instance not in sound]
    return outcome


def _explore(claimed: Claimed) -> Iterator[tuple[dict[str, str], Built | ReadError]]:
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


def build(claimed: Claimed, choices: dict[str, str], unified: dict[Symbol, Expr] | None = None) -> Built:
    """Head, right side and the expression before under the given choices."""
    unified = unified or {}
    head_reader = reader_for(claimed, choices, layout=claimed.layout, unified=unified, is_head=True)
    head = read(head_reader, claimed.head)
    right, problem, reader = _conforming(claimed, choices, unified, claimed.right, head)
    asked = {**head_reader.asked, **reader.asked}
    previous, previous_asked = None, {}
    if claimed.previous is not None:
        try:
            previous, _, before = _conforming(claimed, choices, unified, claimed.previous, head)
            previous_asked = before.asked
        except ReadError:
            previous = None
    return Built(head, right, previous, problem, asked, previous_asked, tuple(reader.error_uses))


def _conforming(claimed: Claimed, choices: dict[str, str], unified, node: Node, head: Basic) -> tuple[Basic | None, ShapeError | None, Reader]:
    """A side read in the first layout in which it conforms with the head; else the mildest problem."""
    problems: list[tuple[ShapeError, Reader]] = []
    asked: dict[str, tuple[str, ...]] = {}
    for layout in LAYOUTS[claimed.layout]:
        reader = reader_for(claimed, choices, layout=layout, unified=unified, asked=asked)
        try:
            term = _filled(read(reader, node), node, head)
        except ShapeError as error:
            problems.append((error, reader))
            continue
        loose = term.has(Partial)
        if shape_of(term) == shape_of(head) or loose and _legs(term) == _legs(head):
            return term, None, reader
        problems.append((_misfit(term, head, loose), reader))
        if not loose:
            break
    problem, reader = min(problems, key=lambda p: (len(p[0].equalities) == 0, len(p[0].equalities)))
    return None, problem, reader


def _legs(term: Basic) -> tuple:
    rows, cols = shape_of(term)
    return rows + cols


def _filled(term: Basic, node: Node, head: Basic) -> Basic:
    """0 (or a bold number) as a whole side has the shape of the head."""
    if is_number(term) and shape_of(head) != SCALAR and (term == 0 or isinstance(node, Number) and "bold" in node.fonts):
        return Filled(term, *shape_of(head))
    return term


def _misfit(term: Basic, head: Basic, loose: bool) -> ShapeError:
    """Why a right side that is sound in itself is not of the head's shape."""
    left, right = shape_of(head), shape_of(term)
    if loose:
        pairs = mismatch(left[0] + left[1], right[0] + right[1])
    else:
        pairs = mismatch(left[0], right[0]) + mismatch(left[1], right[1])
    return ShapeError(f"the left side is {describe(left)}, the right side {describe(right)}", tuple(dict.fromkeys(pairs)))


def _wrap(claimed: Claimed, choices: dict[str, str], built: Built) -> Reading | Illshaped:
    words, instance = _words(claimed, choices, built)
    if built.right is not None:
        return _reading(claimed, words, instance, built)
    unified, equalities, rescued = _unify(claimed, choices, built.problem)
    reading = _reading(claimed, words, instance, rescued) if rescued is not None else None
    return Illshaped(words, instance, str(built.problem), equalities, reading)


def _words(claimed: Claimed, choices: dict[str, str], built: Built) -> tuple[tuple[str, ...], str]:
    """The choices that bear on head or right side, in words, and the weight that a name stands for."""
    instance = ""
    words = []
    for name, way in choices.items():
        if name.endswith(" ="):
            instance = f"{name} {way}"
        elif way and name in built.asked:
            words.append(way)
    return tuple(words), instance


def _unify(claimed: Claimed, choices: dict[str, str], problem: ShapeError | None):
    """Sizes made equal, one problem after the other, until the formula conforms or nothing would help."""
    unified: dict[Symbol, Expr] = {}
    equalities: list[tuple[Expr, Expr]] = []
    for _ in range(MAX_EQUALITIES):
        if problem is None or not problem.equalities:
            return unified, (), None
        for pair in problem.equalities:
            a, b = (e.xreplace(unified) for e in pair)
            if a == b:
                continue
            if isinstance(a, Integer) or not isinstance(b, (Symbol, Integer)):
                a, b = b, a
            if not isinstance(b, (Symbol, Integer)) or isinstance(a, Integer) or not isinstance(a, Symbol) and not isinstance(b, Symbol):
                return unified, (), None
            old, new = (a, b) if isinstance(b, Integer) else (b, a)
            if old in new.free_symbols:
                return unified, (), None
            equalities.append((new, old))
            unified = {**{k: v.xreplace({old: new}) for k, v in unified.items()}, old: new}
        try:
            built = build(claimed, choices, unified)
        except ReadError:
            return unified, tuple(equalities), None
        if built.right is not None:
            return unified, tuple(equalities), built
        problem = built.problem
    return unified, (), None


def _reading(claimed: Claimed, words: tuple[str, ...], instance: str, built: Built) -> Reading:
    assert built.right is not None
    sides = [t for t in (built.head, built.right, built.previous) if t is not None]
    avoid = {s for t in sides for _, s in free_indices(t)}
    head, right = distinct(built.head, avoid), distinct(built.right, avoid)
    previous = None if built.previous is None else distinct(built.previous, avoid)
    sides = [t for t in (head, right, previous) if t is not None]
    known = {*claimed.table.sizes.values(), *(i.upper for i in claimed.table.model.indices), DUMMY_SIZE}
    free = dict.fromkeys(s for t in sides for kind, s in free_indices(t) if kind == "time" and s not in known)
    components = {s for t in sides for kind, s in free_indices(t) if kind == "component"}
    time = claimed.table.model.time
    ranges = []
    for symbol in free:
        index = claimed.table.indices.get(symbol.name, time)
        if index is None:
            raise ReadError(f"{symbol} would count time steps, but this model has none", claimed.right.start, claimed.right.end)
        ranges.append((symbol, Integer(index.lower), index.upper))
    both = next((s for s in free if s in components), None)
    if both is not None:
        raise ReadError(f"{both} counts steps in one place and components in another", claimed.head.start, claimed.right.end)
    meant = [Relation("<=", k, t) for side in sides for t, k in later_first(side) if t in free and k in free]
    given = [r for r in claimed.given if r.free_symbols & (free.keys() | components)]
    conditions = tuple(dict.fromkeys(given + meant))
    return Reading(words, instance, head, right, previous, conditions, tuple(ranges), right.has(Partial))


# what a head is


def is_gradient(model, head: Basic) -> bool:
    """Whether a head is a derivative of the loss or of one step's loss, or an adjoint, or a component of one."""
    base = head.args[0] if isinstance(head, Entry) else head
    if isinstance(base, Adjoint):
        return True
    name = getattr(base.num, "name", "") if isinstance(base, Partial) else ""
    return bool(name) and (name == model.loss.name or is_step_loss(model, name))


def adjoint_of(model, head: Basic) -> str:
    """The family whose adjoint the head is (δ_t, ∂L/∂h_t, or a component of it), or ""."""
    base = head.args[0] if isinstance(head, Entry) else head
    if isinstance(base, Adjoint):
        return base.variable.name
    if isinstance(base, Partial) and isinstance(base.num, Var) and base.num.name == model.loss.name:
        den = base.den.args[0] if isinstance(base.den, Entry) else base.den
        return den.name if den.name in model.families and model.families[den.name].role == "state" else ""
    return ""


def active_dummies(table: SymbolTable, node: Node) -> Iterator[str]:
    """LaTeX of the dummies that stand bare (x, \\mathbf{x}) in a tree: there such a letter is no quantity of the model."""
    name = name_of(node)
    if name is not None and not name.scripts:
        match = table.match(name, Scope())
        if match and match.pattern.kind == "dummy":
            yield match.pattern.target
        return
    parts = children(node) if name is None else (s.node for s in name.scripts)
    for part in parts:
        yield from active_dummies(table, part)


def concatenation(term: Basic) -> tuple[str, ...]:
    """The names of the weights that a row of blocks joins, or ()."""
    if isinstance(term, Concat) and all(isinstance(p, Var) for p in term.args[1:]):
        return tuple(p.name for p in term.args[1:])
    return ()
