"""Linking: three states that speak of one person are brought together, and every step is explained."""

import pytest

from headwater.engines.match.link import LinkEngine, Sort, compare, link, read_params, waterfall
from headwater.engines.match.link.claims import KIND_DOCUMENT, KIND_PHONE
from headwater.engines.match.link.linking import KIND_CLUSTER, KIND_PAIR
from headwater.errors import SchemaError
from headwater.model.finding import Finding
from headwater.model.record import Record
from headwater.testing.memory_view import MemoryView
from tests.link_world import BELGRADE, LONDON, PRISTINA, judged, organiser, things, told, units

pytestmark = pytest.mark.slow


def findings(records: tuple[Record, ...], *judgements: object, sort: str = "person") -> list[Finding]:
    params = {"sorts": [sort], "judgements": list(judgements)}
    return list(LinkEngine().run(MemoryView(records), params))


def clusters(records: tuple[Record, ...], *judgements: object, sort: str = "person") -> list[set[str]]:
    return [set(one.subjects) for one in findings(records, *judgements, sort=sort) if one.kind == KIND_CLUSTER]


THE_ORGANISER = {"RS-MOI/rs-1", "XK-KP/xk-1", "UK-NCA/uk-1"}


def test_records_of_three_states_that_speak_of_one_person_are_one_cluster_without_twin_cousin_and_stranger() -> None:
    assert clusters(organiser()) == [THE_ORGANISER]


@pytest.mark.parametrize(
    ("sort", "members"),
    [
        ("organisation", {"RS-MOI/rs-f", "UK-NCA/uk-f"}),
        ("vehicle", {"RS-MOI/rs-v", "XK-KP/xk-v"}),
        ("vessel", {"RS-MOI/rs-s", "UK-NCA/uk-s"}),
    ],
)
def test_a_firm_a_plate_read_by_camera_and_a_ship_are_found_again(sort: str, members: set[str]) -> None:
    assert clusters(things(), sort=sort) == [members]


def test_a_cluster_says_in_sentences_why_with_both_values_and_rests_on_these_facts() -> None:
    (found,) = [one for one in findings(organiser()) if one.kind == KIND_CLUSTER]
    assert found.text.startswith(
        "3 records of 3 states (RS, UK, XK) speak of one person: Ђорђе Измишљеновић (RS-MOI/rs-1)"
    )
    codes = {reason.code for reason in found.reasons}
    assert {"link.family.same", "link.given.same", "link.birth.turned", "link.contacts.household"} <= codes
    swapped = next(reason for reason in found.reasons if reason.code == "link.birth.turned")
    assert {swapped.left, swapped.right} == {"1975-03-04", "1975-04-03"}
    view = MemoryView(organiser())
    assert all(view.holds(piece) for piece in found.evidence)


def test_what_is_judged_different_is_split_and_not_asked_again() -> None:
    word = judged("different", "RS-MOI/rs-1", "UK-NCA/uk-1")
    found = findings(organiser(), word)
    together = [set(one.subjects) for one in found if one.kind == KIND_CLUSTER]
    assert len(together) == 1
    assert not {"RS-MOI/rs-1", "UK-NCA/uk-1"} <= together[0]
    assert {"RS-MOI/rs-1", "UK-NCA/uk-1"} not in [set(one.subjects) for one in found if one.kind == KIND_PAIR]


def test_what_is_judged_the_same_is_joined_and_the_cluster_says_who_said_so() -> None:
    found = findings(organiser(), judged("same", "RS-MOI/rs-1", "UK-NCA/uk-4"))
    (cluster,) = [one for one in found if one.kind == KIND_CLUSTER and "UK-NCA/uk-4" in one.subjects]
    assert {"RS-MOI/rs-1", "UK-NCA/uk-4"} <= set(cluster.subjects)
    assert "link.judged" in {reason.code for reason in cluster.reasons}


def test_judgements_that_stand_against_each_other_are_a_finding() -> None:
    words = (
        judged("same", "RS-MOI/rs-1", "UK-NCA/uk-4", at="2026-01-01T00:00:00Z", decision="dec-1"),
        judged("same", "XK-KP/xk-3", "UK-NCA/uk-4", at="2026-01-02T00:00:00Z", decision="dec-2"),
        judged("different", "XK-KP/xk-3", "RS-MOI/rs-1", at="2026-01-03T00:00:00Z", decision="dec-3"),
    )
    told_of = [
        one for one in findings(organiser(), *words) if {reason.code for reason in one.reasons} == {"link.conflict"}
    ]
    assert [set(one.subjects) for one in told_of] == [{"RS-MOI/rs-1", "UK-NCA/uk-4"}]


def test_one_telephone_and_one_document_of_several_records_are_findings_of_their_own() -> None:
    records = (
        told(BELGRADE, "rs-1", name="Primer Nikakvić", phone="+381 60 1234567", passportNumber="X1O0B55T"),
        told(LONDON, "uk-1", name="Somebody Else", phone="060 1234567"),
        told(PRISTINA, "xk-1", name="Askush Tjetër", passportNumber="X100855T"),
    )
    by_kind = {one.kind: one for one in findings(records)}
    assert set(by_kind[KIND_PHONE].subjects) == {"RS-MOI/rs-1", "UK-NCA/uk-1"}
    assert "2 that are not linked" in by_kind[KIND_PHONE].text
    assert set(by_kind[KIND_DOCUMENT].subjects) == {"RS-MOI/rs-1", "XK-KP/xk-1"}
    assert "read for each other" in by_kind[KIND_DOCUMENT].text
    for kind in (KIND_PHONE, KIND_DOCUMENT):
        assert len({piece.ref for piece in by_kind[kind].evidence}) == len(by_kind[kind].subjects) == 2


def test_the_name_of_a_cluster_outlives_new_records() -> None:
    first = [one for one in findings(organiser()) if one.kind == KIND_CLUSTER]
    more = (
        *organiser(),
        told(LONDON, "uk-9", name="Djordje Izmisljenovic", birthDate="1975-03-04", phone="060 1234567"),
    )
    view = MemoryView(more, findings=first)
    (after,) = [one for one in LinkEngine().run(view, {"sorts": ["person"]}) if one.kind == KIND_CLUSTER]
    assert len(after.subjects) == 4
    assert after.params == first[0].params
    assert after.id != first[0].id


def test_people_of_whom_no_name_is_known_are_linked_by_their_papers_alone() -> None:
    records = (
        told(BELGRADE, "rs-1", passportNumber="X1000055T", birthDate="1975"),
        told(LONDON, "uk-1", passportNumber="X10O0055T", birthDate="1975-03-04"),
        told(LONDON, "uk-2", birthDate="1975-03-04"),
    )
    assert clusters(records) == [{"RS-MOI/rs-1", "UK-NCA/uk-1"}]


def test_a_firm_without_a_name_is_linked_by_its_number() -> None:
    records = (
        told(BELGRADE, "rs-1", schema="Company", registrationNumber="20991122", address="1 Example Street"),
        told(LONDON, "uk-1", schema="Company", registrationNumber="2099-1122", address="1 Example Street"),
    )
    assert clusters(records, sort="organisation") == [{"RS-MOI/rs-1", "UK-NCA/uk-1"}]


@pytest.mark.parametrize(
    "params", [{"sort": ["person"]}, {"sorts": ["goat"]}, {"sorts": []}, {"ask": -1}, {"judgements": 3}]
)
def test_a_parameter_that_is_unknown_or_impossible_is_refused(params: dict[str, object]) -> None:
    with pytest.raises(SchemaError):
        read_params(params)


def test_no_records_give_no_findings() -> None:
    assert list(LinkEngine().run(MemoryView(()), {})) == []
    assert link(MemoryView(()), read_params({}))[0].clusters == []


def test_two_of_any_likeness_are_laid_side_by_side_and_the_picture_adds_up() -> None:
    known = units(organiser())
    pair = compare(known["RS-MOI/rs-1"], known["UK-NCA/uk-4"])
    assert pair.weight < 0
    assert pair.prior + sum(bar.bits for bar in pair.bars) == pytest.approx(pair.weight, abs=0.2)
    picture = waterfall(pair)
    assert picture.startswith("<svg ")
    assert "<script" not in picture
    assert all(f"{bar.bits:+.1f}" in picture for bar in pair.bars)
    assert f"{pair.weight:+.1f}" in picture


def test_a_person_and_a_firm_cannot_be_one() -> None:
    known = units((*organiser(), *things()))
    with pytest.raises(SchemaError):
        compare(known["RS-MOI/rs-1"], known["UK-NCA/uk-f"])


def test_what_was_written_in_a_picture_cannot_break_out_of_it() -> None:
    known = units((told(LONDON, "uk-1", name='<script>alert("x")</script>'), told(LONDON, "uk-2", name="B & C")))
    picture = waterfall(compare(known["UK-NCA/uk-1"], known["UK-NCA/uk-2"]))
    assert "<script" not in picture
    assert "B &amp; C" in picture


def test_a_common_number_of_sorts_is_every_sort() -> None:
    assert read_params({}).sorts == tuple(Sort)
