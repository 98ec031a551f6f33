r"""Attacks on the verdicts: claims and notes that a careless judge would prove.

A row of CLAIMS: its id, the network that it speaks of, the claim, the verdicts that can be defended, and the same claim
without the attack, which must be proved, so that no row passes for another reason.  Ids go from S01 on; a letter behind
the number marks a second form of the same attack, such as one whose shapes conform.
"""

from __future__ import annotations

_STATE = r"The state is $h_t = \sigma(W h_{t-1} + U x_t + b)$ with the logistic function $\sigma(z) = \frac{1}{1+e^{-z}}$"
_ADJOINT = r"We write $\delta_t = \frac{\partial L}{\partial h_t}$."

NETWORKS = {
    "classes": _STATE + r""",
the scores are $o_t = V h_t + c$, the output is $\hat r_t = \operatorname{softmax}(o_t)$, and the loss is

$$ L = -\sum_{t=1}^T r_t^\top \log \hat r_t $$

where $r_t$ is one-hot. """ + _ADJOINT,
    "rest": _STATE + r""" and $h_0 = 0$,
the scores are $o_t = V h_t + c$, the output is $\hat r_t = \operatorname{softmax}(o_t)$, and the loss is

$$ L = -\sum_{t=1}^T r_t^\top \log \hat r_t $$

""" + _ADJOINT,
    "hats": _STATE + r""",
the output is $\hat y_t = \operatorname{softmax}(V h_t + c)$, and the loss is

$$ L = -\sum_{t=1}^T y_t^\top \log \hat y_t $$

""" + _ADJOINT,
    "two": _STATE + r""",
the output is $o_t = \sigma(V h_t + b_o)$, the classes are $\hat r_t = \operatorname{softmax}(W_{out} o_t + c)$, and the loss is

$$ L = -\sum_{t=1}^T r_t^\top \log \hat r_t $$

""" + _ADJOINT,
    "tanh": r"""The state is $h_t = \tanh(W h_{t-1} + U x_t + b)$, and the loss is

$$ L = \sum_{t=1}^T \frac{1}{2} \|h_t - y_t\|^2 $$

""" + _ADJOINT,
    "raised": r"""The state is $h^{(t)} = \sigma(W h^{(t-1)} + U x^{(t)} + b)$ with $\sigma(z) = \frac{1}{1+e^{-z}}$, and the loss is

$$ L = \sum_{t=1}^T \frac{1}{2} \|h^{(t)} - y^{(t)}\|^2 $$

We write $\delta^{(t)} = \frac{\partial L}{\partial h^{(t)}}$.""",
    "bold": r"""The state is $h_t = \sigma(W h_{t-1} + 𝐖 x_t + b)$ with $\sigma(z) = \frac{1}{1+e^{-z}}$, and the loss is

$$ L = \sum_{t=1}^T \frac{1}{2} \|h_t - y_t\|^2 $$

""" + _ADJOINT,
}  # fmt: skip

W = r"\frac{\partial L}{\partial W} = \sum_{t=1}^{T} (h_t \circ (1-h_t) \circ \delta_t) h_{t-1}^T"
B = r"\frac{\partial L}{\partial b} = \sum_{t=1}^{T} h_t \circ (1-h_t) \circ \delta_t"
DELTA = r"\delta_t = V^T (\hat r_t - r_t) + W^T (h_{t+1} \circ (1-h_{t+1}) \circ \delta_{t+1})"
_TANH_B = r"\frac{\partial L}{\partial b} = \sum_t (1-h_t^2) \circ \delta_t"
_RAISED_W = r"\frac{\partial L}{\partial W} = \sum_{t=1}^T (h^{(t)} \circ (1-h^{(t)}) \circ \delta^{(t)}) (h^{(t−1)})^T"
_SCORES = r"\frac{\partial L}{\partial o_t} = \hat r_t - r_t"
_MANY = " ".join("W" * 32)
_CLIQUE = " ".join(f"W_{{{a}{b}}}" for k, a in enumerate("abcdefgijkmn") for b in "abcdefgijkmn"[k + 1 :])
_OVER = "".join(rf"\sum_{{{a}=1}}^n " for a in "abcdefgijkmn")

OPEN = "refuted unproved unreadable"

CLAIMS = (
    ("S01 a coefficient that is a prime", "classes", W + r" + 2305843009213693951\, h_t h_{t-1}^T", OPEN, W),
    ("S01b in the scope of the sum", "classes", W + r" + \sum_{t=1}^{T} 2305843009213693951\, h_t h_{t-1}^T", OPEN, W),
    ("S01c a small prime", "classes", W + r" + \sum_{t=1}^{T} 8388593\, h_t h_{t-1}^T", OPEN, W),
    ("S02 a product of primes", "classes", W + r" + 2147483647 \cdot 2305843009213693951\, h_t h_{t-1}^T", OPEN, W),
    ("S02b in the scope of the sum", "classes", W + r" + \sum_{t=1}^{T} 2147483647 \cdot 2305843009213693951\, h_t h_{t-1}^T", OPEN, W),
    ("S03 a denominator that is zero", "classes", W + r" + \frac{1}{h_t-h_t} h_t h_{t-1}^T", OPEN, W),
    ("S03b whose shapes conform", "classes", B + r" + \sum_{t=1}^T \frac{h_t}{h_t-h_t}", OPEN, B),
    ("S03c over itself", "classes", B + r" + \sum_{t=1}^T \frac{h_t-h_t}{h_t-h_t}", OPEN, B),
    ("S03d a scalar", "classes", W + r" + \sum_{t=1}^T \frac{1}{h_t^T h_t - h_t^T h_t} h_t h_{t-1}^T", OPEN, W),
    ("S04 one minus a sum of a softmax", "classes", W + r" + \frac{1}{1-\sum_c \hat r_{t,c}} h_t h_{t-1}^T", OPEN, W),
    ("S04b in the scope of the sum", "classes", W + r" + \sum_{t=1}^T \frac{0}{1-\sum_c \hat r_{t,c}} h_t h_{t-1}^T", OPEN, W),
    ("S05 nothing times one over nothing", "classes", W + r" + 0\cdot\frac{1}{0}", OPEN, W),
    ("S05b whose shapes conform", "classes", W + r" + 0\cdot\frac{1}{0} W", OPEN, W),
    ("S06 an empty sum below", "classes", W + r" + \frac{1}{\sum_{k=1}^{0} 1}", OPEN, W),
    ("S06b whose shapes conform", "classes", W + r" + \frac{0}{\sum_{k=1}^{0} 1} W", OPEN, W),
    ("S07 a commutator", "classes", W + r" + (W U - U W) h_t h_{t-1}^T", OPEN, W),
    ("S07b whose shapes conform", "classes", W + r" + (W W^T - W^T W)", OPEN, W),
    ("S08 true for two rows only", "classes", W + r" + (W W - \mathrm{tr}(W) W + \det(W) I)", OPEN, W),
    ("S08b true for one row only", "classes", W + r" + (\mathrm{tr}(W) W - W W)", OPEN, W),
    ("S09 a tail beyond T", "classes", W + r" + \sum_{t=9}^{T-9} h_t h_{t-1}^T", OPEN, W),
    ("S10 a range that runs backwards", "classes", W + r" + \sum_{t=1}^{-3} h_t h_{t-1}^T", OPEN, W),
    ("S11 a far first step", "classes", W + r" + \sum_{t=10^{6}}^{T} h_t h_{t-1}^T", OPEN, W),
    ("S11b as a number", "classes", W + r" + \sum_{t=1000000}^{T} h_t h_{t-1}^T", OPEN, W),
    ("S12 a small coefficient", "classes", W + r" + 0.0000001\, h_t h_{t-1}^T", OPEN, W),
    ("S12b in the scope of the sum", "classes", W + r" + \sum_{t=1}^{T} 0.0000001\, h_t h_{t-1}^T", OPEN, W),
    ("S13 a coefficient that rounds to nothing", "classes", W + r" + (1-0.9999999999999999999999) h_t h_{t-1}^T", OPEN, W),
    ("S13b in the scope of the sum", "classes", W + r" + \sum_{t=1}^{T} (1-0.9999999999999999999999) h_t h_{t-1}^T", OPEN, W),
    ("S14 not a number", "classes", W + r" + \mathrm{nan}", OPEN, W),
    ("S15 infinity less infinity", "classes", W + r" + \infty - \infty", OPEN, W),
    ("S16 Fermat's exponent", "classes", W.replace("(h_t ", "(h_t^{2305843009213693951} "), OPEN, W),
    ("S17 an open bracket hides the tail", "classes", W + " ( + 5 W", "unreadable", W),
    ("S18 a bracket closes nothing", "classes", W + " ] + W", "unreadable", W),
    ("S19 text and white ink hide terms", "classes", W + r" \text{ + } W \phantom{- W} \color{white}{+ U}", "unreadable refuted", W),
    ("S20 a comment hides a term", "classes", W + " % + W\n + 3 W", "refuted unreadable", W),
    ("S20b nothing but a comment", "classes", W + " + % W\n 3 W", "refuted unreadable", W),
    ("S21 a letter in braces", "classes", r"\frac{\partial L}{\partial W} = {\delta}_{t} + W", OPEN, W),
    ("S21b in a claim that is right but for it", "classes", DELTA.replace(r"\delta_{t+1}", r"{\delta}_{t}"), OPEN, DELTA.replace(r"\delta_{t+1}", r"{\delta}_{t+1}")),
    ("S22 a raised two", "classes", r"\frac{\partial L}{\partial W} = \sum_t (1-h_t²)\circ \delta_t", OPEN, W),
    ("S22b the slope of tanh", "classes", _TANH_B.replace("^2", "²"), OPEN, B),
    ("S22c read as a letter h2", "tanh", _TANH_B.replace("(1-h_t^2)", "(1-h_t²+h_t)"), OPEN, _TANH_B.replace("^2", "²")),
    ("S23 a letter that looks like W", "classes", W.replace("partial W", "partial В"), "unreadable unproved", W),
    ("S24 a name with a hidden space", "classes", W.replace("(h_t", "(h\u200b_t"), "unreadable unproved", W),
    ("S25 an order turned round", "classes", W + " \u202e W + \u202c", "unreadable", W),
    ("S31 an index free on the left, bound on the right", "classes", r"\frac{\partial L}{\partial h_t} = \sum_{t=1}^{T} (\hat r_t - r_t)", "refuted", _SCORES),
    ("S31b whose shapes conform", "classes", r"\frac{\partial L}{\partial o_t} = \sum_{t=1}^{T} (\hat r_t - r_t)", "refuted", _SCORES),
    ("S32 true for T = 1 only", "hats", r"\delta_t = V^T(\hat y_t - y_t)", "refuted", r"\delta_T = V^T(\hat y_T - y_T)"),
    ("S33 true for one row only", "two", r"\frac{\partial L}{\partial b_o} = \sum_t W_{out}^T[(\hat r_t - r_t)\circ o_t\circ(1-o_t)]", "refuted",
     r"\frac{\partial L}{\partial b_o} = \sum_t [W_{out}^T(\hat r_t - r_t)]\circ o_t\circ(1-o_t)"),
    ("S36 a product of many alike", "classes", rf"\mathrm{{tr}}({_MANY}) = \mathrm{{tr}}({_MANY} W)", OPEN, W),
    ("S36b turned round", "classes", rf"\mathrm{{tr}}({_MANY}) = \mathrm{{tr}}({_MANY.replace('W', 'W^T')})", OPEN + " proved", W),
    ("S37 every pair of twelve indices", "classes", rf"L = {_OVER} {_CLIQUE}", OPEN, W),
)  # fmt: skip

ASSUMED = (
    # (id, network, claim, verdicts, words of which one must stand among the assumptions where it is proved)
    ("S34 true only if the labels sum to one", "hats", r"\frac{\partial L}{\partial c} = \sum_{t=1}^T (\hat y_t - y_t)", "proved", ("sum(y)=1",)),
    ("S35 true only for h_0 = 0", "classes", W.replace("t=1", "t=2"), "proved refuted", ("h_0=0", "h_0")),
    ("S35b where the note says so", "rest", W.replace("t=1", "t=2"), "proved refuted", ("h_0=0", "h_0")),
)  # fmt: skip

NOTES = (
    # (id, what stands behind the network "classes", the verdicts of its '=' that can be defended, one text a '=')
    ("S28 a name that assumes the claim", "$\\delta_t = 0$ and later $\\frac{\\partial L}{\\partial W} = 0$", (OPEN, OPEN)),
    ("S29 a claim that states nothing", "$\\frac{\\partial L}{\\partial W} = \\frac{\\partial L}{\\partial W}$", (OPEN + " proved",)),
    ("S28b and the right gradient with it", f"$\\delta_t = 0$ and ${W.replace(chr(92) + 'delta_t', '0')}$", (OPEN, OPEN)),
)  # fmt: skip

CIRCULAR = r"""The state is $h_t = \sigma(W h_t)$, and the loss is $L = \sum_{t=1}^T \frac{1}{2} \|h_t - y_t\|^2$. So
$\frac{\partial L}{\partial h_t} = h_t - y_t$ and $\frac{\partial L}{\partial W} = \sum_{t=1}^T (h_t \circ (1-h_t) \circ (h_t - y_t)) h_t^T$."""
"""S30: a state that stands on both sides at the same step: nothing may be proved about it."""

_C = r"\frac{\partial L}{\partial c} = \sum_{t=1}^{T} (\hat r_t - r_t)"

UNSEEN = (
    # what stands behind a right claim in its formula, drawn invisible or set aside although it is mathematics
    r"\phantom{+ c}", r"\hphantom{+ c}", r"\vphantom{c}", r"\smash{+ c}", r"\rlap{+ c}", r"\mathllap{+ c}", r"\color{white}{+ c}",
    r"{\color{white} + c}", r"\textcolor{white}{+ c}", r"\textcolor{White}{+ c}", r"\color[rgb]{1,1,1} + c", r"\textcolor[gray]{0.98}{+ c}",
    r"\color[HTML]{FEFEFE} + c", r"\color{#fff} + c", r"\color{snow} + c", r"\color{transparent} + c", r"\color{ink} + c",
    r"\color{white!95!black} + c", r"\colorbox{white}{$+ c$}", r"\scalebox{0}{+ c}", r"\fontsize{0}{0}\selectfont + c", r"\hspace{-9cm}",
    r"\hspace{-\textwidth}", r"\mspace{-99mu} + c", r"\kern-9cm", r"\raisebox{9cm}{$+ c$}", r"\style{display:none}{+ c}", r"\class{hidden}{+ c}",
    r'<span style="display:none">+ c</span>', r"<!-- + c -->", r"<b hidden>+ c</b>", r"\iffalse + c\fi", r"\begin{comment}+ c\end{comment}",
    r"\text{ + c}", r"\text{+c}", r"\mathrm{+ c}", r"\mbox{- 2c}", r"\operatorname{+c}", r"\textbf{ = 2c}", r"\text{ times two}",
    r"\text{ (up to a factor of two)}", r"\text{\color{white}+c}", r"\mbox{\tiny $+ c$}", r"\tag{+ c}", r"\tag*{- c}", r"\textcircled{+ c}",
    "\u00ad+ c", "\u2064 c", "\u2066+ c\u2069", "\u200d+ c", "\ufe0e+ c", "\u3164+ c", "\U000e0041+ c", "\u2800+ c", "\ue000+ c", "+ с",
)  # fmt: skip

SEEN = (
    # what may stand behind a right claim
    r"\color{red}", r"\quad \text{(chain rule)}", r"\tag{3.2}", r"\label{eq:a}", r"\hspace{1cm}", r"\hspace{-0.5em}", r"\;\text{ - by the chain rule}",
    r"\nonumber % + c", r"\color{RoyalBlue}", r"\,\text{for all steps}",
)  # fmt: skip

HIDDEN = {
    # where a whole formula (@) is not shown: in Markdown, in LaTeX
    "markdown": (
        '<span style="display:none">@</span>', '<span style="display: none !important">@</span>', '<span style="font-size:0">@</span>',
        "<div hidden>\n\n@\n\n</div>", '<span style="color:white">@</span>', '<span style="color: #fefefe">@</span>',
        '<span style="color: rgb(255, 255, 255)">@</span>', '<span style="color:rgba(0,0,0,0)">@</span>', '<p style="visibility: hidden">@</p>',
        '<span style="opacity:0.0">@</span>', "<font color=white>@</font>", '<p style="text-indent:-9999px">@</p>',
        '<span style="position:absolute;left:-9999px">@</span>', '<style>.h{display:none}</style>\n\n<p class="a h">@</p>',
        '<div style="display:none">\n\n<div>x</div>\n\n@\n\n</div>',
    ),
    "latex": (
        r"\textcolor{white}{ @ }", r"{\color{white} @}", r"\phantom{@}", r"\scalebox{0}{@}", r"{\fontsize{0}{0}\selectfont @}",
        r"\definecolor{ink}{rgb}{1,1,1} \textcolor{ink}{@}", r"\colorlet{red}{white} {\color{red} @}", r"\sbox0{@}",
        r"\newcommand{\dim}[1]{\textcolor{white}{#1}} \dim{@}", r"\color{white} @",
    ),
}  # fmt: skip

SHOWN = {
    "markdown": (
        '<span style="color:red">@</span>', '<div style="display:none">x</div>\n\n@', "<details>\n\n@\n\n</details>", '<p class="h">@</p>',
        "`<div hidden>`\n\n@", '<span style="font-size:0.8em; opacity:0.9">@</span>', '<p style="margin-left:-10px">@</p>',
    ),
    "latex": (
        r"\textcolor{white}{x} @", r"{\color{white} x} @", r"\textcolor{blue}{@}", r"{\color{white} \color{black} @}", r"\resizebox{\textwidth}{!}{@}",
        r"\definecolor{white}{rgb}{0,0,0} {\color{white} @}",
    ),
}  # fmt: skip

RIGHT = _C
"""The right claim that UNSEEN, SEEN, HIDDEN and SHOWN speak of, about the network "classes"."""
