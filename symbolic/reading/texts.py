"""What the lexer leaves to a second look: words in `\\text{...}`, and equations in frames, braces and systems."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from . import notation as N
from .hidden import mathematics_in
from .signs import NAME, Token

PAUSES = ",.;:"
DEEPEST = 4
"""How deep an environment may stand in others to be a system."""
_WRAPPED = re.compile(r"\\(?:mathrm|rm|text|mathbf|mathsf|operatorname|textrm|mathit)\s*\{([A-Za-z-]+)\}")


def plain(content: str) -> str:
    """A word without a font command around it, the star and fine spaces left out: \\mathrm{arg\\,max}."""
    name = content.strip().removesuffix("*")
    wrapped = _WRAPPED.fullmatch(name)
    return wrapped[1] if wrapped else name


def worded(
    command: str, content: str, name: str, start: int, end: int, lexed: Callable[[str], Sequence[Token]]
) -> Iterator[Token]:
    """The tokens of \\command{content}: a name, a letter, a number or prose; none for mere punctuation.

    name    the content without a font command and spaces around it
    lexed   reads what stands between dollar signs, as in \\text{if $t = T$}
    """
    inside = content.split("$")
    if len(name) == 1 and name.isascii() and name.isalpha():
        yield Token("letter", name, start, end)
    elif (name in N.CHARACTERS and N.CHARACTERS[name][0] == "letter") or (name[1:] in N.LETTERS and name[:1] == "\\"):
        yield Token("letter", N.CHARACTERS[name][1] if name in N.CHARACTERS else name, start, end)
    elif name.isascii() and name.isdigit():
        yield Token("number", name, start, end)
    elif len(inside) > 1 and len(inside) % 2 and not any(map(mathematics_in, inside[::2])):
        place = end - 1 - len(content)
        for k, part in enumerate(inside):
            if k % 2:
                yield from (replace(t, start=t.start + place, end=t.end + place) for t in lexed(part))
            elif part.strip():
                yield from worded(command, part, part.strip(), place, place + len(part), lexed)
            place += len(part) + 1
    elif mathematics_in(content):
        yield Token("bad", content, start, end, f"mathematics hidden in \\{command}{{{content}}}")
    elif not any(c.isalpha() for c in name):
        if not all(c.isspace() or c in PAUSES for c in name):
            yield Token("bad", content, start, end, f"mathematics hidden in \\{command}{{{content}}}")
    elif "\\" in name or "$" in name:
        yield Token("bad", content, start, end, f"control words inside \\{command}{{{content}}}")
    else:
        yield Token("word", name if NAME.fullmatch(name) else content, start, end)


def opened(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The tokens with equations in frames, braces and systems laid open, and cases that are written as an array as cases.

        \\boxed{a = b}, {\\small a = b}                             a = b
        \\begin{cases} a = b \\\\ c = d \\end{cases}                  two rows; so is an array, behind a brace or not
        \\left\\{ \\begin{array}{ll} a & t = T ... \\right.          cases
    """
    result: list[Token | None] = list(tokens)
    for k, last in _environments(tokens):
        token = tokens[k]
        if token.text in _SYSTEMS:
            brace = k > 0 and (tokens[k - 1].kind, tokens[k - 1].text) == ("open", "\\{")
            behind = tokens[last + 1] if last + 1 < len(tokens) else None
            sized = behind is not None and (behind.kind, behind.text) == ("bad", "\\right.")
            closed = behind is not None and behind.kind == "close" and behind.text in ("\\}", "}")
            alone = brace and not closed and (tokens[k - 1].note == "left") == sized
            system = _is_system(tokens[k + 1 : last]) and (alone or not brace)
            if not system and not (alone and token.text == "array"):
                continue
            name = "aligned" if system else "cases"
            for j in _apart(tokens, k + 1, last) if system else ():
                result[j] = replace(tokens[j], kind="gap", text="quad")
            result[k], result[last] = replace(token, text=name), replace(tokens[last], text=name)
            if alone:
                result[k - 1] = None
                result[k] = replace(token, text=name, start=tokens[k - 1].start)
            if alone and sized:
                result[last + 1] = None
    return _without_braces([t for t in result if t is not None])


_SYSTEMS = ("array", "cases", "dcases", "aligned", "alignedat", "gathered", "split")


def _is_system(inside: Sequence[Token]) -> bool:
    """Whether every row is an equation: an = in its first cell, or at the beginning of another one."""
    rows: list[list[tuple[Token, bool]]] = [[]]
    depth, fresh = 0, False
    for token in inside:
        if not depth and token.kind == "row":
            rows.append([])
            fresh = False
            continue
        if not depth and token.kind == "cell":
            fresh = True
            rows[-1].append((token, False))
            continue
        if not depth and token.kind == "relation" and token.text == "=":
            rows[-1].append((token, fresh or not any(t.kind == "cell" for t, _ in rows[-1])))
        else:
            rows[-1].append((token, False))
        fresh = False
        depth += (token.kind in ("open", "begin")) - (token.kind in ("close", "end"))
    said = [row for row in rows if row]
    return bool(said) and all(any(equation for _, equation in row) for row in said)


def _apart(tokens: Sequence[Token], first: int, last: int) -> Iterator[int]:
    """The & behind a whole equation, as in a = b & t < T."""
    depth, equation = 0, False
    for k in range(first, last):
        token, behind = tokens[k], tokens[k + 1]
        if not depth and token.kind == "row":
            equation = False
        elif not depth and token.kind == "cell" and equation and behind.kind not in ("relation", "op", "cell", "row", "end"):
            yield k
            equation = False
        equation |= not depth and token.kind == "relation" and token.text == "=" and tokens[k - 1].kind != "cell"
        depth += (token.kind in ("open", "begin")) - (token.kind in ("close", "end"))


def _without_braces(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Without the braces around a whole equation, whose font is that of its letters; those of an argument or a script stay."""
    left: set[int] = set()
    fonts: dict[int, Token] = {}
    stack: list[tuple[int, bool]] = []  # what is open, and whether an equation stands in it
    for k, token in enumerate(tokens):
        if token.kind in ("open", "begin"):
            stack.append((k, False))
        elif token.kind == "relation" and token.text == "=" and stack:
            stack[-1] = stack[-1][0], True
        elif token.kind in ("close", "end") and stack:
            first, equation = stack.pop()
            pair, taking = (tokens[first].text, token.text), tokens[first - 1].kind if first else ""
            argument = taking in _TAKING or (k + 1 < len(tokens) and tokens[k + 1].kind == "script")
            font = taking == "font" and pair == ("{", "}")
            whole = pair in (("(", ")"), ("[", "]")) and not first and all(t.kind == "punct" for t in tokens[k + 1 :])
            if equation and (font or whole or (pair == ("{", "}") and not argument)):
                left |= {first, k} | ({first - 1} if font else set())
                fonts |= dict.fromkeys(_letters(tokens, first + 1, k), tokens[first - 1]) if font else {}
                stack[-1:] = [(first, True) for first, _ in stack[-1:]]
    kept = [k for k in range(len(tokens)) if k not in left]
    return tuple(t for k in kept for t in ((fonts[k], tokens[k]) if k in fonts else (tokens[k],)))


def _letters(tokens: Sequence[Token], first: int, last: int) -> Iterator[int]:
    """The letters of quantities, outside scripts, that have no font of their own."""
    scripts = 0
    for k in range(first, last):
        token, above = tokens[k], tokens[k - 1]
        scripts += token.kind == "open" and (scripts > 0 or above.kind == "script")
        scripts -= token.kind == "close" and scripts > 0
        if token.kind == "letter" and not scripts and above.kind not in ("script", "font") and token.text not in _SIGNS:
            yield k


_SIGNS = ("\\partial", "\\nabla", "d", "e")
"""Letters that are no quantities of their own, or may be none."""

_TAKING = ("script", "font", "accent", "command", "close")
"""What a brace behind it is an argument of: ^{i = j}, \\mathbf{...}, \\frac{a}{b = c}."""


def _environments(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Where each environment begins and ends; those deep in others stay what they are."""
    found, stack = [], list[int]()
    for k, token in enumerate(tokens):
        if token.kind == "begin":
            stack.append(k)
        elif token.kind == "end" and stack:
            first = stack.pop()
            if len(stack) < DEEPEST:
                found.append((first, k))
    return sorted(found)
