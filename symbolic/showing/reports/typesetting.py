r"""Formulas and words from a note as LaTeX that compiles and does nothing else.

A formula is set as mathematics only if every control word and every environment in it is in the table below, its groups and
environments close, and no character in it has a meaning of its own to TeX (%, #, $, ~, ^^).  Any other formula is set
letter by letter, as it was written.  The table holds what typesets; nothing in it reads, writes, defines or measures.
"""

from __future__ import annotations

import re

from ...reading.notation import words as listed
from ..derivation_report import escaped
from ..harmless import harmless

WORDS = frozenset(
    listed("""
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho sigma
    varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
    partial nabla ell top intercal infty prime emptyset forall exists hbar Re Im
    cdot times circ odot bullet otimes ast star oslash div bigcirc circledcirc bigodot oplus ominus pm mp wedge vee cap cup
    ne neq le leq leqslant ge geq geqslant lt gt in notin approx sim simeq propto equiv ll gg coloneqq triangleq doteq to
    mapsto rightarrow leftarrow Rightarrow Leftarrow Leftrightarrow Longrightarrow implies iff therefore because mid
    lbrace rbrace lbrack rbrack langle rangle lVert rVert Vert vert lvert rvert
    hat widehat tilde widetilde bar overline dot ddot vec underline
    mathbf boldsymbol bm pmb mathcal mathbb mathfrak mathrm mathsf mathtt mathit operatorname mathop mathnormal
    text textbf textit textrm textsf texttt textnormal mbox textup
    frac dfrac tfrac cfrac sqrt sum prod int overrightarrow overleftarrow cdots dots ldots dotsb dotsm dotsc vdots ddots
    left right big Big bigg Bigg bigl bigr bigm Bigl Bigr Bigm biggl biggr biggm Biggl Biggr Biggm middle
    displaystyle textstyle scriptstyle limits nolimits quad qquad thinspace medspace thickspace enspace
    underbrace overbrace boxed substack stackrel overset underset
    log ln exp tanh max min det sin cos tan sinh cosh arg Pr lim sup inf dim ker
    begin end wrong
    """)
)
ENVIRONMENTS = frozenset(
    listed("aligned alignedat gathered split cases dcases matrix pmatrix bmatrix Bmatrix vmatrix smallmatrix array")
)
_SIGNS = frozenset(r"\{}|,;:!> ")
"""Control signs."""

CHARACTERS = {
    "−": "-", "–": "-", "·": r"\cdot ", "⋅": r"\cdot ", "×": r"\times ", "∘": r"\circ ", "⊙": r"\odot ", "•": r"\bullet ",
    "⊗": r"\otimes ", "∗": r"\ast ", "⊘": r"\oslash ", "÷": r"\div ", "≔": "{:}{=}", "≠": r"\neq ", "≤": r"\leq ",
    "≥": r"\geq ", "∈": r"\in ", "≈": r"\approx ", "≡": r"\equiv ", "⟨": r"\langle ", "⟩": r"\rangle ", "‖": r"\Vert ",
    "′": "'", "’": "'", "，": ",", "；": ";", "：": ":", "。": ".", "（": "(", "）": ")", "∑": r"\sum ", "∏": r"\prod ",
    "…": r"\dots ", "⋯": r"\cdots ", "∂": r"\partial ", "∇": r"\nabla ", "ℓ": r"\ell ", "⊤": r"\top ", "⇒": r"\Rightarrow ",
    **dict(zip("αβγδεζηθικλμνξπρστυφχψω", (rf"\{w} " for w in listed(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega"
    )), strict=True)),
    **dict(zip("ΓΔΘΛΞΠΣΦΨΩ", (rf"\{w} " for w in listed("Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega")), strict=True)),
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", (f"^{{{k}}}" for k in range(10)), strict=True)),
    **dict(zip("₀₁₂₃₄₅₆₇₈₉", (f"_{{{k}}}" for k in range(10)), strict=True)),
    "ᵀ": r"^{\top}", "ᵗ": "^{t}", "ₜ": "_{t}",
}  # fmt: skip
"""Character -> what sets it in mathematics."""

_CONTROL = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(begin|end)[ \t]*\{([A-Za-z*]*)\}")
_TEXT = re.compile(r"[\u00a1-\u00ff‘’“”–—…]")
"""Letters and signs that every engine sets in words."""


def formula(latex: str) -> str | None:
    """The formula as it can be set, or None if it has to be shown as it was written.

    >>> formula(r"\\frac{a}{b} ≤ 1"), formula(r"\\input{x}"), formula("a}")
    ('\\\\frac{a}{b} \\\\leq  1', None, None)
    """
    text = " ".join(latex.split())
    if not _is_whole(text):
        return None
    in_words = [(m.start(1), m.end(1)) for m in _TEXT_GROUP.finditer(text)]
    if len(in_words) != len(_TEXT_COMMAND.findall(text)):
        return None
    parts, at = [], 0
    for start, end in in_words:
        parts += [*map(_in_mathematics, text[at:start]), *map(_in_words, text[start:end])]
        at = end
    return "".join([*parts, *map(_in_mathematics, text[at:])])


_TEXT_COMMAND = re.compile(r"\\(?:text(?!style)[a-z]*|mbox)(?![A-Za-z])")
_TEXT_GROUP = re.compile(_TEXT_COMMAND.pattern + r"[ ]?\{([^{}\\_^&]*)\}")
"""A group of words inside a formula; one that holds more than words is not set."""


def _in_mathematics(character: str) -> str:
    return character if character.isascii() else CHARACTERS.get(character) or rf"\text{{{_character(character)}}}"


def _in_words(character: str) -> str:
    if character.isascii() or character not in CHARACTERS:
        return _character(character)
    return rf"\ensuremath{{{CHARACTERS[character]}}}"


def _is_whole(text: str) -> bool:
    if not text or any(c in text for c in "%#$~\x7f") or "^^" in text or harmless(text) != text:
        return False
    for found in _CONTROL.finditer(text):
        word = found[1]
        if word not in WORDS if word[0].isascii() and word[0].isalpha() else word not in _SIGNS:
            return False
    open_: list[str] = []
    for found in _ENVIRONMENT.finditer(text):
        if found[1] == "begin":
            if found[2] not in ENVIRONMENTS:
                return False
            open_.append(found[2])
        elif not open_ or open_.pop() != found[2]:
            return False
    if open_ or len(_ENVIRONMENT.findall(text)) != sum(m[1] in ("begin", "end") for m in _CONTROL.finditer(text)):
        return False
    if ("&" in text or r"\\" in text) and r"\begin" not in text:
        return False
    return _closes(text) and text[-1] not in "_^\\"


def _closes(text: str) -> bool:
    """Whether braces, and \\left with \\right, come in pairs; scripts must not follow one another."""
    open_: list[str] = []
    bare = text.replace(r"\\", "  ").replace(r"\{", "  ").replace(r"\}", "  ")
    for found in re.finditer(r"\\left(?![a-z])|\\right(?![a-z])|[{}]", bare):
        mark = found[0]
        if mark in ("{", r"\left"):
            open_.append(mark)
        elif not open_ or open_.pop() != {"}": "{", r"\right": r"\left"}[mark]:
            return False
    scripts = re.search(r"[_^]\s*[_^}&]", bare) or re.search(r"(?:^|[{&])\s*[_^]\s*$", bare)
    return not open_ and scripts is None


def _character(character: str) -> str:
    if character.isascii() or _TEXT.match(character):
        return character
    return rf"\uchar{{{character}}}{{{ord(character):04X}}}"


def words(text: str) -> str:
    """Words as LaTeX text; characters that pdfTeX may not know stand in \\uchar{...}{code}.

    >>> words("50% of h_t 层")
    '50\\\\% of h\\\\_t \\\\uchar{层}{5C42}'
    """
    return "".join(map(_in_words, escaped(harmless(" ".join(text.split())))))


def letters(text: str) -> str:
    """Source text letter by letter in a fixed-width font, which may break anywhere."""
    shown = "".join((r"\ " if c == " " else words(c)) + r"\allowbreak{}" for c in " ".join(text.split()))
    return rf"{{\ttfamily\small\raggedright\hyphenchar\font=-1 {shown}\par}}"
