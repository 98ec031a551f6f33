"""Families with shapes -> a checked forward model, whose equations are read by the reader that reads the claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sympy import Add, Expr, Integer, Mul, Symbol
from sympy.core.basic import Basic

from ...language import Adjoint, Fun, Partial, ProductOver, ShapeError, SumOver, Transpose, Var, affine, at, legs, shape_of
from ...language.columns import column_of
from ...model import Equation, Family, Index, Model, ModelError, Shorthand, checked, variables
from ..folding import flattened, folded
from ..meaning import free_indices
from ..readings import Claimed, read_side
from ..scripts import Name, split_index
from ..symbols import Scope, SymbolTable
from ..tokens import ReadError, Source
from ..tree import Node
from .families import OF_UNIT, Definition, Families, Key
from .labels import assumptions, with_smoothed
from .names import names_in, names_of_gradients
from .ranges import printed_range
from .records import Formula
from .roles import Info, is_spelling, names_of_definition, run_ahead
from .shapes import Solution
from .sides import single_derivative
from .sizes import Side


class NotInferred(ValueError):
    """Why no model can be made, one sentence; the family whose equation is not understood, if it is one."""

    def __init__(self, message: str, key: Key | None = None):
        super().__init__(message)
        self.key = key


@dataclass
class Draft:
    """A model in the making."""

    families: Families
    definitions: dict[Key, Definition]
    infos: dict[Key, Info]
    loss: Key
    index: Index | None
    functions: dict[str, Fun] = field(default_factory=dict)
    dummies: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    sums: set[str] = field(default_factory=set)
    unsaid: bool = False

    @property
    def indices(self) -> tuple[Index, ...]:
        return (self.index,) if self.index else ()

    def where(self, definition: Definition) -> dict[str, str]:
        return dict(self.families.scan.passages[definition.formula.passage].where)


def index_of(families: Families, definitions: Mapping[Key, Definition], taken: set[str]) -> Index | None:
    """The running index of the model: its letter, its first value, and its length.  Raises `NotInferred` without a letter."""
    timed = any(k.arity for d in definitions.values() for k in (d.key, *(key for _, key in names_of_definition(families, d))))
    if not timed:
        return None
    if not families.canonical:
        raise NotInferred("a quantity has a value at every step, and no letter counts the steps; write one, as in h_t")
    lower, upper = printed_range(families, definitions)
    if not upper and families.lengths:
        upper = sorted(families.lengths, key=lambda u: -families.scan.letters.uppers[u])[0]
    if not upper:
        upper = next(n for n in ("T", "N", "T_N", "N_T") if n not in taken)
    if run_ahead(families, definitions):
        lower = max(lower, 1)
    return Index(Symbol(families.canonical), lower if lower in (0, 1) else 1, Symbol(upper))


def provisional(draft: Draft) -> Model:
    """A model that knows the names and no shapes: what the shapes are sought with."""
    p, q = Symbol("size p"), Symbol("size q")
    families = {}
    for info in draft.infos.values():
        rows, cols = ((p,), (q,)) if info.components == 2 else ((p,), ()) if info.components else ((), ())
        indices = draft.indices if info.key.arity else ()
        families[info.name] = Family(info.name, "state" if info.defined else "given", rows, cols, indices, info.latex)
    return _model(draft, families)


def _model(draft: Draft, families: dict[str, Family], **more: object) -> Model:
    loss = families[draft.infos[draft.loss].name].var
    errors = {latex: name for latex, name in draft.errors.items() if name in families}
    parts = {
        "functions": draft.functions, "dummies": draft.dummies, "error_names": errors,
        "apart": frozenset(letter for letter, _ in draft.families.apart), "values": draft.families.scan.values, **more,
    }  # fmt: skip
    return Model("note", "The forward equations of the note", families, draft.indices, (), loss, **parts)  # type: ignore[arg-type]


def size_expression(side: Side, names: Mapping[Side, str]) -> Expr:
    if isinstance(side, tuple):
        parts = [size_expression(s, names) for s in side[1:]]
        return Add(*parts) if side[0] == "+" else Mul(*parts)
    if side == 0:
        return Integer(1)
    text = names[side]
    return Integer(int(text)) if text.isdigit() else Symbol(text)


def with_shapes(draft: Draft, solution: Solution, names: Mapping[Side, str]) -> Model:
    """The families with their shapes and roles, without equations."""
    families = {}
    for info in draft.infos.values():
        rows, cols = (
            legs(size_expression(solution.sizes.find(side), names)) for side in solution.shapes[info.name]
        )
        indices = draft.indices if info.key.arity else ()
        families[info.name] = Family(info.name, info.role, tuple(rows), tuple(cols), indices, info.latex)
    return _model(draft, families, layout=solution.layout)


def term_of(
    table: SymbolTable, source: Source, node: Node, prefer: frozenset[str] = frozenset(), number: bool = False
) -> Basic:
    """The plainest reading of a right side; `number`: the left side is one.  Raises `ReadError` or `ShapeError`."""
    side = read_side(Claimed(table, source, node, node, None, "gradient", prefer), node, {}, "gradient", number=number)
    if isinstance(side.result, ValueError):
        raise side.result
    return side.result


def equations_of(draft: Draft, model: Model) -> list[Equation]:
    """The forward equations as terms.  Raises `NotInferred` where one cannot be read with these shapes."""
    result = []
    for key, definition in draft.definitions.items():
        family = model.families[draft.infos[key].name]
        table = SymbolTable(model, draft.where(definition))
        try:
            right = term_of(table, definition.formula.source, definition.right, number=not any(family.var.shape))
        except (ReadError, ShapeError) as error:
            place = f"line {definition.formula.line}"
            raise NotInferred(f"{place}: the forward equation for {family.latex} is not understood: {error}", key) from error
        right = _at_own_index(draft, right, definition)
        if definition.component:
            right = by_components(right, definition, family)
        right = _of_the_step_before(draft, family, right, definition)
        if draft.index is not None and not family.indices and _stands_free(right, draft.index.symbol):
            raise NotInferred(f"line {definition.formula.line}: {family.latex} is defined by quantities of one step", key)
        if shape_of(right) != family.var.shape:
            raise NotInferred(f"line {definition.formula.line}: the forward equation for {family.latex} does not conform", key)
        result.append(Equation(family.var, right))
    return result


def _stands_free(term: Basic, letter: Symbol) -> bool:
    """Whether a quantity stands at a step that no Σ or ∏ binds."""
    if isinstance(term, (SumOver, ProductOver)) and term.args[1] == letter:
        return False
    if isinstance(term, Var):
        return any(letter in i.free_symbols for i in term.indices)
    return any(_stands_free(a, letter) for a in term.args if isinstance(a, Basic))


def by_components(right: Basic, definition: Definition, family: Family) -> Basic:
    try:
        column = column_of(right, Symbol(definition.component))
    except ValueError as error:
        told = f"line {definition.formula.line}: the equation by components for {family.latex} is not understood: {error}"
        raise NotInferred(told, definition.key) from error
    return Transpose(column) if family.cols else column


def _at_own_index(draft: Draft, right: Basic, definition: Definition) -> Basic:
    """The right side with the head's index replaced by the model's: l by l, l + 1 by l."""
    if draft.index is None or not definition.time:
        return right
    return right.xreplace({Symbol(definition.time): at(draft.index.symbol, -definition.ahead)})


def _of_the_step_before(draft: Draft, family: Family, right: Basic, definition: Definition) -> Basic:
    """h_t = f(h_t) cannot be computed; the only sensible reading is the value of the step before, and that is said."""
    if draft.index is None or not family.indices:
        return right
    own = [v for v in variables(right) if v.name == family.name]
    here = [v for v in own if affine(v.indices[0]) == (draft.index.symbol, 0)]
    if not here:
        return right
    place = f"line {definition.formula.line}"
    if len(here) != len(own):
        raise NotInferred(f"{place}: {family.latex} is defined by itself at the same step", definition.key)
    before = family.at(at(draft.index.symbol, -1))
    draft.problems.append(
        f"{place}: {family.latex} is defined by itself at the same step; the forward pass takes the step before, "
        f"{family.latex} from index {draft.index.symbol} - 1"
    )
    return right.xreplace(dict.fromkeys(here, before))


def finished(draft: Draft, model: Model, equations: Sequence[Equation]) -> Model:
    """The checked model, with its assumptions and boundary values.  Raises `NotInferred`."""
    model = with_smoothed(model, equations)
    whole = replace(
        model,
        equations=tuple(equations),
        assumptions=tuple(assumptions(model, equations, draft.sums | {c.label for c in model.chosen.values()})),
        zero_initial=frozenset(_zeros(draft, model)),
    )
    sizes = {s for f in model.families.values() for leg in f.rows + f.cols for s in leg.free_symbols}
    for e in equations:
        loose = (s for kind, s in free_indices(e.right) if kind == "component" and s not in sizes | e.left.free_symbols)
        if (letter := next(loose, None)) is not None:
            told = f"{model.families[e.left.name].latex} is defined with an entry {letter}"
            raise NotInferred(f"{told}, and nothing says which entry that is")
    try:
        return checked(whole)
    except ModelError as error:
        raise NotInferred(str(error)) from error


def _zeros(draft: Draft, model: Model) -> Iterator[str]:
    for key, _, zero in draft.families.boundaries:
        if zero and key in draft.infos and draft.infos[key].name in model.families and draft.infos[key].defined:
            yield draft.infos[key].name


def sum_over_steps(draft: Draft, model: Model, step: Key) -> Equation:
    """L = Σ_t L_t for a note that defines only L_t."""
    assert draft.index is not None
    part = model.families[draft.infos[step].name]
    index = draft.index
    return Equation(model.loss, SumOver(part.at(index.symbol), index.symbol, Integer(index.lower), index.upper))


def free_name(name: str, infos: Mapping[Key, Info]) -> str:
    taken = {i.name for i in infos.values()}
    while name in taken:
        name += "x"
    return name


def stands_for(draft: Draft, model: Model) -> dict[str, tuple[str, ...]]:
    """W = [A, B] with weights A and B: a name for each of them."""
    found = {}
    for name, parts, formula in draft.families.joined.values():
        infos = [draft.infos.get(draft.families.parsed(p).key) for p in parts]
        names = tuple(i.name for i in infos if i is not None and model.families[i.name].role == "weight")
        if len(names) == len(parts):
            found[formula.text(name.node)] = names
    return found


def helpers(
    draft: Draft, model: Model, equations: list[Equation], spare: Mapping[Key, Definition], infos: Mapping[Key, Info],
    by: set[Key],
) -> tuple[Model, list[Equation]]:  # fmt: skip
    """Quantities that the note defines beside the forward pass.

    What is used in claims only, such as D_t = 1 - h_t ∘ h_t, is defined for them.  If a derivative is taken by it, or one by
    it has a name, as by z_t = W h_{t-1} + U x_t where h_t = tanh(W h_{t-1} + U x_t) is written out, it is put into the
    forward pass; if it has no place there it is left out: that it acts on nothing would be our invention.
    `by`: what declarations name adjoints of.
    """
    named = by | {draft.families.parsed(by).key for _, _, by, _ in draft.families.errors} | named_by_gradients(draft)
    for key, definition in spare.items():
        info = infos.get(key)
        if info is None or info.name in model.families or (key.arity and draft.index is None):
            continue
        try:
            table = SymbolTable(model, draft.where(definition))
            right = _at_own_index(draft, term_of(table, definition.formula.source, definition.right), definition)
            right = column_of(right, Symbol(definition.component)) if definition.component else right
            if any(kind == "component" for kind, _ in free_indices(right)):
                continue
            if right.has(Adjoint, Partial):  # D_i = Σ_j A_{ij} dA_{ij} is no quantity of the forward pass
                own = tuple(i.symbol for i in draft.indices) if key.arity else ()
                trial = replace(model, shorthands={**model.shorthands, info.latex: Shorthand(own, right)})
                SymbolTable(trial)
                model = trial
                continue
            rows, cols = shape_of(right)
            family = Family(info.name, "state", tuple(rows), tuple(cols), draft.indices if key.arity else (), info.latex)
            known = list(equations)
            if info.below or key in named:
                known = [Equation(e.left, _with_name(e.right, right, family.var)) for e in equations]
                if known == equations:
                    continue
            trial = replace(model, families={**model.families, info.name: family})
            SymbolTable(trial)
            finished(draft, trial, [*known, Equation(family.var, right)])
        except ValueError:  # not understood: its uses stay unreadable
            continue
        model, equations = trial, [*known, Equation(family.var, right)]
    return model, equations


def _with_name(term: Basic, named: Basic, name: Var) -> Basic:
    """The term with a name for what it names; as it is where that stands nowhere."""
    plain = flattened(term)
    whole = folded(plain, flattened(named), name)
    return term if whole == plain else whole


def named_by_gradients(draft: Draft) -> set[Key]:
    """What stands right behind d, Δ or δ: its gradient has a name such as dW."""
    sides = [n for f in draft.families.scan.formulas for n in (f.head, f.right) if n is not None]
    return {draft.families.parsed(name).key for side in sides for name in names_of_gradients(side)}


def error_names(draft: Draft, model: Model) -> Iterator[tuple[str, str, int]]:
    """δ_t = ∂L/∂h_t, δ_i = ∂L/∂z_i: the spelling of the name, the family whose adjoint it is, and the line."""
    table = SymbolTable(model)
    for name, key, by, formula in draft.families.errors:
        if not _of_the_loss(draft, formula):
            continue
        match = table.match(by, Scope())
        if match is None or match.pattern.kind != "family" or key.arity != len(match.indices):
            continue
        if table.match(name, Scope()) is not None or key.arity > 1 or not is_spelled(key):
            continue
        if match.indices and draft.index is not None and match.indices != (draft.index.symbol,):
            continue
        parsed = draft.families.parsed(name)
        if parsed.time is not None and parsed.time[1]:  # δ_{t+1} = ∂L/∂h_t
            continue
        latex = formula.text(name.node)
        if match.components:
            entries = tuple(map(str, match.components))
            labels = () if key.labels == entries and not parsed.letters else key.labels  # i of δ_i, and of nothing else
            if (parsed.letters != entries and labels == key.labels) or (labels and key.arity):
                continue
            time = _time_of(draft, name, formula)
            if key.arity and not time:
                continue
            latex = formula.text(name.letter) + time + _labelled(labels)
        elif not is_spelling(latex):  # δ(t)
            latex = formula.text(name.letter) + _time_of(draft, name, formula) + _labelled(key.labels)
        yield latex, match.pattern.target, formula.line
        if key.labels and not key.arity:
            yield from _siblings(draft, model, name, key, match.pattern.target, formula)


def is_spelled(key: Key) -> bool:
    """Whether every script of a name is understood, so that it can be written again."""
    return not any({"?", "'"} & {*label} for label in key.labels)


def _labelled(labels: Sequence[str]) -> str:
    plain = [x.removeprefix(OF_UNIT) for x in labels]
    inner = ",".join(rf"\text{{{x}}}" if len(x) > 1 else x for x in plain)
    return f"_{{{inner}}}" if inner else ""


def _siblings(
    draft: Draft, model: Model, name: Name, key: Key, target: str, formula: Formula
) -> Iterator[tuple[str, str, int]]:
    """δ^{(1)} beside δ^{(2)} = ∂L/∂z^{(2)}: where z^{(1)} is a state and no equation defines δ^{(1)} otherwise, its adjoint."""
    own = next(k for k, info in draft.infos.items() if info.name == target)
    if own.labels != key.labels:
        return
    table = SymbolTable(model)
    seen: set[tuple[str, ...]] = {key.labels}
    for occurrence in draft.families.scan.occurrences:
        other = occurrence.name
        parsed = draft.families.parsed(other)
        same = (parsed.key.letter, parsed.key.accents, parsed.key.arity) == (key.letter, key.accents, key.arity)
        if not same or parsed.key.labels in seen or not parsed.bare or table.match(other, Scope()) is not None:
            continue
        seen.add(parsed.key.labels)
        info = draft.infos.get(replace(own, labels=parsed.key.labels))
        if info is not None and info.defined and info.name != draft.infos[draft.loss].name:
            yield formula.text(name.letter) + _labelled(parsed.key.labels), info.name, formula.line


def _time_of(draft: Draft, name: Name, formula: Formula) -> str:
    """The script of a name that holds its time: ^{(l)} of δ_j^{(l)}."""
    for script in name.scripts:
        split = split_index(script.node)
        if split and split[0] in draft.families.times:
            opening, closing = BRACKETS[script.bracket]
            return f"{script.where}{{{opening}{formula.text(script.node)}{closing}}}"
    return ""


BRACKETS = {"": ("", ""), "(": ("(", ")"), "[": ("[", "]"), "⟨": (r"\langle ", r" \rangle")}


def _of_the_loss(draft: Draft, formula: Formula) -> bool:
    """Whether it is the loss, or one step's, that is differentiated: D_t = ∂h_t/∂a_t names no adjoint."""
    right = formula.right
    derivative = right if right is not None and single_derivative(right) is not None else formula.head
    found = [n for n, place, _ in names_in(derivative) if place == "above"] if derivative is not None else []
    name = found[0] if len(found) == 1 else None
    return name is not None and draft.families.parsed(name).key in (draft.loss, replace(draft.loss, arity=1))
