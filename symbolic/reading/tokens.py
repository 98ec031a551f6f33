"""LaTeX mathematics -> tokens, each with its exact place in the source.

Spacing, `\\left \\right \\big`, `\\tag`, `\\label`, comments and the like carry no mathematics: they are set aside
and listed, never dropped in silence.  What is invisible on paper or unknown becomes a token of kind "bad" that
carries the reason; it makes the formula in which it stands unreadable and no other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container
from functools import lru_cache

from . import notation as N
from .hidden import is_visible, is_wide, mathematics_in, moves_back, tag_at
from .signs import Aside, Lexed, ReadError, Source, Token, is_annotation, is_prose
from .stacked import doubted
from .texts import opened, plain, worded

MAX_CHARACTERS = 500_000
MAX_DIGITS = 30
MAX_ARGUMENT = 2_000

__all__ = ["Aside", "Lexed", "ReadError", "Source", "Token", "is_annotation", "is_prose", "lex"]


@lru_cache(maxsize=65_536)
def lex(text: str) -> Lexed:
    """The tokens of a passage.  Raises `ReadError` only if it is longer than `MAX_CHARACTERS`.

    >>> [t.text for t in lex(r"\\mathbf{W}^T h_{t−1} \\quad").tokens]
    ['bold', '{', 'W', '}', '^', 'T', 'h', '_', '{', 't', '-', '1', '}', 'quad']
    """
    if len(text) > MAX_CHARACTERS:
        raise ReadError(f"a formula of {len(text)} characters; at most {MAX_CHARACTERS} are read")
    lexer = _Lexer(text)
    while lexer.at < len(text):
        lexer.step()
    return Lexed(opened(lexer.tokens), tuple(lexer.asides))


class _Lexer:
    def __init__(self, text: str):
        self.text, self.at = text, 0
        self.tokens: list[Token] = []
        self.asides: list[Aside] = []
        self.sized: tuple[str, int] | None = (
            None  # a \\left or \\right that waits for its delimiter, and where it stands
        )
        self.captions: dict[int, str] = {}  # where the braces of \\underbrace{...} end -> the script that is a caption
        self.stack: list[int] = []  # where the braces of \\substack{...} end
        self.one_row = False  # in multline, whose rows are one formula

    def put(self, kind: str, text: str, start: int, end: int, note: str = "") -> None:
        if self.sized is not None:
            if kind in ("open", "close", "bar"):
                note, start = self.sized
            else:
                kind, note = "bad", f"\\{self.sized[0]} needs a bracket"
            self.sized = None
        self.tokens.append(Token(kind, text, start, end, note))
        self.at = end
        if end in self.captions and kind == "close":
            self.caption(self.captions.pop(end))

    def caption(self, mark: str) -> None:
        """Set aside the script that names what a brace spans."""
        start = self.behind_spaces(self.at)
        found = self.argument(start + 1) if self.text[start : start + 1] == mark else None
        if found:
            self.aside(start, found[1])

    def behind_spaces(self, at: int) -> int:
        while at < len(self.text) and self.text[at].isspace():
            at += 1
        return at

    def aside(self, start: int, end: int) -> None:
        self.asides.append(Aside(self.text[start:end], start, end))
        self.at = end

    def step(self) -> None:
        text, i = self.text, self.at
        c = text[i]
        if c.isspace():
            self.at += 1
        elif c == "\\":
            self.control()
        elif c == "%":
            end = text.find("\n", i)
            self.aside(i, len(text) if end < 0 else end)
        elif c == "~":
            end = i + 1 + (text[i + 1 : i + 2] == "~")
            self.put("gap", "quad", i, end) if end - i > 1 else self.aside(i, end)
        elif c in "0123456789" or (c == "." and text[i + 1 : i + 2] in tuple("0123456789")):
            self.number()
        elif c.isascii() and c.isalpha():
            self.letters()
        elif text.startswith("...", i):
            self.put("command", "dots", i, i + 3)
        elif c == "." and self.is_transpose_call():
            self.put("script", "^", i, i + 1, ".T")
            self.put("letter", "T", i + 1, i + 2)
        elif text[i : i + 2] == "||":
            self.put("bar", "‖", i, i + 2)
        elif text[i : i + 2] in (":=", "+=", "-=", "!=", "<=", ">=", ".*"):
            pair = text[i : i + 2]
            kind, name = {
                "!=": ("relation", "≠"),
                "<=": ("relation", "≤"),
                ">=": ("relation", "≥"),
                ".*": ("op", "∘"),
            }.get(pair, ("relation", "="))
            self.put(kind, name, i, i + 2, pair if name == "=" else "")
        elif c == "<" and (end := tag_at(text, i)) > 0:
            self.put("bad", text[i:end], i, end, f"HTML in a formula, {text[i : min(end, i + 40)]}")
        elif c in N.CHARACTERS:
            self.put(*N.CHARACTERS[c], i, i + 1)
        elif c in N.RAISED or c in N.LOWERED:
            self.raised()
        else:
            self.other()

    def is_transpose_call(self) -> bool:
        """Whether W.T stands here, as in code: nothing but the point between the name and the T."""
        before, after = self.text[max(self.at - 1, 0) : self.at], self.text[self.at + 1 : self.at + 3]
        return (before.isalnum() or before in ")]}") and before != "" and after[:1] == "T" and not after[1:].isalnum()

    def number(self) -> None:
        match = re.compile(r"[0-9]*\.?[0-9]+|[0-9]+").match(self.text, self.at)
        assert match
        if len(match[0]) > MAX_DIGITS:
            self.put(
                "bad", match[0], *match.span(), f"a number of {len(match[0])} digits; at most {MAX_DIGITS} are read"
            )
        elif self.is_numbered(match.end()):
            self.put("script", "_", match.start(), match.start())
            self.put("number", match[0], *match.span())
        else:
            self.put("number", match[0], *match.span())

    def is_numbered(self, end: int) -> bool:
        """Whether a digit goes on with a name, as in W2 and dZ1: nobody writes a product with its number behind."""
        before = self.tokens[-2:]
        if end - self.at > 1 or not before or before[-1].kind != "letter" or before[-1].end != self.at:
            return False
        if before[0].kind in ("script", "font") or (before[0].kind, before[0].text) == ("command", "frac"):  # \frac\lambda2
            return False
        return self.text[self.at - 1].isascii() and self.text[end : end + 1] != "."

    def letters(self) -> None:
        start = end = self.at
        while end < len(self.text) and self.text[end].isascii() and self.text[end].isalpha():
            end += 1
        run = self.text[start:end]
        after = self.behind_spaces(end)
        long = run in N.LONG_NAMES and self.text[end : end + 2].removeprefix("}")[:1] == "_"
        if run in N.LOSS_NAMES:
            long |= self.text.startswith("=", after) or self.text[:start].rstrip().endswith(("\\partial", "∂"))
        word = 0 if run in N.BARE_WORDS or long else -1
        if word < 0 and self.text.startswith(("(", "[", "\\left", "\\big", "\\Big"), after):
            word = next((k for k in range(1, len(run) - 3) if run[k:] in N.BARE_WORDS), -1)
        for k, letter in enumerate(run[: len(run) if word < 0 else word]):
            self.put("letter", letter, start + k, start + k + 1)
        if word >= 0:
            self.put("word", run[word:], start + word, end)

    def raised(self) -> None:
        table, mark = (N.RAISED, "^") if self.text[self.at] in N.RAISED else (N.LOWERED, "_")
        start = end = self.at
        while end < len(self.text) and self.text[end] in table:
            end += 1
        self.put("script", mark, start, start)
        self.put("open", "{", start, start)
        for k in range(start, end):
            c = table[self.text[k]]
            kind = "number" if c.isdigit() else "letter" if c.isalpha() else N.CHARACTERS[c][0]
            self.put(kind, c, k, k + 1)
        self.put("close", "}", end, end)

    def other(self) -> None:
        """Accented and mathematical letters, prose in other scripts, and what has no place in a formula."""
        i, c = self.at, self.text[self.at]
        name = unicodedata.name(c, f"U+{ord(c):04X}")
        plain = unicodedata.normalize("NFD", c)
        if len(plain) == 2 and plain[0].isascii() and plain[1] in N.COMBINING:
            self.put("accent", N.COMBINING[plain[1]], i, i)
            self.put("letter", plain[0], i, i + 1)
        elif name.startswith(("MATHEMATICAL ", "DOUBLE-STRUCK ", "SCRIPT ")) and _plain_letter(c):
            letter = _plain_letter(c)
            font = next((f for word, f in _LETTER_FONTS.items() if word in name), "")
            if font:
                self.put("font", font, i, i)
            kind, plain_text = N.CHARACTERS.get(letter, ("letter" if letter.isalpha() else "number", letter))
            self.put(kind, plain_text, i, i + 1)
        elif unicodedata.category(c) == "Lo" or (unicodedata.category(c) in ("Po", "Ps", "Pe") and ord(c) >= 0x2E80):
            end = i
            while end < len(self.text) and ord(self.text[end]) >= 0x2E80:
                end += 1
            end = max(end, i + 1)
            self.put("word", self.text[i:end] + " ", i, end)
        elif unicodedata.category(c) in ("Cf", "Cc"):
            self.put("bad", c, i, i + 1, f"an invisible character, {name}")
        else:
            self.put("bad", c, i, i + 1, f"the character {c} ({name}) is no mathematics")

    def control(self) -> None:
        text, start = self.text, self.at
        end = start + 1
        while end < len(text) and text[end].isascii() and text[end].isalpha():
            end += 1
        if end == start + 1:
            end = min(end + 1, len(text))
        word = text[start + 1 : end]
        if word in N.STARRED and text[end : end + 1] == "*":
            end += 1
        for known, handle in _CONTROL:
            if word in known:
                handle(self, word, start, end)
                return
        reason = "a stray backslash" if not word else f"the control word \\{word} is not known"
        self.put("bad", "\\" + word, start, end, reason)

    def argument(self, at: int) -> tuple[str, int] | None:
        """The braced argument (or the single character) after `at`, as text, and where it ends."""
        text, at = self.text, self.behind_spaces(at)
        if at >= len(text) or text[at] in "}&\\^_":
            return None
        if text[at] != "{":
            return text[at], at + 1
        depth = 0
        for brace in _BRACE.finditer(text, at, at + MAX_ARGUMENT):
            depth += {"{": 1, "}": -1}.get(brace[0], 0)
            if depth == 0:
                return text[at + 1 : brace.start()], brace.end()
        return None

    def words(self, word: str, start: int, end: int) -> None:
        """`\\text{...}` and its like: a name, a single letter, or prose."""
        found = self.argument(end)
        if found is None:
            self.put("bad", "\\" + word, start, end, f"\\{word} needs its argument in braces")
            return
        content, end = found
        found_in_it = tuple(worded(word, content, plain(content), start, end, lambda part: lex(part).tokens))
        for token in found_in_it:
            self.put(token.kind, token.text, token.start, token.end, token.note)
        if not found_in_it:
            self.aside(start, end)
        self.at = end

    def open_up(self, word: str, start: int, end: int) -> None:
        """A frame or a brace around something: set aside, its content stays."""
        found = self.argument(end)
        if found is None:
            self.put("bad", "\\" + word, start, end, f"\\{word} needs its argument in braces")
            return
        if word in N.CAPTIONED:
            self.captions[found[1]] = N.CAPTIONED[word]
        if word == "substack":
            self.stack.append(found[1])
        self.aside(start, end)

    def aside_with(self, word: str, start: int, end: int) -> None:
        found = self.argument(end)
        content, end = found or ("", end)
        starred = word == "tag" and content.strip("* ") == ""  # \\tag{*} is a label, no product
        if word in N.LENGTHS and is_wide(content):
            self.put("gap", "quad", start, end)
        elif word != "label" and not starred and (moves_back if word in N.LENGTHS else mathematics_in)(content):
            what = "moves back over what is printed" if word in N.LENGTHS else f"holds mathematics: {content}"
            self.put("bad", "\\" + word, start, end, f"\\{word} {what}")
        else:
            self.aside(start, end)

    def space(self, word: str, start: int, end: int) -> None:
        if word in ("left", "right"):
            after = self.behind_spaces(end)
            if self.text[after : after + 1] == ".":
                self.put(
                    "bad",
                    f"\\{word}.",
                    start,
                    after + 1,
                    f"\\{word}. has no partner that is understood",
                )
                return
            self.sized = word, start
        self.aside(start, end)

    def colour(self, word: str, start: int, end: int) -> None:
        model = _BRACKETED.match(self.text, end)
        found = self.argument(model.end() if model else end)
        if found is None or not is_visible(found[0], model[1] if model else ""):
            self.put("bad", "\\" + word, start, end, "text in an invisible colour, or one that is not plain to see")
        else:
            self.aside(start, found[1])

    def environment(self, word: str, start: int, end: int) -> None:
        found = self.argument(end)
        name = found[0].strip() if found else ""
        if found is None or name not in (*N.TRANSPARENT, *N.TABLES):
            self.put(
                "bad", "\\" + word, start, found[1] if found else end, f"the environment {name or '?'} is not known"
            )
            return
        end = found[1]
        if name.startswith("multline"):
            self.one_row = word == "begin"
        if word == "begin" and name in N.WITH_COLUMNS:
            columns = self.argument(end)
            end = columns[1] if columns else end
        self.put(word, name, start, end)

    def over(self, word: str, start: int, end: int) -> None:
        """An '=' with something set above it is an '='."""
        first = self.argument(end)
        second = self.argument(first[1]) if first and word != "mathrel" else first
        if second and second[0].strip() in ("=", ":="):
            doubt = doubted(first[0]) if first is not None and word != "mathrel" else ""
            self.put("relation", "=", start, second[1], doubt or (":=" if ":" in second[0] else ""))
        elif first and word == "mathrel" and first[0].strip() in ("+", "-") and self.text.startswith("=", first[1]):
            self.put("relation", "=", start, first[1] + 1, first[0].strip() + "=")
        else:
            self.put("bad", "\\" + word, start, end, f"\\{word} is understood only over an =")

    def ending(self, word: str, start: int, end: int) -> None:
        """The mark at the end of a proof."""
        if self.text[end:].strip(" \n.$"):
            self.put("bad", "\\" + word, start, end, f"\\{word} is understood only at the end")
        else:
            self.aside(start, end)

    def row(self, word: str, start: int, end: int) -> None:
        if any(end <= last for last in self.stack):
            self.put("punct", ",", start, end)
            return
        if self.one_row:
            self.aside(start, end)
            return
        match = re.compile(r"\*?\[[-0-9a-z. ]{1,12}\]").match(self.text, end)  # \\[2pt]
        self.put("row", "\\\\", start, match.end() if match else end)


_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
"""A brace, or a backslash with what it takes with it: \\{ is no brace."""
_LETTER_FONTS = {"DOUBLE-STRUCK": "blackboard", "BOLD": "bold", "SCRIPT": "calligraphic", "FRAKTUR": "fraktur"}
_BRACKETED = re.compile(r"\s*\[([A-Za-z]{1,10})\]")
"""The model of a colour, as in \\color[rgb]{1,0,0}."""


def _plain_letter(c: str) -> str:
    """The ordinary letter or digit that a mathematical one such as 𝐖 is, or ""."""
    letter = unicodedata.normalize("NFKC", c)
    return letter if letter.isalnum() else ""


Handler = Callable[[_Lexer, str, int, int], None]


def _from(kind: str, table: dict[str, str]) -> tuple[Container[str], Handler]:
    return table, lambda lexer, word, start, end: lexer.put(kind, table[word], start, end)


_CONTROL: tuple[tuple[Container[str], Handler], ...] = (
    (("\\", "cr", "newline"), _Lexer.row),
    _from("letter", N.LETTERS),
    _from("op", N.OPERATORS),
    _from("relation", N.RELATIONS),
    _from("command", N.STRUCTURE),
    _from("accent", N.ACCENTS),
    _from("font", N.FONTS),
    (N.DELIMITERS, lambda lexer, word, start, end: lexer.put(*N.DELIMITERS[word], start, end)),
    (N.TEXTS, _Lexer.words),
    (N.CONTROL_FUNCTIONS, lambda lexer, word, start, end: lexer.put("word", word, start, end)),
    (("&",), lambda lexer, word, start, end: lexer.put("bad", "\\&", start, end, "\\& has no meaning in a formula")),
    (N.GAPS, lambda lexer, word, start, end: lexer.put("gap", word, start, end)),
    (N.WITH_ARGUMENT, _Lexer.aside_with),
    (N.SPACES, _Lexer.space),
    (N.OPENED, _Lexer.open_up),
    (
        N.NOT_UNDERSTOOD,
        lambda lexer, word, start, end: lexer.put("bad", "\\" + word, start, end, N.NOT_UNDERSTOOD[word]),
    ),
    (N.ENDINGS, _Lexer.ending),
    (("color", "textcolor"), _Lexer.colour),
    (("begin", "end"), _Lexer.environment),
    (("overset", "stackrel", "mathrel"), _Lexer.over),
    (
        N.INVISIBLE,
        lambda lexer, word, start, end: lexer.put(
            "bad", "\\" + word, start, end, f"\\{word} hides its content on paper"
        ),
    ),
)
"""(control words, what is done with them), first match counts."""
