"""gradproof: gradients of recurrent networks in closed form, and verdicts on formulas derived by hand.

    >>> from symbolic import Network, tanh
    >>> net = Network("echo", "One recurrent layer")
    >>> (n,) = net.sizes("n")
    >>> t = net.time("t", length="T")
    >>> W, h = net.weight("W", n, n), net.state("h", n, at=t)
    >>> net.define(h[t], tanh(W * h[t - 1]))

The public names live in the subpackages and are imported when first used (`_HOMES` says where from), so that
`gradproof --help` does not wait for SymPy.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

__version__ = "0.1.0"

_HOMES: dict[str, str] = {
    "Model": "model",
    "ModelError": "model",
    "Network": "model",
    "Entry": "proof.verdict",
    "check": "pipeline",
    "check_note": "pipeline",
    "derive": "pipeline",
    "kernel_source": "pipeline",
    "lambdify": "pipeline",
    "read_note": "pipeline",
    "latex": "showing.latex",
    "text": "showing.text",
    **dict.fromkeys(
        (
            "Adjoint", "Concat", "Diag", "Fun", "Hadamard", "Identity", "Kronecker", "NormSquared", "Partial", "Plus",
            "Power", "Product", "ProductOver", "Quotient", "SumOver", "Total", "Trace", "Transpose", "Var", "Vec",
            "exp", "log", "logsoftmax", "logsumexp", "relu", "sigmoid", "softmax", "softplus", "sqrt", "step", "tanh",
        ),
        "language",
    ),
}  # fmt: skip
"""Each public name and the subpackage that it is imported from."""

_RENAMED = {"check": "check_formula"}
"""Public names that are spelled out in full where they are defined."""

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), _RENAMED.get(name, name))
    globals()[name] = value
    if "IPython" in sys.modules:  # in a notebook everything is shown as `showing.notebook` says
        importlib.import_module(f"{__name__}.showing.notebook")
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
