"""A whole note -> its formulas as trees, and what can be seen in them before any symbol has a meaning.

All of it is read off the trees; no letter has a meaning by itself, apart from e, d and I.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from ..chains import chains
from ..records import Passage
from ..scripts import name_of, split_index
from ..syntax import parse
from ..tokens import ReadError, Source, Token, lex
from ..tree import Group, Juxtaposed, Node, Scripted, children
from .letters import add_conditions, add_current_steps, add_last_steps, add_neighbours, add_pairs, gather, ranges_in_words
from .names import is_known_function, names_in
from .records import Formula, Letters, Occurrence, Scan


def scan(passages: Sequence[Passage]) -> Scan:
    """All formulas of a note.  A side that cannot be parsed is None; nothing is raised."""
    letters = Letters()
    for passage in passages:
        ranges_in_words(lex(passage.latex).tokens, letters)
        if passage.given:
            ranges_in_words(lex(passage.given).tokens, letters)
    steps: frozenset[str] = frozenset()
    first = _formulas(passages, lambda letter: False, steps)
    steps = frozenset(n for f in first for node in (f.head, f.right) if node is not None for n in _called_steps(node))
    if steps:
        first = _formulas(passages, lambda letter: False, steps)
    for formula in first:
        for node in (formula.head, formula.right):
            if node is not None:
                gather(node, letters)
    add_neighbours(first, letters)
    add_conditions(first, letters)
    add_pairs(first, letters)
    add_last_steps(first, letters)
    add_current_steps(first, letters)
    known = letters.indices | letters.lengths
    bases = {n.partition("_")[0] for n in known}
    formulas = _formulas(passages, lambda letter: letter.removeprefix("\\") in bases, steps)
    occurrences = tuple(o for f in formulas for o in _occurrences(f))
    return Scan(tuple(passages), formulas, occurrences, letters)


def _formulas(
    passages: Sequence[Passage], is_counter: Callable[[str], bool], steps: frozenset[str]
) -> tuple[Formula, ...]:
    found = []
    for number, passage in enumerate(passages):
        source = Source(passage.latex, passage.line, passage.column, passage.places)
        trees: dict[tuple[int, int], Node | None] = {}
        told = chains(source, passage.earlier, is_counter)
        for link in sorted((*told.links, *told.named), key=lambda k: k.place):
            sides = []
            for tokens in (link.head, link.right):
                key = (tokens[0].start, tokens[-1].end) if tokens and not passage.broken else (-1, -1)
                if key not in trees:
                    tree = _parsed(tokens) if not passage.broken else None
                    trees[key] = with_steps(tree, steps) if tree is not None and steps else tree
                sides.append(trees[key])
            found.append(Formula(number, link, source, *sides))
    return tuple(found)


def _parsed(tokens: Sequence[Token]) -> Node | None:
    try:
        return parse(tokens) if tokens else None
    except ReadError:
        return None


def _called_steps(node: Node) -> Iterator[str]:
    """The t of h(t - 1): a letter shifted in a parenthesis right behind a name."""
    if isinstance(node, Juxtaposed):
        for front, operator, behind in zip(node.factors, node.operators, node.factors[1:], strict=False):
            base = behind.base if isinstance(behind, Scripted) else behind
            if operator == "" and name_of(front) is not None and isinstance(base, Group) and base.bracket in "([":
                split = split_index(base.body)
                if split and split[0] and split[1]:
                    yield split[0]
    for child in children(node):
        yield from _called_steps(child)


def with_steps(node: Node, steps: frozenset[str]) -> Node:
    """The tree with h(t), h(t - 1) and h(t)^T as h_t, h_{t-1} and h_t^T, where t is one of the steps."""
    parts = {f.name: _each(getattr(node, f.name), steps) for f in fields(node)}
    node = replace(node, **parts)
    if not isinstance(node, Juxtaposed):
        return node
    factors, operators = [node.factors[0]], []
    for operator, behind in zip(node.operators, node.factors[1:], strict=True):
        base = behind.base if isinstance(behind, Scripted) else behind
        split = split_index(base.body) if isinstance(base, Group) and base.bracket in "([" else None
        front = factors[-1]
        if operator or split is None or split[0] not in steps or name_of(front) is None or is_known_name(front):
            factors.append(behind)
            operators.append(operator)
            continue
        assert isinstance(base, Group)
        placed = Scripted(front.start, base.end, front, (base.body,), ())
        factors[-1] = replace(behind, start=front.start, base=placed) if isinstance(behind, Scripted) else placed
    if len(factors) == 1:
        return factors[0]
    return Juxtaposed(node.start, node.end, tuple(operators), tuple(factors))


def _each(value: Any, steps: frozenset[str]) -> Any:
    if isinstance(value, Node):
        return with_steps(value, steps)
    return tuple(_each(v, steps) for v in value) if isinstance(value, tuple) else value


def is_known_name(node: Node) -> bool:
    name = name_of(node)
    return name is not None and is_known_function(name.letter)


def _occurrences(formula: Formula) -> Iterator[Occurrence]:
    for side, node in (("head", formula.head if formula.link.first else None), ("right", formula.right)):
        if node is not None:
            for name, place, called in names_in(node):
                yield Occurrence(name, formula, place, called, side)
