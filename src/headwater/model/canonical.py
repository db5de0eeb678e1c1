"""One way from a value to bytes and back: sorted keys, sorted sets, no spare space.

The bytes are headwater's own (stored, and hashed into identifiers). What came from outside is never brought into this
form: it is kept and checked as it was sent.
"""

import hashlib
from collections.abc import Hashable
from functools import cache
from threading import Lock
from typing import Any, Final, TypeVar, cast

import msgspec

from headwater.errors import FormatError, Place, SchemaError

T = TypeVar("T")

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
HASH_LETTERS: Final = 40
"""Letters of SHA-256 kept in an identifier: 160 bits."""


def encode(value: object) -> bytes:
    """Return the one JSON text of a value: keys and sets in order, UTF-8, no white space.

    Raises:
        SchemaError: a text in it is no text: it holds half of a surrogate pair.
    """
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError as error:
        raise SchemaError("half of a surrogate pair, which is no letter") from error


_ONE_AT_A_TIME: Final = Lock()


@cache
def _decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    # msgspec (0.22) hands what it knows of a type to other threads before it knows it all: two that meet a type for the
    # first time at once can end the process. A decoder that was made alone is whole.
    with _ONE_AT_A_TIME:
        return msgspec.json.Decoder(kind)


def decode(data: bytes, kind: type[T]) -> T:
    """Return the value that `encode` made, checked against its type.

    Raises:
        FormatError: the bytes are not JSON.
        SchemaError: a field is missing or of another type, or unknown where the type forbids that (messages do).
    """
    try:
        value: T = _decoder(cast("Hashable", kind)).decode(data)
    except msgspec.ValidationError as error:
        raise _schema_error(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"not JSON: {error}") from error
    return value


def convert(value: object, kind: type[T]) -> T:
    """Return the value of a type that plain lists, objects and numbers stand for, checked as `decode` checks.

    Raises:
        SchemaError: a field is missing or of another type, or unknown where the type forbids that.
    """
    meet(kind)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise _schema_error(error) from error


def meet(kind: type) -> None:
    """Let msgspec learn a type alone, so that whatever reads it later, in whichever thread, finds it learnt."""
    _decoder(cast("Hashable", kind))


def _schema_error(error: msgspec.ValidationError) -> SchemaError:
    text, _, path = str(error).partition(" - at `")
    return SchemaError(text, where=Place(field=path.strip("`$.") or None))


def content_id(prefix: str, value: object) -> str:
    """Return an identifier made from content: equal values have equal identifiers."""
    return f"{prefix}-{hashlib.sha256(encode(value)).hexdigest()[:HASH_LETTERS]}"
