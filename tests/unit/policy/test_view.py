"""What may be seen: purpose, last day, addressees; findings, blobs and tables; and the note of every look."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from typing import Any

import pytest

from headwater.errors import ForbiddenError
from headwater.model.decision import Decision, Verb
from headwater.model.fact import fact_id
from headwater.model.finding import Evidence, EvidenceKind
from headwater.model.handling import Handling
from headwater.model.ids import BlobHash, EntityKey, FactId, FindingId, RecordId
from headwater.model.record import Record
from headwater.model.times import parse_instant
from headwater.policy.acts import GRANTS, Act, Role
from headwater.policy.view import guard
from headwater.ports import Guarded, View
from tests.unit.policy.view_kit import (
    PROTECTION,
    TODAY,
    MemoryAudit,
    MemoryReader,
    finding,
    person,
    record,
    session,
    thing,
    view,
)

CAR = thing("car")
PLATE = (("car", "registrationNumber", "AB 123"),)
HIDDEN = Handling(purposes=frozenset({"sanctions"}))
BLOB = "a" * 64
TABLE = "b" * 64


@pytest.mark.parametrize(
    ("seen", "handling"),
    [
        (True, Handling()),
        (True, Handling(purposes=frozenset({"oic", "sanctions"}))),
        (False, Handling(purposes=frozenset({"sanctions"}))),
        (False, Handling(purposes=frozenset())),
        (True, Handling(retain_until=TODAY)),
        (False, Handling(retain_until=date(2026, 3, 1))),
        (True, Handling(addressees=frozenset({"ann", "bo"}))),
        (False, Handling(addressees=frozenset({"bo"}))),
        (True, Handling(addressees=frozenset({"ann"}), codes=frozenset({"TLP:RED"}))),
        (False, Handling(codes=frozenset({"TLP:RED"}))),
        (True, Handling(codes=frozenset({"TLP:AMBER+STRICT"}))),
    ],
    ids=repr,
)
def test_a_record_is_seen_where_its_handling_allows(seen: bool, handling: Handling) -> None:
    kept = record(CAR, facts=PLATE, handling=handling)
    shown = list(view(MemoryReader([kept])).records())
    assert shown == ([kept] if seen else [])


def world(handling: Handling) -> tuple[MemoryReader, dict[str, Callable[[Guarded], object]]]:
    """A reader with one of everything under one handling, and a look at each thing."""
    kept = record(CAR, facts=PLATE, handling=handling, blobs=(BLOB,), tables=(TABLE,))
    claim = finding(Evidence.fact(fact_id(kept.id, 0)))
    looks: dict[str, Callable[[Guarded], object]] = {
        "record": lambda seen: seen.record(kept.id),
        "fact": lambda seen: seen.fact(fact_id(kept.id, 0)),
        "entity": lambda seen: seen.entity(EntityKey("car")),
        "finding": lambda seen: seen.finding(claim.id),
        "blob": lambda seen: seen.blob(BlobHash(BLOB)),
        "table": lambda seen: seen.table_path(BlobHash(TABLE)),
    }
    return MemoryReader([kept], [claim]), looks


@pytest.mark.parametrize("what", ["record", "fact", "entity", "finding", "blob", "table"])
def test_the_hidden_answers_exactly_as_the_non_existent(what: str) -> None:
    reader, looks = world(HIDDEN)
    with pytest.raises(ForbiddenError) as hidden:
        looks[what](view(reader))
    with pytest.raises(ForbiddenError) as absent:
        looks[what](view(MemoryReader()))
    assert str(hidden.value) == str(absent.value)
    assert hidden.value.where == absent.value.where


@pytest.mark.parametrize("what", ["record", "fact", "entity", "finding", "blob", "table"])
def test_the_visible_is_handed_out(what: str) -> None:
    reader, looks = world(Handling())
    assert looks[what](view(reader))


def test_a_fact_is_found_in_its_record() -> None:
    kept = record(CAR, facts=(*PLATE, ("car", "model", "van")))
    assert view(MemoryReader([kept])).fact(fact_id(kept.id, 1)) == (kept, 1)


@pytest.mark.parametrize("place", ["1", "-1", "x", ""])
def test_a_fact_that_the_record_does_not_have_is_not_there(place: str) -> None:
    kept = record(CAR, facts=PLATE)
    with pytest.raises(ForbiddenError):
        view(MemoryReader([kept])).fact(FactId(f"{kept.id}/{place}"))


def test_records_are_chosen_by_source_and_by_entity() -> None:
    first = record(CAR, facts=PLATE, source="one")
    second = record(CAR, facts=PLATE, source="two")
    other = record(thing("boat"), source="one")
    seen = view(MemoryReader([first, second, other]))
    assert list(seen.records(source="two")) == [second]
    assert set(seen.records(mentions=EntityKey("car"))) == {first, second}
    assert list(seen.records(source="one", mentions=EntityKey("car"))) == [first]


class OfSourcesAlone(MemoryReader):
    """A reader of which nobody asks for everything that there is."""

    def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
        assert (source, mentions) != (None, None), "a look at one source read all others"
        return super().records(source=source, mentions=mentions)


def test_a_look_at_one_source_and_what_it_holds_reads_no_other() -> None:
    given = [record(person("p"), thing("car"), source="one", tables=(TABLE,)), record(person("q"), source="two")]
    seen = view(OfSourcesAlone(given))
    assert list(seen.records(source="one")) == given[:1]
    assert seen.table_path(BlobHash(TABLE)) == f"tables/{TABLE}"


def test_findings_on_files_and_the_files_themselves_read_no_other_record() -> None:
    holder = record(person("p"), thing("car"), source="one", blobs=(BLOB,), tables=(TABLE,))
    claims = [
        finding(Evidence.blob(BlobHash(BLOB)), text="a picture"),
        finding(Evidence(EvidenceKind.TABLE_ROW, f"{TABLE}#7"), text="a row"),
    ]
    reader = OfSourcesAlone([holder, record(person("q"), source="two")], claims)
    assert {one.text for one in view(reader).findings()} == {"a picture", "a row"}
    assert view(reader).finding(claims[1].id) == claims[1]
    assert view(reader).blob(BlobHash(BLOB)) == BLOB.encode()
    with pytest.raises(ForbiddenError):
        view(reader).table_path(BlobHash("c" * 64))


def test_findings_are_shown_whole_where_their_evidence_is_asked_for_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [record(CAR, facts=PLATE, source=f"s{number}") for number in range(7)]
    claims = [finding(Evidence.record(one.id), text=one.origin.source) for one in kept]
    monkeypatch.setattr("headwater.policy.view.FINDINGS_OF_A_PART", 3)
    assert len(list(view(MemoryReader(kept, claims)).findings())) == 7


def test_a_table_of_a_hidden_record_stays_hidden_after_a_look_at_its_source() -> None:
    seen = view(MemoryReader([record(CAR, handling=HIDDEN, source="one", tables=(TABLE,))]))
    assert list(seen.records(source="one")) == []
    with pytest.raises(ForbiddenError):
        seen.table_path(BlobHash(TABLE))


def test_an_entity_is_made_of_visible_records_only() -> None:
    kept = record(CAR, facts=PLATE)
    hidden = record(CAR, facts=(("car", "model", "van"),), handling=HIDDEN)
    entity = view(MemoryReader([kept, hidden])).entity(EntityKey("car"))
    assert [statement.record for statement in entity.statements] == [kept]
    assert entity.handling == kept.handling


@pytest.mark.parametrize(
    ("kind", "ref"),
    [
        (EvidenceKind.FACT, "{hidden}/0"),
        (EvidenceKind.RECORD, "{hidden}"),
        (EvidenceKind.BLOB, "c" * 64),
        (EvidenceKind.TABLE_ROW, f"{'d' * 64}#7"),
        (EvidenceKind.FACT, "{kept}/9"),
        (EvidenceKind.RECORD, "rec-nowhere"),
    ],
)
def test_a_finding_with_one_piece_of_unseen_evidence_is_hidden(kind: EvidenceKind, ref: str) -> None:
    kept = record(CAR, facts=PLATE)
    hidden = record(CAR, facts=PLATE, handling=HIDDEN, blobs=("c" * 64,), tables=("d" * 64,))
    piece = Evidence(kind, ref.format(hidden=hidden.id, kept=kept.id))
    claim = finding(Evidence.fact(fact_id(kept.id, 0)), piece)
    seen = view(MemoryReader([kept, hidden], [claim]))
    assert list(seen.findings()) == []
    with pytest.raises(ForbiddenError):
        seen.finding(claim.id)


def test_a_finding_on_seen_evidence_of_every_kind_is_seen() -> None:
    kept = record(CAR, facts=PLATE, blobs=(BLOB,), tables=(TABLE,))
    claim = finding(
        Evidence.fact(fact_id(kept.id, 0)),
        Evidence.record(kept.id),
        Evidence.blob(BlobHash(BLOB)),
        Evidence(EvidenceKind.TABLE_ROW, f"{TABLE}#7"),
    )
    seen = view(MemoryReader([kept], [claim]))
    assert list(seen.findings()) == [claim]
    assert seen.finding(claim.id) == claim


def test_a_finding_under_a_stricter_handling_of_its_own_is_hidden() -> None:
    kept = record(CAR, facts=PLATE)
    claim = finding(Evidence.record(kept.id), handling=HIDDEN)
    assert list(view(MemoryReader([kept], [claim])).findings()) == []


def decision(about: str) -> Decision:
    return Decision(
        verb=Verb.CONFIRM,
        about=about,
        who="sue",
        decided_at=parse_instant("2026-03-01T10:00:00Z"),
        basis="oic",
        reason="seen at the quay",
    )


def test_decisions_are_seen_with_what_they_are_about() -> None:
    kept = record(CAR, facts=PLATE)
    hidden = record(CAR, facts=PLATE, handling=HIDDEN)
    claims = [finding(Evidence.record(kept.id)), finding(Evidence.record(hidden.id))]
    message = "01890a5d-ac96-774b-bcce-b302099a8057"
    abouts = [kept.id, hidden.id, claims[0].id, claims[1].id, message]
    reader = MemoryReader([kept, hidden], claims, [decision(about) for about in abouts])
    seen = view(reader)
    assert [len(seen.decisions(about)) for about in abouts] == [1, 0, 1, 0, 1]
    assert seen.decisions("rec-nowhere") == ()


def test_decisions_about_messages_are_for_whoever_may_look_at_messages() -> None:
    message = "01890a5d-ac96-774b-bcce-b302099a8057"
    for role in Role:
        if role not in GRANTS[Act.RECORD_LOOK]:
            continue
        seen = view(MemoryReader(decided=[decision(message)]), session(roles=frozenset({role})))
        assert len(seen.decisions(message)) == (role in GRANTS[Act.MESSAGE_LOOK]), role


@pytest.mark.parametrize(("names", "sees"), [({"ann"}, True), ({"bo", "ann"}, True), ({"bo"}, False), ({"AA-POL"}, False), ({"analyst"}, False)])  # fmt: skip
def test_what_is_for_named_persons_is_for_those_alone(names: set[str], sees: bool) -> None:
    kept = record(CAR, facts=PLATE, handling=Handling(addressees=frozenset(names)))
    assert (list(view(MemoryReader([kept])).records()) == [kept]) is sees


def test_a_blob_is_seen_as_long_as_one_visible_record_holds_it() -> None:
    hidden = record(CAR, facts=PLATE, handling=HIDDEN, blobs=(BLOB,))
    open_too = record(CAR, blobs=(BLOB,))
    with pytest.raises(ForbiddenError):
        view(MemoryReader([hidden])).blob(BlobHash(BLOB))
    assert view(MemoryReader([hidden, open_too])).blob(BlobHash(BLOB)) == BLOB.encode()


def test_a_blob_is_no_table_and_a_malformed_name_is_not_there() -> None:
    seen = view(MemoryReader([record(CAR, blobs=(BLOB,))]))
    with pytest.raises(ForbiddenError):
        seen.table_path(BlobHash("../../etc"))


@pytest.mark.parametrize(
    "other",
    [
        {"purpose": "sanctions"},
        {"user": "bo"},
        {"purpose": PROTECTION[0], "roles": PROTECTION[1]},
    ],
)
def test_a_kept_artefact_is_not_shared_between_views_that_see_otherwise(other: dict[str, Any]) -> None:
    reader = MemoryReader()
    assert bytes(view(reader).derived("index", lambda: b"mine")) == b"mine"
    assert bytes(view(reader, session(**other)).derived("index", lambda: b"theirs")) == b"theirs"


def test_a_kept_artefact_ends_with_the_day() -> None:
    reader = MemoryReader()
    view(reader).derived("index", lambda: b"yesterday's")
    assert bytes(view(reader, today=date(2026, 3, 3)).derived("index", lambda: b"today's")) == b"today's"


def test_a_kept_artefact_is_shared_between_equal_views() -> None:
    reader = MemoryReader()
    view(reader).derived("index", lambda: b"once")
    assert bytes(view(reader, session(roles=frozenset({"liaison"}))).derived("index", lambda: b"twice")) == b"once"


@pytest.mark.parametrize("role", ["auditor", "admin"])
def test_who_keeps_the_node_or_checks_it_sees_no_record(role: str) -> None:
    with pytest.raises(ForbiddenError, match="rule role"):
        view(MemoryReader(), session(roles=frozenset({role})))


LOOKS: list[tuple[str, str, Callable[[Guarded], object]]] = [
    ("look.records", "all", lambda seen: seen.records()),
    ("look.records", "un-xml", lambda seen: seen.records(source="un-xml")),
    ("look.records", "car", lambda seen: seen.records(mentions=EntityKey("car"))),
    ("look.record", "rec-1", lambda seen: seen.record(RecordId("rec-1"))),
    ("look.several", "queue", lambda seen: seen.several([RecordId("rec-1")], "queue")),
    ("look.holders", "queue", lambda seen: seen.holders([BlobHash(BLOB)], "queue")),
    ("look.fact", "rec-1/0", lambda seen: seen.fact(FactId("rec-1/0"))),
    ("look.entity", "car", lambda seen: seen.entity(EntityKey("car"))),
    ("look.findings", "all", lambda seen: seen.findings()),
    ("look.finding", "fnd-1", lambda seen: seen.finding(FindingId("fnd-1"))),
    ("look.decisions", "fnd-1", lambda seen: seen.decisions("fnd-1")),
    ("look.blob", BLOB, lambda seen: seen.blob(BlobHash(BLOB))),
    ("look.table", TABLE, lambda seen: seen.table_path(BlobHash(TABLE))),
    ("look.derived", "index", lambda seen: seen.derived("index", lambda: b"")),
]


@pytest.mark.parametrize(("kind", "subject", "look"), LOOKS, ids=[f"{kind} {subject}" for kind, subject, _ in LOOKS])
def test_every_look_is_noted_once_also_one_at_nothing(
    kind: str, subject: str, look: Callable[[Guarded], object]
) -> None:
    audit = MemoryAudit()
    seen = view(MemoryReader(), audit=audit)
    with suppress(ForbiddenError):
        look(seen)
    assert [(event.kind, event.subject, event.who, event.purpose) for event in audit.events] == [
        (kind, subject, "ann", "oic")
    ]


def test_a_scan_is_one_look_however_much_it_yields() -> None:
    audit = MemoryAudit()
    reader = MemoryReader([record(CAR, facts=PLATE, source=f"s{number}") for number in range(5)])
    assert len(list(view(reader, audit=audit).records())) == 5
    assert len(audit.events) == 1


def test_a_look_is_noted_before_anything_is_handed_out() -> None:
    class Broken:
        def note(self, event: object) -> None:
            raise ForbiddenError("the ledger is full")

    reader, looks = world(Handling())
    seen = guard(reader, session(), Broken(), TODAY)
    scans: list[Callable[[Guarded], object]] = [lambda one: one.records(), lambda one: one.findings()]
    for look in (*looks.values(), *scans):
        with pytest.raises(ForbiddenError, match="the ledger is full"):
            look(seen)


@pytest.mark.parametrize("many", [False, True])
def test_who_holds_a_file_is_told_of_what_may_be_seen_alone(monkeypatch: pytest.MonkeyPatch, *, many: bool) -> None:
    if many:
        monkeypatch.setattr("headwater.policy.view.MOST_AT_ONCE", 1)
    mine = record(CAR, facts=PLATE, source="one", blobs=(BLOB,))
    hidden = record(CAR, facts=PLATE, source="two", blobs=(BLOB,), handling=Handling(purposes=frozenset({"court"})))
    other = record(CAR, facts=PLATE, source="three", blobs=(BLOB,), tables=(TABLE,))
    found = view(MemoryReader([mine, hidden, other])).holders([BlobHash(BLOB), BlobHash(TABLE)], "queue")
    assert {one.id for one in found[BlobHash(BLOB)]} == {mine.id, other.id}
    assert [one.id for one in found[BlobHash(TABLE)]] == [other.id]


def test_every_method_of_the_port_is_guarded() -> None:
    seen = view(MemoryReader())
    public = {name for port in (View, Guarded) for name in vars(port) if not name.startswith("_")}
    noted = {"table_path" if kind == "look.table" else kind.removeprefix("look.") for kind, _, _ in LOOKS}
    assert public == noted
    assert public == {name for name in vars(type(seen)) if not name.startswith("_")}


def test_persons_are_seen_as_everything_else() -> None:
    kept = record(person("p"), facts=(("p", "name", "Ivo Test"),))
    assert list(view(MemoryReader([kept])).records()) == [kept]


def test_several_records_are_one_look_and_hidden_ones_leave_no_gap() -> None:
    audit = MemoryAudit()
    kept = [record(CAR, facts=PLATE, source=f"s{number}") for number in range(3)]
    secret = record(CAR, facts=PLATE, source="secret", handling=Handling(purposes=frozenset({"drugs"})))
    seen = view(MemoryReader([*kept, secret]), audit=audit)
    wanted = [secret.id, kept[1].id, RecordId("rec-none"), kept[0].id, kept[1].id]
    assert list(seen.several(wanted, "queue")) == [kept[1].id, kept[0].id]
    assert [(event.kind, event.subject) for event in audit.events] == [("look.several", "queue")]
