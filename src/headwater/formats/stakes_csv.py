"""Who owns or controls whom, as CSV: ``owner,owned,percentage,control,source``; the parties are ids of a file of queries."""

from typing import Final, NamedTuple

from headwater.errors import FormatError, Place, SchemaError
from headwater.formats.safe_csv import named_rows

COLUMNS: Final = ("owner", "owned", "percentage", "control", "source")
REQUIRED: Final = ("owner", "owned")
_YES: Final = frozenset({"yes", "true", "1", "y"})
_NO: Final = frozenset({"", "no", "false", "0", "n"})
_WHOLE: Final = 100.0


class StakeRow(NamedTuple):
    """One row: what one party holds in another."""

    owner: str
    owned: str
    percentage: float
    control: bool
    source: str


def read_stakes(data: bytes, *, file: str | None = None) -> list[StakeRow]:
    """Return the stakes of a file.

    Raises:
        InputError: it is no such CSV, or a row has no party, no share from 0 to 100, or neither share nor control.
    """
    found = [_row(given, file, line) for line, given in named_rows(data, COLUMNS, REQUIRED, file=file)]
    if not found:
        raise FormatError("there is no stake in it", where=file)
    return found


def _row(given: dict[str, str], file: str | None, line: int) -> StakeRow:
    def refused(field: str, what: str, fix: str) -> SchemaError:
        return SchemaError(what, where=Place(file=file, line=line, field=field), fix=fix)

    for field in REQUIRED:
        if not given[field]:
            raise refused(field, "a stake without it", "give the id of a query")
    control = given.get("control", "").casefold()
    if control not in _YES | _NO:
        raise refused("control", "neither yes nor no", "write yes or no")
    try:
        share = float(given.get("percentage", "").removesuffix("%") or 0)
    except ValueError as error:
        raise refused("percentage", "not a number", "write per cent, such as 51 or 33.3") from error
    if not 0.0 <= share <= _WHOLE:
        raise refused("percentage", "not from 0 to 100", "write per cent, such as 51 or 33.3")
    if not share and control in _NO:
        raise refused("percentage", "neither a share nor control", "give a percentage, or yes under control")
    return StakeRow(given["owner"], given["owned"], share, control in _YES, given.get("source", ""))
