"""The loss and all gradients of a model as code, from the derivation that its verdicts rest on (see `kernels`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..kernels import compile_kernel, numpy_kernel
from ..kernels.engines import jax_kernel, torch_kernel
from ..model import Model
from .workshop import workshop

PRINTERS: dict[str, Callable[..., str]] = {
    "numpy": numpy_kernel,
    "jax": lambda model, rules, gradients, assumes: jax_kernel(model, rules, gradients),
    "torch": lambda model, rules, gradients, assumes: torch_kernel(model, rules, gradients),
}
"""The back ends that are modules of text, each with its printer."""


def kernel_source(model: Model, backend: str = "numpy") -> str:
    """A stand-alone module with the loss and all gradients of a model, in NumPy, JAX or PyTorch."""
    if backend not in PRINTERS:
        raise ValueError(f"the back end {backend} is not known; known are {', '.join(PRINTERS)}")
    derivation = workshop(model)[1]
    rules = {n: [(c.term, c.offset, c.condition) for c in r.contributions] for n, r in derivation.adjoints.items()}
    return PRINTERS[backend](model, rules, derivation.gradients, derivation.assumes)


def lambdify(model: Model, backend: str = "numpy") -> Callable[..., Any]:
    """The loss and all gradients as a function of arrays of the back end: (params, batch) -> (loss, gradients).

    `params` holds an array per weight, `batch` arrays (T, B, size) per input and label, whose dtype (float32 or float64) is
    kept; the loss is summed over the batch.  Raises `kernels.KernelError` for what cannot be computed in batches; the
    function raises `ValueError` naming an array of the wrong shape.  `ModuleNotFoundError` says what to install where the
    back end is missing.
    """
    return compile_kernel(kernel_source(model, backend))
