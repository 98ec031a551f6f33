"""Scripts: what hangs on a letter, as entries, and what an entry can be as text, index or power."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from .tree import Compared, Group, Items, Juxtaposed, Letter, Marked, Node, Number, Scripted, Sum, children

TRANSPOSES = ("T", "\\top", "\\intercal")


@dataclass(frozen=True)
class Script:
    """One script entry: where it stands ("_" or "^"), its bracket ("", "(", "[", "⟨") and its content."""

    where: str
    bracket: str
    node: Node


@dataclass(frozen=True)
class Name:
    """A symbol as it stands: its letter, and everything that hangs on it."""

    node: Node
    letter: Letter
    scripts: tuple[Script, ...]
    primes: int


def name_of(node: Node) -> Name | None:
    """The letter of a node with all its scripts, or None if it is no name."""
    scripts: list[Script] = []
    primes, inner = 0, node
    while True:
        if isinstance(inner, Letter):
            return Name(node, inner, tuple(_starred(s) for s in scripts) if _is_small(inner) else tuple(scripts), primes)
        if isinstance(inner, Scripted):
            primed = [s for s in inner.sups if _is_primed(s)]  # g^{[l]'}
            primes += sum(s.primes for s in primed if isinstance(s, Scripted))
            raised = [s.base if s in primed and isinstance(s, Scripted) else s for s in inner.sups]
            here = [("_", s) for s in inner.subs] + [("^", s) for s in raised]
            scripts[:0] = chain.from_iterable(_entries(where, s) for where, s in here)
            primes += inner.primes
            inner = inner.base
        elif isinstance(inner, Group) and inner.bracket == "{":
            inner = inner.body
        else:
            return None


def _starred(script: Script) -> Script:
    """The star of y^*, the value wanted, as a label."""
    mark = script.node
    if isinstance(mark, Marked) and mark.mark == "*" and mark.content is None:
        return Script(script.where, script.bracket, Letter(mark.start, mark.end, "star"))
    return script


def _is_small(letter: Letter) -> bool:
    """Whether a letter is one of a vector or a number; A^* may be the adjoint of a matrix, which is no name."""
    return letter.name.removeprefix("\\").islower()


def _is_primed(node: Node) -> bool:
    """Whether a script is a bracket with primes on it, which belong to the name."""
    return isinstance(node, Scripted) and isinstance(node.base, Group) and not node.subs and not node.sups


def _entries(where: str, node: Node) -> Iterator[Script]:
    """The entries of one script: commas part them, a bracket and what stands beside it are two."""
    if isinstance(node, Items):
        for item in node.items:
            yield from _entries(where, item)
    elif isinstance(node, Juxtaposed) and any(isinstance(f, Group) for f in node.factors):
        for factor in node.factors:
            yield from _entries(where, factor)
    elif isinstance(node, Group) and node.bracket == "{":
        yield from _entries(where, node.body)
    elif isinstance(node, Group) and node.bracket in "([⟨":
        yield from (Script(where, node.bracket, s.node) for s in _entries(where, node.body))
    elif where == "^" and isinstance(node, Juxtaposed) and is_transpose(node.factors[-1]) and not any(node.operators):
        rest = node.factors[:-1]
        yield Script(
            where, "", rest[0] if len(rest) == 1 else Juxtaposed(node.start, rest[-1].end, node.operators[:-1], rest)
        )
        yield Script(where, "", node.factors[-1])
    else:
        yield Script(where, "", node)


def is_transpose(node: Node) -> bool:
    return isinstance(node, Letter) and node.name in TRANSPOSES and not node.accents


def is_inverted(node: Node) -> bool:
    """Whether a script is −T."""
    return isinstance(node, Sum) and node.signs == ("-",) and is_transpose(node.terms[0])


def label_of(node: Node) -> str | None:
    """The text of a script entry that may be a label: out, hh, pred, c̃; None for t - 1 and the like."""
    if isinstance(node, Letter):
        return " ".join((node.name.removeprefix("\\"), *sorted(node.accents)))
    if isinstance(node, Number):
        return str(node.value)
    if isinstance(node, Group):
        return label_of(node.body)
    if isinstance(node, Juxtaposed) and not any(node.operators):
        parts = [label_of(f) for f in node.factors]
        return None if None in parts else "".join(p for p in parts if p)
    if isinstance(node, Marked) and node.content is None:
        return SIGNED.get(node.mark)
    return None


SIGNED = {"+": "plus", "-": "minus"}
"""Labels of pairs: s_+ and s_-."""


def index_name(node: Node) -> str | None:
    """The name of an index or a length: t, tau, T_r, t'."""
    if isinstance(node, Letter) and not node.accents:
        return node.name.removeprefix("\\")
    if isinstance(node, Group) and node.bracket in "{(":
        return index_name(node.body)
    if isinstance(node, Scripted) and not node.sups and len(node.subs) <= 1:
        base, label = index_name(node.base), label_of(node.subs[0]) if node.subs else ""
        if base and label is not None:
            return base + "'" * node.primes + (f"_{label}" if label else "")
    return None


def split_index(node: Node) -> tuple[str, int] | None:
    """(name, offset) of an index expression such as t - 1; the name of a plain number is ""."""
    if isinstance(node, Group) and node.bracket in "{(":
        return split_index(node.body)
    if isinstance(node, Number):
        return ("", int(node.value)) if node.value.denominator == 1 and not node.fonts else None
    if (name := index_name(node)) is not None:
        return name, 0
    if isinstance(node, Sum):
        names, offset = [], 0
        for sign, term in zip(node.signs, node.terms, strict=True):
            part = split_index(term)
            if part is None or (part[0] and (sign == "-" or part[1])):
                return None
            names += [part[0]] if part[0] else []
            offset += part[1] if sign == "+" else -part[1]
        return ("".join(names), offset) if len(names) <= 1 else None
    return None


def is_power(node: Node) -> bool:
    if isinstance(node, Marked):
        return True
    if isinstance(node, Sum):
        return len(node.terms) == 1 and is_power(node.terms[0])
    if isinstance(node, Juxtaposed):
        return node.operators == ("/",) and all(isinstance(f, Number) for f in node.factors)
    return isinstance(node, Number)


def quantities(node: Node) -> Iterator[str]:
    """The letters that are quantities: no operand of a comparison, as the y of [j = y], and no script."""
    if isinstance(node, Letter):
        yield node.name.removeprefix("\\")
    scripts = (*node.subs, *(s for s in node.sups if isinstance(s, Letter))) if isinstance(node, Scripted) else ()
    for child in children(node):
        if child not in scripts and not (isinstance(child, Letter) and isinstance(node, Compared)):
            yield from quantities(child)


def ends_in_identity(node: Node) -> bool:
    """I and λ I: of which size the identity is, the terms beside it say."""
    last = node.factors[-1] if isinstance(node, Juxtaposed) and not set(node.operators) - {"", "·"} else node
    return isinstance(last, Letter) and last.name == "I" and not last.accents and "blackboard" not in last.fonts
