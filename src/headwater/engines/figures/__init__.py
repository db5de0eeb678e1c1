"""figures: route and return statistics: vintages, claims, forecasts, breaks, safe publication.

`FiguresEngine` is the engine; `answer` gives the whole answer to a claim. `forecast`, `backtest`, `online_breaks`,
`past_breaks`, `shifts` and `publish` work on a panel or a table. numpy and scipy are loaded only when one of them runs.
"""

from headwater.engines.figures.attack import exposed
from headwater.engines.figures.book import Book
from headwater.engines.figures.breaks import Break, online_breaks, past_breaks
from headwater.engines.figures.engine import Answer, FiguresEngine, Shelf, answer
from headwater.engines.figures.forecast import Backtest, Forecast, backtest, forecast
from headwater.engines.figures.judge import Verdict
from headwater.engines.figures.jumps import jumps
from headwater.engines.figures.panel import Panel, panel_of
from headwater.engines.figures.publish import Method, publish
from headwater.engines.figures.shifts import Shift, shifts
from headwater.engines.figures.table import Published, Table

__all__ = [
    "Answer",
    "Backtest",
    "Book",
    "Break",
    "FiguresEngine",
    "Forecast",
    "Method",
    "Panel",
    "Published",
    "Shelf",
    "Shift",
    "Table",
    "Verdict",
    "answer",
    "backtest",
    "exposed",
    "forecast",
    "jumps",
    "online_breaks",
    "panel_of",
    "past_breaks",
    "publish",
    "shifts",
]
