"""The symbol table of a forward model: which letters, with which scripts, are which quantities.

A symbol is a letter with its accents and labels; its other scripts are arguments.  The table is made by reading each
family's LaTeX, which shows the name with its index letters in place, with the same lexer and parser as the formulas.
A script entry is a transpose (only raised), a power (a raised number), a label, an index of the family (where the
family's LaTeX has it, else anywhere), or a component.  `\\mathbf h_{t,i}`, `{h_t}_i`, `h_{t_i}` and `h_i^{(t)}` are
the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import chain

from sympy import Expr, Integer, Symbol

from ..language import Fun, at, shape_of
from ..model import Model
from .notation import GREEK
from .scripts import Name, Script, index_name, is_inverted, is_power, is_transpose, label_of, name_of, split_index
from .steps import steps_between
from .syntax import parse
from .tokens import ReadError, lex
from .tree import Juxtaposed, Letter, Node, Number, Scripted

FREE_COUNTERS = frozenset((*"ijklmnpqrstuTN", "tau"))
SLICE = Symbol(":")
"""A colon in the place of a component index: all values of it."""
NEUTRAL_FONTS = ("bold", "calligraphic", "fraktur")


@dataclass(frozen=True)
class Pattern:
    """How a quantity is written.

    kind     "family", "error" (the adjoint of a family), "stands" (a name for several weights), "shorthand" (of a
             term), "function" or "dummy"
    target   name of the family, or the LaTeX that the model gives for the others
    indices  one (where, bracket) per index of the family
    counted  the labels are component indices, which tell net_j from net_k
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
    counted: bool = False


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


class _Same:
    """A model compared by identity: to compare its equations would take longer than to make its table again."""

    def __init__(self, model: Model):
        self.model = model

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.model is self.model

    def __hash__(self) -> int:
        return id(self.model)


@lru_cache(maxsize=64)
def _table(same: _Same, where: tuple[tuple[str, str], ...]) -> SymbolTable:
    return SymbolTable(same.model, dict(where))


def table_of(model: Model, where: Mapping[str, str] | None = None) -> SymbolTable:
    """The symbol table of a model, made once however many passages are read with it."""
    return _table(_Same(model), tuple(sorted((where or {}).items())))


class SymbolTable:
    """The symbols of one model; `where` fixes what some function names mean (LaTeX -> name of a row of the table)."""

    def __init__(self, model: Model, where: Mapping[str, str] | None = None):
        self.model = model
        self.patterns: dict[str, list[Pattern]] = {}
        self.functions: dict[str, Fun] = {
            **model.functions,
            **{latex: Fun(name) for latex, name in (where or {}).items()},
        }
        for fun in abstract_functions(model):
            if fun not in self.functions.values():
                subscript = f"_{{{','.join(map(str, fun.at))}}}" if fun.at else ""
                self.functions[command(fun.name) + subscript] = fun
        spelled = [("family", f.name, f.latex) for f in model.families.values()]
        spelled += [("family", name, latex) for latex, name in model.synonyms.items()]
        spelled += [("error", name, latex) for latex, name in model.error_names.items()]
        for kind, name, latex in spelled:
            family = model.families[name]
            letters = tuple(i.symbol.name for i in family.indices)
            self._add(kind, name, latex, letters, len(family.rows) + len(family.cols))
        for latex, short in model.shorthands.items():
            self._add("shorthand", latex, latex, tuple(s.name for s in short.letters), sum(map(len, shape_of(short.term))))
        for latex in model.stands_for:
            self._add("stands", latex, latex)
        for latex, fun in self.functions.items():
            self._add("function", latex, latex, tuple(map(str, fun.at)) if "_" in latex else ())
        for latex, shape in model.dummies.items():
            self._add("dummy", latex, latex, (), 1 if shape == "vector" else 0)
        self.through_time: dict[tuple[str, str], bool] = {}
        self.lengths = {i.upper.name: i for i in model.indices}
        self.indices = {i.symbol.name: i for i in model.indices}
        sizes = chain.from_iterable((*f.rows, *f.cols) for f in model.families.values())
        self.sizes: dict[str, Symbol] = {s.name: s for size in sizes for s in sorted(size.free_symbols, key=str)}

    def _add(self, kind: str, target: str, latex: str, letters: tuple[str, ...] = (), legs: int = 0) -> None:
        """One more way to write something; `letters` are its index letters."""
        name = _read_name(latex)
        indices: dict[str, tuple[str, str]] = {}
        labels: list[str] = []
        for script in self._apart(name.scripts, letters):
            letter = index_name(script.node)
            if letter is not None and letter in letters:
                indices[letter] = (script.where, script.bracket)
            else:
                label = label_of(script.node)
                if label is None:
                    raise ValueError(f"{latex}: the script {script.node} of a name is neither an index nor a label")
                labels.append(label)
        slots = tuple(indices.get(letter, ("_", "")) for letter in letters)
        fonts = frozenset(f for f in name.letter.fonts if f in NEUTRAL_FONTS)
        counted = name.letter.name in self.model.apart and bool(labels) and all(map(str.isalpha, labels))
        pattern = Pattern(kind, target, latex, *_key(name.letter), fonts, tuple(labels), slots, legs, counted)
        self.patterns.setdefault(name.letter.name, []).append(pattern)

    def is_counter(self, letter: str) -> bool:
        """Whether a bare letter (a token's text) may be an index or a length and no quantity of the model."""
        name = letter.removeprefix("\\")
        known = {n.partition("_")[0] for n in (*self.lengths, *self.indices)}
        if name in known:
            return True
        return name in FREE_COUNTERS and not any(p.kind != "error" for p in self.patterns.get(letter, ()))

    def is_free(self, letter: str) -> bool:
        """Whether a bare d, δ or Δ names nothing, so that it may be a sign; beside a target d_t a bare d is none."""
        known = [p for p in self.patterns.get(letter, ()) if p.kind != "dummy"]
        return all(letter == "d" and (p.indices or p.labels) for p in known)

    def index(self, node: Node, scope: Scope, strict: bool) -> Expr | None:
        """The index expression of a node, or None where it is none.

        A letter counts as an index if it is bound, an index or a length of the model, or (a free one) no quantity of
        the model: of none that has a name of its own without scripts, and if `strict` of none at all."""
        split = split_index(node)
        if split is None:
            return None
        name, offset = split
        if not name:
            return Integer(offset)
        if name == ":":
            return SLICE if not strict and not offset else None
        if name in scope.symbols:
            return at(scope.symbols[name], offset)
        if name in self.lengths:
            return at(self.lengths[name].upper, offset)
        if name in self.indices:
            return at(self.indices[name].symbol, offset)
        letter = name.rstrip("'")
        own = [
            p
            for p in self.patterns.get("\\" + letter if letter in GREEK else letter, ())
            if p.kind in ("family", "stands")
        ]
        if letter in self.sizes or (len(letter) > 1 and letter not in GREEK) or letter.isupper():
            return None
        if any(strict or not p.indices for p in own):
            return None
        return at(Symbol(name), offset)

    def match(self, name: Name, scope: Scope, prefer: frozenset[str] = frozenset()) -> Match | None:
        """The quantity that a name denotes, or None; `prefer` are dummies that stand in the same equation."""
        fonts = frozenset(f for f in name.letter.fonts if f in NEUTRAL_FONTS)
        found = []
        for pattern in self.patterns.get(name.letter.name, ()):
            if (pattern.letter, pattern.accents) == _key(name.letter) and (match := self._fit(pattern, name, scope)):
                rank = (
                    (pattern.kind == "dummy") != (pattern.target in prefer),
                    pattern.kind == "family" and any(p in prefer for p in self._dummies(name)),
                    pattern.fonts != fonts,
                    -len(pattern.labels),
                    len(match.components),
                )
                found.append((rank, match))
        return min(found, key=lambda pair: pair[0])[1] if found else None

    def _dummies(self, name: Name) -> tuple[str, ...]:
        return tuple(p.target for p in self.patterns.get(name.letter.name, ()) if p.kind == "dummy")

    def _fit(self, pattern: Pattern, name: Name, scope: Scope) -> Match | None:
        letters = (*self.indices, *self.lengths, *scope.symbols)
        rest = self._apart(name.scripts, letters) if pattern.labels else list(name.scripts)
        for label in pattern.labels:
            k = next((k for k, s in enumerate(rest) if label_of(s.node) == label), None)
            if k is None:
                return None
            if not pattern.counted:
                del rest[k]
        transposed, powers, plain = False, [], []
        for script in rest:
            if script.where == "^" and not script.bracket and is_transpose(script.node):
                if transposed:
                    return None
                transposed = True
            elif script.where == "^" and not script.bracket and self._raises(script.node, scope):
                powers.append(script.node)
            else:
                plain.append(script)
        entries = [Script(s.where, s.bracket, n) for s in plain for n in self.letters(s.node, scope)]
        taken: list[Expr] = []
        in_order = pattern.kind == "shorthand" and len(pattern.indices) > 1
        if in_order and not any(self._is_time(s.node) or index_name(s.node) in scope.symbols for s in entries):
            return None  # δ_{ij} is no δ_{t,k}
        for slot in pattern.indices:
            k = self._slotted(entries[:1] if in_order else entries, slot, scope)
            if k is None and slot == ("^", "") and len(powers) == 1 and isinstance(powers[0], Number):
                entries, k = [*entries, Script("^", "", powers.pop())], len(entries)  # the layer in a^1
            index = None if k is None else self.index(entries[k].node, scope, True)
            if k is None or index is None:
                return None
            taken.append(index)
            del entries[k]
        components = []
        for script in entries:
            index = self.index(script.node, scope, False)
            if index is None or script.where == "^" or self._is_label(script.node, scope):
                return None
            if pattern.kind == "function" and index.free_symbols & {i.symbol for i in self.indices.values()}:
                return None  # s_t is no function s with a component t
            components.append(index)
        if len(components) not in (0, {"function": 1, "stands": 2}.get(pattern.kind, pattern.legs)):
            return None
        return Match(pattern, tuple(taken), tuple(components), transposed, tuple(powers), name.primes)

    def _raises(self, node: Node, scope: Scope) -> bool:
        return is_power(node) or is_inverted(node) or self.steps(node, scope) is not None

    def steps(self, node: Node, scope: Scope) -> tuple[Expr, Expr] | None:
        """The (first, last) step of the T - t factors of W^{T-t}; None for other scripts."""
        letters = (*self.indices, *self.lengths, *scope.symbols)
        return steps_between(node, letters, lambda term: self.index(term, scope, False))

    def _is_label(self, node: Node, scope: Scope) -> bool:
        """Whether a letter that nothing binds is that of a quantity, and so tells δ_h from δ_o: it counts no entries."""
        letter = index_name(node)
        if letter is None or letter in FREE_COUNTERS or letter in (*scope.symbols, *self.indices, *self.lengths):
            return False
        return any(p.kind == "family" for p in self.patterns.get("\\" + letter if letter in GREEK else letter, ()))

    @staticmethod
    def _apart(scripts: tuple[Script, ...], letters: tuple[str, ...]) -> list[Script]:
        """The scripts with δ_{o_t} as δ_{o, t} where t counts steps and o_t does not."""
        found: list[Script] = []
        for script in scripts:
            node = script.node
            split = None
            if isinstance(node, Scripted) and len(node.subs) == 1 and not node.sups and not node.primes:
                split = split_index(node.subs[0])
            if split is not None and split[0] in letters and index_name(node) not in letters and isinstance(node, Scripted):
                found += [Script(script.where, script.bracket, part) for part in (node.base, node.subs[0])]
            else:
                found.append(script)
        return found

    def letters(self, node: Node, scope: Scope) -> Iterator[Node]:
        """`ij` is two indices, `t_k` is t and k (but T_r is one length)."""
        if isinstance(node, Juxtaposed) and not any(node.operators):
            for factor in node.factors:
                yield from self.letters(factor, scope)
        elif isinstance(node, Scripted) and len(node.subs) == 1 and not node.sups and not node.primes:
            if index_name(node) in (*self.lengths, *self.indices, *scope.symbols):
                yield node
                return
            yield node.base
            yield from self.letters(node.subs[0], scope)
        else:
            yield node

    def _slotted(self, entries: list[Script], slot: tuple[str, str], scope: Scope) -> int | None:
        """Which entry is an index of the quantity: a time of the model, best in its place, else any index there."""
        ranked = []
        for k, script in enumerate(entries):
            placed, time = (script.where, script.bracket) == slot, self._is_time(script.node)
            placed = placed or (script.where == slot[0] and script.bracket != "" and _is_number(script.node))
            if time or (placed and self.index(script.node, scope, True) is not None):
                ranked.append((not time, not placed, k))
        return min(ranked)[2] if ranked else None

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

    def _means_nothing(self, script: Script, pattern: Pattern, scope: Scope) -> bool:
        label = label_of(script.node)
        return self.index(script.node, scope, True) is None and label not in (*pattern.labels, "T")

    def complaint(self, name: Name, text: str, scope: Scope) -> ReadError:
        """Why a name denotes nothing, with the nearest name that is known."""
        node = name.node
        for pattern in self.patterns.get(name.letter.name, ()):
            same_letter = (pattern.letter, pattern.accents) == _key(name.letter) and pattern.indices
            wrong = next((s for s in name.scripts if self._means_nothing(s, pattern, scope)), None)
            if same_letter and wrong and len(name.scripts) == len(pattern.indices) + len(pattern.labels):
                what = label_of(wrong.node) or "the script"
                known = ", ".join(self.indices)
                message = f"{what} in {text} is no index; the indices are {known}: write {pattern.latex}?"
                return ReadError(message, node.start, node.end)
        names = [p for patterns in self.patterns.values() for p in patterns if p.kind != "dummy"]
        same = [p for p in self.patterns.get(name.letter.name, ()) if p.kind != "dummy"]
        nearest = max(same or names, key=lambda p: self._nearness(p, name, text)).latex
        return ReadError(f"{text} is not defined; the nearest that is known is {nearest}", node.start, node.end)


def _is_number(node: Node) -> bool:
    split = split_index(node)
    return split is not None and not split[0]


def abstract_functions(model: Model) -> Iterator[Fun]:
    """The functions of the equations that no row of the table describes."""
    for e in model.equations:
        yield from (fun for fun in sorted(e.right.atoms(Fun), key=str) if fun.kind and not fun.order)


def command(name: str) -> str:
    """The LaTeX of a plain name: ell -> \\ell, g -> g."""
    return f"\\{name}" if name in (*GREEK, "ell") else name


def _key(letter: Letter) -> tuple[str, frozenset[str]]:
    return letter.name, frozenset((*letter.accents, *(f for f in letter.fonts if f not in NEUTRAL_FONTS)))


@lru_cache(maxsize=4096)
def _read_name(latex: str) -> Name:
    node = parse(lex(latex).tokens)
    name = name_of(node)
    if name is None and isinstance(node, Juxtaposed) and not any(node.operators):  # a long name typed as plain letters
        *front, last = node.factors
        inner = name_of(last)
        letters = [f.name for f in front if isinstance(f, Letter)]
        if inner and len(letters) == len(front):
            word = "".join(letters) + inner.letter.name
            return Name(node, Letter(node.start, node.end, word, word=True), inner.scripts, inner.primes)
    if name is None:
        raise ValueError(f"{latex} is not the LaTeX of a name")
    return name
