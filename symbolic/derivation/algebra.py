"""Tidying: what a person would write.  Every rule keeps the value exactly; every rule makes the term smaller or moves
it once in a fixed direction, so that tidying ends.

    products     flat; numbers and scalars in front; I and diag(v) x gone; (aᵀ b) v as a scalar times v; signs into
                 differences
    sums         flat; equal summands collected; a positive summand first
    entries      monomials (see `monomial`); fractions of a factor cleared: p (1 - p) (-y/p + (1 - y)/(1 - p)) = p - y
    inner        vᵀ (y / v) = 1ᵀ y, and 1ᵀ v = 1 where the entries sum to one (see `facts`)
    names        tanh(z_t) is written h_t where it is defined so

The constructors take tidied operands and give a tidied term; `tidy` (next file) rebuilds any term through them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..language import (
    SCALAR,
    Apply,
    Commute,
    Diag,
    DiagPart,
    Filled,
    Fun,
    Identity,
    Kronecker,
    Plus,
    Power,
    Product,
    ProductOver,
    Relation,
    Reshape,
    Shape,
    SumOver,
    Term,
    Total,
    Trace,
    Transpose,
    Vec,
    Where,
    is_number,
    shape_of,
)
from .chains import closing, joined, split, without_identities
from .facts import Facts
from .lifted import lifted
from .monomial import Monomial, cancel, filled, written
from .moving import letters, moved, truth
from .polynomials import cleared, coefficient, collected, opposite


class UnsupportedError(ValueError):
    """Something that the derivation does not do; the message names it and says what is possible."""


@dataclass(frozen=True)
class Step:
    """One applied rule: its name and the term before and after."""

    rule: str
    before: Basic
    after: Basic


class Algebra:
    """Constructors that tidy, under the facts of one model.  `steps` collects the rules that were applied."""

    def __init__(self, facts: Facts | None = None):
        self.facts = facts or Facts()
        self.steps: list[Step] = []
        self.recording = True
        self.memo: dict[Basic, Basic] = {}
        self.open_slopes = False  # write f'(z) for a slope

    def record(self, rule: str, before: Basic, after: Basic) -> None:
        if self.recording and before != after:
            self.steps.append(Step(rule, before, after))

    def zero(self, like: Basic) -> Basic:
        """Zero of the shape of another term."""
        return zero(shape_of(like))

    # sums and products

    def plus(self, *terms: Basic) -> Basic:
        """a + b + ..."""
        return collected(terms)

    def negative(self, x: Basic) -> Basic:
        return self.times(Integer(-1), x)

    def times(self, *factors: Basic) -> Basic:
        """The matrix product a b ..., scalars anywhere."""
        scalars, chain = split(factors)
        conditions: list[Relation] = []
        scalars = [self._closed(_bare(a, conditions)) for a in scalars]
        chain = [_bare(a, conditions) for a in chain]
        shape = shape_of(Product(*chain)) if chain else SCALAR
        if any(map(is_zero, (*scalars, *chain))):
            return zero(shape)
        chain = self._shortened(chain, scalars)
        m = Monomial(shape)
        for a in (*scalars, *([joined(chain)] if chain else [])):
            m.times(a)
        return self.where(self._finished(m), *conditions)

    def _shortened(self, chain: list[Basic], scalars: list[Basic]) -> list[Basic]:
        """The chain without identities, row times column, diag(v) x; what is scalar goes to `scalars`."""
        while len(chain) > 1:
            chain = without_identities(chain)
            stretch = closing(chain)
            if stretch is not None:
                i, j = stretch
                inner, rest = split((self._row_times_column(chain[i:j]),))
                scalars.extend((*inner, *rest))
                chain = chain[:i] + chain[j:]
            elif len(chain) > 1 and isinstance(chain[-2], Diag) and not shape_of(chain[-1])[1]:
                inner, rest = split((self.hadamard(self.column(chain[-2].args[0]), chain[-1]),))
                scalars.extend(inner)
                chain = chain[:-2] + rest
            else:
                break
        return chain

    def _closed(self, scalar: Basic) -> Basic:
        return self._row_times_column(list(scalar.args)) if _is_row_times_column(scalar) else scalar

    def _row_times_column(self, chain: list[Basic]) -> Basic:
        """aᵀ b; 1ᵀ b is a total, and where fractions cancel the product is one too: aᵀ (b / a) = 1ᵀ b."""
        if len(chain) == 2:
            m = Monomial(shape_of(chain[1]))
            for a in (self.transpose(chain[0]), chain[1]):
                m.times(a)
            constant = any(isinstance(a, Filled) for a in chain)
            if cancel(m, self.facts.nonzero) | cleared(m, False, self.facts.nonzero) | constant:
                return self.total(self._finished(m))
        return Product(*chain)

    def hadamard(self, *factors: Basic) -> Basic:
        """a ∘ b ∘ ..., entry by entry."""
        conditions: list[Relation] = []
        bare = [_bare(a, conditions) for a in factors]
        shape = next((shape_of(a) for a in bare if not is_number(a)), SCALAR)
        m = Monomial(shape)
        for a in bare:
            m.times(a)
        return self.where(self._finished(m), *conditions)

    def quotient(self, a: Basic, b: Basic) -> Basic:
        """a / b, entry by entry; b may be a scalar."""
        m = Monomial(shape_of(b) if shape_of(a) == SCALAR else shape_of(a))
        m.times(a)
        m.times(b, -1)
        return self._finished(m)

    def power(self, x: Basic, exponent: Basic) -> Basic:
        """x^k, entry by entry."""
        if exponent == 1 or exponent == 0:
            return x if exponent == 1 else filled(Integer(1), shape_of(x))
        if is_number(x) and (isinstance(exponent, Integer) or x in (0, 1)) and not (x == 0 and exponent < 0):
            return x**exponent
        m = Monomial(shape_of(x))
        m.times(Power(x, exponent))
        return self._finished(m)

    def _finished(self, m: Monomial) -> Basic:
        cancel(m, self.facts.nonzero)
        for scalar in (True, False):
            if cleared(m, scalar, self.facts.nonzero):
                cancel(m, self.facts.nonzero)
        if m.coefficient < 0:
            self._absorb_sign(m)
        return written(m)

    def _absorb_sign(self, m: Monomial) -> None:
        """-(a - b) becomes b - a, also inside a chain: -Vᵀ (y - ŷ) = Vᵀ (ŷ - y)."""
        for powers in (m.scalars, m.entries):
            for atom, exponent in list(powers.items()):
                flipped = opposite(atom)
                if exponent == 1 and flipped is not None and flipped not in powers:
                    order = [(flipped if a is atom else a, n) for a, n in powers.items()]
                    powers.clear()
                    powers.update(order)
                    m.coefficient = -m.coefficient
                    return

    # other heads

    def transpose(self, x: Basic) -> Basic:
        rule = _TRANSPOSED.get(type(x))
        if shape_of(x) == SCALAR:
            return x
        return Transpose(x) if rule is None else rule(self, x)

    def _transposed_sum(self, x: Plus) -> Basic:
        """Summand by summand, where no transposition is left to write: (diag s - s sᵀ)ᵀ."""
        parts = [a if is_number(a) else self.transpose(a) for a in x.args]
        return Transpose(x) if any(isinstance(coefficient(a)[1], Transpose) for a in parts) else self.plus(*parts)

    def inner(self, a: Basic, b: Basic) -> Basic:
        """The sum of the products of entries of two quantities of the same shape."""
        rows, cols = shape_of(a)
        if not rows and not cols:
            return self.times(a, b)
        if not cols:
            return self.times(self.transpose(a), b)
        return self.times(a, self.transpose(b)) if not rows else self.total(self.hadamard(a, b))

    def total(self, x: Basic) -> Basic:
        """1ᵀ x 1."""
        shape = shape_of(x)
        why = self.facts.sums_to_one(x)
        if why is not None:
            if why:
                self.facts.used.add(why)
                self.record("labels sum to one", Total(x), Integer(1))
            return Integer(1)
        rule = _TOTALS.get(type(x))
        result = None if rule is None else rule(self, x)
        return x if shape == SCALAR else Total(x) if result is None else result

    def trace(self, x: Basic) -> Basic:
        return x if shape_of(x) == SCALAR else Trace(x)

    def diag(self, v: Basic) -> Basic:
        if shape_of(v) == SCALAR:
            return v
        scalars, chain = split((v,))
        legs = sum(shape_of(v), ())
        if len(chain) == 1 and isinstance(chain[0], Filled):
            return self.times(*scalars, chain[0].args[0], Identity(*legs))
        column = chain[0].args[0] if len(chain) == 1 and isinstance(chain[0], Transpose) else None
        inner = column if column is not None else joined(chain)
        return self.times(*scalars, Diag(inner))

    def diagpart(self, x: Basic) -> Basic:
        if shape_of(x) == SCALAR:
            return x
        return self.column(x.args[0]) if isinstance(x, Diag) else DiagPart(x)

    def kron(self, a: Basic, b: Basic) -> Basic:
        """a ⊗ b."""
        if SCALAR in (shape_of(a), shape_of(b)):
            return self.times(a, b)
        if isinstance(a, Identity) and isinstance(b, Identity):
            return Identity(*a.args, *b.args)
        (p, left), (q, right) = split((a,)), split((b,))
        return self.times(*p, *q, Kronecker(joined(left), joined(right)))

    def commute(self, rows: Iterable[Expr], cols: Iterable[Expr]) -> Basic:
        """vec(X) -> vec(Xᵀ): the identity for vectors."""
        rows, cols = tuple(rows), tuple(cols)
        return Commute(rows, cols) if rows and cols else self.identity(rows + cols)

    def identity(self, legs: Iterable[Expr]) -> Basic:
        legs = tuple(legs)
        return Identity(*legs) if legs else Integer(1)

    def reshape(self, x: Basic, rows: Iterable[Expr], cols: Iterable[Expr]) -> Basic:
        """The same entries, in row-major order, under other legs."""
        shape: Shape = (tuple(rows), tuple(cols))
        old = shape_of(x)
        if old == shape:
            return x
        if is_zero(x):
            return zero(shape)
        if isinstance(x, (Reshape, Vec)) and (isinstance(x, Reshape) or x.args[1].name == "row"):
            return self.reshape(x.args[0], *shape)
        if (old[0], old[1]) == (shape[1], shape[0]) and not (old[0] and old[1]):
            return self.transpose(x)
        return Reshape(x, *shape)

    def column(self, x: Basic) -> Basic:
        """vec(x), row-major; a column as it is."""
        rows, cols = shape_of(x)
        if not cols:
            return x
        if not rows:
            return self.transpose(x)
        return self.reshape(x.args[0], rows + cols, ()) if isinstance(x, Reshape) else Vec(x)

    def vec(self, x: Basic, order: str) -> Basic:
        return self.column(x if order == "row" else self.transpose(x))

    def where(self, x: Basic, *conditions: Relation) -> Basic:
        """The term where the conditions hold, else zero."""
        if not conditions or is_zero(x):
            return x
        truths = [(truth(c), c) for c in dict.fromkeys(conditions)]
        if any(t is False for t, _ in truths):
            return zero(shape_of(x))
        left = [c for t, c in truths if t is None]
        if isinstance(x, Where) and left:
            return self.where(x.args[0], *x.args[1:], *left)
        return Where(x, *left) if left else x

    def sum_over(self, body: Basic, letter: Symbol, lower: Expr, upper: Expr, excluded: Iterable[Expr] = ()) -> Basic:
        """Σ body; where the letter is fixed by a condition, the value there."""
        if is_zero(body):
            return body
        excluded = tuple(excluded)
        if lower == 1 and not excluded and (vector := lifted(self, body, letter, upper)) is not None:
            return vector
        if isinstance(body, Where):
            fixed = next((c for c in body.args[1:] if c.op == "=" and letter in (c.args[1], c.args[2])), None)
            value = fixed and fixed.args[1 if fixed.args[2] == letter else 2]
            if fixed is not None and letter not in letters(value):
                rest = [moved(c, {letter: value}) for c in body.args[1:] if c is not fixed]
                rest += [Relation("<=", lower, value), Relation("<=", value, upper)]
                rest += [Relation("!=", value, e) for e in excluded]
                return self.where(moved(body.args[0], {letter: value}), *rest)
        return SumOver(body, letter, lower, upper, excluded)

    def product_over(self, body: Basic, letter: Symbol, lower: Expr, upper: Expr, order: str) -> Basic:
        return body if isinstance(body, Identity) else ProductOver(body, letter, lower, upper, order)

    def apply(self, fun: Fun, x: Basic) -> Basic:
        """f(x) under its name, if it has one."""
        return self.facts.name(Apply(fun, x))


def is_zero(x: Basic) -> bool:
    return x == 0 or (isinstance(x, Filled) and x.args[0] == 0)


def zero(shape: Shape) -> Basic:
    return filled(Integer(0), shape)


def _is_row_times_column(x: Basic) -> bool:
    return isinstance(x, Product) and len(x.args) == 2 and not shape_of(x.args[0])[0] and shape_of(x.args[0])[1] != ()


def _bare(x: Basic, conditions: list[Relation]) -> Basic:
    """The term without its conditions, which are put aside."""
    if isinstance(x, Where):
        conditions.extend(x.args[1:])
        return x.args[0]
    return x


Row = Callable[[Algebra, Term], Basic]

_TRANSPOSED: dict[type, Row] = {
    Transpose: lambda k, x: x.args[0],
    Product: lambda k, x: k.times(*split(x.args)[0], *map(k.transpose, reversed(split(x.args)[1]))),
    Identity: lambda k, x: x,
    Diag: lambda k, x: x,
    Filled: lambda k, x: Filled(x.args[0], x.args[2], x.args[1]),
    Kronecker: lambda k, x: k.kron(k.transpose(x.args[0]), k.transpose(x.args[1])),
    Commute: lambda k, x: Commute(x.args[1], x.args[0]),
    Where: lambda k, x: k.where(k.transpose(x.args[0]), *x.args[1:]),
    SumOver: lambda k, x: k.sum_over(k.transpose(x.args[0]), *x.args[1:]),
    Vec: lambda k, x: k.reshape(x, (), x.rows),
    Plus: lambda k, x: k._transposed_sum(x),
    Reshape: lambda k, x: k.reshape(x.args[0], x.cols, x.rows) if not (x.rows and x.cols) else Transpose(x),
}


def _total_of_sum(k: Algebra, x: Plus) -> Basic | None:
    """1ᵀ(a + b) summand by summand, where a summand becomes simpler."""
    parts = [k.total(filled(a, x.shape) if is_number(a) else a) for a in x.args]
    return k.plus(*parts) if any(not isinstance(p, Total) and not is_number_of(p, Total) for p in parts) else None


def is_number_of(x: Basic, head: type) -> bool:
    """Whether x is a number times one term of the given head."""
    return isinstance(x, Product) and len(x.args) == 2 and is_number(x.args[0]) and isinstance(x.args[1], head)


def _total_of_product(k: Algebra, x: Product) -> Basic | None:
    scalars, chain = split((x,))
    if not scalars or not chain:
        return None
    return k.times(*scalars, k.total(joined(chain)))


_TOTALS: dict[type, Callable[[Algebra, Term], Basic | None]] = {
    Transpose: lambda k, x: k.total(x.args[0]),
    Filled: lambda k, x: k.times(x.args[0], *x.rows, *x.cols),
    Product: _total_of_product,
    Plus: _total_of_sum,
    Where: lambda k, x: k.where(k.total(x.args[0]), *x.args[1:]),
}
