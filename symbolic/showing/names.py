r"""How names are written: a family's LaTeX with other indices in its slots.

A family's LaTeX shows it with its index letters in place: \mathbf{a}_t^{(\text{in})}, h^{(t)}.  The *slot* of an index
is where its letter stands, as a token of its own, in a script: a_{t-1}^{(in)} puts t - 1 into the slot of t.
Components join an index subscript (h_{t,i}) or become the subscript where there is none (W_{i,j}, h_i^{(t)}); where the
subscript is a label (b_h) they cannot, and the component is written around the name: [b_h]_i.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Mul

from ..language import FUNCTIONS, SPELLINGS, Fun, Var, affine
from ..language.indices import IndexError_
from ..model import Model

GREEK: dict[str, str] = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "ϕ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ",
    "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ",
}  # fmt: skip
"""Names of letters that have a control word of their own, with the letter."""

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_WORDS = (r"\text", r"\mathrm", r"\textrm", r"\operatorname", r"\textbf", r"\textit", r"\mbox")
"""Control words whose group is a word, in which no index stands."""


class NameError_(ValueError):
    """A family whose LaTeX has no slot for one of its indices."""


@dataclass(frozen=True)
class Spelled:
    """A name as written, and whether it already bears a superscript."""

    latex: str
    superscript: bool


def tokens(latex: str) -> list[str]:
    """Control words, single characters and runs of space.

    >>> tokens(r"\\hat y_{t}")
    ['\\\\hat', ' ', 'y', '_', '{', 't', '}']
    """
    return _TOKEN.findall(latex)


def symbol_latex(name: str) -> str:
    r"""A bare symbol: T_r -> T_{r}, tau -> \tau, t1 -> t_{1}, rec -> \mathrm{rec}.

    >>> symbol_latex("T_r"), symbol_latex("k2")
    ('T_{r}', 'k_{2}')
    """
    head, _, label = name.partition("_")
    if not label and head.rstrip("0123456789") not in ("", head):
        letters = head.rstrip("0123456789")
        head, label = letters, head[len(letters) :]
    if head in GREEK:
        head = "\\" + head
    elif len(head) > 1 and head.isalpha():
        head = rf"\mathrm{{{head}}}"
    return f"{head}_{{{label}}}" if label else head


def index_latex(index: Expr) -> str:
    """An index expression inside a script, without spaces: t-1, T, 0.  Sums of sizes are written the same way."""
    try:
        point, offset = affine(index)
    except IndexError_:
        if not isinstance(index, (Add, Mul)):
            return str(index)
        joint = "+" if isinstance(index, Add) else ""
        return joint.join(index_latex(a) for a in index.args if isinstance(a, Expr))
    if point is None:
        return str(offset)
    return symbol_latex(point.name) + (f"{offset:+d}" if offset else "")


def _groups(items: Sequence[str]) -> Iterator[tuple[int, int]]:
    """(start, end) of each top-level unit: one token, or a braced group."""
    position = 0
    while position < len(items):
        start, depth = position, 0
        while True:
            depth += {"{": 1, "}": -1}.get(items[position], 0)
            position += 1
            if depth <= 0 or position >= len(items):
                break
        yield start, position


def _split(latex: str) -> tuple[str, list[tuple[str, list[str]]]] | None:
    """Nucleus and scripts (mark, tokens without their braces); None if something follows the scripts."""
    items = tokens(latex)
    nucleus: list[str] = []
    scripts: list[tuple[str, list[str]]] = []
    mark = ""
    for start, end in _groups(items):
        unit = items[start:end]
        if mark and not unit[0].isspace():
            scripts.append((mark, unit[1:-1] if unit[0] == "{" else unit))
            mark = ""
        elif unit[0] in ("_", "^"):
            mark = unit[0]
        elif not scripts:
            nucleus += unit
        elif not unit[0].isspace():
            return None
    return None if mark else ("".join(nucleus).strip(), scripts)


def _in_words(content: Sequence[str]) -> set[int]:
    r"""Positions inside the group of a \text or its like."""
    inside: set[int] = set()
    for position, token in enumerate(content, 1):
        if token in _WORDS:
            group = next(((a, b) for a, b in _groups(content[position:]) if content[position + a] == "{"), (0, 0))
            inside.update(range(position + group[0], position + group[1]))
    return inside


def _slots(content: Sequence[str], letters: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Positions in a script where an index letter stands as a token of its own, not as a letter of a word."""
    words = _in_words(content)
    for position, token in enumerate(content):
        neighbours = [content[k] for k in (position - 1, position + 1) if 0 <= k < len(content)]
        in_word = token.isalpha() and any(x.isalpha() and x not in letters for x in neighbours)
        if token in letters and position not in words and not in_word:
            yield position, token


def placed(latex: str, letters: Mapping[str, str], components: Sequence[str] = ()) -> Spelled | None:
    r"""The name with other indices in its slots, and with components if there are any.

    `letters`: LaTeX of each index letter -> what stands in its place.  None where components find no place.  Raises
    `NameError_` when an index has no slot.

    >>> placed(r"\mathbf{a}_t^{(\text{in})}", {"t": "t-1"}).latex
    '\\mathbf{a}_{t-1}^{(\\text{in})}'
    >>> placed("W", {}, ["i", "j"]).latex
    'W_{i,j}'
    """
    split = _split(latex)
    if split is None:
        if letters:
            raise NameError_(f"the name {latex} goes on after its scripts, so that its indices cannot be placed")
        return None if components else Spelled(latex, True)
    nucleus, scripts = split
    found: set[str] = set()
    written: list[tuple[str, str]] = []
    joined = not components
    for mark, content in scripts:
        content = list(content)
        pure = mark == "_" and all(x in letters or x in ", " for x in content)
        for position, letter in list(_slots(content, letters)):
            content[position] = letters[letter]
            found.add(letter)
        inside = "".join(content)
        if components and mark == "_":
            if not pure:
                return None
            inside, joined = ",".join([inside, *components]), True
        written.append((mark, inside))
    if set(letters) - found:
        raise NameError_(f"the name {latex} has no place for its index {', '.join(sorted(set(letters) - found))}")
    if not joined:
        written.insert(0, ("_", ",".join(components)))
    scripts_text = "".join(mark + (x if len(tokens(x)) == 1 else f"{{{x}}}") for mark, x in written)
    return Spelled(nucleus + scripts_text, any(mark == "^" for mark, _ in written))


def default_latex(name: str, indices: Sequence[str], components: Sequence[str] = ()) -> Spelled:
    r"""A name that no model spells: delta -> \delta, y_hat at t -> y_{\text{hat},t}."""
    head, _, label = name.partition("_")
    head = head if "\\" in head else symbol_latex(head)
    head, _, digits = head.partition("_")
    labels = [*([digits.strip("{}")] if digits else []), *([rf"\text{{{label}}}"] if label else [])]
    scripts = [*labels, *indices, *components]
    inside = ",".join(scripts)
    return Spelled(head + ("" if not inside else f"_{inside}" if len(tokens(inside)) == 1 else f"_{{{inside}}}"), False)


class Names:
    """The names of a model, or the default ones."""

    def __init__(self, model: Model | None = None):
        self._families = model.families if model else {}
        self._errors = {family: latex for latex, family in model.error_names.items()} if model else {}
        self._functions = {(f.name, f.kind): (latex, f) for latex, f in model.functions.items()} if model else {}
        loss = self.variable(model.loss) if model else None
        self.loss = loss.latex if loss else "L"
        self._has_model = model is not None
        self.lines = model.lines if model else ""

    def variable(self, v: Var, components: Sequence[str] = ()) -> Spelled | None:
        """h_{t-1}, W, and with components h_{t-1,i}, W_{i,j}; None where components find no place."""
        family = self._families.get(v.name)
        if family is None or len(family.indices) != len(v.indices):
            return default_latex(v.name, [index_latex(i) for i in v.indices], components)
        try:
            return placed(family.latex, self._letters(v), components)
        except NameError_:
            return default_latex(v.name, [index_latex(i) for i in v.indices], components)

    def error(self, v: Var, components: Sequence[str] = ()) -> Spelled | None:
        """The model's own name of the adjoint of a variable (δ_t), or None."""
        latex = self._errors.get(v.name)
        return None if latex is None else placed(latex, self._letters(v), components)

    def function(self, fun: Fun) -> str:
        r"""\sigma, f'', \ell_t': the model's spelling if it has one, else the one of the function table."""
        latex, spelled = self._functions.get((fun.name, fun.kind), ("", fun))
        if not latex:
            latex = self._unclaimed(fun)
        if fun.at:
            letters = {index_latex(old): index_latex(new) for old, new in zip(spelled.at, fun.at, strict=True)}
            try:
                name = placed(latex, letters)
                latex = name.latex if name else latex
            except NameError_:
                name = placed(latex, {}, [index_latex(i) for i in fun.at])
                latex = name.latex if name else rf"{{{latex}}}_{{{','.join(index_latex(i) for i in fun.at)}}}"
        if not fun.order:
            return latex
        if "^" in latex:
            latex = f"{{{latex}}}"
        return latex + ("'" * fun.order if fun.order <= 3 else f"^{{({fun.order})}}")

    def _letters(self, v: Var) -> dict[str, str]:
        own = self._families[v.name].indices
        return {symbol_latex(i.symbol.name): index_latex(value) for i, value in zip(own, v.indices, strict=True)}

    def _unclaimed(self, fun: Fun) -> str:
        """A spelling that the model does not use for something else."""
        row = None if fun.kind else FUNCTIONS.get(fun.name)
        if row is None:
            letter = len(fun.name) == 1 or fun.name in GREEK
            return symbol_latex(fun.name) if letter else rf"\operatorname{{{fun.name}}}"
        if self._has_model and not SPELLINGS.get(row.latex.removeprefix(r"\operatorname{").strip("\\}")):
            return rf"\operatorname{{{row.spellings[0]}}}"
        return row.latex


__all__ = ["GREEK", "NameError_", "Names", "Spelled", "index_latex", "placed", "symbol_latex", "tokens"]
