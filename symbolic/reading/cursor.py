"""The parser's place in its tokens, and what the parser builds out of several of them."""

from __future__ import annotations

from collections.abc import Callable

from .tokens import ReadError, Token, is_prose
from .tree import Juxtaposed, Letter, Node, Number, Scripted

MAX_DEPTH = 40
SHOWN = {"end": "\\end", "row": "\\\\", "cell": "&", "{": "{"}


class Cursor:
    """Tokens and a position among them; `bars` are the norms and bars that are open."""

    def __init__(self, tokens: list[Token]):
        self.tokens, self.at, self.depth = tokens, 0, 0
        self.bars: list[str] = []
        self.slicing = False  # whether a colon may stand for all values of an index, as in W_{i,:}
        self.finish = tokens[-1].end if tokens else 0

    @property
    def here(self) -> Token:
        return (
            self.tokens[self.at]
            if self.at < len(self.tokens)
            else Token("end of formula", "", self.finish, self.finish)
        )

    def is_(self, kind: str, *texts: str) -> bool:
        token = self.here
        return token.kind == kind and (not texts or token.text in texts)

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def unexpected(self, expected: str) -> ReadError:
        token = self.here
        if token.kind == "close":
            return ReadError(f"{token.text} closes no bracket; expected {expected}", token.start, token.end)
        shown = SHOWN.get(token.kind, token.text) or token.kind
        if is_prose(token):
            return ReadError(
                f"the words \u201c{token.text.strip()}\u201d stand inside a formula; expected {expected}",
                token.start,
                token.end,
            )
        return ReadError(f"unexpected {shown}; expected {expected}", token.start, token.end)

    def nested(self, reader: Callable[[], Node]) -> Node:
        """What `reader` reads one level deeper.  Raises `ReadError` beyond `MAX_DEPTH`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ReadError(f"brackets nested deeper than {MAX_DEPTH}", self.here.start, self.here.end)
        bars, self.bars = self.bars, []
        node = reader()
        self.bars = bars
        self.depth -= 1
        return node


def dressed(node: Node, mark: Token, accents: tuple[str, ...] = (), fonts: tuple[str, ...] = ()) -> Node:
    """The node with an accent or a font on its letter; a font on more than one letter dresses each of them."""
    if isinstance(node, Letter):
        if set(accents) & set(node.accents):
            raise ReadError(f"{node.name} carries the accent {mark.text} twice", mark.start, node.end)
        return Letter(mark.start, node.end, node.name, accents + node.accents, fonts + node.fonts, node.word)
    if isinstance(node, Number) and fonts:
        return Number(mark.start, node.end, node.value, fonts)
    if isinstance(node, Scripted):
        return Scripted(
            mark.start, node.end, dressed(node.base, mark, accents, fonts), node.subs, node.sups, node.primes
        )
    if isinstance(node, Juxtaposed) and fonts and not any(node.operators):
        return Juxtaposed(
            mark.start, node.end, node.operators, tuple(dressed(f, mark, (), fonts) for f in node.factors)
        )
    what = "an accent" if accents else "a font"
    raise ReadError(f"{what} on more than one letter is not understood", mark.start, node.end)
