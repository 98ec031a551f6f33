"""Notes that derive by differentials: dz = dW h + W dh, dL = Σ λᵀ dh.

There dW is no gradient but a change of W, and a formula that is right for changes is wrong for gradients.  What shows it is a
change of the loss told by changes of what it is made of, a change of anything else told by one of a weight (no gradient but
that of a weight itself rests on the gradient of a weight), or words.  Such formulas are left unread.  Magnus and Neudecker,
*Matrix Differential Calculus* (2019), chapter 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from ...model import Model
from ..chains import chains
from ..gradients import PREFIXES
from ..scripts import name_of
from ..symbols import Scope, SymbolTable, table_of
from ..syntax import parse
from ..tokens import ReadError, Source, Token, lex
from ..tree import Fraction, Juxtaposed, Letter, Node, children
from .passages import Placed

_WORDS = re.compile(
    r"\b(?:total differentials?|differentials\b|tak\w+ (?:the )?differential\b|in differential form)"
    r"|全微分|取微分|两边(?:同时)?(?:求|取)?微分|微分形式|\bDifferentiale\b|\bdifférentielles\b",
    re.IGNORECASE,
)
_WORD_SIGNS = ("d",)
"""The signs of which words such as "differentials" tell."""

Changes = list[tuple[str, str]]
"""(sign, name of the quantity) for every dx."""


def without_differentials(models: Sequence[Model], items: Sequence[Placed]) -> tuple[Placed, ...]:
    """The formulas; those in signs of changes are marked as unread, with the reason."""
    tables = [table_of(m) for m in models]
    changes = [_changes_in(item, tables[item.passage.model]) for item in items]
    told: dict[str, str] = {}
    for item, found in zip(items, changes, strict=True):
        model = models[item.passage.model]
        for head, right in found:
            told |= {sign: f"as in line {item.passage.line}" for sign in _of_changes(model, head, right) if sign not in told}
    if any(found for found in changes) and (words := next(_said(items), "")):
        told = dict.fromkeys(_WORD_SIGNS, f'as "{words}" says') | told
    return tuple(_marked(item, found, told) for item, found in zip(items, changes, strict=True)) if told else tuple(items)


def _marked(item: Placed, found: Sequence[tuple[Changes, Changes]], told: dict[str, str]) -> Placed:
    sign = next((s for pair in found for side in pair for s, _ in side if s in told), None)
    if sign is None or item.passage.broken:
        return item
    why = (
        f"{sign} stands for a differential, {told[sign]}, and is not judged; "
        "gradients are written \\frac{\\partial L}{\\partial W} or \\nabla_W L"
    )
    return replace(item, passage=replace(item.passage, broken=why))


def _of_changes(model: Model, head: Changes, right: Changes) -> Iterator[str]:
    """The signs that are those of changes in an equation."""
    if len(head) != 1:
        return
    ((sign, name),) = head
    weights = {n for n, f in model.families.items() if f.role == "weight"}
    others = {n for s, n in right if s == sign}
    if (name == model.loss.name and others) or (name not in weights and others & weights):
        yield sign


def _said(items: Sequence[Placed]) -> Iterator[str]:
    """Words that say that changes are meant."""
    for item in items:
        parts = (*item.formula.heading, *(p for p in (*item.formula.lead, *item.formula.trail) if isinstance(p, str)))
        yield from (found[0] for p in parts if (found := _WORDS.search(p)))


def _changes_in(item: Placed, table: SymbolTable) -> list[tuple[Changes, Changes]]:
    """For every '=' of a formula the dx on its left and on its right side."""
    text = item.passage.latex
    if "=" not in text or not any(t.text in PREFIXES for t in lex(text).tokens):
        return []
    links = chains(Source(text), 0, table.is_counter).links
    sides = [(k.head, k.right) for k in links if k.head and k.right and not k.problem]
    return [(list(_changes(head, table)), list(_changes(right, table))) for head, right in sides]


def _changes(tokens: Sequence[Token], table: SymbolTable) -> Iterator[tuple[str, str]]:
    try:
        yield from _below(parse(tokens), table)
    except ReadError:
        return


def _below(node: Node, table: SymbolTable) -> Iterator[tuple[str, str]]:
    """The dx in a tree that stand in no fraction of two of them."""
    if isinstance(node, Fraction) and all(any(_below(n, table)) for n in (node.numerator, node.denominator)):
        return
    if isinstance(node, Juxtaposed):
        slashed = {k + 1 for k, operator in enumerate(node.operators) if operator == "/"}
        for k, (front, behind) in enumerate(pairwise(node.factors)):
            if node.operators[k] or {k, k + 2} & slashed or not isinstance(front, Letter) or front.name not in PREFIXES:
                continue
            name = name_of(behind)
            match = table.match(name, Scope()) if name is not None and not front.accents and table.is_free(front.name) else None
            if match is not None and match.pattern.kind in ("family", "stands"):
                yield front.name, match.pattern.target
    for child in children(node):
        yield from _below(child, table)
