"""Every control word and character that carries meaning, one row each: what the lexer knows.

A Unicode letter or operator is the same token as its control word (σ and `\\sigma`, ⊙ and `\\odot`, − and -).
"""

from __future__ import annotations

from ..language import SPELLINGS


def words(text: str) -> list[str]:
    """A table of names written as one text."""
    return text.split()


GREEK = words(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi "
    "varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi "
    "Sigma Upsilon Phi Psi Omega"
)

OPERATORS = {
    "cdot": "·", "times": "×", "circ": "∘", "odot": "∘", "bullet": "∘", "otimes": "⊗", "ast": "*", "star": "*",
    "oslash": "⊘", "div": "/", "bigcirc": "∘", "circledcirc": "∘", "bigodot": "∘",
}  # fmt: skip
"""Infix operators; ∘ stands for every spelling of the entry by entry product."""

RELATIONS = {
    "ne": "≠", "neq": "≠", "le": "≤", "leq": "≤", "leqslant": "≤", "ge": "≥", "geq": "≥", "geqslant": "≥", "lt": "<",
    "gt": ">", "in": "∈", "approx": "≈", "sim": "≈", "simeq": "≈", "propto": "≈", "equiv": "≡", "ll": "<", "gg": ">",
    "coloneqq": "=", "coloneq": "=", "triangleq": "=", "doteq": "=", "eqdef": "=",
}  # fmt: skip

DELIMITERS = {
    "{": ("open", "\\{"), "}": ("close", "\\}"), "lbrace": ("open", "\\{"), "rbrace": ("close", "\\}"),
    "lbrack": ("open", "["), "rbrack": ("close", "]"), "langle": ("open", "⟨"), "rangle": ("close", "⟩"),
    "lVert": ("open", "‖"), "rVert": ("close", "‖"), "|": ("bar", "‖"), "Vert": ("bar", "‖"), "vert": ("bar", "|"),
    "lvert": ("bar", "|"), "rvert": ("bar", "|"),
}  # fmt: skip

ACCENTS = {
    "hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "bar", "overline": "bar",
    "dot": "dot", "ddot": "ddot", "vec": "vec",
}  # fmt: skip
FONTS = {
    "mathbf": "bold", "boldsymbol": "bold", "bm": "bold", "bf": "bold", "pmb": "bold", "mathcal": "calligraphic",
    "mathscr": "calligraphic", "mathbb": "blackboard", "mathfrak": "fraktur",
}  # fmt: skip
TEXTS = (
    "text",
    "mathrm",
    "operatorname",
    "mathsf",
    "mathtt",
    "mathit",
    "mathop",
    "textbf",
    "textit",
    "textrm",
    "mbox",
    "rm",
    "textsf",
    "texttt",
    "textnormal",
    "mathnormal",
    "textup",
    "operatornamewithlimits",
)
"""Commands whose argument is a word, or a single plain letter."""

STRUCTURE = {
    "frac": "frac", "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "sqrt": "sqrt", "sum": "sum", "prod": "prod",
    "overrightarrow": "overrightarrow", "overleftarrow": "overleftarrow", "cdots": "dots", "dots": "dots",
    "ldots": "dots", "dotsb": "dots", "dotsm": "dots", "dotsc": "dots", "prime": "prime",
    "over": "over",
}  # fmt: skip

SPACES = (
    *words(
        ", ; : ! thinspace medspace thickspace enspace negthinspace displaystyle textstyle scriptstyle limits nolimits "
        "notag nonumber strut mathstrut big Big bigg Bigg bigl bigr bigm Bigl Bigr Bigm biggl biggr biggm Biggl Biggr Biggm "
        "allowbreak scriptscriptstyle mathsurround relax protect "
        "nobreak left right centering hfill hline tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge"
    ),
    " ",
)
"""Set aside without arguments (\\left and \\right keep their delimiter)."""

GAPS = (
    "quad", "qquad", "Rightarrow", "implies", "Longrightarrow", "Leftrightarrow", "Longleftrightarrow", "iff", "therefore",
    "because",
)  # fmt: skip
"""What parts equations that stand side by side."""

OPENED = ("underbrace", "overbrace", "boxed", "substack", "mathclap", "ensuremath", "mathord", "mathbin", "mathopen")
"""A frame, a brace or a class around something: the control word is set aside, its argument stays."""

CAPTIONED = {"underbrace": "_", "overbrace": "^"}
"""Braces, and the script that names what they span."""

STARRED = ("tag", "operatorname", "hspace", "vspace")
"""Control words that may carry a star."""

NOT_UNDERSTOOD = {
    "middle": "a bar in the middle (a condition or an evaluation) is not understood",
    "mid": "a bar in the middle (a condition or an evaluation) is not understood",
    "leftarrow": "an assignment ← is no equation", "gets": "an assignment ← is no equation",
    "int": "an integral is not understood", "oint": "an integral is not understood",
    "inf": "an infimum is not understood", "sup": "a supremum is not understood",
    "oplus": "⊕ is not understood; write + or a column of blocks", "ominus": "⊖ is not understood; write −",
    "pm": "± is two formulas; write one", "mp": "∓ is two formulas; write one",
    "dagger": "† is not understood; write ^{\\top}", "infty": "the control word \\infty is not known",
}  # fmt: skip
"""Notation that is known and deliberately not read, with the reason that is given."""

ENDINGS = ("square", "blacksquare", "Box", "qed", "qedhere", "qedsymbol")
"""Marks at the end of a proof."""

LENGTHS = ("hspace", "vspace", "mspace")
WITH_ARGUMENT = ("tag", "label", "textcircled", "circled", "require", *LENGTHS)
"""Set aside together with their arguments: names, and lengths of a space."""

INVISIBLE = ("phantom", "hphantom", "vphantom", "hidden", "smash", "rlap", "llap", "mathrlap", "mathllap", "colorbox")

TRANSPARENT = words(
    "aligned align align* alignedat alignat alignat* split gather gather* gathered equation equation* "
    "multline multline* eqnarray eqnarray* displaymath math flalign flalign* dmath dmath* subequations IEEEeqnarray "
    "IEEEeqnarray*"
)
"""Environments whose rows are rows of the formula."""

TABLES = ("cases", "matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "array", "smallmatrix", "dcases")
"""Environments that are one thing inside a formula."""

WITH_COLUMNS = ("array", "alignat", "alignat*", "alignedat", "IEEEeqnarray", "IEEEeqnarray*")
"""Environments with an argument that says how their columns stand."""

LETTERS = {
    **{word: "\\" + word for word in GREEK},
    **{w: "\\" + w for w in ("partial", "nabla", "ell", "top", "intercal")},
}

HYPERBOLIC = {"sech": 1, "cosh": -1}
"""Functions of which even powers are read (see `hyperbolic`): the power of 1 - tanh² that their square is."""

_OF_MATRICES = ("diag", "Diag", "vec", "tr", "Tr", "trace", "det", "rank", "sum", "rowsum", "colsum")
OPERATOR_WORDS = (*HYPERBOLIC, *_OF_MATRICES, "max", "min")
"""Names that are no functions of the table but stand before an argument all the same."""

CONTROL_FUNCTIONS = (
    "log",
    "ln",
    "exp",
    "tanh",
    "max",
    "min",
    "det",
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "arg",
    "Pr",
    "lim",
)
"""Control words that print a name; which of them are understood is decided by the meaning stage."""

BARE_WORDS = frozenset(
    w for w in (*SPELLINGS, *OPERATOR_WORDS, "trace") if len(w) >= 3 and w not in ("sum", "max", "min", "det")
)
"""Names that are read as a word where they are typed as plain letters, as in diag(x)."""

LONG_NAMES = frozenset(words("net out loss cost err"))
"""Names of quantities that are read as a word where they are typed as plain letters before a subscript, as in net_j."""

LOSS_NAMES = frozenset(words("CE BCE MSE NLL SSE RSS loss Loss cost Cost err"))
"""Names of losses that are read as a word where they are typed as plain letters before an = or behind a ∂."""

CONNECTIVES = frozenset(
    words(
        "so if when where for and or with then thus hence since as else otherwise because therefore we get "
        "have i.e. e.g. that is are let also note both case by using from at all any each every to in of finally similarly "
        "hereby namely consequently next again here moreover furthermore likewise wenn falls für sonst ansonsten und oder si "
        "sinon pour quand et ou alors cuando para entonces"
    )
)
"""Single words that join formulas where they stand between formulas; in a script `\\text{in}` is a label."""

CHARACTERS: dict[str, tuple[str, str]] = {
    **{c: ("op", c) for c in "+-*/"}, "−": ("op", "-"), "–": ("op", "-"), "·": ("op", "·"), "⋅": ("op", "·"),
    "×": ("op", "×"), "∘": ("op", "∘"), "⊙": ("op", "∘"), "•": ("op", "∘"), "⊗": ("op", "⊗"), "∗": ("op", "*"),
    "⊘": ("op", "⊘"), "÷": ("op", "/"), "≜": ("relation", "="), "≔": ("relation", "="), "≐": ("relation", "="),
    "=": ("relation", "="), "<": ("relation", "<"), ">": ("relation", ">"), "≠": ("relation", "≠"),
    "≤": ("relation", "≤"), "≥": ("relation", "≥"), "⩽": ("relation", "≤"), "⩾": ("relation", "≥"),
    "∈": ("relation", "∈"), "≈": ("relation", "≈"), "≡": ("relation", "≡"),
    "(": ("open", "("), ")": ("close", ")"), "[": ("open", "["),
    "]": ("close", "]"), "{": ("open", "{"), "}": ("close", "}"), "⟨": ("open", "⟨"), "⟩": ("close", "⟩"),
    "|": ("bar", "|"), "‖": ("bar", "‖"), "^": ("script", "^"), "_": ("script", "_"), "'": ("prime", "'"),
    "′": ("prime", "'"), "’": ("prime", "'"), ",": ("punct", ","), ";": ("punct", ";"), ":": ("punct", ":"),
    ".": ("punct", "."), "，": ("punct", ","), "；": ("punct", ";"), "：": ("punct", ":"), "。": ("punct", "."),
    "（": ("open", "("), "）": ("close", ")"), "！": ("punct", "!"), "!": ("punct", "!"), "&": ("cell", "&"),
    "∑": ("command", "sum"), "∏": ("command", "prod"), "…": ("command", "dots"), "⋯": ("command", "dots"),
    "½": ("number", "1/2"), "⅓": ("number", "1/3"), "¼": ("number", "1/4"), "¾": ("number", "3/4"),
    "∂": ("letter", "\\partial"), "∇": ("letter", "\\nabla"), "ℓ": ("letter", "\\ell"), "⊤": ("letter", "\\top"),
    "√": ("command", "sqrt"), "⇒": ("gap", "⇒"), "⇔": ("gap", "⇔"), "⟺": ("gap", "⟺"),
}  # fmt: skip
CHARACTERS.update(
    {
        symbol: ("letter", "\\" + word)
        for symbol, word in zip(
            "αβγδεζηθικλμνξπρστυφχψωςϵϑϕϖϱΓΔΘΛΞΠΣΥΦΨΩµ",
            words(
                "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon "
                "phi chi psi omega varsigma epsilon vartheta phi varpi varrho Gamma Delta Theta Lambda Xi Pi Sigma "
                "Upsilon Phi Psi Omega mu"
            ),
            strict=True,
        )
    }
)
"""Character -> (kind of token, canonical text)."""

RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ᵀᵗⁿⁱˡᵏʲˢᴸ", "0123456789+-()TtnilkjsL", strict=True))
LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ᵢⱼₖₗₘₙₜₓₛₕₐₑₒₚᵣᵤᵥ", "0123456789+-()ijklmntxshaeopruv", strict=True))
"""Unicode superscripts and subscripts -> what they raise or lower."""

COMBINING = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar", "\u0307": "dot", "\u20d7": "vec"}
