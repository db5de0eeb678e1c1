"""The view over records in memory answers as a guarded view does."""

from datetime import UTC, datetime

import pytest

from headwater.errors import ForbiddenError
from headwater.model.decision import Decision, Verb
from headwater.model.fact import fact_id
from headwater.model.finding import Evidence, EvidenceKind
from headwater.model.ids import BlobHash, EntityKey, FactId, FindingId, RecordId
from headwater.model.record import Record
from headwater.testing.memory_view import MemoryView
from tests.match_world import HASH, entry, world
from tests.unit.testing.test_engine_contract import finding

ONE = world()[0]


def test_records_are_chosen_by_source_and_by_entity() -> None:
    other = entry("un:1", source="un-xml", name="Goran Fiktivski")
    view = MemoryView([*world(), other])
    assert list(view.records(source="un-xml")) == [other]
    assert list(view.records(mentions=EntityKey("un:1"))) == [other]
    assert len(list(view.records())) == len(world()) + 1


def test_what_is_not_there_is_forbidden_in_the_same_words() -> None:
    view = MemoryView([ONE])
    told = set()
    for ask in (
        lambda: view.record(RecordId("rec-none")),
        lambda: view.fact(FactId("rec-none/0")),
        lambda: view.fact(FactId(f"{ONE.id}/99")),
        lambda: view.fact(FactId(f"{ONE.id}/x")),
        lambda: view.entity(EntityKey("nobody")),
        lambda: view.finding(FindingId("fnd-none")),
        lambda: view.blob(HASH),
        lambda: view.table_path(HASH),
    ):
        with pytest.raises(ForbiddenError) as caught:
            ask()
        told.add(str(caught.value))
    assert len(told) == 1


def test_a_fact_is_returned_with_its_place() -> None:
    assert MemoryView([ONE]).fact(fact_id(ONE.id, 2)) == (ONE, 2)


def test_an_entity_gathers_what_records_say() -> None:
    assert MemoryView([ONE]).entity(EntityKey("uk:1")).values("name") == ("Živorad Testerović",)


def test_a_finding_is_hidden_with_its_evidence() -> None:
    claim = finding([ONE])
    assert list(MemoryView([ONE], findings=[claim]).findings()) == [claim]
    assert list(MemoryView([], findings=[claim]).findings()) == []


def test_decisions_are_found_by_what_they_are_about() -> None:
    made = Decision(
        verb=Verb.CONFIRM,
        about="fnd-1",
        who="ana",
        decided_at=datetime(2026, 1, 1, tzinfo=UTC),
        basis="law",
        reason="seen",
    )
    view = MemoryView([], decisions=[made])
    assert view.decisions("fnd-1") == (made,)
    assert view.decisions("fnd-2") == ()


def test_blobs_and_tables_are_seen_through_the_records_that_hold_them() -> None:
    holder = Record(
        origin=ONE.origin, handling=ONE.handling, mentions=(), facts=(), blobs=(HASH,), tables=(BlobHash("c" * 64),)
    )
    view = MemoryView([holder], blobs={HASH: b"bytes"}, table_paths={BlobHash("c" * 64): "t.parquet"})
    assert bytes(view.blob(HASH)) == b"bytes"
    assert view.table_path(BlobHash("c" * 64)) == "t.parquet"
    assert view.records_behind(Evidence(EvidenceKind.TABLE_ROW, f"{'c' * 64}#7")) == (holder,)
    with pytest.raises(ForbiddenError):
        MemoryView([], blobs={HASH: b"bytes"}).blob(HASH)


def test_derived_bytes_are_built_once_for_a_name() -> None:
    view = MemoryView([])
    built = [bytes(view.derived(name, lambda: b"made")) for name in ("a", "a", "b")]
    assert built == [b"made"] * 3
    assert view.built == ["a", "b"]
