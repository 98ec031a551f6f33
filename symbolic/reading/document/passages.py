"""The formulas of a document -> passages for the models that they speak of.

What the prose adds is put in: the conditions of a sentence, the function that it names, the dummy of an identity.  Where
there are several models (a note in two notations) each scope takes the one that leaves fewest of its formulas
unreadable; a heading opens a scope, and so does a second definition of the same symbol with another right side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from sympy import Integer
from sympy.core.basic import Basic

from ...language import SPELLINGS, Adjoint, Filled, Partial, Var
from ...model import Model
from ..chains import COUNTERS, chains, written
from ..claims import index_letters, read_claims, reads_condition
from ..records import Claim, Passage, Reading
from ..scripts import name_of
from ..symbols import Scope, SymbolTable, table_of
from ..syntax import parse
from ..tokens import ReadError, Source, Token, lex
from .announced import Announced, announced, around, goes_on
from .described import Described, described, function_named, letter_of, unlike, unusual
from .prose import Kind, cases_in_words, conditions, is_assumed, kind_of
from .records import Document, Formula

Counter = Callable[[str], bool]
MAX_DEPTH = 20
"""How many displays without words between them are taken together."""

MAX_BOUNDARY = 120
"""How long a formula such as h_0 = 0 may be."""


@dataclass(frozen=True)
class Placed:
    """A formula as a passage, and what its sentence says that no model expresses.

    unread    conditions that are no conditions between indices: a claim that needs them is not refuted
    abstract  LaTeX of a function that nothing names, in an identity: it is tried for every function of the table
    cases     (line, words) inside the formula that say when it holds, such as "at the last step"
    announced_by  gives what its sentence announces;  before: the formula that goes on in this one
    unclear   (letter, what the words around it say of it) where these are not understood
    """

    passage: Passage
    formula: Formula
    unread: tuple[str, ...] = ()
    abstract: str = ""
    cases: tuple[tuple[int, str], ...] = ()
    announced_by: Callable[[], tuple[Announced, ...]] = tuple
    before: Placed | None = field(default=None, compare=False, repr=False)
    unclear: tuple[str, ...] = ()

    @cached_property
    def announced(self) -> tuple[Announced, ...]:
        """What its sentence, the headings and sentences above it announce of a special case or another network."""
        inherited = self.before.announced if self.before is not None else ()
        above = (said for words in self.formula.heading for said in announced(words))
        return tuple(dict.fromkeys((*self.announced_by(), *self.formula.supposed, *inherited, *above)))


def bare_passages(document: Document) -> tuple[Passage, ...]:
    """The passages of a document before any model is known, for inference."""
    return tuple(p.passage for p in placed(document, (), (0,) * len(document.formulas)))


def placed(document: Document, models: Sequence[Model], assignment: Sequence[int]) -> tuple[Placed, ...]:
    """Every formula as a passage of the model assigned to it; the '=' of a line are numbered over all of its formulas."""
    tables = [table_of(model) for model in models]
    counters: list[Counter] = [t.is_counter for t in tables] or [COUNTERS.__contains__]
    kinds: dict[int, Kind] = {}
    numbered: dict[tuple[str, int], int] = {}
    result: list[Placed] = []
    depths: list[int] = []
    unusual_signs = {f.text: what for f in document.formulas if len(f.text) < 9 and (what := unusual(f.text, f.trail))}
    for k, formula in enumerate(document.formulas):
        model = min(max(assignment[k], 0), len(counters) - 1)
        is_counter = counters[model]

        def kind(i: int, is_counter: Counter = is_counter) -> Kind:
            if i not in kinds:
                kinds[i] = kind_of(document.formulas[i].text, is_counter)
            return kinds[i]

        stated = conditions(formula.lead, formula.trail, kind, lambda i: document.formulas[i].text, is_counter)
        stated = () if kind(k).condition and not kind(k).equation else _told_apart(stated)
        table = tables[model] if tables else None
        read = [c for c in stated if table is None or (reads_condition(table, c) and _bears_on(c, formula.text, table))]
        unread = tuple(c for c in stated if c not in read)
        function, argument = identity_of(formula.text, table) if "=" in formula.text else ("", "")
        named = function_named(formula.lead, formula.trail) if function else ""
        told = described(formula.lead, formula.trail) if (letter := letter_of(formula.text)) else Described()
        if told.function and (not function or not named):
            function, named = letter, told.function
        known = table is None or (function in table.functions)
        passage = Passage(
            formula.line, formula.text, ";".join(read), {function: named} if function and named else {}, assignment[k],
            numbered.get((formula.cell, formula.line), 0), formula.column, formula.places,
            (argument,) if argument else (), formula.broken or _redefined(formula, unusual_signs), formula.heading,
            formula.assumed or (kind(k).condition and kind(k).equation and is_assumed(formula.lead, formula.trail)),
            formula.special, document.repeats,
        )  # fmt: skip
        abstract = function if function and not named and not known else ""
        above = goes_on(formula.lead)
        before = result[above] if 0 <= above < k and depths[above] < MAX_DEPTH else None
        depths.append(depths[above] + 1 if before is not None else 0)
        said = partial(_said, document, formula, any(isinstance(p, int) and kind(p).equation for p in formula.trail))
        unclear = (letter, told.unclear) if told.unclear else unlike(formula.text)
        result.append(Placed(passage, formula, unread, abstract, cases_of(passage), said, before, unclear))
        _count(formula, is_counter, numbered)
    return tuple(result)


def _said(document: Document, formula: Formula, followed: bool) -> tuple[Announced, ...]:
    return around(formula.lead, formula.trail, followed, lambda k: document.formulas[k].text)


def cases_of(passage: Passage) -> tuple[tuple[int, str], ...]:
    """(line, words) for what a formula says in words about when it holds."""
    source = Source(passage.latex, passage.line, passage.column, passage.places)
    return tuple((source.place(at)[0], words.strip()) for at, words in cases_in_words(passage.latex))


def _told_apart(stated: tuple[str, ...]) -> tuple[str, ...]:
    """The conditions without i = j and i ≠ j where a sentence names both: what follows is said of either case."""
    plain = ["".join(c.split()).replace("\\neq", "≠").replace("\\ne", "≠") for c in stated]
    both = {p for p in plain if {"=", "≠"} & set(p) and {p.replace("=", "≠"), p.replace("≠", "=")} <= set(plain)}
    return tuple(c for c, p in zip(stated, plain, strict=True) if p not in both)


def _bears_on(condition: str, text: str, table: SymbolTable) -> bool:
    """Whether every index of a condition stands in the formula, or is a length."""
    there = {t.text for t in lex(text).tokens if t.kind == "letter"}
    lengths = {n.partition("_")[0] for n in table.lengths}
    letters = index_letters(lex(condition).tokens)
    return all(letter in there or letter.removeprefix("\\") in lengths for letter in letters)


def _count(formula: Formula, is_counter: Counter, numbered: dict[tuple[str, int], int]) -> None:
    if "=" not in formula.text and "\\" not in formula.text:
        return
    source = Source(formula.text, formula.line, formula.column, formula.places)
    for place in chains(source, 0, is_counter).counted:
        key = formula.cell, source.place(place)[0]
        numbered[key] = numbered.get(key, 0) + 1


# identities in an abstract function


def identity_of(text: str, table: SymbolTable | None) -> tuple[str, str]:
    """(function, argument) of f'(x) = ..., ∂f(x)/∂x = ..., df/dx = ... or f(x) = ..., as LaTeX; ("", "") for others.

    The argument is "" where the model has a dummy or a quantity of that name already.
    """
    tokens = [t for t in lex(text[:400]).tokens if t.kind not in ("font", "begin") and t.kind != "cell"]
    tokens = [t for t in tokens if t.kind != "open" or t.text != "{"]
    tokens = [t for t in tokens if t.kind != "close" or t.text != "}"]
    shape = "".join(_SIGNS.get((t.kind, t.text), _SIGNS.get((t.kind, ""), "?")) for t in tokens)
    for pattern, f, x in _IDENTITIES:
        if shape.startswith(pattern):
            function, argument = (text[tokens[k].start : tokens[k].end] if k is not None else "" for k in (f, x))
            if f is not None and tokens[f].kind == "word":  # a function of the table, which is no letter
                if tokens[f].text not in SPELLINGS or (pattern.endswith("f(f)=") and "d" not in pattern):
                    return "", ""
                return "", "" if table is not None and _is_known(table, argument) else argument
            called = pattern == "f(f)="
            if not function or (called and (table is None or function not in table.functions)):
                return "", ""
            if table is not None and any(p.kind in ("family", "stands") and not p.indices for p in _patterns(table, function)):
                return "", ""
            return function, "" if table is not None and _is_known(table, argument) else argument
    return "", ""


_SIGNS = {
    ("letter", "\\partial"): "d", ("letter", "d"): "d", ("letter", ""): "f", ("prime", ""): "'", ("open", "("): "(",
    ("close", ")"): ")", ("relation", "="): "=", ("command", "frac"): "%", ("word", ""): "f",
}  # fmt: skip
_IDENTITIES = (
    ("f'(f)=", 0, 3), ("f''(f)=", 0, 4), ("f'=", 0, None), ("%df(f)df=", 2, 4), ("%dffdf=", 2, 3),
    ("%dfdf=", 2, 4), ("%ddff(f)=", 4, 3), ("%ddfff=", 4, 3), ("%ddf(f(f))=", 5, 3), ("%ddf", None, None),
    ("f(f)=", 0, 2),
)  # fmt: skip
"""(how it begins, place of the function, place of the argument)."""


def _redefined(formula: Formula, signs: Mapping[str, str]) -> str:
    """Why a formula with a sign that the note gives another meaning is not read, or ""."""
    return next((f'the note says "{told}" of {sign}' for sign, told in signs.items() if sign in formula.text), "")



def _patterns(table: SymbolTable, latex: str) -> Iterator:
    yield from table.patterns.get(latex, ())


def _is_known(table: SymbolTable, argument: str) -> bool:
    return any(p.kind in ("dummy", "family") and not p.indices for p in _patterns(table, argument))


# several models


def assigned(document: Document, models: Sequence[Model]) -> tuple[int, ...]:
    """For each formula the position of the model in whose notation it is written."""
    if len(models) < 2:
        return (0,) * len(document.formulas)
    bad = []
    for k in range(len(models)):
        passages = [p.passage for p in placed(document, models, (k,) * len(document.formulas))]
        bad.append([sum(bool(c.unreadable) for c in read_claims(models, (p,), models[k].layout)) for p in passages])
    result: list[int] = []
    last = 0
    for start, end in scopes(document):
        counts = [sum(row[start:end]) for row in bad]
        last = last if counts[last] == min(counts) else counts.index(min(counts))
        result += [last] * (end - start)
    return tuple(result)


def scopes(document: Document) -> Iterator[tuple[int, int]]:
    """Slices of formulas under one heading, or from one definition of a symbol to the next different one."""
    start = 0
    defined: dict[str, str] = {}
    heading: tuple[str, ...] | None = None
    for k, formula in enumerate(document.formulas):
        new = heading is not None and formula.heading != heading
        heading = formula.heading
        here = dict(_definitions(formula))
        new |= any(defined.get(head, right) != right for head, right in here.items())
        defined = here if new else {**defined, **here}
        if new and k > start:
            yield start, k
            start = k
    if start < len(document.formulas):
        yield start, len(document.formulas)


def _definitions(formula: Formula) -> Iterator[tuple[str, str]]:
    """(left side, right side) of what may be a definition: a name on the left, no derivative on the right."""
    if "=" not in formula.text:
        return
    source = Source(formula.text)
    for link in chains(source).links:
        derived = any(t.kind == "letter" and t.text in ("\\partial", "\\nabla", "\\delta") for t in (*link.head, *link.right))
        if link.first and link.head and not derived and not link.problem and is_name(link.head):
            yield written(link.head, source.text), written(link.right, source.text)


def is_name(tokens: Sequence[Token]) -> bool:
    """Whether tokens are a letter with its scripts."""
    if any(t.kind == "command" and t.text == "frac" for t in tokens[:2]):
        return False
    try:
        return name_of(parse(tokens)) is not None
    except ReadError:
        return False


# boundary values and error names


def with_boundaries(models: Sequence[Model], items: Sequence[Placed]) -> tuple[Model, ...]:
    """The models in which a state is zero before the first step where the note says h_0 = 0."""
    result = list(models)
    for item in items:
        passage = item.passage
        if passage.broken or len(passage.latex) > MAX_BOUNDARY or "0" not in passage.latex or "=" not in passage.latex:
            continue
        model = result[passage.model]
        for claim in read_claims((model,), (replace(passage, model=0),), model.layout):
            reading = next((r for r in claim.readings if isinstance(r, Reading)), None)
            if reading is None or not isinstance(reading.head, Var) or reading.head.name not in model.families:
                continue
            family = model.families[reading.head.name]
            first = tuple(Integer(i.lower - 1) for i in family.indices)
            if first and family.role == "state" and reading.head.indices == first and _is_zero(reading.right):
                model = result[passage.model] = replace(model, zero_initial=model.zero_initial | {family.name})
    return tuple(result)


def _is_zero(term: Basic) -> bool:
    return bool(term == 0) or (isinstance(term, Filled) and bool(term.args[0] == 0))


DERIVING = ("\\partial", "∂", "\\frac{d", "\\nabla", "∇", "/d")
"""A formula without any of these holds no derivative."""


def with_error_names(models: Sequence[Model], items: Sequence[Placed]) -> tuple[Model, ...]:
    """The models with the error names that a note introduces by a definition such as δ_t = ∂L/∂h_t."""
    result = list(models)
    for item in items:
        passage = item.passage
        if not any(sign in passage.latex for sign in DERIVING):
            continue
        model = result[passage.model]
        table = table_of(model, passage.where)
        source = Source(passage.latex)
        for link in chains(source, 0, table.is_counter).links:
            if link.first and link.head and not link.problem and is_name(link.head):
                latex = written(link.head, source.text)
                name = name_of(parse(link.head))
                if name is None or table.match(name, Scope()) is not None:
                    continue
                variable = _differentiated(model, passage, written(link.right, source.text))
                if variable is not None and (family := model.families.get(variable.name)) is not None:
                    try:
                        new = replace(model, error_names={**model.error_names, latex: family.name})
                        SymbolTable(new)
                    except ValueError:
                        continue
                    result[passage.model] = new
    return tuple(result)


MOST_ANEW = 8
"""How often the error names of a document may change their meaning."""


def with_error_names_anew(
    models: Sequence[Model], passages: Sequence[Passage]
) -> tuple[tuple[Model, ...], tuple[int, ...]]:
    """The models, one more for each definition such as δ_t = ∂L/∂o_t of a name that stood for another adjoint before.

    The position of each passage's model: from such a definition on the name has its new meaning.
    """
    result = list(models)
    current = list(range(len(models)))
    positions = []
    for passage in passages:
        if any(sign in passage.latex for sign in DERIVING):
            now = replace(passage, model=current[passage.model])
            new = _meant_anew(result[now.model], now) if len(result) < len(models) + MOST_ANEW else None
            if new is not None:
                current[passage.model] = len(result)
                result.append(new)
        positions.append(current[passage.model])
    return tuple(result), tuple(positions)


def _meant_anew(model: Model, passage: Passage) -> Model | None:
    table = table_of(model, passage.where)
    source = Source(passage.latex)
    for link in chains(source, 0, table.is_counter).links:
        if not link.first or not link.head or link.problem or not is_name(link.head):
            continue
        name = name_of(parse(link.head))
        match = table.match(name, Scope()) if name is not None else None
        if match is None or match.pattern.kind != "error" or match.components or match.transposed or match.powers:
            continue
        variable = _differentiated(model, passage, written(link.right, source.text))
        before = model.families[match.pattern.target]
        if variable is not None and variable.name != before.name and match.indices == variable.indices:
            others = {latex: n for latex, n in model.error_names.items() if latex != match.pattern.latex}
            return replace(model, error_names={**others, written(link.head, source.text): variable.name})
    return None


def _differentiated(model: Model, passage: Passage, right: str) -> Var | None:
    """h_t if the right side is ∂L/∂h_t at its own index letters, L the loss or one step's loss."""
    alone = replace(passage, latex=f"{right} = {right}", places=None, model=0, given="", broken="")
    for claim in read_claims((model,), (alone,)):
        term = _head(claim)
        variable = term.variable if isinstance(term, Adjoint) else term.den if isinstance(term, Partial) else None
        if isinstance(term, Partial) and not isinstance(term.num, Var):
            return None
        if isinstance(term, Partial) and getattr(term.num, "name", "") != model.loss.name and term.num.shape != ((), ()):
            return None
        if isinstance(variable, Var) and variable.name in model.families:
            family = model.families[variable.name]
            if family.role == "state" and variable == family.var:
                return variable
    return None


def _head(claim: Claim) -> Basic | None:
    return next((r.head for r in claim.readings if isinstance(r, Reading)), None)
