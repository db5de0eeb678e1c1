"""The liaison desk of one node: requests with their clocks, consents, recalls, and what must be looked after meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice, zip_longest
from typing import Final

from msgspec.structs import replace

from headwater.errors import ConflictError, ForbiddenError, TrustError
from headwater.exchange import consents
from headwater.exchange.amends import ANSWER, ASKED, RESULTS, Amends, Answer, Asked
from headwater.exchange.compose import facts_from
from headwater.exchange.crosscheck import CHECKED, Check, Checked, check
from headwater.exchange.evidence import keep_as_evidence
from headwater.exchange.outbox import Outbox, Sending
from headwater.exchange.parties import agreement_of, recipient_of
from headwater.exchange.partners import Partners
from headwater.exchange.receipt import REFUSED
from headwater.exchange.requests import LOOK_BACK, Reader, Request, due_alarms, raise_alarms, requests
from headwater.exchange.search import SEARCHED, Answering, Searched, answer_all, hashed, search_key
from headwater.exchange.taking import HELD
from headwater.exchange.texts import Task, close, open_tasks
from headwater.exchange.words import CONSENT, consent_terms
from headwater.model.canonical import decode
from headwater.model.fact import record_of
from headwater.model.ids import AuthorityId, FactId, MessageId, StateCode
from headwater.model.message import Amend, Consent, Message, MessageFact, Word
from headwater.ports import Clock, Event
from headwater.store import Incoming, Snapshot, Store, Transaction

UTC_ZONE: Final = "Etc/UTC"
MOST_SEARCHES: Final = 64
"""Most searches that one look answers: each is compared with all that is held."""
MOST_CHECKED: Final = 4 * 1024 * 1024
"""Bytes of requests after which one look begins to check no further one: their records are in memory together."""
INDEX_FROM: Final = 1024
"""So many leaves are looked through as quickly as they are looked up."""
INDEX_MOST: Final = 4096
"""Most leaves that one look makes known by what they are about: about 20 ms of the writer's time."""
FIRST: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Holder:
    """One holder that was asked for an amend, and its newest answer; None while it has given none.

    Attributes:
        state: ``done``, ``open`` (it, or somebody it passed facts to, has not answered, or not of every fact), ``refused`` or
            ``dead``.
        age: since it was asked; where it is done, until it had done it.
    """

    asked: Asked
    answer: Answer | None
    state: str
    age: timedelta


@dataclass(frozen=True, slots=True)
class _Answered:
    """The answer to a partner's search."""

    search: MessageId
    message: Message


class Liaison:
    """The acts of a liaison desk."""

    def __init__(self, store: Store, partners: Partners, outbox: Outbox, amends: Amends, clock: Clock) -> None:
        """Join the parts."""
        self._store = store
        self._partners = partners
        self._outbox = outbox
        self._amends = amends
        self._clock = clock

    # Requests

    def requests(self, since: datetime = FIRST) -> list[Request]:
        """Return the requests in both directions with their clocks as they stand now."""
        with self._store.snapshot() as snapshot:
            return self._requests(snapshot, self._clock.now(), since)

    def tend(self) -> int:
        """Raise alarms, check new requests against our own holdings, ask again what could not be asked; return how much."""
        with self._store.snapshot() as snapshot:
            needs_sweep = snapshot.needs_sweep()
        if needs_sweep:
            self._store.sweep()
        with self._store.snapshot() as snapshot:
            # Whatever reads all that is held does so here, where nobody waits for it.
            now = self._clock.now()
            checks, answers = check(snapshot, self._to_check(snapshot, now)), self._answers(snapshot, now)
            alarms = due_alarms(snapshot, self._requests(snapshot, now, now - LOOK_BACK))
            unsettled = self._amends.unsettled(snapshot)

        def change(tx: Transaction) -> int:
            done = raise_alarms(tx, alarms) + self._amends.retry(tx, unsettled)
            return done + sum(_keep_check(tx, each) for each in checks) + sum(self._give(tx, each) for each in answers)

        done = self._store.write(change)
        self._index()
        return done

    def hashed(self, message: Message) -> Message:
        """Return a search with keyed hashes in place of its values; it begins a conversation where it names none.

        Raises:
            TrustError: the recipient is no partner.
        """
        told = message if message.thread else replace(message, thread=self._outbox.new_id())
        with self._store.snapshot() as snapshot:
            key = self._search_key(snapshot, recipient_of(message), told)
        return replace(told, facts=hashed(message.facts, key))

    # Consents

    def ask_consent(
        self, facts: Sequence[FactId], receiver: StateCode, *, who: str, purpose: str, reason: str
    ) -> list[Sending]:
        """Ask the originators of facts for consent to pass them on to a state.

        Raises:
            ForbiddenError: a fact is not here, or is our own.
            TrustError: the partner that it came from is not open.
        """
        with self._store.snapshot() as snapshot:
            messages = consents.ask(snapshot, facts, receiver, purpose, reason)
        return [self._outbox.send(message, who=who) for message in messages]

    def answer_consent(self, ref: MessageId, decision: str, until: str | None, *, who: str) -> Sending:
        """Give or refuse the consent that a message asks for.

        Raises:
            ConflictError: there is no such message.
            SchemaError: it asks for no consent, or the decision or day is none.
            NoBasisError: another originator has not consented itself.
        """
        with self._store.snapshot() as snapshot:
            row = snapshot.incoming(ref)
            if row is None or not row.body:
                raise ConflictError("no such message", where=ref, fix="see: headwater inbox list")
            asked = decode(row.body, Message)
            message = consents.answer(snapshot, asked, ref, decision, until, self._partners.me, self._speak)
        return self._outbox.send(message, who=who)

    def _speak(self, consent: Consent) -> Word:
        return self._outbox.speak(CONSENT, consent_terms(consent), consent.facts, self._clock.now())

    # Recall

    def amend(
        self,
        amend: Amend,
        *,
        who: str,
        purpose: str,
        replacements: Sequence[FactId] = (),
    ) -> list[Asked]:
        """Amend facts of our own, here and at everybody they were passed to.

        Raises:
            ForbiddenError: a fact is not here, or another originator's; or a replacement may not go.
        """

        def change(tx: Transaction) -> list[Asked]:
            return self._amends.ask(
                tx, amend, who=who, purpose=purpose, replacements=self._replacements(tx, replacements)
            )

        asked = self._store.write(change)
        with self._store.snapshot() as snapshot:
            needs_sweep = snapshot.needs_sweep()
        if needs_sweep:
            self._store.sweep()
        return asked

    def holders(self) -> list[Holder]:
        """Return everybody who was asked for an amend of our own, the oldest first."""
        now = self._clock.now()
        found: list[Holder] = []
        with self._store.snapshot() as snapshot:
            for key, _, body in snapshot.documents(ASKED):
                asked = decode(body, Asked)
                if asked.parent is None:
                    answer_body = snapshot.document(ANSWER, key)
                    row = snapshot.outgoing(MessageId(key))
                    answer = decode(answer_body, Answer) if answer_body else None
                    found.append(_holder(asked, answer, row.state if row else "queued", now))
        return sorted(found, key=lambda one: (one.asked.at, one.asked.message))

    def texts(self) -> list[Task]:
        """Return the messages whose free text names something that was recalled, and that no person has decided on."""
        with self._store.snapshot() as snapshot:
            return open_tasks(snapshot)

    def close_text(self, ref: MessageId, *, strip: bool, who: str, reason: str) -> None:
        """Take the free text out of such a message, or keep it for a reason.

        Raises:
            ConflictError: no such task is open.
        """
        self._store.write(lambda tx: close(tx, ref, strip=strip, who=who, reason=reason))

    def keep_as_evidence(self, facts: Sequence[FactId], *, who: str, reason: str) -> None:
        """Keep facts as evidence: an erasure that their originator asks for restricts them instead.

        Raises:
            ForbiddenError: one is not here.
        """
        self._store.write(lambda tx: keep_as_evidence(tx, facts, who=who, reason=reason))

    def _requests(self, reader: Reader, now: datetime, since: datetime) -> list[Request]:
        def zone_of(authority: AuthorityId) -> str:
            if authority == self._partners.me:
                return self._partners.own_card(reader).card.zone
            partner = self._partners.get(reader, authority)
            return partner.card.card.zone if partner else UTC_ZONE

        return requests(reader, self._partners.me, zone_of, now, since)

    def _to_check(self, reader: Snapshot, now: datetime) -> list[Check]:
        """Return the new requests with their records: as many as have a few megabytes together, the others at another look."""
        found: list[Check] = []
        size = 0
        for row in reader.incoming_requests(now - LOOK_BACK):
            if size > MOST_CHECKED:
                break
            if _may_act_on(row) and reader.document(CHECKED, row.id) is None:
                records = (reader.record(ref) for ref in reader.born_of(row.id))
                found.append(Check(row.id, tuple(record for record in records if record is not None)))
                size += len(row.body)
        return found

    def _answers(self, reader: Snapshot, now: datetime) -> list[_Answered]:
        """Answer searches that wait: so many of all partners in turn that what else is tended need not wait for a flood."""
        waiting: dict[AuthorityId, list[MessageId]] = {}
        for row in reader.incoming_searches(now - LOOK_BACK):
            if _may_act_on(row) and reader.document(SEARCHED, row.id) is None:
                waiting.setdefault(row.peer, []).append(row.id)
        turns = chain.from_iterable(zip_longest(*waiting.values()))
        found: list[Searched] = []
        for row in filter(None, map(reader.incoming, islice(filter(None, turns), MOST_SEARCHES))):
            search = decode(row.body, Message)
            terms = self._partners.agreements_for(reader, [search.agreement]).get(agreement_of(search))
            by = Answering(self._partners.me, terms, self._search_keys(reader, row.peer, search), now.date())
            found.append(Searched(search, row.id, by))
        return [_Answered(one.ref, given) for one, given in zip(found, answer_all(reader, found), strict=True)]

    def _give(self, tx: Transaction, answered: _Answered) -> int:
        if tx.document(SEARCHED, answered.search) is not None:
            return 0
        tx.put_document(SEARCHED, answered.search, b"1")
        try:
            self._outbox.send_in(tx, answered.message, who="node")
        except TrustError as error:
            tx.note(Event("exchange.search-unanswered", "node", answered.search, detail={"code": error.code}))
        return 1

    def _index(self) -> None:
        """Let the leaves that came since be found by what they are about, once they are many."""
        with self._store.snapshot() as snapshot:
            start = snapshot.leaves_indexed()
            if snapshot.head().size - start < INDEX_FROM:
                return
            subjects = snapshot.subjects(start, INDEX_MOST)
        self._store.write(lambda tx: tx.index_leaves(start, subjects))

    def _search_key(self, reader: Reader, peer: AuthorityId, message: Message) -> bytes:
        own, partner = self._partners.own_card(reader).card, self._partners.need(reader, peer).card.card
        return search_key(own.roots, partner.roots, agreement_of(message), message.thread or "")

    def _search_keys(self, reader: Reader, peer: AuthorityId, message: Message) -> tuple[bytes, ...]:
        """Return the keys that a partner may have hashed with: either side may have changed its roots meanwhile."""
        ours, theirs = (self._partners.roots_of(reader, who) for who in (self._partners.me, peer))
        pairs = ((one, other) for one in ours for other in theirs)
        return tuple(search_key(*pair, agreement_of(message), message.thread or "") for pair in pairs)

    def _replacements(self, tx: Transaction, facts: Sequence[FactId]) -> dict[str, MessageFact]:
        ranks = {
            marking: rank
            for terms in self._partners.agreements(tx).values()
            for marking, rank in terms.markings.items()
        }
        found: dict[str, MessageFact] = {}
        for fact in facts:
            given = facts_from(tx, record_of(fact), ranks, tx.now.date()).get(fact)
            if given is None:
                raise ForbiddenError("no such fact", where=fact)
            found[fact] = given
        return found


def _may_act_on(row: Incoming) -> bool:
    """Return whether the node may do by itself what a message asks for: what waits for a person, or was put aside, it leaves alone."""
    return bool(row.body) and row.state not in {HELD, REFUSED}


def _keep_check(tx: Transaction, checked: Checked) -> int:
    """Keep a check's finding, unless something that it rests on was withdrawn meanwhile: then it is made again."""
    request, finding = checked.check.request, checked.finding
    if tx.document(CHECKED, request) is not None:
        return 0
    if any(tx.record(record.id) != record for record in (*checked.check.records, *checked.hits)):
        return 0
    tx.put_document(CHECKED, request, b"1")
    if finding is not None:
        tx.add_finding(finding)
        tx.note(Event("exchange.cross-checked", "node", request, detail={"finding": finding.id}))
    return 1


def _holder(asked: Asked, answer: Answer | None, sent: str, now: datetime) -> Holder:
    if answer is not None and _is_whole(asked, answer) and not any(one.waits_for for one in answer.done):
        return Holder(asked, answer, "done", answer.at - asked.at)
    state = sent if sent in {"refused", "dead"} else "open"
    return Holder(asked, answer, state, now - asked.at)


def _is_whole(asked: Asked, answer: Answer) -> bool:
    """Return whether a holder's own word says of every fact what became of it."""
    amend, results = asked.content.amend, answer.done[0].results
    return amend is not None and all(results.get(name) in RESULTS for name in amend.facts)
