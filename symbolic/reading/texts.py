"""What stands in `\\text{...}` and its like, and cases that are written as an array: what the lexer leaves to a second look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from . import notation as N
from .hidden import mathematics_in
from .signs import NAME, Token

PAUSES = ",.;:"


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


def with_cases(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """An array behind a brace that is not closed is cases: \\left\\{ \\begin{array}{ll} ... \\end{array} \\right."""
    result = list(tokens)
    for k, token in enumerate(tokens[:-1]):
        behind = tokens[k + 1]
        if (token.kind, token.text, behind.kind, behind.text) != ("open", "\\{", "begin", "array"):
            continue
        last = _end(tokens, k + 1)
        closing = tokens[last + 1] if last and last + 1 < len(tokens) else None
        if not last or (closing is not None and closing.kind == "close" and closing.text in ("\\}", "}")):
            continue
        sized = closing is not None and (closing.kind, closing.text) == ("bad", "\\right.")
        if (token.note == "left") != sized:
            continue
        result[k : k + 2] = [None, replace(behind, text="cases", start=token.start)]  # type: ignore[list-item]
        result[last] = replace(tokens[last], text="cases")
        if sized:
            result[last + 1] = None  # type: ignore[call-overload]
    return tuple(t for t in result if t is not None)


def _end(tokens: Sequence[Token], first: int) -> int:
    """Where the environment ends that begins here; 0 if nowhere."""
    depth = 0
    for k in range(first, len(tokens)):
        depth += {"begin": 1, "end": -1}.get(tokens[k].kind, 0)
        if depth == 0:
            return k
    return 0
