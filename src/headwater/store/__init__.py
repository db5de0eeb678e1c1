"""The store: all that a node keeps, in one directory. All SQL of headwater stands in here.

Only `node` and `exchange` may open one; everything else is handed a guarded view.
"""

from headwater.store.files import sync_folder
from headwater.store.parts import Part
from headwater.store.rows import Head, Incoming, Leaf, Outgoing, Problem, StoreOptions
from headwater.store.search import Candidate, SearchIndex
from headwater.store.store import Store
from headwater.store.view import Snapshot, Transaction

__all__ = [
    "Candidate",
    "Head",
    "Incoming",
    "Leaf",
    "Outgoing",
    "Part",
    "Problem",
    "SearchIndex",
    "Snapshot",
    "Store",
    "StoreOptions",
    "Transaction",
    "sync_folder",
]
