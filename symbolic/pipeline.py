"""The whole flow on one page.

    passages --read--> claims (every reading as terms) --work out--> terms without derivatives --judge--> entries

    reading      LaTeX, with the names of the forward model        -> claims
    derivation   the model's adjoints, gradients, Jacobians         -> facts, and every ∂ inside a claim worked out
    proof        the prover (for all sizes and lengths), the oracle (real forward passes), the judge -> verdicts
    judging      a claim and a model -> an entry; errors carried along, unexplained letters
    here         the order of it all
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .judging.claims import judged
from .judging.functions import for_every_function, with_functions_found
from .judging.notes import inherited
from .judging.workshop import derive, workshop
from .kernels import compile_kernel, numpy_kernel
from .model import Model
from .proof.verdict import Entry
from .reading import Claim, Illshaped, Note, Passage, Reading, SymbolTable, read_claims
from .reading.document.files import kind_of_text
from .reading.document.passages import Placed, assigned, bare_passages, placed, with_boundaries, with_error_names
from .reading.document.read import read_document
from .reading.document.records import Document
from .reading.inference.infer import Inferred, infer_models
from .reading.layouts import read_in_its_layout
from .reading.relevance import concerns

__all__ = [
    "Checked", "check_document", "check_formula", "check_note", "derive", "kernel_source", "lambdify", "models_of", "read_note",
]  # fmt: skip


def check_note(note: Note) -> tuple[Entry, ...]:
    """The verdicts on all equations of a note, in its order."""
    claims, layout = read_in_its_layout(note.models, note.passages)
    entries = [judged(claim, note.models[claim.model], layout) for claim in claims]
    return inherited(claims, entries)


NO_EQUATIONS = "no equations found"
NO_MODEL = "no forward equations found; give --model"


@dataclass(frozen=True)
class Checked:
    """The verdicts on a document, the forward models that they rest on, and what is open or wrong in the document."""

    entries: tuple[Entry, ...]
    models: tuple[Model, ...]
    problems: tuple[str, ...] = ()

    @property
    def unjudged(self) -> bool:
        """Whether there are equations but no forward model."""
        return NO_MODEL in self.problems


def check_document(document: Document, models: Sequence[Model] = ()) -> Checked:
    """The verdicts on all equations of a document; without models they are inferred from its own forward equations."""
    if not any("=" in f.text for f in document.formulas):
        return Checked((), tuple(models), (NO_EQUATIONS,))
    declared = document.declarations
    problems: tuple[str, ...] = ()
    inferring = not models
    if models:
        chosen = assigned(document, models)
    else:
        inferred = _inferred(document)
        models, chosen, problems = inferred.models, inferred.assignment, inferred.problems
        if not models:
            return Checked((), (), (NO_MODEL, *problems))
    if declared.layout:
        models = [replace(m, layout=declared.layout) for m in models]
    known = [_modelled(item) for item in placed(document, models, chosen)]
    models = with_error_names(with_boundaries(models, known), known)
    items = [_modelled(item) for item in placed(document, models, chosen)]

    def judge_under(models: Sequence[Model]) -> tuple[Entry, ...]:
        return _of_interest(models, items, declared.product, fixed=bool(declared.layout))

    entries = judge_under(models)
    if inferring:
        entries = with_functions_found(models, items, entries, judge_under)
    return Checked(entries, tuple(models), problems)


def read_note(text: str, kind: str = "", models: Sequence[Model] = ()) -> Checked:
    """The verdicts on a note given as text; `kind` is guessed from the text unless it is said.

    Raises `DocumentError` for a text that cannot be read at all.

    >>> from derivations.tanh_rnn import MODEL
    >>> checked = read_note(r"Surely $\\frac{\\partial L}{\\partial o^{(t)}} = \\hat y^{(t)} - y^{(t)}$.", models=[MODEL])
    >>> [(entry.id, entry.verdict, entry.assumes) for entry in checked.entries]
    [('L1:1', 'proved', ('sum(y)=1',))]
    """
    return check_document(read_document(text, kind or kind_of_text(text)), models)


def models_of(document: Document) -> tuple[tuple[Model, ...], tuple[str, ...]]:
    """The forward models that a document's own equations make, and what is open or wrong in it."""
    inferred = _inferred(document)
    return inferred.models, inferred.problems if inferred.models else ("no forward equations found", *inferred.problems)


def _inferred(document: Document) -> Inferred:
    pairs = [(name, told) for _, name, told in document.declarations.names]
    return infer_models(bare_passages(document), pairs)


def _modelled(item: Placed) -> Placed:
    if item.passage.model >= 0:
        return item
    missing = "no forward model could be made out for this part of the note"
    return replace(item, passage=replace(item.passage, model=0, broken=item.passage.broken or missing))


def _of_interest(models: Sequence[Model], items: Sequence[Placed], product: str, fixed: bool) -> tuple[Entry, ...]:
    """Read, judge, and leave out what is no claim about the models."""
    passages = [item.passage for item in items]
    claims, layout = (
        (read_claims(models, passages, models[0].layout), models[0].layout) if fixed else read_in_its_layout(models, passages)
    )
    claims = tuple(replace(c, readings=_in_order(c, product)) for c in claims)
    entries = []
    for claim in claims:
        item = items[claim.passage]
        entry = judged(claim, models[claim.model], layout)
        if item.abstract:
            entry = for_every_function(models, item, claim, entry, layout)
        entries.append(_under_unread_conditions(entry, item))
    tables = [SymbolTable(model) for model in models]
    kept = zip(claims, inherited(claims, entries), strict=True)
    return tuple(
        e
        for c, e in kept
        if items[c.passage].passage.broken or items[c.passage].abstract or concerns(c, models[c.model], tables[c.model])
    )


def _in_order(claim: Claim, product: str) -> tuple[Reading | Illshaped, ...]:
    """The readings that follow the declared order of ∏, if any does."""
    other = {"descending": "∏ ascending", "ascending": "∏ descending"}.get(product)
    kept = tuple(r for r in claim.readings if other not in r.words)
    return kept or claim.readings


def _under_unread_conditions(entry: Entry, item: Placed) -> Entry:
    """A claim said to hold under a condition that is none between indices is not refuted by what ignores it."""
    if entry.verdict not in ("refuted", "unproved") or not item.unread:
        return entry
    reason = f"said to hold under {', '.join(item.unread)}, which is no condition between indices of the model"
    return replace(entry, verdict="unreadable", reason=reason, step=None, cause=None, counterexample=None, repair=None)


def check_formula(model: Model, latex: str) -> tuple[Entry, ...]:
    """The verdicts on one formula (a chain has several '=') against a forward model.

    >>> from derivations.tanh_rnn import MODEL
    >>> check_formula(MODEL, r"\\frac{\\partial L}{\\partial c} = \\sum_{t=1}^{\\tau} (\\hat y^{(t)} - y^{(t)})")[0].verdict
    'proved'
    """
    return check_note(Note(model.name, model.title, (model,), (Passage(1, latex),)))


def kernel_source(model: Model) -> str:
    """A stand-alone NumPy module with the loss and all gradients of a model (see `kernels`)."""
    derivation = workshop(model)[1]
    rules = {n: [(c.term, c.offset, c.condition) for c in r.contributions] for n, r in derivation.adjoints.items()}
    return numpy_kernel(model, rules, derivation.gradients)


def lambdify(model: Model) -> Callable[..., Any]:
    """The loss and all gradients as a NumPy function: (params, batch) -> (loss, gradients).

    `params` holds an array per weight, `batch` arrays (T, B, size) per input and label, whose dtype (float32 or float64) is
    kept; the loss is summed over the batch.  Raises `kernels.KernelError` for what cannot be computed in batches; the
    function raises `ValueError` naming an array of the wrong shape.
    """
    return compile_kernel(kernel_source(model))
