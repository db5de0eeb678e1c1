"""A name, number, day or word is read whole: what begins with a good one, or ends with one, is none."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import pytest

from headwater.errors import InputError, Place, SchemaError
from headwater.exchange.checkpoint import read_checkpoint
from headwater.exchange.proof import read_proof
from headwater.exchange.receipt import Line
from headwater.model.figures import Strand
from headwater.model.grade import parse_grade
from headwater.model.ids import authority_id, blob_hash, message_id
from headwater.model.money import minor_units
from headwater.model.period import parse_period
from headwater.model.threat import observable
from headwater.model.times import is_partial_date, parse_day, parse_instant
from tests.unit.exchange.test_edges import NOTE, proof

HASH: Final = "0123456789abcdef" * 4
REF: Final = "0195566a-0000-7000-8000-000000000001"


def true(found: object) -> None:
    """Refuse what answers with nothing, as the others do."""
    if not found:
        raise SchemaError("none")


def note(line: int, text: str) -> None:
    """Read a signed note with another line."""
    lines = NOTE.to_bytes().decode().split("\n")
    lines[line] = text
    read_checkpoint("\n".join(lines).encode())


def indexed(text: str) -> None:
    """Read a proof with another index."""
    lines = proof().split(b"\n")
    lines[2] = text.encode()
    read_proof(b"\n".join(lines))


def is_read(read: Callable[[str], Any], text: str) -> bool:
    """Whether a reader takes a text."""
    try:
        read(text)
    except InputError:
        return False
    return True


READERS: Final[dict[str, tuple[Callable[[str], Any], str]]] = {
    "authority": (authority_id, "UK-NCA"),
    "authority with a part": (authority_id, "DE-BKA-ST3"),
    "blob": (blob_hash, HASH),
    "message": (message_id, REF),
    "instant": (parse_instant, "2026-11-25T08:30:00Z"),
    "instant with an offset": (parse_instant, "2026-11-25T08:30:00.5+01:00"),
    "day": (parse_day, "2026-11-25"),
    "partial date": (lambda text: true(is_partial_date(text)), "2026-11"),
    "grade": (parse_grade, "3x5x2:1/B"),
    "year": (parse_period, "2024"),
    "quarter": (parse_period, "2024Q1"),
    "month": (parse_period, "2024-01"),
    "named month": (parse_period, "JAN2024"),
    "period's day": (parse_period, "2024-01-31"),
    "amount": (lambda text: minor_units(text, "EUR", where=Place()), "1234.50"),
    "series": (lambda text: Strand(text, (1,)), "frontex.west-balkans"),
    "result": (lambda text: Line(id=None, sha256=HASH, result=text), "refused:bad-seal"),
    "stored": (lambda text: Line(id=None, sha256=HASH, result=text), "stored"),
    "receipt's message": (lambda text: Line(id=text, sha256=HASH, result="stored"), REF),
    "receipt's hash": (lambda text: Line(id=None, sha256=text, result="stored"), HASH),
    "size of a log": (lambda text: note(1, text), "7"),
    "root of a log": (lambda text: note(2, text), NOTE.to_bytes().decode().split("\n")[2]),
    "signature of a note": (lambda text: note(4, text), NOTE.to_bytes().decode().split("\n")[4]),
    "index of a proof": (indexed, "index 3"),
    "address": (lambda text: true(observable("address", text)), "192.0.2.7"),
    "domain": (lambda text: true(observable("domain", text)), "boats.example"),
    "phone": (lambda text: true(observable("phone", text)), "+381600000001"),
    "wallet": (lambda text: true(observable("wallet", text)), "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7k"),
    "account": (lambda text: true(observable("account", text)), "RS35260005601001611379"),
}
"""What reads a text, and one that it takes."""
FORGIVES_SPACE: Final = {"year", "quarter", "month", "named month", "period's day"} | {
    "address",
    "domain",
    "phone",
    "wallet",
    "account",
}
AFTER: Final = ("\0", "!x", ";", "/../x", "\r-")
BEFORE: Final = ("\0", "x!", ";", "\u202e", "../")


@pytest.mark.parametrize("name", READERS)
def test_what_is_good_is_read_and_with_anything_before_or_after_it_is_not(name: str) -> None:
    read, good = READERS[name]
    read(good)
    space = () if name in FORGIVES_SPACE else (good + "\n", good + " ", " " + good, "\n" + good)
    others = [*(good + more for more in AFTER), *(more + good for more in BEFORE), *space, ""]
    assert [text for text in others if is_read(read, text)] == []


@pytest.mark.parametrize("name", READERS)
def test_no_digits_but_those_of_ascii_count(name: str) -> None:
    read, good = READERS[name]
    digits = [place for place, letter in enumerate(good) if letter.isdigit()]
    for place in digits[:1] + digits[-1:]:
        for script in ("\u0660", "\uff10", "\u0966"):
            other = good[:place] + chr(ord(script) + int(good[place])) + good[place + 1 :]
            assert not is_read(read, other), other


def test_a_day_is_a_day_of_the_calendar() -> None:
    assert parse_day("2028-02-29") == date(2028, 2, 29)
    for text in ("2026-02-29", "2026-13-01", "2026-00-10", "2026-11-31", "20261125", "2026-W48-3", "2026-329"):
        with pytest.raises(InputError):
            parse_day(text)
