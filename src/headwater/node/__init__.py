"""The composition root: settings, store, policy, engines, exchange and case are joined here and nowhere else.

`Node` holds what one node is made of; beside it stands one file for each use that the doors have for it.
"""

from headwater.node.node import Node

__all__ = ["Node"]
