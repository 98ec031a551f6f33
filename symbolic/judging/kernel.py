"""The loss and all gradients of a model as code, from the derivation that its verdicts rest on (see `kernels`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache, wraps
from typing import Any

from ..derivation import Derivation
from ..derivation import derive as derive_model
from ..kernels import KernelError, NotLowered, compile_kernel, numpy_kernel, program_of
from ..kernels.blocks import Stacked, Unstacked, refuse_others, with_arrays, with_blocks
from ..kernels.compiled.backend import Backend, Later, with_backend
from ..kernels.customs import for_kernels
from ..kernels.declarations import Declarations
from ..kernels.engines import jax_kernel, torch_kernel
from ..kernels.numpy_printer import numpy_source
from ..kernels.program import Program
from ..kernels.schedule import NotWritten
from ..kernels.sequences import Form, Opened, Sequences, opened, program_in_form
from ..kernels.splitting import Whole, split
from ..model import Model
from .workshop import Held, workshop

PRINTERS: dict[str, Callable[..., str]] = {
    "numpy": numpy_kernel,
    "jax": lambda model, rules, gradients, assumes: jax_kernel(model, rules, gradients),
    "torch": lambda model, rules, gradients, assumes: torch_kernel(model, rules, gradients),
}
"""The back ends that are modules of text, each with its printer."""


PLAIN = Form()

COMPILED = ("c", "auto")
"""The back ends that are no text to keep: C built at the first call, and C or NumPy by the shapes."""


def kernel_source(model: Model, backend: str = "numpy", form: Form = PLAIN) -> str:
    """A stand-alone module with the loss and all gradients of a model, in NumPy, JAX or PyTorch.

    form  for NumPy: with masks, for one part of a sequence, with gradients of data (see `kernels.sequences.Form`); for JAX
          and PyTorch: with masks, as the engine gives the rest
    """
    if backend not in PRINTERS:
        raise ValueError(f"the back end {backend} has no module of its own; those that do are {', '.join(PRINTERS)}")
    model = for_kernels(model)
    if form == PLAIN:
        return PRINTERS[backend](model, *_parts(model))
    if backend == "numpy":
        return numpy_source(*in_form(opened(model, form)))
    if form != Form(masked=form.masked):
        raise KernelError(f"a module for {backend} gives the states and the gradients of all data as it is")
    made = opened(model, form).model
    derivation = derive_model(made, assume=False)
    return PRINTERS[backend](made, contributions(derivation), derivation.gradients, ())


def in_form(made: Opened) -> tuple[Program, Declarations]:
    """The program of a model in a form, with gradients that are derived from the model in this form."""
    if made.form.states:
        return program_in_form(made, {}, {})
    derivation = derive_model(made.model, assume=False)
    return program_in_form(made, contributions(derivation), derivation.gradients)


def _parts(model: Model) -> tuple[dict[str, list[Any]], Any, Any]:
    """The rules of the adjoints, the gradients, and what they assume."""
    derivation: Derivation = workshop(model)[1]
    return contributions(derivation), derivation.gradients, derivation.assumes


def contributions(derivation: Derivation) -> dict[str, list[Any]]:
    """The rules of the adjoints, as kernels take them."""
    return {n: [(c.term, c.offset, c.condition) for c in r.contributions] for n, r in derivation.adjoints.items()}


def lambdify(model: Model, backend: str = "numpy", stacked: Stacked | None = None) -> Callable[..., Any]:
    """The loss and all gradients as a function of arrays of the back end: (params, batch) -> (loss, gradients).

    backend  "numpy", "jax", "torch"; "c": compiled for its sizes at the first call, with NumPy and a warning where there
             is no compiler or no form in C; "auto": C or NumPy, whichever is quicker for the shapes
    stacked  arrays that hold several weights, row after row: {"Wx": ("W_i", "W_f", "W_g", "W_o")}; parameters and gradients
             then have these arrays in their place (not for "jax" and "torch")

    `params` holds an array per weight, `batch` arrays (T, B, size) per input and label, whose dtype (float32 or float64) is
    kept; the loss is summed over the batch.  On "numpy", "c" and "auto" the function is a `kernels.Sequences`: it also takes
    lengths or a mask, a mean, truncation, chunks, and keys of data whose gradients are wanted (see `of_sequences`), and has
    `stream` and `part` for sequences that come in parts.  Raises `kernels.KernelError` for what cannot be computed in
    batches; the function raises `ValueError` naming an array of the wrong shape.  `ModuleNotFoundError` says what to
    install where the back end is missing.
    """
    if backend not in (*PRINTERS, *COMPILED):
        raise ValueError(f"the back end {backend} is not known; known are {', '.join((*PRINTERS, *COMPILED))}")
    if backend not in (*COMPILED, "numpy"):
        if stacked:
            raise KernelError(f"the back end {backend} takes no stacked weights; numpy, c and auto do")
        return _plain(compile_kernel(kernel_source(model, backend)), backend)
    model = for_kernels(model)
    chosen: Backend = "c" if backend == "c" else "auto" if backend == "auto" else "numpy"
    refuse_others(stacked or {}, {f.name: (*f.rows, *f.cols) for f in model.of_role("weight") if not f.indices})
    apart = None if stacked else split(model)
    model = apart.model if apart is not None else model

    def whole(function: Callable[..., Any]) -> Callable[..., Any]:
        return function if apart is None else Whole(function, apart)

    def ready(function: Callable[[], Callable[..., Any]], program: Program | None) -> Callable[..., Any]:
        """NumPy's function on the back end: made at once where it is the one that computes."""
        numpy = function() if chosen == "numpy" or program is None else Later(function)
        return whole(with_backend(chosen, program, numpy, stacked))

    known = _program(Held(model))
    program, arrays, assumes = known or (None, None, ())
    function = ready(lambda: _numpy(lambda: _source(model, known), program, arrays, assumes, stacked), program)

    def built(form: Form) -> tuple[Opened, Callable[..., Any]]:
        made = opened(model, form)
        program, arrays = in_form(made)
        return made, ready(lambda: _numpy(lambda: numpy_source(program, arrays), program, arrays, (), stacked), program)

    return Sequences(model, function, built)


Known = tuple[Program, Declarations, tuple[str, ...]]


def _source(model: Model, known: Known | None) -> str:
    """The module in NumPy, from the program where that is written."""
    if known is not None:
        with suppress(NotWritten):
            return numpy_source(*known)
    return kernel_source(model)


@lru_cache(maxsize=8)
def _program(held: Held) -> Known | None:
    """The program of a model, what it takes and what it assumes; None where it has none."""
    rules, gradients, assumes = _parts(held.model)
    try:
        return *program_of(held.model, rules, gradients, assumes), tuple(assumes)
    except NotLowered:
        return None


def _numpy(
    source: Callable[[], str],
    program: Program | None,
    arrays: Declarations | None,
    assumes: Sequence[str],
    stacked: Stacked | None,
) -> Callable[..., Any]:
    """The function of a module, or of one for arrays of several weights; of views of them where that one is not written."""
    if stacked and program is not None and arrays is not None:
        with suppress(KernelError):
            wide = with_blocks(program, stacked)
            return compile_kernel(numpy_source(wide, with_arrays(arrays, wide, stacked), assumes))
    plain = compile_kernel(source())
    return Unstacked(plain, stacked) if stacked else plain


def _plain(function: Callable[..., Any], backend: str) -> Callable[..., Any]:
    """A function of an engine, which differentiates what is done around it."""

    @wraps(function)
    def loss_and_gradients(params: Any, batch: Any, *functions: Any, **options: Any) -> Any:
        if options:
            raise KernelError(
                f"the back end {backend} takes no {', '.join(options)}; numpy, c and auto do "
                "(docs/engines.md says how the engine masks, truncates and takes means)"
            )
        return function(params, batch, *functions)

    return loss_and_gradients
