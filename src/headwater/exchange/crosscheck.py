"""The blind cross-check: what a request asks about is looked up in our own holdings, and only our own desk learns of it.

Names are compared in an exact normal form, identifiers without their punctuation. The answer is a finding, hit or no hit, that
rests on the request's own facts and on what was found; nothing of it leaves by itself, and whoever asked cannot tell.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from headwater.exchange.holdings import Reader
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.handling import join_all
from headwater.model.ids import FactId, MessageId
from headwater.model.record import Record

CHECKED: Final = "cross-check"
"""Kind of the documents that say which requests were checked, by the request."""
NAMES: Final = frozenset({"name", "alias", "weakAlias", "previousName"})
IDENTIFIERS: Final = frozenset(
    {
        *("idNumber", "passportNumber", "registrationNumber", "taxNumber", "imoNumber", "mmsi", "vin", "iban"),
        *("accountNumber", "phone", "email", "deviceId", "publicKey", "number", "callSign", "serialNumber"),
    }
)
MOST_HITS: Final = 100


@dataclass(frozen=True, slots=True)
class Check:
    """One request to be checked: the message, and the records that it became."""

    request: MessageId
    records: tuple[Record, ...]


def normal(prop: str, value: str) -> bytes | None:
    """Return the exact normal form of a value, None for a property that is not compared."""
    text = unicodedata.normalize("NFKC", value).casefold()
    if prop in NAMES:
        return b"name\0" + " ".join(sorted(text.split())).encode()
    if prop in IDENTIFIERS:
        plain = "".join(letter for letter in text if letter.isalnum() or letter == "@")
        return b"id\0" + plain.encode() if plain else None
    return None


def term(prop: str, value: str) -> bytes | None:
    """Return what two equal values of a property have in common, None for a property that is not compared."""
    form = normal(prop, value)
    return None if form is None else sha256(form).digest()


def terms(record: Record) -> Iterator[tuple[bytes, FactId]]:
    """Yield what can be compared in a record."""
    for number, fact in record.numbered():
        found = term(fact.prop, fact.value)
        if found is not None:
            yield found, number


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check of one request found; None where it names nothing comparable.

    Attributes:
        hits: our records that were found, as they were then.
    """

    check: Check
    finding: Finding | None
    hits: tuple[Record, ...]


def check(reader: Reader, checks: Sequence[Check]) -> list[Checked]:
    """Return what each check finds: one pass over all that is held, so never within a change that others wait for."""
    wanted: dict[bytes, list[int]] = {}
    for number, each in enumerate(checks):
        for record in each.records:
            for found, _ in terms(record):
                wanted.setdefault(found, []).append(number)
    hits: list[dict[FactId, Record]] = [{} for _ in checks]
    own = [frozenset(record.id for record in each.records) for each in checks]
    if wanted:
        for record in reader.records():
            for found, fact in terms(record):
                for number in wanted.get(found, ()):
                    if len(hits[number]) < MOST_HITS and fact.partition("/")[0] not in own[number]:
                        hits[number][fact] = record
    return [
        Checked(
            each,
            _finding(each, hit) if any(map(_has_terms, each.records)) else None,
            tuple(dict.fromkeys(hit.values())),
        )
        for each, hit in zip(checks, hits, strict=True)
    ]


def _has_terms(record: Record) -> bool:
    return next(terms(record), None) is not None


def _finding(asked: Check, hits: dict[FactId, Record]) -> Finding:
    text = f"hit: {len(hits)} of our own facts" if hits else "no hit"
    handlings = [record.handling for record in (*asked.records, *hits.values())]
    return Finding(
        kind="exchange.cross-check",
        subjects=(asked.request,),
        score=1.0 if hits else 0.0,
        text=f"Cross-check of a partner's request: {text}.",
        reasons=(Reason("exact-terms", 1.0 if hits else -1.0, "Names and identifiers were compared exactly."),),
        evidence=(*(Evidence.record(record.id) for record in asked.records), *map(Evidence.fact, hits)),
        engine="exchange",
        engine_version="1",
        params="{}",
        handling=join_all(handlings),
    )
