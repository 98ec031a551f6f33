"""LaTeX -> claims: tokens, chains, syntax, meaning, each a stage with its own record.

    tokens     characters -> signs with their places (`signs`, `notation`); what carries no mathematics is listed
    chains     tokens -> the equations: rows, pieces, sides, conditions; no grammar
    syntax     one side -> a tree that knows no symbol (`cursor`, `parts`, `tree`)
    meaning    a tree -> a term, with the names of a forward model (`symbols`, `scripts`, `names`, `brackets`, `calls`,
               `applications`, `conditions`, `products`, `infix`, `binders`, `dotted`, `derivatives`, `gradients`)
    readings   one '=' -> every consistent reading (`reader`, `heads`); claims: the passages of a note -> claims
    document   a file -> its passages;  inference: the forward model that a note itself writes down"""

from .claims import read_claims
from .records import Claim, Illshaped, Note, Passage, Reading, Span
from .symbols import SymbolTable
from .tokens import ReadError

__all__ = ["Claim", "Illshaped", "Note", "Passage", "ReadError", "Reading", "Span", "SymbolTable", "read_claims"]
