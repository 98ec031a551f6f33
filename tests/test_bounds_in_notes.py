"""Bounds that a note states in formulas: what is proved and for which letters, what is refuted by numbers, what is not judged."""

from __future__ import annotations

import json
import re
from functools import cache

import pytest

from symbolic import cli
from symbolic.pipeline import read_note

NETWORK = r"""The state is $h_t = \tanh(W h_{t-1} + U x_t + b)$, the output $o_t = V h_t$, and $L = \sum_{t=1}^T \|o_t - y_t\|^2$.

"""
J, STEP = r"\left\|\frac{\partial h_t}{\partial h_k}\right\|", r"\|\partial h_t / \partial h_{t-1}\|"
ANY, SPECTRAL = "‖·‖: every operator norm with ‖diag(d)‖ ≤ max|d|", "‖·‖: the spectral norm"

ROWS = (
    # formula, verdicts of its bounds, assumptions of the first or words of its reason
    (rf"$${J} \le (\gamma \|W\|)^{{t-k}}$$", "proved", ("γ ≥ 1", ANY)),
    (rf"$${J} \leq \gamma^{{t-k}} \lVert W \rVert^{{t-k}}, \quad k \le t$$", "proved", ("γ ≥ 1", ANY)),
    (rf"$${J} \le \|W\|^{{t-k}}$$", "proved", (ANY,)),
    (rf"$${J} \le (2 \|W^\top\|_2)^{{t-k}}$$", "proved", (SPECTRAL,)),
    (rf"$${J} \le \left(\frac{{1}}{{4}} \|W\|\right)^{{t-k}}$$", "refuted", "a real forward pass exceeds (1/4 ‖W‖)^(t - k)"),
    (rf"$${J} \le (0.9 \|W\|)^{{t-k}}$$", "refuted", "exceeds (9/10 ‖W‖)^(t - k)"),
    (rf"$${J} \le \|W\|$$", "refuted", "exceeds ‖W‖"),
    (rf"$${J} \le \|V\|^{{t-k}}$$", "refuted", "exceeds ‖V‖^(t - k)"),
    (rf"${STEP} \le \|W\|$", "proved", (ANY,)),
    (rf"${STEP} \le \|W\| / 4$", "refuted", "exceeds"),
    (rf"${STEP} \le \|\operatorname{{diag}}(1 - h_t^2)\| \|W\| \le \beta \|W\|$", "proved proved", (ANY,)),
    (rf"${STEP} \le \|\operatorname{{diag}}(1 - h_{{t-1}}^2)\| \|W\|$", "refuted", "exceeds"),
    (r"$\|\partial o_t / \partial h_t\| \le \|V\|$", "proved", (ANY,)),
    (r"$\|\partial L / \partial h_t\| \le \|V\| \|W\|^{T-t}$", "refuted", "exceeds"),
    (
        r"$$\begin{aligned} " + J + r" &\le \prod_{i=k+1}^t \|W\| \\ &\le \|W\|^{t-k} \\ &\le \frac12 \|W\|^{t-k} \end{aligned}$$",
        "unreadable proved refuted", "a product of numbers, norms and letters to powers",
    ),
    (rf"$${J} < \|W\|^{{t-k}}$$", "unreadable", "only ≤ is judged between bounds, not <"),
    (rf"$${J} \le \|W\|^{{q}}$$", "unreadable", "an exponent of a bound"),
    (rf"$${J} \le \|W\|_F^{{t-k}}$$", "unreadable", "only the norms ‖·‖ and ‖·‖_2"),
    (rf"$${J} \le \|Q\|^{{t-k}}$$", "unreadable", "Q is not defined"),
    (rf"$${J} \le \|W\|^{{t-k}} + 1$$", "unreadable", "a sum in a bound"),
    (rf"$${J} \le (-2 \|W\|)^{{t-k}}$$", "unreadable", "a sum in a bound"),
    (rf"With sigmoid units, ${J} \le (\frac14 \|W\|)^{{t-k}}$.", "unreadable", "said of a special case or another network"),
    (rf"Supposons que ${STEP} \le \frac12 \|W\|$.", "unreadable", "may say that it is meant for a special case, or not asserted"),
    (rf"It is not true that ${STEP} \le \frac12 \|W\|$.", "unreadable", ""),
    (rf"This needs ${STEP} \le 1$.", "unreadable", "a bound by a number alone"),
    (rf"$\gamma = \frac14$ and ${J} \le (\gamma \|W\|)^{{t-k}}$", "unreadable", r"\gamma stands in other formulas, too"),
    (rf"Here $\gamma$ bounds the slope, $|\tanh'(z)| \le \gamma$, and ${J} \le (\gamma \|W\|)^{{t-k}}$", "proved", ("γ ≥ 1", ANY)),
    (rf"Here $${J} = \left\|\prod_{{i=k+1}}^t \frac{{\partial h_i}}{{\partial h_{{i-1}}}}\right\| \le (\gamma \|W\|)^{{t-k}}$$", "proved", ("γ ≥ 1", ANY)),
    (r"$\|W\| \le 1$, $|\tanh'(z)| \le 1$ and $1 \le t \le T$", "", ()),
    (rf"${J} \to 0$ and ${J} \ne 0$", "unreadable", "not ≠"),
)


@cache
def judged():
    """The bounds of all rows by the number of the row: they stand in one note, but for those whose γ stands elsewhere, too."""
    found = {}
    for rows in ([k for k in range(len(ROWS)) if k not in ALONE], *([k] for k in ALONE)):
        entries = read_note(NETWORK + "\n\n".join(ROWS[k][0] for k in rows) + "\n", "markdown").entries
        for n, k in enumerate(rows):
            found[k] = [e for e in entries if e.kind == "statement" and e.line == 3 + 2 * n]
    return found


ALONE = [k for k, row in enumerate(ROWS) if "Here" in row[0] or r"\gamma = " in row[0]]


@pytest.mark.parametrize("k", range(len(ROWS)), ids=[r[0] for r in ROWS])
def test_bounds_are_judged_by_the_mathematics(k):
    (_, verdicts, told), found = ROWS[k], judged()[k]
    assert [e.verdict for e in found] == verdicts.split(), [e.reason for e in found]
    for e in found:
        assert (e.counterexample is not None) == (e.verdict == "refuted") and bool(e.proof) == (e.verdict == "proved")
        if e.verdict == "refuted":
            (claimed,), (true,) = e.counterexample.claimed, e.counterexample.true
            steps = dict(re.findall(r"([kt]) = (\d)", e.counterexample.where))
            assert steps.get("k", "0") < steps["t"]  # what is claimed of no step at all is no matter
            assert true > claimed and set(e.counterexample.sizes.values()) == {1}
    if found:
        assert found[0].assumes == told if isinstance(told, tuple) else told in found[0].reason


def test_a_recurrence_with_gates_has_no_bound_that_is_known():
    text = r"""$z_t = \sigma(A x_t + B h_{t-1})$, $h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \tanh(U h_{t-1})$, $L = \sum_t \|h_t - y_t\|^2$
where $\sigma$ is the sigmoid.

$$\left\|\frac{\partial h_t}{\partial h_k}\right\| \le (\gamma \|U\|)^{t-k}$$
"""
    (e,) = (e for e in read_note(text, "markdown").entries if e.kind == "statement")
    assert e.verdict == "unproved" and e.reason.startswith("no bound of this form is known for ‖∂h_t/∂h_k‖")


def test_an_abstract_activation_has_a_slope_of_its_own():
    text = NETWORK.replace(r"\tanh", r"\phi") + rf"$${J} \le (\gamma \|W\|)^{{t-k}}$$ and ${STEP} \le \frac12 \|W\|$"
    first, second = (e for e in read_note(text, "markdown").entries if e.kind == "statement")
    assert first.verdict == "proved" and first.assumes[0] == "γ ≥ sup|phi'|"
    assert second.verdict == "unproved"  # it holds for some functions


def test_a_bound_has_its_place_and_every_format_shows_it(tmp_path, capsys):
    path = tmp_path / "note.md"
    path.write_text(NETWORK + rf"Here ${STEP} \le \|W\|$ and $${J} \le (\frac13 \|W\|)^{{t-k}}$$" + "\n", encoding="utf-8")
    assert cli.main(["check", str(path), "--format", "json"]) == 1
    found = [e for e in json.loads(capsys.readouterr().out)["files"][0]["equations"] if e["kind"] == "statement"]
    assert [(e["id"], e["column"]) for e in found] == [("L3:a", 47), ("L3:b", 113)] and found[0]["head"] == STEP
    for name in ("html", "latex"):
        assert cli.main(["check", str(path), "--format", name]) == 1 and "forward pass exceeds" in capsys.readouterr().out


def test_a_bound_can_be_ignored():
    checked = read_note(NETWORK + rf"${STEP} \le \frac12 \|W\|$ <!-- gradproof: ignore -->" + "\n", "markdown")
    assert [e.kind for e in checked.entries] == ["definition"] * 3
