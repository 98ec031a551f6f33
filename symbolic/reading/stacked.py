r"""What may stand above or below an '=' without changing what it says: a number, a sign, a definition, the name of a rule.

    \overset{(3)}{=}   \stackrel{\text{def}}{=}   \overset{\text{chain rule}}{=}   \overset{\text{by (3)}}{=}

Anything else may deny the equation (wrong, ✗), ask for it (!), ask about it (?), or say when it holds (h_0 = 0, symmetry of W).
Words that no row knows may do so in any language, so that such an '=' is unreadable.
"""

from __future__ import annotations

import re

_COMMAND = re.compile(
    r"\\(?:text(?:rm|bf|it|sf|tt|normal|up)?|math(?:rm|bf|it|sf|tt|clap|normal)|mbox|operatorname\*?|small|tiny|scriptsize|rm|bf|it"
    r"|footnotesize|(?:display|text|script|scriptscript)style|[,;:! ]|quad)(?![A-Za-z])"
)
_BARE = str.maketrans("", "", "{}$~")
_LABEL = re.compile(
    r"[(\[]?(?:\d{1,3}(?:\.\d{1,3}){0,3}[a-z]?'?|[a-ce-wyzA-CE-OQ-WYZ]|[ivx]{1,5}|[A-Z]{1,3}\.?\d{1,3})[)\]]?"
    r"|\([dDpPxX]\)|[*†‡§#∗⋆△Δ]{1,3}|(?:\\(?:star|ast|dag|ddag|dagger|ddagger|Delta|triangle|diamond|bullet)\s*){1,3}"
)
_DENIED = re.compile(
    r"[?!？！✗✘×≠]|\\times|\bno[tn]?\b|n't|\bwrong|\bfalse|\bincorrect|\bmistak|\binvalid|\bshould|\bmust|\bwant|\bhope|\bmaybe"
    r"|\bperhaps|\bonly\b|\bif\b|\bwhen\b|\bapprox|\balmost|\bup to|\bnicht|\bkein|\bfalsch|\bpas\b|\bfaux|\bfals|\bsoll|\bmuss"
    r"|错|誤|误(?!差)|不|否|非|未|若|当",
    re.IGNORECASE,
)
_RULE = re.compile(
    r"\bdef(?:s|n|in\w*|\.)?(?![a-z])|\brules?\b|regel|\brègle|\bregla|\beqn?s?\b|\bequations?\b|\bgl(?:eichung)?\b|\bchain\b|\bkette"
    r"|\bproduct\b|\bquotient\b|\blinearity\b|\blemma|\bthm|\btheorem|\bprop(?:osition)?\b|\bsatz\b|\bcor(?:ollary)?\b|\bidentity\b"
    r"|\b(?:by|using|from|see|cf|via|per|nach|siehe|mit|par|selon|voir|por|use|with)\b[\s.]*(?:eqn?s?|gl|éq|ec|equations?)?[\s.]*\(\d"
    r"|\btransposition\b|\bexpand|\bdistributiv|\bassociativ|\bsubstitut|\bnotation\b|\bset\b|\blet\b"
    r"|法则|公式|[方等]?式|定义|定義|定理|引理|链式|連鎖|由|根据|代入|展开|记",
    re.IGNORECASE,
)
_MATHEMATICS = re.compile(r"[=<>≤≥≈∈+]|\\[A-Za-z]+")


def doubted(words: str) -> str:
    r"""Why an '=' with these words above it is no plain equation, or "".

    >>> [doubted(w) for w in ("(3)", r"\text{def}", r"\text{chain rule}", r"\text{by (3)}", r"\star")]
    ['', '', '', '', '']
    >>> [bool(doubted(w)) for w in ("?", r"\text{wrong}", r"\text{not the chain rule}", "h_0=0", r"\text{symmetry}", "d")]
    [True, True, True, True, True, True]
    """
    plain = " ".join(_COMMAND.sub("", words).translate(_BARE).split())
    if not plain or _LABEL.fullmatch(plain):
        return ""
    if not _DENIED.search(plain) and not _MATHEMATICS.search(plain) and _RULE.search(plain):
        return ""
    return f"an = with {plain} over it; only a number, def or the name of a rule leaves it a plain equation"
