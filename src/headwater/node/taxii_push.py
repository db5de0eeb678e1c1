"""Pushing threat intelligence to another TAXII 2.1 server: policy first, each object once, what it refuses told.

What may go is decided as for a file: under the agreement with a partner, or without one what anybody may have. What was
taken by the server is remembered by server and collection, so that a push that broke goes on where it ended.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import orjson

from headwater.errors import PeerRefusedError
from headwater.formats.safe import MAX_JSON_BYTES
from headwater.node.node import Node
from headwater.node.taxii_remote import Collection, RefusedError, Remote
from headwater.node.ti_release import export
from headwater.policy.session import Session
from headwater.ports import Event
from headwater.store import Transaction

KIND: Final = "taxii-push"
"""Kind of the documents that hold what a server took: one for each envelope, a digest for each object."""
AT_ONCE: Final = 1_000
"""Objects in one envelope."""
_DIGEST: Final = 8
_TOO_LARGE: Final = 413
_WAITS_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Between two looks at a status that is pending; what is pending afterwards is told as such."""
_ROOM: Final = 1_024
_MOST_TOLD: Final = 1_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to go: for which partner under which agreement (none is anybody), and which objects (none is all)."""

    to: str | None = None
    agreement: str | None = None
    ids: tuple[str, ...] = ()


@dataclass(slots=True)
class Pushed:
    """What came of a push: objects that were taken, were taken before, wait there; and what did not go, with why."""

    taken: int = 0
    before: int = 0
    pending: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


def push(
    node: Node, session: Session, collection: Collection, wanted: Wanted, *, progress: Progress | None = None
) -> Pushed:
    """Send what may go to a collection of another server.

    Args:
        node: the node.
        session: who releases.
        collection: where to.
        wanted: for whom, under which agreement, and which objects.
        progress: hears how many objects of how many went.

    Raises:
        PolicyError: the user may not release, the rules refuse, or nothing may go.
        PeerError: the server does not answer or refuses; what it took before is remembered.
    """
    released = export(node, session, "stix", to=wanted.to, agreement=wanted.agreement, ids=wanted.ids)
    objects = orjson.loads(released.data)["objects"]
    done = Pushed(left_out=list(released.left_out))
    known = _known(node, collection.target)
    fresh = [one for one in objects if _digest(one) not in known]
    done.before = len(objects) - len(fresh)
    with Remote(collection) as remote:
        most = min(remote.most_content(), MAX_JSON_BYTES)
        waiting = _parts(fresh, most)
        while waiting:
            part = waiting.pop(0)
            try:
                status = _settled(remote, remote.post(orjson.dumps({"objects": part})))
            except RefusedError as error:
                if error.status != _TOO_LARGE or len(part) == 1:
                    raise
                waiting[:0] = [part[: len(part) // 2], part[len(part) // 2 :]]
                continue
            _count(done, status, part, remote.host)
            node.store.write(_change(session, collection.target, part, status))
            if progress is not None:
                progress(done.taken + len(done.refused), len(fresh))
    return done


def _change(
    session: Session, target: str, part: Sequence[dict[str, Any]], status: dict[str, Any]
) -> Callable[[Transaction], None]:
    refused = {one["id"] for one in _listed(status, "failures")}
    digests = b"".join(_digest(one) for one in part if one["id"] not in refused)

    def change(tx: Transaction) -> None:
        tx.put_document(KIND, f"{target}/{sha256(digests).hexdigest()}", digests)
        counts: dict[str, str | int] = {"objects": len(part), "failed": len(refused)}
        tx.note(Event("taxii.pushed", session.user, target, session.purpose, counts))

    return change


def _known(node: Node, target: str) -> set[bytes]:
    with node.store.snapshot() as snapshot:
        bodies = [body for key, _, body in snapshot.documents(KIND) if key.rpartition("/")[0] == target]
    return {body[at : at + _DIGEST] for body in bodies for at in range(0, len(body), _DIGEST)}


def _digest(one: dict[str, Any]) -> bytes:
    return sha256(orjson.dumps(one, option=orjson.OPT_SORT_KEYS)).digest()[:_DIGEST]


def _parts(objects: Sequence[dict[str, Any]], most: int) -> list[list[dict[str, Any]]]:
    """Return the objects in envelopes of at most so many bytes."""
    parts: list[list[dict[str, Any]]] = []
    room = 0
    for one in objects:
        size = len(orjson.dumps(one)) + 1
        if not parts or size > room or len(parts[-1]) == AT_ONCE:
            parts.append([])
            room = most - _ROOM
        parts[-1].append(one)
        room -= size
    return parts


def _settled(remote: Remote, status: dict[str, Any]) -> dict[str, Any]:
    """Return a status that is no longer pending, or the last that was given."""
    for wait_s in _WAITS_S:
        ref = status.get("id")
        if status.get("status") != "pending" or not isinstance(ref, str) or status.get("pendings"):
            return status
        time.sleep(wait_s)
        status = remote.status(ref)
    return status


def _count(done: Pushed, status: dict[str, Any], part: Sequence[dict[str, Any]], host: str) -> None:
    failures = _listed(status, "failures")
    pending = status.get("pending_count", 0)
    if type(pending) is not int or pending < 0 or pending + len(failures) > len(part):
        raise PeerRefusedError("the server's status does not fit what was sent", where=host, fix="ask whoever runs it")
    done.pending += pending
    done.taken += len(part) - len(failures) - pending
    room = _MOST_TOLD - len(done.refused)
    done.refused += [(one["id"], _plain(one.get("message"))) for one in failures[:room]]


def _listed(status: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = status.get(name, [])
    listed = found if isinstance(found, list) else []
    return [one for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str)]


def _plain(text: object) -> str:
    return (
        "".join(letter for letter in text if letter.isprintable())[:200] if isinstance(text, str) else "no reason given"
    )
