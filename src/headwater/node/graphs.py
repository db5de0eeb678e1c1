"""CASE graphs of whatever system, checked from a file: no node is needed for it."""

from pathlib import Path

from headwater.case.check import Problem
from headwater.case.graph_check import check_graph
from headwater.node.files import bytes_of
from headwater.node.system import SystemClock


def check_file(path: Path) -> list[Problem]:
    """Return what is wrong with the CASE graph in a file.

    Raises:
        InputError: it cannot be read as one.
    """
    return check_graph(bytes_of(path), file=path.name, now=SystemClock().now())
