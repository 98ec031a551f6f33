"""The picture of `gradproof flow`: measured norms as lines, proved bounds dashed, the same bytes in every run."""

from __future__ import annotations

import io
from collections.abc import Sequence
from math import log10
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from ..bounds.flow import Flow

KINDS: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "png": (FigureCanvasAgg, {"Software": None}),
    "svg": (FigureCanvasSVG, {"Date": None}),
}
"""Ending of the file -> what draws it, and what it must not write about itself."""

COLOURS = ("#0072b2", "#009e73", "#e69f00", "#d55e00", "#cc79a7", "#56b4e9")
"""Told apart by people who do not see all colours: Okabe and Ito, *Color universal design* (2008)."""

WIDTH, HEIGHT = 8.4, 4.6
SMALLEST, LARGEST = 1e-16, 1e12
"""Norms beyond are not drawn."""

SETTINGS: Any = {"svg.hashsalt": "gradproof", "svg.fonttype": "path", "font.size": 10, "text.parse_math": False}


def picture(flows: Sequence[Flow], kind: str) -> bytes:
    """One panel per model, as the bytes of a file of this kind."""
    canvas, metadata = KINDS[kind]
    defaults: Any = matplotlib.rcParamsDefault
    settings: Any = {**defaults, **SETTINGS}
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(WIDTH, HEIGHT * len(flows)), layout="constrained")
        canvas(figure)
        for number, found in enumerate(flows, 1):
            _panel(figure.add_subplot(len(flows), 1, number), found)
        file = io.BytesIO()
        figure.savefig(file, format=kind, dpi=160, metadata=metadata)
    return file.getvalue()


RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(value: float, place: int | None = None) -> str:
    """How a norm is written beside the axis: as text, since names of notes are not to be read as mathematics there.

    >>> power_of_ten(1e-14), power_of_ten(10.0)
    ('10⁻¹⁴', '10¹')
    """
    return f"10{str(round(log10(value))).translate(RAISED)}"


def _panel(axes: Any, found: Flow) -> None:
    lags = range(1, found.steps)
    for curve, colour in zip(found.curves, COLOURS, strict=False):
        norms = ", ".join(f"‖{name}‖ = {value:.3g}" for name, value in curve.norms)
        measured = [x if x > SMALLEST else float("nan") for x in curve.measured]
        axes.plot(lags, measured, color=colour, linewidth=1.8, label=norms)
        axes.plot(lags, [x if x > SMALLEST else float("nan") for x in curve.bound], color=colour, linewidth=1.0, linestyle="--")
    axes.plot([], [], color="#555555", linewidth=1.0, linestyle="--", label=f"proved bound {found.bound}")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(power_of_ten))
    axes.set_ylim(SMALLEST, LARGEST)
    axes.set_xlim(1, max(2, found.steps - 1))
    axes.set_xlabel("lag t − k")
    state = found.state
    axes.set_ylabel(f"‖∂{state}(t)/∂{state}(k)‖, spectral norm")
    axes.set_title(found.model.title + (f" ({found.stand_in})" if found.stand_in else ""), fontsize=10)
    axes.grid(True, which="major", color="#dddddd", linewidth=0.6)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))  # beside the lines, which may run anywhere
