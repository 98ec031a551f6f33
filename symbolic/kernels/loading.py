"""From a generated source to its function.

The one place of the house that runs generated text.  It is meant for what `numpy_kernel` returned in the same process,
and for the call of a compiled function: there every name is made by the printer, and given names are string constants,
comments or variables (see `numpy_printer` and `compiled.calling`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def loaded(source: str) -> dict[str, Any]:
    """What a source defines, by its names."""
    namespace: dict[str, Any] = {"__name__": "kernel"}
    exec(compile(source, "<kernel>", "exec"), namespace)
    return namespace


def compile_kernel(source: str) -> Callable[..., tuple[Any, dict[str, Any]]]:
    """The function `loss_and_gradients` of a source that `numpy_kernel` returned."""
    function: Callable[..., tuple[Any, dict[str, Any]]] = loaded(source)["loss_and_gradients"]
    return function
