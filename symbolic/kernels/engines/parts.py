"""From a model and its derivation to the two passes that every engine prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sympy.core.basic import Basic

from ...model import Model
from ..declarations import Declarations
from ..flow import Contribution, used
from ..module_text import Functions, data_arrays
from ..program import Assign, Load, Loop, Program, checked, renamed
from ..sharing import fused, shared
from ..stages import staged
from .frame import Adjoints, comments, recurrences
from .given import LENGTH, STEP, Whole
from .halves import Halves, halves
from .sweeps import swept
from .values import Engine, Values


@dataclass(frozen=True)
class Parts:
    """A program in two halves, and what is told about it.

    rules   the recurrences of the adjoints as lines of text
    """

    made: Declarations
    functions: Functions
    program: Program
    halves: Halves
    values: Values
    told: dict[str, str]
    rules: list[str]

    @property
    def first(self) -> int:
        """The number of the first step."""
        return self.made.model.time.lower if self.made.model.time else 1

    @property
    def arrays(self) -> list[str]:
        """What the module takes, by its names in the code: weights, then data."""
        return [a.name for a in (*self.made.parameters.values(), *data_arrays(self.made))]

    @property
    def keys(self) -> list[str]:
        return [a.key for a in (*self.made.parameters.values(), *data_arrays(self.made))]

    @property
    def states(self) -> dict[str, Load]:
        """What begins the next part of a sequence: key -> the value after the last step."""
        held = {a.key: self.made.held["value", name].name for name, a in self.made.initial.items()}
        return {key: Load(name, 0, "last") for key, name in held.items() if name in self.program.buffers}

    @property
    def results(self) -> list[str]:
        """The gradient of each of them."""
        return [self.program.gradients[key] for key in self.keys]


def parts(
    model: Model, adjoints: Mapping[str, Iterable[Contribution]], gradients: Mapping[str, Basic], engine: Engine
) -> Parts:
    """The passes; `KernelError` for what a program does not express."""
    rules: Adjoints = {name: tuple(r) for name, r in adjoints.items()}
    whole = Whole(model, rules)
    flow = whole.flow(gradients)
    for change in (used, fused, shared):
        flow = change(flow)
    program = _named(swept(staged(flow)))
    given = [f"{name}_{order}" for _, name in whole.functions for order in (0, 1)]
    data = {f.name for f in model.families.values() if f.role not in ("state", "loss")}
    states = [name for kind, name in whole.k.held if kind == "adjoint" and name not in data]
    return Parts(
        flow.made, whole.functions, program, halves(program, [*given, STEP, LENGTH]),
        Values(engine, program.buffers, frozenset(given)),
        comments(flow.made, program), recurrences(flow.made, rules, states),
    )  # fmt: skip


def _named(program: Program) -> Program:
    """What is a result as it stands is computed under the result's name."""
    results, buffers = set(program.gradients.values()), program.buffers
    names: dict[str, str] = {}
    for o in program.operations:
        if isinstance(o, Assign) and o.out in results and isinstance(o.value, Load) and not (o.value.shift or o.value.end):
            b, own = buffers[o.value.buffer], buffers[o.out]
            same = (b.time, b.batch, b.legs, b.before, b.after) == (own.time, own.batch, own.legs, 0, 0)
            if same and b.kind == "work" and b.name not in names and b.name not in results and o.steps.whole and not o.add:
                names[b.name] = o.out
    kept = [o for o in program.operations if not (isinstance(o, Assign) and names.get(getattr(o.value, "buffer", "")) == o.out)]
    operations = tuple(
        replace(o, body=tuple(renamed(s, names) for s in o.body)) if isinstance(o, Loop) else renamed(o, names) for o in kept
    )
    return checked(replace(program, operations=operations))
