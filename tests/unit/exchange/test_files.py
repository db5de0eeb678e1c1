"""Large files go in sealed chunks, come whole or not at all, go on where they stopped, and are recalled with their fact."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from headwater.errors import (
    LimitError,
    PeerRefusedError,
    PeerUnreachableError,
    SchemaError,
    SignatureError,
)
from headwater.exchange import files
from headwater.exchange.envelope import Lane
from headwater.exchange.files import PATH, TURN_S, chunks_here, open_chunk, seal_chunk
from headwater.exchange.partners import State
from headwater.exchange.unfetched import AGAIN, ASK, SERVE
from headwater.model.canonical import encode
from headwater.model.ids import BlobHash, FactId, MessageId
from headwater.model.message import CHUNK_BYTES, Amend, FileRef
from headwater.store.parts import Part
from tests.exchange_world import BELGRADE, PRISTINA, Node, World, agreement, fact, message, pair

pytestmark = pytest.mark.slow

KEY = bytes(32)
CONTENT = bytes(range(256)) * (CHUNK_BYTES // 256) * 2 + b"the end"


class Fetching:
    """Fetches from nodes in memory; breaks off after some chunks, or changes them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.left = 1000
        self.asked: list[str] = []
        self.change = lambda data: data

    def get(self, endpoint: str, path: str, into: bytearray, *, timeout_s: float) -> memoryview:
        self.left -= 1
        if self.left < 0:
            raise PeerUnreachableError("cut", where=endpoint)
        self.asked.append(path)
        data = self.world.wires.nodes[endpoint].chunk(BlobHash(path.removeprefix(PATH)))
        if data is None:
            raise PeerRefusedError("404", where=endpoint)
        changed = self.change(data)  # type: ignore[no-untyped-call]
        into[: len(changed)] = changed
        return memoryview(into)[: len(changed)]


class Two:
    """London with a file for Belgrade."""

    def __init__(self, folder: Path) -> None:
        self.world, self.london, self.belgrade = pair(folder)
        self.fetching = Fetching(self.world)
        self.belgrade.exchange.files._fetcher = self.fetching
        self.path = folder / "scan.bin"
        self.path.write_bytes(CONTENT)

    def send(self, schema: str = "Note", **instead: Any) -> MessageId:
        name = FactId("rec-file/0")
        note = fact(entity="file", schema=schema, prop="name", value="scan.bin", category="object", personal=False)
        ref = structs.replace(self.london.exchange.files.attach(self.path, name), **instead)
        sending = self.london.exchange.send(message(facts={name: note}, files=(ref,)), who="o.reed")
        assert sending.id is not None
        self.london.bring(self.belgrade.me)
        return sending.id

    def blobs(self) -> list[BlobHash]:
        with self.belgrade.store.snapshot() as snapshot:
            return [blob for record in snapshot.records() for blob in record.blobs]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    made = Two(tmp_path)
    yield made
    made.world.close()


def on_disk(node: Node) -> set[str]:
    return {file.name for file in (node.home / "blobs").iterdir()}


def test_a_file_arrives_whole_beside_the_fact_it_belongs_to(two: Two) -> None:
    two.send()
    assert two.blobs() == []
    assert two.belgrade.exchange.files.fetch_all() == 1
    (blob,) = two.blobs()
    assert blob == sha256(CONTENT).hexdigest()
    with two.belgrade.store.snapshot() as snapshot:
        assert bytes(snapshot.blob(blob) or b"") == CONTENT
    assert on_disk(two.belgrade) == {blob}
    assert two.belgrade.exchange.files.fetch_all() == 0
    assert two.belgrade.store.check() == []


def test_a_broken_transfer_goes_on_where_it_stopped(two: Two) -> None:
    two.send()
    two.fetching.left = 2
    assert two.belgrade.exchange.files.fetch_all() == 0
    assert two.belgrade.exchange.files.fetch_all() == 0
    assert two.blobs() == []
    assert len(two.belgrade.events("file-waits")) == 1
    two.fetching.left = 1000
    assert two.belgrade.exchange.files.fetch_all() == 1
    assert len(two.fetching.asked) == len(set(two.fetching.asked)) == 3


def test_a_partner_that_cannot_be_reached_is_tried_later_and_later(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[int] = []

    def rest(failures: int, lane: Lane, drawn: bytes) -> float:
        rests.append(failures)
        return 0.0

    monkeypatch.setattr(files, "wait_s", rest)
    two.send()
    two.fetching.left = 0
    for _ in range(3):
        assert two.belgrade.exchange.files.fetch_all() == 0
    assert rests == [1, 2, 3]


class Seconds:
    """Time as the fetching sees it: a look takes one second, and a chunk as long as a test says."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


def looks(two: Two, seconds: Seconds, count: int) -> None:
    for _ in range(count):
        two.belgrade.exchange.files.fetch_all(threading.Event())
        seconds.now += 1.0


@pytest.mark.parametrize("kind", ["refused", "altered", "recalled"])
def test_a_file_that_does_not_come_holds_up_none_of_the_same_partner(
    two: Two, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = Seconds()
    monkeypatch.setattr(files, "time", seconds)
    first = two.send()
    two.path.write_bytes(b"another")
    two.send()
    lost = two.london.exchange.sent(first)
    assert lost is not None
    gone = {PATH + name for name in lost.files[0].chunks}
    get = two.fetching.get

    def liar(endpoint: str, path: str, into: bytearray, *, timeout_s: float) -> memoryview:
        if path in gone and kind == "refused":
            raise PeerRefusedError("404", where=endpoint)
        return memoryview(b"x" * 20) if path in gone else get(endpoint, path, into, timeout_s=timeout_s)

    monkeypatch.setattr(two.fetching, "get", liar)
    if kind == "recalled":
        two.belgrade.store.write(
            lambda tx: tx.replace_incoming(first, encode(structs.replace(lost, files=(), facts={})), who="s.hall")
        )
    looks(two, seconds, 3)
    assert two.blobs() == [sha256(b"another").hexdigest()]
    tried = len(two.belgrade.events("file-waits"))
    looks(two, seconds, 100)
    assert len(two.belgrade.events("file-waits")) == tried


def test_a_slow_partner_has_its_turn_and_others_theirs(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = Seconds()
    monkeypatch.setattr(files, "time", seconds)
    pristina = two.world.node(PRISTINA)
    two.world.befriend(
        pristina, two.belgrade, agreement(id="A-XK-RS", parties=(PRISTINA, BELGRADE), safeguards={}, binding=True)
    )
    two.path.write_bytes(bytes(CHUNK_BYTES) * 5)
    for _ in range(3):
        two.send()
    note = fact(origin="XK", entity="file", schema="Note", prop="name", value="x", category="object", personal=False)
    (two.path.with_name("quick")).write_bytes(b"quick")
    ref = pristina.exchange.files.attach(two.path.with_name("quick"), "rec-p/0")
    told = message(sender=PRISTINA, agreement="A-XK-RS", facts={"rec-p/0": note}, files=(ref,))
    assert pristina.exchange.send(told, who="a.krasniqi").is_queued
    pristina.bring(BELGRADE)
    get = two.fetching.get

    def slow(endpoint: str, path: str, into: bytearray, *, timeout_s: float) -> memoryview:
        if endpoint == two.london.endpoint:
            seconds.now += 25.0
        return get(endpoint, path, into, timeout_s=timeout_s)

    monkeypatch.setattr(two.fetching, "get", slow)
    looks(two, seconds, 1)
    assert two.blobs() == [sha256(b"quick").hexdigest()]
    assert seconds.now < 2 * TURN_S
    looks(two, seconds, 10)
    assert len(two.blobs()) == 4
    assert len(two.fetching.asked) == 16


def test_nothing_that_goes_wrong_with_one_file_ends_the_fetching(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LOOK_S", 0.001)
    two.send()
    stop, tries = threading.Event(), list[str]()

    def broken(*_: object, **__: object) -> memoryview:
        tries.append("x")
        if len(tries) > 1:
            stop.set()
        raise ValueError("a fault of our own")

    monkeypatch.setattr(two.fetching, "get", broken)
    two.belgrade.exchange.files.run(stop)
    assert len(tries) == 2


def test_an_altered_chunk_is_not_kept(two: Two) -> None:
    two.send()
    two.fetching.change = lambda data: data[:-1] + bytes([data[-1] ^ 1])
    assert two.belgrade.exchange.files.fetch_all() == 0
    assert on_disk(two.belgrade) == set()


def test_only_chunks_can_be_fetched_whatever_else_is_kept_under_a_hash(two: Two) -> None:
    plain = two.london.store.put_blob(b"an image of ours")
    assert two.london.exchange.chunk(plain) is None
    assert two.london.exchange.chunk(BlobHash("0" * 64)) is None


def test_what_is_kept_for_fetching_is_sealed(two: Two) -> None:
    ref = two.london.exchange.files.attach(two.path, "f")
    sealed = [two.london.exchange.chunk(name) for name in ref.chunks]
    assert all(data and CONTENT[:1024] not in data for data in sealed)
    opened = memoryview(bytearray(len(CONTENT)))
    for place, data in enumerate(sealed):
        open_chunk(bytes.fromhex(ref.key), place, 3, data or b"", opened[place * CHUNK_BYTES :][:CHUNK_BYTES])
    assert opened == CONTENT


def test_a_recall_takes_the_file_and_its_key_along(two: Two) -> None:
    ref = two.send()
    two.belgrade.exchange.files.fetch_all()
    london = two.london.exchange
    row = london.outgoing()[-1]
    told = message(kind="amend", facts={}, amend=Amend(action="erase", facts=("rec-file/0",)))
    london.send(told, who="o.reed")
    two.london.bring(two.belgrade.me)
    assert two.blobs() == []
    assert on_disk(two.belgrade) == set()
    _, left = two.belgrade.exchange.show(ref)
    assert left is not None
    assert (left.files, row.id) == ((), ref)
    assert two.belgrade.store.check() == []


def test_an_empty_file_is_not_attached(two: Two) -> None:
    two.path.write_bytes(b"")
    with pytest.raises(LimitError):
        two.london.exchange.files.attach(two.path, "f")


@pytest.mark.parametrize(("number", "count"), [(1, 2), (0, 3)])
def test_a_chunk_opens_only_at_its_place(number: int, count: int) -> None:
    sealed = seal_chunk(KEY, 0, 2, b"content")
    opened = memoryview(bytearray(len(b"content")))
    open_chunk(KEY, 0, 2, sealed, opened)
    assert bytes(opened) == b"content"
    with pytest.raises(SignatureError):
        open_chunk(KEY, number, count, sealed, opened)


@pytest.mark.parametrize("room", [6, 8])
def test_a_chunk_that_is_longer_or_shorter_than_its_message_says_is_refused(room: int) -> None:
    with pytest.raises(SignatureError):
        open_chunk(KEY, 0, 2, seal_chunk(KEY, 0, 2, b"content"), memoryview(bytearray(room)))


@pytest.mark.parametrize(("instead", "asked"), [({"sha256": "0" * 64}, 3), ({"size": len(CONTENT) - 1}, 4)])
def test_a_file_that_is_not_what_its_message_says_is_refused(two: Two, instead: dict[str, Any], asked: int) -> None:
    two.send(**instead)
    assert two.belgrade.exchange.files.fetch_all() == 0
    assert two.blobs() == []
    two.belgrade.exchange.files._resting.clear()
    assert two.belgrade.exchange.files.fetch_all() == 0
    assert len(two.fetching.asked) == asked, "what was right is not fetched again"
    assert not any(name == sha256(CONTENT).hexdigest() for name in on_disk(two.belgrade))


def test_a_file_that_waits_says_why_and_what_would_help(two: Two) -> None:
    two.send()
    here = two.belgrade.exchange
    [waits] = here.files.waiting()

    def why() -> tuple[str, str]:
        trouble = here.files.trouble(waits)
        assert trouble is not None
        return trouble.code, trouble.fix

    assert why() == ("peer", SERVE)
    two.fetching.left = 0
    here.files.fetch_all()
    assert why() == ("peer.unreachable", AGAIN)
    two.fetching.left, two.fetching.change = 1000, lambda data: bytes(len(data))
    here.files.fetch_all()
    assert why() == ("peer.refused", ASK)
    here.step_partner(two.london.me, State.SUSPENDED, who="s.hall", reason="asked")
    assert why() == ("trust.key", "see: headwater partner list")
    here.step_partner(two.london.me, State.CONFIRMED, who="s.hall", reason="asked")
    two.fetching.change = lambda data: data
    assert here.files.fetch_all() == 1
    assert [here.files.trouble(each) for each in here.files.waiting()] == [None]


@pytest.mark.parametrize("instead", [{"sha256": "0" * 64}])
def test_a_file_that_is_another_than_its_message_says_is_asked_about(two: Two, instead: dict[str, Any]) -> None:
    two.send(**instead)
    two.belgrade.exchange.files.fetch_all()
    [waits] = two.belgrade.exchange.files.waiting()
    trouble = two.belgrade.exchange.files.trouble(waits)
    assert trouble is not None
    assert (trouble.code, trouble.fix) == ("input.format", ASK)


@pytest.mark.parametrize(("at", "again"), [(10, 3), (CHUNK_BYTES + 10, 2)])
def test_what_a_power_cut_has_torn_is_fetched_again(two: Two, at: int, again: int) -> None:
    two.send()
    two.fetching.left = 2
    files = two.belgrade.exchange.files
    assert files.fetch_all() == 0
    assert [chunks_here(two.belgrade.store, each) for each in files.waiting()] == [2]
    (name,) = on_disk(two.belgrade)
    path = two.belgrade.home / "blobs" / name
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    two.fetching.left, two.fetching.asked = 1000, []
    files._resting.clear()
    assert files.fetch_all() == 1
    assert len(two.fetching.asked) == again
    (blob,) = two.blobs()
    assert on_disk(two.belgrade) == {blob}
    assert two.belgrade.store.check() == []


@pytest.mark.parametrize("kind", ["Note", "Unheard"])
def test_the_beginning_of_a_file_goes_with_its_fact(two: Two, kind: str) -> None:
    two.send(schema=kind)
    two.fetching.left = 1
    assert two.belgrade.exchange.files.fetch_all() == 0
    assert len(on_disk(two.belgrade)) == 1
    erase = message(kind="amend", facts={}, amend=Amend(action="erase", facts=("rec-file/0",)))
    two.london.exchange.send(erase, who="o.reed")
    two.london.bring(two.belgrade.me)
    assert on_disk(two.belgrade) == set()


def test_the_beginning_of_a_file_stays_whatever_else_is_recalled(two: Two) -> None:
    two.send()
    two.fetching.left = 1
    assert two.belgrade.exchange.files.fetch_all() == 0
    for number in range(2):
        two.london.exchange.send(message(facts={f"rec-{number}/0": fact(value="Somebody Else")}), who="o.reed")
        erase = message(kind="amend", facts={}, amend=Amend(action="erase", facts=(f"rec-{number}/0",)))
        two.london.exchange.send(erase, who="o.reed")
        two.london.bring(two.belgrade.me)
    assert len(on_disk(two.belgrade)) == 1
    two.fetching.left = 1000
    assert two.belgrade.exchange.files.fetch_all() == 1
    assert len(two.fetching.asked) == len(set(two.fetching.asked)) == 3


def test_what_an_attempt_leaves_that_had_begun_before_a_recall_goes_with_the_next_look(two: Two) -> None:
    ref = two.send()
    sent = two.london.exchange.sent(ref)
    assert sent is not None
    erase = message(kind="amend", facts={}, amend=Amend(action="erase", facts=("rec-file/0",)))
    two.london.exchange.send(erase, who="o.reed")
    two.london.bring(two.belgrade.me)
    with two.belgrade.store.part(f"{ref}/{sent.files[0].sha256}") as part:
        part.add(b"its beginning")
    assert len(on_disk(two.belgrade)) == 1
    assert two.belgrade.exchange.files.fetch_all() == 0
    assert on_disk(two.belgrade) == set()


def test_a_file_whose_fact_is_recalled_while_it_is_fetched_is_not_kept(two: Two) -> None:
    two.send()
    erase = message(kind="amend", facts={}, amend=Amend(action="erase", facts=("rec-file/0",)))

    def meanwhile(data: bytes) -> bytes:
        two.fetching.change = lambda data: data
        two.london.exchange.send(erase, who="o.reed")
        two.london.bring(two.belgrade.me)
        return data

    two.fetching.change = meanwhile
    assert two.belgrade.exchange.files.fetch_all() == 0
    assert two.blobs() == []
    assert on_disk(two.belgrade) == set()
    assert two.belgrade.exchange.files.fetch_all() == 0
    assert two.belgrade.store.check() == []


@pytest.mark.parametrize("when", ["before it is begun", "once it is whole"])
def test_a_file_whose_fact_is_recalled_around_its_fetching_goes_too(
    two: Two, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.send()
    erase = message(kind="amend", facts={}, amend=Amend(action="erase", facts=("rec-file/0",)))
    begun = two.belgrade.store.part

    def recall() -> None:
        two.london.exchange.send(erase, who="o.reed")
        two.london.bring(two.belgrade.me)

    @contextmanager
    def part(name: str) -> Iterator[Part]:
        if when == "before it is begun":
            recall()
        with begun(name) as opened:
            yield opened
        if when == "once it is whole":
            recall()

    monkeypatch.setattr(two.belgrade.store, "part", part)
    assert two.belgrade.exchange.files.fetch_all() == 0
    assert len(two.fetching.asked) == 3
    assert two.blobs() == []
    assert on_disk(two.belgrade) == set()
    assert two.belgrade.store.check() == []


def test_another_of_the_partners_endpoints_is_asked_where_one_has_nothing(two: Two) -> None:
    node = two.london
    node.exchange.make_card("London", ["http://127.0.0.1:1", node.endpoint], node.home / "roots", who="e")
    two.belgrade.exchange.add_partner([node.exchange.card_bytes()], [], who="e")
    two.world.wires.nodes["http://127.0.0.1:1"] = two.belgrade.exchange
    two.send()
    assert two.belgrade.exchange.files.fetch_all() == 1


@pytest.mark.parametrize(
    "change", [{"size": 0}, {"size": CHUNK_BYTES + 1}, {"name": "../x"}, {"name": " "}, {"key": "00"}]
)
def test_a_reference_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    values: dict[str, object] = {
        "fact": "f",
        "name": "x",
        "size": 10,
        "sha256": "0" * 64,
        "key": "0" * 64,
        "chunks": ("1" * 64,),
    }
    FileRef(**values)  # type: ignore[arg-type]
    with pytest.raises(SchemaError):
        FileRef(**{**values, **change})  # type: ignore[arg-type]
