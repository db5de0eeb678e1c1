"""Files that come in piece by piece: what has come stays where a connection breaks, and the rest is added at its place.

An upload belongs to one user and one case, and is found again by what the browser says of the file, also after the page was closed.
Bytes are kept as they arrive. At the end the browser tells a sum over all of them, and nothing counts as a file before that: pieces
of two files never become one exhibit. What nobody finishes goes after a day.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from headwater.errors import ConflictError, ForbiddenError, LimitError, Place, SchemaError
from headwater.model.times import format_instant, parse_instant
from headwater.node import cases, incoming
from headwater.node.incoming import Incoming
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.store.faults import translated

FOLDER: Final = "uploads"
KEPT_FOR: Final = timedelta(days=1)
MOST_OPEN: Final = 4
"""Uploads of one user that wait at once; the oldest makes room for a fifth."""
CHUNK: Final = 1 << 20
"""Bytes under one hash of the sum, as in files that partners fetch (docs/spec/files.md)."""
MOST_PIECE: Final = 16 << 20
"""Bytes that one request may bring."""
_DATA: Final = ".data"
_ABOUT: Final = ".json"
_REF: Final = re.compile(r"[0-9a-f]{40}")
_LEAST_NAME: Final = 1
_MOST_NAME: Final = 255


@dataclass(frozen=True, slots=True)
class Told:
    """What a browser says of a file before it sends it.

    Attributes:
        name: what its owner calls it; never becomes a path.
        size: bytes.
        changed: when it was last changed, as the browser writes it; tells two files of one name apart.
    """

    name: str
    size: int
    changed: str

    def __post_init__(self) -> None:
        """Refuse what can be no file that is taken here."""
        if not _LEAST_NAME <= len(self.name) <= _MOST_NAME or not self.name.isprintable():
            raise SchemaError("no name of a file", where=Place(field="name"))
        if self.size < 1:
            raise SchemaError("no file, or an empty one", where=Place(field=incoming.NAME), fix="choose a file")
        if self.size > incoming.MOST_BYTES:
            raise incoming.too_large()


@dataclass(frozen=True, slots=True)
class Held:
    """How far an upload is: its reference, and the bytes that have come."""

    ref: str
    at: int
    size: int


@dataclass(slots=True)
class Piece:
    """Some more bytes of an upload, written at their place as they come."""

    file: Path
    at: int
    until: int
    _handle: int = -1

    def write(self, data: bytes) -> None:
        """Keep some bytes.

        Raises:
            LimitError: there are more than the file has, or than one request brings.
            StoreError: the disk refuses.
        """
        if self.at + len(data) > self.until:
            raise LimitError("more than was said", where=Place(field=incoming.NAME), fix="choose the file again")
        with translated(self.file):
            if self._handle < 0:
                self._handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            while data:
                written = os.pwrite(self._handle, data, self.at)
                self.at, data = self.at + written, data[written:]

    def close(self) -> None:
        """Let go of the file; what was written stays."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def begin(node: Node, session: Session, urn: str, told: Told) -> Held:
    """Begin an upload into a case, or find the one that broke off.

    Raises:
        PolicyError: the user may not add to cases, or there is no such case.
        StoreError: the disk refuses.
    """
    may(session, Act.CASE_ADD)
    cases.check_there(node, urn)
    sweep(node.home, node.clock.now())
    ref = sha256(json.dumps([session.user, urn, told.name, told.size, told.changed]).encode()).hexdigest()[:40]
    place = _Place(node.home / FOLDER, ref)
    if place.about() is None:
        _make_room(node.home, session.user)
        about = {
            "user": session.user, "case": urn, "name": told.name, "size": told.size,
            "until": format_instant(node.clock.now() + KEPT_FOR),
        }  # fmt: skip
        place.note(about)
    return Held(ref, place.size(), told.size)


def piece(node: Node, session: Session, urn: str, ref: str, at: int) -> Piece:
    """Return the place where the next bytes go.

    Raises:
        PolicyError: the user may not add to cases, or has no such upload there.
        ConflictError: the upload is not there: ask `held` how far it is.
    """
    place, about = _open(node, session, urn, ref)
    if at != (have := place.size()):
        raise ConflictError(f"{have} bytes are here", where=Place(field="at"), fix="go on from there")
    return Piece(place.data, at, min(int(about["size"]), at + MOST_PIECE))


def held(node: Node, session: Session, urn: str, ref: str) -> Held:
    """Return how far an upload is.

    Raises:
        PolicyError: the user may not add to cases, or has no such upload there.
    """
    place, about = _open(node, session, urn, ref)
    return Held(ref, place.size(), int(about["size"]))


def take(node: Node, session: Session, urn: str, ref: str, told: str) -> tuple[Incoming, str]:
    """Return an upload that is whole as a file on its way in, and its name; it stays until `let_go`.

    Args:
        node: the node.
        session: whose upload it is.
        urn: the case.
        ref: of the upload.
        told: SHA-256, hexadecimal, over the SHA-256s of its chunks of `CHUNK` bytes, in order; the browser reckons it.

    Raises:
        PolicyError: the user may not add to cases, or has no such upload there.
        ConflictError: it has not all come, or something else came than was sent; then it is gone.
    """
    place, about = _open(node, session, urn, ref)
    if place.size() != about["size"]:
        raise ConflictError("the file has not all come", where=Place(field=incoming.NAME), fix="send the rest")
    file = Incoming.begin(node.home)
    chunks = sha256()
    try:
        for chunk in place.chunks():
            chunks.update(sha256(chunk).digest())
            file.write(chunk)
        file.close()
    except BaseException:
        file.discard()
        raise
    if chunks.hexdigest() != told.lower():
        file.discard()
        place.clear()
        fix = "nothing was stored; choose the file again"
        raise ConflictError("the file changed on its way", where=Place(field=incoming.NAME), fix=fix)
    return file, str(about["name"])


def let_go(node: Node, session: Session, urn: str, ref: str) -> None:
    """Take an upload away.

    Raises:
        PolicyError: the user may not add to cases, or has no such upload there.
    """
    place, _ = _open(node, session, urn, ref)
    place.clear()


def sweep(home: Path, now: datetime) -> None:
    """Take away what nobody finished in time, and what a crash left without its paper."""
    for place in _every(home):
        about = place.about()
        if about is None or parse_instant(about["until"]) <= now:
            place.clear()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one upload lies: its paper, and its bytes so far."""

    folder: Path
    ref: str

    @property
    def data(self) -> Path:
        return self.folder / f"{self.ref}{_DATA}"

    @property
    def paper(self) -> Path:
        return self.folder / f"{self.ref}{_ABOUT}"

    def about(self) -> dict[str, Any] | None:
        """Return what is kept of it, None where there is none."""
        try:
            found: dict[str, Any] = json.loads(self.paper.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return found

    def note(self, about: dict[str, Any]) -> None:
        """Write its paper, whole or not at all: the bytes come after it."""
        with translated(self.folder):
            self.folder.mkdir(mode=0o700, exist_ok=True)
            written = self.folder / f".part-{self.ref}"
            written.write_text(json.dumps(about), encoding="utf-8")
            written.replace(self.paper)

    def size(self) -> int:
        try:
            return self.data.stat().st_size
        except FileNotFoundError:
            return 0

    def chunks(self) -> Iterator[bytes]:
        with translated(self.data), self.data.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def clear(self) -> None:
        """Take it away, its paper last."""
        self.data.unlink(missing_ok=True)
        self.paper.unlink(missing_ok=True)


def _make_room(home: Path, user: str) -> None:
    own = [
        (about["until"], place.ref, place)
        for place in _every(home)
        if (about := place.about()) and about["user"] == user
    ]
    for _, _, place in sorted(own)[: max(0, len(own) - MOST_OPEN + 1)]:
        place.clear()


def _every(home: Path) -> list[_Place]:
    folder = home / FOLDER
    there = folder.iterdir() if folder.is_dir() else ()
    return [_Place(folder, ref) for ref in sorted({path.stem for path in there if path.suffix in {_DATA, _ABOUT}})]


def _open(node: Node, session: Session, urn: str, ref: str) -> tuple[_Place, dict[str, Any]]:
    may(session, Act.CASE_ADD)
    place = _Place(node.home / FOLDER, ref)
    about = place.about() if _REF.fullmatch(ref) else None
    if about is None or (about["user"], about["case"]) != (session.user, urn):
        raise ForbiddenError("no such upload")
    return place, about
