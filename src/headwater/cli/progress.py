"""Progress bars: on standard error, and only where that is a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from headwater.cli.words import Part, said


@contextmanager
def bar(title: str, of: str = "") -> Iterator[Callable[[int, int], None]]:
    """Yield a function that is told how many of how many are done; `of` is what the work is done to."""
    with bars(title, of=of) as (told,):
        yield told


@contextmanager
def bars(*titles: str, of: str = "") -> Iterator[tuple[Callable[[int, int], None], ...]]:
    """Yield such a function for each stage of a long work; a stage is shown from its first word on."""
    if not sys.stderr.isatty():
        yield tuple(_silent for _ in titles)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:

        def stage(title: str, *, at_once: bool) -> Callable[[int, int], None]:
            task = shown.add_task(
                f"{said(title, Part.ANSWERS)} {of}".rstrip(), total=None, visible=at_once, start=at_once
            )

            def tell(done: int, total: int) -> None:
                shown.start_task(task)
                shown.update(task, completed=done, total=total, visible=True)

            return tell

        yield tuple(stage(title, at_once=number == 0) for number, title in enumerate(titles))


def _silent(_done: int, _total: int) -> None:
    """Say nothing."""
