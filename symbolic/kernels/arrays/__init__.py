"""The NumPy back end: a program as calls of NumPy functions on arrays that are made once.

`calls` turns operations into calls on registers, `emission` values into sums and products of them, `memory` lets registers
share arrays, `views` names the views of arrays (all steps as rows, one step), `text` writes the module.
"""

from .text import numpy_module

__all__ = ["numpy_module"]
