"""Why a refuted formula is wrong, and its smallest proved repair in the person's own notation.

    parts       a right side read with its parts: which term each piece of the source stands for
    points      where it is compared with the truth, and what is missing there
    reverse     one reverse pass: what each part would have to be worth
    structural  small edits of what is written (`edits`, `operands`, `names`);  brackets: brackets moved
    conform     claims that do not conform;  holes: pieces of another shape;  twice: two edits
    vocabulary  the small terms of a model, looked up by value
    style       the notation of the note
    search      edits and terms that make up for what is missing
    residual    what is missing in closed form, where no edit helps
    mend        the order of it all; cause and words: what kind of mistake it was
"""

from .bench import Workbench
from .mend import diagnose
from .records import Diagnosis

__all__ = ["Diagnosis", "Workbench", "diagnose"]
