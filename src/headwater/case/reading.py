"""Reads rows of `case.json` field by field: every refusal names the place, none repeats what stood there."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeVar

from headwater.errors import Place, SchemaError
from headwater.model.times import is_partial_date, parse_instant

K = TypeVar("K", bound=StrEnum)
_MISSING: Final = object()
_DAY_LETTERS: Final = 10


class Row:
    """One JSON object, read field by field; `end` refuses what was never asked for."""

    def __init__(self, value: object, place: str, file: str) -> None:
        """Refuse what is no object."""
        self._place = place
        self._file = file
        if not isinstance(value, dict):
            raise self._refusal("not an object")
        self._fields: Mapping[str, object] = value
        self._asked: set[str] = set()

    def where(self, field: str = "") -> Place:
        """Return the place of a field, or of the row itself."""
        return Place(file=self._file, field=".".join(part for part in (self._place, field) if part))

    def text(self, field: str, default: str | None = None) -> str:
        """Return a text that says something; without a default it must be there."""
        self._asked.add(field)
        value = self._fields.get(field, default)
        if value is default is not None and field not in self._fields:
            return default
        if not isinstance(value, str) or not value.strip():
            raise self._refusal("not a text that says something", field)
        return value

    def optional(self, field: str) -> str | None:
        """Return a text, None where there is none or null."""
        return None if self._fields.get(field) is None and self._take(field) in (None, _MISSING) else self.text(field)

    def flag(self, field: str) -> bool:
        """Return true or false; false where the field is not there."""
        value = self._take(field)
        if value is _MISSING:
            return False
        if not isinstance(value, bool):
            raise self._refusal("neither true nor false", field)
        return value

    def count(self, field: str) -> int | None:
        """Return a whole number from 0, None where the field is not there."""
        value = self._take(field)
        if value is _MISSING:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self._refusal("not a whole number from 0", field)
        return value

    def instant(self, field: str) -> datetime:
        """Return a time in UTC."""
        try:
            return parse_instant(self.text(field))
        except SchemaError as error:
            raise self._refusal(error.what, field, error.fix) from error

    def day(self, field: str) -> date:
        """Return a whole date."""
        text = self.text(field)
        if len(text) != _DAY_LETTERS or not is_partial_date(text):
            raise self._refusal("no such day", field, "write it as 2026-11-25")
        return date.fromisoformat(text)

    def word(self, field: str, words: type[K]) -> K:
        """Return one of a closed list of words."""
        text = self.text(field)
        try:
            return words(text)
        except ValueError as error:
            raise self._refusal("not a word that is known here", field, f"name one of {', '.join(words)}") from error

    def texts(self, field: str) -> tuple[str, ...]:
        """Return a list of texts, empty ones too; they may be judged later."""
        value = self._take(field)
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise self._refusal("not a list of texts", field)
        return tuple(value)

    def row(self, field: str) -> "Row | None":
        """Return a row inside this one, None where there is none or null."""
        value = self._take(field)
        return None if value in (None, _MISSING) else Row(value, self.where(field).field or "", self._file)

    def rows(self, field: str) -> Iterator["Row"]:
        """Yield the rows of a list; of none where the field is not there."""
        value = self._take(field)
        if value is _MISSING:
            return
        if not isinstance(value, list):
            raise self._refusal("not a list", field)
        place = self.where(field).field
        for number, part in enumerate(value):
            yield Row(part, f"{place}[{number}]", self._file)

    def others(self) -> tuple[tuple[str, str], ...]:
        """Return every field not asked for, as text, however deep: nothing said of a person is lost."""
        left = [name for name in self._fields if name not in self._asked]
        self._asked.update(left)
        return tuple((name, text) for name in left for text in _texts_in(self._fields[name]))

    def end(self) -> None:
        """Refuse fields that nobody asked for: a misspelt one would else be lost."""
        for name in self._fields:
            if name not in self._asked:
                raise self._refusal("an unknown field", name, "take it out, or correct its name")

    def _take(self, field: str) -> object:
        self._asked.add(field)
        return self._fields.get(field, _MISSING)

    def _refusal(self, what: str, field: str = "", fix: str = "") -> SchemaError:
        return SchemaError(what, where=self.where(field), fix=fix)


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _texts_in(part)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
