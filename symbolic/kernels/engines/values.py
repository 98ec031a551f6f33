"""Values of a program as text for an engine: operators are Python's, functions the engine's own.

The pieces of text know their axes (see `code`), so that a number per sample and a row per sample broadcast as they should.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..arithmetic import negated, times
from ..code import ATOM, POWER, PRODUCT, SIGNED, SUM, Code, fitted, joined
from ..program import Assign, Buffer, Call, Const, Contract, Load, Product, Row, Simple, Total, Value
from ..schedule import KernelError
from .given import AT, SHORT

Read = Callable[[Load], Code]


@dataclass(frozen=True)
class Engine:
    """How an engine spells things: templates of {x}.

    functions   entry by entry, by the name of the row in the table of functions
    rows        functions of the last axis
    module      the name of its arrays' functions in the code
    """

    name: str
    module: str
    functions: Mapping[str, str]
    rows: Mapping[str, str]


@dataclass(frozen=True)
class Values:
    """What turning values into text needs; `given`: names of functions that the caller gives."""

    engine: Engine
    buffers: Mapping[str, Buffer]
    given: frozenset[str]

    def operation(self, o: Simple, read: Read) -> Code:
        """What an operation computes, as text."""
        return _RULES[type(o)](self, o, read)

    def value(self, v: Value, read: Read) -> Code:
        if isinstance(v, Load):
            return read(v)
        if isinstance(v, Const):
            return number(v.value)
        rule = _CALLS.get(v.fun)
        if rule is not None:
            return rule(self, v, read)
        if v.fun in self.given:
            return self._of_the_caller(v, read)
        if v.fun not in self.engine.functions:
            raise KernelError(f"{v.fun} is no function of {self.engine.name}; it has {', '.join(self.engine.functions)}")
        x = self.value(v.args[0], read)
        return Code(self.engine.functions[v.fun].format(x=x.text, a=x.inside(ATOM)), *x.axes)

    def _of_the_caller(self, v: Call, read: Read) -> Code:
        first = v.args[0]
        jacobian = isinstance(first, Call) and first.fun == "row"
        at = Call(AT, (first.args[0],) if jacobian else v.args)  # type: ignore[union-attr]
        x = self.value(at, read)
        return Code(f"{v.fun}({x.text})", x.time, x.batch, 2 if jacobian else x.rank)


def number(c: Fraction) -> Code:
    """A rational number.

    >>> number(Fraction(-1, 2)).text
    '-1 / 2'
    """
    text = str(c.numerator) if c.denominator == 1 else f"{c.numerator} / {c.denominator}"
    return Code(text, level=SIGNED if c < 0 else ATOM if c.denominator == 1 else PRODUCT)


def _sum(k: Values, v: Call, read: Read) -> Code:
    """a + b - c, what has a minus sign last."""
    codes = [k.value(a, read) for a in v.args]
    signs = [c.level == SIGNED for c in codes]
    positive = [negated(c) if sign else c for c, sign in zip(codes, signs, strict=True)]
    axes = joined(positive)
    parts = sorted(zip(signs, fitted(positive), strict=True), key=lambda part: part[0])
    text = "".join(f" {'-' if sign else '+'} {c.inside(PRODUCT)}" for sign, c in parts)
    return Code(text[3:] if text.startswith(" + ") else f"-{text[3:]}", *axes, SUM)


def _quotient(k: Values, v: Call, read: Read) -> Code:
    a, b = fitted([k.value(x, read) for x in v.args])
    return Code(f"{a.inside(PRODUCT)} / {b.inside(POWER)}", *joined([a, b]), PRODUCT)


def _power(k: Values, v: Call, read: Read) -> Code:
    base, exponent = k.value(v.args[0], read), k.value(v.args[1], read)
    return Code(f"{base.inside(ATOM)} ** {exponent.inside(ATOM)}", *base.axes, POWER)


def _as_matrix(v: Call, x: Code) -> Code:
    return Code(f"{x.inside(ATOM)}[..., {':, None' if v.fun == 'column' else 'None, :'}]", x.time, x.batch, 2)


def _two(k: Values, v: Call, read: Read) -> Code:
    x, *rest = (k.value(a, read) for a in v.args)
    step = ", ".join(f"{s.text}[:, None]" if s.time and x.batch else s.text for s in rest)
    return Code(f"{x.text}, {step}" if rest else x.text, x.time or any(s.time for s in rest), x.batch, x.rank)


def _short(k: Values, v: Call, read: Read) -> Code:
    x, length = (k.value(a, read) for a in v.args)
    zero = f"{k.engine.module}.zeros_like({x.text})"
    return Code(f"({x.text} if {length.text} == 1 else {zero})", *x.axes)


_CALLS: dict[str, Callable[[Values, Call, Read], Code]] = {
    "+": _sum,
    "*": lambda k, v, read: times([k.value(a, read) for a in v.args]),
    "/": _quotient,
    "pow": _power,
    "column": lambda k, v, read: _as_matrix(v, k.value(v.args[0], read)),
    "row": lambda k, v, read: _as_matrix(v, k.value(v.args[0], read)),
    AT: _two,
    SHORT: _short,
}


# Operations.


def _assign(k: Values, o: Assign, read: Read) -> Code:
    return k.value(o.value, read)


def _product(k: Values, o: Product, read: Read) -> Code:
    """Rows times Mᵀ for a matrix that all share, a contraction for a matrix of every step or sample."""
    v = read(o.vector)
    if o.matrix.buffer in k.given:
        return Code(f"{o.matrix.buffer}({v.text})", v.time, v.batch, v.rank)
    m = read(o.matrix)
    if m.time or m.batch:
        left, right = _letters(m, "ji" if o.turned else "ij"), _letters(v, "j")
        time, batch = m.time or v.time, m.batch or v.batch
        out = _letters(Code("", time, batch), "i")
        return Code(f'{k.engine.module}.einsum("{left},{right}->{out}", {m.text}, {v.text})', time, batch, v.rank)
    turned = m.inside(ATOM) if o.turned else f"{m.inside(ATOM)}.T"
    return Code(f"{v.inside(PRODUCT)} @ {turned}", *v.axes, PRODUCT)


def _letters(c: Code, entries: str) -> str:
    return "t" * c.time + "b" * c.batch + entries


def _contract(k: Values, o: Contract, read: Read) -> Code:
    left, right = read(o.left), read(o.right)
    letters = f"{_letters(left, 'i')},{_letters(right, 'j')}->ij"
    return Code(f'{k.engine.module}.einsum("{letters}", {left.text}, {right.text})', rank=2)


def _row(k: Values, o: Row, read: Read) -> Code:
    x = k.value(o.value, read)
    rank = x.rank if o.fun == "shifted" else x.rank - 1
    if o.fun in k.given:
        return Code(f"{o.fun}({x.text})", x.time, x.batch, rank)
    return Code(k.engine.rows[o.fun].format(x=x.text, a=x.inside(ATOM)), x.time, x.batch, rank)


def _total(k: Values, o: Total, read: Read) -> Code:
    """The sum over the axes that the out has not."""
    x, out = k.value(o.value, read), k.buffers[o.out]
    drop = [i for i, (own, kept) in enumerate([(x.time, out.time), (x.batch, out.batch)]) if own and not kept]
    drop = [i - (not x.time) for i in drop]
    if x.rank > len(out.legs):
        drop += range(x.time + x.batch, x.time + x.batch + x.rank)
    if not drop:
        return x
    everything = len(drop) == x.time + x.batch + x.rank
    axes = "" if everything else str(drop[0]) if len(drop) == 1 else f"({', '.join(map(str, drop))})"
    rank = 0 if x.rank > len(out.legs) else x.rank
    return Code(f"{x.inside(ATOM)}.sum({axes})", x.time and out.time, x.batch and out.batch, rank)


_RULES: dict[type, Callable[[Values, Any, Read], Code]] = {
    Assign: _assign, Product: _product, Contract: _contract, Row: _row, Total: _total,
}  # fmt: skip
