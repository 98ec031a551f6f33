"""Arithmetic on pieces of code: sums, products, matrix times vector, for each sample (and step) at once."""

from __future__ import annotations

from collections.abc import Sequence

from .code import ATOM, POWER, PRODUCT, SIGNED, SUM, Code, Compiler, fitted, joined


def plus(codes: Sequence[Code]) -> Code:
    """a + b - c."""
    axes = joined(codes)
    first, *rest = fitted(codes)
    text = first.text
    for c in rest:
        text += f" - {c.text[1:]}" if c.level == SIGNED else f" + {c.inside(PRODUCT)}"
    return Code(text, *axes, SUM if rest else first.level)


def times(codes: Sequence[Code]) -> Code:
    """a * b, signs in front, factors 1 left out."""
    if len(codes) == 1:
        return codes[0]
    axes = joined(codes)
    signs = sum(c.level == SIGNED for c in codes) % 2
    positive = [negated(c) if c.level == SIGNED else c for c in codes]
    parts = [c for c in fitted(positive) if c.text != "1"]
    if len(parts) > 1:
        result = Code(" * ".join(c.inside(POWER if i else PRODUCT) for i, c in enumerate(parts)), *axes, PRODUCT)
    else:
        result = Code(parts[0].text, *axes, parts[0].level) if parts else Code("1", *axes)
    return negated(result) if signs else result


def negated(c: Code) -> Code:
    """-c, and c for -c."""
    if c.level == SIGNED:
        return Code(c.text[1:], *c.axes, PRODUCT if " " in c.text else ATOM)
    return Code(f"-{c.inside(PRODUCT)}", *c.axes, SIGNED)


def dot(a: Code, b: Code) -> Code:
    """aᵀ b for each sample."""
    product = times([a, b])
    return Code(f"({product.text}).sum(axis=-1)", product.time, product.batch, 0)


def transposed(c: Code) -> Code:
    """The matrix transposed for each sample."""
    if c.rank < 2:
        return c
    return Code(f"{c.inside(ATOM)}.{'swapaxes(-1, -2)' if c.time or c.batch else 'T'}", *c.axes)


def outer(a: Code, b: Code) -> Code:
    """a bᵀ for each sample."""
    time, batch, _ = joined([a, b])
    a, b = fitted([a, b])
    return Code(f"{a.inside(ATOM)}[..., :, None] * {b.inside(ATOM)}[..., None, :]", time, batch, 2, PRODUCT)


def times_matrix(k: Compiler, m: Code, v: Code, flip: bool) -> Code:
    """M v (with `flip` Mᵀ v): rows times Wᵀ for a shared matrix, a contraction for a matrix per sample or step."""
    if m.time or m.batch:
        time, batch, _ = joined([m, v])
        matrix, vector = m.inside(ATOM), v.inside(ATOM)
        matrix += "[:, None]" if m.time and not m.batch and v.batch else ""
        vector += "[:, None]" if v.time and not v.batch and m.batch else ""
        letters = "...ji,...j->...i" if flip else "...ij,...j->...i"
        return Code(f'np.einsum("{letters}", {matrix}, {vector})', time, batch, 1)
    if not (v.time or v.batch):
        left = transposed(m) if flip else m
        return Code(f"{left.inside(PRODUCT)} @ {v.inside(POWER)}", rank=1, level=PRODUCT)
    # x Wᵀ for rows x
    turned = m if flip else transposed(m)
    if v.time and v.batch:
        k.used.add("linear")
        return Code(f"linear({v.text}, {turned.text})", True, True, 1)
    return Code(f"{v.inside(PRODUCT)} @ {turned.inside(POWER)}", v.time, v.batch, 1, PRODUCT)
