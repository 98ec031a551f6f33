r"""Special cases that a sentence supposes: "Let $o = y$.", "Suppose $V = I$", "Let $T = 1$.", "设 $V = I$".

Such a formula is no claim and no forward equation, and what follows is said of the special case only: up to the next heading or
to words such as "in general".  A word that opens a supposition stands before it, and the note does without it:

    what the note has defined before     is set to a number, to a name, to I or to a multiple of I    (o = y)
    what stands on a right side before   is set to what has no name in it                             (b = 0, x = (1, 2)^T)
    both sides stand, for one quantity   among those that it depends on                               (V = W^T, y = o + 1)
    an index or a length                 is set to another one or a number                            (T = 1, t = T)

"Let $o = V h$" is none of these where V is new, nor is h_0 = 0, a value at a fixed step of what is defined at every step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..chains import Link, chains
from ..inference.functions import shape
from ..inference.names import has_derivative, names_in, plain_scripts
from ..inference.sides import head_name
from ..notation import words
from ..scripts import Name, label_of, name_of, split_index
from ..syntax import parse
from ..tokens import ReadError, Source, Token, lex
from ..tree import Group, Items, Juxtaposed, Node, Number, Table
from .announced import Announced, is_general
from .records import Formula

SETTING, TIE = "a special case", "a tie between weights"
MAX_SUPPOSED = 80
"""How long a formula that is supposed may be."""

_OPENERS = frozenset(
    words(
        "let lets suppose supposing assume assuming consider take taking choose choosing set setting fix put imagine restrict "
        "restricting sei seien setze setzen angenommen betrachte betrachten wähle soit soient supposons posons prenons "
        "considérons sea sean supongamos tomemos consideremos пусть предположим"
    )
)
_CASES = frozenset(("special", "particular", "spezialfall"))
"""Words that suppose something for all that follows; so does "special case"."""

_FOR_NOW = frozenset(words("if when whenever unless for with wenn falls für bei si quand lorsque pour cuando para если при"))
_BETWEEN = frozenset(words("the this that our we have case special example instance which of den fall le cas el caso"))
"""Words that suppose something for their sentence, and what may stand between them and the formula."""

_OPENS_CJK = re.compile(r"(?:设|令|假设|假定|取|考虑|特例)[^，。；,.;]{0,4}$")
_FOR_NOW_CJK = re.compile(r"(?:若|当|如果|对于?|もし)[^，。；,.;]{0,2}$")
MAX_BETWEEN = 5
_CLAUSE = re.compile(r"[,;.，。；]")
_WORD = re.compile(r"[^\W\d_]+")
_CLOSES = re.compile(r"\s*(?:时|的时候|的情(?:形|况)|とする|とおく|と仮定|のとき|の場合|の時)")
_JOINS = re.compile(r"\s*(?:,|，|、|;|；|and|und|et|y|和|且|及)?(?: (?:and|that|let|set))?\s*")


@dataclass(frozen=True)
class _Key:
    """What makes two names the same here: letter, accents, labels; indices, numbers and transposes are left out."""

    letter: str
    accents: frozenset[str]
    labels: tuple[str, ...]


@dataclass
class _Known:
    """What the note has said so far: right sides by their heads (names, shape), and the letters of conditions."""

    rights: dict[_Key, tuple[frozenset[_Key], object]] = field(default_factory=dict)
    letters: set[str] = field(default_factory=set)

    def reached(self, start: _Key) -> set[_Key]:
        found, stack = {start}, [start]
        while stack:
            new = set(self.rights[k][0] if (k := stack.pop()) in self.rights else ()) - found
            found |= new
            stack += new
        return found


def with_suppositions(formulas: Sequence[Formula], general: Sequence[bool]) -> list[Formula]:
    """The formulas, with what is supposed, and what it is said of, marked; `general`: words before it end a special case."""
    if not any(_opener(f, ()) for f in formulas):
        return list(formulas)
    known = _Known()
    result: list[Formula] = []
    opened: list[int] = []  # suppositions, by their positions
    force: dict[Announced, None] = {}
    heading: tuple[str, ...] | None = None
    for k, formula in enumerate(formulas):
        if formula.heading != heading or general[k] or is_general(" ".join(p for p in formula.lead if isinstance(p, str))):
            force = {}
        heading = formula.heading
        word = _opener(formula, opened)
        said = _supposed(formula, word, known) if word else None
        local = [a for p in formula.lead if isinstance(p, int) and p in opened for a in result[p].supposed if a.row == _row(p)]
        if said is not None:
            opened.append(k)
            own = replace(said, row=_row(k))
            result.append(replace(formula, assumed=True, supposed=(*formula.supposed, own)))
            if word == "open" or not _concluded(formula, formulas):
                force = {own: None, **force}
            continue
        whole = dict.fromkeys((*formula.supposed, *force, *local))
        result.append(replace(formula, supposed=tuple(whole), special=bool(force or local)))
        if not force and not local:
            _learn(known, formula)
    return result


def _row(k: int) -> str:
    return f"setting {k}"


def _opener(formula: Formula, opened: Sequence[int]) -> str:
    """Either "open", for a word that supposes for all that follows, or "now", for one that does so for its sentence, or ""."""
    if len(formula.text) > MAX_SUPPOSED or formula.broken or not ("=" in formula.text or "≡" in formula.text):
        return ""
    before = formula.lead[-1] if formula.lead and isinstance(formula.lead[-1], str) else ""
    after = formula.trail[0] if formula.trail and isinstance(formula.trail[0], str) else ""
    above = formula.lead[-2] if len(formula.lead) > 1 else formula.lead[-1] if formula.lead else ""
    if isinstance(above, int) and above in opened and _JOINS.fullmatch(before if before else ","):
        return "now"
    clause = _CLAUSE.split(before)[-1] if before.strip() else ""
    said = [w.lower() for w in _WORD.findall(clause)][-MAX_BETWEEN:]
    if _OPENERS & set(said) or _OPENS_CJK.search(before) or (_CASES & set(said) and said[-1:] != ["of"]):
        return "open"
    while said and said[-1] in _BETWEEN:
        said.pop()
    return "now" if _FOR_NOW & set(said[-1:]) or _FOR_NOW_CJK.search(before) or _CLOSES.match(after) else ""


def _concluded(formula: Formula, formulas: Sequence[Formula]) -> bool:
    """Whether its sentence goes on with an equation, which it is said of."""
    return any(isinstance(p, int) and "=" in formulas[p].text and len(formulas[p].text) > 4 for p in formula.trail)


def _supposed(formula: Formula, word: str, known: _Known) -> Announced | None:
    """What a formula behind such a word supposes, or None where it defines something or is a claim."""
    try:
        found = chains(Source(formula.text))
    except ReadError:
        return None
    before = formula.lead[-1] if formula.lead and isinstance(formula.lead[-1], str) else ""
    told = f"{' '.join(before.split()[-3:])} {formula.text}".strip()
    if not found.links and len(found.conditions) == 1:
        tokens = found.conditions[0].tokens
        equal = [t.text for t in tokens if t.kind == "relation"] == ["="] and not any(t.text == "dots" for t in tokens)
        known_letter = tokens[0].text in known.letters or bool(known.rights)
        return Announced("", told, SETTING) if equal and word == "open" and known_letter else None
    if len(found.links) != 1 or found.conditions or found.links[0].problem:
        return None
    pair = _sides(found.links[0])
    if pair is None:
        return None
    (name, right), own = pair, _key(pair[0])
    if has_derivative(right):
        return None
    others = frozenset(_key(n) for n, _, _ in names_in(right) if not _is_unit(n))
    if own in known.rights:
        if _fixed(name) or known.rights[own][1] == shape(right):
            return None
        return Announced("", told, SETTING) if _is_trivial(right) else None
    users = [head for head in known.rights if own in known.reached(head)]
    if not users:
        return None
    if not others:
        return Announced("", told, SETTING)
    tied = any(others <= known.reached(head) for head in users)
    return Announced("", told, TIE if name.letter.name[:1].isupper() else SETTING) if tied else None


def _sides(link: Link) -> tuple[Name, Node] | None:
    try:
        name = head_name(parse(link.head))
        return (name, parse(link.right)) if name is not None else None
    except ReadError:
        return None


def _key(name: Name) -> _Key:
    labels = []
    for script in plain_scripts(name):
        split = split_index(script.node)
        counted = split is not None and (not split[0] or split[1] != 0 or split[0] in _COUNTED or bool(script.bracket))
        if not counted:
            label = label_of(script.node)
            labels.append("?" if label is None else label)
    accents = frozenset((*name.letter.accents, *(f for f in name.letter.fonts if f != "bold")))
    return _Key(name.letter.name, accents, tuple(label for label in labels if not set(label) <= _COMPONENTS))


_COUNTED = frozenset(("i", "j", "k", "l", "m", "n", "s", "t", "u", "T", "N", "L", "tau"))


_COMPONENTS = frozenset("ijkl")
"""W_{ij} is W; W_{in} is another weight."""


def _fixed(name: Name) -> bool:
    """Whether a name stands at a fixed step: h_0, a^{[0]}, δ_{T+1}."""
    splits = [split_index(s.node) for s in plain_scripts(name)]
    return any(s is not None and (not s[0] or s[1]) for s in splits)


def _is_unit(name: Name) -> bool:
    """I and unit vectors, which stand for numbers."""
    return name.letter.name in ("I", "1", "e") or name.letter.word


def _is_trivial(right: Node) -> bool:
    """A number, a list of numbers, a name, I or a multiple of it."""
    if isinstance(right, Juxtaposed):
        return not any(right.operators) and all(isinstance(f, Number) or _is_named_unit(f) for f in right.factors)
    return isinstance(right, Number | Items | Table) or name_of(right) is not None or not any(names_in(right))


def _is_named_unit(node: Node) -> bool:
    name = name_of(node)
    return (name is not None and _is_unit(name)) or isinstance(node, Group)


def _learn(known: _Known, formula: Formula) -> None:
    """Take in what a formula says of what depends on what."""
    known.letters |= {t.text for t in _letters(formula)}
    if "=" not in formula.text and "\\" not in formula.text:
        return
    try:
        links = chains(Source(formula.text)).links
    except ReadError:
        return
    for link in links:
        pair = _sides(link) if link.first and link.head and not link.problem else None
        own = _key(pair[0]) if pair is not None else None
        if pair is None or own is None or has_derivative(pair[1]) or own in known.rights:
            continue
        names = frozenset(_key(n) for n, _, _ in names_in(pair[1]))
        if names:
            known.rights[own] = names, shape(pair[1])


def _letters(formula: Formula) -> Iterator[Token]:
    return (t for t in lex(formula.text).tokens if t.kind == "letter") if not formula.broken else iter(())
