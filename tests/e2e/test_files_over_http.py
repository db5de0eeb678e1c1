"""Large files over real HTTP: in pieces by their hash, resumed where they broke off, never whole in memory."""

import random
import tracemalloc
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from headwater.exchange.files import PATH, TAG_BYTES, chunks_here
from headwater.model.ids import BlobHash, FactId, MessageId
from headwater.model.message import CHUNK_BYTES, FileRef
from tests.exchange_world import BELGRADE, LONDON, agreement, fact, message
from tests.http_world import Ends, http_pair

pytestmark = pytest.mark.e2e
CHUNKS = 24
FACT = FactId("rec-file/0")


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    with http_pair(tmp_path, agreement(), (LONDON, BELGRADE)) as made:
        yield made


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path, chance = tmp_path / "scan.tiff", random.Random(5)
    with path.open("wb") as stream:
        for _ in range(CHUNKS - 1):
            stream.write(chance.randbytes(CHUNK_BYTES))
        stream.write(chance.randbytes(100))
    return path


def send(ends: Ends, path: Path) -> MessageId:
    note = fact(entity="file", schema="Note", prop="name", value="scan.tiff", category="object", personal=False)
    ref = ends.sender.node.exchange.files.attach(path, FACT)
    sent = ends.send(message(facts={FACT: note}, files=(ref,)))
    ends.bring()
    return sent


def asked(ends: Ends) -> list[str]:
    """Let the sender's door write down which chunks it is asked for."""
    exchange, names = ends.sender.node.exchange, list[str]()
    real = exchange.chunk

    def chunk(name: BlobHash) -> bytes | None:
        names.append(name)
        return real(name)

    exchange.chunk = chunk  # type: ignore[method-assign]
    return names


def fetched(ends: Ends) -> int:
    files = ends.receiver.node.exchange.files
    files._resting.clear()
    return files.fetch_all()


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def kept(ends: Ends) -> set[str]:
    return {file.name for file in (ends.receiver.node.home / "blobs").iterdir()}


def test_a_file_arrives_whole_and_is_never_whole_in_memory_at_either_end(ends: Ends, scan: Path) -> None:
    tracemalloc.start()
    try:
        send(ends, scan)
        assert fetched(ends) == 1
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < CHUNKS * CHUNK_BYTES / 2
    assert kept(ends) == {digest(scan)}
    assert [event.detail["size"] for event in ends.receiver.node.events("file-kept")] == [scan.stat().st_size]


def test_a_transfer_that_broke_off_because_the_sender_died_goes_on_where_it_stopped(ends: Ends, scan: Path) -> None:
    names = asked(ends)
    send(ends, scan)
    files = ends.receiver.node.exchange.files
    real, left = files._get, [7]

    def get(endpoints: tuple[str, ...], ref: FileRef, number: int, sealed: bytearray, into: "memoryview[int]") -> None:
        left[0] -= 1
        if left[0] == 0:
            ends.sender.end()
        real(endpoints, ref, number, sealed, into)

    files._get = get  # type: ignore[method-assign]
    assert fetched(ends) == 0
    assert [chunks_here(ends.receiver.node.store, each) for each in files.waiting()] == [6], "what came is kept"
    assert [event.detail["code"] for event in ends.receiver.node.events("file-waits")] == ["peer.unreachable"]
    ends.sender.start()
    assert fetched(ends) == 1
    assert len(names) == len(set(names)) == CHUNKS, "no chunk was asked for twice"
    assert kept(ends) == {digest(scan)}


def test_a_chunk_that_was_altered_on_the_way_is_refused_and_asked_for_again(ends: Ends, scan: Path) -> None:
    send(ends, scan)
    exchange = ends.sender.node.exchange
    real = exchange.chunk
    exchange.chunk = lambda name: (real(name) or b"")[:-1] + b"\0"  # type: ignore[method-assign]
    assert fetched(ends) == 0
    assert kept(ends) == set()
    assert [event.detail["code"] for event in ends.receiver.node.events("file-waits")] == ["peer.refused"]
    exchange.chunk = real  # type: ignore[method-assign]
    assert fetched(ends) == 1
    assert kept(ends) == {digest(scan)}


def test_nobody_gets_anything_but_sealed_chunks_whose_hash_he_knows(ends: Ends, scan: Path) -> None:
    send(ends, scan)
    (message_,) = [
        ends.sender.node.exchange.sent(row.id) for row in ends.sender.node.exchange.outgoing() if row.seq == 2
    ]
    assert message_ is not None
    (ref,) = message_.files
    status, chunk = ends.sender.ask("GET", PATH + ref.chunks[0])
    assert (status, len(chunk)) == (200, CHUNK_BYTES + TAG_BYTES)
    assert scan.read_bytes()[:1024] not in chunk
    for name in (ref.sha256, "0" * 64, digest(scan)):
        assert ends.sender.ask("GET", PATH + name)[0] == 404
    assert ends.sender.ask("GET", PATH + "../keys")[0] in {400, 404}
