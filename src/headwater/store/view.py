"""What a reader and a change are handed: a snapshot, and a transaction, which reads all that a snapshot reads."""

from collections.abc import Callable

from headwater.model.ids import BlobHash
from headwater.model.merkle import Frontier, Growing
from headwater.ports import Chance, Clock
from headwater.store.files import Files
from headwater.store.ledger import LedgerReading
from headwater.store.link import Link
from headwater.store.mail import MailReading
from headwater.store.messages import MessageReading, MessageWriting
from headwater.store.recall import RecallReading, RecallWriting
from headwater.store.shelf import ShelfReading


class Snapshot(RecallReading, MessageReading, MailReading, LedgerReading, ShelfReading):
    """The store as it was at one moment; implements `ports.Reader`."""

    def __init__(self, link: Link, files: Files) -> None:
        """Read through a connection that has begun a transaction."""
        super().__init__(link)
        self._files = files

    def blob(self, ref: BlobHash) -> memoryview | None:
        """Return the bytes of a blob, None where there is none."""
        return self._files.blob(ref)

    def blob_bytes(self, ref: BlobHash) -> bytes | None:
        """Return a copy of the bytes of a blob, None where there is none: for small ones quicker than to map them."""
        return self._files.blob_bytes(ref)

    def table_path(self, ref: BlobHash) -> str | None:
        """Return the path of a Parquet table, None where there is none."""
        return self._files.table_path(ref)

    def derived(self, name: str, build: Callable[[], bytes]) -> memoryview:
        """Return bytes computed once from content: kept under a name that hashes their inputs."""
        return self._files.derived(name, build)


class Transaction(RecallWriting, MessageWriting, Snapshot):
    """One change: all of it is kept, or nothing. It ends when the function that it was handed to returns.

    Attributes:
        now: the store clock's time of this change.
    """

    def __init__(self, link: Link, files: Files, *, clock: Clock, chance: Chance, edge: Frontier) -> None:
        """Write through a connection that has begun a transaction, from the ledger's edge on."""
        super().__init__(link, files)
        self.now = clock.now()
        self._chance = chance
        self._growing = Growing(edge)
        self._salts = memoryview(b"")
        self._rows_sent = None
        self._last = {}

    @property
    def edge(self) -> Frontier:
        """The ledger's edge after what was noted so far."""
        return self._growing.edge
