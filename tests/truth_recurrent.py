"""The recurrent notes without gates under tests/notes as numbers: their forward passes and their claims, written by hand."""

from __future__ import annotations

import numpy as np
from truth_passes import Gradients, Pass, Truth, diag, dot, phi, phi_slope, sigma, softmax, square

tanh, log = np.tanh, np.log


def blog(q: Pass) -> None:
    q.T = 3 + q.T  # the note speaks of step 3
    q.U, q.W, q.V, q.s[0] = q.draw(2, 4), q.draw(2, 2), q.draw(3, 2), np.zeros((2, 1))
    for t in range(1, q.T + 1):
        q.x[t], q.y[t] = q.draw(4, 1), q.label(3)
        q.s[t] = tanh(q.U @ q.x[t] + q.W @ q.s[t - 1])
        q.p[t] = softmax(q.V @ q.s[t])
        q.e[t] = -dot(q.y[t], log(q.p[t]))
    q.E = q.sum(lambda t: q.e[t])


def cross_entropy(q: Pass) -> None:
    q.U, q.W, q.V, q.b, q.c = q.draw(2, 4), q.draw(2, 2), q.draw(3, 2), q.draw(2, 1), q.draw(3, 1)
    q.h[0] = np.zeros((2, 1))
    for t in range(1, q.T + 1):
        q.x[t], q.y[t] = q.draw(4, 1), q.label(3)
        q.a[t] = q.U @ q.x[t] + q.W @ q.h[t - 1] + q.b
        q.h[t] = phi(q.a[t])
        q.o[t] = q.V @ q.h[t] + q.c
        q.p[t] = softmax(q.o[t])
    q.L = -q.sum(lambda t: sum(q.y[t][k, 0] * log(q.p[t][k, 0]) for k in range(3)))


def elman(q: Pass) -> None:
    q.A, q.B, q.C, q.s[0] = q.draw(2, 4), q.draw(2, 2), q.draw(3, 2), np.zeros((2, 1))
    for k in range(1, q.T + 1):
        q.u[k], q.d[k] = q.draw(4, 1), q.draw(3, 1)
        q.s[k] = tanh(q.A @ q.u[k] + q.B @ q.s[k - 1])
        q.v[k] = q.C @ q.s[k]
    q.E = q.sum(lambda k: square(q.v[k] - q.d[k])) / 2


def jordan(q: Pass) -> None:
    q.Wh, q.Uh, q.bh, q.Wy, q.by = q.draw(2, 4), q.draw(2, 3), q.draw(2, 1), q.draw(3, 2), q.draw(3, 1)
    q.y[0] = np.zeros((3, 1))
    for t in range(1, q.T + 1):
        q.x[t], q.d[t] = q.draw(4, 1), q.draw(3, 1)
        q.h[t] = sigma(q.Wh @ q.x[t] + q.Uh @ q.y[t - 1] + q.bh)
        q.y[t] = q.Wy @ q.h[t] + q.by
    q.L = q.sum(lambda t: square(q.y[t] - q.d[t]) / 2)


def row_vectors(q: Pass) -> None:
    q.W, q.U, q.b, q.V, q.c = q.draw(4, 2), q.draw(2, 2), q.draw(1, 2), q.draw(2, 3), q.draw(1, 3)
    q.h[0] = np.zeros((1, 2))
    for t in range(1, q.T + 1):
        q.x[t], q.y[t] = q.draw(1, 4), q.label(3).T
        q.h[t] = tanh(q.x[t] @ q.W + q.h[t - 1] @ q.U + q.b)
        q.p[t] = softmax(q.h[t] @ q.V + q.c)
    q.L = -q.sum(lambda t: dot(q.y[t], log(q.p[t])))


def scalar_net(q: Pass) -> None:
    q.w, q.u, q.b, q.v, q.h[0] = q.draw(), q.draw(), q.draw(), q.draw(), np.zeros(())
    for t in range(1, q.T + 1):
        q.x[t], q.d[t] = q.draw(), q.draw()
        q.h[t] = tanh(q.w * q.x[t] + q.u * q.h[t - 1] + q.b)
        q.y[t] = q.v * q.h[t]
    q.L = q.sum(lambda t: (q.y[t] - q.d[t]) ** 2 / 2)


def plain(q: Pass) -> None:
    """h_t = tanh(W h_{t-1} + U x_t), y_t = V h_t and half the squared distance to d_t."""
    q.W, q.U, q.V, q.h[0] = q.draw(2, 2), q.draw(2, 4), q.draw(3, 2), np.zeros((2, 1))
    for t in range(1, q.T + 1):
        q.x[t], q.d[t] = q.draw(4, 1), q.draw(3, 1)
        q.h[t] = tanh(q.W @ q.h[t - 1] + q.U @ q.x[t])
        q.y[t] = q.V @ q.h[t]
    q.L = q.sum(lambda t: square(q.y[t] - q.d[t]) / 2)


def two_activations(q: Pass) -> None:
    """The network with tanh, and with the logistic function in place of it, whose states are k_t."""
    q.W, q.U, q.U2, q.h[0], q.k[0] = q.draw(2, 2), q.draw(2, 4), q.draw(2, 4), np.zeros((2, 1)), np.zeros((2, 1))
    for t in range(1, q.T + 1):
        q.x[t], q.y[t] = q.draw(4, 1), q.draw(2, 1)
        q.h[t] = tanh(q.W @ q.h[t - 1] + q.U @ q.x[t])
        q.k[t] = sigma(q.W @ q.k[t - 1] + q.U2 @ q.x[t])
    q.L = q.sum(lambda t: square(q.h[t] - q.y[t]) / 2 + square(q.k[t] - q.y[t]) / 2)


def two_networks(q: Pass) -> None:
    """The first network with the loss; the second, h2, has a bias."""
    q.W, q.U, q.A, q.B, q.c = q.draw(2, 2), q.draw(2, 4), q.draw(2, 2), q.draw(2, 4), q.draw(2, 1)
    q.h[0] = q.h2[0] = np.zeros((2, 1))
    for t in range(1, q.T + 1):
        q.x[t], q.y[t] = q.draw(4, 1), q.draw(2, 1)
        q.h[t] = tanh(q.W @ q.h[t - 1] + q.U @ q.x[t])
        q.h2[t] = tanh(q.A @ q.h2[t - 1] + q.B @ q.x[t] + q.c)
    q.L = q.sum(lambda t: square(q.h[t] - q.y[t]) / 2 + square(q.h2[t] - q.y[t]) / 2)


def any_loss(q: Pass) -> None:
    q.U, q.W, q.V, q.b, q.c, q.h[0] = q.draw(2, 4), q.draw(2, 2), q.draw(3, 2), q.draw(2, 1), q.draw(3, 1), np.zeros((2, 1))
    for t in range(1, q.T + 1):
        q.x[t] = q.draw(4, 1)
        q.z[t] = q.U @ q.x[t] + q.W @ q.h[t - 1] + q.b
        q.h[t] = tanh(q.z[t])
        q.y[t] = q.V @ q.h[t] + q.c
        q.e[t] = phi(q.y[t]).sum()
    q.L = q.sum(lambda t: q.e[t])


def fixed_step(q: Pass) -> None:
    q.T = 2 + q.T  # the note speaks of step 3
    q.U, q.W, q.V, q.s[0] = q.draw(2, 4), q.draw(2, 2), q.draw(3, 2), np.zeros((2, 1))
    for t in range(1, q.T + 1):
        q.x[t], q.y[t] = q.draw(4, 1), q.draw(3, 1)
        q.a[t] = q.U @ q.x[t] + q.W @ q.s[t - 1]
        q.s[t] = tanh(q.a[t])
        q.o[t] = q.V @ q.s[t]
        q.e[t] = square(q.o[t] - q.y[t]) / 2
    q.E = q.sum(lambda t: q.e[t])


def step_width(q: Pass) -> None:
    q.W, q.b, q.dt, q.y, q.h[0] = q.draw(2, 2), q.draw(2, 1), q.draw(), q.draw(2, 1), q.draw(2, 1)
    for t in range(1, q.T + 1):
        q.s[t] = tanh(q.W @ q.h[t - 1] + q.b)
        q.h[t] = q.h[t - 1] + q.dt * q.s[t]
    q.L = square(q.h[q.T] - q.y) / 2


def through_steps(q: Pass, g: Gradients, first: int, last: int) -> np.ndarray:
    """Σ_k ∂E_3/∂o_3 ∂o_3/∂s_3 ∏_{j=k+1..3} ∂s_j/∂s_{j-1} ∂s_k/∂W, the last with s_{k-1} held."""
    total = np.zeros((2, 2))
    for k in range(max(first, 1), last + 1):  # s_0 knows nothing of W
        row = g.of("e", 3, "o", 3)[:, 0] @ g.of("o", 3, "s", 3)[:, 0, :, 0]
        for j in range(3, k, -1):
            row = row @ g.of("s", j, "s", j - 1)[:, 0, :, 0]
        total = total + np.outer(row * (1 - q.s[k][:, 0] ** 2), q.s[k - 1])
    return total


RECURRENT = {
    "any_loss": Truth(
        any_loss,
        {
            "L6:1": lambda q, g, t: (g.V, q.sum(lambda t: g.of("e", t, "y", t) @ q.h[t].T)),
            "L7:1": lambda q, g, t: (g.z[t], g.h[t] * (1 - q.h[t] ** 2)),
            "L8:1": lambda q, g, t: (g.h[t], q.V.T @ g.of("e", t, "y", t) + q.W.T @ g.z[t + 1]),
            "L9:1": lambda q, g, t: (g.W, q.sum(lambda t: g.z[t] @ q.h[t - 1].T)),
            "L10:1": lambda q, g, t: (g.W, q.sum(lambda t: g.z[t] @ q.h[t].T)),
        },
        "L3:1 L3:2 L4:1 L5:1",
    ),
    "fixed_step": Truth(
        fixed_step,
        {
            "L4:2": lambda q, g, t: (g.of("e", t, "o", t), q.o[t] - q.y[t]),
            "L5:1": lambda q, g, t: (g.V, q.sum(lambda t: g.of("e", t, "o", t) @ q.s[t].T)),
            "L6:1": lambda q, g, t: (g.of("e", 3, "W"), through_steps(q, g, 0, 3)),
            "L7:1": lambda q, g, t: (g.of("e", 3, "W"), through_steps(q, g, 1, 2)),
        },
        "L3:1 L3:2 L3:3 L3:4 L4:1 L4:3 L4:4",
        loss="E",
    ),
    "step_width": Truth(
        step_width,
        {
            "L6:1": lambda q, g, t: (g.h[q.T], q.h[q.T] - q.y),
            "L7:1": lambda q, g, t: (g.h[t], g.h[t + 1] + q.dt * q.W.T @ ((1 - q.s[t + 1] ** 2) * g.h[t + 1])),
            "L8:1": lambda q, g, t: (g.b, q.dt * q.sum(lambda t: (1 - q.s[t] ** 2) * g.h[t])),
            "L9:1": lambda q, g, t: (g.b, q.sum(lambda t: (1 - q.s[t] ** 2) * g.h[t])),
        },
        "L3:1 L4:1 L5:1",
        free=lambda T: range(1, T),
    ),
    "blog": Truth(
        blog,
        {
            "L7:1": lambda q, g, t: (g.of("e", 3, "V"), np.einsum("i,iab->ab", g.of("e", 3, "p", 3)[:, 0], g.of("p", 3, "V")[:, 0])),
            "L7:2": lambda q, g, t: (g.of("e", 3, "V"), np.outer(q.p[3] - q.y[3], q.s[3])),
        },
        "L3:1 L4:1 L5:1 L6:1 L6:2",
        loss="E",
    ),
    "cross_entropy": Truth(
        cross_entropy,
        {
            "L5:1": lambda q, g, t: (g.o[t], q.p[t] - q.y[t]),
            "L6:1": lambda q, g, t: (g.a[t], phi_slope(q.a[t]) * (q.V.T @ (q.p[t] - q.y[t]) + q.W.T @ g.a[t + 1])),
            "L7:1": lambda q, g, t: (g.W, q.sum(lambda t: g.a[t] @ q.h[t - 1].T)),
            "L8:1": lambda q, g, t: (g.W, q.sum(lambda t: g.a[t] @ q.h[t].T)),
        },
        "L3:1 L3:2 L3:3 L3:4 L4:1",
    ),
    "elman": Truth(
        elman,
        {
            "L9:1": lambda q, g, k: (
                g.s[k],
                q.C.T @ (q.v[k] - q.d[k]) + (q.B.T @ ((1 - q.s[k + 1] ** 2) * g.s[k + 1]) if k < q.T else 0),
            ),
            "L10:1": lambda q, g, k: (g.C, q.sum(lambda k: (q.v[k] - q.d[k]) @ q.s[k].T)),
            "L11:1": lambda q, g, k: (g.B, q.sum(lambda k: ((1 - q.s[k] ** 2) * g.s[k]) @ q.s[k].T)),
            "L12:1": lambda q, g, k: (g.A, q.sum(lambda k: diag(1 - q.s[k] ** 2) @ g.s[k] @ q.u[k].T)),
        },
        "L5:1 L6:1 L7:1 L8:1",
        loss="E",
    ),
    "jordan": Truth(
        jordan,
        {
            "L8:1": lambda q, g, t: (g.by, q.sum(lambda t: g.y[t])),
            "L9:1": lambda q, g, t: (g.by, q.sum(lambda t: q.y[t] - q.d[t])),
            "L10:1": lambda q, g, t: (g.Wy, q.sum(lambda t: g.y[t] @ q.h[t].T)),
        },
        "L5:1 L6:1 L7:1",
    ),
    "row_vectors": Truth(
        row_vectors,
        {
            "L6:1": lambda q, g, t: (g.V, q.sum(lambda t: q.h[t].T @ (q.p[t] - q.y[t]))),
            "L7:1": lambda q, g, t: (g.c, q.sum(lambda t: q.p[t] - q.y[t])),
            "L8:1": lambda q, g, t: (g.V, q.sum(lambda t: (q.p[t] - q.y[t]).T @ q.h[t])),
        },
        "L3:1 L4:1 L5:1",
    ),
    "scalar_net": Truth(
        scalar_net,
        {
            "L6:1": lambda q, g, t: (g.v, q.sum(lambda t: (q.y[t] - q.d[t]) * q.h[t])),
            "L7:1": lambda q, g, t: (g.w, q.sum(lambda t: (1 - q.h[t] ** 2) * g.h[t] * q.x[t])),
            "L8:1": lambda q, g, t: (g.u, q.sum(lambda t: (1 - q.h[t] ** 2) * g.h[t] * q.h[t])),
        },
        "L3:1 L4:1 L5:1",
    ),
    "slips": Truth(
        plain,
        {
            "L3:1": lambda q, g, t: (q.h[t], tanh(q.W @ q.h[t] + q.U @ q.x[t])),
            "L6:1": lambda q, g, t: (g.V, q.sum(lambda t: (q.y[t] - q.d[t]) @ q.h[t].T)),
            "L7:1": lambda q, g, t: (g.U, q.sum(lambda t: ((1 - q.h[t] ** 2) * g.h[t]) @ q.x[t].T)),
        },
        "L5:1",
    ),
    "time_in_parentheses": Truth(
        plain,
        {
            "L6:1": lambda q, g, t: (g.V, q.sum(lambda t: (q.y[t] - q.d[t]) @ q.h[t].T)),
            "L7:1": lambda q, g, t: (g.W, q.sum(lambda t: (g.h[t] * (1 - q.h[t] ** 2)) @ q.h[t].T)),
        },
        "L3:1 L4:1 L5:1",
    ),
    "two_activations": Truth(
        two_activations,
        {
            "L7:1": lambda q, g, t: (g.U, q.sum(lambda t: ((1 - q.h[t] ** 2) * g.h[t]) @ q.x[t].T)),
            "L13:1": lambda q, g, t: (g.U2, q.sum(lambda t: (q.k[t] * (1 - q.k[t]) * g.k[t]) @ q.x[t].T)),
            "L14:1": lambda q, g, t: (g.U2, q.sum(lambda t: ((1 - q.k[t] ** 2) * g.k[t]) @ q.x[t].T)),
        },
        "L5:1 L6:1 L11:1 L12:1",
    ),
    "two_networks": Truth(
        two_networks,
        {
            "L4:1": lambda q, g, t: (g.U, q.sum(lambda t: ((1 - q.h[t] ** 2) * g.h[t]) @ q.x[t].T)),
            "L7:1": lambda q, g, t: (g.c, q.sum(lambda t: (1 - q.h2[t] ** 2) * g.h2[t])),
            "L8:1": lambda q, g, t: (g.A, q.sum(lambda t: ((1 - q.h2[t] ** 2) * g.h2[t]) @ q.h2[t].T)),
        },
        "L3:1 L3:2 L6:1",
    ),
}  # fmt: skip
