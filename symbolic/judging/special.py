"""Matrices that the note calls symmetric or diagonal, in words or as W = Wᵀ.

What is wrong for an arbitrary Q may be right for such a one.

Q + Qᵀ runs through all symmetric matrices while Q runs through all matrices, so a formula holds for every symmetric Q if and
only if it holds with Q + Qᵀ in place of Q, in the network and in the formula; so do Q - Qᵀ and Q ∘ I for skew-symmetric and
diagonal ones.  That is judged, where nothing is differentiated by Q itself; what the word "orthogonal" says is not expressed,
and a formula that fails without it stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sympy.core.basic import Basic

from ..language import Hadamard, Identity, Plus, Product, Transpose, Var
from ..model import Equation, Model
from ..proof.verdict import Entry, left_open
from ..reading import Claim, Reading, SymbolTable
from ..reading.document.matrices import kind_of_matrix
from ..reading.scripts import name_of
from ..reading.symbols import Scope
from ..reading.syntax import parse
from ..reading.tokens import ReadError, lex
from .beforelast import before_the_last
from .claims import judged
from .labelled import differentiated, mapped, terms_of
from .whole import Whole


def of_special_matrices(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries; what is refuted for arbitrary matrices is judged for those of which the note speaks."""
    said = [_said(note, model) for model in note.models]
    symmetric = [_symmetric(model, words) for model, words in zip(note.models, said, strict=True)]
    result = list(entries)
    for k, (claim, entry) in enumerate(zip(note.claims, entries, strict=True)):
        words = said[claim.model]
        if entry.verdict == "refuted" and words:
            models = (*note.models[: claim.model], symmetric[claim.model], *note.models[claim.model + 1 :])
            result[k] = _again(claim, entry, words, models, note)
    return result


def _said(note: Whole, model: Model) -> dict[str, tuple[str, str]]:
    """Square weights and data of the model -> (kind, word) that the note says of them."""
    table, found = SymbolTable(model), dict[str, tuple[str, str]]()
    for item in note.items:
        text = item.formula.text
        left, equals, right = text.partition("=")
        kind, word = ("", "") if equals else kind_of_matrix(item.formula.lead, item.formula.trail)
        name = _family(text, table)[0] if kind else ""
        if equals and "=" not in right and (kind := _by_its_transpose(left, right, table)):  # W = Wᵀ
            name, word = _family(left, table)[0], " ".join(text.split())
        family = model.families.get(name)
        if family is not None and family.rows and family.rows == family.cols and model.equation(name) is None:
            found[name] = kind, word
    return found


def _family(text: str, table: SymbolTable) -> tuple[str, bool]:
    """The quantity that a text names by itself, or "", and whether it is transposed."""
    try:
        name = name_of(parse(lex(text).tokens))
    except ReadError:
        return "", False
    match = table.match(name, Scope()) if name is not None else None
    if match is None or match.pattern.kind != "family" or match.components or match.powers:
        return "", False
    return match.pattern.target, match.transposed


def _by_its_transpose(left: str, right: str, table: SymbolTable) -> str:
    """The kind of matrix of which W = Wᵀ or W = -Wᵀ speaks, or ""."""
    minus = right.lstrip().startswith("-")
    one, other = _family(left, table), _family(right.lstrip().removeprefix("-"), table)
    if not one[0] or one[0] != other[0] or one[1] == other[1]:
        return ""
    return "skew-symmetric" if minus else "symmetric"


def _symmetric(model: Model, said: Mapping[str, tuple[str, str]]) -> Model:
    """The network with Q + Qᵀ for each symmetric Q, and so on."""
    kinds = _kinds(said)
    if not kinds:
        return model
    equations = tuple(Equation(e.left, _special(e.right, kinds)) for e in model.equations)
    return replace(model, equations=equations)


ALL_OF: dict[str, Callable[[Var], Basic]] = {
    "symmetric": lambda q: Plus(q, Transpose(q)),
    "skew-symmetric": lambda q: Plus(q, Product(-1, Transpose(q))),
    "diagonal": lambda q: Hadamard(q, Identity(q.rows[0])),
}
"""What runs through all matrices of a kind while Q runs through all matrices."""


def _kinds(said: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    return {name: kind for name, (kind, _) in said.items() if kind in ALL_OF}


def _special(term: Basic, kinds: Mapping[str, str]) -> Basic:
    return term.xreplace({v: ALL_OF[kinds[v.name]](v) for v in term.atoms(Var) if v.name in kinds})


def _again(claim: Claim, entry: Entry, said: Mapping[str, tuple[str, str]], models: Sequence[Model], note: Whole) -> Entry:
    """The entry of a refuted claim for the matrices of which the note speaks; `models`: with such matrices."""
    words = " and ".join(f'"{word}" of {note.models[claim.model].families[name].latex}' for name, (_, word) in said.items())
    kinds = _kinds(said)
    names = set(kinds)
    readings = [r for r in claim.readings if isinstance(r, Reading)]
    open_ = left_open(entry, f"wrong for arbitrary matrices, but the note says {words}")
    if len(readings) < len(claim.readings):
        return entry  # it does not even conform
    if len(names) < len(said) or any(differentiated(t, names) for r in readings for t in terms_of(r)):
        return open_
    narrow = replace(claim, readings=tuple(mapped(r, lambda t: _special(t, kinds)) for r in readings))
    found = judged(narrow, models[claim.model], note.layout)
    found = before_the_last(found, narrow, note.items[claim.passage], models, note.layout)
    if found.verdict == "refuted":
        return entry
    if found.verdict != "proved":
        return open_
    told = tuple(f"{note.models[claim.model].families[name].latex} {kinds[name]}" for name in sorted(names))
    reason = f"{found.reason}{',' if ' if ' in found.reason else ' if'} {', '.join(told)}"
    return replace(found, assumes=(*found.assumes, *told), reason=reason)
