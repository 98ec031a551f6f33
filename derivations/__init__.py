"""The built-in derivations: one module per note, its forward equations as terms, its claims as LaTeX.

    >>> from derivations import load
    >>> load("tanh_rnn").title
    'Recurrent network with tanh, a softmax at every step'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from symbolic.reading import Note

NAMES = ("sigmoid_rnn", "tanh_rnn", "gradient_flow", "relu_classifier", "lstm", "gru")
"""The names of the built-in derivations, each that of a module here."""


def load(name: str) -> Note:
    """The note of a built-in derivation.  Raises `KeyError` with the legal names for any other."""
    from importlib import import_module

    if name not in NAMES:
        raise KeyError(f"{name} is no built-in derivation; there are {', '.join(NAMES)}")
    note: Note = import_module(f"derivations.{name}").NOTE
    return note
