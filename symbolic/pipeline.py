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
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from .judging.announced import of_what_is_announced
from .judging.anyloss import under_any_loss
from .judging.claims import judged
from .judging.diagnosed import diagnosed
from .judging.firststep import with_first_steps
from .judging.functions import for_every_function, named_by_slope, unexplained, with_functions_found
from .judging.keeping import keeper, kept
from .judging.notes import inherited, of_the_marked_class, without_ignored
from .judging.open_layout import of_an_open_layout
from .judging.redefined import of_second_definitions
from .judging.scales import in_one_scale
from .judging.senses import in_one_sense
from .judging.signs import in_two_signs
from .judging.statements import in_order, judged_statement
from .judging.twice import defined_twice
from .judging.understood import added, given
from .judging.understood import layout as decided_layout
from .judging.workshop import derive, workshop
from .kernels import compile_kernel, numpy_kernel
from .language import Shown
from .model import Model
from .proof.verdict import Entry, Verdicts
from .reading import Claim, Illshaped, Note, Passage, Reading, SymbolTable, read_claims
from .reading.document.aside import SetAside, set_aside
from .reading.document.files import kind_of_text
from .reading.document.passages import Placed, assigned, bare_passages, cases_of, placed
from .reading.document.read import read_document
from .reading.document.records import NOTHING_DECLARED, Declarations, Document
from .reading.document.shorthands import with_names
from .reading.inference.given import with_declarations
from .reading.inference.infer import NO_FORWARD_EQUATIONS, Inferred, infer_models
from .reading.inference.records import Decision
from .reading.layouts import read_in_its_layout
from .reading.relevance import concerns
from .showing.latex import latex as printed
from .showing.notebook import judged_as_html, judged_as_text, shows

__all__ = [
    "Checked", "check_document", "check_formula", "check_note", "derive", "kernel_source", "lambdify", "models_of", "read_note",
]  # fmt: skip


def check_note(note: Note) -> Verdicts:
    """The verdicts on all equations of a note, in its order."""
    return Verdicts(checked_note(note).entries)


NO_EQUATIONS = "no equations found"
NOT_FOUND = "no forward equations found"
NOT_DETERMINED = "the forward equations do not determine a model; declare more"
NO_MODEL, OPEN_MODEL = f"{NOT_FOUND}; give --model", f"{NOT_DETERMINED}, or give --model"


@dataclass(frozen=True)
class Checked(Shown):
    """The verdicts on a document, the forward models that they rest on, and what is open or wrong in the document.

    decisions  how the document was understood, each decision with its runner-up and its reason
    set_aside  what carries no mathematics in its formulas
    ignored    what its author asks not to judge
    """

    entries: tuple[Entry, ...]
    models: tuple[Model, ...]
    problems: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    ignored: tuple[Entry, ...] = ()

    @property
    def unjudged(self) -> bool:
        """Whether there are equations but no forward model."""
        return NO_MODEL in self.problems or OPEN_MODEL in self.problems


shows(Checked, judged_as_text, judged_as_html)


def checked_note(note: Note, declared: Declarations = NOTHING_DECLARED) -> Checked:
    """The verdicts on a note whose forward models are given, with everything that is understood of it."""
    models, problems = with_declarations(_in_layout(note.models, declared), declared.pairs)
    claims, layout = _read(models, note.passages, declared)
    cases = [cases_of(passage) for passage in note.passages]
    found = [_under_unread_conditions(judged(c, models[c.model], layout), (), cases[c.passage]) for c in claims]
    entries = inherited(claims, found)
    entries = in_order((*entries, *(judged_statement(s, models, layout) for s in note.statements)))
    entries = diagnosed(models, note.passages, entries, layout, printed)
    decisions = (*given(models), decided_layout(models, entries, declared))
    return Checked(entries, models, problems, decisions, set_aside(note.passages, models))


def check_document(document: Document, models: Sequence[Model] = ()) -> Checked:
    """The verdicts on all equations of a document; without models they are inferred from its own forward equations."""
    if not any("=" in f.text for f in document.formulas):
        return Checked((), tuple(models), (NO_EQUATIONS,))
    declared = document.declarations
    inferring = not models
    if models:
        models, problems = with_declarations(models, declared.pairs)
        chosen, decisions = assigned(document, models), tuple(given(models))
    else:
        inferred = _inferred(document)
        models, chosen, problems = inferred.models, inferred.assignment, inferred.problems
        decisions = inferred.explanations
        if not models:
            return Checked((), (), _unmade(problems, NO_MODEL, OPEN_MODEL))
    first = _in_layout(models, declared)
    known = [_modelled(item) for item in placed(document, first, chosen)]
    models, named = with_names(first, known, chosen)
    again = [replace(i, passage=replace(i.passage, model=max(k, 0))) for i, k in zip(known, named, strict=True)]
    if twice := defined_twice(first, models, again):
        models, named = with_names(first, known, chosen, twice)
        told = (f"line {line}: {latex} is defined here in another way than before" for latex, line in twice.items())
        problems = (*problems, *told)
    chosen = named
    models = with_first_steps(models, [item.passage for item in known])
    items = [_modelled(item) for item in placed(document, models, chosen)]

    def judge_under(models: Sequence[Model]) -> tuple[Entry, ...]:
        return _of_interest(models, items, declared)

    entries = judge_under(models)
    if inferring:
        entries = named_by_slope(with_functions_found(models, items, entries, judge_under), decisions)
    layout = declared.layout or next((e.layout for e in entries if e.layout not in (None, "scalar")), models[0].layout)
    entries = diagnosed(models, [item.passage for item in items], entries, layout or "gradient", printed)
    decisions = (*decisions, *added(first, models[: len(first)]), decided_layout(models, entries, declared))
    aside = set_aside([item.passage for item in items], models)
    entries, ignored = without_ignored(entries, document.ignored)
    return Checked(entries, tuple(models), problems, decisions, aside, ignored)


def _in_layout(models: Sequence[Model], declared: Declarations) -> tuple[Model, ...]:
    return tuple(replace(m, layout=declared.layout) for m in models) if declared.layout else tuple(models)


def _read(models: Sequence[Model], passages: Sequence[Passage], declared: Declarations) -> tuple[tuple[Claim, ...], str]:
    """The claims, in the layout and with the order of ∏ that are declared, if they are."""
    if declared.layout:
        claims, layout = read_claims(models, passages, declared.layout), declared.layout
    else:
        claims, layout = read_in_its_layout(models, passages)
    return tuple(replace(c, readings=_in_order(c, declared.product)) for c in claims), layout


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
    """The forward models that a document's own equations make, and what is open or wrong in it."""
    inferred = _inferred(document)
    return inferred.models, inferred.problems if inferred.models else _unmade(inferred.problems, NOT_FOUND, NOT_DETERMINED)


def _unmade(problems: Sequence[str], missing: str, undetermined: str) -> tuple[str, ...]:
    """Why there is no forward model, the plainest first."""
    reasons = tuple(p for p in problems if p != NO_FORWARD_EQUATIONS)
    return (missing if len(reasons) < len(problems) else undetermined, *reasons)


def _inferred(document: Document) -> Inferred:
    return infer_models(bare_passages(document), document.declarations.pairs)


def _modelled(item: Placed) -> Placed:
    if item.passage.model >= 0:
        return item
    missing = "no forward model could be made out for this part of the note"
    return replace(item, passage=replace(item.passage, model=0, broken=item.passage.broken or missing))


def _of_interest(models: Sequence[Model], items: Sequence[Placed], declared: Declarations) -> tuple[Entry, ...]:
    """Read, judge, and leave out what is no claim about the models."""
    claims, layout = _read(models, [item.passage for item in items], declared)

    def entry_of(claim: Claim) -> Entry:
        item = items[claim.passage]
        entry = judged(claim, models[claim.model], layout)
        abstract = item.abstract
        if not abstract and entry.verdict in ("refuted", "unproved"):
            abstract = unexplained(claim, models[claim.model])
        if abstract:
            entry = for_every_function(models, item, abstract, claim, entry, layout)
        entry = under_any_loss(entry, claim, models[claim.model], layout)
        return _under_unread_conditions(entry, item.unread, item.cases)

    entries = in_one_sense(claims, [entry_of(claim) for claim in claims], entry_of)
    entries = in_one_scale(claims, entries, entry_of)
    entries = of_second_definitions(models, items, claims, entries, layout)
    entries = of_what_is_announced(models, items, claims, in_two_signs(models, claims, entries))
    if not declared.layout and all(model.name == "note" for model in models):
        entries = of_an_open_layout(models, [item.passage for item in items], claims, entries, layout)
    tables = [SymbolTable(model) for model in models]
    kept = [
        bool(items[c.passage].passage.broken or items[c.passage].abstract) or concerns(c, models[c.model], tables[c.model])
        for c in claims
    ]
    entries = [e for e, stays in zip(entries, kept, strict=True) if stays]
    pairs = zip(claims, [False, *kept], kept, strict=False)  # what stood before a claim in its chain may be left out
    claims = tuple(replace(c, follows=c.follows and before) for c, before, stays in pairs if stays)
    return tuple(of_the_marked_class(claims, inherited(claims, entries)))


def _in_order(claim: Claim, product: str) -> tuple[Reading | Illshaped, ...]:
    """The readings that follow the declared order of ∏, if any does."""
    other = {"descending": "∏ ascending", "ascending": "∏ descending"}.get(product)
    kept = tuple(r for r in claim.readings if other not in r.words)
    return kept or claim.readings


def _under_unread_conditions(entry: Entry, unread: Sequence[str], cases: Sequence[tuple[int, str]]) -> Entry:
    """A claim said to hold under a condition that is none between indices is not refuted by what ignores it."""
    unread = (*unread, *(words for line, words in cases if line in (entry.line, entry.end_line)))
    if entry.verdict not in ("refuted", "unproved") or not unread:
        return entry
    reason = f"said to hold under {', '.join(unread)}, which is no condition between indices of the model"
    return replace(entry, verdict="unreadable", reason=reason, step=None, cause=None, counterexample=None, repair=None)


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
