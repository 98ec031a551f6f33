"""What a notebook shows of equations, gradients, derivations and verdicts; and the notebooks in docs/, run and compared."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from derivations.tanh_rnn import MODEL
from symbolic.language import LOOKS, Shown
from symbolic.model import Network
from symbolic.pipeline import check_formula, derive, read_note
from symbolic.proof.verdict import Counterexample, Entry, Verdicts
from symbolic.showing.notebook import in_mathjax, math, words

ROOT = Path(__file__).resolve().parent.parent


def loaded():
    spec = spec_from_file_location("notebooks", ROOT / "tools" / "notebooks.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


runner = loaded()
USERS = ("author", "engineer", "student")


# the notebooks


def stored(name):
    return json.loads((ROOT / "docs" / f"{name}.ipynb").read_text(encoding="utf-8"))


def test_there_is_a_notebook_for_every_user():
    assert [p.stem for p in runner.notebooks()] == list(USERS)


@pytest.mark.parametrize("name", USERS)
def test_what_a_notebook_stores_is_what_running_it_gives(name):
    for again, before in zip(runner.comparable(runner.executed(stored(name))), runner.comparable(stored(name)), strict=True):
        assert again == before, "make notebooks refreshes what is stored"


@pytest.mark.parametrize("name", USERS)
def test_a_notebook_is_complete_and_names_no_machine(name):
    notebook = stored(name)
    text = (ROOT / "docs" / f"{name}.ipynb").read_text(encoding="utf-8")
    assert text == runner.written(notebook) and notebook["metadata"] == runner.METADATA
    assert not re.search(r"/(?:home|root|tmp|Users|usr|var|opt)/|[A-Z]:\\\\", text)
    cells = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    assert [c["execution_count"] for c in cells] == list(range(1, len(cells) + 1))
    assert all(c["outputs"] for c in cells) and len({c["id"] for c in notebook["cells"]}) == len(notebook["cells"])


def test_the_runner_shows_what_is_printed_and_the_last_value():
    cells = [{"cell_type": "code", "metadata": {}, "source": [s]} for s in ("x = 1\nprint(x)\nx + 1", "x;", "x = 3")]
    first, *others = (c["outputs"] for c in runner.executed({"cells": cells})["cells"])
    assert [o["output_type"] for o in first] == ["stream", "execute_result"] and others == [[], []]
    assert first[0]["text"] == ["1\n"] and first[1]["data"] == {"text/plain": ["2"]}


# what is shown


class Page(HTMLParser):
    """The tags, attributes and text of a piece of HTML; text in code apart."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.text, self.code = [], set(), set(), [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        (self.code if "code" in self.open else self.text).append(data)


TAGS = {"div", "b", "i", "small", "span", "code", "details", "summary", "table", "tr", "th", "td"}


def page(text):
    """A piece of HTML that holds nothing but plain elements and formulas of our own making."""
    found = Page(text)
    assert not found.open and found.tags <= TAGS
    assert {name for _, name in found.attributes} <= {"style"}
    for piece in found.text:
        if piece in ("$", "\\"):  # alone in an element
            continue
        outside, formulas = piece.split("$")[::2], piece.split("$")[1::2]
        assert len(outside) == len(formulas) + 1 and not any("\\" in o for o in outside), piece
        assert all(f.startswith((r"\displaystyle ", r"\begin{bmatrix}", "-", *"0123456789")) for f in formulas), piece
        assert all(in_mathjax(f) for f in formulas), piece
    return found


HOSTILE = (
    r"\href{javascript:alert(1)}{x}",
    r"\def\W{x}",
    r"\require{html}\class{x}{y}",
    r"\unicode{x3c}script",
    r"\begin{equation}x\end{equation}",
    "</code></div><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    r"x$ \href{javascript:alert(1)}{y} $",
    r"\text{</div><script>alert(1)</script>}",
    r"\text{$\href{javascript:alert(1)}{y}$}",
    "a\x1b[31m\u202e",
    '"onmouseover="alert(1)',
    r"\(x\) \[y\]",
    r"\wrong{x} \boxed{x}",
)


@pytest.mark.parametrize("bad", HOSTILE)
def test_nothing_from_a_note_gets_out_of_its_place(bad):
    where = Counterexample(1, {bad: 2}, bad, [[1.0, 2e-9]], [[float("nan"), float("inf")]])
    shapes = Counterexample(1, {}, bad, None, None, (bad,))
    for counterexample in (where, shapes):
        e = Entry(
            f"C{bad}:L1:1", 1, 1, 1, 9, bad, bad, "claim", "refuted", "fails", bad, bad, (bad,), bad, bad, (bad,), counterexample, bad
        )
        text = page(e._repr_html_()).text
        assert "javascript" not in (e._repr_latex_() or "") and any("refuted" in t for t in text)
        page(Verdicts([e, e])._repr_html_())
    page(math(bad))
    page(f"<div>{words(bad)}</div>")
    for set_as in filter(None, [in_mathjax(bad)]):
        assert not set(re.findall(r"\\([a-z]+)", set_as)) - {"displaystyle", "boxed", "text", "lt", "gt"} and "<" not in set_as


def test_a_formula_keeps_its_signs():
    assert page(math(r"\begin{aligned} a &lt; b \end{aligned}")).text == [r"$\displaystyle \begin{aligned} a &lt; b \end{aligned}$"]
    assert page(math("a < b")).text == [r"$\displaystyle a \lt  b$"] and page(math("%a < b")).code == ["%a < b"]


def test_a_title_and_a_name_are_words():
    net = Network("<b>", "<script>alert(1)</script> $x$")
    x, L = net.input("x", latex=r"\href{javascript:alert(1)}{x}"), net.state("L")
    net.define(L, 2 * x)
    model = net.model(loss=L)
    for shown in (model, derive(model), derive(model)["x"]):
        page(shown._repr_html_())
        assert shown._repr_latex_() is None  # a name that is not known to be harmless is not set


def text_of(shown):
    parts = runner._Text()
    shown._repr_pretty_(parts, False)
    return "".join(parts)


def test_a_derivation_is_shown_in_the_notation_of_its_model():
    d = derive(MODEL)
    gradient = r"\frac{\partial L}{\partial V} &= \sum_{t=1}^{\tau} (\hat y^{(t)} - y^{(t)}) (h^{(t)})^{\top}"
    for shown in (d, d["V"]):
        assert any(gradient in t for t in page(shown._repr_html_()).text)
        assert gradient in shown._repr_latex_() and shown._repr_latex_().startswith(r"$\displaystyle \begin{aligned}")
        assert "∂L/∂V = Σ_{t=1}^τ (ŷ^(t) − y^(t))(h^(t))ᵀ" in text_of(shown)
    assert d["V"].term == d.gradient("V")
    assert d["h"]._repr_latex_().count(r"\delta^{(") == 3  # for t < τ with the next step, and for t = τ
    assert any("chain rule through tanh" in t for t in page(d["W"]._repr_html_()).text)
    with pytest.raises(ValueError, match="the loss does not depend on nothing"):
        d["nothing"]


def test_models_equations_and_terms_are_shown():
    assert any(r"\hat y^{(t)} = \operatorname{softmax}(o^{(t)})" in t for t in page(MODEL._repr_html_()).text)
    assert r"\hat y^{(t)} &= \operatorname{softmax}(o^{(t)})" in MODEL._repr_latex_()
    assert MODEL.equations[0]._repr_latex_() == r"$\displaystyle h_t = \tanh(U x_t + W h_{t-1} + b)$"
    assert MODEL.equations[1].right._repr_latex_() == r"$\displaystyle V h_t + c$"
    assert text_of(MODEL.equations[1]) == "o_t = V h_t + c" and "softmax" in text_of(MODEL)


WRONG = r"\frac{\partial L}{\partial V} = \sum_{t=1}^{\tau} (\hat y^{(t)} - y^{(t)}) (h^{(t-1)})^{\top}"


def test_a_verdict_shows_what_is_wrong_why_and_what_is_right():
    verdicts = check_formula(MODEL, WRONG, repairs=True)
    assert verdicts == tuple(verdicts) and isinstance(verdicts, tuple)
    for shown in (verdicts, verdicts[0]):
        text = " ".join(page(shown._repr_html_()).text)
        assert "refuted" in text and "(index)" in text and r"\boxed{t-1}" in text
        assert "Right would be (proved)" in text and r"claimed $\begin{bmatrix}" in text
        assert "right would be: " in text_of(shown)
    assert verdicts[0]._repr_latex_().endswith(r"\qquad \text{refuted (index)}$")
    assert check_formula(MODEL, WRONG)[0].repair is None  # only where it is asked for


def test_a_checked_note_is_shown_with_its_network():
    checked = read_note("$$h_t = \\tanh(W h_{t-1} + U x_t)$$\n$$L = \\sum_t \\|h_t - y_t\\|^2$$\n\n$$\\frac{\\partial L}{\\partial h_T} = h_T$$\n")
    text = " ".join(page(checked._repr_html_()).text)
    assert "2 proved, 1 refuted" in text and "line 4" in text and "The network as understood" in text
    assert text_of(checked).startswith("2 proved, 1 refuted\nline 1: proved")
    assert page(read_note("words")._repr_html_()).text[0] == "nothing is judged"


def test_what_has_no_look_is_shown_by_its_repr():
    class Bare(Shown):
        def __repr__(self):
            return "bare"

    assert Bare()._repr_html_() is None and Bare()._repr_latex_() is None and text_of(Bare()) == "bare"
    assert all(issubclass(kind, Shown) for kind in LOOKS)
    assert all("_repr_pretty_" in vars(kind) for kind in LOOKS)  # where IPython looks before it looks for a __repr__


def test_in_a_notebook_the_first_public_name_brings_the_looks():
    lines = (
        "import sys, types",
        "sys.modules['IPython'] = types.ModuleType('IPython')",
        "from symbolic import Network",
        "from symbolic.language import LOOKS",
        "assert LOOKS and 'symbolic.pipeline' not in sys.modules",
    )
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, cwd=ROOT)
