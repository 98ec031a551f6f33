"""A page that stands alone: its style sheet, its one script and its fonts are inside it, and nothing else may run or load.

The content security policy names the script and the style sheet by their SHA-256; fonts come from `data:`; nothing is fetched.
Formulas are written as escaped LaTeX source, and KaTeX (vendored beside this file) sets them in the reader's browser, without
trust: no link, no image, no class but the one that marks what is wrong.  Where no script runs, the source is what is seen.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from functools import cache
from importlib.resources import files

from ..harmless import harmless

_FONTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    # file, words in a page that ask for it (none: every page)
    ("Main-Regular", ()),
    ("Math-Italic", ()),
    ("AMS-Regular", ()),
    ("Size1-Regular", ()),
    ("Size2-Regular", ()),
    ("Size3-Regular", ()),
    ("Size4-Regular", ()),
    ("Main-Bold", (r"\mathbf", r"\textbf", r"\bm", r"\boldsymbol", r"\bold")),
    ("Math-BoldItalic", (r"\bm", r"\boldsymbol")),
    ("Main-Italic", (r"\mathit", r"\textit", r"\emph")),
    ("Main-BoldItalic", (r"\textbf", r"\textit")),
    ("Caligraphic-Regular", (r"\mathcal", r"\cal")),
    ("Fraktur-Regular", (r"\mathfrak", r"\frak")),
    ("SansSerif-Regular", (r"\mathsf", r"\textsf")),
    ("Script-Regular", (r"\mathscr",)),
    ("Typewriter-Regular", (r"\mathtt", r"\texttt")),
)
_WEIGHTS = {"Regular": ("normal", 400), "Bold": ("normal", 700), "Italic": ("italic", 400), "BoldItalic": ("italic", 700)}
_FONT_FACE = re.compile(r"@font-face\{[^{}]*\}")


def page(title: str, body: str) -> str:
    """The whole file; `title` is plain text, `body` is HTML."""
    script = _asset("katex/katex.min.js") + "\n" + _asset("assets/page.js")
    style = _fonts(body) + _FONT_FACE.sub("", _asset("katex/katex.min.css")) + _asset("assets/page.css")
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{words(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n<script>{script}</script>\n</body>\n</html>\n"
    )


def words(text: str) -> str:
    """Text from a note as HTML text or as an attribute's value, on one line.

    >>> words('<b title="x">\\x1b')
    '&lt;b title=&quot;x&quot;&gt;\\\\x1b'
    """
    return html.escape(harmless(" ".join(text.split())))


def spaced(text: str) -> str:
    """`words` with the spaces at both ends."""
    return f"{' ' * text.startswith(' ')}{words(text)}{' ' * (text.endswith(' ') and bool(text.strip()))}"


def verbatim(text: str) -> str:
    """Text as it stands, with its line ends."""
    return html.escape(harmless(text, keep="\n"))


def display(latex: str, marked: str = "") -> str:
    """A formula on its own; `marked`: the same with what is wrong in \\htmlClass{wrong}{...}."""
    attribute = f' data-marked="{verbatim(marked)}"' if marked else ""
    return f'<div class="formula"><span class="tex" data-tex="display"{attribute}>{verbatim(latex)}</span></div>'


def inline(latex: str) -> str:
    """A formula in a line of text."""
    return f'<span class="tex" data-tex="inline">{verbatim(latex)}</span>'


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    """A file of this package, with what a terminal would obey as escapes (none of it is code)."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _face(font: str) -> str:
    data = base64.b64encode(files(__package__).joinpath(f"katex/fonts/KaTeX_{font}.woff2").read_bytes()).decode()
    family, _, kind = font.partition("-")
    style, weight = _WEIGHTS[kind]
    return (
        f"@font-face{{font-display:block;font-family:KaTeX_{family};font-style:{style};font-weight:{weight};"
        f"src:url(data:font/woff2;base64,{data}) format('woff2')}}"
    )


def _fonts(body: str) -> str:
    return "".join(_face(font) for font, asked in _FONTS if not asked or any(word in body for word in asked))
