"""How findings were made: kept beside them, so that one can be run again years later."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from headwater.model.canonical import decode, encode
from headwater.model.finding import Finding
from headwater.model.handling import UNRESTRICTED, Handling
from headwater.store import Snapshot, Transaction

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
    """

    engine: str
    version: str
    params: str
    stricter: Handling = UNRESTRICTED
    per_query: bool = False


@dataclass(frozen=True, slots=True)
class _Made:
    run: str


def note(transaction: Transaction, findings: Iterable[Finding], run: Noted) -> None:
    """Keep how findings were made, in the change that keeps them."""
    body = encode(run)
    name = sha256(body).hexdigest()
    if transaction.document(RUN, name) is None:
        transaction.put_document(RUN, name, body)
    for finding in findings:
        transaction.put_document(OF_FINDING, finding.id, encode(_Made(name)))


def noted(snapshot: Snapshot, finding: Finding) -> Noted | None:
    """Return how a finding was made, None where nobody noted it."""
    body = snapshot.document(OF_FINDING, finding.id)
    told = snapshot.document(RUN, decode(body, _Made).run) if body else None
    return decode(told, Noted) if told else None
