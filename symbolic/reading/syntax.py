"""Tokens -> tree: a precedence parser that knows no symbol.

From loose to tight: commas and relations (only inside brackets and scripts); + and −; ∘ ∗ ⊗; juxtaposition, ·, × and
/; scripts.  Σ and ∏ take the rest of their term, a leading minus included.  Every token is used, or a `ReadError`
says where the parser stopped and what was expected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction as Rational

from .cursor import MAX_DEPTH, dressed
from .nabla import with_arguments
from .notation import TABLES
from .parts import Parts
from .tokens import ReadError, Token, is_annotation, is_prose
from .tree import (
    Big,
    Compared,
    Dots,
    Fraction,
    Group,
    Infix,
    Items,
    Juxtaposed,
    Letter,
    Node,
    Number,
    Root,
    Scripted,
    Sum,
    Table,
)

MAX_TOKENS = 5_000

ARROWS = ("overrightarrow", "overleftarrow")
STEP_WIDTH = "\\Delta t"
"""One letter: the width of a step, no product with the number of the step."""

LOOSE = ("∘", "*", "⊗", "⊘")
TIGHT = ("·", "×", "/")
CLOSING = {"(": (")",), "[": ("]",), "{": ("}",), "\\{": ("\\}",), "⟨": ("⟩",), "‖": ("‖",), "|": ("|",)}


def parse(tokens: Sequence[Token]) -> Node:
    """The tree of one side of an equation.  Raises `ReadError` with the place and what was expected.

    >>> from .tokens import lex
    >>> from .tree import outline
    >>> outline(parse(lex(r"W^T \\delta_t \\circ (1 - h_t)").tokens))
    '((W^T \\\\delta_t) ∘ ((1 -h_t)))'
    """
    return _whole(tokens, _Parser.side)


def parse_condition(tokens: Sequence[Token]) -> Node:
    """The tree of a condition such as t < T_r or t = 1, 2, ..., l."""
    return _whole(tokens, _Parser.items)


def _whole(tokens: Sequence[Token], read: Callable[[_Parser], Node]) -> Node:
    for token in tokens:
        if token.kind == "bad":
            raise ReadError(token.note, token.start, token.end)
    if len(tokens) > MAX_TOKENS:
        raise ReadError(f"a formula of {len(tokens)} signs; at most {MAX_TOKENS} are read", tokens[0].start)
    if not tokens:
        raise ReadError("nothing stands here; an expression was expected")
    parser = _Parser([t for t in tokens if t.kind != "gap" or t.text not in ("quad", "qquad")])
    node = read(parser)
    if parser.at < len(parser.tokens):
        raise parser.unexpected("an operator, a factor or the end of the formula")
    return node


def _joined(kind: type, operators: list[str], parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else kind(parts[0].start, parts[-1].end, tuple(operators), tuple(parts))


class _Parser(Parts):
    # from loose to tight

    def side(self) -> Node:
        """One side of an equation; \\over divides all that stands before it by all that follows."""
        top = self.sum()
        if not self.is_("command", "over"):
            return top
        self.take()
        bottom = self.sum()
        return Fraction(top.start, bottom.end, top, bottom)

    def items(self) -> Node:
        """a, b; c: semicolons part rows of commas."""
        rows, row = [], [self.relation()]
        while self.is_("punct", ",", ";"):
            if self.take().text == ";":
                rows.append(row)
                row = []
            if self.is_("close") or self.is_("row") or self.is_("cell") or self.is_("end"):
                break
            row.append(self.relation())
        rows.append(row)
        parts = [r[0] if len(r) == 1 else Items(r[0].start, r[-1].end, ",", tuple(r)) for r in rows if r]
        return parts[0] if len(parts) == 1 else Items(parts[0].start, parts[-1].end, ";", tuple(parts))

    def relation(self) -> Node:
        operands, relations = [self.sum()], []
        while self.is_("relation"):
            relations.append(self.take().text)
            operands.append(self.sum())
        return _joined(Compared, relations, operands)

    def sum(self) -> Node:
        signs, terms = [], []
        start = self.here.start
        signed = self.is_("op", "+", "-")
        while True:
            signs.append(self.take().text if self.is_("op", "+", "-") else "+")
            terms.append(self.term())
            if not self.is_("op", "+", "-"):
                break
        if len(terms) == 1 and not signed:
            return terms[0]
        return Sum(start, terms[-1].end, tuple(signs), tuple(terms))

    def term(self) -> Node:
        operands, operators = [self.product()], []
        while self.is_("op", *LOOSE):
            operators.append(self.take().text)
            operands.append(self.product())
        return _joined(Infix, operators, operands)

    def product(self) -> Node:
        factors, operators = [self.factor()], []
        while True:
            if self.is_("op", *TIGHT):
                operators.append(self.take().text)
            elif self.begins_factor():
                if isinstance(factors[-1], Number) and self.is_("number"):  # TeX prints 1 1 as 11, the tree would say 1 · 1
                    both = f"the numbers {factors[-1].value} and {self.here.text} stand side by side"
                    raise ReadError(f"{both}: write them as one, or · between", factors[-1].start, self.here.end)
                operators.append("")
            else:
                return _joined(Juxtaposed, operators, with_arguments(operators, factors))
            factors.append(self.factor())

    def begins_factor(self) -> bool:
        token = self.here
        if token.kind == "bar":
            return token.text not in self.bars
        if token.kind == "command" and token.text == "over":
            return False
        return token.kind in ("letter", "number", "open", "font", "accent", "begin", "command") or (
            token.kind == "word" and not is_prose(token)
        )

    def factor(self) -> Node:
        if self.is_("command", "sum", "prod") or (self.is_("command", *ARROWS) and self.over_product()):
            return self.big()
        return self.scripts(self.base())

    def over_product(self) -> bool:
        """Whether the arrow here stands over \\prod, and not over a letter as in \\overrightarrow{h}."""
        behind = [t for t in self.tokens[self.at + 1 : self.at + 3] if t.text != "{"]
        return bool(behind) and behind[0].kind == "command" and behind[0].text == "prod"

    # the smallest parts

    def base(self) -> Node:
        token = self.here
        if is_prose(token):
            raise self.unexpected("a factor")
        reader = _BASES.get(token.kind)
        if self.slicing and token.text in (":", "·") and token.kind in ("punct", "op"):
            self.take()
            return Letter(token.start, token.end, ":")
        if reader is None:
            raise self.unexpected("a factor such as a letter, a number or a bracket")
        return reader(self)

    def letter(self) -> Node:
        token = self.take()
        if token.text == "\\Delta" and self.is_("letter", "t"):
            return Letter(token.start, self.take().end, STEP_WIDTH)
        return Letter(token.start, token.end, token.text, word=token.kind == "word")

    def number(self) -> Node:
        token = self.take()
        return Number(token.start, token.end, Rational(token.text))

    def group(self) -> Node:
        opening = self.take()
        if self.is_("close"):
            raise ReadError(
                f"empty brackets {opening.text}{self.here.text}; expected an expression", opening.start, self.here.end
            )
        body = self.nested(self.over if opening.text == "{" else self.items)
        if not self.is_("close", *CLOSING[opening.text]):
            if self.is_("close"):
                raise ReadError(f"{opening.text} is closed by {self.here.text}", self.here.start, self.here.end)
            if self.at >= len(self.tokens):
                raise ReadError(f"{opening.text} is never closed", opening.start, opening.end)
            raise self.unexpected(f"{CLOSING[opening.text][0]} or an operator")
        return Group(opening.start, self.take().end, opening.text, body)

    def norm(self) -> Node:
        opening = self.take()

        def inside() -> Node:
            self.bars = [opening.text]
            return self.items()

        lonely = "a lone bar (a condition, or an evaluation at a point) is not understood"
        if opening.text == "|" and self.is_("script"):
            raise ReadError(lonely, opening.start, opening.end)
        body = self.nested(inside)
        if not self.is_("bar", opening.text):
            raise ReadError(lonely if opening.text == "|" else "‖ is never closed", opening.start, opening.end)
        return Group(opening.start, self.take().end, opening.text, body)

    def opened(self) -> Node:
        return self.norm_pair() if self.here.text == "‖" else self.group()

    def norm_pair(self) -> Node:
        opening = self.take()
        body = self.nested(self.items)
        if not self.is_("close", "‖"):
            raise ReadError(f"{opening.text} is never closed", opening.start, opening.end)
        return Group(opening.start, self.take().end, "‖", body)

    def accent(self) -> Node:
        mark = self.take()
        return self.closed(dressed(self.argument("what carries the accent"), mark, accents=(mark.text,)))

    def arrow(self) -> Node:
        return self.big() if self.over_product() else self.accent()

    def font(self) -> Node:
        mark = self.take()
        return self.closed(dressed(self.argument("what is set in this font"), mark, fonts=(mark.text,)))

    def closed(self, node: Node) -> Node:
        """What a command takes ends with the brace around it."""
        return replace(node, end=self.tokens[self.at - 1].end)

    def command(self) -> Node:
        token = self.here
        reader = _COMMANDS.get(token.text)
        if reader is None:
            raise self.unexpected("a factor")
        return reader(self)

    def fraction(self) -> Node:
        start = self.take().start
        top = self.argument("the numerator")
        bottom = self.argument("the denominator")
        return Fraction(start, self.tokens[self.at - 1].end, top, bottom)

    def root(self) -> Node:
        start = self.take().start
        if self.is_("open", "["):
            raise self.unexpected("a square root; other roots are written as powers")
        body = self.argument("what stands under the root")
        return Root(start, self.tokens[self.at - 1].end, body)

    def dots(self) -> Node:
        token = self.take()
        return Dots(token.start, token.end)

    def big(self) -> Node:
        start, direction = self.here.start, ""
        if self.is_("command", *ARROWS):
            direction = self.take().text.removeprefix("over").removesuffix("arrow")
            braced = self.is_("open", "{") and bool(self.take())
            if not self.is_("command", "prod"):
                raise self.unexpected("\\prod below the arrow")
            operator = self.take().text
            if braced and not self.is_("close", "}"):
                raise self.unexpected("} after \\prod")
            if braced:
                self.take()
        else:
            operator = self.take().text
        mark = self.scripts(Dots(start, start))
        subs, sups = (mark.subs, mark.sups) if isinstance(mark, Scripted) else ((), ())
        if isinstance(mark, Scripted) and mark.primes:
            raise ReadError("a prime on Σ or ∏ is not understood", start, mark.end)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ReadError(f"Σ and ∏ nested deeper than {MAX_DEPTH}", start)
        signed = self.is_("op", "+", "-") and self.take()
        body = self.term()
        if signed:
            body = Sum(signed.start, body.end, (signed.text,), (body,))
        self.depth -= 1
        return Big(start, body.end, operator, direction, subs, sups, body)

    def table(self) -> Node:
        opening = self.take()
        if opening.text not in TABLES:
            raise ReadError(f"the environment {opening.text} cannot stand inside a formula", opening.start, opening.end)
        rows: list[tuple[Node, ...]] = []
        row: list[Node] = []
        while not self.is_("end"):
            if self.at >= len(self.tokens):
                raise ReadError(f"\\begin{{{opening.text}}} is never ended", opening.start, opening.end)
            while is_annotation(self.here):
                self.take()
            row.append(
                self.nested(self.items)
                if not (self.is_("row") or self.is_("end"))
                else Dots(self.here.start, self.here.start)
            )
            while is_annotation(self.here) or self.ends_a_cell():
                self.take()
            if self.is_("cell"):
                self.take()
            elif self.is_("row"):
                self.take()
                rows.append(tuple(row))
                row = []
            elif not self.is_("end") and self.at < len(self.tokens):
                raise self.unexpected("&, \\\\ or \\end")
        closing = self.take()
        if closing.text != opening.text:
            raise ReadError(
                f"\\begin{{{opening.text}}} is ended by \\end{{{closing.text}}}", closing.start, closing.end
            )
        rows += [tuple(row)] if row else []
        if not rows:
            raise ReadError(f"an empty {opening.text}", opening.start, closing.end)
        return Table(opening.start, closing.end, opening.text, tuple(rows))

    def ends_a_cell(self) -> bool:
        """Whether a full stop stands here at the end of a cell."""
        behind = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None
        return self.is_("punct", ".") and behind is not None and behind.kind in ("cell", "row", "end")


_BASES = {
    "letter": _Parser.letter, "word": _Parser.letter, "number": _Parser.number, "open": _Parser.opened,
    "bar": _Parser.norm, "accent": _Parser.accent, "font": _Parser.font, "command": _Parser.command,
    "begin": _Parser.table,
}  # fmt: skip

_COMMANDS = {
    "frac": _Parser.fraction, "sqrt": _Parser.root, "dots": _Parser.dots, "sum": _Parser.big, "prod": _Parser.big,
    "overrightarrow": _Parser.arrow, "overleftarrow": _Parser.arrow,
}  # fmt: skip
