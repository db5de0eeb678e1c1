"""Units: what is linked, and who never is."""

import pytest

from headwater.engines.match.link.units import Sort, sort_of, units_of
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.record import PROTECTED, Mention, Origin, PersonCategory, Record
from tests.link_world import BELGRADE, LONDON, told, units


def test_all_records_of_one_originator_about_one_key_are_one_unit() -> None:
    found = units((told(BELGRADE, "rs-1", name="Ђорђе"), told(BELGRADE, "rs-1", place="row 9", birthDate="1975")))
    assert [said.value for said in found["RS-MOI/rs-1"].said("name", "birthDate")] == ["Ђорђе", "1975"]
    assert len(found["RS-MOI/rs-1"].records) == 2


def test_one_key_of_two_originators_is_two_units() -> None:
    assert set(units((told(BELGRADE, "driver", name="A B"), told(LONDON, "driver", name="A B")))) == {
        "RS-MOI/driver",
        "UK-NCA/driver",
    }


@pytest.mark.parametrize("category", sorted(PROTECTED))
def test_a_victim_or_a_smuggled_person_is_no_unit_whoever_looks(category: PersonCategory) -> None:
    assert units_of((told(LONDON, "uk-1", name="Somebody", category=category),)) == []


def test_a_person_whom_one_record_calls_smuggled_is_no_unit_by_any_other_record() -> None:
    records = (
        told(LONDON, "uk-1", name="Somebody", category=PersonCategory.SMUGGLED),
        told(LONDON, "uk-1", name="Somebody", place="row 2"),
        told(BELGRADE, "uk-1", name="Somebody"),
    )
    assert units_of(records) == []


def test_the_papers_and_the_address_of_a_person_are_the_persons() -> None:
    person, paper, home = EntityKey("p"), EntityKey("q"), EntityKey("a")
    record = Record(
        origin=Origin(AuthorityId(LONDON), "report"),
        handling=Handling(),
        mentions=(
            Mention(person, "Person", PersonCategory.SUSPECT),
            Mention(paper, "Passport"),
            Mention(home, "Address"),
        ),
        facts=(
            Fact(paper, "holder", "p"),
            Fact(paper, "number", "X0000001T"),
            Fact(person, "addressEntity", "a"),
            Fact(home, "city", "Testborough"),
            Fact(home, "street", "1 Example Street"),
        ),
    )
    (unit,) = units_of([record])
    assert [said.value for said in unit.said("passportNumber", "address")] == [
        "X0000001T",
        "1 Example Street, Testborough",
    ]
    assert all(record.facts[int(said.fact.partition("/")[2])] for said in unit.said("passportNumber"))


def test_handling_is_the_join_of_all_records_of_the_unit() -> None:
    strict = Handling(codes=frozenset({"C"}), conditions=frozenset({"ask first"}))
    records = (told(LONDON, "uk-1", name="A B"), told(LONDON, "uk-1", place="row 2", birthDate="1975", handling=strict))
    (unit,) = units_of(records)
    assert all(unit.handling.covers(record.handling) for record in records)


@pytest.mark.parametrize(
    ("schema", "sort"),
    [
        ("Person", Sort.PERSON),
        ("Company", Sort.ORGANISATION),
        ("Vessel", Sort.VESSEL),
        ("Airplane", Sort.VEHICLE),
        ("Address", None),
    ],
)
def test_each_type_has_its_sort(schema: str, sort: Sort | None) -> None:
    assert sort_of(schema) is sort
