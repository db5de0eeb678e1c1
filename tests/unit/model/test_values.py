"""Values are valid by construction: what cannot be is refused, and equal values have equal identifiers."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from headwater.errors import FormatError, SchemaError
from headwater.model.canonical import content_id, decode, encode
from headwater.model.decision import Decision, Verb, standing
from headwater.model.entity import entity_from
from headwater.model.fact import Fact, fact_id, record_of
from headwater.model.finding import Evidence, EvidenceKind, Finding, Reason, params_text
from headwater.model.grade import parse_grade
from headwater.model.handling import UNRESTRICTED, Handling
from headwater.model.ids import AuthorityId, BlobHash, EntityKey, FactId, RecordId
from headwater.model.period import month_start, parse_period
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.model.times import parse_instant

NOON = parse_instant("2026-03-02T12:00:00Z")
CAR = Mention(EntityKey("car"), "Vehicle")
MAN = Mention(EntityKey("man"), "Person", PersonCategory.SUSPECT)


def record(**changes: Any) -> Record:
    given: dict[str, Any] = {
        "origin": Origin(AuthorityId("AA-POL"), "report", file="r.json", place="1"),
        "handling": Handling(purposes=frozenset({"oic", "sanctions"}), codes=frozenset({"H1", "P"})),
        "mentions": (CAR, MAN),
        "facts": (
            Fact(EntityKey("car"), "registrationNumber", "AB 123"),
            Fact(EntityKey("man"), "name", "Ivo Test", lang="sr-Latn", original="Иво Тест"),
        ),
        "recorded_at": NOON,
        "grade": parse_grade("3x5x2:1/B"),
        "blobs": (BlobHash("a" * 64),),
    }
    return Record(**{**given, **changes})


def finding(**changes: Any) -> Finding:
    given: dict[str, Any] = {
        "kind": "match.screening",
        "subjects": ("man",),
        "score": 0.75,
        "text": "the same person",
        "reasons": (Reason("name", 2.5, "the names are equal", "a", "b"),),
        "evidence": (Evidence.record(RecordId("rec-1")),),
        "engine": "match",
        "engine_version": "1",
        "params": "{}",
        "handling": UNRESTRICTED,
    }
    return Finding(**{**given, **changes})


def decision(**changes: Any) -> Decision:
    given: dict[str, Any] = {
        "verb": Verb.CONFIRM,
        "about": "fnd-1",
        "who": "sue",
        "decided_at": NOON,
        "basis": "oic",
        "reason": "seen at the quay",
    }
    return Decision(**{**given, **changes})


BELGRADE = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Fact(EntityKey("car"), "model", " \t"),
        lambda: Mention(EntityKey(" "), "Vehicle"),
        lambda: Mention(EntityKey("x"), "Spaceship"),
        lambda: Mention(EntityKey("x"), "Person"),
        lambda: Mention(EntityKey("x"), "Vehicle", PersonCategory.SUSPECT),
        lambda: record(mentions=(CAR, CAR, MAN)),
        lambda: record(mentions=(CAR,)),
        lambda: record(facts=(Fact(EntityKey("car"), "birthDate", "1990"),)),
        lambda: record(recorded_at=NOON.replace(tzinfo=None)),
        lambda: record(recorded_at=NOON.astimezone(BELGRADE)),
        lambda: decision(decided_at=NOON.replace(tzinfo=None)),
        lambda: decision(decided_at=NOON.astimezone(BELGRADE)),
        lambda: decision(about=" "),
        lambda: decision(who=""),
        lambda: decision(basis=""),
        lambda: decision(reason="\n"),
        lambda: finding(subjects=()),
        lambda: finding(reasons=()),
        lambda: finding(evidence=()),
        lambda: finding(score=1.0001),
        lambda: finding(score=-0.0001),
        lambda: finding(score=float("nan")),
        lambda: Reason("name", 1.0, " "),
        lambda: Reason("name", float("nan"), "text"),
        lambda: Reason("name", float("inf"), "text"),
        lambda: Handling(codes=frozenset({" "})),
        lambda: Handling(conditions=frozenset({""})),
        lambda: Handling(markings=frozenset({""})),
        lambda: Handling(markings=frozenset({"NONE", "OFFICIAL"})),
    ],
)
def test_what_cannot_be_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(SchemaError):
        make()


@pytest.mark.parametrize("value", [record(), finding(), decision()], ids=lambda value: type(value).__name__)
def test_a_value_survives_being_written_down_with_its_identifier(value: Any) -> None:
    read = decode(encode(value), type(value))
    assert read == value
    assert read.id == value.id


@pytest.mark.parametrize(
    ("value", "prefix"),
    [(record(), "rec-"), (finding(), "fnd-"), (decision(), "dec-")],
    ids=["record", "finding", "decision"],
)
def test_an_identifier_is_a_prefix_and_forty_hex_letters(value: Any, prefix: str) -> None:
    assert value.id.startswith(prefix)
    assert len(value.id.removeprefix(prefix)) == 40
    assert int(value.id.removeprefix(prefix), 16)


def test_an_identifier_depends_on_content_and_not_on_the_order_of_sets() -> None:
    one = record(handling=Handling(codes=frozenset(["P", "H1", "TLP:RED"]), addressees=frozenset(["ann", "bo"])))
    two = record(handling=Handling(codes=frozenset(["TLP:RED", "H1", "P"]), addressees=frozenset(["bo", "ann"])))
    assert one.id == two.id


@pytest.mark.parametrize(
    "change",
    [
        {"facts": ()},
        {"recorded_at": None},
        {"grade": None},
        {"amends": RecordId("rec-1")},
        {"blobs": ()},
        {"tables": (BlobHash("b" * 64),)},
        {"handling": Handling()},
        {"origin": Origin(AuthorityId("AA-POL"), "report")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_record_that_differs_in_anything_has_another_identifier(change: dict[str, Any]) -> None:
    assert record(**change).id != record().id


def test_numbers_that_are_equal_are_written_alike() -> None:
    assert finding(score=1).id == finding(score=1.0).id
    assert finding(score=-0.0).id == finding(score=0.0).id
    assert Reason("r", -0.0, "t") == Reason("r", 0, "t")
    assert encode(Reason("r", -0.0, "t")) == encode(Reason("r", 0, "t"))


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_a_score_may_be_certain(score: float) -> None:
    assert finding(score=score).score == score


def test_tlp_red_that_names_nobody_is_for_nobody() -> None:
    assert Handling(codes=frozenset({"TLP:RED"})).addressees == frozenset()
    assert Handling(codes=frozenset({"TLP:AMBER"})).addressees is None
    named = frozenset({"ann"})
    assert Handling(codes=frozenset({"TLP:RED"}), addressees=named).addressees == named


def test_facts_are_numbered_from_nought() -> None:
    kept = record()
    assert [number for number, _ in kept.numbered()] == [f"{kept.id}/0", f"{kept.id}/1"]
    assert fact_id(kept.id, 1) == f"{kept.id}/1"
    assert record_of(FactId(f"{kept.id}/1")) == kept.id


def test_a_mention_is_found_by_its_key() -> None:
    assert record().mention(EntityKey("man")) == MAN
    assert record().mention(EntityKey("boat")) is None


@pytest.mark.parametrize("category", PersonCategory)
def test_victims_and_smuggled_people_are_protected(category: PersonCategory) -> None:
    protected = category in {PersonCategory.VICTIM, PersonCategory.SMUGGLED}
    assert Mention(EntityKey("x"), "Person", category).protected is protected


def test_an_entity_gathers_what_records_say() -> None:
    first = record()
    second = record(
        mentions=(Mention(EntityKey("man"), "Person", PersonCategory.VICTIM),),
        facts=(Fact(EntityKey("man"), "name", "Ivo Test"), Fact(EntityKey("man"), "alias", "Ivek")),
        handling=Handling(purposes=frozenset({"oic"})),
    )
    other = record(mentions=(CAR,), facts=())
    entity = entity_from(EntityKey("man"), [first, other, second])
    assert entity is not None
    assert entity.schema == "Person"
    assert entity.protected
    assert entity.values("name", "alias") == ("Ivo Test", "Ivek")
    assert [statement.id for statement in entity.statements] == [f"{first.id}/1", f"{second.id}/0", f"{second.id}/1"]
    assert entity.handling == first.handling.join(second.handling)


def test_an_entity_of_which_nothing_is_said_keeps_the_handling_of_its_records() -> None:
    strict = Handling(purposes=frozenset({"oic"}))
    entity = entity_from(EntityKey("car"), [record(mentions=(CAR,), facts=(), handling=strict)])
    assert entity is not None
    assert entity.statements == ()
    assert entity.handling == strict
    assert not entity.protected


def test_an_entity_is_of_the_type_that_is_said_first_and_each_property_has_its_own_values() -> None:
    facts = (Fact(EntityKey("car"), "model", "Kombi"), Fact(EntityKey("car"), "type", "van"))
    first = record(mentions=(CAR,), facts=facts)
    later = record(mentions=(Mention(EntityKey("car"), "Vessel"),), facts=(Fact(EntityKey("car"), "model", "Kombi"),))
    alone, both = (entity_from(EntityKey("car"), some) for some in ([first], [first, later]))
    assert alone is not None
    assert both is not None
    assert (alone.schema, both.schema) == ("Vehicle", "Vehicle")
    assert (both.values("type"), both.values("model"), both.values("name")) == (("van",), ("Kombi",), ())
    assert both.values("type", "model") == ("Kombi", "van")


def test_an_entity_that_no_record_mentions_is_none() -> None:
    assert entity_from(EntityKey("boat"), [record()]) is None


def test_evidence_says_what_it_points_at() -> None:
    assert Evidence.fact(FactId("rec-1/0")) == Evidence(EvidenceKind.FACT, "rec-1/0")
    assert Evidence.record(RecordId("rec-1")) == Evidence(EvidenceKind.RECORD, "rec-1")
    assert Evidence.blob(BlobHash("a")) == Evidence(EvidenceKind.BLOB, "a")


def test_parameters_have_one_text() -> None:
    assert params_text({"b": 1, "a": [1, 2]}) == params_text({"a": [1, 2], "b": 1}) == '{"a":[1,2],"b":1}'


def test_text_has_no_spare_space_and_sorted_keys_and_sets() -> None:
    assert encode({"b": frozenset({"y", "x"}), "a": "š"}) == '{"a":"š","b":["x","y"]}'.encode()
    assert content_id("x", {"a": 1}) == content_id("x", {"a": 1})


def test_half_a_letter_is_refused() -> None:
    with pytest.raises(SchemaError, match="surrogate"):
        encode({"a": "\ud800"})


def test_bytes_that_are_no_json_are_told_from_values_that_are_wrong() -> None:
    with pytest.raises(FormatError, match="not JSON"):
        decode(b"{", Fact)
    with pytest.raises(SchemaError) as wrong:
        decode(b'{"entity":"e","prop":"name","value":7}', Fact)
    assert wrong.value.where.field == "value"
    with pytest.raises(SchemaError):
        decode(b'{"entity":"e","prop":"name"}', Fact)


def test_a_decoded_value_is_checked_as_a_made_one() -> None:
    with pytest.raises(SchemaError, match="empty value"):
        decode(b'{"entity":"e","prop":"name","value":" "}', Fact)


@pytest.mark.parametrize("moment", [NOON, datetime(2026, 3, 2, 12, tzinfo=timezone(timedelta(0)))])
def test_utc_may_bear_any_name(moment: datetime) -> None:
    assert decision(decided_at=moment).id == decision().id


def made(verb: Verb, replaces: Any = None) -> Decision:
    at = parse_instant("2026-11-25T08:00:00Z", field="at")
    return Decision(verb=verb, about="fnd-1", who="o.reed", decided_at=at, basis="oic", reason="r", replaces=replaces)


def test_an_undo_takes_back_what_it_names_and_nothing_else() -> None:
    first = made(Verb.DISMISS)
    second = made(Verb.CONFIRM, first.id)
    assert standing([first, second]) == (first, second)
    assert standing([first, second, made(Verb.UNDO, second.id)]) == (first,)
    assert standing([first, second, made(Verb.UNDO)]) == (first, second)
    assert standing([]) == ()


def test_the_marking_none_stands_alone_as_no_marking() -> None:
    with pytest.raises(SchemaError, match="NONE beside others"):
        Handling(markings=frozenset({"NONE"}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2024-11", "in November 2024"),
        ("2024-Q2", "in the second quarter of 2024"),
        ("2024", "in 2024"),
        ("2024-07-05", "on 5 July 2024"),
        ("2024-07-05..2025-03-22", "from 5 July 2024 to 22 March 2025"),
    ],
)
def test_a_period_reads_as_a_sentence_has_it(text: str, words: str) -> None:
    assert parse_period(text).words == words


def test_a_month_above_twelve_is_one_of_a_later_year_and_none_is_beyond_the_calendar() -> None:
    assert [month_start(2024, month).isoformat() for month in (1, 12, 13, 25)] == [
        "2024-01-01",
        "2024-12-01",
        "2025-01-01",
        "2026-01-01",
    ]
    with pytest.raises(SchemaError, match="beyond the calendar"):
        month_start(9999, 13)
