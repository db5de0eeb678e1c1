"""A stored file of customers: kept whole at the node, and screened again only against what a list change touches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from headwater.engines.match.delta import Delta, compare_editions
from headwater.engines.match.index import INDEX_VERSION
from headwater.engines.match.reverse import Customers, customer_index
from headwater.errors import SettingsError
from headwater.formats.queries_csv import read_queries
from headwater.model.canonical import decode, encode
from headwater.model.ids import BlobHash, RecordId
from headwater.model.record import Record
from headwater.node import findings, screening
from headwater.node.files import bytes_of
from headwater.node.lists import editions, entries_of
from headwater.node.loose import short_name
from headwater.node.node import Node
from headwater.node.spread import Progress
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Snapshot, Transaction

KIND: Final = "customers"
AT_ONCE: Final = 2_000
"""Records of an edition that are read in one query."""
REVERSED: Final = 2000
"""Customers from which the file is searched for the entries, not the lists for the customers."""


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """One stored file of customers.

    Attributes:
        name: what it is called here.
        blob: the CSV file.
        rows: how many customers.
        screened: for each list, the digest of the edition it was last screened against.
        kept_at: when it was stored.
    """

    name: str
    blob: BlobHash
    rows: int
    kept_at: datetime
    screened: dict[str, BlobHash]


@dataclass(frozen=True, slots=True)
class Rescreened:
    """What came of screening a stored file again.

    Attributes:
        answer: hits on entries added or changed; None where nothing changed.
        deltas: what changed, by list.
        removed: findings about entries that are gone, for whoever holds them.
        looked_at: how many customers were compared closely.
    """

    answer: screening.Answer | None
    deltas: dict[str, Delta]
    removed: tuple[findings.Shown, ...]
    looked_at: int

    def document(self, asked: screening.Asked) -> dict[str, Any]:
        """Return it as it stands in a document."""
        from headwater.node.deltas import document

        found = screening.document(self.answer, asked) if self.answer else {"hits": [], "silenced": []}
        gone = [
            {
                "finding": one.finding.id,
                "state": one.state,
                "subjects": list(one.finding.subjects),
                "text": one.finding.text,
            }
            for one in self.removed
        ]
        changed = [document(delta, short_name(source)) for source, delta in self.deltas.items()]
        return {**found, "changes": changed, "removed_findings": gone, "looked_at": self.looked_at}


def keep(node: Node, session: Session, name: str, path: Path) -> CustomerFile:
    """Store a file of customers; one of the same name is replaced, and screened whole at the next run.

    Raises:
        InputError: it cannot be read as queries.
        PolicyError: the user may not screen.
    """
    may(session, Act.LIST_SCREEN)
    data = bytes_of(path)
    rows = read_queries(data, file=path.name)
    made = CustomerFile(name, node.store.put_blob(data), len(rows), node.clock.now(), {})

    def change(transaction: Transaction) -> None:
        transaction.put_document(KIND, name, encode(made))
        transaction.note(Event("customers.kept", session.user, name, session.purpose, {"rows": made.rows}))

    node.store.write(change)
    return made


def every(node: Node, session: Session) -> list[CustomerFile]:
    """Return the stored files, by name.

    Raises:
        PolicyError: the user may not screen.
    """
    may(session, Act.LIST_SCREEN)
    with node.store.snapshot() as snapshot:
        return sorted((decode(body, CustomerFile) for _, _, body in snapshot.documents(KIND)), key=lambda one: one.name)


def rescreen(
    node: Node, session: Session, name: str, progress: Progress | None = None
) -> tuple[Rescreened, screening.Asked]:
    """Screen a stored file against whatever has changed in the lists since it was screened last; the first time, whole.

    Raises:
        PolicyError: the user may not screen.
        SettingsError: there is no such file, or the node holds no list.
    """
    may(session, Act.LIST_SCREEN)
    with node.store.snapshot() as snapshot:
        file = _file(snapshot, name)
        held = {one.source: one.digest for one in editions(snapshot)}
        moved = {
            source: _edition(snapshot, digest)
            for source, digest in held.items()
            if source in file.screened and file.screened[source] != digest
        }
        deltas = {
            source: compare_editions(_edition(snapshot, file.screened[source]), now) for source, now in moved.items()
        }
        first = not held.keys() <= file.screened.keys()
        touched = {key for delta in deltas.values() for key in delta.touched}
        chosen = _rows(snapshot, file) if first else _worth(snapshot, file, touched, moved)
    asked = screening.Asked(chosen)
    answer = None
    if first or touched:
        only = None if first else sorted(touched)
        answer = screening.at_node(node, session, asked, progress, only=only)
    gone = {key for delta in deltas.values() for key in delta.removed}
    removed = _held_on(node, session, file, gone) if gone else ()
    _remember(node, session, file, held, len(removed))
    return Rescreened(answer, deltas, removed, len(chosen)), asked


def _file(snapshot: Snapshot, name: str) -> CustomerFile:
    body = snapshot.document(KIND, name)
    if body is None:
        raise SettingsError("no customers are stored under this name", fix="store them: headwater customers keep")
    return decode(body, CustomerFile)


def _edition(snapshot: Snapshot, digest: BlobHash) -> list[Record]:
    ids = [RecordId(line) for line in entries_of(snapshot, digest)]
    found: dict[RecordId, Record] = {}
    for at in range(0, len(ids), AT_ONCE):
        found |= snapshot.several(ids[at : at + AT_ONCE])
    return [found[one] for one in ids if one in found]


def _rows(snapshot: Snapshot, file: CustomerFile) -> list[dict[str, str]]:
    return read_queries(bytes(snapshot.blob(file.blob) or b""), file=file.name)


def _held_on(node: Node, session: Session, file: CustomerFile, gone: set[str]) -> tuple[findings.Shown, ...]:
    """Return the findings that say of a customer of the file that an entry is meant which is on no list any more."""
    held = [one for one in findings.every(node, session) if gone & {*one.finding.subjects}]
    if not held:
        return ()
    with node.store.snapshot() as snapshot:
        ids = {f"query:{row['id']}" for row in _rows(snapshot, file)}
    return tuple(one for one in held if ids & {*one.finding.subjects})


def _worth(
    snapshot: Snapshot, file: CustomerFile, touched: set[str], moved: Mapping[str, list[Record]]
) -> Sequence[dict[str, str]]:
    """Return the customers whom the entries that changed could mean: all of a small file, by its index of a large one.

    `moved` are the records of those lists that are in another edition, as they are read already.
    """
    if not touched:
        return []
    if file.rows < REVERSED:
        return _rows(snapshot, file)
    name = f"customers-{INDEX_VERSION}-{file.blob[:40]}"
    customers = Customers(snapshot.derived(name, lambda: customer_index(_rows(snapshot, file), file.blob)))
    wanted: dict[str, dict[str, str]] = {}
    for edition in editions(snapshot):
        records = moved.get(edition.source)
        for record in _edition(snapshot, edition.digest) if records is None else records:
            if record.mentions and record.mentions[0].key in touched:
                wanted |= customers.worth_a_look(record)
    return [wanted[key] for key in sorted(wanted)]


def _remember(node: Node, session: Session, file: CustomerFile, held: dict[str, BlobHash], removed: int) -> None:
    made = CustomerFile(file.name, file.blob, file.rows, file.kept_at, {**file.screened, **held})

    def change(transaction: Transaction) -> None:
        transaction.put_document(KIND, file.name, encode(made))
        detail: dict[str, str | int] = {"rows": file.rows, "lists": " ".join(sorted(held)), "removed": removed}
        transaction.note(Event("customers.rescreened", session.user, file.name, session.purpose, detail))

    node.store.write(change)


def listing(files: Sequence[CustomerFile]) -> list[dict[str, Any]]:
    """Return stored files as they stand in a document."""
    return [
        {"name": one.name, "rows": one.rows, "kept_at": one.kept_at.isoformat(),
         "screened": dict(one.screened)}
        for one in files
    ]  # fmt: skip
