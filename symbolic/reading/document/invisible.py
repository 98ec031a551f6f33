r"""Formulas that a document does not show: drawn in a pale colour, at size zero, off the page, or in hidden HTML.

    <span style="display:none">$..$</span>    \textcolor{white}{$..$}    {\color{white} $..$}    \phantom{$..$}

What a reader of the page cannot see is no part of the note: such a formula is unreadable and defines nothing.  Colours
that the document names itself (\definecolor, \colorlet) count by their values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ..hidden import is_pale, is_visible
from ..places import Mapped, Piece

Slice = tuple[int, int, str]
"""Where something invisible begins and ends, and how it is hidden."""

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})([^<>]*)>")
_ATTRIBUTE = re.compile(r"([A-Za-z-]{1,30})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_ALONE = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"))
_RULE = re.compile(r"([^{}]{1,300})\{([^{}]{0,2000})\}")
_SELECTOR = re.compile(r"[.#]?[A-Za-z][\w-]{0,60}")
_STYLES = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|opacity:0*(?:\.0[0-9]*)?(?![.0-9])"
    r"|font-size:(?:0*(?:\.0*)?(?![.0-9])|[01](?:\.[0-9]*)?px)"
    r"|(?:text-indent|left|right|top|bottom|margin(?:-[a-z]+)?):-[0-9]{3}|transform:scale\(0|clip(?:-path)?:(?:rect|inset)"
    r"|(?:max-)?(?:height|width):0(?![.1-9])"
)
_CSS_COLOUR = re.compile(r"(?:^|;)color:([^;]+)")
_CHANNELS = re.compile(r"rgba?\(([0-9]{1,3}),([0-9]{1,3}),([0-9]{1,3})(?:,([0-9.]{1,8}))?\)")

_NAMED = re.compile(
    r"\\definecolor\s*\{([^{}]{1,60})\}\s*\{([^{}]{1,20})\}\s*\{([^{}]{1,60})\}|\\colorlet\s*\{([^{}]{1,60})\}\s*\{([^{}]{1,60})\}"
)
_USED = re.compile(r"\\(?:text)?color\s*\{([^{}]{1,60})\}")
_WORD = re.compile(r"\\(?:begin|end)\s*\{[^{}\n]{0,60}\}|\\[A-Za-z]+|\\.|[{}]", re.DOTALL)
_COLOUR = re.compile(r"\s*(?:\[([A-Za-z]{1,10})\]\s*)?\{([^{}]{1,60})\}\s*")
_NUMBER = re.compile(r"\s*\{\s*([0-9]{0,6}\.?[0-9]{0,6})[^{}]{0,20}\}\s*(?:\{[^{}]{0,30}\}\s*)?")
_BEHIND_SPACES = re.compile(r"\s*")
_SMALLEST = {"scalebox": 0.3, "fontsize": 2.0, "resizebox": 0.001}
"""Below this factor or size nothing can be read."""

_STORED = ("sbox", "savebox", "setbox")
"""Put by, to be drawn later or never."""

Colours = Mapping[str, bool]
"""Whether the colours that a document names itself are plain to see."""


def colours_of(text: str) -> dict[str, bool]:
    r"""The colours that a text defines.

    >>> colours_of(r"\definecolor{ink}{rgb}{1,1,1} \definecolor{c}{HTML}{AA0000} \colorlet{red}{white}")
    {'ink': False, 'c': True, 'red': False}
    """
    found: dict[str, bool] = {}
    for m in _NAMED.finditer(text):
        name, model, values, other, like = m.groups()
        found[(name or other).strip()] = is_visible(values, model) if name else _seen(like, found)
    return found


def _seen(name: str, colours: Colours) -> bool:
    name = name.strip()
    return colours[name] if name in colours else is_visible(name)


def recoloured(mapped: Mapped, colours: Colours) -> Mapped:
    """A formula with the document's own colours under names that are known: black if they are plain to see, else white."""
    if not colours or "color" not in mapped.text:
        return mapped
    pieces: list[Piece] = []
    at = 0
    for m in _USED.finditer(mapped.text):
        if m[1].strip() in colours:
            pieces += mapped.slice(at, m.start(1)).pieces
            name = "black" if colours[m[1].strip()] else "white"
            pieces.append(Piece(name, mapped.start(m.start(1)), mapped.end(m.end(1)), False))
            at = m.end(1)
    return Mapped([*pieces, *mapped.slice(at, len(mapped.text)).pieces]) if at else mapped


def hidden_by_html(text: str, tags: Sequence[tuple[int, int]]) -> Iterator[Slice]:
    """What stands in elements that are not shown; `tags`: the slices that are tags, scripts or styles, in their order."""
    styled = {name for start, end in tags for name in _hiding_names(text[start:end])}
    open_ones: list[tuple[str, bool]] = []
    first, reason, hiding = -1, "", 0
    for start, end in tags:
        tag = _TAG.fullmatch(text, start, end)
        if tag is None or tag[2].lower() in _ALONE or tag[3].endswith("/"):
            continue
        name = tag[2].lower()
        if tag[1]:
            k = max((k for k, (other, _) in enumerate(open_ones[-50:]) if other == name), default=-1)
            if k >= 0:
                k += max(len(open_ones) - 50, 0)
                hiding -= sum(hides for _, hides in open_ones[k:])
                del open_ones[k:]
            if first >= 0 and not hiding:
                yield first, start, reason
                first = -1
            continue
        hides = _hides(name, tag[3], styled)
        if hides and first < 0:
            first, reason = start, f"the element <{name}> around it is not shown"
        open_ones.append((name, hides))
        hiding += hides
    if first >= 0:
        yield first, len(text), reason


def _hiding_names(element: str) -> Iterator[str]:
    """The classes, ids and elements that a <style> hides."""
    if not element.lower().startswith("<style"):
        return
    for rule in _RULE.finditer(element.partition(">")[2]):
        if _style_hides(rule[2]):
            yield from (s.lower() for s in _SELECTOR.findall(rule[1]))


def _hides(name: str, attributes: str, styled: set[str]) -> bool:
    given = {m[1].lower(): m[2] or m[3] or m[4] or "" for m in _ATTRIBUTE.finditer(attributes)}
    bare = _ATTRIBUTE.sub(" ", attributes).lower().split()
    names = {name, *(f".{c}" for c in given.get("class", "").lower().split()), f"#{given.get('id', '').lower()}"}
    return (
        "hidden" in bare or "hidden" in given or bool(names & styled) or is_pale(given.get("color", ""))
        or _style_hides(given.get("style", ""))
    )  # fmt: skip


def _style_hides(style: str) -> bool:
    """Whether a style draws nothing that can be seen.

    >>> [_style_hides(s) for s in ("display: none", "color:#fff", "opacity:0.5", "color: red; font-size: 0px", "left:-9999px")]
    [True, True, False, True, True]
    """
    plain = "".join(style.lower().split()).replace("!important", "")
    colour = _CSS_COLOUR.search(plain)
    channels = _CHANNELS.fullmatch(colour[1]) if colour else None
    if channels and channels[4] is not None and float("0" + channels[4].strip(".")) == 0:
        return True
    pale = is_pale(",".join(channels.groups()[:3]), "RGB") if channels else is_pale(colour[1]) if colour else False
    return pale or _STYLES.search(plain) is not None


def hidden_by_commands(text: str, formulas: Sequence[tuple[int, int]], colours: Colours, hiding: set[str]) -> Iterator[Slice]:
    r"""What LaTeX draws invisible outside formulas; `formulas`: their slices, in order; `hiding`: the macros that hide.

    >>> list(hidden_by_commands(r"a {\color{white} b} \textcolor{red}{c} \phantom{d}", (), {}, set()))
    [(3, 18, '\\color'), (48, 49, '\\phantom')]
    """
    groups: list[tuple[int, str]] = [(-1, "")]  # where each open group began to hide, and how
    expected, how, formula = -1, "", 0
    for m in _WORD.finditer(text):
        at, word = m.start(), m[0].removeprefix("\\")
        while formula < len(formulas) and formulas[formula][1] <= at:
            formula += 1
        if formula < len(formulas) and formulas[formula][0] <= at:
            continue
        if m[0] == "{" or word.startswith("begin"):
            groups.append((m.end(), how) if at == expected else (-1, ""))
        elif (m[0] == "}" or (word.startswith("end") and "{" in word)) and len(groups) > 1:
            start, reason = groups.pop()
            if start >= 0:
                yield start, at, reason
        elif word in ("color", "fontsize"):
            start, reason = groups[-1]
            hides = _is_hiding(text, m.end(), word, colours)[0]
            if start >= 0 and not hides:
                yield start, at, reason
            if hides != (start >= 0):
                groups[-1] = (at, m[0]) if hides else (-1, "")
        elif word in _BY_ARGUMENT or word in hiding:
            hides, end = _is_hiding(text, m.end(), word, colours)
            expected, how = (end, m[0]) if hides else (-1, "")
    yield from ((start, len(text), reason) for start, reason in groups if start >= 0)


_BY_ARGUMENT = ("textcolor", "phantom", "hphantom", "vphantom", "scalebox", "resizebox", *_STORED)


def _is_hiding(text: str, at: int, word: str, colours: Colours) -> tuple[bool, int]:
    """Whether a command hides what follows it, and where that begins."""
    if word in ("color", "textcolor"):
        found = _COLOUR.match(text, at)
        seen = found is None or (is_visible(found[2], found[1]) if found[1] else _seen_in_text(found[2].strip(), colours))
        return not seen, found.end() if found else at
    if word in ("scalebox", "resizebox", "fontsize"):
        found = _NUMBER.match(text, at)
        number = found[1] if found and any(c.isdigit() for c in found[1]) else "1"
        return float(number) < _SMALLEST[word], found.end() if found else at
    if word in _STORED:
        return True, text.find("{", at, at + 40)
    behind = _BEHIND_SPACES.match(text, at)
    return True, behind.end() if behind else at


def _seen_in_text(name: str, colours: Colours) -> bool:
    return colours[name] if name in colours else not is_pale(name)


def hides(body: str, colours: Colours) -> bool:
    r"""Whether a macro with this body hides its argument.

    >>> hides(r"\textcolor{white}{#1}", {}), hides(r"\textbf{#1}", {})
    (True, False)
    """
    return "#1" in body and any(a <= body.find("#1") < b for a, b, _ in hidden_by_commands(body, (), colours, set()))
