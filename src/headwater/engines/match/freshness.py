"""How old a list is: an answer is worth as much as the list behind it, and says so."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from headwater.engines.match.index import ListHead
from headwater.engines.match.query import Request
from headwater.engines.match.reasons import titled, version_day


@dataclass(frozen=True, slots=True)
class ListState:
    """A list that was screened against: an answer without a hit is worth as much as this says.

    Attributes:
        stale: whether it is older than allowed or of unknown age; None where no instant to judge by was given.
    """

    source: str
    version: str
    sha256: str
    entries: int
    stale: bool | None
    note: str


def list_state(head: ListHead, request: Request) -> ListState:
    """Return how old a list is against what is allowed: by when it was last seen to be current, else by its own date."""
    title = titled(head.source, head.version)
    stale, note = None, ""
    if request.as_of is not None:
        day = version_day(head.version)
        seen = request.fetched.get(head.source)
        if seen is None and day is not None:
            seen = datetime(day.year, day.month, day.day, tzinfo=UTC)
        stale = seen is None or request.as_of - seen > timedelta(days=request.stale_after_days)
        if seen is None:
            note = f"The age of the {title} is not known."
        elif stale:
            note = f"The {title} is older than {request.stale_after_days} days."
    return ListState(head.source, head.version, head.sha256, head.entries, stale, note)
