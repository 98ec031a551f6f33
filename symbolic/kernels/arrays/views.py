"""Views of arrays as text, each made once: those of the workspace when it is made, those of the caller's arrays per call."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from ..program import Leg
from ..schedule import NotWritten, Steps
from .calls import Constant, Ones, Operand, Register, View, root

SHIFTS = {-1: "was", 1: "next"}
"""Rows that stand earlier or later."""
STEP = {0: "t", -1: "before", 1: "after"}
"""One step of a loop."""


def length(leg: Leg) -> str:
    return f"({total(leg)})" if isinstance(leg, tuple) else str(leg)


def total(legs: tuple[str | int, ...]) -> str:
    """The sum of some legs."""
    counts = Counter(legs)
    return " + ".join(f"{n} * {leg}" if n > 1 else str(leg) for leg, n in counts.items()) or "0"


def count(steps: Steps | None) -> str:
    """How many samples of how many steps."""
    if steps is None:
        return "B"
    less = steps.skip + steps.stop
    return f"(T - {less}) * B" if less else "T * B"


def _parts(leg: Leg) -> tuple[str | int, ...]:
    return leg if isinstance(leg, tuple) else (leg,)


@dataclass
class Views:
    """The names of views: `made` in the workspace and `called` at every call, name -> expression."""

    registers: dict[str, Register]
    home: dict[str, str]
    made: dict[str, str] = field(default_factory=dict)
    called: dict[str, str] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    """Lists of the views of all steps in the workspace, name -> expression."""

    def text(self, v: Operand) -> str:
        """The view in a line outside of loops, or what is the same for all steps of one."""
        if isinstance(v, Constant):
            return v.name
        if isinstance(v, Ones):
            return self._keep(self.made, self._ones_name(v), self._ones(v))
        g = self.registers[v.register]
        if v.register.endswith(" as columns"):
            return f"{self.text(View(v.register[:-11], 'matrix'))}[:, None]"
        expression = self.expression(v)
        if g.fresh:
            return expression
        name = self.name(v.register) + self._suffix(v, g)
        return self._keep(self.called if g.given else self.made, name, expression)

    def _keep(self, table: dict[str, str], name: str, expression: str) -> str:
        if name == expression and table is self.called:
            return name
        while table.get(name, expression) != expression:
            name += "_"
        table[name] = expression
        return name

    def name(self, register: str) -> str:
        return register

    def array(self, register: str) -> str:
        """The array in which a register lives."""
        own = root(self.registers, register)
        g = self.registers[own]
        return own if g.given or g.fresh else f"{self.home.get(own, own)}_array"

    def part(self, register: str) -> list[str]:
        """Where a block lies along the axes of entries of its array; nothing for what has an array of its own."""
        g = self.registers[register]
        if not g.inside:
            return []
        spans: list[tuple[tuple[str | int, ...], tuple[str | int, ...] | None]] = [((), _parts(leg)) for leg in g.legs]
        while g.inside:
            parent, axis, first = g.inside
            legs = _parts(self.registers[parent].legs[axis])
            if len(self.registers[parent].legs) > len(g.legs):
                spans.insert(axis, ((), None))
            before, own = spans[axis]
            spans[axis] = ((*legs[:first], *before), own)
            g = self.registers[parent]
        texts = []
        for (before, own), leg in zip(spans, g.legs, strict=True):
            if own is None:
                texts.append(total(before))
            else:
                texts.append(":" if not before and own == _parts(leg) else f"{total(before)}:{total((*before, *own))}")
        return texts

    def _in_blocks(self, v: View) -> str:
        """The view with an axis of blocks, or with one of length 1 in its place."""
        a, g = self.array(v.register), self.registers[v.register]
        owner = self.registers[root(self.registers, v.register)]
        lead = 1 + owner.time
        if v.blocks == "middle":
            at = self.part(v.register)
            inner = f"{a}[..., {at[0]}]" if at else a
            found = f"{inner}[{':, ' * lead}None]"
        else:
            legs = _parts(g.legs[0])
            if len(set(legs)) > 1:
                raise NotWritten(f"the blocks of {v.register} have different lengths")
            at = self.part(v.register)
            inner = f"{a}[..., {at[0]}]" if at else a
            found = f"{inner}.reshape({'-1, ' if owner.time else ''}B, {len(legs)}, {legs[0]})"
        if v.form == "at":
            return f"{found}[{v.low}]"
        return f"single({found})" if v.looped else found

    def expression(self, v: View) -> str:
        g, a = self.registers[v.register], self.array(v.register)
        turn = ".T" if v.turned else ""
        if v.blocks:
            return self._in_blocks(v)
        at = self.part(v.register)
        if at:
            if v.form == "flat" or (not g.legs and g.batch):
                raise NotWritten(f"{v.register} has no place of its own")
            if not g.time and not g.batch:
                return f"{a}[{', '.join(at)}]{turn}"
            if v.form == "rows":
                rows = replace(v, register=root(self.registers, v.register), turned=False)
                return f"{self.expression(rows)}[:, {at[0]}]{turn}"
            a = f"{a}[..., {at[0]}]"
        if v.form in ("plain", "matrix"):
            if v.looped and g.batch and (g.legs or v.column):
                return f"single({a}[:, None])" if v.column else f"single({a})"
            return f"{a}[:, None]" if v.column else a + turn
        if v.form == "at":
            found = f"{a}[{v.low}]{'[:, None]' if v.column else ''}{turn}"
            least = (-v.low if v.low < 0 else v.low + 1) - g.before - g.after
            return found if least < 2 else f"{found} if T >= {least} else None"
        whole = v.low == 0 and -v.high == g.before + g.after
        end = f"T - {v.high}" if v.high > 0 else f"T + {-v.high}" if v.high < 0 else "T"
        cut = a if whole else f"{a}[{v.low or ''}:{end}]"
        if v.form == "cube":
            return f"{cut}[..., None]" if v.column else cut
        if v.form == "flat":
            return f"{cut}.reshape(-1)"
        if not g.batch:
            return cut + turn
        last = "-1, 1" if v.column else f"-1, {length(g.legs[0])}" if g.legs else "-1"
        if g.given and g.legs:
            last = f"-1, {a}.shape[-1]"
        return f"{cut}.reshape({last}){turn}"

    def _suffix(self, v: View, g: Register) -> str:
        parts = []
        if v.form in ("plain", "matrix"):
            parts += ["T"] if v.turned else []
            parts += ["one"] if v.looped and g.batch else []
        elif v.form == "at":
            parts.append({-1: "last", 0: "first"}.get(v.low, f"at_{v.low}".replace("-", "m")))
        else:
            parts += [] if v.form == "rows" else [v.form]
            parts += ["all"] if -v.high == g.before and g.before else []
            shift = v.low - g.before
            whole = v.low == 0 and -v.high == g.before
            parts += [SHIFTS.get(shift, f"t{shift}".replace("-", "m"))] if shift and not whole else []
            parts += [f"less{v.low + v.high}"] if v.low + v.high else []
            parts += ["T"] if v.turned else []
        parts += ["column"] if v.column else []
        parts += [v.blocks] if v.blocks else []
        return "".join(f"_{p}" for p in parts)

    def _ones_name(self, v: Ones) -> str:
        told = count(v.steps) if v.leg is None else length(v.leg)
        return "ones_" + "".join(c if c.isalnum() else "_" for c in told).strip("_")

    def _ones(self, v: Ones) -> str:
        return f"np.ones({count(v.steps) if v.leg is None else length(v.leg)}, dtype)"

    def stepped(self, v: View) -> tuple[str, str]:
        """The name of a view of one step, and the list of such views for the steps 0 .. T - 1 of the loop's own."""
        g = self.registers[v.register]
        shift = v.low - g.before
        ending = f"{'_column' if v.column else ''}{f'_{v.blocks}' if v.blocks else ''}"
        name = f"{v.register}_{STEP.get(shift, f'at{shift}'.replace('-', 'm'))}{ending}"
        array, at = self.array(v.register), self.part(v.register)
        listed = f"{v.register if at else array}_steps{ending}"
        part = f"{array}[..., {at[0]}]" if at else array
        whole = self._in_blocks(replace(v, form="plain")) if v.blocks else part
        column = "[..., None]" if v.column else ""
        numbers = not g.legs and not v.column  # one number per sample is no array any more without its axis
        self.lists[listed] = f"list({whole})" if numbers else f"steps({whole}{column})"
        return name, listed
