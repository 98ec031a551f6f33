"""The program of a model in a form: besides the gradients of the weights those of data that are asked for, those of the
values before the first step, and the values after the last one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sympy.core.basic import Basic

from ..building import program_from
from ..declarations import Declarations
from ..engines.given import SHORT, Whole
from ..flow import Contribution, Flow, used
from ..formula import harmless
from ..program import Assign, Buffer, Call, Load, Program, Value
from ..schedule import KernelError
from .opened import Opened, owing


def program_in_form(
    opened: Opened, adjoints: Mapping[str, Iterable[Contribution]], gradients: Mapping[str, Basic]
) -> tuple[Program, Declarations]:
    """The program and what it takes; `KernelError` for what has none.

    adjoints, gradients  of the opened model, without λ
    """
    whole = _Form(opened, adjoints)
    if whole.functions:
        names = ", ".join(fun.name for fun, _ in whole.functions)
        raise KernelError(f"{names} of the caller, so there are no lengths, masks or parts")
    flow = whole.flow(gradients)
    flow.made.notes.extend(notes(opened))
    return program_from(flow), flow.made


def notes(opened: Opened) -> list[str]:
    """What the docstring of a kernel says of the form."""
    found = []
    if opened.mask:
        found += [f"{opened.mask}: 1 where a sample has the step, else 0; the data there count for nothing, but are numbers."]
        found += ["Every sample's steps stand at the end, after those that it has not."] if opened.aligned else []
    if opened.ends:
        found.append(f"{opened.ends}: 1 for a sample whose last step is among these, else 0.")
    for state, key in opened.owed.items():
        found += [
            f"{key}: gradient of the loss of later parts by the last {state}; the next part returns it as the one by {state}0.",
            f"Returned too: the gradient by {state}0, and {opened.last[state]}, with which the next part begins.",
        ]
    return [harmless(line) for line in found]


class _Form(Whole):
    def __init__(self, opened: Opened, adjoints: Mapping[str, Iterable[Contribution]]):
        super().__init__(opened.model, owing(opened, adjoints))
        self.opened = opened
        self.given_first = tuple(a.key for a in self.made.initial.values())
        for key in opened.owed.values():  # zero if not given, as values before the first step are
            array = replace(self.made.data.pop(key), optional=True)
            self.made.initial[key] = array
            self.k.buffers[array.name] = replace(self.k.buffers[array.name], optional=True)

    def flow(self, gradients: Mapping[str, Basic]) -> Flow:
        form, made = self.opened.form, self.made
        known = [*made.data, *self.given_first]
        for key in form.wrt:
            if key not in known:
                raise KernelError(f"there is no gradient by {key}; there are those by {', '.join(known)}")
        found = super().flow({} if form.states else gradients)
        wanted = set() if form.states else {*made.parameters, *form.wrt}
        wanted |= set(self.given_first) if form.part and not form.states else set()
        results = {key: self._handed(key, name) for key, name in found.gradients.items() if key in wanted}
        for state, key in self.opened.last.items():
            results[key] = self._last(state, key)
        flow = used(replace(found, buffers=self.k.buffers, operations=tuple(self.k.operations), gradients=results))
        if any(isinstance(o, Assign) and _short(o.value) for o in flow.operations):
            raise KernelError("the loss reads a state one step before the last one, so there is no gradient by h[0]")
        return flow

    def _handed(self, key: str, name: str) -> str:
        """A result in a buffer of its own."""
        b = self.k.buffers[name]
        if b.kind == "gradient":
            return name
        own = self.made.names.new("g", key)
        self.k.buffers[own] = Buffer(own, "gradient", b.time, b.batch, b.legs, told=b.told, key=key)
        self.k.operations.append(Assign(own, Load(name)))
        return own

    def _last(self, state: str, key: str) -> str:
        held = self.k.held["value", state]
        b, own = self.k.buffers[held], self.made.names.new("g", key)
        told = harmless(f"{state} after the last step")
        self.k.buffers[own] = Buffer(own, "gradient", False, b.batch, b.legs, told=told, key=key)
        self.k.operations.append(Assign(own, Load(held, 0, "last")))
        return own


def _short(v: Value) -> bool:
    return isinstance(v, Call) and (v.fun == SHORT or any(_short(a) for a in v.args))
