"""Kernels: stand-alone NumPy modules with the loss and its gradients, generated from a model and its derivation.

A model and its derivation become a `program`, which every back end prints: `flow`, `lowering` and `reducing` turn terms into
operations, `building` names the passes over them, `stages` puts them in order.  `stacking` and `joining` are forms of a
program for few calls, `arrays` prints it in NumPy, `compiled` in C, `engines` for JAX and PyTorch.  `sequences` is what can be
said of the steps: lengths and masks, initial states, truncation, long sequences part by part.  What a program does not
express is printed term by term: `schedule` and `hoisting` say when, `expressions` and `reductions` how, `numpy_printer` writes
the module.
"""

from __future__ import annotations

from .building import program_of
from .flow import Contribution
from .loading import compile_kernel
from .lowering import NotLowered
from .numpy_printer import numpy_kernel
from .schedule import KernelError
from .sequences import Sequences

__all__ = ["Contribution", "KernelError", "NotLowered", "Sequences", "compile_kernel", "numpy_kernel", "program_of"]
