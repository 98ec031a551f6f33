"""A note that nobody prepared -> its forward models.

    passages -> scan (formulas, names, letters) -> families (definitions, error names) -> roles -> shapes -> build

Every decision is kept with its runner-up.  Where the formulas do not determine a model, none is made and it is said why:
an equation without a model is unreadable, which is better than a verdict about another network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction as Rational

from sympy import Symbol

from ...model import Model
from ..records import Passage
from ..repeated import left_out
from ..symbols import SymbolTable
from ..tree import Number
from . import build, roles
from .activations import understand_functions
from .adjoints import declared_adjoints, names_of_adjoints
from .anyloss import any_loss, ends, floating, is_used, sums_steps
from .beginning import begins_late, computed_before, zeros_in_chains
from .build import Draft, NotInferred
from .chosen import with_chosen_entry
from .declared import Declared, declared, of_one_layer, printed_sizes, unknown
from .entries import said_by_equations, told_apart_from_steps
from .explain import explained
from .families import Definition, Families, Key, families_of, forget
from .forms import form_of
from .lines import explained as explained_lines
from .lines import learned, lines_of
from .losses import LOSSES, as_a_whole, at_another_argument, losses_of, not_understood, runs_back, with_step_loss
from .members import members_of, name_members, small_rows
from .names import has_derivative
from .records import Decision, Inferred
from .roles import Info, assign_roles, in_two_fonts, infos_of, names_of_definition, parts_of_loss, reachable, wants_of
from .scan import scan
from .scopes import scopes
from .sections import sections, within
from .shapes import MAX_CANDIDATES, Solution, as_number, divides, multiplied, named, of_a_matrix, solve, turned_entry, weighs
from .sizes import Form

NO_FORWARD_EQUATIONS = "no forward equations were found"

UNSAID = (computed_before, begins_late, told_apart_from_steps, said_by_equations)
"""Checks of a model against its note; each raises `NotInferred` where an equation is missing or may mean two things."""


def infer_models(
    passages: Sequence[Passage], declarations: Sequence[tuple[str, str]] = (), softmax: str = "", numbers: Sequence[str] = (),
    accents: frozenset[str] = frozenset(), gathered: Sequence[tuple[str, str, str]] = (),
) -> Inferred:  # fmt: skip
    """The forward models of a note; nothing is raised about its formulas.

    `declarations` are the lines of its block, such as ("W", "R^{n x m}"), ("x_t", "input"), ("sigma", "tanh").  Its words say:
    `softmax`, of which lines of a matrix it is taken, "rows" or "columns", `numbers`, the LaTeX of what is one, `accents`,
    those that name gradients, and `gathered`, the LaTeX of what is made of others.
    """
    lines = declared(passages, declarations, numbers, accents, gathered)
    scanned = scan(passages)
    families = families_of(scanned)
    first = _inferred(passages, lines, families, softmax)
    if first.models and not small_rows(first):
        return first
    others = (_inferred(passages, lines, families_of(scanned, frozenset({m})), softmax) for m in members_of(families))
    if first.models:
        return min((first, *(o for o in others if o.models)), key=small_rows)
    return next((o for o in others if o.models), first)


def _inferred(passages: Sequence[Passage], lines: Declared, families: Families, softmax: str) -> Inferred:
    """The forward models under one understanding of what the index letters count."""
    forget(families, declared_adjoints(families, lines)[0])
    families.boundaries += zeros_in_chains(families)
    models: list[Model] = []
    assignment = [-1] * len(passages)
    explanations: list[Decision] = []
    begun = tuple(sections(families))
    parts = scopes(families, begun)
    problems = [*families.problems, *lines.problems, *unknown(families, lines)]
    for start, definitions in parts:
        try:
            model, decisions, open_points = _understood(within(families, begun, start), lines, definitions, softmax)
        except NotInferred as error:
            problems.append(str(error))
            assignment[start:] = [-1] * (len(passages) - start)
            continue
        assignment[start:] = [len(models)] * (len(passages) - start)
        models.append(model)
        explanations += decisions
        problems += open_points
    if models:
        assignment = [max(a, 0) if k < _first(assignment) else a for k, a in enumerate(assignment)]
    return Inferred(tuple(models), tuple(assignment), tuple(explanations), tuple(dict.fromkeys(problems)))


def _understood(
    families: Families, lines: Declared, definitions: Mapping[Key, Definition], softmax: str
) -> tuple[Model, list[Decision], list[str]]:
    """The model of a scope.  An equation that is not understood is left out where no other rests on it.

    Where what stands above ∂ has no letter of a loss, as in ∂p/∂z for p = softmax(z), and is no number, the note has no loss.
    Raises `NotInferred` as `_Scope` does.
    """
    left_out: list[str] = []
    while True:
        scope = _Scope(families, lines, definitions, softmax)
        try:
            model, decisions, problems = scope.model()
            return model, decisions, [*left_out, *problems]
        except NotInferred as error:
            used = {key for d in definitions.values() for _, key in names_of_definition(families, d) if key != d.key}
            if error.key is None or error.key in used or error.key not in definitions or len(definitions) == 1:
                if scope.loss is None or scope.loss.letter in LOSSES:
                    raise
                try:
                    model, decisions, problems = _Scope(families, lines, definitions, softmax, has_loss=False).model()
                except NotInferred:
                    raise error from None
                return model, decisions, [*left_out, *problems]
            definitions = {k: d for k, d in definitions.items() if k != error.key}
            left_out.append(f"{error}; it is left out")


def _first(assignment: Sequence[int]) -> int:
    """Passages before the first model belong to it."""
    return next((k for k, a in enumerate(assignment) if a >= 0), 0)


class _Scope:
    """One scope on its way to a model."""

    def __init__(
        self, families: Families, lines: Declared, definitions: Mapping[Key, Definition], softmax: str, has_loss: bool = True
    ):
        self.families, self.lines, self.all, self.softmax, self.has_loss = families, lines, definitions, softmax, has_loss
        self.loss: Key | None = None
        self.lengths = set(families.lengths) | printed_sizes(lines, definitions)
        self.decisions: list[Decision] = []
        self.problems: list[str] = []

    def model(self) -> tuple[Model, list[Decision], list[str]]:
        draft, step = self.draft()
        self.decisions += understand_functions(draft, self.lines)
        provisional = build.provisional(draft)
        pairs = self.pairs(draft, provisional)
        claims = list(self.claims(draft, provisional))
        scalars = {draft.loss, *([step] if step else [])}
        solution = self.shapes(draft, pairs, claims, scalars)
        numbers = {key for key, info in draft.infos.items() if solution.kinds.get(info.name) == "scalar"}
        losses = parts_of_loss(self.families, draft.definitions, scalars, numbers)
        in_loss = {key for d in losses for _, key in names_of_definition(self.families, d)}
        self.declared_roles(draft)
        said = {key for key, info in draft.infos.items() if info.role}
        factors = set().union(*(multiplied(form) for _, form in pairs))
        assign_roles(draft.infos, solution.kinds, in_loss, draft.loss, factors)
        letters = {o.name.letter.name.removeprefix("\\") for o in self.families.scan.occurrences}
        names = named(solution, [], letters | self.families.scan.letters.indices)
        taken = lines_of(draft, losses, pairs, solution, self.softmax)
        name_members(draft, solution, pairs, names, taken.way)
        model = replace(build.with_shapes(draft, solution, names), lines=taken.way, by_custom=bool(taken.grade))
        self.decisions += explained_lines(taken)
        draft.errors = names_of_adjoints(draft, model, self.lines)[0]
        model = replace(model, error_names=draft.errors)
        equations = build.equations_of(draft, model)
        model, equations = with_chosen_entry(model, equations)
        if draft.unsaid:
            outputs = " and ".join(model.families[v.name].latex for v in ends(draft, equations))
            model = replace(model, any_loss=f"{draft.infos[draft.loss].latex} is any loss of {outputs}")
            equations[:0] = any_loss(draft, model, equations, step)
        if step is not None and draft.loss not in draft.definitions:
            equations.append(build.sum_over_steps(draft, model, step))
        beside = {d.key: d for d in reversed(self.families.slopes)} | dict(self.all)
        spare = {k: d for k, d in beside.items() if k not in draft.definitions and k not in draft.infos and build.is_spelled(k)}
        spare = dict(sorted(spare.items(), key=lambda item: (item[1].formula.passage, item[1].formula.link.place)))
        infos = infos_of(self.families, {**draft.definitions, **spare}, self.lengths)
        by = declared_adjoints(self.families, self.lines)[1]
        model, equations = build.helpers(draft, model, equations, spare, infos, by)
        errors, decisions, problems = names_of_adjoints(draft, model, self.lines)
        model = replace(model, error_names={**draft.errors, **errors})
        self.decisions += decisions
        self.problems += problems
        model = replace(model, stands_for=build.stands_for(draft, model))
        result = build.finished(draft, model, equations)
        for check in UNSAID:
            check(self.families, draft, result, self.lines)
        self.decisions += explained(draft, result, solution, self.rival, said, losses_of(self.families))
        return result, self.decisions, [*self.problems, *draft.problems]

    def draft(self) -> tuple[Draft, Key | None]:
        """The equations on which the loss depends, and the families in them."""
        families = self.families
        said = next((families.parsed(name).key for name, role in self.lines.roles if role == "loss"), None)
        definitions, loss = with_step_loss(families, self.all, said)
        self.loss = loss
        if not self.has_loss:
            return self.without_loss(None)
        step: Key | None = None
        if loss is not None and loss.arity:
            step, loss = loss, replace(loss, arity=0)
        if loss is not None and loss not in definitions:
            step = step or replace(loss, arity=1)
        if loss is None or (loss not in definitions and step not in definitions):
            return self.without_loss(loss)
        own = reachable(families, definitions, loss if loss in definitions else step or loss)
        step = step or next((k for k in own if k == replace(loss, arity=1)), None)
        if step is not None and step not in own:
            return self.without_loss(loss)
        infos = infos_of(families, own, self.lengths)
        unsaid = infos.get(replace(loss, arity=1))
        if unsaid is not None and not unsaid.defined:
            return self.without_loss(loss)
        if any(k.arity > 1 for k in infos):  # Σ_t log p_{t, y_t}: the states may be plain all the same
            states = {k: d for k, d in self.all.items() if k not in (loss, step)}
            if states and all(k.arity < 2 for k in infos_of(families, states, self.lengths)):
                return self.without_loss(loss)
        if loss not in infos:
            infos = {**infos, **self.unwritten_loss(loss, infos)}
        return self.drafted(own, infos, loss), step

    def without_loss(self, loss: Key | None) -> tuple[Draft, Key | None]:
        """A model of the states, and any loss of them: what the note does not say of its loss cannot be judged."""
        whole = Key("loss", frozenset(), (), 0) if loss is None else replace(loss, arity=0)
        step = None if loss is None or not is_used(self.families, k := replace(loss, arity=1)) else k
        own = {k: d for k, d in self.all.items() if loss is None or k.letter != loss.letter}
        own = {k: d for k, d in own.items() if k not in self.families.joined}
        own = {k: d for k, d in own.items() if k not in floating(self.families, own, loss)} or own
        if not own:
            raise NotInferred(NO_FORWARD_EQUATIONS)
        if step is not None and sums_steps(self.families, self.all, whole, step):
            own[whole] = self.all[whole]
        infos = infos_of(self.families, own, self.lengths)
        if loss is None:
            infos[whole] = Info(whole, build.free_name("loss", infos), r"\text{loss}", defined=True)
        for key in (whole, *([step] if step else [])):
            infos = infos if key in infos else {**infos, **self.unwritten_loss(key, infos)}
            infos[key].defined = True
        draft = self.drafted(own, infos, whole)
        if step is not None and draft.index is None:
            raise NotInferred(f"no formula says what {infos[step].latex} is, and no index counts its steps")
        draft.unsaid = True
        if loss is not None:
            latex = infos[whole].latex
            self.problems.append(f"no formula says what {latex} is; formulas for its gradient are judged for any loss")
        return draft, step

    def drafted(self, own: dict[Key, Definition], infos: dict[Key, Info], loss: Key) -> Draft:
        """The draft, if its names are understood.  Raises `NotInferred`."""
        families = self.families
        if not all(map(build.is_spelled, infos)):
            raise NotInferred("a script in a forward equation is not understood")
        if (length := next((k for k in own if k not in infos), None)) is not None:
            raise NotInferred(f"line {own[length].formula.line}: an equation defines {length.letter}, a length", length)
        if (two := in_two_fonts(families, own)) is not None:
            raise NotInferred(f"line {two[2]}: {two[1]} may be the {two[0]} of another equation; use one font or two letters")
        if (told := roles.in_primes(families, own)) is not None:
            raise NotInferred(told)
        for info in infos.values():
            if not info.defined and (formula := not_understood(families, info.key)) is not None:
                later = ": it runs back from the last step" if runs_back(families, info.key, formula) else ""
                told = f"line {formula.line}: the equation for {info.latex} is not understood as a forward equation"
                raise NotInferred(told + later)
            if (whole := as_a_whole(families, info.key)) is not None and info.key not in own:
                told = f"line {whole.formula.line}: {whole.key.letter} is defined as a whole"
                raise NotInferred(f"{told}, and {info.latex} is used one by one; say what each {info.latex} is")
        if (called := at_another_argument(families, own)) is not None:
            line, head, use = called
            told = f"line {line}: {head} defines a function, and {use} is a value of it at another place"
            raise NotInferred(f"{told}; give that value a name, as in h^{{(i)}} = …")
        for key, d in own.items():
            labels = {x for _, k in names_of_definition(families, d) if k != key for x in k.labels}
            if len(key.labels) == 1 and (j := left_out(key.labels[0], labels)):
                told = f"line {d.formula.line}: {infos[key].latex} may be the sum over {j}, or one product of single numbers"
                raise NotInferred(f"{told}; write Σ, or say that repeated indices are summed over")
        if any(k.arity > 1 for k in infos):
            raise NotInferred("two running indices on one quantity; only one (time or layer) is understood")
        self.problems += [d.repair for d in own.values() if d.repair]
        taken = {o.name.letter.name.removeprefix("\\") for o in families.scan.occurrences}
        draft = Draft(families, own, infos, loss, build.index_of(families, own, taken))
        for info in infos.values():
            info.declared = self.declared_sides(info.key)
            info.kinds = next((k for name, k in self.lines.kinds if families.parsed(name).key == info.key), ())
        return draft

    def unwritten_loss(self, loss: Key, infos: Mapping[Key, Info]) -> dict[Key, Info]:
        """The loss of a note that only defines the loss of one step; it stands above ∂, or nowhere."""
        formula = next(iter(self.all.values())).formula
        info = infos_of(self.families, {loss: Definition(formula, None, loss, "", _NOTHING)}, set())[loss]
        info.defined, info.name = True, build.free_name(info.name, infos)
        return {loss: info}

    def declared_sides(self, key: Key) -> tuple:
        for name, sides, _ in self.lines.shapes:
            parsed = self.families.parsed(name)
            same = (parsed.key.letter, parsed.key.accents, parsed.key.labels) == (key.letter, key.accents, key.labels)
            if same and key.arity in (parsed.key.arity, parsed.components):
                counters = self.families.times | self.families.lengths
                return tuple(of_one_layer(side, counters, self.families.canonical) for side in sides)
        return ()

    def declared_roles(self, draft: Draft) -> None:
        for name, role in self.lines.roles:
            info = draft.infos.get(self.families.parsed(name).key)
            if info is None:
                continue
            if info.defined != (role in ("state", "loss")):
                line = f"line {draft.definitions[info.key].formula.line} defines it" if info.defined else "nothing defines it"
                self.problems.append(f"{info.latex} is declared {role}, but {line}")
            elif not info.defined:
                info.role = role
        for name in self.lines.sums:
            info = draft.infos.get(self.families.parsed(name).key)
            if info is not None:
                draft.sums.add(info.name)

    # shapes

    def with_sizes(self, table: SymbolTable) -> SymbolTable:
        """The table with the sizes that the note prints, before any family has them."""
        table.sizes |= {name: Symbol(name) for name in self.lengths - set(table.lengths)}
        return table

    def pairs(self, draft: Draft, model: Model) -> list[tuple[Form, Form]]:
        result = []
        for key, definition in draft.definitions.items():
            table = self.with_sizes(SymbolTable(model, draft.where(definition)))
            form = form_of(table, definition.formula.source, definition.right)
            if form is None:
                what = definition.formula.text(definition.right)
                raise NotInferred(f"line {definition.formula.line}: the forward equation … = {what} is not understood", key)
            if told := turned_entry(form):
                raise NotInferred(f"line {definition.formula.line}: {told}", key)
            left: Form = ("family", draft.infos[key].name)
            result.append((("entry", left, (definition.component,)) if definition.component else left, form))
        return result

    def claims(self, draft: Draft, model: Model) -> Iterator[tuple[Form, Form]]:
        """The equations that hold derivatives or error names, as evidence."""
        errors = {latex: target for latex, target, _ in build.error_names(draft, model)}
        table = self.with_sizes(SymbolTable(replace(model, error_names=errors)))
        for formula in self.families.scan.formulas:
            if formula.head is None or formula.right is None or formula.link.problem:
                continue
            if any(formula is d.formula for d in draft.definitions.values()):
                continue
            forms = [form_of(table, formula.source, node) for node in (formula.head, formula.right)]
            if None not in forms and (has_derivative(formula.head) or has_derivative(formula.right) or errors):
                yield forms[0] or (), forms[1] or ()

    def shapes(
        self, draft: Draft, pairs: list[tuple[Form, Form]], claims: list[tuple[Form, Form]], scalars: set[Key]
    ) -> Solution:
        """The best assignment of shapes.  Raises `NotInferred` where there is none, or two as good as each other."""
        totals = {draft.infos[k].name for k in scalars}
        wants = learned(draft, [as_number(want, totals, pairs) for want in wants_of(draft.infos, scalars)])
        solutions = solve(wants, pairs, claims)
        solutions = of_a_matrix(solutions[0] if solutions else None, wants, pairs, claims) or solutions
        if not solutions:
            fixed = ", ".join(i.latex for i in draft.infos.values() if i.declared or i.kinds)
            told = f"with the shapes declared of {fixed}" if fixed else "declare them in the block"
            raise NotInferred(f"the forward equations conform under no shapes of their quantities; {told}")
        best = solutions[0]
        rival = next((s for s in solutions[1:MAX_CANDIDATES] if s.kinds != best.kinds), None)
        if rival is not None and rival.cost - best.cost < 1:
            name = next(n for n in best.kinds if best.kinds[n] != rival.kinds[n])
            info = next(i for i in draft.infos.values() if i.name == name)
            names = {k: {n for _, n in names_of_definition(self.families, d)} for k, d in draft.definitions.items()}
            using = [k for k, used in names.items() if info.key in used]
            choice = f"{info.latex} may be a {best.kinds[name]} or a {rival.kinds[name]}"
            raise NotInferred(
                f"{choice}, and nothing in the note decides; declare it, as in {info.latex}: {best.kinds[name]}",
                using[0] if len(using) == 1 and not info.defined else None,
            )
        numbers = [
            i.latex for i in draft.infos.values()
            if i.upper and not i.defined and best.kinds[i.name] == "scalar" and not (i.declared or i.kinds)
            and not divides(i.name, pairs) and not weighs(i.name, totals, pairs)
        ]
        if numbers:
            are = "are numbers" if len(numbers) > 1 else "is a number"
            raise NotInferred(
                f"the forward equations conform only if {', '.join(numbers)} {are}; declare that ({numbers[0]}: scalar), "
                "or write products entry by entry with \\odot"
            )
        self.rival = rival
        return best


_NOTHING = Number(0, 0, Rational(0))
