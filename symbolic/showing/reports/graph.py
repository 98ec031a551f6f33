r"""The computation graph of a forward system as SVG, unrolled over the steps t - 1, t and t + 1.

A node is a quantity at a step, with the weights that its equation uses written below its name; an arrow leads from a quantity
to what is computed from it.  Inside a step what is computed later stands higher: a node's level is the longest path to it
from an input.  Quantities without the time index (the loss of the whole sequence) stand once, above all steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sympy.core.basic import Basic

from ...language import Var, affine
from ...language.indices import IndexError_
from ...model import Equation, Family, Model
from ..text import plain, text
from .page import words

MOST = 24
"""More quantities than this at one step make no picture; their equations are listed anyway."""

STEPS = (-1, 0, 1)
WIDE, HIGH, GAP, FAR, ROW = 62, 46, 14, 56, 98
"""Width and height of a node, gap between nodes, gap between steps, distance of levels."""


@dataclass(frozen=True)
class Arrow:
    """From `source` at step + `offset` to `target`; far: from a fixed step (the last one, say)."""

    source: str
    target: str
    offset: int = 0
    far: bool = False


def graph(model: Model) -> str:
    """The picture, or "" where the model has too many quantities for one."""
    shown = [f for f in model.families.values() if f.role != "weight"]
    if not shown or len(shown) > MOST:
        return ""
    arrows = [a for e in model.equations for a in _arrows(model, e)]
    levels = _levels(model, shown, arrows)
    try:
        return _Picture(model, shown, arrows, levels).svg()
    except ValueError:  # a quantity has no name at another step
        return ""


def _variables(term: Basic) -> Iterator[Var]:
    stack = [term]
    seen = set()
    while stack:
        node = stack.pop()
        if isinstance(node, Var):
            if node not in seen:
                seen.add(node)
                yield node
            continue
        stack.extend(reversed(node.args))


def _is_timed(model: Model, family: Family) -> bool:
    return bool(model.time and any(i.symbol == model.time.symbol for i in family.indices))


def _arrows(model: Model, equation: Equation) -> Iterator[Arrow]:
    target = model.families[equation.left.name]
    for variable in _variables(equation.right):
        family = model.families.get(variable.name)
        if family is None or family.role == "weight":
            continue
        offset, far = _offset(model, family, variable)
        yield Arrow(family.name, target.name, offset, far)


def _offset(model: Model, family: Family, variable: Var) -> tuple[int, bool]:
    """How many steps later than the left side's step a variable stands, or that it stands at a fixed step."""
    for index, at in zip(family.indices, variable.indices, strict=True):
        if model.time is not None and index.symbol == model.time.symbol:
            try:
                point, offset = affine(at)
            except IndexError_:
                return 0, True
            fixed = point is None or point == index.upper
            return (0, True) if fixed else (offset, False)
    return 0, False


def _levels(model: Model, shown: list[Family], arrows: list[Arrow]) -> dict[str, int]:
    """The longest path inside one step; leaves stand just below the first quantity that uses them."""
    levels = {f.name: 0 for f in shown}
    for _ in range(len(shown)):
        changed = False
        for a in arrows:
            if a.offset == 0 and a.source in levels and a.target in levels and levels[a.target] <= levels[a.source]:
                if levels[a.source] + 1 > len(shown):
                    continue
                levels[a.target], changed = levels[a.source] + 1, True
        if not changed:
            break
    for family in shown:
        users = [levels[a.target] for a in arrows if a.source == family.name and a.target in levels]
        if model.equation(family.name) is None and users:
            levels[family.name] = max(min(users) - 1, 0)
    top = max((levels[f.name] for f in shown if _is_timed(model, f)), default=-1)
    for family in shown:
        if not _is_timed(model, family) and model.equation(family.name) is not None and model.time is not None:
            levels[family.name] = max(levels[family.name], top + 1)
    return levels


class _Picture:
    """Places of the nodes, and the drawing."""

    def __init__(self, model: Model, shown: list[Family], arrows: list[Arrow], levels: dict[str, int]):
        self.model, self.shown, self.arrows, self.levels = model, shown, arrows, levels
        self.timed = [f for f in shown if _is_timed(model, f)]
        self.single = [f for f in shown if not _is_timed(model, f)]
        self.steps = STEPS if self.timed else ()
        rows: dict[int, list[Family]] = {}
        for family in self.timed:
            rows.setdefault(levels[family.name], []).append(family)
        self.rows = rows
        letters = [max(6 * wide(self._under(f)), 8 * wide(self._name(f, 1))) for f in shown]
        self.node = max(WIDE, 16 + max(letters))
        most = max((len(r) for r in rows.values()), default=0)
        self.column = most * self.node + (most - 1) * GAP if most else 0
        singles: dict[int, list[Family]] = {}
        for family in self.single:
            singles.setdefault(levels[family.name], []).append(family)
        widest = max((len(r) * self.node + (len(r) - 1) * GAP for r in singles.values()), default=0)
        inner = len(self.steps) * self.column + max(len(self.steps) - 1, 0) * FAR
        self.margin = FAR if self.steps else GAP
        self.width = max(inner, widest) + 2 * self.margin
        self.top = max(levels.values())
        self.height = (self.top + 1) * ROW - (ROW - HIGH) + 24 + (22 if self.steps else 0)
        self.places: dict[tuple[str, int], tuple[float, float]] = {}
        for k, step in enumerate(self.steps):
            left = (self.width - inner) / 2 + k * (self.column + FAR)
            for level, families in rows.items():
                self._row(families, level, left + self.column / 2, step)
        for level, families in singles.items():
            self._row(families, level, self.width / 2, 0)

    def _row(self, families: list[Family], level: int, middle: float, step: int) -> None:
        whole = len(families) * self.node + (len(families) - 1) * GAP
        for k, family in enumerate(families):
            x = middle - whole / 2 + k * (self.node + GAP) + self.node / 2
            self.places[family.name, step] = (x, 12 + (self.top - level) * ROW + HIGH / 2)

    def _name(self, family: Family, step: int) -> str:
        time = self.model.time
        letters = [i.symbol + step if time and i.symbol == time.symbol else i.symbol for i in family.indices]
        return text(family.at(*letters), self.model)

    def _under(self, family: Family) -> str:
        equation = self.model.equation(family.name)
        if equation is None:
            return family.role
        used = [v.name for v in _variables(equation.right) if v.name in self.model.families]
        weights = [plain(self.model.families[n].latex) for n in dict.fromkeys(used) if self.model.families[n].role == "weight"]
        return ", ".join(weights) or ("loss" if family.role == "loss" else "")

    def svg(self) -> str:
        names = ", ".join(self._name(f, 0) for f in self.shown)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:.0f} {self.height:.0f}" role="img" '
            f'width="{self.width:.0f}" height="{self.height:.0f}"><title>Computation graph of {words(names)}</title>',
            *(line for arrow in self.arrows for line in self._arrow(arrow)),
            *(self._node(f, step) for f in self.shown for step in (self.steps if f in self.timed else (0,))),
        ]
        if self.model.time and self.steps:
            for step in self.steps:
                middle = sum(self.places[f.name, step][0] for f in self.timed) / len(self.timed)
                shown = text(self.model.time.symbol + step) if step else text(self.model.time.symbol)
                parts.append(_text("step", middle, self.height - 6, f"step {words(shown)}"))
        return "".join(parts) + "</svg>"

    def _node(self, family: Family, step: int) -> str:
        x, y = self.places[family.name, step]
        left, top = x - self.node / 2, y - HIGH / 2
        under = self._under(family)
        name = scripted(self._name(family, step))
        below = _text("under", x, y + 15, scripted(under, 9)) if under else ""
        return (
            f'<g class="{words(family.role)}"><rect x="{left:.0f}" y="{top:.0f}" width="{self.node:.0f}" height="{HIGH}" '
            f'rx="9"/>{_text("quantity", x, y - 4 if under else y + 5, name)}{below}</g>'
        )

    def _arrow(self, arrow: Arrow) -> Iterator[str]:
        many = (arrow.source, STEPS[0]) in self.places and (arrow.target, STEPS[0]) in self.places
        if arrow.source not in self.levels or arrow.target not in self.levels:
            return
        for step in self.steps or (0,):
            source, target = (arrow.source, step + arrow.offset), (arrow.target, step)
            if not many:  # to or from what stands once
                source = (arrow.source, step) if (arrow.source, step) in self.places else (arrow.source, 0)
                target = (arrow.target, step) if (arrow.target, step) in self.places else (arrow.target, 0)
            if arrow.far and (arrow.source, STEPS[-1]) in self.places:
                source = (arrow.source, STEPS[-1])
            if source in self.places and target in self.places:
                yield _curve(*self.places[source], *self.places[target], self.node, source[1] != target[1] and many, arrow.far)
            elif target in self.places:  # it comes from a step that is not shown
                x, y = self.places[target]
                side = -1 if arrow.offset < 0 else 1
                if len(self.rows.get(self.levels[arrow.target], ())) > 1:
                    yield _curve(x + side * (self.node + 10), y - HIGH - 10, x, y, self.node, True, True)
                else:
                    yield _curve(x + side * (self.node / 2 + FAR), y, x, y, self.node, True, True)
            if not many and (source[1], target[1]) == (0, 0) and not self.steps:
                return
            if arrow.far:
                return


def _text(kind: str, x: float, y: float, inner: str) -> str:
    return f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}" text-anchor="middle">{inner}</text>'


def _curve(x0: float, y0: float, x1: float, y1: float, node: float, over: bool, far: bool) -> str:
    """An arrow: up inside a step, sideways from one step to another."""
    kind = "over" if over else "edge"
    if over:
        side = 1 if x1 > x0 else -1
        a, b, c, d = x0 + side * node / 2, y0, x1 - side * (node / 2 + 7), y1
        bend = max(abs(c - a) / 2, 12)
        path = f"M{a:.0f} {b:.0f}C{a + side * bend:.0f} {b:.0f} {c - side * bend:.0f} {d:.0f} {c:.0f} {d:.0f}"
        head = f"M{c + side * 7:.0f} {d:.0f}l{-side * 8} -4v8z"
        if y0 < y1:  # from above: past the nodes beside it, into its upper edge
            c, d = x1 - side * node / 4, y1 - HIGH / 2 - 7
            path = f"M{a:.0f} {b:.0f}C{a + side * bend:.0f} {b:.0f} {c:.0f} {d - 40:.0f} {c:.0f} {d:.0f}"
            head = f"M{c:.0f} {d + 7:.0f}l-4 -8h8z"
    else:
        a, b, c, d = x0, y0 - HIGH / 2, x1, y1 + HIGH / 2 + 7
        if y1 >= y0:  # on one level, or back down
            side = 1 if x1 > x0 else -1
            a, b, c, d = x0 + side * node / 2, y0, x1 - side * (node / 2 + 7), y1
            path, head = f"M{a:.0f} {b:.0f}L{c:.0f} {d:.0f}", f"M{c + side * 7:.0f} {d:.0f}l{-side * 8} -4v8z"
        else:
            bend = (b - d) / 2
            path = f"M{a:.0f} {b:.0f}C{a:.0f} {b - bend:.0f} {c:.0f} {d + bend:.0f} {c:.0f} {d:.0f}"
            head = f"M{c:.0f} {d - 7:.0f}l-4 8h8z"
    far_class = " far" if far else ""
    return f'<path class="edge {kind}{far_class}" d="{path}"/><path class="{"over-head" if over else "head"}" d="{head}"/>'


_PART = re.compile(r"([_^])(\{[^{}]*\}|\([^()]*\)|.)|([^_^]+|.)", re.DOTALL)


def wide(name: str) -> float:
    """About how many letters wide a name is, with its scripts in small letters."""
    return sum(len(body) or 0.7 * (len(script) - 2 * script.startswith("{")) for _, script, body in _PART.findall(name))


def scripted(name: str, small: int = 11) -> str:
    """A name such as h_{t−1} or a_t^(in) as spans of SVG text, with its scripts lowered and raised.

    >>> scripted("h_{t−1}")
    '<tspan class="name">h</tspan><tspan dy="4" font-size="11">t−1</tspan>'
    """
    parts, level = [], 0
    for mark, script, body in _PART.findall(name):
        if body:
            shift = f' dy="{-level}"' if level else ""
            parts.append(f'<tspan class="name"{shift}>{words(body)}</tspan>')
            level = 0
            continue
        wanted = 4 if mark == "_" else -6
        inside = script[1:-1] if script.startswith("{") else script
        parts.append(f'<tspan dy="{wanted - level}" font-size="{small}">{words(inside)}</tspan>')
        level = wanted
    return "".join(parts)
