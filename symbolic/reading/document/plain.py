"""Formulas in undelimited text, where nothing else can be meant: f'(x) = f(x)(1 - f(x)), h_t = tanh(W h_{t-1} + b).

The left side is a single letter with primes, scripts or an argument; the right side goes on as long as there is
mathematics: single letters, names of functions, numbers, operators, brackets in balance.  A prime, a script or a ∂ must
be in it.  Words of several letters, code (loss_fn = f(x)), links and bare settings (n = 3) are no formulas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .. import notation as N

MAX_SIDE = 80
MAX_FORMULA = 400

_GREEK = "α-ωΑ-Ω"
_LETTER = rf"(?:[A-Za-z{_GREEK}]|\\(?:{'|'.join(N.GREEK)})(?![A-Za-z]))"
_SCRIPT = r"[_^](?:\{[^{}\n]{1,20}\}|\([^()\n]{1,10}\)|[A-Za-z0-9])"
_NAME = rf"{_LETTER}['′’]{{0,2}}(?:{_SCRIPT}){{0,2}}['′’]{{0,2}}"
_CALL = r"(?:\([A-Za-z][A-Za-z0-9_, ]{0,15}\))?"
_SLOPE = rf"[∂d]{_NAME}{_CALL}[ ]?/[ ]?[∂d]{_NAME}"
_LEFT = re.compile(rf"(?:^|[^A-Za-z0-9_\\^'’.$/=<>?&#%@])((?:{_SLOPE}|{_NAME}{_CALL}))[ ]{{0,2}}\Z")
_WORD = re.compile(r"[A-Za-z]+")
_STRUCTURE = re.compile(r"['′’∂_^]")
_NUMBER = re.compile(r"[0-9.]+")
_COMMON = frozenset(N.words("in it if is as at so we to of no on by or an am be do he me my up us go hi ok vs"))
_SIGNS = frozenset("'′’()[]{}+-*/^_.=\\|<>") | frozenset(c for c in N.CHARACTERS if ord(c) > 127 and c not in "，；：。（）！")
_FUNCTIONS = N.BARE_WORDS | frozenset(N.CONTROL_FUNCTIONS)


def plain_formulas(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The slices of undelimited formulas between two offsets of a text.

    >>> text = "若为tanh,则f'(x)=1-f(x)*f(x) 成立; x=3"
    >>> [text[a:b] for a, b in plain_formulas(text, 0, len(text))]
    ["f'(x)=1-f(x)*f(x)"]
    """
    at = start
    while (equals := text.find("=", at, end)) >= 0:
        at = equals + 1
        left_end = equals - 1 if equals > start and text[equals - 1] in ":+" else equals
        low = max(start, left_end - MAX_SIDE)
        left = _LEFT.search(text, low, left_end)
        if left is None or text[at : at + 1] in ("=", ">"):
            continue
        stop = _right(text, at, min(end, at + MAX_FORMULA))
        formula = text[left.start(1) : stop]
        if stop > at and _STRUCTURE.search(formula) and not _NUMBER.fullmatch(text[at:stop].strip()) and _balanced(formula):
            yield left.start(1), stop
            at = stop
        elif stop > at + MAX_SIDE:
            at = stop


def _right(text: str, start: int, end: int) -> int:
    """Where the mathematics that begins here ends."""
    at = solid = start
    depth = 0
    while at < end:
        c = text[at]
        if c == " ":
            at += 1
            continue
        if c == "," and depth:
            at += 1
            continue
        word = _WORD.match(text, at, end)
        if word:
            if not _is_letters(word[0], text[word.end() : word.end() + 1], text[at - 1 : at]):
                break
            at = solid = word.end()
        elif c.isdigit() or c in _SIGNS or c in N.RAISED or c in N.LOWERED:
            if c == "." and not text[at + 1 : at + 2].isdigit():
                break
            depth += (c in "([{") - (c in ")]}")
            if depth < 0:
                break
            at += 1
            solid = at
        else:
            break
    return start + len(text[start:solid].rstrip(" .-+*/="))


def _is_letters(word: str, after: str, before: str) -> bool:
    """Whether letters in a row may be symbols or a function's name and no word."""
    if before == "\\":
        return True
    if len(word) == 1 or word in _FUNCTIONS:
        return True
    tail = next((word[k:] for k in range(1, 3) if word[k:] in _FUNCTIONS), "")
    return bool(tail) or (len(word) == 2 and word.lower() not in _COMMON and (after in ("_", "^") or word[0].isupper()))


def _balanced(formula: str) -> bool:
    stack: list[str] = []
    for c in formula:
        if c in "([{":
            stack.append({"(": ")", "[": "]", "{": "}"}[c])
        elif c in ")]}" and (not stack or stack.pop() != c):
            return False
    return not stack
