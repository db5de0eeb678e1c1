"""From declared errors to pages: a number, and what, where and what to do, in the reader's language.

What there is not and what is hidden are answered by the same page, which repeats nothing of what was asked for.
"""

from dataclasses import dataclass
from typing import Final

from headwater.errors import (
    ConflictError,
    ForbiddenError,
    FormatError,
    HeadwaterError,
    InputError,
    LimitError,
    MissingExtraError,
    PeerError,
    PolicyError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    TrustError,
)

RETRY_AFTER_S: Final = 5


class UnknownPageError(HeadwaterError):
    """There is no such page, or its subject may not be seen."""

    code = "page.unknown"


class ForeignFormError(HeadwaterError):
    """A form, an address or a host that does not belong to this page."""

    code = "page.foreign"
    advice = "open the page by its own address and load it again"


class MethodError(HeadwaterError):
    """A page that is not asked for in this way."""

    code = "page.method"
    advice = "open the page by its own address"


class TypeOfFormError(InputError):
    """The content of a form is not of the type that the page reads."""

    code = "page.type"


class TooManyError(HeadwaterError):
    """More requests than a person makes."""

    code = "page.too-many"
    advice = "wait a little, then try again"


class DefectError(HeadwaterError):
    """A defect of headwater itself; nothing was changed by what failed."""

    code = "internal"
    advice = "this is a defect, please report it"


STATUS: Final[tuple[tuple[type[HeadwaterError], int], ...]] = (
    (UnknownPageError, 404),
    (MethodError, 405),
    (ForeignFormError, 403),
    (TooManyError, 429),
    (TypeOfFormError, 415),
    (LimitError, 413),
    (FormatError, 400),
    (InputError, 400),
    (ConflictError, 409),
    (PolicyError, 403),
    (StoreFullError, 507),
    (StoreBusyError, 503),
    (StoreError, 503),
    (PeerError, 503),
    (TrustError, 409),
    (MissingExtraError, 501),
    (HeadwaterError, 500),
)
"""The one table from declared errors to HTTP, for the page: the first line that fits."""


@dataclass(frozen=True, slots=True)
class Told:
    """An error as a page shows it."""

    status: int
    code: str
    what: str
    where: str
    fix: str


def told(error: HeadwaterError) -> Told:
    """Return an error as a page shows it."""
    if isinstance(error, UnknownPageError) or is_hidden(error):
        return Told(404, UnknownPageError.code, "There is no such page, or you may not see it.", "",
                    "Go back, or look for it under another purpose, if you have one.")  # fmt: skip
    status = next(number for kind, number in STATUS if isinstance(error, kind))
    where = error.where.field or str(error.where)
    return Told(status, error.code, error.what, "" if where == "nowhere in particular" else where, error.fix)


def is_hidden(error: HeadwaterError) -> bool:
    """Return whether an error says that there is no such thing: the same words stand for "hidden"."""
    return isinstance(error, ForbiddenError) and error.what.startswith(("no such", "no message"))
