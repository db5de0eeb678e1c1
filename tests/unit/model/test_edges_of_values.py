"""Every limit of a value at its edge: the last that exists, and the first that does not."""

from collections.abc import Callable
from math import inf, nan
from pathlib import Path
from typing import Any, Final

import pytest

from headwater.errors import InputError, Place
from headwater.model.fact import fact_id
from headwater.model.figures import MAX_COUNT, Strand
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.handling import Handling
from headwater.model.ids import BlobHash, RecordId, StateCode
from headwater.model.message import CHUNK_BYTES, MAX_FILE, MAX_WORD_SIGNATURES, FileRef, Word, WordSignature
from headwater.model.money import MOST_MINOR, minor_units
from headwater.model.scan import MOST_CHANNELS, MOST_LEVEL, Reading, ReadingKind, ScanMeta

ROOT: Final = Path(__file__).resolve().parents[3]
HASH: Final = BlobHash("ab" * 32)


def word(signatures: int) -> Word:
    one = WordSignature(key="ab" * 32, sig="cd" * 64)
    return Word(
        about="amend",
        origin=StateCode("UK"),
        terms=("erase",),
        facts=("f",),
        at="2026-11-25T08:30:00Z",
        signed=(one,) * signatures,
    )


def file(size: int, chunks: int | None = None, name: str = "scan.bin") -> FileRef:
    count = -(-size // CHUNK_BYTES) if chunks is None else chunks
    return FileRef(fact="f", name=name, size=size, sha256=HASH, key="cd" * 32, chunks=(HASH,) * count)


def scan(
    channels: int = 1, air: float = 10.0, dark: float = 0.0, mm: float | None = None, dose: float | None = None
) -> ScanMeta:
    names = tuple(f"c{number}" for number in range(channels))
    return ScanMeta(channels=names, air=(air,) * channels, dark=(dark,) * channels, mm_x=mm, mm_y=mm, dose_usv=dose)


def finding(score: float = 0.5, weight: float = 1.0) -> Finding:
    return Finding(
        kind="match.screening",
        subjects=("x",),
        score=score,
        text="It looks like it.",
        reasons=(Reason("plate", weight, "It agrees."),),
        evidence=(Evidence.fact(fact_id(RecordId("rec-" + "a" * 40), 0)),),
        engine="match",
        engine_version="1",
        params="{}",
        handling=Handling(),
    )


EDGES: dict[str, tuple[Callable[[Any], object], Any, Any]] = {
    "signatures of a word": (word, MAX_WORD_SIGNATURES, MAX_WORD_SIGNATURES + 1),
    "bytes of a file": (file, MAX_FILE, MAX_FILE + 1),
    "least bytes of a file": (file, 1, 0),
    "too few chunks": (lambda chunks: file(CHUNK_BYTES + 1, chunks), 2, 1),
    "too many chunks": (lambda chunks: file(CHUNK_BYTES, chunks), 1, 2),
    "a file's name that leads away": (lambda name: file(1, name=name), "..scan", "../scan"),
    "a file's name that ends early": (lambda name: file(1, name=name), "scan.bin", "scan\0.bin"),
    "a file without a name": (lambda name: file(1, name=name), "s", " "),
    "the largest count": (lambda count: Strand("a.b", (count,)), MAX_COUNT, MAX_COUNT + 1),
    "the least count": (lambda count: Strand("a.b", (count,)), 0, -1),
    "the second count": (lambda count: Strand("a.b", (1, count)), 0, -1),
    "the largest amount": (lambda minor: minor_units(str(minor), "JPY", where=Place()), MOST_MINOR - 1, MOST_MINOR),
    "the least amount": (lambda text: minor_units(text, "EUR", where=Place()), "0.01", "0.00"),
    "the finest amount": (lambda text: minor_units(text, "EUR", where=Place()), "1.10", "1.101"),
    "channels of a scan": (scan, MOST_CHANNELS, MOST_CHANNELS + 1),
    "least channels of a scan": (scan, 1, 0),
    "the air level": (lambda air: scan(air=air), MOST_LEVEL, MOST_LEVEL + 1),
    "the least air level": (lambda air: scan(air=air), 0.1, 0.0),
    "the dark level": (lambda dark: scan(dark=dark), 9.9, 10.0),
    "the least dark level": (lambda dark: scan(dark=dark), 0.0, -0.1),
    "the least dose": (lambda dose: scan(dose=dose), 0.0, -0.1),
    "the largest pixel": (lambda mm: scan(mm=mm), 1000.0, 1000.1),
    "the least pixel": (lambda mm: scan(mm=mm), 0.01, 0.009),
    "a rate of what is there": (lambda rate: Reading(ReadingKind.DOG, True, rate, 0.1), 0.999, 1.0),
    "a rate of what is not": (lambda rate: Reading(ReadingKind.DOG, True, 0.9, rate), 0.001, 0.0),
}
"""What makes a value of one part, the last that it takes, and the first that it does not."""


@pytest.mark.parametrize("name", EDGES)
def test_a_value_exists_up_to_its_limit_and_not_beyond(name: str) -> None:
    make, last, beyond = EDGES[name]
    make(last)
    with pytest.raises(InputError):
        make(beyond)


NUMBERS: dict[str, Callable[[float], object]] = {
    "air": lambda number: scan(air=number),
    "dark": lambda number: scan(dark=number),
    "pixel": lambda number: scan(mm=number),
    "dose": lambda number: scan(dose=number),
    "p_d": lambda number: Reading(ReadingKind.DOG, True, number, 0.1),
    "p_fa": lambda number: Reading(ReadingKind.DOG, True, 0.9, number),
    "score": lambda number: finding(score=number),
    "weight": lambda number: finding(weight=number),
}
"""What makes a value of one number that is measured or worked out."""


@pytest.mark.parametrize("number", [nan, inf, -inf])
@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_no_number_is_no_value(name: str, number: float) -> None:
    NUMBERS[name](0.5)
    with pytest.raises(InputError):
        NUMBERS[name](number)
