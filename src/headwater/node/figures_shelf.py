"""A shelf: a folder that keeps editions of figures without a node. Each is added once, and nothing is ever overwritten.

::

    DIR/editions/000001-<first letters of the SHA-256>.json   a kept edition: when it was read, and what it gave
    DIR/files/<SHA-256>                                       the file that it was read from

The number is the order in which editions came. What lies there is checked against its name when it is read.
"""

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from headwater.engines.figures.engine import SOURCE
from headwater.errors import InputError, SettingsError, StoreCorruptError, StoreFullError, StoreIoError
from headwater.formats.entries import PUBLISHED, sha256_of
from headwater.model.canonical import decode, encode
from headwater.model.decision import Decision
from headwater.model.fact import Fact
from headwater.model.figures import Edition
from headwater.model.finding import Finding
from headwater.model.ids import AuthorityId, BlobHash, EntityKey, FindingId, RecordId
from headwater.model.record import Mention, Origin, Record
from headwater.node.files import make_folder

EDITIONS: Final = "editions"
FILES: Final = "files"
_LETTERS: Final = 16
_TRIES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Kept:
    """An edition as a shelf keeps it."""

    read_at: datetime
    edition: Edition


def record_of(edition: Edition, read_at: datetime, originator: AuthorityId) -> Record:
    """Return the record that holds an edition: its blobs are the edition itself, and the file it was read from."""
    key = EntityKey(f"figures:{edition.source}:{edition.seen_on}:{edition.sha256[:_LETTERS]}")
    facts = [
        Fact(key, "name", f"{edition.source}, edition seen on {edition.seen_on}"),
        Fact(key, "retrievedAt", edition.seen_on.isoformat()),
        *(Fact(key, "description", f"{name}: {what.title}. {what.note}") for name, what in edition.definitions),
    ]
    return Record(
        origin=Origin(originator, SOURCE, edition.file, edition.sha256, edition.seen_on.isoformat(), edition.source),
        handling=PUBLISHED,
        mentions=(Mention(key, "Thing"),),
        facts=tuple(facts),
        recorded_at=read_at,
        blobs=(sha256_of(encode(edition)), edition.sha256),
    )


class Shelf:
    """A folder of editions, read as `policy` is handed it."""

    def __init__(self, folder: Path, originator: AuthorityId) -> None:
        """Take the folder; it is made when the first edition is added."""
        self.folder = folder
        self.originator = originator
        self._derived: dict[str, memoryview] = {}

    def add(self, editions: Sequence[Edition], data: bytes, read_at: datetime) -> int:
        """Keep editions and the file they were read from; return how many were not there yet.

        Raises:
            StoreError: the disk refuses.
        """
        for part in (EDITIONS, FILES):
            make_folder(self.folder / part)
        held = {hashlib.sha256(encode(one.edition)).digest() for one in self._kept}
        new = [one for one in editions if hashlib.sha256(encode(one)).digest() not in held]
        if new:
            self._write(self.folder / FILES, sha256_of(data), data)
        for one in new:
            body = encode(Kept(read_at, one))
            self._number(body)
        self.__dict__.pop("_kept", None)
        self.__dict__.pop("_records", None)
        return len(new)

    @cached_property
    def _kept(self) -> list[Kept]:
        folder = self.folder / EDITIONS
        if not folder.is_dir():
            return []
        found = []
        for path in sorted(folder.glob("*.json")):
            try:
                body = path.read_bytes()
            except OSError as error:
                raise StoreIoError(f"an edition cannot be read: {error.strerror}", where=str(path)) from error
            if hashlib.sha256(body).hexdigest()[:_LETTERS] != path.stem.partition("-")[2]:
                raise StoreCorruptError("what is stored is not what was kept", where=str(path))
            try:
                found.append(decode(body, Kept))
            except InputError as error:
                raise StoreCorruptError("what is stored cannot be read", where=str(path)) from error
        return found

    @cached_property
    def _records(self) -> dict[RecordId, tuple[Record, Edition]]:
        pairs = [(record_of(one.edition, one.read_at, self.originator), one.edition) for one in self._kept]
        return {record.id: (record, edition) for record, edition in sorted(pairs, key=lambda pair: pair[0].id)}

    def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
        """Yield records in the order of their identifiers."""
        for record, _ in self._records.values():
            if source in (None, SOURCE) and (mentions is None or record.mention(mentions) is not None):
                yield record

    def record(self, ref: RecordId) -> Record | None:
        """Return one record, None where there is none."""
        found = self._records.get(ref)
        return found[0] if found else None

    def several(self, refs: Collection[RecordId]) -> dict[RecordId, Record]:
        """Return those of some records that there are, by their names."""
        return {ref: record for ref in refs if (record := self.record(ref)) is not None}

    def refs_about(self, keys: Collection[EntityKey], most: int) -> None:
        """Return None: who is in which record is looked up for each by itself."""

    def refs_holding(self, files: Collection[BlobHash], most: int) -> None:
        """Return None: there are few records, and they are looked through."""

    def findings(self, *, after: int = 0) -> Iterator[Finding]:  # noqa: ARG002 - the protocol's signature
        """Yield nothing: findings are kept in nodes."""
        return iter(())

    def finding(self, ref: FindingId) -> Finding | None:  # noqa: ARG002 - the protocol's signature
        """Return None: findings are kept in nodes."""
        return None

    def decisions(self, about: str | None = None) -> Iterator[Decision]:  # noqa: ARG002
        """Yield nothing: decisions are kept in nodes."""
        return iter(())

    def blob(self, ref: BlobHash) -> memoryview | None:
        """Return the bytes of an edition, None where there is none."""
        for record, edition in self._records.values():
            if record.blobs[0] == ref:
                return memoryview(encode(edition))
        return None

    def table_path(self, ref: BlobHash) -> str | None:  # noqa: ARG002
        """Return None: there are no tables on a shelf."""
        return None

    def derived(self, name: str, build: Callable[[], bytes]) -> memoryview:
        """Return bytes computed once from content."""
        if name not in self._derived:
            self._derived[name] = memoryview(build())
        return self._derived[name]

    def need(self) -> None:
        """Refuse a folder that is none of a shelf's.

        Raises:
            SettingsError: nothing was ever kept there.
        """
        if not (self.folder / EDITIONS).is_dir():
            fix = "read a file first: headwater figures import FORMAT FILE --store DIR"
            raise SettingsError("there are no figures in this folder", where=str(self.folder), fix=fix)

    def _number(self, body: bytes) -> None:
        """Keep an edition under the next number, whoever else adds at the same time."""
        folder = self.folder / EDITIONS
        letters = hashlib.sha256(body).hexdigest()[:_LETTERS]
        number = max((int(path.name[:6]) for path in folder.glob("*.json")), default=0)
        for _ in range(_TRIES):
            number += 1
            taken = any(folder.glob(f"{number:06d}-*.json"))
            if not taken and self._write(folder, f"{number:06d}-{letters}.json", body):
                return
        raise StoreIoError("no number is free for the edition", where=str(folder))

    def _write(self, folder: Path, name: str, body: bytes) -> bool:
        """Write a file beside its name, then let it take the name if that is free; say whether it was."""
        try:
            handle, beside = tempfile.mkstemp(dir=folder, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(body)
                    file.flush()
                    os.fsync(file.fileno())
                os.link(beside, folder / name)
            except FileExistsError:
                return False
            finally:
                Path(beside).unlink()
            place = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(place)
            finally:
                os.close(place)
        except OSError as error:
            kind = StoreFullError if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreIoError
            raise kind(f"the edition cannot be kept: {error.strerror}", where=str(folder)) from error
        return True
