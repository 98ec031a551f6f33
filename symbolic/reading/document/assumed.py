"""Declarations beside the document: on the command line, or in a file of their own with the ending .gradproof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .blocks import read_declarations
from .files import read_text
from .records import BlockLine, Declarations, Document, DocumentError

ENDING = ".gradproof"


def assumed(texts: Sequence[str], layout: str = "") -> Declarations:
    """What `--assume` and `--layout` say.  Raises `DocumentError` for the first thing that is not understood.

    >>> assumed(["sigma = tanh"], "jacobian")
    Declarations(layout='jacobian', product='', names=((0, 'sigma', 'tanh'),), softmax='')
    """
    lines: list[tuple[str, BlockLine]] = [("--layout", BlockLine(0, 1, f"layout: {layout}"))] if layout else []
    for text in texts:
        if text.endswith(ENDING):
            lines += [(text, BlockLine(k, 1, line)) for k, line in enumerate(read_text(text).splitlines(), 1)]
        else:
            lines.append((f"--assume '{text}'", BlockLine(0, 1, text)))
    declarations, problems = read_declarations([line for _, line in lines])
    if problems:
        wrong = problems[0]
        place = next(source for source, line in lines if line is wrong.source)
        where = f"{place}:{wrong.line}:{wrong.column}" if wrong.line else place
        raise DocumentError(f"{where}: {wrong.message}")
    return declarations


def with_assumptions(document: Document, more: Declarations) -> Document:
    """The document with further declarations, which count more than those of its block."""
    own = document.declarations
    softmax = more.softmax or own.softmax
    whole = Declarations(more.layout or own.layout, more.product or own.product, (*own.names, *more.names), softmax)
    return replace(document, declarations=whole, softmax=softmax or document.softmax)
