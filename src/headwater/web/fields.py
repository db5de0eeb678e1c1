"""The fields of a query or a form: read by name, refused by name, with limits counted while they are read."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl

from headwater.errors import FormatError, LimitError, Place, SchemaError

MOST_BYTES: Final = 256 * 1024
MOST_FIELDS: Final = 1000
MOST_TEXT: Final = 4000
NEVER_SHOWN: Final = frozenset({"form_token", "ticket", "passphrase", "code", "passkey"})
"""Fields that let somebody in: no page repeats them, not even to whoever typed them."""


class Fields:
    """Fields as they were sent; one name may come several times."""

    def __init__(self, given: Sequence[tuple[str, str]]) -> None:
        """Keep what was sent."""
        self._given: dict[str, list[str]] = {}
        for name, value in given:
            self._given.setdefault(name, []).append(value)

    def text(self, name: str, default: str = "", *, most: int = MOST_TEXT) -> str:
        """Return a text without the space around it.

        Raises:
            SchemaError: it is too long, or holds a letter that no text has.
        """
        value = self._given.get(name, [default])[-1].strip()
        if len(value) > most:
            raise SchemaError(f"longer than {most} letters", where=Place(field=name))
        if "\x00" in value:
            raise SchemaError("a letter that no text has", where=Place(field=name))
        return value

    def texts(self, name: str, *, most: int = 200) -> tuple[str, ...]:
        """Return all values of a name.

        Raises:
            SchemaError: there are too many.
        """
        found = self._given.get(name, [])
        if len(found) > most:
            raise SchemaError(f"more than {most} values", where=Place(field=name))
        return tuple(value.strip() for value in found)

    def needed(self, name: str, *, most: int = MOST_TEXT) -> str:
        """Return a text that must be there.

        Raises:
            SchemaError: it is missing or empty.
        """
        value = self.text(name, most=most)
        if not value:
            raise SchemaError("this must be filled in", where=Place(field=name))
        return value

    def whole(self, name: str, default: int, *, least: int = 1, most: int = 1_000_000) -> int:
        """Return a whole number.

        Raises:
            SchemaError: it is none, or outside the limits.
        """
        value = self.text(name)
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most):  # noqa: PLR2004
            raise SchemaError(f"not a whole number from {least} to {most}", where=Place(field=name))
        return int(value)

    def number(self, name: str, default: float) -> float:
        """Return a number; a comma may stand for the point.

        Raises:
            SchemaError: it is none.
        """
        value = self.text(name, most=40)
        if not value:
            return default
        try:
            found = float(value.replace(",", "."))
        except ValueError:
            raise SchemaError("not a number", where=Place(field=name)) from None
        if found - found != 0.0:
            raise SchemaError("not a number", where=Place(field=name))
        return found

    def choice(self, name: str, default: str, known: Sequence[str]) -> str:
        """Return one of some words.

        Raises:
            SchemaError: it is none of them.
        """
        value = self.text(name, default, most=100)
        if value not in known:
            raise SchemaError("no such choice", where=Place(field=name), fix=f"use {', '.join(known)}")
        return next(one for one in known if one == value)

    def flag(self, name: str) -> bool:
        """Return whether a box is ticked."""
        return name in self._given

    def kept(self) -> Mapping[str, str]:
        """Return the last value of each name, so that a refused form comes back filled in; nothing that lets somebody in."""
        return {name: values[-1] for name, values in self._given.items() if name not in NEVER_SHOWN}


def read_fields(data: bytes) -> Fields:
    """Return the fields of a urlencoded form or query.

    Raises:
        LimitError: there are too many.
        FormatError: it is not urlencoded text in UTF-8.
    """
    try:
        given = parse_qsl(data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError as error:
        raise FormatError("not a form in UTF-8", where=Place(field="form")) from error
    except ValueError as error:
        raise LimitError(f"more than {MOST_FIELDS} fields", where=Place(field="form")) from error
    return Fields(given)
