"""A kernel for sequences: lengths and masks, initial states, truncation, parts of a long sequence.

A sequence in parts (first .. end of each): the states go upwards, what is owed to them downwards,

    forward     h_0 of a part = h_T of the part before it; only these are kept
    backward    from the last part to the first: its program again, with λ = ∂h_0 of the part after it (0 for the last)
    results     Σ of the loss and of the gradients by the weights

which is what the whole sequence gives, with memory for one part and one state per part.  Truncated: λ = 0 everywhere,
so that one sweep upwards is enough.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ...model import Model
from ..declarations import depths
from ..schedule import KernelError
from .arguments import Arrays, borders, ends_in, last_step, mask_of, put_back, put_last, without
from .opened import Form, Opened, opened

Result = tuple[Any, dict[str, Any]]
Function = Callable[..., Result]


class Part(NamedTuple):
    """What a part of a sequence gives.

    loss        of its steps
    gradients   by the weights, and by the data that were asked for
    states      key of an initial value -> the value with which the next part begins, (B, sizes)
    owed        key of an initial value -> the gradient by it, with what was owed to the last states, (B, sizes)
    """

    loss: Any
    gradients: dict[str, Any]
    states: dict[str, Any]
    owed: dict[str, Any]


@dataclass(frozen=True)
class Steps:
    """Steps of a batch: which are there, and the samples that end here."""

    mask: Any
    ends: Any


class Sequences:
    """`loss_and_gradients` of a model with what can be said of its steps.

    plain     the function for whole sequences of one length, the only one if nothing more is asked for
    built     makes the function of the model in a form, when it is first needed
    """

    def __init__(self, model: Model, plain: Function, built: Callable[[Form], tuple[Opened, Function]]):
        self.model, self.plain, self.built = model, plain, built
        data = [f for f in model.families.values() if f.role in ("input", "label", "given")]
        self.timed = tuple(f.name for f in data if f.indices)
        self.fixed = tuple(f.name for f in data if not f.indices)
        states = [n for n, depth in depths(model).items() if depth and model.families[n].role == "state"]
        self.initial = {f"{name}0": name for name in states}
        self.zero = tuple(key for key, name in self.initial.items() if name in model.zero_initial)
        self.made: dict[Form, tuple[Opened, Function]] = {}
        self.lock = threading.Lock()

    def __call__(self, params: Arrays, batch: Arrays, *functions: Any, **options: Any) -> Result:
        """(loss, gradients); the options are those of `of_sequences`."""
        if not options:
            return self.plain(params, batch, *functions) if functions else self.plain(params, batch)
        if functions:
            raise KernelError(f"{self.model.name} has functions of the caller, so it takes no {', '.join(options)}")
        return self.of_sequences(params, batch, **options)

    def of_sequences(
        self,
        params: Arrays,
        batch: Arrays,
        *,
        lengths: Any = None,
        mask: Any = None,
        reduction: str = "sum",
        truncate: int | None = None,
        chunk: int | str | None = None,
        wrt: Sequence[str] = (),
    ) -> Result:
        """The loss and its gradients by the weights (and by the data named in `wrt`).

        lengths    (B,) integers from 0 to T: sample b has the steps 0 .. lengths[b] - 1
        mask       instead, (T, B) of 0 and 1: a step with 0 is as if it were not there
        reduction  "sum" over steps and samples; "mean": divided by the number of steps that are there (of samples that
                   have steps, if the loss is one of the last step)
        truncate   k: backpropagation ends at every k-th step: gradients do not go from the steps k, 2k, .. (counted from
                   0) to the steps before them
        chunk      k or "sqrt": the same numbers from parts of k (about √T) steps, with memory for one part
        wrt        keys of data, such as "x" or "h0", whose gradients are given as well, in their shapes

        What stands in `batch` at missing steps does not matter.  `ValueError` names what is wrong in an argument,
        `KernelError` what of a model has no such form.
        """
        if reduction not in ("sum", "mean"):
            raise ValueError(f"reduction: expected sum or mean, found {reduction!r}")
        if truncate is not None and chunk is not None:
            raise ValueError("truncate and chunk are both given; truncated gradients are computed part by part anyway")
        steps, samples = self._sizes(batch)
        known = mask_of(lengths, mask, steps, samples)
        cut = chunk if truncate is None else truncate
        if cut is None:
            loss, gradients = self._whole(params, batch, known, _keys(wrt))
        else:
            parts = borders(steps, cut, "chunk" if truncate is None else "truncate")
            cuts = [self._cut(batch, first, end) for first, end in parts]
            loss, gradients, _ = self._swept(params, cuts, parts, known, _keys(wrt), truncate is not None)
        return self._reduced(loss, gradients, reduction, known, (steps, samples))

    def stream(
        self,
        params: Arrays,
        parts: Sequence[Arrays],
        *,
        lengths: Any = None,
        mask: Any = None,
        reduction: str = "sum",
        truncate: bool = False,
        wrt: Sequence[str] = (),
    ) -> Result:
        """The same for a sequence that is given in parts of any lengths, batches one after the other.

        parts      a sequence of batches; every one is asked for twice (`parts[i]`, upwards and downwards) and may be read
                   from a file then; only the first may hold values before the first step
        lengths    (B,), of the whole sequence; mask (T, B) likewise; every part is asked for once more, for its steps
        truncate   gradients end at the borders of the parts, and every part is asked for once
        """
        if reduction not in ("sum", "mean"):
            raise ValueError(f"reduction: expected sum or mean, found {reduction!r}")
        if not len(parts):
            raise ValueError("a sequence has at least one part, not 0")
        spans, known, samples = None, None, 0
        if lengths is not None or mask is not None:
            ends = [0]
            for i in range(len(parts)):
                steps, samples = self._sizes(parts[i])
                ends.append(ends[-1] + steps)
            known, spans = mask_of(lengths, mask, ends[-1], samples), list(pairwise(ends))
        loss, gradients, counted = self._swept(params, parts, spans, known, _keys(wrt), truncate)
        return self._reduced(loss, gradients, reduction, known, counted)

    def part(
        self,
        params: Arrays,
        batch: Arrays,
        *,
        lengths: Any = None,
        mask: Any = None,
        ends: Any = True,
        owed: Arrays | None = None,
        wrt: Sequence[str] = (),
    ) -> Part:
        """One part of a sequence, for loops of one's own; see `Part`.

        batch    with the states of the part before, under the keys of initial values
        ends     whether the sequences end here, or (B,) for each: for losses of the last step
        owed     what the part after this one gives under this name; nothing: zero
        """
        steps, samples = self._sizes(batch)
        known = mask_of(lengths, mask, steps, samples)
        found = np.broadcast_to(np.asarray(ends, bool), (samples,))
        if known is not None:
            found = found & known.any(axis=0)
        return self._part(params, batch, Steps(known, found), owed or {}, _keys(wrt))

    # Parts.

    def _whole(self, params: Arrays, batch: Arrays, known: Any, wrt: tuple[str, ...]) -> Result:
        """The sequences at once."""
        if known is None and not wrt and not any(key in batch for key in self.zero):
            return self.plain(params, batch)
        form = Form(masked=known is not None, wrt=wrt)
        steps, samples = self._sizes(batch)
        ends = np.ones(samples, bool) if known is None else ends_in(known, 0, steps)
        there = steps if known is None else max(1, last_step(known) + 1)
        own = Steps(None if known is None else known[:there], ends)
        loss, found = self._run(form, params, self._cut(batch, 0, there), own, {})
        for key in form.wrt if there < steps else ():
            if key in self.timed:
                found[key] = np.concatenate([found[key], np.zeros((steps - there, *found[key].shape[1:]), found[key].dtype)])
        return loss, found

    def _swept(
        self,
        params: Arrays,
        parts: Sequence[Arrays],
        spans: Sequence[tuple[int, int]] | None,
        known: Any,
        wrt: tuple[str, ...],
        truncated: bool,
    ) -> tuple[Any, dict[str, Any], tuple[int, int]]:
        """All parts: upwards for the states, downwards for the gradients; truncated only upwards.  Also (T, B).

        spans   first and end of every part; None if no step is missing
        """
        if not len(parts):
            raise ValueError("a sequence has at least one step, not 0")
        count, samples = 0, 0

        def of(i: int) -> tuple[dict[str, Any], Steps]:
            batch = dict(parts[i])
            for key in self.initial if i else ():
                if key in batch:
                    raise ValueError(f"data {key} of part {i}: it comes from the part before; only the first part may have it")
            if known is None or spans is None:
                return batch, Steps(None, np.full(self._sizes(batch)[1], i == len(parts) - 1))
            first, end = spans[i]
            return batch, Steps(known[first:end], ends_in(known, first, end))

        states: list[dict[str, Any]] = [{}]
        total: Part | None = None
        pieces: dict[str, dict[int, Any]] = {key: {} for key in wrt if key in self.timed}
        if not truncated:
            for i in range(len(parts) - 1):
                batch, own = of(i)
                states.append(self._states(params, batch | states[i], own))
        owed: dict[str, Any] = {}
        owed_first: dict[str, Any] = {}
        for i in range(len(parts)) if truncated else reversed(range(len(parts))):
            batch, own = of(i)
            steps, samples = self._sizes(batch)
            count += steps
            now = self._part(params, batch | states[i], own, {} if truncated else owed, wrt)
            owed = now.owed
            if truncated:
                states.append(now.states)
            for key, found in pieces.items():
                found[i] = now.gradients.pop(key)
            now_owed = {key: now.gradients.pop(key) for key in wrt if key in self.initial}
            owed_first = now_owed if i == 0 else owed_first
            if total is None:
                total, loss = now, now.loss
            else:
                loss = loss + now.loss
                for key, more in now.gradients.items():
                    total.gradients[key] += more
        assert total is not None
        joined = {key: np.concatenate([found[i] for i in range(len(parts))]) for key, found in pieces.items()}
        return loss, total.gradients | joined | owed_first, (count, samples)

    def _part(self, params: Arrays, batch: Arrays, own: Steps, owed: Arrays, wrt: tuple[str, ...]) -> Part:
        form = Form(masked=own.mask is not None, part=True, wrt=tuple(k for k in wrt if k not in self.initial))
        loss, found = self._run(form, params, batch, own, owed)
        made = self._made(form)[0]
        states = {f"{state}0": found.pop(key) for state, key in made.last.items()}
        before = {key: found.pop(key) for key in self.initial}
        return Part(loss, found | {key: before[key].copy() for key in wrt if key in before}, states, before)

    def _states(self, params: Arrays, batch: Arrays, own: Steps) -> dict[str, Any]:
        """The values after the last step."""
        form = Form(masked=own.mask is not None, part=True, states=True)
        _, found = self._run(form, params, batch, own, {})
        return {f"{state}0": found[key] for state, key in self._made(form)[0].last.items()}

    def _run(self, form: Form, params: Arrays, batch: Arrays, own: Steps, owed: Arrays) -> Result:
        """The function of a form, with what it takes beyond the batch."""
        made, function = self._made(form)
        given = dict(batch)
        precision = np.result_type(*(np.asarray(a) for a in params.values())) if params else np.dtype(float)
        order = None
        if own.mask is not None:
            timed = {k: np.asarray(given[k]) for k in self.timed if k in given}
            timed = {k: a for k, a in timed.items() if a.shape[:2] == own.mask.shape}  # the function refuses others
            mask = own.mask
            if made.aligned:
                mask, timed, order = put_last(mask, timed)
            given |= {key: without(mask, a) for key, a in timed.items()}
            given[made.mask] = mask.astype(precision)
        if made.ends:
            given[made.ends] = np.asarray(own.ends, precision)
        for state, key in made.owed.items():
            if f"{state}0" in owed:
                given[key] = owed[f"{state}0"]
        loss, found = function(params, given)
        for key in form.wrt if order is not None else ():
            if key in self.timed:
                found[key] = put_back(order, found[key])
        return loss, found

    def _made(self, form: Form) -> tuple[Opened, Function]:
        with self.lock:
            if form not in self.made:
                self.made[form] = self.built(form)
            return self.made[form]

    # Sizes and means.

    def _sizes(self, batch: Arrays) -> tuple[int, int]:
        """Steps and samples, the same in all arrays that have them."""
        known: tuple[str, tuple[int, ...]] = ("", ())
        for key in self.timed:
            shape = np.shape(batch[key]) if key in batch else ()
            if len(shape) >= 2 and not known[1]:
                known = key, shape[:2]
            elif len(shape) >= 2 and shape[:2] != known[1]:
                raise ValueError(f"data {key}: expected T x B = {known[1]} in front, as in {known[0]}, found {shape}")
        if not known[1]:
            raise ValueError(f"no data with steps are given as (T, B, ..); needed are {', '.join(self.timed)}")
        return known[1][0], known[1][1]

    def _cut(self, batch: Arrays, first: int, end: int) -> dict[str, Any]:
        """The steps first .. end - 1; values before the first step only where there is one."""
        timed = {k: np.asarray(a)[first:end] for k, a in batch.items() if k in self.timed}
        return timed | {k: a for k, a in batch.items() if k not in self.timed and not (first and k in self.initial)}

    def _reduced(self, loss: Any, gradients: dict[str, Any], reduction: str, known: Any, sizes: tuple[int, int]) -> Result:
        """Divided by the number of summands, for a mean."""
        if reduction == "sum":
            return loss, gradients
        made = opened(self.model, Form(masked=True))
        if made.summed and made.final:
            raise KernelError(f"the loss of {self.model.name} is one of every step and one of the last step, so it has no mean")
        there = np.ones(sizes, bool) if known is None else known
        number = int(there.sum() if made.summed else there.any(axis=0).sum())
        if not number:
            raise ValueError("a mean over no steps: every sample has length 0")
        return loss / loss.dtype.type(number), {key: g / g.dtype.type(number) for key, g in gradients.items()}


def _keys(wrt: Sequence[str]) -> tuple[str, ...]:
    return (wrt,) if isinstance(wrt, str) else tuple(wrt)
