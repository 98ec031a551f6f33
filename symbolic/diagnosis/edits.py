"""Small edits of a formula as it is written: one row of functions per kind of node, each edit a few splices of the text.

    a + b     flip a sign, drop a term                       a b       drop a factor or a run, swap two, change the sign between
    Σ, ∏      drop it, shift a bound, name another bound     x_t       shift the index, name another one, drop it
    anything  transpose it, put a sum over the steps before it, drop or add a power

What an edit means is not known here: most make nonsense, which reading rejects, or something else that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from ..reading.scripts import index_name, is_transpose, name_of, split_index
from ..reading.symbols import command
from ..reading.tree import (
    Big,
    Compared,
    Fraction,
    Group,
    Infix,
    Juxtaposed,
    Letter,
    Node,
    Number,
    Scripted,
    Sum,
    children,
    walk,
)

Splice = tuple[int, int, str]


@dataclass(frozen=True)
class Edit:
    """Pieces of the text replaced by others, in order; `cost` is smaller for edits that a person calls smaller.

    reach  the piece that means something else then, where that is more than what is replaced
    """

    splices: tuple[Splice, ...]
    cost: float
    reach: tuple[int, int] | None = None

    @property
    def start(self) -> int:
        return self.splices[0][0]

    @property
    def end(self) -> int:
        return max(end for _, end, _ in self.splices)

    @property
    def around(self) -> tuple[int, int]:
        low, high = self.reach or (self.start, self.end)
        return min(low, self.start), max(high, self.end)

    def applied(self, text: str, start: int = 0, end: int | None = None) -> str:
        """The text between two offsets after the edit."""
        result, at = [], start
        for low, high, new in self.splices:
            result += [text[at:low], new]
            at = high
        result.append(text[at : len(text) if end is None else end])
        return _spaced(result)


def _spaced(pieces: list[str]) -> str:
    """Pieces joined, with a space where a control word would run into a letter."""
    whole = ""
    for piece in pieces:
        if piece[:1].isalpha() and whole and (word := whole.rpartition("\\")[2]) and "\\" in whole and word.isalpha():
            whole += " "
        whole += piece
    return whole


def edit(cost: float, *splices: Splice, reach: Node | None = None) -> Edit:
    return Edit(tuple(sorted(splices)), cost, None if reach is None else (reach.start, reach.end))


@dataclass(frozen=True)
class Written:
    """A side as it is written: its text, its tree, the operands of its products as they were read, the index letters in use.

    letters  names of the indices and lengths that may stand in a script or a bound
    steps    (index, first, last) as LaTeX of the sums over steps that may be missing
    spans    the pieces that stand for something, where that is known
    others   other names that might stand in the place of a name
    """

    text: str
    tree: Node
    units: Callable[[Node], list[tuple[int, int]]]
    letters: tuple[str, ...] = ()
    steps: tuple[tuple[str, str, str], ...] = ()
    spans: frozenset[tuple[int, int]] = frozenset()
    others: Callable[[Node], Iterator[str]] = lambda node: iter(())


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
        stack += [child for child in children(node) if not _is_script(node, child)]


def _is_script(node: Node, child: Node) -> bool:
    return isinstance(node, Scripted | Big) and child in (*node.subs, *node.sups)


def size(node: Node) -> int:
    """How many names and numbers a piece holds."""
    if isinstance(node, (Letter, Number)) or (isinstance(node, Scripted) and name_of(node) is not None):
        return 1
    return sum(size(c) for c in children(node) if not _is_script(node, c))


def size_between(tree: Node, start: int, end: int) -> int:
    """How many names and numbers stand between two offsets."""
    found, stack = 0, [tree]
    while stack:
        node = stack.pop()
        if node.end <= start or end <= node.start:
            continue
        leaf = isinstance(node, (Letter, Number)) or (isinstance(node, Scripted) and name_of(node) is not None)
        found += leaf
        stack += [] if leaf else [c for c in children(node) if not _is_script(node, c)]
    return found


# sums


def _signs(w: Written, node: Sum) -> Iterator[Edit]:
    for k, sign in enumerate(node.signs):
        place = _sign_at(w, node, k)
        if k == 0 and place is None:
            yield edit(1.0, (node.start, node.start, "-"), reach=node)
        elif place is not None:
            yield edit(1.0, (place, place + 1, "" if k == 0 else "-" if sign == "+" else "+"))


def _sign_at(w: Written, node: Sum, k: int) -> int | None:
    low = node.start if k == 0 else node.terms[k - 1].end
    return next((i for i in range(low, node.terms[k].start) if w.text[i] in "+-−"), None)


def _dropped_terms(w: Written, node: Sum) -> Iterator[Edit]:
    if len(node.terms) < 2:
        return
    for k, term in enumerate(node.terms):
        cost = 1.0 + 0.2 * size(term)
        if k:
            yield edit(cost, (node.terms[k - 1].end, term.end, ""))
        else:
            keep = _sign_at(w, node, 1) if node.signs[1] == "-" else node.terms[1].start
            yield edit(cost, (node.start, keep if keep is not None else node.terms[1].start, ""))


def _whole(w: Written) -> Iterator[Edit]:
    """Minus the whole."""
    if isinstance(w.tree, Sum):
        yield edit(1.2, (w.tree.start, w.tree.start, r"-\left("), (w.tree.end, w.tree.end, r"\right)"))
    else:
        yield edit(1.0, (w.tree.start, w.tree.start, "-"), reach=w.tree)


# products


def _dropped_factors(w: Written, node: Node) -> Iterator[Edit]:
    units = w.units(node)
    for length in (1, 2, 3):
        for k in range(len(units) - length + 1 if length < len(units) else 0):
            start, end = units[k][0], units[k + length - 1][1]
            twice = any(w.text[start:end] == w.text[a:b] for a, b in units if (a, b) != (start, end))
            cost = 1.0 if twice else 1.0 + 0.1 * size_between(w.tree, start, end) + 0.1 * (length - 1)
            low, high = (units[k - 1][1], end) if k else (start, units[length][0])
            yield edit(cost, (low, high, " " if k and k + length < len(units) and isinstance(node, Juxtaposed) else ""))


def _swapped(w: Written, node: Node) -> Iterator[Edit]:
    units = w.units(node)
    for j, k in combinations(range(len(units)), 2):
        (a, b), (c, d) = units[j], units[k]
        if w.text[a:b] != w.text[c:d] and k - j <= 3:
            yield edit(1.2 + 0.2 * (k - j - 1), (a, b, w.text[c:d]), (c, d, w.text[a:b]))


BETWEEN = (r" \circ ", r" \otimes ", " ")


def _joined_otherwise(w: Written, node: Node) -> Iterator[Edit]:
    units = w.units(node)
    for (_, b), (c, _) in zip(units, units[1:], strict=False):
        now = w.text[b:c].strip()
        for sign in BETWEEN:
            if sign.strip() != now and not (sign == " " and now in (r"\cdot", r"\times", "·")):
                yield edit(1.3, (b, c, sign))


# sums and products over an index


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
        yield from _other_index(w, bound)


def _dropped_big(w: Written, node: Big) -> Iterator[Edit]:
    yield edit(1.2, (node.start, node.body.start, ""))


def _summed(w: Written, node: Node) -> Iterator[Edit]:
    if w.spans and (node.start, node.end) not in w.spans:
        return
    for letter, first, last in w.steps:
        sign = rf"\sum_{{{letter}={first}}}^{{{last}}} "
        if isinstance(node, Sum):
            yield edit(1.4, (node.start, node.start, sign + r"\left("), (node.end, node.end, r"\right)"))
        else:
            yield edit(1.3, (node.start, node.start, sign), reach=node)


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
            splices.append((node.start, node.end, _braced(w, node, spelled(free, split[1] - 1))))
    if not splices or len(splices) > 6:
        return
    for last in w.letters:
        yield edit(
            2.0 + 0.2 * len(splices),
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


# names


def spelled(name: str, offset: int) -> str:
    letter = command(name) if name else ""
    return f"{letter}{offset:+d}" if letter and offset else letter or str(offset)


def _braced(w: Written, node: Node, new: str) -> str:
    before = w.text[: node.start].rstrip()
    return f"{{{new}}}" if before[-1:] in ("_", "^") and len(new) > 1 else new


def _other_index(w: Written, node: Node) -> Iterator[Edit]:
    split = split_index(node)
    if split is None:
        return
    name, offset = split
    if name and name not in w.letters:
        return
    others = [(1.0, name, offset - 1), (1.0, name, offset + 1), (1.5, name, offset - 2), (1.5, name, offset + 2)]
    for letter in w.letters:
        if letter != name:
            others += [(1.2, letter, offset if name else 0), *([(1.4, letter, 0)] if offset and name else [])]
            others += [(1.4, letter, 1), (1.4, letter, -1)]
    if name and offset == 0:
        others.append((1.4, "", 1))
    for cost, letter, shift in dict.fromkeys(others):
        if letter or shift >= 0:
            yield edit(cost, (node.start, node.end, _braced(w, node, spelled(letter, shift))))


def _names(w: Written, node: Scripted) -> Iterator[Edit]:
    name = name_of(node)
    if name is None:
        return
    for script in name.scripts:
        if script.where == "_" or script.bracket or not is_transpose(script.node):
            yield from _other_index(w, script.node)
    indices = [s for s in name.scripts if (split := split_index(s.node)) is not None and (split[0] in w.letters)]
    if len(name.scripts) == 1 and indices and isinstance(node.base, Letter):
        yield edit(1.3, (node.base.end, node.end, ""))


def _transposed(w: Written, start: int, end: int, node: Node | None) -> Iterator[Edit]:
    """Xᵀ for X and X for Xᵀ."""
    if isinstance(node, Scripted) and (mark := _transpose_mark(w, node)) is not None:
        yield edit(1.0, (*mark, ""))
        return
    if start == end:
        return
    plain = isinstance(node, (Letter, Group)) or (isinstance(node, Scripted) and not node.sups and not node.primes)
    sign = r"^\top" if r"\top" in w.text else "^T"
    if plain:
        yield edit(1.0, (end, end, sign))
    else:
        yield edit(1.1, (start, start, r"\left("), (end, end, rf"\right){sign}"))


def _transpose_mark(w: Written, node: Scripted) -> tuple[int, int] | None:
    for sup in node.sups:
        if is_transpose(sup) or (isinstance(sup, Group) and is_transpose(sup.body)):
            mark = w.text.rfind("^", 0, sup.start)
            return (mark if mark >= node.start else sup.start, sup.end)
    return None


def _transposed_units(w: Written, node: Node) -> Iterator[Edit]:
    operands = {(n.start, n.end): n for n in walk(node)}
    for start, end in w.units(node):
        yield from _transposed(w, start, end, operands.get((start, end)))


def _transposed_terms(w: Written, node: Sum) -> Iterator[Edit]:
    for term in node.terms:
        yield from _transposed(w, term.start, term.end, term)


def _transposed_here(w: Written, node: Node) -> Iterator[Edit]:
    if node is w.tree or not isinstance(node, Group) or not isinstance(node.body, (Letter, Number)):
        yield from _transposed(w, node.start, node.end, node)


def _powers(w: Written, node: Scripted) -> Iterator[Edit]:
    for sup in node.sups:
        inner = sup.body if isinstance(sup, Group) else sup
        if isinstance(inner, Number) and not isinstance(sup, Group | Sum):
            mark = w.text.rfind("^", 0, sup.start)
            yield edit(1.1, (mark, sup.end, ""))
            yield edit(1.2, (inner.start, inner.end, "2" if inner.value != 2 else "3"))
    if node.primes and "'" in w.text[node.start : node.end]:
        mark = w.text.index("'", node.start)
        yield edit(1.1, (mark, mark + 1, ""))


def _squared(w: Written, node: Node) -> Iterator[Edit]:
    yield edit(1.2, (node.end, node.end, "^2"))


def _numbers(w: Written, node: Number) -> Iterator[Edit]:
    if node.fonts or node.value.denominator != 1:
        return
    value = int(node.value)
    for new in {value - 1, value + 1, 1, 2} - {value}:
        if new >= 0:
            yield edit(1.1, (node.start, node.end, str(new)))


def _primed(w: Written, node: Juxtaposed) -> Iterator[Edit]:
    """f' for f."""
    for factor, argument in zip(node.factors, node.factors[1:], strict=False):
        if isinstance(argument, Group) and isinstance(factor, Letter):
            yield edit(1.1, (factor.end, factor.end, "'"))


def _turned(w: Written, node: Fraction) -> Iterator[Edit]:
    top, bottom = ((n.start, n.end) for n in (node.numerator, node.denominator))
    yield edit(1.5, (*top, w.text[slice(*bottom)]), (*bottom, w.text[slice(*top)]))


def _other_names(w: Written, node: Node) -> Iterator[Edit]:
    name = name_of(node)
    if name is None:
        return
    for new in w.others(node):
        yield edit(1.25, (node.start, node.end, new))


def _diagonal(w: Written, node: Juxtaposed) -> Iterator[Edit]:
    """diag(v) for v, and v for diag(v)."""
    sign = next((s for s in DIAGONALS if s in w.text), DIAGONALS[0])
    for start, end in w.units(node):
        unit = w.text[start:end]
        word = next((s for s in DIAGONALS if unit.startswith(s)), None)
        if word is not None:
            yield edit(1.25, (start, start + len(word), ""))
        else:
            bracketed = unit.startswith(("(", r"\left(")) and unit.endswith(")")
            yield edit(1.25, (start, end, sign + (unit if bracketed else f"({unit})")))


DIAGONALS = (r"\operatorname{diag}", r"\text{diag}", r"\mathrm{diag}", r"\diag", "diag")
"""How diag is written, the usual way first."""


Row = Callable[..., Iterator[Edit]]
ROWS: dict[type, tuple[Row, ...]] = {
    Sum: (_signs, _dropped_terms, _transposed_terms, _summed),
    Juxtaposed: (_dropped_factors, _swapped, _joined_otherwise, _transposed_units, _summed, _primed, _diagonal, _multiplied),
    Infix: (_dropped_factors, _swapped, _joined_otherwise, _transposed_units, _summed),
    Big: (_dropped_big, _other_bounds, _summed),
    Scripted: (_names, _powers, _other_names),
    Letter: (_other_names,),
    Group: (_summed,),
    Number: (_numbers,),
    Fraction: (_summed, _multiplied),
}
"""Kind of node -> the edits that it allows."""
