"""LaTeX -> claims: tokens, chains, syntax, meaning, each a stage with its own record.

tokens      characters -> tokens with their places; what carries no mathematics is listed chains      tokens -> the
equations: rows, pieces, sides, conditions; no grammar syntax      one side -> a tree that knows no symbol (`tree`)
meaning     a tree -> a term, with the names of a forward model (`symbols`, `names`, `products`, `binders`,
`derivatives`) readings    one '=' -> every consistent reading; claims: the passages of a note -> claims"""

from .claims import read_claims
from .records import Claim, Illshaped, Note, Passage, Reading, Span
from .symbols import SymbolTable
from .tokens import ReadError

__all__ = ["Claim", "Illshaped", "Note", "Passage", "ReadError", "Reading", "Span", "SymbolTable", "read_claims"]
