"""The whole flow on one page.

    passages --read--> claims (every reading as terms) --work out--> terms without derivatives --judge--> entries

    reading      LaTeX, with the names of the forward model        -> claims
    derivation   the model's adjoints, gradients, Jacobians         -> facts, and every ∂ inside a claim worked out
    proof        the prover (for all sizes and lengths), the oracle (real forward passes), the judge -> verdicts
    judging      a claim and a model -> an entry; rules about the whole note; letters of functions; what is wrong and its repair
    here         the order of it all
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from .judging.bounded import with_bounds
from .judging.checked import NO_EQUATIONS, NO_MODEL, NOT_DETERMINED, NOT_FOUND, OPEN_MODEL, Checked, unmade
from .judging.described import described, with_other_values
from .judging.diagnosed import diagnosed
from .judging.functions import told, with_functions
from .judging.general import Judge
from .judging.identities import named_by_slope
from .judging.keeping import keeper, kept
from .judging.kernel import kernel_source, lambdify
from .judging.notes import all_ignored, inherited, without_ignored
from .judging.rules import claims_of, entries_of, left_out
from .judging.statements import in_order, judged_statement
from .judging.understood import (
    added,
    decided_layout,
    forward_models,
    given,
    in_layout,
    layout_of,
    reworded,
    suppositions,
    with_formulas,
)
from .judging.unread import under_conditions
from .judging.workshop import derive
from .model import Model
from .proof.verdict import Entry, Verdicts
from .reading import Note, Passage
from .reading.document.aside import set_aside
from .reading.document.files import kind_of_text
from .reading.document.passages import cases_of
from .reading.document.read import read_document
from .reading.document.records import NOTHING_DECLARED, Declarations, Document
from .reading.inference.given import with_declarations
from .reading.unsaid import meant, unsaid
from .showing.latex import latex as printed
from .showing.notebook import judged_as_html, judged_as_text, shows

__all__ = [
    "Checked", "check_document", "check_formula", "check_note", "derive", "kernel_source", "lambdify", "models_of", "read_note",
]  # fmt: skip

shows(Checked, judged_as_text, judged_as_html)


def check_note(note: Note) -> Verdicts:
    """The verdicts on all equations of a note, in its order."""
    return Verdicts(checked_note(note).entries)


def checked_note(note: Note, declared: Declarations = NOTHING_DECLARED) -> Checked:
    """The verdicts on a note whose forward models are given, with everything that is understood of it."""
    models, problems = with_declarations(in_layout(note.models, declared), declared.pairs)

    def entries_under(models: Sequence[Model], judge: Judge) -> tuple[Entry, ...]:
        claims, layout = claims_of(models, note.passages, declared)
        found = (judge(claim, models[claim.model], layout) for claim in claims)
        cases = [cases_of(note.passages[claim.passage]) for claim in claims]
        return inherited(claims, [under_conditions(e, (), c) for e, c in zip(found, cases, strict=True)])

    texts = [p.latex for p in note.passages]
    entries = with_functions(models, texts, entries_under, finds=False).entries
    layout = layout_of(models, entries, declared)
    entries = in_order((*entries, *(judged_statement(s, models, layout) for s in note.statements)))
    entries = diagnosed(models, note.passages, entries, layout, printed)
    decisions = (*given(models), decided_layout(models, entries, declared))
    return Checked(entries, models, problems, decisions, set_aside(note.passages, models))


def check_document(document: Document, models: Sequence[Model] = ()) -> Checked:
    """The verdicts on all equations of a document; without models they are inferred from its own forward equations."""
    if not any("=" in f.text for f in document.formulas):
        return Checked((), tuple(models), (NO_EQUATIONS,))
    declared, inferring, forward = document.declarations, not models, forward_models(document, models)
    if not forward.models:
        unwanted = all_ignored(document)
        return Checked((), (), () if unwanted else unmade(forward.problems, NO_MODEL, OPEN_MODEL), ignored=unwanted)
    first = in_layout(forward.models, declared)
    more, items, twice = with_formulas(document, first, forward.assignment)
    passages = [item.passage for item in items]
    items = with_other_values(items, forward.explanations)
    texts, unclear = [p.latex for p in passages], described(more, items)

    def entries_under(models: Sequence[Model], judge: Judge) -> tuple[Entry, ...]:
        return entries_of(models, items, declared, judge, inferring)

    found = with_functions(more, texts, entries_under, inferring, unclear)
    entries = named_by_slope(found.entries, forward.explanations) if inferring else found.entries
    layout = layout_of(first, entries, declared)
    entries = diagnosed(found.models, passages, entries, layout, printed)
    entries = with_bounds(entries, found.models, items, document, layout)
    known = told(forward.explanations, more, found.rows)
    said = (*reworded(document), *suppositions(items))
    decisions = (*known, *added(first, more[: len(first)]), *said, decided_layout(more, entries, declared))
    others = left_out(more, items, declared, entries)
    entries, ignored = without_ignored(entries, document.ignored)
    aside = set_aside(passages, more)
    problems, rows = (*forward.problems, *twice), tuple(found.rows.items())
    return Checked(entries, found.models, problems, decisions, aside, ignored, rows, others)


def read_note(text: str, kind: str = "", models: Sequence[Model] = (), repairs: bool = False) -> Checked:
    """The verdicts on a note given as text; `kind` is guessed from the text unless it is said.

    `repairs`: refuted equations get a cause and, where one is found, a proved repair, which takes longer.
    Raises `DocumentError` for a text that cannot be read at all.

    >>> from derivations.tanh_rnn import MODEL
    >>> checked = read_note(r"Surely $\\frac{\\partial L}{\\partial o^{(t)}} = \\hat y^{(t)} - y^{(t)}$.", models=[MODEL])
    >>> [(entry.id, entry.verdict, entry.assumes) for entry in checked.entries]
    [('L1:1', 'proved', ('sum(y)=1',))]
    """
    with _mending(repairs):
        return check_document(read_document(text, kind or kind_of_text(text)), models)


def models_of(document: Document) -> tuple[tuple[Model, ...], tuple[str, ...]]:
    """The forward models that a document's own equations make, and what is open or wrong in it.

    Letters of functions that nothing explains are what the document's formulas show (see `judging.functions`).
    """
    inferred = forward_models(document)
    if not inferred.models:
        return (), unmade(inferred.problems, NOT_FOUND, NOT_DETERMINED)
    rows = dict(check_document(document).functions) if unsaid(inferred.models) else {}
    return meant(inferred.models, rows), inferred.problems


def check_formula(model: Model, latex: str, repairs: bool = False) -> Verdicts:
    """The verdicts on one formula (a chain has several '=') against a forward model; `repairs` as in `read_note`.

    >>> from derivations.tanh_rnn import MODEL
    >>> check_formula(MODEL, r"\\frac{\\partial L}{\\partial c} = \\sum_{t=1}^{\\tau} (\\hat y^{(t)} - y^{(t)})")[0].verdict
    'proved'
    """
    with _mending(repairs):
        return check_note(note_of_formula(model, latex))


def _mending(repairs: bool) -> AbstractContextManager[object]:
    return kept(replace(keeper(), mends=True)) if repairs else nullcontext()


def note_of_formula(model: Model, latex: str) -> Note:
    """One formula as a note of its own."""
    return Note(model.name, model.title, (model,), (Passage(1, latex),))
