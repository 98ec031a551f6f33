"""All small edits of a formula as it is written: one row of functions per kind of node.

    a + b     flip a sign, drop a term                       a b       drop a factor or a run, swap two, change the sign between
    Σ, ∏      drop it, shift a bound, name another bound     x_t       shift the index, name another one, drop it
    anything  transpose it, put a sum over the steps before it, drop or add a power

What an edit means is not known here: most make nonsense, which reading rejects, or something else that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..reading.scripts import index_name, name_of, split_index
from ..reading.symbols import command
from ..reading.tree import Big, Compared, Fraction, Group, Infix, Juxtaposed, Letter, Node, Number, Scripted, Sum, outline, walk
from ..reading.tree import children as below
from .edits import Edit, Splice, Written, braced, edit, is_script, spelled
from .names import names, numbers, other_index, other_names, powers
from .operands import (
    diagonal,
    dropped_factors,
    dropped_terms,
    joined_otherwise,
    primed,
    signs,
    squared,
    swapped,
    transposed_terms,
    transposed_units,
    turned,
    turned_difference,
)

BINDS = 0.9
"""What a sum costs that binds a letter: less than all that leaves it loose."""


def structural(w: Written) -> Iterator[Edit]:
    """All small edits of a side."""
    stack: list[Node] = [w.tree]
    yield from _whole(w)
    while stack:
        node = stack.pop()
        for kind, rows in ROWS.items():
            if isinstance(node, kind):
                for row in rows:
                    yield from row(w, node)
        if isinstance(node, Scripted) and name_of(node) is not None:
            continue
        stack += [child for child in below(node) if not is_script(node, child)]


def _whole(w: Written) -> Iterator[Edit]:
    """Minus the whole, and a sum of one name."""
    if isinstance(w.tree, (Letter, Scripted)):
        yield from _summed(w, w.tree)
    if isinstance(w.tree, Sum):
        yield edit(1.2, (w.tree.start, w.tree.start, r"-\left("), (w.tree.end, w.tree.end, r"\right)"))
    else:
        yield edit(1.0, (w.tree.start, w.tree.start, "-"), reach=w.tree)


def _bounds(node: Big) -> Iterator[tuple[Node, bool]]:
    """The bounds that are printed, and whether it is the upper one."""
    for sub in node.subs:
        compared = sub
        while isinstance(compared, Group) and compared.bracket == "{":
            compared = compared.body
        if isinstance(compared, Compared):
            yield compared.operands[-1], False
    yield from ((sup, True) for sup in node.sups)


def _other_bounds(w: Written, node: Big) -> Iterator[Edit]:
    for bound, _ in _bounds(node):
        yield from other_index(w, bound)


def _dropped_big(w: Written, node: Big) -> Iterator[Edit]:
    again = w.text.count(w.text[node.start : node.body.start].strip()) > 1  # Σ_t Σ_t
    yield edit(1.0 if again else 1.2, (node.start, node.body.start, ""))
    inner = node.body
    nested = (inner, inner.body) if isinstance(inner, Big) else ()
    if isinstance(inner, Big) and all(isinstance(b, Big) and _bounds_of(b) == _bounds_of(node) for b in nested):
        yield edit(1.0, (node.start, inner.body.start, ""))  # of three equal sums two


def _bounds_of(node: Big) -> list[str]:
    return [node.operator, *map(outline, (*node.subs, *node.sups))]


def _put_in_front(w: Written, node: Big) -> Iterator[Edit]:
    """V ∏ A for ∏ A V."""
    units = w.units(node.body)
    if len(units) > 1:
        (_, b), (c, d) = units[-2:]
        yield edit(1.25, (node.start, node.start, w.text[c:d] + " "), (b, d, ""))


def _summed(w: Written, node: Node) -> Iterator[Edit]:
    if w.spans and (node.start, node.end) not in w.spans:
        return
    steps = (*w.steps, *((x, a, f"{b}-1") for x, a, b in w.steps))
    over = [(sign, step[0] in w.unsaid and node is w.tree) for step in steps for sign in w.style.sums(*step)]
    for sign, binds in over or ((r"\sum ", False),):  # the members of a batch have no index
        if isinstance(node, Sum):
            cost = BINDS + 0.05 if binds else 1.4
            yield edit(cost, (node.start, node.start, sign + r"\left("), (node.end, node.end, r"\right)"))
        else:
            yield edit(BINDS + 0.02 if binds else 1.3, (node.start, node.start, sign), reach=node)


def _bound(w: Written, node: Node) -> Iterator[Edit]:
    """Σ_k where an entry speaks of a k that nothing binds."""
    if not w.loose or (w.spans and (node.start, node.end) not in w.spans):
        return
    for letter in w.loose:
        if any(isinstance(n, Letter) and str(n.name).removeprefix("\\") == letter for n in walk(node)):
            sign = rf"\sum_{{{command(letter)}}} " if len(letter) > 1 else rf"\sum_{letter} "
            if isinstance(node, Sum):
                yield edit(BINDS + 0.05, (node.start, node.start, sign + r"\left("), (node.end, node.end, r"\right)"))
            else:
                yield edit(BINDS, (node.start, node.start, sign), reach=node)


def _multiplied(w: Written, node: Node) -> Iterator[Edit]:
    """∏_{j=k+1}^{t} where a factor speaks of a step j that nothing binds."""
    if w.spans and (node.start, node.end) not in w.spans:
        return
    inner = {n for x in _index_nodes(node) if (split := split_index(x)) is not None and (n := split[0])} & set(w.letters)
    for letter in sorted(inner):
        for first in w.letters:
            for last in w.letters:
                if letter not in (first, last) and first != last:
                    bounds = rf"{command(letter)}={spelled(first, 1)}}}^{{{command(last)}"
                    yield edit(1.7, (node.start, node.start, rf"\prod_{{{bounds}}} "), reach=node)


def summed_from_one_step(w: Written) -> Iterator[Edit]:
    """Σ_j where only the first step stands: every step 1 becomes j, 2 becomes j + 1, as far as it is no bound of its own."""
    taken = {n for node in walk(w.tree) if isinstance(node, (Letter, Scripted)) and (n := index_name(node))}
    free = next((x for x in "jsiku" if x not in taken and x not in w.letters), None)
    if free is None:
        return
    splices: list[Splice] = []
    for node in _index_nodes(w.tree):
        split = split_index(node)
        if split is not None and not split[0] and 0 <= split[1] <= 2:
            splices.append((node.start, node.end, braced(w, node, spelled(free, split[1] - 1))))
    if not splices or len(splices) > 6:
        return
    for last in w.letters:
        yield edit(
            1.25,
            (w.tree.start, w.tree.start, rf"\sum_{{{free}=1}}^{{{command(last)}}} "), *splices,
        )  # fmt: skip


def _index_nodes(tree: Node) -> Iterator[Node]:
    for node in walk(tree):
        if isinstance(node, Scripted) and (name := name_of(node)) is not None:
            yield from (s.node for s in name.scripts if not _is_power_of(s.where, s.bracket))
        elif isinstance(node, Big):
            yield from (bound for bound, upper in _bounds(node) if not upper)


def _is_power_of(where: str, bracket: str) -> bool:
    return where == "^" and not bracket


Row = Callable[..., Iterator[Edit]]
ROWS: dict[type, tuple[Row, ...]] = {
    Sum: (_bound, signs, turned_difference, dropped_terms, squared, transposed_terms, _summed),
    Juxtaposed: (
        _bound, dropped_factors, swapped, turned, joined_otherwise, transposed_units, _summed, primed, diagonal, _multiplied,
    ),
    Infix: (_bound, dropped_factors, swapped, joined_otherwise, transposed_units, _summed),
    Big: (_bound, _dropped_big, _put_in_front, _other_bounds, _summed),
    Scripted: (_bound, names, powers, other_names),
    Letter: (other_names,),
    Group: (_summed,),
    Number: (numbers,),
    Fraction: (_bound, _summed, _multiplied),
}  # fmt: skip
"""Kind of node -> the edits that it allows."""
