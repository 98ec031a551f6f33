r"""Two signs for one derivative: dL/dh_t and ∂L/∂h_t, or ∂L/∂h_t and ∂⁺L/∂h_t, in one note.

Whoever writes both may mean by one of them the direct part only: dL/dh_t = ∂L/∂h_t + W^T(…).  By which, and what counts as
direct for a loss of all steps, no formula says.  What fails with one sense for both is then unreadable; so is what fails for
∂⁺L/∂h_t by itself, since a loss of all steps has no step of its own.  By a weight d and ∂ are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model import Model
from ..proof.verdict import Entry, left_open
from ..reading import Claim, ReadError
from ..reading.chains import chains
from ..reading.derivatives import is_immediate
from ..reading.syntax import parse
from ..reading.tokens import Source, lex
from ..reading.tree import Fraction, Juxtaposed, Letter, Node, walk
from .whole import Whole

TOTAL, PARTIAL, IMMEDIATE = "d", "∂", "∂⁺"
_SIGNS = {"d": TOTAL, "\\partial": PARTIAL}

Derivative = tuple[str, str, str]
"""The sign, and what stands above and below, as written but for spaces, brackets and fonts."""


def in_two_signs(note: Whole, entries: Sequence[Entry]) -> list[Entry]:
    """The entries, with those that fail for a derivative which the note writes with two signs unreadable."""
    if not any(entry.verdict == "refuted" for entry in entries):
        return list(entries)
    written = [frozenset(_derivatives(claim)) for claim in note.claims]
    signs: dict[tuple[int, str, str], set[str]] = {}
    for claim, found in zip(note.claims, written, strict=True):
        for sign, above, below in found:
            signs.setdefault((claim.model, above, below), set()).add(sign)
    result = list(entries)
    for k, (claim, entry) in enumerate(zip(note.claims, entries, strict=True)):
        if entry.verdict != "refuted":
            continue
        model = note.models[claim.model]
        for sign, above, below in sorted(written[k]):
            several = sorted(signs[claim.model, above, below])
            if IMMEDIATE not in several and not _is_state(below, model):
                continue
            whole = sign == IMMEDIATE and above == _bare(model.families[model.loss.name].latex)
            if len(several) > 1 or whole:
                of = f"{above}/{below}"
                both = f"the note writes {of} with {' and '.join(several)}" if len(several) > 1 else f"∂⁺ of {of}"
                result[k] = left_open(entry, f"{both}; which part of the derivative is meant is not clear")
                break
    return result


def _is_state(latex: str, model: Model) -> bool:
    """Whether a name begins with the letter of a quantity that is computed."""
    letters = (t.text for f in model.of_role("state") for t in lex(f.latex).tokens[:4] if t.kind in ("letter", "word"))
    return latex.startswith(tuple(letters))


def _derivatives(claim: Claim) -> Iterator[Derivative]:
    """The derivatives in an '=' and at the head of its chain, written as fractions or with a slash."""
    head = lex(claim.head_latex).tokens
    sides = [(claim.head_latex, head)]
    sides += [(claim.latex, side) for link in chains(Source(claim.latex)).links for side in (link.left, link.right)]
    for text, tokens in sides:
        try:
            tree = parse(tokens)
        except ReadError:
            continue
        for above, below in _fractions(tree):
            sign, by = _sign(above[0]), _sign(below[0])
            if sign and by == (PARTIAL if sign == IMMEDIATE else sign):
                yield sign, _written(text, above[1:]), _written(text, below[1:])


def _fractions(tree: Node) -> Iterator[tuple[Sequence[Node], Sequence[Node]]]:
    """The factors above and below the line, of every fraction; beside a slash those that a derivative would have."""
    for node in walk(tree):
        if isinstance(node, Fraction):
            yield _factors(node.numerator), _factors(node.denominator)
        if isinstance(node, Juxtaposed):
            for k, operator in enumerate(node.operators):
                if operator == "/" and k and len(node.factors) > k + 2:
                    yield node.factors[k - 1 : k + 1], node.factors[k + 1 : k + 3]


def _factors(node: Node) -> Sequence[Node]:
    return node.factors if isinstance(node, Juxtaposed) else (node,)


def _sign(node: Node) -> str:
    if is_immediate(node):
        return IMMEDIATE
    return _SIGNS.get(node.name, "") if isinstance(node, Letter) and not node.accents else ""


def _written(text: str, nodes: Sequence[Node]) -> str:
    return "".join(_bare(text[node.start : node.end]) for node in nodes)


def _bare(latex: str) -> str:
    return "".join(t.text for t in lex(latex).tokens if t.kind != "font" and t.text not in ("{", "}"))
