"""The one set of limits behind every reader, and safe JSON: what is accepted means the same to every parser.

Safe CSV, XML and archives stand beside this file and take their limits from it. Whatever is refused is refused whole,
with the file and the line or byte; an error never repeats what it found.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final, TypeGuard

import orjson

from headwater.errors import FormatError, InputError, LimitError, Place, SchemaError

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
"""Bytes of one file. The largest official list, OFAC's full XML, has about 120 MB (2025)."""
MAX_JSON_BYTES: Final = 16 * 1024 * 1024
"""Bytes of one JSON document; an envelope has at most 4 MiB (exchange)."""
MAX_JSON_LINE_BYTES: Final = 1024 * 1024
"""Bytes of one line of JSON lines: one entity or one message body."""
MAX_FIELD_BYTES: Final = 65_536
"""Bytes of one text in UTF-8 (json_traps.jsonl, big_string; screening, bad input)."""
MAX_DEPTH: Final = 64
"""Levels of JSON arrays and objects (json_traps.jsonl, depth_64 and depth_200)."""
MAX_ELEMENTS: Final = 1_000_000
"""Values in one JSON document."""
MAX_ROWS: Final = 4_000_000
"""Rows of a CSV file, lines of a JSON lines file, elements of an XML file that count as entries."""
MAX_LINE_CHARACTERS: Final = 1024 * 1024
"""Characters of one physical CSV line: the 58 columns of the UK list with every field half full."""
MAX_COLUMNS: Final = 1_024
"""Columns of a CSV row."""
MAX_XML_DEPTH: Final = 64
"""Levels of XML elements; the official lists use eight. 200,000 pass the standard library's parsers."""
MAX_XML_ENTRY_ELEMENTS: Final = 10_000
"""Elements inside one entry; the longest of the UN list has about 300."""
MAX_XML_ATTRIBUTES: Final = 64
"""Attributes of one XML element."""
MAX_XML_TOKEN_BYTES: Final = 1024 * 1024
"""Bytes of one XML tag or comment: 30 MB pass the standard library's parsers."""
MAX_VALUES: Final = 100
"""Values that one cell or element holds with separators between; the UN list has up to eight names in one."""
MAX_ARCHIVE_MEMBERS: Final = 10_000
"""Members of a zip or tar file."""
MAX_ARCHIVE_BYTES: Final = 1024 * 1024 * 1024
"""Bytes of all members together, unpacked."""
MAX_ARCHIVE_RATIO: Final = 100
"""Bytes out for each byte in; deflate can reach 1,028 and text seldom passes 20."""
SMALL_ARCHIVE_BYTES: Final = 1024 * 1024
"""Unpacked size below which the ratio is not looked at: a megabyte of zeros harms nobody."""
INTEGER_BITS: Final = 64
"""Bits of the largest integer, 20 digits; a longer one would silently become a double."""
MAX_INTEGER_DIGITS: Final = 20
"""Digits of an integer with its sign, looked at before Python converts it in quadratic time."""
WIRE_INTEGER_BITS: Final = 53
"""The same between nodes: what a double holds exactly in any language (RFC 8259, section 6)."""

_CONTAINERS: Final = (dict, list)
BOM: Final = b"\xef\xbb\xbf"
_STRINGS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"[ \t\r\n]*+(:?)', re.DOTALL)
_ESCAPE: Final = re.compile(rb"\\.", re.DOTALL)
_ODD_NUMBER: Final = re.compile(rb"[0-9][eE]|[0-9]{16}")
"""A number that may be beyond what a double, or an integer of 64 bits, holds."""
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_PLAIN_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_IDENTIFIER: Final = re.compile(r"[\x21-\x7e]{1,256}")
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)


def parse_json(data: bytes, *, where: Place | str | None = None, allow_bom: bool = False) -> object:
    """Return what a JSON text says, refused where two parsers could read it differently.

    Args:
        data: the bytes as they came.
        where: file, and line where there is one, for the error.
        allow_bom: whether a byte order mark may stand first, as in a user's file.

    Raises:
        FormatError: not UTF-8 or not JSON, a key named twice, a NUL, a number that no double holds.
        LimitError: too large, too deep, too many values, a text or an integer too long.
    """
    place = where if isinstance(where, Place) else Place(file=where)
    if data.startswith(BOM) and allow_bom:
        data = data[len(BOM) :]
    value, plain = _load(data, place)
    if plain:
        for _ in _levels(value, place):
            pass
    elif not _is_plain(value, data):
        _check_values(value, data, place)
    return value


def parse_wire_json(data: bytes, *, where: Place | str | None = None) -> dict[str, object]:
    """Return the JSON object that another node sent: one spelling for one value, and integers exact in any language.

    Raises:
        FormatError: as `parse_json`, and what is no object, or a minus before zero.
        LimitError: as `parse_json`, and an integer of more than 53 bits.
    """
    place = where if isinstance(where, Place) else Place(file=where)
    value, plain = _load(data, place)
    if not isinstance(value, dict):
        raise FormatError("not a JSON object", where=place)
    if not plain:
        _check_values(value, data, place)
        json.loads(data, parse_int=_Digits(place).wire_whole)
    for values in _levels(value, place):
        for number in values:
            if type(number) is int and abs(number) >= 2**WIRE_INTEGER_BITS:
                raise LimitError(f"an integer of more than {WIRE_INTEGER_BITS} bits", where=place)
            if type(number) is float and number == 0 and math.copysign(1, number) < 0:
                raise FormatError("a minus before zero", where=place)
    return value


def parse_json_lines(data: bytes, *, file: str | None = None) -> Iterator[tuple[int, object | InputError]]:
    """Yield each line of JSON lines with its number, or the error that it deserves; blank lines are passed over.

    Raises:
        LimitError: the file as a whole is too large or has too many lines.
    """
    check_size(data, file=file)
    if data.count(b"\n") > MAX_ROWS:
        raise LimitError(f"over {MAX_ROWS} lines", where=file)
    start, number = len(BOM) if data.startswith(BOM) else 0, 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        line, start, number = data[start:end], end + 1, number + 1
        if not line.strip():
            continue
        place = Place(file=file, line=number)
        if len(line) > MAX_JSON_LINE_BYTES:
            yield number, LimitError(f"a line over {MAX_JSON_LINE_BYTES} bytes", where=place)
            continue
        try:
            yield number, parse_json(line, where=place)
        except InputError as error:
            yield number, error


def check_size(data: bytes, *, file: str | None = None) -> None:
    """Refuse an empty file and one that is too large.

    Raises:
        FormatError: there is nothing in it.
        LimitError: it is over the limit of one file.
    """
    if not data.strip(b"\xef\xbb\xbf \t\r\n\0"):
        raise FormatError("the file is empty", where=file)
    if len(data) > MAX_FILE_BYTES:
        raise LimitError(f"a file over {MAX_FILE_BYTES} bytes", where=file)


def identifier(value: object, *, where: Place) -> str:
    """Return a value as an identifier: visible ASCII, so that no two look the same.

    Raises:
        SchemaError: it is no text, or holds spaces, controls or letters outside ASCII.
    """
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise SchemaError("not an identifier", where=where, fix="use 1 to 256 visible ASCII letters without spaces")
    return value


def is_whole(value: object) -> TypeGuard[int]:
    """Return whether a value is an integer and no truth value, which Python counts among the integers."""
    return type(value) is int


def visible(text: str) -> str:
    """Return a text for a screen, with each control and direction mark shown as its code point."""
    return _UNSEEN.sub(lambda found: f"[U+{ord(found.group()):04X}]", text)


def shown(name: str, otherwise: str) -> str:
    """Return a field's name for an error where it looks like one: an unknown name could be anything, a person's too."""
    return name if _PLAIN_NAME.fullmatch(name) else otherwise


def check_text(text: str, *, where: Place) -> None:
    """Refuse a text that is too long.

    Raises:
        LimitError: it has more bytes than one field may have.
    """
    if len(text) * 4 > MAX_FIELD_BYTES and len(text.encode("utf-8", "surrogatepass")) > MAX_FIELD_BYTES:
        raise LimitError(f"a text over {MAX_FIELD_BYTES} bytes", where=where)


def utf8_error(data: bytes, *, file: str | None = None) -> FormatError | None:
    """Return the error that says where bytes stop being UTF-8, None where they are UTF-8 throughout."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        place = Place(file=file, line=line_at(data, error.start), offset=error.start)
        return FormatError("not UTF-8", where=place, fix="save it as UTF-8 and read it again")
    return None


def line_at(data: bytes, offset: int) -> int:
    """Return the line, counted from 1, that a byte stands in."""
    return data.count(b"\n", 0, offset) + 1


def _at(place: Place, offset: int | None) -> Place:
    return Place(file=place.file, line=place.line, field=place.field, offset=offset)


def _load(data: bytes, place: Place) -> tuple[object, bool]:
    """Return what the parser reads, and whether that is beyond doubt except for its depth.

    A message in compact form is equal to what we would write ourselves: then no key was lost and no number changed.
    Comparing is four times as quick as looking at every value.
    """
    if len(data) > MAX_JSON_BYTES:
        raise LimitError(f"a JSON document over {MAX_JSON_BYTES} bytes", where=place)
    if data.startswith(BOM):
        raise FormatError("a byte order mark", where=_at(place, 0), fix="write JSON as UTF-8 without one")
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _not_json(data, error, place) from error
    if len(data) > MAX_FIELD_BYTES or b"\\u0000" in data:
        return value, False
    # The writer, unlike the parser, gives up at 254 levels.
    try:
        return value, orjson.dumps(value) == data
    except orjson.JSONEncodeError:
        return value, False


def _is_plain(value: object, data: bytes) -> bool:
    """Return whether the bytes of a text alone tell that it holds nothing of what `_check_values` looks for.

    Looking at each of a million values costs ten times as much. False is no verdict: then the values are looked at.
    Every escape counts as one byte, so that each quotation mark that is left begins or ends a text.
    """
    parts = _ESCAPE.sub(b"_", data).split(b'"')
    outside = b"".join(parts[::2])
    if b"\\u0000" in data or len(max(parts, key=len)) > MAX_FIELD_BYTES or _ODD_NUMBER.search(outside):
        return False
    if len(parts) // 2 + outside.count(b",") + outside.count(b"[") + outside.count(b"{") >= MAX_ELEMENTS:
        return False
    brackets = outside.translate(None, _NO_BRACKETS)
    for _ in range(MAX_DEPTH // 2):  # each round takes away one level, or two
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if not brackets:
            # A key that was named twice is written once.
            return _ESCAPE.sub(b"_", orjson.dumps(value)).count(b'"') == len(parts) - 1
    return False


def _not_json(data: bytes, error: orjson.JSONDecodeError, place: Place) -> InputError:
    if not data.strip():
        return FormatError("not JSON: there is nothing", where=place)
    broken = utf8_error(data)
    if broken is not None:
        return FormatError("not JSON: not UTF-8", where=_at(place, broken.where.offset))
    if "ecursion" in error.msg or "depth" in error.msg:  # orjson has said it in both ways
        return LimitError(f"JSON deeper than {MAX_DEPTH} levels", where=place)
    offset = len(data.decode()[: error.pos].encode())
    return FormatError("not JSON", where=_at(place, offset))


def _levels(root: object, place: Place) -> Iterator[list[object]]:
    """Yield what is no text, level by level, and refuse what is nested too deeply."""
    level: list[Any] = [root]
    for _ in range(MAX_DEPTH):
        level = [item for item in level if type(item) in _CONTAINERS]
        if not level:
            return
        inside = chain.from_iterable([item.values() if type(item) is dict else item for item in level])
        level = [item for item in inside if type(item) is not str]
        yield level
    if any(type(item) in _CONTAINERS for item in level):
        raise LimitError(f"JSON deeper than {MAX_DEPTH} levels", where=place)


def _check_values(root: object, data: bytes, place: Place) -> None:
    """Check depth, numbers, texts, count, and that the parser has lost no key."""
    for value in chain([root], *_levels(root, place)):
        if isinstance(value, float):
            _check_real(value, data, place)
    pending = [root]
    pairs = count = 0
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            pairs += len(node)
            items: Sequence[object] = [*node, *node.values()]
        else:
            items = node if isinstance(node, list) else [node]
        count += len(items)
        if count > MAX_ELEMENTS:
            raise LimitError(f"over {MAX_ELEMENTS} values in one JSON document", where=place)
        _check_texts(items, place)
        pending += [item for item in items if type(item) in _CONTAINERS]
    if _STRINGS.findall(data).count(b":") != pairs:
        raise FormatError("an object names a key twice", where=_at(place, _second_key(data)))


def _check_texts(items: Iterable[object], place: Place) -> None:
    for item in items:
        if isinstance(item, str):
            if "\0" in item:
                raise FormatError("a NUL in a text", where=place)
            check_text(item, where=place)


def _check_real(value: float, data: bytes, place: Place) -> None:
    if not math.isfinite(value):
        raise FormatError("a number beyond what a double holds", where=place)
    if abs(value) >= 2 ** (INTEGER_BITS - 1):
        # The parser turns integers of more than 64 bits into doubles without a word: read again, looking at the digits.
        json.loads(data, parse_int=_Digits(place).whole)


class _Digits:
    """Looks at numbers as they are spelled."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def whole(self, text: str) -> int:
        """Return an integer of a safe length."""
        if len(text) > MAX_INTEGER_DIGITS or not -(2 ** (INTEGER_BITS - 1)) <= int(text) < 2**INTEGER_BITS:
            raise LimitError(f"an integer of more than {INTEGER_BITS} bits", where=self.place)
        return int(text)

    def wire_whole(self, text: str) -> int:
        """Return an integer that is spelled in the one way."""
        if text == "-0":
            raise FormatError("a minus before zero", where=self.place)
        return self.whole(text)


def _second_key(data: bytes) -> int | None:
    """Return where a key stands that its object has named before; None where the text holds no such key."""
    seen: list[set[object]] = []
    for token in re.finditer(rb'"(?:[^"\\]++|\\.)*+"([ \t\r\n]*+:)?|[{}]', data, re.DOTALL):
        text = token.group()
        if text == b"{":
            seen.append(set())
        elif text == b"}":
            seen.pop()
        elif token.group(1):
            key = orjson.loads(text[: -len(token.group(1))])
            if key in seen[-1]:
                return token.start()
            seen[-1].add(key)
    return None
