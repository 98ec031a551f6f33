"""Kernels: stand-alone NumPy modules with the loss and its gradients, generated from a model and its derivation.

What is computed when stands in `schedule` and `hoisting`, how a term becomes code in `expressions` and `reductions`,
the module's text in `numpy_printer`.
"""

from __future__ import annotations

from .flow import Contribution
from .loading import compile_kernel
from .numpy_printer import numpy_kernel
from .schedule import KernelError

__all__ = ["Contribution", "KernelError", "compile_kernel", "numpy_kernel"]
