"""What leaves a loop: the parts of its equations that do not need the loop's own quantities.

U x_t + b in h_t = tanh(U x_t + W h_{t-1} + b) is computed for all steps before the loop, as one product.  A part whose
quantities stand at t + 1 is computed at t and read at t + 1, so that it can be shared with sums over all steps.
"""

from __future__ import annotations

from sympy import Expr
from sympy.core.basic import Basic

from .. import language as L
from .code import Compiler, Held, Mode
from .expressions import compiled, named
from .schedule import KernelError, Target, needs

GROUPED = (L.Plus, L.Hadamard)
"""Heads whose operands may be grouped."""

WORTH = (L.Plus, L.Product, L.Hadamard, L.Quotient, L.Power, L.Apply)
"""Heads that compute something; the others only arrange."""


def hoisted(k: Compiler, term: Basic, inside: set[Target]) -> Basic:
    """The term with its independent parts replaced by quantities that are computed now, into `k.lines`."""
    if not isinstance(term, L.Term):
        return term
    if not _needs_any(term, inside):
        return _outside(k, term)
    if isinstance(term, (L.Var, L.Adjoint)):
        return term
    if isinstance(term, GROUPED):
        term = _flat(term)
        free = [a for a in term.args if isinstance(a, L.Term) and not _needs_any(a, inside)]
        if len(free) > 1:
            rest = [a for a in term.args if a not in free]
            return term.func(_outside(k, term.func(*free)), *(hoisted(k, a, inside) for a in rest))
    return term.func(*(hoisted(k, a, inside) for a in term.args))


def _flat(term: Basic) -> Basic:
    """a + (b + c) as a + b + c."""
    inner = [_flat(a) if isinstance(a, term.func) else a for a in term.args]
    return term.func(*(b for a in inner for b in (a.args if isinstance(a, term.func) else (a,))))


def _needs_any(term: Basic, targets: set[Target]) -> bool:
    return any(t in targets for t, _ in needs(term))


def _outside(k: Compiler, term: Basic) -> Basic:
    """A quantity that holds the term, or the term with its parts so replaced."""
    if isinstance(term, (L.Var, L.Adjoint)) or not isinstance(term, L.Term):
        return term
    if isinstance(term, WORTH) and len(term.rows) + len(term.cols) <= 1:
        found = _computed(k, term)
        if found is not None:
            return found
    if isinstance(term, (L.Transpose, L.Diag, L.Product)):
        return term.func(*(_outside(k, a) for a in term.args))
    return term


def _computed(k: Compiler, term: Basic) -> Basic | None:
    """The term for all steps under a name; None if it does not exist at every step or has no step."""
    offsets = {L.affine(i)[1] for _, indices in needs(term) for i in indices if L.affine(i)[0] == k.letter}
    if not offsets or term.has(L.SumOver):
        return None
    shift = max(0, *offsets)
    canonical = term.xreplace({k.letter: L.at(k.letter, -shift)}) if shift else term
    at = k.at(Mode("steps"))
    try:
        code = compiled(at, canonical)
    except KernelError:
        return None
    if not code.text.isidentifier():
        code = named(at, canonical, code)
    name = f"hoisted {code.text}"
    k.held["value", name] = Held(code.text, code.time, code.batch, code.rank)
    index: tuple[Expr, ...] = (L.at(k.letter, shift),) if code.time else ()
    return L.Var(name, index, term.rows, term.cols)
