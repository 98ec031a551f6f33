"""What the meaning stage carries along while it turns one tree into a term: the table, the choices, the layout.

Where a formula can be understood in several ways the reader *asks* for a choice; what was asked for is recorded, so
that the caller can build the term once for every way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..language import SCALAR, Product, Relation, Shape, ShapeError, Term, Var, is_number, legs, negative
from ..model import Family
from .symbols import Scope, SymbolTable
from .tokens import ReadError, Source
from .tree import Node

FRESH = tuple("skjiuvqrmlpagw")
def dummy_size(table: SymbolTable) -> Symbol:
    """The size of the argument of an identity, such as x in s_i(x): N, unless the note has that name for a length or size."""
    taken = {*table.sizes, *table.lengths, *table.indices}
    return Symbol(next(name for name in ("N", "N_x", "N_{xx}") if name not in taken))


class PlacedShapeError(ShapeError):
    """Operands that do not conform, with their place and their text in the message."""


@dataclass
class Reader:
    """One tree being read.

    choices     what was chosen before, by name of the choice; `asked` collects (name -> ways) in the order asked for
    layout      of derivatives
    unified     sizes replaced by others, to see under which equalities an ill-shaped formula conforms
    prefer      LaTeX of the dummies that stand in the same equation
    loss_open   whether L_t may stand for L
    is_head     derivatives in a chain's head are total
    layer       the only index on the left side, for ∇_a L that leaves the index of a open
    beside      the shape of a matrix (or else a vector) in the same sum, which says how long the \\mathbf 1 of b 1^T is
    square      the same for a term that ends in I, which says of what size that is
    slope       the head is the slope f'(z) of a column: columns side by side multiply entry by entry, as slopes do
    number      the other side is a number, so that Σ x without an index is the sum of all entries
    given       conditions under which the formula is said, which its cases need not say again
    """

    table: SymbolTable
    source: Source
    handlers: Mapping[type, Callable[[Reader, Node, Scope], Basic]]
    choices: Mapping[str, str] = field(default_factory=dict)
    layout: str = "gradient"
    unified: Mapping[Symbol, Expr] = field(default_factory=dict)
    prefer: frozenset[str] = frozenset()
    loss_open: bool = False
    is_head: bool = False
    slope: bool = False
    layer: Expr | None = None
    beside: Shape = SCALAR
    square: Shape = SCALAR
    number: bool = False
    given: tuple[Relation, ...] = ()
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    error_uses: list[str] = field(default_factory=list)

    def term(self, node: Node, scope: Scope) -> Basic:
        """The term of a node.  Raises `ReadError` or `PlacedShapeError`."""
        try:
            return self.handlers[type(node)](self, node, scope)
        except (ReadError, PlacedShapeError):
            raise
        except ShapeError as error:
            line, column = self.source.place(node.start)
            raise PlacedShapeError(f"{line}:{column}: {error} in {self.text(node)}", error.equalities) from error
        except (TypeError, ValueError) as error:
            raise self.error(node, str(error)) from error

    def text(self, node: Node) -> str:
        return " ".join(self.source.text[node.start : node.end].split())

    def error(self, node: Node, message: str) -> ReadError:
        return ReadError(message, node.start, node.end)

    def ask(self, name: str, ways: tuple[str, ...]) -> str:
        """The chosen one of several ways to understand something; the first, the plainest, if none is chosen."""
        ways = self.asked.setdefault(name, ways)
        return self.choices.get(name, ways[0])

    def size(self, size: Expr) -> Expr:
        return size.xreplace(dict(self.unified)) if self.unified else size

    def variable(self, family: Family, indices: tuple[Expr, ...]) -> Var:
        """A quantity of the model, with sizes unified; a size of 1 is no leg."""
        if not self.unified:
            return Var(family.name, indices, family.rows, family.cols)
        rows, cols = (legs(*map(self.size, side)) for side in (family.rows, family.cols))
        return Var(family.name, indices, rows, cols)

    def fresh(self, letter: str, scope: Scope) -> Symbol:
        """A symbol for a bound index: its own letter unless that is a size, a length or bound already."""
        taken = {*self.table.sizes, *self.table.lengths, *(s.name for s in scope.symbols.values())}
        if letter not in taken:
            return Symbol(letter)
        return Symbol(next(name for name in FRESH if name not in taken))


def minus(term: Basic) -> Basic:
    """-a, flat: the minus of a product is a factor of it."""
    if isinstance(term, Product) and not is_number(term.args[0]):
        return Product(Integer(-1), *term.args)
    if not isinstance(term, Term) and not is_number(term):
        return Product(Integer(-1), term)
    return negative(term)
