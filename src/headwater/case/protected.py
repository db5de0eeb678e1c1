"""Keeps victims and smuggled people out of what leaves: a pseudonym of their own in each case, and a look for the rest.

The look is for the names, births, contacts, addresses and whatever else is known of a protected person, in whatever
letters, case, order and spacing: `letters` brings both sides to one form, `looking` opens what a file holds.
"""

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from headwater.case.finder import finder
from headwater.case.letters import plain, plain_with_places, squeeze
from headwater.case.looking import CONTROLS
from headwater.case.model import CaseFile, Person
from headwater.ports import Chance

_TELLS_NOBODY: Final = frozenset({"sex", "age", "nationality", "country", "language"})
"""Fields that many share: to look for them would find every text."""
_PSEUDONYM_BYTES: Final = 5
_SHORTEST: Final = 3
"""Letters and digits that an identifier must have to be looked for: shorter ones stand in every text."""
_MOST_NAMES: Final = 4
_LEAST_DIGITS: Final = 9
"""Digits from which a number without letters is looked for without its country code too."""
_SELDOM: Final = 16
OVERLAP: Final = 4096
"""Bytes of a file that are read twice, so that nothing hides across two pieces."""
_DROP: Final = bytes(byte for byte in range(256) if byte > 127 or not chr(byte).isalnum())  # noqa: PLR2004 - ASCII
_LOWER: Final = bytes(range(256)).lower()
_UPPER_HALVES: Final = b"\0\4"
_EIGHT_BIT: Final = ("cp1250", "cp1251", "cp1252", "iso8859_5")
"""How letters outside ASCII stand in texts that are no UTF-8: Windows' for the Balkans and the West, ISO's Cyrillic."""
_RAW: Final = ("utf-8", "utf-16-le", "utf-16-be", "cp1250", "cp1251", "cp1252")
_DAY: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_NOBODY: Final = re.compile(r"(?!)")
_ZEROS: Final = bytes(16)
_EMPTY: Final = re.compile(rb"\0{16,}")
"""What fills disk images and sparse files; shortened to as many as four divide, so that wide letters stay where they are."""


def draw_pseudonym(chance: Chance) -> str:
    """Return a new pseudonym for a protected person in one case."""
    return f"Person {chance.draw(_PSEUDONYM_BYTES).hex().upper()}"


def draw_pseudonyms(case: CaseFile, chance: Chance) -> dict[str, str]:
    """Return a new pseudonym for each protected person. Keep them with the case: another case draws others."""
    return {person.id: draw_pseudonym(chance) for person in case.protected_persons}


@dataclass(frozen=True, slots=True)
class Shield:
    """Everything that may not leave, and what stands in its place.

    Attributes:
        names: pseudonym for each identifier, as plain letters and digits only.
        pattern: finds an identifier in plain text.
        raw: identifiers with letters outside ASCII, as they stand in files that are no text.
        words: the longest word of each identifier, in one and in two bytes a letter, the common upper halves left out:
            what is looked for first there.
        least: those of `names` in which no other spelling of theirs stands: where none of these is, none of them is.
    """

    names: Mapping[str, str]
    pattern: re.Pattern[str]
    raw: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()
    least: tuple[bytes, ...] = ()
    _is_raw: Callable[[bytes], bool] = field(init=False, repr=False, compare=False)
    _has_word: Callable[[bytes], bool] = field(init=False, repr=False, compare=False)
    _has_least: Callable[[bytes], bool] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make what looks for all words of a kind at once."""
        for name, words in (("_is_raw", self.raw), ("_has_word", self.words), ("_has_least", self.least)):
            object.__setattr__(self, name, finder(words))

    def cover(self, text: str) -> str:
        """Return a text with the pseudonym in place of every identifier; unchanged where there is none."""
        if not self.says(text):
            return text
        folded, places = plain_with_places(text)
        parts, at = [], 0
        for found in self.pattern.finditer(folded):
            start, end = places[found.start()], places[found.end()]
            parts += [text[at:start], self.names[squeeze(found.group())]]
            at = end
        return "".join([*parts, text[at:]])

    def says(self, text: str) -> bool:
        """Return whether an identifier stands in a text."""
        if not self.names:
            return False
        folded = plain(text)
        # All forms at once in its letters and digits: the pattern tries each at each place.
        if folded.isascii():
            squeezed = folded.encode().translate(None, _DROP)
        else:
            squeezed = squeeze(folded).encode("utf-8", "surrogatepass")
        return self._has_least(squeezed) and self.pattern.search(folded) is not None

    def finds(self, data: bytes) -> bool:
        """Return whether an identifier stands in the bytes of a file, or of a piece of one, as they are."""
        if not self.names:
            return False
        if b"\0" in data:
            return self._finds_in_binary(data)
        # Letters and digits alone, whatever stood between them: UTF-16 looks like ASCII then.
        squeezed = data.translate(_LOWER, _DROP)
        ascii_hit = self._has_least(squeezed)
        if not ascii_hit and data.isascii():
            return False
        text = _as_utf8(data)
        if text is not None:
            return self.says(text)
        if ascii_hit and self.says(data.decode("latin-1")):
            return True
        return self._is_raw(data) or any(self.says(each) for each in _eight_bit(data))

    def _finds_in_binary(self, data: bytes) -> bool:
        """Look at bytes with zeros: a text of two or four bytes a letter, or a file in which words stand here and there."""
        # In such a text the upper half of most letters is the same byte: 0 in Latin, 4 in Cyrillic. Both are left out at
        # once, for to count them alone takes as long.
        narrow = data.translate(_LOWER, _UPPER_HALVES)
        if _is_wide(data, narrow):
            # Only here does it matter what fills a disk image: shortened, it no longer looks like letters.
            data = _EMPTY.sub(lambda found: bytes(4 + len(found[0]) % 4), data) if _ZEROS in data else data
            if _is_wide(data, narrow) and self._says_wide(data):
                return True
        if self._is_raw(data):
            return True
        return self._has_word(narrow) and (self.says(data.decode("latin-1")) or self.says(narrow.decode("latin-1")))

    def _says_wide(self, data: bytes) -> bool:
        """Return whether an identifier stands in a text of two or four bytes a letter."""
        for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
            with suppress(UnicodeDecodeError):
                if self.says(codecs.getincrementaldecoder(encoding)().decode(data)):
                    return True
        return False


def shield(case: CaseFile, pseudonyms: Mapping[str, str]) -> Shield:
    """Return the shield of a case whose folder still says who its protected persons are."""
    values = {person.id: tuple(_identifiers(person)) for person in case.protected_persons}
    return shield_of(values, pseudonyms)


def shield_of(identifiers: Mapping[str, Iterable[str]], pseudonyms: Mapping[str, str]) -> Shield:
    """Return the shield over some persons.

    Args:
        identifiers: by person, whatever may not be said.
        pseudonyms: by person, what is said instead.
    """
    names: dict[str, str] = {}
    raw: set[bytes] = set()
    longest: set[bytes] = set()
    least: set[bytes] = set()
    for person, values in identifiers.items():
        for value in values:
            spellings = tuple(dict.fromkeys(_spellings(value)))
            least |= {one.encode() for one in spellings if sum(other in one for other in spellings) == 1}
            for word in spellings:
                names.setdefault(word, pseudonyms[person])
            if len(squeeze(value)) < _SHORTEST:
                continue
            word = max((squeeze(part) for part in plain(value).split()), key=len)
            longest.update(
                word.encode(encoding).translate(None, _UPPER_HALVES) for encoding in ("utf-8", "utf-16-le", "utf-16-be")
            )
            if not value.isascii():
                raw.update(_forms(value))
    words = sorted(names, key=lambda word: (-len(word), word))
    # What may not stand before a word is asked behind its first letter: a pattern that begins with letters skips to them.
    rest = ([r"(?<![^\W_][\s\S])", *map(re.escape, word[1:])] for word in words)
    forms = "|".join(re.escape(word[0]) + r"[\W_]*".join(parts) for word, parts in zip(words, rest, strict=True))
    pattern = re.compile(rf"(?:{forms})(?![^\W_])") if words else _NOBODY
    return Shield(names, pattern, tuple(sorted(raw)), tuple(sorted(longest)), tuple(sorted(least)))


def _identifiers(person: Person) -> Iterable[str]:
    return [person.name, *(value for field, value in person.identifiers if field not in _TELLS_NOBODY)]


def _spellings(value: str) -> Iterator[str]:
    """Yield the ways in which an identifier is written, as plain letters and digits."""
    word = squeeze(plain(value))
    if len(word) < _SHORTEST:
        return
    yield word
    parts = [squeeze(part) for part in plain(value).replace(",", " ").split()]
    if 1 < len(parts) <= _MOST_NAMES and not word.isdecimal():
        yield "".join([*parts[1:], parts[0]])
        yield "".join([parts[-1], *parts[:-1]])
    day = _DAY.fullmatch(value.strip())
    if day:
        year, month, date = day.groups()
        yield from (date + month + year, month + date + year, date.lstrip("0") + month.lstrip("0") + year)
    elif word.isdecimal() and len(word) >= _LEAST_DIGITS:
        yield from (form for at in (2, 3) for form in ("0" + word[at:], word[at:]))
        yield "00" + word


def _forms(value: str) -> Iterator[bytes]:
    for text in {value, value.upper(), value.lower()}:
        for encoding in _RAW:
            with suppress(UnicodeEncodeError):
                yield text.encode(encoding)


def _is_wide(data: bytes, narrow: bytes) -> bool:
    """Return whether so many bytes were left out of `narrow`, zeros among them, that `data` may be a text of wide letters."""
    return (len(data) - len(narrow)) * _SELDOM > len(data)


def _as_utf8(data: bytes) -> str | None:
    """Return a piece of a text; None for what is no faultless UTF-8. It may begin and end inside a letter."""
    start = next((at for at, byte in enumerate(data[:4]) if byte & 0xC0 != 0x80), 0)  # noqa: PLR2004 - RFC 3629
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data[start:])
    except UnicodeDecodeError:
        return None


def _eight_bit(data: bytes) -> Iterator[str]:
    """Yield the texts of one byte a letter that the bytes may be."""
    if len(data.translate(None, CONTROLS)) == len(data):
        for encoding in _EIGHT_BIT:
            yield data.decode(encoding, "replace")
