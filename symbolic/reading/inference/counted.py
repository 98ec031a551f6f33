"""Which letters on a name count components and no times or layers.

In z_i = Σ_k w_{ik} x_k the i stands beside a bound k on one name; in p_i = e^{z_i} / Σ_k e^{z_k} it stands on the name on
which k stands, too; in p_i = f(z)_i it is taken of a whole value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..scripts import index_name, split_index
from ..tree import Big, Group, Juxtaposed, Node, Scripted, walk
from .names import bounds_of, names_in, plain_scripts


def component_letters(own: Sequence[str], right: Node) -> set[str]:
    """The letters of a head that its right side shows to count components."""
    values = (v for v in walk(right) if isinstance(v, Scripted) and isinstance(v.base, Group))
    found = {n for v in values for s in v.subs for n in letters_in(s) if n in own}
    alone = {
        n.letter.name for n, _, _ in names_in(right)
        if {o for s in plain_scripts(n) for o in letters_in(s.node)} == {*own} and len(own) == 1
    }
    for big in (n for n in walk(right) if isinstance(n, Big)):
        bound = {b for b, _, _ in bounds_of(big)}
        for inner, _, _ in names_in(big.body):
            scripts = {n for s in plain_scripts(inner) for n in letters_in(s.node)}
            if len(scripts) == 1 and scripts <= bound and inner.letter.name in alone:  # z_i / Σ_k z_k: i and k count alike
                found |= {*own}
            found |= {o for o in own if o in scripts and scripts & bound - {o}}
    return found


def letters_in(node: Node) -> Iterator[str]:
    """The letters of a script entry, with those beside them."""
    if isinstance(node, Juxtaposed) and not any(node.operators):
        for factor in node.factors:
            yield from letters_in(factor)
        return
    split = split_index(node)
    if split and split[0]:
        yield split[0]


def entries_of(node: Node, is_counter: Callable[[str], bool]) -> Iterator[Node]:
    """`ij` is two entries where both are index letters, else one label."""
    if isinstance(node, Juxtaposed) and not any(node.operators):
        names = [split_index(f) for f in node.factors]
        if all(n is not None and n[0] and is_counter(n[0]) for n in names):
            yield from node.factors
            return
    if isinstance(node, Scripted) and len(node.subs) == 1 and not node.sups:  # y_{t_k}, δ_{o_t}
        whole, split = index_name(node), split_index(node.subs[0])
        if split is not None and split[0] and is_counter(split[0]) and not (whole and is_counter(whole)):
            yield node.base
            yield node.subs[0]
            return
    yield node
