"""Reading files into a node: bytes of an outside format to records, the whole file in one transaction or not at all."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from headwater.errors import HeadwaterError, InputError, Place
from headwater.formats.reading import Notice, ReadResult
from headwater.formats.registry import LISTS
from headwater.model.ids import AuthorityId, RecordId
from headwater.model.record import Record
from headwater.node import screening
from headwater.node.files import load
from headwater.node.lists import identifiers, keep_edition
from headwater.node.node import Node
from headwater.node.ti_keeping import named
from headwater.policy.acts import Act
from headwater.policy.session import Session, allowed, may
from headwater.ports import Event, LeftOut, Source, SourceInput
from headwater.store import Transaction

THREATS: Final = frozenset({"stix", "misp"})
Progress = Callable[[int, int], None]
"""Hears how many files of how many are done."""


@dataclass(frozen=True, slots=True)
class FileRead:
    """What came of one file.

    Attributes:
        records: how many records it holds; 0 where it was refused.
        added: how many of them the node did not have.
        ids: their identifiers.
        mentions: how many entities of each type.
        error: why it was refused.
    """

    file: str
    records: int = 0
    added: int = 0
    ids: tuple[RecordId, ...] = ()
    mentions: dict[str, int] | None = None
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[Notice, ...] = ()
    error: HeadwaterError | None = None


def read_files(
    name: str,
    files: Sequence[str],
    *,
    originator: AuthorityId,
    keep_good: bool = False,
    into: tuple[Node, Session] | None = None,
    progress: Progress | None = None,
) -> list[FileRead]:
    """Read files of one format, and keep them where a node is given; one refused file does not stop the next.

    Args:
        name: name of the format.
        files: paths; ``-`` is standard input.
        originator: controller of what names none itself.
        keep_good: keep the good rows of a file that has bad ones.
        into: the node that keeps them, and for whom.
        progress: hears how far it is.

    Raises:
        SchemaError: there is no such format.
        PolicyError: the user may not add to the store.
    """
    if into is not None and not allowed(into[1], Act.LIST_ADD):
        may(into[1], Act.RECORD_ADD)
    done: list[FileRead] = []
    for file in files:
        try:
            done.append(_read_one(name, file, originator, keep_good=keep_good, into=into))
        except InputError as error:
            done.append(FileRead(Path(file).name, error=error))
        if progress is not None:
            progress(len(done), len(files))
    return done


def _read_one(
    name: str, file: str, originator: AuthorityId, *, keep_good: bool, into: tuple[Node, Session] | None
) -> FileRead:
    plugins = into[0].settings.plugin_names if into else frozenset[str]()
    source, given, result = load(name, file, originator, keep_good=keep_good, plugins=plugins)
    mentions: dict[str, int] = {}
    for record in result.records:
        for mention in record.mentions:
            mentions[mention.schema] = mentions.get(mention.schema, 0) + 1
    kept = _Kept(0) if into is None else _keep(*into, source, given, result)
    kept_as = result.records if into is None else _for_the_bringer(result.records, into[1])
    ids = tuple(record.id for record in kept_as)
    return FileRead(
        given.name, len(ids), kept.added, ids, mentions, result.left_out, (*result.warnings, *kept.warnings)
    )


def _for_the_bringer(records: Sequence[Record], session: Session) -> list[Record]:
    """Return the records with their reader named where threat intelligence is for named persons and names nobody.

    TLP:RED is for whoever was given it, and that is the person who brings the file.
    """
    return [
        replace(record, handling=named(record.handling, session.user)) if record.origin.source in THREATS else record
        for record in records
    ]


@dataclass(frozen=True, slots=True)
class _Kept:
    added: int
    warnings: tuple[Notice, ...] = ()


def _keep(node: Node, session: Session, source: Source, given: SourceInput, result: ReadResult) -> _Kept:
    is_list = result.records[0].origin.source in LISTS
    may(session, Act.LIST_ADD if is_list else Act.RECORD_ADD)
    blob = node.store.put_blob(given.data)
    digest = node.store.put_blob(identifiers(result.records)) if is_list else blob

    records = _for_the_bringer(result.records, session)

    def change(transaction: Transaction) -> _Kept:
        added = sum(transaction.add_record(record) for record in records)
        warnings: tuple[Notice, ...] = ()
        if is_list:
            newer = keep_edition(transaction, given.name, blob, digest, result.records)
            if newer is not None:
                what = f"the edition of {newer.version}, which this node holds already, is newer and stays in force"
                warnings = (Notice(what, Place(file=given.name)),)
        detail: dict[str, str | int] = {
            "source": source.name,
            "file": given.name,
            "records": len(result.records),
            "added": added,
            "left_out": len(result.left_out),
        }
        transaction.note(Event("store.read", session.user, blob, session.purpose, detail))
        return _Kept(added, warnings)

    kept = node.store.write(change)
    if is_list and allowed(session, Act.LIST_SCREEN):
        # The list is kept. What hinders its index, the first question will say.
        with suppress(HeadwaterError):
            screening.prepare(node, session)
    return kept
