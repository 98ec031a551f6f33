"""Names -> families, and which equations of a note are its forward equations.

A family is a letter with accents and labels; its other scripts are arguments.  A script entry is a transpose or a power
(only raised), a time or layer (an index letter that stands on defining left sides, alone in a raised bracket or shifted;
a length), a component (any other index letter), else a label.  A number is a fixed time where the letter also occurs with
a time, else a label.

A forward equation is a chain whose head is a plain name, with a right side free of derivatives, of error names and of
the head's own later values.  X = ∂… makes X an error name; a head at a fixed time is a boundary value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ..scripts import Name, label_of, name_of, split_index
from ..symbols import NEUTRAL_FONTS
from ..tree import Fraction, Group, Juxtaposed, Node, Number
from .apart import Stem, all_apart, told_by_fonts, unit_of
from .called import letters_of_functions
from .counted import component_letters, entries_of, letters_in
from .letters import gather
from .names import has_derivative, is_derivative, is_known_function, is_sign, names_in, plain_scripts
from .notations import is_notation, is_setting
from .outer import explained, used_as_adjoints
from .records import Formula, Letters, Scan
from .sides import above, call, differentiated_by, head_name, is_unknown_call, is_zero, joined_names, single_derivative
from .steps import is_update, labelled

OF_UNIT = "#"
"""Begins the label that an index is where it tells names apart (see `apart`)."""


@dataclass(frozen=True)
class Key:
    """What makes two names the same family: letter, accents (with the fonts that count), labels, number of times."""

    letter: str
    accents: frozenset[str]
    labels: tuple[str, ...]
    arity: int


@dataclass(frozen=True)
class Parsed:
    """A name taken apart: its key, its time as (letter or "", offset), and its number of components."""

    key: Key
    time: tuple[str, int] | None
    components: int
    bare: bool
    letters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Definition:
    """One forward equation: the formula where it stands, its head, and its right side (possibly a part of a sum's).

    `ahead`: 1 for an equation that is written for z^{l+1}.
    """

    formula: Formula
    name: Name | None
    key: Key
    time: str
    right: Node
    repair: str = ""
    component: str = ""
    ahead: int = 0


@dataclass
class Families:
    """The families of a note and its equations, sorted by what they are.

    slopes   quantities such as δ = (Wᵀ ε) ∘ σ'(z) that hold slopes: none of the forward pass
    """

    scan: Scan
    times: frozenset[str]
    canonical: str
    lengths: frozenset[str]
    functions: frozenset[Stem] = frozenset()
    stepped: frozenset[Stem] = frozenset()
    apart: frozenset[Stem] = frozenset()
    names_apart: frozenset[Stem] = frozenset()
    fonts: frozenset[str] = frozenset()
    definitions: list[Definition] = field(default_factory=list)
    slopes: list[Definition] = field(default_factory=list)
    boundaries: list[tuple[Key, Formula, bool]] = field(default_factory=list)
    errors: list[tuple[Name, Key, Name, Formula]] = field(default_factory=list)
    named: list[tuple[Name, Key, Name, Formula]] = field(default_factory=list)
    identities: list[tuple[Name, Node, Formula]] = field(default_factory=list)
    joined: dict[Key, tuple[Name, tuple[Name, ...], Formula]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    timed: frozenset[tuple[str, frozenset[str], tuple[str, ...]]] = frozenset()

    def parsed(self, name: Name, extra: frozenset[str] = frozenset()) -> Parsed:
        """The name taken apart; `extra` are further letters of times, such as one bound by a Σ over times."""
        letter = name.letter
        told = letter.name in self.fonts
        accents = frozenset((*letter.accents, *(f for f in letter.fonts if told or f not in NEUTRAL_FONTS)))
        labels: list[str] = []
        times: list[tuple[str, int]] = []
        numbers: list[tuple[str, int]] = []
        components: list[str] = []
        for script in plain_scripts(name):
            word = (letter.name, label_of(script.node) or "") in self.scan.letters.words
            for node in (script.node,) if word else entries_of(script.node, self._is_counter):
                split = split_index(node)
                if split is None or (split[0] and not self._is_counter(split[0]) and not split[1]):
                    label = label_of(node)
                    labels.append(label if label is not None else "?")
                elif not split[0]:
                    numbers.append((str(split[1]) if label_of(node) is not None else "?", split[1]))  # -1 is a step, no label
                elif split[0] in self.times | self.lengths | extra or (script.bracket and script.where == "^"):
                    times.append(split)
                else:
                    components.append(split[0])
        stem = letter.name, accents, tuple(labels)
        if stem in self.timed and not times and numbers:
            times.append(("", numbers.pop(0)[1]))
        labels += [text for text, _ in numbers]
        if components and not labels and (letter.name, accents) in (self.names_apart if times else self.apart):
            labels.append(OF_UNIT + "".join(components))
        key = Key(letter.name, accents, tuple(labels), len(times))
        bare = not name.primes and len(plain_scripts(name)) == len(name.scripts)
        return Parsed(key, times[0] if times else None, len(components), bare, tuple(components))

    def place(self, name: Name) -> tuple[Key, tuple[str, int] | None, tuple[str, ...]]:
        """What a name stands for and at which step, without a transpose."""
        parsed = self.parsed(name)
        return parsed.key, parsed.time, parsed.letters

    def _is_counter(self, letter: str) -> bool:
        known = self.scan.letters
        return letter in known.indices or letter in known.lengths


def families_of(scan: Scan, members: frozenset[str] = frozenset()) -> Families:
    """The families of a note, its forward equations, boundary values, error names and identities.

    `members`: letters that count the members of a sample, as a time counts steps, though no left side carries them.
    """
    heads = [(f, n) for f in scan.formulas if f.link.first and f.head and f.right and (n := head_name(f.head))]
    heads = [(f, n) for f, n in heads if f.right is not None and not has_derivative(f.right) and not is_update(f.head, f.right)]
    times, canonical = _times(scan, heads)
    times, canonical = times | members, canonical or min(members, default="")
    lengths = frozenset(u for (i, u) in scan.letters.pairs if i in times) - scan.letters.bound
    families = Families(scan, times, canonical, lengths, fonts=told_by_fonts(scan.formulas))
    families.timed = frozenset(
        (p.key.letter, p.key.accents, p.key.labels) for _, n in heads if (p := families.parsed(n)).time is not None
    )
    families.timed |= {
        (p.key.letter, p.key.accents, p.key.labels)
        for f, _ in heads for n, _, _ in (names_in(f.right) if f.right is not None else ())
        if (p := families.parsed(n)).time is not None and p.time[0] in times
    }
    families.names_apart, families.apart = all_apart(
        scan.formulas, lambda name, timed: unit_of(*families.place(name)[::2], timed)
    )
    families.functions, families.stepped = letters_of_functions(scan, families.parsed)
    for formula in scan.formulas:
        if formula.link.first and formula.head is not None and formula.right is not None and not formula.link.problem:
            _sort(families, formula, formula.head, formula.right)
        elif formula.link.first and formula.link.problem and formula.right is not None and formula.head is not None:
            _pasted_twice(families, formula)
    _name_arguments(families, {families.parsed(n).key for _, n in heads})
    _forget_errors(families)
    _forget_joined(families)
    return families


def _times(scan: Scan, heads: Sequence[tuple[Formula, Name]]) -> tuple[frozenset[str], str]:
    """The letters that count times or layers, and the one that the defining left sides use most."""
    letters = scan.letters
    indices = letters.indices
    strong = (letters.shifted | letters.bracketed) & indices
    used: Counter[str] = Counter()
    components: set[str] = set()
    for formula, name in heads:
        if formula.right is None or isinstance(formula.right, Number) or is_notation(name, formula.right):
            continue
        own = [n for s in plain_scripts(name) for n in letters_in(s.node) if n in indices]
        used.update(own)
        components |= component_letters(own, formula.right) - strong
    forward = {(f.passage, f.link.place) for f, _ in heads}
    own_steps = _shifted([f for f, _ in heads]) & strong
    for occurrence in scan.occurrences:
        entries = [n for s in plain_scripts(occurrence.name) for n in letters_in(s.node) if n in indices]
        if len({*entries} & strong) == 1:
            components |= {*entries} - strong
        elif (occurrence.formula.passage, occurrence.formula.link.place) in forward and len({*entries} & own_steps) == 1:
            components |= {*entries} - own_steps  # the k of y_{t,k}, though gradients have an h_{k-1}
    strong -= components
    times = strong | (set(used) - components)
    ranked = sorted(times, key=lambda n: (-used[n], n not in strong, n))
    return frozenset(times), ranked[0] if ranked else ""


def _shifted(formulas: Sequence[Formula]) -> set[str]:
    """The letters that are shifted, or in raised brackets, in these formulas."""
    letters = Letters()
    for node in (node for f in formulas for node in (f.head, f.right) if node is not None):
        gather(node, letters)
    return letters.shifted | letters.bracketed


def function_of(families: Families, key: Key) -> Stem | None:
    """The letter of a function that is meant: σ of σ and of s_k(x), σ_h of σ_h."""
    found = key.letter, key.accents
    own = labelled(key.letter, key.labels[0]) if len(key.labels) == 1 else "", key.accents
    if not key.arity and own in families.functions:
        return own
    plain = (not key.arity or (key.arity == 1 and found in families.stepped)) and all(len(label) == 1 for label in key.labels)
    return found if plain and found in families.functions else None


def is_function(families: Families, name: Name) -> bool:
    """Whether a name is one of a function: σ, f', s_k."""
    return function_of(families, families.parsed(name).key) is not None


def _sort(families: Families, formula: Formula, head: Node, right: Node) -> None:
    """What one chain says first: a definition, a boundary value, an error name, an identity, or nothing of the kind."""
    if (by := single_derivative(right)) is not None:
        name = name_of(head)
        if name is not None and not is_known_function(name.letter):
            families.errors.append((name, families.parsed(name).key, by, formula))
            return
    if isinstance(head, Fraction) and is_derivative(head):
        by, named = differentiated_by(head), name_of(right)
        numerator = above(head)
        if isinstance(numerator, Juxtaposed):
            _identity(families, formula, numerator, right)
        elif by is not None and named is not None and numerator is not None and not is_known_function(named.letter):
            families.named.append((named, families.parsed(named).key, by, formula))
        return
    name = head_name(head)
    if isinstance(head, Juxtaposed) and (name is None or is_function(families, name)):
        _identity(families, formula, head, right)
        return
    if name is None:
        return
    if name.letter.name in ("\\partial", "\\nabla", "\\delta") or is_known_function(name.letter):
        return
    parsed = families.parsed(name)
    if not parsed.bare or has_derivative(right, primes=False) or is_function(families, name):
        return
    if is_notation(name, right):
        return
    if has_derivative(right):
        if parsed.components < 2 and (parsed.time is None or (parsed.time[0] and not parsed.time[1])):
            time, component = parsed.time[0] if parsed.time else "", parsed.letters[0] if parsed.letters else ""
            families.slopes.append(Definition(formula, name, parsed.key, time, right, component=component))
        return
    ahead = _written_ahead(families, parsed, right)
    if parsed.time is not None and (not parsed.time[0] or parsed.time[1] != ahead or parsed.time[0] in families.lengths):
        families.boundaries.append((parsed.key, formula, is_zero(right)))
        return
    if parsed.components > 1 or not any(names_in(right)) or is_update(head, right):  # a number, or [0.8, -0.5]; W - η G
        return
    known = [families.scan.passages[d.formula.passage].heading for d in families.definitions if d.key == parsed.key]
    if is_setting(families.scan, formula, right, known):  # "if o = y", V = I
        return
    parts = joined_names(right)
    if parts and not parsed.key.arity:
        families.joined[parsed.key] = name, parts, formula
    time = parsed.time[0] if parsed.time else ""
    if _looks_ahead(families, parsed.key, time, right, ahead):
        return
    called = call(right)
    itself = called is not None and families.parsed(called[0]).key == parsed.key  # L = L(a)
    if itself or is_unknown_call(right):  # J = CE(y, p) = -Σ_i y_i log p_i
        following = _next_side(families, formula)
        if following is None:
            return
        formula, right = following
    component = parsed.letters[0] if parsed.letters else ""
    families.definitions.append(Definition(formula, name, parsed.key, time, right, component=component, ahead=ahead))


def _next_side(families: Families, formula: Formula) -> tuple[Formula, Node] | None:
    """The next side of a chain whose first is an unknown call, with its formula, if it holds no derivative and no such call."""
    chain = [f for f in families.scan.formulas if f.passage == formula.passage and f.link.head == formula.link.head]
    other = next((f for f in chain if f.link.place > formula.link.place), None)
    if other is None or other.right is None:
        return None
    plain = not has_derivative(other.right) and not is_unknown_call(other.right)
    return (other, other.right) if plain else None


def _identity(families: Families, formula: Formula, head: Juxtaposed, right: Node) -> None:
    """f'(x) = …, or the f(x) under a derivative."""
    factors = [f for f in head.factors if not is_sign(f)]
    name = name_of(factors[0]) if factors else None
    if name is not None and len(factors) == 2 and isinstance(factors[1], Group) and is_function(families, name):
        families.identities.append((name, head, formula))


def _written_ahead(families: Families, parsed: Parsed, right: Node) -> int:
    """1 for z^{l+1} = W^l a^l + b^l: an equation written for the next step, whose right side ends at or before it."""
    if parsed.time is None or parsed.time[1] != 1 or parsed.time[0] not in families.times:
        return 0
    offsets = [p.time[1] for n, _, _ in names_in(right) if (p := families.parsed(n)).time and p.time[0] == parsed.time[0]]
    return 1 if offsets and max(offsets) <= 1 else 0


def _looks_ahead(families: Families, key: Key, time: str, right: Node, ahead: int) -> bool:
    found = map(families.parsed, (name for name, _, _ in names_in(right)))
    return any(p.key == key and p.time is not None and p.time[0] == time and p.time[1] > ahead for p in found)


def _name_arguments(families: Families, known: set[Key]) -> None:
    """h_t = f(z_t) = f(W x_t + b) says what z_t is, where no head of a chain does."""
    for before, formula in pairwise(families.scan.formulas):
        same = not formula.link.first and formula.passage == before.passage and formula.link.head == before.link.head
        one, other = call(before.right), call(formula.right)
        if not same or one is None or other is None or one[0].letter.name != other[0].letter.name:
            continue
        name = name_of(one[1])
        if name is None or has_derivative(other[1]) or families.parsed(name).key in known:
            continue
        parsed = families.parsed(name)
        time = parsed.time or ("", 0)
        own = not time[1] and (time[0] or not parsed.time) and time[0] not in families.lengths
        if own and parsed.bare and not parsed.components:
            place = next((k for k, d in enumerate(families.definitions) if d.formula.passage >= formula.passage), None)
            definition = Definition(formula, name, parsed.key, time[0], other[1])
            families.definitions.insert(len(families.definitions) if place is None else place, definition)
            known.add(parsed.key)


def _pasted_twice(families: Families, formula: Formula) -> None:
    """X = Y X = Y: the text stands twice; the right side that ends the chain is the only sensible one."""
    if "twice" not in formula.link.problem or formula.head is None:
        return
    same = [f for f in families.scan.formulas if f.passage == formula.passage and f.link.head == formula.link.head]
    last = same[-1]
    name = head_name(formula.head)
    if name is None or last.right is None or has_derivative(last.right) or last is formula:
        return
    parsed = families.parsed(name)
    if parsed.bare and parsed.time is not None and parsed.time[0] and not parsed.components:
        text = formula.text(last.right)
        repair = f"line {formula.line}: the formula is printed twice; read once as {formula.text(formula.head)} = {text}"
        families.definitions.append(Definition(last, name, parsed.key, parsed.time[0], last.right, repair))


def _forget_errors(families: Families) -> None:
    """An error name is no quantity of the forward pass, nor is what is defined with it."""
    known = {key for _, key, _, _ in families.errors} | {d.key for d in families.definitions}
    known |= {families.parsed(n).key for d in families.definitions for n, _, _ in names_in(d.right)}  # ∂z/∂W = x
    told = {families.parsed(n).key for n in explained(families.scan.formulas)}  # δ_t = -∂L/∂z_t
    known |= told
    states = [(d.name, d.right) for d in families.definitions if d.name is not None]
    used = used_as_adjoints(families.scan.formulas, states, families.place)
    pairs = {replace(k, arity=0) for k in known if k.arity > 1}  # δ_{t,k} = ∂L_t/∂z_k: no δ_{s,t} is the error of one step
    found = ((n, families.parsed(n).key, by, f) for n, by, f in used)
    families.errors += [e for e in found if e[1] not in known and replace(e[1], arity=0) not in pairs]
    known |= {key for _, key, _, _ in families.errors}
    families.errors += [e for e in families.named if e[1] not in known]  # ∂L/∂h_t = δ_t names δ_t if nothing else does
    forget(families, {key for _, key, _, _ in families.errors} | told)


def forget(families: Families, errors: set[Key]) -> None:
    """Leaves out of the forward pass the definitions of these names, and of what is defined with them."""
    while True:
        more = {
            d.key
            for d in (*families.definitions, *families.slopes)
            if d.key not in errors and any(families.parsed(n).key in errors for n, _, _ in names_in(d.right))
        }
        if not more:
            break
        errors = errors | more
    families.definitions = [d for d in families.definitions if d.key not in errors]
    families.slopes = [d for d in families.slopes if d.key not in errors]


def _forget_joined(families: Families) -> None:
    """W = [A, B], where no equation uses W, is a name for each of A and B and no quantity of the forward pass."""
    used = {families.parsed(n).key for d in families.definitions for n, _, _ in names_in(d.right)}
    families.joined = {k: v for k, v in families.joined.items() if k not in used}
    families.definitions = [d for d in families.definitions if d.key not in families.joined]
