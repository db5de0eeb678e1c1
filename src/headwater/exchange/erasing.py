"""Erasing at a holder: the record's bytes, the message that brought the fact, and the copies of what was passed on."""

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from headwater.exchange.drafts import DRAFT
from headwater.exchange.files import part_name
from headwater.exchange.holdings import by_record
from headwater.exchange.outbox import SENT
from headwater.model.canonical import decode, encode
from headwater.model.fact import record_of
from headwater.model.ids import FactId, MessageId, RecordId
from headwater.model.message import Message
from headwater.store import Transaction


class Eraser:
    """Withdraws facts within one transaction."""

    def __init__(self, tx: Transaction, who: str) -> None:
        """Withdraw in a transaction, in the name of whoever asked for it."""
        self._tx = tx
        self._who = who

    def restrict(self, facts: Collection[FactId], evidence: Collection[FactId]) -> None:
        """Hide facts; those kept as evidence stay visible to evidence."""
        for hold in ("evidence", None):
            chosen = [fact for fact in facts if (fact in evidence) == (hold is not None)]
            for record, places in by_record(chosen).items():
                self._tx.restrict_facts(RecordId(record), places, hold)

    def erase(self, facts: Collection[FactId]) -> None:
        """Remove the bytes of facts from their records."""
        for record, places in by_record(facts).items():
            self._tx.erase_facts(RecordId(record), places, who=self._who)

    def strip_incoming(self, names: Mapping[MessageId, Collection[str]]) -> None:
        """Take facts out of the messages that brought them; a text goes with the last fact that it went with."""
        for ref, gone in names.items():
            row = self._tx.incoming(ref)
            if row is not None and row.body:
                message = decode(row.body, Message)
                rest = _without(message, gone)
                for file in set(message.files) - set(rest.files):
                    self._tx.forget_blob(file.sha256)
                    self._tx.forget_part(part_name(ref, file.sha256))
                self._tx.replace_incoming(ref, encode(rest), who=self._who)

    def strip_sent(self, messages: Mapping[MessageId, Message], facts: Collection[FactId]) -> None:
        """Take facts out of the copies of messages that passed them on."""
        gone = set(facts)
        for ref, message in messages.items():
            if gone & message.facts.keys():
                body = encode(_without(message, gone))
                for version, _ in self._tx.versions(SENT, ref):
                    self._tx.replace_document(SENT, ref, version, body, who=self._who)
        self._strip_drafts({record_of(fact) for fact in gone}, gone)

    def _strip_drafts(self, parts: Collection[str], gone: Collection[str]) -> None:
        marks = [part.encode() for part in parts]
        for key, _, newest in list(self._tx.documents(DRAFT)):
            if not any(mark in newest for mark in marks):
                continue
            for version, body in self._tx.versions(DRAFT, key):
                draft = decode(body, dict[str, object])
                message = decode(encode(draft["message"]), Message)
                if not message.facts.keys().isdisjoint(gone):
                    rest = encode({**draft, "message": _without(message, gone)})
                    self._tx.replace_document(DRAFT, key, version, rest, who=self._who)


def _without(message: Message, gone: Collection[str]) -> Message:
    facts = {name: fact for name, fact in message.facts.items() if name not in gone}
    # With a file's reference goes its key: sealed chunks that are still somewhere cannot be opened any more.
    files = tuple(each for each in message.files if each.fact in facts)
    return replace(message, facts=facts, files=files, text=message.text if facts else None)
