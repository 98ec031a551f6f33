"""One statement about size -> its entry (see `bounds`); an equation that a sentence means is judged like all others."""

from __future__ import annotations

from collections.abc import Iterable

from ..bounds.bench import Bench, Finding
from ..bounds.statements import judged
from ..language.bounds import Statement
from ..model import Model
from ..proof.verdict import Entry, Proof
from ..reading import Passage, read_claims
from .claims import fault_told
from .claims import judged as judged_claim
from .keeping import Stopped, Unit, keeper, name_of_statement, stopped
from .watch import fault_of

METHOD = "bounds"


def judged_statement(statement: Statement, models: tuple[Model, ...], layout: str) -> Entry:
    """The entry of one statement; like an equation it can be stopped, and a fault of ours stops no other."""
    model = models[statement.model]
    unit = Unit(name_of_statement(statement, model, layout), statement.id)
    try:
        return keeper().entry(unit, lambda: None, lambda: _entry(statement, model, layout))
    except Stopped as error:
        return stopped(_blank(statement, Finding("unproved", "")), str(error))


def _entry(statement: Statement, model: Model, layout: str) -> Entry:
    if fault := fault_of(model):
        return _blank(statement, Finding("unproved", fault))
    bench = Bench(model, lambda latex: _equation(statement, latex, model, layout), {})
    try:
        return _blank(statement, judged(statement.meaning, bench))
    except MemoryError:
        raise
    except Exception as error:
        return _blank(statement, Finding("unproved", fault_told(error)))


def _blank(statement: Statement, found: Finding) -> Entry:
    proof = Proof(METHOD, ("norms",), found.steps) if found.verdict == "proved" else None
    reason = f"“{statement.words}”: {found.reason}" if found.reason else ""
    return Entry(
        id=statement.id, line=statement.line, column=1, end_line=statement.line, end_column=1, latex=in_latex(statement.words),
        head="", kind="statement", verdict=found.verdict, reason=reason, assumes=found.assumes,
        counterexample=found.counterexample, proof=proof,
    )  # fmt: skip


def in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """By line; on one line the equations come first."""
    return tuple(sorted(entries, key=lambda e: e.line))


def in_latex(words: str) -> str:
    r"""Words as a formula of their own: \text{...}."""
    special = {c: "\\" + c for c in "#$%&_{}"} | {"\\": r"\backslash ", "^": r"\^{}", "~": r"\~{}"}
    return rf"\text{{{''.join(special.get(c, c) for c in words)}}}"


def _equation(statement: Statement, latex: str, model: Model, layout: str) -> Finding:
    """The equation that a sentence means; all its '=' must hold."""
    claims = read_claims((model,), (Passage(statement.line, latex),), layout)
    entries = [judged_claim(claim, model, layout) for claim in claims]
    chosen = next((e for e in entries if e.verdict not in ("proved", "accepted")), entries[-1])
    reading = f" ({chosen.reading})" if chosen.reading else ""
    steps = chosen.proof.steps if chosen.proof else 0
    return Finding(chosen.verdict, f"{chosen.reason}{reading}", chosen.assumes, chosen.counterexample, steps)
