"""The formats of `gradproof check`: adding one is adding a row."""

from __future__ import annotations

from collections.abc import Callable

from . import json_format, markdown, report_text
from .report import Report
from .report_text import Style
from .reports import article, html, junit, sarif

Renderer = Callable[[tuple[Report, ...], Style], str]

FORMATS: dict[str, Renderer] = {
    "text": report_text.full,
    "concise": report_text.concise,
    "json": json_format.render,
    "markdown": markdown.render,
    "html": html.render,
    "latex": article.render,
    "sarif": sarif.render,
    "junit": junit.render,
}


SHOW_MODELS = ("html", "latex")
"""Formats that show the forward models and what was derived from them."""


def renderer(name: str) -> Renderer:
    """The renderer of a format.  Raises `ValueError` that names the legal ones."""
    if name not in FORMATS:
        raise ValueError(f"{name} is no format; the formats are {', '.join(FORMATS)}")
    return FORMATS[name]
