"""How findings were made: kept beside them, so that one can be run again years later."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from headwater.errors import StoreCorruptError
from headwater.model.canonical import decode, encode
from headwater.model.finding import Finding
from headwater.model.handling import UNRESTRICTED, Handling
from headwater.model.ids import BlobHash, RecordId
from headwater.store import Snapshot, Store, Transaction

RUN: Final = "run"
"""Kind of the documents that hold runs, by a hash of their content."""
OF_FINDING: Final = "finding-run"


@dataclass(frozen=True, slots=True)
class Noted:
    """A run as it is kept.

    Attributes:
        params: canonical JSON; without the queries where each is answered for itself.
        stricter: what the node's own rules added to the handling of what the engine claimed.
        per_query: the finding's own parameters hold its query.
        read: blob with the identifiers of all records that were read, where that is a whole store of other people's
            payments or records: such inputs go into no bundle, and the finding is run again at the node that made it.
        secret: name of the node's secret that the run was given as its ``salt``; the secret itself is kept nowhere else.
    """

    engine: str
    version: str
    params: str
    stricter: Handling = UNRESTRICTED
    per_query: bool = False
    read: str = ""
    secret: str = ""

    @property
    def name(self) -> str:
        """What a run is kept under, and what a bundle names that does not hold its inputs: a hash of all it is."""
        return sha256(encode(self)).hexdigest()


@dataclass(frozen=True, slots=True)
class _Made:
    run: str


def note(transaction: Transaction, findings: Iterable[Finding], run: Noted) -> None:
    """Keep how findings were made, in the change that keeps them."""
    if transaction.document(RUN, run.name) is None:
        transaction.put_document(RUN, run.name, encode(run))
    for finding in findings:
        transaction.put_document(OF_FINDING, finding.id, encode(_Made(run.name)))


def listed(store: Store, records: Iterable[RecordId]) -> BlobHash:
    """Keep which records a run read, and return where."""
    return store.put_blob("\n".join(sorted(records)).encode())


def read_by(snapshot: Snapshot, run: Noted) -> frozenset[str]:
    """Return which records a run read.

    Raises:
        StoreCorruptError: the list of them is gone.
    """
    held = snapshot.blob(BlobHash(run.read))
    if held is None:
        raise StoreCorruptError("the list of what a run read is gone", where=run.read)
    return frozenset(bytes(held).decode().split("\n"))


def noted(snapshot: Snapshot, finding: Finding) -> Noted | None:
    """Return how a finding was made, None where nobody noted it."""
    body = snapshot.document(OF_FINDING, finding.id)
    told = snapshot.document(RUN, decode(body, _Made).run) if body else None
    return decode(told, Noted) if told else None
