"""Keeps victims and smuggled people out of what leaves: a pseudonym of their own in each case, and a look for the rest.

The look is for the names, births, contacts, addresses and whatever else the folder says of a protected person: in text
in UTF-8 or UTF-16, whatever the case, spacing and composition of letters, and in other files where the identifier
stands in plain letters. It opens no archive, office file, compressed PDF or picture.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
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
_DROP: Final = bytes(byte for byte in range(256) if byte > 127 or not chr(byte).isalnum())  # noqa: PLR2004 - ASCII
_LOWER: Final = bytes(range(256)).lower()
_ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be", "cp1250", "cp1251")
"""How letters outside ASCII stand in files that are no text: the last two are Windows' for the Balkans."""


def draw_pseudonyms(case: CaseFile, chance: Chance) -> dict[str, str]:
    """Return a new pseudonym for each protected person. Keep them with the case: another case draws others."""
    return {person.id: f"Person {chance.draw(_PSEUDONYM_BYTES).hex().upper()}" for person in case.protected_persons}


@dataclass(frozen=True, slots=True)
class Shield:
    """Everything that may not leave, and what stands in its place.

    Attributes:
        names: pseudonym for each identifier, as folded letters and digits only.
        pattern: finds an identifier in folded text.
        raw: identifiers with letters outside ASCII, as they stand in files that are no text.
    """

    names: Mapping[str, str]
    pattern: re.Pattern[str]
    raw: tuple[bytes, ...]

    def cover(self, text: str) -> str:
        """Return a text with the pseudonym in place of every identifier; unchanged where there is none."""
        folded = _folded(text)
        if not self.names or not self.pattern.search(folded):
            return text
        return self.pattern.sub(lambda found: self.names[_squeeze(found.group())], folded)

    def finds(self, data: bytes) -> bool:
        """Return whether an identifier stands in the bytes."""
        if not self.names:
            return False
        # Letters and digits alone, whatever stood between them: UTF-16 looks like ASCII then.
        squeezed = data.translate(_LOWER, _DROP)
        plain = any(word.encode() in squeezed for word in self.names if word.isascii())
        if not plain and data.isascii():
            return False
        text = _as_utf8(data)
        if text is not None and "\0" not in text:
            return self.pattern.search(text) is not None
        texts = [text or "", *_as_utf16(data), data.decode("latin-1").lower() if plain else ""]
        return any(form in data for form in self.raw) or any(self.pattern.search(text) for text in texts)


def shield(case: CaseFile, pseudonyms: Mapping[str, str]) -> Shield:
    """Return the shield of a case."""
    names: dict[str, str] = {}
    raw: set[bytes] = set()
    for person in case.protected_persons:
        for value in _identifiers(person):
            word = _squeeze(_folded(value))
            if len(word) < _SHORTEST:
                continue
            names[word] = pseudonyms[person.id]
            if not value.isascii():
                raw.update(_forms(unicodedata.normalize("NFC", value)))
    words = sorted(names, key=lambda word: (-len(word), word))
    forms = "|".join(r"[\W_]*".join(map(re.escape, word)) for word in words)
    return Shield(names, re.compile(rf"(?<![^\W_])(?:{forms})(?![^\W_])"), tuple(sorted(raw)))


def _identifiers(person: Person) -> Iterable[str]:
    return [person.name, *(value for field, value in person.identifiers if field not in _TELLS_NOBODY)]


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _squeeze(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _forms(value: str) -> Iterator[bytes]:
    for text in {value, value.upper(), value.lower()}:
        for encoding in _ENCODINGS:
            with suppress(UnicodeEncodeError):
                yield text.encode(encoding)


def _as_utf8(data: bytes) -> str | None:
    """Return a piece of a text, folded; None for what is no faultless UTF-8. It may begin and end inside a letter."""
    start = next((at for at, byte in enumerate(data[:4]) if byte & 0xC0 != 0x80), 0)  # noqa: PLR2004 - RFC 3629
    try:
        return _folded(codecs.getincrementaldecoder("utf-8")().decode(data[start:]))
    except UnicodeDecodeError:
        return None


def _as_utf16(data: bytes) -> Iterator[str]:
    for encoding in ("utf-16-le", "utf-16-be"):
        with suppress(UnicodeDecodeError):
            yield _folded(codecs.getincrementaldecoder(encoding)().decode(data))
