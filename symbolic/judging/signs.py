r"""Two signs for one derivative: dL/dh_t and ∂L/∂h_t, or ∂L/∂h_t and ∂⁺L/∂h_t, in one note.

Whoever writes both may mean by one of them the direct part only: dL/dh_t = ∂L/∂h_t + W^T(…).  By which, and what counts as
direct for a loss of all steps, no formula says.  What fails with one sense for both is then unreadable; so is what fails for
∂⁺L/∂h_t by itself, since a loss of all steps has no step of its own.  By a weight d and ∂ are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..model import Model
from ..proof.verdict import Entry
from ..reading import Claim
from ..reading.tokens import Token, lex

TOTAL, PARTIAL, IMMEDIATE = "d", "∂", "∂⁺"
_SIGNS = {"d": TOTAL, "\\partial": PARTIAL}

Derivative = tuple[str, str, str]
"""The sign, and what stands above and below, as written but for spaces and brackets."""


def in_two_signs(models: Sequence[Model], claims: Sequence[Claim], entries: Sequence[Entry]) -> list[Entry]:
    """The entries, with those that fail for a derivative which the note writes with two signs unreadable."""
    written = [frozenset(_derivatives(claim)) for claim in claims]
    signs: dict[tuple[int, str, str], set[str]] = {}
    for claim, found in zip(claims, written, strict=True):
        for sign, above, below in found:
            signs.setdefault((claim.model, above, below), set()).add(sign)
    result = list(entries)
    for k, (claim, entry) in enumerate(zip(claims, entries, strict=True)):
        if entry.verdict != "refuted":
            continue
        for sign, above, below in sorted(written[k]):
            several = sorted(signs[claim.model, above, below])
            if IMMEDIATE not in several and not _is_state(below, models[claim.model]):
                continue
            whole = sign == IMMEDIATE and above == models[claim.model].families[models[claim.model].loss.name].latex
            if len(several) > 1 or whole:
                of = f"{above}/{below}"
                both = f"the note writes {of} with {' and '.join(several)}" if len(several) > 1 else f"∂⁺ of {of}"
                result[k] = replace(
                    entry, verdict="unreadable", reason=f"{both}; which part of the derivative is meant is not clear",
                    step=None, cause=None, counterexample=None, repair=None,
                )  # fmt: skip
                break
    return result


def _is_state(latex: str, model: Model) -> bool:
    """Whether a name begins with the letter of a quantity that is computed."""
    letters = (t.text for f in model.of_role("state") for t in lex(f.latex).tokens[:4] if t.kind in ("letter", "word"))
    return latex.startswith(tuple(letters))


def _derivatives(claim: Claim) -> Iterator[Derivative]:
    """The derivatives that are written as fractions."""
    for text in (claim.head_latex, claim.latex):
        tokens = lex(text).tokens
        for k, token in enumerate(tokens):
            if token.kind != "command" or token.text != "frac":
                continue
            above, after = _group(tokens, k + 1)
            below, _ = _group(tokens, after)
            signs = [_SIGNS.get(part[0].text, "") for part in (above, below) if part]
            if len(signs) == 2 and signs[0] and signs[0] == signs[1]:
                sign, rest = signs[0], above[1:]
                if len(rest) > 1 and rest[0].kind == "script" and rest[1].text == "+":
                    sign, rest = IMMEDIATE, rest[2:]
                yield sign, _bare(rest), _bare(below[1:])


def _group(tokens: Sequence[Token], at: int) -> tuple[Sequence[Token], int]:
    """What stands in braces, and where it ends."""
    if at >= len(tokens) or tokens[at].text != "{":
        return tokens[at : at + 1], at + 1
    depth = 0
    for k in range(at, len(tokens)):
        depth += (tokens[k].text == "{") - (tokens[k].text == "}")
        if not depth:
            return tokens[at + 1 : k], k + 1
    return (), len(tokens)


def _bare(tokens: Sequence[Token]) -> str:
    return "".join(t.text for t in tokens if t.kind != "font" and t.text not in ("{", "}"))
