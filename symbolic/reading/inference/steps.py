"""Equations that are none of the forward pass: f = tanh, which names a function, and W = W - η G, a step of an algorithm."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..scripts import label_of, name_of
from ..tree import Fraction, Group, Juxtaposed, Letter, Node, Sum, walk
from .functions import shape
from .names import is_known_function
from .records import Formula

LETTERS = frozenset(("\\sigma", "\\phi", "\\varphi", "\\psi", "f", "g"))
"""Letters of functions of which nothing else is known."""


def labelled(letter: str, label: str) -> str:
    """σ_h or f_{out}, the letter of a function with its label."""
    return f"{letter}_{label}" if len(label) == 1 else f"{letter}_{{{label}}}"


def applied(formulas: Sequence[Formula]) -> frozenset[str]:
    """The letters with labels that stand before a name or a product in a parenthesis: σ_h(z_t) and f_{out}(W h + b).

    σ_y (y - m) may be a number times a difference.
    """
    trees = [node for f in formulas for node in (f.head, f.right) if node is not None]
    pairs = [pair for tree in trees for n in walk(tree) if isinstance(n, Juxtaposed) for pair in pairwise(n.factors)]
    found = [(name_of(a), b.body) for a, b in pairs if isinstance(b, Group)]
    held = [(n, body) for n, body in found if name_of(body) is not None or any(isinstance(x, Juxtaposed) for x in walk(body))]
    labels = [(n.letter.name, label_of(s.node)) for n, _ in held if n is not None for s in n.scripts if s.where == "_"]
    return frozenset(labelled(letter, label) for letter, label in labels if label is not None)


def names_function(formula: Formula) -> bool:
    """f = tanh, f ≡ tanh, f_h = tanh or f = g: a letter by itself, and a function or another letter by itself."""
    head, right = formula.head, formula.right
    if not isinstance(right, Letter) or head is None:
        return False
    name = name_of(head)
    alone = isinstance(head, Letter) and not right.word
    return alone or (name is not None and not name.primes and is_known_function(right))


RATES = ("\\eta", "\\alpha", "\\epsilon", "\\varepsilon", "\\gamma", "\\lambda", "\\mu", "\\rho", "\\kappa", "lr")
"""Letters of learning rates."""


def is_update(head: Node | None, right: Node | None) -> bool:
    """W = W - η G or W = (1 - η λ) W - η G, a step of an algorithm, or W = W, which says nothing."""
    if head is not None and right is not None and shape(head) == shape(right):
        return True
    if not isinstance(right, Sum) or right.signs[0] != "+" or len(right.terms) < 2 or head is None:
        return False
    first, *rest = right.terms
    return (shape(first) == shape(head) or _shrinks(first, head)) and all(map(_has_rate, rest))


def _shrinks(term: Node, head: Node) -> bool:
    """(1 - η λ) W, what a decay leaves of W."""
    if not isinstance(term, Juxtaposed) or len(term.factors) != 2 or not isinstance(term.factors[0], Group):
        return False
    sides = term.factors[0].body, term.factors[1]
    return isinstance(sides[0], Sum) and shape(sides[1]) == shape(head) and any(map(_has_rate, sides[0].terms))


def is_step(formula: Formula) -> bool:
    """Whether a formula says how a quantity is changed: W := W - η G, or ΔW = -η G."""
    head, right = formula.head, formula.right
    if head is None or right is None or is_update(head, right):
        return head is not None and right is not None and shape(head) != shape(right)
    delta = head.factors[0] if isinstance(head, Juxtaposed) and len(head.factors) == 2 else None
    terms = right.terms if isinstance(right, Sum) else (right,)
    return isinstance(delta, Letter) and delta.name == "\\Delta" and all(map(_has_rate, terms))


def _has_rate(step: Node) -> bool:
    """Whether a factor of a step is a rate, or stands over a number; or whether it is a step by its name, ΔW."""
    factors = step.factors if isinstance(step, Juxtaposed) else (step,)
    if isinstance(factors[0], Letter) and factors[0].name == "\\Delta":
        return True
    names = [name_of(f.numerator if isinstance(f, Fraction) else f) for f in factors]
    return any(n is not None and not n.scripts and n.letter.name in RATES for n in names)
