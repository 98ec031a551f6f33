"""Passages of a note -> claims: ids, kinds, conditions, and the readings of every '='."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from sympy.core.basic import Basic

from ..language import SPELLINGS, Adjoint, Apply, Entry, Fun, Partial, Relation, ShapeError, Var
from ..model import Model, variables
from .calls import without_arguments
from .chains import Chains, Link, Tokens, chains, written
from .heads import active_dummies, adjoint_of, concatenation, is_gradient, is_kronecker, is_slope, only_case
from .meaning import HANDLERS
from .reader import Reader
from .readings import Claimed, Memo, Outcome, read_all, read_side
from .records import Claim, Illshaped, Passage, Reading
from .relations import read_relations
from .repeated import with_sums
from .scripts import name_of
from .symbols import Scope, SymbolTable, table_of
from .syntax import parse, parse_condition
from .tokens import ReadError, Source, lex
from .tree import Juxtaposed, Letter, Node
from .updates import is_difference, step_of
from .values import defined_by, with_values


@dataclass
class _Note:
    """What is carried from claim to claim: tables already made and error names already introduced."""

    models: Sequence[Model]
    layout: str
    tables: dict[tuple[object, ...], SymbolTable] = field(default_factory=dict)
    introduced: set[str] = field(default_factory=set)
    added: dict[tuple[object, ...], set[str]] = field(default_factory=dict)

    def table(self, passage: Passage) -> SymbolTable:
        key = (passage.model, passage.dummies, *sorted(passage.where.items()))
        if key not in self.tables:
            model = self.models[passage.model]
            if passage.dummies:
                model = replace(model, dummies={**dict.fromkeys(passage.dummies, "scalar"), **model.dummies})
            self.tables[key] = table_of(model, passage.where)
        return self.tables[key]


def read_claims(models: Sequence[Model], passages: Sequence[Passage], layout: str = "gradient") -> tuple[Claim, ...]:
    """Every '=' of the passages with all its consistent readings.

    `layout` is that of the note's own gradients: "gradient", "jacobian" or "denominator".  A formula that cannot be
    read becomes a claim whose `unreadable` says why and where; this function raises nothing about formulas."""
    note = _Note(models, layout)
    found = [(k, *pair) for k, passage in enumerate(passages) for pair in _passage(note, passage)]
    return tuple(_whole(note, replace(claim, passage=k), sum_of) for k, claim, sum_of in found)


def _whole(note: _Note, claim: Claim, sum_of: tuple[object, ...]) -> Claim:
    """A += with others to the same name is only a part of the sum."""
    if len(note.added.get(sum_of, ())) < 2 or claim.unreadable:
        return claim
    several = f"{claim.head_latex} is added to in several places; write the whole sum"
    return replace(claim, unreadable=f"{claim.span.line}:{claim.span.column}: {several}", readings=())


def _passage(note: _Note, passage: Passage) -> Iterator[tuple[Claim, tuple[object, ...]]]:
    """Claims, each with the name that a += adds to (or nothing)."""
    source = Source(passage.latex, passage.line, passage.column, passage.places)
    for link, claimed in _claimed(note, passage):
        sum_of: tuple[object, ...] = ()
        if link.accumulates:
            sum_of = (passage.model, *((t.kind, t.text) for t in link.head))
            if link.first:
                note.added.setdefault(sum_of, set()).add(written(link.right, source.text))
        yield _claim(note, passage, source, link, claimed), sum_of


def trees(models: Sequence[Model], passage: Passage, layout: str) -> Iterator[tuple[Link, Claimed | ReadError]]:
    """The equations of a passage with their trees, before anything is said about what they mean."""
    return _claimed(_Note(models, layout), passage)


def _claimed(note: _Note, passage: Passage) -> Iterator[tuple[Link, Claimed | ReadError]]:
    """The links of a passage with their trees, or why they have none."""
    source = Source(passage.latex, passage.line, passage.column, passage.places)
    table = note.table(passage)
    found = chains(source, passage.earlier, table.is_counter)
    trees: dict[tuple[int, int], Node | ReadError] = {}
    memo: Memo = {}

    def tree(tokens: Tokens, head: Tokens) -> Node | ReadError:
        key = (tokens[0].start, tokens[-1].end) if tokens else (-1, -1)
        if key not in trees:
            try:
                plain = with_sums(parse(tokens), parse(head)) if passage.repeats else parse(tokens)
                values = table.model.values
                trees[key] = with_values(plain, values, defined_by(parse(head), values)) if values else plain
            except ReadError as error:
                trees[key] = error
        return trees[key]

    for link in found.links:
        given: tuple[Relation, ...] | ReadError
        try:
            given = _conditions(table, source, passage, found, link.place)
        except ReadError as error:
            given = error
        head, right, left = (tree(t, link.head) for t in (link.head, link.right, link.left))
        if passage.broken or link.problem:
            yield link, ReadError(link.problem, link.problem_at) if not passage.broken else ReadError(passage.broken)
        elif isinstance(
            problem := next((p for p in (given, head, right) if isinstance(p, ReadError)), None), ReadError
        ):
            yield link, problem
        elif isinstance(head, Node) and isinstance(right, Node) and is_difference(head, right):
            yield link, ReadError("Δ is a difference of two values here, of which the network says nothing")
        else:
            assert isinstance(head, Node) and isinstance(right, Node) and isinstance(given, tuple)
            head = without_arguments(table, head)
            previous = left if isinstance(left, Node) and not link.first else None
            step = step_of(table, head, right)
            if step is not None:
                before = step_of(table, head, previous) if previous is not None else None
                head, right, previous = *step, before[1] if before is not None else None
            trees_here = [head, right, *([previous] if previous else [])]
            dummies = table.model.dummies
            prefer = (
                frozenset(d for node in trees_here for d in active_dummies(table, node)) if dummies else frozenset()
            )
            claimed = Claimed(
                table, source, head, right, previous, note.layout, prefer, given, accumulates=link.accumulates, memo=memo,
                update=step is not None,
            )
            yield link, _with_head(claimed)


def _with_head(claimed: Claimed) -> Claimed:
    """L_t may stand for L only where the head is a gradient of the one or the other; a slope is taken entry by entry."""
    head = read_side(claimed, claimed.head, {}, claimed.layout, is_head=True).result
    if not isinstance(head, Basic):
        return claimed
    indices = {i for v in variables(head) for i in v.indices}
    layer = indices.pop() if len(indices) == 1 else None
    return replace(claimed, loss_open=is_gradient(claimed.table.model, head), slope=is_slope(head), layer=layer)


def _conditions(
    table: SymbolTable, source: Source, passage: Passage, found: Chains, place: int
) -> tuple[Relation, ...]:
    """The conditions in the passage that hold for the '=' at a place, and those that its sentence adds."""
    reader = Reader(table, source, HANDLERS)
    stated = [c.tokens for c in found.conditions if c.holds_for is None or place in c.holds_for]
    relations = [r for tokens in stated for r in _condition(reader, tokens)]
    if passage.given:
        for stated_before in passage.given.split(";"):
            given = Source(stated_before, passage.line)
            relations += _condition(Reader(table, given, HANDLERS), lex(stated_before).tokens)
    return tuple(dict.fromkeys(relations))


def reads_condition(table: SymbolTable, latex: str) -> bool:
    """Whether a condition such as t < T_r is one between indices of the model."""
    tokens = lex(latex).tokens
    try:
        _condition(Reader(table, Source(latex), HANDLERS), tokens)
    except (ReadError, StopIteration):
        return False
    return all(map(table.is_counter, index_letters(tokens)))


def index_letters(tokens: Tokens) -> Iterator[str]:
    """The letters of a condition, without those in the script of a length such as T_r."""
    scripts = {k + 1 + (tokens[k + 1].text == "{") for k, t in enumerate(tokens[:-1]) if t.text == "_"}
    yield from (t.text for k, t in enumerate(tokens) if t.kind == "letter" and k not in scripts)


def _condition(reader: Reader, tokens: Tokens) -> list[Relation]:
    found = list(read_relations(reader, parse_condition(tokens), Scope()))
    whole = [[Relation("<=", i.lower, i.symbol), Relation("<=", i.symbol, i.upper)] for i in reader.table.model.indices]
    return [] if found in whole else found


# one claim


def _claim(note: _Note, passage: Passage, source: Source, link: Link, claimed: Claimed | ReadError) -> Claim:
    end = link.right[-1].end if link.right else link.place + 1
    blank = Claim(
        id=link.id, span=source.span(link.right[0].start if link.right else link.place, end),
        latex=f"{written(link.left, source.text)} = {written(link.right, source.text)}",
        head_latex=written(link.head, source.text), kind="claim", readings=(), model=passage.model,
        follows=not link.first,
    )  # fmt: skip
    try:
        if isinstance(claimed, ReadError):
            raise claimed
        if (latex := _stands_for(claimed)) is not None:
            return replace(blank, kind="definition", readings=_blocks(claimed, latex), defines=latex)
        if _names_function(claimed):
            return replace(blank, kind="definition")
        outcome = read_all(claimed)
        _no_update(claimed, outcome)
    except ReadError as error:
        line, column = source.place(error.start)
        return replace(blank, unreadable=f"{line}:{column}: {error.message}")
    assert outcome.head is not None
    if is_kronecker(outcome.head) and all(isinstance(r, Reading) and only_case(r.right) == r.head for r in outcome.readings):
        return replace(blank, kind="definition")
    if (short := _shorthand(claimed, outcome, link)) is not None:
        return replace(blank, kind="definition", defines=short)
    kind, defines = _kind(note, claimed, outcome, link)
    blank = replace(blank, loosely=_loosely(claimed, outcome), update=claimed.update)
    return replace(
        blank, kind=kind, readings=tuple(outcome.readings), defines=defines, error_uses=outcome.error_uses,
        adjoint_of=adjoint_of(claimed.table.model, outcome.head),
    )  # fmt: skip


def _loosely(claimed: Claimed, outcome: Outcome) -> tuple[Reading, ...]:
    """The readings of p (1 - p) as p ∘ (1 - p), and of x - μ as x - μ 1, if it conforms in no other."""
    if not outcome.readings or claimed.slope or any(isinstance(r, Reading) for r in outcome.readings):
        return ()
    try:
        found = read_all(replace(claimed, slope=True)).readings
    except ReadError:
        return ()
    return tuple(r for r in found if isinstance(r, Reading))


def _no_update(claimed: Claimed, outcome: Outcome) -> None:
    """W := W − η ∂L/∂W is a step of an algorithm.  Raises `ReadError`."""
    head, families = outcome.head, claimed.table.model.families
    if not isinstance(head, Var) or head.name not in families or families[head.name].role in ("state", "loss"):
        return
    for r in outcome.readings:
        if isinstance(r, Reading) and r.right != head and r.right.has(head):
            what = claimed.source.text[claimed.head.start : claimed.head.end]
            raise ReadError(f"{what} on both sides: an update, no equation", claimed.head.start, claimed.right.end)


def _shorthand(claimed: Claimed, outcome: Outcome, link: Link) -> str | None:
    """The name of a term that this '=' introduces, or None."""
    name = name_of(claimed.head) if link.first else None
    match = claimed.table.match(name, Scope()) if name else None
    if match is None or match.pattern.kind != "shorthand":
        return None
    same = any(isinstance(r, Reading) and r.right == outcome.head for r in outcome.readings)
    return match.pattern.target if same else None


def _stands_for(claimed: Claimed) -> str | None:
    """The LaTeX of the name if the head is a name for several weights."""
    name = name_of(claimed.head)
    match = claimed.table.match(name, Scope()) if name else None
    return match.pattern.target if match and match.pattern.kind == "stands" and not match.components else None


def _names_function(claimed: Claimed) -> bool:
    """Whether σ = tanh says of a letter what it is known to be."""
    name, right = name_of(claimed.head), claimed.right
    match = claimed.table.match(name, Scope()) if name and not name.primes else None
    if match is None or match.pattern.kind != "function" or match.powers or not isinstance(right, Letter) or not right.word:
        return False
    return claimed.table.functions[match.pattern.target] == Fun(SPELLINGS.get(right.name, ""))


def _blocks(claimed: Claimed, latex: str) -> tuple[Reading | Illshaped, ...]:
    """W = [A, B] where W is a name for the weights A and B: a notation, equal to itself."""
    reader = Reader(claimed.table, claimed.source, HANDLERS, layout=claimed.layout)
    try:
        right = reader.term(claimed.right, Scope())
    except ShapeError as error:
        raise reader.error(claimed.right, f"the blocks do not conform: {error}") from error
    if concatenation(right) != claimed.table.model.stands_for[latex]:
        weights = ", ".join(claimed.table.model.stands_for[latex])
        raise reader.error(
            claimed.right, f"{latex} stands for each of {weights}; its definition is their concatenation"
        )
    return (Reading((), "", right, right, None),)


def _kind(note: _Note, claimed: Claimed, outcome: Outcome, link: Link) -> tuple[str, str]:
    """definition, claim or identity, and the name that a definition introduces."""
    head, table = outcome.head, claimed.table
    assert head is not None
    base = head.args[0] if isinstance(head, Entry) else head
    if isinstance(head, Var) and head.name in table.model.families:
        family = table.model.families[head.name]
        own = head.indices == tuple(i.symbol for i in family.indices)
        return "definition", head.name if own and family.role in ("state", "loss") else ""
    if isinstance(base, Apply) and _is_dummy(table, base.x):
        return ("identity" if base.fun.order else "definition"), ""
    if isinstance(base, Partial) and _is_dummy(table, base.den):
        return "identity", ""
    if isinstance(head, Adjoint) and link.first and _is_one_derivative(outcome):
        introduced = _adjoint_name(table, claimed.head)
        if introduced and introduced not in note.introduced:
            note.introduced.add(introduced)
            return "definition", introduced
    return "claim", ""


def _adjoint_name(table: SymbolTable, head: Node) -> str:
    """The name of an adjoint at the head of a chain, δ_t or dW, or ""."""
    name = name_of(head)
    match = table.match(name, Scope()) if name else None
    if match is not None:
        return match.pattern.latex if match.pattern.kind == "error" else ""
    if isinstance(head, Juxtaposed) and len(head.factors) == 2 and (name := name_of(head.factors[1])):
        prefix, match = head.factors[0], table.match(name, Scope())
        if isinstance(prefix, Letter) and match is not None:
            return f"{prefix.name} {match.pattern.latex}"
    return ""


def _is_one_derivative(outcome: Outcome) -> bool:
    """Whether the right side is a single derivative, nothing else."""
    return any(isinstance(r, Reading) and isinstance(r.right, Partial) for r in outcome.readings)


def _is_dummy(table: SymbolTable, term: Basic) -> bool:
    return isinstance(term, Var) and term.name not in table.model.families
