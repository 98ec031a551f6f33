"""One claim -> its entry: the derivatives in every reading are worked out, and the judge is asked."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from sympy.core.basic import Basic

from ..derivation import Derivation, UnsupportedError, expand
from ..language import Adjoint, Partial, Where, is_scalar
from ..language.effort import Budget
from ..model import Model, upstream, variables
from ..proof.judge import Case, Judgement, Sides
from ..proof.oracle import UnboundIndex
from ..proof.prover import Domain
from ..proof.verdict import Entry
from ..reading import Claim, Illshaped, Reading
from .defects import text_of
from .keeping import Stopped, Unit, keeper, name_of, name_of_model, stopped
from .labelled import Readings, with_labels
from .roots import with_roots
from .watch import fault_of
from .workshop import workshop


def judged(claim: Claim, model: Model, layout: str, supports: bool = False) -> Entry:
    """The entry of one claim, before errors elsewhere in the note are considered.

    An equation on which the engine itself fails does not stop the judging of the others; it is said to be our fault.
    `supports`: the reading of other equations rests on this verdict.
    """
    by, known = keeper(), name_of_model(model)
    try:
        return by.entry(
            Unit(name_of(claim, model, layout), claim.id, supports),
            lambda: by.prepared(Unit(known), lambda: _made(model)),
            lambda: _attempted(claim, model, layout),
        )
    except Stopped as error:
        return stopped(blank(claim, layout), str(error))


def _made(model: Model) -> None:
    """Have the workshop made; what fails in it is told by each judgement."""
    with suppress(ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        workshop(model)
        fault_of(model)


def _attempted(claim: Claim, model: Model, layout: str) -> Entry:
    try:
        return _judged(claim, model, layout)
    except MemoryError:
        raise
    except UnsupportedError as error:
        return replace(blank(claim, layout), verdict="unproved", reason=f"the network cannot be derived: {error}")
    except UnboundIndex as error:
        return replace(blank(claim, layout), reason=f"{error}; nothing says which one is meant")
    except Exception as error:
        return replace(blank(claim, layout), verdict="unproved", reason=fault_told(error))


def fault_told(error: Exception) -> str:
    """An error that the engine does not declare, in words: it is no fault of the formula."""
    return f"a fault of our own, {type(error).__name__}: {' '.join(str(error).split()) or 'no message'}"


def blank(claim: Claim, layout: str) -> Entry:
    """An entry without a verdict yet."""
    head = next((r.head for r in claim.readings if isinstance(r, Reading)), None)
    return Entry(
        id=claim.id, line=claim.span.line, column=claim.span.column, end_line=claim.span.end_line,
        end_column=claim.span.end_column, latex=claim.latex, head=claim.head_latex, kind=claim.kind, verdict="unreadable",
        layout=None if head is None else "scalar" if is_scalar(head) else layout,
    )


def _judged(claim: Claim, model: Model, layout: str) -> Entry:
    entry = blank(claim, layout)
    if claim.unreadable:
        return replace(entry, reason=claim.unreadable)
    if not claim.readings:
        return replace(entry, verdict="accepted", reason="a definition")
    if fault := fault_of(model):
        return replace(entry, verdict="unproved", reason=fault)
    if (beside := _acts_on_nothing(claim, model)) is not None:
        return replace(entry, reason=beside)
    judgement = of_readings(claim.readings, model)
    if claim.kind == "definition" and claim.adjoint_of and judgement.verdict == "proved":
        judgement = replace(judgement, verdict="accepted", proof=None, reason="introduces a name for a derivative of the loss")
    return replace(entry, **{**_shown(judgement), "reading": _reading_named(claim, judgement), **_with_defects(judgement)})


def _acts_on_nothing(claim: Claim, model: Model) -> str | None:
    """What is said of a derivative by a quantity that is defined, and that nothing else is computed with.

    Beside h_t = tanh(W h_{t-1}), a_t = W h_{t-1} acts on nothing, and ∂L/∂a_t is 0; who writes it means h_t = tanh(a_t).
    """
    readings = [r.rescued if isinstance(r, Illshaped) else r for r in claim.readings]
    sides = [side for r in readings if r is not None for side in (r.head, r.right)]
    taken = [(model.loss.name, a.args[0]) for side in sides for a in side.atoms(Adjoint)]
    taken += [(v.name, p.den) for side in sides for p in side.atoms(Partial) for v in variables(p.num)]
    defined = {e.left.name for e in model.equations} - {model.loss.name}
    if not (by := {v.name for _, den in taken for v in variables(den)} & defined - upstream(model)):
        return None
    for top, den in taken:
        for name in sorted({v.name for v in variables(den)} & by - upstream(model, [top])):
            of, latex = (model.families[n].latex for n in (top, name))
            return f"as the equations stand, {of} does not depend on {latex}; write the one that does with {latex} in it"
    return None


def of_readings(readings: Readings, model: Model, purse: Budget | None = None) -> Judgement:
    """The judgement on one '=', for any labels or, where that fails, for those that are assumed.

    purse   pays for it however often the judge is asked; without one every question has the budget of an equation
    """

    def plain(readings: Readings, model: Model) -> Judgement:
        judge, derivation = workshop(model)
        if fault := fault_of(model):
            return Judgement("unproved", reason=fault)
        return judge.judge([worked_out(reading, derivation) for reading in readings], purse)

    def of_any_labels(readings: Readings, model: Model) -> Judgement:
        return with_roots(plain(readings, model), readings, model, plain)

    return with_labels(of_any_labels(readings, model), readings, model, of_any_labels)


def _with_defects(judgement: Judgement) -> dict[str, str]:
    """Disagreements of the two routes are kept, where someone keeps them, and said aloud whatever the verdict is."""
    places = [place for question in judgement.defects if (place := keeper().save(text_of(question)))]
    if not places:
        return {}
    told = f"the disagreement of the two routes is a defect of ours, kept in {', '.join(places)}"
    return {"reason": f"{judgement.reason}; {told}"}


def _reading_named(claim: Claim, judgement: Judgement) -> str | None:
    """The reading that counts, in words: what was chosen, and what was taken for granted although it is not printed."""
    readings = [r for r in claim.readings if isinstance(r, Reading)]
    counts = next((r for r in readings if r.words == judgement.words), next(iter(readings), None))
    return "; ".join((*judgement.words, *(counts.conventions if counts else ()))) or None


def _shown(j: Judgement) -> dict[str, Any]:
    return {
        "verdict": j.verdict, "step": j.step, "cause": j.cause, "reason": j.reason,
        "assumes": j.assumes, "counterexample": j.counterexample, "proof": j.proof, "evidence": j.evidence,
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
        worked = _under_conditions(worked, reading)
    except UnsupportedError as error:
        return Case(reading.words, written, None, domain, why=str(error))
    return Case(reading.words, written, worked, domain)


def _under_conditions(sides: Sides, reading: Reading) -> Sides:
    """Sides that are compared for some components only, such as i ≠ j: with all others set to zero."""
    times = {symbol for symbol, _, _ in reading.free}
    own = tuple(r for r in reading.conditions if r.op in ("=", "!=") and r.free_symbols and not r.free_symbols & times)
    if not own:
        return sides
    head, right, *previous = (None if s is None else Where(s, *own) for s in (sides.head, sides.right, *sides.previous))
    assert head is not None and right is not None
    return Sides(head, right, tuple(previous))


def _before(reading: Reading) -> tuple[Basic | None, ...]:
    return () if reading.previous is None else (reading.previous, *reading.others)


def _expanded(term: Basic | None, derivation: Derivation, ranges: dict[Any, Any]) -> Basic | None:
    try:
        return None if term is None else expand(term, derivation, ranges)
    except UnsupportedError:
        return None
