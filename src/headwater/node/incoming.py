"""A file on its way in: written into the node's own directory (`scratch`), counted and hashed, and gone when it is not taken over."""

import codecs
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from headwater.errors import FormatError, LimitError, Place
from headwater.formats.safe import MAX_FILE_BYTES
from headwater.node.scratch import Held, hold
from headwater.store.faults import translated

MOST_BYTES: Final = MAX_FILE_BYTES
NAME: Final = "file"
KINDS: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"%PDF-", "pdf"),
    (0, b"\xff\xd8\xff", "jpg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"GIF8", "gif"),
    (0, b"II*\x00", "tif"),
    (0, b"MM\x00*", "tif"),
    (0, b"II+\x00", "tif"),
    (128, b"DICM", "dcm"),
    (4, b"ftyp", "mp4"),
    (0, b"\x1aE\xdf\xa3", "mkv"),
    (8, b"AVI ", "avi"),
    (8, b"WAVE", "wav"),
    (0, b"ID3", "mp3"),
    (0, b"PK\x03\x04", "zip"),
)
"""Where a kind of file shows what it is, and its ending; what shows nothing is text or is not taken."""
ENDINGS: Final = {
    "jpg": ("jpg", "jpeg"),
    "tif": ("tif", "tiff"),
    "dcm": ("dcm", "dicos"),
    "mp4": ("mp4", "mov", "m4v", "m4a", "heic", "3gp"),
    "mkv": ("mkv", "webm"),
    "zip": ("zip", "docx", "xlsx", "pptx", "odt", "ods", "kmz"),
    "txt": ("txt", "csv", "json", "jsonl", "xml", "eml", "gpx", "kml", "md", "log", "vcf", "geojson"),
}
"""Endings that a kind of file may have, where it is not its own name alone."""
_HEAD: Final = 4096


@dataclass(slots=True)
class Incoming:
    """One file that comes in.

    Attributes:
        held: a folder of its own; `path` lies in it.
        size: bytes so far.
    """

    held: Held
    size: int = 0
    _sum: Any = field(default_factory=sha256)
    _out: BinaryIO | None = None

    @classmethod
    def begin(cls, home: Path) -> Self:
        """Return a new one in a node's directory.

        Raises:
            StoreError: the disk refuses.
        """
        return cls(hold(home))

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.held.folder / NAME

    @property
    def sha256(self) -> str:
        """The sum of what has come so far."""
        return str(self._sum.hexdigest())

    def write(self, data: bytes) -> None:
        """Keep some more of it.

        Raises:
            LimitError: it is too large.
            StoreError: the disk refuses.
        """
        self.size += len(data)
        if self.size > MOST_BYTES:
            raise too_large()
        self._sum.update(data)
        with translated(self.path):
            if self._out is None:
                self._out = self.path.open("xb")
            self._out.write(data)

    def close(self) -> None:
        """Have all of it in the file; whoever takes it over waits for the disk.

        Raises:
            StoreError: the disk refuses.
        """
        if self._out is not None:
            with translated(self.path):
                self._out.close()
            self._out = None

    def named(self, name: str) -> Path:
        """Give it a name of this node's choice in its folder, and return where it lies then.

        Raises:
            StoreError: the disk refuses.
        """
        with translated(self.path):
            return self.path.rename(self.held.folder / name)

    def discard(self) -> None:
        """Take it away; what has gone elsewhere already stays there."""
        if self._out is not None:
            self._out.close()
            self._out = None
        self.held.let_go()


def too_large() -> LimitError:
    """Return the refusal of a file over the limit; it says how a larger one comes in."""
    return LimitError(
        f"a file of more than {MOST_BYTES // 1024 // 1024} MB",
        where=Place(field=NAME),
        fix="nothing was stored; add it on the node's machine: headwater case add ID --item FILE",
    )


def ending(path: Path, name: str) -> str:
    """Return the ending of a file by what is in it, where the name that somebody gave it does not say otherwise.

    Args:
        path: the file.
        name: what its owner calls it; only its ending is looked at.

    Raises:
        FormatError: it is of no kind that is taken, or its name says another.
        StoreError: the disk refuses.
    """
    with translated(path), path.open("rb") as file:
        head = file.read(_HEAD)
    kind = next((kind for at, mark, kind in KINDS if head[at : at + len(mark)] == mark), "")
    if not kind and _is_text(path):
        kind = "txt"
    told = name.rpartition(".")[2].lower() if "." in name else ""
    allowed = ENDINGS.get(kind, (kind,))
    if not kind or (told and told not in allowed):
        what = (
            f"a file called .{told[:10]} that is {kind or 'of no kind that is taken'}" if told else "a file of no kind"
        )
        fix = "send a document, picture, recording or text; anything else: headwater case add ID --item FILE"
        raise FormatError(what if told.isalnum() or not told else "a file of no kind", where=Place(field=NAME), fix=fix)
    return told or kind


def _is_text(path: Path) -> bool:
    """Return whether all of a file is text in UTF-8, without a letter that no text has; a script is none."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    with translated(path), path.open("rb") as file:
        first = True
        while chunk := file.read(1024 * 1024):
            if b"\0" in chunk or (first and chunk.startswith(b"#!")):
                return False
            first = False
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return False
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
