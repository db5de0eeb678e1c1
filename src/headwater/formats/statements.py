"""Payments and company registers as JSON: FollowTheMoney entities, and beneficial ownership statements (BODS 0.4).

Sources: FollowTheMoney 4.11, schema names; Open Ownership, Beneficial Ownership Data Standard 0.4 (2024).
"""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

from headwater.errors import FormatError, HeadwaterError, Place, SchemaError
from headwater.formats.safe import MAX_FILE_BYTES, parse_json, parse_json_lines
from headwater.formats.table_rows import Read, gathered
from headwater.model.money import minor_units
from headwater.ports import LeftOut, Rows, Span

_PARTIES: Final = {
    "Person": "person",
    "Company": "company",
    "Organization": "company",
    "LegalEntity": "company",
    "PublicBody": "company",
}
_LINKS: Final = {
    "Ownership": ("owner", "asset", "shareholding"),
    "Control": ("controller", "controlled", "control"),
    "Directorship": ("director", "organization", "directorship"),
    "Representation": ("agent", "client", "representation"),
}
_DAY_LETTERS: Final = len("2026-11-25")
_MONTH_LETTERS: Final = len("2026-11")
_BASIS_POINTS: Final = 100


class FtmTables:
    """FollowTheMoney JSON lines: payments, companies and who owns them."""

    name = "ftm-tables"
    title = "FollowTheMoney payments, companies and ownership, JSON lines"
    tables = ("payments", "companies", "ownership")

    def rows(self, stream: BinaryIO, *, file: str, span: Span) -> Iterator[Rows | LeftOut]:
        """Yield the rows of each table; entities of other types are passed over.

        Raises:
            InputError: beyond the limits, or nothing of use in it.
        """
        yield from gathered(_ftm_rows(stream.read(MAX_FILE_BYTES + 1), file), file=file, span=span)


class BodsStatements:
    """Beneficial ownership statements, BODS 0.4, as one JSON array or as JSON lines."""

    name = "bods"
    title = "beneficial ownership statements, BODS 0.4, JSON"
    tables = ("companies", "ownership")

    def rows(self, stream: BinaryIO, *, file: str, span: Span) -> Iterator[Rows | LeftOut]:
        """Yield companies, persons and relationships; closed statements and those that a later one replaces are left.

        Raises:
            InputError: beyond the limits, or no statement of BODS 0.4 in it.
        """
        statements = list(_documents(stream.read(MAX_FILE_BYTES + 1), file))
        yield from gathered(_bods_rows(statements, file), file=file, span=span)


def _documents(data: bytes, file: str) -> Iterator[tuple[int, Mapping[str, Any] | HeadwaterError]]:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        found = parse_json(data, where=Place(file=file), allow_bom=True)
        numbered = list(enumerate(found if isinstance(found, list) else [], 1))
    else:
        numbered = list(parse_json_lines(data, file=file))
    for number, value in numbered:
        if isinstance(value, HeadwaterError | dict):
            yield number, value
        else:
            yield number, FormatError("not a JSON object", where=Place(file=file, line=number))


def _ftm_rows(data: bytes, file: str) -> Iterator[Read]:
    for line, found in _documents(data, file):
        if isinstance(found, HeadwaterError):
            yield "payments", line, found
            continue
        schema, properties = found.get("schema"), found.get("properties")
        if not isinstance(schema, str) or not isinstance(properties, dict) or not isinstance(found.get("id"), str):
            yield "payments", line, SchemaError("not an entity with id, schema and properties")
            continue
        try:
            if schema == "Payment":
                yield "payments", line, _payment(found["id"], properties)
            elif schema in _PARTIES:
                yield "companies", line, _party(found["id"], schema, properties)
            elif schema in _LINKS:
                yield "ownership", line, _link(schema, properties)
        except HeadwaterError as error:
            yield "payments", line, error


def _first(properties: Mapping[str, Any], *names: str) -> str:
    for name in names:
        values = properties.get(name)
        if isinstance(values, list) and values and isinstance(values[0], str):
            return values[0]
    return ""


def _payment(ref: str, properties: Mapping[str, Any]) -> dict[str, str | int]:
    unit = _first(properties, "currency")
    return {
        "id": ref,
        "time_us": _moment(_first(properties, "date", "startDate")),
        "sender": _first(properties, "payerAccount", "payer"),
        "receiver": _first(properties, "beneficiaryAccount", "beneficiary"),
        "amount": minor_units(_first(properties, "amount"), unit, where=Place(field="amount")),
        "currency": unit,
        "channel": "bank",
        "text": _first(properties, "purpose"),
    }


def _party(ref: str, schema: str, properties: Mapping[str, Any]) -> dict[str, str | int]:
    topics = properties.get("topics")
    return {
        "id": ref,
        "name": _first(properties, "name"),
        "kind": _PARTIES[schema],
        "country": _first(properties, "jurisdiction", "country").upper()[:2],
        "activity": _first(properties, "sector", "classification"),
        "registered_us": _moment(_first(properties, "incorporationDate")),
        "designated": int(isinstance(topics, list) and "sanction" in topics),
    }


def _link(schema: str, properties: Mapping[str, Any]) -> dict[str, str | int]:
    owner, owned, role = _LINKS[schema]
    share = _first(properties, "percentage").rstrip("% ")
    return {
        "owner": _first(properties, owner),
        "owned": _first(properties, owned),
        "share_bp": _basis_points(share),
        "role": _first(properties, "role") or role,
    }


def _basis_points(share: object) -> int | str:
    try:
        number = float(str(share))
    except ValueError:
        return ""
    return round(number * _BASIS_POINTS) if 0 <= number <= _BASIS_POINTS else ""


def _moment(text: str) -> str:
    """Return a day or time as our own columns take it; of a year or month, its first day."""
    if len(text) == _MONTH_LETTERS:
        text += "-01"
    elif len(text) == len("2026"):
        text += "-01-01"
    return f"{text}T00:00:00Z" if len(text) == _DAY_LETTERS else text


def _bods_rows(statements: list[tuple[int, Mapping[str, Any] | HeadwaterError]], file: str) -> Iterator[Read]:
    newest: dict[tuple[str, str], tuple[int, Mapping[str, Any]]] = {}
    for line, statement in statements:
        if isinstance(statement, HeadwaterError):
            yield "companies", line, statement
            continue
        kind, record = statement.get("recordType"), statement.get("recordId")
        details = statement.get("recordDetails")
        if kind not in ("entity", "person", "relationship") or not isinstance(record, str):
            yield "companies", line, SchemaError("no statement of BODS 0.4", where=Place(field="recordType"))
        elif not isinstance(details, dict):
            yield "companies", line, SchemaError("a missing value", where=Place(field="recordDetails"))
        else:
            newest[kind, record] = line, statement  # later statements about a record replace earlier ones
    if not newest:
        raise FormatError("there is no statement of BODS 0.4 in it", where=file)
    for (kind, record), (line, statement) in newest.items():
        if statement.get("recordStatus") == "closed":
            continue
        details = statement["recordDetails"]
        if kind == "relationship":
            yield from ((("ownership", line, row)) for row in _relationship(details))
        else:
            yield "companies", line, _subject(kind, record, details)


def _subject(kind: str, record: str, details: Mapping[str, Any]) -> dict[str, str | int]:
    names = details.get("names")
    first = names[0] if isinstance(names, list) and names and isinstance(names[0], dict) else {}
    place = details.get("jurisdiction")
    name = details.get("name") if kind == "entity" else first.get("fullName")
    founded = details.get("foundingDate")
    return {
        "id": record,
        "name": name if isinstance(name, str) else "",
        "kind": "company" if kind == "entity" else "person",
        "country": str(place.get("code", ""))[:2] if isinstance(place, dict) else "",
        "registered_us": _moment(founded) if isinstance(founded, str) else "",
    }


def _relationship(details: Mapping[str, Any]) -> Iterator[dict[str, str | int]]:
    owner, owned = details.get("interestedParty"), details.get("subject")
    if not isinstance(owner, str) or not isinstance(owned, str):
        return  # a party that the statement leaves unspecified
    interests = details.get("interests")
    for interest in interests if isinstance(interests, list) and interests else [{}]:
        if not isinstance(interest, dict) or interest.get("endDate"):
            continue
        share = interest.get("share")
        share = share if isinstance(share, dict) else {}
        yield {
            "owner": owner,
            "owned": owned,
            "share_bp": _basis_points(share.get("exact", share.get("minimum", ""))),
            "role": str(interest.get("type", "shareholding"))[:100],
        }
