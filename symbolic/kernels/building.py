"""From a model and its derivation to a program, pass by pass; every pass states its rule in its module.

lowered     terms as operations (`flow`, `lowering`)
fused       what one value needs is a part of it; shared: what occurs twice is computed once (`sharing`)
totalled    the loss as few sums over everything (`totals`)
halved      sigmoids as tanh of half the argument; loosened, folded: numbers go into the weights (`halves`)
staged      what is recurrent goes into loops, the rest is for all steps at once (`stages`)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sympy.core.basic import Basic

from ..model import Model
from .declarations import Declarations
from .flow import Contribution, Flow, lowered, used
from .halves import folded, halved, loosened
from .program import Program
from .sharing import fused, shared
from .stages import staged
from .totals import totalled

PASSES: tuple[Callable[[Flow], Flow], ...] = (used, fused, shared, totalled, halved, loosened, folded, fused, shared)


def program_of(
    model: Model,
    adjoints: Mapping[str, Iterable[Contribution]],
    gradients: Mapping[str, Basic],
    assumes: Sequence[str] = (),
) -> tuple[Program, Declarations]:
    """The program with the loss and its gradients, and what it takes; `assumes`: what may be assumed of the data.

    `NotLowered` for what a program does not express, `KernelError` for what cannot be computed for all samples at once.
    """
    flow = lowered(model, adjoints, gradients, assumes)
    return program_from(flow), flow.made


def program_from(flow: Flow) -> Program:
    """The passes, one after the other."""
    for change in PASSES:
        flow = change(flow)
    return staged(flow)
