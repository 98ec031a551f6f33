r"""States that are linear in their own past, x_t = J_t x_{t-1} + c_t, written out: what is derived, and what notes say of it.

p proved, r refuted, u unreadable or unproved, as in `test_rules_of_reading`.
"""

import pytest
from sympy import Integer

from symbolic.field.route import Question, agreement
from symbolic.judging.workshop import workshop
from symbolic.pipeline import models_of, read_note
from symbolic.reading.document.read import read_document

LOSS = r"$L = \sum_{t=1}^T \ell_t(?_t)$."

STATES = [
    # (forward equations, the state, what it is multiplied by: "" where it is not linear in its own past)
    ("$h_t = W h_{t-1} + U x_t$", "h", "W"),
    (r"$h_t = \tanh(U x_t) - W h_{t-1}$", "h", "W"),
    (r"$h_t = f_t \odot h_{t-1} + x_t$ with $f_t = \sigma(W x_t)$", "h", "f"),
    (r"$h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \tanh(U r_t)$, $z_t = \sigma(W h_{t-1} + x_t)$, $r_t = R h_{t-1}$", "h", "z"),
    (r"$h_t = \alpha h_{t-1} + (1 - \alpha) W x_t$ with a scalar $\alpha$", "h", "alpha"),
    ("$h_t = h_{t-1} + W x_t$", "h", "nothing"),
    (r"$S_t = S_{t-1} + (W x_t) x_t^\top$, $h_t = S_t q_t$", "S", "nothing"),
    (r"$S_t = A S_{t-1} + (W x_t) x_t^\top$, $h_t = S_t q_t$", "S", "A"),
    (r"$S_t = S_{t-1} (I - k_t k_t^\top) + v_t k_t^\top$, $h_t = S_t q_t$", "S", "k"),
    (r"$S_t = \gamma A S_{t-1} B + v_t k_t^\top$, $h_t = S_t q_t$ with a scalar $\gamma$", "S", "A"),
    (r"$S_t = (a_t k_t^\top) \odot S_{t-1} + v_t k_t^\top$, $h_t = S_t q_t$", "S", "a"),
    (r"$h_t = \tanh(W h_{t-1} + U x_t)$", "h", ""),
    (r"$h_t = \mathrm{ReLU}(h_{t-1}) + U x_t$", "h", ""),
    (r"$h_t = h_{t-1} \odot h_{t-1} + U x_t$", "h", ""),
    (r"$h_t = W h_{t-1} + V h_{t-2}$", "h", ""),
    (r"$h_t = \|h_{t-1}\|^2 x_t$", "h", ""),
    (r"$h_t = W h_{t-1} + \mathbb{1}[h_{t-1} > 0]$", "h", ""),  # a slope of 0, which tells nothing
    (r"$h_t = \frac{h_{t-1}}{1 + h_{t-1}} + W x_t$", "h", ""),
    (r"$h_t = W x_t$", "h", ""),
]


@pytest.mark.parametrize(("forward", "name", "factor"), STATES)
def test_what_is_derived_is_right(forward, name, factor):
    """Held against the second route, which knows the forward equations alone."""
    (model,), problems = models_of(read_document(f"{forward}. {LOSS.replace('?', 'h')}", "markdown"))
    assert not problems
    written = workshop(model)[1].unrolled(name)
    if not factor:
        assert written is None
        return
    state, index = model.families[name].var, model.time
    assert all(v.indices != state.indices for v in written.atoms(type(state)) if v.name == name)
    assert factor == "nothing" or factor in {v.name for v in written.atoms(type(state))}
    said = agreement(Question(model, state, written, ((index.symbol, Integer(index.lower), index.upper),), (), frozenset(), frozenset()))
    assert said.verdict == "agrees", said


LINEAR = r"$h_t = W h_{t-1} + U x_t$, $h_0 = 0$, $y_t = V h_t$, $L = \frac12 \sum_{t=1}^T \|y_t - d_t\|^2$."
MEAN = r"$m_t = \beta m_{t-1} + (1 - \beta) g_t$, $m_0 = 0$, $L = \frac12 \sum_{t=1}^T \|m_t - y_t\|^2$."
CELL = (r"$f_t = \sigma(F x_t + G h_{t-1})$, $g_t = \tanh(A x_t + B h_{t-1})$, $c_t = f_t \odot c_{t-1} + g_t$, $h_t = \tanh(c_t)$, "
    r"$L = \sum_{t=1}^T \ell_t(h_t)$, $c_0 = 0$.")
ATTENTION = r"$S_t = S_{t-1} + v_t k_t^\top$, $o_t = S_t q_t$, $S_0 = 0$, $L = \frac12 \sum_{t=1}^T \|o_t - y_t\|^2$."
DELTA = ATTENTION.replace("S_{t-1} +", r"S_{t-1} (I - k_t k_t^\top) +")
OPEN = LINEAR.replace("$h_0 = 0$, ", "")

RULES = [
    # (network, what follows, verdicts, what is said of the last)
    (LINEAR, r"$h_t = \sum_{s=1}^t W^{t-s} U x_s$, $y_t = \sum_{s=1}^t V W^{t-s} U x_s$", "pp", "if h_0=0"),
    (LINEAR, r"$h_t = \sum_{s=1}^t W^{t-s+1} U x_s$, $h_t = \sum_{s=1}^{t-1} W^{t-s} U x_s$, $h_t = \sum_{s=2}^t W^{t-s} U x_s$", "rrr", ""),
    (LINEAR, r"$h_t = \sum_{s=1}^t U W^{t-s} x_s$", "r", ""),
    (LINEAR, r"$\frac{\partial L}{\partial V} = \sum_{t=1}^T (y_t - d_t) \left(\sum_{s=1}^t W^{t-s} U x_s\right)^\top$", "p", "if h_0=0"),
    (LINEAR, r"$\frac{\partial L}{\partial V} = \sum_{t=1}^T (y_t - d_t) \left(\sum_{s=1}^T W^{t-s} U x_s\right)^\top$", "r", ""),
    (OPEN, r"$\frac{\partial L}{\partial V} = \sum_{t=1}^T (y_t - d_t) \left(\sum_{s=1}^t W^{t-s} U x_s\right)^\top$", "r", ""),
    (OPEN, r"$h_t = V \sum_{s=1}^{t-1} h_s$", "u", "no forward model could be made out for this part"),  # it holds h itself
    (MEAN, r"$m_t = (1-\beta) \sum_{s=1}^t \beta^{t-s} g_s$, $m_t = \sum_{s=1}^t (\beta^{t-s} - \beta^{t-s+1}) g_s$", "pp", "if m_0=0"),
    (MEAN, r"$m_t = \sum_{s=1}^t \beta^{t-s} g_s$, $m_t = (1-\beta) \sum_{s=0}^t \beta^{t-s} g_s$", "ru", "g does not exist at 0"),
    (CELL, r"$c_t = \sum_{s=1}^t \left(\prod_{j=s+1}^t \mathrm{diag}(f_j)\right) g_s$", "p", "if c_0=0"),
    (CELL, r"$c_t = \sum_{s=1}^t \left(\prod_{j=s}^t \mathrm{diag}(f_j)\right) g_s$", "r", ""),
    (CELL, r"$c_t = \sum_{s=1}^t \left(\prod_{j=s+1}^t f_j\right) \odot g_s$", "p", "if c_0=0"),  # ∏ entry by entry
    (CELL, r"$c_t = \sum_{s=1}^t \left(\prod_{j=s}^t f_j\right) \odot g_s$", "r", ""),
    (CELL, r"$c_t = \sum_{s=1}^t \left(\prod_{j=s+1}^{t-1} f_j\right) \odot g_s$", "r", ""),
    (CELL, r"$c_t = g_t + f_t \odot \sum_{s=1}^{t-1} \left(\prod_{j=s+1}^{t-1} f_j\right) \odot g_s$", "p", "if c_0=0"),
    (CELL, r"$c_t = f_t \odot \sum_{s=1}^t \left(\prod_{j=s+1}^{t-1} f_j\right) \odot g_s$", "r", ""),
    (CELL, r"$c_t = \sum_{s=1}^t \prod_{j=s+1}^t f_j \odot g_s$", "u", "where this ∏ ends is not clear"),
    (CELL, r"$c_t = \sum_{s=1}^t g_s \odot \prod_{j=s+1}^t f_j$", "p", "if c_0=0"),
    (CELL, r"$c_t = \sum_{s=1}^t g_s \odot \prod_{j=s+2}^t f_j$", "r", ""),
    (ATTENTION, r"$S_t = \sum_{s=1}^t v_s k_s^\top$, $o_t = \sum_{s=1}^t v_s (k_s^\top q_t)$", "pp", "if S_0=0"),
    (ATTENTION, r"$o_t = \sum_{s=1}^T (k_s^\top q_t) v_s$, $o_t = \sum_{s=1}^t (v_s^\top q_t) k_s$", "rr", ""),
    (DELTA, r"$S_t = \sum_{s=1}^t v_s k_s^\top \prod_{j=s+1}^t (I - k_j k_j^\top)$, $S_t = \sum_{s=1}^t v_s k_s^\top$", "pr", ""),
]


@pytest.mark.parametrize(("network", "formulas", "verdicts", "said"), RULES)
def test_what_notes_say_of_them(network, formulas, verdicts, said):
    entries = [e for e in read_note(f"{network}\n\n{formulas}", "markdown").entries if e.line > 1]
    assert "".join("u" if e.verdict == "unproved" else e.verdict[0] for e in entries) == verdicts, [(e.verdict, e.reason) for e in entries]
    assert said in entries[-1].reason


NETWORKS = [
    # (a second equation for h_t beside that of OPEN, how many networks the note has)
    (r"$h_t = \sum_{s=1}^t W^{t-s} U x_s$", 1),
    (r"$h_t = W \sum_{s=1}^{t-1} h_s + U x_t$", 1),  # holds h itself
    (r"$h_t = \sum_{s=1}^t U x_s$", 1),  # wrong, of nothing new
    (r"$h_t = \sum_{s=1}^t A x_s$", 2),  # A is new
    (r"$h_t = V x_t$", 2),
    (r"$h_t = \tanh(A z_t)$", 2),
]


@pytest.mark.parametrize(("equation", "networks"), NETWORKS)
def test_a_recursion_written_out_is_no_other_network(equation, networks):
    assert len(read_note(f"{OPEN}\n\n{equation}, $L = \\sum_{{t=1}}^T \\|h_t\\|^2$.", "markdown").models) == networks
