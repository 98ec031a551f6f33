r"""Bounds on Jacobians in a passage: ‖∂h_t/∂h_k‖ ≤ (γ‖W‖)^(t-k), and the same for one step.

The left side is one norm that holds a derivative; the right side is a product of numbers, norms and letters, each to a power
whose exponent is a sum of the index letters of the left side.  In a chain ‖A‖ = ‖B‖ ≤ r ≤ s every side behind a ≤ bounds the
left end; a row that begins with a relation goes on with the chain above it.  What does not have this form is a problem with
its reason; what speaks of no norm of a derivative is no bound and not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction as Rational
from typing import Any

from sympy import Expr, Integer, Symbol
from sympy.core.basic import Basic

from ..language import Partial
from ..language.bounds import AtMost, Named, NormOf, Scale, number, scale
from ..model import Model
from .claims import read_claims
from .records import Passage, Reading, Span
from .rows import laid_out
from .signs import Source
from .syntax import parse
from .tokens import ReadError, Token
from .tree import Fraction, Group, Juxtaposed, Letter, Node, Number, Scripted, Sum, walk

SIDES = ("≤", "=")
ONE_NORM = "a bound is read with one norm of a derivative on its left side"
WHICH = "only the norms ‖·‖ and ‖·‖_2 are judged"


@dataclass(frozen=True)
class Bounded:
    """One ≤ with a norm of a derivative at the left end: its right side's place and both sides.

    meanings  what it says, one for each way to read the left side, or none and the problem
    letters   those of the right side that are no names of the model
    """

    span: Span
    head: str
    latex: str
    meanings: tuple[AtMost, ...]
    problem: str = ""
    letters: tuple[str, ...] = ()


def bounds(models: Sequence[Model], passage: Passage) -> Iterator[Bounded]:
    """The bounds that a passage states."""
    source = Source(passage.latex, passage.line, passage.column, passage.places)
    head: tuple[Token, ...] = ()
    for cell in (cell for row in laid_out(passage.latex).rows for cell in row):
        for piece in cell.pieces:
            sides = [tuple(t for t in side if t.kind != "align") for side in piece.sides]
            if sides[0]:
                head = sides[0]
            if not _is_norm_of_a_derivative(head):
                continue
            seen = [r.text for r in piece.relations]
            for k, (relation, right) in enumerate(zip(seen, sides[1:], strict=True), 1):
                if relation == "=" or not right:
                    continue
                others = ", ".join(sorted(set(seen[:k]) - set(SIDES)))
                problem = f"only ≤ is judged between bounds, not {others}" if others else ""
                yield _bounded(models, passage, source, head, right, problem)


def _is_norm_of_a_derivative(tokens: Sequence[Token]) -> bool:
    texts = [t.text for t in tokens]
    return bool(texts) and texts[0] in ("‖", "|") and "\\partial" in texts


def _bounded(
    models: Sequence[Model], passage: Passage, source: Source, head: Sequence[Token], right: Sequence[Token], problem: str
) -> Bounded:
    def text(tokens: Sequence[Token]) -> str:
        return " ".join(source.text[tokens[0].start : tokens[-1].end].split())

    span = source.span(right[0].start, right[-1].end)
    found = Bounded(span, text(head), text(right), (), problem)
    if problem:
        return found
    reader = _Reader(models, passage, source)
    try:
        terms = reader.inside(parse(head))
        indices = models[passage.model].indices
        known = [s for term in terms for s in term.free_symbols] + [s for i in indices for s in i.upper.free_symbols]
        reader.steps = {s.name.removeprefix("\\"): s for s in known if isinstance(s, Symbol)}
        size = reader.scale(parse(right))
        meanings = tuple(AtMost(term, size) for term in terms)
        return replace(found, meanings=meanings, letters=tuple(dict.fromkeys(reader.letters)))
    except ReadError as error:
        line, column = source.place(error.start)
        return replace(found, problem=f"{line}:{column}: {error.message}")


class _Reader:
    """Reads the two sides of one bound."""

    def __init__(self, models: Sequence[Model], passage: Passage, source: Source):
        self.models, self.passage, self.source = models, passage, source
        self.steps: Mapping[str, Symbol] = {}
        self.letters: list[str] = []

    def inside(self, node: Node) -> tuple[Basic, ...]:
        """The term of a norm that stands alone, in every way in which it can be read."""
        while isinstance(node, Group) and node.bracket in ("(", "{", "["):
            node = node.body
        if isinstance(node, Scripted) and _is_spectral(node) and not node.sups:
            node = node.base
        if not isinstance(node, Group) or node.bracket not in ("‖", "|"):
            raise self.error(node, ONE_NORM if not isinstance(node, Scripted) else WHICH)
        terms = self.terms(node.body)
        if not all(any(isinstance(n, Partial) for n in _nodes(term)) for term in terms):
            raise self.error(node, ONE_NORM)
        return terms

    def term(self, node: Node) -> Basic:
        """What stands inside of bars on the right side."""
        terms = self.terms(node)
        if len(terms) != 1:
            raise self.error(node, f"{' '.join(self.source.text[node.start : node.end].split())} can be read in several ways")
        return terms[0]

    def terms(self, node: Node) -> tuple[Basic, ...]:
        """What stands inside of bars, read as the left side of an equation."""
        latex = self.source.text[node.start : node.end]
        passage = Passage(1, f"{latex} = {latex}", "", self.passage.where, self.passage.model)
        found: dict[Basic, None] = {}
        for claim in read_claims(self.models, (passage,)):
            if claim.unreadable:
                raise self.error(node, claim.unreadable.split(": ", 1)[-1])
            found |= {r.head: None for r in claim.readings if isinstance(r, Reading)}
        if not found:
            raise self.error(node, f"{' '.join(latex.split())} does not conform")
        return tuple(found)

    def scale(self, node: Node) -> Scale:
        rule = _SCALES.get(type(node))
        if rule is None:
            raise self.error(node, "a bound is read as a product of numbers, norms and letters to powers")
        return rule(self, node)

    def exponent(self, node: Node) -> Expr:
        """A sum of index letters and numbers."""
        while isinstance(node, Group):
            node = node.body
        if isinstance(node, Sum):
            parts = [(-1 if sign == "-" else 1) * self.exponent(n) for sign, n in zip(node.signs, node.terms, strict=True)]
            return sum(parts, Integer(0))
        if isinstance(node, Number) and node.value.denominator == 1:
            return Integer(node.value.numerator)
        if isinstance(node, Letter) and (letter := self.steps.get(node.name.removeprefix("\\"))) is not None:
            return letter
        raise self.error(node, "an exponent of a bound is a sum of numbers and of the left side's index letters")

    def error(self, node: Node, message: str) -> ReadError:
        return ReadError(message, node.start, node.end)


def _nodes(term: Basic) -> Iterator[Basic]:
    stack = [term]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(a for a in node.args if isinstance(a, Basic))


def _is_spectral(node: Scripted) -> bool:
    """‖x‖ or ‖x‖_2."""
    two = all(isinstance(s, Number) and s.value == 2 for s in node.subs) and len(node.subs) <= 1
    return isinstance(node.base, Group) and node.base.bracket in ("‖", "|") and two and not node.primes


def _number(reader: _Reader, node: Number) -> Scale:
    if node.value <= 0:
        raise reader.error(node, "a bound is a product of numbers above 0")
    return number(Rational(node.value))


def _group(reader: _Reader, node: Group) -> Scale:
    if node.bracket not in ("‖", "|"):
        return reader.scale(node.body)
    return scale([(NormOf(reader.term(node.body)), 1)])


def _letter(reader: _Reader, node: Letter) -> Scale:
    return _named(reader, node)


def _named(reader: _Reader, node: Node) -> Scale:
    """A letter that stands for a number above 0, such as γ: none of the model's names."""
    latex = "".join(reader.source.text[node.start : node.end].split())
    taken = {f.latex for f in reader.models[reader.passage.model].families.values()}
    accents = [n for n in walk(node) if isinstance(n, Letter) and (n.accents or n.word)]
    if latex in taken or accents:
        raise reader.error(node, f"{latex} is no number above 0 that is known; a norm is written \\|{latex}\\|")
    reader.letters.append(latex)
    return scale([(Named(latex), 1)])


def _scripted(reader: _Reader, node: Scripted) -> Scale:
    """A base to a power; a letter may have a subscript."""
    if node.primes or len(node.sups) > 1:
        raise reader.error(node, "a bound is read as a product of numbers, norms and letters to powers")
    bare = replace(node, sups=(), end=max([node.base.end, *(s.end for s in node.subs)]))
    if isinstance(node.base, Letter):
        base = _named(reader, node.base if not node.subs else bare)
    elif not node.subs or _is_spectral(bare):
        base = reader.scale(node.base)
    else:
        raise reader.error(node, WHICH)
    return base ** reader.exponent(node.sups[0]) if node.sups else base


def _juxtaposed(reader: _Reader, node: Juxtaposed) -> Scale:
    result = reader.scale(node.factors[0])
    for operator, factor in zip(node.operators, node.factors[1:], strict=True):
        if operator not in ("", "·", "/"):
            raise reader.error(factor, f"{operator} between bounds is not read")
        found = reader.scale(factor)
        result = result.over(found) if operator == "/" else result * found
    return result


def _sum(reader: _Reader, node: Sum) -> Scale:
    if len(node.terms) != 1 or node.signs[0] == "-":
        raise reader.error(node, "a sum in a bound is not read")
    return reader.scale(node.terms[0])


_SCALES: dict[type, Callable[[_Reader, Any], Scale]] = {
    Number: _number,
    Fraction: lambda reader, node: reader.scale(node.numerator).over(reader.scale(node.denominator)),
    Group: _group,
    Letter: _letter,
    Scripted: _scripted,
    Juxtaposed: _juxtaposed,
    Sum: _sum,
}
