"""Opening a node for the time of one command."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.node import Node
    from headwater.policy.session import Session


@contextmanager
def node_at(home: Path) -> "Iterator[Node]":
    """Yield the node in a directory, and close it afterwards."""
    from headwater.node import Node

    with Node.open(home, os.environ) as node:
        yield node


@contextmanager
def session_at(home: Path, user: str, purpose: str) -> "Iterator[tuple[Node, Session]]":
    """Yield the node in a directory and the session of one of its users."""
    with node_at(home) as node:
        yield node, node.session(user, purpose)
