"""A whole note -> its formulas as trees, and what can be seen in them before any symbol has a meaning.

Index letters are those bound by Σ or ∏, shifted in a script (t - 1), alone in a raised bracket ((t), [l], ⟨t⟩), or in a
range or condition.  An upper bound that is never bound itself is a length.  A letter that always stands before a
parenthesis is a function.  All of it is read off the trees; no letter has a meaning by itself, apart from e, d and I.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ..language import SPELLINGS
from .chains import Link, chains
from .notation import GREEK, OPERATOR_WORDS
from .records import Passage
from .scripts import Name, Script, index_name, is_power, is_transpose, name_of, split_index
from .syntax import parse
from .tokens import ReadError, Source, Token, lex
from .tree import Big, Compared, Dots, Fraction, Group, Items, Juxtaposed, Letter, Node, Number, Scripted, Sum, Table, children

SIGNS = ("\\partial", "\\nabla")
IDENTITIES = ("I", "1")


@dataclass(frozen=True)
class Formula:
    """One '=' of the note: the passage in which it stands, its link, and its two sides (None where one has no tree)."""

    passage: int
    link: Link
    source: Source
    head: Node | None
    right: Node | None

    @property
    def line(self) -> int:
        return self.source.place(self.link.place)[0]

    def text(self, node: Node) -> str:
        """The node as written; the braces of an accent or font end behind its letter."""
        text = " ".join(self.source.text[node.start : node.end].split())
        return text + "}" * (text.count("{") - text.count("}"))


@dataclass(frozen=True)
class Occurrence:
    """One name in a formula.

    place    "value", "above" or "below" the line of a derivative
    called   whether a parenthesis follows it
    side     "head" or "right"
    """

    name: Name
    formula: Formula
    place: str
    called: bool
    side: str


@dataclass
class Letters:
    """The letters of indices and lengths; `ranges`: (index, lower, upper) as they are printed below Σ and in words."""

    bound: set[str] = field(default_factory=set)
    shifted: set[str] = field(default_factory=set)
    bracketed: set[str] = field(default_factory=set)
    uppers: Counter[str] = field(default_factory=Counter)
    ranges: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def lengths(self) -> set[str]:
        return set(self.uppers) - self.bound

    @property
    def indices(self) -> set[str]:
        return (self.bound | self.shifted | self.bracketed) - self.lengths


@dataclass(frozen=True)
class Scan:
    """A note as formulas, names and letters."""

    passages: tuple[Passage, ...]
    formulas: tuple[Formula, ...]
    occurrences: tuple[Occurrence, ...]
    letters: Letters


def scan(passages: Sequence[Passage]) -> Scan:
    """All formulas of a note.  A side that cannot be parsed is None; nothing is raised."""
    letters = Letters()
    for passage in passages:
        _ranges_in_words(lex(passage.latex).tokens, letters)
        if passage.given:
            _ranges_in_words(lex(passage.given).tokens, letters)
    steps: frozenset[str] = frozenset()
    first = _formulas(passages, lambda letter: False, steps)
    steps = frozenset(n for f in first for node in (f.head, f.right) if node is not None for n in _called_steps(node))
    if steps:
        first = _formulas(passages, lambda letter: False, steps)
    for formula in first:
        for node in (formula.head, formula.right):
            if node is not None:
                _gather(node, letters)
    _conditions(first, letters)
    _pairs(first, letters)
    _last_steps(first, letters)
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
        for link in chains(source, passage.earlier, is_counter).links:
            sides = []
            for tokens in (link.head, link.right):
                key = (tokens[0].start, tokens[-1].end) if tokens else (-1, -1)
                if key not in trees:
                    tree = _parsed(tokens)
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


# letters


def _ranges_in_words(tokens: Sequence[Token], letters: Letters) -> None:
    """t = 1, 2, ..., l and t ∈ {1, ..., l}: the index, and the length at the end."""
    for k, token in enumerate(tokens):
        if token.kind != "command" or token.text != "dots":
            continue
        after = next((j for j in range(k + 1, min(k + 3, len(tokens))) if tokens[j].kind == "letter"), None)
        mark = next((j for j in range(k - 1, max(k - 8, 0), -1) if tokens[j].kind == "relation"), None)
        if after is None or mark is None or tokens[mark].text not in ("=", "∈"):
            continue
        between = tokens[mark + 1 : k]
        if any(t.kind not in ("number", "punct", "open") for t in between) or not any(t.kind == "number" for t in between):
            continue
        if tokens[mark - 1].kind != "letter" or (mark > 1 and tokens[mark - 2].kind in ("letter", "font", "script")):
            continue
        if any(t.text == "," for t in tokens[k + 1 : after]) or any(t.text == "," for t in between):
            index = tokens[mark - 1].text.removeprefix("\\")
            upper = _length(tokens, after)
            lower = next(t.text for t in between if t.kind == "number")
            letters.bound.add(index)
            letters.uppers[upper] += 1
            letters.ranges[index, lower, upper] += 1
            letters.pairs[index, upper] += 1


def _length(tokens: Sequence[Token], at: int) -> str:
    name = tokens[at].text.removeprefix("\\")
    if at + 2 < len(tokens) and tokens[at + 1].text == "_":
        rest = tokens[at + 2 :]
        label = rest[1:2] if rest[0].text == "{" else rest[:1]
        name += "_" + "".join(t.text.removeprefix("\\") for t in label)
    return name


def bounds_of(big: Big) -> Iterator[tuple[str, Node | None, Node | None]]:
    """(index, lower bound, upper bound) of everything bound below a Σ or ∏."""
    upper = big.sups[0] if big.sups else None
    for sub in big.subs:
        items = sub.items if isinstance(sub, Items) else (sub,)
        if len(items) == 1 and isinstance(items[0], Juxtaposed) and not any(items[0].operators):
            items = items[0].factors
        for item in items:
            if isinstance(item, Compared):
                position = 1 if len(item.operands) == 3 else 0
                name = index_name(item.operands[position])
                equal = item.relations[0] == "=" and position == 0
                above = item.operands[2] if position else upper
                if name:
                    yield name, item.operands[1] if equal else item.operands[0] if position else None, above
            elif (name := index_name(item)) is not None:
                yield name, None, upper


def _gather(node: Node, letters: Letters) -> None:
    """The index letters of one tree."""
    if isinstance(node, Big):
        for name, lower, upper in bounds_of(node):
            letters.bound.add(name)
            split = split_index(upper) if upper is not None else None
            if split and split[0]:
                letters.uppers[split[0]] += 1
                letters.pairs[name, split[0]] += 1
                low = split_index(lower) if lower is not None else None
                if not split[1] and low and not low[0]:
                    letters.ranges[name, str(low[1]), split[0]] += 1
    if isinstance(node, Table) and node.environment in ("cases", "dcases"):
        for row in node.rows:
            if len(row) > 1 and isinstance(row[1], Compared):
                names = [index_name(o) for o in row[1].operands]
                if all(names) and len({*names}) > 1:
                    letters.bound.update(n for n in names if n)
    name = name_of(node)
    if name is not None:
        for script in name.scripts:
            split = split_index(script.node)
            if split and split[0] and split[1] and not (script.where == "^" and is_power(script.node)):
                letters.shifted.add(split[0])
            elif script.where == "^" and script.bracket and split and split[0] and _single(script.node):
                letters.bracketed.add(split[0])
    for child in children(node):
        _gather(child, letters)


def _single(node: Node) -> bool:
    return isinstance(node, Letter) and not node.word and not node.accents


def _conditions(formulas: Sequence[Formula], letters: Letters) -> None:
    """t = T, i = j, k = 1, ...: an equation between an index letter and a letter or a number."""
    for formula in formulas:
        left = index_name(formula.head) if formula.head else None
        right = split_index(formula.right) if formula.right else None
        if left in letters.bound | letters.shifted | letters.bracketed and right and right[0] and right[0] != left:
            letters.uppers[right[0]] += 0
            letters.pairs[left or "", right[0]] += 0


def _pairs(formulas: Sequence[Formula], letters: Letters) -> None:
    """i in w_{ij}, where j is bound and i is no quantity of its own, is an index letter, too."""
    names = [n for f in formulas for node in (f.head, f.right) if node is not None for n, _, _ in names_in(node)]
    bases = {n.letter.name.removeprefix("\\") for n in names}
    for name in names:
        for script in name.scripts:
            node = script.node
            pair = node.factors if isinstance(node, Juxtaposed) and not any(node.operators) else ()
            inside = [n for n in map(index_name, pair) if n is not None]
            if len(inside) == len(pair) == 2 and set(inside) & letters.bound and not set(inside) & bases:
                letters.bound |= {n for n in inside if _single_letter(n)}


def _last_steps(formulas: Sequence[Formula], letters: Letters) -> None:
    """N in a^{(N)}, never bound, never on a left side and no quantity, where others run over l: the last step."""
    running = letters.bound | letters.shifted
    names = [n for f in formulas for node in (f.head, f.right) if node is not None for n, _, _ in names_in(node)]
    bases = {n.letter.name.removeprefix("\\") for n in names}
    heads = [name_of(f.head) for f in formulas if f.link.first and f.head is not None]
    free = {split_index(s.node) for n in heads if n is not None for s in n.scripts}
    own = {f[0] for f in free if f is not None and not f[1]} & running
    for letter in letters.bracketed - running - bases:
        if own and (letter, 0) not in free:
            letters.uppers[letter] += 1
            for index in own:
                letters.pairs[index, letter] += 1


def _single_letter(name: str) -> bool:
    return len(name) == 1 or name in GREEK


# names


def _occurrences(formula: Formula) -> Iterator[Occurrence]:
    for side, node in (("head", formula.head if formula.link.first else None), ("right", formula.right)):
        if node is not None:
            for name, place, called in names_in(node):
                yield Occurrence(name, formula, place, called, side)


def names_in(node: Node, place: str = "value", called: bool = False) -> Iterator[tuple[Name, str, bool]]:
    """Every name in a tree, whether it is above or below the line of a derivative, and whether ( follows it."""
    name = name_of(node)
    if name is not None:
        if name.letter.name in SIGNS or is_known_function(name.letter):
            return
        raised = [s for s in name.scripts if s.where == "^" and not s.bracket]
        if name.letter.name == "e" and len(raised) == len(name.scripts) == 1:
            yield from names_in(raised[0].node, place)
            return
        yield name, place, called
        return
    if isinstance(node, Big):
        yield from names_in(node.body, place)
    elif isinstance(node, Fraction):
        derivative = is_derivative(node)
        for part, where in ((node.numerator, "above"), (node.denominator, "below")):
            yield from names_in(part, where if derivative else place)
    elif isinstance(node, Juxtaposed):
        yield from _in_product(node, place)
    elif isinstance(node, Scripted):
        yield from names_in(node.base, place)
    elif isinstance(node, Table) and node.environment in ("cases", "dcases"):
        for row in node.rows:
            yield from names_in(row[0], place)
    elif not isinstance(node, Dots | Number):
        for child in children(node):
            yield from names_in(child, place)


def _in_product(node: Juxtaposed, place: str) -> Iterator[tuple[Name, str, bool]]:
    """∂y/∂x in one line, a leading d or ∂, and names before a parenthesis."""
    factors = node.factors
    slash = next((k for k, op in enumerate(node.operators) if op == "/"), None)
    slashed = slash is not None and slash + 1 < len(factors) and is_sign(factors[slash + 1])
    for k, factor in enumerate(factors):
        if is_sign(factor) and (slashed or k == 0):
            continue
        where = place
        if slashed and slash is not None and k in (slash, slash - 1):
            where = "above"
        elif slashed and slash is not None and k == slash + 2:
            where = "below"
        follows = factors[k + 1] if k + 1 < len(factors) and not node.operators[k] else None
        base = follows.base if isinstance(follows, Scripted) else follows
        yield from names_in(factor, where, isinstance(base, Group) and base.bracket in "([")


def is_sign(node: Node) -> bool:
    """∂, ∇ or d as the sign of a derivative, with or without scripts."""
    name = name_of(node)
    return name is not None and name.letter.name in (*SIGNS, "d") and not any(s.where == "_" for s in name.scripts)


def is_differential(node: Node) -> bool:
    """∂x or d x."""
    return isinstance(node, Juxtaposed) and is_sign(node.factors[0]) and node.operators[0] == ""


def is_derivative(node: Fraction) -> bool:
    """∂y/∂x; a ∂ below alone is a slip for it, a d below alone is a quantity."""
    if not is_differential(node.denominator):
        return False
    assert isinstance(node.denominator, Juxtaposed)
    sign = name_of(node.denominator.factors[0])
    return (sign is not None and sign.letter.name != "d") or is_differential(node.numerator) or is_sign(node.numerator)


def has_derivative(node: Node) -> bool:
    """Whether a derivative of any spelling stands in a tree: ∂, ∇, d over d, or a prime."""
    if isinstance(node, Fraction) and is_derivative(node):
        return True
    if isinstance(node, Scripted) and node.primes:
        return True
    name = name_of(node)
    if name is not None:
        return name.letter.name in SIGNS
    return any(has_derivative(c) for c in children(node))


def is_known_function(letter: Letter) -> bool:
    """A function of the table or an operator such as diag, written as a word."""
    return letter.word and (letter.name in SPELLINGS or letter.name in OPERATOR_WORDS)


def is_negated(node: Node) -> bool:
    return isinstance(node, Sum) and node.signs == ("-",)


def plain_scripts(name: Name) -> tuple[Script, ...]:
    """The scripts that are neither a transpose nor a power."""
    return tuple(
        s for s in name.scripts
        if not (s.where == "^" and not s.bracket and (is_transpose(s.node) or is_power(s.node)))
    )
