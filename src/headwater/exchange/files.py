r"""Large files: sealed chunks of 1 MiB beside a message that holds their key and hashes. Normative text: docs/spec/files.md.

::

    chunk i = AES-256-GCM(key, nonce = u96be i, plaintext, AAD = "headwater/file/1\0" ‖ u32be i ‖ u32be count)

The receiver fetches chunk by chunk by hash, so that a broken transfer goes on where it stopped; only chunks of a message that
it has taken. Each is opened as it comes, and the file is written and hashed once. A chunk's name is the hash of sealed bytes:
whoever learns it learns nothing.
"""

import logging
import math
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from headwater.errors import (
    FormatError,
    HeadwaterError,
    LimitError,
    PeerError,
    PeerRefusedError,
    PeerTimeoutError,
    PeerUnreachableError,
    SignatureError,
)
from headwater.exchange.backoff import TRY_CAP_S, wait_s
from headwater.exchange.holdings import facts_here, read_message
from headwater.exchange.parties import sender_of
from headwater.exchange.partners import Partner, Partners
from headwater.exchange.unfetched import unfetched
from headwater.model.canonical import decode, encode
from headwater.model.fact import record_of
from headwater.model.ids import AuthorityId, BlobHash, MessageId
from headwater.model.message import CHUNK_BYTES, MAX_FILE, FileRef, Message
from headwater.model.record import Record
from headwater.model.seen import as_record
from headwater.ports import Chance, Event
from headwater.store import Part, Snapshot, Store, Transaction

PATH: Final = "/v1/files/"
CHUNK: Final = "file-chunk"
"""Kind of the documents that name the chunks that partners may fetch here, by their hash."""
WAITING: Final = "file-waiting"
"""Kind of the documents that name the files that are to be fetched, by message and place in it."""
TROUBLE: Final = "file-trouble"
"""Kind of the documents that name what the last try to fetch a file ended with."""
TAG_BYTES: Final = 16
KEY_BYTES: Final = 32
TIMEOUT_S: Final = 30.0
LOOK_S: Final = 1.0
"""Between two looks at what waits."""
TURN_S: Final = 60.0
"""How long one partner's files are fetched before others have their turn: half of the largest, at ten megabytes a second."""
Progress = Callable[[int, int], None]
"""Hears how many of how many are done."""
_LOG: Final = logging.getLogger(__name__)
_LABEL: Final = b"headwater/file/1\0"
_PLACE: Final = struct.Struct(">II")


def _silent(_done: int, _total: int) -> None:
    """Tell nobody."""


class Fetcher(Protocol):
    """Fetches a chunk from a partner's node."""

    def get(self, endpoint: str, path: str, into: bytearray, *, timeout_s: float) -> memoryview:
        """Return the partner's answer: the beginning of `into`.

        Raises:
            PeerError: it cannot be reached, refuses, or does not answer in time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that is to be fetched, or (`kept`) was."""

    message: MessageId
    peer: AuthorityId
    file: BlobHash
    kept: bool = False


def seal_chunk(key: bytes, number: int, count: int, data: bytes) -> bytes:
    """Return one chunk of a file, sealed."""
    return AESGCM(key).encrypt(number.to_bytes(12, "big"), data, _LABEL + _PLACE.pack(number, count))


def open_chunk(key: bytes, number: int, count: int, sealed: bytes | memoryview, into: memoryview) -> None:
    """Write what a chunk holds to where it is to stand, as many bytes as there is room for.

    Raises:
        SignatureError: it is another chunk, was altered, or is longer or shorter.
    """
    try:
        AESGCM(key).decrypt_into(number.to_bytes(12, "big"), sealed, _LABEL + _PLACE.pack(number, count), into)
    except (InvalidTag, ValueError) as error:
        raise SignatureError("a chunk of a file that does not open") from error


def pieces(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, a chunk's worth at a time.

    Raises:
        FormatError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            while data := stream.read(CHUNK_BYTES):
                yield data
    except OSError as error:
        raise FormatError(f"the file cannot be read: {error.strerror}", where=path.name) from error


class Carrier:
    """Seals files for partners and fetches theirs."""

    def __init__(self, store: Store, partners: Partners, fetcher: Fetcher, chance: Chance) -> None:
        """Keep in a store and fetch from the partners of one authority."""
        self._store = store
        self._partners = partners
        self._fetcher = fetcher
        self._chance = chance
        self._resting: dict[str, tuple[float, int]] = {}

    def attach(self, path: Path, fact: str, progress: Progress = _silent) -> FileRef:
        """Seal a file and keep its chunks for whoever gets the message that names it.

        Args:
            path: the file.
            fact: the fact of the message that it belongs to.
            progress: hears how many chunks of how many are sealed.

        Raises:
            FormatError: it cannot be read, or is empty.
            LimitError: it is larger than 1 GiB.
        """
        key, whole, names = self._chance.draw(KEY_BYTES), sha256(), []
        try:
            size = path.stat().st_size
            if not size or size > MAX_FILE:
                raise LimitError("a file that is empty, or larger than 1 GiB", where=path.name)
            count = -(-size // CHUNK_BYTES)
        except OSError as error:
            raise FormatError(f"the file cannot be read: {error.strerror}", where=path.name) from error
        for number, data in enumerate(pieces(path)):
            whole.update(data)
            names.append(self._store.put_blob(seal_chunk(key, number, count, data)))
            progress(number + 1, count)

        def change(tx: Transaction) -> None:
            for name in names:
                if tx.document(CHUNK, name) is None:
                    tx.put_document(CHUNK, name, b"")

        self._store.write(change)
        digest = BlobHash(whole.hexdigest())
        return FileRef(fact=fact, name=path.name, size=size, sha256=digest, key=key.hex(), chunks=tuple(names))

    def chunk(self, name: BlobHash) -> bytes | None:
        """Return a sealed chunk that a partner may fetch; None for anything else, whatever is kept under that hash."""
        with self._store.snapshot() as snapshot:
            return snapshot.blob_bytes(name) if snapshot.document(CHUNK, name) is not None else None

    def run(self, stop: threading.Event) -> None:
        """Fetch what waits until `stop` is set: in a thread of its own, for a large file must hold up nothing else."""
        while not stop.wait(LOOK_S):
            try:
                self.fetch_all(stop)
            except HeadwaterError as error:
                _LOG.warning("files wait: %s", error.code)
            except Exception:  # noqa: BLE001 - a thread that dies in silence would hold every partner's files for ever
                _LOG.exception("fetching files failed")

    def waiting(self) -> list[Waiting]:
        """Return the files of received messages: those that wait, and those that are here."""
        with self._store.snapshot() as snapshot:
            return [decode(body, Waiting) for _, _, body in snapshot.documents(WAITING)]

    def trouble(self, waiting: Waiting) -> HeadwaterError | None:
        """Return what is in the way of a file, None where it is here: see `unfetched`."""
        if waiting.kept:
            return None
        with self._store.snapshot() as snapshot:
            code = snapshot.document(TROUBLE, _name_of(waiting)) or b""
            return unfetched(self._partners.get(snapshot, waiting.peer), code.decode())

    def fetch_all(self, stop: threading.Event | None = None) -> int:
        """Fetch what is missing of every file that waits; return how many files are whole now.

        With `stop`, a partner that cannot be reached is tried again later and later, as with messages, and so is a file that
        does not come; the partner's other files go on. Then, too, a partner has a turn before others have theirs: however
        slow it is, and however many files it has, it holds up nobody for long.
        """
        waiting = [each for each in self.waiting() if not each.kept]
        ends = dict.fromkeys((each.peer for each in waiting), math.inf)
        whole = 0
        # What has been tried goes after what has not.
        for each in sorted(waiting, key=lambda each: self._rest_of(_name_of(each))[0]):
            if stop is None:
                whole += self._fetch(each, lambda: False)
                continue
            if stop.is_set() or time.monotonic() < max(self._rest_of(each.peer)[0], self._rest_of(_name_of(each))[0]):
                continue
            if len(ends) > 1 and ends[each.peer] == math.inf:
                ends[each.peer] = time.monotonic() + TURN_S
            until = ends[each.peer]
            if time.monotonic() < until:
                whole += self._fetch(each, lambda until=until: stop.is_set() or time.monotonic() >= until)  # type: ignore[misc]
        return whole

    def _rest_of(self, key: str) -> tuple[float, int]:
        """Return until when a partner, or a file, rests, by `time.monotonic`, and how often it has failed."""
        return self._resting.get(key, (-math.inf, 0))

    def _let_rest(self, key: str) -> None:
        failures = self._rest_of(key)[1] + 1
        self._resting[key] = (time.monotonic() + wait_s(failures, TRY_CAP_S, self._chance.draw(4)), failures)

    def _fetch(self, waiting: Waiting, is_over: Callable[[], bool]) -> bool:
        ref, partner = self._wanted(waiting)
        if ref is None or partner is None or not partner.is_open:
            self._let_rest(_name_of(waiting))
            # What an attempt has left that had begun before the recall.
            if ref is None and self._store.part_size(_name_of(waiting)):
                self._store.write(lambda tx: tx.forget_part(_name_of(waiting)))
                self._store.sweep()
            return False
        try:
            with self._store.part(_name_of(waiting)) as part:
                for data in self._rest(ref, part, partner.card.card.endpoints):
                    part.add(data)
                    if part.size < ref.size and is_over():
                        self._resting[_name_of(waiting)] = (time.monotonic(), 0)
                        return False
                part.keep(ref.sha256, ref.size)
        except (PeerError, SignatureError, FormatError) as error:
            code = error.code
            # One that refuses, or gives something else, may well give its other files.
            is_away = isinstance(error, PeerUnreachableError | PeerTimeoutError)
            self._let_rest(waiting.peer if is_away else _name_of(waiting))
            self._store.write(lambda tx: _note_once(tx, waiting, code))
            return False
        for key in (waiting.peer, _name_of(waiting)):
            self._resting.pop(key, None)
        kept = self._store.write(lambda tx: _keep(tx, waiting, ref))
        if not kept:
            self._store.sweep()
        return kept

    def _wanted(self, waiting: Waiting) -> tuple[FileRef | None, Partner | None]:
        """Return what says where a file is and how it opens, None where its fact was recalled; and whose it is."""
        with self._store.snapshot() as snapshot:
            row = snapshot.incoming(waiting.message)
            message = read_message(row.body) if row else None
            ref = _named(message, waiting.file) if message else None
            is_gone = message is None or ref is None or ref.fact not in message.facts
            return None if is_gone else ref, self._partners.get(snapshot, waiting.peer)

    def _rest(self, ref: FileRef, part: Part, endpoints: tuple[str, ...]) -> Iterator[memoryview]:
        """Take what an earlier attempt has left, as far as it is right, and yield the rest as it comes.

        What is yielded is good until the next is asked for: all chunks come into the same memory.
        """
        key, count = bytes.fromhex(ref.key), len(ref.chunks)
        here = 0
        # Nothing synced it: it may be torn. A chunk is sealed one way only, so sealing it again shows whether it is right.
        while left := part.again(CHUNK_BYTES):
            if here == count or sha256(seal_chunk(key, here, count, left)).hexdigest() != ref.chunks[here]:
                break
            part.take(left)
            here += 1
        sealed, opened = bytearray(CHUNK_BYTES + TAG_BYTES), memoryview(bytearray(CHUNK_BYTES))
        for number in range(here, count):
            data = opened[: min(CHUNK_BYTES, ref.size - number * CHUNK_BYTES)]
            self._get(endpoints, ref, number, sealed, data)
            yield data

    def _get(self, endpoints: tuple[str, ...], ref: FileRef, number: int, sealed: bytearray, into: memoryview) -> None:
        """Fetch a chunk from the first of a partner's endpoints that has it, and open it.

        It opens only where it is the one that the message means, for nobody else has the key: its own hash is not computed.
        """
        last: PeerError = PeerRefusedError("the partner names no endpoint")
        for endpoint in endpoints:
            try:
                given = self._fetcher.get(endpoint, PATH + ref.chunks[number], sealed, timeout_s=TIMEOUT_S)
                open_chunk(bytes.fromhex(ref.key), number, len(ref.chunks), given, into)
            except SignatureError:
                last = PeerRefusedError("the partner's node answered with another chunk", where=endpoint)
            except PeerError as error:
                last = error
            else:
                return
        raise last


def expect(tx: Transaction, message: Message, ref: MessageId) -> None:
    """Remember the files of a message that was taken, to be fetched."""
    for each in message.files:
        waiting = Waiting(ref, sender_of(message), each.sha256)
        tx.put_document(WAITING, f"{ref}/{each.sha256}", encode(waiting))


def chunks_here(store: Store, waiting: Waiting) -> int:
    """Return how many chunks of a file that waits are here."""
    return -(-store.part_size(_name_of(waiting)) // CHUNK_BYTES)


def is_kept(reader: Snapshot | Transaction, ref: MessageId, file: BlobHash) -> bool:
    """Return whether a file of a received message is here whole."""
    body = reader.document(WAITING, f"{ref}/{file}")
    return body is not None and decode(body, Waiting).kept


def part_name(ref: MessageId, file: BlobHash) -> str:
    """Return under which name the beginning of a message's file is kept."""
    return f"{ref}/{file}"


def _name_of(waiting: Waiting) -> str:
    return part_name(waiting.message, waiting.file)


def _named(message: Message, file: BlobHash) -> FileRef | None:
    return next((each for each in message.files if each.sha256 == file), None)


def _keep(tx: Transaction, waiting: Waiting, ref: FileRef) -> bool:
    """Let the file stand in a record with the fact that it belongs to, so that it is seen, used and recalled with it.

    Returns:
        False where the fact was recalled meanwhile: the file goes too.
    """
    row = tx.incoming(waiting.message)
    message = read_message(row.body) if row else None
    if message is None or ref.fact not in message.facts:
        tx.forget_blob(ref.sha256)
        return False
    records = [tx.kept_record(record_of(fact)) for fact in facts_here(tx, waiting.message, message).get(ref.fact, [])]
    # Beside the record that the message became there may be those of other files of the fact, and of tables read from them.
    plain = next((record for record in records if record is not None and not (record.blobs or record.tables)), None)
    if plain is not None:
        tx.add_born(_with_file(as_record(plain), ref), waiting.message)
    tx.put_document(WAITING, _name_of(waiting), encode(_done(waiting)))
    detail: dict[str, str | int] = {"sha256": ref.sha256, "size": ref.size, "from": waiting.peer}
    tx.note(Event("exchange.file-kept", "node", waiting.message, detail=detail))
    return True


def _with_file(record: Record, ref: FileRef) -> Record:
    values = {name: getattr(record, name) for name in Record.__dataclass_fields__}
    return Record(**{**values, "blobs": (ref.sha256,)})


def _done(waiting: Waiting) -> Waiting:
    return Waiting(waiting.message, waiting.peer, waiting.file, kept=True)


def _note_once(tx: Transaction, waiting: Waiting, code: str) -> None:
    key = _name_of(waiting)
    if tx.document(TROUBLE, key) != code.encode():
        tx.put_document(TROUBLE, key, code.encode())
        tx.note(Event("exchange.file-waits", "node", waiting.message, detail={"code": code, "from": waiting.peer}))
