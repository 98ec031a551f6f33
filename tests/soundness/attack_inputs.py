r"""Attacks on everything around the verdicts: names that are code, TeX, HTML, spreadsheets, terminals, paths, resources.

Every row has an id and an input.  OUTPUTS says which rows wait for an output that is not there; they count as soon as it is.
"""

from __future__ import annotations

from itertools import pairwise

_CALL = "__import__('builtins').HITS.append(1)"

NAMES = (
    # code where a name is expected: as a letter of a formula, a weight of a network, a declaration
    ("C01", _CALL),
    ("C02", rf"\text{{{_CALL}}}"),
    ("C03", rf"\mathrm{{{_CALL}}}"),
    ("C04", f"W_{{{_CALL}}}"),
    ("C05", rf"\operatorname{{{_CALL}}}(x)"),
    ("C06", "lambda x: x"),
    ("C07", f"x if 1 else {_CALL}"),
    ("C08", "().__class__.__mro__[-1].__subclasses__()"),
    ("C09", f"f'{{{_CALL}}}'"),
    ("C10", f"W\n    {_CALL}\n"),
    ("C11", f'W"""\n{_CALL}\n"""'),
    ("C12", f"W; {_CALL}"),
    ("C13", f"a={_CALL}"),
    ("C14", "HITS.append(1) or abs"),
    *((f"C{k}", word) for k, word in enumerate("exec np numpy math I E S N lambda None _Dummy_23 x0".split(), 15)),
    ("C27", "symbols('x:99999999')"),
    ("C28", "x:99999999"),
    ("C29", "a b,c"),
)  # fmt: skip

FILES_THAT_RUN = (
    ("C40", "cposix\nsystem\n(S'true'\ntR."),
    ("C41", "!!python/object/apply:os.getcwd []"),
)
"""A pickle and a YAML tag: given as a file of declarations they are refused; nothing here unpickles or constructs."""

TEX = (
    # (id, input, the control words that may reach no document of LaTeX)
    ("L01", r"\input{/etc/hostname}"),
    ("L02", r"\include{x}"),
    ("L03", r"\write18{touch pwned}"),
    ("L04", r"\immediate\write18{id}"),
    ("L05", r"\openout5=x.tex"),
    ("L06", r"\openin5=/etc/hostname"),
    ("L07", r"\read5 to\x"),
    ("L08", r"\verbatiminput{/etc/hostname}"),
    ("L09", r"\lstinputlisting{/etc/hostname}"),
    ("L10", r"\csname input\endcsname{/etc/hostname}"),
    ("L11", r"\begin{input}{/etc/hostname}\end{input}"),
    ("L12", r"\def\x{\x\x}\x"),
    ("L13", r"\loop\iftrue\repeat"),
    ("L14", r"\catcode`\@=0 @input{/etc/hostname}"),
    ("L15", "^^5cinput{/etc/hostname}"),
    ("L16", r"\special{ps: x}"),
    ("L17", r"\directlua{os.exit()}"),
    ("L18", r"\usepackage{x}"),
    ("L19", r"\end{document}"),
    ("L20", r"\end{align} \textbf{proved}"),
    ("L21", r"} \textcolor{green}{PROVED} {"),
    ("L22", r"\href{javascript:alert(1)}{x}"),
    ("L23", r"\unicode{<img src=x onerror=alert(1)>}"),
    ("L24", r"\style{position:fixed}{x}"),
    ("L25", r"\class{verdict-proved}{x}"),
    ("L26", r"\cssId{x}{y}"),
    ("L27", r"\htmlData{a=b}{x}"),
    ("L28", r"\includegraphics{http://127.0.0.1/x}"),
    ("L29", r"\require{html}"),
    ("L30", r"\newcommand{\frac}[2]{#2}"),
    ("L31", r"\let\sum\prod"),
    ("L32", r"\rule{9999pt}{9999pt}"),
    ("L33", r"\hspace{-99cm}"),
    ("L34", r"\mathchoice{a}{b}{c}{d}"),
    ("L35", r"\DeclareMathOperator{\x}{\input}"),
)  # fmt: skip

HTML = (
    ("H01", "<script>document.title='x'</script>"),
    ("H02", "</script><script>1</script>"),
    ("H03", "<img src=x onerror=alert(1)>"),
    ("H04", '" onmouseover="alert(1)'),
    ("H05", "' onfocus='alert(1)' autofocus='"),
    ("H06", "</style><script>1</script>"),
    ("H07", "<!--"),
    ("H08", "]]>"),
    ("H09", "javascript:alert(1)"),
    ("H10", "[x](javascript:alert(1))"),
    ("H11", "![x](http://127.0.0.1/p.png)"),
    ("H12", "<svg/onload=alert(1)>"),
    ("H13", "<math><mtext></mtext><style><img src=x onerror=alert(1)>"),
    ("H14", "&lt;script&gt;"),
    ("H15", "{{7*7}}"),
    ("H16", "${7*7}"),
    ("H17", "\u2028</script>"),
    ("H18", "<a class='verdict proved'>proved</a>"),
    ("H19", "<base href=//x>"),
    ("H20", "<meta http-equiv=refresh content=0>"),
)  # fmt: skip

CELLS = (
    ("V01", "=1+1"), ("V02", "+1"), ("V03", "-1"), ("V04", "@SUM(1)"), ("V05", "\t=1"), ("V06", "\r=1"),
    ("V07", '=HYPERLINK("http://127.0.0.1","x")'),
)  # fmt: skip
"""What a spreadsheet would compute, as the first field of a table."""

TERMINAL = (
    ("E01", "\x1b[2J\x1b[H ALL PROVED"), ("E02", "\x1b]0;t\x07"), ("E03", "\x1b]8;;http://x\x07y\x1b]8;;\x07"), ("E04", "\x1b]52;c;AAAA\x07"),
    ("E05", "\x9b31m"), ("E06", "\r proved          "), ("E07", "\b\b\b"), ("E08", "\x1bc"), ("E09", "a\0b"), ("E10", "\u202eevorp"),
    ("E11", "[bold]x[/bold]"),
    # further characters that move, hide or turn round what is shown
    ("E12", "\x7f\x85\x84"), ("E13", "\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d\u200e\u200f\u061c"), ("E14", "\u200b\u200d\u2060\ufeff\u00ad"),
    ("E15", "\u2028\u2029\x0b\x0c"), ("E16", "\U000e0041\U000e007f\ue000\ufffe"), ("E17", "\x1bP+q544e\x1b\\\x1b_x\x1b\\"), ("E18", "\x1b[8m + c \x1b[0m"),
)  # fmt: skip

PATHS = (
    ("P01", "../../x"), ("P02", "/etc/x"), ("P03", "..\\x"), ("P04", "x/../../y"), ("P05", "CON"), ("P06", "nul.txt"), ("P07", "a" * 300),
    ("P08", ""), ("P09", "."), ("P10", " "), ("P11", ".hidden"), ("P12", "-rf"), ("P13", "x\ny"), ("P14", "x\0y"), ("P15", "~/x"), ("P16", "$HOME"),
    ("P17", "%2e%2e/x"), ("P18", "symlink -> /etc/x"), ("P19", "file:///etc/x"), ("P20", "http://127.0.0.1/"),
)  # fmt: skip
"""Names of notes and networks from which the name of an output file is made."""


def _doubling() -> str:
    steps = "abcdefghijklm"
    return "".join(f"\\newcommand{{\\{b}}}{{{(chr(92) + a) * 10}}}" for a, b in pairwise(steps)) + r"\m"


FORMULAS = (
    # what stands in one formula of a note whose other claim must keep its verdict
    ("R01 a tower", "9^{9^{9^{9}}} h_t"),
    ("R02 a factorial", "10000000!"),
    ("R03 a huge power", "(1+h_t)^{100000}"),
    ("R03b of a sum", "(a+b+c+x_t+h_t)^{64} W"),
    ("R04 digits", "9" * 5000),
    ("R05 an exponent", "1e400 h_t"),
    ("R06 a hundred thousand brackets", "(" * 100_000 + "x" + ")" * 100_000),
    ("R06b as many as are read", "(" * 9_000 + "c" + ")" * 9_000),
    ("R06c without an end", "(" * 15_000),
    ("R07 fractions in fractions", r"\frac{1}{" * 5000 + "x" + "}" * 5000),
    ("R07b as many as are read", r"\frac{1}{" * 2500 + "x" + "}" * 2500),
    ("R08 scripts in scripts", "x_{a" + "_{a" * 4999 + "}" * 5000),
    ("R09 forty sums", r"\sum_{t=1}^{T}" * 40 + " x_t"),
    ("R09b of different indices", "".join(rf"\sum_{{{a}=1}}^{{T}}" for a in "abcdefgijkmnpquvw") + " c"),
    ("R10 a wide sum", "+".join(["h_t"] * 20_000)),
    ("R10b as wide as is read", "+".join(["h_t"] * 4_000)),
    ("R10c that conforms", "+".join(["c"] * 4_000)),
    ("R11 a product of sums", "(a+b)(c+d)" * 40),
    ("R11b of known quantities", r"\mathrm{tr}(" + "(W+W^T)" * 30 + ") c"),
    ("R12 one long word", r"\frac{" + "a" * 5000 + "!"),
    ("R12b of braces and stars", "{*}" * 5000),
    ("R13 dollars without partners", "$a " * 5_000),
    ("R14 environments that never end", r"\begin{a}x" * 6000),
    ("R15 macros that double", _doubling()),
    ("R16 macros in a circle", r"\newcommand{\a}{\b}\newcommand{\b}{\a} \a"),
    ("R18 letters of Latin-1", "latin-1 ÿþ"),
    ("R21 a byte order mark", "\ufeff$x$"),
    ("R22 many symbols", " ".join(f"x_{{{k}}}" for k in range(20_000))),
    ("R22b as many as are read", " ".join(f"x_{{{k}}}" for k in range(3_000))),
    ("R29 Arabic digits", "h_{\u0661}"),
    ("R30 a raised two below", "h_{²}"),
)  # fmt: skip

BYTES = (
    # (id, ending, content, exit statuses): whole files
    ("R17 a long line", ".md", b"x" * 6_000_000, {2}),
    ("R17b just short enough", ".md", b"x" * 4_900_000, {0}),
    ("R13 dollars without partners", ".md", b"$a " * 200_000, {0, 2}),
    ("R18 invalid UTF-8", ".md", b"$a = b$ \xff\xfe", {2}),
    ("R19 a NUL", ".md", b"a\0b", {2}),
    ("R20 UTF-16", ".md", "$a = b$".encode("utf-16"), {2}),
    ("R21 a byte order mark", ".md", "\ufeff$x$".encode(), {0}),
    ("R23 lists in lists", ".ipynb", b'{"cells": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}", {2}),
    ("R23b in a cell's output", ".ipynb", b'{"cells": [{"cell_type": "code", "source": "", "outputs": ' + b"[" * 900 + b"]" * 900 + b"}]}", {0}),
    ("R23c a number of many digits", ".ipynb", b'{"cells": ' + b"9" * 10_000 + b"}", {2}),
    ("R24 an archive", ".md", b"PK\x03\x04\x14\0\0\0\x08\0\xd0\x9a\xff" + bytes(range(256)) * 40, {2}),
    ("R24b as a notebook", ".ipynb", b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(range(128)) * 40, {2}),
    ("R24c under its own name", ".zip", b"PK\x03\x04", {2}),
    ("R27 nothing", ".md", b"", {0}),
    ("R28 prose", ".md", b"only prose", {0}),
)  # fmt: skip

OUTPUTS = {"html": HTML, "csv": CELLS, "latex": TEX}
"""Formats of `check` -> rows that count for them; a row whose format is not there does not apply yet.  Those of terminals count for all."""
