"""Lists that lie in files and in no node: read only where an answer needs them, their index cached by content."""

import mmap
import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from headwater.errors import SchemaError
from headwater.model.decision import Decision
from headwater.model.finding import Finding
from headwater.model.ids import AuthorityId, BlobHash, EntityKey, FindingId, RecordId
from headwater.model.record import Record
from headwater.node.files import load
from headwater.ports import Event

NOBODY: Final = AuthorityId("XX-NOBODY")
_AS_LIST: Final = {"ftm": "ftm-list"}
"""What is named as a list is read as one, although its format can hold anything."""
CACHE_ENV: Final = "XDG_CACHE_HOME"


@dataclass(frozen=True, slots=True)
class ListFile:
    """One list in a file, as ``FORMAT:FILE`` names it."""

    format: str
    file: str


def list_file(text: str, *, without_aliases: bool = False) -> ListFile:
    """Return the list that ``FORMAT:FILE`` names; OFAC's without its side files, where a person says so.

    Raises:
        SchemaError: it is not of that form.
    """
    name, colon, file = text.partition(":")
    if not (name and colon and file):
        raise SchemaError("not FORMAT:FILE", where="--list", fix="write it as un:consolidated.xml")
    if without_aliases and name in {"ofac", "ofac-csv"}:
        name = "ofac-csv-without-aliases"
    return ListFile(_AS_LIST.get(name, name), file)


@dataclass(slots=True)
class LooseAudit:
    """There is no ledger without a node: looks at published lists in files are not kept."""

    def note(self, event: Event) -> None:
        """Take an event and keep nothing."""


@dataclass
class LooseReader:
    """Records of list files as `policy` is handed them; a list is parsed at the first question about a record.

    Attributes:
        files: the lists.
        cache: folder of what is computed from them.
        warnings: what was unusual about them, once they were parsed.
    """

    files: Sequence[ListFile]
    cache: Path
    warnings: list[str] = field(default_factory=list)
    _derived: dict[str, memoryview] = field(default_factory=dict)

    @cached_property
    def _records(self) -> dict[RecordId, Record]:
        found: dict[RecordId, Record] = {}
        for one in self.files:
            read = load(one.format, one.file, NOBODY)[2]
            self.warnings.extend(str(notice) for notice in read.warnings)
            found.update((record.id, record) for record in read.records)
        return dict(sorted(found.items()))

    def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
        """Yield records in the order of their identifiers."""
        for record in self._records.values():
            if source is not None and record.origin.source != source:
                continue
            if mentions is None or record.mention(mentions) is not None:
                yield record

    def record(self, ref: RecordId) -> Record | None:
        """Return one record, None where there is none."""
        return self._records.get(ref)

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

    def blob(self, ref: BlobHash) -> memoryview | None:  # noqa: ARG002
        """Return None: blobs are kept in nodes."""
        return None

    def table_path(self, ref: BlobHash) -> str | None:  # noqa: ARG002
        """Return None: tables are kept in nodes."""
        return None

    def derived(self, name: str, build: Callable[[], bytes]) -> memoryview:
        """Return bytes computed once from content, kept in the user's cache."""
        if name not in self._derived:
            self._derived[name] = self._cached(name, build)
        return self._derived[name]

    def forget(self) -> None:
        """Forget what was cached, so that it is made anew."""
        for name in self._derived:
            (self.cache / name).unlink(missing_ok=True)
        self._derived.clear()

    def _cached(self, name: str, build: Callable[[], bytes]) -> memoryview:
        path = self.cache / name
        with suppress(OSError, ValueError), path.open("rb") as handle:
            return memoryview(mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ))
        data = build()
        # A cache that cannot be written is no reason to give no answer.
        with suppress(OSError):
            self.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.cache, delete=False) as written:
                written.write(data)
            Path(written.name).replace(path)
        return memoryview(data)


def cache_folder() -> Path:
    """Return where this user's caches lie (XDG Base Directory Specification)."""
    return Path(os.environ.get(CACHE_ENV) or Path.home() / ".cache") / "headwater"


def short_name(source: str) -> str:
    """Return a list's name as people say it: that of its format without what follows it, ``uk`` of ``uk-csv``."""
    return source.partition("-")[0]


def own_number(source: str, key: str) -> str:
    """Return an entry's identifier as its list has it: ``7`` of ``un:7``."""
    return key.removeprefix(f"{short_name(source)}:")
