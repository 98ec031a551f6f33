"""A stand-alone NumPy module with the loss and its gradients, for batches of sequences.

    forward     the model's equations, what needs no loop for all steps at once
    backward    δ_t = Σ contributions(t); those of step t + 1 inside the loop, everything else outside
    gradients   ∂L/∂W = Σ over samples and steps, as products of stacked rows

Every name in the code is made here: p for parameters, x for data, s for quantities, d for adjoints, g for gradients,
n for sizes, a for intermediate results, f for functions, with a number and what is left of the given name when all but
ASCII letters and digits is dropped.  Given names stand in string constants (as keys) and, made harmless, in comments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from sympy import Symbol
from sympy.core.basic import Basic

from .. import language as L
from ..model import Family, Model
from .arithmetic import plus
from .arrays import numpy_module
from .building import program_of
from .code import ATOM, Code, Compiler, Held, Mode
from .declarations import Array, Declarations, declared, with_arguments
from .expressions import compiled
from .flow import Contribution
from .formula import formula
from .hoisting import WORTH, hoisted
from .joining import joined
from .lowering import NotLowered
from .module_text import abstract_functions, module, quoted
from .program import Program
from .reductions import reduced
from .schedule import KernelError, NotWritten, Piece, Rule, Stage, Steps, needs, pieces, restricted, schedule
from .stacking import stacked


def numpy_kernel(
    model: Model,
    adjoints: Mapping[str, Iterable[Contribution]],
    gradients: Mapping[str, Basic],
    assumes: Sequence[str] = (),
) -> str:
    """The source of a module with `loss_and_gradients(params, batch)`.

    adjoints   rules of the families whose adjoints stand in the gradients or in other rules
    gradients  of the weights, in their own shapes, of an indexed weight at its own letter; a missing one is zero
    assumes    what the gradients assume of the data, for the module's docstring

    What a program expresses (see `program`) is printed by the NumPy back end of programs, the rest term by term.
    Raises `KernelError` for what has no form for many samples at once.
    """
    rules = {name: tuple(parts) for name, parts in adjoints.items()}
    try:
        program, made = program_of(model, rules, gradients, assumes)
    except NotLowered:
        return printed(model, rules, gradients, assumes)
    try:
        return numpy_source(program, made, assumes)
    except NotWritten:
        return printed(model, rules, gradients, assumes)


def numpy_source(program: Program, made: Declarations, assumes: Sequence[str] = ()) -> str:
    """The source of a module with `loss_and_gradients(params, batch)` of a program, in the quickest form that is written.

    `NotWritten` if none is.  A form that is not well-formed is a fault of the pass that made it, and no reason to go on.
    """
    *quicker, plain = FORMS
    for form in quicker:
        try:
            return _source(form, program, made, assumes)
        except NotWritten:
            continue
    return _source(plain, program, made, assumes)


def _source(form: Form, program: Program, made: Declarations, assumes: Sequence[str]) -> str:
    wide, few = form(program)
    return numpy_module(wide, made, tuple(assumes), few)


def _joined(program: Program) -> tuple[Program, Program | None]:
    wide = stacked(program)
    few = joined(wide)
    return wide, None if few is wide else few


Form = Callable[[Program], tuple[Program, Program | None]]
"""A program for any number of samples, and one for a single sample if there is a quicker one."""

FORMS: tuple[Form, ...] = (_joined, lambda program: (stacked(program), None), lambda program: (program, None))
"""Forms of a program, the quickest first; where one has something that the printer does not write, the next one is taken."""


def printed(
    model: Model,
    adjoints: Mapping[str, Iterable[Contribution]],
    gradients: Mapping[str, Basic],
    assumes: Sequence[str] = (),
) -> str:
    """The same term by term, without a program: for what a program does not express."""
    return _Printer(model, adjoints, gradients, assumes).source()


class _Printer:
    """The state of one printing: what is kept under which name, and the lines so far."""

    def __init__(
        self,
        model: Model,
        adjoints: Mapping[str, Iterable[Contribution]],
        gradients: Mapping[str, Basic],
        assumes: Sequence[str],
    ):
        self.model, self.gradients, self.assumes = model, gradients, assumes
        self.made = declared(model)
        self.equations, inverse, new = with_arguments(model)
        self.families = {**model.families, **new}
        time = model.time
        self.letter: Symbol | None = time.symbol if time else None
        self.length: Symbol | None = time.upper if time else None
        self.lower = time.lower if time else 1
        for f in new.values():
            self.made.depths[f.name] = 0
            rank = len(f.rows) + len(f.cols)
            self.made.held["value", f.name] = Held(self.made.names.new("s", f.name), bool(f.indices), True, rank)
        self.rules = {name: self._adjoint_rule(name, rule) for name, rule in adjoints.items()}
        self.functions = abstract_functions(self.made)
        self.k = Compiler(
            self.made.held, self.made.sizes, self.letter, self.lower, self.length, inverse,
            {(f.name, order): f"{name}_{order}" for f, name in self.functions for order in (0, 1)}, [], set(),
        )  # fmt: skip

    # The parts of the module.

    def source(self) -> str:
        self._forward()
        forward, self.k.lines = self.k.lines, []
        self._backward()
        backward, self.k.lines = self.k.lines, []
        entries = self._gradients()
        body = [
            "# forward", *forward, f"loss = {self._loss()}", "", "# backward", *backward, "",
            "# gradients", *self.k.lines, f"return loss, {{{', '.join(entries)}}}",
        ]  # fmt: skip
        return module(self.made, self.functions, self.k.used, body, self.assumes)

    def _loss(self) -> str:
        held = self.made.held["value", self.model.loss.name]
        return f"{held.name}.sum()" if held.batch else f"B * {held.name}"

    # Forward.

    def _forward(self) -> None:
        rules = [Rule(("value", e.left.name), (Piece(e.right),), bool(e.left.indices)) for e in self.equations]
        for stage in schedule(rules, self.letter):
            if stage.direction < 0:
                raise KernelError(f"{stage.rules[0].target[1]} is computed from later steps")
            if stage.direction:
                self._forward_loop(stage)
            else:
                self._at_once(stage.rules[0])

    def _at_once(self, rule: Rule) -> None:
        name, term = rule.target[1], rule.pieces[0].term
        held = self.made.held[rule.target]
        k = self.k.at(Mode("steps" if rule.timed else "none"))
        code = compiled(k, term)
        self._comment(self.families[name].var, term)
        if held.depth:
            self._allocate(name)
            self.k.lines.append(f"{held.name}[{held.depth}:] = {code.text}")
            return
        text = code.text
        if rule.timed and not code.time:
            text = f"np.broadcast_to({text}, (T, *np.shape({text})))"
        self.k.lines.append(f"{held.name} = {text}")
        self.made.held[rule.target] = Held(held.name, held.time, code.batch, held.rank)

    def _forward_loop(self, stage: Stage) -> None:
        inside = {r.target for r in stage.rules}
        terms = [hoisted(self.k, r.pieces[0].term, inside) for r in stage.rules]
        for r in stage.rules:
            self._allocate(r.target[1])
        self.k.lines.append("for t in range(T):")
        for r, term in zip(stage.rules, terms, strict=True):
            held = self.made.held[r.target]
            code = compiled(self.k.at(Mode("loop")), term)
            place = f"t + {held.depth}" if held.depth else "t"
            told = f"  # {formula(self.families[r.target[1]].var)} = {formula(r.pieces[0].term)}"
            self.k.lines.append(f"    {held.name}[{place}] = {code.text}{told}")

    def _allocate(self, name: str) -> None:
        """An array for all steps, with the values before the first one in place."""
        held = self.made.held["value", name]
        steps = f"T + {held.depth}" if held.depth else "T"
        self.k.lines.append(f"{held.name} = np.empty({self._shape(self.families[name], steps)}, dtype)")
        if held.depth:
            place = "0" if held.depth == 1 else f":{held.depth}"
            given = self.made.initial.get(name)
            text = f"0 if {given.name} is None else {given.name}" if given else "0"
            self.k.lines.append(f"{held.name}[{place}] = {text}")

    def _shape(self, family: Family, steps: str, batch: bool = True) -> str:
        axes = [*([steps] if family.indices else []), *(["B"] if batch else [])]
        axes += [self.k.size(leg) for leg in (*family.rows, *family.cols)]
        return f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"

    def _comment(self, left: Basic, right: Basic) -> None:
        self.k.lines.append(f"# {formula(left)} = {formula(right)}")

    # Backward.

    def _adjoint_rule(self, name: str, contributions: Iterable[Contribution]) -> Rule:
        found: list[Piece] = []
        for term, offset, condition in contributions:
            steps = Steps(stop=offset)
            if condition is not None:
                steps = restricted(steps, (condition,), self.letter, self.lower, self.length)
            found += pieces(term, self.letter, self.lower, self.length, steps)
        return Rule(("adjoint", name), tuple(found), bool(self.model.families[name].indices))

    def _needed(self) -> list[Rule]:
        """The rules that the gradients need, directly or through others."""
        wanted: list[str] = []
        waiting = [name for term in self.gradients.values() for (kind, name), _ in needs(term) if kind == "adjoint"]
        while waiting:
            name = waiting.pop(0)
            if name in wanted:
                continue
            if name not in self.rules:
                raise KernelError(f"the adjoint of {name} is needed but no rule gives it")
            wanted.append(name)
            terms = (p.term for p in self.rules[name].pieces)
            waiting += [n for term in terms for (kind, n), _ in needs(term) if kind == "adjoint"]
        return [self.rules[name] for name in wanted]

    def _backward(self) -> None:
        rules = self._needed()
        for r in rules:
            family = self.model.families[r.target[1]]
            batch = self.made.held["value", family.name].batch
            rank = len(family.rows) + len(family.cols)
            self.made.held[r.target] = Held(self.made.names.new("d", family.name), r.timed, batch, rank)
        stages = schedule(rules, self.letter)
        self.k.shared = self._shared(stages)
        for stage in stages:
            if stage.direction > 0:
                raise KernelError(f"the adjoint of {stage.rules[0].target[1]} needs itself at an earlier step")
            if stage.direction:
                self._backward_loop(stage)
            else:
                self._collect(stage.rules[0], stage.rules[0].pieces)

    def _collect(self, rule: Rule, parts: Sequence[Piece]) -> None:
        """The adjoint as the sum of these pieces, each at its steps."""
        held = self.made.held[rule.target]
        family = self.model.families[rule.target[1]]
        codes = [(p, self._piece(p, held)) for p in parts]
        self.k.lines.append(f"# ∂{formula(family.var)} = {' + '.join(formula(p.term) for p in parts) or '0'}")
        whole = [c for p, c in codes if p.steps.whole]
        rest = [(p, c) for p, c in codes if not p.steps.whole]
        first = plus(whole) if whole else None
        if first and (first.time, first.batch) == (held.time, held.batch) and _is_new(first):
            self.k.lines.append(f"{held.name} = {first.text}")
        else:
            self.k.lines.append(f"{held.name} = np.zeros({self._shape(family, 'T', held.batch)}, dtype)")
            self.k.lines += [f"{held.name} += {first.text}"] if first else []
        for p, c in rest:
            self._add_at(held.name, p.steps, c)

    def _add_at(self, name: str, steps: Steps, code: Code) -> None:
        guard = f"if T >= {steps.shortest}: " if steps.shortest > 1 else ""
        self.k.lines.append(f"{guard}{name}{_slice(steps)} += {code.text}")

    def _piece(self, piece: Piece, held: Held) -> Code:
        k = self.k.at(Mode("steps", piece.steps) if held.time else Mode())
        return compiled(k, piece.term) if held.batch else reduced(k, piece.term, held.time)

    def _backward_loop(self, stage: Stage) -> None:
        inside = {r.target for r in stage.rules}
        loop: list[tuple[Rule, Steps, list[Basic]]] = []
        for r in stage.rules:
            if not self.made.held[r.target].batch:
                raise KernelError(f"the adjoint of {r.target[1]} is shared by all samples but needs a loop")
            recurrent = [p for p in r.pieces if any(t in inside for t, _ in needs(p.term))]
            self._collect(r, [p for p in r.pieces if p not in recurrent])
            groups: dict[Steps, list[Basic]] = {}
            for p in recurrent:
                groups.setdefault(p.steps, []).append(hoisted(self.k, p.term, inside))
            loop += [(r, steps, terms) for steps, terms in groups.items()]
        ranges = {steps for _, steps, _ in loop}
        common = ranges.pop() if len(ranges) == 1 and not next(iter(ranges)).at else None
        low, high = (common.skip, common.stop) if common else (0, 0)
        bounds = f"{low}, " if low else ""
        self.k.lines.append(f"for t in reversed(range({bounds}T{f' - {high}' if high else ''})):")
        for r, steps, terms in loop:
            held = self.made.held[r.target]
            code = plus([compiled(self.k.at(Mode("loop", steps)), term) for term in terms])
            guard = "" if common else _guard(steps)
            line = f"{held.name}[t] += {code.text}"
            self.k.lines += [f"    if {guard}:", f"        {line}"] if guard else [f"    {line}"]

    def _shared(self, stages: Sequence[Stage]) -> frozenset[Basic]:
        """Subterms that several sums over all steps need: computed once."""
        tops: list[Basic] = []
        for stage in stages:
            inside = {r.target for r in stage.rules} if stage.direction else set()
            for r in stage.rules:
                tops += [p.term for p in r.pieces if p.steps.whole and not any(t in inside for t, _ in needs(p.term))]
        for term in self.gradients.values():
            for node in [term, *term.atoms(L.SumOver)]:
                if isinstance(node, L.SumOver):
                    body = node.args[0].xreplace({node.args[1]: self.letter})
                    tops += [p.term for p in pieces(body, self.letter, self.lower, self.length)]
        counts: Counter[Basic] = Counter(tops)
        seen: set[Basic] = set()
        while tops:
            node = tops.pop()
            if node not in seen:
                seen.add(node)
                children = [a for a in node.args if isinstance(a, L.Term)]
                counts.update(children)
                tops += children
        return frozenset(
            t for t, n in counts.items()
            if n > 1 and isinstance(t, WORTH) and len(t.rows) + len(t.cols) <= 1 and not t.has(L.SumOver)
            and not (isinstance(t, L.Product) and sum(not L.is_number(a) for a in t.args) == 1)
        )  # fmt: skip

    # Gradients.

    def _gradients(self) -> list[str]:
        entries = []
        for name, array in self.made.parameters.items():
            family = self.model.families[name]
            result = self.made.names.new("g", name)
            entries.append(f"{quoted(name)}: {result}")
            term = self.gradients.get(name)
            if term is None:
                self.k.lines.append(f"{result} = np.zeros_like({array.name})  # the loss does not depend on it")
                continue
            self._comment(L.Adjoint(family.var), term)
            if family.indices:
                self._gradient_per_step(result, array, term)
            else:
                self.k.lines.append(f"{result} = {reduced(self.k.at(Mode()), term, False).text}")
        return entries

    def _gradient_per_step(self, result: str, array: Array, term: Basic) -> None:
        self.k.lines.append(f"{result} = np.zeros_like({array.name})")
        for p in pieces(term, self.letter, self.lower, self.length):
            code = reduced(self.k.at(Mode("steps", p.steps)), p.term, True)
            self._add_at(result, p.steps, code)


def _is_new(code: Code) -> bool:
    """Whether the code makes an array that nothing else sees, so that it may be added to in place."""
    return code.level != ATOM or code.text.startswith(("linear(", "np.einsum("))


def _slice(steps: Steps) -> str:
    if steps.at:
        return f"[{steps.shift - 1}]" if steps.at == "last" else f"[{steps.shift}]"
    return f"[{steps.skip or ''}:{-steps.stop if steps.stop else ''}]" if steps.skip or steps.stop else ""


def _guard(steps: Steps) -> str:
    if steps.at:
        return f"t == T - {1 - steps.shift}" if steps.at == "last" else f"t == {steps.shift}"
    bounds = [f"t >= {steps.skip}"] if steps.skip else []
    return " and ".join([*bounds, *([f"t < T - {steps.stop}"] if steps.stop else [])])
