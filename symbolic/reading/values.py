"""Values of a function that a note defines, at the members of a sample: h_θ(x^{(i)}), where h_θ(x) = g(θᵀ x) says what h is.

Such a value is the quantity h^{(i)}, and the equation for h_θ(x) holds at every member: h^{(i)} = g(θᵀ x^{(i)}).  The letters
below h are names of what it depends on, if they stand as quantities elsewhere; any other script stays on it.  A bare h_θ(x) in
another formula is a value at no member that is named, and is left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from .scripts import index_name, name_of, quantities, split_index
from .tree import Group, Juxtaposed, Letter, Node, Scripted, outline, walk


@dataclass(frozen=True)
class Values:
    """A function of a note: the outline of its name, and its argument's letter.

    bare    whether the scripts of its name are letters of what it depends on
    member  a member as it stands on the argument, x^{(i)}; None where the note takes the value h_θ(x) only, which is then h
    """

    name: str
    argument: str
    bare: bool
    member: Scripted | None


def values_of(formulas: Sequence[tuple[Node | None, Node | None, bool]]) -> tuple[Values, ...]:
    """The functions of a note of which values at members stand in it; `formulas`: (head, right side, first of its chain)."""
    trees = [n for head, right, _ in formulas for n in (head, right) if n is not None]
    standing = {q for t in trees for q in quantities(t)}
    calls = [(outline(front), body) for t in trees for front, body in _calls(t)]
    found: dict[str, Values] = {}
    for head, right, first in formulas:
        named = _call(head) if first else None
        name = name_of(named[0]) if named is not None else None
        if named is None or name is None or right is None or name.primes or not isinstance(named[1], Letter):
            continue
        front, argument = outline(named[0]), named[1].name
        bodies = [body for called, body in calls if called == front]
        plain = all(_letter(b) == argument and (isinstance(b, Letter) or _is_member(b)) for b in bodies)
        if front in found or not plain or set(quantities(right)) <= {argument.removeprefix("\\"), "e"}:
            continue
        labels = [index_name(s.node) for s in name.scripts]
        bare = all(n in standing for n in labels)
        members = [b for b in bodies if isinstance(b, Scripted) and _is_member(b)]
        ranked = Counter(map(outline, members))
        member = max(members, key=lambda m: ranked[outline(m)]) if members else None
        if member is not None or (bare and labels):
            found[front] = Values(front, argument, bare, member)
    return tuple(found.values())


def with_values(node: Node, functions: Sequence[Values], defining: Values | None = None) -> Node:
    """The tree with every h_θ(x^{(i)}) as h^{(i)}; if `defining` one, with h_θ(x) and x at a member, too."""
    if defining is not None and defining.member is not None and isinstance(node, Letter) and node.name == defining.argument:
        return _placed(node, node, defining.member)
    if isinstance(node, Scripted):
        raised = tuple(s if isinstance(s, Letter) else with_values(s, functions, defining) for s in node.sups)
        return replace(node, base=with_values(node.base, functions, defining), sups=raised)
    if isinstance(node, Juxtaposed):
        return _product(node, functions, defining)
    return replace(node, **{f.name: _each(getattr(node, f.name), functions, defining) for f in fields(node)})


def _each(value: Any, functions: Sequence[Values], defining: Values | None) -> Any:
    if isinstance(value, Node):
        return with_values(value, functions, defining)
    return tuple(_each(v, functions, defining) for v in value) if isinstance(value, tuple) else value


def _product(node: Juxtaposed, functions: Sequence[Values], defining: Values | None) -> Node:
    factors: list[Node] = []
    operators: list[str] = []
    k = 0
    while k < len(node.factors):
        front, behind = node.factors[k], node.factors[k + 1] if k + 1 < len(node.factors) else None
        joined = behind is not None and not node.operators[k]
        value = _value(front, behind, functions, defining) if joined and behind is not None else None
        operators += [node.operators[k - 1]] if k else []
        factors.append(value if value is not None else with_values(front, functions, defining))
        k += 1 if value is None else 2
    return factors[0] if len(factors) == 1 else replace(node, factors=tuple(factors), operators=tuple(operators))


def _value(front: Node, behind: Node, functions: Sequence[Values], defining: Values | None) -> Node | None:
    """h^{(i)} for h_θ and (x^{(i)}), or None."""
    group = behind.base if isinstance(behind, Scripted) else behind
    body = group.body if isinstance(group, Group) and group.bracket == "(" else None
    own = next((v for v in functions if v.name == outline(front)), None) if body is not None else None
    if own is None or body is None or _letter(body) != own.argument:
        return None
    name = name_of(front)
    if name is None:
        return None
    base = name.letter if own.bare else front
    if own.member is None:
        value: Node | None = base if isinstance(body, Letter) else None
    elif isinstance(body, Letter):
        value = _placed(replace(front, end=group.end), base, own.member) if own == defining else None
    else:
        value = _placed(replace(front, end=group.end), base, body) if isinstance(body, Scripted) else None
    return replace(behind, start=front.start, base=value) if isinstance(behind, Scripted) and value is not None else value


def _placed(node: Node, base: Node, member: Scripted) -> Scripted:
    return Scripted(node.start, node.end, base, member.subs, member.sups)


def defined_by(head: Node, functions: Sequence[Values]) -> Values | None:
    """The function that an equation with this head defines."""
    named = _call(head)
    if named is None or not isinstance(named[1], Letter):
        return None
    return next((v for v in functions if v.name == outline(named[0]) and v.argument == named[1].name), None)


def _call(node: Node | None) -> tuple[Node, Node] | None:
    """The name and the argument of h(x), if nothing else stands there."""
    found = list(_calls(node)) if isinstance(node, Juxtaposed) and len(node.factors) == 2 else []
    return found[0] if node is not None and found and found[0][0] is node.factors[0] else None  # type: ignore[attr-defined]


def _calls(node: Node) -> Iterator[tuple[Node, Node]]:
    """Every name before a parenthesis, and what stands in that."""
    for n in walk(node):
        if isinstance(n, Juxtaposed):
            for k, (operator, behind) in enumerate(zip(n.operators, n.factors[1:], strict=True)):
                front, before = n.factors[k], name_of(n.factors[k - 1]) if k else None
                if before is not None and before.letter.name == "\\nabla":  # ∇f(x_k), of a function to be minimized
                    continue
                group = behind.base if isinstance(behind, Scripted) else behind
                inside = isinstance(group, Group) and group.bracket == "("
                if not operator and inside and isinstance(group, Group) and name_of(front):
                    yield front, group.body


def _letter(node: Node) -> str:
    name = name_of(node)
    return name.letter.name if name is not None else ""


def _is_member(node: Node) -> bool:
    """Whether a name has nothing on it but one index: x_i, x^{(i)}."""
    name = name_of(node)
    script = name.scripts[0] if name is not None and len(name.scripts) == 1 else None
    split = split_index(script.node) if script is not None and (script.where == "_" or script.bracket) else None
    return split is not None and not split[1] and bool(split[0])
