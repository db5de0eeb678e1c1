"""match: screen queries against lists; the records that speak of one person, company, vessel or document.

`MatchEngine` is the engine; `screen` gives the whole answer of a run, with what could not be screened and how old the
lists are; `compare_pair` scores two given sets of properties. numpy and rapidfuzz are loaded only when one of them runs.
"""

from headwater.engines.match.freshness import ListState
from headwater.engines.match.pairs import compare_pair
from headwater.engines.match.screening import (
    Hit,
    MatchEngine,
    NotScreenable,
    ScreenResult,
    screen,
)

__all__ = ["Hit", "ListState", "MatchEngine", "NotScreenable", "ScreenResult", "compare_pair", "screen"]
