"""What the head of a chain is: a gradient, an adjoint, a name for several weights, an identity in a bare letter."""

from __future__ import annotations

from collections.abc import Iterator

from sympy.core.basic import Basic

from ..language import Adjoint, Apply, Concat, Entry, Partial, Plus, Var, Where, kind_of
from ..model import Model
from .derivatives import is_of_entries, is_step_loss
from .scripts import name_of
from .symbols import Scope, SymbolTable
from .tree import Node, children


def is_gradient(model: Model, head: Basic) -> bool:
    """Whether a head is a derivative of the loss or of one step's loss, or an adjoint, or a component of one."""
    base = head.args[0] if isinstance(head, Entry) else head
    if isinstance(base, Adjoint):
        return True
    name = getattr(base.num, "name", "") if isinstance(base, Partial) else ""
    return bool(name) and (name == model.loss.name or is_step_loss(model, name))


def is_slope(head: Basic) -> bool:
    """Whether a head is f'(z), or d f(z)/d z, for a function f of entries."""
    if isinstance(head, Partial):
        return is_of_entries(head.num, head.den)
    return isinstance(head, Apply) and head.fun.order > 0 and kind_of(head.fun) == "elementwise"


def adjoint_of(model: Model, head: Basic) -> str:
    """The family whose adjoint the head is (δ_t, ∂L/∂h_t, or a component of it), or ""."""
    base = head.args[0] if isinstance(head, Entry) else head
    if isinstance(base, Adjoint):
        return base.variable.name
    if isinstance(base, Partial) and isinstance(base.num, Var) and base.num.name == model.loss.name:
        den = base.den.args[0] if isinstance(base.den, Entry) else base.den
        return den.name if den.name in model.families and model.families[den.name].role == "state" else ""
    return ""


def is_kronecker(head: Basic) -> bool:
    """Whether a head is δ_{ij} by itself."""
    return isinstance(head, Where) and head.args[0] == 1 and len(head.args) == 2


def only_case(term: Basic) -> Basic:
    """Cases of which all but one are zero: that one."""
    cases = term.args if isinstance(term, Plus) else (term,)
    kept = [c for c in cases if not (c == 0 or (isinstance(c, Where) and c.args[0] == 0))]
    return kept[0] if len(kept) == 1 else term


def active_dummies(table: SymbolTable, node: Node) -> Iterator[str]:
    """LaTeX of the dummies that stand bare (x, \\mathbf{x}): there such a letter is no quantity of the model."""
    name = name_of(node)
    if name is not None and not name.scripts:
        match = table.match(name, Scope())
        if match and match.pattern.kind == "dummy":
            yield match.pattern.target
        return
    parts = children(node) if name is None else (s.node for s in name.scripts)
    for part in parts:
        yield from active_dummies(table, part)


def concatenation(term: Basic) -> tuple[str, ...]:
    """The names of the weights that a row of blocks joins, or ()."""
    if isinstance(term, Concat) and all(isinstance(p, Var) for p in term.args[1:]):
        return tuple(p.name for p in term.args[1:])
    return ()
