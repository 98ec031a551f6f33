"""Names that a document defines in two ways: e_t = ŷ_t - y_t in one place, e_t = y_t - ŷ_t in another.

Either may be a slip, or the name may have changed its meaning on the way.  Nothing says which, so such a name means nothing:
what is written with it is unreadable.  (What is said of an error such as γ_t = D_t δ_t is a claim, right or wrong.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..language import Adjoint, Partial
from ..model import Model
from ..reading import Claim, Reading, read_claims
from ..reading.chains import chains
from ..reading.document.passages import Placed, is_name
from ..reading.scripts import name_of
from ..reading.symbols import Match, Scope, table_of
from ..reading.syntax import parse
from ..reading.tokens import Source, lex
from .claims import judged


def defined_twice(before: Sequence[Model], models: Sequence[Model], items: Sequence[Placed]) -> dict[str, int]:
    """LaTeX of the names that the document added to the models and defines in two ways, with the line of the second."""
    known = set().union(*(m.families for m in before))
    found: dict[str, int] = {}
    for item in items:
        model = models[item.passage.model]
        if item.passage.broken or "=" not in item.passage.latex or not (model.shorthands or model.families.keys() - known):
            continue
        for claim in _of_names(model, item):
            match = _own(model, claim, known)
            if match is not None and judged(claim, model, model.layout, supports=True).verdict == "refuted":
                found.setdefault(match.pattern.latex, claim.span.line)
    return found


def _of_names(model: Model, item: Placed) -> Iterator[Claim]:
    """The claims whose head is a letter with its scripts."""
    links = chains(Source(item.passage.latex), 0, table_of(model).is_counter).links
    if not any(link.first and link.head and not link.problem and is_name(link.head) for link in links):
        return
    for claim in read_claims((model,), (replace(item.passage, model=0),), model.layout):
        if not claim.follows and not claim.unreadable and claim.readings and is_name(lex(claim.head_latex).tokens):
            yield claim


def _own(model: Model, claim: Claim, known: set[str]) -> Match | None:
    """The name at the head of a formula without derivatives, if the document added it, at its own step."""
    name = name_of(parse(lex(claim.head_latex).tokens))
    match = table_of(model).match(name, Scope()) if name is not None else None
    own = tuple(i.symbol for i in model.indices)
    if match is None or match.components or match.transposed or match.powers or match.indices not in ((), own):
        return None
    sides = [side for r in claim.readings if isinstance(r, Reading) for side in (r.head, r.right)]
    if any(side.has(Adjoint, Partial) for side in sides):
        return None
    if match.pattern.kind == "shorthand" or (match.pattern.kind == "family" and match.pattern.target not in known):
        return match
    return None
