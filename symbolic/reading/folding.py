"""Terms in which a name is put for what it names, wherever that stands."""

from __future__ import annotations

from sympy.core.basic import Basic

from ..language import Plus, Product, ProductOver, SumOver, Term, Var


def flattened(node: Basic) -> Basic:
    """(a + b) + c as a + b + c, and so for products."""
    if not isinstance(node, Term) or isinstance(node, Var):
        return node
    args = [flattened(a) if isinstance(a, Term) else a for a in node.args]
    if isinstance(node, Plus | Product):
        kind = type(node)
        args = [b for a in args for b in (a.args if isinstance(a, kind) else (a,))]
    same = len(args) == len(node.args) and all(a is b for a, b in zip(args, node.args, strict=True))
    return node if same else node.func(*args)


def folded(node: Basic, term: Basic, name: Var) -> Basic:
    """The node with the name for the term; the order of a sum does not matter."""
    if node == term:
        return name
    if not isinstance(node, Term) or isinstance(node, Var):
        return node
    if isinstance(node, Plus) and isinstance(term, Plus):
        rest = list(node.args)
        for part in term.args:
            if part not in rest:
                break
            rest.remove(part)
        else:
            return Plus(name, *rest) if rest else name
    bound = {node.args[1]} if isinstance(node, SumOver | ProductOver) else set()
    if bound & term.free_symbols and not bound <= set(name.indices):
        return node
    args = [folded(a, term, name) if isinstance(a, Term) else a for a in node.args]
    return node if all(a is b for a, b in zip(args, node.args, strict=True)) else node.func(*args)
