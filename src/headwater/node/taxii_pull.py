"""Pulling threat intelligence from another TAXII 2.1 server: every object once, through the same door as what is posted.

Whose word the objects are is said by whoever pulls: the authority that runs the server. They are kept under its name with
their own markings, stand in the collection of what was received, and are never sent on as our own.

A page and the place to go on from are kept together, so whatever breaks, the next pull goes on there. The place is the
server's `next` while there is more, and a time afterwards. That time is a microsecond before the last object's, for others
may be added in the same instant: they are seen twice and kept once. What a server deletes without a revoked version is not
told by TAXII, and stays here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from headwater.errors import PeerRefusedError
from headwater.formats.stix import check_all
from headwater.formats.stix_rules import Checked, is_time, sortable
from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId
from headwater.node.node import Node
from headwater.node.taxii_remote import Answered, Collection, RefusedError, Remote
from headwater.node.taxii_roots import RECEIVED
from headwater.node.ti_keeping import By, Kept, keep
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event, LeftOut
from headwater.store import Transaction

KIND: Final = "taxii-pull"
"""Kind of the documents that hold where a pull goes on, by server and collection."""
PAGE: Final = 1_000
MOST_PAGES: Final = 100_000
"""Pages of one pull: a server that never ends is left there, and asked for the rest another time."""
_MOST_TOLD: Final = 1_000
_LONGEST: Final = 200
"""Letters of the name that stands for the file in the origin of what was pulled."""
_SECOND_INSTANT: Final = datetime.min.replace(tzinfo=UTC) + timedelta(microseconds=1)
_STALE: Final = frozenset({400, 404, 410, 422})
"""How a server answers a `next` that it no longer knows."""
Progress = Callable[[int, int], None]


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a pull goes on.

    Attributes:
        since: `added_after` of the pull that is under way, or of the next one.
        next: the server's cursor while there is more.
        last: when the last object seen was added there.
    """

    since: str | None = None
    next: str | None = None
    last: str | None = None


@dataclass(slots=True)
class Pulled:
    """What came of a pull: how many objects were added, were there already or are held; and what could not be taken."""

    pages: int = 0
    added: int = 0
    there: int = 0
    held: int = 0
    refused: int = 0
    left_out: list[str] = field(default_factory=list)
    since: str | None = None
    waiting: set[tuple[str, str]] = field(default_factory=set)

    def count(self, kept: Kept, bad: Sequence[LeftOut], page: int) -> None:
        """Take in what came of one page."""
        self.pages += 1
        self.added += len(kept.added)
        self.there += len(kept.there)
        self.held += len(kept.held)
        self.waiting |= {(one.id, one.version) for one, _ in kept.held}
        self.refused += len(bad)
        room = _MOST_TOLD - len(self.left_out)
        self.left_out += [f"page {page}: {one.error}" for one in bad[:room]]


def pull(
    node: Node,
    session: Session,
    collection: Collection,
    originator: AuthorityId,
    *,
    page: int = PAGE,
    again: bool = False,
    progress: Progress | None = None,
) -> Pulled:
    """Take in what was added to a collection of another server since the last pull.

    Args:
        node: the node.
        session: who pulls.
        collection: where.
        originator: the authority whose word the objects are.
        page: most objects of one answer.
        again: begin from the beginning; what is there already is not kept twice.
        progress: hears how many objects were seen, twice: TAXII does not tell of how many.

    Raises:
        PolicyError: the user may not add.
        PeerError: the server does not answer, refuses, or answers what is no TAXII; all pages before are kept.
    """
    may(session, Act.RECORD_ADD)
    key, done = collection.target, Pulled()
    place = Place() if again else _place(node, key)
    before: list[object] = []
    by = By(originator, f"taxii:{collection.target}"[:_LONGEST])
    with Remote(collection) as remote:
        while done.pages < MOST_PAGES:
            place, answer = _asked(remote, place, page)
            listed = _listed(answer, remote.host)
            found = list(check_all(listed))
            good = [one for one in found if isinstance(one, Checked)]
            bad = [one for one in found if isinstance(one, LeftOut)]
            place = _after(place, answer, remote.host)
            kept = node.store.write(_change(node, session, by, good, key, place, len(bad)))
            done.count(kept, bad, done.pages + 1)
            if progress is not None:
                seen = done.added + done.there + done.held + done.refused
                progress(seen, seen)
            if place.next is None:
                break
            if not listed or listed == before:  # a cursor may well stay the same: medallion's does
                raise PeerRefusedError("the server's pages lead nowhere", where=remote.host, fix="ask whoever runs it")
            before = listed
    done.since = place.since
    _settle(node, done)
    return done


def _settle(node: Node, done: Pulled) -> None:
    """Count what was held on one page and came free by another as added."""
    with node.store.snapshot() as snapshot:
        still = {(one.id, one.version) for one in snapshot.shelf_held()} if done.waiting else set()
    done.added += done.held - len(done.waiting & still)
    done.held = len(done.waiting & still)


def _change(
    node: Node, session: Session, by: By, good: Sequence[Checked], key: str, place: Place, bad: int
) -> Callable[[Transaction], Kept]:
    def change(tx: Transaction) -> Kept:
        kept = keep(tx, node, session, RECEIVED, good, by=by)
        tx.put_document(KIND, key, encode(place))
        counts: dict[str, str | int] = {"added": len(kept.added), "held": len(kept.held), "failed": bad}
        tx.note(Event("taxii.pulled", session.user, by.place, session.purpose, {**counts, "by": by.originator}))
        return kept

    return change


def _asked(remote: Remote, place: Place, page: int) -> tuple[Place, Answered]:
    """Return a page and the place that it was asked from; where the server no longer knows the cursor, the walk begins anew."""
    query = {"limit": str(page), **({"added_after": place.since} if place.since else {})}
    if place.next is None:
        return place, remote.objects(query)
    try:
        return place, remote.objects({**query, "next": place.next})
    except RefusedError as error:
        if error.status not in _STALE:
            raise
    begun = Place(since=place.since)
    return begun, remote.objects(query)


def _listed(answer: Answered, host: str) -> list[object]:
    found = answer.body.get("objects", [])
    if not isinstance(found, list):
        raise PeerRefusedError("the server answers no envelope of TAXII 2.1", where=host, fix="ask whoever runs it")
    return found


def _after(place: Place, answer: Answered, host: str) -> Place:
    last = answer.last if answer.last is not None and is_time(answer.last) else None
    newest = max((one for one in (place.last, last) if one is not None), key=sortable, default=None)
    onward: Any = answer.body.get("next")
    if answer.body.get("more") is True:
        if not isinstance(onward, str) or not onward:
            raise PeerRefusedError(
                "there is more, and the server does not say where", where=host, fix="ask whoever runs it"
            )
        return Place(since=place.since, next=onward, last=newest)
    return Place(since=_before(newest) if newest is not None else place.since)


def _before(stamp: str) -> str:
    """Return the microsecond before an instant; before the first there is none."""
    instant = max(datetime.fromisoformat(f"{sortable(stamp)[:26]}+00:00"), _SECOND_INSTANT) - timedelta(microseconds=1)
    return f"{instant.isoformat(timespec='microseconds')[:26]}Z"


def _place(node: Node, key: str) -> Place:
    with node.store.snapshot() as snapshot:
        held = snapshot.document(KIND, key)
    return decode(held, Place) if held is not None else Place()
