r"""What is not seen on paper, or seen but not read: pale colours, backward spaces, HTML tags, mathematics in words.

A formula is judged as a reader of the printed page sees it.  What is drawn invisible, and what stands in a place that
is set aside (`\text`, `\tag`, `\label`) although it is mathematics, makes the formula unreadable:

    colour    plain to see are names with a hue in them (RoyalBlue, myred) and values darker than `LIGHTEST`
    length    a space back over more than `BACK` em may cover what was printed
    words     a relation, or an operator at the edge: \text{ + c}, \text{if t = T}, \tag{- c}; "times two" in words
"""

from __future__ import annotations

import re

LIGHTEST = 200
"""A colour is pale if its darkest part (of 0 to 255) is lighter than this."""

BACK = 3.0

_HUES = re.compile(
    "black|gr[ae]y|red|green|blue|cyan|magenta|yellow|brown|lime|olive|orange|pink|purple|teal|violet|maroon|navy|gold|indigo"
    "|crimson|coral|salmon|tomato|turquoise|orchid|plum|sienna|chocolate|marine|mahogany|bittersweet|emerald|fuchsia|aqua"
    "|cerulean|periwinkle|apricot|peach|melon|sepia|tan|mulberry|strawberry|dandelion|rhodamine|firebrick|peru|khaki"
)
_PALE = re.compile(
    "white|snow|ivory|azure|alice|honeydew|mint|seashell|lavender|linen|lace|cornsilk|chiffon|gainsboro|smoke|lightcyan"
    "|lightyellow|lightgoldenrod|transparent|none|background|page|paper|beige|wheat|blanch|bisque|^bg"
)
_MODELS = {"rgb": (3, 255.0), "RGB": (3, 1.0), "gray": (1, 255.0), "Gray": (1, 17.0), "cmyk": (4, 255.0), "cmy": (3, 255.0)}
_NUMBER = re.compile(r"[0-9]{0,6}\.?[0-9]{0,12}")
_LENGTH = re.compile(r"([-+−]?)\s*([0-9]{0,6}\.?[0-9]{0,6})\s*(\\?[A-Za-z]+)?")
_EMS = {"em": 1.0, "ex": 0.45, "mu": 1 / 18, "pt": 0.1, "pc": 1.2, "px": 0.0625, "mm": 0.285, "cm": 2.85, "in": 7.2}
_TAG = re.compile(
    r"<(?:!--|/[A-Za-z][A-Za-z0-9]{0,15}\s*>"
    r"|[A-Za-z][A-Za-z0-9]{0,15}(?:\s+(?:hidden|[A-Za-z-]{1,30}\s*=\s*[\"'A-Za-z0-9#/])[^<>]{0,2000})?\s*/?>)"
)
_RELATION = re.compile(r"[=＝<>≤≥≠≈∈]|\\(?:neq?|leq?|geq?|lt|gt|in|approx|equiv)(?![A-Za-z])")
_FIRST = re.compile(
    r"\s*(?:[+·×∘⊙*/÷±]|\\(?:cdot|times|circ|odot|pm)(?![A-Za-z])|[-−–—](?!\s*[A-Za-z]{2})"
    r"|[-−–—]\s*(?!(?:st|nd|rd|th)\b)[A-Za-z]+\s*$)"
)
_LAST = re.compile(r"[-−+·×∘⊙*÷±]\s*$")
_SPOKEN = re.compile(
    r"\s*(?:plus|minus|times|divided|multiplied)\b"
    r"|.{0,200}\bup to (?:an? |some |the )?(?:additive |multiplicative |positive )?(?:constant|factor|sign|scal)",
    re.IGNORECASE | re.DOTALL,
)


def is_visible(colour: str, model: str = "") -> bool:
    """Whether text in this colour is plain to see.

    >>> [is_visible(c) for c in ("RoyalBlue", "white", "#FF0000", "#fefefe", "snow", "ink")]
    [True, False, True, False, False, False]
    >>> is_visible("1,0,0", "rgb"), is_visible("0.97", "gray"), is_visible("0,0,0,0", "cmyk")
    (True, False, False)
    """
    colour = colour.strip()
    if model and model != "named":
        parts = _parts(colour, model)
        return bool(parts) and min(parts) < LIGHTEST
    if colour.startswith("#"):
        parts = _parts(colour[1:], "HTML")
        return bool(parts) and min(parts) < LIGHTEST
    name = colour.lower()
    return name.isalnum() and bool(_HUES.search(name)) and not _PALE.search(name)


def is_pale(colour: str, model: str = "") -> bool:
    """Whether text in this colour is surely not seen; a name that is not known may be seen.

    >>> [is_pale(c) for c in ("white", "#fefefe", "snow", "red", "ink")]
    [True, True, True, False, False]
    """
    colour = colour.strip()
    if model or colour.startswith("#"):
        parts = _parts(colour.removeprefix("#"), model or "HTML")
        return bool(parts) and min(parts) >= LIGHTEST
    return colour.isalnum() and bool(_PALE.search(colour.lower()))


def _parts(values: str, model: str) -> list[float]:
    """Red, green and blue of 0 to 255, or nothing if they are not understood."""
    if model == "HTML":
        digits = "".join(2 * d for d in values) if len(values) == 3 else values
        if len(digits) != 6 or any(d not in "0123456789abcdefABCDEF" for d in digits):
            return []
        return [float(int(digits[k : k + 2], 16)) for k in (0, 2, 4)]
    numbers = [n.strip() for n in values.split(",")]
    count, scale = _MODELS.get(model, (0, 0.0))
    if not count or len(numbers) != count or not all(_NUMBER.fullmatch(n) and any(c.isdigit() for c in n) for n in numbers):
        return []
    parts = [float(n) * scale for n in numbers]
    if model.startswith("cmy"):
        black = parts[3] if count == 4 else 0.0
        return [255.0 - min(p + black, 255.0) for p in parts[:3]]
    return parts


def is_wide(length: str) -> bool:
    """Whether a space is as wide as \\quad, so that it parts formulas: 1cm, 2em, but not 3pt.

    >>> [is_wide(w) for w in ("1cm", " 1.5 em", "3pt", "-1cm", "0.2in")]
    [True, True, False, False, True]
    """
    sign, number, unit = found.groups() if (found := _LENGTH.fullmatch(length.strip())) is not None else ("-", "", "")
    return not sign and any(c.isdigit() for c in number) and unit in _EMS and float(number) * _EMS[unit] >= 1


def moves_back(length: str) -> bool:
    r"""Whether a space of this length moves back over what stands before it.

    >>> [moves_back(s) for s in ("1em", "-0.5em", "-9cm", r"-\textwidth")]
    [False, False, True, True]
    """
    found = _LENGTH.fullmatch(length.strip())
    if found is None:
        return "-" in length
    sign, number, unit = found.groups()
    size = float(number) if any(c.isdigit() for c in number) else 1.0
    return sign in ("-", "−") and (unit not in _EMS or size * _EMS[unit] > BACK)


def tag_at(text: str, at: int) -> int:
    """Where the HTML tag or comment that begins here ends; -1 if this is a mere <.

    >>> tag_at("a <span hidden>", 2), tag_at("i <j> k", 2), tag_at("i < j", 2), tag_at("a<b = c>", 1)
    (15, -1, -1, -1)
    """
    found = _TAG.match(text, at)
    if found is None:
        return -1
    if found[0] == "<!--":
        end = text.find("-->", at)
        return len(text) if end < 0 else end + 3
    bare = found[0].strip("<>").isalpha()
    return -1 if bare and len(found[0]) < 4 else found.end()


def mathematics_in(words: str) -> bool:
    r"""Whether words that are set aside hold mathematics, or speak of some.

    >>> [w for w in ("+ c", "- 2c", " = 2c", "if t = T", "times two", "up to a constant") if not mathematics_in(w)]
    []
    >>> [w for w in ("-th step", "(chain rule)", " - by the chain rule", "for all t", "so:") if mathematics_in(w)]
    []
    """
    return any(p.match(words) for p in (_FIRST, _SPOKEN)) or any(p.search(words) for p in (_RELATION, _LAST))
