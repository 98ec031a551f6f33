"""The loss and all gradients of a model as code, from the derivation that its verdicts rest on (see `kernels`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..derivation import Derivation
from ..kernels import NotLowered, compile_kernel, numpy_kernel, program_of
from ..kernels.compiled.backend import with_backend
from ..kernels.engines import jax_kernel, torch_kernel
from ..model import Model
from .workshop import workshop

PRINTERS: dict[str, Callable[..., str]] = {
    "numpy": numpy_kernel,
    "jax": lambda model, rules, gradients, assumes: jax_kernel(model, rules, gradients),
    "torch": lambda model, rules, gradients, assumes: torch_kernel(model, rules, gradients),
}
"""The back ends that are modules of text, each with its printer."""


COMPILED = ("c", "auto")
"""The back ends that are no text to keep: C built at the first call, and C or NumPy by the shapes."""


def kernel_source(model: Model, backend: str = "numpy") -> str:
    """A stand-alone module with the loss and all gradients of a model, in NumPy, JAX or PyTorch."""
    if backend not in PRINTERS:
        raise ValueError(f"the back end {backend} has no module of its own; those that do are {', '.join(PRINTERS)}")
    return PRINTERS[backend](model, *_parts(model))


def _parts(model: Model) -> tuple[dict[str, list[Any]], Any, Any]:
    """The rules of the adjoints, the gradients, and what they assume."""
    derivation: Derivation = workshop(model)[1]
    rules = {n: [(c.term, c.offset, c.condition) for c in r.contributions] for n, r in derivation.adjoints.items()}
    return rules, derivation.gradients, derivation.assumes


def lambdify(model: Model, backend: str = "numpy") -> Callable[..., Any]:
    """The loss and all gradients as a function of arrays of the back end: (params, batch) -> (loss, gradients).

    backend  "numpy", "jax", "torch"; "c": compiled for its sizes at the first call, with NumPy and a warning where there
             is no compiler or no form in C; "auto": C or NumPy, whichever is quicker for the shapes

    `params` holds an array per weight, `batch` arrays (T, B, size) per input and label, whose dtype (float32 or float64) is
    kept; the loss is summed over the batch.  Raises `kernels.KernelError` for what cannot be computed in batches; the
    function raises `ValueError` naming an array of the wrong shape.  `ModuleNotFoundError` says what to install where the
    back end is missing.
    """
    if backend not in (*PRINTERS, *COMPILED):
        raise ValueError(f"the back end {backend} is not known; known are {', '.join((*PRINTERS, *COMPILED))}")
    if backend not in COMPILED:
        return compile_kernel(kernel_source(model, backend))
    try:
        program = program_of(model, *_parts(model))[0]
    except NotLowered:
        program = None
    return with_backend("c" if backend == "c" else "auto", program, compile_kernel(kernel_source(model)))
