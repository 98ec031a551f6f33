"""How a document was understood beyond its own forward equations: the model that is given, the layout, what formulas add."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..model import Model
from ..proof.verdict import Entry
from ..reading.document.differentials import without_differentials
from ..reading.document.gathered import gathered_in_words
from ..reading.document.gradients import gradients_in_words
from ..reading.document.numbers import numbers_in_words
from ..reading.document.passages import Placed, assigned, bare_passages, placed
from ..reading.document.records import Declarations, Document
from ..reading.document.shorthands import with_names
from ..reading.document.steplosses import with_step_losses
from ..reading.inference.explain import adjoint
from ..reading.inference.given import with_declarations
from ..reading.inference.infer import infer_models
from ..reading.inference.records import Decision, Inferred
from ..reading.layouts import OTHER_LAYOUT
from .firststep import with_first_steps
from .twice import defined_twice

ONE_HOT = "label, sums to one"
"""What is declared of a one-hot vector."""


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


def suppositions(items: Sequence[Placed]) -> Iterator[Decision]:
    """What the note supposes: conditions of what follows and no claims, so that they have no entry."""
    for item in items:
        p = item.passage
        if item.formula.assumed and "=" in p.latex and not (p.broken or item.abstract):
            yield Decision(" ".join(p.latex.split()), "a supposition", "a claim", "its sentence supposes it", p.line)


def reworded(document: Document) -> Iterator[Decision]:
    """What was read in another form than it is written in."""
    for r in document.reworded:
        yield Decision(r.written, r.read, "as it is written", r.why, r.line)


def layout_of(models: Sequence[Model], entries: Sequence[Entry], declared: Declarations) -> str:
    """The layout in which the gradients were read."""
    read = next((e.layout for e in entries if e.layout not in (None, "scalar")), None)
    return declared.layout or read or models[0].layout


def decided_layout(models: Sequence[Model], entries: Sequence[Entry], declared: Declarations) -> Decision:
    """The layout of the gradients."""
    read = layout_of(models, entries, declared)
    other = OTHER_LAYOUT[read]
    if declared.layout:
        return Decision("∂L/∂W", f"{read} layout", "", "a declaration says so", 0, f"layout: {read}")
    return Decision("∂L/∂W", f"{read} layout", other, "the formulas conform best so", 0, f"layout: {other}")


def forward_models(document: Document, models: Sequence[Model] = ()) -> Inferred:
    """The models that are given, with what the document declares; without any those that its own equations make."""
    pairs = document.declarations.pairs
    told, names = dict(pairs), [f.latex for m in models for f in m.families.values()]
    pairs = (*pairs, *((name, of) for name, of in gradients_in_words(document.formulas, names) if name not in told))
    if not models:
        labels = dict.fromkeys(r.label for r in document.reworded if r.label)
        pairs = (*pairs, *((label, ONE_HOT) for label in labels if label not in dict(pairs)))
        passages, own = with_step_losses(bare_passages(document))
        numbers, gathered = tuple(numbers_in_words(document.formulas)), gathered_in_words(document.formulas)
        found = infer_models(passages, pairs, document.softmax, numbers, document.accents, gathered)
        return replace(found, assignment=tuple(a for a, there in zip(found.assignment, own, strict=True) if there))
    known, problems = with_declarations(models, pairs, document.accents, bare_passages(document))
    return Inferred(known, assigned(document, known), tuple(given(known)), problems)


def in_layout(models: Sequence[Model], declared: Declarations) -> tuple[Model, ...]:
    """The models in the layout that is declared, if one is."""
    return tuple(replace(m, layout=declared.layout) for m in models) if declared.layout else tuple(models)


def with_formulas(
    document: Document, models: Sequence[Model], chosen: Sequence[int]
) -> tuple[tuple[Model, ...], tuple[Placed, ...], tuple[str, ...]]:
    """The models with what the formulas add to them, the formulas in their places, and the names that mean nothing.

    `chosen`: for each formula the position of its model.
    """
    known = [_modelled(item) for item in placed(document, models, chosen)]
    more, named = with_names(models, known, chosen)
    again = [replace(i, passage=replace(i.passage, model=max(k, 0))) for i, k in zip(known, named, strict=True)]
    twice = defined_twice(models, more, again)
    if twice:
        more, named = with_names(models, known, chosen, twice)
    more = with_first_steps(more, [item.passage for item in known])
    told = (f"line {line}: {latex} is defined here in another way than before" for latex, line in twice.items())
    items = tuple(_modelled(item) for item in placed(document, more, named))
    return more, without_differentials(more, items), tuple(told)


def _modelled(item: Placed) -> Placed:
    if item.passage.model >= 0:
        return item
    missing = "no forward model could be made out for this part of the note"
    return replace(item, passage=replace(item.passage, model=0, broken=item.passage.broken or missing))
