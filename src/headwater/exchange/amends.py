"""Recall: an originator withdraws or corrects what it sent, and every holder proves what it did.

::

    originator ──amend──▶ holder ──amend──▶ whoever the holder passed it to ──▶ …
               ◀─amend-done─     ◀─amend-done─

A holder carries it out in the transaction that takes the message: erased facts lose their bytes (in the record, in the
message that brought them, in what was passed on), restricted ones are hidden; kept as evidence, they are restricted instead.
``rectify`` and ``regrade`` withdraw the old facts and bring new ones with the same message; further down they arrive as an
erasure, and the new facts go there by the rules, as messages of their own. Findings that rest on what was
withdrawn are withdrawn too, also where they were passed on. An amend may overtake the facts that it names, for lanes and
retries keep no common order: it is remembered, and carried out as soon as they come. A copy that came back to its
originator is withdrawn like any other. The holder answers at once; each answer from further down is
passed up. Who may amend: the originator. For facts of a third state it is whoever we have them from that asks, and it must
show the originator's own signed word (`words`): rule D1 is asked as if the originator stood before us, and refuses without.
"""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from headwater.errors import ForbiddenError, KeyTrustError
from headwater.exchange import ahead, texts
from headwater.exchange.envelope import MAX_ENVELOPE, Sealed, read
from headwater.exchange.erasing import Eraser
from headwater.exchange.evidence import EVIDENCE, is_evidence
from headwater.exchange.holdings import Held, held_from, here
from headwater.exchange.outbox import SENT, Outbox
from headwater.exchange.parties import agreement_of, sender_of
from headwater.exchange.words import AMEND, Spoken, amend_terms, relayed
from headwater.model.canonical import decode, encode
from headwater.model.fact import record_of
from headwater.model.ids import AuthorityId, FactId, FindingId, MessageId, state_of
from headwater.model.message import CORRECTIONS, Amend, Done, Kind, Message, MessageFact, Word
from headwater.model.times import format_instant
from headwater.policy.rules.judge import apply
from headwater.policy.rules.rule import Outcome
from headwater.ports import Event
from headwater.store import Snapshot, Transaction

ASKED: Final = "amend"
"""Kind of the documents that hold each amend that this node has asked for, by its message."""
ANSWER: Final = "amend-answer"
"""Kind of the documents that hold the holder's newest answer, by the amend's message."""
OWN: Final = "amend-own"
"""Kind of the documents that hold what this node did about an amend that it was asked for."""
INSTEAD: Final = "amend-instead"
"""Kind of the documents that hold which erasure took the place of a correction that a holder has refused."""
BELOW: Final = "amend-below"
"""Kind of the documents that hold which amends this node has asked for because of a partner's, by the partner's."""
OWED: Final = "amend-owed"
"""Kind of the documents that hold whether an answer to a partner's amend could not be queued yet, by the amend."""
_YES, _NO = b"yes", b"no"
PROOF: Final = "amend-proof"
"""Kind of the documents that hold the envelopes of answers as they came, by their message."""
NOT_HELD: Final = "not-held"
_DONE: Final = {"erase": "erased", "restrict": "restricted", "rectify": "rectified", "regrade": "regraded"}
MOST_DONE: Final = MAX_ENVELOPE - 64 * 1024
"""Bytes of the words of one answer: an envelope holds them, and what stands around them."""
RESULTS: Final = frozenset({*_DONE.values(), NOT_HELD})
"""What a holder can say became of a fact."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One amend that this node has asked one holder for.

    Attributes:
        message: its message; the holder's answers name it.
        holder: who was asked.
        content: the message as it goes.
        at: when.
        who: the person, or the node itself where it passes a partner's word on.
        parent: the partner's amend that is passed on; None for our own.
    """

    message: MessageId
    holder: AuthorityId
    content: Message
    at: datetime
    who: str
    parent: MessageId | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A holder's answer: the message, when it came, SHA-256 of its envelope, what it says, and its number."""

    message: MessageId
    at: datetime
    envelope: str
    done: tuple[Done, ...]
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Amends that were asked for and not queued, or refused as corrections; and a partner's that wait for our answer."""

    asked: tuple[MessageId, ...]
    owed: tuple[MessageId, ...]


@dataclass(frozen=True, slots=True)
class _Own:
    """What this node did about an amend it was asked for, and what it waits for."""

    asker: AuthorityId
    agreement: str
    done: Done


class Amends:
    """Asks for amends, carries them out and keeps the proofs."""

    def __init__(self, outbox: Outbox, me: AuthorityId) -> None:
        """Ask and answer through an outbox, in the name of an authority."""
        self._outbox = outbox
        self._me = me

    # Asking

    def ask(
        self,
        tx: Transaction,
        amend: Amend,
        *,
        who: str,
        purpose: str,
        replacements: Mapping[str, MessageFact],
    ) -> list[Asked]:
        """Amend facts of our own here and at everybody they were passed to.

        Args:
            tx: the transaction.
            amend: what is to be done with which facts, by their names here.
            who: the person.
            purpose: why the person acts.
            replacements: for a correction, the facts that take their place.

        Raises:
            ForbiddenError: a fact is another originator's, or not here.
        """
        facts = [FactId(name) for name in amend.facts]
        own = [fact for fact in facts if not fact.startswith("fnd-")]
        records = here(tx, own)
        for fact in own:
            record = records.get(fact)
            if record is None:
                raise ForbiddenError("no such fact, or it was erased", where=fact)
            if state_of(record.origin.originator) != state_of(self._me):
                raise ForbiddenError("rule amend-owner: the fact's originator amends it", where=fact)
        once = {id(record): record for record in records.values()}.values()
        values: dict[str, str] = {
            number: fact.value for record in once for number, fact in record.numbered() if number in records
        }
        asked = self._ask_holders(tx, amend, facts, who, None, replacements)
        held_back = {fact for fact in own if is_evidence(tx, fact)}
        gone = [] if amend.action == "restrict" else [fact for fact in own if fact not in held_back]
        rested = _resting(tx, own, gone)
        eraser = Eraser(tx, who)
        eraser.restrict([fact for fact in own if amend.action == "restrict" or fact in held_back], held_back)
        eraser.erase(gone)
        asked += self._withdraw_findings(tx, rested, amend, who, None)
        parts = dict.fromkeys(record_of(fact) for fact in facts)
        texts.look(tx, facts[0], values, [ref for part in parts for _, ref in tx.passed_to(part)])
        detail: dict[str, str | int] = {"action": amend.action, "facts": len(facts), "holders": len(asked)}
        tx.note(Event("exchange.amend-asked", who, asked[0].message if asked else facts[0], purpose, detail))
        return asked

    # Carrying out

    def held(self, tx: Transaction, message: Message) -> dict[str, MessageFact]:
        """Return the facts that an amend names and this node holds, as the rules D ask for them."""
        amend, sender = message.amend, message.sender
        if amend is None or sender is None:
            return {}
        found, spoken = held_from(tx, sender, amend.facts), Spoken(amend.words)
        return {name: self._as_held(tx, each, sender, amend.action, spoken) for name, each in found.items()}

    def carry_out(self, tx: Transaction, message: Message, ref: MessageId, duties: Sequence[str]) -> None:
        """Do what the rules D oblige this node to, pass the amend on, and answer.

        Args:
            tx: the transaction that takes the message.
            message: the amend.
            ref: its message.
            duties: of the judgement: ``erase:f``, ``restrict:f`` …; whom to pass it on to is looked up here.
        """
        amend, sender = message.amend, sender_of(message)
        if amend is None:
            return
        held = held_from(tx, sender, amend.facts)
        verbs = {name: verb for verb, _, name in (duty.partition(":") for duty in duties) if verb != "forward"}
        results = {name: _DONE.get(verb, verb) for name, verb in verbs.items()}
        # First whom they went to, and what rests on them: afterwards nobody can tell.
        concerned = list(dict.fromkeys(fact for each in held.values() for one in each for fact in one.facts))
        passed = Amend(
            action="restrict" if amend.action == "restrict" else "erase",
            facts=(),
            reason=amend.reason,
            words=relayed(amend),
        )
        forwards = self._ask_holders(tx, passed, concerned, self._me, ref, {})
        eraser = Eraser(tx, sender)
        evidence = {fact for fact in concerned if is_evidence(tx, fact)}
        evidence.update(_facts_of(one for each in held.values() for one in each if one.given.hold == EVIDENCE))
        hidden = {
            name: each
            for name, each in held.items()
            if verbs.get(name) == "restrict" or evidence.intersection(_facts_of(each))
        }
        erased = {name: each for name, each in held.items() if name not in hidden}
        gone: dict[MessageId, list[str]] = {}
        for name, each in erased.items():
            for one in each:
                gone.setdefault(one.message, []).append(name)
        lost = _facts_of(one for each in erased.values() for one in each)
        rested = _resting(tx, concerned, lost)
        eraser.restrict(_facts_of(one for each in hidden.values() for one in each), evidence)
        eraser.erase(lost)
        eraser.strip_incoming(gone)
        forwards += self._withdraw_findings(tx, rested, amend, self._me, ref)
        values = {name: each[0].given.value for name, each in held.items() if each[0].given.value}
        texts.look(tx, ref, values, dict.fromkeys(one.message for each in held.values() for one in each))
        counts: dict[str, str | int] = {
            what: list(results.values()).count(what) for what in sorted(set(results.values()))
        }
        leaf = tx.note(Event("exchange.amended", sender, ref, detail={"action": amend.action, **counts}))
        if tx.document(OWN, ref) is None:  # else it was remembered when it came
            ahead.remember(tx, sender, ref, amend.facts)
        results = _since(tx, ref, results)
        done = Done(
            amend=ref,
            holder=self._me,
            at=format_instant(tx.now),
            log_index=leaf,
            results=results,
            waits_for=tuple(sorted({each.holder for each in forwards})),
        )
        tx.put_document(OWN, ref, encode(_Own(sender, agreement_of(message), done)))
        self._answer(tx, ref)

    def answered(self, tx: Transaction, message: Message, ref: MessageId, envelope: bytes, digest: bytes) -> None:
        """Keep a holder's answer with its proof, and pass it up where the amend was a partner's.

        What is no answer to what that partner was asked is noted, and changes nothing.
        """
        first = message.done[0] if message.done else None
        body = tx.document(ASKED, first.amend) if first else None
        asked = decode(body, Asked) if body else None
        if first is None or asked is None or (asked.holder, first.holder) != (message.sender, message.sender):
            tx.note(Event("exchange.amend-doubted", sender_of(message), ref))
            return
        tx.put_document(PROOF, ref, envelope)
        sealed, held = read(envelope), tx.document(ANSWER, first.amend)
        seq = sealed.header.seq if isinstance(sealed, Sealed) else 0
        # An earlier answer that was late says less than what is known.
        if held is None or decode(held, Answer).seq <= seq:
            tx.put_document(ANSWER, first.amend, encode(Answer(ref, tx.now, digest.hex(), message.done, seq)))
        detail: dict[str, str | int] = {"amend": first.amend, "log_index": first.log_index, "facts": len(first.results)}
        tx.note(Event("exchange.amend-done", first.holder, ref, detail=detail))
        if asked.parent is not None:
            self._answer(tx, asked.parent)

    def unsettled(self, reader: Snapshot | Transaction) -> Unsettled:
        """Return what `retry` has to try: found by a look at every amend of years, so that no writer should wait for it."""
        asked = []
        for key, _, _ in reader.documents(ASKED):
            row = reader.outgoing(MessageId(key))
            if row is None or (row.state == "refused" and reader.document(INSTEAD, key) is None):
                asked.append(MessageId(key))
        return Unsettled(tuple(asked), tuple(MessageId(key) for key, _, body in reader.documents(OWED) if body == _YES))

    def retry(self, tx: Transaction, unsettled: Unsettled) -> int:
        """Queue what could not be queued when it was asked for, and withdraw what a holder did not want corrected."""
        queued = 0
        for ref in unsettled.asked:
            asked, row = _asked(tx, ref), tx.outgoing(ref)
            if row is None:
                queued += self._queue(tx, asked)
            elif tx.document(INSTEAD, ref) is None:
                queued += self._withdraw_instead(tx, asked)
        return queued + sum(tx.document(OWED, ref) == _YES and self._answer(tx, ref) for ref in unsettled.owed)

    # Inside

    def _withdraw_instead(self, tx: Transaction, asked: Asked) -> int:
        """Withdraw facts alone where a holder has refused their correction: it must not keep what is wrong."""
        amend = asked.content.amend
        if amend is None or amend.action not in CORRECTIONS:
            return 0
        alone = replace(asked.content, amend=replace(amend, action="erase"), facts={})
        instead = Asked(self._outbox.new_id(), asked.holder, alone, tx.now, asked.who, asked.parent)
        tx.put_document(INSTEAD, asked.message, instead.message.encode())
        self._put_asked(tx, asked.parent, [instead])
        return int(self._queue(tx, instead))

    def _put_asked(self, tx: Transaction, parent: MessageId | None, asked: Sequence[Asked]) -> None:
        """Keep what is asked for, and whose amend it is because of."""
        if parent is not None and (asked or tx.document(BELOW, parent) is None):
            tx.put_document(BELOW, parent, encode((*_below(tx, parent), *(each.message for each in asked))))
        for each in asked:
            tx.put_document(ASKED, each.message, encode(each))

    def _as_held(
        self, tx: Transaction, held: Sequence[Held], sender: AuthorityId, action: str, spoken: Spoken
    ) -> MessageFact:
        given, state = held[0].given, state_of(sender)
        if given.origin == state_of(self._me):
            # A copy of our own fact that came back may be withdrawn by whoever sent it, which leaves our own record alone;
            # nobody corrects it for us.
            may = action not in CORRECTIONS
        else:
            # Of a third state: in every message that brought it, the originator's own word must stand behind this.
            may = all(each.given.origin == state or spoken.is_amended(each.given, action) for each in held)
        facts = _facts_of(held)
        passed = {state_of(peer) for fact in facts for peer, _ in tx.passed_to(record_of(fact))}
        return replace(
            given,
            origin=state if may else given.origin,
            hold=EVIDENCE if given.hold == EVIDENCE or any(is_evidence(tx, fact) for fact in facts) else given.hold,
            sent_to=tuple(sorted(passed)),
        )

    def _ask_holders(
        self,
        tx: Transaction,
        amend: Amend,
        facts: Collection[FactId],
        who: str,
        parent: MessageId | None,
        replacements: Mapping[str, MessageFact],
    ) -> list[Asked]:
        """Ask everybody whom facts were passed to, by their names here; each partner gets one message."""
        holders: dict[AuthorityId, tuple[Message, dict[FactId, bool]]] = {}
        sent, mine = _Sent(tx), state_of(self._me)
        for part, names in _by_part(facts).items():
            for peer, ref in tx.passed_to(part):
                message = sent.message(ref)
                # An originator that got its own fact back is a holder too: of the copy.
                carried = [name for name in names if name in message.facts] if message else []
                if message is not None and carried:
                    named = {name: message.facts[name].origin == mine for name in carried}
                    holders.setdefault(peer, (message, {}))[1].update(named)
        found: list[Asked] = []
        for peer, (message, names_there) in holders.items():
            content = Message(
                kind=Kind.AMEND,
                sender=self._me,
                recipient=peer,
                agreement=message.agreement,
                purpose=message.purpose,
                thread=parent,
                amend=replace(amend, facts=tuple(names_there), words=self._words(tx, amend, names_there, parent)),
                facts=self._passable(tx, message, replacements, who),
            )
            found.append(Asked(self._outbox.new_id(), peer, content, tx.now, who, parent))
        self._put_asked(tx, parent, found)
        for asked in found:
            self._queue(tx, asked)
        sent.strip(facts, who, keep=amend.action == "restrict")
        return found

    def _words(
        self, tx: Transaction, amend: Amend, facts: Mapping[FactId, bool], parent: MessageId | None
    ) -> tuple[Word, ...]:
        """Return the words that go with an amend: our own about what is ours, and those that came with a partner's.

        A fact of ours that came back and was passed on bears a name of ours again: whoever has it further down knows no other.
        """
        own = [fact for fact, is_ours in facts.items() if parent is None or fact.startswith("fnd-") or is_ours]
        spoken = self._outbox.speak(AMEND, amend_terms(amend.action), own, tx.now) if own else None
        return amend.words if spoken is None else (*amend.words, spoken)

    def _passable(
        self, tx: Transaction, first: Message, replacements: Mapping[str, MessageFact], who: str
    ) -> dict[str, MessageFact]:
        """Return the facts that take the place of others, after the rules for ordinary messages were asked.

        Raises:
            PolicyError: one may not go: nobody would expect the old one to vanish without it.
        """
        if not replacements:
            return {}
        told = replace(first, facts=dict(replacements), approver=who, done=(), amend=None)
        judgement = self._outbox.judge(tx, told, tx.now)
        if judgement.outcome is not Outcome.ALLOW:
            name, rule = next(iter(judgement.removed.items()), (None, judgement.rule))
            raise ForbiddenError(
                f"rule {rule}: the new fact may not go to {first.recipient}",
                where=name,
                fix="make a new fact that may, or amend with erase",
            )
        return apply(judgement, told).facts

    def _withdraw_findings(
        self, tx: Transaction, findings: Mapping[FindingId, bool], amend: Amend, who: str, parent: MessageId | None
    ) -> list[Asked]:
        """Withdraw findings that rest on what was withdrawn (`_resting`), here and wherever they were passed to."""
        for finding, erase in findings.items():
            tx.withdraw_finding(finding, erase=erase, who=who)
            tx.note(Event("findings.withdrawn", who, finding, detail={"amend": parent or ""}))
        if not findings:
            return []
        action = "restrict" if amend.action == "restrict" else "erase"
        derived = Amend(action=action, facts=amend.facts, reason=amend.reason)
        return self._ask_holders(tx, derived, [FactId(one) for one in findings], who, parent, {})

    def _queue(self, tx: Transaction, asked: Asked) -> bool:
        try:
            self._outbox.queue(tx, asked.content, asked.message, asked.who)
        except KeyTrustError as error:
            # Suspended, or its card has expired: the holder stays open, and is asked once it can be.
            tx.note(Event("exchange.amend-waits", asked.who, asked.message, detail={"code": error.code}))
            return False
        return True

    def _answer(self, tx: Transaction, ref: MessageId) -> bool:
        """Queue the newest answer to a partner's amend; return whether it could be, and remember where it could not."""
        body = tx.document(OWN, ref)
        if body is None:
            return False
        own = decode(body, _Own)
        below: list[Done] = []
        waits: set[AuthorityId] = set()
        room = MOST_DONE - len(encode(own.done))
        for key in sorted(_below(tx, ref)):
            answer_body = tx.document(ANSWER, key)
            answer = decode(answer_body, Answer) if answer_body is not None else None
            told = [replace(answer.done[0], envelope=answer.envelope), *answer.done[1:]] if answer else []
            size = len(encode(told))
            # What has no room beside the others is waited for: whoever says very much silences nobody, and itself alone.
            if not told or size > room:
                waits.add(_asked(tx, key).holder)
            else:
                room -= size
                below += told
        done = (replace(own.done, waits_for=tuple(sorted(waits))), *below)
        message = Message(
            kind=Kind.AMEND_DONE,
            sender=self._me,
            recipient=own.asker,
            agreement=own.agreement,
            thread=ref,
            done=done,
        )
        try:
            self._outbox.queue(tx, message, self._outbox.new_id(), self._me)
        except KeyTrustError as error:
            # Suspended, or its card has expired: it is answered once it can be.
            if tx.document(OWED, ref) != _YES:
                tx.put_document(OWED, ref, _YES)
                tx.note(Event("exchange.amend-waits", self._me, ref, detail={"code": error.code}))
            return False
        if tx.document(OWED, ref) == _YES:
            tx.put_document(OWED, ref, _NO)
        return True


class _Sent:
    """Messages as they left, read once."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._read: dict[MessageId, Message | None] = {}

    def message(self, ref: MessageId) -> Message | None:
        if ref not in self._read:
            body = self._tx.document(SENT, ref)
            self._read[ref] = decode(body, Message) if body else None
        return self._read[ref]

    def strip(self, facts: Collection[FactId], who: str, *, keep: bool) -> None:
        """Take facts out of the copies of what was sent."""
        if not keep:
            messages = {ref: message for ref, message in self._read.items() if message is not None}
            Eraser(self._tx, who).strip_sent(messages, facts)
            for ref in messages:
                self._strip_asked(ref, facts, who)

    def _strip_asked(self, ref: MessageId, facts: Collection[FactId], who: str) -> None:
        """Take facts out of what was asked for: a correction brings new ones."""
        for version, body in self._tx.versions(ASKED, ref):
            asked = decode(body, Asked)
            rest = {name: fact for name, fact in asked.content.facts.items() if name not in facts}
            if len(rest) < len(asked.content.facts):
                stripped = dataclasses.replace(asked, content=replace(asked.content, facts=rest))
                self._tx.replace_document(ASKED, ref, version, encode(stripped), who=who)


def _asked(tx: Transaction, ref: MessageId) -> Asked:
    """Return what was asked for: nobody takes it away, so it is there."""
    return decode(tx.document(ASKED, ref) or b"", Asked)


def _below(tx: Transaction, ref: MessageId) -> tuple[MessageId, ...]:
    """Return what was asked for because of a partner's amend; of one from before that was kept, by a look at all of them."""
    if body := tx.document(BELOW, ref):
        return decode(body, tuple[MessageId, ...])
    if tx.document(OWN, ref) is None:
        return ()
    every = (decode(body, Asked) for _, _, body in tx.documents(ASKED))
    return tuple(asked.message for asked in every if asked.parent == ref)


def _since(tx: Transaction, ref: MessageId, results: dict[str, str]) -> dict[str, str]:
    """Return results with those of an earlier time for what is no longer, or was never, held."""
    body = tx.document(OWN, ref)
    before = decode(body, _Own).done.results if body else {}
    return {name: before.get(name, result) if result == NOT_HELD else result for name, result in results.items()}


def _resting(tx: Transaction, facts: Sequence[FactId], lost: Collection[FactId]) -> dict[FindingId, bool]:
    """Return the findings that rest on facts, and of each whether it is erased: one that rests on evidence alone stays with it."""
    rested = tx.findings_on(facts) if facts else []
    if not rested or (lost and set(lost) >= set(facts)):
        return dict.fromkeys(rested, True)
    gone = frozenset(tx.findings_on(lost) if lost else ())
    return {finding: finding in gone for finding in rested}


def _facts_of(held: Iterable[Held]) -> list[FactId]:
    return list(dict.fromkeys(fact for each in held for fact in each.facts))


def _by_part(facts: Collection[FactId]) -> dict[str, list[FactId]]:
    found: dict[str, list[FactId]] = {}
    for fact in facts:
        found.setdefault(fact.partition("/")[0], []).append(fact)
    return found
