"""Made-up values for the tests of the store."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

from headwater.model.decision import Decision, Verb
from headwater.model.fact import Fact
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.handling import UNRESTRICTED
from headwater.model.ids import AuthorityId, EntityKey, MessageId, RecordId, new_message_id
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.ports import Event
from headwater.store import Head, Incoming, Outgoing, Transaction
from headwater.testing.fakes import START

PEER = AuthorityId("RS-MOI")
OTHER_PEER = AuthorityId("XK-KP")


def record(number: int, *, source: str = "report", entity: str | None = None) -> Record:
    key = EntityKey(entity or f"person-{number}")
    return Record(
        origin=Origin(AuthorityId("UK-NCA"), source, place=str(number)),
        handling=UNRESTRICTED,
        mentions=(Mention(key, "Person", PersonCategory.SUSPECT), Mention(EntityKey(f"boat-{number}"), "Vessel")),
        facts=(Fact(key, "name", f"Invented Name {number}"), Fact(key, "birthDate", "1980-05")),
    )


def finding(number: int, evidence: RecordId) -> Finding:
    return Finding(
        kind="match.screening",
        subjects=(f"person-{number}",),
        score=0.5,
        text="One looks like the other.",
        reasons=(Reason("name", 1.0, "The names are alike."),),
        evidence=(Evidence.record(evidence),),
        engine="match",
        engine_version="1",
        params="{}",
        handling=UNRESTRICTED,
    )


def decision(number: int, about: str) -> Decision:
    return Decision(
        verb=Verb.CONFIRM,
        about=about,
        who="analyst",
        decided_at=START + timedelta(seconds=number),
        basis="DPA 2018 part 3",
        reason=f"reason {number}",
    )


def message_id(number: int) -> MessageId:
    return new_message_id(number, sha256(str(number).encode()).digest()[:10])


def outgoing(number: int, seq: int, *, peer: AuthorityId = PEER, lane: str = "normal") -> Outgoing:
    return Outgoing(
        id=message_id(number),
        peer=peer,
        seq=seq,
        lane=lane,
        envelope=b"envelope %d" % number,
        kind="request",
        thread=None,
        queued_at=START,
        expires_at=START + timedelta(days=7),
    )


def incoming(number: int, seq: int, *, peer: AuthorityId = PEER) -> Incoming:
    return Incoming(
        id=message_id(number),
        peer=peer,
        seq=seq,
        sha256=sha256(b"envelope %d" % number).digest(),
        kind="request",
        thread=None,
        body=b"{}",
        received_at=START,
        receipt=b"receipt %d" % number,
    )


def event(number: int) -> Event:
    return Event("store.read", "analyst", f"subject-{number}", "screening", {"count": number})


def noting(number: int) -> Callable[[Transaction], int]:
    return lambda tx: tx.note(event(number))


def noting_with_head(number: int) -> Callable[[Transaction], Head]:
    def change(tx: Transaction) -> Head:
        tx.note(event(number))
        return tx.head()

    return change


def queueing(*rows: Outgoing) -> Callable[[Transaction], None]:
    def change(tx: Transaction) -> None:
        for row in rows:
            tx.add_outgoing(row)

    return change


def receiving(*rows: Incoming) -> Callable[[Transaction], None]:
    def change(tx: Transaction) -> None:
        for row in rows:
            tx.add_incoming(row)

    return change


def keeping(*records: Record) -> Callable[[Transaction], list[bool]]:
    return lambda tx: [tx.add_record(each) for each in records]
