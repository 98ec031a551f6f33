r"""What a sentence means -> proved, refuted or unproved, one rule per kind of meaning; no verdict is written down anywhere.

With the derived bound ‖J‖ ≤ C r^lag (`norms`; r is a product of constants, C does not grow with the lag):

    ‖J‖ ≤ b                  proved if the derived bound is at most b; refuted by a real forward pass at which ‖J‖ > b
    ‖J‖ ≤ (γ r)^lag          proved for every γ ≥ c, which is assumed, if the derived bound is at most (c r)^lag
    r-bound s < 1 ⇒ J → 0    proved if r ≤ s: then ‖J‖ ≤ C s^lag → 0
    J unbounded ⇒ s > 1      proved if r ≤ s: were s ≤ 1, ‖J‖ ≤ C for every lag
    anything else            refuted by a real network for which the premise holds and the conclusion does not (`witnesses`)

A conjunction holds if all its parts do and fails with one of them; a negation is proved by a counterexample.  A failed proof
alone never refutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Expr, Integer, Rational
from sympy.core.basic import Basic

from ..derivation import UnsupportedError
from ..language import (
    FUNCTIONS,
    Apply,
    Diag,
    Hadamard,
    Kronecker,
    Plus,
    Product,
    ProductOver,
    Transpose,
    Var,
    Where,
)
from ..language.bounds import (
    All,
    AtMost,
    Explodes,
    Factors,
    Falls,
    ForEach,
    Formula,
    Greater,
    Implies,
    Large,
    LargestSlope,
    Less,
    Meaning,
    Named,
    NormOf,
    Not,
    Scale,
    SlopeOf,
    Vanishes,
    scale,
)
from ..proof.verdict import Counterexample
from .bench import NORM, Bench, Finding, Growth, at_least_one, growth
from .guard import violated
from .norms import factor_bound
from .slopes import largest_slope
from .witnesses import MARGIN, Witness, measured, recurrence, trials
from .words import named, ordered, scale_in_words, term_in_words


def judged(meaning: Meaning, bench: Bench) -> Finding:
    """The finding about a meaning."""
    try:
        return RULES[type(meaning)](meaning, bench)
    except UnsupportedError as error:
        return Finding("unproved", f"no bound: {error}")


# slopes


def _largest_slope(m: LargestSlope, bench: Bench) -> Finding:
    told = []
    for name in m.functions:
        found = largest_slope(name)
        if found is None:
            return Finding("unproved", f"{name}' has no largest value, or none that is known")
        kink = "" if FUNCTIONS[name].smooth else f" (where {name}' exists)"
        if found.value != Rational(m.value.numerator, m.value.denominator) or found.at is None:
            why = f"the largest |{name}'| is {found.value}{kink}" if found.at is not None else f"{found.value} is not reached"
            return Finding("refuted", why, (), Counterexample(None, {}, f"sup |{name}'|", str(m.value), str(found.value)), 1)
        told.append(f"sup |{name}'| = {found.value}, taken where {name} = {found.at}{kink}")
    return Finding("proved", "; ".join(told), (), None, len(told))


# bounds


def _at_most(m: AtMost, bench: Bench) -> Finding:
    try:
        found = bench.bound(m.term)
    except UnsupportedError as error:
        return _violated(m, bench) or Finding("unproved", f"no bound: {error}")
    told = f"‖{term_in_words(m.term, bench.model)}‖ ≤ {scale_in_words(found.scale, bench.model)} by the derived product"
    grown = growth(found.scale)
    lag, (claimed, turned) = grown.lag if grown else None, _plain(bench.known(m.bound))
    ratio, in_which = claimed.over(found.scale), NORM.format(replace(found, spectral=found.spectral or turned).where)
    if at_least_one(ratio, lag):
        return Finding("proved", told, (in_which,), None, found.steps)
    if (needed := _needed(ratio, lag)) is not None:
        letter, least = needed
        assumed = f"{named(letter.name)} ≥ {scale_in_words(least, bench.model)}"
        return Finding("proved", told, (assumed, in_which), None, found.steps)
    factors = factor_bound(bench.worked(m.term))
    if at_least_one(_plain(_worked(m.bound, bench))[0].over(factors.scale)):
        told = f"‖{term_in_words(m.term, bench.model)}‖ ≤ {scale_in_words(factors.scale, bench.model)}, its factors' norms"
        where = replace(factors, spectral=factors.spectral or turned).where
        return Finding("proved", told, (NORM.format(where),), None, factors.steps)
    if (refuted := _violated(m, bench)) is not None:
        return refuted
    if any(isinstance(a, NormOf) and not isinstance(a.term, Var) for a, _ in found.scale.powers):
        return Finding("unproved", GATES.format(term_in_words(m.term, bench.model)))
    return Finding("unproved", f"{told}, which is not seen to be at most {scale_in_words(m.bound, bench.model)}")


GATES = (
    "no bound of this form is known for ‖{}‖: it is no product of slopes and weights, as it is without gates and other sums "
    "in a recurrence"
)


def _worked(size: Scale, bench: Bench) -> Scale:
    """The norms in a scale, of terms without derivatives."""
    return scale((NormOf(bench.worked(a.term)) if isinstance(a, NormOf) else a, e) for a, e in bench.known(size).powers)


def _plain(size: Scale) -> tuple[Scale, bool]:
    """‖Mᵀ‖ as ‖M‖, and whether there is such a norm: they are one in the spectral norm."""
    turned = [a for a, _ in size.powers if isinstance(a, NormOf) and isinstance(a.term, Transpose)]
    same = ((NormOf(a.term.args[0]) if a in turned and isinstance(a, NormOf) else a, e) for a, e in size.powers)
    return (scale(same), True) if turned else (size, False)


def _violated(m: AtMost, bench: Bench) -> Finding | None:
    seen = violated(m.term, m.bound, bench.concrete)
    told = f"a real forward pass exceeds {scale_in_words(m.bound, bench.model)}"
    return None if seen is None else Finding("refuted", told, (), seen)


def _needed(ratio: Scale, lag: Expr | None) -> tuple[Named, Scale] | None:
    """The one letter γ in a ratio, and the least value from which on the ratio is surely ≥ 1.

    γ^e a^(-q e) ≥ 1 for γ ≥ a^q, where e is above 0.
    """
    letters = [(a, e) for a, e in ratio.powers if isinstance(a, Named)]
    if len(letters) != 1 or not _is_positive(letters[0][1], lag):
        return None
    (letter, exponent), least = letters[0], Scale()
    for atom, power in ratio.powers:
        share = (-power / exponent).cancel()
        if atom == letter:
            continue
        if not isinstance(atom, (Fraction, SlopeOf)) or not isinstance(share, Integer):
            return None
        least = least * scale([(atom, share)])
    return letter, least


def _is_positive(exponent: Expr, lag: Expr | None) -> bool:
    """Whether an exponent is above 0 wherever the lag is."""
    multiple = exponent if lag is None or exponent.is_number else (exponent / lag).cancel()
    return isinstance(multiple, Rational) and multiple > 0


def _falls(m: Falls, bench: Bench) -> Finding:
    return _falls_if(None, m, bench)


def _falls_if(given: Less | None, m: Falls, bench: Bench) -> Finding:
    grown = growth(bench.known(m.scale))
    if grown is None or grown.lag != m.lag:
        return Finding("unproved", f"{scale_in_words(m.scale, bench.model)} is no power with the exponent {ordered(m.lag)}")
    base = scale_in_words(grown.base, bench.model)
    if given is not None and at_least_one(bench.known(given.scale).over(grown.base)):
        return Finding("proved", f"{base} < 1, so every further step makes a bound that is not 0 smaller", (), None, 1)
    return Finding("unproved", f"{base} is not seen to be below 1")


def _factors(m: Factors, bench: Bench) -> Finding:
    count = _count(bench.worked(m.term), m.weight)
    told = f"the derived product holds {m.weight.name} {'?' if count is None else ordered(count)} times"
    return Finding("proved" if count is not None and (count - m.number).expand() == 0 else "unproved", told, (), None, 1)


def _count(term: Basic, weight: Var) -> Expr | None:
    """How often a weight is multiplied, None where summands differ."""
    if isinstance(term, Var):
        return Integer(term == weight)
    if isinstance(term, ProductOver):
        body, letter, lower, upper, _ = term.args
        inside = _count(body, weight)
        return None if inside is None or inside.has(letter) else (inside * (upper - lower + 1)).expand()
    if isinstance(term, (Product, Hadamard, Kronecker, Transpose, Diag, Where)):
        counts = [_count(a, weight) for a in (term.args[:1] if isinstance(term, Where) else term.args)]
        return None if None in counts else sum((c for c in counts if c is not None), Integer(0))
    if isinstance(term, Plus):
        several = {_count(a, weight) for a in term.args}
        return several.pop() if len(several) == 1 else None
    return Integer(0) if isinstance(term, Apply) or not term.has(weight) else None  # a function's argument is no factor


# the long run


def _long_run(given: Meaning | None, then: Vanishes, bench: Bench) -> Finding:
    found = bench.bound(then.term)
    grown = growth(found.scale)
    told = f"‖{term_in_words(then.term, bench.model)}‖ ≤ {scale_in_words(found.scale, bench.model)}"
    if grown is not None and isinstance(given, Less) and at_least_one(bench.known(given.scale).over(grown.base)):
        bounded = _bounded(grown, bench)
        return Finding("proved", f"{told}, which falls geometrically", (NORM.format(found.where), *bounded), None, found.steps)
    return _by_witness(given, then, bench, grown, told)


def _bounded(grown: Growth, bench: Bench) -> tuple[str, ...]:
    """What must stay bounded for the constant to be one."""
    letters = set(grown.lag.free_symbols)
    moving = [a for a, _ in grown.rest.powers if isinstance(a, NormOf) and a.term.free_symbols & letters]
    return tuple(f"‖{term_in_words(a.term, bench.model)}‖ bounded" for a in moving)


def _only_if(given: Explodes, then: Meaning, bench: Bench) -> Finding:
    found = bench.bound(given.term)
    grown = growth(found.scale)
    told = f"‖{term_in_words(given.term, bench.model)}‖ ≤ {scale_in_words(found.scale, bench.model)}"
    if grown is not None and isinstance(then, Greater) and at_least_one(bench.known(then.scale).over(grown.base)):
        base = scale_in_words(bench.known(then.scale), bench.model)
        reason = f"{told}, which stays bounded while {base} ≤ 1"
        return Finding("proved", reason, (NORM.format(found.where), *_bounded(grown, bench)), None, found.steps)
    return _by_witness(given, then, bench, grown, told)


def _by_witness(given: Meaning | None, then: Meaning, bench: Bench, grown: Growth | None, told: str) -> Finding:
    """Refuted by a real network, if one is found."""
    for trial in _trials(given, then, bench, grown):
        if (given is None or _true_of(given, trial, bench)) and _true_of(then, trial, bench) is False:
            seen = measured(trial)
            if seen is not None:
                return Finding("refuted", f"{told}; a counterexample: {_in_words(seen)}", (), _counterexample(seen, then), 0)
    return Finding("unproved", f"{told}; neither a proof nor a counterexample was found")


def _trials(given: Meaning | None, then: Meaning, bench: Bench, grown: Growth | None) -> Iterator[Witness]:
    """Networks to try: for a state's Jacobian over a lag, the weight being the one in the derived bound."""
    part = then if isinstance(then, (Vanishes, Explodes)) else given
    state = _state_of(part.term) if isinstance(part, (Vanishes, Explodes)) else ""
    weights = [a.term for a, _ in grown.base.powers if isinstance(a, NormOf) and isinstance(a.term, Var)] if grown else []
    rec = recurrence(bench.concrete, state, weights[0]) if state and len(weights) == 1 else None
    if rec is None or grown is None:
        return iter(())
    said = [m.scale for m in (given, then) if isinstance(m, (Less, Greater))]
    unit = Witness(rec, np.eye(1), 0.0, np.eye(1))
    return trials(rec, [1 / size for s in (grown.base, *said) if (size := _size(s, unit, bench))])


def _state_of(term: Basic) -> str:
    """h of ∂h_t/∂h_k or of ∏ ∂h_t/∂h_{t-1}, else ""."""
    body = term.args[0] if isinstance(term, ProductOver) else term
    num, den = (getattr(body, side, None) for side in ("num", "den"))
    return num.name if isinstance(num, Var) and isinstance(den, Var) and num.name == den.name else ""


def _true_of(m: Meaning, w: Witness, bench: Bench) -> bool | None:
    """Whether an assertion holds of a network that stays at one point; None where that is not certain."""
    rule = _AT_A_POINT.get(type(m))
    return None if rule is None else rule(m, w, bench)


def _sure(difference: float) -> bool | None:
    return None if abs(difference) < MARGIN else difference > 0


def _size(s: Scale, w: Witness, bench: Bench) -> float | None:
    value = 1.0
    for atom, exponent in bench.known(s).powers:
        if isinstance(atom, NormOf) and atom.term == w.recurrence.weight and exponent.is_number:
            value *= float(np.linalg.norm(w.weight, 2)) ** float(exponent)
        elif isinstance(atom, Fraction) and exponent.is_number:
            value *= float(atom) ** float(exponent)
        else:
            return None
    return value


def _below(m: Less, w: Witness, bench: Bench) -> bool | None:
    size = _size(m.scale, w, bench)
    return None if size is None else _sure(1 - size)


def _above(m: Greater, w: Witness, bench: Bench) -> bool | None:
    size = _size(m.scale, w, bench)
    return None if size is None else _sure(size - 1)


_AT_A_POINT: dict[type, Callable[[Any, Witness, Bench], bool | None]] = {
    Less: _below,
    Greater: _above,
    # however large: what a strictly triangular W shows holds of every multiple of it
    Large: lambda m, w, bench: True if w.triangular and w.weight.any() and m.weight == w.recurrence.weight else None,
    Vanishes: lambda m, w, bench: _sure(1 - w.radius),
    Explodes: lambda m, w, bench: _sure(w.radius - 1),
}


def _in_words(w: Witness) -> str:
    rows = "; ".join(" ".join(f"{v:g}" for v in row) for row in w.weight)
    rec = w.recurrence
    kept = f"inputs that keep the argument of {rec.fun} at {w.point:g}"
    if w.triangular:
        return f"{rec.weight} = [{rows}] and every multiple of it has no product of {len(w.weight)} factors but 0"
    return f"{rec.weight} = [{rows}] with {kept} gives one factor with spectral radius {w.radius:.4g} at every step"


def _counterexample(w: Witness, then: Meaning) -> Counterexample:
    rec = w.recurrence
    where = f"‖∂{rec.state}_t/∂{rec.state}_k‖ over 1, 2, … steps"
    claimed = {Vanishes: "tends to 0", Explodes: "grows without bound"}.get(type(then), "the conclusion")
    return Counterexample(len(w.measured) + 1, {"n": len(w.weight)}, where, claimed, list(w.measured))


# connectives


def _implies(m: Implies, bench: Bench) -> Finding:
    given, then = m.given, m.then
    if isinstance(then, All):
        return judged(All(tuple(Implies(given, part) for part in then.parts)), bench)
    if isinstance(then, AtMost):  # a bound that holds anyway
        return judged(then, bench)
    if isinstance(then, Falls) and isinstance(given, Less):
        return _falls_if(given, then, bench)
    if isinstance(given, Explodes):
        return _only_if(given, then, bench)
    if isinstance(then, Vanishes):
        return _long_run(given, then, bench)
    if isinstance(then, Explodes):
        return _explodes(given, then, bench)
    return Finding("unproved", "no rule for this implication")


def _explodes(given: Meaning | None, then: Explodes, bench: Bench) -> Finding:
    """No rule bounds a norm from below, so that it is refuted or left open."""
    told = f"nothing bounds ‖{term_in_words(then.term, bench.model)}‖ from below"
    return _by_witness(given, then, bench, growth(bench.bound(then.term).scale), told)


def _all(m: All, bench: Bench) -> Finding:
    found = [judged(part, bench) for part in m.parts]
    wrong = next((f for f in found if f.verdict == "refuted"), None) or next((f for f in found if f.verdict != "proved"), None)
    return wrong or _joined(found)


def _joined(found: list[Finding]) -> Finding:
    reasons = "; ".join(dict.fromkeys(f.reason for f in found))
    assumes = tuple(dict.fromkeys(a for f in found for a in f.assumes))
    return Finding("proved", reasons, assumes, None, sum(f.steps for f in found))


def _not(m: Not, bench: Bench) -> Finding:
    found = judged(m.part, bench)
    turned = {"proved": "refuted", "refuted": "proved"}.get(found.verdict, found.verdict)
    return replace(found, verdict=turned, counterexample=None)


def _for_each(m: ForEach, bench: Bench) -> Finding:
    found = [judged(m.part, replace(bench, named={**bench.named, m.fun: row})) for row in m.functions]
    told = [replace(f, reason=f"for {row}: {f.reason}") for row, f in zip(m.functions, found, strict=True)]
    wrong = next((f for f in told if f.verdict == "refuted"), None) or next((f for f in told if f.verdict != "proved"), None)
    return wrong or _joined(told)


RULES: dict[type, Callable[[Any, Bench], Finding]] = {
    LargestSlope: _largest_slope,
    AtMost: _at_most,
    Falls: _falls,
    Factors: _factors,
    Formula: lambda m, bench: bench.formula(m.latex),
    Implies: _implies,
    Vanishes: lambda m, bench: _long_run(None, m, bench),
    Explodes: lambda m, bench: _explodes(None, m, bench),
    All: _all,
    Not: _not,
    ForEach: _for_each,
}
