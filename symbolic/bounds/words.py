"""Scales and meanings in words, for reasons."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from sympy import Expr, Integer
from sympy.core.basic import Basic

from ..language import Apply, Diag, Hadamard, Partial, Plus, Power, Product, ProductOver, SumOver, Transpose, Var, Where
from ..language.bounds import Atom, Named, NormOf, Scale
from ..model import Model


def scale_in_words(scale: Scale, model: Model) -> str:
    """`(γ‖W‖)^(t - k) ‖U‖`: what has the same exponent stands together."""
    groups: dict[Expr, list[str]] = {}
    for atom, exponent in scale.powers:
        groups.setdefault(exponent, []).append(_atom(atom, model))
    parts = []
    for exponent in sorted(groups, key=lambda e: e == 1):
        inner = " ".join(groups[exponent])
        if exponent == 1:
            parts.append(inner)
            continue
        base = inner if len(groups[exponent]) == 1 and not inner.startswith("1/") and "/" not in inner else f"({inner})"
        parts.append(f"{base}^{exponent if isinstance(exponent, Integer) and exponent > 0 else f'({ordered(exponent)})'}")
    return " ".join(parts) or "1"


def ordered(exponent: Expr) -> str:
    """t - k, positive letters first."""
    terms = sorted(exponent.as_ordered_terms(), key=lambda a: (a.is_number, a.could_extract_minus_sign()))
    written = ""
    for a in terms:
        minus = a.could_extract_minus_sign()
        sign = (" - " if minus else " + ") if written else ("-" if minus else "")
        written += f"{sign}{-a if minus else a}"
    return written


def _atom(atom: Atom, model: Model) -> str:
    if isinstance(atom, Fraction):
        return str(atom)
    if isinstance(atom, Named):
        return named(atom.name)
    return f"‖{term_in_words(atom.term, model)}‖" if isinstance(atom, NormOf) else f"sup|{atom.fun.name}'|"


def named(latex: str) -> str:
    """A letter on one line.

    >>> named(r"\\gamma"), named("c_W")
    ('γ', 'c_W')
    """
    try:
        return unicodedata.lookup(f"GREEK SMALL LETTER {latex.removeprefix(chr(92)).upper()}") if latex[:1] == "\\" else latex
    except KeyError:
        return latex


def term_in_words(term: Basic, model: Model) -> str:
    """A term on one line."""
    row = _HEADS.get(type(term))
    return row(term, lambda a: term_in_words(a, model), model) if row else str(term)


def _quantity(term: Var, told: Told, model: Model) -> str:
    """h_t; a family that is called E_t by itself is not written E_t_t."""
    letters = [ordered(i) for i in term.indices]
    family = model.families.get(term.name)
    own = "".join(f"_{i.symbol}" for i in family.indices) if family else ""
    inner = ",".join(letters)
    return term.name.removesuffix(own) + (f"_{inner}" if len(inner) == 1 else f"_{{{inner}}}" if inner else "")


def _partial(term: Partial, told: Told, model: Model) -> str:
    return f"{'∂⁺' if term.mode == 'immediate' else '∂'}{told(term.num)}/∂{told(term.den)}"


def _over(sign: str) -> Row:
    def row(term: Basic, told: Told, model: Model) -> str:
        body, letter, lower, upper = term.args[:4]
        return f"{sign}_{{{letter}={lower}}}^{{{upper}}} {told(body)}"

    return row


def _joined(between: str) -> Row:
    return lambda term, told, model: between.join(map(told, term.args))


Told = Callable[[Basic], str]
Row = Callable[[Any, Told, Model], str]

_HEADS: dict[type, Row] = {
    Var: _quantity,
    Partial: _partial,
    ProductOver: _over("∏"),
    SumOver: _over("Σ"),
    Apply: lambda term, told, model: f"""{term.fun.name}{"'" * term.fun.order}({told(term.x)})""",
    Diag: lambda term, told, model: f"diag({told(term.args[0])})",
    Transpose: lambda term, told, model: f"{told(term.args[0])}ᵀ",
    Product: _joined(" "),
    Hadamard: _joined(" ∘ "),
    Plus: lambda term, told, model: f"({' + '.join(map(told, term.args))})".replace("+ -1 ", "- "),
    Power: lambda term, told, model: f"{told(term.args[0])}^{term.args[1]}",
    Where: lambda term, told, model: told(term.args[0]),
}
