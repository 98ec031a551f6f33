"""What one side of an equation is: the name at its head, a derivative taken apart, zero, blocks side by side, a call."""

from __future__ import annotations

from ..scripts import Name, name_of
from ..tree import Fraction, Group, Items, Juxtaposed, Letter, Node, Number, Scripted
from .names import is_derivative, is_differential, is_sign, subscript_of_sign


def head_name(head: Node) -> Name | None:
    """The name at the head of a chain; arguments in a parenthesis behind it are left out."""
    if isinstance(head, Juxtaposed) and argument_of(head) is not None:
        return name_of(head.factors[0])
    return name_of(head)


def argument_of(node: Node | None) -> Group | None:
    """The (x) of h(x), if nothing but names stands in it."""
    if not isinstance(node, Juxtaposed) or len(node.factors) != 2 or node.operators[0]:
        return None
    group = node.factors[1]
    return group if isinstance(group, Group) and group.bracket == "(" and _only_names(group.body) else None


def _only_names(node: Node) -> bool:
    return all(map(_only_names, node.items)) if isinstance(node, Items) else name_of(node) is not None


def is_zero(node: Node) -> bool:
    if isinstance(node, Scripted):
        return is_zero(node.base)
    return isinstance(node, Number) and node.value == 0


def differentiated_by(node: Fraction) -> Name | None:
    """The name below the line of a derivative."""
    if not is_differential(node.denominator):
        return None
    assert isinstance(node.denominator, Juxtaposed)
    rest = node.denominator.factors[1:]
    return name_of(rest[0]) if len(rest) == 1 else None


def single_derivative(node: Node) -> Name | None:
    """The W of ∂L/∂W, on two lines or on one, and of ∇_W L, where nothing else stands beside it."""
    if isinstance(node, Fraction):
        return differentiated_by(node) if is_derivative(node) and above(node) is not None else None
    if not isinstance(node, Juxtaposed):
        return None
    if len(node.factors) == 2 and not node.operators[0] and name_of(node.factors[1]) is not None:
        by = subscript_of_sign(node.factors[0])
        return name_of(by) if by is not None else None
    if node.operators == ("", "/", "") and is_sign(node.factors[0]) and is_sign(node.factors[2]):
        return name_of(node.factors[3]) if name_of(node.factors[1]) is not None else None
    return None


def above(node: Fraction) -> Node | None:
    """What is differentiated: the whole numerator behind its sign."""
    if not isinstance(node.numerator, Juxtaposed) or not is_sign(node.numerator.factors[0]):
        return None
    rest = node.numerator.factors[1:]
    if len(rest) == 1:
        return rest[0]
    return Juxtaposed(rest[0].start, rest[-1].end, node.numerator.operators[1:], rest)


def joined_names(right: Node) -> tuple[Name, ...]:
    """The names in [A, B]."""
    if not isinstance(right, Group) or right.bracket not in "[(" or not isinstance(right.body, Items):
        return ()
    names = [name_of(n) for n in right.body.items]
    return tuple(n for n in names if n is not None) if None not in names else ()


def is_unknown_call(node: Node) -> bool:
    """CE(y, p), f(w, b): a name of letters before a parenthesis with a comma; of what is known only max(0, x) has one."""
    if not isinstance(node, Juxtaposed) or any(node.operators) or _is_maximum(node.factors[0]):
        return False
    *letters, last = node.factors
    arguments = isinstance(last, Group) and last.bracket == "(" and isinstance(last.body, Items)
    return arguments and all(name_of(n) is not None for n in letters)


def _is_maximum(node: Node) -> bool:
    return isinstance(node, Letter) and node.word and node.name == "max"


def call(node: Node | None) -> tuple[Name, Node] | None:
    """The name and the argument of f(A), or None."""
    if not isinstance(node, Juxtaposed) or len(node.factors) != 2 or node.operators[0]:
        return None
    name, group = name_of(node.factors[0]), node.factors[1]
    if name is None or not isinstance(group, Group) or group.bracket not in "([" or isinstance(group.body, Items):
        return None
    return name, group.body
