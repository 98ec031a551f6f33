"""A disagreement of the two routes as a Python file that asks both again.

One of them is wrong, so that it is a defect of this program, not of the formula.  The file holds the forward system and the
formula as terms; every name from a note stands in it as a quoted string.
"""

from __future__ import annotations

from hashlib import blake2b

from .rebuild import written

_TEXT = '''"""gradproof: its two routes disagree about a formula: one of them is wrong.  Run this file to ask both."""

from sympy import Add, Integer, Mul, Pow, Rational, Symbol, Tuple
from sympy.core.symbol import Str

from symbolic.derivation import expand
from symbolic.field.route import Question, agreement
from symbolic.judging.workshop import workshop
from symbolic.language import *
from symbolic.model.records import Assumption, Equation, Family, Index, Model, Shorthand
from symbolic.proof.domain import Domain

QUESTION = {question}


def both():
    """What the normal form says, and what evaluation in a prime field says."""
    q = QUESTION
    judge, derivation = workshop(q.model)
    ranges = {{letter: (lower, upper) for letter, lower, upper in q.free}}
    left, right = (expand(side, derivation, ranges) for side in (q.left, q.right))
    return judge.prover.equal(left, right, Domain(q.free, q.conditions)), agreement(q)


if __name__ == "__main__":
    for answer in both():
        print(answer)
'''


def text_of(question: object) -> str:
    """The file about a question on which the routes disagree."""
    return _TEXT.format(question=written(question))


def name_of(text: str) -> str:
    """The name of the file: the same question has the same one."""
    return f"routes-{blake2b(text.encode('utf-8', 'backslashreplace'), digest_size=6).hexdigest()}.py"
