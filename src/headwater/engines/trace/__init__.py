"""trace: illicit money, supply chains and routes, as explained patterns in tables.

`TraceEngine` is the engine; `trace` gives the whole answer of a run. Patterns are Ibis expressions in `typologies`; below
them stand numeric kernels. Ibis, DuckDB, numpy and numba are loaded only when one of them runs.
"""

from headwater.engines.trace.engine import TraceEngine, trace
from headwater.engines.trace.leads import Claim, TraceResult

__all__ = ["Claim", "TraceEngine", "TraceResult", "trace"]
