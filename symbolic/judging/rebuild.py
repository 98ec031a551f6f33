"""Records and terms as Python text that builds them again: the same text for equal values, in every run.

A term is its head with its arguments, `Product(Var(Str('W'), ...), ...)`; a record is its class with the fields that
differ from their defaults.  The text names a judgement (see `keeping`) and is what a file about a defect of
ours holds (see `defects`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sympy import Integer, Rational, Symbol
from sympy.core.basic import Basic
from sympy.core.symbol import Str


def written(value: Any) -> str:
    """A value as Python text.

    >>> from symbolic.language import Var
    >>> from sympy import Symbol
    >>> written(Var("W", (), (Symbol("n"),)).T)
    "Transpose(Var(Str('W'), Tuple(), Tuple(Symbol('n')), Tuple()))"
    """
    if isinstance(value, Basic):
        return _term(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _record(value)
    row = next((write for kind, write in _PLAIN if isinstance(value, kind)), None)
    if row is None:
        raise TypeError(f"{type(value).__name__} is not written as text: {value!r}")
    return row(value)


@lru_cache(maxsize=16384)
def _term(term: Basic) -> str:
    if isinstance(term, (Symbol, Str)):
        return f"{'Symbol' if isinstance(term, Symbol) else 'Str'}({term.name!r})"
    if isinstance(term, Integer):
        return f"Integer({int(term)})"
    if isinstance(term, Rational):
        return f"Rational({term.p}, {term.q})"
    return f"{type(term).__name__}({', '.join(map(written, term.args))})"


def _record(record: Any) -> str:
    shown = []
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        default = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
        if field.init and field.compare and (default is dataclasses.MISSING or value != default):
            shown.append(f"{field.name}={written(value)}")
    return f"{type(record).__name__}({', '.join(shown)})"


def _mapping(value: Mapping[Any, Any]) -> str:
    return "{" + ", ".join(f"{written(k)}: {written(v)}" for k, v in value.items()) + "}"


_PLAIN: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    ((str, bytes, bool, int, float, type(None)), repr),
    (tuple, lambda x: "(" + "".join(f"{written(v)}, " for v in x) + ")"),
    (list, lambda x: "[" + ", ".join(map(written, x)) + "]"),
    (frozenset, lambda x: "frozenset([" + ", ".join(sorted(map(written, x))) + "])"),
    (Mapping, _mapping),
    (Fraction, repr),
)
"""Type -> how it is written; the first that fits."""
