"""Terms as text for a terminal: δ_t = Vᵀ(ŷ_t − y_t) + ...  Readable, not meant to be read back."""

from __future__ import annotations

import re
import unicodedata

from sympy import Rational
from sympy.core.basic import Basic

from ..model import Model
from .heads import printer
from .names import GREEK, tokens
from .printing import ELEMENTWISE, FACTOR, Notation, nesting

_ACCENTS = {
    r"\hat": "\u0302", r"\widehat": "\u0302", r"\bar": "\u0304", r"\overline": "\u0304", r"\tilde": "\u0303",
    r"\widetilde": "\u0303", r"\dot": "\u0307", r"\ddot": "\u0308", r"\vec": "\u20d7",
}  # fmt: skip
_FONTS = (
    r"\mathbf", r"\boldsymbol", r"\bm", r"\mathrm", r"\mathit", r"\mathsf", r"\mathcal", r"\mathbb", r"\text",
    r"\textbf", r"\textrm", r"\textit", r"\operatorname",
)  # fmt: skip
_NEEDLESS = re.compile(r"([_^])\{([^{}()]|\([^(){}]*\))\}")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain(latex: str) -> str:
    r"""A name in LaTeX as text.

    >>> plain(r"\hat{\mathbf{r}}_{t-1}"), plain(r"\mathbf{a}_t^{(\text{in})}")
    ('r̂_{t−1}', 'a_t^(in)')
    """
    shown: list[str] = []
    accents: list[tuple[int, str]] = []  # (depth of braces at which the accent was met, accent)
    opened: list[str] = []  # what closes each open brace
    script = False
    depth = 0
    fresh = False  # the next brace belongs to a font or an accent
    for token in tokens(latex):
        if token.isspace():
            continue
        if token in _FONTS:
            fresh = True
        elif token in _ACCENTS:
            accents.append((depth, _ACCENTS[token]))
            fresh = True
        elif token == "{":
            depth += 1
            opened.append("" if fresh or not script else "}")
            shown.append("{" if opened[-1] else "")
            fresh = script = False
        elif token == "}":
            depth -= 1
            shown.append(opened.pop() if opened else "")
            script = False
        elif token in "_^":
            shown.append(token)
            script, fresh = True, False
        else:
            letter = GREEK.get(token[1:], token[1:]) if token.startswith("\\") else "−" if token == "-" else token
            while accents:
                letter += accents.pop()[1]
            shown.append(letter)
            script = fresh = False
    return _without_needless_braces(unicodedata.normalize("NFC", "".join(shown)))


def _without_needless_braces(text: str) -> str:
    """_{t} -> _t and ^{(t)} -> ^(t), from the inside out."""
    before = ""
    while before != text:
        before, text = text, _NEEDLESS.sub(r"\1\2", text)
    return text


def _group(text: str) -> str:
    """Round and square brackets take turns."""
    return f"[{text}]" if nesting(text) % 2 else f"({text})"


def _exponent(k: Rational) -> str:
    return str(k.p).translate(_SUPERSCRIPTS) if k.q == 1 else f"^({k.p}/{k.q})"


TEXT = Notation(
    name=plain,
    group=_group,
    call=lambda function, argument: f"{function}({argument})",
    power=lambda base, k: base + _exponent(k),
    entrywise_power=lambda base, k: base + "∘" + _exponent(k),
    minus="−",
    hadamard=" ∘ ",
    kronecker=" ⊗ ",
    dot=" · ",
    juxtapose=lambda factor: "" if factor[0] in "([" else " ",
    transpose="%sᵀ",
    fraction="%s/%s",
    fraction_levels=(FACTOR, FACTOR, ELEMENTWISE),
    partial="∂%s/∂%s",
    immediate="∂⁺%s/∂%s",
    sum="Σ_{%s}^{%s} %s",
    excluded=", %s≠%s",
    product={"descending": "∏_{%s=%s}^{%s} %s", "ascending": "∏→_{%s=%s}^{%s} %s", "unspecified": "∏_{%s=%s}^{%s} %s"},
    step="𝟙(%s > 0)",
    diag="diag",
    trace="tr",
    vec="vec",
    reshape="reshape_{%s}",
    norm="‖%s‖²",
    total="sum",
    identity="I_{%s}",
    commute="K_{%s,%s}",
    filled="%s_{%s}",
    times="%s×%s",
    leg="·",
    unit="e_{%s}^{(%s)}",
    entry="[%s]_{%s}",
    block="[%s]_{%s}",
    block_slice="%s:%s",
    beside=("[%s]", ", "),
    stacked=("[%s]", "; "),
    indicator="𝟙(%s)",
    cases=("{%s}", "%s if %s", "; "),
    relations={"=": "=", "!=": "≠", "<": "<", "<=": "≤"},
)


def text(term: Basic, model: Model | None = None) -> str:
    """The term as one line of text, with the model's names or with default ones.

    >>> from symbolic.language import Hadamard, Var
    >>> from sympy import Symbol
    >>> t, n = Symbol("t"), Symbol("n")
    >>> W, h = Var("W", (), (n,), (n,)), Var("h", (t + 1,), (n,))
    >>> text(W.T * Hadamard(1 - h**2, h))
    'Wᵀ[(1 − h_{t+1}²) ∘ h_{t+1}]'
    """
    return _without_needless_braces(printer(TEXT, model).text(term))
