"""The helper functions that generated code may carry: NumPy text, each with its formula."""

from __future__ import annotations

from ..language.functions import FUNCTIONS

LINEAR = '''def linear(x, W):
    """W x for every step and sample, as one product of all rows: x (T, B, n), W transposed (n, m), result (T, B, m)."""
    return (x.reshape(-1, x.shape[-1]) @ W).reshape(*x.shape[:-1], W.shape[-1])
'''

OUTER_SUM = '''def outer_sum(u, v):
    """The sum of u vᵀ over steps and samples, as one product of stacked rows: (.., m) and (.., n) give (m, n)."""
    return u.reshape(-1, u.shape[-1]).T @ v.reshape(-1, v.shape[-1])
'''

SOFTMAX = '''def softmax(x):
    """exp(x) / sum(exp(x)) over the last axis, shifted by the largest entry."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
'''

LOG_SOFTMAX = '''def log_softmax(x):
    """log(softmax(x)) over the last axis, without forming softmax."""
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))
'''

LOGSUMEXP = '''def logsumexp(x):
    """log(sum(exp(x))) over the last axis, shifted by the largest entry."""
    largest = x.max(axis=-1)
    return largest + np.log(np.exp(x - largest[..., None]).sum(axis=-1))
'''

LOG_SIGMOID = '''def log_sigmoid(x):
    """log(sigmoid(x)) = min(x, 0) - log(1 + exp(-|x|))."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))
'''

TAKE = '''def take(kind, arrays, shapes, optional, dtype):
    """The arrays of one kind by (kind, name), None for an optional one that is not given."""
    for name in arrays:
        if name not in shapes:
            raise ValueError(f"{kind} {name} is not known; known are {', '.join(shapes)}")
    taken = {}
    for name in shapes:
        if name not in arrays and name not in optional:
            raise ValueError(f"{kind} {name} is missing; needed are {', '.join(shapes)}")
        array = np.asarray(arrays[name], dtype) if name in arrays else None
        if array is not None and array.dtype not in (np.float32, np.float64):
            raise ValueError(f"{kind} {name}: expected float32 or float64, found {array.dtype}")
        taken[kind, name] = array
    return taken


def measured(given):
    """The number for each size, from the first array that has it; ValueError for an array of another shape."""
    expected = {(k, n): s for k, shapes in (("parameter", PARAMETERS), ("data", DATA)) for n, s in shapes.items()}
    arrays = {key: array for key, array in given.items() if array is not None}
    sizes = {}
    for several in (False, True):  # then sums of sizes, such as T + 1 or n + n, in which one is left
        for key, array in arrays.items():
            if array.ndim == len(expected[key]):
                for axis, size in zip(array.shape, expected[key]):
                    legs = (size,) if isinstance(size, str) else size
                    left = {a for a in legs if isinstance(a, str) and a not in sizes}
                    rest = axis - sum(sizes.get(a, 0) if isinstance(a, str) else a for a in legs)
                    if len(left) == 1 and (several or len(legs) == 1) and rest >= 0:
                        found = left.pop()
                        sizes[found] = rest // legs.count(found)
    for (kind, name), array in arrays.items():
        legs = [(s,) if isinstance(s, str) else s for s in expected[kind, name]]
        numbers = tuple(sum(sizes.get(a, 0) if isinstance(a, str) else a for a in leg) for leg in legs)
        if array.shape != numbers:
            names = " x ".join("+".join(map(str, leg)) for leg in legs) or "scalar"
            known = all(a in sizes for leg in legs for a in leg if isinstance(a, str))
            told = f" = {numbers}" if known and legs else ""
            raise ValueError(f"{kind} {name}: expected shape {names}{told}, found {array.shape}")
    return sizes
'''

HELPERS: dict[str, str] = {
    "linear": LINEAR,
    "outer_sum": OUTER_SUM,
    "softmax": SOFTMAX,
    "log_softmax": LOG_SOFTMAX,
    "logsumexp": LOGSUMEXP,
    "log_sigmoid": LOG_SIGMOID,
}
"""Helpers by name; those of the elementwise functions come from their rows."""


def helper(name: str) -> str:
    """The text of a helper, from this module or from a row of the function table."""
    if name in HELPERS:
        return HELPERS[name]
    return f"def {name}(x):\n    return {FUNCTIONS[name].numpy.format(x='x')}\n"
