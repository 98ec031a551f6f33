"""The loss and all gradients of a model as NumPy code, from the derivation that its verdicts rest on (see `kernels`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..kernels import compile_kernel, numpy_kernel
from ..model import Model
from .workshop import workshop


def kernel_source(model: Model) -> str:
    """A stand-alone NumPy module with the loss and all gradients of a model."""
    derivation = workshop(model)[1]
    rules = {n: [(c.term, c.offset, c.condition) for c in r.contributions] for n, r in derivation.adjoints.items()}
    return numpy_kernel(model, rules, derivation.gradients, derivation.assumes)


def lambdify(model: Model) -> Callable[..., Any]:
    """The loss and all gradients as a NumPy function: (params, batch) -> (loss, gradients).

    `params` holds an array per weight, `batch` arrays (T, B, size) per input and label, whose dtype (float32 or float64) is
    kept; the loss is summed over the batch.  Raises `kernels.KernelError` for what cannot be computed in batches; the
    function raises `ValueError` naming an array of the wrong shape.
    """
    return compile_kernel(kernel_source(model))
