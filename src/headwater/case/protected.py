"""Keeps victims and smuggled people out of what leaves: a pseudonym of their own in each case, and a look for the rest.

The look is for the names, births, contacts, addresses and whatever else the folder says of a protected person, in
plain text in UTF-8 and UTF-16, whatever the case, spacing and composition of letters. It does not open archives, office
files, PDFs or pictures.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from headwater.case.model import CaseFile, Person
from headwater.ports import Chance

_TELLS_NOBODY: Final = frozenset({"sex", "age", "nationality", "country", "language"})
"""Fields that many share: to look for them would find every text."""
_PSEUDONYM_BYTES: Final = 5
_SHORTEST: Final = 3
"""Letters and digits that an identifier must have to be looked for: shorter ones stand in every text."""
OVERLAP: Final = 4096
"""Bytes of a file that are read twice, so that nothing hides across two pieces."""
_DROP: Final = bytes(byte for byte in range(128) if not chr(byte).isalnum())
_LOWER: Final = bytes(range(256)).lower()


def draw_pseudonyms(case: CaseFile, chance: Chance) -> dict[str, str]:
    """Return a new pseudonym for each protected person. Keep them with the case: another case draws others."""
    return {person.id: f"Person {chance.draw(_PSEUDONYM_BYTES).hex().upper()}" for person in case.protected_persons}


@dataclass(frozen=True, slots=True)
class Shield:
    """Everything that may not leave, and what stands in its place.

    Attributes:
        pattern: finds an identifier in text brought to one form; None where nobody is protected.
        squeezed: the same identifiers as letters and digits only, to see quickly where none is.
        names: pseudonym for each identifier in that form.
    """

    pattern: re.Pattern[str] | None
    squeezed: tuple[str, ...]
    names: Mapping[str, str]

    def cover(self, text: str) -> str:
        """Return a text with the pseudonym in place of every identifier; unchanged where there is none."""
        if self.pattern is None or not self.finds(text.encode()):
            return text
        return self.pattern.sub(lambda found: self.names[_squeeze(found.group())], _folded(text))

    def finds(self, data: bytes) -> bool:
        """Return whether an identifier stands in the bytes."""
        if self.pattern is None:
            return False
        if data.isascii() and b"\0" not in data:
            squeezed = data.translate(_LOWER, _DROP)
            if not any(word.encode() in squeezed for word in self.squeezed):
                return False
        return any(self.pattern.search(_folded(text)) for text in _readings(data))


def shield(case: CaseFile, pseudonyms: Mapping[str, str]) -> Shield:
    """Return the shield of a case."""
    names = {
        _squeeze(_folded(value)): pseudonyms[person.id]
        for person in case.protected_persons
        for value in _identifiers(person)
    }
    words = sorted((word for word in names if len(word) >= _SHORTEST), key=lambda word: (-len(word), word))
    if not words:
        return Shield(None, (), {})
    forms = "|".join(r"[\W_]*".join(map(re.escape, word)) for word in words)
    return Shield(re.compile(rf"(?<![^\W_])(?:{forms})(?![^\W_])"), tuple(words), {word: names[word] for word in words})


def _identifiers(person: Person) -> Iterable[str]:
    return [person.name, *(value for field, value in person.identifiers if field not in _TELLS_NOBODY)]


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _squeeze(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _readings(data: bytes) -> Iterator[str]:
    yield data.decode("utf-8", "ignore")
    if b"\0" in data or data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        for start in (0, 1):
            yield data[start:].decode("utf-16-le", "ignore")
            yield data[start:].decode("utf-16-be", "ignore")
