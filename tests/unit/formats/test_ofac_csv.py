"""The OFAC set of three files: joined by entry number, remarks taken apart."""

import time
from pathlib import Path

import pytest

from headwater.errors import FormatError, InputError, SchemaError
from headwater.formats.ofac_csv import WITHOUT_ALIASES
from headwater.formats.reading import read_all
from headwater.formats.registry import source
from headwater.model.record import Record
from tests.given import given, read, values

EMPTY = "-0- "
BESIDE = {"alt.csv": b"\x1a", "add.csv": b"\x1a"}


def sdn(kind: str = '"individual"', remarks: str = EMPTY, name: str = '"PRIMER, Ana"', number: str = "36") -> bytes:
    remarks = remarks if remarks == EMPTY else f'"{remarks}"'
    cells = [number, name, kind, '"TEST] [EXAMPLE"', *[EMPTY] * 7, remarks]
    return ",".join(cells).encode("latin-1") + b"\r\n"


def one(data: bytes, alt: bytes = b"", add: bytes = b"") -> Record:
    (record,) = read("ofac", data, beside={"alt.csv": alt + b"\x1a", "add.csv": add + b"\x1a"}).records
    return record


def said(record: Record, *props: str) -> list[tuple[str, str]]:
    return [(fact.prop, fact.value) for fact in record.facts if fact.prop in props]


def test_three_files_make_one_record() -> None:
    record = one(
        sdn() + b"\x1a",
        alt=b'36,1,"aka","PRIMER, A\xe9",-0- \r\n36,2,"fka","OLD, Ana",-0- \r\n',
        add=b'36,1,"1 Street","Town","Land",-0- \r\n',
    )
    assert record.mentions[0].key == "ofac:36"
    assert values(record, "name") == ["Ana PRIMER"]
    assert said(record, "alias", "previousName") == [("alias", "Aé PRIMER"), ("previousName", "Ana OLD")]
    assert values(record, "address") == ["1 Street, Town, Land"]
    assert values(record, "program") == ["TEST", "EXAMPLE"]
    assert record.origin.place == "row 1; alt.csv row 1, 2; add.csv row 1"
    assert record.origin.originator == "US-OFAC"


def test_an_empty_mark_says_nothing() -> None:
    assert {fact.prop for fact in one(sdn("-0- ", name='"PRIMER LTD"')).facts} == {
        "name",
        "authority",
        "authorityId",
        "program",
        "entity",
    }


@pytest.mark.parametrize(
    ("remarks", "facts"),
    [
        ("DOB 10 Dec 1948.", [("birthDate", "1948-12-10")]),
        ("Gender Male;  DOB  10   Dec 1948 .", [("gender", "male"), ("birthDate", "1948-12-10")]),
        ("DOB Dec 1948; alt. DOB 1936.", [("birthDate", "1948-12"), ("birthDate", "1936")]),
        ("DOB circa 1951", [("birthDate", "1951")]),
        ("DOB 1968 to 1973", [("birthDate", "1968"), ("birthDate", "1973")]),
        ("DOB circa 1961-1963", [("birthDate", "1961"), ("birthDate", "1963")]),
        ("DOB 01 Jan 1960 to 31 Dec 1962", [("birthDate", "1960-01-01"), ("birthDate", "1962-12-31")]),
        ("DOB 31 Feb 1960", []),
        ("POB Exampleville, Land; nationality Land; citizen Land", [
            ("birthPlace", "Exampleville, Land"), ("nationality", "Land"), ("citizenship", "Land")
        ]),
        ("Gender Female.", [("gender", "female")]),
        ("Gender unsure", []),
        ("Passport X1 (Land) issued 26 Jul 1995 expires 25 Jul 2000", [("passportNumber", "X1")]),
        ("alt. Passport X 2 (Land)", [("passportNumber", "X 2")]),
        ("National ID No. D489833(9) (Hong Kong)", [("idNumber", "D489833(9)")]),
        ("a.k.a. 'ABDEL' AZIZ'; f.k.a. 'OLD, Ana'.", [("weakAlias", "ABDEL' AZIZ"), ("previousName", "Ana OLD")]),
        ("Email Address a@example.org; Website www.example.org.", [
            ("email", "a@example.org"), ("website", "www.example.org")
        ]),
    ],
)  # fmt: skip
def test_remarks_are_taken_apart(remarks: str, facts: list[tuple[str, str]]) -> None:
    record = one(sdn(remarks=remarks))
    known = {"name", "firstName", "lastName", "authority", "authorityId", "program", "entity", "notes"}
    assert [(fact.prop, fact.value) for fact in record.facts if fact.prop not in known] == facts
    assert " ".join(remarks.split()) in values(record, "notes")


@pytest.mark.parametrize("letter", [" ", "( ", "issued ", "a.k.a. 'x'; ", "- ", "DOB ", "; ", "alt. "])
@pytest.mark.parametrize("first", ["Passport X", "DOB 1975", "a.k.a. '"])
def test_long_remarks_are_read_in_no_time(first: str, letter: str) -> None:
    begun = time.process_time()
    one(sdn(remarks=first + letter * (60_000 // len(letter)) + "."))
    assert time.process_time() - begun < 1.0


def test_an_uncertain_date_keeps_its_words() -> None:
    originals = [fact.original for fact in one(sdn(remarks="DOB circa 1951")).facts if fact.prop == "birthDate"]
    assert originals == ["circa 1951"]


def test_a_ship_has_its_numbers() -> None:
    remarks = "Vessel Registration Identification IMO 9187629; MMSI 572469210; Former Vessel Flag Malta; alt. Former Vessel Flag Tuvalu"
    data = sdn('"vessel"', remarks, '"TEST HERON, NEW"').replace(
        b"-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ", b'-0- ,"CL1","Tug","2,597","1,098","Cuba","Owner SA"'
    )
    record = one(data)
    assert said(
        record, "name", "imoNumber", "mmsi", "callSign", "type", "tonnage", "grossRegisteredTonnage", "flag"
    ) == [
        ("name", "TEST HERON, NEW"),
        ("callSign", "CL1"),
        ("type", "Tug"),
        ("tonnage", "2597"),
        ("grossRegisteredTonnage", "1098"),
        ("flag", "Cuba"),
        ("imoNumber", "9187629"),
        ("mmsi", "572469210"),
    ]
    assert values(record, "pastFlags") == ["Malta", "Tuvalu"]


def test_an_aircraft_has_its_numbers() -> None:
    remarks = "Aircraft Manufacture Date 02 Mar 1992; Aircraft Model IL76; Aircraft Manufacturer's Serial Number (MSN) 10; Aircraft Tail Number EP-T"
    record = one(sdn('"aircraft"', remarks, '"EP-TST"'))
    assert said(record, "buildDate", "model", "serialNumber", "registrationNumber") == [
        ("buildDate", "1992-03-02"),
        ("model", "IL76"),
        ("serialNumber", "10"),
        ("registrationNumber", "EP-T"),
    ]


def test_a_wallet_is_a_thing_of_its_own() -> None:
    record = one(sdn(remarks="Digital Currency Address - XBT 1TESTtestTEST"))
    assert record.mentions[2].schema == "CryptoWallet"
    assert said(record, "publicKey", "currencySymbol", "holder") == [
        ("publicKey", "1TESTtestTEST"),
        ("currencySymbol", "XBT"),
        ("holder", "ofac:36"),
    ]


@pytest.mark.parametrize("absent", ["alt.csv", "add.csv"])
def test_an_absent_side_file_refuses_the_set(absent: str) -> None:
    beside = {name: data for name, data in BESIDE.items() if name != absent}
    with pytest.raises(FormatError, match=f"{absent} is not beside it.*--without-aliases"):
        read("ofac", sdn(), beside=beside)


def test_side_files_may_be_named_in_capitals() -> None:
    assert read("ofac", sdn(), beside={name.upper(): data for name, data in BESIDE.items()}).records


def test_read_alone_every_record_says_what_is_missing() -> None:
    result = read("ofac-csv-without-aliases", sdn() + sdn(number="37"))
    assert all(WITHOUT_ALIASES in values(record, "notes") for record in result.records)
    assert len(result.warnings) == 1


@pytest.mark.parametrize(
    ("file", "row", "line"),
    [
        ("sdn.csv", b'x,"N"\r\n', 2),
        ("sdn.csv", sdn(number='"x"'), 2),
        ("sdn.csv", sdn(name=EMPTY, number="37"), 2),
        ("alt.csv", b"36,1\r\n", 1),
        ("alt.csv", b'99,1,"aka","ORPHAN",-0- \r\n', 1),
        ("add.csv", b'x,1,"a","b","c",-0- \r\n', 1),
    ],
)
def test_a_bad_row_of_any_file_is_named(file: str, row: bytes, line: int) -> None:
    files = {"list.csv": sdn(), **BESIDE}
    name = "list.csv" if file == "sdn.csv" else file
    files[name] = (row if file != "sdn.csv" else files[name] + row) + b"\x1a"
    with pytest.raises(SchemaError) as caught:
        read("ofac", files["list.csv"], beside=files)
    assert (caught.value.where.file, caught.value.where.line) == (name, line)
    assert len(read("ofac", files["list.csv"], beside=files, keep_good=True).left_out) == 1


@pytest.mark.parametrize(
    "data", [b"<html></html>", b"a,b\n", b"Report Date: 13-Feb-2026\nLast Updated,Unique ID\n", b"\x1a"]
)
def test_another_format_is_told_from_an_ofac_list(data: bytes) -> None:
    with pytest.raises(InputError, match=r"not an OFAC sdn\.csv|empty"):
        read("ofac", data, beside=BESIDE, keep_good=True)


def test_an_unknown_kind_is_read_as_anybody_and_warned_of() -> None:
    result = read("ofac", sdn('"submarine"'), beside=BESIDE)
    assert result.records[0].mentions[0].schema == "LegalEntity"
    assert len(result.warnings) == 1


def test_every_entry_of_the_real_list_is_read(shared: Path) -> None:
    folder = shared / "data/screening/lists/ofac"
    beside = {name: (folder / name).read_bytes() for name in ("alt.csv", "add.csv")}
    result = read_all(source("ofac"), given((folder / "sdn.csv").read_bytes(), "sdn.csv", beside))
    schemata = [record.mentions[0].schema for record in result.records]
    assert len(result.records) == 8976
    assert [schemata.count(name) for name in ("Person", "Vessel", "Airplane", "Organization")] == [4620, 406, 277, 3673]
    assert (result.left_out, result.warnings) == ((), ())
    named = sum(fact.prop in {"alias", "previousName"} for record in result.records for fact in record.facts)
    assert named >= 11_900
