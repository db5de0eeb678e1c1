"""What goes over bad wires: cut, doubled and changed envelopes and answers, syncs, backups put back, large files."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from headwater.errors import PeerRefusedError, PeerUnreachableError
from headwater.exchange import beside
from headwater.exchange.beside import Kept
from headwater.exchange.courier import Courier
from headwater.exchange.envelope import Header, Lane, seal
from headwater.exchange.files import PATH, chunks_here, is_kept
from headwater.exchange.framing import join, split
from headwater.exchange.keys import Keys
from headwater.exchange.office import Exchange
from headwater.exchange.partners import State
from headwater.exchange.receipt import Giver, Line
from headwater.exchange.suite import key_id
from headwater.model.canonical import encode
from headwater.model.ids import BlobHash, FactId, MessageId, new_message_id
from headwater.model.message import Amend, FileRef, Kind
from headwater.policy.agreement import AgreementState
from headwater.ports import Event
from headwater.store import Store
from headwater.testing.fakes import START, SeededChance
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, Node, fact, message
from tests.plays.exchange_desk import Pair
from tests.plays.play import Play


def delivery(folder: Path) -> Play:  # noqa: PLR0915 - a play is told in one piece
    """A courier over bad wires: nothing comes back, or something else; messages expire, rest, are refused or come twice."""
    pair = Pair(folder)
    act, uk, rs, wires, clock = (
        pair.act,
        pair.london.exchange,
        pair.belgrade.exchange,
        pair.world.wires,
        pair.world.clock,
    )

    def fresh() -> Courier:
        """A courier that has not failed yet: one that has lets one message go alone."""
        return uk.courier((BELGRADE, Lane.NORMAL))

    courier = fresh()

    def sent(count: int = 1, **changes: object) -> None:
        for _ in range(count):
            assert uk.send(message(**changes), who="o.reed").is_queued

    act("nothing to do", courier.step)
    sent(2)
    wires.cut.add(pair.belgrade.endpoint)
    act("cut", courier.step)
    act("cut again", courier.step)
    wires.cut.clear()
    wires.on_return = lambda _: b""
    act("an empty answer", fresh().step)
    card = rs.card().card
    line = Line(id=uk.outgoing()[-1].id, sha256="ab" * 32, result="stored")
    about_others = Giver(BELGRADE, pair.belgrade.keys.signing_seed()).sign(LONDON, (line,), clock.now(), None)
    by_others = Giver(BELGRADE, bytes(32)).sign(LONDON, (line,), clock.now(), None)
    wires.on_return = lambda _: join([about_others])
    act("an answer about other bytes", fresh().step)
    wires.on_return = lambda _: join([by_others])
    act("an answer of a key that is not on the card", fresh().step)
    wires.on_return = lambda answer: answer
    wires.passed.clear()
    courier = fresh()
    act("taken after all", courier.step)
    batch = wires.passed[-1][1]
    clock.move(timedelta(hours=1))
    act("the same batch comes again", lambda: rs.receive(batch))
    act("no batch", lambda: rs.receive(b"x"))
    changed = bytearray(split(batch, most=64)[0])
    changed[-1] ^= 1
    act("a changed envelope", lambda: rs.receive(join([bytes(changed), b"\0\2{}"])))
    sent(expires="2026-11-25T10:00:00Z")
    sent()
    clock.move(timedelta(minutes=30))
    act("one has expired", courier.step)
    act("the other goes", courier.step)
    clock.move(timedelta(minutes=-10))
    sent()
    clock.move(timedelta(minutes=10))
    clock.move(timedelta(hours=-2))
    act("it was sealed two hours ahead of the other's clock", courier.step)
    act("and rests", courier.step)
    clock.move(timedelta(hours=2))
    courier = fresh()
    act("and is taken", courier.step)
    rs.step_partner(LONDON, State.SUSPENDED, who="d.s", reason="unclear")
    sent()
    act("the recipient has suspended us", courier.step)
    rs.step_partner(LONDON, State.CONFIRMED, who="d.s", reason="clear")
    act("and takes us up again", fresh().step)
    rs.set_agreement_state(TERMS, AgreementState.SUSPENDED, who="d.s", reason="unclear")
    sent()
    act("the recipient has suspended the agreement", fresh().step)
    uk.set_agreement_state(TERMS, AgreementState.ENDED, who="s.hall", reason="over")
    uk.syncing.ask(BELGRADE, who="engineer")
    act("our own agreement has ended", fresh().step)
    clock.move(timedelta(days=400))
    act("cards have expired", fresh().step)
    assert card.owner == BELGRADE
    return pair.end()


def doubles(folder: Path) -> Play:
    """One identifier with two contents, one number for two messages, and the accuser's own store that was set back."""
    pair = Pair(folder)
    act, rs = pair.act, pair.belgrade.exchange
    _copy(pair, pair.london)
    uk = pair.london.exchange
    uk.send(message(text="first"), who="o.reed")
    pair.carry()
    _put_back(pair, pair.london, seed=77)
    uk = pair.london.exchange
    uk.send(message(text="second"), who="o.reed")
    act("a number that was used", pair.carry)
    act("alarms at both", lambda: [pair.london.exchange.syncing.alarms(), rs.syncing.alarms()])
    for name, number, seq, text in (
        ("one", 1, 50, "one"), ("one identifier, another content", 1, 50, "other"), ("its number, another identifier", 2, 50, "x"),
        ("a number far ahead", 3, 90, "x"), ("one again", 1, 50, "one"),
    ):  # fmt: skip
        act(name, rs.receive, join([sealed(pair, number, seq, text)]))
    pieces = [sealed(pair, 9, 60, "a"), sealed(pair, 9, 60, "b"), sealed(pair, 10, 60, "c")]
    act("all in one batch", lambda: rs.receive(join(pieces)))
    wrong: tuple[tuple[str, dict[str, object]], ...] = (
        ("for somebody else", {"recipient": PRISTINA}), ("by nobody we know", {"sender": PRISTINA}),
        ("with a key that nobody has", {"skid": "ab" * 32}),
        ("expired", {"expires_at": START}), ("an hour ahead", {"sent_at": START + timedelta(hours=1)}),
        ("300 s ahead", {"sent_at": START + timedelta(seconds=300)}), ("301 s ahead", {"sent_at": START + timedelta(seconds=301)}),
    )  # fmt: skip
    for number, (name, changed) in enumerate(wrong, 20):
        act(name, rs.receive, join([sealed(pair, number, 100 + number, "x", **changed)]))
    act("no message in it", lambda: rs.receive(join([sealed(pair, 40, 200, None)])))
    act("what came", rs.incoming)
    act("what came under an identifier that was taken", lambda: _equivocations(pair.belgrade))
    return pair.end()


def _equivocations(node: Node) -> list[object]:
    with node.store.snapshot() as snapshot:
        return list(snapshot.equivocations())


def sealed(pair: Pair, number: int, seq: int, text: str | None, **header: object) -> bytes:
    """Seal what no honest node would send, with London's real keys; the same bytes for the same content."""
    asked = (number, seq, text)
    if asked not in pair.sealed:
        key = pair.belgrade.exchange.card().card.sealing[0].raw
        values: dict[str, object] = {
            "id": new_message_id(number, bytes(10)), "sender": LONDON, "recipient": BELGRADE, "seq": seq, "lane": Lane.NORMAL,
            "skid": next(iter(pair.london.keys.signing_seeds)), "rkid": key_id(key), "sent_at": START,
            "expires_at": START + timedelta(days=14), **header,
        }  # fmt: skip
        body = b"{}" if text is None else encode(message(sender=LONDON, text=text, expires="2026-12-20T08:30:00Z"))
        made = Header(**values)  # type: ignore[arg-type]
        pair.sealed[asked] = seal(made, body, signing_seed=pair.london.keys.signing_seed(), recipient_key=key)
    return pair.sealed[asked]


def _copy(pair: Pair, node: Node) -> None:
    """Copy a node's home as a backup does, and open it anew."""
    node.store.close()
    shutil.copytree(node.home, f"{node.home}.copy")
    _put_back(pair, node, seed=98)


def _put_back(pair: Pair, node: Node, seed: int) -> None:
    node.store.close()
    shutil.rmtree(node.home)
    shutil.copytree(f"{node.home}.copy", node.home)
    chance = SeededChance(seed)
    node.store = Store.open(node.home, clock=pair.world.clock, chance=chance)
    node.keys = Keys(node.home)
    node.exchange = Exchange(node.store, node.keys, pair.world.clock, chance, node.me, transport=pair.world.wires)
    pair.world.wires.nodes[node.endpoint] = node.exchange


def syncs(folder: Path) -> Play:
    """Two nodes sync: gaps are told and filled, what never comes is told, logs are cosigned, a backup put back is seen."""
    pair = Pair(folder)
    act, wires, clock = pair.act, pair.world.wires, pair.world.clock
    london, belgrade = pair.london, pair.belgrade

    def note(node: Node, count: int) -> None:
        for number in range(count):
            node.store.note(Event("look.record", "o.reed", f"rec-{number}", "oic"))

    def synced(name: str, one: Node, other: Node) -> None:
        act(name, lambda: one.exchange.syncing.ask(other.me, who="engineer"))
        act(f"{name}, carried", pair.carry)
        act(
            f"{name}, standing",
            lambda: [london.exchange.syncing.standing(BELGRADE), belgrade.exchange.syncing.standing(LONDON)],
        )

    hour, begun = timedelta(hours=1), clock.now()
    act("due at once", lambda: london.exchange.syncing.due(begun, hour, begun))
    act("due after an hour", lambda: london.exchange.syncing.due(begun + hour, hour, begun))
    note(london, 3)
    synced("first", london, belgrade)
    clock.move(hour)
    act(
        "due after the first", lambda: [london.exchange.syncing.due(clock.now(), hour * part, begun) for part in (1, 2)]
    )
    wires.cut.add(belgrade.endpoint)
    london.exchange.send(message(expires="2026-11-25T10:00:00Z"), who="o.reed")
    clock.move(hour)
    pair.carry()
    wires.cut.clear()
    london.exchange.send(message(), who="o.reed")
    pair.carry()
    synced("with a number that never comes", belgrade, london)
    synced("and once more", belgrade, london)
    act("proved", lambda: london.exchange.syncing.prove(2))
    note(london, 1)
    act("proved of what no partner has seen", london.exchange.syncing.prove, _last(london))
    act("proved of nothing", lambda: london.exchange.syncing.prove(10**6))
    _copy(pair, belgrade)
    for _ in range(2):
        london.exchange.send(message(), who="o.reed")
    note(belgrade, 5)
    pair.carry()
    synced("after a copy was made", london, belgrade)
    _put_back(pair, belgrade, seed=99)
    clock.move(hour)
    synced("after the copy was put back", london, belgrade)
    act("alarms", lambda: [london.exchange.syncing.alarms(), belgrade.exchange.syncing.alarms()])
    clock.move(hour)
    act("cleared", lambda: [
        london.exchange.syncing.clear(BELGRADE, who="s.hall", reason="a backup"),
        belgrade.exchange.syncing.clear(BELGRADE, who="d.s", reason="a disk"),
    ])  # fmt: skip
    synced("after it was cleared", belgrade, london)
    synced("and the other way", london, belgrade)
    belgrade.exchange.step_partner(LONDON, State.SUSPENDED, who="d.s", reason="x")
    act("due while suspended", lambda: belgrade.exchange.syncing.due(clock.now() + hour * 9, hour, begun))
    return pair.end()


def _last(node: Node) -> int:
    with node.store.snapshot() as snapshot:
        return snapshot.head().size - 1


class _Fetching:
    """Fetches from nodes in memory; breaks off after some chunks."""

    def __init__(self, pair: Pair) -> None:
        self.pair, self.left = pair, 1000
        self.change: Callable[[bytes], bytes] = lambda data: data

    def get(self, endpoint: str, path: str, into: bytearray, *, timeout_s: float) -> memoryview:
        self.left -= 1
        if self.left < 0:
            raise PeerUnreachableError("cut", where=endpoint)
        data = self.pair.world.wires.nodes[endpoint].chunk(BlobHash(path.removeprefix(PATH)))
        if data is None:
            raise PeerRefusedError("404", where=endpoint)
        data = self.change(data)
        into[: len(data)] = data
        return memoryview(into)[: len(data)]


def files(folder: Path) -> Play:  # noqa: PLR0915 - a play is told in one piece
    """Files beside messages: sealed, fetched past breaks, kept with their fact, read as tables, expired, recalled."""
    pair = Pair(folder)
    act, uk, rs, clock = pair.act, pair.london.exchange, pair.belgrade.exchange, pair.world.clock
    fetching = _Fetching(pair)
    rs.files._fetcher = fetching
    path = folder / "rows.bin"
    path.write_bytes(bytes(range(256)) * 5000)

    def waiting() -> object:
        with pair.belgrade.store.snapshot() as snapshot:
            found = rs.files.waiting()
            return [
                (each, chunks_here(pair.belgrade.store, each), is_kept(snapshot, each.message, each.file))
                for each in found
            ]

    def sent(name: str, number: int, until: str | None = None) -> tuple[MessageId, FileRef]:
        key = FactId(f"rec-file{number}/0")
        note = fact(
            entity=f"file{number}",
            schema="Note",
            prop="name",
            value="rows.bin",
            category="object",
            personal=False,
            retain_until=until,
        )
        ref = act(f"{name}: attached", lambda: uk.files.attach(path, key))
        sending = act(f"{name}: sent", lambda: uk.send(message(facts={key: note}, files=(ref,)), who="o.reed"))
        act(f"{name}: carried", pair.carry)
        return sending.id, ref

    first, ref = sent("first", 1, "2026-12-01")
    act("waits", waiting)
    fetching.left = 1
    act("broken off", rs.files.fetch_all)
    act("broken off, waits", waiting)
    fetching.left = 1000
    fetching.change = lambda data: data[:-1] + bytes([data[-1] ^ 1])
    act("altered", rs.files.fetch_all)
    fetching.change = lambda data: data
    act("fetched", rs.files.fetch_all)
    act("fetched, waits", waiting)
    act("fetched again", rs.files.fetch_all)
    act(
        "any hash",
        lambda: [
            uk.chunk(BlobHash("0" * 64)),
            uk.chunk(ref.chunks[0]),
            uk.chunk(pair.london.store.put_blob(b"an image")),
        ],
    )
    table = pair.belgrade.store.put_table(b"PAR1 an invented table PAR1")

    def kept(purposes: tuple[str, ...]) -> object:
        tables = [Kept("payments", table)]
        return pair.belgrade.store.write(lambda tx: beside.keep_tables(tx, first, ref, tables, purposes))

    act("read as a table", lambda: kept(("oic", "trafficking")))
    act("read as a table again", lambda: kept(("oic", "trafficking")))
    act("tables of partners", lambda: pair.belgrade.store.write(beside.tables_of_partners))
    clock.move(timedelta(days=6))
    today = clock.now().date()
    act("on its last day", lambda: pair.belgrade.store.write(lambda tx: beside.expire(tx, today, "node")))
    act(
        "a day later",
        lambda: pair.belgrade.store.write(lambda tx: beside.expire(tx, today + timedelta(days=1), "node")),
    )
    act("read as a table when it is gone", lambda: kept(("oic",)))
    second, _ = sent("second", 2)
    act("second: fetched", rs.files.fetch_all)
    told = message(kind=Kind.AMEND, facts={}, amend=Amend(action="erase", facts=("rec-file2/0",)))
    act("recalled", lambda: uk.send(told, who="o.reed"))
    act("recalled, carried", pair.carry)
    act("shown", lambda: rs.show(second))
    third, _ = sent("third", 3)
    uk.send(message(kind=Kind.AMEND, facts={}, amend=Amend(action="erase", facts=("rec-file3/0",))), who="o.reed")
    pair.carry()
    act("recalled before it was fetched", rs.files.fetch_all)
    path.write_bytes(b"")
    act("an empty file", lambda: uk.files.attach(path, FactId("f/0")))
    act("no file", lambda: uk.files.attach(folder / "nowhere", FactId("f/0")))
    act("third, shown", rs.show, third)
    return pair.end()
