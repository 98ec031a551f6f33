"""Notes under tests/notes that speak entry by entry, and of slopes, as numbers: their forward passes and claims, written by hand."""

from __future__ import annotations

import numpy as np
from truth_layers import entries
from truth_passes import Pass, Truth, dot, sigma, softmax, square

tanh, exp, log = np.tanh, np.exp, np.log


def units(q: Pass) -> None:
    """Four inputs i, two units j with w_{ji}, three units k with u_{kj}, which the note calls w_{kj}."""
    q.w, q.u, q.x, q.t = q.draw(2, 4), q.draw(3, 2), q.draw(4), q.draw(3)
    q.m = np.array([sum(q.w[j, i] * q.x[i] for i in range(4)) for j in range(2)])
    q.a = sigma(q.m)
    q.n = np.array([sum(q.u[k, j] * q.a[j] for j in range(2)) for k in range(3)])
    q.o = sigma(q.n)
    q.E = sum((q.o[k] - q.t[k]) ** 2 for k in range(3)) / 2


def back_to(j: int, q: Pass, delta: np.ndarray) -> float:
    return sum(q.u[k, j] * delta[k] for k in range(3))


def softmax_cases(q: Pass) -> None:
    q.s, q.y = q.draw(3), q.label(3)[:, 0]
    q.q = np.array([exp(q.s[i]) / sum(exp(q.s[k]) for k in range(3)) for i in range(3)])
    q.C = -sum(q.y[i] * log(q.q[i]) for i in range(3))


def where(pairs, entry):
    """The entries for the pairs of indices of which the note speaks, in one row."""
    return np.array([entry(i, j) for i in range(3) for j in range(3) if pairs(i, j)])


def same(i: int, j: int) -> bool:
    return i == j


def other(i: int, j: int) -> bool:
    return i != j


def every(i: int, j: int) -> bool:
    return True


def three_outputs(q: Pass) -> None:
    """One network for each heading, with letters of its own; the losses are added, so each has its own gradients."""
    q.z1, q.y1, q.z2, q.y2, q.z3, q.y3 = q.draw(), q.draw(), q.draw(3), q.label(3)[:, 0], q.draw(), q.draw()
    q.a1 = sigma(q.z1)
    q.a2 = softmax(q.z2)
    q.a3 = q.z3
    q.L = -q.y1 * log(q.a1) - (1 - q.y1) * log(1 - q.a1) - dot(q.y2, log(q.a2)) + (q.a3 - q.y3) ** 2 / 2


def relu(z):
    """By the sign of the real part, so that the complex step is exact on both sides of zero."""
    return z * (np.real(z) > 0)


def slope(f, at):
    """f′, entry by entry."""
    return f(at + 1e-30j).imag / 1e-30


def slopes(q: Pass) -> None:
    q.x, q.W1, q.b1, q.W2, q.b2, q.t = q.draw(4, 1), q.draw(2, 4), q.draw(2, 1), q.draw(3, 2), q.draw(3, 1), q.draw(3, 1)
    q.a1 = q.W1 @ q.x + q.b1
    q.z1 = relu(q.a1)
    q.a2 = q.W2 @ q.z1 + q.b2
    q.z2 = sigma(q.a2)
    q.E = square(q.z2 - q.t) / 2


COMPONENTS = {
    "units": Truth(
        units,
        {
            "L5:1": lambda q, g, t: (g.n, (q.o - q.t) * q.o * (1 - q.o)),
            "L6:1": lambda q, g, t: (g.m, np.array([q.a[j] * (1 - q.a[j]) * back_to(j, q, g.n) for j in range(2)])),
            "L7:1": lambda q, g, t: (g.u, entries(3, 2, lambda k, j: g.n[k] * g.of("n", None, "u")[k, k, j])),
            "L7:2": lambda q, g, t: (g.u, entries(3, 2, lambda k, j: g.n[k] * q.a[j])),
            "L8:1": lambda q, g, t: (g.w, entries(2, 4, lambda j, i: g.m[j] * q.x[i])),
            "L9:1": lambda q, g, t: (g.a, np.array([back_to(j, q, g.n) for j in range(2)])),
            "L10:1": lambda q, g, t: (g.m, np.array([back_to(j, q, g.n) for j in range(2)])),
        },
        "L3:1 L3:2 L3:3 L3:4 L4:1 L4:2",
        loss="E",
    ),
    "softmax_cases": Truth(
        softmax_cases,
        {
            "L5:1": lambda q, g, t: (
                where(same, lambda i, j: g.of("q", None, "s")[j, i]), where(same, lambda i, j: q.q[i] * (1 - q.q[i]))),
            "L6:1": lambda q, g, t: (
                where(other, lambda i, j: g.of("q", None, "s")[j, i]), where(other, lambda i, j: -q.q[i] * q.q[j])),
            "L7:1": lambda q, g, t: (
                where(other, lambda i, j: g.of("q", None, "s")[j, i]), where(other, lambda i, j: q.q[i] * q.q[j])),
            "L9:1": lambda q, g, t: (
                where(every, lambda i, j: g.of("q", None, "s")[i, j]), where(every, lambda i, j: q.q[i] * ((i == j) - q.q[j]))),
            "L11:1": lambda q, g, t: (
                where(every, lambda i, j: g.of("q", None, "s")[i, j]),
                where(every, lambda i, j: q.q[i] * (1 - q.q[i]) if i == j else -q.q[i] * q.q[j])),
            "L13:1": lambda q, g, t: (
                g.s, np.array([-sum(q.y[i] / q.q[i] * g.of("q", None, "s")[i, j] for i in range(3)) for j in range(3)])),
            "L13:2": lambda q, g, t: (g.s, np.array([q.q[j] * sum(q.y[i] for i in range(3)) - q.y[j] for j in range(3)])),
            "L13:3": lambda q, g, t: (g.s, np.array([q.q[j] - q.y[j] for j in range(3)])),
            "L14:1": lambda q, g, t: (g.s, q.q - q.y),
            "L15:1": lambda q, g, t: (where(every, lambda i, j: g.s[j]), where(every, lambda i, j: q.q[i] - q.y[i])),
        },
        "L4:1 L10:1 L12:1",
        loss="C",
    ),
    "three_outputs": Truth(
        three_outputs,
        {
            "L6:1": lambda q, g, t: (g.a1, (q.a1 - q.y1) / (q.a1 * (1 - q.a1))),
            "L6:2": lambda q, g, t: (g.of("a1", None, "z1"), q.a1 * (1 - q.a1)),
            "L7:1": lambda q, g, t: (g.z1, q.a1 - q.y1),
            "L12:1": lambda q, g, t: (
                g.z2, np.array([sum(g.a2[i] * g.of("a2", None, "z2")[i, j] for i in range(3)) for j in range(3)])),
            "L12:2": lambda q, g, t: (g.z2, np.array([q.a2[j] - q.y2[j] for j in range(3)])),
            "L17:1": lambda q, g, t: (g.z3, q.a3 - q.y3),
            "L18:1": lambda q, g, t: (g.z3, 2 * (q.a3 - q.y3)),
        },
        "L5:1 L5:2 L5:3 L11:1 L11:3 L16:1 L16:2",
    ),
    "slopes": Truth(
        slopes,
        {
            "L5:1": lambda q, g, t: (slope(sigma, q.a2), q.z2 * (1 - q.z2)),
            "L6:1": lambda q, g, t: (slope(sigma, q.a2), q.z2 * (1 + q.z2)),
            "L7:1": lambda q, g, t: (slope(relu, q.a1), np.where(q.a1 > 0, 1, 0)),
            "L8:1": lambda q, g, t: (g.a2, (q.z2 - q.t) * slope(sigma, q.a2)),
            "L9:1": lambda q, g, t: (g.a1, (q.a1 > 0) * (q.W2.T @ g.a2)),
            "L10:1": lambda q, g, t: (g.W2, g.a2 @ q.z1.T),
            "L10:2": lambda q, g, t: (g.W1, g.a1 @ q.x.T),
            "L11:1": lambda q, g, t: (slope(tanh, q.a2), 1 - tanh(q.a2) ** 2),  # h is nowhere said to be tanh: read so
            "L12:1": lambda q, g, t: (tanh(q.a2), (exp(q.a2) - exp(-q.a2)) / (exp(q.a2) + exp(-q.a2))),
        },
        "L3:1 L3:2 L3:3 L3:4 L3:5 L4:1",
        loss="E",
    ),
}  # fmt: skip
