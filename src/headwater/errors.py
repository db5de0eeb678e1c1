"""Every declared error of headwater: what was wrong, where, and what to do.

::

    HeadwaterError                       code             exit
    ├── InputError                       input.*           65
    │   ├── FormatError                  input.format
    │   ├── LimitError                   input.limit
    │   └── SchemaError                  input.schema
    ├── MissingExtraError                extra.missing     69
    ├── StoreError                       store.*           74
    │   ├── StoreFullError               store.full
    │   ├── StoreIoError                 store.io
    │   ├── StoreBusyError               store.busy
    │   ├── StoreCorruptError            store.corrupt
    │   └── StoreVersionError            store.version
    ├── PeerError                        peer.*            75
    │   ├── PeerUnreachableError         peer.unreachable
    │   ├── PeerRefusedError             peer.refused
    │   └── PeerTimeoutError             peer.timeout
    ├── TrustError                       trust.*           76
    │   ├── SignatureError               trust.signature
    │   ├── KeyTrustError                trust.key
    │   ├── ClockError                   trust.clock
    │   ├── ReplayError                  trust.replay
    │   ├── RollbackError                trust.rollback
    │   └── EquivocationError            trust.equivocation
    ├── PolicyError                      policy.*          77
    │   ├── ForbiddenError               policy.forbidden
    │   ├── NoBasisError                 policy.no-basis
    │   ├── ConflictError                policy.conflict
    │   └── ExpiredError                 policy.expired
    └── SettingsError                    settings          78

The docstring of each class is the text a user reads in the reference. An error's own text never repeats the content of
a record: it names the place instead.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

__all__ = [
    "ClockError",
    "ConflictError",
    "EquivocationError",
    "ExpiredError",
    "ForbiddenError",
    "FormatError",
    "HeadwaterError",
    "InputError",
    "KeyTrustError",
    "LimitError",
    "MissingExtraError",
    "NoBasisError",
    "PeerError",
    "PeerRefusedError",
    "PeerTimeoutError",
    "PeerUnreachableError",
    "Place",
    "PolicyError",
    "ReplayError",
    "RollbackError",
    "SchemaError",
    "SettingsError",
    "SignatureError",
    "StoreBusyError",
    "StoreCorruptError",
    "StoreError",
    "StoreFullError",
    "StoreIoError",
    "StoreVersionError",
    "TrustError",
]

NOWHERE: Final = "nowhere in particular"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is wrong: a file, a line or byte offset in it, a field of that line."""

    file: str | None = None
    line: int | None = None
    field: str | None = None
    offset: int | None = None

    def __str__(self) -> str:
        """Return the place in words, from the outside in."""
        parts = [
            self.file,
            f"line {self.line}" if self.line is not None else None,
            f"byte {self.offset}" if self.offset is not None else None,
            f"field '{self.field}'" if self.field is not None else None,
        ]
        return ", ".join(part for part in parts if part) or NOWHERE


class HeadwaterError(Exception):
    """Something was refused or failed in a way that headwater declares.

    Args:
        what: what was wrong, in one clause, without the content of any record.
        where: the place; a `Place` or a name.
        fix: what the reader can do; the class's own advice when left out.
    """

    code: ClassVar[str] = "headwater"
    exit: ClassVar[int] = 1
    advice: ClassVar[str] = "see the reference of errors"

    def __init__(self, what: str, *, where: Place | str | None = None, fix: str = "") -> None:
        """Keep the three parts apart, so that every door can show them in its own way."""
        self.what = what
        self.where = where if isinstance(where, Place) else Place(file=where)
        self.fix = fix or self.advice
        super().__init__(what)

    def __str__(self) -> str:
        """Return ``what; where; what to do`` in one line."""
        place = str(self.where)
        parts = [self.what, *([] if place == NOWHERE else [place]), self.fix]
        return "; ".join(" ".join(part.split()) for part in parts)

    def located(self, *, file: str | None = None, line: int | None = None) -> "HeadwaterError":
        """Return this error with the file and line filled in where they were missing."""
        self.where = Place(
            file=self.where.file or file,
            line=self.where.line if self.where.line is not None else line,
            field=self.where.field,
            offset=self.where.offset,
        )
        return self


class InputError(HeadwaterError):
    """A file, a message or an argument cannot be read as what it claims to be. Nothing of it was kept."""

    code = "input"
    exit = 65
    advice = "correct the input and read it again"


class FormatError(InputError):
    """The bytes are not in the format that was named: another format, cut short, or in a wrong encoding."""

    code = "input.format"


class LimitError(InputError):
    """The input is larger, deeper or more numerous than the limits allow. Limits protect the node; see the settings."""

    code = "input.limit"
    advice = "split the input, or ask whoever made it for a smaller one"


class SchemaError(InputError):
    """The format is right but a value in it is not: a missing field, an impossible date, an unknown name."""

    code = "input.schema"


class MissingExtraError(HeadwaterError):
    """This part of headwater needs libraries that are not installed. The text names the extra and the command."""

    code = "extra.missing"
    exit = 69

    def __init__(self, extra: str, missing: str) -> None:
        """Name the extra that brings the missing library."""
        super().__init__(
            f"the library '{missing}' is not installed", fix=f"install it with: pip install 'headwater[{extra}]'"
        )
        self.extra = extra


class StoreError(HeadwaterError):
    """The node's own store could not do what was asked. Nothing was acknowledged and nothing was changed."""

    code = "store"
    exit = 74
    advice = "run: headwater node doctor"


class StoreFullError(StoreError):
    """The disk is full. Nothing was changed; reading still works."""

    code = "store.full"
    advice = "free some space on the disk and try again"


class StoreIoError(StoreError):
    """The disk refused to read or write. Nothing was acknowledged."""

    code = "store.io"


class StoreBusyError(StoreError):
    """Another process holds the store longer than the waiting time allows."""

    code = "store.busy"
    advice = "try again; if it stays so, look for a process of headwater that hangs"


class StoreCorruptError(StoreError):
    """The store is damaged. It is opened for reading only and never repaired silently."""

    code = "store.corrupt"
    advice = "restore the last backup, then compare heads with your partners"


class StoreVersionError(StoreError):
    """The store was written by another version of headwater that this one cannot take further."""

    code = "store.version"
    advice = "use the version of headwater that wrote it, or a newer one"


class PeerError(HeadwaterError):
    """A partner's node did not do its part. What was to be sent stays in the outbox."""

    code = "peer"
    exit = 75
    advice = "nothing is lost: the outbox tries again by itself"


class PeerUnreachableError(PeerError):
    """The partner's node cannot be reached."""

    code = "peer.unreachable"


class PeerRefusedError(PeerError):
    """The partner's node answered, and refused. The text carries its short refusal code."""

    code = "peer.refused"
    advice = "read the refusal code in the reference of errors, and speak to the partner"


class PeerTimeoutError(PeerError):
    """The partner's node did not answer in time."""

    code = "peer.timeout"


class TrustError(HeadwaterError):
    """Something that must be proved by a signature, a key or a log is not proved. It was not accepted."""

    code = "trust"
    exit = 76
    advice = "do not use it; speak to the one it claims to come from, by another channel"


class SignatureError(TrustError):
    """A signature or seal does not fit the bytes, or sealed content has been altered."""

    code = "trust.signature"


class KeyTrustError(TrustError):
    """A key is unknown, revoked or expired, or was not confirmed by a person."""

    code = "trust.key"


class ClockError(TrustError):
    """A time lies outside what is accepted: expired, or further ahead of this node's clock than 300 seconds."""

    code = "trust.clock"
    advice = "compare both nodes' clocks"


class ReplayError(TrustError):
    """A message or sequence number was used before."""

    code = "trust.replay"


class RollbackError(TrustError):
    """A card or a log head is older than one that this node has already seen."""

    code = "trust.rollback"


class EquivocationError(TrustError):
    """The same identifier came with two different contents. Both were kept."""

    code = "trust.equivocation"


class PolicyError(HeadwaterError):
    """The rules do not allow it. The text names the rule; nothing left the house."""

    code = "policy"
    exit = 77
    advice = "the rule named says what would allow it"


class ForbiddenError(PolicyError):
    """This user, purpose or agreement does not allow the act."""

    code = "policy.forbidden"


class NoBasisError(PolicyError):
    """There is no agreement, purpose or legal basis that covers the act."""

    code = "policy.no-basis"


class ConflictError(PolicyError):
    """The thing was decided or changed meanwhile by somebody else."""

    code = "policy.conflict"
    advice = "look at it again, then decide"


class ExpiredError(PolicyError):
    """The agreement, consent, grant or retention that covered the act has ended."""

    code = "policy.expired"


class SettingsError(HeadwaterError):
    """A setting is unknown or has an impossible value, or the node's directory is not set up."""

    code = "settings"
    exit = 78
    advice = "correct it; the page of settings in the reference says what each may be"
