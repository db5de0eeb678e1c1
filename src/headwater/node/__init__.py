"""The composition root: settings, store, policy, engines, exchange and case are joined here and nowhere else.

`Node` holds what one node is made of; beside it stands one file for each use that the doors have for it. It is loaded when it is asked
for: a command that looks at a file alone needs no store and no exchange.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.node.node import Node

__all__ = ["Node"]


def __getattr__(name: str) -> object:
    """Return the node's class."""
    if name != "Node":
        raise AttributeError(name)
    from headwater.node.node import Node

    return Node
