"""Inputs for readers, made in memory."""

from collections.abc import Mapping

from headwater.formats.reading import ReadResult, read_all
from headwater.formats.registry import source
from headwater.model.ids import AuthorityId
from headwater.model.record import Record
from headwater.ports import SourceInput

NOTHING: Mapping[str, bytes] = {}


def given(data: bytes, name: str = "list.csv", beside: Mapping[str, bytes] = NOTHING) -> SourceInput:
    """One input with its bytes and the files beside it."""
    return SourceInput(name, data, beside.get, AuthorityId("UK-NCA"))


def read(form: str, data: bytes, *, beside: Mapping[str, bytes] = NOTHING, keep_good: bool = False) -> ReadResult:
    """What a reader makes of some bytes."""
    return read_all(source(form), given(data, beside=beside), keep_good=keep_good)


def values(record: Record, prop: str) -> list[str]:
    """The values of one property in a record, whatever they are about."""
    return [fact.value for fact in record.facts if fact.prop == prop]
