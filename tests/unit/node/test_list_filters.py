"""Which entries of the lists a question is about."""

from datetime import date
from pathlib import Path

import pytest

from headwater.errors import SchemaError
from headwater.exercise.list_files import list_files
from headwater.exercise.lists import make_list
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.record import Mention, Origin, Record
from headwater.node import screening
from headwater.node.list_filters import ListFilter
from headwater.node.loose import ListFile
from tests.given import read

MADE = make_list(40, 9)
RECORDS = read("uk-csv", next(iter(list_files("uk-csv", MADE, published=date(2026, 11, 24)).values()))).records


def kinds(chosen: list[str]) -> set[str]:
    return {record.mentions[0].schema for record in RECORDS if record.mentions[0].key in chosen}


def test_a_kind_of_thing_is_named_by_the_lists_word_or_by_its_entity_type() -> None:
    assert kinds(ListFilter(types=("individual",)).chosen(RECORDS)) == {"Person"}
    assert kinds(ListFilter(types=("entity",)).chosen(RECORDS)) <= {"Company", "Organization", "LegalEntity"}
    assert ListFilter(types=("Person",)).chosen(RECORDS) == ListFilter(types=("individual",)).chosen(RECORDS)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("LegalEntity", ["entity", "Entity", "LegalEntity"]),
        ("Vessel", ["ship"]),
        ("Company", ["entity", "Entity", "LegalEntity"]),
    ],
)
def test_an_entry_of_which_the_list_says_no_more_is_an_entity_too(schema: str, words: list[str]) -> None:
    entry = Record(
        origin=Origin(AuthorityId("UK-OFSI"), "uk-csv", place="1"),
        handling=Handling(),
        mentions=(Mention(EntityKey("entry"), schema),),
        facts=(),
    )
    asked = ("individual", "entity", "Entity", "ship", "LegalEntity")
    assert [word for word in asked if ListFilter(types=(word,)).passes(entry)] == words


def test_regime_measure_and_day_must_all_fit() -> None:
    listed = sorted(fact.value for record in RECORDS for fact in record.facts if fact.prop == "listingDate")
    late = ListFilter(("irregular migration",), ("travel ban",), ("individual",), listed[len(listed) // 2])
    some = late.chosen(RECORDS)
    assert 0 < len(some) < len(ListFilter(("irregular migration",), ("travel ban",)).chosen(RECORDS))


@pytest.mark.parametrize(
    ("given", "field"), [({"types": ("unicorn",)}, "type"), ({"since": "13/4/2026"}, "listed-since")]
)
def test_what_no_entry_could_be_is_refused(given: dict[str, object], field: str) -> None:
    with pytest.raises(SchemaError) as caught:
        ListFilter(**given)  # type: ignore[arg-type]
    assert caught.value.where.field == field


def test_a_filter_that_leaves_no_entry_is_refused_rather_than_answered_with_no_hit() -> None:
    with pytest.raises(SchemaError):
        ListFilter(regimes=("no such regime",)).chosen(RECORDS)


def test_a_screening_of_files_finds_what_the_filter_leaves_alone_and_says_how_many_that_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    [(name, data)] = list_files("uk-csv", MADE).items()
    (tmp_path / name).write_bytes(data)
    files = [ListFile("uk", str(tmp_path / name))]
    asked = [{"id": str(one.number), "name": one.name, "schema": "LegalEntity"} for one in MADE]
    asked = [
        {**row, "schema": "Person"} if one.kind == "Individual" else row for row, one in zip(asked, MADE, strict=True)
    ]
    persons = screening.in_files(screening.Asked(asked, about=ListFilter(types=("individual",))), files, "tester")
    everything = screening.in_files(screening.Asked(asked), files, "tester")
    assert persons.about is not None
    assert persons.about["entries"] == sum(one.kind == "Individual" for one in MADE)
    ids = {hit.entry for hit in persons.result.hits}
    assert ids
    assert ids < {hit.entry for hit in everything.result.hits}


def test_a_query_that_is_refused_is_named_by_its_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "asked.csv"
    path.write_text('id,schema,name\n1,Person,"Goran\nFiktivski"\n2,Unicorn,Ana\n', encoding="utf-8")
    [(name, data)] = list_files("uk-csv", MADE).items()
    (tmp_path / name).write_bytes(data)
    asked = screening.Asked(screening.queries_in(path), file=path)
    with pytest.raises(SchemaError) as caught:
        screening.in_files(asked, [ListFile("uk", str(tmp_path / name))], "tester")
    assert (caught.value.where.file, caught.value.where.line, caught.value.where.field) == ("asked.csv", 4, "schema")
