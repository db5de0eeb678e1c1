"""The ledger on pages: who did what to what and why, every look at one subject, and whether the log holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.model.times import format_instant
from headwater.node import ledger, reporting
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.store import Leaf

PAGE_ROWS: Final = 50
MOST_ABOUT: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """One event of the ledger. Never content."""

    id: int
    at: str
    kind: str
    who: str
    subject: str
    purpose: str
    detail: Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which events are shown, newest first; ``before`` is a leaf's number."""

    kind: str = ""
    who: str = ""
    subject: str = ""
    before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """What the audit page shows.

    Attributes:
        size, root: of the log.
        older: number of a leaf from which to go on, 0 at the end.
    """

    asked: Filter
    events: tuple[EventLine, ...]
    size: int
    root: str
    older: int


@dataclass(frozen=True, slots=True)
class LogCheck:
    """What a check of the whole log found."""

    ok: bool
    size: int
    problems: tuple[str, ...]


def audit_page(node: Node, session: Session, asked: Filter) -> AuditPage:
    """Return events of the ledger, the newest first.

    Raises:
        PolicyError: the user may not read the ledger.
    """
    may(session, Act.LEDGER_SHOW)
    found: list[EventLine] = []
    older = 0
    with node.store.snapshot() as snapshot:
        head = snapshot.head()
        end = min(asked.before or head.size, head.size)
        if asked.subject:
            about = [leaf for leaf in snapshot.leaves_about(asked.subject) if leaf.index < end][-MOST_ABOUT:]
            chosen = [_line(leaf) for leaf in reversed(about) if _fits(leaf, asked)]
            found, older = chosen[:PAGE_ROWS], chosen[PAGE_ROWS - 1].id if len(chosen) > PAGE_ROWS else 0
        else:
            at = end - 1
            while at >= 0 and len(found) < PAGE_ROWS:
                leaf = snapshot.leaf(at)
                if _fits(leaf, asked):
                    found.append(_line(leaf))
                at -= 1
            older = at + 1 if at >= 0 else 0
    return AuditPage(asked=asked, events=tuple(found), size=head.size, root=head.root.hex(), older=older)


def check_log(node: Node, session: Session) -> LogCheck:
    """Compute the whole log again.

    Raises:
        PolicyError: the user may not.
    """
    may(session, Act.LEDGER_VERIFY)
    found = ledger.verify(node, [])
    return LogCheck(found.ok, found.head.size, tuple(f"{one.kind} at {one.at}" for one in found.problems))


def year_report(node: Node, session: Session, year: int) -> str:
    """Return the transparency report of a year, as Markdown.

    Raises:
        PolicyError: the user may not make it.
        SchemaError: no such year.
    """
    may(session, Act.REPORT_MAKE)
    if not 1970 <= year <= 9999:  # noqa: PLR2004 - the calendar that the log counts in
        raise SchemaError("no such year", where=Place(field="year"))
    return reporting.markdown(reporting.report(node, session, year))


def _fits(leaf: Leaf, asked: Filter) -> bool:
    event = leaf.event
    if event is None:
        return not (asked.kind or asked.who)
    return event.kind.startswith(asked.kind) and (not asked.who or event.who == asked.who)


def _line(leaf: Leaf) -> EventLine:
    event = leaf.event
    return EventLine(
        id=leaf.index,
        at=format_instant(leaf.at) if leaf.at else "",
        kind=event.kind if event else "erased",
        who=event.who if event else "",
        subject=event.subject if event else "",
        purpose=event.purpose if event else "",
        detail=dict(event.detail) if event else {},
    )
