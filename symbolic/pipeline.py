"""The whole flow on one page.

    passages --read--> claims (every reading as terms) --work out--> terms without derivatives --judge--> entries

    reading      LaTeX, with the names of the forward model        -> claims
    derivation   the model's adjoints, gradients, Jacobians         -> facts, and every ∂ inside a claim worked out
    proof        the prover (for all sizes and lengths), the oracle (real forward passes), the judge -> verdicts
    here         what concerns the whole note: its layout, and errors that are only carried along
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sympy.core.basic import Basic

from .derivation import Derivation, UnsupportedError, expand
from .derivation import derive as derive_model
from .kernels import compile_kernel, numpy_kernel
from .language import is_scalar
from .model import Model
from .proof.judge import Case, Judge, Judgement, Sides
from .proof.prover import Domain, Facts, Prover
from .proof.verdict import Entry
from .reading import Claim, Illshaped, Note, Passage, Reading, SymbolTable, read_claims
from .reading.document.files import kind_of_text
from .reading.document.passages import Placed, assigned, bare_passages, placed, with_boundaries, with_error_names
from .reading.document.prose import ACTIVATIONS
from .reading.document.read import read_document
from .reading.document.records import Document
from .reading.inference.infer import Inferred, infer_models
from .reading.relevance import concerns
from .reading.unsaid import meaning, unsaid

OTHER_LAYOUT = {"gradient": "jacobian", "jacobian": "gradient", "denominator": "gradient"}
"""The convention for ∂L/∂W that a note may follow throughout instead of the one that its model declares."""


def check_note(note: Note) -> tuple[Entry, ...]:
    """The verdicts on all equations of a note, in its order."""
    claims, layout = read_in_its_layout(note.models, note.passages)
    judges = [workshop(model) for model in note.models]
    entries = [judged(claim, *judges[claim.model], layout) for claim in claims]
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
    entries = _of_interest(models, items, declared.product, fixed=bool(declared.layout))
    if inferring:
        entries = _with_functions_found(models, items, declared.product, bool(declared.layout), entries)
    return Checked(entries, tuple(models), problems)


def _with_functions_found(
    models: Sequence[Model], items: Sequence[Placed], product: str, fixed: bool, entries: tuple[Entry, ...]
) -> tuple[Entry, ...]:
    """Where a formula fails for a function that the note never explains: the verdicts for the function it must mean."""
    names = [n for n in unsaid(models) if not _primed(models, items, n)]
    if not names or all(e.verdict in ("proved", "accepted") for e in entries):
        return entries
    best, most, chosen = entries, _proved(entries), ""
    for row in (r for r in ACTIVATIONS if r != "step"):  # whose slope is 0: every gradient through it holds
        trial = _of_interest(meaning(models, names, row), items, product, fixed)
        if len(trial) == len(entries) and _proved(trial) > most:
            best, most, chosen = trial, _proved(trial), row
    if not chosen:
        return entries
    words = ", ".join(f"{name} = {chosen}" for name in names)
    return tuple(
        old if old.verdict == new.verdict else replace(new, reading="; ".join(filter(None, (words, new.reading))))
        for old, new in zip(entries, best, strict=True)
    )


def _primed(models: Sequence[Model], items: Sequence[Placed], name: str) -> bool:
    """Whether a note writes σ': then σ is meant to stay any function, and a formula that fails for it is wrong."""
    spelled = {latex for m in models for latex, fun in m.functions.items() if fun.name == name}
    marks = ("'", "^{\\prime", "^\\prime")
    return any(f"{latex}{mark}" in item.passage.latex for latex in spelled for item in items for mark in marks)


def _proved(entries: Sequence[Entry]) -> int:
    return sum(e.verdict in ("proved", "proved-given") for e in entries)


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
    judges = [workshop(model) for model in models]
    entries = []
    for claim in claims:
        item = items[claim.passage]
        entry = _judged_or_fault(claim, *judges[claim.model], layout)
        if item.abstract:
            entry = _for_every_function(models, item, claim, entry, layout)
        entries.append(_under_unread_conditions(entry, item))
    tables = [SymbolTable(model) for model in models]
    kept = zip(claims, inherited(claims, entries), strict=True)
    return tuple(
        e
        for c, e in kept
        if items[c.passage].passage.broken or items[c.passage].abstract or concerns(c, models[c.model], tables[c.model])
    )


def _judged_or_fault(claim: Claim, judge: Judge, derivation: Derivation, layout: str) -> Entry:
    """One equation on which the engine itself fails does not stop the judging of the others; it is said to be our fault."""
    try:
        return judged(claim, judge, derivation, layout)
    except Exception as error:
        told = " ".join(str(error).split()) or "no message"
        reason = f"a fault of our own, {type(error).__name__}: {told}"
        return replace(judged(replace(claim, unreadable=reason), judge, derivation, layout), verdict="unproved")


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


def _for_every_function(models: Sequence[Model], item: Placed, claim: Claim, entry: Entry, layout: str) -> Entry:
    """An identity in a function that nothing names, tried for each function of the table."""
    holds = []
    for name in ACTIVATIONS:
        passage = replace(item.passage, where={item.abstract: name})
        same = next((c for c in read_claims(models, (passage,), layout) if c.id == claim.id), None)
        if same is not None and not same.unreadable:
            result = judged(same, *workshop(models[claim.model]), layout)
            if result.verdict == "proved":
                holds.append((name, result))
    if not holds:
        tried = ", ".join(ACTIVATIONS)
        return replace(entry, verdict="unreadable", reason=f"nothing says which function {item.abstract} is; tried: {tried}")
    words = " or ".join(f"{item.abstract} = {name}" for name, _ in holds)
    return replace(holds[0][1], reading="; ".join(filter(None, (words, holds[0][1].reading))))


def check_formula(model: Model, latex: str) -> tuple[Entry, ...]:
    """The verdicts on one formula (a chain has several '=') against a forward model.

    >>> from derivations.tanh_rnn import MODEL
    >>> check_formula(MODEL, r"\\frac{\\partial L}{\\partial c} = \\sum_{t=1}^{\\tau} (\\hat y^{(t)} - y^{(t)})")[0].verdict
    'proved'
    """
    return check_note(Note(model.name, model.title, (model,), (Passage(1, latex),)))


def read_in_its_layout(models: Sequence[Model], passages: Sequence[Passage]) -> tuple[tuple[Claim, ...], str]:
    """The claims in the model's layout, or in the other one if the note's formulas show that it follows that throughout.

    One formula alone shows nothing: a row where a column is meant is an error.
    """
    declared = models[0].layout
    other = OTHER_LAYOUT[declared]
    claims = read_claims(models, passages, declared)
    if sum(map(_misfits, claims)) >= 2:
        others = read_claims(models, passages, other)
        if sum(map(_misfits, claims)) - sum(map(_misfits, others)) >= 2:
            return others, other
    return claims, declared


def _misfits(claim: Claim) -> bool:
    return bool(claim.readings) and all(isinstance(r, Illshaped) for r in claim.readings)


@lru_cache(maxsize=32)
def _workshop(key: int, model: _Held) -> tuple[Judge, Derivation]:
    derivation = derive_model(model.model, assume=False)
    rules = {name: (rule.variable, derivation.adjoint(name)) for name, rule in derivation.adjoints.items()}
    closed = {name: (rules[name][0], derivation.closed(name)) for name in derivation.basis if name in rules}
    facts = Facts(
        recurrences={n: r for n, r in rules.items() if n in derivation.basis},
        eliminated={n: r for n, r in rules.items() if n not in derivation.basis},
        closed={n: (variable, term) for n, (variable, term) in closed.items() if term is not None},
    )
    return Judge(model.model, Prover(model.model, facts)), derivation


class _Held:
    """A model as a cache key: itself, not its contents (and kept alive, so that its id stays its own)."""

    def __init__(self, model: Model):
        self.model = model

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and self.model is other.model

    def __hash__(self) -> int:
        return id(self.model)


def workshop(model: Model) -> tuple[Judge, Derivation]:
    """The judge of a model and the derivation that its facts come from."""
    return _workshop(id(model), _Held(model))


def judged(claim: Claim, judge: Judge, derivation: Derivation, layout: str) -> Entry:
    """The entry of one claim, before errors elsewhere in the note are considered."""
    head = next((r.head for r in claim.readings if isinstance(r, Reading)), None)
    entry = Entry(
        id=claim.id, line=claim.span.line, column=claim.span.column, end_line=claim.span.end_line,
        end_column=claim.span.end_column, latex=claim.latex, head=claim.head_latex, kind=claim.kind, verdict="unreadable",
        layout=None if head is None else "scalar" if is_scalar(head) else layout,
    )
    if claim.unreadable:
        return replace(entry, reason=claim.unreadable)
    if not claim.readings:
        return replace(entry, verdict="accepted", reason="a definition")
    judgement = judge.judge([worked_out(reading, derivation) for reading in claim.readings])
    if claim.kind == "definition" and claim.adjoint_of and judgement.verdict == "proved":
        judgement = replace(judgement, verdict="accepted", proof=None, reason="introduces a name for an adjoint")
    return replace(entry, **{**_shown(judgement), "reading": _reading_named(claim, judgement)})


def _reading_named(claim: Claim, judgement: Judgement) -> str | None:
    """The reading that counts, in words: what was chosen, and what was taken for granted although it is not printed."""
    readings = [r for r in claim.readings if isinstance(r, Reading)]
    counts = next((r for r in readings if r.words == judgement.words), next(iter(readings), None))
    return "; ".join((*judgement.words, *(counts.conventions if counts else ()))) or None


def _shown(j: Judgement) -> dict[str, Any]:
    return {
        "verdict": j.verdict, "step": j.step, "cause": j.cause, "reason": j.reason,
        "assumes": j.assumes, "counterexample": j.counterexample, "proof": j.proof,
    }


def worked_out(reading: Reading | Illshaped, derivation: Derivation) -> Case:
    """A reading as a case for the judge: every ∂ in it is worked out by the derivation."""
    if isinstance(reading, Illshaped):
        rescued = reading.rescued
        written = Sides(rescued.head, rescued.right, _before(rescued)) if rescued else None
        domain = Domain(rescued.free, rescued.conditions) if rescued else Domain()
        return Case(reading.words, written, None, domain, fault=reading.message, equalities=reading.equalities)
    written = Sides(reading.head, reading.right, _before(reading))
    domain = Domain(reading.free, reading.conditions)
    try:
        ranges = {letter: (lower, upper) for letter, lower, upper in reading.free}
        previous = tuple(_expanded(before, derivation, ranges) for before in written.previous)
        worked = Sides(expand(reading.head, derivation, ranges), expand(reading.right, derivation, ranges), previous)
    except UnsupportedError as error:
        return Case(reading.words, written, None, domain, why=str(error))
    return Case(reading.words, written, worked, domain)


def _before(reading: Reading) -> tuple[Basic | None, ...]:
    return () if reading.previous is None else (reading.previous, *reading.others)


def _expanded(term: Basic | None, derivation: Derivation, ranges: dict[Any, Any]) -> Basic | None:
    try:
        return None if term is None else expand(term, derivation, ranges)
    except UnsupportedError:
        return None


def inherited(claims: Sequence[Claim], entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Name the roots: an error carried along a chain, and formulas that are right given the true adjoint."""
    result: list[Entry] = []
    for position, (claim, entry) in enumerate(zip(claims, entries, strict=True)):
        before = result[position - 1] if claim.follows else None
        if before is not None and before.verdict == "refuted" and entry.step is not None:
            entry = replace(entry, root=before.root if before.step == "holds" and before.root else (before.id,))
        given = set(claim.error_uses) - {claim.adjoint_of}
        roots = tuple(
            other.id
            for c, other in zip(claims, entries, strict=True)
            if c.model == claim.model and c.adjoint_of in given and other.verdict == "refuted" and other.step != "holds"
        )
        if entry.verdict == "proved" and roots:
            reason = f"equal if {', '.join(claim.error_uses)} has its true adjoint; the note's own formula for it is refuted"
            entry = replace(entry, verdict="proved-given", root=roots, reason=reason)
        result.append(entry)
    return tuple(result)


@lru_cache(maxsize=32)
def _derived(key: int, model: _Held) -> Derivation:
    return derive_model(model.model)


def derive(model: Model) -> Derivation:
    """Adjoints, gradients and Jacobians of a model, simplified as a person would write them."""
    return _derived(id(model), _Held(model))


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
