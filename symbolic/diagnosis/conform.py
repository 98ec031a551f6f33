"""A claim that does not conform: the edits with which it does and is right.

An edit can only help if it touches the smallest piece that does not conform; whether that piece conforms then is read
first.  Where no edit of what is written helps, pieces of another shape are tried (see `holes`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import combinations, pairwise
from math import inf

from sympy import Expr
from sympy.core.basic import Basic

from ..language import shape_of
from ..language.effort import BudgetExceeded
from ..language.shapes import Legs
from ..reading.readings import LAYOUTS, Choices, read_side
from ..reading.symbols import Scope
from ..reading.syntax import parse
from ..reading.tokens import lex
from ..reading.tree import Big, Infix, Node, Sum
from .bench import Whole, Workbench, agreed, one_line, told
from .edits import Edit, Written, between, edit
from .holes import Hole, holes
from .parts import UNREADABLE, Side, Told, side_of
from .pieces import pieces
from .purse import HOLE
from .records import Diagnosis
from .search import is_wrong, lookups, sample
from .sites import fixed_steps, sites, written

MOST_HITS, MOST_CONFORMING, MOST_PAIRED, DEAREST, FIRST, MOST_TURNS = 3, 24, 24, 1.3, 1.3, 12

EARLY, JOINTS = 0.3, (r"\circ", r"\odot", r"\otimes", "*")


def of_illshaped(
    bench: Workbench, choices: Choices, twice: list[tuple[Told, str, Edit]]
) -> list[Callable[[], Diagnosis | None]]:
    """The stages of mending: the cheapest edit with which the claim conforms and is right, a piece put in, two edits.

    What conforms and is wrong is put into `twice`: it may take a second edit.
    """
    ways = [bench.told(choices, layout) for layout in LAYOUTS[bench.claimed.layout]]
    sides = [(way, side) for way in ways if (side := side_of(way, bench.text)) is not None]

    def stage(more: Callable[[Workbench, Told, Side], Iterable[Edit]]) -> Diagnosis | None:
        for way, side in sides:
            if (mended := _first_right(bench, side, list(more(bench, way, side)))) is not None:
                return mended
        return None

    kinds = (
        partial(_edited, twice=twice), partial(_agreeing, _filled), partial(_agreeing, _pairs), partial(_agreeing, _in_turn),
    )  # fmt: skip
    return [partial(stage, more) for more in kinds]


def _agreeing(
    more: Callable[[Workbench, Told, Side], Iterator[Edit]], bench: Workbench, way: Told, side: Side
) -> Iterator[Edit]:
    """Those edits that are right, as far as they were found before the work became too much."""
    with suppress(BudgetExceeded):
        for e in more(bench, way, side):
            if right(bench, one_line(e.applied(side.text))):
                yield e


def _edited(bench: Workbench, way: Told, side: Side, *, twice: list[tuple[Told, str, Edit]]) -> list[Edit]:
    """The cheapest edits of what is written with which the claim conforms and is right."""
    hits: list[Edit] = []
    with suppress(BudgetExceeded):
        for e, text in _conforming(bench, way, side):
            if right(bench, text):
                hits.append(e)
                if len(hits) >= MOST_HITS:
                    break
            elif len(twice) < MOST_CONFORMING:
                twice.append((way, text, e))
    return hits


def _first_right(bench: Workbench, side: Side, hits: Sequence[Edit]) -> Diagnosis | None:
    """The cheapest hit that is proved."""
    if hits:
        bench.settle()
    for e in sorted(hits, key=lambda e: e.cost):
        text = one_line(e.applied(side.text))
        if bench.proves(text, None):
            return told(bench, side, e, text)
    return None


def _conforming(bench: Workbench, way: Told, side: Side, dearest: float = inf) -> Iterator[tuple[Edit, str]]:
    """Edits of what is written with which the whole conforms, cheapest first."""
    w = written(bench, side, None)
    piece, scope = side.failing or (side.tree, Scope())
    legs = _legs_of_head(bench, way)
    some = [e for e in bench.edits(w) if e.cost <= dearest]
    for e in sorted(some, key=partial(_urgency, side, piece)):
        low, high = e.around
        if high < piece.start or piece.end < low:
            continue
        with suppress(*UNREADABLE):
            if _within(piece, low, high) and way.read(e.applied(side.text, piece.start, piece.end), scope) is None:
                continue
            text = one_line(e.applied(side.text))
            term = way.read(text)
            if term is not None and legs in (None, sum(shape_of(term), ())):
                yield e, text


def _urgency(side: Side, piece: Node, e: Edit) -> float:
    """Where the operands of a sign do not conform, another sign comes early."""
    (low, high, _), *more = e.splices
    joins = isinstance(piece, Infix) and not more and piece.start < low and high < piece.end
    return e.cost - EARLY * (joins and side.text[low:high].strip() in JOINTS)


def _head(bench: Workbench, way: Told) -> Basic | ValueError:
    return read_side(bench.claimed, bench.claimed.head, way.choices, bench.claimed.layout, is_head=True).result


def _legs_of_head(bench: Workbench, way: Told) -> Legs | None:
    """The legs of the left side, in row-major order; None where the right side decides its layout."""
    head = _head(bench, way)
    return sum(shape_of(head), ()) if isinstance(head, Basic) else None


def _step(bench: Workbench, way: Told) -> Expr | None:
    """The step that a formula speaks of outside its sums: that of the left side, else the index of the model."""
    head = _head(bench, way)
    fixed = fixed_steps(head) if isinstance(head, Basic) else ()
    return fixed[-1] if fixed else bench.model.indices[0].symbol if bench.model.indices else None


def _pairs(bench: Workbench, way: Told, side: Side) -> Iterator[Edit]:
    """Two of the edits that move shapes about: a transpose lost and factors swapped."""
    piece, scope = side.failing or (side.tree, Scope())
    w = written(bench, side, None)
    every = bench.edits(w)
    cheap = [e for e in every if e.cost <= DEAREST and piece.start <= e.start and e.end <= piece.end]
    moving = [e for e in cheap if len(e.splices) > 1 or not e.splices[0][2].strip() or "^" in e.splices[0][2]]
    apart = combinations(sorted(moving, key=lambda e: e.cost)[:MOST_PAIRED], 2)
    together = (Edit(tuple(sorted((*a.splices, *b.splices))), a.cost + b.cost) for a, b in apart)
    for e in (*_swapped_and_transposed(w, moving), *together):
        if any(a[1] > b[0] for a, b in pairwise(e.splices)):
            continue
        with suppress(*UNREADABLE):
            if piece is not side.tree and way.read(e.applied(side.text, piece.start, piece.end), scope) is None:
                continue
            if way.read(one_line(e.applied(side.text))) is not None:
                yield e


def _in_turn(bench: Workbench, way: Told, side: Side) -> Iterator[Edit]:
    """Two edits, the second where the claim does not conform after the first."""
    piece, scope = side.failing or (side.tree, Scope())
    w, tried, before = written(bench, side, None), set[str](), (piece.start, side.text[piece.start : piece.end])
    firsts = [e for e in bench.edits(w) if e.cost <= FIRST]
    for first in sorted(firsts, key=lambda e: e.cost):
        text = first.applied(side.text)
        if first.around[1] < piece.start or piece.end < first.around[0] or text in tried:
            continue
        if _within(piece, *first.around) and way.read(first.applied(side.text, piece.start, piece.end), scope) is None:
            continue
        then = side_of(way, text)
        if then is None or then.failing is None or then.term is not None:
            continue
        now, _ = then.failing
        if (now.start, then.text[now.start : now.end]) == before:
            continue
        tried.add(text)
        for second, whole in _conforming(bench, way, then, DEAREST):
            yield between(side.text, whole, first.cost + second.cost)
        if len(tried) >= MOST_TURNS:
            return


def _swapped_and_transposed(w: Written, moving: Sequence[Edit]) -> Iterator[Edit]:
    """V a for a V^T: factors swapped, and one of them without its transpose, or with one."""
    mark = w.style.transpose
    for e in moving:
        (a, b, _), (c, d, _) = e.splices[0], e.splices[-1]
        if len(e.splices) == 2 and b > a and d > c and e.splices == ((a, b, w.text[c:d]), (c, d, w.text[a:b])):
            for k, (low, high, new) in enumerate(e.splices):
                bare = new.removesuffix(mark)
                other = (low, high, bare if bare != new else new + mark)
                yield Edit((other, e.splices[1]) if k == 0 else (e.splices[0], other), e.cost + 1.0)


def _within(piece: Node, low: int, high: int) -> bool:
    return piece.start < low and high < piece.end


def _filled(bench: Workbench, way: Told, side: Side) -> Iterator[Edit]:
    """Pieces of another shape put where they make the formula conform and right."""
    piece, _ = side.failing or (side.tree, Scope())
    extra = pieces(bench, way)
    w, step = written(bench, side, None), _step(bench, way)
    for hole in holes(side, piece, w, lambda term: bench.style(bench.printed(term)), bench.model, extra, step):
        bench.budget.spend(HOLE)
        if not _changes(side, piece, way, hole):
            continue
        text = hole.text(side.text)
        if way.read(text) is None:
            continue
        reading = next(iter(bench.readings(text)), None)
        s = sample(way, text, reading, bench.points(reading), bench.budget) if reading is not None else None
        if s is None:
            continue
        if not is_wrong(s):
            yield edit(1.3, (hole.start, hole.end, hole.before + hole.stand_in + hole.after))
            continue
        here = [site for site in sites(s) if (site.start, site.end) == hole.span]
        for found in lookups(s, here, bench, ("replace",), extra):
            try:
                f = found.latex or bench.style(bench.printed(found.term))
                loose = isinstance(parse(lex(f).tokens), (Sum, Infix, Big))
            except UNREADABLE:
                continue
            new = f"({f})" if loose else f
            yield edit(1.0 + 0.3 * found.size, (hole.start, hole.end, hole.before + new + hole.after))


def _changes(side: Side, piece: Node, way: Told, hole: Hole) -> bool:
    """Whether the operand in which a hole stands conforms with the stand-in and has another shape than before."""
    inner = [p for p in side.parts if p.node.start <= hole.start and hole.end <= p.node.end and p.node is not piece]
    inner = [p for p in inner if (p.node.start, p.node.end) != (hole.start, hole.end)]
    if not inner:
        return True
    operand = max(inner, key=lambda p: p.node.end - p.node.start)
    term = way.read(hole.text(side.text, *operand.span), operand.scope)
    return term is not None and shape_of(term) != shape_of(operand.term)


def right(bench: Workbench, text: str) -> bool:
    """Whether a right side conforms with the head and is right at sample points."""
    for reading in bench.readings(text)[:2]:
        bench.budget.evaluates(reading.right, bench.points(reading))
        if agreed(bench.points(reading), reading.right):
            return True
    return False


__all__ = ["Whole", "of_illshaped", "right"]
