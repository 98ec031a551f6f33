"""A counterexample as the text of a Python file.

What comes from the note stands in comments, printable ASCII only, or as the text of a name; nothing of it becomes code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files

from sympy.core.basic import Basic

from ... import language as L
from ...model import Equation
from ...proof.evidence import Witness
from ...proof.verdict import Entry
from .printer import Printer, Unprintable

FIRST_LINE = '"""A counterexample, replayed: NumPy is all that it needs."""'
WIDE = 100
"""Columns of a comment."""


def replay(source: str, entry: Entry) -> str | None:
    """A file that shows that a formula is wrong; None for an entry that is not refuted, and for words."""
    if entry.verdict != "refuted" or entry.counterexample is None or entry.kind == "statement":
        return None
    known = entry.evidence if isinstance(entry.evidence, Witness) else None
    said = list(_said(source, entry, known))
    try:
        body = _unshown() if known is None else _code(known)
    except Unprintable as error:
        body = _unshown(str(error))
    return "\n".join([FIRST_LINE, "", *said, "", *body]) + "\n"


def file_name(source: str, entry: Entry) -> str:
    """
    >>> from ...proof.verdict import Entry
    >>> file_name("../notes/my note.md", Entry("L3:1", 3, 1, 3, 2, "", "", "claim", "refuted"))
    'my_note-L3-1.py'
    """
    stem = re.split(r"[/\\]", source)[-1]
    plain = re.sub(r"[^A-Za-z0-9_]", "_", stem.rpartition(".")[0] or stem)[:60].strip("_") or "formula"
    return f"{plain}-{re.sub('[^A-Za-z0-9]', '-', entry.id)}.py"


def comment(text: str) -> Iterator[str]:
    """Lines of a comment in which nothing can end it or hide.

    >>> list(comment('a' + chr(10) + 'b "c" ' + chr(0x202e)))
    ['# a', '# b \\\\x22c\\\\x22 \\\\u202e']
    """
    for line in text.splitlines() or [""]:
        plain = "".join(c if c.isascii() and c.isprintable() and c not in "\"'" else _escape(ord(c)) for c in line)
        for start in range(0, len(plain), WIDE) or [0]:
            yield f"# {plain[start : start + WIDE]}".rstrip()


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _said(source: str, entry: Entry, known: Witness | None) -> Iterator[str]:
    found = entry.counterexample
    assert found is not None
    yield from comment(f"{source}, line {entry.line}, {entry.id}")
    yield from comment(f"    {entry.latex}")
    if entry.reading:
        yield from comment(f"read as: {entry.reading}")
    yield from comment(f"refuted: {entry.reason}")
    if entry.cause == "shape":
        yield "# The shapes do not conform, so that the formula means nothing for sizes that differ."
        if found.conforms_only_if:
            yield from comment(f"It would conform if {', '.join(found.conforms_only_if)}.")
        if known is not None and not known.clash:
            yield "# Here these are equal, and it is wrong all the same."
        if known is not None and known.clash:
            yield "# Here all sizes differ; where these are equal no difference was found."
    if known is not None:
        numbers = {"length " + k: v for k, v in known.lengths.items()} | dict(known.sizes)
        yield from comment("sizes: " + (", ".join(f"{k} = {v}" for k, v in numbers.items()) or "none"))
        yield "# Exit status 0: the two sides differ, as claimed; 1: they do not."


def _unshown(why: str = "") -> list[str]:
    """The file of a formula that has no value to show."""
    reason = why or "nothing makes the two sides conform, so that there are no numbers to compare"
    return [f"print({reason!a})"]


def _code(known: Witness) -> list[str]:
    model = known.model
    p = Printer(model, known.sizes, known.lengths, known.clash)
    letters = [f"{p.letters.of(s.name)} = {number}" for s, number in known.indices.items()]
    sides = [p.text(known.left), p.text(known.right)]
    defined = {p.quantities.of(e.left.name): _equation(p, e) for e in model.equations}
    indexed = {p.quantities.of(f.name): f.indices for f in model.families.values() if f.indices}
    numbers = {key: x for key, x in known.numbers.items() if key[0] in p.quantities.known}
    tables: dict[str, Mapping[str, str]] = {
        "EQUATIONS": {repr(n): text for n, text in defined.items()},
        "LEAVES": {_place(p, key): f"np.array({x.tolist()})" for key, x in numbers.items()},
        "FIRST": {repr(n): repr(tuple(i.lower for i in indexed.get(n, ()))) for n in defined},
        "LAST": {repr(n): repr(tuple(known.lengths[i.upper.name] for i in own)) for n, own in indexed.items()},
        "STEP": {repr(n): str(own.index(model.time)) for n, own in indexed.items() if model.time in own},
    }
    return [
        *IMPORTS, "",
        "# What the network computes (v gives the value of a quantity); its weights, data and values before the first step;",
        "# the first and the last value of the indices of each quantity, and which of them counts steps.",
        *(f"# {safe} is {line[2:]}" for given, safe in p.quantities.known.items() if given != safe for line in comment(given)),
        *(line for name, rows in tables.items() for line in _table(name, rows)),
        f"KINKED = {_kinked((*(e.right for e in model.equations), known.left, known.right))}", "",
        *letters, "", "",
        f"def left(v: Any) -> Array:\n    return {sides[0]}", "", "",
        f"def right(v: Any) -> Array:\n    return {sides[1]}", "", "",
        RUNTIME, "",
        f'if __name__ == "__main__":\n    main(left, right, {known.clash})',
    ]  # fmt: skip


_HEAD, _, _TAIL = files(__package__).joinpath("runtime.py").read_text(encoding="utf-8").partition(
    "# --- from here on copied\n\n\n"
)
RUNTIME = _TAIL
IMPORTS = [line for line in _HEAD.splitlines() if line.startswith(("import", "from c", "from t", "Array =", "Key ="))]


def _equation(p: Printer, e: Equation) -> str:
    letters = "".join(f", {p.letters.of(i.name)}" for i in e.left.indices)
    return f"lambda v{letters}: {p.text(e.right)}"


def _place(p: Printer, key: tuple[str, tuple[int, ...]]) -> str:
    return f"({p.quantities.of(key[0])!r}, {key[1]})"


def _table(name: str, rows: Mapping[str, str]) -> Iterator[str]:
    yield f"{name} = {{"
    yield from (f"    {key}: {text}," for key, text in rows.items())
    yield "}"


def _kinked(terms: Iterable[Basic]) -> bool:
    return any(a.fun.name in ("relu", "step") for term in terms for a in term.atoms(L.Apply))
