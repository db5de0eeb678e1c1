"""JSON as the wire takes it: one value has one spelling, and nothing is read that two readers could read differently.

Beyond JSON itself these are refused: a byte order mark, bytes that are no UTF-8, duplicate keys, NaN and infinities,
numbers that overflow, integers outside ±(2^53 - 1), a minus zero, lone surrogates, NUL in a key, more than 64 levels.
"""

import json
import re
from typing import Any, Final, NoReturn

from headwater.errors import FormatError, LimitError

MAX_DEPTH: Final = 64
MAX_INTEGER: Final = 2**53 - 1
"""Largest integer that every JSON reader keeps exactly (RFC 8259, section 6)."""

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET: Final = re.compile(r"[\[\]{}]")


def read_object(data: bytes) -> dict[str, Any]:
    """Return the JSON object that the bytes are.

    Raises:
        FormatError: they are no JSON object in the one spelling that the wire takes.
        LimitError: they are nested deeper than 64 levels.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("not UTF-8") from error
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_int=_small_integer,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:
        raise FormatError("not JSON") from error
    if not isinstance(value, dict):
        raise FormatError("not a JSON object")
    if "\\u" in text:
        _check_surrogates(value)
    return value


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise LimitError("nested deeper than 64 levels")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise FormatError("a key stands twice in one object")
    if any("\0" in key for key in found):
        raise FormatError("a NUL in a key")
    return found


def _no_constant(_: str) -> NoReturn:
    raise FormatError("NaN or an infinity")


def _small_integer(text: str) -> int:
    if text == "-0":
        raise FormatError("a minus zero")
    if len(text) > len(str(-MAX_INTEGER)) or abs(int(text)) > MAX_INTEGER:
        raise FormatError("an integer that not every reader keeps exactly")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise FormatError("a number that overflows")
    return number


def _check_surrogates(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise FormatError("a lone surrogate") from error
