r"""Text from notes made harmless: control characters, terminal escapes and invisible direction marks become visible."""

from __future__ import annotations

import unicodedata

_HIDDEN = {"Cc", "Cf", "Cn", "Cs", "Co", "Zl", "Zp"}


def harmless(text: str, keep: str = "") -> str:
    r"""The text with every control, format, surrogate, private or unassigned character as a visible escape.

    `keep`: characters that stay as they are (a format that prints lines keeps "\n").

    >>> harmless("a\x1b[31mb\u202ec")
    'a\\x1b[31mb\\u202ec'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in keep or unicodedata.category(c) not in _HIDDEN else _escape(c) for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> int:
    """Columns that a terminal needs for the text: wide characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
