"""Steps of a descent that fail: what a rate may hold, and which way a note goes.

ΔW = η (y - a) xᵀ for L = ‖y - a‖² leaves the 2 to η, and a step for a sum may leave 1/m to it: right but for a positive number.
W := W + η ∂L/∂W climbs, which is meant where L is no error; a squared distance or -yᵀ log p is one, of which nothing but the
least value is sought.  A step by one member of a sum is none by the sum.  What is right so is open, with both readings named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sympy import Expr, Integer, Rational
from sympy.core.basic import Basic

from ..language import Apply, Fun, NormSquared, Plus, Power, Product, Quotient, SumOver, Var, is_number
from ..model import Model, variables
from ..proof.verdict import Entry, left_open
from ..reading import Claim, Reading
from ..reading.document.passages import Placed
from ..reading.meaning import free_indices
from ..reading.tokens import lex
from .claims import judged
from .whole import Whole

PROVED = ("proved", "proved-given")
LEAST, OPEN, GREATEST = 1, 0, -1
ASCENT = "a step of an ascent"
DEEPEST = 8
"""How many heads deep the form of a loss is looked at."""


def of_updates(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries; an update that fails is left open where it is right but for a number, or for an ascent."""
    subtracted = any(map(_subtracts, note.items))
    result = list(entries)
    for k, (claim, entry) in enumerate(zip(note.claims, entries, strict=True)):
        if not claim.update or entry.verdict not in (*PROVED, "refuted"):
            continue
        if (other := _of_another_rule(note.items[claim.passage])) and entry.verdict == "refuted":
            result[k] = left_open(entry, f'the note says "{other}", and such a rule is no descent by the gradient alone')
        elif subtracted and claim.head_latex.lstrip().startswith("\\Delta"):
            result[k] = left_open(entry, "the note subtracts a Δ, so that it may be the step or its opposite")
        elif entry.verdict in PROVED and _way(note.models[claim.model]) == GREATEST:
            told = "right for a descent, wrong for an ascent"
            result[k] = left_open(entry, f"{told}, and of a log-likelihood the greatest value is sought")
        elif entry.verdict == "refuted":
            result[k] = _opened(entry, claim, note.models[claim.model], note.layout)
    return result


_OTHER_RULE = re.compile(
    r"\b(?:hebb\w*|perceptron (?:learning|rule|update|algorithm|criterion)|decay\w*|momentum|oja\w*|contrastive|adam|rmsprop"
    r"|adagrad)\b",
    re.IGNORECASE,
)


def _of_another_rule(item: Placed) -> str:
    """A word around a formula for a rule that is no plain descent, or ""."""
    words = (*item.formula.heading, *(p for p in (*item.formula.lead, *item.formula.trail) if isinstance(p, str)))
    return next((m[0] for w in words if (m := _OTHER_RULE.search(w)) is not None), "")


def _subtracts(item: Placed) -> bool:
    """Whether W - ΔW stands in a formula."""
    tokens = [t for t in lex(item.passage.latex).tokens if t.kind not in ("open", "close")]
    return any(
        a.kind in ("letter", "script", "number") and (b.text, c.text) == ("-", "\\Delta")
        for a, b, c in zip(tokens, tokens[1:], tokens[2:], strict=False)
    )


def _opened(entry: Entry, claim: Claim, model: Model, layout: str) -> Entry:
    readings = [r for r in claim.readings if isinstance(r, Reading)]
    if len(readings) < len(claim.readings):
        return entry
    if any(Fun("step") in e.right.atoms(Fun) for e in model.equations):
        return left_open(entry, "the network has steps, whose slope is zero, and a rule for them is no descent")
    if any(_steps(r.right) - _steps(r.head) - {i.upper for i in model.indices} for r in readings):
        return left_open(entry, "a step by one member alone, or by the sum of all with Σ left out; nothing says which is meant")
    way = _way(model)
    for sign in (1, -1):
        for factor in ((Integer(1),) if sign < 0 else ()) + tuple(_factors(model)):
            scaled = tuple(replace(r, right=Product(sign * factor, r.right)) for r in readings)
            found = judged(replace(claim, readings=scaled), model, layout)
            if found.verdict not in PROVED:
                continue
            if sign < 0 and factor == 1 and way == GREATEST:
                return replace(found, reading="; ".join(filter(None, (ASCENT, found.reading))))
            if sign < 0 and way == LEAST:
                return entry
            told = "" if factor == 1 else f", but for the factor {factor}, which the rate may hold"
            said = "right for a descent" if sign > 0 else "right for an ascent, wrong for a descent"
            return left_open(entry, f"{said}{told}; nothing says what is meant")
    return entry


def _way(model: Model) -> int:
    return direction(model, model.loss)


def _steps(term: Basic) -> set[Basic]:
    return {s for kind, s in free_indices(term) if kind == "time"}


def _factors(model: Model) -> Iterator[Expr]:
    """The positive numbers that a rate may hold: 2, and the sizes and lengths that stand in the loss."""
    names = {s for f in model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols}
    loss = model.equation(model.loss.name)
    standing = loss.right.free_symbols & (names | {i.upper for i in model.indices}) if loss is not None else ()
    in_loss = sorted(standing, key=str)
    for size in (Integer(1), *in_loss):
        for number in (Integer(1), Integer(2), Rational(1, 2)):
            yield from (f for f in (number * size, number / size) if f != 1)


def direction(model: Model, term: Basic, depth: int = 0) -> int:
    """Whether the least or the greatest value of a loss is evidently sought: of sums of squares, and of log-likelihoods."""
    if depth > DEEPEST:
        return OPEN
    if isinstance(term, Var):
        equation = model.equation(term.name)
        return direction(model, equation.right, depth + 1) if equation is not None else OPEN
    if isinstance(term, NormSquared) or (isinstance(term, Power) and term.args[1] == 2):
        return LEAST
    if isinstance(term, Apply) and term.fun.name == "log":
        return GREATEST
    if isinstance(term, Plus):
        found = {direction(model, t, depth + 1) for t in term.args}
        return found.pop() if len(found) == 1 else OPEN
    if isinstance(term, SumOver):
        return direction(model, term.args[0], depth + 1)
    if isinstance(term, Quotient):
        return OPEN if any(True for _ in variables(term.args[1])) else direction(model, term.args[0], depth + 1)
    return _of_product(model, term, depth) if isinstance(term, Product) else OPEN


def _of_product(model: Model, term: Product, depth: int) -> int:
    """c ‖a‖², yᵀ log p and (1 - y) log(1 - p), with c a number or a size."""
    sign, rest = 1, []
    for a in term.args:
        if is_number(a) and a < 0:
            sign = -sign
        names = [v.name for v in variables(a)]
        weighs = all(model.families[n].role == "label" for n in names) and not a.has(NormSquared, Power, SumOver)
        rest += [] if is_number(a) or weighs else [a]
    return sign * direction(model, rest[0], depth + 1) if len(rest) == 1 else OPEN
