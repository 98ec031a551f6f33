"""JAX played by NumPy, so far as a printed kernel goes: what its text computes, where JAX is not installed."""

import types

import numpy as np


class Array(np.ndarray):
    """With `x.at[i].add(y)` and `x.at[i].set(y)`, which leave x as it is."""

    @property
    def at(self):
        return At(self)


class At:
    def __init__(self, array, place=None):
        self.array, self.place = array, place

    def __getitem__(self, place):
        return At(self.array, place)

    def set(self, value):
        new = self.array.copy()
        new[self.place] = value
        return new

    def add(self, value):
        return self.set(self.array[self.place] + value)


class Numpy(types.ModuleType):
    """NumPy whose functions return such arrays."""

    def __getattr__(self, name):
        found = getattr(np, name)
        if isinstance(found, type) or not callable(found):
            return found

        def of_arrays(*args, **settings):
            result = found(*args, **settings)
            return result.view(Array) if isinstance(result, np.ndarray) else result

        return of_arrays


def scan(step, carry, xs, length=None, reverse=False):
    """`lax.scan`, one step after the other."""
    given = xs if isinstance(xs, tuple) else (xs,)
    steps = range(length if xs is None else len(given[0]))
    rows = []
    for t in reversed(steps) if reverse else steps:
        now = None if xs is None else tuple(x[t] for x in given)
        carry, row = step(carry, now if isinstance(xs, tuple) or xs is None else now[0])
        rows.append(row)
    if not rows:  # the shapes are those of any step
        row = step(carry, tuple(np.zeros(x.shape[1:]) for x in given) if isinstance(xs, tuple) else np.zeros(xs.shape[1:]))[1]
        empty = tuple(np.zeros((0, *r.shape)).view(Array) for r in (row if isinstance(row, tuple) else (row,)))
        return carry, empty if isinstance(row, tuple) else empty[0]
    rows = rows[::-1] if reverse else rows
    if isinstance(rows[0], tuple):
        return carry, tuple(np.array(column).view(Array) for column in zip(*rows, strict=True))
    return carry, None if rows[0] is None else np.array(rows).view(Array)


class CustomVjp:
    def __init__(self, function, nondiff_argnums=()):
        self.function = function

    def defvjp(self, forward, backward):
        self.forward, self.backward = forward, backward

    def __call__(self, *args):
        return self.function(*args)


def modules():
    """The modules by name, for `sys.modules`."""
    jax, nn, lax = (types.ModuleType(name) for name in ("jax", "jax.nn", "jax.lax"))
    nn.sigmoid = lambda x: 0.5 + 0.5 * np.tanh(0.5 * x)
    nn.softplus = lambda x: np.logaddexp(x, 0)
    nn.logsumexp = lambda x, axis: np.log(np.exp(x).sum(axis))
    lax.scan, lax.stop_gradient = scan, lambda x: x
    numpy = Numpy("jax.numpy")
    jax.nn, jax.lax, jax.numpy, jax.custom_vjp = nn, lax, numpy, CustomVjp
    return {"jax": jax, "jax.numpy": numpy, "jax.lax": lax, "jax.nn": nn}
