"""What is known of each family before its shape is sought: its names, its spelling, its role, and the habits of its letter.

A leaf with a time that the loss uses is a label, without one it is a label if the loss alone uses it and no ∂ is taken by
it; other leaves with a time are inputs, the rest weights.  With layers the weights carry the index, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..scripts import Name, is_transpose, name_of, split_index
from ..syntax import STEP_WIDTH, parse
from ..tokens import ReadError, lex
from ..tree import Big, walk
from .families import OF_UNIT, Definition, Families, Key, function_of
from .losses import LOSSES, step_of
from .names import bounds_of, names_in, plain_scripts
from .records import Occurrence
from .shapes import Want
from .steps import RATES, is_step

LOWER = {"scalar": 3.0, "column": 0.0, "row": 2.0}
UPPER = {"scalar": 5.0, "column": 2.5, "row": 3.0, "matrix": 0.0}
UPPER_IN_TIME = {"scalar": 5.0, "column": 1.0, "row": 3.0, "matrix": 2.0}
LOWER_MATRIX, LOWER_MATRIX_TRANSPOSED = 12.0, 9.0
LOWER_LEAF_ROW = 8.0
BOLD_SCALAR = 6.0
FACTORS = frozenset((*RATES, "\\beta", "\\tau", "\\Delta", STEP_WIDTH))
FACTOR_SCALAR = 1.0
"""Letters of numbers that scale: rates, step widths, time constants."""

@dataclass
class Info:
    """One family of the forward pass, and where its name occurs in the whole note."""

    key: Key
    name: str
    latex: str = ""
    slot: tuple[str, str] = ("_", "")
    defined: bool = False
    role: str = ""
    declared: tuple = ()
    kinds: tuple[str, ...] = ()
    components: int = 0
    transposed: bool = False
    below: bool = False
    bold: bool = False
    sources: list[Occurrence] = field(default_factory=list)

    @property
    def factor(self) -> bool:
        return self.key.letter in FACTORS and not self.key.arity and not self.defined and not self.bold

    @property
    def upper(self) -> bool:
        return self.key.letter.removeprefix("\\")[:1].isupper() and not self.factor


def names_of_definition(families: Families, definition: Definition) -> Iterable[tuple[Name, Key]]:
    """The names in a right side with their keys; functions are none."""
    extra = frozenset(
        b for n in walk(definition.right) if isinstance(n, Big) for b, _, _ in bounds_of(n) if step_of(families, n) is not None
    )
    extra |= {definition.time} if definition.time else set()
    for name, _, called in names_in(definition.right):
        parsed = families.parsed(name, extra)
        if called and function_of(families, parsed.key) is not None:
            continue
        unit = parsed.key.letter == "e" and name.scripts and not parsed.key.arity  # e_k; but e^{(t)} has a value at each step
        if not unit or any(d.key == parsed.key for d in families.definitions):
            yield name, parsed.key


def in_two_fonts(families: Families, definitions: Mapping[Key, Definition]) -> tuple[str, str, int] | None:
    """A weight that two forward equations write in two fonts, W h_{t-1} and 𝐖 h_t: both spellings, and the second one's line.

    Gradients often have another font than the network they speak of; in the network itself it may be another quantity.
    """
    seen: dict[Key, tuple[tuple[str, ...], str]] = {}
    for definition in definitions.values():
        for name, key in names_of_definition(families, definition):
            spelling = definition.formula.text(name.letter)
            if not key.arity and not key.labels and key not in definitions:
                fonts, other = seen.setdefault(key, (name.letter.fonts, spelling))
                if fonts != name.letter.fonts:
                    return other, spelling, definition.formula.line
    return None


def in_primes(families: Families, definitions: Mapping[Key, Definition]) -> str | None:
    """What is said of a forward equation with W' in a note that writes transposes in another way; None if there is none."""
    for definition in definitions.values():
        for name, _ in names_of_definition(families, definition):
            if name.primes and name.letter.name.isupper():
                text = definition.formula.text
                told = f"line {definition.formula.line}: {text(name.node)} may be a transpose or another matrix"
                return f"{told}; write {text(name.letter)}^\\top, or give it a letter of its own"
    return None


def reachable(families: Families, definitions: Mapping[Key, Definition], loss: Key) -> dict[Key, Definition]:
    """The definitions on which the loss depends, those that are needed first in front."""
    found: dict[Key, Definition] = {}

    def visit(key: Key) -> None:
        if key in found or key not in definitions:
            return
        found[key] = definitions[key]
        for _, used in names_of_definition(families, definitions[key]):
            visit(used)

    visit(loss)
    return {k: d for k, d in definitions.items() if k in found}


def parts_of_loss(
    families: Families, definitions: Mapping[Key, Definition], losses: Iterable[Key], numbers: set[Key]
) -> list[Definition]:
    """The definitions of the loss and of its summands: L_1 and L_2 of L = L_1 + λ L_2, which nothing else uses.

    `numbers`: what is no vector and no matrix.
    """
    uses = {k: {key for _, key in names_of_definition(families, d)} for k, d in definitions.items()}
    found = [k for k in losses if k in definitions]
    letters = LOSSES | {k.letter for k in found}
    for loss in found:  # which grows
        for key in (k for k in definitions if k in uses[loss] & numbers and k.letter in letters and k not in found):
            if not any(key in uses[k] for k in uses if k not in found):
                found.append(key)
    return [definitions[k] for k in found]


def run_ahead(families: Families, definitions: Mapping[Key, Definition]) -> bool:
    """Whether all recurrences are written for the next step: of h_{t+1} = f(h_t), t = 0, ..., T - 1, the first is h_1."""
    timed = [d for d in definitions.values() if d.time and d.key.arity]
    recurrent = [d for d in timed if any(key == d.key for _, key in names_of_definition(families, d))]
    return bool(recurrent) and all(d.ahead for d in recurrent)


def infos_of(families: Families, definitions: Mapping[Key, Definition], lengths: set[str]) -> dict[Key, Info]:
    """All families of the given definitions, defined ones and leaves, in the order in which they occur."""
    keys: list[Key] = []
    for definition in definitions.values():
        for key in (definition.key, *(k for _, k in names_of_definition(families, definition))):
            if key not in keys and not (key.letter.removeprefix("\\") in lengths and not key.labels and not key.arity):
                keys.append(key)
    infos: dict[Key, Info] = {}
    taken: set[str] = set()
    for key in keys:
        infos[key] = Info(key, _identifier(key, keys, taken), defined=key in definitions)
        taken.add(infos[key].name)
    for occurrence in families.scan.occurrences:
        _observe(families, infos, occurrence)
    for definition in definitions.values():
        for name, key in names_of_definition(families, definition):
            if key in infos:
                infos[key].sources.append(Occurrence(name, definition.formula, "value", False, "right"))
    for info in infos.values():
        info.latex, info.slot = _spelling(families, info)
    return infos


def _identifier(key: Key, keys: list[Key], taken: set[str]) -> str:
    """A plain name: h, W_in, y_hat, L_t for the loss of one step beside L."""
    twin = key.arity and any((k.letter, k.accents, k.labels, k.arity) == (key.letter, key.accents, key.labels, 0) for k in keys)
    parts = [key.letter.removeprefix("\\"), *sorted(key.accents), *key.labels, *(["t"] if twin else [])]
    name = "_".join(p for p in ("".join(c for c in part if c.isalnum()) for part in parts) if p)
    while name in taken:
        name += "x"
    return name


def _observe(families: Families, infos: dict[Key, Info], occurrence: Occurrence) -> None:
    parsed = families.parsed(occurrence.name)
    info = infos.get(parsed.key)
    if info is None and not parsed.time and parsed.components:  # a time with another letter
        key = Key(parsed.key.letter, parsed.key.accents, parsed.key.labels, 1)
        info = infos.get(key)
        if info is None:
            return
        info.components = max(info.components, parsed.components - 1)
    elif info is None:
        return
    else:
        info.components = max(info.components, parsed.components)
    info.sources.append(occurrence)
    info.bold = info.bold or "bold" in occurrence.name.letter.fonts
    info.below = info.below or occurrence.place == "below" or (occurrence.side == "head" and is_step(occurrence.formula))
    info.transposed = info.transposed or any(
        s.where == "^" and not s.bracket and is_transpose(s.node) for s in occurrence.name.scripts
    )


def _spelling(families: Families, info: Info) -> tuple[str, tuple[str, str]]:
    """The note's own spelling with the index letter in place, and where that stands."""
    slot = ("_", "")
    for occurrence in info.sources:
        name = occurrence.name
        parsed = families.parsed(name)
        for script in plain_scripts(name):
            split = split_index(script.node)
            if parsed.key == info.key and split and split[0] in families.times | families.lengths:
                slot = script.where, script.bracket
        clean = parsed.key == info.key and parsed.bare and not parsed.components and not name.primes
        placed = not info.key.arity or parsed.time == (families.canonical, 0)
        if clean and placed and spells(text := occurrence.formula.text(name.node), name):
            return (_spelled(info, families.canonical, slot, _accented(name)) if _is_wrapped(name, text) else text), slot
    if not info.sources:
        return _spelled(info, families.canonical, slot, ""), slot
    occurrence = info.sources[0]
    return _spelled(info, families.canonical, slot, _dressed(occurrence)), slot


def _is_wrapped(name: Name, text: str) -> bool:
    """Whether the accent or font is over the scripts as well, as in \\tilde{C_t}."""
    mark = next((k for k, c in enumerate(text) if c in "_^"), 0)
    return bool(name.letter.accents or name.letter.fonts) and text[:mark].count("{") > text[:mark].count("}")


_FONTS = {"bold": "mathbf", "calligraphic": "mathcal", "blackboard": "mathbb", "fraktur": "mathfrak"}


def _accented(name: Name) -> str:
    latex = name.letter.name
    for font in name.letter.fonts:
        latex = f"\\{_FONTS[font]}{{{latex}}}"
    for accent in sorted(name.letter.accents):
        latex = f"\\{accent}{{{latex}}}"
    return latex


def spells(latex: str, name: Name) -> bool:
    """Whether a text is the name, with all its scripts; the x that stands for x^{(i)} is none."""
    return is_spelling(latex) and len(scripts_of(latex)) == len(name.scripts)


def scripts_of(latex: str) -> tuple[object, ...]:
    """The scripts of a text that is a name."""
    name = name_of(parse(lex(latex).tokens))
    return name.scripts if name is not None else ()


def is_spelling(latex: str) -> bool:
    """Whether a text is a name by itself; h(t) is none, h_t is."""
    try:
        return name_of(parse(lex(latex).tokens)) is not None
    except ReadError:
        return False


def _dressed(occurrence: Occurrence) -> str:
    return occurrence.formula.text(occurrence.name.letter)


def _spelled(info: Info, time: str, slot: tuple[str, str], letter: str) -> str:
    """A spelling made from the parts of a name."""
    letter = letter or info.key.letter
    index = "\\" + time if len(time) > 1 and "_" not in time else time
    closing = {"(": ")", "[": "]", "⟨": r" \rangle"}.get(slot[1], "")
    opening = r"\langle " if slot[1] == "⟨" else slot[1]
    mine = f"{opening}{index}{closing}" if info.key.arity else ""
    plain = [x.removeprefix(OF_UNIT) for x in info.key.labels]
    labels = ",".join(rf"\text{{{x}}}" if len(x) > 1 else x for x in plain)
    if slot[0] == "_":
        inner = ",".join(x for x in (labels, mine) if x)
        return letter + (f"_{{{inner}}}" if inner else "")
    return letter + (f"_{{{labels}}}" if labels else "") + (f"^{{{mine}}}" if mine else "")


def wants_of(infos: Mapping[Key, Info], scalars: set[Key]) -> list[Want]:
    """What the search for shapes is told of each family."""
    lower_only = not any(i.upper and not i.defined for i in infos.values())
    return [
        Want(i.name, _costs(i, i.key in scalars, lower_only), i.declared, not i.defined, i.factor) for i in infos.values()
    ]


def _costs(info: Info, scalar: bool, lower_only: bool) -> dict[str, float]:
    if scalar:
        return {"scalar": 0.0}
    if info.upper:
        costs = dict(UPPER_IN_TIME if info.key.arity and info.defined else UPPER)
    else:
        costs = dict(LOWER) if info.defined else {**LOWER, "row": LOWER_LEAF_ROW}
        if info.factor:
            costs["scalar"] = FACTOR_SCALAR
        if info.bold:
            costs["scalar"] += BOLD_SCALAR
        if not info.defined and lower_only:
            costs["matrix"] = LOWER_MATRIX_TRANSPOSED if info.transposed else LOWER_MATRIX
    if info.components == 2:
        costs = {"matrix": 0.0}
    elif info.components == 1:
        costs.pop("scalar")
        if not info.upper:  # Z_i may be a row of a matrix
            costs.pop("matrix", None)
        costs["row"] = min(costs.get("row", 0.0), LOWER["row"])
    if info.transposed:
        costs.pop("scalar", None)
    if info.declared:
        costs = _declared_costs(info.declared)
    if info.kinds:
        costs = {kind: costs.get(kind, 0.0) for kind in info.kinds}
    return costs


def _declared_costs(sides: tuple) -> dict[str, float]:
    """ℝ^n may be a row or a column, ℝ^{n×1} and ℝ^{n×m} are what they say."""
    if len(sides) == 1:
        return {"scalar": 0.0} if sides[0] == 0 else {"column": 0.0, "row": 2.0}
    kind = {(True, True): "scalar", (False, True): "column", (True, False): "row", (False, False): "matrix"}
    return {kind[sides[0] == 0, sides[1] == 0]: 0.0}


def assign_roles(
    infos: Mapping[Key, Info], kinds: Mapping[str, str], in_loss: set[Key], loss: Key, multiplied: set[str]
) -> None:
    """The role of every family, where the note does not declare it; `multiplied`: vectors that a matrix is applied to."""
    layered = any(i.key.arity and not i.defined and kinds[i.name] == "matrix" and i.below for i in infos.values())
    any_below = any(i.below for i in infos.values() if not i.defined)
    for key, info in infos.items():
        if info.defined:
            info.role = "loss" if key == loss else "state"
        elif info.role in ("", "state", "loss"):
            if key.arity:
                info.role = "label" if key in in_loss and not info.below else "weight" if layered else "input"
            else:
                data = any_below and not info.below and info.name in multiplied and kinds[info.name] != "matrix"
                info.role = "label" if key in in_loss and not info.below else "input" if data else "weight"




