"""A progress bar on standard error: on a terminal only, for several sources only, and gone when all is done."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress(sources: int) -> Iterator[Callable[[], None]]:
    """What is to be called whenever a source is finished."""
    if sources < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    # no thread of its own: this process forks
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("judging", total=sources)
        bar.refresh()

        def finished() -> None:
            bar.advance(task)
            bar.refresh()

        yield finished
