r"""What words say of a matrix that no shape says: "with a symmetric matrix $Q$", "$R$ is positive definite".

Such words hold for the whole note if they condition nothing ("if $A$ is symmetric" is a special case, see `announced_rows`).
Symmetric, positive definite and covariance matrices are symmetric; kinds that are no linear spaces are only named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_SYMMETRIC = (
    r"(?:symmetrical|symmetric|self-?adjoint|positive[- ](?:semi-?)?definite|covariance|precision|symmetrische[nrms]?"
    r"|positiv definite[nrms]?|symétrique|simétrica|对称|正定|半正定|协方差)"
)
_SKEW = r"(?:skew-?symmetric|antisymmetric|反对称)"
_DIAGONAL = r"(?:diagonal|diagonale[nrms]?|对角)"
_OTHER = r"(?:orthogonal|orthonormal|unitary|idempotent|triangular|block-?diagonal|正交|三角)"
_ADDED = "and|real|weight(?:ing)?|cost|noise|positive|definite|square|matri(?:x|ces|zen|ce)|und|et|矩阵"
_IS = r"\W*(?:is|are|be|being|denotes?|ist|sei|est|为|是)?(?:\W+(?:an?|the|eine?|une?|square|real)\b)?\W*"

KINDS = tuple(
    (
        kind,
        re.compile(rf"(?<![\w-])(?P<word>{words})(?:\W+(?:{_ADDED})\b)*\W*\Z", re.IGNORECASE),
        re.compile(rf"{_IS}(?P<word>{words})(?!\w)", re.IGNORECASE),
    )
    for kind, words in (("other", _OTHER), ("skew-symmetric", _SKEW), ("diagonal", _DIAGONAL), ("symmetric", _SYMMETRIC))
)
"""What kind, the words before a letter and those behind it."""

_LOCAL = re.compile(
    r"\b(?:if|when|whenever|since|because|suppos\w+|assum\w+|in case|provided|not|wenn|falls|nicht|si|pas|no)\b"
    r"|若|如果|假设|当|不",
    re.IGNORECASE,
)
"""Words that make it a condition, or deny it."""


_JOINED = re.compile(r"\W*(?:and|und|et|y|e|as well as|sowie|和|与|及|、)?\W*", re.IGNORECASE)
"""What stands between the letters of a list."""


def beside(parts: Sequence[str | int]) -> str:
    """The nearest words that are more than a joint between letters."""
    texts, others = parts[::2], parts[1::2]
    if any(isinstance(t, int) for t in texts) or any(isinstance(n, str) for n in others):
        texts = parts[:1]
    words = (t for t in texts if isinstance(t, str))
    return next((t for t in words if not _JOINED.fullmatch(t) or not others), "")


def kind_of_matrix(lead: Sequence[str | int], trail: Sequence[str | int]) -> tuple[str, str]:
    """("symmetric", "skew-symmetric", "diagonal" or "other", the word) for the letter of a matrix by the words beside it.

    ("", "") where nothing is said.

    >>> kind_of_matrix(("with a symmetric matrix",), (".",)), kind_of_matrix(("Here",), ("is positive definite.",))
    (('symmetric', 'symmetric'), ('symmetric', 'positive definite'))
    >>> kind_of_matrix(("If",), ("is symmetric,",)), kind_of_matrix(("where",), ("is orthogonal",))
    (('', ''), ('other', 'orthogonal'))
    >>> kind_of_matrix(("with symmetric", 3, "and"), (".",)), kind_of_matrix((), (",", 4, "and", 5, "are diagonal."))
    (('symmetric', 'symmetric'), ('diagonal', 'diagonal'))
    """
    before, behind = beside(lead[::-1]), beside(trail)
    for kind, front, back in KINDS:
        found = front.search(before) or back.match(behind)
        if found is not None and not _LOCAL.search(before) and not _LOCAL.search(behind[: found.end()]):
            return kind, found["word"]
    return "", ""
