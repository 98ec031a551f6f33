"""Names that a document gives to terms of its forward model: e_t = ŷ_t - y_t, D_t = diag(1 - h_t²), γ_t = D_t δ_t.

Beside a model that is given, or beside an inferred one for what rests on an error name, a formula whose head is a name of
nothing defines it, if its right side can be understood in one way.  Where the right side stands in a forward equation, up to
the order of a sum (z_t = W h_{t-1} + U x_t where h_t = tanh(U x_t + W h_{t-1})), the name becomes a quantity of the forward
pass, by which derivatives can be taken; else it is a shorthand: wherever it stands, its term is meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from sympy import Symbol
from sympy.core.basic import Basic

from ...language import Adjoint, Partial, Term, at, shape_of
from ...language.columns import column_of
from ...model import Equation, Family, Model, Shorthand, checked, variables
from ..chains import chains, written
from ..claims import read_claims
from ..folding import flattened, folded
from ..meaning import free_indices
from ..notation import GREEK
from ..records import Passage, Reading
from ..scripts import Name, label_of, name_of, split_index
from ..symbols import Scope, SymbolTable, table_of
from ..syntax import parse
from ..tokens import ReadError, Source, Token
from ..tree import Group, Juxtaposed, Scripted
from .gradients import derived
from .passages import Placed, is_name, with_boundaries, with_error_names, with_error_names_anew
from .prose import is_introduced

MOST = 256
"""How many names a document may add; a table of symbols is made anew for each."""

PASSES = 3
"""A shorthand may rest on one that is defined further below."""

RESERVED = frozenset(("d", "I", "i", "j", "k", "l", "n", "m", "t", "T", "N"))
"""Letters that are no shorthands by themselves, without a script: signs, indices and lengths."""


ERRORS = frozenset(("\\delta", "\\Delta"))
"""Letters of error terms: what is said of them without derivatives is a claim, unless a word such as "let" introduces it."""


@dataclass(frozen=True)
class _Head:
    """The head of a definition: its LaTeX with the model's own letter for the index, that letter (or None) and the offset.

    pair   both letters of δ_{t,k} = ∂L_t/∂z_k, as they stand
    """

    latex: str
    letter: Symbol | None
    offset: int = 0
    pair: tuple[Symbol, ...] = ()


class _OfTheBackwardPass(ValueError):
    """A term that holds derivatives."""


def with_names(
    models: Sequence[Model], items: Sequence[Placed], assignment: Sequence[int], without: Collection[str] = ()
) -> tuple[tuple[Model, ...], tuple[int, ...]]:
    """The models with all that a document adds to them: values before the first step, quantities, adjoints, shorthands.

    Where an error name is defined anew a model of its own begins; the assignment of the formulas follows.
    """
    models = with_error_names(with_boundaries(models, items), items)
    models = with_error_names(with_shorthands(models, items, True, without), items)
    models, positions = with_error_names_anew(models, [item.passage for item in items])
    items = [replace(i, passage=replace(i.passage, model=k)) for i, k in zip(items, positions, strict=True)]
    chosen = tuple(old if old < 0 else new for old, new in zip(assignment, positions, strict=True))
    return with_shorthands(models, items, False, without), chosen


def with_shorthands(
    models: Sequence[Model], items: Sequence[Placed], forward: bool = False, without: Collection[str] = ()
) -> tuple[Model, ...]:
    """The models with what the formulas give names to, but for those `without` (LaTeX with the model's index).

    `forward`: only terms without derivatives and adjoints.  Of M_t = ∂h_t/∂h_{t-1} and M_t = diag(1 - h_t²) W the derivative
    says what M_t is, and the other is a claim; of other formulas the first does.
    """
    result = list(models)
    tables = [table_of(m) for m in result]
    waiting = [c for item in items for c in _candidates(item, tables[item.passage.model])]
    derivatives = {_stem(c) for c in waiting if derived(c.right) is not None}
    if forward:
        waiting = [c for c in waiting if _stem(c) not in derivatives]
    else:
        waiting = [c for c in waiting if _stem(c) not in derivatives or derived(c.right) is not None]
    added = 0
    for _ in range(PASSES):
        left = []
        for candidate in waiting:
            k = candidate.item.passage.model
            if added >= MOST or tables[k].match(candidate.name, Scope()) is not None:
                continue
            model = result[k]
            if forward and _stem(candidate) in derivatives:
                continue
            try:
                new = _defined(model, candidate, forward, without)
                tables[k] = table_of(new)
            except _OfTheBackwardPass:
                derivatives.add(_stem(candidate))
                continue
            except (ValueError, TypeError):  # no definition that is understood; its uses stay unreadable
                left.append(candidate)
                continue
            result[k] = new
            added += 1
        if len(left) == len(waiting):
            break
        waiting = left
    return tuple(result)


@dataclass(frozen=True)
class _Candidate:
    """What may define a name: the name, its tokens, and the right side."""

    item: Placed
    name: Name
    tokens: Sequence[Token]
    right: str


def _stem(candidate: _Candidate) -> tuple[int, str, tuple[str, ...], tuple[str | None, ...]]:
    """What stands for the same name at any step."""
    letter = candidate.name.letter
    labels = tuple(label_of(s.node) for s in candidate.name.scripts if split_index(s.node) is None)
    return candidate.item.passage.model, letter.name, tuple(sorted(letter.accents)), labels


def _candidates(item: Placed, table: SymbolTable) -> Iterator[_Candidate]:
    passage = item.passage
    if passage.broken or "=" not in passage.latex:
        return
    source = Source(passage.latex)
    for link in chains(source, 0, table.is_counter).links:
        if not link.first or not link.head or not link.right or link.problem or link.accumulates:
            continue
        name = _named(table, link.head)
        if name is None:
            continue
        if name is not None and is_name(link.right) and (other := _named_value(table, name, link.right)) is not None:
            yield _Candidate(item, other, link.right, written(link.head, source.text))
            continue
        if name is None or name.primes or (not name.scripts and name.letter.name.removeprefix("\\") in RESERVED):
            continue
        if name.letter.name.removeprefix("\\") in table.sizes and not name.scripts:
            continue
        if table.match(name, Scope()) is None:
            yield _Candidate(item, name, link.head, written(link.right, source.text))


def _named(table: SymbolTable, tokens: Sequence[Token]) -> Name | None:
    """The name at the head of a definition; δ(t) is δ_t."""
    if is_name(tokens):
        return name_of(parse(tokens))
    try:
        tree = parse(tokens)
    except ReadError:
        return None
    if not isinstance(tree, Juxtaposed) or len(tree.factors) != 2 or tree.operators != ("",):
        return None
    front, behind = tree.factors
    step = split_index(behind.body) if isinstance(behind, Group) and behind.bracket in ("(", "[") else None
    if step is None or step[0] not in table.indices or name_of(front) is None or not isinstance(behind, Group):
        return None
    return name_of(Scripted(front.start, behind.end, front, (behind.body,), ()))


def _named_value(table: SymbolTable, value: Name, right: Sequence[Token]) -> Name | None:
    """The x of a^{(0)} = x, a name of nothing else for the value at a step of its own."""
    name, match = name_of(parse(right)), table.match(value, Scope())
    if name is None or name.scripts or name.primes or name.letter.name.removeprefix("\\") in {*RESERVED, *table.sizes}:
        return None
    known = match is not None and match.pattern.kind == "family" and len(match.indices) == 1 and not match.components
    fixed = known and match is not None and not match.indices[0].free_symbols - {i.upper for i in table.model.indices}
    return name if fixed and table.match(name, Scope()) is None else None


def _defined(model: Model, candidate: _Candidate, forward: bool, without: Collection[str]) -> Model:
    """The model with the name of a term.  Raises `ValueError` where it is no definition that is understood."""
    passage = candidate.item.passage
    term = _term(model, passage, candidate.right)
    of_forward = not term.has(Partial, Adjoint)
    if forward and not of_forward:
        raise _OfTheBackwardPass
    if of_forward and candidate.name.letter.name in ERRORS and not is_introduced(candidate.item.formula.lead):
        raise ValueError("an error term whose formula is a claim")
    head, term = _as_a_whole(model, candidate, term)
    head = head or _head(model, passage.latex, candidate.tokens, term)
    if head.latex in without:
        raise ValueError("defined in two ways")
    if head.letter is not None and model.time is not None:
        term = term.xreplace({head.letter: at(model.time.symbol, -head.offset)})
    own = head.pair or ((model.time.symbol,) if head.letter is not None and model.time is not None else ())
    if of_forward and (whole := _in_forward_pass(model, head, term, own)) is not None:
        return whole
    return replace(model, shorthands={**model.shorthands, head.latex: Shorthand(own, term)})


def _as_a_whole(model: Model, candidate: _Candidate, term: Basic) -> tuple[_Head | None, Basic]:
    """δ_j(t) = -∂E/∂z_j(t), by entries, as δ_t = -∂E/∂z_t: the head without the index of the entry, and the column.

    Where the index tells δ_j from δ_k it stays.
    """
    name, free = candidate.name, dict.fromkeys(free_indices(term))
    entries = [s for kind, s in free if kind == "component"]
    scripts = [s for s in name.scripts if split_index(s.node) not in [(e.name, 0) for e in entries]]
    if not entries and is_name(candidate.tokens):
        return None, term
    if len(entries) > 1 or len(name.scripts) - len(scripts) != len(entries):
        raise ValueError("an entry that the head does not name")
    term = column_of(term, entries[0]) if entries else term
    steps = {s for kind, s in free if kind == "time" and s not in {i.upper for i in model.indices}}
    found = [(s, i) for s in scripts if (i := split_index(s.node)) is not None and Symbol(i[0]) in steps]
    if len(steps) > 1 or len(found) != len(steps) or (steps and model.time is None):
        raise ValueError("more than a step stands free on the right side")
    labels = [label_of(s.node) for s in scripts if all(s is not f[0] for f in found)]
    if None in labels:
        raise ValueError("a script that is no label")
    labels += [e.name for e in entries if name.letter.name in model.apart]
    own = [model.time.symbol.name] if found and model.time is not None else []
    below = ",".join((*(f"\\{n}" if n in GREEK else n for n in own), *(rf"\text{{{x}}}" for x in labels)))
    letter = candidate.item.passage.latex[name.letter.start : name.letter.end]
    letter += "}" * (letter.count("{") - letter.count("}"))
    offset, step = (found[0][1][1], Symbol(found[0][1][0])) if found else (0, None)
    return _Head(letter + (f"_{{{below}}}" if below else ""), step, offset), term


def _term(model: Model, passage: Passage, right: str) -> Basic:
    """The one way to understand the right side."""
    alone = replace(passage, latex=f"{right} = {right}", places=None, model=0, given="", broken="")
    claims = read_claims((model,), (alone,), model.layout)
    if len(claims) != 1 or claims[0].unreadable:
        raise ValueError("the right side is not understood")
    readings = claims[0].readings
    plain = tuple(r for r in readings if isinstance(r, Reading) and not r.words)
    if len(plain) == 1 and len(plain[0].free) == 2:  # ∂L_t/∂z_k, which is not ∂L/∂z_k where both steps are named
        readings = plain
    terms = {r.right for r in readings if isinstance(r, Reading) and not r.instance}
    if len(terms) != 1 or len(readings) != 1:
        raise ValueError("the right side can be understood in several ways")
    (term,) = terms
    if not isinstance(term, Term) or not any(v.name in model.families for v in variables(term)):
        raise ValueError("the right side holds nothing of the model")
    return term


def _head(model: Model, text: str, tokens: Sequence[Token], term: Basic) -> _Head:
    """The head over the one step that stands free in the term."""
    free = {(kind, s) for kind, s in free_indices(term) if s not in {i.upper for i in model.indices}}
    letters = {s for _, s in free}
    if len(letters) == 2 and term.has(Partial) and all(kind == "time" for kind, _ in free):
        return _head_of_two(model, text, tokens, letters)
    if len(letters) > 1 or any(kind != "time" for kind, _ in free):
        raise ValueError("more than a step stands free on the right side")
    start, end = tokens[0].start, tokens[-1].end
    name = name_of(parse(tokens))
    assert name is not None
    indices = [(s, found) for s in name.scripts if (found := split_index(s.node)) is not None and Symbol(found[0]) in letters]
    lengths = {i.upper.name for i in model.indices}
    if any(found[0] in lengths or not found[0] for s in name.scripts if (found := split_index(s.node)) is not None):
        raise ValueError("a value at one step is no definition")
    if not letters:
        return _Head(text[start:end], None)
    if len(indices) != 1 or model.time is None:
        raise ValueError("the step that stands free on the right side is not that of the head")
    script, (letter, offset) = indices[0]
    own = model.time.symbol.name
    spelled = f"\\{own}" if own in GREEK else own
    behind = text[script.node.end : end]
    latex = f"{text[start : script.node.start]}{spelled}{' ' if behind[:1].isalpha() else ''}{behind}"
    return _Head(latex, Symbol(letter), offset)


def _head_of_two(model: Model, text: str, tokens: Sequence[Token], letters: set[Symbol]) -> _Head:
    """The head of a derivative of a quantity of one step by one of another step: δ_{t,k}, its steps in their order."""
    name, table = name_of(parse(tokens)), table_of(model)
    assert name is not None
    entries = [(s, n) for s in name.scripts for n in table.letters(s.node, Scope())]
    found = [(s, i) for s, n in entries if (i := split_index(n)) is not None and Symbol(i[0]) in letters]
    pair = tuple(Symbol(i[0]) for _, i in found)
    if len(found) != len(entries) or len(pair) != 2 or set(pair) != letters or any(i[1] for _, i in found):
        raise ValueError("the steps that stand free on the right side are not those of the head")
    if len({(s.where, s.bracket) for s, _ in found}) != 1:
        raise ValueError("the steps stand in different places")
    where, bracket = found[0][0].where, found[0][0].bracket
    inside = ",".join(f"\\{x}" if x.name in GREEK else x.name for x in pair)
    closing = {"(": ")", "[": "]", "": ""}[bracket]
    letter = text[name.letter.start : name.letter.end]
    letter += "}" * (letter.count("{") - letter.count("}"))
    return _Head(f"{letter}{where}{{{bracket}{inside}{closing}}}", None, 0, pair)


def _in_forward_pass(model: Model, head: _Head, term: Basic, own: tuple[Symbol, ...]) -> Model | None:
    """The model with the name as a quantity of its own, if the term stands in a forward equation."""
    rows, cols = shape_of(term)
    plain = "".join(c for c in head.latex if c.isalnum())
    name = next(n for n in (plain, *(f"{plain}{k}" for k in range(2, len(model.families) + 3))) if n not in model.families)
    family = Family(name, "state", tuple(rows), tuple(cols), tuple(i for i in model.indices if i.symbol in own), head.latex)
    before = [Equation(e.left, flattened(e.right)) for e in model.equations]
    equations = [Equation(e.left, folded(e.right, flattened(term), family.var)) for e in before]
    if equations == before:
        return None
    whole = replace(model, families={**model.families, name: family}, equations=(*equations, Equation(family.var, term)))
    return checked(whole)
