"""Where defects of this program are kept: in a folder of the working directory, and never anything else."""

from __future__ import annotations

import os

from ..judging.defects import name_of
from .output import UsageError, put

FOLDER = "gradproof-defects"


def saved(text: str) -> str:
    """Write the file about a defect, whole or not at all; where it lies, or that it could not be written."""
    place = os.path.join(FOLDER, name_of(text))
    try:
        os.makedirs(FOLDER, exist_ok=True)
        put(text, place)
    except (OSError, UsageError):
        return f"{place}, which could not be written"
    return place
