"""Non-interference: what a session may not see changes nothing that it sees, and a view never shows more than it may."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import ForbiddenError
from headwater.model.canonical import encode
from headwater.model.decision import Decision, Verb
from headwater.model.fact import fact_id
from headwater.model.finding import Evidence, EvidenceKind, Finding
from headwater.model.ids import EntityKey, FactId
from headwater.model.record import Record
from headwater.model.schema import IDENTITY_PROPERTIES
from headwater.model.times import parse_instant
from headwater.policy.session import Session
from headwater.policy.view import permits
from headwater.ports import View
from tests.property.strategies import BLOBS, FACTS, records
from tests.unit.policy.view_kit import TODAY, MemoryAudit, MemoryReader, finding, session, view

worlds = st.lists(records(), max_size=6, unique_by=lambda record: record.id)
sessions = st.builds(
    session,
    st.sampled_from(("oic", "sanctions", "victim-protection")),
    st.sampled_from((frozenset({"analyst"}), frozenset({"safeguarding"}))),
    st.sampled_from(("ann", "bo")),
)


def claims(world: list[Record]) -> Iterator[Finding]:
    """Findings on each fact, record, blob and row, and on each record with its neighbour."""
    for at, record in enumerate(world):
        pieces = [Evidence.fact(fact_id(record.id, place)) for place in range(len(record.facts))]
        pieces += [Evidence.record(record.id), *(Evidence.blob(blob) for blob in record.blobs)]
        pieces += [Evidence(EvidenceKind.TABLE_ROW, f"{table}#0") for table in record.tables]
        yield from (finding(piece, text=f"claim {at}") for piece in pieces)
        yield finding(pieces[0], Evidence.record(world[at - 1].id))


def decided(about: str) -> Decision:
    return Decision(
        verb=Verb.CONFIRM,
        about=about,
        who="sue",
        decided_at=parse_instant("2026-03-01T10:00:00Z"),
        basis="oic",
        reason="seen",
    )


def full(world: list[Record]) -> MemoryReader:
    """A reader with the records of a world, findings on all of them, and a decision on everything."""
    found = list({claim.id: claim for claim in claims(world)}.values())
    return MemoryReader(
        world, found, [decided(ref) for ref in (*(one.id for one in world), *(one.id for one in found))]
    )


def without_hidden(reader: MemoryReader, who: Session) -> MemoryReader:
    """The same world as it would be if what the session may not see had never been."""
    kept = [record for record in reader.kept if permits(record.handling, who, TODAY)]
    there = {ref for record in kept for ref in (record.id, *record.blobs, *record.tables)}
    there |= {number for record in kept for number, _ in record.numbered()}
    found = [claim for claim in reader.claims if all(piece.ref.removesuffix("#0") in there for piece in claim.evidence)]
    about = there | {claim.id for claim in found}
    return MemoryReader(kept, found, [decision for decision in reader.decided if decision.about in about])


def fact_text(seen: View, ref: FactId) -> object:
    record, place = seen.fact(ref)
    return record.facts[place]


def entity_text(seen: View, key: str) -> object:
    entity = seen.entity(EntityKey(key))
    return [entity.schema, entity.protected, entity.handling, [(one.id, one.fact) for one in entity.statements]]


def looks(seen: View, world: MemoryReader) -> Iterator[Callable[[], object]]:
    """Every look there is, at everything there is in a world."""
    yield lambda: list(seen.records())
    yield lambda: list(seen.records(source="one"))
    yield lambda: list(seen.findings())
    yield lambda: bytes(seen.derived("index", lambda: encode(list(seen.records()))))
    for key in FACTS:
        yield partial(entity_text, seen, key)
        yield partial(lambda about: list(seen.records(mentions=about)), EntityKey(key))
    for ref in BLOBS:
        yield partial(lambda blob: bytes(seen.blob(blob)), ref)
        yield partial(seen.table_path, ref)
    for record in world.kept:
        yield partial(seen.record, record.id)
        yield partial(seen.decisions, record.id)
        for place in range(len(record.facts) + 1):
            yield partial(fact_text, seen, fact_id(record.id, place))
    for claim in world.claims:
        yield partial(seen.finding, claim.id)
        yield partial(seen.decisions, claim.id)


def answer(look: Callable[[], object]) -> object:
    """What a look gives: the bytes of the answer, or the text of the refusal."""
    try:
        return encode(look())
    except ForbiddenError as error:
        return f"refused: {error}"


@given(worlds, sessions)
def test_what_is_hidden_changes_nothing_that_is_seen(world: list[Record], who: Session) -> None:
    reader = full(world)
    reduced = without_hidden(reader, who)
    with_hidden, never_there = MemoryAudit(), MemoryAudit()
    answers = [answer(look) for look in looks(view(reader, who, with_hidden), reader)]
    expected = [answer(look) for look in looks(view(reduced, who, never_there), reader)]
    assert answers == expected
    assert with_hidden.events == never_there.events
    assert set(reader.artefacts) == set(reduced.artefacts)


@given(worlds, sessions)
def test_single_looks_and_scans_show_the_same(world: list[Record], who: Session) -> None:
    reader = full(world)
    scanned = {record.id: encode(record) for record in view(reader, who).records()}
    for record in world:
        one = answer(partial(view(reader, who).record, record.id))
        assert one == scanned.get(record.id, one)
        assert (record.id in scanned) is isinstance(one, bytes)
    found = {claim.id for claim in view(reader, who).findings()}
    assert found == {
        claim.id for claim in reader.claims if isinstance(answer(partial(view(reader, who).finding, claim.id)), bytes)
    }


class WithoutIndex(MemoryReader):
    """A reader that does not know which record holds which file, so that every record is read to tell."""

    def refs_holding(self, files: object, most: object) -> None:
        """Return None, whatever is asked."""


@given(worlds, sessions, st.sampled_from((0, 1, 3, 2000)), st.sampled_from((1, 500)))
def test_an_index_of_files_shows_what_reading_every_record_would(
    world: list[Record], who: Session, most: int, part: int
) -> None:
    reader = full(world)
    surveyed = WithoutIndex(reader.kept, reader.claims, reader.decided)
    with patch("headwater.policy.view.MOST_AT_ONCE", most), patch("headwater.policy.view.FINDINGS_OF_A_PART", part):
        assert [answer(partial(look, view(reader, who))) for look in of_files(reader)] == [
            answer(partial(look, view(surveyed, who))) for look in of_files(surveyed)
        ]


def of_files(reader: MemoryReader) -> Iterator[Callable[[View], object]]:
    """Every look that asks which records hold a file, each at a view of its own."""
    yield lambda seen: list(seen.findings())
    for claim in reader.claims:
        yield lambda seen, ref=claim.id: seen.finding(ref)  # type: ignore[misc]
    for ref in BLOBS:
        yield lambda seen, ref=ref: bytes(seen.blob(ref))  # type: ignore[misc]
        yield lambda seen, ref=ref: seen.table_path(ref)  # type: ignore[misc]


@given(worlds, sessions, st.sampled_from((0, 3, 2000)))
def test_a_look_at_several_records_shows_what_a_look_at_each_would(
    world: list[Record], who: Session, most: int
) -> None:
    refs = [record.id for record in world]
    with patch("headwater.policy.view.MOST_AT_ONCE", most):
        together = view(full(world), who).several(refs, "queue")
    each = {ref: answer(partial(view(full(world), who).record, ref)) for ref in refs}
    assert {ref: encode(record) for ref, record in together.items()} == {
        ref: shown for ref, shown in each.items() if isinstance(shown, bytes)
    }


@given(worlds, sessions, st.sampled_from([1, 2, 500]), st.sampled_from([0, 1, 10]))
def test_a_scan_of_one_source_shows_what_a_scan_of_everything_shows_of_it(
    world: list[Record], who: Session, together: int, parts: int
) -> None:
    rest = [replace(one, origin=replace(one.origin, source="other")) for one in world[::3]]
    every = [*world, *rest]
    with (
        patch("headwater.policy.view.RECORDS_OF_A_PART", together),
        patch("headwater.policy.view.MOST_PARTS", parts),
    ):
        alone = list(view(full(every), who).records(source="other"))
    whole = [one for one in view(full(every), who).records() if one.origin.source == "other"]
    assert list(map(encode, alone)) == list(map(encode, whole))


@given(worlds, sessions)
def test_an_artefact_is_never_handed_to_who_sees_otherwise(world: list[Record], who: Session) -> None:
    reader = full(world)
    for other in (session("oic"), session("sanctions"), session("victim-protection", frozenset({"safeguarding"}))):
        seen = view(reader, other)
        seen.derived("index", partial(lambda one: encode(list(one.records())), seen))
    mine = view(reader, who)
    assert bytes(mine.derived("index", lambda: encode(list(mine.records())))) == encode(list(mine.records()))


@given(worlds, sessions)
def test_nothing_is_seen_beyond_its_handling(world: list[Record], who: Session) -> None:
    reader = full(world)
    seen = view(reader, who)
    assert all(permits(record.handling, who, TODAY) for record in seen.records())
    by_id = {record.id: record for record in world}
    for shown in seen.records():
        assert shown.handling == by_id[shown.id].handling
        assert set(shown.numbered()) <= set(by_id[shown.id].numbered())
    for key in FACTS:
        about = [record for record in seen.records() if record.mention(EntityKey(key))]
        if about:
            assert all(seen.entity(EntityKey(key)).handling.covers(record.handling) for record in about)


@given(worlds, sessions)
def test_a_protected_person_is_never_named(world: list[Record], who: Session) -> None:
    if who.purpose == "victim-protection" and "safeguarding" in who.roles:
        return
    visible = [record for record in world if permits(record.handling, who, TODAY)]
    protected = {mention.key for record in visible for mention in record.mentions if mention.protected}
    for shown in view(full(world), who).records():
        named = [fact for fact in shown.facts if fact.entity in protected and fact.prop in IDENTITY_PROPERTIES]
        assert named == []
