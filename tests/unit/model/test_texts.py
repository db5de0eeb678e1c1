"""Texts with a meaning: identifiers, grades, times and days, names of types and properties, messages."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from headwater.errors import SchemaError
from headwater.model.canonical import decode, encode
from headwater.model.grade import _INFORMATION_MAPS, _SOURCE_MAPS, SCHEMES, Grade, parse_grade, translate
from headwater.model.ids import AuthorityId, authority_id, blob_hash, message_id, new_message_id, state_of
from headwater.model.message import AMEND_ACTIONS, HOUSEKEEPING, Amend, Consent, Kind, Message, MessageFact
from headwater.model.schema import (
    IDENTITY_PROPERTIES,
    SENSITIVE_PROPERTIES,
    check_property,
    is_person,
    schema,
    schemata,
)
from headwater.model.times import format_instant, is_partial_date, parse_day, parse_instant


@pytest.mark.parametrize("text", ["UK-NCA", "RS-MOI", "UN-SC", "XK-KP", "EUR-EUROPOL", "US-DHS-HSI", "AA-1"])
def test_an_authority_is_a_state_and_a_body(text: str) -> None:
    assert authority_id(text) == text


@pytest.mark.parametrize(
    "text", ["", "UK", "UK-", "uk-nca", "U-NCA", "UK_NCA", "UK-NCA\n", "UKGB-NCA", "UK-NCA-A-B", "ÜK-NCA"]
)
def test_what_names_no_authority_is_refused(text: str) -> None:
    with pytest.raises(SchemaError):
        authority_id(text)


def test_a_state_is_what_stands_before_the_first_hyphen() -> None:
    assert state_of(AuthorityId("US-DHS-HSI")) == "US"


@pytest.mark.parametrize("text", ["a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 64 + "\n", "../" + "a" * 61])
def test_what_is_no_sha_256_is_refused(text: str) -> None:
    with pytest.raises(SchemaError):
        blob_hash(text)


def test_a_sha_256_is_taken() -> None:
    assert blob_hash("0a" * 32) == "0a" * 32


@pytest.mark.parametrize("now_ms", [0, 1_764_000_000_000, (1 << 48) - 1])
@pytest.mark.parametrize("chance", [b"\x00" * 10, b"\xff" * 10, bytes(range(10))])
def test_a_message_is_named_by_a_uuid_of_version_7(now_ms: int, chance: bytes) -> None:
    name = new_message_id(now_ms, chance)
    assert message_id(name) == name
    uuid = UUID(name)
    assert uuid.version == 7
    assert uuid.variant == "specified in RFC 4122"
    assert uuid.int >> 80 == now_ms


def test_later_messages_have_later_names() -> None:
    assert new_message_id(1, b"\xff" * 10) < new_message_id(2, b"\x00" * 10)


@pytest.mark.parametrize(
    "text",
    [
        "01890A5D-AC96-774B-BCCE-B302099A8057",
        "01890a5d-ac96-474b-bcce-b302099a8057",
        "01890a5d-ac96-774b-7cce-b302099a8057",
        "01890a5dac96774bbcceb302099a8057",
        "",
    ],
)
def test_another_uuid_is_no_name_of_a_message(text: str) -> None:
    with pytest.raises(SchemaError):
        message_id(text)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_grade_is_written_read_and_told(scheme: str) -> None:
    for source in SCHEMES[scheme].source:
        for information in SCHEMES[scheme].information:
            grade = Grade(scheme, source, information)
            assert parse_grade(str(grade)) == grade
            assert SCHEMES[scheme].source[source] in grade.meaning
            assert SCHEMES[scheme].information[information] in grade.meaning


@pytest.mark.parametrize("text", ["", "3x5x2", "3x5x2:1B", "3x5x2:4/A", "3x5x2:1/F", "9x9:A/1", "4x4:D/1", "4x4:A/1 "])
def test_what_is_no_grade_is_refused(text: str) -> None:
    with pytest.raises(SchemaError):
        parse_grade(text)


@pytest.mark.parametrize(("given", "to"), sorted(_SOURCE_MAPS))
def test_a_mapping_has_an_answer_for_every_grade_and_keeps_the_given_one(given: str, to: str) -> None:
    assert set(_SOURCE_MAPS[given, to]) == set(SCHEMES[given].source)
    assert set(_INFORMATION_MAPS[given, to]) == set(SCHEMES[given].information)
    for source in SCHEMES[given].source:
        for information in SCHEMES[given].information:
            grade = Grade(given, source, information)
            translation = translate(grade, to)
            assert translation.given == grade
            assert translation.nearest.scheme == to
            assert str(grade) in translation.note


def test_a_grade_in_its_own_scheme_is_itself_and_an_unmapped_scheme_is_refused() -> None:
    grade = parse_grade("5x5x5:A/1")
    assert translate(grade, "5x5x5").nearest == grade
    with pytest.raises(SchemaError, match="no mapping"):
        translate(grade, "4x4")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-25T08:30:00Z", datetime(2026, 11, 25, 8, 30, tzinfo=UTC)),
        ("2026-11-25T08:30:00.5Z", datetime(2026, 11, 25, 8, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-11-25T00:30:00+01:00", datetime(2026, 11, 24, 23, 30, tzinfo=UTC)),
        ("2024-02-29T23:59:59-00:30", datetime(2024, 3, 1, 0, 29, 59, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_in_utc(text: str, instant: datetime) -> None:
    assert parse_instant(text) == instant
    assert parse_instant(format_instant(instant)) == instant


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-25",
        "2026-11-25T08:30:00",
        "2026-11-25 08:30:00Z",
        "2026-11-25T08:30Z",
        "2026-11-25T08:30:60Z",
        "2026-11-25T24:30:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-25T08:30:00.1234567Z",
        "2026-11-25T08:30:00Z\n",
        "2026-11-25t08:30:00z",
        "2026-11-25T08:30:00+99:00",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        "٢٠٢٦-11-25T08:30:00Z",
    ],
)
def test_what_is_no_instant_is_refused_with_the_field(text: str) -> None:
    with pytest.raises(SchemaError, match="field 'expires'"):
        parse_instant(text, field="expires")


def test_an_instant_is_written_with_z_and_no_idle_fraction() -> None:
    assert format_instant(datetime(2026, 11, 25, 8, 30, tzinfo=UTC)) == "2026-11-25T08:30:00Z"
    assert format_instant(parse_instant("2026-11-25T08:30:00.25+01:00")) == "2026-11-25T07:30:00.250000Z"
    with pytest.raises(SchemaError, match="without a zone"):
        format_instant(datetime(2026, 11, 25))  # noqa: DTZ001 (what is tested)


@pytest.mark.parametrize("text", ["2026", "2026-11", "2026-11-25", "2024-02-29", "0001"])
def test_a_date_may_be_partial(text: str) -> None:
    assert is_partial_date(text)


@pytest.mark.parametrize(
    "text", ["", "26", "2026-13", "2026-00", "2026-02-30", "2026-1-1", "0000", "2026-11-25T", "٢٠٢٦", "2026\n"]
)
def test_what_is_no_date_is_told(text: str) -> None:
    assert not is_partial_date(text)


def test_a_day_is_read() -> None:
    assert parse_day("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-02-30", "20260225", "2026-W01-1", "2026-11-25T00:00:00Z", "٢٠٢٦-11-25"]
)
def test_what_is_no_day_is_refused_with_the_field(text: str) -> None:
    with pytest.raises(SchemaError, match="field 'until'"):
        parse_day(text, field="until")
    with pytest.raises(SchemaError):
        parse_day(text)


def test_a_type_has_the_properties_of_those_it_extends() -> None:
    assert schema("Company").extends >= {"Organization", "LegalEntity", "Thing", "Asset", "Value"}
    assert check_property("Person", "birthDate") == "date"
    assert check_property("Person", "name") == "name"
    assert check_property("Vessel", "registrationNumber") == "identifier"
    assert check_property("Passport", "holder") == "entity"


def test_unknown_types_and_properties_are_refused() -> None:
    with pytest.raises(SchemaError, match="unknown entity type"):
        schema("Spaceship")
    with pytest.raises(SchemaError, match="Vehicle has no such property") as refused:
        check_property("Vehicle", "birthDate")
    assert refused.value.where.field == "birthDate"


def test_only_a_person_is_a_person() -> None:
    assert [name for name in schemata() if is_person(name)] == ["Person"]


def test_every_name_used_elsewhere_is_a_name_of_the_schema() -> None:
    properties = {prop for one in schemata().values() for prop in one.properties}
    assert properties >= SENSITIVE_PROPERTIES
    # Of the identity properties these are words of the agreements, not of the schema.
    assert IDENTITY_PROPERTIES - properties == {"account", "deviceId", "photo"}


@pytest.mark.parametrize(
    "prop",
    [
        "name",
        "alias",
        "birthDate",
        "birthPlace",
        "idNumber",
        "passportNumber",
        "phone",
        "email",
        "address",
        "account",
        "deviceId",
        "photo",
    ],
)
def test_the_identity_properties_of_the_law_are_among_ours(prop: str) -> None:
    assert prop in IDENTITY_PROPERTIES


@pytest.mark.parametrize("prop", ["notes", "summary", "description", "biography"])
def test_free_text_names_a_person_too(prop: str) -> None:
    assert prop in IDENTITY_PROPERTIES
    assert check_property("Person", prop)


WIRE: dict[str, Any] = {
    "kind": "spontaneous",
    "from": "AA-POL",
    "to": "BB-POL",
    "expires": "2026-06-30T00:00:00Z",
    "consents": [{"type": "onward", "from": "CC", "to": "BB", "facts": ["f1"], "purposes": ["oic"], "decision": "yes"}],
    "amend": {"action": "erase", "facts": ["f1"]},
    "break_glass": {"reason": "r"},
    "facts": {"f1": {"prop": "name", "category": "suspect", "origin": "AA", "retain_until": "2027-01-31"}},
}


def test_a_message_survives_the_wire() -> None:
    message = decode(encode(WIRE), Message)
    assert message.sender == "AA-POL"
    assert message.consents[0].giver == "CC"
    assert decode(encode(message), Message) == message
    assert b'"from":"AA-POL"' in encode(message)


@pytest.mark.parametrize(
    "change",
    [
        {"restriction": "x"},
        {"sender": "AA-POL"},
        {"kind": "telegram"},
        {"expires": "tomorrow"},
        {"expires": "2026-06-30"},
        {"amend": {"action": "burn", "facts": []}},
        {"amend": {"action": "erase", "facts": [], "by": "x"}},
        {"break_glass": {"reason": "r", "by": "x"}},
        {"consents": [{**WIRE["consents"][0], "only": "x"}]},
        {"consents": [{**WIRE["consents"][0], "until": "soon"}]},
        {"facts": {"f1": {"prop": "name", "origin": "AA", "only": "x"}}},
        {"facts": {"f1": {"prop": "name", "origin": "AA", "retain_until": "31.01.2027"}}},
        {"facts": {"f1": {"prop": "name"}}},
    ],
    ids=repr,
)
def test_what_this_version_cannot_obey_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        decode(encode({**WIRE, **change}), Message)


@pytest.mark.parametrize("action", AMEND_ACTIONS)
def test_a_known_action_is_taken(action: str) -> None:
    assert Amend(action=action, facts=()).action == action


def test_a_day_in_a_message_that_is_none_is_refused_when_made() -> None:
    state = state_of(AuthorityId("AA-POL"))
    with pytest.raises(SchemaError):
        MessageFact(prop="name", origin=state, retain_until="2027-02-30")
    consent = msgspec.convert(WIRE["consents"][0], Consent)
    with pytest.raises(SchemaError):
        msgspec.structs.replace(consent, until="2027-02-30")


def test_housekeeping_kinds_are_those_of_the_law() -> None:
    assert {str(kind) for kind in HOUSEKEEPING} == {
        *("amend", "amend-done", "notice", "receipt", "card", "checkpoint", "ping")
    }
    assert Kind.USE not in HOUSEKEEPING
