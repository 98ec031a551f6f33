"""How a document was understood beyond its own forward equations: the model that is given, the layout, what formulas add."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model import Model
from ..proof.verdict import Entry
from ..reading.document.records import Declarations
from ..reading.inference.explain import adjoint
from ..reading.inference.records import Decision
from ..reading.layouts import OTHER_LAYOUT


def given(models: Sequence[Model]) -> Iterator[Decision]:
    """The forward equations, where they come from elsewhere."""
    for model in models:
        yield Decision("the forward equations", model.title, "", "they are given, with the roles and shapes of all symbols")


def added(before: Sequence[Model], after: Sequence[Model]) -> Iterator[Decision]:
    """What formulas of the document add to the models: zero before the first step, names of adjoints."""
    for old, new in zip(before, after, strict=True):
        for name in sorted(new.zero_initial - old.zero_initial):
            latex = new.families[name].latex
            yield Decision(f"{latex} before the first step", "zero", "a value of its own", "a formula says so")
        for latex, name in new.error_names.items():
            if latex not in old.error_names:
                yield adjoint(latex, new.families[name], new.families[new.loss.name], 0)


def layout(models: Sequence[Model], entries: Sequence[Entry], declared: Declarations) -> Decision:
    """The layout of the gradients."""
    read = next((e.layout for e in entries if e.layout not in (None, "scalar")), None) or models[0].layout
    other = OTHER_LAYOUT[read]
    if declared.layout:
        return Decision("∂L/∂W", f"{read} layout", "", "a declaration says so", 0, f"layout: {read}")
    return Decision("∂L/∂W", f"{read} layout", other, "the formulas conform best so", 0, f"layout: {other}")
