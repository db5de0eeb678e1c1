"""link: which records, of several states and in several scripts, speak of one person, firm, vehicle or vessel.

`LinkEngine` is the engine; `link` gives the whole answer of a run, `compare` two units side by side, `claims` findings.
Splink, DuckDB and Arrow are loaded only when one of them runs.
"""

from headwater.engines.match.link.claims import LinkEngine, claims, pair_finding
from headwater.engines.match.link.judged import Judgement, Verdict
from headwater.engines.match.link.linking import KINDS, Asked, Cluster, Question, SortResult, compare, link, read_params
from headwater.engines.match.link.units import Sort, Unit, units_of
from headwater.engines.match.link.waterfall import waterfall

__all__ = [
    "KINDS",
    "Asked",
    "Cluster",
    "Judgement",
    "LinkEngine",
    "Question",
    "Sort",
    "SortResult",
    "Unit",
    "Verdict",
    "claims",
    "compare",
    "link",
    "pair_finding",
    "read_params",
    "units_of",
    "waterfall",
]
