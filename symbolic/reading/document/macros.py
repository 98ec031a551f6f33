"""Macros of a LaTeX source: \\newcommand, \\renewcommand, \\providecommand, \\def, \\let, \\DeclareMathOperator.

A call is replaced by the macro's body with its arguments put in, again and again until no macro is left.  What comes out
of a body carries the place of the call, what comes out of an argument its own.  Expansions are counted over a whole
document and its output is limited, so that a loop or a bomb is a clear error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from .. import notation as N
from ..places import Mapped, Piece
from ..tokens import lex

MAX_EXPANSIONS = 100_000
MAX_EXPANDED = 2_000_000
MAX_DEPTH = 100
MAX_BODY = 10_000
MAX_BROKEN = 20
_SIGNS = frozenset((*N.STRUCTURE, *N.OPERATORS, *N.RELATIONS, "partial", "nabla"))


class MacroError(ValueError):
    """A definition or a call that cannot be understood; `at` is its offset in the text that was being read."""

    def __init__(self, message: str, at: int):
        super().__init__(message)
        self.message, self.at = message, at


@dataclass(frozen=True)
class Macro:
    """A macro: how many arguments it takes, the first one's default if it may be left out, and its body.

    refused  whether it gives a sign of mathematics, such as \\sum, another meaning: a formula with it is unreadable
    """

    name: str
    count: int
    default: str | None
    body: str
    refused: bool = False


@dataclass(frozen=True)
class Definition:
    """A definition found in a text, and the slice that it takes up there."""

    macro: Macro
    start: int
    end: int


@dataclass
class Macros:
    """The macros known so far, and what may still be spent on expanding them."""

    table: dict[str, Macro] = field(default_factory=dict)
    expansions: int = MAX_EXPANSIONS
    characters: int = MAX_EXPANDED

    def add(self, macro: Macro) -> None:
        self.table[macro.name] = replace(macro, refused=self._changes_a_sign(macro))

    def _changes_a_sign(self, macro: Macro) -> bool:
        """Whether a macro has the name of a sign that means something else: \\let\\sum\\prod, but not \\let\\frac\\dfrac."""
        if macro.name not in _SIGNS:
            return False
        body = macro.body.strip()
        arguments = "".join(f"{{#{k + 1}}}" for k in range(macro.count))
        bare = body.replace(" ", "").removesuffix(arguments)
        other = self.table.get(bare.removeprefix("\\"))
        found = lex(other.body if other and not other.refused else bare).tokens
        return [(t.kind, t.text) for t in found] != [(t.kind, t.text) for t in lex("\\" + macro.name).tokens]

    def expand(self, text: Mapped, only: Callable[[Macro], bool] = lambda macro: True) -> Mapped:
        """The text with every call replaced.  Raises `MacroError`."""
        names = [n for n, m in self.table.items() if only(m)]
        if not any("\\" + n in text.text for n in names):
            return text
        return Mapped(_pieces(_Expander(self, text, frozenset(names)).characters()))

    def expand_around_broken_calls(self, text: Mapped, only: Callable[[Macro], bool]) -> tuple[Mapped, tuple[MacroError, ...]]:
        """The text with every call replaced but the broken ones, which stay as they are, and what is wrong with these.

        Raises `MacroError` where more than `MAX_BROKEN` are broken.
        """
        names = frozenset(n for n, m in self.table.items() if only(m))
        budget = self.expansions, self.characters
        broken: dict[int, MacroError] = {}
        while True:
            try:
                whole = Mapped(_pieces(_Expander(self, text, names, frozenset(broken)).characters()))
            except MacroError as error:
                if error.at in broken or len(broken) == MAX_BROKEN:
                    raise
                broken[error.at] = error
                self.expansions, self.characters = budget
            else:
                return whole, tuple(broken.values())


Character = tuple[str, int, int, bool, int]
"""A character, the slice of the document that it stands for, whether it stands there, and how deep in macros it arose."""


class _Expander:
    """`left`: offsets in the document of calls that are not expanded."""

    def __init__(self, macros: Macros, text: Mapped, names: frozenset[str], left: frozenset[int] = frozenset()):
        self.macros, self.names, self.left = macros, names, left
        self.stack: list[Character] = [
            (c, *((piece.start + k, piece.start + k + 1) if piece.exact else (piece.start, piece.end)), piece.exact, 0)
            for piece in text.pieces
            for k, c in enumerate(piece.text)
        ][::-1]
        self.at = 0

    def characters(self) -> Iterator[Character]:
        while self.stack:
            character = self.stack.pop()
            if character[0] != "\\":
                yield character
                continue
            word = self.word()
            name = "".join(c[0] for c in word)
            macro = self.macros.table.get(name) if name in self.names else None
            if macro is None or character[1] in self.left:
                yield character
                yield from word
            else:
                self.call(macro, character, word)

    def word(self) -> list[Character]:
        """What follows a backslash: letters, or one other character."""
        word: list[Character] = []
        while self.stack and _is_letter(self.stack[-1][0]):
            word.append(self.stack.pop())
        return word or ([self.stack.pop()] if self.stack else [])

    def call(self, macro: Macro, slash: Character, word: list[Character]) -> None:
        start, depth = slash[1], slash[4] + 1
        last = word[-1]
        self.macros.expansions -= 1
        if macro.refused:
            raise MacroError(f"\\{macro.name} is given another meaning; a formula with it is not understood", start)
        if depth > MAX_DEPTH:
            raise MacroError(f"the macro \\{macro.name} calls itself, or macros nest deeper than {MAX_DEPTH}", start)
        if self.macros.expansions < 0:
            raise MacroError(f"more than {MAX_EXPANSIONS} macro calls", start)
        if _is_letter(macro.name[-1]):
            while macro.count == 0 and self.stack and self.stack[-1][0] in " \t":
                self.stack.pop()
        arguments: list[list[Character]] = []
        if macro.default is not None:
            arguments.append(self.optional() or [(c, start, last[2], False, depth) for c in macro.default])
        while len(arguments) < macro.count:
            argument, last = self.argument(macro, start, last)
            arguments.append(argument)
        end = last[2] if last[1] >= start else word[-1][2]
        result: list[Character] = []
        body, k = macro.body, 0
        while k < len(body):
            if body[k] == "#" and body[k + 1 : k + 2].isdigit() and 1 <= int(body[k + 1]) <= len(arguments):
                if _ends_in_word(result):
                    result.append((" ", start, end, False, depth))
                result += [(c, s, e, own, depth) for c, s, e, own, _ in arguments[int(body[k + 1]) - 1]]
                k += 2
            else:
                result.append((body[k], start, end, False, depth))
                k += 1
        if result and _is_letter(result[-1][0]) and self.stack and _is_letter(self.stack[-1][0]):
            result.append((" ", start, end, False, depth))
        self.macros.characters -= len(result)
        if self.macros.characters < 0:
            raise MacroError(f"macros expand to more than {MAX_EXPANDED} characters", start)
        self.stack.extend(reversed(result))

    def optional(self) -> list[Character]:
        if not self.stack or self.stack[-1][0] != "[":
            return []
        self.stack.pop()
        found: list[Character] = []
        while self.stack:
            character = self.stack.pop()
            if character[0] == "]":
                break
            found.append(character)
        return found

    def argument(self, macro: Macro, start: int, last: Character) -> tuple[list[Character], Character]:
        """The next argument without its braces, and its last character with them."""
        lines = 0
        while self.stack and self.stack[-1][0].isspace():
            lines += self.stack.pop()[0] == "\n"
        if not self.stack or self.stack[-1][0] in "}&" or lines > 1:
            raise MacroError(f"the macro \\{macro.name} needs {macro.count} argument{'s' * (macro.count > 1)}", start)
        first = self.stack.pop()
        if first[0] == "\\":
            word = self.word()
            return [first, *word], word[-1] if word else first
        if first[0] != "{":
            return [first], first
        found: list[Character] = []
        depth = 1
        while self.stack:
            character = self.stack.pop()
            if character[0] == "\\" and self.stack:
                found += [character, self.stack.pop()]
                continue
            depth += {"{": 1, "}": -1}.get(character[0], 0)
            if not depth:
                return found, character
            found.append(character)
        raise MacroError(f"a brace after \\{macro.name} is never closed", start)


def _is_letter(c: str) -> bool:
    return c.isascii() and c.isalpha()


def _ends_in_word(characters: list[Character]) -> bool:
    k = len(characters)
    while k and _is_letter(characters[k - 1][0]):
        k -= 1
    return 0 < k < len(characters) and characters[k - 1][0] == "\\"


def _pieces(characters: Iterator[Character]) -> Iterator[Piece]:
    text: list[str] = []
    start = end = 0
    exact = True
    for c, low, high, own, _ in characters:
        fits = own == exact and (low == end if own else (low, high) == (start, end))
        if text and not fits:
            yield Piece("".join(text), start, end, exact)
            text = []
        if not text:
            start, exact = low, own
        text.append(c)
        end = high
    yield Piece("".join(text), start, end, exact)


# definitions


def definitions(text: str) -> Iterator[Definition | MacroError]:
    """The macro definitions in a text, in their order, and what is wrong with those that are not understood."""
    at, broken = text.find("\\"), 0
    while at >= 0 and broken <= MAX_BROKEN:
        end = at + 1
        while end < len(text) and _is_letter(text[end]):
            end += 1
        read = _DEFINERS.get(text[at + 1 : end])
        if read is not None:
            try:
                found = read(text, at, end)
            except MacroError as error:
                broken += 1
                yield error if broken <= MAX_BROKEN else MacroError("too many broken macro definitions", at)
                found = None
            if found is not None:
                yield found
                end = found.end
        at = text.find("\\", max(end, at + 2) if end == at + 1 else end)


def _skip(text: str, at: int, more: str = "") -> int:
    while at < len(text) and (text[at].isspace() or text[at] in more):
        at += 1
    return at


def _group(text: str, at: int, opening: str = "{", closing: str = "}") -> tuple[str, int]:
    """The content of the group that begins here and where it ends; ("", -1) if none does."""
    if text[at : at + 1] != opening:
        return "", -1
    depth, k = 0, at
    while k < min(len(text), at + MAX_BODY):
        c = text[k]
        if c == "\\":
            k += 2
            continue
        depth += (c == opening) - (c == closing and depth > 0)
        if not depth:
            return text[at + 1 : k], k + 1
        k += 1
    return "", -1


def _named(text: str, at: int) -> tuple[str, int]:
    """The name of the macro defined, braced or not, and where it ends."""
    at = _skip(text, at, "*")
    braced = text[at : at + 1] == "{"
    at = _skip(text, at + 1) if braced else at
    if text[at : at + 1] != "\\":
        return "", -1
    end = at + 1
    while end < len(text) and _is_letter(text[end]):
        end += 1
    end = max(end, at + 2)
    name = text[at + 1 : end]
    if braced:
        end = _skip(text, end)
        if text[end : end + 1] != "}":
            return "", -1
        end += 1
    return name, end


def _newcommand(text: str, start: int, at: int) -> Definition | None:
    name, at = _named(text, at)
    if at < 0:
        raise MacroError("a macro definition needs a name, as in \\newcommand{\\name}{...}", start)
    at = _skip(text, at)
    number, after = _group(text, at, "[", "]")
    count = int(number) if after > 0 and number.strip() in tuple("0123456789") else 0
    at = _skip(text, after) if after > 0 else at
    default, after = _group(text, at, "[", "]")
    at = _skip(text, after) if after > 0 else at
    body, end = _group(text, at)
    if end < 0:
        raise MacroError(f"the definition of \\{name} has no body in braces (of at most {MAX_BODY} characters)", start)
    return Definition(Macro(name, count, default if after > 0 else None, body), start, end)


def _def(text: str, start: int, at: int) -> Definition | None:
    name, at = _named(text, at)
    if at < 0:
        raise MacroError("a macro definition needs a name, as in \\def\\name{...}", start)
    count = 0
    while (at := _skip(text, at)) < len(text) and text[at : at + 2] == f"#{count + 1}":
        count, at = count + 1, at + 2
    body, end = _group(text, at)
    if end < 0:
        raise MacroError(f"the definition of \\{name} is not understood; \\def\\name#1#2{{...}} is", start)
    return Definition(Macro(name, count, None, body), start, end)


def _let(text: str, start: int, at: int) -> Definition | None:
    name, at = _named(text, at)
    other, end = _named(text, _skip(text, at, "=")) if at > 0 else ("", -1)
    return None if end < 0 or name == other else Definition(Macro(name, 0, None, "\\" + other), start, end)


def _operator(text: str, start: int, at: int) -> Definition | None:
    found = _newcommand(text, start, at)
    if found is None:
        return None
    macro = found.macro
    return Definition(Macro(macro.name, 0, None, f"\\operatorname{{{macro.body}}}"), start, found.end)


_DEFINERS: dict[str, Callable[[str, int, int], Definition | None]] = {
    **dict.fromkeys(("newcommand", "renewcommand", "providecommand"), _newcommand),
    **dict.fromkeys(("def", "gdef"), _def),
    "let": _let,
    "DeclareMathOperator": _operator,
}
