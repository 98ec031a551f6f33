"""Edits of sums and products: signs, terms, factors, their order, what joins them, transposes, diag."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from ..reading.scripts import is_transpose
from ..reading.tree import Group, Juxtaposed, Letter, Node, Number, Scripted, Sum, walk
from .edits import Edit, Written, edit, size, size_between

DIAGONALS = (r"\operatorname{diag}", r"\text{diag}", r"\mathrm{diag}", r"\diag", "diag")
"""How diag is written, the usual way first."""


def signs(w: Written, node: Sum) -> Iterator[Edit]:
    for k, sign in enumerate(node.signs):
        place = _sign_at(w, node, k)
        if k == 0 and place is None:
            yield edit(1.0, (node.start, node.start, "-"), reach=node)
        elif place is not None:
            yield edit(1.0, (place, place + 1, "" if k == 0 else "-" if sign == "+" else "+"))


def _sign_at(w: Written, node: Sum, k: int) -> int | None:
    low = node.start if k == 0 else node.terms[k - 1].end
    return next((i for i in range(low, node.terms[k].start) if w.text[i] in "+-−"), None)


def dropped_terms(w: Written, node: Sum) -> Iterator[Edit]:
    if len(node.terms) < 2:
        return
    for k, term in enumerate(node.terms):
        cost = 1.0 + 0.01 * min(size(term), 5)  # less than anything that makes up for it: no x - x, no + 0
        if k:
            yield edit(cost, (node.terms[k - 1].end, term.end, ""))
        else:
            keep = _sign_at(w, node, 1) if node.signs[1] == "-" else node.terms[1].start
            yield edit(cost, (node.start, keep if keep is not None else node.terms[1].start, ""))


def squared(w: Written, node: Sum) -> Iterator[Edit]:
    """1 - h² for 1 - h."""
    first = node.terms[0]
    slope = node.signs == ("+", "-") and isinstance(first, Number) and first.value == 1
    for term in node.terms if len(node.terms) > 1 else ():
        if isinstance(term, Letter) or (isinstance(term, Scripted) and not term.sups and not term.primes):
            yield edit(1.0 if slope else 1.22, (term.end, term.end, "^2"))
        elif isinstance(term, Juxtaposed) and len(term.factors) == 2 and _is_word(term.factors[0]):
            yield edit(1.0 if slope else 1.22, (term.factors[0].end, term.factors[0].end, "^2"))
        elif isinstance(term, Scripted) and not any(isinstance(s, Number) for s in term.sups):
            yield edit(1.005 if slope else 1.23, (term.start, term.start, "("), (term.end, term.end, ")^2"))


def _is_word(node: Node) -> bool:
    return isinstance(node, Letter) and node.word


def dropped_factors(w: Written, node: Node) -> Iterator[Edit]:
    units = w.units(node)
    for length in (1, 2, 3):
        for k in range(len(units) - length + 1 if length < len(units) else 0):
            start, end = units[k][0], units[k + length - 1][1]
            twice = any(w.text[start:end] == w.text[a:b] for a, b in units if (a, b) != (start, end))
            number = not any(map(str.isalpha, w.text[start:end].replace(r"\frac", "")))  # no 2 beside 1/2
            cost = 1.0 if twice or number else 1.0 + 0.1 * size_between(w.tree, start, end) + 0.1 * (length - 1)
            low, high = (units[k - 1][1], end) if k else (start, units[length][0])
            yield edit(cost, (low, high, " " if k and k + length < len(units) and isinstance(node, Juxtaposed) else ""))


def swapped(w: Written, node: Node) -> Iterator[Edit]:
    units = w.units(node)
    for j, k in combinations(range(len(units)), 2):
        (a, b), (c, d) = units[j], units[k]
        if w.text[a:b] != w.text[c:d] and k - j <= 3:
            yield edit(1.2 + 0.2 * (k - j - 1), (a, b, w.text[c:d]), (c, d, w.text[a:b]))


def turned(w: Written, node: Juxtaposed) -> Iterator[Edit]:
    """b aᵀ for a bᵀ: the transpose of the whole product."""
    units = w.units(node)
    operands = {(n.start, n.end): n for n in walk(node)}
    marked = (n for u in units if isinstance(n := operands.get(u), Scripted) and _transpose_mark(w, n) is not None)
    if not 2 <= len(units) <= 3 or next(marked, None) is None:
        return
    new = [_other_way(w, start, end, operands.get((start, end))) for start, end in reversed(units)]
    if all(new):
        yield edit(1.22, (units[0][0], units[-1][1], " ".join(new)))


def _other_way(w: Written, start: int, end: int, node: Node | None) -> str:
    """The transpose of a unit as it is written; "" where it is none that a product may begin or end with."""
    if isinstance(node, Number) or start == end:
        return ""
    text = w.text[start:end]
    if isinstance(node, Scripted) and (mark := _transpose_mark(w, node)) is not None:
        return w.text[start : mark[0]] + w.text[mark[1] : end]
    plain = isinstance(node, (Letter, Group)) or (isinstance(node, Scripted) and not node.sups and not node.primes)
    return (text if plain else f"({text})") + w.style.transpose


def turned_difference(w: Written, node: Sum) -> Iterator[Edit]:
    """b - a for a - b."""
    if node.signs == ("+", "-"):
        a, b = (w.text[t.start : t.end] for t in node.terms)
        if _sign_at(w, node, 0) is None and not isinstance(node.terms[1], Sum):
            known = w.style.occurs(f"{b} - {a}")
            yield edit(0.98 if known else 1.15, (node.start, node.end, f"{b} - {a}"))


def joined_otherwise(w: Written, node: Node) -> Iterator[Edit]:
    units = w.units(node)
    for (_, b), (c, _) in pairwise(units):
        now = w.text[b:c].strip()
        for sign in (f" {w.style.entrywise} ", r" \otimes ", " "):
            if sign.strip() != now and not (sign == " " and now in (r"\cdot", r"\times", "·")):
                yield edit(1.3, (b, c, sign))


def _transposed(w: Written, start: int, end: int, node: Node | None) -> Iterator[Edit]:
    """Xᵀ for X and X for Xᵀ."""
    if isinstance(node, Scripted) and (mark := _transpose_mark(w, node)) is not None:
        yield edit(1.0, (*mark, ""))
        return
    if start == end:
        return
    plain = isinstance(node, (Letter, Group)) or (isinstance(node, Scripted) and not node.sups and not node.primes)
    sign = w.style.transpose
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


def transposed_units(w: Written, node: Node) -> Iterator[Edit]:
    operands = {(n.start, n.end): n for n in walk(node)}
    for start, end in w.units(node):
        yield from _transposed(w, start, end, operands.get((start, end)))


def transposed_terms(w: Written, node: Sum) -> Iterator[Edit]:
    for term in node.terms:
        yield from _transposed(w, term.start, term.end, term)


def diagonal(w: Written, node: Juxtaposed) -> Iterator[Edit]:
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


def primed(w: Written, node: Juxtaposed) -> Iterator[Edit]:
    """f' for f."""
    for factor, argument in pairwise(node.factors):
        if isinstance(argument, Group) and isinstance(factor, Letter):
            yield edit(1.1, (factor.end, factor.end, "'"))
