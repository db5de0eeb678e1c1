"""The store: all that a node keeps, in one directory. All SQL of headwater stands in here.

Only `node` and `exchange` may open one; everything else is handed a guarded view.
"""

from headwater.store.files import sync_folder
from headwater.store.moving import Moved, move
from headwater.store.parts import Part
from headwater.store.records import ClaimsState
from headwater.store.rows import Head, Incoming, Leaf, Outgoing, Problem, StoreOptions
from headwater.store.search import Candidate, SearchIndex
from headwater.store.shelf import Asked, Held, Placed, ShelfRow
from headwater.store.store import Store, Watch
from headwater.store.view import Snapshot, Transaction

__all__ = [
    "Asked",
    "Candidate",
    "ClaimsState",
    "Head",
    "Held",
    "Incoming",
    "Leaf",
    "Moved",
    "Outgoing",
    "Part",
    "Placed",
    "Problem",
    "SearchIndex",
    "ShelfRow",
    "Snapshot",
    "Store",
    "StoreOptions",
    "Transaction",
    "Watch",
    "move",
    "sync_folder",
]
