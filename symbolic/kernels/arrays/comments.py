"""Operations in one line, for the comments of a kernel: h[t] = tanh(a20 + W h[t-1]).

Quantities of the model are written as in the note, intermediate results by their names in the code.
"""

from __future__ import annotations

from ..formula import harmless
from ..program import Buffer, Call, Const, Contract, Load, Product, Row, Simple, Start, Total, Value

LONGEST = 40
"""A formula longer than that is no name."""


def told(o: Simple, buffers: dict[str, Buffer]) -> str:
    """An operation in one line."""

    def text(v: Value) -> str:
        return _text(v, buffers)

    if isinstance(o, Product):
        right = f"{text(o.matrix)}{'ᵀ' if o.turned else ''} {text(o.vector)}"
    elif isinstance(o, Contract):
        right = f"Σ {text(o.left)} {text(o.right)}ᵀ"
    elif isinstance(o, (Row, Total)):
        right = f"{o.fun if isinstance(o, Row) else 'Σ'} {text(o.value)}"
    else:
        right = text(o.value)
        right = right[1:-1] if isinstance(o.value, Call) and o.value.fun in "+*/" else right
    b = buffers[o.out]
    left = harmless(b.told.partition(" = ")[0]) if b.kind == "gradient" and b.told else text(Load(o.out))
    before = " before the first step" if isinstance(o, Start) else ""
    return f"{left}{before} {'+=' if getattr(o, 'add', False) else '='} {right}"


def _text(v: Value, buffers: dict[str, Buffer]) -> str:
    if isinstance(v, Load):
        return _name(v, buffers[v.buffer])
    if isinstance(v, Const):
        return str(v.value)
    if v.fun == "+":
        parts = [_text(a, buffers) for a in v.args]
        joined = "".join(f" - {p[4:].strip()}" if p.startswith("-1 ∘") else f" + {p}" for p in (_bare(p) for p in parts))
        return f"({joined[3:] if joined.startswith(' + ') else joined.strip()})"
    if v.fun in "*/":
        sign = " ∘ " if v.fun == "*" else " / "
        return f"({sign.join(_text(a, buffers) for a in v.args)})"
    if v.fun == "pow":
        return f"{_text(v.args[0], buffers)}^{_text(v.args[1], buffers)}"
    return f"{v.fun}({', '.join(_bare(_text(a, buffers)) for a in v.args)})"


def _bare(text: str) -> str:
    """Without parentheses around the whole, which a sum or an argument does not need."""
    inner = text[1:-1]
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for c in inner:
        depth += (c == "(") - (c == ")")
        if depth < 0:
            return text
    return inner


def _name(r: Load, b: Buffer) -> str:
    at = f"{r.end}{r.shift:+}" if r.end and r.shift else r.end or (f"t{r.shift:+}" if r.shift else "")
    own = b.told if b.told and len(b.told) <= LONGEST and not b.name.startswith("a") and " = " not in b.told else ""
    if not own:
        return f"{b.name}[{at}]" if at else b.name
    own = f"({own})" if " " in own else own
    if r.end:
        return f"{own} at the {r.end} step" + (f" {r.shift:+}" if r.shift else "")
    return harmless(own.replace("]", f"{r.shift:+}]") if r.shift else own)
