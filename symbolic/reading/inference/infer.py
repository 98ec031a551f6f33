"""A note that nobody prepared -> its forward models.

    passages -> scan (formulas, names, letters) -> families (definitions, error names) -> roles -> shapes -> build

Every decision is kept with its runner-up.  Where the formulas do not determine a model, none is made and it is said why:
an equation without a model is unreadable, which is better than a verdict about another network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction as Rational

from ...language import describe
from ...model import Model
from ..records import Passage
from ..symbols import Scope, SymbolTable
from ..tree import Number
from . import build
from .activations import understand_functions
from .build import Draft, NotInferred
from .declared import Declared, declared
from .families import Definition, Families, Key, families_of
from .forms import form_of
from .functions import shape
from .losses import not_understood, with_step_loss
from .names import has_derivative
from .records import Decision, Inferred
from .roles import Info, assign_roles, infos_of, names_of_definition, reachable, wants_of
from .scan import scan
from .shapes import MAX_CANDIDATES, Solution, multiplied, named, solve
from .sizes import Form


def infer_models(passages: Sequence[Passage], declarations: Sequence[tuple[str, str]] = ()) -> Inferred:
    """The forward models of a note; nothing is raised about its formulas.

    `declarations` are the lines of its block, such as ("W", "R^{n x m}"), ("x_t", "input"), ("sigma", "tanh").
    """
    families = families_of(scan(passages))
    lines = declared(passages, declarations)
    models: list[Model] = []
    assignment = [-1] * len(passages)
    explanations: list[Decision] = []
    problems = [*families.problems, *lines.problems]
    for start, definitions in _scopes(families):
        try:
            model, decisions, open_points = _Scope(families, lines, definitions).model()
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


def _first(assignment: Sequence[int]) -> int:
    """Passages before the first model belong to it."""
    return next((k for k, a in enumerate(assignment) if a >= 0), 0)


def _scopes(families: Families) -> list[tuple[int, dict[Key, Definition]]]:
    """(first passage, definitions) of each scope: another right side with other leaves opens one."""
    scopes: list[tuple[int, dict[Key, Definition]]] = [(0, {})]
    own: set[Key] = set()
    for definition in families.definitions:
        _, current = scopes[-1]
        before = current.get(definition.key)
        if before is None or definition.key not in current:
            current[definition.key] = definition
            own.add(definition.key)
        elif shape(before.right) != shape(definition.right) and _other_leaves(families, current, before, definition):
            if definition.key in own:
                scopes.append((definition.formula.passage, {**current, definition.key: definition}))
                own = {definition.key}
            else:
                current[definition.key] = definition
                own.add(definition.key)
    return scopes


def _other_leaves(families: Families, current: Mapping[Key, Definition], one: Definition, other: Definition) -> bool:
    """Whether two right sides rest on different leaves, so that they describe two networks."""

    def leaves(definition: Definition) -> set[Key]:
        found, stack = set(), [definition]
        seen = {definition.key}
        while stack:
            for _, key in names_of_definition(families, stack.pop()):
                if key not in seen:
                    seen.add(key)
                    stack += [current[key]] if key in current else []
                    found |= {key} if key not in current else set()
        return found

    first, second = leaves(one), leaves(other)
    return not first <= second and not second <= first


class _Scope:
    """One scope on its way to a model."""

    def __init__(self, families: Families, lines: Declared, definitions: Mapping[Key, Definition]):
        self.families, self.lines, self.all = families, lines, definitions
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
        losses = [draft.definitions[s] for s in scalars if s in draft.definitions]
        in_loss = {key for d in losses for _, key in names_of_definition(self.families, d)}
        self.declared_roles(draft)
        factors = set().union(*(multiplied(form) for _, form in pairs))
        assign_roles(draft.infos, solution.kinds, in_loss, draft.loss, factors)
        letters = {o.name.letter.name.removeprefix("\\") for o in self.families.scan.occurrences}
        names = named(solution, [], letters | self.families.scan.letters.indices)
        model = build.with_shapes(draft, solution, names)
        draft.errors = self.errors(draft, model)
        model = replace(model, error_names=draft.errors)
        equations = build.equations_of(draft, model)
        if step is not None and draft.loss not in draft.definitions:
            equations.append(build.sum_over_steps(draft, model, step))
        elif draft.loss not in draft.definitions:
            equations.append(build.any_loss(draft, model, equations))
        spare = {k: d for k, d in self.all.items() if k not in draft.definitions and k not in draft.infos}
        infos = infos_of(self.families, {**draft.definitions, **spare}, set(self.families.lengths))
        model, equations = build.helpers(draft, model, equations, spare, infos)
        if set(draft.errors) - set(errors := self.errors(draft, model)) or errors:
            model = replace(model, error_names={**draft.errors, **errors})
        model = replace(model, stands_for=build.stands_for(draft, model))
        result = build.finished(draft, model, equations)
        self.explain(draft, result, solution)
        return result, self.decisions, [*self.problems, *draft.problems]

    def draft(self) -> tuple[Draft, Key | None]:
        """The equations on which the loss depends, and the families in them."""
        families = self.families
        definitions, loss = with_step_loss(families, self.all)
        step: Key | None = None
        if loss is not None and loss.arity:
            step, loss = loss, replace(loss, arity=0)
        if loss is not None and loss not in definitions:
            step = step or replace(loss, arity=1)
        if loss is None or (loss not in definitions and step not in definitions):
            return self.without_loss(loss), None
        own = reachable(families, definitions, loss if loss in definitions else step or loss)
        step = step or next((k for k in own if k == replace(loss, arity=1)), None)
        if step is not None and step not in own:
            return self.without_loss(loss), None
        infos = infos_of(families, own, set(families.lengths))
        unsaid = infos.get(replace(loss, arity=1))
        if unsaid is not None and not unsaid.defined:
            return self.without_loss(loss), None
        if loss not in infos:
            infos = {**infos, **self.unwritten_loss(loss, infos)}
        return self.drafted(own, infos, loss), step

    def without_loss(self, loss: Key | None) -> Draft:
        """A model of the states alone: what the note says of its loss cannot be judged, the rest can."""
        own = {k: d for k, d in self.all.items() if loss is None or k.letter != loss.letter}
        own = {k: d for k, d in own.items() if k not in self.families.joined}
        if not own:
            raise NotInferred("no forward equations were found")
        if loss is not None:
            self.problems.append(f"no formula says what {loss.letter} is, so nothing about its gradient is judged")
        infos = infos_of(self.families, own, set(self.families.lengths))
        made_up = Key("loss", frozenset(), (), 0)
        infos[made_up] = Info(made_up, build.free_name("loss", infos), r"\text{loss}", defined=True)
        return self.drafted(own, infos, made_up)

    def drafted(self, own: dict[Key, Definition], infos: dict[Key, Info], loss: Key) -> Draft:
        """The draft, if its names are understood.  Raises `NotInferred`."""
        families = self.families
        if any("?" in label for k in infos for label in k.labels):
            raise NotInferred("a script in a forward equation is not understood")
        for info in infos.values():
            if not info.defined and (formula := not_understood(families, info.key)) is not None:
                raise NotInferred(f"line {formula.line}: the equation for {info.latex} is not understood as a forward equation")
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
                return sides
        return ()

    def declared_roles(self, draft: Draft) -> None:
        for name, role in self.lines.roles:
            info = draft.infos.get(self.families.parsed(name).key)
            if info is not None and not info.defined:
                info.role = role
        for name in self.lines.sums:
            info = draft.infos.get(self.families.parsed(name).key)
            if info is not None:
                draft.sums.add(info.name)

    # shapes

    def pairs(self, draft: Draft, model: Model) -> list[tuple[Form, Form]]:
        result = []
        for key, definition in draft.definitions.items():
            table = SymbolTable(model, draft.where(definition))
            form = form_of(table, definition.formula.source, definition.right)
            if form is None:
                what = definition.formula.text(definition.right)
                raise NotInferred(f"line {definition.formula.line}: the forward equation … = {what} is not understood")
            left: Form = ("family", draft.infos[key].name)
            result.append((("entry", left, (definition.component,)) if definition.component else left, form))
        return result

    def claims(self, draft: Draft, model: Model) -> Iterator[tuple[Form, Form]]:
        """The equations that hold derivatives or error names, as evidence."""
        errors = {latex: target for latex, target, _ in build.error_names(draft, model)}
        table = SymbolTable(replace(model, error_names=errors))
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
        solutions = solve(wants_of(draft.infos, scalars), pairs, claims)
        if not solutions:
            raise NotInferred("the forward equations conform under no shapes of their quantities; declare them in the block")
        best = solutions[0]
        rival = next((s for s in solutions[1:MAX_CANDIDATES] if s.kinds != best.kinds), None)
        if rival is not None and rival.cost - best.cost < 1:
            name = next(n for n in best.kinds if best.kinds[n] != rival.kinds[n])
            latex = next(i.latex for i in draft.infos.values() if i.name == name)
            raise NotInferred(
                f"{latex} may be a {best.kinds[name]} or a {rival.kinds[name]}, and nothing in the note decides; declare it"
            )
        numbers = [
            i.latex for i in draft.infos.values()
            if i.upper and not i.defined and best.kinds[i.name] == "scalar" and not (i.declared or i.kinds)
        ]
        if numbers:
            raise NotInferred(
                f"the forward equations conform only if {', '.join(numbers)} are numbers; say so in the block, or write "
                "products entry by entry with \\odot"
            )
        self.rival = rival
        return best

    # names of adjoints

    def errors(self, draft: Draft, model: Model) -> dict[str, str]:
        found: dict[str, str] = {}
        plain = replace(model, error_names={})
        for latex, target, line in build.error_names(draft, plain):
            if latex in found and found[latex] != target:
                self.problems.append(f"line {line}: {latex} is the name of two adjoints; only the first is used")
            elif latex not in found:
                found[latex] = target
                what = f"the adjoint of {model.families[target].latex}"
                self.decisions.append(Decision(latex, what, "", "its definition", line))
        for latex, by in self.lines.errors:
            match = SymbolTable(plain).match(by, Scope())
            if match is not None and match.pattern.kind == "family":
                found[latex] = match.pattern.target
        return found

    def explain(self, draft: Draft, model: Model, solution: Solution) -> None:
        for info in draft.infos.values():
            family = model.families[info.name]
            second = self.rival.kinds[info.name] if self.rival is not None else ""
            runner_up = second if second != solution.kinds[info.name] else ""
            definition = draft.definitions.get(info.key)
            why = "its equation" if definition else "it is never defined"
            self.decisions.append(
                Decision(
                    info.latex, f"{family.role}, {describe((family.rows, family.cols))}", runner_up, why,
                    definition.formula.line if definition else 0,
                )
            )  # fmt: skip


_NOTHING = Number(0, 0, Rational(0))
