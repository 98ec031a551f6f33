"""Steps of a descent, ΔW = -η G and W := W - η G with a rate η that nothing defines: they say that G is the gradient.

A rate is a positive number, so that both sides may be divided by it: the head becomes -∂L/∂W, and what is added to W stays on
the right.  A step by a gradient that is only named, as W := W - η dW or W - η ∂L/∂W, says nothing, and is none of these.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Rational

from .gradients import STEP, Gradient
from .inference.functions import shape
from .inference.steps import RATES
from .scripts import name_of
from .symbols import Scope, SymbolTable
from .tree import Fraction, Juxtaposed, Letter, Node, Number, Sum, walk


def step_of(table: SymbolTable, head: Node, right: Node) -> tuple[Node, Node] | None:
    """The step by which a weight is changed, as the name of what it is, and the right side divided by the rate; or None."""
    quantity, summands = _named(table, head, right) or _added(table, head, right) or (None, ())
    if quantity is None or not summands:
        return None
    divided = [(sign, _divided(table, term)) for sign, term in summands]
    terms = [(sign, found[1]) for sign, found in divided if found is not None]
    if len(terms) < len(divided) or len({found[0] for _, found in divided if found is not None}) != 1:
        return None
    if any(isinstance(n, Letter) and n.name == "d" for n in walk(right)) or any(shape(t) == shape(quantity) for _, t in terms):
        return None  # W - η dW, and a decay W - η W
    start, end = terms[0][1].start, terms[-1][1].end
    whole = Sum(start, end, tuple(sign for sign, _ in terms), tuple(term for _, term in terms))
    return Gradient(head.start, head.end, STEP, quantity), terms[0][1] if whole.signs == ("+",) else whole


def is_difference(head: Node, right: Node) -> bool:
    """Δh_t = h_t - h_{t-1}: two values of what stands behind the Δ."""
    if not isinstance(head, Juxtaposed) or not isinstance(right, Sum) or right.signs != ("+", "-") or len(head.factors) != 2:
        return False
    sign, quantity = head.factors
    names = [name_of(n) for n in (quantity, *right.terms)]
    letters = {(n.letter.name, n.letter.accents) for n in names if n is not None}
    return isinstance(sign, Letter) and sign.name == "\\Delta" and None not in names and len(letters) == 1


def _summands(node: Node) -> list[tuple[str, Node]]:
    return list(zip(node.signs, node.terms, strict=True)) if isinstance(node, Sum) else [("+", node)]


def _named(table: SymbolTable, head: Node, right: Node) -> tuple[Node, list[tuple[str, Node]]] | None:
    """ΔW = …"""
    if not isinstance(head, Juxtaposed) or len(head.factors) != 2 or any(head.operators):
        return None
    sign, quantity = head.factors
    named = isinstance(sign, Letter) and sign.name == "\\Delta" and not sign.accents and table.is_free(sign.name)
    return (quantity, _summands(right)) if named and _is_weight(table, quantity) else None


def _added(table: SymbolTable, head: Node, right: Node) -> tuple[Node, list[tuple[str, Node]]] | None:
    """W := W + …, by something else than a derivative."""
    first, *rest = _summands(right)
    if not rest or first[0] != "+" or shape(first[1]) != shape(head) or not _is_weight(table, head):
        return None
    derived = any(isinstance(n, Letter) and n.name in ("\\partial", "\\nabla") for _, t in rest for n in walk(t))
    return None if derived else (head, rest)


def _is_weight(table: SymbolTable, node: Node) -> bool:
    name = name_of(node)
    match = table.match(name, Scope()) if name is not None else None
    if match is None or match.pattern.kind != "family" or match.transposed or match.powers or match.primes:
        return False
    return table.model.families[match.pattern.target].role == "weight"


def _divided(table: SymbolTable, term: Node) -> tuple[str, Node] | None:
    """The rate and what is left of a term: η A B as A B, \\frac{η}{m} A as \\frac{1}{m} A; or None."""
    if isinstance(term, Letter) and term.name in RATES and not term.accents and not table.patterns.get(term.name):
        return term.name, Number(term.start, term.end, Rational(1))
    if isinstance(term, Fraction) and (found := _divided(table, term.numerator)) is not None:
        return found[0], replace(term, numerator=found[1])
    if not isinstance(term, Juxtaposed):
        return None
    for k, factor in enumerate(term.factors):
        if k and term.operators[k - 1] not in ("", "·", "\\cdot"):
            return None
        found = _divided(table, factor)
        if found is not None:
            kept = isinstance(factor, Fraction)
            factors = (*term.factors[:k], *((found[1],) if kept else ()), *term.factors[k + 1 :])
            operators = term.operators if kept else term.operators[:k] + term.operators[k + 1 :] if k else term.operators[1:]
            return found[0], factors[0] if len(factors) == 1 else replace(term, factors=factors, operators=operators)
    return None
