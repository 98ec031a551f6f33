"""Kernels for engines that differentiate: modules in JAX and PyTorch whose backward pass is that of the derivation.

    given      the gradient of everything that is given; functions of the caller
    sweeps     one sweep through all steps, zeros beyond the last one
    halves     the forward pass, the backward pass, what the one keeps for the other
    values     values as text                       writing    a pass as lines, whatever the engine
    jax_pass, torch_pass                            recurrences as `lax.scan`, as a loop over arrays
    frame      docstring, checks of the arguments   jax_printer, torch_printer    the modules
"""

from __future__ import annotations

from .jax_printer import jax_kernel
from .torch_printer import torch_kernel

__all__ = ["jax_kernel", "torch_kernel"]
