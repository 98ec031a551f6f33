"""Which registers share an array.

Two registers of the same axes share one if the first is not read any more when the second is computed.  A call entry by
entry may write over what it reads for the last time; so may a loop that reads a register only at its own step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .calls import Line, LoopLines, Register, View, Written, root


def sums_early(written: list[Written], registers: dict[str, Register]) -> list[Written]:
    """Sums over steps and samples as soon as they can be had, so that what they are of need not wait for them."""
    result = list[Written]()
    for w in written:
        at = len(result)
        if isinstance(w, Line) and w.fun == "dot" and _is_plain(registers[w.out.register]):
            read = {root(registers, v.register) for v in _seen(w)}
            while at and not any(root(registers, line.out.register) in read for line in _all(result[at - 1])):
                at -= 1
        result.insert(at, w)
    return result


def _is_plain(g: Register) -> bool:
    """Whether a register is new, and of neither steps nor samples."""
    return g.fresh and not (g.time or g.batch)


def shared_arrays(written: list[Written], registers: dict[str, Register]) -> dict[str, str]:
    """Register -> the register whose array it has, for those of the workspace."""
    spans = _spans(written, registers)
    home: dict[str, str] = {}
    free: list[tuple[int, str]] = []  # (last position of the tenant, array)
    tenant: dict[str, str] = {}
    for i, name, line in _definitions(written, registers):
        g = registers[name]
        if name in home or g.given or g.fresh:
            continue
        home[name] = name
        if g.pinned or g.before or g.after or g.local or not g.batch:
            continue
        for at, (last, array) in enumerate(free):
            old = tenant[array]
            if _alike(registers[old], g) and (last < i or _over(written, registers, line, i, old, name, spans)):
                home[name] = array
                free[at] = (spans[name][1], array)
                tenant[array] = name
                break
        else:
            free.append((spans[name][1], name))
            tenant[name] = name
    _locals(written, registers, home)
    return home


def _alike(a: Register, b: Register) -> bool:
    return (a.time, a.batch, a.legs, a.before, a.after) == (b.time, b.batch, b.legs, b.before, b.after)


def _seen(line: Line) -> list[View]:
    return [v for v in (line.out, *line.args) if isinstance(v, View)]


def _all(w: Written) -> list[Line]:
    return [w] if isinstance(w, Line) else w.lines


def _definitions(written: list[Written], registers: dict[str, Register]) -> Iterator[tuple[int, str, Line]]:
    for i, w in enumerate(written):
        for line in _all(w):
            yield i, root(registers, line.out.register), line


def _spans(written: list[Written], registers: dict[str, Register]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for i, w in enumerate(written):
        for line in _all(w):
            for v in _seen(line):
                own = root(registers, v.register)
                found[own] = (found.get(own, (i, i))[0], i)
    return found


def _over(
    written: list[Written],
    registers: dict[str, Register],
    line: Line,
    i: int,
    old: str,
    new: str,
    spans: dict[str, tuple[int, int]],
) -> bool:
    """Whether `new`, first computed at i, may be written over `old`."""
    last = spans[old][1]
    if last == i and isinstance(written[i], Line):
        return _exact(registers, line, old, new)
    return _step_by_step(written, registers, i, last, old, new)


def _exact(registers: dict[str, Register], line: Line, old: str, new: str) -> bool:
    """Whether a line goes entry by entry from the whole of the old register to the whole of the new one."""
    own = [v for v in _seen(line)[1:] if root(registers, v.register) == old]
    return line.entrywise and line.out.register == new and all(replace(v, register=new) == line.out for v in own)


def _step_by_step(written: list[Written], registers: dict[str, Register], first: int, last: int, old: str, new: str) -> bool:
    """Whether from `first` on `old` is read only at the step at which `new` is written, and not after that."""
    for w in written[first : last + 1]:
        lines = _all(w)
        writes = [n for n, line in enumerate(lines) if root(registers, line.out.register) == new]
        touches = [n for n, line in enumerate(lines) if any(root(registers, v.register) == old for v in _seen(line))]
        if not touches:
            continue
        if not writes or max(touches) > writes[0] or any(root(registers, line.out.register) == old for line in lines):
            return False
        out = lines[writes[0]].out
        views = [v for line in lines for v in _seen(line) if root(registers, v.register) == old]
        if out.form not in ("step", "at") or any((v.form, v.low) != (out.form, out.low) for v in views):
            return False
        if max(touches) == writes[0] and not _exact(registers, lines[writes[0]], old, new):
            return False
    return True


def _locals(written: list[Written], registers: dict[str, Register], home: dict[str, str]) -> None:
    """Registers of one step of a loop, in the order of its lines."""
    for w in written:
        if isinstance(w, LoopLines):
            last: dict[str, int] = {}
            for n, line in enumerate(w.lines):
                for v in _seen(line):
                    last[root(registers, v.register)] = n
            busy: list[tuple[int, str]] = []
            for n, line in enumerate(w.lines):
                name = line.out.register
                if not registers[name].local or registers[name].inside or any(tenant == name for _, tenant in busy):
                    continue
                for at, (end, old) in enumerate(busy):
                    over = end == n and _exact(registers, line, old, name)
                    free = home.get(name) == name and not registers[name].inside
                    if free and _alike(registers[old], registers[name]) and (end < n or over):
                        home[name] = home[old]
                        busy[at] = (last[name], name)
                        break
                else:
                    busy.append((last[name], name))
