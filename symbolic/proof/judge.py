"""The judge: the only place where a verdict is made.

A claim comes as *cases*: every consistent reading of it, and for each reading every weight that a name stands for.  A reading
holds if all its cases are proved; it fails if one of them has a counterexample.

    proved      one reading holds (its words are named where there was a choice)
    refuted     every reading fails: a real forward pass, differentiated by complex step, differs from the formula
    unproved    anything else; a failed proof alone never refutes, agreement on samples never proves

A formula that does not conform for all sizes is refuted; the equalities of sizes that it would need are named, and it is
evaluated under them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from ..field.route import Agreement, Question, agreement
from ..language import shape_of
from ..language.effort import Budget, BudgetExceeded
from ..model import Model
from .counterexample import Search, misfit, search
from .evidence import Evidence, Grounds, Witness
from .existence import existence, in_words
from .prover import Domain, Outcome, Prover
from .verdict import Counterexample, Proof

ROUTES = ("A", "B")
"""The normal form and induction, and exact evaluation in a prime field; a formula is proved if both say so."""

GLANCE = 24
"""Points of the first look, before a proof is tried; the full search comes after a failed proof."""

GLIMPSE = 4
"""Points at which labels are drawn freely, to see whether an assumption on them is needed at all."""


@dataclass(frozen=True)
class Sides:
    """The expressions of one '=': as written (with derivatives) for the oracle, worked out for the prover.

    `previous`: the expression just before this '=' in every way in which it can be understood; empty where there is none.
    None stands for one that could not be worked out.
    """

    head: Basic
    right: Basic
    previous: tuple[Basic | None, ...] = ()


@dataclass
class Ledger:
    """What one judgement may still cost, and the questions on which the two routes disagreed."""

    purse: Budget = field(default_factory=Budget)
    defects: list[Question] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """One reading for one weight.

    words     the choices of the reading
    written   the sides as written, or the reading under `equalities` of sizes where it does not conform otherwise (or None)
    worked    the sides without derivatives; None where they could not be worked out (`why`)
    fault     which operands do not conform, or ""
    ledger    that of the judgement
    """

    words: tuple[str, ...]
    written: Sides | None
    worked: Sides | None
    domain: Domain
    why: str = ""
    fault: str = ""
    equalities: tuple[tuple[Expr, Expr], ...] = ()
    ledger: Ledger = field(default_factory=lambda: Ledger(), compare=False, repr=False)


@dataclass(frozen=True)
class Judgement:
    """What the judge says about one '='; `pipeline` adds what concerns the whole note.

    defects  the questions on which the two routes disagreed: a fault of this program, whatever the verdict is
    """

    verdict: str
    step: str | None = None
    words: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    proof: Proof | None = None
    reason: str = ""
    cause: str | None = None
    evidence: Evidence = None
    defects: tuple[Question, ...] = ()


class Judge:
    """Judges the claims of one model."""

    def __init__(self, model: Model, prover: Prover):
        self.model, self.prover = model, prover

    def judge(self, cases: Sequence[Case], purse: Budget | None = None) -> Judgement:
        """The verdict on one '=', paid for by a purse, or by that of every equation."""
        ledger = Ledger() if purse is None else Ledger(purse)
        judgement = self._judge([replace(case, ledger=ledger) for case in cases])
        return replace(judgement, defects=tuple(ledger.defects))

    def _judge(self, cases: Sequence[Case]) -> Judgement:
        readings: dict[tuple[str, ...], list[Case]] = {}
        for case in cases:
            readings.setdefault(case.words, []).append(case)
        judged = [(words, self._reading(group)) for words, group in readings.items()]
        choice = len(judged) > 1
        for words, judgement in judged:
            if judgement.verdict == "proved":
                return replace(judgement, words=words if choice else ())
        if judged and all(j.verdict == "refuted" for _, j in judged):
            words, best = min(judged, key=lambda item: item[1].counterexample is None or item[1].counterexample.claimed is None)
            return replace(best, words=words if choice else ())
        undecided = next((j for _, j in judged if j.verdict != "refuted"), None)
        return undecided or Judgement("unproved", reason="no reading was found")

    def _reading(self, cases: Sequence[Case]) -> Judgement:
        """One reading: all cases proved, or one refuted."""
        done: list[Judgement] = []
        for case in cases:
            try:
                judgement = self._case(case)
            except BudgetExceeded as error:
                return Judgement("unproved", reason=str(error))
            if judgement.verdict != "proved":
                return judgement
            done.append(judgement)
        first = done[0]
        assumes = tuple(dict.fromkeys(a for j in done for a in j.assumes))
        steps = {j.step for j in done}
        step = "fails" if "fails" in steps else first.step if len(steps) == 1 else None
        grounds = tuple(g for j in done if isinstance(j.evidence, tuple) for g in j.evidence)
        return replace(first, assumes=assumes, step=step, evidence=grounds)

    def _case(self, case: Case) -> Judgement:
        if case.fault:
            return self._misfit(case)
        assert case.written is not None
        judgement = self._compare(
            case, case.written.head, case.written.right, case.worked.head if case.worked else None
        )
        return replace(judgement, step=self._step(case))

    def _step(self, case: Case) -> str | None:
        """Whether the right side equals the expression just before this '=', in one of the ways to understand that."""
        assert case.written is not None
        steps = []
        for i, previous in enumerate(case.written.previous):
            if previous is None:
                continue
            worked = case.worked.previous[i] if case.worked else None
            try:
                verdict = self._compare(case, previous, case.written.right, worked, both=False).verdict
            except BudgetExceeded:
                return None
            if verdict == "proved":
                return "holds"
            steps.append(verdict)
        return "fails" if steps and all(s == "refuted" for s in steps) else None

    def _compare(self, case: Case, left: Basic, right: Basic, worked: Basic | None, both: bool = True) -> Judgement:
        """left = right in one case; `worked` is the left side without derivatives, `both` asks for both routes.

        A step of a chain is no verdict of its own: where both its ends are proved equal to the head it follows from these,
        elsewhere it rests on the first route.
        """
        if len(sum(shape_of(left), ())) != len(sum(shape_of(right), ())):
            return Judgement("unproved", reason="the two sides have different numbers of legs")
        glance = self._search(case, left, right, "sum", GLANCE)
        if glance.counterexample is not None:
            return self._right_if_one_hot(case, left, right) or self._refuted(glance, glance.counterexample)
        free = self._search(case, left, right, "free", GLIMPSE) if self.model.assumptions else glance
        outcome = self._prove(case, worked, free.counterexample is not None)
        if outcome.proved and not glance.points:  # a formula that means nothing anywhere is not right
            glance = self._search(case, left, right, "sum", None)
            if not glance.points:
                return Judgement("unproved", reason=f"it is nowhere defined: {glance.reason}")
        if outcome.proved:
            second = self._second(case, left, right, outcome) if both else Agreement("agrees")
            return self._proved(outcome, second, self._grounds(case, left, right, worked, outcome))
        found = self._search(case, left, right, "sum", None)
        if found.counterexample is not None:
            return self._right_if_one_hot(case, left, right) or self._refuted(found, found.counterexample)
        where = self._prove_where_it_exists(case, left, right, worked) if found.points else None
        return where or Judgement("unproved", reason=_unproved_reason(outcome, found))

    def _prove_where_it_exists(self, case: Case, left: Basic, right: Basic, worked: Basic | None) -> Judgement | None:
        """The proof for the steps at which all that is written exists; the search knows no others either."""
        known = case.domain.conditions
        more = tuple(c for c in existence(self.model, left, right) if c not in known)
        if not more:
            return None
        narrow = replace(case, domain=Domain(case.domain.free, (*known, *more)))
        outcome = self._prove(narrow, worked, False)
        if not outcome.proved:
            return None
        wider = replace(outcome, assumes=(*outcome.assumes, *map(in_words, more)))
        grounds = self._grounds(narrow, left, right, worked, wider)
        return self._proved(wider, self._second(narrow, left, right, outcome), grounds)

    def _grounds(self, case: Case, left: Basic, right: Basic, worked: Basic | None, outcome: Outcome) -> tuple[Grounds, ...]:
        if worked is None or case.worked is None:
            return ()
        return (Grounds(self.model, left, right, (worked, case.worked.right), case.domain, outcome.assumes),)

    def _second(self, case: Case, left: Basic, right: Basic, outcome: Outcome) -> Agreement:
        """The formula as written by the second route, under the assumptions of the first."""
        assumed = set(outcome.assumes)
        sums = frozenset(a.family for a in self.model.assumptions if a.text in assumed)
        zeros = frozenset(name for name in self.model.families if f"{name}_0=0" in assumed)
        domain = case.domain
        question = Question(self.model, left, right, domain.free, domain.conditions, sums, zeros, purse=case.ledger.purse)
        found = agreement(question)
        if found.verdict == "differs":
            case.ledger.defects.append(question)
        return found

    @staticmethod
    def _proved(outcome: Outcome, second: Agreement, grounds: tuple[Grounds, ...] = ()) -> Judgement:
        """Proved if both routes say so; that they disagree is a fault of this program, never of the formula."""
        if second.verdict == "agrees":
            proof = Proof(outcome.method, ROUTES, outcome.steps)
            return Judgement(
                "proved", assumes=outcome.assumes, proof=proof, reason=_proved_reason(outcome), evidence=grounds
            )
        if second.verdict == "differs":
            reason = f"a fault of our own: the normal form proves it, evaluation in a prime field refutes it at {second.where}"
            return Judgement("unproved", reason=reason)
        return Judgement("unproved", reason=f"the normal form proves it, the second route does not decide it: {second.reason}")

    def _prove(self, case: Case, left: Basic | None, need_labels: bool) -> Outcome:
        if case.worked is None:
            return Outcome(False, reason=case.why)
        if left is None:
            return Outcome(False, reason="the left side cannot be worked out")
        return self.prover.equal(left, case.worked.right, case.domain, need_labels, case.ledger.purse)

    def _search(self, case: Case, left: Basic, right: Basic, labels: str, budget: int | None) -> Search:
        more = {} if budget is None else {"budget": budget}
        return search(
            self.model, left, right, case.domain.free, case.domain.conditions, labels, case.equalities,
            purse=case.ledger.purse, **more,
        )

    def _right_if_one_hot(self, case: Case, left: Basic, right: Basic) -> Judgement | None:
        """Undecided if only labels that are not one-hot show that a formula is wrong: its author may know that they are."""
        names = [self.model.families[a.family].latex for a in self.model.assumptions if a.kind == "sum_to_one"]
        found = self._search(case, left, right, "one", None) if names else None
        if found is None or found.counterexample is not None or not found.points:
            return None
        told = f"wrong for labels {', '.join(names)} that merely sum to 1; no counterexample at {found.points} points"
        return Judgement("unproved", reason=f"{told} where they are one-hot, for which no proof is tried")

    @staticmethod
    def _refuted(found: Search, counterexample: Counterexample) -> Judgement:
        reason = _refuted_reason(counterexample)
        return Judgement("refuted", counterexample=counterexample, cause="other", reason=reason, evidence=found.witness)

    def _misfit(self, case: Case) -> Judgement:
        """A formula that does not conform: wrong for the sizes at which it means nothing; is it right at the others?"""
        needs = tuple(f"{a}={b}" for a, b in case.equalities)
        where, found, seen = "no equality of sizes makes it conform", None, None
        if case.written is not None:
            found = self._search(case, case.written.head, case.written.right, "sum", None)
            if found.counterexample is not None:
                where = f"with {', '.join(needs)} it conforms and is wrong as well"
                where += f": {found.counterexample.where}" if found.counterexample.where else ""
                seen = found.witness
            else:
                seen = self._clash(case, case.written)
                tried = f" and agreed at all {found.points} points tried" if found.points else "; it could be tried at no point"
                where = f"with {', '.join(needs)} it conforms{tried}"
        witness = found.counterexample if found else None
        counterexample = Counterexample(
            witness.length if witness else 1 if self.model.indices else None, witness.sizes if witness else {}, where, None,
            witness.true if witness else None, needs,
        )
        reason = f"the shapes do not conform: {case.fault}" + (f" (they would if {', '.join(needs)})" if needs else "")
        step = "fails" if case.written is not None and case.written.previous else None
        return Judgement("refuted", step=step, counterexample=counterexample, cause="shape", reason=reason, evidence=seen)

    def _clash(self, case: Case, sides: Sides) -> Witness | None:
        """A point at which it does not conform; where a size would have to be 1, its terms are those of another formula."""
        if not all(isinstance(size, Symbol) for pair in case.equalities for size in pair):
            return None
        return misfit(self.model, sides.head, sides.right, case.domain.free, case.domain.conditions)


def _sizes(counterexample: Counterexample) -> str:
    return ", ".join(f"{name}={n}" for name, n in counterexample.setting.items())


def _refuted_reason(c: Counterexample) -> str:
    sizes = _sizes(c)
    return f"differs from the true value, first at {sizes}" if sizes else "differs from the true value"


def _proved_reason(outcome: Outcome) -> str:
    given = f" if {', '.join(outcome.assumes)}" if outcome.assumes else ""
    return f"equal for every length and every size{given}"


def _unproved_reason(outcome: Outcome, found: Search) -> str:
    parts: Iterable[str] = (
        outcome.reason,
        _left_over(outcome.failing),
        f"no counterexample at {found.points} points" if found.points else f"nowhere defined: {found.reason}",
    )
    return "; ".join(p for p in parts if p)


def _left_over(failing: tuple[str, ...]) -> str:
    """Where a difference is left; a formula that holds from some length on is said to."""
    if len(failing) == 1 and "any length" not in failing:
        return f"proved except where {failing[0]}"
    return "a difference is left" if failing else ""
