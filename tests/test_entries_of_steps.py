r"""A vector with an entry for each step, α ∈ R^T: its size is the length; an α_t beside it is an entry of it, or another quantity.

p proved, r refuted, u unreadable or unproved.
"""

import pytest

from symbolic.pipeline import read_note

NOTE = r"""Let $x_t \in \mathbb{R}^d$, $h_t \in \mathbb{R}^n$, $\alpha \in \mathbb{R}^T$, and let $H \in \mathbb{R}^{n \times T}$ be a weight matrix.

$$h_t = \tanh(W h_{t-1} + U x_t), \quad t = 1, \dots, T$$

$$L = \sum_{t=1}^T \|h_t\|^2 + ? + \|H\alpha\|^2$$

"""
ENTRIES = r"\sum_{k=1}^T \alpha_k"

FORMULAS = (
    (r"\frac{\partial L}{\partial \alpha} = \mathbf{1} + 2 H^T H \alpha", "p"),  # refuted where T entries were another number than T steps
    (r"\frac{\partial L}{\partial \alpha} = 2 H^T H \alpha", "r"),
    (r"\frac{\partial L}{\partial \alpha_k} = 1 + 2 (H^T H \alpha)_k", "p"),
    (r"\frac{\partial L}{\partial \alpha_k} = T + 2 (H^T H \alpha)_k", "r"),
    (r"\frac{\partial L}{\partial H} = 2 H \alpha \alpha^T", "p"),
    (r"\frac{\partial L}{\partial H} = H \alpha \alpha^T", "r"),
)


@pytest.mark.parametrize(("formula", "verdict"), FORMULAS)
def test_as_many_entries_as_steps(formula, verdict):
    entry = read_note(f"{NOTE.replace('?', ENTRIES)}$${formula}$$", "markdown").entries[-1]
    assert {"proved": "p", "refuted": "r"}.get(entry.verdict, "u") == verdict, entry.reason


def test_the_same_letter_at_each_step_is_not_taken_for_another_quantity():
    r"""∂L/∂α = 1 + 2 HᵀHα is right for Σ_t α_t, unless α_t is no entry of α."""
    steps = r"\sum_{t=1}^T \alpha_t"
    checked = read_note(f"{NOTE.replace('?', steps)}$${FORMULAS[0][0]}$$", "markdown")
    assert any("may be an entry of" in problem for problem in checked.problems)
    assert all(entry.verdict not in ("proved", "refuted") for entry in checked.entries)
