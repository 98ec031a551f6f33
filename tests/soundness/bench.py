"""What the judge and each of its two routes say about a claim, held against the truth; and where the claims come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import islice
from random import Random

from comparison import Claim, Finding, compared
from edits import free_letters
from mutants import OPERATORS, TWICE, mutants, random_mutant
from network_terms import MODEL, Draw
from network_terms import s as later
from network_terms import t as now
from rewritings import chain
from right_claims import Right, everything, ladder, persistent, right_claims, under
from sympy import Integer

from symbolic.derivation import UnsupportedError, expand
from symbolic.field.route import Agreement, Question, agreement
from symbolic.judging.workshop import workshop
from symbolic.language import Commute, Power, ProductOver, SumOver, Where
from symbolic.language.effort import WORK as USUAL
from symbolic.language.effort import Budget, BudgetExceeded
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


def judged(claim, purse=None):
    """The judgement on a claim, paid for by a purse, or by that of every equation."""
    return workshop(claim.model)[0].judge([case_of(claim)], purse)


def by_normal_form(claim, purse=None):
    """What the first route alone says, or None where it is not asked."""
    case = case_of(claim)
    if case.worked is None:
        return None
    return workshop(claim.model)[0].prover.equal(case.worked.head, case.worked.right, case.domain, purse=purse)


def by_field(claim, sums, zeros, purse=None):
    """What the second route alone says."""
    more = {} if purse is None else {"purse": purse}
    try:
        return agreement(Question(claim.model, claim.left, claim.right, claim.free, claim.conditions, sums, zeros, **more))
    except BudgetExceeded as error:
        return Agreement("undecided", reason=str(error))


@dataclass
class Trial:
    """What was said about a claim; `differs`: where it is wrong, or ""; `faults`: contradictions to the truth, and between routes.

    held            whether it was held against the truth
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
    held: bool = True


ALONE, ALONE_WORK = 5, 400_000
"""Every fifth mutant is asked of each route alone as well, which may spend so much on it."""


def tried(row, claim, routes=True, work=ALONE_WORK, purse=None):
    """A claim judged, held against the truth as far as the verdict asks, and given to each route alone where it is not proved.

    work    what each route may spend by itself
    purse   what the judge may spend, if not as much as on every equation
    """
    sums, zeros = everything(claim.model)
    judgement = judged(claim, purse)
    if judgement.verdict == "proved":
        found, faults = _held("proved", claim, judgement.assumes)
        return Trial(row, claim, "proved", "proved", "agrees", found.where, tuple(faults), judgement.reason)
    witness, faults, first, second = judgement.counterexample, [], "-", "-"
    points = ladder(claim, sums, zeros)
    if witness is not None:  # its own length and sizes settle nearly all
        points = ladder(claim, sums, zeros, first=((witness.length, dict(witness.sizes)),))
    full = compared(claim, points)
    if witness is not None and not full.where:
        full = compared(claim, persistent(claim, witness, sums, zeros))
    close = full.doubtful or (full.large and not full.points)
    if judgement.verdict == "refuted" and not full.where and not close:
        faults.append(f"refuted but agrees at {full.points} points: {judgement.reason}")
    if routes:
        first, second, more = _routes(claim, full, work)
        faults += more
    return Trial(row, claim, judgement.verdict, first, second, full.where, tuple(faults), judgement.reason)


def _routes(claim, full, work):
    """What each route says by itself, and what is wrong with it."""
    outcome, agrees = by_normal_form(claim, Budget(work)), by_field(claim, *everything(claim.model), Budget(work))
    first, faults = "open", []
    if outcome is not None and outcome.proved:
        first = "proved"
        faults += _held("proved by the normal form", claim, outcome.assumes, nowhere=True)[1]
        own = by_field(claim, *under(claim.model, outcome.assumes))
        if own.verdict == "differs":
            faults.append(f"the normal form proves what differs in the field at {own.where}")
    if agrees.verdict == "agrees" and full.where:
        faults.append(f"agrees in the field but differs at {full.where}")
    return first, agrees.verdict, faults


def _held(word, claim, assumes, nowhere=False):
    """What the truth finds under the assumptions, and what is wrong with it: a difference, or that it is nowhere defined.

    The judge looks after the second, the routes do not (`nowhere`).
    """
    found = compared(claim, ladder(claim, *under(claim.model, assumes)))
    if found.where:
        return found, [f"{word} under {assumes} but differs at {found.where}"]
    return found, [] if found.points or nowhere else [f"{word} but nowhere defined"]


# --- where claims come from --------------------------------------------------------------------------------------------------


ROWS = (*OPERATORS, TWICE)


@dataclass(frozen=True)
class Drawn:
    """A claim to be tried: its number, its row, and the right claim that it was made from (None for a random term)."""

    number: int
    row: str
    claim: Claim
    right: Right | None = None


def drawn_mutant(row, k, seed=0):
    """The k-th mutant of a row."""
    right, claim = random_mutant(row, right_claims(), Random(f"{seed}/{row}/{k}"))
    return Drawn(k, row, claim, right)


def by_claim(trials):
    """Trials in the order of their right claims: those of one claim follow each other, which saves most of the work on it."""
    places = {id(right): place for place, right in enumerate(right_claims())}
    return sorted(trials, key=lambda drawn: places.get(id(drawn.right), -1))


def part(trials, k, parts):
    """The k-th of so many parts of about the same length."""
    return trials[k * len(trials) // parts : (k + 1) * len(trials) // parts]


@cache
def _bases():
    """The right claims that are rewritten: not those with roots, which the second route knows only as they stand.

    Nor those with commutation matrices, which are large.
    """
    roots = {r for r in right_claims() if any(p.args[1].q > 1 for p in r.claim.left.atoms(Power))}
    return tuple(r for r in right_claims() if r not in roots and not r.claim.left.atoms(Commute))


OFTEN = 0.25
"""How often a claim is taken that has several sums or ordered products: the second route needs much longer for it."""


@lru_cache(1024)
def dear(claim):
    """Whether a claim has several sums or ordered products."""
    return len(claim.left.atoms(SumOver, ProductOver) | claim.right.atoms(SumOver, ProductOver)) > 1


def drawn_rewriting(k, seed=0, longest=8):
    """The k-th right claim with its right side rewritten."""
    random = Random(f"{seed}/{k}")
    names = ()
    while not names:
        right = random.choice(_bases())
        if dear(right.claim) and random.random() > OFTEN:
            continue
        side, names = chain(right.claim, right.claim.right, random.randint(1, longest), random)
    return Drawn(k, f"{right.name}: {', '.join(names)}", replace(right.claim, right=side), right)


USED_UP, MUCH = "budget used up", 20
"""How the judge says so, and how many times the usual budget is given then."""


def proved(row, claim, judge=True, points=9):
    """A rewriting must be proved, by the judge or by the normal form alone.

    What uses up its budget fails; whether it is proved with much more tells a long way from a missing rule.

    points   at how many of the ladder it is held against the truth
    """
    full = compared(claim, islice(ladder(claim, *everything(claim.model)), points))
    if full.where:
        return Trial(row, claim, "-", differs=full.where, faults=(f"the rewriting is wrong at {full.where}",))
    if judge:
        said = judged(claim)
        verdict, reason = said.verdict, said.reason
        if reason.startswith(USED_UP):
            reason = f"{USED_UP}; {judged(claim, Budget(MUCH * USUAL)).verdict} with {MUCH} budgets"
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


MUTATED = 0.7
DEPTHS = (1,) * 7 + (2,) * 2 + (3,)
TIMES = ((now,),) * 6 + ((),) * 2 + ((now, later),)
"""How deep a random term is, and which steps occur free in it: small terms find what large ones find, and cost less."""


def random_term(random, depth=2, times=(now, later)):
    d = Chance(random, times, depth)
    kind = random.choice(("scalar", "vector", "vector", "matrix"))
    return getattr(d, kind)(*(d.size() for _ in range(("scalar", "vector", "matrix").index(kind))))


def drawn_pair(k, seed=0):
    """A random term and what a rewriting or a mistake makes of it."""
    random = Random(f"{seed}/{k}")
    last = MODEL.indices[0].upper
    while True:
        term = random_term(random, random.choice(DEPTHS), random.choice(TIMES))
        free = tuple((letter, Integer(1), last) for letter in (now, later) if letter in free_letters(term))
        claim, row = Claim(MODEL, term, term, free), "rewritten"
        side, names = chain(claim, term, random.randint(1, 4), random)
        claim = replace(claim, right=side)
        if random.random() < MUTATED:
            found = mutants(OPERATORS[random.choice(sorted(OPERATORS))], claim)
            if not found:
                continue
            claim, row = random.choice(found), "mutated"
        if claim.right != term and (names or row == "mutated"):
            return Drawn(k, row, claim)


WORK = 40_000
"""What each route may spend on a pair; what costs more is left open."""
WHOLE = 10
"""Every tenth pair is held against the whole ladder of points, the others against a few where a route says that it is right."""


def pair(k, seed=0):
    """What comes of the k-th pair: the two routes must not contradict each other, nor the truth."""
    drawn = drawn_pair(k, seed)
    return contradicted(drawn.row, drawn.claim, k % WHOLE == 0)


def contradicted(row, claim, whole):
    """A pair given to each route alone, and their answers held against each other and against the truth.

    What is proved under some assumptions is asked of the second route under the same; else it may assume all.
    """
    outcome = by_normal_form(claim, Budget(WORK))
    proved = outcome is not None and outcome.proved
    sums, zeros = under(claim.model, outcome.assumes) if proved else everything(claim.model)
    agrees = by_field(claim, sums, zeros, Budget(WORK))
    faults, found = [], Finding()
    if proved and agrees.verdict == "differs":
        faults.append(f"the normal form proves what differs in the field at {agrees.where}")
    right = [word for word, said in (("proved", proved), ("agrees in the field", agrees.verdict == "agrees")) if said]
    held = bool(whole or faults or (right and row == "mutated"))
    if held:
        points = ladder(claim, sums, zeros)
        found = compared(claim, points if whole or faults else islice((p for p in points if not p.seed), FEW))
        faults += [f"{word} but differs at {found.where}" for word in right if found.where]
    return Trial(row, claim, "-", "proved" if proved else "open", agrees.verdict, found.where, tuple(faults), agrees.reason, held)


FEW = 5
"""Points of the ladder, one at each length and size, that a mutated pair is held against."""
