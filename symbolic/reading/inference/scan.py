"""A whole note -> its formulas as trees, and what can be seen in them before any symbol has a meaning.

All of it is read off the trees; no letter has a meaning by itself, apart from e, d and I.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from ..chains import chains
from ..records import Passage
from ..repeated import with_sums
from ..scripts import name_of, split_index
from ..syntax import parse
from ..tokens import ReadError, Source, Token, lex
from ..tree import Group, Juxtaposed, Node, Scripted, children
from ..values import Values, defined_by, values_of, with_values
from .chosen_letters import add_chosen
from .letters import (
    add_conditions,
    add_current_steps,
    add_last_steps,
    add_neighbours,
    add_pairs,
    add_words,
    gather,
    ranges_in_words,
)
from .names import is_known_function, names_in
from .records import Formula, Letters, Occurrence, Scan


def scan(passages: Sequence[Passage]) -> Scan:
    """All formulas of a note.  A side that cannot be parsed is None; nothing is raised."""
    letters = Letters()
    for passage in passages:
        ranges_in_words(lex(passage.latex).tokens, letters)
        if passage.given:
            ranges_in_words(lex(passage.given).tokens, letters)
    letters.told.update(letters.ranges)
    steps: frozenset[str] = frozenset()
    first = _formulas(passages, lambda letter: False, steps)
    trees = [node for f in first for node in (f.head, f.right) if node is not None]
    steps = frozenset(n for node in trees for n in _called_steps(node)) - _quantities(first, trees)
    if steps:
        steps |= _last_steps(trees, steps)
        first = _formulas(passages, lambda letter: False, steps)
    values = values_of([(f.head, f.right, f.link.first) for f in first])
    if values:
        first = _formulas(passages, lambda letter: False, steps, values)
    for formula in first:
        for node in (formula.head, formula.right):
            if node is not None:
                gather(node, letters)
    add_neighbours(first, letters)
    add_conditions(first, letters)
    add_words(first, letters)
    add_pairs(first, letters)
    add_last_steps(first, letters)
    add_current_steps(first, letters)
    add_chosen(first, letters)
    known = letters.indices | letters.lengths
    bases = {n.partition("_")[0] for n in known}
    formulas = _formulas(passages, lambda letter: letter.removeprefix("\\") in bases, steps, values)
    occurrences = tuple(o for f in formulas for o in _occurrences(f))
    return Scan(tuple(passages), formulas, occurrences, letters, values)


def _formulas(
    passages: Sequence[Passage], is_counter: Callable[[str], bool], steps: frozenset[str], values: tuple[Values, ...] = ()
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
                    if tree is not None and passage.repeats:
                        tree = _with_sums(tree, _parsed(link.head))
                    if tree is not None and values:
                        head = _parsed(link.head)
                        tree = with_values(tree, values, defined_by(head, values) if head is not None else None)
                    trees[key] = with_steps(tree, steps) if tree is not None and steps else tree
                sides.append(trees[key])
            found.append(Formula(number, link, source, *sides))
    return tuple(found)


def _with_sums(tree: Node, head: Node | None) -> Node | None:
    try:
        return with_sums(tree, head)
    except ReadError:
        return None


def _parsed(tokens: Sequence[Token]) -> Node | None:
    try:
        return parse(tokens) if tokens else None
    except ReadError:
        return None


def _called_steps(node: Node) -> Iterator[str]:
    """The t of h(t - 1): a letter shifted in a parenthesis right behind a name."""
    return (letter for _, letter, shift in _calls(node) if shift)


def _quantities(formulas: Sequence[Formula], trees: Sequence[Node]) -> frozenset[str]:
    """What only looks like a step: the h of o(h + 1), where h is defined or called, and the q_i of q_i (1 + q_i)."""
    heads = {n.letter.name for f in formulas if f.head is not None and (n := name_of(f.head)) is not None}
    own = heads | {letter for node in trees for letter, _, _ in _calls(node)}
    return frozenset(n for node in trees for n in _called_steps(node) if "_" in n or n in own)


def _last_steps(trees: Sequence[Node], steps: frozenset[str]) -> frozenset[str]:
    """The T of h(T), beside h(t): a capital that stands where a step does, and is no quantity of its own."""
    calls = [call for node in trees for call in _calls(node)]
    stepped = {letter for letter, at, _ in calls if at in steps}
    own = {n.letter.name for node in trees for n, _, _ in names_in(node) if n.scripts}
    own |= {letter for letter, _, _ in calls}
    return frozenset(at for letter, at, _ in calls if letter in stepped and len(at) == 1 and at.isupper()) - own


def _calls(node: Node) -> Iterator[tuple[str, str, int]]:
    """The letter and the argument of every h(t - 1) in a tree: h, t and -1."""
    if isinstance(node, Juxtaposed):
        for front, operator, behind in zip(node.factors, node.operators, node.factors[1:], strict=False):
            base = behind.base if isinstance(behind, Scripted) else behind
            name = name_of(front) if operator == "" and isinstance(base, Group) and base.bracket in "([" else None
            split = split_index(base.body) if name is not None and isinstance(base, Group) else None
            if name is not None and split and split[0]:
                yield name.letter.name, split[0], split[1]
    for child in children(node):
        yield from _calls(child)


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
