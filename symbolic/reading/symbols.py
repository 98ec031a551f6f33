"""The symbol table of a forward model: which letters, with which scripts, are which quantities.

A symbol is a letter with its accents and labels; its other scripts are arguments.  The table is made by reading each
family's LaTeX, which shows the name with its index letters in place, with the same lexer and parser as the formulas.  A
script entry is a transpose (only raised), a power (a raised number), a label, an index of the family (where the family's
LaTeX has it, else anywhere), or a component.  `\\mathbf h_{t,i}`, `{h_t}_i`, `h_{t_i}` and `h_i^{(t)}` are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import chain

from sympy import Expr, Integer, Symbol

from ..language import Fun, at
from ..model import Family, Model
from .notation import GREEK
from .syntax import parse
from .tokens import ReadError, lex
from .tree import Group, Items, Juxtaposed, Letter, Marked, Node, Number, Scripted, Sum

TRANSPOSES = ("T", "\\top", "\\intercal")
FREE_COUNTERS = frozenset("i j k l m n p q r s t u tau T N".split())
NEUTRAL_FONTS = ("bold", "calligraphic", "fraktur")


@dataclass(frozen=True)
class Script:
    """One script entry: where it stands ("_" or "^"), its bracket ("", "(", "[", "⟨") and its content."""

    where: str
    bracket: str
    node: Node


@dataclass(frozen=True)
class Name:
    """A symbol as it stands: its letter, and everything that hangs on it."""

    node: Node
    letter: Letter
    scripts: tuple[Script, ...]
    primes: int


@dataclass(frozen=True)
class Pattern:
    """How a quantity is written.

    kind     "family", "error" (the adjoint of a family), "stands" (a name for several weights), "function" or "dummy"
    target   name of the family, or the LaTeX that the model gives for the others
    indices  one (where, bracket) per index of the family
    """

    kind: str
    target: str
    latex: str
    letter: str
    accents: frozenset[str]
    fonts: frozenset[str]
    labels: tuple[str, ...] = ()
    indices: tuple[tuple[str, str], ...] = ()
    legs: int = 0


@dataclass(frozen=True)
class Match:
    """A name understood: its pattern, its indices and components, and what is done to it afterwards."""

    pattern: Pattern
    indices: tuple[Expr, ...]
    components: tuple[Expr, ...]
    transposed: bool
    powers: tuple[Node, ...]
    primes: int


@dataclass(frozen=True)
class Scope:
    """Where a node stands: the indices bound there (letter -> symbol), whether in a product and under a Σ."""

    symbols: Mapping[str, Symbol] = field(default_factory=dict)
    product: bool = False
    summed: bool = False

    def binding(self, letter: str, symbol: Symbol) -> Scope:
        return replace(self, symbols={**self.symbols, letter: symbol}, summed=True)


def name_of(node: Node) -> Name | None:
    """The letter of a node with all its scripts, or None if it is no name."""
    scripts: list[Script] = []
    primes, inner = 0, node
    while True:
        if isinstance(inner, Letter):
            return Name(node, inner, tuple(scripts), primes)
        if isinstance(inner, Scripted):
            here = [("_", s) for s in inner.subs] + [("^", s) for s in inner.sups]
            scripts[:0] = chain.from_iterable(_entries(where, s) for where, s in here)
            primes += inner.primes
            inner = inner.base
        elif isinstance(inner, Group) and inner.bracket == "{":
            inner = inner.body
        else:
            return None


def _entries(where: str, node: Node) -> Iterator[Script]:
    """The entries of one script: commas part them, a bracket and what stands beside it are two."""
    if isinstance(node, Items):
        for item in node.items:
            yield from _entries(where, item)
    elif isinstance(node, Juxtaposed) and any(isinstance(f, Group) for f in node.factors):
        for factor in node.factors:
            yield from _entries(where, factor)
    elif isinstance(node, Group) and node.bracket == "{":
        yield from _entries(where, node.body)
    elif isinstance(node, Group) and node.bracket in "([⟨":
        yield from (Script(where, node.bracket, s.node) for s in _entries(where, node.body))
    elif where == "^" and isinstance(node, Juxtaposed) and _is_transpose(node.factors[-1]) and not any(node.operators):
        rest = node.factors[:-1]
        yield Script(where, "", rest[0] if len(rest) == 1 else Juxtaposed(node.start, rest[-1].end, node.operators[:-1], rest))
        yield Script(where, "", node.factors[-1])
    else:
        yield Script(where, "", node)


def _is_transpose(node: Node) -> bool:
    return isinstance(node, Letter) and node.name in TRANSPOSES and not node.accents


def label_of(node: Node) -> str | None:
    """The text of a script entry that may be a label: out, hh, pred; None for t - 1 and the like."""
    if isinstance(node, Letter):
        return node.name.removeprefix("\\") if not node.accents else None
    if isinstance(node, Number):
        return str(node.value)
    if isinstance(node, Group):
        return label_of(node.body)
    if isinstance(node, Juxtaposed) and not any(node.operators):
        parts = [label_of(f) for f in node.factors]
        return None if None in parts else "".join(p for p in parts if p)
    return None


def index_name(node: Node) -> str | None:
    """The name of an index or a length: t, tau, T_r, t'."""
    if isinstance(node, Letter) and not node.accents:
        return node.name.removeprefix("\\")
    if isinstance(node, Group) and node.bracket in "{(":
        return index_name(node.body)
    if isinstance(node, Scripted) and not node.sups and len(node.subs) <= 1:
        base, label = index_name(node.base), label_of(node.subs[0]) if node.subs else ""
        if base and label is not None:
            return base + "'" * node.primes + (f"_{label}" if label else "")
    return None


def split_index(node: Node) -> tuple[str, int] | None:
    """(name, offset) of an index expression such as t - 1; the name of a plain number is ""."""
    if isinstance(node, Group) and node.bracket in "{(":
        return split_index(node.body)
    if isinstance(node, Number):
        return ("", int(node.value)) if node.value.denominator == 1 and not node.fonts else None
    if (name := index_name(node)) is not None:
        return name, 0
    if isinstance(node, Sum):
        names, offset = [], 0
        for sign, term in zip(node.signs, node.terms, strict=True):
            part = split_index(term)
            if part is None or part[0] and (sign == "-" or part[1]):
                return None
            names += [part[0]] if part[0] else []
            offset += part[1] if sign == "+" else -part[1]
        return ("".join(names), offset) if len(names) <= 1 else None
    return None


class SymbolTable:
    """The symbols of one model; `where` fixes what some function names mean (LaTeX -> name of a row of the table)."""

    def __init__(self, model: Model, where: Mapping[str, str] | None = None):
        self.model = model
        self.patterns: dict[str, list[Pattern]] = {}
        self.functions: dict[str, Fun] = {**model.functions, **{latex: Fun(name) for latex, name in (where or {}).items()}}
        for family in model.families.values():
            self._add("family", family.name, family.latex, family)
        for latex, name in model.synonyms.items():
            self._add("family", name, latex, model.families[name])
        for latex, name in model.error_names.items():
            self._add("error", name, latex, model.families[name])
        for latex in model.stands_for:
            self._add("stands", latex, latex, None)
        for latex in self.functions:
            self._add("function", latex, latex, None)
        for latex, shape in model.dummies.items():
            self._add("dummy", latex, latex, None, 1 if shape == "vector" else 0)
        self.lengths = {i.upper.name: i for i in model.indices}
        self.indices = {i.symbol.name: i for i in model.indices}
        sizes = chain.from_iterable((*f.rows, *f.cols) for f in model.families.values())
        self.sizes: dict[str, Symbol] = {s.name: s for size in sizes for s in sorted(size.free_symbols, key=str)}

    def _add(self, kind: str, target: str, latex: str, family: Family | None, legs: int = 0) -> None:
        name = _read_name(latex)
        if family is not None:
            legs = len(family.rows) + len(family.cols)
        own = {i.symbol.name for i in family.indices} if family else set()
        indices, labels = {}, []
        for script in name.scripts:
            letter = index_name(script.node)
            if letter in own:
                indices[letter] = (script.where, script.bracket)
            else:
                label = label_of(script.node)
                if label is None:
                    raise ValueError(f"{latex}: the script {script.node} of a name is neither an index nor a label")
                labels.append(label)
        slots = tuple(indices.get(i.symbol.name, ("_", "")) for i in family.indices) if family else ()
        fonts = frozenset(f for f in name.letter.fonts if f in NEUTRAL_FONTS)
        pattern = Pattern(kind, target, latex, *_key(name.letter), fonts, tuple(labels), slots, legs)
        self.patterns.setdefault(name.letter.name, []).append(pattern)

    def is_counter(self, letter: str) -> bool:
        """Whether a bare letter (a token's text) may be an index or a length and no quantity of the model."""
        name = letter.removeprefix("\\")
        known = {n.partition("_")[0] for n in (*self.lengths, *self.indices)}
        if name in known:
            return True
        return name in FREE_COUNTERS and not any(p.kind != "error" for p in self.patterns.get(letter, ()))

    def index(self, node: Node, scope: Scope, strict: bool) -> Expr | None:
        """The index expression of a node, or None where it is none.

        A letter counts as an index if it is bound, an index or a length of the model, or (a free one) no quantity of the
        model: of none that has a name of its own without scripts, and if `strict` of none at all.
        """
        split = split_index(node)
        if split is None:
            return None
        name, offset = split
        if not name:
            return Integer(offset)
        if name in scope.symbols:
            return at(scope.symbols[name], offset)
        if name in self.lengths:
            return at(self.lengths[name].upper, offset)
        if name in self.indices:
            return at(self.indices[name].symbol, offset)
        letter = name.rstrip("'")
        own = [p for p in self.patterns.get("\\" + letter if letter in GREEK else letter, ()) if p.kind in ("family", "stands")]
        if letter in self.sizes or len(letter) > 1 and letter not in GREEK or letter.isupper():
            return None
        if any(strict or not p.indices for p in own):
            return None
        return at(Symbol(name), offset)

    def match(self, name: Name, scope: Scope, prefer: frozenset[str] = frozenset()) -> Match | None:
        """The quantity that a name denotes, or None; `prefer` are targets of dummies that stand in the same equation."""
        fonts = frozenset(f for f in name.letter.fonts if f in NEUTRAL_FONTS)
        found = []
        for pattern in self.patterns.get(name.letter.name, ()):
            if (pattern.letter, pattern.accents) == _key(name.letter) and (match := self._fit(pattern, name, scope)):
                rank = (
                    (pattern.kind == "dummy") != (pattern.target in prefer),
                    pattern.kind == "family" and any(p in prefer for p in self._dummies(name)),
                    pattern.fonts != fonts,
                    -len(pattern.labels),
                )
                found.append((rank, match))
        return min(found, key=lambda pair: pair[0])[1] if found else None

    def _dummies(self, name: Name) -> tuple[str, ...]:
        return tuple(p.target for p in self.patterns.get(name.letter.name, ()) if p.kind == "dummy")

    def _fit(self, pattern: Pattern, name: Name, scope: Scope) -> Match | None:
        rest = list(name.scripts)
        for label in pattern.labels:
            k = next((k for k, s in enumerate(rest) if label_of(s.node) == label), None)
            if k is None:
                return None
            del rest[k]
        transposed, powers, plain = False, [], []
        for script in rest:
            if script.where == "^" and not script.bracket and _is_transpose(script.node):
                if transposed:
                    return None
                transposed = True
            elif script.where == "^" and not script.bracket and _is_power(script.node):
                powers.append(script.node)
            else:
                plain.append(script)
        entries = [Script(s.where, s.bracket, n) for s in plain for n in self._letters(s.node, scope)]
        taken: list[Expr] = []
        for slot in pattern.indices:
            k = next((k for k, s in enumerate(entries) if (s.where, s.bracket) == slot and self.index(s.node, scope, True) is not None), None)
            if k is None:
                k = next((k for k, s in enumerate(entries) if self._is_time(s.node)), None)
            if k is None:
                return None
            index = self.index(entries[k].node, scope, True)
            assert index is not None
            taken.append(index)
            del entries[k]
        components = []
        for script in entries:
            index = self.index(script.node, scope, False)
            if index is None or script.where == "^":
                return None
            components.append(index)
        allowed = (0, pattern.legs) if pattern.kind != "function" else (0, 1)
        if len(components) not in allowed and pattern.kind != "stands" or pattern.kind == "stands" and len(components) not in (0, 2):
            return None
        return Match(pattern, tuple(taken), tuple(components), transposed, tuple(powers), name.primes)

    def _letters(self, node: Node, scope: Scope) -> Iterator[Node]:
        """`ij` is two indices, `t_k` is t and k (but T_r is one length)."""
        if isinstance(node, Juxtaposed) and not any(node.operators):
            for factor in node.factors:
                yield from self._letters(factor, scope)
        elif isinstance(node, Scripted) and len(node.subs) == 1 and not node.sups and not node.primes:
            if index_name(node) in (*self.lengths, *self.indices, *scope.symbols):
                yield node
                return
            yield node.base
            yield from self._letters(node.subs[0], scope)
        else:
            yield node

    def _is_time(self, node: Node) -> bool:
        """Whether a node is a time wherever it stands: made of the model's own index or length."""
        split = split_index(node)
        return split is not None and split[0] in (*self.indices, *self.lengths)

    def _nearness(self, pattern: Pattern, name: Name, text: str) -> tuple:
        alike = len(pattern.indices) + len(pattern.labels) == len(name.scripts)
        family = self.model.families.get(pattern.target)
        strip = str.maketrans("", "", "{} ")
        likeness = SequenceMatcher(None, pattern.latex.translate(strip), text.translate(strip)).ratio()
        return alike, family is not None and family.role == "state", likeness

    def complaint(self, name: Name, text: str, scope: Scope) -> ReadError:
        """Why a name denotes nothing, with the nearest name that is known."""
        node = name.node
        for pattern in self.patterns.get(name.letter.name, ()):
            if (pattern.letter, pattern.accents) != _key(name.letter) or not pattern.indices:
                continue
            for slot in pattern.indices:
                wrong = next((s for s in name.scripts if (s.where, s.bracket) == slot and self.index(s.node, scope, True) is None), None)
                if wrong is not None and len(name.scripts) == len(pattern.indices) + len(pattern.labels):
                    return ReadError(
                        f"{label_of(wrong.node) or 'the script'} in {text} is no index; the indices are "
                        f"{', '.join(self.indices)}: write {pattern.latex}?",
                        node.start, node.end,
                    )  # fmt: skip
        known = [p for patterns in self.patterns.values() for p in patterns if p.kind != "dummy"]
        same = [p for p in self.patterns.get(name.letter.name, ()) if p.kind != "dummy"]
        nearest = max(same or known, key=lambda p: self._nearness(p, name, text)).latex
        return ReadError(f"{text} is not defined; the nearest that is known is {nearest}", node.start, node.end)


def _is_power(node: Node) -> bool:
    if isinstance(node, Marked):
        return True
    if isinstance(node, Sum):
        return len(node.terms) == 1 and _is_power(node.terms[0])
    if isinstance(node, Juxtaposed):
        return node.operators == ("/",) and all(isinstance(f, Number) for f in node.factors)
    return isinstance(node, Number)


def _key(letter: Letter) -> tuple[str, frozenset[str]]:
    return letter.name, frozenset((*letter.accents, *(f for f in letter.fonts if f not in NEUTRAL_FONTS)))


def _read_name(latex: str) -> Name:
    node = parse(lex(latex).tokens)
    name = name_of(node)
    if name is None and isinstance(node, Juxtaposed) and not any(node.operators):  # a long name typed as plain letters
        *front, last = node.factors
        inner = name_of(last)
        if inner and all(isinstance(f, Letter) for f in front):
            word = "".join(f.name for f in front) + inner.letter.name
            return Name(node, Letter(node.start, node.end, word, word=True), inner.scripts, inner.primes)
    if name is None:
        raise ValueError(f"{latex} is not the LaTeX of a name")
    return name
