"""Which back end computes: NumPy, C, or the better one for the shapes at hand.

`numpy` is the function of the generated NumPy module; it is the answer wherever C is not to be had, with one notice for
each reason.  "auto" takes C unless the arrays are so large that a BLAS with several threads is ahead (C uses one).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from threading import Lock
from typing import Any, Literal

from ..blocks import Stacked, with_blocks
from ..program import Program
from ..schedule import KernelError
from .kernel import CompiledKernel, Result
from .toolchain import CompilerError, compiler

Backend = Literal["numpy", "c", "auto"]
BACKENDS: tuple[Backend, ...] = ("numpy", "c", "auto")

THREADED = 512 * 512
"""A matrix with so many entries is left to a BLAS with several threads by "auto"."""

Function = Callable[..., Result]


def with_backend(backend: Backend, program: Program | None, numpy: Function, stacked: Stacked | None = None) -> Function:
    """`loss_and_gradients` on the back end.

    program   not stacked or joined, None where the model has none
    numpy     for the arrays of the caller
    stacked   arrays of the caller that hold several weights, see `blocks`
    """
    if backend not in BACKENDS:
        raise ValueError(f"the back end {backend} is not known; known are {', '.join(BACKENDS)}")
    if backend == "numpy":
        return numpy
    if program is None:
        if backend == "c":
            _notice("this model has no form in C")
        return numpy
    if compiler() is None:
        _notice("no C compiler was found (gcc, clang, or the wheel of gradproof[cc])")
        return numpy
    return Chosen(with_blocks(program, stacked) if stacked else program, numpy, backend)


class Later:
    """A function that is made when it is first called: NumPy's is seldom needed where there is C."""

    def __init__(self, make: Callable[[], Function]):
        self.make, self.lock = make, Lock()
        self.made: Function | None = None

    def __call__(self, *given: Any) -> Any:
        if self.made is None:
            with self.lock:
                self.made = self.made or self.make()
        return self.made(*given)


class Chosen(CompiledKernel):
    """The compiled kernel, and NumPy for what it does not do."""

    def __init__(self, program: Program, numpy: Function, backend: Backend):
        super().__init__(program)
        self.numpy, self.by_shape, self.refused = numpy, backend == "auto" and threads() > 1, False

    def _with_plan(self, params: Mapping[str, Any], batch: Mapping[str, Any]) -> Result:
        if self.refused or (self.by_shape and any(getattr(a, "size", 0) >= THREADED and a.ndim == 2 for a in params.values())):
            return self.numpy(params, batch)
        try:
            return super()._with_plan(params, batch)
        except (KernelError, CompilerError) as problem:
            _notice(str(problem))
            self.refused = True
            return self.numpy(params, batch)


@cache
def threads() -> int:
    """The threads that a BLAS may use here."""
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        if os.environ.get(name, "").isdigit():
            return int(os.environ[name])
    return os.cpu_count() or 1


@cache
def _notice(reason: str) -> None:
    """Told once for each reason."""
    warnings.warn(f"computing with NumPy: {reason}", RuntimeWarning, stacklevel=5)
