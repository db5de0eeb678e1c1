"""Tables that came beside messages, at a node: read as the sender's rows, traced under its control, let go of in time."""

from dataclasses import replace
from hashlib import sha256
from typing import Final

from headwater.errors import ConflictError, ForbiddenError, InputError, NoBasisError, StoreCorruptError
from headwater.exchange import beside
from headwater.exchange.beside import Kept
from headwater.model.ids import AuthorityId, MessageId, RecordId
from headwater.model.message import FileRef, Message
from headwater.node.attachments import whole
from headwater.node.files import write
from headwater.node.node import Node
from headwater.node.scratch import scratch
from headwater.node.tables import Progress, Staged, TableRead, span_of
from headwater.node.trace_tables import read_as_table
from headwater.policy.acts import Act
from headwater.policy.agreement import AgreementState
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Transaction

_PARQUET: Final = b"PAR1"


def read_table(
    node: Node, session: Session, ref: MessageId, name: str, *, span: str = "", progress: Progress | None = None
) -> TableRead:
    """Keep a file that came with a message as a table whose rows are the sender's, and return what it held.

    Args:
        node: the node.
        session: who reads, and for what.
        ref: the message.
        name: the file beside it, CSV, Parquet, or whatever else `headwater trace run` takes.
        span: ``FROM/TO``, the times that it may hold.
        progress: hears how many bytes of how many are read.

    Raises:
        PolicyError: there is no such file, it is not here yet or was withdrawn while it was read, or the agreement or the
            sender forbids this purpose.
        InputError: it is no table that headwater knows, or holds a bad row: nothing is kept.
        StoreCorruptError: what is kept is not what came.
    """
    may(session, Act.RECORD_ADD)
    file, message = whole(node, session, ref, name)
    purposes = _agreed(node, session, message)
    with scratch(node.home) as folder:
        with node.view(session) as view:
            data = view.blob(file.sha256)
            if sha256(data).hexdigest() != file.sha256:
                raise StoreCorruptError("a file does not hold what its name says", where=name)
            # The name is the partner's: only its ending is taken, and only where it is true.
            path = folder / ("table.parquet" if bytes(data[:4]) == _PARQUET else "table.csv")
            write(path, data)
        try:
            form, _, staged = read_as_table(path, folder, span_of(span, node.clock.now()), progress)
        except InputError as error:
            error.where = replace(error.where, file=name)
            raise
        kept = _kept(node, session, ref, (file, message), (form, staged), purposes)
    return TableRead(
        name,
        {one.table: one.rows for one in staged},
        sum(one.doubled for one in staged),
        sum(one.to_self for one in staged),
        sum(new for _, new in kept),
        tuple(record for record, _ in kept),
    )


def expire(node: Node, session: Session) -> int:
    """Let go of partners' tables whose last day has passed, with what was found in them; return how many.

    Raises:
        PolicyError: the user may not trace.
    """
    may(session, Act.TABLE_TRACE)
    today = node.clock.now().date()
    with node.store.snapshot() as snapshot:
        ends = [record.handling.retain_until for record in beside.tables_of_partners(snapshot)]
    if not any(end is not None and end < today for end in ends):
        return 0
    ended: int = node.store.write(lambda tx: beside.expire(tx, today, session.user))
    node.store.sweep()
    return ended


def _agreed(node: Node, session: Session, message: Message) -> frozenset[str]:
    agreement = node.exchange.agreements().get(message.agreement or "")
    if agreement is None or agreement.state is not AgreementState.LIVE:
        raise NoBasisError("the agreement that it came under is not in force", where=message.agreement)
    if session.purpose not in agreement.purposes:
        raise ForbiddenError(
            "rule purpose: the agreement that it came under does not cover this purpose",
            where=session.purpose,
            fix=f"name one of {', '.join(sorted(agreement.purposes))}",
        )
    return agreement.purposes


def _kept(
    node: Node, session: Session, ref: MessageId, came: tuple[FileRef, Message], read: tuple[str, list[Staged]],
    purposes: frozenset[str],
) -> list[tuple[RecordId, bool]]:  # fmt: skip
    (file, message), (form, staged) = came, read
    tables = [Kept(one.table, node.store.put_table(one.path)) for one in staged]

    def change(tx: Transaction) -> list[tuple[RecordId, bool]] | None:
        kept = beside.keep_tables(tx, ref, file, tables, purposes)
        if kept is not None:
            detail: dict[str, str | int] = {"source": form, "added": sum(new for _, new in kept)}
            detail |= {"message": ref, "from": message.sender or AuthorityId("")}
            detail |= {one.table: one.rows for one in staged}
            tx.note(Event("store.read", session.user, file.sha256, session.purpose, detail))
        return kept

    kept: list[tuple[RecordId, bool]] | None = node.store.write(change)
    if kept is None:
        node.store.sweep()
        raise ConflictError("the file was withdrawn while it was read", where=file.name, fix="nothing was kept")
    return kept
