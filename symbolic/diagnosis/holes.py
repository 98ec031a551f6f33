"""Where a piece of another shape is missing or wrong: holes of a type, and what fills them.

A formula that does not conform tells nothing about values.  So a stand-in of each shape that fits between its
neighbours is put at each place; where the whole conforms then, it is a claim like any other, wrong at one piece, and
what this piece must be worth is looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from ..language import SCALAR, Diag, Shape, Term, Transpose, shape_of
from ..model import Model
from ..reading.scripts import name_of
from ..reading.tree import Big, Group, Infix, Juxtaposed, Letter, Node, Number, Scripted, Sum, walk
from .edits import Written
from .parts import Side
from .vocabulary import Pieces

MOST = 500


@dataclass(frozen=True)
class Hole:
    """A stand-in at [start, end) of the text; before and after: what joins it to its neighbours."""

    start: int
    end: int
    stand_in: str
    before: str = ""
    after: str = ""

    def text(self, whole: str, start: int = 0, end: int | None = None) -> str:
        """The text between two offsets with the stand-in in the hole."""
        last = len(whole) if end is None else end
        return whole[start : self.start] + self.before + self.stand_in + self.after + whole[self.end : last]

    @property
    def span(self) -> tuple[int, int]:
        """Where the stand-in stands then."""
        first = self.start + len(self.before)
        return first, first + len(self.stand_in)


def holes(
    side: Side, piece: Node, w: Written, printed: Callable[[Basic], str], model: Model, extra: Pieces, step: Expr | None
) -> Iterator[Hole]:
    """Holes in a piece whose type fits between their neighbours, as far as these are known, and makes a difference.

    step  the step that is meant outside sums and products
    """
    shapes = {p.span: shape_of(p.term) for p in side.parts}
    made = 0
    stand_ins: dict[Expr | None, dict[Shape, str]] = {}
    for maker in (_inserted, _replaced):
        for start, end, before, after, fits in maker(side, w, shapes):
            letter = _letter(side.tree, start, step)
            if letter not in stand_ins:
                stand_ins[letter] = _stand_ins(model, printed, letter, extra)
            for shape, stand_in in stand_ins[letter].items():
                if piece.start <= start and end <= piece.end and shape != SCALAR and fits(shape) and made < MOST:
                    made += 1
                    yield Hole(start, end, stand_in, before, after)


Fits = Callable[[Shape], bool]
Gap = tuple[int, int, str, str, Fits]


def _inserted(side: Side, w: Written, shapes: dict[tuple[int, int], Shape]) -> Iterator[Gap]:
    """Between, before and after factors, and beside what stands by itself."""
    for node in walk(side.tree):
        if isinstance(node, (Juxtaposed, Infix)):
            units = w.units(node)
        elif _by_itself(side.tree, node):
            units = [(node.start, node.end)]
        else:
            continue
        known = [shapes.get(u) for u in units]
        for k in range(len(units) + 1):
            left = next((s for s in reversed(known[:k]) if s != SCALAR), None) if k else None
            right = next((s for s in known[k:] if s != SCALAR), None) if k < len(units) else None
            at = units[k][0] if k < len(units) else units[-1][1]
            if not isinstance(node, Infix):
                pair = (" ", "") if k == len(units) else ("", " ")
                yield at, at, *pair, _between(left, right)


def _by_itself(tree: Node, node: Node) -> bool:
    """Whether a node is a whole side, what stands in brackets or under a sum, or a summand, and no product."""
    if isinstance(node, (Sum, Juxtaposed, Infix, Big, Number)):
        return False
    if node is tree:
        return True
    return any(
        (isinstance(n, (Group, Big)) and n.body is node) or (isinstance(n, Sum) and any(t is node for t in n.terms))
        for n in walk(tree)
    )


def _between(left: Shape | None, right: Shape | None) -> Fits:
    def fits(shape: Shape) -> bool:
        if left is not None and right is not None:
            return left[1] != right[0] and left[1] == shape[0] and shape[1] == right[0]
        if left is not None:
            return left[1] == shape[0] and shape[1] != left[1]
        return right is None or (shape[1] == right[0] and shape[0] != right[0])

    return fits


def _replaced(side: Side, w: Written, shapes: dict[tuple[int, int], Shape]) -> Iterator[Gap]:
    """Names that are wrong altogether."""
    for node in walk(side.tree):
        leaf = isinstance(node, (Letter, Number)) or (isinstance(node, Scripted) and name_of(node) is not None)
        span = (node.start, node.end)
        if leaf and span in shapes:
            yield *span, "", "", _other(shapes[span])


def _other(own: Shape) -> Fits:
    return lambda shape: shape != own


def _letter(tree: Node, at: int, step: Expr | None) -> Expr | None:
    """The index letter of the innermost sum or product around a place, else the step that is meant outside."""
    inner = [n for n in walk(tree) if isinstance(n, Big) and n.body.start <= at <= n.end]
    for node in reversed(inner):
        for sub in node.subs:
            name = next((str(n.name) for n in walk(sub) if isinstance(n, Letter)), "").removeprefix("\\")
            if name:
                return Symbol(name)
    return step


def _stand_ins(model: Model, printed: Callable[[Basic], str], letter: Expr | None, extra: Pieces) -> dict[Shape, str]:
    """One quantity of each shape."""
    found: dict[Shape, Term] = {}
    for family in model.families.values():
        if len(family.indices) > 1 or (family.indices and letter is None):
            continue
        variable: Term = family.at(*((letter,) if family.indices and letter is not None else ()))
        made = [variable, Transpose(variable)]
        if variable.rows and not variable.cols:
            made.append(Diag(variable))
        for term in made:
            found.setdefault(shape_of(term), term)
    spelled: dict[Shape, str] = {}
    for shape, term in found.items():
        with suppress(TypeError, ValueError):
            spelled[shape] = printed(term)
    for item in extra((letter,) if letter is not None else ()):
        spelled.setdefault(shape_of(item.term), item.latex)
    return spelled
