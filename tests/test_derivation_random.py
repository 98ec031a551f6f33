"""Properties of any term: tidying keeps value and shape, derivatives agree with complex step."""

from contextlib import suppress

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import MODEL, t, terms

from symbolic import language as L
from symbolic.derivation import UnsupportedError, derive, expand
from symbolic.derivation.algebra import Algebra
from symbolic.derivation.facts import Facts
from symbolic.derivation.tidy import tidy
from symbolic.proof.forward import UnboundIndex
from symbolic.proof.oracle import OutOfRange, World

WORLD = World(MODEL, {"n": 3, "m": 2, "C": 4}, 4, seed=8)
DERIVATION = derive(MODEL)
PLACE = {t: 3}
W, b, h, x = (MODEL.families[name] for name in ("W", "b", "h", "x"))
DENOMINATORS = [W.var, b.var, h[t], h[t - 1], x[t]]


def values(term):
    """The value of a term; the example is dropped where that does not exist or is out of proportion."""
    try:
        found = WORLD.evaluate(term, PLACE)
    except (OutOfRange, OverflowError):
        assume(False)
    assume(np.isfinite(found).all() and abs(found).max(initial=0.0) < 1e8)
    return found


@given(terms())
def test_tidying_keeps_the_value(term):
    expected = values(term)
    found = tidy(term, Algebra(Facts(MODEL)))
    assert L.shape_of(found) == L.shape_of(term)
    np.testing.assert_allclose(WORLD.evaluate(found, PLACE), expected, rtol=1e-7, atol=1e-9 * (1 + abs(expected).max()))


@given(terms(), st.sampled_from(DENOMINATORS), st.sampled_from(["total", "immediate"]))
def test_derivatives_of_any_formula(term, den, mode):
    assume(isinstance(term, L.Term) and not term.has(L.Adjoint))
    asked = L.Partial(term, den, mode, "jacobian")
    try:
        found = expand(asked, DERIVATION)
    except UnsupportedError as error:
        assert any(w in str(error) for w in ("Adjoint", "several steps", "another step", "differentiated again"))
        return
    assert L.shape_of(found) == asked.shape
    for part in term.atoms(L.Term):  # tr(W/I) has a value only if what is divided by zero does not count
        with suppress(UnboundIndex, OutOfRange):
            assume(np.isfinite(WORLD.evaluate(part, PLACE)).all())
            divides = isinstance(part, L.Quotient) or (isinstance(part, L.Power) and not (part.args[1].is_Integer and part.args[1] >= 0))
            assume(not divides or WORLD.evaluate(part.args[isinstance(part, L.Quotient)], PLACE).all())
    values(term)
    expected = values(asked)
    np.testing.assert_allclose(WORLD.evaluate(found, PLACE), expected, rtol=1e-6, atol=1e-8 * (1 + abs(expected).max()))
