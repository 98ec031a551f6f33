"""Rows of the conversion for functions: applied to an entry, to a vector, abstract."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from sympy.core.basic import Basic

from ..language import Apply, Fun, NormSquared, Power, Product, Transpose, Var, is_scalar, kind_of, shape_of, slope
from .algebra import plain
from .conversion import Conversion
from .heads import Head
from .networks import Monomial, Poly, Unsupported, add, scaled
from .parts import by_parts


def apply_row(c: Conversion, term: Apply) -> Poly:
    return _APPLY[kind_of(term.fun)](c, term)


def _elementwise(c: Conversion, term: Apply) -> Poly:
    fun, x = term.fun, term.x
    if fun.kind:
        at = tuple(map(c.time, fun.at))

        def value(body: Poly) -> Poly:
            return {Monomial(((c.algebra.fold(c.algebra.closure("fn", _abstract_name(fun), body, at)), 1),)): Fraction(1)}

        joined = by_parts(c.algebra, c.poly(x), value)
        return value(c.poly(x)) if joined is None else joined
    if fun.order == 0:
        special = _SIMPLE.get(fun.name)
        if fun.name == "sqrt" and is_square(x):
            return c.algebra.root(c.poly(x), Fraction(1, 2), negative=False)
        return special(c, c.poly(x)) if special else c.algebra.apply(fun.name, c.poly(x))
    if fun.order > 1:
        raise Unsupported(f"a derivative of {fun.name} of order {fun.order}")
    base = fun.func(fun.args[0], fun.order - 1)
    value = Apply(base, x)
    if fun.name in ("tanh", "sigmoid"):
        poly = c.poly(value)
        if len(poly) == 1:
            ((mono, k),) = poly.items()
            if k == 1 and len(mono.edges) == 1 and c.algebra.heads.has_slope_basis(mono.edges[0][0].head):
                edge = mono.edges[0][0]
                head = "slope:" + edge.head
                c.algebra.heads.known.setdefault(head, Head("slope", of=edge.head))
                return {Monomial(((edge._replace(head=head), 1),)): Fraction(1)}
    return c.poly(slope(base, x, value))


def is_square(term: Basic) -> bool:
    """Whether a number is a norm, xᵀx or x², which no value makes negative."""
    if isinstance(term, Power):
        return bool(term.args[1].is_Integer and term.args[1] % 2 == 0)
    turned = isinstance(term, Product) and len(term.args) == 2 and term.args[0] == Transpose(term.args[1])
    return isinstance(term, NormSquared) or (turned and is_scalar(term))


def _log(c: Conversion, body: Poly) -> Poly:
    """log softmax(z) = z - logsumexp(z); log exp(z) = z; any other logarithm is an atom."""
    if len(body) == 1:
        ((mono, k),) = body.items()
        if k == 1 and len(mono.edges) == 1 and plain(mono):
            ((edge, power),) = mono.edges
            inner = c.argument_of(edge)
            if inner is not None and inner[0] == "exp":
                return scaled(inner[1], power)
            if inner is not None and inner[0] == "softmax" and power == 1 and 0 not in edge.verts[1:]:
                return _log_softmax(c, inner[1], edge.verts[0], c.softmax_sizes[edge.head])
    return c.algebra.apply("log", body)


def _log_softmax(c: Conversion, argument: Poly, leg: int, size: str) -> Poly:
    at_zero = c.algebra.moved(argument, {leg: 0}) if leg else argument
    normaliser = c.algebra.closure("fn", "logsumexp", at_zero, hidden=True, sizes=(size,))
    return add([argument, {Monomial(((normaliser, 1),)): Fraction(-1)}])


def _abstract_name(fun: Fun) -> str:
    """A name that no row of the function table has; it tells everything but the indices of the function."""
    return f"@{fun.name}#{fun.order}:{fun.kind}({','.join(map(str, fun.out))})"


_SIMPLE: dict[str, Callable[[Conversion, Poly], Poly]] = {
    "log": _log,
    "sqrt": lambda c, body: c.algebra.root(body, Fraction(1, 2)),
    "reciprocal": lambda c, body: c.algebra.reciprocal(body),
}


def _vector(c: Conversion, term: Apply) -> Poly:
    (size,) = term.legs
    if term.fun.name == "logsoftmax":
        return _log_softmax(c, c.poly(term.x), 0, str(size))
    value = c.algebra.apply(term.fun.name, c.poly(term.x), size)
    for mono in value:
        c.softmax_sizes[mono.edges[0][0].head] = str(size)
    return value


def _reduce(c: Conversion, term: Apply) -> Poly:
    sizes = sum(shape_of(term.x), ())
    edge = c.algebra.closure("fn", term.fun.name, c.poly(term.x), hidden=True, sizes=sizes)
    return {Monomial(((edge, 1),)): Fraction(1)}


def _abstract(c: Conversion, term: Apply) -> Poly:
    """A function of a whole vector: its value has the legs `out`, its first derivative also those of the argument.

    The gradient of any function of a matrix A is an atom of its own: nothing is known of it but that it belongs to A.
    """
    fun, x = term.fun, term.x
    legs = sum(shape_of(x), ())
    if len(legs) > 1 and fun.order == 1 and isinstance(x, Var):
        atom = Var(f"{_abstract_name(fun)}({x.name})", (*x.indices, *fun.at), *shape_of(x))
        return {Monomial(((c.edge("var:" + atom.name, atom), 1),)): Fraction(1)}
    if len(legs) > 1:
        raise Unsupported("an abstract function of a matrix")
    at = tuple(map(c.time, fun.at))
    edge = c.algebra.closure("fn", _abstract_name(fun), c.poly(x), at, hidden=len(legs) == 1, sizes=legs)
    out = len(term.legs)
    return {Monomial(((c.algebra.fold(edge._replace(verts=(*range(out), *edge.verts))), 1),)): Fraction(1)}


_APPLY = {
    "elementwise": _elementwise,
    "vector": _vector,
    "reduce": _reduce,
    "abstract-scalar": _abstract,
    "abstract-vector": _abstract,
}
