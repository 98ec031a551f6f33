"""The certificates of a run: the forward models once, and for each proved formula what it says, and how it was proved."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

from ...language import shape_of
from ...model import Model
from ...proof.counterexample import free_components
from ...proof.domain import Domain
from ...proof.evidence import Grounds
from ...proof.letters import substituted
from ...proof.networks import Poly
from ...proof.prover import Prover
from ...proof.transcript import Equality, Part, Transcript, transcript
from ...proof.verdict import Entry
from ..report import Report
from .networks import Heads, components
from .terms import Plain, Unwritable, index, legs, relation, size, term

FORMAT, VERSION = "gradproof certificates", 1


def certificates(reports: Sequence[Report], prover_of: Callable[[Model], Prover]) -> str:
    """The text of a certificate file; `prover_of` gives the prover of a model."""
    models: list[Model] = []
    found = [
        _certificate(report.file, entry, entry.evidence, models, prover_of)
        for report in reports
        for entry in report.entries
        if entry.verdict in ("proved", "proved-given") and isinstance(entry.evidence, tuple)
    ]
    whole = {"format": FORMAT, "version": VERSION, "models": [_model(m) for m in models], "certificates": found}
    return json.dumps(whole, indent=None, separators=(",", ":"), ensure_ascii=True) + "\n"


def _certificate(
    file: str, entry: Entry, grounds: Iterable[Grounds], models: list[Model], prover_of: Callable[[Model], Prover]
) -> Plain:
    claims = []
    for g in grounds:
        number = next((k for k, m in enumerate(models) if m is g.model or m == g.model), len(models))
        if number == len(models):
            models.append(g.model)
        claims.append(_claim(g, number, transcript(prover_of(models[number]), g)))
    return {
        "file": file, "id": entry.id, "latex": entry.latex, "verdict": entry.verdict, "reading": entry.reading,
        "assumes": list(entry.assumes), "claims": claims,
    }  # fmt: skip


def _claim(g: Grounds, model: int, told: Transcript | None) -> Plain:
    assumed = set(g.assumes)
    sums = [a.family for a in g.model.assumptions if a.text in assumed]
    zeros = [name for name in g.model.families if f"{name}_0=0" in assumed]
    times, lengths = (s for s, *_ in g.domain.free), (i.upper for i in g.model.indices)
    parts = free_components(g.left, g.right, frozenset(times), frozenset(lengths))
    claim = {
        "model": model, "left": term(g.left), "right": term(g.right), "domain": _domain(g.domain),
        "components": [[s.name, size(leg)] for s, leg in parts.items()], "sums_to_one": sums, "zero_before": zeros,
    }  # fmt: skip
    try:
        return {**claim, "proof": None if told is None else _proof(told)}
    except Unwritable as error:
        return {**claim, "proof": None, "why": str(error)}


def _proof(told: Transcript) -> Plain:
    proof: dict[str, Plain] = {"method": told.method, "equalities": [_equality(e) for e in told.equalities]}
    if told.rule is not None and told.letter is not None:
        right = told.equalities[0].right
        following = [substituted(side, {told.letter: told.letter + 1}) for side in (told.adjoint, right)]
        proof |= {"rule": term(told.rule), "letter": told.letter.name, "adjoint": term(told.adjoint)}
        proof |= {"next": [term(side) for side in following]}
    return proof


def _equality(e: Equality) -> Plain:
    heads = Heads(e.converter, (e.left, e.right))
    parts = [_part(heads, part) for part in e.parts]
    standing = components(e.converter, [p for part in e.parts for p in (part.left, part.right)])
    return {
        "left": term(e.left), "right": term(e.right), "domain": _domain(e.domain),
        "legs": legs(sum(shape_of(e.left), ()) or sum(shape_of(e.right), ())),
        "heads": heads.described, "components": standing, "parts": parts,
    }  # fmt: skip


def _part(heads: Heads, part: Part) -> Plain:
    shown = {
        "region": [list(c) for c in part.region.constraints], "left": heads.poly(part.left), "right": heads.poly(part.right),
    }  # fmt: skip
    if part.left != part.right:
        return {**shown, "rewritten": list(part.rewritten)}
    return {**shown, "renaming": _renaming(part.left)}


def _renaming(form: Poly) -> Plain:
    """For each term on the left the one on the right, and where its vertices and steps go there.

    Both sides are labelled canonically, so that names are the same on both.
    """
    return [
        [k, [[v, v] for v, _ in mono.verts], [[x, x] for x in mono.times]] for k, mono in enumerate(sorted(form))
    ]


def _domain(domain: Domain) -> Plain:
    free = [[s.name, index(lower), index(upper)] for s, lower, upper in domain.free]
    return {"free": free, "conditions": [relation(c) for c in domain.conditions]}


def _model(model: Model) -> Plain:
    return {
        "name": model.name,
        "indices": [[i.symbol.name, i.lower, i.upper.name] for i in model.indices],
        "families": [
            [f.name, f.role, legs(f.rows), legs(f.cols), [i.symbol.name for i in f.indices]]
            for f in model.families.values()
        ],
        "equations": [[e.left.name, [str(i) for i in e.left.indices], term(e.right)] for e in model.equations],
        "assumptions": [[a.family, a.text] for a in model.assumptions],
        "loss": model.loss.name,
    }  # fmt: skip
