"""What holds for every list and every record: written and read again, it says the same."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import InputError
from headwater.exercise.list_files import list_files
from headwater.exercise.lists import Designation, make_list
from headwater.exercise.names import plain
from headwater.formats.registry import release
from headwater.formats.safe import parse_json, parse_wire_json
from headwater.formats.safe_csv import csv_bytes, csv_value, iter_csv
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey, StateCode
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.model.schema import is_person, schemata
from tests.given import read

seeds = st.integers(0, 2**32)
Said = set[tuple[str, str]]


def said(record: Record, *, sanction: bool) -> Said:
    return {(fact.prop, fact.value) for fact in record.facts if fact.entity.endswith("#sanction") == sanction}


def some(**values: str) -> Said:
    return {(prop, value) for prop, value in values.items() if value}


def joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def uk_facts(one: Designation) -> tuple[Said, Said]:
    """What a UK list says of one designation, and of its sanction."""
    place = joined(one.street, one.town, one.postcode, one.country)
    about = some(name=one.name, address=place, country=one.country)
    about |= {("alias", name) for name in one.aliases} | {("weakAlias", name) for name in one.weak_aliases}
    about |= some(alias=one.native, nationality=one.nationality, gender=one.gender.lower(), birthDate=one.born)
    about |= some(birthPlace=joined(one.birth_town, one.birth_country), birthCountry=one.birth_country)
    about |= some(passportNumber=one.passport, idNumber=one.national_id, position=one.position, website=one.website)
    about |= some(legalForm=one.legal_form, registrationNumber=one.registration, imoNumber=one.imo, flag=one.flag)
    about |= some(type=one.ship_type, tonnage=one.tonnage, buildDate=one.year_built)
    about |= {("notes", "Invented entry: nobody and nothing in it exists."), ("notes", "Designation source: UK")}
    if one.given:
        about |= some(firstName=one.given[0], middleName=" ".join(one.given[1:]), lastName=one.family)
    sanction = some(authority="United Kingdom, Foreign, Commonwealth and Development Office", reason=one.reason)
    sanction |= some(program="The Global Irregular Migration and Trafficking in Persons Sanctions Regulations 2025")
    sanction |= {("authorityId", f"TEST{one.number:06d}"), ("authorityId", str(900_000 + one.number))}
    sanction |= {("provisions", measure) for measure in one.measures}
    sanction |= some(listingDate=one.listed.isoformat(), modifiedAt=one.updated.isoformat())
    return about, sanction | {("entity", f"uk:TEST{one.number:06d}")}


def un_facts(one: Designation) -> tuple[Said, Said]:
    """What the UN list says of one designation, and of its sanction."""
    about = some(name=one.name, address=joined(one.street, one.town, one.country), country=one.country)
    about |= {("alias", name) for name in one.aliases} | {("weakAlias", name) for name in one.weak_aliases}
    about |= some(alias=one.native, nationality=one.nationality, gender=one.gender.lower(), birthDate=one.born)
    about |= some(birthPlace=joined(one.birth_town, one.birth_country), birthCountry=one.birth_country)
    about |= some(passportNumber=one.passport, idNumber=one.national_id, position=one.position, notes=one.reason)
    if one.given:
        about |= some(firstName=one.given[0], lastName=one.family)
    number = f"TEST.{one.number:06d}"
    sanction = some(authority="United Nations Security Council", program="TEST", authorityId=number, unscId=number)
    sanction |= some(listingDate=one.listed.isoformat(), modifiedAt=one.updated.isoformat())
    return about, sanction | {("entity", f"un:{9_000_000 + one.number}")}


def ofac_facts(one: Designation) -> tuple[Said, Said]:
    """What the OFAC list says of one designation, its remarks left out, and of its sanction."""
    place = joined(one.street, " ".join(part for part in (one.town, one.postcode) if part), one.country)
    about = some(name=one.name, address=place, country=one.country)
    about |= {("alias", name) for name in one.aliases} | {("weakAlias", name) for name in one.weak_aliases}
    about |= some(nationality=one.nationality, gender=one.gender.lower(), birthDate=one.born)
    about |= some(birthPlace=joined(one.birth_town, one.birth_country), position=one.position)
    about |= some(passportNumber=one.passport, idNumber=one.national_id, registrationNumber=one.registration)
    about |= some(website=one.website.removeprefix("https://"), imoNumber=one.imo, flag=one.flag)
    about |= some(type=one.ship_type, tonnage=one.tonnage)
    if one.given:
        about |= some(firstName=" ".join(one.given), lastName=one.family)
    sanction = some(authority="United States, Office of Foreign Assets Control")
    sanction |= {("program", "TEST"), ("program", "EXAMPLE"), ("authorityId", str(900_000 + one.number))}
    return {(prop, plain(value)) for prop, value in about}, sanction | {("entity", f"ofac:{900_000 + one.number}")}


@settings(deadline=None, max_examples=30)
@given(seeds)
@pytest.mark.parametrize("form", ["uk-csv", "uk-xml"])
def test_a_uk_list_is_read_as_it_was_made(form: str, seed: int) -> None:
    made = make_list(12, seed)
    (data,) = list_files(form, made).values()
    for one, record in zip(made, read(form, data).records, strict=True):
        assert (said(record, sanction=False), said(record, sanction=True)) == uk_facts(one)


@settings(deadline=None, max_examples=30)
@given(seeds)
def test_a_un_list_is_read_as_it_was_made(seed: int) -> None:
    made = sorted((one for one in make_list(12, seed) if one.kind != "Ship"), key=lambda one: one.kind == "Entity")
    (data,) = list_files("un-xml", made).values()
    for one, record in zip(made, read("un-xml", data).records, strict=True):
        assert (said(record, sanction=False), said(record, sanction=True)) == un_facts(one)


@settings(deadline=None, max_examples=30)
@given(seeds)
def test_an_ofac_list_is_read_as_it_was_made(seed: int) -> None:
    made = make_list(12, seed)
    files = list_files("ofac-csv", made)
    for one, record in zip(made, read("ofac-csv", files["sdn.csv"], beside=files).records, strict=True):
        about = {fact for fact in said(record, sanction=False) if fact[0] != "notes"}
        assert (about, said(record, sanction=True)) == ofac_facts(one)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40).filter(
    str.strip
)
keys = st.text("abcdefghijklmnopqrstuvwxyz0123456789:#/-", min_size=1, max_size=12)
maybe = st.none() | texts
handlings = st.builds(
    Handling,
    purposes=st.none() | st.frozensets(texts, max_size=3),
    releasable_to=st.none() | st.frozensets(st.sampled_from([StateCode("UK"), StateCode("RS"), StateCode("XK")])),
    never_onward=st.booleans(),
    codes=st.frozensets(st.sampled_from(["P", "C", "H1", "TLP:RED"])),
    conditions=st.frozensets(texts, max_size=2),
    addressees=st.none() | st.frozensets(texts, max_size=2),
    markings=st.frozensets(texts.filter(lambda text: text != "NONE"), max_size=2),
    retain_until=st.none() | st.dates(),
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Any record that may leave: persons of open categories, plain properties of every entity type."""
    mentions, facts = [], []
    for key in draw(st.lists(keys, min_size=1, max_size=3, unique=True)):
        name = draw(st.sampled_from(sorted(schemata())))
        category = draw(st.sampled_from([PersonCategory.SUSPECT, PersonCategory.WITNESS])) if is_person(name) else None
        mentions.append(Mention(EntityKey(key), name, category))
        plain_props = [prop for prop, kind in schemata()[name].properties.items() if kind != "date"]
        chosen = draw(st.lists(st.sampled_from(sorted(plain_props)), max_size=4)) if plain_props else []
        facts += [Fact(EntityKey(key), prop, draw(texts), draw(maybe), draw(maybe)) for prop in chosen]
    origin = Origin(AuthorityId("UK-NCA"), "test")
    return Record(origin=origin, handling=draw(handlings), mentions=tuple(mentions), facts=tuple(dict.fromkeys(facts)))


@settings(deadline=None)
@given(st.lists(records(), min_size=1, max_size=3))
def test_followthemoney_lines_come_back_as_they_left(written: list[Record]) -> None:
    back = read("ftm", release("ftm").write(written)).records
    assert [mention for record in back for mention in record.mentions] == [
        m for record in written for m in record.mentions
    ]
    expected = [(mention, record) for record in written for mention in record.mentions]
    for found, (mention, record) in zip(back, expected, strict=True):
        assert set(found.facts) == {fact for fact in record.facts if fact.entity == mention.key}
        assert found.handling == record.handling


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2, max_size=3)
    )
)
def test_every_table_comes_back_from_csv(table: list[list[str]]) -> None:
    data = csv_bytes(table)
    if table:
        assert [[csv_value(cell) for cell in row.cells] for row in iter_csv(data)] == table


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(texts, values, max_size=4), st.sampled_from([None, 0, 2]), st.booleans())
def test_honest_json_is_read_however_it_is_spaced_or_escaped(
    value: dict[str, Any], indent: int | None, ascii_only: bool
) -> None:
    data = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    assert parse_json(data) == value
    assert parse_json(orjson.dumps(value)) == value
    if b"-0" not in data:
        assert parse_wire_json(data) == value


@given(
    st.dictionaries(texts, values, min_size=1, max_size=4), st.data(), st.booleans(), st.sampled_from(["", " ", "\n"])
)
def test_a_key_named_twice_is_refused_however_it_is_written(
    value: dict[str, Any], data: st.DataObject, escape: bool, space: str
) -> None:
    key = data.draw(st.sampled_from(sorted(value)))
    again = '"' + "".join(f"\\u{unit:04x}" for unit in units(key)) + '"' if escape else json.dumps(key)
    text = json.dumps(value)[:-1] + f", {again}{space}:null}}"
    for parse in (parse_json, parse_wire_json):
        with pytest.raises(InputError):
            parse(text.encode())


def units(text: str) -> list[int]:
    """The UTF-16 code units of a text, as JSON escapes them."""
    raw = text.encode("utf-16-be")
    return [int.from_bytes(raw[place : place + 2], "big") for place in range(0, len(raw), 2)]
