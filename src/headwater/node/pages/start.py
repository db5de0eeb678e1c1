"""The start page: what changed since the reader last looked, clocks, receipts, recalls, duties, lists, silent partners."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from headwater.model.canonical import decode, encode
from headwater.model.times import format_instant, parse_instant
from headwater.node import lists as list_editions
from headwater.node import partners, safeguarding
from headwater.node.findings import evidence_records
from headwater.node.node import Node
from headwater.node.pages import mail, search
from headwater.node.pages.queue import Row, row_of
from headwater.node.pages.seen import all_findings
from headwater.node.second import RESCUES
from headwater.policy.acts import Act
from headwater.policy.session import Session, allowed

KIND: Final = "page-last-look"
SILENT: Final = timedelta(days=2)
MOST: Final = 10


@dataclass(frozen=True, slots=True)
class _Last:
    """When a user last opened the start page, and what was there."""

    at: datetime
    findings: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One saved search that has found something new."""

    text: str
    token: str
    new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """One partner of which nothing was heard for long: what it told is as of then."""

    authority: str
    name: str
    state: str
    heard_at: str
    silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAge:
    """One list in force, and how old it is."""

    name: str
    version: str
    read_at: str
    entries: int
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What the start page shows; a part that the reader may not see is empty.

    Attributes:
        overdue: duties of safeguarding that are late: the number alone.
    """

    last_look: str
    open_findings: int
    new_findings: int
    rescues: tuple[Row, ...]
    clocks: tuple[mail.Line, ...]
    waiting: tuple[mail.Line, ...]
    unreceipted: tuple[mail.Line, ...]
    recalls: tuple[mail.Recall, ...]
    watched: tuple[Watched, ...]
    overdue: int
    lists: tuple[ListAge, ...]
    silences: tuple[Silence, ...]


def start(node: Node, session: Session) -> Start:
    """Return the start page of a user, and remember that it was looked at."""
    before = _remembered(node, session)
    rescues: tuple[Row, ...] = ()
    waiting_findings = 0
    if allowed(session, Act.FINDING_LOOK):
        with node.view_at(session) as (snapshot, view):
            shown = [each for each in all_findings(node, session, snapshot, view) if each.state == "open"]
            waiting_findings = len(shown)
            urgent = [each for each in shown if each.finding.kind in RESCUES][:MOST]
            rescues = tuple(row_of(node, snapshot, each, evidence_records(view, each.finding)) for each in urgent)
    post = mail.pressing(node, session, MOST) if allowed(session, Act.MESSAGE_LOOK) else None
    made = Start(
        last_look=format_instant(before.at) if before else "",
        open_findings=waiting_findings,
        new_findings=max(0, waiting_findings - before.findings) if before else waiting_findings,
        rescues=rescues,
        clocks=post.clocks if post else (),
        waiting=post.waiting if post else (),
        unreceipted=post.unreceipted if post else (),
        recalls=post.recalls if post else (),
        watched=tuple(_watched(node, session)),
        overdue=safeguarding.late(node),
        lists=tuple(_lists(node, session)),
        silences=tuple(_silences(node, session)),
    )
    _remember(node, session, waiting_findings)
    return made


def _watched(node: Node, session: Session) -> list[Watched]:
    if not allowed(session, Act.RECORD_LOOK):
        return []
    found = []
    for saved in search.saved_searches(node, session):
        hits = search.find(node, session, saved).hits
        found.append(Watched(text=saved.text, token=saved.token, new=sum(hit.id not in saved.seen for hit in hits)))
    return found


def _lists(node: Node, session: Session) -> list[ListAge]:
    if not allowed(session, Act.RECORD_LOOK):
        return []
    now, limit = node.clock.now(), timedelta(days=node.settings.list_stale_days)
    with node.store.snapshot() as snapshot:
        held = list_editions.editions(snapshot)
        seen = list_editions.seen_current(snapshot, held)
    return [
        ListAge(
            name=each.source,
            version=each.version or "",
            read_at=format_instant(each.read_at),
            entries=each.entries,
            stale=list_editions.age_of(each, seen, now) > limit,
        )
        for each in held
    ]


def _silences(node: Node, session: Session) -> list[Silence]:
    now = node.clock.now()
    found = []
    for each in partners.every(node, session):
        heard = each["heard_at"]
        silent = heard is None or now - parse_instant(heard) > SILENT
        found.append(
            Silence(
                authority=each["authority"],
                name=each["name"],
                state=each["state"],
                heard_at=heard or "",
                silent=silent,
            )
        )
    return found


def _remembered(node: Node, session: Session) -> _Last | None:
    with node.store.snapshot() as snapshot:
        body = snapshot.document(KIND, session.user)
    return decode(body, _Last) if body else None


def _remember(node: Node, session: Session, findings: int) -> None:
    last = _Last(node.clock.now(), findings)
    node.store.write(lambda tx: tx.put_document(KIND, session.user, encode(last)))
