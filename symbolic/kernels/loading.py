"""From a generated source to its function.

The one place of the house that runs generated text.  It is meant for what `numpy_kernel` returned in the same process:
there every name is made by the printer, and given names are string constants or comments (see `numpy_printer`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def compile_kernel(source: str) -> Callable[..., tuple[Any, dict[str, Any]]]:
    """The function `loss_and_gradients` of a source that `numpy_kernel` returned."""
    namespace: dict[str, Any] = {"__name__": "kernel"}
    exec(compile(source, "<kernel>", "exec"), namespace)
    function: Callable[..., tuple[Any, dict[str, Any]]] = namespace["loss_and_gradients"]
    return function
