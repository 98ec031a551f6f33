"""What the judge and each of its two routes say about a claim, held against the truth; and where the claims come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from random import Random

from comparison import Claim, compared
from mutants import OPERATORS, TWICE, mutants, random_mutant
from network_terms import MODEL, Draw
from network_terms import s as later
from network_terms import t as now
from rewritings import chain
from right_claims import everything, ladder, right_claims, under
from sympy import Integer

from symbolic.derivation import UnsupportedError, expand
from symbolic.field.route import Agreement, Question, agreement
from symbolic.judging.workshop import workshop
from symbolic.language import Commute, Power, Where
from symbolic.language.effort import BudgetExceeded
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
    try:
        return agreement(Question(claim.model, claim.left, claim.right, claim.free, claim.conditions, sums, zeros))
    except BudgetExceeded as error:
        return Agreement("undecided", reason=str(error))


@dataclass
class Trial:
    """What was said about a claim; `differs`: where it is wrong, or ""; `faults`: contradictions to the truth, and between routes.

    first, second   what the routes say alone: proved or open, and agrees, differs or undecided; "-" where they were not asked
    """

    row: str
    claim: Claim
    verdict: str
    first: str = "-"
    second: str = "-"
    differs: str = ""
    faults: tuple[str, ...] = ()
    reason: str = ""


def tried(row, claim, routes=True):
    """A claim judged, and by each route alone where the judge does not prove it."""
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
    first, second = ("proved", "agrees") if judgement.verdict == "proved" else ("-", "-")
    if routes and judgement.verdict != "proved":
        first, second, more = _routes(claim, full)
        faults += more
    return Trial(row, claim, judgement.verdict, first, second, full.where, tuple(faults), judgement.reason)


def _routes(claim, full):
    """What each route says by itself, and what is wrong with it."""
    outcome, agrees = by_normal_form(claim), by_field(claim, *everything(claim.model))
    first, faults = "open", []
    if outcome is not None and outcome.proved:
        first = "proved"
        faults += _contradiction("proved by the normal form", claim, outcome.assumes, nowhere=True)
        own = by_field(claim, *under(claim.model, outcome.assumes))
        if own.verdict == "differs":
            faults.append(f"the normal form proves what differs in the field at {own.where}")
    if agrees.verdict == "agrees" and full.where:
        faults.append(f"agrees in the field but differs at {full.where}")
    return first, agrees.verdict, faults


def _contradiction(word, claim, assumes, nowhere=False):
    """That it is wrong under its assumptions; or defined nowhere, which the judge looks after and the routes do not."""
    found = compared(claim, ladder(claim, *under(claim.model, assumes)))
    if found.where:
        return [f"{word} under {assumes} but differs at {found.where}"]
    return [] if found.points or nowhere else [f"{word} but nowhere defined"]


# --- where claims come from --------------------------------------------------------------------------------------------------


ROWS = (*OPERATORS, TWICE)


def mutant(row, k, seed=0, routes=True):
    """The k-th mutant of a row."""
    _, claim = random_mutant(row, right_claims(), Random(f"{seed}/{row}/{k}"))
    return tried(row, claim, routes)


@cache
def _bases():
    """The right claims that are rewritten: not those with roots, which the second route knows only as they stand.

    Nor those with commutation matrices, which are large.
    """
    roots = {r for r in right_claims() if any(p.args[1].q > 1 for p in r.claim.left.atoms(Power))}
    return tuple(r for r in right_claims() if r not in roots and not r.claim.left.atoms(Commute))


def rewriting(k, seed=0, longest=8, judge=True):
    """The k-th right claim with its right side rewritten: it must be proved, by the judge or by the normal form alone."""
    random = Random(f"{seed}/{k}")
    names = ()
    while not names:
        right = random.choice(_bases())
        side, names = chain(right.claim, right.claim.right, random.randint(1, longest), random)
    claim = replace(right.claim, right=side)
    row = f"{right.name}: {', '.join(names)}"
    full = compared(claim, islice(ladder(claim, *everything(claim.model)), 9))
    if full.where:
        return Trial(row, claim, "-", differs=full.where, faults=(f"the rewriting is wrong at {full.where}",))
    if judge:
        said = judged(claim)
        verdict, reason = said.verdict, said.reason
    else:
        outcome = by_normal_form(claim)
        verdict, reason = ("proved", "") if outcome is not None and outcome.proved else ("open", getattr(outcome, "reason", ""))
    return Trial(row, claim, verdict, faults=() if verdict == "proved" else (f"{verdict}: {reason}",), reason=reason)


class Chance(Draw):
    """Random terms without hypothesis: `draw` is a `Random`."""

    def pick(self, options):
        return self.draw.choice(list(options))

    def inner(self, *times):
        return Chance(self.draw, self.times + times, self.depth - 1, self.bound + len(times))


def random_term(random, depth=2):
    d = Chance(random, (now, later), depth)
    kind = random.choice(("scalar", "vector", "vector", "matrix"))
    return getattr(d, kind)(*(d.size() for _ in range(("scalar", "vector", "matrix").index(kind))))


def pair(k, seed=0):
    """A random term and what a rewriting or a mistake makes of it: the two routes must not contradict each other."""
    random = Random(f"{seed}/{k}")
    last = MODEL.indices[0].upper
    free = tuple((letter, Integer(1), last) for letter in (now, later))
    while True:
        term = random_term(random)
        claim, row = Claim(MODEL, term, term, free), "rewritten"
        side, names = chain(claim, term, random.randint(1, 4), random)
        claim = replace(claim, right=side)
        if random.random() < 0.5:
            found = mutants(OPERATORS[random.choice(sorted(OPERATORS))], claim)
            if not found:
                continue
            claim, row = random.choice(found), "mutated"
        if claim.right != term and (names or row == "mutated"):
            break
    full = compared(claim, ladder(claim, *everything(MODEL)))
    first, second, faults = _routes(claim, full)
    return Trial(row, claim, "-", first, second, full.where, tuple(faults))
