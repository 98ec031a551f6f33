"""The notes about gates under tests/notes as numbers: their forward passes and their claims, written by hand."""

from __future__ import annotations

import numpy as np
from truth_passes import Pass, Truth, dot, phi, sigma, softmax, square

tanh, log = np.tanh, np.log


def gru(q: Pass) -> None:
    for name in ("Wr", "Wz", "W"):
        setattr(q, name, q.draw(2, 3))
    for name in ("Ur", "Uz", "U"):
        setattr(q, name, q.draw(2, 2))
    q.br, q.bz, q.b, q.h[0] = q.draw(2, 1), q.draw(2, 1), q.draw(2, 1), np.zeros((2, 1))
    for t in range(1, q.T + 1):
        q.x[t], q.y[t] = q.draw(3, 1), q.draw(2, 1)
        q.r[t] = sigma(q.Wr @ q.x[t] + q.Ur @ q.h[t - 1] + q.br)
        q.z[t] = sigma(q.Wz @ q.x[t] + q.Uz @ q.h[t - 1] + q.bz)
        q.n[t] = tanh(q.W @ q.x[t] + q.U @ (q.r[t] * q.h[t - 1]) + q.b)
        q.h[t] = (1 - q.z[t]) * q.h[t - 1] + q.z[t] * q.n[t]
    q.J = q.sum(lambda t: square(q.h[t] - q.y[t])) / 2


def lstm_gates(q: Pass) -> None:
    for gate in "ifgo":
        for name, *shape in (("Wx", 2, 4), ("Wh", 2, 2), ("b", 2, 1)):
            setattr(q, name + gate, q.draw(*shape))
    q.Whz, q.bz, q.h[0], q.c[0] = q.draw(3, 2), q.draw(3, 1), np.zeros((2, 1)), np.zeros((2, 1))
    for t in range(1, q.T + 1):
        q.x[t], q.y[t] = q.draw(4, 1), q.label(3)
        q.i[t] = sigma(q.Wxi @ q.x[t] + q.Whi @ q.h[t - 1] + q.bi)
        q.f[t] = sigma(q.Wxf @ q.x[t] + q.Whf @ q.h[t - 1] + q.bf)
        q.g[t] = tanh(q.Wxg @ q.x[t] + q.Whg @ q.h[t - 1] + q.bg)
        q.o[t] = sigma(q.Wxo @ q.x[t] + q.Who @ q.h[t - 1] + q.bo)
        q.c[t] = q.f[t] * q.c[t - 1] + q.i[t] * q.g[t]
        q.h[t] = q.o[t] * tanh(q.c[t])
        q.z[t] = q.Whz @ q.h[t] + q.bz
        q.p[t] = softmax(q.z[t])
    q.L = q.sum(lambda t: -dot(q.y[t], log(q.p[t])))


def lstm_joined(q: Pass) -> None:
    for gate in "fico":
        setattr(q, "W" + gate, q.draw(2, 6))
        setattr(q, "b" + gate, q.draw(2, 1))
    q.V, q.by, q.h[0], q.c[0] = q.draw(3, 2), q.draw(3, 1), np.zeros((2, 1)), np.zeros((2, 1))
    for t in range(1, q.T + 1):
        q.x[t], q.y[t] = q.draw(4, 1), q.label(3)
        joined = np.concatenate([q.h[t - 1], q.x[t]])
        q.f[t] = sigma(q.Wf @ joined + q.bf)
        q.i[t] = sigma(q.Wi @ joined + q.bi)
        q.n[t] = tanh(q.Wc @ joined + q.bc)
        q.c[t] = q.f[t] * q.c[t - 1] + q.i[t] * q.n[t]
        q.o[t] = sigma(q.Wo @ joined + q.bo)
        q.h[t] = q.o[t] * tanh(q.c[t])
        q.p[t] = softmax(q.V @ q.h[t] + q.by)
    q.L = -q.sum(lambda t: dot(q.y[t], log(q.p[t])))


def lstm_by_code(q: Pass) -> None:
    """do_t and its like are the gradients in front of the functions, here q.ao and so on; any loss of h_t."""
    for gate in "fioc":
        setattr(q, "W" + gate, q.draw(2, 6))
        setattr(q, "b" + gate, q.draw(2, 1))
    q.h[0], q.c[0] = np.zeros((2, 1)), np.zeros((2, 1))
    for t in range(1, q.T + 1):
        q.x[t] = q.draw(4, 1)
        joined = np.concatenate([q.h[t - 1], q.x[t]])
        q.af[t], q.ai[t], q.ao[t] = q.Wf @ joined + q.bf, q.Wi @ joined + q.bi, q.Wo @ joined + q.bo
        q.f[t], q.i[t], q.o[t] = sigma(q.af[t]), sigma(q.ai[t]), sigma(q.ao[t])
        q.ac[t] = q.Wc @ joined + q.bc
        q.n[t] = tanh(q.ac[t])
        q.c[t] = q.f[t] * q.c[t - 1] + q.i[t] * q.n[t]
        q.h[t] = q.o[t] * tanh(q.c[t])
    q.L = q.sum(lambda t: phi(q.h[t]).sum())


def two_senses(q: Pass) -> None:
    q.A, q.B, q.a, q.h[0] = q.draw(2, 2), q.draw(2, 2), q.draw(2, 1), np.zeros((2, 1))
    for t in range(1, q.T + 1):
        q.x[t] = q.draw(2, 1)
        q.g[t] = tanh(q.A @ q.x[t] + q.B @ q.h[t - 1] + q.a)
        q.h[t] = q.g[t] * q.x[t]
    q.L = q.sum(lambda t: phi(q.h[t]).sum())


GATED = {
    "gru": Truth(
        gru,
        {
            "L12:1": lambda q, g, t: (sigma(q.br + 1e-30j).imag / 1e-30, sigma(q.br) * (1 - sigma(q.br))),
            "L13:1": lambda q, g, t: (g.n[t], g.h[t] * q.z[t]),
            "L14:1": lambda q, g, t: (g.z[t], g.h[t] * (q.n[t] - q.h[t - 1])),
            "L15:1": lambda q, g, t: (g.b, q.sum(lambda t: g.h[t] * q.z[t] * (1 - q.n[t] ** 2))),
            "L16:1": lambda q, g, t: (g.U, q.sum(lambda t: (g.h[t] * q.z[t] * (1 - q.n[t] ** 2)) @ q.h[t - 1].T)),
        },
        "L6:1 L7:1 L8:1 L9:1 L10:1",
        loss="J",
    ),
    "lstm_gates": Truth(
        lstm_gates,
        {
            "L8:1": lambda q, g, t: (g.z[t], q.p[t] - q.y[t]),
            "L9:1": lambda q, g, t: (g.Whz, q.sum(lambda t: (q.p[t] - q.y[t]) @ q.h[t].T)),
            "L10:1": lambda q, g, t: (g.g[t], g.c[t] * q.i[t]),
            "L11:1": lambda q, g, t: (g.Wxf, q.sum(lambda t: (g.c[t] * q.c[t - 1] * q.f[t] * (1 - q.f[t])) @ q.x[t].T)),
            "L12:1": lambda q, g, t: (g.Whf, q.sum(lambda t: (g.c[t] * q.c[t - 1] * q.f[t] * (1 - q.f[t])) @ q.h[t].T)),
        },
        "L3:1 L3:2 L4:1 L4:2 L5:1 L5:2 L6:1 L6:2 L7:1 L7:2",
    ),
    "lstm_joined": Truth(
        lstm_joined,
        {
            "L13:1": lambda q, g, t: (sigma(q.bf + 1e-30j).imag / 1e-30, sigma(q.bf) * (1 - sigma(q.bf))),
            "L14:1": lambda q, g, t: (g.o[t], g.h[t] * tanh(q.c[t])),
            "L15:1": lambda q, g, t: (g.V, q.sum(lambda t: (q.p[t] - q.y[t]) @ q.h[t].T)),
            "L16:1": lambda q, g, t: (g.f[t], g.c[t] * q.c[t - 1]),
            "L17:1": lambda q, g, t: (g.i[t], g.c[t] * q.c[t - 1]),
            "L18:1": lambda q, g, t: (g.bf, q.sum(lambda t: g.f[t] * q.f[t] * (1 - q.f[t]))),
        },
        "L5:1 L6:1 L7:1 L8:1 L9:1 L10:1 L11:1 L12:1",
    ),
    "lstm_by_code": Truth(
        lstm_by_code,
        {
            "L8:1": lambda q, g, t: (g.ao[t], g.h[t] * tanh(q.c[t]) * q.o[t] * (1 - q.o[t])),
            "L9:1": lambda q, g, t: (g.af[t], g.c[t] * q.c[t - 1] * q.f[t] * (1 - q.f[t])),
            "L10:1": lambda q, g, t: (g.ac[t], g.c[t] * q.i[t] * (1 - q.n[t] ** 2)),
            "L11:1": lambda q, g, t: (g.bo, q.sum(lambda t: g.ao[t])),
            "L12:1": lambda q, g, t: (g.ai[t], g.c[t] * q.n[t - 1] * q.i[t] * (1 - q.i[t]) if t > 1 else g.ai[t]),
        },
        "L3:1 L3:2 L3:3 L4:1 L5:1 L6:1",
    ),
    "two_senses": Truth(
        two_senses,
        {
            "L4:1": lambda q, g, t: (g.g[t], g.h[t] * q.x[t]),
            "L5:1": lambda q, g, t: (g.a, q.sum(lambda t: g.g[t])),
            "L6:1": lambda q, g, t: (g.a, q.sum(lambda t: g.g[t] * (1 - q.g[t] ** 2))),
        },
        "L3:1 L3:2",
    ),
}  # fmt: skip
