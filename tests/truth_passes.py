"""Forward passes in plain NumPy that differentiate themselves: the truth about a note, apart from the engine.

A note is a function that fills a `Pass` with numbers, equation by equation and step by step.  Every quantity can be nudged
where it is computed, and what comes later follows; so the derivative of anything by anything is

    ∂a/∂b = Im a(b + iε) / ε             (complex step: exact to the last digit)
    ∂a/∂b = (a(b + ε) − a(b − ε)) / 2ε   (central differences, where an absolute value or a maximum cuts the complex plane)

Columns are n×1, rows 1×n, numbers have no shape: two formulas are equal when their shapes and all entries are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Key = tuple[str, int | None]


class Family(dict):
    """The values of one letter over time or layers; each is nudged as it is set."""

    def __init__(self, owner: Pass, name: str) -> None:
        super().__init__()
        self.owner, self.name = owner, name

    def __setitem__(self, index: int, value: Any) -> None:
        super().__setitem__(index, self.owner._nudged((self.name, index), value))


class Pass:
    """One forward pass: `q.W = q.draw(n, m)`, then `q.h[t] = ...` for t = 1..q.T."""

    def __init__(self, forward: Callable[[Pass], None], T: int, seed: int, nudge: tuple[Key, Any, complex] | None = None) -> None:
        self.__dict__.update(T=T, _length=T, _forward=forward, _seed=seed, _nudge=nudge, _rng=np.random.default_rng(seed), _known={})
        forward(self)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = self._nudged((name, None), value)

    def __getattr__(self, name: str) -> Family:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.__dict__.setdefault(name, Family(self, name))

    def _nudged(self, key: Key, value: Any) -> np.ndarray:
        value = np.asarray(value)
        if self._nudge is None or self._nudge[0] != key:
            return value
        _, place, step = self._nudge
        nudged = np.array(value, type(step))
        nudged[place] += step
        return nudged

    def draw(self, *shape: int) -> np.ndarray:
        return self._rng.uniform(0.2, 0.9, shape) * self._rng.choice([-1, 1], shape)

    def label(self, size: int) -> np.ndarray:
        """A column of numbers above zero that sum to one."""
        drawn = self._rng.uniform(0.1, 1, (size, 1))
        return drawn / drawn.sum()

    def value(self, name: str, index: int | None = None) -> np.ndarray:
        return getattr(self, name) if index is None else getattr(self, name)[index]

    def sum(self, term: Callable[[int], Any], first: int = 1) -> Any:
        return sum(term(t) for t in range(first, self.T + 1))


def differentiate(q: Pass, top: Key, by: Key, central: bool = False) -> np.ndarray:
    """∂top/∂by with the axes of `top` first, then those of `by`; zero where `by` is not there (after the last step)."""
    known = q._known
    if (top, by) not in known:
        base = q.value(*by)
        found = np.zeros(q.value(*top).shape + base.shape)
        for place in np.ndindex(base.shape):
            if central:
                up, down = (Pass(q._forward, q._length, q._seed, (by, place, e)).value(*top) for e in (1e-5, -1e-5))
                found[(..., *place)] = (up - down) / 2e-5
            else:
                found[(..., *place)] = Pass(q._forward, q._length, q._seed, (by, place, 1e-30j)).value(*top).imag / 1e-30
        known[top, by] = found
    return known[top, by]


class Gradients:
    """`g.W`, `g.h[t]`: the derivatives of the loss, each in the shape of what it is taken by; 0 after the last step."""

    def __init__(self, q: Pass, loss: str, central: bool) -> None:
        self._q, self._loss, self._central = q, (loss, None), central

    def of(self, top: str, index: int | None, name: str, at: int | None = None) -> np.ndarray:
        """The derivative of another quantity than the loss."""
        return differentiate(self._q, (top, index), (name, at), self._central)

    def __getattr__(self, name: str) -> Any:
        if isinstance(getattr(self._q, name), Family):
            return _Steps(self, name)
        return differentiate(self._q, self._loss, (name, None), self._central)


class _Steps:
    def __init__(self, gradients: Gradients, name: str) -> None:
        self.gradients, self.name = gradients, name

    def __getitem__(self, index: int) -> np.ndarray:
        g, family = self.gradients, getattr(self.gradients._q, self.name)
        if index not in family:
            return np.zeros(family[index - 1].shape)
        return differentiate(g._q, g._loss, (self.name, index), g._central)


Claim = Callable[[Pass, Gradients, int], tuple[Any, Any]]


@dataclass(frozen=True)
class Truth:
    """What a note says, as numbers.

    forward   its forward equations
    claims    id -> both sides of the '=', for one value of the free index t
    equations the ids of the forward equations themselves, of which there is nothing to find out
    loss      its letter
    free      the values of the free index, for a length
    central   whether to take central differences
    """

    forward: Callable[[Pass], None]
    claims: dict[str, Claim]
    equations: str
    loss: str = "L"
    free: Callable[[int], range] = field(default=lambda T: range(1, T + 1))
    central: bool = False

    def holds(self, claim: Claim, T: int, seed: int) -> bool:
        """Whether both sides agree for every value of the free index, in shape and in every entry."""
        q = Pass(self.forward, T, seed)
        g = Gradients(q, self.loss, self.central)
        return all(equal(claim, q, g, t, 1e-6 if self.central else 1e-10) for t in self.free(T))


def equal(claim: Claim, q: Pass, g: Gradients, t: int, tolerance: float) -> bool:
    try:
        left, right = (np.asarray(side) for side in claim(q, g, t))
    except ValueError:  # the shapes do not conform
        return False
    return left.shape == right.shape and bool(np.all(np.abs(left - right) <= tolerance * (1 + np.abs(left))))


def points(count: int = 2) -> Iterator[tuple[int, int]]:
    """Lengths and seeds."""
    return ((T, 10 * T + k) for T in range(1, 5) for k in range(count))


# what the notes call by name


def sigma(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def phi(z: Any) -> Any:
    """Some function of one number, for those that the notes leave open."""
    return z + z**2 / 3 - z**3 / 7


def phi_slope(z: Any) -> Any:
    return 1 + 2 * z / 3 - 3 * z**2 / 7


def softmax(z: Any) -> Any:
    e = np.exp(z)
    return e / e.sum()


def dot(a: Any, b: Any) -> Any:
    """aᵀb as a number without a shape."""
    return (a * b).sum()


def square(a: Any) -> Any:
    return dot(a, a)


def diag(a: Any) -> Any:
    return np.diag(a[:, 0])
