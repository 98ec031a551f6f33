"""Softmax of a matrix Z: of every row of it or of every column, and what in a note decides that.

Both are customs: samples are the rows of X W + 1 bᵀ and the columns of W X + b 1ᵀ, attention is A = softmax(Q Kᵀ) with O = A V
or softmax(Kᵀ Q) with O = V A.  In this order a note shows which it means:

    words       it says so ("row by row", a line of its block)
    bias        a bias is repeated for every row of Z, which are the samples then
    mean        the loss is divided by the number of rows
    weights     the softmax stands before what it weighs: each row of A V is a mean of the rows of V
    data        the rows of Z are those of data, its columns those of a parameter

What the first two show is certain.  Where nothing shows it, or two signs disagree, there is no model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ...language.lines import LINES, OF_VECTORS
from ..tree import Fraction, walk
from .build import Draft, NotInferred, named_by_gradients
from .families import Definition
from .names import is_derivative, names_in
from .records import Decision
from .shapes import Solution, Want, bare, conform, parts_of
from .sizes import SCALAR, Evaluation, Form, Side

WAYS = {"rows": "row by row", "columns": "column by column"}
OPEN = (
    "softmax of a matrix may be taken row by row or column by column, and {}; say in words which is meant, "
    "or declare it (softmax: rows, softmax: columns)"
)


@dataclass(frozen=True)
class Lines:
    """`way`: "rows" or "columns", or "" where softmax is taken of no matrix; `why`, and its `grade` (see `RULES`)."""

    way: str = ""
    why: str = ""
    grade: int = 0


def explained(lines: Lines) -> Iterator[Decision]:
    """The decision, if there was one."""
    if lines.way:
        other = "columns" if lines.way == "rows" else "rows"
        yield Decision("softmax of a matrix", WAYS[lines.way], WAYS[other], lines.why, 0, f"softmax: {other}")


@dataclass(frozen=True)
class _Signs:
    """What the rules look at: where softmax is taken, of how many rows and columns, and the sizes of some things."""

    taken: Form
    names: frozenset[str]
    rows: Side
    cols: Side
    factors: Sequence[Sequence[Form]]
    repeated: frozenset[tuple[Side, Side]]
    below: frozenset[str]
    data: frozenset[Side]
    learned: frozenset[Side]


def lines_of(
    draft: Draft, losses: Sequence[Definition], pairs: Sequence[tuple[Form, Form]], solution: Solution, said: str
) -> Lines:
    """Of which lines softmax is taken.  Raises `NotInferred`.

    `losses`: what defines the loss; `said`: what the note says in words, "rows and columns" where it says both.
    """
    if not solution.matrices:
        return Lines()
    if said and said not in LINES:
        raise NotInferred(OPEN.format("the note speaks of both"))
    shown: dict[str, list[tuple[int, str]]] = {said: [(0, "the note says so")]} if said else {}
    taken = list(_signs(draft, losses, pairs, solution))
    told_of = bool(said) and len(taken) == 1  # of several, the words may speak of another one
    for signs in taken:
        found = [(grade, way, why) for rule, why, grade in RULES if (way := rule(signs)) and not (told_of and grade)]
        best = min((grade for grade, _, _ in found), default=0)
        for grade, way, why in found:
            if grade == best:
                told = why.format(way[:-1], {"rows": "before", "columns": "behind"}[way])
                shown.setdefault(way, []).append((grade, told))
    if len(shown) == 1:
        ((way, reasons),) = shown.items()
        grade, told = min(reasons)
        return Lines(way, told, grade)
    if not shown:
        raise NotInferred(OPEN.format("nothing in the note decides"))
    told = " and ".join(f"{min(shown[way])[1]} ({WAYS[way]})" for way in LINES)
    raise NotInferred(OPEN.format(told))


def _signs(
    draft: Draft, losses: Sequence[Definition], pairs: Sequence[tuple[Form, Form]], solution: Solution
) -> Iterator[_Signs]:
    evaluation = Evaluation(solution.shapes, solution.sizes.copy(), repeated=solution.repeated, matrices=True)
    for pair in pairs:
        conform(pair, evaluation)
    find = evaluation.sizes.find
    repeated = frozenset((find(often), find(long)) for often, long in _repeated(pairs, evaluation))
    leaves = [i for i in draft.infos.values() if not i.defined]
    weights = _learned(draft)
    sides = {i.name: {find(s) for s in solution.shapes[i.name] if s != 0} for i in leaves}
    below = [q.denominator for d in losses for q in walk(d.right) if isinstance(q, Fraction) and not is_derivative(q)]
    letters = frozenset(n.letter.name for q in below for n, _, _ in names_in(q) if not n.scripts)
    factors = tuple(_factors(pairs, evaluation))
    for part, names in _taken(pairs):
        shape = evaluation.shape(part[2])
        if shape is None or 0 in shape:
            continue
        yield _Signs(
            part, names, find(shape[0]), find(shape[1]), factors, repeated, letters,
            frozenset().union(*(s for n, s in sides.items() if n not in weights)),
            frozenset().union(*(s for n, s in sides.items() if n in weights)),
        )


def _taken(pairs: Sequence[tuple[Form, Form]]) -> Iterator[tuple[Form, frozenset[str]]]:
    """Every softmax, and the quantities that are defined as it."""
    for _, right in pairs:
        for part in parts_of(right):
            if part[0] == "apply" and part[1] in OF_VECTORS:
                yield part, frozenset(left[1] for left, other in pairs if left[0] == "family" and other == part)


def _repeated(pairs: Sequence[tuple[Form, Form]], e: Evaluation) -> Iterator[tuple[Side, Side]]:
    """(how often, how long) of what is repeated: (N, K) of b in X W + 1 bᵀ and in X W + b with a row b."""
    side = {"rows": 1, "columns": 0}.get(e.repeated, 0)
    for terms in ([t for t in f[1:] if t[0] != "number"] for _, right in pairs for f in parts_of(right) if f[0] == "plus"):
        shapes = [e.shape(t) for t in terms]
        matrix = next((s for s in shapes if s and 0 not in s), None)
        if matrix is None:
            continue
        for term, shape in zip(terms, shapes, strict=True):
            factors: tuple[Form, ...] = term[1:] if term[0] == "product" else ()
            outer = [(e.shape(f) or SCALAR) for f in factors] if len(factors) == 2 else [SCALAR, SCALAR]
            if e.repeated and shape and shape[side] != 0 == shape[1 - side]:
                yield matrix[1 - side], matrix[side]
            elif outer[0][1] == 0 == outer[1][0] and SCALAR not in outer:
                if factors[0][0] == "ones":
                    yield matrix
                elif bare(factors[1])[0] == "ones":
                    yield matrix[::-1]


def _factors(pairs: Sequence[tuple[Form, Form]], e: Evaluation) -> Iterator[list[Form]]:
    """The factors of every product in a vector or a matrix, without numbers and without ones, which weigh nothing."""
    for left, right in pairs:
        if e.shape(left) != SCALAR:
            for part in (p for p in parts_of(right) if p[0] == "product"):
                yield [f for f in part[1:] if e.shape(f) != SCALAR and bare(f)[0] != "ones"]


def _learned(draft: Draft) -> set[str]:
    """The leaves by which the note differentiates, or whose gradients have names such as dW."""
    named = named_by_gradients(draft)
    return {i.name for key, i in draft.infos.items() if not i.defined and (i.below or key in named)}


def learned(draft: Draft, wants: Sequence[Want]) -> list[Want]:
    """What the search for shapes is told, with what the note learns."""
    names = _learned(draft)
    return [replace(w, learned=w.name in names) for w in wants]


def _one(rows: bool, columns: bool) -> str:
    return "" if rows == columns else "rows" if rows else "columns"


def _by_bias(s: _Signs) -> str:
    return _one((s.rows, s.cols) in s.repeated, (s.cols, s.rows) in s.repeated)


def _by_mean(s: _Signs) -> str:
    return _one(s.rows in s.below, s.cols in s.below)


def _by_data(s: _Signs) -> str:
    data, learned = s.data - s.learned, s.learned
    return _one(s.rows in data and s.cols in learned, s.cols in data and s.rows in learned)


def _by_weights(s: _Signs) -> str:
    """Whether the softmax stands before a factor, or behind one."""
    before = behind = False
    itself = {s.taken, *(("family", name) for name in s.names)}
    for factors in s.factors:
        for k, factor in enumerate(factors):
            turned = factor[0] == "transpose" and factor[1] in itself
            if factor in itself or turned:
                first, last = k + 1 < len(factors), k > 0
                before, behind = before or (last if turned else first), behind or (first if turned else last)
    return _one(before, behind)


RULES: tuple[tuple[Callable[[_Signs], str], str, int], ...] = (
    (_by_bias, "a bias is repeated for every {}", 0),
    (_by_mean, "the loss is divided by the number of {}s", 1),
    (_by_weights, "it stands {1} what it weighs", 1),
    (_by_data, "a {} belongs to the data, the other side to a parameter", 2),
)
"""How a sign is found, what is said of it, and its grade: 0 certain, 1 a custom, 2 a custom where no other is seen."""
