"""What the judge and each of its two routes say about a claim, held against the truth."""

from __future__ import annotations

from dataclasses import dataclass

from right_claims import everything, ladder, under
from truth import compared

from symbolic.derivation import UnsupportedError, expand
from symbolic.field.route import Question, agreement
from symbolic.judging.workshop import workshop
from symbolic.language import Where
from symbolic.proof.judge import Case, Sides
from symbolic.proof.prover import Domain


def case_of(claim):
    """A claim as the judge is asked about it."""
    derivation = workshop(claim.model)[1]
    domain = Domain(claim.free, claim.conditions)
    written = Sides(claim.left, claim.right)
    ranges = {letter: (low, high) for letter, low, high in claim.free}
    try:
        left, right = (expand(side, derivation, ranges) for side in (claim.left, claim.right))
    except UnsupportedError as error:
        return Case((), written, None, domain, why=str(error))
    steps = {s for s, *_ in claim.free}
    own = tuple(c for c in claim.conditions if c.op in ("=", "!=") and c.free_symbols and not c.free_symbols & steps)
    if own:
        left, right = Where(left, *own), Where(right, *own)
    return Case((), written, Sides(left, right), domain)


def judged(claim):
    """The judgement on a claim."""
    return workshop(claim.model)[0].judge([case_of(claim)])


def by_normal_form(claim):
    """What the first route alone says, or None where it is not asked."""
    case = case_of(claim)
    if case.worked is None:
        return None
    return workshop(claim.model)[0].prover.equal(case.worked.head, case.worked.right, case.domain)


def by_field(claim, sums, zeros):
    """What the second route alone says."""
    return agreement(Question(claim.model, claim.left, claim.right, claim.free, claim.conditions, sums, zeros))


@dataclass
class Trial:
    """A claim, what was said about it, and the truth under what was assumed, in which it differs at `where` (or nowhere)."""

    claim: object
    verdict: str
    first: str
    second: str
    where: str
    faults: tuple[str, ...] = ()
    reason: str = ""


def tried(claim, routes=True):
    """A claim judged, and by each route alone; `faults` are contradictions to the truth and between the routes."""
    sums, zeros = everything(claim.model)
    judgement = judged(claim)
    witness = judgement.counterexample
    more = ((witness.length, dict(witness.sizes)),) if witness is not None else ()
    full = compared(claim, ladder(claim, sums, zeros, more=more))
    faults = []
    if judgement.verdict == "proved":
        faults += _contradiction("proved", claim, judgement.assumes)
    if judgement.verdict == "refuted" and not full.where:
        faults.append(f"refuted but agrees at {full.points} points: {judgement.reason}")
    if judgement.reason.startswith("a fault of our own"):
        faults.append(judgement.reason)
    first, second = ("proved", "agrees") if judgement.verdict == "proved" else ("-", "-")
    if routes and judgement.verdict != "proved":
        outcome, agrees = by_normal_form(claim), by_field(claim, sums, zeros)
        first, second = "proved" if outcome is not None and outcome.proved else "open", agrees.verdict
        if first == "proved":
            faults += _contradiction("proved by the normal form", claim, outcome.assumes, nowhere=True)
            own = by_field(claim, *under(claim.model, outcome.assumes))
            if own.verdict == "differs":
                faults.append(f"the normal form proves what differs in the field at {own.where}")
        if second == "agrees" and full.where:
            faults.append(f"agrees in the field but differs at {full.where}")
    return Trial(claim, judgement.verdict, first, second, full.where, tuple(faults), judgement.reason)


def _contradiction(word, claim, assumes, nowhere=False):
    """That it is wrong under its assumptions; or defined nowhere, which the judge looks after and the routes do not."""
    found = compared(claim, ladder(claim, *under(claim.model, assumes)))
    if found.where:
        return [f"{word} under {assumes} but differs at {found.where}"]
    return [] if found.points or nowhere else [f"{word} but nowhere defined"]
