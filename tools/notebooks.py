"""Runs the notebooks in docs/ and stores what their cells show, without Jupyter.

    python tools/notebooks.py            refreshes the stored outputs
    python tools/notebooks.py --check    says which of them are not what running gives (status 1)

The code cells of a notebook run in order, in one fresh namespace, as in Jupyter: what is printed is kept, and the value of a
last expression is shown by its `_repr_html_`, `_repr_latex_` and `_repr_pretty_` (or its `repr`).  The outputs of cells with
the tag `nbval-ignore-output` (timings) may differ; nbval knows the same tag.
"""

from __future__ import annotations

import ast
import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent.parent / "docs"
VARIES = "nbval-ignore-output"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SHOWN_AS = {"text/html": "_repr_html_", "text/latex": "_repr_latex_"}

Cell = dict[str, Any]
Notebook = dict[str, Any]


def notebooks() -> list[Path]:
    return sorted(DOCS.glob("*.ipynb"))


def executed(notebook: Notebook) -> Notebook:
    """The notebook with what its cells show when they are run."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    here, cells, number = os.getcwd(), [], 0
    try:
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                number += 1
                cell = {**cell, "execution_count": number, "outputs": list(_run("".join(cell["source"]), namespace, number))}
            cells.append(cell)
    finally:
        os.chdir(here)
    return {**notebook, "cells": cells, "metadata": METADATA}


def _run(source: str, namespace: dict[str, Any], number: int) -> Iterator[Cell]:
    body = ast.parse(source, f"cell {number}").body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    value, printed, told = None, io.StringIO(), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(told):
        exec(compile(ast.Module(body, []), f"cell {number}", "exec"), namespace)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), namespace)
    for name, stream in (("stdout", printed), ("stderr", told)):
        if stream.getvalue():
            yield {"name": name, "output_type": "stream", "text": _lines(stream.getvalue())}
    if value is not None and not source.rstrip().endswith(";"):  # as in IPython
        yield {"data": _data(value), "execution_count": number, "metadata": {}, "output_type": "execute_result"}


class _Text(list[str]):
    """What IPython hands to `_repr_pretty_`, as far as it is used."""

    text = list.append


def _data(value: object) -> dict[str, list[str]]:
    shown = {kind: getattr(value, hook)() for kind, hook in SHOWN_AS.items() if hasattr(value, hook)}
    parts = _Text()
    if hasattr(value, "_repr_pretty_"):
        value._repr_pretty_(parts, False)
    found = {kind: text for kind, text in shown.items() if text is not None}
    return {kind: _lines(text) for kind, text in {**found, "text/plain": "".join(parts) or repr(value)}.items()}


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def written(notebook: Notebook) -> str:
    """As Jupyter writes it."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def comparable(notebook: Notebook) -> list[tuple[str, list[Cell]]]:
    """The code cells and what they show; of outputs that may differ, none."""
    cells = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    return [("".join(c["source"]), [] if VARIES in c["metadata"].get("tags", ()) else c["outputs"]) for c in cells]


def main(arguments: list[str]) -> int:
    old = 0
    for path in notebooks():
        stored = json.loads(path.read_text(encoding="utf-8"))
        again = executed(stored)
        if comparable(again) == comparable(stored) and "--check" in arguments:
            continue
        if "--check" in arguments:
            old += 1
            print(f"{path.name}: what is stored is not what running it gives; make notebooks refreshes it")
        else:
            path.write_text(written(again), encoding="utf-8")
    return min(old, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
