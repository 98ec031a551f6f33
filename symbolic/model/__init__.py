"""The forward system: declarations, equations, and the conditions under which it is well-formed."""

from .check import ModelError, checked, upstream, variables
from .network import Network
from .records import Assumption, Chosen, Equation, Family, Index, Model, Shorthand

__all__ = [
    "Assumption", "Chosen", "Equation", "Family", "Index", "Model", "ModelError", "Network", "Shorthand", "checked",
    "upstream", "variables",
]  # fmt: skip
