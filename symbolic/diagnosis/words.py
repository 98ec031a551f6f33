"""One sentence for each kind of mistake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..reading.signs import ReadError
from ..reading.syntax import parse
from ..reading.tokens import lex
from ..reading.tree import Big, Infix, Juxtaposed, Node, Number, Scripted, Sum, children, outline
from .cause import Difference, bare, exponent, name, names, power

LONGEST = 90
JOINTS = (r"\circ", r"\cdot", r"\times", r"\otimes", r"\odot", "+", "-", "*")


@dataclass(frozen=True)
class Parts:
    """What a sentence speaks of: the old part, the new one, and what one text holds beside the other ("" if scattered).

    powers  whether they differ only in powers
    """

    old: str
    new: str
    more: str
    less: str
    powers: bool = False


def sentence(d: Difference, old_text: str, new_text: str) -> str:
    """What is wrong, in one sentence; the texts are those in which the two parts stand."""
    spans = _core(d.old, d.new) if d.cause in NARROWED else ((d.old.start, d.old.end), (d.new.start, d.new.end))
    old, new = (_shown(text, *span) for text, span in ((old_text, spans[0]), (new_text, spans[1])))
    more, less = _beside(old_text, new_text), _beside(new_text, old_text)
    if "sum" in d.cause:
        more, less = _big(new_text, d.new, d.old), _big(old_text, d.old, d.new)
    powers = names(bare(d.old)) == names(bare(d.new)) and power(d.old) != power(d.new)
    return SENTENCES[d.cause](Parts(old, new, more, less, powers))


def _shown(text: str, start: int, end: int) -> str:
    """A piece of a text; a function with its argument."""
    if text[start:end].lstrip("\\").partition("^")[0].isalpha() and text[start] == "\\":
        rest = text[end:]
        inner = rest.removeprefix(r"\left")
        if inner.startswith("("):
            closing = (k for k in range(len(rest)) if rest[k] == ")" and rest.count("(", 0, k) == rest.count(")", 0, k + 1))
            end += next(closing, -1) + 1
    shown = " ".join(text[start:end].split())
    return shown if len(shown) <= LONGEST else ""


NARROWED = ("wrong-variable", "index", "order", "other")
"""Causes of which only the factors that differ are shown."""

Span = tuple[int, int]


def _core(old: Node, new: Node) -> tuple[Span, Span]:
    """Two products without the factors that are the same at both ends; of two sums that differ in their bounds only these."""
    a, b = list(children(old)), list(children(new))
    if isinstance(old, Big) and isinstance(new, Big) and outline(old.body) == outline(new.body):
        return (old.start, old.body.start), (new.start, new.body.start)
    if type(old) is type(new) and isinstance(old, (Juxtaposed, Infix)):
        least = min(len(a), len(b)) - 1
        low = next((k for k in range(least) if outline(a[k]) != outline(b[k])), max(least, 0))
        least -= low
        high = next((k for k in range(least) if outline(a[-1 - k]) != outline(b[-1 - k])), max(least, 0))
        while low and getattr(a[low - 1], "word", False):  # a function stays with its argument
            low -= 1
        return (a[low].start, a[-1 - high].end), (b[low].start, b[-1 - high].end)
    return (old.start, old.end), (new.start, new.end)


def _big(text: str, node: Node, other: Node) -> str:
    """The sum or product that stands in front of all of a part and not of the other one."""
    if isinstance(node, Big) and not (isinstance(other, Big) and other.operator == node.operator):
        return " ".join(text[node.start : node.body.start].split())
    return ""


def _beside(small: str, large: str) -> str:
    r"""What a text holds beside a shorter one, if it is one piece.

    >>> _beside(r"\sum_t a b^T", r"\sum_t a \circ (1 - a) b^T")
    '(1 - a)'
    """
    small, large = (" ".join(t.split()) for t in (small, large))
    low = 0
    while low < min(len(small), len(large)) and small[low] == large[low]:
        low += 1
    rest = small[low:]
    for start in range(low, -1, -1):  # a b c for a c: the end of what is common may be shared
        if large.endswith(small[start:]) and len(large) - len(small) > 0:
            piece = large[start : len(large) - len(small[start:])]
            if (bare := _bare(piece)) and _is_whole(bare):
                return bare
        if low - start > LONGEST:
            break
    return "" if rest else _bare(large[low:]) if _is_whole(_bare(large[low:])) else ""


def _bare(piece: str) -> str:
    """A piece without the signs that join it to others."""
    piece = piece.strip()
    while (joint := next((j for j in JOINTS if piece.startswith(j)), "")) or piece.startswith("~"):
        piece = piece[len(joint) or 1 :].strip()
    while joint := next((j for j in JOINTS if piece.endswith(j)), ""):
        piece = piece[: -len(joint)].strip()
    return piece if len(piece) <= LONGEST else ""


def _is_whole(piece: str) -> bool:
    """Whether a piece of LaTeX is a formula of its own."""
    try:
        parse(lex(piece).tokens)
    except (ReadError, AttributeError, IndexError, AssertionError):
        return False
    return True


def _slope(piece: str) -> str:
    """What a factor such as a ∘ (1 - a) or 1 - h² is, in words."""
    try:
        tree = parse(lex(piece).tokens)
    except (ReadError, AttributeError, IndexError, AssertionError):
        return ""
    of = next((piece[a:b].strip() for a, b in (_of_square(piece, tree), _of_product(tree)) if a < b), "")
    return f", the slope of the function that makes {of}," if of else ""


def _less_than_one(node: Node) -> Node | None:
    """x of 1 - x."""
    body = bare(node)
    if isinstance(body, Sum) and body.signs == ("+", "-") and isinstance(body.terms[0], Number) and body.terms[0].value == 1:
        return body.terms[1]
    return None


def _of_square(piece: str, tree: Node) -> tuple[int, int]:
    """Where h of 1 - h² stands, also of diag(1 - h²)."""
    inner = tree.factors[-1] if isinstance(tree, Juxtaposed) and name(tree.factors[0]).startswith("diag") else tree
    x = _less_than_one(inner)
    last = x.sups[-1] if isinstance(x, Scripted) and x.sups else None
    if x is None or last is None or exponent(last) != 2:
        return 0, 0
    return x.start, piece.rfind("^", 0, last.start)


def _of_product(tree: Node) -> tuple[int, int]:
    """Where a of a ∘ (1 - a) stands."""
    factors = tree.operands if isinstance(tree, Infix) else tree.factors if isinstance(tree, Juxtaposed) else ()
    x = _less_than_one(factors[1]) if len(factors) == 2 else None
    return (factors[0].start, factors[0].end) if x is not None and name(x) == name(factors[0]) else (0, 0)


def _instead(what: str) -> Callable[[Parts], str]:
    return lambda p: f"{what}: {p.new} instead of {p.old}" if p.old and p.new else what


def _kind(kind: str, piece: str) -> str:
    return "product" if piece.startswith(r"\prod") else kind


def _missing(kind: str, otherwise: str) -> Callable[[Parts], str]:
    def said(p: Parts) -> str:
        if p.powers:
            return _instead("an exponent is missing" if "^" not in p.old.replace("^{(", "") else "an exponent is wrong")(p)
        slope = _slope(p.more) if kind == "factor" else ""
        return f"the {_kind(kind, p.more)} {p.more}{slope} is missing" if p.more else _instead(otherwise)(p)

    return said


def _spurious(kind: str, otherwise: str) -> Callable[[Parts], str]:
    def said(p: Parts) -> str:
        if p.powers:
            return _instead("an exponent is wrong")(p)
        return f"the {_kind(kind, p.less)} {p.less} should not be there" if p.less else _instead(otherwise)(p)

    return said


SENTENCES: dict[str, Callable[[Parts], str]] = {
    "missing-factor": _missing("factor", "a factor is missing"),
    "spurious-factor": _spurious("factor", "there is a factor too many"),
    "missing-term": _missing("term", "a term is missing"),
    "spurious-term": _spurious("term", "there is a term too many"),
    "missing-sum": _missing("sum", "a sum or a product is missing"),
    "spurious-sum": _spurious("sum", "nothing is summed here"),
    "order": _instead("the factors stand in the wrong order"),
    "index": _instead("an index is wrong"),
    "transpose": _instead("a transpose is wrong"),
    "sign": _instead("a sign is wrong"),
    "parenthesis": _instead("the brackets stand in the wrong place"),
    "wrong-variable": _instead("something else belongs here"),
    "other": _instead("this part is wrong"),
}
"""Cause -> sentence."""
