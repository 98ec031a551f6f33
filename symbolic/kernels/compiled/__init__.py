"""The compiled back end: C made from a program and the sizes of its arrays, built once, kept, and called by ctypes.

    toolchain  finds a compiler          store    keeps the libraries that it made      library   loads one
    beginning  sums begin with a term    sinking  slopes into the loops                 grouping  which share a pass
    strips     a few steps go through everything
    layout     where the numbers stand   places   which rows an operation walks over    values    one entry as C
    operations, source                   the C text of a program
    kernel     the function of arrays    backend  NumPy or C

A program is taken as it is derived, before gates are stacked and operands joined for NumPy's sake.  `runtime/` holds
the C that every kernel starts with: functions of a number, products of matrices, sums of rows.
"""

from __future__ import annotations

from .backend import BACKENDS, with_backend
from .kernel import CompiledKernel
from .toolchain import CompilerError, compiler

__all__ = ["BACKENDS", "CompiledKernel", "CompilerError", "compiler", "with_backend"]
