"""Terms as one line of plain text, for the comments of generated code: h[t] = tanh(U x[t] + W h[t-1] + b).

Names come from outside, so every text is made harmless for a comment or a docstring.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Rational
from sympy.core.basic import Basic

from .. import language as L

SUM, PRODUCT, POWER, ATOM = range(4)
Written = tuple[str, int]


def harmless(text: str) -> str:
    """The text without what could end a comment or a docstring: line ends, double quotes, backslashes, control signs.

    >>> harmless('a"\\n#b')
    'a__#b'
    """
    return "".join(c if c.isprintable() and c not in '"\\' else "_" for c in text)


def formula(term: Basic) -> str:
    """The term in one line of text."""
    return harmless(_written(term)[0])


def _written(term: Basic) -> Written:
    rule = _RULES.get(type(term))
    if rule is not None:
        return rule(term)
    text = str(term)
    return text, ATOM if text.isalnum() else SUM


def _in(term: Basic, level: int) -> str:
    text, own = _written(term)
    return text if own >= level else f"({text})"


def _plus(term: Basic) -> Written:
    text = _in(term.args[0], SUM)
    for a in term.args[1:]:
        if isinstance(a, L.Product) and a.args[0] == -1:
            text += f" - {_in(L.negative(a), PRODUCT)}"
        elif isinstance(a, Rational) and a < 0:
            text += f" - {-a}"
        else:
            text += f" + {_in(a, PRODUCT)}"
    return text, SUM


def _product(term: Basic) -> Written:
    if term.args[0] == -1:
        return f"-{_in(L.negative(term), PRODUCT)}", SUM
    return " ".join(_in(a, POWER) for a in term.args), PRODUCT


def _between(sign: str) -> Callable[[Basic], Written]:
    return lambda term: (sign.join(_in(a, POWER) for a in term.args), PRODUCT)


def _call(name: str) -> Callable[[Basic], Written]:
    return lambda term: (f"{name}({', '.join(_written(a)[0] for a in term.args if isinstance(a, L.Term))})", ATOM)


def _var(term: Basic) -> Written:
    inner = ",".join(str(i).replace(" ", "") for i in term.indices)
    return (f"{term.name}[{inner}]" if inner else term.name), ATOM


def _apply(term: Basic) -> Written:
    primes = "'" * term.fun.order
    return f"{term.fun.name}{primes}({_written(term.x)[0]})", ATOM


def _over(sign: str) -> Callable[[Basic], Written]:
    def rule(term: Basic) -> Written:
        body, index, lower, upper = term.args[:4]
        return f"{sign}_{{{index}={lower}..{upper}}} {_in(body, PRODUCT)}", SUM

    return rule


def _where(term: Basic) -> Written:
    conditions = ", ".join(f"{c.args[1]} {c.op} {c.args[2]}" for c in term.args[1:])
    return f"[{conditions}] {_in(term.args[0], PRODUCT)}", PRODUCT


_RULES: dict[type, Callable[[Basic], Written]] = {
    L.Var: _var,
    L.Adjoint: lambda term: (f"∂{_written(term.variable)[0]}", ATOM),
    L.Plus: _plus,
    L.Product: _product,
    L.Hadamard: _between(" ∘ "),
    L.Quotient: _between(" / "),
    L.Power: lambda term: (f"{_in(term.args[0], ATOM)}^{term.args[1]}", POWER),
    L.Transpose: lambda term: (f"{_in(term.args[0], ATOM)}ᵀ", ATOM),
    L.Kronecker: _between(" ⊗ "),
    L.Identity: lambda term: ("I", ATOM),
    L.Filled: lambda term: (str(term.args[0]), ATOM),
    L.Unit: lambda term: (f"e_{term.args[0]}", ATOM),
    L.Entry: lambda term: (f"{_in(term.args[0], ATOM)}_{','.join(map(str, term.args[1:]))}", ATOM),
    L.Apply: _apply,
    L.SumOver: _over("Σ"),
    L.ProductOver: _over("Π"),
    L.Where: _where,
    L.Concat: _call("concat"),
    L.Block: _call("block"),
    L.Diag: _call("diag"),
    L.DiagPart: _call("diagonal"),
    L.Vec: _call("vec"),
    L.Reshape: _call("reshape"),
    L.Trace: _call("tr"),
    L.Total: _call("sum"),
    L.NormSquared: _call("norm²"),
}
