"""An exhibit: an item that a witness produces, known by a reference such as ``JS/1``."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

from headwater.errors import SchemaError

_REFERENCE: Final = re.compile(r"[^\W\d_][^\W_]*(?:[ /-]{1,3}[^\W_]+)*")
_LONGEST: Final = 40
_SUFFIX: Final = re.compile(r"\.[a-z0-9]{1,8}")


class ExhibitStatus(StrEnum):
    """What an exhibit may be used for."""

    EVIDENTIAL = "evidential"
    INTELLIGENCE_ONLY = "intelligence-only"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class HashedFile:
    """A file of the case folder, as it was when the folder was read.

    Attributes:
        path: relative to the folder, as the case names it.
        size: in bytes.
        sha256: in hex.
    """

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The foreign node an item came from, and the letter of request or team it was returned under, if any."""

    node: str
    returned_under: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One exhibit.

    Attributes:
        ref: its reference, as written.
        producer: identifier of the witness who produces it.
        captured_at: in UTC.
        origin: where it is from, for foreign material.
    """

    ref: str
    file: HashedFile
    description: str
    producer: str
    captured_at: datetime
    handling: str
    status: ExhibitStatus
    origin: Origin | None = None

    def __post_init__(self) -> None:
        """Refuse a reference that is none."""
        reference_key(self.ref)

    @property
    def usable(self) -> bool:
        """Whether it may prove anything: foreign material only once returned under a letter or a team."""
        returned = self.origin is None or self.origin.returned_under is not None
        return self.status is ExhibitStatus.EVIDENTIAL and returned


@lru_cache(maxsize=1 << 17)
def reference_key(ref: str) -> str:
    """Return a reference without what does not tell it from another: case and spaces.

    Raises:
        SchemaError: it is no reference.
    """
    if len(ref) > _LONGEST or not _REFERENCE.fullmatch(ref.strip()):
        raise SchemaError("not an exhibit reference", fix="write initials, a slash and a number, for example JS/1")
    return "".join(ref.split()).upper()


@lru_cache(maxsize=1 << 17)
def payload_name(ref: str, path: str) -> str:
    """Return the name of an item's file in a bundle: its reference, and the kind of file only.

    The name it had is left behind: it may name a person.
    """
    suffix = PurePosixPath(path).suffix.lower()
    return reference_key(ref).replace("/", "_") + (suffix if _SUFFIX.fullmatch(suffix) else "")
