"""The feed-forward notes under tests/notes as numbers: their forward passes and their claims, written by hand."""

from __future__ import annotations

import numpy as np
from truth_passes import Pass, Truth, dot, phi, phi_slope, sigma, softmax, square

tanh, log = np.tanh, np.log


def attention(q: Pass) -> None:
    q.Q, q.k, q.V, q.y = q.draw(3, 4), q.draw(4, 1), q.draw(3, 2), q.draw(2, 1)
    q.s = q.Q @ q.k
    q.p = softmax(q.s)
    q.o = q.V.T @ q.p
    q.L = square(q.o - q.y) / 2


def batch(q: Pass) -> None:
    q.X, q.W1, q.W2, q.D = q.draw(5, 4), q.draw(4, 2), q.draw(2, 3), q.draw(5, 3)
    q.H = tanh(q.X @ q.W1)
    q.Y = q.H @ q.W2
    q.L = square(q.Y - q.D) / 2


def layers(q: Pass) -> None:
    """z_l = W_l a_{l-1} + b_l, a_l = φ(z_l) for l = 1..T, no two layers of the same size; half a squared distance."""
    sizes = (4, 2, 3, 5, 6)
    q.a[0] = q.draw(4, 1)
    for l in range(1, q.T + 1):
        q.W[l], q.b[l] = q.draw(sizes[l], sizes[l - 1]), q.draw(sizes[l], 1)
        q.z[l] = q.W[l] @ q.a[l - 1] + q.b[l]
        q.a[l] = phi(q.z[l])
    q.y = q.draw(sizes[q.T], 1)
    q.J = square(q.a[q.T] - q.y) / 2


def components(q: Pass) -> None:
    q.w, q.b, q.v, q.x, q.y = q.draw(2, 4), q.draw(2), q.draw(3, 2), q.draw(4), q.label(3)[:, 0]
    q.z = np.array([sum(q.w[j, i] * q.x[i] for i in range(4)) + q.b[j] for j in range(2)])
    q.a = phi(q.z)
    q.o = np.array([sum(q.v[k, j] * q.a[j] for j in range(2)) for k in range(3)])
    q.p = np.array([np.exp(q.o[k]) / sum(np.exp(q.o[c]) for c in range(3)) for k in range(3)])
    q.E = -sum(q.y[k] * log(q.p[k]) for k in range(3))


def least_squares(q: Pass) -> None:
    q.X, q.w, q.y = q.draw(3, 2), q.draw(2, 1), q.draw(3, 1)
    q.p = q.X @ q.w
    q.L = square(q.p - q.y) / 3


def members(q: Pass) -> None:
    q.w, q.lam = q.draw(3, 1), q.draw()
    for i in range(1, q.T + 1):
        q.x[i], q.y[i] = q.draw(3, 1), q.draw()
    q.J = q.sum(lambda i: (dot(q.w, q.x[i]) - q.y[i]) ** 2) / (2 * q.T) + q.lam / 2 * square(q.w)


def logistic(q: Pass) -> None:
    q.w, q.x, q.b, q.y = q.draw(3, 1), q.draw(3, 1), q.draw(), q.draw()
    q.z = dot(q.w, q.x) + q.b
    q.a = sigma(q.z)
    q.L = -q.y * log(q.a) - (1 - q.y) * log(1 - q.a)


def names_of_gradients(q: Pass) -> None:
    q.x, q.W1, q.b1, q.W2, q.b2, q.y = q.draw(4, 1), q.draw(2, 4), q.draw(2, 1), q.draw(1, 2), q.draw(1, 1), q.draw()
    q.z1 = q.W1 @ q.x + q.b1
    q.a1 = tanh(q.z1)
    q.z2 = q.W2 @ q.a1 + q.b2
    q.a2 = sigma(q.z2)
    q.L = -(q.y * log(q.a2) + (1 - q.y) * log(1 - q.a2)).sum()


def two_layers(q: Pass) -> None:
    q.x, q.W1, q.b1, q.W2, q.b2, q.y = q.draw(4, 1), q.draw(2, 4), q.draw(2, 1), q.draw(3, 2), q.draw(3, 1), q.label(3)
    q.z1 = q.W1 @ q.x + q.b1
    q.a1 = np.maximum(q.z1, 0)
    q.z2 = q.W2 @ q.a1 + q.b2
    q.p = softmax(q.z2)
    q.L = -dot(q.y, log(q.p))


def batch_mean(q: Pass) -> None:
    q.X, q.Y = q.draw(4, 5), q.draw(3, 5)
    q.W1, q.b1, q.W2, q.b2 = q.draw(2, 4), q.draw(2, 1), q.draw(3, 2), q.draw(3, 1)
    q.Z1 = q.W1 @ q.X + q.b1
    q.A1 = phi(q.Z1)
    q.Z2 = q.W2 @ q.A1 + q.b2
    q.J = square(q.Z2 - q.Y) / 10


def batch_ones(q: Pass) -> None:
    """As `layers`, for seven examples at once."""
    sizes = (4, 2, 3, 5, 6)
    q.A[0] = q.draw(4, 7)
    for l in range(1, q.T + 1):
        q.W[l], q.b[l] = q.draw(sizes[l], sizes[l - 1]), q.draw(sizes[l], 1)
        q.Z[l] = q.W[l] @ q.A[l - 1] + q.b[l] @ np.ones((1, 7))
        q.A[l] = phi(q.Z[l])
    q.Y = q.draw(sizes[q.T], 7)
    q.L = square(q.A[q.T] - q.Y) / 14


def batch_rows(q: Pass) -> None:
    q.X, q.Y = q.draw(5, 4), q.draw(5, 3)
    q.W1, q.b1, q.W2, q.b2 = q.draw(4, 2), q.draw(1, 2), q.draw(2, 3), q.draw(1, 3)
    q.Z1 = q.X @ q.W1 + q.b1
    q.A1 = tanh(q.Z1)
    q.Z2 = q.A1 @ q.W2 + q.b2
    q.J = square(q.Z2 - q.Y) / 10


def next_layer(q: Pass) -> None:
    """Layers 1..T+1: z_{l+1} = W_l a_l + b_l."""
    sizes = (0, 4, 2, 3, 5, 6)
    q.a[1] = q.draw(4, 1)
    for l in range(1, q.T + 1):
        q.W[l], q.b[l] = q.draw(sizes[l + 1], sizes[l]), q.draw(sizes[l + 1], 1)
        q.z[l + 1] = q.W[l] @ q.a[l] + q.b[l]
        q.a[l + 1] = phi(q.z[l + 1])
    q.y = q.draw(sizes[q.T + 1], 1)
    q.J = square(q.a[q.T + 1] - q.y) / 2


def between(claim):
    """For the layers that have a z of their own and one above them."""
    return lambda q, g, l: claim(q, g, l) if l > 1 else (0, 0)


def row_classes(q: Pass) -> None:
    q.x, q.y = q.draw(1, 4), q.label(3).T
    q.W1, q.b1, q.W2, q.b2 = q.draw(4, 2), q.draw(1, 2), q.draw(2, 3), q.draw(1, 3)
    q.u = q.x @ q.W1 + q.b1
    q.h = tanh(q.u)
    q.v = q.h @ q.W2 + q.b2
    q.p = softmax(q.v)
    q.E = -dot(q.y, log(q.p))


def row_label(q: Pass) -> None:
    q.x, q.y, q.W, q.b = q.draw(1, 4), q.label(3).T, q.draw(4, 3), q.draw(1, 3)
    q.u = q.x @ q.W + q.b
    q.p = softmax(q.u)
    q.E = -sum(q.y[0, k] * log(q.p[0, k]) for k in range(3))


def samples(q: Pass) -> None:
    q.theta, q.X, q.y = q.draw(3), q.draw(5, 3), q.draw(5)
    p = sigma(q.X @ q.theta)
    q.J = -sum(q.y[i] * log(p[i]) + (1 - q.y[i]) * log(1 - p[i]) for i in range(5)) / 5


def of_samples(q: Pass) -> np.ndarray:
    return sum((sigma(q.X[i] @ q.theta) - q.y[i]) * q.X[i] for i in range(5))


def below_the_top(claim):
    """For l < T only: the layer above the last does not exist, the note has a formula of its own for it."""
    return lambda q, g, l: claim(q, g, l) if l < q.T else (0, 0)


def entries(rows, cols, entry):
    return np.array([[entry(i, j) for j in range(cols)] for i in range(rows)])


LAYERS = {
    "batch_mean": Truth(
        batch_mean,
        {  # dZ is the gradient of one example's loss, so five times that of the mean
            "L5:1": lambda q, g, t: (5 * g.Z2, q.Z2 - q.Y),
            "L6:1": lambda q, g, t: (g.W2, 5 * g.Z2 @ q.A1.T / 5),
            "L7:1": lambda q, g, t: (g.b2, (5 * g.Z2).sum(1, keepdims=True) / 5),
            "L8:1": lambda q, g, t: (5 * g.Z1, q.W2.T @ (5 * g.Z2) * phi_slope(q.Z1)),
            "L9:1": lambda q, g, t: (g.W1, 5 * g.Z1 @ q.X.T / 5),
            "L10:1": lambda q, g, t: (g.W1, 5 * g.Z1 @ q.X.T),
            "L11:1": lambda q, g, t: (g.b1, 5 * g.Z1 @ np.ones((5, 1))),
        },
        "L3:1 L3:2 L3:3 L4:1",
        loss="J",
    ),
    "batch_ones": Truth(
        batch_ones,
        {
            "L8:1": lambda q, g, l: (g.Z[q.T], (q.A[q.T] - q.Y) / 7 * phi_slope(q.Z[q.T])),
            "L9:1": below_the_top(lambda q, g, l: (g.Z[l], q.W[l + 1].T @ g.Z[l + 1] * phi_slope(q.Z[l]))),
            "L10:1": lambda q, g, l: (g.W[l], g.Z[l] @ q.A[l - 1].T),
            "L11:1": lambda q, g, l: (g.b[l], g.Z[l] @ np.ones((7, 1))),
            "L12:1": lambda q, g, l: (g.Z[q.T], (q.A[q.T] - q.Y) * phi_slope(q.Z[q.T])),
        },
        "L5:1 L5:2 L6:1 L7:1",
    ),
    "batch_rows": Truth(
        batch_rows,
        {
            "L7:1": lambda q, g, t: (g.Z2, (q.Z2 - q.Y) / 5),
            "L8:1": lambda q, g, t: (g.W2, q.A1.T @ g.Z2),
            "L9:1": lambda q, g, t: (g.b2, np.ones((1, 5)) @ g.Z2),
            "L10:1": lambda q, g, t: (g.b2, g.Z2.sum(0, keepdims=True)),
            "L11:1": lambda q, g, t: (g.Z1, g.Z2 @ q.W2.T * (1 - q.A1**2)),
            "L12:1": lambda q, g, t: (g.W1, q.X.T @ g.Z1),
            "L13:1": lambda q, g, t: (g.W1, g.Z1.T @ q.X),
            "L14:1": lambda q, g, t: (g.W2, q.A1.T @ g.Z2 / 5),
        },
        "L5:1 L5:2 L5:3 L6:1",
        loss="J",
    ),
    "next_layer": Truth(
        next_layer,
        {
            "L8:1": lambda q, g, l: (g.z[q.T + 1], -(q.y - q.a[q.T + 1]) * phi_slope(q.z[q.T + 1])),
            "L9:1": lambda q, g, l: (g.z[q.T + 1], g.a[q.T + 1] * phi_slope(q.z[q.T + 1])),
            "L10:1": between(lambda q, g, l: (g.z[l], q.W[l].T @ g.z[l + 1] * phi_slope(q.z[l]))),
            "L11:1": lambda q, g, l: (g.W[l], g.z[l + 1] @ q.a[l].T),
            "L11:2": lambda q, g, l: (g.b[l], g.z[l + 1]),
            "L12:1": between(lambda q, g, l: (g.b[l], g.z[l])),
            "L13:1": between(lambda q, g, l: (g.z[l], q.W[l] @ g.z[l + 1] * phi_slope(q.z[l]))),
        },
        "L5:1 L5:2 L6:1",
        loss="J",
    ),
    "row_classes": Truth(
        row_classes,
        {
            "L5:1": lambda q, g, t: (g.v, q.p - q.y),
            "L6:1": lambda q, g, t: (g.W2, q.h.T @ (q.p - q.y)),
            "L7:1": lambda q, g, t: (g.x, ((q.p - q.y) @ q.W2.T * (1 - q.h**2)) @ q.W1.T),
            "L8:1": lambda q, g, t: (g.W1, ((q.p - q.y) @ q.W2.T * (1 - q.h**2)).T @ q.x),
        },
        "L3:1 L3:2 L3:3 L3:4 L4:2",
        loss="E",
    ),
    "row_label": Truth(row_label, {"L4:1": lambda q, g, t: (g.u, q.p - q.y)}, "L3:1 L3:2 L3:3", loss="E"),
    "samples": Truth(
        samples,
        {
            "L5:1": lambda q, g, t: (g.theta, of_samples(q) / 5),
            "L6:1": lambda q, g, t: (g.theta, of_samples(q)),
        },
        "L3:1 L4:1",
        loss="J",
    ),
    "attention": Truth(
        attention,
        {
            "L5:1": lambda q, g, t: (g.p, q.V @ (q.o - q.y)),
            "L6:1": lambda q, g, t: (g.s, (np.diag(q.p[:, 0]) - q.p @ q.p.T) @ q.V @ (q.o - q.y)),
            "L7:1": lambda q, g, t: (g.s, (np.diag(q.p[:, 0]) - q.p @ q.p.T) @ q.V.T @ (q.o - q.y)),
        },
        "L3:1 L3:2 L3:3 L4:1",
    ),
    "batch": Truth(
        batch,
        {
            "L4:1": lambda q, g, t: (g.W2, q.H.T @ (q.Y - q.D)),
            "L5:1": lambda q, g, t: (g.W1, q.X.T @ ((q.Y - q.D) @ q.W2.T * (1 - q.H * q.H))),
            "L6:1": lambda q, g, t: (g.W2, (q.Y - q.D).T @ q.H),
        },
        "L3:1 L3:2 L3:3",
    ),
    "bold_layers": Truth(
        layers,
        {
            "L6:1": lambda q, g, l: (g.z[q.T], (q.a[q.T] - q.y) * phi_slope(q.z[q.T])),
            "L7:1": below_the_top(lambda q, g, l: (g.z[l], q.W[l + 1].T @ g.z[l + 1] * phi_slope(q.z[l]))),
            "L8:1": lambda q, g, l: (g.b[l], g.z[l]),
            "L8:2": lambda q, g, l: (g.W[l], g.z[l] @ q.a[l - 1].T),
            "L9:1": below_the_top(lambda q, g, l: (g.z[l], q.W[l + 1] @ g.z[l + 1] * phi_slope(q.z[l]))),
        },
        "L3:1 L3:2 L4:1 L5:1",
        loss="J",
    ),
    "components": Truth(
        components,
        {
            "L6:1": lambda q, g, t: (g.o, q.p - q.y),
            "L8:1": lambda q, g, t: (g.v, entries(3, 2, lambda k, j: (q.p[k] - q.y[k]) * q.a[j])),
            "L9:1": lambda q, g, t: (
                g.z, np.array([phi_slope(q.z[j]) * sum((q.p[k] - q.y[k]) * q.v[k, j] for k in range(3)) for j in range(2)])),
            "L10:1": lambda q, g, t: (g.w, entries(2, 4, lambda j, i: g.z[j] * q.x[i])),
            "L11:1": lambda q, g, t: (g.w[:, :2], entries(2, 2, lambda j, i: g.z[i] * q.x[j])),  # where both are there
        },
        "L3:1 L3:2 L4:1 L4:2 L5:1 L7:1",
        loss="E",
    ),
    "layers_in_brackets": Truth(
        layers,
        {
            "L8:1": lambda q, g, l: (g.z[q.T], (q.a[q.T] - q.y) * phi_slope(q.z[q.T])),
            "L9:1": below_the_top(lambda q, g, l: (g.z[l], q.W[l + 1].T @ g.z[l + 1] * phi_slope(q.z[l]))),
            "L10:1": lambda q, g, l: (g.W[l], g.z[l] @ q.a[l - 1].T),
            "L11:1": lambda q, g, l: (g.b[l], g.z[l]),
            "L12:1": lambda q, g, l: (g.W[l], q.a[l - 1] @ g.z[l].T),
        },
        "L5:1 L5:2 L6:1 L7:1",
        loss="J",
    ),
    "least_squares": Truth(
        least_squares,
        {"L5:1": lambda q, g, t: (g.w, 2 / 3 * q.X.T @ (q.X @ q.w - q.y))},
        "L3:1 L4:1",
    ),
    "members": Truth(
        members,
        {
            "L4:1": lambda q, g, t: (g.w, q.sum(lambda i: (dot(q.w, q.x[i]) - q.y[i]) * q.x[i]) / q.T + q.lam * q.w),
            "L5:1": lambda q, g, t: (
                g.w,
                (q.sum(lambda i: q.x[i] @ q.x[i].T) / q.T + q.lam * np.eye(3)) @ q.w - q.sum(lambda i: q.y[i] * q.x[i]) / q.T,
            ),
            "L6:1": lambda q, g, t: (g.w, q.sum(lambda i: (dot(q.w, q.x[i]) - q.y[i]) * q.x[i]) / q.T),
            "L7:1": lambda q, g, t: (g.w, q.sum(lambda i: (dot(q.w, q.x[i]) - q.y[i]) * q.x[i]) + q.lam * q.w),
        },
        "L3:1",
        loss="J",
    ),
    "logistic": Truth(
        logistic,
        {
            "L4:1": lambda q, g, t: (g.w, (q.a - q.y) * q.x),
            "L5:1": lambda q, g, t: (g.b, q.a - q.y),
            "L6:1": lambda q, g, t: (g.w, (q.a - q.y) * q.x.T),
        },
        "L3:1 L3:2 L3:3",
    ),
    "names_of_gradients": Truth(
        names_of_gradients,
        {
            "L5:1": lambda q, g, t: (g.z2, q.a2 - q.y),
            "L6:1": lambda q, g, t: (g.W2, g.z2 @ q.a1.T),
            "L7:1": lambda q, g, t: (g.b2, g.z2),
            "L8:1": lambda q, g, t: (g.z1, q.W2.T @ g.z2 * (1 - q.a1**2)),
            "L9:1": lambda q, g, t: (g.W1, g.z1 @ q.x.T),
            "L10:1": lambda q, g, t: (g.z1, q.W2 @ g.z2 * (1 - q.a1)),
        },
        "L3:1 L3:2 L3:3 L3:4 L4:1",
    ),
    "two_layers": Truth(
        two_layers,
        {
            "L5:1": lambda q, g, t: (g.z2, q.p - q.y),
            "L6:1": lambda q, g, t: (g.W2, (q.p - q.y) @ q.a1.T),
            "L7:1": lambda q, g, t: (g.W1, (q.W2.T @ (q.p - q.y) * (q.z1 > 0)) @ q.x.T),
            "L8:1": lambda q, g, t: (g.b1, q.W2 @ (q.p - q.y) * (q.z1 > 0)),
        },
        "L3:1 L3:2 L3:3 L3:4 L4:1",
        central=True,
    ),
}  # fmt: skip
