"""The whole flow on one page.

    passages --read--> claims (every reading as terms) --work out--> terms without derivatives --judge--> entries

    reading      LaTeX, with the names of the forward model        -> claims
    derivation   the model's adjoints, gradients, Jacobians         -> facts, and every ∂ inside a claim worked out
    proof        the prover (for all sizes and lengths), the oracle (real forward passes), the judge -> verdicts
    here         what concerns the whole note: its layout, and errors that are only carried along
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
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
from .reading import Claim, Illshaped, Note, Passage, Reading, read_claims

OTHER_LAYOUT = {"gradient": "jacobian", "jacobian": "gradient", "denominator": "gradient"}
"""The convention for ∂L/∂W that a note may follow throughout instead of the one that its model declares."""


def check_note(note: Note) -> tuple[Entry, ...]:
    """The verdicts on all equations of a note, in its order."""
    claims, layout = read_in_its_layout(note.models, note.passages)
    judges = [workshop(model) for model in note.models]
    entries = [judged(claim, *judges[claim.model], layout) for claim in claims]
    return inherited(claims, entries)


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
    return replace(entry, **_shown(judgement))


def _shown(j: Judgement) -> dict[str, Any]:
    return {
        "verdict": j.verdict, "step": j.step, "cause": j.cause, "reason": j.reason,
        "reading": "; ".join(j.words) or None, "assumes": j.assumes, "counterexample": j.counterexample, "proof": j.proof,
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
