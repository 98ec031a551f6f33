"""Terms as NumPy expressions: one row per head.

Sizes and lengths are numbers by now.  A quantity is `v("h", i_t - 1)`: its name is text, an index a Python name of our own
making (`Names`), so that nothing from a note becomes code.  `strict`: sums and entry by entry products refuse shapes that
differ, where NumPy would stretch one of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import prod
from zlib import crc32

from sympy import Add, Expr, Mul, Pow, Rational, Symbol
from sympy.core.basic import Basic

from ... import language as L
from ...language.shapes import Legs, Shape
from ...model import Model, variables


class Unprintable(ValueError):
    """A term that has no expression here."""


class Names:
    """Harmless names: what is a plain word stays readable, anything else gets a number."""

    def __init__(self, prefix: str):
        self.prefix = prefix
        self.known: dict[str, str] = {}

    def of(self, given: str) -> str:
        """
        >>> Names("i_").of("t"), Names("i_").of("t'1 or exit()")
        ('i_t', 'i_1')
        """
        if given not in self.known:
            plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,30}", given, re.ASCII)
            self.known[given] = self.prefix + (given if plain else str(len(self.known) + 1))
        return self.known[given]


class Printer:
    """Prints the terms of one model with numbers for its sizes and lengths."""

    def __init__(self, model: Model, sizes: Mapping[str, int], lengths: Mapping[str, int], strict: bool = False):
        self.model, self.sizes, self.lengths, self.strict = model, sizes, lengths, strict
        self.letters, self.quantities = Names("i_"), Names("")

    def text(self, term: Basic) -> str:
        """An expression whose value is an array of two axes."""
        row = ROWS.get(type(term))
        if row is not None:
            return row(self, term)
        return f"np.full((1, 1), {self.number(term)})"

    def operand(self, term: Basic) -> str:
        """An expression beside which an array stands: a number may be just that."""
        return self.number(term) if L.is_number(term) else self.text(term)

    def number(self, expression: Basic) -> str:
        """A number, a size, an index, or a sum, product or power of them."""
        if isinstance(expression, Rational):
            return f"{float(expression)!r}" if expression.q == 1 else f"({int(expression.p)} / {int(expression.q)})"
        if isinstance(expression, (Add, Mul)):
            sign = " + " if isinstance(expression, Add) else " * "
            return f"({sign.join(map(self.number, expression.args))})"
        if isinstance(expression, Pow):
            base, exponent = map(self.number, expression.args)
            return f"({base} ** {exponent})"
        if isinstance(expression, Symbol):
            return f"float({self.index(expression)})"
        raise Unprintable(f"{type(expression).__name__} has no place in a replay")

    def index(self, expression: Expr) -> str:
        """An index: a letter or a number, shifted."""
        point, offset = L.affine(expression)
        if point is None:
            return str(offset)
        known = self.lengths.get(point.name, self.sizes.get(point.name))
        if known is not None:
            return str(known + offset)
        name = self.letters.of(point.name)
        return name if not offset else f"{name} {'+' if offset > 0 else '-'} {abs(offset)}"

    def size(self, leg: Expr) -> int:
        if leg.is_Integer:
            return int(leg)
        if isinstance(leg, Symbol):
            return self.sizes[leg.name]
        return (prod if leg.is_Mul else sum)(map(self.size, leg.args))

    def side(self, legs: Legs) -> int:
        return prod(map(self.size, legs))

    def sides(self, term: Basic) -> str:
        rows, cols = L.shape_of(term)
        return f"{self.side(rows)}, {self.side(cols)}"

    def quantity(self, variable: L.Var) -> str:
        """Name and indices as arguments; an argument of an identity is told apart from a quantity of the model by its shape."""
        family = self.model.families.get(variable.name)
        known = family is not None and len(variable.indices) == len(family.indices)
        name = variable.name if known else f"{variable.name} ({L.describe(variable.shape)})"
        return ", ".join([repr(self.quantities.of(name)), *map(self.index, variable.indices)])

    def condition(self, relation: L.Relation) -> str:
        left, right = map(self.index, relation.args[1:])
        return f"{left} {_SIGNS[relation.op]} {right}"

    def steps(self, term: Basic) -> str:
        """`for i_t in range(1, 4)`, in front of which the body stands."""
        _, letter, lower, upper, *rest = term.args
        own = self.letters.of(letter.name)
        text = f"for {own} in range({self.index(lower)}, {self.index(upper)} + 1)"
        excluded = rest[0] if isinstance(term, L.SumOver) else ()
        return f"{text} if {own} not in ({', '.join(map(self.index, excluded))},)" if excluded else text


_SIGNS = {"=": "==", "!=": "!=", "<": "<", "<=": "<="}


def _joined(p: Printer, parts: list[str], sign: str, strictly: str) -> str:
    if not p.strict:
        return f"({sign.join(parts)})"
    text = parts[0]
    for part in parts[1:]:
        text = f"{strictly}({text}, {part})"
    return text


def _operands(p: Printer, term: Basic) -> list[str]:
    """Numbers may stay numbers if something else is an array."""
    return [p.text(a) if i == 0 and all(map(L.is_number, term.args)) else p.operand(a) for i, a in enumerate(term.args)]


def _product(p: Printer, term: Basic) -> str:
    """Scalar factors scale wherever they stand; so does a row times a column in front of other factors."""
    scale: list[str] = []
    matrices: list[str] = []
    shape = L.SCALAR
    for factor in term.args:
        own = L.shape_of(factor)
        if own == L.SCALAR:
            scale.append(p.operand(factor) if len(term.args) > 1 else p.text(factor))
        elif shape == L.SCALAR:
            if matrices:
                scale.append(f"({' @ '.join(matrices)})")
            matrices, shape = [p.text(factor)], own
        else:
            matrices.append(p.text(factor))
            shape = (shape[0], own[1])
    if matrices:
        scale.append(f"({' @ '.join(matrices)})")
    if all(map(L.is_number, term.args)):
        scale[0] = p.text(term.args[0])
    return scale[0] if len(scale) == 1 else _joined(p, scale, " * ", "times")


def _quotient(p: Printer, term: Basic) -> str:
    top, bottom = term.args
    return f"({p.operand(top) if not L.is_number(bottom) else p.text(top)} / {p.operand(bottom)})"


def _entry(p: Printer, term: Basic) -> str:
    x, *indices = term.args
    sizes = ", ".join(str(p.size(leg)) for leg in sum(L.shape_of(x), ()))
    return f"entry({p.text(x)}, ({sizes},), {', '.join(map(p.index, indices))})"


def _where(p: Printer, term: Basic) -> str:
    x, *conditions = term.args
    return f"({p.text(x)} if {' and '.join(map(p.condition, conditions))} else np.zeros(({p.sides(term)})))"


def _product_over(p: Printer, term: Basic) -> str:
    body, order = term.args[0], term.order
    if order == "unspecified":
        raise Unprintable("the order of a product over an index is not fixed")
    turned = "[::-1]" if order == "descending" else ""
    return f"chain([{p.text(body)} {p.steps(term)}]{turned}, {p.side(term.shape[0])})"


def _apply(p: Printer, term: Basic) -> str:
    fun, x = term.fun, p.text(term.x)
    if not fun.kind:
        if fun.name not in L.FUNCTIONS:
            raise Unprintable("a function that a replay does not know")
        return f"derived({fun.name}, {fun.order}, {x})" if fun.order else f"{fun.name}({x})"
    at = "".join(f"{p.index(i)}," for i in fun.at)
    out = f", {p.side(fun.out)}" if fun.kind == "vector" else ""
    return f"{_STANDINS[fun.kind]}({crc32(fun.name.encode())}, ({at}), {fun.order}, {x}{out})"


_STANDINS = {"elementwise": "wave", "scalar": "hill", "vector": "field"}


def _concat(p: Printer, term: Basic) -> str:
    return f"np.concatenate([{', '.join(map(p.text, term.args[1:]))}], axis={int(term.args[0])})"


def _block(p: Printer, term: Basic) -> str:
    x, axis, position, sizes = term.args
    start = sum(map(p.size, sizes[: int(position)]))
    stop = start + p.size(sizes[int(position)])
    return f"{p.text(x)}[{start}:{stop}]" if axis == 0 else f"{p.text(x)}[:, {start}:{stop}]"


def _own(p: Printer, term: Basic) -> Shape:
    """The shape of a side of a derivative; of a quantity that of the model, also where sizes are taken to be equal."""
    family = p.model.families.get(term.name) if isinstance(term, L.Var) else None
    return L.shape_of(term) if family is None else (family.rows, family.cols)


def _adjoint(p: Printer, term: Basic) -> str:
    rows, cols = map(p.side, _own(p, term.variable))
    loss = f"lambda v: v({p.quantity(p.model.loss)})"
    return f"of_loss({loss}, lambda v: v({p.quantity(term.variable)}), {rows * cols}).reshape({rows}, {cols})"


def _partial(p: Printer, term: Basic) -> str:
    num, den = term.num, term.den
    top, by = f"lambda v: {p.text(num)}", f"lambda v: {p.text(den)}"
    if any(isinstance(t, (L.Adjoint, L.Partial)) for side in (num, den) for t in side.atoms(L.Term)):
        raise Unprintable("a derivative inside another one")
    if num == p.model.loss:
        text = f"of_loss({top}, {by}, {prod(map(p.side, _own(p, den)))})"
    else:
        step = f", {_own_step(p, num)}" if term.mode == "immediate" else ""
        text = f"derivative({top}, {by}{step})"
    rows, cols = map(p.side, L.derivative_shape(_own(p, num), _own(p, den), term.layout))
    return f"{text}{'.T' if term.layout == 'denominator' else ''}.reshape({rows}, {cols})"


def _own_step(p: Printer, num: Basic) -> str:
    """The step at which a numerator lives: that of the latest quantity in it, at the plain index letter."""
    found = []
    for v in variables(num):
        family = p.model.families.get(v.name)
        for index, declared in zip(v.indices, family.indices if family else (), strict=False):
            if declared == p.model.time:
                point, _ = L.affine(index)
                letter = point is not None and point.name not in p.lengths and not isinstance(num, L.Var)
                found.append(p.index(point if letter else index))
    found = list(dict.fromkeys(found))
    return "None" if not found else found[0] if len(found) == 1 else f"max({', '.join(found)})"


ROWS: dict[type, Callable[[Printer, Basic], str]] = {
    L.Var: lambda p, x: f"v({p.quantity(x)})",
    L.Plus: lambda p, x: _joined(p, _operands(p, x), " + ", "plus"),
    L.Product: _product,
    L.Hadamard: lambda p, x: _joined(p, _operands(p, x), " * ", "times"),
    L.Quotient: _quotient,
    L.Power: lambda p, x: f"({p.text(x.args[0])} ** {x.args[1] if x.args[1].is_Integer else p.number(x.args[1])})",
    L.Transpose: lambda p, x: f"{p.text(x.args[0])}.T",
    L.Diag: lambda p, x: f"np.diag({p.text(x.args[0])}.ravel())",
    L.DiagPart: lambda p, x: f"np.diag({p.text(x.args[0])})[:, None]",
    L.Identity: lambda p, x: f"np.eye({p.side(x.args)})",
    L.Commute: lambda p, x: f"commutation({p.side(x.args[0])}, {p.side(x.args[1])})",
    L.Filled: lambda p, x: f"np.full(({p.sides(x)}), {p.number(x.args[0])})",
    L.Kronecker: lambda p, x: f"np.kron({p.text(x.args[0])}, {p.text(x.args[1])})",
    L.Vec: lambda p, x: f"{p.text(x.args[0])}{'' if x.args[1].name == 'row' else '.T'}.reshape(-1, 1)",
    L.Reshape: lambda p, x: f"{p.text(x.args[0])}.reshape({p.sides(x)})",
    L.Trace: lambda p, x: f"np.trace({p.text(x.args[0])}).reshape(1, 1)",
    L.Total: lambda p, x: f"np.sum({p.text(x.args[0])}, keepdims=True)",
    L.NormSquared: lambda p, x: f"np.sum({p.text(x.args[0])} ** 2, keepdims=True)",
    L.Entry: _entry,
    L.Unit: lambda p, x: f"np.eye({p.size(x.args[1])})[:, [{p.index(x.args[0])} - 1]]",
    L.Where: _where,
    L.SumOver: lambda p, x: f"total(({p.text(x.args[0])} {p.steps(x)}), {p.sides(x)})",
    L.ProductOver: _product_over,
    L.Apply: _apply,
    L.Concat: _concat,
    L.Block: _block,
    L.Adjoint: _adjoint,
    L.Partial: _partial,
}
