"""Files beside messages: attached to what leaves, saved from what came."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from headwater.errors import ForbiddenError
from headwater.exchange.files import Progress, chunks_here, is_kept, pieces
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, MessageId
from headwater.model.message import FileRef, Message, MessageFact
from headwater.model.record import Mention, Origin, Record
from headwater.node.files import write
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event

SOURCE = "attachment"
"""Name of the data source of every record that a file was attached with."""


OF_A_FILE: Final = Handling()
"""Nobody but its recipient gets it; all else is as the agreement says."""


def attach(
    node: Node,
    session: Session,
    message: Message,
    paths: Sequence[Path],
    progress: Progress | None = None,
    handling: Handling = OF_A_FILE,
) -> Message:
    """Return a message with files beside it, each a record of our own: it is judged, kept and recalled like any other.

    Args:
        node: the node.
        session: who attaches.
        message: what they go with.
        paths: the files.
        progress: hears how many chunks of how many of a file are sealed.
        handling: what may be done with them; the message's classification is added.

    Raises:
        InputError: a file cannot be read, or is empty or too large.
    """
    facts: dict[str, MessageFact] = dict(message.facts)
    refs: list[FileRef] = []
    for path in paths:
        record = _record(node, message, path, handling)
        fact = next(number for number, _ in record.numbered())
        ref = node.exchange.files.attach(path, fact, *([progress] if progress else []))
        facts.update(node.exchange.facts(record.id, message.agreement or ""))
        refs.append(ref)
        node.store.note(Event("exchange.file-attached", session.user, record.id, session.purpose, {"size": ref.size}))
    return replace(message, facts=facts, files=(*message.files, *refs)) if refs else message


def save(node: Node, session: Session, ref: MessageId, name: str, out: Path) -> FileRef:
    """Write a file that came with a message.

    Raises:
        ForbiddenError: there is no such file that the user may see, or it is not here yet.
        StoreIoError: it cannot be written.
    """
    chosen, _ = whole(node, session, ref, name)
    with node.view(session) as view:
        write(out, view.blob(chosen.sha256))
    return chosen


def whole(node: Node, session: Session, ref: MessageId, name: str) -> tuple[FileRef, Message]:
    """Return a file that came with a message and is here whole, and the message.

    Raises:
        ForbiddenError: there is no such file, it is not here yet, or the user may not look at messages.
    """
    may(session, Act.MESSAGE_LOOK)
    _, message = node.exchange.show(ref)
    chosen = next((each for each in message.files if each.name == name), None) if message else None
    if message is None or chosen is None:
        raise ForbiddenError("no such file", where=name, fix="see: headwater inbox show ID")
    with node.store.snapshot() as snapshot:
        if not is_kept(snapshot, ref, chosen.sha256):
            raise ForbiddenError("the file is not here yet", where=name, fix="the node fetches it while it serves")
    return chosen, message


def waiting(node: Node, session: Session) -> list[dict[str, Any]]:
    """Return the files that came beside messages as they stand in a document: how many chunks of each are here, and what it waits for.

    Raises:
        PolicyError: the user may not look at messages.
    """
    may(session, Act.MESSAGE_LOOK)
    found: list[dict[str, Any]] = []
    for each in node.exchange.files.waiting():
        _, message = node.exchange.show(each.message)
        ref = next((one for one in message.files if one.sha256 == each.file), None) if message else None
        if ref is None:  # recalled meanwhile
            continue
        trouble = node.exchange.files.trouble(each)
        here = len(ref.chunks) if each.kept else chunks_here(node.store, each)
        found.append(
            {
                "message": each.message,
                "from": each.peer,
                "name": ref.name,
                "size": ref.size,
                "chunks": len(ref.chunks),
                "here": here,
                "whole": each.kept,
                "waits": {"code": trouble.code, "what": trouble.what, "fix": trouble.fix} if trouble else None,
            }
        )
    return found


def _record(node: Node, message: Message, path: Path, handling: Handling) -> Record:
    blob = node.store.put_parts(pieces(path))
    key = EntityKey(f"file:{blob}")
    marking = {message.classification or "NONE"} - {"NONE"}
    record = Record(
        origin=Origin(node.authority, SOURCE, file=path.name, sha256=blob),
        handling=handling.join(Handling(releasable_to=None, markings=frozenset(marking))),
        mentions=(Mention(key, "Note"),),
        facts=(Fact(key, "name", path.name),),
        blobs=(blob,),
    )
    node.store.write(lambda tx: tx.add_record(record))
    return record
