r"""Terms as LaTeX, in the notation that `reading` reads: reading what is printed gives an equal term."""

from __future__ import annotations

from sympy import Rational
from sympy.core.basic import Basic

from ..model import Model
from .heads import printer
from .printing import FACTOR, Notation, nesting

_TALL = (r"\frac", r"\sum", r"\prod", r"\begin")


def _argument(text: str) -> str:
    return rf"\left( {text} \right)" if any(word in text for word in _TALL) else f"({text})"


def _group(text: str) -> str:
    """Round and square brackets take turns."""
    return rf"\left[ {text} \right]" if nesting(text) % 2 else _argument(text)


def _exponent(k: Rational) -> str:
    return str(k.p) if k.q == 1 else f"{k.p}/{k.q}"


LATEX = Notation(
    name=lambda latex: latex,
    group=_group,
    call=lambda function, argument: function + _argument(argument),
    power=lambda base, k: f"{base}^{{{_exponent(k)}}}",
    entrywise_power=lambda base, k: rf"{base}^{{\circ {_exponent(k)}}}",
    minus="-",
    hadamard=r" \circ ",
    kronecker=r" \otimes ",
    dot=r" \cdot ",
    juxtapose=lambda factor: " ",
    transpose=r"%s^{\top}",
    fraction=r"\frac{%s}{%s}",
    fraction_levels=(0, 0, FACTOR),
    partial=r"\frac{\partial %s}{\partial %s}",
    immediate=r"\frac{\partial^{+} %s}{\partial %s}",
    sum=r"\sum_{%s}^{%s} %s",
    excluded=r", %s \neq %s",
    product={
        "descending": r"\prod_{%s=%s}^{%s} %s",
        "ascending": r"\overrightarrow{\prod}_{%s=%s}^{%s} %s",
        "unspecified": r"\prod_{%s=%s}^{%s} %s",
    },
    step=r"\mathbb{1}(%s > 0)",
    diag=r"\operatorname{diag}",
    trace=r"\operatorname{tr}",
    vec=r"\operatorname{vec}",
    reshape=r"\operatorname{reshape}_{%s}",
    norm=r"\lVert %s \rVert^{2}",
    total=r"\operatorname{sum}",
    identity=r"I_{%s}",
    commute=r"K_{%s,%s}",
    filled=r"\mathbf{%s}_{%s}",
    times=r"%s \times %s",
    leg=r" \cdot ",
    unit=r"\mathbf{e}_{%s}^{(%s)}",
    entry=r"\left[ %s \right]_{%s}",
    block=r"\left[ %s \right]_{%s}",
    block_slice="%s:%s",
    beside=(r"\left[ %s \right]", ", "),
    stacked=(r"\left[ %s \right]", "; "),
    indicator=r"\mathbb{1}(%s)",
    cases=(r"\begin{cases} %s \end{cases}", "%s, & %s", r" \\ "),
    relations={"=": "=", "!=": r"\neq", "<": "<", "<=": r"\leq"},
)


def latex(term: Basic, model: Model | None = None) -> str:
    r"""The term as LaTeX, with the model's names and function spellings, or with default ones.

    Raises `PrintError` for something that is no term of the language.

    >>> from symbolic.language import Var
    >>> from sympy import Symbol
    >>> t, n = Symbol("t"), Symbol("n")
    >>> W, h = Var("W", (), (n,), (n,)), Var("h", (t - 1,), (n,))
    >>> latex(W.T * h - 2 * h)
    'W^{\\top} h_{t-1} - 2 h_{t-1}'
    """
    return printer(LATEX, model).text(term)


