"""What is kept as evidence: an erasure that an originator asks for restricts it instead."""

from collections.abc import Collection
from typing import Final

from headwater.errors import ForbiddenError
from headwater.exchange.holdings import Reader, here
from headwater.model.canonical import decode, encode
from headwater.model.fact import record_of
from headwater.model.ids import FactId
from headwater.ports import Event
from headwater.store import Transaction

EVIDENCE_HOLD: Final = "evidence-hold"
"""Kind of the documents that hold which facts of a record are kept as evidence, by the record."""
EVIDENCE: Final = "evidence"


def is_evidence(reader: Reader, fact: FactId) -> bool:
    """Return whether a fact is kept as evidence here."""
    body = reader.document(EVIDENCE_HOLD, record_of(fact))
    return body is not None and fact in decode(body, tuple[str, ...])


def keep_as_evidence(tx: Transaction, facts: Collection[FactId], *, who: str, reason: str) -> None:
    """Keep facts as evidence: an erasure that their originator asks for restricts them instead.

    Raises:
        ForbiddenError: one is not here.
    """
    records = here(tx, facts)
    for fact in facts:
        if fact not in records:
            raise ForbiddenError("no such fact", where=fact)
        body = tx.document(EVIDENCE_HOLD, record_of(fact))
        kept = dict.fromkeys((*(decode(body, tuple[str, ...]) if body else ()), fact))
        tx.put_document(EVIDENCE_HOLD, record_of(fact), encode(tuple(kept)))
        tx.note(Event("exchange.kept-as-evidence", who, fact, detail={"reason": reason}))
