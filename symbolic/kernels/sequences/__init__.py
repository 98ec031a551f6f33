"""Sequences of different length, initial states, truncation, and long sequences part by part.

    opened      the model with masks, for one part: again a model, whose gradients the derivation derives
    programs    its program, with the gradients of data and initial states and the last states
    arguments   lengths, masks and parts as a caller gives them
    kernel      the function of arrays: parts of a sequence one after the other, and back
"""

from __future__ import annotations

from .kernel import Part, Sequences
from .opened import Form, Opened, opened
from .programs import program_in_form

__all__ = ["Form", "Opened", "Part", "Sequences", "opened", "program_in_form"]
