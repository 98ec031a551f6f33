"""What is printed for each head: one row per head, spelled by the notation at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sympy import Add, Integer, Mul, Pow, Rational, Symbol
from sympy.core.basic import Basic

from ..language import (
    Adjoint,
    Apply,
    Block,
    Commute,
    Concat,
    Diag,
    DiagPart,
    Entry,
    Filled,
    Hadamard,
    Identity,
    Kronecker,
    NormSquared,
    Partial,
    Plus,
    Power,
    Product,
    ProductOver,
    Quotient,
    Relation,
    Reshape,
    SumOver,
    Total,
    Trace,
    Transpose,
    Unit,
    Var,
    Vec,
    Where,
    lines_of,
    shape_of,
)
from ..model import Model
from .arithmetic import elementwise, inside, number, plus, power, product, quotient, size_power
from .names import Spelled, index_latex, symbol_latex
from .printing import ATOM, ELEMENTWISE, FACTOR, PRODUCT, SUM, Notation, Piece, Printer, PrintError, Row


def _symbol(p: Printer, x: Symbol) -> Piece:
    return Piece(p.notation.name(symbol_latex(x.name)), ATOM)


def _var(p: Printer, x: Var) -> Piece:
    spelled = p.names.variable(x)
    if spelled is None:
        raise PrintError(f"the name of {x.name} cannot be written")
    return p.name(spelled)


def _transpose(p: Printer, x: Basic) -> Piece:
    return Piece(p.notation.transpose % p.at(x.args[0], ATOM), FACTOR)


def _called(spelling: Callable[[Notation], str]) -> Row:
    return lambda p, x: Piece(p.notation.call(spelling(p.notation), inside(p, x.args[0])), FACTOR)


def _vec(p: Printer, x: Vec) -> Piece:
    # vec is row-major here; column by column is the vec of the transpose
    inner = x.args[0] if x.args[1].name == "row" else Transpose(x.args[0])
    return Piece(p.notation.call(p.notation.vec, inside(p, inner)), FACTOR)


def _reshape(p: Printer, x: Reshape) -> Piece:
    size = p.notation.times % (p.legs(x.rows), p.legs(x.cols))
    return Piece(p.notation.call(p.notation.reshape % size, inside(p, x.args[0])), FACTOR)


def _identity(p: Printer, x: Identity) -> Piece:
    return Piece(p.notation.identity % p.legs(x.args), FACTOR) if x.args else Piece("1", ATOM)


def _commute(p: Printer, x: Commute) -> Piece:
    return Piece(p.notation.commute % (p.legs(x.args[0]), p.legs(x.args[1])), ATOM)


def _filled(p: Printer, x: Filled) -> Piece:
    number, (rows, cols) = x.args[0], x.shape
    if not rows and not cols:
        return p.piece(number)
    if number not in (0, 1):
        return p.piece(Product(number, Filled(1, rows, cols)))
    size = p.notation.times % (p.legs(rows), p.legs(cols)) if rows and cols else p.legs(rows + cols)
    text = p.notation.filled % (number, size)
    return Piece(text, ATOM) if rows else Piece(p.notation.transpose % text, FACTOR)


def _total(p: Printer, x: Total) -> Piece:
    rows, cols = shape_of(x.args[0])
    if len(rows) > 1 or len(cols) > 1:
        return Piece(p.notation.call(p.notation.total, inside(p, x.args[0])), FACTOR)
    left = [Filled(1, (), rows)] if rows else []
    right = [Filled(1, cols)] if cols else []
    return p.piece(Product(*left, x.args[0], *right) if left or right else x.args[0])


def _norm(p: Printer, x: NormSquared) -> Piece:
    return Piece(p.notation.norm % inside(p, x.args[0]), FACTOR)


def _apply(p: Printer, x: Apply) -> Piece:
    if not x.fun.kind and x.fun.name == "step" and not x.fun.order:
        return Piece(p.notation.step % p.text(x.x), FACTOR)
    return Piece(p.notation.call(p.notation.name(p.names.function(x.fun)), inside(p, x.x)), FACTOR)


def _adjoint(p: Printer, x: Adjoint) -> Piece:
    spelled = p.names.error(x.variable)
    if spelled:
        return p.name(spelled)
    return _derivative(p, p.notation.partial, p.notation.name(p.names.loss), p.piece(x.variable).text)


def _derivative(p: Printer, template: str, upper: str, lower: str) -> Piece:
    return Piece(template % (upper, lower), p.notation.fraction_levels[2])


def _partial(p: Printer, x: Partial) -> Piece:
    template = p.notation.partial if x.mode == "total" else p.notation.immediate
    return _derivative(p, template, p.at(x.num, FACTOR), p.at(x.den, FACTOR))


def _entry(p: Printer, x: Entry) -> Piece:
    inner, indices = x.args[0], x.args[1:]
    written = [index_latex(i) for i in indices]
    spelled: Spelled | None = None
    if not indices:
        return p.piece(inner)
    if isinstance(inner, Var):
        spelled = p.names.variable(inner, written)
    elif isinstance(inner, Adjoint):
        spelled = p.names.error(inner.variable, written)
        below = p.names.variable(inner.variable, written)
        if spelled is None and below and p.names.error(inner.variable) is None:
            return _derivative(p, p.notation.partial, p.notation.name(p.names.loss), p.notation.name(below.latex))
    if spelled:
        return p.name(spelled)
    return Piece(p.notation.entry % (p.text(inner), p.indices(indices)), ATOM)


def _unit(p: Printer, x: Unit) -> Piece:
    return Piece(p.notation.unit % (p.index(x.args[0]), p.index(x.args[1])), FACTOR)


def _block(p: Printer, x: Block) -> Piece:
    axis, position, sizes = int(x.args[1]), int(x.args[2]), x.args[3]
    before, through = sum(sizes[:position], Integer(0)), sum(sizes[: position + 1], Integer(0))
    part = p.notation.block_slice % (p.index(before + 1), p.index(through))
    both = len(x.args[0].shape[0]) > 0 and len(x.args[0].shape[1]) > 0
    where = part if not both else f"{part},:" if axis == 0 else f":,{part}"
    return Piece(p.notation.block % (p.text(x.args[0]), where), ATOM)


def _concat(p: Printer, x: Concat) -> Piece:
    parts = x.args[1:]
    if len(parts) == 1:
        return p.piece(parts[0])
    template, comma = p.notation.stacked if x.args[0] == 0 else p.notation.beside
    return Piece(template % comma.join(p.text(a) for a in parts), ATOM)


def _relation(p: Printer, x: Relation) -> Piece:
    return Piece(f"{p.text(x.args[1])} {p.notation.relations[x.op]} {p.text(x.args[2])}", SUM)


def _where(p: Printer, x: Where) -> Piece:
    indicators = " ".join(p.notation.indicator % p.text(c) for c in x.args[1:])
    if not indicators:
        return p.piece(x.args[0])
    if x.args[0] == 1:
        return Piece(indicators, FACTOR if len(x.args) == 2 else PRODUCT)
    piece = p.piece(x.args[0])
    rest = piece.text if piece.level == PRODUCT else p.closed(replace(piece, minus=False), FACTOR, last=True)
    return Piece(f"{indicators} {rest}", PRODUCT, piece.minus, piece.open)


def _sum(p: Printer, x: SumOver) -> Piece:
    if p.names.lines and (found := lines_of(x)) is not None and found[2] == p.names.lines:  # the model says of which lines
        fun, matrix, _ = found
        return Piece(p.notation.call(p.notation.name(p.names.function(fun)), inside(p, matrix)), FACTOR)
    body, index, lower, upper, excluded = x.args
    inner = p.piece(body)
    below = f"{p.index(index)}={p.index(lower)}"
    below += "".join(p.notation.excluded % (p.index(index), p.index(e)) for e in excluded)
    text = p.notation.sum % (below, p.index(upper), p.closed(replace(inner, minus=False), ELEMENTWISE, last=True))
    return Piece(text, PRODUCT, inner.minus, inner.open | {index})


def _ordered(p: Printer, x: ProductOver) -> Piece:
    body, index, lower, upper, _ = x.args
    first, last = (upper, lower) if x.order == "descending" else (lower, upper)
    factor = p.at(body, FACTOR)
    text = p.notation.product[x.order] % (p.index(index), p.index(first), p.index(last), factor)
    return Piece(text, PRODUCT, open=frozenset({index}))


HEADS: dict[type, Row] = {
    Rational: number,
    Symbol: _symbol,
    Add: plus,
    Mul: product,
    Pow: size_power,
    Var: _var,
    Plus: plus,
    Product: product,
    Hadamard: elementwise(lambda n: n.hadamard),
    Kronecker: elementwise(lambda n: n.kronecker),
    Quotient: quotient,
    Power: power,
    Transpose: _transpose,
    Diag: _called(lambda n: n.diag),
    DiagPart: _called(lambda n: n.diag),
    Identity: _identity,
    Commute: _commute,
    Filled: _filled,
    Vec: _vec,
    Reshape: _reshape,
    Trace: _called(lambda n: n.trace),
    Total: _total,
    NormSquared: _norm,
    Entry: _entry,
    Unit: _unit,
    Relation: _relation,
    Where: _where,
    SumOver: _sum,
    ProductOver: _ordered,
    Apply: _apply,
    Concat: _concat,
    Block: _block,
    Partial: _partial,
    Adjoint: _adjoint,
}
"""What prints each head."""


def printer(notation: Notation, model: Model | None = None) -> Printer:
    """A printer of every head, in one notation, with the names of one model."""
    return Printer(notation, HEADS, model)
