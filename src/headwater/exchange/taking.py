"""Taking a batch: each message is judged, kept and logged, and the receipt signed, in one transaction."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from typing import Final

from headwater.exchange.desk import Desk, Taken
from headwater.exchange.envelope import Header, Sealed, check_times
from headwater.exchange.parties import agreement_of, purpose_of
from headwater.exchange.partners import Partners
from headwater.exchange.quarantine import quarantine
from headwater.exchange.receipt import RECEIPT, REFUSED, STORED, Giver, Line, LogHead, parse_receipt
from headwater.exchange.refusal import QUARANTINED, Code, Refusal
from headwater.exchange.translate import clamped
from headwater.exchange.witness import number_used_twice, two_contents
from headwater.model.ids import AuthorityId, MessageId
from headwater.model.message import Message, categories_of
from headwater.model.record import Record
from headwater.policy.rules.rule import Judgement, Outcome
from headwater.ports import Event
from headwater.store import Incoming, Transaction

HELD: Final = "held"


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope that passed every check of its own."""

    sealed: Sealed
    envelope: bytes
    body: bytes
    message: Message
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """An envelope that did not; nothing in it is proved to be of the partner that it names."""

    sha256: bytes
    header: Header | None
    envelope: bytes
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Known:
    """Bytes that were taken before."""

    row: Incoming


LookedAt = Opened | Refused | Known
"""What came of the checks of one envelope, before anything is written."""


class Taking:
    """One batch in one transaction."""

    def __init__(self, tx: Transaction, partners: Partners, giver: Giver, desk: Desk) -> None:
        """Take into a transaction, in the name of the authority whose partners these are."""
        self._tx = tx
        self._desk = desk
        self._partners = partners
        self._giver = giver
        own = partners.own_card(tx).card
        self._revoked = {key.name for key in own.signing if key.is_revoked(tx.now)}
        self._terms = cache(lambda name: partners.agreements_for(tx, [name]))
        self._there: dict[MessageId, Incoming] = {}
        self._lines: dict[AuthorityId | None, list[Line]] = {}
        self._rows: dict[MessageId, tuple[Opened, str]] = {}
        self._numbers: set[tuple[AuthorityId, int]] = set()
        self._originals: dict[bytes, None] = {}
        self._repeated: set[MessageId] = set()
        self.stored: list[Opened] = []
        self.brought: list[Message] = []
        self._proved: set[AuthorityId | None] = set()
        self._unproved: Counter[tuple[str, Code, str]] = Counter()

    def take(self, looked_at: list[LookedAt]) -> list[bytes]:
        """Keep everything and return the receipts in bytes."""
        self._look_up([each.sealed.header for each in looked_at if isinstance(each, Opened)])
        for each in looked_at:
            match each:
                case Known():
                    self._again(each.row)
                case Refused():
                    self._refused(each)
                case Opened():
                    self._opened(each)
        for (claimed, code, detail), count in self._unproved.items():
            about: dict[str, str | int] = {"code": code, "count": count, "detail": detail}
            self._tx.note(Event("exchange.refused", "unproved", claimed, detail=about))
        return [*self._sign(), *self._originals]

    def _look_up(self, headers: list[Header]) -> None:
        """Look up the identifiers and numbers of a batch at once."""
        self._there = self._tx.incoming_among([header.id for header in headers])
        for sender in {header.sender for header in headers}:
            numbers = [header.seq for header in headers if header.sender == sender]
            self._numbers.update((sender, number) for number in self._tx.numbers_among(sender, numbers))

    def _again(self, row: Incoming) -> None:
        """Answer what was taken before with its own receipt; a batch full of one envelope is answered, and noted, once."""
        if row.id in self._repeated:
            return
        self._repeated.add(row.id)
        original = self._tx.document(RECEIPT, row.receipt.hex()) or b""
        self._originals[original] = None
        receipt = parse_receipt(original)
        if receipt.skid in self._revoked:  # nobody believes it any more: say the same again under a key that counts
            lines = [line for line in receipt.lines if line.id == row.id]
            self._lines.setdefault(row.peer, []).extend(lines)
        self._tx.note(Event("exchange.duplicate", row.peer, row.id, detail={"sha256": row.sha256.hex()}))

    def _refused(self, each: Refused) -> None:
        header, code = each.header, each.refusal.code
        self._add_line(header, each.sha256, f"{REFUSED}:{code}")
        self._unproved[header.sender if header else "nobody", code, each.refusal.detail] += 1
        if header is not None and code in QUARANTINED:
            quarantine(self._tx, header.sender, each.envelope)

    def _opened(self, each: Opened) -> None:
        header, tx = each.sealed.header, self._tx
        self._proved.add(header.sender)
        beside = self._rows.get(header.id)
        there = self._row(*beside) if beside is not None else self._there.get(header.id)
        if there is not None:
            self._taken(each, there, is_beside=beside is not None)
            return
        if (header.sender, header.seq) in self._numbers:
            self._refuse_proved(each, Code.REPLAY)
            used = self._numbered(header) or tx.incoming_at(header.sender, header.seq)
            if used is not None:
                number_used_twice(tx, used, each.envelope, self._partners.me)
            return
        # Since it was looked at the clock may have been set, or its time have run out.
        if (untimely := check_times(header, tx.now)) is not None:
            self._refuse_proved(each, untimely.code)
            return
        judgement = self._desk.judge(tx, each.message, self._terms(each.message.agreement), header.sent_at)
        if judgement.outcome is Outcome.REFUSE:
            self._refuse_proved(each, judgement.rule)
            self._desk.refused(tx, each.message, judgement.rule)
            self._add_row(each, REFUSED)
            return
        detail: dict[str, str | int] = {
            "kind": each.message.kind,
            "seq": header.seq,
            "agreement": agreement_of(each.message),
            "facts": len(each.message.facts),
            "categories": categories_of(each.message),
            "sha256": each.sealed.sha256.hex(),
            "rule": judgement.rule,
        }
        tx.note(Event("exchange.received", header.sender, header.id, purpose_of(each.message), detail))
        held = judgement.outcome is Outcome.HOLD
        if each.message.facts:
            tx.add_carried("in", header.sender, each.message.facts, header.id)
            self.brought.append(each.message)
        if not held:
            keep(tx, each.records, judgement, header.id)
            taken = Taken(header.id, each.message, judgement, each.envelope, each.sealed.sha256, header.sent_at)
            self._desk.took(tx, taken)
        self._add_row(each, HELD if held else STORED)
        self.stored += [] if held else [each]
        self._add_line(header, each.sealed.sha256, STORED)

    def _taken(self, each: Opened, there: Incoming, *, is_beside: bool) -> None:
        """Answer an envelope whose identifier is taken: by the same bytes, in this batch or before, or by others."""
        if there.sha256 == each.sealed.sha256:
            if not is_beside:  # another connection was quicker; within one batch its line stands already
                self._again(there)
            return
        if there.peer == each.sealed.header.sender:  # whoever takes an identifier of somebody else's accuses nobody
            two_contents(self._tx, there, each.envelope, self._partners.me)
        self._refuse_proved(each, Code.EQUIVOCATION)

    def _refuse_proved(self, each: Opened, why: str) -> None:
        header = each.sealed.header
        detail: dict[str, str | int] = {"code": why, "seq": header.seq, "sha256": each.sealed.sha256.hex()}
        kind = "exchange.equivocation" if why == Code.EQUIVOCATION else "exchange.refused"
        self._tx.note(Event(kind, header.sender, header.id, purpose_of(each.message), detail))
        self._add_line(header, each.sealed.sha256, f"{REFUSED}:{why}")

    def _add_line(self, header: Header | None, digest: bytes, result: str) -> None:
        line = Line(id=header.id if header else None, sha256=digest.hex(), result=result)
        self._lines.setdefault(header.sender if header else None, []).append(line)

    def _add_row(self, each: Opened, state: str) -> None:
        header = each.sealed.header
        self._numbers.add((header.sender, header.seq))
        self._rows[header.id] = each, state

    def _numbered(self, header: Header) -> Incoming | None:
        """Return what came under a number in this batch, which the store does not hold yet."""
        number = header.sender, header.seq
        beside = (
            row for row in self._rows.values() if (row[0].sealed.header.sender, row[0].sealed.header.seq) == number
        )
        return next((self._row(*row) for row in beside), None)

    def _row(self, each: Opened, state: str, receipt: bytes = b"") -> Incoming:
        header, message = each.sealed.header, each.message
        return Incoming(
            id=header.id,
            peer=header.sender,
            seq=header.seq,
            sha256=each.sealed.sha256,
            kind=message.kind,
            thread=message.thread,
            # Content that should not have come is not kept; that it came, and its receipt, is.
            body=b"" if state == REFUSED else each.body,
            received_at=self._tx.now,
            state=state,
            receipt=receipt,
        )

    def _sign(self) -> list[bytes]:
        """Sign a receipt for each sender, and keep the rows that it speaks of."""
        head = self._tx.head()
        log = LogHead(size=head.size, root=head.root.hex())
        receipts: list[bytes] = []
        for sender, lines in self._lines.items():
            receipt = self._giver.sign(sender, tuple(lines), self._tx.now, log if sender in self._proved else None)
            receipts.append(receipt)
            mine = [(each, state) for each, state in self._rows.values() if each.sealed.header.sender == sender]
            if mine:
                ref = keep_receipt(self._tx, receipt)
                for each, state in mine:
                    self._tx.add_incoming(self._row(each, state, ref))
        return receipts


def keep_receipt(tx: Transaction, receipt: bytes) -> bytes:
    """Keep a receipt that speaks of several messages once, and return the hash that their rows hold."""
    ref = sha256(receipt).digest()
    if tx.document(RECEIPT, ref.hex()) is None:
        tx.put_document(RECEIPT, ref.hex(), receipt)
    return ref


def keep(tx: Transaction, records: tuple[Record, ...], judgement: Judgement, ref: MessageId) -> None:
    """Keep the records of a message, no longer than the rules have answered."""
    until = date.fromisoformat(judgement.keep_until) if judgement.keep_until else None
    for record in records:
        tx.add_born(clamped(record, until) if until else record, ref)
