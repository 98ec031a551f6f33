r"""Single mistakes planted into right formulas, as a person makes them: in what is written, a row per kind of mistake.

A row goes through the places of the tree of a right side and yields other right sides.  Whether one is wrong is for the judge
to say: only what is refuted is a fault.  Each row names the causes that are right for it: all whose edit is as small.  A claim
that does not conform is always one of `shape`.

The rows are written apart from the edits with which repairs are searched, and know nothing of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from random import Random

from formulas import ALL, Formula, formulas
from writing import Place, Pool, joined_without, places, pool_of, put, shifted, tight

from symbolic.reading.tokens import ReadError, lex
from symbolic.reading.tree import Big, Compared, Group, Infix, Juxtaposed, Letter, Number, Scripted, Sum

Texts = Iterator[str]


def dropped_factor(p: Place, pool: Pool) -> Texts:
    for k in range(len(p.units)):
        if len(p.units) > 1 and p.plain(k):
            yield joined_without(p, k, k + 1)


def doubled_factor(p: Place, pool: Pool) -> Texts:
    for u in p.units:
        joint = f" {pool.hadamard} " if isinstance(p.node, Infix) else " "
        yield put(p.text, u.start, u.end, p.of(u) + joint + p.of(u))


def two_slopes_dropped(p: Place, pool: Pool) -> Texts:
    """Two neighbours out of a ∘ b ∘ c."""
    if isinstance(p.node, Infix) and set(p.node.operators) == {"∘"}:
        for k in range(len(p.units) - 1):
            if len(p.units) > 2:
                yield joined_without(p, k, k + 2)


def spurious_factor(p: Place, pool: Pool) -> Texts:
    if isinstance(p.node, Infix):
        for name in pool.names:
            yield put(p.text, p.units[-1].end, p.units[-1].end, f" {pool.hadamard} {name}")
    elif isinstance(p.node, Juxtaposed):
        for number in ("2", r"\frac{1}{2}"):
            yield put(p.text, p.node.start, p.node.start, number)
        for u in p.units[1:]:
            for name in pool.names:
                yield put(p.text, u.start, u.start, name)


def dropped_summand(p: Place, pool: Pool) -> Texts:
    if not isinstance(p.node, Sum) or len(p.node.terms) < 2:
        return
    terms, signs = p.node.terms, p.node.signs
    yield put(p.text, p.node.start, terms[1].start, "-" if signs[1] == "-" else "")
    for k in range(1, len(terms)):
        yield put(p.text, terms[k - 1].end, terms[k].end, "")


def spurious_summand(p: Place, pool: Pool) -> Texts:
    for piece in (*pool.names, *pool.terms):
        if isinstance(p.node, Sum):
            for sign in "+-":
                yield put(p.text, p.node.end, p.node.end, f"{sign} {piece}")
        elif p.parent is None or isinstance(p.parent, (Group, Big)):
            inner = f"({p.inner} + {piece})" if isinstance(p.parent, Big) else f"{p.inner} + {piece}"
            yield put(p.text, p.node.start, p.node.end, inner)


def sign(p: Place, pool: Pool) -> Texts:
    if isinstance(p.node, Sum):
        for k in range(1, len(p.node.terms)):
            low, high = p.node.terms[k - 1].end, p.node.terms[k].start
            if p.text[low:high].strip() in ("+", "-"):
                yield put(p.text, low, high, "-" if p.text[low:high].strip() == "+" else "+")
        lead = p.text[p.node.start : p.node.terms[0].start].strip()
        yield put(p.text, p.node.start, p.node.terms[0].start, "" if lead == "-" else "-")
    elif p.parent is None or isinstance(p.parent, Big):
        yield put(p.text, p.node.start, p.node.start, "-")


def transpose_dropped(p: Place, pool: Pool) -> Texts:
    for low, high in p.transposes():
        yield p.text[:low] + p.text[high:]


def transpose_added(p: Place, pool: Pool) -> Texts:
    if p.is_factor and not list(p.transposes()):
        bare = isinstance(p.node, (Letter, Group)) or (isinstance(p.node, Scripted) and not p.node.sups)
        yield put(p.text, p.node.start, p.node.end, (p.inner if bare else f"({p.inner})") + pool.transpose)


def swapped_factors(p: Place, pool: Pool) -> Texts:
    if isinstance(p.node, Juxtaposed):
        yield from _swapped(p, range(len(p.units) - 1))


def swapped_kronecker(p: Place, pool: Pool) -> Texts:
    if isinstance(p.node, Infix):
        yield from _swapped(p, [k for k, o in enumerate(p.joints) if o == "⊗"])


def _swapped(p: Place, at) -> Texts:
    for k in at:
        a, b = p.units[k], p.units[k + 1]
        if "/" not in p.joints[max(k - 1, 0) : k + 2]:
            yield put(p.text, a.start, b.end, f"{p.of(b)} {p.text[a.end : b.start]} {p.of(a)}")


def shifted_index(p: Place, pool: Pool) -> Texts:
    for node in p.indices(pool.counters):
        for by in (1, -1):
            yield tight(p.text, node.start, node.end, shifted(p.text[node.start : node.end], by))


def dropped_sum(p: Place, pool: Pool) -> Texts:
    if isinstance(p.node, Big) and p.node.operator == "sum":
        yield put(p.text, p.node.start, p.node.body.start, "")


def added_sum(p: Place, pool: Pool) -> Texts:
    if p.parent is None or isinstance(p.parent, Sum):
        for prefix in pool.sums:
            yield put(p.text, p.node.start, p.node.end, f"{prefix} ({p.inner})" if isinstance(p.node, Sum) else f"{prefix} {p.inner}")


def limit_by_one(p: Place, pool: Pool) -> Texts:
    if not isinstance(p.node, Big):
        return
    lower = [n.operands[1] for n in p.node.subs if isinstance(n, Compared) and n.relations == ("=",)]
    for node in (*lower, *p.node.sups):
        for by in (1, -1):
            yield tight(p.text, node.start, node.end, shifted(p.text[node.start : node.end], by))


def moved_bracket(p: Place, pool: Pool) -> Texts:
    """Brackets left out, or one of the two moved over what stands next to it, outwards or inwards."""
    for low, high, g in p.brackets():
        opening, inner, closing = p.text[low : g.body.start], p.text[g.body.start : g.body.end], p.text[g.body.end : high]
        unit = next(i for i, u in enumerate(p.units) if u.start <= low and high <= u.end) if p.units else 0
        alone = not p.units or p.units[unit].start == low
        if alone:
            yield put(p.text, low, high, inner)
        if p.units and p.units[unit].end == high and unit + 1 < len(p.units):
            after = p.units[unit + 1]
            yield put(p.text, low, after.end, f"{opening}{inner} {p.text[high : after.end]}{closing}")
        if p.units and alone and unit > 0:
            before = p.units[unit - 1]
            yield put(p.text, before.start, high, f"{opening}{p.text[before.start : low]} {inner}{closing}")
        body = Place.at(p.text, g.body, g)
        parts = g.body.terms if isinstance(g.body, Sum) else body.units
        if len(parts) > 1:
            cut = parts[-2].end
            yield put(p.text, low, high, f"{opening}{p.text[g.body.start : cut]}{closing} {p.text[cut : g.body.end]}")
            if alone:
                cut = parts[1].start
                yield put(p.text, low, high, f"{p.text[g.body.start : cut]} {opening}{p.text[cut : g.body.end]}{closing}")


def wrong_variable(p: Place, pool: Pool) -> Texts:
    letter = p.letter
    if letter is not None:
        core = p.without_transpose()
        for name, other in pool.letters:
            if other != letter:
                yield put(p.text, p.node.start, core, name)


def other_product(p: Place, pool: Pool) -> Texts:
    for k, joint in enumerate(p.joints):
        a, b = p.units[k], p.units[k + 1]
        if joint == "∘":
            yield put(p.text, a.end, b.start, "")
        elif joint in ("", "·"):
            yield put(p.text, a.end, b.start, f" {pool.hadamard} ")


def exponent(p: Place, pool: Pool) -> Texts:
    if isinstance(p.node, Scripted):
        for node in p.node.sups:
            if isinstance(node, Number):
                yield tight(p.text, node.start, node.end, "3")
                hat = p.text.rfind("^", 0, node.start)
                yield p.text[:hat] + p.text[node.end + p.text[node.end : node.end + 1].count("}") :]


@dataclass(frozen=True)
class Row:
    """A kind of mistake, and the causes that are right for it; `conforms`: only what conforms counts."""

    plant: Callable[[Place, Pool], Texts]
    causes: tuple[str, ...]
    conforms: bool = False


ROWS = {
    "factor dropped": Row(dropped_factor, ("missing-factor",)),
    "factor doubled": Row(doubled_factor, ("spurious-factor",)),
    "factor added": Row(spurious_factor, ("spurious-factor",)),
    "two factors dropped": Row(two_slopes_dropped, ("missing-factor",)),
    "summand dropped": Row(dropped_summand, ("missing-term",)),
    "summand added": Row(spurious_summand, ("spurious-term",), conforms=True),
    "sign": Row(sign, ("sign",)),
    "transpose dropped": Row(transpose_dropped, ("transpose",)),
    "transpose added": Row(transpose_added, ("transpose",)),
    "factors swapped": Row(swapped_factors, ("order",)),
    "⊗ swapped": Row(swapped_kronecker, ("order",)),
    "index shifted": Row(shifted_index, ("index",)),
    "sum dropped": Row(dropped_sum, ("missing-sum",)),
    "sum added": Row(added_sum, ("spurious-sum",)),
    "limit by one": Row(limit_by_one, ("index",)),
    "bracket moved": Row(moved_bracket, ("parenthesis",)),
    "wrong variable": Row(wrong_variable, ("wrong-variable",), conforms=True),
    "∘ for product": Row(other_product, ("order", "other")),
    "exponent": Row(exponent, ("missing-factor", "spurious-factor", "other")),
}  # fmt: skip
"""What no cause has a word for (another kind of product, another exponent) may be called `other`."""


@dataclass(frozen=True)
class Fault:
    """A wrong right side, the right formula that it was made from, and the rows by which."""

    formula: Formula
    rows: tuple[str, ...]
    wrong: str
    shape: bool

    @property
    def causes(self) -> tuple[str, ...]:
        return tuple(c for row in self.rows for c in ROWS[row].causes)


MOST_REPLACED = 0.5
"""Undoing a mistake may write at most so much of the formula anew; more would be no repair."""


def planted(row, formula, text=""):
    """All texts that one row makes of a right side (or of another text), in a fixed order."""
    text = text or formula.right
    try:
        every = list(places(text))
    except ReadError:
        return ()
    pool, found = pool_of(formula.note), {}
    for place in every:
        for new in ROWS[row].plant(place, pool):
            new = " ".join(new.split())
            if new and new != text and new != formula.right:
                found[new] = None
    return tuple(found)


@cache
def _planted(row, formula):
    return planted(row, formula)


def replaced(wrong, right):
    """The share of a right side that must be written anew to undo what is wrong."""
    a, b = ([(t.kind, t.text) for t in lex(text).tokens] for text in (wrong, right))
    same = sum(block.size for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks())
    return 1 - same / max(len(b), 1)


def _fault(formula, rows, wrong):
    """The fault, or None where the text is not refuted, or where the equation is refuted for another's sake."""
    if replaced(wrong, formula.right) > MOST_REPLACED:
        return None
    entries = formula.checked(wrong)
    if len(entries) != 1 or entries[0].verdict != "refuted" or entries[0].step == "holds":
        return None
    shape = entries[0].cause == "shape"
    return None if shape and any(ROWS[r].conforms for r in rows) else Fault(formula, rows, wrong, shape)


TRIES = 4
"""Texts of a note that are tried before another note is taken."""


def fault(k, seed=0, notes=ALL, double=False):
    """The k-th fault: rows in turn, notes and formulas at random; the same for the same numbers.  None where a row finds none."""
    random = Random(f"{seed}/{k}/{double}")
    row = tuple(ROWS)[k % len(ROWS)]
    for name in random.sample(notes, len(notes)):
        fitting = [f for f in formulas(name) if _planted(row, f)]
        for _ in range(TRIES if fitting else 0):
            formula = random.choice(fitting)
            once, rows = random.choice(_planted(row, formula)), (row,)
            if double:
                second = random.choice(tuple(ROWS))
                twice = planted(second, formula, once)
                if not twice or _fault(formula, rows, once) is None:
                    continue
                once, rows = random.choice(twice), (row, second)
            if (found := _fault(formula, rows, once)) is not None:
                return found
    return None
