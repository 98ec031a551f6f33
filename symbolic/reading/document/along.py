r"""What words say of the lines of a matrix along which softmax is taken: "softmax is applied to each row", "按行做 softmax".

Such words stand close to the word softmax (or to a formula that holds it), in one clause with it, or say what sums to one
("the rows of $A$ sum to one").  "Over the rows" and "along the columns" may mean either and say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_ROW = (
    r"(?:row[- ]?wise|row[- ]by[- ]row|by rows?|(?:each|every|per|individual) row|(?:each|every) of (?:its|the) rows"
    r"|(?:the )?last (?:axis|dimension)|按行|逐行|每一?行|各行|行ごと|zeilenweise|jede[rnms]? Zeile|ligne par ligne|par lignes?"
    r"|chaque ligne|por filas?|cada fila|построчно|по строкам|кажд\w+ строк\w+)"
)
_COLUMN = (
    r"(?:column[- ]?wise|column[- ]by[- ]column|by columns?|(?:each|every|per|individual) column"
    r"|(?:each|every) of (?:its|the) columns|(?:the )?first (?:axis|dimension)|按列|逐列|每一?列|各列|列ごと|spaltenweise"
    r"|jede[rnms]? Spalte|colonne par colonne|par colonnes?|chaque colonne|por columnas?|cada columna|по столбцам"
    r"|кажд\w+ столб\w+)"
)
_TAKEN = r"(?:soft-?max|normali[sz]\w+|归一化)"
_INSIDE = r"[^.。;；:：!?,，]"
_NEAR = rf"{_INSIDE}{{0,60}}"
_ON = r"[,，] ?(?:which |that |and )?(?:is |are )?(?:applied|taken|computed|acting|row|column|按|逐|对)"
_GOES_ON = rf"(?:{_ON}{_INSIDE}{{0,40}})"
_SUM = r"\b(?:sums?|adds? up) to (?:one|1|X)\b"
_SUMS = rf"{_INSIDE}{{0,40}}{_SUM}"

_WORDS = tuple(
    (lines, re.compile(rf"{_TAKEN}{_NEAR}{_GOES_ON}?{word}|{word}{_NEAR}{_TAKEN}|{summing}{_SUMS}", re.IGNORECASE))
    for lines, word, summing in (
        ("rows", _ROW, r"\b(?:each|every|the|all|its) (?:of the )?rows?\b"),
        ("columns", _COLUMN, r"\b(?:each|every|the|all|its) (?:of the )?columns?\b"),
    )
)
_ABOUT = re.compile(rf"{_TAKEN}|{_SUM}", re.IGNORECASE)
"""What all of these words hold: most texts do not, and looking for it is quick."""
_NOT = re.compile(r"\b(?:not|never|neither|instead|rather than|unlike|nicht|pas|no)\b|不|而非", re.IGNORECASE)
_LOSS = re.compile(r"[\s$(\\]{0,3}(?:(?:\\(?:math)?cal\s?\{?\s?)?[LJEC]\s?\}?|\\ell)[\s$)\\]{0,3}")
_LABELS = re.compile(r"\b(?:labels?|targets?|one-?hot)\b|标签", re.IGNORECASE)


def lines_said(words: str) -> frozenset[str]:
    """"rows", "columns" or both, as the words of a text say it; formulas stand in it as `softmax` or as X.

    >>> sorted(lines_said("The softmax is taken of each row of X.")), sorted(lines_said("对每一列做 softmax"))
    (['rows'], ['columns'])
    >>> sorted(lines_said("Softmax over the rows; each column is an example.")), sorted(lines_said("softmax, not row-wise"))
    ([], [])
    """
    if not _ABOUT.search(words):
        return frozenset()
    found = ((lines, m[0]) for lines, said in _WORDS for m in said.finditer(words))
    return frozenset(lines for lines, clause in found if not _NOT.search(clause) and not _LABELS.search(clause))


def in_words(text: str, formulas: Iterable[tuple[int, int]]) -> str:
    """The text with each formula as `softmax` where it holds that, as LOSS where it is a letter of one, else as X."""
    parts, at = [], 0
    for start, end in sorted(formulas):
        if start >= at:
            parts += [text[at:start], f" {_word(text[start:end])} "]
            at = end
    return " ".join("".join((*parts, text[at:])).split())


def _word(formula: str) -> str:
    return "softmax" if "softmax" in formula.lower() else "LOSS" if _LOSS.fullmatch(formula) else "X"
