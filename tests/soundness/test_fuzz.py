"""Notes at random: no fault of ours, no '=' unaccounted for, nothing that a terminal would obey, exit status 0, 1 or 2.

`make test` reads thirty and judges twelve, `make soak` reads four thousand and judges two thousand.
"""

import random

import pytest
from conftest import SOAK, examples
from fuzz import KINDS, NOTES, faults, grown, note, spoiled
from hypothesis import given
from hypothesis import strategies as st

from symbolic import cli

RANDOM = st.randoms(use_true_random=False)
CHUNKS, CHUNK = (40, 50) if SOAK else (2, 6)


@examples("notes")
@given(RANDOM)
def test_any_note_is_read(rng):
    text, kind = note(rng)
    assert not faults(text, kind, judge=False)


@examples("notes")
@given(st.integers(0, 2**32))
def test_any_note_is_read_whatever_the_seed(seed):
    """Hypothesis prefers small choices; these are spread evenly."""
    text, kind = note(random.Random(seed))
    assert not faults(text, kind, judge=False)


FOUND = (
    # what earlier runs found, as small as it could be made
    "$h(t) = \\tanh(W h(t-1) + U x(t))$, $L = \\sum_t \\|h(t) - y(t)\\|^2$, $\\delta(t) = \\frac{\\partial L}{\\partial h(t)}$.",
    "$h_t = \\tanh(W [a_t; c_t])$, $a_t = \\tanh(U x_t)$, $c_t = \\tanh(V x_t)$ with $a_t, c_t \\in \\mathbb{R}^n$, $L = \\sum_t \\|h_t\\|^2$",
    "$z_t = \\sum_t W g(z_{t-1}) + U x_t$ and $L = \\ell(z_T, y)$: $\\frac{\\partial L}{\\partial U} = 0$",
    "$y_t = V h_t$, $L = \\sum_{t=1}^T h_{t-1} \\|y_t\\|^2$, $\\frac{\\partial L}{\\partial V} = h_t$",
    "$\\mathbf{y_{t}} = W x_t$, $L = \\sum_t \\|\\mathbf{y_{t}}\\|^2$",
    "$h_t = \\tanh(W h_{t-1} + U x_t)$, $L = \\sum_{t=1}^T \\|h_t - y_t\\|^2$, $V = b_{ +1} W$",
    "$o_t = V x_t$, $L = \\sum_{t=1}^T \\|o_t - y_t\\|^2$, $\\delta_{o_\\mathbb{1}, t} = \\frac{\\partial L}{\\partial o_t} = o_t - y_t$",
    "$\\theta = \\tanh(U x(t) + W h(t-1))$, $$ L = \\sum_{t} L_t $$, $$ W = \\frac{\\partial \\delta_{ +1}}{\\partial h_t} $$",
    "$h_t = W x_t$, $T = \\frac{1}{2} \\sum_{t=1}^T \\|h_t\\|^2$, $\\frac{\\partial T}{\\partial W} = x_t$",
    "$h_t = \\tanh(W h_{t-1} + U x_t)$, $L = \\sum_{t=1}^T \\|h_t - y_t\\|^2$, $$\\begin{aligned}\n\\delta_t\\\\ \\end{align}&= \\sqrt{b}\n\\end{aligned}$$",
    "$h^{(t)} = \\prod_{j=1}^{t} W$",
    "$b = \\sigma(1) + c$, $L = \\ell(b)$, $\\frac{\\partial L}{\\partial c} = c$",
)  # fmt: skip


@pytest.mark.parametrize("text", FOUND)
def test_what_was_found_stays_mended(text):
    assert not faults(text, "markdown", whole=True)


@pytest.mark.soak
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_any_note_is_judged(chunk):
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        text, kind = note(random.Random(seed))
        assert not faults(text, kind, whole=seed % 5 == 0), f"seed {seed}:\n{text}"


def test_the_command_ends_with_a_status(tmp_path, capsys):
    rng = random.Random(1)
    endings = {"markdown": ".md", "latex": ".tex", "text": ".txt"}
    sources = []
    for number in range(6):
        kind = rng.choice(KINDS)
        text = spoiled(rng, rng.choice((grown(rng), rng.choice(NOTES)[:700])))
        source = tmp_path / f"note{number}{endings[kind]}"
        source.write_text(text, encoding="utf-8", errors="backslashreplace")
        sources.append(str(source))
    for words in (["check", *sources[:4]], ["check", *sources[4:], "--strict", "--no-repair", "--format", "json"], *(["derive", s] for s in sources[:3])):
        status = cli.main(words)
        told = capsys.readouterr()
        assert status in (0, 1, 2) and "fault of our own" not in told.err + told.out and "Traceback" not in told.err
