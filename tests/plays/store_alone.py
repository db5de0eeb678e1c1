"""Plays at one store: every question that it answers, asked of little that is known by heart, and every change that it takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from headwater.model.decision import Decision, Verb
from headwater.model.fact import Fact
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.grade import parse_grade
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, BlobHash, EntityKey, FactId, MessageId, RecordId, new_message_id
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.ports import Event
from headwater.store import Incoming, Outgoing, Snapshot, Store, StoreOptions, Transaction
from headwater.testing.fakes import START, FakeClock, SeededChance
from tests.plays.play import Play

PEERS = (AuthorityId("RS-MOI"), AuthorityId("XK-KP"))
QUIET = ("checkpoint", "receipt")


class Alone:
    """A store, its clock and the play that it is in."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        options = StoreOptions(synchronous="OFF", threaded=False)
        self.store = Store.create(folder / "uk", clock=self.clock, chance=SeededChance(), options=options)
        self.play = Play({"UK": self}, [folder])

    def wrote(self, name: str, *changes: Any) -> list[Any]:
        """Carry out changes in one transaction, a minute later."""
        self.clock.move(timedelta(minutes=1))

        def change(tx: Transaction) -> list[Any]:
            return [each(tx) for each in changes]

        found: list[Any] = self.play.act(name, self.store.write, change)
        return found

    def asked(self, name: str, question: str, *given: Any, **more: Any) -> None:
        """Ask a snapshot; what it yields is told as a list."""

        def ask() -> Any:
            with self.store.snapshot() as snapshot:
                found = getattr(snapshot, question)(*given, **more)
                return list(found) if hasattr(found, "__next__") else found

        self.play.look(name, ask)


@contextmanager
def alone(folder: Path) -> Iterator[Alone]:
    """Yield a store of its own."""
    made = Alone(folder)
    yield made
    made.store.close()


def _out(at: int, peer: AuthorityId, seq: int, **changes: Any) -> Outgoing:
    values: dict[str, Any] = {
        "id": new_message_id(at, bytes(10)), "peer": peer, "seq": seq, "lane": "normal", "envelope": b"envelope %d" % at, "kind": "spontaneous",
        "thread": None, "queued_at": START + timedelta(minutes=at), "expires_at": START + timedelta(days=at),
    }  # fmt: skip
    return Outgoing(**{**values, **changes})


def _in(at: int, peer: AuthorityId, seq: int, **changes: Any) -> Incoming:
    values: dict[str, Any] = {
        "id": new_message_id(100 + at, bytes(10)), "peer": peer, "seq": seq, "sha256": sha256(b"%d" % at).digest(), "kind": "spontaneous",
        "thread": None, "body": b'{"at": %d}' % at, "received_at": START + timedelta(minutes=at), "receipt": bytes(31) + bytes([at]),
    }  # fmt: skip
    return Incoming(**{**values, **changes})


def _look_at_messages(at: Alone, out: list[Outgoing], come: list[Incoming], thread: MessageId) -> None:  # noqa: C901, PLR0912 - a list of questions
    """Ask everything that can be asked of messages."""
    one, _ = PEERS
    refs = [*(each.id for each in out[:3]), *(each.id for each in come[:3])]
    for peer in (*PEERS, AuthorityId("ME-MUP")):
        for name in ("has_receipted", "sent_last", "incoming_last", "incoming_gaps"):
            at.asked(f"{name} {peer}", name, peer)
        for lane in ("normal", "urgent"):
            at.asked(f"due {peer} {lane}", "due_outgoing", peer, lane, 9)
            at.asked(f"is due {peer} {lane}", "is_due", peer, lane)
        at.asked(f"gaps above {peer}", "incoming_gaps", peer, above=3)
        at.asked(f"since {peer}", "incoming_since", peer, START + timedelta(minutes=3))
        at.asked(f"numbers {peer}", "numbers_among", peer, [1, 2, 4, 5])
        for seq in (1, 5):
            at.asked(f"out {peer} {seq}", "outgoing_at", peer, seq)
            at.asked(f"in {peer} {seq}", "incoming_at", peer, seq)
        for kind in ("checkpoint", "receipt", "request"):
            at.asked(f"queued {peer} {kind}", "is_queued", peer, kind)
    at.asked("two due", "due_outgoing", one, "normal", 2)
    at.asked("two due, less some", "due_outgoing", one, "normal", 2, frozenset({out[3].id, out[4].id}))
    at.asked("due above a number", "due_outgoing", one, "normal", 9, after=4)
    for name in ("outgoing_all", "incoming_all", "equivocations", "incoming_end"):
        at.asked(name, name)
    for name in ("outgoing_requests", "incoming_requests", "incoming_searches"):
        for minutes in (0, 2, 3, 4):
            at.asked(f"{name} from {minutes}", name, START + timedelta(minutes=minutes))
    for name in ("outgoing_in", "incoming_in"):
        at.asked(name, name, thread)
    for ref in (out[1].id, come[1].id):
        at.asked(f"one out {ref[-2:]} {ref == out[1].id}", "outgoing", ref)
        at.asked(f"one in {ref[-2:]} {ref == out[1].id}", "incoming", ref)
    for name in ("incoming_among", "queued_among", "in_among", "out_among"):
        at.asked(name, name, refs)
    for number in (0, 2, 5, 8):
        at.asked(f"spoke after {number}", "spoke_after", number)
    for name in ("newest_in", "newest_out"):
        at.asked(name, name, 3, 1, QUIET)
        at.asked(f"{name}, the quiet", name, 9, 0, QUIET, told=False)
        at.asked(f"{name}, all told", name, 9, 0, ())
    at.asked("out queued", "out_queued", 3)
    for most in (2, 9):
        at.asked(f"out in state, {most}", "out_in_state", "queued", most)
    for state in ("dead", "refused", "receipted"):
        at.asked(f"out {state}", "out_in_state", state, 1)


def messages(folder: Path) -> Play:
    """The outbox and the inbox: every look into them, by partner, lane, state, kind, time, thread and number."""
    with alone(folder) as at:
        one, two = PEERS
        thread = new_message_id(1, bytes(10))
        out = [
            _out(1, one, 1), _out(2, one, 2, lane="urgent", kind="request"), _out(3, two, 1, kind="request"), _out(4, one, 3, kind="checkpoint"),
            _out(5, one, 4, thread=thread), _out(6, two, 2, thread=thread, kind="response"), _out(7, one, 5, kind="receipt"), _out(8, one, 6),
        ]  # fmt: skip
        come = [
            _in(1, one, 1), _in(2, one, 2, kind="request"), _in(3, two, 1, kind="search"), _in(4, one, 5, state="held", kind="checkpoint"),
            _in(5, one, 7, thread=thread), _in(6, two, 4, thread=thread, kind="response"), _in(7, two, 9, state="refused", body=b"", kind="receipt"),
            _in(8, one, 9, kind="checkpoint"),
        ]  # fmt: skip
        at.wrote("numbers", *(lambda tx, peer=peer: tx.next_seq(peer) for peer in (one, two, one, one)))
        at.wrote("queued", *(lambda tx, row=row: tx.add_outgoing(row) for row in out))
        at.wrote("taken", *(lambda tx, row=row: tx.add_incoming(row) for row in come))
        at.wrote("queued twice", lambda tx: tx.add_outgoing(out[0]))
        at.wrote("taken twice", lambda tx: tx.add_incoming(come[0]))
        receipt = sha256(b"a receipt").digest()
        later = START + timedelta(hours=3)
        at.wrote(
            "settled",
            lambda tx: tx.settle_outgoing(out[0].id, "receipted", receipt, later),
            lambda tx: tx.settle_outgoing(out[0].id, "dead", None, later),
            lambda tx: tx.settle_outgoing(come[0].id, "dead", None, later),
            lambda tx: tx.settle_queued(out[2].id, "refused", receipt, later + timedelta(minutes=1)),
            lambda tx: tx.settle_queued(out[5].id, "dead", None, later + timedelta(minutes=2)),
        )
        at.wrote("settled as nothing", lambda tx: tx.settle_outgoing(out[1].id, "queued", None, later))
        at.wrote("accepted", lambda tx: tx.set_incoming_state(come[0].id, "accepted"))
        at.wrote("accepted, of none", lambda tx: tx.set_incoming_state(out[0].id, "accepted"))
        at.wrote("accepted as nothing", lambda tx: tx.set_incoming_state(come[0].id, "read"))
        at.wrote("skipped", lambda tx: tx.next_seq(two), lambda tx: tx.skip_seq(two, 40), lambda tx: tx.next_seq(two))
        at.wrote(
            "two contents",
            *(lambda tx, data=data: tx.keep_equivocation(come[0].id, one, data) for data in (b"a", b"b", b"a")),
        )
        _look_at_messages(at, out, come, thread)
    return at.play


def _record(number: int, **changes: Any) -> Record:
    key = EntityKey(f"person/{number}")
    values: dict[str, Any] = {
        "origin": Origin(AuthorityId("UK-NCA"), "report", place=str(number)),
        "handling": Handling(purposes=frozenset({"oic"})),
        "mentions": (Mention(key, "Person", PersonCategory.SUSPECT), Mention(EntityKey("shared"), "Vehicle")),
        "facts": (Fact(key, "name", f"Person {number}"), Fact(key, "phone", f"+38100{number}"), Fact(EntityKey("shared"), "type", "lorry")),
        "grade": parse_grade("4x4:A/1"),
    }  # fmt: skip
    return Record(**{**values, **changes})


def _finding(number: int, *evidence: Evidence) -> Finding:
    return Finding(
        kind="match.screening", subjects=("x",), score=0.1 * number, text=f"Claim {number}.", reasons=(Reason("name", 1.0, "As told."),),
        evidence=evidence, engine="match", engine_version="1", params="{}", handling=Handling(releasable_to=None),
    )  # fmt: skip


def records(folder: Path) -> Play:
    """Records, findings, decisions and documents: kept, found again in every way, restricted, erased and swept."""
    with alone(folder) as at:
        file, other = BlobHash(sha256(b"one").hexdigest()), BlobHash(sha256(b"other").hexdigest())
        for data in (b"one", b"other"):
            at.store.put_blob(data)
        table = at.store.put_table(b"PAR1 an invented table PAR1")
        kept = [
            _record(1), _record(2, blobs=(file,)), _record(3, tables=(table,)), _record(4, blobs=(file, other)),
            _record(5, origin=Origin(AuthorityId("RS-MOI"), "exchange", place="m1")),
        ]  # fmt: skip
        message = MessageId("01a211d3-7340-7183-808b-2a42a9d583e3")
        at.wrote(
            "kept",
            *(lambda tx, one=one: tx.add_record(one) for one in kept[:4]),
            lambda tx: tx.add_born(kept[4], message),
        )
        at.wrote(
            "kept again",
            lambda tx: tx.add_record(kept[0]),
            lambda tx: tx.put_record(kept[1]),
            lambda tx: tx.add_born(kept[4], message),
        )
        claims = [
            _finding(1, Evidence.fact(FactId(f"{kept[0].id}/0"))), _finding(2, Evidence.record(kept[1].id)),
            _finding(3, Evidence.blob(other)), _finding(4, Evidence.blob(file)),
        ]  # fmt: skip
        said = [
            Decision(verb=verb, about=claims[0].id, who=who, decided_at=START, basis="oic", reason="x")
            for verb, who in ((Verb.CONFIRM, "o.reed"), (Verb.DISMISS, "s.hall"))
        ]
        at.wrote("claimed", *(lambda tx, one=one: tx.add_finding(one) for one in (*claims, claims[0])))
        at.wrote("decided", *(lambda tx, one=one: tx.add_decision(one) for one in (*said, said[0])))
        at.wrote(
            "documents",
            *(lambda tx, key=key, body=body: tx.put_document("kind", key, body) for key, body in (("b", b"1"), ("a", b"2"), ("b", b"3"))),
            lambda tx: tx.add_document("other", "a", b"4"),
        )  # fmt: skip
        at.wrote("a document that is there", lambda tx: tx.add_document("other", "a", b"5"))
        at.wrote("carried", *(
            lambda tx, way=way, peer=peer: tx.add_carried(way, peer, [f"{kept[0].id}/0", f"{kept[0].id}/1", claims[0].id], message)
            for way, peer in (("out", PEERS[1]), ("out", PEERS[0]), ("in", PEERS[0]))
        ))  # fmt: skip
        _look(at, "whole", kept, claims, file, other, table, message)
        at.wrote(
            "restricted",
            lambda tx: tx.restrict_facts(kept[0].id, [0], None),
            lambda tx: tx.restrict_facts(kept[1].id, [0, 1], "evidence"),
        )
        at.wrote(
            "erased",
            lambda tx: tx.erase_facts(kept[3].id, [0, 1, 2], who="o.reed"),
            lambda tx: tx.erase_facts(kept[2].id, [0], who="o.reed"),
        )
        at.wrote("erased of none", lambda tx: tx.erase_facts(RecordId("rec-" + "0" * 40), [0], who="o.reed"))
        at.wrote("restricted what is erased", lambda tx: tx.restrict_facts(kept[3].id, [0], "evidence"))
        at.wrote(
            "withdrawn",
            *(
                lambda tx, one=one, erase=erase: tx.withdraw_finding(one.id, erase=erase, who="o.reed")
                for one, erase in ((claims[0], True), (claims[1], False))
            ),
        )
        at.wrote(
            "replaced",
            lambda tx: tx.replace_document("kind", "b", 1, b"less", who="o.reed"),
            lambda tx: tx.document("kind", "b", 1),
        )
        _look(at, "less", kept, claims, file, other, table, message)
        at.play.act("swept", at.store.sweep)
        at.play.act("files", lambda: sorted(path.name for path in (folder / "uk" / "blobs").iterdir()))
        _look(at, "swept", kept, claims, file, other, table, message)
        at.play.act("checked", at.store.check)
    return at.play


def _look(at: Alone, when: str, kept: list[Record], claims: list[Finding], file: BlobHash, other: BlobHash, table: BlobHash, message: MessageId) -> None:  # fmt: skip
    """Ask everything that can be asked of records, findings, decisions and documents."""
    refs = [one.id for one in kept]
    questions: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        ("records", (), {}), *(("records", (), {"source": source}) for source in ("report", "exchange", "none")),
        *(("records", (), {"mentions": EntityKey(key)}) for key in ("shared", "person/2", "nobody")),
        ("records", (), {"source": "exchange", "mentions": EntityKey("shared")}),
        *(("record", (ref,), {}) for ref in refs), *(("kept_record", (ref,), {}) for ref in refs), *(("fact_states", (ref,), {}) for ref in refs),
        ("several", (refs[:3],), {}), ("several", ([],), {}), ("refs_about", ([EntityKey("shared"), EntityKey("person/1")], 9), {}),
        *(("refs_about", ([EntityKey("shared")], most), {}) for most in (4, 5)), ("refs_about", ([], 0), {}),
        ("refs_holding", ([file, other, table], 9), {}), *(("refs_holding", ([file, other], most), {}) for most in (2, 3)), ("refs_holding", ([], 0), {}),
        ("findings", (), {}), ("findings", (), {"after": 1}), *(("finding", (one.id,), {}) for one in claims),
        ("decisions", (), {}), ("decisions", (claims[0].id,), {}), ("decisions", (claims[1].id,), {}),
        ("records_end", (), {}), ("records_after", (3,), {}), ("claims_state", (), {}),
        ("document", ("kind", "b"), {}), ("document", ("kind", "b", 1), {}), ("document", ("kind", "c"), {}), ("documents", ("kind",), {}),
        ("keys_among", ("kind", ["a", "b", "c"]), {}), ("versions", ("kind", "b"), {}),
        ("passed_to", (refs[0],), {}), ("passed_to", (claims[0].id,), {}), ("came_in", (PEERS[0], refs[0]), {}), ("came_in", (PEERS[1], refs[0]), {}),
        ("born_of", (message,), {}), ("needs_sweep", (), {}), ("erased_blobs", (), {}),
        *(("findings_on", ([FactId(f"{ref}/0")],), {}) for ref in refs[:4]), ("findings_on", ([FactId(f"{refs[0]}/1")],), {}),
        ("blob", (file,), {}), ("blob_bytes", (other,), {}), ("leaves_indexed", (), {}), ("shelf_behind", (), {}),
    ]  # fmt: skip
    for number, (question, given, more) in enumerate(questions):
        at.asked(f"{when}: {question} {number}", question, *given, **more)
    with at.store.snapshot() as snapshot:
        snapshot.show_evidence()
        at.play.act(f"{when}: as evidence", lambda: list(snapshot.records()))


def ledger(folder: Path) -> Play:
    """The ledger: leaves, what they are about, their index, proofs of every size, what is erased and what cannot be."""
    with alone(folder) as at:
        for number in range(9):
            at.clock.move(timedelta(minutes=1))
            at.store.note(Event("look.record", f"user {number % 2}", f"rec-{number % 3}", "oic", {"number": number}))
        for name in ("head", "leaves", "leaves_indexed"):
            at.asked(name, name)
        at.asked("leaves from 7", "leaves", 7)
        for index in (0, 8, 9):
            at.asked(f"leaf {index}", "leaf", index)
        for subject in ("rec-1", "rec-9"):
            at.asked(f"about {subject}", "leaves_about", subject)
        at.asked("subjects", "subjects", 2, 4)
        with at.store.snapshot() as snapshot:
            subjects = snapshot.subjects(0, 5)
        at.wrote("indexed", lambda tx: tx.index_leaves(0, subjects), lambda tx: tx.leaves_indexed())
        at.wrote("indexed from elsewhere", lambda tx: tx.index_leaves(0, subjects), lambda tx: tx.leaves_indexed())
        for subject in ("rec-1", "rec-2"):
            at.asked(f"indexed, about {subject}", "leaves_about", subject)
        at.wrote("erased", lambda tx: tx.erase_event(4, who="o.reed", purpose="audit"))
        for name, index in (("again", 4), ("its announcement", 9), ("one that there is not", 99)):
            at.wrote(f"erased {name}", lambda tx, index=index: tx.erase_event(index, who="o.reed", purpose="audit"))
        at.asked("erased, leaves", "leaves")
        at.asked("erased, about rec-1", "leaves_about", "rec-1")
        at.asked("erased, opening", "opening", 4)
        at.asked("erased, subjects", "subjects", 0, 20)
        sizes = (0, 1, 5, 8, 10, 11)
        for size in sizes:
            at.asked(f"root at {size}", "root_at", size)
            at.play.act(f"paths to {size}", lambda size=size: _paths(at.store, size))
        at.asked("inclusion in none", "inclusion", 10, 10)
        at.asked("consistency backwards", "consistency", 5, 3)
        at.play.act("verified", at.store.verify_ledger)
    return at.play


def _paths(store: Store, size: int) -> list[Any]:
    """How many hashes each proof in a ledger of a size has; what they are, the trees of the log's own tests hold."""
    with store.snapshot() as snapshot:
        return [
            [len(snapshot.inclusion(at, size)) for at in range(size)],
            [len(snapshot.consistency(at, size)) for at in range(size)],
        ]


def read_only(folder: Path) -> Play:
    """A store that is open for reading alone refuses every change and answers every question; a closed one nothing."""
    with alone(folder) as at:
        at.store.note(Event("look.record", "o.reed", "rec-1", "oic"))
        options = StoreOptions(synchronous="OFF", read_only=True)
        reader = Store.open(folder / "uk", clock=at.clock, chance=SeededChance(), options=options)
        act = at.play.act
        for name, does in (
            ("note", lambda: reader.note(Event("x", "y", "z"))), ("blob", lambda: reader.put_blob(b"x")), ("table", lambda: reader.put_table(b"PAR1 x PAR1")),
            ("sweep", reader.sweep), ("submit", lambda: reader.submit(lambda _: None)), ("part", lambda: reader.part("x").__enter__()),
            ("check", reader.check), ("verify", reader.verify_ledger),
        ):  # fmt: skip
            act(f"for reading: {name}", does)
        reader.close()
        act("closed", lambda: _heads(reader))
        act("made anew", lambda: Store.create(folder / "uk", clock=at.clock, chance=SeededChance()))
        act("opened where there is none", lambda: Store.open(folder / "rs", clock=at.clock, chance=SeededChance()))
        at.wrote("a change within a change", lambda _: at.store.note(Event("x", "y", "z")))
        at.wrote("one that fails leaves nothing", lambda tx: tx.put_document("kind", "a", b"1"), lambda tx: tx.leaf(99))
        at.wrote("and the next goes on", lambda tx: tx.put_document("kind", "a", b"2"))
    return at.play


def _heads(store: Store) -> Snapshot:
    with store.snapshot() as snapshot:
        return snapshot
