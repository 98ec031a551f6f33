"""Programs run one operation after the other in plain NumPy, with no thought of speed: what a program means."""

import numpy as np

from symbolic.kernels.program import Const, Contract, Load, Loop, Product, Row, Start, Total

FUNCTIONS = {
    "tanh": np.tanh,
    "sigmoid": lambda x: 0.5 * np.tanh(0.5 * x) + 0.5,
    "relu": lambda x: np.maximum(x, 0),
    "step": lambda x: np.where(np.isnan(x), x, (x > 0).astype(x.dtype)),
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "softplus": lambda x: np.logaddexp(0, x),
    "log_sigmoid": lambda x: -np.logaddexp(0, -x),
}


def run(program, params, batch):
    """(loss, gradients) of a program."""
    B = next(
        batch[b.key].shape[1 if b.time else 0]
        for b in program.buffers.values()
        if b.kind == "data" and b.batch and b.key in batch
    )
    T = next((batch[b.key].shape[0] for b in program.buffers.values() if b.kind == "data" and b.time), 1)
    sizes = {}
    for b in program.buffers.values():
        given = {"parameter": params, "data": batch}.get(b.kind, {}).get(b.key)
        if given is not None:
            shape = np.shape(given)[b.time + b.batch if b.kind == "data" else int(b.time) :]
            sizes |= {leg: n for leg, n in zip(b.legs, shape, strict=True) if isinstance(leg, str)}
    dtype = np.result_type(*params.values())

    def length(leg):
        return leg if isinstance(leg, int) else sizes[leg] if isinstance(leg, str) else sum(map(length, leg))

    arrays = {}

    def array(name):
        """The array of a buffer, a part of another one for a block."""
        b = program.buffers[name]
        if name in arrays:
            return arrays[name]
        if b.inside:
            whole, axis, number = b.inside
            own = program.buffers[whole]
            legs = own.legs[axis] if isinstance(own.legs[axis], tuple) else (own.legs[axis],)
            start = sum(map(length, legs[:number]))
            at = slice(start, start + length(b.legs[axis])) if axis < len(b.legs) else start
            arrays[name] = array(whole)[(slice(None),) * (own.time + own.batch + axis) + (at,)]
            return arrays[name]
        shape = (*([T + b.before + b.after] if b.time else []), *([B] if b.batch else []), *map(length, b.legs))
        given = {"parameter": params, "data": batch}.get(b.kind, {}).get(b.key)
        arrays[name] = np.zeros(shape, dtype) if given is None else np.asarray(given, dtype)
        assert arrays[name].shape == shape, (b, shape)
        return arrays[name]

    for b in program.buffers.values():
        array(b.name)
        if b.kind == "ones":
            arrays[b.name][...] = 1

    def padded(x, b, rank, time, batch):
        """x with axes (steps, samples, entries) so that it broadcasts."""
        lead = [] if not time and not b[0] else [x.shape[0] if b[0] else 1]
        rest = x.shape[int(b[0]) :]
        lead2 = [] if not batch and not b[1] else [rest[0] if b[1] else 1]
        entries = rest[int(b[1]) :]
        entries = entries or (1,) * rank
        return x.reshape((*lead, *lead2, *entries))

    def value(v, o, t):
        """(array, has time, has batch, rank)"""
        if isinstance(v, Const):
            return np.array(v.value.numerator / v.value.denominator, dtype), False, False, 0
        if isinstance(v, Load):
            b, a = program.buffers[v.buffer], arrays[v.buffer]
            if not b.time:
                return a, False, b.batch, len(b.legs)
            steps = o.steps if not isinstance(o, Start) else None
            if v.end:
                return a[b.before + v.shift + (T - 1 if v.end == "last" else 0)], False, b.batch, len(b.legs)
            if t is not None:
                return a[b.before + t + v.shift], False, b.batch, len(b.legs)
            if steps.at:
                raise AssertionError("a load without end in a single step")
            return a[b.before + v.shift + steps.skip : b.before + T + v.shift - steps.stop], True, b.batch, len(b.legs)
        parts = [value(a, o, t) for a in v.args]
        if v.fun == "tile":
            x, time, batch, rank = parts[0]
            return np.concatenate([x] * int(v.args[1].value), axis=-1), time, batch, rank
        if v.fun in ("column", "row"):
            x, time, batch, _ = parts[0]
            return (x[..., :, None] if v.fun == "column" else x[..., None, :]), time, batch, 2
        time, batch, rank = any(p[1] for p in parts), any(p[2] for p in parts), max(p[3] for p in parts)
        xs = [padded(x, (ti, ba), rank, time, batch) for x, ti, ba, _ in parts]
        if v.fun == "+":
            r = xs[0]
            for x in xs[1:]:
                r = r + x
        elif v.fun == "*":
            r = xs[0]
            for x in xs[1:]:
                r = r * x
        elif v.fun == "/":
            r = xs[0] / xs[1]
        elif v.fun == "pow":
            r = xs[0] ** dtype.type(float(v.args[1].value))
        else:
            r = FUNCTIONS[v.fun](xs[0])
        return r, time, batch, rank

    def execute(o, t):
        b = program.buffers[o.out]
        out = arrays[o.out]
        if isinstance(o, Start):
            x = value(o.value, o, None)[0]
            out[: b.before] = x
            return
        s = o.steps
        if s.at and s.shortest > T:
            return
        if isinstance(o, Contract):
            left, right = value(o.left, o, t)[0], value(o.right, o, t)[0]
            x = left.reshape(-1, left.shape[-1]).T @ right.reshape(-1, right.shape[-1])
        elif isinstance(o, Product):
            rows, m = value(o.vector, o, t)[0], arrays[o.matrix.buffer]
            x = rows @ (m if o.turned else m.T)
        elif isinstance(o, Row):
            x, *_ = value(o.value, o, t)
            x = {
                "sum": lambda: x.sum(-1),
                "max": lambda: x.max(-1),
                "shifted": lambda: x - x.max(-1, keepdims=True),
                "logsumexp": lambda: x.max(-1) + np.log(np.exp(x - x.max(-1, keepdims=True)).sum(-1)),
            }[o.fun]()
        else:
            x, time, batch, rank = value(o.value, o, t)
            if isinstance(o, Total):
                kept = ([b.time] if time else []) + ([b.batch] if batch else [])
                drop = [i for i, keep in enumerate(kept) if not keep]
                if rank > len(b.legs):
                    drop += list(range(time + batch, time + batch + rank))
                x = x.sum(axis=tuple(drop)) if drop else x
            else:
                x = padded(x, (time, batch), len(b.legs), b.time and t is None and not s.at, b.batch)
        if b.time:
            if t is not None:
                place = b.before + t
            elif s.at:
                place = b.before + s.shift + (T - 1 if s.at == "last" else 0)
            else:
                place = slice(b.before + s.skip, b.before + T - s.stop)
        else:
            place = ...
        out[place] = out[place] + x if o.add else x

    for o in program.operations:
        if isinstance(o, Loop):
            s = o.steps
            if s.at:
                steps = [s.shift + (T - 1 if s.at == "last" else 0)] if s.shortest <= T else []
            else:
                steps = list(range(s.skip, T - s.stop))[:: o.direction]
            for t in steps:
                for p in o.body:
                    execute(p, t)
        else:
            execute(o, None)
    return arrays[program.loss][()], {key: arrays[name] for key, name in program.gradients.items()}
